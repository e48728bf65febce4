//! Removing nodes: never the live master, one Sentinel at a time, and no Sentinel remembers a removed node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use super::{Planner, reasons};
use crate::cluster::claims::{server_of, whose};
use crate::cluster::gate::{Gate, Unmet};
use crate::cluster::observed::{Answer, Observed, SentinelView};
use crate::cluster::reckon::successor;
use crate::cluster::strangers::copies_as_a_stranger;
use crate::plan::step::{Action, StepId};
use crate::spec::{Group, NodeId, Role, Spec};

/// What would be lost with groups that the specification no longer has, a sentence for each of them.
///
/// A group that is known to be empty is no loss.
pub fn losses(spec: &Spec, observed: &Observed) -> Vec<String> {
    let leaving = |node: &NodeId| node.group().filter(|group| group.get() > spec.masters);
    let groups: BTreeSet<Group> = observed.inventory.nodes.keys().filter_map(leaving).collect();
    let loss = |group: Group| {
        let nodes = || observed.inventory.nodes.keys().filter(move |node| node.group() == Some(group));
        let keys = |node: &NodeId| observed.topology.redis.get(node).and_then(Answer::said).map(|view| view.keys);
        let volumes = nodes().filter_map(|node| observed.inventory.volumes.get(node)).map(|volume| &*volume.name);
        let kept = volumes.collect::<Vec<_>>().join(", ");
        let kept = if kept.is_empty() { String::new() } else { format!("; its volumes would be kept: {kept}") };
        match nodes().filter_map(keys).max() {
            Some(0) if nodes().all(|node| keys(node).is_some()) => None,
            Some(0) | None => {
                Some(format!("the group {group} would be removed, and not all of its nodes say what they hold{kept}"))
            }
            Some(1) => Some(format!("the group {group} would be removed, which holds 1 key{kept}")),
            Some(keys) => Some(format!("the group {group} would be removed, which holds {keys} keys{kept}")),
        }
    };
    groups.into_iter().filter_map(loss).collect()
}

