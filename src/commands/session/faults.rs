//! The faults of a cluster that are not undone yet.

use futures_util::future::join_all;

use super::{Session, World};
use crate::chaos::fault::Written;
use crate::chaos::watchdog;
use crate::cluster::observed::Inventory;
use crate::engine::containers::{Containers, Limit};
use crate::error::Failure;
use crate::output::command_line;
use crate::spec::{ClusterName, NodeId, Spec};

/// The faults of a cluster that are not undone yet, each as a sentence with the command that ends it.
///
/// # Errors
/// The Engine failed.
pub async fn active(engine: &impl Containers, cluster: &ClusterName) -> Result<Vec<String>, Failure> {
    let faults = Written::all(engine).await?.into_iter().filter(|written| is_of(cluster, written));
    let heal = command_line(cluster, "chaos heal");
    let told = |written: Written| {
        let left = written.until.saturating_sub(watchdog::now());
        format!("the fault '{}' of {} is active, for {left} s more; end it: {heal}", written.fault, written.target)
    };
    Ok(faults.map(told).collect())
}

/// Removes the limits of active faults from the observed state: they are not the user's, and go with the faults.
///
/// # Errors
/// The Engine failed.
pub async fn overlook_limits(engine: &impl Containers, spec: &Spec, inventory: &mut Inventory) -> Result<(), Failure> {
    for written in Written::all(engine).await?.into_iter().filter(|written| is_of(&spec.name, written)) {
        let node = written.target.parse::<NodeId>().ok();
        let Some((node, facts)) = node.and_then(|node| Some((node, inventory.nodes.get_mut(&node)?))) else { continue };
        let configured = spec.containers.resources(node.role());
        match written.fault.means().limit() {
            Some(Limit::Memory(_)) => facts.resources.memory = configured.memory,
            Some(Limit::CpuQuota(_)) => facts.resources.milli_cpus = configured.milli_cpus,
            Some(Limit::Pids(_)) | None => {}
        }
    }
    Ok(())
}

/// Undoes all faults of a cluster, whose lock the caller holds.
///
/// # Errors
/// One of them could not be undone; the others are.
pub async fn undo_of<W: World>(session: &Session<W>, cluster: &ClusterName) -> Result<(), Failure> {
    undo_those(session, |written| is_of(cluster, written)).await
}

/// Undoes the faults for which `which` is true.
///
/// # Errors
/// One of them could not be undone; the others are.
pub async fn undo_those<W: World>(session: &Session<W>, which: impl Fn(&Written) -> bool) -> Result<(), Failure> {
    let mut faults = Written::all(&*session.engine).await?;
    faults.retain(which);
    undo_all(session, &faults).await
}

/// Undoes faults, all at the same time, and reports it.
///
/// # Errors
/// One of them could not be undone; the others are.
pub async fn undo_all<W: World>(session: &Session<W>, faults: &[Written]) -> Result<(), Failure> {
    let undone = join_all(faults.iter().map(|entry| async move { (entry, entry.undo(&*session.engine).await) })).await;
    let mut failed = Ok(());
    for (entry, undone) in undone {
        match undone {
            Ok(evidence) => {
                let evidence = if evidence.is_empty() { evidence } else { format!(": {evidence}") };
                session.ui.status(format_args!("{} of {} is undone{evidence}", entry.fault, entry.before.name));
            }
            Err(error) => failed = Err(error.into()),
        }
    }
    failed
}

/// Starts a watchdog: a separate process that undoes a fault if this one is killed.
pub fn start_watchdog<W: World>(session: &Session<W>, written: &Written) {
    if let Err(error) = W::watchdog(session.host.as_deref(), &session.hosts, &written.id) {
        session.ui.warn(format_args!(
            "no watchdog is beside this fault: {error}; if this redos is killed, undo the fault: redos chaos heal"
        ));
    }
}

/// Whether a fault belongs to this cluster.
pub fn is_of(cluster: &ClusterName, written: &Written) -> bool {
    cluster_of(written).as_ref() == Some(cluster)
}

/// The cluster of a fault. `None` for a container that redos did not create, which goes by its own name.
pub fn cluster_of(written: &Written) -> Option<ClusterName> {
    written.before.name.strip_suffix(&format!("-{}", written.target))?.parse().ok()
}
