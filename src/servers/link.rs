//! One connection to a Redis node or a Sentinel, over whatever [`Dial`] gives.

use std::net::SocketAddrV4;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, RedisConnectionInfo, RedisError, Value};
use tokio_util::task::AbortOnDropHandle;

use super::ServerError;
use crate::dial::{Dial, Stream, Target};
use crate::spec::{ClusterName, NodeId, Secret};
use crate::tls::{Trust, secured};

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
    connection: MultiplexedConnection,
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
        Self::open_at(dialer, cluster, peer.node, Target::Network(peer.address), login).await
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
        let connected = async { secured(login.trust, dialer.dial(cluster, target).await?).await };
        let stream = connected.await.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        Self::over(stream, &login.info()).await.map_err(|error| failed(node, "AUTH", error))
    }

    /// A connection to a server outside of the cluster, without a login. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn outside(stream: Box<dyn Stream>) -> Result<Self, RedisError> {
        Self::over(stream, &RedisConnectionInfo::default().set_skip_set_lib_name()).await
    }

    async fn over(stream: Box<dyn Stream>, login: &RedisConnectionInfo) -> Result<Self, RedisError> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) = MultiplexedConnection::new_with_config(login, stream, config).await?;
        let driver = Arc::new(AbortOnDropHandle::new(tokio::spawn(driver)));
        Ok(Self { connection, _driver: driver })
    }

    /// Sends commands together and waits for all replies. The reply of a refused command is a [`Value::ServerError`].
    ///
    /// # Errors
    /// The connection broke.
    pub async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        self.connection.clone().send_packed_commands(pipeline, 0, pipeline.len()).await
    }
}

/// The error of a command: refused by the server, or lost with the connection.
pub fn failed(node: NodeId, command: &str, error: RedisError) -> ServerError {
    if error.is_io_error() {
        return ServerError::Connect { node, source: error.into() };
    }
    ServerError::Refused { node, command: command.to_owned(), source: error.into() }
}
