//! Questions over HTTP, one after the other over a connection that may stay open.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ServerError;
use super::error::unexpected;
use super::link::Peer;
use crate::dial::{Dial, Stream, Target};
use crate::spec::render::basic_login;
use crate::spec::{ClusterName, NodeId, Secret};
use crate::trace::OpenCall;

/// The longest answer that is read, in bytes. 20 groups of 32 nodes make statistics of some 700 kB.
const ANSWER_MAX: usize = 4 << 20;

/// A user and its password.
#[derive(Clone, Copy, Debug)]
pub struct BasicLogin<'a> {
    /// The name of the user.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a Secret,
}

/// What to ask for.
#[derive(Clone, Copy)]
pub struct HttpQuestion<'a> {
    pub path: &'a str,
    /// What messages call it.
    pub command: &'a str,
    pub login: Option<BasicLogin<'a>>,
}

/// Reads one page. The caller sets the deadline.
///
/// # Errors
/// No connection, a refusal, or an answer that is not HTTP.
pub async fn get(
    dialer: &dyn Dial,
    cluster: &ClusterName,
    peer: Peer,
    asked: HttpQuestion<'_>,
) -> Result<String, ServerError> {
    HttpLink::open(dialer, cluster, peer).await?.get(asked).await
}

/// A connection that takes one question after the other.
pub struct HttpLink {
    node: NodeId,
    stream: Box<dyn Stream>,
    is_open: bool,
}

impl HttpLink {
    /// Connects. The caller sets the deadline.
    ///
    /// # Errors
    /// No connection.
    pub async fn open(dialer: &dyn Dial, cluster: &ClusterName, peer: Peer) -> Result<Self, ServerError> {
        let node = peer.node;
        let dialled = dialer.dial(cluster, Target::Node(node, peer.address)).await;
        let stream = dialled.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        Ok(Self { node, stream, is_open: true })
    }

    /// Whether the server kept it open after its last answer.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Reads one page. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke, a refusal, or an answer that is not HTTP.
    pub async fn get(&mut self, asked: HttpQuestion<'_>) -> Result<String, ServerError> {
        let HttpQuestion { path, command, login } = asked;
        let node = self.node;
        let login = login.map_or_else(String::new, |BasicLogin { user, password }| {
            format!("Authorization: Basic {}\r\n", basic_login(user, password))
        });
        self.is_open = false;
        let call = OpenCall::begin(node, || format!("GET {path}"));
        let answered = self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: {node}\r\n{login}\r\n")).await;
        let answered = answered.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        let answered = answered.ok_or_else(|| unexpected(node, command, "no HTTP in it"))?;
        call.answered();
        self.is_open = answered.keeps_open;
        if answered.status.split(' ').nth(1) == Some("200") {
            return Ok(answered.body);
        }
        let (command, source) = (command.to_owned(), anyhow::anyhow!("{}", answered.status));
        Err(ServerError::Refused { node, command, source })
    }

    /// Sends a request and reads its answer; `None` for one that is cut off, too long, or not HTTP.
    async fn exchange(&mut self, request: &str) -> io::Result<Option<Response>> {
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.flush().await?;
        let mut answer = PartialResponse::default();
        loop {
            let has_ended = self.stream.read_buf(&mut answer.bytes).await? == 0;
            let response = answer.response(has_ended);
            if response.is_some() || has_ended || answer.bytes.len() > ANSWER_MAX {
                return Ok(response);
            }
        }
    }
}

/// An answer over HTTP.
struct Response {
    /// The status line: `HTTP/1.1 200 OK`.
    status: String,
    /// The content, with chunks already joined.
    body: String,
    /// Whether the connection stays open for another question.
    keeps_open: bool,
}

/// An answer over HTTP, as far as it was read. What was parsed once is not parsed again.
#[derive(Default)]
struct PartialResponse {
    bytes: Vec<u8>,
    head: Option<Head>,
}

/// The lines before the content.
struct Head {
    status: String,
    extent: Extent,
    /// Whether the server says that it closes the connection.
    closes: bool,
}

/// What tells where the content ends, and how far that is known.
enum Extent {
    /// Its first byte and the one after its last, by `Content-Length`.
    Until { from: usize, to: usize },
    /// The chunks read so far, and the place of the next one.
    Chunks { body: Vec<u8>, next: usize },
    /// The end of the connection. The content begins at this place.
    Connection(usize),
}

