//! What `redos failover` did.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::Ui;
use crate::spec::{API_VERSION, ClusterName, Group, NodeId};

/// `kind: Failover`: a switchover that was carried out.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverDocument {
    pub api_version: &'static str,
    /// Always `Failover`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    pub group: Group,
    /// The master until then, now a replica.
    pub from: NodeId,
    /// The master from then on.
    pub to: NodeId,
    /// How long writes waited until the proxies led to the new master, in seconds.
    pub paused_seconds: f64,
    /// From the first command until roles, Sentinels and proxies agreed, in seconds.
    pub seconds: f64,
    /// What repairs itself, or what `up` repairs.
    pub remarks: Vec<String>,
}

impl FailoverDocument {
    /// The document of a switchover with this pause of writes and this duration.
    pub fn new(
        cluster: &ClusterName,
        group: Group,
        (from, to): (NodeId, NodeId),
        paused: Duration,
        took: Duration,
    ) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Failover",
            cluster: cluster.clone(),
            group,
            from,
            to,
            paused_seconds: paused.as_secs_f64(),
            seconds: took.as_secs_f64(),
            remarks: Vec::new(),
        }
    }

    /// Reports who is master now.
    pub fn remarks(&self, ui: &Ui) {
        let Self { group, from, to, seconds, .. } = self;
        let paused = self.paused_seconds * 1000.0;
        ui.status(format_args!(
            "{group}: {to} is master in place of {from}; writes waited {paused:.0} ms, all agree after {seconds:.2} s"
        ));
        for remark in &self.remarks {
            ui.status(format_args!("{remark}"));
        }
    }
}
