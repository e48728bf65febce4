//! What the agent does to a server as its client, from the server's own network namespace.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::error::TaskError;
use crate::dial::Stream;
use crate::spec::render::SECRETS_FILE;
use crate::spec::secret::user;
use crate::spec::{REDIS_PORT, SENTINEL_PORT, Secrets};
use crate::tls::{Trust, secured};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How long to wait for the answer to a write that should not come.
const SILENCE: Duration = Duration::from_millis(400);
/// Time between two attempts.
const POLL: Duration = Duration::from_millis(10);
/// A write that changes no data.
const WRITE: [&str; 2] = ["DEL", "redos:no-such-key"];
/// Connections that are opened, at most, to a server that should run out of memory. Redis takes 10,000.
const CROWD: usize = 8000;
/// How long such a server may take to be killed. A server that is short of memory is slow.
const KILLED: Duration = Duration::from_secs(60);
/// The most words of a request that Redis takes from a client that has not logged in.
///
/// Source: processMultibulkBuffer in networking.c.
const WORDS: usize = 10;
/// The most bytes of each of these words.
const WORD: usize = 16_384;

/// A server that lets its clients' writes wait.
pub struct WritesPaused;

impl WritesPaused {
    /// Lets writes wait, at most for `limit`, and sees that one does.
    ///
    /// # Errors
    /// The server has no such pause, or a write does not wait.
    pub async fn begin(lease: Duration) -> Result<(Self, String), TaskError> {
        let mut probe = RedisConnection::logged_in().await?;
        let no_writes = |why| TaskError::Impossible(format!("it took no writes even before the fault: {why}"));
        probe.ask(&WRITE).await.map_err(no_writes)?;
        let millis = lease.as_millis().to_string();
        RedisConnection::logged_in().await?.ask(&["CLIENT", "PAUSE", &millis, "WRITE"]).await?;
        match timeout(SILENCE, probe.ask(&WRITE)).await {
            Err(_) => Ok((Self, format!("a write waits for more than {} ms", SILENCE.as_millis()))),
            Ok(answer) => {
                let [answer, end] = [answer, Self.end().await].map(|done| done.unwrap_or_else(|why| why.to_string()));
                Err(TaskError::Measured(format!("a write does not wait but is answered: {answer}; after that {end}")))
            }
        }
    }

    /// Lets writes go on and sees that one does.
    ///
    /// A Sentinel's PUBLISH waits with the writes, and so do its commands behind it. The first command after the pause
    /// may thus be its order to become a replica, which closes all connections. An attempt that breaks is repeated.
    ///
    /// # Errors
    /// The server does not, or a write still waits.
    pub async fn end(self) -> Result<String, TaskError> {
        let deadline = Instant::now() + ANSWER;
        loop {
            match write_after_unpause().await {
                Ok(took) => return Ok(format!("a write is answered after {:.1} ms", took.as_secs_f64() * 1000.0)),
                Err(why) if Instant::now() >= deadline => return Err(why),
                Err(_) => sleep(POLL).await,
            }
        }
    }
}

/// Ends the pause. Returns how long a write took then.
async fn write_after_unpause() -> Result<Duration, TaskError> {
    let mut connection = RedisConnection::logged_in().await?;
    connection.ask(&["CLIENT", "UNPAUSE"]).await?;
    let began = Instant::now();
    match connection.ask(&WRITE).await {
        // A node that has become a replica refuses it, and at once.
        Err(why) if !why.is_readonly() => Err(why),
        Ok(_) | Err(_) => Ok(began.elapsed()),
    }
}

