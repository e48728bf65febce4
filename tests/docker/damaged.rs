//! Data that do not load: files that belong to somebody else, and files that are damaged.

use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::TryStreamExt;
use redis::AsyncCommands;
use redos::spec::{Group, NODE_UID, NodeId};

use crate::support::{Cluster, raw};

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// Takes a node's append-only files out of its volume and puts them back as root's, as `docker cp` does.
async fn put_back_as_root(cluster: &Cluster, node: NodeId) {
    let (docker, name) = (raw(), cluster.container(node));
    let from = query::DownloadFromContainerOptions { path: "/data/appendonlydir".to_owned() };
    let chunks: Vec<Bytes> = docker.download_from_container(&name, Some(from)).try_collect().await.expect("a folder");
    let old = chunks.concat();
    let (mut archive, mut tar) = (tar::Archive::new(old.as_slice()), tar::Builder::new(Vec::new()));
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let mut header = entry.header().clone();
        assert_eq!(header.uid().expect("an owner"), u64::from(NODE_UID), "it was the node's");
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        tar.append(&header, &mut entry).expect("an entry");
    }
    let to = query::UploadToContainerOptions { path: "/data".to_owned(), ..Default::default() };
    let body = bollard::body_full(Bytes::from(tar.into_inner().expect("a tar")));
    docker.upload_to_container(&name, Some(to), body).await.expect("an upload");
}

#[tokio::test]
async fn files_that_were_put_back_as_roots_are_given_to_their_nodes() {
    let cluster = Cluster::new("w1root").await;
    cluster.up(&[]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    cluster.redos(&["stop"]).await.succeeds();
    for ordinal in 1..=3 {
        put_back_as_root(&cluster, redis(ordinal)).await;
    }
    cluster.redos(&["start"]).await.succeeds();
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
    cluster.redos(&["plan"]).await.succeeds();
}
