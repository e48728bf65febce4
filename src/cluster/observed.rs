//! Observed state: the Engine's report of a cluster ([`Inventory`]) and its servers' answers ([`Topology`]).
//!
//! Types only; [`crate::engine`] and [`crate::servers`] fill them. Disagreement is kept: two Sentinels that name two
//! masters, two nodes that both claim to be master, a node that does not answer are all values here, not errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use crate::spec::{Group, NodeId, Resources, Spec, Subnet};

/// The observed state of one cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The Engine's report.
    pub inventory: Inventory,
    /// The answers of the servers.
    pub topology: Topology,
}

impl Observed {
    /// The observed state from both sources.
    pub const fn new(inventory: Inventory, topology: Topology) -> Self {
        Self { inventory, topology }
    }

    /// Whether a node's container runs, paused or not, so that its server knows more than its files.
    pub fn runs(&self, node: NodeId) -> bool {
        let state = self.inventory.nodes.get(&node).map(|facts| &facts.state);
        matches!(state, Some(NodeState::Running | NodeState::Paused | NodeState::Restarting))
    }

    /// Whether a node runs and answers.
    pub fn is_up(&self, node: NodeId) -> bool {
        let running = self.inventory.nodes.get(&node).is_some_and(|facts| facts.state == NodeState::Running);
        let said = match node {
            NodeId::Redis { .. } => self.topology.redis.get(&node).and_then(Answer::said).is_some(),
            NodeId::Sentinel(_) => self.topology.sentinels.get(&node).and_then(Answer::said).is_some(),
            NodeId::Proxy(_) => self.topology.proxies.get(&node).and_then(Answer::said).is_some(),
        };
        running && said
    }
}

/// The Engine's objects with a cluster's labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Its network, if there is one.
    pub network: Option<NetworkFacts>,
    /// Its volumes, by node.
    pub volumes: BTreeMap<NodeId, VolumeFacts>,
    /// Its containers, by node.
    pub nodes: BTreeMap<NodeId, NodeFacts>,
    /// The specification that was last recorded with the cluster.
    pub recorded: Option<Spec>,
}

impl Inventory {
    /// The node that lives at an address, or would if it were there.
    pub fn node_at(&self, address: Ipv4Addr) -> Option<NodeId> {
        let there = self.nodes.iter().find(|(_, facts)| facts.address == Some(address)).map(|(node, _)| *node);
        there.or_else(|| self.network.as_ref()?.subnet.node_at(address))
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
}

/// A node's container.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    /// The Engine's id of the container.
    pub container_id: String,
    /// The name of the container.
    pub name: String,
    /// The image reference that it was made from.
    pub image: String,
    /// The id of that image, by the record of the cluster; `None` if it was not recorded.
    pub image_id: Option<String>,
    /// The state of the container.
    pub state: NodeState,
    /// Its pinned address.
    pub address: Option<Ipv4Addr>,
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
    /// When it was created, RFC 3339, as the Engine gave it.
    pub created_at: String,
    /// When it was last started, RFC 3339; `None` when it never was.
    pub started_at: Option<String>,
    /// When it ended last, in seconds since the epoch; `None` when it never did.
    pub ended_at: Option<u64>,
    /// How often its restart policy has restarted it since it was last started.
    pub restarts: u64,
    /// The content of its volume, read when it does not run. `None` where there is nothing to read.
    pub stored: Option<StoredState>,
    /// A foreign snapshot in its volume that its server would not load.
    pub foreign_snapshot: Option<String>,
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
        }
    }

    /// The exit code of a container that ended.
    pub const fn exit_code(&self) -> Option<i64> {
        match self {
            Self::Exited { code, .. } => Some(*code),
            Self::Created | Self::Running | Self::Paused | Self::Restarting | Self::Dead | Self::Removing => None,
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
}

/// The content of a stopped node's own configuration file. Redis and Sentinel rewrite it at every change of role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredState {
    /// The file of a Redis node.
    Redis {
        /// Its own address at that time.
        address: Option<Ipv4Addr>,
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

/// The answers of all servers. A node that was not asked (it does not run) is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    pub redis: BTreeMap<NodeId, Answer<RedisView>>,
    pub sentinels: BTreeMap<NodeId, Answer<SentinelView>>,
    pub proxies: BTreeMap<NodeId, Answer<ProxyView>>,
}

/// The answer of a server, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// The server answered.
    Says(T),
    /// It runs a script of an application (`-BUSY`) and answers nothing else until that ends.
    Busy {
        /// Whether Redis refused to end the script (`-UNKILLABLE`), because it has written.
        is_unkillable: bool,
    },
    /// It did not answer, for this reason: "no answer within 1 s", "connection refused", "WRONGPASS …".
    Silent(String),
}

