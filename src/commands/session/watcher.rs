//! The look at a cluster that verbs repeat.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Session, World, faults, lookup};
use crate::cluster::observed::{
    Answer, Inventory, MasterLogin, NodeState, Observed, OtherUsers, ProxyView, RotationView, Topology,
};
use crate::cluster::status::{Status, status};
use crate::converge::{Found, certificates, find, newest, read_all_secrets};
use crate::engine::Clusters;
use crate::error::Failure;
use crate::servers::{Depth, Servers};
use crate::spec::{ClusterName, NodeId, Secrets, Spec};

/// How long the Engine's report stays good when no event contradicts it.
///
/// It covers what makes no event of a container, such as `docker network disconnect`. The report costs the Engine some
/// ten milliseconds of CPU.
const REPORT_AGE_MAX: Duration = Duration::from_secs(15);

/// Observes one cluster, and keeps the connections to its servers.
pub struct Watcher<'a, W: World> {
    session: &'a Session<W>,
    cluster: &'a ClusterName,
    servers: Option<Connected<W::Servers>>,
    /// The Engine's last report, and when it was made.
    report: Option<(Inventory, Instant)>,
}

/// The servers of a cluster, and what its passwords were read for.
struct Connected<S> {
    spec: Spec,
    /// The id of the cluster's network then. A new cluster of the same name has a new one, and new passwords.
    network: Option<String>,
    secrets: Secrets,
    /// The rotation of passwords that was open then.
    rotation: Option<RotationView>,
    servers: S,
}

impl<S> Connected<S> {
    fn fits(&self, spec: &Spec, inventory: &Inventory) -> bool {
        let network = inventory.network.as_ref().map(|network| &network.id);
        // A network that was removed says nothing of the passwords.
        self.spec == *spec && (network.is_none() || network == self.network.as_ref())
    }
}

impl<'a, W: World> Watcher<'a, W> {
    /// A watcher that has not looked yet.
    pub const fn new(session: &'a Session<W>, cluster: &'a ClusterName) -> Self {
        Self { session, cluster, servers: None, report: None }
    }

    /// Asks the Engine and the servers.
    ///
    /// # Errors
    /// The Engine failed, or there is no such cluster.
    pub async fn look(&mut self) -> Result<Status, Failure> {
        let found = match self.servers {
            None => find(&*self.session.engine, self.cluster).await?,
            // It is connected already.
            Some(_) => Found {
                inventory: self.session.engine.inventory(self.cluster).await?,
                secrets: None,
                kept: BTreeMap::new(),
            },
        };
        self.look_at(found).await
    }

    /// Asks the servers, and the Engine only if its last report is old or was forgotten.
    ///
    /// # Errors
    /// As [`Watcher::look`].
    pub async fn look_lightly(&mut self) -> Result<Status, Failure> {
        match self.report.take_if(|(_, made)| made.elapsed() < REPORT_AGE_MAX) {
            Some((inventory, made)) => {
                let status = self.judge(&inventory, Depth::Glance).await;
                self.report = Some((inventory, made));
                status
            }
            None => self.look().await,
        }
    }

    /// Makes the next look ask the Engine: a container has changed.
    pub fn forget_report(&mut self) {
        self.report = None;
    }

    /// Asks the servers of a cluster that was found a moment ago.
    ///
    /// # Errors
    /// As [`Watcher::look`].
    pub async fn look_at(&mut self, found: Found) -> Result<Status, Failure> {
        let Found { mut inventory, secrets, kept } = found;
        if let Err(failure) = lookup::present(&*self.session.engine, self.cluster, &inventory) {
            // If the cluster comes back without its volumes, it has new passwords.
            self.servers = None;
            return Err(failure);
        }
        let spec = lookup::recorded(self.cluster, &inventory)?;
        faults::overlook_limits(&*self.session.engine, &spec.clone(), &mut inventory).await?;
        let spec = lookup::recorded(self.cluster, &inventory)?;
        if let Some(secrets) = secrets {
            self.connect(spec, &inventory, secrets, &kept);
        }
        let status = self.judge(&inventory, Depth::Full).await?;
        self.report = Some((inventory, Instant::now()));
        Ok(status)
    }

