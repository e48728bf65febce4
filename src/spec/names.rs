//! Names: of a cluster, of a master group, of a node. Roles move between nodes, names do not.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parse::ParseError;
use super::{EXPORTER_PORT, GUARD_PORT, REDIS_PORT, SENTINEL_PORT, STATS_PORT};

/// The longest cluster name. A container name is this, a role and two numbers; DNS labels end at 63 bytes (RFC 1035).
pub const CLUSTER_NAME_MAX: usize = 40;

/// The cluster of a command that names none.
pub const DEFAULT_CLUSTER: &str = "redos";

/// The name of one cluster: lower-case letters, digits, `-` and `_`, beginning with a letter or digit.
///
/// Docker's own rule for container names is wider (`[a-zA-Z0-9][a-zA-Z0-9_.-]+`); this one also fits a volume name, a
/// DNS label and a Compose project name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterName(String);

impl ClusterName {
    /// Parses a node's name: its own (`redis-1`), or that of its container (`NAME-redis-1`).
    ///
    /// # Errors
    /// The text names no node.
    pub fn node(&self, text: &str) -> Result<NodeId, ParseError> {
        let own = text.strip_prefix(self.as_str()).and_then(|rest| rest.strip_prefix('-'));
        text.parse().or_else(|why| own.and_then(|own| own.parse().ok()).ok_or(why))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name on the cluster's network that leads to any of its proxies.
    pub fn proxies_name(&self) -> String {
        format!("{self}-proxy")
    }
}

/// `redos`, the cluster of a command that names none.
impl Default for ClusterName {
    fn default() -> Self {
        Self("redos".to_owned())
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !starts_well || !text.chars().all(legal) {
            return Err(ParseError::new(format!(
                "'{text}' is not a cluster name: use lower-case letters, digits, '-' and '_', and begin with a letter or digit"
            )));
        }
        if text.len() > CLUSTER_NAME_MAX {
            return Err(ParseError::new(format!(
                "'{text}' is {} characters long, a cluster name has at most {CLUSTER_NAME_MAX}",
                text.len()
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ClusterName {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<ClusterName> for String {
    fn from(name: ClusterName) -> Self {
        name.0
    }
}

/// One master group, counted from 1: a master, its replicas, one port for writes and one for reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Group(u16);

impl Group {
    /// The group with this number, counted from 1.
    pub const fn number(number: u16) -> Self {
        assert!(number > 0, "groups are counted from 1");
        Self(number)
    }

    /// Its number, counted from 1.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The name under which the Sentinels watch it: `mymaster`, `mymaster-2`, …
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.pad("mymaster"),
            n => f.pad(&format!("mymaster-{n}")),
        }
    }
}

impl FromStr for Group {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = match text.strip_prefix("mymaster") {
            Some("") => Some(1),
            Some(rest) => rest.strip_prefix('-').and_then(|n| n.parse().ok()).filter(|n| *n > 1),
            None => text.parse().ok().filter(|n| *n > 0),
        };
        number.map(Self).ok_or_else(|| {
            ParseError::new(format!("'{text}' is not a master group: use mymaster, mymaster-2, … or its number"))
        })
    }
}

impl TryFrom<String> for Group {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Group> for String {
    fn from(group: Group) -> Self {
        group.to_string()
    }
}

/// The server of a node. Roles of a Redis node (master or replica) change, so they are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A Redis (or Valkey) server.
    Redis,
    /// A Sentinel for all groups.
    Sentinel,
    /// An HAProxy for all groups.
    Proxy,
    /// The exporter of metrics of all Redis nodes and Sentinels.
    Exporter,
    /// A guard of all masters.
    Guard,
}

impl Role {
    /// All roles, in the order of tables.
    pub const ALL: [Role; 5] = [Role::Redis, Role::Sentinel, Role::Proxy, Role::Exporter, Role::Guard];

    /// The word used in names, labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Redis => "redis",
            Role::Sentinel => "sentinel",
            Role::Proxy => "proxy",
            Role::Exporter => "exporter",
            Role::Guard => "guard",
        }
    }

    /// Whether no other node and no client needs it.
    ///
    /// Nothing waits for such a node, and what fails of it is told only.
    pub const fn is_optional(self) -> bool {
        matches!(self, Role::Exporter | Role::Guard)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| ParseError::new(format!("'{text}' is not a role")))
    }
}

/// One node of a cluster. Written `redis-1`, `redis-2-1` (second group, first node), `sentinel-1`, `proxy-1`,
/// `exporter-1`, `guard-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NodeId {
    /// A Redis server of a group.
    Redis {
        /// The group that it serves.
        group: Group,
        /// Its number within the group, counted from 1.
        ordinal: u16,
    },
    /// A Sentinel, counted from 1.
    Sentinel(u16),
    /// An HAProxy, counted from 1.
    Proxy(u16),
    /// The exporter. A cluster has one at most.
    Exporter,
    /// A guard, counted from 1. There are as many as proxies, or none.
    Guard(u16),
}

impl NodeId {
    /// The Redis node with this ordinal in this group.
    pub const fn redis(group: Group, ordinal: u16) -> Self {
        NodeId::Redis { group, ordinal }
    }

