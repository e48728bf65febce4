//! Guards, by hand and as nodes: a master whose process has ended is replaced at once, and any other is left to the Sentinels.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redos::testing::spec::{Group, NodeId};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::time::sleep;

use crate::support::{Cluster, eventually, raw};
use crate::writers::{Writers, missing};

/// What a guard says of a master that it has replaced.
const REPLACED: &str = "is master now";
/// What it says of one that it leaves to the Sentinels.
const LEFT: &str = "is left to the Sentinels";

/// A running `redos guard`, and what it has said.
struct Guard {
    process: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Guard {
    /// Starts one, and waits until it watches the master.
    async fn of(cluster: &Cluster) -> Self {
        let mut process = cluster.command(&["guard"]).stderr(Stdio::piped()).spawn().expect("a process");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                told.lock().expect("lines").push(line);
            }
        });
        let guard = Self { process, said };
        guard.has_said(&format!("watching {}", cluster.master().await)).await;
        guard
    }

    /// How often it has said something.
    fn count(&self, text: &str) -> usize {
        self.said.lock().expect("lines").iter().filter(|line| line.contains(text)).count()
    }

    async fn has_said(&self, text: &str) {
        let what = format!("the guard says '{text}'");
        eventually(&what, async || self.count(text) > 0).await;
    }

    fn signal(&self, signal: Signal) {
        let pid = self.process.id().and_then(|id| Pid::from_raw(id as i32)).expect("it runs");
        kill_process(pid, signal).expect("a signal");
    }
}

/// How often a Sentinel was told of another master.
async fn failovers(cluster: &Cluster) -> usize {
    let log = cluster.redos(&["logs", "sentinel-1", "--tail", "10000"]).await.succeeds();
    log.lines().filter(|line| line.contains("+switch-master mymaster")).count()
}

/// Waits until the Sentinels name another master than this, and all is well.
async fn replaced(cluster: &Cluster, old: NodeId) -> NodeId {
    let status = async || cluster.status().await["groups"][0]["master"]["node"].as_str().map(str::to_owned);
    eventually("another node is master", async || status().await.is_some_and(|node| node != old.to_string())).await;
    cluster.redos(&["up", "-q"]).await.succeeds();
    cluster.settled().await;
    cluster.master().await
}

/// Kills a master under load, and returns the longest gap of a writer: one failover, and no acknowledged write is lost.
async fn killed_under_load(cluster: &Cluster, master: NodeId, round: usize) -> Duration {
    let before = failovers(cluster).await;
    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    eventually("all write", async || writers.acknowledged() > 200).await;
    cluster.kill(master).await;
    sleep(Duration::from_secs(3)).await;
    let (keys, gap) = writers.stop().await;
    replaced(cluster, master).await;
    assert_eq!(failovers(cluster).await, before + 1, "one failover in round {round}");
    let mut client = cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut client).await, [""; 0], "acknowledged and lost in round {round}");
    gap
}

#[tokio::test]
async fn a_killed_master_is_replaced_before_sentinels_would_begin_and_nothing_is_lost() {
    let cluster = Cluster::new("guard").await;
    cluster.up(&[]).await.succeeds();
    let guards = [Guard::of(&cluster).await, Guard::of(&cluster).await];
    let mut gaps = Vec::new();
    // On a busy machine an answer may be late, and then a guard leaves the master to the Sentinels.
    for round in 1..=3 {
        let master = cluster.master().await;
        for guard in &guards {
            guard.has_said(&format!("watching {master}")).await;
        }
        gaps.push(killed_under_load(&cluster, master, round).await);
        if guards.iter().any(|guard| guard.count(REPLACED) > 0) {
            break;
        }
    }
    let acts: usize = guards.iter().map(|guard| guard.count(REPLACED)).sum();
    assert_eq!(acts, 1, "one of both guards has acted: {:?}", guards.map(|guard| guard.said));
    let last = gaps.last().expect("a round");
    assert!(*last < Duration::from_secs(1), "the Sentinels would begin after a second: {gaps:?}");
}

