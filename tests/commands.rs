//! Verbs on the in-memory engine: what goes to stdout, what to stderr, and how they end.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redos::cluster::desired::{Program, Programs};
use redos::cluster::observed::NodeState;
use redos::commands::url::Door;
use redos::commands::{ls, ps, status, url};
use redos::converge::{Converger, Found, Seen, find};
use redos::engine::sim::Sim;
use redos::error::{Exit, FailureKind};
use redos::output::{Format, Options, Terminal, Ui};
use redos::plan::diff;
use redos::spec::secret::SECRET_BYTES;
use redos::spec::settings::GivenSecrets;
use redos::spec::{ClusterName, Group, NodeId, Secrets, Spec};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A stream that can be read back.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the tape").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tape {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the tape").clone()).expect("UTF-8")
    }
}

fn ui(format: Format) -> (Ui, Tape, Tape) {
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let options = Options { format, ..Options::default() };
    let terminal = Terminal { columns: Some(80), ..Terminal::default() };
    (Ui::with_streams(options, terminal, Box::new(stdout.clone()), Box::new(stderr.clone())), stdout, stderr)
}

fn name() -> ClusterName {
    "sim".parse().expect("a name")
}

async fn found(sim: &Sim) -> Found {
    find(sim, &name()).await.expect("the simulation never fails to look")
}

async fn up(sim: &Sim, spec: &Spec) {
    let given = GivenSecrets::default();
    let seen = Seen::of(found(sim).await, &given, |_| sim.clone()).await.expect("no passwords were given");
    let program = |name: &str| Program { image: name.to_owned(), server: name.to_owned() };
    let converger = Converger {
        engine: sim,
        connect: |_: &Secrets| sim.clone(),
        spec,
        diff,
        new_secrets: Secrets::made(|| [7; SECRET_BYTES]),
        given,
        prepare: async |_: &redos::cluster::Inventory| {
            Ok(Programs { redis: program("redis-server"), proxy: program("haproxy") })
        },
        report: &|_| {},
        cancel: &CancellationToken::new(),
        deadline: Instant::now() + Duration::from_secs(60),
    };
    converger.converge(seen).await.expect("a ready cluster");
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn status_answers_whether_the_cluster_is_healthy() {
    run(async {
        let sim = Sim::default();
        up(&sim, &Spec::with_defaults(name())).await;
        let (screen, stdout, stderr) = ui(Format::Table);
        let exit = status::run(&screen, &sim, &name(), found(&sim).await, |_, _| sim.clone()).await.expect("a status");
        assert_eq!(exit, Exit::Done, "{}", stdout.text());
        assert!(stdout.text().ends_with("sim is healthy\n"), "{}", stdout.text());
        assert_eq!(stderr.text(), "");

        sim.disrupt(NodeId::redis(Group::number(1), 2), Some(NodeState::Paused));
        let (screen, stdout, _) = ui(Format::Yaml);
        let exit = status::run(&screen, &sim, &name(), found(&sim).await, |_, _| sim.clone()).await.expect("a status");
        assert_eq!(exit, Exit::No);
        assert!(stdout.text().contains("healthy: false\nreasons:\n- redis-2 is paused\n"), "{}", stdout.text());
    });
}

#[test]
fn status_of_no_cluster_says_how_to_make_one() {
    run(async {
        let sim = Sim::default();
        let (screen, stdout, _) = ui(Format::Table);
        let failure = status::run(&screen, &sim, &name(), found(&sim).await, |_, _| sim.clone())
            .await
            .expect_err("there is none");
        assert_eq!((failure.kind.exit(), failure.kind.as_str()), (Exit::NoCluster, "noCluster"));
        assert_eq!(failure.chain().collect::<Vec<_>>(), ["there is no cluster 'sim' on an engine in memory"]);
        assert_eq!(failure.hints, ["create it: redos -p sim up", "see which clusters there are: redos ls"]);
        assert_eq!(stdout.text(), "");
    });
}

#[test]
fn watch_prints_a_document_a_second_until_it_is_interrupted() {
    run(async {
        let sim = Sim::default();
        up(&sim, &Spec::with_defaults(name())).await;
        let (screen, stdout, _) = ui(Format::Json);
        let cancel = CancellationToken::new();
        let watched = name();
        let watching = status::watch(&screen, &sim, &watched, |_, _| sim.clone(), &cancel);
        let accidents = async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            sim.disrupt(NodeId::Sentinel(2), None);
            tokio::time::sleep(Duration::from_millis(1000)).await;
            cancel.cancel();
        };
        let (exit, ()) = tokio::join!(watching, accidents);
        assert_eq!(exit.expect("a clean end"), Exit::No, "it was not healthy when last seen");
        let healthy: Vec<bool> = stdout
            .text()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["healthy"] == true)
            .collect();
        assert_eq!(healthy, [true, true, false]);
    });
}

