//! `redos serve`: who sees the page, what it streams, and that it outlives its viewers.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use crate::schema::faults;
use crate::support::{Cluster, raw};

/// Time limit of what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends a request, and returns the connection that the answer comes from.
async fn send(address: &str, request: &str, headers: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(format!("{request} HTTP/1.1\r\n{headers}\r\n").as_bytes()).await.expect("sent");
    BufReader::new(stream)
}

/// The whole answer to a request: status line, headers and body.
async fn ask(address: &str, request: &str, headers: &str) -> String {
    let mut answer = String::new();
    let headers = format!("{headers}Connection: close\r\n");
    let mut stream = send(address, request, &headers).await;
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    answer
}

/// The next document of the stream of server-sent events for which `is_it` holds.
async fn next(stream: &mut BufReader<TcpStream>, is_it: impl Fn(&Value) -> bool) -> Value {
    let search = async {
        loop {
            let mut line = String::new();
            assert!(stream.read_line(&mut line).await.expect("a stream") > 0, "the stream has ended");
            let Some(data) = line.strip_prefix("data: ") else { continue };
            let document: Value = serde_json::from_str(data).expect("JSON");
            assert!(faults(&document).is_empty(), "{document}");
            if is_it(&document) {
                return document;
            }
        }
    };
    timeout(PATIENCE, search).await.expect("in time")
}

/// Starts `serve`, with its remarks in a file. Returns it, and its link without `http://`.
async fn start(cluster: &Cluster, options: &[&str], stderr: Option<File>) -> (Child, String) {
    let mut serve = cluster.command(&[&["serve", "-o", "json"], options].concat());
    let mut serve = serve
        .stdout(Stdio::piped())
        .stderr(stderr.map_or_else(Stdio::null, Stdio::from))
        .spawn()
        .expect("the binary runs");
    let mut said = String::new();
    let mut stdout = BufReader::new(serve.stdout.take().expect("piped"));
    while !said.ends_with("}\n") {
        timeout(PATIENCE, stdout.read_line(&mut said)).await.expect("in time").expect("a line");
    }
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(faults(&said).is_empty(), "{said}");
    let link = said["url"].as_str().and_then(|link| link.strip_prefix("http://")).expect("a link");
    (serve, link.to_owned())
}

/// Opens the page by its link. Returns it, and the headers of those who have opened it.
async fn open(address: &str, query: &str) -> (String, String) {
    let host = format!("Host: {address}\r\n");
    let page = ask(address, &format!("GET /{query}"), &host).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let cookie = page.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    let known = format!("{host}Cookie: {}\r\n", cookie.split(';').next().expect("a value"));
    (page, known)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_the_cluster_to_whoever_has_the_link_and_to_nobody_else() {
    let cluster = Cluster::new("serve").await;
    cluster.up(&[]).await.succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("kill, ü 100%")).expect("a folder");
    let report = r#"{"scenario": "kill", "verdict": "pass", "startedAt": "2026-11-27T10:00:00Z"}"#;
    std::fs::write(folder.path().join("kill, ü 100%/report.json"), report).expect("written");
    std::fs::write(folder.path().join("kill, ü 100%/report.html"), "<p>a report").expect("written");
    let reports = folder.path().to_str().expect("text").to_owned();
    let (mut serve, link) = start(&cluster, &["--interval", "200ms", "--reports", &reports], None).await;
    let (address, query) = link.split_once('/').expect("a link");
    let host = format!("Host: {address}\r\n");

    // Strangers: without the token, by a name that was led here, with more than a wish to read.
    for (request, headers, status) in [
        ("GET /", &*host, "403"),
        ("GET /live", &host, "403"),
        (&*format!("GET /{query}"), "Host: evil.example\r\n", "403"),
        (&format!("POST /{query}"), &host, "405"),
    ] {
        let answer = ask(address, request, headers).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        assert!(!answer.contains("mymaster"), "{answer}");
    }
    let (page, known) = open(address, query).await;
    assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
    let again = ask(address, &format!("GET /{query}"), &host).await;
    assert!(again.starts_with("HTTP/1.1 403"), "the link works once: {again}");

    let mut live = send(address, "GET /live", &known).await;
    let first = next(&mut live, |document| !document["sample"].is_null()).await;
    assert_eq!(first["sample"]["status"]["healthy"], true, "{first:#}");
    let replica = NodeId::redis(Group::number(1), 2);
    raw().pause_container(&cluster.container(replica)).await.expect("paused");
    // Docker's event may come before the look that sees it, with it or after it.
    let (seen, told) = (Cell::new(false), Cell::new(false));
    let paused = next(&mut live, |document| {
        seen.set(seen.get() || document["sample"]["status"]["healthy"] == false);
        told.set(told.get() || document["events"].to_string().contains("it was paused"));
        seen.get() && told.get()
    });
    assert_eq!(paused.await["isComplete"], false, "only what is new");
    raw().unpause_container(&cluster.container(replica)).await.expect("unpaused");
    // A viewer goes away in the middle of an answer, and another comes.
    drop(live);
    let mut live = send(address, "GET /live", &known).await;
    let whole = next(&mut live, |document| document["sample"]["status"]["healthy"] == true).await;
    let secrets = serde_json::to_value(cluster.secrets().await).expect("JSON");
    for secret in secrets.as_object().expect("fields").values().filter_map(Value::as_str) {
        assert!(!whole.to_string().contains(secret) && !page.contains(secret), "a password is shown");
    }

    let list = ask(address, "GET /reports", &known).await;
    let list: Value = serde_json::from_str(list.split("\r\n\r\n").last().expect("a body")).expect("JSON");
    assert!(faults(&list).is_empty(), "{list}");
    assert_eq!((&list["items"][0]["name"], &list["items"][0]["verdict"]), (&"kill, ü 100%".into(), &"pass".into()));
    let report = ask(address, &format!("GET {}", list["items"][0]["path"].as_str().expect("a path")), &known).await;
    assert!(report.ends_with("<p>a report") && report.contains("sandbox"), "{report}");
    for path in ["/reports/../kill", "/reports/%2e%2e", "/reports/", "/reports/none", "/etc/passwd"] {
        let answer = ask(address, &format!("GET {path}"), &known).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let pid = serve.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.expect("kill runs").success());
    let ended = timeout(PATIENCE, serve.wait()).await.expect("an end").expect("a status");
    assert_eq!(ended.code(), Some(0));
}

