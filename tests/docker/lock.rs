//! The lock of a cluster: one redos at a time changes it, and nobody waits for one that is dead.

use std::fs;
use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bollard::models::VolumeCreateRequest;
use redos::testing::engine::docker::DockerEngine;
use redos::testing::engine::lock::{Holder, Lock, Locks, Taken, take};
use redos::testing::spec::{Group, NodeId};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::{Cluster, SOCKET, eventually, raw};

/// How long something may take that needs no wait, on a machine with much else to do.
const SOON: Duration = Duration::from_secs(10);
/// A cluster that is made quickly, on ports of Docker's choice.
const SMALL: [&str; 11] =
    ["up", "--port", "0", "--read-port", "0", "--stats-port", "0", "--replicas", "1", "--sentinels", "1"];

/// Takes the cluster's lock as this process.
async fn held(cluster: &Cluster) -> Lock<DockerEngine> {
    match take(&cluster.engine, &cluster.name, "scale", tokio::time::sleep(SOON), |_| {}).await {
        Ok(Taken::Held(lock)) => lock,
        Ok(Taken::GivenUp((), holder)) => panic!("{holder:?} has it"),
        Err(error) => panic!("{error}: {:?}", error.source),
    }
}

/// Whether somebody has an entry.
async fn is_entered(cluster: &Cluster) -> bool {
    !cluster.engine.entries(&cluster.name).await.expect("entries").is_empty()
}

/// Starts a command, and the lines of its stderr.
fn begun(mut command: Command) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a process");
    let lines = BufReader::new(process.stderr.take().expect("its stderr")).lines();
    (process, lines)
}

/// The first line with this text.
async fn line_with(lines: &mut Lines<BufReader<ChildStderr>>, text: &str) -> String {
    let find = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if line.contains(text) {
                return line;
            }
        }
        panic!("it has ended without '{text}'")
    };
    timeout(SOON, find).await.unwrap_or_else(|_| panic!("no '{text}'"))
}

fn interrupt(process: &Child) {
    let pid = process.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
}

#[tokio::test]
async fn who_waits_is_told_for_whom_and_waits_no_longer_than_it_may() {
    let cluster = Cluster::new("lwait").await;
    // In old versions the lock was a file in this folder. redos followed a link there and emptied its target.
    let folder = tempfile::tempdir().expect("a folder");
    let precious = folder.path().join("precious");
    fs::write(&precious, "words").expect("written");
    std::os::unix::fs::symlink(&precious, folder.path().join(format!("redos-{}.lock", cluster.name))).expect("a link");

    let lock = held(&cluster).await;
    let mut up = cluster.command(&["up", "--timeout", "2s"]);
    up.env("TMPDIR", folder.path());
    let began = Instant::now();
    let said = cluster.run(up).await.fails(4);
    let took = began.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(6)).contains(&took), "{took:?}: {said}");
    let host = Holder::clone(&cluster.engine.entries(&cluster.name).await.expect("entries")[0].holder).host;
    let who = format!("'redos scale' (process {} on {host}, since 2", std::process::id());
    assert!(said.contains(&who) && said.contains("redos -p"), "{said}");

    for verb in ["up", "down", "failover-test"] {
        let (mut process, mut lines) = begun(cluster.command(&[verb]));
        assert!(line_with(&mut lines, "waiting for").await.contains(&who), "{verb}");
        interrupt(&process);
        let ended = timeout(Duration::from_secs(3), process.wait()).await.expect("it hears the first Ctrl-C");
        assert_eq!(ended.expect("an end").code(), Some(130), "{verb}");
    }
    // A verb that changes nothing does not wait for the lock.
    cluster.redos(&["plan"]).await.exits(1);
    cluster.redos(&["chaos", "heal"]).await.succeeds();
    cluster.redos(&["down", "--dry-run"]).await.succeeds();
    assert_eq!(cluster.engine.entries(&cluster.name).await.expect("entries").len(), 1, "who gave up has left");
    lock.release().await;
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()], "nothing is left");
    assert_eq!(fs::read_to_string(&precious).expect("read"), "words");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing was made there");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_make_the_same_new_cluster_make_one_and_a_killed_one_blocks_nobody() {
    let cluster = Cluster::new("ltwo").await;
    // This redos is killed while it holds the lock.
    let (mut killed, _) = begun(cluster.command(&SMALL));
    eventually("it has the lock", async || is_entered(&cluster).await).await;
    killed.kill().await.expect("SIGKILL");
    assert!(is_entered(&cluster).await, "its entry is left");

    let (one, other) = tokio::join!(cluster.redos(&SMALL), cluster.redos(&SMALL));
    assert!(
        one.stderr.contains("waiting for 'redos up'") ^ other.stderr.contains("waiting for 'redos up'"),
        "one waits for the other, and nobody for the dead: {}\n{}",
        one.stderr,
        other.stderr
    );
    one.succeeds();
    other.succeeds();
    for node in [NodeId::redis(Group::number(1), 1), NodeId::redis(Group::number(1), 2), NodeId::Sentinel(1)] {
        // This panics if the login is refused.
        cluster.admin(node).await;
    }
    cluster.redos(&SMALL).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    assert!(!is_entered(&cluster).await, "no entry is left");
    let [_, _, volumes] = cluster.labelled().await;
    assert_eq!(volumes.len(), 5, "those of four nodes and the record: {volumes:?}");

    // redos holds the lock while it applies a fault, and not while the fault lasts.
    let (mut chaos, mut lines) = begun(cluster.command(&["chaos", "pause", "redis-2", "--for", "60s"]));
    line_with(&mut lines, "it lasts").await;
    assert!(!is_entered(&cluster).await, "a fault that lasts blocks nobody");
    let up = cluster.redos(&SMALL).await;
    assert!(up.stderr.contains("is undone"), "{}", up.stderr);
    up.succeeds();
    interrupt(&chaos);
    line_with(&mut lines, "was undone by another redos").await;
    assert_eq!(chaos.wait().await.expect("an end").code(), Some(130));
    assert!(!is_entered(&cluster).await, "who found nothing to undo has left");

    let lock = held(&cluster).await;
    let (mut chaos, mut lines) = begun(cluster.command(&["chaos", "kill", "redis-2", "--for", "1s"]));
    line_with(&mut lines, "waiting for 'redos scale'").await;
    let before = cluster.inventory().await;
    lock.release().await;
    line_with(&mut lines, "is undone").await;
    assert_eq!(chaos.wait().await.expect("an end").code(), Some(0));
    let (node, after) = (NodeId::redis(Group::number(1), 2), cluster.inventory().await);
    assert_ne!(before.nodes[&node].started_at, after.nodes[&node].started_at, "it waited, and then was killed");

    cluster.redos(&["down"]).await.succeeds();
    let [_, _, volumes] = cluster.labelled().await;
    assert_eq!(volumes.len(), 4, "the data alone: {volumes:?}");
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()]);
}