#[test]
fn url_is_that_of_the_asked_group_and_port() {
    run(async {
        let sim = Sim::default();
        let mut spec = Spec::with_defaults(name());
        spec.masters = 2;
        up(&sim, &spec).await;
        let secret = "07".repeat(SECRET_BYTES);
        let (one, two) = (Group::number(1), Group::number(2));
        let redis = |port: u16| format!("redis://default:{secret}@127.0.0.1:{port}/0\n");
        let doors = [
            (Door::Writes(one), redis(6379)),
            (Door::Reads(one), redis(6380)),
            (Door::Writes(two), redis(6381)),
            (Door::Reads(two), redis(6382)),
            (Door::Statistics, format!("http://admin:{secret}@127.0.0.1:8404/\n")),
        ];
        for (door, wanted) in doors {
            let (screen, stdout, _) = ui(Format::Table);
            url::run(&screen, &sim, &name(), door).await.expect("a URL");
            assert_eq!(stdout.text(), wanted);
        }
        let (screen, stdout, _) = ui(Format::Table);
        let failure =
            url::run(&screen, &sim, &name(), Door::Writes(Group::number(3))).await.expect_err("there is none");
        assert_eq!(failure.kind, FailureKind::Usage);
        let wanted = "the cluster 'sim' has no group mymaster-3; it has mymaster, mymaster-2";
        assert_eq!(failure.chain().next().as_deref(), Some(wanted));

        sim.disrupt(NodeId::Proxy(1), Some(NodeState::Paused));
        let failure = url::run(&screen, &sim, &name(), Door::Writes(Group::number(1))).await.expect_err("no address");
        assert_eq!(failure.hints[0], "repair the cluster: redos -p sim up");
        assert_eq!(stdout.text(), "");
    });
}

#[test]
fn clusters_and_containers_are_listed() {
    run(async {
        let sim = Sim::default();
        let (screen, stdout, stderr) = ui(Format::Table);
        ls::run(&screen, &sim).await.expect("a list");
        assert_eq!(stdout.text(), "", "no cluster is no data");
        assert!(stderr.text().starts_with("there is no cluster on an engine in memory\n"), "{}", stderr.text());

        up(&sim, &Spec::with_defaults(name())).await;
        sim.disrupt(NodeId::Sentinel(3), Some(NodeState::Exited { code: 1, oom_killed: false }));
        let (screen, stdout, _) = ui(Format::Json);
        ls::run(&screen, &sim).await.expect("a list");
        let list: serde_json::Value = serde_json::from_str(&stdout.text()).expect("JSON");
        let cluster = serde_json::json!({
            "name": "sim", "state": "partial", "running": 6, "total": 7, "ports": [6379, 6380, 8404],
            "createdAt": null, "keptVolumes": 0,
        });
        assert_eq!(list, serde_json::json!({"apiVersion": "redos/v1", "kind": "ClusterList", "items": [cluster]}));

        let (screen, stdout, _) = ui(Format::Json);
        ps::run(&screen, &sim, &name()).await.expect("a list");
        let list: serde_json::Value = serde_json::from_str(&stdout.text()).expect("JSON");
        assert_eq!(list["kind"], "NodeList");
        assert_eq!(list["items"].as_array().map(Vec::len), Some(7));
        assert_eq!(list["items"][5]["exitCode"], 1);
        let port = serde_json::json!({"container": 6379, "published": "127.0.0.1:6379"});
        assert_eq!(list["items"][6]["ports"][0], port);
    });
}
