//! The schedule of the requests.

use std::io;
use std::time::Duration;

use tokio::task::coop::consume_budget;

use super::Ticket;
use super::timer::Timer;
use crate::chaos::clock::Clock;

/// Yields a ticket whenever a request is due. After a delay it yields all that are due at once: the schedule does not
/// move.
pub(super) struct Pacer {
    timer: Timer,
    clock: Clock,
    rate: u32,
    start: u64,
    number: u64,
}

impl Pacer {
    /// A schedule that begins now.
    pub(super) fn start(timer: Timer, clock: Clock, rate: u32) -> Self {
        Self { timer, clock, rate, start: clock.now(), number: 0 }
    }

    /// Waits for the next request.
    ///
    /// # Errors
    /// The timer failed.
    pub(super) async fn next(&mut self) -> io::Result<Ticket> {
        let at = self.start + due(self.number, self.rate);
        // A schedule that is far behind must let the requests run that it has yielded.
        consume_budget().await;
        loop {
            let wait = at.saturating_sub(self.clock.now());
            if wait == 0 {
                break;
            }
            self.timer.wait(Duration::from_nanos(wait)).await?;
        }
        let ticket = Ticket { number: self.number, at };
        self.number += 1;
        Ok(ticket)
    }
}

/// When a request is due, in nanoseconds after the first. Errors do not add up.
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
