//! What happens to the cluster: faults that it mends by itself, and users' slips that one `redos up` mends.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use redos::testing::spec::{Group, NodeId};

use crate::support::Cluster;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Any node is frozen for some seconds.
    Pause,
    /// Any node is killed, and started some seconds later.
    Kill,
    /// Any node is stopped with `docker stop`; `up` brings it back.
    Stop,
    /// Any node is restarted with `docker restart`.
    Restart,
    /// The master is frozen for about the Sentinels' down-after, and `up` comes into the failover.
    UpInFailover,
    /// A node's container is removed, and the `up` that mends it is killed at some moment.
    KilledUp,
    /// A replica's container and volume are removed.
    LostReplica,
    /// A replica is stopped and its append-only file loses its end.
    CutFile,
    /// The master hands over, as planned.
    Failover,
}

const ALL: [Event; 9] = [
    Event::Pause,
    Event::Kill,
    Event::Stop,
    Event::Restart,
    Event::UpInFailover,
    Event::KilledUp,
    Event::LostReplica,
    Event::CutFile,
    Event::Failover,
];

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "pause, unpause",
            Self::Kill => "kill, start",
            Self::Stop => "docker stop, up",
            Self::Restart => "docker restart",
            Self::UpInFailover => "up in a failover",
            Self::KilledUp => "container removed, up killed, up",
            Self::LostReplica => "replica and volume removed, up",
            Self::CutFile => "append-only file of a stopped replica cut, up",
            Self::Failover => "planned switchover",
        })
    }
}

impl Event {
    /// The next one at random. Each comes once before any comes again: `left` has those that are still to come.
    pub fn drawn(left: &mut Vec<Self>, random: &mut StdRng) -> Self {
        if left.is_empty() {
            left.extend(ALL);
        }
        left.swap_remove(random.random_range(0..left.len()))
    }

    /// Lets it happen. Returns to whom.
    ///
    /// # Errors
    /// The command that was to mend it failed.
    pub async fn happen(self, cluster: &Cluster, random: &mut StdRng) -> Result<String, String> {
        let master = current_master(cluster).await?;
        let replicas: Vec<NodeId> = redis_nodes().into_iter().filter(|node| *node != master).collect();
        let replica = replicas[random.random_range(0..replicas.len())];
        let everybody: Vec<NodeId> = redis_nodes().into_iter().chain(other_nodes()).collect();
        let any = everybody[random.random_range(0..everybody.len())];
        let seconds = Duration::from_millis(random.random_range(500..12_000));
        let name = |node: NodeId| cluster.container(node);
        let node = match self {
            Self::Pause => {
                docker(&["pause", &name(any)]).await?;
                tokio::time::sleep(seconds).await;
                docker(&["unpause", &name(any)]).await?;
                any
            }
            Self::Kill => {
                docker(&["kill", &name(any)]).await?;
                tokio::time::sleep(seconds).await;
                docker(&["start", &name(any)]).await?;
                any
            }
            Self::Stop => {
                docker(&["stop", &name(any)]).await?;
                tokio::time::sleep(seconds / 4).await;
                up(cluster).await?;
                any
            }
            Self::Restart => {
                docker(&["restart", &name(any)]).await?;
                any
            }
            Self::UpInFailover => {
                docker(&["pause", &name(master)]).await?;
                tokio::time::sleep(Duration::from_millis(random.random_range(1100..2500))).await;
                docker(&["unpause", &name(master)]).await?;
                up(cluster).await?;
                master
            }
            Self::KilledUp => {
                docker(&["rm", "-f", &name(any)]).await?;
                let mut killed = cluster.command(&["up", "--quiet"]).spawn().map_err(|error| error.to_string())?;
                tokio::time::sleep(Duration::from_millis(random.random_range(20..2500))).await;
                // It may have ended before.
                let _ = killed.kill().await;
                up(cluster).await?;
                any
            }
            Self::LostReplica => {
                docker(&["rm", "-f", &name(replica)]).await?;
                docker(&["volume", "rm", &replica.volume_name(&cluster.name)]).await?;
                up(cluster).await?;
                replica
            }
            Self::CutFile => {
                let image = cluster.inventory().await.nodes[&replica].image.clone();
                docker(&["stop", &name(replica)]).await?;
                let volume = format!("{}:/data", replica.volume_name(&cluster.name));
                // BusyBox knows sizes, but none that are relative.
                let cut = format!(
                    "for file in /data/appendonlydir/*.incr.aof; do truncate -s $(($(wc -c <$file) - {})) $file; done",
                    random.random_range(1..200)
                );
                let beside = ["run", "--rm", "--network", "none", "--user", "10001:10001", "--entrypoint", "sh"];
                docker(&[&beside[..], &["-v", &volume, &image, "-c", &cut]].concat()).await?;
                up(cluster).await?;
                replica
            }
            Self::Failover => {
                let run = cluster.redos(&["failover", "--quiet"]).await;
                if run.code != Some(0) {
                    return Err(format!("failover of {master}: {}", run.stderr.trim()));
                }
                master
            }
        };
        Ok(node.to_string())
    }
}

fn redis_nodes() -> Vec<NodeId> {
    (1..=3).map(|ordinal| NodeId::redis(Group::number(1), ordinal)).collect()
}

fn other_nodes() -> Vec<NodeId> {
    (1..=3).map(NodeId::Sentinel).chain([NodeId::Proxy(1)]).collect()
}

/// Who is master, once it is clear.
async fn current_master(cluster: &Cluster) -> Result<NodeId, String> {
    for _ in 0..100 {
        if let Some(node) = cluster.status().await["groups"][0]["master"]["node"].as_str() {
            return Ok(node.parse().expect("a node"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err("there is no master".to_owned())
}

async fn up(cluster: &Cluster) -> Result<(), String> {
    let run = cluster.redos(&["up", "--quiet"]).await;
    if run.code == Some(0) { Ok(()) } else { Err(format!("up ended with {:?}: {}", run.code, run.stderr.trim())) }
}

async fn docker(arguments: &[&str]) -> Result<(), String> {
    let mut command = tokio::process::Command::new("docker");
    let output = command.args(arguments).stdin(Stdio::null()).output().await.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("docker {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
