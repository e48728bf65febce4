//! Rotations of passwords under load.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redos::testing::spec::secret::{PasswordKind, user};
use redos::testing::spec::{Group, NodeId, Role, STATS_PORT, Secret, Secrets, proxy_group_ports};
use serde_json::json;
use tokio::time::sleep;

use crate::kills::moments;
use crate::support::{Cluster, connect, raw};
use crate::writers::{Writers, missing};

/// How long writers run before and after each change, so that each of them has written some hundred times.
const A_WHILE: Duration = Duration::from_millis(1500);

/// Writers that wait for the answer of a busy machine, so that a write fails only when it is refused or cut off.
fn clients(url: &str) -> Writers {
    Writers::start_at(url, 100, Duration::from_secs(10))
}

fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// What a failover or a full copy would change: the epochs that Sentinels know, and the copies that nodes have sent.
async fn history(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut history = BTreeMap::new();
    for sentinel in cluster.status().await["sentinels"].as_array().expect("Sentinels") {
        history.insert(sentinel["node"].to_string(), sentinel["epochs"].to_string());
    }
    for ordinal in 1..=3 {
        let mut node = cluster.admin(redis(ordinal)).await;
        let info: String = redis::cmd("INFO").query_async(&mut node).await.expect("INFO");
        for name in ["role", "sync_full", "master_replid"] {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            history.insert(format!("{name} of redis-{ordinal}"), value.unwrap_or_default().to_owned());
        }
    }
    history
}

/// Whether a server accepts a user's password. Anything but a refusal of the password is a failure.
async fn accepts(cluster: &Cluster, node: NodeId, user: &str, password: &Secret) -> bool {
    let address = cluster.address(node).await;
    let port = if node.role() == Role::Proxy { proxy_group_ports(Group::number(1)).write } else { node.server_port() };
    let opened = connect(&format!("redis://{user}:{}@{address}:{port}", password.expose())).await;
    match opened {
        Ok(_) => true,
        // A client may ask for more than the user may do once it is logged in.
        Err(error) if error.to_string().contains("NOPERM") => true,
        Err(error) => {
            assert!(
                error.to_string().contains("WRONGPASS") || error.kind() == redis::ErrorKind::AuthenticationFailed,
                "{node}: {error}"
            );
            false
        }
    }
}

/// Whether the statistics of the proxy accept a password.
async fn shows_statistics(cluster: &Cluster, password: &Secret) -> bool {
    let address = cluster.address(NodeId::Proxy(1)).await;
    let url = format!("http://admin:{}@{address}:{STATS_PORT}/metrics?scope=global", password.expose());
    let asked =
        tokio::process::Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url]).output();
    let code = String::from_utf8(asked.await.expect("curl").stdout).expect("text");
    assert!(["200", "401"].contains(&code.as_str()), "{code}");
    code == "200"
}

/// Asserts which of two passwords of each user every server accepts.
async fn assert_accepted(cluster: &Cluster, secrets: &Secrets, expected: bool, what: &str) {
    for node in [1, 2, 3].map(redis).into_iter().chain([1, 2, 3].map(NodeId::Sentinel)) {
        let mut users = vec![("", PasswordKind::App)];
        match node.role() {
            Role::Redis => {
                users.extend([(user::REPLICATION, PasswordKind::Replication), (user::SENTINEL, PasswordKind::Sentinel)])
            }
            _ => users.push((user::SENTINEL, PasswordKind::Peers)),
        }
        for (user, kind) in users {
            assert_eq!(
                accepts(cluster, node, user, &secrets.of(&kind)).await,
                expected,
                "{what} of '{user}' at {node}"
            );
        }
    }
    assert_eq!(accepts(cluster, NodeId::Proxy(1), "", &secrets.app).await, expected, "{what} at the proxy");
    assert_eq!(shows_statistics(cluster, &secrets.stats).await, expected, "{what} of the statistics");
}

/// Everything that the Engine tells of the cluster's containers: their settings, and what they log.
async fn told_by_the_engine(cluster: &Cluster) -> String {
    let mut told = String::new();
    for node in cluster.spec().nodes() {
        for what in ["inspect", "logs"] {
            let name = cluster.container(node);
            let output = tokio::process::Command::new("docker").args([what, &name]).output().await.expect("docker");
            told += &String::from_utf8_lossy(&output.stdout);
            told += &String::from_utf8_lossy(&output.stderr);
        }
    }
    told
}

