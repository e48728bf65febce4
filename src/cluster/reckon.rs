//! Decides which node is the master of a group, from all answers and files.
//!
//! Live Sentinels outrank what nodes claim about themselves, a claim outranks what is written in stopped nodes' files,
//! and a higher configuration epoch outranks a lower one: the last failover that won is the truth (Redis's manual,
//! "Sentinel: consistency properties").

use std::net::SocketAddrV4;

use thiserror::Error;

use super::claims::{Undecided, being_decided, claimants, majority_word, node_at};
use super::data;
use super::observed::{Answer, Observed, RedisView, RoleView, StoredState};
use super::refusal::Refusal;
use crate::spec::{Group, NodeId, Spec};

/// What is known about a group's master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reckoned {
    /// This node is the master, or was the last one if the group is down.
    Master(NodeId),
    /// The group has never had a master.
    Unborn,
    /// Sentinels are deciding; redos must not interfere.
    Unsettled(Undecided),
    /// No node can lead without losing data that may yet be repaired.
    Lost(Refusal),
}

/// Decides who is the master of a group.
pub fn reckon(group: Group, observed: &Observed) -> Reckoned {
    if let Some(why) = being_decided(group, observed) {
        return Reckoned::Unsettled(why);
    }
    let claims = claimants(group, observed);
    if let Some(named) = majority_word(group, observed) {
        if claims.is_empty()
            && data::damage(named, observed).is_some()
            && let Err(refusal) = data::leader(group, Some(named), observed)
        {
            return Reckoned::Lost(refusal);
        }
        return by_majority(group, named, &claims, observed);
    }
    match claims.as_slice() {
        [master] => Reckoned::Master(*master),
        [] => match data::leader(group, last_known(group, observed), observed) {
            Ok(leader) => leader.map_or(Reckoned::Unborn, Reckoned::Master),
            Err(refusal) => Reckoned::Lost(refusal),
        },
        several => {
            let newest = newest_word(group, observed).filter(|node| several.contains(node));
            Reckoned::Master(newest.unwrap_or_else(|| best_claimant(several, observed)))
        }
    }
}

fn by_majority(group: Group, named: NodeId, claims: &[NodeId], observed: &Observed) -> Reckoned {
    if claims.contains(&named) || claims.is_empty() && !answers_as_replica(named, observed) {
        return Reckoned::Master(named);
    }
    match claims {
        [other] => Reckoned::Unsettled(Undecided::AnotherLeads { named, group, other: *other }),
        _ => Reckoned::Unsettled(Undecided::NamedIsReplica { named, group }),
    }
}

fn redis_view(node: NodeId, observed: &Observed) -> Option<&RedisView> {
    observed.topology.redis.get(&node).and_then(Answer::said)
}

fn answers_as_replica(node: NodeId, observed: &Observed) -> bool {
    redis_view(node, observed).is_some_and(|view| matches!(view.role, RoleView::Replica { .. }))
}

/// The best of several nodes that claim to be master when no Sentinel can judge.
///
/// It is the one with the most replicas, then the one that has written the most.
fn best_claimant(claims: &[NodeId], observed: &Observed) -> NodeId {
    let merit = |node: &NodeId| {
        let view = redis_view(*node, observed);
        let replicas = view.map_or(0, |view| match &view.role {
            RoleView::Master { replicas } => replicas.len(),
            RoleView::Replica { .. } => 0,
        });
        // The last of equals wins in max_by_key; reversing the node makes that the lowest ordinal.
        (replicas, view.map_or(0, |view| view.offset), std::cmp::Reverse(*node))
    };
    claims.iter().copied().max_by_key(merit).unwrap_or(claims[0])
}

/// The last known master, from all sources.
pub fn last_known(group: Group, observed: &Observed) -> Option<NodeId> {
    newest_word(group, observed).or_else(|| by_files(group, observed)).or_else(|| by_followers(group, observed))
}

/// The master in the Sentinel view with the highest configuration epoch, live or from a file.
fn newest_word(group: Group, observed: &Observed) -> Option<NodeId> {
    let name = group.to_string();
    let live = observed.topology.sentinels.values().filter_map(Answer::said).filter_map(|view| {
        let watched = view.masters.get(&name)?;
        Some((watched.config_epoch, node_at(watched.address, observed)?))
    });
    let written = observed.inventory.nodes.values().filter_map(|facts| match &facts.stored {
        Some(StoredState::Sentinel { masters }) => {
            let master = masters.get(&name)?;
            Some((master.config_epoch, node_then_at(master.address, observed)?))
        }
        Some(StoredState::Redis { .. }) | None => None,
    });
    live.chain(written).filter(|(_, node)| node.group() == Some(group)).max().map(|(_, node)| node)
}

