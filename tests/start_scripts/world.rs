//! A world for a start script: files, servers that answer or do not, a clock, and the shells that run it.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;

/// The fake `redis-cli`. It records the questions, and gives the newest answer that the row has for them. A frozen
/// server never answers.
const REDIS_CLI: &str = r#"#!/bin/sh
address=$2 port=$4
case $5 in
"") read -r login; read -r command ;;
*) login=nobody command=$5 ;;
esac
echo "$* as $login: $command" >>WORLD/asked
case $command in
"SENTINEL DEBUG "*)
    # It is asked beside the server's start, whose time is to be seen.
    tries=0
    while [ ! -e WORLD/served ] && [ $tries -lt 400 ]; do sleep 0.005; tries=$((tries + 1)); done
    command='SENTINEL DEBUG'
    ;;
esac
if [ -e "WORLD/answers/$address:$port frozen" ]; then
    echo $$ >>WORLD/frozen
    exec sleep 60
fi
until read -r now _ <WORLD/uptime; do :; done
now=${now%.*}${now#*.}0
for answer in "WORLD/answers/$address:$port $command "*; do
    if [ -e "$answer" ] && [ "${answer##* }" -le $((now - 100000)) ]; then newest=$answer; fi
done
if [ -z "$newest" ]; then exit; fi
while IFS= read -r line; do echo "$line"; done <"$newest"
"#;

/// The fake server. It records when and how it was started.
const SERVER: &str = r#"#!/bin/sh
until read -r now _ <WORLD/uptime; do :; done
now=${now%.*}${now#*.}0
echo "server $((now - 100000)) ${0##*/} $*" >WORLD/served
"#;

/// How a script waits: servers answer at once, the clock moves, and a process that waits for too long is ended.
const SLEEP: &str = r#"
test_clock=10000
sleep() {
    if [ -e WORLD/frozen ]; then command sleep 0.01; else wait; fi
    case $1 in
    0.01) test_clock=$((test_clock + 1)) ;;
    0.1) test_clock=$((test_clock + 10)) ;;
    0.3) test_clock=$((test_clock + 30)) ;;
    0.5) test_clock=$((test_clock + 50)) ;;
    *) echo "the test does not know 'sleep $1'"; exit 4 ;;
    esac
    echo "$((test_clock / 100)).$((test_clock / 10 % 10))$((test_clock % 10)) 0" >WORLD/uptime
    if [ "$test_clock" -gt LIMIT ]; then echo "still waiting"; exit 3; fi
}
"#;

/// A rendered start script, and the files that redos writes beside it.
#[derive(Clone)]
pub struct Script {
    pub text: String,
    /// The file that its server gets, and its place in the container.
    pub conf: String,
    pub conf_path: &'static str,
}

/// The shells that images have as `sh`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    Dash,
    Bash,
    Busybox,
}

impl Shell {
    /// The shells that exist here. The others are named in one line.
    ///
    /// # Panics
    /// dash is not here, the shell of Debian and of the images that redos makes.
    #[expect(clippy::print_stderr, reason = "it says which shells are not here")]
    pub fn all() -> Vec<Self> {
        static SAID: Once = Once::new();
        let here = |shell: &Self| {
            let run = Command::new(shell.command()[0]).args(&shell.command()[1..]).args(["-c", "exit 0"]).output();
            run.is_ok_and(|run| run.status.success())
        };
        let (here, missing): (Vec<_>, Vec<_>) = [Self::Dash, Self::Bash, Self::Busybox].into_iter().partition(here);
        let names: Vec<&str> = missing.iter().map(|shell| shell.name()).collect();
        assert!(here.contains(&Self::Dash), "dash is not here, and the start scripts are tested with it: install dash");
        if !missing.is_empty() {
            SAID.call_once(|| {
                eprintln!("the start scripts were not tested with {}, which is not here", names.join(" and "))
            });
        }
        here
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Dash => "dash",
            Self::Bash => "bash",
            Self::Busybox => "busybox sh",
        }
    }

    /// Its command line as in an image: bash follows POSIX when it is called `sh`.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Dash => &["dash"],
            Self::Bash => &["bash", "--posix"],
            Self::Busybox => &["busybox", "sh"],
        }
    }
}

/// One decision: the world, and what the script does with it.
#[derive(Clone, Default)]
pub struct Row {
    pub name: &'static str,
    /// What the server has appended to [`Script::conf`].
    pub conf_ends: String,
    /// Files below `/data` with their contents. One that begins with `!` may not be read.
    pub files: Vec<(String, String)>,
    /// The answers and their times in milliseconds: address and port, command, answer.
    answers: Vec<(u64, String, String, String)>,
    frozen: Vec<String>,
    server: Option<&'static str>,
    limit: Option<u64>,
    expected: Vec<Expected>,
}

