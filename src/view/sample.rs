//! A cluster at one moment.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::status::Status;
use crate::spec::API_VERSION;

/// A look at a cluster, or why there was nothing to see.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    pub api_version: &'static str,
    /// Always `Sample`, the kind of document.
    pub kind: &'static str,
    /// When it was taken, in milliseconds since 1970 by the clock of redos.
    pub at: u64,
    /// How long the look took, in milliseconds. A node that just went silent makes it long.
    pub took: u64,
    /// The state of the cluster; `null` when it could not be observed.
    pub status: Option<Status>,
    /// Why the cluster could not be observed: the Engine does not answer, or the cluster was removed.
    pub failure: Option<String>,
}

impl Sample {
    /// A look that saw the cluster, or failed with these words.
    pub fn new(at: u64, took: u64, seen: Result<Status, String>) -> Self {
        let (status, failure) = match seen {
            Ok(status) => (Some(status), None),
            Err(why) => (None, Some(why)),
        };
        Self { api_version: API_VERSION, kind: "Sample", at, took, status, failure }
    }
}
