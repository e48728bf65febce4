//! The Engine's report of a cluster: its network, volumes and containers, and what stopped nodes have stored.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use crate::spec::{HostName, NodeId, Resources, Spec, Subnet};

/// The Engine's objects with a cluster's labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Its network, if there is one.
    pub network: Option<NetworkFacts>,
    /// Whether one of several hosts has no network of the cluster yet.
    pub lacks_network: bool,
    /// Its volumes, by node.
    pub volumes: BTreeMap<NodeId, VolumeFacts>,
    /// Its containers, by node.
    pub nodes: BTreeMap<NodeId, NodeFacts>,
    /// Those of its nodes about which the Engine does not answer, and why.
    ///
    /// Only what its list says of them is known.
    pub unseen: BTreeMap<NodeId, String>,
    /// Containers of nodes that are on another host by now, and the hosts that have them.
    ///
    /// These hosts were away when that changed.
    pub left_behind: BTreeSet<(NodeId, HostName)>,
    /// The specification that was last recorded with the cluster.
    pub recorded: Option<Spec>,
    /// The number of that record; the highest is the last. 0 without one.
    pub record: u64,
}

impl Inventory {
    /// Where the others reach the server of a node. `None` when the node is not there, or has no address now.
    pub fn server(&self, node: NodeId) -> Option<SocketAddrV4> {
        let facts = self.nodes.get(&node)?;
        facts.on_host.or_else(|| Some(SocketAddrV4::new(facts.address?, node.server_port())))
    }

    /// Where the others reach the server of a node, also of a missing one.
    ///
    /// It will be at the same place again.
    pub fn place(&self, node: NodeId) -> Option<SocketAddrV4> {
        let missing = || match self.recorded_hosts() {
            Some(recorded) => recorded.server(self.network.as_ref()?.subnet, node),
            None => self.network.as_ref()?.subnet.server(node),
        };
        self.server(node).or_else(missing)
    }

    /// The record of a cluster on several hosts.
    fn recorded_hosts(&self) -> Option<&Spec> {
        self.recorded.as_ref().filter(|recorded| !recorded.hosts.is_empty())
    }

    /// What can be assumed of a cluster without its Engine.
    ///
    /// All nodes run, at the addresses that they keep for life.
    pub fn assumed(spec: &Spec, subnet: Subnet) -> Self {
        let facts = |node: NodeId| {
            let address = Some(subnet.address(node)?);
            Some((node, NodeFacts { address, ..NodeFacts::unobserved(spec, node, NodeState::Running) }))
        };
        Self { nodes: spec.nodes().into_iter().filter_map(facts).collect(), ..Self::default() }
    }

    /// The node that lives at an address, or would if it were there.
    ///
    /// On several hosts it is known by its port as well. Elsewhere each node has an address of its own.
    pub fn node_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        let is_there = |facts: &NodeFacts| match facts.on_host {
            Some(place) => place == address,
            None => facts.address == Some(*address.ip()),
        };
        let there = self.nodes.iter().find(|(_, facts)| is_there(facts)).map(|(node, _)| *node);
        there.or_else(|| match self.recorded_hosts() {
            Some(recorded) => recorded.node_on_host_at(address),
            None => self.network.as_ref()?.subnet.node_at(*address.ip()),
        })
    }

    /// The node whose server says that it listens at this address, as it is inside of its container.
    pub fn node_listening_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        let is_it = |(node, facts): &(&NodeId, &NodeFacts)| {
            let port = facts.on_host.map_or(node.server_port(), |place| place.port());
            facts.address == Some(*address.ip()) && (facts.on_host.is_none() || port == address.port())
        };
        self.nodes.iter().find(is_it).map(|(node, _)| *node)
    }
}

/// A cluster's network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkFacts {
    /// The Engine's id. A network is addressed by it: before Docker 25 two can have the same name (moby#33561).
    pub id: String,
    /// The name of the network.
    pub name: String,
    /// The subnet that Docker picked.
    pub subnet: Subnet,
    /// The host's address on it.
    pub gateway: Ipv4Addr,
    /// Whether redos created it for this cluster, and so removes it.
    pub is_own: bool,
    /// The other containers on it, by name.
    pub guests: BTreeSet<String>,
}

