//! Plans as they are shown, one for each direction and each repair.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redos::testing::cluster::observed::{Answer, NodeState, Observed};
use redos::testing::cluster::status::status;
use redos::testing::engine::Clusters;
use redos::testing::engine::sim::Sim;
use redos::testing::plan::diff::lifecycle::{self, Objection};
use redos::testing::plan::{Action, Past, Stage, diff, next};
use redos::testing::servers::Servers;
use redos::testing::spec::{Follow, NodeId, Spec};

use super::{EXISTING, converge, converge_by, down, observed, run, sized, spec, up, walk};

#[test]
fn a_fresh_cluster_is_planned_in_one_wave() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        insta::assert_snapshot!("fresh", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_standby_is_planned_without_a_master_and_takes_over_in_two_waves() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 3, 1));
        spec.follow = Follow::Existing(EXISTING);
        insta::assert_snapshot!("standby", diff(&spec, &observed(&sim, &spec).await));
        up(&sim, &spec).await.expect("up");
        insta::assert_snapshot!("standby_idle", diff(&spec, &observed(&sim, &spec).await));
        spec.follow = spec.follow.left();
        insta::assert_snapshot!("take_over", diff(&spec, &observed(&sim, &spec).await));
        let plans = up(&sim, &spec).await.expect("up").plans;
        insta::assert_snapshot!("taken_over", plans[1]);
    });
}

#[test]
fn a_killed_replica_and_a_paused_sentinel_are_repaired_and_nothing_else_is_touched() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        sim.disrupt(
            NodeId::redis(redos::testing::spec::Group::number(1), 2),
            Some(NodeState::Exited { code: 137, oom_killed: false }),
        );
        sim.disrupt(NodeId::Sentinel(3), Some(NodeState::Paused));
        insta::assert_snapshot!("repair", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_removed_master_is_still_the_master_that_the_sentinels_name() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        let group = redos::testing::spec::Group::number(1);
        let inventory = sim.inventory(&spec.name).await.expect("inventory");
        sim.switchover(&inventory, group, NodeId::redis(group, 2)).await.expect("switchover");
        // What the Sentinels say is from before the accident: they have not acted yet.
        let mut observed = observed(&sim, &spec).await;
        observed.inventory.nodes.remove(&NodeId::redis(group, 2));
        observed.topology.redis.remove(&NodeId::redis(group, 2));
        insta::assert_snapshot!("removed_master", diff(&spec, &observed));
    });
}

#[test]
fn a_cluster_whose_network_was_pruned_is_made_anew_around_its_data() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        let seen = observed(&sim, &spec).await;
        walk(&sim, &spec, &lifecycle::stop(&spec, &seen, None).plan, &seen).await.expect("stop");
        sim.lose_network();
        insta::assert_snapshot!("pruned", diff(&spec, &observed(&sim, &spec).await));
        up(&sim, &spec).await.expect("up");
        assert!(sim.journal().iter().all(|change| !change.starts_with("remove the volume")));
    });
}

#[test]
fn a_changed_port_replaces_the_proxy_and_runtime_settings_are_set_at_runtime() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        spec.ports.write = 7000;
        spec.sentinel.down_after = 2000;
        insta::assert_snapshot!("changed", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_setting_that_needs_a_restart_replaces_replicas_then_switches_over() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        spec.redis.insert("databases".to_owned(), "32".to_owned());
        insta::assert_snapshot!("restart", diff(&spec, &observed(&sim, &spec).await));
        let done = up(&sim, &spec).await.expect("up");
        let master_moved =
            done.plans.iter().any(|plan| plan.steps.iter().any(|s| matches!(s.action, Action::Switchover { .. })));
        assert!(master_moved);
    });
}

#[test]
fn a_replica_whose_container_was_removed_is_made_again_and_no_sentinel_must_forget_it() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        sim.disrupt(NodeId::redis(redos::testing::spec::Group::number(1), 2), None);
        insta::assert_snapshot!("removed_replica", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_new_replica_is_found_by_the_sentinels_and_checked_by_the_proxy_when_it_is_there() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        spec.replicas = 2;
        insta::assert_snapshot!("grown", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_new_sentinel_is_introduced_to_those_that_run() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 1, 1));
        up(&sim, &spec).await.expect("up");
        (spec.sentinels, spec.quorum) = (3, 2);
        insta::assert_snapshot!("more_sentinels", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn a_cluster_that_is_not_done_in_time_says_what_is_not_so_first() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        let late = converge(&sim, &spec, Duration::ZERO).await.expect_err("no time");
        assert_eq!(late.to_string(), "not ready in time, waiting until redis-1 answers: redis-1 is missing");
        up(&sim, &spec).await.expect("up");
        let wider = Spec { masters: 2, ..spec.clone() };
        up(&sim, &wider).await.expect("up");
        let late = converge(&sim, &spec, Duration::ZERO).await.expect_err("a leftover and no time");
        assert_eq!(late.to_string(), "not done in time, the next step would be to record the configuration");
    });
}

