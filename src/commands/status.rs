//! `redos status`: who is master, and whether all is well.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use tokio::time::{MissedTickBehavior, interval};

use super::monitor::notice_changes;
use super::session::watcher::Watcher;
use super::session::{Call, Session, World, faults};
use crate::error::{Exit, Failure};
use crate::output;

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
        let is_stale = AtomicBool::new(false);
        return tokio::select! {
            shown = watch(&session, watcher, &is_stale) => shown,
            never = notice_changes(&session, &cluster, &is_stale) => match never {},
        };
    }
    let status = watcher.look_at(found).await?;
    session.ui.document(&status, |ui| output::status::text(&status, ui))?;
    Ok(Exit::answer(status.healthy))
}

/// Shows the cluster again and again. The Engine is asked when a container has changed, or now and then.
async fn watch<W: World>(
    session: &Session<W>,
    mut watcher: Watcher<'_, W>,
    is_stale: &AtomicBool,
) -> Result<Exit, Failure> {
    let mut screen = session.ui.screen();
    let mut ticks = interval(REFRESH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last: Option<Exit> = None;
    loop {
        let look = async {
            ticks.tick().await;
            if is_stale.swap(false, Ordering::Relaxed) {
                watcher.forget_report();
            }
            watcher.look_lightly().await
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
