//! The stages of a test and their times; pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::fault::Fault;
use super::history::{ClientKind, Durability, FaultNature, Limits};
use crate::spec::ParseError;

/// Time under load before the fault.
pub const WARM_UP: Duration = Duration::from_millis(1500);
/// One period of the Sentinels' pings. A fault at a random moment of it meets them in every phase.
const PHASE: Duration = Duration::from_secs(1);
/// Time between the end of a failover for clients and the undoing of the fault.
pub const AFTER_FAILOVER: Duration = Duration::from_secs(2);
/// How much longer than the Sentinels' down-after the test waits for a failover. After that it undoes the fault all the
/// same.
pub const FAILOVER: Duration = Duration::from_secs(8);
/// Time under load after the cluster is whole again. It is longer than an operation's deadline, so that an outage that
/// has not ended is visible.
pub const COOL_DOWN: Duration = Duration::from_millis(1200);
/// Time limit until a cluster is settled before a round, and until it is whole again after it.
pub const SETTLE: Duration = Duration::from_secs(60);

/// What is done to the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// A fault that is undone after the failover.
    Fault(Fault),
    /// The master is cut off from the other Redis nodes and the Sentinels; clients and the proxy still reach it.
    Isolate,
    /// The master is stopped and started again without a pause between.
    Restart,
    /// A plain `SENTINEL FAILOVER`.
    SentinelFailover,
    /// The planned switchover of redos.
    Switchover,
}

impl Trial {
    /// The trials that are not a lasting fault.
    pub const OWN: [Self; 4] = [Self::Isolate, Self::Restart, Self::Switchover, Self::SentinelFailover];

    /// What the target can still do meanwhile.
    pub const fn nature(self) -> FaultNature {
        match self {
            Self::Fault(fault) => fault.nature(),
            Self::Isolate => FaultNature::Isolates,
            Self::Restart => FaultNature::Halts,
            Self::SentinelFailover | Self::Switchover => FaultNature::Planned,
        }
    }

    /// Whether another node is expected to become master.
    pub const fn moves_master(self) -> bool {
        match self {
            Self::Fault(fault) => matches!(fault.nature(), FaultNature::Halts),
            Self::Restart => false,
            Self::Isolate | Self::SentinelFailover | Self::Switchover => true,
        }
    }
}

impl fmt::Display for Trial {
    /// The word of the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Isolate => f.write_str("isolate"),
            Self::Restart => f.write_str("restart"),
            Self::SentinelFailover => f.write_str("sentinel-failover"),
            Self::Switchover => f.write_str("switchover"),
        }
    }
}

impl FromStr for Trial {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Some(trial) = Self::OWN.into_iter().find(|trial| trial.to_string() == text) {
            return Ok(trial);
        }
        let own = Self::OWN.map(|trial| trial.to_string()).join(", ");
        text.parse().map(Self::Fault).map_err(|why: ParseError| ParseError::new(format!("{why}, {own}")))
    }
}

/// All settings of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What is done to the master.
    pub trial: Trial,
    /// The number of rounds.
    pub rounds: u32,
    /// The seed of the random choices.
    pub seed: u64,
    /// Requests per second, all clients together.
    pub rate: u32,
    /// Time limit for an answer after the intended time of the operation.
    pub deadline: Duration,
    pub clients: Vec<ClientKind>,
    /// What an acknowledgement means.
    pub durability: Durability,
    /// What the verdict compares the measurements with.
    pub limits: Limits,
    /// How long the fault lasts; `None` for [`AFTER_FAILOVER`] after the failover.
    pub hold: Option<Duration>,
}

impl Scenario {
    /// Time under load before the fault of a round: the warm-up, and a random part of a second.
    pub fn before_fault(&self, round: u32) -> Duration {
        let random = mix(self.seed ^ u64::from(round).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        WARM_UP + PHASE.mul_f64(random as f64 / u64::MAX as f64)
    }

    /// How long the test waits for a failover before it undoes the fault.
    pub fn longest_fault(&self, down_after: Duration) -> Duration {
        self.hold.unwrap_or(down_after + FAILOVER)
    }

    /// After what time a watchdog undoes a fault that a killed redos left behind.
    pub fn lease(&self, down_after: Duration) -> Duration {
        self.longest_fault(down_after) + AFTER_FAILOVER + Duration::from_secs(10)
    }
}

/// The finalizer of SplitMix64: neighbouring seeds give unrelated numbers.
const fn mix(seed: u64) -> u64 {
    let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(seed: u64) -> Scenario {
        Scenario {
            trial: Trial::Fault(Fault::PAUSE),
            rounds: 10,
            seed,
            rate: 200,
            deadline: Duration::from_secs(1),
            clients: ClientKind::ALL.to_vec(),
            durability: Durability::Ack,
            limits: Limits::default(),
            hold: None,
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_schedule_and_another_does_not() {
        let schedule = |seed| (1..=10).map(|round| scenario(seed).before_fault(round)).collect::<Vec<_>>();
        assert_eq!(schedule(42), schedule(42));
        assert_ne!(schedule(42), schedule(43));
    }

    #[test]
    fn the_fault_meets_the_sentinels_in_every_part_of_their_second() {
        let scenario = scenario(7);
        let mut tenths = [0; 10];
        for round in 1..=1000 {
            let phase = scenario.before_fault(round) - WARM_UP;
            tenths[(phase.as_millis() / 100).min(9) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| *count > 60), "{tenths:?}");
    }

    #[test]
    fn every_trial_is_called_by_its_word() {
        for trial in Fault::all().map(Trial::Fault).chain(Trial::OWN) {
            assert_eq!(trial.to_string().parse(), Ok(trial));
        }
        assert!(
            "explode"
                .parse::<Trial>()
                .is_err_and(
                    |why| [why.to_string().contains("pause"), why.to_string().contains("switchover")] == [true, true]
                )
        );
    }
}
