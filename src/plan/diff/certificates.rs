//! The certificates of running nodes: Redis nodes get new ones while they serve, Sentinels are recreated for them.

use super::Planner;
use crate::cluster::desired::is_stale;
use crate::cluster::gate::is_off_network;
use crate::cluster::renewal::{Renewal, renewal};
use crate::plan::step::{Action, StepId};
use crate::spec::{NodeId, Role};

impl Planner<'_> {
    /// Gives Redis nodes the certificates that they should have, one node after the other.
    ///
    /// A node that is recreated gets one with its files. If one node refuses its certificate, no other gets one.
    pub(super) fn renew_certificates(&mut self) {
        let mut before: Option<StepId> = None;
        for node in self.spec.nodes().into_iter().filter(|node| node.role() == Role::Redis) {
            let Some(why) = renewal(self.spec, node, self.observed) else { continue };
            let comes_anew = self
                .facts(node)
                .is_none_or(|facts| is_stale(self.spec, node, facts) || is_off_network(facts, self.observed));
            if self.observed.is_up(node) && !comes_anew {
                before = Some(self.step(node, Action::RenewCertificate { node }, why.to_string(), before));
            }
        }
    }

    /// Why a Sentinel must be recreated for a new certificate. It has no command that reads one.
    pub(super) fn sentinel_renewal(&self, node: NodeId) -> Option<Renewal> {
        renewal(self.spec, node, self.observed).filter(|_| node.role() == Role::Sentinel)
    }

    /// Whether the certificate of a Sentinel has expired.
    ///
    /// It is recreated at once: nobody can open a new connection to it any more, so waiting for other nodes protects nothing.
    pub(super) fn is_expired_sentinel(&self, node: NodeId) -> bool {
        self.sentinel_renewal(node) == Some(Renewal::Expired)
    }
}
