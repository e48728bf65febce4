//! The servers in memory: their answers and commands.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::time::Duration;

use super::{Sim, SimServer, SimWorld, Watched};
use crate::cluster::claims::whose_in;
use crate::cluster::inquiry::{Question, Testimony};
use crate::cluster::observed::{Answer, Inventory, NodeState, ProxyView, RedisView, SentinelView, Topology};
use crate::cluster::vitals::Vitals;
use crate::engine::EngineError;
use crate::servers::{
    Command, Depth, Knock, NotReplaced, Office, ServerError, Servers, Succeeded, Switched, TakenOver,
};
use crate::spec::{Group, NodeId};

/// Makes the error of a change that fails because redos is to be killed there.
fn cut(node: NodeId) -> impl Fn(EngineError) -> ServerError {
    move |error| ServerError::Refused { node, command: "any".to_owned(), source: error.into() }
}

impl SimWorld {
    /// Fails while servers are too busy.
    fn answer(&mut self, node: NodeId, command: &str) -> std::result::Result<(), ServerError> {
        let Some(left) = self.late_answers.checked_sub(1) else { return Ok(()) };
        self.late_answers = left;
        Err(ServerError::Timeout { node, command: command.to_owned(), limit: Duration::from_secs(3) })
    }
}

impl Servers for Sim {
    async fn topology_at(&self, _inventory: &Inventory, _depth: Depth) -> Topology {
        let mut world = self.world();
        world.replicate();
        let mut topology = Topology::default();
        let secrets = self.secrets.as_ref();
        let Some(spec) = world.spec.clone() else { return topology };
        for (id, node) in &world.nodes {
            match (&node.state, &node.server) {
                (NodeState::Running, Some(SimServer::Redis { .. })) if world.scripts.contains_key(id) => {
                    let is_unkillable = world.scripts[id].is_unkillable;
                    topology.redis.insert(*id, Answer::Busy { is_unkillable });
                }
                (NodeState::Running, Some(SimServer::Redis { replica_of, config })) => {
                    let view = RedisView {
                        users: world.other_users(*id, secrets),
                        login: world.master_login(*id, secrets),
                        certificate: world.certificates.get(id).cloned(),
                        ..world.redis_view(*id, *replica_of, config)
                    };
                    topology.redis.insert(*id, Answer::Says(view));
                }
                (NodeState::Running, Some(SimServer::Sentinel { watched })) => {
                    let users = world.other_users(*id, secrets);
                    let certificate = world.certificates.get(id).cloned();
                    let mut view = SentinelView { users, certificate, ..world.sentinel_view(watched) };
                    for (group, _) in world.successions.iter().filter(|(_, begun)| begun.is_told_by(*id)) {
                        if let Some(master) = view.masters.get_mut(&group.to_string()) {
                            master.flags.insert("failover_in_progress".to_owned());
                        }
                    }
                    topology.sentinels.insert(*id, Answer::Says(view));
                }
                (NodeState::Running, Some(SimServer::Proxy { checked, existing })) => {
                    let has_other_logins = world.has_other_logins(*id, secrets);
                    let view = ProxyView { has_other_logins, ..world.proxy_view(*id, &spec, checked, *existing) };
                    topology.proxies.insert(*id, Answer::Says(view));
                }
                (NodeState::Running, Some(SimServer::Exporter)) => {
                    topology.exporter = Some(Answer::Says(world.exporter_view()));
                }
                (NodeState::Running, Some(SimServer::Guard)) => {
                    topology.guards.insert(*id, Answer::Says(world.guard_view(&spec)));
                }
                _ => {}
            }
        }
        world.fail_over();
        topology
    }

    async fn ask_sentinel(
        &self,
        _inventory: &Inventory,
        sentinel: NodeId,
        question: Question,
    ) -> std::result::Result<Testimony, ServerError> {
        let world = self.world();
        match world.nodes.get(&sentinel).map(|node| (&node.state, &node.server)) {
            Some((NodeState::Running, Some(SimServer::Sentinel { watched }))) => Ok(world.testimony(watched, question)),
            _ => Err(ServerError::Connect { node: sentinel, source: anyhow::anyhow!("it does not run") }),
        }
    }

