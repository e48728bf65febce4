//! The exporter's answers, by the same questions that the proxies pass on.

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Client, TRIED_FOR, no_address, within};
use crate::cluster::observed::{ExporterView, Inventory, NodeFacts, NodeState};
use crate::servers::link::Peer;
use crate::servers::{Depth, ServerError, exporter};
use crate::spec::{EXPORTER_PORT, NodeId, render};

impl Client {
    /// Asks the exporter, or believes what it answered some seconds ago: it asks every server of the cluster.
    pub(super) async fn exporter_at(
        &self,
        facts: &NodeFacts,
        inventory: &Inventory,
        depth: Depth,
    ) -> Result<ExporterView, ServerError> {
        let kept = self.kept().get(&NodeId::Exporter).and_then(|kept| kept.exported.clone());
        let is_fresh = |(at, container, _): &(Instant, String, ExporterView)| {
            depth == Depth::Glance && at.elapsed() < TRIED_FOR && *container == facts.container_id
        };
        if let Some((_, _, view)) = kept.filter(is_fresh) {
            return Ok(view);
        }
        let view = self.exporter(facts, inventory).await?;
        let exported = (Instant::now(), facts.container_id.clone(), view.clone());
        self.kept().entry(NodeId::Exporter).or_default().exported = Some(exported);
        Ok(view)
    }

    /// Asks the exporter about itself and about each running Redis node and Sentinel, all at once.
    ///
    /// A node about which it says nothing in time is silent itself.
    async fn exporter(&self, facts: &NodeFacts, inventory: &Inventory) -> Result<ExporterView, ServerError> {
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
            let question = render::exporter_question(&self.spec, subnet, &self.secrets, *node)?;
            Some((*node, exporter::refusal(&ask(&question).await.ok()?)?))
        });
        let (own, of_nodes) = tokio::join!(ask(exporter::OWN_METRICS), join_all(of_nodes));
        Ok(ExporterView {
            version: exporter::version(&own?),
            without_metrics: of_nodes.into_iter().flatten().collect(),
        })
    }
}
