//! What happens to the Engine itself: a restart of Docker, the loss of power of its host, a clean-up, a full disk.

use std::time::Duration;

use bollard::query_parameters::{PruneContainersOptions, PruneNetworksOptions, PruneVolumesOptions};
use redis::AsyncCommands;

use crate::own_engine::OwnEngine;
use crate::support::{Cluster, eventually_within};

/// How long a cluster may take to be healthy by itself once its Engine is back. Measured: 1 to 3 s; the rest is for a
/// busy machine.
const RECOVERY: Duration = Duration::from_secs(90);

async fn comes_back(cluster: &Cluster, after: &str, master: &str) {
    eventually_within(RECOVERY, &format!("healthy by itself after {after}"), async || {
        cluster.redos(&["status"]).await.code == Some(0)
    })
    .await;
    cluster.redos(&["plan"]).await.succeeds();
    assert_eq!(cluster.master().await.to_string(), master, "after {after}");
}

#[tokio::test]
async fn a_cluster_comes_back_by_itself_after_a_restart_of_docker_and_after_a_loss_of_power() {
    let mut own = OwnEngine::start(None).await;
    own.load_images().await;
    let cluster = Cluster::at("daemon", &own.address()).await;
    cluster.up(&[]).await.succeeds();
    // The master must not be the one of the first configuration.
    cluster.redos(&["failover", "--to", "redis-2"]).await.succeeds();
    let () = cluster.client(&[]).await.set("before", "restart").await.expect("a write");

    own.stop().await;
    cluster.redos(&["status"]).await.exits(5);
    own.start_again().await;
    comes_back(&cluster, "a restart of Docker", "redis-2").await;
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("before").await.expect("a read"), "restart");
    let () = client.set("before", "power loss").await.expect("a write");

    own.lose_power().await;
    own.power_on(None).await;
    comes_back(&cluster, "a loss of power", "redis-2").await;
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("before").await.expect("a read"), "power loss");
    let () = client.set("after", "yes").await.expect("a write");
}

#[tokio::test]
async fn pruning_takes_nothing_from_a_running_cluster() {
    let own = OwnEngine::start(None).await;
    own.load_images().await;
    let cluster = Cluster::at("prune", &own.address()).await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    cluster.redos(&["up", "--down-after", "2s"]).await.succeeds();
    let before = cluster.inventory().await;

    let docker = own.raw();
    let all = [("all".to_owned(), vec!["true".to_owned()])].into();
    // Before API 1.42 the Engine prunes all volumes anyway and does not know the filter `all`.
    let spoken = docker.version().await.expect("its version").api_version.unwrap_or_default();
    let minor: u32 = spoken.split('.').nth(1).and_then(|minor| minor.parse().ok()).expect("a version");
    let volumes = (minor >= 42).then_some(PruneVolumesOptions { filters: Some(all) });
    docker.prune_containers(None::<PruneContainersOptions>).await.expect("pruned");
    docker.prune_networks(None::<PruneNetworksOptions>).await.expect("pruned");
    docker.create_volume(bollard::models::VolumeCreateRequest::default()).await.expect("a volume of somebody's");
    let pruned = docker.prune_volumes(volumes).await.expect("pruned").volumes_deleted.unwrap_or_default();
    assert_eq!(pruned.len(), 1, "only what nobody uses: {pruned:?}");

    assert_eq!(cluster.inventory().await, before);
    cluster.redos(&["plan"]).await.succeeds();
    cluster.redos(&["url"]).await.succeeds();
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    let volumes = docker.list_volumes(None::<bollard::query_parameters::ListVolumesOptions>).await.expect("volumes");
    assert_eq!(volumes.volumes.unwrap_or_default(), [], "the record goes with the rest");
}

/// Room for the images, packed and unpacked, and more.
const SMALL_DISK: u64 = 256 << 20;

#[tokio::test]
async fn a_full_disk_is_named_and_when_there_is_room_up_goes_on() {
    let own = OwnEngine::start(Some(SMALL_DISK)).await;
    own.load_images().await;
    let cluster = Cluster::at("disk", &own.address()).await;
    own.fill_disk();
    let said = cluster.up(&["--replicas", "1"]).await.fails(1);
    assert!(said.contains("no space left on device") && said.contains("docker system df"), "{said}");
    own.empty_disk();
    cluster.up(&["--replicas", "1"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
}
