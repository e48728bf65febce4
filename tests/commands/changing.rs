//! Verbs that change a cluster or the engine.

use std::time::Duration;

use redos::testing::cluster::observed::NodeState;
use redos::testing::engine::sim::Sim;
use redos::testing::error::{Exit, FailureKind};
use redos::testing::spec::NodeId;
use redos::testing::spec::encryption::Validity;
use serde_json::{Value, json};

use crate::memory::{REDIS_1, REDIS_2, containers, ready, redos, run};

#[test]
fn up_makes_a_ready_cluster_and_finds_nothing_to_do_the_second_time() {
    run(async {
        let sim = Sim::default();
        let planned = redos(&sim, "up --dry-run").await;
        assert_eq!(planned.exit.expect("a plan"), Exit::No, "there is something to do");
        assert_eq!(sim.left(), (vec![], vec![], false), "nothing was done");

        let first = redos(&sim, "up -o json").await.json();
        assert_eq!((&first["kind"], &first["status"]["healthy"]), (&json!("Up"), &json!(true)), "{first}");
        assert_eq!(containers(&redos(&sim, "ps -o json").await.json()).len(), 7);

        let changes = sim.journal().len();
        redos(&sim, "up").await.done();
        assert_eq!(sim.journal().len(), changes, "nothing was changed");
        let planned = redos(&sim, "plan").await;
        assert!(planned.stdout.contains("nothing to do"), "{}", planned.stdout);
        planned.done();
    });
}

#[test]
fn up_refuses_what_cannot_be_before_it_makes_anything() {
    run(async {
        let sim = Sim::default();
        let failure = redos(&sim, "up --sentinels 3 --quorum 5").await.failure();
        assert_eq!(failure.kind.exit(), Exit::Usage);
        for line in ["up --log nowhere", "up --redis maxclients=3"] {
            let failure = redos(&sim, line).await.failure();
            assert_eq!(failure.kind.exit(), Exit::Usage, "{line}");
        }
        let failure = redos(&sim, "up --redis maxmemory=lots").await.failure();
        assert_eq!(failure.kind.exit(), Exit::Usage, "an engine in memory has no server that takes a directive");
        assert_eq!(sim.left(), (vec![], vec![], false));
    });
}

#[test]
fn tls_is_turned_on_and_off_and_stays_as_it_is() {
    run(async {
        let turned = ready("up").await;
        redos(&turned, "url --ca").await.failure();
        for (up, scheme) in [("up --tls=both", "rediss"), ("up --tls", "rediss"), ("up --tls=none", "redis")] {
            let plan = redos(&turned, &up.replace("up", "plan")).await.stdout;
            assert!(plan.contains("have redis-2 take connections with"), "{plan}");
            let done = redos(&turned, &format!("{up} -o json")).await.json();
            let phases = done["phases"].as_array().expect("phases");
            let is_told = |word: &str| phases.iter().any(|phase| phase["phase"] == word);
            assert!(is_told("settings") && is_told("start"), "the turn and the record of it are one: {done}");
            let url = redos(&turned, "url").await.done();
            assert_eq!(url.split(':').next(), Some(scheme), "{up}");
            assert_eq!(redos(&turned, "status -o json").await.json()["remarks"], json!([]), "{up}");
            let changes = turned.journal().len();
            redos(&turned, "up").await.done();
            assert_eq!(turned.journal().len(), changes, "{up}");
        }
        redos(&turned, "url --ca").await.failure();
        redos(&turned, "stop redis-2").await.done();
        let failure = redos(&turned, "up --tls").await.failure();
        assert_eq!(failure.hints[0].rsplit(" up ").next(), Some("--tls=none"), "{:?}", failure.hints);

        let sim = Sim::default();
        let failure = redos(&sim, "up --tls --redis-image without-tls:8.0").await.failure();
        let what = failure.chain().collect::<String>();
        assert!(what.contains("without-tls:8.0 cannot encrypt connections: it was built without TLS"), "{what}");
        let failure = redos(&sim, "up --tls --follow 192.0.2.5:6379").await.failure();
        assert_eq!(failure.kind.exit(), Exit::Usage, "an existing server has no certificate of the cluster");
        assert_eq!(sim.left(), (vec![], vec![], false), "nothing was made");

        let sim = ready("up --tls").await;
        let changes = sim.journal().len();
        redos(&sim, "up").await.done();
        assert_eq!(sim.journal().len(), changes, "it stays as it was made");
        assert!(redos(&sim, "url").await.done().starts_with("rediss://"));
        let ca = redos(&sim, "url --ca").await.done();
        assert!(ca.starts_with("-----BEGIN CERTIFICATE-----\n") && !ca.contains("PRIVATE"), "{ca}");
        assert!(redos(&sim, "env --format github").await.done().contains("REDIS_CA_PEM<<END_OF_VALUE\n-----BEGIN"));
        let status = redos(&sim, "status -o json").await.json();
        assert_eq!((&status["encryption"], &status["healthy"]), (&json!("tls"), &json!(true)), "{status}");
        let certificates = &status["certificates"];
        assert!(certificates["daysLeft"].as_i64().is_some_and(|days| (1824..=1825).contains(&days)), "{status}");
        assert!(certificates["authority"]["daysLeft"].as_i64().is_some_and(|days| days > 3600), "{status}");
        let plan = redos(&sim, "plan --tls-names redis.example.com").await.stdout;
        assert!(plan.contains("give redis-1 a new certificate"), "{plan}");
        redos(&sim, "up --tls-names redis.example.com").await.done();
        redos(&sim, "scale --replicas 3").await.done();
    });
}

