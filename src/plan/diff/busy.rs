//! Nodes that a script of an application keeps busy: redos ends the script, or the node with it.

use super::Planner;
use crate::cluster::gate::{UNKILLABLE, busy};
use crate::cluster::refusal::Refusal;
use crate::plan::step::{Action, StepId};
use crate::spec::{NodeId, PersistenceMode};

impl Planner<'_> {
    /// Ends the script that keeps a node busy.
    ///
    /// A script that has written can only be ended with its node. That is done only if another node leads and so has
    /// all acknowledged writes: replicas get the writes of a script when it ends.
    pub(super) fn free_busy(&mut self, node: NodeId, is_unkillable: bool, is_stale: bool, before_start: &[StepId]) {
        if !is_unkillable {
            self.end_script(node);
            self.plan.then_observe.get_or_insert_with(|| "Redis ends no script that has written".to_owned());
            return;
        }
        let Some(master) = node.group().and_then(|group| self.masters.get(&group)).copied() else { return };
        if self.awaits_leader(node, master, &format!("{node} does not answer ({UNKILLABLE})")) {
            return;
        }
        let why = UNKILLABLE;
        if is_stale {
            self.replace_stopped(node, why, before_start);
        } else {
            self.step(node, Action::KillNode { node }, why, []);
            self.write_config(node, why);
            self.start(node, why, before_start);
        }
    }

    /// Makes Redis end the script that keeps a node busy.
    pub(super) fn end_script(&mut self, node: NodeId) {
        self.step(node, Action::EndScript { node }, "a script that does not end keeps it busy", []);
    }

    /// Why the user must decide about a master with an endless script that no other node can replace.
    pub(super) fn held_up(&self) -> Option<Refusal> {
        let is_held_up = |node: &&NodeId| busy(**node, self.observed) == Some(true);
        let master = *self.masters.values().find(is_held_up).filter(|_| self.spec.replicas == 0)?;
        let name = &self.facts(master)?.name;
        let loss = match self.spec.persistence.mode {
            PersistenceMode::Both | PersistenceMode::Aof => "acknowledged writes are in its append-only file",
            PersistenceMode::Rdb => "all writes since its last snapshot are LOST",
            PersistenceMode::None => "all its data are LOST",
        };
        Some(Refusal {
            why: format!("{master} does not answer: {UNKILLABLE}, and it has no replica that could take over"),
            next: vec![
                "wait until the script ends".to_owned(),
                format!("end it with its node, {loss}: docker kill {name} && docker start {name}"),
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::fixture::{at, healthy, redis, redis_mut, sentinel_mut};
    use crate::cluster::observed::{Answer, Observed, RoleView};
    use crate::plan::diff;
    use crate::plan::step::Plan;
    use crate::spec::{NodeId, REDIS_PORT, Spec};

    fn spec(replicas: u16) -> Spec {
        Spec { replicas, ..Spec::with_defaults("redos".parse().expect("a name")) }
    }

    /// A healthy cluster, but for a script on this node.
    fn busy(spec: &Spec, node: NodeId, is_unkillable: bool) -> Observed {
        let mut observed = healthy(spec);
        observed.topology.redis.insert(node, Answer::Busy { is_unkillable });
        observed
    }

    fn steps(plan: &Plan) -> Vec<String> {
        plan.steps.iter().map(|step| step.action.to_string()).collect()
    }

    #[test]
    fn a_script_is_told_to_end_wherever_it_runs() {
        let spec = spec(2);
        for node in [redis(1), redis(3)] {
            let plan = diff(&spec, &busy(&spec, node, false));
            assert_eq!(steps(&plan), [format!("end the script that keeps {node} busy")], "{plan}");
            assert!(plan.then_observe.is_some(), "what comes next depends on whether it has written");
        }
    }

    #[test]
    fn a_node_that_another_leads_is_killed_with_its_script() {
        let spec = spec(2);
        let plan = diff(&spec, &busy(&spec, redis(3), true));
        let expected = ["kill redis-3", "write the configuration of redis-3, replica of redis-1", "start redis-3"];
        assert_eq!(steps(&plan)[..3], expected, "{plan}");
    }

    #[test]
    fn a_master_is_left_to_the_sentinels_and_killed_when_they_have_replaced_it() {
        let spec = spec(2);
        let mut observed = busy(&spec, redis(1), true);
        let plan = diff(&spec, &observed);
        assert_eq!(steps(&plan), ["wait until redis-1 answers"], "{plan}");
        redis_mut(&mut observed, redis(2)).role = RoleView::Master { replicas: Vec::new() };
        assert!(!steps(&diff(&spec, &observed)).contains(&"kill redis-1".to_owned()), "not all Sentinels know it yet");
        for sentinel in [1, 2, 3] {
            let watched = sentinel_mut(&mut observed, sentinel).masters.get_mut("mymaster").expect("watched");
            watched.address = at(redis(2), REDIS_PORT);
        }
        let plan = diff(&spec, &observed);
        assert!(steps(&plan).contains(&"kill redis-1".to_owned()), "{plan}");
    }

    #[test]
    fn a_replica_keeps_what_it_has_while_nobody_leads() {
        let spec = spec(2);
        let mut observed = busy(&spec, redis(3), true);
        observed.topology.redis.insert(redis(1), Answer::Silent("no answer within 1 s".to_owned()));
        let plan = diff(&spec, &observed);
        assert!(!steps(&plan).contains(&"kill redis-3".to_owned()), "{plan}");
    }

    #[test]
    fn a_master_without_a_replica_is_for_a_person() {
        let spec = spec(0);
        let refusal = diff(&spec, &busy(&spec, redis(1), true)).refusal.expect("a refusal");
        let kill = "end it with its node, acknowledged writes are in its append-only file: docker kill redos-redis-1 && \
                    docker start redos-redis-1";
        assert_eq!(refusal.next, ["wait until the script ends", kill]);
    }
}
