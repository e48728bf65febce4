//! Stopping, starting and restarting nodes of a cluster that stays what it is.
//!
//! What costs the cluster more than the nodes that are named is an [`Objection`]: the plan is made all the same, and the
//! caller asks whether it is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Planner;
use crate::cluster::claims::Undecided;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{Answer, NodeState, Observed};
use crate::cluster::reckon::fittest;
use crate::plan::step::{Action, Plan, StepId};
use crate::spec::{Group, NodeId, PersistenceMode, Role, Spec};

/// What a stop or a restart costs that is seldom meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The Sentinels that are left cannot replace a master.
    QuorumLost {
        /// Sentinels that are left.
        left: usize,
        /// Sentinels that are needed: the quorum or the majority, whichever is more.
        needed: usize,
    },
    /// The group's master is among the nodes, and no other node can take over.
    NoSuccessor {
        /// The group.
        group: Group,
        /// Its master.
        master: NodeId,
    },
    /// Who is master of a group is being decided.
    Unsettled(Undecided),
    /// The master of a group does not answer, so it cannot hand over.
    SilentMaster {
        /// The group.
        group: Group,
        /// Its master.
        master: NodeId,
    },
    /// No proxy is left that leads clients to the masters.
    NoProxy,
    /// Nothing is kept on disk, and all nodes that have the data in memory are among the nodes.
    DataLost {
        /// Keys that the masters hold.
        keys: u64,
    },
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QuorumLost { left, needed } => {
                write!(
                    f,
                    "{left} of the Sentinels would be left, and {needed} are needed to replace a master that fails"
                )
            }
            Self::NoSuccessor { group, master } => {
                write!(f, "{master} is the master of {group}, and no other node can take over")
            }
            Self::Unsettled(undecided) => undecided.fmt(f),
            Self::SilentMaster { group, master } => write!(f, "{master} is the master of {group} and does not answer"),
            Self::NoProxy => f.write_str("no proxy would be left for clients to connect to"),
            Self::DataLost { keys } => {
                write!(f, "Redis keeps nothing on disk, so all data would be lost (keys: {keys})")
            }
        }
    }
}

/// A plan, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The plan. Empty when there is nothing to do.
    pub plan: Plan,
    /// What it costs beside the nodes themselves.
    pub objections: Vec<Objection>,
}

