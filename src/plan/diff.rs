//! The diff: desired state and observed state to a [`Plan`]. All policy is here.
//!
//! A plan is a wave, not a script for all eventualities: where the next decision depends on what a step brings to light
//! (what an old volume holds, whom the Sentinels elect), the plan ends and says so in [`Plan::then_observe`].

mod busy;
mod damaged;
mod grow;
pub mod lifecycle;
mod network;
mod reasons;
mod resources;
pub mod shrink;
mod standby;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use super::step::{Action, Electorate, Plan, Step, StepId};
use crate::cluster::claims::{Undecided, is_joining, majority_word, node_at};
use crate::cluster::data;
use crate::cluster::desired::{host_dir, is_stale};
use crate::cluster::gate::{Gate, busy, dies_at_every_start, is_in_sync, is_off_network, is_published};
use crate::cluster::observed::{Answer, NodeFacts, NodeState, Observed, RedisView, RoleView, SentinelView};
use crate::cluster::reckon::{Reckoned, is_up, last_known, reckon, runs, successor};
use crate::cluster::refusal::Refusal;
use crate::cluster::strangers::{changed_users, other_logins, unknown_users};
use crate::cluster::stuck::{Stuck, stuck};
use crate::spec::render::Standing;
use crate::spec::render::directives::PRIORITY;
use crate::spec::{Group, NodeId, Role, Spec, render};

/// What makes the observed cluster the desired one. Empty when it is, and ready.
///
/// Sentinels that become more come one at a time: each is in service before the next is made, and the quorum follows.
pub fn diff(spec: &Spec, observed: &Observed) -> Plan {
    if let Some(refusal) = network::refused(spec, observed) {
        return Plan { refusal: Some(refusal), ..Plan::default() };
    }
    let mut sentinels = grow::next_electorate(spec, observed);
    loop {
        let electorate = Electorate { sentinels, quorum: spec.quorum.min(sentinels / 2 + 1) };
        if sentinels >= spec.sentinels {
            return wave(spec, spec, observed);
        }
        let mut plan = wave(&electorate.of(spec), spec, observed);
        if !plan.is_empty() {
            plan.then_observe.get_or_insert_with(|| "Sentinels are added one at a time".to_owned());
            plan.electorate = Some(electorate);
            return plan;
        }
        sentinels += 1;
    }
}

/// [`diff`], and the removal of users that redos did not make.
pub fn removing_unknown_users(spec: &Spec, observed: &Observed) -> Plan {
    let mut plan = diff(spec, observed);
    for (node, users) in unknown_users(observed) {
        plan.push(Action::RemoveUsers { node, users }, "redos did not make it", []);
    }
    plan
}

/// One part of the way to `target`: to `spec`, which is the target but for the number of its Sentinels.
fn wave(spec: &Spec, target: &Spec, observed: &Observed) -> Plan {
    let mut planner = Planner::new(spec, observed);
    planner.make_network();
    planner.record(target);
    if planner.look_into_old_volumes() || planner.asks_head() {
        return planner.plan;
    }
    if let Some(refused) = planner.refused() {
        return refused;
    }
    planner.push_sentinels();
    planner.bring_up_nodes();
    planner.set_head_right();
    planner.set_resources_right();
    planner.set_redis_right();
    planner.set_rights();
    planner.set_sentinels_right();
    planner.set_proxies_right();
    planner.replace_stale_nodes();
    planner.take_over();
    // A Sentinel that forgets is away for a moment, for which there must be enough of them: first they become more.
    if planner.plan.then_observe.is_none() && spec.sentinels == target.sentinels {
        planner.remove_surplus();
    }
    // What is proved is the whole; each part before it has more to change.
    let owes_proof = observed.owes_proof && spec.sentinels == target.sentinels;
    planner.await_ready(owes_proof);
    planner.plan
}

