//! Desired state, pure: what a cluster should be, and its configuration files.
//!
//! This room knows nothing of Docker or of running servers. It does no IO, reads no clock and takes random bytes as an
//! argument. [`Spec`] cannot hold an impossible cluster: [`settings`] refuses that with all problems at once.

pub mod address;
pub mod containers;
pub mod encryption;
pub mod hosts;
pub mod images;
pub mod names;
pub mod own_users;
pub mod parse;
pub mod patterns;
pub mod placement;
pub mod recipients;
pub mod render;
pub mod restoring;
pub mod secret;
pub mod settings;
pub mod time;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use address::Subnet;
pub use containers::{ContainerSettings, Log, Resources};
pub use encryption::{Encryption, ServerNames, TlsSettings};
pub use hosts::{Host, HostName, Hosts};
pub use images::{FormerImages, ImageChoice, Images, Modules, Release, UsedImage, UsedImages};
pub use names::{ClusterName, DEFAULT_CLUSTER, Group, NodeId, Role};
pub use own_users::OwnUsers;
pub use parse::ParseError;
pub use patterns::Patterns;
pub use placement::Placement;
pub use recipients::{BackupSettings, Recipients};
pub use restoring::Restoring;
pub use secret::{Certified, Secret, Secrets};

/// The version of every document that redos reads or writes.
pub const API_VERSION: &str = "redos/v1";
/// The version of this redos.
pub const REDOS_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The port of Redis inside its container (Redis's own default).
pub const REDIS_PORT: u16 = 6379;
/// The port of a Redis node for clients without TLS, beside that with TLS, while a cluster serves both.
pub const PLAIN_PORT: u16 = 6380;
/// The port of a Sentinel inside its container (Redis's own default).
pub const SENTINEL_PORT: u16 = 26379;
/// The port of the proxy's statistics page and metrics inside its container.
pub const STATS_PORT: u16 = 8404;
/// The path on [`STATS_PORT`] of all statistics. `/` redirects people to [`STATS_PAGE`], which has what clients use.
pub const STATS_PATH: &str = "/haproxy_all";
/// The path on [`STATS_PORT`] of the statistics page for people.
pub const STATS_PAGE: &str = "/haproxy_stats";
/// The port of the proxy's Runtime API on the cluster's network. It needs a password and is never published.
pub const RUNTIME_API_PORT: u16 = 9999;
/// The port of the exporter's metrics on the cluster's network. It is never published: the proxies lead to it.
pub const EXPORTER_PORT: u16 = 9121;
/// The port at which a guard says what it watches, on the cluster's network. It is never published.
pub const GUARD_PORT: u16 = 9122;
/// The distance of the published ports of two consecutive proxies.
pub const PROXY_PORT_STEP: u16 = 100;
/// The user and group of every node. No file of an image belongs to it, so that it fits all images.
pub const NODE_UID: u32 = 10_001;
/// The mount point of a node's volume, with its configuration, its secrets, and for Redis its data.
pub const NODE_DIR: &str = "/data";

/// One cluster, complete: every value is decided. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Its name, which prefixes the names of all its Docker objects.
    pub name: ClusterName,
    /// The number of master groups, at least 1.
    pub masters: u16,
    /// The number of replicas of each master.
    pub replicas: u16,
    /// The number of Sentinels, which watch all groups.
    pub sentinels: u16,
    /// The quorum: how many Sentinels must agree that a master is down.
    pub quorum: u16,
    /// The number of HAProxy nodes.
    pub proxies: u16,
    /// Whether there is an exporter of metrics.
    #[serde(default)]
    pub exporter: bool,
    /// Whether there is a guard beside each proxy.
    #[serde(default)]
    pub guard: bool,
    /// The published ports of the first proxy.
    pub ports: Ports,
    /// The network that its nodes are on.
    #[serde(default)]
    pub network: NetworkChoice,
    /// The hosts that its nodes are on. None for a cluster on one Engine, which needs no name.
    #[serde(default)]
    pub hosts: Hosts,
    /// Which node is on which of them.
    #[serde(default, skip_serializing_if = "Placement::is_empty")]
    pub placement: Placement,
    /// Whether connections to its Redis nodes and Sentinels are encrypted.
    #[serde(default)]
    pub encryption: Encryption,
    /// What encrypted connections are made with.
    #[serde(default)]
    pub tls: TlsSettings,
    /// Memory, CPUs, limits, logs and labels of its containers.
    #[serde(default)]
    pub containers: ContainerSettings,
    /// What Redis keeps on disk.
    pub persistence: Persistence,
    /// Further directives of `redis.conf`, by name. Those that redos sets itself are refused.
    pub redis: BTreeMap<String, String>,
    /// The values of those directives as the server writes them, where that differs from the given text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub served: BTreeMap<String, String>,
    /// The values that replace directives which were given once and are not any more, by name.
    ///
    /// A running server keeps a directive until it gets another value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_back: BTreeMap<String, String>,
    /// The rights of applications on channels.
    #[serde(default)]
    pub pubsub: PubSub,
    /// Further users of Redis nodes and Sentinels.
    #[serde(default)]
    pub users: OwnUsers,
    /// The times of the Sentinels.
    pub sentinel: SentinelSettings,
    /// The checks of the proxies, and their number of slots.
    pub proxy: ProxySettings,
    /// How its backups are made.
    #[serde(default)]
    pub backup: BackupSettings,
    /// Where the images come from.
    pub images: Images,
    /// The images that redos found. Every new node runs them.
    #[serde(default, skip_serializing_if = "UsedImages::is_empty")]
    pub used: UsedImages,
    /// The images before the last change of them, to which `redos upgrade --to-previous` goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Box<FormerImages>>,
    /// The server outside of the cluster that takes the writes, if any.
    #[serde(default)]
    pub follow: Follow,
    /// The backup that its first data are being copied from, until all of them are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeding: Option<String>,
    /// A restore that has begun: which data replace those of which group. It is kept in the record of the cluster until all nodes
    /// of the group have the new data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoring: Option<Restoring>,
}

