//! `redos top` in a pseudo terminal, on a cluster that loses its master.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redos::testing::spec::{Group, NodeId};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::schema::faults;
use crate::support::{Cluster, eventually};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
/// Time limit of what is to be seen on the screen, and the time between two looks at it. On a busy machine a failover takes
/// half a minute, and a pause may end by itself.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// Rows enough for all nodes and the events of a failover.
const ROWS: usize = 40;
const COLUMNS: usize = 80;
/// What opens and closes the alternate screen.
const OPEN: &str = "\x1b[?1049h";
const CLOSE: &str = "\x1b[?1049l";

/// `redos top` in a terminal of its own.
struct Viewer {
    script: Child,
    stdin: ChildStdin,
    output: Arc<Mutex<Vec<u8>>>,
    folder: tempfile::TempDir,
}

impl Viewer {
    /// Starts it, and waits for the first picture.
    async fn open(cluster: &Cluster) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let redos = format!("{} -p {} top", env!("CARGO_BIN_EXE_redos"), cluster.name);
        let session = format!(
            "cd {} && stty rows {ROWS} cols {COLUMNS} && tty > tty && stty -a > before; \
             sh -c 'echo $$ > pid; exec {redos}'; echo $? > exit; stty -a > after",
            folder.path().display()
        );
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &session, "/dev/null"]);
        command.env("TERM", "xterm").env_remove("NO_COLOR").kill_on_drop(true);
        let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script, of bsdutils");
        let (stdin, mut stdout) = (script.stdin.take().expect("piped"), script.stdout.take().expect("piped"));
        let output = Arc::new(Mutex::new(Vec::new()));
        let tape = output.clone();
        tokio::spawn(async move {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut chunk).await {
                tape.lock().expect("the tape").extend_from_slice(&chunk[..length]);
            }
        });
        let viewer = Self { script, stdin, output, folder };
        viewer.shows(" is healthy").await;
        viewer
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("the tape")).into_owned()
    }

    fn screen(&self) -> String {
        screen(&self.output())
    }

    /// Waits until the screen has this text.
    async fn shows(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(Instant::now() < deadline, "'{text}' is not on the screen:\n{}", self.screen());
            sleep(POLL).await;
        }
    }

    async fn press(&mut self, keys: &str) {
        self.stdin.write_all(keys.as_bytes()).await.expect("typed");
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default().trim().to_owned()
    }

    async fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.file("pid")]).status().await.expect("kill");
        assert!(killed.success());
    }

    /// Gives its terminal another width. The kernel tells the program.
    async fn resize(&self, columns: &str) {
        let stty = Command::new("stty").args(["-F", &self.file("tty"), "cols", columns]).status().await.expect("stty");
        assert!(stty.success());
    }

    /// The settings of its terminal now.
    async fn settings(&self) -> String {
        let stty = Command::new("stty").args(["-a", "-F", &self.file("tty")]).output().await.expect("stty");
        String::from_utf8_lossy(&stty.stdout).trim().to_owned()
    }

    /// The state of its process by the kernel: `S` sleeps, `T` is stopped.
    fn state(&self) -> char {
        let stat = std::fs::read_to_string(Path::new("/proc").join(self.file("pid")).join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
    }

    /// Waits for its end with this exit code, and checks that the terminal is as it was before.
    async fn ends(mut self, exit: &str) -> String {
        eventually("it ends", async || !self.file("after").is_empty()).await;
        assert_eq!(self.file("exit"), exit, "{}", self.screen());
        assert_eq!(self.file("after"), self.file("before"), "the terminal is as it was");
        // What it wrote last may still be on its way.
        eventually("the screen is closed", async || {
            let output = self.output();
            output.rfind(OPEN) < output.rfind(CLOSE)
        })
        .await;
        let output = self.output();
        let (open, close) = (output.rfind(OPEN).expect("it was open"), output.rfind(CLOSE).expect("it is closed"));
        assert!(open < close && output[close..].find("\x1b[?25l").is_none(), "{:?}", &output[close..]);
        drop(self.stdin);
        timeout(Duration::from_secs(10), self.script.wait()).await.expect("an end").expect("a status");
        output[close..].to_owned()
    }
}

