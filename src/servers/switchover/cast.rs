//! Which servers take part in a switchover, and why it is refused. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddrV4;
use std::time::Duration;

use super::super::link::Peer;
use crate::cluster::claims::{Whose, whose_in};
use crate::cluster::observed::{
    Answer, Inventory, NodeState, RedisView, RoleView, SentinelView, Topology, WatchedMaster, WatchedPeer,
};
use crate::spec::{Group, NodeId};

/// How far behind a replica may be at the beginning of a switchover, in bytes. It receives this in a few milliseconds.
pub(in super::super) const LAG_MAX: i64 = 4 << 20;

/// Why a switchover is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchoverRefusal {
    /// The node belongs to another group.
    NotOfGroup,
    /// The node does not run or does not answer.
    NotAnswering(String),
    /// The Sentinels do not name one master, or no running node is at its address.
    NoMaster(String),
    /// The master does not report to be one.
    MasterUnsure(NodeId),
    /// The node does not follow the master.
    NotReplica(NodeId),
    /// Its link to the master is down.
    LinkDown,
    /// It is copying or loading its data.
    Loading,
    /// Its priority is 0, so it must never be promoted.
    NeverPromoted,
    /// It is this many bytes behind.
    Behind(i64),
    /// The master is loading its data, and the node's link broke before the master ended.
    BrokeOff(NodeId),
    /// The master has finished loading its data meanwhile, and serves.
    Loaded(NodeId),
    /// It did not receive the last writes in time; the master goes on.
    TooSlow(Duration),
    /// Too few Sentinels can vote.
    NoQuorum(String),
    /// A Sentinel does not trust its clock and does not act.
    Tilt(NodeId),
    /// A Sentinel considers the master down or is replacing it.
    FailoverRunning(NodeId),
    /// The Sentinels did not give their votes: another candidate wants to replace the master.
    NotElected {
        /// The number of votes that it got.
        votes: usize,
        /// The number of votes that it needs.
        needed: usize,
    },
}

impl SwitchoverRefusal {
    /// Whether it passes by itself within seconds.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::TooSlow(_)
            | Self::Loaded(_)
            | Self::Tilt(_)
            | Self::FailoverRunning(_)
            | Self::NotElected { .. }
            | Self::MasterUnsure(_)
            | Self::NoMaster(_)
            | Self::Behind(_) => true,
            Self::NotOfGroup
            | Self::NotAnswering(_)
            | Self::NotReplica(_)
            | Self::LinkDown
            | Self::BrokeOff(_)
            | Self::Loading
            | Self::NeverPromoted
            | Self::NoQuorum(_) => false,
        }
    }

    /// Whether a server has changed since it was decided to switch over, so that it has to be decided anew.
    pub const fn is_overtaken(&self) -> bool {
        match self {
            Self::FailoverRunning(_)
            | Self::NotAnswering(_)
            | Self::NotReplica(_)
            | Self::LinkDown
            | Self::BrokeOff(_)
            | Self::Loading
            | Self::NoQuorum(_) => true,
            Self::TooSlow(_)
            | Self::Loaded(_)
            | Self::Tilt(_)
            | Self::NotElected { .. }
            | Self::MasterUnsure(_)
            | Self::NoMaster(_)
            | Self::Behind(_)
            | Self::NotOfGroup
            | Self::NeverPromoted => false,
        }
    }
}

