//! `redos serve`: who sees the page, what it streams, and that it outlives its viewers.

use std::cell::Cell;
use std::process::Stdio;
use std::time::Duration;

use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

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
    let mut serve = cluster.command(&["serve", "-o", "json", "--interval", "200ms", "--reports", &reports]);
    let mut serve = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let mut said = String::new();
    let mut stdout = BufReader::new(serve.stdout.take().expect("piped"));
    while !said.ends_with("}\n") {
        timeout(PATIENCE, stdout.read_line(&mut said)).await.expect("in time").expect("a line");
    }
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(faults(&said).is_empty(), "{said}");
    let link = said["url"].as_str().expect("a link");
    let (address, query) = link.strip_prefix("http://").and_then(|link| link.split_once('/')).expect("a link");
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
    let page = ask(address, &format!("GET /{query}"), &host).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("content-security-policy: default-src 'none'"), "{page}");
    let cookie = page.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    let known = format!("{host}Cookie: {}\r\n", cookie.split(';').next().expect("a value"));
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
