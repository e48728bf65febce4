//! `redos stop`: stops nodes, or the whole cluster.
//!
//! After the order of its steps `start` has the same masters and all data.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose, ready};
use crate::converge::Seen;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::lifecycle::{LifecycleDocument, LifecycleVerb};
use crate::plan::diff::lifecycle;
use crate::spec::ClusterName;

/// Time limit of a stop. No gate is waited for; stops and switchovers have deadlines of their own.
const DEADLINE: Duration = Duration::from_secs(300);

/// Arguments of `stop`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without names the whole cluster stops: Sentinels first, so that nothing is
replaced, masters last, so that they have every write. 'start' brings back the
same masters and all data, also after a restart of the host. A master among
named nodes hands over before it stops.

Examples:
  redos stop                    everything
  redos stop redis-2 sentinel-3
  redos stop redis-1 --force    although nobody can take over")]
pub struct StopArgs {
    /// Nodes, such as redis-2; without any the whole cluster
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Allow what costs more than these nodes: the quorum, a group's master, the last proxy, data that are not on disk
    #[arg(long)]
    pub force: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Stops the named nodes, or all without names.
///
/// # Errors
/// There is no such cluster or node; an objection, before anything is changed; the Engine or a switchover failed.
pub async fn run<W: World>(args: StopArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let stop = async |_| stop(&args, &cluster, &session).await;
    Turn::of(&cluster, "stop").take_unless(args.dry_run, &session, stop).await
}

async fn stop<W: World>(args: &StopArgs, cluster: &ClusterName, session: &Session<W>) -> Result<Exit, Failure> {
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    let nodes = lookup::named(&spec, &found.inventory, &args.nodes)?;
    let Seen { observed, reached } = session.observe_decided(&spec, found).await?;
    let proposal = lifecycle::stop(&spec, &observed, nodes.as_ref());
    if args.dry_run {
        return propose::lifecycle(session, cluster, &proposal);
    }
    lookup::meant(cluster, "stop", &args.nodes, &proposal.objections, args.force)?;
    // If the passwords are not known, redos cannot log in at a server, but containers stop without that.
    let deadline = Instant::now() + DEADLINE;
    let took = ready::plan(session, &spec, reached.as_ref(), &proposal.plan, &observed.inventory, deadline).await;
    let took = took.map_err(|failure| match failure.kind {
        FailureKind::Interrupted => {
            let again = [vec!["stop"], args.nodes.iter().map(String::as_str).collect()].concat().join(" ");
            let hints = vec![
                format!("stop the rest: {}", command_line(cluster, &again)),
                format!("start it again: {}", command_line(cluster, "start")),
            ];
            Failure { hints, ..failure }
        }
        _ => failure,
    })?;
    let document = LifecycleDocument::new(LifecycleVerb::Stop, &spec, &observed, &proposal.plan, took);
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
