//! What a cluster costs that nobody uses: the CPU time of each of its containers, by the Engine's own count.
//!
//! `cargo bench --bench idle`; `SECONDS=n` sets how long it looks (60), `REPLICAS=n` the replicas (2). For each server it
//! also prints the connections per second that it was asked over: nobody but the cluster itself opens one. It removes what
//! it made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters::StatsOptions;
use futures_util::TryStreamExt;

const NAME: &str = "redos-bench-idle";
/// Time for a new cluster to come to rest: replicas that joined last, first snapshots.
const REST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let (seconds, replicas) = (number("SECONDS").unwrap_or(60), number("REPLICAS").unwrap_or(2));
    redos(&["up", "--replicas", &replicas.to_string(), "--port", "0", "--read-port", "0", "--stats-port", "0"]);
    tokio::time::sleep(REST).await;
    let docker = Docker::connect_with_defaults().expect("an Engine");
    let listed = redos(&["ps", "--output", "name"]);
    let nodes: Vec<&str> = listed.lines().collect();
    let (before, began) = (spent(&docker, &nodes).await, Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (after, took) = (spent(&docker, &nodes).await, began.elapsed().as_secs_f64());
    println!("{replicas} replicas, {took:.0} s\n\n| node | % of a core | connections per second |\n|---|---|---|");
    let mut whole = 0.0;
    for (node, then) in &before {
        let now = &after[node];
        let share = Duration::from_nanos(now.cpu - then.cpu).as_secs_f64() / took * 100.0;
        whole += share;
        let asked = now.connections.zip(then.connections);
        let asked = asked.map(|(now, then)| format!("{:.0}", (now - then) as f64 / took)).unwrap_or_default();
        println!("| {node} | {share:.2} | {asked} |");
    }
    println!("| all | {whole:.2} | |");
    redos(&["down", "--volumes"]);
}

/// What a node has used since its start.
struct Spent {
    /// CPU time in nanoseconds.
    cpu: u64,
    /// Connections that its server accepted; `None` for a proxy.
    connections: Option<u64>,
}

async fn spent(docker: &Docker, nodes: &[&str]) -> BTreeMap<String, Spent> {
    let mut all = BTreeMap::new();
    for node in nodes {
        let options = StatsOptions { stream: false, one_shot: true };
        let stats = docker.stats(&format!("{NAME}-{node}"), Some(options)).try_next().await.expect("statistics");
        let cpu = stats.and_then(|stats| stats.cpu_stats?.cpu_usage?.total_usage).expect("CPU time");
        let is_server = !node.starts_with("proxy");
        let info = is_server.then(|| redos(&["cli", node, "--admin", "--", "INFO", "stats"]));
        let connections = info.and_then(|info| {
            info.lines().find_map(|line| line.strip_prefix("total_connections_received:")?.trim().parse().ok())
        });
        all.insert((*node).to_owned(), Spent { cpu, connections });
    }
    all
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn redos(arguments: &[&str]) -> String {
    program::redos(NAME, arguments)
}
