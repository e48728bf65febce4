//! What a cluster on several hosts cannot have, or should not.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Finding;
use super::table::Key;
use crate::spec::names::listed_nodes;
use crate::spec::{Encryption, HostName, Hosts, NodeId, Role, Spec, placement};

/// The reasons why a cluster cannot be on these hosts.
pub fn clashes(spec: &Spec) -> Vec<Finding> {
    let mut found = Vec::new();
    if spec.hosts.is_empty() {
        return found;
    }
    let mut clash = |key: Key, what: &str, fix: &str| {
        found.push(Finding { keys: vec![key, Key::Hosts], what: what.to_owned(), fix: fix.to_owned() });
    };
    if spec.exporter {
        clash(
            Key::Exporter,
            "a cluster on several hosts has no exporter yet",
            "leave it out; the proxies have metrics",
        );
    }
    if spec.guard {
        clash(
            Key::Guard,
            "a cluster on several hosts has no guards yet",
            "leave it out; the Sentinels replace masters",
        );
    }
    if spec.network.name.is_some() || spec.network.subnet.is_some() {
        let key = if spec.network.name.is_some() { Key::Network } else { Key::Subnet };
        clash(key, "each of several hosts has a network of its own", "leave it out");
    }
    if spec.encryption == Encryption::Both {
        let what = "on several hosts TLS is there from the beginning, and proxies take no clients without it";
        clash(Key::Encryption, what, "give --tls or --tls=none");
    }
    if spec.follow.existing().is_some() {
        clash(Key::Follow, "a cluster on several hosts cannot follow a server yet", "give it a backup: up --from FILE");
    }
    if sentinel_hosts(&spec.hosts) == 2 {
        let what =
            "with two hosts the loss of the one that has more Sentinels ends failover: the other has no majority";
        let fix = "add a third host; it may have one Sentinel and nothing else: roles=sentinel";
        clash(Key::Hosts, what, fix);
    }
    let ports = placement::port_count(spec);
    let last = u32::from(spec.ports.nodes) + u32::from(ports) - 1;
    if spec.ports.nodes == 0 || last > u32::from(u16::MAX) {
        let what = format!(
            "the nodes need {ports} ports on their hosts, and {} is not the first of so many",
            spec.ports.nodes
        );
        clash(Key::NodePort, &what, "give a port from 1024 to 60000");
    }
    found
}

/// The first reason why a cluster cannot be on its hosts, and what helps.
pub fn clash_of_hosts(spec: &Spec) -> Option<(String, String)> {
    clashes(spec).into_iter().next().map(|clash| (clash.what, clash.fix))
}

/// On how many hosts Sentinels may be.
fn sentinel_hosts(hosts: &Hosts) -> usize {
    hosts.iter().filter(|host| host.roles.contains(&Role::Sentinel)).count()
}

/// Why its hosts are unwise, and what helps.
pub fn unwise(spec: &Spec) -> Option<(String, String)> {
    let mut by_zone: BTreeMap<&HostName, u16> = BTreeMap::new();
    for host in spec.sentinel_nodes().filter_map(|node| spec.host_of(node)) {
        *by_zone.entry(host.zone.as_ref().unwrap_or(&host.name)).or_default() += 1;
    }
    let (zone, count) = by_zone.into_iter().find(|(_, count)| *count >= spec.majority())?;
    let is_alone = spec.hosts.len() == 1;
    (!is_alone).then(|| {
        let what = format!("{zone} has {count} of {} Sentinels: without it no failover is possible", spec.sentinels);
        (what, "spread the hosts over three zones, or give as many Sentinels as there are hosts".to_owned())
    })
}

/// What cannot change in a living cluster on several hosts, or to one.
pub fn moved(recorded: &Spec, spec: &Spec) -> Option<Finding> {
    let finding = |what: String, fix: &str| Some(Finding { keys: vec![Key::Hosts], what, fix: fix.to_owned() });
    if recorded.hosts.is_empty() != spec.hosts.is_empty() {
        let fix =
            "back it up, and bring it up anew from the backup: redos backup, then up --from FILE with another name";
        return finding("a cluster cannot move between one Engine and several hosts yet".to_owned(), fix);
    }
    if !spec.hosts.is_empty() && recorded.encryption != spec.encryption {
        let what = "TLS stays as it was when a cluster on several hosts was made";
        let fix = format!("leave it as it is: {}", recorded.encryption.flag());
        return Some(Finding { keys: vec![Key::Encryption], what: what.to_owned(), fix });
    }
    if !spec.hosts.is_empty() && recorded.ports.nodes != spec.ports.nodes {
        let what =
            format!("the ports of its nodes begin at {}, by which the nodes know each other", recorded.ports.nodes);
        let fix = "leave them as they are".to_owned();
        return Some(Finding { keys: vec![Key::NodePort], what, fix });
    }
    missing(recorded, spec).or_else(|| crowded(recorded, spec))
}

/// A host that has left the list, or has another address now: nobody would stop the nodes that it has.
fn missing(recorded: &Spec, spec: &Spec) -> Option<Finding> {
    let finding = |what: String, fix: String| Some(Finding { keys: vec![Key::Hosts], what, fix });
    if let Some(host) = recorded.hosts.iter().find(|host| spec.hosts.get(&host.name).is_none()) {
        let what =
            format!("the host {} is no longer in the list, and nodes that it has would be left there", host.name);
        let fix = format!("have them moved, and it taken from the list: redos -p {} host rm {}", spec.name, host.name);
        return finding(what, fix);
    }
    let elsewhere = |node: &NodeId| {
        let host = recorded.host_of(*node)?;
        (spec.hosts.get(&host.name)?.address != host.address).then_some(host)
    };
    let nodes: BTreeSet<NodeId> = recorded.nodes().into_iter().filter(|node| elsewhere(node).is_some()).collect();
    let host = elsewhere(nodes.first()?)?;
    let what =
        format!("the others know {} by the address {} of the host {}", listed_nodes(&nodes), host.address, host.name);
    finding(what, "leave the address as it is".to_owned())
}

