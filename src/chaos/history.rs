//! The raw history of a failover test: requests, answers, and what the servers were seen doing.
//!
//! A file of JSON objects, one on each line (`history.ndjson`). The first line is the [`Header`], every other line is a
//! [`Record`]. Records of one round lie between its [`RoundBegin`] and its [`RoundEnd`], in no order of time. All times
//! are nanoseconds since the test began, on the one monotonic clock of the redos process.

mod file;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spec::ParseError;

pub use file::{Evidence, FinalState, HistoryError, Reader, Writer};

/// `kind` of the header line.
pub const KIND: &str = "History";

/// Nanoseconds since the test began.
pub type SinceStart = u64;

/// The first line, which describes the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// The version: [`crate::spec::API_VERSION`].
    pub api_version: String,
    /// The kind: [`KIND`].
    pub kind: String,
    /// Unique name of this test. Every key that the test writes contains it.
    pub run: String,
    /// When the test began, RFC 3339, by the host's clock. For people; nothing is computed from it.
    pub started_at: String,
    /// The name of the tested cluster, or the address of a proxy.
    pub subject: String,
    /// The name of the scenario, which is that of its fault: `pause`, `kill`, …
    pub scenario: String,
    /// The seed of the random choices: the phase of the fault in each round, the target.
    pub seed: u64,
    pub workload: WorkloadFacts,
    /// What the verdict compares the measurements with.
    pub limits: Limits,
    /// The machine, for people: versions, settings of the Sentinels, capabilities of the kernel.
    pub environment: BTreeMap<String, String>,
}

/// Rate, deadline and clients of the workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadFacts {
    /// Requests per second, all clients together.
    pub rate: u32,
    /// Time limit for an answer after the intended time of the operation, in nanoseconds.
    pub deadline: u64,
    /// The kinds of clients, in the order in which requests go to them.
    pub clients: Vec<ClientKind>,
    /// What an acknowledgement means.
    pub durability: Durability,
}

/// What a write waits for before it counts as acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The master's answer.
    #[default]
    Ack,
    /// The master's answer, and `WAIT 1`, which says that one replica has the write.
    Wait,
}

impl Durability {
    /// The word of the command line and of the documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Wait => "wait",
        }
    }
}

impl std::str::FromStr for Durability {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let known = [Self::Ack, Self::Wait].into_iter().find(|durability| durability.as_str() == text);
        known.ok_or_else(|| ParseError::new(format!("'{text}' is not an acknowledgement; give ack or wait")))
    }
}

/// The limits that the verdict checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// The longest write outage of any kind of client that still passes, in nanoseconds.
    pub max_outage: u64,
    /// How many acknowledged writes may be lost in a round.
    pub max_lost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_outage: 5_000_000_000, max_lost: 0 }
    }
}

/// A kind of client. Applications use connections in ways that a failover treats very differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// One connection for all requests, kept until the other side closes it. So do lettuce, StackExchange.Redis and
    /// redis-rs.
    Lasting,
    /// A new connection for every request, as in PHP and short jobs. This kind finds a second master.
    Fresh,
    /// Ten writes per request on a pooled connection, which is closed when it fails. So do redis-py, Jedis and
    /// go-redis.
    Pipeline,
    /// `INCR` on a pooled connection: a request that is executed twice counts twice.
    Counter,
    /// A producer on a pooled connection, and a consumer that blocks in `BLPOP`.
    Queue,
    /// A publisher on a pooled connection, and a subscriber that only listens.
    Pubsub,
    /// Reads from the read port, a new connection for each.
    Reader,
}

impl ClientKind {
    /// All kinds, in the order in which requests go to them.
    pub const ALL: [Self; 7] =
        [Self::Lasting, Self::Fresh, Self::Pipeline, Self::Counter, Self::Queue, Self::Pubsub, Self::Reader];

    /// The word of the command line, the keys and the documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lasting => "lasting",
            Self::Fresh => "fresh",
            Self::Pipeline => "pipeline",
            Self::Counter => "counter",
            Self::Queue => "queue",
            Self::Pubsub => "pubsub",
            Self::Reader => "reader",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ClientKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|client| client.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|client| client.as_str()).collect();
            ParseError::new(format!("'{text}' is not a kind of client; the kinds are {}", known.join(", ")))
        })
    }
}

