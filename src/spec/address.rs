//! Addresses: one fixed IPv4 address per node, derived from the subnet of the cluster's network.
//!
//! Redis and Sentinel identify each other by address, and Sentinel does not fail over a stopped container that it knows
//! by name. So every node keeps its address for life. The addresses are counted down from the top of the subnet: Docker
//! gives its own, to application containers, from the bottom up.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::names::{Group, NodeId};
use super::parse::ParseError;

/// Proxies that fit into the address plan of a large subnet.
pub const PROXIES_MAX: u16 = 8;
/// Sentinels that fit into the address plan of a large subnet.
pub const SENTINELS_MAX: u16 = 23;
/// Redis nodes (master and replicas) per group that fit into the address plan of a large subnet.
pub const REDIS_PER_GROUP_MAX: u16 = 32;

/// The subnet of a cluster's network, with the address plan of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    base: Ipv4Addr,
    prefix: u8,
}

/// The number of addresses for each kind of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    proxies: u16,
    sentinels: u16,
    /// Redis nodes of one group.
    redis: u16,
    /// All addresses of the plan, with the broadcast address.
    addresses: u32,
}

impl Subnet {
    /// A possible choice of Docker, for what must not depend on a real subnet.
    pub const EXAMPLE: Self = Self { base: Ipv4Addr::new(172, 18, 0, 0), prefix: 16 };

    /// The address plan of this subnet. Half of it is left to other containers; of a /28 only 4 addresses beside
    /// Docker's own. An exporter and guards take some of these.
    const fn room(self) -> Room {
        let half = 1u32 << (31 - self.prefix);
        match self.prefix {
            ..=24 => {
                Room { proxies: PROXIES_MAX, sentinels: SENTINELS_MAX, redis: REDIS_PER_GROUP_MAX, addresses: half }
            }
            25 | 26 => Room { proxies: 4, sentinels: 7, redis: 8, addresses: half },
            27 => Room { proxies: 2, sentinels: 5, redis: 6, addresses: half },
            _ => Room { proxies: 2, sentinels: 3, redis: 4, addresses: 10 },
        }
    }

    /// How many master groups this subnet has addresses for.
    pub fn groups_max(self) -> u16 {
        let room = self.room();
        let rest = room.addresses.saturating_sub(u32::from(room.proxies + room.sentinels) + 1);
        u16::try_from(rest / u32::from(room.redis)).unwrap_or(u16::MAX)
    }

    /// The address plan in words: `2 proxies, 3 Sentinels and 1 master group of up to 4 Redis nodes`.
    pub fn room_in_words(self) -> String {
        let Room { proxies, sentinels, redis, .. } = self.room();
        let groups = self.groups_max();
        let plural = if groups == 1 { "" } else { "s" };
        format!(
            "{proxies} proxies, {sentinels} Sentinels and {groups} master group{plural} of up to {redis} Redis nodes"
        )
    }

    /// The address of a node. `None` when the subnet is too small for it.
    pub fn address(self, node: NodeId) -> Option<Ipv4Addr> {
        let Room { proxies, sentinels, redis, addresses } = self.room();
        let index = match node {
            NodeId::Proxy(ordinal) if ordinal <= proxies => u32::from(ordinal),
            NodeId::Sentinel(ordinal) if ordinal <= sentinels => u32::from(proxies + ordinal),
            NodeId::Redis { group, ordinal } if group.get() <= self.groups_max() && ordinal <= redis => {
                let before = u32::from(group.get() - 1) * u32::from(redis);
                u32::from(proxies + sentinels) + before + u32::from(ordinal)
            }
            // The first one below the plan, which is an application's otherwise, so that the others keep theirs.
            NodeId::Exporter => addresses,
            // Below that one, for the same reason.
            NodeId::Guard(ordinal) if ordinal <= proxies => addresses + u32::from(ordinal),
            NodeId::Guard(_) | NodeId::Proxy(_) | NodeId::Sentinel(_) | NodeId::Redis { .. } => return None,
        };
        let broadcast = u32::from(self.base) | (u32::MAX >> self.prefix);
        Some(Ipv4Addr::from(broadcast - index))
    }

    /// Where the server of a node is reached in this subnet. `None` when the subnet has no address for it.
    pub fn server(self, node: NodeId) -> Option<SocketAddrV4> {
        Some(SocketAddrV4::new(self.address(node)?, node.server_port()))
    }

