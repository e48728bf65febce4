//! Gates: what a step waits for, and when a cluster is ready. Each is a pure predicate on the observed state.

mod conditions;
mod service;
mod standby;
mod unmet;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::conditions::{
    UNKILLABLE, busy, dies_at_every_start, is_off_network, is_published, is_young, sole_master,
};
pub use self::unmet::Unmet;

use self::conditions::{answers, is_reached, reads_from, replica_in_sync, writes_to};
use super::claims::{being_decided, is_joining, node_at, server_of, whose};
use super::observed::{Answer, Observed, RoleView, WatchedMaster};
use crate::spec::{Group, NodeId, Spec};

/// A condition to wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(tag = "gate", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Gate {
    /// The node answers and is not loading.
    Answers { node: NodeId },
    /// All replicas of the group follow its one master, their links are up and no sync is running.
    ReplicasInSync { group: Group },
    /// The node copies a server outside of the cluster, its link is up and no sync is running.
    Copies { node: NodeId, existing: SocketAddrV4 },
    /// All Sentinels name the same master for the group, it claims to be one, and no Sentinel is replacing it.
    SentinelsAgree { group: Group },
    /// Every Sentinel sees all replicas of the group and all other Sentinels, none down, and no others.
    SentinelsSeeAll { group: Group },
    /// `SENTINEL CKQUORUM` succeeds at every Sentinel, and none is in TILT.
    QuorumReached { group: Group },
    /// Every proxy sends the group's writes to its master and its reads to in-sync replicas.
    ProxiesRoute { group: Group },
    /// The node is in service, whatever the others do.
    ///
    /// A Redis node is the master or in sync with it, and gets connections from the proxies that answer. A Sentinel
    /// agrees with the others and counts for them. A proxy leads to the masters. The exporter has metrics of all others.
    InService { node: NodeId },
    /// The exporter has metrics of all nodes that answer. No client is affected while it is shut.
    GivesMetrics,
    /// The guard watches the masters of all groups. No client is affected while it is shut.
    Guards { node: NodeId },
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers { node } => write!(f, "{node} answers"),
            Self::ReplicasInSync { group } => write!(f, "the replicas of {group} are in sync"),
            Self::Copies { node, existing } => write!(f, "{node} copies {existing}"),
            Self::SentinelsAgree { group } => write!(f, "the Sentinels agree on the master of {group}"),
            Self::SentinelsSeeAll { group } => write!(f, "the Sentinels see all nodes of {group}"),
            Self::QuorumReached { group } => write!(f, "{group} has its quorum"),
            Self::ProxiesRoute { group } => write!(f, "the proxies lead to the nodes of {group}"),
            Self::InService { node } => write!(f, "{node} is in service"),
            Self::GivesMetrics => write!(f, "{} gives metrics", NodeId::Exporter),
            Self::Guards { node } => write!(f, "{node} watches all masters"),
        }
    }
}

impl Gate {
    /// The gates of a ready cluster, in the order in which they usually open.
    pub fn ready(spec: &Spec) -> Vec<Gate> {
        let per_group = |group| {
            [
                Gate::ReplicasInSync { group },
                Gate::SentinelsAgree { group },
                Gate::SentinelsSeeAll { group },
                Gate::QuorumReached { group },
                Gate::ProxiesRoute { group },
            ]
        };
        let answers = spec.nodes().into_iter().map(|node| match node {
            NodeId::Exporter => Gate::GivesMetrics,
            NodeId::Guard(_) => Gate::Guards { node },
            node => Gate::Answers { node },
        });
        // The Sentinels of a standby watch nothing: only redos may take over from a server that others use.
        if let Some(existing) = spec.follow.existing() {
            let copies = Gate::Copies { node: Spec::head(), existing };
            let per_group = |group| [Gate::ReplicasInSync { group }, Gate::ProxiesRoute { group }];
            return answers.chain([copies]).chain(spec.groups().flat_map(per_group)).collect();
        }
        answers.chain(spec.groups().flat_map(per_group)).collect()
    }

