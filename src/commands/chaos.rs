//! `redos chaos`: a fault, for a time; and the undoing of faults that are left.
//!
//! The cluster's lock is held while faults are applied and while they are undone, and not while they last: `chaos heal` and
//! `up` end a fault that lasts. Only a guard does without it, since it is there for what went wrong.

mod args;
mod inflict;
mod undo;

use std::time::Duration;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::session::{Call, World};
use crate::agent;
use crate::agent::order::Order;
use crate::chaos::guard;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::Ui;
use crate::spec::time;
use args::{FaultArgs, LinkArgs, NodesArgs, TargetArgs};
use inflict::Inflicted;
use undo::Remedy;

/// Arguments of `chaos`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A fault is written down before it is applied, seen to work, undone after its time, and seen to be gone. Should
redos be killed, a guard beside it undoes the fault; so do 'redos chaos heal' and 'redos up'.

Examples:
  redos chaos pause master --for 10s
  redos chaos kill replica --for 5s --dry-run
  redos chaos partition master --from replicas,sentinels
  redos chaos latency random --delay 50ms --seed 7
  redos chaos ls
  redos chaos heal"
)]
pub struct ChaosArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ChaosVerb,
}

/// What `chaos` does.
#[derive(Clone, Debug, Subcommand)]
pub enum ChaosVerb {
    /// Freeze its processes, as 'docker pause' does
    #[command(after_help = "Examples:
  redos chaos pause master --for 10s")]
    Pause(FaultArgs),
    /// Undo a pause, and thaw what is frozen by 'docker pause'
    #[command(after_help = "Examples:
  redos chaos unpause redis-1")]
    Unpause(NodesArgs),
    /// End it by a signal, and start it again
    #[command(after_help = "Examples:
  redos chaos kill replica --for 5s --dry-run
  redos chaos kill master --signal SIGTERM")]
    Kill {
        /// SIGKILL, SIGTERM, SIGINT, SIGSEGV or SIGABRT
        #[arg(long, value_name = "SIGNAL", default_value = "SIGKILL")]
        signal: String,
        /// Whom and how long.
        #[command(flatten)]
        args: FaultArgs,
    },
    /// Stop it in good order, and start it again
    #[command(after_help = "Examples:
  redos chaos stop sentinel-2 --for 30s")]
    Stop(FaultArgs),
    /// Undo a kill or a stop, and start what does not run
    #[command(after_help = "Examples:
  redos chaos start redis-1")]
    Start(NodesArgs),
    /// Stop it in good order and start it again at once
    #[command(after_help = "Examples:
  redos chaos restart leader-sentinel")]
    Restart(TargetArgs),
    /// Freeze it by a signal, unnoticed by Docker
    #[command(after_help = "Examples:
  redos chaos freeze master --for 3s")]
    Freeze(FaultArgs),
    /// Take it off its network
    #[command(after_help = "Examples:
  redos chaos disconnect replica")]
    Disconnect(FaultArgs),
    /// Leave it 1 % of a CPU
    #[command(after_help = "Examples:
  redos chaos slow master --for 1min")]
    Slow(FaultArgs),
    /// Keep it from forking, and so from saving
    #[command(after_help = "Examples:
  redos chaos no-fork master --for 30s")]
    NoFork(FaultArgs),
    /// Have its clients' writes wait, as CLIENT PAUSE does
    #[command(after_help = "Examples:
  redos chaos client-pause master --for 3s")]
    ClientPause(FaultArgs),
    /// Let it run out of memory, so that the kernel kills it
    #[command(
        after_help = "It is left what it has, and gets connections until it needs more. The Engine starts it again, with no more
memory than before until the fault is undone. Docker never takes a memory limit away: one
that is as large as the host's memory stays.

Examples:
  redos chaos oom replica --for 5s"
    )]
    Oom(FaultArgs),
    /// Fill the disk that its data are on, if it is a small one of its own
    #[command(
        after_help = "The disk of the Engine itself is never filled. The room is taken by one file without a name.

Examples:
  redos chaos fill-disk redis-2 --limit 256mb --for 30s"
    )]
    FillDisk {
        /// How large the disk may be at most
        #[arg(long, value_name = "SIZE", default_value = "1gb")]
        limit: String,
        /// Whom and how long.
        #[command(flatten)]
        args: FaultArgs,
    },
    /// Let its packets vanish: all, those of some nodes, one way or both
    #[command(
        after_help = "A connection that is cut stays open, and both ends wait. Without --from nobody reaches it, not even its clients.

