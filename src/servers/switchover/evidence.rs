//! Whether a master that ended may be replaced now, and by whom. Pure.

use std::fmt;
use std::net::SocketAddrV4;

use super::cast::{Cast, Voter, voter};
use crate::cluster::observed::WatchedMaster;
use crate::servers::link::Peer;
use crate::spec::NodeId;

/// The answer of a Sentinel about a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Testified {
    pub sentinel: Peer,
    /// What it says of the group.
    pub watched: WatchedMaster,
    /// Whether it is in TILT.
    pub tilt: bool,
    /// The last epoch that it gave a vote for, about this group.
    pub voted: u64,
    /// The last epoch that it knows, of any group.
    pub latest: u64,
}

impl Testified {
    /// The last epoch of this group that it knows.
    pub fn epoch(&self) -> u64 {
        self.watched.config_epoch.max(self.voted)
    }
}

/// The answer of a Redis node to `INFO replication`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Follower {
    /// The master that it follows; `None` for a master.
    pub follows: Option<SocketAddrV4>,
    pub link_up: bool,
    /// Whether it is copying all data.
    pub syncing: bool,
    pub priority: u32,
    pub offset: i64,
}

/// All that was found out within milliseconds of the end of a master.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DeathFacts {
    pub dead: Peer,
    /// All Sentinels that answered.
    pub sentinels: Vec<Testified>,
    /// The other Redis nodes of the group; `None` for one that did not answer.
    pub followers: Vec<(Peer, Option<Follower>)>,
    /// The highest epoch that the guard saw while the master served.
    pub epoch: u64,
}

/// Why a guard leaves a master to the Sentinels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbearance {
    /// Fewer Sentinels answer than have to agree.
    NoMajority {
        /// The number that answer and name the node.
        answer: usize,
        /// The number that has to.
        needed: usize,
    },
    /// A Sentinel names another master.
    NamesAnother(NodeId),
    /// A Sentinel is in TILT, or is replacing the master already.
    Busy(NodeId),
    /// A Sentinel has given a vote since the master ended.
    Voted(NodeId),
    /// A replica's link to the master is up.
    LinkUp(NodeId),
    /// A node is master already, or follows another one.
    Elsewhere(NodeId),
    /// A replica that a Sentinel considers up does not answer. It may have the last writes.
    Silent(NodeId),
    /// A replica that must not be promoted has more than the others.
    Ahead(NodeId),
    /// No replica can be promoted.
    NoReplica,
}

impl fmt::Display for Forbearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMajority { answer, needed } => {
                write!(f, "{answer} Sentinels answer and name it, {needed} are needed")
            }
            Self::NamesAnother(sentinel) => write!(f, "{sentinel} names another master"),
            Self::Busy(sentinel) => write!(f, "{sentinel} is in TILT or is replacing it already"),
            Self::Voted(sentinel) => write!(f, "{sentinel} has voted for another candidate"),
            Self::LinkUp(replica) => write!(f, "the link of {replica} to it is up"),
            Self::Elsewhere(node) => write!(f, "{node} does not follow it"),
            Self::Silent(replica) => write!(f, "{replica} does not answer and may have its last writes"),
            Self::Ahead(replica) => write!(f, "{replica} has more data than the others and must not be promoted"),
            Self::NoReplica => f.write_str("it has no replica that can be promoted"),
        }
    }
}

