//! Upgrades: one replica first, then the others by role.

use std::time::Duration;

use proptest::prelude::*;
use redos::testing::cluster::observed::Observed;
use redos::testing::engine::Clusters;
use redos::testing::engine::sim::Sim;
use redos::testing::plan::diff::canary::{canary, chosen};
use redos::testing::plan::diff::next_without;
use redos::testing::plan::{Action, Past, Plan, diff};
use redos::testing::servers::Servers;
use redos::testing::spec::{Group, NodeId, Release, Role, Spec, UsedImage};

use super::{cases, converge_by, observed, run, spec, up};

/// An image of this version of Redis.
fn image(version: &str) -> UsedImage {
    let release = Release { name: "redis".to_owned(), version: version.to_owned() };
    let (reference, id) = (format!("redis:{version}"), format!("sha256:{version}"));
    UsedImage { reference, id, digest: None, server: "redis-server".to_owned(), release, modules: Vec::new() }
}

/// A specification, and the same with a newer server.
fn two(masters: u16, replicas: u16) -> (Spec, Spec) {
    let mut old = spec(masters, replicas, 3, 2);
    // What the servers in memory report.
    old.used.redis = Some(image("7.0.15"));
    let mut new = old.clone();
    new.used.redis = Some(image("8.4.0"));
    (old, new)
}

async fn up_with_canary(sim: &Sim, new: &Spec, node: NodeId) {
    let next = |spec: &Spec, seen: &Observed, past: &Past| canary(spec, node, seen, past);
    converge_by(sim, new, next, Duration::from_secs(60)).await.expect("a canary");
}

fn images(seen: &Observed, id: &str) -> Vec<NodeId> {
    let nodes = seen.inventory.nodes.iter();
    nodes.filter(|(_, facts)| facts.image_id.as_deref() == Some(id)).map(|(node, _)| *node).collect()
}

#[test]
fn an_upgrade_begins_with_one_replica_and_ends_with_the_proxies() {
    run(async {
        let (sim, (old, mut new)) = (Sim::default(), two(1, 2));
        new.images.proxy = "haproxy:3.2".to_owned().into();
        up(&sim, &old).await.expect("up");
        let seen = observed(&sim, &old).await;
        let node = chosen(&old, &seen).expect("a replica");
        let shown = canary(&new, node, &seen, &Past::default()).plan;
        insta::assert_snapshot!("upgrade_canary", shown);
        up_with_canary(&sim, &new, node).await;
        let seen = observed(&sim, &new).await;
        let later = [Role::Sentinel, Role::Proxy, Role::Exporter];
        insta::assert_snapshot!("upgrade_redis", next_without(&later, &new, &seen, &Past::default()).plan);
        for later in [&later[..], &later[1..], &[]] {
            let next = |spec: &Spec, seen: &Observed, past: &Past| next_without(later, spec, seen, past);
            converge_by(&sim, &new, next, Duration::from_secs(60)).await.expect("a part");
        }
        assert_eq!(diff(&new, &observed(&sim, &new).await), Plan::default());
    });
}

#[test]
fn a_master_that_wrote_newer_data_keeps_its_image() {
    run(async {
        let (sim, (old, _)) = (Sim::default(), two(1, 2));
        up(&sim, &old).await.expect("up");
        let mut older = old.clone();
        older.used.redis = Some(image("6.2.1"));
        let refusal = diff(&older, &observed(&sim, &old).await).refusal.expect("a refusal");
        assert_eq!(refusal.why, "redis-1 is master and runs redis 7.0.15, whose data redis 6.2.1 cannot read");
        assert_eq!(refusal.next, ["end the upgrade: redos -p sim upgrade --redis-image redis"]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(16), ..ProptestConfig::default() })]

    #[test]
    fn a_canary_is_a_replica_that_nobody_promotes_and_up_takes_it_back_or_goes_on(
        masters in 1u16..3, replicas in 1u16..4, master in 1u16..5, cut in prop::option::of(0usize..12), goes_on: bool,
    ) {
        run(async {
            let (sim, (old, new)) = (Sim::default(), two(masters, replicas));
            up(&sim, &old).await.expect("up");
            let inventory = sim.inventory(&old.name).await.expect("an inventory");
            for group in old.groups() {
                let node = NodeId::redis(group, 1 + master % (replicas + 1));
                sim.switchover(&inventory, group, node).await.expect("switchover");
            }
            let node = chosen(&old, &observed(&sim, &old).await).expect("a replica");
            prop_assert_ne!(node, NodeId::redis(Group::number(1), 1 + master % (replicas + 1)));
            sim.watch_rules();
            let next = |spec: &Spec, seen: &Observed, past: &Past| canary(spec, node, seen, past);
            if let Some(changes) = cut {
                sim.cut_after(changes);
                let _ = converge_by(&sim, &new, next, Duration::from_secs(60)).await;
                sim.mend();
            } else {
                up_with_canary(&sim, &new, node).await;
                let seen = observed(&sim, &old).await;
                prop_assert_eq!(images(&seen, "sha256:8.4.0"), vec![node]);
                let priority = seen.topology.redis[&node].said().expect("an answer").replica_priority;
                prop_assert_eq!(priority == 0, replicas > 1, "the only replica may lead");
                prop_assert_eq!(seen.inventory.recorded.as_ref(), Some(&old), "nothing is recorded yet");
            }
            let target = if goes_on { &new } else { &old };
            up(&sim, target).await.expect("up");
            let seen = observed(&sim, target).await;
            prop_assert_eq!(diff(target, &seen), Plan::default());
            let id = &target.used.redis.as_ref().expect("an image").id;
            prop_assert_eq!(images(&seen, id).len(), usize::from(masters * (replicas + 1) + 3));
            prop_assert_eq!(sim.lapses(), Vec::<String>::new(), "{:#?}", sim.journal());
            Ok(())
        })?;
    }

    #[test]
    fn a_canary_plan_touches_its_node_alone(masters in 1u16..3, replicas in 1u16..4) {
        run(async {
            let (sim, (old, new)) = (Sim::default(), two(masters, replicas));
            up(&sim, &old).await.expect("up");
            let seen = observed(&sim, &old).await;
            let node = chosen(&old, &seen).expect("a replica");
            for step in canary(&new, node, &seen, &Past::default()).plan.steps {
                let touched = match step.action {
                    Action::Await { .. } | Action::ProxyCheck { .. } => continue,
                    Action::StopNode { node } | Action::RemoveNode { node } | Action::CreateNode { node }
                    | Action::WriteConfig { node, .. } | Action::StartNode { node } => node,
                    other => panic!("{other}"),
                };
                prop_assert_eq!(touched, node);
            }
            Ok(())
        })?;
    }
}
