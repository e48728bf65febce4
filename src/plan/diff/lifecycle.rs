//! Stopping, starting and restarting nodes of a cluster that stays what it is.
//!
//! An [`Objection`] says what it costs the cluster beyond the named nodes. The plan is made all the same, and the
//! caller asks whether the user means it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Planner, moving, restoring};
use crate::cluster::claims::Undecided;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{Answer, NodeState, Observed};
use crate::cluster::reckon::fittest;
use crate::cluster::refusal::Refusal;
use crate::plan::step::{Action, Plan, StepId};
use crate::spec::{Group, NodeId, PersistenceMode, Role, Spec};

/// A cost of a stop or a restart that users seldom mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The remaining Sentinels cannot replace a master.
    QuorumLost {
        /// The number of remaining Sentinels.
        left: usize,
        /// The number that is needed: the quorum or the majority, whichever is more.
        needed: usize,
    },
    /// The master is among the nodes, and no other node of its group can take over.
    NoSuccessor { group: Group, master: NodeId },
    /// Sentinels are deciding who is master of a group.
    Unsettled(Undecided),
    /// The master of a group does not answer, so it cannot hand over.
    SilentMaster { group: Group, master: NodeId },
    /// Docker does not answer about a node, so a stop of it may hang as well.
    Unseen {
        node: NodeId,
        /// What became of the question.
        why: String,
    },
    /// No proxy remains for clients.
    NoProxy,
    /// Redis keeps nothing on disk, and all nodes with the data in memory are among the nodes.
    DataLost {
        /// The number of keys that the masters hold.
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
            Self::Unseen { node, why } => {
                write!(f, "Docker does not answer about {node} ({why}), and may not stop it either")
            }
            Self::NoProxy => f.write_str("no proxy would be left for clients to connect to"),
            Self::DataLost { keys } => {
                write!(f, "Redis keeps nothing on disk, so all data would be lost (keys: {keys})")
            }
        }
    }
}

/// A plan, and the objections to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub plan: Plan,
    /// The costs beyond the named nodes.
    pub objections: Vec<Objection>,
}

