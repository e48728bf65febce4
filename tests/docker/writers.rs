//! Writers on a fixed schedule that keep account of what was acknowledged.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;

/// Writes of one writer in a second, unless told otherwise.
const RATE: u64 = 100;
/// How long a writer waits for an answer before it connects anew, unless told otherwise. What it wrote then is neither counted as acknowledged nor
/// as lost.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How long a writer waits for the answers of the others before it writes beside them.
const TURN: Duration = Duration::from_millis(50);

/// How many writers were started, so that each has keys of its own.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// What was acknowledged, and when.
type Ledger = Arc<Mutex<Vec<(String, Instant)>>>;

/// Four writers: two keep their connection while it works, two open one for each write.
///
/// They write in turns. A server that finds several commands waiting answers all clients but the first before it tells
/// its replicas, so one that is killed between these two system calls takes acknowledged writes with it, whoever made
/// the cluster. A single command goes to the replicas first.
pub struct Writers {
    stop: Arc<AtomicBool>,
    tasks: Vec<(Ledger, JoinHandle<()>)>,
}

impl Writers {
    /// Starts them at a URL.
    pub fn start(url: &str) -> Self {
        Self::start_at(url, RATE, PATIENCE)
    }

    /// Starts them at a URL, with this many writes a second of each, and this long a wait for an answer.
    pub fn start_at(url: &str, rate: u64, patience: Duration) -> Self {
        Self::of(&redis::Client::open(url.trim()).expect("a URL"), rate, patience)
    }

    /// Starts them with connections of a client.
    pub fn of(client: &redis::Client, rate: u64, patience: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        let start = |id: usize| {
            let ledger = Ledger::default();
            let prefix = format!("written:{}", STARTED.fetch_add(1, Ordering::Relaxed));
            let writer = Writer {
                prefix,
                rate,
                patience,
                lasting: id.is_multiple_of(2),
                client: client.clone(),
                turn: Arc::clone(&turn),
                stop: Arc::clone(&stop),
                ledger: Arc::clone(&ledger),
            };
            (ledger, tokio::spawn(writer.write()))
        };
        Self { tasks: (0..4).map(start).collect(), stop: Arc::clone(&stop) }
    }

    /// How many writes were acknowledged until now.
    pub fn acknowledged(&self) -> usize {
        self.tasks.iter().map(|(ledger, _)| ledger.lock().expect("a ledger").len()).sum()
    }

    /// Stops them. Returns the acknowledged keys and the longest time in which none of a kind was acknowledged.
    pub async fn stop(self) -> (Vec<String>, Duration) {
        let ledgers = self.end().await;
        let longest = |ledger: &Vec<(String, Instant)>| ledger.windows(2).map(|pair| pair[1].1 - pair[0].1).max();
        let gap = ledgers.iter().filter_map(longest).max().unwrap_or_default();
        (ledgers.into_iter().flatten().map(|(key, _)| key).collect(), gap)
    }

    /// Stops them. Returns what each of them had acknowledged, and when.
    pub async fn end(self) -> Vec<Vec<(String, Instant)>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ledgers = Vec::new();
        for (ledger, task) in self.tasks {
            task.await.expect("a writer does not panic");
            ledgers.push(std::mem::take(&mut *ledger.lock().expect("a ledger")));
        }
        ledgers
    }
}

/// One of them.
struct Writer {
    /// How its keys begin.
    prefix: String,
    /// Writes in a second.
    rate: u64,
    /// How long it waits for an answer.
    patience: Duration,
    /// Whether it keeps its connection.
    lasting: bool,
    client: redis::Client,
    /// Whoever has it writes.
    turn: Arc<tokio::sync::Mutex<()>>,
    stop: Arc<AtomicBool>,
    ledger: Ledger,
}

impl Writer {
    async fn write(self) {
        let patience = Some(self.patience);
        let config =
            redis::AsyncConnectionConfig::new().set_connection_timeout(patience).set_response_timeout(patience);
        let mut connection: Option<MultiplexedConnection> = None;
        let began = Instant::now();
        for number in 0u64.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep_until((began + Duration::from_millis(1000 * number / self.rate)).into()).await;
            if connection.is_none() {
                connection = self.client.get_multiplexed_async_connection_with_config(&config).await.ok();
            }
            let Some(open) = connection.as_mut() else { continue };
            let key = format!("{}:{number}", self.prefix);
            let turn = tokio::time::timeout(TURN, self.turn.lock()).await;
            let done: redis::RedisResult<()> = redis::cmd("SET").arg(&key).arg(number).query_async(open).await;
            drop(turn);
            match done {
                Ok(()) => self.ledger.lock().expect("a ledger").push((key, Instant::now())),
                Err(_) => connection = None,
            }
            if !self.lasting {
                connection = None;
            }
        }
    }
}

/// The keys that are not there.
pub async fn missing(keys: &[String], connection: &mut MultiplexedConnection) -> Vec<String> {
    let mut missing = Vec::new();
    for keys in keys.chunks(500) {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline.exists(key);
        }
        let there: Vec<bool> = pipeline.query_async(connection).await.expect("answers");
        missing.extend(keys.iter().zip(there).filter(|(_, there)| !there).map(|(key, _)| key.clone()));
    }
    missing
}