/// Every line except the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "camelCase")]
pub enum Record {
    /// A round begins.
    RoundBegin(RoundBegin),
    /// An operation ended, whatever its outcome.
    Op(Op),
    /// A Redis node answered `ROLE`, or was silent.
    Role(RoleSample),
    /// A Sentinel published an event.
    Sentinel(SentinelEvent),
    /// Where the proxy sends a new connection for writes.
    Proxy(ProxySample),
    /// The fault of the round, with all that is known of it. The last one of a round counts.
    Fault(FaultRecord),
    /// A part of the final state.
    Final(FinalPart),
    /// The final state is complete.
    ReadBack(ReadBack),
    /// A round ended.
    RoundEnd(RoundEnd),
}

/// The beginning of a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoundBegin {
    /// The number of the round, counted from 1.
    pub round: u32,
    pub at: SinceStart,
    /// The master before the fault.
    pub master: String,
    /// All Redis nodes of the group.
    pub nodes: Vec<String>,
    /// What was not settled when the round began. `None` when all was.
    pub unsettled: Option<String>,
}

/// The end of a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoundEnd {
    /// The number of the round, counted from 1.
    pub round: u32,
    pub at: SinceStart,
    /// When one master with all replicas in sync, the old master among them, was seen again. `None` when it was not.
    pub converged: Option<SinceStart>,
    /// Why the round was cut short, if it was.
    pub interrupted: Option<String>,
}

/// What an operation does. Keys are `redos:RUN-ROUND:…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpKind {
    /// `RPUSH log:CLIENT id`. The log shows each write once, and the order of the writes.
    Append,
    /// `INCR counter`. [`Op::value`] is the count that came back.
    Increment,
    /// `RPUSH queue id`.
    Push,
    /// `BLPOP queue`. [`Op::value`] is the id that came back; not on the schedule.
    Pop,
    /// `PUBLISH channel id`; ok when the subscriber has received it.
    Publish,
    /// `LINDEX log:CLIENT -1`. [`Op::value`] is the id that came back, `None` when the log was empty.
    Read,
}

impl OpKind {
    /// Whether it changes stored data and is on the schedule.
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Append | Self::Increment | Self::Push)
    }
}

/// One operation of a client, at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Op {
    /// Unique in the test. It is also the value that is written.
    pub id: u64,
    pub client: ClientKind,
    pub kind: OpKind,
    /// Whose log was read; `None` for the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ClientKind>,
    /// The intended time, by the schedule.
    pub at: SinceStart,
    /// When the generator took it up. `begun - at` is the lateness of the generator.
    pub begun: SinceStart,
    /// When its first byte was handed to the operating system. `None` when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<SinceStart>,
    /// When the answer had arrived, or the client gave up.
    pub done: SinceStart,
    /// What the client knows about it.
    pub outcome: Outcome,
    /// Why it is not ok.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OpError>,
    /// The node at the other end of the connection, by its own answer (`CLIENT INFO`, laddr).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The number that came back, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
}

impl Op {
    /// Whether the server acknowledged it.
    pub const fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok)
    }
}

/// What the client knows about an operation at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The server acknowledged it.
    Ok,
    /// It was certainly not executed: nothing was sent, or the server refuses before it executes.
    Failed,
    /// Bytes were sent, but no answer decides whether it was executed.
    Unknown,
}

/// Why an operation is not ok.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OpError {
    /// No connection: refused, unreachable, or none within the deadline.
    Connect,
    /// The lasting connection was down and not yet open again.
    NotConnected,
    /// More operations were running than the workload allows.
    TooManyInFlight,
    /// No answer within the deadline.
    Timeout,
    /// The connection was closed before the answer.
    Closed,
    /// `READONLY`: the node is a replica.
    ReadOnly,
    /// `NOREPLICAS`: the master has too few replicas.
    NoReplicas,
    /// `LOADING`: the node reads its data from disk.
    Loading,
    /// `MISCONF`: the node cannot save, and so refuses writes.
    Misconf,
    /// `MASTERDOWN`: a replica has lost its master and does not serve old data.
    MasterDown,
    /// `NOAUTH`, `WRONGPASS` or `NOPERM`.
    Auth,
    /// `OOM`: the node is at its memory limit.
    OutOfMemory,
    /// Executed, but `WAIT` reported no replica in time.
    NotReplicated,
    /// Published, but the subscriber did not receive it in time.
    NotHeard,
    /// Another error answer.
    Other,
}

