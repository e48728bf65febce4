//! The Engine in memory: containers, volumes and the network.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::anyhow;
use tokio::time::sleep;

use super::dialled::Dialled;
use super::talk::{SimSnapshot, Talker};
use super::{COPY, DATA, SUBNETS, Sim, SimNode, refused};
use crate::cluster::desired::RESTART_POLICY;
use crate::cluster::observed::{Inventory, NetworkFacts, NodeFacts, NodeState, VolumeFacts};
use crate::dial::{BoxFuture, Dial, Stream, Target};
use crate::engine::{
    ClusterSummary, Clusters, Conflict, DataStream, EngineError, EngineErrorKind, EngineVersion, INSPECT_LIMIT,
    NodeFile, NodeProgram, NodeSpec, Nodes, Result,
};
use crate::spec::render::{SECRETS_FILE, SENTINEL_CONF, follows_from_encryption};
use crate::spec::{ClusterName, HostName, NodeId, ParseError, REDOS_VERSION, Resources, Spec};

/// What a Docker Engine takes for its lists, and then waits for an answer.
const UNSEEN_AFTER: Duration = Duration::from_millis(100).saturating_add(INSPECT_LIMIT);

impl Dial for Sim {
    /// Connects to a Redis node or a Sentinel, or to the master behind the port for writes of a proxy.
    fn dial<'a>(&'a self, _cluster: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let server = match target {
                Target::Node(_, address) | Target::Network(address) => Dialled::at(self, address),
                Target::Published(port) => Dialled::through(self, port),
            };
            let server = server.ok_or_else(|| io::Error::other("it cannot be dialled in memory"))?;
            Ok(Box::new(server.connect()) as Box<dyn Stream>)
        })
    }

    fn tries_published<'a>(&'a self, _cluster: &'a ClusterName) -> BoxFuture<'a, bool> {
        Box::pin(async { false })
    }
}

impl Clusters for Sim {
    async fn greet(&self) -> Result<()> {
        self.answer_greeting()
    }

    fn describe(&self) -> String {
        "an engine in memory".to_owned()
    }

    fn version(&self) -> Option<EngineVersion> {
        let [version, api, oldest_api] = ["in memory", "1.41", "1.41"].map(str::to_owned);
        Some(EngineVersion { version, api, oldest_api })
    }

    fn remote_host(&self) -> Option<&str> {
        None
    }

    async fn inventory(&self, _cluster: &ClusterName) -> Result<Inventory> {
        if !self.world().unseen.is_empty() {
            sleep(UNSEEN_AFTER).await;
        }
        let world = self.world();
        let facts = |(id, node): (&NodeId, &SimNode)| {
            let facts = NodeFacts {
                container_id: id.to_string(),
                name: id.to_string(),
                host: node.host.as_ref().map(|host| host.address.to_string()),
                host_name: node.host.as_ref().map(|host| host.name.clone()),
                image: node.spec.image.clone(),
                image_id: node.image_id.clone(),
                state: node.state.clone(),
                address: Some(node.spec.address),
                on_host: node.place,
                network_id: Some(node.network_id.clone()),
                aliases: node.spec.aliases.iter().cloned().collect(),
                resources: node.spec.resources,
                ports: if node.runs() { node.published() } else { Vec::new() },
                spec_hash: node.spec.spec_hash.clone(),
                made_by: Some(REDOS_VERSION.to_owned()),
                created_at: String::new(),
                started_at: None,
                ended_at: None,
                restarts: 0,
                restart_policy: RESTART_POLICY.to_owned(),
                foreign_snapshot: None,
                stored: if node.state == NodeState::Running { None } else { world.shown(*id) },
                unread: world.unread(*id).filter(|_| node.state != NodeState::Running),
            };
            (*id, facts)
        };
        let home = |node: &NodeId| world.spec.as_ref().and_then(|spec| spec.placement.of(*node));
        let host = |node: &NodeId| world.volume_hosts.get(node);
        let volumes = world.volumes.keys().filter(|node| host(node).is_none_or(|host| !world.away.contains(host)));
        let volume = |node: &NodeId| (*node, VolumeFacts { name: node.to_string(), host_name: host(node).cloned() });
        let mut nodes: BTreeMap<NodeId, NodeFacts> = world.nodes.iter().map(facts).collect();
        let mut unseen = world.unseen.clone();
        for (node, host) in
            world.lost.iter().filter(|(node, host)| world.away.contains(host) && home(node) == Some(host))
        {
            if let Some(spec) = &world.spec {
                nodes.insert(*node, NodeFacts::unobserved(spec, *node, NodeState::Unknown));
                unseen.insert(*node, format!("{host} is away in memory"));
            }
        }
        let left_behind = world.lost.iter().filter(|(_, host)| !world.away.contains(host)).cloned().collect();
        Ok(Inventory {
            network: world.network.clone(),
            lacks_network: false,
            volumes: volumes.map(volume).collect(),
            nodes,
            unseen,
            left_behind,
            record: 1,
            recorded: world.spec.clone(),
        })
    }

