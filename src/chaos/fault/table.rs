//! The faults, one row each.

use super::means::{Assistance, EngineVerb, Means};
use super::parameter::Parameter;
use crate::agent::order::Disturbance;
use crate::chaos::history::FaultNature;
use crate::engine::containers::Limit;

/// A fault: its command line, its help and its means.
#[derive(Debug)]
pub struct Row {
    /// The word of the command line, of the journal and of reports.
    pub word: &'static str,
    /// The parameter, and the means that follow from its value.
    pub parameter: Parameter,
    /// What the target can still do while it is active.
    pub nature: FaultNature,
    /// Its line in the help.
    pub about: &'static str,
    /// What its own help shows below its options, with examples.
    pub help: &'static str,
}

impl Row {
    /// Whether it is a network fault, which may affect some packets only.
    pub fn has_link(&self) -> bool {
        self.parameter.means(self.parameter.default_value()).has_link()
    }
}

/// CPU time of a slow container: 1 % of one CPU, in microseconds of each 100 ms. PING still passes most of the time;
/// the slowest of a hundred takes about a period.
const SLOW_QUOTA: i64 = 1000;
/// Processes that a container may have when it must not fork. The kernel counts threads, and Redis has five.
const NO_FORK_PIDS: i64 = 6;

/// All faults, in the order of the help.
pub const FAULTS: &[Row] = &[
    Row {
        word: "pause",
        parameter: Parameter::None(Means::Verb(EngineVerb::Pause)),
        nature: FaultNature::Halts,
        about: "Freeze its processes, as 'docker pause' does",
        help: "Examples:
  redos chaos pause master --for 10s",
    },
    Row {
        word: "kill",
        parameter: Parameter::Signal(|signal| Means::Verb(EngineVerb::End(signal))),
        nature: FaultNature::Halts,
        about: "End it by a signal, and start it again",
        help: "Examples:
  redos chaos kill replica --for 5s --dry-run
  redos chaos kill master --signal SIGTERM",
    },
    Row {
        word: "stop",
        parameter: Parameter::None(Means::Verb(EngineVerb::Stop)),
        nature: FaultNature::Halts,
        about: "Stop it in good order, and start it again",
        help: "Examples:
  redos chaos stop sentinel-2 --for 30s",
    },
    Row {
        word: "freeze",
        parameter: Parameter::None(Means::Verb(EngineVerb::Freeze)),
        nature: FaultNature::Halts,
        about: "Freeze it by a signal, unnoticed by Docker",
        help: "Examples:
  redos chaos freeze master --for 3s",
    },
    Row {
        word: "disconnect",
        parameter: Parameter::None(Means::OffNetworks),
        // A node that is off its only network serves nobody.
        nature: FaultNature::Halts,
        about: "Disconnect it from its network",
        help: "Examples:
  redos chaos disconnect replica",
    },
    Row {
        word: "slow",
        parameter: Parameter::None(Means::Limit(Limit::CpuQuota(SLOW_QUOTA))),
        nature: FaultNature::Degrades,
        about: "Leave it 1 % of a CPU",
        help: "Examples:
  redos chaos slow master --for 1min",
    },
    Row {
        word: "no-fork",
        parameter: Parameter::None(Means::Limit(Limit::Pids(NO_FORK_PIDS))),
        nature: FaultNature::Degrades,
        about: "Keep it from forking, and so from saving",
        help: "Examples:
  redos chaos no-fork master --for 30s",
    },
    Row {
        word: "partition",
        parameter: Parameter::None(Means::Agent(Assistance::Disturb(Disturbance::Drop))),
        nature: FaultNature::Halts,
        about: "Drop its packets: all, those of some nodes, one way or both",
        help: "A connection that is cut stays open, and both ends wait. Without --from nobody reaches it, not even its clients.

Examples:
  redos chaos partition master                                 isolate it
  redos chaos partition master --from replicas,sentinels       the proxy still reaches it
  redos chaos partition master --from redis-2 --direction out  redis-2 reaches it, its answers are lost",
    },
    Row {
        word: "reset",
        parameter: Parameter::None(Means::Agent(Assistance::Disturb(Disturbance::Reset))),
        nature: FaultNature::Halts,
        about: "Reset its connections and refuse new ones",
        help: "Examples:
  redos chaos reset master --for 3s
  redos chaos reset redis-2 --from proxies",
    },
    Row {
        word: "latency",
        parameter: Parameter::Delay(|delay, jitter| {
            Means::Agent(Assistance::Disturb(Disturbance::Delay { delay, jitter }))
        }),
        nature: FaultNature::Degrades,
        about: "Delay its packets",
        help: "A round trip takes twice the delay, unless only one direction is slow.

Examples:
  redos chaos latency master --delay 100ms --jitter 20ms
  redos chaos latency redis-2 --from redis-1 --direction in --delay 1s",
    },
    Row {
        word: "loss",
        parameter: Parameter::Share(|per_mille| Means::Agent(Assistance::Disturb(Disturbance::Lose { per_mille }))),
        nature: FaultNature::Degrades,
        about: "Drop some of its packets at random",
        help: "Examples:
  redos chaos loss master --share 5%
  redos chaos loss replica --share 30% --direction in",
    },
    Row {
        word: "throttle",
        parameter: Parameter::Rate(|rate| Means::Agent(Assistance::Disturb(Disturbance::Throttle { rate }))),
        nature: FaultNature::Degrades,
        about: "Limit its bandwidth, in each direction",
        help: "Examples:
  redos chaos throttle master --rate 256kbit
  redos chaos throttle redis-2 --from redis-1 --rate 1mbit",
    },
    Row {
        word: "client-pause",
        parameter: Parameter::None(Means::Agent(Assistance::PauseWrites)),
        nature: FaultNature::Degrades,
        about: "Have its clients' writes wait, as CLIENT PAUSE does",
        help: "Examples:
  redos chaos client-pause master --for 3s",
    },
    Row {
        word: "oom",
        parameter: Parameter::None(Means::Agent(Assistance::RunOutOfMemory)),
        // The Engine starts it again.
        nature: FaultNature::Degrades,
        about: "Let it run out of memory, so that the kernel kills it",
        help: "Its memory is limited to what it has, and it gets connections until it needs
more. The Engine starts it again, with no more memory than before until the
fault is undone. Docker never takes a memory limit away: one that is as large
as the host's memory stays.

Examples:
  redos chaos oom replica --for 5s",
    },
    Row {
        word: "fill-disk",
        parameter: Parameter::Size(|limit| Means::Agent(Assistance::FillDisk { limit })),
        nature: FaultNature::Degrades,
        about: "Fill the disk that its data are on, if that is a small disk of its own",
        help: "The disk of the Engine itself is never filled. One unnamed file takes the room.

Examples:
  redos chaos fill-disk redis-2 --limit 256mb --for 30s",
    },
];

/// The row of a word, at compile time.
pub(super) const fn row(word: &str) -> &'static Row {
    let mut at = 0;
    while at < FAULTS.len() {
        if is_same(FAULTS[at].word.as_bytes(), word.as_bytes()) {
            return &FAULTS[at];
        }
        at += 1;
    }
    panic!("there is no such fault")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
