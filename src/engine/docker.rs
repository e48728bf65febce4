//! The Docker Engine API, through bollard. Nothing outside this folder names that crate.

mod about;
mod calls;
mod clusters;
mod conflicts;
pub mod connect;
mod containers;
mod data;
mod endpoint;
mod errors;
mod examine;
mod facts;
mod files;
mod filling;
mod handle;
mod helpers;
mod images;
mod inventory;
pub mod labels;
mod launch;
mod listeners;
mod listing;
mod locks;
mod login;
mod network;
mod nodes;
mod oneoff;
mod probes;
mod relay;
mod ssh;
mod stand_in;
mod streams;
mod subnets;
mod timestamps;
mod transport;
mod trial;
mod volumes;

pub use connect::open;
pub use handle::DockerEngine;

use about::About;

use super::{
    ClusterSummary, Clusters, Conflict, DataStream, EngineVersion, Hosted, NodeFile, NodeProgram, NodeSpec, Nodes,
    Result,
};
use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::spec::{ClusterName, Host, NodeId, Resources, Spec, render};

/// One Engine, which is no host of a cluster that has several.
impl Hosted for DockerEngine {
    type Alone = Self;

    fn hosts(&self) -> Vec<(&Host, Result<&Self>)> {
        Vec::new()
    }
}

impl Clusters for DockerEngine {
    async fn greet(&self) -> Result<()> {
        let about = connect::about(&self.docker, &self.endpoint).await?;
        // Another answer would be the same.
        let _ = self.about.set(about);
        Ok(())
    }

    fn describe(&self) -> String {
        match self.about.get() {
            Some(About { version, api, .. }) => format!("Docker {version} (API {api}) at {}", self.endpoint),
            None => format!("Docker at {}", self.endpoint),
        }
    }

    fn version(&self) -> Option<EngineVersion> {
        let About { version, api, .. } = self.about.get()?;
        Some(EngineVersion { version: version.clone(), api: api.to_string(), oldest_api: connect::API_MIN.to_string() })
    }

    fn remote_host(&self) -> Option<&str> {
        self.endpoint.remote_host()
    }

    async fn inventory(&self, cluster: &ClusterName) -> Result<Inventory> {
        inventory::inventory(self, cluster).await
    }

    async fn clusters(&self) -> Result<Vec<ClusterSummary>> {
        clusters::clusters(self).await
    }

    async fn conflicts(&self, spec: &Spec, inventory: &Inventory) -> Result<Vec<Conflict>> {
        conflicts::find(self, spec, inventory).await
    }

    async fn record_spec(&self, spec: &Spec) -> Result<()> {
        volumes::record(self, spec).await
    }

    async fn remove_record(&self, cluster: &ClusterName) -> Result<()> {
        volumes::remove_record(self, cluster).await?;
        network::remove_picks(self, cluster).await
    }

    async fn create_network(&self, spec: &Spec) -> Result<NetworkFacts> {
        let made = network::create(self, spec).await?;
        self.note_device(&spec.name, &made.device);
        Ok(made)
    }

    async fn remove_network(&self, id: &str) -> Result<()> {
        network::remove(self, id).await
    }

    async fn remove_abandoned(&self) -> Result<()> {
        oneoff::remove_abandoned(self).await
    }
}

impl Nodes for DockerEngine {
    async fn create_volume(&self, spec: &Spec, node: NodeId) -> Result<()> {
        volumes::create(self, spec, node).await
    }

    async fn fill_volume(&self, spec: &Spec, node: NodeId, image: &str, data: DataStream) -> Result<()> {
        filling::volume(self, spec, node, image, data).await
    }

    async fn copy_beside(&self, spec: &Spec, node: NodeId, data: DataStream) -> Result<()> {
        data::discard_copy(self, spec, node).await?;
        filling::beside(self, spec, node, data).await?;
        data::sync(self, spec, node).await
    }

    async fn replace_data(&self, spec: &Spec, node: NodeId) -> Result<()> {
        data::replace(self, spec, node).await
    }

    async fn remove_data(&self, spec: &Spec, node: NodeId) -> Result<()> {
        data::remove(self, spec, node).await
    }

    async fn discard_copy(&self, spec: &Spec, node: NodeId) -> Result<()> {
        data::discard_copy(self, spec, node).await
    }

    async fn remove_volume(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        volumes::remove(self, &node.volume_name(cluster)).await
    }

    async fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
        nodes::create(self, spec, node, network_id).await
    }

    async fn write_files(&self, cluster: &ClusterName, node: NodeId, files: Vec<NodeFile>) -> Result<()> {
        files::write(self, cluster, node, &files).await
    }

    async fn install(&self, cluster: &ClusterName, node: NodeId, program: &NodeProgram) -> Result<()> {
        helpers::install(self, &node.container_name(cluster), program).await
    }

    async fn read_file(&self, cluster: &ClusterName, node: NodeId, path: &str) -> Result<Option<Vec<u8>>> {
        files::read(self, &node.container_name(cluster), path).await
    }

    async fn start_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        launch::start(self, cluster, node).await
    }

    async fn stop_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        calls::stop(self, &node.container_name(cluster)).await
    }

    async fn set_resources(&self, cluster: &ClusterName, node: NodeId, resources: Resources) -> Result<()> {
        nodes::set_resources(self, &node.container_name(cluster), resources).await
    }

    async fn kill_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        calls::kill(self, &node.container_name(cluster)).await
    }

    async fn unpause_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        calls::unpause(self, &node.container_name(cluster)).await
    }

    async fn set_data_aside(&self, spec: &Spec, node: NodeId) -> Result<Option<String>> {
        data::set_aside(self, &node.container_name(&spec.name), &render::data_places(spec)).await
    }

    async fn remove_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        calls::remove(self, &node.container_name(cluster)).await
    }

    async fn log_tail(&self, cluster: &ClusterName, node: NodeId, lines: usize) -> Result<String> {
        streams::log_tail(self, &node.container_name(cluster), lines).await
    }
}