/// Asserts that not one write of these clients failed, that each is there, and that there were at least so many.
#[expect(clippy::print_stdout, reason = "figures for whoever runs it")]
pub async fn none_failed(connection: &mut MultiplexedConnection, clients: Writers, least: usize) {
    let ledgers = clients.end().await;
    // The key of each write ends with its number. One that was not acknowledged is missing between the others.
    for keys in &ledgers {
        let number =
            |(key, _): &(String, Instant)| key.rsplit(':').next().and_then(|number| number.parse::<usize>().ok());
        let gaps: Vec<_> =
            keys.windows(2).filter(|pair| number(&pair[1]) != number(&pair[0]).map(|one| one + 1)).collect();
        assert!(gaps.is_empty(), "{} times writes failed: {gaps:?}", gaps.len());
        assert_eq!(keys.first().and_then(number), Some(0));
    }
    let slowest = ledgers.iter().flat_map(|keys| keys.windows(2)).map(|pair| pair[1].1 - pair[0].1).max();
    let keys: Vec<String> = ledgers.into_iter().flatten().map(|(key, _)| key).collect();
    assert!(keys.len() >= least, "{} writes", keys.len());
    assert_eq!(missing(&keys, connection).await, [""; 0], "of {}", keys.len());
    println!("{} writes, none failed, none lost, the longest gap {slowest:?}", keys.len());
}

#[tokio::test]
async fn clients_with_either_password_lose_nothing_through_a_whole_rotation() {
    let cluster = Cluster::new("rotate").await;
    cluster.up(&[]).await.succeeds();
    let (before, old) = (history(&cluster).await, cluster.secrets().await);
    let old_url = cluster.redos(&["url"]).await.succeeds();
    let old_clients = clients(&old_url);
    sleep(A_WHILE).await;

    let rotated = cluster.redos(&["password", "rotate", "-vv", "-o", "json"]).await;
    let mut told = rotated.stderr.clone();
    for command in ["ACL SETUSER", "SENTINEL SET", "CONFIG SET"] {
        assert!(told.contains(command), "{command} is not among {told}");
    }
    let document = rotated.succeeds();
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!((&document["kind"], &document["open"]), (&json!("PasswordRotation"), &json!(true)), "{document}");
    let new = cluster.secrets().await;
    let new_url = cluster.redos(&["url"]).await.succeeds();
    assert_ne!(new_url, old_url);
    let new_clients = clients(&new_url);
    sleep(A_WHILE).await;
    let status = cluster.status().await;
    assert_eq!(
        (&status["healthy"], &status["passwordRotation"]["stage"]),
        (&json!(true), &json!("open")),
        "{status:#}"
    );
    cluster.redos(&["plan"]).await.succeeds();
    assert_accepted(&cluster, &old, true, "the old password").await;
    assert_accepted(&cluster, &new, true, "the new password").await;

    none_failed(&mut cluster.client(&[]).await, old_clients, 500).await;

    let finished = cluster.redos(&["password", "rotate", "--finish", "-vv"]).await;
    told += &finished.stderr;
    finished.succeeds();
    assert_accepted(&cluster, &old, false, "the old password").await;
    assert_accepted(&cluster, &new, true, "the new password").await;
    none_failed(&mut cluster.client(&[]).await, new_clients, 500).await;
    assert_eq!(history(&cluster).await, before, "no failover and no full copy");
    cluster.settled().await;

    // Neither the Engine tells a password, nor redos, which tells each command to a server.
    told += &told_by_the_engine(&cluster).await;
    assert!(told.contains(&cluster.container(redis(1))), "the Engine tells of them");
    for kind in
        [PasswordKind::App, PasswordKind::Replication, PasswordKind::Sentinel, PasswordKind::Peers, PasswordKind::Stats]
    {
        let is_told = [&old, &new].map(|secrets| told.contains(secrets.of(&kind).expose()));
        assert_eq!(is_told, [false, false], "{kind:?} is told");
    }

    // What the servers read at their next start is the new password as well.
    for node in [redis(2), NodeId::Sentinel(1), NodeId::Proxy(1)] {
        cluster.kill(node).await;
        cluster.start(node).await;
    }
    cluster.settled().await;
    assert_accepted(&cluster, &old, false, "the old password after a restart").await;
    assert_accepted(&cluster, &new, true, "the new password after a restart").await;
}

