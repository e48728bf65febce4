//! The end of a plan: the gates to wait for, and the write that proves the result.

use super::Planner;
use crate::cluster::gate::Gate;
use crate::plan::step::Action;

impl Planner<'_> {
    /// Waits for every gate that does not hold, after all else, and then proves the result with a write.
    ///
    /// A cluster that was not changed needs no proof. A node that nothing else needs is alone no reason for a plan, and the
    /// proof does not wait for it.
    pub(super) fn await_ready(&mut self, owes_proof: bool) {
        let failing: Vec<(Gate, String)> = Gate::ready(self.spec)
            .into_iter()
            .filter_map(|gate| gate.holds(self.spec, self.observed).err().map(|unmet| (gate, unmet.to_string())))
            .collect();
        if self.plan.is_empty() && failing.iter().all(|(gate, _)| gate.is_optional()) && !owes_proof {
            return;
        }
        if let Some(why) = self.unsettled.values().next() {
            self.plan.then_observe = Some(why.to_string());
        }
        if self.plan.then_observe.is_some() {
            return self.await_settled();
        }
        let everything = self.plan.leaves();
        let mut gates = Vec::new();
        for gate in Gate::ready(self.spec) {
            let why = failing.iter().find(|(failed, _)| *failed == gate).map_or("after these changes", |(_, why)| why);
            let is_optional = gate.is_optional();
            let step = self.plan.push(Action::Await { gate }, why, everything.iter().copied());
            if !is_optional {
                gates.push(step);
            }
        }
        // A server that others use is not written to.
        let proxies = self.spec.proxy_nodes().filter(|_| self.standby_of.is_none());
        for (proxy, group) in proxies.flat_map(|proxy| self.spec.groups().map(move |group| (proxy, group))) {
            let why = "a cluster is ready when a write was read back";
            self.plan.push(Action::VerifyWrite { proxy, group }, why, gates.iter().copied());
        }
    }

    /// Waits until the Sentinels have decided, before the next observation.
    pub(super) fn await_settled(&mut self) {
        let everything = self.plan.leaves();
        for (group, why) in self.unsettled.clone() {
            self.plan.push(
                Action::Await { gate: Gate::SentinelsAgree { group } },
                why.to_string(),
                everything.iter().copied(),
            );
        }
    }
}
