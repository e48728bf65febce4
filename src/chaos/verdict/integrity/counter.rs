//! The counter: its final value compared with the increments that were acknowledged and their answers.
//!
//! The increments in the final count were answered each number from 1 to the final one once. So an increment that was
//! answered a higher number is not in it. Of several increments with the same answer at most one is. These are lost,
//! and it is known which they are. Where fewer are known than the count lacks, only the number of the others is known.

use std::collections::BTreeMap;

use super::Integrity;
use crate::chaos::history::{Evidence, FinalState, Op, OpKind, Outcome, SinceStart};

pub(super) fn check<'a>(evidence: &'a Evidence, finals: &FinalState, found: &mut Integrity, lost: &mut Vec<&'a Op>) {
    let increments = || evidence.ops.iter().filter(|op| op.kind == OpKind::Increment);
    let with = |outcome| increments().filter(|op| op.outcome == outcome).count() as u64;
    let (acknowledged, unknown) = (with(Outcome::Ok), with(Outcome::Unknown));
    if acknowledged + unknown + finals.counter == 0 {
        return;
    }
    let mut answers: BTreeMap<u64, Vec<&Op>> = BTreeMap::new();
    for (op, value) in increments().filter(|op| op.is_ok()).filter_map(|op| op.value.map(|value| (op, value))) {
        answers.entry(value).or_default().push(op);
    }

    let last = finals.read_back.as_ref().map(|read| read.node.as_str());
    let not_counted: Vec<&Op> =
        answers.iter().flat_map(|(value, ops)| beyond(*value, ops, finals.counter, last)).collect();
    // A count of v was answered, so v increments had been executed. Fewer at the end are a loss as well.
    let highest = answers.keys().next_back().copied().unwrap_or(0);
    let lacking = acknowledged.max(highest).saturating_sub(finals.counter) as usize;
    found.lost_increments = lacking.max(not_counted.len());
    lost.extend(not_counted);

    found.duplicated += finals.counter.saturating_sub(acknowledged + unknown) as usize;
    found.late_applied += finals.counter.saturating_sub(acknowledged).min(unknown) as usize;
    found.counted_twice += answers.values().map(|ops| ops.len() - 1).sum::<usize>();

    // A count that began after a higher one had been answered.
    let mut earliest_ack_above = SinceStart::MAX;
    for op in answers.values().rev().flatten() {
        if op.sent.is_some_and(|sent| sent > earliest_ack_above) {
            found.reordered += 1;
        }
        earliest_ack_above = earliest_ack_above.min(op.done);
    }
}

/// Of the increments that were answered this value, those that the final count does not contain.
///
/// If the count is smaller, these are all. Otherwise they are all but one: the one that the last master answered, or
/// the latest.
fn beyond<'a>(value: u64, ops: &[&'a Op], counter: u64, last: Option<&str>) -> Vec<&'a Op> {
    let mut ops = ops.to_vec();
    if value <= counter {
        ops.sort_by_key(|op| (op.node.as_deref() == last, op.done));
        ops.pop();
    }
    ops
}
