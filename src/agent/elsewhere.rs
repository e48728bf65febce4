//! The agent on a system without containers: it does nothing. The helper of a fault runs a Linux build of redos there.

use thiserror::Error;

use super::order::Order;

/// Every task fails here.
#[derive(Debug, Error)]
#[error("an agent runs on Linux, and this is a build of redos for {}", std::env::consts::OS)]
pub struct TaskError;

/// A task that is done; there is none here.
pub enum Done {}

impl Done {
    /// Refuses every order.
    pub async fn begin(_: &Order) -> Result<(Self, String), TaskError> {
        Err(TaskError)
    }

    /// Cannot be called: there is nothing to undo.
    pub async fn end(self) -> Result<String, TaskError> {
        match self {}
    }
}
