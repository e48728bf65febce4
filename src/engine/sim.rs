//! The engine and the servers in memory, for properties of the planner.
//!
//! The properties are determinism, convergence from any cut-off prefix, and rules that no plan may break. The scenarios
//! on a real Engine are not replaced by it.
//!
//! Servers here are as simple as can be: a Redis node is what its configuration file or the last command made it,
//! replicas are in sync while their master runs, Sentinels believe their file, and elect after every look at them.

mod containers;
mod dialled;
mod faults;
mod hosts;
mod images;
mod invariants;
mod locks;
mod passwords;
mod probes;
mod sentinels;
mod servers;
mod streams;
mod talk;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::hosts::SimHost;
use self::passwords::SimPasswords;
use self::sentinels::Succession;
use self::talk::{SimSnapshot, TalkingServer};
use super::{EngineError, EngineErrorKind, NodeSpec, Result};
use crate::cluster::observed::{
    DataFacts, NetworkFacts, NodeState, PublishedPort, StoredData, StoredMaster, StoredState,
};
use crate::engine::lock::LockEntry;
use crate::engine::stored;
use crate::spec::encryption::{ShownCertificate, Validity};
use crate::spec::render::directives::{NEVER_PROMOTED, PRIORITY};
use crate::spec::{Encryption, Group, Host, HostName, NodeId, Role, SENTINEL_PORT, Secrets, Spec, render};
use crate::tls::Trust;

/// The subnet of the simulated Engine's nth network; never the same one twice in a row.
const SUBNETS: [&str; 2] = ["172.30.0.0/16", "172.31.0.0/16"];

/// The file in a simulated volume that represents the data of a Redis node. It is an RDB, or empty without keys.
const DATA: &str = "/data/appendonlydir";
/// The version of servers whose image does not name another.
const VERSION: &str = "7.0.15";
/// The path of data that were copied beside them.
const COPY: &str = "/data/restored";

/// A simulated Engine with one cluster on it. Clones share it.
#[derive(Clone, Default)]
pub struct Sim {
    world: Arc<Mutex<SimWorld>>,
    /// The secrets of the client that asks servers; without any they have no users and logins.
    secrets: Option<Secrets>,
    /// Its hosts, each with this world alone.
    hosts: Vec<Sim>,
    /// The host that it is alone.
    host: Option<Host>,
}

#[derive(Default)]
struct SimWorld {
    network: Option<NetworkFacts>,
    networks_made: usize,
    volumes: BTreeMap<NodeId, BTreeMap<String, Vec<u8>>>,
    nodes: BTreeMap<NodeId, SimNode>,
    /// What the servers of removed nodes had last written into their files.
    rewritten: BTreeMap<NodeId, StoredState>,
    /// The nodes whose data do not load.
    unloadable: BTreeSet<NodeId>,
    /// The scripts that never end, by their node.
    scripts: BTreeMap<NodeId, Script>,
    /// The proxies whose published ports lead nowhere, and whether their next start repairs that.
    dead_ports: BTreeMap<NodeId, bool>,
    /// The recorded specification.
    spec: Option<Spec>,
    /// The hosts of volumes, in a cluster on several.
    volume_hosts: BTreeMap<NodeId, HostName>,
    /// The nodes of hosts that do not answer, or have left something behind since then.
    lost: BTreeSet<(NodeId, HostName)>,
    /// The hosts that do not answer.
    away: BTreeSet<HostName>,
    /// Changes that still succeed before everything fails, as when redos is killed.
    changes_left: Option<usize>,
    /// The failovers that Sentinels have begun, by group.
    successions: BTreeMap<Group, Succession>,
    /// How many commands the servers do not answer in time from now on.
    late_answers: usize,
    /// The node that ends when the next switchover begins.
    dies_at_switchover: Option<NodeId>,
    /// Every change so far, in words.
    journal: Vec<String>,
    /// The faults of the journal, by id.
    faults: BTreeMap<String, String>,
    /// The nodes about which the Engine does not answer, and why.
    unseen: BTreeMap<NodeId, String>,
    /// The nodes whose files the Engine does not show.
    hidden_files: BTreeSet<NodeId>,
    /// The nodes of which the exporter gets no metrics, and why.
    without_metrics: BTreeMap<NodeId, String>,
    /// The nodes whose containers cannot be created.
    uncreatable: BTreeSet<NodeId>,
    /// What servers accept, and with what they log in at others.
    passwords: BTreeMap<NodeId, SimPasswords>,
    /// The certificates that servers have read.
    certificates: BTreeMap<NodeId, ShownCertificate>,
    /// The entries of the lock.
    locks: Vec<LockEntry>,
    /// The nodes that a fault disconnected.
    disconnected: BTreeSet<NodeId>,
    /// Broken rules of a size change; `None` while nobody asks.
    lapses: Option<Vec<String>>,
    /// The keys that clients wrote, by the node that has them. Each is a list; a number is one with one entry.
    keys: BTreeMap<NodeId, BTreeMap<String, Vec<String>>>,
    /// Whether masters acknowledge writes that no replica gets.
    is_forgetful: bool,
    /// What is wrong with hosts, by name.
    hosts: BTreeMap<String, SimHost>,
}

