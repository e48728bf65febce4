//! What became of the data: every operation held against the state that was read at the end.
//!
//! - *Lost*: acknowledged, and not in the final state. For the counter, acknowledged increments that the final count
//!   cannot contain; [`counter`] says which.
//! - *Late-applied*: unknown to the client, and in the final state.
//! - *Duplicated*: in the final state, or delivered, more than once; or counted more often than asked.
//! - *Reordered*: an operation that began after another was acknowledged lies before it.
//! - *Resurrected*: certainly not done and yet there, or delivered and there again.
//! - *Stale*: a read that began after a write was acknowledged shows what was before that write.
//! - *Unexpected*: there, and never written by this test.

mod cause;
mod counter;
mod log;
mod queue;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

pub use self::cause::Cause;
use self::cause::Circumstances;
use super::outage::Window;
use super::phases::Moments;
use super::{Counts, Nanos};
use crate::chaos::history::{ClientKind, Evidence, FinalState, Op, OpKind, SinceStart};

/// An acknowledged write that the final state lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostWrite {
    /// The id of the write.
    pub id: u64,
    pub client: ClientKind,
    /// Its intended time.
    pub at: SinceStart,
    /// When it was acknowledged.
    pub done: SinceStart,
    /// The node that acknowledged it.
    pub node: Option<String>,
    pub cause: Cause,
}

/// Lost writes that are close in time and have one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LostWindow {
    /// From the intended time of the first to that of the last.
    #[serde(flatten)]
    pub window: Window,
    /// The number of lost writes.
    pub count: usize,
    /// The node that acknowledged them.
    pub node: Option<String>,
    pub cause: Cause,
}

/// Reads that did not show acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    /// The number of stale reads.
    pub count: usize,
    /// The longest time between the acknowledgement of a write and a read that does not show it.
    #[serde(rename = "worstMs")]
    pub worst: Nanos,
}

impl Stale {
    fn add(&mut self, by: u64) {
        self.count += 1;
        self.worst = self.worst.max(Nanos(by));
    }
}

/// What became of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Integrity {
    /// The outcomes of all writes.
    pub writes: Counts,
    /// The number of acknowledged writes.
    pub acknowledged: usize,
    /// Acknowledged writes that are lost.
    pub lost: usize,
    /// Of these, increments. For some only the number is known, not which they are.
    pub lost_increments: usize,
    /// The number of lost writes by cause. Increments of which only the number is known have none.
    pub lost_by_cause: BTreeMap<Cause, usize>,
    /// Windows of the lost writes' intended times.
    pub lost_windows: Vec<LostWindow>,
    /// The total length of the windows.
    #[serde(rename = "lostTimeMs")]
    pub lost_time: Nanos,
    /// Every lost write, for the time line.
    #[serde(skip)]
    pub lost_writes: Vec<LostWrite>,
    /// Acknowledged pushes that are neither delivered nor left, but that an unanswered pop may have taken.
    pub undetermined: usize,
    /// Writes of unknown outcome that the final state contains.
    pub late_applied: usize,
    /// Writes that are stored, delivered or counted more often than asked.
    pub duplicated: usize,
    /// Writes that lie before a write that was acknowledged before they began.
    pub reordered: usize,
    /// Writes that certainly failed and are stored anyway, or were delivered and are stored again.
    pub resurrected: usize,
    /// Stored values that this test never wrote.
    pub unexpected: usize,
    /// Counts that two increments got as their answer: two masters counted.
    pub counted_twice: usize,
    /// Stale reads on the write port.
    pub stale_writes_port: Stale,
    /// Stale reads on the read port, where replicas answer. They happen in a healthy cluster, too.
    pub stale_read_port: Stale,
}

