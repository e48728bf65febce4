//! `redos up`: creates or repairs until the cluster is what it should be, and ready.

mod moving;
pub mod seed;
pub mod source;
mod turning;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::time::Instant;

use self::moving::Moves;
use self::source::DataSource;
use super::backup::KeyArgs;
use super::backup::places::place_of;
use super::options::{READY_TIMEOUT, SettingsArgs};
use super::session::lock::Turn;
use super::session::ready::{self, FirstRun};
use super::session::{Call, Session, World, ask, propose};
use crate::cluster::observed::Observed;
use crate::converge;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::plan::diff::shrink::losses;
use crate::plan::{Action, Plan, diff};
use crate::spec::names::listed_nodes;
use crate::spec::{NodeId, Role, Spec, time};

/// Arguments of `up`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It is done when every replica is in sync, all Sentinels agree and a write
through the proxy was read back. Run again it repairs what is broken, and
changes nothing if nothing is. What is not given stays as it was.

Examples:
  redos up                              1 master, 2 replicas, 3 Sentinels
  redos up --masters 3 --port 7000      writes on 7000, 7002 and 7004
  redos up --password-file secret.txt   with a password of your own
  redos up --redis maxmemory=256mb --redis maxmemory-policy=allkeys-lru
  redos -p shop2 up --from shop.redos   a new cluster with the data of a backup
  redos up --from shop.redos.age --identity key.txt
  redos up --from s3://bucket/nightly/shop.redos
  redos up --from old/appendonlydir     a new cluster with the data of another Redis
  redos up --renew-certificates         new certificates, before it is time
  redos -p shop -f shop.yaml up         another cluster, from a file")]
pub struct UpArgs {
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Remove the users of Redis nodes and Sentinels that redos did not make, and end their connections
    #[arg(long)]
    pub remove_unknown_users: bool,
    /// Give all Redis nodes and Sentinels new certificates, also where the old ones have time left
    #[arg(long)]
    pub renew_certificates: bool,
    /// Give a new cluster the data of a backup (also s3://BUCKET/NAME), or the dump.rdb or append-only files of another Redis
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "dry_run")]
    pub from: Option<PathBuf>,
    /// What opens that backup.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
    /// The settings of the command line.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Creates or repairs the cluster.
///
/// # Errors
/// An impossible setting, before anything is changed; else as [`ready::until_ready`].
pub async fn run<W: World>(args: UpArgs, call: Call<W>) -> Result<Exit, Failure> {
    let next = if args.remove_unknown_users { diff::removing_unknown_users } else { diff::next };
    if args.dry_run {
        let ask = |spec: &mut Spec| if args.renew_certificates { request_renewal(spec) } else { Ok(()) };
        return propose::up(call, &args.settings, ask, next).await;
    }
    let deadline = Instant::now() + args.timeout;
    let request = call.request(&args.settings)?;
    let keys = args.keys.read()?;
    let from = args.from.as_ref().map(|from| place_of(from, &call.cancel)).transpose()?;
    match &from {
        // A wrong file is refused before the Engine is asked.
        Some(place) => _ = DataSource::glance(place, &keys).await?,
        None if !keys.is_empty() => {
            let what = "--identity and --passphrase-file open the backup of --from, which was not given";
            return Err(Failure::message(FailureKind::Usage, what)
                .hinted("name the backup: redos up --from shop.redos.age --identity key.txt"));
        }
        None => {}
    }
    let session = call.connect().await?;
    let cluster = request.name().clone();
    let up = async |_| {
        let mut found = converge::find(&*session.engine, &cluster).await?;
        if from.is_some() {
            seed::is_new(&cluster, &found)?;
        }
        let mut settings = Box::pin(session.settle_and_try(request, &found)).await?;
        if args.renew_certificates {
            request_renewal(&mut settings.spec)?;
        }
        let began = Instant::now();
        let mut seeded = None;
        if let Some(place) = &from {
            settings.spec.seeding = None;
            seed::fits(&settings.spec)?;
            let source = Box::pin(seed::examine(&session, &settings.spec, place, &keys)).await?;
            found = Box::pin(seed::copy(&session, &settings.spec, &source, &found)).await?;
            seeded = Some(source);
        }
        // The time for the copy of data does not count.
        let deadline = deadline + began.elapsed();
        let spec = &settings.spec;
        let mut seen = session.observe_with(spec, &settings.secrets, found).await?;
        lose_nothing(spec, &seen.observed)?;
        seen = Box::pin(turning::may_begin(&session, spec, seen)).await?;
        turning::tell(spec, &seen.observed, &session.ui);
        let former = seen.observed.inventory.recorded.clone();
        let asked = Instant::now();
        warned(&session, spec, &seen.observed, args.yes).await?;
        Moves::of(spec, &seen.observed).agreed(&session, args.yes).await?;
        // The time for a user's answer does not count.
        let deadline = deadline + asked.elapsed();
        let passwords = (&settings.secrets, &settings.for_new_cluster);
        let mut first = None;
        if spec.tls.turning {
            let began = Instant::now();
            match Box::pin(ready::converge(&session, spec, passwords, next, seen, deadline)).await {
                Ok((_, timings)) => first = Some(FirstRun { began, timings }),
                Err(failure) => {
                    return Err(ready::with_way_back(&session, &settings, former.as_ref(), failure).await);
                }
            }
            // All nodes have turned, which is to be recorded.
            settings.spec.tls.turning = false;
            let found = converge::find(&*session.engine, &cluster).await?;
            seen = session.observe_with(&settings.spec, &settings.secrets, found).await?;
        }
        let spec = &settings.spec;
        let moves = Moves::of(spec, &seen.observed);
        let run = ready::until_ready(&session, spec, passwords, next, seen, deadline, first);
        let exit = match Box::pin(run).await {
            Ok(exit) => exit,
            Err(failure) => return Err(ready::with_way_back(&session, &settings, former.as_ref(), failure).await),
        };
        if let Some(source) = &seeded {
            seed::count_keys(&session, spec, source).await?;
        }
        moves.tell_left(&session.ui);
        Ok(exit)
    };
    Turn { cluster: &cluster, verb: "up", deadline }.take(&session, up).await
}

