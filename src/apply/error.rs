//! Why a plan did not end.

use std::error::Error as StdError;
use std::iter::successors;

use thiserror::Error;

use crate::cluster::observed::{Answer, Observed};
use crate::cluster::{Gate, Refusal, Unmet};
use crate::engine::{EngineError, EngineErrorKind};
use crate::servers::ServerError;
use crate::spec::secret::RotatedUser;
use crate::spec::{Group, NodeId, Spec, render};

/// Why a walk failed. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The Engine failed.
    #[error("failed to {step}")]
    Engine {
        step: String,
        #[source]
        source: EngineError,
    },
    /// A server failed.
    #[error("failed to {step}")]
    Server {
        step: String,
        #[source]
        source: ServerError,
    },
    /// A node cannot be created as the specification asks.
    #[error("failed to {step}: {reason}")]
    Impossible {
        step: String,
        /// The reason, for people.
        reason: String,
    },
    /// A configuration cannot be made.
    #[error("failed to {step}")]
    Render {
        step: String,
        #[source]
        source: render::RenderError,
    },
    /// The file of a stopped Sentinel names another master than the plan, which was made before the Sentinel learned it.
    #[error("{sentinel} learned that {named} is the master of {group} after the plan was made")]
    NewMaster { sentinel: NodeId, named: NodeId, group: Group },
    /// A gate did not open in time.
    #[error("not ready in time, waiting until {gate}: {unmet}")]
    Timeout {
        gate: Gate,
        /// The condition that was not met.
        unmet: Unmet,
        /// The nodes whose logs tell most about it.
        concerns: Vec<NodeId>,
        /// Estimated seconds until the nodes have loaded their data; `None` when none is loading.
        loading: Option<u64>,
    },
    /// The time ran out between two plans, and only changes are left.
    #[error("not done in time, the next step would be to {next}")]
    Unfinished {
        /// The first step of the plan that was not begun.
        next: String,
    },
    /// Redos cannot know which data are right; the user must decide.
    #[error("{0}")]
    Refused(Refusal),
    /// The user gave passwords that are not those of the cluster.
    #[error("the password that was given for {} is not the one of the cluster", listed(users))]
    OtherSecrets {
        /// Those for whom such a password was given.
        users: Vec<RotatedUser>,
    },
    /// The user interrupted the walk.
    #[error("interrupted: {done} of {total} steps are done")]
    Interrupted {
        /// The number of finished steps.
        done: usize,
        /// The number of steps of the plan.
        total: usize,
        /// The changes that were not begun.
        left: Vec<String>,
    },
}

/// Users as words: `applications and replication`.
fn listed(users: &[RotatedUser]) -> String {
    users.iter().map(|user| user.as_str()).collect::<Vec<_>>().join(" and ")
}

impl ApplyError {
    /// Whether the Engine refused because something is in use or belongs to another owner.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if source.kind == EngineErrorKind::Conflict)
    }

    /// Whether a node died because it cannot load its data. Another plan takes that into account.
    pub fn is_damaged_data(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if source.kind == EngineErrorKind::DamagedData)
    }

    /// Whether the cluster is no longer what the plan was made for: another master, or a server that has died. Another
    /// plan is made for what there is.
    pub const fn is_overtaken(&self) -> bool {
        match self {
            Self::NewMaster { .. } => true,
            Self::Server { source, .. } => source.is_overtaken(),
            _ => false,
        }
    }

    /// The error with all that caused it, in one line.
    pub fn with_sources(&self) -> String {
        let causes = successors(self.source(), |error| StdError::source(*error));
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }

    /// A gate that did not open in time. It concerns those of the gate's nodes that keep it shut, if they are known.
    pub fn timeout(gate: Gate, unmet: Unmet, spec: &Spec, seen: &Observed) -> Self {
        let (mut concerns, about) = (gate.concerns(spec), unmet.about());
        if concerns.iter().any(|node| about.contains(node)) {
            concerns.retain(|node| about.contains(node));
        }
        let views = seen.topology.redis.values().filter_map(Answer::said);
        let loading = views.filter_map(|view| view.loading).map(|loading| loading.seconds_left).max();
        Self::Timeout { gate, unmet, concerns, loading }
    }
}
