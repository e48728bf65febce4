//! Settings that a server does not take, or writes in its own way.

use redos::testing::cluster::observed::Inventory;

use redos::testing::spec::{Group, NodeId};

use crate::support::{Cluster, eventually, programs, remote_address};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_found_before_it_is_recorded() {
    let cluster = Cluster::new("trial").await;
    let proxy_image = programs(&cluster.engine).await.proxy.image;
    let cases: [(&[&str], &str, &str); 9] = [
        (&["--redis", "maxmemory=1"], "with 'maxmemory 1' refuses every write: command not allowed", "flag --redis"),
        (&["--redis", "maxclients=3"], "the cluster's own connections would be refused", "flag --redis"),
        (&["--log", "nowhere"], "containers.log: ", "flag --log"),
        (&["--ulimits", "nofile=9999999999"], "containers.ulimits: ", "flag --ulimits"),
        (&["--data-dir", "/proc/nowhere"], "persistence.dir: ", "flag --data-dir"),
        (&["--redis", "maxmemory=lots"], "'maxmemory lots': argument must be a memory value", "flag --redis"),
        (&["--redis", "hash-max-listpack-entires=512"], "Bad directive", "flag --redis"),
        (&["--redis", "loadmodule=/nowhere.so"], "loadmodule /nowhere.so", "flag --redis"),
        (&["--redis-image", &proxy_image], "it has HAProxy and not Redis", "flag --redis-image"),
    ];
    let refused = async || {
        for (arguments, reason, origin) in cases {
            let said = cluster.up(arguments).await.fails(2);
            assert!(said.contains(reason) && said.contains(origin), "{arguments:?}: {said}");
        }
    };
    refused().await;
    assert_eq!(cluster.inventory().await, Inventory::default(), "nothing was made");
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let before = cluster.inventory().await;
    refused().await;
    assert_eq!(cluster.inventory().await, before, "nothing is remembered");
    let again = cluster.redos(&["up"]).await;
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
}

/// What only the Engine finds when it starts a proxy is recorded by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_refuses_is_not_remembered() {
    let cluster = Cluster::new("takeback").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--labels", "team=shop"]).await.succeeds();
    let before = cluster.inventory().await;
    let said = cluster.redos(&["up", "--bind", "203.0.113.9"]).await.fails(6);
    assert!(said.contains("203.0.113.9 is no address of this host") && said.contains("--bind ADDRESS"), "{said}");
    assert_eq!(cluster.inventory().await, before, "it is found before anything is changed");
    // Of an Engine elsewhere it is not known which addresses its host has.
    let remote = remote_address().await;
    let wrong = ["--bind", "203.0.113.9", "--check-interval", "100ms"];
    let said = cluster.redos(&[&["-H", &remote, "up", "--timeout", "60s"][..], &wrong].concat()).await.fails(6);
    assert!(said.contains("up --bind 127.0.0.1"), "{said}");
    assert!(said.contains("the change is taken back; bring the cluster back to what it was: redos -p"), "{said}");
    cluster.redos(&["up"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    cluster.settled().await;
    assert_eq!(cluster.inventory().await.recorded, before.recorded);
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
    // Further directives on a running cluster, and then a change of one of them.
    cluster
        .redos(&["up", "--redis", "shutdown-on-sigint=nosave", "--redis", "oom-score-adj=absolute"])
        .await
        .succeeds();
    cluster.redos(&["up", "--redis", "oom-score-adj=relative"]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_every_verb_shows_the_plan_and_changes_nothing() {
    let cluster = Cluster::new("dry").await;
    let fresh = cluster.up(&["--dry-run"]).await.exits(1);
    assert!(fresh.contains("create redis-1"), "{fresh}");
    assert_eq!(cluster.inventory().await, Inventory::default());
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let before = cluster.inventory().await;
    let replica = cluster.container(NodeId::redis(Group::number(1), 2));
    let cases: [(&[&str], &str); 8] = [
        (&["up", "--replicas", "0"], "the number of replicas of mymaster changes from 1 to 0"),
        (&["up", "--bind", "127.0.0.2"], "its write port moves from 127.0.0.1 to 127.0.0.2"),
        (&["scale", "--replicas", "2"], "create redis-3"),
        (&["stop", &replica], "stop redis-2"),
        (&["restart", "redis-2"], "redis-2"),
        (&["failover", "--to", &replica], "switch mymaster over to redis-2"),
        (&["down"], "remove redis-1"),
        (&["down", "--volumes"], "remove the volume of redis-1"),
    ];
    for (arguments, said) in cases {
        let shown = cluster.redos(&[arguments, &["--dry-run"]].concat()).await.exits(1);
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(said), "{arguments:?}: {said:?} is not in {shown}");
    }
    cluster.redos(&["start", "--dry-run"]).await.succeeds();
    assert_eq!(cluster.inventory().await, before);

    // `up` prints each change with the setting that asks for it. It has no question, because there is no terminal.
    let mut up = cluster.command(&["up", "--replicas", "0"]);
    up.env("REDOS_CHECK_INTERVAL", "100ms");
    let run = cluster.run(up).await;
    for said in [
        "replicas changes from 1 to 0 (flag --replicas)",
        "proxy.checkInterval changes from 50ms to 100ms (environment variable REDOS_CHECK_INTERVAL)",
        "closes all connections through it",
    ] {
        assert!(run.stderr.contains(said), "{said:?} is not in {}", run.stderr);
    }
    run.succeeds();

    let url: serde_json::Value =
        serde_json::from_str(&cluster.redos(&["url", "-o", "json"]).await.succeeds()).expect("JSON");
    assert!(url["url"].as_str().is_some_and(|url| url.starts_with("redis://")), "{url}");
    let names = cluster.redos(&["ps", "-q"]).await.succeeds();
    assert_eq!(names.lines().next(), Some(&*cluster.container(NodeId::redis(Group::number(1), 1))), "{names}");
    let advised = cluster.redos(&["failover", "redis-1"]).await.fails(2);
    assert!(advised.contains("failover --to redis-1"), "{advised}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_told_by_status_and_healed_in_the_named_cluster_alone() {
    let (one, other) = (Cluster::new("heal-one").await, Cluster::new("heal-other").await);
    for cluster in [&one, &other] {
        cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
        let mut pause = cluster.command(&["chaos", "pause", "redis-2", "--for", "60s"]);
        pause.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).kill_on_drop(false);
        drop(pause.spawn().expect("the binary runs"));
        eventually("the fault is told", async || {
            cluster.redos(&["status"]).await.stderr.contains("the fault 'pause' of redis-2 is active")
        })
        .await;
    }
    one.redos(&["chaos", "heal"]).await.succeeds();
    let told = async |cluster: &Cluster| cluster.redos(&["status"]).await.stderr.contains("is active");
    assert!(!told(&one).await, "it is healed");
    assert!(told(&other).await, "that of another cluster is not");
    other.redos(&["chaos", "heal"]).await.succeeds();
}
