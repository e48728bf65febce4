//! Progress: shows the events of a running plan as the terminal allows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::phase::{Notice, Phase, Timings, Tracker};
use super::stderr::{ProgressBytes, ProgressDocument, ProgressEvent};
use super::text_table::{Column, Table};
use super::ui::{Mode, Ui, lock};
use super::units::seconds;
use crate::plan::event::Event;
use crate::update::Update;

/// A log gets a line for a wait that lasts longer than this.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// How often a live line is redrawn while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// The listener of one command, for all its plans. Cheap to clone. The live display ends with the last clone.
#[derive(Clone)]
pub struct Progress {
    inner: Arc<Inner>,
}

struct Inner {
    ui: Ui,
    mode: Mode,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tracker: Tracker,
    phases: BTreeMap<Phase, ProgressBar>,
    /// Subjects with progress of their own, and the last text about each.
    subjects: BTreeMap<String, (ProgressBar, String)>,
}

impl Ui {
    /// A listener for [`Event`]s. Its clock starts now.
    pub fn progress(&self) -> Progress {
        let inner = Inner { ui: self.clone(), mode: self.mode(), started: Instant::now(), state: Mutex::default() };
        Progress { inner: Arc::new(inner) }
    }
}

impl Progress {
    /// Takes in an event, or an update of an effect.
    pub fn report(&self, event: impl Into<Event>) {
        self.inner.report(&event.into(), self.inner.started.elapsed());
    }

    /// The duration of each phase so far.
    pub fn timings(&self) -> Timings {
        lock(&self.inner.state).tracker.timings()
    }

    /// Ends the display; with `-v` it leaves a table of the phases' durations.
    pub fn finish(&self) -> Timings {
        self.inner.clear();
        let timings = self.timings();
        if self.inner.ui.is_verbose() && self.inner.mode != Mode::JsonLines && !timings.phases.is_empty() {
            self.inner.ui.status(format_args!("\n{}\n", phase_table(&timings)));
        }
        timings
    }
}

impl Inner {
    fn report(&self, event: &Event, at: Duration) {
        let mut state = lock(&self.state);
        let notices = state.tracker.observe(event, at);
        if let Event::Update(Update::Remark(text)) = event {
            self.ui.status(text);
        }
        match self.mode {
            Mode::Hidden => {}
            Mode::Live => self.draw(&mut state, event, &notices),
            Mode::Lines { verbose } => self.lines(&mut state, event, &notices, verbose),
            Mode::JsonLines => self.json_lines(event, &notices),
        }
    }

    fn draw(&self, state: &mut State, event: &Event, notices: &[Notice]) {
        for notice in notices {
            match notice {
                Notice::PhaseBegan { phase, steps } => {
                    let bar = ProgressBar::new(*steps as u64).with_style(running_style()).with_prefix(phase.as_str());
                    // A second plan may come back to a phase, and its line starts again.
                    if let Some(old) = state.phases.remove(phase) {
                        old.finish_and_clear();
                        self.ui.shared.live.remove(&old);
                    }
                    // Lines keep the order of the phases, whichever begins first.
                    let above = state.phases.range(..phase).count();
                    state.phases.insert(*phase, self.ui.shared.live.insert(above, bar.clone()));
                    bar.enable_steady_tick(TICK);
                }
                Notice::PhaseMoved { phase, done, doing } => {
                    if let Some(bar) = state.phases.get(phase) {
                        bar.set_position(*done as u64);
                        bar.set_message(doing.clone());
                    }
                }
                Notice::PhaseDone { phase, steps, took } => {
                    if let Some(bar) = state.phases.get(phase) {
                        bar.set_style(done_style());
                        bar.set_position(*steps as u64);
                        bar.finish_with_message(seconds(*took));
                    }
                }
                Notice::Waiting { .. } | Notice::StepDone { .. } | Notice::StepFailed { .. } => {}
            }
        }
        if let Event::Update(Update::Progress { subject, text, bytes }) = event {
            let (bar, _) = state.subjects.entry(subject.clone()).or_insert_with(|| {
                let bar = self.ui.shared.live.add(ProgressBar::no_length().with_prefix(subject.clone()));
                bar.enable_steady_tick(TICK);
                (bar, String::new())
            });
            if let Some((done, total)) = bytes {
                bar.set_style(bytes_style());
                bar.set_length(*total);
                bar.set_position(*done);
            } else {
                bar.set_style(subject_style());
            }
            bar.set_message(text.clone());
        }
        if matches!(event, Event::StepStarted { .. } | Event::PlanDone { .. }) {
            // What had progress of its own ended before this step: images are here when containers are created.
            for (bar, _) in std::mem::take(&mut state.subjects).into_values() {
                bar.finish_and_clear();
            }
        }
    }

