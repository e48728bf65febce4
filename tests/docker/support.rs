//! What scenarios share: the Engine, the images, and clusters that clean up after themselves.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bollard::Docker;
use redos::engine::docker::{self, DockerEngine};
use redos::engine::{Engine, NodeSpec, image};
use redos::plan::desired::Programs;
use redos::plan::observed::{Inventory, NetworkFacts};
use redos::spec::{ClusterName, ImageChoice, Images, NodeId, Spec};
use tokio::sync::OnceCell;

/// How long [`eventually`] waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// The Engine as redos sees it.
pub async fn engine() -> Arc<DockerEngine> {
    Arc::new(docker::connect(None).await.unwrap_or_else(|error| {
        panic!("these scenarios need a Docker Engine: {error}: {:?} {:?}", error.source, error.hints)
    }))
}

/// The Engine without redos in between, to check what redos says and to play somebody else.
pub fn raw() -> Docker {
    Docker::connect_with_defaults().expect("a Docker Engine")
}

/// The images that `auto` finds or gets.
pub async fn programs(engine: &DockerEngine) -> Programs {
    static PROGRAMS: OnceCell<Programs> = OnceCell::const_new();
    let resolve = async || {
        let images = Images { redis: ImageChoice::Auto, proxy: ImageChoice::Auto };
        image::resolve(engine, &images, &Inventory::default(), &|_| {}).await.expect("images")
    };
    PROGRAMS.get_or_init(resolve).await.clone()
}

/// Waits until something is so.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "not within {} s: {what}", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A cluster name of its own. All that carries it is removed when this goes.
pub struct Cluster {
    /// The name.
    pub name: ClusterName,
    /// The Engine.
    pub engine: Arc<DockerEngine>,
}

impl Cluster {
    /// A name that no other scenario has, in this run or in one beside it.
    pub async fn new(topic: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{topic}-{:x}-{number}", std::process::id());
        Self { name: name.parse().expect("a cluster name"), engine: engine().await }
    }

    /// The defaults, on ports of Docker's choice.
    pub fn spec(&self) -> Spec {
        let mut spec = Spec::with_defaults(self.name.clone());
        spec.ports.write = 0;
        spec.ports.read = 0;
        spec.ports.stats = 0;
        spec
    }

    /// The container name of a node.
    pub fn container(&self, node: NodeId) -> String {
        node.container_name(&self.name)
    }

    /// A node that runs `command` in the Redis image, without published ports.
    pub async fn node(&self, node: NodeId, network: &NetworkFacts, command: &[&str]) -> NodeSpec {
        NodeSpec {
            node,
            image: programs(&self.engine).await.redis.image,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            address: network.subnet.address(node).expect("room in the subnet"),
            host_dir: None,
            ports: [].into(),
            bind: IpAddr::from([127, 0, 0, 1]),
            stop_grace: Duration::from_secs(1),
            spec_hash: "test".to_owned(),
        }
    }

    /// Makes a node that runs `command`, with its network and volume, without starting it.
    pub async fn created(&self, node: NodeId, command: &[&str]) -> NetworkFacts {
        let spec = self.spec();
        let network = self.engine.create_network(&spec).await.expect("a network");
        self.engine.create_volume(&spec, node).await.expect("a volume");
        let made = self.node(node, &network, command).await;
        self.engine.create_node(&spec, &made, &network.id).await.expect("a container");
        network
    }

    /// What the Engine says of the cluster.
    pub async fn inventory(&self) -> Inventory {
        self.engine.inventory(&self.name).await.expect("an inventory")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let name = self.name.clone();
        // A runtime of its own: this may run while the test's own is being torn down by a panic.
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(remove_all(&name));
        });
        cleaned.join().expect("the clean-up does not panic");
    }
}

/// Removes what carries a cluster's label, through the client itself: redos may be what is broken.
async fn remove_all(cluster: &ClusterName) {
    use bollard::query_parameters as query;
    let docker = raw();
    let filters = Some(HashMap::from([("label".to_owned(), vec![format!("dev.redos.cluster={cluster}")])]));
    let list = query::ListContainersOptions { all: true, filters: filters.clone(), ..Default::default() };
    for container in docker.list_containers(Some(list)).await.unwrap_or_default() {
        let options = query::RemoveContainerOptions { force: true, v: true, link: false };
        let _ = docker.remove_container(&container.id.unwrap_or_default(), Some(options)).await;
    }
    let list = query::ListNetworksOptions { filters: filters.clone() };
    for network in docker.list_networks(Some(list)).await.unwrap_or_default() {
        let _ = docker.remove_network(&network.id.unwrap_or_default()).await;
    }
    let volumes = docker.list_volumes(Some(query::ListVolumesOptions { filters })).await;
    for volume in volumes.ok().and_then(|listed| listed.volumes).unwrap_or_default() {
        let _ = docker.remove_volume(&volume.name, None::<query::RemoveVolumeOptions>).await;
    }
}
