//! What `up` says when the cluster does not become ready: which predicate fails, what the node concerned logged, and what is
//! left to do.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bollard::query_parameters::{InspectContainerOptions, KillContainerOptions};
use redos::testing::engine::{NodeFile, Nodes};
use redos::testing::spec::render::REDIS_CONF;
use redos::testing::spec::{NodeId, Spec};

use crate::support::{Cluster, eventually, raw};

#[tokio::test]
async fn a_sentinel_that_hangs_is_named_and_the_end_of_its_log_shown() {
    let cluster = Cluster::new("hangs").await;
    cluster.up(&[]).await.succeeds();
    let sentinel = cluster.container(NodeId::Sentinel(3));
    raw()
        .kill_container(&sentinel, Some(KillContainerOptions { signal: "SIGSTOP".to_owned() }))
        .await
        .expect("a signal");
    let said = cluster.redos(&["up", "--timeout", "4s"]).await.fails(4);
    assert!(said.contains("not ready in time, waiting until sentinel-3 answers"), "{said}");
    assert!(said.contains("the end of the log of sentinel-3:"), "{said}");
    assert!(said.contains("@ mymaster "), "the log says what it watches: {said}");
    assert!(!said.contains("the log of sentinel-1"), "it is none of its business: {said}");
    assert!(said.contains("redos -p"), "what to do: {said}");
}

#[tokio::test]
async fn a_node_that_dies_at_every_start_is_told_of_and_configured_anew() {
    let cluster = Cluster::new("corrected").await;
    cluster.up(&[]).await.succeeds();
    let replica: NodeId = "redis-2".parse().expect("a node");
    let read = cluster.engine.read_file(&cluster.name, replica, REDIS_CONF).await.expect("an answer");
    let content = [read.expect("a file"), b"\nno-such-directive 1\n".to_vec()].concat();
    let broken = NodeFile { path: REDIS_CONF.to_owned(), content, mode: 0o600 };
    cluster.engine.write_files(&cluster.name, replica, vec![broken]).await.expect("written");
    // Not through the Engine: it would take that for a stop on purpose, and not restart it.
    let mut admin = cluster.admin(replica).await;
    let _: redis::RedisResult<()> = redis::cmd("SHUTDOWN").arg("NOSAVE").arg("NOW").query_async(&mut admin).await;
    eventually("its restart policy has given it several chances", async || {
        cluster.inventory().await.nodes[&replica].restarts >= 3
    })
    .await;
    // The reason is "dies at every start", or "died and is being restarted".
    eventually("status tells", async || cluster.reasons().await.contains(" die")).await;
    cluster.redos(&["up", "--timeout", "60s"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn an_interrupted_up_finishes_its_step_says_what_is_left_and_is_finished_by_another() {
    let cluster = Cluster::new("interrupt").await;
    let mut up = cluster.command(&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"]);
    let up = up.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("up runs");
    eventually("the first container is there", async || !cluster.inventory().await.nodes.is_empty()).await;
    let pid = up.id().expect("it still runs").to_string();
    let sent = tokio::process::Command::new("kill").args(["-INT", &pid]).status().await.expect("kill runs");
    assert!(sent.success());
    let ended = up.wait_with_output().await.expect("its output");
    let said = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted: finishing what is under way"), "{said}");
    let (_, left) = said.split_once("left to do:").unwrap_or_else(|| panic!("what is left is not told: {said}"));
    assert!(left.contains("start proxy-1"), "{said}");
    assert!(left.contains("make sentinel-3 watch mymaster at redis-1"), "{said}");
    cluster.up(&[]).await.succeeds();
    assert_eq!(cluster.status().await["healthy"], true);
}

/// A process that is stopped by a signal until this is dropped.
struct Frozen(String);

impl Frozen {
    /// The shim of a container: containerd's process between the Engine and the container.
    async fn shim_of(container: &str) -> Self {
        let inspected = raw().inspect_container(container, None::<InspectContainerOptions>).await.expect("a container");
        let pid = inspected.state.and_then(|state| state.pid).expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        let shim = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("a parent").trim().to_owned();
        let name = std::fs::read_to_string(format!("/proc/{shim}/comm")).expect("a process");
        assert!(name.starts_with("containerd-shim"), "{name}");
        let frozen = Self(shim);
        frozen.signal("-STOP");
        frozen
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0]).status().expect("kill runs").success());
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// The Engine holds the container's lock while it waits for the shim, and every question about the container for the lock.
#[tokio::test]
async fn a_container_about_which_docker_does_not_answer_is_shown_and_nothing_is_changed() {
    let cluster = Cluster::new("unseen").await;
    cluster.up(&[]).await.succeeds();
    // Its files are read first for the passwords.
    let name = cluster.container(Spec::head());
    let shim = Frozen::shim_of(&name).await;
    let kill = tokio::spawn({
        let name = name.clone();
        async move { raw().kill_container(&name, Some(KillContainerOptions { signal: "SIGWINCH".to_owned() })).await }
    });
    eventually("the Engine does not tell of it", async || {
        let inspected = async { raw().inspect_container(&name, None::<InspectContainerOptions>).await };
        tokio::time::timeout(Duration::from_secs(1), inspected).await.is_err()
    })
    .await;
    let began = Instant::now();
    let status = cluster.status().await;
    let took = began.elapsed();
    let up = cluster.redos(&["up"]).await;
    let down = cluster.redos(&["down"]).await;
    let began = Instant::now();
    let (exec, logs) = (["exec", "redis-1", "--", "true"], ["logs", "--tail", "5"]);
    let (exec, cli, logs, events) = tokio::join!(
        cluster.redos(&exec),
        cluster.redos(&["cli", "redis-1", "--", "PING"]),
        cluster.redos(&logs),
        cluster.redos(&["events"])
    );
    let everyday = began.elapsed();
    drop(shim);
    kill.await.expect("a task").expect("a signal");

    let group = &status["groups"][0];
    assert_eq!((&group["master"]["node"], &group["nodes"][0]["role"]), (&"redis-1".into(), &"master".into()));
    let reasons = serde_json::json!(["Docker does not answer about redis-1: no answer within 10 s"]);
    assert_eq!(status["reasons"], reasons, "clients notice nothing: {status:#}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    for refused in [exec.fails(1), cli.fails(1), logs.stderr] {
        assert!(refused.contains("Docker does not answer within 10 s"), "{refused}");
    }
    assert!(logs.stdout.contains("sentinel-1  | ") && !logs.stdout.contains("redis-1  "), "{}", logs.stdout);
    events.succeeds();
    assert!(everyday < Duration::from_secs(60), "{everyday:?}");
    for refused in [up.fails(1), down.fails(1)] {
        assert!(refused.contains("Docker does not answer about redis-1"), "{refused}");
        assert!(refused.contains(&format!("docker inspect {name}")), "{refused}");
    }
    cluster.redos(&["plan"]).await.succeeds();
}
