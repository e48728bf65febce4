//! The rules that hold while a serving cluster is changed.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use super::{SimServer, SimWorld, Watched};
use crate::cluster::observed::NodeState;
use crate::spec::{NodeId, Role};

impl SimWorld {
    /// The rules that the cluster as it is, or this change to it, breaks.
    pub(super) fn broken_by(&self, what: &str) -> Vec<String> {
        let mut found = Vec::new();
        let about = |verb: &str| what.strip_prefix(verb).and_then(|node| node.parse::<NodeId>().ok());
        let watching = |node: &NodeId| match &self.nodes.get(node)?.server {
            Some(SimServer::Sentinel { watched }) if self.runs(*node) && !watched.is_empty() => Some(watched),
            _ => None,
        };
        let voters: Vec<NodeId> = self.nodes.keys().copied().filter(|node| watching(node).is_some()).collect();
        // A removed group needs no Sentinel.
        let stays =
            |name: &str| self.spec.as_ref().is_some_and(|spec| spec.groups().any(|group| group.to_string() == name));
        let quorum = |(name, watched): (&String, &Watched)| {
            stays(name).then(|| watched.settings.get("quorum").and_then(|quorum| quorum.parse().ok()))?
        };
        if voters.iter().filter_map(watching).flatten().filter_map(quorum).any(|quorum: usize| voters.len() < quorum) {
            found.push(format!("{} Sentinels are fewer than the quorum", voters.len()));
        }
        let knows = |watched: &Watched, voter: &NodeId| {
            self.address(*voter).is_some_and(|address| watched.known.contains(&address))
        };
        let strangers = voters.iter().flat_map(|voter| {
            let others = voters.iter().filter(move |other| *other != voter).filter_map(watching);
            others.flat_map(BTreeMap::values).filter(move |watched| !knows(watched, voter))
        });
        let is_first_start = |node: NodeId| self.nodes.get(&node).is_some_and(|node| node.state == NodeState::Created);
        if about("start ").is_some_and(|node| node.role() == Role::Sentinel && is_first_start(node))
            && strangers.count() > 0
        {
            found.push("a Sentinel is added before the one before is known".to_owned());
        }
        // Removed Sentinels need not forget.
        let remains = |voter: &&NodeId| self.spec.as_ref().is_some_and(|spec| spec.nodes().contains(voter));
        let ghosts = || {
            let staying = voters.iter().filter(remains).filter_map(watching).flat_map(BTreeMap::values);
            let known = staying.flat_map(|watched| &watched.known);
            // The others take one that has moved for the same.
            let has_moved = |at: &SocketAddrV4| self.once_at(*at).is_some_and(|node| self.nodes.contains_key(&node));
            known.filter(move |at| self.is_of_sentinel(**at) && self.node_at(**at).is_none() && !has_moved(at))
        };
        if about("remove ").is_some_and(|node| node.role() == Role::Sentinel) && ghosts().count() > 0 {
            found.push("a Sentinel is removed before the one before is forgotten".to_owned());
        }
        let has_group =
            |node: NodeId| self.spec.as_ref().is_some_and(|spec| node.group().is_some_and(|g| g.get() <= spec.masters));
        let leaves = about("stop ").or(about("remove "));
        if leaves.is_some_and(|node| self.is_master(node) && has_group(node)) {
            found.push("a master goes that has not handed over".to_owned());
        }
        let leads_readers_to = |replica: NodeId| {
            let checks =
                |server: &SimServer| matches!(server, SimServer::Proxy { checked, .. } if checked.contains(&replica));
            self.nodes
                .iter()
                .any(|(id, node)| self.runs(*id) && remains(&id) && node.server.as_ref().is_some_and(checks))
        };
        let is_replica = |node: NodeId| node.role() == Role::Redis && self.runs(node) && !self.is_master(node);
        if about("stop ").is_some_and(|node| is_replica(node) && leads_readers_to(node)) {
            found.push("a replica goes to which a proxy leads readers".to_owned());
        }
        if about("remove the volume of ").is_some_and(|node| node.role() != Role::Proxy && !node.role().is_optional()) {
            found.push("a volume is removed that nobody asked to remove".to_owned());
        }
        // A proxy that has just come knows where a master that hands over is going to be.
        if !what.starts_with("switch ") {
            found.extend(self.out_of_reach());
        }
        found
    }

    /// The masters and Sentinels that a running proxy does not reach, on several hosts.
    fn out_of_reach(&self) -> Vec<String> {
        let Some(spec) = self.spec.as_ref().filter(|spec| !spec.hosts.is_empty()) else { return Vec::new() };
        let mut found = Vec::new();
        // One that is to go is not told any more.
        let wanted: Vec<NodeId> = spec.proxy_nodes().collect();
        let proxies = self.nodes.keys().filter(|node| wanted.contains(node) && self.runs(**node));
        for (proxy, files) in proxies.filter_map(|proxy| Some((proxy, self.volumes.get(proxy)?))) {
            let names = |text: &[u8], place: &str| String::from_utf8_lossy(text).contains(place);
            let knows = |node: &NodeId| {
                let place = self.address(*node).map(|address| address.to_string());
                place.is_some_and(|place| files.values().any(|text| names(text, &place)))
            };
            let unknown = self.nodes.keys().find(|node| self.is_master(**node) && !knows(node));
            found.extend(unknown.map(|master| format!("{proxy} does not know the place of {master}")));
            let sentinels: Vec<NodeId> = spec.sentinel_nodes().filter(|node| self.runs(*node)).collect();
            let known = sentinels.iter().filter(|node| knows(node)).count();
            if sentinels.len() >= usize::from(spec.majority()) && known < usize::from(spec.majority()) {
                found.push(format!("{proxy} knows the places of {known} Sentinels"));
            }
        }
        found
    }
}
