//! Inventory: everything with a cluster's labels, converted from the Engine's optional fields to redos's types.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerSummary, EndpointSettings, Network, PortMap, PortSummary,
};
use bollard::query_parameters::InspectContainerOptions;
use futures_util::future::{join, join_all, try_join_all, try_join3};
use tokio::time::timeout;

use super::{DockerEngine, errors, files, labels, listing, network, nodes, streams, timestamps, volumes};
use crate::cluster::desired::RESTART_POLICY;
use crate::cluster::observed::{
    DataFacts, Inventory, NetworkFacts, NodeFacts, NodeState, PublishedPort, StoredData, StoredState, VolumeFacts,
};
use crate::engine::{EngineError, EngineErrorKind, INSPECT_LIMIT, Result, damage, stored};
use crate::spec::render::{self, DataFiles};
use crate::spec::{ClusterName, NODE_UID, NodeId, Resources, Role, Spec};

/// Lines of a log that hold at least one whole run of a server that cannot load its data. Such a run writes some 20.
const RUN_LINES: usize = 60;
/// The Engine's word for a time that never was.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The file in which a node stores what it knows of the topology.
fn stored_path(role: Role) -> Option<&'static str> {
    match role {
        Role::Redis => Some("/data/conf/redis.conf"),
        Role::Sentinel => Some("/data/conf/sentinel.conf"),
        Role::Proxy | Role::Exporter | Role::Guard => None,
    }
}

/// Reads the inventory in two rounds, each with calls in parallel: lists, then details of each container.
pub async fn inventory(engine: &DockerEngine, cluster: &ClusterName) -> Result<Inventory> {
    let filters = labels::filter(cluster);
    let (containers, networks, volumes) = try_join3(
        listing::containers(engine, &filters),
        listing::networks(engine, &filters),
        listing::volumes(engine, &filters),
    )
    .await?;
    let (record, recorded) = volumes::recorded(cluster, &volumes).unzip();
    let mut inventory = Inventory { recorded, record: record.unwrap_or_default(), ..Inventory::default() };
    let data_files = inventory.recorded.as_ref().map_or(DataFiles::None, render::data_files);
    let inspected = join_all(containers.iter().filter_map(|container| {
        let node = labels::node(container.labels.as_ref()?)?;
        let (id, data_files) = (container.id.as_deref()?, &data_files);
        Some(async move { (node, container, inspect(engine, cluster, node, id, data_files).await) })
    }));
    let (inspected, network) = join(inspected, network(engine, cluster, inventory.recorded.as_ref(), &networks)).await;
    let network = network?;
    for (node, listed, found) in inspected {
        let mut facts = match found? {
            Inspected::Gone => continue,
            Inspected::Unseen(why) => {
                inventory.unseen.insert(node, why);
                listed_facts(listed, engine.endpoint.remote_host())
            }
            Inspected::Seen(facts) => *facts,
        };
        // The memory limit that replaces one where there was none, for none can be removed: all the memory of the host.
        if let Some(limit) = facts.resources.memory {
            let host = engine.memory().await?;
            facts.resources.memory = Some(limit).filter(|limit| host.is_none_or(|host| *limit < host));
        }
        // Names are unique on an Engine. A copy of a node's container with all its labels is not a node.
        if facts.name == node.container_name(cluster) {
            inventory.nodes.insert(node, facts);
        }
    }
    for volume in volumes {
        if let Some(node) = labels::node(&volume.labels) {
            inventory.volumes.insert(node, VolumeFacts { name: volume.name, host_name: None });
        }
    }
    inventory.network = network;
    if let Some(network) = &inventory.network {
        engine.note_device(cluster, &network.device);
    }
    Ok(inventory)
}

/// The network of the cluster.
///
/// It is the one that it was created with, also if redos did not create that; or one of its own that an interrupted
/// `up` has created.
async fn network(
    engine: &DockerEngine,
    cluster: &ClusterName,
    recorded: Option<&Spec>,
    own: &[Network],
) -> Result<Option<NetworkFacts>> {
    let named = match recorded.and_then(|spec| spec.network.name.as_deref()) {
        Some(name) => network::named(engine, name).await?,
        None => Vec::new(),
    };
    let found = named.first().or_else(|| network::chosen(cluster, own)).map(network::facts).transpose()?;
    let Some(mut network) = found else { return Ok(None) };
    network.guests = network::guests(engine, cluster, &network.id).await?;
    Ok(Some(network))
}

