//! Observed state: what the Engine says of a cluster ([`Inventory`]) and what its servers say ([`Topology`]).
//!
//! Types only; [`crate::engine`] and [`crate::servers`] fill them. Disagreement is kept: two Sentinels that name two
//! masters, two nodes that both claim to be master, a node that does not answer are all values here, not errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use crate::spec::{Group, NodeId, Resources, Spec, Subnet};

/// All that was observed of one cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// What the Engine says.
    pub inventory: Inventory,
    /// What the servers say.
    pub topology: Topology,
}

impl Observed {
    /// Both together.
    pub const fn new(inventory: Inventory, topology: Topology) -> Self {
        Self { inventory, topology }
    }

    /// Whether a node's container runs in some way, so that its server knows more than its files.
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

/// What carries a cluster's labels on the Engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Its network.
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
    /// Its name.
    pub name: String,
    /// The subnet that Docker picked.
    pub subnet: Subnet,
    /// The host's address on it.
    pub gateway: Ipv4Addr,
    /// Whether redos made it for this cluster, and so removes it.
    pub is_own: bool,
    /// The containers on it that are not the cluster's, by name.
    pub guests: BTreeSet<String>,
}

/// A node's volume.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeFacts {
    /// Its name.
    pub name: String,
}

/// A node's container.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    /// The Engine's id of the container.
    pub container_id: String,
    /// Its name.
    pub name: String,
    /// The image reference that it was made from.
    pub image: String,
    /// The id of that image, by the cluster's record of when it was made; absent where that was not kept.
    pub image_id: Option<String>,
    /// What it is doing.
    pub state: NodeState,
    /// Its pinned address.
    pub address: Option<Ipv4Addr>,
    /// The Engine's id of the network that this address is of, which may be gone; absent when somebody took it off.
    pub network_id: Option<String>,
    /// Its names on that network beside its own.
    pub aliases: BTreeSet<String>,
    /// The memory and CPUs that it may use.
    pub resources: Resources,
    /// Its published ports.
    pub ports: Vec<PublishedPort>,
    /// Hash of what it was made from: the label `dev.redos.spec-hash`.
    pub spec_hash: String,
    /// When it was created, RFC 3339, as the Engine gave it.
    pub created_at: String,
    /// When it was last started, RFC 3339; absent when it never was.
    pub started_at: Option<String>,
    /// When it ended last, in seconds since the epoch; absent when it never did.
    pub ended_at: Option<u64>,
    /// How often its restart policy has started it again since somebody last started it.
    pub restarts: u64,
    /// What its volume holds, read when it does not run and so cannot be asked. Absent where there is nothing to read.
    pub stored: Option<StoredState>,
    /// A snapshot that somebody put into its volume while it was stopped, and that its server would not load.
    pub foreign_snapshot: Option<String>,
}

/// The state of a container. Each wants an answer of its own, so there is no "other".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Made, never started.
    Created,
    /// Running.
    Running,
    /// Frozen by `docker pause`.
    Paused,
    /// Died, and its restart policy is starting it again.
    Restarting,
    /// Ended.
    Exited {
        /// Its exit code.
        code: i64,
        /// Whether it ran out of memory: the kernel killed it.
        oom_killed: bool,
    },
    /// Could not be removed or stopped; only removal by force helps.
    Dead,
    /// Being removed.
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

    /// The state as the end of a sentence that begins with the node: "is paused".
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

/// A port of a container that the host listens on.
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
    /// Where it is reached on the host itself: one on every address at the loopback address.
    pub const fn on_its_host(&self) -> SocketAddr {
        let ip = match self.host_ip {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            other => other,
        };
        SocketAddr::new(ip, self.host)
    }
}

/// What a stopped node's own configuration file says. Redis and Sentinel rewrite it at every change of role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredState {
    /// A Redis node's.
    Redis {
        /// Its own address when it was written.
        address: Option<Ipv4Addr>,
        /// Whom it followed; absent when it was a master.
        replica_of: Option<SocketAddrV4>,
        /// Whether no Sentinel promotes it, as a replica that has never been in sync.
        never_promoted: bool,
        /// The data in its volume; absent where the cluster keeps none, or where they could not be looked at.
        data: Option<StoredData>,
    },
    /// A Sentinel's: the master of each group and the epoch of that knowledge (higher is newer).
    Sentinel {
        /// By group name.
        masters: BTreeMap<String, StoredMaster>,
    },
}