    /// The server that it runs.
    pub const fn role(self) -> Role {
        match self {
            NodeId::Redis { .. } => Role::Redis,
            NodeId::Sentinel(_) => Role::Sentinel,
            NodeId::Proxy(_) => Role::Proxy,
            NodeId::Exporter => Role::Exporter,
            NodeId::Guard(_) => Role::Guard,
        }
    }

    /// The port of its server within the cluster.
    ///
    /// That of a proxy has its statistics, that of the exporter its metrics, and that of a guard what it watches.
    pub const fn server_port(self) -> u16 {
        match self.role() {
            Role::Redis => REDIS_PORT,
            Role::Sentinel => SENTINEL_PORT,
            Role::Proxy => STATS_PORT,
            Role::Exporter => EXPORTER_PORT,
            Role::Guard => GUARD_PORT,
        }
    }

    /// Its group; all nodes but those of Redis serve all groups and have none.
    pub const fn group(self) -> Option<Group> {
        match self {
            NodeId::Redis { group, .. } => Some(group),
            NodeId::Sentinel(_) | NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
        }
    }

    /// Its number within its role and group, counted from 1.
    pub const fn ordinal(self) -> u16 {
        match self {
            NodeId::Redis { ordinal, .. }
            | NodeId::Sentinel(ordinal)
            | NodeId::Proxy(ordinal)
            | NodeId::Guard(ordinal) => ordinal,
            NodeId::Exporter => 1,
        }
    }

    /// The name of its container, which is also its host name on the network: `NAME-redis-1`.
    pub fn container_name(self, cluster: &ClusterName) -> String {
        format!("{cluster}-{self}")
    }

    /// Its further names on the network; for a proxy also the common name of all proxies.
    pub fn network_names(self, cluster: &ClusterName) -> Vec<String> {
        let own = [self.to_string(), self.container_name(cluster)];
        let shared = (self.role() == Role::Proxy).then(|| cluster.proxies_name());
        own.into_iter().chain(shared).collect()
    }

    /// The name of its volume: `NAME-redis-1-data`.
    pub fn volume_name(self, cluster: &ClusterName) -> String {
        format!("{cluster}-{self}-data")
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            NodeId::Redis { group, ordinal } if group.get() == 1 => format!("redis-{ordinal}"),
            NodeId::Redis { group, ordinal } => format!("redis-{}-{ordinal}", group.get()),
            NodeId::Sentinel(ordinal) => format!("sentinel-{ordinal}"),
            NodeId::Proxy(ordinal) => format!("proxy-{ordinal}"),
            NodeId::Exporter => "exporter-1".to_owned(),
            NodeId::Guard(ordinal) => format!("guard-{ordinal}"),
        };
        f.pad(&text)
    }
}