/// Stops the named nodes, or all.
///
/// All: the Sentinels first, so that nothing is replaced that is stopped on purpose; then the proxies, so that no write is
/// acknowledged from there on; then the replicas; and the masters last, which so have everything. Some: their masters hand
/// over first.
pub fn stop(spec: &Spec, observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> Proposal {
    let mut planner = Planner::new(spec, observed);
    let nodes = alive(observed, named);
    let mut objections = planner.unsettled_among(&nodes);
    let Some(named) = named else {
        objections.extend(planner.data_lost());
        let is_master = |node: &NodeId| planner.masters.values().any(|master| master == node);
        let (masters, others): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().copied().partition(is_master);
        let of = |role: Role| others.iter().copied().filter(move |node| node.role() == role).collect::<Vec<_>>();
        let mut before = Vec::new();
        for (nodes, why) in [
            (of(Role::Sentinel), "so that no master is replaced that is stopped on purpose"),
            (of(Role::Proxy), "so that no write is acknowledged from here on"),
            (of(Role::Redis), "the cluster is stopped"),
            (masters, "the master has everything, so it is the last"),
        ] {
            let stopped: Vec<StepId> = nodes.into_iter().map(|node| planner.halt(node, why, &before)).collect();
            if !stopped.is_empty() {
                before = stopped;
            }
        }
        return Proposal { plan: planner.plan, objections };
    };
    objections.extend(planner.quorum_without(&nodes));
    let is_proxy_up = |node: &NodeId| node.role() == Role::Proxy && observed.is_up(*node);
    if nodes.iter().any(is_proxy_up) && !observed.inventory.nodes.keys().any(|n| is_proxy_up(n) && !nodes.contains(n)) {
        objections.push(Objection::NoProxy);
    }
    let mut handed_over = Vec::new();
    for (group, master) in planner.own_masters().into_iter().filter(|(_, master)| nodes.contains(master)) {
        let others = spec.redis_nodes(group).filter(|node| !named.contains(node));
        match fittest(others, observed) {
            Some(to) if observed.is_up(master) => {
                let why = format!("{master} is master and is to be stopped");
                handed_over.push(planner.plan.push(Action::Switchover { group, to }, why, []));
            }
            Some(_) => {
                objections.push(Objection::SilentMaster { group, master });
            }
            None => objections.push(Objection::NoSuccessor { group, master }),
        }
    }
    let out = planner.take_out(&nodes, &handed_over);
    let stopped: Vec<StepId> = nodes.iter().map(|node| planner.halt(*node, "you asked for it", &out.steps)).collect();
    planner.put_back(out, "so that it serves when it comes back", &stopped);
    Proposal { plan: planner.plan, objections }
}

/// Starts the named nodes as the cluster is now: a node that was master while it ran follows the one that is. Empty when
/// they run and serve.
pub fn start(spec: &Spec, observed: &Observed, named: &BTreeSet<NodeId>) -> Plan {
    let mut planner = Planner { scope: Some(named), ..Planner::new(spec, observed) };
    if let Some(refused) = planner.refused() {
        return refused;
    }
    planner.make_network();
    planner.bring_up_nodes();
    planner.set_redis_right();
    planner.set_sentinels_right();
    let is_idle = planner.plan.is_empty();
    let everything = planner.plan.leaves();
    for node in named {
        let gate = Gate::InService { node: *node };
        match gate.holds(spec, observed) {
            Ok(()) if is_idle => {}
            Ok(()) => _ = planner.plan.push(Action::Await { gate }, "after these changes", everything.iter().copied()),
            Err(unmet) => _ = planner.plan.push(Action::Await { gate }, unmet.to_string(), everything.iter().copied()),
        }
    }
    planner.plan
}

/// Restarts the named nodes, or all Redis nodes and Sentinels, one after the other: the next when the one before serves
/// again. Masters hand over and are the last.
///
/// Without names the proxies are left alone: every connection of a proxy ends when it restarts, and nothing can take them
/// over.
pub fn restart(spec: &Spec, observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> Proposal {
    let mut planner = Planner::new(spec, observed);
    let mut nodes = alive(observed, named);
    if named.is_none() {
        nodes.retain(|node| node.role() != Role::Proxy);
    }
    let mut objections = planner.unsettled_among(&nodes);
    // A set of Sentinels that bears no loss at all cannot be restarted otherwise.
    if spec.sentinels > planner.sentinels_needed() {
        let alone = |node: &NodeId| planner.quorum_without(&BTreeSet::from([*node]));
        objections.extend(nodes.iter().filter(|node| node.role() == Role::Sentinel).find_map(alone));
    }
    let own_masters = planner.own_masters();
    let is_master = |node: &NodeId| own_masters.values().any(|master| master == node);
    let (masters, others): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().copied().partition(is_master);
    let why = "it is restarted";
    let mut previous: Option<StepId> = None;
    for node in others {
        previous = Some(planner.restart_one(node, why, previous));
    }
    for master in masters {
        let Some(group) = master.group() else { continue };
        let successor = fittest(spec.redis_nodes(group).filter(|node| *node != master), observed);
        match successor {
            Some(to) => {
                let why = format!("{master} is master and is to be restarted");
                previous = Some(planner.plan.push(Action::Switchover { group, to }, why, previous));
            }
            // With no replica there is no other way, and whoever has none knows it.
            None if spec.replicas == 0 => {}
            None => objections.push(Objection::NoSuccessor { group, master }),
        }
        previous = Some(planner.restart_one(master, why, previous));
    }
    if named.is_none() && !planner.plan.is_empty() {
        planner.await_ready(false);
    }
    Proposal { plan: planner.plan, objections }
}

/// The nodes, of those that are named or of all, that run in some way.
fn alive(observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> BTreeSet<NodeId> {
    let nodes = observed.inventory.nodes.keys().copied().filter(|node| observed.runs(*node));
    nodes.filter(|node| named.is_none_or(|named| named.contains(node))).collect()
}

/// Replicas to which no proxy leads readers.
pub(super) struct TakenOut {
    /// What each proxy that was told checked before.
    checked: BTreeMap<NodeId, BTreeSet<NodeId>>,
    /// What to wait for.
    pub(super) steps: Vec<StepId>,
}

impl Planner<'_> {
    /// Stops a node. A paused one is thawed for it: frozen it would not end before it is killed.
    pub(super) fn halt(&mut self, node: NodeId, why: &str, after: &[StepId]) -> StepId {
        let is_paused = self.facts(node).is_some_and(|facts| facts.state == NodeState::Paused);
        if is_paused {
            self.step(node, Action::UnpauseNode { node }, "a paused node cannot stop in good order", after.to_vec());
        }
        self.step(node, Action::StopNode { node }, why, after.to_vec())
    }

    fn restart_one(&mut self, node: NodeId, why: &str, previous: Option<StepId>) -> StepId {
        let previous: Vec<StepId> = previous.into_iter().collect();
        let out = self.take_out(&BTreeSet::from([node]), &previous);
        self.halt(node, why, &out.steps);
        let mut last = self.step(node, Action::StartNode { node }, why, []);
        let back = self.put_back(out, "it is there again", &[last]);
        for gate in self.service_gates(node) {
            last = self.step(node, Action::Await { gate }, "before anything else changes", back.iter().copied());
        }
        last
    }

    /// Has every proxy that stays lead readers past the replicas that are about to stop. A master that hands over is a
    /// replica by then; one that does not keeps its clients to its end.
    pub(super) fn take_out(&mut self, stopping: &BTreeSet<NodeId>, after: &[StepId]) -> TakenOut {
        let moves =
            |action: &Action, group: Group| matches!(action, Action::Switchover { group: of, .. } if *of == group);
        let hands_over = |group: Group| self.plan.steps.iter().any(|step| moves(&step.action, group));
        let is_replica = |node: &NodeId| {
            node.group().is_some_and(|group| self.masters.get(&group) != Some(node) || hands_over(group))
        };
        let replicas: BTreeSet<NodeId> = stopping.iter().copied().filter(is_replica).collect();
        let mut out = TakenOut { checked: BTreeMap::new(), steps: after.to_vec() };
        for (proxy, answer) in &self.observed.topology.proxies {
            let Some(view) = answer.said().filter(|_| !stopping.contains(proxy)) else { continue };
            let checked = self.last_check(*proxy).unwrap_or(&view.checked).clone();
            if checked.is_disjoint(&replicas) {
                continue;
            }
            let check = Action::ProxyCheck { proxy: *proxy, nodes: &checked - &replicas };
            let why = "readers go elsewhere before it stops";
            out.steps.push(self.step(*proxy, check, why, after.iter().copied()));
            out.checked.insert(*proxy, checked);
        }
        out
    }

    /// Has the proxies check what was taken out as well, so that readers are led there as soon as it is in sync. Returns
    /// what to wait for.
    pub(super) fn put_back(&mut self, out: TakenOut, why: &str, after: &[StepId]) -> Vec<StepId> {
        let checks = out
            .checked
            .into_iter()
            .map(|(proxy, nodes)| self.step(proxy, Action::ProxyCheck { proxy, nodes }, why, after.iter().copied()));
        after.iter().copied().chain(checks.collect::<Vec<_>>()).collect()
    }

    /// What a proxy checks after the steps so far, where they change it.
    fn last_check(&self, of: NodeId) -> Option<&BTreeSet<NodeId>> {
        self.plan.steps.iter().rev().find_map(|step| match &step.action {
            Action::ProxyCheck { proxy, nodes } if *proxy == of => Some(nodes),
            _ => None,
        })
    }

    /// The masters that have to hand over. The node that the others of a standby copy has no writes.
    fn own_masters(&self) -> BTreeMap<Group, NodeId> {
        if self.standby_of.is_some() { BTreeMap::new() } else { self.masters.clone() }
    }

    fn unsettled_among(&self, nodes: &BTreeSet<NodeId>) -> Vec<Objection> {
        let concerned = |group: &Group| nodes.iter().any(|node| node.group() == Some(*group));
        let unsettled = self.unsettled.iter().filter(|(group, _)| concerned(group));
        unsettled.map(|(_, why)| Objection::Unsettled(why.clone())).collect()
    }

    fn sentinels_needed(&self) -> u16 {
        self.spec.quorum.max(self.spec.majority())
    }

    /// What the Sentinels can no longer do without these nodes.
    fn quorum_without(&self, nodes: &BTreeSet<NodeId>) -> Option<Objection> {
        let is_live = |node: &NodeId| node.role() == Role::Sentinel && self.observed.is_up(*node);
        let left = self.observed.inventory.nodes.keys().filter(|node| is_live(node) && !nodes.contains(node)).count();
        let needed = usize::from(self.sentinels_needed());
        (nodes.iter().any(is_live) && left < needed).then_some(Objection::QuorumLost { left, needed })
    }

    /// What is gone when all stop.
    fn data_lost(&self) -> Option<Objection> {
        let views = self.observed.topology.redis.iter().filter(|(node, _)| self.masters.values().any(|m| m == *node));
        let keys = views.filter_map(|(_, answer)| Answer::said(answer)).map(|view| view.keys).sum();
        (self.spec.persistence.mode == PersistenceMode::None && keys > 0).then_some(Objection::DataLost { keys })
    }
}
