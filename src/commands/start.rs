//! `redos start`: start nodes that are stopped, or the whole cluster, and wait until they serve.

use tokio::time::Instant;

use super::{Context, existing, observe, plan, up, walk};
use crate::cluster::observed::Observed;
use crate::error::{Exit, Failure};
use crate::output::lifecycle::{LifecycleDocument, Verb};
use crate::plan::diff::lifecycle;
use crate::plan::{Plan, diff};
use crate::spec::settings::GivenSecrets;
use crate::spec::{ClusterName, Spec};

/// Starts the named nodes; when none is named, all, and then it waits as `up` does. `dry_run` shows the
/// plan alone. Else the caller holds the cluster's lock.
///
/// # Errors
/// There is no such cluster or node; else as [`up::run`].
pub async fn run(
    context: &Context,
    name: &ClusterName,
    named: &[String],
    deadline: Instant,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let found = existing::find(&*context.engine, name).await?;
    let spec = existing::recorded(name, &found.inventory)?.clone();
    let given = GivenSecrets::default();
    let nodes = existing::named(&spec, &found.inventory, named)?;
    let seen = observe(context, &spec, found).await?;
    let plan_of = |spec: &Spec, observed: &Observed| match &nodes {
        Some(nodes) => lifecycle::start(spec, observed, nodes),
        None => diff(spec, observed),
    };
    if dry_run {
        return plan::show(context, name, &plan_of(&spec, &seen.observed));
    }
    if nodes.is_none() {
        return up::run(context, &spec, (&given, &given), diff, seen, deadline).await;
    }
    up::no_snapshot_is_ignored(&spec, &seen.observed)?;
    let before = Observed { inventory: seen.observed.inventory.clone(), ..Observed::default() };
    let (done, _) = walk::converge(context, &spec, (&given, &given), plan_of, seen, deadline).await?;
    let steps = done.plans.into_iter().flat_map(|plan| plan.steps).collect();
    let walked = Plan { steps, ..Plan::default() };
    let document = LifecycleDocument::new(Verb::Start, &spec, &before, &walked, done.took);
    context.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
