//! Backups in a bucket, of real clusters: made, kept, taken, interrupted and refused.

#[path = "../s3/server.rs"]
#[expect(dead_code, reason = "its further faults need no cluster")]
mod server;

use std::process::Stdio;
use std::time::Duration;

use self::server::{BUCKET, Fault, SECRET, Server, leave_upload};
use crate::backup::fill;
use crate::support::{Cluster, Run, eventually};

const KEYS: u32 = 500;

/// The binary with the environment of the server.
fn command(cluster: &Cluster, server: &Server, arguments: &[&str]) -> tokio::process::Command {
    let mut command = cluster.command(arguments);
    command.env("HOME", "/nonexistent").envs(server.environment());
    command
}

async fn redos(cluster: &Cluster, server: &Server, arguments: &[&str]) -> Run {
    cluster.run(command(cluster, server, arguments)).await
}

async fn keys(cluster: &Cluster) -> u32 {
    redis::cmd("DBSIZE").query_async(&mut cluster.client(&[]).await).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_a_bucket_is_made_kept_verified_and_taken() {
    let server = Server::start().await;
    let cluster = Cluster::new("bucket").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1"]).await.succeeds();
    fill(&cluster, KEYS.into(), 1000).await;
    let nightly = "s3://backups/nightly";
    let made = redos(&cluster, &server, &["backup", nightly]).await.fails(0);
    assert!(made.contains(&format!("is in {nightly}/{}-mymaster-", cluster.name)), "{made}");
    server.see(|state| {
        assert!(state.last_parts >= 2 && state.uploads.is_empty(), "{} parts", state.last_parts);
        state.objects.insert(format!("{BUCKET}/nightly/mine.redos"), "not a backup".into());
    });
    let first = server.keys().into_iter().find(|key| key.contains("-mymaster-")).expect("a backup");
    // The names have seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let again = redos(&cluster, &server, &["backup", nightly, "--keep", "1"]).await.fails(0);
    assert!(again.contains(&format!("removed s3://backups/{first}")), "{again}");
    let left = server.keys();
    assert_eq!((left.len(), left.contains(&first), left[1].as_str()), (2, false, "nightly/mine.redos"), "{left:?}");
    let file = format!("s3://backups/{}", left[0]);
    let taken = redos(&cluster, &server, &["backup", &file]).await.fails(2);
    assert!(taken.contains("exists already"), "{taken}");
    let verified = redos(&cluster, &server, &["backup", "verify", &file, "-o", "json"]).await.succeeds();
    let verified: serde_json::Value = serde_json::from_str(&verified).expect("a document");
    assert_eq!((&verified["keys"], &verified["file"]), (&KEYS.into(), &file.as_str().into()));

    // In place: what the group has now goes into the bucket first.
    redis::cmd("FLUSHALL").exec_async(&mut cluster.client(&[]).await).await.expect("an empty cluster");
    cluster.settled().await;
    let restore = ["restore", &file, "--yes", "--backup-to", "s3://backups/before/"];
    let restored = redos(&cluster, &server, &restore).await.fails(0);
    assert!(restored.contains("restore s3://backups/before/"), "{restored}");
    assert_eq!(keys(&cluster).await, KEYS);
    cluster.redos(&["down", "--volumes"]).await.succeeds();

    let copy = Cluster::new("bucket-copy").await;
    let ports = ["--port", "0", "--read-port", "0", "--stats-port", "0", "--sentinels", "1", "--replicas", "1"];
    let up = [&["up", "--from", &file], ports.as_slice()].concat();
    // Nothing is made of an object that does not come whole, or whose owner is somebody else.
    server.misbehave(|line| line.starts_with("GET").then_some(Fault::Cut));
    let cut = redos(&copy, &server, &up).await.fails(5);
    assert!(cut.contains("failed to reach 127.0.0.1"), "{cut}");
    server.misbehave(|_| None);
    let mut other = command(&copy, &server, &up);
    other.env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let refused = copy.run(other).await.fails(2);
    assert!(refused.contains("SignatureDoesNotMatch") && !refused.contains("hunter2"), "{refused}");
    assert_eq!(copy.labelled().await, [const { Vec::<String>::new() }; 3], "nothing is made");
    let said = redos(&copy, &server, &up).await.fails(0);
    assert!(said.contains(&format!("{KEYS} of {KEYS} keys in {file}")), "{said}");
    assert_eq!(keys(&copy).await, KEYS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_to_a_bucket_that_is_interrupted_or_killed_leaves_nothing() {
    let server = Server::start().await;
    let cluster = Cluster::new("bucket-kill").await;
    cluster.up(&["--sentinels", "1", "--replicas", "1"]).await.succeeds();
    fill(&cluster, KEYS.into(), 1000).await;
    let refused = {
        let mut other = command(&cluster, &server, &["backup", "s3://backups/nightly/"]);
        other.env("AWS_SECRET_ACCESS_KEY", "hunter2");
        cluster.run(other).await.fails(2)
    };
    assert!(refused.contains("SignatureDoesNotMatch") && !refused.contains(SECRET), "{refused}");
    assert!(!server.see(|state| state.requests.iter().any(|line| line.starts_with("POST"))), "nothing was begun");

    server.misbehave(|line| line.contains("partNumber=2").then_some(Fault::Hang));
    let has_second_part = |line: &String| line.contains("partNumber=2");
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::KILL] {
        server.see(|state| state.requests.clear());
        let mut process = command(&cluster, &server, &["backup", "s3://backups/nightly/"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("redos");
        eventually("it uploads", async || server.see(|state| state.requests.iter().any(has_second_part))).await;
        let id = i32::try_from(process.id().expect("it runs")).expect("a process id");
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).expect("an id"), signal).expect("a signal");
        let ended = process.wait().await.expect("it ends");
        let is_interrupted = signal == rustix::process::Signal::INT;
        assert_eq!(ended.code(), is_interrupted.then_some(130));
        assert_eq!(server.keys(), [""; 0], "{signal:?}");
        assert_eq!(server.see(|state| state.uploads.is_empty()), is_interrupted, "{signal:?}");
    }
    // What was killed is removed by a backup of some hours later.
    server.misbehave(|_| None);
    let killed = server.see(|state| std::mem::take(&mut state.uploads));
    for upload in killed.values() {
        leave_upload(&server, upload.path.split_once('/').expect("a key").1, Duration::from_secs(7 * 3600));
    }
    redos(&cluster, &server, &["backup", "s3://backups/nightly/"]).await.fails(0);
    assert_eq!((server.keys().len(), server.see(|state| state.uploads.len())), (1, 0));
    cluster.settled().await;
}
