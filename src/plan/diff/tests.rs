//! Plans for states that the engine in memory does not reach.

use super::*;
use crate::cluster::fixture::{GROUP, at, healthy, redis, redis_mut, sentinel_mut};
use crate::cluster::gate::{Gate, Unmet};
use crate::cluster::observed::{Loading, RoleView, WatchedPeer};
use crate::cluster::reckon::successor;
use crate::spec::render::directives::PRIORITY;
use crate::spec::{REDIS_PORT, SENTINEL_PORT};

fn spec() -> Spec {
    Spec::with_defaults("redos".parse().expect("a good name"))
}

/// `redis-2` runs, its restart policy has started it very often, and it does not answer.
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
fn nothing_is_planned_while_a_node_is_unseen() {
    let mut observed = healthy(&spec());
    observed.inventory.nodes.remove(&redis(3));
    assert!(!changes(&spec(), &observed).is_empty(), "there is something to do");
    observed.inventory.unseen.insert(redis(2), "no answer within 10 s".to_owned());
    let plan = diff(&spec(), &observed);
    assert_eq!(plan.steps, []);
    let refusal = plan.refusal.expect("a refusal");
    assert_eq!(refusal.why, "Docker does not answer about redis-2: no answer within 10 s");
    assert_eq!(refusal.next[0], "see whether this hangs too: docker inspect redos-redis-2");
    let others = lifecycle::stop(&spec(), &observed, Some(&BTreeSet::from([redis(3)])));
    assert_eq!(others.objections, [], "another node is stopped as ever");
    for proposal in [lifecycle::stop(&spec(), &observed, None), lifecycle::restart(&spec(), &observed, None)] {
        let why = proposal.objections.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert!(why.contains("redis-2 (no answer within 10 s), and may not stop it either"), "{why}");
    }
}

#[test]
fn nothing_is_planned_while_a_part_of_the_first_data_is_missing() {
    let mut observed = healthy(&spec());
    observed.inventory.nodes.clear();
    let recorded = observed.inventory.recorded.insert(spec());
    recorded.seeding = Some("/b/a.redos".to_owned());
    let plan = diff(&spec(), &observed);
    assert_eq!(plan.steps, []);
    let refusal = plan.refusal.expect("a refusal");
    assert_eq!(refusal.why, "the data of /b/a.redos were not copied completely into 'redos'");
    assert_eq!(refusal.next[0], "copy them again: redos -p redos up --from /b/a.redos");
    observed.inventory.recorded = Some(spec());
    assert!(!changes(&spec(), &observed).is_empty(), "with all data it goes on");
}

#[test]
fn a_healthy_cluster_needs_nothing() {
    assert_eq!(diff(&spec(), &healthy(&spec())), Plan::default());
}

#[test]
fn a_node_that_dies_at_every_start_is_configured_anew_also_while_it_runs_for_a_moment() {
    let revived = ["stop redis-2", "write the configuration of redis-2, replica of redis-1", "start redis-2"];
    assert_eq!(changes(&spec(), &silent(4)), revived);
    let told = Gate::Answers { node: redis(2) }.holds(&spec(), &silent(4));
    assert_eq!(told, Err(Unmet::DiesAtEveryStart { node: redis(2), restarts: 4 }));
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
        let revived = [
            "remove redis-2",
            "create redis-2",
            "write the configuration of redis-2, replica of redis-1",
            "start \
              redis-2",
        ];
        assert_eq!(changes(&spec(), &observed), revived);
    }
}

#[test]
fn a_node_that_is_loading_is_waited_for_and_not_told_whom_to_follow() {
    let mut observed = healthy(&spec());
    // Another node has replaced it, and the Sentinels have not seen yet that it is back.
    let replica = redis_mut(&mut observed, redis(3)).role.clone();
    let master = redis_mut(&mut observed, redis(1)).role.clone();
    redis_mut(&mut observed, redis(3)).role = master;
    for ordinal in [1, 2, 3] {
        sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched").address =
            at(redis(3), REDIS_PORT);
    }
    let RoleView::Replica { master: address, .. } = &mut redis_mut(&mut observed, redis(2)).role else {
        panic!("{replica:?}")
    };
    *address = at(redis(3), REDIS_PORT);
    redis_mut(&mut observed, redis(1)).loading = Some(Loading { percent: 7, seconds_left: 85 });
    let plan = diff(&spec(), &observed);
    assert!(!plan.steps.iter().any(|step| matches!(step.action, Action::Replicate { .. })), "{plan}");
    let waits = plan
        .to_string()
        .contains("wait until redis-1 answers — redis-1 is loading its data, 7 % so far, about 85 s left");
    assert!(waits, "{plan}");
}

#[test]
fn how_long_a_master_may_load_follows_how_long_it_may_be_silent() {
    let mut changed = spec();
    changed.sentinel.down_after = 5000;
    let plan = diff(&changed, &healthy(&spec()));
    let settings = plan.steps.iter().filter_map(|step| match &step.action {
        Action::SentinelSet { settings, .. } => Some(settings),
        _ => None,
    });
    let settings: Vec<_> = settings.collect();
    assert_eq!(settings.len(), 3, "{plan}");
    for settings in settings {
        assert_eq!(settings["master-reboot-down-after-period"], settings["down-after-milliseconds"], "{plan}");
    }
}

