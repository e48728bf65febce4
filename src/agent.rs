//! The agent: this same program, run beside a container with the one capability that its task needs.
//!
//! It does what it is told, measures the effect, holds it, undoes it when its lease is over or when it is told to end,
//! and measures that it is gone.
//!
//! No process has to be alive for the undoing. Rules of the network belong to the agent's own socket, and the room that
//! it takes on a disk belongs to its own process: when the agent ends, however that happens, the kernel removes them. A
//! pause of writes ends in the server itself.
//!
//! An agent runs on Linux, as containers do. What it does there is in `linux`, the one place that needs that system.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
pub mod order;
pub mod program;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

#[cfg(not(target_os = "linux"))]
use elsewhere::Done;
#[cfg(target_os = "linux")]
use linux::Done;
use order::{Order, Word};

/// Carries out an order until its lease is over or `cancel` is set. `say` receives each word for redos.
pub async fn run(order: &Order, cancel: &CancellationToken, say: impl Fn(Word)) {
    let deadline = Instant::now() + order.lease();
    let begun = Done::begin(order).await;
    say(match &begun {
        Ok((_, evidence)) => Word::Holds { evidence: evidence.clone() },
        Err(error) => Word::Failed { why: error.to_string() },
    });
    // An agent that failed waits, too: the Engine forgets its log when it ends.
    cancel.run_until_cancelled(sleep_until(deadline)).await;
    if let Ok((done, _)) = begun {
        say(match done.end().await {
            Ok(evidence) => Word::Gone { evidence },
            Err(error) => Word::Failed { why: error.to_string() },
        });
    }
}
