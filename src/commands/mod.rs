//! One short file per verb: settings, ask the rooms, hand a value to output.

mod ask;
pub mod chaos;
pub mod completions;
pub mod config;
pub mod down;
mod existing;
pub mod failover;
pub mod failover_test;
mod follow;
mod foreign;
pub mod help;
pub mod images;
pub mod init;
pub mod lock;
pub mod ls;
pub mod man;
pub mod plan;
mod programs;
pub mod ps;
pub mod restart;
pub mod scale;
pub mod sources;
pub mod start;
pub mod status;
pub mod stop;
mod trial;
pub mod up;
pub mod url;
pub mod verify;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::apply::ApplyError;
use crate::cli::{ChaosArgs, ChaosVerb, Cli, Global, ImageArgs, ImagesVerb, SettingsArgs, Verb};
use crate::cluster::claims::being_decided;
use crate::cluster::observed::Observed;
use crate::converge::{self, Found, Seen};
use crate::engine::Engine;
use crate::engine::docker::{self, DockerEngine};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::{Options, Ui, command_line};
use crate::plan::diff;
use crate::servers::Servers;
use crate::servers::client::Client;
use crate::spec::settings::{GivenSecrets, Request, Settings, Sources};
use crate::spec::{ClusterName, Secrets, Spec};
use lock::Turn;

/// How many of a node's last log lines an error shows.
const LOG_LINES: usize = 15;
/// How long Sentinels that replace a master are waited for. They need 3 s for all of it, and for a split vote the failover
/// timeout (3 s by default) twice.
const DECIDED_WITHIN: Duration = Duration::from_secs(15);
/// The time between two looks at Sentinels that replace a master.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What the verbs that need a Docker Engine share.
pub struct Context {
    /// The user's terminal.
    pub ui: Ui,
    /// The Engine.
    pub engine: Arc<DockerEngine>,
    /// Set by the first Ctrl-C.
    pub cancel: CancellationToken,
    /// The Docker host that was asked for, for processes beside this one.
    pub host: Option<String>,
}

/// The choices of output that the command line makes.
pub fn output_options(global: &Global) -> Options {
    Options { format: global.output, color: global.color, quiet: global.quiet, verbose: global.verbose }
}

