//! Hours of a cluster's life in minutes: a fault or a user's slip a minute, under load, on a machine that is kept busy.
//!
//! `cargo bench --bench soak`. `MINUTES=n` sets how long it runs (30), `CLIENTS=n` how many connections are held beside the
//! writers (500), `RATE=n` the counted writes a second (400), `SEED=n` repeats a run's choices, `IDLE=1` leaves the cores
//! alone. It fails (exit code 1) when
//!
//! - an acknowledged write is not there at the end,
//! - `status` says healthy while clients are refused at the published port (see [`Watch::lies`]),
//! - the cluster does not become healthy again after a fault by itself, after a slip by one `redos up`.
//!
//! It removes what it made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "soak/events.rs"]
mod events;
#[expect(dead_code, reason = "the scenarios need more of it")]
#[path = "../tests/docker/support.rs"]
mod support;
#[path = "soak/watch.rs"]
mod watch;
#[expect(dead_code, reason = "another benchmark needs more of it")]
#[path = "../tests/docker/writers.rs"]
mod writers;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use events::Event;
use support::Cluster;
use watch::Watch;
use writers::{PATIENCE, Writers, missing};

/// The time from one event to the next.
const PERIOD: Duration = Duration::from_secs(60);
/// How long a cluster may take to be healthy after an event. `up` itself gives up after 120 s.
const RECOVERY: Duration = Duration::from_secs(150);
/// Time between two requests of a client that is held beside the writers.
const CLIENT_PAUSE: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    let number = |name: &str, default: u64| {
        std::env::var(name)
            .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
    };
    let (minutes, clients, rate) = (number("MINUTES", 30), number("CLIENTS", 500), number("RATE", 400));
    let seed = number("SEED", u64::from(rand::random::<u32>()));
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let cluster = Cluster::new("bench-soak").await;
    // A port that Docker chooses is another one after each start of the proxy, which no client would follow.
    let [write, read] = unused_ports().map(|port| port.to_string());
    cluster.redos(&["up", "--port", &write, "--read-port", &read, "--stats-port", "0"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();

    let stop = Arc::new(AtomicBool::new(false));
    if number("IDLE", 0) == 0 {
        keep_busy(&stop);
    }
    for _ in 0..clients {
        tokio::spawn(hold(url.clone(), Arc::clone(&stop)));
    }
    let writers = Writers::start_at(&url, rate.div_ceil(4).max(1), PATIENCE);
    let watch = Watch::start(&cluster, &url, Arc::clone(&stop));
    println!("{minutes} minutes, {clients} clients, {rate} counted writes a second, SEED={seed}\n");
    println!("| at | event | node | healthy after | |\n|---|---|---|---|---|");
    let (mut random, began, mut failures) = (StdRng::seed_from_u64(seed), Instant::now(), 0);
    let mut left = Vec::new();
    while Instant::now() < end {
        let (round, event) = (Instant::now(), Event::drawn(&mut left, &mut random));
        let at = began.elapsed().as_secs();
        let done = event.happen(&cluster, &mut random).await;
        let healthy = recovered(&cluster).await;
        let (node, said) = match &done {
            Ok(node) => (node.as_str(), String::new()),
            Err(why) => ("", why.replace('\n', " / ")),
        };
        failures += u32::from(done.is_err() || healthy.is_none());
        let after = healthy.map_or("never".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
        println!("| {at} s | {event} | {node} | {after} | {said} |");
        if healthy.is_none() {
            println!("\n{}\n", cluster.redos(&["status"]).await.stdout);
            // The next event is to happen to a cluster that is whole.
            let _ = cluster.redos(&["up", "--quiet"]).await;
        }
        tokio::time::sleep(
            (PERIOD + Duration::from_millis(random.random_range(0..5000))).saturating_sub(round.elapsed()),
        )
        .await;
    }
    let (keys, gap) = writers.stop().await;
    stop.store(true, Ordering::Relaxed);
    let report = watch.end().await;
    let lost = missing(&keys, &mut cluster.client(&[]).await).await;
    let lies = report.lies();
    println!(
        "\n| acknowledged | lost | longest write gap | probes refused | said to be healthy meanwhile | not recovered |"
    );
    println!("|---|---|---|---|---|---|");
    let refused = format!("{} of {}", report.refused(), report.probes.len());
    println!(
        "| {} | {} | {:.1} s | {refused} | {} | {failures} |",
        keys.len(),
        lost.len(),
        gap.as_secs_f64(),
        lies.len()
    );
    for lie in &lies {
        println!("- {lie}");
    }
    for key in lost.iter().take(20) {
        println!("- lost: {key}");
    }
    ExitCode::from(u8::from(!lost.is_empty() || !lies.is_empty() || failures > 0))
}

/// Two ports of this host that nobody listens on.
fn unused_ports() -> [u16; 2] {
    let listeners = [0, 0].map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).expect("a listener"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}

/// Keeps all cores busy with something else until told to stop.
fn keep_busy(stop: &Arc<AtomicBool>) {
    for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
        let stop = Arc::clone(stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
    }
}

/// A client that is held beside the writers: it keeps its connection, asks something now and then, and connects again when it
/// is cut off.
async fn hold(url: String, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut connection) = support::connect(url.trim()).await {
            loop {
                tokio::time::sleep(CLIENT_PAUSE).await;
                let answer: redis::RedisResult<()> = redis::cmd("INCR").arg("held").query_async(&mut connection).await;
                if answer.is_err() || stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        tokio::time::sleep(CLIENT_PAUSE / 5).await;
    }
}

/// How long it took the cluster to be healthy; `None` when it was not within [`RECOVERY`].
async fn recovered(cluster: &Cluster) -> Option<Duration> {
    let began = Instant::now();
    while began.elapsed() < RECOVERY {
        if cluster.redos(&["status", "-q"]).await.code == Some(0) {
            return Some(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    None
}
