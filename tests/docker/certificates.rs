//! Certificates that are renewed under load, for other names, after they have expired, and by a redos that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use bollard::query_parameters as query;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd,
};
use redis::aio::MultiplexedConnection;
use redos::testing::engine::{NodeFile, Nodes};
use redos::testing::spec::encryption::{ShownCertificate, Validity, certificate_names};
use redos::testing::spec::render::{CERTIFICATE_DIRECTIVES, tls_files};
use redos::testing::spec::{Certified, NodeId, Role};
use redos::testing::tls::Trust;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::kills::moments;
use crate::rotation::none_failed;
use crate::support::{Cluster, eventually, eventually_within, raw};
use crate::tls::{cli, client};
use crate::writers::Writers;

/// Writes before and after each change.
const ENOUGH: usize = 200;
/// So that a write fails only when it is refused or cut off, also on a busy machine.
const ANSWER: Duration = Duration::from_secs(10);
/// Seconds of a day.
const DAY: u64 = 86_400;

/// The Redis nodes and Sentinels of a cluster.
fn nodes(cluster: &Cluster) -> Vec<NodeId> {
    let has_one = |node: &NodeId| matches!(node.role(), Role::Redis | Role::Sentinel);
    cluster.spec().nodes().into_iter().filter(has_one).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_secs()
}

/// The certificates that nodes show to a new connection.
async fn shown(cluster: &Cluster) -> BTreeMap<NodeId, ShownCertificate> {
    let authority = cluster.secrets().await.authority.expect("an authority");
    let trust = Trust::of(&authority.certificate);
    let mut all = BTreeMap::new();
    for node in nodes(cluster) {
        let address = (cluster.address(node).await, node.server_port());
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (_, shown) = trust.secure(Box::new(stream)).await.expect("a server of the cluster");
        all.insert(node, shown.expect("a certificate"));
    }
    all
}

/// A certificate of the cluster's authority for a node that was made 300 days ago.
fn old(cluster: &Cluster, authority: &Certified, names: &BTreeSet<String>, expires: u64) -> Certified {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = rcgen::DistinguishedName::new();
    issuer.distinguished_name.push(DnType::CommonName, format!("redos cluster {}", cluster.name));
    issuer.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let issuer = Issuer::new(issuer, KeyPair::from_pem(authority.key.expose()).expect("a key"));
    let mut leaf = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>()).expect("names");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    leaf.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(now() - 300 * DAY);
    leaf.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(expires);
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&key, &issuer).expect("a certificate");
    Certified::new(certificate.pem(), key.serialize_pem(), expires)
}

/// Gives all nodes certificates that expire then, as if so much time had gone by.
///
/// Sentinels read theirs when they start. With `restart` Redis nodes are restarted as well, so that no connection is left.
async fn age(cluster: &Cluster, expires: u64, restart: bool) {
    let authority = cluster.secrets().await.authority.expect("an authority");
    let subnet = cluster.inventory().await.network.expect("a network").subnet;
    for node in nodes(cluster) {
        let own = old(cluster, &authority, &certificate_names(&cluster.spec(), subnet, node), expires);
        let file = |file: redos::testing::spec::render::RenderedFile| NodeFile {
            path: file.path,
            content: file.content.into_bytes(),
            mode: file.mode,
        };
        let files = tls_files(&authority, Some(&own)).into_iter().map(file).collect();
        cluster.engine.write_files(&cluster.name, node, files).await.expect("written");
        if node.role() == Role::Redis && !restart {
            let [(certificate, path), (key, key_path)] = CERTIFICATE_DIRECTIVES;
            let name = node.to_string();
            let set = [&name, "--admin", "--", "CONFIG", "SET", certificate, path, key, key_path];
            assert_eq!(cli(cluster, &set).await, "OK");
        }
    }
    for node in nodes(cluster).into_iter().filter(|node| restart || node.role() == Role::Sentinel) {
        let name = cluster.container(node);
        raw().restart_container(&name, None::<query::RestartContainerOptions>).await.expect("restarted");
    }
}

/// What a failover, a restart or a full copy would change.
async fn history(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut history = BTreeMap::new();
    for sentinel in cluster.status().await["sentinels"].as_array().expect("Sentinels") {
        history.insert(sentinel["node"].to_string(), sentinel["epochs"].to_string());
    }
    for node in nodes(cluster).into_iter().filter(|node| node.role() == Role::Redis) {
        let info = cli(cluster, &[&node.to_string(), "--admin", "--", "INFO"]).await;
        for name in ["role", "sync_full", "master_replid", "run_id"] {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            history.insert(format!("{name} of {node}"), value.expect("a field").trim().to_owned());
        }
    }
    history
}

/// A client with the URL and the authority that redos prints; it checks the server's names.
async fn application(cluster: &Cluster) -> redis::Client {
    client(&cluster.redos(&["url"]).await.succeeds(), &cluster.redos(&["url", "--ca"]).await.succeeds())
}

/// Waits for further writes.
async fn all_write(writers: &Writers) {
    let before = writers.acknowledged();
    eventually("clients write", async || writers.acknowledged() >= before + ENOUGH).await;
}