/// The servers that replace the master, if all that answered agree that it is dead.
///
/// # Errors
/// Something speaks against it.
pub(super) fn judged(evidence: &DeathFacts) -> Result<Cast, Forbearance> {
    let DeathFacts { dead, sentinels, followers, epoch } = evidence;
    for said in sentinels {
        let node = said.sentinel.node;
        if said.watched.address != dead.address {
            return Err(Forbearance::NamesAnother(node));
        }
        // `s_down` may come early where a Sentinel's own connection was disturbed before; `o_down` begins a failover.
        if said.tilt || ["o_down", "failover_in_progress"].iter().any(|flag| said.watched.flags.contains(*flag)) {
            return Err(Forbearance::Busy(node));
        }
        if said.epoch() > *epoch {
            return Err(Forbearance::Voted(node));
        }
    }
    let known = sentinels.iter().map(|said| said.watched.peers.len() + 1).max().unwrap_or_default();
    let quorum = sentinels.iter().map(|said| usize::from(said.watched.quorum)).max().unwrap_or_default();
    let needed = (known / 2 + 1).max(quorum);
    if sentinels.len() < needed {
        return Err(Forbearance::NoMajority { answer: sentinels.len(), needed });
    }
    let is_known_down = |peer: &Peer| {
        sentinels.iter().all(|said| {
            let known = said.watched.replicas.iter().find(|replica| replica.address == peer.address);
            known.is_none_or(|replica| replica.flags.contains("s_down"))
        })
    };
    let mut answering = Vec::new();
    for (peer, follower) in followers {
        match follower {
            None if is_known_down(peer) => {}
            None => return Err(Forbearance::Silent(peer.node)),
            Some(follower) if follower.follows != Some(dead.address) => {
                return Err(Forbearance::Elsewhere(peer.node));
            }
            Some(follower) if follower.link_up => return Err(Forbearance::LinkUp(peer.node)),
            Some(follower) => answering.push((*peer, *follower)),
        }
    }
    let is_fit = |(_, follower): &&(Peer, Follower)| follower.priority > 0 && !follower.syncing && follower.offset >= 0;
    // Of two with the same data the first one, so that all guards choose the same.
    let best = answering.iter().filter(is_fit).rev().max_by_key(|(_, follower)| follower.offset);
    let (new, chosen) = best.ok_or(Forbearance::NoReplica)?;
    if let Some((ahead, _)) = answering.iter().find(|(_, follower)| follower.offset > chosen.offset) {
        return Err(Forbearance::Ahead(ahead.node));
    }
    let voters: Vec<Voter> = sentinels.iter().map(|said| voter(said.sentinel, &said.watched)).collect();
    let down_after = sentinels.iter().map(|said| said.watched.down_after).min().unwrap_or_default();
    Ok(Cast {
        old: *dead,
        is_loading: false,
        new: *new,
        others: answering.iter().map(|(peer, _)| *peer).filter(|peer| peer != new).collect(),
        sentinels: voters,
        needed,
        epoch: *epoch,
        down_after: std::time::Duration::from_millis(down_after),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::cluster::observed::{WatchedPeer, WatchedReplica};
    use crate::spec::Group;

    fn redis(ordinal: u16) -> Peer {
        let address = SocketAddrV4::new([10, 0, 0, ordinal as u8].into(), 6379);
        Peer { node: NodeId::redis(Group::number(1), ordinal), address }
    }

    fn flags(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn testified(ordinal: u16) -> Testified {
        let address = SocketAddrV4::new([10, 0, 1, ordinal as u8].into(), 26379);
        let peer =
            |n: u16| WatchedPeer { id: format!("{n:040}"), address, flags: flags(&["sentinel"]), unanswered_for: 0 };
        let replica = |n: u16| WatchedReplica {
            address: redis(n).address,
            flags: flags(&["slave"]),
            priority: 100,
            link_down_for: 0,
            unanswered_for: 0,
            claims_for: None,
        };
        Testified {
            sentinel: Peer { node: NodeId::Sentinel(ordinal), address },
            watched: WatchedMaster {
                address: redis(1).address,
                flags: flags(&["master", "disconnected"]),
                quorum: 2,
                down_after: 1000,
                failover_timeout: 3000,
                parallel_syncs: 1,
                config_epoch: 4,
                down_for: None,
                unanswered_for: 0,
                replicas: vec![replica(2), replica(3)],
                peers: vec![peer(8), peer(9)],
                quorum_check: Ok(()),
            },
            tilt: false,
            voted: 4,
            latest: 4,
        }
    }

    fn follower(offset: i64) -> Option<Follower> {
        let follows = Some(redis(1).address);
        Some(Follower { follows, link_up: false, syncing: false, priority: 100, offset })
    }

    fn evidence() -> DeathFacts {
        DeathFacts {
            dead: redis(1),
            sentinels: [1, 2, 3].map(testified).into(),
            followers: vec![(redis(2), follower(90)), (redis(3), follower(100))],
            epoch: 4,
        }
    }

    fn spoilt(spoil: impl Fn(&mut DeathFacts)) -> Option<Forbearance> {
        let mut evidence = evidence();
        spoil(&mut evidence);
        judged(&evidence).err()
    }

    #[test]
    fn the_replica_with_most_data_replaces_a_master_of_which_all_say_that_it_is_dead() {
        let cast = judged(&evidence()).expect("it may be replaced");
        assert_eq!((cast.new, cast.others, cast.needed, cast.epoch), (redis(3), vec![redis(2)], 2, 4));
        assert_eq!(cast.down_after, Duration::from_secs(1));
        let mut equal = evidence();
        equal.followers[0].1 = follower(100);
        assert_eq!(judged(&equal).map(|cast| cast.new), Ok(redis(2)), "all guards choose the first of equals");
    }

    #[test]
    fn whatever_speaks_against_a_death_leaves_it_to_the_sentinels() {
        let node = |ordinal| redis(ordinal).node;
        let sentinel = NodeId::Sentinel;
        let change = |e: &mut DeathFacts, change: &dyn Fn(&mut Follower)| e.followers[0].1.iter_mut().for_each(change);
        assert_eq!(
            spoilt(|e| e.sentinels.truncate(1)),
            Some(Forbearance::NoMajority { answer: 1, needed: 2 }),
            "a lone Sentinel"
        );
        assert_eq!(spoilt(|e| e.sentinels.clear()), Some(Forbearance::NoMajority { answer: 0, needed: 1 }));
        assert_eq!(
            spoilt(|e| e.sentinels[1].watched.address = redis(2).address),
            Some(Forbearance::NamesAnother(sentinel(2)))
        );
        assert_eq!(spoilt(|e| e.sentinels[2].tilt = true), Some(Forbearance::Busy(sentinel(3))));
        let o_down = |e: &mut DeathFacts| _ = e.sentinels[0].watched.flags.insert("o_down".to_owned());
        assert_eq!(spoilt(o_down), Some(Forbearance::Busy(sentinel(1))));
        assert_eq!(spoilt(|e| e.sentinels[1].voted = 5), Some(Forbearance::Voted(sentinel(2))));
        assert_eq!(spoilt(|e| change(e, &|f| f.link_up = true)), Some(Forbearance::LinkUp(node(2))));
        assert_eq!(spoilt(|e| change(e, &|f| f.follows = None)), Some(Forbearance::Elsewhere(node(2))));
        assert_eq!(spoilt(|e| e.followers[0].1 = None), Some(Forbearance::Silent(node(2))));
        let ahead = |e: &mut DeathFacts| change(e, &|f| (f.priority, f.offset) = (0, 101));
        assert_eq!(spoilt(ahead), Some(Forbearance::Ahead(node(2))));
        assert_eq!(spoilt(|e| e.followers.clear()), Some(Forbearance::NoReplica));
        let unfit = |e: &mut DeathFacts| {
            let all = e.followers.iter_mut().filter_map(|(_, follower)| follower.as_mut());
            all.for_each(|follower| follower.syncing = true);
        };
        assert_eq!(spoilt(unfit), Some(Forbearance::NoReplica));
    }

    #[test]
    fn a_replica_that_all_sentinels_know_to_be_down_is_not_waited_for() {
        let mut evidence = evidence();
        evidence.followers[0].1 = None;
        for said in &mut evidence.sentinels {
            said.watched.replicas[0].flags.insert("s_down".to_owned());
        }
        assert_eq!(judged(&evidence).map(|cast| (cast.new, cast.others)), Ok((redis(3), vec![])));
    }

    /// A Sentinel's rule for votes (`sentinelVoteLeader`): one for each epoch, and for no epoch before the last.
    #[derive(Clone, Default)]
    struct Ballots {
        epoch: u64,
        leader: Option<usize>,
    }

    impl Ballots {
        fn ask(&mut self, epoch: u64, guard: usize) -> bool {
            if epoch > self.epoch {
                (self.epoch, self.leader) = (epoch, Some(guard));
            }
            (self.epoch, self.leader) == (epoch, Some(guard))
        }
    }

    proptest! {
        /// Guards ask Sentinels in any order; some wake late, some Sentinels are never reached. Each tries the one epoch
        /// after the last that it saw while the master served.
        #[test]
        fn at_most_one_guard_wins_a_death(
            count in 1usize..6,
            guards in 2usize..4,
            order in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..40),
        ) {
            let mut sentinels = vec![Ballots { epoch: 4, leader: None }; count];
            let mut won = vec![0; guards];
            let mut asked = BTreeSet::new();
            for (guard, sentinel) in order {
                let (guard, sentinel) = (guard.index(guards), sentinel.index(count));
                if asked.insert((guard, sentinel)) && sentinels[sentinel].ask(5, guard) {
                    won[guard] += 1;
                }
            }
            prop_assert!(won.iter().filter(|votes| **votes > count / 2).count() <= 1);
        }

        /// No evidence with a single sign of life leads to a promotion, whatever else it says.
        #[test]
        fn one_sign_of_life_is_enough(
            offsets in prop::collection::vec(0i64..1000, 1..6),
            alive in any::<prop::sample::Index>(),
            sign in 0..3,
        ) {
            let mut evidence = evidence();
            let peers = (2..).map(redis);
            evidence.followers = peers.zip(offsets.iter().map(|offset| follower(*offset))).collect();
            let best = judged(&evidence).map(|cast| cast.new);
            let most = *offsets.iter().max().expect("a replica");
            let first = offsets.iter().position(|offset| *offset == most).expect("it is there");
            prop_assert_eq!(best, Ok(redis(first as u16 + 2)));
            let sentinel = alive.index(evidence.sentinels.len());
            let replica = alive.index(evidence.followers.len());
            match sign {
                0 => evidence.followers[replica].1.iter_mut().for_each(|follower| follower.link_up = true),
                1 => evidence.sentinels[sentinel].watched.address = redis(2).address,
                _ => evidence.sentinels[sentinel].voted += 1,
            }
            prop_assert!(judged(&evidence).is_err());
        }
    }
}
