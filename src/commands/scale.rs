//! `redos scale`: change how many nodes there are, without losing a write or the quorum.

use tokio::time::Instant;

use super::{Context, observe_with, up};
use crate::cluster::observed::Observed;
use crate::converge::Found;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::plan::PlanDocument;
use crate::plan::diff;
use crate::plan::diff::shrink::losses;
use crate::spec::Spec;
use crate::spec::settings::Settings;

/// Shows the plan and walks it. `force` allows what loses data or makes the Sentinels weaker.
///
/// # Errors
/// A refusal, before anything is changed; else as [`up::run`].
pub async fn run(
    context: &Context,
    settings: &Settings,
    found: Found,
    deadline: Instant,
    force: bool,
) -> Result<Exit, Failure> {
    let seen = observe_with(context, &settings.spec, &settings.secrets, found).await?;
    if !force {
        refuse(&settings.spec, &seen.observed)?;
    }
    let plan = diff(&settings.spec, &seen.observed);
    context.ui.status(PlanDocument::new(&settings.spec.name, &plan).text(&context.ui));
    up::run(context, &settings.spec, (&settings.secrets, &settings.for_new_cluster), diff, seen, deadline).await
}

/// Refuses what cannot be taken back or is seldom meant.
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
