//! What an agent does on a system that has no containers: nothing. The helper of a fault runs a Linux build of redos there.

use super::order::Order;

/// No task is ever done here.
pub enum Done {}

impl Done {
    /// Refuses.
    pub async fn begin(_: &Order) -> Result<(Self, String), String> {
        Err(format!("an agent runs on Linux, and this is a build of redos for {}", std::env::consts::OS))
    }

    /// Cannot be called: there is nothing to undo.
    pub async fn end(self) -> Result<String, String> {
        match self {}
    }
}
