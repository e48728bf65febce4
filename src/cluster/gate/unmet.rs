//! The unmet condition of a gate: a value that knows its nodes.

use std::net::{SocketAddr, SocketAddrV4};

use thiserror::Error;

use crate::cluster::claims::{Undecided, Whose, joined};
use crate::cluster::observed::{Loading, NodeState};
use crate::spec::render::directives::{NEVER_PROMOTED, PRIORITY};
use crate::spec::{Group, HostName, NodeId};

/// The first unmet condition of a gate. `Display` is the sentence for users.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unmet {
    #[error("{node} is missing")]
    Missing { node: NodeId },
    #[error("Docker does not answer about {node}: {why}")]
    Unseen { node: NodeId, why: String },
    #[error("the host {host} does not answer: {why}")]
    HostAway { host: HostName, why: String },
    #[error("{node} dies at every start: Docker restarted it {restarts} times")]
    DiesAtEveryStart { node: NodeId, restarts: u64 },
    #[error("{node} cannot load its data, and ends at every start: {said}")]
    CannotLoad { node: NodeId, said: String },
    #[error("{node} is not on the cluster's network")]
    OffNetwork { node: NodeId },
    #[error("{node} does not answer: {why}")]
    Silent { node: NodeId, why: String },
    #[error("{node} does not answer ({why}): it waits until {master} has loaded its data")]
    AwaitsMaster { node: NodeId, why: String, master: NodeId },
    #[error("{node} was not asked")]
    NotAsked { node: NodeId },
    #[error("{node} {}", state.sentence())]
    NotRunning { node: NodeId, state: NodeState },
    #[error("{node} is loading its data, {how_far}")]
    Loading { node: NodeId, how_far: Loading },
    #[error("{address} is published for {proxy}, but connections do not reach it: {why}")]
    PortLeadsNowhere { proxy: NodeId, address: SocketAddr, why: String },

    #[error("no node of {group} is master")]
    NoMaster { group: Group },
    #[error("{} claim to be master of {group} at the same time", joined(masters))]
    SeveralMasters { group: Group, masters: Vec<NodeId> },
    #[error("{node} is no longer master")]
    NoLongerMaster { node: NodeId },
    #[error(transparent)]
    Undecided(#[from] Undecided),

    #[error("{node} follows {follows}, not {master}")]
    FollowsAnother { node: NodeId, follows: Whose, master: NodeId },
    #[error("{node} does not copy {server}")]
    DoesNotCopy { node: NodeId, server: SocketAddrV4 },
    #[error("{node} is copying the data of {source}", source = from)]
    Copying { node: NodeId, from: Whose },
    #[error("the link of {node} to {to} is down")]
    LinkDown { node: NodeId, to: Whose },
    #[error("{node} is in sync, but no Sentinel may promote it yet (its {PRIORITY} is {NEVER_PROMOTED})")]
    Joining { node: NodeId },
    #[error("{master} does not yet list {replica} as online")]
    NotOnline { master: NodeId, replica: NodeId },

    #[error("{sentinel} does not watch {group}")]
    DoesNotWatch { sentinel: NodeId, group: Group },
    #[error("{sentinel} names {named} as master of {group}, not {master}")]
    NamesAnother { sentinel: NodeId, named: Whose, group: Group, master: NodeId },
    #[error("{sentinel} does not yet know the {kind} {who}")]
    DoesNotKnow { sentinel: NodeId, kind: &'static str, who: Whose },
    #[error("{sentinel} still knows the {kind} {who}, which is not of this cluster")]
    KnowsStranger { sentinel: NodeId, kind: &'static str, who: Whose },
    #[error("{sentinel} does not yet know that it may promote {replica}")]
    NotYetEligible { sentinel: NodeId, replica: Whose },
    #[error("{sentinel} flags {who} as {flag}")]
    Sees { sentinel: NodeId, who: Whose, flag: &'static str },
    #[error("{sentinel} has not yet reached {node}, which was started a moment ago")]
    NotYetReached { sentinel: NodeId, node: NodeId },
    #[error("{sentinel} is in TILT and does not act for 30 s")]
    Tilt { sentinel: NodeId },
    #[error("{sentinel} says: {reply}")]
    NoQuorum { sentinel: NodeId, reply: String },

    #[error("{proxy} has no server for writes of {group}")]
    WritesNowhere { proxy: NodeId, group: Group },
    #[error("{proxy} sends writes of {group} to {to}, not to {master}")]
    WritesElsewhere { proxy: NodeId, group: Group, to: NodeId, master: NodeId },
    #[error("{proxy} has not yet heard from {sentinel} that {master} is the master of {group}")]
    VoteNotCounted { proxy: NodeId, sentinel: NodeId, group: Group, master: NodeId },
    #[error("{proxy} does not yet send reads of {group} to {replica}")]
    ReadsMissing { proxy: NodeId, group: Group, replica: NodeId },
    #[error("{proxy} sends writes to a server that {head} does not copy")]
    WritesToAnotherServer { proxy: NodeId, head: NodeId },
    #[error("{proxy} cannot reach {server}")]
    NoWayTo { proxy: NodeId, server: SocketAddrV4 },
    #[error("{proxy} is not configured for {server}")]
    NoPlaceFor { proxy: NodeId, server: SocketAddrV4 },

    #[error("{exporter} gets no metrics of {node}: {why}")]
    NoMetrics { exporter: NodeId, node: NodeId, why: String },
    #[error("{guard} does not watch the master of {group}")]
    NotGuarded { guard: NodeId, group: Group },
}

impl Unmet {
    /// The nodes in the sentence, whose logs tell most.
    pub fn about(&self) -> Vec<NodeId> {
        match self {
            // All of its nodes.
            Self::HostAway { .. } => Vec::new(),
            Self::Missing { node }
            | Self::Unseen { node, .. }
            | Self::DiesAtEveryStart { node, .. }
            | Self::CannotLoad { node, .. }
            | Self::OffNetwork { node }
            | Self::Silent { node, .. }
            | Self::NotAsked { node }
            | Self::NotRunning { node, .. }
            | Self::Loading { node, .. }
            | Self::NoLongerMaster { node }
            | Self::Joining { node }
            | Self::DoesNotCopy { node, .. }
            | Self::PortLeadsNowhere { proxy: node, .. }
            | Self::DoesNotWatch { sentinel: node, .. }
            | Self::Tilt { sentinel: node }
            | Self::NoQuorum { sentinel: node, .. }
            | Self::WritesNowhere { proxy: node, .. }
            | Self::NotGuarded { guard: node, .. }
            | Self::NoWayTo { proxy: node, .. }
            | Self::NoPlaceFor { proxy: node, .. } => vec![*node],
            Self::AwaitsMaster { node, master: other, .. }
            | Self::NotOnline { master: node, replica: other }
            | Self::NotYetReached { sentinel: node, node: other }
            | Self::ReadsMissing { proxy: node, replica: other, .. }
            | Self::WritesToAnotherServer { proxy: node, head: other }
            | Self::NoMetrics { exporter: node, node: other, .. } => vec![*node, *other],
            Self::Copying { node, from: who }
            | Self::LinkDown { node, to: who }
            | Self::DoesNotKnow { sentinel: node, who, .. }
            | Self::KnowsStranger { sentinel: node, who, .. }
            | Self::NotYetEligible { sentinel: node, replica: who }
            | Self::Sees { sentinel: node, who, .. } => [*node].into_iter().chain(who.node()).collect(),
            Self::FollowsAnother { node, follows: who, master }
            | Self::NamesAnother { sentinel: node, named: who, master, .. } => {
                [*node, *master].into_iter().chain(who.node()).collect()
            }
            Self::WritesElsewhere { proxy, to: other, master, .. }
            | Self::VoteNotCounted { proxy, sentinel: other, master, .. } => vec![*proxy, *other, *master],
            Self::SeveralMasters { masters, .. } => masters.clone(),
            Self::Undecided(undecided) => undecided.about(),
            Self::NoMaster { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cluster::fixture::{GROUP, redis};

    #[test]
    fn it_is_about_the_nodes_that_its_sentence_names() {
        let (node, other, third) = (redis(1), redis(2), redis(3));
        let (sentinel, proxy) = (NodeId::Sentinel(1), NodeId::Proxy(1));
        let server: SocketAddrV4 = "192.0.2.5:7000".parse().expect("an address");
        let (group, who, stranger) = (GROUP, Whose::Node(other), Whose::Stranger(server));
        let why = "no answer".to_owned();
        let how_far = Loading { percent: 5, seconds_left: 9 };
        let undecided = [
            Undecided::Replacing { sentinel, master: who, group },
            Undecided::Down { sentinel, master: who, group },
            Undecided::DownForLoading { sentinel, master: who, group, node: other, how_far },
            Undecided::SilentSentinel { claimants: vec![node, other], group, sentinel },
            Undecided::SoonCorrected { node, group, sentinel, master: who },
            Undecided::AnotherLeads { named: node, group, other },
            Undecided::NamedIsReplica { named: node, group },
        ];
        let all = [
            Unmet::Missing { node },
            Unmet::Unseen { node, why: why.clone() },
            Unmet::HostAway { host: "a".parse().expect("a name"), why: why.clone() },
            Unmet::DiesAtEveryStart { node, restarts: 4 },
            Unmet::CannotLoad { node, said: why.clone() },
            Unmet::OffNetwork { node },
            Unmet::Silent { node, why: why.clone() },
            Unmet::AwaitsMaster { node, why: why.clone(), master: other },
            Unmet::NotAsked { node },
            Unmet::NotRunning { node, state: NodeState::Paused },
            Unmet::Loading { node, how_far },
            Unmet::PortLeadsNowhere { proxy, address: server.into(), why: why.clone() },
            Unmet::NoMaster { group },
            Unmet::SeveralMasters { group, masters: vec![node, other] },
            Unmet::NoLongerMaster { node },
            Unmet::FollowsAnother { node, follows: who, master: third },
            Unmet::FollowsAnother { node, follows: stranger, master: third },
            Unmet::DoesNotCopy { node, server },
            Unmet::Copying { node, from: who },
            Unmet::LinkDown { node, to: stranger },
            Unmet::Joining { node },
            Unmet::NotYetEligible { sentinel, replica: who },
            Unmet::NotOnline { master: node, replica: other },
            Unmet::DoesNotWatch { sentinel, group },
            Unmet::NamesAnother { sentinel, named: who, group, master: third },
            Unmet::DoesNotKnow { sentinel, kind: "replica", who },
            Unmet::KnowsStranger { sentinel, kind: "replica", who: stranger },
            Unmet::Sees { sentinel, who, flag: "s_down" },
            Unmet::NotYetReached { sentinel, node },
            Unmet::Tilt { sentinel },
            Unmet::NoQuorum { sentinel, reply: why.clone() },
            Unmet::WritesNowhere { proxy, group },
            Unmet::WritesElsewhere { proxy, group, to: node, master: other },
            Unmet::ReadsMissing { proxy, group, replica: node },
            Unmet::WritesToAnotherServer { proxy, head: node },
            Unmet::NoWayTo { proxy, server },
            Unmet::NoPlaceFor { proxy, server },
            Unmet::NoMetrics { exporter: NodeId::Exporter, node, why },
            Unmet::NotGuarded { guard: NodeId::Guard(1), group },
        ];
        for unmet in all.into_iter().chain(undecided.map(Unmet::Undecided)) {
            let sentence = unmet.to_string();
            let named: BTreeSet<NodeId> =
                sentence.split([' ', ',', ':', '(', ')']).filter_map(|word| word.parse().ok()).collect();
            assert_eq!(unmet.about().into_iter().collect::<BTreeSet<_>>(), named, "{sentence}");
        }
    }
}
