//! Nodes whose data do not load. They start without data and copy those of another node, as soon as that leads.

use super::Planner;
use crate::cluster::claims::claimants;
use crate::cluster::data;
use crate::cluster::gate::Gate;
use crate::cluster::observed::NodeState;
use crate::plan::step::{Action, StepId};
use crate::spec::{NodeId, Spec};

impl Planner<'_> {
    /// Brings up a node with damaged data. Its data are moved aside in its volume, but only while another node has
    /// complete data and leads.
    pub(super) fn bring_up_damaged(&mut self, node: NodeId, is_stale: bool, before_start: &[StepId]) {
        let Some(master) = node.group().and_then(|group| self.masters.get(&group)).copied() else { return };
        let damage = data::damage(node, self.observed).unwrap_or_default();
        if self.awaits_leader(node, master, &format!("{node} cannot load its data ({damage})")) {
            return;
        }
        let why = format!("its data are damaged: {damage}");
        if self.facts(node).is_some_and(|facts| facts.state != NodeState::Created) {
            self.step(node, Action::StopNode { node }, why.clone(), []);
        }
        self.step(node, Action::SetDataAside { node }, why.clone(), []);
        if is_stale {
            self.replace_stopped(node, &why, before_start);
        } else {
            self.write_config(node, &why);
            self.start(node, &why, before_start);
        }
    }

    /// Makes the plan wait until another node leads than the damaged one, which then copies it.
    ///
    /// Returns whether it has to wait. `problem` is what is wrong with the node, as the beginning of a sentence.
    pub(super) fn awaits_leader(&mut self, node: NodeId, master: NodeId, problem: &str) -> bool {
        let copies_existing = self.standby_of.is_some() && node == Spec::head();
        let (why, after) = if copies_existing {
            return false;
        } else if node == master {
            // Its Sentinels still name it, and replace it as soon as they consider it down.
            (format!("{problem}, so another node replaces it"), None)
        } else if !self.leads(master) {
            (format!("{problem}, and it copies the data of {master}"), self.last.get(&master).copied())
        } else {
            return false;
        };
        self.plan.push(Action::Await { gate: Gate::Answers { node: master } }, why.clone(), after);
        self.plan.then_observe.get_or_insert(why);
        true
    }

    /// Whether a node answers as the master of its group.
    fn leads(&self, master: NodeId) -> bool {
        let is_loading = self.redis_view(master).is_none_or(|view| view.loading.is_some());
        let claims = |group| claimants(group, self.observed).contains(&master);
        !is_loading && (self.standby_of.is_some() || master.group().is_some_and(claims))
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::Gate;
    use crate::cluster::fixture::{halt, healthy, redis, stored_data};
    use crate::cluster::observed::{NodeState, Observed, StoredData};
    use crate::plan::{Action, diff};
    use crate::spec::{NodeId, Spec};

    fn spec(replicas: u16) -> Spec {
        Spec { replicas, ..Spec::with_defaults("redos".parse().expect("a name")) }
    }

    /// A running cluster, except for this node, which dies at every start because of its data.
    fn damaged(spec: &Spec, node: NodeId) -> Observed {
        let mut observed = healthy(spec);
        halt(&mut observed, node, NodeState::Restarting);
        stored_data(&mut observed, node, StoredData::Unloadable { said: "Bad file format".to_owned() });
        observed
    }

    fn touches(action: &Action, node: NodeId) -> bool {
        matches!(action, Action::StopNode { node: of } | Action::StartNode { node: of } | Action::SetDataAside { node: of }
            | Action::WriteConfig { node: of, .. } if *of == node)
    }

    #[test]
    fn a_replica_starts_without_them() {
        let spec = spec(2);
        let plan = diff(&spec, &damaged(&spec, redis(3)));
        let steps: Vec<String> = plan.steps.iter().map(|step| step.action.to_string()).take(4).collect();
        let expected = [
            "stop redis-3",
            "set the data of redis-3 aside in its volume",
            "write the configuration of redis-3, replica of redis-1",
            "start redis-3",
        ];
        assert!(steps.iter().all(|step| expected.contains(&step.as_str())), "{plan}");
        assert!(plan.steps.iter().any(|step| step.why == "its data are damaged: Bad file format"), "{plan}");
        let told =
            Gate::Answers { node: redis(3) }.holds(&spec, &damaged(&spec, redis(3))).map_err(|unmet| unmet.to_string());
        let expected = "redis-3 cannot load its data, and ends at every start: Bad file format";
        assert_eq!(told, Err(expected.to_owned()));
    }

    #[test]
    fn a_replica_keeps_them_until_another_node_leads() {
        let spec = spec(2);
        let mut observed = damaged(&spec, redis(3));
        halt(&mut observed, redis(1), NodeState::Paused);
        let plan = diff(&spec, &observed);
        assert!(!plan.steps.iter().any(|step| touches(&step.action, redis(3))), "{plan}");
        let awaits = Action::Await { gate: Gate::Answers { node: redis(1) } };
        assert!(plan.steps.iter().any(|step| step.action == awaits), "{plan}");
    }

    #[test]
    fn a_master_is_left_to_the_sentinels_that_replace_it() {
        let spec = spec(2);
        let plan = diff(&spec, &damaged(&spec, redis(1)));
        assert!(!plan.steps.iter().any(|step| touches(&step.action, redis(1))), "{plan}");
        let awaits = Action::Await { gate: Gate::Answers { node: redis(1) } };
        assert!(plan.steps.iter().any(|step| step.action == awaits), "{plan}");
    }

    #[test]
    fn a_master_that_nobody_can_replace_is_for_a_person() {
        let spec = spec(0);
        let refusal = diff(&spec, &damaged(&spec, redis(1))).refusal.expect("a refusal");
        assert_eq!(
            refusal.why,
            "no node of mymaster has complete data: redis-1 cannot load its data and says: Bad file format"
        );
        let repair = refusal.next.first().expect("a command");
        assert!(repair.contains("docker stop redos-redis-1 && docker run --rm -it"), "{repair}");
        assert!(repair.contains("--fix /data/appendonlydir/appendonly.aof.manifest"), "{repair}");
    }
}