async fn connected(client: &redis::Client) -> MultiplexedConnection {
    let config = redis::AsyncConnectionConfig::new();
    let config = config.set_connection_timeout(Some(ANSWER)).set_response_timeout(Some(ANSWER));
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_under_load_and_no_connection_to_redis_ends() {
    let cluster = Cluster::demanding("tlsrenew").await;
    cluster.up(&["--tls"]).await.succeeds();
    age(&cluster, now() + 20 * DAY, false).await;
    eventually("all is well", async || cluster.redos(&["status", "-q"]).await.code == Some(0)).await;
    let before = shown(&cluster).await;
    assert!(before.values().all(|shown| shown.validity == Validity::Short), "{before:#?}");

    let status = cluster.status().await;
    assert!(status["certificates"]["daysLeft"].as_i64().is_some_and(|days| days < 21), "{status:#}");
    let remarks = status["remarks"].to_string();
    assert!(remarks.contains("less than a third of its time left; renew it: redos -p"), "{remarks}");
    let doctor = cluster.redos(&["doctor"]).await.stdout;
    assert!(doctor.contains("certificates expire at") && doctor.contains(" up"), "{doctor}");
    let plan = cluster.redos(&["plan"]).await.exits(1);
    assert!(plan.contains("give redis-1 a new certificate"), "{plan}");

    let client = application(&cluster).await;
    let history_before = history(&cluster).await;
    let writers = Writers::of(&client, 100, ANSWER);
    all_write(&writers).await;
    let up = cluster.redos(&["up", "-o", "json"]).await.succeeds();
    all_write(&writers).await;
    none_failed(&mut connected(&client).await, writers, 2 * ENOUGH).await;
    let up: Value = serde_json::from_str(&up).expect("JSON");
    let all: Vec<String> = nodes(&cluster).iter().map(ToString::to_string).collect();
    assert_eq!(up["renewedCertificates"], json!(all));
    let after = shown(&cluster).await;
    for (node, shown) in &after {
        assert_eq!((shown.validity, &shown.names), (Validity::Ample, &before[node].names), "{node}");
        assert!(shown.expires > now() + 360 * DAY, "{node}: {shown:?}");
    }
    cluster.settled().await;
    assert_eq!(history(&cluster).await, history_before, "no failover, no restart and no full copy");
    assert_eq!(cluster.status().await["remarks"], json!([]));

    // Other names, while clients go on.
    let writers = Writers::of(&client, 100, ANSWER);
    all_write(&writers).await;
    let up = cluster.redos(&["up", "--tls-names", "redis.example.com"]).await;
    assert!(up.stderr.contains("new certificates of redis-1, redis-2, redis-3, sentinel-1"), "{}", up.stderr);
    up.succeeds();
    all_write(&writers).await;
    none_failed(&mut connected(&client).await, writers, 2 * ENOUGH).await;
    let named = shown(&cluster).await;
    assert!(named.values().all(|shown| shown.names.contains("redis.example.com")), "{named:#?}");
    assert_eq!(history(&cluster).await, history_before, "no failover, no restart and no full copy");
    cluster.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_killed_anywhere_ends_with_up() {
    let cluster = Cluster::demanding("tlskill").await;
    cluster.up(&["--tls"]).await.succeeds();
    let client = application(&cluster).await;
    let history_before = history(&cluster).await;
    let writers = Writers::of(&client, 100, ANSWER);
    let mut kills = 0;
    for after in moments(3, 200..4500) {
        let requested = now();
        let killed = cluster.killed_after(&["up", "--renew-certificates"], after).await;
        kills += u32::from(killed.was_at_work);
        // From the moment on in which the request is recorded, the next 'up' carries it out.
        let is_requested = cluster.inventory().await.recorded.expect("a record").tls.renewed >= Some(requested);
        cluster.redos(&["up"]).await.succeeds();
        cluster.settled().await;
        let shown = shown(&cluster).await;
        assert!(!is_requested || shown.values().all(|shown| shown.made >= requested), "{after} ms: {shown:#?}");
    }
    assert!(kills >= 2, "only {kills} renewals were killed");
    none_failed(&mut connected(&client).await, writers, 500).await;
    assert_eq!(history(&cluster).await, history_before, "no failover, no restart and no full copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_certificates_have_expired_is_repaired_by_up() {
    let cluster = Cluster::new("tlsexpired").await;
    cluster.up(&["--tls"]).await.succeeds();
    let client = application(&cluster).await;
    let () = redis::cmd("SET").arg("kept").arg(1).query_async(&mut connected(&client).await).await.expect("written");
    age(&cluster, now() - DAY, true).await;
    let broken = async || cluster.reasons().await.contains("certificates expired at");
    eventually_within(Duration::from_secs(60), "status says what is wrong", broken).await;
    let doctor = cluster.redos(&["doctor"]).await.stdout;
    assert!(doctor.contains("certificates expired at") && doctor.contains(" up"), "{doctor}");
    let refused = timeout(ANSWER, client.get_multiplexed_async_connection()).await;
    assert!(!matches!(refused, Ok(Ok(_))), "clients check the time");

    cluster.redos(&["up"]).await.succeeds();
    cluster.settled().await;
    let kept: String =
        redis::cmd("GET").arg("kept").query_async(&mut connected(&client).await).await.expect("an answer");
    assert_eq!(kept, "1");
    assert!(shown(&cluster).await.values().all(|shown| shown.validity == Validity::Ample));
}
