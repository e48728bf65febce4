//! Applying a fault, holding it and undoing it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::ChaosVerb;
use super::args::{DirectionArg, FaultArgs, LinkArgs, TargetArgs};
use crate::agent::order::{Direction, Packets};
use crate::chaos::fault::{Fault, Written};
use crate::chaos::target::{HOST, LEADER, NoTarget, Scene, WORDS, leader};
use crate::chaos::watchdog::MARGIN;
use crate::cluster::observed::Observed;
use crate::commands::session::faults::{start_watchdog, undo_all};
use crate::commands::session::lock::Turn;
use crate::commands::session::{Session, World, lookup};
use crate::engine::lock::{self, Taken};
use crate::engine::{EngineError, Nodes};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::seconds;
use crate::spec::names::listed_nodes;
use crate::spec::{ClusterName, NodeId, Secrets, Spec};

/// How often the end of a fault checks whether another redos has undone it, while it waits for the lock.
const UNDONE_POLL: Duration = Duration::from_millis(200);
/// Lines of a Sentinel's log that are searched for its last failover.
const LOG_LINES: usize = 20_000;

/// The fault of a command line.
pub struct Inflicted<'a> {
    fault: Fault,
    whom: &'a TargetArgs,
    /// How long it lasts.
    duration: Duration,
    /// The affected packets, if it is a network fault.
    link: Option<&'a LinkArgs>,
}

impl<'a> Inflicted<'a> {
    /// A pause of this target.
    pub const fn pause(whom: &'a TargetArgs, duration: Duration) -> Self {
        Self { fault: Fault::PAUSE, whom, duration, link: None }
    }

    /// The fault of a command line; `None` where it asks for none.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn of(verb: &'a ChaosVerb) -> Result<Option<Self>, Failure> {
        Ok(Some(match verb {
            ChaosVerb::Fault(command) => {
                let fault = command.fault()?;
                let FaultArgs { whom, duration } = &command.args;
                Inflicted { fault, whom, duration: *duration, link: command.link.as_ref() }
            }
            // It is recorded as a stop, so that the node is started again whatever happens to this process.
            ChaosVerb::Restart(whom) => Inflicted { fault: Fault::STOP, whom, duration: Duration::ZERO, link: None },
            ChaosVerb::Unpause(_)
            | ChaosVerb::Start(_)
            | ChaosVerb::Ls
            | ChaosVerb::Heal { .. }
            | ChaosVerb::Agent { .. }
            | ChaosVerb::Watchdog { .. } => return Ok(None),
        }))
    }
}

/// Applies a fault to nodes, holds it and undoes it.
///
/// # Errors
/// The target does not exist, the fault would take too much, or it cannot be applied or undone.
pub async fn inflict<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    fault: &Inflicted<'_>,
) -> Result<Exit, Failure> {
    let Inflicted { fault: kind, whom, duration, .. } = *fault;
    if whom.dry_run {
        let Aim { nodes, peers, seed, .. } = aim(session, cluster, fault).await?;
        let between = if peers.is_empty() { String::new() } else { format!(" from {}", listed_nodes(&peers)) };
        let time = seconds(duration);
        session.ui.data(format!("{kind} of {}{between} for {time}, seed {seed}", listed_nodes(&nodes)))?;
        return Ok(Exit::Done);
    }
    let verb = format!("chaos {kind}");
    let apply = async |_| apply(session, cluster, fault).await;
    let written = Turn::of(cluster, &verb).take_amid_faults(session, apply).await?;
    if !duration.is_zero() {
        session.ui.status(format_args!("it lasts {}; Ctrl-C ends it", seconds(duration)));
    }
    session.cancel.run_until_cancelled(sleep(duration)).await;
    end(session, cluster, &verb, written).await?;
    Ok(if session.cancel.is_cancelled() { Exit::Interrupted } else { Exit::Done })
}

/// The nodes that a fault is going to hit.
struct Aim {
    nodes: BTreeSet<NodeId>,
    /// The peers, if only their packets are affected.
    peers: BTreeSet<NodeId>,
    /// The seed of the random choices.
    seed: u64,
    observed: Observed,
    /// The certificate of the authority of all nodes; `None` without TLS.
    authority: Option<String>,
}

