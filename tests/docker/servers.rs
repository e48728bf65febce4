//! How redos reads and changes Redis, Sentinel and the proxy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use redos::testing::cluster::observed::{Answer, Inventory, RoleView};
use redos::testing::converge::{newest, read_all_secrets};
use redos::testing::servers::client::Client;
use redos::testing::servers::switchover::SwitchoverRefusal;
use redos::testing::servers::{Command, SentinelPeer, ServerError, Servers};
use redos::testing::spec::{Group, NodeId, REDIS_PORT, SENTINEL_PORT};

use crate::support::{Cluster, connect, eventually, raw};
use crate::writers::{Writers, missing};

const GROUP: Group = Group::number(1);
const SENTINELS: [NodeId; 3] = [NodeId::Sentinel(1), NodeId::Sentinel(2), NodeId::Sentinel(3)];
const PROXY: NodeId = NodeId::Proxy(1);

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(GROUP, ordinal)
}

/// A cluster that is up, and a client of its servers.
struct Running {
    cluster: Cluster,
    inventory: Inventory,
    client: Client,
}

impl Running {
    async fn start(topic: &str) -> Self {
        let cluster = Cluster::new(topic).await;
        cluster.up(&[]).await.succeeds();
        let inventory = cluster.inventory().await;
        let spec = inventory.recorded.clone().expect("a recorded specification");
        let secrets = newest(&read_all_secrets(&*cluster.engine, &spec.name, &inventory).await.expect("an answer"))
            .expect("secrets");
        let client = Client::new(cluster.engine.clone(), spec, secrets);
        Self { cluster, inventory, client }
    }

    /// Sends a signal to a node's process; the Engine goes on calling it running.
    async fn signal(&self, node: NodeId, signal: &str) {
        let options = query::KillContainerOptions { signal: signal.to_owned() };
        raw().kill_container(&self.cluster.container(node), Some(options)).await.expect("a signal");
    }

    async fn execute(&self, node: NodeId, command: Command) -> Result<(), ServerError> {
        self.client.execute(&self.inventory, node, &command).await
    }

