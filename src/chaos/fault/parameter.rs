//! The parameters of faults: their flags, how they are read, and how they are shown.

use std::fmt;

use super::means::Means;
use super::signal::Signal;
use crate::spec::{ParseError, time};

/// The parameter of a fault, and the means that follow from its value.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// The fault has no parameter.
    None(Means),
    /// The signal that ends a server.
    Signal(fn(Signal) -> Means),
    /// The delay of each packet, and the jitter, both in milliseconds.
    Delay(fn(u32, u32) -> Means),
    /// The share of packets, in thousandths.
    Share(fn(u16) -> Means),
    /// Bits per second.
    Rate(fn(u64) -> Means),
    /// A size in bytes.
    Size(fn(u64) -> Means),
}

/// A flag of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name, without the dashes.
    pub name: &'static str,
    /// What its value is called in the help.
    pub value: &'static str,
    /// Its default value.
    pub default: &'static str,
    /// Its line in the help.
    pub help: &'static str,
}

const fn flag(name: &'static str, value: &'static str, default: &'static str, help: &'static str) -> Flag {
    Flag { name, value, default, help }
}

const SIGNAL: &[Flag] = &[flag("signal", "SIGNAL", "SIGKILL", "SIGKILL, SIGTERM, SIGINT, SIGSEGV or SIGABRT")];
const DELAY: &[Flag] = &[
    flag("delay", "TIME", "100ms", "By how much, each way"),
    flag("jitter", "TIME", "0ms", "By up to how much more, evenly distributed"),
];
const SHARE: &[Flag] = &[flag("share", "PERCENT", "20%", "How many of them")];
const RATE: &[Flag] = &[flag("rate", "RATE", "1mbit", "Bits in a second: 256kbit, 1mbit")];
const SIZE: &[Flag] = &[flag("limit", "SIZE", "1gb", "How large the disk may be at most")];

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// It has none.
    None,
    /// The signal that ends the server.
    Signal(Signal),
    /// Delay and jitter of packets, both in milliseconds.
    Delay {
        /// The delay of each packet.
        delay: u32,
        /// The largest random delay beyond that.
        jitter: u32,
    },
    /// Thousandths of all packets.
    Share(u16),
    /// Bits per second.
    Rate(u64),
    /// A size in bytes.
    Size(u64),
}

