//! `redos up`: create or repair until the cluster is what it should be, and truly ready.

use tokio::time::Instant;

use super::{Context, ask, existing, walk};
use crate::cluster::observed::Observed;
use crate::cluster::status::status;
use crate::converge::Seen;
use crate::engine::Engine;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::plan::UpDocument;
use crate::plan::diff::shrink::losses;
use crate::plan::{Action, Plan, diff};
use crate::servers::client::Client;
use crate::spec::settings::GivenSecrets;
use crate::spec::{Role, Spec};

/// Refuses to remove a group that holds keys: an edited file may do that unnoticed, and `scale` is there for it.
///
/// # Errors
/// The loss.
pub fn lose_nothing(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let losses = losses(spec, observed);
    if losses.is_empty() {
        return Ok(());
    }
    let scale = format!("scale --masters {} --force", spec.masters);
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {}", losses.join("; ")))
        .hinted(format!("if you mean it: {}", command_line(&spec.name, &scale))))
}

/// Refuses to start servers that would not load the snapshots which somebody put into their volumes, and write over them.
///
/// # Errors
/// There are such snapshots: where, and how to load them.
pub fn no_snapshot_is_ignored(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let nodes = observed.inventory.nodes.values();
    let given: Vec<_> = nodes.filter_map(|facts| Some((facts, facts.foreign_snapshot.as_deref()?))).collect();
    let Some((_, path)) = given.first().filter(|_| spec.persistence.mode.has_aof()) else { return Ok(()) };
    let names: Vec<&str> = given.iter().map(|(facts, _)| facts.name.as_str()).collect();
    let what = format!(
        "nothing was started: somebody put {path} into the volume of {}, and Redis does not load it where there is to be an \
         append-only file",
        names.join(", ")
    );
    let up = |mode: &str| command_line(&spec.name, &format!("up --persistence {mode}"));
    let all = observed.inventory.nodes.iter().filter(|(node, _)| node.role() == Role::Redis);
    let all: Vec<&str> = all.map(|(_, facts)| facts.name.as_str()).collect();
    let mut failure = Failure::message(FailureKind::Usage, what)
        .hinted(format!(
            "load it IN PLACE OF ALL DATA of the cluster: 'docker cp FILE CONTAINER:{path}' for each of {}, then {}, then {}",
            all.join(", "),
            up("rdb"),
            up("both")
        ));
    for (facts, path) in &given {
        let (name, image) = (&facts.name, &facts.image);
        let remove = format!("docker run --rm --user 0 --volumes-from {name} --entrypoint rm {image} {path}");
        failure = failure.hinted(format!("or leave it out: {remove}"));
    }
    Err(failure)
}

/// Says which running nodes the plan stops and why, and asks whether nodes with data are meant to go.
///
/// # Errors
/// They are not.
pub async fn warned(context: &Context, spec: &Spec, observed: &Observed, yes: bool) -> Result<(), Failure> {
    for step in diff(spec, observed).steps {
        if let Action::StopNode { node } | Action::KillNode { node } | Action::RemoveNode { node } = step.action
            && !matches!(step.action, Action::RemoveNode { .. } if node.role() == Role::Redis)
        {
            context.ui.status(format_args!("{node} is going to be stopped: {}", step.why));
        }
    }
    let wanted = spec.nodes();
    let gone = observed.inventory.nodes.keys().filter(|node| node.role() == Role::Redis && !wanted.contains(node));
    let gone: Vec<String> = gone.map(ToString::to_string).collect();
    if gone.is_empty() || yes {
        return Ok(());
    }
    let (name, nodes) = (&spec.name, gone.join(", "));
    ask::agreed(context, &format!("remove {nodes} from the cluster '{name}' (volumes are kept)?")).await
}

/// Runs it, with the plans that `diff` makes. The caller holds the cluster's lock. `given` are passwords that a cluster that is there must have, `for_new`
/// those that a new one gets, both as far as somebody gave them.
///
/// # Errors
/// A conflict, an image that cannot be had, a node that dies, a deadline with the predicate that does not hold, an
/// interruption. What was done until then stays: a further `up` goes on from there.
pub async fn run(
    context: &Context,
    spec: &Spec,
    (given, for_new): (&GivenSecrets, &GivenSecrets),
    diff: fn(&Spec, &Observed) -> Plan,
    seen: Seen<Client>,
    deadline: Instant,
) -> Result<Exit, Failure> {
    no_snapshot_is_ignored(spec, &seen.observed)?;
    let (done, timings) = walk::converge(context, spec, (given, for_new), diff, seen, deadline).await?;
    let wanted = spec.nodes();
    let kept = done.observed.inventory.volumes.iter().filter(|(node, _)| !wanted.contains(node));
    let kept = kept.map(|(_, volume)| volume.name.clone()).collect();
    let status = status(spec, &done.observed, context.engine.remote_host());
    let document = UpDocument::new(&status, &timings, done.took, kept);
    context.ui.outcome(&document, |ui| document.remarks(ui))?;
    if let Some(why) = existing::out_of_reach(spec, &*context.engine) {
        context.ui.hint(why);
    }
    Ok(Exit::Done)
}