    /// Whether it is about a node that nothing else needs, so that clients are not affected when it is shut.
    ///
    /// `up` proves the result without it, and ends with a warning when nothing else is missing.
    pub const fn is_optional(&self) -> bool {
        matches!(self, Self::GivesMetrics | Self::Guards { .. })
    }

    /// The nodes whose logs tell most when this gate does not open.
    pub fn concerns(&self, spec: &Spec) -> Vec<NodeId> {
        match self {
            Self::Answers { node } | Self::InService { node } | Self::Copies { node, .. } => vec![*node],
            Self::ReplicasInSync { group } => spec.redis_nodes(*group).collect(),
            Self::SentinelsAgree { .. } | Self::SentinelsSeeAll { .. } | Self::QuorumReached { .. } => {
                spec.sentinel_nodes().collect()
            }
            Self::ProxiesRoute { .. } => spec.proxy_nodes().collect(),
            Self::GivesMetrics => vec![NodeId::Exporter],
            Self::Guards { node } => vec![*node],
        }
    }

    /// Whether the gate is open.
    ///
    /// # Errors
    /// The first unmet condition.
    pub fn holds(&self, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
        match self {
            Self::Answers { node } => answers(*node, observed),
            Self::ReplicasInSync { group } => replicas_in_sync(*group, spec, observed),
            Self::Copies { node, existing } => standby::copies(*node, *existing, observed),
            Self::SentinelsAgree { group } => {
                let master = sole_master(*group, observed)?;
                if let Some(undecided) = being_decided(*group, observed) {
                    return Err(Unmet::Undecided(undecided));
                }
                for (sentinel, watched) in watched(*group, spec, observed) {
                    let named = whose(watched?.address, observed);
                    if named.node() != Some(master) {
                        return Err(Unmet::NamesAnother { sentinel, named, group: *group, master });
                    }
                }
                Ok(())
            }
            Self::SentinelsSeeAll { group } => sentinels_see_all(*group, spec, observed),
            Self::QuorumReached { group } => {
                for (sentinel, watched) in watched(*group, spec, observed) {
                    let no_quorum = |reply: &String| Unmet::NoQuorum { sentinel, reply: reply.clone() };
                    watched?.quorum_check.as_ref().map_err(no_quorum)?;
                    if observed.topology.sentinels.get(&sentinel).and_then(Answer::said).is_some_and(|view| view.tilt) {
                        return Err(Unmet::Tilt { sentinel });
                    }
                }
                Ok(())
            }
            Self::ProxiesRoute { group } => proxies_route(*group, spec, observed),
            Self::InService { node } => service::in_service(*node, spec, observed),
            Self::GivesMetrics => service::in_service(NodeId::Exporter, spec, observed),
            Self::Guards { node } => service::in_service(*node, spec, observed),
        }
    }
}

/// The node that the others of its group copy.
///
/// # Errors
/// There is none, or more than one.
fn leader(group: Group, spec: &Spec, observed: &Observed) -> Result<NodeId, Unmet> {
    if spec.follow.existing().is_some() { Ok(Spec::head()) } else { sole_master(group, observed) }
}

/// What each Sentinel of the specification says about a group.
fn watched<'a>(
    group: Group,
    spec: &Spec,
    observed: &'a Observed,
) -> impl Iterator<Item = (NodeId, Result<&'a WatchedMaster, Unmet>)> {
    spec.sentinel_nodes().map(move |sentinel| {
        let watched = answers(sentinel, observed).and_then(|()| {
            let view = observed.topology.sentinels.get(&sentinel).and_then(Answer::said);
            view.and_then(|view| view.masters.get(&group.to_string())).ok_or(Unmet::DoesNotWatch { sentinel, group })
        });
        (sentinel, watched)
    })
}

fn replicas_in_sync(group: Group, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let master = leader(group, spec, observed)?;
    for node in spec.redis_nodes(group).filter(|node| *node != master) {
        replica_in_sync(node, master, observed)?;
    }
    for node in spec.redis_nodes(group).filter(|node| *node != master) {
        is_listed(node, master, spec, observed)?;
        if is_joining(node, observed) {
            return Err(Unmet::Joining { node });
        }
    }
    Ok(())
}

