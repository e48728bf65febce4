//! What is, pure: the observed state of a cluster, and what follows from it.
//!
//! [`observed`] holds the facts that the Engine and the servers reported. From them follow who is master ([`reckon`],
//! [`claims`]), which conditions hold ([`gate`]), which states do not end by themselves ([`stuck`]), what redos did not
//! create ([`strangers`]) or give ([`alterations`]), which certificates must be renewed ([`renewal`]), how a replica with another image does ([`soak`]) and the verdict that users see ([`status`]).
//! [`crate::plan`] decides what to do about it.

pub mod alterations;
pub mod announcement;
pub mod claims;
pub mod data;
pub mod desired;
#[cfg(test)]
pub mod fixture;
pub mod gate;
pub mod hosts;
pub mod inquiry;
pub mod observed;
pub mod reckon;
pub mod refusal;
pub mod renewal;
pub mod soak;
pub mod status;
pub mod story;
pub mod strangers;
pub mod stuck;
pub mod vitals;

pub use gate::{Gate, Unmet};
pub use observed::Inventory;
pub use refusal::Refusal;