/// A container that was listed.
enum Inspected {
    Seen(Box<NodeFacts>),
    /// It was removed since.
    Gone,
    /// The Engine does not answer about it, and why.
    Unseen(String),
}

/// One container in full.
async fn inspect(
    engine: &DockerEngine,
    cluster: &ClusterName,
    node: NodeId,
    id: &str,
    data_files: &DataFiles,
) -> Result<Inspected> {
    let asked = timeout(INSPECT_LIMIT, engine.docker.inspect_container(id, None::<InspectContainerOptions>)).await;
    let inspected = match asked {
        Ok(Ok(inspected)) => inspected,
        Ok(Err(error)) if errors::status(&error) == Some(errors::NOT_FOUND) => return Ok(Inspected::Gone),
        Ok(Err(error)) => return Err(engine.failed(format!("inspect {}", node.container_name(cluster)), error)),
        Err(_) => return Ok(Inspected::Unseen(format!("no answer within {} s", INSPECT_LIMIT.as_secs()))),
    };
    let mut facts = node_facts(inspected, engine.endpoint.remote_host());
    let said = match &facts.state {
        NodeState::Restarting => complaint(engine, node, &facts.container_id).await,
        NodeState::Running if facts.restarts > 0 => complaint(engine, node, &facts.container_id).await,
        _ => None,
    };
    if facts.state != NodeState::Running || said.is_some() {
        (facts.stored, facts.unread) = stored_state(engine, &facts.container_id, node.role(), data_files).await;
        if node.role() == Role::Redis {
            facts.foreign_snapshot = foreign_snapshot(engine, &facts.container_id, data_files).await.ok().flatten();
        }
    }
    if let (Some(said), Some(StoredState::Redis { data, .. })) = (said, &mut facts.stored) {
        *data = Some(StoredData::Unloadable { said });
    }
    Ok(Inspected::Seen(Box::new(facts)))
}

/// The files that a stopped node wrote last, and why those of a Redis node could not all be read.
///
/// A Sentinel's file that cannot be read says nothing: those of the others do.
async fn stored_state(
    engine: &DockerEngine,
    container: &str,
    role: Role,
    data_files: &DataFiles,
) -> (Option<StoredState>, Option<String>) {
    let Some(path) = stored_path(role) else { return (None, None) };
    let text = match files::read(engine, container, path).await {
        Ok(Some(text)) => text,
        Ok(None) => return (None, None),
        Err(error) => return (None, unread(error).filter(|_| role == Role::Redis)),
    };
    let text = String::from_utf8_lossy(&text);
    match role {
        Role::Redis => match stored_data(engine, container, data_files).await {
            Ok(data) => (stored::redis(&text, data), None),
            Err(error) => (stored::redis(&text, None), unread(error)),
        },
        Role::Sentinel => (stored::sentinel(&text), None),
        Role::Proxy | Role::Exporter | Role::Guard => (None, None),
    }
}

/// Why a file could not be read; `None` where the container was removed since it was listed.
fn unread(error: EngineError) -> Option<String> {
    let is_gone = error.kind == EngineErrorKind::NotFound;
    (!is_gone).then(|| format!("{:#}", anyhow::Error::new(error)))
}

/// A snapshot of another user beside append-only files, which the server loads instead. If those are another user's as
/// well, the user put all of the data there.
async fn foreign_snapshot(engine: &DockerEngine, container: &str, data_files: &DataFiles) -> Result<Option<String>> {
    let DataFiles::AppendOnly { manifest, snapshot, .. } = data_files else { return Ok(None) };
    let is_own = async |path| files::belongs_to(engine, container, path, NODE_UID).await;
    let is_foreign = is_own(snapshot).await? == Some(false) && is_own(manifest).await? != Some(false);
    Ok(is_foreign.then(|| snapshot.clone()))
}

