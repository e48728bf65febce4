//! How long the certificates of a cluster with TLS are valid.

use schemars::JsonSchema;
use serde::Serialize;

/// The validity of a cluster's certificates.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesView {
    /// When the first of those in use expires (RFC 3339).
    pub expire_at: String,
    /// Whole days until then; negative when it has expired.
    pub days_left: i64,
    /// The validity of the authority that made them, which clients trust.
    pub authority: AuthorityView,
}

/// The validity of a certificate authority.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityView {
    /// When it expires (RFC 3339).
    pub expires_at: String,
    /// Whole days until then; negative when it has expired.
    pub days_left: i64,
}
