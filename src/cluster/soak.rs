//! The soak of an upgrade: one replica runs another image and is compared with the others; pure.

use std::collections::BTreeMap;
use std::fmt;

use super::gate::{Gate, Unmet};
use super::observed::{Answer, Observed, RedisView, RoleView};
use crate::spec::{Group, NodeId, Release, Spec};

/// Measures of a master that are kept to compare a replica with.
const MEASURES: usize = 64;
/// Fewer errors than this say nothing: a person at a prompt makes some as well.
const ERRORS_MIN: u64 = 10;
/// How much larger the share of errors may be than elsewhere: twice, and one in a hundred commands.
const ERRORS_FACTOR: f64 = 2.0;
const ERRORS_MARGIN: f64 = 0.01;
/// Failed connections that say nothing: a proxy that is busy counts one now and then.
const FAILURES_MAX: u64 = 2;

/// What speaks against a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not get better by waiting.
    Final(String),
    /// It may pass: a busy machine answers late.
    Passing(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Final(why) | Self::Passing(why)) = self;
        f.write_str(why)
    }
}

/// The commands that a node has carried out, and how many it answered with an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// All commands that it got since its start.
    pub commands: u64,
    /// Those that it refused.
    pub errors: u64,
}

impl Answers {
    /// The answers of a node since its start; `None` while it does not answer.
    pub fn of(node: NodeId, observed: &Observed) -> Option<Self> {
        view(node, observed).map(|view| Self { commands: view.commands, errors: view.error_replies })
    }

    const fn since(self, before: Self) -> Self {
        Self {
            commands: self.commands.saturating_sub(before.commands),
            errors: self.errors.saturating_sub(before.errors),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self { commands: self.commands + other.commands, errors: self.errors + other.errors }
    }

    fn share(self) -> f64 {
        if self.commands == 0 { 0.0 } else { self.errors as f64 / self.commands as f64 }
    }
}

/// The keys of a node at one place of the replication stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measure {
    offset: i64,
    keys: u64,
}

/// A comparison of a replica's number of keys with its master's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The keys of the replica.
    pub keys: u64,
    /// The fewest keys of its master at about the same place of the stream.
    pub least: u64,
    /// The most keys of its master there.
    pub most: u64,
}

impl Compared {
    /// Whether they have the same number of keys, as far as both stand still.
    pub const fn is_equal(self) -> bool {
        self.least <= self.keys && self.keys <= self.most
    }
}

/// The observation of one replica that runs another image than the others.
#[derive(Clone, Debug)]
pub struct Soak {
    node: NodeId,
    group: Group,
    /// The server that it must run.
    release: Release,
    /// The answers of the replica before it was recreated.
    before: Option<Answers>,
    /// The answers of all nodes of its group at the beginning of the soak.
    first: BTreeMap<NodeId, Answers>,
    /// The connections to it that had failed at the beginning of the soak.
    failures: u64,
    /// How long it had been running at the last look, in seconds.
    uptime: u64,
    master: Vec<Measure>,
    /// Measures of the replica that the master has not passed yet.
    waiting: Vec<Measure>,
    compared: Option<Compared>,
}

impl Soak {
    /// Begins to watch a replica that has just come up. `before` are its answers with the old image.
    pub fn begin(node: NodeId, group: Group, release: Release, before: Option<Answers>, observed: &Observed) -> Self {
        let of_group = observed.topology.redis.keys().filter(|other| other.group() == Some(group));
        let first = of_group.filter_map(|other| Some((*other, Answers::of(*other, observed)?))).collect();
        let (failures, uptime) = (failures(node, group, observed), 0);
        let (master, waiting) = Default::default();
        Self { node, group, release, before, first, failures, uptime, master, waiting, compared: None }
    }

    /// The last comparison of its keys with those of its master.
    pub const fn compared(&self) -> Option<Compared> {
        self.compared
    }

    /// Looks at it once more. `spec` is what the other nodes run.
    ///
    /// # Errors
    /// What speaks against the replica, or against the cluster around it.
    pub fn look(&mut self, spec: &Spec, observed: &Observed) -> Result<(), Trouble> {
        let node = self.node;
        if let Some(view) = view(node, observed) {
            self.judge_server(view)?;
        }
        self.judge_answers(observed).map_or(Ok(()), |why| Err(Trouble::Final(why)))?;
        let failures = failures(node, self.group, observed).saturating_sub(self.failures);
        if failures > FAILURES_MAX {
            let why = format!("{failures} connections of clients to {node} failed since it is back");
            return Err(Trouble::Final(why));
        }
        self.compare(observed);
        let gates = Gate::ready(spec).into_iter().filter(|gate| !gate.is_optional());
        // No Sentinel may promote it yet, on purpose.
        let unmet = |gate: Gate| gate.holds(spec, observed).err().filter(|unmet| *unmet != Unmet::Joining { node });
        match gates.filter_map(unmet).next() {
            Some(unmet) => Err(Trouble::Passing(unmet.to_string())),
            None => Ok(()),
        }
    }

