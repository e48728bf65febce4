//! What `redos failover` did.

use std::time::Duration;

use serde::Serialize;

use super::Ui;
use crate::spec::{API_VERSION, ClusterName, Group, NodeId};

/// `kind: Failover`: a switchover that was carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverDocument {
    /// `redos/v1`.
    pub api_version: &'static str,
    /// `Failover`.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// The group.
    pub group: Group,
    /// The master until then, now a replica.
    pub from: NodeId,
    /// The master from then on.
    pub to: NodeId,
    /// From the first command until all Sentinels agreed, in seconds. Writes waited for a small part of it.
    pub seconds: f64,
}

impl FailoverDocument {
    /// The document of a switchover that took so long.
    pub fn new(cluster: &ClusterName, group: Group, from: NodeId, to: NodeId, took: Duration) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Failover",
            cluster: cluster.clone(),
            group,
            from,
            to,
            seconds: took.as_secs_f64(),
        }
    }

    /// Tells who is master now.
    pub fn remarks(&self, ui: &Ui) {
        let Self { group, from, to, seconds, .. } = self;
        ui.status(format_args!("{group}: {to} is master in place of {from}, all Sentinels agree ({seconds:.2} s)"));
    }
}
