//! The error of a text that cannot be parsed.

use thiserror::Error;

/// What is wrong with a text, and what would be right: one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    /// The sentence must quote the text.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}
