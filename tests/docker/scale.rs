//! `scale` and `failover`: nodes come and go and the master moves, and no acknowledged write is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use redis::AsyncCommands;
use redos::testing::cluster::observed::NodeState;
use redos::testing::spec::{Group, NodeId};
use tokio::task::JoinHandle;

use crate::kills::moments;
use crate::support::{Cluster, connect, eventually, raw};

/// Time between two writes of one writer.
const PERIOD: Duration = Duration::from_millis(5);

/// What one writer saw.
#[derive(Default)]
struct Written {
    acknowledged: Vec<u64>,
    /// What each failed write was answered, with its time since the first.
    failed: Vec<String>,
    longest_gap: Duration,
}

/// Writes numbered keys until it is told to stop: over one lasting connection, or over a new one each time.
struct Writer {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Written>,
    prefix: &'static str,
}

impl Writer {
    async fn start(cluster: &Cluster, prefix: &'static str, lasting: bool) -> Self {
        let url = cluster.redos(&["url"]).await.succeeds().trim().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut written = Written::default();
            let mut connection = None;
            let begin = Instant::now();
            let mut last = begin;
            let mut ticks = tokio::time::interval(PERIOD);
            for number in 0.. {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                ticks.tick().await;
                let result = async {
                    if connection.is_none() || !lasting {
                        connection = Some(connect(&url).await?);
                    }
                    let connection = connection.as_mut().expect("it was made above");
                    connection.set::<_, _, ()>(format!("{prefix}:{number}"), number).await
                };
                match result.await {
                    Ok(()) => {
                        written.acknowledged.push(number);
                        written.longest_gap = written.longest_gap.max(last.elapsed());
                        last = Instant::now();
                    }
                    Err(error) => {
                        written.failed.push(format!("after {:.3?}: {error}", begin.elapsed()));
                        connection = None;
                    }
                }
            }
            written
        });
        Self { stop, task, prefix }
    }

    /// Ends it, and returns what it saw and how many acknowledged writes the cluster does not have.
    async fn end(self, cluster: &Cluster) -> (Written, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let written = self.task.await.expect("the writer does not panic");
        let mut client = cluster.client(&[]).await;
        let mut lost = 0;
        for chunk in written.acknowledged.chunks(500) {
            let keys: Vec<String> = chunk.iter().map(|number| format!("{}:{number}", self.prefix)).collect();
            let values: Vec<Option<u64>> = client.mget(keys).await.expect("a read");
            lost += values.iter().zip(chunk).filter(|(value, number)| value.as_ref() != Some(*number)).count();
        }
        (written, lost)
    }
}

#[tokio::test]
async fn replicas_and_sentinels_come_and_go_under_load_without_a_failed_write() {
    let cluster = Cluster::new("scale").await;
    cluster.up(&[]).await.succeeds();
    // On a busy machine the checks of a proxy may be late, which costs connections. That may happen once, but not
    // twice.
    if !come_and_go(&cluster).await.is_empty() {
        assert_eq!(come_and_go(&cluster).await, [""; 0], "again");
    }
}

/// Scales up and down under load, and nothing is lost. Returns the failures of writes on a connection that lasts.
async fn come_and_go(cluster: &Cluster) -> Vec<String> {
    let master = cluster.master().await;
    let lasting = Writer::start(cluster, "lasting", true).await;

    cluster.redos(&["scale", "--replicas", "4", "--sentinels", "5", "--proxies", "2"]).await.succeeds();
    let grown = cluster.status().await;
    assert_eq!(grown["proxies"].as_array().map(Vec::len), Some(2), "{grown:#}");
    assert_eq!(grown["groups"][0]["nodes"].as_array().map(Vec::len), Some(5), "{grown:#}");
    assert_eq!(grown["sentinels"].as_array().map(Vec::len), Some(5));
    assert!(
        grown["sentinels"].as_array().expect("Sentinels").iter().all(|s| s["quorum"]["mymaster"] == 3),
        "{grown:#}"
    );
    cluster.redos(&["plan"]).await.succeeds();

    let shrunk = cluster.redos(&["scale", "--replicas", "2", "--sentinels", "3", "--proxies", "1"]).await;
    assert!(shrunk.stderr.contains("redis-5-data"), "the kept volumes are named: {}", shrunk.stderr);
    shrunk.succeeds();
    let shrunk = cluster.status().await;
    assert_eq!(shrunk["healthy"], true, "{shrunk:#}");
    assert_eq!(shrunk["groups"][0]["nodes"].as_array().map(Vec::len), Some(3));
    for sentinel in shrunk["sentinels"].as_array().expect("Sentinels") {
        assert_eq!(
            (&sentinel["quorum"]["mymaster"], &sentinel["peers"]["mymaster"]),
            (&2.into(), &2.into()),
            "{sentinel:#}"
        );
    }
    cluster.redos(&["plan"]).await.succeeds();
    assert_eq!(cluster.master().await, master, "nothing failed over");
    let (written, lost) = lasting.end(cluster).await;
    assert!(written.acknowledged.len() > 100, "there was load: {}", written.acknowledged.len());
    assert_eq!(lost, 0);
    written.failed
}