impl OpError {
    /// What happened, as the end of a sentence about a server.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "no connection can be made",
            Self::NotConnected => "there is no connection",
            Self::TooManyInFlight => "too many connections are open",
            Self::Timeout => "it does not answer in time",
            Self::Closed => "it closes the connection",
            Self::ReadOnly => "it is a replica",
            Self::NoReplicas => "it has too few replicas",
            Self::Loading => "it still loads its data",
            Self::Misconf => "it cannot save, and so refuses writes",
            Self::MasterDown => "it has lost its master",
            Self::Auth => "the login is refused",
            Self::OutOfMemory => "it is at its memory limit",
            Self::NotReplicated => "no replica has taken the write",
            Self::NotHeard => "the message did not arrive",
            Self::Other => "its answer is not understood",
        }
    }
}

/// The role that a node reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeenRole {
    /// `ROLE` answered `master`.
    Master,
    /// `ROLE` answered `slave`.
    Replica,
    /// It did not answer in time, or with an error.
    Silent,
}

/// A node's role from this moment until its next sample. Only changes are recorded, and offsets now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleSample {
    /// When the answer had arrived; for silence, when the question was asked.
    pub at: SinceStart,
    pub node: String,
    pub role: SeenRole,
    /// Whether the link of a replica is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_up: Option<bool>,
    /// The replication offset, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
}

/// An event that a Sentinel published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentinelEvent {
    /// When it arrived.
    pub at: SinceStart,
    /// The name of the Sentinel.
    pub sentinel: String,
    /// The channel: `+sdown`, `+switch-master`, …
    pub event: String,
    /// The text of the event.
    pub text: String,
}

/// Where a new connection to the write port ends, from this moment until the next sample. Only changes are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxySample {
    /// When the answer had arrived.
    pub at: SinceStart,
    /// The node; `None` when no node answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The role that this node reports.
    pub role: SeenRole,
}

/// The fault of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRecord {
    /// Its word on the command line: `pause`, `kill`, …
    pub fault: String,
    /// The node that it was applied to.
    pub target: String,
    /// What the target can still do.
    pub nature: FaultNature,
    /// When the call that applies it began: zero of all phases.
    pub applied: SinceStart,
    /// When it was first seen to work. `None` when it was not.
    pub effective: Option<SinceStart>,
    /// How that was seen, or why not, in words.
    pub evidence: String,
    /// When the call that undoes it began. `None` for a fault that leaves nothing to undo.
    pub reverted: Option<SinceStart>,
    /// When it was seen to be gone.
    pub gone: Option<SinceStart>,
}

/// What the target of a fault can still do. It decides how a lost write is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultNature {
    /// It does nothing: it is frozen, stopped or dead until the fault is undone.
    Halts,
    /// It serves some nodes and clients, and is cut off from others.
    Isolates,
    /// It serves, but badly.
    Degrades,
    /// There is no fault: the failover is planned.
    Planned,
}

/// A part of what was stored at the end. A long log comes in several parts, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "camelCase", deny_unknown_fields)]
pub enum FinalPart {
    /// Ids of a client's log.
    Log {
        client: ClientKind,
        /// The ids, in the order of the log.
        ids: Vec<u64>,
    },
    /// The value of the counter.
    Counter {
        /// Its value, 0 when the key is absent.
        value: u64,
    },
    /// Ids that are still in the queue.
    Queue {
        /// The ids, in the order of the queue.
        ids: Vec<u64>,
    },
    /// Values that no operation of this test can have written.
    Foreign {
        /// How many such values there are.
        count: u64,
    },
}

/// The final state was read completely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadBack {
    pub at: SinceStart,
    /// The node that it was read from.
    pub node: String,
}
