//! Which backups of a series are kept; pure. Days, weeks, months and years are those of UTC.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use super::name::BackupName;
use crate::spec::ParseError;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A period of which the newest backup is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Period {
    /// Each backup is a period of its own.
    Backup,
    Hour,
    Day,
    /// From Monday to Sunday.
    Week,
    Month,
    Year,
}

impl Period {
    /// The number of the period at this time: later ones have higher numbers. `number` is that of the backup itself.
    fn of(self, at: SystemTime, number: usize) -> i64 {
        let seconds = match at.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        let days = seconds.div_euclid(DAY);
        match self {
            Self::Backup => i64::try_from(number).unwrap_or(i64::MAX),
            Self::Hour => seconds.div_euclid(3600),
            Self::Day => days,
            // 1970-01-01 was a Thursday.
            Self::Week => (days + 3).div_euclid(7),
            Self::Month => {
                let (year, month) = month_of(days);
                12 * year + month
            }
            Self::Year => month_of(days).0,
        }
    }
}

/// Year and month of a day since 1970, in the Gregorian calendar. A year begins with March here, so that its leap day
/// is last; 719 468 days lie between 0000-03-01 and 1970-01-01.
fn month_of(days: i64) -> (i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (400 * era + year + i64::from(month <= 2), month)
}

/// The backups to keep: `7d,4w` is the newest of each of 7 days and 4 weeks.
///
/// These are the last ones that have a backup. Days without a backup do not count, so that backups that stopped are not
/// removed one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention(Vec<(u16, Period)>);

impl Retention {
    /// Whether each of these backups, by the time it was made, is kept. The newest always is.
    pub fn keeps(&self, made: &[SystemTime]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..made.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse((made[*at], *at)));
        let mut kept = vec![false; made.len()];
        for (count, period) in &self.0 {
            let mut seen = BTreeSet::new();
            for (number, at) in order.iter().enumerate() {
                if seen.len() < usize::from(*count) && seen.insert(period.of(made[*at], number)) {
                    kept[*at] = true;
                }
            }
        }
        if let Some(newest) = order.first() {
            kept[*newest] = true;
        }
        kept
    }
}

impl Retention {
    /// Which of these backups would be removed. Each group of each cluster is a series of its own.
    pub fn expired(&self, backups: impl IntoIterator<Item = (PathBuf, BackupName)>) -> BTreeSet<PathBuf> {
        let mut series: BTreeMap<_, Vec<(SystemTime, PathBuf)>> = BTreeMap::new();
        for (path, BackupName { cluster, group, made }) in backups {
            series.entry((cluster, group)).or_default().push((made, path));
        }
        let mut expired = BTreeSet::new();
        for backups in series.into_values() {
            let made: Vec<SystemTime> = backups.iter().map(|(made, _)| *made).collect();
            let gone = backups.into_iter().zip(self.keeps(&made)).filter(|(_, keeps)| !keeps);
            expired.extend(gone.map(|((_, path), _)| path));
        }
        expired
    }
}

impl FromStr for Retention {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let refused = || {
            let why = format!(
                "'{text}' is not a list like 7d,4w: numbers of hours (h), days (d), weeks (w), months (m), \
                               years (y), or of backups (without a letter)"
            );
            ParseError::new(why)
        };
        let rule = |word: &str| {
            let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
            let period = match &word[digits.len()..] {
                "" => Period::Backup,
                "h" => Period::Hour,
                "d" => Period::Day,
                "w" => Period::Week,
                "m" => Period::Month,
                "y" => Period::Year,
                _ => return Err(refused()),
            };
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            let count = digits.parse().ok().filter(|count| *count > 0 && is_number).ok_or_else(refused)?;
            Ok((count, period))
        };
        text.split(',').map(|word| rule(word.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |(count, period): &(u16, Period)| {
            let letter = match period {
                Period::Backup => "",
                Period::Hour => "h",
                Period::Day => "d",
                Period::Week => "w",
                Period::Month => "m",
                Period::Year => "y",
            };
            format!("{count}{letter}")
        };
        f.write_str(&self.0.iter().map(word).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(&format!("{text}:00Z")).expect("a time")
    }

    /// The times that a list keeps, in the order of the times.
    fn kept<'a>(keep: &str, made: &[&'a str]) -> Vec<&'a str> {
        let retention: Retention = keep.parse().expect("a list");
        let times: Vec<SystemTime> = made.iter().map(|text| at(text)).collect();
        let keeps = retention.keeps(&times);
        made.iter().zip(keeps).filter(|(_, keeps)| *keeps).map(|(text, _)| *text).collect()
    }

    #[test]
    fn the_newest_of_each_of_the_last_days_and_weeks_that_have_one_is_kept() {
        let made = [
            "2026-11-28T23:59",
            "2026-11-28T00:00",
            "2026-11-27T12:00",
            // A Monday, and the Sunday before it.
            "2026-11-23T12:00",
            "2026-11-22T12:00",
            "2026-11-21T12:00",
            "2026-10-01T12:00",
        ];
        assert_eq!(kept("2d", &made), ["2026-11-28T23:59", "2026-11-27T12:00"]);
        assert_eq!(kept("3d", &made), ["2026-11-28T23:59", "2026-11-27T12:00", "2026-11-23T12:00"]);
        assert_eq!(kept("2w", &made), ["2026-11-28T23:59", "2026-11-22T12:00"]);
        assert_eq!(kept("1d,3w", &made), ["2026-11-28T23:59", "2026-11-22T12:00", "2026-10-01T12:00"]);
        assert_eq!(kept("2m", &made), ["2026-11-28T23:59", "2026-10-01T12:00"]);
        assert_eq!(kept("9y", &made), ["2026-11-28T23:59"]);
        assert_eq!(kept("2", &made), ["2026-11-28T23:59", "2026-11-28T00:00"]);
        assert_eq!(kept("2h", &made), ["2026-11-28T23:59", "2026-11-28T00:00"]);
    }

    #[test]
    fn order_and_gaps_make_no_difference() {
        assert_eq!(
            kept("2d", &["2020-01-01T10:00", "2026-01-01T10:00", "2020-01-01T11:00"]),
            ["2026-01-01T10:00", "2020-01-01T11:00"]
        );
        assert_eq!(kept("7d,4w", &["1970-01-01T00:00"]), ["1970-01-01T00:00"]);
        assert_eq!(kept("1d", &[]), [""; 0]);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (day, year, month) in
            [("1970-01-01", 1970, 1), ("2000-02-29", 2000, 2), ("2026-12-31", 2026, 12), ("2028-03-01", 2028, 3)]
        {
            let since = at(&format!("{day}T12:00")).duration_since(UNIX_EPOCH).expect("a later time");
            assert_eq!(month_of(i64::try_from(since.as_secs()).expect("seconds") / DAY), (year, month), "{day}");
        }
        assert_eq!(month_of(-1), (1969, 12));
    }

    #[test]
    fn a_list_reads_back_and_nonsense_is_refused() {
        for text in ["7d,4w", "10", "24h,7d,4w,12m,3y"] {
            assert_eq!(text.parse::<Retention>().expect("a list").to_string(), text);
        }
        for text in ["", "d", "0d", "7x", "7dd", "-1d", "+7d", "7 d", "7d,,4w", "99999d"] {
            assert!(text.parse::<Retention>().is_err(), "{text}");
        }
    }
}
