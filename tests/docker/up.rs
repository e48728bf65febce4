//! `up`, `status`, `down`: one command makes a cluster that is truly ready, and another takes it away.

use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId, Role};

use crate::kills::moments;
use crate::support::{Cluster, Run, connect, eventually, raw};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
const REDIS_2: NodeId = NodeId::redis(Group::number(1), 2);

#[tokio::test]
async fn up_makes_a_ready_cluster_and_a_second_one_changes_nothing() {
    let cluster = Cluster::new("up").await;
    cluster.up(&[]).await.succeeds();

    let status = cluster.status().await;
    assert_eq!((&status["apiVersion"], &status["kind"]), (&"redos/v1".into(), &"Status".into()));
    assert_eq!(status["healthy"], true, "{status:#}");
    assert_eq!(status["cluster"], cluster.name.as_str());
    let group = &status["groups"][0];
    assert_eq!((group["name"].as_str(), group["master"]["node"].as_str()), (Some("mymaster"), Some("redis-1")));
    assert_eq!(group["nodes"].as_array().map(Vec::len), Some(3));
    for node in group["nodes"].as_array().expect("nodes") {
        for field in ["node", "role", "state", "address", "link", "offset", "lagBytes"] {
            assert!(node.get(field).is_some(), "{field} in {node:#}");
        }
    }
    let master = group["master"]["address"].as_str().expect("an address");
    assert_eq!(status["sentinels"].as_array().map(Vec::len), Some(3));
    for sentinel in status["sentinels"].as_array().expect("Sentinels") {
        assert_eq!(sentinel["masters"]["mymaster"], master, "{sentinel:#}");
        assert_eq!(sentinel["quorumOk"], true, "{sentinel:#}");
    }
    assert!(status["proxies"][0]["write"]["mymaster"].as_str().is_some_and(|at| at.starts_with("127.0.0.1:")));

    let mut writer = cluster.client(&[]).await;
    let () = writer.set("greeting", "hello").await.expect("a write");
    let mut reader = cluster.client(&["--read"]).await;
    let role: redis::Value = command(&["ROLE"]).query_async(&mut reader).await.expect("a role");
    assert!(format!("{role:?}").contains("slave"), "the read port leads to a replica: {role:?}");

    let before = cluster.inventory().await;
    let began = Instant::now();
    let again = cluster.redos(&["up"]).await;
    let took = began.elapsed();
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    again.succeeds();
    assert_eq!(cluster.inventory().await, before);
    // It takes 0.18 s on an idle machine. The bound leaves room for a busy one.
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn up_repairs_what_was_killed_paused_and_removed_and_keeps_the_data() {
    let cluster = Cluster::new("repair").await;
    cluster.up(&[]).await.succeeds();
    let () = cluster.client(&[]).await.set("kept", "yes").await.expect("a write");
    let docker = raw();
    let killed = cluster.container(REDIS_2);
    docker.kill_container(&killed, None::<query::KillContainerOptions>).await.expect("a kill");
    docker.pause_container(&cluster.container(NodeId::Sentinel(1))).await.expect("a pause");
    let force = Some(query::RemoveContainerOptions { force: true, ..Default::default() });
    docker.remove_container(&cluster.container(NodeId::Proxy(1)), force.clone()).await.expect("a removal");
    cluster.redos(&["status"]).await.exits(1);
    let plan = cluster.redos(&["plan"]).await.exits(1);
    assert!(plan.contains("unpause sentinel-1") && plan.contains("start redis-2"), "{plan}");
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");

    // The same with the master: after `up` there is one master, and the data are there.
    docker.remove_container(&cluster.container(REDIS_1), force).await.expect("a removal");
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");
    cluster.redos(&["plan"]).await.succeeds();
}

/// How long after `up` connections are tried.
const AFTER_READY: Duration = Duration::from_millis(1500);

/// Connects and writes again and again at the write ports of all groups, from the moment at which `up` says that all is
/// ready. Returns what was refused.
async fn refused_after(up: Run, password: &str) -> Vec<String> {
    let began = Instant::now();
    let document: serde_json::Value = serde_json::from_str(&up.succeeds()).expect("JSON");
    let ports = document["status"]["proxies"][0]["write"].as_object().expect("ports").values();
    let urls: Vec<String> =
        ports.map(|at| format!("redis://default:{password}@{}/", at.as_str().expect("an address"))).collect();
    let mut refused = Vec::new();
    while began.elapsed() < AFTER_READY {
        for url in &urls {
            let asked: redis::RedisResult<()> = async { connect(url).await?.set("key", "value").await }.await;
            refused.extend(asked.err().map(|error| format!("after {:?}: {error}", began.elapsed())));
        }
    }
    refused
}

// A proxy leads to the only node of a group before its first check, and then for a moment no longer. `up` must not stop
// at the first success; a release build did so in one of six tries.
#[tokio::test]
async fn ready_is_ready_also_where_a_group_has_only_one_node() {
    let cluster = Cluster::new("onlynode").await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, password) = (folder.path().join("password"), "correct-horse-battery");
    std::fs::write(&file, password).expect("written");
    let smallest =
        ["--replicas", "0", "--sentinels", "1", "--password-file", file.to_str().expect("text"), "-o", "json"];
    for masters in ["1", "2"] {
        cluster.redos(&["down", "--volumes"]).await.succeeds();
        let up = cluster.up(&[&smallest[..], &["--masters", masters]].concat()).await;
        assert_eq!(refused_after(up, password).await, [""; 0], "a new cluster of {masters}");
    }
    for round in 1..=8 {
        let options = query::RemoveContainerOptions { force: true, ..Default::default() };
        raw().remove_container(&cluster.container(NodeId::Proxy(1)), Some(options)).await.expect("a removal");
        let up = cluster.redos(&["up", "-o", "json"]).await;
        assert_eq!(refused_after(up, password).await, [""; 0], "a new proxy, round {round}");
    }
}

