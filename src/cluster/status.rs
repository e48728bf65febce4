//! The document of `redos status`: a verdict on the observed state.
//!
//! The document always exists: a node that is down, Sentinels that disagree, two masters are values in it.

mod document;

use std::collections::{BTreeMap, BTreeSet};

pub use document::{
    ExporterStatus, GroupStatus, GuardStatus, LinkState, MISSING, MasterStatus, ProxyStatus, RedisStatus, RoleWord,
    RotationStatus, SentinelStatus, Status,
};

use super::alterations::alterations;
use super::claims::master_of;
use super::gate::{Gate, Unmet, is_published};
use super::observed::{Answer, Observed, RedisView, RoleView, SentinelView};
use super::renewal::renewals;
use super::strangers::strangers;
use super::stuck::stuck;
use crate::spec::containers;
use crate::spec::names::listed_nodes;
use crate::spec::restoring::{RestoreStage, Restoring};
use crate::spec::secret::RotationStage;
use crate::spec::{API_VERSION, Group, HostName, NodeId, Role, STATS_PORT, Spec, proxy_group_ports};

/// Judges a cluster.
pub fn status(spec: &Spec, observed: &Observed) -> Status {
    let reasons = reasons(spec, observed);
    let groups: BTreeSet<Group> =
        spec.groups().chain(observed.inventory.nodes.keys().filter_map(|node| node.group())).collect();
    let nodes = nodes(spec, observed);
    let of_role = |role| nodes.iter().copied().filter(move |node| node.role() == role);
    Status {
        api_version: API_VERSION,
        kind: "Status",
        cluster: spec.name.clone(),
        healthy: reasons.is_empty(),
        reasons,
        remarks: remarks(spec, observed),
        follows: spec.follow.existing(),
        groups: groups.into_iter().map(|group| group_status(group, spec, observed, &nodes)).collect(),
        sentinels: of_role(Role::Sentinel).map(|node| sentinel_status(node, spec, observed)).collect(),
        proxies: of_role(Role::Proxy).map(|node| proxy_status(node, spec, observed)).collect(),
        exporter: of_role(Role::Exporter).map(|node| exporter_status(node, spec, observed)).next(),
        guards: of_role(Role::Guard).map(|node| guard_status(node, spec, observed)).collect(),
        images: spec.used.clone(),
        password_rotation: rotation(observed),
        encryption: spec.encryption,
        certificates: observed.certificates.clone(),
    }
}

/// Every unmet condition, and what does not repair itself.
///
/// Each sentence appears once, because several gates fail for the same node.
fn reasons(spec: &Spec, observed: &Observed) -> Vec<String> {
    let mut reasons = Vec::new();
    for gate in Gate::ready(spec).into_iter().filter(|gate| !gate.is_optional()) {
        if let Err(unmet) = gate.holds(spec, observed).map_err(|unmet| unmet.to_string())
            && !reasons.contains(&unmet)
        {
            reasons.push(unmet);
        }
    }
    reasons.extend(spec.groups().filter_map(|group| stuck(group, observed)).map(|stuck| stuck.why));
    reasons.extend(observed.certificates.iter().filter(|certificates| certificates.days_left < 0).map(
        |certificates| format!("certificates expired at {}: nothing connects to their nodes", certificates.expire_at),
    ));
    reasons.extend(strangers(spec, observed).iter().map(ToString::to_string));
    // What a file or a variable asks for has not been given to the servers before 'up'.
    let given = observed.inventory.recorded.as_ref().unwrap_or(spec);
    reasons.extend(alterations(given, observed).iter().map(ToString::to_string));
    reasons
}

/// The nodes that nothing else needs and that are not in service, each with why and what that means.
pub fn dispensed_with(spec: &Spec, observed: &Observed) -> Vec<(NodeId, String)> {
    let wanted = spec.nodes().into_iter().filter(|node| node.role().is_optional());
    let unmet = wanted.filter_map(|node| Some((node, Gate::InService { node }.holds(spec, observed).err()?)));
    let told = |(node, unmet): (NodeId, Unmet)| {
        let means = match node.role() {
            Role::Guard => "a master that dies is replaced by the Sentinels, as without it",
            _ => "metrics are missing, and clients are not affected",
        };
        (node, format!("{unmet}; {means}"))
    };
    unmet.map(told).collect()
}

