//! One redos at a time changes a cluster from this machine. Two that make passwords for the same new cluster would
//! leave nodes that do not know each other.

use std::fs::{File, TryLockError};

use anyhow::Error;

use crate::error::{Failure, FailureKind};
use crate::output::Ui;
use crate::spec::ClusterName;

/// Takes the cluster's lock, waiting for another redos that has it. It is free again when the returned file is dropped,
/// also when the process is killed.
///
/// # Errors
/// The lock file cannot be made.
pub async fn hold(ui: &Ui, cluster: &ClusterName) -> Result<File, Failure> {
    let path = std::env::temp_dir().join(format!("redos-{cluster}.lock"));
    let failed = |error: std::io::Error| {
        let what = Error::new(error).context(format!("failed to lock {}", path.display()));
        Failure::new(FailureKind::Failed, what).hinted(format!("rm {}", path.display()))
    };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => ui.status(format_args!("waiting for another redos that changes {cluster}")),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    waiting.await.map_err(std::io::Error::other).and_then(|locked| locked).map_err(failed)
}
