//! `redos up`: create or repair until the cluster is what it should be, and truly ready.

use std::time::Duration;

use tokio::time::Instant;

use super::Context;
use crate::converge::Converger;
use crate::engine::{Engine, image};
use crate::error::{Exit, Failure};
use crate::output::plan::UpDocument;
use crate::plan::observed::Inventory;
use crate::plan::status::status;
use crate::sentinel::client::Client;
use crate::spec::Secrets;
use crate::spec::settings::Settings;

/// Runs it. The caller holds the cluster's lock.
///
/// # Errors
/// A conflict, an image that cannot be had, a node that dies, a deadline with the predicate that does not hold, an
/// interruption. What was done until then stays: a further `up` goes on from there.
pub async fn run(
    context: &Context,
    settings: Settings,
    inventory: Inventory,
    timeout: Duration,
) -> Result<Exit, Failure> {
    let Context { ui, engine, cancel, .. } = context;
    let spec = &settings.spec;
    let progress = ui.progress();
    let report = |event| progress.report(event);
    let new_secrets = settings.secrets.or_made(rand::random);
    let converger = Converger {
        engine: &**engine,
        connect: |secrets: &Secrets| Client::new(engine.clone(), spec.clone(), secrets.clone()),
        spec,
        new_secrets,
        prepare: async |inventory: &Inventory| {
            engine.check_conflicts(spec, inventory).await?;
            image::resolve(engine, &spec.images, inventory, &report).await
        },
        report: &report,
        cancel,
        deadline: Instant::now() + timeout,
    };
    let done = match converger.converge(inventory).await {
        Ok(done) => done,
        Err(error) => {
            progress.finish();
            return Err(super::explain(context, spec, error).await);
        }
    };
    let timings = progress.finish();
    let status = status(spec, &done.observed, engine.remote_host());
    let document = UpDocument::new(&status, &timings, done.took);
    ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
