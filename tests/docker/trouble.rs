//! Every command that only looks, at a cluster in trouble: it ends soon, says what it sees, and shows no password. What is cut
//! off by its reader ends well.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use bollard::query_parameters::KillContainerOptions;
use futures_util::future::join_all;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::timeout;

use crate::schema::faults;
use crate::support::{Cluster, Run, eventually, raw};

/// Commands that look and end by themselves. Those that print passwords on purpose, `url` and `env`, are not among them.
const LOOKS: [&str; 18] = [
    "status",
    "status -o json",
    "status -o wide",
    "top --once",
    "top --once -o json",
    "ps -o json",
    "plan -o json",
    "doctor -o wide",
    "doctor -o json",
    "sentinel info",
    "sentinel masters -o json",
    "sentinel replicas -o wide",
    "sentinel get-master-addr",
    "sentinel ckquorum",
    "events --all",
    "logs --tail 50",
    "metrics prometheus",
    "config -o json",
];
/// Far more than a busy machine takes for all of them at once; a node that does not answer costs each a second.
const SOON: Duration = Duration::from_secs(30);

const REPLICA: NodeId = NodeId::redis(Group::number(1), 2);
const SECOND_REPLICA: NodeId = NodeId::redis(Group::number(2), 2);

/// A cluster, and what must not be seen of it.
struct Watched {
    cluster: Cluster,
    secrets: Vec<String>,
}

impl Watched {
    async fn new(topic: &str) -> Self {
        let cluster = Cluster::new(topic).await;
        // Sentinels neither replace a node that is in trouble nor end its script.
        let calm = ["--down-after", "60s", "--redis", "key-load-delay=200"];
        let made = cluster.up(&[&["-vv", "--masters", "2", "--replicas", "1"], &calm[..]].concat()).await;
        let secrets = serde_json::to_value(cluster.secrets().await).expect("JSON");
        let mut texts = Vec::new();
        leaves(&secrets, &mut texts);
        assert!(texts.len() >= 6, "{}", texts.len());
        let watched = Self { cluster, secrets: texts };
        watched.shows_none("up -vv", &made);
        for told in ["docker: POST /containers/create", "SENTINEL SET", "redis-1: a connection ("] {
            assert!(made.stderr.contains(told), "{told} is not among {}", made.stderr);
        }
        made.succeeds();
        watched
    }

    fn shows_none(&self, line: &str, run: &Run) {
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(self.secrets.iter().all(|secret| !said.contains(secret)), "'{line}' shows a password");
        assert!(!said.contains("panicked"), "{line}: {said}");
    }

    /// Runs all of [`LOOKS`] at the same time, each with `-vv`.
    async fn looks(&self, when: &str) -> BTreeMap<&'static str, Run> {
        let all = LOOKS.map(async |line| {
            let words: Vec<&str> = line.split(' ').chain(["-vv"]).collect();
            let run = timeout(SOON, self.cluster.redos(&words)).await;
            (line, run.unwrap_or_else(|_| panic!("'{line}' hangs while {when}")))
        });
        let runs: BTreeMap<&str, Run> = join_all(all).await.into_iter().collect();
        for (line, run) in &runs {
            assert!(matches!(run.code, Some(0 | 1)), "{line} while {when}: {:?}: {}", run.code, run.stderr);
            self.shows_none(line, run);
            if line.ends_with("json") {
                let document: Value = serde_json::from_str(&run.stdout)
                    .unwrap_or_else(|error| panic!("{line} while {when}: {error}: {}", run.stdout));
                assert!(faults(&document).is_empty(), "{line} while {when}: {document:#}");
            }
        }
        runs
    }

    /// Waits until `status` tells of it, and looks in every way.
    async fn tells(&self, when: &str, reason: &str) -> BTreeMap<&'static str, Run> {
        eventually(&format!("status says: {reason}"), async || self.cluster.reasons().await.contains(reason)).await;
        let runs = self.looks(when).await;
        for line in ["status", "status -o wide", "top --once", "doctor -o wide"] {
            assert_eq!(runs[line].code, Some(1), "{line} while {when}: {}", runs[line].stdout);
        }
        runs
    }

    /// Sends one command to a Redis node or a Sentinel.
    async fn told(&self, node: NodeId, words: &[&str]) {
        let mut admin = self.cluster.admin(node).await;
        let told: redis::RedisResult<redis::Value> = redis::Cmd::new().arg(words).query_async(&mut admin).await;
        told.unwrap_or_else(|error| panic!("{node}: {words:?}: {error}"));
    }

    async fn signal(&self, node: NodeId, signal: &str) {
        let options = KillContainerOptions { signal: signal.to_owned() };
        raw().kill_container(&self.cluster.container(node), Some(options)).await.expect("a signal");
    }
}

