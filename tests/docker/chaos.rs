//! Single faults: each is felt by somebody other than redos while it lasts, is listed, and is gone after it, also when
//! everybody is dead who could undo it.

use std::net::{SocketAddr, SocketAddrV4};
use std::process::{Command, Stdio};
use std::time::Duration;

use bollard::query_parameters as query;
use futures_util::StreamExt;
use redis::AsyncCommands;
use redos::testing::engine::containers::Containers;
use redos::testing::spec::{NodeId, REDIS_PORT};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr};
use tokio::time::{Instant, timeout};

use crate::support::{Cluster, connect, eventually, raw};

/// How long a fault may take to be applied and measured on a machine with much else to do.
const APPLIED: Duration = Duration::from_secs(90);
/// How long a connection is waited for that is not to be opened.
const SILENCE: Duration = Duration::from_millis(700);

/// A `redos chaos` that holds its fault.
struct Held {
    process: Child,
    lines: Lines<BufReader<ChildStderr>>,
    /// What it said of its fault.
    evidence: String,
}

impl Held {
    /// Starts it and waits until it says that the fault lasts.
    async fn begin(cluster: &Cluster, arguments: &[&str]) -> Self {
        let mut command = cluster.command(&[&["chaos"], arguments].concat());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("a process");
        let mut lines = BufReader::new(process.stderr.take().expect("its stderr")).lines();
        let mut evidence = String::new();
        let hold = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                if line.starts_with("it lasts") {
                    return;
                }
                evidence.push_str(&line);
            }
            panic!("{arguments:?} has ended: {evidence}");
        };
        timeout(APPLIED, hold).await.unwrap_or_else(|_| panic!("{arguments:?} is not applied in time"));
        Self { process, lines, evidence }
    }

    /// Ends it as Ctrl-C does. Returns what it said then.
    async fn interrupt(mut self) -> String {
        let pid = self.process.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        let mut said = String::new();
        while let Some(line) = timeout(APPLIED, self.lines.next_line()).await.expect("in time").expect("text") {
            said.push_str(&line);
        }
        assert_eq!(self.process.wait().await.expect("an end").code(), Some(130), "{said}");
        said
    }
}

/// Where a node can be reached from this machine.
async fn address(cluster: &Cluster, node: &str) -> SocketAddr {
    let node: NodeId = node.parse().expect("a node");
    let address = cluster.inventory().await.nodes[&node].address.expect("an address");
    SocketAddr::V4(SocketAddrV4::new(address, REDIS_PORT))
}

/// The URL of a node, past the proxy.
async fn direct(cluster: &Cluster, url: &str, node: &str) -> String {
    let (login, _) = url.trim().split_once('@').expect("a URL with a password");
    format!("{login}@{}", address(cluster, node).await)
}

/// How long a connection takes; `Err` with what became of it when it is not opened.
async fn connected(address: SocketAddr, limit: Duration) -> Result<Duration, String> {
    let began = Instant::now();
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(began.elapsed()),
        Ok(Err(error)) => Err(error.kind().to_string()),
        Err(_) => Err("silence".to_owned()),
    }
}

/// The quickest of three connections.
async fn quickest(address: SocketAddr) -> Duration {
    let mut times = Vec::new();
    for _ in 0..3 {
        times.extend(connected(address, Duration::from_secs(10)).await);
    }
    times.into_iter().min().unwrap_or_else(|| panic!("{address} is not reached"))
}

/// What `chaos ls` lists of this cluster.
async fn listed(cluster: &Cluster) -> Vec<(String, String)> {
    let list = cluster.redos(&["chaos", "ls", "-o", "json"]).await.succeeds();
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let text = |item: &serde_json::Value, key: &str| item[key].as_str().expect("text").to_owned();
    let items = list["items"].as_array().expect("a list").iter();
    items
        .filter(|item| text(item, "container").starts_with(cluster.name.as_str()))
        .map(|item| (text(item, "fault"), text(item, "target")))
        .collect()
}

