//! TLS that is turned on or off in a living cluster.

use std::time::Duration;

use super::super::session::{Session, World};
use crate::cluster::Gate;
use crate::cluster::observed::Observed;
use crate::converge::Seen;
use crate::error::{Failure, FailureKind};
use crate::output::{Ui, command_line};
use crate::plan::diff;
use crate::spec::{Encryption, Spec};

/// How long to wait for what passes by itself, as a replica that reconnects.
const IN_ORDER_WITHIN: Duration = Duration::from_secs(15);

/// Refuses to begin in a cluster that is not in order: a node that is away could be left behind.
///
/// What has begun must come to its end, whatever the order.
///
/// # Errors
/// There is something to repair first: what, and how.
pub async fn may_begin<W: World>(
    session: &Session<W>,
    spec: &Spec,
    seen: Seen<W::Servers>,
) -> Result<Seen<W::Servers>, Failure> {
    let begins = |recorded: &&Spec| spec.tls.turning && !recorded.tls.turning;
    let Some(recorded) = seen.observed.inventory.recorded.as_ref().filter(begins).cloned() else {
        return Ok(seen);
    };
    let passing =
        |observed: &Observed| repairs(&recorded, observed).is_none().then(|| unready(&recorded, observed)).flatten();
    let seen = session.await_passing(spec, seen, IN_ORDER_WITHIN, passing).await?;
    let Some(why) = repairs(&recorded, &seen.observed).or_else(|| unready(&recorded, &seen.observed)) else {
        return Ok(seen);
    };
    let what = format!("nothing was changed: TLS is turned on or off only in a cluster that is in order: {why}");
    let up = command_line(&spec.name, &format!("up {}", recorded.encryption.flag()));
    Err(Failure::message(FailureKind::Failed, what).hinted(format!("first repair it: {up}")))
}

/// What `up` would do in the cluster as it was recorded. Secrets with an authority are no reason: they are new.
fn repairs(recorded: &Spec, observed: &Observed) -> Option<String> {
    let plan = diff(recorded, &observed.clone().with_rotation(None));
    let step = plan.steps.into_iter().find(|step| !step.action.only_looks());
    let repair = step.map(|step| format!("'up' would {} ({})", step.action, step.why));
    plan.refusal.map(|refusal| refusal.to_string()).or(repair)
}

/// What keeps the cluster from being ready.
fn unready(recorded: &Spec, observed: &Observed) -> Option<String> {
    let mut gates = Gate::ready(recorded).into_iter().filter(|gate| !gate.is_optional());
    gates.find_map(|gate| gate.holds(recorded, observed).err()).map(|unmet| unmet.to_string())
}

/// Says which clients must change.
pub fn tell(spec: &Spec, observed: &Observed, ui: &Ui) {
    let Some(recorded) = observed.inventory.recorded.as_ref() else { return };
    let url = command_line(&spec.name, "url");
    match (recorded.encryption, spec.encryption) {
        (Encryption::None, Encryption::Both) => {
            ui.warn("all connections end once; clients that ask the Sentinels need TLS from now on, others may change later");
        }
        (Encryption::None | Encryption::Both, Encryption::Tls) => {
            ui.warn("connections without TLS end and are refused from now on");
        }
        (Encryption::Tls | Encryption::Both, Encryption::None) => {
            ui.warn("connections with TLS end and are refused from now on");
            ui.hint(format!("the URL for clients: {url}"));
        }
        (Encryption::Tls, Encryption::Both) => ui.warn("all connections end once, because the proxies are recreated"),
        (Encryption::None, Encryption::None)
        | (Encryption::Tls, Encryption::Tls)
        | (Encryption::Both, Encryption::Both) => {
            return;
        }
    }
    if spec.encryption.is_tls() {
        ui.hint(format!("the URL for clients, and the certificate that they must trust: {url}, and {url} --ca"));
    }
}