#[tokio::test]
async fn a_master_that_is_paused_or_only_closes_a_connection_is_left_to_the_sentinels() {
    let cluster = Cluster::new("guard-pause").await;
    cluster.up(&[]).await.succeeds();
    let guard = Guard::of(&cluster).await;
    let (before, master) = (failovers(&cluster).await, cluster.master().await);

    let mut admin = cluster.admin(master).await;
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
    let closed: u64 = kill.query_async(&mut admin).await.expect("an answer");
    assert!(closed > 0, "the guard's connection is one of them");
    sleep(Duration::from_secs(2)).await;
    assert_eq!((failovers(&cluster).await, cluster.master().await), (before, master));

    cluster.redos(&["chaos", "pause", "master", "--for", "4s"]).await.succeeds();
    let next = replaced(&cluster, master).await;
    assert_eq!(failovers(&cluster).await, before + 1, "the Sentinels replaced it once");
    guard.has_said(&format!("watching {next}")).await;
    cluster.redos(&["chaos", "partition", "master", "--for", "5s"]).await.succeeds();
    replaced(&cluster, next).await;
    assert_eq!(failovers(&cluster).await, before + 2, "and the next one");
    assert_eq!(guard.count(REPLACED), 0, "{:?}", guard.said);
}

#[tokio::test]
async fn without_a_majority_of_sentinels_nothing_is_promoted() {
    let cluster = Cluster::new("guard-alone").await;
    cluster.up(&[]).await.succeeds();
    let guard = Guard::of(&cluster).await;
    let master = cluster.master().await;
    for ordinal in [2, 3] {
        cluster.kill(NodeId::Sentinel(ordinal)).await;
    }
    cluster.kill(master).await;
    guard.has_said(LEFT).await;
    sleep(Duration::from_secs(2)).await;
    for ordinal in (1..=3).map(|ordinal| NodeId::redis(Group::number(1), ordinal)).filter(|node| *node != master) {
        let mut replica = cluster.admin(ordinal).await;
        let role: Vec<redis::Value> = redis::cmd("ROLE").query_async(&mut replica).await.expect("an answer");
        assert_eq!(role[0], redis::Value::BulkString(b"slave".to_vec()), "{ordinal} was promoted: {:?}", guard.said);
    }
    assert_eq!(guard.count(REPLACED), 0);
}

#[tokio::test]
async fn a_guard_that_wakes_after_a_failover_does_nothing_more() {
    let cluster = Cluster::new("guard-frozen").await;
    cluster.up(&[]).await.succeeds();
    let guard = Guard::of(&cluster).await;
    let (before, master) = (failovers(&cluster).await, cluster.master().await);
    guard.signal(Signal::STOP);
    cluster.kill(master).await;
    let next = {
        let status = async || cluster.status().await["groups"][0]["master"]["node"].as_str().map(str::to_owned);
        eventually("the Sentinels replace it", async || status().await.is_some_and(|it| it != master.to_string()))
            .await;
        cluster.master().await
    };
    // Another Sentinel may have led it.
    eventually("sentinel-1 knows of it", async || failovers(&cluster).await == before + 1).await;
    guard.signal(Signal::CONT);
    guard.has_said(&format!("watching {next}")).await;
    cluster.redos(&["up", "-q"]).await.succeeds();
    cluster.settled().await;
    assert_eq!((failovers(&cluster).await, cluster.master().await), (before + 1, next));
    assert_eq!(guard.count(REPLACED), 0, "{:?}", guard.said);
}

/// How often the guards of a cluster have said something.
async fn said_by_nodes(cluster: &Cluster, guards: &[NodeId], text: &str) -> usize {
    let mut count = 0;
    for guard in guards {
        let log = cluster.redos(&["logs", &guard.to_string(), "--tail", "10000"]).await.succeeds();
        count += log.lines().filter(|line| line.contains(text)).count();
    }
    count
}

/// Waits until the guards watch the master.
async fn watch(cluster: &Cluster, count: usize) {
    let master = cluster.master().await.to_string();
    eventually("all guards watch the master", async || {
        let status = cluster.status().await;
        let guards = status["guards"].as_array().expect("a list").iter();
        guards.filter(|guard| guard["problem"].is_null() && guard["watches"]["mymaster"] == *master).count() == count
    })
    .await;
}

