//! Why an acknowledged write is lost: which node acknowledged it, and when.

use serde::Serialize;

use super::LostWrite;
use crate::chaos::history::{Evidence, FaultNature, FaultRecord, FinalState, Op, SinceStart};
use crate::chaos::verdict::phases::Moments;

/// How long before a fault an acknowledgement must be for replication not to explain its loss.
///
/// The replicas were in sync when the round began, and a replica on the same host lags by milliseconds.
const IN_SYNC: u64 = 1_000_000_000;

/// Why an acknowledged write is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The old master acknowledged it before it sent it to the replica that became master.
    UnreplicatedTail,
    /// The old master came back as a master, took the write, and lost it when it became a replica.
    ReturnedMaster,
    /// The master was cut off from its replicas and still served clients.
    IsolatedMaster,
    /// A master went on taking writes beside the one that had replaced it.
    ReplacedMaster,
    /// All nodes had it, and a master that came back empty made them drop it.
    Wiped,
    /// It is not known which node acknowledged it.
    Unattributed,
}

impl Cause {
    /// The words of tables and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnreplicatedTail => "unreplicated tail",
            Self::ReturnedMaster => "returned master",
            Self::IsolatedMaster => "isolated master",
            Self::ReplacedMaster => "replaced master",
            Self::Wiped => "wiped",
            Self::Unattributed => "unattributed",
        }
    }
}

/// What decides the cause of a loss.
pub(super) struct Circumstances<'a> {
    old: &'a str,
    last: Option<&'a str>,
    fault: Option<&'a FaultRecord>,
    promoted: Option<SinceStart>,
}

impl<'a> Circumstances<'a> {
    pub(super) fn of(evidence: &'a Evidence, finals: &'a FinalState, moments: &Moments) -> Self {
        let old: &str = &evidence.begin.master;
        let last = finals.read_back.as_ref().map(|read| read.node.as_str());
        let promoted = moments.promoted.or(moments.switched).or(moments.first_write).map(|at| at.0);
        Self { old, last, fault: evidence.fault.as_ref(), promoted }
    }

    pub(super) fn blame(&self, op: &Op) -> LostWrite {
        LostWrite {
            id: op.id,
            client: op.client,
            at: op.at,
            done: op.done,
            node: op.node.clone(),
            cause: self.cause(op),
        }
    }

    fn cause(&self, op: &Op) -> Cause {
        let Some(node) = op.node.as_deref() else { return Cause::Unattributed };
        let Some(fault) = self.fault else { return Cause::Unattributed };
        // The node that is master now lost what it had acknowledged as master, or all nodes had had it.
        if self.last == Some(node) || op.done + IN_SYNC < fault.applied {
            return Cause::Wiped;
        }
        if node != self.old {
            return Cause::ReplacedMaster;
        }
        let returned = fault.reverted.is_some_and(|reverted| op.done >= reverted);
        let replaced = self.promoted.is_some_and(|promoted| op.done >= promoted);
        match fault.nature {
            _ if returned => Cause::ReturnedMaster,
            // A halted node acknowledges nothing. It does so again only when it came back by itself.
            FaultNature::Halts if replaced => Cause::ReturnedMaster,
            FaultNature::Isolates if op.done >= fault.applied => Cause::IsolatedMaster,
            FaultNature::Degrades | FaultNature::Planned if replaced => Cause::ReplacedMaster,
            FaultNature::Halts | FaultNature::Isolates | FaultNature::Degrades | FaultNature::Planned => {
                Cause::UnreplicatedTail
            }
        }
    }
}
