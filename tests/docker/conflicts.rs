//! Names, networks and ports that belong to somebody else.

use std::net::TcpListener;

use bollard::models::{ContainerCreateBody, HostConfig, NetworkCreateRequest, PortBinding, VolumeCreateRequest};
use bollard::query_parameters::{CreateContainerOptions, RemoveContainerOptions, RemoveVolumeOptions};
use redos::testing::cluster::observed::Inventory;
use redos::testing::engine::{Clusters, EngineErrorKind, Nodes};
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, IDLE, programs, raw};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
const PROXY_1: NodeId = NodeId::Proxy(1);

/// A running container of somebody else, which publishes a port of Docker's choice.
struct Stranger {
    name: String,
    port: u16,
}

impl Stranger {
    async fn new(name: String, image: &str) -> Self {
        let docker = raw();
        let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: None };
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(IDLE.iter().map(|word| (*word).to_owned()).collect()),
            exposed_ports: Some(vec!["80/tcp".to_owned()]),
            host_config: Some(HostConfig {
                port_bindings: Some([("80/tcp".to_owned(), Some(vec![binding]))].into()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let options = CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
        let id = docker.create_container(Some(options), body).await.expect("made").id;
        docker.start_container(&id, None).await.expect("started");
        let ports = docker.inspect_container(&id, None).await.expect("there").network_settings.and_then(|n| n.ports);
        let bound = ports.expect("ports")["80/tcp"].clone().expect("bound");
        let port = bound[0].host_port.as_ref().and_then(|port| port.parse().ok()).expect("a port");
        Self { name, port }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let name = self.name.clone();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let options = RemoveContainerOptions { force: true, v: true, link: false };
            runtime.block_on(async { raw().remove_container(&name, Some(options)).await })
        });
        let _ = removed.join();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_taken_is_in_one_error_and_nothing_is_touched() {
    let cluster = Cluster::new("eng-taken").await;
    let image = programs(&cluster.engine).await.redis.image;
    let container = Stranger::new(cluster.container(REDIS_1), &image).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let mut spec = cluster.spec();
    spec.ports.write = container.port;
    spec.ports.read = listener.local_addr().expect("its address").port();
    let volume = REDIS_1.volume_name(&cluster.name);
    let docker = raw();
    let named = VolumeCreateRequest { name: Some(volume.clone()), ..Default::default() };
    docker.create_volume(named).await.expect("a foreign volume");
    let network = NetworkCreateRequest { name: cluster.name.to_string(), ..Default::default() };
    let network = docker.create_network(network).await.expect("a foreign network").id;

    let refused = cluster.engine.check_conflicts(&spec, &Inventory::default()).await;
    let (untouched, volumes) = (cluster.inventory().await, docker.inspect_volume(&volume).await);
    docker.remove_network(&network).await.expect("removed");
    docker.remove_volume(&volume, None::<RemoveVolumeOptions>).await.expect("removed");

    let error = refused.expect_err("refused");
    assert_eq!(error.kind, EngineErrorKind::Conflict);
    let said = error.source.expect("a source").to_string();
    let name = &container.name;
    for part in [
        format!("a container named {name} exists and redos did not create it"),
        format!("a network named {} exists and redos did not create it", cluster.name),
        format!("a volume named {volume} exists and redos did not create it"),
        format!("127.0.0.1:{} is used by the container {name}", container.port),
        format!("127.0.0.1:{} is used by the process ", spec.ports.read),
        format!("(pid {})", std::process::id()),
    ] {
        assert!(said.contains(&part), "{part:?} is not in {said:?}");
    }
    assert!(
        error
            .hints
            .iter()
            .any(|hint| hint.starts_with("use other ports") && hint.contains(&format!("docker stop {name}"))),
        "{:?}",
        error.hints
    );
    assert_eq!(untouched, Inventory::default());
    assert!(volumes.expect("still there").labels.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_container_is_not_taken_for_a_node() {
    let cluster = Cluster::new("eng-foreign").await;
    let spec = cluster.spec();
    let network = cluster.engine.create_network(&spec).await.expect("a network");
    let node = cluster.node(REDIS_1, &network, IDLE).await;
    let _stranger = Stranger::new(cluster.container(REDIS_1), &node.image).await;
    let error = cluster.engine.create_node(&spec, &node, &network.id).await.expect_err("refused");
    assert_eq!(error.kind, EngineErrorKind::Conflict);
    assert!(error.hints.iter().any(|hint| hint.contains("docker rm -f")), "{:?}", error.hints);
    assert!(cluster.inventory().await.nodes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_volume_is_not_taken_for_a_nodes() {
    let cluster = Cluster::new("eng-volume").await;
    let name = REDIS_1.volume_name(&cluster.name);
    raw().create_volume(VolumeCreateRequest { name: Some(name.clone()), ..Default::default() }).await.expect("foreign");
    let made = cluster.engine.create_volume(&cluster.spec(), REDIS_1).await;
    raw().remove_volume(&name, None::<RemoveVolumeOptions>).await.expect("removed");
    assert_eq!(made.expect_err("refused").kind, EngineErrorKind::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_at_start_names_its_owner() {
    let cluster = Cluster::new("eng-port").await;
    let spec = cluster.spec();
    let network = cluster.engine.create_network(&spec).await.expect("a network");
    // Without this the Engine would create a volume of this name by itself, without a label to find it by.
    cluster.engine.create_volume(&spec, PROXY_1).await.expect("a volume");
    let mut node = cluster.node(PROXY_1, &network, IDLE).await;
    let stranger = Stranger::new(format!("{}-web", cluster.name), &node.image).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let mut start = async |port, owner: &str| {
        node.ports = [(80, port)].into();
        cluster.engine.create_node(&spec, &node, &network.id).await.expect("made");
        let error = cluster.engine.start_node(&cluster.name, PROXY_1).await.expect_err("the port is taken");
        assert_eq!(error.kind, EngineErrorKind::Conflict, "{error:?}");
        assert!(error.hints.iter().any(|hint| hint.contains(owner)), "{owner:?} is not in {:?}", error.hints);
        cluster.engine.remove_node(&cluster.name, PROXY_1).await.expect("removed");
    };
    start(stranger.port, &format!("the container {}", stranger.name)).await;
    start(listener.local_addr().expect("its address").port(), &format!("(pid {})", std::process::id())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_networks_with_one_name_the_older_stays() {
    let cluster = Cluster::new("eng-twice").await;
    let spec = cluster.spec();
    let first = cluster.engine.create_network(&spec).await.expect("a network");
    let labels = [("dev.redos.cluster".to_owned(), cluster.name.to_string())].into();
    let second = NetworkCreateRequest { name: first.name.clone(), labels: Some(labels), ..Default::default() };
    let second = raw().create_network(second).await;
    assert_eq!(cluster.inventory().await.network.as_ref(), Some(&first));
    assert_eq!(cluster.engine.create_network(&spec).await.expect("the same"), first);
    // Since Docker 25 the Engine refuses the second network, so there is nothing to repair.
    if let Ok(second) = second {
        let gone = raw().inspect_network(&second.id, None).await;
        assert!(gone.is_err(), "the younger one is removed");
    }
}
