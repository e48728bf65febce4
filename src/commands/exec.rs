//! `redos exec`: a program in a node.

use clap::Args;

use super::session::{Call, World, attach, lookup};
use crate::error::{Exit, Failure};

/// Arguments of `exec`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The program has a terminal when you have one. redos ends with its exit code.

Examples:
  redos exec redis-1 -- ls -l /data
  redos exec proxy-1 -- sh")]
pub struct ExecArgs {
    /// Node, such as redis-2
    #[arg(value_name = "NODE")]
    pub node: String,
    /// Program and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    pub command: Vec<String>,
}

/// Runs the program.
///
/// # Errors
/// There is no such cluster or node, or it does not run.
pub async fn run<W: World>(args: ExecArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let inventory = lookup::inventory(&*session.engine, &cluster).await?;
    let node = lookup::node(&cluster, &inventory, &args.node)?;
    let command: Vec<&str> = args.command.iter().map(String::as_str).collect();
    attach::run(&session, &cluster, node, &command, None).await
}