/// Whatever does not affect clients.
///
/// That is an exporter or a guard that is out of service, limits that are not in the configuration, and certificates that
/// `up` renews.
///
/// `docker update` sets such limits, and nothing keeps them.
fn remarks(spec: &Spec, observed: &Observed) -> Vec<String> {
    let optional = dispensed_with(spec, observed).into_iter().map(|(_, told)| told);
    let by_hand = observed.inventory.nodes.iter().filter_map(|(node, facts)| {
        let beyond = facts.resources.beyond(spec.containers.resources(node.role()));
        let flags = containers::flags(node.role(), beyond);
        let keep = format!("keep it for all nodes of its kind: redos -p {} up {flags}", spec.name);
        (!beyond.is_empty()).then(|| {
            format!(
                "{node} has {beyond}, which is not in the configuration: it is lost when redos recreates the node; {keep}"
            )
        })
    });
    let rotation = rotation(observed).map(|rotation| rotation_remark(spec, &rotation));
    let recorded = observed.inventory.recorded.as_ref();
    let restore = recorded.and_then(|recorded| recorded.restoring.as_ref());
    let restore = restore.map(|restoring| restore_remark(spec, restoring));
    let renewals = renewals(recorded.unwrap_or(spec), observed).into_iter();
    let renewals =
        renewals.map(|(why, nodes)| format!("{}: {why}; renew it: redos -p {} up", listed_nodes(&nodes), spec.name));
    let turning = recorded.filter(|recorded| recorded.tls.turning).map(|recorded| {
        let turned = if recorded.encryption.is_tls() { "on" } else { "off" };
        format!("TLS is being turned {turned}: unless that is under way, 'redos -p {} up' ends it", spec.name)
    });
    optional.chain(by_hand).chain(rotation).chain(restore).chain(turning).chain(renewals).collect()
}

/// How far a restore in place is, and the command that goes on if nobody does.
fn restore_remark(spec: &Spec, restoring: &Restoring) -> String {
    let Restoring { group, from, stage, .. } = restoring;
    let name = &spec.name;
    match stage {
        RestoreStage::Preparing => format!(
            "a restore of {group} from {from} has replaced nothing yet: unless it is under way, 'redos -p {name} up' takes \
            it back"
        ),
        RestoreStage::Replacing => format!(
            "a restore of {group} from {from} replaces its data: unless it is under way, 'redos -p {name} up' ends it"
        ),
    }
}

fn rotation(observed: &Observed) -> Option<RotationStatus> {
    let view = observed.rotation.as_ref()?;
    Some(RotationStatus { stage: view.stage?, users: view.users.clone(), complete: view.outdated.is_empty() })
}

/// What an open rotation of passwords means, and the command that goes on with it.
fn rotation_remark(spec: &Spec, rotation: &RotationStatus) -> String {
    let users: Vec<&str> = rotation.users.iter().map(|user| user.as_str()).collect();
    let (users, name) = (users.join(", "), &spec.name);
    match rotation.stage {
        RotationStage::Open if rotation.complete => format!(
            "a rotation of passwords is open ({users}): the old ones are accepted as well until 'redos -p {name} password \
            rotate --finish'"
        ),
        RotationStage::Adding | RotationStage::Open => {
            format!("a rotation of passwords is not complete ({users}): 'redos -p {name} up' goes on with it")
        }
        RotationStage::Dropping => {
            format!("a rotation of passwords is being finished ({users}): 'redos -p {name} up' goes on with it")
        }
    }
}

/// The nodes of the specification and those that exist.
fn nodes(spec: &Spec, observed: &Observed) -> BTreeSet<NodeId> {
    spec.nodes().into_iter().chain(observed.inventory.nodes.keys().copied()).collect()
}

fn state(node: NodeId, observed: &Observed) -> &'static str {
    observed.inventory.nodes.get(&node).map_or(MISSING, |facts| facts.state.as_str())
}

/// The name of a node's host.
fn host_name(node: NodeId, observed: &Observed) -> Option<HostName> {
    observed.inventory.nodes.get(&node)?.host_name.clone()
}

fn problem(node: NodeId, spec: &Spec, observed: &Observed) -> Option<String> {
    Gate::Answers { node }.holds(spec, observed).err().map(|unmet| unmet.to_string())
}

fn group_status(group: Group, spec: &Spec, observed: &Observed, nodes: &BTreeSet<NodeId>) -> GroupStatus {
    let master = master_of(group, observed);
    let leader = master.and_then(|master| view_of(master, observed));
    let master = master.and_then(|node| Some(MasterStatus { node, address: observed.inventory.server(node)? }));
    let nodes = nodes.iter().copied().filter(|node| node.group() == Some(group));
    let nodes = nodes.map(|node| redis_status(node, leader, spec, observed)).collect();
    GroupStatus { name: group, master, nodes }
}