// The Sentinels take up to a second to reach a node that was made anew. Until then their flags are clean, and then they may
// flag it as down: a release build was ready before that in thirteen of sixteen tries.
#[tokio::test]
async fn a_cluster_that_is_ready_stays_so_when_a_sentinel_or_a_replica_was_made_anew() {
    let cluster = Cluster::new("reached").await;
    cluster.up(&[]).await.succeeds();
    for node in [NodeId::Sentinel(3), REDIS_2].into_iter().cycle().take(6) {
        let options = query::RemoveContainerOptions { force: true, ..Default::default() };
        raw().remove_container(&cluster.container(node), Some(options)).await.expect("a removal");
        cluster.redos(&["up"]).await.succeeds();
        let ready = Instant::now();
        while ready.elapsed() < Duration::from_millis(1500) {
            assert_eq!(cluster.reasons().await, "[]", "{:?} after {node} was ready", ready.elapsed());
        }
    }
}

#[tokio::test]
async fn data_and_password_survive_down_and_a_kill_of_everything() {
    let cluster = Cluster::new("survive").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let password = |url: &str| url.split('@').next().map(str::to_owned);
    let url = cluster.redos(&["url"]).await.succeeds();
    let () = cluster.client(&[]).await.set("kept", "yes").await.expect("a write");

    let down = cluster.redos(&["down", "-o", "json"]).await.succeeds();
    let down: serde_json::Value = serde_json::from_str(&down).expect("JSON");
    assert_eq!(down["keptVolumes"].as_array().map(Vec::len), Some(5), "{down:#}");
    let [containers, networks, volumes] = cluster.labelled().await;
    assert!(containers.is_empty() && networks.is_empty(), "{containers:?} {networks:?}");
    assert!(volumes.iter().any(|name| name.ends_with("redis-1-data")), "{volumes:?}");

    cluster.up(&["--replicas", "1"]).await.succeeds();
    let again = cluster.redos(&["url"]).await.succeeds();
    assert_eq!(password(&again), password(&url));
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");

    let docker = raw();
    for node in cluster.inventory().await.nodes.keys() {
        docker.kill_container(&cluster.container(*node), None::<query::KillContainerOptions>).await.expect("a kill");
    }
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("kept").await.expect("a read"), "yes");

    cluster.redos(&["down", "--volumes"]).await.succeeds();
    assert_eq!(cluster.labelled().await, [vec![], vec![], vec![]] as [Vec<String>; 3]);
}

