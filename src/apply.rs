//! Walks a plan: runs every step as soon as the steps before it are done, reports events, decides nothing.
//!
//! Steps that wait for a gate share one observer, so that ten gates cost no more questions than one.

mod error;
mod patience;
mod step;
mod walk;

use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::walk::{Look, Missed, Walk};
use crate::cluster::desired::Programs;
use crate::cluster::observed::{Inventory, Observed, Topology};
use crate::engine::{Clusters, EngineError, Nodes};
use crate::plan::event::Event;
use crate::plan::{Action, Plan, StepId};
use crate::servers::Servers;
use crate::spec::{Secrets, Spec};

pub use self::error::ApplyError;
pub use self::patience::patiently;

/// The shortest time between two observations while a gate is shut. Each costs a few milliseconds of every server, and
/// nothing becomes ready faster than this matters.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// The servers of a cluster, and the passwords for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached<S> {
    /// The passwords of the servers.
    pub secrets: Secrets,
    pub servers: S,
}

/// Everything that a walk needs.
pub struct Applier<'a, E, S> {
    pub engine: &'a E,
    /// The servers. Stopping and removing nodes needs none.
    pub reached: Option<&'a Reached<S>>,
    /// What the cluster is when the plan is done.
    pub spec: &'a Spec,
    /// What it is in the end, which is recorded.
    pub target: &'a Spec,
    /// The images for the nodes. A plan that creates no node needs none.
    pub programs: Option<&'a Programs>,
    /// Where events go.
    pub report: &'a (dyn Fn(Event) + Send + Sync),
    /// Set by the first Ctrl-C: running steps are finished, no new one begins.
    pub cancel: &'a CancellationToken,
    /// When shut gates give up.
    pub deadline: Instant,
    /// Makes a new plan from the latest observation while gates are shut. `None` walks the plan to its end, whatever
    /// happens.
    pub replan: Option<&'a (dyn Fn(&Observed) -> Plan + Send + Sync)>,
}

/// The outcome of a successful walk.
#[derive(Clone, Debug, PartialEq)]
pub enum Walked {
    /// All steps are done.
    Done {
        /// The cluster after the last change; `None` when no gate was waited for since.
        seen: Option<Box<Observed>>,
    },
    /// Waiting is pointless: things have changed since the plan was made, and another plan is due.
    Overtaken,
}

enum Finished {
    Step(StepId, Instant, Result<(), ApplyError>),
    Look(Box<Observed>, Result<(), EngineError>),
}

impl<E: Clusters + Nodes, S: Servers> Applier<'_, E, S> {
    /// Walks the plan to its end, until it is overtaken, or to the first failure.
    ///
    /// After a failure it finishes the running steps and begins no new one.
    ///
    /// # Errors
    /// The first step that failed, the first gate that did not open before the deadline, or the interruption.
    pub async fn apply(&self, plan: &Plan, inventory: &Inventory) -> Result<Walked, ApplyError> {
        let began = Instant::now();
        (self.report)(Event::PlanStarted { plan: plan.clone() });
        let network = Mutex::new(inventory.network.clone());
        let mut walk = Walk::new(plan, inventory);
        let mut running: FuturesUnordered<RunningStep<'_>> = FuturesUnordered::new();
        let mut failure: Option<ApplyError> = None;
        let mut interrupted = false;
        loop {
            interrupted |= self.cancel.is_cancelled();
            let goes_on = failure.is_none() && !interrupted;
            if goes_on {
                for step in walk.begin_ready() {
                    (self.report)(Event::StepStarted { step: step.clone() });
                    if !matches!(step.action, Action::Await { .. }) {
                        let (before, network) = (walk.seen().inventory.clone(), &network);
                        running.push(Box::pin(async move {
                            let result = self.run(step, inventory, &before, network).await;
                            Finished::Step(step.id, Instant::now(), result)
                        }));
                    }
                }
                if let Some(look) = walk.begin_look() {
                    running.push(Box::pin(self.look(look)));
                }
            }
            let finished = tokio::select! {
                next = running.next() => next,
                () = self.cancel.cancelled(), if goes_on => continue,
            };
            match finished {
                None => break,
                Some(Finished::Step(id, at, Ok(()))) => {
                    (self.report)(Event::StepDone { id, took: walk.end_step(id, at) });
                }
                Some(Finished::Step(id, at, Err(error))) => {
                    (self.report)(Event::StepFailed { id });
                    // An optional node, such as a guard, does not end the run: its last observation reports what is missing.
                    if self.replan.is_some() && walk.gives_up_node(id, at) {
                        (self.report)(Event::remark(error.with_sources()));
                    } else {
                        failure.get_or_insert(error);
                    }
                }
                Some(Finished::Look(observed, result)) => {
                    let missed = walk.end_look(*observed);
                    if let Err(source) = result {
                        let step = "look at the cluster".to_owned();
                        failure.get_or_insert(ApplyError::Engine { step, source });
                    }
                    let only_waits = goes_on && running.is_empty() && !missed.changes;
                    if only_waits && self.replan.is_some_and(|replan| walk.is_overtaken(replan, self.spec)) {
                        return Ok(Walked::Overtaken);
                    }
                    if let Err(late) = self.judge(&mut walk, &missed) {
                        failure.get_or_insert(late);
                    }
                }
            }
        }
        match failure {
            Some(error) => Err(error),
            None if interrupted && walk.done() < plan.steps.len() => {
                let (done, total) = (walk.done(), plan.steps.len());
                Err(ApplyError::Interrupted { done, total, left: walk.changes_left() })
            }
            None => {
                (self.report)(Event::PlanDone { took: began.elapsed() });
                Ok(Walked::Done { seen: walk.into_final().map(Box::new) })
            }
        }
    }

    /// Opens the gates that hold, and one that is for metrics alone after a while.
    ///
    /// After the deadline the first other one that does not hold is the error.
    fn judge(&self, walk: &mut Walk<'_>, missed: &Missed) -> Result<(), ApplyError> {
        let mut late = Ok(());
        for (id, gate, verdict) in walk.judge(self.spec, missed) {
            match verdict {
                Ok(()) => (self.report)(Event::StepDone { id, took: walk.open(id) }),
                Err(_) if walk.gives_up(id) => {
                    (self.report)(Event::StepFailed { id });
                    walk.open(id);
                }
                Err(unmet) if Instant::now() >= self.deadline && !gate.is_optional() => {
                    (self.report)(Event::StepFailed { id });
                    late = late.and(Err(ApplyError::timeout(gate.clone(), unmet, self.spec, walk.seen())));
                }
                Err(unmet) if walk.stays_shut(id, &unmet) => {
                    (self.report)(Event::StepWaiting { id, unmet });
                }
                Err(_) => {}
            }
        }
        late
    }

    /// One observation, at least [`LOOK_INTERVAL`] after it was asked for, unless it includes the Engine.
    async fn look(&self, Look { known, asks_engine }: Look) -> Finished {
        let (inventory, result) = if asks_engine {
            match self.engine.inventory(&self.spec.name).await {
                Ok(inventory) => (inventory, Ok(())),
                Err(error) => (known, Err(error)),
            }
        } else {
            sleep(LOOK_INTERVAL).await;
            (known, Ok(()))
        };
        let topology = match self.reached {
            Some(reached) => reached.servers.topology(&inventory).await,
            None => Topology::default(),
        };
        Finished::Look(Box::new(Observed::new(inventory, topology)), result)
    }
}

type RunningStep<'a> = Pin<Box<dyn Future<Output = Finished> + Send + 'a>>;
