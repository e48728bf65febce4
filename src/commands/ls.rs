//! `redos ls`: all clusters of an Engine.

use std::time::SystemTime;

use clap::Args;

use super::session::{Call, World};
use crate::cluster::observed::NodeState;
use crate::engine::{ClusterSummary, Clusters};
use crate::error::{Exit, Failure};
use crate::output::list::{Cluster, ClusterState, clusters_text};
use crate::output::{Format, List};

/// Arguments of `ls`: none of its own.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos ls
  redos -H tcp://10.0.0.5:2375 ls")]
pub struct LsArgs;

/// Lists the clusters. An empty list is a remark, not data: `$(redos ls)` is empty then.
///
/// # Errors
/// The Engine failed, or the output is closed.
pub async fn run<W: World>(_: LsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let session = call.connect().await?;
    let ui = &session.ui;
    let clusters: Vec<Cluster> = session.engine.clusters().await?.into_iter().map(row).collect();
    if clusters.is_empty() && ui.format() == Format::Table {
        ui.status(format_args!("there is no cluster on {}", session.engine.describe()));
        ui.hint("create one: redos up");
        return Ok(Exit::Done);
    }
    let list = List::new("ClusterList", clusters);
    ui.list(&list, |ui| clusters_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}

fn row(summary: ClusterSummary) -> Cluster {
    let running = summary.states.get(NodeState::Running.as_str()).copied().unwrap_or_default();
    let total = summary.states.values().sum();
    Cluster {
        name: summary.name,
        state: ClusterState::of(running, total),
        running,
        total,
        ports: summary.ports,
        created_at: summary.created_at,
        kept_volumes: summary.kept_volumes,
    }
}
