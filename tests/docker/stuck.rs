//! States that Sentinel never leaves by itself: `status` tells of them, and `up` ends them.

use std::collections::HashMap;
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redos::testing::spec::render::sentinel_id;
use redos::testing::spec::{Group, NodeId, REDIS_PORT};
use tokio::task::JoinHandle;

use crate::support::{Cluster, eventually, raw};

const SENTINELS: [NodeId; 3] = [NodeId::Sentinel(1), NodeId::Sentinel(2), NodeId::Sentinel(3)];
/// An address at which there is never a server (RFC 5737).
const NOWHERE: &str = "192.0.2.7";
/// Longer than Sentinels of the defaults take to correct a role, or whom a replica follows, where they do so.
const CORRECTION: Duration = Duration::from_secs(5);

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

async fn say(connection: &mut MultiplexedConnection, command: &redis::Cmd) {
    let said: redis::RedisResult<redis::Value> = command.query_async(connection).await;
    said.expect("it is done");
}

async fn pause_sentinels(cluster: &Cluster) {
    for sentinel in SENTINELS {
        raw().pause_container(&cluster.container(sentinel)).await.expect("a pause");
    }
}

/// `status` comes to tell of it, and its exit code says that something is wrong.
async fn told(cluster: &Cluster, what: &str) {
    eventually("status tells", async || cluster.reasons().await.contains(what)).await;
    cluster.redos(&["status"]).await.exits(1);
}

/// A node leaves the cluster's replication by hand, and no Sentinel knows any more that it is a replica: what they do not
/// know they do not correct.
async fn strays(cluster: &Cluster, node: NodeId, command: &redis::Cmd) {
    let mut master = cluster.admin(cluster.master().await).await;
    // Sentinels make a replica of it again after 8 s (sentinel.c, four periods of their hello). All connections are there before.
    let mut strayed = cluster.admin(node).await;
    let mut sentinels = Vec::new();
    for sentinel in SENTINELS {
        sentinels.push(cluster.admin(sentinel).await);
    }
    say(&mut strayed, command).await;
    eventually("the master has one replica less", async || {
        let info: String = redis::cmd("INFO").arg("replication").query_async(&mut master).await.expect("an answer");
        info.contains("connected_slaves:1")
    })
    .await;
    for sentinel in &mut sentinels {
        say(sentinel, redis::cmd("SENTINEL").arg("RESET").arg("mymaster")).await;
    }
    eventually("the Sentinels know each other and one replica", async || {
        let status = cluster.status().await;
        let sentinels = status["sentinels"].as_array().expect("Sentinels");
        sentinels.iter().all(|one| one["replicas"]["mymaster"] == 1 && one["peers"]["mymaster"] == 2)
    })
    .await;
}

/// `up` makes a cluster of it again, with the same master and what was written there.
async fn cured(cluster: &Cluster, master: NodeId) {
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.master().await, master);
    let mut client = cluster.client(&[]).await;
    let kept: (Option<String>, Option<String>) = client.mget(&["key", "stray"]).await.expect("a read");
    assert_eq!(kept, (Some("value".to_owned()), None));
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn two_masters_are_told_of_and_the_one_that_the_sentinels_named_stays() {
    let cluster = Cluster::new("twins").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-2"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let promotion = || redis::cmd("REPLICAOF").arg("NO").arg("ONE").to_owned();

    // The Sentinels have forgotten redis-3, which becomes a second master.
    strays(&cluster, redis(3), &promotion()).await;
    let () = cluster.admin(redis(3)).await.set("stray", "lost").await.expect("a write");
    tokio::time::sleep(CORRECTION).await;
    told(&cluster, "redis-2 and redis-3 claim to be master of mymaster at the same time").await;
    cured(&cluster, redis(2)).await;

    // The Sentinels cannot be asked. Their files decide who is master, although another node has more data.
    pause_sentinels(&cluster).await;
    say(&mut cluster.admin(redis(1)).await, &promotion()).await;
    let mut stray = cluster.admin(redis(1)).await;
    for _ in 0..100 {
        let () = stray.set("stray", "lost").await.expect("a write");
    }
    told(&cluster, "redis-1 and redis-2 claim to be master of mymaster at the same time").await;
    cured(&cluster, redis(2)).await;
}

