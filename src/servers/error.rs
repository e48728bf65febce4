//! Errors between redos and a server.

use std::fmt::Display;
use std::net::SocketAddrV4;
use std::time::Duration;

use redis::RedisError;
use thiserror::Error;

use super::switchover::{NotSwitched, SwitchoverRefusal};
use crate::cluster::claims::Whose;
use crate::spec::{Group, NodeId};

/// A server could not be asked, or refused. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum ServerError {
    /// No connection could be opened.
    #[error("failed to connect to {node}")]
    Connect {
        node: NodeId,
        #[source]
        source: anyhow::Error,
    },
    /// No answer came in time.
    #[error("{node} did not answer '{command}' within {}", humantime::format_duration(*.limit))]
    Timeout {
        node: NodeId,
        /// The command without its arguments, which may hold secrets.
        command: String,
        /// The time limit of the answer.
        limit: Duration,
    },
    /// The server answered with an error.
    #[error("{node} refused '{command}'")]
    Refused {
        node: NodeId,
        /// The command without its arguments.
        command: String,
        /// The text of its error.
        #[source]
        source: anyhow::Error,
    },
    /// The server gave an answer that redos does not understand.
    #[error("{node} gave an unexpected answer to '{command}': {answer}")]
    Unexpected {
        node: NodeId,
        /// The command without its arguments.
        command: String,
        /// The answer, shortened.
        answer: String,
    },
    /// A Sentinel watches the group already, with another master.
    #[error("{node} already watches {group} with the master {named}, not {wanted}")]
    WatchesAnother {
        node: NodeId,
        group: Group,
        /// Its master of the group.
        named: Whose,
        /// The master that it should have got.
        wanted: Whose,
    },
    /// The switchover would not be safe. The old master stays master.
    #[error("{group} cannot be switched over to {to}: {why}")]
    SwitchoverRefused {
        group: Group,
        /// The node that was to be promoted.
        to: NodeId,
        why: SwitchoverRefusal,
    },
    /// The take-over would not be safe. The existing server goes on.
    #[error("{node} cannot take over from {existing}: {why}")]
    TakeOverRefused {
        /// The node that was to be promoted.
        node: NodeId,
        /// The server that it copies.
        existing: SocketAddrV4,
        why: String,
    },
    /// The switchover is done, but some node does not follow the new master in time.
    #[error("{to} is the master of {group}, but {why}")]
    SwitchoverUnsettled {
        group: Group,
        /// The new master.
        to: NodeId,
        why: NotSwitched,
    },
}

/// The error of an answer that does not fit its command.
pub(super) fn unexpected(node: NodeId, command: &str, answer: impl Display) -> ServerError {
    ServerError::Unexpected { node, command: command.to_owned(), answer: answer.to_string() }
}

impl ServerError {
    /// Whether a later try may succeed: nothing has changed, and the obstacle passes by itself.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::SwitchoverRefused { why, .. } => why.may_pass(),
            Self::Connect { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. }
            | Self::WatchesAnother { .. }
            | Self::TakeOverRefused { .. }
            | Self::SwitchoverUnsettled { .. } => false,
        }
    }

    /// Whether what was seen of a server before is no longer so, and another look shows what to do. It cannot be reached,
    /// or a switchover found Sentinels or a replica in another state.
    pub const fn is_overtaken(&self) -> bool {
        match self {
            Self::Connect { .. } => true,
            Self::SwitchoverRefused { why, .. } => why.is_overtaken(),
            Self::Timeout { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. }
            | Self::WatchesAnother { .. }
            | Self::TakeOverRefused { .. }
            | Self::SwitchoverUnsettled { .. } => false,
        }
    }

    /// Whether the server refused with this error code, the first word of its answer.
    pub fn is_refusal(&self, code: &str) -> bool {
        let Self::Refused { source, .. } = self else { return false };
        source.downcast_ref::<RedisError>().is_some_and(|error| error.code() == Some(code))
    }

    /// Whether the server runs a script or function that `SCRIPT KILL` or `FUNCTION KILL` may end.
    pub fn is_busy_with_script(&self) -> bool {
        let Self::Refused { source, .. } = self else { return false };
        // A command of a module keeps a server busy as well, and no command ends that.
        source.downcast_ref::<RedisError>().is_some_and(|error| {
            error.code() == Some("BUSY") && error.detail().is_some_and(|detail| detail.contains(" KILL"))
        })
    }

    /// The reason without the node, for a place that names the node already.
    pub fn reason(&self) -> String {
        match self {
            Self::Connect { source, .. } | Self::Refused { source, .. } => innermost(source),
            Self::Timeout { limit, .. } => format!("no answer within {}", humantime::format_duration(*limit)),
            Self::SwitchoverRefused { why, .. } => why.to_string(),
            Self::TakeOverRefused { why, .. } => why.clone(),
            Self::Unexpected { .. } | Self::WatchesAnother { .. } | Self::SwitchoverUnsettled { .. } => {
                self.to_string()
            }
        }
    }
}

/// The message of an error's root. For an error of the system only its kind: "connection refused".
fn innermost(error: &anyhow::Error) -> String {
    let root = error.root_cause();
    match root.downcast_ref::<std::io::Error>() {
        Some(io) if io.raw_os_error().is_some() => io.kind().to_string(),
        Some(_) | None => root.to_string(),
    }
}
