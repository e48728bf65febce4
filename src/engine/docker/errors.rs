//! Turns errors of the client library into an [`EngineError`]: the operation, a kind, and what the Engine said.

use std::io;

use anyhow::anyhow;
use bollard::errors::Error;

use super::endpoint::Endpoint;
use crate::engine::{EngineError, EngineErrorKind};

/// HTTP status of a refusal because of the present state, such as a name that is in use.
pub const CONFLICT: u16 = 409;
/// HTTP status of a missing object.
pub const NOT_FOUND: u16 = 404;

/// The HTTP status of the Engine's refusal, if it answered.
pub fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// The Engine's own message, without the client library's words.
pub fn message(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.clone(),
        other => other.to_string(),
    }
}

/// The error of a call that was refused or not answered.
pub fn failed(endpoint: &Endpoint, operation: impl Into<String>, error: Error) -> EngineError {
    match &error {
        Error::DockerResponseServerError { status_code, .. } => {
            let kind = match *status_code {
                NOT_FOUND => EngineErrorKind::NotFound,
                CONFLICT => EngineErrorKind::Conflict,
                _ => EngineErrorKind::Other,
            };
            let failed = EngineError::new(kind, operation, anyhow!(message(&error)));
            // The text of `ENOSPC`, which the Engine passes on.
            if message(&error).contains("no space left on device") {
                return failed.hinted(format!(
                    "the disk of Docker at {endpoint} is full: see what takes it, docker system df, and free some, \
                     docker image prune; then run this again"
                ));
            }
            failed
        }
        Error::SocketNotFoundError(_) => unreachable(endpoint, operation, io::ErrorKind::NotFound, error),
        Error::HyperLegacyError { .. } | Error::HyperResponseError { .. } | Error::IOError { .. } => {
            let kind = io_kind(&error).unwrap_or(io::ErrorKind::Other);
            unreachable(endpoint, operation, kind, error)
        }
        Error::RequestTimeoutError => unreachable(endpoint, operation, io::ErrorKind::TimedOut, error),
        _ => EngineError::new(EngineErrorKind::Other, operation, anyhow!(message(&error))),
    }
}

/// The error of an Engine that cannot be reached. The message has the operation and the address, the hints have the
/// remedies.
fn unreachable(endpoint: &Endpoint, operation: impl Into<String>, kind: io::ErrorKind, error: Error) -> EngineError {
    let operation = format!("reach Docker at {endpoint} to {}", operation.into());
    // The client library's error chain repeats itself at each level; its root says what happened.
    let source = match kind {
        io::ErrorKind::NotFound => anyhow!("there is no such socket"),
        io::ErrorKind::PermissionDenied => anyhow!("permission denied"),
        io::ErrorKind::ConnectionRefused => anyhow!("connection refused"),
        io::ErrorKind::TimedOut => anyhow!("no answer in time"),
        _ => anyhow!(root(&error)),
    };
    let ssh = endpoint.ssh_remedy(&source.to_string());
    let mut failed = EngineError::new(EngineErrorKind::Unreachable, operation, source);
    failed.hints = ssh.into_iter().chain(endpoint.remedies(kind)).collect();
    failed
}

/// The deepest cause, which comes from the transport.
fn root(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            // A connector may wrap the system's error once more.
            return Some(io.get_ref().and_then(|e| e.downcast_ref::<io::Error>()).unwrap_or(io).kind());
        }
        cause = current.source();
    }
    None
}
