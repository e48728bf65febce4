//! Progress: listens to the events of a walk through a plan and shows them as the terminal allows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use console::{Style, truncate_str};
use serde_json::json;

use super::phase::{Notice, PhaseState, Timings, Tracker};
use super::table::{Column, Table};
use super::units::{octets, seconds};
use super::{Mode, Ui, lock};
use crate::plan::event::Event;
use crate::spec::API_VERSION;

/// A wait that lasts longer than this is worth a line in a log.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// How often the live lines are drawn anew: often enough for a clock with tenths of a second.
const TICK: Duration = Duration::from_millis(100);

/// What a line shows while its phase is under way, one after the other.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The listener of one command, for all plans that it walks. Dropping it ends the live display.
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
    /// Things with progress of their own.
    subjects: BTreeMap<String, Subject>,
    /// Nothing is shown any more.
    is_over: bool,
}

#[derive(Default)]
struct Subject {
    text: String,
    octets: Option<(u64, u64)>,
}

impl Ui {
    /// A listener for [`Event`]s. Its clock starts now.
    pub fn progress(&self) -> Progress {
        let mode = self.mode();
        let inner = Arc::new(Inner { ui: self.clone(), mode, started: Instant::now(), state: Mutex::default() });
        if mode == Mode::Live {
            let inner = inner.clone();
            thread::spawn(move || {
                while inner.draw() {
                    thread::sleep(TICK);
                }
            });
        }
        Progress { inner }
    }
}

impl Progress {
    /// Takes in an event.
    pub fn report(&self, event: Event) {
        self.inner.report(&event, self.inner.started.elapsed());
    }

    /// Ends the display, and says what each phase cost; with `-v` it leaves a table of that.
    pub fn finish(&self) -> Timings {
        self.inner.end();
        let timings = lock(&self.inner.state).tracker.timings();
        if matches!(self.inner.mode, Mode::Lines { verbose: true }) && !timings.phases.is_empty() {
            self.inner.ui.status(format_args!("\n{}\n", phase_table(&timings)));
        }
        timings
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.inner.end();
    }
}

impl Inner {
    fn report(&self, event: &Event, at: Duration) {
        let mut state = lock(&self.state);
        let notices = state.tracker.observe(event, at);
        match event {
            Event::Remark(text) => self.ui.status(text),
            // What had progress of its own was done before this plan: images are here when containers are made.
            Event::PlanStarted { .. } => state.subjects.clear(),
            _ => {}
        }
        match self.mode {
            Mode::Hidden => {}
            Mode::Live => {
                if let Event::Progress { subject, text, octets } = event {
                    state.subjects.insert(subject.clone(), Subject { text: text.clone(), octets: *octets });
                }
            }
            Mode::Lines { verbose } => self.lines(&mut state, event, &notices, verbose),
            Mode::JsonLines => self.json_lines(event, &notices),
        }
    }

    /// Draws the live lines as they are now, unless it is over.
    fn draw(&self) -> bool {
        let state = lock(&self.state);
        if !state.is_over {
            let (rows, columns) = self.ui.shared.terminal.stderr_size();
            let mut lines =
                live_lines(&state, self.started.elapsed(), columns, &|text, style| self.ui.paint(text, style));
            // The cursor needs a line, too; what is under way is rather at the end.
            lines.drain(..lines.len().saturating_sub(rows.saturating_sub(1)));
            self.ui.show_live(lines);
        }
        !state.is_over
    }

    fn end(&self) {
        let mut state = lock(&self.state);
        if !state.is_over && self.mode == Mode::Live {
            self.ui.show_live(Vec::new());
        }
        state.is_over = true;
    }

    fn lines(&self, state: &mut State, event: &Event, notices: &[Notice], verbose: bool) {
        for notice in notices {
            match notice {
                Notice::StepDone { step, took } if verbose => {
                    self.ui.stderr(&format!("{:>7}  {} — {}", seconds(*took), step.action, step.why));
                }
                Notice::StepFailed { step } => self.ui.stderr(&format!("failed: {}", step.action)),
                Notice::Waiting { step, since, reason } if verbose || *since >= LONG_WAIT => {
                    self.ui.stderr(&format!("{:>7}  {}: not yet, {reason}", seconds(*since), step.action));
                }
                Notice::PhaseDone { phase, steps, took } if !verbose => {
                    self.ui.stderr(&format!("{:>7}  {phase}{}", seconds(*took), times(*steps)));
                }
                Notice::PhaseDone { .. } | Notice::Waiting { .. } | Notice::StepDone { .. } => {}
            }
        }
        if let Event::Progress { subject, text, .. } = event {
            let last = state.subjects.entry(subject.clone()).or_default();
            // Octets move all the time; the words do not.
            if last.text != *text {
                last.text.clone_from(text);
                self.ui.stderr(&format!("{subject}: {text}"));
            }
        }
    }

