//! The moments of a failover, and how long each part of it took.
//!
//! Zero is the moment at which the call that applies the fault began. Of events that several Sentinels announce the
//! first counts: the leader's own `+switch-master` comes after those of the others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Nanos;
use crate::chaos::history::{Evidence, OpKind, SeenRole, SinceStart};

/// Moments of the failover, in milliseconds since the test began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moments {
    /// The first Sentinel considers the master down (`+sdown master`).
    #[serde(rename = "subjectivelyDownMs")]
    pub subjectively_down: Option<Nanos>,
    /// A quorum of Sentinels considers it down (`+odown`).
    #[serde(rename = "objectivelyDownMs")]
    pub objectively_down: Option<Nanos>,
    /// The first Sentinel tries to be elected (`+try-failover`).
    #[serde(rename = "tryMs")]
    pub tried: Option<Nanos>,
    /// A Sentinel was elected (`+elected-leader`).
    #[serde(rename = "electedMs")]
    pub elected: Option<Nanos>,
    /// A node other than the old master first reported that it is master.
    #[serde(rename = "promotedMs")]
    pub promoted: Option<Nanos>,
    /// The first Sentinel named the new master (`+switch-master`).
    #[serde(rename = "switchedMs")]
    pub switched: Option<Nanos>,
    /// The last Sentinel named the new master.
    #[serde(rename = "switchedByAllMs")]
    pub switched_by_all: Option<Nanos>,
    /// A new connection to the write port first ended at a new master.
    #[serde(rename = "proxySwitchedMs")]
    pub proxy_switched: Option<Nanos>,
    /// A write was first acknowledged by a new master.
    #[serde(rename = "firstWriteMs")]
    pub first_write: Option<Nanos>,
    /// From here on there was one master, and every replica's link was up.
    #[serde(rename = "redundantMs")]
    pub redundant: Option<Nanos>,
    /// The cluster was whole again, with equal offsets and the old master among the replicas.
    #[serde(rename = "convergedMs")]
    pub converged: Option<Nanos>,
}

/// How long each part took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Phases {
    /// Fault to `+sdown`.
    #[serde(rename = "detectionMs")]
    pub detection: Option<Nanos>,
    /// `+sdown` to `+odown`.
    #[serde(rename = "agreementMs")]
    pub agreement: Option<Nanos>,
    /// `+try-failover` to `+elected-leader`.
    #[serde(rename = "electionMs")]
    pub election: Option<Nanos>,
    /// `+elected-leader` until the new master reports its role.
    #[serde(rename = "promotionMs")]
    pub promotion: Option<Nanos>,
    /// The new master's report until the first connection that the proxy leads to it.
    #[serde(rename = "proxySwitchMs")]
    pub proxy_switch: Option<Nanos>,
    /// The first Sentinel's `+switch-master` to the last one's.
    #[serde(rename = "configurationSpreadMs")]
    pub configuration_spread: Option<Nanos>,
    /// Fault to the first write that a new master acknowledged.
    #[serde(rename = "firstWriteMs")]
    pub first_write: Option<Nanos>,
    /// Fault to full redundancy.
    #[serde(rename = "fullRedundancyMs")]
    pub full_redundancy: Option<Nanos>,
    /// The undoing of the fault to a cluster that is whole again.
    #[serde(rename = "convergenceMs")]
    pub convergence: Option<Nanos>,
}

impl Moments {
    /// Computes the moments from the evidence.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let Some(fault) = &evidence.fault else { return Self::default() };
        let zero = fault.applied;
        let old = &evidence.begin.master;
        let events = |name: &'static str, about: &'static str| {
            let matching = move |event: &&crate::chaos::history::SentinelEvent| {
                event.at >= zero && event.event == name && event.text.starts_with(about)
            };
            evidence.events.iter().filter(matching).map(|event| Nanos(event.at))
        };
        let promoted =
            evidence.roles.iter().find(|s| s.at >= zero && s.role == SeenRole::Master && s.node != *old).map(|s| s.at);
        let led = |at: &&crate::chaos::history::ProxySample| {
            at.at >= zero && at.role == SeenRole::Master && at.node.as_ref().is_some_and(|node| node != old)
        };
        let by_new_master = |op: &&crate::chaos::history::Op| {
            op.is_ok()
                && op.kind.is_write()
                && op.kind != OpKind::Pop
                && op.done >= zero
                && op.node.as_ref().is_some_and(|node| node != old)
        };
        Self {
            subjectively_down: events("+sdown", "master ").next(),
            objectively_down: events("+odown", "master ").next(),
            tried: events("+try-failover", "").next(),
            elected: events("+elected-leader", "").next(),
            promoted: promoted.map(Nanos),
            switched: events("+switch-master", "").next(),
            switched_by_all: events("+switch-master", "").next_back(),
            proxy_switched: evidence.proxy.iter().find(led).map(|sample| Nanos(sample.at)),
            first_write: evidence.ops.iter().filter(by_new_master).map(|op| Nanos(op.done)).min(),
            redundant: redundant(evidence, zero).map(Nanos),
            converged: evidence.end.as_ref().and_then(|end| end.converged).map(Nanos),
        }
    }
}

/// From when on, to the end of the samples, one node is master and all others have their links up.
///
/// `None` when that never stopped after the fault, or is not so at the end.
fn redundant(evidence: &Evidence, zero: SinceStart) -> Option<SinceStart> {
    let mut seen: BTreeMap<&str, (SeenRole, bool)> = BTreeMap::new();
    let mut since = None;
    let mut whole_before = false;
    for sample in &evidence.roles {
        seen.insert(&sample.node, (sample.role, sample.link_up == Some(true)));
        let masters = seen.values().filter(|(role, _)| *role == SeenRole::Master).count();
        let linked = seen.values().filter(|(role, up)| *role == SeenRole::Replica && *up).count();
        let whole = masters == 1 && masters + linked == evidence.begin.nodes.len();
        if whole && !whole_before && sample.at >= zero {
            since = Some(sample.at);
        } else if !whole {
            since = None;
        }
        whole_before = whole;
    }
    since
}

impl Phases {
    pub(super) fn of(evidence: &Evidence, moments: &Moments) -> Self {
        let Some(fault) = &evidence.fault else { return Self::default() };
        let zero = Some(Nanos(fault.applied));
        let between = |from: Option<Nanos>, to: Option<Nanos>| Some(Nanos(to?.0.saturating_sub(from?.0)));
        Self {
            detection: between(zero, moments.subjectively_down),
            agreement: between(moments.subjectively_down, moments.objectively_down),
            election: between(moments.tried, moments.elected),
            promotion: between(moments.elected, moments.promoted),
            proxy_switch: between(moments.promoted, moments.proxy_switched),
            configuration_spread: between(moments.switched, moments.switched_by_all),
            first_write: between(zero, moments.first_write),
            full_redundancy: between(zero, moments.redundant),
            convergence: between(fault.reverted.map(Nanos), moments.converged),
        }
    }
}
