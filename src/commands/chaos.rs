//! `redos chaos`: applies a fault for a time, and undoes faults that are left.
//!
//! It holds the cluster's lock while faults are applied and while they are undone, and not while they last: `chaos
//! heal` and `up` can end a fault that lasts. Only a watchdog works without the lock, because it is there for what went
//! wrong.

mod args;
mod faults;
mod inflict;
mod undo;

use std::time::Duration;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::session::{Call, Session, World};
use crate::agent;
use crate::agent::order::Order;
use crate::chaos::watchdog;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::Ui;
use crate::spec::{ClusterName, Group, NodeId};
use args::{NodesArgs, TargetArgs};
use faults::FaultCommand;
use inflict::Inflicted;
use undo::Remedy;

/// Arguments of `chaos`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "redos records a fault, applies it, sees it work, undoes it after its time, and
sees that it is gone. If redos is killed, a watchdog beside it undoes the
fault; so do 'redos chaos heal' and 'redos up'.

Examples:
  redos chaos pause master --for 10s
  redos chaos kill replica --for 5s --dry-run
  redos chaos partition master --from replicas,sentinels
  redos chaos latency random --delay 50ms --seed 7
  redos chaos ls
  redos chaos heal")]
pub struct ChaosArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ChaosVerb,
}

/// What `chaos` does.
#[derive(Clone, Debug, Subcommand)]
pub enum ChaosVerb {
    /// A fault, for a time.
    #[command(flatten)]
    Fault(FaultCommand),
    /// Undo a pause, and unpause what 'docker pause' froze
    #[command(after_help = "Examples:
  redos chaos unpause redis-1")]
    Unpause(NodesArgs),
    /// Undo a kill or a stop, and start what does not run
    #[command(after_help = "Examples:
  redos chaos start redis-1")]
    Start(NodesArgs),
    /// Stop it in good order and start it again at once
    #[command(after_help = "Examples:
  redos chaos restart leader-sentinel")]
    Restart(TargetArgs),
    /// List the faults that are not undone yet
    #[command(after_help = "Examples:
  redos chaos ls")]
    Ls,
    /// Undo all faults of all clusters, or those of some nodes
    #[command(after_help = "Examples:
  redos chaos heal
  redos chaos heal redis-1 sentinel-2
  redos chaos heal --dry-run")]
    Heal {
        /// Nodes of this cluster [default: all of the cluster that is named, of all clusters where none is]
        #[arg(value_name = "NODE")]
        nodes: Vec<String>,
        /// Say what would be undone, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Hold a network fault beside a container
    #[command(
        hide = true,
        after_help = "Examples:
  redos chaos agent ORDER"
    )]
    Agent {
        /// What to do, as JSON
        order: String,
    },
    /// Undo a fault when its time is over, should its redos not
    #[command(
        hide = true,
        after_help = "Examples:
  redos chaos watchdog 00ff00ff00ff00ff"
    )]
    Watchdog {
        /// Id of the fault
        id: String,
    },
}

/// Runs the action.
///
/// # Errors
/// There is no such cluster or target, a fault that would take too much, one that cannot be applied, or not be undone.
pub async fn run<W: World>(args: ChaosArgs, call: Call<W>) -> Result<Exit, Failure> {
    // An agent runs where there is no Engine.
    if let ChaosVerb::Agent { order } = &args.action {
        return hold(&call.ui, order, &call.cancel).await;
    }
    let (cluster, is_named) = call.cluster_and_whether_named()?;
    let fault = Inflicted::of(&args.action)?;
    let session = call.connect().await?;
    match (&args.action, fault) {
        (_, Some(fault)) => inflict::inflict(&session, &cluster, &fault).await,
        (ChaosVerb::Ls, _) => undo::list(&session).await,
        (ChaosVerb::Watchdog { id }, _) => Ok(watchdog::watch_over(&*session.engine, id).await.map(|()| Exit::Done)?),
        (ChaosVerb::Unpause(args), _) => undo::remedy(&session, &cluster, Remedy::Unpause, args).await,
        (ChaosVerb::Start(args), _) => undo::remedy(&session, &cluster, Remedy::Start, args).await,
        (ChaosVerb::Heal { nodes, dry_run }, _) if !nodes.is_empty() => {
            let nodes = NodesArgs { nodes: nodes.clone(), dry_run: *dry_run };
            undo::mend(&session, &cluster, &nodes).await
        }
        (action, None) => {
            let dry_run = matches!(action, ChaosVerb::Heal { dry_run: true, .. });
            // Without the name of a cluster all faults are meant, also those of a Redis that redos did not create.
            undo::heal(&session, Some(&cluster).filter(|_| is_named), dry_run).await
        }
    }
}

/// Pauses a node for a time, or until the session is cancelled.
///
/// # Errors
/// As [`run`].
pub async fn pause<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    node: NodeId,
    duration: Duration,
) -> Result<Exit, Failure> {
    let group = node.group().unwrap_or(Group::number(1)).to_string();
    let whom = TargetArgs { targets: vec![node.to_string()], group, seed: None, force: false, dry_run: false };
    inflict::inflict(session, cluster, &Inflicted::pause(&whom, duration)).await
}

/// Unpauses a node, whoever paused it.
///
/// # Errors
/// As [`run`].
pub async fn unpause<W: World>(session: &Session<W>, cluster: &ClusterName, node: NodeId) -> Result<Exit, Failure> {
    let nodes = NodesArgs { nodes: vec![node.to_string()], dry_run: false };
    undo::remedy(session, cluster, Remedy::Unpause, &nodes).await
}

/// Runs an agent beside a container: it takes an order, and prints a line for each answer.
///
/// # Errors
/// The order cannot be parsed.
async fn hold(ui: &Ui, order: &str, cancel: &CancellationToken) -> Result<Exit, Failure> {
    let order: Order = serde_json::from_str(order)
        .map_err(|error| Failure::new(FailureKind::Usage, anyhow::Error::new(error).context("this is not an order")))?;
    // Its reader may be gone. The fault has to be undone all the same.
    agent::run(&order, cancel, |word| drop(ui.data(word.to_string()))).await;
    Ok(Exit::Done)
}
