//! Which subnet a new network gets; pure.
//!
//! Docker takes fixed addresses only in a subnet that was requested (20.10 and 29.0 refuse them in one that it picked
//! by itself). So redos requests the one that Docker would have picked: the first of its address pools that overlaps
//! with no network and no route of the host.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::spec::Subnet;

/// Docker's default address pools, each with the prefix of the subnets cut from it (libnetwork's `ipamutils`).
const DEFAULT_POOLS: [(&str, u8); 7] = [
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
];

/// A range of addresses: its first one and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: u32,
    prefix: u8,
}

impl Range {
    /// Parses `172.18.0.0/16`. `None` for anything else, such as IPv6.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, prefix) = text.split_once('/')?;
        let first: Ipv4Addr = first.parse().ok()?;
        Self::new(first, prefix.parse().ok()?)
    }

    fn new(first: Ipv4Addr, prefix: u8) -> Option<Self> {
        (prefix <= 32).then(|| Self { first: u32::from(first) & mask(prefix), prefix })
    }

    /// Whether an address is in the range.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.first
    }

    /// The nth address of the range.
    pub fn host(self, index: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.first + index)
    }

    /// The range as the subnet of a cluster. `None` if it is too small or too large.
    fn subnet(self) -> Option<Subnet> {
        format!("{}/{}", Ipv4Addr::from(self.first), self.prefix).parse().ok()
    }

    fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.prefix.min(other.prefix));
        self.first & mask == other.first & mask
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or_default()
}

/// A pool of addresses, and the prefix of the subnets cut from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPool {
    range: Range,
    prefix: u8,
}

impl AddressPool {
    /// A pool of Docker's configuration. `None` for one that is not of IPv4.
    pub fn new(base: &str, prefix: i64) -> Option<Self> {
        let range = Range::parse(base)?;
        let prefix = u8::try_from(prefix).ok().filter(|prefix| (range.prefix..=32).contains(prefix))?;
        Some(Self { range, prefix })
    }

    /// Docker's own pools.
    pub fn defaults() -> Vec<Self> {
        DEFAULT_POOLS.iter().filter_map(|(base, prefix)| Self::new(base, i64::from(*prefix))).collect()
    }

    fn subnets(self) -> impl Iterator<Item = Range> {
        let count = 1u64 << (self.prefix - self.range.prefix);
        let size = 1u64 << (32 - self.prefix);
        (0..count).filter_map(move |index| {
            let first = u32::try_from(u64::from(self.range.first) + index * size).ok()?;
            Some(Range { first, prefix: self.prefix })
        })
    }
}

/// The subnets of the pools that nothing else is in, in Docker's order, without those that no cluster fits into.
pub fn free(pools: &[AddressPool], used: &[Range]) -> impl Iterator<Item = Subnet> {
    let subnets = pools.iter().flat_map(|pool| pool.subnets());
    subnets.filter(|subnet| !used.iter().any(|range| range.overlaps(*subnet))).filter_map(Range::subnet)
}

/// A route of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The destination of the route.
    pub to: Range,
    /// The interface to it.
    pub interface: String,
}

/// Why no pool has a subnet that is free and that the cluster fits into, as `fits` says.
pub fn why_none(pools: &[AddressPool], networks: &[Range], routes: &[Route], fits: impl Fn(Subnet) -> bool) -> String {
    let fitting = |pool: &&AddressPool| pool.subnets().next().and_then(Range::subnet).is_some_and(&fits);
    let large: Vec<AddressPool> = pools.iter().filter(fitting).copied().collect();
    let Some(smallest) = large.iter().map(|pool| pool.prefix).max() else {
        let sizes: BTreeSet<String> = pools.iter().map(|pool| format!("/{}", pool.prefix)).collect();
        let sizes = sizes.into_iter().collect::<Vec<_>>().join(", ");
        return format!("they give subnets of {sizes}, which are too small for this cluster");
    };
    // The route of a network is not a further reason.
    let blocks =
        |route: &&Route| large.iter().any(|pool| pool.range.overlaps(route.to)) && !networks.contains(&route.to);
    let routes: Vec<String> = routes.iter().filter(blocks).map(ToString::to_string).take(ROUTES_SHOWN).collect();
    let among = networks.iter().filter(|range| large.iter().any(|pool| pool.range.overlaps(**range))).count();
    let mut why = format!("Docker's networks (counted: {among}) take those of at least /{smallest}");
    if !routes.is_empty() {
        why.push_str(&format!(", and routes of this host lead there: {}", routes.join(", ")));
    }
    why
}