/// A script that never ends.
#[derive(Clone, Copy)]
struct Script {
    has_written: bool,
    /// Whether a client was told that it cannot be ended.
    is_unkillable: bool,
}

#[derive(Clone)]
struct SimNode {
    spec: NodeSpec,
    /// Its host in a cluster on several, and where it is reached there.
    host: Option<Host>,
    place: Option<SocketAddrV4>,
    network_id: String,
    image_id: Option<String>,
    state: NodeState,
    /// The kind and state of its server, read from the node's files at every start; `None` while none runs.
    server: Option<SimServer>,
}

impl SimNode {
    /// Where the others reach its server.
    fn address(&self) -> SocketAddrV4 {
        self.place.unwrap_or(SocketAddrV4::new(self.spec.address, self.spec.node.server_port()))
    }

    /// Whether its container runs, paused or not. Another one publishes no port.
    fn runs(&self) -> bool {
        matches!(self.state, NodeState::Running | NodeState::Paused)
    }

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
enum SimServer {
    Redis { replica_of: Option<SocketAddrV4>, config: BTreeMap<String, String> },
    Sentinel { watched: BTreeMap<String, Watched> },
    Proxy { checked: BTreeSet<NodeId>, existing: bool },
    Exporter,
    Guard,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Watched {
    master: SocketAddrV4,
    epoch: u64,
    settings: BTreeMap<String, String>,
    known: BTreeSet<SocketAddrV4>,
}

impl Sim {
    /// Lets this many more changes succeed, and fails every one after them.
    pub fn cut_after(&self, changes: usize) {
        self.world().changes_left = Some(changes);
    }

    /// From here on, tells of a node only what a list says.
    pub fn hide(&self, node: NodeId) {
        self.world().unseen.insert(node, "no answer within 10 s".to_owned());
    }

    /// The Engine shows the files of these nodes no longer, and those of all others again.
    pub fn hide_files(&self, nodes: impl IntoIterator<Item = NodeId>) {
        self.world().hidden_files = nodes.into_iter().collect();
    }

    /// From here on, the exporter gets no metrics of a node.
    pub fn refuse_metrics(&self, node: NodeId) {
        self.world().without_metrics.insert(node, "it cannot log in".to_owned());
    }

    /// From here on, masters acknowledge writes that no replica gets.
    pub fn forget_writes(&self) {
        self.world().is_forgetful = true;
    }

    /// From here on, the container of a node cannot be created.
    pub fn refuse_creation(&self, node: NodeId) {
        self.world().uncreatable.insert(node);
    }

