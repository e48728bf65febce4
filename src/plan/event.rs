//! What [`crate::apply`] reports while it walks a plan: the contract with [`crate::output`].

use std::time::Duration;

use super::step::{Plan, Step, StepId};
use crate::cluster::Unmet;
use crate::update::Update;

/// One report. The listener draws it, prints it as a line or as JSON, or ignores it.
#[derive(Clone, Debug)]
pub enum Event {
    /// A plan begins. The listener has it whole, so that it can say how many steps of a kind are still to come.
    PlanStarted {
        /// The plan.
        plan: Plan,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: Step,
    },
    /// A step that waits says what for, each time that changes.
    StepWaiting {
        /// Which step.
        id: StepId,
        /// What is not yet so.
        unmet: Unmet,
    },
    /// A step ended well.
    StepDone {
        /// Which step.
        id: StepId,
        /// How long it took.
        took: Duration,
    },
    /// A step failed; the error itself goes up the call chain.
    StepFailed {
        /// Which step.
        id: StepId,
    },
    /// All steps are done.
    PlanDone {
        /// How long they took.
        took: Duration,
    },
    /// What an effect tells while it works.
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
