//! Upgrades of images under load: one replica first, and back by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use bollard::query_parameters::RemoveImageOptions;
use rand::seq::SliceRandom;
use redis::AsyncCommands;
use redos::testing::spec::NodeId;
use tokio::time::sleep;

use crate::imitations::derive;
use crate::kills::moments;
use crate::releases::build;
use crate::support::{Cluster, connect, programs, raw};
use crate::writers::{Writers, missing};
use crate::wrong_image::{CRASHES, DIES, image_that};

/// The longest gap in writes that a switchover causes. A healthy one takes some 20 ms; a busy machine adds to it.
const GAP_MAX: Duration = Duration::from_millis(1500);

/// Servers and versions of the Redis nodes, each once.
async fn versions(cluster: &Cluster) -> BTreeSet<String> {
    let status = cluster.status().await;
    let nodes = status["groups"][0]["nodes"].as_array().expect("nodes").clone();
    nodes.iter().map(|node| format!("{} {}", node["server"], node["version"]).replace('"', "")).collect()
}

/// The images of the nodes of a kind, each once.
async fn images(cluster: &Cluster, kind: &str) -> BTreeSet<String> {
    let nodes = cluster.inventory().await.nodes;
    let of_kind = nodes.into_iter().filter(|(node, _)| node.to_string().starts_with(kind));
    of_kind.map(|(_, facts)| facts.image).collect()
}

/// Removes an image. A redos that was killed may have left a temporary container of it, which the next redos removes.
async fn remove(image: &str) {
    let force = RemoveImageOptions { force: true, ..Default::default() };
    raw().remove_image(image, Some(force), None).await.expect("removed");
}

/// Ends the writers. All that was acknowledged is there, and none waited longer than this.
#[expect(clippy::print_stdout, reason = "figures for whoever runs it")]
async fn nothing_lost(cluster: &Cluster, writers: Writers, gap_max: Duration, what: &str) {
    let (keys, gap) = writers.stop().await;
    assert!(keys.len() > 300, "{what}: {} writes", keys.len());
    assert_eq!(missing(&keys, &mut cluster.client(&[]).await).await, [""; 0], "{what}: of {}", keys.len());
    println!("{what}: {} writes, none lost, the longest gap {gap:?}", keys.len());
    assert!(gap <= gap_max, "{what}: {gap:?}");
}

