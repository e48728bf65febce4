//! `redos host`: the hosts of a cluster.

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
    /// Move all nodes of a host to the others; it stays in the list and gets none
    Drain(moves::DrainArgs),
    /// Let a drained host have nodes again
    Undrain(moves::UndrainArgs),
    /// Add a host, and move the nodes of another one, which may be dead
    Replace(moves::ReplaceArgs),
    /// Move all nodes of a host to the others, and take it from the list
    Rm(moves::RmArgs),
}

/// Runs a verb on hosts.
///
/// # Errors
/// As the verb.
pub async fn run<W: World>(args: HostArgs, call: Call<W>) -> Result<Exit, Failure> {
    match args.action {
        HostVerb::Drain(args) => moves::drain(args, call).await,
        HostVerb::Undrain(args) => moves::undrain(args, call).await,
        HostVerb::Replace(args) => moves::replace(args, call).await,
        HostVerb::Rm(args) => moves::rm(args, call).await,
    }
}
