//! The agent on a system without containers: it does nothing. The helper of a fault runs a Linux build of redos there.

use super::order::Order;

/// A task that is done; there is none here.
pub enum Done {}

impl Done {
    /// Refuses every order.
    pub async fn begin(_: &Order) -> Result<(Self, String), String> {
        Err(format!("an agent runs on Linux, and this is a build of redos for {}", std::env::consts::OS))
    }

    /// Cannot be called: there is nothing to undo.
    pub async fn end(self) -> Result<String, String> {
        match self {}
    }
}
