//! Masters that end and come back: whoever returns is never a second master, and nothing acknowledged is lost.

use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use futures_util::StreamExt;
use redis::AsyncCommands;
use redos::converge::read_secrets;
use redos::spec::{Group, NodeId, REDIS_PORT, SENTINEL_PORT};

use crate::support::{Cluster, connect, eventually, raw};
use crate::writers::{Writers, missing};

/// Ends a node's process without warning.
async fn kill(cluster: &Cluster, node: NodeId) {
    raw().kill_container(&cluster.container(node), None::<query::KillContainerOptions>).await.expect("a kill");
}

async fn start(cluster: &Cluster, node: NodeId) {
    raw().start_container(&cluster.container(node), None::<query::StartContainerOptions>).await.expect("a start");
}

/// What a node has logged.
async fn log(cluster: &Cluster, node: NodeId) -> String {
    let options = query::LogsOptions { stdout: true, stderr: true, ..Default::default() };
    let docker = raw();
    let mut lines = docker.logs(&cluster.container(node), Some(options));
    let mut text = String::new();
    while let Some(line) = lines.next().await {
        text.push_str(&line.expect("a line").to_string());
    }
    text
}

/// The node whom `status` names master once it is another than `before`.
async fn successor(cluster: &Cluster, before: NodeId) -> NodeId {
    eventually("another node is master", async || {
        cluster.status().await["groups"][0]["master"]["node"].as_str().is_some_and(|node| node != before.to_string())
    })
    .await;
    cluster.master().await
}

/// All is well, and `plan` finds nothing to do.
async fn settled(cluster: &Cluster) {
    eventually("all is well", async || cluster.redos(&["status", "-q"]).await.code == Some(0)).await;
    cluster.redos(&["plan"]).await.succeeds();
}

/// Writers that have begun.
async fn writers(cluster: &Cluster) -> Writers {
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    writers
}

/// Stops the writers and asserts that everything acknowledged is there. Returns the longest gap.
async fn nothing_lost(cluster: &Cluster, writers: Writers) -> Duration {
    let before = writers.acknowledged();
    eventually("there are writes again", async || writers.acknowledged() > before + 50).await;
    let (keys, gap) = writers.stop().await;
    let mut master = cluster.client(&[]).await;
    let lost = missing(&keys, &mut master).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", keys.len());
    gap
}

#[tokio::test]
async fn a_master_that_comes_back_is_a_replica_from_its_first_moment() {
    let cluster = Cluster::new("comeback").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;

    // It comes back after it was replaced, while it is being replaced, and at once.
    let first = cluster.master().await;
    kill(&cluster, first).await;
    let second = successor(&cluster, first).await;
    start(&cluster, first).await;
    settled(&cluster).await;
    let log = log(&cluster, first).await;
    let (_, since) = log.rsplit_once("redos: starting as a replica of ").expect("it says what it does");
    assert!(!since.contains("1:M "), "it was no master after its return: {since}");

    kill(&cluster, second).await;
    start(&cluster, second).await;
    settled(&cluster).await;

    let third = cluster.master().await;
    raw()
        .restart_container(&cluster.container(third), None::<query::RestartContainerOptions>)
        .await
        .expect("a restart");
    settled(&cluster).await;

    let gap = nothing_lost(&cluster, writers).await;
    println!("the longest gap was {gap:?}");
}

#[tokio::test]
async fn a_stopped_master_is_replaced_without_a_loss() {
    let cluster = Cluster::new("stopped").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;
    let first = cluster.master().await;
    raw().stop_container(&cluster.container(first), None::<query::StopContainerOptions>).await.expect("a stop");
    successor(&cluster, first).await;
    start(&cluster, first).await;
    settled(&cluster).await;
    let gap = nothing_lost(&cluster, writers).await;
    println!("the longest gap was {gap:?}");
}

