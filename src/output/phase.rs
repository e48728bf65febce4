//! Phases: steps of one kind together, which is how people think of an `up` with forty steps.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::{Gate, Unmet};
use crate::plan::event::Event;
use crate::plan::{Action, Plan, Step, StepId};

/// The steps that progress shows as one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// The network is created or removed.
    Network,
    /// Volumes are created or removed.
    Volumes,
    /// Containers are created.
    Containers,
    /// Configuration files are written and the specification is recorded.
    Configuration,
    /// Nodes are started or unpaused.
    Start,
    /// Running nodes are changed: roles, directives, what Sentinels watch.
    Settings,
    /// Masters are switched over.
    Switchover,
    /// Nodes are stopped.
    Stop,
    /// Containers are removed.
    Remove,
    /// Wait: every node answers.
    Answers,
    /// Wait: a node is in service.
    InService,
    /// Wait: replicas are in sync.
    InSync,
    /// Wait: Sentinels agree on the master.
    Agree,
    /// Wait: Sentinels see all nodes.
    SeeAll,
    /// Wait: Sentinels have their quorum.
    Quorum,
    /// Wait: proxies lead to the nodes.
    Route,
    /// A write through a proxy is read back.
    Verify,
}

impl Phase {
    /// The phase that a step belongs to.
    pub const fn of(action: &Action) -> Self {
        match action {
            Action::CreateNetwork | Action::RemoveNetwork => Self::Network,
            Action::CreateVolume { .. } | Action::RemoveVolume { .. } => Self::Volumes,
            Action::CreateNode { .. } => Self::Containers,
            Action::RecordSpec
            | Action::RemoveRecord
            | Action::WriteConfig { .. }
            | Action::KeepPasswords { .. }
            | Action::AdvanceRotation { .. }
            | Action::SetDataAside { .. }
            | Action::RecordRestore { .. }
            | Action::ReplaceData { .. }
            | Action::RemoveData { .. }
            | Action::DiscardRestore { .. } => Self::Configuration,
            Action::StartNode { .. } | Action::UnpauseNode { .. } => Self::Start,
            Action::StopNode { .. } | Action::KillNode { .. } => Self::Stop,
            Action::RemoveNode { .. } | Action::RemoveLeftBehind { .. } => Self::Remove,
            Action::EndScript { .. }
            | Action::SetResources { .. }
            | Action::Replicate { .. }
            | Action::ConfigSet { .. }
            | Action::SetUsers { .. }
            | Action::RemoveUsers { .. }
            | Action::RenewCertificate { .. }
            | Action::SetEncryption { .. }
            | Action::SetReplicationLogin { .. }
            | Action::SetSentinelLogins { .. }
            | Action::SetProxyLogins { .. }
            | Action::SentinelMonitor { .. }
            | Action::SentinelDiscover { .. }
            | Action::SentinelSet { .. }
            | Action::SentinelRemove { .. }
            | Action::ProxyCheck { .. } => Self::Settings,
            Action::Switchover { .. } | Action::SentinelFailover { .. } | Action::TakeOver { .. } => Self::Switchover,
            Action::Await { gate } => match gate {
                Gate::Answers { .. } => Self::Answers,
                Gate::InService { .. } | Gate::GivesMetrics | Gate::Guards { .. } => Self::InService,
                Gate::ReplicasInSync { .. } | Gate::Copies { .. } => Self::InSync,
                Gate::SentinelsAgree { .. } => Self::Agree,
                Gate::SentinelsSeeAll { .. } => Self::SeeAll,
                Gate::QuorumReached { .. } => Self::Quorum,
                Gate::ProxiesRoute { .. } => Self::Route,
            },
            Action::VerifyWrite { .. } => Self::Verify,
        }
    }

    /// Its name in tables and on bars.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Volumes => "volumes",
            Self::Containers => "containers",
            Self::Configuration => "configuration",
            Self::Start => "start",
            Self::Settings => "settings",
            Self::Switchover => "switchover",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::Answers => "ready: nodes answer",
            Self::InService => "ready: nodes serve",
            Self::InSync => "ready: replicas in sync",
            Self::Agree => "ready: Sentinels agree",
            Self::SeeAll => "ready: Sentinels see all",
            Self::Quorum => "ready: quorum",
            Self::Route => "ready: proxies route",
            Self::Verify => "ready: write read back",
        }
    }
}