    /// Whether it is the right server, still the same process, and a replica.
    fn judge_server(&mut self, view: &RedisView) -> Result<(), Trouble> {
        let Self { node, release, uptime, .. } = self;
        let runs = view.release();
        if runs != *release {
            return Err(Trouble::Final(format!("{node} runs {runs}, and its image says {release}")));
        }
        if view.uptime_seconds < *uptime {
            return Err(Trouble::Final(format!("{node} has crashed and was started again")));
        }
        *uptime = view.uptime_seconds;
        if matches!(view.role, RoleView::Master { .. }) {
            return Err(Trouble::Final(format!("{node} has become a master")));
        }
        Ok(())
    }

    /// Why its answers are worse than those of the other replicas, and than its own before.
    ///
    /// A master has other clients, which make other errors: some libraries make two with each new connection.
    fn judge_answers(&self, observed: &Observed) -> Option<String> {
        let since = |node: &NodeId| Some(Answers::of(*node, observed)?.since(*self.first.get(node)?));
        let own = since(&self.node)?;
        let is_replica = |node: &&NodeId| {
            let role = view(**node, observed).map(|view| &view.role);
            **node != self.node && matches!(role, Some(RoleView::Replica { .. }))
        };
        let others = self.first.keys().filter(is_replica).filter_map(since);
        let others = others.fold(Answers::default(), Answers::plus);
        let usual = others.share().max(self.before.unwrap_or_default().share());
        let is_worse = own.errors >= ERRORS_MIN && own.share() > ERRORS_FACTOR * usual + ERRORS_MARGIN;
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        is_worse.then(|| {
            format!(
                "{} answers {} of all commands with an error, where {} are usual",
                self.node,
                percent(own.share()),
                percent(usual)
            )
        })
    }

    /// Compares numbers of keys at the same place of the replication stream.
    ///
    /// Both nodes are asked at about the same time and not at the same place. The replica's number must lie between those of
    /// its master before and after its place.
    fn compare(&mut self, observed: &Observed) {
        let is_master = |node: &&NodeId| {
            let role = view(**node, observed).map(|view| &view.role);
            matches!(role, Some(RoleView::Master { .. }))
        };
        let master = self.first.keys().find(is_master).and_then(|master| view(*master, observed));
        let (Some(master), Some(own)) = (master, view(self.node, observed)) else { return };
        if master.replication_id != own.replication_id {
            self.master.clear();
            self.waiting.clear();
            return;
        }
        self.master.push(Measure { offset: master.offset, keys: master.keys });
        self.waiting.push(Measure { offset: own.offset, keys: own.keys });
        let surplus = self.master.len().saturating_sub(MEASURES);
        self.master.drain(..surplus);
        let (passed, waiting): (Vec<Measure>, Vec<Measure>) =
            self.waiting.iter().partition(|measure| measure.offset <= master.offset);
        self.waiting = waiting;
        for own in passed {
            let before = self.master.iter().rev().find(|measure| measure.offset <= own.offset);
            let after = self.master.iter().find(|measure| measure.offset >= own.offset);
            if let (Some(before), Some(after)) = (before, after) {
                let (least, most) = (before.keys.min(after.keys), before.keys.max(after.keys));
                self.compared = Some(Compared { keys: own.keys, least, most });
            }
        }
    }
}

fn view(node: NodeId, observed: &Observed) -> Option<&RedisView> {
    observed.topology.redis.get(&node).and_then(Answer::said)
}

