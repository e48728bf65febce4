//! The queue: what a producer pushed, what a consumer popped, and what is left.

use std::collections::{HashMap, HashSet};

use super::{Integrity, is_attempt, places, reordered};
use crate::chaos::history::{ClientKind, Evidence, FinalState, Op, OpKind, Outcome};

pub(super) fn check<'a>(
    evidence: &'a Evidence,
    finals: &FinalState,
    attempts: &HashMap<u64, &'a Op>,
    found: &mut Integrity,
    lost: &mut Vec<&'a Op>,
) {
    let pops = || evidence.ops.iter().filter(|op| op.kind == OpKind::Pop);
    let popped: Vec<u64> = pops().filter(|op| op.is_ok()).filter_map(|op| op.value).collect();
    let delivered = places(&popped);
    let left = places(&finals.queue);
    let known = |id: &u64| is_attempt(attempts.get(id), OpKind::Push, ClientKind::Queue);

    for (id, (_, times)) in delivered.iter().chain(&left) {
        if known(id) { found.duplicated += times - 1 } else { found.unexpected += times }
    }
    found.reordered += reordered(&popped, attempts);
    found.resurrected += delivered.keys().filter(|id| left.contains_key(id)).count();

    let mut missing = Vec::new();
    for op in evidence.ops.iter().filter(|op| op.kind == OpKind::Push) {
        let there = delivered.contains_key(&op.id) || left.contains_key(&op.id);
        match (op.outcome, there) {
            (Outcome::Ok, false) => missing.push(op),
            (Outcome::Unknown, true) => found.late_applied += 1,
            (Outcome::Failed, true) => found.resurrected += 1,
            (Outcome::Ok, true) | (Outcome::Unknown | Outcome::Failed, false) => {}
        }
    }

    // An unanswered pop may have taken one element, and no more than one.
    missing.sort_by_key(|op| op.done);
    let mut explained = HashSet::new();
    for pop in pops().filter(|op| op.outcome == Outcome::Unknown) {
        let taken = missing.iter().rev().find(|op| {
            let before = op.sent.is_some_and(|sent| sent <= pop.done);
            before && !explained.contains(&op.id)
        });
        explained.extend(taken.map(|op| op.id));
    }
    found.undetermined = explained.len();
    lost.extend(missing.into_iter().filter(|op| !explained.contains(&op.id)));
}
