//! The calls about the nodes of a cluster, one node at a time.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::path::PathBuf;

use super::{DataStream, NodeSpec, Result};
use crate::spec::{ClusterName, HostName, NodeId, Resources, Spec};

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

/// A program that is copied from this machine into a node's volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeProgram {
    /// The machine type that it is for, as in [`std::env::consts::ARCH`].
    pub machine: &'static str,
    /// The folder in the container, below [`crate::spec::NODE_DIR`].
    pub folder: String,
    /// Names in that folder, and their files on this machine.
    pub files: BTreeMap<String, PathBuf>,
    /// The name of a shell script in that folder, and its text.
    pub script: (String, String),
}

/// The nodes of clusters: containers and their volumes.
///
/// Every call is idempotent where its name allows: creating what exists, starting what runs, removing what is gone are
/// successes.
pub trait Nodes: Send + Sync + 'static {
    /// Creates a node's volume.
    fn create_volume(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Puts an RDB into the volume of a node without a container. Its server loads it at its first start.
    ///
    /// The files belong to [`crate::spec::NODE_UID`]. With append-only files the RDB is their base. `image` is any image
    /// with a shell.
    fn fill_volume(
        &self,
        spec: &Spec,
        node: NodeId,
        image: &str,
        data: DataStream,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Puts data beside those of a node, which may run. What an earlier attempt has put there is removed first.
    ///
    /// [`Nodes::replace_data`] makes it the data of the node.
    fn copy_beside(&self, spec: &Spec, node: NodeId, data: DataStream) -> impl Future<Output = Result<()>> + Send;

    /// Puts what [`Nodes::copy_beside`] has copied in place of the data of a stopped node, which are removed.
    ///
    /// It can be repeated at any moment of it. It fails if nothing was copied.
    fn replace_data(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Removes the data of a stopped node. Its configuration and passwords stay.
    fn remove_data(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Removes what [`Nodes::copy_beside`] has copied.
    fn discard_copy(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Removes a node's volume with its content.
    fn remove_volume(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Creates a node's container on the network, without starting it.
    fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Writes files into a node's volume, whether it runs or not.
    ///
    /// They belong to [`crate::spec::NODE_UID`], and so does the volume's root. Missing folders are created with mode
    /// 0700.
    fn write_files(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        files: Vec<NodeFile>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Copies a program into a node's volume, whether it runs or not. Its files belong to root.
    ///
    /// It is refused if the Engine's machine is of another type than the program is for.
    fn install(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        program: &NodeProgram,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Reads a file of a node, whether it runs or not. `None` where it does not exist.
    fn read_file(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        path: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>> + Send;

    /// Starts a node. If the node dies within the call, the error has the end of its log.
    fn start_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Stops a node within its own grace period.
    fn stop_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Sets the memory and CPUs of a node, also while it runs; `None` stays as it is.
    fn set_resources(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        resources: Resources,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Ends a node at once, without its grace period. It stays down until it is started.
    fn kill_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Unpauses a paused node.
    fn unpause_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Moves the data of a stopped node into a folder of its volume, so that it starts without data.
    ///
    /// Returns the folder's path in the container; `None` where there was nothing to move.
    fn set_data_aside(&self, spec: &Spec, node: NodeId) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Removes a node's container by force. Its named volume stays.
    fn remove_node(&self, cluster: &ClusterName, node: NodeId) -> impl Future<Output = Result<()>> + Send;

    /// Removes by force the container that a node has left behind on a host. Its named volume stays.
    ///
    /// An engine of one host has none.
    fn remove_left_behind(
        &self,
        _cluster: &ClusterName,
        _node: NodeId,
        _host: &HostName,
    ) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// The last lines of a node's log.
    fn log_tail(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        lines: usize,
    ) -> impl Future<Output = Result<String>> + Send;
}
