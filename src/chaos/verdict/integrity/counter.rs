//! The counter: its final value against the increments that were acknowledged, and against what they were answered.

use std::collections::HashSet;

use super::Integrity;
use crate::chaos::history::{Evidence, FinalState, Instant, Op, OpKind, Outcome};

pub(super) fn check(evidence: &Evidence, finals: &FinalState, found: &mut Integrity) {
    let increments = || evidence.ops.iter().filter(|op| op.kind == OpKind::Increment);
    let with = |outcome| increments().filter(|op| op.outcome == outcome).count() as u64;
    let (acknowledged, unknown) = (with(Outcome::Ok), with(Outcome::Unknown));
    if acknowledged + unknown + finals.counter == 0 {
        return;
    }
    let mut answers: Vec<(&Op, u64)> =
        increments().filter(|op| op.is_ok()).filter_map(|op| op.value.map(|value| (op, value))).collect();

    // A count of v was answered, so v increments had been executed: fewer at the end are a loss as well.
    let highest = answers.iter().map(|(_, value)| *value).max().unwrap_or(0);
    found.lost_increments = acknowledged.max(highest).saturating_sub(finals.counter) as usize;
    found.duplicated += finals.counter.saturating_sub(acknowledged + unknown) as usize;
    found.late_applied += finals.counter.saturating_sub(acknowledged).min(unknown) as usize;

    let distinct: HashSet<u64> = answers.iter().map(|(_, value)| *value).collect();
    found.counted_twice += answers.len() - distinct.len();

    // A count that began after a higher one had been answered.
    answers.sort_by_key(|(_, value)| *value);
    let mut earliest_ack_above = Instant::MAX;
    for (op, _) in answers.iter().rev() {
        if op.sent.is_some_and(|sent| sent > earliest_ack_above) {
            found.reordered += 1;
        }
        earliest_ack_above = earliest_ack_above.min(op.done);
    }
}
