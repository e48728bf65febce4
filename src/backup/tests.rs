//! Backups from end to end: what a server sends, the file, and what is read of it.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::BackupError;
use super::checksum::crc64;
use super::manifest::{FORMAT, Manifest, NoManifest, frame, frame_length, json_length, parse};
use super::rdb::{RdbCheck, RdbHead, empty_like, version};
use super::read::SnapshotFile;
use super::write::{BackupTarget, Meter, NotBackedUp, WrittenBackup, write};
use crate::spec::images::Release;
use crate::spec::{ClusterName, Group, NodeId, ParseError, Spec};

/// The bytes before the JSON of a manifest.
const FRAME_HEADER: usize = 8;

/// An RDB as Redis 7.0 writes it, with one key.
fn rdb_sample() -> Vec<u8> {
    let aux = |name: &str, value: &[u8]| [&[0xfa, name.len() as u8], name.as_bytes(), value].concat();
    let mut rdb = [
        b"REDIS0010".as_slice(),
        &aux("redis-ver", b"\x067.0.15"),
        &aux("redis-bits", b"\xc0\x40"),
        &aux("ctime", b"\xc2\x01\x02\x03\x04"),
        &aux("repl-id", b"\x04abcd"),
        &aux("repl-offset", b"\xc1\x10\x27"),
        b"\xfe\x00\xfb\x01\x00\x00\x03key\x05value\xff",
    ]
    .concat();
    let crc = crc64(0, &rdb);
    rdb.extend_from_slice(&crc.to_le_bytes());
    rdb
}

fn checked(rdb: &[u8], piece: usize) -> Result<RdbHead, ParseError> {
    let mut check = RdbCheck::default();
    rdb.chunks(piece).for_each(|piece| check.feed(piece));
    check.finish()
}

#[test]
fn the_head_says_who_wrote_it_and_how_many_keys_there_are() {
    let expected = RdbHead {
        version: 10,
        server_version: Some("7.0.15".to_owned()),
        replication_id: Some("abcd".to_owned()),
        replication_offset: Some(10_000),
        sizes: Some((1, 0)),
    };
    let rdb = rdb_sample();
    for piece in 1..=rdb.len() {
        assert_eq!(checked(&rdb, piece), Ok(expected.clone()), "in pieces of {piece}");
    }
    assert_eq!(version(b"VALKEY080"), Some(80));
    assert!(version(b"REDIS00x0").is_none() && version(b"REDIS").is_none());
}

#[test]
fn every_flipped_bit_and_every_missing_end_is_found() {
    let rdb = rdb_sample();
    for at in 0..rdb.len() {
        for bit in 0..8 {
            let mut flipped = rdb.clone();
            flipped[at] ^= 1 << bit;
            assert!(checked(&flipped, 16).is_err(), "bit {bit} of byte {at}");
        }
        assert!(checked(&rdb[..at], 16).is_err(), "{at} bytes");
    }
}

#[test]
fn an_rdb_without_keys_is_whole() {
    let empty = empty_like(&rdb_sample()).expect("an RDB");
    assert_eq!(checked(&empty, 3).expect("whole").sizes, Some((0, 0)));
    assert_eq!(empty.len(), 9 + 1 + 8);
}

fn manifest_sample() -> Manifest {
    let cluster: ClusterName = "shop".parse().expect("a name");
    Manifest {
        format_version: FORMAT,
        redos_version: "0.1.0".to_owned(),
        created_at: "2026-11-28T07:55:00Z".to_owned(),
        group: Group::number(1),
        node: NodeId::redis(Group::number(1), 2),
        from_master: false,
        server: Release { name: "redis".to_owned(), version: "7.0.15".to_owned() },
        rdb_version: 10,
        replication_id: "abcd".to_owned(),
        replication_offset: 10_000,
        keys: 1,
        expiring_keys: 0,
        keys_are_exact: true,
        rdb_bytes: 0,
        rdb_sha256: String::new(),
        encrypted: false,
        settings: serde_json::to_value(Spec::with_defaults(cluster.clone())).expect("JSON"),
        cluster,
    }
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    let frame = frame(&manifest_sample()).expect("JSON");
    let json = json_length(&frame).expect("a trailer");
    assert_eq!(frame_length(json), frame.len());
    assert_eq!(parse(&frame[FRAME_HEADER..]), Ok(manifest_sample()));
}