/// Routes that a message names, at most.
const ROUTES_SHOWN: usize = 4;

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} through {}", Ipv4Addr::from(self.to.first), self.to.prefix, self.interface)
    }
}

/// The routes of a routing table such as `/proc/net/route`. It leaves out the default route, which a VPN writes in two
/// halves.
pub fn routes(table: &str) -> Vec<Route> {
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let number = |field: &str| u32::from_str_radix(field, 16).ok().map(u32::from_be);
    rows.filter_map(|fields| {
        let (destination, mask) = (number(fields.get(1)?)?, number(fields.get(7)?)?);
        let prefix = u8::try_from(mask.leading_ones()).ok().filter(|prefix| *prefix > 1)?;
        Some(Route { to: Range::new(Ipv4Addr::from(destination), prefix)?, interface: (*fields.first()?).to_owned() })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        Range::parse(text).expect("a range")
    }

    fn first(pools: &[AddressPool], used: &[&str]) -> Option<String> {
        let used: Vec<Range> = used.iter().map(|text| range(text)).collect();
        free(pools, &used).next().map(|subnet| subnet.to_string())
    }

    #[test]
    fn the_first_free_subnet_in_dockers_order_is_taken() {
        let pools = AddressPool::defaults();
        assert_eq!(free(&pools, &[]).count(), 3 + 3 * 4 + 16);
        assert_eq!(first(&pools, &["172.17.0.0/16"]).as_deref(), Some("172.18.0.0/16"));
        assert_eq!(first(&pools, &["172.16.0.0/14", "172.20.5.0/24"]).as_deref(), Some("172.21.0.0/16"));
        assert_eq!(first(&pools, &["172.16.0.0/12", "192.168.1.0/24"]).as_deref(), Some("192.168.16.0/20"));
        assert_eq!(first(&pools, &["172.0.0.0/8", "192.168.0.0/16"]), None);
        assert_eq!(first(&pools, &["10.0.0.0/8", "0.0.0.0/1"]).as_deref(), Some("172.17.0.0/16"));
    }

    #[test]
    fn pools_of_the_configuration_are_used_and_too_small_ones_are_not() {
        let pools = [AddressPool::new("10.9.0.0/16", 24), AddressPool::new("10.10.0.0/16", 29)]
            .map(|pool| pool.expect("a pool"));
        assert_eq!(first(&pools[..1], &["10.9.0.0/24"]).as_deref(), Some("10.9.1.0/24"));
        assert_eq!(first(&pools[1..], &[]), None);
        assert_eq!(AddressPool::new("fd00::/64", 96), None);
        assert_eq!(AddressPool::new("10.0.0.0/16", 8), None);
    }

    #[test]
    fn routes_are_read_and_the_default_route_is_none() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let docker0 = Route { to: range("172.17.0.0/16"), interface: "docker0".to_owned() };
        assert_eq!(routes(table), [docker0]);
        let halves = "Iface\tDestination\nt\t00000000\t0\t0\t0\t0\t0\t00000080\n\
            tun0\t00000080\t0\t0\t0\t0\t0\t00000080\n";
        assert_eq!(routes(halves), [], "a VPN's default route in two halves is in nobody's way");
    }

    #[test]
    fn the_reason_names_networks_routes_and_sizes() {
        let pools = [AddressPool::new("10.9.0.0/24", 25), AddressPool::new("10.10.0.0/16", 28)]
            .map(|pool| pool.expect("a pool"));
        let vpn = Route { to: range("10.9.0.0/16"), interface: "tun0".to_owned() };
        let large = |subnet: Subnet| subnet.groups_max() > 1;
        let why = why_none(&pools, &[range("10.9.0.0/25")], &[vpn], large);
        assert_eq!(
            why,
            "Docker's networks (counted: 1) take those of at least /25, and routes of this host lead there: 10.9.0.0/16 through tun0"
        );
        let small = why_none(&pools[1..], &[], &[], large);
        assert_eq!(small, "they give subnets of /28, which are too small for this cluster");
    }
}
