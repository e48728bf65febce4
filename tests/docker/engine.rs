//! The containers of a cluster, node by node.

use redos::testing::cluster::observed::{NodeState, StoredState};
use redos::testing::engine::containers::Containers;
use redos::testing::engine::{Clusters, EngineErrorKind, NodeFile, Nodes};
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, IDLE, REDIS, eventually, exec};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);

fn file(path: &str, content: &str, mode: u32) -> NodeFile {
    NodeFile { path: path.to_owned(), content: content.as_bytes().to_vec(), mode }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_belong_to_the_node_and_are_there_in_every_state() {
    let cluster = Cluster::new("eng-files").await;
    let engine = &cluster.engine;
    cluster.created(REDIS_1, IDLE).await;
    let conf = "replicaof 172.18.255.2 6379\nreplica-announce-ip 172.18.255.1\n";
    let files = vec![file("/data/conf/redis.conf", conf, 0o600), file("/data/conf/secrets.json", "{}", 0o400)];
    engine.write_files(&cluster.name, REDIS_1, files).await.expect("written before the first start");

    let stored = cluster.inventory().await.nodes[&REDIS_1].stored.clone();
    let Some(StoredState::Redis { replica_of: Some(master), .. }) = stored else { panic!("it follows: {stored:?}") };
    assert_eq!(master.to_string(), "172.18.255.2:6379");

    engine.start_node(&cluster.name, REDIS_1).await.expect("started");
    let stat = ["stat", "-c", "%n %u:%g %a", "/data", "/data/conf", "/data/conf/redis.conf", "/data/conf/secrets.json"];
    let seen = exec(engine, &cluster.name, REDIS_1, &stat).await.expect("a look inside");
    let expected = "/data 10001:10001 700\n/data/conf 10001:10001 700\n/data/conf/redis.conf 10001:10001 600\n\
        /data/conf/secrets.json 10001:10001 400\n";
    assert_eq!(String::from_utf8_lossy(&seen.stdout), expected);
    let write = ["sh", "-c", "echo by-the-server > /data/conf/redis.conf && echo x > /data/x && ! echo x > /x"];
    assert_eq!(
        exec(engine, &cluster.name, REDIS_1, &write).await.expect("a try").code,
        0,
        "only the volume is writable"
    );

    let running = vec![file("/data/conf/late", "1", 0o600)];
    engine.write_files(&cluster.name, REDIS_1, running).await.expect("written while it runs");
    engine.stop_node(&cluster.name, REDIS_1).await.expect("stopped");
    let read = async |path| engine.read_file(&cluster.name, REDIS_1, path).await.expect("readable");
    assert_eq!(read("/data/conf/redis.conf").await.as_deref(), Some(&b"by-the-server\n"[..]));
    assert_eq!(read("/data/conf/late").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(read("/data/conf/none").await, None);
    let exited = vec![file("/data/conf/late", "2", 0o600)];
    engine.write_files(&cluster.name, REDIS_1, exited).await.expect("written while it does not run");
    assert_eq!(read("/data/conf/late").await.as_deref(), Some(&b"2"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_directory_gets_a_folder_of_the_nodes_own() {
    let cluster = Cluster::new("eng-hostdir").await;
    let dir = tempfile::tempdir().expect("a folder");
    let spec = cluster.spec();
    let network = cluster.engine.create_network(&spec).await.expect("a network");
    let mut node = cluster.node(REDIS_1, &network, IDLE).await;
    node.host_dir = Some(dir.path().to_owned());
    cluster.engine.create_node(&spec, &node, &network.id).await.expect("a container");
    let files = vec![file("/data/conf/redis.conf", "x", 0o600)];
    cluster.engine.write_files(&cluster.name, REDIS_1, files).await.expect("written");
    cluster.engine.start_node(&cluster.name, REDIS_1).await.expect("started");
    let writes =
        exec(&cluster.engine, &cluster.name, REDIS_1, &["sh", "-c", ": > /data/dump.rdb"]).await.expect("a try");
    assert_eq!(writes.code, 0, "{}", String::from_utf8_lossy(&writes.stderr));
    assert!(dir.path().join(cluster.container(REDIS_1)).join("dump.rdb").exists());
    cluster.engine.remove_node(&cluster.name, REDIS_1).await.expect("removed");
    assert!(dir.path().join(cluster.container(REDIS_1)).join("conf/redis.conf").exists(), "data stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_node_can_be_told_twice() {
    let cluster = Cluster::new("eng-life").await;
    let (engine, name) = (&cluster.engine, &cluster.name);
    let network = cluster.created(REDIS_1, REDIS).await;
    cluster.created(REDIS_1, REDIS).await;
    let state = async || cluster.inventory().await.nodes[&REDIS_1].state.clone();
    assert_eq!(state().await, NodeState::Created);

    for _ in 0..2 {
        engine.start_node(name, REDIS_1).await.expect("started");
    }
    let facts = cluster.inventory().await;
    assert_eq!(facts.nodes[&REDIS_1].state, NodeState::Running);
    assert_eq!(facts.nodes[&REDIS_1].address, network.subnet.address(REDIS_1));
    assert!(facts.nodes[&REDIS_1].started_at.is_some());
    assert_eq!(facts.network.as_ref(), Some(&network));
    assert!(facts.volumes.contains_key(&REDIS_1));

    for _ in 0..2 {
        engine.pause(&REDIS_1.container_name(name)).await.expect("paused");
    }
    assert_eq!(state().await, NodeState::Paused);
    for _ in 0..2 {
        engine.unpause_node(name, REDIS_1).await.expect("thawed");
    }
    assert_eq!(state().await, NodeState::Running);
    for _ in 0..2 {
        engine.stop_node(name, REDIS_1).await.expect("stopped");
    }
    assert_eq!(state().await, NodeState::Exited { code: 0, oom_killed: false });
    engine.start_node(name, REDIS_1).await.expect("started again");
    engine.kill_node(name, REDIS_1).await.expect("killed");
    eventually("it stays dead, as the user wanted", async || {
        state().await == NodeState::Exited { code: 137, oom_killed: false }
    })
    .await;
    for _ in 0..2 {
        engine.remove_node(name, REDIS_1).await.expect("removed");
        engine.remove_volume(name, REDIS_1).await.expect("removed");
        engine.remove_network(&network.id).await.expect("removed");
    }
    assert_eq!(cluster.inventory().await, Default::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_at_start_brings_its_log() {
    let cluster = Cluster::new("eng-dies").await;
    cluster.created(REDIS_1, &["redis-server", "--no-such-directive", "1"]).await;
    let error = cluster.engine.start_node(&cluster.name, REDIS_1).await.expect_err("it dies");
    assert_eq!(error.kind, EngineErrorKind::NodeDied);
    let source = error.source.expect("a source").to_string();
    // Its restart policy may have restarted it before redos looks at it.
    assert!(source.contains("exit code 1") || source.contains("restarted again and again"), "{source}");
    assert!(source.contains("no-such-directive"), "{source}");
}
