//! The consumer of the queue: it blocks in `BLPOP` on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::request::{settle, wire};
use super::{RECONNECT, WorkloadContext};
use crate::chaos::connection::{Connection, Exchange};
use crate::chaos::history::{ClientKind, Op, OpError, OpKind, Outcome};

/// How long `BLPOP` blocks on an empty queue, as in [`wire`].
const BLOCK: Duration = Duration::from_millis(500);

/// A running consumer.
pub(super) struct Consumer {
    stop: Arc<AtomicBool>,
    running: JoinHandle<()>,
}

impl Consumer {
    pub(super) fn start(shared: &Arc<WorkloadContext>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let running = tokio::spawn(consume(Arc::clone(shared), Arc::clone(&stop)));
        Self { stop, running }
    }

    /// Ends after the current pop: a pop that is cut off might take an element with it.
    pub(super) async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        // It fails only when the task panicked, and then no pop is running.
        let _ = self.running.await;
    }
}

async fn consume(shared: Arc<WorkloadContext>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        match timeout(shared.settings.deadline, shared.connect(ClientKind::Queue)).await {
            Ok(Ok(connection)) => pop_all(&shared, &stop, connection).await,
            Ok(Err(_)) | Err(_) => sleep(RECONNECT).await,
        }
    }
}

/// Pops until the connection breaks, an answer is late, or an error comes.
async fn pop_all(shared: &WorkloadContext, stop: &AtomicBool, mut connection: Connection) {
    while !stop.load(Ordering::Relaxed) {
        let begun = shared.clock.now();
        let mut op = Op {
            id: shared.next_id.fetch_add(1, Ordering::Relaxed),
            client: ClientKind::Queue,
            kind: OpKind::Pop,
            of: None,
            at: begun,
            begun,
            sent: None,
            done: begun,
            outcome: Outcome::Unknown,
            error: None,
            node: connection.node.clone(),
            value: None,
        };
        let wire = wire(&shared.settings.prefix, &op);
        let mut progress = Exchange::default();
        let limit = BLOCK + shared.settings.deadline;
        let result = timeout(limit, connection.exchange(&wire, 1, &mut progress)).await;
        op.sent = progress.sent;
        let broken = result.map_or(OpError::Timeout, |result| result.err().unwrap_or(OpError::Other));
        settle(&mut op, &progress.replies, 1, broken, shared.clock.now());
        let good = op.is_ok();
        shared.record(op);
        if !good {
            // A replica refuses at once. Without a pause this would be a busy loop.
            sleep(RECONNECT).await;
            return;
        }
    }
}
