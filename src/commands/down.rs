//! `redos down`: removes what carries the cluster's labels, and nothing else.

use clap::Args;

use super::session::lock::Turn;
use super::session::{Call, Session, World, ask, propose};
use crate::converge::{Teardown, TornDown};
use crate::engine::Clusters;
use crate::error::{Exit, Failure};
use crate::output::plan::{DownDocument, KeptNetwork};
use crate::output::units::count;
use crate::plan::teardown;
use crate::spec::{ClusterName, Spec};

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

/// Removes the cluster, after a question if its data go as well.
///
/// # Errors
/// The user says no, the Engine failed, or something stays in use. A cluster that does not exist is not an error.
pub async fn run<W: World>(args: DownArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let name = &cluster;
    let session = call.connect().await?;
    let found = session.engine.inventory(name).await?;
    if args.dry_run {
        return propose::plan(&session, name, &teardown(&found, args.volumes));
    }
    if args.volumes && !args.yes && !found.volumes.is_empty() {
        let what = format!("{} of the cluster '{name}' and all data in them", count(found.volumes.len(), "volume"));
        ask::agreed(&session, &format!("remove {what}, for good?")).await?;
    }
    let remove = async |after_a_kill| remove(&session, name, args.volumes, after_a_kill).await;
    Turn::of(name, "down").take(&session, remove).await
}

/// Removes it. The caller holds the cluster's lock.
async fn remove<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    with_volumes: bool,
    after_a_kill: bool,
) -> Result<Exit, Failure> {
    let Session { ui, engine, cancel, .. } = session;
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let teardown = Teardown { engine: &**engine, cluster, with_volumes, after_a_kill, report: &report, cancel };
    let result = teardown.run::<W::Servers>().await;
    progress.finish();
    match result {
        Ok(done) => {
            engine.remove_abandoned().await?;
            let document = document(cluster.clone(), done);
            ui.outcome(&document, |ui| document.remarks(ui))?;
            Ok(Exit::Done)
        }
        Err(error) => Err(session.explain(&Spec::with_defaults(cluster.clone()), error).await),
    }
}

fn document(cluster: ClusterName, done: TornDown) -> DownDocument {
    let TornDown { removed, left, dir, took } = done;
    let kept_network = left.network.filter(|network| network.is_own);
    DownDocument {
        seconds: took.as_secs_f64(),
        removed_containers: removed.containers.into_iter().collect(),
        removed_networks: removed.networks.into_iter().collect(),
        removed_volumes: removed.volumes.into_iter().collect(),
        kept_network: kept_network
            .map(|network| KeptNetwork { name: network.name, containers: network.guests.into_iter().collect() }),
        kept_volumes: left.volumes.into_values().map(|volume| volume.name).collect(),
        kept_dir: dir,
        ..DownDocument::new(cluster)
    }
}
