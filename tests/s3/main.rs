//! Backups in a bucket: requests and faults of a server in this process, and what redos makes of them.

mod server;

use std::process::Output;
use std::time::Duration;

use bytes::Bytes;
use redos::testing::backup::Place;
use redos::testing::backup::checksum::crc64;
use redos::testing::backup::manifest::Manifest;
use redos::testing::backup::rdb::RdbHead;
use redos::testing::backup::read::SnapshotFile;
use redos::testing::backup::seal::{BackupKeys, Passphrase, Seal};
use redos::testing::backup::write::{BackupTarget, Meter, NotBackedUp, WrittenBackup, write};
use redos::testing::s3::{Account, Bucket, ObjectAddress, S3Error};
use redos::testing::spec::images::Release;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use server::{BUCKET, Fault, KEY, OpenUpload, REGION, SECRET, Server, leave_upload};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long the server of most tests may do nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where an object of this key is or will be.
fn at(server: &Server, key: &str, patience: Duration, cancel: &CancellationToken) -> Place {
    let environment = server.environment();
    let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let account = Account::find(&variable, &|_| Err(std::io::ErrorKind::NotFound.into())).expect("an account");
    let bucket = Bucket::open(BUCKET, account, patience, cancel.clone()).expect("a bucket");
    Place::Object(bucket, ObjectAddress { bucket: BUCKET.to_owned(), key: key.to_owned() })
}

/// An RDB with one text of so many bytes, which cannot be compressed.
fn rdb(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    let mut value = Vec::with_capacity(bytes);
    while value.len() < bytes {
        value.extend_from_slice(&random().to_le_bytes());
    }
    let length = [&[0x80], u32::try_from(value.len()).expect("a length").to_be_bytes().as_slice()].concat();
    let mut rdb = [b"REDIS0010\xfe\x00\xfb\x01\x00\x00\x03key".as_slice(), &length, &value, b"\xff"].concat();
    rdb.extend(crc64(0, &rdb).to_le_bytes());
    rdb
}

fn manifest(created_at: &str) -> Manifest {
    Manifest {
        format_version: 1,
        redos_version: "0.1.0".to_owned(),
        created_at: created_at.to_owned(),
        cluster: "shop".parse().expect("a name"),
        group: Group::number(1),
        node: NodeId::redis(Group::number(1), 2),
        from_master: false,
        server: Release { name: "redis".to_owned(), version: "7.0.15".to_owned() },
        rdb_version: 10,
        replication_id: String::new(),
        replication_offset: 0,
        keys: 1,
        expiring_keys: 0,
        keys_are_exact: true,
        rdb_bytes: 0,
        rdb_sha256: String::new(),
        encrypted: false,
        settings: Value::Null,
    }
}

/// Writes a backup from what a server sends. `is_whole` is whether all of it comes.
async fn back_up(place: Place, seal: Seal, bytes: usize, is_whole: bool) -> Result<WrittenBackup, NotBackedUp> {
    let rdb = rdb(bytes);
    let sent = [format!("${}\r\n", rdb.len()).as_bytes(), &rdb].concat();
    let (sender, pieces) = mpsc::channel(16);
    let end = if is_whole { sent.len() } else { sent.len() - 1 };
    tokio::spawn(async move {
        for piece in sent[..end].chunks(64 * 1024) {
            if sender.send(Bytes::copy_from_slice(piece)).await.is_err() {
                return;
            }
        }
    });
    let name = "2026-11-28T07:55:00Z";
    let made = move |_: &RdbHead| manifest(name);
    let writing = move || write(&BackupTarget::At(place), &seal, pieces, &Meter::default(), made);
    tokio::task::spawn_blocking(writing).await.expect("no panic")
}

/// Puts a small backup of this time under its name.
async fn put(server: &Server, key: &str) {
    let place = at(server, key, PATIENCE, &CancellationToken::new());
    back_up(place, Seal::Open, 100, true).await.expect("a backup");
}

/// Runs redos with the environment of the server, where these variables replace others.
async fn redos(server: &Server, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_redos"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").envs(server.environment());
    command.envs(variables.iter().copied()).kill_on_drop(true).output().await.expect("redos")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stderr.as_slice(), &output.stdout].concat()).into_owned()
}

/// The error of S3 that a backup failed with.
fn s3_error(failed: &Result<WrittenBackup, NotBackedUp>) -> &S3Error {
    match failed {
        Err(NotBackedUp::Backup(error)) => S3Error::in_chain(error).expect("an error of S3"),
        other => panic!("{other:?}"),
    }
}

