//! The labels that tie containers, networks and volumes to a cluster. They are the only state that redos keeps.
//!
//! DO NOT CHANGE A KEY: clusters that an older redos made would no longer be found.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::spec::{ClusterName, Group, NodeId, REDOS_VERSION, Role, Spec};

/// The cluster's name, on everything that belongs to it.
pub const CLUSTER: &str = "dev.redos.cluster";
/// `redis`, `sentinel`, `proxy`, `exporter` or `guard`; on containers and volumes.
pub const ROLE: &str = "dev.redos.role";
/// The name of the master group (`mymaster`); on containers and volumes of Redis nodes.
pub const GROUP: &str = "dev.redos.group";
/// The node's number within its role and group; on containers and volumes.
pub const ORDINAL: &str = "dev.redos.ordinal";
/// The specification as JSON, on everything. It holds no secret.
pub const SPEC: &str = "dev.redos.spec";
/// A hash of what a container was made from; on networks and volumes the hash of the specification.
pub const SPEC_HASH: &str = "dev.redos.spec-hash";
/// The run of redos that created it.
pub const RUN: &str = "dev.redos.run";
/// The version of redos that created it.
pub const VERSION: &str = "dev.redos.version";
/// The process that created a container for one task, as JSON; empty where it is not known.
pub const TEMPORARY: &str = "dev.redos.temporary";
/// A fault that is not undone yet, on a volume of its own that belongs to no cluster.
pub const FAULT: &str = "dev.redos.fault";
/// The cluster of a lock's entry, on a volume of its own that belongs to no cluster.
pub const LOCK: &str = "dev.redos.lock";
/// The writer of that entry, as JSON; on the same volume.
pub const LOCK_HOLDER: &str = "dev.redos.lock-holder";
/// Compose's key for the project, by which Docker Desktop groups containers; on containers only.
///
/// Compose ignores containers without its `config-hash` label, but `docker compose down -v` removes every volume and
/// network with this one.
pub const COMPOSE_PROJECT: &str = "com.docker.compose.project";

/// A set of labels as the Engine takes it.
pub type Labels = HashMap<String, String>;