#[test]
fn a_damaged_one_and_one_of_a_newer_format_are_told_apart() {
    let whole = frame(&manifest_sample()).expect("JSON");
    let payload = &whole[FRAME_HEADER..];
    for at in 0..payload.len() {
        let mut flipped = payload.to_vec();
        flipped[at] ^= 4;
        assert!(parse(&flipped).is_err(), "byte {at}");
    }
    assert_eq!(parse(&payload[..payload.len() - 1]), Err(NoManifest::Missing));
    let newer = frame(&Manifest { format_version: 2, ..manifest_sample() }).expect("JSON");
    assert_eq!(parse(&newer[FRAME_HEADER..]), Err(NoManifest::Newer(2)));
}

#[test]
fn it_holds_no_secret() {
    let text = serde_json::to_string(&manifest_sample()).expect("JSON").to_lowercase();
    for word in ["password", "secret"] {
        assert!(!text.contains(word), "{text}");
    }
}

/// Writes a backup from what a server sends.
fn written(sent: &[u8], path: &Path) -> Result<WrittenBackup, NotBackedUp> {
    let (sender, pieces) = mpsc::channel(100);
    for piece in sent.chunks(10) {
        sender.try_send(Bytes::copy_from_slice(piece)).expect("room");
    }
    drop(sender);
    write(&BackupTarget::File(path.to_owned()), pieces, &Meter::default(), |_| manifest_sample())
}

fn sent() -> Vec<u8> {
    let rdb = rdb_sample();
    [format!("\n${}\r\n", rdb.len()).as_bytes(), &rdb].concat()
}

#[test]
fn a_backup_is_read_as_it_was_sent_and_belongs_to_its_user() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.redos");
    let made = written(&sent(), &path).expect("a backup");
    let metadata = path.metadata().expect("a file");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, made.file_bytes));
    let opened = SnapshotFile::open(&path).expect("a backup");
    assert_eq!(opened.manifest, Some(made.manifest));
    let whole = opened.check(|_| {}).expect("whole");
    assert_eq!((whole.rdb_bytes, whole.head.sizes), (rdb_sample().len() as u64, Some((1, 0))));
    let mut read = Vec::new();
    opened.rdb().expect("an RDB").read_to_end(&mut read).expect("all of it");
    assert_eq!(read, rdb_sample());
    let again = written(&sent(), &path).expect_err("the file exists");
    assert!(matches!(again, NotBackedUp::Backup(BackupError::Io { .. })), "{again:?}");
}

#[test]
fn a_snapshot_that_does_not_come_whole_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.redos");
    let sent = sent();
    let mut flipped = sent.clone();
    flipped[30] ^= 1;
    for bad in [&sent[..sent.len() - 1], &flipped, b"-ERR no\r\n", b""] {
        assert!(matches!(written(bad, &path), Err(NotBackedUp::Server(_))));
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
    }
}

#[test]
fn a_file_that_was_cut_short_or_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.redos");
    written(&sent(), &path).expect("a backup");
    let whole = std::fs::read(&path).expect("a file");
    let look = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        SnapshotFile::open(&path).and_then(|file| file.check(|_| {}))
    };
    for length in 0..whole.len() {
        assert!(look(&whole[..length]).is_err(), "{length} bytes");
    }
    let mut unnoticed = Vec::new();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        if look(&flipped).is_ok() {
            unnoticed.push(at);
        }
    }
    // The size of zstd's window may be larger; its checksum is not looked at, for there is the SHA-256; and the header of
    // the frame with the manifest is for other programs.
    assert!(unnoticed.len() <= 1 + 4 + 8, "{unnoticed:?} of {}", whole.len());
    look(&rdb_sample()).expect("a plain RDB file");
    assert!(matches!(look(b"something else"), Err(BackupError::Foreign(_))));
}
