//! Published messages: a publisher on a pooled connection, and a subscriber that only listens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::pooled::{Pool, exchange};
use super::request::{Request, key};
use super::{Attempt, RECONNECT, WorkloadContext};
use crate::chaos::connection::{Connection, Exchange};
use crate::chaos::history::{ClientKind, OpError, Outcome};
use crate::chaos::resp::{self, Reply};

/// The message ids, with those who wait for them.
type Awaited = Arc<Mutex<HashMap<u64, oneshot::Sender<u64>>>>;

/// Listens until it is dropped. Like other subscribers it sends nothing, and so notices nothing but the end of its
/// connection.
pub(super) struct Subscriber {
    awaited: Awaited,
    _listening: AbortOnDropHandle<()>,
}

impl Subscriber {
    pub(super) fn start(shared: &Arc<WorkloadContext>, first: Attempt) -> Self {
        let awaited = Awaited::default();
        let listening = tokio::spawn(listen(Arc::clone(shared), Arc::clone(&awaited), first));
        Self { awaited, _listening: AbortOnDropHandle::new(listening) }
    }

    /// Publishes a message and waits until the subscriber has received it.
    pub(super) fn publish(
        &self,
        shared: Arc<WorkloadContext>,
        pool: Arc<Pool>,
        mut request: Request,
    ) -> impl Future<Output = ()> + Send + use<> {
        let awaited = Arc::clone(&self.awaited);
        async move {
            let Some(op) = request.ops.first() else { return };
            let (id, deadline) = (op.id, shared.deadline(op.at));
            let (hear, heard) = oneshot::channel();
            if let Ok(mut awaited) = awaited.lock() {
                awaited.insert(id, hear);
            }
            exchange(&shared, &pool, &mut request).await;
            if let Some(op) = request.ops.first_mut().filter(|op| op.outcome != Outcome::Failed) {
                match timeout_at(deadline, heard).await {
                    Ok(Ok(at)) => (op.outcome, op.error, op.done) = (Outcome::Ok, None, at),
                    Ok(Err(_)) | Err(_) => {
                        op.outcome = Outcome::Unknown;
                        op.error = op.error.or(Some(OpError::NotHeard));
                        op.done = shared.clock.now();
                    }
                }
            }
            if let Ok(mut awaited) = awaited.lock() {
                awaited.remove(&id);
            }
            shared.end(request.ops);
        }
    }
}

async fn listen(shared: Arc<WorkloadContext>, awaited: Awaited, first: Attempt) {
    let mut first = Some(first);
    loop {
        let connection = subscribe(&shared).await;
        first.take();
        if let Ok(connection) = connection {
            hear(&shared, &awaited, connection).await;
        }
        sleep(RECONNECT).await;
    }
}

async fn subscribe(shared: &WorkloadContext) -> Result<Connection, OpError> {
    let subscribing = async {
        let mut connection = shared.connect(ClientKind::Pubsub).await?;
        let mut wire = Vec::new();
        resp::command(&mut wire, &[b"SUBSCRIBE", key::channel(&shared.settings.prefix).as_bytes()]);
        connection.exchange(&wire, 1, &mut Exchange::default()).await?;
        Ok(connection)
    };
    timeout(shared.settings.deadline, subscribing).await.map_err(|_| OpError::Timeout)?
}

/// Receives messages until the connection ends.
async fn hear(shared: &WorkloadContext, awaited: &Awaited, mut connection: Connection) {
    while let Ok(message) = connection.reply().await {
        let Some(id) = message.parts().get(2).and_then(Reply::number) else { continue };
        let waiting = awaited.lock().ok().and_then(|mut awaited| awaited.remove(&id));
        if let Some(waiting) = waiting {
            // The publisher has given up meanwhile.
            let _ = waiting.send(shared.clock.now());
        }
    }
}