/// What `serve -vv` has asked Docker and servers so far: how often each question, by whom it goes to.
fn asked(stderr: &str) -> BTreeMap<String, u64> {
    let mut asked = BTreeMap::new();
    for line in stderr.lines() {
        let remark: Value = serde_json::from_str(line).expect("a document a line");
        let text = remark["text"].as_str().filter(|_| remark["level"] == "call").unwrap_or_default();
        // `1.234 s  redis-1: INFO (0.5 ms)`
        let Some((_, call)) = text.split_once(" s  ") else { continue };
        let what = call.rsplit_once(" (").map_or(call, |(what, _)| what);
        let what = if what.starts_with("docker: ") { "docker" } else { what };
        *asked.entry(what.to_owned()).or_default() += 1;
    }
    asked
}

/// The calls of a command that a Redis node has had.
async fn calls(connection: &mut MultiplexedConnection, command: &str) -> u64 {
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(connection).await.expect("an answer");
    let of_command = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    of_command.and_then(|rest| rest.split(',').next()?.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_a_second_is_all_that_any_number_of_viewers_cost_a_cluster() {
    /// Samples that each viewer waits for, at one a second.
    const SAMPLES: u64 = 20;
    let cluster = Cluster::new("viewers").await;
    cluster.up(&[]).await.succeeds();
    let trace = tempfile::NamedTempFile::new().expect("a file");
    let (mut serve, link) = start(&cluster, &["-vv"], Some(trace.reopen().expect("a file"))).await;
    let (address, query) = link.split_once('/').expect("a link");
    let (_, known) = open(address, query).await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        let mut live = send(address, "GET /live", &known).await;
        next(&mut live, |document| !document["sample"].is_null()).await;
        viewers.push(live);
    }
    let told = || asked(&std::fs::read_to_string(trace.path()).expect("what it told"));
    let redis = [1, 2, 3].map(|ordinal| NodeId::redis(Group::number(1), ordinal));
    let mut admins = Vec::new();
    for node in redis {
        admins.push(cluster.admin(node).await);
    }
    let (began, before, mut had) = (Instant::now(), told(), Vec::new());
    for admin in &mut admins {
        had.push(calls(admin, "config|get").await);
    }
    for _ in 0..SAMPLES {
        for live in &mut viewers {
            next(live, |document| !document["sample"].is_null()).await;
        }
    }
    let (after, seconds) = (told(), began.elapsed().as_secs());
    // A look may have begun before the count, and another may begin before its end.
    let looks = seconds + 2;
    let during =
        |what: &str| after.get(what).copied().unwrap_or_default() - before.get(what).copied().unwrap_or_default();

    // Each Redis node and each proxy has one question a look, each Sentinel two.
    let mut questions = vec!["proxy-1: GET /haproxy_all;csv".to_owned()];
    questions.extend(redis.map(|node| format!("{node}: INFO, CONFIG GET, ACL LIST")));
    for sentinel in [1, 2, 3].map(NodeId::Sentinel) {
        questions.push(format!("{sentinel}: SENTINEL MYID, INFO, SENTINEL MASTERS, ACL LIST"));
        questions.push(format!("{sentinel}: SENTINEL REPLICAS, SENTINEL SENTINELS, SENTINEL CKQUORUM"));
    }
    for question in &questions {
        let count = during(question);
        // Some samples may have waited for their readers.
        assert!((SAMPLES / 2..=looks).contains(&count), "{count} times in {seconds} s: {question}: {after:#?}");
    }
    // What is told is all that there is.
    for (admin, had) in admins.iter_mut().zip(had) {
        let count = calls(admin, "config|get").await - had;
        assert!(count <= looks + 1, "{count} in {seconds} s: {after:#?}");
    }
    // Now and then the Engine is asked for all containers, and the ports of the proxy are tried.
    let inventories = seconds / 15 + 2;
    let others = |what: &str| questions.iter().all(|question| question != what);
    for what in after.keys().filter(|what| others(what)) {
        // The lists of containers, networks and volumes, a question for each container, and one for its events.
        let most = inventories * if what == "docker" { 12 } else { 3 };
        assert!(during(what) <= most, "{} times in {seconds} s: {what}: {after:#?}", during(what));
    }
    drop(viewers);
    serve.kill().await.expect("it ends");
}
