//! What faults do to containers, of a cluster or not, by name. Also the journal of faults that are not undone yet.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Result;
use crate::spec::{ClusterName, Role};

/// A container as faults see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerFacts {
    /// Its name, without a slash.
    pub name: String,
    /// Whether it runs; a paused container does.
    pub running: bool,
    /// Whether the Engine has paused it.
    pub paused: bool,
    /// When it was last started, as the Engine writes it.
    pub started_at: String,
    pub networks: Vec<Attachment>,
    /// Its CPU quota in microseconds per period of 100 ms; 0 for none.
    pub cpu_quota: i64,
    /// How many processes and threads it may have; 0 for any number.
    pub pids_limit: i64,
    /// How many bytes of memory it may have; 0 for any number.
    pub memory: i64,
}

/// A container's endpoint on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The network's id.
    pub network: String,
    /// The container's address on it.
    pub address: Option<Ipv4Addr>,
    /// Whether that address was requested, and so may be requested again.
    pub pinned: bool,
    /// Its names on the network.
    pub aliases: Vec<String>,
}

/// A limit on a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Microseconds of CPU per period of 100 ms; 0 for no limit.
    CpuQuota(i64),
    /// Processes and threads; 0 for no limit.
    Pids(i64),
    /// Bytes of memory, with or without swap; `None` for all that the host has.
    ///
    /// The Engine does not remove a limit that was once set: it ignores 0 and refuses -1.
    Memory(Option<u64>),
}

/// An entry of the journal: a text about a fault. The Engine keeps it, so that it outlives redos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Names the entry; unique.
    pub id: String,
    /// The fault, in a form that this room does not know.
    pub text: String,
}

/// The capability of a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// It changes the network of the container that it is beside.
    Network,
    /// It reads and writes that container's volumes, as its user.
    Volumes,
}

/// A helper: a container beside another one, with its image, in its network namespace, with at most one capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Names the helper; unique.
    pub id: String,
    /// The name of the other container.
    pub beside: String,
    /// The machine type of its programs, as in [`std::env::consts::ARCH`].
    pub machine: &'static str,
    /// The programs that are copied to it: names in `folder`, and their files on this machine.
    pub files: BTreeMap<String, PathBuf>,
    /// The folder in the helper for the programs.
    pub folder: String,
    /// The command line that it runs.
    pub command: Vec<String>,
    pub right: Right,
}

/// The calls about containers that faults need.
pub trait Containers: Send + Sync + 'static {
    /// A container's facts; `None` when no container has that name.
    fn container(&self, name: &str) -> impl Future<Output = Result<Option<ContainerFacts>>> + Send;

    /// Freezes the processes of a container.
    fn pause(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Ends the freeze of a paused container.
    fn unpause(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Sends a signal to the container's first process.
    fn signal(&self, name: &str, signal: &str) -> impl Future<Output = Result<()>> + Send;

    /// Sends a signal to the first process of each running node of a role.
    fn signal_role(&self, cluster: &ClusterName, role: Role, signal: &str) -> impl Future<Output = Result<()>> + Send;

    /// Stops a container within its own grace period.
    fn stop(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Starts a container that is stopped.
    fn start(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Sets a limit on a running container.
    fn limit(&self, name: &str, limit: Limit) -> impl Future<Output = Result<()>> + Send;

    /// Bytes of memory that a container cannot give back: all except file caches.
    fn memory_kept(&self, name: &str) -> impl Future<Output = Result<u64>> + Send;

    /// Disconnects a container from a network.
    fn disconnect(&self, name: &str, network: &str) -> impl Future<Output = Result<()>> + Send;

    /// Reconnects a container to a network, with its former address and names.
    fn reconnect(&self, name: &str, attachment: &Attachment) -> impl Future<Output = Result<()>> + Send;

    /// Creates a helper and starts it. The Engine removes it when it ends.
    ///
    /// It is refused if the Engine's machine is of another type than the helper's programs are for.
    fn assist(&self, helper: &Helper) -> impl Future<Output = Result<()>> + Send;

    /// The output of a helper so far; `None` when it is gone.
    fn heard(&self, id: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Tells a helper to end and waits until it has. Returns all its output; `None` when it was gone already.
    fn dismiss(&self, id: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Writes an entry into the journal.
    fn journal(&self, entry: &JournalEntry) -> impl Future<Output = Result<()>> + Send;

    /// All entries of the journal.
    fn journalled(&self) -> impl Future<Output = Result<Vec<JournalEntry>>> + Send;

    /// Deletes an entry from the journal. A missing entry is no error.
    fn strike(&self, id: &str) -> impl Future<Output = Result<()>> + Send;
}
