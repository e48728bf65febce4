//! One engine of several hosts: each call goes to the host of its node, lists come from all of them.
//!
//! A cluster on one Engine is the case of a fleet without hosts. A host that is away is no error of a list: what it has is
//! reported as unseen. A node is where its container is, and one without a container where its specification has it.

mod around;
mod merge;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use futures_util::TryStreamExt;
use futures_util::future::{join_all, try_join_all};
use tokio::sync::Mutex as PatientMutex;
use tokio::time::timeout;
use tokio_util::io::StreamReader;

use super::{
    ClusterSummary, Clusters, DataStream, Engine, EngineError, EngineErrorKind, EngineVersion, NodeFile, NodeProgram,
    NodeSpec, Nodes, Result,
};
use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::spec::{ClusterName, Host, HostName, Hosts, NodeId, Resources, Spec};

/// How long the inventory of one host may take before it counts as away.
const HOST_LIMIT: Duration = Duration::from_secs(10);

/// Opens the Engine at an address or of a Docker context, or the user's own one.
pub type Open<E> = fn(Option<&str>) -> Result<E>;

/// The Engines of a cluster.
pub struct Fleet<E> {
    open: Open<E>,
    /// The only Engine of a cluster without hosts.
    home: Option<E>,
    members: OnceLock<Vec<Member<E>>>,
    known: Mutex<Known>,
}

/// A host of the fleet.
struct Member<E> {
    host: Host,
    engine: E,
    /// Why it does not answer.
    away: Mutex<Option<String>>,
    /// Held while an image is copied to it.
    copying: PatientMutex<()>,
}

/// What the fleet has found out about its clusters.
#[derive(Default)]
struct Known {
    /// The member of each node that has a container.
    places: BTreeMap<(ClusterName, NodeId), usize>,
    /// The member on which each node is to be, existing or not.
    homes: BTreeMap<(ClusterName, NodeId), usize>,
    /// The network of a cluster on each member.
    networks: BTreeMap<(ClusterName, usize), NetworkFacts>,
    /// The member of each helper.
    helpers: BTreeMap<String, usize>,
}

impl<E: Engine> Fleet<E> {
    /// Prepares the connections to the Engines of these hosts, or without hosts to that at `address`.
    ///
    /// # Errors
    /// One of them has no address of an Engine.
    pub fn new(open: Open<E>, address: Option<&str>, hosts: &Hosts) -> Result<Self> {
        let home = if hosts.is_empty() { Some(open(address)?) } else { None };
        let fleet = Self { open, home, members: OnceLock::new(), known: Mutex::default() };
        if fleet.home.is_none() {
            let _ = fleet.members.set(fleet.opened(hosts)?);
        }
        Ok(fleet)
    }

    fn opened(&self, hosts: &Hosts) -> Result<Vec<Member<E>>> {
        let member = |host: &Host| {
            let engine = (self.open)(Some(&host.engine));
            let engine = engine
                .map_err(|error| error.hinted(format!("correct the host {} of the setting 'hosts'", host.name)))?;
            Ok(Member { host: host.clone(), engine, away: Mutex::default(), copying: PatientMutex::default() })
        };
        hosts.iter().map(member).collect()
    }

    /// The hosts; none of a cluster on one Engine.
    fn members(&self) -> &[Member<E>] {
        self.members.get().map_or(&[], Vec::as_slice)
    }

    /// The members that answer, with their places.
    fn reached(&self) -> impl Iterator<Item = (usize, &Member<E>)> {
        self.members().iter().enumerate().filter(|(_, member)| member.is_reached())
    }

