//! `redos ps`: the containers of a cluster.

use std::time::SystemTime;

use super::existing;
use crate::engine::Engine;
use crate::error::{Exit, Failure};
use crate::output::list::{nodes, nodes_text};
use crate::output::{List, Ui};
use crate::spec::ClusterName;

/// Lists them.
///
/// # Errors
/// The Engine failed, there is no such cluster, or the output is closed.
pub async fn run(ui: &Ui, engine: &impl Engine, cluster: &ClusterName) -> Result<Exit, Failure> {
    let inventory = existing::inventory(engine, cluster).await?;
    let list = List::new("NodeList", nodes(&inventory));
    // As with `docker ps -q`, for the next program in a pipe.
    let names = || list.items.iter().map(|node| format!("{}\n", node.container)).collect::<String>();
    ui.document(&list, |ui| if ui.is_quiet() { names() } else { nodes_text(&list.items, SystemTime::now(), ui) })?;
    Ok(Exit::Done)
}
