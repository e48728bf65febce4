//! Masters that end and come back: whoever returns is never a second master, and nothing acknowledged is lost.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use futures_util::StreamExt;
use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Cluster, eventually, raw};
use crate::writers::{Writers, missing};

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

/// Writers that have begun.
async fn writers(cluster: &Cluster) -> Writers {
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    writers
}

/// All is well again and there are writes again. Stops the writers, and everything acknowledged is there. Returns the
/// longest gap.
async fn recovered(cluster: &Cluster, writers: Writers) -> Duration {
    cluster.settled().await;
    let before = writers.acknowledged();
    eventually("there are writes again", async || writers.acknowledged() > before + 50).await;
    let (keys, gap) = writers.stop().await;
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", keys.len());
    gap
}

#[tokio::test]
async fn a_master_that_comes_back_is_a_replica_from_its_first_moment() {
    let cluster = Cluster::new("comeback").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;

    // The old master comes back after its failover, during it, and at once.
    let first = cluster.master().await;
    cluster.kill(first).await;
    let second = successor(&cluster, first).await;
    cluster.start(first).await;
    cluster.settled().await;
    let log = log(&cluster, first).await;
    let (_, since) = log.rsplit_once("redos: starting as a replica of ").expect("it says what it does");
    assert!(!since.contains("1:M "), "it was no master after its return: {since}");

    cluster.kill(second).await;
    cluster.start(second).await;
    cluster.settled().await;

    let third = cluster.master().await;
    raw()
        .restart_container(&cluster.container(third), None::<query::RestartContainerOptions>)
        .await
        .expect("a restart");
    println!("the longest gap was {:?}", recovered(&cluster, writers).await);
}

#[tokio::test]
async fn a_master_that_is_back_soon_and_loads_for_long_is_replaced_meanwhile() {
    let cluster = Cluster::new("loads").await;
    // Each key takes 0.25 ms to load, so that these few take as long as gigabytes. The server answers once in a thousand
    // keys, which must be well within the second that redos waits for an answer, also on a busy machine.
    cluster.up(&["--down-after", "3s", "--redis", "key-load-delay=250"]).await.succeeds();
    let mut keys = redis::pipe();
    for key in 0..80_000 {
        keys.set(key, key).ignore();
    }
    let () = keys.query_async(&mut cluster.client(&[]).await).await.expect("writes");
    let writers = writers(&cluster).await;
    let first = cluster.master().await;
    // This is like a crash: its restart policy starts it again at once.
    let mut end = redis::cmd("SHUTDOWN");
    end.arg("NOSAVE").arg("NOW").arg("FORCE");
    let ended: redis::RedisResult<()> = end.query_async(&mut cluster.admin(first).await).await;
    assert!(ended.is_err(), "it does not live to answer");
    eventually("status tells", async || cluster.reasons().await.contains(&format!("{first} is loading its data, ")))
        .await;
    let second = successor(&cluster, first).await;
    // `up` waits until the node has loaded its data and can become a replica.
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.master().await, second);
    let gap = recovered(&cluster, writers).await;
    assert!(gap < Duration::from_secs(12), "there were no writes for {gap:?}");
}

#[tokio::test]
async fn a_stopped_master_is_replaced_without_a_loss() {
    let cluster = Cluster::new("stopped").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;
    let first = cluster.master().await;
    raw().stop_container(&cluster.container(first), None::<query::StopContainerOptions>).await.expect("a stop");
    successor(&cluster, first).await;
    cluster.start(first).await;
    println!("the longest gap was {:?}", recovered(&cluster, writers).await);
}

