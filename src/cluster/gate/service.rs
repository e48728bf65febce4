//! Whether one node does its part.

use super::{answers, is_published, replica_in_sync, sole_master, standby};
use crate::cluster::claims::node_at;
use crate::cluster::observed::{Answer, Observed, ProxyView};
use crate::spec::{Group, NodeId, Spec};

/// See [`super::Gate::InService`].
pub(super) fn in_service(node: NodeId, spec: &Spec, observed: &Observed) -> Result<(), String> {
    answers(node, observed)?;
    is_published(node, observed)?;
    if let Some(existing) = spec.follow.existing() {
        return standby::in_service(node, existing, observed);
    }
    match node {
        NodeId::Redis { group, .. } => redis(node, group, spec, observed),
        NodeId::Sentinel(_) => spec.groups().try_for_each(|group| sentinel(node, group, observed)),
        NodeId::Proxy(_) => spec.groups().try_for_each(|group| {
            let master = sole_master(group, observed)?;
            let view = observed.topology.proxies.get(&node).and_then(Answer::said);
            view.map_or(Ok(()), |view| writes_to(node, view, group, master))
        }),
    }
}

fn redis(node: NodeId, group: Group, spec: &Spec, observed: &Observed) -> Result<(), String> {
    let master = sole_master(group, observed)?;
    if node != master {
        replica_in_sync(node, master, observed)?;
    }
    // One that is to be removed is not told of changes any more.
    let proxies =
        observed.topology.proxies.iter().filter(|(proxy, _)| spec.proxy_nodes().any(|wanted| wanted == **proxy));
    for (proxy, answer) in proxies {
        let Some(view) = answer.said() else { continue };
        // A proxy that has no place for it has to be made anew, which waiting does not do.
        if node == master && view.routes.contains_key(&group) {
            writes_to(*proxy, view, group, master)?;
        } else if node != master && view.checked.contains(&node) {
            reads_from(*proxy, view, group, node)?;
        }
    }
    Ok(())
}

/// Whether a proxy sends a group's writes to its master.
pub(super) fn writes_to(proxy: NodeId, view: &ProxyView, group: Group, master: NodeId) -> Result<(), String> {
    match view.routes.get(&group).and_then(|route| route.write) {
        Some(node) if node == master => Ok(()),
        Some(node) => Err(format!("{proxy} sends writes of {group} to {node}, not to {master}")),
        None => Err(format!("{proxy} has no server for writes of {group}")),
    }
}

/// Whether a proxy sends reads of a group to this replica.
pub(super) fn reads_from(proxy: NodeId, view: &ProxyView, group: Group, replica: NodeId) -> Result<(), String> {
    match view.routes.get(&group).is_some_and(|route| route.read.contains(&replica)) {
        true => Ok(()),
        false => Err(format!("{proxy} does not yet send reads of {group} to {replica}")),
    }
}

/// A Sentinel agrees on the master, has its quorum, and those beside it that answer see it.
fn sentinel(node: NodeId, group: Group, observed: &Observed) -> Result<(), String> {
    let master = sole_master(group, observed)?;
    let name = group.to_string();
    for (sentinel, answer) in &observed.topology.sentinels {
        let Some(seen) = answer.said().and_then(|view| view.masters.get(&name)) else {
            if *sentinel == node {
                return Err(format!("{node} does not watch {group}"));
            }
            continue;
        };
        if *sentinel == node {
            if node_at(seen.address, observed) != Some(master) {
                return Err(format!("{node} names {} as master of {group}, not {master}", seen.address));
            }
            if answer.said().is_some_and(|view| view.tilt) {
                return Err(format!("{node} is in TILT"));
            }
            seen.quorum_check.as_ref().map_err(|text| format!("{node} says: {text}"))?;
            continue;
        }
        let peer = seen.peers.iter().find(|peer| node_at(peer.address, observed) == Some(node));
        let Some(peer) = peer else { return Err(format!("{sentinel} does not yet know the Sentinel {node}")) };
        if let Some(flag) = ["s_down", "disconnected"].into_iter().find(|flag| peer.flags.contains(*flag)) {
            return Err(format!("{sentinel} sees {node} as {flag}"));
        }
        // While it connects again to one that was restarted its flags are clean, and a moment later it calls it down.
        let up_for =
            observed.topology.sentinels.get(&node).and_then(Answer::said).map_or(0, |view| view.uptime_seconds);
        if peer.silent_for > up_for * 1000 {
            return Err(format!("{sentinel} has not heard {node} since it was started"));
        }
    }
    Ok(())
}