/// The message of a Redis node that died and was restarted about data that it cannot load. A log that cannot be read
/// says nothing.
async fn complaint(engine: &DockerEngine, node: NodeId, container: &str) -> Option<String> {
    if node.role() != Role::Redis {
        return None;
    }
    damage::complaint(&streams::log_tail(engine, container, RUN_LINES).await.ok()?)
}

/// The data in a stopped node's volume; `None` if the cluster keeps none.
async fn stored_data(engine: &DockerEngine, container: &str, data_files: &DataFiles) -> Result<Option<StoredData>> {
    let (folder, manifest) = match data_files {
        DataFiles::None => return Ok(None),
        DataFiles::Snapshot(path) => {
            let facts = files::facts(engine, container, path).await?;
            let facts = facts.filter(|facts| facts.bytes > 0);
            return Ok(Some(facts.map_or(StoredData::Nothing, StoredData::Whole)));
        }
        DataFiles::AppendOnly { folder, manifest, .. } => (folder, manifest),
    };
    let text = files::read(engine, container, manifest).await?;
    let names = text.map(|text| stored::manifest(&String::from_utf8_lossy(&text))).unwrap_or_default();
    if names.is_empty() {
        let is_damaged = files::is_filled(engine, container, folder).await?;
        let why = format!("{manifest} is missing or empty");
        return Ok(Some(if is_damaged { StoredData::Damaged { why } } else { StoredData::Nothing }));
    }
    let paths: Vec<String> = names.iter().map(|name| format!("{folder}/{name}")).collect();
    let mut all = DataFacts { changed_at: 0, bytes: 0 };
    for (path, facts) in
        paths.iter().zip(try_join_all(paths.iter().map(|path| files::facts(engine, container, path))).await?)
    {
        match facts {
            // An increment is empty until the first write after it was begun; a base never is.
            Some(facts) if facts.bytes > 0 || path.ends_with(".incr.aof") => {
                all.changed_at = all.changed_at.max(facts.changed_at);
                all.bytes += facts.bytes;
            }
            _ => return Ok(Some(StoredData::Damaged { why: format!("{path} is missing or empty") })),
        }
    }
    Ok(Some(StoredData::Whole(all)))
}

/// A place on a network at a fixed address.
struct Pinned {
    address: Ipv4Addr,
    network_id: Option<String>,
    aliases: BTreeSet<String>,
}

fn node_facts(inspected: ContainerInspectResponse, host: Option<&str>) -> NodeFacts {
    let state = inspected.state.unwrap_or_default();
    let config = inspected.config.unwrap_or_default();
    let networks = inspected.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let endpoints = networks.into_iter().flat_map(HashMap::values);
    let pinned = |endpoint: &EndpointSettings| -> Option<Pinned> {
        let address = endpoint.ipam_config.as_ref()?.ipv4_address.as_ref()?.parse().ok()?;
        let network_id = endpoint.network_id.clone().filter(|id| !id.is_empty());
        Some(Pinned { address, network_id, aliases: endpoint.aliases.iter().flatten().cloned().collect() })
    };
    let place = endpoints.into_iter().find_map(pinned);
    // Until the container has run once, its endpoint does not name the network.
    let made_for = inspected.host_config.as_ref().and_then(|config| config.network_mode.clone());
    let state_now = node_state(&state);
    let bindings = match state_now {
        // The ports that it listens on now; a port of the Engine's choice is known only while it runs.
        NodeState::Running | NodeState::Paused => inspected.network_settings.as_ref().and_then(|s| s.ports.as_ref()),
        _ => inspected.host_config.as_ref().and_then(|config| config.port_bindings.as_ref()),
    };
    let labels = config.labels.unwrap_or_default();
    let made_by = labels::spec(&labels);
    let made_from = labels::node(&labels).and_then(|node| made_by.as_ref()?.used.of(node.role()));
    NodeFacts {
        container_id: inspected.id.unwrap_or_default(),
        name: inspected.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        host: host.map(str::to_owned),
        host_name: None,
        image: config.image.unwrap_or_default(),
        image_id: made_from.map(|image| image.id.clone()),
        address: place.as_ref().map(|place| place.address),
        on_host: on_host(&labels),
        aliases: place.as_ref().map(|place| place.aliases.clone()).unwrap_or_default(),
        network_id: place.and_then(|place| place.network_id.or(made_for)),
        resources: inspected.host_config.as_ref().map(nodes::resources).unwrap_or_default(),
        ports: bindings.map(published_ports).unwrap_or_default(),
        spec_hash: labels.get(labels::SPEC_HASH).cloned().unwrap_or_default(),
        made_by: labels.get(labels::VERSION).cloned(),
        created_at: inspected.created.unwrap_or_default(),
        started_at: state.started_at.filter(|at| at != NEVER),
        ended_at: state.finished_at.filter(|at| at != NEVER).and_then(|at| timestamps::seconds(&at)),
        restarts: inspected.restart_count.and_then(|count| count.try_into().ok()).unwrap_or_default(),
        restart_policy: inspected
            .host_config
            .as_ref()
            .and_then(|config| config.restart_policy.as_ref()?.name)
            .map(|name| name.to_string())
            .unwrap_or_default(),
        stored: None,
        unread: None,
        foreign_snapshot: None,
        state: state_now,
    }
}

