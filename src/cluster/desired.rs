//! The containers that a specification asks for, pure.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use thiserror::Error;

use super::observed::NodeFacts;
use crate::spec::{
    Group, Log, NodeId, Resources, Role, STATS_PORT, Spec, Subnet, UsedImage, proxy_group_ports, render,
};

/// How long Redis may take to end: its own `shutdown-timeout` (10 s, waiting for lagging replicas) and a final save.
const REDIS_STOP_GRACE: Duration = Duration::from_secs(20);
/// Sentinel writes its state at every change, and HAProxy keeps none: neither has anything to finish.
const OTHERS_STOP_GRACE: Duration = Duration::from_secs(2);

/// A container to be made for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Which node.
    pub node: NodeId,
    /// An image that is here.
    pub image: String,
    /// The program and its arguments; replaces the image's entry point and command.
    pub command: Vec<String>,
    /// The address that it keeps for life.
    pub address: Ipv4Addr,
    /// Its names on the network beside that of its container.
    pub aliases: Vec<String>,
    /// The host directory mounted at [`crate::spec::NODE_DIR`]; the node's named volume when absent.
    pub host_dir: Option<PathBuf>,
    /// Container port to host port; host port 0 lets the Engine choose.
    pub ports: BTreeMap<u16, u16>,
    /// The host address that the ports are published on.
    pub bind: IpAddr,
    /// Its memory and CPUs.
    pub resources: Resources,
    /// Limits of its processes: soft and hard by name.
    pub ulimits: BTreeMap<String, (i64, i64)>,
    /// Its log.
    pub log: Log,
    /// Labels beside those of redos.
    pub labels: BTreeMap<String, String>,
    /// How long a stop waits before it kills.
    pub stop_grace: Duration,
    /// The label `dev.redos.spec-hash`.
    pub spec_hash: String,
}

/// An image that is here and the server program in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The image's reference.
    pub image: String,
    /// The server: `redis-server`, `valkey-server` or `haproxy`.
    pub server: String,
}

/// The programs that nodes run, from the images that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Of Redis nodes and Sentinels.
    pub redis: Program,
    /// Of proxies.
    pub proxy: Program,
}

impl Programs {
    /// The program of a node.
    pub fn of(&self, node: NodeId) -> &Program {
        match node {
            NodeId::Redis { .. } | NodeId::Sentinel(_) => &self.redis,
            NodeId::Proxy(_) => &self.proxy,
        }
    }
}

/// A node has no address in the subnet of its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the subnet {subnet} has no address for {node}, it has room for {} master groups", subnet.groups_max())]
pub struct NoAddress {
    subnet: Subnet,
    node: NodeId,
}

/// The container of one node.
///
/// # Errors
/// The subnet has no address for it.
pub fn node_spec(spec: &Spec, programs: &Programs, subnet: Subnet, node: NodeId) -> Result<NodeSpec, NoAddress> {
    let program = programs.of(node);
    let address = subnet.address(node).ok_or(NoAddress { subnet, node })?;
    Ok(NodeSpec {
        node,
        image: program.image.clone(),
        command: render::command_line(node.role(), &program.server),
        address,
        aliases: aliases(spec, node),
        host_dir: host_dir(spec, node),
        ports: published_ports(spec, node),
        bind: spec.ports.bind,
        resources: spec.containers.resources(node.role()),
        ulimits: spec.containers.ulimits(node.role()),
        log: spec.containers.log(node.role()),
        labels: spec.containers.labels(node.role()),
        stop_grace: if matches!(node, NodeId::Redis { .. }) { REDIS_STOP_GRACE } else { OTHERS_STOP_GRACE },
        spec_hash: spec_hash(spec, node),
    })
}

/// The names of a node on the network beside its container's; that of the proxies is one that all of them have.
pub fn aliases(spec: &Spec, node: NodeId) -> Vec<String> {
    let own = [node.to_string(), node.container_name(&spec.name)];
    let shared = (node.role() == Role::Proxy).then(|| proxies_name(spec));
    own.into_iter().chain(shared).collect()
}

/// The name on the network that leads to any of the proxies.
fn proxies_name(spec: &Spec) -> String {
    format!("{}-proxy", spec.name)
}