impl fmt::Display for SwitchoverRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOfGroup => f.write_str("it does not belong to this group"),
            Self::NotAnswering(why) => write!(f, "it does not answer ({why})"),
            Self::NoMaster(why) => write!(f, "there is no single master ({why})"),
            Self::MasterUnsure(master) => write!(f, "{master} does not say that it is the master"),
            Self::NotReplica(master) => write!(f, "it is not a replica of {master}"),
            Self::LinkDown => f.write_str("its link to the master is down"),
            Self::Loading => f.write_str("it is still copying or loading its data"),
            Self::NeverPromoted => f.write_str("its replica-priority is 0, so it must never be promoted"),
            Self::Behind(bytes) => write!(f, "it is {bytes} bytes behind the master"),
            Self::BrokeOff(master) => {
                write!(
                    f,
                    "{master} is loading its data, and the link to it broke before {master} ended: writes may be missing"
                )
            }
            Self::Loaded(master) => write!(f, "{master} has just loaded its data and serves"),
            Self::TooSlow(limit) => {
                write!(f, "it did not receive the last writes within {}", humantime::format_duration(*limit))
            }
            Self::NoQuorum(why) => write!(f, "the Sentinels have no quorum ({why})"),
            Self::Tilt(sentinel) => write!(f, "{sentinel} is in TILT and does not act for 30 s after it was frozen"),
            Self::FailoverRunning(sentinel) => write!(f, "{sentinel} considers the master down or is replacing it"),
            Self::NotElected { votes, needed } => {
                write!(f, "it needs the votes of {needed} Sentinels and got {votes}")
            }
        }
    }
}

/// The servers that take part in a switchover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cast {
    /// The present master.
    pub old: Peer,
    /// Whether the master is loading its data, and so takes no write.
    pub is_loading: bool,
    /// The replica to promote.
    pub new: Peer,
    /// The other Redis nodes of the group that answer.
    pub others: Vec<Peer>,
    /// The Sentinels that answer.
    pub sentinels: Vec<Voter>,
    /// The number of votes that it needs.
    pub needed: usize,
    /// The highest epoch that was seen.
    pub epoch: u64,
    /// The down-after of the Sentinels.
    pub down_after: Duration,
}

impl Cast {
    /// The Redis node at an address.
    pub fn whose(&self, address: SocketAddrV4) -> Whose {
        let mut nodes = [&self.old, &self.new].into_iter().chain(&self.others);
        let node = nodes.find(|peer| peer.address == address).map(|peer| peer.node);
        node.map_or(Whose::Stranger(address), Whose::Node)
    }
}

/// A Sentinel that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Voter {
    /// The Sentinel and its address.
    pub sentinel: Peer,
    /// Another Sentinel that it knows, in whose name it is told about the new master. A lone Sentinel knows none.
    pub herald: Option<WatchedPeer>,
    /// The settings that it watches the group with.
    pub settings: BTreeMap<String, String>,
    /// The quorum that it watches the group with.
    pub quorum: u16,
}

/// Chooses the servers, or says why it cannot be done. `None` when `to` is the master already.
pub(super) fn cast(
    topology: &Topology,
    inventory: &Inventory,
    group: Group,
    to: NodeId,
) -> Result<Option<Cast>, SwitchoverRefusal> {
    if to.group() != Some(group) {
        return Err(SwitchoverRefusal::NotOfGroup);
    }
    let (watching, word) = electorate(topology, inventory, group)?;
    let old = running_at(inventory, word.address).ok_or_else(|| {
        let named = whose_in(inventory, word.address);
        SwitchoverRefusal::NoMaster(format!("the Sentinels name {named}, which is not a running node"))
    })?;
    let master = topology.redis.get(&old).and_then(Answer::said);
    let master = master.filter(|view| matches!(view.role, RoleView::Master { .. }));
    let master = master.ok_or(SwitchoverRefusal::MasterUnsure(old))?;
    if old == to {
        return Ok(None);
    }
    let ended_at = inventory.nodes.get(&old).and_then(|facts| facts.ended_at);
    fit(topology.redis.get(&to), Peer { node: old, address: word.address }, master, ended_at)?;
    let peer = |node: NodeId| Some(Peer { node, address: inventory.server(node)? });
    let answering =
        topology.redis.iter().filter(|(node, answer)| node.group() == Some(group) && answer.said().is_some());
    let others = answering.map(|(node, _)| *node).filter(|node| *node != old && *node != to);
    let voters = watching.iter().filter_map(|(node, _, watched)| Some(voter(peer(*node)?, watched)));
    let epochs = watching.iter().flat_map(|(_, view, _)| view.masters.values()).map(|master| master.config_epoch);
    // If a Sentinel knows more peers than the others, that counts: they are part of the majority.
    let known = watching.iter().map(|(_, _, watched)| watched.peers.len() + 1).max().unwrap_or_default();
    let needed = (known / 2 + 1).max(usize::from(word.quorum));
    if watching.len() < needed {
        return Err(SwitchoverRefusal::NoQuorum(format!("{} answer, {needed} are needed", watching.len())));
    }
    Ok(Some(Cast {
        old: Peer { node: old, address: word.address },
        is_loading: master.loading.is_some(),
        new: peer(to).ok_or_else(|| SwitchoverRefusal::NotAnswering("it has no address".to_owned()))?,
        others: others.filter_map(peer).collect(),
        needed,
        epoch: epochs.max().unwrap_or_default(),
        down_after: Duration::from_millis(word.down_after),
        sentinels: voters.collect(),
    }))
}

