//! Settings that a server does not take, or writes in its own way.

use redos::plan::observed::Inventory;

use crate::support::{Cluster, programs};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_found_before_it_is_recorded() {
    let cluster = Cluster::new("trial").await;
    let proxy_image = programs(&cluster.engine).await.proxy.image;
    let cases: [(&[&str], &str, &str); 4] = [
        (&["--redis", "maxmemory=lots"], "'maxmemory lots': argument must be a memory value", "flag --redis"),
        (&["--redis", "hash-max-listpack-entires=512"], "Bad directive", "flag --redis"),
        (&["--redis", "loadmodule=/nowhere.so"], "loadmodule /nowhere.so", "flag --redis"),
        (&["--redis-image", &proxy_image], "does not start", "flag --redis-image"),
    ];
    let refused = async || {
        for (arguments, reason, origin) in cases {
            let said = cluster.up(arguments).await.fails(2);
            assert!(said.contains(reason) && said.contains(origin), "{arguments:?}: {said}");
        }
    };
    refused().await;
    assert_eq!(cluster.inventory().await, Inventory::default(), "nothing was made");
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let before = cluster.inventory().await;
    refused().await;
    assert_eq!(cluster.inventory().await, before, "nothing is remembered");
    let again = cluster.redos(&["up"]).await;
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_server_writes_otherwise_are_what_was_asked_for() {
    let cluster = Cluster::new("served").await;
    let folder = tempfile::tempdir().expect("a folder");
    let conf = "bind 127.0.0.1\nrequirepass hunter2\nmaxmemory 64mb\nclient-output-buffer-limit normal 0 0 0\n\
                client-output-buffer-limit pubsub 16mb 8mb 60\nlogfile /var/log/redis.log\n";
    std::fs::write(folder.path().join("redis.conf"), conf).expect("written");
    let yaml = "apiVersion: redos/v1\nreplicas: 1\nredisConf: redis.conf\nredis:\n  oom-score-adj: relative\n  \
                latency-tracking-info-percentiles: 50.0 99.0\n  proc-title-template: \"{title} {listen-addr}\"\n";
    let file = folder.path().join("redos.yaml");
    std::fs::write(&file, yaml).expect("written");
    let file = file.display().to_string();
    let made = cluster.up(&["-f", &file]).await;
    assert!(made.stderr.contains("leaves them out: bind, requirepass, logfile"), "{}", made.stderr);
    assert!(!made.stderr.contains("hunter2"), "{}", made.stderr);
    made.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    // On a cluster that runs as well, and once more by the same file.
    cluster
        .redos(&["up", "--redis", "shutdown-on-sigint=nosave", "--redis", "oom-score-adj=absolute"])
        .await
        .succeeds();
    cluster.redos(&["up", "--redis", "oom-score-adj=relative"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
}
