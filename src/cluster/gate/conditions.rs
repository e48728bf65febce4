//! Conditions on one node that several gates need.

use std::net::SocketAddr;

use super::unmet::Unmet;
use crate::cluster::claims::{Whose, claimants, loading, whose};
use crate::cluster::data::unloadable;
use crate::cluster::observed::{Answer, NodeFacts, NodeState, Observed, ProxyView, RoleView};
use crate::spec::{Group, NodeId};

/// The state of a node with an endless script that can still be ended.
const BUSY: &str = "a script that does not end keeps it busy";
/// The state of a node with a script that Redis does not end.
pub const UNKILLABLE: &str = "a script keeps it busy that has written and that Redis therefore does not end";

/// Restarts by the restart policy after which a silent node counts as dying at every start. A node that ended now and
/// then in a long life answers.
const RESTARTS: u64 = 3;

/// Seconds after the start of a node in which not all have reached it yet. The Sentinels ping it at least once a second and
/// try to connect as often, and the proxies ask it five times a second, each unless its machine is busy.
const SETTLING: u64 = 5;

/// How long a `PING` of a Sentinel has no answer if its connection is not open yet, in milliseconds. It was sent before the
/// node was there, and a node takes longer than this from its start to its first answer. One on an open connection is
/// answered within some milliseconds.
const UNANSWERED: u64 = 100;

/// Whether a node ends soon after each start.
///
/// Its restart policy starts it again and again, and it never answers. Between two ends the Engine says that it runs.
pub fn dies_at_every_start(node: NodeId, observed: &Observed) -> bool {
    observed.inventory.nodes.get(&node).is_some_and(|facts| match facts.state {
        NodeState::Restarting => true,
        NodeState::Running => {
            let lives = matches!(asked(node, observed), Some(Ok(()))) || busy(node, observed).is_some();
            facts.restarts >= RESTARTS && !lives && awaited(node, observed).is_none()
        }
        _ => false,
    })
}

/// Whether a node is not on the cluster's network: its network was removed, or it was disconnected.
pub fn is_off_network(facts: &NodeFacts, observed: &Observed) -> bool {
    let network = observed.inventory.network.as_ref().map(|network| network.id.as_str());
    network.is_none() || facts.network_id.as_deref() != network
}

/// The master that is loading its data, for which a started replica waits before it starts its server.
fn awaited(node: NodeId, observed: &Observed) -> Option<NodeId> {
    let claims = claimants(node.group()?, observed);
    claims.into_iter().find(|master| *master != node && loading(*master, observed).is_some())
}

/// Whether Redis does not end the script that keeps a node busy; `None` for a node that is not busy.
pub fn busy(node: NodeId, observed: &Observed) -> Option<bool> {
    match observed.topology.redis.get(&node)? {
        Answer::Busy { is_unkillable } => Some(*is_unkillable),
        Answer::Says(_) | Answer::Silent(_) => None,
    }
}

/// Whether a node answered, or why it did not; `None` if it was not asked.
fn asked(node: NodeId, observed: &Observed) -> Option<Result<(), &str>> {
    fn word<T>(answer: &Answer<T>) -> Result<(), &str> {
        match answer {
            Answer::Says(_) => Ok(()),
            Answer::Busy { is_unkillable: false } => Err(BUSY),
            Answer::Busy { is_unkillable: true } => Err(UNKILLABLE),
            Answer::Silent(why) => Err(why),
        }
    }
    let topology = &observed.topology;
    match node {
        NodeId::Redis { .. } => topology.redis.get(&node).map(word),
        NodeId::Sentinel(_) => topology.sentinels.get(&node).map(word),
        NodeId::Proxy(_) => topology.proxies.get(&node).map(word),
        NodeId::Exporter => topology.exporter.as_ref().map(word),
        NodeId::Guard(_) => topology.guards.get(&node).map(word),
    }
}