/// The view of a node that can be promoted. `ended_at` is when the master ended last: while it loads its data, nothing
/// newer is known.
fn fit<'a>(
    candidate: Option<&'a Answer<RedisView>>,
    old: Peer,
    master: &RedisView,
    ended_at: Option<u64>,
) -> Result<&'a RedisView, SwitchoverRefusal> {
    let view = match candidate {
        Some(Answer::Says(view)) => view,
        Some(Answer::Busy { .. }) => return Err(SwitchoverRefusal::NotAnswering("a script keeps it busy".to_owned())),
        Some(Answer::Silent(why)) => return Err(SwitchoverRefusal::NotAnswering(why.clone())),
        None => return Err(SwitchoverRefusal::NotAnswering("it does not run".to_owned())),
    };
    match view.role {
        RoleView::Replica { master, .. } if master != old.address => {
            return Err(SwitchoverRefusal::NotReplica(old.node));
        }
        RoleView::Replica { syncing: true, .. } => return Err(SwitchoverRefusal::Loading),
        RoleView::Replica { .. } if master.loading.is_some() => {
            if !ended_at.is_some_and(|ended_at| view.followed_until(ended_at)) {
                return Err(SwitchoverRefusal::BrokeOff(old.node));
            }
        }
        RoleView::Replica { link_up: false, .. } => return Err(SwitchoverRefusal::LinkDown),
        RoleView::Replica { .. } => {}
        RoleView::Master { .. } => return Err(SwitchoverRefusal::NotReplica(old.node)),
    }
    if view.loading.is_some() {
        return Err(SwitchoverRefusal::Loading);
    }
    if view.replica_priority == 0 {
        return Err(SwitchoverRefusal::NeverPromoted);
    }
    let behind = master.offset - view.offset;
    if master.loading.is_none() && behind > LAG_MAX { Err(SwitchoverRefusal::Behind(behind)) } else { Ok(view) }
}

pub(super) fn voter(sentinel: Peer, watched: &WatchedMaster) -> Voter {
    let herald = watched.peers.iter().find(|peer| !peer.flags.contains("s_down")).or(watched.peers.first());
    let settings = [
        ("down-after-milliseconds", watched.down_after),
        ("failover-timeout", watched.failover_timeout),
        ("parallel-syncs", u64::from(watched.parallel_syncs)),
    ];
    Voter {
        sentinel,
        herald: herald.cloned(),
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_string())).into(),
        quorum: watched.quorum,
    }
}

/// The Sentinels that answer with their views of the group, and the master that all of them name.
type Electorate<'a> = (Vec<(NodeId, &'a SentinelView, &'a WatchedMaster)>, &'a WatchedMaster);

