//! What redos answers to a shell at each TAB.
//!
//! Verbs, flags and words of lists come from the description of the command line. Names of what there is come from the
//! Engine, if it answers at once; if not, the shell gets none.

use std::path::Path;
use std::time::Duration;

use clap::{Arg, Command, CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use tokio::runtime;
use tokio::time::timeout;

use crate::chaos::fault::Fault;
use crate::chaos::target;
use crate::cluster::observed::Inventory;
use crate::commands::Cli;
use crate::commands::options::{Global, SettingsArgs};
use crate::commands::session::sources::{self, STDIN_OR_STDOUT};
use crate::commands::session::{Docker, World};
use crate::doctor::CHECKS;
use crate::engine::docker::DockerEngine;
use crate::engine::fleet::Fleet;
use crate::engine::{Clusters, EngineError};
use crate::error::FailureKind;
use crate::spec::secret::RotatedUser;
use crate::spec::{Hosts, NodeId, Role};

/// The variable by which a script asks. It holds the name of the shell.
pub const VARIABLE: &str = "COMPLETE";
/// Longest wait for the Engine, which answers within some 20 ms unless its machine is busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers a script and ends the process, if it was a script that called.
pub fn answer_script() {
    CompleteEnv::with_factory(command).var(VARIABLE).bin("redos").completer("redos").complete();
}

/// The command line, with candidates for the values that have names.
fn command() -> Command {
    with_candidates(Cli::command())
}

fn with_candidates(command: Command) -> Command {
    command.mut_args(answered).mut_subcommands(with_candidates)
}

/// An argument with its candidates. The name of its value says what it takes, the same in all verbs.
fn answered(argument: Arg) -> Arg {
    let candidates: fn() -> Vec<CompletionCandidate> = match value_of(&argument) {
        "NODE" | "NODES" => || nodes(&inventory(), |_| true),
        "SENTINEL" => || nodes(&inventory(), |node| node.role() == Role::Sentinel),
        "TARGET" => targets,
        "GROUP" => || groups(&inventory()),
        "USER" if argument.get_id() == "users" => || {
            let words = RotatedUser::ALL.map(|user| CompletionCandidate::new(user.as_str()));
            words.into_iter().chain(users(&inventory())).collect()
        },
        "USER" => || users(&inventory()),
        "ID" => || {
            let checks = CHECKS.iter().map(|check| CompletionCandidate::new(check.id).help(Some(check.title.into())));
            let errors = FailureKind::ALL.map(|kind| CompletionCandidate::new(kind.as_str()));
            checks.chain(errors).collect()
        },
        "FAULT" => || Fault::all().map(|fault| CompletionCandidate::new(fault.as_str())).collect(),
        _ if argument.get_long() == Some("project") => clusters,
        _ => return argument,
    };
    argument.add(ArgValueCandidates::new(candidates))
}

fn value_of(argument: &Arg) -> &str {
    argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// What a fault can hit: a role, a group, a host or a node.
fn targets() -> Vec<CompletionCandidate> {
    let found = inventory();
    let roles = target::WORDS.split(", ").map(CompletionCandidate::new);
    let recorded = found.iter().filter_map(|inventory| inventory.recorded.as_ref());
    let hosts: Vec<String> =
        recorded.flat_map(|spec| spec.hosts.iter()).map(|host| format!("{}{}", target::HOST, host.name)).collect();
    let hosts = hosts.into_iter().map(CompletionCandidate::new);
    roles.chain(groups(&found)).chain(hosts).chain(nodes(&found, |_| true)).collect()
}

fn clusters() -> Vec<CompletionCandidate> {
    let found = Global::of_line().and_then(|global| ask(&global, async |engine| engine.clusters().await));
    let names = found.into_iter().flatten().map(|cluster| cluster.name.to_string());
    names.map(CompletionCandidate::new).collect()
}

/// The nodes that there are and that fit, each with the state of its container.
fn nodes(found: &Option<Inventory>, fits: fn(NodeId) -> bool) -> Vec<CompletionCandidate> {
    let found = found.iter().flat_map(|inventory| &inventory.nodes).filter(|(node, _)| fits(**node));
    let state = |word: &'static str| Some(word.into());
    found.map(|(node, facts)| CompletionCandidate::new(node.to_string()).help(state(facts.state.as_str()))).collect()
}

fn groups(found: &Option<Inventory>) -> Vec<CompletionCandidate> {
    let recorded = found.iter().filter_map(|inventory| inventory.recorded.as_ref());
    let names = recorded.flat_map(|spec| spec.groups()).map(|group| group.to_string());
    names.map(CompletionCandidate::new).collect()
}

/// The users of one's own.
fn users(found: &Option<Inventory>) -> Vec<CompletionCandidate> {
    let recorded = found.iter().filter_map(|inventory| inventory.recorded.as_ref());
    recorded.flat_map(|spec| spec.users.0.keys()).map(CompletionCandidate::new).collect()
}

/// What the cluster of the line has.
fn inventory() -> Option<Inventory> {
    let global = Global::of_line()?;
    // Standard input is the user's keyboard.
    if global.file.as_deref() == Some(Path::new(STDIN_OR_STDOUT)) {
        return None;
    }
    let cluster = sources::gather(&global, &SettingsArgs::default()).ok()?.cluster_name().ok()?;
    ask(&global, async |engine| engine.inventory(&cluster).await)
}

impl Global {
    /// The global options of the line that is being completed. The words after `--` are the line.
    fn of_line() -> Option<Self> {
        let line = std::env::args_os().skip_while(|word| word != "--").skip(1);
        // The line is not complete, and so not right.
        let found = Cli::command().ignore_errors(true).try_get_matches_from(line).ok()?;
        Self::from_arg_matches(&found).ok()
    }
}

/// Asks the Engine of the line, if it answers soon.
fn ask<T>(global: &Global, question: impl AsyncFnOnce(&Fleet<DockerEngine>) -> Result<T, EngineError>) -> Option<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        let engine = Docker.open(global.host.as_deref(), &Hosts::default()).ok()?;
        timeout(PATIENCE, question(&engine)).await.ok()?.ok()
    });
    runtime.shutdown_background();
    answer
}
