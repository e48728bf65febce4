//! The workload: requests on an absolute schedule, from clients that use connections in different ways.
//!
//! *Open loop*: request n is due at `start + n / rate`, whatever became of those before it, and the schedule is never
//! moved. A closed loop sends nothing while it waits, and so hides the very outage that it is in. The generator records
//! how late it took up each operation, and the verdict does not believe one that lagged.
//!
//! *Outcomes*: failed is what certainly was not done (nothing was sent, or the server refuses before it executes).
//! Unknown is what was sent and not answered in time. No client repeats anything.
//!
//! It runs on one thread and a runtime of its own, beside those of the watchers and before everything else where it
//! may. A timer of the operating system wakes it: the runtime's counts milliseconds, which is as long as the time
//! between two requests.

mod lasting;
mod machine;
mod pacer;
mod pooled;
mod pubsub;
mod queue;
mod request;
mod timer;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use self::machine::{go_first, open_many_files};
use self::pacer::Pacer;
use self::pooled::Pool;
use self::pubsub::Subscriber;
use self::request::Request;
pub use self::request::key;
use self::timer::Timer;
use super::clock::Clock;
use super::connection::{Connection, Credentials, Names};
use super::history::{ClientKind, Durability, Op, OpError, Outcome, Record};

/// How long a client that lost its connection waits before it reconnects.
const RECONNECT: Duration = Duration::from_millis(20);
/// How many tasks run at most before the next request is looked for. A failover ends hundreds at once, and each takes
/// some 50 µs to close its connection.
const TASKS_BETWEEN: u32 = 4;
/// `EMFILE`: this process has as many open files as it may have.
const TOO_MANY_OPEN_FILES: i32 = 24;

/// The rate, deadline and clients of a workload.
#[derive(Clone, Debug)]
pub struct WorkloadSettings {
    /// Requests per second, all clients together.
    pub rate: u32,
    /// Time limit for an answer after the intended time of the operation.
    pub deadline: Duration,
    /// The kinds of clients, which get requests in turn.
    pub clients: Vec<ClientKind>,
    /// What an acknowledgement means.
    pub durability: Durability,
    /// The prefix of every key, unique to the round.
    pub prefix: String,
    /// The first id. [`Workload::finish`] returns the next free one.
    pub first_id: u64,
}

impl WorkloadSettings {
    /// How many requests may run at once. Without a fault each takes a millisecond; in an outage it lives for its
    /// deadline.
    fn requests_at_most(&self) -> usize {
        (3.0 * f64::from(self.rate) * self.deadline.as_secs_f64()) as usize + 100
    }
}

/// The addresses of a workload and its login.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// The port for writes.
    pub write: SocketAddr,
    /// The port for reads; without one there is no [`ClientKind::Reader`].
    pub read: Option<SocketAddr>,
    /// The login of the clients.
    pub login: Credentials,
    pub names: Names,
}

/// What all clients share.
struct WorkloadContext {
    settings: WorkloadSettings,
    place: Entrance,
    clock: Clock,
    records: Mutex<Sender<Record>>,
    under_way: AtomicUsize,
    next_id: AtomicU64,
}

