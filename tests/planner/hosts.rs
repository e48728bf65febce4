//! Clusters on several hosts, of which some are drained or lost.

use std::collections::BTreeSet;

use proptest::prelude::*;
use redos::testing::cluster::Gate;
use redos::testing::cluster::observed::NodeState;
use redos::testing::engine::Clusters;
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Plan, diff};
use redos::testing::spec::{Hosts, Placement, Role, Spec};

use super::properties::REGRESSIONS;
use super::{cases, down, observed, run, spec, stride, up};

const FOUR: &str = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3; d w 10.0.0.4";

/// A cluster that is settled on hosts, with a proxy on each that may have one.
fn on(spec: Spec, hosts: &str, recorded: Option<&Spec>) -> Spec {
    let hosts: Hosts = hosts.to_owned().try_into().expect("hosts");
    let proxies = hosts.iter().filter(|host| host.takes(Role::Proxy)).count();
    let mut spec = Spec { proxies: u16::try_from(proxies).expect("a few"), hosts, ..spec };
    spec.placement = Placement::settled(&spec, recorded);
    spec
}

/// The same cluster with some of its hosts drained: `"a c"`.
fn drained(before: &Spec, names: &str) -> Spec {
    let names = names.split_whitespace().map(|name| name.parse().expect("a name"));
    let hosts = names.fold(before.hosts.clone(), |hosts, name| hosts.draining(&name, true));
    on(before.clone(), &hosts.to_string(), Some(before))
}

/// All is where it is to be, ready, and nothing is left to do.
async fn is_settled(sim: &Sim, spec: &Spec) {
    let seen = observed(sim, spec).await;
    assert_eq!(diff(spec, &seen), Plan::default());
    for gate in Gate::ready(spec) {
        assert_eq!(gate.holds(spec, &seen), Ok(()), "{gate}");
    }
    for (node, facts) in &seen.inventory.nodes {
        assert_eq!(facts.host_name.as_ref(), spec.placement.of(*node), "{node}");
    }
    assert_eq!(seen.inventory.nodes.keys().copied().collect::<BTreeSet<_>>(), spec.nodes().into_iter().collect());
}