#[test]
fn certificates_are_renewed_in_time_and_on_request() {
    run(async {
        let plain = ready("up").await;
        let failure = redos(&plain, "up --renew-certificates").await.failure();
        assert_eq!(failure.kind.exit(), Exit::Usage, "there are none");

        let sim = ready("up --tls --replicas 1").await;
        let all = json!(["redis-1", "redis-2", "sentinel-1", "sentinel-2", "sentinel-3"]);
        let renewed = redos(&sim, "up -o json").await.json();
        assert_eq!(renewed["renewedCertificates"], json!([]), "they have all their time");
        sim.age_certificates(Validity::Short);
        let status = redos(&sim, "status -o json").await.json();
        let remark = "redis-1, redis-2, sentinel-1, sentinel-2 and sentinel-3: its certificate has less than a third of its \
                      time left; renew it: redos -p sim up";
        assert_eq!((&status["healthy"], &status["remarks"]), (&json!(true), &json!([remark])), "{status}");
        let up = redos(&sim, "up").await;
        let told = "new certificates of redis-1, redis-2, sentinel-1, sentinel-2 and sentinel-3: all are valid until ";
        assert!(up.stderr.contains(told), "{}", up.stderr);
        assert_eq!(redos(&sim, "status -o json").await.json()["remarks"], json!([]));
        let plan = redos(&sim, "up --renew-certificates --dry-run").await;
        for node in ["redis-1", "redis-2"] {
            assert!(plan.stdout.contains(&format!("give {node} a new certificate")), "{}", plan.stdout);
        }
        assert!(plan.stdout.contains("create sentinel-3"), "{}", plan.stdout);
        redos(&sim, "plan").await.done();
        assert_eq!(redos(&sim, "up --renew-certificates -o json").await.json()["renewedCertificates"], all);
        redos(&sim, "plan").await.done();
    });
}

#[test]
fn scale_changes_how_many_nodes_there_are() {
    run(async {
        let sim = ready("up").await;
        redos(&sim, "scale --replicas 3 --sentinels 5").await.done();
        assert_eq!(containers(&redos(&sim, "ps -o json").await.json()).len(), 10);
        let failure = redos(&sim, "scale --sentinels 4").await.failure();
        assert!(failure.hints.iter().any(|hint| hint.ends_with("scale … --force")), "{:?}", failure.hints);
        redos(&sim, "scale --replicas 1").await.done();
        assert_eq!(containers(&redos(&sim, "ps -o json").await.json()).len(), 8);
    });
}

