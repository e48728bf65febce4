//! Errors of the Engine: the operation, its target, a kind that decides the exit code, and the next command.

use thiserror::Error;

use super::image::ImageKind;

/// Shorthand of this room.
pub type Result<T> = std::result::Result<T, EngineError>;

/// A failed call to the Engine. `Display` does not repeat the source.
#[derive(Debug, Error)]
#[error("failed to {operation}")]
pub struct EngineError {
    /// What was tried on what: "create container redos-redis-1".
    pub operation: String,
    /// What kind of failure it is.
    pub kind: EngineErrorKind,
    /// Exact next commands or remedies for the user.
    pub hints: Vec<String>,
    /// What the Engine or the transport said.
    #[source]
    pub source: Option<anyhow::Error>,
}

/// Kinds of failures that are handled differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineErrorKind {
    /// The Engine does not answer: it does not run, denies access, is elsewhere, or is too old.
    Unreachable,
    /// A port, a name or a subnet is in use by another owner.
    Conflict,
    /// The object does not exist.
    NotFound,
    /// The node died right after its start.
    NodeDied,
    /// The node died because it cannot load its data.
    DamagedData,
    /// An image is neither here nor can it be pulled or made.
    Image,
    /// An image lacks what a node of this kind needs.
    UnfitImage(ImageKind),
    /// The Engine refused or failed otherwise.
    Other,
}

impl EngineError {
    /// An error of this kind.
    pub fn new(kind: EngineErrorKind, operation: impl Into<String>, source: impl Into<Option<anyhow::Error>>) -> Self {
        Self { operation: operation.into(), kind, hints: Vec::new(), source: source.into() }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Why it failed, without what was tried.
    pub fn reason(&self) -> String {
        let source = self.source.as_ref().map(|source| format!("{source:#}")).filter(|said| !said.is_empty());
        source.unwrap_or_else(|| self.to_string())
    }
}
