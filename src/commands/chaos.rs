//! `redos chaos`: a fault, for a time; and the undoing of faults that are left.
//!
//! The cluster's lock is held while faults are applied and while they are undone, and not while they last: `chaos heal` and
//! `up` end a fault that lasts. Only a guard does without it, since it is there for what went wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::lock::Turn;
use super::{Context, existing, observe};
use crate::agent;
use crate::agent::order::{Direction, Link, Order};
use crate::chaos::fault::{Fault, Written};
use crate::chaos::target::{LEADER, Scene, leader};
use crate::cli::{ChaosVerb, DirectionArg, FaultArgs, LinkArgs, TargetArgs};
use crate::cluster::observed::Observed;
use crate::engine::containers::Containers;
use crate::engine::lock::{self, Taken};
use crate::engine::{Engine, EngineError};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::table::{Column, Table};
use crate::output::units::seconds;
use crate::output::{List, Ui, command_line};
use crate::spec::{ClusterName, NodeId, REDIS_PORT, Role, SENTINEL_PORT, STATS_PORT, Spec};

/// How much longer than its fault a guard waits before it steps in, and an agent before it ends by itself.
const GUARD_MARGIN: Duration = Duration::from_secs(5);
/// How often a guard looks whether its fault is undone already.
const GUARD_POLL: Duration = Duration::from_millis(500);
/// How often the end of a fault looks whether somebody else has undone it, while it waits for the lock.
const UNDONE_POLL: Duration = Duration::from_millis(200);
/// How far back in a Sentinel's log its last failover is looked for.
const LOG_LINES: usize = 20_000;

/// What the command line asks for.
pub struct Request<'a> {
    fault: Fault,
    whom: &'a TargetArgs,
    /// How long it lasts.
    duration: Duration,
    /// Which packets, where it is one of the network.
    link: Option<&'a LinkArgs>,
}

impl<'a> Request<'a> {
    /// The fault of a command line; `None` where it asks for none.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn of(verb: &'a ChaosVerb) -> Result<Option<Self>, Failure> {
        let usage = |why: String| Failure::message(FailureKind::Usage, why);
        let lasting =
            |fault, args: &'a FaultArgs| Request { fault, whom: &args.whom, duration: args.duration, link: None };
        let network = |fault, link: &'a LinkArgs| Request { link: Some(link), ..lasting(fault, &link.args) };
        // The parameters of a fault are read in one place.
        let read = |text: String| text.parse::<Fault>().map_err(usage);
        Ok(Some(match verb {
            ChaosVerb::Pause(args) => lasting(Fault::Pause, args),
            ChaosVerb::Kill { signal, args } => lasting(read(format!("kill={signal}"))?, args),
            ChaosVerb::Stop(args) => lasting(Fault::Stop, args),
            // Written down as a stop, so that it is started again whatever happens to this process.
            ChaosVerb::Restart(whom) => Request { fault: Fault::Stop, whom, duration: Duration::ZERO, link: None },
            ChaosVerb::Freeze(args) => lasting(Fault::Freeze, args),
            ChaosVerb::Disconnect(args) => lasting(Fault::Disconnect, args),
            ChaosVerb::Slow(args) => lasting(Fault::Slow, args),
            ChaosVerb::NoFork(args) => lasting(Fault::NoFork, args),
            ChaosVerb::ClientPause(args) => lasting(Fault::ClientPause, args),
            ChaosVerb::Oom(args) => lasting(Fault::Oom, args),
            ChaosVerb::FillDisk { limit, args } => lasting(read(format!("fill-disk={limit}"))?, args),
            ChaosVerb::Partition(link) => network(read("partition".to_owned())?, link),
            ChaosVerb::Reset(link) => network(read("reset".to_owned())?, link),
            ChaosVerb::Latency { delay, jitter, link } => network(Fault::latency(*delay, *jitter), link),
            ChaosVerb::Loss { share, link } => network(read(format!("loss={share}"))?, link),
            ChaosVerb::Throttle { rate, link } => network(read(format!("throttle={rate}"))?, link),
            ChaosVerb::Unpause(_)
            | ChaosVerb::Start(_)
            | ChaosVerb::Ls
            | ChaosVerb::Heal { .. }
            | ChaosVerb::Agent { .. }
            | ChaosVerb::Guard { .. } => return Ok(None),
        }))
    }
}

