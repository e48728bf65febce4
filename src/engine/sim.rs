//! The engine and the servers in memory, for properties of the planner: determinism, convergence from any cut-off
//! prefix, rules that no plan may break. It stands beside the scenarios on a real Engine, never in their place.
//!
//! Servers here are as simple as can be: a Redis node is what its configuration file or the last command made it,
//! replicas are in sync while their master runs, Sentinels believe their file, and elect after every look at them.

mod rules;
mod sentinels;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{ClusterSummary, Engine, EngineError, EngineErrorKind, NodeFile, NodeSpec, Result};
use crate::dial::{BoxFuture, Dial, Stream, Target};
use crate::engine::stored;
use crate::plan::observed::{
    Answer, Inventory, NetworkFacts, NodeFacts, NodeState, PublishedPort, StoredState, Topology, VolumeFacts,
};
use crate::sentinel::{Command, ServerError, Servers, Switched, TakenOver};
use crate::spec::{ClusterName, Group, NodeId, REDIS_PORT, Role, SENTINEL_PORT, Spec, render};

/// The subnet that the simulated Engine picks for its nth network; it never picks the same one twice in a row.
const SUBNETS: [&str; 2] = ["172.30.0.0/16", "172.31.0.0/16"];

/// A simulated Engine with one cluster on it. Clones share it.
#[derive(Clone, Default)]
pub struct Sim {
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    network: Option<NetworkFacts>,
    networks_made: usize,
    volumes: BTreeMap<NodeId, BTreeMap<String, Vec<u8>>>,
    nodes: BTreeMap<NodeId, Node>,
    /// What the servers of removed nodes had last written into their files.
    rewritten: BTreeMap<NodeId, StoredState>,
    /// The recorded specification.
    spec: Option<Spec>,
    /// Changes that still succeed before everything fails, as when redos is killed.
    changes_left: Option<usize>,
    /// Every change so far, in words.
    journal: Vec<String>,
    /// What broke a rule that holds while a cluster changes its size; absent while nobody asks.
    lapses: Option<Vec<String>>,
}

#[derive(Clone)]
struct Node {
    spec: NodeSpec,
    state: NodeState,
    /// What the server in it is; read from its file at every start.
    server: Option<Server>,
}

