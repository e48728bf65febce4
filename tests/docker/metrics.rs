//! Metrics: an exporter with the least rights, Prometheus with the configuration that redos prints, and every alert in the
//! fault that it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bollard::query_parameters as query;
use redos::testing::cluster::observed::NodeState;
use redos::testing::engine::Nodes;
use redos::testing::spec::secret::user;
use redos::testing::spec::{EXPORTER_PORT, Group, NodeId, STATS_PORT};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::programs::file_system;
use crate::support::{Cluster, eventually, eventually_within, exec, raw};

const EXPORTER: NodeId = NodeId::Exporter;
/// Time limit until all targets were asked twice, which a rate needs.
const SCRAPED: Duration = Duration::from_secs(60);
const PROXY: NodeId = NodeId::Proxy(1);

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// The answer to `GET path`, with its status line.
async fn get(address: SocketAddrV4, path: &str, login: Option<&str>) -> String {
    let login = login.map(|login| format!("Authorization: Basic {}\r\n", BASE64.encode(login))).unwrap_or_default();
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let request = format!("GET {path} HTTP/1.0\r\n{login}\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// When each container was started, by node.
async fn starts(cluster: &Cluster) -> BTreeMap<NodeId, (String, Option<String>)> {
    let facts = cluster.inventory().await.nodes;
    let others = facts.into_iter().filter(|(node, _)| *node != EXPORTER);
    others.map(|(node, facts)| (node, (facts.container_id, facts.started_at))).collect()
}

/// Whether a server has the user of the exporter.
async fn has_user(cluster: &Cluster, node: NodeId) -> bool {
    let mut admin = cluster.admin(node).await;
    let users: Vec<String> = redis::cmd("ACL").arg("USERS").query_async(&mut admin).await.expect("its users");
    users.iter().any(|name| name == user::EXPORTER)
}

#[tokio::test]
async fn an_exporter_comes_and_goes_without_touching_other_nodes_and_opens_nothing_but_metrics() {
    let cluster = Cluster::new("exporter").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let before = starts(&cluster).await;
    cluster.up(&["--exporter"]).await.succeeds();
    assert_eq!(starts(&cluster).await, before, "no other node was started anew");
    cluster.redos(&["plan"]).await.succeeds();
    let status = cluster.status().await;
    assert_eq!((&status["healthy"], &status["exporter"]["problem"]), (&Value::Bool(true), &Value::Null), "{status:#}");
    assert!(status["exporter"]["version"].as_str().is_some_and(|version| !version.starts_with("go")), "{status:#}");

    // Through the proxy, with the password of the statistics, by the name of a node and nothing else.
    let secrets = cluster.secrets().await;
    let proxy = SocketAddrV4::new(cluster.address(PROXY).await, STATS_PORT);
    let exporter = SocketAddrV4::new(cluster.address(EXPORTER).await, EXPORTER_PORT);
    let login = format!("admin:{}", secrets.stats.expose());
    for node in ["redis-1", "redis-2", "sentinel-1", "sentinel-3"] {
        let path = format!("/scrape/{node}?check-keys=*");
        let metrics = get(proxy, &path, Some(&login)).await;
        assert!(metrics.contains("\nredis_up 1\n") && !metrics.contains("redis_key_size"), "{node}: {metrics}");
        assert!(get(proxy, &path, None).await.starts_with("HTTP/1.1 401"), "{node} needs a password");
        assert!(get(proxy, &path, Some("admin:x")).await.starts_with("HTTP/1.1 401"), "{node} needs the password");
    }
    assert!(get(proxy, "/scrape/redis-1000", Some(&login)).await.starts_with("HTTP/1.1 404"));
    assert!(get(proxy, "/scrape/exporter-1", Some(&login)).await.contains("\nredis_exporter_build_info{"));

    // A container on the network gains nothing from it.
    for target in [redis(1), redis(2), NodeId::Sentinel(1)] {
        let target = SocketAddrV4::new(cluster.address(target).await, target.server_port());
        for scheme in ["", "redis://", "redis://redos-exporter@", "redis://redos:x@"] {
            let said = get(exporter, &format!("/scrape?target={scheme}{target}"), None).await;
            assert!(said.contains("\nredis_up 0\n") && !said.contains("redis_instance_info"), "{scheme}: {said}");
        }
    }

    // What its user may do is to give metrics.
    let denied: [&[&str]; 11] = [
        &["GET", "a"],
        &["SET", "a", "b"],
        &["KEYS", "*"],
        &["SCAN", "0"],
        &["CONFIG", "GET", "masterauth"],
        &["SLOWLOG", "GET"],
        &["CLIENT", "LIST"],
        &["ACL", "LIST"],
        &["MONITOR"],
        &["EVAL", "return 1", "0"],
        &["PUBLISH", "a", "b"],
    ];
    for node in [redis(1), redis(2), NodeId::Sentinel(1)] {
        for words in denied.into_iter().chain([&["SENTINEL", "FAILOVER", "mymaster"][..]]) {
            let mut client = cluster.login(node, user::EXPORTER, &secrets.exporter()).await;
            let asked = redis::Cmd::new().arg(words).query_async::<redis::Value>(&mut client).await;
            let error = asked.expect_err(&words.join(" "));
            // What a Sentinel does not know it does not do.
            let is_refused = error.code() == Some("NOPERM") || error.to_string().contains("unknown command");
            assert!(is_refused, "{node}: {words:?}: {error}");
        }
    }

    // Neither the exporter's password nor the key to its pages is shown anywhere, even while a node is away.
    cluster.kill(redis(2)).await;
    get(proxy, "/scrape/redis-2", Some(&login)).await;
    cluster.start(redis(2)).await;
    let hidden = [secrets.exporter(), secrets.exporter_key()];
    for (node, facts) in &cluster.inventory().await.nodes {
        let inspect = raw().inspect_container(&facts.name, None::<query::InspectContainerOptions>).await.expect("it");
        let log = cluster.engine.log_tail(&cluster.name, *node, 100_000).await.expect("a log");
        let text = serde_json::to_string(&inspect).expect("JSON") + &log;
        assert!(hidden.iter().all(|secret| !text.contains(secret.expose())), "{node} shows it");
    }
    let log = cluster.engine.log_tail(&cluster.name, EXPORTER, 100).await.expect("a log");
    assert!(log.contains("Couldn't connect to redis instance"), "it says what happened: {log}");
    cluster.settled().await;

    // A password that was changed by hand is found, also by the exporter itself, and repaired.
    let mut admin = cluster.admin(redis(2)).await;
    let mut changed = redis::cmd("ACL");
    changed.arg("SETUSER").arg(user::EXPORTER).arg("resetpass").arg(">x");
    let _: () = changed.query_async(&mut admin).await.expect("changed");
    let status = cluster.status().await;
    assert!(status["reasons"].to_string().contains("the user 'redos-exporter' of redis-2"), "{status:#}");
    let problem = status["exporter"]["problem"].to_string();
    assert!(problem.contains("exporter-1 gets no metrics of redis-2: it cannot log in"), "{problem}");
    let doctor = cluster.redos(&["doctor"]).await.exits(1);
    assert!(doctor.contains("user-changed") && doctor.contains("exporter-refused"), "{doctor}");
    cluster.redos(&["up"]).await.succeeds();
    cluster.settled().await;

    // Without it the cluster is healthy, and says so.
    cluster.redos(&["stop", "exporter-1"]).await.succeeds();
    let run = cluster.redos(&["status"]).await;
    assert!(
        run.stdout.contains("exporter-1 has exited") && run.stdout.contains("clients are not affected"),
        "{}",
        run.stdout
    );
    run.succeeds();
    let doctor = cluster.redos(&["doctor"]).await.succeeds();
    assert!(doctor.contains("exporter-down"), "{doctor}");
    cluster.redos(&["start", "exporter-1"]).await.succeeds();
    cluster.settled().await;

    let before = starts(&cluster).await;
    cluster.redos(&["up", "--exporter=false"]).await.succeeds();
    assert_eq!(starts(&cluster).await, before, "no other node was started anew");
    assert!(!cluster.inventory().await.nodes.contains_key(&EXPORTER));
    assert!(!cluster.inventory().await.volumes.contains_key(&EXPORTER), "nothing of it is left");
    for node in [redis(1), redis(2), NodeId::Sentinel(1), NodeId::Sentinel(2), NodeId::Sentinel(3)] {
        assert!(!has_user(&cluster, node).await, "{node}");
    }
    cluster.settled().await;
}

/// Prometheus with the configuration that redos wrote, in short intervals.
struct Prometheus {
    _process: Child,
    address: SocketAddrV4,
    _data: tempfile::TempDir,
}

/// The programs of Debian's package `prometheus`.
async fn programs() -> PathBuf {
    file_system("prometheus", &["prometheus"]).await.join("usr/bin")
}

impl Prometheus {
    /// Starts it in a folder that redos has written.
    async fn start(folder: &Path) -> Self {
        let rules = folder.join("redos-alerts.yml");
        let text = fs::read_to_string(&rules).expect("rules");
        let lines = text.lines().map(|line| if line.trim_start().starts_with("for: ") { "    for: 0s" } else { line });
        fs::write(&rules, lines.collect::<Vec<_>>().join("\n")).expect("written");
        let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("its address").port();
        let address = SocketAddrV4::new([127, 0, 0, 1].into(), port);
        let data = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(programs().await.join("prometheus"));
        command.arg("--config.file").arg(folder.join("prometheus.yml"));
        command.arg("--storage.tsdb.path").arg(data.path()).arg(format!("--web.listen-address={address}"));
        command.arg("--log.level=error").kill_on_drop(true);
        let process = command.spawn().expect("it starts");
        let started = Self { _process: process, address, _data: data };
        eventually("Prometheus is ready", async || TcpStream::connect(address).await.is_ok()).await;
        started
    }

    async fn asked(&self, path: &str) -> Value {
        let answer = get(self.address, path, None).await;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// The answer to an expression.
    async fn query(&self, expression: &str) -> Value {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        self.asked(&format!("/api/v1/query?query={encoded}")).await
    }

    /// The ids of the alerts that fire.
    async fn firing(&self) -> BTreeSet<String> {
        let alerts = self.asked("/api/v1/alerts").await;
        let alerts = alerts["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing.filter_map(|alert| alert["labels"]["id"].as_str().map(str::to_owned)).collect()
    }

    /// Waits until these alerts fire.
    async fn fires(&self, ids: &[&str], fault: &str) {
        let patience = Duration::from_secs(30);
        let all = async || {
            let firing = self.firing().await;
            ids.iter().all(|id| firing.contains(*id))
        };
        eventually_within(patience, &format!("{ids:?} fire when {fault}"), all).await;
    }

    /// Waits until this alert does not fire.
    async fn quiet_about(&self, id: &str) {
        eventually(&format!("{id} is over"), async || !self.firing().await.contains(id)).await;
    }

    /// Waits until no alert fires.
    async fn is_quiet(&self, when: &str) {
        eventually(&format!("no alert fires {when}"), async || self.firing().await.is_empty()).await;
    }

    /// Waits until no alert has fired for some evaluations. The first ones knew only some of the targets, and without the
    /// time that an alert must last, a moment in which a busy machine is late is one.
    async fn stays_quiet(&self) {
        let mut quiet_since = Instant::now();
        eventually("no alert fires on a healthy cluster", async || {
            if !self.firing().await.is_empty() {
                quiet_since = Instant::now();
            }
            quiet_since.elapsed() > Duration::from_secs(6)
        })
        .await;
    }

    /// Waits until every target gave its metrics, and returns how many there are.
    async fn all_up(&self) -> usize {
        let mut targets = 0;
        eventually("every target is up", async || {
            let seen = self.asked("/api/v1/targets").await;
            let active = seen["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
            targets = active.len();
            targets > 0 && active.iter().all(|target| target["health"] == "up")
        })
        .await;
        targets
    }

    /// The names of all its metrics.
    async fn names(&self) -> BTreeSet<String> {
        let names = self.asked("/api/v1/label/__name__/values").await;
        let names = names["data"].as_array().cloned().unwrap_or_default();
        names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

/// The names of metrics in an expression of Prometheus.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_part(c));
    words.filter(|word| word.starts_with("redis_") || word.starts_with("haproxy_")).map(str::to_owned).collect()
}

/// Runs `promtool`, which must succeed.
async fn promtool(arguments: &[&str]) -> String {
    let output = Command::new(programs().await.join("promtool")).args(arguments).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
    said
}

/// Makes a Redis node do this.
async fn does(cluster: &Cluster, node: NodeId, words: &[&str]) {
    let mut admin = cluster.admin(node).await;
    let done: redis::RedisResult<redis::Value> = redis::Cmd::new().arg(words).query_async(&mut admin).await;
    done.unwrap_or_else(|error| panic!("{node}: {words:?}: {error}"));
}

/// A directive of the second Redis node.
async fn asked(cluster: &Cluster, directive: &str) -> String {
    let mut admin = cluster.admin(redis(2)).await;
    let pair: Vec<String> = redis::cmd("CONFIG").arg("GET").arg(directive).query_async(&mut admin).await.expect("it");
    pair[1].clone()
}

/// Runs a line of the shell in the second Redis node.
async fn runs(cluster: &Cluster, line: &str) {
    let ran = exec(&cluster.engine, &cluster.name, redis(2), &["sh", "-c", line]).await.expect("it runs");
    assert_eq!(ran.code, 0, "{line}: {}", String::from_utf8_lossy(&ran.stderr));
}

async fn pause(cluster: &Cluster, nodes: &[NodeId]) {
    for node in nodes {
        raw().pause_container(&cluster.container(*node)).await.expect("a pause");
    }
}

async fn unpause(cluster: &Cluster, nodes: &[NodeId]) {
    for node in nodes {
        raw().unpause_container(&cluster.container(*node)).await.expect("an unpause");
    }
}

const SENTINELS: [NodeId; 3] = [NodeId::Sentinel(1), NodeId::Sentinel(2), NodeId::Sentinel(3)];

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_fires_each_alert_in_the_fault_that_it_is_for_and_none_on_a_healthy_cluster() {
    let cluster = Cluster::new("alerts").await;
    cluster.up(&["--replicas", "2", "--exporter"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().to_str().expect("a path").to_owned();
    let write = ["metrics", "prometheus", "--interval", "2s", "--dir", &into];
    cluster.redos(&write).await.succeeds();
    cluster.redos(&write).await.succeeds();
    let configuration = folder.path().join("prometheus.yml").display().to_string();
    promtool(&["check", "config", &configuration]).await;
    let password = cluster.secrets().await.stats;
    for file in ["prometheus.yml", "redos-alerts.yml"] {
        let text = fs::read_to_string(folder.path().join(file)).expect("a file");
        assert!(!text.contains(password.expose()), "{file} shows the password");
    }

    let prometheus = Prometheus::start(folder.path()).await;
    assert_eq!(prometheus.all_up().await, 8, "3 Redis nodes, 3 Sentinels, a proxy, the exporter");

    // Every metric that a panel or an alert names is one that a real cluster gives.
    let names = prometheus.names().await;
    let dashboard = cluster.redos(&["metrics", "grafana"]).await.succeeds();
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let mut expressions: Vec<String> =
        targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect();
    assert!(expressions.len() > 20, "{}", expressions.len());
    let rules = cluster.redos(&["metrics", "prometheus", "--rules"]).await.succeeds();
    expressions.push(rules);
    let named: BTreeSet<String> = expressions.iter().flat_map(|expression| metrics_in(expression)).collect();
    let unknown: Vec<&String> = named.difference(&names).collect();
    assert!(unknown.is_empty(), "nothing gives {unknown:?}");

    // Each panel has data of a healthy cluster, and what the variables of the dashboard ask for is there.
    let group = Group::number(1).to_string();
    let filled = |asked: &str| asked.replace("$cluster", cluster.name.as_str()).replace("$group", &group);
    for panel in panels {
        for target in panel["targets"].as_array().expect("targets") {
            let expression = filled(target["expr"].as_str().expect("an expression"));
            eventually_within(SCRAPED, &format!("{} has data of {expression}", panel["title"]), async || {
                let answer = prometheus.query(&expression).await;
                assert_eq!(answer["status"], "success", "{expression}: {answer}");
                // A limit of memory that nobody has set is no line.
                expression.ends_with("> 0")
                    || answer["data"]["result"].as_array().is_some_and(|found| !found.is_empty())
            })
            .await;
        }
    }
    let marks = dashboard["annotations"]["list"][0]["expr"].as_str().expect("an expression");
    assert_eq!(prometheus.query(&filled(marks)).await["status"], "success", "{marks}");
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    for variable in variables.iter().filter(|variable| variable["type"] == "query") {
        let (name, query) = (&variable["name"], variable["query"].as_str().expect("a query"));
        let (series, label) = query["label_values(".len()..].trim_end_matches(')').rsplit_once(", ").expect("a label");
        let answer = prometheus.query(&format!("count by ({label}) ({})", filled(series))).await;
        let found = &answer["data"]["result"][0]["metric"][label];
        let wanted = if name == "cluster" { cluster.name.as_str() } else { &group };
        assert_eq!(found, wanted, "{query}: {answer}");
    }

    prometheus.stays_quiet().await;

    pause(&cluster, &[EXPORTER]).await;
    prometheus.fires(&["exporter-down"], "the exporter is paused").await;
    unpause(&cluster, &[EXPORTER]).await;
    prometheus.is_quiet("when it goes on").await;

    pause(&cluster, &[redis(3)]).await;
    prometheus.fires(&["node-down", "replica-lag"], "a replica is paused").await;
    unpause(&cluster, &[redis(3)]).await;
    prometheus.is_quiet("when it goes on").await;

    // Where the files belong is no place for them, and memory is nearly used up.
    let [folder, snapshot, appended] =
        [asked(&cluster, "dir").await, asked(&cluster, "dbfilename").await, asked(&cluster, "appenddirname").await];
    runs(&cluster, &format!("cd {folder} && rm -f {snapshot} && mkdir -p {snapshot}/full && chmod 500 {appended}"))
        .await;
    does(&cluster, redis(2), &["CONFIG", "SET", "maxmemory", "1900000"]).await;
    does(&cluster, redis(2), &["BGSAVE"]).await;
    prometheus.fires(&["memory-near", "save-failed"], "a node has little memory and no place for a snapshot").await;
    // It may refuse at once.
    let _: redis::RedisResult<redis::Value> =
        redis::cmd("BGREWRITEAOF").query_async(&mut cluster.admin(redis(2)).await).await;
    prometheus.fires(&["aof-rewrite-failed"], "a node has no place for a rewrite").await;
    runs(&cluster, &format!("cd {folder} && chmod 700 {appended} && rm -r {snapshot}")).await;
    does(&cluster, redis(2), &["CONFIG", "SET", "maxmemory", "0"]).await;
    does(&cluster, redis(2), &["BGSAVE"]).await;
    prometheus.quiet_about("save-failed").await;
    does(&cluster, redis(2), &["BGREWRITEAOF"]).await;
    prometheus.is_quiet("when there is room for all").await;

    does(&cluster, redis(2), &["ACL", "SETUSER", user::EXPORTER, "resetpass", ">x"]).await;
    prometheus.fires(&["exporter-refused", "node-down"], "the exporter's password was changed").await;
    cluster.redos(&["up"]).await.succeeds();
    prometheus.is_quiet("when it is repaired").await;

    // Without Sentinels nobody replaces a master that is away.
    pause(&cluster, &SENTINELS).await;
    prometheus.fires(&["no-quorum"], "no Sentinel answers").await;
    pause(&cluster, &[redis(1)]).await;
    prometheus.fires(&["no-master", "proxy-no-writes"], "the master does not answer either").await;
    unpause(&cluster, &[redis(1)]).await;
    // Nobody corrects a second master.
    does(&cluster, redis(2), &["REPLICAOF", "NO", "ONE"]).await;
    prometheus.fires(&["two-masters"], "two nodes claim to be master").await;
    does(&cluster, redis(2), &["REPLICAOF", "127.0.0.1", "1"]).await;
    prometheus.fires(&["replica-link-down"], "a replica follows nobody").await;
    unpause(&cluster, &SENTINELS).await;
    cluster.redos(&["up"]).await.succeeds();
    prometheus.is_quiet("when all is repaired").await;
    assert_eq!(cluster.inventory().await.nodes[&EXPORTER].state, NodeState::Running);

    // The last, because it is told for five minutes.
    let mut admin = cluster.admin(redis(2)).await;
    let mut set = redis::cmd("CONFIG");
    let () = set.arg("SET").arg("maxclients").arg(1).query_async(&mut admin).await.expect("set");
    prometheus.fires(&["node-down"], "a node takes no further client").await;
    let mut set = redis::cmd("CONFIG");
    let () = set.arg("SET").arg("maxclients").arg(1000).query_async(&mut admin).await.expect("set");
    prometheus.fires(&["clients-rejected"], "a node has refused clients").await;
}

/// Series of a healthy cluster of two Redis nodes and a Sentinel each of three, with their values.
const HEALTHY: [(&str, &str); 18] = [
    (r#"up{job="redos-proxy",cluster="c",node="proxy-1"}"#, "1x60"),
    (r#"up{job="redos-exporter",cluster="c",node="exporter-1",through="proxy-1"}"#, "1x60"),
    (r#"up{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "1x60"),
    (r#"up{job="redos-redis",cluster="c",group="g",node="redis-2"}"#, "1x60"),
    (r#"redis_up{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "1x60"),
    (r#"redis_up{job="redos-redis",cluster="c",group="g",node="redis-2"}"#, "1x60"),
    (r#"redis_up{job="redos-sentinel",cluster="c",node="sentinel-1"}"#, "1x60"),
    (r#"redis_up{job="redos-sentinel",cluster="c",node="sentinel-2"}"#, "1x60"),
    (r#"redis_up{job="redos-sentinel",cluster="c",node="sentinel-3"}"#, "1x60"),
    (MASTER, "1x60"),
    (
        r#"redis_sentinel_master_ckquorum_status{job="redos-sentinel",cluster="c",node="sentinel-1",master_name="g"}"#,
        "1x60",
    ),
    (r#"haproxy_backend_active_servers{job="redos-proxy",cluster="c",node="proxy-1",proxy="write_g"}"#, "1x60"),
    (r#"redis_master_link_up{job="redos-redis",cluster="c",group="g",node="redis-2"}"#, "1x60"),
    (
        r#"redis_connected_slave_lag_seconds{job="redos-redis",cluster="c",group="g",node="redis-1",slave_ip="a"}"#,
        "1x60",
    ),
    (r#"redis_rdb_last_bgsave_status{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "1x60"),
    (r#"redis_aof_last_write_status{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "1x60"),
    (r#"redis_aof_last_bgrewrite_status{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "1x60"),
    (r#"redis_memory_used_bytes{job="redos-redis",cluster="c",group="g",node="redis-1"}"#, "95x60"),
];
/// The series of the only master.
const MASTER: &str = r#"redis_instance_info{job="redos-redis",cluster="c",group="g",node="redis-1",role="master",maxmemory_policy="noeviction"}"#;

/// A test of `promtool` in which these series have other values, and these alerts fire.
fn rule_test(changes: &[(&str, &str)], ids: &[&str]) -> Value {
    let mut series: BTreeMap<&str, &str> = HEALTHY.into();
    for (name, values) in changes {
        if values.is_empty() {
            series.remove(name)
        } else {
            series.insert(name, values)
        };
    }
    let series: Vec<Value> =
        series.iter().map(|(name, values)| serde_json::json!({"series": name, "values": values})).collect();
    let samples: Vec<Value> =
        ids.iter().map(|id| serde_json::json!({"labels": format!("{{id=\"{id}\"}}"), "value": 1})).collect();
    serde_json::json!({
        "interval": "15s", "input_series": series,
        "promql_expr_test": [{
            "expr": "count by (id) (ALERTS{alertstate=\"firing\"})", "eval_time": "14m", "exp_samples": samples,
        }],
    })
}

#[tokio::test]
async fn promtool_agrees_about_each_rule() {
    let of = |job: &str, metric: &str, node: &str| {
        let group = if job == "redos-redis" { r#",group="g""# } else { "" };
        format!(r#"{metric}{{job="{job}",cluster="c"{group},node="{node}"}}"#)
    };
    let redis = |metric: &str, node: &str| of("redos-redis", metric, node);
    let [ups, standbys] = [r#"group="g""#, r#"group="g",standby="true""#].map(|labels| {
        ["redis-1", "redis-2"].map(|node| format!(r#"up{{job="redos-redis",cluster="c",{labels},node="{node}"}}"#))
    });
    let second = MASTER.replace("redis-1", "redis-2");
    let answers = r#"haproxy_server_status{job="redos-proxy",cluster="c",node="proxy-1",proxy="replicas_g",server="redis-2",state="UP"}"#;
    let (quorum, lag) = (HEALTHY[10].0, HEALTHY[13].0);
    let sentinels = ["sentinel-2", "sentinel-3"].map(|node| of("redos-sentinel", "redis_up", node));
    let tests = [
        rule_test(&[], &[]),
        rule_test(&[(MASTER, "")], &["no-master"]),
        rule_test(&[(MASTER, ""), (&ups[0], ""), (&ups[1], ""), (&standbys[0], "1x60"), (&standbys[1], "1x60")], &[]),
        rule_test(&[(MASTER, ""), (&ups[0], "0x60"), (&ups[1], "0x60")], &[]),
        rule_test(&[(&second, "1x60")], &["two-masters"]),
        rule_test(&[(quorum, "0x60")], &["no-quorum"]),
        rule_test(&[(HEALTHY[11].0, "0x60")], &["proxy-no-writes"]),
        rule_test(&[(&redis("redis_up", "redis-2"), "0x60")], &["node-down"]),
        rule_test(&[(HEALTHY[0].0, "0x60")], &["node-down"]),
        rule_test(&[(HEALTHY[12].0, "0x60")], &["replica-link-down"]),
        rule_test(&[(lag, "3x60")], &["replica-lag"]),
        rule_test(&[(HEALTHY[14].0, "0x60")], &["save-failed"]),
        rule_test(&[(HEALTHY[15].0, "0x60")], &["aof-write-failed"]),
        rule_test(&[(HEALTHY[16].0, "0x60")], &["aof-rewrite-failed"]),
        rule_test(&[(&redis("redis_memory_max_bytes", "redis-1"), "100x60")], &["memory-near"]),
        rule_test(&[(&redis("redis_memory_max_bytes", "redis-1"), "0x60")], &[]),
        rule_test(&[(&redis("redis_memory_max_bytes", "redis-1"), "200x60")], &[]),
        rule_test(&[(&redis("redis_rejected_connections_total", "redis-1"), "0+1x60")], &["clients-rejected"]),
        rule_test(&[(&redis("redis_rejected_connections_total", "redis-1"), "7x60")], &[]),
        rule_test(&[(HEALTHY[1].0, "0x60")], &["exporter-down"]),
        rule_test(&[(HEALTHY[1].0, "0x60"), (HEALTHY[0].0, "0x60")], &["node-down"]),
        rule_test(&[(&redis("redis_up", "redis-2"), "0x60"), (answers, "1x60")], &["exporter-refused", "node-down"]),
    ];
    let two_sentinels = [(&*sentinels[0], "0x60"), (&*sentinels[1], "0x60")];
    let silent = serde_json::json!({
        "interval": "15s",
        "input_series": rule_test(&two_sentinels, &[])["input_series"],
        "promql_expr_test": [{
            "expr": "count by (id) (ALERTS{alertstate=\"firing\"})", "eval_time": "14m",
            "exp_samples": [
                {"labels": "{id=\"no-quorum\"}", "value": 1}, {"labels": "{id=\"node-down\"}", "value": 2},
            ],
        }],
    });
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::new("rules").await;
    let rules = cluster.redos(&["metrics", "prometheus", "--rules"]).await.succeeds();
    for id in rules.lines().filter_map(|line| line.trim().strip_prefix("id: ")) {
        assert!(tests.iter().any(|test| test.to_string().contains(&format!("id=\\\"{id}\\\""))), "{id} has no test");
    }
    fs::write(folder.path().join("redos-alerts.yml"), rules).expect("written");
    let file = folder.path().join("tests.yml");
    let tests: Vec<Value> = tests.into_iter().chain([silent]).collect();
    // Every JSON text is YAML as well.
    let text = serde_json::json!({"rule_files": ["redos-alerts.yml"], "evaluation_interval": "15s", "tests": tests});
    fs::write(&file, text.to_string()).expect("written");
    promtool(&["test", "rules", file.to_str().expect("a path")]).await;
}
