//! Refusals: states in which redos cannot know which data are right, so the user decides.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Why `up` and `start` change nothing, and what the user can do.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Refusal {
    /// What is wrong with which node, as a sentence without its full stop.
    pub why: String,
    /// The exact next commands, each with what it does.
    pub next: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
