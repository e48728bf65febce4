//! One real cluster that is broken in several ways in turn: `doctor` finds just that, and `--fix` repairs what `up` repairs.

use std::collections::BTreeSet;

use bollard::models::{ContainerUpdateBody, RestartPolicy, RestartPolicyNameEnum};
use redos::testing::doctor::HostFacts;
use redos::testing::doctor::host::SCRIPT;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;

use crate::support::{Cluster, eventually, exec, raw};

const MASTER: NodeId = NodeId::redis(Group::number(1), 1);
const REPLICA: NodeId = NodeId::redis(Group::number(1), 2);
const THIRD: NodeId = NodeId::redis(Group::number(1), 3);
const SENTINEL: NodeId = NodeId::Sentinel(2);

/// The document of `redos doctor`, and whether it ended with 1.
async fn document(cluster: &Cluster) -> (Value, bool) {
    let run = cluster.redos(&["doctor", "-o", "json"]).await;
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    (serde_json::from_str(&run.stdout).expect("JSON"), run.code == Some(1))
}

/// The findings about the cluster, `id` and node, and those about the host it is on.
fn findings(document: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let all = document["findings"].as_array().expect("findings").iter();
    let named = all.map(|finding| {
        let id = finding["id"].as_str().expect("an id");
        finding["node"].as_str().map_or_else(|| id.to_owned(), |node| format!("{id} {node}"))
    });
    // What this machine lets Redis open is the machine's as well.
    named.partition(|name| !name.starts_with("host-") && name != "engine-bugs" && name != "files-limit")
}

/// Waits until `doctor` finds just these, and checks that it ends with 1 when one is critical.
async fn finds(cluster: &Cluster, wanted: &[&str]) -> Value {
    let wanted: BTreeSet<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let mut seen = (Value::Null, false);
    let look = async || {
        seen = document(cluster).await;
        findings(&seen.0).0 == wanted
    };
    let what = format!("doctor finds {wanted:?} alone");
    let looks = eventually(&what, look);
    if tokio::time::timeout(std::time::Duration::from_secs(50), looks).await.is_err() {
        let (document, _) = document(cluster).await;
        panic!("{wanted:?} is not all of {:#}", document["findings"]);
    }
    let (document, is_critical) = seen;
    let criticals = document["findings"].as_array().expect("findings").iter();
    assert_eq!(criticals.filter(|finding| finding["severity"] == "critical").count() > 0, is_critical, "{document:#}");
    document
}

/// Sends one command to a Redis node or a Sentinel.
async fn tell(cluster: &Cluster, node: NodeId, command: &str) {
    let mut words = command.split(' ');
    let mut question = redis::cmd(words.next().expect("a command"));
    for word in words {
        question.arg(word);
    }
    let told: redis::RedisResult<redis::Value> = question.query_async(&mut cluster.admin(node).await).await;
    told.unwrap_or_else(|error| panic!("{command} at {node}: {error}"));
}

async fn update(cluster: &Cluster, node: NodeId, body: ContainerUpdateBody) {
    raw().update_container(&cluster.container(node), body).await.expect("an update");
}

