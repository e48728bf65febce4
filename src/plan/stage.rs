//! One stage of a run: what the run has done before, and what comes next.

use std::collections::BTreeSet;

use super::step::Plan;
use crate::spec::{NodeId, Spec};

/// What a run has done to a cluster so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Whether it has changed the cluster since a write last proved it ready.
    pub owes_proof: bool,
    /// The nodes that it has started. What their start did not repair, another one does not repair either.
    pub started: BTreeSet<NodeId>,
}

/// The next part of the way to a specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What the cluster is at its end: the specification, with fewer Sentinels while they are added one at a time.
    pub spec: Spec,
    /// How it gets there.
    pub plan: Plan,
}