    /// The servers of this world know their directives, and are in the best of health.
    async fn vitals(&self, _inventory: &Inventory, node: NodeId) -> std::result::Result<Vitals, ServerError> {
        let world = self.world();
        match world.nodes.get(&node).map(|node| (&node.state, &node.server)) {
            Some((NodeState::Running, Some(SimServer::Redis { config, .. }))) => {
                Ok(Vitals { config: config.clone(), ..Vitals::default() })
            }
            Some((NodeState::Running, Some(SimServer::Sentinel { .. }))) => Ok(Vitals::default()),
            _ => Err(ServerError::Connect { node, source: anyhow::anyhow!("it does not run") }),
        }
    }

    async fn execute(
        &self,
        inventory: &Inventory,
        node: NodeId,
        command: &Command,
    ) -> std::result::Result<(), ServerError> {
        let mut world = self.world();
        world.answer(node, "connect")?;
        world.change(format!("{command:?} at {node}")).map_err(cut(node))?;
        if *command == Command::EndScript {
            match world.scripts.get_mut(&node) {
                Some(script) if script.has_written => script.is_unkillable = true,
                Some(_) | None => _ = world.scripts.remove(&node),
            }
            return Ok(());
        }
        world.set_passwords(node, command, self.secrets.as_ref());
        if *command == Command::LoadCertificate {
            world.read_certificate(node);
            return Ok(());
        }
        if let Command::SetEncryption(encryption) = command {
            world.set_encryption(node, *encryption);
            return Ok(());
        }
        match (command, world.nodes.get_mut(&node).and_then(|node| node.server.as_mut())) {
            (Command::ReplicaOf(master), Some(SimServer::Redis { replica_of, .. })) => *replica_of = Some(*master),
            (Command::ConfigSet(directives), Some(SimServer::Redis { config, .. })) => {
                config.extend(directives.clone())
            }
            (
                Command::SentinelMonitor { group, master, quorum, settings, peers },
                Some(SimServer::Sentinel { watched }),
            ) => {
                let new = Watched { master: *master, epoch: 0, settings: BTreeMap::new(), known: BTreeSet::new() };
                let watched = watched.entry(group.to_string()).or_insert(new);
                if watched.master != *master {
                    let [named, wanted] = [watched.master, *master].map(|address| whose_in(inventory, address));
                    return Err(ServerError::WatchesAnother { node, group: *group, named, wanted });
                }
                watched.settings.extend(settings.clone());
                watched.settings.insert("quorum".to_owned(), quorum.to_string());
                watched.known.extend(peers.iter().map(|peer| peer.address));
            }
            (Command::SentinelDiscover { group, replicas }, Some(SimServer::Sentinel { watched })) => {
                if let Some(watched) = watched.get_mut(&group.to_string()) {
                    watched.known.extend(replicas);
                }
            }
            (Command::SentinelSet { group, settings }, Some(SimServer::Sentinel { watched })) => {
                if let Some(watched) = watched.get_mut(&group.to_string()) {
                    watched.settings.extend(settings.clone());
                }
            }
            // Passwords are set above, and servers of this world have no other users.
            (
                Command::SetUsers(_)
                | Command::RemoveUsers(_)
                | Command::SetReplicationLogin
                | Command::SetSentinelLogins,
                Some(_),
            ) => {}
            // The Sentinels of this world need no push.
            (Command::SentinelFailover { .. }, Some(SimServer::Sentinel { .. })) => {}
            (Command::SentinelRemove(group), Some(SimServer::Sentinel { watched })) => {
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
            (Some(spec), Some(SimServer::Proxy { checked, existing })) => {
                Some(world.proxy_view(proxy, spec, checked, *existing))
            }
            _ => None,
        };
        match view.and_then(|view| view.routes.get(&group)?.write) {
            Some(_) => Ok(()),
            None => Err(ServerError::Connect { node: proxy, source: anyhow::anyhow!("no server for writes") }),
        }
    }

    async fn proxy_logins(&self, _inventory: &Inventory, proxy: NodeId) -> std::result::Result<(), ServerError> {
        let mut world = self.world();
        world.answer(proxy, "connect")?;
        world.change(format!("set the passwords of the statistics of {proxy}")).map_err(cut(proxy))?;
        world.set_proxy_logins(proxy, self.secrets.as_ref());
        Ok(())
    }

    async fn proxy_check(
        &self,
        _inventory: &Inventory,
        proxy: NodeId,
        nodes: &BTreeSet<NodeId>,
    ) -> std::result::Result<(), ServerError> {
        let mut world = self.world();
        world.answer(proxy, "connect")?;
        world.change(format!("have {proxy} check {} nodes", nodes.len())).map_err(cut(proxy))?;
        let follows = world.spec.as_ref().is_some_and(|spec| spec.follow.existing().is_some());
        match world.nodes.get_mut(&proxy).and_then(|node| node.server.as_mut()) {
            Some(SimServer::Proxy { checked, existing }) => {
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
        world.answer(to, "CLIENT PAUSE")?;
        world.change(format!("switch {group} over to {to}")).map_err(cut(to))?;
        if let Some(node) = world.dies_at_switchover.take() {
            world.end(node, NodeState::Exited { code: 137, oom_killed: false });
            return Err(ServerError::Connect { node, source: anyhow::anyhow!("it does not run") });
        }
        let Some(address) = world.address(to) else {
            return Err(ServerError::Connect { node: to, source: anyhow::anyhow!("it does not exist") });
        };
        let name = group.to_string();
        let mut from = to;
        for (id, node) in &mut world.nodes {
            match &mut node.server {
                Some(SimServer::Redis { replica_of, .. }) if id.group() == Some(group) => {
                    if replica_of.is_none() {
                        from = *id;
                    }
                    *replica_of = (*id != to).then_some(address);
                }
                Some(SimServer::Sentinel { watched }) => {
                    if let Some(watched) = watched.get_mut(&name) {
                        watched.master = address;
                        watched.epoch += 1;
                    }
                }
                Some(SimServer::Redis { .. } | SimServer::Proxy { .. } | SimServer::Exporter | SimServer::Guard)
                | None => {}
            }
        }
        Ok(Switched { from, to, paused: Duration::ZERO, took: Duration::ZERO, remarks: Vec::new() })
    }

    /// Processes in memory do not end unseen, so there is nothing to guard.
    async fn office(&self, _inventory: &Inventory, _group: Group) -> Option<Office> {
        None
    }

    async fn knock(&self, _office: &Office) -> Knock {
        Knock::Accepted
    }

    async fn succeed(
        &self,
        _inventory: &Inventory,
        _office: &Office,
        _within: Duration,
    ) -> std::result::Result<Succeeded, NotReplaced> {
        Err(NotReplaced::IsBack)
    }

    async fn take_over(
        &self,
        _inventory: &Inventory,
        node: NodeId,
        existing: SocketAddrV4,
    ) -> std::result::Result<TakenOver, ServerError> {
        let mut world = self.world();
        if !world.copies_existing(node) {
            let why = "it does not copy it".to_owned();
            return Err(ServerError::TakeOverRefused { node, existing, why });
        }
        world.change(format!("{node} leaves {existing}")).map_err(cut(node))?;
        for server in world.nodes.values_mut().filter_map(|node| node.server.as_mut()) {
            if let SimServer::Proxy { existing, .. } = server {
                *existing = false;
            }
        }
        world.change(format!("{node} is promoted")).map_err(cut(node))?;
        if let Some(SimServer::Redis { replica_of, .. }) =
            world.nodes.get_mut(&node).and_then(|node| node.server.as_mut())
        {
            *replica_of = None;
        }
        Ok(TakenOver { node, existing, paused: Some(Duration::ZERO) })
    }
}