fn view_of(node: NodeId, observed: &Observed) -> Option<&RedisView> {
    observed.topology.redis.get(&node).and_then(Answer::said)
}

fn redis_status(node: NodeId, leader: Option<&RedisView>, spec: &Spec, observed: &Observed) -> RedisStatus {
    let view = view_of(node, observed);
    let address = observed.inventory.server(node);
    let (role, link, last_io) = match view.map(|view| &view.role) {
        None => (None, None, None),
        Some(RoleView::Master { .. }) => (Some(RoleWord::Master), None, None),
        Some(RoleView::Replica { syncing: true, last_io_seconds, .. }) => {
            (Some(RoleWord::Replica), Some(LinkState::Sync), *last_io_seconds)
        }
        Some(RoleView::Replica { link_up, last_io_seconds, .. }) => {
            (Some(RoleWord::Replica), Some(if *link_up { LinkState::Up } else { LinkState::Down }), *last_io_seconds)
        }
    };
    let follower = view.filter(|_| role == Some(RoleWord::Replica));
    let lag_bytes = follower.zip(leader).and_then(|(view, leader)| {
        // Offsets of two histories cannot be compared.
        (view.replication_id == leader.replication_id)
            .then(|| u64::try_from(leader.offset.saturating_sub(view.offset)).unwrap_or(0))
    });
    let acknowledged = leader.and_then(|leader| match &leader.role {
        RoleView::Master { replicas } => {
            replicas.iter().find(|replica| Some(replica.address) == address).map(|replica| replica.lag_seconds)
        }
        RoleView::Replica { .. } => None,
    });
    RedisStatus {
        node,
        host: host_name(node, observed),
        role,
        state: state(node, observed),
        address,
        link,
        offset: view.map(|view| view.offset),
        lag_bytes,
        lag_seconds: follower.and(acknowledged.or(last_io)),
        server: view.map(|view| view.server.clone()),
        version: view.map(|view| view.version.clone()),
        memory_bytes: view.map(|view| view.used_memory),
        memory_limit_bytes: view.and_then(|view| view.max_memory),
        operations_per_second: view.map(|view| view.operations_per_second),
        clients: view.map(|view| view.clients),
        keys: view.map(|view| view.keys),
        problem: problem(node, spec, observed),
    }
}

fn sentinel_status(node: NodeId, spec: &Spec, observed: &Observed) -> SentinelStatus {
    let view: Option<&SentinelView> = observed.topology.sentinels.get(&node).and_then(Answer::said);
    let watched = || view.into_iter().flat_map(|view| &view.masters).map(|(name, watched)| (name.clone(), watched));
    let is_content = |group: Group| {
        view.and_then(|view| view.masters.get(&group.to_string())).is_some_and(|watched| watched.quorum_check.is_ok())
    };
    SentinelStatus {
        node,
        host: host_name(node, observed),
        state: state(node, observed),
        address: observed.inventory.server(node),
        version: view.map(|view| view.version.clone()),
        masters: watched().map(|(name, watched)| (name, watched.address)).collect(),
        flags: watched().map(|(name, watched)| (name, watched.flags.clone())).collect(),
        epochs: watched().map(|(name, watched)| (name, watched.config_epoch)).collect(),
        quorum: watched().map(|(name, watched)| (name, watched.quorum)).collect(),
        peers: watched().map(|(name, watched)| (name, watched.peers.len())).collect(),
        replicas: watched().map(|(name, watched)| (name, watched.replicas.len())).collect(),
        tilt: view.map(|view| view.tilt),
        quorum_ok: spec.groups().all(is_content),
        problem: problem(node, spec, observed),
    }
}

fn exporter_status(node: NodeId, spec: &Spec, observed: &Observed) -> ExporterStatus {
    let view = observed.topology.exporter.as_ref().and_then(Answer::said);
    let service = Gate::InService { node }.holds(spec, observed);
    ExporterStatus {
        node,
        state: state(node, observed),
        version: view.and_then(|view| view.version.clone()),
        problem: service.err().map(|unmet| unmet.to_string()),
    }
}

