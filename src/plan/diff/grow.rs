//! Adding nodes. Sentinels come one at a time, and the quorum rises when enough of them are in service.

use super::Planner;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{Answer, Observed};
use crate::plan::step::StepId;
use crate::spec::{NodeId, Spec};

/// How many Sentinels the next part has.
///
/// All, unless some are at work already: then these, until the last of them is in service, and one more from there on.
pub(super) fn next_electorate(spec: &Spec, observed: &Observed) -> u16 {
    let at_work = |answer: &Answer<_>| answer.said().is_some_and(|view: &super::SentinelView| !view.masters.is_empty());
    if !observed.topology.sentinels.values().any(at_work) {
        return spec.sentinels;
    }
    let last = observed.inventory.nodes.keys().filter_map(|node| match node {
        NodeId::Sentinel(ordinal) => Some(*ordinal),
        NodeId::Redis { .. } | NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
    });
    let last = last.max().unwrap_or(spec.sentinels);
    let serves = Gate::InService { node: NodeId::Sentinel(last) }.holds(spec, observed).is_ok();
    if serves { last.saturating_add(1) } else { last }
}

impl Planner<'_> {
    /// The last steps of the Sentinels that this plan starts.
    pub(super) fn new_sentinels(&self) -> Vec<StepId> {
        let started = self.spec.sentinel_nodes().filter(|node| self.is_being_started(*node));
        started.filter_map(|node| self.last.get(&node).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::fixture::{healthy, redis, remove};
    use crate::plan::Action;
    use crate::plan::diff;
    use crate::spec::render::Standing;
    use crate::spec::{NodeId, Spec};

    /// What a node may believe whose cluster lost it, with its volume or without.
    fn standing(node: NodeId, keeps_volume: bool) -> Standing {
        let spec = Spec::with_defaults("redos".parse().expect("a name"));
        let mut observed = healthy(&spec);
        let volume = observed.inventory.volumes.get(&node).cloned().expect("a volume");
        remove(&mut observed, node);
        observed.inventory.volumes.remove(&node);
        if keeps_volume {
            observed.inventory.volumes.insert(node, volume);
        }
        let written = diff(&spec, &observed).steps.into_iter().find_map(|step| match step.action {
            Action::WriteConfig { node: of, standing, .. } if of == node => Some(standing),
            _ => None,
        });
        written.expect("it is made anew")
    }

    #[test]
    fn a_replica_that_may_have_data_asks_before_it_starts_and_one_without_is_not_to_be_promoted() {
        assert_eq!(standing(redis(3), false), Standing::Joining);
        assert_eq!(standing(redis(3), true), Standing::Open);
    }

    #[test]
    fn a_master_that_lost_its_data_asks_before_it_starts() {
        assert_eq!(standing(redis(1), false), Standing::Open);
    }
}
