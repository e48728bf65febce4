//! The time line of a round: one lane for each part of the cluster, all to one scale.

use std::collections::BTreeMap;

use serde::Serialize;

use super::svg::{Shapes, WIDTH};
use crate::chaos::history::{Evidence, OpKind, Outcome, ProxySample, RoleSample, SeenRole, SinceStart};
use crate::chaos::verdict::{Counts, Round};

/// Shown time before the fault, in nanoseconds.
const BEFORE: u64 = 2_000_000_000;
/// Shown time after the last event, in nanoseconds.
const AFTER: u64 = 2_000_000_000;
/// The narrowest bin, in nanoseconds.
const BIN: u64 = 50_000_000;
/// Bins of a lane, at most.
const BINS_MAX: u64 = 320;
/// The lower end of the logarithmic scale of latency, in nanoseconds.
const LATENCY_FROM: f64 = 100_000.0;
/// The upper end of it, in nanoseconds.
const LATENCY_TO: f64 = 2_000_000_000.0;
/// Lines across the latency lane, in nanoseconds, and their names.
const LATENCY_LINES: [(u64, &str); 4] =
    [(1_000_000, "1 ms"), (10_000_000, "10 ms"), (100_000_000, "100 ms"), (1_000_000_000, "1 s")];
/// Dots of the latency lane in one bin, beside the slowest.
const DOTS_PER_BIN: usize = 4;
/// The least width of text, in percent of the picture.
const ROOM_MIN: f64 = 3.0;
/// The height of a lane that shows a state.
const BAND: f64 = 18.0;

/// A lane of the time line.
#[derive(Clone, Debug, Serialize)]
pub struct Lane {
    /// The subject of the lane.
    pub label: String,
    /// A remark on it, such as its scale.
    pub remark: String,
    /// The shapes as SVG.
    pub svg: String,
    /// Texts on the picture.
    pub marks: Vec<Mark>,
    /// Names of the lines that lie across the picture.
    pub lines: Vec<Line>,
}

impl Lane {
    /// A lane with no lines across it.
    fn plain(label: impl Into<String>, remark: String, svg: String, marks: Vec<Mark>) -> Self {
        Self { label: label.into(), remark, svg, marks, lines: Vec::new() }
    }
}

/// The name of a line that lies across a picture.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Where the line is, in percent of the height from the top.
    pub top: f64,
    /// Its value: `10 ms`.
    pub text: &'static str,
}

/// A text on a picture.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// Its left edge, in percent of the width.
    pub at: f64,
    /// The room for it, in percent of the width: up to the next text or to the edge.
    pub room: f64,
    pub text: String,
}

/// The lanes of a round, and the scale below them.
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// The lanes, from above.
    pub lanes: Vec<Lane>,
    /// The scale: seconds after the fault.
    pub scale: Vec<Mark>,
}

impl Mark {
    fn new(at: f64, text: impl Into<String>) -> Self {
        Self { at, room: 100.0 - at, text: text.into() }
    }
}

/// Gives each text on a picture the room until the next one. Texts with next to no room are left out.
fn apart(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_by(|one, other| one.at.total_cmp(&other.at));
    for index in 1..marks.len() {
        marks[index - 1].room = marks[index].at - marks[index - 1].at;
    }
    marks.retain(|mark| mark.room >= ROOM_MIN);
    marks
}

impl Timeline {
    /// Draws a round.
    pub fn of(evidence: &Evidence, round: &Round) -> Self {
        let drawing = Drawing::new(evidence, round);
        let mut lanes = vec![drawing.fault(), drawing.sentinels()];
        lanes.extend(evidence.begin.nodes.iter().map(|node| drawing.role(node)));
        lanes.push(drawing.proxy());
        lanes.push(drawing.writes());
        lanes.push(drawing.lost());
        lanes.push(drawing.latency());
        Self { scale: drawing.scale(), lanes }
    }
}

struct Drawing<'a> {
    evidence: &'a Evidence,
    round: &'a Round,
    zero: SinceStart,
    from: SinceStart,
    to: SinceStart,
    bin: u64,
}

