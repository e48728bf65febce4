//! The report of a failover test for people and CI.
//!
//! It has three forms: a summary for the terminal, JUnit XML, and one page with a time line.

mod html;
mod junit;
mod lanes;
mod svg;

use std::path::Path;

use console::{Style, measure_text_width};

pub use html::page;
pub use junit::junit;
pub use lanes::Timeline;

use super::Ui;
use super::text_table::{Column, Table};
use super::units::count;
use crate::chaos::history::{ClientKind, Durability};
use crate::chaos::report::FailoverReport;
use crate::chaos::verdict::outage::{Access, Outage, PROMPT, Waits};
use crate::chaos::verdict::phases::Phases;
use crate::chaos::verdict::{Cause, Level, Nanos, PUNCTUAL, Round, UNCUT};

/// The width of text that does not go to a terminal, in columns.
const COLUMNS: usize = 80;
/// Lines of the cause in the summary, at most.
const CAUSE_LINES: usize = 3;
/// The end of a shortened text.
const MORE: &str = " …";
/// Columns of the phase bar.
const BAR: usize = 40;

/// The summary for the terminal: verdict, cause, phases, outages, data, and what to do next.
///
/// It has at most 23 lines at 80 columns, so that a terminal of the usual size shows all of it with a prompt. `page` is where
/// the report is written as a page.
pub fn text(report: &FailoverReport, page: Option<&Path>, ui: &Ui) -> String {
    let style = match report.verdict {
        Level::Pass => Style::new().green().bold(),
        Level::FailOutage | Level::FailData => Style::new().red().bold(),
        Level::Invalid => Style::new().yellow().bold(),
    };
    let mut lines = vec![format!("{}  {}", ui.paint_data(report.verdict.as_str(), &style), what(report))];
    let width = ui.width().map_or(COLUMNS, usize::from);
    lines.extend(cut(wrap(&report.cause, width.saturating_sub(MORE.len())), CAUSE_LINES));
    lines.push(String::new());
    if let Some(round) = report.telling_round() {
        lines.extend(bar(&round.phases));
        lines.push(outages(round, ui.width()));
        lines.extend(waited(round).map(|waited| format!("{:9} {waited}", "waited")));
        lines.extend(data(round));
        lines.push(format!(
            "{:9} 99.9 % of requests at most {:.2} ms late, limit {:.2} ms",
            "generator",
            round.generator.p999.millis(),
            round.generator.limit.millis()
        ));
    }
    for (name, text) in [("rounds", rounds(report)), ("next", next(report, page))] {
        let (mut name, indent) = (name, 10);
        for line in wrap(&text, width.saturating_sub(indent)) {
            lines.push(format!("{name:9} {line}"));
            name = "";
        }
    }
    lines.join("\n")
}

/// Breaks a text between words so that lines are no wider than this, if possible.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| {
            let used = measure_text_width(line);
            used == 0 || used + 1 + measure_text_width(word) <= width
        });
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The first lines of several, with a sign if there are more. The document has them all.
fn cut(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push_str(MORE);
        }
    }
    lines
}

/// `pause of redis-1, 10 rounds, seed 42`
fn what(report: &FailoverReport) -> String {
    let target = report.rounds.first().and_then(|round| round.fault.as_ref()).map(|fault| fault.target.as_str());
    let of = target.map_or_else(String::new, |target| format!(" of {target}"));
    let rounds = count(report.rounds.len(), "round");
    format!("{}{of} in {}, {rounds}, seed {}", report.scenario, report.subject, report.seed)
}

/// The phases with their names, in the order in which they come.
pub(super) fn named(phases: &Phases) -> Vec<(&'static str, Nanos)> {
    let all = [
        ("detect", phases.detection),
        ("agree", phases.agreement),
        ("elect", phases.election),
        ("promote", phases.promotion),
        ("proxy", phases.proxy_switch),
    ];
    all.into_iter().filter_map(|(name, length)| length.map(|length| (name, length))).collect()
}

/// A bar of the phases together, and their lengths.
fn bar(phases: &Phases) -> Vec<String> {
    let named = named(phases);
    let total: u64 = named.iter().map(|(_, length)| length.0).sum();
    if total == 0 {
        return Vec::new();
    }
    let blocks = ["█", "▓", "▒", "░", "▚"];
    let drawn = named.iter().zip(blocks).map(|((_, length), block)| {
        let columns = (length.0 as f64 / total as f64 * BAR as f64).round() as usize;
        block.repeat(columns.max(1))
    });
    let lengths: Vec<String> = named
        .iter()
        .zip(blocks)
        .map(|((name, length), block)| format!("{block} {name} {:.2}", length.seconds()))
        .collect();
    vec![format!("{:9} {}", "phases", drawn.collect::<String>()), format!("{:9} {} s", "", lengths.join(" "))]
}