/// Whether the master lists this replica as online. It sends nothing to one that it does not list, whatever the replica says.
fn is_listed(node: NodeId, master: NodeId, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let attached = match observed.topology.redis.get(&master).and_then(Answer::said).map(|view| &view.role) {
        Some(RoleView::Master { replicas }) => replicas,
        Some(RoleView::Replica { .. }) if spec.follow.existing().is_some() => return Ok(()),
        Some(RoleView::Replica { .. }) | None => return Err(Unmet::NoLongerMaster { node: master }),
    };
    let server = server_of(node, observed);
    let online = attached.iter().any(|replica| Some(replica.address) == server && replica.state == "online");
    if online { Ok(()) } else { Err(Unmet::NotOnline { master, replica: node }) }
}

/// Whether a replica follows its group's master and has all its data, by its own report and by the master's.
pub fn is_in_sync(node: NodeId, spec: &Spec, observed: &Observed) -> bool {
    let in_sync = |group| {
        let master = leader(group, spec, observed)?;
        replica_in_sync(node, master, observed)?;
        is_listed(node, master, spec, observed)
    };
    node.group().is_some_and(|group| in_sync(group).is_ok())
}

fn sentinels_see_all(group: Group, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    let master = sole_master(group, observed)?;
    let at = |node: NodeId| server_of(node, observed);
    let replicas: BTreeSet<SocketAddrV4> =
        spec.redis_nodes(group).filter(|node| *node != master).filter_map(at).collect();
    for (sentinel, watched) in watched(group, spec, observed) {
        let watched = watched?;
        let complain = |kind: &'static str, known: &BTreeSet<SocketAddrV4>, wanted: &BTreeSet<SocketAddrV4>| {
            if let Some(missing) = wanted.difference(known).next() {
                return Err(Unmet::DoesNotKnow { sentinel, kind, who: whose(*missing, observed) });
            }
            match known.difference(wanted).next() {
                Some(stranger) => Err(Unmet::KnowsStranger { sentinel, kind, who: whose(*stranger, observed) }),
                None => Ok(()),
            }
        };
        complain("replica", &watched.replicas.iter().map(|replica| replica.address).collect(), &replicas)?;
        let is_joined = |address| node_at(address, observed).is_some_and(|node| !is_joining(node, observed));
        if let Some(replica) = watched.replicas.iter().find(|known| known.priority == 0 && is_joined(known.address)) {
            return Err(Unmet::NotYetEligible { sentinel, replica: whose(replica.address, observed) });
        }
        let peers: BTreeSet<SocketAddrV4> =
            spec.sentinel_nodes().filter(|peer| *peer != sentinel).filter_map(at).collect();
        complain("Sentinel", &watched.peers.iter().map(|peer| peer.address).collect(), &peers)?;
        let replicas = watched.replicas.iter().map(|replica| (replica.address, &replica.flags, replica.unanswered_for));
        let peers = watched.peers.iter().map(|peer| (peer.address, &peer.flags, peer.unanswered_for));
        for (address, flags, unanswered_for) in replicas.chain(peers) {
            if let Some(flag) = ["s_down", "o_down", "disconnected"].into_iter().find(|flag| flags.contains(*flag)) {
                return Err(Unmet::Sees { sentinel, who: whose(address, observed), flag });
            }
            if let Some(node) = node_at(address, observed) {
                is_reached(sentinel, node, unanswered_for, observed)?;
            }
        }
        is_reached(sentinel, master, watched.unanswered_for, observed)?;
    }
    Ok(())
}

fn proxies_route(group: Group, spec: &Spec, observed: &Observed) -> Result<(), Unmet> {
    if let Some(existing) = spec.follow.existing() {
        return standby::proxies_route(group, existing, spec, observed);
    }
    let master = sole_master(group, observed)?;
    let replicas: Vec<NodeId> = spec.redis_nodes(group).filter(|node| *node != master).collect();
    for proxy in spec.proxy_nodes() {
        answers(proxy, observed)?;
        is_published(proxy, observed)?;
        let Some(view) = observed.topology.proxies.get(&proxy).and_then(Answer::said) else { continue };
        writes_to(proxy, view, group, master)?;
        replicas.iter().try_for_each(|node| reads_from(proxy, view, group, *node))?;
    }
    Ok(())
}