    fn lines(&self, state: &mut State, event: &Event, notices: &[Notice], verbose: bool) {
        for notice in notices {
            match notice {
                Notice::StepDone { step, took } if verbose => {
                    self.ui.stderr(&format!("{:>7}  {} — {}", seconds(*took), step.action, step.why));
                }
                Notice::StepFailed { step } => self.ui.stderr(&format!("failed: {}", step.action)),
                Notice::Waiting { step, since, unmet } if verbose || *since >= LONG_WAIT => {
                    self.ui.stderr(&format!("{:>7}  {}: not yet, {unmet}", seconds(*since), step.action));
                }
                Notice::PhaseDone { phase, steps, took } if !verbose => {
                    self.ui.stderr(&format!("{:>7}  {phase}{}", seconds(*took), times(*steps)));
                }
                Notice::PhaseBegan { .. }
                | Notice::PhaseMoved { .. }
                | Notice::PhaseDone { .. }
                | Notice::Waiting { .. }
                | Notice::StepDone { .. } => {}
            }
        }
        if let Event::Update(Update::Progress { subject, text, .. }) = event {
            let last = state.subjects.entry(subject.clone()).or_insert_with(|| (ProgressBar::hidden(), String::new()));
            // The bytes change all the time, the words do not.
            if last.1 != *text {
                last.1.clone_from(text);
                self.ui.stderr(&format!("{subject}: {text}"));
            }
        }
    }

    /// One object per start, wait and end of a step. The fields are part of the contract of `apiVersion: redos/v1`.
    fn json_lines(&self, event: &Event, notices: &[Notice]) {
        let line = |event| self.ui.stderr_json(&ProgressDocument::new(event));
        match event {
            Event::PlanStarted { plan } => line(ProgressEvent::PlanStarted { steps: plan.steps.len() }),
            Event::StepStarted { step } => line(ProgressEvent::StepStarted { step }),
            Event::PlanDone { took } => line(ProgressEvent::PlanDone { seconds: took.as_secs_f64() }),
            Event::Update(Update::Progress { subject, text, bytes }) => {
                let bytes = bytes.map(|(done, total)| ProgressBytes { done, total });
                line(ProgressEvent::Progress { subject, text, bytes });
            }
            Event::StepWaiting { .. }
            | Event::StepDone { .. }
            | Event::StepFailed { .. }
            | Event::Update(Update::Remark(_)) => {}
        }
        for notice in notices {
            match notice {
                Notice::Waiting { step, unmet, .. } => {
                    line(ProgressEvent::StepWaiting { id: step.id, reason: unmet.to_string() });
                }
                Notice::StepDone { step, took } => {
                    line(ProgressEvent::StepDone { id: step.id, seconds: took.as_secs_f64() });
                }
                Notice::StepFailed { step } => line(ProgressEvent::StepFailed { id: step.id }),
                Notice::PhaseBegan { .. } | Notice::PhaseMoved { .. } | Notice::PhaseDone { .. } => {}
            }
        }
    }

