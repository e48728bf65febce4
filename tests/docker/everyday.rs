//! What people do with a cluster every day: read its logs and its story, run programs in it, connect to it.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bollard::query_parameters::KillContainerOptions;
use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::programs::file_system;
use crate::schema::faults;
use crate::support::{Cluster, eventually, raw};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);

fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_story_and_the_logs_tell_it() {
    let cluster = Cluster::new("everyday-story").await;
    cluster.up(&[]).await.succeeds();
    raw().kill_container(&cluster.container(REDIS_1), None).await.expect("killed");
    let master = async || {
        let status: Value = serde_json::from_str(&cluster.redos(&["status", "-o", "json"]).await.stdout).expect("JSON");
        status["groups"][0]["master"]["node"].as_str().map(str::to_owned)
    };
    eventually("another node is the master", async || master().await.is_some_and(|node| node != "redis-1")).await;
    let master = master().await.expect("a master");

    // Some Sentinels report the failover a moment later.
    let mut story = Vec::new();
    eventually("all Sentinels have told it", async || {
        story = documents(&cluster.redos(&["events", "--since", "5m", "-o", "ndjson"]).await.succeeds());
        let switched = story.iter().find(|event| event["name"] == "+switch-master");
        switched.is_some_and(|event| event["by"].as_array().map(Vec::len) == Some(3))
    })
    .await;
    let place = |name: &str, node: &str| {
        let found = story.iter().position(|event| event["name"] == name && event["node"] == node);
        found.unwrap_or_else(|| panic!("{name} of {node} in {story:#?}"))
    };
    let course = [
        place("start", "redis-1"),
        place("die", "redis-1"),
        place("+sdown", "redis-1"),
        place("+switch-master", &master),
    ];
    assert!(course.is_sorted(), "{story:#?}");
    assert_eq!(story.iter().filter(|event| event["name"] == "+switch-master").count(), 1, "one fact is told once");
    assert!(story.iter().all(|event| event["name"] != "+new-epoch"), "no details unless they are asked for");
    let all = documents(&cluster.redos(&["events", "--since", "5m", "--all", "-o", "ndjson"]).await.succeeds());
    assert!(all.iter().any(|event| event["name"] == "+new-epoch"), "{all:#?}");
    let whole = async |words: &[&str]| -> Value {
        let document: Value = serde_json::from_str(&cluster.redos(words).await.succeeds()).expect("one document");
        assert!(faults(&document).is_empty(), "{document:#}");
        document
    };
    let list = whole(&["events", "--since", "5m", "-o", "json"]).await;
    let switched = story.iter().find(|event| event["name"] == "+switch-master").expect("it was told");
    assert!(list["kind"] == "EventList" && list["items"].as_array().expect("a list").contains(switched), "{list:#}");
    let text = cluster.redos(&["events", "--since", "5m"]).await.succeeds();
    assert!(text.contains(&format!("{master}     it is the master in place of redis-1 (+switch-master")), "{text}");

    let lines = documents(&cluster.redos(&["logs", "-o", "ndjson"]).await.succeeds());
    let times: Vec<&str> = lines.iter().filter_map(|line| line["time"].as_str()).collect();
    assert!(times.is_sorted() && times.len() > 20, "{times:?}");
    let recent = whole(&["logs", "--since", "1s", "-o", "json"]).await;
    let recent = (&recent["kind"], recent["items"].as_array().map(Vec::len));
    assert!(recent.0 == "LogLineList" && recent.1 < Some(lines.len()), "{recent:?} of {}", lines.len());
    let found = cluster.redos(&["logs", "sentinel-1", "--grep", "+switch-master"]).await.succeeds();
    assert!(found.starts_with("sentinel-1  | ") && found.trim_end().lines().count() == 1, "{found}");
    let missing = cluster.redos(&["logs", "redis-9"]).await.fails(2);
    assert!(missing.contains("has no node 'redis-9'"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_events_are_followed_through_a_restart() {
    let cluster = Cluster::new("everyday-follow").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--quorum", "1"]).await.succeeds();
    let follow = |arguments: &[&str]| {
        let mut command = cluster.command(arguments);
        command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the binary runs")
    };
    let mut logs = follow(&["logs", "redis-2", "--follow", "--tail", "0"]);
    let told = tempfile::NamedTempFile::new().expect("a file");
    // The program gets each event and fails each time; `events` goes on all the same.
    let hook = format!("cat >> '{}'; exit 3", told.path().display());
    let mut events = follow(&["events", "--follow", "--since", "1m", "--exec", &hook]);
    let awaited = async |child: &mut tokio::process::Child, text: &str| {
        let stdout = child.stdout.as_mut().expect("piped");
        let (mut seen, mut chunk) = (String::new(), [0; 4096]);
        let read = async {
            while !seen.contains(text) {
                let length = stdout.read(&mut chunk).await.expect("output");
                assert!(length > 0, "it ended: {seen}");
                seen.push_str(&String::from_utf8_lossy(&chunk[..length]));
            }
        };
        let in_time = timeout(Duration::from_secs(30), read).await;
        assert!(in_time.is_ok(), "no '{text}' in: {seen}");
    };
    // The first event shows that `events` follows now.
    raw().pause_container(&cluster.container(NodeId::redis(Group::number(1), 2))).await.expect("paused");
    awaited(&mut events, "it was paused").await;
    raw().unpause_container(&cluster.container(NodeId::redis(Group::number(1), 2))).await.expect("unpaused");
    awaited(&mut events, "it was unpaused").await;
    cluster.redos(&["restart", "redis-2"]).await.succeeds();
    awaited(&mut logs, "Ready to accept connections").await;
    awaited(&mut events, "it was started").await;
    cluster.redos(&["restart", "redis-2"]).await.succeeds();
    awaited(&mut logs, "Ready to accept connections").await;
    eventually("the command was given the events", async || {
        let given = documents(&std::fs::read_to_string(told.path()).expect("what it was given"));
        let place = |name: &str| given.iter().position(|event| event["name"] == name && event["node"] == "redis-2");
        // Events from before it followed are shown, but the program does not get them.
        place("die").is_some_and(|ended| place("start").is_some_and(|started| ended < started))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_run_in_nodes_and_redis_cli_is_logged_in() {
    let cluster = Cluster::new("everyday-cli").await;
    cluster.up(&[]).await.succeeds();
    let ran = cluster.redos(&["exec", "redis-2", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]).await;
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(7), "out\n", "err\n"));
    let unknown = cluster.redos(&["exec", "redis-2", "--", "no-such-program"]).await;
    assert!(matches!(unknown.code, Some(126 | 127)), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("redis-2 may not have the program 'no-such-program'"), "{}", unknown.stderr);

    let cli = async |arguments: &[&str]| cluster.redos(&[&["cli"], arguments].concat()).await.succeeds();
    assert_eq!(cli(&["--", "SET", "greeting", "hello"]).await, "OK\n");
    eventually("a replica has it", async || cli(&["--read", "--", "GET", "greeting"]).await == "hello\n").await;
    assert_eq!(cli(&["sentinel-1", "--", "PING"]).await, "PONG\n");
    assert_eq!(cli(&["--", "ACL", "WHOAMI"]).await, "default\n");
    assert_eq!(cli(&["redis-2", "--admin", "--", "ACL", "WHOAMI"]).await, "redos\n");
    let proxy = cluster.redos(&["cli", "proxy-1"]).await.fails(2);
    assert!(proxy.contains("proxy-1 has no commands of Redis"), "{proxy}");

    let mut piped = cluster.command(&["cli"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut stdin = piped.stdin.take().expect("piped");
    stdin.write_all(b"GET greeting\n").await.expect("written");
    drop(stdin);
    let output = timeout(Duration::from_secs(20), piped.wait_with_output()).await.expect("an end").expect("output");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_at_a_terminal_shows_no_password() {
    let cluster = Cluster::new("everyday-tty").await;
    cluster.up(&["--replicas", "0", "--sentinels", "1", "--quorum", "1"]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let password = url.split([':', '@']).nth(2).expect("a password").to_owned();
    let redos = format!("{} -p {} cli", env!("CARGO_BIN_EXE_redos"), cluster.name);
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &redos, "/dev/null"]).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = command.spawn().expect("script, of bsdutils");
    let mut stdin = terminal.stdin.take();
    let mut stdout = terminal.stdout.take().expect("piped");
    let (mut seen, mut chunk) = (String::new(), [0; 4096]);
    let mut is_asked = false;
    let conversation = async {
        loop {
            let length = stdout.read(&mut chunk).await.expect("output");
            if length == 0 {
                break;
            }
            seen.push_str(&String::from_utf8_lossy(&chunk[..length]));
            if seen.contains("> ") && !is_asked {
                is_asked = true;
                let arguments = cluster
                    .redos(&["exec", "redis-1", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"])
                    .await;
                assert!(arguments.stdout.contains("redis-cli"), "it is among the processes");
                assert!(!arguments.stdout.contains(&password), "an argument or a variable has the password");
                stdin.as_mut().expect("piped").write_all(b"ACL WHOAMI\r").await.expect("typed");
            }
            // `script` ends when its standard input ends.
            if seen.contains("\"default\"")
                && let Some(mut stdin) = stdin.take()
            {
                stdin.write_all(b"exit\r").await.expect("typed");
            }
        }
    };
    timeout(Duration::from_secs(30), conversation).await.expect("an end");
    assert!(seen.contains("\"default\""), "{seen}");
    assert!(!seen.contains(&password) && !seen.contains("Please input"), "{seen}");
    assert!(terminal.wait().await.expect("an end").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_connect_an_application() {
    let cluster = Cluster::new("everyday-env").await;
    cluster.up(&["--replicas", "1"]).await.succeeds();
    let json: Value =
        serde_json::from_str(&cluster.redos(&["env", "--format", "json"]).await.succeeds()).expect("JSON");
    let url = json["REDIS_URL"].as_str().expect("a URL");
    assert_eq!(format!("{url}\n"), cluster.redos(&["url"]).await.succeeds());
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
    let pong: String = redis::cmd("PING").query_async(&mut connection).await.expect("an answer");
    assert_eq!(pong, "PONG");
    assert_eq!(json["REDIS_SENTINELS"].as_str().map(|text| text.split(',').count()), Some(3));
    let shell = cluster.redos(&["env"]).await.succeeds();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{shell}\nprintf %s \"$REDIS_URL\""));
    let output = command.output().await.expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), url);
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_are_asked_side_by_side_also_when_some_are_gone() {
    let cluster = Cluster::new("everyday-sentinel").await;
    cluster.up(&[]).await.succeeds();
    let items = |text: String| -> Vec<Value> {
        let answers: Value = serde_json::from_str(&text).expect("JSON");
        answers["items"].as_array().expect("items").clone()
    };
    let asked = async |what: &str| items(cluster.redos(&["sentinel", what, "-o", "json"]).await.succeeds());
    for (what, records, field) in [
        ("info", 1, "sentinel_tilt"),
        ("masters", 1, "num-other-sentinels"),
        ("master", 1, "runid"),
        ("replicas", 2, "slave-priority"),
        ("sentinels", 2, "voted-leader"),
        ("get-master-addr", 1, "ip"),
        ("ckquorum", 1, "answer"),
    ] {
        let answers = asked(what).await;
        assert_eq!(answers.len(), 3, "{what}: {answers:#?}");
        for answer in answers {
            let said = answer["records"].as_array().expect("records");
            assert_eq!(said.len(), records, "{what}: {answer:#}");
            assert!(said.iter().all(|record| record["fields"][field].is_string()), "{what}: {answer:#}");
        }
    }
    let replicas = asked("replicas").await;
    let record = &replicas[0]["records"][0];
    assert_eq!(
        (record["node"].as_str().map(|node| &node[..6]), &record["master"]),
        (Some("redis-"), &"redis-1".into())
    );
    let healthy = cluster.redos(&["sentinel"]).await.succeeds();
    assert!(!healthy.contains('*'), "all say the same: {healthy}");

    // One says something else than the others, and is marked.
    let told = cluster.redos(&["cli", "sentinel-2", "--", "SENTINEL", "SET", "mymaster", "quorum", "3"]).await;
    told.succeeds();
    let table = cluster.redos(&["sentinel"]).await.succeeds();
    let marked: Vec<&str> = table.lines().filter(|line| line.contains(" *")).collect();
    assert!(matches!(marked[..], [line] if line.starts_with("sentinel-2") && line.contains("3 *")), "{table}");
    let wide = cluster.redos(&["sentinel", "-o", "wide"]).await.succeeds();
    let differing = |field: &str| wide.lines().any(|line| line.starts_with(field) && line.contains("3 *"));
    assert!(differing("quorum") && !differing("num-slaves"), "{wide}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");

    // One that runs and does not answer is a row that says so, and costs a second.
    let signal = async |signal: &str| {
        let options = KillContainerOptions { signal: signal.to_owned() };
        raw().kill_container(&cluster.container(NodeId::Sentinel(1)), Some(options)).await.expect("a signal");
    };
    signal("SIGSTOP").await;
    let began = Instant::now();
    let silent = cluster.redos(&["sentinel", "replicas"]).await.succeeds();
    let took = began.elapsed();
    signal("SIGCONT").await;
    assert!(silent.contains("sentinel-1  (no answer"), "{silent}");
    assert!(took < Duration::from_secs(5), "{took:?}");

    raw().pause_container(&cluster.container(NodeId::Sentinel(2))).await.expect("paused");
    raw().kill_container(&cluster.container(NodeId::Sentinel(3)), None).await.expect("killed");
    let table = cluster.redos(&["sentinel"]).await.succeeds();
    assert!(table.contains("sentinel-2  (paused)") && table.contains("sentinel-3  (exited)"), "{table}");
    eventually("the last one sees no quorum", async || {
        let answer = cluster.redos(&["sentinel", "ckquorum"]).await;
        answer.code == Some(1) && answer.stdout.contains("NOQUORUM")
    })
    .await;
    cluster.redos(&["sentinel", "--node", "sentinel-2"]).await.fails(1);
}

/// A program of an unpacked file system, with the libraries beside it.
fn inside(root: &Path, program: &str) -> Command {
    let entries = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>()
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let libraries = entries("usr/lib").into_iter().find(|path| name(path).ends_with("-linux-gnu")).expect("libraries");
    let loaders = [entries("usr/lib64"), entries("usr/lib"), vec![libraries.clone()]].concat();
    let loader = loaders.into_iter().find(|path| name(path).starts_with("ld-linux")).expect("the loader of programs");
    // Links in it begin at its own root.
    let loader = match std::fs::read_link(&loader) {
        Ok(target) if target.is_absolute() => root.join(target.strip_prefix("/").expect("it is absolute")),
        _ => loader,
    };
    let mut command = Command::new(loader);
    command.arg("--library-path").arg(&libraries).arg(root.join("usr/bin").join(program));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn shells_complete_the_names_of_what_there_is() {
    let cluster = Cluster::new("everyday-tab").await;
    cluster.up(&["--masters", "2", "--replicas", "1"]).await.succeeds();
    let name = cluster.name.to_string();
    // The candidates that this shell's completion script gets for the last word of a line, without their help.
    let offers = async |shell: &str, line: &[&str]| {
        let mut command = cluster.command(&["--", "redos"]);
        command.args(line).env("COMPLETE", shell).env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", line.len().to_string());
        let offered = cluster.run(command).await.succeeds();
        let words = offered.lines().map(|line| line.split(['\t', ':']).next().unwrap_or_default().to_owned());
        words.filter(|word| !word.starts_with('-') && !word.is_empty()).collect::<Vec<_>>()
    };
    for shell in ["bash", "zsh", "fish"] {
        assert!(offers(shell, &["-p", ""]).await.contains(&name), "{shell}");
        let nodes = ["redis-1", "redis-2", "redis-2-1", "redis-2-2"];
        assert_eq!(offers(shell, &["-p", &name, "logs", "sentinel-1", "redis"]).await, nodes, "{shell}");
        assert_eq!(offers(shell, &["-p", &name, "url", "--group", ""]).await, ["mymaster", "mymaster-2"], "{shell}");
        let sentinels = ["sentinel-1", "sentinel-2", "sentinel-3"];
        assert_eq!(offers(shell, &["-p", &name, "sentinel", "--node", ""]).await, sentinels, "{shell}");
        assert_eq!(offers(shell, &["-p", "nobody", "logs", "redis"]).await, [""; 0], "{shell}");
    }
    // The shells themselves, with the scripts that redos prints.
    let shells = file_system("shells", &["zsh", "fish"]).await;
    let path =
        format!("{}:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_redos")).parent().expect("a folder").display());
    let completed = async |shell: &str, arguments: &[&str]| {
        let mut command = inside(&shells, shell);
        command.args(arguments).env_clear().env("PATH", &path).env("HOME", "/nonexistent").env("TERM", "dumb");
        cluster.run(command).await.succeeds()
    };
    let script = async |shell: &str| cluster.redos(&["completions", shell]).await.succeeds();
    let fish = format!("{}\ncomplete -C 'redos -p {name} logs redis-2-'", script("fish").await);
    let offered = completed("fish", &["--no-config", "-c", &fish]).await;
    let words: Vec<&str> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(words, ["redis-2-1", "redis-2-2"], "{offered}");
    // Outside of its line editor zsh has no list to show: what the script would put there is printed.
    let zsh = format!(
        "compdef() {{ }}\n_describe() {{ print -rl -- ${{(P)@[-1]}} }}\n{}\nwords=(redos -p {name} logs redis-2-)\n\
         CURRENT=5\n_clap_dynamic_completer_redos",
        script("zsh").await
    );
    let offered = completed("zsh", &["-f", "-c", &zsh]).await;
    let words: Vec<&str> = offered.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(words, ["redis-2-1", "redis-2-2"], "{offered}");
    raw().pause_container(&cluster.container(REDIS_1)).await.expect("paused");
    assert!(offers("fish", &["-p", &name, "stop", "redis-1"]).await.contains(&"redis-1".to_owned()));
}
