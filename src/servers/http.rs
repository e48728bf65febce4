//! Questions over HTTP: one request, and the answer until the end of the connection.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ServerError;
use super::error::unexpected;
use super::link::Peer;
use crate::dial::{Dial, Stream, Target};
use crate::spec::{ClusterName, NodeId, Secret};

/// The longest answer that is read, in bytes. 20 groups of 32 nodes make statistics of some 700 kB.
const ANSWER_MAX: u64 = 4 << 20;

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
    let HttpQuestion { path, command, login } = asked;
    let login = login.map_or_else(String::new, |BasicLogin { user, password }| {
        format!("Authorization: Basic {}\r\n", BASE64.encode(format!("{user}:{}", password.expose())))
    });
    let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n{login}\r\n", peer.node);
    let answer = exchange(dialer, cluster, peer.node, Target::Network(peer.address), &request).await?;
    let answered = Response::parse(&answer).ok_or_else(|| unexpected(peer.node, command, "no HTTP in it"))?;
    if answered.status.split(' ').nth(1) == Some("200") {
        return Ok(answered.body);
    }
    let (command, source) = (command.to_owned(), anyhow::anyhow!("{}", answered.status));
    Err(ServerError::Refused { node: peer.node, command, source })
}

/// An answer over HTTP.
struct Response {
    /// The status line: `HTTP/1.1 200 OK`.
    status: String,
    /// The content, with chunks already joined.
    body: String,
}

impl Response {
    /// Parses a complete answer. HAProxy sends its statistics in chunks also to a client of HTTP/1.0, which does not
    /// know them.
    fn parse(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]);
        let (status, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
        let chunked = headers.to_ascii_lowercase().lines().any(|line| line == "transfer-encoding: chunked");
        let rest = &answer[end + 4..];
        let body = if chunked { unchunked(rest)? } else { rest.to_vec() };
        Some(Self { status: status.to_owned(), body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Joins the chunks of an answer.
///
/// Each chunk is its length in hexadecimal digits on a line, its bytes, and a line end; the last is empty.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|bytes| bytes == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        let chunk = rest.get(line + 2..)?;
        body.extend_from_slice(chunk.get(..length)?);
        rest = chunk.get(length + 2..)?;
    }
}

/// [`ask`] over a new connection.
async fn exchange(
    dialer: &dyn Dial,
    cluster: &ClusterName,
    node: NodeId,
    target: Target,
    request: &str,
) -> Result<Vec<u8>, ServerError> {
    let answered = async { ask(dialer.dial(cluster, target).await?, request).await };
    answered.await.map_err(|source| ServerError::Connect { node, source: source.into() })
}

/// Sends a request and reads to the end of the connection.
pub async fn ask(mut stream: Box<dyn Stream>, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_whole_or_in_chunks() {
        let parse = |answer: &str| Response::parse(answer.as_bytes()).map(|response| response.body);
        assert_eq!(parse("HTTP/1.0 200 OK\r\n\r\nab\r\n").as_deref(), Some("ab\r\n"));
        let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab,\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(parse(chunks).as_deref(), Some("ab,0123456789"));
        assert_eq!(parse(&chunks[..chunks.len() - 9]), None, "cut off");
        assert_eq!(parse("-ERR"), None);
    }
}
