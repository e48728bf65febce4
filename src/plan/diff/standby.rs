//! A standby: the head copies a server outside of the cluster, and the others copy the head.
//!
//! The proxies lead writes out of the cluster, and no node fails over. It ends when the head takes over.

use std::net::SocketAddrV4;

use super::Planner;
use crate::cluster::claims::claimants;
use crate::cluster::data;
use crate::cluster::gate::{Gate, busy, dies_at_every_start};
use crate::cluster::observed::{Answer, NodeState, Observed, RoleView, StoredState};
use crate::plan::step::Action;
use crate::spec::{Follow, NodeId, Spec};

/// The server outside of the cluster that a standby copies.
///
/// It is the one that the configuration names, or the one that it followed and that no node has taken over from yet.
pub(super) fn of(spec: &Spec, observed: &Observed) -> Option<SocketAddrV4> {
    match spec.follow {
        Follow::Nobody => None,
        Follow::Existing(existing) => Some(existing),
        Follow::Left(existing) => is_unfinished(existing, observed).then_some(existing),
    }
}

/// Whether no node has taken over yet.
///
/// A node that reports to be master has. Its writes since then must not be replaced by another copy.
fn is_unfinished(existing: SocketAddrV4, observed: &Observed) -> bool {
    let head = Spec::head();
    if head.group().is_none_or(|group| !claimants(group, observed).is_empty()) {
        return false;
    }
    let says = observed.topology.redis.get(&head).and_then(Answer::said).map(|view| &view.role);
    let wrote = observed.inventory.nodes.get(&head).and_then(|facts| facts.stored.as_ref());
    let mut proxies = observed.topology.proxies.values().filter_map(Answer::said);
    matches!(says, Some(RoleView::Replica { master, .. }) if *master == existing)
        || matches!(wrote, Some(StoredState::Redis { replica_of: Some(master), .. }) if *master == existing)
        || proxies.any(|view| view.existing.is_some())
}

/// Whether only the volume of the head shows if a copy has taken over, as its container is missing.
pub(super) fn is_in_the_volume(spec: &Spec, observed: &Observed) -> bool {
    let head = Spec::head();
    let has_container = observed.inventory.nodes.contains_key(&head);
    let claims = head.group().is_some_and(|group| !claimants(group, observed).is_empty());
    matches!(spec.follow, Follow::Left(_)) && !has_container && !claims
}

/// Whether no node says if a copy has taken over.
///
/// The head runs and does not answer, no proxy leads to the server, and no Sentinel watches a group, as all do from the
/// take-over on.
fn is_untold(spec: &Spec, observed: &Observed) -> bool {
    let head = Spec::head();
    let is_mute = matches!(observed.topology.redis.get(&head), Some(Answer::Silent(_) | Answer::Busy { .. }))
        && !dies_at_every_start(head, observed)
        && data::damage(head, observed).is_none();
    let claims = head.group().is_some_and(|group| !claimants(group, observed).is_empty());
    let mut sentinels = observed.topology.sentinels.values().filter_map(Answer::said);
    matches!(spec.follow, Follow::Left(_))
        && is_mute
        && !claims
        && of(spec, observed).is_none()
        && sentinels.all(|view| view.masters.is_empty())
}

impl Planner<'_> {
    /// Makes the plan wait until the head answers, if only that knows whether a copy has taken over.
    ///
    /// Returns whether it has to wait. Sentinels that watched the node could promote it while others still write
    /// elsewhere.
    pub(super) fn asks_head(&mut self) -> bool {
        if !is_untold(self.spec, self.observed) {
            return false;
        }
        let head = Spec::head();
        let why = format!("{head} knows whether it has taken over");
        if busy(head, self.observed) == Some(false) {
            self.end_script(head);
        } else {
            self.step(head, Action::Await { gate: Gate::Answers { node: head } }, why.clone(), []);
        }
        self.plan.then_observe = Some(why);
        true
    }

    /// Whether a node is to take over in this plan or the next.
    pub(super) fn is_taking_over(&self) -> bool {
        self.standby_of.is_some() && self.spec.follow.existing().is_none()
    }

    /// Rewrites the file of the head when it copies another server.
    ///
    /// A change of the role alone would leave it with the wrong login.
    pub(super) fn set_head_right(&mut self) {
        let head = Spec::head();
        let (Some(existing), Some(view)) = (self.standby_of, self.redis_view(head)) else { return };
        if !matches!(view.role, RoleView::Replica { master, .. } if master == existing) {
            let why = format!("it does not copy {existing}");
            self.step(head, Action::StopNode { node: head }, why.clone(), []);
            self.write_config(head, &why);
            self.start(head, &why, &[]);
        }
    }

    /// Makes the Sentinels watch nothing: only redos takes over from a server that others use.
    pub(super) fn watch_nothing(&mut self) {
        for node in self.spec.sentinel_nodes().collect::<Vec<NodeId>>() {
            let watched = self.sentinel_view(node).into_iter().flat_map(|view| view.masters.keys());
            for group in watched.filter_map(|name| name.parse().ok()) {
                let why = "a standby does not fail over";
                self.step(node, Action::SentinelRemove { node, group }, why, []);
            }
        }
    }

    /// The gates of a node that is in service. A standby has no writes of its own.
    pub(super) fn service_gates(&self, node: NodeId) -> Vec<Gate> {
        match node {
            _ if self.standby_of.is_none() => vec![Gate::InService { node }],
            NodeId::Redis { group, .. } => {
                let copies = self.standby_of.filter(|_| node == Spec::head());
                let copies = copies.map(|existing| Gate::Copies { node, existing });
                copies.into_iter().chain([Gate::ReplicasInSync { group }]).collect()
            }
            NodeId::Sentinel(_) | NodeId::Exporter | NodeId::Guard(_) => vec![Gate::Answers { node }],
            NodeId::Proxy(_) => Spec::head().group().map(|group| Gate::ProxiesRoute { group }).into_iter().collect(),
        }
    }

    /// Makes the head take over when its server is not to be followed any more.
    ///
    /// The proxies' files come before that: a proxy that restarts must not lead back.
    pub(super) fn take_over(&mut self) {
        let Some(existing) = self.standby_of.filter(|_| self.is_taking_over()) else { return };
        let head = Spec::head();
        for proxy in self.spec.proxy_nodes().collect::<Vec<NodeId>>() {
            if self.facts(proxy).is_some_and(|facts| facts.state == NodeState::Running) {
                self.write_config(proxy, &format!("it must not lead to {existing} when it restarts"));
            }
        }
        let everything = self.plan.leaves();
        let why = format!("{existing} is not to be followed any more");
        let action = match self.redis_view(head).map(|view| &view.role) {
            Some(RoleView::Replica { master, .. }) if *master == existing => Action::TakeOver { node: head, existing },
            Some(_) | None => Action::Await { gate: Gate::Copies { node: head, existing } },
        };
        self.plan.push(action, why, everything);
        self.plan.then_observe = Some(format!("{head} takes over from {existing}"));
    }
}
