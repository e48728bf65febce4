//! Who claims to be master, whom the Sentinels name, and whether they are deciding now; pure.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddrV4;

use thiserror::Error;

use super::observed::{Answer, Inventory, Loading, NodeState, Observed, RoleView, StoredState, WatchedMaster};
use crate::spec::{Group, NodeId};

/// How long Sentinels get to demote a second master, in milliseconds.
///
/// They do it four PUBLISH periods after an INFO has shown it to them: after 2 s with the periods of redos, after up to
/// 18 s with their own (`sentinelRefreshInstanceInfo` in Redis's `sentinel.c`).
const CORRECTED_WITHIN: u64 = 20_000;

/// The nodes of a group that claim to be master.
///
/// A node that is loading its data takes no write. Beside another master with data, its claim is that of its former
/// life.
pub fn claimants(group: Group, observed: &Observed) -> Vec<NodeId> {
    let claims = observed.topology.redis.iter().filter_map(|(node, answer)| {
        let view = answer.said().filter(|view| matches!(view.role, RoleView::Master { .. }))?;
        (node.group() == Some(group)).then_some((*node, view.loading.is_some()))
    });
    let (loading, serving): (Vec<_>, Vec<_>) = claims.partition(|(_, loading)| *loading);
    let claims = if serving.is_empty() { loading } else { serving };
    claims.into_iter().map(|(node, _)| node).collect()
}

/// How far a node is with loading its data; `None` when it is not loading.
pub fn loading(node: NodeId, observed: &Observed) -> Option<Loading> {
    observed.topology.redis.get(&node).and_then(Answer::said)?.loading
}

/// Where the others reach the server of a node. A missing node will be at the same place again.
pub fn server_of(node: NodeId, observed: &Observed) -> Option<SocketAddrV4> {
    observed.inventory.place(node)
}

/// The node at an address, also a missing one: a node keeps its address for life.
pub fn node_at(address: SocketAddrV4, observed: &Observed) -> Option<NodeId> {
    observed.inventory.node_at(address)
}

/// The owner of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The address of a node of the cluster.
    Node(NodeId),
    /// No node of the cluster has it.
    Stranger(SocketAddrV4),
}

impl Whose {
    /// The node whose address it is.
    pub const fn node(self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(node),
            Self::Stranger(_) => None,
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "{node}"),
            Self::Stranger(address) => write!(f, "{address}"),
        }
    }
}

/// The names of nodes in a sentence: "redis-1 and redis-2".
pub(super) fn joined(nodes: &[NodeId]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The owner of an address, see [`node_at`].
pub fn whose(address: SocketAddrV4, observed: &Observed) -> Whose {
    whose_in(&observed.inventory, address)
}

/// The owner of an address, where no server was asked.
pub fn whose_in(inventory: &Inventory, address: SocketAddrV4) -> Whose {
    inventory.node_at(address).map_or(Whose::Stranger(address), Whose::Node)
}

/// Why redos must not decide now who is master of a group.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecided {
    #[error("{sentinel} is replacing {master}, the master of {group}")]
    Replacing { sentinel: NodeId, master: Whose, group: Group },
    #[error("{sentinel} considers {master}, the master of {group}, down")]
    Down { sentinel: NodeId, master: Whose, group: Group },
    #[error("{sentinel} considers {master}, the master of {group}, down: {node} is loading its data, {how_far}")]
    DownForLoading { sentinel: NodeId, master: Whose, group: Group, node: NodeId, how_far: Loading },
    #[error("{} claim to be master of {group}, and {sentinel} does not answer", joined(claimants))]
    SilentSentinel { claimants: Vec<NodeId>, group: Group, sentinel: NodeId },
    #[error("{node} claims to be master of {group}, but {sentinel} knows it as a replica of {master}")]
    SoonCorrected { node: NodeId, group: Group, sentinel: NodeId, master: Whose },
    #[error("the Sentinels name {named} as master of {group}, but {other} claims to be master")]
    AnotherLeads { named: NodeId, group: Group, other: NodeId },
    #[error("the Sentinels name {named} as master of {group}, but it is a replica")]
    NamedIsReplica { named: NodeId, group: Group },
}

