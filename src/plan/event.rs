//! The events of a walk, from [`crate::apply`] to [`crate::output`].

use std::time::Duration;

use super::step::{Plan, Step, StepId};
use crate::cluster::Unmet;
use crate::update::Update;

/// One event. The listener draws it, prints it as a line or as JSON, or ignores it.
#[derive(Clone, Debug)]
pub enum Event {
    /// A plan begins. The listener gets all of it, so that it can count the steps of a kind to come.
    PlanStarted { plan: Plan },
    /// A step begins.
    StepStarted { step: Step },
    /// A waiting step reports the unmet condition, each time that it changes.
    StepWaiting {
        id: StepId,
        /// The first unmet condition of its gate.
        unmet: Unmet,
    },
    /// A step has succeeded.
    StepDone {
        id: StepId,
        /// The duration of the step.
        took: Duration,
    },
    /// A step failed; the error itself goes up the call chain.
    StepFailed { id: StepId },
    /// All steps have succeeded.
    PlanDone {
        /// The duration of all steps together.
        took: Duration,
    },
    /// Progress or a remark of an effect.
    Update(Update),
}

impl Event {
    /// A remark for the user that is neither progress nor an error.
    pub fn remark(text: impl Into<String>) -> Self {
        Self::Update(Update::Remark(text.into()))
    }
}

impl From<Update> for Event {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}
