//! The client that sends everything over one connection, which it keeps until the other side closes it.
//!
//! While it reconnects, its requests wait, as in most client libraries. They fail when the attempt fails.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::request::{Request, settle};
use super::{Attempt, RECONNECT, WorkloadContext};
use crate::chaos::connection::Connection;
use crate::chaos::history::{ClientKind, Op, OpError};
use crate::chaos::resp::Reply;

/// How often it offers the rest of a request to a connection that takes no more.
const RETRY_WRITE: Duration = Duration::from_millis(5);

/// A request that was sent and is not completely answered.
struct Pending {
    op: Op,
    expected: usize,
    answers: Vec<(u64, Reply)>,
    /// Its deadline has passed and it is recorded. Its answers still have to be read from the connection.
    given_up: bool,
}

/// Serves requests until there are no more.
pub(super) async fn run(shared: Arc<WorkloadContext>, mut requests: UnboundedReceiver<Request>, first: Attempt) {
    let mut first = Some(first);
    loop {
        let mut waiting = VecDeque::new();
        let connected = connected(&shared, &mut requests, &mut waiting).await;
        first.take();
        match connected {
            Some(Some(connection)) => {
                let mut serving = OpenConnection::new(&shared, connection);
                waiting.into_iter().for_each(|request| serving.send(request));
                if serving.run(&mut requests).await == End::NoMoreRequests {
                    return;
                }
            }
            failed => {
                waiting.into_iter().for_each(|request| refuse(&shared, request));
                let pause = tokio::time::sleep(RECONNECT);
                if failed.is_none() || meanwhile(&shared, &mut requests, pause).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// Connects, and keeps the requests that arrive meanwhile in `waiting` until their deadlines.
///
/// The inner `None` is a connection that could not be made. The outer one says that there are no more requests.
async fn connected(
    shared: &WorkloadContext,
    requests: &mut UnboundedReceiver<Request>,
    waiting: &mut VecDeque<Request>,
) -> Option<Option<Connection>> {
    let connecting = timeout(shared.settings.deadline, shared.connect(ClientKind::Lasting));
    tokio::pin!(connecting);
    loop {
        let due = waiting.front().and_then(|request: &Request| request.ops.first()).map(|op| shared.deadline(op.at));
        tokio::select! {
            connection = &mut connecting => return Some(connection.ok().and_then(Result::ok)),
            request = requests.recv() => waiting.push_back(request?),
            () = sleep_until(due.unwrap_or_else(far)) => {
                waiting.pop_front().into_iter().for_each(|request| refuse(shared, request));
            }
        }
    }
}

/// A moment after the end of any test.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

/// Waits for a future, and refuses requests meanwhile. `None` when there are no more requests.
async fn meanwhile<T>(
    shared: &WorkloadContext,
    requests: &mut UnboundedReceiver<Request>,
    something: impl Future<Output = T>,
) -> Option<T> {
    tokio::pin!(something);
    loop {
        tokio::select! {
            result = &mut something => return Some(result),
            request = requests.recv() => refuse(shared, request?),
        }
    }
}

fn refuse(shared: &WorkloadContext, request: Request) {
    shared.refuse(request, OpError::NotConnected);
    shared.end([]);
}

#[derive(PartialEq, Eq)]
enum End {
    NoMoreRequests,
    Closed,
}

/// One connection and the requests on it.
struct OpenConnection<'a> {
    shared: &'a WorkloadContext,
    connection: Connection,
    pending: VecDeque<Pending>,
    /// Bytes of the last request that the operating system has not taken yet.
    unsent: Vec<u8>,
}

impl<'a> OpenConnection<'a> {
    const fn new(shared: &'a WorkloadContext, connection: Connection) -> Self {
        Self { shared, connection, pending: VecDeque::new(), unsent: Vec::new() }
    }

    async fn run(mut self, requests: &mut UnboundedReceiver<Request>) -> End {
        let mut more = true;
        loop {
            if !more && self.pending.iter().all(|pending| pending.given_up) {
                return End::NoMoreRequests;
            }
            let wake = self.next_deadline();
            tokio::select! {
                request = requests.recv(), if more => match request {
                    Some(request) => self.send(request),
                    None => more = false,
                },
                filled = self.connection.fill() => {
                    if !matches!(filled, Ok(true)) || self.take_answers().is_err() {
                        self.give_up(OpError::Closed, |_| true);
                        return if more { End::Closed } else { End::NoMoreRequests };
                    }
                },
                () = sleep_until(wake) => {
                    let (now, shared) = (Instant::now(), self.shared);
                    self.give_up(OpError::Timeout, |op| shared.deadline(op.at) <= now);
                }
            }
            if !self.unsent.is_empty() && self.write().is_err() {
                self.give_up(OpError::Closed, |_| true);
                return if more { End::Closed } else { End::NoMoreRequests };
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let waiting = self.pending.iter().find(|pending| !pending.given_up);
        let deadline = waiting.map(|pending| self.shared.deadline(pending.op.at));
        let retry = (!self.unsent.is_empty()).then(|| Instant::now() + RETRY_WRITE);
        deadline.into_iter().chain(retry).min().unwrap_or_else(far)
    }

    fn send(&mut self, request: Request) {
        let before = self.shared.clock.now();
        let written = if self.unsent.is_empty() { self.connection.write_now(&request.wire).unwrap_or(0) } else { 0 };
        if written == 0 {
            // The connection is full or broken. Nothing was taken, so the request certainly is not done.
            refuse(self.shared, request);
            return;
        }
        self.unsent.extend_from_slice(&request.wire[written..]);
        let expected = request.answers_per_op;
        for mut op in request.ops {
            op.sent = Some(before);
            op.node.clone_from(&self.connection.node);
            self.pending.push_back(Pending { op, expected, answers: Vec::new(), given_up: false });
        }
    }

    /// Sends what the operating system takes at once.
    fn write(&mut self) -> std::io::Result<()> {
        let written = self.connection.write_now(&self.unsent)?;
        self.unsent.drain(..written);
        Ok(())
    }

    fn take_answers(&mut self) -> Result<(), OpError> {
        while let Some(reply) = self.connection.buffered()? {
            let now = self.shared.clock.now();
            let Some(pending) = self.pending.front_mut() else { return Err(OpError::Other) };
            pending.answers.push((now, reply));
            if pending.answers.len() == pending.expected
                && let Some(pending) = self.pending.pop_front()
                && !pending.given_up
            {
                settled(self.shared, pending.op, &pending.answers, pending.expected, OpError::Other);
            }
        }
        Ok(())
    }

    /// Records the requests that match, if they are not recorded, as failed for this reason.
    fn give_up(&mut self, why: OpError, matches: impl Fn(&Op) -> bool) {
        for pending in self.pending.iter_mut().filter(|pending| !pending.given_up && matches(&pending.op)) {
            pending.given_up = true;
            settled(self.shared, pending.op.clone(), &pending.answers, pending.expected, why);
        }
    }
}

fn settled(shared: &WorkloadContext, mut op: Op, answers: &[(u64, Reply)], expected: usize, broken: OpError) {
    settle(&mut op, answers, expected, broken, shared.clock.now());
    shared.end([op]);
}
