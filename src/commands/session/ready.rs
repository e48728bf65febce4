//! Walks plans with progress, until a deadline, and with errors that explain themselves.
//!
//! It also has the common part of the verbs that end with a ready cluster.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::{Session, World, lookup};
use crate::apply::Applier;
use crate::cluster::observed::{Inventory, Observed};
use crate::cluster::renewal::renewals;
use crate::cluster::status::{dispensed_with, status};
use crate::converge::{Converged, Converger, Reached, Seen, certificates};
use crate::engine::Clusters;
use crate::engine::image;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::Timings;
use crate::output::command_line;
use crate::output::plan::UpDocument;
use crate::plan::{Past, Plan, Stage};
use crate::spec::settings::{GivenSecrets, Settings};
use crate::spec::{Images, NodeId, Role, Secrets, Spec, UsedImages};
use crate::tls;

/// Plans and walks until there is nothing left to do.
///
/// `next` makes a plan of the observed state. `given` are the supplied passwords, which an existing cluster must have
/// and a new one gets.
///
/// # Errors
/// A conflict, supplied passwords that are not the cluster's, an image that cannot be had, a node that dies, a deadline
/// with the unmet condition, an interruption. What was done until then stays.
pub async fn converge<W: World>(
    session: &Session<W>,
    spec: &Spec,
    (given, for_new): (&GivenSecrets, &GivenSecrets),
    next: impl Fn(&Spec, &Observed, &Past) -> Stage + Send + Sync,
    seen: Seen<W::Servers>,
    deadline: Instant,
) -> Result<(Converged, Timings), Failure> {
    let Session { ui, engine, cancel, .. } = session;
    let mut new_secrets = for_new.or_made(spec, rand::random);
    if spec.encryption.is_tls() {
        new_secrets.authority = Some(tls::new_authority(&spec.name).map_err(anyhow::Error::new)?);
    }
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let converger = Converger {
        engine: &**engine,
        connect: |secrets: &Secrets| session.servers(spec, secrets),
        spec,
        next,
        new_secrets,
        given: given.clone(),
        prepare: async |inventory: &Inventory| {
            engine.check_conflicts(spec, inventory).await?;
            // An exporter's image that could not be had a moment ago is not looked for again.
            let exporter = spec.exporter && spec.used.exporter.is_some();
            let spec = Spec { exporter, ..spec.clone() };
            Ok(image::resolve(&**engine, &spec, inventory, &|update| progress.report(update)).await?.programs)
        },
        report: &report,
        cancel,
        deadline,
    };
    let result = Box::pin(converger.converge(seen)).await;
    let timings = progress.finish();
    match result {
        Ok(done) => Ok((done, timings)),
        Err(error) => Err(session.explain(spec, error).await),
    }
}

/// Walks one plan that creates no node.
///
/// # Errors
/// As [`converge`].
pub async fn plan<W: World>(
    session: &Session<W>,
    spec: &Spec,
    reached: Option<&Reached<W::Servers>>,
    plan: &Plan,
    inventory: &Inventory,
    deadline: Instant,
) -> Result<Duration, Failure> {
    let Session { ui, engine, cancel, .. } = session;
    let began = Instant::now();
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let applier = Applier {
        engine: &**engine,
        reached,
        spec,
        target: spec,
        programs: None,
        report: &report,
        cancel,
        deadline,
        replan: None,
    };
    let result = applier.apply(plan, inventory).await;
    progress.finish();
    match result {
        Ok(_) => Ok(began.elapsed()),
        Err(error) => Err(session.explain(spec, error).await),
    }
}

/// The first of two runs that one command makes, such as the one that turns TLS on.
pub struct FirstRun {
    pub began: Instant,
    pub timings: Timings,
}

