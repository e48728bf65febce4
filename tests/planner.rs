//! Properties of the planner on the in-memory engine, and golden plans.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use redos::apply::{Applier, ApplyError};
use redos::converge::{Converged, Converger, Seen, find};
use redos::engine::Engine;
use redos::engine::sim::Sim;
use redos::plan::desired::{Program, Programs};
use redos::plan::diff::lifecycle::{self, Objection};
use redos::plan::observed::{NodeState, Observed};
use redos::plan::{Action, Gate, Plan, diff, teardown};
use redos::sentinel::Servers;
use redos::spec::Secret;
use redos::spec::secret::SECRET_OCTETS;
use redos::spec::settings::GivenSecrets;
use redos::spec::{Follow, NodeId, Role, Secrets, Spec};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A server outside of the cluster.
const EXISTING: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 5), 7000);

/// Where cases that failed are kept.
const REGRESSIONS: FileFailurePersistence = FileFailurePersistence::Direct("tests/proptest-regressions/planner.txt");

fn spec(masters: u16, replicas: u16, sentinels: u16, proxies: u16) -> Spec {
    let defaults = Spec::with_defaults("sim".parse().expect("a good name"));
    Spec { masters, replicas, sentinels, quorum: sentinels / 2 + 1, proxies, ..defaults }
}

fn programs() -> Programs {
    let program = |image: &str, server: &str| Program { image: image.to_owned(), server: server.to_owned() };
    Programs { redis: program("redis", "redis-server"), proxy: program("haproxy", "haproxy") }
}

/// `redos up` in memory. Time is virtual: an hour of waiting costs nothing.
async fn up(sim: &Sim, spec: &Spec) -> Result<Converged, ApplyError> {
    converge(sim, spec, Duration::from_secs(60)).await
}

async fn converge(sim: &Sim, spec: &Spec, limit: Duration) -> Result<Converged, ApplyError> {
    converge_by(sim, spec, diff, limit).await
}

async fn converge_by(
    sim: &Sim,
    spec: &Spec,
    diff: impl Fn(&Spec, &Observed) -> Plan + Send + Sync,
    limit: Duration,
) -> Result<Converged, ApplyError> {
    let found = find(sim, &spec.name).await.expect("the simulation never fails to look");
    let given = GivenSecrets::default();
    let seen = Seen::of(found, &given, |_| sim.clone()).await?;
    let converger = Converger {
        engine: sim,
        connect: |_: &Secrets| sim.clone(),
        spec,
        diff,
        new_secrets: Secrets {
            existing: Some(Secret::from_random([8; SECRET_OCTETS])),
            ..Secrets::made(|| [7; SECRET_OCTETS])
        },
        given,
        prepare: async |_: &redos::plan::Inventory| Ok(programs()),
        report: &|_| {},
        cancel: &CancellationToken::new(),
        deadline: Instant::now() + limit,
    };
    converger.converge(seen).await
}

async fn observed(sim: &Sim, spec: &Spec) -> Observed {
    let inventory = sim.inventory(&spec.name).await.expect("the inventory of the simulation never fails");
    let topology = sim.topology(&inventory).await;
    Observed::new(inventory, topology)
}

async fn down(sim: &Sim, spec: &Spec, with_volumes: bool) {
    let inventory = sim.inventory(&spec.name).await.expect("the inventory of the simulation never fails");
    for step in teardown(&inventory, with_volumes).steps {
        let result = match step.action {
            Action::StopNode { node } => sim.stop_node(&spec.name, node).await,
            Action::RemoveNode { node } => sim.remove_node(&spec.name, node).await,
            Action::RemoveVolume { node } => sim.remove_volume(&spec.name, node).await,
            Action::RemoveNetwork => sim.remove_network("network").await,
            Action::RemoveRecord => sim.remove_record(&spec.name).await,
            other => panic!("a teardown has no business with: {other}"),
        };
        if result.is_err() {
            return;
        }
    }
}

/// Masters, replicas, Sentinels and proxies.
type Size = (u16, u16, u16, u16);

