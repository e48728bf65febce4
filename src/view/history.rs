//! The last samples and events, bounded.

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Serialize;

use super::Sample;
use crate::cluster::status::{LinkState, RedisStatus, RoleWord, Status};
use crate::cluster::story::{Chapter, Story};
use crate::spec::{Group, NodeId};

/// Events that are kept.
const EVENTS_KEPT: usize = 200;

/// The last minutes of a cluster.
#[derive(Clone, Debug)]
pub struct History {
    /// How many moments are kept at most.
    length: usize,
    moments: VecDeque<ViewMoment>,
    /// The last sample.
    latest: Option<Sample>,
    /// The last sample that saw the cluster, if a later one did not.
    seen: Option<Sample>,
    story: Story,
    told: Told,
}

/// How much of a history somebody has, as numbers of moments and events since its beginning. The clock may step back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub moments: usize,
    pub events: usize,
}

/// What is kept of an older sample.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewMoment {
    /// When the sample was taken, in milliseconds since 1970.
    pub at: u64,
    /// Whether the cluster was healthy; `null` when it could not be observed.
    pub healthy: Option<bool>,
    /// The Redis nodes.
    pub nodes: BTreeMap<NodeId, NodeMoment>,
    /// The connections through all proxies, by group.
    pub sessions: BTreeMap<Group, Flow>,
}

/// A Redis node at one moment; `null` is what it did not say.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeMoment {
    /// The role that it reported.
    pub role: Option<RoleWord>,
    /// Its link, if it was a replica.
    pub link: Option<LinkState>,
    /// Commands in the last second.
    pub operations_per_second: Option<u64>,
    /// Bytes that its replication offset grew by per second since the sample before: what was written.
    pub written_per_second: Option<u64>,
    /// How many bytes it was behind the master.
    pub lag_bytes: Option<u64>,
    /// Seconds since the master last received from it.
    pub lag_seconds: Option<u64>,
    /// Memory in use, in bytes.
    pub memory_bytes: Option<u64>,
    /// The number of connections.
    pub clients: Option<u64>,
}

/// Connections through proxies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// The connections to the write port.
    pub writes: u64,
    /// The connections to the read port.
    pub reads: u64,
}

impl History {
    /// An empty history that keeps this many moments.
    pub fn new(length: usize) -> Self {
        Self {
            length,
            moments: VecDeque::new(),
            latest: None,
            seen: None,
            story: Story::default(),
            told: Told::default(),
        }
    }

    /// Adds a sample, and forgets the oldest moment if there are too many.
    pub fn push(&mut self, sample: Sample) {
        self.moments.push_back(ViewMoment::of(&sample, self.last_seen()));
        let surplus = self.moments.len().saturating_sub(self.length);
        self.moments.drain(..surplus);
        self.told.moments += 1;
        let before = self.latest.replace(sample);
        if before.as_ref().is_some_and(|before| before.status.is_some()) {
            self.seen = before;
        }
    }

    /// Adds an event, unless it is a step of another or told already.
    pub fn tell(&mut self, chapter: Chapter) {
        if !chapter.is_detail {
            self.story.go_on(chapter);
            self.story.keep_last(EVENTS_KEPT);
            self.told.events += 1;
        }
    }

    /// The last sample.
    pub const fn latest(&self) -> Option<&Sample> {
        self.latest.as_ref()
    }

    /// The last state of the cluster that could be observed, which may be older than [`History::latest`].
    pub fn status(&self) -> Option<&Status> {
        self.last_seen()?.status.as_ref()
    }

    /// The last sample that saw the cluster.
    fn last_seen(&self) -> Option<&Sample> {
        self.latest.as_ref().filter(|latest| latest.status.is_some()).or(self.seen.as_ref())
    }

    /// All that there is by now.
    pub const fn told(&self) -> Told {
        self.told
    }

    /// The moments that somebody does not have, oldest first.
    pub fn moments_after(&self, told: Told) -> impl Iterator<Item = &ViewMoment> {
        let new = self.told.moments.saturating_sub(told.moments);
        self.moments.iter().skip(self.moments.len().saturating_sub(new))
    }

    /// The last events, oldest first.
    pub fn events(&self) -> &[Chapter] {
        self.story.chapters()
    }

    /// A series of a Redis node over all moments, oldest first; `None` where the node did not say it.
    pub fn series(&self, node: NodeId, value: impl Fn(&NodeMoment) -> Option<u64>) -> Vec<Option<u64>> {
        self.moments.iter().map(|moment| value(moment.nodes.get(&node)?)).collect()
    }
}