#[tokio::test]
async fn a_rotation_that_is_killed_anywhere_locks_nobody_out_and_ends_with_up() {
    let cluster = Cluster::new("rotate-kill").await;
    cluster.up(&[]).await.succeeds();
    let writers = clients(&cluster.redos(&["url"]).await.succeeds());
    let mut kills = 0;
    // A rotation takes some four seconds.
    for (begin, end) in moments(3, 200..3300).into_iter().zip(moments(3, 200..3300)) {
        for (verb, after) in [
            (&["password", "rotate", "--user", "sentinel", "--user", "replication"][..], begin),
            (&["password", "rotate", "--finish"][..], end),
        ] {
            kills += u32::from(cluster.killed_after(verb, after).await.was_at_work);
            drop(cluster.client(&[]).await);
            cluster.redos(&["up"]).await.succeeds();
            cluster.settled().await;
            let stage = cluster.status().await["passwordRotation"]["stage"].clone();
            assert!([json!("open"), json!(null)].contains(&stage), "{stage}");
        }
        if cluster.status().await["passwordRotation"]["stage"] == json!("open") {
            cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
        }
    }
    assert!(kills >= 3, "only {kills} rotations were killed");
    none_failed(&mut cluster.client(&[]).await, writers, 500).await;
}

#[tokio::test]
async fn the_old_password_is_not_dropped_while_a_node_is_away() {
    let cluster = Cluster::new("rotate-away").await;
    cluster.up(&[]).await.succeeds();
    let old = cluster.secrets().await;
    // A node that is away when a rotation begins is repaired first.
    cluster.kill(redis(3)).await;
    cluster.redos(&["password", "rotate"]).await.succeeds();
    let new = cluster.secrets().await;
    assert!(accepts(&cluster, redis(3), "", &new.app).await);
    let refused = cluster.redos(&["password", "rotate"]).await.fails(2);
    assert!(refused.contains("is open already") && refused.contains("password rotate --finish"), "{refused}");

    raw()
        .stop_container(&cluster.container(redis(3)), None::<bollard::query_parameters::StopContainerOptions>)
        .await
        .expect("a stop");
    let refused = cluster.redos(&["password", "rotate", "--finish"]).await.fails(1);
    assert!(refused.contains("redis-3 is away, and would come back with the old passwords"), "{refused}");
    assert!(accepts(&cluster, redis(1), "", &old.app).await, "nothing was dropped");
    assert!(accepts(&cluster, redis(1), "", &new.app).await);

    cluster.redos(&["up"]).await.succeeds();
    cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
    assert_accepted(&cluster, &old, false, "the old password").await;
    assert_accepted(&cluster, &new, true, "the new password").await;
}

#[tokio::test]
async fn another_password_in_the_settings_names_the_command_that_changes_it() {
    let cluster = Cluster::new("rotate-given").await;
    cluster.up(&[]).await.succeeds();
    let with_password = |arguments: &[&str], password: &str| {
        let mut command = cluster.command(arguments);
        command.env("REDOS_PASSWORD", password);
        command
    };
    let refused = cluster.run(with_password(&["up"], "chosen-1")).await.fails(2);
    assert!(refused.contains("password rotate --user applications") && !refused.contains("chosen-1"), "{refused}");
    cluster.run(with_password(&["password", "rotate", "--user", "applications"], "chosen-1")).await.succeeds();
    assert!(cluster.redos(&["url"]).await.succeeds().contains(":chosen-1@"));
    cluster.run(with_password(&["up"], "chosen-1")).await.succeeds();
    cluster.run(with_password(&["password", "rotate", "--finish"], "chosen-1")).await.succeeds();
    // A variable of the compose project counts only when a cluster is made; its remark names the command as well.
    let mut borrowed = cluster.command(&["up"]);
    borrowed.env("REDIS_PASSWORD", "chosen-2");
    let remark = cluster.run(borrowed).await.stderr;
    assert!(remark.contains("password rotate --user applications"), "{remark}");
    let mut borrowed = cluster.command(&["password", "rotate", "--user", "applications"]);
    borrowed.env("REDIS_PASSWORD", "chosen-2");
    cluster.run(borrowed).await.succeeds();
    assert!(cluster.redos(&["url"]).await.succeeds().contains(":chosen-2@"));
    cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
}