#[test]
fn a_cluster_that_becomes_ready_while_its_plan_is_overtaken_is_still_proved_by_a_write() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 5, 1));
        up(&sim, &spec).await.expect("up");
        let redis_2 = NodeId::redis(redos::testing::spec::Group::number(1), 2);
        sim.disrupt(redis_2, Some(NodeState::Paused));
        let at_first = diff(&spec, &observed(&sim, &spec).await);
        // The first wait observes the same trouble again, and the observation after it finds the trouble gone.
        let looks = AtomicUsize::new(0);
        let flickering = |spec: &Spec, seen: &Observed, past: &Past| match looks.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Stage { spec: spec.clone(), plan: at_first.clone() },
            _ => next(spec, seen, past),
        };
        let done = converge_by(&sim, &spec, flickering, Duration::from_secs(60)).await.expect("up");
        let [first, last] = done.plans.as_slice() else { panic!("{:?}", done.plans) };
        assert_eq!(*first, at_first);
        insta::assert_snapshot!("proof", last);
    });
}

#[test]
fn a_node_that_the_engine_was_still_stopping_is_started_before_others_wait_for_it() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &Spec { sentinels: 5, quorum: 3, ..spec.clone() }).await.expect("up");
        // A `redos scale` that was killed has removed two Sentinels and has just asked for the end of a third one.
        let stopping = NodeId::Sentinel(1);
        sim.disrupt(NodeId::Sentinel(4), None);
        sim.disrupt(NodeId::Sentinel(5), None);
        sim.disrupt(stopping, Some(NodeState::Exited { code: 0, oom_killed: false }));
        let looks = AtomicUsize::new(0);
        let too_early = |spec: &Spec, seen: &Observed, past: &Past| {
            let mut seen = seen.clone();
            if looks.fetch_add(1, Ordering::Relaxed) == 0 {
                seen.inventory.nodes.get_mut(&stopping).expect("it has a container").state = NodeState::Running;
                seen.topology.sentinels.insert(stopping, Answer::Silent("connection refused".to_owned()));
            }
            next(spec, &seen, past)
        };
        let done = converge_by(&sim, &spec, too_early, Duration::from_secs(60)).await.expect("up");
        insta::assert_snapshot!("ended_meanwhile", done.plans[1]);
    });
}

#[test]
fn up_after_down_looks_into_the_volumes_first() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        down(&sim, &spec, false).await;
        insta::assert_snapshot!("volumes", diff(&spec, &observed(&sim, &spec).await));
    });
}

#[test]
fn the_last_master_is_master_again_after_down_and_up_on_another_subnet() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        let group = redos::testing::spec::Group::number(1);
        sim.disrupt(NodeId::redis(group, 1), Some(NodeState::Exited { code: 137, oom_killed: false }));
        up(&sim, &spec).await.expect("up");
        let inventory = sim.inventory(&spec.name).await.expect("inventory");
        sim.switchover(&inventory, group, NodeId::redis(group, 3)).await.expect("switchover");
        let before = observed(&sim, &spec).await;
        down(&sim, &spec, false).await;
        up(&sim, &spec).await.expect("up");
        let after = observed(&sim, &spec).await;
        assert_ne!(
            before.inventory.network, after.inventory.network,
            "the subnets must differ for this to mean anything"
        );
        assert_eq!(redos::testing::cluster::gate::sole_master(group, &after), Ok(NodeId::redis(group, 3)));
    });
}

#[test]
fn a_volume_of_a_node_that_was_scaled_away_keeps_nobody_from_starting() {
    run(async {
        let sim = Sim::default();
        up(&sim, &spec(1, 3, 3, 1)).await.expect("up");
        let smaller = spec(1, 2, 3, 1);
        up(&sim, &smaller).await.expect("scaled");
        down(&sim, &smaller, false).await;
        up(&sim, &smaller).await.expect("up");
        let seen = observed(&sim, &smaller).await;
        assert!(seen.inventory.volumes.len() > smaller.redis_nodes(redos::testing::spec::Group::number(1)).count());
        assert!(smaller.nodes().into_iter().all(|node| seen.is_up(node)), "{:?}", seen.inventory.nodes);
    });
}

