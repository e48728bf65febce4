//! What clients see while a cluster changes: switchovers, scaling, a rolling restart, passwords, TLS, under load.
//!
//! `cargo bench --bench scale`; `ROUNDS=n` sets the rounds of each kind, `ONLY=word` the kinds. Four writers of 100 writes a second each go through
//! the proxy, two on lasting connections, two that open one for each write. Every acknowledged write is read back at the end
//! of its round. It removes what it made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "common/program.rs"]
mod program;
#[path = "../tests/docker/writers.rs"]
mod writers;

use std::time::{Duration, Instant};

use writers::{Writers, missing};

const NAME: &str = "redos-bench-scale";

/// The name of what is measured, its commands, and what ends it.
type Kind = (&'static str, &'static [&'static [&'static str]], &'static [&'static str]);

/// What is measured: its name, its commands, and what undoes them or ends them when nobody writes any more.
const KINDS: [Kind; 6] = [
    ("planned switchover", &[&["failover"]], &[]),
    ("replicas 2 → 4 → 2", &[&["scale", "--replicas", "4"], &["scale", "--replicas", "2"]], &[]),
    ("Sentinels 3 → 5 → 3", &[&["scale", "--sentinels", "5"], &["scale", "--sentinels", "3"]], &[]),
    ("rolling restart", &[&["restart"]], &[]),
    // Then the writers' password, which is the old one, is not accepted any more.
    ("new passwords", &[&["password", "rotate"]], &["password", "rotate", "--finish"]),
    ("TLS beside plain clients, on and off", &[&["up", "--tls=both"], &["up", "--tls=none"]], &[]),
];

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    redos(&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"]);
    println!("{rounds} rounds of each, 400 writes a second\n");
    println!("| | acknowledged | lost | longest write gap, median / max | took, median |\n|---|---|---|---|---|");
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, commands, afterwards) in KINDS.into_iter().filter(|(name, ..)| name.contains(&only)) {
        let (mut gaps, mut times, mut acknowledged, mut lost) = (Vec::new(), Vec::new(), 0, 0);
        for _ in 0..rounds {
            let url = redos(&["url"]);
            let writers = Writers::start(&url);
            // Every writer has written before anything is touched.
            while writers.acknowledged() < 40 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let began = Instant::now();
            commands.iter().for_each(|command| _ = redos(command));
            times.push(began.elapsed());
            let (keys, gap) = writers.stop().await;
            gaps.push(gap);
            if !afterwards.is_empty() {
                redos(afterwards);
            }
            let url = redos(&["url"]);
            let client = redis::Client::open(url.trim()).expect("a URL");
            let mut client = client.get_multiplexed_async_connection().await.expect("a connection");
            acknowledged += keys.len();
            lost += missing(&keys, &mut client).await.len();
        }
        let (gap, longest) = (median(&mut gaps).as_millis(), gaps.iter().max().map_or(0, Duration::as_millis));
        let took = median(&mut times).as_secs_f64();
        println!("| {name} | {acknowledged} | {lost} | {gap} / {longest} ms | {took:.2} s |");
    }
    redos(&["down", "--volumes"]);
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn redos(arguments: &[&str]) -> String {
    program::redos(NAME, arguments)
}