impl<'a> Drawing<'a> {
    fn new(evidence: &'a Evidence, round: &'a Round) -> Self {
        let begin = evidence.begin.at;
        let zero = evidence.fault.as_ref().map_or(begin, |fault| fault.applied);
        let last = evidence.ops.iter().map(|op| op.at).max().unwrap_or(zero);
        let done = round.moments.converged.map_or(last, |at| at.0 + AFTER);
        let from = zero.saturating_sub(BEFORE).max(begin);
        let to = last.min(done.max(zero + 2 * AFTER)).max(from + BIN);
        // In every bin each kind of client has its turns.
        let workload = &evidence.header.workload;
        let turn = (workload.clients.len().max(1) as u64 * 1_000_000_000 / u64::from(workload.rate.max(1))).max(1);
        let bin = ((to - from) / BINS_MAX).max(BIN).div_ceil(turn) * turn;
        Self { evidence, round, zero, from, to, bin }
    }

    fn x(&self, at: SinceStart) -> f64 {
        (at as f64 - self.from as f64) / (self.to - self.from) as f64 * WIDTH
    }

    fn percent(&self, at: SinceStart) -> f64 {
        (self.x(at) / WIDTH * 1000.0).round() / 10.0
    }

    /// Seconds after the fault, for titles.
    fn after(&self, at: SinceStart) -> String {
        format!("{:+.2} s", (at as f64 - self.zero as f64) / 1e9)
    }

    /// A lane's shapes, with the moments that run through all lanes.
    fn lane(&self, height: f64) -> Shapes {
        let mut shapes = Shapes::default();
        let fault = self.evidence.fault.as_ref();
        shapes.many("line fault-line", fault.map(|fault| (self.x(fault.applied), 0.0, height)));
        shapes.many("line", fault.and_then(|f| f.reverted).map(|at| (self.x(at), 0.0, height)));
        shapes.many("line new-line", self.round.moments.promoted.map(|at| (self.x(at.0), 0.0, height)));
        shapes
    }

    fn fault(&self) -> Lane {
        let mut shapes = self.lane(BAND);
        let mut marks = Vec::new();
        let mut label = "fault".to_owned();
        if let Some(fault) = &self.evidence.fault {
            let until = fault.gone.or(fault.reverted).unwrap_or(fault.effective.unwrap_or(fault.applied));
            let title =
                format!("{} of {}, {} to {}", fault.fault, fault.target, self.after(fault.applied), self.after(until));
            shapes.bar(
                "fault",
                (self.x(fault.applied), self.x(until).max(self.x(fault.applied) + 2.0)),
                (0.0, BAND),
                title,
            );
            marks.push(Mark::new(self.percent(fault.applied), format!("{} {}", fault.fault, fault.target)));
            label = format!("fault: {}", fault.fault);
        }
        Lane::plain(label, String::new(), shapes.finish(BAND), marks)
    }

    fn sentinels(&self) -> Lane {
        let mut shapes = self.lane(BAND);
        for event in self.evidence.events.iter().filter(|event| (self.from..=self.to).contains(&event.at)) {
            let title = format!("{} {} {} {}", self.after(event.at), event.sentinel, event.event, event.text);
            let decides = ["+odown", "+elected-leader", "+switch-master", "+promoted-slave"];
            let class = if decides.contains(&event.event.as_str()) { "tick main-tick" } else { "tick" };
            shapes.tick(class, self.x(event.at), (2.0, BAND - 2.0), title);
        }
        let moments = &self.round.moments;
        let named = [(moments.subjectively_down, "down"), (moments.switched, "switch")];
        let marks = named.into_iter().filter_map(|(at, text)| at.map(|at| Mark::new(self.percent(at.0), text)));
        let marks = apart(marks.collect());
        Lane::plain("Sentinels", String::new(), shapes.finish(BAND), marks)
    }

