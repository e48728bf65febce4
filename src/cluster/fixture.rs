//! Observed states for tests: a healthy cluster that tests modify.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use super::desired::{RESTART_POLICY, spec_hash};
use super::observed::{
    Answer, AttachedReplica, ExistingPlace, ExporterView, GuardView, MasterLogin, NetworkFacts, NodeFacts, NodeState,
    Observed, OtherUsers, ProxyRoute, ProxyView, PublishedPort, RedisView, RoleView, SentinelView, StoredData,
    StoredState, VolumeFacts, WatchedMaster, WatchedPeer, WatchedReplica,
};
use crate::spec::render::{sentinel_id, sentinel_settings};
use crate::spec::{
    Group, NodeId, REDIS_PORT, REDOS_VERSION, SENTINEL_PORT, STATS_PORT, Spec, Subnet, proxy_group_ports,
};

/// The first group.
pub const GROUP: Group = Group::number(1);

/// The id of the network of [`healthy`] clusters.
const NETWORK: &str = "n1";

/// `redis-N` of the first group.
pub const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(GROUP, ordinal)
}

/// A cluster without a problem: `redis-1` of each group is its master.
pub fn healthy(spec: &Spec) -> Observed {
    let mut observed = Observed::default();
    observed.inventory.network = Some(NetworkFacts {
        id: NETWORK.to_owned(),
        name: spec.name.to_string(),
        subnet: subnet(),
        gateway: Ipv4Addr::new(172, 18, 0, 1),
        device: "br-fixture".to_owned(),
        is_own: true,
        guests: BTreeSet::new(),
    });
    for node in spec.nodes() {
        observed.inventory.nodes.insert(node, facts(spec, node));
        if !matches!(node, NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_)) {
            observed
                .inventory
                .volumes
                .insert(node, VolumeFacts { name: node.volume_name(&spec.name), host_name: None });
        }
        match node {
            NodeId::Redis { group, ordinal } => {
                let view = redis_view(spec, group, ordinal);
                observed.topology.redis.insert(node, Answer::Says(view));
            }
            NodeId::Sentinel(_) => {
                observed.topology.sentinels.insert(node, Answer::Says(sentinel_view(spec, node)));
            }
            NodeId::Proxy(_) => {
                observed.topology.proxies.insert(node, Answer::Says(proxy_view(spec)));
            }
            NodeId::Exporter => {
                observed.topology.exporter = Some(Answer::Says(ExporterView::default()));
            }
            NodeId::Guard(_) => {
                let watches = spec.groups().map(|group| (group, NodeId::redis(group, 1))).collect();
                let view = GuardView { version: REDOS_VERSION.to_owned(), watches };
                observed.topology.guards.insert(node, Answer::Says(view));
            }
        }
    }
    observed.inventory.recorded = Some(spec.clone());
    observed
}

/// A standby without a problem.
pub fn standby(spec: &Spec) -> Observed {
    let mut observed = healthy(spec);
    let existing = spec.follow.existing().expect("a server to follow");
    redis_mut(&mut observed, Spec::head()).role = RoleView::Replica {
        master: existing,
        link_up: true,
        syncing: false,
        last_io_seconds: Some(0),
        link_down_at: None,
    };
    for ordinal in 1..=spec.sentinels {
        sentinel_mut(&mut observed, ordinal).masters.clear();
    }
    for answer in observed.topology.proxies.values_mut() {
        let Answer::Says(view) = answer else { panic!("{answer:?}") };
        view.existing = Some(ExistingPlace { replication_id: Some("abc".to_owned()) });
        for route in view.routes.values_mut() {
            *route = ProxyRoute { read: spec.redis_nodes(GROUP).collect(), ..ProxyRoute::default() };
        }
    }
    observed
}

/// Puts a node's container into this state, in which it does not answer.
pub fn halt(observed: &mut Observed, node: NodeId, state: NodeState) {
    observed.inventory.nodes.get_mut(&node).expect("the node").state = state;
    observed.topology.redis.remove(&node);
    observed.topology.sentinels.remove(&node);
    observed.topology.proxies.remove(&node);
    observed.topology.guards.remove(&node);
    if node == NodeId::Exporter {
        observed.topology.exporter = None;
    }
}

/// The files of a stopped Redis node that was a master, or never wrote whom it followed.
pub fn stored_data(observed: &mut Observed, node: NodeId, data: StoredData) {
    let facts = observed.inventory.nodes.get_mut(&node).expect("the node");
    facts.stored = Some(StoredState::Redis {
        address: facts.address.map(|ip| SocketAddrV4::new(ip, REDIS_PORT)),
        replica_of: None,
        never_promoted: false,
        data: Some(data),
    });
}

/// Removes a node's container.
pub fn remove(observed: &mut Observed, node: NodeId) {
    halt(observed, node, NodeState::Dead);
    observed.inventory.nodes.remove(&node);
}

/// The answers of a Redis node, for changes.
pub fn redis_mut(observed: &mut Observed, node: NodeId) -> &mut RedisView {
    match observed.topology.redis.get_mut(&node) {
        Some(Answer::Says(view)) => view,
        other => panic!("{node}: {other:?}"),
    }
}

/// The answers of a Sentinel, for changes.
pub fn sentinel_mut(observed: &mut Observed, ordinal: u16) -> &mut SentinelView {
    match observed.topology.sentinels.get_mut(&NodeId::Sentinel(ordinal)) {
        Some(Answer::Says(view)) => view,
        other => panic!("sentinel-{ordinal}: {other:?}"),
    }
}

/// The address of a node with this port.
pub fn at(node: NodeId, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(subnet().address(node).expect("an address"), port)
}

fn subnet() -> Subnet {
    "172.18.0.0/16".parse().expect("a subnet")
}

