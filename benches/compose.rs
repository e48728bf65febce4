//! redos against Docker Compose: the same images and the same seven containers, then one more replica, interleaved in one
//! run.
//!
//! `COMPOSE=/path/to/docker-compose cargo bench --bench compose` (Compose 2; default: `docker compose`). `ROUNDS=n` sets
//! the number of rounds. Compose waits for nothing; redos returns when the cluster is ready, also with the new replica: the
//! Sentinels know it, the proxy checks it, and a write has proved it. The moment in which the master itself says that the
//! replica is in sync is seen from outside, by asking it every 5 ms. At the end `status` of the default cluster is compared
//! with that of 20 nodes. Both remove what they made.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "redos-bench";
const REDIS_IMAGE: &str = "redos/redis:latest";
const PROXY_IMAGE: &str = "redos/haproxy:latest";

fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let compose = Compose::new();
    // The first `up` of a machine may have to make the images, which is not what is compared.
    redos(&["up"]);
    redos(&["down", "--volumes"]);
    let mut measured: [Vec<(Duration, Duration)>; 9] = Default::default();
    for _ in 0..rounds {
        let up = compose.run(&["up", "-d"]);
        let ps = compose.run(&["ps"]);
        let again = compose.run(&["up", "-d"]);
        let scaled = compose.run(&["up", "-d", "--scale", "replica=3"]);
        let down = compose.run(&["down", "-t", "1", "-v"]);
        measured[0].push((redos(&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"]), up));
        measured[1].push((redos(&["up"]), again));
        measured[2].push((redos(&["status"]), ps));
        // Compose has nothing like them.
        measured[3].push((redos(&["sentinel"]), ps));
        measured[4].push((redos(&["sentinel"]), redis_cli()));
        measured[5].push((redos(&["doctor"]), ps));
        let (in_sync, ready) = one_more_replica();
        measured[6].push((in_sync, scaled));
        measured[7].push((ready, scaled));
        measured[8].push((redos(&["down", "--volumes"]), down));
    }
    let names = [
        "up",
        "up again",
        "status / ps",
        "sentinel / ps",
        "sentinel / redis-cli at each Sentinel",
        "doctor / ps",
        "one more replica, in sync",
        "one more replica, ready",
        "down",
    ];
    let mut table = String::from("| | redos | compose | ratio | redos, all rounds |\n|---|---|---|---|---|\n");
    for (name, times) in names.iter().zip(&mut measured) {
        let all: Vec<String> = times.iter().map(|(redos, _)| format!("{:.2}", redos.as_secs_f64())).collect();
        let (ours, theirs) =
            (median(times.iter().map(|(ours, _)| *ours)), median(times.iter().map(|(_, theirs)| *theirs)));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        let (ours, theirs) = (ours.as_secs_f64(), theirs.as_secs_f64());
        writeln!(table, "| {name} | {ours:.2} s | {theirs:.2} s | {ratio:.2} | {} |", all.join(" "))
            .expect("a string grows");
    }
    println!("median of {rounds} rounds\n\n{table}");
    let (few, many) = larger(rounds);
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    println!("`status` with 7 nodes {few:.0?}, with 20 nodes {many:.0?}, ratio {ratio:.2}");
}

/// How long `status` takes with the nodes of the default cluster, and with 20.
fn larger(rounds: usize) -> (Duration, Duration) {
    let look = || median((0..rounds.max(5)).map(|_| redos(&["status"])));
    redos(&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"]);
    let few = look();
    redos(&["up", "--replicas", "9", "--sentinels", "9"]);
    let many = look();
    redos(&["down", "--volumes"]);
    (few, many)
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redos"));
    command.args(["--project", NAME, "--quiet"]).args(arguments).stdin(Stdio::null());
    command
}

fn redos(arguments: &[&str]) -> Duration {
    timed(&mut command(arguments))
}

/// Asks each Sentinel by hand, one after the other. They want a login, whose refusal takes as long.
fn redis_cli() -> Duration {
    let ask = |sentinel: u32| {
        let mut command = Command::new("docker");
        command.args([
            "exec",
            &format!("{NAME}-sentinel-{sentinel}"),
            "redis-cli",
            "-p",
            "26379",
            "SENTINEL",
            "MASTERS",
        ]);
        timed(&mut command)
    };
    (1..=3).map(ask).sum()
}

/// Scales from two replicas to three. Returns when the master said that all are in sync, and when redos returned.
fn one_more_replica() -> (Duration, Duration) {
    let url = command(&["url"]).output().expect("redos runs").stdout;
    let client = redis::Client::open(String::from_utf8_lossy(&url).trim()).expect("a URL");
    let mut master = client.get_connection().expect("a connection");
    let began = Instant::now();
    let mut redos = command(&["scale", "--replicas", "3"]).spawn().expect("redos runs");
    let mut in_sync = None;
    let success = loop {
        if in_sync.is_none() {
            let info: String = redis::cmd("INFO").arg("replication").query(&mut master).expect("an answer");
            in_sync = (info.matches("state=online").count() == 3).then(|| began.elapsed());
        }
        if let Some(status) = redos.try_wait().expect("its status") {
            break status.success();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let ready = began.elapsed();
    assert!(success, "redos scale failed");
    (in_sync.expect("a replica that is in sync"), ready)
}

fn timed(command: &mut Command) -> Duration {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("the command runs");
    let took = began.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    took
}

/// A Compose project of the same shape.
struct Compose {
    program: Vec<String>,
    file: PathBuf,
}

impl Compose {
    fn new() -> Self {
        let program =
            std::env::var("COMPOSE").map_or_else(|_| vec!["docker".into(), "compose".into()], |path| vec![path]);
        let file = std::env::temp_dir().join(format!("{NAME}-{}.yaml", std::process::id()));
        std::fs::write(&file, project()).expect("a file in the temporary directory");
        Self { program, file }
    }

    fn run(&self, arguments: &[&str]) -> Duration {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).arg("-f").arg(&self.file);
        timed(command.args(["-p", &format!("{NAME}-compose")]).args(arguments))
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

fn project() -> String {
    let mut services = String::new();
    let mut service = |name: &str, image: &str, command: &str, more: &str| {
        let volume = format!("volumes: ['{name}:/data']");
        writeln!(services, "  {name}:\n    image: {image}\n    command: {command}\n    {volume}\n{more}")
            .expect("a string grows");
    };
    service("redis-1", REDIS_IMAGE, "redis-server --dir /data --appendonly yes --protected-mode no", "");
    for name in ["sentinel-1", "sentinel-2", "sentinel-3"] {
        let conf = "printf 'sentinel resolve-hostnames yes\\nsentinel monitor mymaster redis-1 6379 2\\n' > /data/sentinel.conf";
        service(
            name,
            REDIS_IMAGE,
            &format!(r#"["sh", "-c", "{conf}; exec redis-server /data/sentinel.conf --sentinel"]"#),
            "",
        );
    }
    let conf = "printf 'defaults\\n mode tcp\\n timeout connect 1s\\n timeout client 1h\\n timeout server 1h\\n\
                listen redis\\n bind :6379\\n server redis-1 redis-1:6379 check\\n' > /data/haproxy.cfg";
    let ports = "    ports: ['127.0.0.1::6379', '127.0.0.1::6380', '127.0.0.1::8404']\n    user: '0'\n";
    let command = format!(r#"["sh", "-c", "{conf}; exec haproxy -W -db -f /data/haproxy.cfg"]"#);
    service("proxy-1", PROXY_IMAGE, &command, ports);
    let names = ["redis-1", "sentinel-1", "sentinel-2", "sentinel-3", "proxy-1"];
    // Replicas of one service cannot have a named volume each; Compose gives each an anonymous one.
    let command = "redis-server --dir /data --appendonly yes --protected-mode no --replicaof redis-1 6379";
    writeln!(
        services,
        "  replica:\n    image: {REDIS_IMAGE}\n    command: {command}\n    volumes: ['/data']\n    scale: 2"
    )
    .expect("a string grows");
    format!("services:\n{services}volumes:\n{}", names.map(|name| format!("  {name}: {{}}\n")).concat())
}
