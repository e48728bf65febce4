//! The Engine's times: RFC 3339, in UTC for containers and volumes, with the daemon's own offset for networks.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970 of an RFC 3339 time, to compare two. `None` for any other text.
pub fn nanos(text: &str) -> Option<i128> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp_nanos)
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
