//! The state of a running plan: which steps may begin, which gates are shut, and which observations are recent enough.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::observed::{Inventory, NodeState, Observed};
use crate::cluster::{Gate, Unmet};
use crate::plan::{Action, Plan, Step, StepId};
use crate::spec::{NodeId, Spec};

/// How often the Engine is asked again while a gate is shut. Containers change far less often than what servers say.
const INVENTORY_INTERVAL: Duration = Duration::from_millis(500);

/// How long a node that no other needs is waited for after the last change. The exporter and guards start within a second.
const OPTIONAL_LIMIT: Duration = Duration::from_secs(5);

/// The state of a walk.
pub(super) struct Walk<'p> {
    plan: &'p Plan,
    waiting: Vec<&'p Step>,
    began: BTreeMap<StepId, Instant>,
    done: BTreeSet<StepId>,
    /// Gates that are shut, each with the last reason that the listener got; `None` before the first observation.
    shut: BTreeMap<StepId, (&'p Gate, Option<Unmet>)>,
    seen: Observed,
    /// When the inventory in `seen` was asked for; `None` if the next observation must ask again.
    inventory_at: Option<Instant>,
    /// Whether all changes had been made by then.
    is_final: bool,
    /// `Some` while an observation is in flight.
    missed: Option<Missed>,
}

/// What happened during an observation, so that it may show either state.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Gates that were shut. The observation may be older than the steps that they wait for.
    gates: BTreeSet<StepId>,
    /// Whether a step finished.
    pub(super) changes: bool,
}

/// An observation that is due.
pub(super) struct Look {
    /// The inventory as far as it is known.
    pub(super) known: Inventory,
    /// Whether to ask the Engine as well as the servers.
    pub(super) asks_engine: bool,
}

impl<'p> Walk<'p> {
    /// The state at the beginning of the walk.
    pub(super) fn new(plan: &'p Plan, inventory: &Inventory) -> Self {
        Self {
            plan,
            waiting: plan.steps.iter().collect(),
            began: BTreeMap::new(),
            done: BTreeSet::new(),
            shut: BTreeMap::new(),
            seen: Observed { inventory: inventory.clone(), ..Observed::default() },
            inventory_at: None,
            is_final: false,
            missed: None,
        }
    }

    /// The latest observation of the cluster.
    pub(super) const fn seen(&self) -> &Observed {
        &self.seen
    }

    /// The latest observation at the end; `None` if a change was made since the Engine was asked.
    pub(super) fn into_final(self) -> Option<Observed> {
        self.is_final.then_some(self.seen)
    }

