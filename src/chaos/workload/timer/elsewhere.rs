//! The timer that keeps the schedule, where the kernel has no timerfd: the runtime's own.

use std::io;
use std::time::Duration;

/// A timer of the runtime, good for a millisecond. The audit of lateness says whether that was good enough.
pub(in crate::chaos::workload) struct Timer;

impl Timer {
    /// One of the runtime that this is called in.
    ///
    /// # Errors
    /// None; the signature is that of Linux.
    pub(in crate::chaos::workload) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for a span of time.
    ///
    /// # Errors
    /// None; the signature is that of Linux.
    pub(in crate::chaos::workload) async fn wait(&self, time: Duration) -> io::Result<()> {
        tokio::time::sleep(time).await;
        Ok(())
    }
}