fn facts(spec: &Spec, node: NodeId) -> NodeFacts {
    let publish = |container, host| PublishedPort { container, host_ip: spec.ports.bind, host };
    let ports = match node {
        NodeId::Proxy(ordinal) => {
            let of_group = |group: Group| {
                let (inside, outside) = (proxy_group_ports(group), spec.published_ports(ordinal, group));
                [publish(inside.write, outside.write), publish(inside.read, outside.read)]
            };
            let stats = publish(STATS_PORT, spec.published_stats_port(ordinal));
            spec.groups().flat_map(of_group).chain([stats]).collect()
        }
        NodeId::Redis { .. } | NodeId::Sentinel(_) | NodeId::Exporter | NodeId::Guard(_) => Vec::new(),
    };
    NodeFacts {
        container_id: format!("c-{node}"),
        name: node.container_name(&spec.name),
        host: None,
        host_name: None,
        image: match node {
            NodeId::Redis { .. } | NodeId::Sentinel(_) | NodeId::Guard(_) => "redis:8.0",
            NodeId::Proxy(_) => "haproxy:3.0",
            NodeId::Exporter => "redis_exporter:1.45",
        }
        .to_owned(),
        image_id: None,
        state: NodeState::Running,
        address: subnet().address(node),
        on_host: None,
        network_id: Some(NETWORK.to_owned()),
        aliases: node.network_names(&spec.name).into_iter().collect(),
        resources: spec.containers.resources(node.role()),
        ports,
        spec_hash: spec_hash(spec, node),
        made_by: Some(REDOS_VERSION.to_owned()),
        created_at: "2026-01-02T03:04:05Z".to_owned(),
        started_at: Some("2026-01-02T03:04:06Z".to_owned()),
        ended_at: None,
        restarts: 0,
        restart_policy: RESTART_POLICY.to_owned(),
        stored: None,
        unread: None,
        foreign_snapshot: None,
    }
}

fn redis_view(spec: &Spec, group: Group, ordinal: u16) -> RedisView {
    let attached = |node| AttachedReplica {
        address: at(node, REDIS_PORT),
        state: "online".to_owned(),
        offset: 4200,
        lag_seconds: 1,
    };
    let role = if ordinal == 1 {
        RoleView::Master { replicas: spec.redis_nodes(group).skip(1).map(attached).collect() }
    } else {
        RoleView::Replica {
            master: at(NodeId::redis(group, 1), REDIS_PORT),
            link_up: true,
            syncing: false,
            last_io_seconds: Some(0),
            link_down_at: None,
        }
    };
    RedisView {
        version: "8.0.2".to_owned(),
        server: "redis".to_owned(),
        role,
        offset: if ordinal == 1 { 4242 } else { 4200 },
        replication_id: "abc".to_owned(),
        loading: None,
        used_memory: 1_572_864,
        max_memory: Some(64 << 20),
        operations_per_second: 60,
        commands: 0,
        error_replies: 0,
        clients: 9,
        uptime_seconds: 60,
        replica_priority: 100,
        keys: 3,
        config: BTreeMap::new(),
        users: OtherUsers::default(),
        login: MasterLogin::Current,
        certificate: None,
    }
}

fn sentinel_view(spec: &Spec, me: NodeId) -> SentinelView {
    let watched = |group: Group| {
        let replica = |node| WatchedReplica {
            address: at(node, REDIS_PORT),
            flags: BTreeSet::from(["slave".to_owned()]),
            priority: 100,
            link_down_for: 0,
            unanswered_for: 0,
            claims_for: None,
        };
        let peer = |node: NodeId| WatchedPeer {
            id: sentinel_id(spec, node),
            address: at(node, SENTINEL_PORT),
            flags: BTreeSet::from(["sentinel".to_owned()]),
            unanswered_for: 0,
        };
        let watched = WatchedMaster {
            address: at(NodeId::redis(group, 1), REDIS_PORT),
            flags: BTreeSet::from(["master".to_owned()]),
            quorum: spec.quorum,
            down_after: sentinel_settings(spec, me)["down-after-milliseconds"].parse().expect("a number"),
            failover_timeout: spec.sentinel.failover_timeout,
            parallel_syncs: spec.replicas,
            config_epoch: 1,
            down_for: None,
            unanswered_for: 0,
            replicas: spec.redis_nodes(group).skip(1).map(replica).collect(),
            peers: spec.sentinel_nodes().filter(|node| *node != me).map(peer).collect(),
            quorum_check: Ok(()),
        };
        (group.to_string(), watched)
    };
    SentinelView {
        id: sentinel_id(spec, me),
        version: "8.0.2".to_owned(),
        uptime_seconds: 60,
        tilt: false,
        masters: spec.groups().map(watched).collect(),
        users: OtherUsers::default(),
        certificate: None,
    }
}

fn proxy_view(spec: &Spec) -> ProxyView {
    let route = |group: Group| {
        let route = ProxyRoute {
            write: Some(NodeId::redis(group, 1)),
            votes: spec.sentinel_nodes().collect(),
            read: spec.redis_nodes(group).skip(1).collect(),
            write_sessions: BTreeMap::from([(NodeId::redis(group, 1), 4)]),
            read_sessions: spec.redis_nodes(group).skip(1).map(|node| (node, 2)).collect(),
            read_failures: BTreeMap::new(),
        };
        (group, route)
    };
    let checked = spec
        .nodes()
        .into_iter()
        .filter(|node| !matches!(node, NodeId::Proxy(_)) && !node.role().is_optional())
        .collect();
    ProxyView {
        has_other_logins: false,
        version: "3.0.8".to_owned(),
        routes: spec.groups().map(route).collect(),
        checked,
        existing: None,
        dead_ports: BTreeMap::new(),
    }
}
