//! Data that do not load: files that belong to somebody else, and files that are damaged.

use std::io::Read;

use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::TryStreamExt;
use redis::AsyncCommands;
use redos::testing::engine::Nodes;
use redos::testing::spec::{Group, NODE_UID, NodeId};

use crate::support::{Cluster, eventually, raw};

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// Takes a stopped node's append-only files out of its volume, changes them, and puts them back.
async fn edit(cluster: &Cluster, node: NodeId, change: impl Fn(&mut tar::Header, &mut Vec<u8>)) {
    put(cluster, node, &taken(cluster, node, "/data/appendonlydir").await, change).await;
}

/// What is at a path of a node's volume, as an archive.
async fn taken(cluster: &Cluster, node: NodeId, path: &str) -> Vec<u8> {
    let from = query::DownloadFromContainerOptions { path: path.to_owned() };
    let chunks = raw().download_from_container(&cluster.container(node), Some(from)).try_collect::<Vec<Bytes>>().await;
    chunks.expect("a path").concat()
}

/// Puts an archive into a node's volume, changed.
async fn put(cluster: &Cluster, node: NodeId, old: &[u8], change: impl Fn(&mut tar::Header, &mut Vec<u8>)) {
    let (mut archive, mut tar) = (tar::Archive::new(old), tar::Builder::new(Vec::new()));
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let (mut header, mut content) = (entry.header().clone(), Vec::new());
        assert_eq!(header.uid().expect("an owner"), u64::from(NODE_UID), "it was the node's");
        entry.read_to_end(&mut content).expect("its content");
        change(&mut header, &mut content);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).expect("an entry");
    }
    let to = query::UploadToContainerOptions { path: "/data".to_owned(), ..Default::default() };
    let body = bollard::body_full(Bytes::from(tar.into_inner().expect("a tar")));
    raw().upload_to_container(&cluster.container(node), Some(to), body).await.expect("an upload");
}

/// Puts a file back as root's, as `docker cp` does.
fn as_root(header: &mut tar::Header, _: &mut Vec<u8>) {
    header.set_uid(0);
    header.set_gid(0);
}

fn is_increment(header: &tar::Header) -> bool {
    header.path().expect("a path").to_string_lossy().ends_with(".incr.aof")
}

/// 595 zero bytes at the end, as a file system leaves them after a power cut.
fn zeros(header: &mut tar::Header, content: &mut Vec<u8>) {
    if is_increment(header) {
        content.extend([0; 595]);
    }
}

/// One flipped bit in the header of the first record.
fn flipped(header: &mut tar::Header, content: &mut [u8]) {
    if is_increment(header) {
        content[0] ^= 1;
    }
}

/// Half of the last record is missing, as after a crash in the middle of a write.
fn cut(header: &mut tar::Header, content: &mut Vec<u8>) {
    if is_increment(header) {
        content.truncate(content.len() - 5);
    }
}

/// Half of the first record is missing, with records behind it.
fn gap(header: &mut tar::Header, content: &mut Vec<u8>) {
    if is_increment(header) {
        content.drain(..10);
    }
}

/// Whether a node's volume still has its damaged files.
async fn keeps_old_data(cluster: &Cluster, node: NodeId) -> bool {
    let path = "/data/set-aside-1/appendonlydir/appendonly.aof.manifest";
    cluster.engine.read_file(&cluster.name, node, path).await.expect("an answer").is_some()
}

