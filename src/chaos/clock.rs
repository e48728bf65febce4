//! The one monotonic clock of a test.

use std::time::{Duration, Instant};

/// Counts nanoseconds from the beginning of a test.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at zero.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Nanoseconds since the beginning of the test.
    pub fn now(self) -> u64 {
        self.of(Instant::now())
    }

    /// A moment in nanoseconds since the beginning; 0 for an earlier one.
    pub fn of(self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The moment that is `at` nanoseconds after the beginning.
    pub fn moment(self, at: u64) -> Instant {
        self.start + Duration::from_nanos(at)
    }
}
