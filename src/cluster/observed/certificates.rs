//! How long the certificates of a cluster with TLS are valid.

use schemars::JsonSchema;
use serde::Serialize;

/// The validity of a cluster's certificates, which all expire together.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesView {
    /// When they expire (RFC 3339).
    pub expire_at: String,
    /// Whole days until then; negative when they have expired.
    pub days_left: i64,
}
