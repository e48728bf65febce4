//! Restores in place, under load and killed at any moment: the group has the old data or the new ones.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redos::testing::spec::restoring::RestoreStage;
use redos::testing::spec::{Group, NodeId};
use tokio::time::sleep;

use crate::backup::rdb;
use crate::schema;
use crate::support::{Cluster, abandoned_by, connect, eventually};
use crate::writers::{PATIENCE, Writers};

const GROUP: Group = Group::number(1);
/// Keys that only the backup has.
const KEYS: u64 = 5000;
/// How many restores are killed: as many at each stage.
const ROUNDS: usize = 6;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Which of these keys are missing.
async fn missing<'a>(keys: impl Iterator<Item = &'a String>, client: &mut MultiplexedConnection) -> Vec<String> {
    let keys: Vec<&String> = keys.collect();
    let mut missing = Vec::new();
    for some in keys.chunks(1000) {
        let values: Vec<Option<String>> = redis::cmd("MGET").arg(some).query_async(client).await.expect("values");
        missing.extend(some.iter().zip(values).filter(|(_, value)| value.is_none()).map(|(key, _)| (*key).clone()));
    }
    missing
}

async fn dbsize(client: &mut MultiplexedConnection) -> u64 {
    redis::cmd("DBSIZE").query_async(client).await.expect("a number")
}

/// A cluster with other data than its backup, of which it returns the path: `marker` is `new` in the backup and `old` in
/// the cluster.
async fn with_backup(cluster: &Cluster, folder: &Path) -> PathBuf {
    let mut client = cluster.client(&[]).await;
    let script = "for i = 1, ARGV[1] do redis.call('SET', 'kept:' .. i, i) end redis.call('SET', 'marker', 'new')";
    redis::cmd("EVAL").arg(script).arg(0).arg(KEYS).exec_async(&mut client).await.expect("keys");
    let file = folder.join("shop.redos");
    cluster.redos(&["backup", text(&file)]).await.succeeds();
    set_old(&mut client).await;
    file
}

async fn set_old(client: &mut MultiplexedConnection) {
    let script = "redis.call('FLUSHALL') redis.call('SET', 'marker', 'old') redis.call('SET', 'only-old', 1)";
    redis::cmd("EVAL").arg(script).arg(0).exec_async(client).await.expect("keys");
}

