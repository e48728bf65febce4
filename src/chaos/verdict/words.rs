//! The reason of a verdict, in one sentence that names the nodes.

use super::integrity::Cause;
use super::{Level, Nanos, Round};

/// Why the round has its level.
pub(super) fn cause(round: &Round) -> String {
    match round.level {
        Level::FailData => data(round),
        Level::Invalid | Level::FailOutage => failed(round),
        Level::Pass => pass(round),
    }
}

/// What the failed checks of the round's level saw.
fn failed(round: &Round) -> String {
    let failed = round.checks.iter().filter(|check| !check.ok && check.otherwise == round.level);
    let mut seen: Vec<String> = failed.map(|check| check.observed.clone()).collect();
    if round.level == Level::FailOutage {
        seen.extend(no_failover(round));
    }
    seen.join("; ")
}

/// Why an outage lasted: without a failover it is as long as the fault.
fn no_failover(round: &Round) -> Option<String> {
    let (master, moments) = (&round.master, &round.moments);
    match (moments.subjectively_down, moments.objectively_down, moments.promoted) {
        (_, _, Some(_)) => None,
        (None, _, None) => Some(format!("no Sentinel considered {master} down")),
        (Some(_), None, None) => Some(format!("too few Sentinels considered {master} down")),
        (Some(_), Some(_), None) => Some(format!("the Sentinels considered {master} down and promoted no replica")),
    }
}

fn pass(round: &Round) -> String {
    let outage = round.worst_write_outage().map_or(0.0, |outage| outage.longest.seconds());
    let Some(integrity) = &round.integrity else { return String::new() };
    let moved = match &round.new_master {
        Some(new) if *new != round.master => format!("{new} took over from {}", round.master),
        _ => format!("{} stayed master", round.master),
    };
    format!(
        "{moved}, writes were out for {outage:.2} s, and every one of {} acknowledged writes is there",
        integrity.acknowledged
    )
}

fn data(round: &Round) -> String {
    let Some(integrity) = &round.integrity else { return failed(round) };
    if integrity.lost == 0 {
        return failed(round);
    }
    let writes = if integrity.lost == 1 { "write" } else { "writes" };
    let head = format!("{} acknowledged {writes} lost", integrity.lost);
    let Some((cause, count)) = integrity.lost_by_cause.iter().max_by_key(|(_, count)| **count) else {
        return format!("{head}: the counter is behind what was acknowledged");
    };
    let node = || {
        let window = integrity.lost_windows.iter().filter(|lost| lost.cause == *cause).max_by_key(|lost| lost.count);
        window.and_then(|lost| lost.node.clone()).unwrap_or_else(|| "a node".to_owned())
    };
    let dual = round.dual_master.claimed;
    let beside = if dual == Nanos(0) {
        String::new()
    } else {
        format!("; two nodes said they were master for {:.1} s", dual.seconds())
    };
    let why = match cause {
        Cause::UnreplicatedTail => format!("{} had not yet sent them to a replica when it went down", node()),
        Cause::ReturnedMaster => format!("{} came back as master and clients were led to it{beside}", node()),
        Cause::IsolatedMaster => format!("{} was cut off from its replicas and still took writes{beside}", node()),
        Cause::ReplacedMaster => format!("{} went on taking writes beside the new master{beside}", node()),
        Cause::Wiped => format!("{} is master with data missing that all nodes had had", last(round)),
        Cause::Unattributed => "it is not known which node acknowledged them".to_owned(),
    };
    let of = if integrity.lost_by_cause.len() > 1 { format!(", {count} of them because") } else { ":".to_owned() };
    format!("{head}{of} {why}")
}

fn last(round: &Round) -> &str {
    round.new_master.as_deref().unwrap_or(&round.master)
}
