//! `redos host`: the hosts of a cluster that has several.

mod check;
mod ls;
mod moves;

use clap::{Args, Subcommand};

use super::session::{Call, World};
use crate::error::{Exit, Failure};

/// Arguments of `host`.
#[derive(Args, Clone, Debug)]
pub struct HostArgs {
    /// What to do with hosts
    #[command(subcommand)]
    pub action: HostVerb,
}

/// What to do with hosts.
#[derive(Clone, Debug, Subcommand)]
pub enum HostVerb {
    /// List the hosts: their Engines, whether they answer, and what they have
    #[command(after_help = "A host that does not answer is in the list, with the reason.

Examples:
  redos host ls
  redos -p shop host ls -o wide         the nodes by name
  redos host ls -o json | jq -r '.items[] | select(.away).name'")]
    Ls,
    /// Check before anything is made whether a cluster can be on its hosts
    Check(check::HostCheckArgs),
    /// Move all nodes of a host to the others; it stays in the list and gets none
    Drain(moves::DrainArgs),
    /// Let a drained host have nodes again
    Undrain(moves::UndrainArgs),
    /// Add a host, and move the nodes of another one, which may be dead
    Replace(moves::ReplaceArgs),
    /// Move all nodes of a host to the others, and take it from the list
    Rm(moves::RmArgs),
}

/// Runs one of them.
///
/// # Errors
/// As those do.
pub async fn run<W: World>(args: HostArgs, call: Call<W>) -> Result<Exit, Failure> {
    match args.action {
        HostVerb::Ls => ls::run(call).await,
        HostVerb::Check(args) => Box::pin(check::run(args, call)).await,
        HostVerb::Drain(args) => moves::drain(args, call).await,
        HostVerb::Undrain(args) => moves::undrain(args, call).await,
        HostVerb::Replace(args) => moves::replace(args, call).await,
        HostVerb::Rm(args) => moves::rm(args, call).await,
    }
}
