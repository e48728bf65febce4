//! Properties: whatever happens to a cluster, and wherever a change is cut off.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use redos::testing::apply::ApplyError;
use redos::testing::cluster::Gate;
use redos::testing::cluster::observed::{NodeState, RoleView};
use redos::testing::engine::Clusters;
use redos::testing::engine::sim::Sim;
use redos::testing::plan::diff::lifecycle;
use redos::testing::plan::{Plan, diff};
use redos::testing::servers::Servers;
use redos::testing::spec::render::{GUARD_FILE, GuardFile};
use redos::testing::spec::{Follow, ImageChoice, NodeId, Release, Role, Spec, UsedImage};

use super::{EXISTING, Size, cases, down, observed, run, sized, spec, up, walk};

/// Where cases that failed are kept.
pub const REGRESSIONS: FileFailurePersistence =
    FileFailurePersistence::Direct("tests/proptest-regressions/planner.txt");

fn size() -> impl Strategy<Value = Size> {
    (1u16..3, 0u16..5, prop_oneof![Just(1u16), Just(3), Just(5), Just(7)], 1u16..3)
}

/// An image that was found.
fn used(id: &str) -> UsedImage {
    let release = Release { name: "redis".to_owned(), version: "8.2.1".to_owned() };
    let (reference, server) = ("redis:8.2".to_owned(), "redis-server".to_owned());
    UsedImage { reference, id: id.to_owned(), digest: None, server, release, modules: Vec::new() }
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
    /// The nth node runs a script that never ends and writes nothing.
    Script(usize),
    /// `down`, cut off after so many changes.
    CutDown(usize),
    /// `down`, whole.
    Down,
    /// `stop`, then the Engine's `network prune`, and no more than these of the containers are left.
    Pruned(Vec<usize>),
}

fn accident() -> impl Strategy<Value = Accident> {
    let killed = NodeState::Exited { code: 137, oom_killed: false };
    let state = prop_oneof![Just(NodeState::Paused), Just(killed), Just(NodeState::Restarting), Just(NodeState::Dead),];
    prop_oneof![
        3 => (0usize..60).prop_map(Accident::CutUp),
        4 => (0usize..16, state).prop_map(|(node, state)| Accident::State(node, state)),
        3 => (0usize..16).prop_map(Accident::Removed),
        2 => (0usize..16).prop_map(Accident::Script),
        1 => (0usize..30).prop_map(Accident::CutDown),
        1 => Just(Accident::Down),
        2 => prop::collection::vec(0usize..16, 0..16).prop_map(Accident::Pruned),
    ]
}

async fn happen(sim: &Sim, spec: &Spec, accident: &Accident) {
    let nodes = spec.nodes();
    match accident {
        Accident::CutUp(changes) => cut_up(sim, spec, *changes).await,
        Accident::State(node, state) => sim.disrupt(nodes[node % nodes.len()], Some(state.clone())),
        Accident::Script(node) => sim.run_script(nodes[node % nodes.len()], false),
        Accident::Removed(node) => sim.disrupt(nodes[node % nodes.len()], None),
        Accident::CutDown(changes) => {
            sim.cut_after(*changes);
            down(sim, spec, false).await;
            sim.mend();
        }
        Accident::Down => down(sim, spec, false).await,
        Accident::Pruned(left) => {
            stop(sim, spec).await;
            sim.lose_network();
            let is_left = |nth: &usize| left.iter().any(|kept| kept % nodes.len() == *nth);
            (0..nodes.len()).filter(|nth| !is_left(nth)).for_each(|nth| sim.disrupt(nodes[nth], None));
        }
    }
}

/// `stop`, as far as it gets.
async fn stop(sim: &Sim, spec: &Spec) {
    let seen = observed(sim, spec).await;
    let _ = walk(sim, spec, &lifecycle::stop(spec, &seen, None).plan, &seen).await;
}

/// A cluster in which the nth node of each group is master.
async fn up_with_master(sim: &Sim, spec: &Spec, nth: u16) {
    up(sim, spec).await.expect("up");
    let inventory = sim.inventory(&spec.name).await.expect("inventory");
    for group in spec.groups() {
        let node = NodeId::redis(group, 1 + nth % (spec.replicas + 1));
        sim.switchover(&inventory, group, node).await.expect("switchover");
    }
}

