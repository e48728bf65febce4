//! The verdict on a round: a pure function of its [`Evidence`].
//!
//! Every number has one definition, in the module that computes it: [`outage`], [`phases`], [`dual`], [`integrity`].
//! The level is the worst of the [`Check`]s. Their order follows what they prove. An acknowledgement and a read-back
//! prove lost data, whatever else went wrong, so lost data goes before [`Level::Invalid`]. An outage that a lagging
//! generator reports proves nothing, so it comes after.

pub mod dual;
pub mod integrity;
pub mod outage;
pub mod phases;
pub mod rounds;
mod words;

use serde::{Serialize, Serializer};

use self::dual::DualMaster;
use self::integrity::Integrity;
use self::outage::{Access, Outage, Waits};
use self::phases::{Moments, Phases};
use super::history::{Evidence, FaultNature, FaultRecord, Op, OpError, OpKind, Outcome, SinceStart};

pub use integrity::Cause;
pub use rounds::Summary;

/// A pause of the generator, in nanoseconds, that makes its outages unreliable.
const STALL: u64 = 200_000_000;

/// The check that the generator kept its schedule.
pub const PUNCTUAL: &str = "the generator kept its schedule";
/// The check that nobody interrupted the round.
pub const UNCUT: &str = "ran to its end";

/// A moment or a duration in nanoseconds. JSON has it in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(pub u64);

impl Nanos {
    /// The same in milliseconds.
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The same in seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.millis() * 1000.0).round() / 1000.0)
    }
}

/// The result of a round or a test, from good to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Every limit was kept.
    Pass,
    /// Writes were out, or the cluster not whole again, for longer than allowed.
    FailOutage,
    /// The test proves nothing.
    Invalid,
    /// Acknowledged writes are lost, or data is wrong in another way.
    FailData,
}

impl Level {
    /// The word that people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::FailOutage => "FAIL(outage)",
            Self::Invalid => "INVALID",
            Self::FailData => "FAIL(data)",
        }
    }

    /// The exit code of the command: 0, 1 for a missed limit, 3 for lost data or an invalid test.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::FailOutage => 1,
            Self::Invalid | Self::FailData => 3,
        }
    }
}

/// A condition that a round must meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The condition in words.
    pub name: &'static str,
    /// The result of the round when it is not met.
    pub otherwise: Level,
    /// Whether it is met.
    pub ok: bool,
    /// What was seen, as a sentence that needs no context.
    pub observed: String,
}

/// How punctual the generator was: the time from the intended time of a request until it took it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Generator {
    /// The number of operations on the schedule.
    pub operations: usize,
    /// Half of the requests were at most this late.
    #[serde(rename = "latenessP50Ms")]
    pub p50: Nanos,
    /// 99.9 % of them were at most this late.
    #[serde(rename = "latenessP999Ms")]
    pub p999: Nanos,
    /// The lateness of the worst request.
    #[serde(rename = "latenessMaxMs")]
    pub max: Nanos,
    /// The limit for 99.9 % of the requests: the time between two requests.
    #[serde(rename = "limitMs")]
    pub limit: Nanos,
    /// Operations that were dropped because too many were running.
    pub dropped: usize,
}

/// The fault of a round, as it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultSummary {
    /// Its word on the command line.
    pub fault: String,
    /// The node that it was applied to.
    pub target: String,
    /// What the target could still do.
    pub nature: FaultNature,
    #[serde(rename = "appliedMs")]
    pub applied: Nanos,
    /// When it was first seen to work.
    #[serde(rename = "effectiveMs")]
    pub effective: Option<Nanos>,
    /// How that was seen.
    pub evidence: String,
    /// When the call that undid it began.
    #[serde(rename = "revertedMs")]
    pub reverted: Option<Nanos>,
    /// When it was seen to be gone.
    #[serde(rename = "goneMs")]
    pub gone: Option<Nanos>,
}

impl From<&FaultRecord> for FaultSummary {
    fn from(record: &FaultRecord) -> Self {
        Self {
            fault: record.fault.clone(),
            target: record.target.clone(),
            nature: record.nature,
            applied: Nanos(record.applied),
            effective: record.effective.map(Nanos),
            evidence: record.evidence.clone(),
            reverted: record.reverted.map(Nanos),
            gone: record.gone.map(Nanos),
        }
    }
}