impl PartialResponse {
    /// The response; `None` where it is not complete. It can be taken once.
    fn response(&mut self, has_ended: bool) -> Option<Response> {
        if self.head.is_none() {
            self.head = Some(Head::parse(&self.bytes)?);
        }
        let head = self.head.as_mut()?;
        let body = match &mut head.extent {
            Extent::Until { from, to } => self.bytes.get(*from..*to)?.to_vec(),
            Extent::Chunks { body, next } => {
                join_chunks(&self.bytes, body, next)?;
                std::mem::take(body)
            }
            Extent::Connection(from) if has_ended => self.bytes.get(*from..)?.to_vec(),
            Extent::Connection(_) => return None,
        };
        let keeps_open = !has_ended && !head.closes;
        Some(Response { status: head.status.clone(), body: String::from_utf8_lossy(&body).into_owned(), keeps_open })
    }
}

impl Head {
    /// Parses the head at the beginning of an answer; `None` where it is not complete.
    fn parse(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]);
        let (status, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
        let headers = headers.to_ascii_lowercase();
        let header = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let from = end + 4;
        let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
        let extent = match (header("transfer-encoding"), length) {
            (Some("chunked"), _) => Extent::Chunks { body: Vec::new(), next: from },
            (_, Some(length)) => Extent::Until { from, to: from.checked_add(length)? },
            _ => Extent::Connection(from),
        };
        let closes = !status.starts_with("HTTP/1.1") || header("connection") == Some("close");
        Some(Self { status: status.to_owned(), extent, closes })
    }
}

/// Appends the chunks that are complete to `body`, and returns `Some` after the last one.
///
/// Each chunk is its length in hexadecimal digits on a line, its bytes, and a line end. The last one is empty; an empty line
/// ends the answer.
fn join_chunks(answer: &[u8], body: &mut Vec<u8>, next: &mut usize) -> Option<()> {
    loop {
        let rest = answer.get(*next..)?;
        let line = rest.windows(2).position(|bytes| bytes == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        let from = line + 2;
        let to = from.checked_add(length)?;
        if rest.get(to..to.checked_add(2)?)? != b"\r\n" {
            return None;
        }
        if length == 0 {
            return Some(());
        }
        body.extend_from_slice(&rest[from..to]);
        *next += to + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an answer that comes in pieces.
    fn read(pieces: &[&str], has_ended: bool) -> Option<Response> {
        let mut answer = PartialResponse::default();
        for (at, piece) in pieces.iter().enumerate() {
            answer.bytes.extend_from_slice(piece.as_bytes());
            let is_last = at + 1 == pieces.len();
            let response = answer.response(has_ended && is_last);
            assert!(is_last || response.is_none(), "it is complete after '{piece}'");
            if is_last {
                return response;
            }
        }
        None
    }

    #[test]
    fn an_answer_that_comes_byte_by_byte_ends_with_its_last_byte() {
        for answer in [
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab,\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\nab,0123456789",
        ] {
            let pieces: Vec<&str> = (0..answer.len()).map(|at| &answer[at..=at]).collect();
            let response = read(&pieces, false).expect("a response");
            assert_eq!((&*response.body, response.keeps_open), ("ab,0123456789", true));
        }
    }

    #[test]
    fn an_answer_comes_whole_or_in_chunks() {
        let parse = |answer: &str| read(&[answer], true).map(|response| response.body);
        assert_eq!(parse("HTTP/1.0 200 OK\r\n\r\nab\r\n").as_deref(), Some("ab\r\n"));
        let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab,\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(parse(chunks).as_deref(), Some("ab,0123456789"));
        assert_eq!(parse(&chunks[..chunks.len() - 9]), None, "cut off");
        assert_eq!(parse("-ERR"), None);
    }

    #[test]
    fn a_connection_stays_open_after_an_answer_whose_end_is_known() {
        let opens = |answer: &str| read(&[answer], false).map(|response| response.keeps_open);
        assert_eq!(opens("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), Some(true));
        assert_eq!(opens("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"), Some(true));
        assert_eq!(opens("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"), Some(false));
        assert_eq!(opens("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"), None, "the rest is on its way");
        assert_eq!(opens("HTTP/1.0 200 OK\r\n\r\nab"), None, "it lasts until the end");
    }
}
