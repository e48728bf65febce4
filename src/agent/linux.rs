//! What an agent does on Linux.

mod disk;
mod disturbed;
mod error;
mod netlink;
mod packet_queue;
mod probe;
mod rules;
mod server;
mod shaper;

use super::order::{Direction, Order, Task};
use disk::Filled;
use disturbed::Disturbed;
pub use error::TaskError;
use server::WritesPaused;

/// A task that is done and can be undone.
pub enum Done {
    Disturbed(Disturbed),
    WritesPaused(WritesPaused),
    Filled(Filled),
    Crowded,
}

impl Done {
    /// Starts the task, and measures its effect. Returns the evidence.
    pub async fn begin(order: &Order) -> Result<(Self, String), TaskError> {
        match &order.task {
            Task::Disturb { disturbance, link } => {
                let (disturbed, evidence) = Disturbed::begin(*disturbance, link).await?;
                Ok((Self::Disturbed(disturbed), evidence))
            }
            Task::PauseWrites => {
                let (paused, evidence) = WritesPaused::begin(order.lease()).await?;
                Ok((Self::WritesPaused(paused), evidence))
            }
            Task::FillDisk { folder, limit } => {
                let (filled, evidence) = Filled::begin(folder, *limit)?;
                Ok((Self::Filled(filled), evidence))
            }
            Task::Crowd => Ok((Self::Crowded, server::crowd(order.lease()).await?)),
        }
    }

    /// Undoes the task, and measures that the effect is gone. Returns the evidence.
    pub async fn end(self) -> Result<String, TaskError> {
        match self {
            Self::Disturbed(disturbed) => disturbed.end().await,
            Self::WritesPaused(paused) => paused.end().await,
            Self::Filled(filled) => filled.end(),
            Self::Crowded => Ok("its connections are closed".to_owned()),
        }
    }
}

impl Direction {
    /// Whether packets to the container are affected.
    pub const fn inward(self) -> bool {
        matches!(self, Self::Both | Self::In)
    }

    /// Whether packets from the container are affected.
    pub const fn outward(self) -> bool {
        matches!(self, Self::Both | Self::Out)
    }
}
