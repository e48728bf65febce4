//! The memory and CPUs of nodes: set at runtime, with a warning about limits that a user set by hand.

use super::Planner;
use crate::cluster::desired::is_stale;
use crate::plan::step::Action;
use crate::spec::NodeId;

impl Planner<'_> {
    /// Sets the configured limits of nodes that stay, which need not be recreated for that.
    pub(super) fn set_resources_right(&mut self) {
        for node in self.spec.nodes() {
            let Some(facts) = self.facts(node) else { continue };
            let missing = self.spec.containers.resources(node.role()).missing_in(facts.resources);
            let comes_anew = is_stale(self.spec, node, facts) || self.is_removed(node);
            if missing.is_empty() || comes_anew {
                continue;
            }
            let now = facts.resources;
            self.step(node, Action::SetResources { node, resources: missing }, format!("it has {now} now"), []);
        }
    }

    fn is_removed(&self, node: NodeId) -> bool {
        self.plan.steps.iter().any(|step| step.action == Action::RemoveNode { node })
    }

    /// The reason for recreating a node, with the hand-set limits that it loses.
    pub(super) fn with_what_is_lost(&self, node: NodeId, why: &str) -> String {
        let wanted = self.spec.containers.resources(node.role());
        match self.facts(node).map(|facts| facts.resources.beyond(wanted)).filter(|lost| !lost.is_empty()) {
            Some(lost) => format!("{why}; its limit of {lost}, which is not in the configuration, is lost"),
            None => why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::fixture::{healthy, redis};
    use crate::cluster::observed::Observed;
    use crate::cluster::status::status;
    use crate::plan::{Action, Plan, diff};
    use crate::spec::containers::{Aspect, Words};
    use crate::spec::{NodeId, Resources, Spec};

    const HALF: Resources = Resources { memory: Some(512 << 20), milli_cpus: None };

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn with_memory(memory: &str) -> Spec {
        let mut spec = spec();
        spec.containers.memory = Words::read(Aspect::Memory, memory).expect("words");
        spec
    }

    fn by_hand(observed: &mut Observed, node: NodeId) {
        observed.inventory.nodes.get_mut(&node).expect("the node").resources = HALF;
    }

    #[test]
    fn a_change_of_memory_touches_living_nodes_and_replaces_none() {
        let plan = diff(&with_memory("redis:1gb"), &healthy(&spec()));
        let changes: Vec<String> =
            plan.steps.iter().filter(|s| !s.action.only_looks()).map(ToString::to_string).collect();
        let given = changes.iter().filter(|step| step.contains("memory 1gb — it has no limit now")).count();
        assert_eq!((given, changes.len()), (3, 4), "three nodes, and the record: {changes:#?}");
        let mut same = healthy(&with_memory("redis:1gb"));
        same.inventory.recorded = Some(with_memory("redis:1gb"));
        assert_eq!(diff(&with_memory("redis:1gb"), &same), Plan::default());
        let mut other = same;
        by_hand(&mut other, redis(2));
        assert!(
            diff(&with_memory("redis:1gb"), &other)
                .to_string()
                .contains("set the limits of redis-2: memory 1gb — it has memory 512mb now")
        );
    }

    #[test]
    fn limits_set_by_hand_are_told_and_left_and_a_node_made_anew_says_that_it_loses_them() {
        let mut observed = healthy(&spec());
        by_hand(&mut observed, redis(2));
        assert_eq!(diff(&spec(), &observed), Plan::default());
        let told = "redis-2 has memory 512mb, which is not in the configuration: it is lost when redos recreates the \
                    node; keep it for all nodes of its kind: redos -p redos up --memory redis:512mb";
        let status = status(&spec(), &observed);
        assert_eq!((status.healthy, status.remarks), (true, vec![told.to_owned()]));
        let mut labelled = spec();
        labelled.containers.labels = Words::read(Aspect::Labels, "redis:team=shop").expect("words");
        let plan = diff(&labelled, &observed);
        let creation =
            plan.steps.iter().find(|step| step.action == Action::CreateNode { node: redis(2) }).expect("anew");
        assert!(
            creation.why.contains("its limit of memory 512mb, which is not in the configuration, is lost"),
            "{plan}"
        );
        let proxy = NodeId::Proxy(1);
        assert!(
            !plan.steps.iter().any(|step| step.action == Action::CreateNode { node: proxy }),
            "it is of another kind"
        );
    }
}
