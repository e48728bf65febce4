//! Nodes that load their data for long: who leads meanwhile, and what is said of them.

use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, eventually, eventually_within};
use crate::writers::{Writers, missing};

/// With [`SLOW`], as many keys as load for ten seconds, and on a busy machine for twenty.
const KEYS: u32 = 50_000;
/// Makes a key take 0.1 ms to load, so that these take as long as gigabytes.
const SLOW: [&str; 2] = ["--redis", "key-load-delay=100"];
const SECOND: Duration = Duration::from_secs(1);
const NODES: [NodeId; 3] = [redis(1), redis(2), redis(3)];

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

async fn fill(mut client: MultiplexedConnection) {
    for keys in (0..KEYS).collect::<Vec<_>>().chunks(10_000) {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline.set(key, key).ignore();
        }
        let () = pipeline.query_async(&mut client).await.expect("writes");
    }
}

/// Ends a node's server as a crash does. Its restart policy has it back in a moment.
async fn crash(cluster: &Cluster, node: NodeId) {
    let mut end = redis::cmd("SHUTDOWN");
    end.arg("NOSAVE").arg("NOW").arg("FORCE");
    let ended: redis::RedisResult<()> = end.query_async(&mut cluster.admin(node).await).await;
    assert!(ended.is_err(), "it does not live to answer");
}

async fn told_to_load(cluster: &Cluster, node: NodeId) {
    let told = format!("{node} is loading its data, ");
    eventually("status tells", async || cluster.reasons().await.contains(&told)).await;
}

#[tokio::test]
async fn a_master_that_loads_is_switched_over_to_a_replica_that_has_its_data() {
    let cluster = Cluster::new("asked").await;
    // The Sentinels do not consider it down while it loads.
    cluster.up(&[&SLOW[..], &["--down-after", "60s"]].concat()).await.succeeds();
    fill(cluster.client(&[]).await).await;
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    let first = cluster.master().await;
    crash(&cluster, first).await;
    told_to_load(&cluster, first).await;
    let before = writers.acknowledged();
    let began = Instant::now();
    cluster.redos(&["failover"]).await.succeeds();
    println!("the switchover took {:?}", began.elapsed());
    assert_ne!(cluster.master().await, first);
    told_to_load(&cluster, first).await;
    eventually("there are writes again", async || writers.acknowledged() > before + 50).await;
    // The node loads its own data first, and then copies those of the new master.
    eventually_within(3 * 60 * SECOND, "all is well", async || cluster.redos(&["status", "-q"]).await.code == Some(0))
        .await;
    let (keys, gap) = writers.stop().await;
    assert_eq!(missing(&keys, &mut cluster.client(&[]).await).await, Vec::<String>::new(), "of {}", keys.len());
    println!("the longest gap was {gap:?}");
}

#[tokio::test]
async fn nodes_that_all_crash_load_and_none_leads_with_less_than_the_master_had() {
    let cluster = Cluster::new("crash").await;
    cluster.up(&SLOW).await.succeeds();
    // Two replicas that have almost no data, and so have loaded them long before the master.
    for node in [redis(2), redis(3)] {
        cluster.kill(node).await;
    }
    fill(cluster.client(&[]).await).await;
    cluster.kill(redis(1)).await;
    // The Sentinels consider the master down by now, and would promote any replica that answers.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for node in [redis(2), redis(3), redis(1)] {
        cluster.start(node).await;
    }
    told_to_load(&cluster, redis(1)).await;
    // 3 s are too short: `up` says how long the loading takes.
    let said = cluster.redos(&["up", "--timeout", "3s"]).await.fails(4);
    assert!(said.contains("redis-1 is loading its data, "), "{said}");
    assert!(said.contains("wait longer: "), "{said}");
    let began = Instant::now();
    cluster.redos(&["up"]).await.succeeds();
    println!("all was well after {:?}", began.elapsed());
    assert_eq!(cluster.master().await, redis(1));
    for node in NODES {
        let keys: u32 = redis::cmd("DBSIZE").query_async(&mut cluster.admin(node).await).await.expect("an answer");
        assert_eq!(keys, KEYS, "{node}");
    }
    cluster.settled().await;
}

#[tokio::test]
async fn a_replica_does_not_wait_for_ever_for_a_master_that_is_gone() {
    let cluster = Cluster::new("gone").await;
    cluster.up(&[]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    let () = client.set("key", "value").await.expect("a write");
    let copies: i64 = redis::cmd("WAIT").arg(2).arg(10_000).query_async(&mut client).await.expect("an answer");
    assert_eq!(copies, 2, "both replicas have the key before all nodes are killed");
    for node in NODES {
        cluster.kill(node).await;
    }
    cluster.start(redis(2)).await;
    let began = Instant::now();
    eventually("it leads", async || cluster.status().await["groups"][0]["master"]["node"] == "redis-2").await;
    // It takes some 20 s on an idle machine. Without a time limit for the loading it would never end.
    assert!(began.elapsed() < Duration::from_secs(50), "it took {:?}", began.elapsed());
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_replica_without_data_never_leads_before_it_has_those_of_its_master() {
    let cluster = Cluster::new("newcomer").await;
    cluster.up(&[&SLOW[..], &["--replicas", "1"]].concat()).await.succeeds();
    fill(cluster.client(&[]).await).await;
    // The Sentinels still know the address of the lost node.
    cluster.lose(redis(2)).await;
    crash(&cluster, redis(1)).await;
    told_to_load(&cluster, redis(1)).await;
    cluster.redos(&["up"]).await.succeeds();
    for node in [redis(1), redis(2)] {
        let keys: u32 = redis::cmd("DBSIZE").query_async(&mut cluster.admin(node).await).await.expect("an answer");
        assert_eq!(keys, KEYS, "{node}");
    }
    assert_eq!(cluster.master().await, redis(1));
    cluster.settled().await;
}