/// Applies a fault to nodes, holds it and undoes it.
///
/// # Errors
/// No such target, a fault that would take too much, one that cannot be applied, or not be undone.
pub async fn inflict(context: &Context, cluster: &ClusterName, request: &Request<'_>) -> Result<Exit, Failure> {
    let Request { fault, whom, duration, .. } = *request;
    if whom.dry_run {
        let Aim { nodes, peers, seed, .. } = aim(context, cluster, request).await?;
        let between = if peers.is_empty() { String::new() } else { format!(" from {}", listed(&peers)) };
        let time = seconds(duration);
        context.ui.data(format!("{fault} of {}{between} for {time}, seed {seed}", listed(&nodes)))?;
        return Ok(Exit::Done);
    }
    let verb = format!("chaos {fault}");
    let apply = async |_| apply(context, cluster, request).await;
    let written = Turn::of(cluster, &verb).take_amid_faults(context, apply).await?;
    if !duration.is_zero() {
        context.ui.status(format_args!("it lasts {}; Ctrl-C ends it", seconds(duration)));
    }
    context.cancel.run_until_cancelled(sleep(duration)).await;
    end(context, cluster, &verb, written).await?;
    Ok(if context.cancel.is_cancelled() { Exit::Interrupted } else { Exit::Done })
}

/// Whom a fault is going to hit.
struct Aim {
    nodes: BTreeSet<NodeId>,
    /// Where packets are from, if that was asked for.
    peers: BTreeSet<NodeId>,
    /// What the random choices came from.
    seed: u64,
    observed: Observed,
}

async fn aim(context: &Context, cluster: &ClusterName, request: &Request<'_>) -> Result<Aim, Failure> {
    let Context { engine, .. } = context;
    let Request { fault, whom, .. } = *request;
    let found = existing::find(&**engine, cluster).await?;
    let spec = existing::recorded(cluster, &found.inventory)?.clone();
    let group = whom.group.parse().map_err(|why: String| Failure::message(FailureKind::Usage, why))?;
    let observed = observe(context, &spec, found).await?.observed;
    let mut scene = Scene {
        spec: &spec,
        observed: &observed,
        group,
        leader: None,
        seed: whom.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
    };
    let from = request.link.map(|link| link.from.as_slice()).unwrap_or_default();
    if whom.targets.iter().chain(from).any(|text| text == LEADER) {
        scene.leader = leader(group, &sentinel_logs(context, &spec).await);
    }
    let none = |why: String| {
        Failure::message(FailureKind::Failed, why).hinted(format!("see the nodes: {}", command_line(cluster, "ps")))
    };
    let nodes = scene.choose(&whom.targets).map_err(none)?;
    let peers = scene.choose(from).map_err(none)?;
    if let Err(why) = scene.permit(&nodes)
        && !whom.force
    {
        let refused = format!("{fault} of {} is refused: {why}", listed(&nodes));
        return Err(Failure::message(FailureKind::Failed, refused).hinted("do it all the same: --force"));
    }
    let seed = scene.seed;
    Ok(Aim { nodes, peers, seed, observed })
}

/// Applies a fault and sees it bite. When that fails nothing of it is left.
async fn apply(context: &Context, cluster: &ClusterName, request: &Request<'_>) -> Result<Vec<Written>, Failure> {
    let Context { ui, engine, .. } = context;
    let Request { fault, duration, .. } = *request;
    let Aim { nodes, peers, observed, .. } = aim(context, cluster, request).await?;
    let mut written = Vec::new();
    for node in &nodes {
        let link = link(*node, &peers, request.link, &observed);
        let lease = duration + GUARD_MARGIN;
        let container = node.container_name(cluster);
        let entry = Written::write(&**engine, fault, &node.to_string(), &container, &link, lease).await;
        match entry {
            Ok(entry) => {
                guard(context, &entry);
                written.push(entry);
            }
            Err(error) => {
                undo_all(context, &written).await?;
                return Err(error.into());
            }
        }
    }
    let applied: Result<Vec<String>, EngineError> = join_all(written.iter().map(|entry| async {
        entry.apply(&**engine).await?;
        entry.is_applied(&**engine).await
    }))
    .await
    .into_iter()
    .collect();
    match applied {
        Ok(evidence) => {
            for (entry, evidence) in written.iter().zip(evidence) {
                ui.status(format_args!("{fault} of {}: {evidence}", entry.target));
            }
            Ok(written)
        }
        Err(error) => {
            undo_all(context, &written).await?;
            Err(error.into())
        }
    }
}