    /// The Engine for what any host can do.
    fn any(&self) -> &E {
        let first = self.reached().map(|(_, member)| member).next().or(self.members().first());
        match (first, &self.home) {
            (Some(member), _) => &member.engine,
            (None, Some(home)) => home,
            // `new` sets one of the two.
            (None, None) => unreachable!("a fleet has an Engine"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The member that has a node, or is to have it.
    fn place(&self, cluster: &ClusterName, node: NodeId) -> Result<(usize, &Member<E>)> {
        let place = self.known().places.get(&(cluster.clone(), node)).copied();
        place.map_or_else(|| self.home_of(cluster, node), |place| self.member(node, Some(place)))
    }

    /// The member on which a node is to be.
    fn home_of(&self, cluster: &ClusterName, node: NodeId) -> Result<(usize, &Member<E>)> {
        let home = self.known().homes.get(&(cluster.clone(), node)).copied();
        self.member(node, home)
    }

    fn member(&self, node: NodeId, place: Option<usize>) -> Result<(usize, &Member<E>)> {
        let member = place.and_then(|place| Some((place, self.members().get(place)?)));
        let (place, member) = member.ok_or_else(|| {
            let what = format!("find the host of {node}");
            EngineError::new(EngineErrorKind::NotFound, what, anyhow!("the record of the cluster names none"))
        })?;
        member.answers().map(|()| (place, member))
    }

    /// The Engine that has a node.
    fn of(&self, cluster: &ClusterName, node: NodeId) -> Result<&E> {
        if self.members().is_empty() {
            return Ok(self.any());
        }
        self.place(cluster, node).map(|(_, member)| &member.engine)
    }

    /// Learns from a specification on which hosts nodes are to be.
    fn learn(&self, spec: &Spec) {
        let mut known = self.known();
        for (node, host) in spec.placement.nodes() {
            if let Some(place) = self.members().iter().position(|member| member.host.name == *host) {
                known.homes.insert((spec.name.clone(), node), place);
            }
        }
    }

    /// The Engine that has a node of this specification, or is to have it.
    fn with_node(&self, spec: &Spec, node: NodeId) -> Result<&E> {
        self.learn(spec);
        self.of(&spec.name, node)
    }

    /// The Engine on which a node of this specification is to be, and its member of a fleet with hosts.
    fn to(&self, spec: &Spec, node: NodeId) -> Result<(&E, Option<&Member<E>>)> {
        if self.members().is_empty() {
            return Ok((self.any(), None));
        }
        self.learn(spec);
        self.home_of(&spec.name, node).map(|(_, member)| (&member.engine, Some(member)))
    }

    /// Waits for calls to all members that answer. One that fails is an error unless a majority has succeeded.
    async fn by_majority<T>(&self, what: &str, calls: Vec<impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
        let answers = join_all(calls).await;
        let all = self.members().len();
        let (mut done, mut failed) = (Vec::new(), None);
        for answer in answers {
            match answer {
                Ok(value) => done.push(value),
                Err(error) => failed = Some(error),
            }
        }
        if 2 * done.len() > all {
            return Ok(done);
        }
        Err(failed.unwrap_or_else(|| {
            let why = anyhow!("{} of {all} hosts answer, and it takes a majority", done.len());
            EngineError::new(EngineErrorKind::Unreachable, what, why).hinted("try again when more of them answer")
        }))
    }

    /// Copies an image to a member that does not have it.
    async fn give_image(&self, member: &Member<E>, reference: &str) -> Result<()> {
        let _one_at_a_time = member.copying.lock().await;
        let source = self.any();
        let (there, here) = (member.engine.image(reference).await?, source.image(reference).await?);
        let Some(here) = here.filter(|here| there.is_none_or(|there| there.id != here.id)) else { return Ok(()) };
        let stream = source.export_images(std::slice::from_ref(&here.reference));
        let read = StreamReader::new(stream.map_err(std::io::Error::other));
        member.engine.load_images(read, "another host").await.map(drop)
    }

    /// The whole of a cluster on all its hosts.
    async fn inventories(&self, cluster: &ClusterName) -> Result<Inventory> {
        let ask = async |member: &Member<E>| {
            let asked = async {
                if !member.is_reached() {
                    member.engine.greet().await?;
                }
                member.engine.inventory(cluster).await
            };
            let answer = timeout(HOST_LIMIT, asked).await.unwrap_or_else(|_| {
                let why = anyhow!("no answer within {} s", HOST_LIMIT.as_secs());
                Err(EngineError::new(EngineErrorKind::Unreachable, format!("look at {}", member.host.name), why))
            });
            member.note(&answer);
            answer
        };
        let answers = merge::unless_all_failed(join_all(self.members().iter().map(ask)).await)?;
        let hosts: Vec<&Host> = self.members().iter().map(|member| &member.host).collect();
        let merged = merge::merged(cluster, &hosts, answers);
        let mut known = self.known();
        for (place, network) in merged.networks {
            known.networks.insert((cluster.clone(), place), network);
        }
        known.places.retain(|(other, _), _| other != cluster);
        known.places.extend(merged.places.into_iter().map(|(node, place)| ((cluster.clone(), node), place)));
        for (node, home) in merged.homes {
            known.homes.entry((cluster.clone(), node)).or_insert(home);
        }
        Ok(merged.inventory)
    }
}

impl<E: Engine> Member<E> {
    fn is_reached(&self) -> bool {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Notes whether it answers.
    fn note<T>(&self, answer: &Result<T>) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = answer.as_ref().err().map(merge::reason);
    }

    /// # Errors
    /// It does not answer, and why.
    fn answers(&self) -> Result<()> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner).clone();
        away.map_or(Ok(()), |why| {
            let what = format!("reach the host {}", self.host.name);
            Err(EngineError::new(EngineErrorKind::Unreachable, what, anyhow!(why)))
        })
    }
}

impl<E: Engine> Clusters for Fleet<E> {
    fn describe(&self) -> String {
        let names: Vec<&str> = self.members().iter().map(|member| member.host.name.as_str()).collect();
        if names.is_empty() { self.any().describe() } else { format!("the hosts {}", names.join(", ")) }
    }

