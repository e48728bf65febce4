//! A cluster on three hosts: each an Engine of its own, in namespaces that only a wire connects.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redos::testing::spec::ClusterName;
use serde_json::Value;
use tokio::process::Command;

use crate::own_engine::OwnEngine;
use crate::support::{Cluster, Run, connect, eventually_within, places};
use crate::writers::{PATIENCE as ANSWERS_WITHIN, Writers};

/// How long the rest of a cluster may take without one of its hosts, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 3] = ["a", "b", "c"];

/// Three hosts on one wire. All of it is gone when this is dropped.
struct ThreeHosts {
    cluster: ClusterName,
    /// The wire: a bridge of this host.
    wire: String,
    /// The first three bytes of their addresses.
    net: String,
    engines: Vec<OwnEngine>,
}

impl ThreeHosts {
    async fn start() -> Self {
        places::take(places::MANY).await;
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = (std::process::id() + STARTED.fetch_add(1, Ordering::Relaxed)) % 250;
        let mut hosts = Self {
            cluster: Cluster::elsewhere("hosts"),
            wire: format!("rds{number}"),
            net: format!("10.213.{number}"),
            engines: Vec::new(),
        };
        ip(&format!("link add {} type bridge", hosts.wire)).await;
        ip(&format!("addr add {}.1/24 dev {}", hosts.net, hosts.wire)).await;
        ip(&format!("link set {} up", hosts.wire)).await;
        // Docker's own rules drop what is forwarded, also within a bridge.
        hosts.forwarding("-I").await;
        for place in 0..NAMES.len() {
            hosts.engines.push(OwnEngine::off());
            hosts.power_on(place).await;
        }
        hosts
    }

    async fn forwarding(&self, what: &str) {
        let rule = format!("{what} FORWARD -i {wire} -o {wire} -j ACCEPT", wire = self.wire);
        assert!(Command::new("iptables").args(rule.split(' ')).status().await.expect("iptables").success());
    }

    /// Starts a host, puts it on the wire, and starts its Engine.
    async fn power_on(&mut self, place: usize) {
        let (wire, net) = (&self.wire, &self.net);
        self.engines[place].boot(None).await;
        let init = self.engines[place].init();
        ip(&format!("link add {wire}-{place} type veth peer name eth0 netns {init}")).await;
        ip(&format!("link set {wire}-{place} master {wire} up")).await;
        let inside = format!("--net --target {init} ip");
        for what in [
            format!("addr add {net}.{}/24 dev eth0", place + 11),
            "link set eth0 up".to_owned(),
            format!("route add default via {net}.1"),
        ] {
            let words: Vec<&str> = inside.split(' ').chain(what.split(' ')).collect();
            assert!(Command::new("nsenter").args(&words).status().await.expect("nsenter").success(), "{words:?}");
        }
        self.engines[place].start_again().await;
    }

    /// The setting `hosts`.
    fn setting(&self) -> String {
        let host = |(place, engine): (usize, &OwnEngine)| {
            format!("{} {} {}.{}", NAMES[place], engine.address(), self.net, place + 11)
        };
        self.engines.iter().enumerate().map(host).collect::<Vec<_>>().join("; ")
    }

    async fn redos(&self, arguments: &[&str]) -> Run {
        self.redos_on(&self.setting(), arguments).await
    }

    /// `redos` with another setting `hosts`.
    async fn redos_on(&self, setting: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redos"));
        command.env_clear().args(["--project", self.cluster.as_str()]).args(arguments);
        command.env("PATH", std::env::var_os("PATH").expect("a path")).env("REDOS_HOSTS", setting);
        command.current_dir(std::env::temp_dir()).kill_on_drop(true).stdin(std::process::Stdio::null());
        let output = command.output().await.expect("the binary runs");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    async fn status(&self) -> Value {
        let run = self.redos(&["status", "-o", "json"]).await;
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr))
    }

    /// The names of containers, networks and volumes of the cluster on all hosts.
    async fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for place in 0..self.engines.len() {
            left.extend(self.left_on(place).await);
        }
        left
    }

    /// The same on one host.
    async fn left_on(&self, place: usize) -> Vec<String> {
        let mut left = Vec::new();
        for kind in
            ["container ls -a --format {{.Names}}", "network ls --format {{.Name}}", "volume ls --format {{.Name}}"]
        {
            let mut docker = Command::new("docker");
            docker.args(["--host", &self.engines[place].address()]).args(kind.split(' '));
            let said = docker.output().await.expect("docker").stdout;
            let named = String::from_utf8(said).expect("text");
            left.extend(named.lines().filter(|name| name.contains(self.cluster.as_str())).map(str::to_owned));
        }
        left
    }
}