/// A row for each kind of client: how long it could not write, read or receive.
fn outages(round: &Round, width: Option<u16>) -> String {
    let mut table = Table::new([
        Column::new("CLIENT"),
        Column::number("WRITES OUT"),
        Column::number("READS OUT"),
        Column::number("OK"),
        Column::number("FAILED"),
        Column::number("UNKNOWN"),
    ]);
    let rows = std::iter::once(None).chain(ClientKind::ALL.into_iter().map(Some));
    for client in rows {
        let of: Vec<&Outage> = round.outages.iter().filter(|outage| outage.client == client).collect();
        if of.is_empty() {
            continue;
        }
        let length = |accesses: &[Access]| {
            let outage = of.iter().find(|outage| accesses.contains(&outage.access));
            outage.map_or_else(|| "-".to_owned(), |outage| format!("{:.2} s", outage.longest.seconds()))
        };
        let sum = |pick: fn(&Outage) -> usize| of.iter().map(|outage| pick(outage)).sum::<usize>().to_string();
        table.row([
            client.map_or("all", ClientKind::as_str).to_owned(),
            length(&[Access::Write, Access::Hear]),
            length(&[Access::Read]),
            sum(|outage| outage.operations.ok),
            sum(|outage| outage.operations.failed),
            sum(|outage| outage.operations.unknown),
        ]);
    }
    table.render(width)
}

/// What became of requests that were served late.
pub(super) fn waited(round: &Round) -> Option<String> {
    let Waits { count: requests, longest } = round.waits;
    let were = if requests == 1 { "was" } else { "were" };
    (requests > 0).then(|| {
        let requests = count(requests, "request");
        format!(
            "{requests} {were} answered after more than {:.0} s, at most {:.2} s",
            Nanos(PROMPT).seconds(),
            longest.seconds()
        )
    })
}

fn data(round: &Round) -> Vec<String> {
    let Some(found) = &round.integrity else { return vec![format!("{:9} the final state could not be read", "data")] };
    let dual = &round.dual_master;
    vec![
        format!(
            "{:9} {} acknowledged, {} lost, {} late, {} duplicated, {} reordered",
            "data", found.acknowledged, found.lost, found.late_applied, found.duplicated, found.reordered
        ),
        format!(
            "{:9} {} on the write port; {} on the read port, the worst by {:.0} ms",
            "stale",
            found.stale_writes_port.count,
            found.stale_read_port.count,
            found.stale_read_port.worst.millis()
        ),
        format!(
            "{:9} two claimed to be for {:.2} s, two took writes for {:.2} s",
            "masters",
            dual.claimed.seconds(),
            dual.acknowledged.seconds()
        ),
    ]
}

fn rounds(report: &FailoverReport) -> String {
    match (report.summary.median, report.summary.max) {
        (Some(median), Some(max)) if report.rounds.len() > 1 => format!(
            "outage {:.2} s in the middle, {:.2} s at most; {}",
            median.seconds(),
            max.seconds(),
            report.statement
        ),
        _ => report.statement.clone(),
    }
}

/// Whether the client would have kept the lost writes by waiting for a replica.
fn waiting_helps(report: &FailoverReport) -> bool {
    let lost = report.telling_round().and_then(|round| round.integrity.as_ref()).filter(|found| found.lost > 0);
    let alone = |cause: &Cause| matches!(cause, Cause::UnreplicatedTail | Cause::IsolatedMaster);
    report.workload.durability == Durability::Ack
        && lost.is_some_and(|found| !found.lost_by_cause.is_empty() && found.lost_by_cause.keys().all(alone))
}

/// What the user may want to do now.
fn next(report: &FailoverReport, page: Option<&Path>) -> String {
    let page = match page {
        Some(page) => page.display().to_string(),
        None => "report.html, which --report writes".to_owned(),
    };
    let failed = |name: &str| {
        let telling = report.telling_round().map_or(&[][..], |round| &round.checks);
        telling.iter().any(|check| !check.ok && check.name == name)
    };
    let advice = match report.verdict {
        Level::FailOutage => return format!("see what the time went to on the time line of {page}"),
        Level::FailData if !waiting_helps(report) => return format!("see which node took the lost writes in {page}"),
        Level::Pass if report.rounds.len() < 10 => "more rounds say more: --rounds 59",
        Level::Pass => "try another fault: --fault kill, stop, freeze, disconnect",
        Level::FailData => "a write that waits for a replica is not lost this way: --durability wait",
        Level::Invalid if failed(UNCUT) => "run it again, and let it come to its end",
        Level::Invalid if failed(PUNCTUAL) => "run it again on a quieter machine, or with a lower --rate",
        Level::Invalid => "repair what is named above, and run it again",
    };
    advice.to_owned()
}