impl Undecided {
    /// The nodes in the sentence.
    pub fn about(&self) -> Vec<NodeId> {
        match self {
            Self::Replacing { sentinel, master, .. } | Self::Down { sentinel, master, .. } => {
                [*sentinel].into_iter().chain(master.node()).collect()
            }
            Self::DownForLoading { sentinel, master, node, .. }
            | Self::SoonCorrected { node, sentinel, master, .. } => {
                [*sentinel, *node].into_iter().chain(master.node()).collect()
            }
            Self::SilentSentinel { claimants, sentinel, .. } => claimants.iter().copied().chain([*sentinel]).collect(),
            Self::AnotherLeads { named, other, .. } => vec![*named, *other],
            Self::NamedIsReplica { named, .. } => vec![*named],
        }
    }
}

/// The node that more than half of the cluster's Sentinels name now.
pub fn majority_word(group: Group, observed: &Observed) -> Option<NodeId> {
    let sentinels = observed.inventory.nodes.keys().filter(|node| matches!(node, NodeId::Sentinel(_))).count();
    let mut votes: BTreeMap<NodeId, usize> = BTreeMap::new();
    for view in observed.topology.sentinels.values().filter_map(Answer::said) {
        let named = view.masters.get(&group.to_string()).and_then(|watched| node_at(watched.address, observed));
        if let Some(node) = named {
            *votes.entry(node).or_default() += 1;
        }
    }
    votes.into_iter().find(|(_, count)| *count * 2 > sentinels).map(|(node, _)| node)
}

