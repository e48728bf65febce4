//! `redos down`: remove what carries the cluster's labels, and nothing else.

use std::time::Duration;

use tokio::time::Instant;

use super::{Context, explain, lock};
use crate::apply::Applier;
use crate::engine::Engine;
use crate::error::{Exit, Failure};
use crate::output::plan::DownDocument;
use crate::plan::observed::Inventory;
use crate::plan::{Action, Plan, teardown};
use crate::sentinel::client::Client;
use crate::spec::secret::SECRET_OCTETS;
use crate::spec::{ClusterName, Secrets, Spec};

/// Nothing in a teardown waits for a gate; stops and removals have deadlines of their own.
const DEADLINE: Duration = Duration::from_secs(300);

/// Runs it.
///
/// # Errors
/// The Engine failed. A cluster that does not exist is not an error.
pub async fn run(context: &Context, name: &ClusterName, with_volumes: bool) -> Result<Exit, Failure> {
    let Context { ui, engine, cancel, .. } = context;
    let _lock = lock::hold(ui, name).await?;
    let inventory = engine.inventory(name).await?;
    let plan = teardown(&inventory, with_volumes);
    let spec = Spec::with_defaults(name.clone());
    let secrets = Secrets::made(|| [0; SECRET_OCTETS]);
    let servers = Client::new(engine.clone(), spec.clone(), secrets.clone());
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let applier = Applier {
        engine: &**engine,
        servers: &servers,
        spec: &spec,
        secrets: &secrets,
        programs: None,
        report: &report,
        cancel,
        deadline: Instant::now() + DEADLINE,
        is_overtaken: &|_| false,
    };
    let began = Instant::now();
    let result = applier.apply(&plan, &inventory).await;
    progress.finish();
    if let Err(error) = result {
        return Err(explain(context, &spec, error).await);
    }
    let mut document = told(name, &plan, &inventory);
    document.seconds = began.elapsed().as_secs_f64();
    ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

/// What the steps of a teardown remove, by name, and what they leave.
fn told(name: &ClusterName, plan: &Plan, inventory: &Inventory) -> DownDocument {
    let mut document = DownDocument::new(name.clone());
    let volumes = |node| inventory.volumes.get(node).map(|volume| volume.name.clone());
    let mut kept = inventory.volumes.clone();
    for step in &plan.steps {
        match &step.action {
            Action::RemoveNode { node } => document.removed_containers.push(node.container_name(name)),
            Action::RemoveNetwork => {
                document.removed_networks.extend(inventory.network.as_ref().map(|network| network.name.clone()));
            }
            Action::RemoveVolume { node } => {
                document.removed_volumes.extend(volumes(node));
                kept.remove(node);
            }
            _ => {}
        }
    }
    document.kept_volumes = kept.into_values().map(|volume| volume.name).collect();
    document
}
