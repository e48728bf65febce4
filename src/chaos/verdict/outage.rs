//! Outages, by the intended times of a fixed schedule.
//!
//! An outage is a longest run of consecutive intended times at which no operation was acknowledged within a second. It
//! begins at the first of them and ends at the next intended time at which one was. It is measured from the schedule
//! and not from the actual send, so that a client that waits does not hide how long it waited. The second does not
//! depend on an operation's deadline: a proxy that holds a connection until there is a master makes errors fewer and no
//! outage shorter. The resolution is the distance of two intended times: one lost operation is an outage of that
//! length.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Counts, Nanos};
use crate::chaos::history::{ClientKind, Op, OpKind, SinceStart};

/// An operation that is acknowledged later than this after its intended time met an outage. In nanoseconds.
pub const PROMPT: u64 = 1_000_000_000;
/// How many windows are listed; all are counted.
const WINDOWS_LISTED: usize = 20;

/// What the operations do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// They change what is stored.
    Write,
    /// They read what is stored.
    Read,
    /// They receive a published message.
    Hear,
}

impl Access {
    /// The access of a kind of operation. A blocking pop has none: it is not on the schedule.
    pub const fn of(kind: OpKind) -> Option<Self> {
        match kind {
            OpKind::Append | OpKind::Increment | OpKind::Push => Some(Self::Write),
            OpKind::Read => Some(Self::Read),
            OpKind::Publish => Some(Self::Hear),
            OpKind::Pop => None,
        }
    }

    /// The word of tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::Hear => "hear",
        }
    }
}

/// The outages of one kind of client, or of all together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Which kind of client; absent for all together.
    pub client: Option<ClientKind>,
    /// What the operations do.
    pub access: Access,
    /// The longest outage.
    #[serde(rename = "longestMs")]
    pub longest: Nanos,
    /// The sum of all outages.
    #[serde(rename = "totalMs")]
    pub total: Nanos,
    /// The number of outages.
    pub count: usize,
    /// Whether the last outage had not ended when the workload did.
    ///
    /// It must have lasted for at least [`PROMPT`]: a single operation that failed at the very end says nothing.
    pub open: bool,
    /// The distance of two intended times.
    #[serde(rename = "resolutionMs")]
    pub resolution: Nanos,
    /// The outcomes of the operations.
    pub operations: Counts,
    /// The longest ones, in order of time.
    pub windows: Vec<Window>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// The first moment of it.
    #[serde(rename = "fromMs")]
    pub from: Nanos,
    /// The moment after its last one.
    #[serde(rename = "toMs")]
    pub to: Nanos,
}

impl Window {
    /// Its length in nanoseconds.
    pub const fn length(self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }
}

/// Operations that were acknowledged late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// Requests that were answered later than [`PROMPT`] after their intended time.
    pub count: usize,
    /// The time until the slowest of them was answered.
    #[serde(rename = "longestMs")]
    pub longest: Nanos,
}

impl Waits {
    /// Computes it from operations in order of their intended times. A blocking pop waits by its nature.
    pub fn of(ops: &[Op]) -> Self {
        let late = ops.iter().filter(|op| Access::of(op.kind).is_some() && op.is_ok() && took(op) > PROMPT);
        let mut requests: Vec<(SinceStart, ClientKind)> = late.clone().map(|op| (op.at, op.client)).collect();
        requests.dedup();
        Self { count: requests.len(), longest: Nanos(late.map(took).max().unwrap_or_default()) }
    }
}

/// The time from when an operation was due until it ended.
fn took(op: &Op) -> u64 {
    op.done.saturating_sub(op.at)
}

/// All outages: of all writes and all reads first, then of each kind of client. `ops` are in order of intended times.
pub fn outages(ops: &[Op]) -> Vec<Outage> {
    let kinds: BTreeSet<(ClientKind, Access)> =
        ops.iter().filter_map(|op| Access::of(op.kind).map(|access| (op.client, access))).collect();
    let together = [Access::Write, Access::Read].into_iter().filter_map(|access| outage(ops, None, access));
    let each = kinds.into_iter().filter_map(|(client, access)| outage(ops, Some(client), access));
    together.chain(each).collect()
}

fn outage(ops: &[Op], client: Option<ClientKind>, access: Access) -> Option<Outage> {
    let mut operations = Counts::default();
    // One entry per intended time: ten writes of one pipeline are one request.
    let mut times: Vec<(SinceStart, bool)> = Vec::new();
    for op in ops {
        if client.is_some_and(|client| client != op.client) || Access::of(op.kind) != Some(access) {
            continue;
        }
        operations.add(op.outcome);
        let is_served = op.is_ok() && took(op) <= PROMPT;
        match times.last_mut() {
            Some((at, served)) if *at == op.at => *served |= is_served,
            _ => times.push((op.at, is_served)),
        }
    }
    let (first, last) = (times.first()?.0, times.last()?.0);
    let resolution = (last - first) / (times.len() as u64 - 1).max(1);
    let mut windows = Vec::new();
    let mut since = None;
    for (at, ok) in &times {
        match (ok, since) {
            (false, None) => since = Some(*at),
            (true, Some(from)) => {
                windows.push(Window { from: Nanos(from), to: Nanos(*at) });
                since = None;
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
    if let Some(from) = since {
        windows.push(Window { from: Nanos(from), to: Nanos(last + resolution) });
    }
    let longest = windows.iter().map(|window| window.length()).max().unwrap_or(0);
    let total = windows.iter().map(|window| window.length()).sum();
    let count = windows.len();
    windows.sort_by_key(|window| std::cmp::Reverse(window.length()));
    windows.truncate(WINDOWS_LISTED);
    windows.sort_by_key(|window| window.from);
    Some(Outage {
        client,
        access,
        longest: Nanos(longest),
        total: Nanos(total),
        count,
        open: since.is_some_and(|from| last + resolution - from >= PROMPT),
        resolution: Nanos(resolution),
        operations,
        windows,
    })
}
