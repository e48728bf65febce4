//! The clusters of an engine: their list, their network and their record.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use schemars::JsonSchema;
use serde::Serialize;

use super::{EngineError, EngineErrorKind, Result};
use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::spec::{ClusterName, HostName, Spec};

/// How long an inventory waits for the answer about one container.
///
/// The Engine locks a container while it starts or stops it, which takes seconds on a loaded machine. If its shim hangs, the
/// lock is never released, and every question about the container waits. Lists are answered all the same.
pub const INSPECT_LIMIT: Duration = Duration::from_secs(10);

/// One cluster in the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSummary {
    /// The name of the cluster.
    pub name: ClusterName,
    /// The number of containers by state: `running` 7.
    pub states: BTreeMap<&'static str, usize>,
    /// Published host ports, ascending.
    pub ports: Vec<u16>,
    /// When its oldest container was created, RFC 3339.
    pub created_at: Option<String>,
    /// Volumes without a container: those that a `down` kept.
    pub kept_volumes: usize,
}

/// The versions of an Engine.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineVersion {
    /// Its own: `20.10.24`.
    pub version: String,
    /// The one of its API: `1.41`.
    pub api: String,
    /// The oldest API that redos speaks.
    pub oldest_api: String,
}

/// A name, a port or an address of a future node that something else has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What is in the way, as a sentence.
    pub what: String,
    /// What the user can do, with the command.
    pub remedy: String,
    /// The port, if it is about one.
    pub port: Option<SocketAddr>,
}

/// The clusters of an engine. Every call is idempotent where its name allows.
pub trait Clusters: Send + Sync + 'static {
    /// The engine and its address, for messages: "Docker 20.10.24 (API 1.41) at unix:///var/run/docker.sock".
    fn describe(&self) -> String;

    /// The engine's versions; `None` before [`Clusters::greet`] was answered.
    fn version(&self) -> Option<EngineVersion>;

    /// Asks the Engine for its version. Before that redos does not know whether it supports the Engine, and may only
    /// make calls that change nothing.
    fn greet(&self) -> impl Future<Output = Result<()>> + Send;

    /// The host name of the Engine, where published ports are reached. `None` if it is this machine.
    fn remote_host(&self) -> Option<&str>;

    /// Everything with the cluster's labels, and what the volumes of stopped nodes hold.
    fn inventory(&self, cluster: &ClusterName) -> impl Future<Output = Result<Inventory>> + Send;

    /// All clusters of this Engine.
    fn clusters(&self) -> impl Future<Output = Result<Vec<ClusterSummary>>> + Send;

    /// The names and ports of future nodes that others use.
    fn conflicts(&self, spec: &Spec, inventory: &Inventory) -> impl Future<Output = Result<Vec<Conflict>>> + Send;

    /// Refuses names and ports that others use, before anything is created. All conflicts are in one error.
    fn check_conflicts(&self, spec: &Spec, inventory: &Inventory) -> impl Future<Output = Result<()>> + Send {
        async {
            let found = self.conflicts(spec, inventory).await?;
            if found.is_empty() {
                return Ok(());
            }
            let what: Vec<&str> = found.iter().map(|conflict| conflict.what.as_str()).collect();
            let operation = format!("claim the names and ports of {}", spec.name);
            let mut error = EngineError::new(EngineErrorKind::Conflict, operation, anyhow!(what.join("; ")));
            for Conflict { remedy, .. } in found {
                // One owner of three ports needs only one remedy.
                if !error.hints.contains(&remedy) {
                    error.hints.push(remedy);
                }
            }
            Err(error)
        }
    }

    /// Records the specification, and removes older records.
    ///
    /// Labels are the only state and cannot be changed on what exists. So the record is an empty volume of its own,
    /// `NAME-spec-N`, with the specification in its label `dev.redos.spec`. The new one is created, then the older ones
    /// are removed, and the highest N counts. Prunes spare it. [`Inventory::recorded`] is read from it.
    fn record_spec(&self, spec: &Spec) -> impl Future<Output = Result<()>> + Send;

    /// Removes all records of the specification.
    fn remove_record(&self, cluster: &ClusterName) -> impl Future<Output = Result<()>> + Send;

    /// Removes the record and the network of a cluster on a host that it has left.
    ///
    /// Volumes of data stay. An engine of one host is left by `down`.
    fn leave_host(&self, _cluster: &ClusterName, _host: &HostName) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Creates the network and returns it with its subnet.
    fn create_network(&self, spec: &Spec) -> impl Future<Output = Result<NetworkFacts>> + Send;

    /// Removes a network by id, and disconnects what is still on it.
    fn remove_network(&self, id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Removes the temporary containers of every redos that was killed before it started them.
    fn remove_abandoned(&self) -> impl Future<Output = Result<()>> + Send;
}
