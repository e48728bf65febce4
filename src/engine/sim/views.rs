//! The views of the servers in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{SimNode, SimServer, SimWorld, VERSION, Watched, images, may_lead};
use crate::cluster::inquiry::{Fieldset, Question, Testimony};
use crate::cluster::observed::{
    AttachedReplica, ExistingPlace, ExporterView, GuardView, MasterLogin, OtherUsers, ProxyRoute, ProxyView, RedisView,
    RoleView, SentinelView, WatchedMaster, WatchedPeer, WatchedReplica,
};
use crate::spec::render::directives::{PRIORITY, told_directives};
use crate::spec::{Follow, Group, NodeId, REDOS_VERSION, Spec};

impl SimWorld {
    pub(super) fn redis_view(
        &self,
        id: NodeId,
        replica_of: Option<SocketAddrV4>,
        config: &BTreeMap<String, String>,
    ) -> RedisView {
        let role = match replica_of {
            Some(master) => {
                // A server outside of the cluster is always up. A replica of its replica has its data as well.
                let link_up = match self.node_at(master) {
                    Some(node) => self.is_master(node) || self.copies_existing(node),
                    None => Some(*master.ip()) == self.existing(),
                };
                RoleView::Replica {
                    master,
                    link_up,
                    syncing: false,
                    last_io_seconds: link_up.then_some(0),
                    link_down_at: None,
                }
            }
            None => {
                let follows = |node: &NodeId| match &self.nodes[node].server {
                    Some(SimServer::Redis { replica_of: Some(master), .. }) => Some(*master) == self.address(id),
                    Some(_) | None => false,
                };
                let followers = self.nodes.keys().filter(|node| self.runs(**node) && follows(node));
                let attached = |node: &NodeId| AttachedReplica {
                    address: self.nodes[node].address(),
                    state: "online".to_owned(),
                    offset: 0,
                    lag_seconds: 0,
                };
                RoleView::Master { replicas: followers.map(attached).collect() }
            }
        };
        let image = self.nodes.get(&id).map(|node| &*node.spec.image).unwrap_or_default();
        let server = if image.starts_with("valkey:") { "valkey" } else { "redis" };
        RedisView {
            version: images::running_version(image),
            server: server.to_owned(),
            role,
            offset: 0,
            replication_id: String::new(),
            loading: None,
            used_memory: 0,
            max_memory: None,
            operations_per_second: 0,
            commands: 0,
            error_replies: 0,
            clients: 0,
            uptime_seconds: 0,
            replica_priority: config.get(PRIORITY).and_then(|priority| priority.parse().ok()).unwrap_or(100),
            keys: self.snapshot(id).keys().unwrap_or_default(),
            config: self.answered(config),
            users: OtherUsers::default(),
            login: MasterLogin::Current,
            certificate: None,
        }
    }

    /// The directives of a server that was given these.
    ///
    /// It answers about all that the recorded specification gives or takes back. One that it was not given has the
    /// server's own value, which no specification has.
    fn answered(&self, told: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let asked = self.spec.as_ref().map(told_directives).unwrap_or_default();
        asked.into_keys().map(|name| (name, String::new())).chain(told.clone()).collect()
    }

    /// The replica priority of the node at this address, which Sentinels know at once here.
    fn priority(&self, address: SocketAddrV4) -> u32 {
        match self.node_at(address).and_then(|node| self.nodes[&node].server.as_ref()) {
            Some(SimServer::Redis { config, .. }) if !may_lead(config) => 0,
            Some(_) | None => 100,
        }
    }

    /// The server outside of the cluster that the cluster copies, or copied before it took over.
    pub(super) fn existing(&self) -> Option<Ipv4Addr> {
        match self.spec.as_ref()?.follow {
            Follow::Nobody => None,
            Follow::Existing(address) | Follow::Left(address) => Some(*address.ip()),
        }
    }

