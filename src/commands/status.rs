//! `redos status`: who is master, and whether all is well.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::existing;
use crate::cluster::observed::{Answer, Inventory, NodeState, Observed, Topology};
use crate::cluster::status::{Status, status};
use crate::converge::{Found, find, read_secrets};
use crate::engine::Engine;
use crate::error::{Exit, Failure};
use crate::output::{self, Ui};
use crate::servers::Servers;
use crate::spec::{ClusterName, NodeId, Secrets, Spec};

/// How often `--watch` looks anew. A failover takes about two seconds: this shows its course.
const REFRESH: Duration = Duration::from_secs(1);

/// Shows once a cluster that was found. The answer is whether it is healthy.
///
/// # Errors
/// The Engine failed, there is no such cluster, or the output is closed.
pub async fn run<E: Engine, S: Servers>(
    ui: &Ui,
    engine: &E,
    cluster: &ClusterName,
    found: Found,
    connect: impl Fn(&Spec, &Secrets) -> S,
) -> Result<Exit, Failure> {
    let status = Eye::new(engine, cluster, connect).look_at(found).await?;
    ui.document(&status, |ui| output::status::text(&status, ui))?;
    Ok(Exit::answer(status.healthy))
}

/// Shows a cluster again and again until `cancel`. The answer is whether it was healthy when last seen.
///
/// # Errors
/// The first look fails, or the output is closed. Later failures (the cluster is taken down and comes back, Docker
/// restarts) are shown, and it goes on.
pub async fn watch<E: Engine, S: Servers>(
    ui: &Ui,
    engine: &E,
    cluster: &ClusterName,
    connect: impl Fn(&Spec, &Secrets) -> S,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    let mut eye = Eye::new(engine, cluster, connect);
    let mut screen = ui.screen();
    let mut ticks = interval(REFRESH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last: Option<Exit> = None;
    loop {
        let look = async {
            ticks.tick().await;
            eye.look().await
        };
        let Some(seen) = cancel.run_until_cancelled(look).await else { break };
        match seen {
            Ok(status) => {
                screen.document(&status, |ui| output::status::text(&status, ui))?;
                last = Some(Exit::answer(status.healthy));
            }
            Err(failure) if last.is_none() => return Err(failure),
            Err(failure) => {
                screen.failure(&failure)?;
                last = Some(Exit::No);
            }
        }
    }
    Ok(last.unwrap_or(Exit::Interrupted))
}

/// Looks at one cluster, and keeps the way to its servers from look to look.
struct Eye<'a, E, S, C> {
    engine: &'a E,
    cluster: &'a ClusterName,
    connect: C,
    servers: Option<(Spec, S)>,
}

impl<'a, E: Engine, S: Servers, C: Fn(&Spec, &Secrets) -> S> Eye<'a, E, S, C> {
    const fn new(engine: &'a E, cluster: &'a ClusterName, connect: C) -> Self {
        Self { engine, cluster, connect, servers: None }
    }

    async fn look(&mut self) -> Result<Status, Failure> {
        let found = match self.servers {
            None => find(self.engine, self.cluster).await?,
            // The way to them is known.
            Some(_) => Found { inventory: self.engine.inventory(self.cluster).await?, secrets: None },
        };
        self.look_at(found).await
    }

    async fn look_at(&mut self, found: Found) -> Result<Status, Failure> {
        let Found { inventory, secrets } = found;
        existing::present(self.engine, self.cluster, &inventory)?;
        let spec = existing::recorded(self.cluster, &inventory)?.clone();
        let topology = self.topology(&spec, &inventory, secrets).await?;
        Ok(status(&spec, &Observed::new(inventory, topology), self.engine.remote_host()))
    }

    async fn topology(
        &mut self,
        spec: &Spec,
        inventory: &Inventory,
        secrets: Option<Secrets>,
    ) -> Result<Topology, Failure> {
        if self.servers.as_ref().is_none_or(|(of, _)| of != spec) {
            let secrets = match secrets {
                Some(secrets) => Some(secrets),
                None => read_secrets(self.engine, self.cluster, inventory).await?,
            };
            self.servers = secrets.map(|secrets| (spec.clone(), (self.connect)(spec, &secrets)));
        }
        Ok(match &self.servers {
            Some((_, servers)) => servers.topology(inventory).await,
            None => silent(inventory, "the cluster's passwords are on none of its nodes"),
        })
    }
}

/// What is said of servers that cannot be asked.
fn silent(inventory: &Inventory, why: &str) -> Topology {
    let mut topology = Topology::default();
    for (node, _) in inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running) {
        match node {
            NodeId::Redis { .. } => drop(topology.redis.insert(*node, Answer::Silent(why.to_owned()))),
            NodeId::Sentinel(_) => drop(topology.sentinels.insert(*node, Answer::Silent(why.to_owned()))),
            NodeId::Proxy(_) => drop(topology.proxies.insert(*node, Answer::Silent(why.to_owned()))),
        }
    }
    topology
}
