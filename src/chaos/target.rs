//! Which node a fault hits, and whether it may: pure.

use crate::plan::gate::{claimants, sole_master};
use crate::plan::observed::{Answer, NodeState, Observed};
use crate::spec::{Group, NodeId, Role, Spec};

/// Words that choose a node by what it is.
pub const WORDS: &str = "master, replica, sentinel, proxy, random";

/// Chooses a node: by a word of [`WORDS`] or by its name. What could be several is decided by `random`.
///
/// # Errors
/// There is none, in words. No target is never a success.
pub fn choose(text: &str, group: Group, spec: &Spec, observed: &Observed, random: u64) -> Result<NodeId, String> {
    let running =
        |node: &NodeId| observed.inventory.nodes.get(node).is_some_and(|facts| facts.state == NodeState::Running);
    let all: Vec<NodeId> = spec.nodes().into_iter().filter(running).collect();
    let of_group = |node: &&NodeId| node.group() == Some(group);
    let candidates: Vec<NodeId> = match text {
        "master" => vec![sole_master(group, observed)?],
        "replica" => {
            let masters = claimants(group, observed);
            all.iter().filter(of_group).filter(|node| !masters.contains(node)).copied().collect()
        }
        "sentinel" => all.iter().filter(|node| node.role() == Role::Sentinel).copied().collect(),
        "proxy" => all.iter().filter(|node| node.role() == Role::Proxy).copied().collect(),
        "random" => all,
        name => {
            let node: NodeId = name.parse().map_err(|why| format!("{why}; or one of {WORDS}"))?;
            all.iter().filter(|known| **known == node).copied().collect()
        }
    };
    let index = random.checked_rem(candidates.len() as u64).unwrap_or(0);
    candidates.get(index as usize).copied().ok_or_else(|| format!("there is no running node '{text}'"))
}

/// Whether one more node may fail: no other Redis node of its group is out, and the Sentinels keep their quorum and their
/// majority without it.
///
/// # Errors
/// Why not, in words.
pub fn permit(node: NodeId, spec: &Spec, observed: &Observed) -> Result<(), String> {
    let fit = |other: NodeId| {
        let running = observed.inventory.nodes.get(&other).is_some_and(|facts| facts.state == NodeState::Running);
        let answers = match other.role() {
            Role::Redis => observed.topology.redis.get(&other).is_some_and(|answer| answer.said().is_some()),
            Role::Sentinel => observed.topology.sentinels.get(&other).is_some_and(|answer| answer.said().is_some()),
            Role::Proxy => observed.topology.proxies.get(&other).and_then(Answer::said).is_some(),
        };
        running && answers
    };
    match node {
        NodeId::Redis { group, .. } => match spec.redis_nodes(group).find(|other| *other != node && !fit(*other)) {
            Some(out) => Err(format!("{out} of the same group is out already, and a group loses one node at a time")),
            None => Ok(()),
        },
        NodeId::Sentinel(_) => {
            let left = spec.sentinel_nodes().filter(|other| *other != node && fit(*other)).count();
            let needed = usize::from(spec.quorum.max(spec.majority()));
            if left < needed {
                return Err(format!("without {node} there are {left} Sentinels, and a failover needs {needed}"));
            }
            Ok(())
        }
        NodeId::Proxy(_) => {
            let left = spec.proxy_nodes().filter(|other| *other != node && fit(*other)).count();
            if left == 0 { Err(format!("{node} is the only proxy, and clients have no other way in")) } else { Ok(()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{GROUP, healthy, redis};

    fn cluster() -> (Spec, Observed) {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        let observed = healthy(&spec);
        (spec, observed)
    }

    #[test]
    fn a_word_finds_its_node_and_no_node_is_an_error() {
        let (spec, mut observed) = cluster();
        let choose = |text: &str, observed: &Observed, random| choose(text, GROUP, &spec, observed, random);
        assert_eq!(choose("master", &observed, 5), Ok(redis(1)));
        assert_eq!(choose("replica", &observed, 0), Ok(redis(2)));
        assert_eq!(choose("replica", &observed, 1), Ok(redis(3)));
        assert_eq!(choose("sentinel-2", &observed, 9), Ok(NodeId::Sentinel(2)));
        assert!(choose("redis-9", &observed, 0).is_err());
        assert!(choose("boss", &observed, 0).is_err_and(|why| why.contains("master, replica")));
        observed.inventory.nodes.clear();
        assert!(choose("replica", &observed, 0).is_err());
    }

    #[test]
    fn no_group_loses_two_nodes_and_the_sentinels_keep_their_quorum() {
        let (spec, mut observed) = cluster();
        assert_eq!(permit(redis(1), &spec, &observed), Ok(()));
        assert_eq!(permit(NodeId::Sentinel(1), &spec, &observed), Ok(()));
        assert!(permit(NodeId::Proxy(1), &spec, &observed).is_err());
        observed.topology.redis.insert(redis(2), Answer::Silent("no answer".to_owned()));
        observed.topology.sentinels.insert(NodeId::Sentinel(3), Answer::Silent("no answer".to_owned()));
        assert!(permit(redis(1), &spec, &observed).is_err_and(|why| why.contains("redis-2")));
        assert_eq!(permit(redis(2), &spec, &observed), Ok(()), "that one is out itself");
        assert!(permit(NodeId::Sentinel(1), &spec, &observed).is_err());
        assert_eq!(permit(NodeId::Sentinel(3), &spec, &observed), Ok(()));
    }
}
