//! The timer that keeps the schedule: a file of the kernel's where the kernel is Linux, the runtime's own elsewhere.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Timer;
#[cfg(target_os = "linux")]
pub(super) use linux::Timer;
