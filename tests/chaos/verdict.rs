//! Verdicts on histories that were written by hand, one for each cause and each reason.

use std::io::BufReader;

use redos::testing::chaos::history::{
    ClientKind, Evidence, FaultNature, Op, OpKind, Outcome, Reader, Record, RoleSample, SeenRole, Writer,
};
use redos::testing::chaos::verdict::outage::{Access, Outage, Waits};
use redos::testing::chaos::verdict::{Cause, Level, Nanos, Round, Summary, judge};

use crate::model::{self, CONVERGED, FAULT, MS, PROMOTED, REVERTED, SECOND};

fn clean() -> Evidence {
    model::clean(7, 2200)
}

/// Has a node take an acknowledged write of the `fresh` client at a moment, and nobody keep it.
fn lose(evidence: &mut Evidence, node: &str, at: u64) {
    let id = 100_000 + evidence.ops.len() as u64;
    evidence.ops.push(Op {
        id,
        client: ClientKind::Fresh,
        kind: OpKind::Append,
        of: None,
        at,
        begun: at,
        sent: Some(at),
        done: at + MS,
        outcome: Outcome::Ok,
        error: None,
        node: Some(node.to_owned()),
        value: None,
    });
    evidence.ops.sort_by_key(|op| (op.at, op.id));
}

fn sole_cause(round: &Round) -> Cause {
    let causes: Vec<Cause> = round.integrity.as_ref().expect("read").lost_by_cause.keys().copied().collect();
    assert_eq!(causes.len(), 1, "{causes:?}");
    causes[0]
}

/// The outage of all writes, whoever sent them.
fn write_outage(round: &Round) -> Option<&Outage> {
    round.outages.iter().find(|outage| outage.client.is_none() && outage.access == Access::Write)
}

fn with_nature(nature: FaultNature) -> Evidence {
    let mut evidence = clean();
    evidence.fault.as_mut().expect("a fault").nature = nature;
    evidence
}

#[test]
fn each_lost_write_has_the_cause_of_who_took_it_and_when() {
    let cases = [
        (FaultNature::Halts, "redis-1", FAULT - 10 * MS, Cause::UnreplicatedTail),
        (FaultNature::Halts, "redis-1", REVERTED + 200 * MS, Cause::ReturnedMaster),
        (FaultNature::Isolates, "redis-1", FAULT + 200 * MS, Cause::IsolatedMaster),
        (FaultNature::Isolates, "redis-1", PROMOTED + 200 * MS, Cause::IsolatedMaster),
        (FaultNature::Isolates, "redis-1", REVERTED + 200 * MS, Cause::ReturnedMaster),
        (FaultNature::Planned, "redis-1", PROMOTED + 200 * MS, Cause::ReplacedMaster),
        (FaultNature::Halts, "redis-1", FAULT - 2 * SECOND, Cause::Wiped),
        (FaultNature::Halts, "redis-2", PROMOTED + 200 * MS, Cause::Wiped),
        (FaultNature::Halts, "redis-3", PROMOTED + 200 * MS, Cause::ReplacedMaster),
    ];
    for (nature, node, at, cause) in cases {
        let mut evidence = with_nature(nature);
        if nature == FaultNature::Planned {
            evidence.fault.as_mut().expect("a fault").reverted = None;
        }
        lose(&mut evidence, node, at);
        let round = judge(&evidence);
        assert_eq!(sole_cause(&round), cause, "{nature:?}, taken by {node} at {at}");
        assert_eq!(round.level, Level::FailData);
    }
}