    /// The node that has this address, whether it exists or not.
    pub fn node_at(self, address: Ipv4Addr) -> Option<NodeId> {
        let broadcast = u32::from(self.base) | (u32::MAX >> self.prefix);
        let index = broadcast.checked_sub(u32::from(address))?;
        let room = self.room();
        let (proxies, sentinels, redis) = (u32::from(room.proxies), u32::from(room.sentinels), u32::from(room.redis));
        let number = |n: u32| u16::try_from(n).ok();
        let node = if (1..=proxies).contains(&index) {
            NodeId::Proxy(number(index)?)
        } else if (proxies + 1..=proxies + sentinels).contains(&index) {
            NodeId::Sentinel(number(index - proxies)?)
        } else if index == room.addresses {
            NodeId::Exporter
        } else if (room.addresses + 1..=room.addresses + proxies).contains(&index) {
            NodeId::Guard(number(index - room.addresses)?)
        } else {
            let index = index.checked_sub(proxies + sentinels + 1)?;
            NodeId::redis(Group::number(number(index / redis + 1)?), number(index % redis + 1)?)
        };
        // Addresses beyond the plan, or in another subnet, belong to no node.
        (self.address(node) == Some(address)).then_some(node)
    }
}

impl FromStr for Subnet {
    type Err = ParseError;

    /// Parses `172.18.0.0/16`. A subnet smaller than /28 or larger than /8 is refused: a cluster does not fit in.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::new(format!("'{text}' is not an IPv4 subnet such as 172.18.0.0/16"));
        let (base, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let base: Ipv4Addr = base.parse().map_err(|_| wrong())?;
        let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
        if !(8..=28).contains(&prefix) {
            let why = format!("the subnet {text} has no room for a cluster, it must be between /8 and /28");
            return Err(ParseError::new(why));
        }
        let mask = u32::MAX << (32 - u32::from(prefix));
        Ok(Self { base: Ipv4Addr::from(u32::from(base) & mask), prefix })
    }
}

impl TryFrom<String> for Subnet {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Spec;
    use super::*;

    const SMALLEST: &str = "10.9.8.240/28";

    #[test]
    fn a_cluster_of_the_default_size_fits_into_the_smallest_subnet() {
        let subnet: Subnet = SMALLEST.parse().expect("a good subnet");
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        assert_eq!(spec.misfit(subnet), None);
        let larger = Spec { sentinels: 5, ..spec };
        let told = "the subnet 10.9.8.240/28 has no address for sentinel-4: it has room for 2 proxies, 3 Sentinels and 1 \
                    master group of up to 4 Redis nodes";
        assert_eq!(larger.misfit(subnet).as_deref(), Some(told));
    }

    #[test]
    fn every_node_has_an_address_of_its_own_in_the_upper_half() {
        let subnets = [
            "172.18.0.0/16",
            "192.168.16.0/20",
            "10.9.8.0/24",
            "10.9.8.128/25",
            "10.9.8.64/26",
            "10.9.8.32/27",
            SMALLEST,
        ];
        for subnet in subnets {
            let subnet: Subnet = subnet.parse().expect("a good subnet");
            let Room { proxies, sentinels, redis, .. } = subnet.room();
            let mut nodes: Vec<NodeId> = (1..=proxies).map(NodeId::Proxy).collect();
            nodes.push(NodeId::Exporter);
            nodes.extend((1..=proxies).map(NodeId::Guard));
            nodes.extend((1..=sentinels).map(NodeId::Sentinel));
            assert!(subnet.groups_max() >= 1, "{subnet}");
            for group in 1..=subnet.groups_max() {
                nodes.extend((1..=redis).map(|ordinal| NodeId::redis(Group::number(group), ordinal)));
            }
            let addresses: BTreeSet<Ipv4Addr> = nodes
                .iter()
                .map(|node| subnet.address(*node).unwrap_or_else(|| panic!("{node} in {subnet}")))
                .collect();
            assert_eq!(addresses.len(), nodes.len(), "in {subnet}");
            let back: BTreeSet<NodeId> = addresses.iter().filter_map(|address| subnet.node_at(*address)).collect();
            assert_eq!(back, nodes.iter().copied().collect(), "addresses lead back to their nodes");
            // The lowest ones are those of the network, of the host and of applications.
            let left = if subnet.prefix == 28 { 6 } else { 1 << (31 - u32::from(subnet.prefix)) } - u32::from(proxies);
            let middle = u32::from(subnet.base) + left - 1;
            assert!(addresses.iter().all(|a| u32::from(*a) >= middle), "{subnet} is used from the top");
        }
    }

    #[test]
    fn a_node_beyond_the_plan_has_none() {
        let subnet: Subnet = "10.9.8.0/24".parse().expect("a good subnet");
        assert_eq!(subnet.groups_max(), 3);
        assert_eq!(subnet.address(NodeId::redis(Group::number(4), 1)), None);
        assert_eq!(subnet.address(NodeId::Proxy(9)), None);
        assert_eq!(subnet.node_at(Ipv4Addr::new(10, 9, 8, 2)), None);
        assert_eq!(subnet.node_at(Ipv4Addr::new(10, 9, 9, 254)), None);
        assert_eq!(subnet.node_at(Ipv4Addr::new(10, 9, 8, 255)), None);
        assert!("10.0.0.0/29".parse::<Subnet>().is_err());
        assert!("10.0.0.0".parse::<Subnet>().is_err());
    }
}
