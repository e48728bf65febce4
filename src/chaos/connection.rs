//! One connection of a measuring client. It knows when bytes were sent, and which node is at the other end.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::clock::Clock;
use super::history::OpError;
use super::resp::{self, Reply};
use crate::dial::Stream;
use crate::spec::Secret;
use crate::tls::{Trust, secured};

/// Who a client is.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The ACL user; `None` for the default user.
    pub user: Option<String>,
    /// The password; `None` where the server asks for none.
    pub password: Option<Secret>,
    /// Whose servers get it; `None` for a connection that is not encrypted.
    pub trust: Option<Trust>,
}

impl Credentials {
    fn command(&self, out: &mut Vec<u8>) -> usize {
        let Some(password) = &self.password else { return 0 };
        let password = password.expose().as_bytes();
        match &self.user {
            Some(user) => resp::command(out, &[b"AUTH", user.as_bytes(), password]),
            None => resp::command(out, &[b"AUTH", password]),
        }
        1
    }
}

/// The names of the nodes by address.
pub type Names = Arc<BTreeMap<SocketAddr, String>>;

/// An open, logged-in connection.
pub struct Connection {
    stream: Box<dyn Stream>,
    input: BytesMut,
    clock: Clock,
    /// The node at the other end, by its own answer. In TCP mode a proxied connection stays with one node for life.
    pub node: Option<String>,
}

/// How far an exchange went. It survives the deadline that cuts the exchange off.
#[derive(Debug, Default)]
pub struct Exchange {
    /// When the first byte was handed to the operating system.
    pub sent: Option<u64>,
    /// The answers so far, each with its time of arrival.
    pub replies: Vec<(u64, Reply)>,
}

impl Connection {
    /// Logs in on a fresh stream and asks the node for its address. The caller sets the deadline.
    ///
    /// # Errors
    /// Closed, or the login was refused. No byte of an operation has been sent then.
    pub async fn open(
        stream: Box<dyn Stream>,
        login: &Credentials,
        names: &Names,
        clock: Clock,
    ) -> Result<Self, OpError> {
        let stream = secured(login.trust.as_ref(), stream).await.map_err(|_| OpError::Closed)?;
        let mut connection = Self { stream, input: BytesMut::with_capacity(4096), clock, node: None };
        let mut hello = Vec::new();
        let logins = login.command(&mut hello);
        resp::command(&mut hello, &[b"CLIENT", b"INFO"]);
        let mut progress = Exchange::default();
        connection.exchange(&hello, logins + 1, &mut progress).await?;
        for (_, reply) in &progress.replies {
            match reply {
                Reply::Error(text) if is_refused_login(text) => return Err(OpError::Auth),
                // A server before 6.2 does not know `CLIENT INFO`; then the node stays unknown.
                reply => connection.node = reply.text().and_then(|info| node_of(&info, names)).or(connection.node),
            }
        }
        Ok(connection)
    }

    /// Sends commands and waits for this many answers. Cancelling it leaves the connection unusable.
    ///
    /// # Errors
    /// The connection broke; `progress` says how far it went.
    pub async fn exchange(&mut self, out: &[u8], answers: usize, progress: &mut Exchange) -> Result<(), OpError> {
        let mut rest = out;
        while !rest.is_empty() {
            let before = self.clock.now();
            let written = self.stream.write(rest).await.map_err(|_| OpError::Closed)?;
            if written == 0 {
                return Err(OpError::Closed);
            }
            progress.sent.get_or_insert(before);
            rest = &rest[written..];
        }
        self.stream.flush().await.map_err(|_| OpError::Closed)?;
        while progress.replies.len() < answers {
            let reply = self.reply().await?;
            progress.replies.push((self.clock.now(), reply));
        }
        Ok(())
    }

    /// Reads the next answer, or the next message of a subscription.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn reply(&mut self) -> Result<Reply, OpError> {
        loop {
            if let Some(reply) = self.buffered()? {
                return Ok(reply);
            }
            if !self.fill().await? {
                return Err(OpError::Closed);
            }
        }
    }

    /// Takes an answer that has already arrived.
    ///
    /// # Errors
    /// What arrived is not the protocol.
    pub fn buffered(&mut self) -> Result<Option<Reply>, OpError> {
        resp::take(&mut self.input).map_err(|_| OpError::Other)
    }

    /// Waits until more bytes have arrived. `false` when the other side closed. It may be cancelled at any time.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn fill(&mut self) -> Result<bool, OpError> {
        // What the operating system did not take the last time goes first.
        let _ = self.stream.flush().now_or_never();
        let bytes = self.stream.read_buf(&mut self.input).await.map_err(|_| OpError::Closed)?;
        Ok(bytes > 0)
    }

    /// Hands bytes to the operating system as far as it takes them without waiting.
    ///
    /// # Errors
    /// The connection broke.
    pub fn write_now(&mut self, out: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(out).now_or_never().unwrap_or(Ok(0))?;
        // Encrypted bytes may have been kept until now. If they cannot be sent, the next call says so.
        let _ = self.stream.flush().now_or_never();
        Ok(written)
    }

    /// Whether an idle connection is still good: nothing has arrived on it, not even its end.
    pub fn is_idle(&mut self) -> bool {
        self.input.is_empty() && self.stream.read_buf(&mut self.input).now_or_never().is_none()
    }
}

/// Whether an error refuses a login, or complains that there was none.
pub fn is_refused_login(error: &str) -> bool {
    ["NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH"]
        .iter()
        .any(|start| error.starts_with(start))
}

/// The name of the node in this `CLIENT INFO`, or its address where it has no name.
fn node_of(client_info: &str, names: &Names) -> Option<String> {
    let address = client_info.split_whitespace().find_map(|field| field.strip_prefix("laddr="))?;
    let name = address.parse().ok().and_then(|address: SocketAddr| names.get(&address).cloned());
    Some(name.unwrap_or_else(|| address.to_owned()))
}
