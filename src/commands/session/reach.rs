//! What only an attempt shows of hosts: whether their ports are free, and whether they get to each other.
//!
//! On each host a temporary server stands in for the nodes that are to be there, and a temporary container of each host
//! connects to it.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{Session, World};
use crate::cluster::Inventory;
use crate::cluster::desired::{Program, wanted_ports};
use crate::dial::Stream;
use crate::doctor::Unseen;
use crate::doctor::hosts::{HostDial, HostFinding, of_connections, of_disk};
use crate::engine::{Conflict, EngineError, Hosted, Probes, StoodIn, conflicts_on, image};
use crate::output::units::count;
use crate::spec::{Host, HostName, NodeId, Spec, placement};

/// Time limit of a connection between two hosts, and of the answer. Between hosts it takes milliseconds.
const CONNECTION_LIMIT: Duration = Duration::from_secs(5);
/// A question that every Redis server answers.
const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
/// The beginning of the answer of a server that lets nobody in.
const LOCKED: &[u8] = b"-NOAUTH";

/// What was found out.
#[derive(Default)]
pub struct Attempts {
    pub findings: Vec<HostFinding>,
    /// What could not be tried.
    pub unseen: Vec<Unseen>,
}

/// The Engine of one host of a world.
type Alone<W> = <<W as World>::Engine as Hosted>::Alone;

/// The hosts that take part, each with its Engine.
struct HostTrial<'a, E> {
    spec: &'a Spec,
    inventory: &'a Inventory,
    program: &'a Program,
    hosts: Vec<(&'a Host, &'a E)>,
}

/// Tries what can be tried on these hosts, which answer.
pub async fn tried<W: World>(
    session: &Session<W>,
    spec: &Spec,
    inventory: &Inventory,
    able: &BTreeSet<&HostName>,
) -> Attempts {
    let engine = &*session.engine;
    let hosts: Vec<(&Host, &Alone<W>)> = engine
        .hosts()
        .into_iter()
        .filter(|(host, _)| able.contains(&host.name))
        .filter_map(|(host, alone)| Some((host, alone.ok()?)))
        .collect();
    let mut all = Attempts::default();
    let mut taken = BTreeSet::new();
    let looks = hosts.iter().map(|(host, alone)| conflicts_on(&host.name, *alone, spec, inventory));
    for ((host, _), conflicts) in hosts.iter().zip(join_all(looks).await) {
        match conflicts {
            Ok(conflicts) => {
                for Conflict { what, remedy, port } in conflicts {
                    taken.extend(port.map(|port| (host.name.clone(), port)));
                    all.findings.push(HostFinding::conflict(&host.name, what, remedy));
                }
            }
            Err(error) => all.untried(format!("names and ports of {}", host.name), &error),
        }
    }
    if hosts.is_empty() {
        return all;
    }
    session.ui.status(format_args!(
        "trying ports and connections with temporary containers on {}",
        count(hosts.len(), "host")
    ));
    let progress = session.ui.progress();
    let found = image::resolve(engine, spec, inventory, &|update| progress.report(update)).await;
    progress.finish();
    let programs = match found {
        Ok(found) => found.programs,
        Err(error) => {
            all.untried("ports and connections".to_owned(), &error);
            return all;
        }
    };
    let given = join_all(hosts.iter().map(|(_, alone)| image::copy(engine, *alone, &programs.redis.image))).await;
    let mut able = Vec::new();
    for ((host, alone), given) in hosts.into_iter().zip(given) {
        match given {
            Ok(()) => able.push((host, alone)),
            Err(error) => all.untried(format!("ports of {} and connections with it", host.name), &error),
        }
    }
    let trial = HostTrial { spec, inventory, program: &programs.redis, hosts: able };
    let attempts = trial.hosts.iter().map(|(host, alone)| trial.attempt(host, *alone, &taken));
    let mut dials = Vec::new();
    for (attempts, own) in join_all(attempts).await {
        all.findings.extend(attempts.findings);
        all.unseen.extend(attempts.unseen);
        dials.extend(own);
    }
    let last = spec.ports.nodes.saturating_add(placement::port_count(spec) - 1);
    all.findings.extend(of_connections(&dials, (spec.ports.nodes, last)));
    all
}

impl Attempts {
    fn untried(&mut self, what: String, error: &EngineError) {
        self.unseen.push(Unseen { what, why: error.reason() });
    }
}

