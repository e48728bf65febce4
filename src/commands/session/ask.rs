//! A question to the user at the terminal.

use super::{Session, World};
use crate::error::{Failure, FailureKind};

/// Whether the user at the terminal agrees.
///
/// Without a terminal there is no question: a script means what it says.
///
/// # Errors
/// The answer is not yes, or Ctrl-C.
pub async fn agreed<W: World>(session: &Session<W>, question: &str) -> Result<(), Failure> {
    let Session { ui, cancel, .. } = session;
    if !ui.can_ask() {
        return Ok(());
    }
    ui.status(format_args!("{question} [y/N]"));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    match cancel.run_until_cancelled(answer).await {
        Some(Ok(Ok(line))) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
        Some(_) => {
            let no = Failure::message(FailureKind::Failed, "nothing was done: the answer was not yes");
            Err(no.hinted("give --yes to go on without a question"))
        }
        None => Err(Failure::message(FailureKind::Interrupted, "nothing was done")),
    }
}
