//! Whether a standby is in service: see [`super::Gate::Copies`].

use std::net::SocketAddrV4;

use super::conditions::{answers, is_published, reads_from, replica_in_sync};
use super::unmet::Unmet;
use crate::cluster::claims::Whose;
use crate::cluster::observed::{Answer, Observed, ProxyView, RoleView};
use crate::spec::{Group, NodeId, Spec};

/// Whether a node copies a server outside of the cluster and has all its data.
pub(super) fn copies(node: NodeId, existing: SocketAddrV4, observed: &Observed) -> Result<(), Unmet> {
    answers(node, observed)?;
    match observed.topology.redis.get(&node).and_then(Answer::said).map(|view| &view.role) {
        Some(RoleView::Replica { master, syncing: true, .. }) if *master == existing => {
            Err(Unmet::Copying { node, from: Whose::Stranger(existing) })
        }
        Some(RoleView::Replica { master, link_up: true, .. }) if *master == existing => Ok(()),
        Some(RoleView::Replica { master, .. }) if *master == existing => {
            Err(Unmet::LinkDown { node, to: Whose::Stranger(existing) })
        }
        Some(_) | None => Err(Unmet::DoesNotCopy { node, server: existing }),
    }
}

/// Whether an answering node is in service.
pub(super) fn in_service(node: NodeId, existing: SocketAddrV4, observed: &Observed) -> Result<(), Unmet> {
    match node {
        NodeId::Redis { group, .. } => {
            if node == Spec::head() {
                copies(node, existing, observed)?;
            } else {
                replica_in_sync(node, Spec::head(), observed)?;
            }
            let proxies = observed.topology.proxies.iter();
            let mut proxies = proxies.filter_map(|(proxy, answer)| Some((*proxy, answer.said()?)));
            proxies.try_for_each(|(proxy, view)| reads_from(proxy, view, group, node))
        }
        NodeId::Sentinel(_) | NodeId::Exporter | NodeId::Guard(_) => Ok(()),
        NodeId::Proxy(_) => {
            let view = observed.topology.proxies.get(&node).and_then(Answer::said);
            view.map_or(Ok(()), |view| writes_to_existing(node, view, existing, observed))
        }
    }
}

/// Whether all proxies send writes to the server that the head copies, and reads to all nodes of the standby.
pub(super) fn proxies_route(
    group: Group,
    existing: SocketAddrV4,
    spec: &Spec,
    observed: &Observed,
) -> Result<(), Unmet> {
    for proxy in spec.proxy_nodes() {
        answers(proxy, observed)?;
        is_published(proxy, observed)?;
        let Some(view) = observed.topology.proxies.get(&proxy).and_then(Answer::said) else { continue };
        writes_to_existing(proxy, view, existing, observed)?;
        spec.redis_nodes(group).try_for_each(|node| reads_from(proxy, view, group, node))?;
    }
    Ok(())
}

/// Whether a proxy sends writes to the server that the head copies, by its replication id.
fn writes_to_existing(
    proxy: NodeId,
    view: &ProxyView,
    existing: SocketAddrV4,
    observed: &Observed,
) -> Result<(), Unmet> {
    let head = Spec::head();
    answers(head, observed)?;
    let copied = observed.topology.redis.get(&head).and_then(Answer::said).map(|view| view.replication_id.as_str());
    match view.existing.as_ref().map(|place| place.replication_id.as_deref()) {
        Some(Some(id)) if Some(id) == copied => Ok(()),
        Some(Some(_)) => Err(Unmet::WritesToAnotherServer { proxy, head }),
        Some(None) => Err(Unmet::NoWayTo { proxy, server: existing }),
        None => Err(Unmet::NoPlaceFor { proxy, server: existing }),
    }
}
