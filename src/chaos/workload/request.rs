//! Requests: what each client sends, and what an answer means.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Ticket, WorkloadSettings};
use crate::chaos::connection::is_refused_login;
use crate::chaos::history::{ClientKind, Durability, Op, OpError, OpKind, Outcome};
use crate::chaos::resp::{self, Reply};

/// Writes in one request of [`ClientKind::Pipeline`].
const PIPELINE: usize = 10;
/// A client that also reads sends one read of its own log in this many requests.
const READ_EVERY: u64 = 4;
/// How long `WAIT` waits for a replica, in milliseconds. A replica on the same host takes less than one.
const WAIT_MILLIS: &[u8] = b"500";

/// What one client sends at once.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) client: ClientKind,
    /// Its operations, without an outcome yet.
    pub(super) ops: Vec<Op>,
    /// The bytes to send.
    pub(super) wire: Vec<u8>,
    /// Answers to each operation.
    pub(super) answers_per_op: usize,
}

impl Request {
    /// Makes the request of a ticket and takes the ids that it needs.
    pub(super) fn deal(settings: &WorkloadSettings, ticket: Ticket, begun: u64, next_id: &AtomicU64) -> Self {
        let clients = settings.clients.len() as u64;
        let client = settings.clients[(ticket.number % clients) as usize];
        let turn = ticket.number / clients;
        let (kind, of, count) = match client {
            ClientKind::Lasting | ClientKind::Fresh if turn % READ_EVERY == READ_EVERY - 1 => (OpKind::Read, None, 1),
            ClientKind::Lasting | ClientKind::Fresh => (OpKind::Append, None, 1),
            ClientKind::Pipeline => (OpKind::Append, None, PIPELINE),
            ClientKind::Counter => (OpKind::Increment, None, 1),
            ClientKind::Queue => (OpKind::Push, None, 1),
            ClientKind::Pubsub => (OpKind::Publish, None, 1),
            ClientKind::Reader => (OpKind::Read, Some(written_log(settings, turn)), 1),
        };
        let mut request = Self { client, ops: Vec::with_capacity(count), wire: Vec::new(), answers_per_op: 1 };
        for _ in 0..count {
            let op = Op {
                id: next_id.fetch_add(1, Ordering::Relaxed),
                client,
                kind,
                of,
                at: ticket.at,
                begun,
                sent: None,
                done: begun,
                outcome: Outcome::Unknown,
                error: None,
                node: None,
                value: None,
            };
            encode(&mut request.wire, &settings.prefix, &op);
            if kind.is_write() && settings.durability == Durability::Wait {
                resp::command(&mut request.wire, &[b"WAIT", b"1", WAIT_MILLIS]);
                request.answers_per_op = 2;
            }
            request.ops.push(op);
        }
        request
    }

    /// The number of answers to the whole request.
    pub(super) fn answers(&self) -> usize {
        self.ops.len() * self.answers_per_op
    }
}

/// One of the logs that the clients write.
fn written_log(settings: &WorkloadSettings, turn: u64) -> ClientKind {
    let writes =
        |client: &&ClientKind| matches!(client, ClientKind::Lasting | ClientKind::Fresh | ClientKind::Pipeline);
    let writers: Vec<ClientKind> = settings.clients.iter().filter(writes).copied().collect();
    let index = turn.checked_rem(writers.len() as u64).unwrap_or(0);
    writers.get(index as usize).copied().unwrap_or(ClientKind::Lasting)
}

fn encode(wire: &mut Vec<u8>, prefix: &str, op: &Op) {
    let id = op.id.to_string();
    let log = key::log(prefix, op.of.unwrap_or(op.client));
    match op.kind {
        OpKind::Append => resp::command(wire, &[b"RPUSH", log.as_bytes(), id.as_bytes()]),
        OpKind::Read => resp::command(wire, &[b"LINDEX", log.as_bytes(), b"-1"]),
        OpKind::Increment => resp::command(wire, &[b"INCR", key::counter(prefix).as_bytes()]),
        OpKind::Push => resp::command(wire, &[b"RPUSH", key::queue(prefix).as_bytes(), id.as_bytes()]),
        OpKind::Publish => resp::command(wire, &[b"PUBLISH", key::channel(prefix).as_bytes(), id.as_bytes()]),
        // Its answer decides when the next is sent, so the consumer sends it itself.
        OpKind::Pop => resp::command(wire, &[b"BLPOP", key::queue(prefix).as_bytes(), b"0.5"]),
    }
}

/// The bytes of one operation.
pub(super) fn wire(prefix: &str, op: &Op) -> Vec<u8> {
    let mut wire = Vec::new();
    encode(&mut wire, prefix, op);
    wire
}

