//! Nodes that go to another host: their own is drained, or does not answer and is given up.
//!
//! All nodes know each other by the addresses of their hosts. So first the masters among those that move hand over to nodes that
//! stay. Then the proxies learn the new places, while a majority of the Sentinels and all masters are still where they were. Then
//! the nodes move one at a time, each when the one before is in service, and last all others get files with the new places.
//! A node is where its container is: a run that was cut off goes on from there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{NodeState, Observed};
use crate::cluster::reckon::{Reckoned, fittest, reckon};
use crate::cluster::refusal::Refusal;
use crate::plan::step::{Action, StepId};
use crate::spec::{Group, HostName, NodeId, Role, Spec};

/// The nodes that are on another host than they are to be, and which that is.
///
/// One without a container is where its volume is.
pub fn leaving(spec: &Spec, observed: &Observed) -> BTreeMap<NodeId, HostName> {
    let inventory = &observed.inventory;
    let containers = inventory.nodes.iter().filter_map(|(node, facts)| Some((*node, facts.host_name.clone()?)));
    let alone = inventory.volumes.keys().filter(|node| !inventory.nodes.contains_key(node));
    let volumes = alone.filter_map(|node| Some((*node, inventory.volumes[node].host_name.clone()?)));
    let elsewhere = |(node, from): &(NodeId, HostName)| spec.host_of(*node).is_some_and(|to| to.name != *from);
    containers.chain(volumes).filter(elsewhere).collect()
}

/// The cluster without the nodes of hosts that do not answer and that they are to leave.
///
/// # Errors
/// Without them it would not be the same cluster: one of them is a master, or a majority of the Sentinels is among them.
pub(super) fn without_given_up<'a>(spec: &Spec, observed: &'a Observed) -> Result<Cow<'a, Observed>, Refusal> {
    let wanted = spec.nodes();
    let away = observed.inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Unknown);
    let given_up = away.filter_map(|(node, facts)| {
        let (from, to) = (facts.host_name.clone()?, spec.host_of(*node));
        to.map_or(!wanted.contains(node), |to| from != to.name).then_some((*node, from))
    });
    let given_up: BTreeMap<NodeId, HostName> = given_up.collect();
    if given_up.is_empty() {
        return Ok(Cow::Borrowed(observed));
    }
    let back = |host: &HostName| format!("go on when {host} is back; see how it is: redos -p {} status", spec.name);
    for group in spec.groups() {
        let nodes: Vec<NodeId> = spec.redis_nodes(group).collect();
        let last = match reckon(group, observed) {
            Reckoned::Master(master) => Some(master),
            Reckoned::Unborn | Reckoned::Unsettled(_) | Reckoned::Lost(_) => {
                nodes.first().filter(|_| nodes.iter().all(|node| given_up.contains_key(node))).copied()
            }
        };
        if let Some((master, host)) = last.and_then(|master| Some((master, given_up.get(&master)?))) {
            let why = format!("the host {host} does not answer, and {master} on it is the master of {group}");
            return Err(Refusal { why, next: vec![back(host)] });
        }
    }
    let left = spec.sentinel_nodes().filter(|node| observed.is_up(*node) && !given_up.contains_key(node)).count();
    if let Some((_, host)) = given_up.iter().find(|(node, _)| node.role() == Role::Sentinel)
        && left < usize::from(spec.majority())
    {
        let why = format!(
            "the host {host} does not answer, and {left} of {} Sentinels do: the others may still have a master of \
             their own",
            spec.sentinels
        );
        return Err(Refusal { why, next: vec![back(host)] });
    }
    let mut rest = observed.clone();
    for node in given_up.keys() {
        rest.inventory.nodes.remove(node);
        rest.inventory.unseen.remove(node);
        rest.topology.redis.remove(node);
        rest.topology.sentinels.remove(node);
        rest.topology.proxies.remove(node);
    }
    Ok(Cow::Owned(rest))
}

