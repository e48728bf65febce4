//! Durations as people write them: the one parser of settings, flags and faults.

use std::time::Duration;

use super::parse::ParseError;

/// A millisecond: the unit of a plain number in settings, as in Redis and Sentinel.
pub const MILLISECOND: u64 = 1;
/// A second: the unit of a plain number where redos waits, as in `timeout`, `curl` and `docker`.
pub const SECOND: u64 = 1000;
/// The longest wait of redos, in milliseconds: 30 days. A longer one could overflow a clock.
const WAIT_MAX: u64 = 30 * 24 * 3600 * 1000;

/// Why a text is not a duration in a range, and what would be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongTime {
    /// What is wrong.
    pub what: String,
    /// What to give instead.
    pub fix: String,
}

/// Parses `1s`, `500ms`, `1m 30s`, or a plain number of `unit` milliseconds, into milliseconds.
///
/// # Errors
/// It is not a time, or not from `min` to `max`.
pub fn milliseconds(text: &str, unit: u64, min: u64, max: u64) -> Result<u64, WrongTime> {
    let plain = if unit == SECOND { "90 (seconds)" } else { "1500 (milliseconds)" };
    let fix = format!("give a time from {} to {}, such as 1s, 500ms or {plain}", shown(min), shown(max));
    let wrong = |what: String| Err(WrongTime { what, fix });
    let text = text.trim();
    let given = if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        Some(text.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).unwrap_or(u64::MAX))
    } else {
        match humantime::parse_duration(text) {
            Ok(span) => Some(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
            Err(humantime::DurationError::NumberOverflow) => Some(u64::MAX),
            Err(_) => None,
        }
    };
    match given {
        None => wrong(format!("'{text}' is not a time")),
        Some(given) if given < min => wrong(format!("{text} is too short")),
        Some(given) if given > max => wrong(format!("{text} is too long")),
        Some(given) => Ok(given),
    }
}

/// Milliseconds in the form of [`milliseconds`]: `1s 500ms`.
pub fn shown(milliseconds: u64) -> String {
    humantime::format_duration(Duration::from_millis(milliseconds)).to_string()
}

/// Parses the limit of a wait: a plain number is seconds.
///
/// # Errors
/// A sentence with what would be right.
pub fn wait(text: &str) -> Result<Duration, ParseError> {
    read(text, SECOND)
}

/// Parses a delay of packets: a plain number is milliseconds.
///
/// # Errors
/// A sentence with what would be right.
pub fn delay(text: &str) -> Result<Duration, ParseError> {
    read(text, MILLISECOND)
}

fn read(text: &str, unit: u64) -> Result<Duration, ParseError> {
    let read = milliseconds(text, unit, 0, WAIT_MAX);
    read.map(Duration::from_millis).map_err(|wrong| ParseError::new(format!("{}; {}", wrong.what, wrong.fix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_and_plain_numbers_have_the_unit_of_their_place() {
        for (text, expected) in [("1s", 1000), ("500ms", 500), ("1500", 1500), ("1m 30s", 90_000), ("2min", 120_000)] {
            assert_eq!(milliseconds(text, MILLISECOND, 1, 3_600_000), Ok(expected), "{text}");
            assert_eq!(milliseconds(&shown(expected), MILLISECOND, 1, 3_600_000), Ok(expected), "{text}");
        }
        assert_eq!(wait("1"), Ok(Duration::from_secs(1)));
        assert_eq!(delay("100"), Ok(Duration::from_millis(100)));
        for bad in ["", "fast", "-1", "1 second ago", "1.2.3"] {
            assert!(wait(bad).expect_err(bad).to_string().contains("is not a time"), "{bad}");
        }
    }

    #[test]
    fn no_time_is_too_long_to_be_refused() {
        for long in ["584542046090y", "99999999999999999999", "18446744073709551615", "99999999999999999999999y", "31d"]
        {
            assert!(wait(long).expect_err(long).to_string().contains(" is too long"), "{long}");
        }
        let wrong = milliseconds("1ms", MILLISECOND, 500, 1000).expect_err("too short");
        assert_eq!(wrong.what, "1ms is too short");
    }
}
