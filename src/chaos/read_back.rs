//! The final state: what a round wrote, read from the master and then removed.

use std::time::Duration;

use thiserror::Error;
use tokio::time::timeout;

use super::clock::Clock;
use super::connection::Connection;
use super::history::{ClientKind, FinalState, OpError, ReadBack};
use super::resp::Reply;
use super::subject::{Subject, SubjectServer, ask};
use super::workload::key;

/// Time limit for reading.
const LIMIT: Duration = Duration::from_secs(30);
/// Time limit for setting the times to live.
const EXPIRE_LIMIT: Duration = Duration::from_millis(500);
/// Entries of a list in one request.
const CHUNK: usize = 5000;

/// Why the final state could not be read. `Display` is the whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unread {
    #[error("{node} could not be read: {}", error.as_str())]
    Failed { node: String, error: OpError },
    #[error("{node} could not be read within {} s", LIMIT.as_secs())]
    Late { node: String },
}

/// Reads the final state of a round.
///
/// # Errors
/// The master could not be read to the end.
pub async fn read(subject: &Subject, master: &SubjectServer, prefix: &str, clock: Clock) -> Result<FinalState, Unread> {
    let reading = async {
        let mut connection = subject.connect(master, &subject.observer, clock).await?;
        let mut finals = FinalState::default();
        for client in [ClientKind::Lasting, ClientKind::Fresh, ClientKind::Pipeline] {
            let ids = list(&mut connection, &key::log(prefix, client), &mut finals.foreign).await?;
            finals.logs.insert(client, ids);
        }
        finals.queue = list(&mut connection, &key::queue(prefix), &mut finals.foreign).await?;
        finals.counter = match ask(&mut connection, &["GET", &key::counter(prefix)]).await? {
            Reply::Bulk(None) => 0,
            reply => reply.number().ok_or(OpError::Other)?,
        };
        finals.read_back = Some(ReadBack { at: clock.now(), node: master.name.clone() });
        Ok::<_, OpError>(finals)
    };
    match timeout(LIMIT, reading).await {
        Ok(Ok(finals)) => Ok(finals),
        Ok(Err(error)) => Err(Unread::Failed { node: master.name.clone(), error }),
        Err(_) => Err(Unread::Late { node: master.name.clone() }),
    }
}

async fn list(connection: &mut Connection, key: &str, foreign: &mut u64) -> Result<Vec<u64>, OpError> {
    let mut ids = Vec::new();
    let mut from = 0;
    loop {
        let to = from + CHUNK - 1;
        let reply = ask(connection, &["LRANGE", key, &from.to_string(), &to.to_string()]).await?;
        let Reply::Array(Some(entries)) = reply else { return Err(OpError::Other) };
        let read = entries.len();
        for entry in entries {
            match entry.number() {
                Some(id) => ids.push(id),
                None => *foreign += 1,
            }
        }
        if read < CHUNK {
            return Ok(ids);
        }
        from += CHUNK;
    }
}

/// All keys that a round writes.
fn keys(prefix: &str) -> [String; 5] {
    let [lasting, fresh, pipeline] =
        [ClientKind::Lasting, ClientKind::Fresh, ClientKind::Pipeline].map(|client| key::log(prefix, client));
    [lasting, fresh, pipeline, key::queue(prefix), key::counter(prefix)]
}

/// Gives the keys of a round a time to live, so that they vanish even if this redos is killed. A key keeps its time to
/// live when it is written to, and the replicas have it as well.
pub async fn expire(subject: &Subject, master: &SubjectServer, prefix: &str, after: Duration) {
    let seconds = after.as_secs().to_string();
    let asking = async {
        let mut connection = subject.connect(master, &subject.observer, Clock::start()).await?;
        for key in keys(prefix) {
            ask(&mut connection, &["EXPIRE", &key, &seconds]).await?;
        }
        Ok::<_, OpError>(())
    };
    // A key without a time to live is removed at the end of the round all the same.
    let _ = timeout(EXPIRE_LIMIT, asking).await;
}

/// Removes all keys of a round.
pub async fn remove(subject: &Subject, master: &SubjectServer, prefix: &str) {
    let keys = keys(prefix);
    let command: Vec<&str> = std::iter::once("UNLINK").chain(keys.iter().map(String::as_str)).collect();
    // The keys that stay have a time to live.
    let _ = subject.ask(master, &subject.observer, &command, LIMIT).await;
}
