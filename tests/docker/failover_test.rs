//! `failover-test`, `verify` and `chaos`: faults on a real cluster, and what is left of them.

use std::time::Duration;

use bollard::query_parameters as query;
use serde_json::Value;

use crate::support::{Cluster, eventually, raw};

/// Whether a container is paused.
async fn is_paused(name: &str) -> bool {
    let seen = raw().inspect_container(name, None::<query::InspectContainerOptions>).await.expect("a container");
    seen.state.and_then(|state| state.paused).unwrap_or_default()
}

#[tokio::test]
async fn a_paused_master_that_comes_back_costs_no_acknowledged_write() {
    let cluster = Cluster::new("ftest").await;
    cluster.up(&[]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    let run = cluster.redos(&["failover-test", "--report", path, "-o", "json", "--max-outage", "30s"]).await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let round = &report["rounds"][0];

    // On a machine that is busy with other things the generator may lag, and then the verdict is INVALID; the data is
    // judged all the same.
    let else_wrong = |check: &&Value| check["ok"] == false && check["name"] != "the generator kept its schedule";
    let wrong: Vec<&Value> = round["checks"].as_array().expect("checks").iter().filter(else_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(run.code, Some(if report["verdict"] == "pass" { 0 } else { 3 }), "{}", report["verdict"]);
    assert_eq!(round["integrity"]["lost"], 0);
    assert!(round["integrity"]["acknowledged"].as_u64().is_some_and(|writes| writes > 1000), "{round:#}");
    assert_ne!(round["newMaster"], round["master"], "there was a failover");
    assert!(round["dualMaster"]["claimedMs"].as_f64().is_some_and(|claimed| claimed > 0.0), "the old master came back");
    assert_eq!(round["dualMaster"]["acknowledgedMs"], 0.0, "and nobody was led to it");
    for moment in ["subjectivelyDownMs", "electedMs", "promotedMs", "proxySwitchedMs", "firstWriteMs", "convergedMs"] {
        assert!(round["moments"][moment].is_number(), "{moment} in {:#}", round["moments"]);
    }

    let again = cluster.redos(&["verify", &format!("{path}/history.ndjson"), "-o", "json"]).await;
    assert_eq!((again.code, &again.stdout), (run.code, &run.stdout), "the history alone gives the same verdict");
    for name in ["report.json", "report.html", "junit.xml"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}

#[tokio::test]
async fn a_fault_of_a_killed_redos_is_undone_by_its_guard() {
    let cluster = Cluster::new("fguard").await;
    cluster.up(&[]).await.succeeds();
    let master = cluster.container(cluster.master().await);
    let mut redos = cluster.command(&["chaos", "pause", "master", "--for", "2s"]).spawn().expect("a process");
    eventually("the master is paused", async || is_paused(&master).await).await;
    redos.kill().await.expect("SIGKILL");
    assert!(is_paused(&master).await, "nobody else has undone it");
    eventually("the guard has undone it", async || !is_paused(&master).await).await;
    eventually("the journal is empty", async || {
        let faults = cluster.redos(&["chaos", "ls", "-o", "json"]).await.succeeds();
        !faults.contains(&master)
    })
    .await;
}

#[tokio::test]
async fn what_would_take_too_much_is_refused_and_heal_undoes_the_rest() {
    let cluster = Cluster::new("fheal").await;
    cluster.up(&[]).await.succeeds();
    let refused = cluster.redos(&["chaos", "pause", "proxy"]).await.fails(1);
    assert!(refused.contains("the only proxy"), "{refused}");
    let nobody = cluster.redos(&["chaos", "kill", "redis-9"]).await.fails(1);
    assert!(nobody.contains("no running node 'redis-9'"), "{nobody}");

    let mut redos = cluster.command(&["chaos", "pause", "redis-3", "--for", "60s"]).spawn().expect("a process");
    let replica = format!("{}-redis-3", cluster.name);
    eventually("redis-3 is paused", async || is_paused(&replica).await).await;
    redos.kill().await.expect("SIGKILL");
    let second = cluster.redos(&["chaos", "pause", "redis-2"]).await.fails(1);
    assert!(second.contains("out already"), "a group loses one node at a time: {second}");
    // `up` undoes what a killed redos left, as `chaos heal` does, and touches no other cluster's faults.
    tokio::time::timeout(Duration::from_secs(60), cluster.up(&[])).await.expect("in time").succeeds();
    assert!(!is_paused(&replica).await);
    assert!(!cluster.redos(&["chaos", "ls"]).await.succeeds().contains(&replica));
}
