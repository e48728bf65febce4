//! The diff: desired state and observed state to a [`Plan`]. All policy is here.
//!
//! A plan is a wave, not a script for all eventualities. Where the next decision depends on what a step brings to light
//! (what an old volume holds, whom the Sentinels elect), the plan ends and says so in [`Plan::then_observe`].

mod bring_up;
mod busy;
pub mod canary;
mod certificates;
mod damaged;
mod encryption;
mod grow;
pub mod lifecycle;
pub mod moving;
mod network;
mod passwords;
mod proxies;
mod ready;
mod reasons;
mod replace;
mod replication;
mod resources;
pub mod restoring;
mod seeding;
pub mod shrink;
mod standby;
#[cfg(test)]
mod tests;
mod watched_groups;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use super::stage::{Past, Stage};
use super::step::{Action, Plan, Step, StepId};
use crate::cluster::claims::{Undecided, is_joining};
use crate::cluster::data;
use crate::cluster::desired::{host_dir, is_stale};
use crate::cluster::observed::{Answer, NodeFacts, NodeState, Observed, RedisView, SentinelView};
use crate::cluster::reckon::{Reckoned, reckon};
use crate::cluster::refusal::Refusal;
use crate::cluster::strangers::unknown_users;
use crate::cluster::stuck::{Stuck, stuck};
use crate::spec::render::Standing;
use crate::spec::{Group, NodeId, Role, Spec};

/// The plan from the observed cluster to the desired one. Empty when they are the same and the cluster is ready.
///
/// Further Sentinels come one at a time: each is in service before the next is created, and the quorum follows.
pub fn diff(spec: &Spec, observed: &Observed) -> Plan {
    next(spec, observed, &Past::default()).plan
}

/// [`diff`] for a run that has done something already: the next stage of its way.
pub fn next(spec: &Spec, observed: &Observed, past: &Past) -> Stage {
    next_without(&[], spec, observed, past)
}

/// [`next`], which recreates no node of these roles for other settings or images: their turn is later.
pub fn next_without(later: &[Role], spec: &Spec, observed: &Observed, past: &Past) -> Stage {
    let refused = |refusal| Stage { spec: spec.clone(), plan: Plan { refusal: Some(refusal), ..Plan::default() } };
    let rest = match moving::without_given_up(spec, observed) {
        Ok(rest) => rest,
        Err(refusal) => return refused(refusal),
    };
    let observed = &*rest;
    // A node that no other node needs stays as it is.
    let wanted = spec.nodes();
    let counts = |node: NodeId| !node.role().is_optional() || !wanted.contains(&node);
    let refusal = Refusal::unseen(&spec.name, &observed.inventory, counts).or_else(|| network::refused(spec, observed));
    let refusal = refusal.or_else(|| seeding::refused(spec, observed));
    if let Some(refusal) = refusal {
        return refused(refusal);
    }
    let target = spec;
    let spec = &match moving::staged(target, observed) {
        Ok(staged) => staged,
        Err(refusal) => return refused(refusal),
    };
    if let Some(plan) = restoring::finish(spec, observed) {
        return Stage { spec: spec.clone(), plan };
    }
    let mut sentinels = grow::next_electorate(spec, observed);
    while sentinels < spec.sentinels {
        let stage = Spec { sentinels, quorum: spec.quorum.min(sentinels / 2 + 1), ..spec.clone() };
        let mut plan = wave(&stage, target, observed, past, later);
        if !plan.is_empty() {
            plan.then_observe.get_or_insert_with(|| "Sentinels are added one at a time".to_owned());
            return Stage { spec: stage, plan };
        }
        sentinels += 1;
    }
    let mut plan = wave(spec, target, observed, past, later);
    if spec.placement != target.placement && !plan.is_empty() {
        plan.then_observe.get_or_insert_with(|| "nodes move after others".to_owned());
    }
    Stage { spec: spec.clone(), plan }
}

/// [`next`], and the removal of users that redos did not make.
pub fn removing_unknown_users(spec: &Spec, observed: &Observed, past: &Past) -> Stage {
    let mut stage = next(spec, observed, past);
    for (node, users) in unknown_users(observed) {
        stage.plan.push(Action::RemoveUsers { node, users }, "redos did not create it", []);
    }
    stage
}

