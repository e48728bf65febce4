//! What a failover costs: a switchover and three faults of the master, each with its return, under load.
//!
//! `cargo bench --bench failover`. `ROUNDS=n` sets the rounds of each fault (10), `RATE=n` the requests per second (200),
//! `REPORTS=folder` keeps the reports and histories, which `redos verify` judges again. The instrument is
//! `redos failover-test` with all its kinds of clients; the cluster has the defaults (a Sentinel's patience of 1000 ms).

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const NAME: &str = "redos-bench-failover";

fn main() {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let (rounds, rate) = (setting("ROUNDS", "10"), setting("RATE", "200"));
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let folder = std::env::var_os("REPORTS").map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    let up = redos(&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"]);
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    println!("| | rounds | write gap, median | longest | acknowledged | lost | two masters, longest | judged |");
    println!("|---|---|---|---|---|---|---|---|");
    for fault in ["switchover", "kill", "pause", "stop"] {
        let report = folder.join(fault);
        let at = report.to_str().expect("a path in UTF-8");
        // Its exit code tells the verdict, and the table shows it.
        redos(&["failover-test", "--fault", fault, "--rounds", &rounds, "--rate", &rate, "--report", at]);
        println!("{}", row(fault, &report.join("report.json")));
    }
    redos(&["down", "--volumes"]);
}

/// One line of the table.
fn row(fault: &str, report: &Path) -> String {
    let text = std::fs::read_to_string(report).unwrap_or_else(|error| panic!("{}: {error}", report.display()));
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let rounds = report["rounds"].as_array().expect("rounds");
    let gap = |round: &Value| {
        let of_writes = |outage: &&Value| outage["client"].is_null() && outage["access"] == "write";
        let outages = round["outages"].as_array().into_iter().flatten();
        outages.filter(of_writes).filter_map(|outage| outage["longestMs"].as_f64()).fold(0.0, f64::max)
    };
    let mut gaps: Vec<f64> = rounds.iter().map(gap).collect();
    gaps.sort_by(f64::total_cmp);
    let sum = |field: &str| rounds.iter().filter_map(|round| round["integrity"][field].as_u64()).sum::<u64>();
    let masters = rounds.iter().filter_map(|round| round["dualMaster"]["claimedMs"].as_f64()).fold(0.0, f64::max);
    format!(
        "| {fault} | {} | {:.0} ms | {:.0} ms | {} | {} | {:.0} ms | {} |",
        gaps.len(),
        gaps.get(gaps.len() / 2).copied().unwrap_or(f64::NAN),
        gaps.last().copied().unwrap_or(f64::NAN),
        sum("acknowledged"),
        sum("lost"),
        masters,
        report["verdict"].as_str().unwrap_or_default(),
    )
}

fn redos(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redos"));
    let command = command.args(["--project", NAME, "--quiet"]).args(arguments).stdin(Stdio::null());
    command.output().expect("the command runs")
}
