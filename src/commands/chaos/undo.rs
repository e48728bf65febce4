//! `chaos ls`, `heal`, `unpause` and `start`: faults that are not undone yet, and their end.

use std::collections::BTreeSet;

use super::args::NodesArgs;
use crate::chaos::fault::{Fault, Written};
use crate::chaos::watchdog::now;
use crate::commands::session::faults::{cluster_of, is_of, undo_of, undo_those};
use crate::commands::session::lock::Turn;
use crate::commands::session::{Session, World, lookup};
use crate::engine::containers::{ContainerFacts, Containers};
use crate::error::{Exit, Failure};
use crate::output::List;
use crate::output::faults::{ActiveFault, faults_text};
use crate::spec::{ClusterName, NodeId};

/// Lists the faults that are not undone yet.
///
/// # Errors
/// The Engine failed, or the output is closed.
pub async fn list<W: World>(session: &Session<W>) -> Result<Exit, Failure> {
    let faults = Written::all(&*session.engine).await?;
    let now = now();
    let active = |written: Written| ActiveFault {
        seconds_left: written.until as i64 - now as i64,
        id: written.id,
        fault: written.fault.to_string(),
        target: written.target,
        container: written.before.name,
    };
    let list = List::new("FaultList", faults.into_iter().map(active).collect());
    session.ui.list(&list, |ui| faults_text(&list.items, ui))?;
    Ok(Exit::Done)
}

/// Undoes all faults that are not undone yet; those of one cluster, if one is given.
///
/// # Errors
/// One of them could not be undone; the others are. Or a cluster is in use for too long.
pub async fn heal<W: World>(
    session: &Session<W>,
    cluster: Option<&ClusterName>,
    dry_run: bool,
) -> Result<Exit, Failure> {
    if dry_run {
        let steps = undoing(session, |written| cluster.is_none_or(|cluster| is_of(cluster, written))).await?;
        return show(session, steps);
    }
    let faults = Written::all(&*session.engine).await?;
    let clusters: BTreeSet<ClusterName> = faults.iter().filter_map(cluster_of).collect();
    let mut healed = Ok(());
    // One after the other, so that no holder of a lock waits for another.
    for cluster in clusters.iter().filter(|of| cluster.is_none_or(|cluster| cluster == *of)) {
        let undo = async |_| undo_of(session, cluster).await;
        healed = Turn::of(cluster, "chaos heal").take_amid_faults(session, undo).await.and(healed);
    }
    if cluster.is_none() {
        healed = undo_those(session, |written| cluster_of(written).is_none()).await.and(healed);
    }
    healed.map(|()| Exit::Done)
}

/// Undoes the faults of some nodes of a cluster.
///
/// # Errors
/// There is no such node, or one of them could not be undone; the others are.
pub async fn mend<W: World>(session: &Session<W>, cluster: &ClusterName, args: &NodesArgs) -> Result<Exit, Failure> {
    let nodes = nodes_of(session, cluster, &args.nodes).await?;
    let is_meant = |written: &Written| is_of(cluster, written) && is_at(&nodes, written);
    if args.dry_run {
        return show(session, undoing(session, is_meant).await?);
    }
    let mended = async |_| undo_those(session, is_meant).await;
    Turn::of(cluster, "chaos heal").take_amid_faults(session, mended).await?;
    Ok(Exit::Done)
}

/// The faults that `chaos unpause` and `chaos start` undo. They also unpause and start other nodes.
#[derive(Clone, Copy)]
pub enum Remedy {
    /// It ends pauses.
    Unpause,
    /// It ends kills and stops.
    Start,
}

impl Remedy {
    const fn verb(self) -> &'static str {
        match self {
            Self::Unpause => "chaos unpause",
            Self::Start => "chaos start",
        }
    }

    /// What it does to this container, in a word; `None` where nothing is to be done.
    fn does_to(self, container: &ContainerFacts) -> Option<&'static str> {
        match self {
            Self::Unpause => container.paused.then_some("unpause"),
            Self::Start => (!container.running).then_some("start"),
        }
    }

    fn undoes(self, fault: Fault) -> bool {
        match self {
            Self::Unpause => fault == Fault::PAUSE,
            Self::Start => fault.means().ends_server(),
        }
    }
}

/// Undoes such faults of some nodes of a cluster, and ends the same state of other nodes.
///
/// # Errors
/// There is no such node, or the Engine failed.
pub async fn remedy<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    remedy: Remedy,
    args: &NodesArgs,
) -> Result<Exit, Failure> {
    let nodes = nodes_of(session, cluster, &args.nodes).await?;
    let is_meant =
        |written: &Written| remedy.undoes(written.fault) && is_of(cluster, written) && is_at(&nodes, written);
    if args.dry_run {
        let mut steps = undoing(session, is_meant).await?;
        for node in &nodes {
            let container = Containers::container(&*session.engine, &node.container_name(cluster)).await?;
            let does = container.and_then(|container| remedy.does_to(&container));
            steps.extend(does.map(|does| format!("{does} {node}")));
        }
        return show(session, steps);
    }
    let undone = async |_| {
        undo_those(session, is_meant).await?;
        for node in &nodes {
            let container = node.container_name(cluster);
            match remedy {
                Remedy::Unpause => Containers::unpause(&*session.engine, &container).await?,
                Remedy::Start => Containers::start(&*session.engine, &container).await?,
            }
            let now = match remedy {
                Remedy::Unpause => "is not paused",
                Remedy::Start => "is running",
            };
            session.ui.status(format_args!("{node} {now}"));
        }
        Ok(Exit::Done)
    };
    Turn::of(cluster, remedy.verb()).take_amid_faults(session, undone).await
}

/// The steps that undo the faults for which `which` is true, in words.
async fn undoing<W: World>(session: &Session<W>, which: impl Fn(&Written) -> bool) -> Result<Vec<String>, Failure> {
    let faults = Written::all(&*session.engine).await?.into_iter().filter(which);
    Ok(faults.map(|written| format!("undo {} of {}", written.fault, written.before.name)).collect())
}

/// Shows the steps of a dry run.
fn show<W: World>(session: &Session<W>, steps: Vec<String>) -> Result<Exit, Failure> {
    let text = if steps.is_empty() { "nothing to undo".to_owned() } else { steps.join("\n") };
    session.ui.data(text)?;
    Ok(Exit::Done)
}

/// The nodes of a cluster that a command line names, in any state.
async fn nodes_of<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    names: &[String],
) -> Result<BTreeSet<NodeId>, Failure> {
    let inventory = lookup::inventory(&*session.engine, cluster).await?;
    lookup::nodes(cluster, &inventory, names)
}

fn is_at(nodes: &BTreeSet<NodeId>, written: &Written) -> bool {
    nodes.iter().any(|node| node.to_string() == written.target)
}
