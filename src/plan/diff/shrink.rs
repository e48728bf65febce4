//! Taking nodes away: never the live master, one Sentinel at a time, and nobody is remembered as a ghost.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use super::Planner;
use crate::plan::gate::{Gate, address_of};
use crate::plan::observed::SentinelView;
use crate::plan::reckon::successor;
use crate::plan::step::{Action, StepId};
use crate::spec::{Group, NodeId, REDIS_PORT, Role, SENTINEL_PORT};

impl Planner<'_> {
    /// Removes what the specification no longer has. A master among it is switched over first, and Sentinels go one by
    /// one, each forgotten by all others before the next: both end the wave.
    pub(super) fn remove_surplus(&mut self) {
        let wanted: BTreeSet<NodeId> = self.spec.nodes().into_iter().collect();
        let surplus: Vec<NodeId> =
            self.observed.inventory.nodes.keys().copied().filter(|node| !wanted.contains(node)).collect();
        if surplus.is_empty() {
            return self.forget_ghosts(&[]);
        }
        if self.move_masters_out_of(&surplus) {
            return;
        }
        let why = "it is not in the configuration";
        let before = self.plan.leaves();
        let mut removed = Vec::new();
        for node in surplus.iter().copied().filter(|node| node.role() == Role::Redis) {
            self.step(node, Action::StopNode { node }, why, before.iter().copied());
            removed.push(self.step(node, Action::RemoveNode { node }, why, []));
        }
        for node in surplus.iter().copied().filter(|node| node.role() == Role::Proxy) {
            self.step(node, Action::RemoveNode { node }, why, before.iter().copied());
            removed.push(self.step(node, Action::RemoveVolume { node }, why, []));
        }
        let sentinels: Vec<NodeId> = surplus.into_iter().filter(|node| node.role() == Role::Sentinel).collect();
        if let Some(node) = sentinels.last().copied() {
            self.step(node, Action::StopNode { node }, why, before.iter().copied().chain(removed.iter().copied()));
            removed.push(self.step(node, Action::RemoveNode { node }, why, []));
            if sentinels.len() > 1 {
                self.plan.then_observe = Some("Sentinels are removed one at a time".to_owned());
            }
        }
        self.forget_ghosts(&removed);
    }

    /// A node that is to go and is master hands its group over first. True when it has to be waited for.
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

    /// Sentinel has no command to forget one replica or one peer (`SENTINEL RESET` forgets everything, a failover under
    /// way included), but it believes its file: it is stopped, its file is written without the ghosts and with its
    /// epochs, and it is started; one Sentinel after the other.
    fn forget_ghosts(&mut self, after: &[StepId]) {
        let mut previous: Vec<StepId> = after.to_vec();
        for node in self.spec.sentinel_nodes().collect::<Vec<NodeId>>() {
            let Some(view) = self.sentinel_view(node) else { continue };
            let Some(ghost) = self.ghost_of(view) else { continue };
            if !self.is_decided(node) || self.is_being_started(node) {
                continue;
            }
            let why = format!("it must forget {ghost}");
            self.step(node, Action::StopNode { node }, why.clone(), previous);
            self.write_config(node, &why);
            self.start(node, &why, &[]);
            self.step(node, Action::Await { gate: Gate::Answers { node } }, "before the next Sentinel forgets", []);
            for group in self.spec.groups().collect::<Vec<Group>>() {
                let gate = Gate::QuorumReached { group };
                self.step(node, Action::Await { gate }, "before the next Sentinel forgets", []);
            }
            previous = self.last.get(&node).copied().into_iter().collect();
        }
    }

    /// Something that a Sentinel knows and that the specification does not have.
    fn ghost_of(&self, view: &SentinelView) -> Option<SocketAddrV4> {
        let place = |node: NodeId| {
            let port = if node.role() == Role::Redis { REDIS_PORT } else { SENTINEL_PORT };
            address_of(node, self.observed).map(|ip| SocketAddrV4::new(ip, port))
        };
        let real: BTreeSet<SocketAddrV4> = self.spec.nodes().into_iter().filter_map(place).collect();
        let known = view.masters.values().flat_map(|watched| {
            watched.replicas.iter().map(|replica| replica.address).chain(watched.peers.iter().map(|peer| peer.address))
        });
        known.into_iter().find(|address| !real.contains(address))
    }
}