    fn clear(&self) {
        let mut state = lock(&self.state);
        let phases = std::mem::take(&mut state.phases).into_values();
        let subjects = std::mem::take(&mut state.subjects).into_values().map(|(bar, _)| bar);
        for bar in phases.chain(subjects) {
            bar.finish_and_clear();
            self.ui.shared.live.remove(&bar);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The duration of each phase, as a table.
fn phase_table(timings: &Timings) -> String {
    let mut table =
        Table::new([Column::new("PHASE"), Column::number("STEPS"), Column::number("BEGAN"), Column::number("TOOK")]);
    for timing in &timings.phases {
        let steps = timing.steps.to_string();
        table.row([timing.phase.to_string(), steps, seconds(timing.began), seconds(timing.took)]);
    }
    let steps: usize = timings.phases.iter().map(|timing| timing.steps).sum();
    table.row(["total".to_owned(), steps.to_string(), String::new(), seconds(timings.total)]);
    table.render(None)
}

fn times(steps: usize) -> String {
    if steps == 1 { String::new() } else { format!(" ({steps})") }
}

fn style(template: &str) -> ProgressStyle {
    // A wrong template would be a defect of this file. Plain text is better than nothing.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn running_style() -> ProgressStyle {
    let elapsed = |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    style("{spinner:.cyan} {prefix:25} {pos:>3}/{len:<3} {took:>7}  {wide_msg:.dim}").with_key("took", elapsed)
}

fn done_style() -> ProgressStyle {
    style("✓ {prefix:25} {pos:>3}/{len:<3} {msg:>7}")
}

fn bytes_style() -> ProgressStyle {
    style("{spinner:.cyan} {prefix} {msg} {bytes}/{total_bytes} {wide_bar:.dim}").progress_chars("━╸─")
}

fn subject_style() -> ProgressStyle {
    style("{spinner:.cyan} {prefix} {wide_msg:.dim}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::claims::Whose;
    use crate::cluster::fixture::{GROUP, redis};
    use crate::cluster::{Gate, Unmet};
    use crate::output::testing::ui;
    use crate::output::{Format, Options, Terminal};
    use crate::plan::{Action, Plan, StepId};

    /// The stderr of an `up` that starts two nodes and waits long for them.
    fn told(options: Options) -> String {
        let (ui, stdout, stderr) = ui(options, Terminal::default());
        let progress = ui.progress();
        let mut plan = Plan::default();
        for ordinal in [1, 2] {
            plan.push(Action::StartNode { node: redis(ordinal) }, format!("redis-{ordinal} has exited"), []);
        }
        plan.push(Action::Await { gate: Gate::ReplicasInSync { group: GROUP } }, "it must be ready", [StepId(2)]);
        let started = |n: usize| Event::StepStarted { step: plan.steps[n].clone() };
        let done = |n: usize, ms| Event::StepDone { id: StepId(n), took: Duration::from_millis(ms) };
        let waiting = |unmet: Unmet| Event::StepWaiting { id: StepId(3), unmet };
        let master = Whose::Node(redis(1));
        let pull = |text: &str, bytes| {
            Event::Update(Update::Progress {
                subject: "redis:8.0".to_owned(),
                text: text.to_owned(),
                bytes: Some((bytes, 100)),
            })
        };
        let events = [
            (0, pull("pulling", 10)),
            (5, pull("pulling", 20)),
            (8, pull("unpacking", 100)),
            (10, Event::PlanStarted { plan: plan.clone() }),
            (10, started(0)),
            (10, started(1)),
            (110, done(1, 100)),
            (130, done(2, 120)),
            (130, started(2)),
            (200, waiting(Unmet::LinkDown { node: redis(2), to: master })),
            (4000, waiting(Unmet::Copying { node: redis(2), from: master })),
            (5130, done(3, 5000)),
            (5130, Event::PlanDone { took: Duration::from_millis(5120) }),
        ];
        for (ms, event) in events {
            progress.inner.report(&event, Duration::from_millis(ms));
        }
        progress.finish();
        assert_eq!(stdout.text(), "", "progress is no data");
        stderr.text()
    }

    #[test]
    fn a_log_has_a_line_per_phase_and_long_waits() {
        insta::assert_snapshot!(told(Options::default()), @r#"
        redis:8.0: pulling
        redis:8.0: unpacking
         0.12 s  start (2)
         3.87 s  wait until the replicas of mymaster are in sync: not yet, redis-2 is copying the data of redis-1
         5.00 s  ready: replicas in sync
        "#);
    }

    #[test]
    fn verbose_has_a_line_per_step_and_the_cost_of_each_phase() {
        insta::assert_snapshot!(told(Options { verbose: true, ..Options::default() }), @r#"
        redis:8.0: pulling
        redis:8.0: unpacking
         0.10 s  start redis-1 — redis-1 has exited
         0.12 s  start redis-2 — redis-2 has exited
         0.07 s  wait until the replicas of mymaster are in sync: not yet, the link of redis-2 to redis-1 is down
         3.87 s  wait until the replicas of mymaster are in sync: not yet, redis-2 is copying the data of redis-1
         5.00 s  wait until the replicas of mymaster are in sync — it must be ready

        PHASE                    STEPS   BEGAN    TOOK
        start                        2  0.01 s  0.12 s
        ready: replicas in sync      1  0.13 s  5.00 s
        total                        3          5.13 s
        "#);
    }

    #[test]
    fn quiet_has_nothing() {
        assert_eq!(told(Options { quiet: true, ..Options::default() }), "");
    }

    #[test]
    fn json_has_an_object_per_line() {
        insta::assert_snapshot!(told(Options { format: Format::Json, ..Options::default() }), @r#"
        {"apiVersion":"redos/v1","kind":"Progress","event":"progress","subject":"redis:8.0","text":"pulling","bytes":{"done":10,"total":100}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"progress","subject":"redis:8.0","text":"pulling","bytes":{"done":20,"total":100}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"progress","subject":"redis:8.0","text":"unpacking","bytes":{"done":100,"total":100}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"planStarted","steps":3}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepStarted","step":{"id":1,"action":"startNode","node":"redis-1","why":"redis-1 has exited","after":[]}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepStarted","step":{"id":2,"action":"startNode","node":"redis-2","why":"redis-2 has exited","after":[]}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepDone","id":1,"seconds":0.1}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepDone","id":2,"seconds":0.12}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepStarted","step":{"id":3,"action":"await","gate":{"gate":"replicasInSync","group":"mymaster"},"why":"it must be ready","after":[2]}}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepWaiting","id":3,"reason":"the link of redis-2 to redis-1 is down"}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepWaiting","id":3,"reason":"redis-2 is copying the data of redis-1"}
        {"apiVersion":"redos/v1","kind":"Progress","event":"stepDone","id":3,"seconds":5.0}
        {"apiVersion":"redos/v1","kind":"Progress","event":"planDone","seconds":5.12}
        "#);
    }
}