impl Parameter {
    /// Its flags, in the order of its values.
    pub const fn flags(&self) -> &'static [Flag] {
        match self {
            Self::None(_) => &[],
            Self::Signal(_) => SIGNAL,
            Self::Delay(_) => DELAY,
            Self::Share(_) => SHARE,
            Self::Rate(_) => RATE,
            Self::Size(_) => SIZE,
        }
    }

    /// The value where none is given.
    pub(super) const fn default_value(&self) -> ParameterValue {
        match self {
            Self::None(_) => ParameterValue::None,
            Self::Signal(_) => ParameterValue::Signal(Signal::Kill),
            Self::Delay(_) => ParameterValue::Delay { delay: 100, jitter: 0 },
            Self::Share(_) => ParameterValue::Share(200),
            Self::Rate(_) => ParameterValue::Rate(1_000_000),
            Self::Size(_) => ParameterValue::Size(1 << 30),
        }
    }

    /// Reads the values of the flags of the fault `word`. Missing values at the end take their defaults.
    pub(super) fn read(&self, word: &str, values: &[&str]) -> Result<ParameterValue, ParseError> {
        let Some(first) = values.first().copied() else { return Ok(self.default_value()) };
        if values.len() > self.flags().len() {
            let (most, s) = match self.flags().len() {
                0 => ("no", ""),
                1 => ("one", ""),
                _ => ("two", "s"),
            };
            return Err(ParseError::new(format!("{word} takes {most} value{s}")));
        }
        Ok(match self {
            Self::None(_) => ParameterValue::None,
            Self::Signal(_) => ParameterValue::Signal(first.parse()?),
            Self::Delay(_) => ParameterValue::Delay {
                delay: milliseconds(first)?,
                jitter: values.get(1).map_or(Ok(0), |jitter| milliseconds(jitter))?,
            },
            Self::Share(_) => ParameterValue::Share(read_share(first)?),
            Self::Rate(_) => ParameterValue::Rate(read_rate(first)?),
            Self::Size(_) => ParameterValue::Size(read_size(first)?),
        })
    }

    /// The means for a value. A value of another kind counts as the default.
    pub(super) fn means(&self, value: ParameterValue) -> Means {
        match (self, value) {
            (Self::None(means), _) => *means,
            (Self::Signal(means), ParameterValue::Signal(signal)) => means(signal),
            (Self::Delay(means), ParameterValue::Delay { delay, jitter }) => means(delay, jitter),
            (Self::Share(means), ParameterValue::Share(per_mille)) => means(per_mille),
            (Self::Rate(means), ParameterValue::Rate(rate)) => means(rate),
            (Self::Size(means), ParameterValue::Size(bytes)) => means(bytes),
            _ => self.means(self.default_value()),
        }
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::None => Ok(()),
            Self::Signal(signal) => signal.fmt(f),
            Self::Delay { delay, jitter: 0 } => write!(f, "{delay}ms"),
            Self::Delay { delay, jitter } => write!(f, "{delay}ms+{jitter}ms"),
            Self::Share(per_mille) => write!(f, "{}%", f64::from(per_mille) / 10.0),
            Self::Rate(rate) => show(rate, BITS, f),
            Self::Size(bytes) => show(bytes, BYTES, f),
        }
    }
}

/// Units, the greatest first.
type Units = [(&'static str, u64); 4];
/// Units of a rate.
const BITS: Units = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];
/// Units of a size, as in redis.conf.
const BYTES: Units = [("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10), ("b", 1)];
/// The lowest rate at which a server was measured to answer requests.
const RATE_MIN: u64 = 64_000;

fn milliseconds(text: &str) -> Result<u32, ParseError> {
    let delay = time::delay(text)?;
    Ok(u32::try_from(delay.as_millis()).unwrap_or(u32::MAX))
}

/// Reads a share in thousandths: `20%`, `0.5%`.
fn read_share(text: &str) -> Result<u16, ParseError> {
    let wrong = || {
        let right = "give one like 20% or 0.5%, above 0 and at most 100";
        ParseError::new(format!("'{text}' is not a share of packets; {right}"))
    };
    let percent: f64 = text.strip_suffix('%').unwrap_or(text).parse().map_err(|_| wrong())?;
    let per_mille = (percent * 10.0).round();
    if (1.0..=1000.0).contains(&per_mille) { Ok(per_mille as u16) } else { Err(wrong()) }
}

/// Reads bits per second: `256kbit`, `1mbit`, `2.5mbit`.
fn read_rate(text: &str) -> Result<u64, ParseError> {
    let wrong = || {
        let least = ParameterValue::Rate(RATE_MIN);
        ParseError::new(format!("'{text}' is not a rate; give one like 256kbit or 1mbit, at least {least}"))
    };
    read(text, BITS).filter(|rate| *rate >= RATE_MIN).ok_or_else(wrong)
}

/// Reads bytes: `64mb`, `1gb`.
fn read_size(text: &str) -> Result<u64, ParseError> {
    let wrong = || ParseError::new(format!("'{text}' is not a size; give one like 64mb or 1gb"));
    read(text, BYTES).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

fn read(text: &str, units: Units) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (number, unit) = units.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit)))?;
    Some((number.trim().parse::<f64>().ok()? * unit as f64) as u64)
}

fn show(value: u64, units: Units, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (name, unit) = units.into_iter().find(|(_, unit)| value >= *unit).unwrap_or(units[3]);
    write!(f, "{}{name}", value as f64 / unit as f64)
}