/// The data in a stopped Redis node's volume, as far as the names and sizes of the files tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredData {
    /// No file that the server would load: it would start empty.
    Nothing,
    /// Every file that the server would load.
    Whole(DataFacts),
    /// Some of the files that the server would load, but not all.
    Damaged {
        /// Which file is missing.
        why: String,
    },
    /// Files that the server ended of when it loaded them, again and again.
    Unloadable {
        /// The line of its log that says so.
        said: String,
    },
}

/// What tells copies of the same data apart. Ordered by which of two has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataFacts {
    /// When a write last reached the files, in seconds since the epoch.
    pub changed_at: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A Sentinel's written word on a group's master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMaster {
    /// Its address.
    pub address: SocketAddrV4,
    /// The configuration epoch; the highest is the last failover that won.
    pub config_epoch: u64,
}

/// What every server of the cluster says. A node that was not asked (it does not run) is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Redis nodes.
    pub redis: BTreeMap<NodeId, Answer<RedisView>>,
    /// Sentinels.
    pub sentinels: BTreeMap<NodeId, Answer<SentinelView>>,
    /// Proxies.
    pub proxies: BTreeMap<NodeId, Answer<ProxyView>>,
}

/// What a server said, or why it said nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// It answered.
    Says(T),
    /// It runs a script of an application (`-BUSY`) and answers nothing else until that ends.
    Busy {
        /// Whether Redis has refused to end the script (`-UNKILLABLE`), as it does when that has written.
        is_unkillable: bool,
    },
    /// It did not, for this reason: "no answer within 1 s", "connection refused", "WRONGPASS …".
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

/// What one Redis node says of itself (`INFO`, `CONFIG GET`).
#[derive(Clone, Debug, PartialEq)]
pub struct RedisView {
    /// `redis_version`, or `valkey_version` where there is one.
    pub version: String,
    /// `redis` or `valkey`.
    pub server: String,
    /// What it believes to be.
    pub role: RoleView,
    /// Its replication offset in bytes: `master_repl_offset`, or `slave_repl_offset` of a replica.
    pub offset: i64,
    /// `master_replid`.
    pub replication_id: String,
    /// How far it is with loading its data; absent when it has loaded them.
    pub loading: Option<Loading>,
    /// `used_memory` in bytes.
    pub used_memory: u64,
    /// `connected_clients`.
    pub clients: u64,
    /// `uptime_in_seconds`.
    pub uptime_seconds: u64,
    /// `slave_priority`; 0 is never promoted.
    pub replica_priority: u32,
    /// Number of keys in all databases (`INFO keyspace`).
    pub keys: u64,
    /// The directives that redos manages, as `CONFIG GET` gives them.
    pub config: BTreeMap<String, String>,
    /// Its users that are not as redos made them.
    pub users: OtherUsers,
    /// Whether its login at a master is none that redos gave it.
    pub has_other_login: bool,
}

/// How much earlier than its master ended a replica's link may have broken, in seconds, for it to have followed to the end.
/// Both times are cut to whole seconds, and the Engine notes the end of a container somewhat later.
const END_MARGIN: u64 = 2;

impl RedisView {
    /// Whether this is a replica that followed its master until that ended, and so has all that was acknowledged.
    pub fn followed_until(&self, ended_at: u64) -> bool {
        let RoleView::Replica { link_down_at: Some(broke), syncing: false, .. } = self.role else { return false };
        self.loading.is_none() && broke + END_MARGIN >= ended_at
    }
}

/// The users of a Redis node or a Sentinel that are not as redos made them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherUsers {
    /// Those that redos did not make.
    pub unknown: BTreeSet<String>,
    /// Those that redos made and that have other rights or passwords, or are gone.
    pub changed: BTreeSet<String>,
}

/// How far a Redis node is that loads its data. Until it has all of them it serves nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loading {
    /// `loading_loaded_perc`, without what is behind the point.
    pub percent: u8,
    /// `loading_eta_seconds`.
    pub seconds_left: u64,
}

impl fmt::Display for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What the server guesses from nothing is days.
            Self { percent: 0, .. } => f.write_str("0 % so far"),
            Self { percent, seconds_left } => write!(f, "{percent} % so far, about {seconds_left} s left"),
        }
    }
}

