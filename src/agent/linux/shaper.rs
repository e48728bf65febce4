//! When each packet may go on, if at all. Pure: time and chance come from outside.

use std::time::Duration;

use crate::agent::order::Disturbance;

/// How much a throttled connection lets through at once after a pause, as time at its rate.
///
/// A timer may wake the agent that late.
const BURST: Duration = Duration::from_millis(5);
/// How long a packet waits for a throttled connection, at most. A packet that would wait longer is lost, as at a
/// router.
const BACKLOG: Duration = Duration::from_millis(500);
/// Bytes that may wait in any case. With room for fewer packets than TCP sends at once at its beginning (ten) the
/// connection is idle most of the time: only a timer finds each loss.
const BACKLOG_BYTES: u32 = 24 << 10;

/// Decides on the packets of one direction.
#[derive(Clone, Debug)]
pub struct Shaper {
    disturbance: Disturbance,
    /// The time at which the throttled connection has sent all packets so far.
    busy: Duration,
    /// The latest time at which a packet leaves, so far. No later packet leaves before it.
    last: Duration,
}

impl Shaper {
    /// A shaper that has seen no packet.
    pub const fn new(disturbance: Disturbance) -> Self {
        Self { disturbance, busy: Duration::ZERO, last: Duration::ZERO }
    }

    /// The time at which a packet that arrives now leaves; `None` if it is lost. `chance` is uniform between 0 and 1.
    pub fn due(&mut self, now: Duration, bytes: u32, chance: f64) -> Option<Duration> {
        let due = match self.disturbance {
            Disturbance::Drop | Disturbance::Reset => return None,
            Disturbance::Lose { per_mille } => {
                if chance < f64::from(per_mille) / 1000.0 {
                    return None;
                }
                now
            }
            Disturbance::Delay { delay, jitter } => {
                now + Duration::from_millis(delay.into()) + Duration::from_millis(jitter.into()).mul_f64(chance)
            }
            Disturbance::Throttle { rate } => {
                let takes = |bytes: u32| Duration::from_secs_f64(f64::from(bytes) * 8.0 / rate.max(1) as f64);
                let begin = self.busy.max(now.saturating_sub(BURST));
                if begin > now + BACKLOG.max(takes(BACKLOG_BYTES)) {
                    return None;
                }
                self.busy = begin + takes(bytes);
                self.busy
            }
        };
        self.last = self.last.max(due);
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn a_delay_is_added_and_no_packet_overtakes_another() {
        let mut shaper = Shaper::new(Disturbance::Delay { delay: 100, jitter: 40 });
        assert_eq!(shaper.due(ms(0), 60, 1.0), Some(ms(140)));
        assert_eq!(shaper.due(ms(10), 60, 0.0), Some(ms(140)), "not before the one before it");
        assert_eq!(shaper.due(ms(90), 60, 0.5), Some(ms(210)));
    }

    #[test]
    fn the_share_that_is_lost_is_the_one_that_was_asked_for() {
        let mut shaper = Shaper::new(Disturbance::Lose { per_mille: 300 });
        let lost = (0..1000).filter(|n| shaper.due(ms(*n), 60, *n as f64 / 1000.0).is_none()).count();
        assert_eq!(lost, 300);
    }

    #[test]
    fn a_narrow_way_lets_through_its_rate_and_loses_what_queues_too_long() {
        let mut shaper = Shaper::new(Disturbance::Throttle { rate: 1_000_000 });
        // 1250 bytes take 10 ms, of which 5 ms had been saved up.
        assert_eq!(shaper.due(ms(1000), 1250, 0.0), Some(ms(1005)));
        assert_eq!(shaper.due(ms(1000), 1250, 0.0), Some(ms(1015)));
        let through = (0..1000).filter(|_| shaper.due(ms(1000), 1250, 0.0).is_some()).count();
        assert_eq!(through, 49, "half a second's worth is queued");
        assert_eq!(shaper.due(ms(5000), 1250, 0.0), Some(ms(5005)), "and a pause frees the way again");
    }

    #[test]
    fn the_narrowest_way_has_room_for_what_tcp_sends_at_once() {
        let mut shaper = Shaper::new(Disturbance::Throttle { rate: 64_000 });
        let through = (0..100).filter(|_| shaper.due(ms(1000), 1500, 0.0).is_some()).count();
        assert!((10..20).contains(&through), "{through}");
    }
}
