//! What a cluster keeps from those who have no password, from applications, and from whoever may look at its containers.

use std::net::SocketAddrV4;

use bollard::query_parameters as query;
use futures_util::StreamExt;
use redis::AsyncCommands;
use redos::testing::engine::Nodes;
use redos::testing::servers::ServerError;
use redos::testing::servers::link::Peer;
use redos::testing::servers::proxy::RuntimeApi;
use redos::testing::spec::secret::{Secret, user};
use redos::testing::spec::{NodeId, REDIS_PORT, RUNTIME_API_PORT, SENTINEL_PORT, STATS_PORT, Spec, render};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Cluster, connect, eventually, raw};

/// The label by which `docker compose -p NAME down -v` finds what it removes.
const COMPOSE_PROJECT: &str = "com.docker.compose.project";

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
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
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
    for path in [
        "/haproxy_stats",
        "/haproxy_stats;csv",
        "/haproxy_all",
        "/haproxy_all;csv",
        "/metrics",
        "/metrics?scope=global",
    ] {
        let said = says(&at(&NodeId::Proxy(1), STATS_PORT), &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert!(said.starts_with("HTTP/1.1 401"), "{path}: {said}");
    }
    let runtime = at(&NodeId::Proxy(1), RUNTIME_API_PORT);
    let (mut stream, mut said) = (TcpStream::connect(&runtime).await.expect("the port is open"), String::new());
    stream.write_all(b"show info\n").await.expect("written");
    // The connection ends, or the kernel resets it.
    let _ = stream.read_to_string(&mut said).await;
    assert_eq!(said, "", "{runtime}");
}

/// What the Runtime API of the cluster's proxy answers to whoever has this password.
async fn runtime_api_says(cluster: &Cluster, password: &Secret) -> Result<String, ServerError> {
    let peer = Peer {
        node: NodeId::Proxy(1),
        address: SocketAddrV4::new(cluster.address(NodeId::Proxy(1)).await, RUNTIME_API_PORT),
    };
    RuntimeApi::new(&cluster.engine, &cluster.name, peer, password.clone()).command("show info").await
}

/// Where Sentinels tell each other who is master.
const HELLO: &str = "__sentinel__:hello";
/// A library whose function publishes.
const FORGER: &str = "#!lua name=forger\nredis.register_function{function_name='forge', \
                      callback=function(keys, args) return redis.call('PUBLISH', args[1], 'x') end, flags={'no-writes'}}";

/// Tries every way to speak on [`HELLO`].
async fn forges_nothing(client: &mut redis::aio::MultiplexedConnection) {
    for verb in ["PUBLISH", "SPUBLISH"] {
        let asked = command(&[verb, HELLO, "x"]).query_async::<i64>(client).await;
        assert_eq!(asked.expect_err(verb).code(), Some("NOPERM"), "{verb}");
        let mut queued = redis::pipe();
        queued.atomic().add_command(command(&[verb, HELLO, "x"]));
        assert!(queued.query_async::<redis::Value>(client).await.is_err(), "nor {verb} in a transaction");
        for (eval, call) in [("EVAL", "call"), ("EVAL", "pcall"), ("EVAL_RO", "call")] {
            let script = format!("return redis.{call}('{verb}', '{HELLO}', 'x')");
            let asked = command(&[eval, &script, "0"]).query_async::<i64>(client).await;
            let error = asked.expect_err(&script).to_string();
            assert!(error.contains("can't publish"), "{eval} {script}: {error}");
        }
    }
}