/// Ends faults whose time is over, but for those that somebody else has undone. Who holds the lock undoes them before all
/// else, so that the wait is short. A fault that stays is worse than two who change a cluster: when the guard would undo it,
/// the lock is waited for no longer.
async fn end(context: &Context, cluster: &ClusterName, verb: &str, written: Vec<Written>) -> Result<(), Failure> {
    let engine = &context.engine;
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
    let taken = lock::take(engine, cluster, verb, timeout(GUARD_MARGIN, all_undone), |_| {}).await;
    // Without an answer all are tried.
    let left = left().await.unwrap_or_else(|_| written.clone());
    for entry in written.iter().filter(|entry| !left.contains(entry)) {
        context.ui.status(format_args!("{} of {} was undone by another redos", entry.fault, entry.before.name));
    }
    let undone = undo_all(context, &left).await;
    if let Ok(Taken::Held(lock)) = taken {
        lock.release().await;
    }
    undone
}

/// Undoes faults, all at the same time, and says so.
async fn undo_all(context: &Context, faults: &[Written]) -> Result<(), Failure> {
    let undone = join_all(faults.iter().map(|entry| async move { (entry, entry.undo(&*context.engine).await) })).await;
    let mut failed = Ok(());
    for (entry, undone) in undone {
        match undone {
            Ok(evidence) => {
                let evidence = if evidence.is_empty() { evidence } else { format!(": {evidence}") };
                context.ui.status(format_args!("{} of {} is undone{evidence}", entry.fault, entry.before.name));
            }
            Err(error) => failed = Err(error.into()),
        }
    }
    failed
}

fn listed(nodes: &BTreeSet<NodeId>) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Which packets of a node are meant, and where it is measured what becomes of them: at the other nodes, those first that
/// can be asked something.
fn link(node: NodeId, peers: &BTreeSet<NodeId>, args: Option<&LinkArgs>, observed: &Observed) -> Link {
    let Some(args) = args else { return Link::default() };
    let server = |other: &NodeId| -> Option<SocketAddrV4> {
        let port = match other.role() {
            Role::Redis => REDIS_PORT,
            Role::Sentinel => SENTINEL_PORT,
            Role::Proxy => STATS_PORT,
        };
        Some(SocketAddrV4::new(observed.inventory.nodes.get(other)?.address?, port))
    };
    let others = observed.inventory.nodes.keys().filter(|other| **other != node);
    let mut link = if peers.is_empty() {
        Link::to_everybody(others.filter_map(server).collect())
    } else {
        Link::to(others.filter(|other| peers.contains(other)).filter_map(server).collect())
    };
    link.direction = match args.direction {
        DirectionArg::Both => Direction::Both,
        DirectionArg::In => Direction::In,
        DirectionArg::Out => Direction::Out,
    };
    link
}

/// What the Sentinels have logged. One that cannot be read tells nothing.
async fn sentinel_logs(context: &Context, spec: &Spec) -> BTreeMap<NodeId, String> {
    let logs = join_all(spec.sentinel_nodes().map(|node| async move {
        (node, context.engine.log_tail(&spec.name, node, LOG_LINES).await.unwrap_or_default())
    }));
    logs.await.into_iter().collect()
}

/// A fault that is not undone yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    id: String,
    fault: String,
    target: String,
    container: String,
    seconds_left: i64,
}

