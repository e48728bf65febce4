//! The containers that a specification asks for, pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use thiserror::Error;

use super::observed::{Inventory, NodeFacts};
use crate::spec::{
    Group, Log, NodeId, Resources, Role, STATS_PORT, Spec, Subnet, UsedImage, proxy_group_ports, render,
};

/// How long Redis may take to end: its own `shutdown-timeout` (10 s, waiting for lagging replicas) and a final save.
const REDIS_STOP_GRACE: Duration = Duration::from_secs(20);
/// How long another node may take to end. Sentinel writes its state at every change, and the others have none.
const OTHERS_STOP_GRACE: Duration = Duration::from_secs(2);

/// What Docker does when a node ends: it starts it again, unless a user stopped it.
pub const RESTART_POLICY: &str = "unless-stopped";

/// The container that redos creates for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    pub node: NodeId,
    /// The image, which the Engine has.
    pub image: String,
    /// The program and its arguments; replaces the image's entry point and command.
    pub command: Vec<String>,
    /// The address that it keeps for life.
    pub address: Ipv4Addr,
    /// Its further names on the network.
    pub aliases: Vec<String>,
    /// The host directory at [`crate::spec::NODE_DIR`]; `None` for the node's named volume.
    pub host_dir: Option<PathBuf>,
    /// Container port to host port; 0 lets the Engine choose.
    pub ports: BTreeMap<u16, u16>,
    /// The address of its host that the ports are published on.
    pub bind: IpAddr,
    /// Its memory and CPUs.
    pub resources: Resources,
    /// Limits of its processes: soft and hard by name.
    pub ulimits: BTreeMap<String, (i64, i64)>,
    pub log: Log,
    /// Labels beside those of redos.
    pub labels: BTreeMap<String, String>,
    /// How long a stop waits before it kills.
    pub stop_grace: Duration,
    /// The label `dev.redos.spec-hash`.
    pub spec_hash: String,
}

/// An image that the Engine has, and its server program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The image's reference.
    pub image: String,
    /// The server: `redis-server`, `valkey-server`, `haproxy` or `redis_exporter`.
    pub server: String,
}

/// The programs of all nodes, from the images that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// For Redis nodes and Sentinels.
    pub redis: Program,
    /// The program of proxies.
    pub proxy: Program,
    /// The program of the exporter; `None` in a cluster that has none, and where its image cannot be had.
    pub exporter: Option<Program>,
}

impl Programs {
    /// The program of a node; `None` if its image was not looked for, or cannot be had.
    pub fn of(&self, node: NodeId) -> Option<&Program> {
        match node {
            NodeId::Redis { .. } | NodeId::Sentinel(_) => Some(&self.redis),
            NodeId::Proxy(_) => Some(&self.proxy),
            NodeId::Exporter => self.exporter.as_ref(),
            // The program is redos itself, and of the image it needs a shell.
            NodeId::Guard(_) => Some(&self.redis),
        }
    }
}

/// Why a node cannot have a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoContainer {
    #[error("the subnet {subnet} has no address for {node}, it has room for {} master groups", subnet.groups_max())]
    NoAddress { subnet: Subnet, node: NodeId },
    #[error("there is no image that {node} could run")]
    NoProgram { node: NodeId },
}

/// The container of one node.
///
/// # Errors
/// The subnet has no address for it, or its image was not looked for.
pub fn node_spec(spec: &Spec, programs: &Programs, subnet: Subnet, node: NodeId) -> Result<NodeSpec, NoContainer> {
    let program = programs.of(node).ok_or(NoContainer::NoProgram { node })?;
    let address = subnet.address(node).ok_or(NoContainer::NoAddress { subnet, node })?;
    Ok(NodeSpec {
        node,
        image: program.image.clone(),
        command: render::command_line(node.role(), &program.server),
        address,
        aliases: node.network_names(&spec.name),
        host_dir: host_dir(spec, node),
        ports: published_ports(spec, node),
        bind: bind(spec, node),
        resources: spec.containers.resources(node.role()),
        ulimits: spec.containers.ulimits(node.role()),
        log: spec.containers.log(node.role()),
        labels: spec.containers.labels(node.role()),
        stop_grace: if matches!(node, NodeId::Redis { .. }) { REDIS_STOP_GRACE } else { OTHERS_STOP_GRACE },
        spec_hash: spec_hash(spec, node),
    })
}