#[tokio::test]
async fn a_replica_that_follows_a_wrong_master_is_told_of_and_led_back() {
    let cluster = Cluster::new("astray").await;
    cluster.up(&[]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let other = cluster.address(redis(2)).await.to_string();
    // First a replica of a replica, which has all data; then a replica of a server that does not exist.
    for (address, name) in [(&*other, "redis-2"), (NOWHERE, NOWHERE)] {
        let follow = redis::cmd("REPLICAOF").arg(address).arg(REDIS_PORT).to_owned();
        strays(&cluster, redis(3), &follow).await;
        tokio::time::sleep(CORRECTION).await;
        told(&cluster, &format!("redis-3 follows {name}")).await;
        cured(&cluster, redis(1)).await;
    }
}

/// Another node is master, and has what was written at the one that is gone.
async fn replaced(cluster: &Cluster, gone: NodeId) {
    assert_ne!(cluster.master().await, gone);
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
    cluster.redos(&["plan"]).await.succeeds();
}

/// Somebody who has every vote of each Sentinel and never acts, as a candidate would that dies when it is elected. A
/// Sentinel that has given its vote away does not stand itself for twice the failover timeout.
async fn rival(cluster: &Cluster) -> JoinHandle<()> {
    let master = cluster.address(cluster.master().await).await.to_string();
    let mut sentinels = Vec::new();
    for sentinel in SENTINELS {
        sentinels.push(cluster.admin(sentinel).await);
    }
    let vote = move |epoch: u64| {
        let mut request = redis::cmd("SENTINEL");
        request.arg("IS-MASTER-DOWN-BY-ADDR").arg(&master).arg(REDIS_PORT).arg(epoch).arg("7".repeat(40));
        request
    };
    for sentinel in &mut sentinels {
        say(sentinel, &vote(1000)).await;
    }
    tokio::spawn(async move {
        for epoch in 1001.. {
            tokio::time::sleep(Duration::from_millis(500)).await;
            for sentinel in &mut sentinels {
                say(sentinel, &vote(epoch)).await;
            }
        }
    })
}

#[tokio::test]
async fn a_vote_that_leads_to_nothing_again_and_again_is_told_of_and_ended() {
    let cluster = Cluster::new("vote").await;
    cluster.up(&[]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    let rival = rival(&cluster).await;
    // The lost master does not come back with its data, so that nothing ends the rival's failover.
    cluster.lose(first).await;
    told(&cluster, "the Sentinels have not agreed on who replaces it").await;
    cluster.redos(&["up"]).await.succeeds();
    assert!(!rival.is_finished(), "it had all votes until now");
    rival.abort();
    replaced(&cluster, first).await;
}

#[tokio::test]
async fn sentinels_that_will_never_replace_a_master_are_told_of_and_pushed() {
    let cluster = Cluster::new("trap").await;
    cluster.up(&["--down-after", "500ms"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    pause_sentinels(&cluster).await;
    // The master and its data are gone, and the paused Sentinels do not notice.
    cluster.lose(first).await;
    // When the Sentinels act again, the replicas' links have been down for longer than ten times the longest
    // down-after.
    tokio::time::sleep(Duration::from_secs(8)).await;
    for sentinel in SENTINELS {
        raw().unpause_container(&cluster.container(sentinel)).await.expect("a thaw");
    }
    told(&cluster, "Sentinels will not replace it").await;
    cluster.redos(&["up"]).await.succeeds();
    replaced(&cluster, first).await;
}

#[tokio::test]
async fn a_sentinel_that_never_was_is_seen_and_forgotten() {
    let cluster = Cluster::new("ghost").await;
    cluster.up(&[]).await.succeeds();
    let master = cluster.address(cluster.master().await).await;
    let hello = format!("192.0.2.7,26379,{},0,mymaster,{master},{REDIS_PORT},0", "7".repeat(40));
    for sentinel in SENTINELS {
        say(&mut cluster.admin(sentinel).await, redis::cmd("PUBLISH").arg("__sentinel__:hello").arg(&hello)).await;
    }
    told(&cluster, "192.0.2.7").await;
    cluster.redos(&["plan"]).await.fails(1);
    cluster.redos(&["up"]).await.succeeds();
    for sentinel in cluster.status().await["sentinels"].as_array().expect("Sentinels") {
        assert_eq!(sentinel["peers"]["mymaster"], 2, "{sentinel:#}");
    }
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test]
async fn a_sentinel_that_names_the_old_master_in_the_epoch_of_the_new_one_is_told_of_and_corrected() {
    let cluster = Cluster::new("epoch").await;
    cluster.up(&[]).await.succeeds();
    cluster.redos(&["failover", "--to", "redis-2"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let watched: HashMap<String, String> = {
        let mut other = cluster.admin(SENTINELS[0]).await;
        redis::cmd("SENTINEL").arg("MASTER").arg("mymaster").query_async(&mut other).await.expect("an answer")
    };
    let old = cluster.address(redis(1)).await;
    let (other, id) = (cluster.address(SENTINELS[0]).await, sentinel_id(&cluster.spec(), SENTINELS[0]));
    let epoch = &watched["config-epoch"];
    let hello = format!("{other},26379,{id},{epoch},mymaster,{old},{REDIS_PORT},{epoch}");
    // In one go, so that the others' announcements do not come in between.
    let mut wrong = redis::pipe();
    wrong.cmd("SENTINEL").arg("REMOVE").arg("mymaster");
    wrong.cmd("SENTINEL").arg("MONITOR").arg("mymaster").arg(old.to_string()).arg(REDIS_PORT).arg(2);
    wrong.cmd("SENTINEL").arg("SET").arg("mymaster").arg("auth-user").arg("sentinel");
    wrong.arg("auth-pass").arg(cluster.secrets().await.sentinel.expose());
    wrong.cmd("PUBLISH").arg("__sentinel__:hello").arg(hello);
    let _: Vec<redis::Value> = wrong.query_async(&mut cluster.admin(SENTINELS[2]).await).await.expect("it is done");
    // It may consider that master down, which is a replica. It does not learn of the other one.
    tokio::time::sleep(CORRECTION).await;
    told(&cluster, "sentinel-3 names redis-1 as master of mymaster, not redis-2").await;
    cured(&cluster, redis(2)).await;
}
