//! Refusals: states of which redos cannot know enough to change anything, so the user decides.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::observed::{Inventory, NodeState};
use crate::spec::{ClusterName, NodeId};

/// What helps against an Engine that does not answer about a container. The Engine may be on another host, or in Docker Desktop.
const RESTART_DOCKER: &str =
    "if it does, restart Docker on its host, which restarts all containers (sudo systemctl restart docker)";

/// Why `up` and `start` change nothing, and what the user can do.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Refusal {
    /// What is wrong with which node, as a sentence without its full stop.
    pub why: String,
    /// The exact next commands, each with what it does.
    pub next: Vec<String>,
}

impl Refusal {
    /// The refusal to change a cluster that is known in part.
    ///
    /// Its container may be about to start or to stop. Nodes that do not count are left out.
    pub fn unseen(cluster: &ClusterName, inventory: &Inventory, counts: impl Fn(NodeId) -> bool) -> Option<Self> {
        let (node, why) = inventory.unseen.iter().find(|(node, _)| counts(**node))?;
        let facts = inventory.nodes.get(node).filter(|facts| facts.state == NodeState::Unknown);
        if let Some(host) = facts.and_then(|facts| facts.host_name.as_ref()) {
            let next = vec![
                format!("go on when {host} is back; see how it is: redos -p {cluster} status"),
                format!(
                    "or give up what it has, and have its nodes recreated on the others: redos -p {cluster} host drain {host}"
                ),
            ];
            return Some(Self { why: format!("the host {host} does not answer: {why}"), next });
        }
        let next = vec![
            format!("see whether this hangs too: docker inspect {}", node.container_name(cluster)),
            RESTART_DOCKER.to_owned(),
        ];
        Some(Self { why: format!("Docker does not answer about {node}: {why}"), next })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
