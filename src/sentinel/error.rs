//! What can go wrong between redos and a server.

use std::time::Duration;

use thiserror::Error;

use crate::spec::NodeId;

/// A server could not be asked, or refused. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum ServerError {
    /// No connection.
    #[error("failed to connect to {node}")]
    Connect {
        /// To whom.
        node: NodeId,
        /// Why.
        #[source]
        source: anyhow::Error,
    },
    /// Nothing came back in time.
    #[error("{node} did not answer '{command}' within {}", humantime::format_duration(*.limit))]
    Timeout {
        /// Who.
        node: NodeId,
        /// The command without its arguments, which may hold secrets.
        command: String,
        /// The limit.
        limit: Duration,
    },
    /// It answered with an error.
    #[error("{node} refused '{command}'")]
    Refused {
        /// Who.
        node: NodeId,
        /// The command without its arguments.
        command: String,
        /// What it said.
        #[source]
        source: anyhow::Error,
    },
    /// It answered something that makes no sense.
    #[error("{node} gave an unexpected answer to '{command}': {answer}")]
    Unexpected {
        /// Who.
        node: NodeId,
        /// The command without its arguments.
        command: String,
        /// The answer, shortened.
        answer: String,
    },
}
