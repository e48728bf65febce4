//! Data that do not load: files that belong to somebody else, and files that are damaged.

use std::io::Read;

use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::TryStreamExt;
use redis::AsyncCommands;
use redos::engine::Engine;
use redos::spec::{Group, NODE_UID, NodeId};

use crate::support::{Cluster, raw};

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// Takes a stopped node's append-only files out of its volume, changes them, and puts them back.
async fn edit(cluster: &Cluster, node: NodeId, change: impl Fn(&mut tar::Header, &mut Vec<u8>)) {
    let (docker, name) = (raw(), cluster.container(node));
    let from = query::DownloadFromContainerOptions { path: "/data/appendonlydir".to_owned() };
    let chunks: Vec<Bytes> = docker.download_from_container(&name, Some(from)).try_collect().await.expect("a folder");
    let old = chunks.concat();
    let (mut archive, mut tar) = (tar::Archive::new(old.as_slice()), tar::Builder::new(Vec::new()));
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
    docker.upload_to_container(&name, Some(to), body).await.expect("an upload");
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
    assert!(said.contains("no node of mymaster has whole data"), "{said}");
    for ordinal in 1..=3 {
        let line =
            format!("redis-{ordinal} cannot load its data and says: Bad file format reading the append only file");
        assert!(said.contains(&line), "{said}");
    }
    let repairs: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("docker stop ")).map(|(_, rest)| rest).collect();
    assert_eq!(repairs.len(), 3, "{said}");
    for repair in repairs {
        // It asks before it cuts; a person has a terminal.
        let command = format!("docker stop {}", repair.replacen(" -it ", " -i ", 1));
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &format!("yes | ({command})")]);
        let repaired = shell.output().await.expect("a shell");
        assert!(repaired.status.success(), "{command}: {repaired:?}");
    }
    cluster.redos(&["up"]).await.succeeds();
    has_key(&cluster).await;
}