    /// Servers are too busy for this many commands, and do nothing of what they ask.
    pub fn answer_late(&self, commands: usize) {
        self.world().late_answers = commands;
    }

    /// How many more commands servers are too busy for.
    pub fn late_answers(&self) -> usize {
        self.world().late_answers
    }

    /// A node ends when the next switchover begins, before that changes anything.
    pub fn end_at_switchover(&self, node: NodeId) {
        self.world().dies_at_switchover = Some(node);
    }

    /// Takes back [`Sim::cut_after`] and [`Sim::refuse_creation`].
    pub fn mend(&self) {
        let mut world = self.world();
        world.changes_left = None;
        world.uncreatable.clear();
    }

    /// Every change so far, in words.
    pub fn journal(&self) -> Vec<String> {
        self.world().journal.clone()
    }

    /// From here on, records broken rules of a size change.
    pub fn watch_rules(&self) {
        self.world().lapses = Some(Vec::new());
    }

    /// The rules that were broken since [`Sim::watch_rules`], in words.
    pub fn lapses(&self) -> Vec<String> {
        self.world().lapses.clone().unwrap_or_default()
    }

    /// What is left: containers, volumes and networks.
    pub fn left(&self) -> (Vec<NodeId>, Vec<NodeId>, bool) {
        let world = self.world();
        (world.nodes.keys().copied().collect(), world.volumes.keys().copied().collect(), world.network.is_some())
    }

    /// The files of all nodes that have a container, as redos wrote them last: by node and path.
    pub fn files(&self) -> BTreeMap<NodeId, BTreeMap<String, String>> {
        let world = self.world();
        let text = |(path, bytes): (&String, &Vec<u8>)| (path.clone(), String::from_utf8_lossy(bytes).into_owned());
        let of_node = |node: &NodeId| (*node, world.volumes.get(node).into_iter().flatten().map(text).collect());
        world.nodes.keys().map(of_node).collect()
    }

    /// The directives of each running Redis server, from its file or set since.
    pub fn directives(&self) -> BTreeMap<NodeId, BTreeMap<String, String>> {
        let config = |(node, facts): (&NodeId, &SimNode)| match &facts.server {
            Some(SimServer::Redis { config, .. }) => Some((*node, config.clone())),
            Some(_) | None => None,
        };
        self.world().nodes.iter().filter_map(config).collect()
    }

    /// A host and all its nodes end, and it does not answer.
    pub fn lose_host(&self, host: &HostName) {
        let mut world = self.world();
        let is_there = |node: &SimNode| node.host.as_ref().is_some_and(|own| own.name == *host);
        let nodes: Vec<NodeId> = world.nodes.iter().filter(|(_, node)| is_there(node)).map(|(id, _)| *id).collect();
        for node in nodes {
            world.end(node, NodeState::Exited { code: 137, oom_killed: false });
            world.nodes.remove(&node);
            world.rewritten.remove(&node);
            world.lost.insert((node, host.clone()));
        }
        world.away.insert(host.clone());
    }

    /// A host answers again, with the containers that it had.
    pub fn return_host(&self, host: &HostName) {
        self.world().away.remove(host);
    }

    /// Does to a node what an accident would: a running one gets this state, or its container is removed.
    pub fn disrupt(&self, node: NodeId, state: Option<NodeState>) {
        let mut world = self.world();
        match state {
            Some(state) => world.end(node, state),
            None => world.take_away(node),
        }
    }

    /// A stopped node loses its data, with its container and volume if `whole_volume` is set.
    pub fn lose_data(&self, node: NodeId, whole_volume: bool) {
        let mut world = self.world();
        if world.runs(node) {
            return;
        }
        if whole_volume {
            world.take_away(node);
            world.rewritten.remove(&node);
            world.volumes.remove(&node);
        } else if let Some(files) = world.volumes.get_mut(&node) {
            files.remove(DATA);
        }
    }