fn electorate<'a>(
    topology: &'a Topology,
    inventory: &Inventory,
    group: Group,
) -> Result<Electorate<'a>, SwitchoverRefusal> {
    let answering = topology.sentinels.iter().filter_map(|(node, answer)| Some((*node, answer.said()?)));
    let name = group.to_string();
    let watching = answering.filter_map(|(node, view)| Some((node, view, view.masters.get(&name)?)));
    let watching: Vec<_> = watching.collect();
    let Some((_, _, first)) = watching.first() else {
        return Err(SwitchoverRefusal::NoQuorum("none of them answers".to_owned()));
    };
    for (node, view, watched) in &watching {
        if view.tilt {
            return Err(SwitchoverRefusal::Tilt(*node));
        }
        if ["s_down", "o_down", "failover_in_progress"].iter().any(|flag| watched.flags.contains(*flag)) {
            return Err(SwitchoverRefusal::FailoverRunning(*node));
        }
        if watched.address != first.address {
            let [named, others] = [watched, first].map(|watched| whose_in(inventory, watched.address));
            return Err(SwitchoverRefusal::NoMaster(format!("{node} names {named}, others {others}")));
        }
        if let Err(why) = &watched.quorum_check {
            return Err(SwitchoverRefusal::NoQuorum(format!("{node}: {why}")));
        }
    }
    let first: &WatchedMaster = first;
    Ok((watching, first))
}

