//! Exporters and guards: nodes without which a cluster is still healthy.

use std::time::Duration;

use redos::testing::cluster::observed::NodeState;
use redos::testing::engine::sim::Sim;
use redos::testing::spec::NodeId;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::memory::{REDIS_2, containers, ready, redos, redos_until, run};

#[test]
fn an_exporter_is_a_node_like_any_other_and_without_it_the_cluster_is_healthy() {
    run(async {
        let sim = ready("up --exporter").await;
        assert!(redos(&sim, "plan").await.done().contains("nothing to do"));
        let list = redos(&sim, "ps -o json").await.json();
        assert!(containers(&list).contains(&"exporter-1"), "{list}");
        let status = redos(&sim, "status -o json").await.json();
        assert_eq!(status["exporter"]["problem"], Value::Null, "{status}");

        sim.disrupt(NodeId::Exporter, Some(NodeState::Paused));
        let ran = redos(&sim, "status").await;
        assert!(ran.stdout.contains("exporter-1 is paused; metrics are missing"), "{}", ran.stdout);
        ran.done();
        let ran = redos(&sim, "doctor").await;
        assert!(ran.stdout.contains("exporter-down"), "{}", ran.stdout);
        ran.done();
        redos(&sim, "up").await.done();
        redos(&sim, "restart exporter-1").await.done();
        redos(&sim, "stop exporter-1").await.done();
        redos(&sim, "start exporter-1").await.done();

        redos(&sim, "up --exporter=false").await.done();
        assert!(!sim.left().0.contains(&NodeId::Exporter) && !sim.left().1.contains(&NodeId::Exporter));
        assert_eq!(redos(&sim, "status -o json").await.json()["exporter"], Value::Null);
    });
}

#[test]
fn guards_are_nodes_like_any_other_and_without_them_the_cluster_is_healthy() {
    run(async {
        let sim = ready("up --guard --proxies 2").await;
        assert!(redos(&sim, "plan").await.done().contains("nothing to do"));
        let list = redos(&sim, "ps -o json").await.json();
        assert!(["guard-1", "guard-2"].iter().all(|guard| containers(&list).contains(guard)), "{list}");
        let status = redos(&sim, "status -o json").await.json();
        let guards = status["guards"].as_array().expect("a list");
        assert_eq!((guards.len(), &guards[1]["watches"]["mymaster"]), (2, &Value::from("redis-1")), "{status}");
        assert!(redos(&sim, "status").await.done().contains("guard-2 is running and watches redis-1"));

        sim.disrupt(NodeId::Guard(2), Some(NodeState::Paused));
        let ran = redos(&sim, "status").await;
        assert!(
            ran.stdout.contains("guard-2 is paused; a master that dies is replaced by the Sentinels"),
            "{}",
            ran.stdout
        );
        ran.done();
        assert!(redos(&sim, "doctor").await.stdout.contains("guard-down"));
        redos(&sim, "up").await.done();
        for verb in ["restart", "stop", "start"] {
            redos(&sim, &format!("{verb} guard-1")).await.done();
        }
        redos(&sim, "scale --proxies 1 --replicas 3").await.done();
        assert!(!sim.left().0.contains(&NodeId::Guard(2)) && !sim.left().1.contains(&NodeId::Guard(2)));
        redos(&sim, "up --guard=false").await.done();
        assert!(!sim.left().0.contains(&NodeId::Guard(1)) && !sim.left().1.contains(&NodeId::Guard(1)));
        redos(&sim, "status").await.done();
    });
}

#[test]
fn a_guard_that_is_no_node_ends_with_its_cluster_or_when_it_is_interrupted() {
    run(async {
        let sim = ready("up").await;
        let later = || tokio::time::sleep(Duration::from_secs(2));
        let cancel = CancellationToken::new();
        let interrupt = async {
            later().await;
            cancel.cancel()
        };
        let (interrupted, ()) = tokio::join!(redos_until(&sim, "guard", cancel.clone()), interrupt);
        assert_eq!(interrupted.stderr, "");
        interrupted.done();

        let remove = async {
            later().await;
            redos(&sim, "down").await.done()
        };
        let (guarded, _) = tokio::join!(redos(&sim, "guard"), remove);
        assert_eq!(guarded.stderr, "the cluster 'sim' is gone\n");
        guarded.done();
    });
}