fn restarts(policy: RestartPolicyNameEnum) -> ContainerUpdateBody {
    ContainerUpdateBody {
        restart_policy: Some(RestartPolicy { name: Some(policy), maximum_retry_count: None }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_each_change_alone_and_repairs_what_up_repairs() {
    let cluster = Cluster::new("doctor").await;
    cluster.up(&[]).await.succeeds();

    // On the host only what its files say.
    let healthy = finds(&cluster, &[]).await;
    assert_eq!(healthy["unseen"], serde_json::json!([]), "{healthy:#}");
    let seen = exec(&cluster.engine, &cluster.name, MASTER, &["sh", "-c", SCRIPT]).await.expect("an answer");
    let host = HostFacts::parse(&String::from_utf8(seen.stdout).expect("text"));
    let of_host = findings(&healthy).1;
    let read = |path: &str| std::fs::read_to_string(path).expect("a file of this host").trim().to_owned();
    assert_eq!(host.overcommit.map(|value| value.to_string()), Some(read("/proc/sys/vm/overcommit_memory")));
    assert_eq!(of_host.contains("host-overcommit"), host.overcommit == Some(0), "{of_host:?}");
    assert!(host.memory.is_some() && host.available.is_some() && host.disk_free.is_some(), "{host:?}");
    assert_eq!(of_host.contains("host-somaxconn"), host.somaxconn.expect("seen") < 511, "{of_host:?}");

    // Redis and its users.
    tell(&cluster, REPLICA, "ACL SETUSER evil on >secret +@all ~*").await;
    let found = finds(&cluster, &["unknown-user redis-2"]).await;
    assert!(!found.to_string().contains("secret"), "no password is shown");
    tell(&cluster, REPLICA, "ACL DELUSER evil").await;
    tell(&cluster, REPLICA, "CONFIG SET timeout 30").await;
    finds(&cluster, &["directive-changed redis-2"]).await;
    let refused = cluster.redos(&["doctor", "--fix"]).await.fails(2);
    assert!(refused.contains("doctor --fix --yes"), "{refused}");
    let fixed = cluster.redos(&["doctor", "--fix", "--yes"]).await;
    assert!(fixed.stderr.contains("set timeout 0 on redis-2"), "{}", fixed.stderr);
    fixed.succeeds();
    finds(&cluster, &[]).await;
    tell(&cluster, REPLICA, "CONFIG SET notify-keyspace-events AKE").await;
    finds(&cluster, &["directive-by-hand redis-2"]).await;
    cluster.redos(&["cli", "redis-2", "--admin", "--", "CONFIG", "SET", "notify-keyspace-events", ""]).await.succeeds();
    tell(&cluster, REPLICA, "CONFIG SET hash-max-listpack-entries 9").await;
    let found = finds(&cluster, &["directives-differ redis-2"]).await;
    let back = found["findings"].as_array().expect("findings").iter().find(|one| one["id"] == "directives-differ");
    let back = back.expect("found")["remedies"][1].as_str().expect("a remedy").to_owned();
    let (_, command) = back.split_once("redos -p ").expect("a command");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    cluster.redos(&words).await.succeeds();
    finds(&cluster, &[]).await;

    // Memory nearly full.
    let mut filled = redis::cmd("SET");
    filled.arg("filler").arg("x".repeat(20_000_000));
    let mut writes = cluster.admin(MASTER).await;
    let _: redis::Value = filled.query_async(&mut writes).await.expect("written");
    drop(writes);
    // Until the connection is gone, its buffer counts as well.
    let used = async || {
        let mut info = redis::cmd("INFO");
        let info: String = info.arg("memory").query_async(&mut cluster.admin(MASTER).await).await.expect("an answer");
        info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse::<u64>().ok()).expect("a number")
    };
    let mut before = u64::MAX;
    eventually("the memory is that of the data", async || {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let now = used().await;
        std::mem::replace(&mut before, now).abs_diff(now) < 200_000
    })
    .await;
    let used = before;
    tell(&cluster, MASTER, &format!("CONFIG SET maxmemory {}", used * 100 / 95)).await;
    finds(&cluster, &["memory-near redis-1", "directive-by-hand redis-1"]).await;
    tell(&cluster, MASTER, "CONFIG SET maxmemory 0").await;

    // A command that takes long, and a snapshot that fails.
    let slow = "local from = redis.call('TIME') repeat local now = redis.call('TIME') until \
                (now[1] - from[1]) * 1000000 + now[2] - from[2] > 600000";
    let mut script = redis::cmd("EVAL");
    script.arg(slow).arg(0);
    let _: redis::Value = script.query_async(&mut cluster.admin(THIRD).await).await.expect("it ends");
    finds(&cluster, &["slow-command redis-3"]).await;
    tell(&cluster, THIRD, "SLOWLOG RESET").await;
    update(&cluster, REPLICA, ContainerUpdateBody { pids_limit: Some(1), ..Default::default() }).await;
    let save: redis::RedisResult<redis::Value> =
        redis::cmd("BGSAVE").query_async(&mut cluster.admin(REPLICA).await).await;
    assert!(save.is_err(), "it cannot fork: {save:?}");
    // It refuses pings as well: Sentinels and proxies take it out a moment later, which doctor then finds as well.
    let (failed, is_critical) = document(&cluster).await;
    assert!(is_critical && findings(&failed).0.contains("save-failed redis-2"), "{failed:#}");
    update(&cluster, REPLICA, ContainerUpdateBody { pids_limit: Some(-1), ..Default::default() }).await;
    tell(&cluster, REPLICA, "BGSAVE").await;
    finds(&cluster, &[]).await;

    // Sentinels.
    tell(&cluster, SENTINEL, "SENTINEL SET mymaster quorum 1").await;
    finds(&cluster, &["sentinel-setting sentinel-2"]).await;
    cluster.redos(&["doctor", "--fix", "--yes"]).await.succeeds();
    tell(&cluster, SENTINEL, "SENTINEL SIMULATE-FAILURE crash-after-election").await;
    finds(&cluster, &["sentinel-simulates sentinel-2"]).await;
    // It forgets what it simulates before it answers.
    tell(&cluster, SENTINEL, "SENTINEL SIMULATE-FAILURE help").await;
    tell(&cluster, SENTINEL, "SENTINEL DEBUG PING-PERIOD 1000").await;
    finds(&cluster, &["sentinel-periods sentinel-2"]).await;
    tell(&cluster, SENTINEL, "SENTINEL DEBUG PING-PERIOD 500").await;
    finds(&cluster, &[]).await;

    // Containers.
    update(&cluster, SENTINEL, restarts(RestartPolicyNameEnum::NO)).await;
    let found = finds(&cluster, &["restart-policy sentinel-2"]).await;
    assert!(
        found.to_string().contains(&format!("docker update --restart unless-stopped {}", cluster.container(SENTINEL)))
    );
    update(&cluster, SENTINEL, restarts(RestartPolicyNameEnum::UNLESS_STOPPED)).await;
    update(&cluster, SENTINEL, ContainerUpdateBody { nano_cpus: Some(700_000_000), ..Default::default() }).await;
    finds(&cluster, &["limits-by-hand sentinel-2"]).await;
    raw().pause_container(&cluster.container(REPLICA)).await.expect("paused");
    let half = finds(&cluster, &["node-down redis-2", "limits-by-hand sentinel-2"]).await;
    assert_eq!(half["unseen"], serde_json::json!([{"what": "redis-2", "why": "it is paused"}]));
    cluster.kill(NodeId::Sentinel(3)).await;
    finds(&cluster, &["node-down redis-2", "node-down sentinel-3", "limits-by-hand sentinel-2"]).await;
    let fixed: Value =
        serde_json::from_str(&cluster.redos(&["doctor", "--fix", "--yes", "-o", "json"]).await.succeeds())
            .expect("JSON");
    assert_eq!((&fixed["kind"], &fixed["healthy"]), (&Value::from("Doctor"), &Value::from(true)), "{fixed:#}");
    cluster.settled().await;

    // A frozen process hides itself alone, and costs a second.
    raw()
        .kill_container(
            &cluster.container(THIRD),
            Some(bollard::query_parameters::KillContainerOptions { signal: "STOP".to_owned() }),
        )
        .await
        .expect("frozen");
    let began = std::time::Instant::now();
    let (frozen, is_critical) = document(&cluster).await;
    let took = began.elapsed();
    raw()
        .kill_container(
            &cluster.container(THIRD),
            Some(bollard::query_parameters::KillContainerOptions { signal: "CONT".to_owned() }),
        )
        .await
        .expect("unfrozen");
    assert!(is_critical && findings(&frozen).0.contains("node-silent redis-3"), "{frozen:#}");
    assert!(took.as_secs() < 5, "{took:?}");
    assert!(frozen["unseen"].to_string().contains("redis-3"), "{frozen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_of_several_groups_and_of_no_cluster() {
    let cluster = Cluster::new("doctor-groups").await;
    let missing = cluster.redos(&["doctor"]).await.fails(7);
    assert!(missing.contains("there is no cluster"), "{missing}");
    cluster.up(&["--masters", "2", "--replicas", "1", "--sentinels", "1", "--quorum", "1"]).await.succeeds();
    let unwise = finds(&cluster, &["setting-unwise"]).await;
    let unwise = unwise["findings"].as_array().expect("findings").iter().find(|one| one["id"] == "setting-unwise");
    let remedy = unwise.expect("found")["remedies"][0].as_str().expect("a remedy").to_owned();
    assert_eq!(remedy, format!("give 3: redos -p {} up --sentinels 3", cluster.name));
    tell(&cluster, NodeId::redis(Group::number(2), 2), "CONFIG SET timeout 30").await;
    finds(&cluster, &["setting-unwise", "directive-changed redis-2-2"]).await;
    cluster.redos(&["up", "--sentinels", "3"]).await.succeeds();
    finds(&cluster, &[]).await;
}
