//! Verbs that look and tell.

use std::time::Duration;

use clap::Parser;
use redos::testing::cluster::observed::NodeState;
use redos::testing::commands::Cli;
use redos::testing::engine::sim::Sim;
use redos::testing::error::{Exit, FailureKind};
use redos::testing::spec::NodeId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::memory::{LOGINS, REDIS_1, REDIS_2, begin, ready, redos, redos_until, run, tapes};

#[test]
fn a_backup_is_refused_before_anything_is_asked_of_a_server() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display().to_string();
        let sim = Sim::default();
        let failure = redos(&sim, &format!("backup {place}")).await.failure();
        assert_eq!(failure.kind, FailureKind::NoCluster);
        redos(&sim, "up").await.done();
        let foreign = format!("{place}/foreign.redos");
        std::fs::write(&foreign, "something else").expect("a file");
        let rdb = folder.path().join("dump.rdb");
        std::fs::write(&rdb, "REDIS0010").expect("a file");
        for (line, why) in [
            (format!("backup {foreign}"), "exists already"),
            (format!("backup {place}/none/a.redos"), "there is no directory"),
            (format!("backup {place}/none/"), "there is no directory"),
            (format!("backup {place} --group mymaster-2"), "has no group mymaster-2"),
            ("backup - -o json".to_owned(), "cannot both go to standard output"),
            (format!("backup verify {foreign}"), "is neither a backup"),
            (format!("backup verify {place}/none.redos"), "failed to read"),
            (format!("backup {place}/a.redos --keep 7d"), "--keep is for a directory"),
            (format!("restore {foreign}"), "is neither a backup"),
            (format!("restore {place}"), "no file there is the manifest"),
            (format!("restore {} --group 9", rdb.display()), "has no group mymaster-9"),
        ] {
            let failure = redos(&sim, &line).await.failure();
            assert_eq!(failure.kind, FailureKind::Usage, "{line}");
            let said: Vec<String> = failure.chain().collect();
            assert!(said.join(": ").contains(why), "{line}: {said:?}");
        }
        for (line, why) in [
            (format!("up --from {foreign}"), "is neither a backup"),
            (format!("up --from {}", rdb.display()), "exists, and --from is for a new one"),
        ] {
            let failure = redos(&sim, &line).await.failure();
            let said: Vec<String> = failure.chain().collect();
            assert!(failure.kind == FailureKind::Usage && said.join(": ").contains(why), "{line}: {said:?}");
        }
        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        let failure = redos(&sim, &format!("restore {}", rdb.display())).await.failure();
        let said: Vec<String> = failure.chain().collect();
        assert!(said.join(": ").contains("redis-2 does not answer, and could bring the old data back"), "{said:?}");
        let list = redos(&sim, &format!("backups {place} --keep 1 -o json")).await.json();
        assert_eq!(list["items"][0]["manifest"], Value::Null, "{list}");
        assert_eq!(list["items"][0]["isExpired"], false, "what cannot be read stays");
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    });
}

#[test]
fn version_names_the_engine_and_the_images() {
    run(async {
        let sim = Sim::default();
        let version = redos(&sim, "version -o json").await.json();
        assert_eq!((&version["redos"], &version["engine"]["api"]), (&json!(env!("CARGO_PKG_VERSION")), &json!("1.41")));
        let text = redos(&sim, "version").await.done();
        assert!(text.contains("an engine in memory; redos needs API 1.41 or newer"), "{text}");
        assert!(text.contains("redis:8.2, haproxy:3.0") && text.contains("Valkey 8 and 9, HAProxy 2.6 to 3"), "{text}");
    });
}

