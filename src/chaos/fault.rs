//! Faults: each is journalled, applied, seen to work, undone, and seen to be gone.
//!
//! The journal is kept by the Engine, so that it outlives a killed redos: `redos chaos heal`, and the guard that every
//! fault starts beside it, undo what they find there. Faults of the network are held by an [`crate::agent`], which undoes
//! them by itself when their time is over.

mod written;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::FaultNature;
use crate::agent::order::Disturbance;
use crate::spec::time;

pub use written::Written;

/// A fault of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Frozen by the Engine: connections stay, and are accepted, and nothing answers.
    Pause,
    /// Ended by a signal, and started again.
    Kill(Signal),
    /// Stopped in good order, and started again.
    Stop,
    /// Frozen by a signal, which the Engine does not notice.
    Freeze,
    /// Taken off its networks: silence, and no end of connections.
    Disconnect,
    /// Little CPU: it answers, late.
    Slow,
    /// It cannot fork, and so not save; then it refuses writes.
    NoFork,
    /// Something happens to its packets.
    Network(Disturbance),
    /// Its clients' writes wait.
    ClientPause,
    /// Its memory runs out, and the kernel kills it, also when it is started again.
    Oom,
    /// Its disk is full.
    FillDisk(Size),
}

impl Fault {
    /// All of them, with the parameters that they have unless told otherwise.
    pub const ALL: [Self; 15] = [
        Self::Pause,
        Self::Kill(Signal::Kill),
        Self::Stop,
        Self::Freeze,
        Self::Disconnect,
        Self::Slow,
        Self::NoFork,
        Self::Network(Disturbance::Drop),
        Self::Network(Disturbance::Reset),
        Self::Network(Disturbance::Delay { delay: 100, jitter: 0 }),
        Self::Network(Disturbance::Lose { per_mille: 200 }),
        Self::Network(Disturbance::Throttle { rate: 1_000_000 }),
        Self::ClientPause,
        Self::Oom,
        Self::FillDisk(Size(1 << 30)),
    ];

    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Kill(_) => "kill",
            Self::Stop => "stop",
            Self::Freeze => "freeze",
            Self::Disconnect => "disconnect",
            Self::Slow => "slow",
            Self::NoFork => "no-fork",
            Self::Network(Disturbance::Drop) => "partition",
            Self::Network(Disturbance::Reset) => "reset",
            Self::Network(Disturbance::Delay { .. }) => "latency",
            Self::Network(Disturbance::Lose { .. }) => "loss",
            Self::Network(Disturbance::Throttle { .. }) => "throttle",
            Self::ClientPause => "client-pause",
            Self::Oom => "oom",
            Self::FillDisk(_) => "fill-disk",
        }
    }

    /// What the target can still do.
    pub const fn nature(self) -> FaultNature {
        match self {
            // Off its only network, or with all of it cut, a node serves nobody.
            Self::Pause
            | Self::Kill(_)
            | Self::Stop
            | Self::Freeze
            | Self::Disconnect
            | Self::Network(Disturbance::Drop | Disturbance::Reset) => FaultNature::Halts,
            // One that was killed for want of memory is started again by the Engine.
            Self::Slow
            | Self::NoFork
            | Self::ClientPause
            | Self::Oom
            | Self::FillDisk(_)
            | Self::Network(Disturbance::Delay { .. } | Disturbance::Lose { .. } | Disturbance::Throttle { .. }) => {
                FaultNature::Degrades
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match *self {
            Self::Kill(signal) if signal != Signal::Kill => write!(f, "={signal}"),
            Self::Network(Disturbance::Delay { delay, jitter: 0 }) => write!(f, "={delay}ms"),
            Self::Network(Disturbance::Delay { delay, jitter }) => write!(f, "={delay}ms+{jitter}ms"),
            Self::Network(Disturbance::Lose { per_mille }) => write!(f, "={}%", f64::from(per_mille) / 10.0),
            Self::Network(Disturbance::Throttle { rate }) => write!(f, "={}", Rate(rate)),
            Self::FillDisk(limit) => write!(f, "={limit}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    /// A word, with a value behind a `=` where it has one: `pause`, `kill=SIGTERM`, `latency=50ms+10ms`, `loss=5%`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
        let fault = Self::ALL.into_iter().find(|fault| fault.as_str() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|fault| fault.as_str()).collect();
            format!("'{word}' is not a fault, known are {}", known.join(", "))
        })?;
        let Some(value) = value else { return Ok(fault) };
        match fault {
            Self::Kill(_) => value.parse().map(Self::Kill),
            Self::Network(Disturbance::Delay { .. }) => {
                let (delay, jitter) = value.split_once('+').unwrap_or((value, "0ms"));
                Ok(Self::latency(time::delay(delay)?, time::delay(jitter)?))
            }
            Self::Network(Disturbance::Lose { .. }) => value.parse::<Share>().map(Self::loss),
            Self::Network(Disturbance::Throttle { .. }) => value.parse::<Rate>().map(Self::throttle),
            Self::FillDisk(_) => value.parse().map(Self::FillDisk),
            _ => Err(format!("{word} takes no value")),
        }
    }
}

impl Fault {
    /// Packets come late, by `delay` and up to `jitter` more.
    pub fn latency(delay: Duration, jitter: Duration) -> Self {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        Self::Network(Disturbance::Delay { delay: millis(delay), jitter: millis(jitter) })
    }

    /// A share of packets is lost.
    pub const fn loss(share: Share) -> Self {
        Self::Network(Disturbance::Lose { per_mille: share.0 })
    }

    /// Packets have to share a narrow way.
    pub const fn throttle(rate: Rate) -> Self {
        Self::Network(Disturbance::Throttle { rate: rate.0 })
    }
}

/// A share, in thousandths: `20%`, `0.5%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u16);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is no share of packets, which is one like 20% or 0.5%, above 0 and at most 100");
        let percent: f64 = text.strip_suffix('%').unwrap_or(text).parse().map_err(|_| wrong())?;
        let per_mille = (percent * 10.0).round();
        if (1.0..=1000.0).contains(&per_mille) { Ok(Self(per_mille as u16)) } else { Err(wrong()) }
    }
}