/// Stops the named nodes, or all.
///
/// All nodes: the Sentinels first, so that no master is replaced that is stopped on purpose. Then the proxies, so that
/// no write is acknowledged from there on. Then the replicas, and last the masters, which thus have every write. Named
/// nodes: their masters hand over first.
pub fn stop(spec: &Spec, observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> Proposal {
    let mut planner = Planner::new(spec, observed);
    let nodes = alive(observed, named);
    let mut objections = planner.unsettled_among(&nodes);
    objections.extend(unseen(observed, named));
    let Some(named) = named else {
        objections.extend(planner.data_lost());
        let is_master = |node: &NodeId| planner.masters.values().any(|master| master == node);
        let (masters, others): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().copied().partition(is_master);
        let of = |role: Role| others.iter().copied().filter(move |node| node.role() == role).collect::<Vec<_>>();
        let mut before = Vec::new();
        for (nodes, why) in [
            (of(Role::Sentinel), "so that no master is replaced that is stopped on purpose"),
            (of(Role::Proxy), "so that no write is acknowledged from here on"),
            (of(Role::Exporter), "the cluster is stopped"),
            (of(Role::Guard), "the cluster is stopped"),
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

/// Starts the named nodes in the cluster as it is now. Empty when they run and serve.
///
/// A node that was master while it ran follows the current master.
pub fn start(spec: &Spec, observed: &Observed, named: &BTreeSet<NodeId>) -> Plan {
    // What is to move is started where it is: its data are there.
    let spec = &spec.placed(moving::leaving(spec, observed));
    let mut planner = Planner { scope: Some(named), ..Planner::new(spec, observed) };
    let counts = |node: NodeId| !node.role().is_optional() || named.contains(&node);
    if let Some(refusal) = Refusal::unseen(&spec.name, &observed.inventory, counts) {
        return Plan { refusal: Some(refusal), ..Plan::default() };
    }
    if let Some(refusal) = restoring::refused(spec, observed) {
        return Plan { refusal: Some(refusal), ..Plan::default() };
    }
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

/// Restarts the named nodes, or all Redis nodes and Sentinels, one at a time.
///
/// The next is restarted when the one before serves again. Masters hand over and are the last. Without names the
/// proxies are not restarted: that closes every connection through them, and nothing can take them over.
pub fn restart(spec: &Spec, observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> Proposal {
    let mut planner = Planner::new(spec, observed);
    let mut nodes = alive(observed, named);
    if named.is_none() {
        nodes.retain(|node| node.role() != Role::Proxy);
    }
    let mut objections = planner.unsettled_among(&nodes);
    objections.extend(unseen(observed, named));
    // Sentinels that survive no loss at all cannot be restarted otherwise.
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
            // With no replica there is no other way, and the user knows that there is none.
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

/// Those nodes, of the named ones or of all, whose containers run, paused or not.
fn alive(observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> BTreeSet<NodeId> {
    let nodes = observed.inventory.nodes.keys().copied().filter(|node| observed.runs(*node));
    nodes.filter(|node| named.is_none_or(|named| named.contains(node))).collect()
}

/// Those nodes, of the named ones or of all, about which Docker does not answer.
fn unseen(observed: &Observed, named: Option<&BTreeSet<NodeId>>) -> impl Iterator<Item = Objection> {
    let nodes =
        observed.inventory.unseen.iter().filter(move |(node, _)| named.is_none_or(|named| named.contains(node)));
    nodes.map(|(node, why)| Objection::Unseen { node: *node, why: why.clone() })
}

/// Replicas that proxies lead no readers to.
pub(super) struct TakenOut {
    /// The nodes that each changed proxy checked before.
    checked: BTreeMap<NodeId, BTreeSet<NodeId>>,
    /// The steps to wait for.
    pub(super) steps: Vec<StepId>,
}

impl Planner<'_> {
    /// Stops a node. A paused one is unpaused first: otherwise it would not end before Docker kills it.
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

    /// Makes every proxy that stays lead readers past the replicas that are about to stop.
    ///
    /// A master that hands over is a replica by then; one that does not keeps its clients to its end.
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

    /// Makes the proxies check the replicas again, so that readers reach them as soon as they are in sync. Returns the
    /// steps to wait for.
    pub(super) fn put_back(&mut self, out: TakenOut, why: &str, after: &[StepId]) -> Vec<StepId> {
        let checks = out
            .checked
            .into_iter()
            .map(|(proxy, nodes)| self.step(proxy, Action::ProxyCheck { proxy, nodes }, why, after.iter().copied()));
        after.iter().copied().chain(checks.collect::<Vec<_>>()).collect()
    }

    /// The nodes that a proxy checks after the steps so far, if they change it.
    fn last_check(&self, of: NodeId) -> Option<&BTreeSet<NodeId>> {
        self.plan.steps.iter().rev().find_map(|step| match &step.action {
            Action::ProxyCheck { proxy, nodes } if *proxy == of => Some(nodes),
            _ => None,
        })
    }

    /// The masters that have to hand over. The head of a standby takes no writes.
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

    /// What the Sentinels cannot do any more without these nodes.
    fn quorum_without(&self, nodes: &BTreeSet<NodeId>) -> Option<Objection> {
        let is_live = |node: &NodeId| node.role() == Role::Sentinel && self.observed.is_up(*node);
        let left = self.observed.inventory.nodes.keys().filter(|node| is_live(node) && !nodes.contains(node)).count();
        let needed = usize::from(self.sentinels_needed());
        (nodes.iter().any(is_live) && left < needed).then_some(Objection::QuorumLost { left, needed })
    }

    /// The data that are lost when all nodes stop.
    fn data_lost(&self) -> Option<Objection> {
        let views = self.observed.topology.redis.iter().filter(|(node, _)| self.masters.values().any(|m| m == *node));
        let keys = views.filter_map(|(_, answer)| Answer::said(answer)).map(|view| view.keys).sum();
        (self.spec.persistence.mode == PersistenceMode::None && keys > 0).then_some(Objection::DataLost { keys })
    }
}
