//! One redos at a time changes a cluster from this machine. Two that make passwords for the same new cluster would
//! leave nodes that do not know each other.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};

use anyhow::Error;

use crate::error::{Failure, FailureKind};
use crate::output::Ui;
use crate::spec::ClusterName;

/// What stands in the lock file while it is held. A holder that was killed leaves it there.
const HELD: &[u8] = b"held\n";

/// A cluster's lock. It is free again when this is dropped, also when the process is killed.
pub struct Lock {
    file: File,
    /// Whether its last holder was killed. The Engine may still be busy with what that one asked for.
    pub after_a_kill: bool,
}

/// Takes the cluster's lock, waiting for another redos that has it.
///
/// # Errors
/// The lock file cannot be made.
pub async fn hold(ui: &Ui, cluster: &ClusterName) -> Result<Lock, Failure> {
    let path = std::env::temp_dir().join(format!("redos-{cluster}.lock"));
    let failed = |error: std::io::Error| {
        let what = Error::new(error).context(format!("failed to lock {}", path.display()));
        Failure::new(FailureKind::Failed, what).hinted(format!("rm {}", path.display()))
    };
    let file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
    let mut file = match file.try_lock() {
        Ok(()) => file,
        Err(TryLockError::WouldBlock) => {
            ui.status(format_args!("waiting for another redos that changes {cluster}"));
            let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
            waiting.await.map_err(std::io::Error::other).and_then(|locked| locked).map_err(failed)?
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    };
    let mut left = Vec::new();
    file.read_to_end(&mut left).map_err(failed)?;
    if left.is_empty() {
        file.write_all(HELD).map_err(failed)?;
    }
    Ok(Lock { file, after_a_kill: !left.is_empty() })
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What stays costs the next `down` a few looks more.
        let _ = self.file.set_len(0);
    }
}