/// Runs the verb of a command line.
///
/// # Errors
/// Whatever it cannot do, with the kind that decides the exit code.
pub async fn run(cli: Cli, ui: Ui, cancel: CancellationToken) -> Result<Exit, Failure> {
    let Cli { global, verb } = cli;
    match verb {
        Verb::Up(args) if args.dry_run => planned(&global, &args.settings, ui, cancel).await,
        Verb::Scale(args) if args.dry_run => planned(&global, &args.settings(), ui, cancel).await,
        Verb::Up(args) => {
            let deadline = Instant::now() + args.timeout;
            let request = request(&global, &args.settings, &ui)?;
            let context = connect(&global, ui, cancel).await?;
            let name = request.name().clone();
            let converge = async |_| {
                let found = converge::find(&*context.engine, &name).await?;
                let settings = settle_and_try(&context, request, &found).await?;
                let seen = observe_with(&context, &settings.spec, &settings.secrets, found).await?;
                up::lose_nothing(&settings.spec, &seen.observed)?;
                let diff = if args.remove_unknown_users { diff::removing_unknown_users } else { diff::diff };
                let asked = Instant::now();
                up::warned(&context, &settings.spec, &seen.observed, args.yes).await?;
                // How long somebody thinks about a question is not up to redos.
                let deadline = deadline + asked.elapsed();
                let passwords = (&settings.secrets, &settings.for_new_cluster);
                up::run(&context, &settings.spec, passwords, diff, seen, deadline).await
            };
            Turn { cluster: &name, verb: "up", deadline }.take(&context, converge).await
        }
        Verb::Scale(args) => {
            let deadline = Instant::now() + args.timeout;
            let request = request(&global, &args.settings(), &ui)?;
            let context = connect(&global, ui, cancel).await?;
            let name = request.name().clone();
            let scale = async |_| {
                let found = existing::find(&*context.engine, &name).await?;
                let settings = settle_and_try(&context, request, &found).await?;
                scale::run(&context, &settings, found, deadline, args.force).await
            };
            Turn { cluster: &name, verb: "scale", deadline }.take(&context, scale).await
        }
        Verb::Failover(args) => {
            let name = cluster_name(&global, &ui)?;
            let usage = |why: String| Failure::message(FailureKind::Usage, why);
            let group = args.group.parse().map_err(|why| match name.node(&args.group) {
                Ok(node) => usage(format!("'{}' is a node, and here a master group is named", args.group))
                    .hinted(format!("make it the master: {}", command_line(&name, &format!("failover --to {node}")))),
                Err(_) => usage(why),
            })?;
            let to = args.to.map(|to| name.node(&to)).transpose().map_err(usage)?;
            let context = connect(&global, ui, cancel).await?;
            let failover = async |_| failover::run(&context, &name, group, to, args.dry_run).await;
            Turn::of(&name, "failover").take_unless(args.dry_run, &context, failover).await
        }
        Verb::Stop(args) => {
            let name = cluster_name(&global, &ui)?;
            let context = connect(&global, ui, cancel).await?;
            let stop = async |_| stop::run(&context, &name, &args.nodes, args.force, args.dry_run).await;
            Turn::of(&name, "stop").take_unless(args.dry_run, &context, stop).await
        }
        Verb::Start(args) => {
            let deadline = Instant::now() + args.timeout;
            let name = cluster_name(&global, &ui)?;
            let context = connect(&global, ui, cancel).await?;
            let start = async |_| start::run(&context, &name, &args.nodes, deadline, args.dry_run).await;
            Turn { cluster: &name, verb: "start", deadline }.take_unless(args.dry_run, &context, start).await
        }
        Verb::Restart(args) => {
            let deadline = Instant::now() + args.timeout;
            let name = cluster_name(&global, &ui)?;
            let context = connect(&global, ui, cancel).await?;
            let restart =
                async |_| restart::run(&context, &name, &args.nodes, deadline, args.force, args.dry_run).await;
            Turn { cluster: &name, verb: "restart", deadline }.take_unless(args.dry_run, &context, restart).await
        }
        Verb::Plan(args) => planned(&global, &args.settings, ui, cancel).await,
        Verb::Down(args) => {
            let name = cluster_name(&global, &ui)?;
            down::run(&connect(&global, ui, cancel).await?, &name, &args).await
        }
        Verb::Status(args) => {
            let name = cluster_name(&global, &ui)?;
            let (Context { ui, engine, cancel, .. }, found) = reach(&global, ui, cancel, &name).await?;
            let servers = |spec: &Spec, secrets: &Secrets| Client::new(engine.clone(), spec.clone(), secrets.clone());
            for fault in chaos::active(&*engine, &name).await? {
                ui.warn(fault);
            }
            if args.watch {
                status::watch(&ui, &*engine, &name, servers, &cancel).await
            } else {
                status::run(&ui, &*engine, &name, found, servers).await
            }
        }
        Verb::Ps => {
            let name = cluster_name(&global, &ui)?;
            let context = connect(&global, ui, cancel).await?;
            ps::run(&context.ui, &*context.engine, &name).await
        }
        Verb::Ls => {
            let context = connect(&global, ui, cancel).await?;
            ls::run(&context.ui, &*context.engine).await
        }
        Verb::Url(args) => {
            let name = cluster_name(&global, &ui)?;
            let group = args.group.parse().map_err(|why: String| Failure::message(FailureKind::Usage, why))?;
            let context = connect(&global, ui, cancel).await?;
            let door = match (args.stats, args.read) {
                (true, _) => url::Door::Statistics,
                (false, true) => url::Door::Reads(group),
                (false, false) => url::Door::Writes(group),
            };
            url::run(&context.ui, &*context.engine, &name, door).await
        }
        Verb::FailoverTest(args) => {
            let name = cluster_name(&global, &ui)?;
            failover_test::run(&connect(&global, ui, cancel).await?, &name, &args).await
        }
        Verb::Verify(args) => verify::run(&ui, &args.history, args.report.as_deref()),
        // It runs where there is no Engine.
        Verb::Chaos(ChaosArgs { action: ChaosVerb::Agent { order } }) => chaos::agent(&ui, &order, &cancel).await,
        Verb::Chaos(args) => {
            let sources = sources::gather(&global, &SettingsArgs::default())?;
            let name = sources.cluster_name()?;
            tell_file_above(&sources, &name, &ui);
            // Whoever names no cluster means all faults, also those of a Redis that redos did not make.
            let healed = sources.names_a_cluster().then_some(&name);
            let context = connect(&global, ui, cancel).await?;
            match (&args.action, chaos::Request::of(&args.action)?) {
                (ChaosVerb::Ls, _) => chaos::list(&context).await,
                (ChaosVerb::Guard { id }, _) => chaos::watch_over(&context, id).await,
                (ChaosVerb::Unpause(args), _) => chaos::unpause(&context, &name, &args.nodes).await,
                (ChaosVerb::Start(args), _) => chaos::start(&context, &name, &args.nodes).await,
                (ChaosVerb::Heal { nodes }, _) if !nodes.is_empty() => chaos::mend(&context, &name, nodes).await,
                (_, Some(request)) => chaos::inflict(&context, &name, &request).await,
                (_, None) => chaos::heal(&context, healed).await,
            }
        }
        Verb::Init(args) => {
            let name = sources::gather_without_file(&global, &SettingsArgs::default())?.cluster_name()?;
            init::run(&ui, &name, &args).map(|()| Exit::Done)
        }
        Verb::Images(args) => {
            // The images are of no cluster: one that is recorded does not count.
            let chosen = |images: &ImageArgs| {
                let settings = SettingsArgs { images: images.clone(), ..SettingsArgs::default() };
                Ok::<_, Failure>(
                    sources::gather(&global, &settings)?.read()?.forgiving().resolve(None, None)?.spec.images,
                )
            };
            match args.action {
                ImagesVerb::List(args) => {
                    let chosen = chosen(&args.images)?;
                    images::list(&connect(&global, ui, cancel).await?, &chosen).await
                }
                ImagesVerb::Pull(args) => {
                    let chosen = chosen(&args.images)?;
                    images::pull(&connect(&global, ui, cancel).await?, &chosen).await
                }
                ImagesVerb::Build(args) => images::build(&connect(&global, ui, cancel).await?, args).await,
                ImagesVerb::Save(args) => {
                    let chosen = chosen(&args.images)?;
                    images::save(&connect(&global, ui, cancel).await?, &chosen, &args.path).await
                }
                ImagesVerb::Load(args) => images::load(&connect(&global, ui, cancel).await?, &args.path).await,
            }
        }
        Verb::Config(args) if args.schema => config::run_schema(&ui).map(|()| Exit::Done),
        Verb::Config(args) => {
            let request = request(&global, &args.settings, &ui)?;
            let recorded = recorded(&global, &ui, request.name(), cancel).await;
            config::run(&ui, &warned(request.forgiving().resolve(recorded.as_ref(), None)?, &ui)).map(|()| Exit::Done)
        }
        Verb::Completions(args) => ui.data(completions::script(args.shell)).map(|()| Exit::Done),
        Verb::Man(args) => ui.data(man::page(&args)?).map(|()| Exit::Done),
    }
}

