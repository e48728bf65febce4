//! `redos scale`: changes the number of nodes, without losing a write or the quorum.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::options::{READY_TIMEOUT, SettingsArgs};
use super::session::lock::Turn;
use super::session::settle::encryption_stays;
use super::session::{Call, World, lookup, propose, ready};
use crate::cluster::observed::Observed;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::plan::PlanDocument;
use crate::plan::diff::shrink::losses;
use crate::plan::{diff, next};
use crate::spec::settings::{FlagLayer, Key};
use crate::spec::{Spec, time};

/// Arguments of `scale`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The plan is shown first. The live master is never removed: another takes over before. Sentinels come and go one at
a time and the quorum follows. Volumes of removed nodes are kept.

Examples:
  redos scale --replicas 4
  redos scale --sentinels 5 --proxies 2
  redos plan --replicas 4                    what it would do"
)]
pub struct ScaleArgs {
    /// Master groups, each with its own replicas and its own ports
    #[arg(long, value_name = "N")]
    pub masters: Option<String>,
    /// Replicas of each master
    #[arg(long, value_name = "N")]
    pub replicas: Option<String>,
    /// Sentinels, which watch all groups; an odd number
    #[arg(long, value_name = "N")]
    pub sentinels: Option<String>,
    /// HAProxies; the ports of each are 100 above those of the one before
    #[arg(long, value_name = "N")]
    pub proxies: Option<String>,
    /// Allow an even number of Sentinels, and the removal of a group that holds keys
    #[arg(long)]
    pub force: bool,
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ScaleArgs {
    /// The counts as settings, which win over the file. The quorum follows the number of Sentinels.
    fn settings(&self) -> SettingsArgs {
        let flags = FlagLayer::default()
            .with(Key::Masters, self.masters.as_deref())
            .with(Key::Replicas, self.replicas.as_deref())
            .with(Key::Sentinels, self.sentinels.as_deref())
            .with(Key::Proxies, self.proxies.as_deref());
        SettingsArgs { flags }
    }
}

/// Shows the plan and carries it out.
///
/// # Errors
/// A refusal, before anything is changed; else as [`ready::until_ready`].
pub async fn run<W: World>(args: ScaleArgs, call: Call<W>) -> Result<Exit, Failure> {
    if args.dry_run {
        return propose::up(call, &args.settings(), |_| Ok(()), next).await;
    }
    let deadline = Instant::now() + args.timeout;
    let request = call.request(&args.settings())?;
    let session = call.connect().await?;
    let cluster = request.name().clone();
    let scale = async |_| {
        let found = lookup::find(&*session.engine, &cluster).await?;
        let settings = Box::pin(session.settle_and_try(request, &found)).await?;
        let spec = &settings.spec;
        encryption_stays(spec)?;
        let seen = session.observe_with(spec, &settings.secrets, found).await?;
        if !args.force {
            refuse(spec, &seen.observed)?;
        }
        let former = seen.observed.inventory.recorded.clone();
        let plan = diff(spec, &seen.observed);
        session.ui.status(PlanDocument::new(&cluster, &plan).text(&session.ui));
        let passwords = (&settings.secrets, &settings.for_new_cluster);
        match Box::pin(ready::until_ready(&session, spec, passwords, next, seen, deadline, None)).await {
            Ok(exit) => Ok(exit),
            Err(failure) => Err(ready::with_way_back(&session, &settings, former.as_ref(), failure).await),
        }
    };
    Turn { cluster: &cluster, verb: "scale", deadline }.take(&session, scale).await
}

/// Refuses changes that cannot be taken back or that users seldom mean.
fn refuse(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let mut objections = losses(spec, observed);
    if spec.sentinels.is_multiple_of(2) {
        objections.push(format!(
            "{} Sentinels outvote no more failures than {}: an even number is not better, and splits votes",
            spec.sentinels,
            spec.sentinels - 1
        ));
    }
    if objections.is_empty() {
        return Ok(());
    }
    let again = command_line(&spec.name, "scale … --force");
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {}", objections.join("; ")))
        .hinted(format!("see what it would do: {}", command_line(&spec.name, "plan …")))
        .hinted(format!("if you mean it: {again}")))
}