/// A proxy that would come to a host with other proxies, whose ports would change.
fn crowded(recorded: &Spec, spec: &Spec) -> Option<Finding> {
    let place = |spec: &Spec, proxy| spec.placement.of(NodeId::Proxy(proxy)).cloned();
    let comes = |proxy: &u16| place(recorded, *proxy).is_some_and(|old| place(spec, *proxy) != Some(old));
    let (proxy, other) = (1..=spec.proxies.min(recorded.proxies)).filter(comes).find_map(|proxy| {
        let later = |other: &u16| place(spec, *other) == place(spec, proxy);
        Some((proxy, (proxy + 1..=spec.proxies).find(later)?))
    })?;
    let what = format!(
        "proxy-{proxy} would come to the host of proxy-{other} and take over its ports: there are more proxies than hosts"
    );
    let hosts = spec.hosts.iter().filter(|host| host.takes(Role::Proxy)).count();
    let fix = format!("give {hosts} at most: --proxies {hosts}");
    Some(Finding { keys: vec![Key::Proxies, Key::Hosts], what, fix })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Placement;

    fn on(hosts: &str) -> Spec {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.hosts = hosts.to_owned().try_into().expect("hosts");
        spec.placement = Placement::settled(&spec, None);
        spec
    }

    const THREE: &str = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3";

    #[test]
    fn two_hosts_are_refused_unless_a_third_has_a_sentinel() {
        let told = |hosts: &str| clashes(&on(hosts)).into_iter().map(|clash| clash.what).collect::<Vec<_>>();
        assert_eq!(told(THREE), [""; 0]);
        assert_eq!(told("a x 10.0.0.1"), [""; 0]);
        assert!(told("a x 10.0.0.1; b y 10.0.0.2")[0].starts_with("with two hosts the loss of the one"));
        assert_eq!(told("a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3 roles=sentinel"), [""; 0]);
        let both = Spec { encryption: Encryption::Both, ..on(THREE) };
        assert!(clashes(&both)[0].what.starts_with("on several hosts TLS is there from the beginning"));
        let ports = Spec { ports: crate::spec::Ports { nodes: 65_500, ..on(THREE).ports }, ..on(THREE) };
        assert!(clashes(&ports)[0].what.starts_with("the nodes need 55 ports"), "{:?}", clashes(&ports));
    }

    #[test]
    fn a_zone_with_a_majority_of_the_sentinels_is_told() {
        assert_eq!(unwise(&on(THREE)), None);
        let (what, _) = unwise(&on("a x 10.0.0.1 zone=r; b y 10.0.0.2 zone=r; c z 10.0.0.3 zone=r")).expect("unwise");
        assert_eq!(what, "r has 3 of 3 Sentinels: without it no failover is possible");
    }

    #[test]
    fn nodes_move_from_a_host_that_is_drained_and_none_is_left_behind_on_one_that_is_gone() {
        let told = |after: &Spec| moved(&on(THREE), after).map(|found| found.what);
        assert_eq!(told(&on(THREE)), None);
        let mut more = on(THREE);
        more.hosts = format!("{THREE}; d w 10.0.0.4").try_into().expect("hosts");
        more.placement = Placement::settled(&more, Some(&on(THREE)));
        assert_eq!(told(&more), None);
        let mut fewer = on(THREE);
        fewer.hosts = "a x 10.0.0.1; b y 10.0.0.2; d w 10.0.0.4".to_owned().try_into().expect("hosts");
        fewer.placement = Placement::settled(&fewer, Some(&on(THREE)));
        let left = moved(&on(THREE), &fewer).expect("refused");
        assert!(left.what.starts_with("the host c is no longer in the list"), "{}", left.what);
        assert!(left.fix.contains("redos -p demo host rm c"), "{}", left.fix);
        let mut other = on(THREE);
        other.hosts = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.4".to_owned().try_into().expect("hosts");
        assert!(told(&other).expect("refused").starts_with("the others know redis-3 and sentinel-3 by the address"));
        let drained = |before: &Spec, name: &str| {
            let hosts = before.hosts.draining(&name.parse().expect("a name"), true);
            let mut after = Spec { hosts, ..before.clone() };
            after.placement = Placement::settled(&after, Some(before));
            after
        };
        assert_eq!(told(&drained(&on(THREE), "c")), None);
        let mut two = Spec { proxies: 2, ..on(THREE) };
        two.placement = Placement::settled(&two, None);
        let taken = moved(&two, &drained(&drained(&two, "c"), "a")).expect("refused");
        assert!(taken.what.starts_with("proxy-1 would come to the host of proxy-2"), "{}", taken.what);
        assert!(taken.fix.ends_with("--proxies 1"), "{}", taken.fix);
        assert_eq!(told(&drained(&drained(&on(THREE), "c"), "a")), None, "its one proxy goes alone");
        let tls = Spec { encryption: Encryption::Tls, ..on(THREE) };
        assert!(told(&tls).expect("refused").starts_with("TLS stays as it was"));
        assert!(
            told(&Spec::with_defaults("demo".parse().expect("a name")))
                .expect("refused")
                .contains("between one Engine")
        );
    }
}
