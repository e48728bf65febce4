//! The cluster's network, and nodes that are not on it: their network was removed, or they were disconnected.

use super::Planner;
use crate::cluster::observed::{NetworkFacts, NodeState, Observed};
use crate::cluster::refusal::Refusal;
use crate::plan::step::{Action, StepId};
use crate::spec::{NetworkChoice, NodeId, Spec};

/// Why the cluster's network cannot be what the configuration asks for.
pub(super) fn refused(spec: &Spec, observed: &Observed) -> Option<Refusal> {
    let network = observed.inventory.network.as_ref()?;
    let NetworkFacts { name, subnet, is_own, .. } = network;
    let has_nodes = !observed.inventory.nodes.is_empty();
    let wanted = match &spec.network {
        _ if is_other(spec, network) && !has_nodes => return None,
        NetworkChoice { name: Some(wanted), .. } if is_other(spec, network) => format!("the network {wanted}"),
        NetworkChoice { subnet: Some(wanted), .. } if *is_own && wanted != subnet => format!("the subnet {wanted}"),
        _ if is_other(spec, network) => "a network of its own".to_owned(),
        _ => return misfit(spec, network),
    };
    let cluster = &spec.name;
    let mut next = vec![format!(
        "move it there with all its data, during which it is down: redos -p {cluster} down, \
        then up again"
    )];
    if *is_own && !network.guests.is_empty() {
        let guests = network.guests.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        next.insert(
            0,
            format!(
                "remove the other containers from it: docker rm -f {guests}, or docker network disconnect {name} \
                NAME"
            ),
        );
    }
    Some(Refusal {
        why: format!("the cluster is on the network {name} with the subnet {subnet}, but {wanted} is requested"),
        next,
    })
}

/// Whether the configuration asks for another network.
fn is_other(spec: &Spec, network: &NetworkFacts) -> bool {
    spec.network.name.as_ref().map_or(!network.is_own, |wanted| network.is_own || *wanted != network.name)
}

/// Why the cluster does not fit into its network's subnet.
fn misfit(spec: &Spec, network: &NetworkFacts) -> Option<Refusal> {
    let why = spec.misfit(network.subnet)?;
    let cluster = &spec.name;
    let next = match network.is_own {
        true => format!(
            "move it to a larger one: redos -p {cluster} down, then redos -p {cluster} up --subnet 10.128.0.0/24"
        ),
        false => format!("use a larger network: redos -p {cluster} down, then redos -p {cluster} up --network OTHER"),
    };
    Some(Refusal { why, next: vec![next] })
}

impl Planner<'_> {
    pub(super) fn make_network(&mut self) {
        let is_it = |network: &NetworkFacts| !is_other(self.spec, network);
        let inventory = &self.observed.inventory;
        if inventory.network.as_ref().is_some_and(is_it) && !inventory.lacks_network {
            return;
        }
        let why = match &self.spec.network.name {
            Some(name) => format!("the cluster is to be on {name}"),
            None if inventory.network.is_some() => "a host has no network of the cluster yet".to_owned(),
            None => "the cluster has no network".to_owned(),
        };
        self.network = Some(self.plan.push(Action::CreateNetwork, why, []));
    }

    /// Recreates a node on the current network. Its container names the old network by its id and cannot start without
    /// it.
    pub(super) fn move_to_network(&mut self, node: NodeId, state: &NodeState, before_start: &[StepId]) {
        if !self.is_decided(node) {
            return;
        }
        let why = match self.facts(node).is_some_and(|facts| facts.network_id.is_some()) {
            true => "the network that it was on is gone",
            false => "it was disconnected from the cluster's network",
        };
        if matches!(state, NodeState::Running | NodeState::Paused) {
            self.halt(node, why, &[]);
        }
        self.replace_stopped(node, why, before_start);
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::fixture::{halt, healthy, redis};
    use crate::cluster::observed::{Answer, NodeState, Observed};
    use crate::cluster::{Gate, Unmet};
    use crate::plan::diff::lifecycle;
    use crate::plan::{Action, Plan, diff};
    use crate::spec::{NetworkChoice, NodeId, Spec};

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
    fn a_host_that_was_added_gets_a_network_and_no_node_is_touched() {
        let mut observed = healthy(&spec());
        observed.inventory.lacks_network = true;
        let plan = diff(&spec(), &observed);
        let changes: Vec<&Action> = plan.steps.iter().map(|step| &step.action).filter(|it| !it.only_looks()).collect();
        assert_eq!(changes, [&Action::CreateNetwork], "{plan}");
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

    fn refusal(spec: &Spec, observed: &Observed) -> Option<String> {
        diff(spec, observed).refusal.map(|refusal| refusal.why)
    }

    #[test]
    fn a_cluster_that_does_not_fit_or_is_to_be_elsewhere_changes_nothing() {
        let (mut spec, mut observed) = (spec(), healthy(&spec()));
        spec.network.subnet = Some("10.9.8.0/24".parse().expect("a subnet"));
        let told = "the cluster is on the network redos with the subnet 172.18.0.0/16, but the subnet 10.9.8.0/24 is \
            requested";
        assert_eq!(refusal(&spec, &observed).as_deref(), Some(told));
        spec.network = NetworkChoice { name: Some("shared".to_owned()), subnet: None };
        let told =
            "the cluster is on the network redos with the subnet 172.18.0.0/16, but the network shared is requested";
        assert_eq!(refusal(&spec, &observed).as_deref(), Some(told));
        let network = observed.inventory.network.as_mut().expect("a network");
        (network.is_own, network.name) = (false, "shared".to_owned());
        observed.inventory.recorded = Some(spec.clone());
        assert_eq!(diff(&spec, &observed), Plan::default(), "it is there already");
        spec.network = NetworkChoice::default();
        let told =
            "the cluster is on the network shared with the subnet 172.18.0.0/16, but a network of its own is requested";
        assert_eq!(refusal(&spec, &observed).as_deref(), Some(told));

        let mut observed = healthy(&self::spec());
        observed.inventory.network.as_mut().expect("a network").subnet = "10.9.8.0/28".parse().expect("a subnet");
        assert_eq!(refusal(&spec, &observed), None, "the default cluster fits");
        spec.sentinels = 5;
        let plan = diff(&spec, &observed);
        assert!(plan.steps.is_empty(), "{plan}");
        let refusal = plan.refusal.expect("a refusal");
        assert!(refusal.why.contains("no address for sentinel-4"), "{refusal}");
        assert!(refusal.next[0].contains("redos -p redos up --subnet"), "{:?}", refusal.next);
    }

    #[test]
    fn a_network_that_its_nodes_have_left_is_left_for_the_one_that_is_asked_for() {
        let (mut spec, mut observed) = (spec(), healthy(&spec()));
        observed.inventory.nodes.clear();
        observed.inventory.network.as_mut().expect("a network").is_own = false;
        assert_eq!(diff(&spec, &observed).steps[0].action, Action::CreateNetwork);
        spec.network.name = observed.inventory.network.as_ref().map(|network| network.name.clone());
        assert_ne!(diff(&spec, &observed).steps[0].action, Action::CreateNetwork, "that is the one");
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
            "write the configuration of redis-2, replica of redis-1",
            "start redis-2",
        ];
        assert_eq!(steps_of(&observed, redis(2)), anew);
        let told = Gate::Answers { node: redis(2) }.holds(&spec(), &observed);
        assert_eq!(told, Err(Unmet::OffNetwork { node: redis(2) }));
    }
}