#[tokio::test]
async fn a_master_that_has_lost_its_data_does_not_wipe_its_replicas() {
    let cluster = Cluster::new("wiped").await;
    cluster.up(&["--persistence", "none"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    // At once, and so before the Sentinels miss it.
    kill(&cluster, first).await;
    start(&cluster, first).await;
    let second = successor(&cluster, first).await;
    settled(&cluster).await;
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"), "after a restart without persistence");

    // The container and its volume, before the Sentinels miss it.
    let docker = raw();
    let options = query::RemoveContainerOptions { force: true, v: true, link: false };
    docker.remove_container(&cluster.container(second), Some(options)).await.expect("a removal");
    let volume = second.volume_name(&cluster.name);
    docker.remove_volume(&volume, None::<query::RemoveVolumeOptions>).await.expect("a removal");
    cluster.redos(&["up"]).await.succeeds();
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"), "after a lost volume");
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_cluster_whose_host_restarts_has_its_last_master_and_its_data() {
    let cluster = Cluster::new("power").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-3"]).await.succeeds();
    let writers = writers(&cluster).await;
    let nodes: Vec<NodeId> = cluster.inventory().await.nodes.into_keys().collect();
    futures_util::future::join_all(nodes.iter().map(|node| kill(&cluster, *node))).await;
    let (keys, _) = writers.stop().await;
    futures_util::future::join_all(nodes.iter().map(|node| start(&cluster, *node))).await;
    settled(&cluster).await;
    let master = cluster.master().await;
    assert_eq!(master, NodeId::redis(Group::number(1), 3), "{}", log(&cluster, NodeId::Sentinel(1)).await);
    // Docker has chosen other ports.
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", keys.len());
}

/// What `status` finds wrong.
async fn reasons(cluster: &Cluster) -> String {
    cluster.status().await["reasons"].to_string()
}

#[tokio::test]
async fn a_master_that_is_cut_off_from_its_peers_soon_takes_no_more_writes() {
    let cluster = Cluster::new("cutoff").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;
    let first = cluster.master().await;
    // The proxy still reaches it.
    let cut = ["chaos", "partition", "master", "--from", "replicas,sentinels", "--for", "20s"];
    let mut cut = cluster.command(&cut).spawn().expect("a process");
    successor(&cluster, first).await;
    cut.wait().await.expect("an end");
    settled(&cluster).await;

    let ledger: Vec<(String, Instant)> = writers.end().await.into_iter().flatten().collect();
    let keys: Vec<String> = ledger.iter().map(|(key, _)| key.clone()).collect();
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    let when = ledger.iter().filter(|(key, _)| lost.contains(key)).map(|(_, when)| *when);
    let window = when.clone().max().zip(when.min()).map_or(Duration::ZERO, |(last, first)| last - first);
    println!("{} of {} lost, taken within {window:?} after the cut", lost.len(), keys.len());
    // Sentinel's patience of 1 s, half a second until its next question, a check: 1.7 s. The cut lasts for 20 s, and this
    // machine may be busy.
    assert!(window < Duration::from_secs(8), "{window:?}");
}

#[tokio::test]
async fn sentinels_that_will_never_replace_a_master_are_told_of_and_pushed() {
    let cluster = Cluster::new("trap").await;
    cluster.up(&["--down-after", "500ms"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    let docker = raw();
    let sentinels = [1, 2, 3].map(NodeId::Sentinel);
    for sentinel in sentinels {
        docker.pause_container(&cluster.container(sentinel)).await.expect("a pause");
    }
    // The master is gone for good, with its data, and they do not see it go.
    let options = query::RemoveContainerOptions { force: true, v: true, link: false };
    docker.remove_container(&cluster.container(first), Some(options)).await.expect("a removal");
    let volume = first.volume_name(&cluster.name);
    docker.remove_volume(&volume, None::<query::RemoveVolumeOptions>).await.expect("a removal");
    // When they act again the replicas' links have been down for longer than ten times the patience of the most patient.
    tokio::time::sleep(Duration::from_secs(8)).await;
    for sentinel in sentinels {
        docker.unpause_container(&cluster.container(sentinel)).await.expect("a thaw");
    }
    eventually("status tells", async || reasons(&cluster).await.contains("Sentinels will not replace it")).await;
    cluster.redos(&["up"]).await.succeeds();
    assert_ne!(cluster.master().await, first);
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_sentinel_that_never_was_is_seen_and_forgotten() {
    let cluster = Cluster::new("ghost").await;
    cluster.up(&[]).await.succeeds();
    let inventory = cluster.inventory().await;
    let spec = inventory.recorded.clone().expect("a recorded specification");
    let secrets = read_secrets(&*cluster.engine, &spec, &inventory).await.expect("an answer").expect("secrets");
    let master = inventory.nodes[&cluster.master().await].address.expect("an address");
    for sentinel in [1, 2, 3].map(NodeId::Sentinel) {
        let address = inventory.nodes[&sentinel].address.expect("an address");
        let url = format!("redis://redos:{}@{address}:{SENTINEL_PORT}", secrets.admin.expose());
        let hello = format!("192.0.2.7,26379,{},0,mymaster,{master},{REDIS_PORT},0", "7".repeat(40));
        let mut connection = connect(&url).await.expect("a connection");
        let said: redis::RedisResult<redis::Value> =
            redis::cmd("PUBLISH").arg("__sentinel__:hello").arg(hello).query_async(&mut connection).await;
        said.expect("it is heard");
    }
    eventually("status tells", async || reasons(&cluster).await.contains("192.0.2.7")).await;
    cluster.redos(&["plan"]).await.fails(1);
    cluster.redos(&["up"]).await.succeeds();
    for sentinel in cluster.status().await["sentinels"].as_array().expect("Sentinels") {
        assert_eq!(sentinel["peers"]["mymaster"], 2, "{sentinel:#}");
    }
    cluster.redos(&["plan"]).await.succeeds();
}
