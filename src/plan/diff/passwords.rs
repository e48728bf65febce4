//! A rotation of passwords: what each stage changes on running nodes, and when the next stage begins.
//!
//! A stage is complete when the plan is empty, so a rotation that was cut off at any step goes on from there. All nodes accept
//! both passwords before one of them uses the new one, and all use the new one before the user may end the rotation.

use std::collections::BTreeSet;

use super::Planner;
use crate::cluster::desired::is_stale;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{Answer, NodeState, RotationView};
use crate::cluster::strangers::{former_logins, outdated_users};
use crate::plan::step::{Action, StepId};
use crate::spec::secret::RotationStage;
use crate::spec::{NodeId, Role, Spec};

/// Why a step belongs to a rotation in this stage.
const fn reason(stage: Option<RotationStage>) -> &'static str {
    match stage {
        Some(RotationStage::Adding) => "the new passwords are accepted beside the old ones",
        Some(RotationStage::Open) => "the new passwords are used, and the old ones are still accepted",
        Some(RotationStage::Dropping) => "the old passwords are no longer accepted",
        None => "the secrets of the cluster have changed",
    }
}

impl Planner<'_> {
    /// Writes the passwords of a rotation into the files of the nodes, before anything else knows of them.
    ///
    /// redos reads the file of the first node. While that says that a rotation is open, it reads all of them, and the
    /// newest one counts. So the first node is the first to know of a rotation, and the last to know of its end.
    pub(super) fn keep_passwords(&mut self) {
        let Some(RotationView { stage, outdated, other_logins, .. }) = &self.observed.rotation else { return };
        let is_writable = |node: &NodeId| {
            let state = self.facts(*node).map(|facts| &facts.state);
            state.is_some_and(|state| !matches!(state, NodeState::Dead | NodeState::Removing))
        };
        // A Sentinel's file says which passwords it uses, so it is written when it does.
        let nodes = outdated.difference(other_logins).copied().filter(is_writable);
        let (first, others): (Vec<NodeId>, Vec<NodeId>) = nodes.partition(|node| *node == Spec::head());
        let waves = if stage.is_some() { [first, others] } else { [others, first] };
        let why = reason(*stage);
        let mut before: Vec<StepId> = Vec::new();
        for wave in waves.into_iter().filter(|wave| !wave.is_empty()) {
            let keep = |node: NodeId| self.step(node, Action::KeepPasswords { node }, why, before.iter().copied());
            before = wave.into_iter().map(keep).collect();
        }
        self.passwords_kept = before;
    }

    /// Makes users accept the passwords of the stage, and nodes log in with those that are in use.
    ///
    /// Sentinels close their connections for a moment when they get another password. So they get it one at a time.
    pub(super) fn set_logins(&mut self) {
        let Some(RotationView { stage, other_logins, .. }) = self.observed.rotation.clone() else { return };
        let why = reason(stage);
        let kept = self.passwords_kept.clone();
        let mut accepted = Vec::new();
        for (node, users) in outdated_users(self.observed).collect::<Vec<_>>() {
            accepted.push(self.step(node, Action::SetUsers { node, users }, why, kept.iter().copied()));
        }
        for proxy in self.spec.proxy_nodes().collect::<Vec<_>>() {
            let view = self.observed.topology.proxies.get(&proxy).and_then(Answer::said);
            let is_stale = self.facts(proxy).is_none_or(|facts| is_stale(self.spec, proxy, facts));
            if view.is_some_and(|view| view.has_other_logins) && !is_stale {
                // The proxy reads its files when it restarts.
                self.write_config_after(proxy, why, kept.iter().copied());
                accepted.push(self.step(proxy, Action::SetProxyLogins { proxy }, why, []));
            }
        }
        for node in former_logins(self.observed).collect::<Vec<_>>() {
            self.step(node, Action::SetReplicationLogin { node }, why, accepted.iter().copied());
        }
        let is_there = |node: &NodeId| self.observed.is_up(*node);
        let sentinels: Vec<NodeId> = other_logins.into_iter().filter(is_there).collect();
        let others: Vec<NodeId> = self.spec.sentinel_nodes().filter(|node| !sentinels.contains(node)).collect();
        if sentinels.is_empty() || self.await_in_service(&others) {
            return;
        }
        let mut before: Vec<StepId> = self.plan.leaves().into_iter().collect();
        for node in sentinels {
            self.step(node, Action::SetSentinelLogins { node }, why, before);
            before = self
                .service_gates(node)
                .into_iter()
                .map(|gate| self.step(node, Action::Await { gate }, "before the next Sentinel reconnects", []))
                .collect();
        }
    }

    /// Begins the next stage when nothing is left to do in this one and all nodes are in service.
    ///
    /// A node that does not answer may accept less than the others, so that nothing is begun while one is away.
    pub(super) fn advance_rotation(&mut self) {
        let stage = self.observed.rotation.as_ref().and_then(|rotation| rotation.stage);
        let Some(from @ (RotationStage::Adding | RotationStage::Dropping)) = stage else { return };
        if self.plan.then_observe.is_some() || !self.unsettled.is_empty() {
            return;
        }
        let gates: Vec<Gate> = Gate::ready(self.spec).into_iter().filter(|gate| !gate.is_optional()).collect();
        let is_ready = gates.iter().all(|gate| gate.holds(self.spec, self.observed).is_ok());
        let (next, why) = match from {
            RotationStage::Dropping => ("the rotation ends", "no node accepts them any more"),
            _ => ("all nodes use the new passwords", "all nodes accept them"),
        };
        self.plan.then_observe = Some(next.to_owned());
        if self.plan.is_empty() && is_ready {
            if let Some(node) = self.first_to_know(from) {
                self.plan.push(Action::AdvanceRotation { node, from }, why, []);
            }
            return;
        }
        let everything: BTreeSet<StepId> = self.plan.leaves();
        for gate in gates {
            self.plan.push(Action::Await { gate }, "before the rotation goes on", everything.iter().copied());
        }
    }

    /// The node whose file is the first of the next stage. The head is the last to know of the end.
    fn first_to_know(&self, from: RotationStage) -> Option<NodeId> {
        let has_file = |node: &NodeId| matches!(node.role(), Role::Redis | Role::Sentinel);
        let mut nodes = self.observed.inventory.nodes.keys().copied().filter(has_file);
        if from == RotationStage::Dropping { nodes.next_back() } else { nodes.next() }
    }
}
