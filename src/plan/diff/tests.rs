//! Plans for states that the engine in memory does not come to.

use super::*;
use crate::plan::fixture::{healthy, redis};

fn spec() -> Spec {
    Spec::with_defaults("redos".parse().expect("a good name"))
}

/// `redis-2` runs, has been started so often by its restart policy, and does not answer.
fn silent(restarts: u64) -> Observed {
    let mut observed = healthy(&spec());
    observed.inventory.nodes.get_mut(&redis(2)).expect("the node").restarts = restarts;
    observed.topology.redis.insert(redis(2), Answer::Silent("connection refused".to_owned()));
    observed
}

fn changes(spec: &Spec, observed: &Observed) -> Vec<String> {
    let plan = diff(spec, observed);
    plan.steps.iter().filter(|step| !step.action.only_looks()).map(|step| step.action.to_string()).collect()
}

#[test]
fn a_healthy_cluster_needs_nothing() {
    assert_eq!(diff(&spec(), &healthy(&spec())), Plan::default());
}

#[test]
fn a_node_that_dies_at_every_start_is_configured_anew_also_while_it_runs_for_a_moment() {
    let revived = ["stop redis-2", "write configuration of redis-2, replica of redis-1", "start redis-2"];
    assert_eq!(changes(&spec(), &silent(4)), revived);
    let told = Gate::Answers { node: redis(2) }.holds(&spec(), &silent(4));
    assert_eq!(told, Err("redis-2 dies at every start, it was started again 4 times".to_owned()));
    assert_eq!(changes(&spec(), &silent(1)), Vec::<String>::new(), "it has died once, and may be about to answer");
    let mut answers = healthy(&spec());
    answers.inventory.nodes.get_mut(&redis(2)).expect("the node").restarts = 40;
    assert_eq!(diff(&spec(), &answers), Plan::default(), "whatever it was in its long life");
}

#[test]
fn a_node_that_dies_at_every_start_is_made_anew_where_what_it_was_made_from_has_changed() {
    for state in [NodeState::Running, NodeState::Restarting] {
        let mut observed = silent(4);
        let facts = observed.inventory.nodes.get_mut(&redis(2)).expect("the node");
        (facts.state, facts.spec_hash) = (state, "another".to_owned());
        let revived =
            ["remove redis-2", "create redis-2", "write configuration of redis-2, replica of redis-1", "start redis-2"];
        assert_eq!(changes(&spec(), &observed), revived);
    }
}
