//! What an engine tells as it happens: the logs of nodes, what becomes of their containers, and programs run in them.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::BoxStream;
use tokio::io::AsyncWrite;

use super::Result;
use crate::spec::{ClusterName, NodeId};

/// Which part of a node's log is wanted. Each line begins with its time, RFC 3339, and a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only the last lines; all when absent.
    pub tail: Option<usize>,
    /// Only what is newer, in seconds since 1970.
    pub since: Option<i64>,
    /// Go on with what is logged from now on.
    pub follow: bool,
}

/// A piece of a log or of a program's output. It ends where the engine cut it, not at the end of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Whether it was written to the standard error stream.
    pub stderr: bool,
    /// What was written.
    pub bytes: bytes::Bytes,
}

/// What happened to a container, from the engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// Nanoseconds since 1970, by the engine's clock.
    pub time_nano: i64,
    /// The node.
    pub node: NodeId,
    /// `start`, `die`, `pause`, `unpause`, `destroy`, …
    pub action: String,
    /// The exit code that it died with.
    pub exit_code: Option<i64>,
}

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// A program in a node, and its streams.
pub struct Exec {
    /// The engine's id of it.
    pub id: String,
    /// What it writes, until it ends.
    pub output: BoxStream<'static, Result<LogChunk>>,
    /// What it reads. It sees the end of its input when this is shut down.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

/// Streams of an engine.
pub trait Streams: Send + Sync + 'static {
    /// A node's log, as it is and, if asked, as it goes on. The stream ends when the node does.
    fn logs(&self, cluster: &ClusterName, node: NodeId, query: &LogQuery) -> BoxStream<'static, Result<LogChunk>>;

    /// What happens to the containers of a cluster, from `since` to `until`, in seconds since 1970 by the engine's clock; from
    /// or up to now, and on, when absent.
    fn events(
        &self,
        cluster: &ClusterName,
        since: Option<i64>,
        until: Option<i64>,
    ) -> BoxStream<'static, Result<EngineEvent>>;

    /// Starts a program in a node that runs, at a terminal of this size or at none.
    ///
    /// # Errors
    /// The node does not run, or the engine failed. A program that the node does not have is known by its exit code.
    fn exec(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        command: &[&str],
        terminal: Option<TerminalSize>,
    ) -> impl Future<Output = Result<Exec>> + Send;

    /// Tells a program that its terminal has another size.
    ///
    /// # Errors
    /// It has ended, or the engine failed.
    fn resize(&self, exec: &str, size: TerminalSize) -> impl Future<Output = Result<()>> + Send;

    /// The exit code of a program that has ended.
    ///
    /// # Errors
    /// The engine failed.
    fn exit_code(&self, exec: &str) -> impl Future<Output = Result<i64>> + Send;
}
