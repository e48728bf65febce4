//! The workload against a server that misbehaves: what each client may and may not say afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use redos::testing::chaos::clock::Clock;
use redos::testing::chaos::connection::Credentials;
use redos::testing::chaos::history::{ClientKind, Durability, Op, OpError, OpKind, Outcome, Record};
use redos::testing::chaos::workload::{Entrance, Workload, WorkloadSettings};

use crate::server::{Mood, Server};

const PREFIX: &str = "redos:test-1";
const DEADLINE: Duration = Duration::from_millis(200);

/// Runs a workload through these moods, each for so many milliseconds, and serves at the end.
async fn through(server: &Server, settings: WorkloadSettings, moods: &[(Mood, u64)]) -> Vec<Op> {
    let names = BTreeMap::from([(server.address, "redis-1".to_owned())]);
    let place = Entrance {
        write: server.address,
        read: Some(server.address),
        login: Credentials::default(),
        names: Arc::new(names),
    };
    let (records, recorded) = mpsc::channel();
    let workload = Workload::start(settings, place, Clock::start(), records).expect("a thread");
    for (mood, millis) in moods {
        server.set(*mood);
        tokio::time::sleep(Duration::from_millis(*millis)).await;
    }
    server.set(Mood::Serves);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let next = workload.finish().await;
    let ops: Vec<Op> = recorded.iter().map(|record| if let Record::Op(op) = record { op } else { panic!() }).collect();
    let ids: BTreeSet<u64> = ops.iter().map(|op| op.id).collect();
    assert_eq!(ids.len(), ops.len(), "every operation is written down once");
    assert!(ids.iter().all(|id| *id < next));
    ops
}

fn settings(clients: &[ClientKind]) -> WorkloadSettings {
    WorkloadSettings {
        rate: 200,
        deadline: DEADLINE,
        clients: clients.to_vec(),
        durability: Durability::Ack,
        prefix: PREFIX.to_owned(),
        first_id: 1,
    }
}

/// Holds what was said of appends against what the server has.
fn is_true(server: &Server, ops: &[Op]) {
    for client in [ClientKind::Lasting, ClientKind::Fresh, ClientKind::Pipeline] {
        let log: BTreeSet<u64> = server.list(&format!("{PREFIX}:log:{client}")).into_iter().collect();
        for op in ops.iter().filter(|op| op.client == client && op.kind == OpKind::Append) {
            match op.outcome {
                Outcome::Ok => assert!(log.contains(&op.id), "{op:?} is said to be done"),
                Outcome::Failed => assert!(!log.contains(&op.id), "{op:?} is said not to be done"),
                Outcome::Unknown => assert!(op.sent.is_some(), "{op:?} was not even sent"),
            }
        }
    }
}

#[tokio::test]
async fn a_good_server_leaves_nothing_open_and_every_write_is_where_it_says() {
    for durability in [Durability::Ack, Durability::Wait] {
        let server = Server::start();
        let settings = WorkloadSettings { durability, ..settings(&ClientKind::ALL) };
        let ops = through(&server, settings, &[(Mood::Serves, 700)]).await;
        let bad: Vec<&Op> = ops.iter().filter(|op| !op.is_ok()).collect();
        assert!(bad.is_empty(), "{bad:?}");
        assert!(ops.iter().all(|op| op.node.as_deref() == Some("redis-1")));
        is_true(&server, &ops);
        for kind in [OpKind::Append, OpKind::Increment, OpKind::Push, OpKind::Pop, OpKind::Publish, OpKind::Read] {
            assert!(ops.iter().any(|op| op.kind == kind && op.is_ok()), "{kind:?}");
        }
        let increments = ops.iter().filter(|op| op.kind == OpKind::Increment).count();
        assert_eq!(server.counter(&format!("{PREFIX}:counter")), increments as u64);
        let pipelined = ops.iter().filter(|op| op.client == ClientKind::Pipeline);
        let by_time = pipelined.fold(BTreeMap::new(), |mut times, op| {
            *times.entry(op.at).or_insert(0) += 1;
            times
        });
        assert!(by_time.values().all(|count| *count == 10));
    }
}

