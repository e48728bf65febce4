//! Shows plans instead of walking them.

use super::{Call, Session, World, faults, follow, programs, trial};
use crate::cluster::observed::Observed;
use crate::cluster::strangers::strangers;
use crate::commands::options::SettingsArgs;
use crate::error::{Exit, Failure};
use crate::output::plan::PlanDocument;
use crate::plan::diff::lifecycle::Proposal;
use crate::plan::diff::shrink::losses;
use crate::plan::{Past, Plan, Stage};
use crate::spec::{ClusterName, Spec};

/// Shows the steps of `up` with these settings, and why. The answer is yes when there is nothing to do.
///
/// `ask` adds to the settings what only an option asks for, and `next` makes the plan.
///
/// # Errors
/// The Engine failed, the settings are impossible, or the supplied passwords are not the cluster's.
pub async fn up<W: World>(
    call: Call<W>,
    args: &SettingsArgs,
    ask: impl FnOnce(&mut Spec) -> Result<(), Failure>,
    next: fn(&Spec, &Observed, &Past) -> Stage,
) -> Result<Exit, Failure> {
    let request = call.request(args)?;
    let (session, mut found) = call.reach(request.name()).await?;
    let mut settings = session.settle(request, &found)?;
    if !trial::takes_back(&settings.spec, &found.inventory).is_empty() {
        let program = programs::settle(&session, &mut settings, &found.inventory).await?.redis;
        trial::check(&session, &mut settings, &program, &found.inventory).await?;
    }
    ask(&mut settings.spec)?;
    follow::check(&session, &settings, &found.inventory, None).await?;
    faults::overlook_limits(&*session.engine, &settings.spec, &mut found.inventory).await?;
    let observed = session.observe_with(&settings.spec, &settings.secrets, found).await?.observed;
    for loss in losses(&settings.spec, &observed) {
        session.ui.warn(format_args!("it takes 'scale --force': {loss}"));
    }
    for stranger in strangers(&settings.spec, &observed) {
        session.ui.warn(stranger);
    }
    plan(&session, &settings.spec.name, &next(&settings.spec, &observed, &Past::default()).plan)
}

/// Shows the steps of a verb on nodes, and what must be forced.
///
/// # Errors
/// The output is closed.
pub fn lifecycle<W: World>(session: &Session<W>, cluster: &ClusterName, proposal: &Proposal) -> Result<Exit, Failure> {
    for objection in &proposal.objections {
        session.ui.warn(format_args!("it takes --force: {objection}"));
    }
    plan(session, cluster, &proposal.plan)
}

/// Shows a plan. The answer is yes when there is nothing to do.
///
/// # Errors
/// The output is closed.
pub fn plan<W: World>(session: &Session<W>, cluster: &ClusterName, plan: &Plan) -> Result<Exit, Failure> {
    let document = PlanDocument::new(cluster, plan);
    session.ui.document(&document, |ui| document.text(ui))?;
    Ok(Exit::answer(!plan.changes()))
}