/// The node at an address when the files were written, which may have been in another subnet.
fn node_then_at(address: SocketAddrV4, observed: &Observed) -> Option<NodeId> {
    let wrote = || {
        observed.inventory.nodes.iter().find_map(|(node, facts)| match &facts.stored {
            Some(StoredState::Redis { address: Some(then), .. }) if *then == address => Some(*node),
            Some(StoredState::Redis { .. } | StoredState::Sentinel { .. }) | None => None,
        })
    };
    wrote().or_else(|| node_at(address, observed))
}

/// The stopped node whose own file says that it was a master; else the one that the others' files follow.
fn by_files(group: Group, observed: &Observed) -> Option<NodeId> {
    let stored = |node: &NodeId| match &observed.inventory.nodes.get(node)?.stored {
        Some(StoredState::Redis { replica_of, .. }) => Some(*replica_of),
        Some(StoredState::Sentinel { .. }) | None => None,
    };
    let nodes: Vec<NodeId> = observed.inventory.nodes.keys().copied().filter(|n| n.group() == Some(group)).collect();
    let master = nodes.iter().copied().find(|node| stored(node) == Some(None));
    master.or_else(|| nodes.iter().filter_map(|node| node_then_at(stored(node)??, observed)).next())
}

/// The node that running replicas follow.
fn by_followers(group: Group, observed: &Observed) -> Option<NodeId> {
    let follows = |view: &RedisView| match view.role {
        RoleView::Replica { master, .. } => node_at(master, observed),
        RoleView::Master { .. } => None,
    };
    let views = observed.topology.redis.iter().filter(|(node, _)| node.group() == Some(group));
    views.filter_map(|(_, answer)| answer.said()).filter_map(follows).next()
}

/// The replica to promote in place of a master: the [`fittest`] of all others in the specification.
pub fn successor(group: Group, master: NodeId, spec: &Spec, observed: &Observed) -> Option<NodeId> {
    fittest(spec.redis_nodes(group).filter(|node| *node != master), observed)
}

/// The best node to promote: up, linked, not joining, with the highest offset; the lowest ordinal of equals.
///
/// While the master loads its data no replica is linked. Then those are fit that followed it until it ended.
pub fn fittest(candidates: impl Iterator<Item = NodeId>, observed: &Observed) -> Option<NodeId> {
    let fit = |node: &NodeId| match redis_view(*node, observed).map(|view| (view, &view.role)) {
        Some((view, RoleView::Replica { master, link_up, .. })) => {
            let ended_at = || ended_and_loads(node_at(*master, observed)?, observed);
            let may_lead = observed.is_up(*node) && view.replica_priority > 0;
            may_lead && (*link_up || ended_at().is_some_and(|ended_at| view.followed_until(ended_at)))
        }
        Some((_, RoleView::Master { .. })) | None => false,
    };
    let merit = |node: &NodeId| (redis_view(*node, observed).map_or(0, |view| view.offset), std::cmp::Reverse(*node));
    candidates.filter(fit).max_by_key(merit)
}

/// When a node ended that has restarted and loads its data.
fn ended_and_loads(node: NodeId, observed: &Observed) -> Option<u64> {
    redis_view(node, observed)?.loading?;
    observed.inventory.nodes.get(&node)?.ended_at
}

/// Why a node that claims to be master is not demoted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StaysMaster {
    /// Another node is the master now.
    #[error("{leader} is the master of {group} now")]
    AnotherLeads { leader: NodeId, group: Group },
    /// The group has no master, or never had one.
    #[error("{group} has no master")]
    NoMaster { group: Group },
    /// Sentinels are about to decide.
    #[error(transparent)]
    Undecided(Undecided),
    /// No node can lead without losing data.
    #[error("{0}")]
    Lost(Refusal),
    /// Every answer was too old when the last one arrived.
    #[error("asking all servers took longer than {within_ms} ms, {looks} times in a row")]
    SlowAnswers {
        /// The greatest age of an answer, in milliseconds.
        within_ms: u128,
        /// How often all servers were asked.
        looks: usize,
    },
}

/// Whether a node that claims to be master must become a replica of this one, by the latest observation.
///
/// # Errors
/// Why not.
pub fn may_demote(node: NodeId, master: NodeId, observed: &Observed) -> Result<(), StaysMaster> {
    let Some(group) = node.group() else { return Ok(()) };
    if !claimants(group, observed).contains(&node) {
        return Ok(());
    }
    match reckon(group, observed) {
        Reckoned::Master(now) if now == master => Ok(()),
        Reckoned::Master(now) => Err(StaysMaster::AnotherLeads { leader: now, group }),
        Reckoned::Unborn => Err(StaysMaster::NoMaster { group }),
        Reckoned::Unsettled(undecided) => Err(StaysMaster::Undecided(undecided)),
        Reckoned::Lost(refusal) => Err(StaysMaster::Lost(refusal)),
    }
}
