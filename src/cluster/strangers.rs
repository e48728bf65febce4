//! What a cluster has that redos did not give it: users, rights, logins, replicas; pure.
//!
//! A cluster with any of these is not healthy, because redos cannot distinguish a helpful hand from a break-in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use thiserror::Error;

use super::claims::node_at;
use super::desired::spec_hash;
use super::observed::{Answer, MasterLogin, Observed, OtherUsers, RedisView, RoleView};
use crate::spec::names::listed_nodes;
use crate::spec::{NodeId, Spec};

/// A running replica reports its offset to its master every second.
const FRESH_SECONDS: u64 = 1;

/// Something that redos did not give a cluster. `Display` is the sentence for users, with what removes it if redos can.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Stranger {
    #[error(
        "{} {} the user '{user}', which redos did not make; 'up --remove-unknown-users' removes it",
        listed_nodes(nodes), if nodes.len() == 1 { "has" } else { "have" }
    )]
    UnknownUser { user: String, nodes: BTreeSet<NodeId> },
    #[error(
        "{} still {} the user '{user}', which the settings no longer name; 'up' removes it",
        listed_nodes(nodes), if nodes.len() == 1 { "has" } else { "have" }
    )]
    FormerUser { user: String, nodes: BTreeSet<NodeId> },
    #[error("the user '{user}' of {} does not have the rights that redos gave it", listed_nodes(nodes))]
    ChangedUser { user: String, nodes: BTreeSet<NodeId> },
    #[error("{} would log in at a master with a password that redos did not give it", listed_nodes(nodes))]
    OtherLogin { nodes: BTreeSet<NodeId> },
    #[error("{address} copies {master} but is not a node of this cluster")]
    Replica { address: SocketAddrV4, master: NodeId },
    #[error("two servers that copy {master} both say that they are {node}")]
    SameReplica { node: NodeId, master: NodeId },
}

/// Everything in a cluster that redos did not give it.
pub fn strangers(spec: &Spec, observed: &Observed) -> Vec<Stranger> {
    let mut found = Vec::new();
    for (user, nodes) in by_user(all_users(observed).map(|(node, users)| (node, users.unknown.clone()))) {
        found.push(Stranger::UnknownUser { user, nodes });
    }
    for (user, nodes) in by_user(changed_users(spec, observed)) {
        found.push(Stranger::ChangedUser { user, nodes });
    }
    for (user, nodes) in by_user(former_users(observed)) {
        found.push(Stranger::FormerUser { user, nodes });
    }
    let other_login = |(_, view): &(NodeId, &RedisView)| view.login == MasterLogin::Foreign;
    let nodes: BTreeSet<NodeId> = redis_views(observed).filter(other_login).map(|(node, _)| node).collect();
    if !nodes.is_empty() {
        found.push(Stranger::OtherLogin { nodes });
    }
    found.extend(redis_views(observed).flat_map(|(node, view)| replicas(node, view, observed)));
    found
}

/// The users of each node whose rights must be set again. A node that will be recreated gets them with its new file.
pub fn changed_users(spec: &Spec, observed: &Observed) -> impl Iterator<Item = (NodeId, BTreeSet<String>)> {
    all_users(observed)
        .filter(move |(node, users)| !users.changed.is_empty() && is_current(spec, *node, observed))
        .map(|(node, users)| (node, users.changed.clone()))
}

/// Whether a node was made from what redos would make it from now.
pub(super) fn is_current(spec: &Spec, node: NodeId, observed: &Observed) -> bool {
    observed.inventory.nodes.get(&node).is_some_and(|facts| facts.spec_hash == spec_hash(spec, node))
}

/// The users of each node that redos did not create.
pub fn unknown_users(observed: &Observed) -> impl Iterator<Item = (NodeId, BTreeSet<String>)> {
    all_users(observed)
        .filter(|(_, users)| !users.unknown.is_empty())
        .map(|(node, users)| (node, users.unknown.clone()))
}