/// What a new connection at each of these URLs reads from `marker`, until it is told to end.
async fn markers(urls: Vec<String>, stop: Arc<AtomicBool>) -> Vec<Vec<String>> {
    let mut seen = vec![Vec::new(); urls.len()];
    while !stop.load(Ordering::Relaxed) {
        for (url, seen) in urls.iter().zip(&mut seen) {
            let client = redis::Client::open(url.trim()).expect("a URL");
            let read = async {
                let mut client = client.get_multiplexed_async_connection().await.ok()?;
                client.get::<_, Option<String>>("marker").await.ok()
            };
            let marker = tokio::time::timeout(Duration::from_millis(500), read).await.ok().flatten();
            if let Some(marker) = marker.map(|marker| marker.unwrap_or_else(|| "nothing".to_owned()))
                && seen.last() != Some(&marker)
            {
                seen.push(marker);
            }
        }
        sleep(Duration::from_millis(5)).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_under_load_shows_old_data_and_then_new_ones_and_other_groups_go_on() {
    let cluster = Cluster::new("restore-load").await;
    cluster.up(&["--masters", "2", "--replicas", "1"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let file = with_backup(&cluster, folder.path()).await;
    let url = async |arguments: &[&str]| cluster.redos(&[&["url"], arguments].concat()).await.succeeds();
    let writers = Writers::start(&url(&[]).await);
    let others = Writers::start_at(&url(&["--group", "2"]).await, 100, PATIENCE);
    let stop = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(markers(vec![url(&[]).await, url(&["--read"]).await], stop.clone()));
    eventually("some keys are written", async || writers.acknowledged() > 200 && others.acknowledged() > 200).await;

    let began = Instant::now();
    let planned = cluster.redos(&["restore", text(&file), "--dry-run"]).await.exits(1);
    assert!(planned.contains("stop redis-1") && !planned.contains("redis-2-1"), "{planned}");
    let restore = ["restore", text(&file), "--yes", "--backup-to", text(folder.path()), "-o", "json"];
    let document = cluster.redos(&restore).await.succeeds();
    let ended = Instant::now();
    sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);
    let document: serde_json::Value = serde_json::from_str(&document).expect("a document");
    assert_eq!(schema::faults(&document), [""; 0]);
    assert_eq!(watch.await.expect("no panic"), [["old", "new"], ["old", "new"]], "on either port");

    let ledger: Vec<(String, Instant)> = writers.end().await.into_iter().flatten().collect();
    let before: Vec<&String> = ledger.iter().filter(|(_, at)| *at < began).map(|(key, _)| key).collect();
    let after: Vec<&String> = ledger.iter().filter(|(_, at)| *at > ended).map(|(key, _)| key).collect();
    assert!(before.len() > 200 && after.len() > 20, "{} and {}", before.len(), after.len());
    let mut client = cluster.client(&[]).await;
    assert_eq!(missing(after.iter().copied(), &mut client).await, [""; 0], "acknowledged after the restore");
    assert_eq!(missing(before.iter().copied(), &mut client).await.len(), before.len(), "no old write is there");
    let kept: Vec<String> = (1..=KEYS).map(|number| format!("kept:{number}")).collect();
    assert_eq!(missing(kept.iter(), &mut client).await, [""; 0]);
    let lost: Option<String> = client.get("only-old").await.expect("an answer");
    assert_eq!(lost, None);
    assert_eq!(document["keys"].as_u64().map(|keys| keys > KEYS), Some(true), "{document:#}");

    // The other group has lost nothing, and its clients saw no gap.
    let (keys, gap) = others.stop().await;
    assert_eq!(missing(keys.iter(), &mut cluster.client(&["--group", "2"]).await).await, [""; 0]);
    assert!(gap < Duration::from_millis(900), "{gap:?}");
    cluster.settled().await;

    // The former data are in the backup that was made first, and come back.
    let former = PathBuf::from(document["formerData"].as_str().expect("a backup"));
    cluster.redos(&["restore", text(&former), "--yes", "--no-backup"]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("marker").await.expect("an answer"), "old");
    assert_eq!(missing(before.into_iter(), &mut client).await, [""; 0], "acknowledged before the restore began");
    assert_eq!(missing(kept.iter(), &mut client).await.len(), kept.len());
    cluster.settled().await;
    cluster.redos(&["stop"]).await.succeeds();
    cluster.redos(&["start"]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("marker").await.expect("an answer"), "old", "it is in the append-only file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_at_any_moment_is_taken_back_or_ended_by_up() {
    let cluster = Cluster::new("restore-killed").await;
    cluster.up(&["--replicas", "2"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let file = with_backup(&cluster, folder.path()).await;
    let url = cluster.redos(&["url"]).await.succeeds();
    let stages = [None, Some(RestoreStage::Preparing), Some(RestoreStage::Replacing)];
    let mut ends = [0, 0];
    for round in 0..ROUNDS {
        let writers = Writers::start_at(&url, 100, Duration::from_millis(300));
        eventually("some keys are written", async || writers.acknowledged() > 50).await;
        let restore = ["restore", text(&file), "--yes", "--no-backup"];
        let mut restore = cluster.command(&restore).stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("redos");
        let pid = restore.id();
        // At a stage, and some time later.
        let stage = stages[round % stages.len()];
        let at_stage = async || {
            let inventory = cluster.inventory().await;
            inventory.recorded.and_then(|spec| spec.restoring).map(|restoring| restoring.stage) == stage
        };
        eventually("it is so far", async || at_stage().await || restore.try_wait().is_ok_and(|end| end.is_some()))
            .await;
        let later = rand::random_range(0..450);
        println!("round {round}: redos is killed {later} ms after it was at {stage:?}");
        sleep(Duration::from_millis(later)).await;
        let killed_at = Instant::now();
        let _ = restore.kill().await;
        cluster.up(&[]).await.succeeds();
        assert_eq!(abandoned_by(pid).await, [""; 0]);
        let up_at = Instant::now();
        sleep(Duration::from_millis(300)).await;
        let ledger: Vec<(String, Instant)> = writers.end().await.into_iter().flatten().collect();
        let mut client = connect(url.trim()).await.expect("a connection");
        let marker: Option<String> = client.get("marker").await.expect("an answer");
        let size = dbsize(&mut client).await;
        let after = ledger.iter().filter(|(_, at)| *at > up_at).map(|(key, _)| key);
        assert_eq!(missing(after, &mut client).await, [""; 0], "round {round}: acknowledged after 'up'");
        match marker.as_deref() {
            Some("old") => {
                ends[0] += 1;
                let all = ledger.iter().map(|(key, _)| key);
                assert_eq!(missing(all, &mut client).await, [""; 0], "round {round}: old data, and every write");
                let new: Option<String> = client.get("kept:1").await.expect("an answer");
                assert_eq!(new, None, "round {round}: a mixture");
            }
            Some("new") => {
                ends[1] += 1;
                let before: Vec<&String> =
                    ledger.iter().filter(|(_, at)| *at < killed_at).map(|(key, _)| key).collect();
                let old: Option<String> = client.get("only-old").await.expect("an answer");
                assert_eq!(old, None, "round {round}: a mixture");
                assert!(size > KEYS, "round {round}: {size}");
                // Those of before the stop are gone; those after the start of the new master stay.
                let gone = missing(before.iter().copied(), &mut client).await;
                let is_gone: Vec<bool> = before.iter().map(|key| gone.contains(key)).collect();
                assert!(is_gone.first() == Some(&true), "round {round}: an old write is there");
            }
            other => panic!("round {round}: {other:?}"),
        }
        cluster.settled().await;
        set_old(&mut client).await;
        let files =
            crate::support::exec(&cluster.engine, &cluster.name, NodeId::redis(GROUP, 1), &["ls", "/data"]).await;
        let files = String::from_utf8(files.expect("an answer").stdout).expect("text");
        assert!(!files.contains("restored"), "round {round}: {files}");
    }
    assert!(ends[0] > 0 && ends[1] > 0, "both ends were seen: {ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_refused_while_a_node_is_away_or_its_file_is_not_whole_and_changes_nothing() {
    let cluster = Cluster::new("restore-away").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let file = with_backup(&cluster, folder.path()).await;
    let restore = async |file: &Path| cluster.redos(&["restore", text(file), "--yes", "--no-backup"]).await;
    for node in [NodeId::redis(GROUP, 2), NodeId::Sentinel(2)] {
        cluster.kill(node).await;
        let said = restore(&file).await.fails(1);
        let why = format!("{node} does not answer, and could bring the old data back later");
        assert!(said.contains(&why) && said.contains(" up"), "{said}");
        cluster.up(&[]).await.succeeds();
    }
    let flipped = folder.path().join("flipped.redos");
    let mut bytes = std::fs::read(&file).expect("a backup");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&flipped, bytes).expect("a file");
    assert!(restore(&flipped).await.fails(1).contains("is damaged"));
    let exists = cluster.redos(&["restore", text(&file), "--yes", "--backup-to", text(&file)]).await.fails(2);
    assert!(exists.contains("exists already"), "{exists}");
    let marker: String = cluster.client(&[]).await.get("marker").await.expect("an answer");
    assert_eq!(marker, "old");
    cluster.redos(&["plan"]).await.succeeds();
    cluster.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_without_room_on_the_disk_changes_nothing_and_leaves_the_disk_as_it_was() {
    let cluster = Cluster::new("restore-full").await;
    cluster.give_small_disk(NodeId::redis(GROUP, 1), "64m").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    set_old(&mut cluster.client(&[]).await).await;
    cluster.settled().await;
    assert_eq!(cluster.master().await, NodeId::redis(GROUP, 1));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.rdb");
    std::fs::write(&file, rdb(10, 70_000)).expect("an RDB file");
    let said = cluster.redos(&["restore", text(&file), "--yes", "--no-backup"]).await.fails(1);
    assert!(said.contains("no space left on device") && said.contains("what was copied is removed"), "{said}");
    // The servers can write again at once, and nothing is left for 'up'.
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("marker").await.expect("an answer"), "old");
    redis::cmd("SET").arg("large").arg(vec![b'x'; 30 << 20]).exec_async(&mut client).await.expect("room");
    cluster.redos(&["plan"]).await.succeeds();
    cluster.settled().await;
}
