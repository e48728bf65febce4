//! The validity of the certificates of a cluster with TLS.

use super::catalogue as check;
use super::{DoctorFinding, Examined, Measured};

/// Days before the end from which on it is a finding.
const SOON: i64 = 30;

/// The finding about certificates, if they have expired or soon will. Nothing outlives its authority.
pub(super) fn findings(examined: &Examined<'_>) -> Option<DoctorFinding> {
    let certificates = examined.observed.certificates.as_ref()?;
    let (authority, expire_at) = (&certificates.authority, &certificates.expire_at);
    let (check, text, days_left) = match (authority.days_left, certificates.days_left) {
        (days @ ..0, _) => {
            (&check::AUTHORITY_EXPIRED, format!("the certificate authority expired at {}", authority.expires_at), days)
        }
        (_, days @ ..0) => (&check::CERTIFICATES_EXPIRED, format!("certificates expired at {expire_at}"), days),
        (days @ ..SOON, _) => {
            (&check::AUTHORITY_EXPIRES, format!("the certificate authority expires at {}", authority.expires_at), days)
        }
        (_, days @ ..SOON) => (&check::CERTIFICATES_EXPIRE, format!("certificates expire at {expire_at}"), days),
        _ => return None,
    };
    let measured = Measured::of_host("redos status", "days left", days_left);
    Some(DoctorFinding::new(check, None, text, [measured]).of_cluster(examined.spec))
}