/// Whether a node answers and is not loading.
pub fn answers(node: NodeId, observed: &Observed) -> Result<(), Unmet> {
    if let Some(why) = observed.inventory.unseen.get(&node) {
        let facts = observed.inventory.nodes.get(&node).filter(|facts| facts.state == NodeState::Unknown);
        if let Some(host) = facts.and_then(|facts| facts.host_name.clone()) {
            return Err(Unmet::HostAway { host, why: why.clone() });
        }
        return Err(Unmet::Unseen { node, why: why.clone() });
    }
    let loading = loading(node, observed);
    let silent = match asked(node, observed) {
        Some(Ok(())) => {
            return loading.map_or(Ok(()), |how_far| Err(Unmet::Loading { node, how_far }));
        }
        Some(Err(why)) => Some(why),
        None => None,
    };
    let facts = observed.inventory.nodes.get(&node);
    let starts = facts.is_some_and(|facts| matches!(facts.state, NodeState::Running | NodeState::Restarting));
    if let Some(said) = unloadable(node, observed).filter(|_| starts) {
        return Err(Unmet::CannotLoad { node, said: said.to_owned() });
    }
    Err(match (facts.map(|facts| (&facts.state, facts.restarts)), silent) {
        (None, _) => Unmet::Missing { node },
        (Some((NodeState::Running, restarts)), _) if dies_at_every_start(node, observed) => {
            Unmet::DiesAtEveryStart { node, restarts }
        }
        (Some((NodeState::Running, _)), _) if facts.is_some_and(|facts| is_off_network(facts, observed)) => {
            Unmet::OffNetwork { node }
        }
        (Some((NodeState::Running, _)), Some(why)) => match awaited(node, observed) {
            Some(master) => Unmet::AwaitsMaster { node, why: why.to_owned(), master },
            None => Unmet::Silent { node, why: why.to_owned() },
        },
        (Some((NodeState::Running, _)), None) => Unmet::NotAsked { node },
        (Some((state, _)), _) => Unmet::NotRunning { node, state: state.clone() },
    })
}

/// Whether connections to a proxy's published ports reach it, as far as that was tried.
///
/// # Errors
/// The first port that does not reach it.
pub fn is_published(proxy: NodeId, observed: &Observed) -> Result<(), Unmet> {
    let view = observed.topology.proxies.get(&proxy).and_then(Answer::said);
    match view.and_then(|view| view.dead_ports.first_key_value()) {
        Some((port, why)) => {
            let address = SocketAddr::new(port.host_ip, port.host);
            Err(Unmet::PortLeadsNowhere { proxy, address, why: why.clone() })
        }
        None => Ok(()),
    }
}

/// The only node of the group that claims to be its master.
///
/// # Errors
/// There is none, or more than one.
pub fn sole_master(group: Group, observed: &Observed) -> Result<NodeId, Unmet> {
    let masters: Vec<NodeId> = claimants(group, observed);
    match masters.as_slice() {
        [master] => Ok(*master),
        [] => Err(Unmet::NoMaster { group }),
        _ => Err(Unmet::SeveralMasters { group, masters }),
    }
}

/// Whether a node follows this master and has all its data.
pub fn replica_in_sync(node: NodeId, master: NodeId, observed: &Observed) -> Result<(), Unmet> {
    answers(node, observed)?;
    let Some(view) = observed.topology.redis.get(&node).and_then(Answer::said) else { return Ok(()) };
    let RoleView::Replica { master: follows, link_up, syncing, .. } = &view.role else { return Ok(()) };
    let follows = whose(*follows, observed);
    if follows.node() != Some(master) {
        return Err(Unmet::FollowsAnother { node, follows, master });
    }
    if *syncing {
        return Err(Unmet::Copying { node, from: Whose::Node(master) });
    }
    if !link_up {
        return Err(Unmet::LinkDown { node, to: Whose::Node(master) });
    }
    Ok(())
}

/// Whether a node was started so short a time ago that not all have reached it yet.
pub fn is_young(node: NodeId, observed: &Observed) -> bool {
    let Observed { topology, .. } = observed;
    let uptime = match node {
        NodeId::Redis { .. } => topology.redis.get(&node).and_then(Answer::said).map(|view| view.uptime_seconds),
        NodeId::Sentinel(_) => topology.sentinels.get(&node).and_then(Answer::said).map(|view| view.uptime_seconds),
        NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
    };
    uptime.is_some_and(|seconds| seconds < SETTLING)
}

/// Whether a Sentinel has reached a node that was started a moment ago.
///
/// While it reconnects to it, its flags are clean, and if that takes long it flags it as down a moment later. The `PING`
/// that it sends on the new connection has no answer until then.
pub fn is_reached(sentinel: NodeId, node: NodeId, unanswered_for: u64, observed: &Observed) -> Result<(), Unmet> {
    match unanswered_for >= UNANSWERED && is_young(node, observed) {
        true => Err(Unmet::NotYetReached { sentinel, node }),
        false => Ok(()),
    }
}