    /// A node's roles, and the time in which another node was master as well.
    fn role(&self, node: &str) -> Lane {
        let mut shapes = self.lane(BAND);
        let samples: Vec<_> = self.evidence.roles.iter().filter(|sample| sample.node == node).collect();
        let mut marks: Vec<Mark> = Vec::new();
        let state = |sample: &&&RoleSample| (sample.role, sample.link_up == Some(false));
        for (from, until) in self.stretches(&samples, |one, other| state(&one) == state(&other), |sample| sample.at) {
            let (class, word) = match (from.role, from.link_up) {
                (SeenRole::Master, _) => ("master", "master"),
                (SeenRole::Replica, Some(false)) => ("unlinked", "replica, link down"),
                (SeenRole::Replica, _) => ("replica", "replica"),
                (SeenRole::Silent, _) => ("silent", "silent"),
            };
            let title = format!("{node} {word}, {} to {}", self.after(from.at), self.after(until));
            shapes.bar(class, (self.x(from.at), self.x(until)), (2.0, BAND - 2.0), title);
            if class == "master" {
                marks.push(Mark::new(self.percent(from.at.max(self.from)), word));
            }
        }
        for window in &self.round.dual_master.windows {
            let held = |sample: &&&RoleSample| sample.at <= window.from.0;
            let role = samples.iter().rfind(held).map(|sample| sample.role);
            if role == Some(SeenRole::Master) {
                let title = format!("two masters, {} to {}", self.after(window.from.0), self.after(window.to.0));
                shapes.bar("dual", (self.x(window.from.0), self.x(window.to.0)), (0.0, BAND), title);
            }
        }
        Lane::plain(node, String::new(), shapes.finish(BAND), apart(marks))
    }

    fn proxy(&self) -> Lane {
        let mut shapes = self.lane(BAND);
        let mut marks = Vec::new();
        let samples: Vec<_> = self.evidence.proxy.iter().collect();
        let state = |sample: &&&ProxySample| (sample.node.clone(), sample.role);
        for (from, until) in self.stretches(&samples, |one, other| state(&one) == state(&other), |sample| sample.at) {
            let class = match (&from.node, from.role) {
                (Some(_), SeenRole::Master) => "led",
                (Some(_), _) => "misled",
                (None, _) => "silent",
            };
            let name = from.node.as_deref().unwrap_or("nobody");
            let title = format!("new connections end at {name}, {} to {}", self.after(from.at), self.after(until));
            shapes.bar(class, (self.x(from.at), self.x(until)), (2.0, BAND - 2.0), title);
            marks.push(Mark::new(self.percent(from.at.max(self.from)), name));
        }
        Lane::plain("proxy leads to", String::new(), shapes.finish(BAND), apart(marks))
    }

