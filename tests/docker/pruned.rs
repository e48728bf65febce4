//! What Docker's own `prune` and `rm` take from a stopped cluster: `start` and `up` bring it back with its data.

use std::collections::BTreeSet;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters as query;
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, raw};

/// Removes the containers of these nodes, as `docker container prune` does.
async fn remove_containers(cluster: &Cluster, nodes: impl IntoIterator<Item = NodeId>) {
    for node in nodes {
        let options = query::RemoveContainerOptions { force: true, v: true, link: false };
        raw().remove_container(&cluster.container(node), Some(options)).await.expect("a removal");
    }
}

async fn remove_volume(name: &str) {
    raw().remove_volume(name, None::<query::RemoveVolumeOptions>).await.expect("a removal");
}

/// Removes the network, as `docker network prune` does.
async fn remove_network(cluster: &Cluster) {
    let network = cluster.inventory().await.network.expect("a network");
    raw().remove_network(&network.id).await.expect("a removal");
}

/// Another network on the subnet that the cluster's has now, so that its next one is on another.
struct Squatter(String);

impl Squatter {
    async fn instead_of(cluster: &Cluster) -> Self {
        let subnet = cluster.inventory().await.network.expect("a network").subnet;
        remove_network(cluster).await;
        let config = IpamConfig { subnet: Some(subnet.to_string()), ..Default::default() };
        let request = NetworkCreateRequest {
            name: format!("{}-squatter", cluster.name),
            ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
            ..Default::default()
        };
        Self(raw().create_network(request).await.expect("a network").id)
    }

    async fn leave(self) {
        raw().remove_network(&self.0).await.expect("a removal");
    }
}

async fn value(cluster: &Cluster) -> Option<String> {
    redis::cmd("GET").arg("key").query_async(&mut cluster.client(&[]).await).await.expect("an answer")
}

async fn stop(cluster: &Cluster) {
    let value: bool =
        redis::cmd("SET").arg("key").arg("kept").query_async(&mut cluster.client(&[]).await).await.expect("OK");
    assert!(value);
    cluster.redos(&["stop"]).await.succeeds();
}

#[tokio::test]
async fn a_cluster_whose_network_was_pruned_comes_back_with_its_data_on_a_new_one() {
    let cluster = Cluster::new("pruned").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    cluster.redos(&["failover"]).await.succeeds();
    let master = cluster.master().await;
    for verb in ["start", "up"] {
        stop(&cluster).await;
        let before = cluster.inventory().await;
        let squatter = Squatter::instead_of(&cluster).await;
        let run = cluster.redos(&[verb]).await;
        squatter.leave().await;
        run.succeeds();
        let after = cluster.inventory().await;
        assert_ne!(before.network.map(|network| network.subnet), after.network.map(|network| network.subnet), "{verb}");
        assert_eq!(value(&cluster).await.as_deref(), Some("kept"), "{verb}");
        assert_eq!(cluster.master().await, master, "{verb}: whoever was master is");
        cluster.settled().await;
    }
    // First one node alone, and then the others.
    stop(&cluster).await;
    remove_network(&cluster).await;
    cluster.redos(&["start", "sentinel-2", "--timeout", "5s"]).await.fails(4);
    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(value(&cluster).await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn whatever_else_is_pruned_but_one_copy_of_the_data_is_made_anew_by_up() {
    let cluster = Cluster::new("pruned").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let nodes: BTreeSet<NodeId> = cluster.inventory().await.nodes.into_keys().collect();
    let [one, two] = [1, 2].map(|ordinal| NodeId::redis(Group::number(1), ordinal));

    stop(&cluster).await;
    remove_containers(&cluster, nodes.iter().copied()).await;
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(value(&cluster).await.as_deref(), Some("kept"), "all containers are gone");

    stop(&cluster).await;
    remove_containers(&cluster, nodes.iter().copied().filter(|node| *node != two)).await;
    for gone in [one, NodeId::Sentinel(1), NodeId::Sentinel(3)] {
        remove_volume(&gone.volume_name(&cluster.name)).await;
    }
    remove_network(&cluster).await;
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(
        value(&cluster).await.as_deref(),
        Some("kept"),
        "most containers, some volumes and the network are gone"
    );

    stop(&cluster).await;
    remove_containers(&cluster, nodes.iter().copied()).await;
    remove_network(&cluster).await;
    let kept = [one, two].map(|node| node.volume_name(&cluster.name));
    let [.., volumes] = cluster.labelled().await;
    for volume in volumes.iter().filter(|volume| !kept.contains(volume)) {
        remove_volume(volume).await;
    }
    cluster.up(&["--replicas", "1"]).await.succeeds();
    assert_eq!(value(&cluster).await.as_deref(), Some("kept"), "all is gone but the data");
    cluster.settled().await;
}
