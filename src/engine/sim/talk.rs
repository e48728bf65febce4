//! Servers in memory at the other end of a connection: as much of the protocol as a backup needs.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::{images, refused};
use crate::backup::rdb::{RdbHead, empty_like};
use crate::engine::{DataStream, Result};

/// Bytes that fit into a connection in memory.
const BUFFER: usize = 4096;
/// What follows a snapshot. A server draws it at random for each.
const MARK: &str = "mark-mark-mark-mark-mark-mark-mark-mark-";

/// The beginning of an RDB as Redis 7.0 writes it.
const MAGIC: &[u8] = b"REDIS0010";

/// What a Redis node has: an RDB, or nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SimSnapshot(pub Vec<u8>);

impl SimSnapshot {
    /// Reads an RDB to its end.
    ///
    /// # Errors
    /// It cannot be read, or it is an append-only file.
    pub fn of(data: DataStream) -> Result<Self> {
        let DataStream::Rdb(mut rdb) = data else {
            return Err(refused("only snapshots are read in memory".to_owned()));
        };
        let mut content = Vec::new();
        rdb.reader.read_to_end(&mut content).map_err(|error| refused(error.to_string()))?;
        Ok(Self(content))
    }

    /// The RDB that a server sends of it.
    pub fn rdb(&self) -> Vec<u8> {
        let empty = || empty_like(MAGIC).unwrap_or_default();
        if self.0.is_empty() { empty() } else { self.0.clone() }
    }

    /// How many keys its first database has, by its head. `None` if it is no RDB.
    pub fn keys(&self) -> Option<u64> {
        RdbHead::of(&self.rdb()).ok().map(|head| head.sizes.map_or(0, |(keys, _)| keys))
    }
}

/// Whoever answers at the other end of a connection in memory.
pub(super) trait Talker: Send + Sized + 'static {
    /// The bytes of an answer. `None` where it closes the connection instead.
    fn answer(&mut self, request: &[&str]) -> Option<Vec<u8>>;

    /// Connects to it. It answers until one side closes the connection.
    fn connect(self) -> DuplexStream {
        let (ours, theirs) = duplex(BUFFER);
        tokio::spawn(serve(self, theirs));
        ours
    }
}

async fn serve(mut talker: impl Talker, mut stream: DuplexStream) {
    let mut arrived = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut arrived).await {
        while let Some(request) = take_request(&mut arrived) {
            let words: Vec<&str> = request.iter().map(String::as_str).collect();
            let Some(answer) = talker.answer(&words) else { return };
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

/// What a server tells of itself over a connection.
pub(super) struct TalkingServer {
    /// The version that it gives.
    pub version: String,
    /// Whether it is a replica.
    pub is_replica: bool,
    /// What it has.
    pub data: SimSnapshot,
}

impl TalkingServer {
    /// A temporary server of an image.
    pub fn trial(image: &str, data: SimSnapshot) -> Self {
        Self { version: images::running_version(image), is_replica: false, data }
    }

    fn info(&self) -> String {
        let (role, keys) = (if self.is_replica { "slave" } else { "master" }, self.data.keys().unwrap_or_default());
        format!(
            "redis_version:{}\r\nrole:{role}\r\nmaster_replid:{}\r\nmaster_repl_offset:0\r\nslave_repl_offset:0\r\n\
             rdb_last_load_keys_loaded:{keys}\r\ndb0:keys={keys},expires=0,avg_ttl=0\r\n",
            self.version,
            "0".repeat(MARK.len()),
        )
    }
}

impl Talker for TalkingServer {
    fn answer(&mut self, request: &[&str]) -> Option<Vec<u8>> {
        Some(match request {
            ["INFO", ..] => bulk(&self.info()),
            ["SYNC"] => [format!("$EOF:{MARK}\r\n").as_bytes(), &self.data.rdb(), MARK.as_bytes()].concat(),
            _ => OK.to_vec(),
        })
    }
}

/// The answer to what needs no other.
pub(super) const OK: &[u8] = b"+OK\r\n";

/// A string as an answer.
pub(super) fn bulk(text: &str) -> Vec<u8> {
    format!("${}\r\n{text}\r\n", text.len()).into_bytes()
}

/// A number as an answer.
pub(super) fn integer(number: usize) -> Vec<u8> {
    format!(":{number}\r\n").into_bytes()
}

/// Several answers as one.
pub(super) fn array(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = parts.into_iter().collect();
    [format!("*{}\r\n", parts.len()).into_bytes(), parts.concat()].concat()
}

/// Takes the words of the first request out of what has arrived. `None` until it is whole.
fn take_request(arrived: &mut Vec<u8>) -> Option<Vec<String>> {
    let mut at = 0;
    let words = take_number(arrived, &mut at)?;
    let mut request = Vec::new();
    for _ in 0..words {
        let length = take_number(arrived, &mut at)?;
        let word = arrived.get(at..at + length)?;
        request.push(String::from_utf8_lossy(word).into_owned());
        at += length + "\r\n".len();
    }
    if arrived.len() < at {
        return None;
    }
    arrived.drain(..at);
    Some(request)
}

/// The number in the line at `at`, after the character for its kind, and the place behind that line.
fn take_number(arrived: &[u8], at: &mut usize) -> Option<usize> {
    let rest = arrived.get(*at..)?;
    let end = rest.windows(2).position(|ends| ends == b"\r\n")?;
    *at += end + 2;
    std::str::from_utf8(rest.get(1..end)?).ok()?.parse().ok()
}
