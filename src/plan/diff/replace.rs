//! Running nodes that were created for other settings: they are recreated one at a time.

use std::collections::BTreeSet;

use super::{Planner, moving, reasons};
use crate::cluster::desired::is_stale;
use crate::cluster::gate::{Gate, busy, dies_at_every_start, is_off_network};
use crate::cluster::observed::NodeState;
use crate::cluster::reckon::successor;
use crate::plan::step::{Action, StepId};
use crate::spec::{NodeId, Role};

impl Planner<'_> {
    /// Recreates running nodes that were created for other settings, or by a redos that configures them differently.
    ///
    /// One at a time: proxies, replicas, Sentinels while the others hold the quorum, and the master after a switchover.
    /// Proxies come first because they must know of every other node that stops, which a proxy of an earlier redos may
    /// not understand. The rights of all nodes are those that the new proxy needs already: they are set while nodes
    /// run. On several hosts they must also know where the others are going to be, see [`moving`].
    pub(super) fn replace_stale_nodes(&mut self) {
        if self.is_taking_over() || !self.unsettled.is_empty() || self.hand_over_to_nodes_that_stay() {
            return;
        }
        let is_stale = |node: &NodeId| {
            let facts = self.observed.inventory.nodes.get(node);
            let is_outdated =
                facts.is_some_and(|facts| facts.state == NodeState::Running && self.is_outdated(*node, facts));
            let comes_anew = dies_at_every_start(*node, self.observed)
                || self.is_expired_sentinel(*node)
                || busy(*node, self.observed).is_some()
                || facts.is_some_and(|facts| is_off_network(facts, self.observed));
            is_outdated && !comes_anew
        };
        let (mut stale, others): (Vec<NodeId>, Vec<NodeId>) = self.spec.nodes().into_iter().partition(is_stale);
        // Proxies need no other node, but one of them serves while another is recreated.
        let is_proxy = |node: &NodeId| node.role() == Role::Proxy;
        self.keep_next_part(&mut stale);
        // Nothing waits for a node which no other needs.
        let others = others.into_iter().filter(|node| !node.role().is_optional());
        let (other_proxies, other_servers): (Vec<NodeId>, Vec<NodeId>) = others.partition(is_proxy);
        let needed = if stale.iter().all(is_proxy) { other_proxies } else { [other_proxies, other_servers].concat() };
        if stale.is_empty() || self.await_in_service(&needed) {
            return;
        }
        let is_master = |node: &NodeId| self.masters.values().any(|master| master == node);
        let (proxies, servers): (Vec<NodeId>, Vec<NodeId>) = stale.into_iter().partition(is_proxy);
        let (masters, others): (Vec<NodeId>, Vec<NodeId>) = servers.into_iter().partition(is_master);
        let mut previous: Option<StepId> = None;
        for node in proxies.into_iter().chain(others) {
            previous = Some(self.replace_running(node, previous));
        }
        for master in masters {
            let Some(group) = master.group() else { continue };
            let after: Vec<StepId> = previous.into_iter().chain(self.last.values().copied()).collect();
            match successor(group, master, self.spec, self.observed).filter(|_| self.standby_of.is_none()) {
                Some(to) => {
                    let why = format!("{master} must be recreated and is master");
                    previous = Some(self.plan.push(Action::Switchover { group, to }, why, after));
                    self.plan.then_observe = Some("the masters have moved".to_owned());
                }
                None if self.spec.replicas == 0 || self.standby_of.is_some() => {
                    previous = Some(self.replace_running(master, previous));
                }
                None => {
                    let (gate, why) = (Gate::ReplicasInSync { group }, format!("one of them is to replace {master}"));
                    previous = Some(self.plan.push(Action::Await { gate }, why, after));
                    self.plan.then_observe.get_or_insert_with(|| "a replica can take over".to_owned());
                }
            }
        }
    }

    /// Of the nodes that are to be recreated in a cluster on several hosts, keeps those whose turn is next.
    ///
    /// These are the proxies, then the nodes that move, then all others. A node that has moved is not fit to be a master yet.
    fn keep_next_part(&mut self, stale: &mut Vec<NodeId>) {
        if self.spec.hosts.is_empty() {
            return;
        }
        let leaving = moving::leaving(self.spec, self.observed);
        let of_part = |part: usize, node: &NodeId| match part {
            0 => node.role() == Role::Proxy,
            _ => leaving.contains_key(node),
        };
        let parts = ["the proxies know where the others are going to be", "the nodes that move are in their places"];
        let next = parts.into_iter().enumerate().find(|(part, _)| stale.iter().any(|node| of_part(*part, node)));
        let Some((part, then)) = next.filter(|(part, _)| !stale.iter().all(|node| of_part(*part, node))) else {
            return;
        };
        stale.retain(|node| of_part(part, node));
        self.plan.then_observe.get_or_insert_with(|| then.to_owned());
    }

    /// Waits for those of the nodes that are not in service. Returns whether there are any.
    ///
    /// One node is recreated, or reconnects, while all others are in service.
    pub(super) fn await_in_service(&mut self, nodes: &[NodeId]) -> bool {
        let everything = self.plan.leaves();
        let mut waits = false;
        for node in nodes.iter().copied() {
            for gate in self.service_gates(node) {
                if self.is_being_started(node) || gate.holds(self.spec, self.observed).is_err() {
                    self.plan.push(Action::Await { gate }, "before another is interrupted", everything.iter().copied());
                    waits = true;
                }
            }
        }
        if waits {
            self.plan.then_observe.get_or_insert_with(|| "nodes are interrupted one at a time".to_owned());
        }
        waits
    }

    pub(super) fn replace_running(&mut self, node: NodeId, previous: Option<StepId>) -> StepId {
        let facts = self.facts(node);
        let renewal =
            self.sentinel_renewal(node).filter(|_| facts.is_some_and(|facts| !is_stale(self.spec, node, facts)));
        let moves = self.moves(node);
        let is_moved_proxy = moves.is_some() && node.role() == Role::Proxy;
        let why = moves.or_else(|| renewal.map(|renewal| renewal.to_string()));
        let why = &why.unwrap_or_else(|| reasons::of_replacement(self.spec, node, facts));
        let previous: Vec<StepId> = previous.into_iter().collect();
        let out = self.take_out(&BTreeSet::from([node]), &previous);
        self.step(node, Action::StopNode { node }, why, out.steps.iter().copied());
        if let Some(why) = self.cannot_read_its_data(node) {
            self.step(node, Action::SetDataAside { node }, why, []);
        }
        self.step(node, Action::RemoveNode { node }, why, []);
        if is_moved_proxy {
            self.step(node, Action::RemoveVolume { node }, why, []);
        }
        self.create(node, why);
        self.write_config(node, why);
        self.start(node, why, &[]);
        let mut last = self.last[&node];
        let back = self.put_back(out, "it is there again", &[last]);
        let gates: Vec<Gate> = match node {
            // It does not watch new groups yet.
            NodeId::Sentinel(_)
                if self.standby_of.is_none() && self.watched_groups().count() < self.spec.groups().count() =>
            {
                self.watched_groups().map(|group| Gate::QuorumReached { group }).collect()
            }
            // No other node needs it, so that none waits for it.
            NodeId::Exporter | NodeId::Guard(_) => Vec::new(),
            // Of the proxies only this one, if it is one: the others may not know all groups yet.
            _ => self.service_gates(node),
        };
        for gate in gates {
            last = self.step(node, Action::Await { gate }, "before the next node is recreated", back.iter().copied());
        }
        last
    }
}
