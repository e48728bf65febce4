//! Diff, pure: desired state and observed state make a [`Plan`] of typed steps, each with its reason.
//!
//! Synchronous and deterministic; no IO, no clock, no log. All policy lives here: [`crate::apply`] walks a plan and
//! decides nothing.

pub mod claims;
pub mod data;
pub mod desired;
pub mod diff;
pub mod event;
#[cfg(test)]
pub mod fixture;
pub mod gate;
pub mod observed;
pub mod reckon;
pub mod refusal;
pub mod status;
pub mod step;
pub mod strangers;
pub mod stuck;
pub mod teardown;

pub use diff::diff;
pub use gate::Gate;
pub use observed::{Inventory, Observed, Topology};
pub use refusal::Refusal;
pub use step::{Action, Electorate, Plan, Step, StepId};
pub use teardown::teardown;
