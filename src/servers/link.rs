//! One connection to a Redis node or a Sentinel, over whatever [`Dial`] gives.

use std::net::SocketAddrV4;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Arg, AsyncConnectionConfig, Pipeline, RedisConnectionInfo, RedisError, Value};
use tokio_util::task::AbortOnDropHandle;

use super::ServerError;
use crate::dial::{Dial, Stream, Target};
use crate::spec::encryption::{ShownCertificate, Validity};
use crate::spec::{ClusterName, NodeId, Secret};
use crate::tls::{Trust, takes_plain};
use crate::trace::OpenCall;

/// Commands that say only with their second word what they do.
const CONTAINERS: [&[u8]; 10] =
    [b"ACL", b"CLIENT", b"CLUSTER", b"CONFIG", b"DEBUG", b"FUNCTION", b"MEMORY", b"MODULE", b"SCRIPT", b"SENTINEL"];

/// The user and password of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// The user of the access control list.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a Secret,
    /// Whose servers get it; `None` for a connection that is not encrypted.
    pub trust: Option<&'a Trust>,
}

impl Login<'_> {
    /// RESP2, which every version speaks. No library name, which Sentinels and Redis before 7.2 refuse.
    fn info(self) -> RedisConnectionInfo {
        let info = RedisConnectionInfo::default().set_skip_set_lib_name();
        info.set_username(self.user).set_password(self.password.expose())
    }
}

/// A server: its node for messages, and its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub node: NodeId,
    /// Its address and port on the cluster's network.
    pub address: SocketAddrV4,
}

/// An open, logged-in connection. Clones share it; the last one to be dropped closes it.
#[derive(Clone)]
pub struct Link {
    /// The node at its end; `None` for a server outside of the cluster.
    node: Option<NodeId>,
    connection: MultiplexedConnection,
    /// The certificate that the server showed when it was opened; `None` without TLS.
    shown: Option<ShownCertificate>,
    _driver: Arc<AbortOnDropHandle<()>>,
}

impl Link {
    /// Connects and logs in. The caller sets the deadline: a paused node accepts a connection and then says nothing.
    ///
    /// # Errors
    /// No connection, or the login was refused.
    pub async fn open(
        dialer: &dyn Dial,
        cluster: &ClusterName,
        peer: Peer,
        login: Login<'_>,
    ) -> Result<Self, ServerError> {
        Self::open_at(dialer, cluster, peer.node, Target::Node(peer.node, peer.address), login).await
    }

    /// [`Link::open`] at another address than the node's own.
    ///
    /// # Errors
    /// As there.
    pub async fn open_at(
        dialer: &dyn Dial,
        cluster: &ClusterName,
        node: NodeId,
        target: Target,
        login: Login<'_>,
    ) -> Result<Self, ServerError> {
        let connected = async {
            let trust = match login.trust {
                Some(trust) if trust.is_turning() && takes_plain(dialer.dial(cluster, target).await?).await? => None,
                trust => trust,
            };
            let stream = dialer.dial(cluster, target).await?;
            match trust {
                Some(trust) => trust.secure(stream).await,
                None => Ok((stream, None)),
            }
        };
        let (stream, shown) = connected.await.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        let link = Self::over(Some(node), stream, &login.info()).await.map_err(|error| failed(node, "AUTH", error))?;
        Ok(Self { shown, ..link })
    }

    /// The certificate that the server showed; `None` without TLS.
    pub const fn shown(&self) -> Option<&ShownCertificate> {
        self.shown.as_ref()
    }

    /// Whether the server may show another certificate by now, because this one is renewed.
    pub fn has_old_certificate(&self) -> bool {
        self.shown().is_some_and(|shown| shown.validity != Validity::Ample)
    }

    /// A connection to a server outside of the cluster, without a login. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn outside(stream: Box<dyn Stream>) -> Result<Self, RedisError> {
        Self::over(None, stream, &RedisConnectionInfo::default().set_skip_set_lib_name()).await
    }

    async fn over(
        node: Option<NodeId>,
        stream: Box<dyn Stream>,
        login: &RedisConnectionInfo,
    ) -> Result<Self, RedisError> {
        let call = OpenCall::begin(name(node), || "a connection".to_owned());
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) = MultiplexedConnection::new_with_config(login, stream, config).await?;
        call.answered();
        let driver = Arc::new(AbortOnDropHandle::new(tokio::spawn(driver)));
        Ok(Self { node, connection, shown: None, _driver: driver })
    }

    /// Sends commands together and waits for all replies. The reply of a refused command is a [`Value::ServerError`].
    ///
    /// # Errors
    /// The connection broke.
    pub async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        let call = OpenCall::begin(name(self.node), || names(pipeline));
        let replies = self.connection.clone().send_packed_commands(pipeline, 0, pipeline.len()).await?;
        call.answered();
        Ok(replies)
    }
}

/// The target of a call, for the log of calls.
fn name(node: Option<NodeId>) -> String {
    node.map_or_else(|| "a server".to_owned(), |node| node.to_string())
}

/// The names of commands, without their arguments, which may be passwords: `INFO, CONFIG GET`.
fn names(pipeline: &Pipeline) -> String {
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let mut names: Vec<String> = Vec::new();
    for command in pipeline.cmd_iter() {
        let mut words =
            command.args_iter().filter_map(|word| if let Arg::Simple(word) = word { Some(word) } else { None });
        let first = words.next().unwrap_or_default();
        let name = match words.next().filter(|_| CONTAINERS.contains(&first)) {
            Some(second) => format!("{} {}", text(first), text(second)),
            None => text(first),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// The error of a command: refused by the server, or lost with the connection.
pub fn failed(node: NodeId, command: &str, error: RedisError) -> ServerError {
    if error.is_io_error() {
        return ServerError::Connect { node, source: error.into() };
    }
    ServerError::Refused { node, command: command.to_owned(), source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_commands_has_no_argument() {
        let mut pipeline = redis::pipe();
        pipeline.cmd("AUTH").arg("default").arg("secret");
        for user in ["a", "b"] {
            pipeline.cmd("ACL").arg("SETUSER").arg(user).arg(">secret");
        }
        pipeline
            .cmd("SENTINEL")
            .arg("SET")
            .arg("mymaster")
            .arg("auth-pass")
            .arg("secret")
            .cmd("SET")
            .arg("key")
            .arg("x");
        assert_eq!(names(&pipeline), "AUTH, ACL SETUSER, SENTINEL SET, SET");
    }
}