/// The node that clients should reach behind a group. The proxies use the same rule.
///
/// It is the node that a majority of the Sentinels names, whatever that node reports. If they have no majority, it is
/// the only node that claims to be master.
pub fn master_of(group: Group, observed: &Observed) -> Option<NodeId> {
    majority_word(group, observed).or_else(|| match claimants(group, observed).as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// Why redos must not decide who is master of a group now: Sentinels are deciding, or will correct it.
///
/// A Sentinel promotes a replica at least three turns of its timer, 150 ms, after it has set `failover_in_progress`,
/// and the other Sentinels name the old master for up to a second after that. To believe the majority in that second
/// would demote a master that has taken writes already.
pub fn being_decided(group: Group, observed: &Observed) -> Option<Undecided> {
    let claims = claimants(group, observed);
    if claims.is_empty() {
        return None;
    }
    let watching = || {
        let answers = observed.topology.sentinels.iter();
        answers.filter_map(|(node, answer)| Some((*node, answer.said()?.masters.get(&group.to_string())?)))
    };
    let master = |watched: &WatchedMaster| whose(watched.address, observed);
    for (sentinel, watched) in watching() {
        if watched.flags.contains("failover_in_progress") {
            return Some(Undecided::Replacing { sentinel, master: master(watched), group });
        }
        // The others will soon consider a master down that loads for too long.
        let loads = claims.iter().find_map(|node| Some((node, loading(*node, observed)?)));
        if watched.flags.contains("o_down") || loads.is_some() && watched.flags.contains("s_down") {
            let master = master(watched);
            return Some(match loads {
                Some((node, how_far)) => Undecided::DownForLoading { sentinel, master, group, node: *node, how_far },
                None => Undecided::Down { sentinel, master, group },
            });
        }
    }
    if claims.len() < 2 {
        return None;
    }
    let is_running =
        |node: &NodeId| observed.inventory.nodes.get(node).is_some_and(|facts| facts.state == NodeState::Running);
    let silent = observed.topology.sentinels.iter().find(|(node, answer)| answer.said().is_none() && is_running(node));
    if let Some((sentinel, _)) = silent {
        return Some(Undecided::SilentSentinel { claimants: claims, group, sentinel: *sentinel });
    }
    watching().find_map(|(sentinel, watched)| {
        let corrects = |replica: &&NodeId| {
            let known = watched.replicas.iter().find(|known| node_at(known.address, observed) == Some(**replica));
            known.is_some_and(|known| known.claims_for.is_none_or(|time| time < CORRECTED_WITHIN))
        };
        let other = claims.iter().find(corrects)?;
        Some(Undecided::SoonCorrected { node: *other, group, sentinel, master: master(watched) })
    })
}

/// Whether a replica has not been in sync yet, so that it may lack data of its master.
pub fn is_joining(node: NodeId, observed: &Observed) -> bool {
    match observed.topology.redis.get(&node).and_then(Answer::said) {
        Some(view) => view.replica_priority == 0 && matches!(view.role, RoleView::Replica { .. }),
        None => match observed.inventory.nodes.get(&node).and_then(|facts| facts.stored.as_ref()) {
            Some(StoredState::Redis { replica_of, never_promoted, .. }) => *never_promoted && replica_of.is_some(),
            Some(StoredState::Sentinel { .. }) | None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, at, halt, healthy, redis, redis_mut, sentinel_mut};
    use crate::spec::{REDIS_PORT, Spec};

    /// `redis-3` was promoted, and all Sentinels still name `redis-1`.
    fn promoted() -> Observed {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        redis_mut(&mut observed, redis(3)).role = RoleView::Master { replicas: Vec::new() };
        observed
    }

    fn flag(observed: &mut Observed, sentinel: u16, flag: &str) {
        let watched = sentinel_mut(observed, sentinel).masters.get_mut("mymaster").expect("watched");
        watched.flags.insert(flag.to_owned());
    }

    /// All Sentinels have seen `redis-3` claim to be master for this long.
    fn seen_for(observed: &mut Observed, time: u64) {
        for sentinel in [1, 2, 3] {
            let watched = sentinel_mut(observed, sentinel).masters.get_mut("mymaster").expect("watched");
            watched.replicas.iter_mut().for_each(|replica| replica.claims_for = Some(time));
        }
    }

    #[test]
    fn a_healthy_cluster_is_decided() {
        let observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        assert_eq!(being_decided(GROUP, &observed), None);
    }

    #[test]
    fn a_node_that_is_loading_claims_nothing_beside_one_that_serves() {
        let mut observed = promoted();
        let loading = Some(Loading { percent: 1, seconds_left: 90 });
        redis_mut(&mut observed, redis(1)).loading = loading;
        assert_eq!(claimants(GROUP, &observed), [redis(3)]);
        redis_mut(&mut observed, redis(3)).loading = loading;
        assert_eq!(claimants(GROUP, &observed), [redis(1), redis(3)], "who will serve is not known yet");
    }

    #[test]
    fn one_sentinel_that_replaces_the_master_is_waited_for() {
        for sentinel in [1, 2, 3] {
            let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
            flag(&mut observed, sentinel, "failover_in_progress");
            let why = being_decided(GROUP, &observed).expect("a failover");
            assert_eq!(why.to_string(), format!("sentinel-{sentinel} is replacing redis-1, the master of mymaster"));
        }
        let mut observed = promoted();
        flag(&mut observed, 2, "o_down");
        let why = being_decided(GROUP, &observed).expect("a failover");
        assert_eq!(why.to_string(), "sentinel-2 considers redis-1, the master of mymaster, down");
    }

    #[test]
    fn sentinels_correct_a_second_master_that_they_know_and_redos_one_that_they_leave() {
        let mut observed = promoted();
        let why = being_decided(GROUP, &observed).expect("it was promoted just now, or came back");
        let told = "redis-3 claims to be master of mymaster, but sentinel-1 knows it as a replica of redis-1";
        assert_eq!(why.to_string(), told);
        assert_eq!(why.about(), [NodeId::Sentinel(1), redis(3), redis(1)]);
        seen_for(&mut observed, CORRECTED_WITHIN - 1);
        assert_eq!(being_decided(GROUP, &observed).map(|why| why.to_string()).as_deref(), Some(told));
        seen_for(&mut observed, CORRECTED_WITHIN);
        assert_eq!(being_decided(GROUP, &observed), None, "they had the time");
        let mut forgotten = promoted();
        for sentinel in [1, 2, 3] {
            sentinel_mut(&mut forgotten, sentinel).masters.get_mut("mymaster").expect("watched").replicas.clear();
        }
        assert_eq!(being_decided(GROUP, &forgotten), None, "they do not know of it");
    }

    #[test]
    fn a_sentinel_that_does_not_answer_may_be_the_one_that_promoted() {
        let mut observed = promoted();
        seen_for(&mut observed, CORRECTED_WITHIN);
        let silent = Answer::Silent("no answer within 1 s".to_owned());
        observed.topology.sentinels.insert(NodeId::Sentinel(2), silent);
        let why = being_decided(GROUP, &observed).expect("not known");
        assert_eq!(
            why.to_string(),
            "redis-1 and redis-3 claim to be master of mymaster, and sentinel-2 does not answer"
        );
    }

    #[test]
    fn without_a_majority_two_claimants_are_no_master() {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        redis_mut(&mut observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        for ordinal in [1, 2, 3] {
            halt(&mut observed, NodeId::Sentinel(ordinal), NodeState::Paused);
        }
        assert_eq!(master_of(GROUP, &observed), None);
        redis_mut(&mut observed, redis(2)).role = RoleView::Replica {
            master: at(redis(1), REDIS_PORT),
            link_up: true,
            syncing: false,
            last_io_seconds: None,
            link_down_at: None,
        };
        assert_eq!(master_of(GROUP, &observed), Some(redis(1)), "the only claimant");
    }
}
