//! Why a plan did not end.

use thiserror::Error;

use crate::cluster::observed::{Answer, Observed};
use crate::cluster::{Gate, Refusal, Unmet};
use crate::engine::{EngineError, EngineErrorKind};
use crate::servers::ServerError;
use crate::spec::{NodeId, Spec, render};

/// Why a plan did not end. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The Engine failed.
    #[error("failed to {step}")]
    Engine {
        /// The step in words.
        step: String,
        /// What the Engine said.
        #[source]
        source: EngineError,
    },
    /// A server failed.
    #[error("failed to {step}")]
    Server {
        /// The step in words.
        step: String,
        /// What the server said.
        #[source]
        source: ServerError,
    },
    /// A node cannot be made as the specification asks.
    #[error("failed to {step}: {reason}")]
    Impossible {
        /// The step in words.
        step: String,
        /// Why.
        reason: String,
    },
    /// A configuration cannot be made.
    #[error("failed to {step}")]
    Render {
        /// The step in words.
        step: String,
        /// Why.
        #[source]
        source: render::RenderError,
    },
    /// A gate did not open in time.
    #[error("not ready in time, waiting until {gate}: {unmet}")]
    Timeout {
        /// The gate.
        gate: Gate,
        /// What is not so.
        unmet: Unmet,
        /// The nodes whose logs tell most.
        concerns: Vec<NodeId>,
        /// How long nodes still load their data, in seconds and as they guess; absent when none does.
        loading: Option<u64>,
    },
    /// Time ran out between two plans, and nothing but a change is left.
    #[error("not done in time, the next step would be to {next}")]
    Unfinished {
        /// The first step of the plan that was not begun.
        next: String,
    },
    /// Only a person can say which data are right.
    #[error("{0}")]
    Refused(Refusal),
    /// Passwords were given that are not those of the cluster.
    #[error("the {} that was given is not the one of the cluster", which.join(" and the "))]
    OtherSecrets {
        /// Which ones, in words.
        which: Vec<&'static str>,
    },
    /// The user interrupted.
    #[error("interrupted: {done} of {total} steps are done")]
    Interrupted {
        /// Steps done.
        done: usize,
        /// Steps of the plan.
        total: usize,
        /// The changes that were not begun.
        left: Vec<String>,
    },
}

impl ApplyError {
    /// Whether the Engine refused because something is in use or belongs to somebody else.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if source.kind == EngineErrorKind::Conflict)
    }

    /// Whether a node died because it cannot load its data, which another plan takes into account.
    pub fn is_damaged_data(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if source.kind == EngineErrorKind::DamagedData)
    }

    /// A gate that did not open in time. It concerns those of the gate's nodes that keep it shut, where these are known.
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
