//! A server in memory at the other end of a connection: as much of the protocol as a backup needs.

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

    /// Connects to it. It answers until the connection is closed.
    pub fn connect(self) -> DuplexStream {
        let (ours, theirs) = duplex(BUFFER);
        tokio::spawn(self.serve(theirs));
        ours
    }

    async fn serve(self, mut stream: DuplexStream) {
        let mut bytes = [0; BUFFER];
        while let Ok(read @ 1..) = stream.read(&mut bytes).await {
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let answers: Vec<u8> = commands(&text).flat_map(|name| self.answer(name)).collect();
            if stream.write_all(&answers).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, command: &str) -> Vec<u8> {
        match command {
            "INFO" => {
                let info = self.info();
                format!("${}\r\n{info}\r\n", info.len()).into_bytes()
            }
            "SYNC" => [format!("$EOF:{MARK}\r\n").as_bytes(), &self.data.rdb(), MARK.as_bytes()].concat(),
            _ => b"+OK\r\n".to_vec(),
        }
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

/// The names of the commands in a request. A command is an array of strings, each with a line before it.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = (0..lines.len()).filter(|line| lines[*line].starts_with('*')).collect::<Vec<_>>();
    begins.into_iter().filter_map(|line| text.lines().nth(line + 2))
}
