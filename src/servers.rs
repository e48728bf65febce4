//! Effect 2, the servers of a cluster: the only place that names the redis crate.
//!
//! [`reply`] parses what servers answer, purely. [`Servers`] is the trait through which [`crate::apply`] and the commands
//! ask and change them; [`client`] implements it over [`crate::dial`], [`crate::engine::sim`] in memory.

pub mod client;
pub mod error;
pub mod existing;
pub mod exporter;
pub mod http;
pub mod link;
pub mod proxy;
pub mod reply;
pub mod rights;
pub mod served;
pub mod snapshot;
pub mod switchover;
pub mod take_over;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::SocketAddrV4;
use std::time::Duration;

pub use error::ServerError;
pub use switchover::Switched;
pub use switchover::succession::{Knock, NotReplaced, Office, Succeeded};
pub use take_over::TakenOver;

use crate::cluster::inquiry::{Question, Testimony};
use crate::cluster::observed::{Inventory, Topology};
use crate::cluster::vitals::Vitals;
use crate::spec::{Encryption, Group, NodeId};

/// A Sentinel as another one knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentinelPeer {
    /// Its address and port.
    pub address: SocketAddrV4,
    /// The run id of the Sentinel.
    pub id: String,
}

/// A change that one Redis node or Sentinel has to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `REPLICAOF ip port`, then `CONFIG REWRITE`.
    ReplicaOf(SocketAddrV4),
    /// `CONFIG SET` of all directives at once, then `CONFIG REWRITE`.
    ConfigSet(BTreeMap<String, String>),
    /// `CONFIG SET masteruser … masterauth …`, then `CONFIG REWRITE`: the cluster's own login.
    SetReplicationLogin,
    /// `ACL SETUSER` for each of these users with the rights of redos, then `ACL SAVE`.
    SetUsers(BTreeSet<String>),
    /// The logins of a Sentinel: `SENTINEL CONFIG SET sentinel-pass`, and `SENTINEL SET group auth-pass` for each group.
    ///
    /// It closes its connections to the other Sentinels and to the nodes of its groups, and opens them again.
    SetSentinelLogins,
    /// `CONFIG SET tls-cert-file … tls-key-file …` with the same paths: a Redis node reads both anew.
    LoadCertificate,
    /// `CONFIG SET port … tls-port … tls-replication …`, then `CONFIG REWRITE`.
    ///
    /// From now on a Redis node takes and opens connections as the cluster wants them. Open ones go on.
    SetEncryption(Encryption),
    /// `ACL DELUSER` for each of these users, then `ACL SAVE`.
    RemoveUsers(BTreeSet<String>),
    /// `SCRIPT KILL` and `FUNCTION KILL`. Redis obeys the one for the kind of script that it runs. If it refuses both,
    /// the next [`Servers::topology`] says so.
    EndScript,
    /// `SENTINEL MONITOR group ip port quorum`, then `SENTINEL SET` of the settings (among them the password).
    ///
    /// One `PUBLISH` for each other Sentinel follows, as if that had announced itself.
    SentinelMonitor {
        group: Group,
        master: SocketAddrV4,
        quorum: u16,
        /// The settings by name.
        settings: BTreeMap<String, String>,
        /// The other Sentinels that watch the group.
        peers: Vec<SentinelPeer>,
    },
    /// Shortens `SENTINEL DEBUG INFO-PERIOD` until the Sentinel lists these replicas, and then restores it.
    SentinelDiscover {
        group: Group,
        /// The addresses of the replicas.
        replicas: BTreeSet<SocketAddrV4>,
    },
    /// `SENTINEL SET group …`.
    SentinelSet {
        group: Group,
        /// The settings by name.
        settings: BTreeMap<String, String>,
    },
    /// `SENTINEL SET group down-after-milliseconds …`, then `SENTINEL FAILOVER group`.
    ///
    /// The Sentinel replaces the master without asking the others. Only for a master that they all know to be down.
    SentinelFailover {
        group: Group,
        /// The new down-after in milliseconds. A replica's link may have been down for ten times as long.
        down_after: u64,
    },
    /// `SENTINEL REMOVE group`.
    SentinelRemove(Group),
}

/// How thoroughly servers are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything is asked anew.
    Full,
    /// What was found out by using a proxy some seconds ago is believed while its statistics agree.
    ///
    /// Each such use is a few connections, and on an Engine elsewhere a few programs in containers.
    Glance,
}