/// Whether a proxy sends a group's writes to its master.
pub fn writes_to(proxy: NodeId, view: &ProxyView, group: Group, master: NodeId) -> Result<(), Unmet> {
    match view.routes.get(&group).and_then(|route| route.write) {
        Some(node) if node == master => Ok(()),
        Some(node) => Err(Unmet::WritesElsewhere { proxy, group, to: node, master }),
        None => Err(Unmet::WritesNowhere { proxy, group }),
    }
}

/// Whether a proxy that sends writes to the master counts the vote of this Sentinel for it.
///
/// It may have lost it while the Sentinel restarted. A vote that is not `is_its_own` may be that of the Sentinel before it,
/// and about to end. A proxy that does not check the Sentinel has no vote to count.
pub fn counts_vote(
    proxy: NodeId,
    view: &ProxyView,
    group: Group,
    sentinel: NodeId,
    master: NodeId,
    is_its_own: bool,
) -> Result<(), Unmet> {
    let Some(route) = view.routes.get(&group).filter(|route| route.write == Some(master)) else { return Ok(()) };
    match is_its_own && route.votes.contains(&sentinel) || !view.checked.contains(&sentinel) {
        true => Ok(()),
        false => Err(Unmet::VoteNotCounted { proxy, sentinel, group, master }),
    }
}

/// Whether a proxy sends reads of a group to this replica.
pub fn reads_from(proxy: NodeId, view: &ProxyView, group: Group, replica: NodeId) -> Result<(), Unmet> {
    match view.routes.get(&group).is_some_and(|route| route.read.contains(&replica)) {
        true => Ok(()),
        false => Err(Unmet::ReadsMissing { proxy, group, replica }),
    }
}

#[cfg(test)]
mod tests {
    use super::UNANSWERED;
    use crate::cluster::Gate;
    use crate::cluster::fixture::{GROUP, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::gate::Unmet;
    use crate::cluster::observed::WatchedMaster;
    use crate::spec::{NodeId, Spec};

    type Change = fn(&mut WatchedMaster);

    #[test]
    fn a_node_that_was_started_a_moment_ago_is_seen_when_every_sentinel_has_reached_it() {
        let spec = Spec::with_defaults("reached".parse().expect("a good name"));
        let unanswered: [(NodeId, Change); 3] = [
            (redis(1), |watched| watched.unanswered_for = UNANSWERED),
            (redis(2), |watched| watched.replicas[0].unanswered_for = UNANSWERED),
            (NodeId::Sentinel(1), |watched| watched.peers[0].unanswered_for = UNANSWERED),
        ];
        for (node, change) in unanswered {
            let mut observed = healthy(&spec);
            let view = sentinel_mut(&mut observed, 2);
            change(view.masters.get_mut(&GROUP.to_string()).expect("a group"));
            let seen = Gate::SentinelsSeeAll { group: GROUP };
            assert_eq!(seen.holds(&spec, &observed), Ok(()), "it has been there for long: {node}");
            match node {
                NodeId::Redis { .. } => redis_mut(&mut observed, node).uptime_seconds = 1,
                _ => sentinel_mut(&mut observed, 1).uptime_seconds = 1,
            }
            let unmet = Unmet::NotYetReached { sentinel: NodeId::Sentinel(2), node };
            assert_eq!(seen.holds(&spec, &observed), Err(unmet));
        }
    }

    #[test]
    fn a_sentinel_is_in_service_when_its_vote_cannot_be_that_of_the_one_before_it() {
        let in_service = Gate::InService { node: NodeId::Sentinel(2) };
        let counts = |spec: &Spec, uptime| {
            let mut observed = healthy(spec);
            sentinel_mut(&mut observed, 2).uptime_seconds = uptime;
            in_service.holds(spec, &observed)
        };
        let spec = Spec::with_defaults("votes".parse().expect("a good name"));
        let rare = |milliseconds| {
            let mut spec = spec.clone();
            spec.proxy.check_interval = milliseconds;
            spec
        };
        for seconds in [0, 1] {
            let early = counts(&spec, seconds);
            assert!(matches!(early, Err(Unmet::VoteNotCounted { sentinel: NodeId::Sentinel(2), .. })), "{early:?}");
        }
        assert_eq!(counts(&spec, 2), Ok(()), "a second at least: two intervals of 200 ms and an answer of 334");
        assert!(counts(&rare(200), 2).is_err() && counts(&rare(200), 3).is_ok(), "two intervals of 800 ms");
    }
}
