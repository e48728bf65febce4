//! When a closed connection is the end of a master. Pure.
//!
//! A master that ends closes all of its connections, and its port refuses new ones; a master that is paused, slow or cut
//! off does neither. Times are since the start of the guard.

use std::fmt;
use std::time::Duration;

use crate::servers::Knock;

/// How many times in a row the port has to refuse.
const REFUSALS: u32 = 2;
/// How many times the port may accept before the master counts as alive. A process that is being killed may accept once
/// more after it has closed a connection.
const ACCEPTS: u32 = 3;
/// The part of down-after in which a guard acts, in tenths. After it the Sentinels begin.
const TENTHS: u32 = 7;

/// The next deed of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is no death.
    Watch,
    /// It may be one, but the guard cannot tell.
    Leave(Unclear),
    /// The guard has acted less than a failover timeout ago, so the Sentinels replace this master.
    Rest,
    /// Knock at the port.
    Knock,
    /// Have the master replaced within this time.
    Replace {
        /// The time that is left of the guard's part of down-after.
        within: Duration,
    },
}

/// Why a guard cannot tell whether a master has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// Its port does not answer: it is cut off, its queue is full, or its address is gone.
    Silent,
    /// The answers came too late.
    Late,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "its port does not answer, so it may be cut off or slow",
            Self::Late => "its port answered too late",
        })
    }
}

/// A guard of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// When the connection closed, and the end of the time to act.
    closed: Option<(Duration, Duration)>,
    refused: u32,
    accepted: u32,
    /// Whether the last knock had no answer.
    is_silent: bool,
    /// Until when it does not act again.
    rests_until: Duration,
}

impl Suspicion {
    /// The connection to the master closed.
    pub fn closed(&mut self, now: Duration, down_after: Duration) -> Deed {
        if now < self.rests_until {
            self.closed = None;
            return Deed::Rest;
        }
        self.closed = Some((now, now + down_after * TENTHS / 10));
        (self.refused, self.accepted, self.is_silent) = (0, 0, false);
        Deed::Knock
    }

    /// The port answered a knock.
    pub fn knocked(&mut self, knock: Knock, now: Duration) -> Deed {
        let Some((_, until)) = self.closed else { return Deed::Watch };
        if now >= until {
            return self.leave(if self.is_silent { Unclear::Silent } else { Unclear::Late });
        }
        self.is_silent = knock == Knock::Silent;
        match knock {
            // A process that the kernel is killing answers nothing until its sockets are closed, and refuses then.
            Knock::Silent => {
                self.refused = 0;
                Deed::Knock
            }
            Knock::Accepted => {
                (self.refused, self.accepted) = (0, self.accepted + 1);
                if self.accepted < ACCEPTS { Deed::Knock } else { self.watch() }
            }
            Knock::Refused => {
                self.refused += 1;
                if self.refused < REFUSALS { Deed::Knock } else { Deed::Replace { within: until - now } }
            }
        }
    }

    /// It has tried to replace the master, with or without success.
    pub fn tried(&mut self, now: Duration, failover_timeout: Duration) {
        self.rests_until = now + failover_timeout;
        self.watch();
    }

    fn leave(&mut self, why: Unclear) -> Deed {
        self.closed = None;
        Deed::Leave(why)
    }

