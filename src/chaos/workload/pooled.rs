//! Clients that take a connection for each request: a new one, or one from a pool.

use std::sync::{Arc, Mutex};

use tokio::time::timeout_at;

use super::WorkloadContext;
use super::request::{Request, settle};
use crate::chaos::connection::{Connection, Exchange};
use crate::chaos::history::{ClientKind, OpError};

/// The idle connections of a client.
pub(super) struct Pool {
    client: ClientKind,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) const fn new(client: ClientKind) -> Self {
        Self { client, idle: Mutex::new(Vec::new()) }
    }

    /// Whether connections are used again.
    const fn keeps(&self) -> bool {
        !matches!(self.client, ClientKind::Fresh | ClientKind::Reader)
    }

    /// An idle connection that the other side has not closed, as pools check it; else a new one.
    pub(super) async fn take(&self, shared: &WorkloadContext) -> Result<Connection, OpError> {
        while let Some(mut connection) = self.idle.lock().ok().and_then(|mut idle| idle.pop()) {
            if connection.is_idle() {
                return Ok(connection);
            }
        }
        shared.connect(self.client).await
    }

    /// Takes a good connection back.
    pub(super) fn put(&self, connection: Connection) {
        if self.keeps()
            && let Ok(mut idle) = self.idle.lock()
        {
            idle.push(connection);
        }
    }
}

/// Carries out a request.
pub(super) async fn run(shared: Arc<WorkloadContext>, pool: Arc<Pool>, mut request: Request) {
    exchange(&shared, &pool, &mut request).await;
    shared.end(request.ops);
}

/// Sends a request, waits for the answers until its deadline, and settles its operations. A connection that broke or
/// was late is closed.
pub(super) async fn exchange(shared: &WorkloadContext, pool: &Pool, request: &mut Request) {
    let at = request.ops.first().map_or(0, |op| op.at);
    let (mut progress, mut node) = (Exchange::default(), None);
    let answers = request.answers();
    let attempt = async {
        let mut connection = pool.take(shared).await?;
        node.clone_from(&connection.node);
        connection.exchange(&request.wire, answers, &mut progress).await?;
        pool.put(connection);
        Ok(())
    };
    let result = timeout_at(shared.deadline(at), attempt).await;
    let broken = match result {
        Ok(Err(error)) => error,
        // The server answered neither the connection attempt nor the request.
        Err(_) if progress.sent.is_none() => OpError::Connect,
        Ok(Ok(())) | Err(_) => OpError::Timeout,
    };
    let now = shared.clock.now();
    let mut answers = progress.replies.chunks(request.answers_per_op);
    for op in &mut request.ops {
        op.sent = progress.sent;
        op.node.clone_from(&node);
        settle(op, answers.next().unwrap_or(&[]), request.answers_per_op, broken, now);
    }
}
