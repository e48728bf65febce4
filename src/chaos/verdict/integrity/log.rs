//! The logs: each client appends to its own log, and reads its last entry.

use std::collections::HashMap;

use super::{Integrity, is_attempt, places, reordered};
use crate::chaos::history::{ClientKind, Evidence, FinalState, Op, OpKind, Outcome, SinceStart};

pub(super) fn check<'a>(
    evidence: &'a Evidence,
    finals: &FinalState,
    attempts: &HashMap<u64, &'a Op>,
    found: &mut Integrity,
    lost: &mut Vec<&'a Op>,
) {
    for client in ClientKind::ALL {
        let appends: Vec<&Op> =
            evidence.ops.iter().filter(|op| op.kind == OpKind::Append && op.client == client).collect();
        let log = finals.logs.get(&client).map_or(&[][..], Vec::as_slice);
        let places = places(log);
        for op in &appends {
            let there = places.contains_key(&op.id);
            match (op.outcome, there) {
                (Outcome::Ok, false) => lost.push(op),
                (Outcome::Unknown, true) => found.late_applied += 1,
                (Outcome::Failed, true) => found.resurrected += 1,
                (Outcome::Ok, true) | (Outcome::Unknown | Outcome::Failed, false) => {}
            }
        }
        for (id, (_, times)) in &places {
            if is_attempt(attempts.get(id), OpKind::Append, client) {
                found.duplicated += times - 1;
            } else {
                found.unexpected += times;
            }
        }
        found.reordered += reordered(log, attempts);

        let acks = Acks::of(&appends, &places);
        let own = |op: &&Op| op.kind == OpKind::Read && op.is_ok() && op.of.unwrap_or(op.client) == client;
        for read in evidence.ops.iter().filter(own) {
            let shown = read.value.map(|id| attempts.get(&id));
            if let Some(shown) = shown
                && !is_attempt(shown, OpKind::Append, client)
            {
                found.unexpected += 1;
                continue;
            }
            let shown = shown.flatten().copied();
            if shown.is_some_and(|op| op.outcome == Outcome::Failed) {
                found.resurrected += 1;
            }
            if let Some(by) = acks.hidden_from(read, shown, &places) {
                let reader = read.client == ClientKind::Reader;
                let stale = if reader { &mut found.stale_read_port } else { &mut found.stale_writes_port };
                stale.add(by);
            }
        }
    }
}

/// The acknowledged appends of one log, in order of their acknowledgement.
struct Acks<'a> {
    by_done: Vec<&'a Op>,
    /// For each append, the latest send time and the farthest place so far.
    ///
    /// Both are over it and all appends before it.
    latest_sent: Vec<SinceStart>,
    farthest: Vec<Option<usize>>,
}

impl<'a> Acks<'a> {
    fn of(appends: &[&'a Op], places: &HashMap<u64, (usize, usize)>) -> Self {
        let mut by_done: Vec<&Op> = appends.iter().copied().filter(|op| op.is_ok()).collect();
        by_done.sort_by_key(|op| op.done);
        let mut latest = 0;
        let latest_sent = by_done.iter().map(|op| {
            latest = op.sent.unwrap_or(0).max(latest);
            latest
        });
        let latest_sent = latest_sent.collect();
        let mut far = None;
        let farthest = by_done.iter().map(|op| {
            far = far.max(places.get(&op.id).map(|(place, _)| *place));
            far
        });
        let farthest = farthest.collect();
        Self { by_done, latest_sent, farthest }
    }

    /// For how long an append had been acknowledged that this read should show and does not. `None` when the read is
    /// good.
    fn hidden_from(&self, read: &Op, shown: Option<&Op>, places: &HashMap<u64, (usize, usize)>) -> Option<u64> {
        let began = read.sent?;
        let before = self.by_done.partition_point(|op| op.done < began);
        let last = before.checked_sub(1)?;
        let place = |op: &Op| places.get(&op.id).map(|(place, _)| *place);
        // By time: it was sent after what the read shows was acknowledged. By place: it is behind that in the final
        // log.
        let hidden = |op: &Op, shown: &Op| {
            let by_time = shown.is_ok() && op.sent.is_some_and(|sent| sent > shown.done);
            by_time || place(shown).is_some_and(|shown| place(op).is_some_and(|place| place > shown))
        };
        let first_hidden = match shown {
            None => self.by_done.first().copied(),
            Some(shown) => {
                let by_time = shown.is_ok() && self.latest_sent[last] > shown.done;
                let by_place = place(shown).is_some_and(|shown| self.farthest[last].is_some_and(|far| far > shown));
                let any = by_time || by_place;
                any.then(|| self.by_done[..before].iter().copied().find(|op| hidden(op, shown))).flatten()
            }
        };
        first_hidden.map(|op| began - op.done)
    }
}