async fn aim<W: World>(session: &Session<W>, cluster: &ClusterName, fault: &Inflicted<'_>) -> Result<Aim, Failure> {
    let Session { engine, .. } = session;
    let Inflicted { fault: kind, whom, .. } = *fault;
    let found = lookup::find(&**engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    let group = whom.group.parse()?;
    let authority = found.secrets.as_ref().and_then(Secrets::certificate).map(str::to_owned);
    let observed = session.observe(&spec, found).await?.observed;
    let mut scene = Scene {
        spec: &spec,
        observed: &observed,
        group,
        leader: None,
        seed: whom.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
    };
    let from = fault.link.map(|link| link.from.as_slice()).unwrap_or_default();
    if whom.targets.iter().chain(from).any(|text| text == LEADER) {
        scene.leader = leader(group, &sentinel_logs(session, &spec).await);
    }
    let none = |why: NoTarget| match why {
        NoTarget::Unknown(name) => lookup::no_such_node(cluster, &scene.nodes(), &name)
            .hinted(format!("or name a master group, a host as in {HOST}NAME, or one of {WORDS}")),
        NoTarget::Absent(why) => {
            Failure::message(FailureKind::Failed, why).hinted(format!("see the nodes: {}", command_line(cluster, "ps")))
        }
    };
    let nodes = scene.choose(&whom.targets).map_err(none)?;
    let peers = scene.choose(from).map_err(none)?;
    if let Err(why) = scene.permit(&nodes)
        && !whom.force
    {
        let refused = format!("{kind} of {} is refused: {why}", listed_nodes(&nodes));
        return Err(Failure::message(FailureKind::Failed, refused).hinted("do it anyway: --force"));
    }
    let seed = scene.seed;
    Ok(Aim { nodes, peers, seed, observed, authority })
}

/// Applies a fault and sees it work. If that fails nothing of it is left.
async fn apply<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    fault: &Inflicted<'_>,
) -> Result<Vec<Written>, Failure> {
    let Session { ui, engine, .. } = session;
    let Inflicted { fault: kind, duration, .. } = *fault;
    let Aim { nodes, peers, observed, authority, .. } = aim(session, cluster, fault).await?;
    let mut written = Vec::new();
    for node in &nodes {
        let link = link(*node, &peers, fault.link, &observed);
        let link = Packets { authority: authority.clone(), ..link };
        let lease = duration + MARGIN;
        let container = node.container_name(cluster);
        let entry = Written::write(&**engine, kind, &node.to_string(), &container, &link, lease).await;
        match entry {
            Ok(entry) => {
                start_watchdog(session, &entry);
                written.push(entry);
            }
            Err(error) => {
                undo_all(session, &written).await?;
                return Err(error.into());
            }
        }
    }
    let applied: Result<Vec<String>, EngineError> = join_all(written.iter().map(|entry| async {
        entry.apply(&**engine).await?;
        entry.await_applied(&**engine).await
    }))
    .await
    .into_iter()
    .collect();
    match applied {
        Ok(evidence) => {
            for (entry, evidence) in written.iter().zip(evidence) {
                ui.status(format_args!("{kind} of {}: {evidence}", entry.target));
            }
            Ok(written)
        }
        Err(error) => {
            undo_all(session, &written).await?;
            Err(error.into())
        }
    }
}

/// Ends faults whose time is over, unless another redos has undone them.
///
/// The holder of the lock undoes them before all else, so that the wait is short. A fault that stays is worse than two
/// redos that change a cluster: when the watchdog would undo it, the wait for the lock ends.
async fn end<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    verb: &str,
    written: Vec<Written>,
) -> Result<(), Failure> {
    let engine = &session.engine;
    let left = async || {
        let active: BTreeSet<String> = Written::all(&**engine).await?.into_iter().map(|entry| entry.id).collect();
        let is_left = |entry: &&Written| active.contains(&entry.id);
        Ok::<_, EngineError>(written.iter().filter(is_left).cloned().collect::<Vec<_>>())
    };
    let all_undone = async {
        while left().await.map_or(true, |left| !left.is_empty()) {
            sleep(UNDONE_POLL).await;
        }
    };
    let taken = lock::take(engine, cluster, verb, timeout(MARGIN, all_undone), |_| {}).await;
    // Without an answer it tries all of them.
    let left = left().await.unwrap_or_else(|_| written.clone());
    for entry in written.iter().filter(|entry| !left.contains(entry)) {
        session.ui.status(format_args!("{} of {} was undone by another redos", entry.fault, entry.before.name));
    }
    let undone = undo_all(session, &left).await;
    if let Ok(Taken::Held(lock)) = taken {
        lock.release().await;
    }
    undone
}

/// The affected packets of a node, and the servers where the effect is measured.
///
/// These are the other nodes, those first that answer a request.
fn link(node: NodeId, peers: &BTreeSet<NodeId>, args: Option<&LinkArgs>, observed: &Observed) -> Packets {
    let Some(args) = args else { return Packets::default() };
    let server = |other: &NodeId| observed.inventory.server(*other);
    // A proxy of another host has an address there that means nothing here.
    let inventory = &observed.inventory.nodes;
    let own = inventory.get(&node).and_then(|facts| facts.host_name.as_ref());
    let is_in_reach = |other: &NodeId| {
        inventory.get(other).is_some_and(|facts| facts.on_host.is_some() || facts.host_name.as_ref() == own)
    };
    let others = inventory.keys().filter(|other| **other != node && is_in_reach(other));
    let mut link = if peers.is_empty() {
        Packets::to_everybody(others.filter_map(server).collect())
    } else {
        Packets::to(others.filter(|other| peers.contains(other)).filter_map(server).collect())
    };
    link.direction = match args.direction {
        DirectionArg::Both => Direction::Both,
        DirectionArg::In => Direction::In,
        DirectionArg::Out => Direction::Out,
    };
    link
}

/// The logs of the Sentinels. A log that cannot be read is left out.
async fn sentinel_logs<W: World>(session: &Session<W>, spec: &Spec) -> BTreeMap<NodeId, String> {
    let logs = join_all(spec.sentinel_nodes().map(|node| async move {
        (node, session.engine.log_tail(&spec.name, node, LOG_LINES).await.unwrap_or_default())
    }));
    logs.await.into_iter().collect()
}
