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
    // Secrets with the authority are no reason: they are new.
    let plan = diff(recorded, &observed.clone().with_rotation(None));
    let Some(step) = plan.steps.first() else { return Ok(()) };
    let (name, flag) = (&spec.name, flag(recorded.encryption));
    let turned = turned(spec.encryption);
    let what = format!(
        "nothing was changed: TLS is not turned {turned} in a cluster that is not in order: {} ({})",
        step.action, step.why
    );
    Err(Failure::message(FailureKind::Failed, what)
        .hinted(format!("first repair it: {}", command_line(name, &format!("up {flag}")))))
}

/// Says what clients must change.
pub fn tell(spec: &Spec, observed: &Observed, ui: &Ui) {
    if observed.inventory.recorded.as_ref().is_none_or(|recorded| recorded.encryption == spec.encryption) {
        return;
    }
    let url = command_line(&spec.name, "url");
    ui.warn(match spec.encryption {
        Encryption::Tls => format!(
            "connections without TLS end and are refused from now on; clients need another URL ({url}) and the certificate of {url} --ca"
        ),
        Encryption::None => {
            format!("connections with TLS end and are refused from now on; clients need another URL ({url})")
        }
    });
}

/// The flag that leaves it as it is.
const fn flag(encryption: Encryption) -> &'static str {
    if encryption.is_tls() { "--tls" } else { "--tls=none" }
}

/// What is done to TLS.
const fn turned(encryption: Encryption) -> &'static str {
    if encryption.is_tls() { "on" } else { "off" }
}
