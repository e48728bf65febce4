//! Which nodes a fault hits, and whether it may; pure.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::cluster::claims::claimants;
use crate::cluster::gate::sole_master;
use crate::cluster::observed::{Answer, NodeState, Observed};
use crate::spec::{Group, NodeId, Role, Spec};

/// Words that choose nodes by their role.
pub const WORDS: &str =
    "master, replica, sentinel, leader-sentinel, proxy, exporter, guard, random, replicas, sentinels, proxies, guards";
/// What begins the word for all nodes of a host.
pub const HOST: &str = "host:";
/// The word that needs the Sentinels' logs.
pub const LEADER: &str = "leader-sentinel";

/// Why a text does not choose a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTarget {
    /// The cluster has no node of this name.
    Unknown(String),
    /// The node does not run, or no node has that role now. The text says why.
    Absent(String),
}

/// What nodes are chosen from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub spec: &'a Spec,
    /// The observed state of the cluster.
    pub observed: &'a Observed,
    /// The group that the words refer to.
    pub group: Group,
    /// The Sentinel that led the last failover, if it is known.
    pub leader: Option<NodeId>,
    /// Decides where a word can mean several nodes.
    pub seed: u64,
}

impl Scene<'_> {
    /// The nodes of the specification and those that exist, in any state.
    pub fn nodes(&self) -> BTreeSet<NodeId> {
        self.spec.nodes().into_iter().chain(self.observed.inventory.nodes.keys().copied()).collect()
    }

    /// Chooses the nodes of all these texts.
    ///
    /// Each text is a word of [`WORDS`], the name of a group, `host:` and the name of a host, or the name of a node or of its
    /// container.
    ///
    /// # Errors
    /// One of them chooses no node. No target is never a success.
    pub fn choose(&self, texts: &[String]) -> Result<BTreeSet<NodeId>, NoTarget> {
        let mut chosen = BTreeSet::new();
        for text in texts {
            chosen.extend(self.word(text)?);
        }
        Ok(chosen)
    }

    fn word(&self, text: &str) -> Result<Vec<NodeId>, NoTarget> {
        let is_running = |node: &NodeId| {
            self.observed.inventory.nodes.get(node).is_some_and(|facts| facts.state == NodeState::Running)
        };
        let all: Vec<NodeId> = self.spec.nodes().into_iter().filter(is_running).collect();
        let of_role = |role: Role| all.iter().filter(|node| node.role() == role).copied().collect::<Vec<_>>();
        let replicas = || {
            let masters = claimants(self.group, self.observed);
            let is_replica = |node: &&NodeId| node.group() == Some(self.group) && !masters.contains(node);
            all.iter().filter(is_replica).copied().collect::<Vec<_>>()
        };
        let found = match text {
            "master" => {
                vec![sole_master(self.group, self.observed).map_err(|unmet| NoTarget::Absent(unmet.to_string()))?]
            }
            "replica" => self.one_of(replicas()),
            "sentinel" => self.one_of(of_role(Role::Sentinel)),
            "proxy" => self.one_of(of_role(Role::Proxy)),
            "exporter" => of_role(Role::Exporter),
            "guard" => self.one_of(of_role(Role::Guard)),
            // A fault of the exporter or of a guard affects no client.
            "random" => self.one_of(all.into_iter().filter(|node| !node.role().is_optional()).collect()),
            "replicas" => replicas(),
            "sentinels" => of_role(Role::Sentinel),
            "proxies" => of_role(Role::Proxy),
            "guards" => of_role(Role::Guard),
            LEADER => {
                let none =
                    || format!("the logs of the running Sentinels name no leader of a failover of {}", self.group);
                vec![self.leader.filter(is_running).ok_or_else(none).map_err(NoTarget::Absent)?]
            }
            name if name.starts_with(HOST) => {
                let host = self.spec.hosts.iter().find(|host| host.name.as_str() == &name[HOST.len()..]);
                let host = host.ok_or_else(|| NoTarget::Unknown(name.to_owned()))?;
                all.into_iter().filter(|node| self.spec.placement.of(*node) == Some(&host.name)).collect()
            }
            name => {
                let group = name.parse::<Group>().ok().filter(|group| self.spec.groups().any(|known| known == *group));
                match group {
                    Some(group) => all.into_iter().filter(|node| node.group() == Some(group)).collect(),
                    None => {
                        let node = self.spec.name.node(name).ok().filter(|node| self.nodes().contains(node));
                        let node = node.ok_or_else(|| NoTarget::Unknown(name.to_owned()))?;
                        all.into_iter().filter(|known| *known == node).collect()
                    }
                }
            }
        };
        let none = || NoTarget::Absent(format!("there is no running node '{text}'"));
        if found.is_empty() { Err(none()) } else { Ok(found) }
    }

    /// The candidate that the seed picks.
    fn one_of(&self, candidates: Vec<NodeId>) -> Vec<NodeId> {
        let index = self.seed.checked_rem(candidates.len() as u64).unwrap_or_default();
        candidates.into_iter().nth(index as usize).into_iter().collect()
    }

    /// Whether these nodes may fail at the same time.
    ///
    /// At most one Redis node is down then, the Sentinels keep their quorum and their majority, and one proxy runs.
    ///
    /// # Errors
    /// Why not.
    pub fn permit(&self, nodes: &BTreeSet<NodeId>) -> Result<(), Forbidden> {
        let (spec, observed) = (self.spec, self.observed);
        let is_fit = |other: NodeId| {
            let running = observed.inventory.nodes.get(&other).is_some_and(|facts| facts.state == NodeState::Running);
            let answers = match other.role() {
                Role::Redis => observed.topology.redis.get(&other).is_some_and(|answer| answer.said().is_some()),
                Role::Sentinel => observed.topology.sentinels.get(&other).is_some_and(|answer| answer.said().is_some()),
                Role::Proxy => observed.topology.proxies.get(&other).and_then(Answer::said).is_some(),
                Role::Exporter => observed.topology.exporter.as_ref().and_then(Answer::said).is_some(),
                Role::Guard => observed.topology.guards.get(&other).and_then(Answer::said).is_some(),
            };
            running && answers
        };
        let left = |role: Role| {
            let others = spec.nodes().into_iter().filter(|node| node.role() == role && !nodes.contains(node));
            others.filter(|node| is_fit(*node)).count()
        };
        let hit = |role: Role| nodes.iter().filter(|node| node.role() == role).collect::<Vec<_>>();
        if let [first, rest @ ..] = hit(Role::Redis).as_slice() {
            let others = spec.nodes().into_iter().filter(|node| node.role() == Role::Redis && node != *first);
            if let Some(second) = rest.first() {
                return Err(Forbidden::OutTogether { first: **first, second: **second });
            }
            if let Some(out) = others.into_iter().find(|node| !is_fit(*node)) {
                return Err(Forbidden::OutAlready { out });
            }
        }
        let (fit, needed) = (left(Role::Sentinel), usize::from(spec.quorum.max(spec.majority())));
        if !hit(Role::Sentinel).is_empty() && fit < needed {
            return Err(Forbidden::TooFewSentinels { left: fit, needed });
        }
        match hit(Role::Proxy).as_slice() {
            [] => Ok(()),
            _ if left(Role::Proxy) > 0 => Ok(()),
            [only] => Err(Forbidden::OnlyProxy { proxy: **only }),
            [..] => Err(Forbidden::NoProxyLeft),
        }
    }
}

