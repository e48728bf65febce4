//! The commands of the pages do what they say, on an engine in memory. `tests/docs.rs` reads all of them; here they run.

use std::collections::BTreeSet;
use std::time::Duration;

use redos::testing::engine::sim::Sim;
use tokio_util::sync::CancellationToken;

use crate::memory::{Ran, redos_words, run};
use crate::page_commands::{commands, pages, words};

/// What needs servers, files or a terminal that an engine in memory has not. Scenarios of the same names run them.
const ELSEWHERE: [&str; 11] =
    ["backup", "backups", "cli", "compose", "exec", "failover-test", "guard", "images", "restore", "serve", "verify"];

/// What the words in capitals stand for, each in its place.
const STAND_FOR: [(&str, &str); 11] = [
    ("--down-after VALUE", "--down-after 2s"),
    ("--memory VALUE", "--memory 512mb"),
    ("redis:VALUE", "redis:512mb"),
    ("nofile=VALUE", "nofile=65536"),
    ("--replicas VALUE", "--replicas 3"),
    ("maxmemory=VALUE", "timeout=60"),
    ("NAME=VALUE", "timeout=30"),
    ("HOST:PORT", "192.0.2.1:7700"),
    ("SUBNET", "10.128.0.0/24"),
    ("NODE", "redis-2"),
    ("\\|", "|"),
];

/// Commands that are refused on a cluster that is ready, each with a part of the reason.
const REFUSED: &[(&str, &str)] = &[
    // The cluster of these tests has no TLS.
    ("up --renew-certificates", "has no TLS"),
    ("url --ca", "has no TLS"),
    ("chaos latency master --delay 50ms --for 10s", "an engine in memory has no kernel"),
    ("chaos partition master", "an engine in memory has no kernel"),
    // The cluster of these tests is on one Engine.
    ("chaos kill host:b --for 30s", "has no node 'host:b'"),
    ("host check", "name hosts"),
    ("host ls", "name hosts"),
    ("doctor --fix", "there is no terminal"),
    ("host drain c", "has no host 'c'"),
    ("host replace c d ssh://deploy@10.0.0.4 zone=r3", "has no host 'c'"),
    ("host rm c", "has no host 'c'"),
    ("host rm c --force", "has no host 'c'"),
    ("host undrain c", "has no host 'c'"),
    ("up --follow 192.0.2.1:7700", "'sim' has data of its own"),
    ("up --network shared", "the cluster is on the network sim"),
    ("up --port 7800 --follow 172.26.0.1:7700", "'sim' has data of its own"),
    ("up --subnet 10.128.0.0/24", "the cluster is on the network sim"),
    ("upgrade --to-previous", "the images of 'sim' have never changed"),
];

/// The words of a command as a user would type them, without the program and the name of the cluster.
fn typed(command: &str, password_file: &str) -> Vec<String> {
    let mut text = command.replace(['[', ']'], "");
    for (word, value) in STAND_FOR {
        text = text.replace(word, value);
    }
    let text = text.split(['|', '>']).next().unwrap_or_default().trim().replace("new.txt", password_file);
    let mut words = words(&text).into_iter().skip(1).peekable();
    if words.peek().is_some_and(|word| word == "-p") {
        words.nth(1);
    }
    words.collect()
}

/// Whether it runs here at all.
fn runs_here(words: &[String]) -> bool {
    let Some(verb) = words.first().filter(|verb| !verb.starts_with('-')) else { return false };
    // A verb alone is often its name. The others read or write files of the user.
    let is_a_name =
        words.len() == 1 && matches!(&**verb, "chaos" | "completions" | "init" | "metrics" | "scale" | "top");
    let has_files = words.iter().any(|word| word == "--dir" || word == "--from");
    !ELSEWHERE.contains(&verb.as_str()) && !is_a_name && !has_files
}

/// A ready cluster with a user of its own.
async fn cluster() -> Sim {
    let sim = Sim::default();
    let up = ["up", "--guard", "--users", "reports readonly"].map(str::to_owned);
    redos_words(&sim, &up, CancellationToken::new()).await.done();
    sim
}

/// Runs a command until its end, or until Ctrl-C after five minutes.
async fn ended(sim: &Sim, words: &[String]) -> Ran {
    let cancel = CancellationToken::new();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(300)).await;
        cancel.cancel();
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    tokio::select! {
        ran = redos_words(sim, words, cancel.clone()) => ran,
        () = stop => panic!("{words:?} does not end"),
    }
}

#[test]
fn every_command_of_the_pages_runs() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "a-password-of-16\n").expect("written");
    let file = file.path().display().to_string();
    let all = pages().iter().flat_map(|(_, text)| commands(text)).map(|command| typed(&command, &file)).collect();
    let all: BTreeSet<Vec<String>> = all;
    let all: Vec<Vec<String>> = all.into_iter().filter(|words| runs_here(words)).collect();
    assert!(all.len() > 60, "only {} commands were found", all.len());
    let mut wrong = Vec::new();
    run(async {
        let mut sim = cluster().await;
        for words in all {
            let line = words.join(" ");
            let ran = ended(&sim, &words).await;
            let refusal = REFUSED.iter().find(|(command, _)| *command == line).map(|(_, why)| *why);
            match (&ran.exit, refusal) {
                (Ok(_), None) => {}
                (Err(failure), Some(why)) if failure.chain().any(|text| text.contains(why)) => {}
                (Ok(exit), Some(why)) => wrong.push(format!("{line}: {exit:?}, and not refused with '{why}'")),
                (Err(failure), _) => wrong.push(format!("{line}: {:?}", failure.chain().collect::<Vec<_>>())),
            }
            // The next one finds a cluster that is ready.
            if ran.exit.is_err() || matches!(&*words[0], "chaos" | "down" | "password" | "stop" | "upgrade") {
                sim = cluster().await;
            }
        }
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
