//! The timer that keeps the schedule: timerfd on Linux, that of the runtime elsewhere.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Timer;
#[cfg(target_os = "linux")]
pub(super) use linux::Timer;