#[tokio::test]
async fn up_killed_at_any_moment_is_finished_by_another_or_removed_by_down() {
    let cluster = Cluster::new("killed").await;
    // The kills come between the first created object and the middle of the starts.
    for (round, moment) in moments(4, 20..2500).into_iter().enumerate() {
        let up = ["up", "--port", "0", "--read-port", "0", "--stats-port", "0"];
        let killed = cluster.killed_after(&up, moment).await;
        if round % 2 == 0 {
            cluster.up(&[]).await.succeeds();
            assert_eq!(cluster.status().await["healthy"], true, "after a kill at {moment} ms");
        }
        // One `down` is enough, although the Engine still finishes what the killed `up` asked for.
        cluster.redos(&["down", "--volumes"]).await.succeeds();
        let left = cluster.labelled().await;
        assert!(left.iter().all(Vec::is_empty), "after a kill at {moment} ms: {left:?}");
        killed.has_left_nothing().await;
    }
}

#[tokio::test]
async fn groups_are_independent_and_watched_by_the_same_sentinels() {
    let cluster = Cluster::new("groups").await;
    cluster.up(&["--masters", "2", "--replicas", "1"]).await.succeeds();
    let status = cluster.status().await;
    let names: Vec<&str> =
        status["groups"].as_array().expect("groups").iter().filter_map(|g| g["name"].as_str()).collect();
    assert_eq!(names, ["mymaster", "mymaster-2"]);
    assert_eq!(status["sentinels"].as_array().map(Vec::len), Some(3));
    let mut first = cluster.client(&[]).await;
    let mut second = cluster.client(&["--group", "mymaster-2"]).await;
    let () = first.set("key", "first").await.expect("a write");
    let () = second.set("key", "second").await.expect("a write");
    assert_eq!(first.get::<_, String>("key").await.expect("a read"), "first");
    assert_eq!(second.get::<_, String>("key").await.expect("a read"), "second");
}

#[tokio::test]
async fn the_four_uses_work_through_the_one_address() {
    let cluster = Cluster::new("uses").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let mut client = cluster.client(&[]).await;

    let mut pubsub = redis::Client::open(url.trim()).expect("a URL").get_async_pubsub().await.expect("a subscriber");
    pubsub.subscribe("news").await.expect("a subscription");
    pubsub.psubscribe("alerts.*").await.expect("a pattern");

    let mut consumer = connect(url.trim()).await.expect("a consumer");
    let waiting = tokio::spawn(async move { consumer.blpop::<_, (String, String)>("queue", 8.0).await });
    let () = command(&["XGROUP", "CREATE", "stream", "workers", "$", "MKSTREAM"])
        .query_async(&mut client)
        .await
        .expect("a group of consumers");
    let mut worker = connect(url.trim()).await.expect("a worker");
    let reading = tokio::spawn(async move {
        let read = ["XREADGROUP", "GROUP", "workers", "w1", "BLOCK", "8000", "STREAMS", "stream", ">"];
        command(&read).query_async::<redis::Value>(&mut worker).await
    });
    // Both clients must wait at the server before something is sent to them.
    let mut observer = connect(url.trim()).await.expect("an observer");
    eventually("two clients are blocked", async || {
        let info: String = command(&["INFO", "clients"]).query_async(&mut observer).await.unwrap_or_default();
        info.contains("blocked_clients:2")
    })
    .await;
    let () = client.rpush("queue", "job").await.expect("a push");
    let () = command(&["XADD", "stream", "*", "job", "1"]).query_async(&mut client).await.expect("an entry");
    assert_eq!(waiting.await.expect("no panic").expect("a job").1, "job");
    let entry = reading.await.expect("no panic").expect("an entry");
    assert!(format!("{entry:?}").contains("job"), "{entry:?}");

    let (a, b): (i64, i64) =
        redis::pipe().atomic().incr("counter", 1).incr("counter", 1).query_async(&mut client).await.expect("MULTI");
    assert_eq!((a, b), (1, 2));
    let lua = ["EVAL", "return redis.call('INCRBY', KEYS[1], ARGV[1])", "1", "counter", "40"];
    assert_eq!(command(&lua).query_async::<i64>(&mut client).await.expect("Lua"), 42);

    let () = client.publish("news", "one").await.expect("a message");
    let () = client.publish("alerts.fire", "two").await.expect("a message");
    let mut messages = futures_util::StreamExt::take(pubsub.on_message(), 2);
    let mut heard = Vec::new();
    while let Some(message) = futures_util::StreamExt::next(&mut messages).await {
        heard.push(message.get_payload::<String>().expect("text"));
    }
    assert_eq!(heard, ["one", "two"]);
}

