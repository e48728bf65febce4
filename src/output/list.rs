//! `redos ls` and `redos ps`: clusters and containers in lists.

use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::text_table::{Column, Table};
use super::units::{age, count};
use super::{Named, Ui};
use crate::cluster::observed::{Inventory, NodeFacts};
use crate::spec::{ClusterName, HostName, NodeId};

/// One cluster of an Engine: an item of `kind: ClusterList`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// The name of the cluster.
    pub name: ClusterName,
    /// The state of all its containers together.
    pub state: ClusterState,
    /// The number of running containers.
    pub running: usize,
    /// The number of all containers.
    pub total: usize,
    /// Published host ports, ascending.
    pub ports: Vec<u16>,
    /// When its oldest container was created, RFC 3339.
    pub created_at: Option<String>,
    /// Volumes without a container: those that a `down` kept.
    pub kept_volumes: usize,
}

/// The state of all containers of a cluster together. It does not include health, which needs the servers' answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClusterState {
    /// All containers run.
    Running,
    /// Some containers run.
    Partial,
    /// No container runs.
    Stopped,
    /// There are only volumes.
    Down,
}

impl ClusterState {
    /// The state for this many containers, of which this many run.
    pub const fn of(running: usize, total: usize) -> Self {
        match (running, total) {
            (_, 0) => Self::Down,
            (0, _) => Self::Stopped,
            _ if running == total => Self::Running,
            _ => Self::Partial,
        }
    }

    /// The word that tables and JSON use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Partial => "partial",
            Self::Stopped => "stopped",
            Self::Down => "down",
        }
    }
}

impl Named for Cluster {
    fn name(&self) -> String {
        self.name.to_string()
    }
}

/// The clusters as a table.
pub fn clusters_text(clusters: &[Cluster], now: SystemTime, ui: &Ui) -> String {
    let mut table = Table::new([
        Column::new("NAME"),
        Column::new("STATE"),
        Column::number("NODES"),
        Column::text("PORTS"),
        Column::new("CREATED"),
    ]);
    for cluster in clusters {
        let state = match cluster.kept_volumes {
            0 => cluster.state.as_str().to_owned(),
            volumes if cluster.state == ClusterState::Down => {
                format!("{}, {} kept", cluster.state.as_str(), count(volumes, "volume"))
            }
            _ => cluster.state.as_str().to_owned(),
        };
        table.row([
            cluster.name.to_string(),
            state,
            format!("{}/{}", cluster.running, cluster.total),
            ranges(&cluster.ports),
            since(cluster.created_at.as_deref(), now),
        ]);
    }
    table.render(ui.width())
}

/// One container of a cluster: an item of `kind: NodeList`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedNode {
    pub node: NodeId,
    /// The name of its container.
    pub container: String,
    /// The host of its Engine; `null` if that is this machine.
    pub host: Option<String>,
    /// The name of its host, in a cluster that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_name: Option<HostName>,
    /// The image that it was made from.
    pub image: String,
    /// The state of the container: `running`, `paused`, `exited`, …
    pub state: &'static str,
    /// Its exit code; `null` unless it exited.
    pub exit_code: Option<i64>,
    /// Its address on the cluster's network.
    pub address: Option<String>,
    /// Its published ports.
    pub ports: Vec<Port>,
    /// When it was created, RFC 3339.
    pub created_at: String,
    /// When it was last started, RFC 3339; `null` when it never was.
    pub started_at: Option<String>,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The port in the container.
    pub container: u16,
    /// `ip:port` on the Engine's host.
    pub published: String,
}

impl Named for ListedNode {
    fn name(&self) -> String {
        self.node.to_string()
    }
}

/// The containers of a cluster, in the order of their nodes.
pub fn nodes(inventory: &Inventory) -> Vec<ListedNode> {
    inventory.nodes.iter().map(|(node, facts)| node_item(*node, facts)).collect()
}

fn node_item(node: NodeId, facts: &NodeFacts) -> ListedNode {
    let published = |port: &crate::cluster::observed::PublishedPort| Port {
        container: port.container,
        published: std::net::SocketAddr::new(port.host_ip, port.host).to_string(),
    };
    ListedNode {
        node,
        container: facts.name.clone(),
        host: facts.host.clone(),
        host_name: facts.host_name.clone(),
        image: facts.image.clone(),
        state: facts.state.as_str(),
        exit_code: facts.state.exit_code(),
        address: facts.on_host.map(|place| place.to_string()).or(facts.address.map(|address| address.to_string())),
        ports: facts.ports.iter().map(published).collect(),
        created_at: facts.created_at.clone(),
        started_at: facts.started_at.clone(),
    }
}

/// The containers as a table.
pub fn nodes_text(nodes: &[ListedNode], now: SystemTime, ui: &Ui) -> String {
    let mut table = Table::new([
        Column::new("NODE"),
        Column::new("HOST").only_if(nodes.iter().any(|node| node.host.is_some())),
        Column::text("IMAGE"),
        Column::new("STATE"),
        Column::new("SINCE"),
        Column::new("PORTS"),
    ]);
    for node in nodes {
        // A container that does not run has only its start time, not the time of its end.
        let is_up = matches!(node.state, "running" | "paused");
        let ports: Vec<String> =
            node.ports.iter().map(|port| format!("{}->{}", port.published, port.container)).collect();
        table.row([
            node.node.to_string(),
            node.host_name.as_ref().map(ToString::to_string).or(node.host.clone()).unwrap_or_else(|| "-".to_owned()),
            node.image.clone(),
            node.exit_code.map_or_else(|| node.state.to_owned(), |code| format!("{} ({code})", node.state)),
            if is_up { since(node.started_at.as_deref(), now) } else { "-".to_owned() },
            ports.join("\n"),
        ]);
    }
    table.render(ui.width())
}

