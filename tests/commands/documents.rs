//! The documents of verbs are what their schemas say.

use std::collections::BTreeSet;
use std::time::Duration;

use redos::testing::cluster::observed::NodeState;
use redos::testing::cluster::story::Chapter;
use redos::testing::commands::schemas::schemas;
use redos::testing::engine::sim::Sim;
use redos::testing::error::Exit;
use redos::testing::output::logs::LogLine;
use redos::testing::output::{Format, Options};
use redos::testing::spec::NodeId;
use serde_json::Value;

use crate::hosts::HOSTS;
use crate::memory::{REDIS_1, Ran, ready, redos, run, tapes};

#[test]
fn every_kind_of_document_is_what_its_schema_says() {
    run(async {
        let sim = Sim::default();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("images.tar");
        let save = format!("images save {}", file.display());
        let lines = [
            "version",
            "config",
            "explain",
            "explain no-quorum",
            "explain noCluster",
            "images list",
            "images pull",
            &save,
            "plan",
            "up",
            "ls",
            "ps",
            "status",
            "top --once",
            "url",
            "url --stats",
            "url --all",
            "sentinel masters",
            "events",
            "logs",
            "doctor",
            "failover",
            "upgrade --proxy-image haproxy:3.2",
            "backups",
            "password rotate",
            "password rotate --finish",
            "stop redis-2",
            "plan",
            "doctor",
            "status",
            "start redis-2",
            "restart redis-2",
        ];
        let mut seen = BTreeSet::new();
        for line in lines {
            let ran = redos(&sim, &format!("{line} -o json")).await;
            seen.extend(ran.kinds());
            ran.exit.expect(line);
        }
        sim.disrupt(NodeId::Sentinel(1), Some(NodeState::Paused));
        seen.extend(redos(&sim, "sentinel info -o json").await.kinds());
        let held = redos(&sim, "chaos pause redis-2 --for 5s");
        let faults = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            redos(&sim, "chaos ls -o json").await.kinds()
        };
        seen.extend(tokio::join!(held, faults).1);
        seen.extend(redos(&sim, "down -o json").await.kinds());
        let settings = folder.path().join("hosts.yaml");
        std::fs::write(&settings, HOSTS).expect("a file");
        for verb in ["host ls", "host check"] {
            let line = format!("-f {} {verb} -o json", settings.display());
            seen.extend(redos(&Sim::default(), &line).await.kinds());
        }

        // What an engine in memory has none of, and what `main` prints.
        let (ui, stdout, stderr) = tapes(Options { format: Format::Json, ..Options::default() });
        let log = LogLine { at: 1, node: REDIS_1, stderr: false, text: "ready".to_owned() };
        ui.log_line(&log, 0).expect("it is written");
        ui.event(&Chapter::of_engine(1, REDIS_1, "die", Some(137))).expect("it is written");
        ui.warn("the clocks differ");
        ui.failure(&redos(&sim, "status").await.failure());
        seen.extend(Ran { exit: Ok(Exit::Done), stdout: stdout.text(), stderr: stderr.text() }.kinds());

        let kinds = schemas().into_iter().map(|(kind, _)| kind.to_owned());
        let missing: Vec<String> = kinds.filter(|kind| !seen.contains(kind)).collect();
        let elsewhere = ["Backup", "BackupCheck", "Live", "LoadedImageList", "ReportList", "Restore", "Serve"];
        assert_eq!(
            missing, elsewhere,
            "an engine in memory has no data and loads no images, and time that is paused serves nobody"
        );
    });
}

#[test]
fn ndjson_is_an_object_a_line_items_of_lists_or_the_document() {
    run(async {
        let sim = ready("up").await;
        let lines = async |line: &str| -> Vec<Value> {
            let said = redos(&sim, &format!("{line} -o ndjson")).await.done();
            said.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
        };
        for (list, length) in [("ps", 7), ("ls", 1), ("sentinel masters", 3), ("events", 0), ("logs", 0)] {
            let document = redos(&sim, &format!("{list} -o json")).await.json();
            assert_eq!(
                (document["items"].as_array(), lines(list).await.len()),
                (Some(&lines(list).await), length),
                "{list}"
            );
        }
        for line in ["status", "plan", "url", "down"] {
            let said = lines(line).await;
            assert!(said.len() == 1 && said[0]["apiVersion"] == "redos/v1", "{line}: {said:?}");
        }
    });
}