#[tokio::test]
async fn status_neither_hangs_on_a_paused_node_nor_fails_because_one_is_down() {
    let cluster = Cluster::new("paused").await;
    cluster.up(&[]).await.succeeds();
    let docker = raw();
    docker.pause_container(&cluster.container(REDIS_2)).await.expect("a pause");
    docker.pause_container(&cluster.container(NodeId::Proxy(1))).await.expect("a pause");
    let gone = cluster.container(NodeId::Sentinel(3));
    docker.kill_container(&gone, None::<query::KillContainerOptions>).await.expect("a kill");
    let began = Instant::now();
    let run = cluster.redos(&["status", "-o", "json"]).await;
    let took = began.elapsed();
    let status: serde_json::Value = serde_json::from_str(&run.exits(1)).expect("JSON");
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    assert_eq!(status["healthy"], false);
    let reasons = status["reasons"].to_string();
    for what in ["redis-2 is paused", "proxy-1 is paused", "sentinel-3 has exited"] {
        assert!(reasons.contains(what), "'{what}' in {reasons}");
    }
}

#[tokio::test]
async fn the_variables_of_the_compose_project_keep_their_meaning() {
    let cluster = Cluster::new("env").await;
    let mut up = cluster.command(&["up", "--replicas", "1"]);
    up.envs([
        ("REDIS_PORT", "0"),
        ("REDIS_PASSWORD", "correct-horse-battery"),
        ("REDIS_DB_FILE_PREFIX", "shop-"),
        ("SENTINEL_DOWN_AFTER", "1500"),
        ("SENTINEL_FAILOVER", "4000"),
        ("SENTINEL_QUORUM", "3"),
        ("ADMIN_USERNAME", "boss"),
        ("ADMIN_PASSWORD", "staple-staple"),
    ]);
    cluster.run(up).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    assert!(url.contains(":correct-horse-battery@"), "{url}");
    let status = cluster.status().await;
    assert_eq!(status["sentinels"][0]["quorum"]["mymaster"], 3, "{status:#}");
    let inventory = cluster.inventory().await;
    let recorded = inventory.recorded.expect("a record");
    assert_eq!((recorded.sentinel.down_after, recorded.sentinel.failover_timeout), (1500, 4000));
    assert_eq!(recorded.persistence.file_prefix, "shop-");

    let stats = status["proxies"][0]["stats"].as_str().expect("a statistics page").to_owned();
    let address = stats.trim_start_matches("http://").split('/').next().expect("an address").to_owned();
    assert!(get(&address, "/haproxy_stats", Some("boss:staple-staple")).await.starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/haproxy_stats", None).await.starts_with("HTTP/1.1 401"));
    let page = get(&address, "/haproxy_stats;up;csv", Some("boss:staple-staple")).await;
    assert!(page.contains("write_mymaster,redis-"), "{page}");
    for word in ["DOWN", "MAINT", "votes_"] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    let metrics = get(&address, "/metrics", Some("boss:staple-staple")).await;
    assert!(metrics.contains("haproxy_process_build_info"), "{metrics}");
}

#[tokio::test]
async fn an_applications_env_file_changes_no_cluster_that_is_there() {
    let cluster = Cluster::new("env-kept").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let before = cluster.inventory().await;
    let env = [
        ("REDIS_PORT", "24300"),
        ("REDIS_PASSWORD", "of-the-application"),
        ("ADMIN_PASSWORD", "of-the-application"),
        ("SENTINEL_QUORUM", "1"),
        ("REDIS_HOSTS", "203.0.113.7:6379"),
    ];
    for arguments in [&["up"][..], &["plan"], &["scale", "--replicas", "1"]] {
        let mut command = cluster.command(arguments);
        command.envs(env);
        let run = cluster.run(command).await;
        for said in
            ["REDIS_PORT=24300 (the cluster has 0)", "REDIS_PASSWORD (the", "ADMIN_PASSWORD (the", "SENTINEL_QUORUM=1"]
        {
            assert!(run.stderr.contains(said), "{arguments:?}: {said:?} is not in {}", run.stderr);
        }
        assert!(!run.stderr.contains("of-the-application"), "{}", run.stderr);
        run.succeeds();
    }
    assert_eq!(cluster.inventory().await, before);
    for verb in [&["status"][..], &["config"], &["images", "list"], &["ls"], &["ps"], &["down"]] {
        let mut command = cluster.command(verb);
        command.envs(env).env("REDIS_PORT", "no port").env("REDIS_HOSTS", "a b");
        cluster.run(command).await.succeeds();
    }
    // The data that `down` kept have their own password, and a variable does not change it.
    let mut up = cluster.command(&["up"]);
    up.envs([("REDIS_PASSWORD", "of-the-application")]);
    cluster.run(up).await.succeeds();
    assert!(!cluster.redos(&["url"]).await.succeeds().contains("of-the-application"));
}

#[tokio::test]
async fn a_password_that_is_not_the_clusters_is_refused_and_nothing_is_changed() {
    let cluster = Cluster::new("password").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, password: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, password).expect("written");
        path.display().to_string()
    };
    let (own, other) = (file("own", "correct-horse-battery\n"), file("other", "staple-staple-staple\n"));
    cluster.up(&["--replicas", "1", "--password-file", &own]).await.succeeds();
    let before = cluster.inventory().await;

    for verb in ["up", "plan"] {
        let said = cluster.redos(&[verb, "--password-file", &other, "--replicas", "2"]).await.fails(2);
        assert!(said.contains("the password that was given for applications is not the one of the cluster"), "{said}");
        assert!(said.contains(&format!("redos -p {} url", cluster.name)) && !said.contains("staple"), "{said}");
    }
    let mut scale = cluster.command(&["scale", "--replicas", "2"]);
    scale.envs([("REDOS_REPLICATION_PASSWORD", "staple"), ("REDOS_STATS_PASSWORD", "staple")]);
    let said = cluster.run(scale).await.fails(2);
    assert!(said.contains("given for replication and statistics"), "{said}");
    assert!(said.contains("password rotate --user replication --user statistics"), "{said}");
    assert_eq!(cluster.inventory().await, before);

    cluster.redos(&["up", "--password-file", &own]).await.succeeds();
    // After `down` the data still have their password.
    cluster.redos(&["down"]).await.succeeds();
    cluster.up(&["--password-file", &other]).await.fails(2);
    cluster.redos(&["up"]).await.succeeds();
    assert!(cluster.redos(&["url"]).await.succeeds().contains(":correct-horse-battery@"));
}