#[test]
fn failover_makes_a_replica_the_master() {
    run(async {
        let sim = ready("up").await;
        let planned = redos(&sim, "failover --dry-run").await;
        assert!(planned.stdout.contains("redis-1 becomes a replica"), "{}", planned.stdout);
        let switched = redos(&sim, "failover --to redis-3 -o json").await.json();
        assert_eq!((&switched["from"], &switched["to"]), (&json!("redis-1"), &json!("redis-3")), "{switched}");
        let again = redos(&sim, "failover --to redis-3").await;
        assert!(again.stderr.contains("redis-3 is the master of mymaster already"), "{}", again.stderr);
        again.done();
        let failure = redos(&sim, "failover redis-2").await.failure();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(failure.hints, ["make it the master: redos -p sim failover --to redis-2"]);
        let failure = redos(&sim, "failover mymaster-2").await.failure();
        assert_eq!(failure.chain().next().as_deref(), Some("the cluster 'sim' has no group mymaster-2"));
    });
}

#[test]
fn passwords_are_changed_while_both_are_accepted_until_the_user_ends_it() {
    run(async {
        let sim = ready("up").await;
        let old = redos(&sim, "url").await.done();
        let planned = redos(&sim, "password rotate --dry-run").await;
        assert!(planned.stdout.contains("write the passwords into the file of"), "{}", planned.stdout);
        assert_eq!(redos(&sim, "url").await.done(), old, "nothing was done");

        let nothing = redos(&sim, "password rotate --finish").await;
        assert!(nothing.stderr.contains("no rotation of passwords is open"), "{}", nothing.stderr);
        nothing.done();
        // The same again, none, and more than one are refused without repeating them.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("password");
        let in_use = old.split(['@', ':']).nth(2).expect("a password").to_owned();
        for (text, why) in
            [(in_use.as_str(), "is the one in use"), ("", "empty"), ("hunter2\nhunter3\n", "white space")]
        {
            std::fs::write(&file, text).expect("a file");
            let line = format!("password rotate --user applications --password-file {}", file.display());
            let failure = redos(&sim, &line).await.failure();
            let said = failure.chain().collect::<Vec<_>>().join(": ");
            assert_eq!(failure.kind, FailureKind::Usage, "{said}");
            assert!(said.contains(why) && !said.contains(&in_use) && !said.contains("hunter"), "{text}: {said}");
        }
        assert_eq!(redos(&sim, "url").await.done(), old, "nothing was done");
        let failure = redos(&sim, "password rotate --user nobody").await.failure();
        let what = "the cluster 'sim' has no user 'nobody' of the setting 'users'";
        assert_eq!(failure.chain().next().as_deref(), Some(what));
        let begun = redos(&sim, "password rotate --user applications --user statistics -o json").await.json();
        assert_eq!(
            (&begun["users"], &begun["open"]),
            (&json!(["applications", "statistics"]), &json!(true)),
            "{begun}"
        );
        assert_ne!(redos(&sim, "url").await.done(), old);
        let status = redos(&sim, "status -o json").await.json();
        let rotation = json!({ "stage": "open", "users": ["applications", "statistics"], "complete": true });
        assert_eq!((&status["healthy"], &status["passwordRotation"]), (&json!(true), &rotation), "{status}");
        let shown = redos(&sim, "status").await.done();
        assert!(shown.contains("redos -p sim password rotate --finish"), "{shown}");
        redos(&sim, "plan").await.done();
        let failure = redos(&sim, "password rotate --user replication").await.failure();
        assert_eq!(failure.hints, ["end it first: redos -p sim password rotate --finish"]);

        sim.disrupt(REDIS_2, Some(NodeState::Exited { code: 137, oom_killed: false }));
        let failure = redos(&sim, "password rotate --finish").await.failure();
        let what = "nothing was done: redis-2 is away, and would come back with the old passwords";
        assert_eq!(failure.chain().next().as_deref(), Some(what));
        redos(&sim, "up").await.done();
        let finished = redos(&sim, "password rotate --finish -o json").await.json();
        assert_eq!((&finished["open"], &finished["users"]), (&json!(false), &json!(["applications", "statistics"])));
        assert_eq!(redos(&sim, "status -o json").await.json()["passwordRotation"], json!(null));
    });
}