/// Runs the loop with the plans that `next` makes. The caller holds the cluster's lock. The reported time and phases are those of
/// the first run, too.
///
/// `given` are supplied passwords that an existing cluster must have, `for_new` those that a new one gets.
///
/// # Errors
/// A conflict, an image that cannot be had, a node that dies, a deadline with the unmet condition, an interruption.
/// What was done until then stays: a further `up` goes on from there.
pub async fn until_ready<W: World>(
    session: &Session<W>,
    spec: &Spec,
    (given, for_new): (&GivenSecrets, &GivenSecrets),
    next: fn(&Spec, &Observed, &Past) -> Stage,
    seen: Seen<W::Servers>,
    deadline: Instant,
    first: Option<FirstRun>,
) -> Result<Exit, Failure> {
    no_snapshot_is_ignored(spec, &seen.observed)?;
    let began = Instant::now();
    let due: BTreeSet<NodeId> = renewals(spec, &seen.observed).into_values().flatten().collect();
    let (done, timings) = converge(session, spec, (given, for_new), next, seen, deadline).await?;
    let (took, timings) = match first {
        Some(first) => {
            let gap = began - first.began;
            (gap + done.took, first.timings.followed_by(timings, gap))
        }
        None => (done.took, timings),
    };
    let wanted = spec.nodes();
    let kept = done.observed.inventory.volumes.iter().filter(|(node, _)| !wanted.contains(node));
    let kept = kept.map(|(_, volume)| volume.name.clone()).collect();
    let certificates = certificates(&done.secrets, &done.observed.topology);
    let done = Converged { observed: done.observed.with_certificates(certificates), ..done };
    let status = status(spec, &done.observed);
    let document = UpDocument::new(&status, &timings, took, kept).renewing(due);
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    for (node, why) in dispensed_with(spec, &done.observed) {
        session.ui.warn(why);
        let hint = match done.observed.inventory.nodes.contains_key(&node) {
            true => format!("see why: {}", command_line(&spec.name, &format!("logs {node} --tail 50"))),
            false => format!("when the cause is gone: {}", command_line(&spec.name, "up")),
        };
        session.ui.hint(hint);
    }
    if let Some(why) = lookup::out_of_reach(spec, &*session.engine) {
        session.ui.hint(why);
    }
    Ok(Exit::Done)
}

/// The failure of a change of settings, with the way back if the change was recorded.
///
/// The next `up` would try it again. Settings that leave no trace in data or in what Sentinels know are taken back at once.
pub async fn with_way_back<W: World>(
    session: &Session<W>,
    settings: &Settings,
    former: Option<&Spec>,
    failure: Failure,
) -> Failure {
    let Settings { spec, way_back, .. } = settings;
    let (Some(flags), Some(former)) = (way_back, former) else { return failure };
    let found = session.engine.inventory(&spec.name).await;
    if failure.kind == FailureKind::Interrupted || !found.is_ok_and(|found| found.recorded.as_ref() == Some(spec)) {
        return failure;
    }
    // What did not become ready in time may yet.
    if leaves_no_trace(former, spec)
        && failure.kind != FailureKind::Timeout
        && session.engine.record_spec(former).await.is_ok()
    {
        let up = command_line(&spec.name, "up");
        return failure.hinted(format!("the change is taken back; bring the cluster back to what it was: {up}"));
    }
    failure.hinted(format!("or take back what was changed: {}", command_line(&spec.name, &format!("up {flags}"))))
}

/// Whether two specifications have the same data, and the same Sentinels with the same knowledge.
///
/// They differ only in proxies, in the exporter, and in what containers are made with.
fn leaves_no_trace(former: &Spec, spec: &Spec) -> bool {
    let (proxy, exporter) = (former.images.proxy.clone(), former.images.exporter.clone());
    let images = Images { proxy, exporter, ..spec.images.clone() };
    let (proxy, exporter) = (former.used.proxy.clone(), former.used.exporter.clone());
    let used = UsedImages { proxy, exporter, ..spec.used.clone() };
    let same = Spec {
        proxies: former.proxies,
        exporter: former.exporter,
        ports: former.ports.clone(),
        tls: former.tls.clone(),
        containers: former.containers.clone(),
        proxy: former.proxy.clone(),
        images,
        used,
        former: former.former.clone(),
        ..spec.clone()
    };
    same == *former
}

/// Refuses to start servers that would not load, and later overwrite, foreign snapshots in their volumes.
///
/// # Errors
/// There are such snapshots: where, and how to load them.
pub fn no_snapshot_is_ignored(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let nodes = observed.inventory.nodes.values();
    let given: Vec<_> = nodes.filter_map(|facts| Some((facts, facts.foreign_snapshot.as_deref()?))).collect();
    let Some((_, path)) = given.first().filter(|_| spec.persistence.mode.has_aof()) else { return Ok(()) };
    let names: Vec<&str> = given.iter().map(|(facts, _)| facts.name.as_str()).collect();
    let what = format!(
        "nothing was started: {path} in the volume of {} is not of redos, and Redis does not load it when it keeps an \
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
