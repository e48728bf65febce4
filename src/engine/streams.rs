//! The streams of an engine: logs of nodes, events of their containers, and programs run in them.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::BoxStream;
use tokio::io::AsyncWrite;

use super::Result;
use crate::spec::{ClusterName, NodeId};

/// Which part of a node's log to read. Each line begins with its time, RFC 3339, and a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only the last lines; all when `None`.
    pub tail: Option<usize>,
    /// Only newer lines, in seconds since 1970.
    pub since: Option<i64>,
    /// Whether to go on with new lines.
    pub follow: bool,
}

/// A piece of a log or of a program's output. It ends where the Engine cut it, not at the end of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Whether it was written to stderr.
    pub stderr: bool,
    /// The bytes that were written.
    pub bytes: bytes::Bytes,
}

/// What happened to a container, from the Engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// Nanoseconds since 1970, by the Engine's clock.
    pub time_nano: i64,
    pub node: NodeId,
    /// `start`, `die`, `pause`, `unpause`, `destroy`, …
    pub action: String,
    /// The exit code that it died with.
    pub exit_code: Option<i64>,
}

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// The number of columns.
    pub columns: u16,
    /// The number of rows.
    pub rows: u16,
}

/// A program in a node, and its streams.
pub struct Exec {
    /// The engine's id of it.
    pub id: String,
    /// Its output, until it ends.
    pub output: BoxStream<'static, Result<LogChunk>>,
    /// Its input. It sees the end when this is shut down.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

/// The streams that an engine offers.
pub trait Streams: Send + Sync + 'static {
    /// A node's log and, if asked, its future lines. The stream ends when the node does.
    fn logs(&self, cluster: &ClusterName, node: NodeId, query: &LogQuery) -> BoxStream<'static, Result<LogChunk>>;

    /// Events of the containers of a cluster from `since` to `until`, in seconds since 1970 by the Engine's clock.
    ///
    /// Without `since` they begin now, without `until` they go on.
    fn events(
        &self,
        cluster: &ClusterName,
        since: Option<i64>,
        until: Option<i64>,
    ) -> BoxStream<'static, Result<EngineEvent>>;

    /// Starts a program in a running node, with a terminal of this size or without one.
    ///
    /// # Errors
    /// The node does not run, or the Engine failed. A program that the node does not have is known by its exit code.
    fn exec(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        command: &[&str],
        terminal: Option<TerminalSize>,
    ) -> impl Future<Output = Result<Exec>> + Send;

    /// Tells a program the new size of its terminal.
    ///
    /// # Errors
    /// It has ended, or the Engine failed.
    fn resize(&self, exec: &str, size: TerminalSize) -> impl Future<Output = Result<()>> + Send;

    /// The exit code of a program that has ended.
    ///
    /// # Errors
    /// The Engine failed.
    fn exit_code(&self, exec: &str) -> impl Future<Output = Result<i64>> + Send;
}