/// What a Redis node believes to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleView {
    /// A master, with the replicas that are attached to it.
    Master {
        /// As it lists them.
        replicas: Vec<AttachedReplica>,
    },
    /// A replica.
    Replica {
        /// Of this node.
        master: SocketAddrV4,
        /// `master_link_status:up`.
        link_up: bool,
        /// `master_sync_in_progress:1`.
        syncing: bool,
        /// `master_last_io_seconds_ago`; absent while the link is down.
        last_io_seconds: Option<u64>,
        /// When the link broke, in seconds since the epoch; absent while it is up, and when it never was.
        link_down_at: Option<u64>,
    },
}

/// A replica as its master lists it (`slaveN:` in `INFO replication`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedReplica {
    /// Its announced address.
    pub address: SocketAddrV4,
    /// `online`, `send_bulk`, `wait_bgsave`, …
    pub state: String,
    /// The offset that it last acknowledged.
    pub offset: i64,
    /// Seconds since that acknowledgement.
    pub lag_seconds: u64,
}

/// What one Sentinel says.
#[derive(Clone, Debug, PartialEq)]
pub struct SentinelView {
    /// `SENTINEL MYID`.
    pub id: String,
    /// `redis_version` or `valkey_version`.
    pub version: String,
    /// `uptime_in_seconds`.
    pub uptime_seconds: u64,
    /// Whether it is in TILT, and so does not act.
    pub tilt: bool,
    /// What it watches, by group name.
    pub masters: BTreeMap<String, WatchedMaster>,
    /// Its users that are not as redos made them.
    pub users: OtherUsers,
}

/// What one Sentinel says of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedMaster {
    /// The master's address.
    pub address: SocketAddrV4,
    /// Its flags: `master`, `s_down`, `o_down`, `failover_in_progress`, …
    pub flags: BTreeSet<String>,
    /// `quorum`.
    pub quorum: u16,
    /// `down-after-milliseconds`.
    pub down_after: u64,
    /// `failover-timeout` in milliseconds.
    pub failover_timeout: u64,
    /// `parallel-syncs`.
    pub parallel_syncs: u16,
    /// `config-epoch`.
    pub config_epoch: u64,
    /// How long it has held the master to be down, in milliseconds (`s-down-time`); absent while it does not.
    pub down_for: Option<u64>,
    /// The replicas that it knows.
    pub replicas: Vec<WatchedReplica>,
    /// The other Sentinels that it knows.
    pub peers: Vec<WatchedPeer>,
    /// `SENTINEL CKQUORUM`: `Ok`, or what it complains of.
    pub quorum_check: Result<(), String>,
}

/// A replica as a Sentinel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedReplica {
    /// Its address.
    pub address: SocketAddrV4,
    /// Its flags: `slave`, `s_down`, `disconnected`, …
    pub flags: BTreeSet<String>,
    /// `slave-priority` as of the last `INFO` that this Sentinel read.
    pub priority: u32,
    /// How long its link to its master has been down, in milliseconds (`master-link-down-time`); 0 while it is up.
    pub link_down_for: u64,
    /// How long it has said that it is a master, in milliseconds (`role-reported-time`); absent while it says that it is a
    /// replica.
    pub claims_for: Option<u64>,
}

/// Another Sentinel as a Sentinel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPeer {
    /// Its run id.
    pub id: String,
    /// Its address.
    pub address: SocketAddrV4,
    /// Its flags: `sentinel`, `s_down`, …
    pub flags: BTreeSet<String>,
    /// Milliseconds since it last answered a `PING` of this Sentinel: `last-ok-ping-reply`.
    pub silent_for: u64,
}

/// What one proxy does, found out by using it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyView {
    /// HAProxy's version.
    pub version: String,
    /// Per group: where a write goes and which nodes are in the read rotation.
    pub routes: BTreeMap<Group, ProxyRoute>,
    /// The Redis nodes and Sentinels that it checks at all; the other slots of its configuration are in maintenance.
    pub checked: BTreeSet<NodeId>,
    /// Its place for a server outside of the cluster; absent when it has none, or when that is in maintenance.
    pub existing: Option<ExistingPlace>,
    /// Its published ports for clients that do not lead to it, while its own address serves; each with why. None of them
    /// is known where they cannot be tried.
    pub dead_ports: BTreeMap<PublishedPort, String>,
}

/// A proxy's place for a server outside of the cluster, which has the writes as long as it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingPlace {
    /// The replication id of the master that answers at the write port; absent when none does. A replica in sync has the
    /// same one, which shows that it copies this master.
    pub replication_id: Option<String>,
}

/// The ways of one group through one proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyRoute {
    /// The node that gets writes; absent when none does.
    pub write: Option<NodeId>,
    /// The nodes that get reads.
    pub read: BTreeSet<NodeId>,
}
