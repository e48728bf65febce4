//! The fields of the document of `redos status`.
//!
//! They are a contract, `apiVersion: redos/v1`: new ones may be added, none changes its name or its meaning. What is not known
//! is `null`, never missing. Bytes and offsets are numbers, addresses are `"ip:port"`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::observed::CertificatesView;
use crate::spec::secret::{RotatedUser, RotationStage};
use crate::spec::{ClusterName, Encryption, Group, HostName, NodeId, UsedImages};

/// The state word of a node that has no container.
pub const MISSING: &str = "missing";

/// The state of a cluster.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub api_version: &'static str,
    /// Always `Status`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// Whether all gates of a ready cluster are open.
    pub healthy: bool,
    /// The unmet conditions in words. Empty when healthy.
    pub reasons: Vec<String>,
    /// Facts in words that are worth knowing but not wrong.
    pub remarks: Vec<String>,
    /// The server outside of the cluster that a standby copies. It takes the writes, and nothing fails over.
    pub follows: Option<SocketAddrV4>,
    /// The master groups.
    pub groups: Vec<GroupStatus>,
    pub sentinels: Vec<SentinelStatus>,
    pub proxies: Vec<ProxyStatus>,
    /// The exporter of metrics; `null` in a cluster without one.
    pub exporter: Option<ExporterStatus>,
    /// The guards; empty in a cluster without.
    pub guards: Vec<GuardStatus>,
    /// The images that its nodes are made from.
    pub images: UsedImages,
    /// The rotation of passwords that is open; `null` when none is.
    pub password_rotation: Option<RotationStatus>,
    /// Whether connections to Redis nodes and Sentinels are encrypted.
    pub encryption: Encryption,
    /// The validity of the certificates; `null` without TLS.
    pub certificates: Option<CertificatesView>,
}

/// A rotation of passwords that is open.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationStatus {
    /// `adding` the new passwords, `open` until the user ends it, or `dropping` the old ones.
    pub stage: RotationStage,
    /// Those whose passwords are changed.
    pub users: BTreeSet<RotatedUser>,
    /// Whether all nodes are at this stage, by their files.
    pub complete: bool,
}

/// A master group.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// The name of the group.
    pub name: Group,
    /// Its master; `null` while nobody can tell which node that is.
    pub master: Option<MasterStatus>,
    /// Its nodes: those of the specification and those that exist.
    pub nodes: Vec<RedisStatus>,
}

/// A group's master.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MasterStatus {
    pub node: NodeId,
    /// Its address and port.
    pub address: SocketAddrV4,
}

/// A Redis node.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisStatus {
    pub node: NodeId,
    /// The name of its host, in a cluster that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The role that it reports.
    pub role: Option<RoleWord>,
    /// The state of its container: `running`, `paused`, `exited`, …, or `missing`.
    pub state: &'static str,
    /// Its address and port.
    pub address: Option<SocketAddrV4>,
    /// A replica's link to its master.
    pub link: Option<LinkState>,
    /// Its replication offset in bytes.
    pub offset: Option<i64>,
    /// How many bytes it is behind the master. Both offsets are read at about the same moment, so under writes a small
    /// number is noise.
    pub lag_bytes: Option<u64>,
    /// Seconds since the master last received from it.
    ///
    /// For a replica that is not attached: since it last received from the master.
    pub lag_seconds: Option<u64>,
    /// `redis` or `valkey`.
    pub server: Option<String>,
    /// The server's version.
    pub version: Option<String>,
    /// Memory in use, in bytes.
    pub memory_bytes: Option<u64>,
    /// Its `maxmemory` in bytes; `null` also where it has no limit.
    pub memory_limit_bytes: Option<u64>,
    /// Commands that it ran in the last second, including the checks of proxies and Sentinels.
    pub operations_per_second: Option<u64>,
    /// Connections, including those of replicas, Sentinels and proxies.
    pub clients: Option<u64>,
    /// Number of keys in all databases.
    pub keys: Option<u64>,
    /// Why it is not in service, in words.
    pub problem: Option<String>,
}

/// A role as Redis reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleWord {
    /// It takes writes.
    Master,
    /// It follows a master.
    Replica,
}

/// The link of a replica to its master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// The replica follows.
    Up,
    /// The replica copies the whole data first.
    Sync,
    /// There is no link.
    Down,
}

/// The state of a Sentinel.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelStatus {
    pub node: NodeId,
    /// The name of its host, in a cluster that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The state of its container.
    pub state: &'static str,
    /// Its address and port.
    pub address: Option<SocketAddrV4>,
    /// The server's version.
    pub version: Option<String>,
    /// The address that it names as master, by group.
    pub masters: BTreeMap<String, SocketAddrV4>,
    /// What it thinks of that master, by group: `master`, `s_down`, `o_down`, `failover_in_progress`, …
    pub flags: BTreeMap<String, BTreeSet<String>>,
    /// The number of the last failover that it knows, by group: `config-epoch`.
    pub epochs: BTreeMap<String, u64>,
    /// Its quorum, by group.
    pub quorum: BTreeMap<String, u16>,
    /// How many other Sentinels it knows, by group.
    pub peers: BTreeMap<String, usize>,
    /// How many replicas it knows, by group.
    pub replicas: BTreeMap<String, usize>,
    /// Whether it is in TILT, and so does not act.
    pub tilt: Option<bool>,
    /// Whether `SENTINEL CKQUORUM` succeeds for every group of the cluster.
    pub quorum_ok: bool,
    /// Why it is not in service, in words.
    pub problem: Option<String>,
}

/// The state of a proxy.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyStatus {
    pub node: NodeId,
    /// The name of its host, in a cluster that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// The state of its container.
    pub state: &'static str,
    /// The server's version.
    pub version: Option<String>,
    /// `host:port` for writes, by group.
    pub write: BTreeMap<Group, String>,
    /// `host:port` for reads, by group.
    pub read: BTreeMap<Group, String>,
    /// The URL of the statistics page.
    pub stats: Option<String>,
    /// The node that gets writes, by group; `null` when none does.
    pub writes_to: BTreeMap<Group, Option<NodeId>>,
    /// The server outside of the cluster that gets writes.
    pub writes_to_existing: Option<SocketAddrV4>,
    /// The nodes that get reads, by group.
    pub reads_from: BTreeMap<Group, BTreeSet<NodeId>>,
    /// The connections to its write port, by group and node. Nodes without any are left out.
    pub write_sessions: BTreeMap<Group, BTreeMap<NodeId, u64>>,
    /// The connections to its read port, by group and node. Nodes without any are left out.
    pub read_sessions: BTreeMap<Group, BTreeMap<NodeId, u64>>,
    /// Why it is not in service, in words.
    pub problem: Option<String>,
}

/// The state of the exporter of metrics.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExporterStatus {
    pub node: NodeId,
    /// The state of its container.
    pub state: &'static str,
    /// The server's version.
    pub version: Option<String>,
    /// Why it is not in service, in words. Clients of the cluster are not affected by that.
    pub problem: Option<String>,
}

/// The state of a guard.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardStatus {
    pub node: NodeId,
    /// The state of its container.
    pub state: &'static str,
    /// The version of its redos.
    pub version: Option<String>,
    /// The masters that it watches, by group.
    pub watches: BTreeMap<Group, NodeId>,
    /// Why it is not in service, in words. The Sentinels replace a dead master then, as without it.
    pub problem: Option<String>,
}
