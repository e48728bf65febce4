//! TLS that is turned on or off in a living cluster.

use crate::cluster::observed::Observed;
use crate::error::{Failure, FailureKind};
use crate::output::{Ui, command_line};
use crate::plan::diff;
use crate::spec::{Encryption, Spec};

/// Refuses to begin in a cluster that is not in order: a node that is away could be left behind.
///
/// What has begun must come to its end, whatever the order.
///
/// # Errors
/// There is something to repair first: what, and how.
pub fn may_begin(spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let begins = |recorded: &&Spec| spec.tls.turning && !recorded.tls.turning;
    let Some(recorded) = observed.inventory.recorded.as_ref().filter(begins) else { return Ok(()) };
    // Secrets with an authority are no reason: they are new.
    let plan = diff(recorded, &observed.clone().with_rotation(None));
    let Some(step) = plan.steps.first() else { return Ok(()) };
    let what = format!(
        "nothing was changed: TLS is turned on or off only in a cluster that is in order, and there is still to do: {} ({})",
        step.action, step.why
    );
    let up = command_line(&spec.name, &format!("up {}", recorded.encryption.flag()));
    Err(Failure::message(FailureKind::Failed, what).hinted(format!("first repair it: {up}")))
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
        (Encryption::None, Encryption::None) | (Encryption::Tls, Encryption::Tls) | (Encryption::Both, Encryption::Both) => {
            return;
        }
    }
    if spec.encryption.is_tls() {
        ui.hint(format!("the URL for clients, and the certificate that they must trust: {url}, and {url} --ca"));
    }
}