/// An RDB with this many keys, as Redis 7.0 writes it without a checksum.
fn rdb(keys: u8) -> Vec<u8> {
    let head = [b"REDIS0010".as_slice(), &[0xfe, 0, 0xfb, keys, 0]].concat();
    let entries = (0..keys).flat_map(|key| [0, 1, b'a' + key, 1, b'v']);
    head.into_iter().chain(entries).chain([0xff]).chain([0; 8]).collect()
}

#[test]
fn data_come_from_a_file_go_into_a_backup_and_are_restored() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name).display().to_string();
        let keys = async |sim: &Sim| {
            let status = redos(sim, "status -o json").await.json();
            let nodes = status["groups"][0]["nodes"].as_array().expect("nodes").iter();
            let counted = nodes.filter_map(|node| node["keys"].as_u64());
            counted.collect::<Vec<_>>()
        };
        std::fs::write(place("three.rdb"), rdb(3)).expect("a file");
        std::fs::write(place("five.rdb"), rdb(5)).expect("a file");
        std::fs::write(place("cut.rdb"), &rdb(5)[..12]).expect("a file");

        let sim = Sim::default();
        redos(&sim, &format!("up --from {}", place("three.rdb"))).await.done();
        assert_eq!(keys(&sim).await, [3, 3, 3]);
        let made = redos(&sim, &format!("backup {} -o json", place("a.redos"))).await.json();
        assert_eq!((&made["manifest"]["keys"], &made["manifest"]["node"]), (&json!(3), &json!("redis-3")), "{made}");
        let checked = redos(&sim, &format!("backup verify {} -o json", place("a.redos"))).await.json();
        assert_eq!(checked["keys"], 3, "{checked}");

        // What is not whole changes nothing.
        let failure = redos(&sim, &format!("restore --yes {}", place("cut.rdb"))).await.failure();
        assert_eq!(failure.kind, FailureKind::Failed, "{failure:?}");
        assert_eq!(keys(&sim).await, [3, 3, 3]);

        let restore = format!("restore --yes {} --backup-to {}", place("five.rdb"), folder.path().display());
        let restored = redos(&sim, &format!("{restore} -o json")).await.json();
        assert_eq!((&restored["keys"], keys(&sim).await), (&json!(5), vec![5, 5, 5]), "{restored}");
        let kept = restored["formerData"].as_str().expect("the backup of what was there").to_owned();
        redos(&sim, &format!("restore --yes --no-backup {kept}")).await.done();
        assert_eq!(keys(&sim).await, [3, 3, 3]);
        redos(&sim, "failover").await.done();
        assert_eq!(keys(&sim).await, [3, 3, 3]);
    });
}

/// Two secret keys, as age-keygen writes them.
const SECRET_KEY: &str = "# created: 2026-11-28T22:55:44Z
# public key: age1ms38dcws7870kh9n7jzrlyayexdztfnv4f69njuxmcwnlpc57q4q70c5uj
AGE-SECRET-KEY-13H6HCRHS2WD0F8RSLLGX7YAV7J4EZZ7STH0YFQP0DFZ965PGM2UQ4XS2NN
";
const OTHER_SECRET_KEY: &str = "# public key: age12j88atsuguvphrsqszlfyv44g952lp2ccgxdzt94nn3cfyrdvfrsjljc53
AGE-SECRET-KEY-1954SHJD5JXL42KYYSZRCNR9DVHFW9XNLENZF57QKUWUPRZ36J5SQPGMSC2
";

