//! `redos plan`: what `up` would do and why, changing nothing.

use super::{Context, observe};
use crate::error::{Exit, Failure};
use crate::output::plan::PlanDocument;
use crate::plan::diff;
use crate::plan::observed::Inventory;
use crate::spec::settings::Settings;

/// Runs it. The answer is yes when there is nothing to do.
///
/// # Errors
/// The Engine failed.
pub async fn run(context: &Context, settings: &Settings, inventory: Inventory) -> Result<Exit, Failure> {
    let observed = observe(context, &settings.spec, inventory).await?;
    let plan = diff(&settings.spec, &observed);
    let document = PlanDocument::new(&settings.spec.name, &plan);
    context.ui.document(&document, |ui| document.text(ui))?;
    Ok(Exit::answer(!plan.changes()))
}