/// The users of each node that redos created and that the settings no longer name.
pub fn former_users(observed: &Observed) -> impl Iterator<Item = (NodeId, BTreeSet<String>)> {
    all_users(observed).filter(|(_, users)| !users.former.is_empty()).map(|(node, users)| (node, users.former.clone()))
}

/// The users of each node whose passwords are not those of the stage that a rotation is in.
pub fn outdated_users(observed: &Observed) -> impl Iterator<Item = (NodeId, BTreeSet<String>)> {
    all_users(observed)
        .filter(|(_, users)| !users.outdated.is_empty())
        .map(|(node, users)| (node, users.outdated.clone()))
}

/// The nodes that still log in at their master with the password of before.
pub fn former_logins(observed: &Observed) -> impl Iterator<Item = NodeId> {
    redis_views(observed).filter(|(_, view)| view.login == MasterLogin::Former).map(|(node, _)| node)
}

/// The nodes whose login at their master must be set again.
pub fn other_logins(observed: &Observed) -> impl Iterator<Item = NodeId> {
    redis_views(observed).filter(|(_, view)| view.login == MasterLogin::Foreign).map(|(node, _)| node)
}

/// Replicas in a master's list that are not other nodes of its group, or that claim the same node.
fn replicas(master: NodeId, view: &RedisView, observed: &Observed) -> Vec<Stranger> {
    let RoleView::Master { replicas } = &view.role else { return Vec::new() };
    let mut nodes = BTreeSet::new();
    let mut found = Vec::new();
    for replica in replicas {
        match own_replica(master, replica.address, observed) {
            None => found.push(Stranger::Replica { address: replica.address, master }),
            Some(node) if replica.lag_seconds <= FRESH_SECONDS && !nodes.insert(node) => {
                found.push(Stranger::SameReplica { node, master });
            }
            Some(_) => {}
        }
    }
    found
}

/// The node of a master's replica at this address; `None` for a stranger.
fn own_replica(master: NodeId, address: SocketAddrV4, observed: &Observed) -> Option<NodeId> {
    let node = node_at(address, observed)?;
    (node.group() == master.group() && node != master && observed.inventory.place(node) == Some(address))
        .then_some(node)
}

/// Whether a master has a foreign replica at this address. Sentinels find it again at once when they have forgotten it.
pub fn copies_as_a_stranger(address: SocketAddrV4, observed: &Observed) -> bool {
    redis_views(observed).any(|(master, view)| match &view.role {
        RoleView::Master { replicas } => {
            let is_there = replicas.iter().any(|replica| replica.address == address);
            is_there && own_replica(master, address, observed).is_none()
        }
        RoleView::Replica { .. } => false,
    })
}

fn redis_views(observed: &Observed) -> impl Iterator<Item = (NodeId, &RedisView)> {
    observed.topology.redis.iter().filter_map(|(node, answer)| Some((*node, answer.said()?)))
}

fn all_users(observed: &Observed) -> impl Iterator<Item = (NodeId, &OtherUsers)> {
    let redis = redis_views(observed).map(|(node, view)| (node, &view.users));
    let sentinels = observed.topology.sentinels.iter();
    let sentinels = sentinels.filter_map(|(node, answer)| Some((*node, Answer::said(answer)?)));
    redis.chain(sentinels.map(|(node, view)| (node, &view.users)))
}

