//! `stop`, `start` and `restart`: nodes go and come back, and nothing is lost by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::support::{Cluster, connect};
use crate::writers::{Writers, missing};

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// When each node was last started.
async fn starts(cluster: &Cluster) -> BTreeMap<NodeId, Option<String>> {
    cluster.inventory().await.nodes.into_iter().map(|(node, facts)| (node, facts.started_at)).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Asks at the read port again and again, over a new connection each time, until it is told to stop. Returns how many
/// answers it got, and why it did not get the others.
async fn read(cluster: &Cluster, stop: Arc<AtomicBool>) -> JoinHandle<(usize, Vec<String>)> {
    let url = cluster.redos(&["url", "--read"]).await.succeeds();
    let asked = async move |url: &str| -> redis::RedisResult<()> { connect(url).await?.exists("key").await };
    tokio::spawn(async move {
        let (mut answered, mut failed) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            match asked(url.trim()).await {
                Ok(()) => answered += 1,
                Err(error) => failed.push(error.to_string()),
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        (answered, failed)
    })
}

#[tokio::test]
async fn a_rolling_restart_under_load_loses_nothing() {
    let cluster = Cluster::new("rolling").await;
    cluster.up(&[]).await.succeeds();
    let (master, before) = (cluster.master().await, starts(&cluster).await);
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    let stop = Arc::new(AtomicBool::new(false));
    let reader = read(&cluster, stop.clone()).await;
    let done = json(&cluster.redos(&["restart", "-o", "json"]).await.succeeds());
    let (written, gap) = writers.stop().await;
    stop.store(true, Ordering::Relaxed);
    let (answered, failed) = reader.await.expect("it does not panic");
    // If the proxy did not lead readers away first, a dozen reads would fail. One may fail on a busy machine.
    assert!(failed.len() < 2, "{failed:?} of {answered} reads");
    assert!(answered > 100, "there were readers: {answered}");

    assert_eq!((&done["apiVersion"], &done["kind"]), (&"redos/v1".into(), &"Restart".into()));
    assert_eq!(done["nodes"].as_array().map(Vec::len), Some(6), "{done:#}");
    assert_eq!(done["switchovers"]["mymaster"]["from"], master.to_string());
    assert_eq!(done["nodes"][5], master.to_string(), "the master is the last");
    assert_eq!(done["switchovers"]["mymaster"]["to"], cluster.master().await.to_string());
    for (node, started) in starts(&cluster).await {
        assert_eq!(started == before[&node], node == NodeId::Proxy(1), "{node}");
    }
    let lost = missing(&written, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", written.len());
    assert!(written.len() > 200, "there was load: {}", written.len());
    // It takes 50 ms on an idle machine. The bound leaves room for a busy one.
    assert!(gap < Duration::from_secs(2), "{gap:?}");
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_setting_that_needs_new_nodes_replaces_them_and_loses_neither_a_write_nor_a_reader() {
    let cluster = Cluster::new("anew").await;
    cluster.up(&[]).await.succeeds();
    let before = cluster.inventory().await.nodes;
    let plan = cluster.redos(&["plan", "--redis", "databases=32"]).await.exits(1);
    assert!(plan.contains("remove redis-2") && plan.contains("switch mymaster over"), "{plan}");

    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    let stop = Arc::new(AtomicBool::new(false));
    let reader = read(&cluster, stop.clone()).await;
    cluster.redos(&["up", "--redis", "databases=32"]).await.succeeds();
    let (written, gap) = writers.stop().await;
    stop.store(true, Ordering::Relaxed);
    let (answered, failed) = reader.await.expect("it does not panic");
    // One may fail on a busy machine, as above.
    assert!(failed.len() < 2, "{failed:?} of {answered} reads");
    assert!(answered > 100, "there were readers: {answered}");
    let lost = missing(&written, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", written.len());
    assert!(gap < Duration::from_secs(2), "{gap:?}");

    for (node, facts) in cluster.inventory().await.nodes {
        let is_same = facts.container_id == before[&node].container_id;
        assert_eq!(is_same, !matches!(node, NodeId::Redis { .. }), "{node}");
    }
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_stopped_cluster_starts_with_the_same_master_and_every_acknowledged_write() {
    let cluster = Cluster::new("halt").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-3"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    let done = json(&cluster.redos(&["stop", "-o", "json"]).await.succeeds());
    let (written, _) = writers.stop().await;
    assert_eq!(done["nodes"].as_array().map(Vec::len), Some(7), "{done:#}");
    assert_eq!((&done["nodes"][0], &done["nodes"][6]), (&"sentinel-1".into(), &"redis-3".into()), "{done:#}");
    cluster.redos(&["status"]).await.exits(1);
    assert!(cluster.redos(&["stop"]).await.stderr.contains("nothing to do"));

    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(cluster.master().await, redis(3));
    let lost = missing(&written, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", written.len());
    assert!(written.len() > 20, "there was load: {}", written.len());
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_node_that_was_stopped_comes_back_into_the_cluster_as_it_is_then() {
    let cluster = Cluster::new("part").await;
    cluster.up(&[]).await.succeeds();
    for (nodes, why) in [
        (&["sentinel-1", "sentinel-2"][..], "2 are needed"),
        (&["redis-1", "redis-2", "redis-3"], "no other node"),
        (&["proxy-1"], "no proxy would be left"),
        (&["redis-9"], "no node 'redis-9'"),
    ] {
        let refused = cluster.redos(&[&["stop"], nodes].concat()).await.fails(2);
        assert!(refused.contains(why), "{refused}");
    }
    cluster.redos(&["plan"]).await.succeeds();

    let done = json(&cluster.redos(&["stop", "redis-1", "sentinel-3", "-o", "json"]).await.succeeds());
    assert_eq!(done["switchovers"]["mymaster"]["from"], "redis-1", "{done:#}");
    let master = cluster.master().await;
    assert_ne!(master, redis(1));
    let refused = cluster.redos(&["restart", "sentinel-1"]).await.fails(2);
    assert!(refused.contains("2 are needed"), "{refused}");
    cluster.redos(&["start", "redis-1"]).await.succeeds();
    let status = cluster.status().await;
    assert_eq!(status["groups"][0]["nodes"][0]["link"], "up", "redis-1 is a replica in sync: {status:#}");
    assert_eq!(cluster.master().await, master, "nothing failed over");
    cluster.redos(&["start"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();

    // With --force it stops what it refused above, and `start` brings all of it back.
    cluster.redos(&["stop", "--force", "redis-1", "redis-2", "redis-3", "sentinel-1", "sentinel-2"]).await.succeeds();
    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(cluster.master().await, master);
    cluster.redos(&["plan"]).await.succeeds();
}
