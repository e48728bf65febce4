//! `redos status`: who is master, and whether all is well.

use std::time::Duration;

use clap::Args;
use tokio::time::{MissedTickBehavior, interval};

use super::session::{Call, Session, World, faults, lookup};
use crate::cluster::observed::{Answer, Inventory, NodeState, Observed, Topology};
use crate::cluster::status::{Status, status};
use crate::converge::{Found, find, read_secrets};
use crate::engine::Clusters;
use crate::error::{Exit, Failure};
use crate::output;
use crate::servers::Servers;
use crate::spec::{ClusterName, NodeId, Secrets, Spec};

/// How often `--watch` observes the cluster. A failover takes about two seconds: this shows its course.
const REFRESH: Duration = Duration::from_secs(1);

/// Arguments of `status`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The exit code is 0 when the cluster is healthy and 1 when it is not.

Examples:
  redos status
  redos status --watch
  redos status -o json | jq -r '.groups[].master.node'")]
pub struct StatusArgs {
    /// Show it again and again until interrupted
    #[arg(short, long)]
    pub watch: bool,
}

/// Shows the cluster, once or repeatedly until Ctrl-C. The answer is whether it was healthy when last seen.
///
/// # Errors
/// The first observation fails, or the output is closed. Later failures (the cluster is taken down and comes back,
/// Docker restarts) are shown, and it goes on.
pub async fn run<W: World>(args: StatusArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let (session, found) = call.reach(&cluster).await?;
    for fault in faults::active(&*session.engine, &cluster).await? {
        session.ui.warn(fault);
    }
    let mut watcher = Watcher::new(&session, &cluster);
    if args.watch {
        return watch(&session, watcher).await;
    }
    let status = watcher.look_at(found).await?;
    session.ui.document(&status, |ui| output::status::text(&status, ui))?;
    Ok(Exit::answer(status.healthy))
}

async fn watch<W: World>(session: &Session<W>, mut watcher: Watcher<'_, W>) -> Result<Exit, Failure> {
    let mut screen = session.ui.screen();
    let mut ticks = interval(REFRESH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last: Option<Exit> = None;
    loop {
        let look = async {
            ticks.tick().await;
            watcher.look().await
        };
        let Some(seen) = session.cancel.run_until_cancelled(look).await else { break };
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

/// Observes one cluster, and keeps the connections to its servers.
struct Watcher<'a, W: World> {
    session: &'a Session<W>,
    cluster: &'a ClusterName,
    servers: Option<(Spec, W::Servers)>,
}

impl<'a, W: World> Watcher<'a, W> {
    const fn new(session: &'a Session<W>, cluster: &'a ClusterName) -> Self {
        Self { session, cluster, servers: None }
    }

    async fn look(&mut self) -> Result<Status, Failure> {
        let found = match self.servers {
            None => find(&*self.session.engine, self.cluster).await?,
            // It is connected already.
            Some(_) => Found { inventory: self.session.engine.inventory(self.cluster).await?, secrets: None },
        };
        self.look_at(found).await
    }

    async fn look_at(&mut self, found: Found) -> Result<Status, Failure> {
        let Found { mut inventory, secrets } = found;
        lookup::present(&*self.session.engine, self.cluster, &inventory)?;
        let spec = lookup::recorded(self.cluster, &inventory)?.clone();
        faults::overlook_limits(&*self.session.engine, &spec, &mut inventory).await?;
        let topology = self.topology(&spec, &inventory, secrets).await?;
        Ok(status(&spec, &Observed::new(inventory, topology), self.session.engine.remote_host()))
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
                None => read_secrets(&*self.session.engine, self.cluster, inventory).await?,
            };
            self.servers = secrets.map(|secrets| (spec.clone(), self.session.servers(spec, &secrets)));
        }
        Ok(match &self.servers {
            Some((_, servers)) => servers.topology(inventory).await,
            None => silent(inventory, "the cluster's passwords are on none of its nodes"),
        })
    }
}

/// The topology of servers that cannot be asked.
pub fn silent(inventory: &Inventory, why: &str) -> Topology {
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