impl ViewMoment {
    /// What is kept of a sample; `before` is the last one that saw the cluster.
    fn of(sample: &Sample, before: Option<&Sample>) -> Self {
        let groups = sample.status.iter().flat_map(|status| &status.groups);
        let nodes = groups.flat_map(|group| &group.nodes).map(|node| {
            let earlier = before.and_then(|before| Some((redis_of(before, node.node)?, before.at)));
            let written = earlier.and_then(|(earlier, at)| written_per_second(node, sample.at, earlier, at));
            (node.node, NodeMoment::of(node, written))
        });
        let mut sessions: BTreeMap<Group, Flow> = BTreeMap::new();
        for proxy in sample.status.iter().flat_map(|status| &status.proxies) {
            for (group, by_node) in &proxy.write_sessions {
                sessions.entry(*group).or_default().writes += by_node.values().sum::<u64>();
            }
            for (group, by_node) in &proxy.read_sessions {
                sessions.entry(*group).or_default().reads += by_node.values().sum::<u64>();
            }
        }
        let healthy = sample.status.as_ref().map(|status| status.healthy);
        Self { at: sample.at, healthy, nodes: nodes.collect(), sessions }
    }
}

impl NodeMoment {
    const fn of(node: &RedisStatus, written_per_second: Option<u64>) -> Self {
        Self {
            role: node.role,
            link: node.link,
            operations_per_second: node.operations_per_second,
            written_per_second,
            lag_bytes: node.lag_bytes,
            lag_seconds: node.lag_seconds,
            memory_bytes: node.memory_bytes,
            clients: node.clients,
        }
    }
}

fn redis_of(sample: &Sample, node: NodeId) -> Option<&RedisStatus> {
    let groups = &sample.status.as_ref()?.groups;
    groups.iter().flat_map(|group| &group.nodes).find(|other| other.node == node)
}

/// How fast an offset grew. `None` where it shrank, because the node has another history now.
fn written_per_second(now: &RedisStatus, at: u64, before: &RedisStatus, before_at: u64) -> Option<u64> {
    let grown = u64::try_from(now.offset?.checked_sub(before.offset?)?).ok()?;
    grown.saturating_mul(1000).checked_div(at.saturating_sub(before_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, healthy, redis, redis_mut};
    use crate::cluster::observed::Observed;
    use crate::cluster::status::status;
    use crate::spec::Spec;

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn sample(at: u64, observed: &Observed) -> Sample {
        Sample::new(at, 3, Ok(status(&spec(), observed)))
    }

    fn chapter(second: i64, action: &str) -> Chapter {
        Chapter::of_engine(second * 1_000_000_000, redis(1), action, None)
    }

    #[test]
    fn series_follow_from_samples_and_the_oldest_go() {
        let mut history = History::new(3);
        for second in 0..5_u64 {
            let mut observed = healthy(&spec());
            let view = redis_mut(&mut observed, redis(1));
            view.operations_per_second = 100 * second;
            view.offset = 5000 * second as i64;
            history.push(sample(2000 * second, &observed));
        }
        assert_eq!(history.series(redis(1), |node| node.operations_per_second), [Some(200), Some(300), Some(400)]);
        assert_eq!(history.series(redis(1), |node| node.written_per_second), [Some(2500); 3]);
        assert_eq!(history.series(redis(9), |node| node.clients), [None; 3], "there is no such node");
        assert_eq!(history.moments[2].sessions[&GROUP], Flow { writes: 4, reads: 4 });
    }

    #[test]
    fn a_failed_look_is_a_gap_and_the_last_state_stays() {
        let mut history = History::new(10);
        let mut observed = healthy(&spec());
        history.push(sample(1000, &observed));
        history.push(Sample::new(2000, 0, Err("the Engine does not answer".to_owned())));
        assert_eq!(history.latest().and_then(|sample| sample.failure.as_deref()), Some("the Engine does not answer"));
        assert!(history.status().is_some_and(|status| status.healthy));
        redis_mut(&mut observed, redis(1)).offset = 4242 + 600;
        history.push(sample(4000, &observed));
        let written = history.series(redis(1), |node| node.written_per_second);
        assert_eq!(written, [None, None, Some(200)], "600 bytes in the 3 s since the last sample that saw it");
        redis_mut(&mut observed, redis(1)).offset = 7;
        history.push(sample(5000, &observed));
        assert_eq!(history.series(redis(1), |node| node.written_per_second)[3], None, "another history");
    }

    #[test]
    fn events_are_bounded_and_without_details() {
        let mut history = History::new(1);
        history.tell(chapter(0, "kill"));
        for second in 0..300 {
            history.tell(chapter(second, "start"));
        }
        let events = history.events();
        assert_eq!((events.len(), events[0].at), (EVENTS_KEPT, 100_000_000_000));
        assert!(events.iter().all(|event| event.name == "start"));
    }
}
