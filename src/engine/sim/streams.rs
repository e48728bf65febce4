//! Logs and events in memory: there are none.

use anyhow::anyhow;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::Sim;
use crate::engine::streams::{EngineEvent, Exec, LogChunk, LogQuery, Streams, TerminalSize};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId};

impl Streams for Sim {
    fn logs(&self, _cluster: &ClusterName, _node: NodeId, _query: &LogQuery) -> BoxStream<'static, Result<LogChunk>> {
        stream::empty().boxed()
    }

    fn events(
        &self,
        _cluster: &ClusterName,
        _since: Option<i64>,
        _until: Option<i64>,
    ) -> BoxStream<'static, Result<EngineEvent>> {
        stream::empty().boxed()
    }

    async fn exec(
        &self,
        _cluster: &ClusterName,
        node: NodeId,
        _command: &[&str],
        _terminal: Option<TerminalSize>,
    ) -> Result<Exec> {
        let why = anyhow!("an engine in memory runs no programs");
        Err(EngineError::new(EngineErrorKind::Other, format!("run a program in {node}"), why))
    }

    async fn resize(&self, _exec: &str, _size: TerminalSize) -> Result<()> {
        Ok(())
    }

    async fn exit_code(&self, _exec: &str) -> Result<i64> {
        Ok(0)
    }
}