#[tokio::test]
async fn what_a_frozen_server_was_sent_is_unknown_and_may_be_done_later() {
    let server = Server::start();
    let clients = [ClientKind::Lasting, ClientKind::Fresh, ClientKind::Pipeline];
    let ops = through(&server, settings(&clients), &[(Mood::Serves, 300), (Mood::Frozen, 600)]).await;
    is_true(&server, &ops);
    let late = |client: ClientKind| {
        let log = server.list(&format!("{PREFIX}:log:{client}"));
        ops.iter().filter(|op| op.client == client && op.outcome == Outcome::Unknown && log.contains(&op.id)).count()
    };
    assert!(late(ClientKind::Lasting) > 10, "the lasting connection is served after the thaw");
    assert!(late(ClientKind::Pipeline) >= 10, "what was under way in the pool is done too");
    // A new connection does not get through its login, so nothing of the operation is sent.
    let frozen = |op: &&Op| op.client == ClientKind::Fresh && op.error == Some(OpError::Connect);
    assert!(ops.iter().filter(frozen).count() > 10);
    assert!(ops.iter().filter(|op| op.client == ClientKind::Lasting).any(|op| op.error == Some(OpError::Timeout)));
}

#[tokio::test]
async fn a_refusal_and_a_closed_connection_are_told_apart() {
    let server = Server::start();
    let clients = [ClientKind::Lasting, ClientKind::Fresh, ClientKind::Pipeline];
    let moods = [(Mood::Serves, 200), (Mood::ReadOnly, 300), (Mood::Closes, 300)];
    let ops = through(&server, settings(&clients), &moods).await;
    is_true(&server, &ops);
    for client in clients {
        let refused = |op: &&Op| op.client == client && op.error == Some(OpError::ReadOnly);
        assert!(ops.iter().filter(refused).all(|op| op.outcome == Outcome::Failed));
        assert!(ops.iter().any(|op| refused(&op)), "{client}");
        let last = ops.iter().filter(|op| op.client == client && op.kind == OpKind::Append).max_by_key(|op| op.at);
        assert_eq!(last.map(|op| op.outcome), Some(Outcome::Ok), "{client} is back");
    }
    assert!(ops.iter().any(|op| op.error == Some(OpError::NotConnected)), "the lasting one waits without sending");
}

#[tokio::test]
async fn a_server_that_is_not_there_makes_everything_fail() {
    let ops = through(&Server::nowhere(), settings(&ClientKind::ALL), &[(Mood::Serves, 200)]).await;
    assert!(ops.iter().all(|op| op.outcome == Outcome::Failed && op.sent.is_none()), "{ops:?}");
}

#[tokio::test]
async fn the_schedule_goes_on_while_nobody_answers() {
    let server = Server::start();
    let ops = through(&server, settings(&ClientKind::ALL), &[(Mood::Serves, 200), (Mood::Frozen, 600)]).await;
    let due: BTreeSet<u64> = ops.iter().filter(|op| op.kind != OpKind::Pop).map(|op| op.at).collect();
    let due: Vec<u64> = due.into_iter().collect();
    assert!(due.len() > 200, "{} requests", due.len());
    assert!(due.windows(2).all(|pair| pair[1] - pair[0] == 5_000_000), "a request in every 5 ms: {due:?}");
    assert!(ops.iter().all(|op| op.begun >= op.at), "and none before its time");
}

#[tokio::test]
async fn requests_of_the_lasting_client_wait_while_it_connects_anew() {
    let server = Server::start();
    let settings = WorkloadSettings { deadline: Duration::from_secs(3), ..settings(&[ClientKind::Lasting]) };
    // A proxy that holds a connection is a server that answers its login later.
    let ops = through(&server, settings, &[(Mood::Serves, 200), (Mood::Closes, 40), (Mood::Frozen, 500)]).await;
    is_true(&server, &ops);
    let waited = ops.iter().filter(|op| op.is_ok() && op.done - op.at > 100_000_000).count();
    let failed = ops.iter().filter(|op| !op.is_ok()).count();
    assert!(waited > 50 && failed < waited / 2, "{waited} waited and {failed} failed");
}