fn command(words: &[&str]) -> redis::Cmd {
    let mut command = redis::Cmd::new();
    command.arg(words);
    command
}

async fn get(address: &str, path: &str, login: Option<&str>) -> String {
    use base64::Engine as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let login = login.map(|login| base64::prelude::BASE64_STANDARD.encode(login));
    let header = login.map_or_else(String::new, |login| format!("Authorization: Basic {login}\r\n"));
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the statistics port");
    let request = format!("GET {path} HTTP/1.0\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn settings_change_at_runtime_where_they_can() {
    let cluster = Cluster::new("change").await;
    cluster.up(&[]).await.succeeds();
    let before = cluster.inventory().await;
    cluster.redos(&["up", "--down-after", "2s", "--redis", "maxmemory=64mb"]).await.succeeds();
    let ids = |inventory: &redos::testing::cluster::Inventory| -> Vec<String> {
        let servers = inventory.nodes.iter().filter(|(node, _)| node.role() != Role::Proxy);
        servers.map(|(_, facts)| facts.container_id.clone()).collect()
    };
    assert_eq!(
        ids(&cluster.inventory().await),
        ids(&before),
        "only the proxy, whose checks wait as long, was made anew"
    );
    let mut client = cluster.admin(cluster.master().await).await;
    let memory: Vec<String> =
        command(&["CONFIG", "GET", "maxmemory"]).query_async(&mut client).await.expect("a setting");
    assert_eq!(memory[1], "67108864");
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_foreign_container_and_a_taken_port_are_refused_with_their_names() {
    let cluster = Cluster::new("conflict").await;
    let docker = raw();
    let image = crate::support::programs(&cluster.engine).await.redis.image;
    let name = cluster.container(REDIS_1);
    let config = bollard::models::ContainerCreateBody { image: Some(image), ..Default::default() };
    let options = query::CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
    docker.create_container(Some(options), config).await.expect("a foreign container");
    let refused = cluster.up(&[]).await.fails(6);
    assert!(refused.contains(&name), "{refused}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], vec![]] as [Vec<String>; 3]);
    docker.remove_container(&name, None::<query::RemoveContainerOptions>).await.expect("it was not touched");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let refused = cluster.redos(&["up", "--port", "0", "--read-port", "0", "--stats-port", &port]).await.fails(6);
    assert!(refused.contains(&port), "{refused}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], vec![]] as [Vec<String>; 3]);
    drop(listener);

    cluster.up(&[]).await.succeeds();
}
