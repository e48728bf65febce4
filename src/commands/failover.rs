//! `redos failover`: a planned switchover to a replica, without losing an acknowledged write.

use super::{Context, await_decided, existing, observe, plan};
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

/// Switches a group over to `to`, or to its best replica. `dry_run` says which that is. Else the caller holds
/// the cluster's lock.
///
/// # Errors
/// There is no such cluster, group or node; no replica is fit; a failover is under way, a Sentinel is in TILT, there is
/// no quorum. Nothing is changed then.
pub async fn run(
    context: &Context,
    name: &ClusterName,
    group: Group,
    to: Option<NodeId>,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let Context { ui, engine, .. } = context;
    let found = existing::find(&**engine, name).await?;
    let spec = existing::recorded(name, &found.inventory)?.clone();
    existing::has_master(&spec)?;
    let seen = observe(context, &spec, found).await?;
    let first = sole_master(group, &seen.observed).ok();
    let Seen { observed, reached } = await_decided(context, &spec, seen).await?;
    let refused = |why: String| {
        Failure::message(FailureKind::Failed, format!("{group} is not switched over: {why}"))
            .hinted(format!("see what is wrong: {}", command_line(name, "status")))
            .hinted(format!("repair it: {}", command_line(name, "up")))
    };
    if group.get() > spec.masters {
        let text = format!("the cluster '{name}' has no group {group}, it has {}", spec.masters);
        return Err(Failure::message(FailureKind::Usage, text));
    }
    let from = sole_master(group, &observed).map_err(refused)?;
    if to == Some(from) {
        ui.status(format_args!("{from} is the master of {group} already"));
        return Ok(Exit::Done);
    }
    if let Some(first) = first.filter(|first| to.is_none() && *first != from) {
        ui.status(format_args!("the Sentinels have made {from} the master of {group} in place of {first}"));
        return Ok(Exit::Done);
    }
    let to = match to {
        Some(node) if node.group() != Some(group) => {
            return Err(Failure::message(FailureKind::Usage, format!("{node} is not of {group}")));
        }
        Some(node) => node,
        None => successor(group, from, &spec, &observed).ok_or_else(|| {
            refused(match loading(from, &observed) {
                Some(how_far) => {
                    format!("{from} is loading its data, {how_far}, and no replica is known to have all of them")
                }
                None => "no replica is in sync".to_owned(),
            })
        })?,
    };
    if dry_run {
        let mut switch = Plan::default();
        switch.push(Action::Switchover { group, to }, format!("it was asked for; {from} becomes a replica"), []);
        return plan::show(context, name, &switch);
    }
    let reached = reached.ok_or_else(|| refused("the cluster's passwords are on none of its nodes".to_owned()))?;
    let switched = reached.servers.switchover(&observed.inventory, group, to).await.map_err(|error| {
        Failure::from(error)
            .hinted(format!("see what is wrong: {}", command_line(name, "status")))
            .hinted(format!("repair it: {}", command_line(name, "up")))
    })?;
    let document = FailoverDocument {
        remarks: switched.remarks,
        ..FailoverDocument::new(name, group, (switched.from, switched.to), switched.paused, switched.took)
    };
    ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
