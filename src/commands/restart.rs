//! `redos restart`: restarts nodes one at a time, masters last and after a switchover.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::options::READY_TIMEOUT;
use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose, ready};
use crate::converge::Seen;
use crate::error::{Exit, Failure};
use crate::output::lifecycle::{LifecycleDocument, LifecycleVerb};
use crate::plan::diff::lifecycle;
use crate::spec::{ClusterName, time};

/// Arguments of `restart`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It restarts one node at a time and waits until that serves again. A master
hands over first, so another node is master afterwards. Without names it does
not restart the proxies, because that closes all connections through them.

Examples:
  redos restart
  redos restart redis-2
  redos restart proxy-1 proxy-2")]
pub struct RestartArgs {
    /// Nodes, such as redis-2; without any all Redis nodes and Sentinels
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Allow what costs more than a restart: the quorum for a moment, writes while a master restarts
    #[arg(long)]
    pub force: bool,
    /// The longest wait until all of them serve again
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Restarts the named nodes that run, or all Redis nodes and Sentinels without names.
///
/// # Errors
/// There is no such cluster or node; an objection, before anything is changed; a node that does not come back in time.
pub async fn run<W: World>(args: RestartArgs, call: Call<W>) -> Result<Exit, Failure> {
    let deadline = Instant::now() + args.timeout;
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let restart = async |_| restart(&args, &cluster, &session, deadline).await;
    Turn { cluster: &cluster, verb: "restart", deadline }.take_unless(args.dry_run, &session, restart).await
}

async fn restart<W: World>(
    args: &RestartArgs,
    cluster: &ClusterName,
    session: &Session<W>,
    deadline: Instant,
) -> Result<Exit, Failure> {
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    let nodes = lookup::named(&spec, &found.inventory, &args.nodes)?;
    let Seen { observed, reached } = session.observe_decided(&spec, found).await?;
    let proposal = lifecycle::restart(&spec, &observed, nodes.as_ref());
    if args.dry_run {
        return propose::lifecycle(session, cluster, &proposal);
    }
    lookup::meant(cluster, "restart", &args.nodes, &proposal.objections, args.force)?;
    let reached = reached.ok_or_else(|| lookup::no_passwords(cluster))?;
    let took = ready::plan(session, &spec, Some(&reached), &proposal.plan, &observed.inventory, deadline).await?;
    let document = LifecycleDocument::new(LifecycleVerb::Restart, &spec, &observed, &proposal.plan, took);
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
