//! One inventory of those of several hosts, pure.

use std::collections::BTreeMap;

use crate::cluster::observed::{Inventory, NetworkFacts, NodeFacts, NodeState};
use crate::engine::{EngineError, Result};
use crate::spec::{ClusterName, Host, NodeId};

/// What the inventories of all hosts say together.
pub struct Merged {
    /// The whole cluster.
    pub inventory: Inventory,
    /// The place of each node in the list of hosts, existing or not.
    pub places: BTreeMap<NodeId, usize>,
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

/// Why a host did not answer, in words.
pub fn reason(error: &EngineError) -> String {
    let source = error.source.as_ref().map(|source| format!("{source:#}")).filter(|said| !said.is_empty());
    source.unwrap_or_else(|| error.to_string())
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
/// The last record counts: a host that was away has an older one. Nodes of a host that is away are unseen.
pub fn merged(cluster: &ClusterName, hosts: &[&Host], answers: Vec<Result<Inventory>>) -> Merged {
    let mut whole = Inventory::default();
    let (mut places, mut networks) = (BTreeMap::new(), BTreeMap::new());
    let mut away: BTreeMap<usize, String> = BTreeMap::new();
    let mut lacks_network = false;
    for (place, answer) in answers.into_iter().enumerate() {
        let found = match answer {
            Ok(found) => found,
            Err(error) => {
                away.insert(place, reason(&error));
                continue;
            }
        };
        let host = hosts[place];
        if whole.recorded.is_none() || found.record > whole.record {
            (whole.recorded, whole.record) = (found.recorded, found.record);
        }
        for (node, facts) in found.nodes {
            let is_on_network = found.network.as_ref().map(|network| &network.id) == facts.network_id.as_ref();
            let network_id = if is_on_network { Some(network_id(cluster)) } else { facts.network_id };
            let facts = NodeFacts {
                network_id,
                host: Some(host.address.to_string()),
                host_name: Some(host.name.clone()),
                ..facts
            };
            places.insert(node, place);
            whole.nodes.insert(node, facts);
        }
        whole.volumes.extend(found.volumes);
        whole.unseen.extend(found.unseen.into_iter().map(|(node, why)| (node, format!("{why}, on {}", host.name))));
        match found.network {
            Some(network) => drop(networks.insert(place, network)),
            None => lacks_network = true,
        }
    }
    if !lacks_network {
        whole.network = whole_network(cluster, networks.values());
    }
    if let Some(recorded) = whole.recorded.clone() {
        for (node, name) in recorded.placement.nodes() {
            let Some(place) = hosts.iter().position(|host| host.name == *name) else { continue };
            places.entry(node).or_insert(place);
        }
        for node in recorded.nodes() {
            let Some(why) = places.get(&node).and_then(|place| away.get(place)) else { continue };
            whole.unseen.insert(node, why.clone());
            whole.nodes.insert(node, NodeFacts::unobserved(&recorded, node, NodeState::Unknown));
        }
    }
    Merged { inventory: whole, places, networks }
}
