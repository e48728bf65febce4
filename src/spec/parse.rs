//! The error of a text that cannot be parsed.

use thiserror::Error;

/// What is wrong with a text, and what would be right: one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    /// Makes the error of a text, which the sentence quotes.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}
