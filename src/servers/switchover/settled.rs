//! Whether a switchover is over. Pure.

use thiserror::Error;

use super::super::link::Peer;
use super::cast::Cast;
use crate::cluster::claims::Whose;
use crate::cluster::observed::{Answer, RedisView, RoleView, Topology, WatchedMaster};
use crate::spec::{Group, NodeId};

/// What is not yet as it should be after a switchover. `Display` is the sentence for users.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotSwitched {
    #[error("{node} does not answer")]
    Silent { node: NodeId },
    #[error("{sentinel} still names {named}")]
    StillNames { sentinel: NodeId, named: Whose },
    #[error("{node} does not say that it is the master")]
    NotMaster { node: NodeId },
    #[error("{node} still says that it is the master")]
    StillMaster { node: NodeId },
    #[error("{proxy} does not send writes to {master} yet")]
    WritesNotYet { proxy: NodeId, master: NodeId },
    #[error("{sentinel} is not connected to {to} yet")]
    NotConnected { sentinel: NodeId, to: NodeId },
    #[error("{sentinel} does not know the replica {replica} yet")]
    KnowsNotYet { sentinel: NodeId, replica: NodeId },
    #[error("{node} does not follow {master} yet")]
    FollowsNotYet { node: NodeId, master: NodeId },
}

fn view(node: NodeId, topology: &Topology) -> Option<&RedisView> {
    topology.redis.get(&node).and_then(Answer::said)
}

fn is_loading(peer: &Peer, topology: &Topology) -> bool {
    view(peer.node, topology).is_some_and(|view| view.loading.is_some())
}

fn watched(sentinel: NodeId, topology: &Topology, group: Group) -> Option<&WatchedMaster> {
    topology.sentinels.get(&sentinel).and_then(Answer::said)?.masters.get(&group.to_string())
}

/// Whether all servers that matter regard the new node as master, which is the result of a switchover.
///
/// # Errors
/// The first of them that does not do so yet.
pub(super) fn agreed(topology: &Topology, cast: &Cast, group: Group) -> Result<(), NotSwitched> {
    let (old, new) = (cast.old, cast.new);
    for voter in &cast.sentinels {
        let node = voter.sentinel.node;
        let watched = watched(node, topology, group).ok_or(NotSwitched::Silent { node })?;
        if watched.address != new.address {
            return Err(NotSwitched::StillNames { sentinel: node, named: cast.whose(watched.address) });
        }
    }
    let claims = |peer: Peer| view(peer.node, topology).map(|view| matches!(view.role, RoleView::Master { .. }));
    if claims(new) != Some(true) {
        return Err(NotSwitched::NotMaster { node: new.node });
    }
    // A node that is loading its data serves no client, and becomes a replica afterwards.
    if claims(old) == Some(true) && !is_loading(&old, topology) {
        return Err(NotSwitched::StillMaster { node: old.node });
    }
    for (proxy, answer) in &topology.proxies {
        let route = answer.said().and_then(|view| view.routes.get(&group)).and_then(|route| route.write);
        if answer.said().is_some() && route != Some(new.node) {
            return Err(NotSwitched::WritesNotYet { proxy: *proxy, master: new.node });
        }
    }
    Ok(())
}

/// Whether all others follow the new master.
///
/// A node that is loading its data follows afterwards, and is not waited for; foreign servers do not count.
///
/// # Errors
/// The first node that does not follow yet.
pub(super) fn followed(topology: &Topology, cast: &Cast, group: Group) -> Result<(), NotSwitched> {
    let new = cast.new;
    let followers = || cast.others.iter().chain([&cast.old]).filter(|peer| !is_loading(peer, topology));
    for voter in &cast.sentinels {
        let node = voter.sentinel.node;
        let watched = watched(node, topology, group).ok_or(NotSwitched::Silent { node })?;
        if watched.flags.contains("disconnected") {
            return Err(NotSwitched::NotConnected { sentinel: node, to: new.node });
        }
        for peer in followers() {
            let known = watched.replicas.iter().find(|replica| replica.address == peer.address);
            let known = known.ok_or(NotSwitched::KnowsNotYet { sentinel: node, replica: peer.node })?;
            if known.flags.contains("disconnected") {
                return Err(NotSwitched::NotConnected { sentinel: node, to: peer.node });
            }
        }
    }
    for peer in followers() {
        match view(peer.node, topology).map(|view| &view.role) {
            Some(RoleView::Replica { master, link_up: true, syncing: false, .. }) if *master == new.address => {}
            Some(_) => return Err(NotSwitched::FollowsNotYet { node: peer.node, master: new.node }),
            None => return Err(NotSwitched::Silent { node: peer.node }),
        }
    }
    Ok(())
}

