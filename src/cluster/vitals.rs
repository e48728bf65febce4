//! The vital signs of a server: what `redos doctor` asks beyond what is observed all the time.

use std::collections::BTreeMap;
use std::str::FromStr;

/// What one Redis node or Sentinel says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// The fields of `INFO`.
    pub info: BTreeMap<String, String>,
    /// All directives that `CONFIG GET` or `SENTINEL CONFIG GET` shows, without passwords.
    pub config: BTreeMap<String, String>,
    /// The periods of a Sentinel (`SENTINEL DEBUG`) in milliseconds, in lower case. Empty for a Redis node.
    pub periods: BTreeMap<String, String>,
    /// The slowest one of the last commands in the slow log.
    pub slowest: Option<SlowCommand>,
    /// How many commands were refused to each user, as far back as its log goes.
    pub refused: BTreeMap<String, u64>,
    /// How much later its clock is than the one of this machine, in milliseconds.
    pub clock_ahead: Option<i64>,
}

/// An entry of the slow log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowCommand {
    /// When it began, in seconds since 1970.
    pub at: u64,
    /// How long it took, in microseconds.
    pub took: u64,
    /// The name of the command, without its arguments, which are the application's.
    pub command: String,
}

impl Vitals {
    /// A field of `INFO`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.info.get(name).map(String::as_str)
    }

    /// A field of `INFO` as a number; `None` where it is missing or is none.
    pub fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.field(name)?.parse().ok()
    }

    /// The value of a directive.
    pub fn directive(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(String::as_str)
    }
}
