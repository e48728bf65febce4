//! `redos guard`: replaces a master as soon as its process has ended.

mod node;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use tokio::sync::{RwLock, watch};
use tokio::time::sleep;

use super::session::lock::INFLICTING;
use super::session::{Call, Session, World, lookup};
use crate::converge::{self, Found};
use crate::deaths::{Guarded, guard};
use crate::engine::Probes;
use crate::engine::lock::Locks;
use crate::engine::lock::process::{Fate, ProcessFacts};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::spec::{ClusterName, Group, Secrets, Spec};

/// Time between two looks at what the cluster consists of.
const REFRESH: Duration = Duration::from_secs(5);

/// Arguments of `guard`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It watches until Ctrl-C, on the Docker host itself. Sentinels wait for 'sentinel.downAfter'
before they replace a master, since it may come back. A guard sees that the master's process
has ended: its connection closes and its port refuses new ones. Then it has the Sentinels vote
and promotes the replica with most data. A master that is paused, slow or cut off stays the
Sentinels' business, and so does everything while another redos changes the cluster. Several
guards of a cluster act once.

Examples:
  redos guard
  redos guard & redos failover-test --fault kill")]
pub struct GuardArgs {
    /// The file of a guard that is a node of its cluster
    #[arg(long, value_name = "FILE", hide = true)]
    node: Option<PathBuf>,
}

/// Guards all masters until Ctrl-C, or until the cluster is gone.
///
/// # Errors
/// There is no such cluster, its passwords are lost, its nodes cannot be reached from here, or the Engine failed at first.
pub async fn run<W: World>(args: GuardArgs, call: Call<W>) -> Result<Exit, Failure> {
    if let Some(file) = &args.node {
        return node::run(file, &call.ui, &call.cancel).await;
    }
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    if !session.engine.is_local() {
        let what = "a guard runs on the Docker host itself: from elsewhere the end of a process cannot be told from that of \
                    a connection";
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("run it there: {}", command_line(&cluster, "guard"))));
    }
    let mut found = lookup::find(&*session.engine, &cluster).await?;
    lookup::has_master(lookup::recorded(&cluster, &found.inventory)?)?;
    while let Some(next) = guard_all(&session, &cluster, found).await? {
        if next.inventory.nodes.is_empty() {
            session.ui.status(format_args!("the cluster '{cluster}' is gone"));
            return Ok(Exit::Done);
        }
        found = next;
    }
    Ok(Exit::Done)
}

/// Guards the masters of a cluster. Returns it when it has other groups or is gone; `None` after Ctrl-C.
async fn guard_all<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    found: Found,
) -> Result<Option<Found>, Failure> {
    let (spec, secrets) = known(cluster, &found)?;
    let servers = Arc::new(session.servers(&spec, &secrets));
    let (sender, current) = watch::channel(Arc::new(Guarded { inventory: found.inventory, servers: servers.clone() }));
    let acting = RwLock::new(());
    let groups: Vec<Group> = spec.groups().collect();
    let guards = groups.iter().map(|group| {
        let tell = |news| session.ui.status(format_args!("{news}"));
        guard(*group, current.clone(), || at_work(session, cluster), &acting, tell)
    });
    let changed = async {
        let mut last = (spec, secrets, servers);
        loop {
            sleep(REFRESH).await;
            // An Engine that does not answer now is asked again; the masters are guarded meanwhile.
            let Ok(next) = converge::find(&*session.engine, cluster).await else { continue };
            if next.inventory.nodes.is_empty() {
                return next;
            }
            let Ok((spec, secrets)) = known(cluster, &next) else { continue };
            if !spec.groups().eq(groups.iter().copied()) {
                return next;
            }
            if (&spec, &secrets) != (&last.0, &last.1) {
                let servers = Arc::new(session.servers(&spec, &secrets));
                last = (spec, secrets, servers);
            }
            sender.send_replace(Arc::new(Guarded { inventory: next.inventory, servers: last.2.clone() }));
        }
    };
    let ended = async {
        let next = tokio::select! {
            () = session.cancel.cancelled() => None,
            next = changed => Some(next),
        };
        // What has begun goes on to its end.
        let _ = acting.write().await;
        next
    };
    tokio::select! {
        next = ended => Ok(next),
        _ = join_all(guards) => Ok(None),
    }
}

fn known(cluster: &ClusterName, found: &Found) -> Result<(Spec, Secrets), Failure> {
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    Ok((spec, found.secrets.clone().ok_or_else(|| lookup::no_passwords(cluster))?))
}

/// The redos that changes the cluster now, other than one that tests it.
async fn at_work<W: World>(session: &Session<W>, cluster: &ClusterName) -> Option<String> {
    let entries = match session.engine.entries(cluster).await {
        Ok(entries) => entries,
        Err(_) => return Some("the Engine does not say whether a redos changes the cluster".to_owned()),
    };
    let works = entries.into_iter().map(|entry| entry.holder).find(|holder| {
        let ended = holder.process.as_ref().is_some_and(|process: &ProcessFacts| process.fate() == Fate::Ended);
        !ended && !INFLICTING.contains(&holder.verb.as_str())
    });
    works.map(|holder| format!("{holder} changes the cluster"))
}