/// Reads a backup to its end.
async fn check(place: Place, keys: BackupKeys) -> Result<u64, redos::testing::backup::BackupError> {
    let read = move || SnapshotFile::open(&place, &keys)?.check(|_| {}).map(|whole| whole.rdb_bytes);
    tokio::task::spawn_blocking(read).await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_backup_goes_up_in_parts_and_comes_down_in_one_answer() {
    let server = Server::start().await;
    let cancel = CancellationToken::new();
    let passphrase: Passphrase = "correct horse".parse().expect("a passphrase");
    let mut keys = BackupKeys::default();
    keys.set_passphrase(passphrase.clone());
    // The beginning and the end are asked for first, and then all of it; one that is encrypted needs two looks more.
    for (key, seal, bytes, parts, requests) in [
        ("a b/large+1.redos", Seal::Open, 9 << 20, 2, 5),
        ("sealed.redos.age", Seal::Passphrase(passphrase), 1 << 20, 1, 7),
    ] {
        let place = at(&server, key, PATIENCE, &cancel);
        let written = back_up(place.clone(), seal, bytes, true).await.expect("a backup");
        assert_eq!(server.see(|state| (state.last_parts, state.uploads.len())), (parts, 0), "{key}");
        let size = server.see(|state| state.objects[&format!("{BUCKET}/{key}")].len());
        assert_eq!(written.file_bytes, size as u64);
        let before = server.see(|state| state.requests.len());
        assert_eq!(check(place, keys.clone()).await.expect("whole"), written.manifest.rdb_bytes);
        let made = server.see(|state| state.requests[before..].to_vec());
        assert!(made.len() <= requests, "{key}: {made:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_backup_early_leaves_no_object_and_no_part() {
    const BYTES: usize = 9 << 20;
    let server = Server::start().await;
    let cancel = CancellationToken::new();
    let is_empty = || server.keys().is_empty() && server.see(|state| state.uploads.is_empty());
    let place = || at(&server, "a.redos", PATIENCE, &cancel);

    let cut = back_up(place(), Seal::Open, BYTES, false).await;
    assert!(matches!(cut, Err(NotBackedUp::Server(_))) && is_empty(), "{cut:?}");

    server.misbehave(|line| line.contains("partNumber=2").then_some(Fault::Refuse(403, "AccessDenied")));
    let refused = back_up(place(), Seal::Open, BYTES, true).await;
    assert!(matches!(s3_error(&refused), S3Error::Refused { status: 403, .. }) && is_empty());

    server.misbehave(|line| line.contains("partNumber=2").then_some(Fault::Hang));
    let hung = back_up(at(&server, "a.redos", Duration::from_secs(3), &cancel), Seal::Open, BYTES, true).await;
    assert!(matches!(s3_error(&hung), S3Error::Silent { .. }) && is_empty(), "{hung:?}");

    server.misbehave(|line| (line.starts_with("POST") && line.contains("uploadId")).then_some(Fault::Refuse(400, "X")));
    let incomplete = back_up(place(), Seal::Open, BYTES, true).await;
    assert!(matches!(s3_error(&incomplete), S3Error::Refused { status: 400, .. }) && is_empty());

    // The user interrupts while a part hangs.
    let user = cancel.clone();
    server.misbehave(move |line| {
        let hangs = line.contains("partNumber=2");
        if hangs {
            user.cancel();
        }
        hangs.then_some(Fault::Hang)
    });
    let interrupted = back_up(at(&server, "a.redos", PATIENCE, &cancel), Seal::Open, BYTES, true).await;
    assert!(matches!(s3_error(&interrupted), S3Error::Interrupted) && is_empty(), "{interrupted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_asked_again_and_what_was_replaced_is_refused() {
    const BYTES: usize = 3 << 20;
    let server = Server::start().await;
    let place = at(&server, "a.redos", PATIENCE, &CancellationToken::new());
    let first_of = |word: &'static str, fault: Fault| {
        let mut left = 1;
        move |line: &str| {
            let is_first = line.contains(word) && left > 0;
            left -= usize::from(is_first);
            is_first.then_some(fault)
        }
    };
    server.misbehave(first_of("partNumber=1", Fault::Refuse(503, "SlowDown")));
    back_up(place.clone(), Seal::Open, BYTES, true).await.expect("a backup");
    // Its answer is lost after the work was done.
    server.see(|state| state.objects.clear());
    server.misbehave(first_of("uploadId=", Fault::Cut));
    back_up(place.clone(), Seal::Open, BYTES, true).await.expect("a backup");
    let mut number = 0;
    server.misbehave(move |line| {
        number += 1;
        (line.starts_with("GET") && number % 3 == 0).then_some(Fault::Cut)
    });
    check(place.clone(), BackupKeys::default()).await.expect("whole, although connections break");
    server.misbehave(|line| line.starts_with("GET").then_some(Fault::Cut));
    let cut = check(place.clone(), BackupKeys::default()).await.expect_err("all connections break");
    assert!(matches!(S3Error::in_chain(&cut), Some(S3Error::Unreachable { .. })), "{cut:?}");

    // The object is replaced between two windows.
    let (other, mut number) = (server.clone(), 0);
    server.misbehave(move |_| {
        number += 1;
        if number == 4 {
            other.see(|state| state.objects.insert(format!("{BUCKET}/a.redos"), vec![0; BYTES].into()));
        }
        None
    });
    let replaced = check(place, BackupKeys::default()).await.expect_err("another object");
    let code = S3Error::in_chain(&replaced);
    assert!(matches!(code, Some(S3Error::Refused { status: 412, .. })), "{replaced:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_whose_connections_break_again_and_again_is_read_on_where_they_broke() {
    let server = Server::start().await;
    let place = at(&server, "a.redos", PATIENCE, &CancellationToken::new());
    back_up(place.clone(), Seal::Open, 9 << 20, true).await.expect("a backup");
    let before = server.see(|state| state.requests.len());
    // More often than an answer that gets nowhere is asked for again.
    server.misbehave(|line| line.starts_with("GET").then_some(Fault::Break((1 << 20) + 1)));
    check(place.clone(), BackupKeys::default()).await.expect("whole");
    let requests = server.see(|state| state.requests.len()) - before;
    assert!((9..20).contains(&requests), "{requests} requests");
    server.misbehave(|line| line.starts_with("GET").then_some(Fault::Break(70_000)));
    let stuck = check(place, BackupKeys::default()).await.expect_err("it hardly moves");
    assert!(matches!(S3Error::in_chain(&stuck), Some(S3Error::Unreachable { .. })), "{stuck:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_killed_programs_left_are_removed_by_the_next_backup_there() {
    let server = Server::start().await;
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    for (key, age) in [
        ("nightly/old.redos", hours(7)),
        ("nightly/old.redos.age", hours(7)),
        ("nightly/new.redos", hours(1)),
        ("nightly/video.mp4", hours(7)),
        ("other/old.redos", hours(7)),
    ] {
        leave_upload(&server, key, age);
    }
    put(&server, "nightly/a.redos").await;
    let mut left: Vec<String> =
        server.see(|state| state.uploads.values().map(|OpenUpload { path, .. }| path.clone()).collect());
    left.sort();
    assert_eq!(left, ["backups/nightly/new.redos", "backups/nightly/video.mp4", "backups/other/old.redos"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_listed_and_verified_by_their_address() {
    let server = Server::start().await;
    let name = |day: u32| format!("nightly/shop-mymaster-202611{day}T075500Z.redos");
    for key in [name(26), name(27), name(28), "nightly/deeper/x.redos".to_owned(), "other.redos".to_owned()] {
        put(&server, &key).await;
    }
    server.see(|state| {
        state.objects.insert(format!("{BUCKET}/nightly/notes.txt"), Bytes::from_static(b"mine"));
        state.objects.insert(format!("{BUCKET}/nightly/empty.redos"), Bytes::new());
    });
    for folder in ["s3://backups/nightly", "s3://backups/nightly/"] {
        let listed = redos(&server, &["backups", folder, "-o", "json"], &[]).await;
        let document = serde_json::from_slice(&listed.stdout);
        let listed: Value = document.unwrap_or_else(|error| panic!("{error}: {}", text(&listed)));
        let items = listed["items"].as_array().expect("items");
        let files: Vec<&str> = items.iter().filter_map(|item| item["file"].as_str()).collect();
        assert_eq!(files.len(), 4, "{files:?}");
        for day in 26..=28 {
            let item =
                items.iter().find(|item| item["file"] == format!("s3://backups/{}", name(day))).expect("a backup");
            assert_eq!((&item["cluster"], &item["problem"]), (&"shop".into(), &Value::Null));
            assert!(item["bytes"].as_u64().is_some_and(|bytes| bytes > 300), "{item}");
        }
    }
    let file = format!("s3://backups/{}", name(28));
    let whole = redos(&server, &["backup", "verify", "--no-server", &file, "-vv"], &[]).await;
    assert!(whole.status.success() && text(&whole).contains("has the right checksums"), "{}", text(&whole));
    for secret in [SECRET, KEY, "X-Amz-Signature"] {
        assert!(!text(&whole).contains(secret), "{}", text(&whole));
    }
    server.see(|state| {
        let object = state.objects.get_mut(&format!("{BUCKET}/{}", name(28))).expect("an object");
        *object = object.slice(..object.len() - 10);
    });
    let short = redos(&server, &["backup", "verify", "--no-server", &file], &[]).await;
    assert_eq!((short.status.code(), text(&short).contains("was cut short")), (Some(1), true), "{}", text(&short));
}

/// A way to fail: its name, arguments and variables, and the exit code and the words that it ends with.
type Case<'a> = (&'a str, Vec<&'a str>, Vec<(&'a str, &'a str)>, i32, Vec<&'a str>);

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_says_what_and_why_and_what_next() {
    let server = Server::start().await;
    put(&server, "a.redos").await;
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let closed = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", socket.local_addr().expect("an address"))
    };
    let (there, list) = ("s3://backups/a.redos", ["backups", "s3://backups/x/"]);
    let verify = |place| ["backup", "verify", "--no-server", place];
    let cases: Vec<Case> = vec![
        (
            "no credentials",
            verify(there).to_vec(),
            none.to_vec(),
            2,
            vec!["there are no credentials", "export-credentials"],
        ),
        (
            "no profile",
            verify(there).to_vec(),
            [none.as_slice(), &[("AWS_PROFILE", "x")]].concat(),
            2,
            vec!["profile 'x'"],
        ),
        (
            "other key",
            verify(there).to_vec(),
            vec![("AWS_ACCESS_KEY_ID", "NOBODY")],
            2,
            vec!["403 InvalidAccessKeyId", "AWS_PROFILE"],
        ),
        (
            "other secret",
            list.to_vec(),
            vec![("AWS_SECRET_ACCESS_KEY", "hunter2")],
            2,
            vec!["403 SignatureDoesNotMatch"],
        ),
        ("no bucket", vec!["backups", "s3://nothing/"], vec![], 2, vec!["404 NoSuchBucket", "aws s3 mb s3://nothing"]),
        (
            "no object",
            verify("s3://backups/b.redos").to_vec(),
            vec![],
            2,
            vec!["404 NoSuchKey", "redos backups s3://backups"],
        ),
        (
            "other region",
            list.to_vec(),
            vec![("AWS_REGION", "us-east-1")],
            2,
            vec!["AuthorizationHeaderMalformed", REGION],
        ),
        (
            "nobody there",
            verify(there).to_vec(),
            vec![("AWS_ENDPOINT_URL_S3", &closed)],
            5,
            vec!["failed to reach 127.0.0.1:", "AWS_ENDPOINT_URL_S3"],
        ),
        ("no URL", verify(there).to_vec(), vec![("AWS_ENDPOINT_URL_S3", "minio")], 2, vec!["'minio' is no URL"]),
        ("no address", verify("s3://").to_vec(), vec![], 2, vec!["is no address of an object", "s3://bucket/folder/"]),
    ];
    for (case, arguments, variables, code, words) in cases {
        let said = redos(&server, &arguments, &variables).await;
        let text = text(&said);
        assert_eq!(said.status.code(), Some(code), "{case}: {text}");
        for word in words {
            assert!(text.contains(word), "{case}: no '{word}' in {text}");
        }
        assert!(!text.contains(SECRET) && !text.contains("hunter2"), "{case}: {text}");
    }
    for (fault, code, words) in [
        (Fault::Refuse(403, "RequestTimeTooSkewed"), 2, "timedatectl"),
        (Fault::Expired, 2, "timedatectl"),
        (Fault::Refuse(403, "AccessDenied"), 2, "s3:GetObject"),
        (Fault::Refuse(301, "PermanentRedirect"), 2, "get-bucket-location"),
        (Fault::Refuse(503, "SlowDown"), 1, "try again"),
        (Fault::Web, 1, "does not speak S3"),
        (Fault::Cut, 5, "failed to reach"),
    ] {
        server.misbehave(move |_| Some(fault));
        let said = redos(&server, &verify(there), &[]).await;
        assert_eq!(said.status.code(), Some(code), "{fault:?}: {}", text(&said));
        assert!(text(&said).contains(words), "{fault:?}: {}", text(&said));
    }
    // Nothing is asked of an Engine before the backup is known to be there.
    server.misbehave(|_| Some(Fault::Refuse(403, "AccessDenied")));
    for arguments in [vec!["up", "--from", there], vec!["restore", there, "--yes"]] {
        let said = redos(&server, &[arguments.as_slice(), &["--host", "tcp://127.0.0.1:1"]].concat(), &[]).await;
        assert_eq!((said.status.code(), text(&said).contains("AccessDenied")), (Some(2), true), "{}", text(&said));
    }
    let hung = {
        server.misbehave(|_| Some(Fault::Hang));
        let place = at(&server, "a.redos", Duration::from_millis(300), &CancellationToken::new());
        check(place, BackupKeys::default()).await.expect_err("it hangs")
    };
    assert!(matches!(S3Error::in_chain(&hung), Some(S3Error::Silent { .. })), "{hung:?}");
}
