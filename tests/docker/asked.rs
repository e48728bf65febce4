//! Questions to a user at a terminal, before nodes or data go.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::Cluster;

/// How long a verb may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a command line in a terminal at which somebody types this. Returns its exit code, and what the terminal showed.
async fn typed(cluster: &Cluster, line: &str, keys: &str) -> (Option<i32>, String) {
    let session = format!("stty cols 80; exec {} -p {} {line}", env!("CARGO_BIN_EXE_redos"), cluster.name);
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &session, "/dev/null"]).current_dir(std::env::temp_dir());
    command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut script = command.spawn().expect("script, of bsdutils");
    // The terminal ends when nobody is at it.
    let mut keyboard = script.stdin.take().expect("piped");
    keyboard.write_all(keys.as_bytes()).await.expect("typed");
    let mut screen = Vec::new();
    let mut output = script.stdout.take().expect("piped");
    timeout(PATIENCE, output.read_to_end(&mut screen)).await.expect("it ends").expect("what it showed");
    let ended = script.wait().await.expect("an end");
    drop(keyboard);
    (ended.code(), String::from_utf8_lossy(&screen).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn nodes_and_data_go_only_after_a_yes() {
    let cluster = Cluster::new("asked-for").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let before = cluster.inventory().await;
    let less = format!("remove redis-2 from the cluster '{}' (volumes are kept)? [y/N]", cluster.name);
    let all = format!("4 volumes of the cluster '{}' and all data in them, for good? [y/N]", cluster.name);
    for (line, question) in [("up --replicas 0", &less), ("down --volumes", &all)] {
        for keys in ["n\n", "\n", "yesterday\n"] {
            let (code, screen) = typed(&cluster, line, keys).await;
            assert_eq!(code, Some(1), "{line}: {screen}");
            assert!(screen.contains(question.as_str()), "{line}: {screen}");
            assert!(screen.contains("nothing was done") && screen.contains("--yes"), "{line}: {screen}");
        }
    }
    assert_eq!(cluster.inventory().await, before, "nothing was done");

    let (code, screen) = typed(&cluster, "up --replicas 0 --yes", "").await;
    assert!(code == Some(0) && !screen.contains("[y/N]"), "{screen}");
    let (code, screen) = typed(&cluster, "down", "").await;
    assert!(code == Some(0) && !screen.contains("[y/N]"), "it keeps the data: {screen}");
    let (code, screen) = typed(&cluster, "down --volumes", "y\n").await;
    assert_eq!(code, Some(0), "{screen}");
    assert_eq!(cluster.labelled().await, <[Vec<String>; 3]>::default());
}
