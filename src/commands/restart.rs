//! `redos restart`: restart nodes one after the other, masters last and after a switchover.

use tokio::time::Instant;

use super::{Context, existing, observe_decided, walk};
use crate::converge::Seen;
use crate::error::{Exit, Failure};
use crate::output::lifecycle::{LifecycleDocument, Verb};
use crate::plan::diff::lifecycle;
use crate::spec::ClusterName;

/// Restarts the named nodes that run, or all Redis nodes and Sentinels when none is named. `force` allows what costs more
/// than the nodes,
/// `dry_run` shows the plan alone. Else the caller holds the cluster's lock.
///
/// # Errors
/// There is no such cluster or node; an objection, before anything is changed; a node that does not come back in time.
pub async fn run(
    context: &Context,
    name: &ClusterName,
    named: &[String],
    deadline: Instant,
    force: bool,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let found = existing::find(&*context.engine, name).await?;
    let spec = existing::recorded(name, &found.inventory)?.clone();
    let nodes = existing::named(&spec, &found.inventory, named)?;
    let Seen { observed, reached } = observe_decided(context, &spec, found).await?;
    let proposal = lifecycle::restart(&spec, &observed, nodes.as_ref());
    if dry_run {
        return existing::propose(context, name, &proposal);
    }
    existing::meant(name, "restart", named, &proposal.objections, force)?;
    let reached = reached.ok_or_else(|| existing::no_passwords(name))?;
    let took = walk::plan(context, &spec, &reached, &proposal.plan, &observed.inventory, deadline).await?;
    let document = LifecycleDocument::new(Verb::Restart, &spec, &observed, &proposal.plan, took);
    context.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