/// Opens connections to a server that is short of memory, until the kernel kills it. Each has a request that the server
/// must keep.
///
/// # Errors
/// It still runs.
pub async fn crowd(lease: Duration) -> Result<String, TaskError> {
    let began = Instant::now();
    let mut witness = TcpStream::connect(local(REDIS_PORT)).await;
    let port = if witness.is_ok() { REDIS_PORT } else { SENTINEL_PORT };
    if witness.is_err() {
        witness = TcpStream::connect(local(port)).await;
    }
    let witness = witness.map_err(TaskError::system("it cannot be reached"))?;
    let trust = trust()?;
    // All except its last bytes, so that the server waits for them.
    let word = format!("${WORD}\r\n{}\r\n", "x".repeat(WORD));
    let request = format!("*{WORDS}\r\n{}", word.repeat(WORDS)).into_bytes();
    let request = &request[..request.len() - 3];
    let (mut crowd, mut refusal) = (Vec::new(), None);
    let crowding = async {
        while crowd.len() < CROWD {
            let mut stream = secured(trust.as_ref(), Box::new(TcpStream::connect(local(port)).await?)).await?;
            stream.write_all(request).await?;
            stream.flush().await?;
            crowd.push(stream);
        }
        Ok::<(), io::Error>(())
    };
    let dying = async {
        // The server says nothing on its own: what comes is the end of the connection. A new connection does not tell it as
        // soon: while the server is being killed nothing answers, and the kernel repeats the request after 1, 3 and 7 s.
        tokio::select! {
            biased;
            _ = witness.readable() => return true,
            crowded = crowding => refusal = crowded.err(),
        }
        timeout(ANSWER, witness.readable()).await.is_ok()
    };
    let is_dead = timeout(KILLED.min(lease), dying).await.unwrap_or(false);
    let (connections, took) = (crowd.len(), began.elapsed().as_secs_f64());
    match refusal {
        _ if is_dead => Ok(format!("it died with {connections} connections, after {took:.1} s")),
        Some(cause) => {
            let what = format!("it accepts no more than {connections} connections and still runs");
            Err(TaskError::System { what, cause })
        }
        None => Err(TaskError::Measured(format!("it still runs with {connections} connections"))),
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whose certificates the servers of the cluster have; `None` without TLS.
fn trust() -> Result<Option<Trust>, TaskError> {
    Ok(own_secrets()?.certificate().map(Trust::of))
}

/// The passwords that the server keeps in its volume.
fn own_secrets() -> Result<Secrets, TaskError> {
    let text = fs::read_to_string(SECRETS_FILE)
        .map_err(TaskError::system("its volume does not hold the password that redos writes there"))?;
    serde_json::from_str(&text).map_err(|_| TaskError::Impossible(format!("{SECRETS_FILE} is not what redos wrote")))
}

/// A connection to a Redis node as the user `redos`.
struct RedisConnection(BufReader<Box<dyn Stream>>);

impl RedisConnection {
    /// Opens a connection with the password that the node keeps in its volume.
    async fn logged_in() -> Result<Self, TaskError> {
        let (secrets, trust) = (own_secrets()?, trust()?);
        let connecting =
            async { secured(trust.as_ref(), Box::new(TcpStream::connect(local(REDIS_PORT)).await?)).await };
        let stream = timeout(ANSWER, connecting).await;
        let stream = stream.map_err(io::Error::from).flatten().map_err(TaskError::system("it cannot be reached"))?;
        let mut connection = Self(BufReader::new(stream));
        connection.ask(&["AUTH", user::ADMIN, secrets.admin.expose()]).await?;
        Ok(connection)
    }

    /// Sends a command that has an answer of one line.
    async fn ask(&mut self, words: &[&str]) -> Result<String, TaskError> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        let asking = async {
            self.0.get_mut().write_all(request.as_bytes()).await?;
            self.0.get_mut().flush().await?;
            let mut line = String::new();
            match self.0.read_line(&mut line).await? {
                0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                _ => Ok(line),
            }
        };
        // The words may hold a password, but the first does not.
        let command = words.first().copied().unwrap_or_default();
        let answer = timeout(ANSWER, asking).await.map_err(io::Error::from).flatten();
        let answer = answer.map_err(TaskError::system(format!("it does not answer {command}")))?;
        let answer = answer.trim_end();
        match answer.strip_prefix('-') {
            Some(refused) => Err(TaskError::Refused { command: command.to_owned(), answer: refused.to_owned() }),
            None => Ok(answer.to_owned()),
        }
    }
}
