//! What an engine has of clusters as a whole: the list of them, their network and their record.

use std::collections::BTreeMap;
use std::future::Future;

use super::Result;
use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::spec::{ClusterName, Spec};

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

/// The clusters of an engine. Every call is idempotent where its name allows.
pub trait Clusters: Send + Sync + 'static {
    /// Where it is and what it is, for messages: "Docker 20.10.24 (API 1.41) at unix:///var/run/docker.sock".
    fn describe(&self) -> String;

    /// Asks it what it is. Until then it is not known whether redos understands it: only what changes nothing may be asked
    /// meanwhile.
    fn greet(&self) -> impl Future<Output = Result<()>> + Send;

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
}