/// One part of the way to `target`. `spec` is the target except for the number of its Sentinels and the hosts of nodes.
fn wave(spec: &Spec, target: &Spec, observed: &Observed, past: &Past, later: &[Role]) -> Plan {
    // Guards know how many nodes there are, so they come when all others do.
    let later: Vec<Role> = match spec.sentinels == target.sentinels {
        true => later.to_vec(),
        false => later.iter().copied().chain([Role::Guard]).collect(),
    };
    let mut planner = Planner { past: past.clone(), later: &later, ..Planner::new(spec, observed) };
    planner.make_network();
    planner.record(target);
    planner.remove_left_behind();
    if planner.look_into_old_volumes() || planner.asks_head() {
        return planner.plan;
    }
    if let Some(refused) = planner.refused().or_else(|| planner.refused_step_back()) {
        return refused;
    }
    planner.keep_passwords();
    if planner.turn_encryption() {
        return planner.plan;
    }
    planner.push_sentinels();
    planner.bring_up_nodes();
    planner.set_head_right();
    planner.set_resources_right();
    planner.set_redis_right();
    planner.set_rights();
    planner.set_sentinels_right();
    planner.set_proxies_right();
    planner.set_logins();
    planner.renew_certificates();
    planner.replace_stale_nodes();
    planner.take_over();
    // A Sentinel that forgets is away for a moment, for which there must be enough of them: new ones come first.
    if planner.plan.then_observe.is_none() && spec.sentinels == target.sentinels {
        planner.remove_surplus();
    }
    if spec.sentinels == target.sentinels {
        planner.advance_rotation();
    }
    // The write proves the whole; each part before it has more to change.
    let owes_proof = past.owes_proof && spec.sentinels == target.sentinels;
    planner.await_ready(owes_proof);
    planner.plan
}

struct Planner<'a> {
    spec: &'a Spec,
    observed: &'a Observed,
    past: Past,
    plan: Plan,
    network: Option<StepId>,
    /// The master of each group: the known one, or the one of a new group.
    masters: BTreeMap<Group, NodeId>,
    /// The groups that never had a master. Their Sentinels get them when all nodes answer.
    unborn: BTreeSet<Group>,
    /// The groups whose master is being decided, and why.
    unsettled: BTreeMap<Group, Undecided>,
    /// The groups without a node that can lead without losing data, with the data of their nodes.
    lost: BTreeMap<Group, Refusal>,
    /// The server outside of the cluster that a standby copies, until a node takes over.
    standby_of: Option<SocketAddrV4>,
    /// The last step of each node.
    last: BTreeMap<NodeId, StepId>,
    /// The steps after which all files have the passwords of a rotation.
    passwords_kept: Vec<StepId>,
    /// The only nodes that are brought up; all when `None`.
    scope: Option<&'a BTreeSet<NodeId>>,
    /// The roles whose nodes are not recreated for other settings yet.
    later: &'a [Role],
    /// A replica that must not be promoted yet.
    kept_back: Option<NodeId>,
}

impl<'a> Planner<'a> {
    fn new(spec: &'a Spec, observed: &'a Observed) -> Self {
        let (mut masters, mut unborn) = (BTreeMap::new(), BTreeSet::new());
        let (mut unsettled, mut lost) = (BTreeMap::new(), BTreeMap::new());
        let standby_of = standby::of(spec, observed);
        for group in spec.groups() {
            if standby_of.is_some() {
                masters.insert(group, Spec::head());
                unborn.insert(group);
                continue;
            }
            match reckon(group, observed) {
                Reckoned::Master(node) => _ = masters.insert(group, node),
                Reckoned::Unborn => {
                    masters.insert(group, NodeId::redis(group, 1));
                    unborn.insert(group);
                }
                Reckoned::Unsettled(why) => _ = unsettled.insert(group, why),
                Reckoned::Lost(why) => _ = lost.insert(group, why),
            }
        }
        let (plan, last, passwords_kept) = Default::default();
        Self {
            spec,
            observed,
            past: Past::default(),
            plan,
            network: None,
            masters,
            unborn,
            unsettled,
            lost,
            standby_of,
            last,
            passwords_kept,
            scope: None,
            later: &[],
            kept_back: None,
        }
    }

