//! Desired state, pure: what a cluster should be, and the configuration texts that follow from it.
//!
//! This room knows nothing of Docker or of running servers. It does no IO, reads no clock and takes random bytes as an
//! argument. [`Spec`] cannot hold an impossible cluster: [`settings`] refuses that with all problems at once.

pub mod address;
pub mod containers;
pub mod images;
pub mod names;
pub mod parse;
pub mod patterns;
pub mod render;
pub mod secret;
pub mod settings;
pub mod time;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use address::Subnet;
pub use containers::{ContainerSettings, Log, Resources};
pub use images::{ImageChoice, Images, Modules, Release, UsedImage, UsedImages};
pub use names::{ClusterName, DEFAULT_CLUSTER, Group, NodeId, Role};
pub use parse::ParseError;
pub use patterns::Patterns;
pub use secret::{Secret, Secrets};

/// The version of every document that redos reads or writes.
pub const API_VERSION: &str = "redos/v1";

/// The port of Redis inside its container (Redis's own default).
pub const REDIS_PORT: u16 = 6379;
/// The port of a Sentinel inside its container (Redis's own default).
pub const SENTINEL_PORT: u16 = 26379;
/// The port of the proxy's statistics page and metrics inside its container.
pub const STATS_PORT: u16 = 8404;
/// Where on [`STATS_PORT`] all statistics are. People are led from `/` to [`STATS_PAGE`], which has what clients use.
pub const STATS_PATH: &str = "/haproxy_all";
/// Where on [`STATS_PORT`] the statistics page for people is.
pub const STATS_PAGE: &str = "/haproxy_stats";
/// The port of the proxy's Runtime API on the cluster's network. It asks for a password and is never published.
pub const RUNTIME_API_PORT: u16 = 9999;
/// How far the published ports of the second proxy are from those of the first.
pub const PROXY_PORT_STEP: u16 = 100;
/// The user and group that every node runs as. Nothing in an image belongs to it, which is what makes it fit all images.
pub const NODE_UID: u32 = 10_001;
/// Where a node's volume is mounted: its configuration, its secrets, and for Redis its data.
pub const NODE_DIR: &str = "/data";

/// One cluster, complete: every value is decided. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Its name, which is in the name of everything that it has in Docker.
    pub name: ClusterName,
    /// Master groups, at least 1.
    pub masters: u16,
    /// Replicas of each master.
    pub replicas: u16,
    /// Sentinels, which watch all groups.
    pub sentinels: u16,
    /// Sentinels that must agree that a master is down.
    pub quorum: u16,
    /// HAProxies.
    pub proxies: u16,
    /// Published ports.
    pub ports: Ports,
    /// The network that its nodes are on.
    #[serde(default)]
    pub network: NetworkChoice,
    /// What Docker gives its containers.
    #[serde(default)]
    pub containers: ContainerSettings,
    /// What Redis keeps on disk.
    pub persistence: Persistence,
    /// Further directives of `redis.conf`, by name. Those that redos sets itself are refused.
    pub redis: BTreeMap<String, String>,
    /// How the server itself writes the values of those directives that it writes otherwise than they were given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub served: BTreeMap<String, String>,
    /// What servers have in place of the directives that were given once and are not any more, by name. A running server keeps
    /// what it was told until it is told otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_back: BTreeMap<String, String>,
    /// What applications may do with channels.
    #[serde(default)]
    pub pubsub: PubSub,
    /// What the Sentinels wait for.
    pub sentinel: SentinelSettings,
    /// How the proxies check and what they have room for.
    pub proxy: ProxySettings,
    /// Where the images come from.
    pub images: Images,
    /// The images that were found, which every node runs that is made from now on.
    #[serde(default, skip_serializing_if = "UsedImages::is_empty")]
    pub used: UsedImages,
    /// Which server outside of the cluster has the writes.
    #[serde(default)]
    pub follow: Follow,
}

/// Whether the cluster follows a server outside of it: an existing Redis that somebody moves from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Follow {
    /// It never did.
    #[default]
    Nobody,
    /// It is a standby of this server, which has the writes.
    Existing(SocketAddrV4),
    /// It was a standby of this server and takes over, or has taken over. What it was is kept, because a take-over that was
    /// cut off must go on from there.
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

    /// The same cluster, when it is to follow nobody.
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
    /// The host address; 127.0.0.1 unless asked otherwise.
    pub bind: IpAddr,
    /// Writes of the first group; 0 lets Docker choose all ports. Group g has this plus 2(g-1).
    pub write: u16,
    /// Reads of the first group. Group g has this plus 2(g-1).
    pub read: u16,
    /// Statistics page and metrics.
    pub stats: u16,
}

