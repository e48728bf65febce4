//! What it costs to move the data of a group: `backup`, `backup verify`, `restore` and `up --from`.
//!
//! `cargo bench --bench data`; `MB=n` sets the size of the data (2000), `REPLICAS=n` the replicas (1). Beside the backup four
//! clients write 400 times a second through the proxy, and how long each write takes is compared with the time before. It
//! needs three times the data on the disk and in memory for each node, and removes what it made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "data/prober.rs"]
mod prober;
#[path = "common/program.rs"]
mod program;
#[path = "../tests/docker/writers.rs"]
#[expect(dead_code, reason = "nobody reads back what a restore replaces")]
mod writers;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use prober::{Prober, fill, percentile};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use writers::Writers;

const NAME: &str = "redos-bench-data";
const COPY: &str = "redos-bench-data-copy";
/// How long writes are measured without a backup.
const QUIET: Duration = Duration::from_secs(20);
const PORTS: [&str; 6] = ["--port", "0", "--read-port", "0", "--stats-port", "0"];

#[tokio::main]
async fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (megabytes, replicas) = (number("MB", 2000), number("REPLICAS", 1).to_string());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("data.redos");
    let size = || file.metadata().expect("a backup").len();
    program::redos(NAME, &[&["up", "--replicas", &replicas], PORTS.as_slice()].concat());
    let url = program::redos(NAME, &["url"]);
    fill(&url, megabytes);
    println!("{megabytes} MB of data, 1 master, {replicas} replicas\n");
    println!("| | took | MB/s | peak memory of redos | writes meanwhile |\n|---|---|---|---|---|");

    let quiet = Prober::start(&url, hurry);
    thread::sleep(QUIET);
    println!("| nothing | {} s | | | {} |", QUIET.as_secs(), shown(&quiet.stop()));
    let beside = Prober::start(&url, hurry);
    let ran = run(NAME, &["backup", text(&file)]);
    row("`backup`", megabytes, &ran, &shown(&beside.stop()));
    println!("| | the file has {} MB | | | |", size() / 1_000_000);
    row("`backup verify --no-server`", megabytes, &run(NAME, &["backup", "verify", "--no-server", text(&file)]), "");
    let restore = ["restore", text(&file), "--yes", "--no-backup", "--timeout", "10m"];
    let writers = Writers::start_at(&url, 100, Duration::from_secs(1));
    let ran = run(NAME, &restore);
    thread::sleep(Duration::from_secs(2));
    let (_, gap) = writers.stop().await;
    row("`restore`", megabytes, &ran, &format!("none for {:.1} s", gap.as_secs_f64()));
    program::redos(NAME, &["down", "--volumes"]);
    let from = [&["up", "--from", text(&file), "--replicas", &replicas, "--timeout", "10m"], PORTS.as_slice()].concat();
    row("`up --from`", megabytes, &run(COPY, &from), "");
    program::redos(COPY, &["down", "--volumes"]);
}

/// A command that ran: how long, and the most memory that it had in kB, 0 where that is not told.
struct Ran {
    took: Duration,
    peak: u64,
}

/// Runs redos, which must succeed.
fn run(cluster: &str, arguments: &[&str]) -> Ran {
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_redos"));
    command.args(["--project", cluster, "--quiet"]).args(arguments).stdin(Stdio::null());
    let mut process = command.spawn().expect("redos runs");
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = process.try_wait().expect("a state") {
            break ended;
        }
        let lines = std::fs::read_to_string(&status).unwrap_or_default();
        let line = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(size.unwrap_or_default());
        thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{arguments:?}: {ended}");
    Ran { took: began.elapsed(), peak }
}

fn row(name: &str, megabytes: usize, ran: &Ran, beside: &str) {
    let took = ran.took.as_secs_f64();
    println!("| {name} | {took:.1} s | {:.0} | {} MB | {beside} |", megabytes as f64 / took, ran.peak / 1024);
}

fn shown(times: &[Duration]) -> String {
    let [half, most, nearly_all] =
        [500, 990, 999].map(|of_thousand| percentile(times, of_thousand).as_secs_f64() * 1000.0);
    format!("{}: p50 {half:.2} ms, p99 {most:.2} ms, p99.9 {nearly_all:.2} ms", times.len())
}

/// Has the clients run before all else, so that their own waits for a processor are not taken for those of the server. It takes root.
fn hurry() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    if let Ok(rank) = ThreadPriorityValue::try_from(1) {
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(rank), policy);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