/// The place of a node on its host, by the specification that its container was made of.
fn on_host(labels: &labels::Labels) -> Option<SocketAddrV4> {
    let (spec, node) = (labels::spec(labels)?, labels::node(labels)?);
    spec.server_on_host(node)
}

/// What a list says of a container. The rest is as if it were in order, since nothing is changed that it would decide.
fn listed_facts(listed: &ContainerSummary, host: Option<&str>) -> NodeFacts {
    let labels = listed.labels.clone().unwrap_or_default();
    let networks = listed.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let place = networks
        .into_iter()
        .flat_map(HashMap::values)
        .find_map(|endpoint| Some((endpoint.ip_address.as_ref()?.parse().ok()?, endpoint.network_id.clone())));
    let port = |port: &PortSummary| {
        let host_ip = port.ip.as_deref().and_then(|ip| ip.parse().ok()).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Some(PublishedPort { container: port.private_port, host_ip, host: port.public_port? })
    };
    let mut ports: Vec<PublishedPort> = listed.ports.iter().flatten().filter_map(port).collect();
    ports.sort_unstable();
    NodeFacts {
        container_id: listed.id.clone().unwrap_or_default(),
        name: listed.names.iter().flatten().next().map_or("", |name| name.trim_start_matches('/')).to_owned(),
        host: host.map(str::to_owned),
        host_name: None,
        image: listed.image.clone().unwrap_or_default(),
        image_id: None,
        state: listed_state(listed),
        address: place.as_ref().map(|(address, _)| *address),
        on_host: on_host(&labels),
        network_id: place.and_then(|(_, network)| network),
        aliases: BTreeSet::new(),
        resources: Resources::default(),
        ports,
        spec_hash: labels.get(labels::SPEC_HASH).cloned().unwrap_or_default(),
        made_by: labels.get(labels::VERSION).cloned(),
        created_at: listed.created.map(timestamps::rfc3339).unwrap_or_default(),
        started_at: None,
        ended_at: None,
        restarts: 0,
        restart_policy: RESTART_POLICY.to_owned(),
        stored: None,
        unread: None,
        foreign_snapshot: None,
    }
}

fn listed_state(listed: &ContainerSummary) -> NodeState {
    // "Exited (137) 3 seconds ago"
    let code = listed.status.as_deref().and_then(|text| text.split(['(', ')']).nth(1)?.parse().ok());
    named_state(&listed.state.map(|state| state.to_string()).unwrap_or_default(), code, false)
}

fn node_state(state: &ContainerState) -> NodeState {
    let word = state.status.map(|state| state.to_string()).unwrap_or_default();
    named_state(&word, state.exit_code, state.oom_killed.unwrap_or_default())
}