/// The names of helpers that are there, running or not.
async fn helpers() -> Vec<String> {
    let options = query::ListContainersOptions { all: true, ..Default::default() };
    let containers = raw().list_containers(Some(options)).await.expect("containers");
    let names = containers.into_iter().filter_map(|container| container.names?.pop());
    names.filter(|name| name.contains("redos-fault-")).collect()
}

#[tokio::test]
async fn what_happens_to_packets_is_felt_listed_and_gone_again() {
    let cluster = Cluster::new("packets").await;
    cluster.up(&[]).await.succeeds();
    let [near, far] = [address(&cluster, "redis-2").await, address(&cluster, "redis-3").await];
    assert!(connected(near, APPLIED).await.is_ok(), "nothing has happened yet");

    let cut = Held::begin(&cluster, &["partition", "redis-2", "--for", "5m"]).await;
    assert!(cut.evidence.contains("6 of 6 servers are silent"), "{}", cut.evidence);
    assert_eq!(connected(near, SILENCE).await, Err("silence".to_owned()), "nobody reaches it");
    assert!(connected(far, APPLIED).await.is_ok(), "its neighbour is untouched");
    assert_eq!(listed(&cluster).await, [("partition".to_owned(), "redis-2".to_owned())]);
    let gone = cut.interrupt().await;
    assert!(gone.contains("is undone: 6 of 6 servers are reached"), "{gone}");
    assert!(connected(near, APPLIED).await.is_ok(), "it is back");

    let cut = ["partition", "redis-2", "--from", "redis-1,sentinel-1", "--direction", "in", "--for", "5m"];
    let cut = Held::begin(&cluster, &cut).await;
    assert!(cut.evidence.contains("2 of 2 servers are silent"), "{}", cut.evidence);
    assert!(connected(near, APPLIED).await.is_ok(), "others reach it");
    cut.interrupt().await;

    let reset = Held::begin(&cluster, &["reset", "redis-2", "--for", "5m"]).await;
    assert_eq!(connected(near, APPLIED).await, Err("connection refused".to_owned()));
    reset.interrupt().await;
    assert!(connected(near, APPLIED).await.is_ok());

    let before = quickest(near).await;
    let late = Held::begin(&cluster, &["latency", "redis-2", "--delay", "150ms", "--for", "5m"]).await;
    let added = quickest(near).await.saturating_sub(before).as_millis();
    assert!((240..=420).contains(&added), "150 ms each way were asked for, {added} ms were added");
    late.interrupt().await;
    assert!(quickest(near).await < Duration::from_millis(100), "and it is as before");

    let loss = Held::begin(&cluster, &["loss", "redis-2", "--share", "50%", "--for", "5m"]).await;
    // A lost first packet is sent again only after 1 s. Both packets of a handshake pass in one of four tries.
    let tries = futures_util::future::join_all((0..40).map(|_| connected(near, Duration::from_millis(900)))).await;
    let lost = tries.iter().filter(|outcome| outcome.is_err()).count();
    assert!((18..=39).contains(&lost), "{lost} of 40 connections were late");
    loss.interrupt().await;

    let url = cluster.redos(&["url"]).await.succeeds();
    let (head, _) = url.trim().split_once('@').expect("a URL with a password");
    let direct = format!("{head}@{near}");
    let mut writer = cluster.client(&[]).await;
    let _: () = writer.set("large", "x".repeat(200_000)).await.expect("a write");
    let transfer = async || {
        let mut reader = connect(&direct).await.expect("a connection to the replica");
        let began = Instant::now();
        let text: String = reader.get("large").await.expect("the value");
        assert_eq!(text.len(), 200_000);
        began.elapsed().as_secs_f64()
    };
    eventually("the replica has it", async || {
        let mut reader = connect(&direct).await.expect("a connection to the replica");
        reader.exists("large").await.expect("an answer")
    })
    .await;
    let before = transfer().await;
    let narrow = Held::begin(&cluster, &["throttle", "redis-2", "--rate", "1mbit", "--for", "5m"]).await;
    let now = transfer().await;
    // The content alone is 1.6 Mbit. Other packets may fill half a second of the queue before it.
    assert!((1.3..=8.0).contains(&now), "it took {now:.2} s, {before:.2} s before, and 1.6 s at this rate");
    narrow.interrupt().await;
    assert!(transfer().await < 1.0, "the way is wide again");
    assert_eq!(listed(&cluster).await, []);
}

