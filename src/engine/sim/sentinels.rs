//! What Sentinels do on their own.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use super::{Sim, SimServer, SimWorld, may_lead};
use crate::spec::{Group, NodeId, Role};

/// A failover that the Sentinels have begun though the master is up again: it was frozen for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Succession {
    /// The Sentinel that replaces the master.
    leader: NodeId,
    /// The replica that it promotes.
    to: NodeId,
    /// The looks that are left before it promotes the replica, before it names it, and before the others do.
    looks: [usize; 3],
}

impl Succession {
    /// How many of its parts are over.
    fn stage(&self) -> usize {
        self.looks.iter().position(|left| *left > 0).unwrap_or(self.looks.len())
    }

    /// Whether this Sentinel says that it replaces the master.
    pub(super) fn is_told_by(&self, sentinel: NodeId) -> bool {
        self.leader == sentinel && self.stage() < 2
    }
}

impl Sim {
    /// The Sentinels have begun to replace a master that is up. See [`Succession`] for the parameters.
    pub fn begin_failover(&self, group: Group, leader: NodeId, to: NodeId, looks: [usize; 3]) {
        let (mut world, succession) = (self.world(), Succession { leader, to, looks });
        world.carry_out(group, succession);
        world.successions.insert(group, succession);
    }
}

impl SimWorld {
    /// Lets failovers that are under way go on by one look.
    fn succeed_by_one(&mut self) {
        for (group, mut succession) in std::mem::take(&mut self.successions) {
            if let Some(left) = succession.looks.iter_mut().find(|left| **left > 0) {
                *left -= 1;
            }
            self.carry_out(group, succession);
            if succession.stage() < succession.looks.len() {
                self.successions.insert(group, succession);
            }
        }
    }

    /// Does what belongs to the parts of a failover that are over.
    fn carry_out(&mut self, group: Group, succession: Succession) {
        let (stage, Succession { leader, to, .. }) = (succession.stage(), succession);
        let server = self.nodes.get_mut(&to).and_then(|node| node.server.as_mut());
        if let Some(SimServer::Redis { replica_of, .. }) = server.filter(|_| stage >= 1) {
            *replica_of = None;
        }
        let address = self.address(to);
        let server = self.nodes.get_mut(&leader).and_then(|node| node.server.as_mut());
        if let (Some(SimServer::Sentinel { watched }), Some(address), true) = (server, address, stage >= 2)
            && let Some(watched) = watched.get_mut(&group.to_string()).filter(|watched| watched.master != address)
        {
            (watched.master, watched.epoch) = (address, watched.epoch + 1);
        }
    }

    /// Lets the Sentinels act.
    ///
    /// If a majority of them runs and a master does not, the lowest running replica that may be promoted becomes
    /// master. Running nodes follow it, and the running Sentinels know it.
    pub(super) fn fail_over(&mut self) {
        let Some(spec) = self.spec.clone() else { return };
        self.discover();
        self.succeed_by_one();
        for group in spec.groups().filter(|group| !self.successions.contains_key(group)).collect::<Vec<_>>() {
            let name = group.to_string();
            let sentinels: Vec<NodeId> = self.nodes.keys().copied().filter(|n| n.role() == Role::Sentinel).collect();
            let live: Vec<NodeId> = sentinels.iter().copied().filter(|node| self.runs(*node)).collect();
            let word = live.iter().filter_map(|node| match &self.nodes[node].server {
                Some(SimServer::Sentinel { watched }) => watched.get(&name).map(|w| (w.epoch, w.master)),
                Some(SimServer::Redis { .. } | SimServer::Proxy { .. } | SimServer::Exporter | SimServer::Guard)
                | None => None,
            });
            let Some((epoch, master)) = word.max() else { continue };
            let redis: Vec<NodeId> =
                self.nodes.keys().copied().filter(|node| node.group() == Some(group) && self.runs(*node)).collect();
            let is_up = self.node_at(master).is_some_and(|node| self.runs(node));
            let (master, epoch) = if is_up {
                (master, epoch)
            } else {
                let may_lead = |node: &&NodeId| match &self.nodes[*node].server {
                    Some(SimServer::Redis { config, .. }) => may_lead(config),
                    Some(_) | None => false,
                };
                match redis.iter().find(may_lead).filter(|_| live.len() * 2 > sentinels.len()) {
                    Some(next) => (self.nodes[next].address(), epoch + 1),
                    None => continue,
                }
            };
            for node in redis {
                let is_master = self.address(node) == Some(master);
                if let Some(SimServer::Redis { replica_of, .. }) =
                    self.nodes.get_mut(&node).and_then(|n| n.server.as_mut())
                {
                    *replica_of = (!is_master).then_some(master);
                }
            }
            for node in live {
                if let Some(SimServer::Sentinel { watched }) = self.nodes.get_mut(&node).and_then(|n| n.server.as_mut())
                    && let Some(watched) = watched.get_mut(&name)
                {
                    watched.master = master;
                    watched.epoch = epoch;
                }
            }
        }
    }

    /// Running Sentinels find running nodes, by the master's `INFO` and by each other's messages.
    fn discover(&mut self) {
        let sentinels: Vec<NodeId> =
            self.nodes.keys().copied().filter(|n| n.role() == Role::Sentinel && self.runs(*n)).collect();
        for id in sentinels {
            let running: BTreeSet<SocketAddrV4> = self
                .everybody_but(id)
                .into_iter()
                .filter(|address| self.node_at(*address).is_some_and(|node| self.runs(node)))
                .collect();
            // One with the same id at another address has moved there.
            let is_former = |address: &SocketAddrV4| {
                let node = self.once_at(*address).filter(|_| self.is_of_sentinel(*address));
                node.is_some_and(|node| self.runs(node) && self.address(node) != Some(*address))
            };
            let known = match &self.nodes[&id].server {
                Some(SimServer::Sentinel { watched }) => watched.values().flat_map(|watched| &watched.known),
                _ => continue,
            };
            let former: BTreeSet<SocketAddrV4> = known.copied().filter(is_former).collect();
            if let Some(SimServer::Sentinel { watched }) = self.nodes.get_mut(&id).and_then(|node| node.server.as_mut())
            {
                for watched in watched.values_mut() {
                    watched.known.extend(running.iter().copied());
                    watched.known.retain(|address| !former.contains(address));
                }
            }
        }
    }
}