#[test]
fn sentinel_shows_what_each_of_them_says() {
    run(async {
        let sim = ready("up --masters 2").await;
        let masters = redos(&sim, "sentinel").await.done();
        assert_eq!(masters.lines().filter(|line| line.contains("redis-2-1  master")).count(), 3, "{masters}");
        for what in ["info", "masters", "master", "replicas", "sentinels", "get-master-addr", "ckquorum"] {
            let answers = redos(&sim, &format!("sentinel {what} -o json")).await.json();
            let items = answers["items"].as_array().expect("items");
            assert!(items.iter().all(|item| item["state"] == "answered"), "{what}: {answers}");
            let wide = redos(&sim, &format!("sentinel {what} -o wide --group 1 --node sentinel-2")).await.done();
            assert!(wide.contains("FIELD"), "{wide}");
        }
        sim.disrupt(NodeId::Sentinel(1), Some(NodeState::Paused));
        let masters = redos(&sim, "sentinel master --group mymaster-2").await.done();
        assert!(masters.contains("sentinel-1  (paused)"), "{masters}");
        let alone = redos(&sim, "sentinel --node sentinel-1").await;
        assert_eq!(alone.exit.expect("a table"), Exit::No, "nobody answered");
        for line in ["sentinel --node redis-1", "sentinel --node sentinel-9", "sentinel --group 3"] {
            assert_eq!(redos(&sim, line).await.failure().kind, FailureKind::Usage, "{line}");
        }
    });
}

#[test]
fn status_answers_whether_the_cluster_is_healthy() {
    run(async {
        let sim = ready("up").await;
        let status = redos(&sim, "status").await;
        assert_eq!(status.stderr, "");
        assert!(status.done().ends_with("sim is healthy\n"));

        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        let status = redos(&sim, "status -o yaml").await;
        assert_eq!(status.exit.expect("a status"), Exit::No);
        assert!(status.stdout.contains("healthy: false\nreasons:\n- redis-2 is paused\n"), "{}", status.stdout);
        assert_eq!(redos(&sim, "plan").await.exit.expect("a plan"), Exit::No);
        redos(&sim, "up").await.done();
        redos(&sim, "status").await.done();
    });
}

#[test]
fn every_verb_says_of_no_cluster_how_to_make_one() {
    run(async {
        let sim = Sim::default();
        let verbs = [
            "status",
            "status --watch",
            "top --once",
            "top -o json",
            "sentinel",
            "metrics prometheus",
            "serve",
            "guard",
            "failover-test",
            "backup",
            "upgrade --proxy-image haproxy:3.2",
            "doctor",
            "doctor --fix --yes",
            "ps",
            "url",
            "env",
            "cli",
            "logs",
            "events",
            "exec redis-1 -- ls",
            "stop",
            "start",
            "restart",
            "failover",
            "scale --replicas 3",
            "password rotate",
        ];
        for verb in verbs.into_iter().chain(["chaos pause master", "chaos unpause redis-1"]) {
            let failure = redos(&sim, verb).await.failure();
            assert_eq!((failure.kind.exit(), failure.kind.as_str()), (Exit::NoCluster, "noCluster"), "{verb}");
            assert_eq!(failure.chain().collect::<Vec<_>>(), ["there is no cluster 'sim' on an engine in memory"]);
            assert_eq!(failure.hints, ["create it: redos -p sim up", "see which clusters there are: redos ls"]);
        }
    });
}

#[test]
fn doctor_names_what_is_wrong_and_says_what_it_could_not_see() {
    run(async {
        let sim = ready("up").await;
        let healthy = redos(&sim, "doctor -o json").await.json();
        assert_eq!((&healthy["kind"], &healthy["healthy"]), (&json!("Doctor"), &json!(true)));
        assert_eq!((&healthy["findings"], &healthy["counts"]["critical"]), (&json!([]), &json!(0)), "{healthy}");
        assert_eq!(healthy["unseen"][0]["what"], "the Docker host", "an engine in memory has none");

        sim.disrupt(REDIS_2, Some(NodeState::Paused));
        let ill = redos(&sim, "doctor -o json").await;
        assert_eq!(ill.exit.expect("an answer"), Exit::No);
        let ill: Value = serde_json::from_str(&ill.stdout).expect("JSON");
        let finding = &ill["findings"][0];
        assert_eq!((&finding["id"], &finding["node"]), (&json!("node-down"), &json!("redis-2")), "{ill}");
        assert_eq!(ill["findings"].as_array().map(Vec::len), Some(1), "{ill}");
        assert_eq!(finding["remedies"][0], "redos -p sim up");
        assert_eq!(ill["unseen"][0], json!({"what": "redis-2", "why": "it is paused"}));
        let text = redos(&sim, "doctor").await.stdout;
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let wide = redos(&sim, "doctor -o wide").await.stdout;
        assert!(wide.contains("docker inspect: State paused"), "{wide}");
    });
}

