//! `redos up`: create or repair until the cluster is what it should be, and truly ready.

use std::time::Duration;

use super::{Context, walk};
use crate::engine::Engine;
use crate::error::{Exit, Failure};
use crate::output::plan::UpDocument;
use crate::plan::diff;
use crate::plan::observed::Inventory;
use crate::plan::status::status;
use crate::spec::Spec;
use crate::spec::settings::GivenSecrets;

/// Runs it. The caller holds the cluster's lock. `given` are the passwords of a new cluster, as far as somebody gave them.
///
/// # Errors
/// A conflict, an image that cannot be had, a node that dies, a deadline with the predicate that does not hold, an
/// interruption. What was done until then stays: a further `up` goes on from there.
pub async fn run(
    context: &Context,
    spec: &Spec,
    given: &GivenSecrets,
    inventory: Inventory,
    timeout: Duration,
) -> Result<Exit, Failure> {
    let (done, timings) = walk::converge(context, spec, given, diff, inventory, timeout).await?;
    let status = status(spec, &done.observed, context.engine.remote_host());
    let document = UpDocument::new(&status, &timings, done.took);
    context.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}
