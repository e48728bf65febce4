//! The compose project that redos replaces, judged by `failover-test` as what it is: a Redis with Sentinel that redos did
//! not make.

#[path = "../classic/project.rs"]
mod project;

use serde_json::Value;

use self::project::{Classic, Kept, PASSWORD};
use crate::schema::faults;
use crate::support::{Cluster, Run};

/// Makes the project and runs a test on it with one fault. Returns the report and how the run ended.
async fn judged(topic: &str, fault: &str, kept: Kept) -> (Value, Run) {
    let cluster = Cluster::new(topic).await;
    let classic = Classic::start(&cluster, kept).await;
    let folder = tempfile::tempdir().expect("a folder");
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).expect("written");
    let password = password.to_str().expect("a path");
    let sentinels = classic.sentinels.join(",");
    let subject = ["--proxy", &classic.proxy, "--sentinel", &sentinels, "--container", &classic.containers()];
    let arguments = ["failover-test", "--fault", fault, "-o", "json", "--password-file", password];
    let run = cluster.redos(&[&arguments[..], &subject].concat()).await;
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    assert_eq!(faults(&report), Vec::<String>::new());
    (report, run)
}

/// Whoever tests this project is told that it loses data, how much, and by which node. More than so many percent of what was
/// lost have this cause.
fn is_guilty(report: &Value, run: &Run, cause: &str, percent: u64) {
    let round = &report["rounds"][0];
    let integrity = &round["integrity"];
    assert_eq!(report["verdict"], "failData", "{}", report["cause"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let lost = integrity["lost"].as_u64().unwrap_or_default();
    let by_cause = integrity["lostByCause"][cause].as_u64().unwrap_or_default();
    assert!(by_cause > 0 && by_cause * 100 > lost * percent, "{integrity:#}");
    let master = round["master"].as_str().expect("a master");
    let windows = integrity["lostWindows"].as_array().expect("windows");
    assert!(windows.iter().any(|window| window["cause"] == cause && window["node"] == master), "{windows:#?}");
    let dual = round["dualMaster"]["acknowledgedMs"].as_f64();
    assert_eq!(dual.is_some_and(|ms| ms > 0.0), cause != "wiped", "{:#}", round["dualMaster"]);
}

#[tokio::test]
async fn the_classic_project_loses_what_a_master_took_that_came_back_from_a_pause() {
    let (report, run) = judged("cl-pause", "pause", Kept::OnDisk).await;
    is_guilty(&report, &run, "returnedMaster", 90);
    assert!(report["cause"].as_str().is_some_and(|cause| cause.contains("came back as master")), "{}", report["cause"]);
}

#[tokio::test]
async fn the_classic_project_loses_what_a_master_took_that_was_killed_and_started() {
    let (report, run) = judged("cl-kill", "kill", Kept::OnDisk).await;
    is_guilty(&report, &run, "returnedMaster", 90);
}

#[tokio::test]
async fn the_classic_project_loses_writes_in_a_planned_failover_too() {
    let (report, run) = judged("cl-plan", "sentinel-failover", Kept::OnDisk).await;
    is_guilty(&report, &run, "replacedMaster", 90);
}

#[tokio::test]
async fn the_classic_project_without_persistence_is_wiped_by_a_master_that_restarts() {
    let (report, run) = judged("cl-wipe", "restart", Kept::InMemory).await;
    is_guilty(&report, &run, "wiped", 90);
}

#[tokio::test]
async fn the_classic_project_loses_what_a_master_took_that_was_cut_off_from_its_peers() {
    let (report, run) = judged("cl-alone", "isolate", Kept::OnDisk).await;
    // The isolated master takes writes even after it is connected again, until a Sentinel demotes it.
    is_guilty(&report, &run, "isolatedMaster", 20);
}
