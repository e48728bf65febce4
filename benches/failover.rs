//! What a failover costs: a switchover and three faults of the master, each with its return, under load; at redos and at the
//! compose project that it replaces (`tests/classic`), round by round in the same run.
//!
//! `cargo bench --bench failover`. `ROUNDS=n` sets the rounds of each fault at redos (10), `CLASSIC_ROUNDS=n` those at the
//! compose project (2, for each takes 40 s; each is one of a fresh project), `RATE=n` the requests per second (200),
//! `REPORTS=folder` keeps the reports and histories, which `redos verify` judges again. The instrument is
//! `redos failover-test` with all its kinds of clients. Both have the settings that they come with: a Sentinel's down-after
//! of 1 s at redos, of 5 s at the other. It removes what it made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[expect(dead_code, reason = "the scenarios need more of it")]
#[path = "../tests/classic/project.rs"]
mod project;
#[expect(dead_code, reason = "the scenarios need more of it")]
#[path = "../tests/docker/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use project::{Classic, Kept, PASSWORD};
use support::Cluster;

/// What is measured: its name, and the fault of `failover-test` that it is at redos and at the compose project. That has
/// nothing for a planned switchover but Sentinel's own command.
const KINDS: [(&str, &str, &str); 4] = [
    ("switchover", "switchover", "sentinel-failover"),
    ("kill + start", "kill", "kill"),
    ("pause + unpause", "pause", "pause"),
    ("stop + start", "stop", "stop"),
];

#[tokio::main]
async fn main() {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let number = |name: &str, default: &str| setting(name, default).parse::<usize>().expect("a number of rounds");
    let (rounds, classic_rounds) = (number("ROUNDS", "10"), number("CLASSIC_ROUNDS", "2"));
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let bench = Bench {
        reports: std::env::var_os("REPORTS").map_or_else(|| scratch.path().to_owned(), PathBuf::from),
        rate: setting("RATE", "200"),
        password: scratch.path().join("password"),
    };
    std::fs::write(&bench.password, PASSWORD).expect("written");

    let ours = Cluster::new("bench-redos").await;
    ours.up(&[]).await.succeeds();
    println!("| | rounds | write gap, median | longest | acknowledged | lost | two masters, longest | judged |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, fault, classic_fault) in KINDS {
        let (mut redos, mut compose) = (Vec::new(), Vec::new());
        for round in 1..=rounds.max(classic_rounds) {
            if round <= rounds {
                redos.push(bench.round(&ours, fault, &format!("redos-{fault}-{round}"), &[]).await);
            }
            if round <= classic_rounds {
                compose.push(bench.classic_round(classic_fault, &format!("compose-{fault}-{round}")).await);
            }
        }
        println!("{}", row(&format!("{name}, redos"), &redos));
        println!("{}", row(&format!("{name}, compose project"), &compose));
    }
}

struct Bench {
    reports: PathBuf,
    rate: String,
    /// The file with the compose project's password.
    password: PathBuf,
}

impl Bench {
    /// One round of a fault. Returns its report.
    async fn round(&self, cluster: &Cluster, fault: &str, report: &str, subject: &[&str]) -> Value {
        let folder = self.reports.join(report);
        let folder = folder.to_str().expect("a path in UTF-8");
        let test = ["failover-test", "--quiet", "-o", "json", "--fault", fault, "--rate", &self.rate];
        // Its exit code tells the verdict, and the table shows it.
        let run = cluster.redos(&[&test[..], &["--report", folder], subject].concat()).await;
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{report}: {error}: {}", run.stderr))
    }

    /// One round at the compose project as it is started: which of its nodes comes back as what depends on which it was.
    async fn classic_round(&self, fault: &str, report: &str) -> Value {
        let cluster = Cluster::new("bench-compose").await;
        let classic = Classic::start(&cluster, Kept::OnDisk).await;
        let (sentinels, containers) = (classic.sentinels.join(","), classic.containers());
        let password = self.password.to_str().expect("a path in UTF-8");
        let subject = ["--proxy", &classic.proxy, "--sentinel", &sentinels, "--container", &containers];
        self.round(&cluster, fault, report, &[&subject[..], &["--password-file", password]].concat()).await
    }
}

/// One line of the table, of the reports of one round each.
fn row(name: &str, reports: &[Value]) -> String {
    let rounds = || reports.iter().flat_map(|report| report["rounds"].as_array().expect("rounds"));
    let gap = |round: &Value| {
        let of_writes = |outage: &&Value| outage["client"].is_null() && outage["access"] == "write";
        let outages = round["outages"].as_array().into_iter().flatten();
        outages.filter(of_writes).filter_map(|outage| outage["longestMs"].as_f64()).fold(0.0, f64::max)
    };
    let mut gaps: Vec<f64> = rounds().map(gap).collect();
    gaps.sort_by(f64::total_cmp);
    let sum = |field: &str| rounds().filter_map(|round| round["integrity"][field].as_u64()).sum::<u64>();
    let masters = rounds().filter_map(|round| round["dualMaster"]["claimedMs"].as_f64()).fold(0.0, f64::max);
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for report in reports {
        *verdicts.entry(report["verdict"].as_str().unwrap_or("none")).or_default() += 1;
    }
    let verdicts: Vec<String> = verdicts.iter().map(|(verdict, times)| format!("{times} {verdict}")).collect();
    format!(
        "| {name} | {} | {:.0} ms | {:.0} ms | {} | {} | {:.0} ms | {} |",
        gaps.len(),
        gaps.get(gaps.len() / 2).copied().unwrap_or(f64::NAN),
        gaps.last().copied().unwrap_or(f64::NAN),
        sum("acknowledged"),
        sum("lost"),
        masters,
        verdicts.join(", "),
    )
}
