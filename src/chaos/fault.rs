//! Faults. Each is recorded in the journal, applied, seen to work, undone, and seen to be gone.
//!
//! A fault is one row of [`FAULTS`]. Its word, parameters and help make the command line. Its [`Means`] says how it is
//! applied, seen, undone and seen to be gone. The Engine keeps the journal, so that it outlives a killed redos. `redos
//! chaos heal`, and the watchdog that every fault starts beside it, undo what they find there. Agents undo their faults by
//! themselves when their time is over.

mod agent;
mod journal;
mod means;
mod parameter;
mod signal;
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::history::FaultNature;
use crate::spec::ParseError;

pub use journal::Written;
pub use means::Means;
pub use parameter::{Flag, ParameterValue};
pub use signal::Signal;
pub use table::{FAULTS, Row};

/// A fault with its parameter.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fault {
    row: &'static Row,
    value: ParameterValue,
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        (self.row.word, self.value) == (other.row.word, other.value)
    }
}

impl Eq for Fault {}

impl Fault {
    /// The Engine freezes the processes.
    pub const PAUSE: Self = Self::plain("pause");
    /// The server is stopped in good order.
    pub const STOP: Self = Self::plain("stop");
    /// All packets of the node are dropped.
    pub const PARTITION: Self = Self::plain("partition");

    /// The fault of a word without a parameter. An unknown word does not compile.
    const fn plain(word: &str) -> Self {
        Self { row: table::row(word), value: ParameterValue::None }
    }

    /// All faults with their default parameters.
    pub fn all() -> impl Iterator<Item = Self> {
        FAULTS.iter().map(|row| Self { row, value: row.parameter.default_value() })
    }

    /// The fault of a row with the values of its flags, in the order of the flags.
    ///
    /// # Errors
    /// A value makes no sense.
    pub fn read(row: &'static Row, values: &[&str]) -> Result<Self, ParseError> {
        Ok(Self { row, value: row.parameter.read(row.word, values)? })
    }

    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        self.row.word
    }

    /// What the target can still do while the fault is active.
    pub const fn nature(self) -> FaultNature {
        self.row.nature
    }

    /// How the fault is applied, seen and undone.
    pub fn means(self) -> Means {
        self.row.parameter.means(self.value)
    }
}

impl fmt::Display for Fault {
    /// The word, with its parameter where that is not the default: `kill=SIGTERM`, `latency=50ms+10ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row.word)?;
        match self.value {
            ParameterValue::None | ParameterValue::Signal(Signal::Kill) => Ok(()),
            value => write!(f, "={value}"),
        }
    }
}

impl FromStr for Fault {
    type Err = ParseError;

    /// Reads a word, with its parameter behind a `=`: `pause`, `kill=SIGTERM`, `latency=50ms+10ms`, `loss=5%`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
        let row = FAULTS.iter().find(|row| row.word == word).ok_or_else(|| {
            let known: Vec<&str> = FAULTS.iter().map(|row| row.word).collect();
            ParseError::new(format!("'{word}' is not a fault; the faults are {}", known.join(", ")))
        })?;
        let values: Vec<&str> = value.map(|value| value.split('+').collect()).unwrap_or_default();
        Self::read(row, &values)
    }
}

impl TryFrom<String> for Fault {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_back_as_they_are_shown() {
        let more = [
            "fill-disk=64mb",
            "kill=SIGTERM",
            "latency=50ms+10ms",
            "loss=0.5%",
            "throttle=256kbit",
            "throttle=2.5mbit",
        ];
        let shown: Vec<String> = Fault::all().map(|fault| fault.to_string()).collect();
        for text in shown.iter().map(String::as_str).chain(more) {
            let fault: Fault = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(fault.to_string(), text);
            let stored = serde_json::to_string(&fault).expect("JSON");
            assert_eq!(serde_json::from_str::<Fault>(&stored).expect("a fault"), fault);
        }
        assert_eq!("kill=term".parse::<Fault>().expect("a fault").to_string(), "kill=SIGTERM");
    }

    #[test]
    fn every_row_has_a_word_and_flags_of_its_own_and_the_defaults_that_its_help_shows() {
        for (at, row) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..at].iter().all(|other| other.word != row.word), "{}", row.word);
            assert!(row.help.contains(&format!("redos chaos {}", row.word)), "{} has no example", row.word);
            let defaults: Vec<&str> = row.parameter.flags().iter().map(|flag| flag.default).collect();
            let read = Fault::read(row, &defaults).unwrap_or_else(|why| panic!("{}: {why}", row.word));
            assert!(Fault::all().any(|fault| fault == read), "{}", row.word);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (text, hint) in [
            ("explode", "pause, kill"),
            ("pause=1s", "takes no value"),
            ("loss=0%", "20%"),
            ("loss=120%", "at most 100"),
            ("throttle=10bit", "64kbit"),
            ("latency=soon", "not a time"),
            ("latency=1s+1s+1s", "two values"),
            ("kill=SIGHUP", "SIGTERM"),
            ("fill-disk=much", "64mb"),
        ] {
            let refused = text.parse::<Fault>().expect_err(text).to_string();
            assert!(refused.contains(hint), "{text}: {refused}");
        }
    }
}
