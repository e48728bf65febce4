//! A made-up failover of one linearizable store, with its history: what a faultless cluster would leave behind.

use std::collections::{BTreeMap, VecDeque};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redos::testing::chaos::history::{
    ClientKind, Durability, Evidence, FaultNature, FaultRecord, FinalState, Header, KIND, Limits, Op, OpError, OpKind,
    Outcome, ProxySample, ReadBack, RoleSample, RoundBegin, RoundEnd, SeenRole, SentinelEvent, WorkloadFacts,
};

pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000 * MS;
/// When the fault is applied, when the new master is there, when the fault is undone, when all is well again.
pub const FAULT: u64 = 3 * SECOND;
pub const PROMOTED: u64 = 5 * SECOND;
pub const REVERTED: u64 = 8 * SECOND;
pub const CONVERGED: u64 = 9 * SECOND;

const CLIENTS: [ClientKind; 6] = [
    ClientKind::Lasting,
    ClientKind::Fresh,
    ClientKind::Pipeline,
    ClientKind::Counter,
    ClientKind::Queue,
    ClientKind::Reader,
];

/// An operation that a server executed, and when.
struct Executed {
    at: u64,
    op: Op,
}

/// A history in which `requests` are made, 200 per second, and the master changes from redis-1 to redis-2.
pub fn clean(seed: u64, requests: u64) -> Evidence {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut refused = Vec::new();
    let mut executed = Vec::new();
    for id in 1..=requests {
        let at = id * 5 * MS;
        let client = CLIENTS[id as usize % CLIENTS.len()];
        let kind = match client {
            ClientKind::Counter => OpKind::Increment,
            ClientKind::Queue => OpKind::Push,
            ClientKind::Reader => OpKind::Read,
            _ if rng.random_bool(0.25) => OpKind::Read,
            _ => OpKind::Append,
        };
        let of = (client == ClientKind::Reader).then_some(ClientKind::Lasting);
        let mut op = blank(&mut rng, id, client, kind, at);
        op.of = of;
        if (FAULT..PROMOTED).contains(&at) || rng.random_bool(0.03) {
            op.outcome = Outcome::Failed;
            op.error = Some(OpError::Connect);
            op.sent = None;
            refused.push(op);
        } else {
            let at = op.sent.unwrap_or(op.at) + rng.random_range(1..20 * MS);
            op.done = at + rng.random_range(1..20 * MS);
            op.node = Some(if at < FAULT { "redis-1" } else { "redis-2" }.to_owned());
            executed.push(Executed { at, op });
        }
    }
    let mut at = 0;
    let end = requests * 5 * MS + SECOND;
    let mut id = requests;
    while at < end {
        id += 1;
        let mut op = blank(&mut rng, id, ClientKind::Queue, OpKind::Pop, at);
        let run = op.begun + rng.random_range(MS..40 * MS);
        op.done = run + MS;
        at = op.done;
        executed.push(Executed { at: run, op });
    }
    executed.sort_by_key(|executed| executed.at);
    let (mut ops, finals) = execute(&mut rng, executed);
    ops.append(&mut refused);
    ops.sort_by_key(|op| (op.at, op.id));
    around(ops, finals, end)
}

fn blank(rng: &mut StdRng, id: u64, client: ClientKind, kind: OpKind, at: u64) -> Op {
    let begun = at + rng.random_range(1..MS / 2);
    Op {
        id,
        client,
        kind,
        of: None,
        at,
        begun,
        sent: Some(begun + 1),
        done: begun + 2,
        outcome: Outcome::Ok,
        error: None,
        node: None,
        value: None,
    }
}

