//! Which node of a cluster is on which of its hosts, and where it is reached there; pure.
//!
//! A node stays where it is: the placement is recorded with the cluster, and only what has no place yet gets one, or what is on a
//! host that is drained. The nodes of a group, and the Sentinels, are spread over zones first, then over hosts. Places of future
//! nodes are fixed ahead of need, because the configurations of the others name them.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

use super::address::{REDIS_PER_GROUP_MAX, SENTINELS_MAX, Subnet};
use super::hosts::{Host, HostName, Hosts};
use super::names::{Group, NodeId, Role};
use super::{Spec, render};

/// The hosts of nodes. Empty for a cluster on one Engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Placement(BTreeMap<NodeId, HostName>);

impl Placement {
    /// Whether no node has a place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The host of a node.
    pub fn of(&self, node: NodeId) -> Option<&HostName> {
        self.0.get(&node)
    }

    /// The part of it that is on one host.
    #[must_use]
    pub fn on(&self, host: &HostName) -> Self {
        let there = self.0.iter().filter(|(_, name)| *name == host);
        Self(there.map(|(node, name)| (*node, name.clone())).collect())
    }

    /// The nodes with a place, existing or not.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &HostName)> {
        self.0.iter().map(|(node, host)| (*node, host))
    }

    /// The places of all nodes of a specification. `recorded` is the one before it.
    ///
    /// Places of future nodes are fixed only as long as the hosts stay the same. Then a proxy that is to go holds no place either:
    /// another one may come to its host.
    pub fn settled(spec: &Spec, recorded: Option<&Spec>) -> Self {
        let former = recorded.map(|recorded| match recorded.hosts == spec.hosts {
            true => recorded.placement.clone(),
            false => {
                let wanted = spec.nodes();
                let stays = |node: &NodeId| node.role() != Role::Proxy || wanted.contains(node);
                recorded.placement.of_nodes(&recorded.nodes().into_iter().filter(stays).collect::<Vec<_>>())
            }
        });
        if spec.hosts.is_empty() { Self::default() } else { former.unwrap_or_default().completed(spec) }
    }

    /// The part of it that is about these nodes.
    fn of_nodes(&self, nodes: &[NodeId]) -> Self {
        let these = self.0.iter().filter(|(node, _)| nodes.contains(node));
        Self(these.map(|(node, name)| (*node, name.clone())).collect())
    }

    /// The placement with a host for every node of the specification, and for those that it may get.
    ///
    /// Places of `self` on hosts that are still there and not drained stay.
    #[must_use]
    fn completed(&self, spec: &Spec) -> Self {
        let is_there = |(_, host): &(&NodeId, &HostName)| spec.hosts.get(host).is_some_and(|host| !host.is_drained);
        let mut placed = Self(self.0.iter().filter(is_there).map(|(node, host)| (*node, host.clone())).collect());
        // Those that exist get the best places.
        let future = spec.groups().flat_map(|group| render::redis_slots(spec, group));
        let future = future.chain(render::sentinel_slots(spec));
        for node in spec.nodes().into_iter().chain(future) {
            if !placed.0.contains_key(&node)
                && let Some(host) = placed.best(&spec.hosts, node)
            {
                placed.0.insert(node, host);
            }
        }
        placed
    }

    /// The host for a further node: in the zone, and then on the host, with the fewest of its kind.
    fn best(&self, hosts: &Hosts, node: NodeId) -> Option<HostName> {
        let is_of_kind = |other: NodeId| other.role() == node.role() && other.group() == node.group();
        let among = |counts: &dyn Fn(&Host) -> bool| {
            let placed = self.0.iter().filter(|(other, _)| is_of_kind(**other));
            placed.filter(|(_, host)| hosts.get(host).is_some_and(counts)).count()
        };
        // The first nodes of groups are their first masters: each group begins at another host.
        let begin = node.group().map_or(0, |group| usize::from(group.get() - 1));
        // A drained host counts as little as one that has left the list.
        let count = hosts.iter().filter(|host| !host.is_drained).count();
        let all = hosts.iter().filter(|host| !host.is_drained).enumerate();
        let best = all.filter(|(_, host)| host.takes(node.role())).min_by_key(|(place, host)| {
            let in_zone = among(&|other| other.name == host.name || (host.zone.is_some() && other.zone == host.zone));
            let on_host = among(&|other| other.name == host.name);
            (in_zone, on_host, (place + count - begin % count) % count)
        });
        best.map(|(_, host)| host.name.clone())
    }
}

/// The place of a node among the ports that the nodes of a cluster have on their hosts.
fn port_index(node: NodeId) -> Option<u16> {
    match node {
        NodeId::Sentinel(ordinal) if ordinal <= SENTINELS_MAX => Some(ordinal - 1),
        NodeId::Redis { group, ordinal } if ordinal <= REDIS_PER_GROUP_MAX => {
            Some(SENTINELS_MAX + (group.get() - 1) * REDIS_PER_GROUP_MAX + ordinal - 1)
        }
        NodeId::Sentinel(_) | NodeId::Redis { .. } | NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
    }
}

