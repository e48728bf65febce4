//! How long a holder on another machine has not renewed its entry, by the clock of the observer; pure.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// The longest time between two looks that counts as a whole. While the Engine does not answer, the holder cannot renew
/// its entry either.
const COUNTED_AT_MOST: Duration = Duration::from_secs(1);

/// What an observer knows about the entries of others.
#[derive(Debug, Default)]
pub struct Silences {
    looked_at: Option<Instant>,
    /// By entry: its newest beat, and for how long there was no newer one.
    of: BTreeMap<String, (u64, Duration)>,
}

impl Silences {
    /// Records a look that ended `now` and showed these entries with their newest beats.
    pub fn look<'a>(&mut self, now: Instant, seen: impl IntoIterator<Item = (&'a str, u64)>) {
        let passed = self.looked_at.replace(now).map_or(Duration::ZERO, |before| now.saturating_duration_since(before));
        let passed = passed.min(COUNTED_AT_MOST);
        let before = std::mem::take(&mut self.of);
        self.of.extend(seen.into_iter().map(|(id, beat)| {
            let silent = match before.get(id) {
                Some((known, silent)) if *known >= beat => *silent + passed,
                _ => Duration::ZERO,
            };
            (id.to_owned(), (beat, silent))
        }));
    }

    /// For how long an entry has not been renewed. Zero for an unknown one.
    pub fn of(&self, id: &str) -> Duration {
        self.of.get(id).map_or(Duration::ZERO, |(_, silent)| *silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The silence of an entry after looks at these times, in milliseconds, which showed these beats.
    fn silence(looks: &[(u64, u64)]) -> Duration {
        let (mut silences, begin) = (Silences::default(), Instant::now());
        for (at, beat) in looks {
            silences.look(begin + Duration::from_millis(*at), [("a", *beat)]);
        }
        silences.of("a")
    }

    #[test]
    fn it_counts_from_the_first_look_and_again_from_each_renewal() {
        assert_eq!(silence(&[(0, 3)]), Duration::ZERO);
        assert_eq!(silence(&[(0, 3), (500, 3), (1100, 3)]), Duration::from_millis(1100));
        assert_eq!(silence(&[(0, 3), (500, 3), (1100, 4), (1300, 4)]), Duration::from_millis(200));
    }

    #[test]
    fn an_engine_that_does_not_answer_makes_nobody_silent() {
        assert_eq!(silence(&[(0, 1), (60_000, 1)]), COUNTED_AT_MOST);
    }

    #[test]
    fn an_entry_that_was_away_begins_anew() {
        let (mut silences, begin) = (Silences::default(), Instant::now());
        silences.look(begin, [("a", 1)]);
        silences.look(begin + Duration::from_millis(900), []);
        silences.look(begin + Duration::from_millis(1800), [("a", 1)]);
        assert_eq!(silences.of("a"), Duration::ZERO);
        assert_eq!(silences.of("b"), Duration::ZERO);
    }
}
