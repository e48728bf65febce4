//! `redos scale`: change how many nodes there are, without losing a write or the quorum.

use std::time::Duration;

use super::{Context, observe_with, up};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::plan::PlanDocument;
use crate::output::units::count;
use crate::plan::diff;
use crate::plan::observed::{Answer, Inventory, Observed};
use crate::spec::Spec;
use crate::spec::settings::Settings;

/// Shows the plan and walks it. `force` allows what loses data or makes the Sentinels weaker.
///
/// # Errors
/// A refusal, before anything is changed; else as [`up::run`].
pub async fn run(
    context: &Context,
    settings: &Settings,
    inventory: Inventory,
    timeout: Duration,
    force: bool,
) -> Result<Exit, Failure> {
    let observed = observe_with(context, &settings.spec, &settings.secrets, inventory).await?;
    if !force {
        refuse(&settings.spec, &observed)?;
    }
    let plan = diff(&settings.spec, &observed);
    context.ui.status(PlanDocument::new(&settings.spec.name, &plan).text(&context.ui));
    up::run(context, &settings.spec, &settings.secrets, observed.inventory, timeout).await
}

/// Refuses what cannot be taken back or is seldom meant.
fn refuse(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let refusal = |text: String| {
        let again = command_line(&spec.name, "scale … --force");
        Err(Failure::message(FailureKind::Usage, text).hinted(format!("if you mean it: {again}")))
    };
    if spec.sentinels.is_multiple_of(2) {
        let odd = spec.sentinels - 1;
        return refusal(format!(
            "{} Sentinels outvote no more failures than {odd}: an even number is not better, and splits votes",
            spec.sentinels
        ));
    }
    let leaving = |number: u16| number > spec.masters;
    for (node, view) in observed.topology.redis.iter().filter_map(|(node, answer)| Some((node, answer.said()?))) {
        if let Some(group) = node.group().filter(|group| leaving(group.get()) && view.keys > 0) {
            let keys = count(usize::try_from(view.keys).unwrap_or(usize::MAX), "key");
            return refusal(format!("the group {group} would be removed, and {node} holds {keys} of it"));
        }
    }
    let silent = observed.topology.redis.iter().find(|(node, answer)| {
        matches!(answer, Answer::Silent(_)) && node.group().is_some_and(|group| leaving(group.get()))
    });
    match silent {
        Some((node, _)) => refusal(format!("{node} would be removed with its group, and does not say what it holds")),
        None => Ok(()),
    }
}
