//! What faults do to containers, of a cluster or not, by name; and the journal of faults that are not undone yet.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Result;

/// A container as faults see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerFacts {
    /// Its name, without a slash.
    pub name: String,
    /// Whether it runs; a paused one does.
    pub running: bool,
    /// Whether it is frozen by the Engine.
    pub paused: bool,
    /// When it was last started, as the Engine writes it.
    pub started_at: String,
    /// The networks that it is on.
    pub networks: Vec<Attachment>,
    /// Its CPU quota in microseconds for each period of 100 ms; 0 for none.
    pub cpu_quota: i64,
    /// How many processes and threads it may have; 0 for any number.
    pub pids_limit: i64,
    /// How many bytes of memory it may have; 0 for any number.
    pub memory: i64,
}

/// A container's place on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The network's id.
    pub network: String,
    /// The container's address on it.
    pub address: Option<Ipv4Addr>,
    /// Whether that address was asked for, and so may be asked for again.
    pub pinned: bool,
    /// The names that it has on it.
    pub aliases: Vec<String>,
}

/// A limit on a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Microseconds of CPU for each period of 100 ms; 0 for no limit.
    CpuQuota(i64),
    /// Processes and threads; 0 for no limit.
    Pids(i64),
    /// Bytes of memory, swapped out or not; all that the host has when absent, as the Engine does not take away a limit
    /// that was once set (0 is passed over, and -1 refused).
    Memory(Option<u64>),
}

/// An entry of the journal: an opaque text of the fault, kept by the Engine itself so that it outlives redos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Unique.
    pub id: String,
    /// What was written.
    pub text: String,
}

/// What a helper may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Use the network of the container that it is beside.
    None,
    /// Change that network.
    Network,
    /// Read and write that container's volumes, as its user.
    Volumes,
}

/// A container beside another: of the image that the other has, in its network namespace, with one right or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Unique.
    pub id: String,
    /// The name of the other.
    pub beside: String,
    /// The kind of machine that its programs are for, as in [`std::env::consts::ARCH`].
    pub machine: &'static str,
    /// Programs of this machine that it is given: names in `folder`, and where they are here.
    pub files: BTreeMap<String, PathBuf>,
    /// The folder that they are put into.
    pub folder: String,
    /// What it runs.
    pub command: Vec<String>,
    /// What it may do.
    pub right: Right,
}

/// What can be done to a container.
pub trait Containers: Send + Sync + 'static {
    /// Looks at one; `None` when there is none of that name.
    fn container(&self, name: &str) -> impl Future<Output = Result<Option<ContainerFacts>>> + Send;

    /// Freezes its processes.
    fn pause(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Thaws them.
    fn unpause(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Sends a signal to its first process.
    fn signal(&self, name: &str, signal: &str) -> impl Future<Output = Result<()>> + Send;

    /// Stops it with its own grace period.
    fn stop(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Starts it.
    fn start(&self, name: &str) -> impl Future<Output = Result<()>> + Send;

    /// Limits it.
    fn limit(&self, name: &str, limit: Limit) -> impl Future<Output = Result<()>> + Send;

    /// Bytes of memory that it cannot give back: all but what is in files, too.
    fn memory_kept(&self, name: &str) -> impl Future<Output = Result<u64>> + Send;

    /// Takes it off a network.
    fn disconnect(&self, name: &str, network: &str) -> impl Future<Output = Result<()>> + Send;

    /// Puts it back on a network, at the address and with the names that it had.
    fn reconnect(&self, name: &str, attachment: &Attachment) -> impl Future<Output = Result<()>> + Send;

    /// Makes a helper and starts it. The Engine removes it when it ends.
    ///
    /// Refused where the Engine runs another kind of machine than the helper's programs are for.
    fn assist(&self, helper: &Helper) -> impl Future<Output = Result<()>> + Send;

    /// What a helper has written until now; `None` when it is gone.
    fn heard(&self, id: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Tells a helper to end and waits until it has. Returns all that it has written; `None` when it was gone already.
    fn dismiss(&self, id: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Writes an entry into the journal.
    fn journal(&self, entry: &JournalEntry) -> impl Future<Output = Result<()>> + Send;

    /// All entries of the journal.
    fn journalled(&self) -> impl Future<Output = Result<Vec<JournalEntry>>> + Send;

    /// Strikes an entry from the journal. One that is gone is no error.
    fn strike(&self, id: &str) -> impl Future<Output = Result<()>> + Send;
}
