//! The compose project that redos replaces, rebuilt: one `redis_master`, two of `redis_slave`, three of
//! `redis_sentinel` and a `haproxy`, with its own settings.
//!
//! It is made without redos, from the images that redos has.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, NetworkingConfig, PortBinding,
};
use bollard::query_parameters::CreateContainerOptions;
use redos::testing::cluster::observed::NetworkFacts;
use redos::testing::engine::Clusters;
use redos::testing::spec::{Group, NodeId, REDIS_PORT, SENTINEL_PORT};

use crate::support::{Cluster, programs, raw};

/// The password of all servers.
pub const PASSWORD: &str = "classic";

const PROXY_CONF: &str = include_str!("haproxy.cfg");
const SENTINEL_CONF: &str = include_str!("sentinel.conf");
/// The published port of the proxy, inside its container.
const PUBLISHED: &str = "6379/tcp";
const GROUP: Group = Group::number(1);
/// The two forms of the project.
#[derive(Clone, Copy)]
pub enum Kept {
    /// The original: with an append-only file, and Sentinels that wait for 5 s.
    OnDisk,
    /// A cache: in memory only, with a down-after so long that a restarted master stays master.
    InMemory,
}

/// Writes the text in the environment into a file, and becomes the program that reads it.
const SENTINEL: &str = "printf %s \"$CONF\" > /tmp/sentinel.conf && exec redis-server /tmp/sentinel.conf --sentinel";
const PROXY: &str = "printf %s \"$CONF\" > /tmp/haproxy.cfg && exec haproxy -W -db -f /tmp/haproxy.cfg";

/// The running project. Its containers and its network are removed with the cluster whose name it uses.
pub struct Classic {
    name: String,
    /// The address for writes.
    pub proxy: String,
    /// The Sentinels.
    pub sentinels: Vec<String>,
}

impl Classic {
    /// Creates the project and starts it.
    pub async fn start(cluster: &Cluster, kept: Kept) -> Self {
        let programs = programs(&cluster.engine).await;
        let network = cluster.engine.create_network(&cluster.spec()).await.expect("a network");
        let at = |node: NodeId| network.subnet.address(node).expect("room in the subnet");
        let [master, replica_1, replica_2] = [1, 2, 3].map(|ordinal| at(NodeId::redis(GROUP, ordinal)));
        let mut maker = Maker { cluster, network: &network, image: programs.redis.image };

        let (persistence, down_after) = match kept {
            Kept::OnDisk => ("--appendonly yes", "5000"),
            Kept::InMemory => ("--appendonly no --save ''", "60000"),
        };
        let data = format!("redis-server {persistence} --requirepass {PASSWORD} --masterauth {PASSWORD}");
        maker.make("redis_master", master, &data, "").await;
        for (name, address) in [("redis_slave_1", replica_1), ("redis_slave_2", replica_2)] {
            maker.make(name, address, &format!("{data} --replicaof {master} {REDIS_PORT}"), "").await;
        }
        let filled = |text: &str| {
            [("PASSWORD", PASSWORD.to_owned()), ("MASTER", master.to_string())]
                .into_iter()
                .chain([("REPLICA_1", replica_1.to_string()), ("REPLICA_2", replica_2.to_string())])
                .chain([("DOWN_AFTER", down_after.to_owned())])
                .fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{{{{{key}}}}}"), &value))
        };
        let mut sentinels = Vec::new();
        for ordinal in 1..=3 {
            let address = at(NodeId::Sentinel(ordinal));
            maker.make(&format!("redis_sentinel_{ordinal}"), address, SENTINEL, &filled(SENTINEL_CONF)).await;
            sentinels.push(format!("{address}:{SENTINEL_PORT}"));
        }
        maker.image = programs.proxy.image;
        let id = maker.make("haproxy", at(NodeId::Proxy(1)), PROXY, &filled(PROXY_CONF)).await;
        let ports = raw().inspect_container(&id, None).await.expect("there").network_settings.and_then(|n| n.ports);
        let bound = ports.expect("ports")[PUBLISHED].clone().expect("published");
        let proxy = format!("127.0.0.1:{}", bound[0].host_port.as_deref().expect("a port"));
        Self { name: cluster.name.to_string(), proxy, sentinels }
    }

    /// The containers of the Redis nodes.
    pub fn containers(&self) -> String {
        ["redis_master", "redis_slave_1", "redis_slave_2"].map(|node| format!("{}_{node}", self.name)).join(",")
    }
}

/// Creates the containers.
struct Maker<'a> {
    cluster: &'a Cluster,
    network: &'a NetworkFacts,
    image: String,
}

impl Maker<'_> {
    /// Creates a container that runs a command in a shell, and starts it. Returns its id.
    async fn make(&self, name: &str, address: Ipv4Addr, command: &str, conf: &str) -> String {
        let name = format!("{}_{name}", self.cluster.name);
        let pinned = EndpointSettings {
            ipam_config: Some(EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..Default::default() }),
            ..Default::default()
        };
        let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: None };
        let body = ContainerCreateBody {
            image: Some(self.image.clone()),
            entrypoint: Some(["sh", "-c"].map(str::to_owned).to_vec()),
            cmd: Some(vec![if conf.is_empty() { format!("exec {command}") } else { command.to_owned() }]),
            env: Some(vec![format!("CONF={conf}")]),
            user: Some("0".to_owned()),
            working_dir: Some("/tmp".to_owned()),
            // This label finds and removes everything.
            labels: Some(HashMap::from([("dev.redos.cluster".to_owned(), self.cluster.name.to_string())])),
            exposed_ports: Some(vec![PUBLISHED.to_owned()]),
            host_config: Some(HostConfig {
                port_bindings: Some([(PUBLISHED.to_owned(), Some(vec![binding]))].into()),
                ..Default::default()
            }),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some([(self.network.name.clone(), pinned)].into()),
            }),
            ..Default::default()
        };
        let options = CreateContainerOptions { name: Some(name), ..Default::default() };
        let docker = raw();
        let id = docker.create_container(Some(options), body).await.expect("made").id;
        docker.start_container(&id, None).await.expect("started");
        id
    }
}
