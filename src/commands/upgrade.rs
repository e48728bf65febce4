//! `redos upgrade`: other images, first on one replica, which is compared with the others before they follow.

mod args;
mod parts;
mod soaking;
mod way;

use std::time::Duration;

use tokio::time::Instant;

pub use self::args::UpgradeArgs;
use self::parts::Upgrading;
use self::way::{UpgradeWay, only_images, way};
use super::session::lock::Turn;
use super::session::{Call, Session, World, lookup, propose};
use crate::cluster::observed::Observed;
use crate::cluster::status::status;
use crate::error::{Exit, Failure};
use crate::output::plan::PlanDocument;
use crate::output::upgrade::UpgradeDocument;
use crate::plan::diff;
use crate::spec::settings::AskedSettings;
use crate::spec::{ClusterName, Spec};

/// How long a cluster that needs no repair may take until it is healthy. On a busy machine a Sentinel considers another
/// one down for a moment.
const SETTLES: Duration = Duration::from_secs(5);

/// Shows the plan and carries it out.
///
/// # Errors
/// A refusal, before anything is changed; a replica that does not do well with the new image, which has the old one
/// again; else as [`ready::converge`].
pub async fn run<W: World>(args: UpgradeArgs, call: Call<W>) -> Result<Exit, Failure> {
    let deadline = Instant::now() + args.timeout;
    let request = call.request(&args.settings())?;
    let session = call.connect().await?;
    let cluster = request.name().clone();
    // The parts of an upgrade need more stack than a thread of a test has.
    let upgrade = async |_| Box::pin(upgrade(&args, request, &cluster, &session)).await;
    let turn = Turn { cluster: &cluster, verb: "upgrade", deadline };
    Box::pin(turn.take_unless(args.dry_run, &session, upgrade)).await
}

async fn upgrade<W: World>(
    args: &UpgradeArgs,
    request: AskedSettings,
    cluster: &ClusterName,
    session: &Session<W>,
) -> Result<Exit, Failure> {
    let began = Instant::now();
    let found = lookup::find(&*session.engine, cluster).await?;
    let old = lookup::recorded(cluster, &found.inventory)?.clone();
    lookup::has_master(&old)?;
    let back_to = if args.to_previous { Some(way::former(&old)?) } else { None };
    let settings = session.settle_images(request, &found, back_to).await?;
    let new = only_images(&old, &settings.spec)?;
    let given = (&settings.secrets, &settings.for_new_cluster);
    let seen = session.observe_with(&old, given.0, found).await?;
    let seen = session.await_passing(&old, seen, SETTLES, |seen| doubt(&old, seen)).await?;
    let way = way(&old, &new, args.to_previous, &seen.observed)?;
    let plan = way.plan(&old, &new, &seen.observed, args.soak);
    if args.dry_run {
        return propose::plan(session, cluster, &plan);
    }
    let run = Upgrading { session, args, old: &old, new: &new, given };
    let mut document = UpgradeDocument::new(cluster, &old.used, &new.used);
    if way != UpgradeWay::Nothing {
        session.ui.status(PlanDocument::new(cluster, &plan).text(&session.ui));
        run.tell_way_back();
        document.changed = true;
    }
    match way {
        UpgradeWay::Nothing => {}
        UpgradeWay::Canary(node) => {
            let compared = run.try_canary(node, seen).await?;
            (document.canary, document.keys_compared) = (Some(node), Some(compared.keys));
            run.roll_out().await?;
        }
        UpgradeWay::Rest => run.roll_out().await?,
        UpgradeWay::Back => _ = run.part(&new, diff::next, seen).await?,
    }
    document.seconds = began.elapsed().as_secs_f64();
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

/// Why a cluster is not healthy although `up` would only wait until it is.
fn doubt(spec: &Spec, observed: &Observed) -> Option<String> {
    let only_waits = !diff(spec, observed).changes();
    status(spec, observed).reasons.into_iter().next().filter(|_| only_waits)
}
