//! What follows from a setting follows it, also on a cluster that runs.

use std::collections::BTreeMap;

use redos::converge::read_secrets;
use redos::engine::Nodes;
use redos::spec::NodeId;
use redos::spec::render::{PROXY_CONF, SECRETS_FILE};

use super::support::Cluster;

/// The settings that files of running nodes follow from.
const SETTINGS: [&str; 8] =
    ["--replicas", "1", "--down-after", "5s", "--failover-timeout", "9s", "--persistence", "rdb"];

/// The files of every node that no server rewrites, with the cluster's own name, subnet and passwords made the same.
async fn files(cluster: &Cluster) -> BTreeMap<(NodeId, &'static str), String> {
    let inventory = cluster.inventory().await;
    let secrets = read_secrets(&*cluster.engine, &cluster.name, &inventory).await.expect("an answer").expect("secrets");
    let subnet = inventory.network.as_ref().expect("a network").subnet.to_string();
    let network = subnet.split('.').take(2).collect::<Vec<_>>().join(".");
    let mut files = BTreeMap::new();
    for node in inventory.nodes.keys().copied() {
        let of_node: &[&str] = match node {
            NodeId::Proxy(_) => &[PROXY_CONF],
            NodeId::Redis { .. } | NodeId::Sentinel(_) => &["/data/conf/start.sh", "/data/conf/users.acl"],
        };
        for path in of_node {
            let read = cluster.engine.read_file(&cluster.name, node, path).await.expect("an answer");
            let text = String::from_utf8(read.expect("a file")).expect("text");
            let mut text = text.replace(cluster.name.as_str(), "NAME").replace(&network, "NETWORK");
            let all =
                [&secrets.app, &secrets.admin, &secrets.replication, &secrets.sentinel, &secrets.probe, &secrets.stats];
            for secret in all.into_iter().chain(&secrets.peers) {
                text = text.replace(secret.expose(), "SECRET");
            }
            files.insert((node, *path), text);
        }
    }
    assert!(!files.keys().any(|(_, path)| *path == SECRETS_FILE));
    files
}

#[tokio::test]
async fn a_cluster_that_was_changed_has_the_files_of_one_that_was_made_so() {
    let (changed, made) = (Cluster::new("changed").await, Cluster::new("made").await);
    changed.up(&[]).await.succeeds();
    let before = files(&changed).await;
    changed.up(&SETTINGS).await.succeeds();
    made.up(&SETTINGS).await.succeeds();
    let (changed_files, made_files) = (files(&changed).await, files(&made).await);
    assert_ne!(before[&(NodeId::Proxy(1), PROXY_CONF)], changed_files[&(NodeId::Proxy(1), PROXY_CONF)]);
    assert_eq!(changed_files.keys().collect::<Vec<_>>(), made_files.keys().collect::<Vec<_>>());
    for (place, text) in &changed_files {
        assert!(text == &made_files[place], "{place:?}:\n{text}\n---- made so:\n{}", made_files[place]);
    }
}