#[tokio::test]
async fn applications_neither_administer_nor_hear_or_forge_what_sentinels_say() {
    let cluster = Cluster::new("apps").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let write = cluster.redos(&["url"]).await.succeeds();
    for url in [&write, &cluster.redos(&["url", "--read"]).await.succeeds()] {
        let mut client = connect(url.trim()).await.expect("a connection");
        forges_nothing(&mut client).await;
    }
    let listing = ["FUNCTION", "LOAD", "REPLACE", FORGER];
    let mut client = cluster.client(&[]).await;
    let _: String = command(&listing).query_async(&mut client).await.expect("functions are an application's");
    let called = command(&["FCALL", "forge", "0", HELLO]).query_async::<i64>(&mut client).await;
    assert!(called.expect_err("nor through a function").to_string().contains("can't publish"));
    let script = command(&["EVAL", "return redis.call('CONFIG', 'GET', 'masterauth')", "0"]);
    assert!(script.query_async::<redis::Value>(&mut client).await.is_err(), "a script reads no password either");
    let denied: [&[&str]; 11] = [
        &["CONFIG", "GET", "masterauth"],
        &["CONFIG", "GET", "*"],
        &["CONFIG", "GET", "notify-keyspace-events"],
        &["REPLICAOF", "NO", "ONE"],
        &["SHUTDOWN"],
        &["ACL", "LIST"],
        &["CONFIG", "SET", "save", ""],
        &["SUBSCRIBE", HELLO],
        &["SSUBSCRIBE", HELLO],
        &["CLIENT", "KILL", "TYPE", "replica"],
        // The stream to a replica contains the Sentinels' announcements.
        &["PSYNC", "?", "-1"],
    ];
    for words in denied {
        // A new connection each time: after a permitted SUBSCRIBE it could send nothing else.
        let mut client = connect(write.trim()).await.expect("a connection");
        let asked = command(words).query_async::<redis::Value>(&mut client).await;
        let error = asked.expect_err(&words.join(" "));
        assert_eq!(error.code(), Some("NOPERM"), "{words:?}: {error}");
    }
}

#[tokio::test]
async fn applications_whose_patterns_are_named_cannot_overhear_sentinels_either() {
    let cluster = Cluster::new("deaf").await;
    let loud = cluster.redos(&["up", "--pubsub-patterns", "news.* *"]).await.fails(2);
    assert!(loud.contains("'*' matches the Sentinels' channels"), "{loud}");
    cluster.up(&["--replicas", "0", "--sentinels", "1", "--pubsub-patterns", "news.*"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    for words in [&["PSUBSCRIBE", "*"][..], &["PSUBSCRIBE", "__sent*"], &["PSUBSCRIBE", "news.1*"], &["MONITOR"]] {
        let mut client = connect(url.trim()).await.expect("a connection");
        let asked = command(words).query_async::<redis::Value>(&mut client).await;
        assert_eq!(asked.expect_err(&words.join(" ")).code(), Some("NOPERM"), "{words:?}");
    }
    let mut hearing = redis::Client::open(url.trim()).expect("a URL").get_async_pubsub().await.expect("a connection");
    hearing.psubscribe("news.*").await.expect("this one is named");
    let () = cluster.client(&[]).await.publish("news.today", "heard").await.expect("published");
    let message = hearing.on_message().next().await.expect("a message");
    assert_eq!(message.get_payload::<String>().expect("text"), "heard");
}

/// Who opens which door with what, and what is tried there.
struct Door<'a> {
    user: &'a str,
    password: &'a Secret,
    node: NodeId,
    opens: &'a [&'a str],
    keeps_shut: &'a [&'a str],
}

/// What no user but redos itself may do at a Redis node.
const ADMINISTRATION: &[&str] = &[
    "CONFIG GET masterauth",
    "CONFIG SET masterauth x",
    "ACL LIST",
    "ACL SETUSER evil on nopass ~* &* +@all",
    "REPLICAOF NO ONE",
    "REPLICAOF 192.0.2.1 6379",
    "SLAVEOF 192.0.2.1 6379",
    "FAILOVER",
    "SHUTDOWN NOSAVE",
    "CLIENT PAUSE 1",
    "PUBLISH news x",
    "SYNC",
    "GET key",
    "SET key value",
    "EVAL return 0",
];
/// What no user but redos itself may do at a Sentinel.
const COMMAND_OF_SENTINELS: &[&str] = &[
    "SENTINEL FAILOVER mymaster",
    "SENTINEL SET mymaster quorum 1",
    "SENTINEL MONITOR evil 192.0.2.1 6379 1",
    "SENTINEL REMOVE mymaster",
    "SENTINEL RESET *",
    "SENTINEL CONFIG GET sentinel-pass",
    "SENTINEL DEBUG",
    "ACL LIST",
    "SHUTDOWN",
    "CLIENT KILL TYPE normal",
];