#[test]
fn metrics_are_told_to_prometheus_and_grafana() {
    run(async {
        let sim = ready("up").await;
        let ran = redos(&sim, "metrics prometheus").await;
        assert!(ran.stderr.contains("up --exporter"), "{}", ran.stderr);
        let plain = ran.done();
        assert!(plain.contains("cluster: sim") && !plain.contains("/scrape/redis-1"), "{plain}");
        redos(&sim, "up --exporter").await.done();
        let inside = redos(&sim, "metrics prometheus --inside --interval 90s").await.done();
        assert!(inside.contains("- sim-proxy-1:8404") && inside.contains("/scrape/redis-1"), "{inside}");
        assert!(inside.contains("scrape_interval: 1m30s"), "{inside}");

        let folder = tempfile::tempdir().expect("a folder");
        let line = format!("metrics prometheus --dir {}", folder.path().display());
        for _ in 0..2 {
            assert_eq!(redos(&sim, &line).await.done(), "");
        }
        let file = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
        assert!(file("redos-alerts.yml").contains("RedosNoMaster") && file("redos-stats-password").len() >= 32);
        // Whoever reads the files goes on doing so.
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let password = folder.path().join("redos-stats-password");
        let inode = || std::fs::metadata(&password).expect("a file").ino();
        let before = inode();
        assert_eq!(redos(&sim, &line).await.done(), "");
        assert_eq!(inode(), before, "an equal file stays");
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        std::fs::write(&password, "an old one").expect("written");
        assert_eq!(redos(&sim, &line).await.done(), "");
        assert_eq!(std::fs::metadata(&password).expect("a file").permissions().mode() & 0o777, 0o640);
        assert!(file("redos-stats-password").len() >= 32);
        std::fs::write(folder.path().join("prometheus.yml"), "global: {}\n").expect("written");
        assert_eq!(redos(&sim, &line).await.failure().kind, FailureKind::Usage, "another's file stays");
        for name in ["redos-alerts.yml", "redos-stats-password"] {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join(name), "of another\n").expect("written");
            let line = format!("metrics prometheus --dir {}", folder.path().display());
            assert_eq!(redos(&sim, &line).await.failure().kind, FailureKind::Usage, "another's {name} stays");
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("prometheus.yml")).expect("a folder");
        let line = format!("metrics prometheus --dir {}", folder.path().display());
        assert_eq!(redos(&sim, &line).await.failure().kind, FailureKind::Usage, "what cannot be read stays");

        sim.disrupt(NodeId::Proxy(1), Some(NodeState::Exited { code: 1, oom_killed: false }));
        let configured = redos(&sim, "metrics prometheus").await.done();
        assert!(configured.contains("127.0.0.1:8404"), "a proxy that does not run is to be missed: {configured}");

        let nowhere = Sim::default();
        assert_eq!(redos(&nowhere, "metrics prometheus").await.failure().kind, FailureKind::NoCluster);
        assert!(redos(&nowhere, "metrics prometheus --rules").await.done().contains("id: no-quorum"));
        let dashboard = redos(&nowhere, "metrics grafana").await.json();
        assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    });
}