#[test]
fn a_last_master_is_not_left_out_because_the_cluster_is_to_be_smaller() {
    run(async {
        let (sim, whole) = (Sim::default(), spec(1, 2, 3, 1));
        let (group, smaller) = (redos::testing::spec::Group::number(1), spec(1, 1, 3, 1));
        up(&sim, &whole).await.expect("up");
        let inventory = sim.inventory(&whole.name).await.expect("inventory");
        sim.switchover(&inventory, group, NodeId::redis(group, 3)).await.expect("switchover");
        down(&sim, &whole, false).await;
        let done = up(&sim, &smaller).await.expect("up");
        let plans = done.plans.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let switched = plans.find("switch mymaster over").expect("it hands its writes over");
        let removed = plans.find("remove redis-3").expect("it goes");
        assert!(plans.find("start redis-3").is_some_and(|start| start < switched) && switched < removed, "{plans}");
    });
}

#[test]
fn a_sentinel_that_learned_a_new_master_before_it_was_stopped_is_not_given_the_old_one() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        let group = redos::testing::spec::Group::number(1);
        let ended = NodeState::Exited { code: 0, oom_killed: false };
        let mut before = observed(&sim, &spec).await;
        before.inventory.nodes.get_mut(&NodeId::Sentinel(3)).expect("a container").state = ended.clone();
        let outdated = diff(&spec, &before);
        assert!(outdated.to_string().contains("write the configuration of sentinel-3"), "{outdated}");

        let inventory = sim.inventory(&spec.name).await.expect("inventory");
        sim.switchover(&inventory, group, NodeId::redis(group, 2)).await.expect("switchover");
        sim.disrupt(NodeId::Sentinel(3), Some(ended));
        let error = walk(&sim, &spec, &outdated, &before).await.expect_err("the master was replaced");
        assert_eq!(
            error.to_string(),
            "sentinel-3 learned that redis-2 is the master of mymaster after the plan was made"
        );

        up(&sim, &spec).await.expect("up makes another plan");
        let masters = observed(&sim, &spec).await.topology.sentinels.into_values().map(|view| match view {
            Answer::Says(view) => view.masters["mymaster"].address,
            silent => panic!("{silent:?}"),
        });
        let masters: std::collections::BTreeSet<_> = masters.collect();
        assert_eq!(masters, [inventory.server(NodeId::redis(group, 2)).expect("an address")].into());
    });
}

#[test]
fn a_master_that_ends_before_its_switchover_costs_another_plan_and_not_the_run() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        spec.redis.insert("databases".to_owned(), "32".to_owned());
        let master = NodeId::redis(redos::testing::spec::Group::number(1), 1);
        sim.end_at_switchover(master);
        let converged = up(&sim, &spec).await.expect("up goes on");
        assert!(converged.plans.len() > 1, "{:?}", converged.plans);
        assert!(diff(&spec, &observed(&sim, &spec).await).is_empty());
    });
}

#[test]
fn a_cluster_stops_in_an_order_in_which_nothing_is_replaced_and_the_master_has_everything() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        let proposal = lifecycle::stop(&spec, &observed(&sim, &spec).await, None);
        assert_eq!(proposal.objections, []);
        insta::assert_snapshot!("stop", proposal.plan);
    });
}

#[test]
fn a_restart_takes_one_node_at_a_time_and_the_master_last() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        let proposal = lifecycle::restart(&spec, &observed(&sim, &spec).await, None);
        assert_eq!(proposal.objections, []);
        insta::assert_snapshot!("rolling", proposal.plan);
    });
}