/// The servers of one cluster. It keeps connections open between calls, and answers within its own deadlines: a call
/// never hangs because of a paused node.
pub trait Servers: Send + Sync + 'static {
    /// Asks every running node of the inventory, all at once. A missing answer is a value, not an error.
    fn topology(&self, inventory: &Inventory) -> impl Future<Output = Topology> + Send {
        self.topology_at(inventory, Depth::Full)
    }

    /// [`Servers::topology`] at this depth.
    fn topology_at(&self, inventory: &Inventory, depth: Depth) -> impl Future<Output = Topology> + Send;

    /// Asks a Sentinel for people, who get its answer unchanged.
    fn ask_sentinel(
        &self,
        inventory: &Inventory,
        sentinel: NodeId,
        question: Question,
    ) -> impl Future<Output = Result<Testimony, ServerError>> + Send;

    /// Asks a Redis node or a Sentinel for its vital signs.
    fn vitals(&self, inventory: &Inventory, node: NodeId) -> impl Future<Output = Result<Vitals, ServerError>> + Send;

    /// Makes one node carry out a command. Done twice it changes nothing the second time.
    fn execute(
        &self,
        inventory: &Inventory,
        node: NodeId,
        command: &Command,
    ) -> impl Future<Output = Result<(), ServerError>> + Send;

    /// Proves that a group can be written through a proxy.
    ///
    /// It writes keys through the write port, each over a connection of its own, reads them back the same way, and
    /// removes them, until a number of them in a row succeeded. The port is the published one, where that can be tried.
    fn verify_write(
        &self,
        inventory: &Inventory,
        proxy: NodeId,
        group: Group,
    ) -> impl Future<Output = Result<(), ServerError>> + Send;

    /// Makes `to` the master of its group, without losing an acknowledged write.
    ///
    /// It returns when roles, Sentinels and proxies agree, and does nothing when `to` is the master already.
    ///
    /// # Errors
    /// [`ServerError::SwitchoverRefused`] when it is not safe: no quorum, TILT, a running failover, `to` not in sync.
    fn switchover(
        &self,
        inventory: &Inventory,
        group: Group,
        to: NodeId,
    ) -> impl Future<Output = Result<Switched, ServerError>> + Send;

    /// The master of a group that a majority of Sentinels names, if nothing is wrong with it.
    fn office(&self, inventory: &Inventory, group: Group) -> impl Future<Output = Option<Office>> + Send;

    /// Tries to connect to the port of a master.
    fn knock(&self, office: &Office) -> impl Future<Output = Knock> + Send;

    /// Replaces a master whose process has ended, if nothing speaks against that.
    ///
    /// `office` is how it was while it served, `within` the time for the decision.
    ///
    /// # Errors
    /// It is left to the Sentinels, for this reason.
    fn succeed(
        &self,
        inventory: &Inventory,
        office: &Office,
        within: Duration,
    ) -> impl Future<Output = Result<Succeeded, NotReplaced>> + Send;

    /// Makes the head of a standby the master, without losing a write that was acknowledged through a proxy.
    ///
    /// The existing server holds writes back until the node has all of them and no proxy leads there any more. Done
    /// twice it does the same again, as long as the node is a replica.
    ///
    /// # Errors
    /// [`ServerError::TakeOverRefused`] when it is not safe; the existing server and the proxies go on as before then.
    fn take_over(
        &self,
        inventory: &Inventory,
        node: NodeId,
        existing: SocketAddrV4,
    ) -> impl Future<Output = Result<TakenOver, ServerError>> + Send;

    /// Makes the statistics of a proxy accept the passwords of the cluster and no others. No connection is closed.
    fn proxy_logins(
        &self,
        inventory: &Inventory,
        proxy: NodeId,
    ) -> impl Future<Output = Result<(), ServerError>> + Send;

    /// Makes a proxy check these Redis nodes and Sentinels and put all its other slots into maintenance.
    ///
    /// Only connections to a removed slot are dropped.
    fn proxy_check(
        &self,
        inventory: &Inventory,
        proxy: NodeId,
        nodes: &BTreeSet<NodeId>,
    ) -> impl Future<Output = Result<(), ServerError>> + Send;
}