#[tokio::test]
async fn a_fault_of_the_network_ends_by_itself_when_everybody_is_dead_who_could_undo_it() {
    let cluster = Cluster::new("leased").await;
    cluster.up(&[]).await.succeeds();
    let node = address(&cluster, "redis-2").await;
    let mut held = Held::begin(&cluster, &["partition", "redis-2", "--for", "1s"]).await;
    held.process.kill().await.expect("SIGKILL");
    kill_watchdogs_of(&cluster).await;
    assert_eq!(connected(node, SILENCE).await, Err("silence".to_owned()), "nobody has undone it");
    eventually("its lease is over", async || connected(node, SILENCE).await.is_ok()).await;
    assert_eq!(listed(&cluster).await.len(), 1, "nobody has struck it from the journal");
    eventually("no helper is left", async || {
        let ours = journalled(&cluster).await;
        !helpers().await.iter().any(|name| ours.iter().any(|id| name.ends_with(id)))
    })
    .await;
    cluster.up(&[]).await.succeeds();
    assert_eq!(listed(&cluster).await, [], "'up' has looked after the rest");

    // When the helper itself is killed, the kernel removes its rules.
    let mut held = Held::begin(&cluster, &["partition", "redis-2", "--for", "5m"]).await;
    let id = journalled(&cluster).await.pop().expect("a fault");
    held.process.kill().await.expect("SIGKILL");
    let kill = query::KillContainerOptions { signal: "SIGKILL".to_owned() };
    raw().kill_container(&format!("redos-fault-{id}"), Some(kill)).await.expect("killed");
    eventually("nothing is left of it", async || connected(node, SILENCE).await.is_ok()).await;
    let healed = cluster.redos(&["chaos", "heal", "redis-2"]).await;
    assert!(healed.fails(0).contains("redis-2 is undone"));
    assert_eq!(listed(&cluster).await, []);
}

