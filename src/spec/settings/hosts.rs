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
    let place = |spec: &Spec, node| spec.host_of(node).map(|host| (host.name.clone(), host.address));
    let moved = |node: &NodeId| place(recorded, *node).is_some() && place(recorded, *node) != place(spec, *node);
    let moved: BTreeSet<NodeId> = recorded.nodes().into_iter().filter(moved).collect();
    let names = listed_nodes(&moved);
    let host = moved.first().and_then(|node| recorded.placement.of(*node))?;
    let fix = "leave the host in the list, with its name and address";
    finding(format!("{names} would have to leave the host {host}, and redos moves no node by itself"), fix)
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
    fn nothing_moves_and_what_would_have_to_is_refused() {
        let told = |after: &Spec| moved(&on(THREE), after).map(|found| found.what);
        assert_eq!(told(&on(THREE)), None);
        let mut more = on(THREE);
        more.hosts = format!("{THREE}; d w 10.0.0.4").try_into().expect("hosts");
        more.placement = Placement::settled(&more, Some(&on(THREE)));
        assert_eq!(told(&more), None);
        let mut fewer = on(THREE);
        fewer.hosts = "a x 10.0.0.1; b y 10.0.0.2; d w 10.0.0.4".to_owned().try_into().expect("hosts");
        fewer.placement = Placement::settled(&fewer, Some(&on(THREE)));
        assert!(told(&fewer).expect("refused").starts_with("redis-3 and sentinel-3 would have to leave the host c"));
        let tls = Spec { encryption: Encryption::Tls, ..on(THREE) };
        assert!(told(&tls).expect("refused").starts_with("TLS stays as it was"));
        assert!(
            told(&Spec::with_defaults("demo".parse().expect("a name")))
                .expect("refused")
                .contains("between one Engine")
        );
    }
}