    /// The samples that begin a new state and are visible, each with the end of that state.
    fn stretches<'s, T>(
        &self,
        samples: &'s [&'s T],
        same: impl Fn(&&'s T, &&'s T) -> bool,
        at: impl Fn(&T) -> SinceStart,
    ) -> Vec<(&'s T, SinceStart)> {
        let runs = samples.chunk_by(|one, other| same(one, other));
        let begins: Vec<&T> = runs.filter_map(|run| run.first().copied()).collect();
        let until = |index: usize| begins.get(index + 1).map_or(self.to, |next| at(next));
        let all = begins.iter().enumerate().map(|(index, begin)| (*begin, until(index)));
        all.filter(|(begin, until)| *until >= self.from && at(begin) <= self.to).collect()
    }

    /// The outcomes of the writes. Each bin is as high as the lane, whatever its number of writes.
    ///
    /// The clients' requests are of different sizes, and reads are among them, so that bins hold unequal numbers
    /// although the schedule is even.
    fn writes(&self) -> Lane {
        const HEIGHT: f64 = 64.0;
        let mut bins: BTreeMap<u64, Counts> = BTreeMap::new();
        for op in self.evidence.ops.iter().filter(|op| op.kind.is_write() && (self.from..=self.to).contains(&op.at)) {
            bins.entry((op.at - self.from) / self.bin).or_default().add(op.outcome);
        }
        let mut shapes = self.lane(HEIGHT);
        for (bin, counts) in &bins {
            let start = self.from + bin * self.bin;
            let x = (self.x(start), self.x(start + self.bin));
            let (mut below, all) = (HEIGHT, counts.all() as f64);
            let parts = [(counts.ok, "ok"), (counts.unknown, "unknown"), (counts.failed, "failed")];
            for (number, class) in parts.into_iter().filter(|(number, _)| *number > 0) {
                let above = below - number as f64 / all * HEIGHT;
                shapes.bar(class, x, (above, below), format!("{} {number} {class}", self.after(start)));
                below = above;
            }
        }
        let remark = format!("shares of each {} ms", self.bin / 1_000_000);
        Lane::plain("writes", remark, shapes.finish(HEIGHT), Vec::new())
    }

    fn lost(&self) -> Lane {
        let mut shapes = self.lane(BAND);
        let found = self.round.integrity.as_ref();
        let writes = found.map_or(&[][..], |found| &found.lost_writes);
        shapes.many("lost", writes.iter().map(|write| (self.x(write.at), 1.0, BAND - 1.0)));
        for lost in found.map_or(&[][..], |found| &found.lost_windows) {
            let node = lost.node.as_deref().unwrap_or("an unknown node");
            let (from, to) = (lost.window.from.0, lost.window.to.0);
            let title = format!(
                "{} lost, taken by {node} ({}), {} to {}",
                lost.count,
                lost.cause.as_str(),
                self.after(from),
                self.after(to)
            );
            shapes.bar("lost-window", (self.x(from), self.x(to)), (0.0, BAND), title);
        }
        let remark = found.map_or_else(|| "not known".to_owned(), |found| format!("{}", found.lost));
        Lane::plain("lost writes", remark, shapes.finish(BAND), Vec::new())
    }

    /// Latency of acknowledged operations, from the intended time: the slowest of each bin, and some of the others.
    fn latency(&self) -> Lane {
        const HEIGHT: f64 = 72.0;
        let mut bins: BTreeMap<u64, Vec<(SinceStart, u64)>> = BTreeMap::new();
        let counted = |op: &&crate::chaos::history::Op| {
            op.outcome == Outcome::Ok && op.kind != OpKind::Pop && (self.from..=self.to).contains(&op.at)
        };
        for op in self.evidence.ops.iter().filter(counted) {
            bins.entry((op.at - self.from) / self.bin).or_default().push((op.at, op.done.saturating_sub(op.at)));
        }
        let y = |latency: u64| {
            let share = (latency as f64 / LATENCY_FROM).max(1.0).ln() / (LATENCY_TO / LATENCY_FROM).ln();
            (1.0 - share.min(1.0)) * (HEIGHT - 4.0) + 2.0
        };
        let mut shapes = self.lane(HEIGHT);
        for (latency, _) in LATENCY_LINES {
            shapes.bar("grid", (0.0, WIDTH), (y(latency), y(latency) + 0.5), "");
        }
        let dots = bins.values().flat_map(|bin| {
            let step = (bin.len() / DOTS_PER_BIN).max(1);
            let slowest = bin.iter().max_by_key(|(_, latency)| *latency);
            bin.iter().step_by(step).chain(slowest).map(|(at, latency)| (self.x(*at), y(*latency), y(*latency)))
        });
        shapes.many("dot", dots.collect::<Vec<_>>());
        let lines =
            LATENCY_LINES.map(|(latency, text)| Line { top: (y(latency) / HEIGHT * 1000.0).round() / 10.0, text });
        Lane {
            lines: lines.to_vec(),
            ..Lane::plain("latency", "slower is higher".to_owned(), shapes.finish(HEIGHT), Vec::new())
        }
    }

    /// Some six marks at round numbers of seconds after the fault.
    fn scale(&self) -> Vec<Mark> {
        let seconds = (self.to - self.from) / 1_000_000_000;
        let step = [1, 2, 5, 10, 20, 30, 60, 120, 300].into_iter().find(|step| seconds / step <= 7).unwrap_or(600);
        let first = -((self.zero - self.from) as i64 / 1_000_000_000 / step as i64) * step as i64;
        (0..)
            .map(|n| first + n * step as i64)
            .map_while(|second| {
                let at = self.zero as i64 + second * 1_000_000_000;
                (at <= self.to as i64).then(|| Mark::new(self.percent(at.max(0) as u64), format!("{second} s")))
            })
            .collect()
    }
}