#[test]
fn a_lost_increment_has_a_cause_where_its_answer_shows_that_it_is_not_counted() {
    let mut evidence = clean();
    let count = evidence.finals.as_ref().expect("finals").counter;
    let counted: Vec<Op> = evidence
        .ops
        .iter()
        .filter(|op| op.kind == OpKind::Increment && op.is_ok() && op.node.as_deref() == Some("redis-2"))
        .take(3)
        .cloned()
        .collect();
    // The old master came back and counted on from what it had: three that the new one has counted, too, and one beyond.
    let values = counted.iter().filter_map(|op| op.value).chain([count + 1]);
    for (n, value) in values.enumerate() {
        let at = REVERTED + (20 + n as u64) * MS;
        let (id, node) = (100_000 + n as u64, Some("redis-1".to_owned()));
        let (begun, sent, done) = (at, Some(at), at + MS);
        evidence.ops.push(Op { id, at, begun, sent, done, node, value: Some(value), ..counted[0].clone() });
    }
    evidence.ops.sort_by_key(|op| (op.at, op.id));
    let round = judge(&evidence);
    assert_eq!(sole_cause(&round), Cause::ReturnedMaster);
    let found = round.integrity.as_ref().expect("read");
    assert_eq!((found.lost, found.lost_increments, found.counted_twice), (4, 4, 3));
    assert_eq!(found.lost_writes.iter().map(|lost| lost.id).collect::<Vec<_>>(), [100_000, 100_001, 100_002, 100_003]);
    assert!(round.cause.contains("4 acknowledged writes lost: redis-1 came back as master"), "{}", round.cause);
}

#[test]
fn increments_of_which_only_the_number_is_known_are_lost_all_the_same() {
    let mut evidence = clean();
    for op in evidence.ops.iter_mut().filter(|op| op.kind == OpKind::Increment && op.is_ok()) {
        op.value = None;
    }
    let acknowledged = evidence.ops.iter().filter(|op| op.kind == OpKind::Increment && op.is_ok()).count();
    evidence.finals.as_mut().expect("finals").counter = acknowledged as u64 - 2;
    let round = judge(&evidence);
    let found = round.integrity.as_ref().expect("read");
    assert_eq!((found.lost, found.lost_increments, found.lost_by_cause.len()), (2, 2, 0));
    assert!(round.cause.contains("the counter is behind"), "{}", round.cause);
}

#[test]
fn a_returned_master_is_named_with_the_time_of_two_masters() {
    let mut evidence = clean();
    for n in 0..400 {
        lose(&mut evidence, "redis-1", REVERTED + 20 * MS + n * MS);
    }
    let back = RoleSample {
        at: REVERTED + 10 * MS,
        node: "redis-1".to_owned(),
        role: SeenRole::Master,
        link_up: None,
        offset: None,
    };
    evidence.roles.push(back);
    evidence.roles.sort_by_key(|sample| sample.at);
    let round = judge(&evidence);
    assert_eq!(
        round.cause,
        "400 acknowledged writes lost: redis-1 came back as master and clients were led to it; two nodes said they were \
         master for 0.5 s"
    );
    assert_eq!(round.dual_master.claimed, Nanos(490 * MS));
    assert!(round.dual_master.acknowledged > Nanos(350 * MS), "{:?}", round.dual_master);
    assert_eq!(round.dual_master.writes_by_node.len(), 2);
    let windows = &round.integrity.as_ref().expect("read").lost_windows;
    assert_eq!(windows.len(), 1, "they lie together");
    assert_eq!(windows[0].count, 400);
}

#[test]
fn the_phases_are_those_of_the_events() {
    let round = judge(&clean());
    let phases = &round.phases;
    assert_eq!(phases.detection, Some(Nanos(1000 * MS)));
    assert_eq!(phases.agreement, Some(Nanos(100 * MS)));
    assert_eq!(phases.election, Some(Nanos(90 * MS)));
    assert_eq!(phases.promotion, Some(Nanos(PROMOTED - FAULT - 1200 * MS)));
    assert_eq!(phases.proxy_switch, Some(Nanos(50 * MS)));
    assert_eq!(phases.full_redundancy, Some(Nanos(REVERTED + 500 * MS - FAULT)));
    assert_eq!(phases.convergence, Some(Nanos(CONVERGED - REVERTED)));
}