/// All nodes of a cluster but the exporter and the guards.
fn others(spec: &Spec) -> Vec<NodeId> {
    spec.nodes().into_iter().filter(|node| !node.role().is_optional()).collect()
}

/// The nodes that each guard knows, by its file.
fn known_to_guards(sim: &Sim) -> Vec<Vec<NodeId>> {
    let files = sim.files();
    let guards = files.iter().filter(|(node, _)| node.role() == Role::Guard);
    let known = |text: &String| serde_json::from_str::<GuardFile>(text).expect("a guard's file").spec().nodes();
    guards.map(|(_, files)| known(&files[GUARD_FILE])).collect()
}

/// `up`, cut off after so many changes.
async fn cut_up(sim: &Sim, spec: &Spec, changes: usize) {
    sim.cut_after(changes);
    let _ = up(sim, spec).await;
    sim.mend();
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

proptest! {
    // Other cases in every run. One that fails is written down, and tried first from then on.
    #![proptest_config(ProptestConfig {
        cases: cases(32),
        failure_persistence: Some(Box::new(REGRESSIONS)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn up_converges_after_any_accidents_and_has_nothing_left_to_do(
        masters in 1u16..3, replicas in 0u16..4, sentinels in prop_oneof![Just(1u16), Just(3), Just(5)], proxies in 1u16..3,
        (exporter, guard) in any::<(bool, bool)>(), accidents in prop::collection::vec(accident(), 0..6),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), Spec { exporter, guard, ..spec(masters, replicas, sentinels, proxies) });
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
            prop_assert_eq!(known_to_guards(&sim), vec![others(&spec); spec.guard_nodes().count()]);
            prop_assert!(!sim.journal().iter().any(|what| what.starts_with("remove the volume of redis")));
            Ok(())
        })?;
    }

    /// Guards are as many as proxies, know every other node after each change of size, and none that does not is made meanwhile.
    #[test]
    fn guards_follow_every_change_of_size(
        sizes in prop::collection::vec((size(), any::<bool>(), prop::option::of(0usize..60)), 1..5),
    ) {
        run(async {
            let sim = Sim::default();
            for (size, guard, cut) in sizes {
                let spec = Spec { guard, ..sized(size) };
                if let Some(changes) = cut {
                    cut_up(&sim, &spec, changes).await;
                }
                let before = sim.journal().len();
                converges(&sim, &spec).await?;
                prop_assert_eq!(known_to_guards(&sim), vec![others(&spec); spec.guard_nodes().count()]);
                let made = sim.journal().split_off(before);
                for guard in spec.guard_nodes() {
                    let times = made.iter().filter(|what| **what == format!("create {guard}")).count();
                    prop_assert!(times <= 1, "{} was made {} times: {:#?}", guard, times, made);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn data_that_do_not_load_are_copied_anew_from_a_node_whose_data_do(
        masters in 1u16..3, replicas in 1u16..4, master in 1u16..5, damaged in prop::collection::vec(0usize..8, 0..4),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            up_with_master(&sim, &spec, master).await;
            let seen = observed(&sim, &spec).await;
            walk(&sim, &spec, &lifecycle::stop(&spec, &seen, None).plan, &seen).await.expect("stop");
            for group in spec.groups() {
                let nodes: Vec<NodeId> = spec.redis_nodes(group).collect();
                // One node keeps its data, whichever.
                damaged.iter().take(nodes.len() - 1).for_each(|node| sim.damage_data(nodes[node % nodes.len()]));
            }
            converges(&sim, &spec).await?;
            let wiped: Vec<String> = sim.journal().into_iter().filter(|entry| entry.contains("leads without data")).collect();
            prop_assert_eq!(wiped, Vec::<String>::new());
            Ok(())
        })?;
    }

    #[test]
    fn a_script_that_never_ends_costs_nothing_but_its_node_a_restart(
        masters in 1u16..3, replicas in 1u16..4, master in 1u16..5, cut in prop::option::of(0usize..8), frozen: bool,
        scripts in prop::collection::vec((0usize..8, any::<bool>()), 1..5),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            up_with_master(&sim, &spec, master).await;
            for group in spec.groups() {
                let nodes: Vec<NodeId> = spec.redis_nodes(group).collect();
                // One node of each group answers, whichever: with none there is nobody who could lead.
                for (node, has_written) in scripts.iter().take(nodes.len() - 1) {
                    sim.run_script(nodes[node % nodes.len()], *has_written);
                }
            }
            // Then no Sentinel replaces a busy master until they are unpaused.
            for sentinel in spec.sentinel_nodes().filter(|_| frozen) {
                sim.disrupt(sentinel, Some(NodeState::Paused));
            }
            if let Some(changes) = cut {
                cut_up(&sim, &spec, changes).await;
            }
            converges(&sim, &spec).await?;
            let journal = sim.journal();
            prop_assert!(!journal.iter().any(|what| what.ends_with("nobody leads")), "{:#?}", journal);
            let killed = journal.iter().filter(|what| what.starts_with("kill ")).count();
            let written = scripts.iter().filter(|(_, has_written)| *has_written).count();
            prop_assert!(killed <= written * usize::from(masters), "{:#?}", journal);
            Ok(())
        })?;
    }

    #[test]
    fn a_stopped_group_is_led_by_a_node_that_has_its_data(
        masters in 1u16..3, replicas in 1u16..4, master in 1u16..5, (removed, pruned) in any::<(bool, bool)>(),
        losses in prop::collection::vec((0usize..8, any::<bool>()), 0..6),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            up_with_master(&sim, &spec, master).await;
            let seen = observed(&sim, &spec).await;
            walk(&sim, &spec, &lifecycle::stop(&spec, &seen, None).plan, &seen).await.expect("stop");
            if removed {
                down(&sim, &spec, false).await;
            } else if pruned {
                sim.lose_network();
            }
            for group in spec.groups() {
                let nodes: Vec<NodeId> = spec.redis_nodes(group).collect();
                // One node keeps its data, whichever.
                for (node, whole_volume) in losses.iter().take(nodes.len() - 1) {
                    sim.lose_data(nodes[node % (nodes.len() - 1)], *whole_volume);
                }
            }
            converges(&sim, &spec).await?;
            let journal = sim.journal();
            prop_assert!(!journal.iter().any(|what| what.ends_with("leads without data")), "{:#?}", journal);
            Ok(())
        })?;
    }

    #[test]
    fn data_that_the_engine_does_not_show_are_not_taken_for_none(
        masters in 1u16..3, replicas in 1u16..4, master in 1u16..5, is_lost: bool,
        hidden in prop::collection::vec(0usize..8, 1..4),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            up_with_master(&sim, &spec, master).await;
            stop(&sim, &spec).await;
            let group = Spec::head().group().expect("it has one");
            let nodes: Vec<NodeId> = spec.redis_nodes(group).collect();
            let last = NodeId::redis(group, 1 + master % (replicas + 1));
            if is_lost {
                sim.lose_data(last, false);
            }
            let hidden: BTreeSet<NodeId> = hidden.iter().map(|node| nodes[node % nodes.len()]).collect();
            sim.hide_files(hidden.clone());
            let before = sim.journal();
            let ended = up(&sim, &spec).await;
            if is_lost || hidden.contains(&last) {
                prop_assert!(matches!(ended, Err(ApplyError::Refused(_))), "{:?}", ended);
                prop_assert_eq!(sim.journal(), before, "nothing was changed");
            }
            sim.hide_files([]);
            converges(&sim, &spec).await?;
            let journal = sim.journal();
            prop_assert!(!journal.iter().any(|what| what.ends_with("leads without data")), "{:#?}", journal);
            let seen = observed(&sim, &spec).await;
            let view = seen.topology.redis[&last].said().expect("an answer");
            prop_assert_eq!(matches!(view.role, RoleView::Master { .. }), !is_lost, "{:#?}", journal);
            Ok(())
        })?;
    }

    #[test]
    fn a_replica_that_the_sentinels_are_promoting_is_left_to_them(
        masters in 1u16..3, replicas in 1u16..4, leader in 1u16..4, to in 0u16..4, is_changed: bool,
        looks in [0usize..6, 0usize..6, 0usize..6],
    ) {
        run(async {
            let (sim, mut spec) = (Sim::default(), spec(masters, replicas, 3, 1));
            up(&sim, &spec).await.expect("up");
            let group = Spec::head().group().expect("it has one");
            let to = NodeId::redis(group, 2 + to % replicas);
            sim.begin_failover(group, NodeId::Sentinel(leader), to, looks);
            if is_changed {
                spec.redis.insert("maxmemory".to_owned(), "256mb".to_owned());
            }
            let before = sim.journal().len();
            converges(&sim, &spec).await?;
            let journal = sim.journal().split_off(before);
            let is_against = |what: &String| what.starts_with("ReplicaOf") || what.starts_with("switch");
            prop_assert!(!journal.iter().any(is_against), "{:#?}", journal);
            let seen = observed(&sim, &spec).await;
            let view = seen.topology.redis[&to].said().expect("an answer");
            prop_assert!(matches!(view.role, RoleView::Master { .. }), "{:#?}", journal);
            Ok(())
        })?;
    }

    #[test]
    fn a_change_of_size_breaks_no_rule_wherever_it_is_cut_off(
        from in size(), to in size(), master in 1u16..5, cut in prop::option::of(0usize..120),
    ) {
        run(async {
            let (sim, from, to) = (Sim::default(), sized(from), sized(to));
            up_with_master(&sim, &from, master).await;
            sim.watch_rules();
            if let Some(changes) = cut {
                cut_up(&sim, &to, changes).await;
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
    fn a_change_of_settings_breaks_no_rule_wherever_it_is_cut_off(
        masters in 1u16..3, replicas in 1u16..4, sentinels in prop_oneof![Just(3u16), Just(5)], proxies in 1u16..3,
        master in 1u16..5, (redis, image, ports) in any::<(bool, bool, bool)>(), found in any::<bool>(),
        cut in prop::option::of(0usize..120),
    ) {
        run(async {
            let (sim, mut from) = (Sim::default(), spec(masters, replicas, sentinels, proxies));
            from.used.redis = Some(used("old"));
            let mut to = from.clone();
            if found {
                to.used.redis = Some(used("new"));
            }
            if redis {
                to.redis.insert("databases".to_owned(), "32".to_owned());
            }
            if image {
                to.images.redis = ImageChoice::Reference("redis:8".to_owned());
            }
            to.ports.stats += u16::from(ports);
            up_with_master(&sim, &from, master).await;
            sim.watch_rules();
            if let Some(changes) = cut {
                cut_up(&sim, &to, changes).await;
            }
            converges(&sim, &to).await?;
            prop_assert_eq!(sim.lapses(), Vec::<String>::new(), "{:#?}", sim.journal());
            for (node, facts) in &sim.inventory(&to.name).await.expect("an inventory").nodes {
                let wanted = to.used.of(node.role()).map(|image| image.id.clone());
                prop_assert_eq!(&facts.image_id, &wanted, "the image of {}", node);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_restart_breaks_no_rule_and_up_finishes_one_that_was_cut_off(
        size in size(), master in 1u16..5, cut in prop::option::of(0usize..40),
    ) {
        run(async {
            let (sim, spec) = (Sim::default(), sized(size));
            up_with_master(&sim, &spec, master).await;
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

/// The node that copies the server is busy and no proxy says that it leads there: nobody but the node knows that it has not
/// taken over, and Sentinels that watched it could promote it or another.
#[test]
fn a_busy_standby_without_a_proxy_is_asked_before_sentinels_watch_it() {
    run(async {
        let (sim, mut spec) = (Sim::default(), spec(1, 1, 3, 1));
        spec.follow = Follow::Existing(EXISTING);
        converges(&sim, &spec).await?;
        spec.follow = spec.follow.left();
        sim.disrupt(NodeId::Proxy(1), None);
        sim.run_script(Spec::head(), false);
        converges(&sim, &spec).await?;
        let journal = sim.journal();
        let promoted = journal.iter().position(|what| what == "redis-1 is promoted").expect("it has taken over");
        let watched = journal.iter().position(|what| what.contains("SentinelMonitor"));
        prop_assert!(watched.is_some_and(|watched| promoted < watched), "{:#?}", journal);
        Ok(())
    })
    .expect("it takes over");
}