#[tokio::test]
async fn a_master_that_is_to_go_hands_over_first() {
    let cluster = Cluster::new("handover").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-3"]).await.succeeds();
    let writer = Writer::start(&cluster, "fresh", false).await;
    cluster.redos(&["scale", "--replicas", "1"]).await.succeeds();
    assert_ne!(cluster.master().await, NodeId::redis(Group::number(1), 3));
    let (written, lost) = writer.end(&cluster).await;
    assert!(written.acknowledged.len() > 50, "there was load: {}", written.acknowledged.len());
    assert_eq!(lost, 0);
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_planned_switchover_loses_nothing_and_is_soon_over() {
    let cluster = Cluster::new("switch").await;
    cluster.up(&[]).await.succeeds();
    let lasting = Writer::start(&cluster, "lasting", true).await;
    let fresh = Writer::start(&cluster, "fresh", false).await;
    for _ in 0..3 {
        let before = cluster.master().await;
        cluster.redos(&["failover"]).await.succeeds();
        assert_ne!(cluster.master().await, before);
        cluster.redos(&["plan"]).await.succeeds();
    }
    for writer in [lasting, fresh] {
        let (written, lost) = writer.end(&cluster).await;
        assert_eq!(lost, 0);
        assert!(written.acknowledged.len() > 100, "there was load: {}", written.acknowledged.len());
        // It takes 20 to 30 ms on an idle machine. The bound leaves room for a busy one.
        assert!(written.longest_gap < Duration::from_secs(2), "{:?}", written.longest_gap);
    }
    let refused = cluster.redos(&["failover", "--to", "redis-9"]).await;
    assert_ne!(refused.code, Some(0), "{}", refused.stderr);
}

#[tokio::test]
async fn a_paused_master_is_replaced_and_loses_nothing_when_it_returns() {
    let cluster = Cluster::new("return").await;
    cluster.up(&[]).await.succeeds();
    let lasting = Writer::start(&cluster, "lasting", true).await;
    let fresh = Writer::start(&cluster, "fresh", false).await;
    let before = cluster.master().await;
    let (docker, container) = (raw(), cluster.container(before));
    docker.pause_container(&container).await.expect("a pause");
    eventually("another node is master", async || {
        cluster.status().await["groups"][0]["master"]["node"].as_str().is_some_and(|node| node != before.to_string())
    })
    .await;
    docker.unpause_container(&container).await.expect("an unpause");
    eventually("the returned node is a replica and all is well", async || {
        cluster.redos(&["status", "-q"]).await.code == Some(0)
    })
    .await;
    for writer in [lasting, fresh] {
        let (written, lost) = writer.end(&cluster).await;
        assert!(written.acknowledged.len() > 100, "there was load: {}", written.acknowledged.len());
        assert_eq!(lost, 0);
    }
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_killed_master_is_replaced_and_up_brings_it_back_as_a_replica() {
    let cluster = Cluster::new("crash").await;
    cluster.up(&[]).await.succeeds();
    let writer = Writer::start(&cluster, "fresh", false).await;
    let before = cluster.master().await;
    let docker = raw();
    docker.kill_container(&cluster.container(before), None::<query::KillContainerOptions>).await.expect("a kill");
    eventually("another node is master", async || {
        cluster.status().await["groups"][0]["master"]["node"].as_str().is_some_and(|node| node != before.to_string())
    })
    .await;
    cluster.redos(&["up"]).await.succeeds();
    assert_ne!(cluster.master().await, before);
    let (written, lost) = writer.end(&cluster).await;
    assert!(written.acknowledged.len() > 50, "there was load: {}", written.acknowledged.len());
    assert_eq!(lost, 0);
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn scale_killed_at_any_moment_is_finished_by_up_or_by_scale_again() {
    let cluster = Cluster::new("cut").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let writer = Writer::start(&cluster, "lasting", true).await;
    let (more, fewer) =
        (["scale", "--replicas", "2", "--sentinels", "5"], ["scale", "--replicas", "1", "--sentinels", "3"]);
    // The kills come between the first change and the second added or removed Sentinel.
    for (round, moment) in moments(2, 200..3500).into_iter().enumerate() {
        for (target, redis, sentinels) in [(&more, 3, 5), (&fewer, 2, 3)] {
            let _ = cluster.killed_after(target, moment).await;
            if round % 2 == 0 {
                // `up` makes the cluster what the killed run had recorded until then. On a busy machine the Engine does what that
                // run asked for only later, and another `up` is due.
                cluster.redos(&["up"]).await.succeeds();
                if cluster.redos(&["plan"]).await.code != Some(0) {
                    cluster.redos(&["up"]).await.succeeds();
                    cluster.redos(&["plan"]).await.succeeds();
                }
            }
            cluster.redos(&target[..]).await.succeeds();
            let status = cluster.status().await;
            assert_eq!(status["healthy"], true, "after a kill at {moment} ms: {status:#}");
            let nodes =
                (status["groups"][0]["nodes"].as_array().map(Vec::len), status["sentinels"].as_array().map(Vec::len));
            assert_eq!(nodes, (Some(redis), Some(sentinels)), "{status:#}");
        }
    }
    cluster.redos(&["plan"]).await.succeeds();
    let (written, lost) = writer.end(&cluster).await;
    assert!(written.acknowledged.len() > 100, "there was load: {}", written.acknowledged.len());
    assert_eq!(lost, 0);
    assert_eq!(written.failed, [""; 0], "no master was touched");
}

#[tokio::test]
async fn failover_killed_at_any_moment_leaves_one_master_and_a_cluster_that_heals() {
    let cluster = Cluster::new("slain").await;
    cluster.up(&[]).await.succeeds();
    let lasting = Writer::start(&cluster, "lasting", true).await;
    let fresh = Writer::start(&cluster, "fresh", false).await;
    // A switchover needs some 100 ms until it is elected, and as long again until all agree; more on a busy machine.
    for moment in moments(8, 40..320) {
        let _ = cluster.killed_after(&["failover"], moment).await;
        // The Sentinels repair it within twice the failover timeout, or `up` does.
        let deadline = Instant::now() + Duration::from_secs(20);
        while cluster.redos(&["status", "-q"]).await.code != Some(0) && Instant::now() < deadline {}
        cluster.redos(&["up"]).await.succeeds();
        let status = cluster.status().await;
        let masters = status["groups"][0]["nodes"].as_array().expect("nodes").iter().filter(|n| n["role"] == "master");
        assert_eq!(masters.count(), 1, "after a kill at {moment} ms: {status:#}");
    }
    for writer in [lasting, fresh] {
        let (written, lost) = writer.end(&cluster).await;
        assert!(written.acknowledged.len() > 100, "there was load: {}", written.acknowledged.len());
        assert_eq!(lost, 0, "of {}", written.acknowledged.len());
    }
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn what_loses_keys_or_splits_votes_is_refused_without_force() {
    let cluster = Cluster::new("refuse").await;
    cluster.up(&["--masters", "2", "--replicas", "0", "--sentinels", "1"]).await.succeeds();
    let () = cluster.client(&["--group", "2"]).await.set("key", "value").await.expect("a write");
    let refused = cluster.redos(&["scale", "--masters", "1"]).await.fails(2);
    assert!(refused.contains("1 key") && refused.contains("redis-2-1-data"), "{refused}");
    let refused = cluster.redos(&["up", "--masters", "1"]).await.fails(2);
    assert!(refused.contains("1 key") && refused.contains("--force"), "{refused}");
    let planned = cluster.redos(&["plan", "--masters", "1"]).await.fails(1);
    assert!(planned.contains("1 key"), "{planned}");
    let refused = cluster.redos(&["scale", "--sentinels", "2"]).await.fails(2);
    assert!(refused.contains("even"), "{refused}");
    cluster.redos(&["scale", "--masters", "1", "--force"]).await.succeeds();
    assert_eq!(cluster.status().await["groups"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_cluster_that_was_down_comes_back_smaller_and_its_last_master_hands_over_what_it_has() {
    let cluster = Cluster::new("smaller").await;
    cluster.up(&["--replicas", "2"]).await.succeeds();
    for (number, way) in ["down", "stop"].into_iter().enumerate() {
        cluster.redos(&["up", "--replicas", "2"]).await.succeeds();
        cluster.redos(&["failover", "--to", "redis-3"]).await.succeeds();
        let () = cluster.client(&[]).await.set("last", number).await.expect("a write");
        cluster.redos(&[way]).await.succeeds();
        cluster.redos(&["up", "--replicas", "1"]).await.succeeds();
        assert_eq!(cluster.client(&[]).await.get::<_, usize>("last").await.expect("a read"), number, "after {way}");
    }

    // The volume of redis-3 is there, and nobody needs it any more.
    cluster.redos(&["down"]).await.succeeds();
    cluster.redos(&["up"]).await.succeeds();
    let nodes = cluster.inventory().await.nodes;
    assert!(nodes.values().all(|facts| facts.state == NodeState::Running), "{nodes:?}");
    assert_eq!((nodes.len(), cluster.master().await), (6, NodeId::redis(Group::number(1), 1)));
    cluster.redos(&["plan"]).await.succeeds();
}