fn size() -> impl Strategy<Value = Size> {
    (1u16..3, 0u16..5, prop_oneof![Just(1u16), Just(3), Just(5), Just(7)], 1u16..3)
}

fn sized((masters, replicas, sentinels, proxies): Size) -> Spec {
    spec(masters, replicas, sentinels, proxies)
}

/// Walks one plan in memory.
async fn walk(sim: &Sim, spec: &Spec, plan: &Plan, seen: &Observed) -> Result<(), ApplyError> {
    let (secrets, cancel) = (Secrets::made(|| [7; SECRET_OCTETS]), CancellationToken::new());
    let applier = Applier {
        engine: sim,
        servers: sim,
        spec,
        secrets: &secrets,
        programs: None,
        report: &|_| {},
        cancel: &cancel,
        deadline: Instant::now() + Duration::from_secs(60),
        is_overtaken: &|_| false,
    };
    applier.apply(plan, &seen.inventory).await.map(drop)
}

/// What can happen to a cluster between two `up`s.
#[derive(Clone, Debug)]
enum Accident {
    /// `up`, cut off after so many changes.
    CutUp(usize),
    /// The state of the nth node changes.
    State(usize, NodeState),
    /// The nth node's container is removed.
    Removed(usize),
    /// `down`, cut off after so many changes.
    CutDown(usize),
    /// `down`, whole.
    Down,
}

fn accident() -> impl Strategy<Value = Accident> {
    let killed = NodeState::Exited { code: 137, oom_killed: false };
    let state = prop_oneof![Just(NodeState::Paused), Just(killed), Just(NodeState::Restarting), Just(NodeState::Dead),];
    prop_oneof![
        3 => (0usize..60).prop_map(Accident::CutUp),
        4 => (0usize..16, state).prop_map(|(node, state)| Accident::State(node, state)),
        3 => (0usize..16).prop_map(Accident::Removed),
        1 => (0usize..30).prop_map(Accident::CutDown),
        1 => Just(Accident::Down),
    ]
}

async fn happen(sim: &Sim, spec: &Spec, accident: &Accident) {
    let nodes = spec.nodes();
    match accident {
        Accident::CutUp(changes) => {
            sim.cut_after(*changes);
            let _ = up(sim, spec).await;
            sim.mend();
        }
        Accident::State(node, state) => sim.disrupt(nodes[node % nodes.len()], Some(state.clone())),
        Accident::Removed(node) => sim.disrupt(nodes[node % nodes.len()], None),
        Accident::CutDown(changes) => {
            sim.cut_after(*changes);
            down(sim, spec, false).await;
            sim.mend();
        }
        Accident::Down => down(sim, spec, false).await,
    }
}

