//! One inventory of those of several hosts, pure.

use std::collections::BTreeMap;

use crate::cluster::observed::{Inventory, NetworkFacts, NodeFacts, NodeState, VolumeFacts};
use crate::engine::Result;
use crate::spec::{ClusterName, Host, HostName, NodeId};

/// What the inventories of all hosts say together.
pub struct Merged {
    /// The whole cluster.
    pub inventory: Inventory,
    /// The places in the list of hosts of the nodes that have a container.
    pub places: BTreeMap<NodeId, usize>,
    /// The places of all nodes by the record of the cluster, existing or not.
    pub homes: BTreeMap<NodeId, usize>,
    /// The networks by the places of their hosts.
    pub networks: BTreeMap<usize, NetworkFacts>,
}

/// The answers of the hosts, unless all of them have failed.
///
/// # Errors
/// No host has answered: the failure of the first one.
pub fn unless_all_failed<T>(answers: Vec<Result<T>>) -> Result<Vec<Result<T>>> {
    if answers.iter().any(Result::is_ok) {
        return Ok(answers);
    }
    answers.into_iter().collect::<Result<Vec<T>>>().map(|none| none.into_iter().map(Ok).collect())
}

/// What stands for the networks of all hosts in plans: they are created and removed together.
pub fn network_id(cluster: &ClusterName) -> String {
    format!("{cluster} on its hosts")
}

/// The networks of all hosts as one; `None` where there is none. Its subnet is that of the first host.
pub fn whole_network<'a>(
    cluster: &ClusterName,
    networks: impl Iterator<Item = &'a NetworkFacts>,
) -> Option<NetworkFacts> {
    let mut whole: Option<NetworkFacts> = None;
    for network in networks {
        match &mut whole {
            None => whole = Some(NetworkFacts { id: network_id(cluster), ..network.clone() }),
            Some(whole) => whole.guests.extend(network.guests.iter().cloned()),
        }
    }
    whole
}