#[test]
fn a_replica_that_joins_is_not_to_be_promoted_before_it_is_in_sync() {
    let spec = spec();
    let mut observed = healthy(&spec);
    let view = redis_mut(&mut observed, redis(3));
    view.replica_priority = 0;
    view.config.insert(PRIORITY.to_owned(), "0".to_owned());
    let in_sync = view.role.clone();
    let RoleView::Replica { syncing, link_up, .. } = &mut view.role else { panic!("a replica") };
    (*syncing, *link_up) = (true, false);
    assert_eq!(changes(&spec, &observed), Vec::<String>::new(), "it is copying");
    let fittest = |observed: &Observed| {
        let mut without_two = observed.clone();
        without_two.topology.redis.remove(&redis(2));
        successor(GROUP, redis(1), &spec, &without_two)
    };
    redis_mut(&mut observed, redis(3)).role = in_sync;
    assert_eq!(fittest(&observed), None, "its priority is 0");
    for ordinal in [1, 2, 3] {
        let watched = sentinel_mut(&mut observed, ordinal).masters.get_mut("mymaster").expect("watched");
        watched.replicas.iter_mut().filter(|replica| replica.address == at(redis(3), REDIS_PORT)).for_each(|replica| {
            replica.priority = 0;
        });
    }
    let expected = ["set replica-priority 100 on redis-3"];
    let finds = ["1", "2", "3"].map(|ordinal| format!("have sentinel-{ordinal} discover redis-3 of mymaster"));
    let expected: Vec<String> = expected.map(str::to_owned).into_iter().chain(finds).collect();
    assert_eq!(changes(&spec, &observed), expected);
    let said = Gate::ReplicasInSync { group: GROUP }.holds(&spec, &observed).expect_err("not yet");
    assert_eq!(said.to_string(), "redis-3 is in sync, but no Sentinel may promote it yet (its replica-priority is 0)");
    // A Sentinel that has not asked the master since.
    let view = redis_mut(&mut observed, redis(3));
    view.replica_priority = 100;
    view.config.insert(PRIORITY.to_owned(), "100".to_owned());
    assert_eq!(changes(&spec, &observed), expected[1..]);
    let said = Gate::SentinelsSeeAll { group: GROUP }.holds(&spec, &observed).expect_err("not yet");
    assert_eq!(said.to_string(), "sentinel-1 does not yet know that it may promote redis-3");
    assert_eq!(fittest(&observed), Some(redis(3)));
}

#[test]
fn a_proxy_without_the_name_that_applications_look_for_is_made_anew_and_the_plan_says_so() {
    let mut observed = healthy(&spec());
    let proxy = NodeId::Proxy(1);
    observed.inventory.nodes.get_mut(&proxy).expect("the proxy").aliases.remove("redos-proxy");
    let changes = changes(&spec(), &observed);
    assert!(changes.starts_with(&["stop proxy-1", "remove proxy-1"].map(str::to_owned)), "{changes:?}");
    let why = "it gets the name redos-proxy on the network, by which applications there find it; recreating it \
        closes all connections through it";
    let plan = diff(&spec(), &observed);
    assert!(plan.steps.iter().any(|step| step.why == why), "{plan}");
}

#[test]
fn no_sentinel_goes_before_the_proxies_count_the_vote_of_the_one_that_came_back() {
    let spec = spec();
    let mut observed = healthy(&spec);
    let ghost = WatchedPeer { address: at(NodeId::Sentinel(4), SENTINEL_PORT), ..peer(&observed) };
    for ordinal in 2..=3 {
        let master = sentinel_mut(&mut observed, ordinal).masters.values_mut().next().expect("a group");
        master.peers.push(ghost.clone());
    }
    let steps = |observed: &Observed| diff(&spec, observed).steps.iter().map(|step| step.action.to_string()).collect();
    let begin: Vec<String> = steps(&observed);
    assert!(begin[0].starts_with("stop sentinel-2"), "sentinel-1 has forgotten it already: {begin:#?}");
    let Some(Answer::Says(view)) = observed.topology.proxies.get_mut(&NodeId::Proxy(1)) else { panic!("no proxy") };
    let route = view.routes.get_mut(&Group::number(1)).expect("a route");
    assert!(route.votes.remove(&NodeId::Sentinel(1)));
    let begin: Vec<String> = steps(&observed);
    assert_eq!(begin[..2], ["wait until sentinel-1 is in service", "stop sentinel-2"]);
}

fn peer(observed: &Observed) -> WatchedPeer {
    let sentinel = observed.topology.sentinels.values().find_map(Answer::said).expect("a Sentinel");
    sentinel.masters.values().flat_map(|master| &master.peers).next().expect("a peer").clone()
}