/// Why nodes may not fail at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// They are two Redis nodes.
    #[error("{first} and {second} would be down together, and redos takes down one Redis node at a time")]
    OutTogether { first: NodeId, second: NodeId },
    /// Another Redis node does not answer.
    #[error("{out} is down already, and redos takes down one Redis node at a time")]
    OutAlready { out: NodeId },
    /// Those that remain cannot fail over.
    #[error("{left} Sentinels would be left, and a failover needs {needed}")]
    TooFewSentinels { left: usize, needed: usize },
    /// There is no other proxy.
    #[error("{proxy} is the only proxy, so clients could not connect")]
    OnlyProxy { proxy: NodeId },
    /// No other proxy answers.
    #[error("no proxy would be left, so clients could not connect")]
    NoProxyLeft,
}

/// The Sentinel that led the last failover of a group. By the Sentinels' logs, it was elected for the highest epoch.
pub fn leader(group: Group, logs: &BTreeMap<NodeId, String>) -> Option<NodeId> {
    let group = group.to_string();
    let elected = logs.iter().filter_map(|(node, log)| {
        let (mut epoch, mut won) = (0, None);
        for line in log.lines() {
            let words: Vec<&str> = line.split_ascii_whitespace().skip_while(|word| !word.starts_with('+')).collect();
            match words.as_slice() {
                ["+new-epoch", number, ..] => epoch = number.parse::<u64>().unwrap_or(epoch),
                ["+elected-leader", "master", name, ..] if *name == group => won = Some(epoch),
                _ => {}
            }
        }
        Some((won?, *node))
    });
    elected.max().map(|(_, node)| node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, healthy, redis};
    use crate::spec::Placement;

    const S1: NodeId = NodeId::Sentinel(1);
    const S2: NodeId = NodeId::Sentinel(2);
    const S3: NodeId = NodeId::Sentinel(3);

    fn cluster() -> (Spec, Observed) {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        let observed = healthy(&spec);
        (spec, observed)
    }

    fn scene<'a>(spec: &'a Spec, observed: &'a Observed, seed: u64) -> Scene<'a> {
        Scene { spec, observed, group: GROUP, leader: Some(S2), seed }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_word_finds_its_nodes_and_no_node_is_an_error() {
        let (spec, mut observed) = cluster();
        let choose = |text: &str, observed: &Observed, seed| scene(&spec, observed, seed).choose(&texts(&[text]));
        assert_eq!(choose("master", &observed, 5), Ok([redis(1)].into()));
        assert_eq!(choose("replica", &observed, 0), Ok([redis(2)].into()));
        assert_eq!(choose("replica", &observed, 1), Ok([redis(3)].into()));
        assert_eq!(choose("replicas", &observed, 1), Ok([redis(2), redis(3)].into()));
        assert_eq!(choose("mymaster", &observed, 1), Ok([redis(1), redis(2), redis(3)].into()));
        assert_eq!(choose("sentinel-2", &observed, 9), Ok([S2].into()));
        assert_eq!(choose("leader-sentinel", &observed, 9), Ok([S2].into()));
        assert_eq!(choose("demo-redis-2", &observed, 9), Ok([redis(2)].into()), "a container is a node as well");
        for unknown in ["redis-9", "mymaster-2", "boss", "other-redis-2"] {
            assert_eq!(choose(unknown, &observed, 0), Err(NoTarget::Unknown(unknown.to_owned())));
        }
        let several = scene(&spec, &observed, 0).choose(&texts(&["redis-1", "master", "sentinel-3"]));
        assert_eq!(several, Ok([redis(1), S3].into()));
        assert!(scene(&spec, &observed, 0).choose(&texts(&["master", "redis-9"])).is_err());
        observed.inventory.nodes.clear();
        for word in ["replica", "replicas", "sentinel", "leader-sentinel", "proxy", "random", "redis-2"] {
            assert!(matches!(choose(word, &observed, 0), Err(NoTarget::Absent(_))), "{word}");
        }
    }

    #[test]
    fn a_host_is_all_of_its_nodes_that_run() {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.hosts = "a ssh://10.0.0.1; b ssh://10.0.0.2; c ssh://10.0.0.3".to_owned().try_into().expect("hosts");
        spec.proxies = 3;
        spec.placement = Placement::settled(&spec, None);
        let mut observed = healthy(&spec);
        let choose = |text: &str, observed: &Observed| scene(&spec, observed, 0).choose(&texts(&[text]));
        let of_b = [redis(2), S2, NodeId::Proxy(2)];
        assert_eq!(choose("host:b", &observed), Ok(of_b.into()));
        assert_eq!(scene(&spec, &observed, 0).permit(&of_b.into()), Ok(()), "a cluster survives the loss of a host");
        assert_eq!(choose("host:d", &observed), Err(NoTarget::Unknown("host:d".to_owned())));
        for node in of_b {
            observed.inventory.nodes.get_mut(&node).expect("it is there").state = NodeState::Unknown;
        }
        assert!(matches!(choose("host:b", &observed), Err(NoTarget::Absent(_))), "it is away");
    }

    #[test]
    fn the_seed_alone_decides_among_several() {
        let (spec, observed) = cluster();
        let choose = |seed| scene(&spec, &observed, seed).choose(&texts(&["random"]));
        assert_eq!(choose(41), choose(41));
        let all: BTreeSet<_> = (0..50).flat_map(|seed| choose(seed).expect("a node")).collect();
        assert_eq!(all.len(), spec.nodes().len(), "and every node has its turn");
    }

    #[test]
    fn one_redis_node_at_a_time_and_the_sentinels_keep_their_quorum() {
        let (spec, mut observed) = cluster();
        let permit =
            |nodes: &[NodeId], observed: &Observed| scene(&spec, observed, 0).permit(&nodes.iter().copied().collect());
        assert_eq!(permit(&[redis(1)], &observed), Ok(()));
        assert_eq!(permit(&[S1], &observed), Ok(()));
        assert_eq!(permit(&[redis(1), S1], &observed), Ok(()));
        assert!(permit(&[redis(2), redis(3)], &observed).is_err_and(|why| why.to_string().contains("redis-3")));
        assert!(
            permit(&[S1, S2], &observed).is_err_and(|why| why == Forbidden::TooFewSentinels { left: 1, needed: 2 })
        );
        assert!(permit(&[NodeId::Proxy(1)], &observed).is_err());
        observed.topology.redis.insert(redis(2), Answer::Silent("no answer".to_owned()));
        observed.topology.sentinels.insert(S3, Answer::Silent("no answer".to_owned()));
        assert!(permit(&[redis(1)], &observed).is_err_and(|why| why == Forbidden::OutAlready { out: redis(2) }));
        assert_eq!(permit(&[redis(2)], &observed), Ok(()), "that one is out itself");
        assert!(permit(&[S1], &observed).is_err());
        assert_eq!(permit(&[S3], &observed), Ok(()));
    }

    #[test]
    fn two_groups_lose_one_node_between_them() {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.masters = 2;
        let observed = healthy(&spec);
        let both = [redis(1), NodeId::redis(Group::number(2), 1)];
        let scene = scene(&spec, &observed, 0);
        assert!(scene.permit(&both.into()).is_err());
        assert_eq!(scene.permit(&[both[1]].into()), Ok(()));
    }

    #[test]
    fn the_leader_is_whom_the_highest_epoch_elected() {
        let line = |event: &str| format!("1:X 25 Nov 2026 17:56:00.123 # {event}\n");
        let led = |epoch: u64, group: &str| {
            line(&format!("+new-epoch {epoch}")) + &line(&format!("+elected-leader master {group} 10.0.0.2 6379"))
        };
        let mut logs = BTreeMap::from([(S1, led(1, "mymaster")), (S2, led(2, "mymaster-2")), (S3, line("+sdown x"))]);
        assert_eq!(leader(GROUP, &logs), Some(S1));
        logs.insert(S3, led(3, "mymaster") + &led(4, "mymaster-2"));
        assert_eq!(leader(GROUP, &logs), Some(S3));
        assert_eq!(leader(GROUP, &BTreeMap::new()), None);
    }
}