#[test]
fn explain_knows_every_id_without_an_engine() {
    run(async {
        let sim = Sim::default();
        let list = redos(&sim, "explain -o json").await.json();
        assert_eq!(list["kind"], "HealthCheckList");
        for item in list["items"].as_array().expect("items") {
            let id = item["id"].as_str().expect("an id");
            assert!(redos(&sim, &format!("explain {id}")).await.done().starts_with(id));
        }
        for kind in FailureKind::ALL {
            let text = redos(&sim, &format!("explain {}", kind.as_str())).await.done();
            assert!(
                text.starts_with(&format!("{} (error): the command ends with {}\n", kind.as_str(), kind.exit().code())),
                "{text}"
            );
            let json = redos(&sim, &format!("explain {} -o json", kind.as_str())).await.json();
            assert_eq!((&json["kind"], &json["meaning"]), (&json!("ErrorCode"), &json!(kind.meaning())));
        }
        assert!(redos(&sim, "explain").await.done().contains("replica-link-down"));
        let one = redos(&sim, "explain no-quorum -o json").await.json();
        assert_eq!((&one["kind"], &one["severity"]), (&json!("HealthCheck"), &json!("critical")));
        let failure = redos(&sim, "explain replica-dead").await.failure();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.hints[0].contains("replica-link-down"), "{:?}", failure.hints);
    });
}

#[test]
fn watch_prints_a_document_a_second_until_it_is_interrupted() {
    run(async {
        let sim = ready("up").await;
        let cancel = CancellationToken::new();
        let watching = redos_until(&sim, "status --watch -o json", cancel.clone());
        let accidents = async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            sim.disrupt(NodeId::Sentinel(2), None);
            tokio::time::sleep(Duration::from_millis(1000)).await;
            cancel.cancel();
        };
        let (watched, ()) = tokio::join!(watching, accidents);
        assert_eq!(watched.exit.expect("a clean end"), Exit::No, "it was not healthy when last seen");
        let healthy = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["healthy"] == true;
        assert_eq!(watched.stdout.lines().map(healthy).collect::<Vec<_>>(), [true, true, false]);
    });
}

#[test]
fn top_shows_a_frame_or_a_sample_each_time() {
    run(async {
        let sim = ready("up").await;
        let frame = redos(&sim, "top --once").await.done();
        let lines: Vec<&str> = frame.lines().collect();
        assert!(lines[0].starts_with("sim is healthy  "), "{frame}");
        assert_eq!(lines[1], "mymaster: master redis-1");
        assert!(frame.contains("\n  sentinel-3 running   redis-1 epoch 0\n"), "{frame}");
        assert!(frame.contains("writes > redis-1 (0)   reads > redis-2 (0) redis-3 (0)"), "{frame}");

        let cancel = CancellationToken::new();
        let watching = redos_until(&sim, "top -o json --interval 500ms", cancel.clone());
        let accidents = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            sim.disrupt(REDIS_1, Some(NodeState::Paused));
            tokio::time::sleep(Duration::from_secs(16)).await;
            cancel.cancel();
        };
        let (watched, ()) = tokio::join!(watching, accidents);
        assert_eq!(watched.exit.expect("a clean end"), Exit::No, "it was not healthy when last seen");
        let samples = watched.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let states: Vec<Value> =
            samples.map(|sample| sample["status"]["groups"][0]["nodes"][0]["state"].clone()).collect();
        assert_eq!((&states[0], states.last()), (&json!("running"), Some(&json!("paused"))));
        assert!((30..36).contains(&states.len()), "{}", states.len());

        let refused = redos(&sim, "top").await.failure();
        assert_eq!(refused.kind, FailureKind::Usage, "there is no terminal");
        assert!(refused.hints.iter().any(|hint| hint.ends_with("redos -p sim status --watch")), "{:?}", refused.hints);
    });
}