/// Decides the outcome of an operation from its answers. If there are too few, the rest never came.
pub(super) fn settle(op: &mut Op, answers: &[(u64, Reply)], expected: usize, broken: OpError, now: u64) {
    op.done = answers.last().map_or(now, |(at, _)| *at);
    let Some((_, answer)) = answers.first() else {
        op.done = now;
        op.error = Some(broken);
        op.outcome = if op.sent.is_some() { Outcome::Unknown } else { Outcome::Failed };
        return;
    };
    if let Reply::Error(text) = answer {
        let (outcome, error) = refusal(text);
        (op.outcome, op.error) = (outcome, Some(error));
        return;
    }
    op.value = match op.kind {
        OpKind::Increment | OpKind::Read => answer.number(),
        // The second part is the key, the third the element.
        OpKind::Pop => answer.parts().get(1).and_then(Reply::number),
        OpKind::Append | OpKind::Push | OpKind::Publish => None,
    };
    match answers.get(1).map(|(_, confirmed)| confirmed.number()) {
        _ if expected == 1 => op.outcome = Outcome::Ok,
        Some(Some(replicas)) if replicas > 0 => op.outcome = Outcome::Ok,
        Some(_) => op.error = Some(OpError::NotReplicated),
        None => {
            op.done = now;
            op.error = Some(broken);
        }
    }
}

/// What an error answer means: refused before it was executed, or not known.
fn refusal(text: &str) -> (Outcome, OpError) {
    let known = [
        ("READONLY", OpError::ReadOnly),
        // A pop that was blocked on a master which has just become a replica.
        ("UNBLOCKED", OpError::ReadOnly),
        ("NOREPLICAS", OpError::NoReplicas),
        ("LOADING", OpError::Loading),
        ("MISCONF", OpError::Misconf),
        ("MASTERDOWN", OpError::MasterDown),
        ("NOPERM", OpError::Auth),
        ("OOM", OpError::OutOfMemory),
    ];
    match known.iter().find(|(word, _)| text.starts_with(word)) {
        Some((_, error)) => (Outcome::Failed, *error),
        None if is_refused_login(text) => (Outcome::Failed, OpError::Auth),
        None => (Outcome::Unknown, OpError::Other),
    }
}

/// The keys of a round.
pub mod key {
    use crate::chaos::history::ClientKind;

    /// The log of a client.
    pub fn log(prefix: &str, client: ClientKind) -> String {
        format!("{prefix}:log:{client}")
    }

    /// The key that the increments count in.
    pub fn counter(prefix: &str) -> String {
        format!("{prefix}:counter")
    }

    /// The list that the producer pushes to.
    pub fn queue(prefix: &str) -> String {
        format!("{prefix}:queue")
    }

    /// The channel of published messages.
    pub fn channel(prefix: &str) -> String {
        format!("{prefix}:channel")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(kind: OpKind, sent: bool) -> Op {
        Op {
            id: 1,
            client: ClientKind::Fresh,
            kind,
            of: None,
            at: 0,
            begun: 1,
            sent: sent.then_some(2),
            done: 1,
            outcome: Outcome::Unknown,
            error: None,
            node: None,
            value: None,
        }
    }

    fn settled(kind: OpKind, sent: bool, answers: &[Reply], expected: usize) -> Op {
        let mut op = op(kind, sent);
        let answers: Vec<(u64, Reply)> = answers.iter().map(|answer| (5, answer.clone())).collect();
        settle(&mut op, &answers, expected, OpError::Timeout, 9);
        op
    }

    #[test]
    fn what_was_not_sent_failed_and_what_was_sent_is_unknown() {
        assert_eq!(settled(OpKind::Append, false, &[], 1).outcome, Outcome::Failed);
        let sent = settled(OpKind::Append, true, &[], 1);
        assert_eq!((sent.outcome, sent.done), (Outcome::Unknown, 9));
    }

    #[test]
    fn a_refusal_is_certain_and_another_error_is_not() {
        let answer = |text: &str| settled(OpKind::Append, true, &[Reply::Error(text.to_owned())], 1);
        for text in ["READONLY You can't write", "NOREPLICAS Not enough", "LOADING Redis is", "MISCONF Redis is"] {
            assert_eq!(answer(text).outcome, Outcome::Failed, "{text}");
        }
        assert_eq!(answer("ERR something else").outcome, Outcome::Unknown);
        assert_eq!(answer("NOAUTH Authentication required.").error, Some(OpError::Auth));
    }

    #[test]
    fn a_write_that_no_replica_took_is_unknown() {
        let with = |answers: &[Reply]| settled(OpKind::Append, true, answers, 2);
        assert_eq!(with(&[Reply::Integer(1), Reply::Integer(1)]).outcome, Outcome::Ok);
        let alone = with(&[Reply::Integer(1), Reply::Integer(0)]);
        assert_eq!((alone.outcome, alone.error), (Outcome::Unknown, Some(OpError::NotReplicated)));
        let unconfirmed = with(&[Reply::Integer(1)]);
        assert_eq!((unconfirmed.outcome, unconfirmed.error), (Outcome::Unknown, Some(OpError::Timeout)));
        let refused = with(&[Reply::Error("READONLY".to_owned()), Reply::Integer(0)]);
        assert_eq!(refused.outcome, Outcome::Failed);
    }

    #[test]
    fn values_come_back() {
        let pair = Reply::Array(Some(vec![Reply::Bulk(Some("k".into())), Reply::Bulk(Some("17".into()))]));
        assert_eq!(settled(OpKind::Pop, true, &[pair], 1).value, Some(17));
        let nothing = settled(OpKind::Pop, true, &[Reply::Array(None)], 1);
        assert_eq!((nothing.outcome, nothing.value), (Outcome::Ok, None));
        assert_eq!(settled(OpKind::Increment, true, &[Reply::Integer(8)], 1).value, Some(8));
    }
}
