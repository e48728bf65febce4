//! The rest of a guard in a container while a redos changes the cluster. Pure.
//!
//! It cannot see the lock, which is the Engine's. So the redos that holds the lock sends it a signal, and repeats it. A
//! redos that is killed sends no more, and the guard goes on by itself. Times are since the start of the guard.

use std::time::Duration;

/// The signal after which a guard rests.
pub const REST_SIGNAL: &str = "SIGUSR1";
/// The signal after which it goes on.
pub const GO_ON_SIGNAL: &str = "SIGUSR2";
/// Time between two signals of a redos that is at work.
pub const REPEATED_EVERY: Duration = Duration::from_secs(5);
/// How long a guard rests after a signal: four of them, in case one is late.
const REST: Duration = Duration::from_secs(20);
/// How long it rests after its start. The redos that started it, if one did, repeats its signal meanwhile.
const REST_AT_START: Duration = Duration::from_secs(10);

/// Until when a guard rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    until: Duration,
}

impl Rest {
    /// The rest of a guard that was just started.
    pub const fn of_new_guard() -> Self {
        Self { until: REST_AT_START }
    }

    /// A redos is at work.
    pub fn told(&mut self, now: Duration) {
        self.until = now + REST;
    }

    /// It has ended its work.
    pub const fn released(&mut self) {
        self.until = Duration::ZERO;
    }

    /// Whether the guard does nothing now.
    pub fn lasts(&self, now: Duration) -> bool {
        now < self.until
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_redos_that_was_killed_keeps_a_guard_at_rest_for_seconds_only() {
        let mut rest = Rest::of_new_guard();
        assert!(rest.lasts(Duration::from_secs(9)) && !rest.lasts(REST_AT_START));
        rest.told(Duration::from_secs(30));
        assert!(rest.lasts(Duration::from_secs(49)) && !rest.lasts(Duration::from_secs(50)));
        rest.told(Duration::from_secs(60));
        rest.released();
        assert!(!rest.lasts(Duration::from_secs(60)));
    }

    proptest! {
        /// Signals may be late by up to three periods, or come twice.
        #[test]
        fn a_guard_rests_as_long_as_a_redos_is_at_work(late in prop::collection::vec(0u64..15_000, 1..50)) {
            let mut rest = Rest::of_new_guard();
            let mut now = Duration::ZERO;
            for late in late {
                rest.told(now);
                let next = now + REPEATED_EVERY + Duration::from_millis(late);
                prop_assert!(rest.lasts(now) && rest.lasts(next - Duration::from_millis(1)));
                now = next;
            }
            rest.released();
            prop_assert!(!rest.lasts(now));
        }
    }
}