    /// One object per start, wait and end of a step. The fields are part of the contract of `apiVersion: redos/v1`.
    fn json_lines(&self, event: &Event, notices: &[Notice]) {
        let line = |mut object: serde_json::Value| {
            if let Some(fields) = object.as_object_mut() {
                fields.insert("apiVersion".to_owned(), json!(API_VERSION));
                fields.insert("kind".to_owned(), json!("Event"));
            }
            self.ui.stderr_json(&object);
        };
        match event {
            Event::PlanStarted { plan } => line(json!({"event": "planStarted", "steps": plan.steps.len()})),
            Event::StepStarted { step } => line(json!({"event": "stepStarted", "step": step})),
            Event::PlanDone { took } => line(json!({"event": "planDone", "seconds": took.as_secs_f64()})),
            Event::Progress { subject, text, octets } => {
                let octets = octets.map(|(done, total)| json!({"done": done, "total": total}));
                line(json!({"event": "progress", "subject": subject, "text": text, "octets": octets}));
            }
            Event::StepWaiting { .. } | Event::StepDone { .. } | Event::StepFailed { .. } | Event::Remark(_) => {}
        }
        for notice in notices {
            match notice {
                Notice::Waiting { step, reason, .. } => {
                    line(json!({"event": "stepWaiting", "id": step.id, "reason": reason}));
                }
                Notice::StepDone { step, took } => {
                    line(json!({"event": "stepDone", "id": step.id, "seconds": took.as_secs_f64()}));
                }
                Notice::StepFailed { step } => line(json!({"event": "stepFailed", "id": step.id})),
                Notice::PhaseDone { .. } => {}
            }
        }
    }
}

/// What each phase cost, as a table.
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

