//! The property that nothing is left of what a cluster was: changed to a specification, it has the files of one that was made
//! by it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Plan, diff};
use redos::testing::spec::render::{REDIS_CONF, SENTINEL_CONF, taken_back};
use redos::testing::spec::{ImageChoice, NodeId, Patterns, PersistenceMode, Role, Spec};

use super::{cases, observed, run, spec, up};

/// Every setting that files follow from. Slots for nodes never become fewer, so that they are those of the bigger cluster.
fn settings() -> impl Strategy<Value = Spec> {
    let mode = prop_oneof![
        Just(PersistenceMode::Both),
        Just(PersistenceMode::Aof),
        Just(PersistenceMode::Rdb),
        Just(PersistenceMode::None)
    ];
    let size = (1u16..3, 0u16..4, prop_oneof![Just(1u16), Just(3), Just(5)], 1u16..3);
    let sentinel = (prop_oneof![Just(1000u64), Just(5000)], prop_oneof![Just(3000u64), Just(20_000)]);
    let proxy = (prop_oneof![Just(50u64), Just(200)], prop_oneof![Just("admin"), Just("operator")]);
    let redis = prop_oneof![Just(None), Just(Some(("databases", "32"))), Just(Some(("maxmemory", "256mb")))];
    let patterns = prop_oneof![Just(Patterns::Any), Just(Patterns::These(["news.*".to_owned()].into()))];
    let others = (any::<bool>(), any::<bool>(), any::<bool>());
    (size, mode, sentinel, proxy, redis, patterns, others).prop_map(
        |((masters, replicas, sentinels, proxies), mode, times, (interval, user), redis, patterns, others)| {
            let mut spec = spec(masters, replicas, sentinels, proxies);
            let (prefix, image, port) = others;
            spec.persistence.mode = mode;
            (spec.sentinel.down_after, spec.sentinel.failover_timeout) = times;
            spec.proxy.check_interval = interval;
            spec.proxy.stats_user = user.to_owned();
            spec.redis = redis.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            spec.pubsub.patterns = patterns;
            if prefix {
                spec.persistence.file_prefix = "shop-".to_owned();
            }
            if image {
                spec.images.redis = ImageChoice::Reference("redis:8".to_owned());
            }
            spec.ports.write += u16::from(port);
            spec
        },
    )
}

/// The files that no server rewrites. What one does rewrite is compared with the specification at every look.
fn files(sim: &Sim) -> BTreeMap<NodeId, BTreeMap<String, String>> {
    let mut files = sim.files();
    for (node, files) in &mut files {
        files.retain(|path, _| path != REDIS_CONF && path != SENTINEL_CONF && !path.ends_with("/standing"));
        assert!(files.len() >= if node.role() == Role::Proxy { 1 } else { 3 }, "{node}: {:?}", files.keys());
    }
    files
}

/// What the servers have of the directives of [`settings`] when nobody has told them otherwise.
const OWN: [(&str, &str); 2] = [("maxmemory", "0"), ("hz", "10")];

/// What each server would answer to `CONFIG GET`, without what it has by itself.
fn directives(sim: &Sim) -> BTreeMap<NodeId, BTreeMap<String, String>> {
    let mut directives = sim.directives();
    for directives in directives.values_mut() {
        directives.retain(|name, value| !OWN.contains(&(name.as_str(), value.as_str())));
    }
    directives
}

/// What the command line makes of a specification for a cluster that is there: it finds out what servers have in place of the
/// directives that are taken back.
async fn asked_for(sim: &Sim, to: &Spec) -> Spec {
    let recorded = observed(sim, to).await.inventory.recorded;
    let names = recorded.map(|recorded| taken_back(&recorded, to)).unwrap_or_default();
    let own = |name: String| {
        let (_, value) = OWN.iter().find(|(own, _)| *own == name).expect("a directive of these settings");
        (name, (*value).to_owned())
    };
    Spec { taken_back: names.into_iter().map(own).collect(), ..to.clone() }
}

/// Directives that a server which runs can be told.
fn given() -> impl Strategy<Value = BTreeMap<String, String>> {
    let maxmemory = prop_oneof![Just(None), Just(Some("256mb")), Just(Some("1gb"))];
    let hz = prop_oneof![Just(None), Just(Some("50"))];
    (maxmemory, hz).prop_map(|(maxmemory, hz)| {
        let all = [("maxmemory", maxmemory), ("hz", hz)].into_iter();
        all.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
    })
}

/// Changes a cluster, also by an `up` that ends half way, and compares it with one that was made so.
async fn changed_is_made(from: Spec, to: Spec, cut: Option<usize>) -> Result<(), TestCaseError> {
    let (changed, made) = (Sim::default(), Sim::default());
    up(&changed, &from).await.expect("up");
    if let Some(changes) = cut {
        let to = asked_for(&changed, &to).await;
        changed.cut_after(changes);
        let _ = up(&changed, &to).await;
        changed.mend();
    }
    up(&made, &to).await.expect("up");
    let to = asked_for(&changed, &to).await;
    if let Err(error) = up(&changed, &to).await {
        panic!("{error:?}\n{}", diff(&to, &observed(&changed, &to).await));
    }
    prop_assert_eq!(diff(&to, &observed(&changed, &to).await), Plan::default());
    prop_assert_eq!(files(&changed), files(&made));
    prop_assert_eq!(directives(&changed), directives(&made));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(8), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cluster_that_was_changed_has_the_files_of_one_that_was_made_so(
        from in settings(), to in settings(), cut in prop::option::of(0usize..120),
    ) {
        run(changed_is_made(from, to, cut))?;
    }

    /// If nothing else changes no node is recreated, and so none gets the right values by its start.
    #[test]
    fn a_server_that_runs_has_the_directives_of_one_that_was_made_so(
        from in given(), to in given(), cut in prop::option::of(0usize..8),
    ) {
        let with = |redis| Spec { redis, ..spec(1, 2, 3, 1) };
        run(changed_is_made(with(from), with(to), cut))?;
    }
}