    fn version(&self) -> Option<EngineVersion> {
        self.any().version()
    }

    async fn greet(&self) -> Result<()> {
        if self.members().is_empty() {
            return self.any().greet().await;
        }
        let greeted = join_all(self.members().iter().map(async |member| {
            let answer = member.engine.greet().await;
            member.note(&answer);
            answer
        }));
        merge::unless_all_failed(greeted.await).map(drop)
    }

    fn remote_host(&self) -> Option<&str> {
        // On several hosts each proxy has its own, which its facts name.
        if self.members().is_empty() { self.any().remote_host() } else { None }
    }

    async fn inventory(&self, cluster: &ClusterName) -> Result<Inventory> {
        if !self.members().is_empty() {
            return self.inventories(cluster).await;
        }
        let inventory = self.any().inventory(cluster).await?;
        let hosts = inventory.recorded.as_ref().map(|recorded| recorded.hosts.clone()).unwrap_or_default();
        if hosts.is_empty() {
            return Ok(inventory);
        }
        // One of the hosts was asked, and its record names the others.
        let members = self.opened(&hosts)?;
        let _ = self.members.set(members);
        self.greet().await?;
        self.inventories(cluster).await
    }

    async fn clusters(&self) -> Result<Vec<ClusterSummary>> {
        self.any().clusters().await
    }

    async fn check_conflicts(&self, spec: &Spec, inventory: &Inventory) -> Result<()> {
        if self.members().is_empty() {
            return self.any().check_conflicts(spec, inventory).await;
        }
        let check = async |member: &Member<E>| {
            let there = Spec { placement: spec.placement.on(&member.host.name), ..spec.clone() };
            let checked = member.engine.check_conflicts(&there, inventory).await;
            checked.map_err(|error| EngineError {
                operation: format!("{} on {}", error.operation, member.host.name),
                ..error
            })
        };
        try_join_all(self.reached().map(|(_, member)| check(member))).await.map(drop)
    }

    async fn record_spec(&self, spec: &Spec) -> Result<()> {
        if self.members().is_empty() {
            return self.any().record_spec(spec).await;
        }
        self.learn(spec);
        // A host that leaves the list gets no record any more.
        let stays = |(_, member): &(usize, &Member<E>)| spec.hosts.get(&member.host.name).is_some();
        let calls = self.reached().filter(stays).map(|(_, member)| member.engine.record_spec(spec)).collect();
        self.by_majority("record the configuration", calls).await.map(drop)
    }

    async fn remove_record(&self, cluster: &ClusterName) -> Result<()> {
        if self.members().is_empty() {
            return self.any().remove_record(cluster).await;
        }
        try_join_all(self.reached().map(|(_, member)| member.engine.remove_record(cluster))).await.map(drop)
    }

    async fn leave_host(&self, cluster: &ClusterName, host: &HostName) -> Result<()> {
        let Some((place, member)) = self.members().iter().enumerate().find(|(_, member)| member.host.name == *host)
        else {
            return Ok(());
        };
        member.answers()?;
        let network = self.known().networks.get(&(cluster.clone(), place)).cloned();
        if let Some(network) = network.filter(|network| network.is_own && network.guests.is_empty()) {
            member.engine.remove_network(&network.id).await?;
        }
        member.engine.remove_record(cluster).await
    }

    async fn create_network(&self, spec: &Spec) -> Result<NetworkFacts> {
        if self.members().is_empty() {
            return self.any().create_network(spec).await;
        }
        let create =
            async |(place, member): (usize, &Member<E>)| Ok((place, member.engine.create_network(spec).await?));
        let made = try_join_all(self.reached().map(create)).await?;
        let whole = merge::whole_network(&spec.name, made.iter().map(|(_, network)| network));
        let mut known = self.known();
        for (place, network) in made {
            known.networks.insert((spec.name.clone(), place), network);
        }
        whole.ok_or_else(|| {
            EngineError::new(EngineErrorKind::Unreachable, "create the networks", anyhow!("no host answers"))
        })
    }

    async fn remove_network(&self, id: &str) -> Result<()> {
        if self.members().is_empty() {
            return self.any().remove_network(id).await;
        }
        let networks: Vec<(usize, String)> = {
            let known = self.known();
            let of_cluster = known.networks.iter().filter(|((cluster, _), _)| merge::network_id(cluster) == id);
            of_cluster.map(|((_, place), network)| (*place, network.id.clone())).collect()
        };
        let remove = async |(place, id): (usize, String)| match self.members().get(place) {
            Some(member) if member.is_reached() => member.engine.remove_network(&id).await,
            _ => Ok(()),
        };
        try_join_all(networks.into_iter().map(remove)).await.map(drop)
    }

