//! The timer of the schedule where the kernel has no timerfd: that of the runtime.

use std::io;
use std::time::Duration;

/// A timer of the runtime, precise to a millisecond. The audit of lateness shows whether that was good enough.
pub(in crate::chaos::workload) struct Timer;

impl Timer {
    /// Makes a timer of the current runtime.
    ///
    /// # Errors
    /// None; the signature is that of Linux.
    pub(in crate::chaos::workload) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for this long.
    ///
    /// # Errors
    /// None; the signature is that of Linux.
    pub(in crate::chaos::workload) async fn wait(&self, time: Duration) -> io::Result<()> {
        tokio::time::sleep(time).await;
        Ok(())
    }
}