/// The ids of the faults of a cluster.
async fn journalled(cluster: &Cluster) -> Vec<String> {
    let list = cluster.redos(&["chaos", "ls", "-o", "json"]).await.succeeds();
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let ours = list["items"].as_array().expect("a list").iter();
    let ours =
        ours.filter(|item| item["container"].as_str().is_some_and(|name| name.starts_with(cluster.name.as_str())));
    ours.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// Kills the watchdogs of the faults of a cluster.
async fn kill_watchdogs_of(cluster: &Cluster) {
    for id in journalled(cluster).await {
        let watchdogs = std::fs::read_dir("/proc").expect("processes").filter_map(|entry| {
            let pid = entry.ok()?.file_name().into_string().ok()?;
            let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
            line.contains(&format!("chaos\0watchdog\0{id}")).then_some(pid)
        });
        let watchdogs: Vec<String> = watchdogs.collect();
        assert_eq!(watchdogs.len(), 1, "a fault has a watchdog");
        assert!(Command::new("kill").args(["-KILL", &watchdogs[0]]).status().expect("kill").success());
    }
}

#[tokio::test]
async fn writes_that_are_paused_wait_and_go_on() {
    let cluster = Cluster::new("wait").await;
    cluster.up(&[]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    // It connects to the node and not to the proxy, which leads to another master as soon as the pause has held back
    // the Sentinels' messages for a second.
    let mut master = connect(&direct(&cluster, &url, "redis-1").await).await.expect("a connection to the master");
    let paused = Held::begin(&cluster, &["client-pause", "redis-1", "--for", "5m"]).await;
    assert!(paused.evidence.contains("a write waits"), "{}", paused.evidence);
    let write = timeout(SILENCE, redis::cmd("SET").arg("paused").arg(1).exec_async(&mut master)).await;
    assert!(write.is_err(), "it waits");
    paused.interrupt().await;
    eventually("a write is taken", async || {
        let Ok(mut client) = connect(url.trim()).await else { return false };
        redis::cmd("SET").arg("paused").arg(2).exec_async(&mut client).await.is_ok()
    })
    .await;
}

/// How a container ends from now on: "kill" if somebody asks for it, else "die" and its exit code.
///
/// The Engine's `oom` event is not waited for: its runtime drops it when the control group is gone before it was read.
/// It listens while the fault is applied: the Engine keeps its last 256 events, of all containers, for those who ask
/// later.
async fn first_end_of(container: String) -> String {
    let filters = [("container", vec![container]), ("event", vec!["kill".to_owned(), "die".to_owned()])];
    let options = query::EventsOptions {
        filters: Some(filters.map(|(key, values)| (key.to_owned(), values)).into()),
        ..Default::default()
    };
    let event = timeout(APPLIED, raw().events(Some(options)).next()).await.expect("it ends").expect("an event");
    let event = event.expect("the Engine gives its events");
    let code = event.actor.and_then(|actor| actor.attributes?.remove("exitCode"));
    [event.action, code].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_server_is_hit_at_its_memory_and_its_disk() {
    let cluster = Cluster::new("server").await;
    let node: NodeId = "redis-3".parse().expect("a node");
    cluster.give_small_disk(node, "64m").await;
    cluster.up(&[]).await.succeeds();

    let mut client = cluster.client(&[]).await;
    let url = cluster.redos(&["url"]).await.succeeds();
    let name = cluster.container(node);
    let facts = async || cluster.engine.container(&name).await.expect("a look").expect("a container");
    let before = facts().await;
    let first_end = tokio::spawn(first_end_of(name.clone()));
    let oom = Held::begin(&cluster, &["oom", "redis-3", "--for", "5m"]).await;
    assert!(oom.evidence.contains("died "), "{}", oom.evidence);
    let during = facts().await;
    assert!(during.memory > 0 && during.memory < 64 << 20 && during.started_at != before.started_at, "{during:?}");
    assert_eq!(first_end.await.expect("a task"), "die 137", "the kernel killed it, nobody had asked for that");
    // The limit is part of the fault: `status` does not suggest to keep it, and no plan removes it.
    let status = cluster.status().await;
    assert_eq!(status["remarks"].as_array().map(Vec::len), Some(0), "{status:#}");
    let planned = cluster.redos(&["plan"]).await.stdout;
    assert!(!planned.contains("memory"), "{planned}");
    oom.interrupt().await;
    let status = cluster.status().await;
    assert_eq!(status["remarks"].as_array().map(Vec::len), Some(0), "{status:#}");
    // The Engine cannot remove a limit, so it is raised to the memory of the host.
    assert!(facts().await.memory >= 1 << 30, "{:?}", facts().await);
    cluster.up(&[]).await.succeeds();
    let started = facts().await.started_at;
    let mut replica = connect(&direct(&cluster, &url, "redis-3").await).await.expect("a connection to the replica");
    // The server must hold the whole argument in memory, which is more than it had left during the fault.
    let large = redis::cmd("ECHO").arg(vec![b'x'; 32 << 20]).query_async::<Vec<u8>>(&mut replica).await;
    assert_eq!(large.expect("it has memory again").len(), 32 << 20);
    assert_eq!(facts().await.started_at, started, "and lives");

    let full = Held::begin(&cluster, &["fill-disk", "redis-3", "--for", "5m"]).await;
    assert!(full.evidence.contains("finds no room"), "{}", full.evidence);
    let _: () = client.set("more", "x".repeat(100_000)).await.expect("the master has room");
    let health = async || {
        let info: String = redis::cmd("INFO").arg("persistence").query_async(&mut replica.clone()).await.expect("INFO");
        info.lines().find(|line| line.starts_with("aof_last_write_status")).unwrap_or_default().to_owned()
    };
    eventually("the replica cannot write its file", async || health().await.ends_with("err")).await;
    full.interrupt().await;
    eventually("it can again", async || health().await.ends_with("ok")).await;
    let refused = cluster.redos(&["chaos", "fill-disk", "redis-2"]).await.fails(1);
    assert!(refused.contains("never fills"), "{refused}");
    assert_eq!(listed(&cluster).await, []);
}

#[tokio::test]
async fn nobody_is_hit_by_mistake_and_a_leader_can_be_named() {
    let cluster = Cluster::new("guards").await;
    cluster.up(&[]).await.succeeds();
    let fails = async |arguments: &[&str], code, why: &str| {
        let said = cluster.redos(&[&["chaos"], arguments].concat()).await.fails(code);
        assert!(said.contains(why), "{arguments:?}: {said}");
    };
    fails(&["pause", "redis-9"], 2, "has no node 'redis-9'").await;
    fails(&["pause", "master", "redis-9"], 2, "has no node 'redis-9'").await;
    fails(&["partition", "master", "--from", "sentinel-9"], 2, "has no node 'sentinel-9'").await;
    fails(&["pause", "leader-sentinel"], 1, "name no leader of a failover").await;
    fails(&["kill", "redis-2", "redis-3"], 1, "one Redis node at a time").await;
    fails(&["pause", "mymaster"], 1, "one Redis node at a time").await;
    fails(&["latency", "sentinel-1", "sentinel-2"], 1, "a failover needs 2").await;
    fails(&["heal", "redis-9"], 2, "has no node 'redis-9'").await;
    fails(&["reset", "proxy"], 1, "the only proxy").await;
    fails(&["loss", "master", "--share", "0%"], 2, "not a share of packets").await;
    fails(&["throttle", "master", "--rate", "fast"], 2, "not a rate").await;
    fails(&["kill", "master", "--signal", "SIGHUP"], 2, "not a signal that ends a server").await;

    let random =
        async || cluster.redos(&["chaos", "latency", "random", "--seed", "7", "--force", "--dry-run"]).await.succeeds();
    let first = random().await;
    assert!(first.starts_with("latency=100ms of ") && first.trim().ends_with("seed 7"), "{first}");
    assert_eq!(random().await, first, "the seed decides");
    let all = cluster.redos(&["chaos", "pause", "mymaster", "sentinels", "--force", "--dry-run"]).await.succeeds();
    assert!(all.contains("redis-1, redis-2, redis-3, sentinel-1, sentinel-2 and sentinel-3"), "{all}");
    assert_eq!(listed(&cluster).await, [], "a dry run does nothing");

    let started = async |node: &str| {
        let name = format!("{}-{node}", cluster.name);
        let seen = raw().inspect_container(&name, None::<query::InspectContainerOptions>).await.expect("a container");
        seen.state.and_then(|state| state.started_at).expect("a time")
    };
    let before = [started("redis-3").await, started("sentinel-3").await];
    cluster.redos(&["chaos", "restart", "redis-3", "sentinel-3"]).await.succeeds();
    let after = [started("redis-3").await, started("sentinel-3").await];
    assert!(before[0] < after[0] && before[1] < after[1], "both were restarted: {before:?} {after:?}");
    cluster.up(&[]).await.succeeds();

    let old = cluster.master().await;
    let down = Held::begin(&cluster, &["kill", "master", "--signal", "term", "--for", "5m"]).await;
    eventually("another node is master", async || {
        let status = cluster.status().await;
        status["groups"][0]["master"]["node"].as_str().is_some_and(|node| node != old.to_string())
    })
    .await;
    let run = cluster.redos(&["chaos", "start", &old.to_string()]).await.fails(0);
    assert!(run.contains(&format!("kill=SIGTERM of {}", cluster.container(old))), "{run}");
    assert_eq!(listed(&cluster).await, [], "it is undone before its time");
    down.interrupt().await;
    let leader = cluster.redos(&["chaos", "pause", "leader-sentinel", "--dry-run"]).await.succeeds();
    assert!(leader.starts_with("pause of sentinel-"), "{leader}");
    cluster.up(&[]).await.succeeds();
}
