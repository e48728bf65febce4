//! Users of one's own: what they can do, and how they come and go under load.

use std::time::Duration;

use redos::testing::spec::{Group, NodeId};
use tokio::time::sleep;

use crate::kills::moments;
use crate::support::{Cluster, connect};
use crate::writers::{Writers, missing};

const A_WHILE: Duration = Duration::from_millis(800);

fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// What a connection answers: `ok`, or the code of the error.
async fn says(connection: &mut redis::aio::MultiplexedConnection, words: &str) -> String {
    let mut command = redis::Cmd::new();
    command.arg(words.split(' ').collect::<Vec<_>>());
    match command.query_async::<redis::Value>(connection).await {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code().unwrap_or("none").to_owned(),
    }
}

async fn url(cluster: &Cluster, name: &str) -> String {
    cluster.redos(&["url", "--user", name]).await.succeeds().trim().to_owned()
}

/// The same login at a node itself.
async fn direct(cluster: &Cluster, url: &str, node: NodeId) -> String {
    let (login, _) = url.split_once('@').expect("a login");
    format!("{login}@{}:{}", cluster.address(node).await, node.server_port())
}

#[tokio::test]
async fn presets_open_what_the_page_says_and_nothing_of_the_administration() {
    let cluster = Cluster::new("users").await;
    let users = "a app; a-few app ~shop:* &shop.*; r readonly; m monitor; b backup; \
                 wide none ~* &news.* +@all +@dangerous +role";
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--users", users]).await.succeeds();
    let denied = [
        "ACL LIST",
        "ACL GETUSER default",
        "ACL SETUSER x",
        "CONFIG GET masterauth",
        "CONFIG SET maxmemory 0",
        "SHUTDOWN",
        "REPLICAOF NO ONE",
        "SLAVEOF NO ONE",
        "FAILOVER",
        "DEBUG SLEEP 0",
        "CLUSTER INFO",
        "MODULE LOAD x",
        "SAVE",
        "BGSAVE",
        "BGREWRITEAOF",
        "PSYNC ? -1",
        "SYNC",
        "REPLCONF ack 0",
        "MONITOR",
        "CLIENT KILL ID 0",
        "CLIENT PAUSE 1",
        "PUBLISH __sentinel__:hello x",
        "SPUBLISH __sentinel__:hello x",
        "SUBSCRIBE __sentinel__:hello",
        "PSUBSCRIBE *",
        "PSUBSCRIBE __sentinel__*",
    ];
    let rows: [(&str, &[&str], &[&str]); 6] = [
        ("a", &["SET k 1", "GET k", "PUBLISH any x", "ROLE", "SLOWLOG GET", "EVAL return(1) 0", "ACL WHOAMI"], &[]),
        ("a-few", &["SET shop:1 1", "PUBLISH shop.a x"], &["SET k 2", "GET k", "PUBLISH any x"]),
        (
            "r",
            &["GET k", "SCAN 0", "INFO", "DBSIZE"],
            &["SET k 2", "DEL k", "FLUSHALL", "PUBLISH any x", "EVAL return(1) 0"],
        ),
        (
            "m",
            &["PING", "INFO", "ROLE", "LATENCY LATEST", "SLOWLOG LEN"],
            &["GET k", "SET k 2", "SLOWLOG GET", "KEYS *"],
        ),
        ("b", &["SCAN 0", "DUMP k", "PTTL k", "LASTSAVE"], &["GET k", "SET k 2", "FLUSHALL"]),
        ("wide", &["SET k 3", "ROLE", "PUBLISH news.a x"], &["PUBLISH any x"]),
    ];
    for (name, can, cannot) in rows {
        let url = url(&cluster, name).await;
        for url in [url.clone(), direct(&cluster, &url, redis(1)).await] {
            let mut connection = connect(&url).await.expect(name);
            for words in can {
                assert_eq!(says(&mut connection, words).await, "ok", "{name}: {words}");
            }
            for words in denied.iter().chain(cannot) {
                // Servers refuse these to everybody, before they look at rights.
                let is_closed = words.starts_with("DEBUG") || words.starts_with("MODULE LOAD");
                let said = says(&mut connection, words).await;
                assert!(said == "NOPERM" || is_closed && said == "ERR", "{name}: {words}: {said}");
            }
        }
    }
    let at_sentinel = direct(&cluster, &url(&cluster, "a").await, NodeId::Sentinel(1)).await;
    let mut sentinel = connect(&at_sentinel).await.expect("a login");
    assert_eq!(says(&mut sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster").await, "ok");
    for words in ["SENTINEL FAILOVER mymaster", "SENTINEL REMOVE mymaster", "PUBLISH __sentinel__:hello x", "ACL LIST"]
    {
        assert_eq!(says(&mut sentinel, words).await, "NOPERM", "{words}");
    }
    cluster.redos(&["plan"]).await.succeeds();
    cluster.settled().await;
}

#[tokio::test]
async fn users_come_change_and_go_without_a_failed_write_of_others() {
    let cluster = Cluster::new("users-load").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let refused = cluster.up(&["--users", "r readonly +nosuchcommand"]).await.fails(2);
    assert!(refused.contains("nosuchcommand") && refused.contains("flag --users"), "{refused}");
    let refused = cluster.up(&["--users", "sentinel app"]).await.fails(2);
    assert!(refused.contains("redos needs the user 'sentinel'"), "{refused}");
    let plain = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start_at(&plain, 100, Duration::from_secs(10));
    sleep(A_WHILE).await;
    let started = async || {
        let nodes = cluster.inventory().await.nodes;
        nodes.into_iter().map(|(node, facts)| (node, facts.started_at)).collect::<Vec<_>>()
    };
    let before = started().await;
    cluster.up(&["--users", "keep app; w app ~w:*"]).await.succeeds();
    let kept = Writers::start_at(&url(&cluster, "keep").await, 100, Duration::from_secs(10));
    let w = url(&cluster, "w").await;
    let mut connection = connect(&w).await.expect("a login");
    assert_eq!(says(&mut connection, "SET w:1 1").await, "ok");
    assert_eq!(says(&mut connection, "LPUSH w:2 1").await, "ok");
    // Changed rules hold for connections that are open, also where servers list them alike.
    cluster.up(&["--users", "keep app; w app ~w:* -lpush"]).await.succeeds();
    assert_eq!(says(&mut connection, "LPUSH w:2 1").await, "NOPERM");
    assert_eq!(says(&mut connection, "SET w:1 2").await, "ok");
    // redos is killed at some steps of a change, and the next 'up' ends it.
    for (after, users) in moments(2, 150..900).into_iter().zip(["keep app", "keep app; y backup"]) {
        let killed = cluster.killed_after(&["up", "--users", users], after).await;
        cluster.up(&["--users", users]).await.succeeds();
        killed.has_left_nothing().await;
        cluster.redos(&["plan"]).await.succeeds();
    }
    assert!(connect(&w).await.is_err(), "it is removed");
    assert_ne!(says(&mut connection, "PING").await, "ok", "its connections have ended");
    assert_eq!(started().await, before, "nothing was restarted");
    // A node that was away gets what has changed, and what is written lasts.
    cluster.kill(redis(2)).await;
    cluster.up(&["--users", "keep app; z readonly"]).await.succeeds();
    let z = url(&cluster, "z").await;
    let at_replica = direct(&cluster, &z, redis(2)).await;
    assert_eq!(says(&mut connect(&at_replica).await.expect("a login"), "INFO").await, "ok");
    cluster.kill(redis(2)).await;
    cluster.start(redis(2)).await;
    cluster.settled().await;
    assert_eq!(says(&mut connect(&at_replica).await.expect("a login"), "INFO").await, "ok");
    // A user by hand stays, and is named.
    let mut admin = cluster.admin(redis(1)).await;
    assert_eq!(says(&mut admin, "ACL SETUSER byhand on nopass +ping").await, "ok");
    assert!(cluster.reasons().await.contains("'byhand', which redos did not make"));
    let _ = cluster.up(&[]).await;
    assert_eq!(says(&mut admin, "ACL GETUSER byhand").await, "ok");
    cluster.up(&["--remove-unknown-users"]).await.succeeds();
    for clients in [writers, kept] {
        let ledgers = clients.end().await;
        let keys: Vec<String> = ledgers.into_iter().flatten().map(|(key, _)| key).collect();
        let number = |key: &String| key.rsplit(':').next().and_then(|number| number.parse::<usize>().ok());
        assert!(keys.len() > 300, "{}", keys.len());
        assert_eq!(missing(&keys, &mut cluster.client(&[]).await).await, [""; 0]);
        let gaps: Vec<_> = keys
            .windows(2)
            .filter(|pair| {
                number(&pair[1]).is_some_and(|n| n != 0) && number(&pair[1]) != number(&pair[0]).map(|n| n + 1)
            })
            .collect();
        assert!(gaps.is_empty(), "writes failed: {gaps:?}");
    }
}

#[tokio::test]
async fn the_password_of_a_user_is_changed_while_both_are_accepted() {
    let cluster = Cluster::new("users-rotate").await;
    cluster.up(&["--replicas", "1", "--users", "shop app; reports readonly"]).await.succeeds();
    let (old, reports) = (url(&cluster, "shop").await, url(&cluster, "reports").await);
    let refused = cluster.redos(&["password", "rotate", "--user", "nobody"]).await.fails(2);
    assert!(refused.contains("has no user 'nobody'") && refused.contains("it has reports, shop"), "{refused}");
    let writers = Writers::start_at(&old, 100, Duration::from_secs(10));
    cluster.redos(&["password", "rotate", "--user", "shop"]).await.succeeds();
    let new = url(&cluster, "shop").await;
    assert_ne!(new, old);
    let env = cluster.redos(&["env", "--user", "shop"]).await.succeeds();
    assert!(env.contains(new.as_str()) && !env.contains(old.as_str()), "the variables have the new one");
    let rotating = Writers::start_at(&new, 100, Duration::from_secs(10));
    // A node that joins meanwhile, and a Sentinel that restarts, accept both.
    cluster.redos(&["scale", "--replicas", "2"]).await.succeeds();
    cluster.kill(NodeId::Sentinel(2)).await;
    cluster.start(NodeId::Sentinel(2)).await;
    cluster.settled().await;
    let nodes = [redis(1), redis(2), redis(3), NodeId::Sentinel(1), NodeId::Sentinel(2)];
    for node in nodes {
        for url in [&old, &new, &reports] {
            let mut connection = connect(&direct(&cluster, url, node).await).await.expect("a login");
            assert_eq!(says(&mut connection, "PING").await, "ok", "{node}");
        }
    }
    let status = cluster.redos(&["status"]).await.succeeds();
    assert!(status.contains("a rotation of passwords is open (shop)"), "{status}");
    let ledgers = [writers.end().await, rotating.end().await];
    cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
    for node in nodes {
        assert!(connect(&direct(&cluster, &old, node).await).await.is_err(), "{node} accepts the old one");
        connect(&direct(&cluster, &new, node).await).await.expect("a login");
    }
    // A given password. redos is killed at some steps, and the next 'up' goes on.
    let folder = tempfile::tempdir().expect("a folder");
    for (round, after) in moments(2, 100..900).into_iter().enumerate() {
        let password = &format!("chosen-{round}");
        let file = folder.path().join("password");
        std::fs::write(&file, password).expect("a file");
        let file = file.to_str().expect("text");
        let rotate = ["password", "rotate", "--user", "reports", "--password-file", file];
        let _ = cluster.killed_after(&rotate, after).await;
        cluster.up(&[]).await.succeeds();
        let now = url(&cluster, "reports").await;
        let login = connect(&direct(&cluster, &now, redis(3)).await).await;
        assert_eq!(says(&mut login.expect("a login"), "GET k").await, "ok");
        if cluster.redos(&["status"]).await.succeeds().contains("is open (reports)") {
            assert!(now.contains(password), "the one that was begun counts");
            cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
        }
    }
    cluster.redos(&["plan"]).await.succeeds();
    let keys: Vec<String> = ledgers.into_iter().flatten().flatten().map(|(key, _)| key).collect();
    assert!(keys.len() > 200, "{}", keys.len());
    assert_eq!(missing(&keys, &mut cluster.client(&[]).await).await, [""; 0]);
    cluster.settled().await;
}
