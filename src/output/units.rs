//! Numbers with units, short enough for a table.

use std::time::Duration;

/// `0.12 s`: two decimals, which is fine enough to compare.
pub fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// `42B`, `1.5M`, `12G`: bytes in powers of 1024, as Redis counts them.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // A number that would round to 1024 belongs to the next unit.
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 9.95 { 1 } else { 0 };
    format!("{value:.digits$}{}", UNITS[unit])
}

/// `999`, `1.2k`, `12k`, `3.4M`: a number of events per second, in powers of 1000.
pub fn rate(number: u64) -> String {
    let (value, unit) = match number {
        0..1_000 => return number.to_string(),
        1_000..999_500 => (number as f64 / 1e3, "k"),
        _ => (number as f64 / 1e6, "M"),
    };
    let digits = if value < 9.95 { 1 } else { 0 };
    format!("{value:.digits$}{unit}")
}

/// `12 s`, `3 min`, `5 h`, `2 d`: a duration in its largest unit.
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
}

/// `1 volume`, `2 volumes`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_two_or_three_digits() {
        let cases = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.0K"),
            (1_572_864, "1.5M"),
            (10 << 20, "10M"),
            ((1 << 30) - 1, "1.0G"),
            (5 << 40, "5.0T"),
            (u64::MAX, "16384P"),
        ];
        for (number, text) in cases {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn a_rate_has_at_most_three_digits() {
        let cases = [(0, "0"), (999, "999"), (1000, "1.0k"), (9_949, "9.9k"), (9_950, "10k"), (999_499, "999k")];
        for (number, text) in cases.into_iter().chain([(999_500, "1.0M"), (12_345_678, "12M")]) {
            assert_eq!(rate(number), text);
        }
    }

    #[test]
    fn an_age_is_in_its_largest_unit() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (86400, "1 d"), (864_000, "10 d")]
        {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }
}