fn by_user(of_nodes: impl Iterator<Item = (NodeId, BTreeSet<String>)>) -> BTreeMap<String, BTreeSet<NodeId>> {
    let mut nodes: BTreeMap<String, BTreeSet<NodeId>> = BTreeMap::new();
    for (node, users) in of_nodes {
        for user in users {
            nodes.entry(user).or_default().insert(node);
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{at, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::observed::AttachedReplica;
    use crate::cluster::status;
    use crate::plan::step::Action;
    use crate::plan::{Past, diff};
    use crate::spec::REDIS_PORT;

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    /// A healthy cluster whose nodes are as this redos creates them.
    fn current() -> Observed {
        let mut observed = healthy(&spec());
        for (node, facts) in &mut observed.inventory.nodes {
            facts.spec_hash = spec_hash(&spec(), *node);
        }
        observed
    }

    fn sentences(observed: &Observed) -> Vec<String> {
        strangers(&spec(), observed).iter().map(ToString::to_string).collect()
    }

    fn users(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn attached(observed: &mut Observed) -> &mut Vec<AttachedReplica> {
        match &mut redis_mut(observed, redis(1)).role {
            RoleView::Master { replicas } => replicas,
            RoleView::Replica { .. } => panic!("redis-1 is master"),
        }
    }

    #[test]
    fn a_user_that_redos_did_not_make_is_named_and_removed_only_as_told() {
        let mut observed = current();
        assert_eq!(sentences(&observed), Vec::<String>::new());
        redis_mut(&mut observed, redis(1)).users.unknown = users(&["evil"]);
        sentinel_mut(&mut observed, 2).users.unknown = users(&["evil"]);
        let found = sentences(&observed);
        assert_eq!(
            found,
            [
                "redis-1 and sentinel-2 have the user 'evil', which redos did not make; 'up --remove-unknown-users' removes it"
            ]
        );
        let judged = status::status(&spec(), &observed);
        assert_eq!((judged.healthy, judged.reasons), (false, found));
        assert!(diff(&spec(), &observed).is_empty());
        let actions: Vec<Action> = diff::removing_unknown_users(&spec(), &observed, &Past::default())
            .plan
            .steps
            .into_iter()
            .map(|step| step.action)
            .collect();
        let removed = |node| Action::RemoveUsers { node, users: users(&["evil"]) };
        assert_eq!(actions, [removed(redis(1)), removed(NodeId::Sentinel(2))]);
    }

    #[test]
    fn rights_and_logins_that_were_changed_are_set_again_unless_the_node_is_made_anew() {
        let mut observed = current();
        redis_mut(&mut observed, redis(2)).users.changed = users(&["default"]);
        redis_mut(&mut observed, redis(1)).login = MasterLogin::Foreign;
        assert_eq!(
            sentences(&observed),
            [
                "the user 'default' of redis-2 does not have the rights that redos gave it",
                "redis-1 would log in at a master with a password that redos did not give it"
            ]
        );
        let actions = |observed: &Observed| -> Vec<Action> {
            diff(&spec(), observed)
                .steps
                .into_iter()
                .map(|step| step.action)
                .filter(|action| !action.only_looks())
                .collect()
        };
        let set = Action::SetUsers { node: redis(2), users: users(&["default"]) };
        assert_eq!(actions(&observed), [Action::SetReplicationLogin { node: redis(1) }, set.clone()]);
        observed.inventory.nodes.get_mut(&redis(2)).expect("there").spec_hash = "of an earlier redos".to_owned();
        assert!(!actions(&observed).contains(&set));
        assert_eq!(strangers(&spec(), &observed).len(), 1);
    }

    #[test]
    fn a_replica_that_is_no_node_is_named() {
        let mut observed = current();
        let own = attached(&mut observed)[0].clone();
        let cases = [
            (
                "172.18.0.2:6379".parse().expect("an address"),
                "172.18.0.2:6379 copies redis-1 but is not a node of this cluster",
            ),
            (at(redis(3), 7777), "172.18.255.221:7777 copies redis-1 but is not a node of this cluster"),
            (at(NodeId::Proxy(1), REDIS_PORT), "172.18.255.254:6379 copies redis-1 but is not a node of this cluster"),
            (own.address, "two servers that copy redis-1 both say that they are redis-2"),
        ];
        for (address, sentence) in cases {
            let mut observed = observed.clone();
            attached(&mut observed).push(AttachedReplica { address, ..own.clone() });
            assert_eq!(sentences(&observed), [sentence]);
        }
        // A master receives nothing any more from the remains of a broken link.
        attached(&mut observed).push(AttachedReplica { lag_seconds: 30, ..own });
        assert_eq!(sentences(&observed), Vec::<String>::new());
    }
}
