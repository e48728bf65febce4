//! Upgrades: what they change, in which order, and what they refuse.

use redos::testing::cluster::observed::NodeState;
use redos::testing::engine::sim::Sim;
use redos::testing::error::Exit;
use redos::testing::spec::NodeId;
use serde_json::{Value, json};

use crate::memory::{containers, ready, redos, run};

/// The images of all nodes, by node.
async fn images(sim: &Sim) -> Vec<(String, String)> {
    let listed = redos(sim, "ps -o json").await.json();
    let items = listed["items"].as_array().expect("nodes");
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    items.iter().map(|item| (text(item, "node"), text(item, "image"))).collect()
}

/// The nodes whose containers were created since then, in order.
fn created(sim: &Sim, since: usize) -> Vec<String> {
    let journal = sim.journal();
    journal[since..].iter().filter_map(|what| what.strip_prefix("create ")).map(str::to_owned).collect()
}

#[test]
fn one_replica_comes_first_then_the_others_the_old_master_sentinels_and_proxies() {
    run(async {
        let sim = ready("up").await;
        let since = sim.journal().len();
        let upgraded = redos(&sim, "upgrade --redis-image redis:8.4 --proxy-image haproxy:3.2 -o json").await.json();
        assert_eq!((&upgraded["kind"], &upgraded["canary"]), (&json!("Upgrade"), &json!("redis-3")), "{upgraded}");
        assert_eq!(upgraded["from"]["redis"]["release"]["version"], "8.2.0", "{upgraded}");
        assert_eq!(upgraded["to"]["redis"]["release"]["version"], "8.4.0", "{upgraded}");
        let order = ["redis-3", "redis-2", "redis-1", "sentinel-1", "sentinel-2", "sentinel-3", "proxy-1"];
        assert_eq!(created(&sim, since), order);
        for (node, image) in images(&sim).await {
            let wanted = if node.starts_with("proxy") { "haproxy:3.2" } else { "redis:8.4" };
            assert_eq!(image, wanted, "{node}");
        }
        redos(&sim, "plan").await.done();

        let changes = sim.journal().len();
        let again = redos(&sim, "upgrade --redis-image redis:8.4").await;
        assert!(again.stderr.contains("already: nothing to do"), "{}", again.stderr);
        again.done();
        assert_eq!(sim.journal().len(), changes, "nothing was changed");
    });
}

#[test]
fn a_plan_shows_the_first_replica_and_what_follows() {
    run(async {
        let sim = ready("up").await;
        let changes = sim.journal().len();
        let planned = redos(&sim, "upgrade --redis-image redis:8.4 --dry-run").await;
        assert_eq!(planned.exit.expect("a plan"), Exit::No, "there is something to do");
        let then = "redis-3 is compared with the others for 10.00 s; then follow the other replicas, the old master after a \
                    switchover, Sentinels";
        assert!(planned.stdout.contains(then), "{}", planned.stdout);
        assert!(!planned.stdout.contains("stop redis-2"), "{}", planned.stdout);
        assert_eq!(sim.journal().len(), changes, "nothing was changed");
    });
}

#[test]
fn what_cannot_read_the_data_is_refused_before_anything_is_touched() {
    run(async {
        let sim = ready("up --redis-image redis:8.4").await;
        let changes = sim.journal().len();
        for image in ["redis:8.2", "redis:7.0", "valkey:8.1"] {
            let failure = redos(&sim, &format!("upgrade --redis-image {image}")).await.failure();
            assert_eq!(failure.kind.exit(), Exit::Usage, "{image}");
            let said = failure.chain().collect::<Vec<_>>().join(": ");
            assert!(said.contains("cannot read the data of 'sim', which redis 8.4.0 wrote"), "{said}");
        }
        let failure = redos(&sim, "upgrade --redis-image nothing:1").await.failure();
        assert_eq!(failure.kind.exit(), Exit::NoImage, "there is no such image");
        let failure = redos(&sim, "upgrade --to-previous").await.failure();
        assert!(failure.chain().any(|said| said.contains("have never changed")), "{failure:?}");
        assert_eq!(sim.journal().len(), changes, "nothing was changed");
    });
}

#[test]
fn to_previous_goes_back_where_the_data_allow_it() {
    run(async {
        let sim = ready("up").await;
        redos(&sim, "upgrade --proxy-image haproxy:3.2").await.done();
        assert!(images(&sim).await.contains(&("proxy-1".to_owned(), "haproxy:3.2".to_owned())));
        let since = sim.journal().len();
        redos(&sim, "upgrade --to-previous").await.done();
        assert_eq!(created(&sim, since), ["proxy-1"]);
        assert!(images(&sim).await.contains(&("proxy-1".to_owned(), "haproxy:3.0".to_owned())));

        redos(&sim, "upgrade --redis-image redis:8.4").await.done();
        let changes = sim.journal().len();
        let failure = redos(&sim, "upgrade --to-previous").await.failure();
        assert_eq!(failure.kind.exit(), Exit::Usage);
        assert!(failure.hints.iter().any(|hint| hint.contains("--redis-image redis:8.2 --from BACKUP")), "{failure:?}");
        assert_eq!(sim.journal().len(), changes, "nothing was changed");
    });
}

#[test]
fn a_cluster_that_is_not_in_order_is_not_upgraded() {
    run(async {
        let sim = ready("up").await;
        sim.disrupt(NodeId::Sentinel(2), Some(NodeState::Paused));
        let failure = redos(&sim, "upgrade --redis-image redis:8.4").await.failure();
        assert!(failure.chain().any(|said| said.contains("sentinel-2 is paused")), "{failure:?}");
        assert!(failure.hints.iter().any(|hint| hint.ends_with("redos -p sim up")), "{failure:?}");
        let alone = ready("up --replicas 0").await;
        let failure = redos(&alone, "upgrade --redis-image redis:8.4").await.failure();
        assert!(failure.hints.iter().any(|hint| hint.ends_with("scale --replicas 1")), "{failure:?}");
        assert_eq!(containers(&redos(&alone, "ps -o json").await.json()).len(), 5);
        let missing = redos(&Sim::default(), "upgrade --redis-image redis:8.4").await.failure();
        assert_eq!(missing.kind.exit(), Exit::NoCluster);
    });
}

#[test]
fn wherever_it_is_killed_up_or_upgrade_ends_or_undoes_it() {
    run(async {
        let verbs = ["up", "upgrade --redis-image redis:8.4", "upgrade --to-previous"];
        let mut undone = 0;
        for (changes, verb) in (0..96).step_by(2).zip(verbs.into_iter().cycle()) {
            let sim = ready("up").await;
            sim.watch_rules();
            sim.cut_after(changes);
            let cut = redos(&sim, "upgrade --redis-image redis:8.4 --soak 1s").await.exit.is_err();
            sim.mend();
            match redos(&sim, verb).await.exit {
                Ok(_) => undone += usize::from(verb.ends_with("previous")),
                Err(_) => _ = redos(&sim, "up").await.done(),
            }
            redos(&sim, "plan").await.done();
            assert_eq!(sim.lapses(), Vec::<String>::new(), "{changes} {verb} {:#?}", sim.journal());
            let all = images(&sim).await;
            let servers: Vec<&String> =
                all.iter().filter(|(node, _)| !node.starts_with("proxy")).map(|(_, image)| image).collect();
            assert!(servers.iter().all(|image| *image == servers[0]), "{changes} {verb} {cut}: {all:?}");
        }
        assert!(undone > 0, "no upgrade was undone while the master ran the old server");
    });
}