    async fn judge(&mut self, inventory: &Inventory, depth: Depth) -> Result<Status, Failure> {
        let spec = lookup::recorded(self.cluster, inventory)?;
        if self.servers.as_ref().is_none_or(|connected| !connected.fits(spec, inventory)) {
            self.servers = None;
            self.read_passwords(spec, inventory).await?;
        }
        let mut observed = self.observe(inventory, depth).await;
        // Whoever rotates passwords does not tell who watches.
        if may_be_rotated(&observed) && self.read_passwords(spec, inventory).await? {
            observed = self.observe(inventory, depth).await;
        }
        Ok(status(spec, &observed))
    }

    async fn observe(&self, inventory: &Inventory, depth: Depth) -> Observed {
        let (topology, rotation) = match &self.servers {
            Some(connected) => (connected.servers.topology_at(inventory, depth).await, connected.rotation.clone()),
            None => (silent(inventory, "the cluster's passwords are on none of its nodes"), None),
        };
        let certificates = self.servers.as_ref().and_then(|connected| certificates(&connected.secrets, &topology));
        Observed::new(inventory.clone(), topology).with_rotation(rotation).with_certificates(certificates)
    }

    /// Reads the passwords of the cluster. Returns whether they, or how far a rotation of them is, were news.
    async fn read_passwords(&mut self, spec: &Spec, inventory: &Inventory) -> Result<bool, Failure> {
        let kept = read_all_secrets(&*self.session.engine, self.cluster, inventory).await?;
        Ok(newest(&kept).is_some_and(|secrets| self.connect(spec, inventory, secrets, &kept)))
    }

    /// Takes over the passwords of the cluster. Returns whether they, or how far a rotation of them is, were news.
    fn connect(
        &mut self,
        spec: &Spec,
        inventory: &Inventory,
        secrets: Secrets,
        kept: &BTreeMap<NodeId, Secrets>,
    ) -> bool {
        let rotation = RotationView::of(&secrets, kept);
        let connected = self.servers.take().filter(|connected| connected.fits(spec, inventory));
        if let Some(mut connected) = connected.filter(|connected| connected.secrets == secrets) {
            let is_news = connected.rotation != rotation;
            connected.rotation = rotation;
            self.servers = Some(connected);
            return is_news;
        }
        let network = inventory.network.as_ref().map(|network| network.id.clone());
        let servers = self.session.servers(spec, &secrets);
        self.servers = Some(Connected { spec: spec.clone(), network, secrets, rotation, servers });
        true
    }
}

/// Whether the passwords of the cluster may be others than those that it was asked with.
fn may_be_rotated(observed: &Observed) -> bool {
    let topology = &observed.topology;
    let has_news = |users: &OtherUsers| !users.changed.is_empty() || !users.outdated.is_empty();
    let redis = topology.redis.values().filter_map(Answer::said);
    let sentinels = topology.sentinels.values().filter_map(Answer::said);
    let is_refused = |answer: &Answer<ProxyView>| matches!(answer, Answer::Silent(why) if why.contains("401"));
    observed.rotation.is_some()
        || redis.into_iter().any(|view| has_news(&view.users) || view.login != MasterLogin::Current)
        || sentinels.into_iter().any(|view| has_news(&view.users))
        || topology.proxies.values().any(is_refused)
}

/// The topology of servers that cannot be asked.
pub fn silent(inventory: &Inventory, why: &str) -> Topology {
    let mut topology = Topology::default();
    for (node, _) in inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running) {
        match node {
            NodeId::Redis { .. } => drop(topology.redis.insert(*node, Answer::Silent(why.to_owned()))),
            NodeId::Sentinel(_) => drop(topology.sentinels.insert(*node, Answer::Silent(why.to_owned()))),
            NodeId::Proxy(_) => drop(topology.proxies.insert(*node, Answer::Silent(why.to_owned()))),
            NodeId::Exporter => topology.exporter = Some(Answer::Silent(why.to_owned())),
            NodeId::Guard(_) => drop(topology.guards.insert(*node, Answer::Silent(why.to_owned()))),
        }
    }
    topology
}