/// Names of nodes for a sentence: `redis-1, redis-2 and proxy-1`.
pub fn listed_nodes(nodes: &BTreeSet<NodeId>) -> String {
    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        names => names.concat(),
    }
}

impl FromStr for NodeId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let unknown = || {
            ParseError::new(format!("'{text}' is not a node: use redis-1, redis-2-1, sentinel-1, proxy-1 and the like"))
        };
        let (role, rest) = text.split_once('-').ok_or_else(unknown)?;
        let numbers: Vec<u16> =
            rest.split('-').map(|n| n.parse().ok().filter(|n| *n > 0)).collect::<Option<_>>().ok_or_else(unknown)?;
        match (role, numbers.as_slice()) {
            ("redis", [ordinal]) => Ok(NodeId::redis(Group::number(1), *ordinal)),
            ("redis", [group, ordinal]) if *group > 1 => Ok(NodeId::redis(Group::number(*group), *ordinal)),
            ("sentinel", [ordinal]) => Ok(NodeId::Sentinel(*ordinal)),
            ("proxy", [ordinal]) => Ok(NodeId::Proxy(*ordinal)),
            ("exporter", [1]) => Ok(NodeId::Exporter),
            ("guard", [ordinal]) => Ok(NodeId::Guard(*ordinal)),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for NodeId {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(node: NodeId) -> Self {
        node.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_by_itself_or_as_its_container() {
        let cluster: ClusterName = "shop-redis".parse().expect("a name");
        let node = Ok(NodeId::redis(Group::number(1), 2));
        assert_eq!(cluster.node("redis-2"), node);
        assert_eq!(cluster.node("shop-redis-redis-2"), node);
        assert!(cluster.node("other-redis-2").is_err() && cluster.node("shop-redis-").is_err());
    }

    #[test]
    fn a_node_has_its_own_names_on_the_network_and_all_proxies_have_one_together() {
        let name = "demo".parse().expect("a name");
        assert_eq!(NodeId::Proxy(2).network_names(&name), ["proxy-2", "demo-proxy-2", "demo-proxy"]);
        assert_eq!(NodeId::Sentinel(1).network_names(&name), ["sentinel-1", "demo-sentinel-1"]);
    }

    #[test]
    fn node_names_read_back() {
        let nodes = [
            NodeId::redis(Group::number(1), 1),
            NodeId::redis(Group::number(2), 13),
            NodeId::Sentinel(3),
            NodeId::Proxy(1),
            NodeId::Exporter,
            NodeId::Guard(2),
        ];
        for node in nodes {
            assert_eq!(node.to_string().parse(), Ok(node));
        }
        for bad in
            ["redis", "redis-0", "redis-1-1", "redis-2-1-1", "sentinel-x", "haproxy-1", "sentinel-1-1", "exporter-2"]
        {
            assert!(bad.parse::<NodeId>().is_err(), "{bad} must not be a node");
        }
    }

    #[test]
    fn group_names_read_back_and_numbers_are_accepted() {
        for number in [1, 2, 17] {
            let group = Group::number(number);
            assert_eq!(group.to_string().parse(), Ok(group));
            assert_eq!(number.to_string().parse(), Ok(group));
        }
        for bad in ["mymaster-1", "mymaster-0", "0", "other", "mymaster2"] {
            assert!(bad.parse::<Group>().is_err(), "{bad} must not be a group");
        }
    }

    #[test]
    fn cluster_names_fit_docker_dns_and_compose() {
        for good in ["redos", "a", "7up", "my_app-2"] {
            assert!(good.parse::<ClusterName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a.b", "a b", "ü", &"a".repeat(41)] {
            assert!(bad.parse::<ClusterName>().is_err(), "{bad}");
        }
    }
}