impl Node {
    fn published(&self) -> Vec<PublishedPort> {
        let publish = |(container, host): (&u16, &u16)| PublishedPort {
            container: *container,
            host_ip: self.spec.bind,
            host: *host,
        };
        self.spec.ports.iter().map(publish).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Server {
    Redis { replica_of: Option<SocketAddrV4>, config: BTreeMap<String, String> },
    Sentinel { watched: BTreeMap<String, Watched> },
    Proxy { checked: BTreeSet<NodeId>, existing: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Watched {
    master: SocketAddrV4,
    epoch: u64,
    settings: BTreeMap<String, String>,
    known: BTreeSet<SocketAddrV4>,
}

impl Sim {
    /// Lets this many more changes succeed and fails every one after them.
    pub fn cut_after(&self, changes: usize) {
        self.world().changes_left = Some(changes);
    }

    /// Takes back [`Sim::cut_after`].
    pub fn mend(&self) {
        self.world().changes_left = None;
    }

    /// Every change so far, in words.
    pub fn journal(&self) -> Vec<String> {
        self.world().journal.clone()
    }

    /// Notes from here on what breaks a rule of changing the size of a cluster that serves.
    pub fn watch_rules(&self) {
        self.world().lapses = Some(Vec::new());
    }

    /// What broke a rule since [`Sim::watch_rules`].
    pub fn lapses(&self) -> Vec<String> {
        self.world().lapses.clone().unwrap_or_default()
    }

    /// What is left: containers, volumes and networks.
    pub fn left(&self) -> (Vec<NodeId>, Vec<NodeId>, bool) {
        let world = self.world();
        (world.nodes.keys().copied().collect(), world.volumes.keys().copied().collect(), world.network.is_some())
    }

    /// Does to a node what an accident would: a running one gets this state, or its container is removed.
    pub fn disrupt(&self, node: NodeId, state: Option<NodeState>) {
        let mut world = self.world();
        match state {
            Some(state) => {
                if let Some(node) = world.nodes.get_mut(&node).filter(|node| node.state == NodeState::Running) {
                    node.state = state;
                }
            }
            None => world.take_away(node),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(operation: String) -> EngineError {
    EngineError::new(EngineErrorKind::Other, operation, anyhow::anyhow!("the connection was cut"))
}

impl World {
    fn change(&mut self, what: String) -> Result<()> {
        match &mut self.changes_left {
            Some(0) => return Err(refused(what)),
            Some(left) => *left -= 1,
            None => {}
        }
        let found: Vec<String> =
            self.broken_by(&what).into_iter().map(|lapse| format!("{lapse}, at: {what}")).collect();
        if let Some(lapses) = &mut self.lapses {
            lapses.extend(found);
        }
        self.journal.push(what);
        Ok(())
    }

    fn address(&self, node: NodeId) -> Option<Ipv4Addr> {
        self.nodes.get(&node).map(|node| node.spec.address)
    }

    fn node_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        self.nodes.iter().find(|(_, node)| node.spec.address == *address.ip()).map(|(id, _)| *id)
    }

    /// The group of the node at this address, also of one whose container was removed.
    fn group_at(&self, address: SocketAddrV4) -> Option<Group> {
        self.network.as_ref()?.subnet.node_at(*address.ip())?.group()
    }

    fn runs(&self, node: NodeId) -> bool {
        self.nodes.get(&node).is_some_and(|node| node.state == NodeState::Running)
    }

    fn text(&self, node: NodeId, path: &str) -> Option<String> {
        self.volumes.get(&node)?.get(path).map(|octets| String::from_utf8_lossy(octets).into_owned())
    }

    /// What a server's own file says, as it would rewrite it.
    fn stored(&self, id: NodeId) -> Option<StoredState> {
        let node = self.nodes.get(&id)?;
        match &node.server {
            Some(Server::Redis { replica_of, .. }) => {
                Some(StoredState::Redis { address: Some(node.spec.address), replica_of: *replica_of })
            }
            Some(Server::Sentinel { watched }) => {
                let word = |watched: &Watched| crate::plan::observed::StoredMaster {
                    address: watched.master,
                    config_epoch: watched.epoch,
                };
                let masters: BTreeMap<_, _> = watched.iter().map(|(name, w)| (name.clone(), word(w))).collect();
                (!masters.is_empty()).then_some(StoredState::Sentinel { masters })
            }
            Some(Server::Proxy { .. }) => None,
            None if self.rewritten.contains_key(&id) => self.rewritten.get(&id).cloned(),
            None => match id.role() {
                Role::Redis => stored::redis(&self.text(id, render::REDIS_CONF)?),
                Role::Sentinel => stored::sentinel(&self.text(id, render::SENTINEL_CONF)?),
                Role::Proxy => None,
            },
        }
    }

    /// The quorum of a group in a Sentinel's file.
    fn written_quorum(&self, id: NodeId, group: &str) -> Option<String> {
        let text = self.text(id, render::SENTINEL_CONF)?;
        text.lines().find_map(|line| match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["sentinel", "monitor", name, _, _, quorum] if *name == group => Some((*quorum).to_owned()),
            _ => None,
        })
    }

    /// The nodes that a proxy's file has and does not disable.
    fn checked_by_file(&self, id: NodeId) -> BTreeSet<NodeId> {
        let text = self.text(id, render::PROXY_CONF).unwrap_or_default();
        let servers = text.lines().filter(|line| !line.ends_with(" disabled"));
        servers.filter_map(|line| line.trim_start().strip_prefix("server ")?.split(' ').next()?.parse().ok()).collect()
    }

    fn take_away(&mut self, id: NodeId) {
        if let Some(stored) = self.stored(id) {
            self.rewritten.insert(id, stored);
        }
        self.nodes.remove(&id);
    }

    fn boot(&mut self, id: NodeId) {
        let spec = self.spec.clone();
        let server = match (id.role(), self.stored(id), spec) {
            (Role::Redis, Some(StoredState::Redis { replica_of, .. }), Some(spec)) => {
                Some(Server::Redis { replica_of, config: render::runtime_directives(&spec) })
            }
            (Role::Sentinel, stored, Some(spec)) if self.text(id, render::SENTINEL_CONF).is_some() => {
                let masters = match stored {
                    Some(StoredState::Sentinel { masters }) => masters,
                    Some(StoredState::Redis { .. }) | None => BTreeMap::new(),
                };
                let settings = |group: &str| match self.nodes.get(&id).and_then(|node| node.server.as_ref()) {
                    Some(Server::Sentinel { watched }) => watched.get(group).map(|watched| watched.settings.clone()),
                    Some(Server::Redis { .. } | Server::Proxy { .. }) | None => None,
                };
                let written = |group: &str| {
                    let mut settings = render::sentinel_settings(&spec, id);
                    settings.extend(self.written_quorum(id, group).map(|quorum| ("quorum".to_owned(), quorum)));
                    settings
                };
                let known = self.everybody_but(id);
                let watch = |(name, master): (String, crate::plan::observed::StoredMaster)| {
                    let settings = settings(&name).unwrap_or_else(|| written(&name));
                    let (epoch, known) = (master.config_epoch, known.clone());
                    (name, Watched { master: master.address, epoch, settings, known })
                };
                Some(Server::Sentinel { watched: masters.into_iter().map(watch).collect() })
            }
            (Role::Proxy, _, Some(_)) => {
                let checked = self.checked_by_file(id);
                let existing = self.text(id, render::PROXY_CONF).is_some_and(|text| text.contains("server existing "));
                Some(Server::Proxy { checked, existing })
            }
            (Role::Redis | Role::Sentinel | Role::Proxy, ..) => None,
        };
        if let Some(node) = self.nodes.get_mut(&id) {
            node.server = server;
        }
    }

    fn everybody_but(&self, id: NodeId) -> BTreeSet<SocketAddrV4> {
        let port = |node: NodeId| if node.role() == Role::Redis { REDIS_PORT } else { SENTINEL_PORT };
        let others = self.nodes.iter().filter(|(node, _)| **node != id && node.role() != Role::Proxy);
        others.map(|(node, facts)| SocketAddrV4::new(facts.spec.address, port(*node))).collect()
    }
}

impl Dial for Sim {
    fn dial<'a>(&'a self, _cluster: &'a ClusterName, _target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async { Err(io::Error::other("nothing can be dialled in memory")) })
    }
}

impl Engine for Sim {
    fn describe(&self) -> String {
        "an engine in memory".to_owned()
    }

    fn remote_host(&self) -> Option<&str> {
        None
    }

    async fn inventory(&self, _cluster: &ClusterName) -> Result<Inventory> {
        let world = self.world();
        let facts = |(id, node): (&NodeId, &Node)| {
            let facts = NodeFacts {
                container_id: id.to_string(),
                name: id.to_string(),
                image: node.spec.image.clone(),
                state: node.state.clone(),
                address: Some(node.spec.address),
                ports: node.published(),
                spec_hash: node.spec.spec_hash.clone(),
                created_at: String::new(),
                started_at: None,
                stored: if node.state == NodeState::Running { None } else { world.stored(*id) },
            };
            (*id, facts)
        };
        Ok(Inventory {
            network: world.network.clone(),
            volumes: world.volumes.keys().map(|node| (*node, VolumeFacts { name: node.to_string() })).collect(),
            nodes: world.nodes.iter().map(facts).collect(),
            recorded: world.spec.clone(),
        })
    }

    async fn clusters(&self) -> Result<Vec<ClusterSummary>> {
        let world = self.world();
        let Some(spec) = &world.spec else { return Ok(Vec::new()) };
        let mut summary = ClusterSummary {
            name: spec.name.clone(),
            states: BTreeMap::new(),
            ports: world.nodes.values().flat_map(Node::published).map(|port| port.host).collect(),
            created_at: None,
            kept_volumes: world.volumes.keys().filter(|node| !world.nodes.contains_key(node)).count(),
        };
        for node in world.nodes.values() {
            *summary.states.entry(node.state.as_str()).or_default() += 1;
        }
        summary.ports.sort_unstable();
        Ok(vec![summary])
    }

    async fn check_conflicts(&self, _spec: &Spec, _inventory: &Inventory) -> Result<()> {
        Ok(())
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
        let subnet = subnet.parse().map_err(|e: String| refused(e))?;
        let made = NetworkFacts {
            id: "network".to_owned(),
            name: spec.name.to_string(),
            subnet,
            gateway: Ipv4Addr::new(172, 30, 0, 1),
        };
        Ok(world.network.get_or_insert(made).clone())
    }

    async fn remove_network(&self, _id: &str) -> Result<()> {
        let mut world = self.world();
        world.change("remove network".to_owned())?;
        world.network = None;
        Ok(())
    }

    async fn create_volume(&self, _spec: &Spec, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("create volume of {node}"))?;
        world.volumes.entry(node).or_default();
        Ok(())
    }

    async fn remove_volume(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove volume of {node}"))?;
        world.volumes.remove(&node);
        world.rewritten.remove(&node);
        Ok(())
    }

    async fn create_node(&self, _spec: &Spec, node: &NodeSpec, _network_id: &str) -> Result<()> {
        let mut world = self.world();
        world.change(format!("create {}", node.node))?;
        let made = Node { spec: node.clone(), state: NodeState::Created, server: None };
        world.nodes.entry(node.node).or_insert(made);
        if node.host_dir.is_none() {
            world.volumes.entry(node.node).or_default();
        }
        Ok(())
    }

    async fn write_files(&self, _cluster: &ClusterName, node: NodeId, files: Vec<NodeFile>) -> Result<()> {
        let mut world = self.world();
        world.change(format!("write files of {node}"))?;
        let volume = world.volumes.entry(node).or_default();
        volume.extend(files.into_iter().map(|file| (file.path, file.content)));
        world.rewritten.remove(&node);
        // A server that runs goes on as it was; a Redis node or a Sentinel is stopped before its file is written.
        if let Some(node) = world.nodes.get_mut(&node).filter(|node| node.state != NodeState::Running) {
            node.server = None;
        }
        Ok(())
    }

    async fn read_file(&self, _cluster: &ClusterName, node: NodeId, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.world().volumes.get(&node).and_then(|files| files.get(path)).cloned())
    }

    async fn start_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("start {node}"))?;
        match world.nodes.get_mut(&node).map(|node| &mut node.state) {
            Some(NodeState::Paused) => return Err(refused(format!("start {node}, which is paused"))),
            Some(state) => *state = NodeState::Running,
            None => return Err(refused(format!("start {node}, which does not exist"))),
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

    async fn unpause_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("unpause {node}"))?;
        if let Some(node) = world.nodes.get_mut(&node) {
            node.state = NodeState::Running;
        }
        Ok(())
    }