    async fn clusters(&self) -> Result<Vec<ClusterSummary>> {
        let world = self.world();
        let Some(spec) = &world.spec else { return Ok(Vec::new()) };
        let mut summary = ClusterSummary {
            name: spec.name.clone(),
            states: BTreeMap::new(),
            ports: world.nodes.values().flat_map(SimNode::published).map(|port| port.host).collect(),
            created_at: None,
            kept_volumes: world.volumes.keys().filter(|node| !world.nodes.contains_key(node)).count(),
        };
        for node in world.nodes.values() {
            *summary.states.entry(node.state.as_str()).or_default() += 1;
        }
        summary.ports.sort_unstable();
        Ok(vec![summary])
    }

    async fn conflicts(&self, spec: &Spec, _inventory: &Inventory) -> Result<Vec<Conflict>> {
        Ok(self.conflicts_here(spec))
    }

    async fn record_spec(&self, spec: &Spec) -> Result<()> {
        let mut world = self.world();
        world.change("record the configuration".to_owned())?;
        world.spec = Some(spec.clone());
        Ok(())
    }

    async fn remove_record(&self, _cluster: &ClusterName) -> Result<()> {
        let mut world = self.world();
        world.change("remove the record".to_owned())?;
        world.spec = None;
        Ok(())
    }

    async fn create_network(&self, spec: &Spec) -> Result<NetworkFacts> {
        let mut world = self.world();
        world.change("create network".to_owned())?;
        let subnet = SUBNETS[world.networks_made % SUBNETS.len()];
        world.networks_made += 1;
        let subnet = subnet.parse().map_err(|why: ParseError| refused(why.to_string()))?;
        let made = NetworkFacts {
            id: format!("network-{}", world.networks_made),
            name: spec.name.to_string(),
            subnet,
            gateway: Ipv4Addr::new(172, 30, 0, 1),
            device: "br-sim".to_owned(),
            is_own: true,
            guests: BTreeSet::new(),
        };
        Ok(world.network.get_or_insert(made).clone())
    }

    async fn remove_network(&self, _id: &str) -> Result<()> {
        let mut world = self.world();
        world.change("remove network".to_owned())?;
        world.network = None;
        Ok(())
    }

    async fn remove_abandoned(&self) -> Result<()> {
        Ok(())
    }
}