/// The faults of a cluster that are not undone yet, each as a sentence with the command that ends it.
///
/// # Errors
/// The Engine failed.
pub async fn active(engine: &impl Containers, cluster: &ClusterName) -> Result<Vec<String>, Failure> {
    let faults = Written::all(engine).await?.into_iter().filter(|written| container_of(cluster, written));
    let heal = command_line(cluster, "chaos heal");
    let told = |written: Written| {
        let left = written.until.saturating_sub(now());
        format!("the fault '{}' of {} is active, for {left} s more; end it: {heal}", written.fault, written.target)
    };
    Ok(faults.map(told).collect())
}

/// Lists the faults that are not undone yet.
///
/// # Errors
/// The Engine failed, or the output is closed.
pub async fn list(context: &Context) -> Result<Exit, Failure> {
    let faults = Written::all(&*context.engine).await?;
    let now = now();
    let active = |written: Written| Active {
        seconds_left: written.until as i64 - now as i64,
        id: written.id,
        fault: written.fault.to_string(),
        target: written.target,
        container: written.before.name,
    };
    let list = List::new("FaultList", faults.into_iter().map(active).collect());
    context.ui.document(&list, |ui| table(&list.items, ui))?;
    Ok(Exit::Done)
}

fn table(faults: &[Active], ui: &Ui) -> String {
    if faults.is_empty() {
        return "no fault is active".to_owned();
    }
    let mut table = Table::new([
        Column::new("FAULT"),
        Column::new("CONTAINER"),
        Column::number("SECONDS LEFT"),
        Column::new("ID").optional(),
    ]);
    for fault in faults {
        table.row([fault.fault.clone(), fault.container.clone(), fault.seconds_left.to_string(), fault.id.clone()]);
    }
    table.render(ui.width())
}

/// Undoes all faults that are not undone yet; those of one cluster, if one is given.
///
/// # Errors
/// One of them could not be undone; the others are. Or a cluster is in use for too long.
pub async fn heal(context: &Context, cluster: Option<&ClusterName>) -> Result<Exit, Failure> {
    let faults = Written::all(&*context.engine).await?;
    let clusters: BTreeSet<ClusterName> = faults.iter().filter_map(cluster_of).collect();
    let mut healed = Ok(());
    // One after the other, so that nobody who has a lock waits for another.
    for cluster in clusters.iter().filter(|of| cluster.is_none_or(|cluster| cluster == *of)) {
        let undo = async |_| undo_left(context, cluster).await;
        healed = Turn::of(cluster, "chaos heal").take_amid_faults(context, undo).await.and(healed);
    }
    if cluster.is_none() {
        healed = undo_those(context, |written| cluster_of(written).is_none()).await.and(healed);
    }
    healed.map(|()| Exit::Done)
}

/// Undoes all faults of a cluster, whose lock the caller holds.
///
/// # Errors
/// One of them could not be undone; the others are.
pub async fn undo_left(context: &Context, cluster: &ClusterName) -> Result<(), Failure> {
    undo_those(context, |written| container_of(cluster, written)).await
}

/// Undoes the faults of some nodes of a cluster.
///
/// # Errors
/// There is no such node, or one of them could not be undone; the others are.
pub async fn mend(context: &Context, cluster: &ClusterName, nodes: &[String]) -> Result<Exit, Failure> {
    let nodes = existing_nodes(context, cluster, nodes).await?;
    let mended = async |_| {
        undo_those(context, |written| container_of(cluster, written) && nodes.contains(&written.target)).await
    };
    Turn::of(cluster, "chaos heal").take_amid_faults(context, mended).await?;
    Ok(Exit::Done)
}

/// Undoes the pauses of some nodes of a cluster, and thaws those that somebody else has paused.
///
/// # Errors
/// There is no such node, or the Engine failed.
pub async fn unpause(context: &Context, cluster: &ClusterName, nodes: &[String]) -> Result<Exit, Failure> {
    let nodes = existing_nodes(context, cluster, nodes).await?;
    let is_pause = |written: &Written| written.fault == Fault::Pause;
    let unpaused = async |_| {
        undo_those(context, |w| is_pause(w) && container_of(cluster, w) && nodes.contains(&w.target)).await?;
        for node in &nodes {
            Containers::unpause(&*context.engine, &format!("{cluster}-{node}")).await?;
            context.ui.status(format_args!("{node} is not paused"));
        }
        Ok(Exit::Done)
    };
    Turn::of(cluster, "chaos unpause").take_amid_faults(context, unpaused).await
}

