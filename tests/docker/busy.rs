//! Scripts that never end: `status` names the node, and `up` ends the script, or the node with it where another leads.

use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, eventually};
use crate::writers::{Writers, missing};

/// Far below the time-out of `up`: what it waits for is a failover at most.
const SOON: Duration = Duration::from_secs(60);

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

fn eval(script: &str) -> redis::Cmd {
    redis::cmd("EVAL").arg(script).arg(0).to_owned()
}

/// Has a node run what never ends, until `status` tells of it. For its first five seconds Redis answers nobody.
async fn keep_busy(cluster: &Cluster, node: NodeId, command: redis::Cmd) {
    let mut connection = cluster.admin(node).await;
    tokio::spawn(async move {
        // The test does not need the answer.
        let _: redis::RedisResult<redis::Value> = command.query_async(&mut connection).await;
    });
    let told = format!("{node} does not answer: a script that does not end keeps it busy");
    eventually("status tells", async || cluster.reasons().await.contains(&told)).await;
    let plan = cluster.redos(&["plan"]).await.exits(1);
    assert!(plan.contains(&format!("end the script that keeps {node} busy")), "{plan}");
}

/// `up` makes all well, and does it soon.
async fn mended(cluster: &Cluster) {
    let began = Instant::now();
    let up = cluster.redos(&["up"]).await;
    assert_eq!(up.code, Some(0), "{}{}", up.stdout, up.stderr);
    assert!(began.elapsed() < SOON, "it took {:?}: {}", began.elapsed(), up.stderr);
    cluster.settled().await;
}

#[tokio::test]
async fn a_script_that_has_written_goes_with_its_node_when_the_sentinels_have_replaced_it() {
    let cluster = Cluster::new("busy").await;
    cluster.up(&[]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let writers = Writers::start(&url);
    eventually("there are writes", async || writers.acknowledged() > 100).await;
    let first = cluster.master().await;
    keep_busy(&cluster, first, eval("redis.call('set', 'x', 'y') while true do end")).await;
    mended(&cluster).await;
    assert_ne!(cluster.master().await, first);
    let (keys, _) = writers.stop().await;
    let mut client = cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut client).await, Vec::<String>::new(), "of {}", keys.len());
    let written: Option<String> = client.get("x").await.expect("a read");
    assert_eq!(written, None, "no replica was given what the script wrote");
}

#[tokio::test]
async fn a_script_that_only_reads_is_ended_and_every_node_keeps_its_role() {
    let cluster = Cluster::new("reads").await;
    // A Sentinel ends a script of a node that it considers down, but only once, and never a function. So it must not
    // act here.
    cluster.up(&["--down-after", "60s"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    let started =
        async || cluster.inventory().await.nodes.into_values().map(|facts| facts.started_at).collect::<Vec<_>>();
    let before = started().await;
    for node in [redis(2), redis(1)] {
        keep_busy(&cluster, node, eval("while true do redis.call('get', 'key') end")).await;
        mended(&cluster).await;
        assert_eq!(cluster.master().await, redis(1));
    }
    assert_eq!(started().await, before, "no node was restarted");
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_function_is_ended_that_no_sentinel_ends() {
    let cluster = Cluster::new("spins").await;
    cluster.up(&[]).await.succeeds();
    let library = "#!lua name=endless\n\
                   redis.register_function{function_name='spin', callback=function() while true do end end, flags={'no-writes'}}";
    let mut client = cluster.client(&[]).await;
    let () = redis::cmd("FUNCTION").arg("LOAD").arg(library).query_async(&mut client).await.expect("a function");
    let () = client.set("key", "value").await.expect("a write");
    let first = cluster.master().await;
    let spin = || redis::cmd("FCALL_RO").arg("spin").arg(0).to_owned();
    keep_busy(&cluster, first, spin()).await;
    mended(&cluster).await;
    let second = cluster.master().await;
    assert_ne!(second, first, "it was replaced long before Redis says that it is busy");
    keep_busy(&cluster, first, spin()).await;
    mended(&cluster).await;
    assert_eq!(cluster.master().await, second, "{first} is a replica");
    let kept: Option<String> = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(kept.as_deref(), Some("value"));
}

#[tokio::test]
async fn a_master_that_nobody_can_replace_is_left_to_a_person_who_is_told_the_command() {
    let cluster = Cluster::new("alone").await;
    cluster.up(&["--replicas", "0"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    keep_busy(&cluster, redis(1), eval("redis.call('set', 'x', 'y') while true do end")).await;
    let began = Instant::now();
    let said = cluster.redos(&["up"]).await.fails(1);
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    let name = cluster.container(redis(1));
    let command = format!("docker kill {name} && docker start {name}");
    assert!(said.contains("it has no replica that could take over") && said.contains(&command), "{said}");
    let done = tokio::process::Command::new("sh").args(["-c", &command]).output().await.expect("a shell");
    assert!(done.status.success(), "{done:?}");
    mended(&cluster).await;
    let kept: (Option<String>, Option<String>) = cluster.client(&[]).await.mget(&["key", "x"]).await.expect("a read");
    assert_eq!(kept, (Some("value".to_owned()), None));
}