Examples:
  redos chaos partition master                                 isolate it
  redos chaos partition master --from replicas,sentinels       the proxy still reaches it
  redos chaos partition master --from redis-2 --direction out  it hears redis-2, and is not heard"
    )]
    Partition(LinkArgs),
    /// Reset its connections and refuse new ones
    #[command(after_help = "Examples:
  redos chaos reset master --for 3s
  redos chaos reset redis-2 --from proxies")]
    Reset(LinkArgs),
    /// Let its packets come late
    #[command(after_help = "A round trip takes twice the delay, unless only one direction is slow.

Examples:
  redos chaos latency master --delay 100ms --jitter 20ms
  redos chaos latency redis-2 --from redis-1 --direction in --delay 1s")]
    Latency {
        /// By how much, each way
        #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time::delay)]
        delay: Duration,
        /// By up to how much more, evenly distributed
        #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = time::delay)]
        jitter: Duration,
        /// Which packets.
        #[command(flatten)]
        link: LinkArgs,
    },
    /// Let some of its packets vanish, by chance
    #[command(after_help = "Examples:
  redos chaos loss master --share 5%
  redos chaos loss replica --share 30% --direction in")]
    Loss {
        /// How many of them
        #[arg(long, value_name = "PERCENT", default_value = "20%")]
        share: String,
        /// Which packets.
        #[command(flatten)]
        link: LinkArgs,
    },
    /// Let its packets go through a narrow way, in each direction
    #[command(after_help = "Examples:
  redos chaos throttle master --rate 256kbit
  redos chaos throttle redis-2 --from redis-1 --rate 1mbit")]
    Throttle {
        /// Bits in a second: 256kbit, 1mbit
        #[arg(long, value_name = "RATE", default_value = "1mbit")]
        rate: String,
        /// Which packets.
        #[command(flatten)]
        link: LinkArgs,
    },
    /// List the faults that are not undone yet
    #[command(after_help = "Examples:
  redos chaos ls")]
    Ls,
    /// Undo all faults of all clusters, or those of some nodes
    #[command(after_help = "Examples:
  redos chaos heal
  redos chaos heal redis-1 sentinel-2")]
    Heal {
        /// Nodes of this cluster [default: all of the cluster that is named, of all clusters where none is]
        #[arg(value_name = "NODE")]
        nodes: Vec<String>,
    },
    /// Hold a fault of the network beside a container
    #[command(
        hide = true,
        after_help = "Examples:
  redos chaos agent ORDER"
    )]
    Agent {
        /// What to do, as JSON
        order: String,
    },
    /// Undo a fault when its time is over, should its redos not
    #[command(
        hide = true,
        after_help = "Examples:
  redos chaos guard 00ff00ff00ff00ff"
    )]
    Guard {
        /// The fault
        id: String,
    },
}

/// Does it.
///
/// # Errors
/// There is no such cluster or target, a fault that would take too much, one that cannot be applied, or not be undone.
pub async fn run<W: World>(args: ChaosArgs, call: Call<W>) -> Result<Exit, Failure> {
    // An agent runs where there is no Engine.
    if let ChaosVerb::Agent { order } = &args.action {
        return hold(&call.ui, order, &call.cancel).await;
    }
    let cluster = call.cluster()?;
    // Whoever names no cluster means all faults, also those of a Redis that redos did not make.
    let named = call.named_cluster()?;
    let fault = Inflicted::of(&args.action)?;
    let session = call.connect().await?;
    match (&args.action, fault) {
        (_, Some(fault)) => inflict::inflict(&session, &cluster, &fault).await,
        (ChaosVerb::Ls, _) => undo::list(&session).await,
        (ChaosVerb::Guard { id }, _) => Ok(guard::watch_over(&*session.engine, id).await.map(|()| Exit::Done)?),
        (ChaosVerb::Unpause(args), _) => undo::remedy(&session, &cluster, Remedy::Unpause, &args.nodes).await,
        (ChaosVerb::Start(args), _) => undo::remedy(&session, &cluster, Remedy::Start, &args.nodes).await,
        (ChaosVerb::Heal { nodes }, _) if !nodes.is_empty() => undo::mend(&session, &cluster, nodes).await,
        (_, None) => undo::heal(&session, named.as_ref()).await,
    }
}

/// What an agent does, beside a container: its order, and a line for each thing that there is to say.
///
/// # Errors
/// The order is not one.
async fn hold(ui: &Ui, order: &str, cancel: &CancellationToken) -> Result<Exit, Failure> {
    let order: Order = serde_json::from_str(order)
        .map_err(|error| Failure::new(FailureKind::Usage, anyhow::Error::new(error).context("this is no order")))?;
    // Whoever reads it may be gone; the fault has to be undone all the same.
    agent::run(&order, cancel, |word| drop(ui.data(word.to_string()))).await;
    Ok(Exit::Done)
}
