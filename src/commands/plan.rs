//! `redos plan`: what `up` would do and why, changing nothing.

use super::{Context, observe_with};
use crate::cluster::strangers::strangers;
use crate::converge::Found;
use crate::error::{Exit, Failure};
use crate::output::plan::PlanDocument;
use crate::plan::diff::shrink::losses;
use crate::plan::{Plan, diff};
use crate::spec::ClusterName;
use crate::spec::settings::Settings;

/// Runs it. The answer is yes when there is nothing to do.
///
/// # Errors
/// The Engine failed, or passwords were given that are not the cluster's.
pub async fn run(context: &Context, settings: &Settings, found: Found) -> Result<Exit, Failure> {
    let observed = observe_with(context, &settings.spec, &settings.secrets, found).await?.observed;
    let plan = diff(&settings.spec, &observed);
    for loss in losses(&settings.spec, &observed) {
        context.ui.warn(format_args!("it takes 'scale --force': {loss}"));
    }
    for stranger in strangers(&settings.spec, &observed) {
        context.ui.warn(stranger);
    }
    show(context, &settings.spec.name, &plan)
}

/// Shows a plan instead of walking it. The answer is yes when there is nothing to do.
///
/// # Errors
/// The output is closed.
pub fn show(context: &Context, cluster: &ClusterName, plan: &Plan) -> Result<Exit, Failure> {
    let document = PlanDocument::new(cluster, plan);
    context.ui.document(&document, |ui| document.text(ui))?;
    Ok(Exit::answer(!plan.changes()))
}
