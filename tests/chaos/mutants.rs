//! One thing is made wrong in a faultless history. The checker that misses it is worth nothing.

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use redos::testing::chaos::history::{ClientKind, Evidence, FinalState, Op, OpKind, Outcome};
use redos::testing::chaos::verdict::integrity::Integrity;
use redos::testing::chaos::verdict::{Level, judge};

use crate::model;

/// What is made wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutation {
    /// An acknowledged write vanishes from a log.
    DroppedWrite,
    /// An acknowledged push vanishes from the queue.
    DroppedPush,
    /// An increment vanishes.
    DroppedIncrement,
    /// A log has an entry twice.
    DuplicatedWrite,
    /// The consumer gets an element twice.
    DuplicatedDelivery,
    /// The counter has counted what nobody asked.
    DuplicatedIncrement,
    /// An entry lies before one that was acknowledged before it began.
    ReorderedWrite,
    /// Two deliveries come in the wrong order.
    ReorderedDelivery,
    /// A read shows what was before an acknowledged write.
    StaleRead,
    /// A read finds nothing although something was acknowledged.
    EmptyRead,
    /// A write that was refused is there.
    ResurrectedWrite,
    /// An element that was delivered is there again.
    ResurrectedDelivery,
    /// A write that did not happen is acknowledged.
    FalseAcknowledgement,
    /// Two increments get the same answer.
    CountedTwice,
    /// There is an entry that nobody wrote.
    UnexpectedWrite,
    /// A read shows an entry that nobody wrote.
    UnexpectedRead,
}

const ALL: [Mutation; 16] = [
    Mutation::DroppedWrite,
    Mutation::DroppedPush,
    Mutation::DroppedIncrement,
    Mutation::DuplicatedWrite,
    Mutation::DuplicatedDelivery,
    Mutation::DuplicatedIncrement,
    Mutation::ReorderedWrite,
    Mutation::ReorderedDelivery,
    Mutation::StaleRead,
    Mutation::EmptyRead,
    Mutation::ResurrectedWrite,
    Mutation::ResurrectedDelivery,
    Mutation::FalseAcknowledgement,
    Mutation::CountedTwice,
    Mutation::UnexpectedWrite,
    Mutation::UnexpectedRead,
];

/// What the checker has to count one more of.
fn expected(mutation: Mutation, found: &Integrity) -> usize {
    match mutation {
        Mutation::DroppedWrite
        | Mutation::DroppedPush
        | Mutation::DroppedIncrement
        | Mutation::FalseAcknowledgement => found.lost,
        Mutation::DuplicatedWrite | Mutation::DuplicatedDelivery | Mutation::DuplicatedIncrement => found.duplicated,
        Mutation::ReorderedWrite | Mutation::ReorderedDelivery => found.reordered,
        Mutation::StaleRead | Mutation::EmptyRead => found.stale_writes_port.count,
        Mutation::ResurrectedWrite | Mutation::ResurrectedDelivery => found.resurrected,
        Mutation::CountedTwice => found.counted_twice,
        Mutation::UnexpectedWrite | Mutation::UnexpectedRead => found.unexpected,
    }
}