    async fn remove_node(&self, _cluster: &ClusterName, node: NodeId) -> Result<()> {
        let mut world = self.world();
        world.change(format!("remove {node}"))?;
        world.take_away(node);
        Ok(())
    }

    async fn log_tail(&self, _cluster: &ClusterName, _node: NodeId, _lines: usize) -> Result<String> {
        Ok(String::new())
    }
}

impl Servers for Sim {
    async fn topology(&self, _inventory: &Inventory) -> Topology {
        let mut world = self.world();
        let mut topology = Topology::default();
        let Some(spec) = world.spec.clone() else { return topology };
        for (id, node) in &world.nodes {
            match (&node.state, &node.server) {
                (NodeState::Running, Some(Server::Redis { replica_of, config })) => {
                    let view = world.redis_view(*id, *replica_of, config);
                    topology.redis.insert(*id, Answer::Says(view));
                }
                (NodeState::Running, Some(Server::Sentinel { watched })) => {
                    topology.sentinels.insert(*id, Answer::Says(world.sentinel_view(watched)));
                }
                (NodeState::Running, Some(Server::Proxy { checked, existing })) => {
                    topology.proxies.insert(*id, Answer::Says(world.proxy_view(&spec, checked, *existing)));
                }
                _ => {}
            }
        }
        world.fail_over();
        topology
    }

