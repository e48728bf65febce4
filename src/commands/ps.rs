//! `redos ps`: the containers of a cluster.

use std::time::SystemTime;

use clap::Args;

use super::session::{Call, World, lookup};
use crate::error::{Exit, Failure};
use crate::output::list::{nodes, nodes_text};
use crate::output::{List, Ui};

/// Arguments of `ps`: none of its own.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos ps
  redos ps -o json
  redos logs $(redos ps -o name)
  docker stats $(redos ps -q)")]
pub struct PsArgs;

/// Lists the containers.
///
/// # Errors
/// The Engine failed, there is no such cluster, or the output is closed.
pub async fn run<W: World>(_: PsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let inventory = lookup::inventory(&*session.engine, &cluster).await?;
    let list = List::new("NodeList", nodes(&inventory));
    // As with `docker ps -q`, for the next program in a pipe.
    let names = || list.items.iter().map(|node| format!("{}\n", node.container)).collect::<String>();
    let text = |ui: &Ui| if ui.is_quiet() { names() } else { nodes_text(&list.items, SystemTime::now(), ui) };
    session.ui.list(&list, text)?;
    Ok(Exit::Done)
}