impl Integrity {
    /// Everything in it that must never happen, in words.
    pub fn anomalies(&self) -> Vec<String> {
        let all = [
            (self.duplicated, "duplicated"),
            (self.reordered, "reordered"),
            (self.resurrected, "resurrected"),
            (self.unexpected, "unexpected"),
            (self.counted_twice, "counts given twice"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }

    pub(super) fn of(evidence: &Evidence, finals: &FinalState, moments: &Moments) -> Self {
        let mut found = Self { unexpected: finals.foreign as usize, ..Self::default() };
        for op in evidence.ops.iter().filter(|op| op.kind.is_write()) {
            found.writes.add(op.outcome);
        }
        found.acknowledged = found.writes.ok;
        let circumstances = Circumstances::of(evidence, finals, moments);
        let mut lost: Vec<&Op> = Vec::new();
        let attempts: HashMap<u64, &Op> = evidence.ops.iter().map(|op| (op.id, op)).collect();
        log::check(evidence, finals, &attempts, &mut found, &mut lost);
        queue::check(evidence, finals, &attempts, &mut found, &mut lost);
        counter::check(evidence, finals, &mut found, &mut lost);
        let increments = lost.iter().filter(|op| op.kind == OpKind::Increment).count();
        lost.sort_by_key(|op| (op.at, op.id));
        found.lost_writes = lost.into_iter().map(|op| circumstances.blame(op)).collect();
        found.lost = found.lost_writes.len() + found.lost_increments - increments;
        for write in &found.lost_writes {
            *found.lost_by_cause.entry(write.cause).or_default() += 1;
        }
        found.lost_windows = windows(&found.lost_writes, resolution(&evidence.ops));
        found.lost_time = Nanos(found.lost_windows.iter().map(|lost| lost.window.length()).sum());
        found
    }
}

/// The time between two writes of the schedule.
fn resolution(ops: &[Op]) -> u64 {
    let mut times: Vec<SinceStart> = ops.iter().filter(|op| op.kind.is_write()).map(|op| op.at).collect();
    times.dedup();
    match (times.first(), times.last()) {
        (Some(first), Some(last)) if times.len() > 1 => (last - first) / (times.len() as u64 - 1),
        _ => 0,
    }
}

/// Groups lost writes. A gap of fifty requests, or of 100 ms, ends a window: within a split brain only some of the
/// connections lead to the losing node.
fn windows(lost: &[LostWrite], resolution: u64) -> Vec<LostWindow> {
    let gap = (50 * resolution).max(100_000_000);
    let mut windows: Vec<LostWindow> = Vec::new();
    for write in lost {
        let same = |window: &&mut LostWindow| {
            window.cause == write.cause
                && window.node == write.node
                && write.at.saturating_sub(window.window.to.0) <= gap
        };
        match windows.iter_mut().rev().find(same) {
            Some(window) => {
                window.window.to = Nanos(write.at + resolution);
                window.count += 1;
            }
            None => windows.push(LostWindow {
                window: Window { from: Nanos(write.at), to: Nanos(write.at + resolution) },
                count: 1,
                node: write.node.clone(),
                cause: write.cause,
            }),
        }
    }
    windows
}

/// How often each id is in a list, and its first place.
fn places(ids: &[u64]) -> HashMap<u64, (usize, usize)> {
    let mut places: HashMap<u64, (usize, usize)> = HashMap::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        places.entry(*id).or_insert((place, 0)).1 += 1;
    }
    places
}

/// Ids that lie in a list before a write that was acknowledged before they began.
fn reordered(ids: &[u64], attempts: &HashMap<u64, &Op>) -> usize {
    let mut earliest_ack_behind = SinceStart::MAX;
    let mut count = 0;
    for op in ids.iter().rev().filter_map(|id| attempts.get(id)) {
        if op.sent.is_some_and(|sent| sent > earliest_ack_behind) {
            count += 1;
        }
        if op.is_ok() {
            earliest_ack_behind = earliest_ack_behind.min(op.done);
        }
    }
    count
}

/// Whether an operation of this kind can have stored an id there.
fn is_attempt(op: Option<&&Op>, kind: OpKind, client: ClientKind) -> bool {
    op.is_some_and(|op| op.kind == kind && op.client == client)
}