/// How many ports the nodes of a cluster may have on their hosts, one after the other.
pub fn port_count(spec: &Spec) -> u16 {
    SENTINELS_MAX + spec.masters.saturating_mul(REDIS_PER_GROUP_MAX)
}

/// The node of a place among those ports.
fn node_of_index(index: u16) -> NodeId {
    match index.checked_sub(SENTINELS_MAX) {
        None => NodeId::Sentinel(index + 1),
        Some(beyond) => {
            NodeId::redis(Group::number(beyond / REDIS_PER_GROUP_MAX + 1), beyond % REDIS_PER_GROUP_MAX + 1)
        }
    }
}

impl Spec {
    /// The host of a node; `None` in a cluster on one Engine.
    pub fn host_of(&self, node: NodeId) -> Option<&Host> {
        self.hosts.get(self.placement.of(node)?)
    }

    /// The port at which a node's server listens.
    ///
    /// On several hosts that of a Redis node or a Sentinel is its own, the same in its container and on its host: Sentinel
    /// needs one address of a node that is right everywhere.
    pub fn server_port(&self, node: NodeId) -> u16 {
        match port_index(node) {
            Some(index) if !self.hosts.is_empty() => self.ports.nodes.saturating_add(index),
            _ => node.server_port(),
        }
    }

    /// Where the others reach the server of a node. `subnet` is that of the node's network.
    ///
    /// `None` when the subnet has no address for it, or it has no place on a host.
    pub fn server(&self, subnet: Subnet, node: NodeId) -> Option<SocketAddrV4> {
        if self.hosts.is_empty() || port_index(node).is_none() {
            return subnet.server(node);
        }
        self.server_on_host(node)
    }

    /// The place of a node that listens at a port of its host.
    ///
    /// `None` for others, and in a cluster on one Engine.
    pub fn server_on_host(&self, node: NodeId) -> Option<SocketAddrV4> {
        let host = self.host_of(node).filter(|_| self.is_published_itself(node))?;
        Some(SocketAddrV4::new(host.address, self.server_port(node)))
    }

