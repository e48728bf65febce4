//! Backups from end to end: what a server sends, the file, and what is read of it.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::checksum::crc64;
use super::manifest::{FORMAT, Manifest, NoManifest, frame, frame_length, json_length, parse};
use super::rdb::{RdbCheck, RdbHead, empty_like, version};
use super::read::{SnapshotFile, in_directory};
use super::seal::{BackupKeys, Passphrase, Seal, SealedBy};
use super::write::{BackupTarget, Meter, NotBackedUp, WrittenBackup, write};
use super::{BackupError, Place};
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
    sealed(sent, path, &Seal::Open)
}

/// Writes a backup that may be encrypted.
fn sealed(sent: &[u8], path: &Path, seal: &Seal) -> Result<WrittenBackup, NotBackedUp> {
    let (sender, pieces) = mpsc::channel(100);
    for piece in sent.chunks(10) {
        sender.try_send(Bytes::copy_from_slice(piece)).expect("room");
    }
    drop(sender);
    write(&BackupTarget::At(Place::Local(path.to_owned())), seal, pieces, &Meter::default(), |_| manifest_sample())
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
    let place = Place::Local(path.clone());
    let made = written(&sent(), &path).expect("a backup");
    let metadata = path.metadata().expect("a file");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, made.file_bytes));
    let opened = SnapshotFile::open(&place, &BackupKeys::default()).expect("a backup");
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
    let place = Place::Local(path.clone());
    written(&sent(), &path).expect("a backup");
    let whole = std::fs::read(&path).expect("a file");
    let look = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        SnapshotFile::open(&place, &BackupKeys::default()).and_then(|file| file.check(|_| {}))
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

/// A secret key, with its public key.
fn key_pair() -> (String, Seal) {
    let identity = age::x25519::Identity::generate();
    let public = identity.to_public().to_string().parse().expect("a public key");
    (age::secrecy::ExposeSecret::expose_secret(&identity.to_string()).to_owned(), Seal::to(public))
}

fn keys(secret: &str) -> BackupKeys {
    let mut keys = BackupKeys::default();
    keys.add_identities(&format!("# created: today\n{secret}\n")).expect("a key");
    keys
}

fn passphrase(text: &str) -> Passphrase {
    text.parse().expect("a passphrase")
}

#[test]
fn an_encrypted_backup_shows_nothing_and_its_key_or_passphrase_alone_opens_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (secret, to_key) = key_pair();
    let mut with_passphrase = BackupKeys::default();
    with_passphrase.set_passphrase(passphrase("correct horse\n"));
    let mut wrong_passphrase = BackupKeys::default();
    wrong_passphrase.set_passphrase(passphrase("battery staple"));
    let cases = [
        (to_key, keys(&secret), keys(&key_pair().0), wrong_passphrase.clone(), SealedBy::Keys),
        (
            Seal::Passphrase(passphrase("correct horse")),
            with_passphrase,
            wrong_passphrase,
            keys(&secret),
            SealedBy::Passphrase,
        ),
    ];
    for (number, (seal, right, wrong, other, by)) in cases.into_iter().enumerate() {
        let path = folder.path().join(format!("shop-mymaster-2026112{number}T075500Z.redos.age"));
        let place = Place::Local(path.clone());
        let made = sealed(&sent(), &path, &seal).expect("a backup");
        assert!(made.manifest.encrypted);
        let bytes = std::fs::read(&path).expect("a file");
        assert_eq!(bytes.len() as u64, made.file_bytes);
        for word in [b"shop".as_slice(), b"redosbak", b"REDIS", b"value", b"abcd"] {
            let is_shown = bytes.windows(word.len()).any(|window| window == word);
            assert!(!is_shown, "{by:?} shows {}", String::from_utf8_lossy(word));
        }
        let opened = SnapshotFile::open(&place, &right).expect("a backup");
        assert_eq!((opened.manifest.as_ref(), opened.sealed), (Some(&made.manifest), Some(by)));
        assert_eq!(opened.check(|_| {}).expect("whole").rdb_bytes, rdb_sample().len() as u64);
        for (keys, is_wrong) in [(&wrong, true), (&other, false), (&BackupKeys::default(), false)] {
            match SnapshotFile::open(&place, keys).expect_err("it is encrypted") {
                BackupError::WrongKey { by: found, .. } if is_wrong => assert_eq!(found, by),
                BackupError::Locked { by: found, .. } if !is_wrong => assert_eq!(found, by),
                error => panic!("{by:?}: {error:?}"),
            }
        }
        // Without the key the name says whose it is; with a wrong one it counts as a file that cannot be used.
        let found = |keys: &BackupKeys| {
            let files = in_directory(&Place::Local(folder.path().to_owned()), keys).expect("a folder");
            files.into_iter().find(|file| file.place.path() == path)
        };
        let named = |keys: &BackupKeys| found(keys).and_then(|file| file.named()).map(|name| name.cluster.to_string());
        assert_eq!(named(&BackupKeys::default()).as_deref(), Some("shop"));
        assert_eq!(named(&right).as_deref(), Some("shop"));
        assert_eq!(named(&wrong), None);
    }
}

