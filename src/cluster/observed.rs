//! Observed state: the Engine's report of a cluster ([`Inventory`]) and its servers' answers ([`Topology`]).
//!
//! Types only; [`crate::engine`] and [`crate::servers`] fill them. Disagreement is kept: two Sentinels that name two
//! masters, two nodes that both claim to be master, a node that does not answer are all values here, not errors.

mod certificates;
mod inventory;
mod rotation;
mod topology;

pub use certificates::{AuthorityView, CertificatesView};
pub use inventory::{
    DataFacts, Inventory, NetworkFacts, NodeFacts, NodeState, PublishedPort, StoredData, StoredMaster, StoredState,
    VolumeFacts,
};
pub use rotation::RotationView;
pub use topology::{
    Answer, AttachedReplica, ExistingPlace, ExporterView, GuardView, Loading, MasterLogin, OtherUsers, ProxyRoute,
    ProxyView, RedisView, RoleView, SentinelView, Topology, WatchedMaster, WatchedPeer, WatchedReplica,
};

use crate::spec::NodeId;

/// The observed state of one cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The Engine's report.
    pub inventory: Inventory,
    /// The answers of the servers.
    pub topology: Topology,
    /// The rotation of passwords that is open, or whose end some nodes have not recorded yet.
    pub rotation: Option<RotationView>,
    /// The validity of the certificates; `None` without TLS, and where nobody asked.
    pub certificates: Option<CertificatesView>,
}

impl Observed {
    /// The observed state from both sources.
    pub const fn new(inventory: Inventory, topology: Topology) -> Self {
        Self { inventory, topology, rotation: None, certificates: None }
    }

    /// The same with what the nodes' files say of passwords.
    #[must_use]
    pub fn with_rotation(self, rotation: Option<RotationView>) -> Self {
        Self { rotation, ..self }
    }

    /// The same with the validity of the certificates.
    #[must_use]
    pub fn with_certificates(self, certificates: Option<CertificatesView>) -> Self {
        Self { certificates, ..self }
    }

    /// Whether a node's container runs, paused or not, so that its server knows more than its files.
    pub fn runs(&self, node: NodeId) -> bool {
        let state = self.inventory.nodes.get(&node).map(|facts| &facts.state);
        matches!(state, Some(NodeState::Running | NodeState::Paused | NodeState::Restarting))
    }

    /// Whether a node runs and answers.
    pub fn is_up(&self, node: NodeId) -> bool {
        let running = self.inventory.nodes.get(&node).is_some_and(|facts| facts.state == NodeState::Running);
        let said = match node {
            NodeId::Redis { .. } => self.topology.redis.get(&node).and_then(Answer::said).is_some(),
            NodeId::Sentinel(_) => self.topology.sentinels.get(&node).and_then(Answer::said).is_some(),
            NodeId::Proxy(_) => self.topology.proxies.get(&node).and_then(Answer::said).is_some(),
            NodeId::Exporter => self.topology.exporter.as_ref().and_then(Answer::said).is_some(),
            NodeId::Guard(_) => self.topology.guards.get(&node).and_then(Answer::said).is_some(),
        };
        running && said
    }
}
