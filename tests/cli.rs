//! The command line as scripts and people see it: what it prints and how it exits, in a cleared environment. What needs a
//! Docker Engine is elsewhere; here there is none.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use redos::testing::chaos::fault::Fault;
use redos::testing::chaos::scenario::Trial;
use redos::testing::commands::Cli;
use tempfile::TempDir;

/// A folder to run redos in, with variables and an input.
struct Place {
    dir: TempDir,
    variables: Vec<(&'static str, String)>,
    input: String,
}

/// What a run gave.
#[must_use]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        Self { dir, variables: Vec::new(), input: String::new() }
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.dir.path().join(name), text).expect("a file is written");
        self
    }

    fn variable(mut self, name: &'static str, text: &str) -> Self {
        self.variables.push((name, text.to_owned()));
        self
    }

    fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).expect("the file is there")
    }

    /// Runs redos with these arguments, divided by blanks.
    fn run(&self, arguments: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_redos"))
            .args(arguments.split_whitespace())
            .current_dir(self.dir.path())
            .env_clear()
            .env("COLUMNS", "80")
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .envs(self.variables.iter().map(|(name, text)| (name, text)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("redos starts");
        // One that reads no input may have ended before it is written.
        let _ = child.stdin.take().expect("an input").write_all(self.input.as_bytes());
        let output = child.wait_with_output().expect("redos ends");
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.replace(&*self.dir.path().to_string_lossy(), "[dir]")
        };
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }
}

/// The run as a text for a snapshot.
impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        write!(f, "exit code: {code}\n---- stdout\n{}---- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Compares with a snapshot in `tests/cli`.
macro_rules! snapshot {
    ($name:literal, $value:expr) => {
        insta::with_settings!({ snapshot_path => "cli", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $value.to_string());
        });
    };
}

/// The verbs, those below a verb included, as they are typed.
fn verbs() -> Vec<String> {
    fn walk(command: &clap::Command, typed: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands() {
            let typed = format!("{typed} {}", verb.get_name()).trim().to_owned();
            found.push(typed.clone());
            walk(verb, &typed, found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), "", &mut found);
    found
}

#[test]
fn the_help_of_every_verb_is_the_reference_of_the_command_line() {
    let place = Place::new();
    let mut reference = place.run("--help").ok();
    for verb in verbs() {
        let help = place.run(&format!("{verb} --help")).ok();
        reference.push_str(&format!("\n{}\n## redos {verb}\n\n{help}", "-".repeat(80)));
    }
    let wide: Vec<&str> = reference.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "these lines are wider than 80 columns: {wide:#?}");
    snapshot!("help", reference);
}

#[test]
fn every_verb_shows_examples() {
    let place = Place::new();
    for verb in verbs() {
        let is_group = Cli::command().find_subcommand(&verb).is_some_and(clap::Command::has_subcommands);
        assert!(is_group || place.run(&format!("{verb} --help")).ok().contains("Examples:\n  "), "{verb}");
    }
}

/// Why some verbs need no `--dry-run`.
const WITHOUT_DRY_RUN: &[(&str, &[&str])] = &[
    (
        "it looks and changes nothing",
        &[
            "backup verify",
            "backups",
            "chaos ls",
            "completions",
            "config",
            "env",
            "explain",
            "host ls",
            "images list",
            "logs",
            "ls",
            "man",
            "metrics grafana",
            "plan",
            "ps",
            "sentinel",
            "serve",
            "status",
            "url",
            "version",
        ],
    ),
    ("it gives the hosts an image, as 'images pull' does, and changes no cluster", &["host check"]),
    ("it writes files where it is told to, and changes no cluster", &["images save", "metrics prometheus", "verify"]),
    ("'backups --keep' shows what it would remove, and it changes no cluster", &["backup"]),
    ("'init -' shows what it would write", &["init"]),
    ("it gives the Engine the images of one file, and changes no cluster", &["images load"]),
    ("it runs what the user types behind it", &["cli", "events", "exec"]),
    ("it acts on a key, which says what it does", &["top"]),
    ("it acts when a master has ended, and nobody knows when that is", &["guard"]),
    ("redos starts it itself", &["chaos agent", "chaos watchdog"]),
];