/// The common name of the proxies, if this proxy's container lacks it.
///
/// Applications on the network look for a proxy by it. Docker gives names only when a container joins a network.
pub fn missing_name(spec: &Spec, node: NodeId, facts: &NodeFacts) -> Option<String> {
    let shared = spec.name.proxies_name();
    (node.role() == Role::Proxy && facts.network_id.is_some() && !facts.aliases.contains(&shared)).then_some(shared)
}

/// The host directory for a node's data, if the specification names one. Only Redis nodes have data.
pub fn host_dir(spec: &Spec, node: NodeId) -> Option<PathBuf> {
    match node {
        NodeId::Redis { .. } => spec.persistence.dir.clone(),
        NodeId::Sentinel(_) | NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
    }
}

/// The address of its host at which a node is published.
///
/// On several hosts Redis nodes and Sentinels are reached by those of the other hosts.
pub fn bind(spec: &Spec, node: NodeId) -> IpAddr {
    let own = spec.host_of(node).filter(|_| spec.is_published_itself(node));
    own.map_or(spec.ports.bind, |host| IpAddr::V4(host.address))
}

/// The published ports of a node: in its container, and on the host, where the Engine chooses for 0.
pub fn published_ports(spec: &Spec, node: NodeId) -> BTreeMap<u16, u16> {
    if spec.is_published_itself(node) {
        let port = spec.server_port(node);
        return BTreeMap::from([(port, port)]);
    }
    let NodeId::Proxy(ordinal) = node else { return BTreeMap::new() };
    let of_group = |group: Group| {
        let (inside, outside) = (proxy_group_ports(group), spec.published_ports(ordinal, group));
        [(inside.write, outside.write), (inside.read, outside.read)]
    };
    spec.groups().flat_map(of_group).chain([(STATS_PORT, spec.published_stats_port(ordinal))]).collect()
}

/// The ports that these nodes should publish, without those that the cluster publishes already.
pub fn wanted_ports(spec: &Spec, nodes: &[NodeId], inventory: &Inventory) -> Vec<SocketAddr> {
    let of_node = |node: &NodeId| {
        let bind = bind(spec, *node);
        published_ports(spec, *node).into_values().map(move |port| SocketAddr::new(bind, port))
    };
    let wanted: BTreeSet<SocketAddr> = nodes.iter().flat_map(of_node).collect();
    let ours =
        |port: u16| inventory.nodes.values().flat_map(|node| &node.ports).any(|published| published.host == port);
    wanted.into_iter().filter(|wanted| wanted.port() != 0 && !ours(wanted.port())).collect()
}

/// A hash as 32 hexadecimal digits.
fn hash(text: &str) -> String {
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// Whether a node's container differs from the one that redos would create now.
///
/// It may have other settings, be of a redos that configures it differently, lack a name, or be from another image.
pub fn is_stale(spec: &Spec, node: NodeId, facts: &NodeFacts) -> bool {
    facts.spec_hash != spec_hash(spec, node)
        || other_image(spec, node, facts).is_some()
        || missing_name(spec, node, facts).is_some()
}

/// The image that a node should run, if its container is from another one.
pub fn other_image<'a>(spec: &'a Spec, node: NodeId, facts: &NodeFacts) -> Option<&'a UsedImage> {
    let used = spec.used.of(node.role())?;
    facts.image_id.as_ref().is_some_and(|id| *id != used.id).then_some(used)
}

