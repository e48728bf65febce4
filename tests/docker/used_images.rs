//! The image that a cluster was made with is the one that it keeps, whatever its reference comes to mean.

use bollard::query_parameters::{InspectContainerOptions, RemoveImageOptions, TagImageOptions};
use redis::AsyncCommands;
use redos::testing::engine::image::ImageKind;
use redos::testing::spec::NodeId;

use crate::imitations::{claiming, derive};
use crate::own_engine::OwnEngine;
use crate::support::Cluster;

/// The id of the image that a node's container is made of, as the Engine says.
async fn image_id(docker: &bollard::Docker, cluster: &Cluster, node: NodeId) -> String {
    let container = cluster.container(node);
    let made = docker.inspect_container(&container, None::<InspectContainerOptions>).await.expect("a container");
    made.image.expect("an image")
}

#[tokio::test]
async fn a_cluster_keeps_its_image_after_down_and_is_never_given_one_of_another_version() {
    let own = OwnEngine::start(None).await;
    own.load_images().await;
    let docker = own.raw();
    let (ours, newer) = (ImageKind::Redis.ours(), ImageKind::Redis.pinned());
    let base = "team/base:1";
    let tag = TagImageOptions { repo: Some("team/base".to_owned()), tag: Some("1".to_owned()) };
    docker.tag_image(ours, Some(tag)).await.expect("tagged");
    derive(&docker, base, ours, "true", &["CMD [\"redis-server\"]"]).await;
    let first = docker.inspect_image(ours).await.expect("an image").id.expect("an id");
    let cluster = Cluster::at("kept", &own.address()).await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let () = cluster.client(&[]).await.set("kept", "yes").await.expect("a write");
    let status = cluster.status().await;
    assert_eq!(status["images"]["redis"]["reference"], ours, "{status:#}");
    assert_eq!(status["images"]["redis"]["id"], first.as_str());
    assert_eq!(status["images"]["proxy"]["release"]["name"], "haproxy");
    let config = cluster.redos(&["config"]).await.succeeds();
    let short = first.trim_start_matches("sha256:").get(..12).expect("an id");
    let row = config.lines().find(|line| line.starts_with("images.redis")).expect("a row");
    assert!(row.contains(short) && !row.contains("auto"), "{row}");

    // The reference names a newer image now, and the image that `auto` prefers is here as well.
    derive(&docker, base, newer, &claiming("99.0.1"), &["CMD [\"redis-server\"]"]).await;
    derive(&docker, base, ours, &claiming("98.0.1"), &["CMD [\"redis-server\"]"]).await;
    cluster.redos(&["scale", "--replicas", "2"]).await.succeeds();
    let third: NodeId = "redis-3".parse().expect("a node");
    assert_eq!(image_id(&docker, &cluster, third).await, first, "all nodes run the same image");
    cluster.redos(&["down"]).await.succeeds();
    cluster.up(&[]).await.succeeds();
    for node in cluster.spec().nodes().into_iter().filter(|node| !matches!(node, NodeId::Proxy(_))) {
        assert_eq!(image_id(&docker, &cluster, node).await, first, "{node}");
    }
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");
    cluster.redos(&["plan"]).await.succeeds();

    // A newer server reads the data of an older one, but not the other way round.
    let older = "team/older:1";
    derive(&docker, base, older, &claiming("6.2.1"), &["CMD [\"redis-server\"]"]).await;
    let said = cluster.redos(&["up", "--redis-image", older]).await.fails(2);
    assert!(said.contains("cannot read the data of") && said.contains(older) && said.contains("redis 6.2.1"), "{said}");
    cluster.redos(&["plan"]).await.succeeds();

    // Without its image, redos knows none that reads the data of the cluster.
    cluster.redos(&["down"]).await.succeeds();
    docker.remove_image(&first, None::<RemoveImageOptions>, None).await.expect("removed");
    let said = cluster.redos(&["up"]).await.fails(8);
    for part in ["the data were written by redos/redis:latest (redis 7.0.15", "redis 99.0.1", "--redis-image REFERENCE"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let nothing = cluster.inventory().await;
    assert!(nothing.nodes.is_empty() && nothing.network.is_none(), "{nothing:?}");

    // With an explicit image `up` upgrades the data, also after the refusal.
    cluster.redos(&["up", "--redis-image", newer]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");
    assert_eq!(cluster.status().await["images"]["redis"]["reference"], newer);
    cluster.redos(&["down", "--volumes"]).await.succeeds();
}
