//! Docker Compose itself with `examples/compose`: an application in a project of its own beside a cluster.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::query_parameters::InspectContainerOptions;
use tokio::process::Command;
use tokio::time::timeout;

use crate::programs;
use crate::support::{Cluster, eventually, raw};

/// Time limit of a command of Compose, which starts two containers at most. It waits 10 s for one that does not stop.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Compose project, which goes when this is dropped, also if the scenario fails.
struct Project {
    compose: PathBuf,
    folder: tempfile::TempDir,
    name: String,
    /// Variables of its `compose.yaml`.
    variables: [(&'static str, String); 2],
}

impl Project {
    /// Prepares the example for a cluster, with the cluster's password.
    async fn beside(cluster: &Cluster) -> Self {
        let compose = programs::compose().await;
        let folder = tempfile::tempdir().expect("a folder");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/compose");
        for entry in std::fs::read_dir(examples).expect("the example") {
            let entry = entry.expect("a file");
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
        }
        std::fs::write(folder.path().join("password.txt"), cluster.secrets().await.app.expose()).expect("written");
        let image = crate::support::programs(&cluster.engine).await.redis.image;
        let variables = [("REDOS_CLUSTER", cluster.name.to_string()), ("APP_IMAGE", image)];
        Self { compose, folder, name: format!("{}-app", cluster.name), variables }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.compose);
        command.current_dir(self.folder.path()).envs(self.variables.clone()).args(["--project-name", &self.name]);
        command.args(words).kill_on_drop(true);
        command
    }

    /// Runs a command, which must succeed, and returns what it said.
    async fn does(&self, words: &[&str]) -> String {
        let output = timeout(PATIENCE, self.command(words).output()).await.expect("in time").expect("Compose runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "docker compose {words:?}: {said}");
        said
    }

    /// The exit codes of the last checks of what the application waits for.
    async fn checks(&self) -> Vec<i64> {
        let name = format!("{}-redis-ready-1", self.name);
        let Ok(found) = raw().inspect_container(&name, None::<InspectContainerOptions>).await else {
            return Vec::new();
        };
        let log = found.state.and_then(|state| state.health?.log).unwrap_or_default();
        log.into_iter().filter_map(|check| check.exit_code).collect()
    }

    /// The last number that the application has counted to; 0 before the first.
    async fn visits(&self) -> u32 {
        let log = self.does(&["logs", "--no-log-prefix", "app"]).await;
        // Compose writes each line over one that it has cleared.
        let numbers = log.lines().rev().find_map(|line| line.trim().split_once("visits: ")?.1.parse().ok());
        numbers.unwrap_or_default()
    }

    /// Waits until the application counts on.
    async fn counts_on(&self, when: &str) {
        let before = self.visits().await;
        eventually(&format!("the application counts on {when}"), async || self.visits().await > before + 1).await;
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let removed = self.command(&["down", "--volumes", "--timeout", "0"]).into_std().output();
        let removed = removed.expect("Compose runs");
        assert!(std::thread::panicking() || removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_in_compose_starts_when_the_cluster_is_ready_goes_on_through_failovers_and_takes_nothing_along()
{
    let cluster = Cluster::new("compose").await;
    cluster.up(&[]).await.succeeds();
    let project = Project::beside(&cluster).await;
    let made = cluster.labelled().await;

    // Without a master behind the proxy, what depends on it does not start.
    cluster.redos(&["stop"]).await.succeeds();
    let mut up = project.command(&["up", "--detach", "--wait"]).spawn().expect("Compose runs");
    let states = async || project.does(&["ps", "--all", "--format", "{{.Service}} {{.State}} {{.Health}}"]).await;
    eventually("what it waits for was asked twice", async || project.checks().await.len() >= 2).await;
    assert!(!states().await.contains("app running") && up.try_wait().expect("a state").is_none(), "{}", states().await);
    assert!(project.checks().await.iter().all(|code| *code != 0), "{:?}", project.checks().await);
    cluster.redos(&["start"]).await.succeeds();
    let ended = timeout(PATIENCE, up.wait()).await.expect("in time").expect("a status");
    assert!(ended.success() && states().await.contains("redis-ready running healthy"), "{}", states().await);

    project.counts_on("at first").await;
    cluster.redos(&["failover"]).await.succeeds();
    project.counts_on("after a switchover").await;
    let master = cluster.master().await;
    cluster.kill(master).await;
    project.counts_on("after the loss of a master").await;
    cluster.start(master).await;
    cluster.settled().await;

    let counted = project.visits().await;
    project.does(&["down", "--volumes"]).await;
    assert_eq!(
        cluster.labelled().await,
        made,
        "'docker compose down -v' of the application removes nothing of the cluster"
    );
    let mut client = cluster.client(&[]).await;
    let kept: u32 = redis::cmd("GET").arg("visits").query_async(&mut client).await.expect("a number");
    assert!(kept >= counted, "{kept}, and the application had {counted}");
    drop(client);

    // A project of the cluster's own name, as somebody types it who sees the cluster as one in Docker Desktop.
    let namesake = |words: &[&str]| {
        let mut command = Command::new(&project.compose);
        // A folder without a compose.yaml.
        command.current_dir(std::env::temp_dir()).args(["--project-name", cluster.name.as_str()]).args(words);
        command
    };
    let removed = async || timeout(PATIENCE, namesake(&["down", "--volumes"]).output()).await.expect("in time");
    let said = removed().await.expect("Compose runs");
    assert_eq!(cluster.labelled().await, made, "{}", String::from_utf8_lossy(&said.stderr));
    cluster.settled().await;
    cluster.redos(&["down"]).await.succeeds();
    let kept = cluster.labelled().await;
    removed().await.expect("Compose runs");
    assert_eq!(cluster.labelled().await, kept, "the data of a cluster that is down stay");
    assert!(!kept[2].is_empty(), "{kept:?}");
}