/// The name by which applications on the network look for a proxy, where it does not have it. Docker gives names with a
/// place on a network only.
pub fn missing_name(spec: &Spec, node: NodeId, facts: &NodeFacts) -> Option<String> {
    let shared = proxies_name(spec);
    (node.role() == Role::Proxy && facts.network_id.is_some() && !facts.aliases.contains(&shared)).then_some(shared)
}

/// The host directory that a node's data live in, when the specification names one. Sentinels and proxies have no data.
pub fn host_dir(spec: &Spec, node: NodeId) -> Option<PathBuf> {
    match node {
        NodeId::Redis { .. } => spec.persistence.dir.clone(),
        NodeId::Sentinel(_) | NodeId::Proxy(_) => None,
    }
}

/// The ports of a proxy: in its container, and on the host, where 0 is one of the Engine's choice.
pub fn published_ports(spec: &Spec, node: NodeId) -> BTreeMap<u16, u16> {
    let NodeId::Proxy(ordinal) = node else { return BTreeMap::new() };
    let of_group = |group: Group| {
        let (inside, outside) = (proxy_group_ports(group), spec.published_ports(ordinal, group));
        [(inside.write, outside.write), (inside.read, outside.read)]
    };
    spec.groups().flat_map(of_group).chain([(STATS_PORT, spec.published_stats_port(ordinal))]).collect()
}

/// 32 hexadecimal digits.
fn hash(text: &str) -> String {
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// Whether a node's container is another one than it should be: made for other settings, by a redos that configures it
/// otherwise, without a name that it should have, or from another image than all nodes are made from now on.
pub fn is_stale(spec: &Spec, node: NodeId, facts: &NodeFacts) -> bool {
    facts.spec_hash != spec_hash(spec, node)
        || other_image(spec, node, facts).is_some()
        || missing_name(spec, node, facts).is_some()
}

/// The image that a node should run, where it was made from another one.
pub fn other_image<'a>(spec: &'a Spec, node: NodeId, facts: &NodeFacts) -> Option<&'a UsedImage> {
    let used = spec.used.of(node.role())?;
    facts.image_id.as_ref().is_some_and(|id| *id != used.id).then_some(used)
}

/// The hash of everything that a node must be made anew for when it changes: 32 hexadecimal digits. That is what its
/// container is made of, and all of its files that nobody can change while it runs.
///
/// Counts of other nodes and runtime settings are left out on purpose: a change of those does not touch a node that runs.
/// Which image was found is compared by itself, see [`is_stale`].
pub fn spec_hash(spec: &Spec, node: NodeId) -> String {
    let mut made_of = match node {
        NodeId::Redis { .. } => json!({ "image": spec.images.redis, "dir": spec.persistence.dir }),
        NodeId::Sentinel(_) => json!({ "image": spec.images.redis }),
        NodeId::Proxy(_) => json!({
            "image": spec.images.proxy,
            "bind": spec.ports.bind,
            "ports": published_ports(spec, node),
        }),
    };
    if let Some(fixed) = spec.containers.fixed(node.role()) {
        made_of["containers"] = json!(fixed);
    }
    let command = render::command_line(node.role(), "");
    hash(&json!({ "madeOf": made_of, "command": command, "files": files_hash(spec, node.role()) }).to_string())
}

/// Hashes by role and by the specification that they follow from.
type FilesHashes = BTreeMap<(Role, String), Option<String>>;

/// The hash of a role's files. Where they cannot be told, no node can be configured either.
///
/// It is kept: every look at a cluster asks for it, and to fill in a template takes a millisecond.
fn files_hash(spec: &Spec, role: Role) -> Option<String> {
    static KNOWN: LazyLock<Mutex<FilesHashes>> = LazyLock::new(Mutex::default);
    let basis = render::without_runtime_settings(spec, role);
    // A Spec is plain data with text keys, which JSON can always hold.
    let key = (role, serde_json::to_string(&basis).unwrap_or_default());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert_with(|| render::fixed_text(&basis, role).ok().map(|text| hash(&text))).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_its_own_names_on_the_network_and_all_proxies_have_one_together() {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        assert_eq!(aliases(&spec, NodeId::Proxy(2)), ["proxy-2", "demo-proxy-2", "demo-proxy"]);
        assert_eq!(aliases(&spec, NodeId::Sentinel(1)), ["sentinel-1", "demo-sentinel-1"]);
    }
}