/// Shows what `up` would do with these settings.
async fn planned(global: &Global, args: &SettingsArgs, ui: Ui, cancel: CancellationToken) -> Result<Exit, Failure> {
    let request = request(global, args, &ui)?;
    let (context, found) = reach(global, ui, cancel, request.name()).await?;
    let settings = settle(request, &found, &context.ui)?;
    follow::check(&context, &settings, &found.inventory, None).await?;
    plan::run(&context, &settings, found).await
}

/// The cluster that a verb without settings is about. One that a file of a folder above names is told.
fn cluster_name(global: &Global, ui: &Ui) -> Result<ClusterName, Failure> {
    let sources = sources::gather(global, &SettingsArgs::default())?;
    let name = sources.cluster_name()?;
    tell_file_above(&sources, &name, ui);
    Ok(name)
}

/// What was asked for.
fn request(global: &Global, args: &SettingsArgs, ui: &Ui) -> Result<Request, Failure> {
    let sources = sources::gather(global, args)?;
    let request = sources.read()?;
    tell_file_above(&sources, request.name(), ui);
    Ok(request)
}

/// Says which file is read where that is not one of this folder.
fn tell_file_above(sources: &Sources, name: &ClusterName, ui: &Ui) {
    if let Some(file) = sources.file_above() {
        ui.status(format_args!("the cluster is '{name}', by {file}"));
    }
}