/// The live lines: a line for each thing with progress of its own, then a line for each phase.
fn live_lines(state: &State, now: Duration, columns: usize, paint: &dyn Fn(&str, Style) -> String) -> Vec<String> {
    let frame = usize::try_from(now.as_millis() / TICK.as_millis()).unwrap_or_default();
    let spinner = paint(SPINNER[frame % SPINNER.len()], Style::new().cyan());
    let subject = |(name, subject): (&String, &Subject)| {
        let octets = subject.octets.map(|(done, total)| format!(" {}/{}", octets(done), octets(total)));
        format!("{spinner} {name}  {}{}", subject.text, octets.unwrap_or_default())
    };
    let phase = |PhaseState { phase, done, total, took, doing }: PhaseState| {
        let counts = format!("{phase:25} {done:>3}/{total:<3}");
        if done == total {
            return format!("{} {counts} {:>7}", paint("✓", Style::new().green()), seconds(took));
        }
        format!("{spinner} {counts} {:>5.1} s  {}", took.as_secs_f64(), paint(&doing, Style::new().dim()))
    };
    let subjects = state.subjects.iter().map(subject);
    let phases = state.tracker.states(now).into_iter().map(phase);
    subjects.chain(phases).map(|line| truncate_str(&line, columns, "…").into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;

    use super::*;
    use crate::output::testing::ui;
    use crate::output::{Format, Options, Terminal};
    use crate::plan::fixture::{GROUP, redis};
    use crate::plan::{Action, Gate, Plan, StepId};

    /// What is written to stderr of an `up` that starts two nodes and waits long for them.
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
        let waiting = |reason: &str| Event::StepWaiting { id: StepId(3), reason: reason.to_owned() };
        let pull = |text: &str, octets| Event::Progress {
            subject: "redis:8.0".to_owned(),
            text: text.to_owned(),
            octets: Some((octets, 100)),
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
            (200, waiting("the link of redis-2 to redis-1 is down")),
            (4000, waiting("redis-2 is copying the data of redis-1")),
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
    fn a_terminal_shows_each_phase_and_what_it_waits_for() {
        let mut state = State::default();
        let pulling = Subject { text: "pulling".to_owned(), octets: Some((3 << 20, 12 << 20)) };
        state.subjects.insert("redis:8.0".to_owned(), pulling);
        let mut plan = Plan::default();
        plan.push(Action::StartNode { node: redis(1) }, "redis-1 has exited", []);
        plan.push(Action::StartNode { node: redis(2) }, "redis-2 has exited", []);
        plan.push(Action::Await { gate: Gate::ReplicasInSync { group: GROUP } }, "it must be ready", []);
        let mut tell = |ms, event| drop(state.tracker.observe(&event, Duration::from_millis(ms)));
        tell(0, Event::PlanStarted { plan: plan.clone() });
        for (ms, step) in [(10, 0), (20, 1), (30, 2)] {
            tell(ms, Event::StepStarted { step: plan.steps[step].clone() });
        }
        tell(500, Event::StepDone { id: StepId(1), took: Duration::from_millis(490) });
        tell(700, Event::StepDone { id: StepId(2), took: Duration::from_millis(680) });
        tell(710, Event::StepWaiting { id: StepId(3), reason: "the link of redis-2 to redis-1 is down".to_owned() });
        let colourful = |text: &str, style: Style| style.force_styling(true).apply_to(text).to_string();
        let lines = live_lines(&state, Duration::from_millis(1900), 80, &|text, _| text.to_owned());
        let colourless: Vec<String> = live_lines(&state, Duration::from_millis(1900), 80, &colourful)
            .iter()
            .map(|line| strip_ansi_codes(line).into_owned())
            .collect();
        assert_eq!(colourless, lines, "colour takes no room");
        insta::assert_snapshot!(lines.join("\n"), @r#"
        ⠏ redis:8.0  pulling 3.0M/12M
        ✓ start                       2/2    0.69 s
        ⠏ ready: replicas in sync     0/1     1.9 s  the link of redis-2 to redis-1 is …
        "#);
    }

    #[test]
    fn a_log_has_a_line_per_phase_and_long_waits() {
        insta::assert_snapshot!(told(Options::default()), @r#"
        redis:8.0: pulling
        redis:8.0: unpacking
         0.12 s  start (2)
         3.87 s  await replicas of mymaster in sync: not yet, redis-2 is copying the data of redis-1
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
         0.07 s  await replicas of mymaster in sync: not yet, the link of redis-2 to redis-1 is down
         3.87 s  await replicas of mymaster in sync: not yet, redis-2 is copying the data of redis-1
         5.00 s  await replicas of mymaster in sync — it must be ready

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
        {"apiVersion":"redos/v1","event":"progress","kind":"Event","octets":{"done":10,"total":100},"subject":"redis:8.0","text":"pulling"}
        {"apiVersion":"redos/v1","event":"progress","kind":"Event","octets":{"done":20,"total":100},"subject":"redis:8.0","text":"pulling"}
        {"apiVersion":"redos/v1","event":"progress","kind":"Event","octets":{"done":100,"total":100},"subject":"redis:8.0","text":"unpacking"}
        {"apiVersion":"redos/v1","event":"planStarted","kind":"Event","steps":3}
        {"apiVersion":"redos/v1","event":"stepStarted","kind":"Event","step":{"action":"startNode","after":[],"id":1,"node":"redis-1","why":"redis-1 has exited"}}
        {"apiVersion":"redos/v1","event":"stepStarted","kind":"Event","step":{"action":"startNode","after":[],"id":2,"node":"redis-2","why":"redis-2 has exited"}}
        {"apiVersion":"redos/v1","event":"stepDone","id":1,"kind":"Event","seconds":0.1}
        {"apiVersion":"redos/v1","event":"stepDone","id":2,"kind":"Event","seconds":0.12}
        {"apiVersion":"redos/v1","event":"stepStarted","kind":"Event","step":{"action":"await","after":[2],"gate":{"gate":"replicasInSync","group":"mymaster"},"id":3,"why":"it must be ready"}}
        {"apiVersion":"redos/v1","event":"stepWaiting","id":3,"kind":"Event","reason":"the link of redis-2 to redis-1 is down"}
        {"apiVersion":"redos/v1","event":"stepWaiting","id":3,"kind":"Event","reason":"redis-2 is copying the data of redis-1"}
        {"apiVersion":"redos/v1","event":"stepDone","id":3,"kind":"Event","seconds":5.0}
        {"apiVersion":"redos/v1","event":"planDone","kind":"Event","seconds":5.12}
        "#);
    }
}
