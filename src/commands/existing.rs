//! What verbs need that look into a cluster which must be there.

use crate::engine::Engine;
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::count;
use crate::plan::Inventory;
use crate::spec::{ClusterName, Spec};

/// What the Engine has of a cluster, which has containers.
///
/// # Errors
/// The Engine failed, or the cluster has no container.
pub async fn inventory(engine: &impl Engine, cluster: &ClusterName) -> Result<Inventory, Failure> {
    let inventory = engine.inventory(cluster).await?;
    if !inventory.nodes.is_empty() {
        return Ok(inventory);
    }
    let up = command_line(cluster, "up");
    let failure = match inventory.volumes.len() {
        0 => Failure::message(FailureKind::Failed, format!("there is no cluster '{cluster}' on {}", engine.describe()))
            .hinted(format!("create it: {up}"))
            .hinted("see which clusters there are: redos ls"),
        kept => Failure::message(
            FailureKind::Failed,
            format!("the cluster '{cluster}' is down; {} of it are kept", count(kept, "volume")),
        )
        .hinted(format!("bring it back with its data: {up}")),
    };
    Err(failure)
}

/// The configuration that was recorded with a cluster.
///
/// # Errors
/// There is none, as when somebody removed the volume that holds it.
pub fn recorded<'a>(cluster: &ClusterName, inventory: &'a Inventory) -> Result<&'a Spec, Failure> {
    inventory.recorded.as_ref().ok_or_else(|| {
        Failure::message(
            FailureKind::Failed,
            format!("the cluster '{cluster}' has lost the record of its configuration"),
        )
        .hinted(format!("record it again, with the settings that it had: {}", command_line(cluster, "up")))
    })
}