    /// Begins the steps whose predecessors are done, and returns them. Gates among them are shut until [`Walk::open`].
    pub(super) fn begin_ready(&mut self) -> Vec<&'p Step> {
        let (ready, waiting): (Vec<&Step>, Vec<&Step>) =
            self.waiting.iter().partition(|step| step.after.iter().all(|id| self.done.contains(id)));
        self.waiting = waiting;
        for step in &ready {
            self.began.insert(step.id, Instant::now());
            if let Action::Await { gate } = &step.action {
                self.shut.insert(step.id, (gate, None));
                self.inventory_at = None;
                if let Some(missed) = &mut self.missed {
                    missed.gates.insert(step.id);
                }
            }
        }
        ready
    }

    /// Begins an observation if a gate is shut and none is in flight.
    pub(super) fn begin_look(&mut self) -> Option<Look> {
        if self.shut.is_empty() || self.missed.is_some() {
            return None;
        }
        self.missed = Some(Missed::default());
        let asks_engine = self.inventory_at.is_none_or(|at| at.elapsed() >= INVENTORY_INTERVAL);
        if asks_engine {
            self.inventory_at = Some(Instant::now());
            self.is_final = self.plan.steps.iter().all(|step| step.action.only_looks() || self.done.contains(&step.id));
        }
        Some(Look { known: self.seen.inventory.clone(), asks_engine })
    }

    /// Takes the result of an observation.
    pub(super) fn end_look(&mut self, seen: Observed) -> Missed {
        self.seen = seen;
        self.missed.take().unwrap_or_default()
    }

    /// Judges the gates that were shut before the last observation began.
    pub(super) fn judge(&self, spec: &Spec, missed: &Missed) -> Vec<(StepId, &'p Gate, Result<(), Unmet>)> {
        let looked_at = self.shut.iter().filter(|(id, _)| !missed.gates.contains(id));
        looked_at.map(|(id, (gate, _))| (*id, *gate, gate.holds(spec, &self.seen))).collect()
    }

    /// Opens a gate. Returns how long it was shut.
    pub(super) fn open(&mut self, id: StepId) -> Duration {
        self.shut.remove(&id);
        self.done.insert(id);
        self.began[&id].elapsed()
    }

    /// Whether only nodes that no other needs are waited for, and that for long enough.
    pub(super) fn gives_up(&self, id: StepId) -> bool {
        let is_alone = self.waiting.is_empty() && self.shut.values().all(|(gate, _)| gate.is_optional());
        let has_ended = |step: &Step| self.done.contains(&step.id) || self.shut.contains_key(&step.id);
        is_alone && self.plan.steps.iter().all(has_ended) && self.began[&id].elapsed() >= OPTIONAL_LIMIT
    }

    /// Records why a gate is shut. Returns whether that is news.
    pub(super) fn stays_shut(&mut self, id: StepId, unmet: &Unmet) -> bool {
        let Some((_, told)) = self.shut.get_mut(&id) else { return false };
        told.replace(unmet.clone()).as_ref() != Some(unmet)
    }

    /// Records that a step other than a gate is done. Returns how long it took.
    pub(super) fn end_step(&mut self, id: StepId, at: Instant) -> Duration {
        self.done.insert(id);
        if let Some(missed) = &mut self.missed {
            missed.changes = true;
        }
        at - self.began[&id]
    }

    /// Gives up to start a node that no other needs if this step of its start has failed. The rest of its steps is left out.
    ///
    /// A plan that only removes, unpauses or limits it is another matter: the next plan would do the same.
    pub(super) fn gives_up_node(&mut self, failed: StepId, at: Instant) -> bool {
        let starts = self.plan.steps.iter().filter_map(|step| match step.action {
            Action::StartNode { node } => Some(node).filter(|node| node.role().is_optional()),
            _ => None,
        });
        let steps_of = |node| self.plan.steps.iter().filter(move |step| step.action.is_of(node));
        let Some(node) = starts.into_iter().find(|node| steps_of(*node).any(|step| step.id == failed)) else {
            return false;
        };
        let left: BTreeSet<StepId> = steps_of(node).map(|step| step.id).collect();
        self.end_step(failed, at);
        let left = |step: &&Step| left.contains(&step.id);
        let (given_up, waiting): (Vec<&Step>, Vec<&Step>) = self.waiting.iter().partition(|step| left(step));
        self.waiting = waiting;
        self.done.extend(given_up.iter().map(|step| step.id));
        true
    }

    /// Whether another plan is due while this walk only waits. `replan` makes the plan for the latest observation.
    ///
    /// With no change ahead, any change in the new plan is news. With changes ahead, both plans have changes. Then only
    /// a node that does not run, that a gate waits for, and that the new plan alone starts shows that waiting is
    /// pointless. Such a node ended after the plan was made, for example because the Engine was still stopping it.
    pub(super) fn is_overtaken(&self, replan: &dyn Fn(&Observed) -> Plan, spec: &Spec) -> bool {
        if self.waiting.iter().all(|step| step.action.only_looks()) {
            return replan(&self.seen).changes();
        }
        let awaited: BTreeSet<NodeId> = self.shut.values().flat_map(|(gate, _)| gate.concerns(spec)).collect();
        let runs =
            |node: &NodeId| self.seen.inventory.nodes.get(node).is_some_and(|facts| facts.state == NodeState::Running);
        let is_start = |step: &Step, node: NodeId| {
            [Action::StartNode { node }, Action::UnpauseNode { node }].contains(&step.action)
        };
        let is_left_out = |node: &NodeId| !runs(node) && !self.waiting.iter().any(|step| is_start(step, *node));
        let left_out: Vec<NodeId> = awaited.into_iter().filter(is_left_out).collect();
        // Most observations find none, and need no plan.
        !left_out.is_empty()
            && replan(&self.seen).steps.iter().any(|step| left_out.iter().any(|node| is_start(step, *node)))
    }

    /// The number of finished steps.
    pub(super) fn done(&self) -> usize {
        self.done.len()
    }

    /// The changes that were not made.
    pub(super) fn changes_left(&self) -> Vec<String> {
        let left = self.plan.steps.iter().filter(|step| !self.done.contains(&step.id) && !step.action.only_looks());
        left.map(|step| step.action.to_string()).collect()
    }
}
