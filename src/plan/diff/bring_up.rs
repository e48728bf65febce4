//! Nodes that are missing or do not run: they are created, started, or recreated.

use super::Planner;
use crate::cluster::data;
use crate::cluster::gate::{busy, dies_at_every_start, is_off_network};
use crate::cluster::observed::NodeState;
use crate::cluster::reckon::last_known;
use crate::cluster::renewal::Renewal;
use crate::plan::step::{Action, StepId};
use crate::spec::NodeId;

impl Planner<'_> {
    /// Brings up all nodes in the order of their connections.
    ///
    /// A node that connects to others at its start comes after them. An attempt that fails is repeated a second later:
    /// by a replica, by a Sentinel, and by the kernel, which asks so seldom for an address that no node has yet. So
    /// masters come before their replicas, and proxies last. A Sentinel that comes up before its master would even
    /// consider it down; one that watches nothing yet need not wait.
    pub(super) fn bring_up_nodes(&mut self) {
        for group in self.spec.groups() {
            let master = self.masters.get(&group).copied();
            let (first, others): (Vec<NodeId>, Vec<NodeId>) =
                self.spec.redis_nodes(group).partition(|node| Some(*node) == master);
            // Before it can go, the last master gives its data to one that stays.
            let leaves = master.filter(|master| first.is_empty() && self.facts(*master).is_some());
            for node in first.into_iter().chain(leaves) {
                self.bring_up(node, &[]);
            }
            let master_step: Vec<StepId> =
                master.and_then(|master| self.last.get(&master)).copied().into_iter().collect();
            for node in others {
                self.bring_up(node, &master_step);
            }
        }
        let watch_nothing = self.spec.groups().all(|group| self.unborn.contains(&group));
        let redis_steps = if watch_nothing { Vec::new() } else { self.last.values().copied().collect() };
        for node in self.spec.sentinel_nodes() {
            self.bring_up(node, &redis_steps);
        }
        let all_steps: Vec<StepId> = self.last.values().copied().collect();
        for node in self.spec.proxy_nodes() {
            self.bring_up(node, &all_steps);
        }
        // It asks the others when it is asked itself.
        if let Some(node) = self.spec.exporter_node() {
            self.bring_up(node, &[]);
        }
        let later = self.later;
        for node in self.spec.guard_nodes().filter(|node| !later.contains(&node.role())) {
            self.bring_up(node, &[]);
        }
    }

    pub(super) fn bring_up(&mut self, node: NodeId, before_start: &[StepId]) {
        if self.scope.is_some_and(|scope| !scope.contains(&node)) {
            return;
        }
        // A start that did not help a node which no other needs must not keep the others from being ready.
        let is_hidden = self.observed.inventory.unseen.contains_key(&node);
        if node.role().is_optional() && (is_hidden || self.past.started.contains(&node)) {
            return;
        }
        let Some(facts) = self.facts(node) else {
            if self.is_decided(node) {
                self.create(node, "it is missing");
                self.write_config(node, "it is new");
                self.start(node, "it is new", before_start);
            }
            return;
        };
        // Nothing can be done on a host that does not answer.
        if facts.state == NodeState::Unknown {
            return;
        }
        let is_off = is_off_network(facts, self.observed);
        let is_stale = is_off || self.is_outdated(node, facts);
        if data::damage(node, self.observed).is_some() {
            return self.bring_up_damaged(node, is_stale, before_start);
        }
        if let Some(is_unkillable) = busy(node, self.observed) {
            return self.free_busy(node, is_unkillable, is_stale, before_start);
        }
        match &facts.state {
            _ if is_off => self.move_to_network(node, &facts.state, before_start),
            NodeState::Running | NodeState::Restarting if dies_at_every_start(node, self.observed) => {
                self.revive(node, is_stale, before_start);
            }
            NodeState::Running if self.is_expired_sentinel(node) => {
                self.replace_stopped(node, &Renewal::Expired.to_string(), before_start);
            }
            NodeState::Running | NodeState::Restarting | NodeState::Unknown => {}
            NodeState::Paused => _ = self.step(node, Action::UnpauseNode { node }, "it is paused", []),
            NodeState::Created if is_stale => {
                self.replace_stopped(node, "its settings changed before it ran", before_start)
            }
            NodeState::Created if self.is_decided(node) => {
                self.write_config(node, "it has never run");
                self.start(node, "it has never run", before_start);
            }
            NodeState::Created => {}
            NodeState::Exited { code, oom_killed } => {
                let why = match (oom_killed, code) {
                    (true, _) => "it ran out of memory: the kernel killed it".to_owned(),
                    (false, code) => format!("it has exited with code {code}"),
                };
                let why = self.leads_instead(node).unwrap_or(why);
                if is_stale {
                    self.replace_stopped(node, "its settings changed while it was down", before_start);
                } else if self.is_decided(node) {
                    self.write_config(node, &why);
                    self.start(node, &why, before_start);
                }
            }
            NodeState::Dead | NodeState::Removing => self.replace_stopped(node, "it is dead", before_start),
        }
    }

    /// Why a node leads a stopped group although it was not its last master.
    pub(super) fn leads_instead(&self, node: NodeId) -> Option<String> {
        let group = node.group().filter(|group| self.masters.get(group) == Some(&node))?;
        let last = last_known(group, self.observed).filter(|last| *last != node)?;
        (!self.observed.runs(last)).then(|| format!("it leads {group}: {}", data::lost(last, self.observed)))
    }

    pub(super) fn start(&mut self, node: NodeId, why: &str, after: &[StepId]) {
        self.step(node, Action::StartNode { node }, why, after.to_vec());
    }

    /// A node that its restart policy starts again and again gets the current configuration and a new container.
    pub(super) fn revive(&mut self, node: NodeId, is_stale: bool, before_start: &[StepId]) {
        let why = "it dies at every start";
        if is_stale {
            self.replace_stopped(node, why, before_start);
        } else if self.is_decided(node) {
            self.step(node, Action::StopNode { node }, why, []);
            self.write_config(node, why);
            self.start(node, why, before_start);
        }
    }

    pub(super) fn replace_stopped(&mut self, node: NodeId, why: &str, before_start: &[StepId]) {
        if !self.is_decided(node) {
            return;
        }
        let why = &self.moves(node).unwrap_or_else(|| why.to_owned());
        self.step(node, Action::RemoveNode { node }, why, []);
        self.create(node, why);
        self.write_config(node, why);
        self.start(node, why, before_start);
    }
}