/// The running node that lives at an address.
fn running_at(inventory: &Inventory, address: SocketAddrV4) -> Option<NodeId> {
    let is_running = |node: &NodeId| inventory.nodes.get(node).is_some_and(|facts| facts.state == NodeState::Running);
    inventory.node_at(address).filter(is_running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, halt, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::observed::{Loading, Observed};
    use crate::spec::Spec;

    fn of(observed: &Observed, to: NodeId) -> Result<Option<Cast>, SwitchoverRefusal> {
        cast(&observed.topology, &observed.inventory, GROUP, to)
    }

    const LOADING: Option<Loading> = Some(Loading { percent: 1, seconds_left: 99 });

    fn spec() -> Spec {
        Spec::with_defaults("test".parse().expect("a good name"))
    }

    /// The refusal for a healthy cluster after a change.
    fn refused(to: NodeId, bend: impl Fn(&mut Observed)) -> Option<SwitchoverRefusal> {
        let mut observed = healthy(&spec());
        bend(&mut observed);
        of(&observed, to).err()
    }

    fn watched(observed: &mut Observed, sentinel: u16) -> &mut WatchedMaster {
        sentinel_mut(observed, sentinel).masters.get_mut(&GROUP.to_string()).expect("the group")
    }

    /// `redis-1`, the master, has ended and loads its data; the links of its replicas broke at these times.
    fn loads(observed: &mut Observed, broke: [u64; 2]) {
        observed.inventory.nodes.get_mut(&redis(1)).expect("the node").ended_at = Some(1000);
        redis_mut(observed, redis(1)).loading = LOADING;
        redis_mut(observed, redis(1)).offset = 0;
        for (node, at) in [redis(2), redis(3)].into_iter().zip(broke) {
            let RoleView::Replica { link_up, link_down_at, .. } = &mut redis_mut(observed, node).role else { continue };
            (*link_up, *link_down_at) = (false, Some(at));
        }
    }

    #[test]
    fn a_master_that_loads_is_replaced_by_a_replica_that_followed_it_to_its_end() {
        let mut observed = healthy(&spec());
        loads(&mut observed, [900, 1000]);
        let cast = of(&observed, redis(3)).expect("no refusal").expect("a change");
        assert!(cast.is_loading);
        assert_eq!(of(&observed, redis(2)), Err(SwitchoverRefusal::BrokeOff(redis(1))));
        redis_mut(&mut observed, redis(3)).loading = LOADING;
        assert_eq!(
            of(&observed, redis(3)),
            Err(SwitchoverRefusal::BrokeOff(redis(1))),
            "what it has loaded may be older"
        );
    }

    #[test]
    fn a_healthy_group_is_cast() {
        let cast = of(&healthy(&spec()), redis(2)).expect("no refusal").expect("a change");
        assert_eq!((cast.old.node, cast.new.node), (redis(1), redis(2)));
        assert_eq!(cast.others.iter().map(|peer| peer.node).collect::<Vec<_>>(), [redis(3)]);
        assert_eq!((cast.sentinels.len(), cast.needed), (3, 2));
        for voter in &cast.sentinels {
            let herald = voter.herald.as_ref().expect("a herald");
            assert_ne!(herald.address, voter.sentinel.address, "a Sentinel would take its own name for a peer's");
        }
    }

    #[test]
    fn the_master_needs_no_switchover() {
        assert_eq!(of(&healthy(&spec()), redis(1)), Ok(None));
    }

    #[test]
    fn a_node_that_is_not_fit_is_refused() {
        let two = redis(2);
        let role = |bend: fn(&mut RoleView)| refused(two, |observed| bend(&mut redis_mut(observed, two).role));
        assert_eq!(refused(NodeId::redis(Group::number(2), 1), |_| {}), Some(SwitchoverRefusal::NotOfGroup));
        assert!(matches!(refused(redis(9), |_| {}), Some(SwitchoverRefusal::NotAnswering(_))));
        assert!(matches!(refused(two, |o| halt(o, two, NodeState::Paused)), Some(SwitchoverRefusal::NotAnswering(_))));
        assert_eq!(refused(two, |o| redis_mut(o, two).replica_priority = 0), Some(SwitchoverRefusal::NeverPromoted));
        assert_eq!(refused(two, |o| redis_mut(o, two).loading = LOADING), Some(SwitchoverRefusal::Loading));
        let behind = refused(two, |o| redis_mut(o, redis(1)).offset = redis_mut(o, two).offset + LAG_MAX + 1);
        assert_eq!(behind, Some(SwitchoverRefusal::Behind(LAG_MAX + 1)));
        let cut = role(|role| {
            if let RoleView::Replica { link_up, .. } = role {
                *link_up = false;
            }
        });
        assert_eq!(cut, Some(SwitchoverRefusal::LinkDown));
        let astray = role(|role| {
            if let RoleView::Replica { master, .. } = role {
                master.set_port(1);
            }
        });
        assert_eq!(astray, Some(SwitchoverRefusal::NotReplica(redis(1))));
        assert_eq!(
            role(|role| *role = RoleView::Master { replicas: vec![] }),
            Some(SwitchoverRefusal::NotReplica(redis(1)))
        );
    }

    #[test]
    fn sentinels_that_cannot_or_will_not_are_a_reason() {
        let to = redis(2);
        assert_eq!(refused(to, |o| sentinel_mut(o, 3).tilt = true), Some(SwitchoverRefusal::Tilt(NodeId::Sentinel(3))));
        for flag in ["s_down", "o_down", "failover_in_progress"] {
            let why = refused(to, |o| watched(o, 2).flags.extend([flag.to_owned()]));
            assert_eq!(why, Some(SwitchoverRefusal::FailoverRunning(NodeId::Sentinel(2))), "{flag}");
        }
        let disagree = refused(to, |o| watched(o, 2).address.set_port(1));
        assert!(matches!(disagree, Some(SwitchoverRefusal::NoMaster(_))));
        let quorum = refused(to, |o| watched(o, 2).quorum_check = Err("NOQUORUM".to_owned()));
        assert!(matches!(quorum, Some(SwitchoverRefusal::NoQuorum(_))));
        let silent = refused(to, |o| (1..=3).for_each(|n| halt(o, NodeId::Sentinel(n), NodeState::Paused)));
        assert!(matches!(silent, Some(SwitchoverRefusal::NoQuorum(_))));
        let few = refused(to, |o| (2..=3).for_each(|n| halt(o, NodeId::Sentinel(n), NodeState::Paused)));
        assert!(matches!(few, Some(SwitchoverRefusal::NoQuorum(_))));
        let demoted = refused(to, |o| {
            let role = redis_mut(o, to).role.clone();
            redis_mut(o, redis(1)).role = role;
        });
        assert_eq!(demoted, Some(SwitchoverRefusal::MasterUnsure(redis(1))));
    }

    #[test]
    fn a_silent_sentinel_still_counts_for_the_majority() {
        let mut observed = healthy(&spec());
        halt(&mut observed, NodeId::Sentinel(3), NodeState::Paused);
        let cast = of(&observed, redis(2)).expect("no refusal").expect("a change");
        assert_eq!((cast.sentinels.len(), cast.needed), (2, 2));
    }
}