/// The verdict on one round.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// The number of the round, counted from 1.
    pub round: u32,
    pub level: Level,
    /// Why, in words.
    pub cause: String,
    /// All conditions, met or not.
    pub checks: Vec<Check>,
    /// The master before the fault.
    pub master: String,
    /// The master at the end.
    pub new_master: Option<String>,
    /// The fault; `None` when the round was cut short before it.
    pub fault: Option<FaultSummary>,
    /// The moments of the failover, in milliseconds since the test began.
    pub moments: Moments,
    /// How long each part of the failover took.
    pub phases: Phases,
    /// Outages of all writes, of all reads, and of each kind of client.
    pub outages: Vec<Outage>,
    /// Requests that were served late.
    pub waits: Waits,
    /// What became of the data. `None` when the final state could not be read.
    pub integrity: Option<Integrity>,
    /// The time in which two nodes were master.
    pub dual_master: DualMaster,
    /// How punctual the generator was.
    pub generator: Generator,
}

impl Round {
    /// The longest write outage that any kind of client had.
    pub fn worst_write_outage(&self) -> Option<&Outage> {
        self.outages.iter().filter(|outage| outage.access == Access::Write).max_by_key(|outage| outage.longest)
    }

    /// The number of acknowledged writes that are lost.
    pub fn lost(&self) -> usize {
        self.integrity.as_ref().map_or(0, |integrity| integrity.lost)
    }
}

/// Judges a round.
pub fn judge(evidence: &Evidence) -> Round {
    let moments = Moments::of(evidence);
    let phases = Phases::of(evidence, &moments);
    let outages = outage::outages(&evidence.ops);
    let dual_master = DualMaster::of(evidence);
    let generator = Generator::of(evidence);
    let integrity = evidence.finals.as_ref().map(|finals| Integrity::of(evidence, finals, &moments));
    let checks = checks(evidence, &outages, integrity.as_ref(), generator);
    let level = checks.iter().filter(|check| !check.ok).map(|check| check.otherwise).max().unwrap_or(Level::Pass);
    let mut round = Round {
        round: evidence.begin.round,
        level,
        cause: String::new(),
        checks,
        master: evidence.begin.master.clone(),
        new_master: evidence.finals.as_ref().and_then(|f| f.read_back.as_ref()).map(|read| read.node.clone()),
        fault: evidence.fault.as_ref().map(FaultSummary::from),
        moments,
        phases,
        outages,
        waits: Waits::of(&evidence.ops),
        integrity,
        dual_master,
        generator,
    };
    round.cause = words::cause(&round);
    round
}

impl Generator {
    fn of(evidence: &Evidence) -> Self {
        let scheduled: Vec<&Op> = evidence.ops.iter().filter(|op| op.kind != OpKind::Pop).collect();
        // Ten writes of one pipeline are one request, as for outages.
        let mut requests: Vec<(SinceStart, SinceStart)> = scheduled.iter().map(|op| (op.at, op.begun)).collect();
        requests.dedup();
        let mut late: Vec<SinceStart> = requests.iter().map(|(at, begun)| begun.saturating_sub(*at)).collect();
        late.sort_unstable();
        Self {
            operations: scheduled.len(),
            p50: Nanos(quantile(&late, 0.5)),
            p999: Nanos(quantile(&late, 0.999)),
            max: Nanos(late.last().copied().unwrap_or(0)),
            limit: Nanos(1_000_000_000 / u64::from(evidence.header.workload.rate.max(1))),
            dropped: scheduled.iter().filter(|op| op.error == Some(OpError::TooManyInFlight)).count(),
        }
    }
}

