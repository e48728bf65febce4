//! The answers of a cluster's servers: Redis nodes, Sentinels, proxies, the exporter and guards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

use super::inventory::PublishedPort;
use crate::spec::encryption::ShownCertificate;
use crate::spec::{Group, NodeId, Release};

/// The answers of all servers. A node that was not asked (it does not run) is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    pub redis: BTreeMap<NodeId, Answer<RedisView>>,
    pub sentinels: BTreeMap<NodeId, Answer<SentinelView>>,
    pub proxies: BTreeMap<NodeId, Answer<ProxyView>>,
    /// `None` where there is no exporter, or where it does not run.
    pub exporter: Option<Answer<ExporterView>>,
    pub guards: BTreeMap<NodeId, Answer<GuardView>>,
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
    /// `maxmemory` in bytes; `None` where it has no limit.
    pub max_memory: Option<u64>,
    /// `instantaneous_ops_per_sec`, which includes the checks of proxies and Sentinels.
    pub operations_per_second: u64,
    /// `total_commands_processed` since its start.
    pub commands: u64,
    /// `total_error_replies` since its start.
    pub error_replies: u64,
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
    /// Its login at its master.
    pub login: MasterLogin,
    /// The certificate that it shows; `None` without TLS.
    pub certificate: Option<ShownCertificate>,
}

/// The tolerance for a replica's link that ended earlier than its master, in seconds.
///
/// Within it the replica has all writes. Both times are truncated to seconds, and the Engine notes the end of a
/// container somewhat later.
const END_MARGIN: u64 = 2;

impl RedisView {
    /// The program and version that it runs.
    pub fn release(&self) -> Release {
        Release { name: self.server.clone(), version: self.version.clone() }
    }

    /// Whether this replica followed its master until that ended, and so has all acknowledged writes.
    pub fn followed_until(&self, ended_at: u64) -> bool {
        let RoleView::Replica { link_down_at: Some(broke), syncing: false, .. } = self.role else { return false };
        self.loading.is_none() && broke + END_MARGIN >= ended_at
    }
}

/// The login of a Redis node at its master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterLogin {
    /// The one that redos gives it.
    Current,
    /// The one of before, while a rotation of passwords is open.
    Former,
    /// One that redos did not give it.
    Foreign,
}

/// The users of a Redis node or a Sentinel that differ from those that redos created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherUsers {
    /// The users that redos did not create.
    pub unknown: BTreeSet<String>,
    /// The users that redos created and that have other rights or passwords, or are gone.
    pub changed: BTreeSet<String>,
    /// The users that differ only in passwords of an open rotation, which they lack or should drop.
    pub outdated: BTreeSet<String>,
    /// The users that redos created for a setting that names them no more.
    pub former: BTreeSet<String>,
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
    /// The certificate that it shows; `None` without TLS.
    pub certificate: Option<ShownCertificate>,
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
    /// How long the master has not answered the oldest `PING` that it owes an answer, in milliseconds (`last-ping-sent`).
    /// 0 where it owes none.
    pub unanswered_for: u64,
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
    /// How long it has not answered the oldest `PING` that it owes an answer, in milliseconds (`last-ping-sent`). 0 where it
    /// owes none.
    pub unanswered_for: u64,
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
    /// How long it has not answered the oldest `PING` that it owes an answer, in milliseconds (`last-ping-sent`). 0 where it
    /// owes none.
    pub unanswered_for: u64,
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
    /// Whether its statistics accept other passwords than they should, while a rotation is open.
    pub has_other_logins: bool,
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
    /// The Sentinels whose last answer to the proxy was a vote for that node.
    pub votes: BTreeSet<NodeId>,
    /// The nodes that get reads.
    pub read: BTreeSet<NodeId>,
    /// The connections for writes to each node that has some.
    pub write_sessions: BTreeMap<NodeId, u64>,
    /// The connections for reads to each node that has some.
    pub read_sessions: BTreeMap<NodeId, u64>,
    /// The connections for reads that failed at a node or were cut off by it, since the proxy was started.
    pub read_failures: BTreeMap<NodeId, u64>,
}

/// The answers of the exporter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExporterView {
    /// Its version; `None` where it does not say it.
    pub version: Option<String>,
    /// The running nodes of which it gets no metrics, and why.
    pub without_metrics: BTreeMap<NodeId, String>,
}

/// What a guard says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardView {
    /// The version of its redos.
    pub version: String,
    /// The masters that it has a connection to. A group whose master it looks for is missing.
    pub watches: BTreeMap<Group, NodeId>,
}