async fn connect(global: &Global, ui: Ui, cancel: CancellationToken) -> Result<Context, Failure> {
    let engine = docker::connect(global.host.as_deref()).await?;
    Ok(Context { ui, engine: Arc::new(engine), cancel, host: global.host.clone() })
}

/// Connects and finds a cluster at the same time: the Engine's first word takes as long as its lists.
async fn reach(
    global: &Global,
    ui: Ui,
    cancel: CancellationToken,
    name: &ClusterName,
) -> Result<(Context, Found), Failure> {
    let engine = docker::open(global.host.as_deref())?;
    let found = async { Ok(converge::find(&engine, name).await) };
    let ((), found) = tokio::try_join!(engine.greet(), found)?;
    Ok((Context { ui, engine: Arc::new(engine), cancel, host: global.host.clone() }, found?))
}

/// Lays what was asked for over what the cluster was made with, and warns of what is unwise.
fn settle(request: Request, found: &Found, ui: &Ui) -> Result<Settings, Failure> {
    Ok(warned(request.resolve(found.inventory.recorded.as_ref(), found.secrets.as_ref())?, ui))
}

/// [`settle`] for a verb that changes the cluster: with the images found, and all tried that can be refused beforehand.
async fn settle_and_try(context: &Context, request: Request, found: &Found) -> Result<Settings, Failure> {
    let mut settings = settle(request, found, &context.ui)?;
    let program = programs::settle(context, &mut settings, &found.inventory).await?.redis;
    trial::check(context, &mut settings, &program, &found.inventory).await?;
    follow::check(context, &settings, &found.inventory, Some(&program)).await?;
    Ok(settings)
}

/// The same settings, after what they change and their warnings are printed.
fn warned(settings: Settings, ui: &Ui) -> Settings {
    for change in &settings.changes {
        ui.status(change);
    }
    for warning in &settings.warnings {
        ui.warn(warning);
    }
    settings
}

/// What the cluster was made with, for a verb that is of use without an Engine as well.
async fn recorded(global: &Global, ui: &Ui, name: &ClusterName, cancel: CancellationToken) -> Option<Spec> {
    let look = async {
        let context = connect(global, ui.clone(), cancel).await?;
        Ok::<_, Failure>(context.engine.inventory(name).await?.recorded)
    };
    match look.await {
        Ok(recorded) => recorded,
        Err(failure) => {
            let why: Vec<String> = failure.chain().collect();
            ui.warn(format!("what '{name}' was made with is not known: {}", why.join(": ")));
            None
        }
    }
}

/// Asks the servers of a cluster that was found.
///
/// # Errors
/// None: a server that does not answer is not an error.
pub async fn observe(context: &Context, spec: &Spec, found: Found) -> Result<Seen<Client>, Failure> {
    observe_with(context, spec, &GivenSecrets::default(), found).await
}

/// [`observe`] for a verb that acts on who is master: while the Sentinels decide it, the cluster is looked at again, for
/// [`DECIDED_WITHIN`] at most. What is undecided still is for the verb to refuse.
///
/// # Errors
/// The Engine failed at a later look.
pub async fn observe_decided(context: &Context, spec: &Spec, found: Found) -> Result<Seen<Client>, Failure> {
    await_decided(context, spec, observe(context, spec, found).await?).await
}