/// `up` succeeds, and then there is nothing to do and all is ready.
async fn converges(sim: &Sim, spec: &Spec) -> Result<(), TestCaseError> {
    if let Err(error) = up(sim, spec).await {
        panic!("{error:?}\n{}\n{:#?}", diff(spec, &observed(sim, spec).await), sim.journal());
    }
    let observed = observed(sim, spec).await;
    prop_assert_eq!(diff(spec, &observed), Plan::default());
    for gate in Gate::ready(spec) {
        prop_assert_eq!(gate.holds(spec, &observed), Ok(()), "{}", gate);
    }
    Ok(())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

proptest! {
    // Other cases in every run. One that fails is written down, and tried first from then on.
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: Some(Box::new(REGRESSIONS)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn up_converges_after_any_accidents_and_has_nothing_left_to_do(
        masters in 1u16..3, replicas in 0u16..4, sentinels in prop_oneof![Just(1u16), Just(3), Just(5)], proxies in 1u16..3,
        accidents in prop::collection::vec(accident(), 0..6),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, sentinels, proxies));
            for accident in &accidents {
                happen(&sim, &spec, accident).await;
            }
            if let Err(error) = up(&sim, &spec).await {
                panic!("after {accidents:?}: {error:?}\n{:#?}", diff(&spec, &observed(&sim, &spec).await).to_string());
            }
            let observed = observed(&sim, &spec).await;
            prop_assert_eq!(diff(&spec, &observed), Plan::default());
            for gate in Gate::ready(&spec) {
                prop_assert_eq!(gate.holds(&spec, &observed), Ok(()), "{}", gate);
            }
            let nodes: Vec<NodeId> = observed.inventory.nodes.keys().copied().collect();
            prop_assert_eq!(nodes, spec.nodes());
            prop_assert!(!sim.journal().iter().any(|what| what.starts_with("remove volume of redis")));
            Ok(())
        })?;
    }

    #[test]
    fn a_change_of_size_breaks_no_rule_wherever_it_is_cut_off(
        from in size(), to in size(), master in 1u16..5, cut in prop::option::of(0usize..120),
    ) {
        run(async {
            let (sim, from, to) = (Sim::default(), sized(from), sized(to));
            up(&sim, &from).await.expect("up");
            let inventory = sim.inventory(&from.name).await.expect("inventory");
            for group in from.groups() {
                let node = NodeId::redis(group, 1 + master % (from.replicas + 1));
                sim.switchover(&inventory, group, node).await.expect("switchover");
            }
            sim.watch_rules();
            if let Some(changes) = cut {
                sim.cut_after(changes);
                let _ = up(&sim, &to).await;
                sim.mend();
            }
            up(&sim, &to).await.expect("up");
            let observed = observed(&sim, &to).await;
            prop_assert_eq!(diff(&to, &observed), Plan::default());
            prop_assert_eq!(observed.inventory.nodes.keys().copied().collect::<Vec<_>>(), to.nodes());
            prop_assert_eq!(sim.lapses(), Vec::<String>::new(), "{:#?}", sim.journal());
            Ok(())
        })?;
    }

    #[test]
    fn a_restart_breaks_no_rule_and_up_finishes_one_that_was_cut_off(
        size in size(), master in 1u16..5, cut in prop::option::of(0usize..40),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), sized(size));
            up(&sim, &spec).await.expect("up");
            let inventory = sim.inventory(&spec.name).await.expect("inventory");
            for group in spec.groups() {
                let node = NodeId::redis(group, 1 + master % (spec.replicas + 1));
                sim.switchover(&inventory, group, node).await.expect("switchover");
            }
            if spec.replicas > 0 && spec.sentinels > 1 {
                sim.watch_rules();
            }
            if let Some(changes) = cut {
                sim.cut_after(changes);
            }
            let seen = observed(&sim, &spec).await;
            let proposal = lifecycle::restart(&spec, &seen, None);
            prop_assert_eq!(proposal.objections, []);
            let walked = walk(&sim, &spec, &proposal.plan, &seen).await;
            prop_assert!(walked.is_ok() || cut.is_some(), "{:?}", walked);
            sim.mend();
            up(&sim, &spec).await.expect("up");
            prop_assert_eq!(sim.lapses(), Vec::<String>::new(), "{:#?}", sim.journal());
            Ok(())
        })?;
    }

    #[test]
    fn down_leaves_nothing_after_any_accidents_but_data_volumes_unless_asked(
        replicas in 0u16..3, accidents in prop::collection::vec(accident(), 0..4), with_volumes: bool,
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(1, replicas, 3, 1));
            let _ = up(&sim, &spec).await;
            for accident in &accidents {
                happen(&sim, &spec, accident).await;
            }
            let before = sim.left();
            down(&sim, &spec, with_volumes).await;
            let (nodes, volumes, network) = sim.left();
            prop_assert!(nodes.is_empty() && !network);
            let kept: Vec<NodeId> = before.1.into_iter().filter(|node| node.role() != Role::Proxy && !with_volumes).collect();
            prop_assert_eq!(volumes, kept);
            Ok(())
        })?;
    }

    #[test]
    fn a_standby_bears_any_accidents_and_takes_over_once_and_for_good(
        replicas in 0u16..3, proxies in 1u16..3, before in prop::collection::vec(accident(), 0..4),
        during in prop::collection::vec(accident(), 0..5),
    ) {
        run(async {
            let (sim, mut spec) = (Sim::default(), spec(1, replicas, 3, proxies));
            spec.follow = Follow::Existing(EXISTING);
            for accident in &before {
                happen(&sim, &spec, accident).await;
            }
            converges(&sim, &spec).await?;
            prop_assert!(!sim.journal().iter().any(|what| what.contains("SentinelMonitor") || what.contains("promoted")));

            spec.follow = spec.follow.left();
            for accident in &during {
                happen(&sim, &spec, accident).await;
            }
            converges(&sim, &spec).await?;
            let journal = sim.journal();
            let promoted = journal.iter().position(|what| what == "redis-1 is promoted").expect("it has taken over");
            // What it was given since must not be replaced by another copy.
            prop_assert!(!journal[promoted + 1..].iter().any(|what| what.contains("promoted") || what.contains("leaves")));
            Ok(())
        })?;
    }

    #[test]
    fn a_plan_is_deterministic_and_its_steps_wait_for_earlier_ones_only(
        masters in 1u16..3, replicas in 0u16..4, accidents in prop::collection::vec(accident(), 0..5),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            for accident in &accidents {
                happen(&sim, &spec, accident).await;
            }
            let observed = observed(&sim, &spec).await;
            let plan = diff(&spec, &observed);
            prop_assert_eq!(&plan, &diff(&spec, &observed));
            for step in &plan.steps {
                prop_assert!(step.after.iter().all(|id| *id < step.id), "{}", step);
                prop_assert!(!step.why.is_empty(), "{}", step);
            }
            Ok(())
        })?;
    }
}

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
            NodeId::redis(redos::spec::Group::number(1), 2),
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
        let group = redos::spec::Group::number(1);
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
        sim.disrupt(NodeId::redis(redos::spec::Group::number(1), 2), None);
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
        assert_eq!(late.to_string(), "not ready in time: redis-1 answers: redis-1 is missing");
        up(&sim, &spec).await.expect("up");
        let wider = Spec { masters: 2, ..spec.clone() };
        up(&sim, &wider).await.expect("up");
        let late = converge(&sim, &spec, Duration::ZERO).await.expect_err("a leftover and no time");
        assert_eq!(late.to_string(), "not done in time, the next step is to record the configuration");
    });
}