/// Upgrades a cluster under load.
async fn upgrades(cluster: &Cluster, arguments: &[&str], what: &str) {
    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    sleep(Duration::from_millis(500)).await;
    let said = cluster.redos(&[&["upgrade", "--soak", "3s"], arguments].concat()).await;
    sleep(Duration::from_millis(500)).await;
    nothing_lost(cluster, writers, GAP_MAX, what).await;
    said.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_7_becomes_redis_8_and_cannot_go_back_but_the_proxy_can() {
    let cluster = Cluster::new("upgrade").await;
    cluster.up(&[]).await.succeeds();
    let first = programs(&cluster.engine).await;
    let [server, proxy, exporter] = build(&cluster, "trixie", "redis").await;
    upgrades(&cluster, &["--redis-image", &server], "7.0 to 8.0").await;
    let now = versions(&cluster).await;
    assert!(now.len() == 1 && now.iter().all(|one| one.starts_with("redis 8.")), "{now:?}");
    assert_eq!(images(&cluster, "sentinel").await, BTreeSet::from([server.clone()]));

    let said = cluster.redos(&["upgrade", "--to-previous"]).await.fails(2);
    assert!(said.contains("cannot read the data of") && said.contains("--from BACKUP"), "{said}");
    let said = cluster.redos(&["upgrade", "--redis-image", &first.redis.image]).await.fails(2);
    assert!(said.contains("cannot read the data of"), "{said}");
    let said = cluster.redos(&["upgrade", "--redis-image", &first.proxy.image]).await.fails(2);
    assert!(said.contains("Redis or Valkey"), "{said}");
    cluster.redos(&["upgrade", "--redis-image", "nothing.invalid/none:1"]).await.fails(8);
    let said = cluster.redos(&["upgrade", "--redis-image", &server]).await;
    assert!(said.stderr.contains("already: nothing to do"), "{}", said.stderr);
    said.succeeds();
    assert_eq!(versions(&cluster).await, now);

    cluster.redos(&["upgrade", "--proxy-image", &proxy]).await.succeeds();
    assert_eq!(images(&cluster, "proxy").await, BTreeSet::from([proxy.clone()]));
    cluster.redos(&["upgrade", "--to-previous"]).await.succeeds();
    assert_eq!(images(&cluster, "proxy").await, BTreeSet::from([first.proxy.image]));
    assert_eq!(versions(&cluster).await, now);
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    for image in [server, proxy, exporter] {
        remove(&image).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_7_becomes_valkey_8() {
    let cluster = Cluster::new("upgrade-valkey").await;
    cluster.up(&[]).await.succeeds();
    let images = build(&cluster, "trixie", "valkey").await;
    upgrades(&cluster, &["--redis-image", &images[0], "--proxy-image", &images[1]], "Redis 7.0 to Valkey 8.1").await;
    let now = versions(&cluster).await;
    assert!(now.len() == 1 && now.iter().all(|one| one.starts_with("valkey 8.")), "{now:?}");
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    for image in images {
        remove(&image).await;
    }
}

/// Tries an image that does not do well. Clients write and read meanwhile.
async fn goes_back(topic: &str, does: &str, reads: bool, why: &str) {
    let cluster = Cluster::new(topic).await;
    cluster.up(&[]).await.succeeds();
    let (right, before) = (programs(&cluster.engine).await.redis.image, images(&cluster, "redis").await);
    let wrong = format!("{}:1", cluster.name);
    image_that(does, &right, &wrong).await;
    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    let url = cluster.redos(&["url", "--read"]).await.succeeds();
    let reader = tokio::spawn(async move {
        if !reads {
            return;
        }
        loop {
            if let Ok(mut client) = connect(&url).await {
                for _ in 0..5 {
                    let _: redis::RedisResult<Option<String>> = client.get("written:0:1").await;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    sleep(Duration::from_millis(500)).await;
    let run = cluster.redos(&["upgrade", "--redis-image", &wrong, "--soak", "8s", "--timeout", "60s"]).await;
    reader.abort();
    nothing_lost(&cluster, writers, GAP_MAX, topic).await;
    let (status, after) = (cluster.status().await, images(&cluster, "redis").await);
    let plan = cluster.redos(&["plan"]).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    remove(&wrong).await;
    assert!(matches!(run.code, Some(1 | 4)), "{:?} {}", run.code, run.stderr);
    assert!(run.stderr.contains("again, and no other node was changed"), "{}", run.stderr);
    assert!(run.stderr.contains(why), "{why} in {}", run.stderr);
    assert_eq!((status["healthy"].as_bool(), after), (Some(true), before), "{status:#}");
    plan.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_at_every_start_costs_one_replica_a_restart() {
    goes_back("upgrade-dies", DIES, false, "it died at once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_after_a_while_is_taken_back() {
    goes_back("upgrade-crashes", CRASHES, false, "gets its old image back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_commands_of_clients_is_taken_back() {
    let refuses = "exec \"$0-itself\" \"$@\" --rename-command get ''";
    goes_back("upgrade-refuses", refuses, true, "of all commands with an error").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_that_do_not_serve_are_taken_back() {
    let cluster = Cluster::new("upgrade-proxy").await;
    cluster.up(&["--proxies", "2", "--replicas", "1"]).await.succeeds();
    let (right, before) = (programs(&cluster.engine).await.proxy.image, images(&cluster, "proxy").await);
    let wrong = format!("{}:1", cluster.name);
    // It says its version, and dies with a configuration.
    let script = r#"own=$(command -v haproxy)
busybox mv "$own" "$own-itself"
printf '#!/bin/sh\ncase $1 in -W) echo "it has no licence"; exit 1 ;; *) exec "$0-itself" "$@" ;; esac\n' >"$own"
busybox chmod 755 "$own""#;
    derive(&raw(), &right, &wrong, script, &["CMD [\"haproxy\"]"]).await;
    let container = async || cluster.inventory().await.nodes[&NodeId::Proxy(2)].container_id.clone();
    let second = container().await;
    let run = cluster.redos(&["upgrade", "--proxy-image", &wrong, "--timeout", "60s"]).await;
    let second_after = container().await;
    let (status, after) = (cluster.status().await, images(&cluster, "proxy").await);
    let plan = cluster.redos(&["plan"]).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    remove(&wrong).await;
    assert!(matches!(run.code, Some(1 | 4)), "{:?} {}", run.code, run.stderr);
    assert!(run.stderr.contains("have the old one again"), "{}", run.stderr);
    assert_eq!(second_after, second, "one proxy serves all the time");
    assert_eq!((status["healthy"].as_bool(), after), (Some(true), before), "{status:#}");
    plan.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_killed_anywhere_loses_nothing_and_is_ended_or_undone() {
    let cluster = Cluster::new("upgrade-kill").await;
    cluster.up(&["--replicas", "2"]).await.succeeds();
    let base = programs(&cluster.engine).await.redis.image;
    // The same server in another image: back and forth is possible.
    let twin = format!("{}:twin", cluster.name);
    derive(&raw(), &base, &twin, "true", &["CMD [\"redis-server\"]"]).await;
    let [server, proxy, exporter] = build(&cluster, "trixie", "redis").await;
    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    let mut kills = 0;
    // An upgrade with a soak of 1 s takes some 20 s.
    let mut moments = moments(5, 500..16_000);
    moments.shuffle(&mut rand::rng());
    let to_a_newer_server = moments.len() - 2;
    for (round, moment) in moments.into_iter().enumerate() {
        let image = if images(&cluster, "redis").await.contains(&twin) { &base } else { &twin };
        let image = if round >= to_a_newer_server { &server } else { image };
        let verb = ["upgrade", "--redis-image", image, "--soak", "1s"];
        kills += u32::from(cluster.killed_after(&verb, moment).await.was_at_work);
        // The cluster may not be in order for an upgrade. Then the message names `up`.
        let goes_on = match round % 3 {
            0 => cluster.redos(&verb).await,
            1 => cluster.redos(&["up"]).await,
            _ => cluster.redos(&["upgrade", "--to-previous", "--soak", "1s"]).await,
        };
        if goes_on.code != Some(0) {
            assert!(goes_on.stderr.contains(" up"), "round {round}: {}", goes_on.stderr);
            cluster.redos(&["up"]).await.succeeds();
        }
        cluster.redos(&["plan"]).await.succeeds();
        let all = images(&cluster, "redis").await;
        assert_eq!(all.len(), 1, "round {round}: {all:?}");
    }
    assert!(kills >= 3, "only {kills} upgrades were killed");
    let last = cluster.redos(&["upgrade", "--redis-image", &server, "--soak", "1s"]).await;
    nothing_lost(&cluster, writers, Duration::from_secs(10), &format!("{kills} kills")).await;
    last.succeeds();
    assert!(versions(&cluster).await.iter().all(|one| one.starts_with("redis 8.")));
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    for image in [twin, server, proxy, exporter] {
        remove(&image).await;
    }
}
