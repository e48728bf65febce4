//! Why an agent could not carry out its task, or undo it.

use std::io;

use thiserror::Error;

/// A failed task of an agent. `Display` is the whole sentence, which redos shows to the user.
#[derive(Debug, Error)]
pub enum TaskError {
    /// The kernel, a disk or a connection failed; with what that means for the task.
    #[error("{what}: {cause}")]
    System { what: String, cause: io::Error },
    /// The server answered a command with an error.
    #[error("it refuses {command}: {answer}")]
    Refused { command: String, answer: String },
    /// The task is not possible or not allowed here.
    #[error("{0}")]
    Impossible(String),
    /// A measurement contradicts the effect that the task should have, or the end of it.
    #[error("{0}")]
    Measured(String),
}

impl TaskError {
    /// Wraps an error of the system together with what it means for the task.
    pub fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        |cause| Self::System { what, cause }
    }

    /// Whether the server is a replica, and so takes no write.
    pub fn is_readonly(&self) -> bool {
        matches!(self, Self::Refused { answer, .. } if answer.starts_with("READONLY"))
    }
}
