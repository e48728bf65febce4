//! The ways to a server: its address where that can be dialled, and a relay in a container where it cannot.

use std::io::ErrorKind;
use std::net::SocketAddrV4;

use redos::testing::dial::{Dial, Stream, Target};
use redos::testing::engine::Nodes;
use redos::testing::engine::containers::Containers;
use redos::testing::spec::{Group, NodeId, REDIS_PORT};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Cluster, REDIS, eventually, exec, remote_engine};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
const REDIS_2: NodeId = NodeId::redis(Group::number(1), 2);

/// A cluster of two Redis nodes, and the address of the first.
async fn two_nodes(topic: &str) -> (Cluster, SocketAddrV4) {
    let cluster = Cluster::new(topic).await;
    let network = cluster.created(REDIS_1, REDIS).await;
    cluster.created(REDIS_2, REDIS).await;
    for node in [REDIS_1, REDIS_2] {
        cluster.engine.start_node(&cluster.name, node).await.expect("started");
    }
    let address = network.subnet.address(REDIS_1).expect("room");
    (cluster, SocketAddrV4::new(address, REDIS_PORT))
}

async fn ping(stream: &mut dyn Stream) {
    stream.write_all(b"PING\r\n").await.expect("written");
    stream.flush().await.expect("flushed");
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"+PONG\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_engines_nodes_are_dialled_at_their_addresses() {
    let (cluster, server) = two_nodes("eng-direct").await;
    let mut stream = cluster.engine.dial(&cluster.name, Target::Network(server)).await.expect("a connection");
    ping(&mut *stream).await;
    let closed = SocketAddrV4::new(*server.ip(), 1);
    let refused = cluster.engine.dial(&cluster.name, Target::Network(closed)).await;
    assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::ConnectionRefused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_carries_bytes_and_leaves_nothing_behind() {
    let (cluster, server) = two_nodes("eng-relay").await;
    let remote = remote_engine().await;
    let target = Target::Network(server);
    let mut stream = remote.dial(&cluster.name, target).await.expect("a connection");
    ping(&mut *stream).await;

    let big = "x".repeat(1 << 20);
    stream
        .write_all(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n{big}\r\nGET k\r\n", big.len()).as_bytes())
        .await
        .expect("written");
    let mut answer = vec![0; format!("+OK\r\n${}\r\n", big.len()).len() + big.len() + 2];
    stream.read_exact(&mut answer).await.expect("the value");
    assert!(answer.ends_with(format!("{big}\r\n").as_bytes()), "a megabyte there and back");

    let mut closing = remote.dial(&cluster.name, target).await.expect("a connection");
    closing.write_all(b"PING\r\n").await.expect("written");
    closing.shutdown().await.expect("half closed");
    let mut rest = Vec::new();
    closing.read_to_end(&mut rest).await.expect("the rest");
    assert_eq!(rest, b"+PONG\r\n", "the answer comes although our side is closed, then the end");

    assert!(relays(&cluster).await > 0, "the open connection is a relay in a container");
    drop(stream);
    drop(closing);
    eventually("no relay is left", async || relays(&cluster).await == 0).await;
    eventually("the server has no client left", async || clients(&cluster).await == 1).await;
}

/// Relay processes in the cluster's containers.
async fn relays(cluster: &Cluster) -> usize {
    let mut count = 0;
    for node in [REDIS_1, REDIS_2] {
        let seen = exec(&cluster.engine, &cluster.name, node, &["ps", "-o", "args"]).await.expect("a look inside");
        count += String::from_utf8_lossy(&seen.stdout).lines().filter(|line| line.contains("nc ")).count();
    }
    count
}

/// Clients of the first node, the asking one among them.
async fn clients(cluster: &Cluster) -> usize {
    let list = exec(&cluster.engine, &cluster.name, REDIS_1, &["redis-cli", "client", "list"]).await.expect("a list");
    String::from_utf8_lossy(&list.stdout).lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_says_so() {
    let (cluster, server) = two_nodes("eng-unreach").await;
    let (closed, remote) = (SocketAddrV4::new(*server.ip(), 1), remote_engine().await);
    let mut relayed = remote.dial(&cluster.name, Target::Network(closed)).await.expect("the relay starts");
    let error = relayed.read_u8().await.expect_err("and finds nobody");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");

    for node in [REDIS_1, REDIS_2] {
        cluster.engine.stop_node(&cluster.name, node).await.expect("stopped");
    }
    let nobody = remote.dial(&cluster.name, Target::Network(server)).await.err().expect("nobody is there to relay");
    assert_eq!(nobody.kind(), ErrorKind::NotConnected, "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_moves_to_another_container_when_its_own_is_gone() {
    let (cluster, server) = two_nodes("eng-moves").await;
    let remote = remote_engine().await;
    ping(&mut *remote.dial(&cluster.name, Target::Network(server)).await.expect("a connection")).await;
    // That connection went through redis-1, the first running node.
    let other = cluster.inventory().await.nodes[&REDIS_2].address.expect("an address");
    cluster.engine.pause(&cluster.container(REDIS_1)).await.expect("paused");
    let target = Target::Network(SocketAddrV4::new(other, REDIS_PORT));
    ping(&mut *remote.dial(&cluster.name, target).await.expect("another carrier")).await;
}