/// Bits in a second: `256kbit`, `1mbit`, `2.5mbit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u64);

/// Units, the greatest first.
type Units = [(&'static str, u64); 4];
/// Of a rate.
const BITS: Units = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];
/// Of a size, as in redis.conf.
const BYTES: Units = [("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10), ("b", 1)];
/// The least rate at which a server was measured to be asked and to answer.
const RATE_MIN: u64 = 64_000;

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no rate, which is one like 256kbit or 1mbit, at least {}", Self(RATE_MIN));
        read(text, BITS).filter(|rate| *rate >= RATE_MIN).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, BITS, f)
    }
}

/// Bytes: `64mb`, `1gb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no size, which is one like 64mb or 1gb");
        read(text, BYTES).filter(|bytes| *bytes > 0).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, BYTES, f)
    }
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

/// A signal that ends a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// At once.
    #[serde(rename = "SIGKILL")]
    Kill,
    /// In good order.
    #[serde(rename = "SIGTERM")]
    Term,
    /// In good order, as Ctrl-C does.
    #[serde(rename = "SIGINT")]
    Int,
    /// As a crash.
    #[serde(rename = "SIGSEGV")]
    Segv,
    /// As an assertion that failed.
    #[serde(rename = "SIGABRT")]
    Abrt,
}

impl Signal {
    const ALL: [Self; 5] = [Self::Kill, Self::Term, Self::Int, Self::Segv, Self::Abrt];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Term => "SIGTERM",
            Self::Int => "SIGINT",
            Self::Segv => "SIGSEGV",
            Self::Abrt => "SIGABRT",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let short = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.into_iter().find(|signal| signal.as_str().strip_prefix("SIG") == Some(short)).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|signal| signal.as_str()).collect();
            format!("'{text}' is no signal that ends a server, known are {}", known.join(", "))
        })
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
        let shown = Fault::ALL.map(|fault| fault.to_string());
        for text in shown.iter().map(String::as_str).chain(more) {
            let fault: Fault = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(fault.to_string(), text);
            let stored = serde_json::to_string(&fault).expect("JSON");
            assert_eq!(serde_json::from_str::<Fault>(&stored).expect("a fault"), fault);
        }
        assert_eq!("kill=term".parse(), Ok(Fault::Kill(Signal::Term)));
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
            ("kill=SIGHUP", "SIGTERM"),
            ("fill-disk=much", "64mb"),
        ] {
            let refused = text.parse::<Fault>().expect_err(text);
            assert!(refused.contains(hint), "{text}: {refused}");
        }
    }
}