impl<E: Probes> HostTrial<'_, E> {
    /// Has a server stand in for the nodes of a host, and all hosts connect to it.
    ///
    /// `taken` are ports that something else is known to have.
    async fn attempt(
        &self,
        host: &Host,
        alone: &E,
        taken: &BTreeSet<(HostName, SocketAddr)>,
    ) -> (Attempts, Vec<HostDial>) {
        let mut attempts = Attempts::default();
        let mut taken: BTreeSet<SocketAddr> =
            taken.iter().filter(|(of, _)| *of == host.name).map(|(_, port)| *port).collect();
        loop {
            let (listens, ports) = self.ports(host, &taken);
            if ports.is_empty() {
                return (attempts, Vec::new());
            }
            let meanwhile = async || match listens {
                Some(address) => self.connections(host, address).await,
                None => (Vec::new(), Vec::new()),
            };
            match alone.stand_in(self.program, &ports, meanwhile).await {
                Ok(StoodIn::Served { answer: (dials, unseen), free }) => {
                    attempts.unseen.extend(unseen);
                    attempts.findings.extend(free.and_then(|free| of_disk(&host.name, free)));
                    return (attempts, dials);
                }
                // The Engine names one at a time.
                Ok(StoodIn::Taken(Conflict { what, remedy, port })) => {
                    attempts.findings.push(HostFinding::conflict(&host.name, what, remedy));
                    if !port.is_some_and(|port| taken.insert(port)) {
                        return (attempts, Vec::new());
                    }
                }
                Ok(StoodIn::ForeignAddress(said)) => {
                    let wanted = [self.spec.ports.bind, IpAddr::V4(host.address)];
                    let named = wanted.into_iter().find(|address| said.contains(&address.to_string()));
                    let address = named.unwrap_or(IpAddr::V4(host.address));
                    attempts.findings.push(HostFinding::foreign_address(&host.name, address, said));
                    return (attempts, Vec::new());
                }
                Err(error) => {
                    attempts.untried(format!("ports of {} and connections with it", host.name), &error);
                    return (attempts, Vec::new());
                }
            }
        }
    }

    /// The ports that nodes of a host need, and that among them at which the other hosts come. That is the first one.
    ///
    /// A port of a future node is good for it where all others are in use by the cluster itself.
    fn ports(&self, host: &Host, taken: &BTreeSet<SocketAddr>) -> (Option<SocketAddrV4>, Vec<SocketAddr>) {
        let there = self.spec.placement.on(&host.name);
        let placed: Vec<NodeId> = self.spec.nodes().into_iter().filter(|node| there.of(*node).is_some()).collect();
        let mut ports = wanted_ports(self.spec, &placed, &self.inventory.on(&host.name));
        ports.retain(|port| !taken.contains(port));
        let own = |node: NodeId| {
            let is_open = self.spec.is_published_itself(node) && !self.inventory.nodes.contains_key(&node);
            is_open.then(|| SocketAddrV4::new(host.address, self.spec.server_port(node)))
        };
        let future = there.nodes().map(|(node, _)| node);
        let listens =
            placed.iter().copied().chain(future).filter_map(own).find(|port| !taken.contains(&SocketAddr::V4(*port)));
        if let Some(listens) = listens.map(SocketAddr::V4) {
            ports.retain(|port| *port != listens);
            ports.insert(0, listens);
        }
        (listens, ports)
    }

    /// Connects from each host to an address of one of them.
    async fn connections(&self, to: &Host, address: SocketAddrV4) -> (Vec<HostDial>, Vec<Unseen>) {
        let connect = async |engine: &E| engine.dial_from(&self.program.image, address, answers).await;
        let outcomes = join_all(self.hosts.iter().map(|(_, engine)| connect(engine))).await;
        let (mut dials, mut unseen) = (Vec::new(), Vec::new());
        for ((from, _), outcome) in self.hosts.iter().zip(outcomes) {
            let (from, to) = (from.name.clone(), to.name.clone());
            match outcome {
                Ok(outcome) => dials.push(HostDial { from, to, address, outcome }),
                Err(error) => {
                    unseen.push(Unseen { what: format!("connections from {from} to {to}"), why: error.reason() })
                }
            }
        }
        (dials, unseen)
    }
}

/// Whether the server that stands in for a node answers.
async fn answers(stream: io::Result<Box<dyn Stream>>) -> Result<(), String> {
    let asked = async {
        let mut stream = stream?;
        stream.write_all(PING).await?;
        let mut answer = [0; LOCKED.len()];
        stream.read_exact(&mut answer).await?;
        if answer == LOCKED { Ok(()) } else { Err(io::Error::other("another program answers there")) }
    };
    let answered = timeout(CONNECTION_LIMIT, asked).await;
    let late = |_| Err(io::Error::other(format!("no answer within {} s", CONNECTION_LIMIT.as_secs())));
    answered.unwrap_or_else(late).map_err(|error| error.to_string())
}