fn execute(rng: &mut StdRng, executed: Vec<Executed>) -> (Vec<Op>, FinalState) {
    let mut logs: BTreeMap<ClientKind, Vec<u64>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    let mut counter = 0;
    let mut ops = Vec::new();
    for Executed { mut op, .. } in executed {
        let unanswered = op.kind.is_write() && rng.random_bool(0.06);
        let arrives = !unanswered || rng.random_bool(0.5);
        if arrives {
            match op.kind {
                OpKind::Append => logs.entry(op.client).or_default().push(op.id),
                OpKind::Increment => {
                    counter += 1;
                    op.value = Some(counter);
                }
                OpKind::Push => queue.push_back(op.id),
                OpKind::Pop => op.value = queue.pop_front(),
                OpKind::Read => op.value = logs.get(&op.of.unwrap_or(op.client)).and_then(|log| log.last().copied()),
                OpKind::Publish => {}
            }
        }
        if unanswered {
            op.outcome = Outcome::Unknown;
            op.error = Some(OpError::Timeout);
            op.value = None;
            op.done = op.at + SECOND;
        }
        ops.push(op);
    }
    let read_back = Some(ReadBack { at: 12 * SECOND, node: "redis-2".to_owned() });
    (ops, FinalState { logs, counter, queue: queue.into(), foreign: 0, read_back })
}

/// The rest of the history: who was seen in which role, and what the Sentinels said.
pub fn around(ops: Vec<Op>, finals: FinalState, end: u64) -> Evidence {
    let role = |at: u64, node: &str, role: SeenRole| RoleSample {
        at,
        node: node.to_owned(),
        role,
        link_up: (role == SeenRole::Replica).then_some(true),
        offset: None,
    };
    let event = |at: u64, event: &str, text: &str| SentinelEvent {
        at,
        sentinel: "sentinel-1".to_owned(),
        event: event.to_owned(),
        text: text.to_owned(),
    };
    let master = "master mymaster 10.0.0.1 6379";
    Evidence {
        header: header(),
        begin: RoundBegin {
            round: 1,
            at: 0,
            master: "redis-1".to_owned(),
            nodes: ["redis-1", "redis-2", "redis-3"].map(str::to_owned).to_vec(),
            unsettled: None,
        },
        ops,
        roles: vec![
            role(0, "redis-1", SeenRole::Master),
            role(0, "redis-2", SeenRole::Replica),
            role(0, "redis-3", SeenRole::Replica),
            role(FAULT + 20 * MS, "redis-1", SeenRole::Silent),
            role(PROMOTED, "redis-2", SeenRole::Master),
            role(REVERTED + 500 * MS, "redis-1", SeenRole::Replica),
        ],
        events: vec![
            event(FAULT + 1000 * MS, "+sdown", master),
            event(FAULT + 1100 * MS, "+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2"),
            event(FAULT + 1110 * MS, "+try-failover", master),
            event(FAULT + 1200 * MS, "+elected-leader", master),
            event(PROMOTED + 100 * MS, "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379"),
        ],
        proxy: vec![
            ProxySample { at: 0, node: Some("redis-1".to_owned()), role: SeenRole::Master },
            ProxySample { at: FAULT + 500 * MS, node: None, role: SeenRole::Silent },
            ProxySample { at: PROMOTED + 50 * MS, node: Some("redis-2".to_owned()), role: SeenRole::Master },
        ],
        fault: Some(FaultRecord {
            fault: "pause".to_owned(),
            target: "redis-1".to_owned(),
            nature: FaultNature::Halts,
            applied: FAULT,
            effective: Some(FAULT + 20 * MS),
            evidence: "redis-1 is paused and does not answer".to_owned(),
            reverted: Some(REVERTED),
            gone: Some(REVERTED + 100 * MS),
        }),
        finals: Some(finals),
        end: Some(RoundEnd { round: 1, at: end, converged: Some(CONVERGED), interrupted: None }),
    }
}

pub fn header() -> Header {
    Header {
        api_version: redos::testing::spec::API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        run: "test".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        subject: "redos".to_owned(),
        scenario: "pause".to_owned(),
        seed: 1,
        workload: WorkloadFacts { rate: 200, deadline: SECOND, clients: CLIENTS.to_vec(), durability: Durability::Ack },
        limits: Limits::default(),
        environment: BTreeMap::new(),
    }
}