    /// The node on a host that has this address, whether it exists or not.
    pub fn node_on_host_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        let node = self.node_of_port(address.port())?;
        (self.host_of(node)?.address == *address.ip()).then_some(node)
    }

    /// The node that listens at this port of its host, whichever that is.
    pub fn node_of_port(&self, port: u16) -> Option<NodeId> {
        port.checked_sub(self.ports.nodes).filter(|_| !self.hosts.is_empty()).map(node_of_index)
    }

    /// The proxies on the host of this one that come before it: their ports are taken.
    pub fn proxies_before(&self, proxy: u16) -> u16 {
        let own = self.placement.of(NodeId::Proxy(proxy));
        let before = (1..proxy).filter(|other| own.is_none() || self.placement.of(NodeId::Proxy(*other)) == own);
        u16::try_from(before.count()).unwrap_or(u16::MAX)
    }

    /// The same specification with some nodes at other places.
    #[must_use]
    pub fn placed(&self, elsewhere: impl IntoIterator<Item = (NodeId, HostName)>) -> Self {
        let mut placed = self.clone();
        placed.placement.0.extend(elsewhere);
        placed
    }

    /// Whether a node listens at a port of its host.
    pub fn is_published_itself(&self, node: NodeId) -> bool {
        !self.hosts.is_empty() && matches!(node.role(), Role::Redis | Role::Sentinel)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn spec(hosts: &str) -> Spec {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.hosts = hosts.to_owned().try_into().expect("hosts");
        spec.placement = Placement::default().completed(&spec);
        spec
    }

    fn three() -> Spec {
        spec("a ssh://10.0.0.1; b ssh://10.0.0.2; c ssh://10.0.0.3")
    }

    fn hosts_of(spec: &Spec, nodes: impl Iterator<Item = NodeId>) -> Vec<&str> {
        nodes.map(|node| spec.placement.of(node).expect("a place").as_str()).collect()
    }

    #[test]
    fn nodes_of_a_kind_are_on_hosts_of_their_own_and_groups_begin_elsewhere() {
        let mut spec = three();
        spec.masters = 2;
        spec.proxies = 3;
        spec.placement = spec.placement.completed(&spec);
        assert_eq!(hosts_of(&spec, spec.redis_nodes(Group::number(1))), ["a", "b", "c"]);
        assert_eq!(hosts_of(&spec, spec.redis_nodes(Group::number(2))), ["b", "c", "a"]);
        assert_eq!(hosts_of(&spec, spec.sentinel_nodes()), ["a", "b", "c"]);
        assert_eq!(hosts_of(&spec, spec.proxy_nodes()), ["a", "b", "c"]);
    }

    #[test]
    fn zones_come_before_hosts_and_a_host_may_have_sentinels_only() {
        let mut zoned = spec(
            "a ssh://10.0.0.1 zone=x; b ssh://10.0.0.2 zone=x; c ssh://10.0.0.3 zone=y; d ssh://10.0.0.4 roles=sentinel",
        );
        assert_eq!(hosts_of(&zoned, zoned.redis_nodes(Group::number(1))), ["a", "c", "b"]);
        assert_eq!(hosts_of(&zoned, zoned.sentinel_nodes()), ["a", "c", "d"]);
        zoned.replicas = 7;
        zoned.placement = zoned.placement.completed(&zoned);
        assert!(!hosts_of(&zoned, zoned.redis_nodes(Group::number(1))).contains(&"d"));
    }

    #[test]
    fn a_node_is_reached_at_a_port_of_its_own_on_its_host() {
        let spec = three();
        let server = |node| spec.server(Subnet::EXAMPLE, node).expect("a place").to_string();
        assert_eq!(server(NodeId::Sentinel(2)), "10.0.0.2:7101");
        assert_eq!(server(NodeId::redis(Group::number(1), 3)), "10.0.0.3:7125");
        assert_eq!(
            spec.node_on_host_at("10.0.0.3:7125".parse().expect("an address")),
            Some(NodeId::redis(Group::number(1), 3))
        );
        assert_eq!(spec.node_on_host_at("10.0.0.1:7125".parse().expect("an address")), None, "it is on another host");
        assert_eq!(spec.node_on_host_at("10.0.0.1:80".parse().expect("an address")), None);
    }

    #[test]
    fn the_nodes_of_a_drained_host_move_and_no_others() {
        let mut before = spec("a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3");
        before.proxies = 3;
        before.placement = before.placement.completed(&before);
        let mut after = Spec { hosts: before.hosts.draining(&"b".parse().expect("a name"), true), ..before.clone() };
        after.proxies = 2;
        after.placement = Placement::settled(&after, Some(&before));
        assert_eq!(hosts_of(&after, after.redis_nodes(Group::number(1))), ["a", "a", "c"]);
        assert_eq!(hosts_of(&after, after.sentinel_nodes()), ["a", "a", "c"]);
        assert_eq!(hosts_of(&after, after.proxy_nodes()), ["a", "c"], "the third makes room for the second");
        // To take it from the list moves nothing more.
        let mut gone = Spec { hosts: after.hosts.without(&"b".parse().expect("a name")), ..after.clone() };
        gone.placement = Placement::settled(&gone, Some(&after));
        assert_eq!(gone.placement, after.placement);
        // Nothing moves back by itself.
        let mut back = Spec { hosts: before.hosts.clone(), proxies: 3, ..after.clone() };
        back.placement = Placement::settled(&back, Some(&after));
        assert_eq!(hosts_of(&back, back.redis_nodes(Group::number(1))), ["a", "a", "c"]);
        assert_eq!(hosts_of(&back, back.proxy_nodes()), ["a", "c", "b"]);
    }

    proptest! {
        #[test]
        fn no_node_moves_when_nodes_and_hosts_are_added(
            first in 1usize..5, further in 0usize..3, replicas in 0u16..6, more in 0u16..6, sentinels in 1u16..8,
        ) {
            let named = |count: usize| {
                let hosts: Vec<String> = (1..=count).map(|n| format!("h{n} ssh://10.0.0.{n} zone=z{}", n % 2)).collect();
                hosts.join("; ")
            };
            let mut before = spec(&named(first));
            (before.replicas, before.sentinels) = (replicas, sentinels);
            before.placement = before.placement.completed(&before);
            let mut after = Spec { replicas: replicas + more, ..before.clone() };
            after.hosts = named(first + further).try_into().expect("hosts");
            after.placement = before.placement.completed(&after);
            for node in before.nodes() {
                prop_assert_eq!(before.placement.of(node), after.placement.of(node));
            }
            prop_assert_eq!(after.placement.completed(&after), after.placement.clone(), "it is complete");
            for node in after.nodes() {
                prop_assert!(after.placement.of(node).is_some(), "{} has a place", node);
            }
            // Nodes of one kind differ by one at most between hosts, where all came at once.
            let counts: BTreeSet<usize> = before.hosts.iter().map(|host| {
                before.sentinel_nodes().filter(|node| before.placement.of(*node) == Some(&host.name)).count()
            }).collect();
            let spread = counts.last().unwrap_or(&0) - counts.first().unwrap_or(&0);
            prop_assert!(spread <= 1 || first > 2, "{:?}", counts);
        }
    }
}