/// A cluster with a key on all nodes, stopped.
async fn stopped(topic: &str) -> Cluster {
    let cluster = Cluster::new(topic).await;
    cluster.up(&[]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    let () = client.set("key", "value").await.expect("a write");
    let all: i64 = redis::cmd("WAIT").arg(2).arg(10_000).query_async(&mut client).await.expect("an answer");
    assert_eq!(all, 2);
    cluster.redos(&["stop"]).await.succeeds();
    cluster
}

async fn has_key(cluster: &Cluster) {
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn files_that_were_put_back_as_roots_are_given_to_their_nodes() {
    let cluster = stopped("root").await;
    for ordinal in 1..=3 {
        edit(&cluster, redis(ordinal), as_root).await;
    }
    cluster.redos(&["start"]).await.succeeds();
    has_key(&cluster).await;
}

#[tokio::test]
async fn a_replica_whose_data_do_not_load_copies_them_anew_and_keeps_the_old_ones() {
    let cluster = stopped("zeros").await;
    edit(&cluster, redis(3), zeros).await;
    let run = cluster.redos(&["start"]).await;
    assert!(
        run.stderr.contains("the old data of redis-3 are kept in its volume, in /data/set-aside-1"),
        "{}",
        run.stderr
    );
    run.succeeds();
    has_key(&cluster).await;
    assert!(keeps_old_data(&cluster, redis(3)).await);
}

/// Redis itself cuts off half a record at the end of the file. What lacks then is at another node.
#[tokio::test]
async fn half_a_record_costs_nothing_that_another_node_has() {
    let cluster = stopped("half").await;
    edit(&cluster, redis(3), cut).await;
    cluster.redos(&["start"]).await.succeeds();
    has_key(&cluster).await;
    // The same while the others serve, and Docker restarts the node for ever: the rest of a record, and records behind it.
    cluster.kill(redis(2)).await;
    edit(&cluster, redis(2), gap).await;
    cluster.start(redis(2)).await;
    eventually("status tells", async || cluster.reasons().await.contains("redis-2 cannot load its data")).await;
    cluster.redos(&["up"]).await.succeeds();
    has_key(&cluster).await;
    assert!(keeps_old_data(&cluster, redis(2)).await);
}

#[tokio::test]
async fn a_last_master_whose_data_do_not_load_gives_way_to_a_node_whose_data_do() {
    let cluster = stopped("flip").await;
    edit(&cluster, redis(1), |header, content| flipped(header, content)).await;
    cluster.redos(&["up"]).await.succeeds();
    assert_ne!(cluster.master().await, redis(1));
    has_key(&cluster).await;
    assert!(keeps_old_data(&cluster, redis(1)).await);
}

#[tokio::test]
async fn damaged_copies_alone_are_named_with_what_repairs_them() {
    let cluster = stopped("all").await;
    for ordinal in 1..=3 {
        edit(&cluster, redis(ordinal), zeros).await;
    }
    let said = cluster.redos(&["up"]).await.fails(1);
    assert!(said.contains("no node of mymaster has complete data"), "{said}");
    for ordinal in 1..=3 {
        let line =
            format!("redis-{ordinal} cannot load its data and says: Bad file format reading the append only file");
        assert!(said.contains(&line), "{said}");
    }
    let repairs: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("docker stop ")).map(|(_, rest)| rest).collect();
    assert_eq!(repairs.len(), 3, "{said}");
    for repair in repairs {
        // The program asks before it shortens the file. A person has a terminal for the answer; this test has a pipe.
        let command = format!("docker stop {}", repair.replacen(" -it ", " -i ", 1));
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &format!("yes | ({command})")]);
        let repaired = shell.output().await.expect("a shell");
        assert!(repaired.status.success(), "{command}: {repaired:?}");
    }
    cluster.redos(&["up"]).await.succeeds();
    has_key(&cluster).await;
}

#[tokio::test]
async fn a_snapshot_that_somebody_puts_beside_append_only_files_is_told_of_and_can_be_loaded() {
    let cluster = Cluster::new("given").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    let () = client.set("given", "yes").await.expect("a write");
    let () = redis::cmd("SAVE").query_async(&mut cluster.admin(redis(1)).await).await.expect("a snapshot");
    let snapshot = taken(&cluster, redis(1), "/data/dump.rdb").await;
    let () = client.del("given").await.expect("a write");
    cluster.redos(&["stop"]).await.succeeds();
    for ordinal in [1, 2] {
        put(&cluster, redis(ordinal), &snapshot, as_root).await;
    }
    for verb in ["start", "up"] {
        let said = cluster.redos(&[verb]).await.fails(2);
        assert!(said.contains("/data/dump.rdb in the volume of "), "{said}");
        assert!(said.contains("up --persistence rdb") && said.contains("up --persistence both"), "{said}");
    }
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--persistence", "rdb"]).await.succeeds();
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--persistence", "both"]).await.succeeds();
    cluster.settled().await;
    // The append-only files contain the data now, so the cluster also starts without the snapshot.
    cluster.redos(&["stop"]).await.succeeds();
    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("given").await.expect("an answer"), "yes");
}
