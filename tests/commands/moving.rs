//! The verbs that move nodes between hosts.

use redos::testing::engine::sim::Sim;
use redos::testing::error::Exit;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::memory::{Ran, redos, redos_words, run};

const HOSTS: &str = "a x 10.0.0.1; b y 10.0.0.2; c z 10.0.0.3; d w 10.0.0.4";

/// Runs a command line in which `HOSTS` and `NEW` stand for words with blanks.
async fn with_words(sim: &Sim, line: &str) -> Ran {
    let word = |word: &str| match word {
        "HOSTS" => HOSTS.to_owned(),
        "NEW" => "e v 10.0.0.5 zone=r".to_owned(),
        other => other.to_owned(),
    };
    redos_words(sim, &line.split(' ').map(word).collect::<Vec<_>>(), CancellationToken::new()).await
}

async fn on_four() -> Sim {
    let sim = Sim::default();
    with_words(&sim, "up --hosts HOSTS --tls=none").await.done();
    sim
}

/// The hosts of all nodes.
async fn hosts_of(sim: &Sim) -> Vec<String> {
    let status = redos(sim, "status -o json").await.json();
    let host = |node: &Value| node["host"].as_str().map(str::to_owned);
    let lists = [&status["groups"][0]["nodes"], &status["sentinels"], &status["proxies"]];
    let nodes = lists.into_iter().flat_map(|list| list.as_array().expect("a list"));
    let mut hosts: Vec<String> = nodes.filter_map(host).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

async fn setting(sim: &Sim) -> String {
    let config = redos(sim, "config -o json").await.json();
    let is_it = |setting: &&Value| setting["path"] == "hosts";
    let hosts = config["settings"].as_array().expect("settings").iter().find(is_it).expect("the setting");
    hosts["value"].as_str().expect("a text").to_owned()
}

#[test]
fn a_host_is_drained_used_again_and_taken_from_the_list() {
    run(async {
        let sim = on_four().await;
        assert_eq!(hosts_of(&sim).await, ["a", "b", "c", "d"]);
        let planned = with_words(&sim, "host drain a --dry-run").await;
        assert!(planned.stdout.contains("switch mymaster over to redis-2"), "{}", planned.stdout);
        assert_eq!(planned.exit.expect("a plan"), Exit::No);

        let drained = redos(&sim, "host drain a -o json").await;
        assert!(drained.stderr.contains("from a move redis-1 to"), "{}", drained.stderr);
        let left = "docker --context x volume rm sim-redis-1-data sim-sentinel-1-data";
        assert!(drained.stderr.contains(left), "{}", drained.stderr);
        assert_eq!(drained.json()["kind"], json!("Up"));
        assert_eq!(hosts_of(&sim).await, ["b", "c", "d"]);
        assert_eq!(setting(&sim).await, HOSTS.replace("10.0.0.1", "10.0.0.1 drain"));

        redos(&sim, "host undrain a").await.done();
        assert_eq!(setting(&sim).await, HOSTS);
        assert_eq!(hosts_of(&sim).await, ["a", "b", "c", "d"], "a proxy has come back");

        redos(&sim, "host rm b").await.done();
        assert_eq!(hosts_of(&sim).await, ["a", "c", "d"]);
        assert!(!setting(&sim).await.contains("10.0.0.2"));
        redos(&sim, "up").await.done();
        let two = redos(&sim, "host rm c").await.failure();
        assert!(format!("{two:?}").contains("with two hosts"), "{two:?}");
        assert_eq!(hosts_of(&sim).await, ["a", "c", "d"], "nothing was done");
    });
}

#[test]
fn a_list_that_lacks_a_host_does_not_leave_its_nodes_behind() {
    run(async {
        let sim = on_four().await;
        let fewer = HOSTS.replace("; d w 10.0.0.4", "");
        let words = ["up", "--hosts", &fewer].map(str::to_owned);
        let refused = redos_words(&sim, &words, CancellationToken::new()).await.failure();
        assert_eq!(refused.kind.exit(), Exit::Usage);
        let told = format!("{refused:?}");
        assert!(told.contains("redos -p sim host rm d"), "{told}");
        let unknown = redos(&sim, "host drain f").await.failure();
        assert!(format!("{unknown:?}").contains("has no host"), "{unknown:?}");
    });
}

#[test]
fn a_dead_host_is_replaced() {
    run(async {
        let sim = on_four().await;
        let (old, new) = ("c".parse().expect("a name"), "e");
        sim.lose_host(&old);
        let waits = redos(&sim, "up").await.failure();
        assert!(waits.hints.iter().any(|hint| hint.contains("host drain c")), "{waits:?}");
        let replaced = with_words(&sim, "host replace c NEW").await;
        assert!(replaced.stderr.contains("c does not answer"), "{}", replaced.stderr);
        assert!(replaced.stderr.contains("redos -p sim host rm c"), "{}", replaced.stderr);
        replaced.done();
        assert_eq!(hosts_of(&sim).await, ["a", "b", "d", new]);
        sim.return_host(&old);
        redos(&sim, "up").await.done();
        assert!(sim.journal().iter().any(|what| what.ends_with("that was left on c")), "{:#?}", sim.journal());
        with_words(&sim, "host replace c NEW").await.done();
        redos(&sim, "host rm c").await.done();
        assert_eq!(hosts_of(&sim).await, ["a", "b", "d", new]);
    });
}