/// An RDB of several chunks of age (64 kB), with a text that cannot be compressed.
fn large_rdb() -> Vec<u8> {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let value: Vec<u8> = (0..200_000).map(|_| random()).collect();
    let length = [&[0x80], (value.len() as u32).to_be_bytes().as_slice()].concat();
    let mut rdb = [b"REDIS0010\xfe\x00\xfb\x01\x00\x00\x03key".as_slice(), &length, &value, b"\xff"].concat();
    rdb.extend(crc64(0, &rdb).to_le_bytes());
    rdb
}

#[test]
fn an_encrypted_backup_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (secret, seal) = key_pair();
    let keys = keys(&secret);
    let path = folder.path().join("a.redos.age");
    let place = Place::Local(path.clone());
    let rdb = large_rdb();
    let sent = [format!("${}\r\n", rdb.len()).as_bytes(), &rdb].concat();
    let (sender, pieces) = mpsc::channel(100);
    for piece in sent.chunks(10_000) {
        sender.try_send(Bytes::copy_from_slice(piece)).expect("room");
    }
    drop(sender);
    let target = BackupTarget::At(place.clone());
    write(&target, &seal, pieces, &Meter::default(), |_| manifest_sample()).expect("a backup");
    let whole = std::fs::read(&path).expect("a file");
    assert!(whole.len() > 3 * 64 * 1024, "{}", whole.len());
    let look = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        SnapshotFile::open(&place, &keys).and_then(|file| {
            let mut read = Vec::new();
            let is_read = file.rdb()?.read_to_end(&mut read).is_ok_and(|_| read == rdb);
            file.check(|_| {}).map(|_| is_read)
        })
    };
    assert!(look(&whole).expect("whole"));
    let chunk = 64 * 1024 + 16;
    let header = whole.windows(4).position(|window| window == b"\n---").expect("a header") + 1;
    let body = header + whole[header..].iter().position(|byte| *byte == b'\n').expect("a line") + 1 + 16;
    // Also exactly between two chunks.
    for length in [10, 22, 100, header, body - 1, body, body + chunk, body + 2 * chunk, whole.len() - 1] {
        let error = look(&whole[..length]).expect_err("cut short");
        // Its own first line is all that says what it is.
        let is_foreign = length < 22 && matches!(error, BackupError::Foreign(_));
        assert!(is_foreign || matches!(error, BackupError::CutShort { .. }), "{length}: {error:?}");
    }
    for at in [header - 10, header + 10, body - 5, body + 5, body + chunk + 5, whole.len() - 5] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        assert!(look(&flipped).is_err(), "byte {at} of {}", whole.len());
    }
}

#[test]
fn what_is_no_key_and_no_passphrase_is_refused_without_repeating_it() {
    for (text, why) in
        [("", "no secret key"), ("# only a comment\n", "no secret key"), ("\nhunter2\n", "line 2 is not")]
    {
        let error = BackupKeys::default().add_identities(text).expect_err("no key").to_string();
        assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
    }
    for text in ["", "\n", "two\nlines\n"] {
        assert!(text.parse::<Passphrase>().is_err(), "{text:?}");
    }
    let shown = format!("{:?} {:?}", keys(&key_pair().0), passphrase("hunter2"));
    assert!(!shown.contains("SECRET-KEY") && !shown.contains("hunter2"), "{shown}");
}