/// [`observe_decided`] from the second look on.
///
/// # Errors
/// The Engine failed.
pub async fn await_decided(context: &Context, spec: &Spec, mut seen: Seen<Client>) -> Result<Seen<Client>, Failure> {
    let deadline = Instant::now() + DECIDED_WITHIN;
    let mut told = None;
    while let Some(why) = spec.groups().find_map(|group| being_decided(group, &seen.observed))
        && let Some(reached) = &seen.reached
        && Instant::now() < deadline
        && !context.cancel.is_cancelled()
    {
        if told.as_ref() != Some(&why) {
            context.ui.status(format_args!("waiting: {why}"));
            told = Some(why);
        }
        sleep(LOOK_INTERVAL).await;
        let inventory = context.engine.inventory(&spec.name).await?;
        let topology = reached.servers.topology(&inventory).await;
        seen.observed = Observed::new(inventory, topology);
    }
    Ok(seen)
}

/// [`observe`] for a verb that takes settings.
///
/// # Errors
/// Passwords were given that are not the cluster's.
pub async fn observe_with(
    context: &Context,
    spec: &Spec,
    given: &GivenSecrets,
    found: Found,
) -> Result<Seen<Client>, Failure> {
    let connect = |secrets: &Secrets| Client::new(context.engine.clone(), spec.clone(), secrets.clone());
    match Seen::of(found, given, connect).await {
        Ok(seen) => Ok(seen),
        Err(error) => Err(explain(context, spec, error).await),
    }
}

/// A failed walk as a failure, with the commands that help and, for a time-out, the end of the log of the nodes that it
/// concerns.
pub(super) async fn explain(context: &Context, spec: &Spec, error: ApplyError) -> Failure {
    let own = |verb: &str| command_line(&spec.name, verb);
    let (concerns, hints) = match &error {
        // The log of a node that loads tells nothing that it does not say itself.
        ApplyError::Timeout { loading: Some(seconds), .. } => (Vec::new(), waiting_helps(own, minutes_for(*seconds))),
        ApplyError::Timeout { concerns, .. } => (concerns.clone(), waiting_helps(own, MINUTES)),
        ApplyError::Unfinished { .. } => (Vec::new(), waiting_helps(own, MINUTES)),
        ApplyError::Interrupted { .. } => {
            let hints = [format!("go on from here: {}", own("up")), format!("remove what there is: {}", own("down"))];
            (Vec::new(), hints.to_vec())
        }
        ApplyError::OtherSecrets { .. } => (Vec::new(), own_password_helps(own)),
        ApplyError::Server { .. } => {
            let hints = [format!("see what is wrong: {}", own("status")), format!("go on from here: {}", own("up"))];
            (Vec::new(), hints.to_vec())
        }
        ApplyError::Engine { .. }
        | ApplyError::Impossible { .. }
        | ApplyError::Refused(_)
        | ApplyError::Render { .. } => (Vec::new(), Vec::new()),
    };
    let left = match &error {
        ApplyError::Interrupted { left, .. } if !left.is_empty() => Some(format!("left to do:\n{}", left.join("\n"))),
        _ => None,
    };
    let mut failure = Failure::from(error);
    failure.notes.extend(left);
    for node in concerns {
        if let Ok(log) = context.engine.log_tail(&spec.name, node, LOG_LINES).await
            && !log.trim().is_empty()
        {
            failure = failure.noted(format!("the end of the log of {node}:\n{}", log.trim_end()));
        }
    }
    failure.hints.extend(hints);
    failure
}

/// A running cluster keeps its passwords: a variable that happens to be set must not lock its clients out.
fn own_password_helps(own: impl Fn(&str) -> String) -> Vec<String> {
    vec![
        "keep the cluster's own: give no password, by flag, variable or file ('redos config' shows who gave it)"
            .to_owned(),
        format!("see the cluster's own: {}", own("url")),
        format!("make it anew with the given one, WITHOUT its data: {}, then {}", own("down --volumes"), own("up")),
    ]
}

/// The time-out that is proposed to whoever waited in vain, in minutes.
const MINUTES: u64 = 5;

/// A time-out in minutes that nodes can be expected to load their data in which still need so many seconds. They copy their
/// master's afterwards.
fn minutes_for(seconds: u64) -> u64 {
    (2 * seconds).div_ceil(60).clamp(MINUTES, 24 * 60)
}

fn waiting_helps(own: impl Fn(&str) -> String, minutes: u64) -> Vec<String> {
    let longer = own(&format!("up --timeout {minutes}m"));
    vec![format!("see what is wrong: {}", own("status")), format!("wait longer: {longer}")]
}