/// A node's volume.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeFacts {
    /// The name of the volume.
    pub name: String,
    /// The name of its host in a cluster that has several.
    pub host_name: Option<HostName>,
}

/// A node's container.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    /// The Engine's id of the container.
    pub container_id: String,
    /// The name of the container.
    pub name: String,
    /// The host of its Engine, if that is another machine.
    pub host: Option<String>,
    /// The name of its host in a cluster that has several.
    pub host_name: Option<HostName>,
    /// The image reference that it was made from.
    pub image: String,
    /// The id of that image, by the record of the cluster; `None` if it was not recorded.
    pub image_id: Option<String>,
    /// The state of the container.
    pub state: NodeState,
    /// Its pinned address.
    pub address: Option<Ipv4Addr>,
    /// Its place in a cluster on several hosts: the address of its host, and its port there.
    pub on_host: Option<SocketAddrV4>,
    /// The Engine's id of the network of this address, which may be gone. `None` when the node was disconnected.
    pub network_id: Option<String>,
    /// Its further names on that network.
    pub aliases: BTreeSet<String>,
    /// The memory and CPUs that it may use.
    pub resources: Resources,
    /// Its published ports.
    pub ports: Vec<PublishedPort>,
    /// The hash of what it was created from: the label `dev.redos.spec-hash`.
    pub spec_hash: String,
    /// The version of redos that created it: the label `dev.redos.version`.
    pub made_by: Option<String>,
    /// When it was created, RFC 3339, as the Engine gave it.
    pub created_at: String,
    /// When it was last started, RFC 3339; `None` when it never was.
    pub started_at: Option<String>,
    /// When it ended last, in seconds since the epoch; `None` when it never did.
    pub ended_at: Option<u64>,
    /// How often its restart policy has restarted it since it was last started.
    pub restarts: u64,
    /// What Docker does when it ends: `unless-stopped`, unless a user changed it.
    pub restart_policy: String,
    /// The content of its volume, read when it does not run. `None` where there is nothing to read.
    pub stored: Option<StoredState>,
    /// Why the files of a Redis node that does not run could not all be read. `None` where they could.
    pub unread: Option<String>,
    /// A foreign snapshot in its volume that its server would not load.
    pub foreign_snapshot: Option<String>,
}

impl NodeFacts {
    /// What is known of a node without a look at its container.
    ///
    /// That is its name, its limits and its place on a host.
    pub fn unobserved(spec: &Spec, node: NodeId, state: NodeState) -> Self {
        let host = spec.host_of(node);
        Self {
            container_id: String::new(),
            name: node.container_name(&spec.name),
            host: host.map(|host| host.address.to_string()),
            host_name: host.map(|host| host.name.clone()),
            image: String::new(),
            image_id: None,
            state,
            address: None,
            on_host: spec.server_on_host(node),
            network_id: None,
            aliases: BTreeSet::new(),
            resources: spec.containers.resources(node.role()),
            ports: Vec::new(),
            spec_hash: String::new(),
            made_by: None,
            created_at: String::new(),
            started_at: None,
            ended_at: None,
            restarts: 0,
            restart_policy: String::new(),
            stored: None,
            unread: None,
            foreign_snapshot: None,
        }
    }
}

impl NodeFacts {
    /// The `host:port` at which a port of the container is reached from here; `None` if it is not published.
    ///
    /// The Engine may publish it at an IPv4 and an IPv6 address. The IPv4 one is taken.
    pub fn reached_at(&self, container_port: u16) -> Option<String> {
        let ports = self.ports.iter().filter(|port| port.container == container_port);
        ports.min().map(|port| port.reached_at(self.host.as_deref()))
    }
}

/// The state of a container. Each needs another reaction, so there is no "other".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Created, never started.
    Created,
    /// The container runs.
    Running,
    /// Paused by `docker pause`.
    Paused,
    /// It died, and its restart policy is restarting it.
    Restarting,
    /// The container has ended.
    Exited {
        code: i64,
        /// Whether it ran out of memory: the kernel killed it.
        oom_killed: bool,
    },
    /// It could not be removed or stopped; only removal by force helps.
    Dead,
    /// Docker is removing it.
    Removing,
    /// Its host does not answer.
    Unknown,
}

