//! TLS that is turned on and off in a living cluster, under load and by a redos that is killed.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redos::testing::spec::{NodeId, Role};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Cluster, eventually};
use crate::tls::{cli, client};
use crate::writers::{PATIENCE, Writers, missing};

/// Writes before and after each change.
const ENOUGH: usize = 200;

/// A client with the URL that redos prints, and with the authority if the cluster has TLS.
async fn application(cluster: &Cluster) -> redis::Client {
    let url = cluster.redos(&["url"]).await.succeeds();
    if url.starts_with("rediss:") {
        client(&url, &cluster.redos(&["url", "--ca"]).await.succeeds())
    } else {
        redis::Client::open(url.trim()).expect("a URL")
    }
}

async fn connected(cluster: &Cluster) -> MultiplexedConnection {
    application(cluster).await.get_multiplexed_async_connection().await.expect("a connection")
}

/// Waits until clients write.
async fn all_write(writers: &Writers) {
    let before = writers.acknowledged();
    eventually("clients write", async || writers.acknowledged() >= before + ENOUGH).await;
}

/// Ends writers. All that they had acknowledged must be there.
async fn none_lost(cluster: &Cluster, all: Vec<Writers>) {
    let mut keys = Vec::new();
    for writers in all {
        keys.extend(writers.stop().await.0);
    }
    assert!(keys.len() >= ENOUGH, "{} writes", keys.len());
    assert_eq!(missing(&keys, &mut connected(cluster).await).await, [""; 0], "of {}", keys.len());
    println!("{} acknowledged writes, none lost", keys.len());
}

/// What a failover, a restart or a full copy would change.
async fn history(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut history = BTreeMap::new();
    for sentinel in cluster.status().await["sentinels"].as_array().expect("Sentinels") {
        history.insert(sentinel["node"].to_string(), sentinel["epochs"].to_string());
    }
    for node in cluster.spec().nodes().into_iter().filter(|node| node.role() == Role::Redis) {
        let info = cli(cluster, &[&node.to_string(), "--admin", "--", "INFO"]).await;
        for name in ["role", "sync_full", "master_replid", "run_id"] {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            history.insert(format!("{name} of {node}"), value.expect("a field").trim().to_owned());
        }
    }
    history
}

/// Whether the cluster has TLS everywhere, or nowhere.
async fn assert_tls(cluster: &Cluster, is_on: bool) {
    assert_eq!(cluster.status().await["encryption"], json!(if is_on { "tls" } else { "none" }));
    assert_eq!(cluster.redos(&["url"]).await.succeeds().starts_with("rediss://"), is_on);
    assert_eq!(cluster.redos(&["url", "--ca"]).await.code == Some(0), is_on);
    let secrets = cluster.secrets().await;
    assert_eq!(secrets.authority.is_some(), is_on);
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_turned_on_and_off_under_load_and_no_acknowledged_write_is_lost() {
    let cluster = Cluster::new("turntls").await;
    cluster.up(&[]).await.succeeds();
    let before = history(&cluster).await;
    let plain = Writers::of(&application(&cluster).await, 100, PATIENCE);
    all_write(&plain).await;

    let up = cluster.redos(&["up", "--tls"]).await;
    assert!(up.stderr.contains("connections without TLS end and are refused from now on"), "{}", up.stderr);
    println!("{}", up.stderr);
    up.succeeds();
    assert_tls(&cluster, true).await;
    let encrypted = Writers::of(&application(&cluster).await, 100, PATIENCE);
    all_write(&encrypted).await;
    assert_eq!(history(&cluster).await, before, "no failover, no restart and no full copy");

    // All links are encrypted: a node that connects anew, and all of them after a restart of a node.
    for node in [NodeId::redis(redos::testing::spec::Group::number(1), 2), NodeId::Sentinel(2)] {
        cluster.kill(node).await;
        cluster.redos(&["up"]).await.succeeds();
    }
    cluster.settled().await;

    cluster.redos(&["up", "--tls=none"]).await.succeeds();
    assert_tls(&cluster, false).await;
    // The clients of the beginning are at home again.
    all_write(&plain).await;
    cluster.settled().await;
    none_lost(&cluster, vec![plain, encrypted]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_is_killed_anywhere_locks_nobody_out_and_ends_with_up() {
    let cluster = Cluster::new("turnkill").await;
    cluster.up(&[]).await.succeeds();
    let before = history(&cluster).await;
    let mut all = Vec::new();
    let mut kills = 0;
    for (turn, after) in [300, 600, 900, 1300, 1800, 2400, 3200, 4500].into_iter().enumerate() {
        let flag = if turn % 2 == 0 { "--tls" } else { "--tls=none" };
        let writers = Writers::of(&application(&cluster).await, 50, PATIENCE);
        all_write(&writers).await;
        all.push(writers);
        let mut up =
            cluster.command(&["up", flag]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        sleep(Duration::from_millis(after)).await;
        if up.try_wait().expect("its state").is_none() {
            up.kill().await.expect("a kill");
            kills += 1;
        }
        // What has begun, 'up' ends; else it is begun again.
        let recorded = cluster.inventory().await.recorded.expect("a record");
        println!("killed after {after} ms: {:?}, turning: {}", recorded.encryption, recorded.tls.turning);
        cluster.redos(&["up"]).await.succeeds();
        cluster.settled().await;
        cluster.redos(&["up", flag]).await.succeeds();
        assert_tls(&cluster, turn % 2 == 0).await;
        cluster.settled().await;
    }
    assert!(kills >= 4, "only {kills} turns were killed");
    none_lost(&cluster, all).await;
    assert_eq!(history(&cluster).await, before, "no failover, no restart and no full copy");
}

#[tokio::test]
async fn tls_is_not_turned_on_while_a_node_is_away() {
    let cluster = Cluster::new("turnaway").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["stop", "redis-3"]).await.succeeds();
    let refused = cluster.redos(&["up", "--tls"]).await.fails(1);
    assert!(refused.contains("nothing was changed") && refused.contains("up --tls=none"), "{refused}");
    let refused = cluster.redos(&["scale", "--replicas", "3"]).await;
    refused.succeeds();
    let status: Value = cluster.status().await;
    assert_eq!(status["encryption"], json!("none"));
}
