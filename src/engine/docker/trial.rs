//! A temporary server that shows whether it takes a configuration, before anything is changed.

use std::net::{IpAddr, Ipv4Addr};

use bollard::container::{AttachContainerResults, LogOutput};
use futures_util::StreamExt;
use tokio::time::{Duration, timeout};

use super::oneoff::{self, Location, OneOff};
use super::{DockerEngine, calls, nodes};
use crate::cluster::desired::{NodeSpec, Program};
use crate::dial::Stream;
use crate::engine::{EngineError, EngineErrorKind, Result, Tried};
use crate::spec::{REDIS_PORT, Spec};

/// Runs the server `$1` with the configuration `$2`. It ends with the server, or when redos is no longer attached.
pub const SCRIPT: &str = r#"exec 3<&0
{ cat <&3 >/dev/null; kill -9 -1; } &
printf '%s\n' "$2" | "$1" -"#;
/// The log line of a server that is ready.
const READY: &str = "Ready to accept connections";
/// Time limit of the start of a server without data. It takes some 50 ms; a busy machine takes seconds.
pub const START: Duration = Duration::from_secs(30);
/// How many of its last lines say why a server ended.
const LINES: usize = 6;

/// The lines that say why a server ended.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (before, last) = lines.split_at(lines.len().saturating_sub(LINES));
    // A server examines the file that it does not load, which takes many lines after the reason.
    let reasons = before.iter().copied().filter(|line| line.contains("can't load"));
    reasons.chain(last.iter().copied()).collect::<Vec<_>>().join("\n")
}

impl DockerEngine {
    /// It is [`Probes::try_out`](crate::engine::Probes::try_out) of this Engine.
    pub(super) async fn try_out_server<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        let Program { image, server } = program;
        let operation = || format!("try the settings with {server} of {image}");
        let command = ["sh", "-c", SCRIPT, "trial", server, configuration];
        let OneOff { id, streams } = oneoff::start(self, image, &command, Location::Nowhere, operation).await?;
        let AttachContainerResults { output, input: _input } = streams;
        let trial = self.once_served(&id, output, START, question).await;
        calls::remove(self, &id).await?;
        trial.map_err(|why| EngineError::new(EngineErrorKind::Other, operation(), why))
    }

    /// It is [`Probes::try_container`](crate::engine::Probes::try_container) of this Engine.
    pub(super) async fn try_out_container(&self, spec: &Spec, node: &NodeSpec) -> Result<()> {
        let operation = || format!("start a temporary container like {}", node.node);
        let granted = nodes::granted(spec, node);
        let started = oneoff::start(self, &node.image, &["sh", "-c", ":"], Location::LikeANode(&granted), operation);
        calls::remove(self, &started.await?.id).await
    }

    /// Waits until a temporary server says that it is ready, and asks it; or returns why it ended. The caller keeps the
    /// input open: its end is the server's.
    ///
    /// # Errors
    /// The server says neither within the limit, or the Engine failed.
    pub(super) async fn once_served<T>(
        &self,
        container: &str,
        output: impl futures_util::Stream<Item = std::result::Result<LogOutput, bollard::errors::Error>> + Unpin,
        limit: Duration,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> anyhow::Result<Tried<T>> {
        match served(output, limit).await? {
            Tried::Ended(why) => Ok(Tried::Ended(why)),
            Tried::Served(_) => {
                let stream = self.inside(container, IpAddr::V4(Ipv4Addr::LOCALHOST), REDIS_PORT).await?;
                Ok(Tried::Served(question(stream).await))
            }
        }
    }
}

/// Waits until a temporary server says that it is ready. Returns what it has said, or why it ended.
///
/// # Errors
/// The server says neither within the limit, or the Engine failed.
pub async fn served(
    mut output: impl futures_util::Stream<Item = std::result::Result<LogOutput, bollard::errors::Error>> + Unpin,
    limit: Duration,
) -> anyhow::Result<Tried<String>> {
    let mut said = String::new();
    let is_served = async {
        while let Some(piece) = output.next().await {
            said.push_str(&String::from_utf8_lossy(piece?.as_ref()));
            if said.contains(READY) {
                return Ok::<_, bollard::errors::Error>(true);
            }
        }
        Ok(false)
    };
    let is_ready = timeout(limit, is_served).await??;
    Ok(if is_ready { Tried::Served(said) } else { Tried::Ended(last_lines(&said)) })
}
