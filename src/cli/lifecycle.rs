//! Arguments of `stop`, `start` and `restart`.

use std::time::Duration;

use clap::Args;

use super::UP_TIMEOUT;
use crate::spec::time;

/// Arguments of `stop`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without names the whole cluster stops: Sentinels first, so that nothing is
replaced, masters last, so that they have every write. 'start' brings back the
same masters and all data, also after a restart of the host. A master among
named nodes hands over before it stops.

Examples:
  redos stop                    everything
  redos stop redis-2 sentinel-3
  redos stop redis-1 --force    although nobody can take over")]
pub struct StopArgs {
    /// Nodes, such as redis-2; without any the whole cluster
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Allow what costs more than these nodes: the quorum, a group's master, the last proxy, data that are not on disk
    #[arg(long)]
    pub force: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `start`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without names it waits until the cluster is ready, as 'up' does, with the
settings that it has. A node that was master when it stopped follows the one
that is master now.

Examples:
  redos start
  redos start redis-2 sentinel-3")]
pub struct StartArgs {
    /// Nodes, such as redis-2; without any the whole cluster
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// The longest wait until they serve
    #[arg(long, value_name = "TIME", default_value = UP_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `restart`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The next node is touched when the one before serves again. A master hands over
first, so another node is master afterwards. Without names the proxies are left
alone: all connections of a proxy end with it.

Examples:
  redos restart
  redos restart redis-2
  redos restart proxy-1 proxy-2")]
pub struct RestartArgs {
    /// Nodes, such as redis-2; without any all Redis nodes and Sentinels
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Allow what costs more than a restart: the quorum for a moment, writes while a master restarts
    #[arg(long)]
    pub force: bool,
    /// The longest wait until all of them serve again
    #[arg(long, value_name = "TIME", default_value = UP_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
