//! The command line: one file per verb, with its arguments (their doc comments are the help) and its `run`.
//!
//! All verbs have one signature: they take their arguments and a [`Call`], and end with an exit code or a failure. What they
//! share is in [`session`], in the order in which all of them use it.

mod backup;
mod backups;
mod chaos;
mod cli;
pub mod completions;
mod compose;
mod config;
mod doctor;
mod down;
mod env;
mod events;
mod exec;
mod explain;
mod failover;
mod failover_test;
mod guard;
mod habits;
pub mod help;
mod host;
mod images;
mod init;
mod logs;
mod ls;
pub mod man;
mod metrics;
mod monitor;
mod options;
mod password;
mod plan;
mod ps;
mod restart;
mod restore;
mod scale;
#[cfg(feature = "testing")]
pub mod schemas;
mod sentinel;
mod serve;
mod session;
mod start;
mod status;
mod stop;
mod top;
mod up;
mod upgrade;
mod url;
mod verify;
mod version;

use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{FromArgMatches, Parser, Subcommand};

pub use options::Global;
pub use session::{Call, World};

use crate::error::{Exit, Failure, FailureKind};
use crate::interrupt;
use crate::output::{Format, Options, Ui};
use crate::trace;
use session::Docker;

/// Highly available Redis on Docker: masters, replicas, Sentinels and one address, from one command.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "redos",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:
  redos up                      a cluster with the defaults, ready to use
  redos status                  who is master, and whether all is well
  redis-cli -u \"$(redos url)\"   talk to it
  redos down                    remove it, keep its data

Settings come from flags, else REDOS_* variables, else redos.yaml, else the
existing cluster, else REDIS_*, SENTINEL_* and ADMIN_* variables, else
defaults; 'redos config' shows which one won.

Exit codes: 0 done or healthy, 1 the answer is no, 2 usage or invalid settings,
3 data loss or invalid test, 4 timeout, 5 Docker unreachable, 6 conflict,
7 no such cluster, 8 no image to be had, 130 interrupted."
)]
pub struct Cli {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Create the cluster, or repair it, until it is ready
    Up(up::UpArgs),
    /// Remove the cluster; its data stays unless told otherwise
    Down(down::DownArgs),
    /// Show who is master, what Sentinels and proxies say, and the verdict
    Status(status::StatusArgs),
    /// Watch the cluster live, and act on it with a key
    Top(top::TopArgs),
    /// List the containers of the cluster
    Ps(ps::PsArgs),
    /// List all clusters of this Docker host
    Ls(ls::LsArgs),
    /// List or check the hosts of a cluster that has several, or move nodes between them
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Host(host::HostArgs),
    /// Show what 'up' would do and why, and change nothing
    Plan(plan::PlanArgs),
    /// Change how many nodes there are, without losing a write or the quorum
    Scale(scale::ScaleArgs),
    /// Change images on one replica first, compare it, and go on or back
    Upgrade(upgrade::UpgradeArgs),
    /// Make a replica the master, without losing a write
    Failover(failover::FailoverArgs),
    /// Replace a master at once when its process ends, until Ctrl-C
    Guard(guard::GuardArgs),
    /// Change passwords of a running cluster
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Password(password::PasswordArgs),
    /// Write the data of a master group to a file, from a replica
    Backup(backup::BackupArgs),
    /// List the backups of a directory
    Backups(backups::BackupsArgs),
    /// Replace the data of a master group by those of a backup
    Restore(restore::RestoreArgs),
    /// Stop nodes, or the whole cluster in good order; nothing is removed
    Stop(stop::StopArgs),
    /// Start nodes that are stopped, or the whole cluster, and wait until it is ready
    Start(start::StartArgs),
    /// Restart nodes one after the other, a master last and after a switchover
    Restart(restart::RestartArgs),
    /// Print the URL to connect to, password included
    Url(url::UrlArgs),
    /// Print variables to connect with, for a shell, Compose or a program
    Env(env::EnvArgs),
    /// Make a cluster a service of a Docker Compose project; Compose runs this
    #[command(subcommand_required = true)]
    Compose(compose::ComposeArgs),
    /// Talk to a Redis node or a Sentinel with redis-cli, logged in
    Cli(cli::CliArgs),
    /// Run a program in a node
    Exec(exec::ExecArgs),
    /// Show what nodes log, in order of time
    Logs(logs::LogsArgs),
    /// Tell what happened: Sentinels and Docker as one story
    Events(events::EventsArgs),
    /// Show what each Sentinel says, side by side
    Sentinel(sentinel::SentinelArgs),
    /// Print what Prometheus and Grafana need to watch the cluster
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Metrics(metrics::MetricsArgs),
    /// Show a cluster live in the browser, read only
    Serve(serve::ServeArgs),
    /// Find what is wrong, why it matters and what helps; repair it with --fix
    Doctor(doctor::DoctorArgs),
    /// Explain a finding of doctor by its id, offline
    Explain(explain::ExplainArgs),
    /// Measure a failover under load: outage, lost writes and why, and a verdict
    FailoverTest(failover_test::FailoverTestArgs),
    /// Judge the history of a failover test once more
    Verify(verify::VerifyArgs),
    /// Inflict one fault on a node, for a time
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Chaos(chaos::ChaosArgs),
    /// Get the images, or carry them to a host without a registry
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Images(images::ImagesArgs),
    /// Write a commented redos.yaml
    Init(init::InitArgs),
    /// Show all settings and where each comes from
    Config(config::ConfigArgs),
    /// Print a script that completes redos in a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man(man::ManArgs),
    /// Print the versions of redos, of the Engine, and of the images that are pulled
    Version(version::VersionArgs),
}