/// Whether the cluster follows a server outside of it: an existing Redis that the user migrates from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Follow {
    /// It never followed a server.
    #[default]
    Nobody,
    /// It is a standby of this server, which takes the writes.
    Existing(SocketAddrV4),
    /// It was a standby of this server and takes over, or has taken over. The address is kept, because an interrupted
    /// take-over must go on from there.
    Left(SocketAddrV4),
}

impl Follow {
    /// The server that it follows.
    pub const fn existing(self) -> Option<SocketAddrV4> {
        match self {
            Self::Existing(address) => Some(address),
            Self::Nobody | Self::Left(_) => None,
        }
    }

    /// The same cluster when it should not follow a server any more.
    #[must_use]
    pub const fn left(self) -> Self {
        match self {
            Self::Nobody => Self::Nobody,
            Self::Existing(address) | Self::Left(address) => Self::Left(address),
        }
    }
}

/// Published ports and the address that they are published on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ports {
    /// The host address; 127.0.0.1 by default.
    pub bind: IpAddr,
    /// The port for writes of the first group; 0 lets Docker choose all ports. Group g has this plus 2(g-1).
    pub write: u16,
    /// The port for reads of the first group. Group g has this plus 2(g-1).
    pub read: u16,
    /// The port of the statistics page and metrics.
    pub stats: u16,
    /// The first port of Redis nodes and Sentinels on the hosts of a cluster that has several.
    #[serde(default = "first_node_port")]
    pub nodes: u16,
}

/// The default of [`Ports::nodes`]. No service is registered there, and the ports of a cluster end below 9,140.
const fn first_node_port() -> u16 {
    7100
}

/// The network of the nodes: one of the cluster's own, or an existing one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkChoice {
    /// The subnet of its own network; `None` for one of Docker's address pools.
    pub subnet: Option<Subnet>,
    /// The name of an existing network, which redos neither creates nor removes.
    pub name: Option<String>,
}

/// What Redis keeps on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Persistence {
    /// Append-only file, snapshots, both or none.
    pub mode: PersistenceMode,
    /// An absolute host directory with one folder per node; `None` for a named volume per node.
    pub dir: Option<PathBuf>,
    /// The prefix of `dump.rdb` and `appendonly.aof`.
    pub file_prefix: String,
}

/// Which files Redis keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersistenceMode {
    /// Append-only file (fsync every second) and snapshots.
    Both,
    /// Append-only file only.
    Aof,
    /// Snapshots only, no append-only file.
    Rdb,
    /// Nothing: a node that restarts is empty.
    None,
}

impl PersistenceMode {
    /// Whether an append-only file is kept.
    pub const fn has_aof(self) -> bool {
        matches!(self, Self::Both | Self::Aof)
    }

    /// Whether snapshots are kept.
    pub const fn has_rdb(self) -> bool {
        matches!(self, Self::Both | Self::Rdb)
    }
}

/// The rights of applications on channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PubSub {
    /// The patterns that they may use in `PSUBSCRIBE`.
    pub patterns: Patterns,
}

/// The times of the Sentinels in milliseconds, as in `sentinel.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentinelSettings {
    /// Time without an answer after which a Sentinel considers a node down.
    pub down_after: u64,
    /// The time limit of a failover's phases. A failed failover is tried again after twice this time.
    pub failover_timeout: u64,
}

/// The checks of the proxies, and the number of slots in their configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxySettings {
    /// Time between two checks of one Redis node, in milliseconds.
    pub check_interval: u64,
    /// How long a new connection for writes is held while there is no master, in milliseconds. 0 closes it at once.
    #[serde(default = "hold_by_default")]
    pub hold: u64,
    /// Whether it asks nodes and Sentinels over connections that stay open, where its HAProxy has Lua.
    #[serde(default)]
    pub lasting_checks: bool,
    /// The user of the statistics page.
    pub stats_user: String,
    /// Slots for Redis nodes per group.
    pub redis_slots: u16,
    /// Slots for Sentinels, of all groups together.
    pub sentinel_slots: u16,
}