#[tokio::test]
async fn each_password_opens_what_the_security_page_says_and_nothing_else() {
    let cluster = Cluster::new("doors").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let (secrets, master) = (cluster.secrets().await, cluster.address(Spec::head()).await);
    let (first, second, sentinel) = (Spec::head(), "redis-2".parse().expect("a node"), NodeId::Sentinel(1));
    let follow = format!("SLAVEOF {master} 6379");
    let is_application = |what: &&&str| ["PUBLISH news x", "GET key", "SET key value", "EVAL return 0"].contains(*what);
    let for_applications: Vec<&str> = ADMINISTRATION.iter().filter(|what| !is_application(what)).copied().collect();
    let (peers, runtime) = (secrets.peers(), secrets.runtime());
    let doors = [
        Door {
            user: user::APPLICATION,
            password: &secrets.app,
            node: first,
            opens: &[
                "SET key value",
                "GET key",
                "PUBLISH news x",
                "INFO",
                "CLIENT LIST",
                "SLOWLOG GET",
                "LATENCY DOCTOR",
            ],
            keeps_shut: &for_applications,
        },
        Door {
            user: user::REPLICATION,
            password: &secrets.replication,
            node: first,
            opens: &["PING", "REPLCONF capa eof"],
            keeps_shut: &[ADMINISTRATION, &["INFO", "ROLE", "SUBSCRIBE __sentinel__:hello", "CLIENT LIST"]].concat(),
        },
        Door {
            user: user::SENTINEL,
            password: &secrets.sentinel,
            node: second,
            opens: &["PING", "INFO", "ROLE", "CONFIG REWRITE", &follow],
            keeps_shut: &[ADMINISTRATION, &["PSYNC ? -1", "CLIENT LIST"]].concat(),
        },
        Door {
            user: user::PROBE,
            password: &secrets.probe,
            node: first,
            opens: &["PING", "ROLE", "INFO"],
            keeps_shut: &[ADMINISTRATION, &["PSYNC ? -1", "CLIENT LIST"]].concat(),
        },
        Door {
            user: user::APPLICATION,
            password: &secrets.app,
            node: sentinel,
            opens: &["PING", "SENTINEL MASTERS", "SENTINEL CKQUORUM mymaster"],
            keeps_shut: &[
                COMMAND_OF_SENTINELS,
                &["PUBLISH __sentinel__:hello x", "SENTINEL IS-MASTER-DOWN-BY-ADDR 192.0.2.1 6379 9 *"],
            ]
            .concat(),
        },
        Door {
            user: user::SENTINEL,
            password: peers,
            node: sentinel,
            opens: &["PING", "SENTINEL IS-MASTER-DOWN-BY-ADDR 192.0.2.1 6379 0 *"],
            keeps_shut: &[COMMAND_OF_SENTINELS, &["SENTINEL MASTERS", "INFO", "SUBSCRIBE +switch-master"]].concat(),
        },
        Door {
            user: user::PROBE,
            password: &secrets.probe,
            node: sentinel,
            opens: &["PING", "SENTINEL MASTER mymaster"],
            keeps_shut: &[COMMAND_OF_SENTINELS, &["SENTINEL MASTERS", "INFO"]].concat(),
        },
    ];
    for Door { user, password, node, opens, keeps_shut } in doors {
        let mut client = cluster.login(node, user, password).await;
        for line in opens {
            let answer = command(&line.split(' ').collect::<Vec<_>>()).query_async::<redis::Value>(&mut client).await;
            answer.unwrap_or_else(|error| panic!("{user} at {node}: {line}: {error}"));
        }
        for line in keeps_shut {
            let answer = command(&line.split(' ').collect::<Vec<_>>()).query_async::<redis::Value>(&mut client).await;
            let error = answer.expect_err(&format!("{user} at {node}: {line}"));
            assert_eq!(error.code(), Some("NOPERM"), "{user} at {node}: {line}: {error}");
        }
    }
    // Each password belongs to one user at one kind of server.
    let (all, redis, sentinels) = (
        [
            &secrets.app,
            &secrets.admin,
            &secrets.replication,
            &secrets.sentinel,
            peers,
            &secrets.probe,
            &secrets.stats,
            &runtime,
        ],
        [
            (user::APPLICATION, &secrets.app),
            (user::ADMIN, &secrets.admin),
            (user::REPLICATION, &secrets.replication),
            (user::SENTINEL, &secrets.sentinel),
            (user::PROBE, &secrets.probe),
        ],
        [
            (user::APPLICATION, &secrets.app),
            (user::ADMIN, &secrets.admin),
            (user::SENTINEL, peers),
            (user::PROBE, &secrets.probe),
        ],
    );
    for (port, address, users) in
        [(REDIS_PORT, master, &redis[..]), (SENTINEL_PORT, cluster.address(sentinel).await, &sentinels[..])]
    {
        for (user, own) in users {
            for password in all {
                let said = says(&format!("{address}:{port}"), &format!("AUTH {user} {}\r\n", password.expose())).await;
                assert_eq!(said.starts_with("+OK"), password == *own, "{user} at {port}: {said}");
            }
        }
    }
    for password in all {
        let said = runtime_api_says(&cluster, password).await;
        assert_eq!(said.is_ok(), *password == runtime, "{said:?}");
    }
    assert_eq!(cluster.reasons().await, "[]", "none of it left a trace");
}