impl Phase {
    /// The condition that is met after the phase, if it waits for one.
    pub const fn predicate(self) -> Option<&'static str> {
        match self {
            Self::Answers => Some("nodes answer"),
            Self::InService => Some("nodes serve"),
            Self::InSync => Some("replicas in sync"),
            Self::Agree => Some("Sentinels agree"),
            Self::SeeAll => Some("Sentinels see all"),
            Self::Quorum => Some("quorum"),
            Self::Route => Some("proxies route"),
            Self::Verify => Some("write read back"),
            _ => None,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The duration of one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseTiming {
    pub phase: Phase,
    /// The number of finished steps.
    pub steps: usize,
    /// When its first step began, since the start of the command.
    pub began: Duration,
    /// How long at least one of its steps was running. Phases overlap, so these do not add up to the total.
    pub took: Duration,
}

/// The duration of each phase, in the order of their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    pub phases: Vec<PhaseTiming>,
    /// From the start of the command to the last event.
    pub total: Duration,
}

impl Timings {
    /// The phases of two runs of one command as one. The second run began `gap` after the first.
    #[must_use]
    pub fn followed_by(mut self, second: Self, gap: Duration) -> Self {
        for timing in second.phases {
            match self.phases.iter_mut().find(|known| known.phase == timing.phase) {
                Some(known) => {
                    known.steps += timing.steps;
                    known.took += timing.took;
                }
                None => self.phases.push(PhaseTiming { began: gap + timing.began, ..timing }),
            }
        }
        Self { total: gap + second.total, ..self }
    }
}

/// News for the display, derived from the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The first of this many steps of a phase began.
    PhaseBegan { phase: Phase, steps: usize },
    /// How far a phase is, and which steps are running.
    PhaseMoved { phase: Phase, done: usize, doing: String },
    /// All steps of a phase in this plan are done.
    PhaseDone { phase: Phase, steps: usize, took: Duration },
    /// A step waits for a gate.
    Waiting { step: Step, since: Duration, unmet: Unmet },
    /// A step ended well.
    StepDone { step: Step, took: Duration },
    /// A step failed.
    StepFailed { step: Step },
}

/// Follows the events of one or more plans. It reads no clock.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    phases: BTreeMap<Phase, Course>,
    order: Vec<Phase>,
    running: BTreeMap<StepId, Running>,
    now: Duration,
}

/// The course of one phase.
#[derive(Debug, Default)]
struct Course {
    /// The number of its steps in this plan.
    total: usize,
    done: usize,
    /// The number of finished steps in earlier plans.
    done_before: usize,
    began: Duration,
    took: Duration,
    active_since: Option<Duration>,
}

#[derive(Debug)]
struct Running {
    step: Step,
    since: Duration,
    unmet: Option<Unmet>,
}

impl Tracker {
    /// Takes in an event of this time, counted from the start of the command.
    pub(super) fn observe(&mut self, event: &Event, at: Duration) -> Vec<Notice> {
        self.now = at;
        match event {
            Event::PlanStarted { plan } => {
                self.begin(plan);
                Vec::new()
            }
            Event::StepStarted { step } => self.start(step, at),
            Event::StepWaiting { id, unmet } => {
                let Some(running) = self.running.get_mut(id) else { return Vec::new() };
                running.unmet = Some(unmet.clone());
                let waiting = Notice::Waiting {
                    step: running.step.clone(),
                    since: at.saturating_sub(running.since),
                    unmet: unmet.clone(),
                };
                let phase = Phase::of(&running.step.action);
                vec![waiting, self.moved(phase)]
            }
            Event::StepDone { id, took } => self.end(*id, at, |step| Notice::StepDone { step, took: *took }, true),
            Event::StepFailed { id } => self.end(*id, at, |step| Notice::StepFailed { step }, false),
            Event::PlanDone { .. } | Event::Update(_) => Vec::new(),
        }
    }

    /// The duration of each phase so far.
    pub(super) fn timings(&self) -> Timings {
        let timing = |phase: &Phase| {
            let course = self.phases.get(phase)?;
            let open = course.active_since.map_or(Duration::ZERO, |since| self.now.saturating_sub(since));
            let steps = course.done_before + course.done;
            Some(PhaseTiming { phase: *phase, steps, began: course.began, took: course.took + open })
        };
        Timings { phases: self.order.iter().filter_map(timing).collect(), total: self.now }
    }

    fn begin(&mut self, plan: &Plan) {
        self.running.clear();
        for course in self.phases.values_mut() {
            course.done_before += std::mem::take(&mut course.done);
            course.total = 0;
            course.active_since = None;
        }
        for step in &plan.steps {
            self.phases.entry(Phase::of(&step.action)).or_default().total += 1;
        }
    }

    fn start(&mut self, step: &Step, at: Duration) -> Vec<Notice> {
        let phase = Phase::of(&step.action);
        let course = self.phases.entry(phase).or_default();
        let first = course.done == 0 && course.active_since.is_none();
        course.active_since.get_or_insert(at);
        if !self.order.contains(&phase) {
            self.order.push(phase);
            course.began = at;
        }
        let steps = course.total;
        self.running.insert(step.id, Running { step: step.clone(), since: at, unmet: None });
        let began = first.then_some(Notice::PhaseBegan { phase, steps });
        began.into_iter().chain([self.moved(phase)]).collect()
    }

