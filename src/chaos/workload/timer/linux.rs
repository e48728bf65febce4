//! The timer of the schedule: a timerfd of the kernel.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// A timer of the operating system, precise to microseconds. The timer of the runtime counts milliseconds, and a timer
/// in another thread would wake two threads for each request.
pub(in crate::chaos::workload) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    /// Makes a timer that wakes the current runtime.
    ///
    /// # Errors
    /// The operating system has none left.
    pub(in crate::chaos::workload) fn new() -> io::Result<Self> {
        let file = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        #[expect(deprecated, reason = "its successor is unsafe for the sake of types that do not own their file")]
        Ok(Self(AsyncFd::new(file)?))
    }

    /// Waits for this long.
    ///
    /// # Errors
    /// The timer failed.
    pub(in crate::chaos::workload) async fn wait(&self, time: Duration) -> io::Result<()> {
        let at = Timespec::try_from(time).map_err(io::Error::other)?;
        let once = Itimerspec { it_interval: Timespec::default(), it_value: at };
        // This also forgets an earlier expiry.
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        self.0.readable().await?.clear_ready();
        Ok(())
    }
}