impl<T> Answer<T> {
    /// The answer, if there is one.
    pub fn said(&self) -> Option<&T> {
        match self {
            Self::Says(value) => Some(value),
            Self::Busy { .. } | Self::Silent(_) => None,
        }
    }
}

/// The answers of one Redis node (`INFO`, `CONFIG GET`).
#[derive(Clone, Debug, PartialEq)]
pub struct RedisView {
    /// `redis_version`, or `valkey_version` where there is one.
    pub version: String,
    /// `redis` or `valkey`.
    pub server: String,
    /// The role that it reports.
    pub role: RoleView,
    /// Its replication offset in bytes: `master_repl_offset`, or `slave_repl_offset` of a replica.
    pub offset: i64,
    /// `master_replid`, the id of its history.
    pub replication_id: String,
    /// How far it is with loading its data; `None` when it is not loading.
    pub loading: Option<Loading>,
    /// `used_memory` in bytes.
    pub used_memory: u64,
    /// `connected_clients`, the number of connections.
    pub clients: u64,
    /// `uptime_in_seconds`, since its last start.
    pub uptime_seconds: u64,
    /// `slave_priority`; 0 is never promoted.
    pub replica_priority: u32,
    /// Number of keys in all databases (`INFO keyspace`).
    pub keys: u64,
    /// The directives that redos manages, from `CONFIG GET`.
    pub config: BTreeMap<String, String>,
    /// Its users that differ from those that redos created.
    pub users: OtherUsers,
    /// Whether its login at its master is not the one that redos gave it.
    pub has_other_login: bool,
}

/// The tolerance for a replica's link that ended earlier than its master, in seconds.
///
/// Within it the replica has all writes. Both times are truncated to seconds, and the Engine notes the end of a
/// container somewhat later.
const END_MARGIN: u64 = 2;

impl RedisView {
    /// Whether this replica followed its master until that ended, and so has all acknowledged writes.
    pub fn followed_until(&self, ended_at: u64) -> bool {
        let RoleView::Replica { link_down_at: Some(broke), syncing: false, .. } = self.role else { return false };
        self.loading.is_none() && broke + END_MARGIN >= ended_at
    }
}

/// The users of a Redis node or a Sentinel that differ from those that redos created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherUsers {
    /// The users that redos did not create.
    pub unknown: BTreeSet<String>,
    /// The users that redos created and that have other rights or passwords, or are gone.
    pub changed: BTreeSet<String>,
}

/// The progress of a Redis node that loads its data. It serves no client until it has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loading {
    /// `loading_loaded_perc`, truncated to an integer.
    pub percent: u8,
    /// `loading_eta_seconds`, the server's estimate.
    pub seconds_left: u64,
}

impl fmt::Display for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A server that has nothing to estimate from answers days.
            Self { percent: 0, .. } => f.write_str("0 % so far"),
            Self { percent, seconds_left } => write!(f, "{percent} % so far, about {seconds_left} s left"),
        }
    }
}

/// The role that a Redis node reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleView {
    /// A master, with the replicas that are attached to it.
    Master {
        /// The replicas that it lists.
        replicas: Vec<AttachedReplica>,
    },
    /// A replica with its link.
    Replica {
        /// The address of its master.
        master: SocketAddrV4,
        /// Whether `master_link_status` is `up`.
        link_up: bool,
        /// Whether `master_sync_in_progress` is 1.
        syncing: bool,
        /// `master_last_io_seconds_ago`; `None` while the link is down.
        last_io_seconds: Option<u64>,
        /// When the link broke, in seconds since the epoch. `None` while it is up, and when it never was.
        link_down_at: Option<u64>,
    },
}