fn no_data_were_lost(sim: &Sim) {
    let lost: Vec<String> = sim.journal().into_iter().filter(|what| what.contains("leads without data")).collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn a_host_is_drained_and_used_again() {
    run(async {
        for name in ["a", "b", "c", "d"] {
            let (sim, spec) = (Sim::default(), on(spec(2, 2, 3, 1), FOUR, None));
            up(&sim, &spec).await.expect("up");
            is_settled(&sim, &spec).await;
            sim.watch_rules();
            let target = drained(&spec, name);
            up(&sim, &target).await.unwrap_or_else(|error| panic!("{name}: {error:?}\n{:#?}", sim.journal()));
            is_settled(&sim, &target).await;
            assert!(
                target.nodes().iter().all(|node| target.placement.of(*node).is_some_and(|host| host.as_str() != name))
            );
            let back = on(target.clone(), FOUR, Some(&target));
            up(&sim, &back).await.expect("up");
            is_settled(&sim, &back).await;
            assert_eq!(sim.lapses(), [""; 0], "{:#?}", sim.journal());
            no_data_were_lost(&sim);
        }
    });
}

#[test]
fn a_drain_that_is_cut_off_anywhere_is_ended_by_the_next_run_or_by_a_plain_up() {
    run(async {
        let before = on(spec(1, 2, 3, 1), FOUR, None);
        let target = drained(&before, "a");
        for plain in [false, true] {
            let mut cut = usize::from(plain);
            loop {
                let sim = Sim::default();
                up(&sim, &before).await.expect("up");
                sim.watch_rules();
                sim.cut_after(cut);
                let ended = up(&sim, &target).await.is_ok();
                sim.mend();
                // The record tells a run without settings what was asked for.
                let recorded = sim.inventory(&before.name).await.expect("an inventory").recorded.expect("a record");
                let next = if plain { recorded } else { target.clone() };
                up(&sim, &next).await.unwrap_or_else(|error| panic!("after {cut}: {error:?}\n{:#?}", sim.journal()));
                is_settled(&sim, &next).await;
                assert_eq!(sim.lapses(), [""; 0], "after {cut}: {:#?}", sim.journal());
                no_data_were_lost(&sim);
                if ended {
                    break;
                }
                cut += stride(3);
            }
        }
    });
}

#[test]
fn nothing_leaves_a_host_while_its_group_has_no_master() {
    run(async {
        let before = on(spec(1, 2, 3, 1), FOUR, None);
        let target = drained(&before, "a");
        let sim = Sim::default();
        up(&sim, &before).await.expect("up");
        // All nodes have ended, and the data of the last master are on the host that is drained.
        for node in before.nodes() {
            sim.disrupt(node, Some(NodeState::Exited { code: 0, oom_killed: false }));
        }
        up(&sim, &target).await.unwrap_or_else(|error| panic!("{error:?}\n{:#?}", sim.journal()));
        is_settled(&sim, &target).await;
        no_data_were_lost(&sim);
    });
}

#[test]
fn data_without_containers_are_looked_into_where_they_are() {
    run(async {
        // With one node, the data are on the host that is drained and nowhere else.
        for replicas in [0, 2] {
            let before = on(spec(1, replicas, 3, 1), FOUR, None);
            let target = drained(&before, "a");
            let sim = Sim::default();
            up(&sim, &before).await.expect("up");
            down(&sim, &before, false).await;
            let ended = up(&sim, &target).await;
            assert_eq!(ended.is_ok(), replicas > 0, "{ended:?}");
            no_data_were_lost(&sim);
            let settled = if replicas > 0 { target } else { before };
            up(&sim, &settled).await.expect("up");
            is_settled(&sim, &settled).await;
            no_data_were_lost(&sim);
        }
    });
}

#[test]
fn a_group_with_all_its_nodes_on_one_host_moves_its_master_last() {
    run(async {
        let before =
            on(spec(1, 1, 3, 1), "a x 10.0.0.1; b y 10.0.0.2 roles=sentinel; c z 10.0.0.3 roles=sentinel", None);
        let all = "a x 10.0.0.1 drain; b y 10.0.0.2 roles=sentinel; c z 10.0.0.3 roles=sentinel; d w 10.0.0.4";
        let target = on(before.clone(), all, Some(&before));
        let sim = Sim::default();
        up(&sim, &before).await.expect("up");
        sim.watch_rules();
        up(&sim, &target).await.unwrap_or_else(|error| panic!("{error:?}\n{:#?}", sim.journal()));
        is_settled(&sim, &target).await;
        assert_eq!(sim.lapses(), [""; 0], "{:#?}", sim.journal());
        no_data_were_lost(&sim);
    });
}

#[test]
fn a_master_that_nobody_can_take_over_from_does_not_leave() {
    run(async {
        let before = on(spec(1, 0, 3, 1), FOUR, None);
        let sim = Sim::default();
        up(&sim, &before).await.expect("up");
        let target = drained(&before, "a");
        let refusal = diff(&target, &observed(&sim, &target).await).refusal.expect("refused");
        assert!(refusal.why.starts_with("redis-1 is the only node of mymaster"), "{refusal}");
        assert!(refusal.next[0].contains("--replicas 1"), "{:?}", refusal.next);
    });
}

#[test]
fn a_lost_host_is_given_up_and_what_it_brings_back_is_removed() {
    run(async {
        for name in ["a", "b", "c"] {
            let (sim, before) = (Sim::default(), on(spec(1, 2, 3, 1), FOUR, None));
            up(&sim, &before).await.expect("up");
            let host = name.parse().expect("a name");
            sim.lose_host(&host);
            // The Sentinels replace the master that was there.
            let seen = observed(&sim, &before).await;
            let waits = diff(&before, &seen).refusal.expect("it is waited for");
            assert!(waits.why.contains(&format!("the host {name} does not answer")), "{waits}");
            let target = drained(&before, name);
            up(&sim, &target).await.unwrap_or_else(|error| panic!("{name}: {error:?}\n{:#?}", sim.journal()));
            is_settled(&sim, &target).await;
            sim.return_host(&host);
            let plan = diff(&target, &observed(&sim, &target).await);
            assert!(
                plan.steps.iter().any(|step| step.action.to_string().ends_with(&format!("that was left on {name}"))),
                "{plan}"
            );
            up(&sim, &target).await.expect("up");
            is_settled(&sim, &target).await;
            no_data_were_lost(&sim);
        }
    });
}

#[test]
fn a_lost_host_with_the_only_data_or_a_majority_of_the_sentinels_is_not_given_up() {
    run(async {
        let refused = async |before: &Spec, lost: &str| {
            let sim = Sim::default();
            up(&sim, before).await.expect("up");
            lost.split_whitespace().for_each(|name| sim.lose_host(&name.parse().expect("a name")));
            let target = drained(before, lost);
            diff(&target, &observed(&sim, &target).await).refusal.expect("refused").why
        };
        let alone = refused(&on(spec(1, 0, 3, 1), FOUR, None), "a").await;
        assert!(alone.contains("redis-1 on it is the master of mymaster"), "{alone}");
        let most = refused(&on(spec(1, 3, 3, 1), FOUR, None), "b c").await;
        assert!(most.contains("1 of 3 Sentinels do"), "{most}");
    });
}

/// What happens to a cluster on four hosts: hosts are drained (bits of four), and the run is cut off after so many changes.
fn changes() -> impl Strategy<Value = Vec<(u8, Option<usize>)>> {
    prop::collection::vec((0u8..16, prop::option::of(0usize..60)), 1..4)
}

fn named(hosts: u8) -> Vec<&'static str> {
    ["a", "b", "c", "d"]
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| hosts & (1 << bit) != 0)
        .map(|(_, name)| name)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(16),
        failure_persistence: Some(Box::new(REGRESSIONS)),
        ..ProptestConfig::default()
    })]

    /// Whatever hosts are drained one after the other and wherever each run is cut off, the last run ends.
    #[test]
    fn hosts_are_drained_in_any_order(
        masters in 1u16..3, replicas in 1u16..4, sentinels in prop_oneof![Just(3u16), Just(5)], changes in changes(),
    ) {
        run(async {
            let (sim, first) = (Sim::default(), on(spec(masters, replicas, sentinels, 1), FOUR, None));
            up(&sim, &first).await.expect("up");
            sim.watch_rules();
            let mut spec = first.clone();
            for (hosts, cut) in changes {
                // One host at least stays.
                let hosts = if hosts == 15 { 7 } else { hosts };
                let clean = on(spec.clone(), FOUR, Some(&spec));
                let target = drained(&clean, &named(hosts).join(" "));
                let target = on(target.clone(), &target.hosts.to_string(), Some(&spec));
                if let Some(cut) = cut {
                    sim.cut_after(cut);
                    let _ = up(&sim, &target).await;
                    sim.mend();
                }
                if let Err(error) = up(&sim, &target).await {
                    panic!("{error:?}\n{}\n{:#?}", diff(&target, &observed(&sim, &target).await), sim.journal());
                }
                is_settled(&sim, &target).await;
                spec = target;
            }
            prop_assert_eq!(sim.lapses(), Vec::<String>::new(), "{:#?}", sim.journal());
            no_data_were_lost(&sim);
            // It comes back on the same hosts after `down`.
            down(&sim, &spec, false).await;
            up(&sim, &spec).await.expect("up");
            is_settled(&sim, &spec).await;
            no_data_were_lost(&sim);
            Ok(())
        })?;
    }
}
