//! Walking plans for a person who watches: with progress, until a deadline, and an error that explains itself.

use std::time::Duration;

use tokio::time::Instant;

use super::{Context, explain};
use crate::apply::Applier;
use crate::cluster::observed::{Inventory, Observed};
use crate::converge::{Converged, Converger, Reached, Seen};
use crate::engine::Engine;
use crate::engine::image;
use crate::error::Failure;
use crate::output::Timings;
use crate::plan::Plan;
use crate::servers::client::Client;
use crate::spec::settings::GivenSecrets;
use crate::spec::{Secrets, Spec};

/// Plans and walks until there is nothing left to do. `diff` is what makes a plan of what is seen, `given` the
/// passwords that a cluster must have and those that a new one gets, as far as somebody gave them.
///
/// # Errors
/// A conflict, given passwords that are not the cluster's, an image that cannot be had, a node that dies, a deadline with
/// the predicate that does not hold, an interruption. What was done until then stays.
pub async fn converge(
    context: &Context,
    spec: &Spec,
    (given, for_new): (&GivenSecrets, &GivenSecrets),
    diff: impl Fn(&Spec, &Observed) -> Plan + Send + Sync,
    seen: Seen<Client>,
    deadline: Instant,
) -> Result<(Converged, Timings), Failure> {
    let Context { ui, engine, cancel, .. } = context;
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let converger = Converger {
        engine: &**engine,
        connect: |secrets: &Secrets| Client::new(engine.clone(), spec.clone(), secrets.clone()),
        spec,
        diff,
        new_secrets: for_new.or_made(spec, rand::random),
        given: given.clone(),
        prepare: async |inventory: &Inventory| {
            engine.check_conflicts(spec, inventory).await?;
            Ok(image::resolve(engine, spec, inventory, &|update| progress.report(update)).await?.programs)
        },
        report: &report,
        cancel,
        deadline,
    };
    let result = converger.converge(seen).await;
    let timings = progress.finish();
    match result {
        Ok(done) => Ok((done, timings)),
        Err(error) => Err(explain(context, spec, error).await),
    }
}

/// Walks one plan, which makes no node.
///
/// # Errors
/// As [`converge`].
pub async fn plan(
    context: &Context,
    spec: &Spec,
    reached: &Reached<Client>,
    plan: &Plan,
    inventory: &Inventory,
    deadline: Instant,
) -> Result<Duration, Failure> {
    let Context { ui, engine, cancel, .. } = context;
    let began = Instant::now();
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let applier = Applier {
        engine: &**engine,
        servers: &reached.servers,
        spec,
        secrets: &reached.secrets,
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
        Err(error) => Err(explain(context, spec, error).await),
    }
}
