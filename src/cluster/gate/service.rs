//! Whether one node is in service.

use std::time::Duration;

use super::conditions::{
    answers, counts_vote, is_published, is_reached, reads_from, replica_in_sync, sole_master, writes_to,
};
use super::standby;
use super::unmet::Unmet;
use crate::cluster::claims::{Whose, node_at, whose};
use crate::cluster::observed::{Answer, Observed, ProxyView};
use crate::spec::render::former_vote_ends;
use crate::spec::{Group, NodeId, Spec};

/// Whether [`super::Gate::InService`] holds for a node.
pub(super) fn in_service(node: NodeId, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    answers(node, observed)?;
    is_published(node, observed)?;
    match (node, spec.follow.existing()) {
        (NodeId::Exporter, _) => exporter(observed),
        (NodeId::Guard(_), None) => guard(node, spec, observed),
        (_, Some(existing)) => standby::in_service(node, existing, observed),
        (NodeId::Redis { group, .. }, None) => redis(node, group, spec, observed),
        (NodeId::Sentinel(_), None) => spec.groups().try_for_each(|group| sentinel(node, group, spec, observed)),
        (NodeId::Proxy(_), None) => spec.groups().try_for_each(|group| {
            let master = sole_master(group, observed)?;
            let view = observed.topology.proxies.get(&node).and_then(Answer::said);
            view.map_or(Ok(()), |view| writes_to(node, view, group, master))
        }),
    }
}

/// Whether the exporter gets metrics of all nodes that answer.
fn exporter(observed: &Observed) -> Result<(), Unmet> {
    let view = observed.topology.exporter.as_ref().and_then(Answer::said);
    let without = view.into_iter().flat_map(|view| &view.without_metrics);
    match without.into_iter().find(|(node, _)| answers(**node, observed).is_ok()) {
        Some((node, why)) => Err(Unmet::NoMetrics { exporter: NodeId::Exporter, node: *node, why: why.clone() }),
        None => Ok(()),
    }
}

/// Whether a guard watches the masters of all groups, if there is something that it can do about them.
fn guard(node: NodeId, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let view = observed.topology.guards.get(&node).and_then(Answer::said);
    let is_watched = |group: &Group| view.is_none_or(|view| view.watches.contains_key(group));
    match spec.groups().filter(|_| spec.sentinels > 1).find(|group| !is_watched(group)) {
        Some(group) => Err(Unmet::NotGuarded { guard: node, group }),
        None => Ok(()),
    }
}

fn redis(node: NodeId, group: Group, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let master = sole_master(group, observed)?;
    if node != master {
        replica_in_sync(node, master, observed)?;
    }
    for (proxy, view) in proxies(spec, observed) {
        // A proxy without a slot for it has to be recreated; waiting does not help.
        if node == master && view.routes.contains_key(&group) {
            writes_to(proxy, view, group, master)?;
        } else if node != master && view.checked.contains(&node) {
            reads_from(proxy, view, group, node)?;
        }
    }
    Ok(())
}

/// The proxies that answer. One that is to be removed is not among them: it gets no changes any more.
fn proxies<'a>(spec: &Spec, observed: &'a Observed) -> impl Iterator<Item = (NodeId, &'a ProxyView)> {
    let answers = spec.proxy_nodes().map(|proxy| (proxy, observed.topology.proxies.get(&proxy)));
    answers.filter_map(|(proxy, answer)| Some((proxy, answer?.said()?)))
}

/// A Sentinel agrees on the master and has its quorum, its peers see it, and the proxies count its vote.
fn sentinel(node: NodeId, group: Group, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let master = sole_master(group, observed)?;
    let name = group.to_string();
    for (sentinel, answer) in &observed.topology.sentinels {
        let Some(seen) = answer.said().and_then(|view| view.masters.get(&name)) else {
            if *sentinel == node {
                return Err(Unmet::DoesNotWatch { sentinel: node, group });
            }
            continue;
        };
        if *sentinel == node {
            let named = whose(seen.address, observed);
            if named.node() != Some(master) {
                return Err(Unmet::NamesAnother { sentinel: node, named, group, master });
            }
            if answer.said().is_some_and(|view| view.tilt) {
                return Err(Unmet::Tilt { sentinel: node });
            }
            let no_quorum = |reply: &String| Unmet::NoQuorum { sentinel: node, reply: reply.clone() };
            seen.quorum_check.as_ref().map_err(no_quorum)?;
            continue;
        }
        let peer = seen.peers.iter().find(|peer| node_at(peer.address, observed) == Some(node));
        let sentinel = *sentinel;
        let Some(peer) = peer else {
            return Err(Unmet::DoesNotKnow { sentinel, kind: "Sentinel", who: Whose::Node(node) });
        };
        if let Some(flag) = ["s_down", "disconnected"].into_iter().find(|flag| peer.flags.contains(*flag)) {
            return Err(Unmet::Sees { sentinel, who: Whose::Node(node), flag });
        }
        is_reached(sentinel, node, peer.unanswered_for, observed)?;
    }
    // Without it, the next Sentinel that goes takes the majority away, and with it all connections for writes.
    let uptime = observed.topology.sentinels.get(&node).and_then(Answer::said).map(|view| view.uptime_seconds);
    // The clock's seconds are counted: one of them may have begun when the Sentinel was a moment old.
    let whole = |seconds: u64| Duration::from_secs(seconds.saturating_sub(1));
    let is_its_own = uptime.is_none_or(|seconds| whole(seconds) >= former_vote_ends(spec));
    proxies(spec, observed).try_for_each(|(proxy, view)| counts_vote(proxy, view, group, node, master, is_its_own))
}