/// The state that the Engine names with this word.
fn named_state(word: &str, code: Option<i64>, oom_killed: bool) -> NodeState {
    match word {
        "created" => NodeState::Created,
        // Until a stopping one has stopped it answers like any other.
        "running" | "stopping" => NodeState::Running,
        "paused" => NodeState::Paused,
        "restarting" => NodeState::Restarting,
        "removing" => NodeState::Removing,
        "exited" => NodeState::Exited { code: code.unwrap_or_default(), oom_killed },
        _ => NodeState::Dead,
    }
}

/// The published ports of a map such as `6379/tcp` to `127.0.0.1:6379`, ascending.
fn published_ports(map: &PortMap) -> Vec<PublishedPort> {
    let mut ports = Vec::new();
    for (port, bindings) in map {
        let Some(container) = port.split('/').next().and_then(|number| number.parse().ok()) else { continue };
        for binding in bindings.iter().flatten() {
            let host = binding.host_port.as_deref().and_then(|number| number.parse().ok()).filter(|host| *host > 0);
            let ip = binding.host_ip.as_deref().filter(|ip| !ip.is_empty()).and_then(|ip| ip.parse().ok());
            let host_ip = ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            ports.extend(host.map(|host| PublishedPort { container, host_ip, host }));
        }
    }
    ports.sort();
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_becomes_facts() {
        let text = r#"{"Id":"abc","Created":"2026-01-01T00:00:00.5Z","Name":"/demo-proxy-1","RestartCount":4,"Config":{"Image":"i:1","Labels":{"dev.redos.spec-hash":"hash"}},
            "State":{"Status":"exited","ExitCode":137,"OOMKilled":true,"StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"2026-01-01T00:00:09.5Z"},
            "HostConfig":{"PortBindings":{"6380/tcp":[{"HostIp":"","HostPort":"7001"}],"6379/tcp":[{"HostIp":"127.0.0.1","HostPort":"7000"}],
                "8404/tcp":[{"HostIp":"127.0.0.1","HostPort":""}]}},
            "NetworkSettings":{"Ports":{},"Networks":{"demo":{"IPAMConfig":{"IPv4Address":"172.18.255.254"},"NetworkID":"n1","IPAddress":""}}}}"#;
        let inspected: ContainerInspectResponse = serde_json::from_str(text).expect("an answer of the Engine");
        let facts = node_facts(inspected, None);
        assert_eq!(facts.name, "demo-proxy-1");
        assert_eq!(facts.state, NodeState::Exited { code: 137, oom_killed: true });
        assert_eq!(facts.address, Some(Ipv4Addr::new(172, 18, 255, 254)));
        assert_eq!(facts.network_id.as_deref(), Some("n1"), "it has run");
        assert_eq!((facts.started_at, facts.ended_at), (None, Some(1_767_225_609)));
        assert_eq!(facts.restarts, 4);
        assert_eq!((facts.image.as_str(), facts.spec_hash.as_str()), ("i:1", "hash"));
        let port =
            |container, ip: &str, host| PublishedPort { container, host_ip: ip.parse().expect("an address"), host };
        assert_eq!(facts.ports, [port(6379, "127.0.0.1", 7000), port(6380, "0.0.0.0", 7001)]);
    }

    #[test]
    fn a_node_is_on_the_network_of_its_place_and_on_none_when_it_was_taken_off() {
        let on = |networks: &str| {
            let text =
                format!(r#"{{"HostConfig":{{"NetworkMode":"n1"}},"NetworkSettings":{{"Networks":{networks}}}}}"#);
            node_facts(serde_json::from_str(&text).expect("an answer of the Engine"), None).network_id
        };
        let place =
            |id: &str| format!(r#"{{"demo":{{"IPAMConfig":{{"IPv4Address":"172.18.0.9"}},"NetworkID":"{id}"}}}}"#);
        assert_eq!(on(&place("")).as_deref(), Some("n1"), "it has never run");
        assert_eq!(on(&place("n2")).as_deref(), Some("n2"), "somebody connected it to another");
        assert_eq!(on("{}"), None);
    }

    #[test]
    fn an_empty_answer_is_no_panic() {
        let facts = node_facts(ContainerInspectResponse::default(), None);
        assert_eq!(facts.state, NodeState::Dead);
    }
}
