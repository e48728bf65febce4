//! `redos chaos`: one fault, for a time; and the undoing of faults that are left.

use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::sleep;

use super::{Context, existing, observe};
use crate::chaos::fault::{Fault, Written};
use crate::chaos::target::{choose, permit};
use crate::cli::{ChaosArgs, FaultArgs};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::table::{Column, Table};
use crate::output::units::seconds;
use crate::output::{List, Ui};
use crate::spec::ClusterName;

/// How much longer than its fault a guard waits before it steps in.
const GUARD_MARGIN: Duration = Duration::from_secs(5);
/// How often a guard looks whether its fault is undone already.
const GUARD_POLL: Duration = Duration::from_millis(500);

/// Applies a fault to a node, holds it and undoes it.
///
/// # Errors
/// No such target, a fault that would take too much, one that cannot be applied, or not be undone.
pub async fn inflict(
    context: &Context,
    cluster: &ClusterName,
    fault: Fault,
    args: &FaultArgs,
) -> Result<Exit, Failure> {
    let Context { ui, engine, cancel, .. } = context;
    let inventory = existing::inventory(&**engine, cluster).await?;
    let spec = existing::recorded(cluster, &inventory)?.clone();
    let group = args.group.parse().map_err(|why: String| Failure::message(FailureKind::Usage, why))?;
    let observed = observe(context, &spec, inventory).await?;
    let seed = args.seed.unwrap_or_else(rand::random);
    let node = choose(&args.target, group, &spec, &observed, seed)
        .map_err(|why| Failure::message(FailureKind::Failed, why).hinted("see the nodes: redos ps"))?;
    if let Err(why) = permit(node, &spec, &observed)
        && !args.force
    {
        let refused = format!("{fault} of {node} is refused: {why}");
        return Err(Failure::message(FailureKind::Failed, refused).hinted("do it all the same: --force"));
    }
    if args.dry_run {
        ui.data(format!("{fault} of {node} for {}, seed {seed}", seconds(args.duration)))?;
        return Ok(Exit::Done);
    }
    let container = node.container_name(cluster);
    let lease = args.duration + GUARD_MARGIN;
    let written = Written::write(&**engine, fault, &node.to_string(), &container, lease).await?;
    guard(context, &written);
    let applied = match written.apply(&**engine).await {
        Ok(()) => written.is_applied(&**engine).await,
        Err(error) => Err(error),
    };
    if applied.is_ok() {
        ui.status(format_args!("{node} has its {fault} for {}; Ctrl-C ends it", seconds(args.duration)));
        cancel.run_until_cancelled(sleep(args.duration)).await;
    }
    written.undo(&**engine).await?;
    applied?;
    ui.status(format_args!("{fault} of {node} is undone"));
    Ok(if cancel.is_cancelled() { Exit::Interrupted } else { Exit::Done })
}

/// A fault that is not undone yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    id: String,
    fault: Fault,
    target: String,
    container: String,
    seconds_left: i64,
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
        fault: written.fault,
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
        table.row([fault.fault.to_string(), fault.container.clone(), fault.seconds_left.to_string(), fault.id.clone()]);
    }
    table.render(ui.width())
}

/// Undoes all faults that are not undone yet; those of one cluster, if one is given.
///
/// # Errors
/// One of them could not be undone; the others are.
pub async fn heal(context: &Context, cluster: Option<&ClusterName>) -> Result<Exit, Failure> {
    let faults = Written::all(&*context.engine).await?;
    let mut failed = None;
    for written in faults {
        let ours = cluster.is_none_or(|cluster| written.before.name == format!("{cluster}-{}", written.target));
        if !ours {
            continue;
        }
        match written.undo(&*context.engine).await {
            Ok(()) => context.ui.status(format_args!("undid {} of {}", written.fault, written.before.name)),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(Exit::Done), |error| Err(error.into()))
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

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// What a fault of the command line is, with its arguments.
pub fn fault_of(args: &ChaosArgs) -> Option<(Fault, &FaultArgs)> {
    use crate::cli::ChaosVerb;
    match &args.action {
        ChaosVerb::Pause(args) => Some((Fault::Pause, args)),
        ChaosVerb::Kill(args) => Some((Fault::Kill, args)),
        ChaosVerb::Stop(args) => Some((Fault::Stop, args)),
        ChaosVerb::Freeze(args) => Some((Fault::Freeze, args)),
        ChaosVerb::Disconnect(args) => Some((Fault::Disconnect, args)),
        ChaosVerb::Slow(args) => Some((Fault::Slow, args)),
        ChaosVerb::NoFork(args) => Some((Fault::NoFork, args)),
        ChaosVerb::Ls | ChaosVerb::Heal | ChaosVerb::Guard { .. } => None,
    }
}
