//! The arguments that faults share.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::spec::time;

/// Arguments of a fault that lasts.
#[derive(Args, Clone, Debug)]
pub struct FaultArgs {
    /// Whom, and on what conditions.
    #[command(flatten)]
    pub whom: TargetArgs,
    /// How long it lasts
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = time::wait)]
    pub duration: Duration,
}

/// The nodes for a verb that undoes faults.
#[derive(Args, Clone, Debug)]
pub struct NodesArgs {
    /// Nodes of this cluster
    #[arg(value_name = "NODE", required = true)]
    pub nodes: Vec<String>,
    /// Say what would be undone, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of a network fault.
#[derive(Args, Clone, Debug)]
pub struct LinkArgs {
    /// The target and the duration.
    #[command(flatten)]
    pub args: FaultArgs,
    /// Only packets between it and these nodes: words or names as for targets [default: everybody]
    #[arg(long, value_name = "NODES", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Only packets to it (in) or from it (out)
    #[arg(long, value_enum, default_value_t)]
    pub direction: DirectionArg,
}

/// A direction of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DirectionArg {
    /// To it and from it
    #[default]
    Both,
    /// Packets to it only
    In,
    /// Packets from it only
    Out,
}

/// The target of a fault, and conditions.
#[derive(Args, Clone, Debug)]
pub struct TargetArgs {
    /// master, replica, sentinel, leader-sentinel, proxy or random for one node; replicas, sentinels, proxies, a group's
    /// name or host:NAME for all; or the name of a node
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Where the choice among several nodes comes from, to make it again
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Do it although a second Redis node would be out, or the quorum lost
    #[arg(long)]
    pub force: bool,
    /// Say what would be hit, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}
