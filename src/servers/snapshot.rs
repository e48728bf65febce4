//! The stream of a snapshot, as `redis-cli --rdb` asks for it: the server keeps no replication buffer for it.
//!
//! With `repl-diskless-sync yes`, which redos sets, the server writes nothing to its own disk.

use std::net::SocketAddrV4;
use std::time::Duration;

use redis::cmd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use super::ServerError;
use super::error::unexpected;
use super::reply::Info;
use crate::dial::{Dial, Stream, Target};
use crate::spec::images::Release;
use crate::spec::secret::user;
use crate::spec::{ClusterName, NodeId, Secrets};
use crate::tls::{Trust, secured};

/// Time limit of each answer before the snapshot begins.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a replica in sync may take to receive what its master had written.
const CAUGHT_UP: Duration = Duration::from_secs(10);
/// Time between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(20);
/// The longest answer to `INFO`.
const ANSWER_MAX: usize = 1024 * 1024;

/// The server of which a snapshot is asked.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotOf<'a> {
    pub node: NodeId,
    pub address: SocketAddrV4,
    /// The secrets of its cluster.
    pub secrets: &'a Secrets,
    /// The offset that it must have reached.
    pub offset: i64,
}

/// What the server says of itself right before the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFacts {
    pub release: Release,
    pub is_master: bool,
    pub replication_id: String,
    pub offset: i64,
    /// The number of keys in all databases.
    pub keys: u64,
    /// How many of them expire.
    pub expiring: u64,
    /// How many databases have keys.
    pub databases: usize,
    /// `used_memory` in bytes.
    pub used_memory: u64,
}

impl SnapshotFacts {
    fn of(info: &Info) -> Option<Self> {
        let (name, version) = info.server()?;
        let (mut keys, mut expiring, mut databases) = (0, 0, 0);
        for database in info.last_database().map(|last| 0..=last).into_iter().flatten() {
            let Some(line) = info.get(&format!("db{database}")) else { continue };
            let number = |field: &str| {
                let value = line.split(',').find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='));
                value.and_then(|value| value.parse::<u64>().ok()).unwrap_or_default()
            };
            keys += number("keys");
            expiring += number("expires");
            databases += 1;
        }
        Some(Self {
            release: Release { name: name.to_owned(), version: version.to_owned() },
            is_master: !info.is_replica(),
            replication_id: info.get("master_replid")?.to_owned(),
            offset: info.offset(),
            keys,
            expiring,
            databases,
            used_memory: info.read("used_memory").unwrap_or_default(),
        })
    }
}

/// Connects to a server, waits until it has reached the offset, and asks for a snapshot.
///
/// What is read from the stream then is the snapshot with its framing.
///
/// # Errors
/// The server cannot be reached, refuses, or does not get that far in time.
pub async fn open_snapshot(
    dialer: &dyn Dial,
    cluster: &ClusterName,
    of: SnapshotOf<'_>,
) -> Result<(Box<dyn Stream>, SnapshotFacts), ServerError> {
    let node = of.node;
    let trust = of.secrets.certificate().map(Trust::of);
    let dialled = async { secured(trust.as_ref(), dialer.dial(cluster, Target::Node(node, of.address)).await?).await };
    let stream = within(node, "connect", ANSWER + dialer.detour(), dialled).await?;
    let mut talk = Talk { stream, node };
    talk.ask("AUTH", cmd("AUTH").arg(user::ADMIN).arg(of.secrets.admin.expose())).await?;
    let deadline = Instant::now() + CAUGHT_UP;
    let facts = loop {
        let info = talk.ask("INFO", &cmd("INFO")).await?;
        let facts = SnapshotFacts::of(&Info::parse(&info)).ok_or_else(|| unexpected(node, "INFO", "no version"))?;
        if facts.offset >= of.offset {
            break facts;
        }
        if Instant::now() >= deadline {
            return Err(ServerError::Timeout { node, command: "INFO replication".to_owned(), limit: CAUGHT_UP });
        }
        sleep(LOOK).await;
    };
    talk.ask("REPLCONF rdb-only", cmd("REPLCONF").arg("rdb-only").arg(1)).await?;
    talk.ask("REPLCONF capa", cmd("REPLCONF").arg("capa").arg("eof")).await?;
    talk.tell("SYNC", &cmd("SYNC")).await?;
    Ok((talk.stream, facts))
}

async fn within<T>(
    node: NodeId,
    command: &str,
    limit: Duration,
    work: impl Future<Output = std::io::Result<T>>,
) -> Result<T, ServerError> {
    match timeout(limit, work).await {
        Ok(done) => done.map_err(|source| ServerError::Connect { node, source: source.into() }),
        Err(_) => Err(ServerError::Timeout { node, command: command.to_owned(), limit }),
    }
}

/// A connection that reads no byte beyond an answer.
struct Talk {
    stream: Box<dyn Stream>,
    node: NodeId,
}

impl Talk {
    async fn tell(&mut self, name: &str, command: &redis::Cmd) -> Result<(), ServerError> {
        let sent = async {
            self.stream.write_all(&command.get_packed_command()).await?;
            self.stream.flush().await
        };
        within(self.node, name, ANSWER, sent).await
    }

    /// The text of an answer. `name` is the command without secrets.
    async fn ask(&mut self, name: &str, command: &redis::Cmd) -> Result<String, ServerError> {
        self.tell(name, command).await?;
        let node = self.node;
        let line = within(node, name, ANSWER, self.line()).await?;
        match line.split_at_checked(1) {
            Some(("+", text)) => Ok(text.to_owned()),
            Some(("-", refusal)) => Err(ServerError::Refused {
                node,
                command: name.to_owned(),
                source: anyhow::anyhow!(refusal.to_owned()),
            }),
            Some(("$", length)) => {
                let length = length.parse().ok().filter(|length: &usize| *length <= ANSWER_MAX);
                let length = length.ok_or_else(|| unexpected(node, name, &line))?;
                let mut text = vec![0; length + 2];
                within(node, name, ANSWER, self.stream.read_exact(&mut text)).await?;
                text.truncate(length);
                Ok(String::from_utf8_lossy(&text).into_owned())
            }
            _ => Err(unexpected(node, name, line)),
        }
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") && line.len() < ANSWER_MAX {
            line.push(self.stream.read_u8().await?);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_all_databases_are_counted() {
        let info = "redis_version:7.0.15\nrole:slave\nmaster_replid:abc\nslave_repl_offset:42\nused_memory:1000\n\
                    db0:keys=3,expires=1,avg_ttl=0\ndb7:keys=2,expires=2,avg_ttl=5\n";
        let facts = SnapshotFacts::of(&Info::parse(info)).expect("facts");
        assert_eq!((facts.keys, facts.expiring, facts.databases), (5, 3, 2));
        assert_eq!((facts.is_master, facts.offset, facts.used_memory), (false, 42, 1000));
        assert_eq!(SnapshotFacts::of(&Info::parse("role:master")), None);
    }
}