/// The failed connections for reads to a node, of all proxies together.
fn failures(node: NodeId, group: Group, observed: &Observed) -> u64 {
    let proxies = observed.topology.proxies.values().filter_map(Answer::said);
    proxies.filter_map(|view| view.routes.get(&group)?.read_failures.get(&node)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, halt, healthy, redis, redis_mut};
    use crate::cluster::observed::NodeState;

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    /// A cluster whose third node is the canary, and its soak.
    fn soaking() -> (Soak, Observed) {
        let mut observed = healthy(&spec());
        redis_mut(&mut observed, redis(3)).replica_priority = 0;
        let release = Release { name: "redis".to_owned(), version: "8.0.2".to_owned() };
        (Soak::begin(redis(3), GROUP, release, None, &observed), observed)
    }

    fn final_trouble(soak: &mut Soak, observed: &Observed) -> String {
        match soak.look(&spec(), observed) {
            Err(Trouble::Final(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_replica_that_may_not_be_promoted_yet_is_well() {
        let (mut soak, observed) = soaking();
        assert_eq!(soak.look(&spec(), &observed), Ok(()));
        assert_eq!(soak.compared(), None, "the master has not been seen before its place");
        let mut later = observed;
        for node in [1, 2, 3].map(redis) {
            redis_mut(&mut later, node).offset = 4242;
        }
        assert_eq!(soak.look(&spec(), &later), Ok(()));
        assert!(soak.compared().is_some_and(Compared::is_equal), "{soak:?}");
    }

    #[test]
    fn keys_are_compared_between_two_looks_at_the_master() {
        let (mut soak, mut observed) = soaking();
        let mut look = |soak: &mut Soak, master: (i64, u64), own: (i64, u64)| {
            for (node, (offset, keys)) in [(redis(1), master), (redis(3), own)] {
                let view = redis_mut(&mut observed, node);
                (view.offset, view.keys) = (offset, keys);
            }
            soak.look(&spec(), &observed).expect("no trouble");
            soak.compared()
        };
        assert_eq!(look(&mut soak, (100, 10), (90, 9)), None);
        assert_eq!(look(&mut soak, (200, 20), (150, 15)), Some(Compared { keys: 15, least: 10, most: 20 }));
        assert_eq!(look(&mut soak, (300, 30), (250, 12)), Some(Compared { keys: 12, least: 20, most: 30 }));
        assert!(!soak.compared().expect("a comparison").is_equal());
        let ahead = look(&mut soak, (400, 40), (450, 45));
        assert_eq!(ahead, Some(Compared { keys: 12, least: 20, most: 30 }), "the master has not passed it yet");
        assert_eq!(look(&mut soak, (500, 50), (500, 50)), Some(Compared { keys: 50, least: 50, most: 50 }));
    }

    #[test]
    fn what_does_not_get_better_is_final() {
        let (mut soak, mut observed) = soaking();
        redis_mut(&mut observed, redis(3)).version = "7.0.15".to_owned();
        assert_eq!(final_trouble(&mut soak, &observed), "redis-3 runs redis 7.0.15, and its image says redis 8.0.2");
        let (mut soak, mut observed) = soaking();
        assert_eq!(soak.look(&spec(), &observed), Ok(()));
        redis_mut(&mut observed, redis(3)).uptime_seconds = 1;
        assert_eq!(final_trouble(&mut soak, &observed), "redis-3 has crashed and was started again");
        let (mut soak, mut observed) = soaking();
        redis_mut(&mut observed, redis(3)).role = RoleView::Master { replicas: Vec::new() };
        assert_eq!(final_trouble(&mut soak, &observed), "redis-3 has become a master");
    }

    #[test]
    fn a_node_that_is_away_may_come_back() {
        let (mut soak, mut observed) = soaking();
        halt(&mut observed, redis(2), NodeState::Paused);
        assert_eq!(soak.look(&spec(), &observed), Err(Trouble::Passing("redis-2 is paused".to_owned())));
    }

    #[test]
    fn errors_count_when_they_are_more_than_usual() {
        let answer = |observed: &mut Observed, node, commands, errors| {
            let view = redis_mut(observed, node);
            (view.commands, view.error_replies) = (commands, errors);
        };
        let (mut soak, mut observed) = soaking();
        answer(&mut observed, redis(3), 1000, 9);
        assert_eq!(soak.look(&spec(), &observed), Ok(()), "a few say nothing");
        answer(&mut observed, redis(3), 1000, 300);
        answer(&mut observed, redis(2), 1000, 290);
        assert_eq!(soak.look(&spec(), &observed), Ok(()), "another replica refuses as many");
        answer(&mut observed, redis(2), 1000, 0);
        answer(&mut observed, redis(1), 1000, 500);
        let expected = "redis-3 answers 30.0 % of all commands with an error, where 0.0 % are usual";
        assert_eq!(final_trouble(&mut soak, &observed), expected);
        soak.before = Some(Answers { commands: 10_000, errors: 3000 });
        assert_eq!(soak.look(&spec(), &observed), Ok(()), "it did before");
    }

    #[test]
    fn failed_connections_to_it_count() {
        let (mut soak, mut observed) = soaking();
        let proxy = observed.topology.proxies.get_mut(&NodeId::Proxy(1));
        let Some(Answer::Says(view)) = proxy else { panic!("no proxy") };
        let route = view.routes.get_mut(&GROUP).expect("a route");
        route.read_failures = BTreeMap::from([(redis(2), 50), (redis(3), 3)]);
        assert_eq!(final_trouble(&mut soak, &observed), "3 connections of clients to redis-3 failed since it is back");
    }
}
