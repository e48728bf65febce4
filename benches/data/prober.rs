//! Writers that measure how long each write takes, and the data beside which they write.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Clients that write at the same time.
const CLIENTS: u32 = 4;
/// Time between two writes of one client.
const INTERVAL: Duration = Duration::from_millis(10);
/// The size of a value of the data, in bytes.
const VALUE: usize = 4000;
/// Commands that are sent before their answers are read.
const AT_ONCE: usize = 250;

/// A connection that speaks the protocol of Redis itself, so that nothing but the server is measured.
pub struct Connection {
    to: TcpStream,
    from: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to `redis://USER:PASSWORD@HOST:PORT/0`.
    pub fn open(url: &str) -> Self {
        let (login, address) =
            url.trim().trim_start_matches("redis://").split_once('@').expect("a URL with a password");
        let address = address.split_once('/').map_or(address, |(address, _)| address);
        let (user, password) = login.split_once(':').expect("a user and a password");
        let to = TcpStream::connect(address).expect("a connection");
        to.set_nodelay(true).expect("an option");
        let from = BufReader::new(to.try_clone().expect("a second handle"));
        let mut connection = Self { to, from };
        connection.send(&[&[b"AUTH", user.as_bytes(), password.as_bytes()]]);
        connection
    }

    /// Sends commands at once and waits for all answers, none of which may be an error.
    pub fn send(&mut self, commands: &[&[&[u8]]]) {
        let mut bytes = Vec::new();
        for command in commands {
            write!(bytes, "*{}\r\n", command.len()).expect("memory");
            for word in *command {
                write!(bytes, "${}\r\n", word.len()).expect("memory");
                bytes.extend_from_slice(word);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        self.to.write_all(&bytes).expect("the server takes it");
        let mut line = String::new();
        for _ in commands {
            line.clear();
            self.from.read_line(&mut line).expect("an answer");
            assert!(line.starts_with('+'), "{line}");
        }
    }
}

/// Fills the server with this many MB of values of hexadecimal digits, which compress to about a half.
pub fn fill(url: &str, megabytes: usize) {
    let mut connection = Connection::open(url);
    let mut state = 1_u64;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b"0123456789abcdef"[(state >> 60) as usize]
    };
    // Values overlap, further apart than any compressor looks back.
    let pool: Vec<u8> = (0..16_000_000).map(|_| digit()).collect();
    let names: Vec<Vec<u8>> =
        (0..megabytes * 1_000_000 / VALUE).map(|key| format!("data:{key}").into_bytes()).collect();
    let mut at = 0;
    for names in names.chunks(AT_ONCE) {
        let commands: Vec<[&[u8]; 3]> = names
            .iter()
            .map(|name| {
                at = (at + VALUE + 1) % (pool.len() - VALUE);
                [b"SET".as_slice(), name, &pool[at..at + VALUE]]
            })
            .collect();
        let commands: Vec<&[&[u8]]> = commands.iter().map(<[_; 3]>::as_slice).collect();
        connection.send(&commands);
    }
}

/// Clients that write at a fixed rate.
pub struct Prober {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Duration>>>,
}

impl Prober {
    /// Starts them at a URL. `prepare` is called in each of their threads.
    pub fn start(url: &str, prepare: fn()) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |number: u32| {
            let (mut connection, stop) = (Connection::open(url), stop.clone());
            thread::spawn(move || {
                prepare();
                let begin = Instant::now() + INTERVAL * number / CLIENTS;
                let key = format!("probe:{number}").into_bytes();
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let due = begin + INTERVAL * u32::try_from(times.len()).expect("a number");
                    let early = due.saturating_duration_since(Instant::now());
                    thread::sleep(early);
                    // A write that had to wait for the one before is late, and the server is to blame.
                    let from = if early.is_zero() { due } else { Instant::now() };
                    connection.send(&[&[b"SET", &key, &[b'v'; 100]]]);
                    times.push(from.elapsed());
                }
                times
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, clients }
    }

    /// Stops them. Returns how long each write took, in order.
    pub fn stop(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        let mut times: Vec<Duration> =
            self.clients.into_iter().flat_map(|client| client.join().expect("no client panics")).collect();
        times.sort();
        times
    }
}

/// The time within which this share of the writes was done, of a thousand.
pub fn percentile(times: &[Duration], of_thousand: usize) -> Duration {
    times.get((times.len() * of_thousand / 1000).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
