//! A self-contained page: no script, no font, no picture from elsewhere.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::{Timeline, named, waited};
use crate::chaos::report::FailoverReport;
use crate::chaos::verdict::{Level, Nanos, Round};
use crate::error::Failure;

const TEMPLATE: &str = include_str!("../../../templates/report.html");
/// The name of the template. Its extension makes the renderer escape.
const NAME: &str = "report.html";

#[derive(Serialize)]
struct Page<'a> {
    report: &'a FailoverReport,
    level: &'static str,
    class: &'static str,
    date: String,
    clients: String,
    durability: &'static str,
    deadline: f64,
    max_outage: f64,
    rounds: Vec<RoundView<'a>>,
}

#[derive(Serialize)]
struct RoundView<'a> {
    round: &'a Round,
    level: &'static str,
    class: &'static str,
    outage: Option<f64>,
    phases: Vec<PhaseView>,
    outages: Vec<OutageView>,
    waited: Option<String>,
    timeline: Option<&'a Timeline>,
    moments: Vec<MomentView>,
    losses: Vec<LossView>,
    open: bool,
}

#[derive(Serialize)]
struct PhaseView {
    name: &'static str,
    seconds: f64,
    share: f64,
}

#[derive(Serialize)]
struct OutageView {
    client: &'static str,
    access: &'static str,
    longest: f64,
    total: f64,
    count: usize,
    resolution: f64,
    ok: usize,
    failed: usize,
    unknown: usize,
}

#[derive(Serialize)]
struct MomentView {
    name: &'static str,
    seconds: f64,
}

#[derive(Serialize)]
struct LossView {
    from: f64,
    to: f64,
    count: usize,
    node: String,
    cause: &'static str,
}

/// The report as a page. `timelines` are those of the rounds, in their order.
///
/// # Errors
/// The template and the values do not fit, which a test would find first.
pub fn page(report: &FailoverReport, timelines: &[Timeline]) -> Result<String, Failure> {
    let telling = report.telling_round().map(|round| round.round);
    let rounds: Vec<RoundView<'_>> = report
        .rounds
        .iter()
        .enumerate()
        .map(|(index, round)| RoundView {
            level: round.level.as_str(),
            class: class(round.level),
            outage: round.worst_write_outage().map(|outage| outage.longest.seconds()),
            phases: phases(round),
            outages: outages(round),
            waited: waited(round),
            timeline: timelines.get(index),
            moments: moments(round),
            losses: losses(round),
            open: Some(round.round) == telling,
            round,
        })
        .collect();
    let mut environment = Environment::new();
    environment.add_template(NAME, TEMPLATE).map_err(anyhow::Error::new)?;
    let template = environment.get_template(NAME).map_err(anyhow::Error::new)?;
    let page = Page {
        report,
        level: report.verdict.as_str(),
        class: class(report.verdict),
        date: date(&report.started_at),
        clients: report.workload.clients.iter().map(|client| client.as_str()).collect::<Vec<_>>().join(", "),
        durability: report.workload.durability.as_str(),
        deadline: Nanos(report.workload.deadline).seconds(),
        max_outage: Nanos(report.limits.max_outage).seconds(),
        rounds,
    };
    Ok(template.render(Serde(&page)).map_err(anyhow::Error::new)?)
}

/// `2026-11-27 01:21 UTC` of `2026-11-27T01:21:33.205Z`. Any other text is shown as it is.
fn date(started_at: &str) -> String {
    match started_at.strip_suffix('Z').and_then(|utc| utc.split_once('T')) {
        Some((day, time)) => {
            let minutes = time.rsplit_once(':').map_or(time, |(minutes, _)| minutes);
            format!("{day} {minutes} UTC")
        }
        None => started_at.to_owned(),
    }
}

const fn class(level: Level) -> &'static str {
    match level {
        Level::Pass => "pass",
        Level::FailOutage | Level::FailData => "fail",
        Level::Invalid => "invalid",
    }
}

fn phases(round: &Round) -> Vec<PhaseView> {
    let named = named(&round.phases);
    let total = named.iter().map(|(_, length)| length.seconds()).sum::<f64>().max(f64::MIN_POSITIVE);
    let view = |(name, length): (&'static str, Nanos)| PhaseView {
        name,
        seconds: length.seconds(),
        share: length.seconds() / total * 100.0,
    };
    named.into_iter().map(view).collect()
}

fn outages(round: &Round) -> Vec<OutageView> {
    let view = |outage: &crate::chaos::verdict::outage::Outage| OutageView {
        client: outage.client.map_or("all", |client| client.as_str()),
        access: outage.access.as_str(),
        longest: outage.longest.seconds(),
        total: outage.total.seconds(),
        count: outage.count,
        resolution: outage.resolution.millis(),
        ok: outage.operations.ok,
        failed: outage.operations.failed,
        unknown: outage.operations.unknown,
    };
    round.outages.iter().map(view).collect()
}

/// The moments of the failover, in seconds after the fault.
fn moments(round: &Round) -> Vec<MomentView> {
    let Some(fault) = &round.fault else { return Vec::new() };
    let m = &round.moments;
    let all = [
        ("the fault works", fault.effective),
        ("a Sentinel considers the master down", m.subjectively_down),
        ("enough Sentinels agree", m.objectively_down),
        ("a Sentinel is elected", m.elected),
        ("the new master says so", m.promoted),
        ("a Sentinel names the new master", m.switched),
        ("all Sentinels do", m.switched_by_all),
        ("the proxy leads to the new master", m.proxy_switched),
        ("the new master acknowledges a write", m.first_write),
        ("the fault is undone", fault.reverted),
        ("the fault is gone", fault.gone),
        ("full redundancy", m.redundant),
        ("the cluster is whole again", m.converged),
    ];
    let mut views: Vec<MomentView> = all
        .into_iter()
        .filter_map(|(name, at)| Some(MomentView { name, seconds: at?.seconds() - fault.applied.seconds() }))
        .collect();
    views.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    views
}

fn losses(round: &Round) -> Vec<LossView> {
    let zero = round.fault.as_ref().map_or(0.0, |fault| fault.applied.seconds());
    let windows = round.integrity.as_ref().map_or(&[][..], |found| &found.lost_windows);
    let view = |lost: &crate::chaos::verdict::integrity::LostWindow| LossView {
        from: lost.window.from.seconds() - zero,
        to: lost.window.to.seconds() - zero,
        count: lost.count,
        node: lost.node.clone().unwrap_or_else(|| "unknown".to_owned()),
        cause: lost.cause.as_str(),
    };
    windows.iter().map(view).collect()
}