    fn end(&mut self, id: StepId, at: Duration, notice: impl FnOnce(Step) -> Notice, well: bool) -> Vec<Notice> {
        let Some(running) = self.running.remove(&id) else { return Vec::new() };
        let phase = Phase::of(&running.step.action);
        let others_run = self.running.values().any(|other| Phase::of(&other.step.action) == phase);
        let course = self.phases.entry(phase).or_default();
        if well {
            course.done += 1;
        }
        if !others_run && let Some(since) = course.active_since.take() {
            course.took += at.saturating_sub(since);
        }
        let last = if well && course.done == course.total {
            Notice::PhaseDone { phase, steps: course.done, took: course.took }
        } else {
            self.moved(phase)
        };
        vec![notice(running.step), last]
    }

    fn moved(&self, phase: Phase) -> Notice {
        let here = || self.running.values().filter(|running| Phase::of(&running.step.action) == phase);
        let unmet = here().find_map(|running| running.unmet.as_ref());
        let doing = unmet.map(ToString::to_string).unwrap_or_else(|| {
            let names: Vec<String> = here().map(|running| running.step.action.to_string()).collect();
            names.join(", ")
        });
        Notice::PhaseMoved { phase, done: self.phases.get(&phase).map_or(0, |course| course.done), doing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::claims::Whose;
    use crate::spec::{Group, NodeId};

    const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
    const REDIS_2: NodeId = NodeId::redis(Group::number(1), 2);

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn plan() -> Plan {
        let mut plan = Plan::default();
        let one = plan.push(Action::StartNode { node: REDIS_1 }, "redis-1 is exited", []);
        let two = plan.push(Action::StartNode { node: REDIS_2 }, "redis-2 is exited", []);
        let gate = Gate::ReplicasInSync { group: Group::number(1) };
        plan.push(Action::Await { gate }, "the cluster must be ready", [one, two]);
        plan
    }

    #[test]
    fn a_phase_costs_the_time_in_which_any_of_its_steps_ran() {
        let plan = plan();
        let mut tracker = Tracker::default();
        let started = |n: usize| Event::StepStarted { step: plan.steps[n].clone() };
        let done = |n: usize, took| Event::StepDone { id: StepId(n), took: ms(took) };
        tracker.observe(&Event::PlanStarted { plan: plan.clone() }, ms(0));
        let notices = tracker.observe(&started(0), ms(10));
        assert_eq!(notices[0], Notice::PhaseBegan { phase: Phase::Start, steps: 2 });
        tracker.observe(&started(1), ms(30));
        let notices = tracker.observe(&done(1, 90), ms(100));
        let doing = "start redis-2".to_owned();
        assert_eq!(notices[1], Notice::PhaseMoved { phase: Phase::Start, done: 1, doing });
        let notices = tracker.observe(&done(2, 120), ms(150));
        assert_eq!(notices[1], Notice::PhaseDone { phase: Phase::Start, steps: 2, took: ms(140) });

        tracker.observe(&started(2), ms(150));
        let unmet = Unmet::LinkDown { node: REDIS_2, to: Whose::Node(REDIS_1) };
        let notices = tracker.observe(&Event::StepWaiting { id: StepId(3), unmet: unmet.clone() }, ms(400));
        assert_eq!(notices[0], Notice::Waiting { step: plan.steps[2].clone(), since: ms(250), unmet });
        assert_eq!(
            notices[1],
            Notice::PhaseMoved {
                phase: Phase::InSync,
                done: 0,
                doing: "the link of redis-2 to redis-1 is down".to_owned()
            }
        );
        tracker.observe(&done(3, 350), ms(500));

        let timing = |phase, steps, began, took| PhaseTiming { phase, steps, began: ms(began), took: ms(took) };
        let wanted = vec![timing(Phase::Start, 2, 10, 140), timing(Phase::InSync, 1, 150, 350)];
        assert_eq!(tracker.timings(), Timings { phases: wanted, total: ms(500) });
    }

    #[test]
    fn a_second_plan_adds_to_the_first() {
        let plan = plan();
        let mut tracker = Tracker::default();
        for round in [0, 1000] {
            tracker.observe(&Event::PlanStarted { plan: plan.clone() }, ms(round));
            tracker.observe(&Event::StepStarted { step: plan.steps[0].clone() }, ms(round + 10));
            tracker.observe(&Event::StepDone { id: StepId(1), took: ms(20) }, ms(round + 30));
        }
        let start = PhaseTiming { phase: Phase::Start, steps: 2, began: ms(10), took: ms(40) };
        assert_eq!(tracker.timings(), Timings { phases: vec![start], total: ms(1030) });
    }

    #[test]
    fn a_failed_step_does_not_count_as_done() {
        let plan = plan();
        let mut tracker = Tracker::default();
        tracker.observe(&Event::PlanStarted { plan: plan.clone() }, ms(0));
        tracker.observe(&Event::StepStarted { step: plan.steps[0].clone() }, ms(10));
        let notices = tracker.observe(&Event::StepFailed { id: StepId(1) }, ms(60));
        assert_eq!(notices[0], Notice::StepFailed { step: plan.steps[0].clone() });
        assert_eq!(tracker.timings().phases[0].steps, 0);
    }
}