#[tokio::test]
async fn two_guards_as_nodes_without_any_right_replace_a_killed_master_once() {
    let cluster = Cluster::new("guard-nodes").await;
    cluster.up(&["--guard", "--proxies", "2"]).await.succeeds();
    let guards = [NodeId::Guard(1), NodeId::Guard(2)];
    watch(&cluster, 2).await;

    let body = raw().inspect_container(&cluster.container(guards[0]), None).await.expect("a container");
    let (host, config) = (body.host_config.expect("a host"), body.config.expect("a configuration"));
    assert_eq!((host.cap_drop, host.cap_add), (Some(vec!["ALL".to_owned()]), None));
    assert_eq!((host.readonly_rootfs, host.privileged), (Some(true), Some(false)));
    assert_eq!(host.security_opt, Some(vec!["no-new-privileges".to_owned()]));
    assert_eq!(config.user.as_deref(), Some("10001:10001"));
    let sources: Vec<String> = body.mounts.into_iter().flatten().filter_map(|mount| mount.name).collect();
    assert_eq!(sources, vec![guards[0].volume_name(&cluster.name); 2], "its own volume and nothing of the host");
    let shown = format!("{:?}{:?}{:?}{:?}", config.env, config.labels, config.cmd, config.entrypoint);
    assert!(!shown.contains(cluster.secrets().await.admin.expose()));

    let mut gaps = Vec::new();
    // On a busy machine an answer may be late, and then a guard leaves the master to the Sentinels.
    for round in 1..=3 {
        watch(&cluster, 2).await;
        let master = cluster.master().await;
        gaps.push(killed_under_load(&cluster, master, round).await);
        if said_by_nodes(&cluster, &guards, REPLACED).await > 0 {
            break;
        }
    }
    assert_eq!(said_by_nodes(&cluster, &guards, REPLACED).await, 1, "one of both has acted");
    let last = gaps.last().expect("a round");
    assert!(*last < Duration::from_secs(1), "the Sentinels would begin after a second: {gaps:?}");
}

#[tokio::test]
async fn guards_that_rest_are_frozen_or_dead_leave_a_master_to_the_sentinels_and_go_when_they_are_turned_off() {
    let cluster = Cluster::new("guard-off").await;
    cluster.up(&["--guard"]).await.succeeds();
    let guard = NodeId::Guard(1);
    let container = cluster.container(guard);
    let dies = async |why: &str| {
        let (before, master) = (failovers(&cluster).await, cluster.master().await);
        cluster.kill(master).await;
        let status = async || cluster.status().await["groups"][0]["master"]["node"].as_str().map(str::to_owned);
        eventually("another node is master", async || status().await.is_some_and(|node| node != master.to_string()))
            .await;
        // Another Sentinel may have led it.
        eventually("sentinel-1 knows of it", async || failovers(&cluster).await == before + 1).await;
        assert_eq!(said_by_nodes(&cluster, &[guard], REPLACED).await, 0, "{why}");
    };
    watch(&cluster, 1).await;
    let signal = bollard::query_parameters::KillContainerOptions { signal: "SIGUSR1".to_owned() };
    raw().kill_container(&container, Some(signal)).await.expect("a signal");
    dies("it was told that a redos is at work").await;
    let left = said_by_nodes(&cluster, &[guard], "is left to the Sentinels: a redos changes the cluster").await;
    assert_eq!(left, 1, "{}", cluster.redos(&["logs", "guard-1"]).await.stdout);
    cluster.redos(&["up", "-q"]).await.succeeds();

    watch(&cluster, 1).await;
    cluster.redos(&["chaos", "pause", "guard", "--for", "1s"]).await.succeeds();
    raw().pause_container(&container).await.expect("a pause");
    dies("it is frozen").await;
    assert!(cluster.redos(&["doctor"]).await.stdout.contains("guard-down"));
    // This unpauses it as well, which then finds another master.
    cluster.redos(&["up", "-q"]).await.succeeds();
    watch(&cluster, 1).await;
    assert_eq!(said_by_nodes(&cluster, &[guard], REPLACED).await, 0, "it woke after the failover");

    cluster.kill(guard).await;
    dies("it is dead").await;
    let run = cluster.redos(&["up", "--guard=false"]).await;
    run.succeeds();
    let [containers, _, volumes] = cluster.labelled().await;
    let left = containers.into_iter().chain(volumes).filter(|name| name.contains("guard-1"));
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
}
