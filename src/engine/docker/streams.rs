//! [`Streams`] on a Docker Engine.

use anyhow::anyhow;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use bollard::query_parameters::{EventsOptions, LogsOptions};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use tokio::time::timeout;

use super::{DockerEngine, errors, labels};
use crate::engine::streams::{EngineEvent, Exec, LogChunk, LogQuery, Streams, TerminalSize};
use crate::engine::{EngineError, EngineErrorKind, INSPECT_LIMIT, Result};
use crate::spec::{ClusterName, NodeId};

impl From<LogOutput> for LogChunk {
    fn from(output: LogOutput) -> Self {
        Self { stderr: matches!(output, LogOutput::StdErr { .. }), bytes: output.into_bytes() }
    }
}

impl Streams for DockerEngine {
    fn logs(&self, cluster: &ClusterName, node: NodeId, query: &LogQuery) -> BoxStream<'static, Result<LogChunk>> {
        let name = node.container_name(cluster);
        let options = LogsOptions {
            follow: query.follow,
            stdout: true,
            stderr: true,
            // The Engine takes whole seconds, and the client library no more than 32 bits of them.
            since: query.since.and_then(|seconds| i32::try_from(seconds).ok()).unwrap_or_default(),
            timestamps: true,
            tail: query.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
            ..Default::default()
        };
        let endpoint = self.endpoint.clone();
        let stream = self.docker.logs(&name, Some(options));
        let operation = format!("read the log of {name}");
        let failed = {
            let operation = operation.clone();
            move |error| errors::failed(&endpoint, operation.clone(), error)
        };
        let chunks = stream.map_ok(LogChunk::from).map_err(failed);
        // What is followed may be silent for hours.
        if query.follow { chunks.boxed() } else { answered(operation, chunks.boxed()) }
    }

    fn events(
        &self,
        cluster: &ClusterName,
        since: Option<i64>,
        until: Option<i64>,
    ) -> BoxStream<'static, Result<EngineEvent>> {
        let mut filters = labels::filter(cluster);
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        let text = |seconds: i64| seconds.to_string();
        let options = EventsOptions { since: since.map(text), until: until.map(text), filters: Some(filters) };
        let endpoint = self.endpoint.clone();
        let events = self.docker.events(Some(options)).filter_map(move |event| {
            std::future::ready(match event {
                Err(error) => Some(Err(errors::failed(&endpoint, "watch events", error))),
                Ok(event) => engine_event(event).map(Ok),
            })
        });
        events.boxed()
    }

    async fn exec(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        command: &[&str],
        terminal: Option<TerminalSize>,
    ) -> Result<Exec> {
        let name = node.container_name(cluster);
        let operation = format!("run {} in {name}", command.first().copied().unwrap_or_default());
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(terminal.is_some()),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..Default::default()
        };
        let failed = |error| self.failed(operation.clone(), error);
        let create = async { self.docker.create_exec(&name, options).await.map_err(failed) };
        let id = in_time(&operation, create).await?.id;
        let start = StartExecOptions { tty: terminal.is_some(), ..Default::default() };
        let start = async { self.docker.start_exec(&id, Some(start)).await.map_err(failed) };
        let started = in_time(&operation, start).await?;
        let StartExecResults::Attached { output, input } = started else {
            let why = anyhow!("the Engine did not attach to it");
            return Err(EngineError::new(EngineErrorKind::Other, operation, why));
        };
        if let Some(size) = terminal {
            self.resize(&id, size).await?;
        }
        let endpoint = self.endpoint.clone();
        let failed = move |error| errors::failed(&endpoint, operation.clone(), error);
        Ok(Exec { id, output: output.map_ok(LogChunk::from).map_err(failed).boxed(), input })
    }

    async fn resize(&self, exec: &str, size: TerminalSize) -> Result<()> {
        let options = ResizeExecOptions { width: size.columns, height: size.rows };
        self.docker.resize_exec(exec, options).await.map_err(|error| self.failed("resize the terminal", error))
    }

    async fn exit_code(&self, exec: &str) -> Result<i64> {
        let ended = self.docker.inspect_exec(exec).await;
        let ended = ended.map_err(|error| self.failed("ask how the program has ended", error))?;
        Ok(ended.exit_code.unwrap_or_default())
    }
}

/// The last lines of a container's log, both of its streams in their order.
pub async fn log_tail(engine: &DockerEngine, name: &str, lines: usize) -> Result<String> {
    let options = LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
    let operation = format!("read the log of {name}");
    let chunks = engine.docker.logs(name, Some(options)).map_err(|error| engine.failed(&operation, error));
    let mut chunks = answered(operation.clone(), chunks.map_ok(LogChunk::from).boxed());
    let mut log = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        log.extend_from_slice(&chunk.bytes);
    }
    Ok(String::from_utf8_lossy(&log).into_owned())
}

/// The answer to a question about one container, which must come within [`INSPECT_LIMIT`].
async fn in_time<T>(operation: &str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(INSPECT_LIMIT, answer).await.unwrap_or_else(|_| Err(late(operation)))
}

/// A log whose every piece must come within [`INSPECT_LIMIT`].
fn answered<'a>(operation: String, chunks: BoxStream<'a, Result<LogChunk>>) -> BoxStream<'a, Result<LogChunk>> {
    let pieces = stream::unfold(Some((operation, chunks)), async |state| {
        let (operation, mut chunks) = state?;
        match timeout(INSPECT_LIMIT, chunks.next()).await {
            Ok(piece) => Some((piece?, Some((operation, chunks)))),
            Err(_) => Some((Err(late(&operation)), None)),
        }
    });
    pieces.boxed()
}

/// The Engine holds the lock of a container while it waits for its shim, which may hang.
fn late(operation: &str) -> EngineError {
    let why = anyhow!("Docker does not answer within {} s", INSPECT_LIMIT.as_secs());
    EngineError::new(EngineErrorKind::Other, operation, why)
}

/// Actions that change a container. All others are reads, most of them by redos itself: `archive-path`, `exec_create`, `top`.
const CHANGES: [&str; 12] =
    ["create", "destroy", "die", "kill", "oom", "pause", "rename", "restart", "start", "stop", "unpause", "update"];

/// An event of a node that has changed it.
fn engine_event(event: bollard::models::EventMessage) -> Option<EngineEvent> {
    let action = event.action.filter(|action| CHANGES.contains(&action.as_str()))?;
    let attributes = event.actor?.attributes?;
    let node = labels::node(&attributes)?;
    let exit_code = attributes.get("exitCode").and_then(|code| code.parse().ok());
    Some(EngineEvent { time_nano: event.time_nano?, node, action, exit_code })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use bollard::models::{EventActor, EventMessage};

    use super::*;

    #[test]
    fn reading_a_container_is_no_event_of_it() {
        let event = |action: &str| {
            let attributes = HashMap::from([(labels::ROLE, "proxy"), (labels::ORDINAL, "1")]);
            let attributes = attributes.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let actor = Some(EventActor { attributes: Some(attributes), ..EventActor::default() });
            let (action, time_nano) = (Some(action.to_owned()), Some(1));
            engine_event(EventMessage { action, actor, time_nano, ..EventMessage::default() })
        };
        for read in ["archive-path", "extract-to-dir", "exec_create: sh", "exec_start: sh", "exec_die", "top", "attach"]
        {
            assert_eq!(event(read), None, "{read}");
        }
        for change in CHANGES {
            assert_eq!(event(change).map(|event| event.action).as_deref(), Some(change));
        }
    }
}