#[test]
fn what_costs_more_than_the_nodes_that_are_named_is_an_objection() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 3, 2));
        up(&sim, &spec).await.expect("up");
        let group = redos::testing::spec::Group::number(1);
        let (one, two) = (NodeId::redis(group, 1), NodeId::redis(group, 2));
        let seen = observed(&sim, &spec).await;
        let stop = |nodes: &[NodeId]| lifecycle::stop(&spec, &seen, Some(&nodes.iter().copied().collect())).objections;
        let restart = |nodes: &[NodeId]| lifecycle::restart(&spec, &seen, Some(&nodes.iter().copied().collect()));
        let sentinels = [NodeId::Sentinel(1), NodeId::Sentinel(3)];
        assert_eq!(stop(&[NodeId::Sentinel(2)]), []);
        assert_eq!(stop(&sentinels), [Objection::QuorumLost { left: 1, needed: 2 }]);
        assert_eq!(restart(&sentinels).objections, [], "one after the other");
        assert_eq!(stop(&[one]), []);
        assert_eq!(stop(&[one, two]), [Objection::NoSuccessor { group, master: one }]);
        assert_eq!(stop(&[NodeId::Proxy(2)]), []);
        assert_eq!(stop(&[NodeId::Proxy(1), NodeId::Proxy(2)]), [Objection::NoProxy]);

        sim.disrupt(two, Some(NodeState::Paused));
        sim.disrupt(NodeId::Sentinel(3), Some(NodeState::Paused));
        let seen = observed(&sim, &spec).await;
        let restart = lifecycle::restart(&spec, &seen, None).objections;
        let lost = Objection::QuorumLost { left: 1, needed: 2 };
        assert_eq!(restart, [lost, Objection::NoSuccessor { group, master: one }]);

        spec.persistence.mode = redos::testing::spec::PersistenceMode::None;
        assert_eq!(lifecycle::stop(&spec, &seen, None).objections, [], "an empty cluster has nothing to lose");
        let mut full = seen.clone();
        for answer in full.topology.redis.values_mut() {
            if let redos::testing::cluster::observed::Answer::Says(view) = answer {
                view.keys = 7;
            }
        }
        assert_eq!(lifecycle::stop(&spec, &full, None).objections, [Objection::DataLost { keys: 7 }]);
    });
}

#[test]
fn every_direction_of_a_change_of_size_has_its_plan() {
    let (small, large) = ((1, 1, 3, 1), (2, 3, 5, 2));
    for (name, from, to, master) in [
        ("replicas_up", small, (1, 3, 3, 1), 1),
        ("replicas_down", (1, 3, 3, 1), small, 1),
        ("replicas_down_master_among_them", (1, 3, 3, 1), small, 4),
        ("sentinels_up", small, (1, 1, 5, 1), 1),
        ("sentinels_down", (1, 1, 5, 1), small, 1),
        ("masters_up", small, (2, 1, 3, 1), 1),
        ("masters_down", (2, 1, 3, 1), small, 1),
        ("proxies_up", small, (1, 1, 3, 2), 1),
        ("proxies_down", (1, 1, 3, 2), small, 1),
        ("all_up", small, large, 1),
        ("all_down", large, small, 1),
    ] {
        run(async {
            let (sim, from, to) = (Sim::default(), sized(from), sized(to));
            up(&sim, &from).await.expect("up");
            let (inventory, group) =
                (sim.inventory(&from.name).await.expect("inventory"), redos::testing::spec::Group::number(1));
            sim.switchover(&inventory, group, NodeId::redis(group, master)).await.expect("switchover");
            let done = up(&sim, &to).await.expect("up");
            let plans: Vec<String> = done.plans.iter().map(ToString::to_string).collect();
            insta::assert_snapshot!(name, plans.join("\n"));
        });
    }
}

#[test]
fn a_proxy_whose_published_ports_lead_nowhere_is_restarted_once_and_nothing_else_is() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 2));
        up(&sim, &spec).await.expect("up");
        sim.kill_ports(NodeId::Proxy(2), true);
        let port = published(&sim, &spec, NodeId::Proxy(2)).await;
        let why = format!("{port} is published for proxy-2, but connections do not reach it: connection refused");
        assert_eq!(status(&spec, &observed(&sim, &spec).await).reasons, std::slice::from_ref(&why));
        let begun = sim.journal().len();
        let done = up(&sim, &spec).await.expect("up");
        assert_eq!(sim.journal()[begun..], ["stop proxy-2", "start proxy-2"]);
        assert!(done.plans[0].steps[0].why.starts_with(&why), "{}", done.plans[0]);
        assert!(diff(&spec, &observed(&sim, &spec).await).is_empty());

        sim.kill_ports(NodeId::Proxy(2), false);
        let begun = sim.journal().len();
        let failed = converge(&sim, &spec, Duration::from_secs(10)).await;
        let failed = failed.expect_err("a restart does not help").to_string();
        assert!(failed.ends_with(&why), "{failed}");
        assert_eq!(sim.journal()[begun..], ["stop proxy-2", "start proxy-2"], "once");
    });
}

/// The first published port of a proxy.
async fn published(sim: &Sim, spec: &Spec, proxy: NodeId) -> String {
    let inventory = sim.inventory(&spec.name).await.expect("inventory");
    let port = inventory.nodes[&proxy].ports[0];
    format!("{}:{}", port.host_ip, port.host)
}