impl Nodes for Sim {
    async fn create_volume(&self, spec: &Spec, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("create volume of {node}"))?;
        world.place_volume(node, spec.host_of(node));
        world.volumes.entry(node).or_default();
        Ok(())
    }

    async fn fill_volume(&self, _spec: &Spec, node: NodeId, _image: &str, data: DataStream) -> Result<()> {
        let mut world = self.world();
        world.change(format!("fill the volume of {node}"))?;
        world.volumes.entry(node).or_default().insert(DATA.to_owned(), SimSnapshot::of(data)?.0);
        Ok(())
    }

    async fn copy_beside(&self, _spec: &Spec, node: NodeId, data: DataStream) -> Result<()> {
        let mut world = self.world();
        world.change(format!("copy data beside those of {node}"))?;
        world.volumes.entry(node).or_default().insert(COPY.to_owned(), SimSnapshot::of(data)?.0);
        Ok(())
    }

    async fn replace_data(&self, _spec: &Spec, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("replace the data of {node}"))?;
        if world.runs(node) {
            return Err(refused(format!("{node} runs on the data that are replaced")));
        }
        let files = world.volumes.entry(node).or_default();
        if let Some(copy) = files.remove(COPY) {
            files.insert(DATA.to_owned(), copy);
        }
        files.contains_key(DATA).then_some(()).ok_or_else(|| refused(format!("nothing was copied for {node}")))
    }

    async fn remove_data(&self, _spec: &Spec, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove the data of {node}"))?;
        if world.runs(node) {
            return Err(refused(format!("{node} runs on the data that are removed")));
        }
        world.volumes.entry(node).or_default().remove(DATA);
        Ok(())
    }

    async fn discard_copy(&self, _spec: &Spec, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove the copied data of {node}"))?;
        world.volumes.entry(node).or_default().remove(COPY);
        Ok(())
    }

    async fn remove_volume(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove the volume of {node}"))?;
        world.volumes.remove(&node);
        world.rewritten.remove(&node);
        Ok(())
    }

    async fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
        let mut world = self.world();
        world.change(format!("create {}", node.node))?;
        if world.uncreatable.contains(&node.node) {
            let why = anyhow!("the container of {} is refused in memory", node.node);
            return Err(EngineError::new(EngineErrorKind::Other, format!("create container {}", node.node), why));
        }
        let network_id = network_id.to_owned();
        let image_id = spec.used.of(node.node.role()).map(|image| image.id.clone());
        let (host, place) = (spec.host_of(node.node).cloned(), spec.server_on_host(node.node));
        world.place_volume(node.node, host.as_ref());
        let spec = node.clone();
        let made = SimNode { spec, host, place, network_id, image_id, state: NodeState::Created, server: None };
        world.nodes.entry(node.node).or_insert(made);
        if node.host_dir.is_none() {
            world.volumes.entry(node.node).or_default();
        }
        Ok(())
    }

    async fn write_files(&self, _cluster: &ClusterName, node: NodeId, files: Vec<NodeFile>) -> Result<()> {
        let mut world = self.world();
        world.change(format!("write files of {node}"))?;
        // A running server gets passwords, certificates and the script of its next start without the rest.
        let is_apart = |path: &str| path == SECRETS_FILE || follows_from_encryption(path);
        let is_configured = files.iter().any(|file| !is_apart(&file.path));
        if is_configured {
            world.read_passwords(node, &files);
        }
        let volume = world.volumes.entry(node).or_default();
        volume.extend(files.into_iter().map(|file| (file.path, file.content)));
        if !is_configured {
            return Ok(());
        }
        world.rewritten.remove(&node);
        // A running server goes on as it was; a Redis node or a Sentinel is stopped before its file is written.
        if let Some(node) = world.nodes.get_mut(&node).filter(|node| node.state != NodeState::Running) {
            node.server = None;
        }
        Ok(())
    }

    async fn install(&self, _cluster: &ClusterName, node: NodeId, program: &NodeProgram) -> Result<()> {
        let mut world = self.world();
        world.change(format!("install redos in {node}"))?;
        world.volumes.entry(node).or_default().insert(program.folder.clone(), Vec::new());
        Ok(())
    }

    async fn read_file(&self, _cluster: &ClusterName, node: NodeId, path: &str) -> Result<Option<Vec<u8>>> {
        let world = self.world();
        if let (SENTINEL_CONF, Some(text)) = (path, world.sentinel_file(node)) {
            return Ok(Some(text.into_bytes()));
        }
        Ok(world.volumes.get(&node).and_then(|files| files.get(path)).cloned())
    }

    async fn start_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("start {node}"))?;
        if world.is_off_network(node) {
            return Err(refused(format!("start {node}, whose network is gone")));
        }
        match world.nodes.get_mut(&node).map(|node| &mut node.state) {
            Some(NodeState::Paused) => return Err(refused(format!("start {node}, which is paused"))),
            Some(state) => *state = NodeState::Running,
            None => return Err(refused(format!("start {node}, which does not exist"))),
        }
        if world.unloadable.contains(&node) {
            world.nodes.entry(node).and_modify(|node| node.state = NodeState::Restarting);
            return Err(EngineError::new(EngineErrorKind::DamagedData, format!("start {node}"), None));
        }
        world.boot(node);
        Ok(())
    }

    async fn stop_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("stop {node}"))?;
        if let Some(node) = world.nodes.get_mut(&node) {
            node.state = NodeState::Exited { code: 0, oom_killed: false };
        }
        Ok(())
    }

    async fn set_resources(&self, _cluster: &ClusterName, node: NodeId, resources: Resources) -> Result<()> {
        let mut world = self.world();
        world.change(format!("give {node} {resources}"))?;
        if let Some(node) = world.nodes.get_mut(&node) {
            let now = &mut node.spec.resources;
            now.memory = resources.memory.or(now.memory);
            now.milli_cpus = resources.milli_cpus.or(now.milli_cpus);
        }
        Ok(())
    }

    async fn kill_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("kill {node}"))?;
        let leads = |other: &NodeId| *other != node && other.group() == node.group() && world.is_master(*other);
        if !world.nodes.keys().any(leads) {
            world.journal.push(format!("{node} was killed and nobody leads"));
        }
        if let Some(node) = world.nodes.get_mut(&node) {
            node.state = NodeState::Exited { code: 137, oom_killed: false };
        }
        Ok(())
    }

    async fn unpause_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("unpause {node}"))?;
        if let Some(node) = world.nodes.get_mut(&node) {
            node.state = NodeState::Running;
        }
        Ok(())
    }

    async fn set_data_aside(&self, _spec: &Spec, node: NodeId) -> Result<Option<String>> {
        let mut world = self.world();
        world.change(format!("set the data of {node} aside"))?;
        let moved = world.volumes.get_mut(&node).and_then(|files| files.remove(DATA));
        world.unloadable.remove(&node);
        Ok(moved.map(|_| "/data/set-aside-1".to_owned()))
    }

    async fn remove_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove {node}"))?;
        world.take_away(node);
        Ok(())
    }

    async fn remove_left_behind(&self, _cluster: &ClusterName, node: NodeId, host: &HostName) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove the {node} that was left on {host}"))?;
        world.lost.remove(&(node, host.clone()));
        Ok(())
    }

    async fn log_tail(&self, _cluster: &ClusterName, _node: NodeId, _lines: usize) -> Result<String> {
        Ok(String::new())
    }
}