impl NodeState {
    /// The word that tables and JSON use.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited { .. } => "exited",
            Self::Dead => "dead",
            Self::Removing => "removing",
            Self::Unknown => "unknown",
        }
    }

    /// The exit code of a container that ended.
    pub const fn exit_code(&self) -> Option<i64> {
        match self {
            Self::Exited { code, .. } => Some(*code),
            Self::Created
            | Self::Running
            | Self::Paused
            | Self::Restarting
            | Self::Dead
            | Self::Removing
            | Self::Unknown => None,
        }
    }

    /// The state as the end of a sentence about the node: "is paused".
    pub fn sentence(&self) -> String {
        match self {
            Self::Created => "was never started".to_owned(),
            Self::Running => "is running".to_owned(),
            Self::Paused => "is paused".to_owned(),
            Self::Restarting => "died and is being restarted".to_owned(),
            Self::Exited { code, oom_killed: true } => format!("ran out of memory and was killed, exit code {code}"),
            Self::Exited { code, oom_killed: false } => format!("has exited with code {code}"),
            Self::Dead => "is dead".to_owned(),
            Self::Removing => "is being removed".to_owned(),
            Self::Unknown => "is on a host that does not answer".to_owned(),
        }
    }
}

/// A port of a container that the host publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedPort {
    /// The port in the container.
    pub container: u16,
    /// The address on the host.
    pub host_ip: IpAddr,
    /// The port on the host.
    pub host: u16,
}

impl PublishedPort {
    /// The address to reach it on the host itself. A port on every address is reached at the loopback address.
    pub const fn on_its_host(&self) -> SocketAddr {
        let ip = match self.host_ip {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            other => other,
        };
        SocketAddr::new(ip, self.host)
    }

    /// The `host:port` of it as seen from here. `engine_host` is the host of its Engine if that is another machine.
    pub fn reached_at(&self, engine_host: Option<&str>) -> String {
        match (self.host_ip.is_unspecified(), engine_host) {
            (true, Some(name)) if name.contains(':') => format!("[{name}]:{}", self.host),
            (true, Some(name)) => format!("{name}:{}", self.host),
            (true, None) | (false, _) => self.on_its_host().to_string(),
        }
    }
}

/// The content of a stopped node's own configuration file. Redis and Sentinel rewrite it at every change of role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredState {
    /// The file of a Redis node.
    Redis {
        /// Where the others reached it at that time.
        address: Option<SocketAddrV4>,
        /// The master that it followed; `None` when it was a master.
        replica_of: Option<SocketAddrV4>,
        /// Whether no Sentinel promotes it, as a replica that has never been in sync.
        never_promoted: bool,
        /// The data in its volume; `None` if the cluster keeps none, or if they could not be examined.
        data: Option<StoredData>,
    },
    /// The file of a Sentinel: each group's master and the epoch of that knowledge (higher is newer).
    Sentinel {
        /// The masters by group name.
        masters: BTreeMap<String, StoredMaster>,
    },
}

/// The data in a stopped Redis node's volume, judged by the names and sizes of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredData {
    /// No file that the server would load: it would start empty.
    Nothing,
    /// The server would load every file.
    Whole(DataFacts),
    /// Some of the files are missing that the server would load.
    Damaged {
        /// Which file is missing.
        why: String,
    },
    /// The server ended again and again when it loaded the files.
    Unloadable {
        /// Its log line about that.
        said: String,
    },
}

/// What distinguishes copies of the same data, ordered by which has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataFacts {
    /// When a write last reached the files, in seconds since the epoch.
    pub changed_at: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A master in a Sentinel's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMaster {
    /// The address of the master.
    pub address: SocketAddrV4,
    /// The configuration epoch; the highest is the last failover that won.
    pub config_epoch: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_on_every_address_is_reached_where_the_engine_is() {
        let port = |ip: &str| PublishedPort { container: 6379, host_ip: ip.parse().expect("an address"), host: 7000 };
        assert_eq!(port("0.0.0.0").reached_at(None), "127.0.0.1:7000");
        assert_eq!(port("0.0.0.0").reached_at(Some("docker.example")), "docker.example:7000");
        assert_eq!(port("::").reached_at(Some("fd00::1")), "[fd00::1]:7000");
        assert_eq!(port("192.168.1.2").reached_at(Some("docker.example")), "192.168.1.2:7000");
        assert_eq!(port("127.0.0.1").reached_at(Some("docker.example")), "127.0.0.1:7000");
    }
}