impl Verb {
    /// Whether it draws on a terminal again and again, where lines between would spoil the picture.
    const fn redraws(&self) -> bool {
        match self {
            Self::Top(args) => !args.once,
            Self::Status(args) => args.watch,
            _ => false,
        }
    }

    /// Whether it prints a list of what has names.
    const fn lists(&self) -> bool {
        match self {
            Self::Ls(_) | Self::Ps(_) | Self::Backups(_) => true,
            Self::Explain(args) => args.id.is_none(),
            Self::Images(args) => matches!(args.action, images::ImagesVerb::List(_)),
            Self::Chaos(args) => matches!(args.action, chaos::ChaosVerb::Ls),
            Self::Host(args) => matches!(args.action, host::HostVerb::Ls),
            _ => false,
        }
    }
}

/// Parses the command line and runs its verb on the Docker Engine.
pub fn main() -> ExitCode {
    completions::live::answer_script();
    let cli = match help::command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found)) {
        Ok(cli) => cli,
        Err(error) => {
            // It fails if the stream is closed, and then nobody can read it.
            let _ = error.print();
            let words: Vec<String> = std::env::args().skip(1).collect();
            if error.use_stderr() {
                compose::refuse(&words, &error);
            }
            if let Some(advice) = habits::advice(&words).filter(|_| error.use_stderr()) {
                Ui::new(Options::default()).hint(advice);
            }
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let ui = Ui::new(cli.global.output_options());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui.warn(format_args!("failed to start: {error}"));
            return Exit::No.into();
        }
    };
    let Cli { global, verb } = cli;
    if global.traces() && !(verb.redraws() && ui.can_show()) {
        let told = ui.clone();
        trace::listen(move |line| told.call(line));
    }
    let result = runtime.block_on(async {
        let call = Call {
            global,
            ui: ui.clone(),
            cancel: interrupt::watch(ui.clone()),
            world: Docker,
            hosts: OnceLock::new(),
        };
        run(verb, call).await
    });
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.kind.exit().into()
        }
    }
}

/// Runs a verb.
///
/// # Errors
/// What it cannot do, with the kind that decides the exit code.
pub async fn run<W: World>(verb: Verb, call: Call<W>) -> Result<Exit, Failure> {
    if call.ui.format() == Format::Name && !verb.lists() {
        return Err(Failure::message(FailureKind::Usage, "'-o name' is for lists, and this is none")
            .hinted("list what has names: ls, ps, host ls, images list, chaos ls or explain, each with '-o name'"));
    }
    match verb {
        Verb::Up(args) => Box::pin(up::run(args, call)).await,
        Verb::Down(args) => down::run(args, call).await,
        Verb::Status(args) => status::run(args, call).await,
        Verb::Top(args) => top::run(args, call).await,
        Verb::Ps(args) => ps::run(args, call).await,
        Verb::Ls(args) => ls::run(args, call).await,
        Verb::Plan(args) => plan::run(args, call).await,
        Verb::Scale(args) => scale::run(args, call).await,
        Verb::Upgrade(args) => upgrade::run(args, call).await,
        Verb::Failover(args) => failover::run(args, call).await,
        Verb::Guard(args) => guard::run(args, call).await,
        Verb::Password(args) => password::run(args, call).await,
        Verb::Backup(args) => backup::run(args, call).await,
        Verb::Backups(args) => backups::run(args, call).await,
        Verb::Restore(args) => Box::pin(restore::run(args, call)).await,
        Verb::Stop(args) => stop::run(args, call).await,
        Verb::Start(args) => start::run(args, call).await,
        Verb::Restart(args) => restart::run(args, call).await,
        Verb::Url(args) => url::run(args, call).await,
        Verb::Env(args) => env::run(args, call).await,
        Verb::Compose(args) => compose::run(args, call).await,
        Verb::Cli(args) => cli::run(args, call).await,
        Verb::Exec(args) => exec::run(args, call).await,
        Verb::Logs(args) => logs::run(args, call).await,
        Verb::Events(args) => events::run(args, call).await,
        Verb::Sentinel(args) => sentinel::run(args, call).await,
        Verb::Metrics(args) => metrics::run(args, call).await,
        Verb::Serve(args) => serve::run(args, call).await,
        Verb::Doctor(args) => doctor::run(args, call).await,
        Verb::Explain(args) => explain::run(args, call).await,
        Verb::FailoverTest(args) => failover_test::run(args, call).await,
        Verb::Verify(args) => verify::run(args, call).await,
        Verb::Chaos(args) => chaos::run(args, call).await,
        Verb::Host(args) => Box::pin(host::run(args, call)).await,
        Verb::Images(args) => images::run(args, call).await,
        Verb::Init(args) => init::run(args, call).await,
        Verb::Config(args) => config::run(args, call).await,
        Verb::Completions(args) => completions::run(args, call).await,
        Verb::Man(args) => man::run(args, call).await,
        Verb::Version(args) => version::run(args, call).await,
    }
}