#[test]
fn top_shows_a_node_about_which_docker_does_not_answer() {
    run(async {
        let sim = ready("up").await;
        sim.hide(REDIS_2);
        let cancel = CancellationToken::new();
        let watching = redos_until(&sim, "top -o json", cancel.clone());
        let (watched, ()) = tokio::join!(watching, async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            cancel.cancel();
        });
        let samples: Vec<Value> =
            watched.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert!(samples.len() > 3, "{}", samples.len());
        for sample in samples {
            let problem = &sample["status"]["groups"][0]["nodes"][1]["problem"];
            assert_eq!(problem, "Docker does not answer about redis-2: no answer within 10 s", "{sample}");
        }
    });
}

#[test]
fn top_reads_the_passwords_of_a_cluster_that_was_made_again() {
    run(async {
        let logins_of_up = async |sim: &Sim| {
            redos(sim, "down --volumes").await.done();
            tokio::time::sleep(Duration::from_secs(20)).await;
            LOGINS.set(0);
            redos(sim, "up").await.done();
            tokio::time::sleep(Duration::from_secs(20)).await;
            LOGINS.get()
        };
        let alone = logins_of_up(&ready("up").await).await;
        let sim = ready("up").await;
        let cancel = CancellationToken::new();
        let watching = redos_until(&sim, "top -o json", cancel.clone());
        let (_, beside) = tokio::join!(watching, async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let logins = logins_of_up(&sim).await;
            cancel.cancel();
            logins
        });
        assert!(beside > alone, "{beside} logins with a view, {alone} without");
    });
}

/// Time goes on here: a listener waits for the kernel, and not for a clock.
#[test]
fn a_page_shows_a_cluster_in_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let sim = ready("up").await;
        let line =
            Cli::try_parse_from(["redos", "-p", "sim", "serve", "-o", "json", "--interval", "200ms"]).expect("a line");
        let (ui, stdout, _) = tapes(line.global.output_options());
        let cancel = CancellationToken::new();
        let viewer = async {
            while !stdout.text().ends_with("}\n") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let said: Value = serde_json::from_str(&stdout.text()).expect("JSON");
            assert!(crate::schema::faults(&said).is_empty(), "{said}");
            let link = said["url"].as_str().expect("a link").strip_prefix("http://").expect("a link").to_owned();
            let (host, query) = link.split_once('/').expect("a path");
            let page = get(host, &format!("/{query}"), "").await;
            let cookie = page.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
            let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap_or_default());
            let live = get(host, "/live", &cookie).await;
            let data = live.lines().filter(|line| line.contains(SAMPLE)).find_map(|line| line.strip_prefix("data: "));
            let data = data.expect("a document");
            let live: Value = serde_json::from_str(data).expect("JSON");
            assert!(crate::schema::faults(&live).is_empty(), "{live}");
            assert_eq!(live["sample"]["status"]["healthy"], true, "{live}");
            cancel.cancel();
        };
        let served = begin(&sim, line, ui, cancel.clone());
        assert_eq!(tokio::join!(served, viewer).0.expect("an end"), Exit::Done);
    });
}

/// What a document has in it when the cluster was looked at.
const SAMPLE: &str = "\"sample\":{";

