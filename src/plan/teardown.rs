//! The plan of `redos down`. Sentinels and proxies go first, so that nothing fails over while the Redis nodes stop.

use super::step::{Action, Plan, StepId};
use crate::cluster::observed::{Inventory, NodeState};
use crate::spec::{NodeId, Role};

/// Removes everything that exists.
///
/// A network stays if redos did not create it or if other containers are on it. Unless `with_volumes`, data volumes
/// stay, and so does the record of their settings. The volumes of other nodes than Redis and Sentinels hold nothing worth keeping.
pub fn teardown(inventory: &Inventory, with_volumes: bool) -> Plan {
    let mut plan = Plan::default();
    let why = "the cluster is taken down";
    let (redis, others): (Vec<_>, Vec<_>) = inventory.nodes.iter().partition(|(node, _)| node.role() == Role::Redis);
    let watchers: Vec<StepId> = others.into_iter().map(|(node, _)| plan.push(remove(*node), why, [])).collect();
    let mut removed = watchers.clone();
    for (node, host) in &inventory.left_behind {
        let left = Action::RemoveLeftBehind { node: *node, host: host.clone() };
        removed.push(plan.push(left, why, watchers.iter().copied()));
    }
    for (node, facts) in redis {
        let mut after = watchers.clone();
        let is_data_kept = !with_volumes || !inventory.volumes.contains_key(node);
        if facts.state == NodeState::Running && is_data_kept {
            after.push(plan.push(
                Action::StopNode { node: *node },
                "its data are written to disk",
                watchers.iter().copied(),
            ));
        }
        removed.push(plan.push(remove(*node), why, after));
    }
    for node in
        inventory.volumes.keys().filter(|node| with_volumes || node.role() == Role::Proxy || node.role().is_optional())
    {
        let why =
            if with_volumes { "its removal was asked for" } else { "it holds nothing but the node's configuration" };
        plan.push(Action::RemoveVolume { node: *node }, why, removed.iter().copied());
    }
    if with_volumes && inventory.recorded.is_some() {
        plan.push(Action::RemoveRecord, "there is nothing left that it could describe", removed.iter().copied());
    }
    if inventory.network.as_ref().is_some_and(|network| network.is_own && network.guests.is_empty()) {
        plan.push(Action::RemoveNetwork, why, removed.iter().copied());
    }
    plan
}

fn remove(node: NodeId) -> Action {
    Action::RemoveNode { node }
}
