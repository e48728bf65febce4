//! `redos start`: starts stopped nodes, or the whole cluster, and waits until they serve.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::options::READY_TIMEOUT;
use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose, ready};
use crate::cluster::observed::Observed;
use crate::error::{Exit, Failure};
use crate::output::lifecycle::{LifecycleDocument, LifecycleVerb};
use crate::plan::diff::lifecycle;
use crate::plan::{Past, Plan, Stage, diff, next};
use crate::spec::settings::GivenSecrets;
use crate::spec::{ClusterName, Spec, time};

/// Arguments of `start`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without names it waits until the cluster is ready, as 'up' does, with the
settings that it has. A node that was master when it stopped follows the one
that is master now.

Examples:
  redos start
  redos start redis-2 sentinel-3")]
pub struct StartArgs {
    /// Nodes, such as redis-2; without any the whole cluster
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// The longest wait until they serve
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Starts the named nodes; without names all, and then it waits as `up` does.
///
/// # Errors
/// There is no such cluster or node; else as [`ready::until_ready`].
pub async fn run<W: World>(args: StartArgs, call: Call<W>) -> Result<Exit, Failure> {
    let deadline = Instant::now() + args.timeout;
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let start = async |_| start(&args, &cluster, &session, deadline).await;
    Turn { cluster: &cluster, verb: "start", deadline }.take_unless(args.dry_run, &session, start).await
}

async fn start<W: World>(
    args: &StartArgs,
    cluster: &ClusterName,
    session: &Session<W>,
    deadline: Instant,
) -> Result<Exit, Failure> {
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    let given = GivenSecrets::default();
    let nodes = lookup::named(&spec, &found.inventory, &args.nodes)?;
    let seen = session.observe(&spec, found).await?;
    if args.dry_run {
        let plan = match &nodes {
            Some(nodes) => lifecycle::start(&spec, &seen.observed, nodes),
            None => diff(&spec, &seen.observed),
        };
        return propose::plan(session, cluster, &plan);
    }
    let Some(nodes) = nodes else {
        return ready::until_ready(session, &spec, (&given, &given), next, seen, deadline, None).await;
    };
    ready::no_snapshot_is_ignored(&spec, &seen.observed)?;
    let before = Observed { inventory: seen.observed.inventory.clone(), ..Observed::default() };
    let start = |spec: &Spec, observed: &Observed, _: &Past| Stage {
        spec: spec.clone(),
        plan: lifecycle::start(spec, observed, &nodes),
    };
    let (done, _) = ready::converge(session, &spec, (&given, &given), start, seen, deadline).await?;
    let steps = done.plans.into_iter().flat_map(|plan| plan.steps).collect();
    let walked = Plan { steps, ..Plan::default() };
    let document = LifecycleDocument::new(LifecycleVerb::Start, &spec, &before, &walked, done.took);
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
