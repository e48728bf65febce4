//! `redos stop`: stop nodes, or the whole cluster in an order after which `start` has the same master and all data.

use std::time::Duration;

use tokio::time::Instant;

use super::{Context, existing, observe_decided, walk};
use crate::converge::{Reached, Seen};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::lifecycle::{LifecycleDocument, Verb};
use crate::plan::diff::lifecycle;
use crate::servers::client::Client;
use crate::spec::secret::SECRET_BYTES;
use crate::spec::{ClusterName, Secrets};

/// No gate is waited for; stops and switchovers have deadlines of their own.
const DEADLINE: Duration = Duration::from_secs(300);

/// Stops the named nodes, or all when none is named. `force` allows what costs more than the nodes,
/// `dry_run` shows the plan alone. Else the caller holds the cluster's lock.
///
/// # Errors
/// There is no such cluster or node; an objection, before anything is changed; the Engine or a switchover failed.
pub async fn run(
    context: &Context,
    name: &ClusterName,
    named: &[String],
    force: bool,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let found = existing::find(&*context.engine, name).await?;
    let spec = existing::recorded(name, &found.inventory)?.clone();
    let nodes = existing::named(&spec, &found.inventory, named)?;
    let Seen { observed, reached } = observe_decided(context, &spec, found).await?;
    let proposal = lifecycle::stop(&spec, &observed, nodes.as_ref());
    if dry_run {
        return existing::propose(context, name, &proposal);
    }
    existing::meant(name, "stop", named, &proposal.objections, force)?;
    // A cluster without secrets has no server to log in at, and containers stop without them.
    let reached = reached.unwrap_or_else(|| {
        let secrets = Secrets::made(|| [0; SECRET_BYTES]);
        Reached { servers: Client::new(context.engine.clone(), spec.clone(), secrets.clone()), secrets }
    });
    let took =
        walk::plan(context, &spec, &reached, &proposal.plan, &observed.inventory, Instant::now() + DEADLINE).await;
    let took = took.map_err(|failure| match failure.kind {
        FailureKind::Interrupted => {
            let again = [vec!["stop"], named.iter().map(String::as_str).collect()].concat().join(" ");
            let hints = vec![
                format!("stop the rest: {}", command_line(name, &again)),
                format!("start it again: {}", command_line(name, "start")),
            ];
            Failure { hints, ..failure }
        }
        _ => failure,
    })?;
    let document = LifecycleDocument::new(Verb::Stop, &spec, &observed, &proposal.plan, took);
    context.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