    async fn remove_abandoned(&self) -> Result<()> {
        if self.members().is_empty() {
            return self.any().remove_abandoned().await;
        }
        try_join_all(self.reached().map(|(_, member)| member.engine.remove_abandoned())).await.map(drop)
    }
}

impl<E: Engine> Nodes for Fleet<E> {
    async fn create_volume(&self, spec: &Spec, node: NodeId) -> Result<()> {
        self.to(spec, node)?.0.create_volume(spec, node).await
    }

    async fn fill_volume(&self, spec: &Spec, node: NodeId, image: &str, data: DataStream) -> Result<()> {
        let (engine, member) = self.to(spec, node)?;
        if let Some(member) = member {
            self.give_image(member, image).await?;
        }
        engine.fill_volume(spec, node, image, data).await
    }

    async fn copy_beside(&self, spec: &Spec, node: NodeId, data: DataStream) -> Result<()> {
        self.with_node(spec, node)?.copy_beside(spec, node, data).await
    }

    async fn replace_data(&self, spec: &Spec, node: NodeId) -> Result<()> {
        self.with_node(spec, node)?.replace_data(spec, node).await
    }

    async fn remove_data(&self, spec: &Spec, node: NodeId) -> Result<()> {
        self.with_node(spec, node)?.remove_data(spec, node).await
    }

    async fn discard_copy(&self, spec: &Spec, node: NodeId) -> Result<()> {
        self.with_node(spec, node)?.discard_copy(spec, node).await
    }

    async fn remove_volume(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        if self.members().is_empty() {
            return self.any().remove_volume(cluster, node).await;
        }
        // A node that was moved has left one on its former host.
        try_join_all(self.reached().map(|(_, member)| member.engine.remove_volume(cluster, node))).await.map(drop)
    }

    async fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
        if self.members().is_empty() {
            return self.any().create_node(spec, node, network_id).await;
        }
        self.learn(spec);
        let (place, member) = self.home_of(&spec.name, node.node)?;
        let network = self.known().networks.get(&(spec.name.clone(), place)).cloned();
        let (network, address) =
            network.and_then(|network| Some((network.id, network.subnet.address(node.node)?))).ok_or_else(|| {
                let what = format!("create {}", node.node.container_name(&spec.name));
                let why = anyhow!("the host {} has no network for it", member.host.name);
                EngineError::new(EngineErrorKind::NotFound, what, why)
            })?;
        self.give_image(member, &node.image).await?;
        // Each host has a subnet of its own.
        let own = NodeSpec { address, ..node.clone() };
        member.engine.create_node(spec, &own, &network).await?;
        self.known().places.insert((spec.name.clone(), node.node), place);
        Ok(())
    }

    async fn write_files(&self, cluster: &ClusterName, node: NodeId, files: Vec<NodeFile>) -> Result<()> {
        self.of(cluster, node)?.write_files(cluster, node, files).await
    }

    async fn install(&self, cluster: &ClusterName, node: NodeId, program: &NodeProgram) -> Result<()> {
        self.of(cluster, node)?.install(cluster, node, program).await
    }

    async fn read_file(&self, cluster: &ClusterName, node: NodeId, path: &str) -> Result<Option<Vec<u8>>> {
        match self.of(cluster, node) {
            Ok(engine) => engine.read_file(cluster, node, path).await,
            // Before the first look the fleet does not know where it is.
            Err(error) if error.kind == EngineErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn start_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.of(cluster, node)?.start_node(cluster, node).await
    }

    async fn stop_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.of(cluster, node)?.stop_node(cluster, node).await
    }

    async fn set_resources(&self, cluster: &ClusterName, node: NodeId, resources: Resources) -> Result<()> {
        self.of(cluster, node)?.set_resources(cluster, node, resources).await
    }

    async fn kill_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.of(cluster, node)?.kill_node(cluster, node).await
    }

    async fn unpause_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.of(cluster, node)?.unpause_node(cluster, node).await
    }

    async fn set_data_aside(&self, spec: &Spec, node: NodeId) -> Result<Option<String>> {
        self.with_node(spec, node)?.set_data_aside(spec, node).await
    }

    async fn remove_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.of(cluster, node)?.remove_node(cluster, node).await?;
        self.known().places.remove(&(cluster.clone(), node));
        Ok(())
    }

    async fn remove_left_behind(&self, cluster: &ClusterName, node: NodeId, host: &HostName) -> Result<()> {
        let member = self.members().iter().find(|member| member.host.name == *host);
        match member {
            Some(member) => member.engine.remove_node(cluster, node).await,
            None => Ok(()),
        }
    }

    async fn log_tail(&self, cluster: &ClusterName, node: NodeId, lines: usize) -> Result<String> {
        self.of(cluster, node)?.log_tail(cluster, node, lines).await
    }
}