#[tokio::test]
async fn what_redos_did_not_make_is_named_and_removed_as_told() {
    let cluster = Cluster::new("intruder").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let sentinel = NodeId::Sentinel(1);
    for node in [Spec::head(), sentinel] {
        let evil = command(&["ACL", "SETUSER", "evil", "on", "nopass", "~*", "&*", "+@all"]);
        let () = evil.query_async(&mut cluster.admin(node).await).await.expect("made");
    }
    let changes: [&[&str]; 3] = [
        &["ACL", "SETUSER", "default", "+config|get"],
        &["CONFIG", "SET", "masterauth", "somebody-elses"],
        &["CONFIG", "SET", "appendonly", "no"],
    ];
    for words in changes {
        let () = command(words).query_async(&mut cluster.admin(Spec::head()).await).await.expect("changed");
    }
    let quorum = command(&["SENTINEL", "SET", "mymaster", "quorum", "3"]);
    let () = quorum.query_async(&mut cluster.admin(sentinel).await).await.expect("changed");
    let reasons = cluster.reasons().await;
    for sentence in [
        "redis-1 has appendonly 'no', and the configuration says 'yes'",
        "sentinel-1 has quorum 3 for mymaster, and the configuration says 2",
        "redis-1 and sentinel-1 have the user 'evil', which redos did not make",
        "the user 'default' of redis-1 does not have the rights that redos gave it",
        "redis-1 would log in at a master with a password that redos did not give it",
    ] {
        assert!(reasons.contains(sentence), "{sentence} in {reasons}");
    }
    let _ = cluster.redos(&["status"]).await.fails(1);
    let planned = cluster.redos(&["plan"]).await;
    assert!(planned.stderr.contains("the user 'evil'"), "{}", planned.stderr);
    assert!(planned.stdout.contains("set the rights of user 'default' on redis-1"), "{}", planned.stdout);
    let kept = cluster.up(&[]).await;
    assert!(kept.stderr.contains("'up --remove-unknown-users' removes it"), "{}", kept.stderr);
    kept.succeeds();
    let reasons = cluster.reasons().await;
    assert!(
        reasons.contains("evil")
            && !["redis-1 would", "default", "the configuration"].iter().any(|old| reasons.contains(old)),
        "{reasons}"
    );
    cluster.up(&["--remove-unknown-users"]).await.succeeds();
    cluster.settled().await;
    for node in [Spec::head(), sentinel] {
        let users: Vec<String> =
            command(&["ACL", "USERS"]).query_async(&mut cluster.admin(node).await).await.expect("users");
        assert!(!users.contains(&"evil".to_owned()), "{node}: {users:?}");
    }
    let mut client = cluster.client(&[]).await;
    let refused = command(&["CONFIG", "GET", "masterauth"]).query_async::<redis::Value>(&mut client).await;
    assert_eq!(refused.expect_err("its rights are what they were").code(), Some("NOPERM"));
}