#[test]
fn an_outage_runs_from_the_first_intended_time_that_failed_to_the_next_that_did_not() {
    let mut evidence = clean();
    for op in evidence.ops.iter_mut().filter(|op| op.kind.is_write()) {
        op.outcome = if (SECOND..4 * SECOND).contains(&op.at) { Outcome::Unknown } else { Outcome::Ok };
    }
    let round = judge(&evidence);
    let outage = write_outage(&round).expect("writes were made");
    let next = evidence.ops.iter().filter(|op| op.kind.is_write() && op.at >= 4 * SECOND).map(|op| op.at).min();
    let first = evidence.ops.iter().filter(|op| op.kind.is_write() && op.at >= SECOND).map(|op| op.at).min();
    assert_eq!(outage.windows[0].from.0, first.expect("one"));
    assert_eq!(outage.windows[0].to.0, next.expect("one"));
    assert_eq!(outage.count, 1);
    assert!(!outage.open);
    assert!(round.outages.iter().any(|o| o.client == Some(ClientKind::Reader) && o.access == Access::Read));
}

#[test]
fn what_was_served_late_is_no_error_and_its_outage_is_as_long_as_before() {
    let mut failed = clean();
    for op in failed.ops.iter_mut().filter(|op| (SECOND..3 * SECOND).contains(&op.at)) {
        op.outcome = Outcome::Failed;
    }
    let mut held = clean();
    for op in held.ops.iter_mut().filter(|op| op.is_ok() && (SECOND..3 * SECOND).contains(&op.at)) {
        op.done = 4 * SECOND + 100 * MS;
    }
    let (failed, held) = (judge(&failed), judge(&held));
    let windows = |round: &Round| write_outage(round).expect("writes were made").windows.clone();
    assert_eq!(windows(&failed), windows(&held));
    assert_eq!(failed.waits, Waits::default());
    let slowest = held.waits.longest.seconds();
    assert!(held.waits.count > 100 && (3.0..3.2).contains(&slowest), "{:?}", held.waits);
    let errors = |round: &Round| write_outage(round).expect("writes were made").operations.failed;
    assert_eq!(errors(&held), errors(&judge(&clean())));
}

#[test]
fn an_outage_above_the_limit_fails_and_so_does_one_that_does_not_end() {
    let mut evidence = clean();
    evidence.header.limits.max_outage = SECOND;
    assert_eq!(judge(&evidence).level, Level::FailOutage);

    let mut evidence = clean();
    for op in evidence.ops.iter_mut().filter(|op| op.client == ClientKind::Lasting && op.at > 9 * SECOND) {
        if op.kind == OpKind::Append {
            op.outcome = Outcome::Failed;
        }
    }
    if let Some(finals) = &mut evidence.finals {
        let failed: Vec<u64> = evidence.ops.iter().filter(|op| op.outcome == Outcome::Failed).map(|op| op.id).collect();
        finals.logs.get_mut(&ClientKind::Lasting).expect("a log").retain(|id| !failed.contains(id));
        evidence.ops.retain(|op| op.kind != OpKind::Read);
    }
    let round = judge(&evidence);
    assert_eq!(round.level, Level::FailOutage, "{}", round.cause);
    assert!(round.cause.contains("still out at the end"), "{}", round.cause);
}

#[test]
fn an_outage_without_a_failover_says_what_the_sentinels_thought() {
    let mut evidence = clean();
    evidence.header.limits.max_outage = SECOND;
    evidence.roles.retain(|sample| sample.role != SeenRole::Master || sample.node == "redis-1");
    let cause = |evidence: &Evidence| judge(evidence).cause;
    assert!(cause(&evidence).ends_with("considered redis-1 down and promoted no replica"), "{}", cause(&evidence));
    evidence.events.retain(|event| event.event == "+sdown");
    assert!(cause(&evidence).ends_with("too few Sentinels considered redis-1 down"), "{}", cause(&evidence));
    evidence.events.clear();
    assert!(cause(&evidence).ends_with("no Sentinel considered redis-1 down"), "{}", cause(&evidence));
    assert!(!cause(&clean()).contains("Sentinel"));
}