#[test]
fn encrypted_backups_are_made_by_option_or_setting_and_restored_with_their_key_alone() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name).display().to_string();
        let public = "age1ms38dcws7870kh9n7jzrlyayexdztfnv4f69njuxmcwnlpc57q4q70c5uj";
        std::fs::write(place("key.txt"), SECRET_KEY).expect("a file");
        std::fs::write(place("other.txt"), OTHER_SECRET_KEY).expect("a file");
        std::fs::write(place("passphrase"), "correct horse\n").expect("a file");
        std::fs::write(place("three.rdb"), rdb(3)).expect("a file");
        let sim = Sim::default();
        redos(&sim, &format!("up --from {}", place("three.rdb"))).await.done();

        let encrypted = async |line: &str| redos(&sim, line).await.json()["manifest"]["encrypted"].clone();
        let (a, b, c) = (place("a.redos.age"), place("b.redos.age"), place("c.redos"));
        assert_eq!(encrypted(&format!("backup {a} --encrypt-to {public} -o json")).await, true);
        assert_eq!(encrypted(&format!("backup {b} --passphrase-file {} -o json", place("passphrase"))).await, true);
        assert_eq!(encrypted(&format!("backup {c} -o json")).await, false);
        redos(&sim, &format!("up --backup-encrypt-to {public}")).await.done();
        std::fs::create_dir(place("nightly")).expect("a folder");
        assert_eq!(encrypted(&format!("backup {} -o json", place("nightly"))).await, true);
        assert_eq!(encrypted(&format!("backup {} --unencrypted -o json", place("d.redos"))).await, false);

        let (key, other, secret) = (place("key.txt"), place("other.txt"), place("passphrase"));
        let begin = ["backup verify --no-server", "restore --yes --no-backup", "up --from"];
        for (file, options, why) in [
            (&a, String::new(), "is encrypted to keys, and none was given"),
            (&a, format!("--passphrase-file {secret}"), "is encrypted to keys, and none was given"),
            (&a, format!("--identity {other}"), "not to one of the given keys"),
            (&a, format!("--identity {secret}"), "is not a secret key of age"),
            (&a, format!("--identity {}", place("none")), "failed to read secret keys"),
            (&b, String::new(), "is encrypted with a passphrase, and none was given"),
            (&b, format!("--passphrase-file {other}"), "has more than one line"),
            (&b, format!("--passphrase-file {}", place("three.rdb")), "failed to read the passphrase"),
        ] {
            for verb in begin {
                let failure = redos(&sim, format!("{verb} {file} {options}").trim_end()).await.failure();
                let said = failure.chain().collect::<Vec<_>>().join(": ");
                assert_eq!(failure.kind, FailureKind::Usage, "{verb}: {said}");
                assert!(said.contains(why) && !said.contains("correct horse"), "{verb} {options}: {said}");
            }
        }
        let failure = redos(&sim, &format!("up --identity {key}")).await.failure();
        assert_eq!(failure.kind, FailureKind::Usage, "{failure:?}");

        let checked = redos(&sim, &format!("backup verify {b} --passphrase-file {secret} -o json")).await.json();
        assert_eq!(checked["keys"], 3, "{checked}");
        let restore = format!("restore --yes {a} --identity {other} --identity {key}");
        // In the same folder it would have the same name within the same second.
        std::fs::create_dir(place("former")).expect("a folder");
        let restored = redos(&sim, &format!("{restore} --backup-to {} -o json", place("former"))).await.json();
        assert_eq!(restored["keys"], 3, "{restored}");
        assert!(restored["formerData"].as_str().is_some_and(|file| file.ends_with(".redos.age")), "{restored}");

        // Without the key the names say what they are, and with it the files do.
        let nightly = place("nightly");
        let list = async |options: &str| redos(&sim, &format!("backups {nightly} -o json {options}")).await.json();
        let locked = list("--keep 1").await;
        let items = locked["items"].as_array().expect("items");
        assert!(!items.is_empty(), "{locked}");
        for item in items {
            assert_eq!((&item["manifest"], &item["problem"]), (&Value::Null, &Value::Null), "{item}");
            assert_eq!((&item["encrypted"], &item["cluster"]), (&json!("keys"), &json!("sim")), "{item}");
        }
        assert_eq!(items.last().map(|item| &item["isExpired"]), Some(&json!(false)), "{locked}");
        assert_eq!(list(&format!("--identity {key}")).await["items"][0]["manifest"]["keys"], 3);
        let wrong = list(&format!("--identity {other}")).await;
        assert!(wrong["items"][0]["problem"].as_str().is_some_and(|why| why.contains("given keys")), "{wrong}");
    });
}