#[tokio::test]
async fn a_master_that_has_lost_its_data_does_not_wipe_its_replicas() {
    let cluster = Cluster::new("wiped").await;
    cluster.up(&["--persistence", "none"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    // The next master dies before the Sentinels consider it down.
    cluster.kill(first).await;
    cluster.start(first).await;
    let second = successor(&cluster, first).await;
    cluster.settled().await;
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"), "after a restart without persistence");

    // Container and volume are gone before the Sentinels consider the node down.
    cluster.lose(second).await;
    cluster.redos(&["up"]).await.succeeds();
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"), "after a lost volume");
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_cluster_whose_host_restarts_has_its_last_master_and_its_data() {
    let cluster = Cluster::new("power").await;
    // With `everysec`, Redis acknowledges writes up to 2 s before they are in the file while the disk is busy
    // (`flushAppendOnlyFile` in its aof.c). redos cannot save what a SIGKILL loses of these.
    cluster.up(&["--redis", "appendfsync=always"]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-3"]).await.succeeds();
    let writers = writers(&cluster).await;
    let nodes: Vec<NodeId> = cluster.inventory().await.nodes.into_keys().collect();
    futures_util::future::join_all(nodes.iter().map(|node| cluster.kill(*node))).await;
    let (keys, _) = writers.stop().await;
    futures_util::future::join_all(nodes.iter().map(|node| cluster.start(*node))).await;
    cluster.settled().await;
    let master = cluster.master().await;
    assert_eq!(master, NodeId::redis(Group::number(1), 3), "{}", log(&cluster, NodeId::Sentinel(1)).await);
    // Docker has picked other ports, so the URL is read again.
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    assert_eq!(lost, Vec::<String>::new(), "of {}", keys.len());
}

#[tokio::test]
async fn a_master_that_is_cut_off_from_its_peers_soon_takes_no_more_writes() {
    let cluster = Cluster::new("cutoff").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;
    let first = cluster.master().await;
    // The proxy still reaches the isolated master.
    let cut = ["chaos", "partition", "master", "--from", "replicas,sentinels", "--for", "20s"];
    let mut cut = cluster.command(&cut).spawn().expect("a process");
    successor(&cluster, first).await;
    cut.wait().await.expect("an end");
    cluster.settled().await;

    let ledger: Vec<(String, Instant)> = writers.end().await.into_iter().flatten().collect();
    let keys: Vec<String> = ledger.iter().map(|(key, _)| key.clone()).collect();
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    let when = ledger.iter().filter(|(key, _)| lost.contains(key)).map(|(_, when)| *when);
    let window = when.clone().max().zip(when.min()).map_or(Duration::ZERO, |(last, first)| last - first);
    println!("{} of {} lost, taken within {window:?} after the cut", lost.len(), keys.len());
    // It takes 1.7 s: the down-after of 1 s, half a second until the Sentinel's next question, and a check of the
    // proxy. The bound leaves room for a busy machine, and is below the 20 s of the cut.
    assert!(window < Duration::from_secs(8), "{window:?}");
}

/// A Sentinel that could not reach a fresh master for its down-after took the others' answers about the last one for answers
/// about this one, and replaced it alone.
#[tokio::test]
async fn a_sentinel_that_cannot_reach_a_new_master_does_not_replace_it_alone() {
    let cluster = Cluster::new("lone").await;
    cluster.up(&[]).await.succeeds();
    let writers = writers(&cluster).await;
    let (first, lone) = (cluster.master().await, NodeId::Sentinel(3));
    let old = cluster.address(first).await.to_string();
    let mut sentinel = cluster.admin(lone).await;
    let mut cut = cluster.command(&["chaos", "partition", "sentinel-3", "--from", "replicas", "--for", "120s"]);
    let mut cut = cut.stderr(Stdio::piped()).spawn().expect("a process");
    let mut said = BufReader::new(cut.stderr.take().expect("its stderr")).lines();
    let said = said.next_line().await.expect("a line").expect("it says that it has cut them off");
    assert!(said.contains("are silent"), "{said}");

    cluster.kill(first).await;
    let mut new = String::new();
    eventually("it holds the new master to be down", async || {
        let question = redis::cmd("SENTINEL").arg("MASTER").arg("mymaster").to_owned();
        let master: HashMap<String, String> = question.query_async(&mut sentinel).await.expect("an answer");
        new.clone_from(&master["ip"]);
        new != old && master["flags"].contains("s_down")
    })
    .await;
    let second = cluster.master().await;
    cluster.start(first).await;
    cluster.redos(&["chaos", "heal"]).await.succeeds();
    println!("the longest gap was {:?}", recovered(&cluster, writers).await);
    assert_eq!(cluster.master().await, second, "there was one failover");
    let log = log(&cluster, lone).await;
    assert!(!log.contains(&format!("+try-failover master mymaster {new}")), "{log}");
}