impl Planner<'_> {
    /// Removes what the specification no longer has.
    ///
    /// A master among it is switched over first. Sentinels go one at a time: all others forget each before the next
    /// goes. Both end the wave.
    pub(super) fn remove_surplus(&mut self) {
        let wanted: BTreeSet<NodeId> = self.spec.nodes().into_iter().collect();
        let surplus: Vec<NodeId> =
            self.observed.inventory.nodes.keys().copied().filter(|node| !wanted.contains(node)).collect();
        // A Sentinel that forgets gets a file that knows nothing about a group which it was told about just now.
        if !self.unborn.is_empty() {
            self.plan.then_observe = (!surplus.is_empty()).then(|| "nodes go when the new groups are there".to_owned());
            return;
        }
        if surplus.is_empty() {
            return self.forget_ghosts(&[]);
        }
        if self.move_masters_out_of(&surplus) {
            return;
        }
        self.lower_quorum_of(&surplus);
        let why = |node: NodeId| reasons::of_removal(self.spec, node, self.observed);
        let why: BTreeMap<NodeId, String> = surplus.iter().map(|node| (*node, why(*node))).collect();
        let before = self.plan.leaves();
        let mut removed = Vec::new();
        for node in surplus.iter().copied().filter(|node| node.role() == Role::Redis) {
            self.step(node, Action::StopNode { node }, &why[&node], before.iter().copied());
            removed.push(self.step(node, Action::RemoveNode { node }, &why[&node], []));
        }
        let keeps_nothing = |node: &NodeId| node.role() == Role::Proxy || node.role().is_optional();
        for node in surplus.iter().copied().filter(keeps_nothing) {
            self.step(node, Action::RemoveNode { node }, &why[&node], before.iter().copied());
            removed.push(self.step(node, Action::RemoveVolume { node }, &why[&node], []));
        }
        let sentinels: Vec<NodeId> = surplus.into_iter().filter(|node| node.role() == Role::Sentinel).collect();
        // All forget a Sentinel of an interrupted walk before another goes.
        let forget_first = self.remembers_a_lost_sentinel();
        if let Some(node) = sentinels.last().copied().filter(|_| !forget_first) {
            self.step(
                node,
                Action::StopNode { node },
                &why[&node],
                before.iter().copied().chain(removed.iter().copied()),
            );
            removed.push(self.step(node, Action::RemoveNode { node }, &why[&node], []));
        }
        if sentinels.len() > usize::from(!forget_first) {
            self.plan.then_observe = Some("Sentinels are removed one at a time".to_owned());
        }
        self.forget_ghosts(&removed);
    }

    /// Whether a remaining Sentinel knows one that has no container.
    fn remembers_a_lost_sentinel(&self) -> bool {
        let has = |address: SocketAddrV4| {
            let inventory = &self.observed.inventory;
            inventory.nodes.keys().any(|node| inventory.server(*node).is_some_and(|place| place == address))
        };
        let views = self.spec.sentinel_nodes().filter_map(|node| self.sentinel_view(node));
        views.flat_map(|view| view.masters.values()).flat_map(|watched| &watched.peers).any(|peer| !has(peer.address))
    }

    /// Lowers the quorum on the Sentinels that leave, too: a failover may need them until the others have forgotten them.
    fn lower_quorum_of(&mut self, surplus: &[NodeId]) {
        for node in surplus.iter().copied() {
            let Some(view) = self.sentinel_view(node) else { continue };
            for group in self.spec.groups() {
                let watched = view.masters.get(&group.to_string());
                if watched.is_some_and(|watched| watched.quorum > self.spec.quorum) {
                    let settings = BTreeMap::from([("quorum".to_owned(), self.spec.quorum.to_string())]);
                    let why = "fewer Sentinels must agree before it goes";
                    self.step(node, Action::SentinelSet { node, group, settings }, why, []);
                }
            }
        }
    }

    /// Switches a group over whose master is going to leave. Returns whether the plan must wait for that.
    fn move_masters_out_of(&mut self, surplus: &[NodeId]) -> bool {
        let mut moved = false;
        for group in self.spec.groups().collect::<Vec<Group>>() {
            let Some(master) = self.masters.get(&group).copied().filter(|master| surplus.contains(master)) else {
                continue;
            };
            moved = true;
            let everything = self.plan.leaves();
            let why = format!("{master} is master and not in the configuration");
            match successor(group, master, self.spec, self.observed) {
                Some(to) => _ = self.plan.push(Action::Switchover { group, to }, why, everything),
                None => {
                    let gate = Gate::ReplicasInSync { group };
                    self.plan.push(
                        Action::Await { gate },
                        format!("{why}, and no replica can take over yet"),
                        everything,
                    );
                }
            }
        }
        if moved {
            self.plan.then_observe = Some("the masters have moved".to_owned());
        }
        moved
    }

    /// Makes Sentinels forget removed nodes, one Sentinel at a time.
    ///
    /// Sentinel has no command to forget one replica or one peer (`SENTINEL RESET` forgets everything, also a running
    /// failover). But it believes its file. So redos stops it, writes its file without the removed nodes and with its
    /// epochs, and starts it.
    fn forget_ghosts(&mut self, after: &[StepId]) {
        let mut previous: Vec<StepId> = after.to_vec();
        let nodes: Vec<NodeId> = self.spec.sentinel_nodes().collect();
        if nodes.iter().any(|node| self.sentinel_view(*node).is_some_and(|view| self.ghost_of(view).is_some())) {
            // A Sentinel that was away, as after an interrupted walk, must be back in service before another goes.
            for node in nodes.iter().copied().filter(|node| self.is_coming_back(*node)).collect::<Vec<_>>() {
                let gate = Gate::InService { node };
                previous.push(self.step(node, Action::Await { gate }, "before another Sentinel forgets", []));
            }
        }
        for node in nodes {
            let Some(view) = self.sentinel_view(node) else { continue };
            let Some(ghost) = self.ghost_of(view) else { continue };
            if !self.is_decided(node) || self.is_being_started(node) {
                continue;
            }
            let why = format!("it must forget {}", whose(ghost, self.observed));
            self.step(node, Action::StopNode { node }, why.clone(), previous);
            self.write_config(node, &why);
            self.start(node, &why, &[]);
            let gate = Gate::InService { node };
            self.step(node, Action::Await { gate }, "before the next Sentinel forgets", []);
            previous = self.last.get(&node).copied().into_iter().collect();
        }
    }

    /// Whether a Sentinel is out of service by a restart that is not over for all who ask it.
    ///
    /// A Sentinel without a quorum is not: what they must forget may be the reason.
    fn is_coming_back(&self, node: NodeId) -> bool {
        let unmet = Gate::InService { node }.holds(self.spec, self.observed).err();
        let passes =
            |unmet| matches!(unmet, Unmet::Sees { .. } | Unmet::NotYetReached { .. } | Unmet::VoteNotCounted { .. });
        self.sentinel_view(node).is_none() || unmet.is_some_and(passes)
    }

    /// A node that a Sentinel knows and that the specification does not have. A foreign replica of a master does not
    /// count: the Sentinel would find it again.
    fn ghost_of(&self, view: &SentinelView) -> Option<SocketAddrV4> {
        let real = self.spec.nodes().into_iter().filter_map(|node| server_of(node, self.observed));
        let real: BTreeSet<SocketAddrV4> = real.collect();
        let known = view.masters.values().flat_map(|watched| {
            watched.replicas.iter().map(|replica| replica.address).chain(watched.peers.iter().map(|peer| peer.address))
        });
        let is_ghost =
            |address: &SocketAddrV4| !real.contains(address) && !copies_as_a_stranger(*address, self.observed);
        known.into_iter().find(is_ghost)
    }
}