struct Planner<'a> {
    spec: &'a Spec,
    observed: &'a Observed,
    plan: Plan,
    network: Option<StepId>,
    /// The master of each group: known, or the one to begin with.
    masters: BTreeMap<Group, NodeId>,
    /// The groups that never had a master. Their Sentinels are told of them when all is there.
    unborn: BTreeSet<Group>,
    /// The groups whose master is being decided, and by whom.
    unsettled: BTreeMap<Group, Undecided>,
    /// The groups that nobody can lead without losing data, with what each of their nodes has.
    lost: BTreeMap<Group, Refusal>,
    /// The server outside of the cluster that it is a standby of, until a node takes over.
    standby_of: Option<SocketAddrV4>,
    /// The last step of each node that has steps.
    last: BTreeMap<NodeId, StepId>,
    /// The only nodes that are brought up; all when absent.
    scope: Option<&'a BTreeSet<NodeId>>,
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
        let (plan, last) = Default::default();
        Self { spec, observed, plan, network: None, masters, unborn, unsettled, lost, standby_of, last, scope: None }
    }

    fn facts(&self, node: NodeId) -> Option<&'a NodeFacts> {
        self.observed.inventory.nodes.get(&node)
    }

    /// Adds a step of a node after that node's steps so far and the given ones.
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

    fn record(&mut self, target: &Spec) {
        if self.observed.inventory.recorded.as_ref() != Some(target) {
            let why = match self.observed.inventory.recorded {
                Some(_) => "the configuration has changed",
                None => "the cluster is new",
            };
            self.plan.push(Action::RecordSpec, why, self.network);
        }
    }

    /// Volumes that an earlier `down` left say who was master and what the passwords are. They can be read once their
    /// nodes' containers exist, so those are made first and nothing else.
    fn look_into_old_volumes(&mut self) -> bool {
        let nodes = &self.observed.inventory.nodes;
        let is_gone = |group: Group| !nodes.keys().any(|node| node.group() == Some(group));
        let mut gone = self.spec.groups().filter(|group| is_gone(*group));
        let old = gone.any(|group| self.spec.redis_nodes(group).any(|node| self.has_data(node)))
            || self.spec.groups().any(|group| data::is_hidden(group, self.observed));
        let head_is_old = standby::is_in_the_volume(self.spec, self.observed) && self.has_data(Spec::head());
        if !old && !head_is_old {
            return false;
        }
        let missing: Vec<NodeId> = self.spec.nodes().into_iter().filter(|node| self.facts(*node).is_none()).collect();
        for node in missing {
            self.create(node, "its container was removed");
        }
        self.plan.then_observe =
            Some("the volumes of an earlier cluster hold its data, passwords and roles".to_owned());
        true
    }

    /// The plan of a cluster that a person has to decide about first.
    fn refused(&self) -> Option<Plan> {
        let refusal = self.lost.values().next().cloned().or_else(|| self.held_up())?;
        Some(Plan { refusal: Some(refusal), ..Plan::default() })
    }

    /// A volume and its container are made at the same time: the Engine makes the volume with either, and with the same
    /// labels.
    fn create(&mut self, node: NodeId, why: &str) {
        if !self.has_data(node) {
            self.plan.push(Action::CreateVolume { node }, format!("{node} has no volume"), self.network);
        }
        let why = self.with_what_is_lost(node, why);
        self.step(node, Action::CreateNode { node }, why, self.network);
    }

    /// Whether there is a place that may hold data of a node. What is in a folder of the host is not known.
    fn has_data(&self, node: NodeId) -> bool {
        host_dir(self.spec, node).is_some() || self.observed.inventory.volumes.contains_key(&node)
    }

    /// The groups that Sentinels have watched before this plan.
    fn watched_groups(&self) -> impl Iterator<Item = Group> + use<'a> {
        let unborn = self.unborn.clone();
        self.spec.groups().filter(move |group| !unborn.contains(group))
    }

    /// What a node's configuration must name.
    fn masters_for(&self, node: NodeId) -> BTreeMap<Group, NodeId> {
        let is_named = |group: &Group| match node {
            NodeId::Redis { group: own, .. } => *group == own,
            NodeId::Sentinel(_) => !self.unborn.contains(group),
            NodeId::Proxy(_) => true,
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
        // A volume that turns out to be a stranger's is not written to.
        let is_its_volume = |step: &&Step| step.action == Action::CreateVolume { node };
        let volume = self.plan.steps.iter().find(is_its_volume).map(|step| step.id);
        let after = after.into_iter().chain(volume).collect::<Vec<_>>();
        self.step(node, Action::WriteConfig { node, masters, existing, standing }, why, after);
    }

    /// A Sentinel that runs, even one that does not answer now, may learn of a failover between this look and the node's
    /// start.
    fn standing(&self, node: NodeId) -> Standing {
        let is_running = |node: &NodeId| node.role() == Role::Sentinel && runs(*node, self.observed);
        let begins_as_replica = |group: &Group| self.masters.get(group).is_some_and(|master| *master != node);
        match node.group() {
            Some(group) if self.unborn.contains(&group) => Standing::New,
            Some(group) if begins_as_replica(&group) && self.has_nothing_to_lose(node) => Standing::Joining,
            _ if self.observed.inventory.nodes.keys().any(is_running) => Standing::Open,
            _ => Standing::Decided,
        }
    }

    /// Whether what a replica has is not all that its group has.
    fn has_nothing_to_lose(&self, node: NodeId) -> bool {
        let is_set_aside = |step: &Step| step.action == Action::SetDataAside { node };
        !self.has_data(node) || is_joining(node, self.observed) || self.plan.steps.iter().any(is_set_aside)
    }

    /// A node can be configured when the masters that it must name are decided.
    fn is_decided(&self, node: NodeId) -> bool {
        match node {
            NodeId::Redis { group, .. } => !self.unsettled.contains_key(&group),
            NodeId::Sentinel(_) => self.unsettled.is_empty(),
            NodeId::Proxy(_) => true,
        }
    }

    /// A master that is down and that the Sentinels will never replace: one of them is told to, and its settings are set
    /// right at the next look. The old master is started as well, and waits until it is clear who is master.
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

    /// Whoever connects to others at its start comes after them: an attempt that fails is repeated a second later, by a
    /// replica, by a Sentinel, and by the kernel, which asks so seldom for an address that nobody has yet. So masters
    /// come before their replicas, and proxies last. A Sentinel that comes up before its master would even hold it to be
    /// down; one that watches nothing yet need not wait.
    fn bring_up_nodes(&mut self) {
        for group in self.spec.groups() {
            let master = self.masters.get(&group).copied();
            let (first, others): (Vec<NodeId>, Vec<NodeId>) =
                self.spec.redis_nodes(group).partition(|node| Some(*node) == master);
            for node in first {
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
    }

    fn bring_up(&mut self, node: NodeId, before_start: &[StepId]) {
        if self.scope.is_some_and(|scope| !scope.contains(&node)) {
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
        let is_off = is_off_network(facts, self.observed);
        let is_stale = is_off || is_stale(self.spec, node, facts);
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
            NodeState::Running | NodeState::Restarting => {}
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
                    (true, _) => "the kernel killed it for want of memory".to_owned(),
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

    /// Why a node that leads a stopped group does so, where it was not its last master.
    fn leads_instead(&self, node: NodeId) -> Option<String> {
        let group = node.group().filter(|group| self.masters.get(group) == Some(&node))?;
        let last = last_known(group, self.observed).filter(|last| *last != node)?;
        (!runs(last, self.observed)).then(|| format!("it leads {group}: {}", data::lost(last, self.observed)))
    }

    fn start(&mut self, node: NodeId, why: &str, after: &[StepId]) {
        self.step(node, Action::StartNode { node }, why, after.to_vec());
    }

    /// A node that its restart policy starts again and again gets the configuration of now, and a container of now.
    fn revive(&mut self, node: NodeId, is_stale: bool, before_start: &[StepId]) {
        let why = "it dies at every start";
        if is_stale {
            self.replace_stopped(node, why, before_start);
        } else if self.is_decided(node) {
            self.step(node, Action::StopNode { node }, why, []);
            self.write_config(node, why);
            self.start(node, why, before_start);
        }
    }

    fn replace_stopped(&mut self, node: NodeId, why: &str, before_start: &[StepId]) {
        if !self.is_decided(node) {
            return;
        }
        self.step(node, Action::RemoveNode { node }, why, []);
        self.create(node, why);
        self.write_config(node, why);
        self.start(node, why, before_start);
    }

    fn redis_view(&self, node: NodeId) -> Option<&'a RedisView> {
        self.observed.topology.redis.get(&node).and_then(Answer::said)
    }

    fn sentinel_view(&self, node: NodeId) -> Option<&'a SentinelView> {
        self.observed.topology.sentinels.get(&node).and_then(Answer::said)
    }

    /// Runtime settings, and nodes that follow nobody or the wrong one.
    fn set_redis_right(&mut self) {
        let wanted = render::told_directives(self.spec);
        for node in self.spec.groups().flat_map(|group| self.spec.redis_nodes(group)).collect::<Vec<_>>() {
            let Some(view) = self.redis_view(node) else { continue };
            let differs = |(name, value): &(&String, &String)| {
                let is_so =
                    |have: &String| render::same_value(name, value, have) || self.spec.served.get(*name) == Some(have);
                view.config.get(*name).is_some_and(|have| !is_so(have))
            };
            let mut directives: BTreeMap<String, String> =
                wanted.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect();
            if is_joining(node, self.observed)
                && let Some((name, value)) = directives.remove_entry(PRIORITY)
                && is_in_sync(node, self.spec, self.observed)
            {
                let directives = BTreeMap::from([(name, value)]);
                self.step(node, Action::ConfigSet { node, directives }, "it has all data of its master now", []);
            }
            if !directives.is_empty() {
                self.step(
                    node,
                    Action::ConfigSet { node, directives },
                    "its settings differ from the configuration",
                    [],
                );
            }
            if let Some((master, why)) = self.should_follow(node, view) {
                self.step(node, Action::Replicate { node, master }, why, []);
            }
        }
    }

    /// Rights and logins that somebody changed.
    fn set_rights(&mut self) {
        for node in other_logins(self.observed) {
            self.step(node, Action::SetReplicationLogin { node }, "it has one that redos did not give it", []);
        }
        for (node, users) in changed_users(self.spec, self.observed) {
            self.step(node, Action::SetUsers { node, users }, "they are not those that redos gave", []);
        }
    }

    /// A second master, or a replica of somebody else, follows the master: but only one that is a master now, and on
    /// the word of the Sentinels where there are any.
    fn should_follow(&self, node: NodeId, view: &RedisView) -> Option<(NodeId, String)> {
        // Until it has loaded its data it refuses to.
        if view.loading.is_some() {
            return None;
        }
        let group = node.group()?;
        let master = *self.masters.get(&group)?;
        let is_master = |view: &RedisView| matches!(view.role, RoleView::Master { .. });
        if node == master || self.standby_of.is_none() && !self.redis_view(master).is_some_and(is_master) {
            return None;
        }
        let follows = match &view.role {
            RoleView::Master { .. } => "claims to be master as well".to_owned(),
            RoleView::Replica { master: address, .. } => match node_at(*address, self.observed) {
                Some(other) if other == master => return None,
                Some(other) => format!("follows {other}"),
                None => format!("follows {address}"),
            },
        };
        let by_whom = match self.standby_of {
            Some(_) => "all others copy",
            None if majority_word(group, self.observed).is_some() => "the Sentinels name",
            None => "the master is",
        };
        Some((master, format!("it {follows}, {by_whom} {master}")))
    }

    fn is_being_started(&self, node: NodeId) -> bool {
        self.plan.steps.iter().any(|step| step.action == Action::StartNode { node })
    }

    /// Whether a node runs and answers, or will.
    fn is_there(&self, node: NodeId) -> bool {
        is_up(node, self.observed) || self.is_being_started(node)
    }

    /// A proxy checks the nodes that should be there, and a master that is on its way out. New ones are there first: a
    /// check of an address that nobody has hangs for a second.
    fn set_proxies_right(&mut self) {
        if self.is_taking_over() {
            return;
        }
        let wanted = self.spec.nodes().into_iter().filter(|node| node.role() != Role::Proxy);
        let nodes: BTreeSet<NodeId> = wanted.chain(self.masters.values().copied()).collect();
        for proxy in self.spec.proxy_nodes().collect::<Vec<_>>() {
            let Some(view) = self.observed.topology.proxies.get(&proxy).and_then(Answer::said) else { continue };
            let is_stale = self.facts(proxy).is_some_and(|facts| is_stale(self.spec, proxy, facts));
            if let Err(why) = is_published(proxy, self.observed)
                && !is_stale
                && !self.observed.started.contains(&proxy)
            {
                let why = format!("{why}; a restart publishes it anew and ends all connections through it");
                self.step(proxy, Action::StopNode { node: proxy }, &why, []);
                self.start(proxy, &why, &[]);
                continue;
            }
            let follows = view.existing.is_some();
            let why = match self.standby_of {
                Some(existing) if !follows => format!("it has no place for {existing}"),
                None if follows => "it leads out of the cluster still".to_owned(),
                _ => "it checks other nodes than there should be".to_owned(),
            };
            if (view.checked != nodes || follows != self.standby_of.is_some()) && !is_stale {
                let new: BTreeSet<NodeId> = nodes.difference(&view.checked).copied().collect();
                let started: Vec<StepId> = new.iter().filter_map(|node| self.last.get(node).copied()).collect();
                // The file as well: the proxy reads it when it restarts. Not before the new nodes have started: Docker 20.10
                // starts a program of its own for a file, which would slow them down.
                self.write_config_after(proxy, &why, started);
                self.step(proxy, Action::ProxyCheck { proxy, nodes: nodes.clone() }, why, []);
            }
        }
    }

    /// Running nodes that were made for other settings, or by a redos that configures them otherwise, are made anew, one
    /// after the other: replicas, then the master after a switchover, Sentinels while the others hold the quorum, proxies
    /// last.
    fn replace_stale_nodes(&mut self) {
        if self.is_taking_over() || !self.unsettled.is_empty() {
            return;
        }
        let is_stale = |node: &NodeId| {
            let facts = self.observed.inventory.nodes.get(node);
            let is_outdated =
                facts.is_some_and(|facts| facts.state == NodeState::Running && is_stale(self.spec, *node, facts));
            let comes_anew = dies_at_every_start(*node, self.observed)
                || busy(*node, self.observed).is_some()
                || facts.is_some_and(|facts| is_off_network(facts, self.observed));
            is_outdated && !comes_anew
        };
        let (stale, others): (Vec<NodeId>, Vec<NodeId>) = self.spec.nodes().into_iter().partition(is_stale);
        // Proxies depend on nobody.
        let is_proxy = |node: &NodeId| node.role() == Role::Proxy;
        if stale.is_empty() || !stale.iter().all(is_proxy) && self.await_in_service(&others) {
            return;
        }
        let is_master = |node: &NodeId| self.masters.values().any(|master| master == node);
        let (masters, others): (Vec<NodeId>, Vec<NodeId>) = stale.into_iter().partition(is_master);
        let mut previous: Option<StepId> = None;
        for node in others {
            previous = Some(self.replace_running(node, previous));
        }
        for master in masters {
            let Some(group) = master.group() else { continue };
            let after: Vec<StepId> = previous.into_iter().chain(self.last.values().copied()).collect();
            match successor(group, master, self.spec, self.observed).filter(|_| self.standby_of.is_none()) {
                Some(to) => {
                    let why = format!("{master} must be made anew and is master");
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

    /// Waits for those of the Redis nodes and Sentinels that are not in service, for one node is made anew while all others
    /// do their part. Returns whether there are any.
    fn await_in_service(&mut self, nodes: &[NodeId]) -> bool {
        let everything = self.plan.leaves();
        let mut waits = false;
        for node in nodes.iter().copied().filter(|node| node.role() != Role::Proxy) {
            for gate in self.service_gates(node) {
                if self.is_being_started(node) || gate.holds(self.spec, self.observed).is_err() {
                    self.plan.push(Action::Await { gate }, "before another is made anew", everything.iter().copied());
                    waits = true;
                }
            }
        }
        if waits {
            self.plan.then_observe.get_or_insert_with(|| "nodes are made anew one at a time".to_owned());
        }
        waits
    }

    fn replace_running(&mut self, node: NodeId, previous: Option<StepId>) -> StepId {
        let why = &reasons::of_replacement(self.spec, node, self.facts(node));
        let previous: Vec<StepId> = previous.into_iter().collect();
        let out = self.take_out(&BTreeSet::from([node]), &previous);
        self.step(node, Action::StopNode { node }, why, out.steps.iter().copied());
        self.step(node, Action::RemoveNode { node }, why, []);
        self.create(node, why);
        self.write_config(node, why);
        self.start(node, why, &[]);
        let mut last = self.last[&node];
        let back = self.put_back(out, "it is there again", &[last]);
        let gates: Vec<Gate> = match node {
            // It does not watch groups yet that are new.
            NodeId::Sentinel(_) if self.standby_of.is_none() => {
                self.watched_groups().map(|group| Gate::QuorumReached { group }).collect()
            }
            // Of the proxies only this one, if it is one: the others may not know all groups yet.
            _ => self.service_gates(node),
        };
        for gate in gates {
            last = self.step(node, Action::Await { gate }, "before the next node is made anew", back.iter().copied());
        }
        last
    }

    /// Waits for what is not yet so, after all else; then proves it with a write. A cluster at which nothing was changed owes
    /// no proof.
    fn await_ready(&mut self, owes_proof: bool) {
        let failing: Vec<(Gate, String)> = Gate::ready(self.spec)
            .into_iter()
            .filter_map(|gate| gate.holds(self.spec, self.observed).err().map(|unmet| (gate, unmet.to_string())))
            .collect();
        if self.plan.is_empty() && failing.is_empty() && !owes_proof {
            return;
        }
        if let Some(why) = self.unsettled.values().next() {
            self.plan.then_observe = Some(why.to_string());
        }
        if self.plan.then_observe.is_some() {
            return self.await_settled();
        }
        let everything = self.plan.leaves();
        let mut gates = Vec::new();
        for gate in Gate::ready(self.spec) {
            let why = failing.iter().find(|(failed, _)| *failed == gate).map_or("after these changes", |(_, why)| why);
            gates.push(self.plan.push(Action::Await { gate }, why, everything.iter().copied()));
        }
        // A server that others use is not written to.
        let proxies = self.spec.proxy_nodes().filter(|_| self.standby_of.is_none());
        for (proxy, group) in proxies.flat_map(|proxy| self.spec.groups().map(move |group| (proxy, group))) {
            let why = "a cluster is ready when a write proves it";
            self.plan.push(Action::VerifyWrite { proxy, group }, why, gates.iter().copied());
        }
    }

    /// Before the next look, what decides must have decided.
    fn await_settled(&mut self) {
        let everything = self.plan.leaves();
        for (group, why) in self.unsettled.clone() {
            self.plan.push(
                Action::Await { gate: Gate::SentinelsAgree { group } },
                why.to_string(),
                everything.iter().copied(),
            );
        }
    }
}
