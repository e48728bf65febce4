//! The Engine's times: RFC 3339, in UTC for containers and volumes, with the daemon's own offset for networks.

/// Nanoseconds since 1970 of an RFC 3339 time, to compare two. `None` for any other text.
pub fn nanos(text: &str) -> Option<i128> {
    let (date, rest) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, offset) = match rest.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = rest.rfind(['+', '-'])?;
            let (hours, minutes) = rest[at + 1..].split_once(':')?;
            let seconds = 3600 * hours.parse::<i64>().ok()? + 60 * minutes.parse::<i64>().ok()?;
            (&rest[..at], if rest[at..].starts_with('-') { -seconds } else { seconds })
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let seconds = 3600 * clock.next()?? + 60 * clock.next()?? + clock.next()??;
    let fraction: i128 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(i128::from(86_400 * days(year, month, day) + seconds - offset) * 1_000_000_000 + fraction)
}

/// Whole seconds since 1970 of an RFC 3339 time. `None` for any other text, or an earlier time.
pub fn seconds(text: &str) -> Option<u64> {
    u64::try_from(nanos(text)? / 1_000_000_000).ok()
}

/// Seconds since 1970 as an RFC 3339 time in UTC.
pub fn rfc3339(seconds: i64) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. A year begins with March here, so that its leap day is last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    // 719 468 days lie between 0000-03-01 and 1970-01-01.
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_offset_compare() {
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(nanos("2000-02-29T12:00:00Z"), Some(951_825_600_000_000_000));
        assert_eq!(nanos("2026-11-22T14:45:07.418996511Z"), Some(1_795_358_707_418_996_511));
        assert_eq!(nanos("2026-11-22T16:15:07.5+01:30"), nanos("2026-11-22T14:45:07.500000000Z"));
        assert_eq!(nanos("2026-11-22T09:45:07-05:00"), nanos("2026-11-22T14:45:07Z"));
        for bad in ["", "yesterday", "2026-11-22", "2026-11-22T14:45Z", "2026-11-22T14:45:07"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }
}