#[tokio::test]
async fn a_holder_on_another_machine_that_is_heard_of_no_more_blocks_for_its_lease_alone() {
    let cluster = Cluster::new("llease").await;
    let holder = r#"{"verb":"up","pid":4711,"host":"beta","since":1790000000000}"#;
    let labels = [("dev.redos.lock", cluster.name.as_str()), ("dev.redos.lock-holder", holder)];
    let request = VolumeCreateRequest {
        name: Some(format!("{}-lock-00ff00ff00ff00ff-0", cluster.name)),
        labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
        ..Default::default()
    };
    raw().create_volume(request).await.expect("a volume");
    // The entry of a lock makes no cluster that `ls` lists or `up` brings back.
    assert!(!cluster.redos(&["ls"]).await.succeeds().contains(cluster.name.as_str()));
    let said = cluster.redos(&["up", "--timeout", "1s"]).await.fails(4);
    assert!(said.contains("'redos up' (process 4711 on beta, since 2026-09-21T"), "{said}");
    assert!(said.contains("on beta: kill 4711"), "{said}");
    let began = Instant::now();
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    let took = began.elapsed();
    assert!((Duration::from_secs(20)..Duration::from_secs(40)).contains(&took), "{took:?}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()]);
}

/// Lets through what only reads, one request per connection, and refuses the rest as docker-socket-proxy does.
async fn reading_alone(mut near: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(near.read_u8().await?);
    }
    if !head.starts_with(b"GET ") {
        return near.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    }
    let mut far = UnixStream::connect(SOCKET).await?;
    far.write_all(&head[..head.len() - 2]).await?;
    far.write_all(b"Connection: close\r\n\r\n").await?;
    tokio::io::copy(&mut far, &mut near).await.map(drop)
}

#[tokio::test]
async fn an_engine_that_can_only_be_read_says_that_it_takes_no_lock() {
    let cluster = Cluster::new("lread").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let host = format!("tcp://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(reading_alone(near));
        }
    });
    cluster.redos(&["-H", &host, "ls"]).await.succeeds();
    let said = cluster.redos(&["-H", &host, "up"]).await.fails(1);
    let what = format!("failed to lock the cluster {}", cluster.name);
    assert!(said.contains(&what) && said.contains("POST and DELETE of /volumes"), "{said}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()], "nothing was made");
}
