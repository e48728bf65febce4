//! The exporter's answers, by the same questions that the proxies pass on.

use futures_util::future::join_all;

use super::{Client, no_address, within};
use crate::cluster::observed::{ExporterView, Inventory, NodeFacts, NodeState};
use crate::servers::link::Peer;
use crate::servers::{ServerError, exporter};
use crate::spec::{EXPORTER_PORT, NodeId, render};

impl Client {
    /// Asks the exporter about itself and about each running Redis node and Sentinel, all at once.
    ///
    /// A node about which it says nothing in time is silent itself.
    pub(super) async fn exporter(&self, facts: &NodeFacts, inventory: &Inventory) -> Result<ExporterView, ServerError> {
        let node = NodeId::Exporter;
        let subnet = inventory.network.as_ref().ok_or_else(|| no_address(node))?.subnet;
        let peer = Peer { node, address: self.place(node, facts, EXPORTER_PORT)? };
        let ask = async |path: &str| {
            let asked = exporter::metrics(&*self.dialer, &self.spec.name, peer, path);
            within(node, "GET metrics", self.first_question(), asked).await
        };
        let is_asked = |(node, facts): &(&NodeId, &NodeFacts)| {
            facts.state == NodeState::Running && matches!(node, NodeId::Redis { .. } | NodeId::Sentinel(_))
        };
        let of_nodes = inventory.nodes.iter().filter(is_asked).map(async |(node, _)| {
            let question = render::exporter_question(subnet, &self.secrets, *node)?;
            Some((*node, exporter::refusal(&ask(&question).await.ok()?)?))
        });
        let (own, of_nodes) = tokio::join!(ask(exporter::OWN_METRICS), join_all(of_nodes));
        Ok(ExporterView {
            version: exporter::version(&own?),
            without_metrics: of_nodes.into_iter().flatten().collect(),
        })
    }
}
