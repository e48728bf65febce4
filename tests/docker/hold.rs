//! New connections for writes while nobody is master.

use std::time::{Duration, Instant};

use bollard::query_parameters::RemoveImageOptions;
use futures_util::future::join_all;
use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId, Spec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::imitations::derive;
use crate::support::{Cluster, exec, programs, raw};

/// Within this the proxy knows that a master is gone, also one whose address vanished without a word: its check is due every
/// 150 ms, three answers are missing for as long each, and the Sentinels need longer to replace it.
const NOTICED: Duration = Duration::from_millis(850);

/// Where applications connect, and with which password.
async fn door(cluster: &Cluster) -> (String, String) {
    let url = cluster.redos(&["url"]).await.succeeds();
    let (login, address) = url.trim().trim_end_matches("/0").split_once('@').expect("user information");
    (address.to_owned(), login.rsplit_once(':').expect("a password").1.to_owned())
}

/// A new connection that has logged in and asked, and waits for the answer.
async fn asks((address, password): &(String, String), command: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(format!("AUTH {password}\r\n{command}\r\n").as_bytes()).await.expect("sent");
    stream
}

/// What comes back until the answer is there or the connection is closed, and after what time.
async fn answer(mut stream: TcpStream) -> (String, Duration) {
    let (began, mut said) = (Instant::now(), Vec::new());
    let answered = async {
        while said.iter().filter(|byte| **byte == b'\n').count() < 2
            && stream.read_buf(&mut said).await.is_ok_and(|bytes| bytes > 0)
        {}
    };
    timeout(Duration::from_secs(20), answered).await.expect("an answer, or the end");
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_new_connection_waits_for_the_next_master() {
    let cluster = Cluster::new("hold").await;
    cluster.up(&[]).await.succeeds();
    let door = door(&cluster).await;
    cluster.kill(cluster.master().await).await;
    sleep(NOTICED).await;
    // It leaves at once: on a busy machine the next master may be there before all others have come.
    drop(asks(&door, "SET left 1").await);
    let mut waiting = Vec::new();
    for _ in 0..100 {
        waiting.push(asks(&door, "INCR served").await);
    }
    let answers = join_all(waiting.into_iter().map(answer)).await;
    for (said, _) in &answers {
        assert!(said.starts_with("+OK\r\n:"), "{said:?}");
    }
    let longest = answers.iter().map(|(_, after)| *after).max().expect("answers");
    assert!(longest > Duration::from_millis(100), "somebody waited: {longest:?}");
    cluster.up(&[]).await.succeeds();
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, u32>("served").await.expect("an answer"), 100);
    assert!(!client.exists::<_, bool>("left").await.expect("an answer"), "who has left is not served");
}

#[tokio::test]
async fn a_connection_is_held_no_longer_than_is_set_and_observers_do_not_wait_for_it() {
    let cluster = Cluster::new("held").await;
    let up = ["--replicas", "0", "--sentinels", "1", "--proxy-hold"];
    for (hold, least, most) in [("1s", 900, 2500), ("0", 0, 500)] {
        cluster.up(&[&up[..], &[hold]].concat()).await.succeeds();
        let door = door(&cluster).await;
        let mut admin = cluster.admin(Spec::head()).await;
        let mut become_replica = async |of: [&str; 2]| {
            let () = redis::cmd("REPLICAOF").arg(&of).query_async(&mut admin).await.expect("done");
        };
        become_replica(["127.0.0.1", "1"]).await;
        sleep(NOTICED).await;
        let (said, after) = answer(asks(&door, "PING").await).await;
        assert_eq!(said, "", "{hold}");
        assert!((least..most).contains(&after.as_millis()), "{hold}: {after:?}");
        let silent = TcpStream::connect(&door.0).await.expect("a connection");
        let began = Instant::now();
        assert!(cluster.redos(&["status"]).await.fails(1).is_empty());
        assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
        let (_, after) = answer(silent).await;
        assert!((4000..9000).contains(&after.as_millis()), "who says nothing is closed as always: {after:?}");
        become_replica(["NO", "ONE"]).await;
    }
}

/// A HAProxy without Lua, as some distributions build it: its own features are what its configuration asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_haproxy_without_lua_serves_and_closes_new_connections_at_once() {
    let cluster = Cluster::new("no-lua").await;
    let (plain, image) = (programs(&cluster.engine).await.proxy.image, format!("{}:1", cluster.name));
    let script = "busybox sed -i s/+LUA/-LUA/ \"$(command -v haproxy)\"";
    derive(&raw(), &plain, &image, script, &["CMD [\"haproxy\"]"]).await;
    let up = cluster.up(&["--replicas", "1", "--sentinels", "1", "--proxy-image", &image]).await;
    let features = exec(&cluster.engine, &cluster.name, NodeId::Proxy(1), &["haproxy", "-vv"]).await;
    let door = door(&cluster).await;
    let written = answer(asks(&door, "SET key 1").await).await;
    let plan = cluster.redos(&["plan"]).await;
    let failover = cluster.redos(&["failover"]).await;
    for node in cluster.spec().redis_nodes(Group::number(1)).take(2) {
        cluster.kill(node).await;
    }
    sleep(NOTICED).await;
    let (closed, after) = answer(asks(&door, "PING").await).await;
    cluster.redos(&["up"]).await.succeeds();
    let read = answer(asks(&door, "GET key").await).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    raw().remove_image(&image, None::<RemoveImageOptions>, None).await.expect("removed");

    up.succeeds();
    let features = String::from_utf8_lossy(&features.expect("it runs").stdout).into_owned();
    assert!(features.contains("-LUA") && !features.contains("+LUA"), "{features}");
    assert_eq!(written.0, "+OK\r\n+OK\r\n");
    plan.succeeds();
    failover.succeeds();
    assert!(closed.is_empty() && after < Duration::from_millis(500), "{closed:?} after {after:?}");
    assert!(read.0.starts_with("+OK\r\n$1\r\n"), "{:?}", read.0);
}