#[test]
fn stop_start_and_restart_keep_the_master() {
    run(async {
        let sim = ready("up").await;
        let master = async || redos(&sim, "status -o json").await.json()["groups"][0]["master"]["node"].clone();
        assert_eq!(master().await, "redis-1");
        redos(&sim, "stop").await.done();
        let cluster = redos(&sim, "ls -o json").await.json();
        assert_eq!(cluster["items"][0]["state"], "stopped");
        redos(&sim, "start").await.done();
        assert_eq!(master().await, "redis-1");

        redos(&sim, "stop redis-2").await.done();
        redos(&sim, "start redis-2").await.done();
        redos(&sim, "restart redis-2").await.done();
        redos(&sim, "status").await.done();
        for verb in ["stop", "start", "restart", "chaos pause", "chaos heal", "chaos unpause"] {
            let failure = redos(&sim, &format!("{verb} redis-9")).await.failure();
            assert_eq!(failure.kind, FailureKind::Usage, "{verb}");
            assert_eq!(failure.chain().next().as_deref(), Some("the cluster 'sim' has no node 'redis-9'"), "{verb}");
        }
    });
}

#[test]
fn a_change_that_fails_names_the_command_that_takes_it_back() {
    run(async {
        let sim = ready("up --replicas 1").await;
        let before = redos(&sim, "config -o json").await.json();
        for (line, back) in [
            ("up --down-after 2s --log json-file", "up --log='' --down-after=1s"),
            ("scale --replicas 2", "up --replicas=1"),
        ] {
            sim.cut_after(2);
            let failure = redos(&sim, line).await.failure();
            sim.mend();
            let hint = failure.hints.last().expect("a hint");
            assert_eq!(*hint, format!("or take back what was changed: redos -p sim {back}"));
            redos(&sim, &back.replace("''", "")).await.done();
            redos(&sim, "plan").await.done();
            assert_eq!(redos(&sim, "config -o json").await.json(), before, "{line}");
        }
        // What goes with the containers is taken back at once.
        let sim = ready("up --replicas 1").await;
        let before = redos(&sim, "config -o json").await.json();
        for (line, refused) in [
            ("up --proxies 2", 2),
            ("scale --proxies 2", 2),
            ("up --check-interval 100ms --proxy-hold 1s --stats-user root", 1),
            ("up --proxy-image haproxy:3.2 --exporter", 1),
            ("up --labels team=shop --port 7000", 1),
        ] {
            sim.refuse_creation(NodeId::Proxy(refused));
            let failure = redos(&sim, line).await.failure();
            sim.mend();
            let hint = failure.hints.last().expect("a hint");
            assert!(hint.starts_with("the change is taken back; "), "{line}: {hint}");
            assert_eq!(redos(&sim, "config -o json").await.json(), before, "{line}");
            redos(&sim, "up").await.done();
            redos(&sim, "plan").await.done();
            assert_eq!(containers(&redos(&sim, "ps -o json").await.json()).len(), 6, "{line}");
        }
        // Nodes have the rest, so that it stays.
        sim.refuse_creation(NodeId::Proxy(1));
        let failure = redos(&sim, "up --check-interval 100ms --down-after 2s").await.failure();
        sim.mend();
        let hint = failure.hints.last().expect("a hint");
        assert_eq!(hint, "or take back what was changed: redos -p sim up --down-after=1s --check-interval=50ms");
        sim.cut_after(0);
        let failure = redos(&sim, "up --down-after 2s").await.failure();
        assert!(
            !failure.hints.iter().any(|hint| hint.contains("take back")),
            "nothing was recorded: {:?}",
            failure.hints
        );
    });
}

#[test]
fn a_server_that_is_too_busy_for_some_seconds_ends_no_change() {
    run(async {
        let sim = ready("up").await;
        let changes =
            ["scale --replicas 3 --sentinels 5", "failover", "restart", "password rotate", "scale --replicas 1"];
        for line in changes {
            sim.answer_late(5);
            redos(&sim, line).await.done();
            assert_eq!(sim.late_answers(), 0, "{line}");
            redos(&sim, "status").await.done();
        }
        // 20 s of tries, four a second.
        sim.answer_late(1000);
        let failure = redos(&sim, "failover").await.failure();
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert!(failure.hints.iter().any(|hint| hint.ends_with("redos -p sim up")), "{:?}", failure.hints);
        let failure = redos(&sim, "scale --replicas 2").await.failure();
        assert!(!failure.hints.is_empty(), "what to do next");
        sim.answer_late(0);
        redos(&sim, "scale --replicas 2").await.done();
    });
}