    /// The data of a stopped node no longer load.
    pub fn damage_data(&self, node: NodeId) {
        let mut world = self.world();
        if !world.runs(node) {
            world.unloadable.insert(node);
        }
    }

    /// A running Redis node runs a script that never ends, after a write or without one.
    pub fn run_script(&self, node: NodeId, has_written: bool) {
        let mut world = self.world();
        if node.role() == Role::Redis && world.runs(node) {
            world.scripts.insert(node, Script { has_written, is_unkillable: false });
        }
    }

    /// The network is removed, as by `docker network prune`: not while a running node is on it.
    pub fn lose_network(&self) {
        let mut world = self.world();
        let is_on = |state: &NodeState| matches!(state, NodeState::Running | NodeState::Paused | NodeState::Restarting);
        if !world.nodes.values().any(|node| is_on(&node.state)) {
            world.network = None;
        }
    }

    /// Time passes until the certificates of all servers have this much of theirs left.
    pub fn age_certificates(&self, validity: Validity) {
        self.world().certificates.values_mut().for_each(|shown| shown.validity = validity);
    }

    /// The published ports of a proxy lead nowhere, until its next start or for good.
    pub fn kill_ports(&self, proxy: NodeId, until_start: bool) {
        self.world().dead_ports.insert(proxy, until_start);
    }

    fn world(&self) -> MutexGuard<'_, SimWorld> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Sentinels may promote a Redis node with this configuration.
fn may_lead(config: &BTreeMap<String, String>) -> bool {
    config.get(PRIORITY).is_none_or(|priority| priority != NEVER_PROMOTED)
}

fn refused(operation: String) -> EngineError {
    EngineError::new(EngineErrorKind::Other, operation, anyhow::anyhow!("the connection was cut"))
}

impl SimWorld {
    /// Ends a node that runs.
    fn end(&mut self, node: NodeId, state: NodeState) {
        if let Some(node) = self.nodes.get_mut(&node).filter(|node| node.state == NodeState::Running) {
            node.state = state;
        }
    }

    fn change(&mut self, what: String) -> Result<()> {
        match &mut self.changes_left {
            Some(0) => return Err(refused(what)),
            Some(left) => *left -= 1,
            None => {}
        }
        self.replicate();
        let broken = self.broken_by(&what).into_iter().chain(self.refused_logins());
        let found: Vec<String> = broken.map(|lapse| format!("{lapse}, at: {what}")).collect();
        if let Some(lapses) = &mut self.lapses {
            lapses.extend(found);
        }
        self.journal.push(what);
        Ok(())
    }

    /// Whether the network that a node was created on is gone.
    fn is_off_network(&self, node: NodeId) -> bool {
        let network = self.network.as_ref().map(|network| network.id.as_str());
        self.nodes.get(&node).is_some_and(|node| network != Some(node.network_id.as_str()))
    }

    fn address(&self, node: NodeId) -> Option<SocketAddrV4> {
        self.nodes.get(&node).map(SimNode::address)
    }

    fn node_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        let is_it = |node: &SimNode| match node.place {
            Some(place) => place == address,
            None => node.spec.address == *address.ip(),
        };
        self.nodes.iter().find(|(_, node)| is_it(node)).map(|(id, _)| *id)
    }

    /// The node that is at this address or was, also a removed one.
    fn once_at(&self, address: SocketAddrV4) -> Option<NodeId> {
        match self.spec.as_ref().filter(|spec| !spec.hosts.is_empty()) {
            Some(spec) => spec.node_of_port(address.port()),
            None => self.network.as_ref()?.subnet.node_at(*address.ip()),
        }
    }

    /// Whether a Sentinel is at this address or was.
    fn is_of_sentinel(&self, address: SocketAddrV4) -> bool {
        match self.spec.as_ref().filter(|spec| !spec.hosts.is_empty()) {
            Some(spec) => spec.node_of_port(address.port()).is_some_and(|node| node.role() == Role::Sentinel),
            None => address.port() == SENTINEL_PORT,
        }
    }