/// A running workload. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Workload {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Workload {
    /// Starts to send, and passes every operation to `records` when it has ended.
    ///
    /// # Errors
    /// No thread or no runtime can be had.
    pub fn start(
        settings: WorkloadSettings,
        place: Entrance,
        clock: Clock,
        records: Sender<Record>,
    ) -> io::Result<Self> {
        open_many_files(settings.requests_at_most());
        let stop = Arc::new(AtomicBool::new(false));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().event_interval(TASKS_BETWEEN).build()?;
        let timer = {
            let _within = runtime.enter();
            Timer::new()?
        };
        let shared = Arc::new(WorkloadContext {
            next_id: AtomicU64::new(settings.first_id),
            settings,
            place,
            clock,
            records: Mutex::new(records),
            under_way: AtomicUsize::new(0),
        });
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("workload".to_owned()).spawn(move || {
            go_first();
            runtime.block_on(run(shared, timer, stopped))
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops, waits for what is running, and returns the next free id.
    pub async fn finish(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return 0 };
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        joined.ok().and_then(Result::ok).unwrap_or(0)
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A request's place on the schedule.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    /// Its number, counted from 0.
    number: u64,
    /// When it is due.
    at: u64,
}

/// Gives requests to the clients until the schedule ends, and waits until all have ended. Returns the next free id.
async fn run(shared: Arc<WorkloadContext>, timer: Timer, stop: Arc<AtomicBool>) -> u64 {
    let requests = TaskTracker::new();
    let uses = |client| shared.settings.clients.contains(&client);
    let pools = ClientKind::ALL.map(|client| Arc::new(Pool::new(client)));
    let (lasting, waiting) = mpsc::unbounded_channel();
    // Clients that keep a connection have tried to open it before the first request is due.
    let (connected, tried) = watch::channel(());
    if uses(ClientKind::Lasting) {
        requests.spawn(lasting::run(Arc::clone(&shared), waiting, connected.clone()));
    }
    let subscriber = uses(ClientKind::Pubsub).then(|| Subscriber::start(&shared, connected.clone()));
    let consumer = uses(ClientKind::Queue).then(|| queue::Consumer::start(&shared));
    drop(connected);
    all_dropped(tried).await;

    let mut pacer = Pacer::start(timer, shared.clock, shared.settings.rate);
    while let Ok(ticket) = pacer.next().await {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let request = Request::deal(&shared.settings, ticket, shared.clock.now(), &shared.next_id);
        if shared.is_full() {
            shared.refuse(request, OpError::TooManyInFlight);
            continue;
        }
        shared.under_way.fetch_add(1, Ordering::Relaxed);
        match request.client {
            // The receiver outlives this sender.
            ClientKind::Lasting => drop(lasting.send(request)),
            ClientKind::Pubsub => {
                if let Some(subscriber) = &subscriber {
                    let pool = Arc::clone(&pools[ClientKind::Pubsub as usize]);
                    requests.spawn(subscriber.publish(Arc::clone(&shared), pool, request));
                }
            }
            client => {
                let pool = Arc::clone(&pools[client as usize]);
                requests.spawn(pooled::run(Arc::clone(&shared), pool, request));
            }
        }
    }
    drop(lasting);
    requests.close();
    requests.wait().await;
    if let Some(consumer) = consumer {
        consumer.finish().await;
    }
    shared.next_id.load(Ordering::Relaxed)
}

/// A sender that is dropped after a first attempt to connect.
type Attempt = watch::Sender<()>;

/// Waits until all senders are gone.
async fn all_dropped(mut receiver: watch::Receiver<()>) {
    while receiver.changed().await.is_ok() {}
}

impl WorkloadContext {
    /// When to stop waiting for an operation.
    fn deadline(&self, at: u64) -> tokio::time::Instant {
        (self.clock.moment(at) + self.settings.deadline).into()
    }

    /// Whether too many requests are running to start another.
    fn is_full(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > self.settings.requests_at_most()
    }

    /// Records the operations of a request as certainly not executed.
    fn refuse(&self, request: Request, error: OpError) {
        let done = self.clock.now();
        for mut op in request.ops {
            op.done = done;
            op.outcome = Outcome::Failed;
            op.error = Some(error);
            self.record(op);
        }
    }

    /// Records the end of operations.
    fn end(&self, ops: impl IntoIterator<Item = Op>) {
        ops.into_iter().for_each(|op| self.record(op));
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    fn record(&self, op: Op) {
        if let Ok(records) = self.records.lock() {
            // When nobody reads any more the test is over.
            let _ = records.send(Record::Op(op));
        }
    }

    /// Connects to the write port or the read port, and logs in.
    async fn connect(&self, client: ClientKind) -> Result<Connection, OpError> {
        let address = match client {
            ClientKind::Reader => self.place.read.ok_or(OpError::Connect)?,
            _ => self.place.write,
        };
        let stream = TcpStream::connect(address).await.map_err(|error| match error.raw_os_error() {
            Some(TOO_MANY_OPEN_FILES) => OpError::TooManyInFlight,
            _ => OpError::Connect,
        })?;
        // Without this a small request can wait for the answer to the one before it.
        stream.set_nodelay(true).map_err(|_| OpError::Connect)?;
        let opened = Connection::open(Box::new(stream), &self.place.login, &self.place.names, self.clock).await;
        opened.map_err(|error| if error == OpError::Closed { OpError::Connect } else { error })
    }
}