fn guard_status(node: NodeId, spec: &Spec, observed: &Observed) -> GuardStatus {
    let view = observed.topology.guards.get(&node).and_then(Answer::said);
    let service = Gate::InService { node }.holds(spec, observed);
    GuardStatus {
        node,
        state: state(node, observed),
        version: view.map(|view| view.version.clone()),
        watches: view.map(|view| view.watches.clone()).unwrap_or_default(),
        problem: service.err().map(|unmet| unmet.to_string()),
    }
}

fn proxy_status(node: NodeId, spec: &Spec, observed: &Observed) -> ProxyStatus {
    let view = observed.topology.proxies.get(&node).and_then(Answer::said);
    let facts = observed.inventory.nodes.get(&node);
    let published = |port: u16| facts?.reached_at(port);
    let by_group = |port: fn(Group) -> u16| {
        spec.groups().filter_map(|group| Some((group, published(port(group))?))).collect::<BTreeMap<_, _>>()
    };
    let routes = || view.into_iter().flat_map(|view| &view.routes);
    ProxyStatus {
        node,
        host: host_name(node, observed),
        state: state(node, observed),
        version: view.map(|view| view.version.clone()),
        write: by_group(|group| proxy_group_ports(group).write),
        read: by_group(|group| proxy_group_ports(group).read),
        stats: published(STATS_PORT).map(|address| format!("http://{address}/")),
        writes_to: routes().map(|(group, route)| (*group, route.write)).collect(),
        writes_to_existing: view
            .and_then(|view| view.existing.as_ref()?.replication_id.as_ref())
            .and(spec.follow.existing()),
        reads_from: routes().map(|(group, route)| (*group, route.read.clone())).collect(),
        write_sessions: routes().map(|(group, route)| (*group, route.write_sessions.clone())).collect(),
        read_sessions: routes().map(|(group, route)| (*group, route.read_sessions.clone())).collect(),
        problem: problem(node, spec, observed)
            .or_else(|| is_published(node, observed).err().map(|unmet| unmet.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{at, halt, healthy, redis, redis_mut, remove, sentinel_mut};
    use crate::cluster::observed::NodeState;
    use crate::spec::{REDIS_PORT, SENTINEL_PORT};

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn judge(observed: &Observed) -> Status {
        status(&spec(), observed)
    }

    #[test]
    fn a_healthy_cluster_has_the_documented_fields() {
        let value = serde_json::to_value(judge(&healthy(&spec()))).expect("JSON");
        assert_eq!(value["apiVersion"], "redos/v1");
        assert_eq!(value["kind"], "Status");
        assert_eq!(value["cluster"], "redos");
        assert_eq!(value["healthy"], true);
        assert_eq!(value["reasons"], serde_json::json!([]));
        let group = &value["groups"][0];
        assert_eq!(group["name"], "mymaster");
        let master = at(redis(1), REDIS_PORT).to_string();
        assert_eq!(group["master"], serde_json::json!({"node": "redis-1", "address": master}));
        let replica = serde_json::json!({
            "node": "redis-2", "role": "replica", "state": "running", "address": at(redis(2), REDIS_PORT).to_string(),
            "link": "up", "offset": 4200, "lagBytes": 42, "lagSeconds": 1, "server": "redis", "version": "8.0.2",
            "memoryBytes": 1_572_864, "memoryLimitBytes": 67_108_864, "operationsPerSecond": 60, "clients": 9, "keys": 3, "problem": null,
        });
        assert_eq!(group["nodes"][1], replica);
        let sentinel = serde_json::json!({
            "node": "sentinel-1", "state": "running", "version": "8.0.2",
            "address": at(NodeId::Sentinel(1), SENTINEL_PORT).to_string(), "masters": {"mymaster": master},
            "flags": {"mymaster": ["master"]}, "epochs": {"mymaster": 1},
            "quorum": {"mymaster": 2}, "peers": {"mymaster": 2}, "replicas": {"mymaster": 2}, "tilt": false,
            "quorumOk": true, "problem": null,
        });
        assert_eq!(value["sentinels"][0], sentinel);
        let proxy = serde_json::json!({
            "node": "proxy-1", "state": "running", "version": "3.0.8", "write": {"mymaster": "127.0.0.1:6379"},
            "read": {"mymaster": "127.0.0.1:6380"}, "stats": "http://127.0.0.1:8404/",
            "writesTo": {"mymaster": "redis-1"}, "writesToExisting": null, "readsFrom": {"mymaster": ["redis-2", "redis-3"]},
            "writeSessions": {"mymaster": {"redis-1": 4}}, "readSessions": {"mymaster": {"redis-2": 2, "redis-3": 2}}, "problem": null,
        });
        assert_eq!(value["proxies"][0], proxy);
    }

    #[test]
    fn a_paused_master_is_still_the_master_until_the_sentinels_name_another() {
        let mut observed = healthy(&spec());
        halt(&mut observed, redis(1), NodeState::Paused);
        let status = judge(&observed);
        assert!(!status.healthy);
        assert_eq!(status.reasons, ["redis-1 is paused", "no node of mymaster is master"]);
        assert_eq!(status.groups[0].master.as_ref().map(|master| master.node), Some(redis(1)));
        let node = &status.groups[0].nodes[0];
        assert_eq!((node.state, node.role, node.offset), ("paused", None, None));
        assert_eq!(node.problem.as_deref(), Some("redis-1 is paused"));
        assert_eq!(status.groups[0].nodes[1].lag_bytes, None, "nothing to compare with");
    }

    #[test]
    fn two_masters_are_both_shown_and_the_sentinels_decide() {
        let mut observed = healthy(&spec());
        redis_mut(&mut observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        for ordinal in [2, 3] {
            let view = sentinel_mut(&mut observed, ordinal);
            view.masters.get_mut("mymaster").expect("watched").address = at(redis(2), REDIS_PORT);
        }
        let status = judge(&observed);
        let roles: Vec<_> = status.groups[0].nodes.iter().map(|node| node.role).collect();
        assert_eq!(roles, [Some(RoleWord::Master), Some(RoleWord::Master), Some(RoleWord::Replica)]);
        assert_eq!(status.groups[0].master.as_ref().map(|master| master.node), Some(redis(2)));
        assert_eq!(status.reasons, ["redis-1 and redis-2 claim to be master of mymaster at the same time"]);
    }

    #[test]
    fn a_sentinel_that_names_another_master_is_shown_and_a_reason() {
        let mut observed = healthy(&spec());
        let view = sentinel_mut(&mut observed, 3);
        view.masters.get_mut("mymaster").expect("watched").address = at(redis(3), REDIS_PORT);
        view.tilt = true;
        let status = judge(&observed);
        assert_eq!(status.sentinels[2].masters["mymaster"], at(redis(3), REDIS_PORT));
        assert_eq!(
            status.reasons,
            [
                "sentinel-3 names redis-3 as master of mymaster, not redis-1",
                "sentinel-3 is in TILT and does not act for 30 s"
            ]
        );
        assert_eq!(status.groups[0].master.as_ref().map(|master| master.node), Some(redis(1)));
    }

    #[test]
    fn what_is_missing_or_dead_is_in_the_tables_with_its_reason() {
        let mut observed = healthy(&spec());
        remove(&mut observed, redis(3));
        halt(&mut observed, NodeId::Sentinel(1), NodeState::Exited { code: 137, oom_killed: true });
        halt(&mut observed, NodeId::Proxy(1), NodeState::Exited { code: 1, oom_killed: false });
        let status = judge(&observed);
        assert_eq!(status.groups[0].nodes[2].state, MISSING);
        assert_eq!(status.sentinels[0].state, "exited");
        assert!(!status.sentinels[0].quorum_ok);
        let wanted = [
            "redis-3 is missing",
            "sentinel-1 ran out of memory and was killed, exit code 137",
            "proxy-1 has exited with code 1",
        ];
        assert_eq!(status.reasons[..3], wanted);
    }

    #[test]
    fn nothing_at_all_is_a_document_too() {
        let status = judge(&Observed::default());
        assert!(!status.healthy);
        assert_eq!(status.groups[0].master, None);
        assert!(status.groups[0].nodes.iter().all(|node| node.state == MISSING));
        assert_eq!(status.proxies[0].stats, None);
        assert!(status.reasons.contains(&"redis-1 is missing".to_owned()), "{:?}", status.reasons);
    }

    #[test]
    fn a_node_that_is_not_wanted_is_shown_too() {
        let mut observed = healthy(&spec());
        let mut wider = spec();
        wider.masters = 2;
        let other = NodeId::redis(Group::number(2), 1);
        observed.inventory.nodes.insert(other, healthy(&wider).inventory.nodes[&other].clone());
        let status = judge(&observed);
        assert_eq!(status.groups[1].nodes.iter().map(|node| node.node).collect::<Vec<_>>(), [other]);
    }
}
