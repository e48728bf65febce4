//! A restore in place: data that were copied beside those of a group replace them.
//!
//! No Sentinel watches the group and none of its nodes runs while they are replaced. So neither an old node nor an old
//! Sentinel brings old data back, and clients are refused meanwhile. What was begun is in the record of the cluster. Until
//! all nodes are stopped `up` takes it back, and from then on it ends it: the nodes start with the old data or with the new
//! ones.

use std::collections::BTreeSet;

use super::{Planner, next};
use crate::cluster::observed::Observed;
use crate::cluster::refusal::Refusal;
use crate::plan::stage::{Past, Stage};
use crate::plan::step::{Action, Plan, StepId};
use crate::spec::restoring::{RestoreStage, Restoring};
use crate::spec::{Group, NodeId, Role, Spec};

/// The restore that was begun and has not ended.
pub fn begun(observed: &Observed) -> Option<&Restoring> {
    observed.inventory.recorded.as_ref()?.restoring.as_ref()
}

/// The next part of the way that `restore` goes: [`next`], except that a restore that is being prepared goes on.
pub fn restore(spec: &Spec, observed: &Observed, past: &Past) -> Stage {
    match begun(observed).filter(|begun| begun.stage == RestoreStage::Preparing) {
        Some(begun) => Stage { spec: spec.clone(), plan: stop_group(spec, observed, begun) },
        None => next(spec, observed, past),
    }
}

/// What `up` does about an interrupted restore: it takes it back while all old data are there, else ends it.
pub(super) fn finish(spec: &Spec, observed: &Observed) -> Option<Plan> {
    let begun = begun(observed)?;
    Some(match begun.stage {
        RestoreStage::Preparing => take_back(spec, observed, begun),
        RestoreStage::Replacing => replace(spec, observed, begun),
    })
}

/// Refuses to start nodes of a group whose data are being replaced: some have old ones.
pub(super) fn refused(spec: &Spec, observed: &Observed) -> Option<Refusal> {
    let Restoring { group, from, stage, .. } = begun(observed)?;
    let up = format!("redos -p {} up", spec.name);
    let (why, next) = match stage {
        RestoreStage::Preparing => ("was interrupted before it replaced anything", format!("take it back: {up}")),
        RestoreStage::Replacing => ("was interrupted while it replaced the data", format!("end it: {up}")),
    };
    Some(Refusal { why: format!("the restore of {group} from {from} {why}"), next: vec![next] })
}

/// A Redis node of the group or a Sentinel that does not answer. It could bring old data back later.
pub fn away(group: Group, spec: &Spec, observed: &Observed) -> Option<NodeId> {
    let wanted = spec.nodes().into_iter().chain(observed.inventory.nodes.keys().copied());
    let wanted = wanted.chain(observed.inventory.volumes.keys().copied());
    let mut concerned = wanted.filter(|node| node.role() == Role::Sentinel || node.group() == Some(group));
    concerned.find(|node| !observed.is_up(*node))
}

/// Makes all Sentinels forget the group and stops its nodes. Nothing can be written or fail over then.
fn stop_group(spec: &Spec, observed: &Observed, begun: &Restoring) -> Plan {
    let group = begun.group;
    let sentinels = observed.inventory.nodes.keys().filter(|node| node.role() == Role::Sentinel);
    if let Some(away) = sentinels.copied().find(|node| !observed.is_up(*node)) {
        let why = format!("{away} does not answer, and would make an old node master of {group} later");
        let next = vec![format!("take the restore back and repair the cluster: redos -p {} up", spec.name)];
        return Plan { refusal: Some(Refusal { why, next }), ..Plan::default() };
    }
    let mut planner = Planner::new(spec, observed);
    let stopped = planner.stop_all_of(group);
    let replacing = Restoring { stage: RestoreStage::Replacing, ..begun.clone() };
    let why = "from here on the old data are not used any more";
    planner.plan.push(Action::RecordRestore { restoring: replacing }, why, stopped);
    planner.plan.then_observe = Some("all nodes are stopped before the data are replaced".to_owned());
    planner.plan
}

/// Replaces the data of one node and empties the others, which copy it when they start.
fn replace(spec: &Spec, observed: &Observed, begun: &Restoring) -> Plan {
    let Restoring { group, node, from, .. } = begun;
    let mut planner = Planner::new(spec, observed);
    planner.unborn.remove(group);
    planner.unsettled.remove(group);
    planner.lost.remove(group);
    planner.masters.insert(*group, *node);
    planner.make_network();
    let known = observed.inventory.nodes.keys().chain(observed.inventory.volumes.keys());
    let nodes: BTreeSet<NodeId> = known.copied().filter(|node| node.group() == Some(*group)).collect();
    let mut stopped = planner.stop_all_of(*group);
    for node in &nodes {
        if planner.facts(*node).is_none() {
            planner.create(*node, "its container was removed");
            stopped.extend(planner.last.get(node));
        }
    }
    let why = format!("{group} is restored from {from}");
    let replaced = planner.step(*node, Action::ReplaceData { node: *node }, why.clone(), stopped);
    for other in nodes.iter().filter(|other| *other != node) {
        planner.step(*other, Action::RemoveData { node: *other }, why.clone(), [replaced]);
    }
    for node in &nodes {
        planner.write_config(*node, &why);
    }
    let all: Vec<StepId> = planner.plan.leaves().into_iter().collect();
    planner.plan.push(Action::RecordSpec, format!("all nodes of {group} have the new data or none"), all);
    planner.plan.then_observe = Some("the nodes start with the restored data".to_owned());
    planner.plan
}

/// Removes the copied data. The group goes on with its own, all of which are there.
fn take_back(spec: &Spec, observed: &Observed, begun: &Restoring) -> Plan {
    let Restoring { group, node, from, .. } = begun;
    let mut plan = Plan::default();
    let why = format!("the restore of {group} from {from} was interrupted before it replaced anything");
    let is_there = observed.inventory.volumes.contains_key(node);
    let removed = is_there.then(|| plan.push(Action::DiscardRestore { node: *node }, why.clone(), []));
    plan.push(Action::RecordSpec, why, removed);
    plan.then_observe = Some(format!("'{}' goes on with the data that it has", spec.name));
    plan
}

impl Planner<'_> {
    /// Stops the nodes of a group that run, when no Sentinel watches them any more. Returns the steps to wait for.
    ///
    /// Replicas stop first, so that nothing can take over from the master.
    fn stop_all_of(&mut self, group: Group) -> Vec<StepId> {
        let why = format!("the data of {group} are replaced");
        let mut before = Vec::new();
        for (node, answer) in &self.observed.topology.sentinels {
            if answer.said().is_some_and(|view| view.masters.contains_key(&group.to_string())) {
                before.push(self.step(*node, Action::SentinelRemove { node: *node, group }, why.clone(), []));
            }
        }
        let nodes = self.observed.inventory.nodes.keys().copied();
        let running = nodes.filter(|node| node.group() == Some(group) && self.observed.runs(*node));
        let master = self.masters.get(&group).copied();
        let (masters, replicas): (Vec<NodeId>, Vec<NodeId>) = running.partition(|node| Some(*node) == master);
        for nodes in [replicas, masters] {
            let stopped: Vec<StepId> = nodes.into_iter().map(|node| self.halt(node, &why, &before)).collect();
            if !stopped.is_empty() {
                before = stopped;
            }
        }
        before
    }
}
