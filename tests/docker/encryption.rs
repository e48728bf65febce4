//! TLS that is turned on and off in a living cluster, under load and by a redos that is killed.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redos::testing::spec::{Encryption, Group, NodeId, Role, Spec, proxy_group_ports};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Cluster, eventually};
use crate::tls::{cli, client};
use crate::writers::{PATIENCE, Writers, missing};

/// Writes before and after each change.
const ENOUGH: usize = 200;

/// The URL of the proxy's own address: a published port may be another one when the proxy is recreated.
async fn url(cluster: &Cluster, scheme: &str) -> String {
    let published = cluster.redos(&["url"]).await.succeeds();
    let (_, rest) = published.split_once("://").expect("a scheme");
    let (login, _) = rest.split_once('@').expect("a login");
    let port = proxy_group_ports(Group::number(1)).write;
    format!("{scheme}://{login}@{}:{port}/0", cluster.address(NodeId::Proxy(1)).await)
}

async fn without_tls(cluster: &Cluster) -> redis::Client {
    redis::Client::open(url(cluster, "redis").await).expect("a URL")
}

async fn with_tls(cluster: &Cluster) -> redis::Client {
    client(&url(cluster, "rediss").await, &cluster.redos(&["url", "--ca"]).await.succeeds())
}

/// A client as the cluster wants it.
async fn application(cluster: &Cluster) -> redis::Client {
    if recorded(cluster).await.encryption.is_tls() { with_tls(cluster).await } else { without_tls(cluster).await }
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
    assert_none_lost(cluster, &keys).await;
}

#[expect(clippy::print_stdout, reason = "figures for whoever runs it")]
async fn assert_none_lost(cluster: &Cluster, keys: &[String]) {
    assert!(keys.len() >= ENOUGH, "{} writes", keys.len());
    assert_eq!(missing(keys, &mut connected(cluster).await).await, [""; 0], "of {}", keys.len());
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

/// Whether the cluster is what was asked for, and who gets in.
async fn assert_encryption(cluster: &Cluster, encryption: Encryption) {
    assert_eq!(cluster.status().await["encryption"], json!(encryption));
    assert_eq!(cluster.redos(&["url"]).await.succeeds().starts_with("rediss://"), encryption.is_tls());
    assert_eq!(cluster.redos(&["url", "--ca"]).await.code == Some(0), encryption.is_tls());
    assert_eq!(cluster.secrets().await.authority.is_some(), encryption.is_tls());
    cluster.redos(&["plan"]).await.succeeds();
    let plain = without_tls(cluster).await.get_multiplexed_async_connection().await;
    assert_eq!(plain.is_ok(), encryption != Encryption::Tls, "a client without TLS: {encryption:?}");
    if encryption.is_tls() {
        with_tls(cluster).await.get_multiplexed_async_connection().await.expect("a client with TLS");
    }
}

async fn recorded(cluster: &Cluster) -> Spec {
    cluster.inventory().await.recorded.expect("a record")
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_turned_on_and_off_under_load_while_clients_with_it_and_without_are_served() {
    let cluster = Cluster::demanding("turntls").await;
    cluster.up(&[]).await.succeeds();
    let before = history(&cluster).await;
    let plain = Writers::of(&without_tls(&cluster).await, 50, PATIENCE);
    all_write(&plain).await;

    let up = cluster.redos(&["up", "--tls=both"]).await;
    assert!(up.stderr.contains("clients that ask the Sentinels need TLS from now on"), "{}", up.stderr);
    up.succeeds();
    assert_encryption(&cluster, Encryption::Both).await;
    let encrypted = Writers::of(&with_tls(&cluster).await, 50, PATIENCE);
    all_write(&encrypted).await;
    all_write(&plain).await;
    assert_eq!(history(&cluster).await, before, "no failover, no restart and no full copy");

    let up = cluster.redos(&["up", "--tls"]).await;
    assert!(up.stderr.contains("connections without TLS end and are refused from now on"), "{}", up.stderr);
    up.succeeds();
    assert_encryption(&cluster, Encryption::Tls).await;
    all_write(&encrypted).await;

    cluster.redos(&["up", "--tls=both"]).await.succeeds();
    all_write(&encrypted).await;
    all_write(&plain).await;
    cluster.redos(&["up", "--tls=none"]).await.succeeds();
    assert_encryption(&cluster, Encryption::None).await;
    all_write(&plain).await;
    cluster.settled().await;
    assert_eq!(history(&cluster).await, before, "no failover, no restart and no full copy");
    none_lost(&cluster, vec![plain, encrypted]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_is_killed_anywhere_locks_nobody_out_and_ends_with_up() {
    let cluster = Cluster::demanding("turnkill").await;
    cluster.up(&[]).await.succeeds();
    let before = history(&cluster).await;
    let mut all = Vec::new();
    let mut kills = 0;
    for (flag, encryption, after) in [
        ("--tls", Encryption::Tls, 2600),
        ("--tls=none", Encryption::None, 1900),
        ("--tls=both", Encryption::Both, 3200),
        ("--tls", Encryption::Tls, 2200),
        ("--tls=both", Encryption::Both, 3800),
        ("--tls=none", Encryption::None, 2900),
        ("--tls", Encryption::Tls, 4500),
        ("--tls=none", Encryption::None, 3500),
    ] {
        let writers = Writers::of(&application(&cluster).await, 50, PATIENCE);
        all_write(&writers).await;
        let mut up =
            cluster.command(&["up", flag]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        sleep(Duration::from_millis(after)).await;
        if up.try_wait().expect("its state").is_none() {
            up.kill().await.expect("a kill");
            kills += 1;
        }
        let now = recorded(&cluster).await;
        println!("{flag} was killed after {after} ms: {:?}, turning: {}", now.encryption, now.tls.turning);
        // What has begun, 'up' ends; else it is begun again.
        cluster.redos(&["up"]).await.succeeds();
        cluster.settled().await;
        cluster.redos(&["up", flag]).await.succeeds();
        assert_encryption(&cluster, encryption).await;
        cluster.settled().await;
        all.extend(writers.stop().await.0);
    }
    assert!(kills >= 5, "only {kills} turns were killed");
    assert_none_lost(&cluster, &all).await;
    assert_eq!(history(&cluster).await, before, "no failover, no restart and no full copy");
}

#[tokio::test]
async fn tls_is_not_turned_on_while_a_node_is_away() {
    let cluster = Cluster::new("turnaway").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["stop", "redis-3"]).await.succeeds();
    let refused = cluster.redos(&["up", "--tls"]).await.fails(1);
    assert!(refused.contains("nothing was changed") && refused.contains("up --tls=none"), "{refused}");
    assert_eq!(recorded(&cluster).await.encryption, Encryption::None);
}
