//! Ctrl-C: the first finishes the current step, the second ends redos at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::Exit;
use crate::output::Ui;

/// Watches for SIGINT and SIGTERM. The returned token is cancelled by the first of them; the second ends the process.
pub fn watch(ui: Ui) -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancel.is_cancelled() {
                ui.clear_live();
                #[expect(clippy::exit, reason = "the user has asked twice; a step in hand may hang")]
                std::process::exit(Exit::Interrupted.code().into());
            }
            ui.status("interrupted: finishing what is under way; press Ctrl-C again to leave at once");
            cancel.cancel();
        }
    });
    token
}
