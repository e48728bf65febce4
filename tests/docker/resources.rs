//! Memory, CPUs, limits, logs and labels of containers.

use bollard::models::{ContainerInspectResponse, ContainerUpdateBody};
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, raw};

async fn seen(cluster: &Cluster, node: NodeId) -> ContainerInspectResponse {
    raw().inspect_container(&cluster.container(node), None).await.expect("the node")
}

#[tokio::test]
async fn living_nodes_get_memory_and_cpus_and_what_was_set_by_hand_is_told() {
    let cluster = Cluster::new("resources").await;
    let redis = NodeId::redis(Group::number(1), 1);
    cluster.up(&["--replicas", "0", "--sentinels", "1", "--memory", "redis:256mb proxy:64mb"]).await.succeeds();
    let before = seen(&cluster, redis).await;
    assert_eq!(before.host_config.clone().and_then(|host| host.memory), Some(256 << 20));

    cluster.redos(&["up", "--memory", "redis:300mb proxy:64mb", "--cpus", "redis:0.5"]).await.succeeds();
    let after = seen(&cluster, redis).await;
    assert_eq!(after.id, before.id, "it is the same container");
    assert_eq!(
        after.state.and_then(|state| state.started_at),
        before.state.and_then(|state| state.started_at),
        "and ran on"
    );
    let host = after.host_config.expect("a configuration");
    assert_eq!((host.memory, host.cpu_quota), (Some(300 << 20), Some(50_000)));
    cluster.settled().await;

    // What a user does with `docker update --memory 128m --memory-swap 128m --cpus 0.7`.
    let update = |cpus| ContainerUpdateBody {
        memory: Some(128 << 20),
        memory_swap: Some(128 << 20),
        nano_cpus: cpus,
        ..Default::default()
    };
    raw().update_container(&cluster.container(redis), update(None)).await.expect("an update");
    raw()
        .update_container(&cluster.container(NodeId::Sentinel(1)), update(Some(700_000_000)))
        .await
        .expect("an update");
    let plan = cluster.redos(&["plan"]).await.exits(1);
    assert!(plan.contains("set the limits of redis-1: memory 300mb  it has memory 128mb and CPUs 0.5 now"), "{plan}");
    let status = cluster.redos(&["status"]).await.succeeds();
    assert!(status.contains("sentinel-1 has memory 128mb and CPUs 0.7, which is not in the configuration"), "{status}");
    let up = ["up", "--cpus", "redis:0.5 sentinel:0.6", "--memory", "redis:300mb proxy:64mb sentinel:100mb"];
    cluster.redos(&up).await.succeeds();
    let host = seen(&cluster, NodeId::Sentinel(1)).await.host_config.expect("a configuration");
    assert_eq!((host.memory, host.nano_cpus), (Some(100 << 20), Some(600_000_000)), "whoever set the CPUs first");
    cluster.settled().await;

    let rest = ["--ulimits", "nofile=20000", "--log", "proxy:none", "--labels", "team=shop"];
    cluster.redos(&[&["up"], &rest[..]].concat()).await.succeeds();
    let made = seen(&cluster, redis).await;
    assert_ne!(made.id, after.id, "these are for containers that are made");
    let limits = made.host_config.and_then(|host| host.ulimits).unwrap_or_default();
    assert!(limits.iter().any(|limit| limit.soft == Some(20_000)), "{limits:?}");
    let labels = made.config.and_then(|config| config.labels).expect("labels");
    assert_eq!(labels["team"], "shop");
    let log = seen(&cluster, NodeId::Proxy(1)).await.host_config.and_then(|host| host.log_config).expect("a log");
    assert_eq!(log.typ.as_deref(), Some("none"));
    cluster.settled().await;
}
