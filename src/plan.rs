//! What to do, pure: desired and observed state make a [`Plan`] of typed steps, each with its reason.
//!
//! Synchronous and deterministic; no IO, no clock, no log. All policy lives here: [`crate::apply`] walks a plan and
//! decides nothing.

pub mod diff;
pub mod event;
pub mod stage;
pub mod step;
pub mod teardown;

pub use diff::{diff, next};
pub use stage::{Past, Stage};
pub use step::{Action, Plan, Step, StepId};
pub use teardown::teardown;
