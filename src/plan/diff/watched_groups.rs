//! The groups that Sentinels watch, the nodes that they know, and their settings.
//!
//! Sentinels find each other and replicas by themselves, but slowly: they announce themselves every two seconds and ask
//! masters for their replicas every ten. A plan does not wait for that.

use std::collections::BTreeSet;

use super::Planner;
use crate::cluster::alterations::settings_to_set;
use crate::cluster::claims::{is_joining, majority_word, node_at};
use crate::cluster::gate::Gate;
use crate::cluster::observed::{Answer, WatchedMaster};
use crate::plan::step::{Action, StepId};
use crate::spec::render::Standing;
use crate::spec::render::directives::PRIORITY;
use crate::spec::{Group, NodeId};

impl Planner<'_> {
    /// Corrects the groups, the nodes and the settings of all Sentinels.
    pub(super) fn set_sentinels_right(&mut self) {
        if self.standby_of.is_some() {
            return self.watch_nothing();
        }
        let all_there = self.await_all_there();
        for node in self.spec.sentinel_nodes().collect::<Vec<_>>() {
            let view = self.sentinel_view(node);
            if view.is_none() && !self.is_being_started(node) {
                continue;
            }
            for group in self.spec.groups().collect::<Vec<_>>() {
                match view.map(|view| view.masters.get(&group.to_string())) {
                    Some(Some(watched)) => self.set_watch_right(node, group, watched),
                    Some(None) | None if self.unborn.contains(&group) => {
                        self.watch(node, group, format!("{group} is new"), all_there.clone());
                    }
                    Some(None) => {
                        let after = self.masters.get(&group).and_then(|master| self.last.get(master)).copied();
                        self.watch(node, group, format!("it does not watch {group}"), after);
                    }
                    // Its file names the group when it starts.
                    None => {}
                }
            }
            let wanted: BTreeSet<String> = self.spec.groups().map(|group| group.to_string()).collect();
            let watched = view.into_iter().flat_map(|view| view.masters.keys());
            for group in watched.filter(|name| !wanted.contains(*name)).filter_map(|name| name.parse().ok()) {
                let why = format!("{group} is not in the configuration");
                self.step(node, Action::SentinelRemove { node, group }, why, []);
            }
        }
    }

    /// Adds a new group to the Sentinels when its replicas are attached and all Sentinels answer.
    ///
    /// They learn the replicas from the master. What they do not find at once they look for a second or ten later.
    fn await_all_there(&mut self) -> Vec<StepId> {
        if self.unborn.is_empty() {
            return Vec::new();
        }
        let why = "before the Sentinels are told of what is new";
        let mut gates = Vec::new();
        for group in self.unborn.clone() {
            let nodes: Vec<StepId> =
                self.spec.redis_nodes(group).filter_map(|node| self.last.get(&node).copied()).collect();
            gates.push(self.plan.push(Action::Await { gate: Gate::ReplicasInSync { group } }, why, nodes));
        }
        for node in self.spec.sentinel_nodes().collect::<Vec<_>>() {
            if self.is_being_started(node) {
                gates.push(self.step(node, Action::Await { gate: Gate::Answers { node } }, why, []));
            }
        }
        gates
    }

    fn watch(&mut self, node: NodeId, group: Group, why: String, after: impl IntoIterator<Item = StepId>) {
        if let Some(master) = self.masters.get(&group).copied() {
            self.step(node, Action::SentinelMonitor { node, group, master }, why, after);
        }
    }

    /// Corrects the settings of a watched group, and tells a Sentinel about nodes that it does not know.
    ///
    /// It would learn of other Sentinels by their next announcement, up to two seconds later, and of replicas by its
    /// next question to the master, up to ten.
    fn set_watch_right(&mut self, node: NodeId, group: Group, watched: &WatchedMaster) {
        let settings = settings_to_set(self.spec, node, watched);
        if !settings.is_empty() {
            let why = "its settings differ from the configuration";
            let after = if watched.quorum < self.spec.quorum { self.new_sentinels() } else { Vec::new() };
            self.step(node, Action::SentinelSet { node, group, settings }, why, after);
        }
        let master = node_at(watched.address, self.observed);
        if self.stays_wrong(group, watched) {
            let why = "it names another master than the other Sentinels, which cannot correct it: its epoch is theirs";
            self.step(node, Action::SentinelRemove { node, group }, why, []);
            self.watch(node, group, why.to_owned(), []);
            return;
        }
        if master.is_none() || self.masters.get(&group).copied() != master {
            return;
        }
        self.introduce_sentinels(node, group, watched);
        let unknown = self.spec.redis_nodes(group).filter(|replica| Some(*replica) != master);
        let unknown: BTreeSet<NodeId> = unknown.filter(|replica| self.is_news(*replica, watched)).collect();
        if !unknown.is_empty() {
            // While they copy its data, the master lists them already.
            let after: Vec<StepId> = unknown.iter().filter_map(|replica| self.last.get(replica).copied()).collect();
            let why = "a Sentinel asks only every ten seconds which replicas there are to promote";
            let action = Action::SentinelDiscover { node, group, replicas: unknown };
            self.step(node, action, why, after);
        }
    }

    /// Whether a Sentinel names another master than the majority and will never learn the right one.
    ///
    /// A Sentinel takes the word of others only with a higher epoch than its own (`sentinelProcessHelloMessage` in
    /// Redis's `sentinel.c`). Two masters with one epoch come from a file that was copied, restored or edited.
    fn stays_wrong(&self, group: Group, watched: &WatchedMaster) -> bool {
        let master = self.masters.get(&group).copied();
        if master.is_none() || majority_word(group, self.observed) != master {
            return false;
        }
        let named = |watched: &WatchedMaster| node_at(watched.address, self.observed);
        let views = self.observed.topology.sentinels.values().filter_map(Answer::said);
        let groups = views.filter_map(|view| view.masters.get(&group.to_string()));
        let newest = groups.filter(|watched| named(watched) == master).map(|watched| watched.config_epoch).max();
        named(watched) != master && newest == Some(watched.config_epoch)
    }

    /// Whether a Sentinel must look for a replica that it does not know or would not promote.
    ///
    /// It could not promote a joining one.
    fn is_news(&self, replica: NodeId, watched: &WatchedMaster) -> bool {
        let joined = self.plan.steps.iter().any(|step| match &step.action {
            Action::ConfigSet { node, directives } => *node == replica && directives.contains_key(PRIORITY),
            _ => false,
        });
        let joins_later = self.plan.steps.iter().any(|step| match &step.action {
            Action::WriteConfig { node, standing, .. } => *node == replica && *standing == Standing::Joining,
            _ => false,
        });
        if joined || joins_later || is_joining(replica, self.observed) {
            return joined;
        }
        let known = watched.replicas.iter().filter(|known| known.priority > 0);
        let is_known = known.map(|known| node_at(known.address, self.observed)).any(|known| known == Some(replica));
        !is_known && self.is_there(replica)
    }

    fn introduce_sentinels(&mut self, node: NodeId, group: Group, watched: &WatchedMaster) {
        let is_unknown = |peer: &NodeId| {
            let known = watched.peers.iter().any(|known| node_at(known.address, self.observed) == Some(*peer));
            *peer != node && !known && self.is_there(*peer)
        };
        let unknown: Vec<NodeId> = self.spec.sentinel_nodes().filter(is_unknown).collect();
        if !unknown.is_empty() {
            let names: Vec<String> = unknown.iter().map(ToString::to_string).collect();
            let after: Vec<StepId> = unknown.iter().filter_map(|peer| self.last.get(peer).copied()).collect();
            self.watch(node, group, format!("it does not know {}", names.join(" and ")), after);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::fixture::{at, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::observed::{Observed, RoleView};
    use crate::plan::diff;
    use crate::spec::{REDIS_PORT, Spec};

    /// A failover has made redis-2 the master, in epoch 2. Sentinel-3 names redis-1, in this epoch.
    fn one_names_the_old_master(epoch: u64) -> (Spec, Observed) {
        let spec = Spec::with_defaults("redos".parse().expect("a name"));
        let mut observed = healthy(&spec);
        for ordinal in [1, 3] {
            let mut role = redis_mut(&mut observed, redis(3)).role.clone();
            if let RoleView::Replica { master, .. } = &mut role {
                *master = at(redis(2), REDIS_PORT);
            }
            redis_mut(&mut observed, redis(ordinal)).role = role;
        }
        redis_mut(&mut observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        for ordinal in [1, 2] {
            let watched = sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched");
            (watched.address, watched.config_epoch) = (at(redis(2), REDIS_PORT), 2);
        }
        let watched = sentinel_mut(&mut observed, 3).masters.get_mut("mymaster").expect("watched");
        watched.config_epoch = epoch;
        (spec, observed)
    }

    #[test]
    fn a_sentinel_with_the_epoch_of_the_others_and_another_master_watches_the_group_anew() {
        let (spec, observed) = one_names_the_old_master(2);
        let plan = diff(&spec, &observed);
        let steps: Vec<String> = plan.steps.iter().map(|step| step.action.to_string()).collect();
        let anew = ["make sentinel-3 stop watching mymaster", "make sentinel-3 watch mymaster at redis-2"];
        assert!(steps.windows(2).any(|two| two == anew), "{plan}");
    }

    #[test]
    fn a_sentinel_whose_knowledge_is_older_or_newer_is_left_to_the_sentinels() {
        for epoch in [1, 3] {
            let (spec, observed) = one_names_the_old_master(epoch);
            let plan = diff(&spec, &observed);
            assert!(!plan.steps.iter().any(|step| step.action.to_string().contains("make sentinel-3 stop")), "{plan}");
        }
    }
}
