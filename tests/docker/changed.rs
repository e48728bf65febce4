//! What follows from a setting follows it, also on a cluster that runs.

use std::collections::BTreeMap;

use redos::testing::converge::{newest, read_all_secrets};
use redos::testing::engine::Nodes;
use redos::testing::spec::render::{PROXY_CONF, SECRETS_FILE};
use redos::testing::spec::{Group, NodeId};

use super::support::Cluster;

/// The settings that files of running nodes follow from.
const SETTINGS: [&str; 8] =
    ["--replicas", "1", "--down-after", "5s", "--failover-timeout", "9s", "--persistence", "rdb"];

/// Makes a text the same for all clusters: their own names, subnets and passwords are replaced.
async fn anonymous(cluster: &Cluster) -> impl Fn(String) -> String {
    let inventory = cluster.inventory().await;
    let secrets = newest(&read_all_secrets(&*cluster.engine, &cluster.name, &inventory).await.expect("an answer"))
        .expect("secrets");
    let subnet = inventory.network.as_ref().expect("a network").subnet.to_string();
    let network = subnet.split('.').take(2).collect::<Vec<_>>().join(".");
    let name = cluster.name.clone();
    move |text: String| {
        let mut text = text.replace(name.as_str(), "NAME").replace(&network, "NETWORK");
        let all =
            [&secrets.app, &secrets.admin, &secrets.replication, &secrets.sentinel, &secrets.probe, &secrets.stats];
        for secret in all.into_iter().chain(&secrets.peers).chain([&secrets.runtime(), &secrets.exporter_key()]) {
            text = text.replace(secret.expose(), "SECRET");
        }
        text
    }
}

/// The files of every node that no server rewrites.
async fn files(cluster: &Cluster) -> BTreeMap<(NodeId, &'static str), String> {
    let anonymous = anonymous(cluster).await;
    let mut files = BTreeMap::new();
    for node in cluster.inventory().await.nodes.into_keys() {
        let of_node: &[&str] = match node {
            NodeId::Proxy(_) => &[PROXY_CONF],
            NodeId::Exporter => &["/data/conf/start.sh"],
            NodeId::Guard(_) => &["/data/program/start.sh"],
            NodeId::Redis { .. } | NodeId::Sentinel(_) => &["/data/conf/start.sh", "/data/conf/users.acl"],
        };
        for path in of_node {
            let read = cluster.engine.read_file(&cluster.name, node, path).await.expect("an answer");
            let text = String::from_utf8(read.expect("a file")).expect("text");
            files.insert((node, *path), anonymous(text));
        }
    }
    assert!(!files.keys().any(|(_, path)| *path == SECRETS_FILE));
    files
}

/// All settings that the Redis nodes have now.
async fn served(cluster: &Cluster) -> BTreeMap<(NodeId, String), String> {
    let anonymous = anonymous(cluster).await;
    let mut served = BTreeMap::new();
    for node in [1, 2].map(|ordinal| NodeId::redis(Group::number(1), ordinal)) {
        let mut question = redis::cmd("CONFIG");
        question.arg("GET").arg("*");
        let settings: BTreeMap<String, String> =
            question.query_async(&mut cluster.admin(node).await).await.expect("an answer");
        served.extend(settings.into_iter().map(|(name, value)| ((node, name), anonymous(value))));
    }
    served
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

#[tokio::test]
async fn servers_that_run_have_again_what_they_have_by_themselves_in_place_of_what_is_taken_back() {
    let (changed, made) = (Cluster::new("back").await, Cluster::new("without").await);
    let names = ["maxmemory", "client-output-buffer-limit", "maxclients", "hash-max-ziplist-entries", "repl-timeout"];
    let values = ["256mb", "pubsub 64mb 16mb 60", "500", "7", "33"];
    let flags = |values: [&str; 5]| -> Vec<String> {
        let given = names.into_iter().zip(values);
        ["--replicas".to_owned(), "1".to_owned()]
            .into_iter()
            .chain(given.flat_map(|(name, value)| ["--redis".to_owned(), format!("{name}={value}")]))
            .collect()
    };
    let (given, taken_back) = (flags(values), flags([""; 5]));
    changed.up(&given.iter().map(String::as_str).collect::<Vec<_>>()).await.succeeds();
    made.up(&["--replicas", "1"]).await.succeeds();
    let other = served(&changed).await;
    assert_ne!(other, served(&made).await);
    let containers = async || {
        let nodes = changed.inventory().await.nodes;
        nodes.into_iter().map(|(node, facts)| (node, facts.container_id)).collect::<BTreeMap<_, _>>()
    };
    let before = containers().await;
    let taken_back: Vec<&str> = taken_back.iter().map(String::as_str).collect();
    let plan = changed.redos(&[&["plan"], &taken_back[..]].concat()).await.exits(1);
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    for set in ["maxmemory 0", "maxclients ", "hash-max-listpack-entries 512", "repl-timeout 15"] {
        assert!(plan.contains(set), "{set:?} is not in {plan}");
    }
    changed.up(&taken_back).await.succeeds();
    assert_eq!(served(&changed).await, served(&made).await);
    assert_eq!(containers().await, before, "no node was made anew");
    changed.redos(&["plan"]).await.succeeds();
    // The server will come back with its old configuration file.
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("maxmemory").arg("256mb");
    let () = set.query_async(&mut changed.admin(NodeId::redis(Group::number(1), 2)).await).await.expect("done");
    changed.redos(&["up"]).await.succeeds();
    assert_eq!(served(&changed).await, served(&made).await);
}