/// The text on a terminal after this output: as much of a terminal as is used here.
fn screen(output: &str) -> String {
    let mut cells = vec![[' '; COLUMNS]; ROWS];
    let (mut row, mut column) = (0, 0);
    let mut rest = output.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                let mut parameters = String::new();
                let end = rest.by_ref().find(|c| {
                    parameters.push(*c);
                    c.is_ascii_alphabetic()
                });
                let parameters = parameters.trim_matches(|c: char| c == '[' || c.is_ascii_alphabetic());
                let mut numbers = parameters.split(';').map(|number| number.parse::<usize>().unwrap_or(1));
                match end {
                    Some('H') => {
                        row = numbers.next().unwrap_or(1) - 1;
                        column = numbers.next().unwrap_or(1) - 1;
                    }
                    Some('J' | 'h') if parameters != "?25" => cells = vec![[' '; COLUMNS]; ROWS],
                    _ => {}
                }
            }
            '\r' => column = 0,
            '\n' => row += 1,
            c => {
                if let Some(cell) = cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                    *cell = c;
                }
                column += 1;
            }
        }
    }
    cells.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned() + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn top_shows_a_failover_and_its_keys_do_what_the_verbs_do() {
    let cluster = Cluster::new("top").await;
    cluster.up(&[]).await.succeeds();
    let mut viewer = Viewer::open(&cluster).await;
    viewer.shows("writes > redis-1 (0)   reads > redis-2 (0) redis-3 (0)").await;

    // A narrower terminal, then the first one again: nothing is drawn beyond it, and what it has room for is there.
    for (columns, has_memory) in [("60", false), ("80", true)] {
        let earlier = std::mem::take(&mut *viewer.output.lock().expect("the tape"));
        viewer.resize(columns).await;
        viewer.shows(" is healthy").await;
        viewer.shows("writes > redis-1 (0)").await;
        let screen = viewer.screen();
        viewer.output.lock().expect("the tape").splice(0..0, earlier);
        assert_eq!(screen.contains("MEM"), has_memory, "{columns} columns:\n{screen}");
        let widest = screen.lines().map(|line| line.chars().count()).max();
        assert!(widest <= columns.parse().ok(), "{columns} columns:\n{screen}");
    }

    cluster.kill(REDIS_1).await;
    viewer.shows("> redis-1    exited").await;
    viewer.shows("it is the master in place of redis-1").await;
    cluster.start(REDIS_1).await;
    viewer.shows("> redis-1    replica   up").await;
    cluster.settled().await;
    viewer.shows(" is healthy").await;

    viewer.press("f").await;
    viewer.shows("make redis-1 the master of mymaster? [y/N]").await;
    viewer.press("n").await;
    viewer.shows("nothing was done").await;
    assert_ne!(cluster.master().await, REDIS_1);
    viewer.press("fy").await;
    viewer.shows("redis-1 is master in place of").await;
    assert_eq!(cluster.master().await, REDIS_1);

    viewer.press("jpy").await;
    viewer.shows("> redis-2    paused").await;
    viewer.press("py").await;
    viewer.shows("is undone").await;
    viewer.press("l").await;
    viewer.shows("log of redis-2").await;
    viewer.press("q").await;
    viewer.shows("> redis-2    replica").await;

    // A pause ends with the view that made it.
    viewer.press("py").await;
    viewer.shows("> redis-2    paused").await;
    viewer.press("q").await;
    let left = viewer.ends("0").await;
    assert!(left.contains("ending the pause of redis-2"), "{left}");
    assert_eq!(cluster.redos(&["chaos", "ls"]).await.succeeds(), "no fault is active\n");
    cluster.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn top_gives_the_terminal_back_when_it_is_stopped_ended_or_left_alone() {
    let cluster = Cluster::new("top-signals").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--quorum", "1"]).await.succeeds();
    let mut viewer = Viewer::open(&cluster).await;
    assert_ne!(viewer.settings().await, viewer.file("before"), "keys come one by one");
    for how in ["\x1a", "-TSTP"] {
        match how {
            "-TSTP" => viewer.signal(how).await,
            key => viewer.press(key).await,
        }
        eventually("it is stopped", async || viewer.state() == 'T').await;
        assert_eq!(viewer.settings().await, viewer.file("before"), "the shell has its terminal");
        viewer.output.lock().expect("the tape").clear();
        viewer.signal("-CONT").await;
        viewer.shows(" is healthy").await;
    }
    viewer.signal("-TERM").await;
    viewer.ends("0").await;

    let refused = cluster.redos(&["top"]).await.fails(2);
    assert!(refused.contains("status --watch"), "{refused}");
    let frame = cluster.redos(&["top", "--once"]).await.succeeds();
    assert!(frame.contains("writes > redis-1 (0)   reads > redis-2 (0)"), "{frame}");
    let mut json = cluster.command(&["top", "-o", "json", "--interval", "200ms"]);
    let mut json = json.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut stdout = json.stdout.take().expect("piped");
    let (mut text, mut chunk) = (String::new(), [0; 4096]);
    while text.matches('\n').count() < 2 {
        let length = timeout(Duration::from_secs(10), stdout.read(&mut chunk)).await.expect("in time").expect("output");
        text.push_str(&String::from_utf8_lossy(&chunk[..length]));
    }
    let sample: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&sample["kind"], &sample["status"]["healthy"]), (&"Sample".into(), &true.into()));
    assert!(faults(&sample).is_empty(), "{sample}");
    // As with `head -1`: nobody reads any more.
    drop(stdout);
    let ended = timeout(Duration::from_secs(10), json.wait()).await.expect("an end").expect("a status");
    assert_eq!(ended.code(), Some(0));
}