#[test]
fn a_cluster_that_becomes_ready_while_its_plan_is_overtaken_is_still_proved_by_a_write() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 2, 5, 1));
        up(&sim, &spec).await.expect("up");
        let redis_2 = NodeId::redis(redos::spec::Group::number(1), 2);
        sim.disrupt(redis_2, Some(NodeState::Paused));
        let at_first = diff(&spec, &observed(&sim, &spec).await);
        // What the first wait sees is a cluster with the same trouble again, and the next look finds it gone.
        let looks = AtomicUsize::new(0);
        let flickering = |spec: &Spec, seen: &Observed| match looks.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => at_first.clone(),
            _ => diff(spec, seen),
        };
        let done = converge_by(&sim, &spec, flickering, Duration::from_secs(60)).await.expect("up");
        let [first, last] = done.plans.as_slice() else { panic!("{:?}", done.plans) };
        assert_eq!(*first, at_first);
        insta::assert_snapshot!("proof", last);
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
        let group = redos::spec::Group::number(1);
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
        assert_eq!(redos::plan::gate::sole_master(group, &after), Ok(NodeId::redis(group, 3)));
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
        let group = redos::spec::Group::number(1);
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

        spec.persistence.mode = redos::spec::PersistenceMode::None;
        assert_eq!(lifecycle::stop(&spec, &seen, None).objections, [], "an empty cluster has nothing to lose");
        let mut full = seen.clone();
        for answer in full.topology.redis.values_mut() {
            if let redos::plan::observed::Answer::Says(view) = answer {
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
                (sim.inventory(&from.name).await.expect("inventory"), redos::spec::Group::number(1));
            sim.switchover(&inventory, group, NodeId::redis(group, master)).await.expect("switchover");
            let done = up(&sim, &to).await.expect("up");
            let plans: Vec<String> = done.plans.iter().map(ToString::to_string).collect();
            insta::assert_snapshot!(name, plans.join("\n"));
        });
    }
}