#[test]
fn a_test_that_proves_nothing_is_invalid() {
    type Break = fn(&mut Evidence);
    let breaks: [(&str, Break); 8] = [
        ("not settled before", |e| e.begin.unsettled = Some("redis-3 is not in sync".to_owned())),
        ("breaks off", |e| e.end = None),
        ("cut short", |e| e.end.as_mut().expect("an end").interrupted = Some("Ctrl-C".to_owned())),
        ("no fault was applied", |e| e.fault = None),
        ("not seen to take effect", |e| e.fault.as_mut().expect("a fault").effective = None),
        ("not gone", |e| e.fault.as_mut().expect("a fault").gone = None),
        ("could not be read", |e| e.finals = None),
        // A process that was stopped for 300 ms takes up all that was due at once, late.
        ("generator was", |e| {
            let late = e.ops.iter_mut().filter(|op| op.kind != OpKind::Pop);
            for op in late.filter(|op| (FAULT..FAULT + 300 * MS).contains(&op.at)) {
                op.begun = FAULT + 300 * MS;
            }
        }),
    ];
    for (word, break_it) in breaks {
        let mut evidence = clean();
        break_it(&mut evidence);
        let round = judge(&evidence);
        assert_eq!(round.level, Level::Invalid, "{word}");
        assert!(round.cause.contains(word), "'{}' does not say '{word}'", round.cause);
    }
}

#[test]
fn a_late_generator_hides_no_lost_write() {
    let mut evidence = clean();
    for op in &mut evidence.ops {
        op.begun = op.at + SECOND;
    }
    assert_eq!(judge(&evidence).level, Level::Invalid);
    lose(&mut evidence, "redis-1", REVERTED + 200 * MS);
    assert_eq!(judge(&evidence).level, Level::FailData);
}

#[test]
fn several_rounds_say_what_their_number_allows() {
    let rounds: Vec<Round> = (0..10).map(|seed| judge(&model::clean(seed, 2200))).collect();
    let summary = Summary::of(&rounds);
    assert_eq!(summary.level, Level::Pass);
    assert_eq!(summary.statement(), "no loss in 10 rounds: up to 26 % may still lose writes (95 % confidence)");
    assert_eq!(summary.level.exit_code(), 0);
    assert_eq!(Summary::of(&[]).level, Level::Invalid);
}

#[test]
fn a_history_is_read_as_it_was_written_and_a_cut_one_has_no_end() {
    let evidence = clean();
    let mut text = Vec::new();
    let mut writer = Writer::new(&mut text, &evidence.header).expect("a header");
    let mut put = |record: Record| writer.write(&record).expect("a line");
    put(Record::RoundBegin(evidence.begin.clone()));
    evidence.ops.iter().cloned().for_each(|op| put(Record::Op(op)));
    evidence.roles.iter().cloned().for_each(|sample| put(Record::Role(sample)));
    evidence.events.iter().cloned().for_each(|event| put(Record::Sentinel(event)));
    evidence.proxy.iter().cloned().for_each(|sample| put(Record::Proxy(sample)));
    put(Record::Fault(evidence.fault.clone().expect("a fault")));
    let finals = evidence.finals.clone().expect("finals");
    for part in finals.parts() {
        put(Record::Final(part));
    }
    put(Record::ReadBack(finals.read_back.clone().expect("a read-back")));
    put(Record::RoundEnd(evidence.end.clone().expect("an end")));

    let mut reader = Reader::new(BufReader::new(text.as_slice())).expect("a history");
    let read = reader.next_round().expect("good lines").expect("a round");
    assert_eq!(read, evidence);
    assert_eq!(judge(&read), judge(&evidence));
    assert!(reader.next_round().expect("good lines").is_none());

    let cut = &text[..text.len() * 2 / 3];
    let mut reader = Reader::new(BufReader::new(cut)).expect("a history");
    let read = reader.next_round().expect("good lines").expect("a round");
    assert_eq!(judge(&read).level, Level::Invalid);
}

#[test]
fn a_file_that_is_no_history_is_refused_with_what_it_is() {
    let read = |text: &str| Reader::new(BufReader::new(text.as_bytes())).expect_err("refused").to_string();
    assert!(read("{\"apiVersion\":\"redos/v1\",\"kind\":\"Status\"}\n").contains("Status of redos/v1"));
    assert!(read("hello\n").contains("not JSON"));
}