/// The hash of everything for which a node must be recreated when it changes: 32 hexadecimal digits.
///
/// That is what its container is made of, and all of its files that cannot be changed while it runs. Counts of other
/// nodes and runtime settings are left out on purpose: their change does not touch a running node. The image is
/// compared on its own, see [`is_stale`].
pub fn spec_hash(spec: &Spec, node: NodeId) -> String {
    let mut made_of = match node {
        NodeId::Redis { .. } => json!({ "image": spec.images.redis, "dir": spec.persistence.dir }),
        NodeId::Sentinel(_) => json!({ "image": spec.images.redis }),
        NodeId::Proxy(_) => json!({
            "image": spec.images.proxy,
            "bind": spec.ports.bind,
            "ports": published_ports(spec, node),
        }),
        NodeId::Exporter => json!({ "image": spec.images.exporter }),
        // The authority is in the guard's file, and not in the text that its hash is made of.
        NodeId::Guard(_) if spec.encryption.is_tls() => json!({ "image": spec.images.redis, "tls": true }),
        NodeId::Guard(_) => json!({ "image": spec.images.redis }),
    };
    if !spec.hosts.is_empty() {
        // The files of all nodes name those of other hosts, and future ones.
        let place = |(node, _)| Some((node, spec.server(Subnet::EXAMPLE, node)?));
        let places: BTreeMap<NodeId, SocketAddrV4> = spec.placement.nodes().filter_map(place).collect();
        made_of["places"] = json!(places);
    }
    if let Some(fixed) = spec.containers.fixed(node.role()) {
        made_of["containers"] = json!(fixed);
    }
    let command = render::command_line(node.role(), "");
    hash(&json!({ "madeOf": made_of, "command": command, "files": files_hash(spec, node.role()) }).to_string())
}

/// The latest hashes of a role's files, each with the specification that they follow from.
type FilesHashes = VecDeque<(Role, Spec, Option<String>)>;

/// How many of them are kept: those of two specifications, and room for their parts.
const KNOWN_HASHES: usize = 32;

/// The hash of a role's files. If they cannot be rendered, no node can be configured either.
///
/// It is cached: every observation needs it for each node, and rendering takes a millisecond.
fn files_hash(spec: &Spec, role: Role) -> Option<String> {
    static KNOWN: Mutex<FilesHashes> = Mutex::new(VecDeque::new());
    let basis = render::without_runtime_settings(spec, role);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, hash)) = known.iter().find(|(of, from, _)| *of == role && *from == basis) {
        return hash.clone();
    }
    let hash = render::fixed_text(&basis, role).ok().map(|text| hash(&text));
    known.truncate(KNOWN_HASHES - 1);
    known.push_front((role, basis, hash.clone()));
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Placement;

    #[test]
    fn what_the_cluster_publishes_itself_is_not_wanted_again() {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.proxies = 2;
        let wanted = |spec: &Spec| wanted_ports(spec, &spec.nodes(), &Inventory::default());
        let ports: Vec<u16> = wanted(&spec).iter().map(SocketAddr::port).collect();
        assert_eq!(ports, [6379, 6380, 6479, 6480, 8404, 8504]);
        let mut apart = Spec { proxies: 3, ..spec.clone() };
        apart.hosts = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3".to_owned().try_into().expect("hosts");
        apart.placement = Placement::settled(&apart, None);
        let of_a = apart.placement.on(&"a".parse().expect("a name"));
        let nodes: Vec<NodeId> = apart.nodes().into_iter().filter(|node| of_a.of(*node).is_some()).collect();
        let of_a =
            wanted_ports(&apart, &nodes, &Inventory::default()).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of_a, ["10.0.0.1:7100", "10.0.0.1:7123", "127.0.0.1:6379", "127.0.0.1:6380", "127.0.0.1:8404"]);
        spec.ports.write = 0;
        spec.ports.read = 0;
        spec.ports.stats = 0;
        assert!(wanted(&spec).is_empty(), "Docker's choice is never taken");
    }
}
