//! What comes as a stream: logs, events, and the output of a command in a node.

use anyhow::anyhow;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::{EventsOptions, LogsOptions};
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::{DockerEngine, fault, labels};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId};

/// What happened to a container, from the Engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// Nanoseconds since the epoch, by the Engine's clock.
    pub time_nano: i64,
    /// The node.
    pub node: NodeId,
    /// `start`, `die`, `pause`, `unpause`, `destroy`, …
    pub action: String,
}

/// The exit status that the Engine gives to a command that it could not run at all.
const NOT_RUNNABLE: i64 = 126;

/// Which part of a node's log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only the last lines; all when absent.
    pub tail: Option<usize>,
    /// Only what is newer, in seconds since 1970.
    pub since: Option<i32>,
    /// Go on with what is logged from now on.
    pub follow: bool,
    /// Put the time, RFC 3339, before each line.
    pub timestamps: bool,
}

/// A piece of a log or of a command's output. It ends where the Engine cut it, not at the end of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Whether it was written to the standard error stream.
    pub stderr: bool,
    /// What was written.
    pub bytes: bytes::Bytes,
}

impl From<LogOutput> for LogChunk {
    fn from(output: LogOutput) -> Self {
        Self { stderr: matches!(output, LogOutput::StdErr { .. }), bytes: output.into_bytes() }
    }
}

/// What a command in a node left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Its exit code.
    pub code: i64,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error stream.
    pub stderr: Vec<u8>,
}

impl DockerEngine {
    /// A node's log, as it is and, if asked, as it goes on. The stream ends when the node does.
    pub fn logs(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        query: &LogQuery,
    ) -> impl Stream<Item = Result<LogChunk>> + Send + Unpin {
        let name = node.container_name(cluster);
        let options = LogsOptions {
            follow: query.follow,
            stdout: true,
            stderr: true,
            since: query.since.unwrap_or_default(),
            timestamps: query.timestamps,
            tail: query.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
            ..Default::default()
        };
        let endpoint = self.endpoint.clone();
        let stream = self.docker.logs(&name, Some(options));
        Box::pin(
            stream
                .map_ok(LogChunk::from)
                .map_err(move |error| fault::failed(&endpoint, format!("read the log of {name}"), error)),
        )
    }

    /// What happens to the containers of a cluster, from `since` on (nanoseconds since 1970 by the Engine's clock; from now
    /// on when absent). The stream ends with an error when the Engine goes away: resume with the last event's time.
    pub fn events(
        &self,
        cluster: &ClusterName,
        since: Option<i64>,
    ) -> impl Stream<Item = Result<EngineEvent>> + Send + Unpin {
        let mut filters = labels::filter(cluster);
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        let since = since.map(|nanos| format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000));
        let options = EventsOptions { since, filters: Some(filters), ..Default::default() };
        let endpoint = self.endpoint.clone();
        let stream = self.docker.events(Some(options));
        Box::pin(stream.filter_map(move |event| {
            std::future::ready(match event {
                Err(error) => Some(Err(fault::failed(&endpoint, "watch events", error))),
                Ok(event) => engine_event(event).map(Ok),
            })
        }))
    }

    /// Runs a command in a node and waits for its end.
    ///
    /// # Errors
    /// The node does not run, or the command cannot be run in it. A command that fails is an [`ExecOutput`].
    pub async fn exec(&self, cluster: &ClusterName, node: NodeId, command: &[&str]) -> Result<ExecOutput> {
        let name = node.container_name(cluster);
        let operation = || format!("run {} in {name}", command.first().copied().unwrap_or_default());
        let failed = |error| self.failed(operation(), error);
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..Default::default()
        };
        let id = self.docker.create_exec(&name, options).await.map_err(failed)?.id;
        let mut result = ExecOutput::default();
        if let StartExecResults::Attached { mut output, .. } =
            self.docker.start_exec(&id, None).await.map_err(failed)?
        {
            while let Some(chunk) = output.next().await {
                let chunk = LogChunk::from(chunk.map_err(failed)?);
                let to = if chunk.stderr { &mut result.stderr } else { &mut result.stdout };
                to.extend_from_slice(&chunk.bytes);
            }
        }
        result.code = self.docker.inspect_exec(&id).await.map_err(failed)?.exit_code.unwrap_or_default();
        if result.code == NOT_RUNNABLE && result.stdout.starts_with(b"OCI runtime exec failed") {
            let why = String::from_utf8_lossy(&result.stdout).trim().to_owned();
            return Err(EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!(why)));
        }
        Ok(result)
    }
}

/// The last lines of a container's log, both of its streams as they came.
pub async fn log_tail(engine: &DockerEngine, name: &str, lines: usize) -> Result<String> {
    let options = LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
    let mut stream = engine.docker.logs(name, Some(options));
    let mut log = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| engine.failed(format!("read the log of {name}"), error))?;
        log.extend_from_slice(chunk.as_ref());
    }
    Ok(String::from_utf8_lossy(&log).into_owned())
}

/// An event of a node; those of anything else, and of commands in nodes, are not ours.
fn engine_event(event: bollard::models::EventMessage) -> Option<EngineEvent> {
    let action = event.action.filter(|action| !action.starts_with("exec_"))?;
    let node = labels::node(&event.actor?.attributes?)?;
    Some(EngineEvent { time_nano: event.time_nano?, node, action })
}
