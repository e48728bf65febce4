//! A world in memory, and what a command line leaves in it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, OnceLock};

use clap::Parser;
use redos::testing::commands::{self, Call, Cli, World};
use redos::testing::engine::EngineError;
use redos::testing::engine::sim::Sim;
use redos::testing::error::{Exit, Failure};
use redos::testing::output::testing::{self, Tape};
use redos::testing::output::{Options, Terminal, Ui};
use redos::testing::spec::{Group, Hosts, NodeId, Secrets, Spec};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

thread_local! {
    /// How often passwords were given to servers.
    pub static LOGINS: Cell<usize> = const { Cell::new(0) };
}

/// A world in memory.
#[derive(Clone)]
pub struct InMemory(Sim);

impl World for InMemory {
    type Engine = Sim;
    type Servers = Sim;

    fn open(&self, _address: Option<&str>, hosts: &Hosts) -> Result<Sim, EngineError> {
        Ok(self.0.on_hosts(hosts))
    }

    fn servers(engine: &Arc<Sim>, _spec: &Spec, secrets: &Secrets) -> Sim {
        LOGINS.set(LOGINS.get() + 1);
        engine.knowing(secrets)
    }

    /// A watchdog is this program, which is the tests here.
    fn watchdog(_address: Option<&str>, _hosts: &Hosts, _fault: &str) -> io::Result<()> {
        Ok(())
    }
}

/// What a verb has left.
pub struct Ran {
    pub exit: Result<Exit, Failure>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Its data, after it has succeeded.
    pub fn done(self) -> String {
        assert_eq!(self.exit.expect(&self.stderr), Exit::Done, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its data as JSON, after it has succeeded.
    pub fn json(self) -> Value {
        serde_json::from_str(&self.done()).expect("JSON")
    }

    /// The kinds of the documents on both streams, all of which are what their schemas say.
    pub fn kinds(&self) -> BTreeSet<String> {
        let documents = |text| serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let kind = |document: Result<Value, serde_json::Error>| {
            let document = document.expect("JSON");
            let faults = crate::schema::faults(&document);
            assert!(faults.is_empty(), "{}\n{document}", faults.join("\n"));
            document["kind"].as_str().map(str::to_owned)
        };
        documents(&self.stdout).chain(documents(&self.stderr)).filter_map(kind).collect()
    }

    /// The failure that it ended with, and no data.
    pub fn failure(self) -> Failure {
        assert_eq!(self.stdout, "", "a failure is no data");
        self.exit.expect_err("a failure")
    }
}

/// What is written to a `Ui` with these options.
pub fn tapes(options: Options) -> (Ui, Tape, Tape) {
    testing::ui(options, Terminal { columns: Some(80), ..Terminal::default() })
}

/// Runs a command line about the cluster `sim` until its end, or until `cancel`.
pub async fn redos_until(sim: &Sim, line: &str, cancel: CancellationToken) -> Ran {
    redos_words(sim, &line.split(' ').map(str::to_owned).collect::<Vec<_>>(), cancel).await
}

/// [`redos_until`] of words that may have blanks in them.
pub async fn redos_words(sim: &Sim, words: &[String], cancel: CancellationToken) -> Ran {
    let line = words.join(" ");
    let words = ["redos", "-p", "sim"].into_iter().chain(words.iter().map(String::as_str));
    let Cli { global, verb } = Cli::try_parse_from(words).expect(&line);
    let (ui, stdout, stderr) = tapes(global.output_options());
    let exit = begin(sim, Cli { global, verb }, ui, cancel).await;
    let ran = Ran { exit, stdout: stdout.text(), stderr: stderr.text() };
    if line.contains("-o json") {
        ran.kinds();
    }
    ran
}

/// Runs a command line that writes to `ui`.
pub async fn begin(sim: &Sim, line: Cli, ui: Ui, cancel: CancellationToken) -> Result<Exit, Failure> {
    let Cli { global, verb } = line;
    // A test has many of them, and a thread of a test a small stack.
    Box::pin(commands::run(verb, Call { global, ui, cancel, world: InMemory(sim.clone()), hosts: OnceLock::new() }))
        .await
}

pub async fn redos(sim: &Sim, line: &str) -> Ran {
    redos_until(sim, line, CancellationToken::new()).await
}

/// An engine with a ready cluster.
pub async fn ready(line: &str) -> Sim {
    let sim = Sim::default();
    redos(&sim, line).await.done();
    sim
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

/// The names of the containers in a list.
pub fn containers(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("items").iter().filter_map(|item| item["container"].as_str()).collect()
}

pub const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
pub const REDIS_2: NodeId = NodeId::redis(Group::number(1), 2);
