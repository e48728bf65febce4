//! `redos failover`: a planned switchover to a replica, without losing an acknowledged write.

use clap::Args;

use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose};
use crate::apply::patiently;
use crate::cluster::claims::loading;
use crate::cluster::gate::sole_master;
use crate::cluster::reckon::successor;
use crate::converge::Seen;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::failover::FailoverDocument;
use crate::plan::{Action, Plan};
use crate::servers::Servers;
use crate::spec::{ClusterName, Group, NodeId};

/// Arguments of `failover`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Writes wait for some milliseconds and none is lost. The old master becomes a replica.

Examples:
  redos failover
  redos failover mymaster-2
  redos failover --to redis-3")]
pub struct FailoverArgs {
    /// Master group, by name or number
    #[arg(value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// The replica to promote; without one the most complete
    #[arg(long, value_name = "NODE")]
    pub to: Option<String>,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Switches a group over to the named replica, or to its best one.
///
/// # Errors
/// There is no such cluster, group or node; no replica is fit; a failover is under way, a Sentinel is in TILT, there is
/// no quorum. Nothing is changed then.
pub async fn run<W: World>(args: FailoverArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let to = args.to.as_deref().map(|to| cluster.node(to)).transpose()?;
    if let Ok(node) = cluster.node(&args.group) {
        let what = format!("'{}' is a node; give a master group", args.group);
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("make it the master: {}", command_line(&cluster, &format!("failover --to {node}")))));
    }
    let session = call.connect().await?;
    let failover = async |_| failover(&args, to, &cluster, &session).await;
    Turn::of(&cluster, "failover").take_unless(args.dry_run, &session, failover).await
}

/// Makes a replica the master of its group, for a view from which it was asked.
///
/// # Errors
/// As [`run`].
pub async fn to<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    group: Group,
    node: NodeId,
) -> Result<Exit, Failure> {
    let args = FailoverArgs { group: group.to_string(), to: Some(node.to_string()), dry_run: false };
    let switch = async |_| failover(&args, Some(node), cluster, session).await;
    Turn::of(cluster, "failover").take(session, switch).await
}

async fn failover<W: World>(
    args: &FailoverArgs,
    to: Option<NodeId>,
    cluster: &ClusterName,
    session: &Session<W>,
) -> Result<Exit, Failure> {
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    lookup::has_master(&spec)?;
    let group = lookup::group(&spec, &args.group)?;
    let seen = session.observe(&spec, found).await?;
    let first = sole_master(group, &seen.observed).ok();
    let Seen { observed, reached } = session.await_decided(&spec, seen).await?;
    let refused = |why: String| {
        Failure::message(FailureKind::Failed, format!("{group} is not switched over: {why}"))
            .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
            .hinted(format!("repair it: {}", command_line(cluster, "up")))
    };
    let from = sole_master(group, &observed).map_err(|unmet| refused(unmet.to_string()))?;
    if to == Some(from) {
        session.ui.status(format_args!("{from} is the master of {group} already"));
        return Ok(Exit::Done);
    }
    if let Some(first) = first.filter(|first| to.is_none() && *first != from) {
        session.ui.status(format_args!("the Sentinels have made {from} the master of {group} in place of {first}"));
        return Ok(Exit::Done);
    }
    let to = match to {
        Some(node) if node.group() != Some(group) => {
            return Err(Failure::message(FailureKind::Usage, format!("{node} does not belong to {group}")));
        }
        Some(node) => node,
        None => successor(group, from, &spec, &observed).ok_or_else(|| {
            refused(match loading(from, &observed) {
                Some(how_far) => {
                    format!("{from} is loading its data, {how_far}, and no replica is known to have all of it")
                }
                None => "no replica is in sync".to_owned(),
            })
        })?,
    };
    if args.dry_run {
        let mut switch = Plan::default();
        switch.push(Action::Switchover { group, to }, format!("you asked for it; {from} becomes a replica"), []);
        return propose::plan(session, cluster, &switch);
    }
    let reached = reached.ok_or_else(|| refused("the cluster's passwords are on none of its nodes".to_owned()))?;
    let switch = || reached.servers.switchover(&observed.inventory, group, to);
    let switched = patiently(None, &session.cancel, switch).await.map_err(|error| {
        Failure::from(error)
            .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
            .hinted(format!("repair it: {}", command_line(cluster, "up")))
    })?;
    let document = FailoverDocument {
        remarks: switched.remarks,
        ..FailoverDocument::new(cluster, group, (switched.from, switched.to), switched.paused, switched.took)
    };
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