    /// Whether a node runs and answers.
    fn runs(&self, node: NodeId) -> bool {
        let is_running = self.nodes.get(&node).is_some_and(|node| node.state == NodeState::Running);
        is_running && !self.scripts.contains_key(&node) && !self.disconnected.contains(&node)
    }

    fn has_program(&self, node: NodeId) -> bool {
        self.volumes.get(&node).is_some_and(|files| files.contains_key(render::GUARD_PROGRAM))
    }

    fn text(&self, node: NodeId, path: &str) -> Option<String> {
        self.volumes.get(&node)?.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The data of a volume: a file of any content represents all of them.
    fn data(&self, id: NodeId) -> StoredData {
        if self.unloadable.contains(&id) && self.nodes.get(&id).is_some_and(|node| node.state == NodeState::Restarting)
        {
            return StoredData::Unloadable { said: "Bad file format".to_owned() };
        }
        match self.volumes.get(&id).is_some_and(|files| files.contains_key(DATA)) {
            true => StoredData::Whole(DataFacts { changed_at: 0, bytes: 1 }),
            false => StoredData::Nothing,
        }
    }

    /// What a Redis node has.
    fn snapshot(&self, id: NodeId) -> SimSnapshot {
        SimSnapshot(self.volumes.get(&id).and_then(|files| files.get(DATA)).cloned().unwrap_or_default())
    }

    /// What a Redis node tells of itself over a connection.
    fn talking(&self, node: NodeId) -> Option<TalkingServer> {
        let Some(SimServer::Redis { replica_of, .. }) = &self.nodes[&node].server else { return None };
        let version = images::running_version(&self.nodes[&node].spec.image);
        Some(TalkingServer { version, is_replica: replica_of.is_some(), data: self.snapshot(node) })
    }

    /// Gives replicas what their masters have. In memory that takes no time.
    fn replicate(&mut self) {
        let master = |(id, node): (&NodeId, &SimNode)| match &node.server {
            Some(SimServer::Redis { replica_of: Some(master), .. }) => Some((*id, self.node_at(*master)?)),
            Some(_) | None => None,
        };
        let in_sync = |(replica, master): &(NodeId, NodeId)| self.runs(*replica) && self.runs(*master);
        let pairs: Vec<_> = self.nodes.iter().filter_map(master).filter(in_sync).collect();
        for (replica, master) in pairs {
            let data = self.snapshot(master);
            if self.snapshot(replica) != data {
                self.volumes.entry(replica).or_default().insert(DATA.to_owned(), data.0);
            }
        }
    }

    /// The files in a node's volume, with its data.
    fn stored(&self, id: NodeId) -> Option<StoredState> {
        match self.written(id)? {
            StoredState::Redis { address, replica_of, never_promoted, .. } => {
                Some(StoredState::Redis { address, replica_of, never_promoted, data: Some(self.data(id)) })
            }
            sentinel @ StoredState::Sentinel { .. } => Some(sentinel),
        }
    }

    /// What the Engine shows of the files in a node's volume.
    fn shown(&self, id: NodeId) -> Option<StoredState> {
        self.stored(id).filter(|_| !self.hidden_files.contains(&id))
    }

    /// Why the files of a Redis node cannot be read.
    fn unread(&self, id: NodeId) -> Option<String> {
        let is_hidden = id.role() == Role::Redis && self.hidden_files.contains(&id);
        is_hidden.then(|| "failed to read its files: no such device".to_owned())
    }

    /// A server's own file, as it would rewrite it.
    fn written(&self, id: NodeId) -> Option<StoredState> {
        let node = self.nodes.get(&id)?;
        match &node.server {
            Some(SimServer::Redis { replica_of, config }) => Some(StoredState::Redis {
                address: Some(node.address()),
                replica_of: *replica_of,
                never_promoted: !may_lead(config),
                data: None,
            }),
            Some(SimServer::Sentinel { watched }) => {
                let word = |watched: &Watched| StoredMaster { address: watched.master, config_epoch: watched.epoch };
                let masters: BTreeMap<_, _> = watched.iter().map(|(name, w)| (name.clone(), word(w))).collect();
                (!masters.is_empty()).then_some(StoredState::Sentinel { masters })
            }
            Some(SimServer::Proxy { .. } | SimServer::Exporter | SimServer::Guard) => None,
            None if self.rewritten.contains_key(&id) => self.rewritten.get(&id).cloned(),
            None => match id.role() {
                Role::Redis => stored::redis(&self.text(id, render::REDIS_CONF)?, None),
                Role::Sentinel => stored::sentinel(&self.text(id, render::SENTINEL_CONF)?),
                Role::Proxy | Role::Exporter | Role::Guard => None,
            },
        }
    }

    /// The file of a Sentinel as it rewrote it: with the masters that it knows, and their epochs.
    fn sentinel_file(&self, id: NodeId) -> Option<String> {
        let Some(StoredState::Sentinel { masters }) = self.written(id) else { return None };
        let is_kept =
            |line: &&str| !["sentinel monitor ", "sentinel config-epoch "].iter().any(|of| line.starts_with(of));
        let text = self.text(id, render::SENTINEL_CONF)?;
        let mut lines: Vec<String> = text.lines().filter(is_kept).map(str::to_owned).collect();
        for (name, StoredMaster { address, config_epoch }) in masters {
            let quorum = self.written_quorum(id, &name).unwrap_or_default();
            lines.push(format!("sentinel monitor {name} {} {} {quorum}", address.ip(), address.port()));
            lines.push(format!("sentinel config-epoch {name} {config_epoch}"));
        }
        Some(lines.join("\n"))
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

    /// A node's volume is on this host now. Another host has other volumes.
    fn place_volume(&mut self, id: NodeId, host: Option<&Host>) {
        let Some(host) = host else { return };
        if self.volume_hosts.insert(id, host.name.clone()).is_some_and(|former| former != host.name) {
            self.volumes.remove(&id);
            self.rewritten.remove(&id);
            self.unloadable.remove(&id);
        }
    }

    fn take_away(&mut self, id: NodeId) {
        if let Some(stored) = self.stored(id) {
            self.rewritten.insert(id, stored);
        }
        self.nodes.remove(&id);
    }

    /// Makes a server read the certificate in its volume, if its file says that it needs one.
    fn read_certificate(&mut self, id: NodeId) {
        let conf = if id.role() == Role::Sentinel { render::SENTINEL_CONF } else { render::REDIS_CONF };
        let has_tls = |text: String| {
            text.lines().rfind(|line| line.starts_with("tls-port ")).is_some_and(|line| line != "tls-port 0")
        };
        if !self.text(id, conf).is_some_and(has_tls) {
            self.certificates.remove(&id);
            return;
        }
        let authority = self.text(id, render::AUTHORITY_FILE).map(|certificate| Trust::of(&certificate));
        let file = self.text(id, render::CERTIFICATE_FILE);
        if let Some(shown) = authority.zip(file).and_then(|(authority, file)| authority.read(&file)) {
            self.certificates.insert(id, shown);
        }
    }

    /// Makes a Redis node take its connections with or without TLS, also after a restart.
    fn set_encryption(&mut self, id: NodeId, encryption: Encryption) {
        let mut text = self.text(id, render::REDIS_CONF).unwrap_or_default();
        text.extend(render::listening_from_now(encryption).iter().map(|(name, value)| format!("{name} {value}\n")));
        self.volumes.entry(id).or_default().insert(render::REDIS_CONF.to_owned(), text.into_bytes());
        self.read_certificate(id);
        if let Some(SimServer::Redis { config, .. }) = self.nodes.get_mut(&id).and_then(|node| node.server.as_mut()) {
            config.insert("port".to_owned(), render::plain_port(encryption).to_string());
        }
    }

    fn boot(&mut self, id: NodeId) {
        self.read_certificate(id);
        self.scripts.remove(&id);
        self.dead_ports.retain(|proxy, until_start| *proxy != id || !*until_start);
        let spec = self.spec.clone();
        let server = match (id.role(), self.stored(id), spec) {
            (Role::Redis, Some(StoredState::Redis { replica_of, never_promoted, .. }), Some(spec)) => {
                self.begin_data(id, replica_of.is_none());
                let mut config = render::directives::runtime_directives(&spec);
                if never_promoted {
                    config.insert(PRIORITY.to_owned(), NEVER_PROMOTED.to_owned());
                }
                Some(SimServer::Redis { replica_of, config })
            }
            (Role::Sentinel, stored, Some(spec)) if self.text(id, render::SENTINEL_CONF).is_some() => {
                let masters = match stored {
                    Some(StoredState::Sentinel { masters }) => masters,
                    Some(StoredState::Redis { .. }) | None => BTreeMap::new(),
                };
                let settings = |group: &str| match self.nodes.get(&id).and_then(|node| node.server.as_ref()) {
                    Some(SimServer::Sentinel { watched }) => watched.get(group).map(|watched| watched.settings.clone()),
                    Some(
                        SimServer::Redis { .. } | SimServer::Proxy { .. } | SimServer::Exporter | SimServer::Guard,
                    )
                    | None => None,
                };
                let written = |group: &str| {
                    let mut settings = render::sentinel_settings(&spec, id);
                    settings.extend(self.written_quorum(id, group).map(|quorum| ("quorum".to_owned(), quorum)));
                    settings
                };
                let known = self.everybody_but(id);
                let watch = |(name, master): (String, StoredMaster)| {
                    let settings = settings(&name).unwrap_or_else(|| written(&name));
                    let (epoch, known) = (master.config_epoch, known.clone());
                    (name, Watched { master: master.address, epoch, settings, known })
                };
                Some(SimServer::Sentinel { watched: masters.into_iter().map(watch).collect() })
            }
            (Role::Proxy, _, Some(_)) => {
                self.read_logins(id);
                let checked = self.checked_by_file(id);
                let existing = self.text(id, render::PROXY_CONF).is_some_and(|text| text.contains("server existing "));
                Some(SimServer::Proxy { checked, existing })
            }
            (Role::Exporter, _, Some(_)) => Some(SimServer::Exporter),
            // It reads its file when it starts, and ends without its program.
            (Role::Guard, _, Some(_)) if self.has_program(id) && self.text(id, render::GUARD_FILE).is_some() => {
                Some(SimServer::Guard)
            }
            (Role::Redis | Role::Sentinel | Role::Proxy | Role::Exporter | Role::Guard, ..) => None,
        };
        if let Some(node) = self.nodes.get_mut(&id) {
            node.server = server;
        }
    }

    /// A server that has started has data files. A master without data empties all others.
    fn begin_data(&mut self, id: NodeId, is_master: bool) {
        let has_data = |node: &NodeId| self.data(*node) != StoredData::Nothing;
        let wipes = |node: &&NodeId| **node != id && node.group() == id.group() && has_data(node);
        if is_master && !has_data(&id) && self.volumes.keys().any(|node| wipes(&node)) {
            self.journal.push(format!("{id} leads without data"));
        }
        self.volumes.entry(id).or_default().entry(DATA.to_owned()).or_default();
    }

    fn everybody_but(&self, id: NodeId) -> BTreeSet<SocketAddrV4> {
        let others = self
            .nodes
            .iter()
            .filter(|(node, _)| **node != id && node.role() != Role::Proxy && !node.role().is_optional());
        others.map(|(_, facts)| facts.address()).collect()
    }
}
