//! A restore of a group's data in place that has begun, in the record of the cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{Group, NodeId};

/// A restore that is under way: from the first copied byte until all nodes have the new data.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Restoring {
    pub group: Group,
    /// The node that gets the data. It leads the group afterwards.
    pub node: NodeId,
    /// The file that they come from.
    pub from: String,
    pub stage: RestoreStage,
}

/// How far a restore is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RestoreStage {
    /// The new data are copied beside the old ones, and then the nodes are stopped. All old data are there.
    Preparing,
    /// All nodes of the group are stopped, and their data are being replaced.
    Replacing,
}
