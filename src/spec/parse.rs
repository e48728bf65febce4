//! Why a text cannot be read as a value.

use thiserror::Error;

/// What a text is not, and what would be right: one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    /// The sentence names the text that was given.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}