/// A replica as its master lists it (`slaveN:` in `INFO replication`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedReplica {
    /// The address that it announced.
    pub address: SocketAddrV4,
    /// `online`, `send_bulk`, `wait_bgsave`, …
    pub state: String,
    /// The offset that it last acknowledged.
    pub offset: i64,
    /// Seconds since that acknowledgement.
    pub lag_seconds: u64,
}

/// The answers of one Sentinel.
#[derive(Clone, Debug, PartialEq)]
pub struct SentinelView {
    /// The answer to `SENTINEL MYID`.
    pub id: String,
    /// `redis_version` or `valkey_version`.
    pub version: String,
    /// `uptime_in_seconds`, since its last start.
    pub uptime_seconds: u64,
    /// Whether it is in TILT, and so does not act.
    pub tilt: bool,
    /// The masters that it watches, by group name.
    pub masters: BTreeMap<String, WatchedMaster>,
    /// Its users that differ from those that redos created.
    pub users: OtherUsers,
}

/// The view of one Sentinel of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedMaster {
    /// The master's address.
    pub address: SocketAddrV4,
    /// Its flags: `master`, `s_down`, `o_down`, `failover_in_progress`, …
    pub flags: BTreeSet<String>,
    /// The setting `quorum` of the group.
    pub quorum: u16,
    /// `down-after-milliseconds` of the group.
    pub down_after: u64,
    /// `failover-timeout` in milliseconds.
    pub failover_timeout: u64,
    /// The setting `parallel-syncs` of the group.
    pub parallel_syncs: u16,
    /// `config-epoch`, the number of the last failover.
    pub config_epoch: u64,
    /// How long it has considered the master down, in milliseconds (`s-down-time`); `None` while it does not.
    pub down_for: Option<u64>,
    /// The replicas that it knows.
    pub replicas: Vec<WatchedReplica>,
    /// The other Sentinels that it knows.
    pub peers: Vec<WatchedPeer>,
    /// The answer to `SENTINEL CKQUORUM`: `Ok`, or the server's own words, which redos shows and does not read.
    pub quorum_check: Result<(), String>,
}

/// A replica as a Sentinel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedReplica {
    /// The address of the replica.
    pub address: SocketAddrV4,
    /// Its flags: `slave`, `s_down`, `disconnected`, …
    pub flags: BTreeSet<String>,
    /// `slave-priority` as of the last `INFO` that this Sentinel read.
    pub priority: u32,
    /// How long its link to its master has been down, in milliseconds (`master-link-down-time`). 0 while it is up.
    pub link_down_for: u64,
    /// How long it has reported to be a master, in milliseconds (`role-reported-time`). `None` while it reports to be a
    /// replica.
    pub claims_for: Option<u64>,
}

/// Another Sentinel as a Sentinel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPeer {
    /// Its run id.
    pub id: String,
    /// The address of the Sentinel.
    pub address: SocketAddrV4,
    /// Its flags: `sentinel`, `s_down`, …
    pub flags: BTreeSet<String>,
    /// Milliseconds since it last answered a `PING` of this Sentinel: `last-ok-ping-reply`.
    pub silent_for: u64,
}

/// The behaviour of one proxy, found out by using it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyView {
    /// The version of HAProxy.
    pub version: String,
    /// For each group, where a write goes and which nodes serve reads.
    pub routes: BTreeMap<Group, ProxyRoute>,
    /// The Redis nodes and Sentinels that it checks. The other slots of its configuration are in maintenance.
    pub checked: BTreeSet<NodeId>,
    /// Its slot for a server outside of the cluster. `None` when it has none, or when that is in maintenance.
    pub existing: Option<ExistingPlace>,
    /// Its published ports that clients cannot reach it by, while its own address serves; each with the reason.
    ///
    /// Empty if they cannot be tried from here.
    pub dead_ports: BTreeMap<PublishedPort, String>,
}

/// A proxy's slot for a server outside of the cluster, which takes the writes while it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingPlace {
    /// The replication id of the master at the write port; `None` when none answers. An in-sync replica has the same
    /// one, which shows that it copies this master.
    pub replication_id: Option<String>,
}

/// The routes of one group through one proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyRoute {
    /// The node that gets writes; `None` when none does.
    pub write: Option<NodeId>,
    /// The nodes that get reads.
    pub read: BTreeSet<NodeId>,
}
