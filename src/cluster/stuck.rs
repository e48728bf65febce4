//! The states in which Sentinels do not replace a master that is down; pure.

use super::claims::{claimants, majority_word};
use super::observed::{Answer, Observed, SentinelView, WatchedMaster, WatchedReplica};
use crate::spec::{Group, NodeId};

/// Sentinel promotes only replicas whose link was down for less than this many times `down-after`.
///
/// The time for which that Sentinel has considered the master down does not count (`sentinelSelectSlave` in Redis's
/// `sentinel.c`).
const LINK_DOWN_FACTOR: u64 = 10;
/// How long after a master is down the Sentinels need to begin to replace it, in milliseconds. They ask each other once
/// a second.
const BEGIN_WITHIN: u64 = 3000;
/// Added to the `down-after` that just accepts a replica's link, in milliseconds. Ten times as long may pass until it
/// is used.
const ROOM: u64 = 1000;

/// Why the Sentinels do not replace a master that is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The reason in words, for users.
    pub why: String,
    /// What helps: this Sentinel replaces the master without a vote, with this `down-after` in milliseconds.
    ///
    /// `None` if that does not help, or if time does.
    pub push: Option<(NodeId, u64)>,
}

/// Judges whether the Sentinels are stuck with a master that is down.
pub fn stuck(group: Group, observed: &Observed) -> Option<Stuck> {
    let master = majority_word(group, observed)?;
    let answers = observed.topology.redis.get(&master).and_then(Answer::said).is_some();
    if answers || !claimants(group, observed).is_empty() {
        return None;
    }
    let name = group.to_string();
    let watching: Vec<(NodeId, &SentinelView, &WatchedMaster)> = observed
        .topology
        .sentinels
        .iter()
        .filter_map(|(node, answer)| answer.said().and_then(|view| Some((*node, view, view.masters.get(&name)?))))
        .collect();
    let in_tilt: Vec<String> =
        watching.iter().filter(|(_, view, _)| view.tilt).map(|(node, ..)| node.to_string()).collect();
    if in_tilt.len() * 2 > watching.len() {
        let why = format!("{master} is down and is not replaced yet: {} in TILT, which lasts 30 s", are(&in_tilt));
        return Some(Stuck { why, push: None });
    }
    if watching.iter().any(|(_, _, watched)| watched.flags.contains("failover_in_progress")) {
        return None;
    }
    let late: Vec<&(NodeId, &SentinelView, &WatchedMaster)> = watching
        .iter()
        .filter(|(_, view, watched)| !view.tilt && watched.down_for.is_some_and(|time| time > BEGIN_WITHIN))
        .collect();
    if late.len() * 2 <= watching.len() {
        return None;
    }
    let fit = |watched: &WatchedMaster| {
        let bears = watched.down_for.unwrap_or_default() + LINK_DOWN_FACTOR * watched.down_after;
        watched.replicas.iter().any(|replica| is_up(replica) && replica.link_down_for <= bears)
    };
    if let Some((node, _, watched)) = late.iter().find(|(_, _, watched)| fit(watched)) {
        let why = format!(
            "{master} is down and the Sentinels have not agreed on who replaces it; they try again {} s after the last try",
            2 * watched.failover_timeout / 1000
        );
        return Some(Stuck { why, push: Some((*node, watched.down_after)) });
    }
    let (node, _, watched) = late[0];
    match watched.replicas.iter().filter(|replica| is_up(replica)).map(|replica| replica.link_down_for).min() {
        Some(link_down_for) => Some(Stuck {
            why: format!(
                "{master} is down and the Sentinels will not replace it: the replicas' links have been down for {} \
                 s, and Sentinels promote only a replica whose link was down for less than {LINK_DOWN_FACTOR} × \
                 down-after ({} ms)",
                link_down_for / 1000,
                watched.down_after
            ),
            push: Some((*node, link_down_for / LINK_DOWN_FACTOR + ROOM)),
        }),
        None => Some(Stuck {
            why: format!("{master} is down and the Sentinels will not replace it: they reach no replica"),
            push: None,
        }),
    }
}

/// Whether a Sentinel would promote it, except for its link.
fn is_up(replica: &WatchedReplica) -> bool {
    let flags = ["s_down", "o_down", "disconnected"];
    replica.priority > 0 && !flags.iter().any(|flag| replica.flags.contains(*flag))
}

fn are(names: &[String]) -> String {
    format!("{} {}", names.join(" and "), if names.len() == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, halt, healthy, redis, sentinel_mut};
    use crate::cluster::observed::NodeState;
    use crate::spec::Spec;

    /// The master is down, the Sentinels have known for `down_for` ms, and the replicas' links broke before.
    fn down(down_for: u64, link_down_for: u64) -> Observed {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        halt(&mut observed, redis(1), NodeState::Exited { code: 137, oom_killed: false });
        for ordinal in [1, 2, 3] {
            let watched = sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched");
            watched.down_for = Some(down_for);
            watched.flags.insert("s_down".to_owned());
            for replica in &mut watched.replicas {
                replica.link_down_for = link_down_for;
            }
        }
        observed
    }

    #[test]
    fn links_that_were_down_for_too_long_want_a_push() {
        let stuck = stuck(GROUP, &down(20_000, 53_000)).expect("stuck");
        assert_eq!(stuck.push, Some((NodeId::Sentinel(1), 6300)));
        assert!(stuck.why.contains("links have been down for 53 s"), "{}", stuck.why);
    }

    #[test]
    fn a_vote_that_nobody_won_wants_one_who_does_not_ask() {
        let stuck = stuck(GROUP, &down(4000, 4000)).expect("stuck");
        assert_eq!(stuck.push, Some((NodeId::Sentinel(1), 1000)), "with the patience that it has");
        assert!(stuck.why.ends_with("they try again 6 s after the last try"), "{}", stuck.why);
    }

    #[test]
    fn who_is_about_to_replace_the_master_or_does_so_is_not_stuck() {
        assert_eq!(stuck(GROUP, &down(300, 300)), None, "they have just found out");
        let mut observed = down(20_000, 53_000);
        let watched = sentinel_mut(&mut observed, 2).masters.get_mut("mymaster").expect("watched");
        watched.flags.insert("failover_in_progress".to_owned());
        assert_eq!(stuck(GROUP, &observed), None);
        assert_eq!(stuck(GROUP, &healthy(&Spec::with_defaults("redos".parse().expect("a name")))), None);
    }

    #[test]
    fn sentinels_in_tilt_do_nothing_for_a_while() {
        let mut observed = down(20_000, 53_000);
        for ordinal in [1, 2] {
            sentinel_mut(&mut observed, ordinal).tilt = true;
        }
        let stuck = stuck(GROUP, &observed).expect("stuck");
        assert_eq!(stuck.push, None);
        assert!(stuck.why.contains("sentinel-1 and sentinel-2 are in TILT"), "{}", stuck.why);
    }
}