impl Drop for ThreeHosts {
    fn drop(&mut self) {
        self.engines.clear();
        for (program, arguments) in [
            ("ip", format!("link del {}", self.wire)),
            ("iptables", format!("-D FORWARD -i {wire} -o {wire} -j ACCEPT", wire = self.wire)),
        ] {
            let _ = std::process::Command::new(program).args(arguments.split(' ')).status();
        }
    }
}

async fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status().await.expect("iproute2");
    assert!(done.success(), "ip {arguments}");
}

/// The hosts of the nodes in a list of the status.
fn hosts_of(nodes: &Value) -> Vec<&str> {
    let mut hosts: Vec<&str> =
        nodes.as_array().expect("a list").iter().filter_map(|node| node["host"].as_str()).collect();
    hosts.sort_unstable();
    hosts
}

#[tokio::test]
async fn a_cluster_on_three_hosts_survives_the_loss_of_the_one_with_its_master() {
    let mut hosts = ThreeHosts::start().await;
    // The others get the images from the first.
    hosts.engines[0].load_images().await;
    let settings = hosts.redos(&["config"]).await.succeeds();
    let encryption = settings.lines().find(|line| line.starts_with("encryption ")).expect("a line");
    assert!(encryption.contains("tls") && encryption.contains("several hosts"), "it is the default: {encryption}");
    let proxies = settings.lines().find(|line| line.starts_with("proxies ")).expect("a line");
    assert!(proxies.contains('3') && proxies.contains("one on each host"), "{proxies}");
    hosts.redos(&["host", "check"]).await.succeeds();
    // Another name for the Engine of a, and an address that c does not have.
    let (net, again) = (&hosts.net, hosts.engines[0].address().replace("unix:///", "unix:////"));
    let wrong = format!("{}; d {again} {net}.14", hosts.setting().replace(&format!("{net}.13"), &format!("{net}.99")));
    let checked = hosts.redos_on(&wrong, &["host", "check", "-o", "json"]).await;
    let document: Value = serde_json::from_str(&checked.stdout).unwrap_or_else(|_| panic!("{}", checked.stderr));
    let findings = document["findings"].as_array().expect("findings").iter();
    let found: Vec<_> = findings.map(|found| (found["host"].as_str(), found["id"].as_str())).collect();
    let wanted = vec![(Some("c"), Some("foreign-address")), (Some("d"), Some("same-engine"))];
    assert_eq!((checked.code, found), (Some(1), wanted), "{document}");
    let refused = hosts.redos_on(&wrong, &["up"]).await.fails(2);
    assert!(refused.contains("host d: its Engine is that of a"), "{refused}");
    assert_eq!(hosts.left().await, Vec::<String>::new(), "nothing was made");
    // Three hosts on the processors of one: with TLS the checks of three proxies take half of one of them.
    hosts.redos(&["up", "--tls=none", "--proxies", "1"]).await.succeeds();
    eventually_within(PATIENCE, "it is healthy", async || hosts.status().await["healthy"] == true).await;
    let status = hosts.status().await;
    for nodes in [&status["groups"][0]["nodes"], &status["sentinels"]] {
        assert_eq!(hosts_of(nodes), NAMES, "{nodes}");
    }
    assert_eq!(status["groups"][0]["master"]["address"], format!("{}.11:7123", hosts.net));
    hosts.redos(&["up"]).await.succeeds();
    hosts.redos(&["plan"]).await.succeeds();

    hosts.redos(&["cli", "--", "SET", "kept", "always"]).await.succeeds();
    hosts.redos(&["cli", "--", "WAIT", "2", "5000"]).await.succeeds();
    hosts.engines[0].lose_power().await;
    let listed = hosts.redos(&["host", "ls"]).await.succeeds();
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows[1].ends_with(&["away", "?/3"]) && rows[2].ends_with(&["2/2"]), "{listed}");
    assert!(listed.contains("a is away: there is no such socket"), "{listed}");
    eventually_within(PATIENCE, "another host has the master", async || {
        let status = hosts.status().await;
        let master = status["groups"][0]["master"]["node"].as_str();
        let is_told = status["reasons"]
            .as_array()
            .expect("reasons")
            .iter()
            .any(|why| why.as_str().is_some_and(|why| why.contains("the host a does not answer")));
        master.is_some_and(|master| master != "redis-1") && is_told && status["healthy"] == false
    })
    .await;
    let lost = hosts.status().await;
    assert_eq!(lost["groups"][0]["nodes"][0]["state"], "unknown");
    assert_eq!(hosts.redos(&["cli", "--", "GET", "kept"]).await.succeeds().trim(), "always");
    hosts.redos(&["cli", "--", "SET", "more", "meanwhile"]).await.succeeds();
    // Nothing is made anew on another host: redos says what it waits for.
    let refused = hosts.redos(&["up", "--timeout", "10s"]).await.fails(1);
    assert!(refused.contains("host a"), "{refused}");

    hosts.power_on(0).await;
    eventually_within(PATIENCE, "the host is back", async || hosts.status().await["healthy"] == true).await;
    assert_eq!(hosts.redos(&["cli", "--", "GET", "more"]).await.succeeds().trim(), "meanwhile");
    hosts.redos(&["failover"]).await.succeeds();
    // All nodes of a host stand still at once, and go on by themselves.
    let still = hosts.redos(&["chaos", "pause", "host:b", "--for", "2s"]).await;
    for node in ["redis-2", "sentinel-2"] {
        assert!(still.code == Some(0) && still.stderr.contains(node), "{}{}", still.stdout, still.stderr);
    }
    eventually_within(PATIENCE, "it has passed", async || hosts.status().await["healthy"] == true).await;
    hosts.redos(&["scale", "--replicas", "3"]).await.succeeds();
    let status = hosts.status().await;
    assert_eq!(hosts_of(&status["groups"][0]["nodes"]), ["a", "a", "b", "c"], "{status}");
    hosts.redos(&["down", "--volumes", "--yes"]).await.succeeds();
    assert_eq!(hosts.left().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_host_is_drained_under_load_and_nothing_is_lost() {
    let hosts = ThreeHosts::start().await;
    hosts.engines[0].load_images().await;
    hosts.redos(&["up", "--tls=none", "--proxies", "1", "--bind", "0.0.0.0"]).await.succeeds();
    // The host that is drained has the master, and the writers come through another one.
    hosts.redos(&["failover", "--to", "redis-3"]).await.succeeds();
    eventually_within(PATIENCE, "it is healthy", async || hosts.status().await["healthy"] == true).await;
    let url = hosts.redos(&["url"]).await.succeeds();
    let (login, rest) = url.trim().rsplit_once('@').expect("a URL with a login");
    let (_, port) = rest.rsplit_once(':').expect("a port");
    let url = format!("{login}@{}.11:{port}", hosts.net);
    let writers = Writers::start_at(&url, 10, ANSWERS_WITHIN);
    hosts.redos(&["host", "drain", "c", "--yes"]).await.succeeds();
    let (written, gap) = writers.stop().await;
    eprintln!("{} writes were acknowledged, {gap:?} passed between two of one writer at most", written.len());
    assert!(written.len() > 100, "they wrote: {}", written.len());
    let mut client = connect(&url).await.expect("a connection");
    for key in &written {
        let kept: Option<String> = redis::cmd("GET").arg(key).query_async(&mut client).await.expect("an answer");
        assert!(kept.is_some(), "{key} was acknowledged");
    }
    let setting = format!("{} drain", hosts.setting());
    eventually_within(PATIENCE, "it is healthy", async || hosts.status().await["healthy"] == true).await;
    let status = hosts.status().await;
    for nodes in [&status["groups"][0]["nodes"], &status["sentinels"]] {
        assert!(!hosts_of(nodes).contains(&"c") && hosts_of(nodes).len() == 3, "{nodes}");
    }
    hosts.redos_on(&setting, &["plan"]).await.succeeds();
    // Only the data that it had are left there.
    let left = hosts.left_on(2).await;
    assert!(left.iter().any(|name| name.ends_with("redis-3-data")), "{left:?}");
    let refused = hosts.redos_on(&setting, &["host", "rm", "c", "--yes"]).await.fails(2);
    assert!(refused.contains("with two hosts"), "{refused}");
    hosts.redos_on(&setting, &["down", "--volumes", "--yes"]).await.succeeds();
    assert_eq!(hosts.left().await, Vec::<String>::new());
}
