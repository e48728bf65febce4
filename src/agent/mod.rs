//! The agent: this same program, run beside a container, with the one right that its task needs. It does what it is told,
//! measures that it is felt, holds it, undoes it when its lease is over or when it is told to end, and measures that it is
//! gone.
//!
//! Nobody has to be alive for the undoing. Rules of the network belong to the agent's own socket and the room that it takes
//! on a disk to its own process: when the agent ends, however that happens, the kernel removes them. A pause of writes ends
//! in the server itself.

mod disk;
pub mod netlink;
mod network;
pub mod order;
mod probe;
pub mod program;
mod queue;
mod rules;
mod server;
mod shaper;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use disk::Filled;
use network::Disturbed;
use order::{Order, Task, Word};
use server::WritesPaused;

/// Carries out an order until its lease is over or `cancel` is set. `say` is told what there is to tell.
pub async fn run(order: &Order, cancel: &CancellationToken, say: impl Fn(Word)) {
    let deadline = Instant::now() + order.lease();
    let begun = Done::begin(order).await;
    say(match &begun {
        Ok((_, evidence)) => Word::Holds { evidence: evidence.clone() },
        Err(why) => Word::Failed { why: why.clone() },
    });
    // One that has failed waits, too: the Engine forgets its words when it ends.
    cancel.run_until_cancelled(sleep_until(deadline)).await;
    if let Ok((done, _)) = begun {
        say(match done.end().await {
            Ok(evidence) => Word::Gone { evidence },
            Err(why) => Word::Failed { why },
        });
    }
}

/// A task that is done and can be undone.
enum Done {
    Disturbed(Disturbed),
    WritesPaused(WritesPaused),
    Filled(Filled),
    Crowded,
}

impl Done {
    async fn begin(order: &Order) -> Result<(Self, String), String> {
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
            Task::Crowd => Ok((Self::Crowded, server::crowd().await?)),
        }
    }

    async fn end(self) -> Result<String, String> {
        match self {
            Self::Disturbed(disturbed) => disturbed.end().await,
            Self::WritesPaused(paused) => paused.end().await,
            Self::Filled(filled) => filled.end(),
            Self::Crowded => Ok("its connections are closed".to_owned()),
        }
    }
}