    fn watch(&mut self) -> Deed {
        self.closed = None;
        Deed::Watch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOWN_AFTER: Duration = Duration::from_millis(1000);
    const TIMEOUT: Duration = Duration::from_millis(3000);

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn a_port_that_refuses_twice_in_a_row_is_a_death() {
        let mut guard = Suspicion::default();
        assert_eq!(guard.closed(ms(100), DOWN_AFTER), Deed::Knock);
        assert_eq!(guard.knocked(Knock::Accepted, ms(101)), Deed::Knock, "the listener dies a moment later");
        assert_eq!(guard.knocked(Knock::Refused, ms(121)), Deed::Knock);
        assert_eq!(guard.knocked(Knock::Refused, ms(141)), Deed::Replace { within: ms(659) });
    }

    #[test]
    fn a_server_that_only_closed_a_connection_lives() {
        let mut guard = Suspicion::default();
        guard.closed(ms(0), DOWN_AFTER);
        let knocks = [Knock::Accepted, Knock::Refused, Knock::Accepted];
        assert!(knocks.iter().all(|knock| guard.knocked(*knock, ms(20)) == Deed::Knock));
        assert_eq!(guard.knocked(Knock::Accepted, ms(80)), Deed::Watch, "CLIENT KILL, or too many clients");
        guard.closed(ms(200), DOWN_AFTER);
        assert_eq!(guard.knocked(Knock::Refused, ms(900)), Deed::Leave(Unclear::Late), "the Sentinels have begun");
    }

    #[test]
    fn a_port_that_does_not_answer_is_no_death_until_it_refuses_twice_in_a_row() {
        let mut guard = Suspicion::default();
        guard.closed(ms(0), DOWN_AFTER);
        let knocks = [Knock::Silent, Knock::Refused, Knock::Silent, Knock::Refused];
        assert!(knocks.iter().all(|knock| guard.knocked(*knock, ms(400)) == Deed::Knock));
        assert_eq!(guard.knocked(Knock::Refused, ms(420)), Deed::Replace { within: ms(280) }, "it was killed slowly");
        guard.closed(ms(1000), DOWN_AFTER);
        assert_eq!(guard.knocked(Knock::Silent, ms(1699)), Deed::Knock);
        assert_eq!(guard.knocked(Knock::Silent, ms(1700)), Deed::Leave(Unclear::Silent), "it is cut off");
    }

    #[test]
    fn a_guard_that_has_acted_rests_and_says_so() {
        let mut guard = Suspicion::default();
        guard.tried(ms(100), TIMEOUT);
        assert_eq!(guard.closed(ms(3099), DOWN_AFTER), Deed::Rest);
        assert_eq!(guard.knocked(Knock::Refused, ms(3100)), Deed::Watch, "it does not knock");
        assert_eq!(guard.closed(ms(3101), DOWN_AFTER), Deed::Knock);
    }

    /// What happens to a guard, after how many milliseconds.
    #[derive(Clone, Debug)]
    enum Happening {
        Closed,
        Knocked(Knock),
    }

    fn happening() -> impl Strategy<Value = (u64, Happening)> {
        let what = prop_oneof![
            2 => Just(Happening::Closed),
            6 => Just(Happening::Knocked(Knock::Refused)),
            1 => Just(Happening::Knocked(Knock::Accepted)),
            1 => Just(Happening::Knocked(Knock::Silent)),
        ];
        // A guard may be frozen for a minute between any two of them.
        (prop_oneof![9 => 0u64..100, 1 => 0u64..60_000], what)
    }

    proptest! {
        #[test]
        fn it_acts_only_on_two_refusals_soon_after_a_close_and_not_twice_within_the_failover_timeout(
            happenings in prop::collection::vec(happening(), 0..60),
        ) {
            let mut guard = Suspicion::default();
            let (mut now, mut closed, mut acted) = (0, None::<u64>, None::<u64>);
            let mut last = Vec::new();
            for (later, what) in happenings {
                now += later;
                let deed = match what {
                    Happening::Closed => {
                        (closed, last) = (Some(now), Vec::new());
                        guard.closed(ms(now), DOWN_AFTER)
                    }
                    Happening::Knocked(knock) => {
                        last.push(knock);
                        guard.knocked(knock, ms(now))
                    }
                };
                if let Deed::Replace { within } = deed {
                    prop_assert!(last.ends_with(&[Knock::Refused, Knock::Refused]));
                    let since = now - closed.expect("it closed");
                    prop_assert!(ms(since) + within == DOWN_AFTER * 7 / 10);
                    prop_assert!(acted.is_none_or(|acted| now - acted >= 3000));
                    acted = Some(now);
                    guard.tried(ms(now), TIMEOUT);
                }
            }
        }
    }
}