#[tokio::test]
async fn a_stranger_with_the_replication_password_is_named_and_gets_no_further() {
    let cluster = Cluster::new("stranger").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let (secrets, master) = (cluster.secrets().await, cluster.address(Spec::head()).await);
    let gateway = cluster.inventory().await.network.expect("a network").gateway;
    let listener = TcpListener::bind((gateway, 0)).await.expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let mut copying = TcpStream::connect((master, REDIS_PORT)).await.expect("a connection");
    let login = format!("AUTH {} {}\r\n", user::REPLICATION, secrets.replication.expose());
    let place = format!("REPLCONF listening-port {port} ip-address {gateway}\r\n");
    for line in [&login, &place, "PSYNC ? -1\r\n"] {
        copying.write_all(line.as_bytes()).await.expect("written");
        let length = copying.read(&mut [0; 256]).await.expect("an answer, for which the master wants one to wait");
        assert_ne!(length, 0, "{line}");
    }
    let sentence = format!("{gateway}:{port} copies redis-1 but is not a node of this cluster");
    eventually("the stranger is named", async || cluster.reasons().await.contains(&sentence)).await;

    // A Sentinel logs in at every address that a master lists as a replica. Its password opens nothing outside of the
    // group.
    let (mut caller, _) = listener.accept().await.expect("a Sentinel calls");
    let mut heard = [0; 1024];
    let length = caller.read(&mut heard).await.expect("a login");
    let heard = String::from_utf8_lossy(&heard[..length]).into_owned();
    assert!(heard.contains(secrets.sentinel.expose()), "{heard}");
    let replica = "redis-2".parse().expect("a node");
    let mut client = cluster.login(replica, user::SENTINEL, &secrets.sentinel).await;
    let (gateway, port) = (gateway.to_string(), port.to_string());
    for words in [["SLAVEOF", &gateway, &port], ["REPLICAOF", &gateway, &port]] {
        let refused = command(&words).query_async::<redis::Value>(&mut client).await;
        assert_eq!(refused.expect_err(words[0]).code(), Some("NOPERM"), "{words:?}");
    }
    let at_sentinel = format!("{}:{SENTINEL_PORT}", cluster.address(NodeId::Sentinel(1)).await);
    let said = says(&at_sentinel, &format!("AUTH {} {}\r\n", user::SENTINEL, secrets.sentinel.expose())).await;
    assert!(said.starts_with("-WRONGPASS"), "{said}");
    drop((copying, listener, caller));
    cluster.up(&[]).await.succeeds();
    cluster.settled().await;
}

#[tokio::test]
async fn monitoring_asks_sentinels_with_the_password_of_applications() {
    let cluster = Cluster::new("watched").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let secrets = cluster.secrets().await;
    let mut sentinel = cluster.login(NodeId::Sentinel(1), user::APPLICATION, &secrets.app).await;
    let asked: [&[&str]; 9] = [
        &["PING"],
        &["INFO"],
        &["ROLE"],
        &["SENTINEL", "MASTERS"],
        &["SENTINEL", "MASTER", "mymaster"],
        &["SENTINEL", "REPLICAS", "mymaster"],
        &["SENTINEL", "SENTINELS", "mymaster"],
        &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"],
        &["SENTINEL", "CKQUORUM", "mymaster"],
    ];
    for words in asked {
        let answer = command(words).query_async::<redis::Value>(&mut sentinel).await;
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }
}

#[tokio::test]
async fn nothing_secret_shows_and_containers_are_locked_down() {
    let cluster = Cluster::new("locked").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
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
        assert!(!volume.labels.contains_key(COMPOSE_PROJECT), "Compose would remove {}", volume.name);
    }
    let network = inventory.network.expect("a network").id;
    let network = docker.inspect_network(&network, None::<query::InspectNetworkOptions>).await.expect("a network");
    shows_none("the network", &serde_json::to_string(&network).expect("JSON"));
    assert!(!network.labels.unwrap_or_default().contains_key(COMPOSE_PROJECT), "Compose would remove the network");
}