    async fn execute(
        &self,
        _inventory: &Inventory,
        node: NodeId,
        command: &Command,
    ) -> std::result::Result<(), ServerError> {
        let mut world = self.world();
        let unreachable = |error: EngineError| ServerError::Connect { node, source: error.into() };
        world.change(format!("{command:?} at {node}")).map_err(unreachable)?;
        match (command, world.nodes.get_mut(&node).and_then(|node| node.server.as_mut())) {
            (Command::ReplicaOf(master), Some(Server::Redis { replica_of, .. })) => *replica_of = Some(*master),
            (Command::ReplicaOfNoOne, Some(Server::Redis { replica_of, .. })) => *replica_of = None,
            (Command::ConfigSet(directives), Some(Server::Redis { config, .. })) => config.extend(directives.clone()),
            (
                Command::SentinelMonitor { group, master, quorum, settings, peers },
                Some(Server::Sentinel { watched }),
            ) => {
                let new = Watched { master: *master, epoch: 0, settings: BTreeMap::new(), known: BTreeSet::new() };
                let watched = watched.entry(group.to_string()).or_insert(new);
                if watched.master != *master {
                    let (address, wanted) = (watched.master, *master);
                    return Err(ServerError::WatchesAnother { node, group: *group, address, wanted });
                }
                watched.settings.extend(settings.clone());
                watched.settings.insert("quorum".to_owned(), quorum.to_string());
                watched.known.extend(peers.iter().map(|peer| peer.address));
            }
            (Command::SentinelDiscover { group, replicas }, Some(Server::Sentinel { watched })) => {
                if let Some(watched) = watched.get_mut(&group.to_string()) {
                    watched.known.extend(replicas);
                }
            }
            (Command::SentinelSet { group, settings }, Some(Server::Sentinel { watched })) => {
                if let Some(watched) = watched.get_mut(&group.to_string()) {
                    watched.settings.extend(settings.clone());
                }
            }
            // The Sentinels of this world need no push.
            (Command::SentinelFailover { .. }, Some(Server::Sentinel { .. })) => {}
            (Command::SentinelRemove(group), Some(Server::Sentinel { watched })) => {
                watched.remove(&group.to_string());
            }
            _ => return Err(ServerError::Connect { node, source: anyhow::anyhow!("it does not run") }),
        }
        Ok(())
    }

