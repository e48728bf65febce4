//! The cluster's network, and nodes that are not on it: of one that is gone, or taken off it by somebody.

use super::Planner;
use crate::plan::observed::NodeState;
use crate::plan::step::{Action, StepId};
use crate::spec::NodeId;

impl Planner<'_> {
    pub(super) fn make_network(&mut self) {
        if self.observed.inventory.network.is_none() {
            self.network = Some(self.plan.push(Action::CreateNetwork, "the cluster has no network", []));
        }
    }

    /// Makes a node anew on the network that there is. Its container names the old one by its id and cannot start without it.
    pub(super) fn move_to_network(&mut self, node: NodeId, state: &NodeState, before_start: &[StepId]) {
        if !self.is_decided(node) {
            return;
        }
        let why = match self.facts(node).is_some_and(|facts| facts.network_id.is_some()) {
            true => "the network that it was on is gone",
            false => "somebody took it off the cluster's network",
        };
        if matches!(state, NodeState::Running | NodeState::Paused) {
            self.halt(node, why, &[]);
        }
        self.replace_stopped(node, why, before_start);
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::diff::lifecycle;
    use crate::plan::fixture::{halt, healthy, redis};
    use crate::plan::observed::{Answer, NodeState, Observed};
    use crate::plan::{Action, Gate, diff};
    use crate::spec::{NodeId, Spec};

    const STOPPED: NodeState = NodeState::Exited { code: 0, oom_killed: false };

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn steps_of(observed: &Observed, node: NodeId) -> Vec<String> {
        let plan = diff(&spec(), observed);
        let of_node = plan.steps.iter().filter(|step| !step.action.only_looks());
        of_node.map(|step| step.action.to_string()).filter(|action| action.contains(&node.to_string())).collect()
    }

    #[test]
    fn a_stopped_node_of_a_network_that_is_gone_is_made_anew_on_the_new_one() {
        let mut observed = healthy(&spec());
        for node in spec().nodes() {
            halt(&mut observed, node, STOPPED);
        }
        observed.inventory.network = None;
        let plan = diff(&spec(), &observed);
        assert_eq!(plan.steps[0].action, Action::CreateNetwork, "{plan}");
        for node in spec().nodes() {
            let steps = steps_of(&observed, node);
            for verb in ["remove", "create", "start"] {
                assert!(steps.contains(&format!("{verb} {node}")), "{plan}");
            }
        }
        let creation = plan.steps.iter().find(|step| step.action == Action::CreateNode { node: redis(1) });
        assert!(creation.is_some_and(|step| step.after.contains(&plan.steps[0].id)), "{plan}");
        let started = lifecycle::start(&spec(), &observed, &[redis(2)].into());
        assert_eq!(started.steps[0].action, Action::CreateNetwork, "{started}");
    }

    #[test]
    fn a_running_node_that_somebody_took_off_is_stopped_and_made_anew() {
        let mut observed = healthy(&spec());
        let facts = observed.inventory.nodes.get_mut(&redis(2)).expect("the node");
        (facts.address, facts.network_id) = (None, None);
        observed.topology.redis.insert(redis(2), Answer::Silent("no route to host".to_owned()));
        let anew = [
            "stop redis-2",
            "remove redis-2",
            "create redis-2",
            "write configuration of redis-2, replica of redis-1",
            "start redis-2",
        ];
        assert_eq!(steps_of(&observed, redis(2)), anew);
        let told = Gate::Answers { node: redis(2) }.holds(&spec(), &observed);
        assert_eq!(told, Err("redis-2 is not on the cluster's network".to_owned()));
    }
}