/// How long ago a time of the Engine was, by this machine's clock.
pub(super) fn since(moment: Option<&str>, now: SystemTime) -> String {
    let moment = moment.and_then(|text| humantime::parse_rfc3339_weak(text).ok());
    // The Engine's clock may be ahead of this machine's.
    moment.map_or_else(|| "-".to_owned(), |moment| age(now.duration_since(moment).unwrap_or_default()))
}

/// `6379-6382 8404`: ports, with ranges for consecutive ones.
fn ranges(ports: &[u16]) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*port) => *end = *port,
            _ => ranges.push((*port, *port)),
        }
    }
    let text = |(start, end): &(u16, u16)| if start == end { start.to_string() } else { format!("{start}-{end}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cluster::fixture::{halt, healthy, redis};
    use crate::cluster::observed::NodeState;
    use crate::output::testing::plain;
    use crate::spec::Spec;

    fn now() -> SystemTime {
        humantime::parse_rfc3339_weak("2026-01-02T03:09:06Z").expect("a moment")
    }

    #[test]
    fn containers_are_listed_with_their_state_and_ports() {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        halt(&mut observed, redis(2), NodeState::Exited { code: 137, oom_killed: false });
        halt(&mut observed, redis(3), NodeState::Paused);
        let nodes = nodes(&observed.inventory);
        insta::assert_snapshot!(nodes_text(&nodes, now(), &plain(80)), @r#"
        NODE        IMAGE        STATE         SINCE  PORTS
        redis-1     redis:8.0    running       5 min
        redis-2     redis:8.0    exited (137)  -
        redis-3     redis:8.0    paused        5 min
        sentinel-1  redis:8.0    running       5 min
        sentinel-2  redis:8.0    running       5 min
        sentinel-3  redis:8.0    running       5 min
        proxy-1     haproxy:3.0  running       5 min  127.0.0.1:6379->6379
                                                      127.0.0.1:6380->6380
                                                      127.0.0.1:8404->8404
        "#);
        let value = serde_json::to_value(&nodes[1]).expect("JSON");
        assert_eq!(value["state"], "exited");
        assert_eq!(value["exitCode"], 137);
        assert_eq!(value["host"], serde_json::Value::Null);
    }

    #[test]
    fn containers_of_another_host_are_listed_with_it_and_reached_there() {
        let mut observed =
            healthy(&Spec { replicas: 0, sentinels: 0, ..Spec::with_defaults("redos".parse().expect("a name")) });
        for facts in observed.inventory.nodes.values_mut() {
            facts.host = Some("docker.example".to_owned());
            facts.ports.iter_mut().for_each(|port| port.host_ip = std::net::Ipv4Addr::UNSPECIFIED.into());
        }
        insta::assert_snapshot!(nodes_text(&nodes(&observed.inventory), now(), &plain(90)), @"
        NODE     HOST            IMAGE        STATE    SINCE  PORTS
        redis-1  docker.example  redis:8.0    running  5 min
        proxy-1  docker.example  haproxy:3.0  running  5 min  0.0.0.0:6379->6379
                                                              0.0.0.0:6380->6380
                                                              0.0.0.0:8404->8404
        ");
        let proxy = &observed.inventory.nodes[&NodeId::Proxy(1)];
        assert_eq!(proxy.reached_at(6379).as_deref(), Some("docker.example:6379"));
        assert_eq!(proxy.reached_at(1), None);
    }

    #[test]
    fn clusters_are_listed_also_those_of_which_only_volumes_are_left() {
        let cluster = |name: &str, running, total, ports: &[u16], kept_volumes| Cluster {
            name: name.parse().expect("a name"),
            state: ClusterState::of(running, total),
            running,
            total,
            ports: ports.to_vec(),
            created_at: (total > 0).then(|| "2026-01-01T03:04:05.123456789Z".to_owned()),
            kept_volumes,
        };
        let clusters = [
            cluster("redos", 7, 7, &[6379, 6380, 8404], 0),
            cluster("shop", 5, 7, &[7379, 7380, 7381, 7382, 9404], 0),
            cluster("asleep", 0, 7, &[], 0),
            cluster("gone", 0, 0, &[], 6),
        ];
        insta::assert_snapshot!(clusters_text(&clusters, now(), &plain(80)), @r#"
        NAME    STATE                 NODES  PORTS           CREATED
        redos   running                 7/7  6379-6380 8404  1 d
        shop    partial                 5/7  7379-7382 9404  1 d
        asleep  stopped                 0/7                  1 d
        gone    down, 6 volumes kept    0/0                  -
        "#);
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_negative_age() {
        let earlier = now() - Duration::from_secs(3600);
        assert_eq!(since(Some("2026-01-02T03:09:06Z"), earlier), "0 s");
        assert_eq!(since(Some("nonsense"), now()), "-");
    }
}
