//! Reasons with the old and the new value, for steps that interrupt clients.

use std::collections::BTreeMap;

use crate::cluster::desired::{missing_name, other_image, published_ports};
use crate::cluster::observed::{NodeFacts, Observed};
use crate::spec::{ImageChoice, NodeId, REDOS_VERSION, Role, STATS_PORT, Spec, proxy_group_ports};

/// Why a running node is recreated.
pub fn of_replacement(spec: &Spec, node: NodeId, facts: Option<&NodeFacts>) -> String {
    let mut changes: Vec<String> =
        facts.map(|facts| image_change(spec, node, facts).into_iter().collect()).unwrap_or_default();
    match node {
        NodeId::Proxy(_) => {}
        NodeId::Guard(_) if changes.is_empty() => return "it learns at its start which nodes there are".to_owned(),
        _ => return told(spec, changes, facts, ""),
    }
    changes.extend(facts.map(|facts| port_changes(spec, node, facts)).unwrap_or_default());
    let name = facts.and_then(|facts| missing_name(spec, node, facts));
    changes.extend(
        name.map(|name| format!("it gets the name {name} on the network, by which applications there find it")),
    );
    told(spec, changes, facts, "; recreating it closes all connections through it")
}

fn told(spec: &Spec, changes: Vec<String>, facts: Option<&NodeFacts>, cost: &str) -> String {
    let other = facts.and_then(|facts| facts.made_by.as_deref()).filter(|version| *version != REDOS_VERSION);
    let what = match (changes.as_slice(), other) {
        ([], None) if spec.hosts.is_empty() => "its settings have changed".to_owned(),
        ([], None) => "its settings, or the places of nodes, have changed".to_owned(),
        ([], Some(other)) => format!("redos {other} created it, and redos {REDOS_VERSION} configures it differently"),
        (changes, _) => changes.join(", "),
    };
    format!("{what}{cost}")
}

fn image_change(spec: &Spec, node: NodeId, facts: &NodeFacts) -> Option<String> {
    let wanted = match node.role() {
        Role::Redis | Role::Sentinel | Role::Guard => &spec.images.redis,
        Role::Proxy => &spec.images.proxy,
        Role::Exporter => &spec.images.exporter,
    };
    if let Some(used) = other_image(spec, node, facts) {
        return Some(format!("its image changes from {} to {used}", facts.image));
    }
    match wanted {
        ImageChoice::Reference(wanted) if *wanted != facts.image => {
            Some(format!("its image changes from {} to {wanted}", facts.image))
        }
        ImageChoice::Reference(_) | ImageChoice::Auto => None,
    }
}

/// How a proxy's published ports differ from the wanted ones. A port of Docker's choice is always right.
fn port_changes(spec: &Spec, node: NodeId, facts: &NodeFacts) -> Vec<String> {
    let mut names = BTreeMap::from([(STATS_PORT, "statistics port".to_owned())]);
    for group in spec.groups() {
        let of = if spec.masters == 1 { String::new() } else { format!(" of {group}") };
        let ports = proxy_group_ports(group);
        names.insert(ports.write, format!("write port{of}"));
        names.insert(ports.read, format!("read port{of}"));
    }
    let wanted = published_ports(spec, node);
    let mut changes = Vec::new();
    for (inside, want) in &wanted {
        let name = names.get(inside).cloned().unwrap_or_else(|| format!("port {inside}"));
        match facts.ports.iter().find(|port| port.container == *inside) {
            Some(have) if *want > 0 && have.host != *want => {
                changes.push(format!("its {name} changes from {} to {want}", have.host));
            }
            Some(have) if have.host_ip != spec.ports.bind => {
                changes.push(format!("its {name} moves from {} to {}", have.host_ip, spec.ports.bind));
            }
            Some(_) => {}
            None => changes.push(format!("it gets a {name}")),
        }
    }
    let gone = facts.ports.iter().filter(|port| !wanted.contains_key(&port.container));
    changes.extend(gone.map(|port| format!("its port {} is closed", port.host)));
    changes
}

/// Why a node is removed that is not in the configuration any more.
pub fn of_removal(spec: &Spec, node: NodeId, observed: &Observed) -> String {
    let nodes = || observed.inventory.nodes.keys();
    let (what, want, have) = match node {
        NodeId::Redis { group, .. } if group.get() > spec.masters => {
            return format!("{group} is not in the configuration any more; its volumes are kept");
        }
        NodeId::Redis { group, .. } => {
            let have = nodes().filter(|other| other.group() == Some(group)).count().saturating_sub(1);
            (format!("replicas of {group}"), spec.replicas, have)
        }
        NodeId::Sentinel(_) => ("Sentinels".to_owned(), spec.sentinels, of_role(observed, Role::Sentinel)),
        NodeId::Proxy(_) => ("proxies".to_owned(), spec.proxies, of_role(observed, Role::Proxy)),
        NodeId::Exporter => return "the configuration has no exporter any more".to_owned(),
        NodeId::Guard(_) if spec.guard => return "there is one guard for each proxy".to_owned(),
        NodeId::Guard(_) => return "the configuration has no guards any more".to_owned(),
    };
    let cost = match node {
        NodeId::Redis { .. } => "; its volume is kept",
        NodeId::Sentinel(_) | NodeId::Exporter | NodeId::Guard(_) => "",
        NodeId::Proxy(_) => "; removing it closes all connections through it",
    };
    format!("the number of {what} changes from {have} to {want}{cost}")
}

fn of_role(observed: &Observed, role: Role) -> usize {
    observed.inventory.nodes.keys().filter(|node| node.role() == role).count()
}
