//! Verbs about the hosts of a cluster.

use std::net::Ipv4Addr;

use redos::testing::engine::sim::{Sim, SimHost};
use redos::testing::error::{Exit, FailureKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::memory::{Ran, ready, redos, run};

/// Settings with three hosts.
pub const HOSTS: &str = "apiVersion: redos/v1
hosts:
- {name: a, docker: 'ssh://me@10.0.0.1'}
- {name: b, docker: 'ssh://me@10.0.0.2', zone: r2}
- {name: c, docker: prod-c, address: 10.0.0.3}
";

/// Three hosts of a world in memory, named in a file.
struct Three {
    sim: Sim,
    folder: TempDir,
}

impl Three {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("redos.yaml"), HOSTS).expect("a file");
        Self { sim: Sim::default(), folder }
    }

    async fn redos(&self, line: &str) -> Ran {
        redos(&self.sim, &format!("-f {} {line}", self.folder.path().join("redos.yaml").display())).await
    }
}

fn away(why: &str) -> SimHost {
    SimHost { away: Some(why.to_owned()), ..SimHost::default() }
}

/// The findings as `HOST ID`.
fn found(checked: &Ran) -> Vec<String> {
    let checked: Value = serde_json::from_str(&checked.stdout).expect("JSON");
    let word = |finding: &Value, key: &str| finding[key].as_str().expect(key).to_owned();
    let findings = checked["findings"].as_array().expect("findings");
    findings.iter().map(|finding| format!("{} {}", word(finding, "host"), word(finding, "id"))).collect()
}

#[test]
fn host_ls_has_a_row_for_each_host_and_one_that_is_away_is_no_error() {
    run(async {
        let three = Three::new();
        three.sim.alter_host("b", away("ssh me@10.0.0.2 failed: Permission denied (publickey)"));
        insta::assert_snapshot!(three.redos("host ls").await.done());
        assert_eq!(three.redos("host ls -o name").await.done(), "a\nb\nc\n");
        let lines = three.redos("host ls -o ndjson").await.done();
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((rows.len(), &rows[1]["zone"], &rows[1]["version"]), (3, &json!("r2"), &Value::Null));
        assert_eq!((&rows[2]["engine"], &rows[2]["version"]), (&json!("prod-c"), &json!("in memory")));
        for host in ["a", "c"] {
            three.sim.alter_host(host, away("it is off"));
        }
        let all = three.redos("host ls -o json").await.json();
        assert!(all["items"].as_array().expect("items").iter().all(|host| host["away"].is_string()), "{all}");
    });
}

#[test]
fn a_cluster_on_one_engine_has_no_hosts_to_show_or_to_check() {
    run(async {
        for line in ["host ls", "host check"] {
            let failure = redos(&Sim::default(), line).await.failure();
            assert_eq!(failure.kind, FailureKind::Usage, "{line}");
            assert!(failure.hints[0].contains("redos.yaml"), "{:?}", failure.hints);
        }
    });
}

#[test]
fn host_check_finds_all_that_is_wrong_at_once() {
    run(async {
        let three = Three::new();
        let text = three.redos("host check").await.done();
        assert_eq!(text, "sim: no findings on 3 hosts\n");

        let a: Ipv4Addr = "10.0.0.1".parse().expect("an address");
        three.sim.alter_host("a", SimHost { published: Some(7100), free: Some(200 << 20), ..SimHost::default() });
        three.sim.alter_host("b", SimHost { bound: Some(7101), barred_from: vec![a], ..SimHost::default() });
        three.sim.alter_host("c", SimHost { ahead_ms: -9_300, has_foreign_address: true, ..SimHost::default() });
        let checked = three.redos("host check").await;
        assert_eq!(checked.exit.expect("a table"), Exit::No);
        insta::assert_snapshot!(checked.stdout);
        let all = [
            "a host-conflict",
            "a host-unreached",
            "a disk-full",
            "b host-conflict",
            "c foreign-address",
            "c clock-skew",
        ];
        assert_eq!(found(&three.redos("host check -o json").await), all);

        let name = |text: &str| text.parse().expect("a name");
        let three = Three::new();
        three.sim.alter_host("b", SimHost { architecture: Some("arm64".to_owned()), ..SimHost::default() });
        three.sim.alter_host("c", SimHost { same_as: Some(name("a")), bound: Some(7102), ..SimHost::default() });
        let checked = three.redos("host check -o json").await;
        assert_eq!(found(&checked), ["b other-architecture", "c same-engine"]);
        assert!(checked.stdout.contains("ports of c and connections with it"), "{}", checked.stdout);
        let three = Three::new();
        three.sim.alter_host("c", away("there is no such socket"));
        let checked = three.redos("host check -o json").await;
        assert_eq!(found(&checked), ["c host-away"]);
        let three = Three::new();
        three.sim.alter_host("c", SimHost { ahead_ms: 3_000, ..SimHost::default() });
        let checked = three.redos("host check").await;
        assert_eq!(checked.exit.expect("a table"), Exit::Done, "a warning is no refusal");
    });
}

#[test]
fn up_refuses_hosts_on_which_no_cluster_can_be_before_anything_is_made() {
    run(async {
        for (altered, kind, why) in [
            (
                SimHost { same_as: Some("a".parse().expect("a name")), ..SimHost::default() },
                FailureKind::Usage,
                "host c: its Engine is that of a",
            ),
            (
                SimHost { architecture: Some("arm64".to_owned()), ..SimHost::default() },
                FailureKind::Usage,
                "host c: its machine is arm64, and a is amd64",
            ),
            (away("it is off"), FailureKind::Unreachable, "host c: its Engine does not answer: it is off"),
        ] {
            let three = Three::new();
            three.sim.alter_host("c", altered);
            let failure = three.redos("up").await.failure();
            let said: Vec<String> = failure.chain().collect();
            assert!(failure.kind == kind && said.join(": ").contains(why), "{why}: {said:?}");
            assert!(failure.hints.iter().any(|hint| hint.ends_with("redos -p sim host check")), "{:?}", failure.hints);
            assert_eq!(three.sim.journal(), [""; 0], "{why}");
        }
    });
}

#[test]
fn url_prints_a_line_for_each_proxy_if_asked() {
    run(async {
        let sim = ready("up --proxies 2").await;
        let first = redos(&sim, "url").await.done();
        let all = redos(&sim, "url --all").await.done();
        let urls: Vec<&str> = all.lines().collect();
        assert_eq!((urls[0], urls.len()), (first.trim_end(), 2));
        assert!(urls[1].ends_with(":6479/0"), "{all}");
        let reads = redos(&sim, "url --all --read -o ndjson").await.done();
        assert!(reads.lines().last().expect("a line").contains(r#""node":"proxy-2","url":"redis://"#), "{reads}");
        for line in ["url --all --stats", "url --all --group 1"] {
            assert_eq!(redos(&sim, line).await.done().lines().count(), 2, "{line}");
        }
    });
}
