//! Which subnet a new network gets, pure. Docker takes fixed addresses only in a subnet that was asked for (20.10 and
//! 29.0 refuse them in one that it picked by itself), so redos asks for the one that Docker would have picked: the first
//! of its address pools that no network and no route of the host is in.

use std::net::Ipv4Addr;

use crate::spec::Subnet;

/// Docker's address pools unless its configuration says otherwise, with the prefix of the subnets cut from them
/// (libnetwork's `ipamutils`).
const DEFAULT_POOLS: [(&str, u8); 7] = [
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
];

/// A range of addresses: its first one and the number of leading bits that all have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: u32,
    prefix: u8,
}

impl Range {
    /// Reads `172.18.0.0/16`. `None` for anything else, IPv6 among it.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, prefix) = text.split_once('/')?;
        let first: Ipv4Addr = first.parse().ok()?;
        Self::new(first, prefix.parse().ok()?)
    }

    fn new(first: Ipv4Addr, prefix: u8) -> Option<Self> {
        (prefix <= 32).then(|| Self { first: u32::from(first) & mask(prefix), prefix })
    }

    /// Whether an address is in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.first
    }

    /// The nth address of it.
    pub fn host(self, index: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.first + index)
    }

    fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.prefix.min(other.prefix));
        self.first & mask == other.first & mask
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or_default()
}

/// A pool of addresses and the prefix of the subnets cut from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    range: Range,
    prefix: u8,
}

impl Pool {
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

/// The subnets of the pools that nothing else is in and that have room for a cluster, in Docker's order.
pub fn free(pools: &[Pool], used: &[Range]) -> impl Iterator<Item = Subnet> {
    let subnets = pools.iter().flat_map(|pool| pool.subnets());
    subnets
        .filter(|subnet| !used.iter().any(|range| range.overlaps(*subnet)))
        .filter_map(|subnet| format!("{}/{}", Ipv4Addr::from(subnet.first), subnet.prefix).parse().ok())
}

/// The destinations of a routing table such as `/proc/net/route`, without the default route.
pub fn routes(table: &str) -> Vec<Range> {
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let number = |field: &str| u32::from_str_radix(field, 16).ok().map(u32::from_be);
    rows.filter_map(|fields| {
        let (destination, mask) = (number(fields.get(1)?)?, number(fields.get(7)?)?);
        (mask != 0).then(|| Range::new(Ipv4Addr::from(destination), u8::try_from(mask.leading_ones()).ok()?))?
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        Range::parse(text).expect("a range")
    }

    fn first(pools: &[Pool], used: &[&str]) -> Option<String> {
        let used: Vec<Range> = used.iter().map(|text| range(text)).collect();
        free(pools, &used).next().map(|subnet| subnet.to_string())
    }

    #[test]
    fn the_first_free_subnet_in_dockers_order_is_taken() {
        let pools = Pool::defaults();
        assert_eq!(free(&pools, &[]).count(), 3 + 3 * 4 + 16);
        assert_eq!(first(&pools, &["172.17.0.0/16"]).as_deref(), Some("172.18.0.0/16"));
        assert_eq!(first(&pools, &["172.16.0.0/14", "172.20.5.0/24"]).as_deref(), Some("172.21.0.0/16"));
        assert_eq!(first(&pools, &["172.16.0.0/12", "192.168.1.0/24"]).as_deref(), Some("192.168.16.0/20"));
        assert_eq!(first(&pools, &["172.0.0.0/8", "192.168.0.0/16"]), None);
        assert_eq!(first(&pools, &["10.0.0.0/8", "0.0.0.0/1"]).as_deref(), Some("172.17.0.0/16"));
    }

    #[test]
    fn pools_of_the_configuration_are_used_and_too_small_ones_are_not() {
        let pools = [Pool::new("10.9.0.0/16", 24), Pool::new("10.10.0.0/16", 28)].map(|pool| pool.expect("a pool"));
        assert_eq!(first(&pools[..1], &["10.9.0.0/24"]).as_deref(), Some("10.9.1.0/24"));
        assert_eq!(first(&pools[1..], &[]), None);
        assert_eq!(Pool::new("fd00::/64", 96), None);
        assert_eq!(Pool::new("10.0.0.0/16", 8), None);
    }

    #[test]
    fn routes_are_read_and_the_default_route_is_none() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        assert_eq!(routes(table), [range("172.17.0.0/16")]);
    }
}