#[test]
fn down_keeps_volumes_unless_it_is_told_otherwise() {
    run(async {
        let sim = ready("up").await;
        let planned = redos(&sim, "down --dry-run").await;
        assert_eq!(planned.exit.expect("a plan"), Exit::No);
        let down = redos(&sim, "down -o json").await.json();
        assert_eq!(down["keptVolumes"].as_array().map(Vec::len), Some(6), "{down}");
        let (nodes, volumes, has_network) = sim.left();
        assert_eq!((nodes.len(), volumes.len(), has_network), (0, 6, false));
        let failure = redos(&sim, "status").await.failure();
        assert_eq!(failure.hints, ["bring it back with its data: redos -p sim up"]);
        redos(&sim, "down --volumes").await.done();
        assert_eq!(sim.left(), (vec![], vec![], false));
    });
}

#[test]
fn a_node_about_which_docker_does_not_answer_is_shown_and_nothing_is_changed() {
    run(async {
        let sim = ready("up").await;
        let journal = sim.journal();
        sim.hide(REDIS_2);
        let status = redos(&sim, "status -o json").await;
        assert_eq!(status.exit.expect("a status"), Exit::No);
        let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
        let node = &status["groups"][0]["nodes"][1];
        assert_eq!((&node["state"], &node["link"]), (&"running".into(), &"up".into()), "its server answers");
        assert_eq!(node["problem"], "Docker does not answer about redis-2: no answer within 10 s");
        assert_eq!(status["reasons"], json!([node["problem"]]));
        for line in ["up", "scale --replicas 3", "start", "down --volumes", "stop", "restart"] {
            let failure = redos(&sim, line).await.exit.expect_err(line);
            let failure = format!("{:#}", failure.source);
            assert!(failure.contains("Docker does not answer about redis-2"), "{line}: {failure}");
        }
        assert_eq!(sim.journal(), journal);
        redos(&sim, "stop redis-3").await.done();
    });
}

/// A command line of every verb that has `--dry-run`, and what it says.
///
/// `upgrade` is not among them, which wants a cluster without faults, and `restore`: in memory no server loads a backup.
const DRY_RUNS: &[(&str, &str)] = &[
    ("up --replicas 1", "remove redis-3"),
    ("down", "remove redis-1"),
    ("down --volumes", "remove the volume of redis-1"),
    ("scale --replicas 3", "create redis-4"),
    ("failover", "redis-1 becomes a replica"),
    ("password rotate", "password"),
    ("stop redis-3", "stop redis-3"),
    ("start", "unpause redis-2"),
    ("restart redis-3", "redis-3"),
    ("compose up shop", ""),
    ("compose down shop", ""),
    ("doctor --fix", "unpause redis-2"),
    ("failover-test --fault kill --rounds 2 --seed 7", "kill of redis-1 in sim, 2 rounds, seed 7\n"),
    ("chaos pause redis-3 --for 5s --seed 7 --force", "pause of redis-3 for 5.00 s, seed 7"),
    ("chaos restart redis-3 --force", "redis-3"),
    ("chaos unpause redis-2 redis-3", "undo pause of sim-redis-2\nunpause redis-2\n"),
    ("chaos start redis-2", "nothing to undo\n"),
    ("chaos heal", "undo pause of sim-redis-2\n"),
    ("chaos heal redis-2", "undo pause of sim-redis-2\n"),
    ("chaos heal redis-3", "nothing to undo\n"),
    ("images pull --redis-image redis:8.4", "pull redis:8.4\npull haproxy:3.0\n"),
    (
        "images build --suite trixie --server valkey",
        "make redos/valkey from valkey-server, valkey-tools, busybox-static of trixie\n\
         make redos/haproxy from haproxy, busybox-static of trixie\n",
    ),
];