/// All texts in a document.
fn leaves(document: &Value, found: &mut Vec<String>) {
    match document {
        // Words such as the name of a stage are no secrets.
        Value::String(text) if text.len() > 16 => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_at_a_cluster_in_trouble_ends_soon_tells_of_it_and_shows_no_password() {
    let watched = Watched::new("trouble").await;
    let cluster = &watched.cluster;
    let healthy = watched.looks("all is well").await;
    for (line, run) in &healthy {
        assert!(run.code == Some(0), "{line}: {}{}", run.stdout, run.stderr);
        // What redos asks is told with it, so that it is searched for passwords as well.
        assert!(run.stderr.contains("docker: GET /version") || line.starts_with("config"), "{line}: {}", run.stderr);
    }
    let asked = &healthy["status"].stderr;
    for told in ["redis-1: INFO, CONFIG GET, ACL LIST (", "sentinel-1: SENTINEL MYID, INFO", "proxy-1: GET /haproxy"] {
        assert!(asked.contains(told), "{told} is not among {asked}");
    }
    let masters = &healthy["sentinel get-master-addr"].stdout;
    assert_eq!(masters.lines().filter(|line| line.starts_with("mymaster-2 ")).count(), 3, "{masters}");

    let of_second =
        async |words: &[&str]| cluster.redos(&[&["cli", "--group", "mymaster-2"], words].concat()).await.succeeds();
    assert_eq!(of_second(&["--", "SET", "of", "the second"]).await, "OK\n");
    eventually("its replica has it", async || of_second(&["--read", "--", "GET", "of"]).await == "the second\n").await;

    raw().pause_container(&cluster.container(SECOND_REPLICA)).await.expect("paused");
    watched.tells("a node is paused", "redis-2-2 is paused").await;
    raw().unpause_container(&cluster.container(SECOND_REPLICA)).await.expect("unpaused");

    // A Sentinel that lies: it names a replica as the master of its group.
    let address = cluster.address(SECOND_REPLICA).await.to_string();
    watched.told(NodeId::Sentinel(3), &["SENTINEL", "REMOVE", "mymaster-2"]).await;
    watched.told(NodeId::Sentinel(3), &["SENTINEL", "MONITOR", "mymaster-2", &address, "6379", "2"]).await;
    let lied = watched.tells("a Sentinel lies", "sentinel-3 names redis-2-2 as master of mymaster-2").await;
    assert!(
        lied["sentinel get-master-addr"].stdout.contains("redis-2-2 *"),
        "{}",
        lied["sentinel get-master-addr"].stdout
    );
    assert!(lied["doctor -o wide"].stdout.contains("sentinel-disagrees"), "{}", lied["doctor -o wide"].stdout);
    cluster.redos(&["up"]).await.succeeds();

    // A script that never ends: for five seconds Redis answers nobody, then it says BUSY.
    let mut connection = cluster.admin(REPLICA).await;
    let endless = tokio::spawn(async move {
        let mut script = redis::cmd("EVAL");
        script.arg("while true do end").arg(0);
        // The test does not need the answer.
        let _: redis::RedisResult<redis::Value> = script.query_async(&mut connection).await;
    });
    watched.looks("a node answers nobody").await;
    watched.tells("a node is busy", "redis-2 does not answer: a script that does not end keeps it busy").await;
    cluster.redos(&["up"]).await.succeeds();
    endless.abort();

    // More than ten seconds of loading. Redis answers after every 1024 keys.
    let mut client = cluster.client(&[]).await;
    for ten_thousand in 0..5 {
        let mut keys = redis::pipe();
        (0..10_000).for_each(|key| _ = keys.set(ten_thousand * 10_000 + key, key).ignore());
        let () = keys.query_async(&mut client).await.expect("written");
    }
    let mut end = redis::cmd("SHUTDOWN");
    end.arg("NOSAVE").arg("NOW").arg("FORCE");
    let ended: redis::RedisResult<()> = end.query_async(&mut cluster.admin(REPLICA).await).await;
    assert!(ended.is_err(), "it does not live to answer");
    watched.tells("a node loads", "redis-2 is loading its data").await;

    for sentinel in [1, 2] {
        watched.signal(NodeId::Sentinel(sentinel), "SIGSTOP").await;
    }
    let silent = watched.tells("two Sentinels hang", "sentinel-1 does not answer").await;
    assert!(silent["sentinel info"].stdout.contains("sentinel-2  (no answer"), "{}", silent["sentinel info"].stdout);
}

/// As with `| head -1`: the reader takes a line and goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_every_look_without_a_complaint() {
    let cluster = Cluster::new("head").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--quorum", "1"]).await.succeeds();
    let endless = ["status --watch", "status --watch -o json", "top -o json --interval 200ms"];
    let more = [
        "ls -o json",
        "chaos ls -o json",
        "explain -o json",
        "images list -o json",
        "url -o json",
        "env --format json",
    ];
    let cut = LOOKS.into_iter().chain(endless).chain(more).map(async |line| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = cluster.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut first = String::new();
        let read = timeout(SOON, stdout.read_line(&mut first)).await;
        read.unwrap_or_else(|_| panic!("'{line}' prints nothing")).expect("a line");
        drop(stdout);
        let mut stderr = String::new();
        let ended = async {
            child.stderr.take().expect("piped").read_to_string(&mut stderr).await.expect("text");
            child.wait().await.expect("a status").code()
        };
        let code = timeout(SOON, ended).await.unwrap_or_else(|_| panic!("'{line}' goes on"));
        // On a busy machine the answer may be no for a moment.
        assert!(!first.is_empty() && matches!(code, Some(0 | 1)), "{line}: {code:?}: {first}{stderr}");
        assert!(!stderr.contains("panicked") && !stderr.to_lowercase().contains("broken pipe"), "{line}: {stderr}");
    });
    join_all(cut).await;
}