    fn facts(&self, node: NodeId) -> Option<&'a NodeFacts> {
        self.observed.inventory.nodes.get(&node)
    }

    /// Adds a step of a node, after that node's steps so far and the given ones.
    fn step(
        &mut self,
        node: NodeId,
        action: Action,
        why: impl Into<String>,
        after: impl IntoIterator<Item = StepId>,
    ) -> StepId {
        let after: Vec<StepId> = self.last.get(&node).copied().into_iter().chain(after).collect();
        let id = self.plan.push(action, why, after);
        self.last.insert(node, id);
        id
    }

    /// Whether a node's container is to be recreated now.
    fn is_outdated(&self, node: NodeId, facts: &NodeFacts) -> bool {
        !self.later.contains(&node.role())
            && (is_stale(self.spec, node, facts) || self.sentinel_renewal(node).is_some())
    }

    fn record(&mut self, target: &Spec) {
        let target = Spec { restoring: None, ..target.clone() };
        if self.observed.inventory.recorded.as_ref() != Some(&target) {
            let why = match self.observed.inventory.recorded {
                Some(_) => "the configuration has changed",
                None => "the cluster is new",
            };
            self.plan.push(Action::RecordSpec, why, self.network);
        }
    }

    /// Creates the missing containers of old volumes. Returns whether there are any.
    ///
    /// Volumes that an earlier `down` left say who was master and what the passwords are. They can be read once their
    /// nodes' containers exist, so those are created first and nothing else.
    fn look_into_old_volumes(&mut self) -> bool {
        let nodes = &self.observed.inventory.nodes;
        let is_gone = |group: Group| !nodes.keys().any(|node| node.group() == Some(group));
        let mut gone = self.spec.groups().filter(|group| is_gone(*group));
        // Also of a node that the cluster is not to have any more: it may have been the last master.
        let hidden: BTreeSet<NodeId> =
            self.spec.groups().flat_map(|group| data::hidden(group, self.observed)).collect();
        let old = gone.any(|group| self.spec.redis_nodes(group).any(|node| self.has_data(node))) || !hidden.is_empty();
        let head_is_old = standby::is_in_the_volume(self.spec, self.observed) && self.has_data(Spec::head());
        if !old && !head_is_old {
            return false;
        }
        // A guard has nothing to say, and is made when the number of the others is settled.
        let has_word = |node: &NodeId| node.role() != Role::Guard;
        let missing = self.spec.nodes().into_iter().filter(has_word).chain(hidden);
        let missing = missing.filter(|node| self.facts(*node).is_none());
        for node in missing.collect::<BTreeSet<_>>() {
            self.create(node, "its container was removed");
        }
        self.plan.then_observe =
            Some("the volumes of an earlier cluster hold its data, passwords and roles".to_owned());
        true
    }

    /// The refusal of a cluster about which the user must decide first.
    fn refused(&self) -> Option<Plan> {
        let refusal = self.lost.values().next().cloned().or_else(|| self.held_up())?;
        Some(Plan { refusal: Some(refusal), ..Plan::default() })
    }

    /// Creates a node's container and volume at the same time. The Engine creates the volume with either, with the same
    /// labels.
    fn create(&mut self, node: NodeId, why: &str) {
        if !self.has_data(node) {
            self.plan.push(Action::CreateVolume { node }, format!("{node} has no volume"), self.network);
        }
        let why = self.with_what_is_lost(node, why);
        let after: Vec<StepId> = self.network.into_iter().chain(self.make_room(node)).collect();
        self.step(node, Action::CreateNode { node }, why, after);
    }

    /// Whether a place exists that may hold data of a node. The content of a host folder is not known.
    fn has_data(&self, node: NodeId) -> bool {
        host_dir(self.spec, node).is_some() || self.observed.inventory.volumes.contains_key(&node)
    }

    /// The groups that Sentinels have watched before this plan.
    fn watched_groups(&self) -> impl Iterator<Item = Group> + use<'a> {
        let unborn = self.unborn.clone();
        self.spec.groups().filter(move |group| !unborn.contains(group))
    }

    /// The masters that a node's configuration must name.
    fn masters_for(&self, node: NodeId) -> BTreeMap<Group, NodeId> {
        let is_named = |group: &Group| match node {
            NodeId::Redis { group: own, .. } => *group == own,
            NodeId::Sentinel(_) => !self.unborn.contains(group),
            NodeId::Proxy(_) => true,
            NodeId::Exporter | NodeId::Guard(_) => false,
        };
        self.masters.iter().filter(|(group, _)| is_named(group)).map(|(group, master)| (*group, *master)).collect()
    }

    fn write_config(&mut self, node: NodeId, why: &str) {
        self.write_config_after(node, why, []);
    }

    fn write_config_after(&mut self, node: NodeId, why: &str, after: impl IntoIterator<Item = StepId>) {
        let masters = self.masters_for(node);
        let existing = self.standby_of.filter(|_| node == Spec::head());
        let standing = self.standing(node);
        // A volume that turns out to belong to something else is not written to.
        let is_its_volume = |step: &&Step| step.action == Action::CreateVolume { node };
        let volume = self.plan.steps.iter().find(is_its_volume).map(|step| step.id);
        let after = after.into_iter().chain(volume).collect::<Vec<_>>();
        self.step(node, Action::WriteConfig { node, masters, existing, standing }, why, after);
    }

    /// What a node may believe at its next start.
    ///
    /// A running Sentinel, even one that does not answer now, may learn of a failover between this observation and the
    /// node's start.
    fn standing(&self, node: NodeId) -> Standing {
        let is_running = |node: &NodeId| node.role() == Role::Sentinel && self.observed.runs(*node);
        let begins_as_replica = |group: &Group| self.masters.get(group).is_some_and(|master| *master != node);
        match node.group() {
            Some(group) if self.unborn.contains(&group) => Standing::New,
            Some(group) if begins_as_replica(&group) && self.has_nothing_to_lose(node) => Standing::Joining,
            _ if self.observed.inventory.nodes.keys().any(is_running) => Standing::Open,
            _ => Standing::Decided,
        }
    }

    /// Whether a replica's data are certainly not all that its group has.
    fn has_nothing_to_lose(&self, node: NodeId) -> bool {
        let is_kept_back = self.kept_back == Some(node);
        let is_emptied = |step: &Step| match step.action {
            Action::SetDataAside { node: of } | Action::RemoveData { node: of } => of == node,
            _ => false,
        };
        is_kept_back
            || !self.has_data(node)
            || is_joining(node, self.observed)
            || self.moves(node).is_some()
            || self.plan.steps.iter().any(is_emptied)
    }

    /// Whether the masters are decided that a node's configuration must name.
    fn is_decided(&self, node: NodeId) -> bool {
        match node {
            NodeId::Redis { group, .. } => !self.unsettled.contains_key(&group),
            NodeId::Sentinel(_) => self.unsettled.is_empty(),
            NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => true,
        }
    }

    /// Makes a Sentinel replace a master that is down and that the Sentinels will never replace.
    ///
    /// The next observation restores its settings. The old master is started as well, and waits until it is clear who
    /// is master.
    fn push_sentinels(&mut self) {
        for group in self.spec.groups().collect::<Vec<_>>() {
            let is_paused = |master: &NodeId| self.facts(*master).is_some_and(|facts| facts.state == NodeState::Paused);
            if self.masters.get(&group).is_some_and(is_paused) {
                continue;
            }
            if let Some(Stuck { why, push: Some((node, down_after)) }) = stuck(group, self.observed) {
                self.step(node, Action::SentinelFailover { node, group, down_after }, why, []);
                self.plan.then_observe = Some("the Sentinels replace a master".to_owned());
            }
        }
    }

    fn redis_view(&self, node: NodeId) -> Option<&'a RedisView> {
        self.observed.topology.redis.get(&node).and_then(Answer::said)
    }

    fn sentinel_view(&self, node: NodeId) -> Option<&'a SentinelView> {
        self.observed.topology.sentinels.get(&node).and_then(Answer::said)
    }

    fn is_being_started(&self, node: NodeId) -> bool {
        self.plan.steps.iter().any(|step| step.action == Action::StartNode { node })
    }

    /// Whether a node runs and answers, or this plan starts it.
    fn is_there(&self, node: NodeId) -> bool {
        self.observed.is_up(node) || self.is_being_started(node)
    }
}