/// The specification in which nodes that must not move yet are where they are.
///
/// Nothing moves while a group has no master that answers: its data may be on the host that is left. A master moves after the
/// others of its group if all of them do. Of the Sentinels no more move than a majority can do without.
///
/// # Errors
/// A master would move that nobody can take over from.
pub(super) fn staged(spec: &Spec, observed: &Observed) -> Result<Spec, Refusal> {
    let leaving = leaving(spec, observed);
    if leaving.is_empty() {
        return Ok(spec.clone());
    }
    let led = |group: Group| match reckon(group, observed) {
        Reckoned::Master(master) => Some(master).filter(|master| observed.is_up(*master)),
        Reckoned::Unborn | Reckoned::Unsettled(_) | Reckoned::Lost(_) => None,
    };
    let Some(masters) = spec.groups().map(led).collect::<Option<Vec<NodeId>>>() else {
        let waits = leaving.into_iter().filter(|(node, _)| node.role() != Role::Proxy);
        return Ok(spec.placed(waits));
    };
    let mut waits = BTreeMap::new();
    for (group, master) in spec.groups().zip(masters) {
        let Some(host) = leaving.get(&master) else { continue };
        let others: Vec<NodeId> = spec.redis_nodes(group).filter(|node| *node != master).collect();
        if others.is_empty() {
            let why = format!("{master} is the only node of {group}, so that its data cannot leave the host {host}");
            let next = format!("give it a replica first: redos -p {} up --replicas 1", spec.name);
            return Err(Refusal { why, next: vec![next] });
        }
        if others.iter().all(|node| leaving.contains_key(node)) {
            waits.insert(master, host.clone());
        }
    }
    let (all, majority) = (usize::from(spec.sentinels), usize::from(spec.majority()));
    let up = spec.sentinel_nodes().filter(|node| observed.is_up(*node)).count();
    // One or two can do without none.
    let at_once = if all == majority { 1 } else { up.saturating_sub(majority) };
    let sentinels = leaving.into_iter().filter(|(node, _)| node.role() == Role::Sentinel);
    waits.extend(sentinels.skip(at_once));
    Ok(spec.placed(waits))
}

impl Planner<'_> {
    /// Removes the containers that nodes have left behind on hosts that were away.
    pub(super) fn remove_left_behind(&mut self) {
        for (node, host) in &self.observed.inventory.left_behind {
            let why = match self.spec.host_of(*node) {
                Some(now) => format!("it is on {} now; the volume on {host} is kept", now.name),
                None => format!("it was moved while {host} was away"),
            };
            self.plan.push(Action::RemoveLeftBehind { node: *node, host: host.clone() }, why, []);
        }
    }

    /// Why a node moves; `None` for one that stays.
    pub(super) fn moves(&self, node: NodeId) -> Option<String> {
        let from = leaving(self.spec, self.observed).remove(&node)?;
        let to = &self.spec.host_of(node)?.name;
        let cost = match node.role() {
            Role::Redis | Role::Sentinel => format!("its volume on {from} is kept"),
            Role::Proxy | Role::Exporter | Role::Guard => "all connections through it end".to_owned(),
        };
        Some(format!("it moves from {from} to {to}; {cost}"))
    }

    /// Has masters that are to move hand over to nodes that stay. Returns whether the plan must wait for that.
    pub(super) fn hand_over_to_nodes_that_stay(&mut self) -> bool {
        let leaving = leaving(self.spec, self.observed);
        let masters: Vec<(Group, NodeId)> = self.masters.iter().map(|(group, master)| (*group, *master)).collect();
        let mut waits = false;
        for (group, master) in masters.into_iter().filter(|(_, master)| leaving.contains_key(master)) {
            let host = &leaving[&master];
            let staying = self.spec.redis_nodes(group).filter(|node| *node != master && !leaving.contains_key(node));
            let everything = self.plan.leaves();
            let why = format!("{master} is master and is to leave {host}");
            match fittest(staying, self.observed) {
                Some(to) => _ = self.plan.push(Action::Switchover { group, to }, why, everything),
                None => {
                    let gate = Gate::ReplicasInSync { group };
                    let why = format!("{why}, and no replica that stays can take over yet");
                    self.plan.push(Action::Await { gate }, why, everything);
                }
            }
            waits = true;
        }
        if waits {
            self.plan.then_observe = Some("the masters have moved".to_owned());
        }
        waits
    }

    /// Removes the proxies that are to go from the host that a proxy comes to: it gets their ports. Returns the last steps of that.
    pub(super) fn make_room(&mut self, proxy: NodeId) -> Vec<StepId> {
        let Some(host) = self.spec.host_of(proxy).filter(|_| proxy.role() == Role::Proxy) else { return Vec::new() };
        let wanted: BTreeSet<NodeId> = self.spec.proxy_nodes().collect();
        let nodes = self.observed.inventory.nodes.iter();
        let goes = nodes.filter(|(node, facts)| {
            node.role() == Role::Proxy && !wanted.contains(node) && facts.host_name.as_ref() == Some(&host.name)
        });
        let goes: Vec<NodeId> = goes.map(|(node, _)| *node).collect();
        let removed = goes.into_iter().map(|node| {
            let why = format!("{proxy} takes its place on {}; all connections through it end", host.name);
            if !self.last.contains_key(&node) {
                self.step(node, Action::RemoveNode { node }, &why, []);
                self.step(node, Action::RemoveVolume { node }, &why, []);
                self.plan.then_observe.get_or_insert_with(|| "a proxy has made room for another".to_owned());
            }
            self.last[&node]
        });
        removed.collect()
    }
}