/// Records that all certificates are to be renewed. If it is interrupted, the next `up` goes on.
fn request_renewal(spec: &mut Spec) -> Result<(), Failure> {
    if !spec.encryption.is_tls() {
        let what = format!("the cluster '{}' has no TLS, so that there are no certificates to renew", spec.name);
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("what you can have instead: {}", command_line(&spec.name, "password rotate"))));
    }
    // A certificate of this second is older than the request.
    spec.tls.renewed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|time| time.as_secs() + 1);
    Ok(())
}

/// Refuses to remove a group that holds keys: an edited file may do that unnoticed. `scale` is there for it.
fn lose_nothing(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let losses = losses(spec, observed);
    if losses.is_empty() {
        return Ok(());
    }
    let scale = format!("scale --masters {} --force", spec.masters);
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {}", losses.join("; ")))
        .hinted(format!("if you mean it: {}", command_line(&spec.name, &scale))))
}

/// The nodes that a plan stops or removes, by reason in the order of the plan. A removed Redis node was stopped before.
fn stopped(plan: &Plan) -> Vec<(&str, BTreeSet<NodeId>)> {
    let mut by_reason: Vec<(&str, BTreeSet<NodeId>)> = Vec::new();
    for step in &plan.steps {
        let node = match step.action {
            Action::StopNode { node } | Action::KillNode { node } => node,
            Action::RemoveNode { node } if node.role() != Role::Redis => node,
            _ => continue,
        };
        match by_reason.iter_mut().find(|(why, _)| *why == step.why) {
            Some((_, nodes)) => drop(nodes.insert(node)),
            None => by_reason.push((&step.why, BTreeSet::from([node]))),
        }
    }
    by_reason
}

/// Reports which running nodes the plan stops and why, and asks whether nodes with data should be removed.
async fn warned<W: World>(session: &Session<W>, spec: &Spec, observed: &Observed, yes: bool) -> Result<(), Failure> {
    for (why, nodes) in stopped(&diff(spec, observed)) {
        let verb = if nodes.len() == 1 { "is" } else { "are" };
        session.ui.status(format_args!("{} {verb} going to be stopped: {why}", listed_nodes(&nodes)));
    }
    let wanted = spec.nodes();
    let gone = observed.inventory.nodes.keys().filter(|node| node.role() == Role::Redis && !wanted.contains(node));
    let gone: Vec<String> = gone.map(ToString::to_string).collect();
    if gone.is_empty() || yes {
        return Ok(());
    }
    let (name, nodes) = (&spec.name, gone.join(", "));
    ask::agreed(session, &format!("remove {nodes} from the cluster '{name}' (volumes are kept)?")).await
}