/// The verbs that have `--dry-run`.
fn verbs_with_dry_run(command: &clap::Command, typed: &str) -> Vec<String> {
    let below = command.get_subcommands().flat_map(|verb| {
        let typed = format!("{typed} {}", verb.get_name()).trim().to_owned();
        verbs_with_dry_run(verb, &typed)
    });
    let has_it = command.get_arguments().any(|argument| argument.get_long() == Some("dry-run"));
    below.chain(has_it.then(|| typed.to_owned())).collect()
}

#[test]
fn every_verb_that_changes_something_has_a_dry_run() {
    let with = verbs_with_dry_run(&Cli::command(), "");
    let without: Vec<&str> = WITHOUT_DRY_RUN.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
    let groups = ["chaos", "compose", "host", "images", "metrics", "password"];
    for verb in verbs().iter().filter(|verb| !groups.contains(&verb.as_str())) {
        let (has, needs_none) = (with.contains(verb), without.contains(&verb.as_str()));
        assert!(has != needs_none, "'{verb}' changes something and has no --dry-run, or is on the list for nothing");
    }
    assert!(without.iter().all(|verb| verbs().iter().any(|known| known == verb)), "a verb of the list is gone");
}

#[test]
fn the_help_of_the_failover_test_names_every_fault() {
    let help = Place::new().run("failover-test --help").ok();
    let words: Vec<&str> = help.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    for fault in Fault::all() {
        assert!(words.contains(&fault.as_str()), "{fault}");
    }
    for trial in Trial::OWN.map(|trial| trial.to_string()) {
        assert!(words.contains(&trial.as_str()), "{trial}");
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let place = Place::new();
    assert!(place.run("man").ok().starts_with(".ie"), "the page of redos itself");
    for verb in verbs().iter().filter(|verb| !verb.contains(' ')) {
        let page = place.run(&format!("man {verb}")).ok();
        assert!(page.contains(&format!(".TH redos-{verb} 1")), "{verb}");
    }
    snapshot!("man-unknown", place.run("man nothing"));
}

#[test]
fn all_problems_are_told_at_once_with_their_places_and_nothing_is_touched() {
    let place = Place::new();
    let socket = place.dir.path().join("docker.sock");
    let engine = UnixListener::bind(&socket).expect("a socket");
    engine.set_nonblocking(true).expect("a socket that does not block");
    let place = place
        .variable("DOCKER_HOST", &format!("unix://{}", socket.display()))
        .variable("SENTINEL_QUORUM", "7")
        .variable("REDIS_PASSWORD", "hunter2 hunter2")
        .file(
            "redos.yaml",
            "apiVersion: redos/v1\nmasters: 0\nreplica: 2\nsentinels: 3\nsentinels: 5\nports:\n  write: \"7000\"\n  read: 7001\n  stats: 7001\n",
        );
    let run = place.run("up --proxies two --redis dir=/tmp");
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    snapshot!("invalid-settings", run);
    for verb in ["plan", "config"] {
        assert_eq!(place.run(verb).code, Some(2), "{verb}");
    }
    let asked = engine.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(asked, Err(std::io::ErrorKind::WouldBlock), "the Engine was asked");
}

#[test]
fn config_shows_which_layer_won() {
    let place = Place::new()
        .variable("REDIS_PORT", "7000")
        .variable("REDIS_PASSWORD", "hunter2hunter2")
        .variable("REDOS_REPLICAS", "4")
        .file("redos.yaml", "apiVersion: redos/v1\nname: shop\nreplicas: 3\nsentinels: 5\nredis:\n  maxmemory: 1gb\n");
    let run = place.run("config --sentinels 7 --redis timeout=30");
    assert!(!run.stdout.contains("hunter2"), "{}", run.stdout);
    snapshot!("config", run);
    snapshot!("config-json", place.run("config -o json --quiet").ok());
    let yaml = place.run("config -o yaml --quiet").ok();
    assert!(yaml.starts_with("apiVersion: redos/v1\nkind: Config\ncluster: shop\n"), "{yaml}");
}

#[test]
fn the_file_may_be_named_or_come_from_standard_input() {
    let name = |place: &Place, arguments: &str| {
        let json: serde_json::Value = serde_json::from_str(&place.run(arguments).ok()).expect("JSON");
        json["cluster"].as_str().expect("a name").to_owned()
    };
    let text = |name: &str| format!("apiVersion: redos/v1\nname: {name}\n");
    let place = Place::new()
        .file("redos.yaml", &text("default"))
        .file("a.yaml", &text("a"))
        .file("b.yaml", &text("b"))
        .variable("REDOS_FILE", "b.yaml")
        .input(&text("input"));
    assert_eq!(name(&place, "-f a.yaml config -o json"), "a");
    assert_eq!(name(&place, "config -o json"), "b");
    assert_eq!(name(&place, "config -o json -f -"), "input");
    assert_eq!(name(&place, "config -o json -p flag"), "flag");
    assert_eq!(name(&Place::new().file("redos.yaml", &text("default")), "config -o json"), "default");
    assert_eq!(name(&Place::new(), "config -o json"), "redos");
    snapshot!("file-missing", Place::new().run("up -f missing.yaml"));
    snapshot!("input-invalid", Place::new().input("name: [\n").run("config -f -"));
}

#[test]
fn the_file_of_a_folder_is_that_of_the_folders_below() {
    let place = Place::new().file("redos.yaml", "apiVersion: redos/v1\nname: above\n");
    let below = place.dir.path().join("a/b");
    fs::create_dir_all(&below).expect("folders");
    let run = |arguments: &[&str]| {
        let mut redos = Command::new(env!("CARGO_BIN_EXE_redos"));
        redos.args(arguments).current_dir(&below).env_clear().env("DOCKER_HOST", "unix:///nowhere/docker.sock");
        redos.output().expect("redos ends")
    };
    let json: serde_json::Value = serde_json::from_slice(&run(&["config", "-o", "json"]).stdout).expect("JSON");
    assert_eq!(json["cluster"], "above");
    let said = String::from_utf8(run(&["down"]).stderr).expect("UTF-8");
    assert!(said.contains("the cluster is 'above', by ") && said.contains("redos.yaml"), "{said}");
}

#[test]
fn without_an_engine_version_tells_what_it_knows() {
    let run = Place::new().run("version -H unix:///nowhere.sock");
    assert_eq!(run.code, Some(5), "{run}");
    assert!(run.stdout.contains(env!("CARGO_PKG_VERSION")) && run.stdout.contains("none answers"), "{run}");
}

/// Verbs that do their work without an Engine, or as much of it as they can. `restore` judges its file first.
const OFFLINE: [&str; 9] =
    ["backups", "completions", "config", "explain", "init", "man", "restore", "verify", "version"];

#[test]
fn without_an_engine_every_verb_that_needs_one_says_how_to_get_it() {
    let lines = [
        "up --dry-run",
        "up",
        "down",
        "status",
        "status --watch",
        "top --once",
        "top -o json",
        "ps",
        "ls",
        "scale --replicas 3",
        "upgrade --redis-image redis:8.4",
        "failover",
        "guard",
        "password rotate",
        "backup",
        "stop",
        "start",
        "restart",
        "url",
        "env",
        "compose up redis",
        "cli",
        "exec redis-1 -- ls",
        "logs",
        "events",
        "sentinel",
        "metrics prometheus",
        "serve",
        "doctor",
        "failover-test",
        "chaos pause master",
        "chaos heal",
        "chaos ls",
        "host ls",
        "host check",
        "host drain c",
        "images list",
        "images pull",
        "images build",
        "plan",
    ];
    let place = Place::new();
    for line in lines {
        let run = place.run(line);
        assert_eq!(run.code, Some(5), "{line}: {run}");
        // Compose reads the reason on stdout.
        let said = if line.starts_with("compose") { &run.stdout } else { &run.stderr };
        assert!(said.contains("reach Docker at unix:///nowhere/docker.sock"), "{line}: {run}");
        assert!(said.contains("hint: ") || said.contains("\"hints\":[\""), "{line}: {run}");
        assert!(line.starts_with("compose") || run.stdout.is_empty(), "{line}: {run}");
    }
    for verb in Cli::command().get_subcommands().map(clap::Command::get_name).filter(|verb| *verb != "help") {
        let is_tried = lines.iter().any(|line| line.split(' ').next() == Some(verb));
        assert!(
            is_tried != OFFLINE.contains(&verb),
            "{verb} is tried without an Engine, or does without, and not both"
        );
    }
}

#[test]
fn what_other_tools_take_is_answered_with_what_does_it_here() {
    let advised = |arguments: &str| {
        let run = Place::new().run(arguments);
        assert_eq!(run.code, Some(2), "{arguments}");
        run.stderr
    };
    assert!(advised("up -d").contains("hint: leave out -d"));
    assert!(advised("scale 3").contains("hint: say what to scale to 3: redos scale --replicas 3"));
    assert!(advised("list").contains("hint: redos ls"));
    assert!(advised("up --timeout 584542046090y").contains("is too long"));
    let dry = Place::new().run("failover redis-3");
    assert!(dry.stderr.contains("failover --to redis-3"), "{dry}");
}

#[test]
fn an_error_in_json_has_the_code_of_its_kind() {
    let place = Place::new();
    let cases = [
        ("ls -o json", "unreachable", 5),
        ("up -o json -f missing.yaml", "usage", 2),
        ("verify -o json missing.ndjson", "usage", 2),
        ("up -o json --sentinels 3 --quorum 5", "usage", 2),
    ];
    for (arguments, code, exit) in cases {
        let run = place.run(arguments);
        assert_eq!(run.code, Some(exit), "{run}");
        let error: serde_json::Value = serde_json::from_str(&run.stderr).expect("JSON");
        assert_eq!((&error["kind"], &error["code"], &error["exitCode"]), (&"Error".into(), &code.into(), &exit.into()));
    }
}

#[test]
fn a_password_file_is_read_and_not_shown() {
    let place = Place::new().file("secret.txt", "hunter2\n").file("two.txt", "hunter2\nhunter3\n");
    let run = place.run("config --password-file secret.txt");
    assert!(run.stdout.contains("(set)") && !run.stdout.contains("hunter2"), "{run}");
    snapshot!("password-file", place.run("config --password-file two.txt --stats-password-file missing.txt"));
}

#[test]
fn init_writes_a_file_that_is_the_default_and_overwrites_only_when_told() {
    let place = Place::new();
    snapshot!("init", place.run("init"));
    let shown: serde_json::Value = serde_json::from_str(&place.run("config -o json").ok()).expect("JSON");
    let empty: serde_json::Value = serde_json::from_str(&Place::new().run("config -o json").ok()).expect("JSON");
    let values = |document: &serde_json::Value| -> Vec<serde_json::Value> {
        document["settings"].as_array().expect("settings").iter().map(|row| row["value"].clone()).collect()
    };
    assert_eq!(values(&shown), values(&empty));

    let place = place.file("redos.yaml", "mine");
    snapshot!("init-exists", place.run("init"));
    assert_eq!(place.read("redos.yaml"), "mine");
    let place = Place::new().file("shop.yaml", "a much longer text than the sample has, ".repeat(200).as_str());
    place.run("-p shop init shop.yaml --force").ok();
    assert!(place.read("shop.yaml").contains("\nname: shop\n"));
    place.run("config -f shop.yaml").ok();
    assert_eq!(place.run("-p shop init -").ok(), place.read("shop.yaml"));
}

#[test]
fn the_schema_is_json_and_a_pipe_may_close_early() {
    let schema: serde_json::Value = serde_json::from_str(&Place::new().run("config --schema").ok()).expect("JSON");
    assert_eq!(schema["properties"]["masters"]["default"], 1);
    let mut child = Command::new(env!("CARGO_BIN_EXE_redos"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("redos starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("redos ends");
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{output:?}");
}

#[test]
fn wrong_usage_exits_with_2_and_help_and_version_with_0() {
    let place = Place::new();
    for wrong in ["", "nothing", "up --nothing", "up extra", "-o xml ls", "up --timeout soon", "-q -v ls", "images"] {
        let run = place.run(wrong);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "'{wrong}'");
    }
    assert_eq!(place.run("--version").ok(), format!("redos {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_second_v_tells_each_call_and_the_first_does_not() {
    let place = Place::new();
    for (option, tells) in [("", false), ("-v", false), ("-vv", true), ("-v --verbose", true)] {
        let run = place.run(&format!("-H tcp://127.0.0.1:1 ls {option}"));
        assert_eq!(run.code, Some(5), "{run}");
        assert_eq!(run.stderr.contains(" s  docker: GET /version\n"), tells, "{run}");
    }
    let run = place.run("-H tcp://127.0.0.1:1 ls -vv -o ndjson");
    let call: serde_json::Value = serde_json::from_str(run.stderr.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&call["kind"], &call["level"]), (&"Remark".into(), &"call".into()), "{run}");
}
