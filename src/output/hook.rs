//! A program of the user's that gets values on its standard input, one run for each.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use anyhow::anyhow;
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// How long one run may take; then it is killed. Sentinel gives its own scripts as long (`SENTINEL_SCRIPT_MAX_RUNTIME`).
const RUN: Duration = Duration::from_secs(60);

/// A command line for the shell.
#[derive(Clone, Debug)]
pub struct Hook {
    command: String,
}

impl Hook {
    /// Runs this command line with `sh -c`.
    pub const fn new(command: String) -> Self {
        Self { command }
    }

    /// Runs it once, with the value as a line of JSON on its standard input. What it prints goes to stderr: stdout is for data.
    ///
    /// # Errors
    /// It could not be started, took longer than a minute, or ended with another code than 0.
    pub async fn run(&self, value: &impl Serialize) -> Result<(), anyhow::Error> {
        let line = format!("{}\n", serde_json::to_string(value)?);
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.command).stdin(Stdio::piped()).stdout(io::stderr()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let ended = timeout(RUN, async {
            if let Some(mut input) = input {
                // A program that does not read what it gets has no need of it.
                let _ = input.write_all(line.as_bytes()).await;
            }
            child.wait().await
        });
        let status = ended.await.map_err(|_| anyhow!("it was ended after {} s", RUN.as_secs()))??;
        if status.success() { Ok(()) } else { Err(anyhow!("it ended with {status}")) }
    }
}
