//! Two masters at once: claimed, and worse, acknowledging.
//!
//! *Claimed* is the time in which two or more nodes answer `ROLE` with `master`, each answer holding until the node's next
//! sample. *Acknowledged* is the part of it in which writes were taken by more than one node: for each claimed window,
//! from the moment at which the second node took its first write to the moment at which all but one had taken their last.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Nanos;
use super::outage::Window;
use crate::chaos::history::{Evidence, SeenRole, SinceStart};

/// Who was master beside whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DualMaster {
    /// How long two or more nodes claimed to be master, all windows together.
    #[serde(rename = "claimedMs")]
    pub claimed: Nanos,
    /// When.
    pub windows: Vec<Window>,
    /// How long writes were acknowledged by more than one node.
    #[serde(rename = "acknowledgedMs")]
    pub acknowledged: Nanos,
    /// Writes acknowledged within the claimed windows, by node. Empty unless more than one node took some.
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
