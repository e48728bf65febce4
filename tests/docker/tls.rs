//! Clusters with TLS: who gets in, who does not, and that nothing is lost in all that a cluster goes through.

use std::time::Duration;

use bollard::query_parameters as query;
use futures_util::TryStreamExt;
use redos::testing::spec::secret::{Certified, user};
use redos::testing::spec::{NodeId, REDIS_PORT, Role, SENTINEL_PORT};
use redos::testing::tls::new_authority;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::clients::{python, run_on};
use crate::support::{Cluster, connect, eventually, raw};
use crate::writers::{PATIENCE, Writers, missing};

/// A client of redis-rs, which checks the name of the server, with this authority.
pub fn client(url: &str, ca: &str) -> redis::Client {
    // Another scenario may have done it already.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let certificates = redis::TlsCertificates { client_tls: None, root_cert: Some(ca.as_bytes().to_vec()) };
    redis::Client::build_with_tls(url.trim(), certificates).expect("a client")
}

/// What a server says to a client without TLS.
async fn says_in_clear(address: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let mut answer = Vec::new();
    // It closes the connection, or the kernel resets it.
    let _ = stream.write_all(b"PING\r\nAUTH default x\r\nINFO\r\n").await;
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("it closes");
    answer
}

/// The `host:port` in a URL.
fn address(url: &str) -> &str {
    url.trim().trim_end_matches("/0").split_once('@').expect("a URL with a login").1
}

