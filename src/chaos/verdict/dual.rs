//! Two masters at once, and whether both acknowledged writes.
//!
//! *Claimed* is the time in which two or more nodes answer `ROLE` with `master`. Each answer holds until the node's
//! next sample. *Acknowledged* is the part of it in which more than one node took writes. In each claimed window, it
//! lasts from the first write of the second node to the last write of the last but one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Nanos;
use super::outage::Window;
use crate::chaos::history::{Evidence, SeenRole, SinceStart};

/// Times in which several nodes were master.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DualMaster {
    /// How long two or more nodes claimed to be master, all windows together.
    #[serde(rename = "claimedMs")]
    pub claimed: Nanos,
    /// The windows of that time.
    pub windows: Vec<Window>,
    /// How long more than one node acknowledged writes.
    #[serde(rename = "acknowledgedMs")]
    pub acknowledged: Nanos,
    /// Writes acknowledged within the claimed windows, by node. Empty unless more than one node acknowledged some.
    pub writes_by_node: BTreeMap<String, usize>,
}

impl DualMaster {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let windows = claimed(evidence);
        let mut writes_by_node: BTreeMap<String, usize> = BTreeMap::new();
        let mut acknowledged = 0;
        for window in &windows {
            let mut spans: BTreeMap<&str, (SinceStart, SinceStart, usize)> = BTreeMap::new();
            for op in evidence.ops.iter().filter(|op| op.is_ok() && op.kind.is_write()) {
                let Some(node) = op.node.as_deref() else { continue };
                if op.done >= window.from.0 && op.done < window.to.0 {
                    let (first, last, count) = spans.entry(node).or_insert((op.done, op.done, 0));
                    (*first, *last, *count) = ((*first).min(op.done), (*last).max(op.done), *count + 1);
                }
            }
            if spans.len() < 2 {
                continue;
            }
            let mut firsts: Vec<SinceStart> = spans.values().map(|(first, _, _)| *first).collect();
            let mut lasts: Vec<SinceStart> = spans.values().map(|(_, last, _)| *last).collect();
            firsts.sort_unstable();
            lasts.sort_unstable();
            acknowledged += lasts[lasts.len() - 2].saturating_sub(firsts[1]);
            for (node, (_, _, count)) in spans {
                *writes_by_node.entry(node.to_owned()).or_default() += count;
            }
        }
        Self {
            claimed: Nanos(windows.iter().map(|window| window.length()).sum()),
            windows,
            acknowledged: Nanos(acknowledged),
            writes_by_node,
        }
    }
}

fn claimed(evidence: &Evidence) -> Vec<Window> {
    let mut roles: BTreeMap<&str, SeenRole> = BTreeMap::new();
    let mut windows = Vec::new();
    let mut since = None;
    for sample in &evidence.roles {
        roles.insert(&sample.node, sample.role);
        let dual = roles.values().filter(|role| **role == SeenRole::Master).count() > 1;
        match (dual, since) {
            (true, None) => since = Some(sample.at),
            (false, Some(from)) => {
                windows.push(Window { from: Nanos(from), to: Nanos(sample.at) });
                since = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    if let (Some(from), Some(last)) = (since, evidence.roles.last()) {
        windows.push(Window { from: Nanos(from), to: Nanos(evidence.end.as_ref().map_or(last.at, |end| end.at)) });
    }
    windows
}