/// Undoes the kills and stops of some nodes of a cluster, and starts those that somebody else has stopped.
///
/// # Errors
/// There is no such node, or the Engine failed.
pub async fn start(context: &Context, cluster: &ClusterName, nodes: &[String]) -> Result<Exit, Failure> {
    let nodes = existing_nodes(context, cluster, nodes).await?;
    let is_end = |written: &Written| matches!(written.fault, Fault::Kill(_) | Fault::Stop);
    let started = async |_| {
        undo_those(context, |w| is_end(w) && container_of(cluster, w) && nodes.contains(&w.target)).await?;
        for node in &nodes {
            Containers::start(&*context.engine, &format!("{cluster}-{node}")).await?;
            context.ui.status(format_args!("{node} is running"));
        }
        Ok(Exit::Done)
    };
    Turn::of(cluster, "chaos start").take_amid_faults(context, started).await
}

/// Whether a fault is one of this cluster.
fn container_of(cluster: &ClusterName, written: &Written) -> bool {
    cluster_of(written).as_ref() == Some(cluster)
}

/// The cluster that a fault is of. `None` where the container is not one of redos, which is called by its own name.
fn cluster_of(written: &Written) -> Option<ClusterName> {
    written.before.name.strip_suffix(&format!("-{}", written.target))?.parse().ok()
}

async fn undo_those(context: &Context, which: impl Fn(&Written) -> bool) -> Result<(), Failure> {
    let mut faults = Written::all(&*context.engine).await?;
    faults.retain(which);
    undo_all(context, &faults).await
}

/// The names of nodes that a cluster has, whatever they do.
async fn existing_nodes(
    context: &Context,
    cluster: &ClusterName,
    names: &[String],
) -> Result<BTreeSet<String>, Failure> {
    let inventory = existing::inventory(&*context.engine, cluster).await?;
    let known = |name: &String| {
        let node = cluster.node(name).ok().filter(|node| inventory.nodes.contains_key(node));
        let missing = || {
            Failure::message(FailureKind::Failed, format!("there is no node '{name}'"))
                .hinted(format!("see the nodes: {}", command_line(cluster, "ps")))
        };
        node.map(|node| node.to_string()).ok_or_else(missing)
    };
    names.iter().map(known).collect()
}

/// Starts a process of its own that undoes a fault should this one not live to do it.
pub fn guard(context: &Context, written: &Written) {
    let spawned = std::env::current_exe().and_then(|program| {
        let mut command = Command::new(program);
        if let Some(host) = &context.host {
            command.args(["--host", host]);
        }
        // A group of its own, so that Ctrl-C at the terminal does not end it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.args(["chaos", "guard", &written.id]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    });
    if let Err(error) = spawned {
        context.ui.warn(format_args!(
            "no guard watches this fault: {error}; should this redos be killed, undo it: redos chaos heal"
        ));
    }
}

/// What a guard does: it waits until its fault is undone, or undoes it when its time is over.
///
/// # Errors
/// The Engine failed.
pub async fn watch_over(context: &Context, id: &str) -> Result<Exit, Failure> {
    loop {
        let faults = Written::all(&*context.engine).await?;
        let Some(written) = faults.into_iter().find(|written| written.id == id) else { return Ok(Exit::Done) };
        if now() >= written.until {
            written.undo(&*context.engine).await?;
        }
        sleep(GUARD_POLL).await;
    }
}

/// What an agent does, beside a container: its order, and a line for each thing that there is to say.
///
/// # Errors
/// The order is not one.
pub async fn agent(ui: &Ui, order: &str, cancel: &CancellationToken) -> Result<Exit, Failure> {
    let order: Order = serde_json::from_str(order)
        .map_err(|error| Failure::new(FailureKind::Usage, anyhow::Error::new(error).context("this is no order")))?;
    // Whoever reads it may be gone; the fault has to be undone all the same.
    agent::run(&order, cancel, |word| drop(ui.data(word.to_string()))).await;
    Ok(Exit::Done)
}

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