#[test]
fn a_dry_run_of_any_verb_changes_nothing() {
    run(async {
        let sim = ready("up").await;
        let journal = sim.journal();
        // It is for a cluster without a fault.
        let planned = redos(&sim, "upgrade --redis-image redis:8.4 --dry-run").await;
        assert!(planned.exit.is_ok() && planned.stdout.contains("redis-3"), "{}", planned.stdout);
        assert_eq!(sim.journal(), journal);
        let fault = redos(&sim, "chaos pause redis-2 --for 60s");
        let others = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let (journal, left) = (sim.journal(), sim.left());
            for (line, said) in DRY_RUNS {
                let ran = redos(&sim, &format!("{line} --dry-run")).await;
                assert!(ran.exit.is_ok(), "{line}: {:?}", ran.exit);
                assert!(ran.stdout.contains(said), "{line}: {said:?} is not in {}", ran.stdout);
                assert_eq!((sim.journal(), sim.left()), (journal.clone(), left.clone()), "{line}");
            }
        };
        tokio::join!(fault, others).0.done();
    });
}

#[test]
fn doctor_repairs_what_up_repairs_and_asks_before() {
    run(async {
        let sim = ready("up").await;
        let done = redos(&sim, "doctor --fix --yes -o json").await.json();
        assert_eq!(done["healthy"], true, "nothing to repair");
        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        let before = sim.journal().len();
        let failure = redos(&sim, "doctor --fix").await.failure();
        assert_eq!((failure.kind, sim.journal().len()), (FailureKind::Usage, before), "nobody is there to be asked");
        assert_eq!(failure.hints[1], "go on without a question: redos -p sim doctor --fix --yes");
        let fixed = redos(&sim, "doctor --fix --yes").await;
        assert!(fixed.stderr.contains("unpause redis-2"), "{}", fixed.stderr);
        assert!(fixed.done().contains("sim: no findings"));
        redos(&sim, "status").await.done();
    });
}

#[test]
fn chaos_does_a_fault_for_a_time_and_undoes_it() {
    run(async {
        let sim = ready("up").await;
        let planned = redos(&sim, "chaos pause master --dry-run --seed 1").await.done();
        assert_eq!(planned, "pause of redis-1 for 10.00 s, seed 1\n");
        assert_eq!(redos(&sim, "chaos ls").await.done(), "no fault is active\n");

        let held = redos(&sim, "chaos pause redis-2 --for 5s");
        let looks = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            redos(&sim, "chaos ls -o json").await.json()
        };
        let (held, faults) = tokio::join!(held, looks);
        assert_eq!(faults["items"][0]["fault"], "pause", "{faults}");
        assert!(held.stderr.contains("pause of sim-redis-2 is undone"), "{}", held.stderr);
        held.done();
        redos(&sim, "status").await.done();

        sim.disrupt(REDIS_1, Some(NodeState::Paused));
        let mended = redos(&sim, "chaos unpause redis-1").await;
        assert!(mended.stderr.contains("redis-1 is not paused"), "{}", mended.stderr);
        let failure = redos(&sim, "chaos unpause redis-9").await.failure();
        assert_eq!(failure.kind, FailureKind::Usage);
        redos(&sim, "chaos heal").await.done();
    });
}

#[test]
fn images_of_the_engine_are_listed_and_pulled() {
    run(async {
        let sim = Sim::default();
        let list = redos(&sim, "images list -o json").await.json();
        assert_eq!(list["items"][0]["used"], true, "{list}");
        let of_exporter = |list: &Value| {
            let items = list["items"].as_array().expect("items");
            items.iter().any(|image| image["runs"] == "exporter" && image["used"] == true)
        };
        let with = redos(&sim, "images list --exporter -o json").await.json();
        assert_eq!((of_exporter(&list), of_exporter(&with)), (false, true), "{with}");
        let pulled = redos(&sim, "images pull --exporter -o json").await.json();
        assert_eq!(pulled["items"].as_array().map(Vec::len), Some(3), "{pulled}");
        let pulled = redos(&sim, "images pull -o json").await.json();
        assert_eq!(pulled["items"].as_array().map(Vec::len), Some(2), "{pulled}");
        let failure = redos(&sim, "up --redis-image nobody/has:it").await.failure();
        assert_eq!((failure.kind.exit(), failure.kind.as_str()), (Exit::NoImage, "image"));
        let failure = redos(&sim, "images pull --redis-image nobody/has:it").await.failure();
        assert_eq!(failure.kind.exit().code(), 8, "it is not the code of an unhealthy cluster");
        assert!(!failure.hints.is_empty());
        assert!(redos(&sim, "images save -").await.done().contains("haproxy"));
    });
}