/// The labels of an object of a cluster and, if given, of one of its nodes.
pub fn of(spec: &Spec, node: Option<NodeId>, spec_hash: Option<&str>, run: &str) -> Labels {
    // A Spec is plain data with text keys, which JSON can always hold.
    let json = serde_json::to_string(spec).unwrap_or_default();
    let hash = spec_hash.map_or_else(|| format!("{:016x}", xxh3_64(json.as_bytes())), str::to_owned);
    let mut labels: Labels = [
        (CLUSTER, spec.name.to_string()),
        (SPEC, json),
        (SPEC_HASH, hash),
        (RUN, run.to_owned()),
        (VERSION, REDOS_VERSION.to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if let Some(node) = node {
        labels.insert(ROLE.to_owned(), node.role().to_string());
        labels.insert(ORDINAL.to_owned(), node.ordinal().to_string());
        if let Some(group) = node.group() {
            labels.insert(GROUP.to_owned(), group.to_string());
        }
    }
    labels
}

/// The labels of a node's container.
pub fn of_container(spec: &Spec, node: NodeId, spec_hash: &str, run: &str) -> Labels {
    let mut labels = of(spec, Some(node), Some(spec_hash), run);
    labels.insert(COMPOSE_PROJECT.to_owned(), spec.name.to_string());
    labels
}

/// The node in the labels. `None` when they name none, or an impossible one.
pub fn node(labels: &Labels) -> Option<NodeId> {
    let ordinal: u16 = labels.get(ORDINAL)?.parse().ok().filter(|ordinal| *ordinal > 0)?;
    match labels.get(ROLE)?.parse().ok()? {
        Role::Redis => {
            let group: Group = labels.get(GROUP)?.parse().ok()?;
            Some(NodeId::redis(group, ordinal))
        }
        Role::Sentinel => Some(NodeId::Sentinel(ordinal)),
        Role::Proxy => Some(NodeId::Proxy(ordinal)),
        Role::Exporter => (ordinal == 1).then_some(NodeId::Exporter),
        Role::Guard => Some(NodeId::Guard(ordinal)),
    }
}

/// The cluster in the labels.
pub fn cluster(labels: &Labels) -> Option<ClusterName> {
    labels.get(CLUSTER)?.parse().ok()
}

/// The specification in the labels. `None` if there is none, or one of a redos that this one does not understand.
pub fn spec(labels: &Labels) -> Option<Spec> {
    serde_json::from_str(labels.get(SPEC)?).ok()
}

/// The Engine's filter for everything of one cluster.
pub fn filter(cluster: &ClusterName) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{CLUSTER}={cluster}")])])
}

/// The Engine's filter for the running nodes of a role.
pub fn filter_running(cluster: &ClusterName, role: Role) -> HashMap<String, Vec<String>> {
    let of_role = vec![format!("{CLUSTER}={cluster}"), format!("{ROLE}={role}")];
    HashMap::from([("label".to_owned(), of_role), ("status".to_owned(), vec!["running".to_owned()])])
}

/// The Engine's filter for everything of all clusters.
pub fn filter_all() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![CLUSTER.to_owned()])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_what_older_clusters_carry() {
        let keys = [
            CLUSTER,
            ROLE,
            GROUP,
            ORDINAL,
            SPEC,
            SPEC_HASH,
            RUN,
            VERSION,
            TEMPORARY,
            FAULT,
            LOCK,
            LOCK_HOLDER,
            COMPOSE_PROJECT,
        ];
        let pinned = [
            "dev.redos.cluster",
            "dev.redos.role",
            "dev.redos.group",
            "dev.redos.ordinal",
            "dev.redos.spec",
            "dev.redos.spec-hash",
            "dev.redos.run",
            "dev.redos.version",
            "dev.redos.temporary",
            "dev.redos.fault",
            "dev.redos.lock",
            "dev.redos.lock-holder",
            "com.docker.compose.project",
        ];
        assert_eq!(keys, pinned, "clusters made by an older redos must still be found");
    }

    #[test]
    fn labels_read_back() {
        let spec_in = Spec::with_defaults("demo".parse().expect("a name"));
        let nodes = [
            NodeId::redis(Group::number(2), 3),
            NodeId::Sentinel(1),
            NodeId::Proxy(2),
            NodeId::Exporter,
            NodeId::Guard(1),
        ];
        for node_in in nodes {
            let labels = of(&spec_in, Some(node_in), Some("h"), "r");
            assert_eq!(node(&labels), Some(node_in));
            assert_eq!(cluster(&labels), Some(spec_in.name.clone()));
            assert_eq!(spec(&labels), Some(spec_in.clone()));
            assert_eq!(labels.get(SPEC_HASH).map(String::as_str), Some("h"));
        }
        assert_eq!(node(&of(&spec_in, None, None, "r")), None);
    }

    #[test]
    fn compose_finds_containers_and_neither_volumes_nor_networks() {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        let node = NodeId::Sentinel(1);
        assert_eq!(of_container(&spec, node, "h", "r").get(COMPOSE_PROJECT).map(String::as_str), Some("demo"));
        for labels in [of(&spec, Some(node), None, "r"), of(&spec, None, None, "r")] {
            assert!(!labels.contains_key(COMPOSE_PROJECT), "'docker compose -p demo down -v' would remove it");
        }
    }

    #[test]
    fn labels_that_make_no_sense_name_no_node() {
        let labels = |role: &str, ordinal: &str| {
            Labels::from([(ROLE.to_owned(), role.to_owned()), (ORDINAL.to_owned(), ordinal.to_owned())])
        };
        assert_eq!(node(&labels("redis", "1")), None, "a Redis node has a group");
        assert_eq!(node(&labels("sentinel", "0")), None);
        assert_eq!(node(&labels("cook", "1")), None);
    }
}