/// The smallest value that at least this share of the values does not exceed.
fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn checks(evidence: &Evidence, outages: &[Outage], integrity: Option<&Integrity>, generator: Generator) -> Vec<Check> {
    let mut checks = validity(evidence, generator);
    let limits = evidence.header.limits;
    if let Some(worst) = outages.iter().filter(|o| o.access == Access::Write).max_by_key(|o| (o.open, o.longest)) {
        let who = worst.client.map_or_else(|| "all clients".to_owned(), |client| format!("{client} clients"));
        let still = if worst.open { ", and still out at the end" } else { "" };
        checks.push(Check {
            name: "writes come back in time",
            otherwise: Level::FailOutage,
            ok: worst.longest.0 <= limits.max_outage && !worst.open,
            observed: format!(
                "longest write outage {:.2} s ({who}{still}), allowed {:.2} s",
                worst.longest.seconds(),
                Nanos(limits.max_outage).seconds()
            ),
        });
    }
    let converged = evidence.end.as_ref().and_then(|end| end.converged);
    checks.push(Check {
        name: "the cluster is whole again",
        otherwise: Level::FailOutage,
        ok: converged.is_some(),
        observed: match converged {
            Some(at) => format!("one master and all replicas in sync {:.2} s into the test", Nanos(at).seconds()),
            None => "one master with all replicas in sync was not seen again".to_owned(),
        },
    });
    let Some(integrity) = integrity else { return checks };
    checks.push(Check {
        name: "no acknowledged write is lost",
        otherwise: Level::FailData,
        ok: integrity.lost as u64 <= limits.max_lost,
        observed: format!(
            "{} of {} acknowledged writes lost, allowed {}",
            integrity.lost, integrity.acknowledged, limits.max_lost
        ),
    });
    let wrong = integrity.anomalies();
    checks.push(Check {
        name: "nothing is duplicated, reordered or made up",
        otherwise: Level::FailData,
        ok: wrong.is_empty(),
        observed: if wrong.is_empty() { "nothing is".to_owned() } else { format!("operations {}", wrong.join(", ")) },
    });
    checks.push(Check {
        name: "no stale read on the write port",
        otherwise: Level::FailData,
        ok: integrity.stale_writes_port.count == 0,
        observed: format!(
            "{} stale reads on the write port, the worst by {:.0} ms",
            integrity.stale_writes_port.count,
            integrity.stale_writes_port.worst.millis()
        ),
    });
    checks
}

/// The conditions without which the test proves nothing.
fn validity(evidence: &Evidence, generator: Generator) -> Vec<Check> {
    let check = |name, ok: bool, observed: String| Check { name, otherwise: Level::Invalid, ok, observed };
    let mut checks = Vec::new();
    let unsettled = &evidence.begin.unsettled;
    let settled = || "one master, all replicas in sync, Sentinels agree".to_owned();
    checks.push(check(
        "settled before",
        unsettled.is_none(),
        unsettled.as_ref().map_or_else(settled, |why| format!("not settled before: {why}")),
    ));

    let interrupted = match &evidence.end {
        None => Some("the history breaks off".to_owned()),
        Some(end) => end.interrupted.as_ref().map(|why| format!("the round was cut short: {why}")),
    };
    let ran = interrupted.is_none();
    checks.push(check(UNCUT, ran, interrupted.unwrap_or_else(|| "it did".to_owned())));

    let fault = evidence.fault.as_ref();
    let bit = fault.is_some_and(|fault| fault.effective.is_some());
    let observed = match fault {
        None => "no fault was applied".to_owned(),
        Some(fault) if bit => fault.evidence.clone(),
        Some(fault) => format!("{} on {} was not seen to take effect: {}", fault.fault, fault.target, fault.evidence),
    };
    checks.push(check("the fault took effect", bit, observed));
    if let Some(fault) = fault.filter(|fault| fault.reverted.is_some()) {
        let gone = fault.gone.is_some();
        let observed = format!("{} on {} is {}", fault.fault, fault.target, if gone { "gone" } else { "not gone" });
        checks.push(check("the fault was undone", gone, observed));
    }

    let applied = fault.map_or(SinceStart::MAX, |fault| fault.applied);
    let warm = evidence.ops.iter().filter(|op| op.is_ok() && op.kind.is_write() && op.done < applied).count();
    checks.push(check("writes went well before", warm > 0, format!("{warm} writes acknowledged before the fault")));

    let punctual = generator.p999 < generator.limit && generator.max.0 < STALL && generator.dropped == 0;
    let observed = format!(
        "the generator was {:.2} ms late or less for 99.9 % of requests (limit {:.2} ms) and {:.1} ms at worst (limit \
         {:.0} ms), and dropped {}",
        generator.p999.millis(),
        generator.limit.millis(),
        generator.max.millis(),
        Nanos(STALL).millis(),
        generator.dropped
    );
    checks.push(check(PUNCTUAL, punctual, observed));

    let read = evidence.finals.is_some();
    let observed = if read { "the final state was read" } else { "the final state could not be read to its end" };
    checks.push(check("the final state was read", read, observed.to_owned()));
    checks
}

/// The number of operations with each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Acknowledged by the server.
    pub ok: usize,
    /// Certainly not executed.
    pub failed: usize,
    /// Sent, but not answered.
    pub unknown: usize,
}

impl Counts {
    /// Counts one more operation.
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    /// The sum of all outcomes.
    pub const fn all(self) -> usize {
        self.ok + self.failed + self.unknown
    }
}
