//! The watchdog of a fault: a separate process that undoes it if redos was killed.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::fault::Written;
use crate::engine::EngineError;
use crate::engine::containers::Containers;
use crate::spec::Hosts;

/// How much longer than its fault a watchdog waits before it undoes it, and an agent before it ends.
pub const MARGIN: Duration = Duration::from_secs(5);
/// How often a watchdog checks whether its fault is undone already.
const POLL: Duration = Duration::from_millis(500);

/// The variable of the setting `hosts`.
const HOSTS_VARIABLE: &str = "REDOS_HOSTS";

/// Starts the watchdog of a fault. It uses the Docker host or the hosts of this redos.
///
/// # Errors
/// No process can be started.
pub fn spawn(address: Option<&str>, hosts: &Hosts, fault: &str) -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(address) = address {
        command.args(["--host", address]);
    }
    if !hosts.is_empty() {
        command.env(HOSTS_VARIABLE, hosts.to_string());
    }
    command.args(["chaos", "watchdog", fault]);
    // It has a process group of its own, so that Ctrl-C at the terminal does not end it.
    command.process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

/// Waits until the fault is undone, or undoes it when its time is over. This is what a watchdog does.
///
/// # Errors
/// The Engine failed.
pub async fn watch_over(engine: &impl Containers, fault: &str) -> Result<(), EngineError> {
    loop {
        let Some(written) = Written::all(engine).await?.into_iter().find(|written| written.id == fault) else {
            return Ok(());
        };
        if now() >= written.until {
            written.undo(engine).await?;
        }
        sleep(POLL).await;
    }
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