/// What a server answers at once, up to the first such document of a stream.
async fn get(host: &str, path: &str, headers: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(host).await.expect("a connection");
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes()).await.expect("sent");
    let (mut answer, mut chunk) = (String::new(), [0; 4096]);
    let read = async {
        let is_whole = |answer: &str| match path {
            "/live" => answer.split_once(SAMPLE).is_some_and(|(_, rest)| rest.contains('\n')),
            _ => answer.contains("\r\n\r\n"),
        };
        while !is_whole(&answer) {
            let length = stream.read(&mut chunk).await.expect("an answer");
            assert!(length > 0, "it ended: {answer}");
            answer.push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("in time");
    answer
}

#[test]
fn url_is_that_of_the_asked_group_and_port() {
    run(async {
        let sim = ready("up --masters 2").await;
        let urls = [
            ("url", "redis://default:", "@127.0.0.1:6379/0\n"),
            ("url --read", "redis://default:", "@127.0.0.1:6380/0\n"),
            ("url --group 2", "redis://default:", "@127.0.0.1:6381/0\n"),
            ("url --group mymaster-2 --read", "redis://default:", "@127.0.0.1:6382/0\n"),
            ("url --stats", "http://admin:", "@127.0.0.1:8404/\n"),
        ];
        for (line, begin, end) in urls {
            let url = redos(&sim, line).await.done();
            assert!(url.starts_with(begin) && url.ends_with(end), "{line}: {url}");
        }
        let failure = redos(&sim, "url --group 3").await.failure();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(failure.chain().next().as_deref(), Some("the cluster 'sim' has no group mymaster-3"));
        assert_eq!(failure.hints, ["its groups are mymaster, mymaster-2"]);

        sim.disrupt(NodeId::Proxy(1), Some(NodeState::Paused));
        let failure = redos(&sim, "url").await.failure();
        assert_eq!(failure.hints[0], "repair the cluster: redos -p sim up");
    });
}

#[test]
fn variables_are_printed_for_whoever_reads_them() {
    run(async {
        let sim = ready("up").await;
        let shell = redos(&sim, "env").await.done();
        assert!(shell.contains("export REDIS_PORT='6379'\n"), "{shell}");
        let json = redos(&sim, "env --format json").await.json();
        assert_eq!((&json["REDIS_HOST"], &json["REDIS_MASTER_NAME"]), (&json!("127.0.0.1"), &json!("mymaster")));
        assert!(
            redos(&sim, "env --format compose").await.done().starts_with("environment:\n  REDIS_HOST: 127.0.0.1\n")
        );
        assert_eq!(redos(&sim, "env --group 9").await.failure().kind, FailureKind::Usage);
    });
}

#[test]
fn compose_gets_a_cluster_as_a_service_and_its_variables() {
    run(async {
        let sim = Sim::default();
        let messages = async |line: &str| {
            let ran = redos(&sim, line).await;
            let messages = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("a message"));
            (ran.exit, ran.stderr, messages.collect::<Vec<_>>())
        };
        let of = |messages: &[Value], kind: &str| {
            let texts = messages.iter().filter(|message| message["type"] == kind);
            texts.map(|message| message["message"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
        };
        let up = "compose --project-name=shop up --replicas=1 redis";
        let (exit, stderr, said) = messages(up).await;
        assert_eq!((exit.expect(up), stderr.as_str()), (Exit::Done, ""));
        assert!(of(&said, "info").iter().any(|text| text.contains("sim is ready")), "{said:#?}");
        let variables = of(&said, "setenv");
        let names: Vec<&str> = variables.iter().filter_map(|set| Some(set.split_once('=')?.0)).collect();
        assert_eq!(names, ["HOST", "PORT", "PASSWORD", "URL", "READ_URL", "MASTER_NAME", "SENTINELS"]);
        assert_eq!(variables[..2], ["HOST=sim-proxy", "PORT=6379"]);
        let (_, _, again) = messages(up).await;
        assert_eq!(of(&again, "setenv"), variables);
        let warning = "the host sim-proxy exists only on the network sim,";
        assert!(of(&again, "info").iter().any(|text| text.contains(warning)), "{again:#?}");
        let (_, _, there) = messages("compose --project-name=shop up --network=shop_default redis").await;
        assert!(!of(&there, "info").concat().contains("exists only on"), "{there:#?}");

        let (exit, _, said) = messages("compose --project-name=shop up --replicas=many redis").await;
        exit.expect_err("a refusal");
        assert!(of(&said, "error").concat().contains("'many' is not a whole number"), "{said:#?}");
        let (exit, _, _) = messages("compose --project-name=shop down --replicas=1 redis").await;
        assert_eq!((exit.expect("done"), sim.left().0.len(), sim.left().1.len()), (Exit::Done, 0, 5));
    });
}

#[test]
fn logs_events_and_programs_name_nodes_that_are_there() {
    run(async {
        let sim = ready("up").await;
        assert_eq!(redos(&sim, "logs").await.done(), "", "nothing is logged in memory");
        assert_eq!(redos(&sim, "events").await.done(), "");
        for line in ["logs redis-9", "exec redis-9 -- ls", "cli redis-9", "cli proxy-1"] {
            assert_eq!(redos(&sim, line).await.failure().kind, FailureKind::Usage, "{line}");
        }
        assert_eq!(redos(&sim, "exec redis-1 -- ls").await.failure().kind, FailureKind::Failed);
    });
}

#[test]
fn clusters_and_containers_are_listed() {
    run(async {
        let sim = Sim::default();
        let none = redos(&sim, "ls").await;
        assert!(none.stderr.starts_with("there is no cluster on an engine in memory\n"), "{}", none.stderr);
        assert_eq!(none.done(), "", "no cluster is no data");

        redos(&sim, "up").await.done();
        sim.disrupt(NodeId::Sentinel(3), Some(NodeState::Exited { code: 1, oom_killed: false }));
        let cluster = json!({
            "name": "sim", "state": "partial", "running": 6, "total": 7, "ports": [6379, 6380, 8404],
            "createdAt": null, "keptVolumes": 0,
        });
        let list = redos(&sim, "ls -o json").await.json();
        assert_eq!(list, json!({"apiVersion": "redos/v1", "kind": "ClusterList", "items": [cluster]}));

        let list = redos(&sim, "ps -o json").await.json();
        assert_eq!(list["kind"], "NodeList");
        assert_eq!(list["items"].as_array().map(Vec::len), Some(7));
        assert_eq!(list["items"][5]["exitCode"], 1);
        assert_eq!(list["items"][6]["ports"][0], json!({"container": 6379, "published": "127.0.0.1:6379"}));
        assert_eq!(redos(&sim, "ps -q").await.done().lines().count(), 7);
    });
}

#[test]
fn lists_print_names_for_other_commands_and_nothing_else_does() {
    run(async {
        let sim = Sim::default();
        assert_eq!(redos(&sim, "ls -o name").await.done(), "", "no cluster has no name");
        let refused = redos(&sim, "up -o name").await.failure();
        assert_eq!(refused.kind.exit(), Exit::Usage);
        assert_eq!(redos(&sim, "ls -o json").await.json()["items"], json!([]), "and nothing was made");
        redos(&sim, "up").await.done();
        assert_eq!(redos(&sim, "ls -o name").await.done(), "sim\n");
        let nodes = redos(&sim, "ps -o name").await.done();
        assert_eq!(nodes.lines().next(), Some("redis-1"));
        redos(&sim, &format!("restart {}", nodes.lines().last().expect("a proxy"))).await.done();
        let images = redos(&sim, "images list -o name").await.done();
        assert!(images.lines().count() > 1 && images.lines().all(|image| image.contains(':')), "{images}");
        assert_eq!(redos(&sim, "chaos ls -o name").await.done(), "");
        let ids = redos(&sim, "explain -o name").await.done();
        let first = ids.lines().next().expect("an id");
        redos(&sim, &format!("explain {first}")).await.done();
        redos(&sim, &format!("explain {first} -o name")).await.failure();
    });
}

#[test]
fn verbs_that_need_no_engine_do_without() {
    run(async {
        let sim = Sim::default();
        assert!(redos(&sim, "init -").await.done().contains("\nname: sim\n"));
        assert_eq!(redos(&sim, "config -o json").await.json()["kind"], "Config");
        assert!(redos(&sim, "config --schema").await.json()["properties"].is_object());
        assert!(redos(&sim, "completions bash").await.done().contains("_redos"));
        assert!(redos(&sim, "man up").await.done().contains(".TH"));
        assert_eq!(redos(&sim, "man no-such-verb").await.failure().kind, FailureKind::Usage);
        assert_eq!(redos(&sim, "verify /no/such/file").await.failure().kind, FailureKind::Usage);
    });
}
