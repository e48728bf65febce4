//! The loop of `down`: find the cluster, remove it, and look again, until nothing is left to remove.
//!
//! It is a loop of its own beside [`Converger`](super::Converger) because it asks no server. Stops and removals need none,
//! and a cluster whose servers do not answer must go as well. So it has no passwords, no gates and no proof at the end.
//! It waits instead: the Engine may still finish what a killed redos asked it for.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::looking;
use crate::apply::{Applier, ApplyError};
use crate::cluster::observed::Inventory;
use crate::cluster::refusal::Refusal;
use crate::engine::{Clusters, Nodes};
use crate::plan::event::Event;
use crate::plan::{Action, Plan, teardown};
use crate::servers::Servers;
use crate::spec::{ClusterName, Spec};

/// Time limit of a teardown. Nothing in it waits for a gate; stops and removals have deadlines of their own.
const DEADLINE: Duration = Duration::from_secs(300);
/// How long something that cannot be removed may stay so. The Engine finishes what a killed redos asked it for: a start
/// of a container took 1 to 3 s on a loaded machine, and until then its volume is in use.
const STRAGGLING: Duration = Duration::from_secs(20);
/// How long nothing new must appear, after a redos was killed, before the teardown is complete.
const LATECOMERS: Duration = Duration::from_secs(1);
/// Time between two looks at what could not be removed.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Everything that the loop needs.
pub struct Teardown<'a, E> {
    pub engine: &'a E,
    pub cluster: &'a ClusterName,
    /// Whether the data go as well.
    pub with_volumes: bool,
    /// Whether a redos was killed in the middle of a change. Something may appear late then.
    pub after_a_kill: bool,
    /// Where events go.
    pub report: &'a (dyn Fn(Event) + Send + Sync),
    /// Set by the first Ctrl-C.
    pub cancel: &'a CancellationToken,
}

/// The result of the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct TornDown {
    pub removed: Removed,
    /// What is kept: data, and a network that others use.
    pub left: Inventory,
    /// The directory of the host with the data of Redis, if the cluster had one.
    pub dir: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

impl<E: Clusters + Nodes> Teardown<'_, E> {
    /// Removes, and looks again, until nothing is left. `S` are the servers, of which none is asked.
    ///
    /// # Errors
    /// The Engine failed, or something stays in use. A cluster that does not exist is not an error.
    pub async fn run<S: Servers>(self) -> Result<TornDown, ApplyError> {
        let began = Instant::now();
        let spec = Spec::with_defaults(self.cluster.clone());
        let applier: Applier<'_, E, S> = Applier {
            engine: self.engine,
            reached: None,
            spec: &spec,
            target: &spec,
            programs: None,
            report: self.report,
            cancel: self.cancel,
            deadline: began + DEADLINE,
            replan: None,
        };
        let mut removed = Removed::default();
        let mut inventory = self.look().await?;
        let dir = inventory.recorded.as_ref().and_then(|recorded| recorded.persistence.dir.clone());
        let mut changed_at = Instant::now();
        loop {
            if let Some(refusal) = Refusal::unseen(self.cluster, &inventory, |_| true) {
                return Err(ApplyError::Refused(refusal));
            }
            let plan = teardown(&inventory, self.with_volumes);
            let walked = if plan.is_empty() {
                if !self.after_a_kill || changed_at.elapsed() >= LATECOMERS {
                    return Ok(TornDown { removed, left: inventory, dir, took: began.elapsed() });
                }
                sleep(LOOK_INTERVAL).await;
                Ok(())
            } else {
                removed.note(self.cluster, &plan, &inventory);
                applier.apply(&plan, &inventory).await.map(drop)
            };
            let found = self.look().await?;
            if found != inventory {
                changed_at = Instant::now();
            }
            if let Err(error) = walked {
                if !error.is_conflict() || changed_at.elapsed() >= STRAGGLING {
                    return Err(error);
                }
                sleep(LOOK_INTERVAL).await;
            }
            inventory = found;
        }
    }

    async fn look(&self) -> Result<Inventory, ApplyError> {
        self.engine.inventory(self.cluster).await.map_err(looking(self.cluster))
    }
}

/// The names of what existed and had to go. What could not be removed at once is noted again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub containers: BTreeSet<String>,
    pub networks: BTreeSet<String>,
    pub volumes: BTreeSet<String>,
}

impl Removed {
    fn note(&mut self, name: &ClusterName, plan: &Plan, inventory: &Inventory) {
        for step in &plan.steps {
            match &step.action {
                Action::RemoveNode { node } => _ = self.containers.insert(node.container_name(name)),
                Action::RemoveNetwork => {
                    self.networks.extend(inventory.network.as_ref().map(|network| network.name.clone()));
                }
                Action::RemoveVolume { node } => {
                    self.volumes.extend(inventory.volumes.get(node).map(|volume| volume.name.clone()));
                }
                _ => {}
            }
        }
    }
}
