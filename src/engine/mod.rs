//! Effect 1, containers: a narrow trait at the level of nodes. [`docker`] implements it on the Docker Engine API and is
//! the only place that names its client; [`sim`] implements it in memory for tests of the planner.
//!
//! Every call is idempotent where its name allows: creating what is there, starting what runs, removing what is gone are
//! successes. Errors name the operation and the target.

pub mod containers;
pub mod damage;
pub mod docker;
pub mod error;
pub mod image;
pub mod lock;
pub mod sim;
pub mod stored;

use std::collections::BTreeMap;
use std::future::Future;

pub use error::{EngineError, EngineErrorKind};

pub use crate::cluster::desired::NodeSpec;

use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::dial::Dial;
use crate::spec::{ClusterName, NodeId, Resources, Spec};

/// Shorthand of this room.
pub type Result<T> = std::result::Result<T, EngineError>;

/// A file to be written into a node's volume, owned by [`crate::spec::NODE_UID`].
#[derive(Clone, PartialEq, Eq)]
pub struct NodeFile {
    /// Absolute path in the container.
    pub path: String,
    /// Its content. Not in `Debug`: it may hold a secret.
    pub content: Vec<u8>,
    /// Its mode: 0o600 for what the server rewrites, 0o400 for secrets.
    pub mode: u32,
}

impl std::fmt::Debug for NodeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeFile({}, {:o}, {} bytes)", self.path, self.mode, self.content.len())
    }
}

/// One cluster in the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSummary {
    /// Its name.
    pub name: ClusterName,
    /// Containers by state word: `running` 7.
    pub states: BTreeMap<&'static str, usize>,
    /// Published host ports, ascending.
    pub ports: Vec<u16>,
    /// When its oldest container was created, RFC 3339.
    pub created_at: Option<String>,
    /// Volumes that exist without a container: what a `down` left.
    pub kept_volumes: usize,
}

/// What happened to a container, from the Engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// Nanoseconds since the epoch, by the Engine's clock.
    pub time_nano: i64,
    /// The node.
    pub node: NodeId,
    /// `start`, `die`, `pause`, `unpause`, `destroy`, …
    pub action: String,
}

/// The container engine.
pub trait Engine: Dial + Send + Sync + 'static {
    /// Where it is and what it is, for messages: "Docker 20.10.24 (API 1.41) at unix:///var/run/docker.sock".
    fn describe(&self) -> String;

    /// The name of its host where that is another machine than this one; `None` on this machine. Published ports are
    /// reached there.
    fn remote_host(&self) -> Option<&str>;

    /// Everything that carries the cluster's labels, and what the volumes of stopped nodes hold.
    fn inventory(&self, cluster: &ClusterName) -> impl Future<Output = Result<Inventory>> + Send;

    /// All clusters of this Engine.
    fn clusters(&self) -> impl Future<Output = Result<Vec<ClusterSummary>>> + Send;

    /// Refuses names and ports that belong to somebody else, before anything is made. All conflicts in one error.
    fn check_conflicts(&self, spec: &Spec, inventory: &Inventory) -> impl Future<Output = Result<()>> + Send;

    /// Records the specification. Labels are the only state and cannot be changed on what exists, so the record is an empty
    /// volume of its own, `NAME-spec-N`, with the specification in its label `dev.redos.spec`: the new one is made, then
    /// the older ones are removed, and the highest N counts. Prunes spare it. [`Inventory::recorded`] is read from it.
    fn record_spec(&self, spec: &Spec) -> impl Future<Output = Result<()>> + Send;

    /// Removes the record.
    fn remove_record(&self, cluster: &ClusterName) -> impl Future<Output = Result<()>> + Send;

    /// Makes the network and lets the Engine pick its subnet.
    fn create_network(&self, spec: &Spec) -> impl Future<Output = Result<NetworkFacts>> + Send;

    /// Removes a network by id, disconnecting what is still on it.
    fn remove_network(&self, id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Makes a node's volume.
    fn create_volume(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Removes a node's volume and what it holds.
    fn remove_volume(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Makes a node's container on the network, without starting it.
    fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Writes files into a node's volume, whether it runs or not, and owns them to [`crate::spec::NODE_UID`]. Folders
    /// on the way are made with mode 0700, the volume's root is owned to it as well.
    fn write_files(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        files: Vec<NodeFile>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Reads a file of a node, whether it runs or not. `None` where there is no such file.
    fn read_file(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        path: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>> + Send;

    /// Starts a node. A node that dies within the call is an error that carries the end of its log.
    fn start_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Stops a node, with its own grace period.
    fn stop_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Gives a node, also one that runs, the memory and CPUs that are set here; what is absent stays as it is.
    fn set_resources(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        resources: Resources,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Ends a node at once, without its grace period. It stays down until it is started.
    fn kill_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Thaws a paused node.
    fn unpause_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Moves the data of a node that does not run into a folder of its volume, so that it starts with none. Returns the
    /// folder's path in the container; `None` where there was nothing to move.
    fn set_data_aside(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Removes a node's container by force. Its named volume stays.
    fn remove_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// The last lines of a node's log.
    fn log_tail(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        lines: usize,
    ) -> impl Future<Output = Result<String>> + Send;
}
