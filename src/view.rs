//! A cluster over the last minutes: samples, the series that follow from them, and the last events.
//!
//! [`History`] is what a live view shows, on the terminal or on a page. It is filled from outside.

mod history;
mod sample;

pub use history::{History, Told, ViewMoment};
pub use sample::Sample;
