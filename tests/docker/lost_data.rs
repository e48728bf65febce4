//! Stopped clusters whose last master has lost its data: a node that has them leads, or nobody.

use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;
use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, eventually, raw};

const KEYS: usize = 300;
const FILES: &str = "/data/appendonlydir";
const MANIFEST: &str = "/data/appendonlydir/appendonly.aof.manifest";

const fn redis(ordinal: u16) -> NodeId {
    NodeId::redis(Group::number(1), ordinal)
}

/// What the last master loses.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Its container and its volume.
    Volume,
    /// This path in its volume.
    Path(&'static str),
}

/// Removes a path of a running node, past its server.
async fn rub_out(cluster: &Cluster, node: NodeId, path: &str) {
    // Through a shell, because `rm` may be built into it and exist as no program.
    let command = Some(vec!["sh".to_owned(), "-c".to_owned(), format!("rm -r {path}")]);
    let options = CreateExecOptions { cmd: command, attach_stderr: Some(true), ..Default::default() };
    let made = raw().create_exec(&cluster.container(node), options).await.expect("a command").id;
    let StartExecResults::Attached { mut output, .. } = raw().start_exec(&made, None).await.expect("a start") else {
        panic!("it is attached")
    };
    while output.next().await.is_some() {}
    let ended = raw().inspect_exec(&made).await.expect("its end");
    assert_eq!(ended.exit_code, Some(0), "rm {path}");
}

/// Stops the cluster, and its master loses this.
async fn stop_and_lose(cluster: &Cluster, loss: Loss) -> NodeId {
    let master = cluster.master().await;
    if let Loss::Path(path) = loss {
        rub_out(cluster, master, path).await;
    }
    cluster.redos(&["stop"]).await.succeeds();
    if let Loss::Volume = loss {
        cluster.lose(master).await;
    }
    master
}

async fn write_keys(cluster: &Cluster) {
    let mut client = cluster.client(&[]).await;
    let mut pipeline = redis::pipe();
    for key in 0..KEYS {
        pipeline.set(format!("key:{key}"), key).ignore();
    }
    let () = pipeline.query_async(&mut client).await.expect("writes");
    let confirmed: usize = redis::cmd("WAIT").arg(2).arg(5000).query_async(&mut client).await.expect("an answer");
    assert_eq!(confirmed, 2, "all replicas have them");
}

async fn key_count(cluster: &Cluster) -> usize {
    redis::cmd("DBSIZE").query_async(&mut cluster.client(&[]).await).await.expect("a number")
}

#[tokio::test]
async fn a_stopped_cluster_is_led_by_a_node_that_has_the_data_its_last_master_lost() {
    let cluster = Cluster::new("lostdata").await;
    cluster.up(&[]).await.succeeds();
    write_keys(&cluster).await;
    let ways: [(Loss, &[&[&str]]); 5] = [
        (Loss::Volume, &[&["start"]]),
        (Loss::Path(FILES), &[&["up"]]),
        (Loss::Path(MANIFEST), &[&["start"]]),
        (Loss::Volume, &[&["down"], &["up"]]),
        (Loss::Path(FILES), &[&["down"], &["up"]]),
    ];
    for (loss, back) in ways {
        let master = stop_and_lose(&cluster, loss).await;
        for verb in back {
            cluster.redos(verb).await.succeeds();
        }
        assert_eq!(key_count(&cluster).await, KEYS, "{loss:?} {back:?}");
        assert_ne!(cluster.master().await, master, "{loss:?} {back:?}");
        cluster.settled().await;
    }
}

#[tokio::test]
async fn damaged_copies_alone_are_left_to_a_person_who_is_told_what_each_node_has() {
    let cluster = Cluster::new("damaged").await;
    cluster.up(&[]).await.succeeds();
    write_keys(&cluster).await;
    for ordinal in [2, 3] {
        rub_out(&cluster, redis(ordinal), MANIFEST).await;
    }
    let master = stop_and_lose(&cluster, Loss::Path(MANIFEST)).await;
    assert_eq!(master, redis(1));
    let before = cluster.labelled().await;
    for verb in ["plan", "up", "start"] {
        let run = cluster.redos(&[verb]).await;
        assert_eq!(run.code, Some(1), "{verb}: {}{}", run.stdout, run.stderr);
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains("no node of mymaster has complete data"), "{told}");
        for node in [redis(1), redis(2), redis(3)] {
            assert!(told.contains(&cluster.container(node)), "{node}: {told}");
        }
        assert!(told.contains("docker run --rm -it"), "a next command: {told}");
    }
    assert_eq!(cluster.labelled().await, before, "nothing was changed");
}

#[tokio::test]
async fn data_that_docker_does_not_show_are_not_taken_for_none() {
    let cluster = Cluster::new("unread").await;
    cluster.up(&[]).await.succeeds();
    write_keys(&cluster).await;
    // The last write is at the master alone.
    cluster.redos(&["stop", "redis-2", "redis-3"]).await.succeeds();
    let () = redis::cmd("SET").arg("last").arg("kept").query_async(&mut cluster.client(&[]).await).await.expect("OK");
    cluster.redos(&["stop"]).await.succeeds();
    // A disk that is away.
    let volume = raw().inspect_volume(&redis(1).volume_name(&cluster.name)).await.expect("a volume");
    let away = format!("{}-away", volume.mountpoint);
    std::fs::rename(&volume.mountpoint, &away).expect("root may");
    let before = cluster.labelled().await;
    let mut refused = Vec::new();
    for verb in ["start", "up"] {
        refused.push(cluster.redos(&[verb]).await);
    }
    let after = cluster.labelled().await;
    std::fs::rename(&away, &volume.mountpoint).expect("root may");
    for run in refused {
        let said = run.fails(1);
        assert!(said.contains("it is not known which node of mymaster has the last data"), "{said}");
        assert!(said.contains("redis-1 could not be looked at (failed to read "), "{said}");
        for ordinal in [2, 3] {
            assert!(said.contains(&format!("redis-{ordinal} has ")), "{said}");
        }
        assert!(said.contains(&format!("docker cp {}:/data - | tar -t", cluster.container(redis(1)))), "{said}");
    }
    assert_eq!(after, before, "nothing was changed");
    cluster.redos(&["start"]).await.succeeds();
    assert_eq!(cluster.master().await, redis(1));
    let kept: Option<String> =
        redis::cmd("GET").arg("last").query_async(&mut cluster.client(&[]).await).await.expect("an answer");
    assert_eq!(kept.as_deref(), Some("kept"));
    cluster.settled().await;
}

#[tokio::test]
async fn a_replica_that_lost_its_data_is_not_promoted_before_up_has_seen_it_in_sync() {
    let cluster = Cluster::new("emptied").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    rub_out(&cluster, redis(2), FILES).await;
    cluster.kill(redis(2)).await;
    cluster.start(redis(2)).await;
    let told = "redis-2 is in sync, but no Sentinel may promote it yet (its replica-priority is 0)";
    eventually("status tells", async || cluster.reasons().await.contains(told)).await;
    cluster.redos(&["failover"]).await.fails(1);
    cluster.redos(&["up"]).await.succeeds();
    cluster.settled().await;
    cluster.redos(&["failover"]).await.succeeds();
    assert_eq!(cluster.master().await, redis(2));
}
