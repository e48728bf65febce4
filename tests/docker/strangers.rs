//! Connections to a cluster's ports by whoever has no password.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId, REDIS_PORT, SENTINEL_PORT, Spec, proxy_group_ports};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Cluster, connect, exec};

/// How long the proxy lets a stranger stay, by the two limits that it has one after the other, and room for a busy machine.
const STAY: Duration = Duration::from_secs(20);

/// Opens connections that say `words` and then nothing, one after the other.
async fn strangers(address: &str, count: usize, words: &str) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..count {
        // One address may have only so many connections. The proxy closes further ones at once.
        let Ok(mut stranger) = TcpStream::connect(address).await else { continue };
        if stranger.write_all(words.as_bytes()).await.is_ok() {
            open.push(stranger);
        }
    }
    open
}

/// All that the other side says until it closes the connection.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    // A reset also counts as closed.
    let _ = timeout(STAY, stream.read_to_end(&mut said)).await.expect("closed after some seconds");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn strangers_are_closed_soon_and_applications_go_on_meanwhile() {
    let cluster = Cluster::new("idle").await;
    cluster.up(&["--replicas", "0", "--sentinels", "1"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let (_, address) = url.trim().trim_end_matches("/0").split_once('@').expect("user information");
    let mut held = cluster.client(&[]).await;
    let () = held.set("key", "value").await.expect("written");
    let mut subscribed =
        redis::Client::open(url.trim()).expect("a URL").get_async_pubsub().await.expect("a connection");
    subscribed.subscribe("news").await.expect("subscribed");

    // Not more than Docker's port forwarder bears: it needs six descriptors for a connection and may have 20,000.
    for words in ["", "*2\r\n$4\r\nAUTH\r\n"] {
        let open = strangers(address, 2500, words).await;
        let mut new = connect(url.trim()).await.expect("one that connects meanwhile finds room");
        assert_eq!(new.get::<_, String>("key").await.expect("an answer"), "value");
        let () = held.set("key", "value").await.expect("one that is in goes on");
        for stranger in open {
            assert_eq!(until_closed(stranger).await, "", "{words:?}");
        }
    }
    for (words, answer) in [("PING\r\n", "-NOAUTH"), ("AUTH wrong\r\n", "-WRONGPASS"), ("RESET\r\n", "+RESET")] {
        let stranger = strangers(address, 1, words).await.pop().expect("a connection");
        let said = until_closed(stranger).await;
        assert!(said.starts_with(answer), "{words:?}: {said}");
    }
    let () = held.publish("news", "heard").await.expect("one that is idle and has logged in stays");
    assert!(subscribed.on_message().next().await.is_some(), "so does a subscriber");
}

#[tokio::test]
async fn one_address_leaves_room_for_others() {
    let cluster = Cluster::new("greedy").await;
    cluster.up(&["--replicas", "0", "--sentinels", "1"]).await.succeeds();
    let proxy = cluster.address(NodeId::Proxy(1)).await;
    let port = proxy_group_ports(Group::number(1)).write;
    let began = Instant::now();
    let open = strangers(&SocketAddrV4::new(proxy, port).to_string(), 5000, "*2\r\n$4\r\nAUTH\r\n").await;
    let (proxy, port) = (proxy.to_string(), port.to_string());
    let password = cluster.secrets().await.app;
    let ask =
        ["redis-cli", "-h", &proxy, "-p", &port, "-a", password.expose(), "--no-auth-warning", "SET", "key", "value"];
    let asked = timeout(STAY, exec(&cluster.engine, &cluster.name, Spec::head(), &ask)).await.expect("there is room");
    let output = asked.expect("the image has redis-cli");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "OK");
    assert!(began.elapsed() < Duration::from_secs(5), "the strangers are still there");
    drop(open);
}

/// Redis itself takes 10,000 clients, and has no time limit for those who do not log in.
#[tokio::test]
async fn strangers_at_a_node_keep_neither_writes_nor_sentinels_out() {
    const MANY: usize = 10_100;
    let cluster = Cluster::new("crowded").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let more = rustix::process::Rlimit { current: files.maximum, ..files };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, more).expect("up to the hard limit");
    for (node, port) in [(Spec::head(), REDIS_PORT), (NodeId::Sentinel(1), SENTINEL_PORT)] {
        let address = SocketAddrV4::new(cluster.address(node).await, port).to_string();
        let open = strangers(&address, MANY, "").await;
        assert_eq!(open.len(), MANY, "{node} takes them");
        let mut client = cluster.client(&[]).await;
        let () = client.set("key", "value").await.expect("written");
        assert_eq!(client.get::<_, String>("key").await.expect("read"), "value");
        cluster.redos(&["status"]).await.succeeds();
        drop(open);
    }
}

/// Docker's port forwarder of a published port: the process that listens on it.
fn forwarder(port: u16) -> Option<rustix::process::Pid> {
    let processes = std::fs::read_dir("/proc").expect("this host's processes").flatten();
    let of_process = |process: &std::fs::DirEntry| {
        let words = std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        let words: Vec<&str> = words.split('\0').collect();
        let is_for = |pair: &[&str]| pair == ["-host-port", &port.to_string()];
        words[0].ends_with("docker-proxy") && words.windows(2).any(is_for)
    };
    let id = processes.into_iter().find(of_process)?.file_name().to_str()?.parse().ok()?;
    rustix::process::Pid::from_raw(id)
}

#[tokio::test]
async fn a_published_port_that_leads_nowhere_is_named_and_cured() {
    let cluster = Cluster::new("forward").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--proxies", "2"]).await.succeeds();
    let published = async |proxy: u16, inside: u16| {
        let inventory = cluster.inventory().await;
        let ports = &inventory.nodes[&NodeId::Proxy(proxy)].ports;
        *ports.iter().find(|port| port.container == inside).expect("a published port")
    };
    let ports = proxy_group_ports(Group::number(1));
    for inside in [ports.write, ports.read] {
        let port = published(1, inside).await;
        let Some(forwarder) = forwarder(port.host) else {
            panic!("this Engine forwards ports by a process of its own")
        };
        rustix::process::kill_process(forwarder, rustix::process::Signal::KILL).expect("root may");
        let sentence = format!("127.0.0.1:{} is published for proxy-1, but connections do not reach it: ", port.host);
        let reasons = cluster.reasons().await;
        assert!(reasons.contains(&sentence), "{reasons}");
        assert!(cluster.redos(&["status"]).await.fails(1).is_empty());
        let planned = cluster.redos(&["plan"]).await.exits(1);
        assert!(planned.contains("closes all connections through it"), "{planned}");

        let other = published(2, inside).await;
        let up = cluster.up(&["--proxies", "2"]).await;
        assert!(up.stderr.contains(&format!("proxy-1 is going to be stopped: {sentence}")), "{}", up.stderr);
        up.succeeds();
        cluster.settled().await;
        assert_eq!(published(2, inside).await, other, "the other proxy goes on");
        let () = cluster.client(&[]).await.set("key", "value").await.expect("written through the published port");
    }
}
