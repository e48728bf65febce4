//! What a cluster keeps from those who have no password, from applications, and from whoever may look at its containers.

use std::net::SocketAddrV4;

use bollard::query_parameters as query;
use redis::AsyncCommands;
use redos::engine::Engine;
use redos::spec::{NodeId, REDIS_PORT, SENTINEL_PORT, STATS_PORT, render};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Cluster, connect, raw};

fn command(words: &[&str]) -> redis::Cmd {
    let mut command = redis::Cmd::new();
    command.arg(words);
    command
}

/// What a server says to these lines and to nothing before them.
async fn says(address: &str, lines: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    stream.write_all(lines.as_bytes()).await.expect("written");
    stream.shutdown().await.expect("no more is said");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn without_a_password_no_server_gives_anything() {
    let cluster = Cluster::new("secure").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let (_, proxied) = url.trim().trim_end_matches("/0").split_once('@').expect("user information");
    let facts = cluster.inventory().await.nodes;
    let at = |node: &NodeId, port| SocketAddrV4::new(facts[node].address.expect("an address"), port).to_string();

    let mut redis = vec![proxied.to_owned()];
    redis.extend(facts.keys().filter(|node| matches!(node, NodeId::Redis { .. })).map(|node| at(node, REDIS_PORT)));
    for address in redis {
        let said = says(&address, "PING\r\nGET a\r\nINFO\r\nPUBLISH a b\r\nSUBSCRIBE a\r\nACL WHOAMI\r\n").await;
        assert_eq!(said.matches("-NOAUTH").count(), 6, "{address}: {said}");
    }
    for sentinel in facts.keys().filter(|node| matches!(node, NodeId::Sentinel(_))) {
        let lines = "PING\r\nSENTINEL MASTERS\r\nSENTINEL FAILOVER mymaster\r\nINFO\r\nSUBSCRIBE a\r\n";
        let said = says(&at(sentinel, SENTINEL_PORT), lines).await;
        assert_eq!(said.matches("-NOAUTH").count(), 5, "{sentinel}: {said}");
    }
    for path in ["/haproxy_stats", "/haproxy_stats;csv", "/metrics", "/metrics?scope=global"] {
        let said = says(&at(&NodeId::Proxy(1), STATS_PORT), &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert!(said.starts_with("HTTP/1.1 401"), "{path}: {said}");
    }
}

#[tokio::test]
async fn applications_neither_administer_nor_hear_or_forge_what_sentinels_say() {
    let cluster = Cluster::new("apps").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    let forged = client.publish::<_, _, i64>("__sentinel__:hello", "x").await.expect_err("not an application's");
    assert_eq!(forged.code(), Some("NOPERM"), "{forged}");
    let lua = ["EVAL", "return redis.call('PUBLISH', '__sentinel__:hello', 'x')", "0"];
    assert!(command(&lua).query_async::<i64>(&mut client).await.is_err(), "nor through Lua");
    // A pattern of PSUBSCRIBE is compared as it stands with what is allowed, so whoever may use patterns may hear all; but
    // not speak.
    let denied: [&[&str]; 7] = [
        &["REPLICAOF", "NO", "ONE"],
        &["SHUTDOWN"],
        &["ACL", "LIST"],
        &["CONFIG", "SET", "save", ""],
        &["SUBSCRIBE", "__sentinel__:hello"],
        &["SSUBSCRIBE", "__sentinel__:hello"],
        &["SPUBLISH", "__sentinel__:hello", "x"],
    ];
    let url = cluster.redos(&["url"]).await.succeeds();
    for words in denied {
        // One that was allowed to subscribe could ask for nothing else.
        let mut client = connect(url.trim()).await.expect("a connection");
        let asked = command(words).query_async::<redis::Value>(&mut client).await;
        let error = asked.expect_err(&words.join(" "));
        assert_eq!(error.code(), Some("NOPERM"), "{words:?}: {error}");
    }
}

#[tokio::test]
async fn nothing_secret_shows_and_containers_are_locked_down() {
    let cluster = Cluster::new("locked").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let inventory = cluster.inventory().await;
    let first = *inventory.nodes.keys().next().expect("a node");
    let secrets = cluster.engine.read_file(&cluster.name, first, render::SECRETS_FILE).await.expect("readable");
    let secrets: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&secrets.expect("there")).expect("JSON");
    let secrets: Vec<&str> = secrets.values().filter_map(serde_json::Value::as_str).collect();
    assert!(secrets.len() >= 6 && secrets.iter().all(|secret| secret.len() * 4 >= 128), "hexadecimal digits");
    let shows_none = |what: &str, text: &str| {
        assert!(!text.is_empty() && secrets.iter().all(|secret| !text.contains(secret)), "{what} shows a password");
    };
    let docker = raw();
    for (node, facts) in &inventory.nodes {
        let inspect = docker.inspect_container(&facts.name, None::<query::InspectContainerOptions>).await;
        let inspect = inspect.expect("the container");
        shows_none(&facts.name, &serde_json::to_string(&inspect).expect("JSON"));
        shows_none("its log", &cluster.engine.log_tail(&cluster.name, *node, 100_000).await.expect("a log"));
        let processes = docker.top_processes(&facts.name, None::<query::TopOptions>).await.expect("its processes");
        shows_none("its command line", &serde_json::to_string(&processes).expect("JSON"));
        let host = inspect.host_config.expect("a host configuration");
        assert_eq!(host.cap_drop.as_deref(), Some(&["ALL".to_owned()][..]), "{node}");
        let options = host.security_opt.unwrap_or_default();
        assert!(options.iter().any(|option| option.starts_with("no-new-privileges")), "{node}");
        assert_eq!((host.readonly_rootfs, host.privileged), (Some(true), Some(false)), "{node}");
        let user = inspect.config.and_then(|config| config.user).unwrap_or_default();
        assert!(!user.is_empty() && !user.starts_with('0') && user != "root", "{node} runs as '{user}'");
    }
    for volume in inventory.volumes.values() {
        let volume = docker.inspect_volume(&volume.name).await.expect("a volume");
        shows_none(&volume.name, &serde_json::to_string(&volume).expect("JSON"));
    }
    let network = inventory.network.expect("a network").id;
    let network = docker.inspect_network(&network, None::<query::InspectNetworkOptions>).await.expect("a network");
    shows_none("the network", &serde_json::to_string(&network).expect("JSON"));
}