    async fn verify_write(
        &self,
        _inventory: &Inventory,
        proxy: NodeId,
        group: Group,
    ) -> std::result::Result<(), ServerError> {
        let world = self.world();
        let view = match (&world.spec, world.nodes.get(&proxy).and_then(|node| node.server.as_ref())) {
            (Some(spec), Some(Server::Proxy { checked, existing })) => Some(world.proxy_view(spec, checked, *existing)),
            _ => None,
        };
        match view.and_then(|view| view.routes.get(&group)?.write) {
            Some(_) => Ok(()),
            None => Err(ServerError::Connect { node: proxy, source: anyhow::anyhow!("no server for writes") }),
        }
    }

    async fn proxy_check_ahead(&self, _proxy: NodeId) {}

    async fn proxy_check(
        &self,
        _inventory: &Inventory,
        proxy: NodeId,
        nodes: &BTreeSet<NodeId>,
    ) -> std::result::Result<(), ServerError> {
        let mut world = self.world();
        let unreachable = |error: EngineError| ServerError::Connect { node: proxy, source: error.into() };
        world.change(format!("have {proxy} check {} nodes", nodes.len())).map_err(unreachable)?;
        let follows = world.spec.as_ref().is_some_and(|spec| spec.follow.existing().is_some());
        match world.nodes.get_mut(&proxy).and_then(|node| node.server.as_mut()) {
            Some(Server::Proxy { checked, existing }) => {
                checked.clone_from(nodes);
                *existing = follows;
            }
            _ => return Err(ServerError::Connect { node: proxy, source: anyhow::anyhow!("it does not run") }),
        }
        Ok(())
    }

    async fn switchover(
        &self,
        _inventory: &Inventory,
        group: Group,
        to: NodeId,
    ) -> std::result::Result<Switched, ServerError> {
        let mut world = self.world();
        let unreachable = |error: EngineError| ServerError::Connect { node: to, source: error.into() };
        world.change(format!("switch {group} over to {to}")).map_err(unreachable)?;
        let Some(address) = world.address(to) else {
            return Err(ServerError::Connect { node: to, source: anyhow::anyhow!("it does not exist") });
        };
        let address = SocketAddrV4::new(address, REDIS_PORT);
        let name = group.to_string();
        let mut from = to;
        for (id, node) in &mut world.nodes {
            match &mut node.server {
                Some(Server::Redis { replica_of, .. }) if id.group() == Some(group) => {
                    if replica_of.is_none() {
                        from = *id;
                    }
                    *replica_of = (*id != to).then_some(address);
                }
                Some(Server::Sentinel { watched }) => {
                    if let Some(watched) = watched.get_mut(&name) {
                        watched.master = address;
                        watched.epoch += 1;
                    }
                }
                Some(Server::Redis { .. } | Server::Proxy { .. }) | None => {}
            }
        }
        Ok(Switched { from, to, paused: Duration::ZERO, took: Duration::ZERO })
    }

    async fn take_over(
        &self,
        _inventory: &Inventory,
        node: NodeId,
        existing: SocketAddrV4,
    ) -> std::result::Result<TakenOver, ServerError> {
        let mut world = self.world();
        let unreachable = |error: EngineError| ServerError::Connect { node, source: error.into() };
        if !world.copies_existing(node) {
            let why = "it does not copy it".to_owned();
            return Err(ServerError::TakeOverRefused { node, existing, why });
        }
        world.change(format!("{node} leaves {existing}")).map_err(unreachable)?;
        for server in world.nodes.values_mut().filter_map(|node| node.server.as_mut()) {
            if let Server::Proxy { existing, .. } = server {
                *existing = false;
            }
        }
        world.change(format!("{node} is promoted")).map_err(unreachable)?;
        if let Some(Server::Redis { replica_of, .. }) = world.nodes.get_mut(&node).and_then(|node| node.server.as_mut())
        {
            *replica_of = None;
        }
        Ok(TakenOver { node, existing, paused: Some(Duration::ZERO) })
    }
}
