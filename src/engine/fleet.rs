//! One engine of several hosts: each call goes to the host of its node, lists come from all of them.
//!
//! A cluster on one Engine is the case of a fleet without hosts. A host that is away is no error of a list: what it has is
//! reported as unseen. So is one whose Engine cannot even be opened, since its socket or its context is missing. A node is where its
//! container is, and one without a container where its specification has it.

mod around;
mod merge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::anyhow;
use futures_util::future::{join_all, try_join_all};
use tokio::sync::Mutex as PatientMutex;

use super::{
    ClusterSummary, Clusters, Conflict, DataStream, Engine, EngineError, EngineErrorKind, EngineVersion, Hosted,
    NodeFile, NodeProgram, NodeSpec, Nodes, Result, conflicts_on, image, in_time,
};
use crate::cluster::observed::{Inventory, NetworkFacts};
use crate::spec::{ClusterName, Host, HostName, Hosts, NodeId, Resources, Spec};

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
    open: Open<E>,
    /// Its Engine, once it could be opened.
    opened: OnceLock<E>,
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
    /// That is not the address of an Engine.
    pub fn new(open: Open<E>, address: Option<&str>, hosts: &Hosts) -> Result<Self> {
        let home = if hosts.is_empty() { Some(open(address)?) } else { None };
        let fleet = Self { open, home, members: OnceLock::new(), known: Mutex::default() };
        if fleet.home.is_none() {
            let _ = fleet.members.set(fleet.of(hosts));
        }
        Ok(fleet)
    }

    fn of(&self, hosts: &Hosts) -> Vec<Member<E>> {
        hosts.iter().map(|host| Member::new(host, self.open)).collect()
    }

    /// The hosts; none of a cluster on one Engine.
    fn members(&self) -> &[Member<E>] {
        self.members.get().map_or(&[], Vec::as_slice)
    }

    /// The only Engine of a cluster without hosts.
    fn alone(&self) -> Option<&E> {
        self.home.as_ref().filter(|_| self.members().is_empty())
    }

    /// The members that answer, with their places and Engines.
    fn reached(&self) -> impl Iterator<Item = (usize, &Member<E>, &E)> {
        let members = self.members().iter().enumerate().filter(|(_, member)| member.is_reached());
        members.filter_map(|(place, member)| Some((place, member, member.engine().ok()?)))
    }

    /// The Engine for what any host can do.
    ///
    /// # Errors
    /// None of them can be opened.
    fn any(&self) -> Result<&E> {
        let reached = self.reached().map(|(_, _, engine)| engine).next();
        let opened = || self.members().iter().find_map(|member| member.opened.get());
        match (reached.or_else(opened).or(self.home.as_ref()), self.members().first()) {
            (Some(engine), _) => Ok(engine),
            (None, Some(first)) => first.engine(),
            // `new` sets one of the two.
            (None, None) => unreachable!("a fleet has an Engine"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The member that has a node, or is to have it, with its place and its Engine.
    fn place(&self, cluster: &ClusterName, node: NodeId) -> Result<(usize, &Member<E>, &E)> {
        let place = self.known().places.get(&(cluster.clone(), node)).copied();
        place.map_or_else(|| self.home_of(cluster, node), |place| self.member(node, Some(place)))
    }

    /// The member on which a node is to be.
    fn home_of(&self, cluster: &ClusterName, node: NodeId) -> Result<(usize, &Member<E>, &E)> {
        let home = self.known().homes.get(&(cluster.clone(), node)).copied();
        self.member(node, home)
    }

    fn member(&self, node: NodeId, place: Option<usize>) -> Result<(usize, &Member<E>, &E)> {
        let member = place.and_then(|place| Some((place, self.members().get(place)?)));
        let (place, member) = member.ok_or_else(|| {
            let what = format!("find the host of {node}");
            EngineError::new(EngineErrorKind::NotFound, what, anyhow!("the record of the cluster names none"))
        })?;
        member.answers()?;
        Ok((place, member, member.engine()?))
    }

    /// The Engine that has a node.
    fn at(&self, cluster: &ClusterName, node: NodeId) -> Result<&E> {
        match self.alone() {
            Some(home) => Ok(home),
            None => self.place(cluster, node).map(|(_, _, engine)| engine),
        }
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
        self.at(&spec.name, node)
    }

    /// The Engine on which a node of this specification is to be, and its member of a fleet with hosts.
    fn to(&self, spec: &Spec, node: NodeId) -> Result<(&E, Option<&Member<E>>)> {
        if let Some(home) = self.alone() {
            return Ok((home, None));
        }
        self.learn(spec);
        self.home_of(&spec.name, node).map(|(_, member, engine)| (engine, Some(member)))
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
        image::copy(self.any()?, member.engine()?, reference).await
    }

    /// The whole of a cluster on all its hosts.
    async fn inventories(&self, cluster: &ClusterName) -> Result<Inventory> {
        let ask = async |member: &Member<E>| {
            let asked = async {
                let engine = member.engine()?;
                if !member.is_reached() {
                    engine.greet().await?;
                }
                engine.inventory(cluster).await
            };
            let answer = in_time(&member.host.name, asked).await;
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

impl<E> Member<E> {
    fn new(host: &Host, open: Open<E>) -> Self {
        let (opened, away, copying) = Default::default();
        Self { host: host.clone(), open, opened, away, copying }
    }

    /// Its Engine. One that could not be opened is tried again: its socket may be there by now.
    ///
    /// # Errors
    /// It has no address of an Engine, or the socket or the context is missing.
    fn engine(&self) -> Result<&E> {
        if let Some(engine) = self.opened.get() {
            return Ok(engine);
        }
        let engine = (self.open)(Some(&self.host.engine));
        let engine =
            engine.map_err(|error| error.hinted(format!("correct the host {} of the setting 'hosts'", self.host.name)));
        engine.map(|engine| self.opened.get_or_init(|| engine))
    }

    fn is_reached(&self) -> bool {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Notes whether it answers.
    fn note<T>(&self, answer: &Result<T>) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = answer.as_ref().err().map(EngineError::reason);
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
        self.alone().map_or_else(|| format!("the hosts {}", names.join(", ")), Clusters::describe)
    }

    fn version(&self) -> Option<EngineVersion> {
        self.any().ok()?.version()
    }

    async fn greet(&self) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.greet().await;
        }
        let greeted = join_all(self.members().iter().map(async |member| {
            let asked = async { member.engine()?.greet().await };
            let answer = asked.await;
            member.note(&answer);
            answer
        }));
        merge::unless_all_failed(greeted.await).map(drop)
    }

    fn remote_host(&self) -> Option<&str> {
        // On several hosts each proxy has its own, which its facts name.
        self.alone()?.remote_host()
    }

    async fn inventory(&self, cluster: &ClusterName) -> Result<Inventory> {
        let Some(home) = self.alone() else { return self.inventories(cluster).await };
        let inventory = home.inventory(cluster).await?;
        let hosts = inventory.recorded.as_ref().map(|recorded| recorded.hosts.clone()).unwrap_or_default();
        if hosts.is_empty() {
            return Ok(inventory);
        }
        // One of the hosts was asked, and its record names the others.
        let _ = self.members.set(self.of(&hosts));
        self.greet().await?;
        self.inventories(cluster).await
    }

    async fn clusters(&self) -> Result<Vec<ClusterSummary>> {
        self.any()?.clusters().await
    }

    async fn conflicts(&self, spec: &Spec, inventory: &Inventory) -> Result<Vec<Conflict>> {
        if let Some(home) = self.alone() {
            return home.conflicts(spec, inventory).await;
        }
        let look = async |(_, member, engine): (usize, &Member<E>, &E)| {
            let host = &member.host.name;
            let found = conflicts_on(host, engine, spec, inventory).await?;
            let with_host = |found: Conflict| Conflict { what: format!("{} on {host}", found.what), ..found };
            Ok::<Vec<Conflict>, EngineError>(found.into_iter().map(with_host).collect())
        };
        try_join_all(self.reached().map(look)).await.map(|found| found.concat())
    }

    async fn record_spec(&self, spec: &Spec) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.record_spec(spec).await;
        }
        self.learn(spec);
        // A host that leaves the list gets no record any more.
        let stays = |(_, member, _): &(usize, &Member<E>, &E)| spec.hosts.get(&member.host.name).is_some();
        let calls = self.reached().filter(stays).map(|(_, _, engine)| engine.record_spec(spec)).collect();
        self.by_majority("record the configuration", calls).await.map(drop)
    }

    async fn remove_record(&self, cluster: &ClusterName) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.remove_record(cluster).await;
        }
        try_join_all(self.reached().map(|(_, _, engine)| engine.remove_record(cluster))).await.map(drop)
    }

    async fn leave_host(&self, cluster: &ClusterName, host: &HostName) -> Result<()> {
        let Some((place, member)) = self.members().iter().enumerate().find(|(_, member)| member.host.name == *host)
        else {
            return Ok(());
        };
        member.answers()?;
        let engine = member.engine()?;
        let network = self.known().networks.get(&(cluster.clone(), place)).cloned();
        if let Some(network) = network.filter(|network| network.is_own && network.guests.is_empty()) {
            engine.remove_network(&network.id).await?;
        }
        engine.remove_record(cluster).await
    }

    async fn create_network(&self, spec: &Spec) -> Result<NetworkFacts> {
        if let Some(home) = self.alone() {
            return home.create_network(spec).await;
        }
        let create =
            async |(place, _, engine): (usize, &Member<E>, &E)| Ok((place, engine.create_network(spec).await?));
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
        if let Some(home) = self.alone() {
            return home.remove_network(id).await;
        }
        let networks: Vec<(usize, String)> = {
            let known = self.known();
            let of_cluster = known.networks.iter().filter(|((cluster, _), _)| merge::network_id(cluster) == id);
            of_cluster.map(|((_, place), network)| (*place, network.id.clone())).collect()
        };
        let remove = async |(place, id): (usize, String)| match self.members().get(place) {
            Some(member) if member.is_reached() => member.engine()?.remove_network(&id).await,
            _ => Ok(()),
        };
        try_join_all(networks.into_iter().map(remove)).await.map(drop)
    }

    async fn remove_abandoned(&self) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.remove_abandoned().await;
        }
        try_join_all(self.reached().map(|(_, _, engine)| engine.remove_abandoned())).await.map(drop)
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
        if let Some(home) = self.alone() {
            return home.remove_volume(cluster, node).await;
        }
        // A node that was moved has left one on its former host.
        try_join_all(self.reached().map(|(_, _, engine)| engine.remove_volume(cluster, node))).await.map(drop)
    }

    async fn create_node(&self, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.create_node(spec, node, network_id).await;
        }
        self.learn(spec);
        let (place, member, engine) = self.home_of(&spec.name, node.node)?;
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
        engine.create_node(spec, &own, &network).await?;
        self.known().places.insert((spec.name.clone(), node.node), place);
        Ok(())
    }

    async fn write_files(&self, cluster: &ClusterName, node: NodeId, files: Vec<NodeFile>) -> Result<()> {
        self.at(cluster, node)?.write_files(cluster, node, files).await
    }

    async fn install(&self, cluster: &ClusterName, node: NodeId, program: &NodeProgram) -> Result<()> {
        self.at(cluster, node)?.install(cluster, node, program).await
    }

    async fn read_file(&self, cluster: &ClusterName, node: NodeId, path: &str) -> Result<Option<Vec<u8>>> {
        match self.at(cluster, node) {
            Ok(engine) => engine.read_file(cluster, node, path).await,
            // Before the first look the fleet does not know where it is.
            Err(error) if error.kind == EngineErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn start_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.at(cluster, node)?.start_node(cluster, node).await
    }

    async fn stop_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.at(cluster, node)?.stop_node(cluster, node).await
    }

    async fn set_resources(&self, cluster: &ClusterName, node: NodeId, resources: Resources) -> Result<()> {
        self.at(cluster, node)?.set_resources(cluster, node, resources).await
    }

    async fn kill_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.at(cluster, node)?.kill_node(cluster, node).await
    }

    async fn unpause_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.at(cluster, node)?.unpause_node(cluster, node).await
    }

    async fn set_data_aside(&self, spec: &Spec, node: NodeId) -> Result<Option<String>> {
        self.with_node(spec, node)?.set_data_aside(spec, node).await
    }

    async fn remove_node(&self, cluster: &ClusterName, node: NodeId) -> Result<()> {
        self.at(cluster, node)?.remove_node(cluster, node).await?;
        self.known().places.remove(&(cluster.clone(), node));
        Ok(())
    }

    async fn remove_left_behind(&self, cluster: &ClusterName, node: NodeId, host: &HostName) -> Result<()> {
        match self.members().iter().find(|member| member.host.name == *host) {
            Some(member) => member.engine()?.remove_node(cluster, node).await,
            None => Ok(()),
        }
    }

    async fn log_tail(&self, cluster: &ClusterName, node: NodeId, lines: usize) -> Result<String> {
        self.at(cluster, node)?.log_tail(cluster, node, lines).await
    }
}

impl<E: Engine> Hosted for Fleet<E> {
    type Alone = E;

    fn hosts(&self) -> Vec<(&Host, Result<&E>)> {
        self.members().iter().map(|member| (&member.host, member.engine())).collect()
    }
}