/// The network that the nodes of a cluster are on: one of its own, unless it is to use one that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkChoice {
    /// The subnet of a network of its own; one of Docker's address pools when absent.
    pub subnet: Option<Subnet>,
    /// The name of a network that somebody else has made and removes.
    pub name: Option<String>,
}

/// What Redis keeps on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Persistence {
    /// Append-only file, snapshots, both or none.
    pub mode: PersistenceMode,
    /// A host directory, absolute, with one folder per node in it; a named volume per node when absent.
    pub dir: Option<PathBuf>,
    /// Put before `dump.rdb` and `appendonly.aof`.
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
    /// Snapshots only.
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

/// What applications may do with channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PubSub {
    /// The patterns that they may subscribe to.
    pub patterns: Patterns,
}

/// What the Sentinels wait for. Times in milliseconds, as in `sentinel.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentinelSettings {
    /// Time without an answer after which a Sentinel considers a node down.
    pub down_after: u64,
    /// The time limit of a failover's phases; a failed one is tried again after twice this.
    pub failover_timeout: u64,
}

/// How the proxies check, and for how many nodes their configuration has room before it must be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxySettings {
    /// Time between two checks of one Redis node, in milliseconds.
    pub check_interval: u64,
    /// How long a new connection for writes is held while nobody is master, in milliseconds; 0 closes it at once.
    #[serde(default = "hold_by_default")]
    pub hold: u64,
    /// The user of the statistics page.
    pub stats_user: String,
    /// Redis nodes per group that the configuration has slots for.
    pub redis_slots: u16,
    /// Sentinels that the configuration has slots for.
    pub sentinel_slots: u16,
}

/// Longer than a failover with the default times takes (1.4 s, and 2 s at worst), and as long as many clients wait for an
/// answer.
const fn hold_by_default() -> u64 {
    3000
}

/// The published ports of one proxy for one group. 0 is a port of Docker's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupPorts {
    /// For writes.
    pub write: u16,
    /// For reads from in-sync replicas.
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
            ports: Ports { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), write: 6379, read: 6380, stats: 8404 },
            network: NetworkChoice::default(),
            containers: ContainerSettings::default(),
            persistence: Persistence { mode: PersistenceMode::Both, dir: None, file_prefix: String::new() },
            redis: BTreeMap::new(),
            served: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            pubsub: PubSub::default(),
            sentinel: SentinelSettings { down_after: 1000, failover_timeout: 3000 },
            proxy: ProxySettings {
                check_interval: 50,
                hold: hold_by_default(),
                stats_user: "admin".to_owned(),
                redis_slots: 8,
                sentinel_slots: 7,
            },
            images: Images::default(),
            used: UsedImages::default(),
            follow: Follow::Nobody,
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

    /// The Redis nodes of one group, in order of their ordinals.
    pub fn redis_nodes(&self, group: Group) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.replicas + 1).map(move |ordinal| NodeId::redis(group, ordinal))
    }

    /// All Sentinels.
    pub fn sentinel_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.sentinels).map(NodeId::Sentinel)
    }

    /// All proxies.
    pub fn proxy_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.proxies).map(NodeId::Proxy)
    }

    /// All nodes that the cluster should have, in the order Redis, Sentinels, proxies.
    pub fn nodes(&self) -> Vec<NodeId> {
        let redis = self.groups().flat_map(|group| self.redis_nodes(group));
        redis.chain(self.sentinel_nodes()).chain(self.proxy_nodes()).collect()
    }

    /// Why this cluster does not fit into a subnet; `None` when it does.
    pub fn misfit(&self, subnet: Subnet) -> Option<String> {
        let node = self.nodes().into_iter().find(|node| subnet.address(*node).is_none())?;
        let room = subnet.room_in_words();
        Some(format!("the subnet {subnet} has no address for {node}: it has room for {room}"))
    }

    /// The published ports of proxy number `proxy` for a group.
    pub fn published_ports(&self, proxy: u16, group: Group) -> GroupPorts {
        let shift = PROXY_PORT_STEP * (proxy - 1) + 2 * (group.get() - 1);
        let at = |port: u16| if port == 0 { 0 } else { port + shift };
        GroupPorts { write: at(self.ports.write), read: at(self.ports.read) }
    }

    /// The published port of the statistics page of proxy number `proxy`.
    pub fn published_stats_port(&self, proxy: u16) -> u16 {
        if self.ports.stats == 0 { 0 } else { self.ports.stats + PROXY_PORT_STEP * (proxy - 1) }
    }

    /// How many Sentinels are a majority: what a failover needs beside the quorum.
    pub const fn majority(&self) -> u16 {
        self.sentinels / 2 + 1
    }
}

/// The ports of a group inside the proxy's container, the same for every cluster.
pub const fn proxy_group_ports(group: Group) -> GroupPorts {
    let shift = 2 * (group.get() - 1);
    GroupPorts { write: 6379 + shift, read: 6380 + shift }
}
