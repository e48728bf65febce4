//! An image that turns out to be wrong only when its server has a node's own files is corrected with another `up`.

use bollard::query_parameters::RemoveImageOptions;
use redis::AsyncCommands;

use crate::imitations::derive;
use crate::support::{Cluster, Run, eventually, programs, raw};

/// What the server of an image does that cannot read the data.
pub const DIES: &str = "echo \"Can't handle RDB format version 99\"; exit 1";
/// What one does that comes up well and crashes after some seconds.
pub const CRASHES: &str =
    "\"$0-itself\" \"$@\" & own=$!; trap \"kill $own; wait; exit 0\" TERM; sleep 3 & wait $!; kill -9 $own; exit 1";

/// An image whose server passes the trial, for which it reads its configuration from standard input, and does this with a
/// configuration that is a file.
pub async fn image_that(does: &str, base: &str, reference: &str) {
    let script = format!(
        "own=$(command -v redis-server)
busybox mv \"$own\" \"$own-itself\"
cat >\"$own\" <<'SERVER'
#!/bin/sh
case $1 in *.conf) {does} ;; *) exec \"$0-itself\" \"$@\" ;; esac
SERVER
busybox chmod 755 \"$own\""
    );
    derive(&raw(), base, reference, &script, &["CMD [\"redis-server\"]"]).await;
}

/// Runs the cluster on an image of this kind, from the beginning or after the right one, and then on the right one.
async fn corrected(topic: &str, does: &str, dies: bool) {
    let cluster = Cluster::new(topic).await;
    let right = programs(&cluster.engine).await.redis.image;
    let wrong = format!("{}:1", cluster.name);
    image_that(does, &right, &wrong).await;
    // What dies is noticed long before that, also on a busy machine.
    let to_wrong = ["--redis-image", &wrong, "--timeout", if dies { "100s" } else { "40s" }];

    // A cluster that never ran. Servers that crash late may all run for a moment, so that the cluster looks ready.
    let wrongs = async |run: Run| {
        if run.code == Some(0) {
            eventually("a server has crashed", async || cluster.redos(&["status", "-q"]).await.code == Some(1)).await;
        }
        run.code
    };
    let began = wrongs(cluster.up(&to_wrong).await).await;
    let begins_right = cluster.up(&["--redis-image", &right]).await;
    let write: redis::RedisResult<()> = cluster.client(&[]).await.set("key", "value").await;
    // The same with a cluster that has data.
    let changed = wrongs(cluster.up(&to_wrong).await).await;
    let goes_on_right = cluster.up(&["--redis-image", &right]).await;
    let read: redis::RedisResult<String> = cluster.client(&[]).await.get("key").await;
    let plan = cluster.redos(&["plan"]).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    raw().remove_image(&wrong, None::<RemoveImageOptions>, None).await.expect("removed");

    assert!(!dies || began == Some(1) && changed == Some(1), "{began:?} {changed:?}");
    begins_right.succeeds();
    write.expect("a write");
    goes_on_right.succeeds();
    assert_eq!(read.expect("a read"), "value");
    plan.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_server_dies_at_every_start_is_corrected_with_up() {
    corrected("dies", DIES, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_server_crashes_after_a_while_is_corrected_with_up() {
    corrected("crashes", CRASHES, false).await;
}