/// The default hold. It is longer than a failover with the default times (1.4 s, and 2 s at worst), and as long as many
/// clients wait for an answer.
const fn hold_by_default() -> u64 {
    3000
}

/// The published ports of one proxy for one group. 0 lets Docker choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupPorts {
    /// The port for writes.
    pub write: u16,
    /// The port for reads from in-sync replicas.
    pub read: u16,
}

impl Spec {
    /// A cluster of this name with every default.
    pub fn with_defaults(name: ClusterName) -> Self {
        Self {
            name,
            masters: 1,
            replicas: 2,
            sentinels: 3,
            quorum: 2,
            proxies: 1,
            exporter: false,
            guard: false,
            ports: Ports {
                bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
                write: 6379,
                read: 6380,
                stats: 8404,
                nodes: first_node_port(),
            },
            network: NetworkChoice::default(),
            hosts: Hosts::default(),
            placement: Placement::default(),
            encryption: Encryption::default(),
            tls: TlsSettings::default(),
            containers: ContainerSettings::default(),
            persistence: Persistence { mode: PersistenceMode::Both, dir: None, file_prefix: String::new() },
            redis: BTreeMap::new(),
            served: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            pubsub: PubSub::default(),
            users: OwnUsers::default(),
            sentinel: SentinelSettings { down_after: 1000, failover_timeout: 3000 },
            proxy: ProxySettings {
                check_interval: 50,
                hold: hold_by_default(),
                lasting_checks: false,
                stats_user: "admin".to_owned(),
                redis_slots: 8,
                sentinel_slots: 7,
            },
            backup: BackupSettings::default(),
            images: Images::default(),
            used: UsedImages::default(),
            follow: Follow::Nobody,
            former: None,
            seeding: None,
            restoring: None,
        }
    }

    /// The node that copies an existing server while the cluster follows one; all others copy this one.
    pub const fn head() -> NodeId {
        NodeId::redis(Group::number(1), 1)
    }

    /// The master groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        (1..=self.masters).map(Group::number)
    }

    /// The Redis nodes of one group, by ordinal.
    pub fn redis_nodes(&self, group: Group) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.replicas + 1).map(move |ordinal| NodeId::redis(group, ordinal))
    }

    /// All Sentinels of the cluster, by ordinal.
    pub fn sentinel_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.sentinels).map(NodeId::Sentinel)
    }

    /// All proxies of the cluster, by ordinal.
    pub fn proxy_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.proxies).map(NodeId::Proxy)
    }

    /// The exporter, if the cluster has one.
    pub fn exporter_node(&self) -> Option<NodeId> {
        self.exporter.then_some(NodeId::Exporter)
    }

    /// The guards, by ordinal: one for each proxy, or none.
    pub fn guard_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=if self.guard { self.proxies } else { 0 }).map(NodeId::Guard)
    }

    /// All nodes of the specification: Redis, Sentinels, proxies, exporter, guards.
    pub fn nodes(&self) -> Vec<NodeId> {
        let redis = self.groups().flat_map(|group| self.redis_nodes(group));
        let others = self.sentinel_nodes().chain(self.proxy_nodes()).chain(self.exporter_node());
        redis.chain(others).chain(self.guard_nodes()).collect()
    }

    /// Why this cluster does not fit into a subnet; `None` when it does.
    pub fn misfit(&self, subnet: Subnet) -> Option<String> {
        let node = self.nodes().into_iter().find(|node| subnet.address(*node).is_none())?;
        let room = subnet.room_in_words();
        Some(format!("the subnet {subnet} has no address for {node}: it has room for {room}"))
    }

    /// The published ports of proxy number `proxy` for a group.
    pub fn published_ports(&self, proxy: u16, group: Group) -> GroupPorts {
        let shift = PROXY_PORT_STEP * self.proxies_before(proxy) + 2 * (group.get() - 1);
        let at = |port: u16| if port == 0 { 0 } else { port + shift };
        GroupPorts { write: at(self.ports.write), read: at(self.ports.read) }
    }

    /// The published port of the statistics page of proxy number `proxy`.
    pub fn published_stats_port(&self, proxy: u16) -> u16 {
        if self.ports.stats == 0 { 0 } else { self.ports.stats + PROXY_PORT_STEP * self.proxies_before(proxy) }
    }

    /// The majority of the Sentinels, which a failover needs beside the quorum.
    pub const fn majority(&self) -> u16 {
        self.sentinels / 2 + 1
    }
}

/// The ports of a group in the proxy's container, the same for every cluster.
pub const fn proxy_group_ports(group: Group) -> GroupPorts {
    let shift = 2 * (group.get() - 1);
    GroupPorts { write: 6379 + shift, read: 6380 + shift }
}
