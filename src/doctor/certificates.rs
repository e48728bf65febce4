//! The validity of the certificates of a cluster with TLS.

use super::catalogue as check;
use super::{DoctorFinding, Examined, Measured};

/// Days before the end from which on it is a finding.
const SOON: i64 = 30;

/// The finding about certificates, if they have expired or soon will.
pub(super) fn findings(examined: &Examined<'_>) -> Option<DoctorFinding> {
    let certificates = examined.observed.certificates.as_ref().filter(|certificates| certificates.days_left < SOON)?;
    let expire_at = &certificates.expire_at;
    let (check, text) = if certificates.days_left < 0 {
        (&check::CERTIFICATES_EXPIRED, format!("the certificates expired at {expire_at}"))
    } else {
        (&check::CERTIFICATES_EXPIRE, format!("the certificates expire at {expire_at}"))
    };
    let measured = Measured::of_host("redos status", "days left", certificates.days_left);
    Some(DoctorFinding::new(check, None, text, [measured]).of_cluster(examined.spec))
}