/// Runs the cluster's own redis-cli in a node.
pub async fn cli(cluster: &Cluster, arguments: &[&str]) -> String {
    cluster.redos(&[&["cli"], arguments].concat()).await.succeeds().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_clients_with_tls_and_the_right_authority_get_in() {
    let cluster = Cluster::new("tls").await;
    cluster.up(&["--tls", "--replicas", "1"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    assert!(url.starts_with("rediss://default:"), "{url}");
    let ca = cluster.redos(&["url", "--ca"]).await.succeeds();

    let by_name = url.replace("127.0.0.1", "localhost");
    for url in [&url, &by_name, &cluster.redos(&["url", "--read"]).await.succeeds()] {
        let mut connection = client(url, &ca).get_multiplexed_async_connection().await.expect("a connection");
        let pong: String = redis::cmd("PING").query_async(&mut connection).await.expect("an answer");
        assert_eq!(pong, "PONG");
    }
    // The right server, under a name that it does not have.
    let elsewhere = TcpListener::bind("127.0.0.3:0").await.expect("a port");
    let elsewhere_url = url.replace(address(&url), &elsewhere.local_addr().expect("an address").to_string());
    let here = address(&url).to_owned();
    let forwarder = tokio::spawn(async move {
        while let Ok((mut from, _)) = elsewhere.accept().await {
            let mut to = TcpStream::connect(&here).await.expect("the port is open");
            let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
        }
    });
    let refused = client(&elsewhere_url, &ca).get_multiplexed_async_connection().await.map(drop);
    let refused = refused.expect_err("another name").to_string();
    assert!(refused.contains("certificate") || refused.contains("not valid for name"), "{refused}");
    forwarder.abort();
    let other = new_authority(&cluster.name).expect("another authority").certificate;
    client(&url, &other).get_multiplexed_async_connection().await.map(drop).expect_err("another authority");

    let inventory = cluster.inventory().await;
    let mut addresses = vec![address(&url).to_owned()];
    for (node, facts) in &inventory.nodes {
        let port = match node.role() {
            Role::Redis => REDIS_PORT,
            Role::Sentinel => SENTINEL_PORT,
            Role::Proxy | Role::Exporter | Role::Guard => continue,
        };
        addresses.push(format!("{}:{port}", facts.address.expect("an address")));
    }
    assert_eq!(addresses.len(), 6);
    for address in &addresses {
        let said = says_in_clear(address).await;
        assert!(!String::from_utf8_lossy(&said).contains(['+', '-', '$']), "{address}: {said:?}");
        connect(&format!("redis://default:x@{address}")).await.map(drop).expect_err("no plain port");
    }

    assert_eq!(cli(&cluster, &["--", "SET", "a", "1"]).await, "OK");
    assert_eq!(cli(&cluster, &["redis-2", "--", "GET", "a"]).await, "1");
    assert!(cli(&cluster, &["sentinel-1", "--", "SENTINEL", "CKQUORUM", "mymaster"]).await.starts_with("OK 3"));
    let variables: Value =
        serde_json::from_str(&cluster.redos(&["env", "--format", "json"]).await.succeeds()).expect("JSON");
    assert_eq!(variables["REDIS_CA_PEM"].as_str().map(str::trim), Some(ca.trim()));
    let status = cluster.status().await;
    assert_eq!((&status["healthy"], &status["encryption"]), (&true.into(), &"tls".into()), "{status:#}");
    assert!(
        status["certificates"]["daysLeft"].as_i64().is_some_and(|days| (1824..=1825).contains(&days)),
        "{status:#}"
    );
    let doctor: Value = serde_json::from_str(&cluster.redos(&["doctor", "-o", "json"]).await.stdout).expect("JSON");
    let findings = doctor["findings"].as_array().expect("findings");
    let is_critical = |finding: &&Value| finding["severity"] == "critical";
    assert_eq!(findings.iter().filter(is_critical).collect::<Vec<_>>(), Vec::<&Value>::new());
    shows_no_key(&cluster).await;
}

/// No private key is in what Docker shows of the containers, or in what they log.
async fn shows_no_key(cluster: &Cluster) {
    let Certified { key, certificate, .. } = cluster.secrets().await.authority.expect("an authority");
    let line = |pem: &str| pem.lines().nth(1).expect("a second line").to_owned();
    let (key, certificate) = (line(key.expose()), line(&certificate));
    assert_ne!(key, certificate);
    for (node, facts) in cluster.inventory().await.nodes {
        let seen = raw().inspect_container(&facts.name, None::<query::InspectContainerOptions>).await;
        let mut shown = format!("{:?}", seen.expect("a container"));
        let options = query::LogsOptions { stdout: true, stderr: true, ..Default::default() };
        let logs: Vec<_> = raw().logs(&facts.name, Some(options)).try_collect().await.expect("a log");
        shown.extend(logs.iter().map(|log| String::from_utf8_lossy(log.as_ref()).into_owned()));
        assert!(!shown.contains("PRIVATE KEY") && !shown.contains(&key), "{node} shows a private key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_is_lost_in_switchover_failover_scale_and_restart() {
    let cluster = Cluster::demanding("tlsload").await;
    cluster.up(&["--tls"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let ca = cluster.redos(&["url", "--ca"]).await.succeeds();
    let client = client(&url, &ca);

    let writers = Writers::of(&client, 50, PATIENCE);
    eventually("all write", async || writers.acknowledged() > 200).await;
    cluster.redos(&["failover"]).await.succeeds();
    let old = cluster.master().await;
    cluster.kill(old).await;
    let status = async || cluster.status().await["groups"][0]["master"]["node"].as_str().map(str::to_owned);
    eventually("another node is master", async || status().await.is_some_and(|node| node != old.to_string())).await;
    cluster.redos(&["up", "-q"]).await.succeeds();
    cluster.redos(&["scale", "--replicas", "3", "--sentinels", "5", "--proxies", "2"]).await.succeeds();
    let (keys, gap) = writers.stop().await;
    cluster.settled().await;
    assert!(keys.len() > 500, "{}", keys.len());
    assert!(gap < Duration::from_secs(20), "{gap:?}");

    let before = cluster.secrets().await.authority;
    cluster.redos(&["down"]).await.succeeds();
    cluster.redos(&["up"]).await.succeeds();
    cluster.settled().await;
    assert_eq!(cluster.secrets().await.authority, before, "clients go on trusting it");
    let url = cluster.redos(&["url"]).await.succeeds();
    let mut connection = self::client(&url, &ca).get_multiplexed_async_connection().await.expect("a connection");
    assert_eq!(missing(&keys, &mut connection).await, Vec::<String>::new());
    cluster.redos(&["scale", "--replicas", "2", "--sentinels", "3", "--proxies", "1"]).await.succeeds();
    cluster.settled().await;
}

#[tokio::test]
async fn a_failover_test_and_faults_by_the_agent_work_with_tls() {
    let cluster = Cluster::demanding("tlsfault").await;
    cluster.up(&["--tls"]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    for fault in [&["--fault", "pause"][..], &["--fault", "kill", "--durability", "wait", "--rate", "100"]] {
        let path = folder.path().to_str().expect("a path");
        let own = ["failover-test", "--report", path, "-o", "json", "--max-outage", "30s"];
        let run = cluster.redos(&[&own, fault].concat()).await;
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
        let integrity = &report["rounds"][0]["integrity"];
        assert_eq!(integrity["lost"], 0, "{integrity}");
        assert!(integrity["acknowledged"].as_u64().is_some_and(|writes| writes > 500), "{integrity}");
    }
    cluster.settled().await;
    cluster.redos(&["chaos", "client-pause", "master", "--for", "6s"]).await.succeeds();
    cluster.settled().await;
    for rate in ["2mbit", "4mbit"] {
        let throttled = cluster.redos(&["chaos", "throttle", "redis-2", "--rate", rate, "--for", "2s"]).await;
        assert!(throttled.stderr.contains(" get through, "), "what was measured is told: {}", throttled.stderr);
        throttled.succeeds();
    }
    cluster.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_in_python_verify_the_names_of_proxies_and_nodes() {
    let cluster = Cluster::new("tlspy").await;
    cluster.up(&["--tls", "--replicas", "1", "--sentinels", "1", "--tls-names", "redis.example.com"]).await.succeeds();
    let image = python(&cluster).await;
    let ca = cluster.redos(&["url", "--ca"]).await.succeeds();
    let password = cluster.secrets().await.app;
    let proxy = cluster.address(NodeId::Proxy(1)).await;
    let master = cluster.master().await;
    let mut said = Vec::new();
    let names = ["proxy", "proxy-1"].map(|name| format!("{}-{name}", cluster.name));
    let hosts =
        names.into_iter().chain([proxy.to_string(), master.to_string(), cluster.address(master).await.to_string()]);
    for host in hosts {
        let url = format!("rediss://{}:{}@{host}:6379/0", user::APPLICATION, password.expose());
        let environment = [format!("REDIS_URL={url}"), format!("REDIS_CA_PEM={ca}")];
        said.push((host, run_on(&image, cluster.name.as_str(), &environment, &["python3", "tls.py"]).await));
    }
    let names = cluster.redos(&["exec", "redis-1", "--", "cat", "/data/conf/node.pem"]).await.succeeds();
    raw().remove_image(&image, None::<query::RemoveImageOptions>, None).await.expect("removed");
    for (host, said) in said {
        assert_eq!(said, "hello\n", "{host}");
    }
    assert!(names.starts_with("-----BEGIN CERTIFICATE"), "{names}");
}

#[tokio::test]
async fn a_backup_goes_into_a_cluster_with_tls_and_back_in_place() {
    let cluster = Cluster::new("tlsback").await;
    cluster.up(&["--tls", "--replicas", "1", "--sentinels", "1"]).await.succeeds();
    assert_eq!(cli(&cluster, &["--", "SET", "kept", "1"]).await, "OK");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tls.redos");
    let file = file.to_str().expect("a path");
    cluster.redos(&["backup", file]).await.succeeds();
    cluster.redos(&["backup", "verify", file]).await.succeeds();
    assert_eq!(cli(&cluster, &["--", "SET", "later", "1"]).await, "OK");
    cluster.redos(&["restore", file, "--yes"]).await.succeeds();
    cluster.settled().await;
    assert_eq!(cli(&cluster, &["--", "EXISTS", "kept", "later"]).await, "1");

    let from = Cluster::new("tlsfrom").await;
    from.up(&["--tls", "--replicas", "1", "--sentinels", "1", "--from", file]).await.succeeds();
    assert_eq!(cli(&from, &["--", "GET", "kept"]).await, "1");
    let both =
        [cluster.secrets().await, from.secrets().await].map(|secrets| secrets.authority.expect("one").certificate);
    assert_ne!(both[0], both[1], "each cluster has its own");
}
