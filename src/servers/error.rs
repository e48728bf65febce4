//! What can go wrong between redos and a server.

use std::net::SocketAddrV4;
use std::time::Duration;

use redis::RedisError;
use thiserror::Error;

use super::switchover::SwitchoverRefusal;
use crate::spec::{Group, NodeId};

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
    /// A Sentinel watches the group already, and believes in another master.
    #[error("{node} already watches {group} with the master {address}, not {wanted}")]
    WatchesAnother {
        /// Who.
        node: NodeId,
        /// The group.
        group: Group,
        /// The master that it has.
        address: SocketAddrV4,
        /// The master that it was to be given.
        wanted: SocketAddrV4,
    },
    /// A switchover that would not be safe. The old master is in office.
    #[error("{group} cannot be switched over to {to}: {why}")]
    SwitchoverRefused {
        /// The group.
        group: Group,
        /// The node that was to be promoted.
        to: NodeId,
        /// The reason.
        why: SwitchoverRefusal,
    },
    /// A take-over that would not be safe. The existing server goes on.
    #[error("{node} cannot take over from {existing}: {why}")]
    TakeOverRefused {
        /// The node that was to be promoted.
        node: NodeId,
        /// The server that it copies.
        existing: SocketAddrV4,
        /// The reason.
        why: String,
    },
    /// A switchover after which not everybody follows the new master in time.
    #[error("{to} is the master of {group}, but {why}")]
    SwitchoverUnsettled {
        /// The group.
        group: Group,
        /// The new master.
        to: NodeId,
        /// Who does not follow yet.
        why: String,
    },
}

impl ServerError {
    /// Whether the same may be done a moment later: nothing has been changed, and what stands against it passes by itself.
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

    /// Whether the server runs a script or function that `SCRIPT KILL` or `FUNCTION KILL` may end, and says nothing else.
    pub fn is_busy_with_script(&self) -> bool {
        let Self::Refused { source, .. } = self else { return false };
        // A command of a module keeps a server busy as well, and no command ends that.
        source.downcast_ref::<RedisError>().is_some_and(|error| {
            error.code() == Some("BUSY") && error.detail().is_some_and(|detail| detail.contains(" KILL"))
        })
    }

    /// Why, without saying who: for a place that names the node already.
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

/// What an error says at its root. Of an error of the system only the kind is told: "connection refused".
fn innermost(error: &anyhow::Error) -> String {
    let root = error.root_cause();
    match root.downcast_ref::<std::io::Error>() {
        Some(io) if io.raw_os_error().is_some() => io.kind().to_string(),
        Some(_) | None => root.to_string(),
    }
}
