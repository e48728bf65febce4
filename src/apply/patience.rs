//! Repeats what a busy server does not answer in time.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::servers::ServerError;

/// How long something is repeated when a server is too busy for it. Two failovers of the Sentinels fit in.
const PATIENCE: Duration = Duration::from_secs(20);
/// The time between two tries.
const BETWEEN: Duration = Duration::from_millis(250);

/// Repeats a command when the server did not answer in time, or must wait for another, at most until `deadline`. On a busy
/// machine one question without an answer must not end the whole verb.
///
/// # Errors
/// The last try's.
pub async fn patiently<T, F>(
    deadline: Option<Instant>,
    cancel: &CancellationToken,
    ask: impl Fn() -> F + Send + Sync,
) -> Result<T, ServerError>
where
    F: Future<Output = Result<T, ServerError>> + Send,
{
    let patience = Instant::now() + PATIENCE;
    let until = deadline.map_or(patience, |deadline| deadline.min(patience));
    loop {
        match ask().await {
            Err(error) if error.may_pass() && Instant::now() < until && !cancel.is_cancelled() => sleep(BETWEEN).await,
            done => return done,
        }
    }
}