/// The checks after a run.
#[derive(Clone, Debug)]
enum Expected {
    /// The server is started in this time, in milliseconds.
    Served(u64, u64),
    /// It is not started as long as the row lasts.
    Waits,
    /// The script ends without a server.
    Refuses,
    /// The last `replicaof` of the file.
    Follows(String),
    /// The configuration has this line at the end, or not.
    Writes(&'static str),
    WritesNot(&'static str),
    /// The output contains this text.
    Says(String),
    /// The output does not contain this text.
    SaysNot(&'static str),
    /// This question was asked, as `-h ADDRESS -p PORT as LOGIN: COMMAND`.
    Asks(String),
    /// This question was not asked.
    AsksNot(String),
    /// The arguments of the server.
    ServedWith(String),
    /// The content of a file below `/data` after the run.
    Left(&'static str, String),
}

/// The result of a run.
pub struct Seen {
    pub output: String,
    status: Option<i32>,
    /// When the server was started, in milliseconds, with its name and arguments.
    served: Option<(u64, String)>,
    asked: String,
    conf: String,
    left: Vec<(String, String)>,
    still_asking: usize,
}

impl Row {
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// A further line of the configuration.
    pub fn conf_line(mut self, line: &str) -> Self {
        self.conf_ends.push_str(line);
        self.conf_ends.push('\n');
        self
    }

    /// What the server at `place` answers from `since` milliseconds on.
    pub fn answer(mut self, since: u64, place: &str, command: &str, answer: impl Into<String>) -> Self {
        self.answers.push((since, place.to_owned(), command.to_owned(), answer.into()));
        self
    }

    /// The server at `place` accepts connections and never answers.
    pub fn frozen(mut self, place: &str) -> Self {
        self.frozen.push(place.to_owned());
        self
    }

    pub fn server(mut self, name: &'static str) -> Self {
        self.server = Some(name);
        self
    }

    fn expect(mut self, expected: Expected) -> Self {
        self.expected.push(expected);
        self
    }

    pub fn served(self, from: u64, to: u64) -> Self {
        self.expect(Expected::Served(from, to))
    }

    /// It waits for as long as the row lasts, in milliseconds.
    pub fn waits(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self.expect(Expected::Waits)
    }

    pub fn refuses(self) -> Self {
        self.expect(Expected::Refuses)
    }

    pub fn follows(self, master: &str) -> Self {
        self.expect(Expected::Follows(master.to_owned()))
    }

    pub fn writes(self, text: &'static str) -> Self {
        self.expect(Expected::Writes(text))
    }

    pub fn writes_not(self, text: &'static str) -> Self {
        self.expect(Expected::WritesNot(text))
    }

    pub fn says(self, text: impl Into<String>) -> Self {
        self.expect(Expected::Says(text.into()))
    }

    pub fn says_not(self, text: &'static str) -> Self {
        self.expect(Expected::SaysNot(text))
    }

    pub fn asks(self, text: impl Into<String>) -> Self {
        self.expect(Expected::Asks(text.into()))
    }

    pub fn asks_not(self, text: impl Into<String>) -> Self {
        self.expect(Expected::AsksNot(text.into()))
    }

    pub fn served_with(self, text: impl Into<String>) -> Self {
        self.expect(Expected::ServedWith(text.into()))
    }

    pub fn left(self, path: &'static str, content: impl Into<String>) -> Self {
        self.expect(Expected::Left(path, content.into()))
    }

    /// The first difference between a run and this row.
    pub fn fault_in(&self, seen: &Seen) -> Option<String> {
        if seen.still_asking > 0 {
            return Some("it leaves processes that ask".to_owned());
        }
        if seen
            .asked
            .lines()
            .any(|line| line.split(" as ").next().is_some_and(|arguments| arguments.contains("password")))
        {
            return Some(format!("a password is among the arguments of a process: {}", seen.asked));
        }
        let known = |line: &&str| {
            line.is_empty() || line.starts_with("redos: ") || line.starts_with("ERR ") || *line == "still waiting"
        };
        if let Some(line) = seen.output.lines().find(|line| !known(line)) {
            return Some(format!("the shell says: {line}"));
        }
        let served = seen.served.as_ref();
        self.expected.iter().find_map(|expected| {
            let fault = match expected {
                Expected::Served(from, to) => served.is_none_or(|(at, _)| !(*from..=*to).contains(at)),
                Expected::Waits => served.is_some() || seen.status != Some(3),
                Expected::Refuses => served.is_some() || seen.status != Some(1),
                Expected::Follows(master) => {
                    let line = |line: &&str| line.starts_with("replicaof ") || line.starts_with("slaveof ");
                    seen.conf.lines().rfind(line).and_then(|line| line.split(' ').nth(1)).unwrap_or("no") != master
                }
                Expected::Writes(text) => !seen.conf.contains(text),
                Expected::WritesNot(text) => seen.conf.contains(text),
                Expected::Says(text) => !seen.output.contains(text.as_str()),
                Expected::SaysNot(text) => seen.output.contains(text),
                Expected::Asks(text) => !seen.asked.contains(text.as_str()),
                Expected::AsksNot(text) => seen.asked.contains(text.as_str()),
                Expected::ServedWith(text) => served.is_none_or(|(_, with)| with != text),
                Expected::Left(path, content) => {
                    !seen.left.iter().any(|(left, found)| left == path && found == content)
                }
            };
            fault.then(|| {
                let mut asked: Vec<&str> = seen.asked.lines().collect();
                asked.sort_unstable();
                asked.dedup();
                let asked = asked.join("\n");
                format!("expected {expected:?}, exit {:?}, served {served:?}, asked:\n{asked}", seen.status)
            })
        })
    }
}

/// Runs a script in a row's world.
pub fn run(shell: Shell, script: &Script, row: &Row) -> Seen {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let world = root.to_str().expect("a readable path");
    let data = root.join("data");
    for folder in ["answers", "bin", "data/conf"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    let server = row.server.unwrap_or("redis-server");
    let program = |name: &str, text: &str| {
        let path = root.join("bin").join(name);
        fs::write(&path, text.replace("WORLD", world)).expect("a program");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it may be executed");
    };
    program(&server.replace("-server", "-cli"), REDIS_CLI);
    program(server, SERVER);
    program("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n");
    for (since, place, command, answer) in &row.answers {
        fs::write(root.join(format!("answers/{place} {command} {since:06}")), answer).expect("an answer");
    }
    for place in &row.frozen {
        fs::write(root.join(format!("answers/{place} frozen")), "").expect("a server");
    }
    if !row.frozen.is_empty() {
        fs::write(root.join("frozen"), "").expect("a list of processes");
    }
    fs::write(root.join("uptime"), "100.00 0\n").expect("a clock");
    fs::write(data.join("conf/server.conf"), script.conf.clone() + &row.conf_ends).expect("a file");
    let mut locked = Vec::new();
    for (path, content) in &row.files {
        let place = data.join(path.trim_start_matches('!'));
        fs::create_dir_all(place.parent().expect("it is in a folder")).expect("a folder");
        fs::write(&place, content).expect("a file");
        locked.extend(path.starts_with('!').then_some(place));
    }
    let limit = 10_000 + row.limit.unwrap_or(30_000) / 10;
    let mut text = script.text.clone();
    for (path, instead) in [
        (script.conf_path, "/data/conf/server.conf"),
        ("/data/", &format!("{world}/data/")),
        ("/tmp/answer", &format!("{world}/answer")),
        ("/proc/uptime", &format!("{world}/uptime")),
    ] {
        text = text.replace(path, instead);
    }
    let text = SLEEP.replace("LIMIT", &limit.to_string()).replace("WORLD", world) + &text;
    fs::write(root.join("start.sh"), text).expect("the script");
    open_to_all(root);
    for path in locked {
        fs::set_permissions(path, Permissions::from_mode(0o000)).expect("a file can be locked");
    }

    let mut command = Command::new(shell.command()[0]);
    command.args(&shell.command()[1..]).arg(root.join("start.sh")).arg(server).current_dir(root);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env_clear().env("PATH", format!("{world}/bin:{path}")).stdin(Stdio::null());
    // A process of root may read any file, but nodes are not root.
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    let ended = command.output().expect("the shell starts");

    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
    let served = read("served");
    let served = served.trim().strip_prefix("server ").and_then(|served| {
        let (at, with) = served.split_once(' ')?;
        Some((at.parse().ok()?, with.replace(world, "")))
    });
    let left = ["conf/standing"].map(|path| (path.to_owned(), read(&format!("data/{path}"))));
    let is_alive = |pid: &&str| Command::new("kill").args(["-0", pid]).output().is_ok_and(|kill| kill.status.success());
    let mut output = String::from_utf8_lossy(&ended.stdout).into_owned();
    let _ = write!(output, "{}", String::from_utf8_lossy(&ended.stderr));
    Seen {
        output: output.replace(world, ""),
        status: ended.status.code(),
        served,
        asked: read("asked"),
        conf: read("data/conf/server.conf"),
        left: left.into(),
        still_asking: read("frozen").lines().filter(is_alive).count(),
    }
}

/// Lets any user read and write all of a folder.
fn open_to_all(place: &Path) {
    let is_folder = place.is_dir();
    let is_program = place.parent().is_some_and(|parent| parent.ends_with("bin"));
    let mode = if is_folder || is_program { 0o777 } else { 0o666 };
    fs::set_permissions(place, Permissions::from_mode(mode)).expect("it is ours");
    if is_folder {
        for entry in fs::read_dir(place).expect("a folder is readable") {
            open_to_all(&entry.expect("an entry is readable").path());
        }
    }
}