    pub(super) fn copies_existing(&self, node: NodeId) -> bool {
        match self.nodes.get(&node).and_then(|node| node.server.as_ref()) {
            Some(SimServer::Redis { replica_of: Some(master), .. }) => {
                Some(*master.ip()) == self.existing() && self.runs(node)
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn is_master(&self, node: NodeId) -> bool {
        let claims = matches!(
            self.nodes.get(&node).and_then(|n| n.server.as_ref()),
            Some(SimServer::Redis { replica_of: None, .. })
        );
        claims && self.runs(node)
    }

    /// The node that this Sentinel names the master of a group.
    fn named_by(&self, sentinel: NodeId, group: Group) -> Option<NodeId> {
        match self.nodes.get(&sentinel).filter(|_| self.runs(sentinel)).and_then(|node| node.server.as_ref()) {
            Some(SimServer::Sentinel { watched, .. }) => self.node_at(watched.get(&group.to_string())?.master),
            Some(_) | None => None,
        }
    }

    pub(super) fn sentinel_view(&self, watched: &BTreeMap<String, Watched>) -> SentinelView {
        let number =
            |watched: &Watched, name: &str| watched.settings.get(name).and_then(|v| v.parse().ok()).unwrap_or(0);
        let flags = |address: &SocketAddrV4, kind: &str| {
            let up = self.node_at(*address).is_some_and(|node| self.runs(node));
            [Some(kind), (!up).then_some("s_down")].into_iter().flatten().map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let group_at = |address| self.once_at(address).and_then(NodeId::group);
        // In memory only redos corrects a second master, but for those whom Sentinels are promoting.
        let claims_for = if self.successions.is_empty() { 60_000 } else { 100 };
        let view = |watched: &Watched| WatchedMaster {
            address: watched.master,
            flags: flags(&watched.master, "master"),
            quorum: u16::try_from(number(watched, "quorum")).unwrap_or(0),
            down_after: number(watched, "down-after-milliseconds"),
            failover_timeout: number(watched, "failover-timeout"),
            parallel_syncs: u16::try_from(number(watched, "parallel-syncs")).unwrap_or(0),
            config_epoch: watched.epoch,
            down_for: None,
            unanswered_for: 0,
            replicas: watched
                .known
                .iter()
                .filter(|address| !self.is_of_sentinel(**address) && **address != watched.master)
                .filter(|address| group_at(**address) == group_at(watched.master))
                .map(|address| WatchedReplica {
                    address: *address,
                    flags: flags(address, "slave"),
                    priority: self.priority(*address),
                    link_down_for: 0,
                    unanswered_for: 0,
                    claims_for: self.node_at(*address).filter(|node| self.is_master(*node)).map(|_| claims_for),
                })
                .collect(),
            peers: watched
                .known
                .iter()
                .filter(|address| self.is_of_sentinel(**address))
                .map(|address| WatchedPeer {
                    id: address.to_string(),
                    address: *address,
                    flags: flags(address, "sentinel"),
                    unanswered_for: 0,
                })
                .collect(),
            quorum_check: Ok(()),
        };
        SentinelView {
            id: String::new(),
            version: VERSION.to_owned(),
            uptime_seconds: 60,
            tilt: false,
            masters: watched.iter().map(|(name, watched)| (name.clone(), view(watched))).collect(),
            users: OtherUsers::default(),
            certificate: None,
        }
    }

    /// What a Sentinel of this world says to people: the fields that it has a view of.
    pub(super) fn testimony(&self, watched: &BTreeMap<String, Watched>, question: Question) -> Testimony {
        let view = self.sentinel_view(watched);
        let place = |address: SocketAddrV4| [("ip", address.ip().to_string()), ("port", address.port().to_string())];
        let flags = |flags: &BTreeSet<String>| [("flags", flags.iter().cloned().collect::<Vec<_>>().join(","))];
        let record = |parts: &[&[(&str, String)]]| Fieldset {
            fields: parts.concat().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        let master = |name: &str, master: &WatchedMaster| {
            let counts = [
                ("quorum", master.quorum.to_string()),
                ("num-slaves", master.replicas.len().to_string()),
                ("num-other-sentinels", master.peers.len().to_string()),
                ("config-epoch", master.config_epoch.to_string()),
                ("down-after-milliseconds", master.down_after.to_string()),
            ];
            record(&[&[("name", name.to_owned())], &place(master.address), &flags(&master.flags), &counts])
        };
        let Some(group) = question.group() else {
            return Testimony::Answer(match question {
                Question::Info => vec![record(&[&[("redis_version", view.version.clone())]])],
                _ => view.masters.iter().map(|(name, watched)| master(name, watched)).collect(),
            });
        };
        let Some(of_group) = view.masters.get(&group.to_string()) else {
            return Testimony::Refusal("ERR No such master with that name".to_owned());
        };
        Testimony::Answer(match question {
            Question::Replicas(_) => {
                let replicas = of_group.replicas.iter();
                replicas.map(|replica| record(&[&place(replica.address), &flags(&replica.flags)])).collect()
            }
            Question::Sentinels(_) => {
                of_group.peers.iter().map(|peer| record(&[&place(peer.address), &flags(&peer.flags)])).collect()
            }
            Question::MasterAddress(_) => vec![record(&[&place(of_group.address)])],
            Question::Quorum(_) => vec![record(&[&[("answer", "OK".to_owned())]])],
            Question::Info | Question::Masters | Question::Master(_) => vec![master(&group.to_string(), of_group)],
        })
    }

    /// What the exporter of this world says.
    pub(super) fn exporter_view(&self) -> ExporterView {
        ExporterView { version: Some("1.45.0".to_owned()), without_metrics: self.without_metrics.clone() }
    }

    /// What a guard of this world says: it watches whoever is master.
    pub(super) fn guard_view(&self, spec: &Spec) -> GuardView {
        let master = |group| Some((group, spec.redis_nodes(group).find(|node| self.is_master(*node))?));
        GuardView { version: REDOS_VERSION.to_owned(), watches: spec.groups().filter_map(master).collect() }
    }

    pub(super) fn proxy_view(&self, id: NodeId, spec: &Spec, checked: &BTreeSet<NodeId>, existing: bool) -> ProxyView {
        let published = self.nodes.get(&id).filter(|_| self.dead_ports.contains_key(&id)).map(SimNode::published);
        let route = |group: Group| {
            let nodes = checked.iter().copied().filter(|node| node.group() == Some(group) && self.runs(*node));
            let (masters, replicas): (Vec<NodeId>, Vec<NodeId>) = nodes.partition(|node| self.is_master(*node));
            let write = if let ([master], false) = (masters.as_slice(), existing) { Some(*master) } else { None };
            let votes = checked.iter().copied().filter(|node| write.is_some() && self.named_by(*node, group) == write);
            let read = replicas.into_iter().collect();
            (group, ProxyRoute { write, votes: votes.collect(), read, ..ProxyRoute::default() })
        };
        ProxyView {
            version: "2.6.12".to_owned(),
            // Its file has no place for a group that came later.
            routes: spec
                .groups()
                .filter(|group| checked.iter().any(|node| node.group() == Some(*group)))
                .map(route)
                .collect(),
            checked: checked.clone(),
            has_other_logins: false,
            existing: existing.then(|| ExistingPlace { replication_id: Some(String::new()) }),
            dead_ports: published.into_iter().flatten().map(|port| (port, "connection refused".to_owned())).collect(),
        }
    }
}