/// Merges what the hosts have answered.
///
/// The last record counts: a host that was away has an older one. Nodes of a host that is away are unseen. Of two containers of a
/// node the one on its recorded host is the node, and the other one was left behind; so it is with volumes. A volume without a container
/// counts wherever it is, unless there is one on the recorded host: it may be all that the node has.
pub fn merged(cluster: &ClusterName, hosts: &[&Host], answers: Vec<Result<Inventory>>) -> Merged {
    let mut whole = Inventory::default();
    let (mut places, mut networks) = (BTreeMap::new(), BTreeMap::new());
    let mut away: BTreeMap<usize, String> = BTreeMap::new();
    let mut there: BTreeMap<usize, Inventory> = BTreeMap::new();
    for (place, answer) in answers.into_iter().enumerate() {
        let mut found = match answer {
            Ok(found) => found,
            Err(error) => {
                away.insert(place, error.reason());
                continue;
            }
        };
        if whole.recorded.is_none() || found.record > whole.record {
            (whole.recorded, whole.record) = (found.recorded.take(), found.record);
        }
        there.insert(place, found);
    }
    let recorded = whole.recorded.as_ref();
    let home = |(node, name): (NodeId, &HostName)| Some((node, hosts.iter().position(|host| host.name == *name)?));
    let homes: BTreeMap<NodeId, usize> =
        recorded.into_iter().flat_map(|recorded| recorded.placement.nodes().filter_map(home)).collect();
    whole.lacks_network = there.values().any(|found| found.network.is_none());
    let mut volumes: BTreeMap<NodeId, BTreeMap<usize, VolumeFacts>> = BTreeMap::new();
    for (place, found) in there {
        let host = hosts[place];
        for (node, facts) in found.nodes {
            let is_on_network = found.network.as_ref().map(|network| &network.id) == facts.network_id.as_ref();
            let network_id = if is_on_network { Some(network_id(cluster)) } else { facts.network_id };
            let facts = NodeFacts {
                network_id,
                host: Some(host.address.to_string()),
                host_name: Some(host.name.clone()),
                ..facts
            };
            let is_the_node = !places.contains_key(&node) || homes.get(&node) == Some(&place);
            let other = if is_the_node { whole.nodes.insert(node, facts) } else { Some(facts) };
            whole.left_behind.extend(other.and_then(|other| Some((node, other.host_name?))));
            if is_the_node {
                places.insert(node, place);
            }
        }
        for (node, volume) in found.volumes {
            let volume = VolumeFacts { host_name: Some(host.name.clone()), ..volume };
            volumes.entry(node).or_default().insert(place, volume);
        }
        whole.unseen.extend(found.unseen.into_iter().map(|(node, why)| (node, format!("{why}, on {}", host.name))));
        networks.extend(found.network.map(|network| (place, network)));
    }
    let own = |(node, mut there): (NodeId, BTreeMap<usize, VolumeFacts>)| match places.get(&node) {
        Some(place) => Some((node, there.remove(place)?)),
        None => {
            let at_home = homes.get(&node).and_then(|home| there.remove(home));
            Some((node, at_home.or_else(|| Some(there.pop_first()?.1))?))
        }
    };
    whole.volumes.extend(volumes.into_iter().filter_map(own));
    whole.network = whole_network(cluster, networks.values());
    if let Some(recorded) = whole.recorded.clone() {
        for node in recorded.nodes() {
            let Some(why) = homes.get(&node).and_then(|place| away.get(place)) else { continue };
            whole.unseen.insert(node, why.clone());
            whole.nodes.insert(node, NodeFacts::unobserved(&recorded, node, NodeState::Unknown));
        }
    }
    Merged { inventory: whole, places, homes, networks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{healthy, redis};
    use crate::engine::{EngineError, EngineErrorKind};
    use crate::spec::{Placement, Spec};

    /// A cluster on three hosts, and what each of them has.
    fn three() -> (Spec, Vec<Result<Inventory>>) {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.hosts = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3".to_owned().try_into().expect("hosts");
        spec.placement = Placement::settled(&spec, None);
        let whole = healthy(&spec).inventory;
        let of = |host: &Host| {
            let is_there = |node: &NodeId| spec.placement.of(*node) == Some(&host.name);
            let mut there = Inventory { record: 1, ..whole.clone() };
            there.nodes.retain(|node, _| is_there(node));
            there.volumes.retain(|node, _| is_there(node));
            Ok(there)
        };
        let inventories = spec.hosts.iter().map(of).collect();
        (spec, inventories)
    }

    fn merged_of(spec: &Spec, answers: Vec<Result<Inventory>>) -> Merged {
        let hosts: Vec<&Host> = spec.hosts.iter().collect();
        merged(&spec.name, &hosts, answers)
    }

    fn answer(answers: &mut [Result<Inventory>], place: usize) -> &mut Inventory {
        answers[place].as_mut().expect("it answers")
    }

    #[test]
    fn of_two_containers_of_a_node_the_one_on_its_recorded_host_counts() {
        for recorded in ["a", "c"] {
            let (spec, mut answers) = three();
            let spec = spec.placed([(redis(3), recorded.parse().expect("a name"))]);
            let (facts, volume) = {
                let there = answer(&mut answers, 2);
                (there.nodes[&redis(3)].clone(), there.volumes[&redis(3)].clone())
            };
            answer(&mut answers, 0).nodes.insert(redis(3), facts);
            answer(&mut answers, 0).volumes.insert(redis(3), volume);
            for place in 0..3 {
                answer(&mut answers, place).recorded = Some(spec.clone());
            }
            let Merged { inventory, places, .. } = merged_of(&spec, answers);
            let other = if recorded == "a" { "c" } else { "a" };
            assert_eq!(inventory.nodes[&redis(3)].host_name.as_ref().map(HostName::as_str), Some(recorded));
            assert_eq!(places[&redis(3)], if recorded == "a" { 0 } else { 2 });
            let left: Vec<(NodeId, &str)> =
                inventory.left_behind.iter().map(|(node, host)| (*node, host.as_str())).collect();
            assert_eq!(left, [(redis(3), other)]);
        }
    }

    #[test]
    fn a_node_that_is_not_where_it_is_to_be_is_seen_where_it_is() {
        let (spec, mut answers) = three();
        let spec = spec.placed([(redis(3), "a".parse().expect("a name"))]);
        answer(&mut answers, 0).recorded = Some(spec.clone());
        answer(&mut answers, 0).record = 2;
        let Merged { inventory, places, homes, .. } = merged_of(&spec, answers);
        assert_eq!((places[&redis(3)], homes[&redis(3)]), (2, 0));
        assert!(inventory.volumes.contains_key(&redis(3)) && inventory.left_behind.is_empty());
    }

    #[test]
    fn the_volume_that_a_node_left_on_its_former_host_counts_as_long_as_it_has_no_other() {
        for has_other in [false, true] {
            let (spec, mut answers) = three();
            let spec = spec.placed([(redis(3), "a".parse().expect("a name"))]);
            let former = answer(&mut answers, 2);
            former.nodes.remove(&redis(3));
            let volume = former.volumes[&redis(3)].clone();
            if has_other {
                answer(&mut answers, 0).volumes.insert(redis(3), volume);
            }
            for place in 0..3 {
                answer(&mut answers, place).recorded = Some(spec.clone());
            }
            let inventory = merged_of(&spec, answers).inventory;
            let host = inventory.volumes[&redis(3)].host_name.as_ref().map(HostName::as_str);
            assert_eq!(host, Some(if has_other { "a" } else { "c" }));
        }
    }

    #[test]
    fn a_host_that_was_added_has_no_network_yet_and_the_others_keep_theirs() {
        let (spec, mut answers) = three();
        answers[2] = Ok(Inventory::default());
        let inventory = merged_of(&spec, answers).inventory;
        assert!(inventory.lacks_network);
        let network = inventory.network.expect("a network").id;
        assert_eq!(inventory.nodes[&redis(1)].network_id, Some(network));
    }

    #[test]
    fn nodes_that_are_recorded_on_a_host_that_is_away_are_unseen() {
        let (spec, mut answers) = three();
        answers[2] = Err(EngineError::new(EngineErrorKind::Unreachable, "look", anyhow::anyhow!("no route")));
        let inventory = merged_of(&spec, answers).inventory;
        let unseen: Vec<NodeId> = inventory.unseen.keys().copied().collect();
        assert_eq!(unseen, [redis(3), NodeId::Sentinel(3)]);
        assert_eq!(inventory.nodes[&redis(3)].state, NodeState::Unknown);
    }
}
