//! `redos down`: removes what carries the cluster's labels, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::session::lock::Turn;
use super::session::{Call, Session, World, ask, propose};
use crate::apply::Applier;
use crate::cluster::observed::Inventory;
use crate::engine::Clusters;
use crate::error::{Exit, Failure};
use crate::output::plan::{DownDocument, KeptNetwork};
use crate::output::units::count;
use crate::plan::{Action, Plan, teardown};
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

/// Arguments of `down`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It removes only what carries the labels of this cluster. The next 'up' has the
data and the password again.

With --volumes it asks first in a terminal; in a script it does not ask.

Examples:
  redos down
  redos down --volumes       and the data is gone
  redos -p shop down")]
pub struct DownArgs {
    /// Remove the volumes too: all data and passwords of the cluster
    #[arg(long)]
    pub volumes: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
}

/// Removes, and looks again, until nothing is left.
///
/// Something may appear after the first look, or be in use for a moment, when an `up` was killed just before: the
/// Engine still finishes its requests.
///
/// # Errors
/// The Engine failed, or something stays in use. A cluster that does not exist is not an error.
pub async fn run<W: World>(args: DownArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let name = &cluster;
    let session = call.connect().await?;
    let engine = &session.engine;
    let with_volumes = args.volumes;
    let found = engine.inventory(name).await?;
    if args.dry_run {
        return propose::plan(&session, name, &teardown(&found, with_volumes));
    }
    if with_volumes && !args.yes && !found.volumes.is_empty() {
        let what = format!("{} of the cluster '{name}' and all data in them", count(found.volumes.len(), "volume"));
        ask::agreed(&session, &format!("remove {what}, for good?")).await?;
    }
    let remove = async |after_a_kill| remove(&session, name, with_volumes, after_a_kill).await;
    Turn::of(name, "down").take(&session, remove).await
}

/// Removes it. The caller holds the cluster's lock.
async fn remove<W: World>(
    session: &Session<W>,
    name: &ClusterName,
    with_volumes: bool,
    after_a_kill: bool,
) -> Result<Exit, Failure> {
    let Session { ui, engine, cancel, .. } = session;
    let spec = Spec::with_defaults(name.clone());
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let began = Instant::now();
    let applier: Applier<'_, _, W::Servers> = Applier {
        engine: &**engine,
        reached: None,
        spec: &spec,
        target: &spec,
        programs: None,
        report: &report,
        cancel,
        deadline: began + DEADLINE,
        replan: None,
    };
    let mut removed = Removed::default();
    let mut inventory = engine.inventory(name).await?;
    let dir = inventory.recorded.as_ref().and_then(|recorded| recorded.persistence.dir.clone());
    let mut changed_at = Instant::now();
    loop {
        let plan = teardown(&inventory, with_volumes);
        if plan.is_empty() {
            if !after_a_kill || changed_at.elapsed() >= LATECOMERS {
                break;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
            let found = engine.inventory(name).await?;
            if found != inventory {
                changed_at = Instant::now();
            }
            inventory = found;
            continue;
        }
        removed.note(name, &plan, &inventory);
        let result = applier.apply(&plan, &inventory).await;
        let left = engine.inventory(name).await?;
        if left != inventory {
            changed_at = Instant::now();
        }
        if let Err(error) = result {
            if !error.is_conflict() || changed_at.elapsed() >= STRAGGLING {
                progress.finish();
                return Err(session.explain(&spec, error).await);
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        inventory = left;
    }
    progress.finish();
    let document = DownDocument { kept_dir: dir, ..removed.told(name, &inventory, began.elapsed()) };
    ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

/// Records the names of what existed and had to go. What could not be removed at once is recorded again.
#[derive(Default)]
struct Removed {
    containers: BTreeSet<String>,
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
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

    /// The document, when only what is kept is `left`.
    fn told(self, name: &ClusterName, left: &Inventory, took: Duration) -> DownDocument {
        let mut document = DownDocument::new(name.clone());
        document.seconds = took.as_secs_f64();
        document.removed_containers = self.containers.into_iter().collect();
        document.removed_networks = self.networks.into_iter().collect();
        document.removed_volumes = self.volumes.into_iter().collect();
        document.kept_network = left.network.as_ref().filter(|network| network.is_own).map(|network| KeptNetwork {
            name: network.name.clone(),
            containers: network.guests.iter().cloned().collect(),
        });
        document.kept_volumes = left.volumes.values().map(|volume| volume.name.clone()).collect();
        document
    }
}