    async fn refusal(&self, to: NodeId) -> SwitchoverRefusal {
        match self.client.switchover(&self.inventory, GROUP, to).await {
            Err(ServerError::SwitchoverRefused { why, .. }) => why,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn address(&self, node: NodeId, port: u16) -> std::net::SocketAddrV4 {
        let address = self.inventory.nodes[&node].address.expect("an address");
        std::net::SocketAddrV4::new(address, port)
    }
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_frozen_server_costs_a_second_once_and_is_told_from_the_others() {
    let running = Running::start("frozen").await;
    running.client.topology(&running.inventory).await;
    running.signal(redis(2), "STOP").await;
    running.signal(NodeId::Sentinel(3), "STOP").await;
    let began = Instant::now();
    let topology = running.client.topology(&running.inventory).await;
    let first = began.elapsed();
    assert!(first < Duration::from_millis(1900), "it took {first:?}");
    assert_eq!(topology.redis[&redis(2)], Answer::Silent("no answer within 1s".to_owned()));
    assert!(matches!(topology.sentinels[&NodeId::Sentinel(3)], Answer::Silent(_)));
    for node in [redis(1), redis(3)] {
        assert!(topology.redis[&node].said().is_some(), "{node}");
    }
    assert!(topology.sentinels[&NodeId::Sentinel(1)].said().is_some());
    assert!(topology.proxies[&PROXY].said().is_some());

    let began = Instant::now();
    running.client.topology(&running.inventory).await;
    let second = began.elapsed();
    assert!(second < first, "it took {second:?} after {first:?}");

    running.signal(redis(2), "CONT").await;
    running.signal(NodeId::Sentinel(3), "CONT").await;
    eventually("both answer again", async || {
        let topology = running.client.topology(&running.inventory).await;
        topology.redis[&redis(2)].said().is_some() && topology.sentinels[&NodeId::Sentinel(3)].said().is_some()
    })
    .await;

    raw().pause_container(&running.cluster.container(redis(3))).await.expect("a pause");
    let topology = running.client.topology(&running.cluster.inventory().await).await;
    assert!(!topology.redis.contains_key(&redis(3)), "what does not run is not asked");
}

#[tokio::test]
async fn a_change_done_twice_changes_nothing_the_second_time() {
    let running = Running::start("twice").await;
    let master = running.address(redis(1), REDIS_PORT);
    let sentinel = NodeId::Sentinel(2);
    let second = Group::number(2);
    let monitor = |master| Command::SentinelMonitor {
        group: second,
        master,
        quorum: 3,
        settings: pairs(&[("down-after-milliseconds", "2345")]),
        peers: vec![SentinelPeer { address: running.address(NodeId::Sentinel(3), SENTINEL_PORT), id: "ab".repeat(20) }],
    };
    let changes = [
        (redis(2), Command::ConfigSet(pairs(&[("repl-timeout", "33"), ("tcp-keepalive", "44")]))),
        (redis(2), Command::ReplicaOf(master)),
        (sentinel, monitor(master)),
        (sentinel, Command::SentinelSet { group: GROUP, settings: pairs(&[("failover-timeout", "4321")]) }),
    ];
    for (node, change) in &changes {
        for time in ["first", "second"] {
            let done = running.execute(*node, change.clone()).await;
            done.unwrap_or_else(|error| panic!("{node} {change:?} the {time} time: {error:?}"));
        }
    }
    let topology = running.client.topology(&running.inventory).await;
    let view = topology.redis[&redis(2)].said().expect("an answer");
    assert_eq!((view.config["repl-timeout"].as_str(), view.config["tcp-keepalive"].as_str()), ("33", "44"));
    assert!(matches!(view.role, RoleView::Replica { link_up: true, .. }), "{:?}", view.role);
    let view = topology.sentinels[&sentinel].said().expect("an answer");
    assert_eq!(view.masters["mymaster"].failover_timeout, 4321);
    let watched = &view.masters["mymaster-2"];
    assert_eq!((watched.down_after, watched.quorum), (2345, 3));
    let peers: Vec<_> = watched.peers.iter().map(|peer| (peer.address, peer.id.clone())).collect();
    assert_eq!(peers, [(running.address(NodeId::Sentinel(3), SENTINEL_PORT), "ab".repeat(20))]);

    let elsewhere = running.execute(sentinel, monitor(running.address(redis(2), REDIS_PORT))).await;
    assert!(matches!(elsewhere, Err(ServerError::WatchesAnother { .. })), "{elsewhere:?}");
    for _ in 0..2 {
        running.execute(sentinel, Command::SentinelRemove(second)).await.expect("a removal");
    }
    let refused = running.execute(redis(2), Command::ConfigSet(pairs(&[("maxmemory", "much")]))).await;
    let error = refused.expect_err("a refusal");
    assert_eq!(error.to_string(), "redis-2 refused 'CONFIG SET'");
    assert!(error.reason().contains("maxmemory"), "{}", error.reason());
}

#[tokio::test]
async fn a_proxy_checks_the_nodes_that_it_is_told_to() {
    let running = Running::start("checks").await;
    running.client.verify_write(&running.inventory, PROXY, GROUP).await.expect("a write");
    let all: BTreeSet<NodeId> = [redis(1), redis(2), redis(3)].into_iter().chain(SENTINELS).collect();
    let look = async || {
        let topology = running.client.topology(&running.inventory).await;
        let view = topology.proxies[&PROXY].said().expect("an answer").clone();
        (view.checked, view.routes[&GROUP].clone())
    };
    assert_eq!(look().await.0, all);
    let fewer: BTreeSet<NodeId> = all.iter().copied().filter(|node| *node != redis(3)).collect();
    for nodes in [&fewer, &fewer, &all] {
        running.client.proxy_check(&running.inventory, PROXY, nodes).await.expect("a change");
        assert_eq!(&look().await.0, nodes);
        eventually("reads go to the replicas that are checked", async || {
            let replicas =
                nodes.iter().copied().filter(|node| matches!(node, NodeId::Redis { .. }) && *node != redis(1));
            let (_, route) = look().await;
            route.write == Some(redis(1)) && route.read == replicas.collect()
        })
        .await;
    }
}

#[tokio::test]
async fn a_switchover_loses_no_acknowledged_write() {
    let running = Running::start("switch").await;
    let url = running.cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    for to in [2, 3, 1].map(redis) {
        let done = running.client.switchover(&running.inventory, GROUP, to).await.expect("a switchover");
        println!("{} to {}: writes held back for {:?}, {:?} in all", done.from, done.to, done.paused, done.took);
        assert_eq!(done.to, to);
        let again = running.client.switchover(&running.inventory, GROUP, to).await.expect("nothing to do");
        assert_eq!((again.from, again.paused), (to, Duration::ZERO));
        eventually("the cluster is what it should be", async || running.cluster.redos(&["plan"]).await.code == Some(0))
            .await;
    }
    let (keys, gap) = writers.stop().await;
    println!("{} writes acknowledged, the longest gap was {gap:?}", keys.len());
    let mut master = running.cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut master).await, Vec::<String>::new());
    // It takes 20 to 60 ms on an idle machine. The bound leaves room for a busy one, and is below the 1.4 s of a
    // failover by Sentinel.
    assert!(gap < Duration::from_secs(1), "{gap:?}");
}

/// A node that copies or loads is not what a switchover is about; whoever came to the old master without a proxy is let go.
#[tokio::test]
async fn a_switchover_beside_a_node_that_is_loading_succeeds_and_lets_direct_clients_go() {
    let cluster = Cluster::new("beside").await;
    // While it loads, a node answers once in a thousand keys. That is often enough to be told whom to follow.
    cluster.up(&["--redis", "key-load-delay=100"]).await.succeeds();
    let mut keys = redis::pipe();
    for key in 0..60_000 {
        keys.set(key, key).ignore();
    }
    let () = keys.query_async(&mut cluster.client(&[]).await).await.expect("writes");
    let url = cluster.redos(&["url"]).await.succeeds();
    let (login, _) = url.trim().rsplit_once('@').expect("a URL with a login");
    let direct = format!("{login}@{}:{REDIS_PORT}", cluster.address(redis(1)).await);
    let mut direct = connect(&direct).await.expect("a connection past the proxy");
    let mut end = redis::cmd("SHUTDOWN");
    end.arg("NOSAVE").arg("NOW").arg("FORCE");
    let _: redis::RedisResult<()> = end.query_async(&mut cluster.admin(redis(3)).await).await;
    eventually("redis-3 loads", async || cluster.reasons().await.contains("redis-3 is loading its data")).await;

    let run = cluster.redos(&["failover", "--to", "redis-2"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(cluster.master().await, redis(2));
    let refused: redis::RedisResult<()> = redis::cmd("SET").arg("key").arg("value").query_async(&mut direct).await;
    let error = refused.expect_err("its connection is closed");
    assert!(error.is_io_error(), "{error}");
}

/// Where a switchover ends that dies right after it has promoted.
#[tokio::test]
async fn a_replica_that_is_promoted_behind_the_sentinels_backs_gets_no_write_and_follows_again() {
    let running = Running::start("promoted").await;
    let url = running.cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    let promotion = ["cli", "redis-2", "--admin", "--", "REPLICAOF", "NO", "ONE"];
    running.cluster.redos(&promotion).await.succeeds();
    let claims = async || {
        let topology = running.client.topology(&running.inventory).await;
        // On a busy machine this proxy may not answer in time. The writers show whether writes go on.
        let route = topology.proxies[&PROXY].said().and_then(|view| view.routes[&GROUP].write);
        assert!(route.is_none_or(|node| node == redis(1)), "writes go on where the Sentinels say, not at {route:?}");
        matches!(topology.redis[&redis(2)].said().expect("an answer").role, RoleView::Master { .. })
    };
    assert!(claims().await);
    eventually("the Sentinels make it a replica again", async || !claims().await).await;
    let (keys, gap) = writers.stop().await;
    println!("{} writes acknowledged, the longest gap was {gap:?}", keys.len());
    // Sentinels wait some 10 s before they demote a node that claims to be master.
    assert!(gap < Duration::from_secs(4), "{gap:?}");
    let mut master = running.cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut master).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_switchover_is_refused_when_it_is_not_safe() {
    let running = Running::start("refused").await;
    let master = running.cluster.master().await;
    assert_eq!(running.refusal(redis(9)).await, SwitchoverRefusal::NotAnswering("it does not run".to_owned()));
    running.signal(redis(2), "STOP").await;
    assert!(matches!(running.refusal(redis(2)).await, SwitchoverRefusal::NotAnswering(_)));
    running.signal(redis(2), "CONT").await;

    running.execute(redis(3), Command::ConfigSet(pairs(&[("replica-priority", "0")]))).await.expect("a change");
    assert_eq!(running.refusal(redis(3)).await, SwitchoverRefusal::NeverPromoted);
    running.execute(redis(3), Command::ReplicaOf(running.address(redis(2), REDIS_PORT))).await.expect("a change");
    assert_eq!(running.refusal(redis(3)).await, SwitchoverRefusal::NotReplica(redis(1)));

    for sentinel in [NodeId::Sentinel(2), NodeId::Sentinel(3)] {
        running.signal(sentinel, "STOP").await;
    }
    eventually("one Sentinel alone is no quorum", async || {
        matches!(running.refusal(redis(2)).await, SwitchoverRefusal::NoQuorum(_))
    })
    .await;
    // After more than 2 s a Sentinel does not trust its clock (TILT).
    tokio::time::sleep(Duration::from_millis(2500)).await;
    for sentinel in [NodeId::Sentinel(2), NodeId::Sentinel(3)] {
        running.signal(sentinel, "CONT").await;
    }
    eventually("a thawed Sentinel is in TILT", async || {
        matches!(running.refusal(redis(2)).await, SwitchoverRefusal::Tilt(NodeId::Sentinel(2 | 3)))
    })
    .await;
    assert_eq!(running.cluster.master().await, master);
}