#[test]
fn guards_rest_while_a_redos_is_at_work_and_at_no_other_time() {
    run(async {
        let sim = ready("up --guard").await;
        for (verb, moves) in
            [("failover --to redis-2", true), ("restart redis-3", true), ("status", false), ("doctor", false)]
        {
            let before = sim.journal().len();
            redos(&sim, verb).await.done();
            let journal = sim.journal().split_off(before);
            let signals: Vec<&String> = journal.iter().filter(|what| what.starts_with("send ")).collect();
            let ends = [journal.first(), journal.last()];
            let expected = ["send SIGUSR1 to guard-1", "send SIGUSR2 to guard-1"];
            if moves {
                assert_eq!(ends.map(|end| end.map(String::as_str)), expected.map(Some), "{verb}: {journal:?}");
            } else {
                assert!(signals.is_empty(), "{verb}: {journal:?}");
            }
        }
    });
}

#[test]
fn a_broken_exporter_keeps_no_cluster_from_being_made_or_repaired() {
    run(async {
        let sim = Sim::default();
        sim.refuse_metrics(REDIS_2);
        let warning = "exporter-1 gets no metrics of redis-2: it cannot log in; metrics are missing";
        let made = redos(&sim, "up --exporter").await;
        assert!(made.stderr.contains(warning), "{}", made.stderr);
        made.done();
        redos(&sim, "scale --replicas 3").await.done();
        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        sim.hide(NodeId::Exporter);
        let before = sim.journal().len();
        let repaired = redos(&sim, "up").await;
        assert!(repaired.stderr.contains("exporter-1"), "{}", repaired.stderr);
        repaired.done();
        assert!(!sim.journal()[before..].iter().any(|what| what.contains("exporter")), "{:?}", sim.journal());
        redos(&sim, "status").await.done();
    });
}

#[test]
fn an_exporter_that_cannot_be_made_keeps_no_cluster_from_being_made_or_repaired() {
    run(async {
        let missing = "exporter-1 is missing; metrics are missing, and clients are not affected";
        let sim = Sim::default();
        let made = redos(&sim, "up --exporter --exporter-image nobody/exporter:1").await;
        let no_image = "there is no image of the exporter: redos failed to pull nobody/exporter:1";
        for told in [no_image, missing, "hint: when the cause is gone: redos -p sim up"] {
            assert_eq!(made.stderr.matches(told).count(), 1, "{told}: {}", made.stderr);
        }
        made.done();
        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        redos(&sim, "up").await.done();
        redos(&sim, "scale --replicas 3").await.done();
        assert!(redos(&sim, "status").await.done().contains(missing));
        redos(&sim, "up --exporter-image auto").await.done();
        assert!(redos(&sim, "plan").await.done().contains("nothing to do"));

        // One that runs goes on without its image, and another that is asked for and is not there.
        let started = sim.journal().iter().filter(|what| what.contains("exporter")).count();
        redos(&sim, "up --exporter-image nobody/exporter:1").await.done();
        assert_eq!(
            sim.journal().iter().filter(|what| what.contains("exporter")).count(),
            started,
            "{:?}",
            sim.journal()
        );

        let sim = Sim::default();
        sim.refuse_creation(NodeId::Exporter);
        let made = redos(&sim, "up --exporter").await;
        let refused = "failed to create exporter-1: failed to create container exporter-1";
        for told in [refused, missing] {
            assert_eq!(made.stderr.matches(told).count(), 1, "{told}: {}", made.stderr);
        }
        made.done();
        redos(&sim, "status").await.done();
    });
}
