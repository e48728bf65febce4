//! TLS that is turned on or off while nodes run.
//!
//! A node has one port, which takes one kind of connection, and opens connections of the same kind. So all nodes change as close
//! together as can be, and nobody waits in between. Open connections go on: replicas copy on, and Sentinels see their master until they
//! are recreated. So there is no failover, and no write is lost. Clients find no master until Sentinels and proxies are back.
//!
//! A change that was cut off leaves nodes of both kinds, which do not reach each other anew. The next plan ends it.

use super::Planner;
use crate::cluster::desired::is_stale;
use crate::cluster::observed::NodeState;
use crate::plan::step::{Action, StepId};
use crate::spec::render::plain_port;
use crate::spec::{Encryption, NodeId, Role};

impl Planner<'_> {
    /// Makes running nodes take connections as the cluster wants them now. Returns whether there are any.
    pub(super) fn turn_encryption(&mut self) -> bool {
        if !self.spec.tls.turning {
            return false;
        }
        let encryption = self.spec.encryption;
        let why = match encryption {
            Encryption::Tls => "TLS is turned on",
            Encryption::Both => "clients with and without TLS are served",
            Encryption::None => "TLS is turned off",
        };
        let before = self.plan.steps.len();
        // If a node refuses, no other is asked. The masters are last: what a replica cannot do, they are not asked.
        let takes_other = |node: &NodeId| {
            self.redis_view(*node).is_some_and(|view| {
                let plain = view.config.get("port").is_none_or(|port| *port == plain_port(encryption).to_string());
                view.certificate.is_some() != encryption.is_tls() || !plain
            })
        };
        let is_master = |node: &NodeId| self.masters.values().any(|master| master == node);
        let others = self.spec.nodes().into_iter().filter(takes_other);
        let (masters, replicas): (Vec<NodeId>, Vec<NodeId>) = others.partition(is_master);
        let mut turned: Vec<StepId> = self.plan.leaves().into_iter().collect();
        for node in replicas.into_iter().chain(masters) {
            turned = vec![self.step(node, Action::SetEncryption { node, encryption }, why, turned)];
        }
        for node in self.spec.nodes() {
            let is_running = |node| self.facts(node).filter(|facts| facts.state == NodeState::Running);
            let is_outdated = is_running(node).is_some_and(|facts| is_stale(self.spec, node, facts));
            if matches!(node.role(), Role::Sentinel | Role::Proxy) && is_outdated && self.is_decided(node) {
                self.step(node, Action::RemoveNode { node }, why, turned.iter().copied());
                self.create(node, why);
                self.write_config(node, why);
                self.start(node, why, &[]);
            }
        }
        let turns = self.plan.steps.len() > before;
        if turns {
            self.plan.then_observe = Some("all nodes take the same connections".to_owned());
        }
        turns
    }
}