/// The nodes that are loading their data, in words.
pub(super) fn still_loading(topology: &Topology, cast: &Cast) -> Vec<String> {
    let loading = cast.others.iter().chain([&cast.old]).filter_map(|peer| {
        let loading = view(peer.node, topology)?.loading?;
        Some(format!("{} is loading its data, {loading}, and follows {} when it has them", peer.node, cast.new.node))
    });
    loading.collect()
}

#[cfg(test)]
mod tests {
    use super::super::cast::cast;
    use super::*;
    use crate::cluster::fixture::{GROUP, at, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::observed::{Loading, Observed, WatchedReplica};
    use crate::spec::{REDIS_PORT, Spec};

    /// `redis-2` has replaced `redis-1`, and all is as it should be.
    fn replaced() -> (Observed, Cast) {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        let parts =
            cast(&observed.topology, &observed.inventory, GROUP, redis(2)).expect("no refusal").expect("a change");
        let (master, mut replica) =
            (redis_mut(&mut observed, redis(1)).role.clone(), redis_mut(&mut observed, redis(2)).role.clone());
        if let RoleView::Replica { master, .. } = &mut replica {
            *master = at(redis(2), REDIS_PORT);
        }
        redis_mut(&mut observed, redis(2)).role = master;
        redis_mut(&mut observed, redis(1)).role = replica.clone();
        redis_mut(&mut observed, redis(3)).role = replica;
        for ordinal in [1, 2, 3] {
            let watched = sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched");
            watched.address = at(redis(2), REDIS_PORT);
            watched.replicas[0].address = at(redis(1), REDIS_PORT);
        }
        for answer in observed.topology.proxies.values_mut() {
            let Answer::Says(view) = answer else { panic!("{answer:?}") };
            view.routes.get_mut(&GROUP).expect("a route").write = Some(redis(2));
        }
        (observed, parts)
    }

    #[test]
    fn a_switchover_ends_well_where_all_agree_and_follow() {
        let (observed, cast) = replaced();
        assert_eq!(agreed(&observed.topology, &cast, GROUP), Ok(()));
        assert_eq!(followed(&observed.topology, &cast, GROUP), Ok(()));
        assert_eq!(still_loading(&observed.topology, &cast), Vec::<String>::new());
    }

    #[test]
    fn another_master_is_not_agreed_and_a_replica_that_does_not_follow_is() {
        let (mut observed, cast) = replaced();
        redis_mut(&mut observed, redis(1)).role = RoleView::Master { replicas: Vec::new() };
        let told = agreed(&observed.topology, &cast, GROUP);
        assert_eq!(told, Err(NotSwitched::StillMaster { node: redis(1) }));
        let (mut observed, cast) = replaced();
        if let RoleView::Replica { link_up, .. } = &mut redis_mut(&mut observed, redis(3)).role {
            *link_up = false;
        }
        assert_eq!(agreed(&observed.topology, &cast, GROUP), Ok(()));
        let told = followed(&observed.topology, &cast, GROUP);
        assert_eq!(told, Err(NotSwitched::FollowsNotYet { node: redis(3), master: redis(2) }));
    }

    #[test]
    fn a_node_that_is_loading_is_told_of_and_not_waited_for() {
        let (mut observed, cast) = replaced();
        let view = redis_mut(&mut observed, redis(3));
        view.loading = Some(Loading { percent: 20, seconds_left: 8 });
        view.role = RoleView::Master { replicas: Vec::new() };
        let watched = sentinel_mut(&mut observed, 1).masters.get_mut("mymaster").expect("watched");
        watched.replicas[1].flags.insert("disconnected".to_owned());
        assert_eq!(followed(&observed.topology, &cast, GROUP), Ok(()));
        let told = "redis-3 is loading its data, 20 % so far, about 8 s left, and follows redis-2 when it has them";
        assert_eq!(still_loading(&observed.topology, &cast), [told]);
    }

    #[test]
    fn who_is_no_node_of_the_cluster_does_not_count() {
        let (mut observed, cast) = replaced();
        let stranger = WatchedReplica {
            address: "192.0.2.7:6379".parse().expect("an address"),
            flags: ["slave", "s_down", "disconnected"].map(str::to_owned).into(),
            priority: 100,
            link_down_for: 0,
            unanswered_for: 0,
            claims_for: None,
        };
        for ordinal in [1, 2, 3] {
            let watched = sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched");
            watched.replicas.push(stranger.clone());
        }
        assert_eq!(followed(&observed.topology, &cast, GROUP), Ok(()));
        let watched = sentinel_mut(&mut observed, 2).masters.get_mut("mymaster").expect("watched");
        watched.replicas[0].flags.insert("disconnected".to_owned());
        let told = followed(&observed.topology, &cast, GROUP);
        assert_eq!(told, Err(NotSwitched::NotConnected { sentinel: NodeId::Sentinel(2), to: redis(1) }));
    }
}
