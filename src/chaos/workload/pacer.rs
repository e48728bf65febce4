//! The schedule.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::UnboundedSender;

use super::Ticket;
use crate::chaos::clock::Clock;

/// Hands out a ticket whenever a request is due, until it is stopped or nobody takes them. After a delay it hands out all
/// that are due at once: the schedule does not move.
pub(super) fn pace(clock: Clock, rate: u32, stop: &AtomicBool, tickets: &UnboundedSender<Ticket>) {
    let start = clock.now();
    for number in 0.. {
        let at = start + due(number, rate);
        let wait = at.saturating_sub(clock.now());
        if wait > 0 {
            std::thread::sleep(std::time::Duration::from_nanos(wait));
        }
        if stop.load(Ordering::Relaxed) || tickets.send(Ticket { number, at }).is_err() {
            return;
        }
    }
}

/// When a request is due, in nanoseconds after the first. No error adds up.
fn due(number: u64, rate: u32) -> u64 {
    let rate = u64::from(rate.max(1));
    (number / rate) * 1_000_000_000 + (number % rate) * 1_000_000_000 / rate
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn the_schedule_does_not_drift() {
        assert_eq!(due(0, 3), 0);
        assert_eq!(due(1, 3), 333_333_333);
        assert_eq!(due(3_000_000, 3), 1_000_000 * 1_000_000_000);
        assert_eq!(due(7, 1000), 7_000_000);
    }
}
