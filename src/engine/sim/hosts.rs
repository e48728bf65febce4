//! Hosts in memory: what is wrong with each, and what is asked about one alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use anyhow::anyhow;

use super::Sim;
use super::talk::Talker;
use crate::cluster::hosts::{EngineFacts, EngineIdentity};
use crate::dial::Stream;
use crate::engine::{Clusters, Conflict, EngineError, EngineErrorKind, Hosted, ImageStore, Result};
use crate::spec::{Host, HostName, Hosts, Spec};

/// What is wrong with a host in memory; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct SimHost {
    /// Why its Engine does not answer.
    pub away: Option<String>,
    /// The host whose Engine it has.
    pub same_as: Option<HostName>,
    /// Its machine type, if it is not that of all others.
    pub architecture: Option<String>,
    pub ahead_ms: i64,
    /// A port that another container has, as a list shows.
    pub published: Option<u16>,
    /// A port that a program has, as only an attempt shows.
    pub bound: Option<u16>,
    pub has_foreign_address: bool,
    /// The addresses to which nothing gets from it.
    pub barred_from: Vec<Ipv4Addr>,
    /// The free space of its disk in bytes; `None` for enough of it.
    pub free: Option<u64>,
}

/// A server that stands in for a node: it lets nobody in.
struct StandIn;

impl Talker for StandIn {
    fn answer(&mut self, _request: &[&str]) -> Option<Vec<u8>> {
        Some(b"-NOAUTH Authentication required.\r\n".to_vec())
    }
}

impl Sim {
    /// The same world with these hosts.
    #[must_use]
    pub fn on_hosts(&self, hosts: &Hosts) -> Self {
        let alone = |host: &Host| Self { host: Some(host.clone()), hosts: Vec::new(), ..self.clone() };
        Self { hosts: hosts.iter().map(alone).collect(), ..self.clone() }
    }

    /// From here on, this is wrong with a host.
    pub fn alter_host(&self, host: &str, altered: SimHost) {
        self.world().hosts.insert(host.to_owned(), altered);
    }

    /// What is wrong with the host of this Engine.
    fn altered(&self, host: &HostName) -> SimHost {
        self.world().hosts.get(host.as_str()).cloned().unwrap_or_default()
    }

    /// What is wrong with the only host of this Engine; nothing with a world without hosts.
    pub(super) fn own_host(&self) -> SimHost {
        self.host.as_ref().map(|host| self.altered(&host.name)).unwrap_or_default()
    }

    /// Whether the Engine answers, or one of several.
    pub(super) fn answer_greeting(&self) -> Result<()> {
        let away = |sim: &Self| sim.own_host().away;
        let hosts: Vec<&Self> = if self.hosts.is_empty() { vec![self] } else { self.hosts.iter().collect() };
        let reasons: Vec<String> = hosts.iter().filter_map(|sim| away(sim)).collect();
        match reasons.into_iter().next_back() {
            Some(why) if hosts.iter().all(|sim| away(sim).is_some()) => {
                let error = EngineError::new(EngineErrorKind::Unreachable, "reach an engine in memory", anyhow!(why));
                Err(error.hinted("switch it on"))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn facts_here(&self) -> EngineFacts {
        let altered = self.own_host();
        let name = altered.same_as.or(self.host.as_ref().map(|host| host.name.clone()));
        let version = self.version();
        EngineFacts {
            identity: EngineIdentity {
                id: name.map(|name| name.to_string()).unwrap_or_default(),
                machine: "memory".to_owned(),
                folder: "/".to_owned(),
            },
            version: version.as_ref().map(|said| said.version.clone()).unwrap_or_default(),
            api: version.map(|said| said.api).unwrap_or_default(),
            architecture: altered.architecture.unwrap_or_else(|| self.architecture().to_owned()),
            ahead_ms: Some(altered.ahead_ms),
        }
    }

    /// The ports of future nodes that other containers have.
    pub(super) fn conflicts_here(&self, spec: &Spec) -> Vec<Conflict> {
        let own = self.host.as_ref().map(|host| spec.placement.on(&host.name));
        let wanted = own.iter().flat_map(|own| own.nodes()).map(|(node, _)| spec.server_port(node));
        let wanted: Vec<SocketAddr> = wanted.filter_map(|port| self.port(port)).collect();
        self.conflict(self.own_host().published, &wanted, "the container web").into_iter().collect()
    }

    /// Why the Engine refuses to serve at ports of its host.
    pub(super) fn refused_port(&self, ports: &[SocketAddr]) -> Option<Conflict> {
        let SimHost { published, bound, .. } = self.own_host();
        self.conflict(published.or(bound), ports, "a process of this host")
    }

    fn conflict(&self, taken: Option<u16>, wanted: &[SocketAddr], owner: &str) -> Option<Conflict> {
        let port = self.port(taken?).filter(|port| wanted.contains(port))?;
        let (what, remedy) = (format!("{port} is used by {owner}"), "stop it".to_owned());
        Some(Conflict { what, remedy, port: Some(port) })
    }

    /// A port at the address of its host.
    fn port(&self, port: u16) -> Option<SocketAddr> {
        Some(SocketAddr::V4(SocketAddrV4::new(self.host.as_ref()?.address, port)))
    }

    /// A connection from this host to a server that stands in for a node.
    pub(super) fn connected(&self, server: SocketAddrV4) -> io::Result<Box<dyn Stream>> {
        if self.host.is_none() || self.own_host().barred_from.contains(server.ip()) {
            return Err(io::Error::other(format!("{server} cannot be reached from an engine in memory")));
        }
        Ok(Box::new(StandIn.connect()))
    }
}

impl Hosted for Sim {
    type Alone = Self;

    fn hosts(&self) -> Vec<(&Host, Result<&Self>)> {
        self.hosts.iter().filter_map(|sim| Some((sim.host.as_ref()?, Ok(sim)))).collect()
    }
}