/// Makes one thing wrong. `None` where this history has no place for it.
fn mutate(evidence: &mut Evidence, mutation: Mutation, rng: &mut StdRng) -> Option<()> {
    let finals = evidence.finals.as_mut()?;
    let ops = &mut evidence.ops;
    let acked = |kind: OpKind, ops: &[Op]| -> Vec<Op> {
        ops.iter().filter(|op| op.kind == kind && op.is_ok()).cloned().collect()
    };
    match mutation {
        Mutation::DroppedWrite => {
            let victim = acked(OpKind::Append, ops).choose(rng)?.clone();
            finals.logs.get_mut(&victim.client)?.retain(|id| *id != victim.id);
        }
        Mutation::DroppedPush => {
            let victim = acked(OpKind::Push, ops).choose(rng)?.id;
            finals.queue.retain(|id| *id != victim);
            for pop in ops.iter_mut().filter(|op| op.kind == OpKind::Pop && op.value == Some(victim)) {
                pop.value = None;
            }
        }
        Mutation::DroppedIncrement => {
            let acked = acked(OpKind::Increment, ops);
            let highest = acked.iter().filter_map(|op| op.value).max()?;
            finals.counter = highest.max(acked.len() as u64) - 1;
        }
        Mutation::DuplicatedIncrement => {
            let asked = ops.iter().filter(|op| op.kind == OpKind::Increment && op.outcome != Outcome::Failed).count();
            finals.counter = asked as u64 + 1;
        }
        Mutation::DuplicatedWrite => {
            let log = any_log(finals, rng)?;
            let id = *log.choose(rng)?;
            log.push(id);
        }
        Mutation::DuplicatedDelivery => {
            let delivered: Vec<u64> = acked(OpKind::Pop, ops).iter().filter_map(|op| op.value).collect();
            let again = *delivered.choose(rng)?;
            ops.iter_mut().filter(|op| op.kind == OpKind::Pop && op.value.is_none()).last()?.value = Some(again);
        }
        Mutation::ReorderedWrite => {
            let (first, second) = ordered_pair(&acked(OpKind::Append, ops), rng)?;
            swap(finals.logs.get_mut(&first.client)?, first.id, second.id)?;
        }
        Mutation::ReorderedDelivery => {
            let pushes = acked(OpKind::Push, ops);
            let delivered = |op: &&Op| ops.iter().any(|pop| pop.kind == OpKind::Pop && pop.value == Some(op.id));
            let delivered: Vec<Op> = pushes.iter().filter(delivered).cloned().collect();
            let (first, second) = ordered_pair(&delivered, rng)?;
            for pop in ops.iter_mut().filter(|op| op.kind == OpKind::Pop) {
                pop.value = match pop.value {
                    Some(id) if id == first.id => Some(second.id),
                    Some(id) if id == second.id => Some(first.id),
                    other => other,
                };
            }
        }
        Mutation::StaleRead | Mutation::EmptyRead => {
            let appends = acked(OpKind::Append, ops);
            let reads: Vec<usize> = (0..ops.len())
                .filter(|i| ops[*i].kind == OpKind::Read && ops[*i].client != ClientKind::Reader && ops[*i].is_ok())
                .collect();
            let read = &mut ops[*reads.choose(rng)?];
            let before = |op: &&Op| op.client == read.client && read.sent.is_some_and(|sent| op.done < sent);
            let before: Vec<Op> = appends.iter().filter(before).cloned().collect();
            if mutation == Mutation::EmptyRead {
                before.first()?;
                read.value = None;
            } else {
                read.value = Some(ordered_pair(&before, rng)?.0.id);
            }
        }
        Mutation::ResurrectedWrite => {
            let failed = |op: &&Op| op.kind == OpKind::Append && op.outcome == Outcome::Failed;
            let failed: Vec<Op> = ops.iter().filter(failed).cloned().collect();
            let back = failed.choose(rng)?;
            finals.logs.get_mut(&back.client)?.push(back.id);
        }
        Mutation::ResurrectedDelivery => {
            let delivered: Vec<u64> = acked(OpKind::Pop, ops).iter().filter_map(|op| op.value).collect();
            finals.queue.push(*delivered.choose(rng)?);
        }
        Mutation::FalseAcknowledgement => {
            let not_there = |op: &&mut Op| {
                op.kind == OpKind::Append
                    && !op.is_ok()
                    && !finals.logs.get(&op.client).is_some_and(|log| log.contains(&op.id))
            };
            let mut liars: Vec<&mut Op> = ops.iter_mut().filter(not_there).collect();
            let index = rng.random_range(0..liars.len().max(1));
            let op = liars.get_mut(index)?;
            op.outcome = Outcome::Ok;
            op.error = None;
        }
        Mutation::CountedTwice => {
            let values: Vec<u64> = acked(OpKind::Increment, ops).iter().filter_map(|op| op.value).collect();
            let (one, other) = (*values.first()?, *values.get(1)?);
            ops.iter_mut().find(|op| op.kind == OpKind::Increment && op.value == Some(other))?.value = Some(one);
        }
        Mutation::UnexpectedWrite => any_log(finals, rng)?.push(9_999_999),
        Mutation::UnexpectedRead => {
            ops.iter_mut().find(|op| op.kind == OpKind::Read && op.value.is_some())?.value = Some(9_999_999);
        }
    }
    Some(())
}

fn any_log<'a>(finals: &'a mut FinalState, rng: &mut StdRng) -> Option<&'a mut Vec<u64>> {
    let clients: Vec<ClientKind> = finals.logs.keys().copied().collect();
    finals.logs.get_mut(clients.choose(rng)?)
}

/// Two operations of one client, of which the first was acknowledged before the second was sent.
fn ordered_pair(ops: &[Op], rng: &mut StdRng) -> Option<(Op, Op)> {
    let first = ops.choose(rng)?;
    let after = |op: &&Op| op.client == first.client && op.sent.is_some_and(|sent| sent > first.done);
    let after: Vec<&Op> = ops.iter().filter(after).collect();
    Some((first.clone(), (*after.choose(rng)?).clone()))
}

fn swap(log: &mut [u64], one: u64, other: u64) -> Option<()> {
    let place = |id| log.iter().position(|entry| *entry == id);
    let (one, other) = (place(one)?, place(other)?);
    log.swap(one, other);
    Some(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_faultless_history_passes(seed: u64, requests in 1400_u64..2200) {
        let round = judge(&model::clean(seed, requests));
        prop_assert_eq!(round.level, Level::Pass, "{}", round.cause);
    }

    #[test]
    fn every_mutant_is_caught(seed: u64, requests in 1400_u64..2200) {
        let clean = model::clean(seed, requests);
        let before = judge(&clean).integrity.expect("the final state was read");
        for mutation in ALL {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut evidence = clean.clone();
            // A random choice may have no place for it; one of a hundred has.
            let made = (0..100).any(|_| {
                evidence = clean.clone();
                mutate(&mut evidence, mutation, &mut rng).is_some()
            });
            prop_assert!(made, "{mutation:?} found no place in this history");
            let round = judge(&evidence);
            let after = round.integrity.as_ref().expect("the final state was read");
            prop_assert!(expected(mutation, after) > expected(mutation, &before), "{mutation:?} survived");
            prop_assert_eq!(round.level, Level::FailData, "{:?}: {}", mutation, round.cause);
        }
    }
}
