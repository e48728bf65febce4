//! What is tested: the nodes of one master group, its Sentinels and the path of the clients.

use std::collections::BTreeMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::timeout;

use super::clock::Clock;
use super::connection::{Connection, Credentials, Exchange, Names};
use super::history::OpError;
use super::resp::{self, Reply};
use crate::dial::{Dial, Target};
use crate::spec::ClusterName;

/// A server of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectServer {
    /// Its name in the history.
    pub name: String,
    /// The name of its container.
    pub container: String,
    /// Its address on the cluster's network.
    pub address: SocketAddrV4,
}

/// The servers that a test watches, and how it reaches them.
#[derive(Clone)]
pub struct Subject {
    /// Its name in the history.
    pub name: String,
    /// The name under which the Sentinels watch the group.
    pub group: String,
    pub nodes: Vec<SubjectServer>,
    pub sentinels: Vec<SubjectServer>,
    /// The address of the write port.
    pub write: SocketAddr,
    /// The address of the read port.
    pub read: Option<SocketAddr>,
    /// The login of the workload.
    pub client: Credentials,
    /// The login at Redis nodes of the watchers.
    pub observer: Credentials,
    /// The login at Sentinels of the watchers.
    pub sentinel: Credentials,
    /// Opens connections to the servers.
    pub dialer: Arc<dyn Dial>,
    /// The cluster that the dialer needs to know.
    pub cluster: ClusterName,
    /// How long a Sentinel waits before it considers the master down.
    pub down_after: Duration,
}

/// A server of the subject was asked in vain. `Display` is the whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    #[error("{server} does not answer '{command}'")]
    Silent { server: String, command: String },
    #[error("{server} cannot be asked '{command}': {}", error.as_str())]
    Failed { server: String, command: String, error: OpError },
    #[error("{server} refuses '{command}': {answer}")]
    Refused { server: String, command: String, answer: String },
}

impl Subject {
    /// The nodes' names by address.
    pub fn names(&self) -> Names {
        let named = self.nodes.iter().map(|node| (SocketAddr::V4(node.address), node.name.clone()));
        Arc::new(named.collect::<BTreeMap<SocketAddr, String>>())
    }

    /// The Redis node of this name.
    pub fn node(&self, name: &str) -> Option<&SubjectServer> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Opens a connection to a Redis node or a Sentinel for a watcher.
    ///
    /// # Errors
    /// No connection, or the login was refused.
    pub async fn connect(
        &self,
        server: &SubjectServer,
        login: &Credentials,
        clock: Clock,
    ) -> Result<Connection, OpError> {
        let stream = self.dialer.dial(&self.cluster, Target::Network(server.address)).await;
        let stream = stream.map_err(|_| OpError::Connect)?;
        // Sentinels before 7.0 do not know `CLIENT INFO`; nothing depends on it here.
        Connection::open(stream, login, &Names::default(), clock).await
    }

    /// Sends one command to a server over a new connection.
    ///
    /// # Errors
    /// No connection, no answer within the limit, or an error answer.
    pub async fn ask(
        &self,
        server: &SubjectServer,
        login: &Credentials,
        command: &[&str],
        limit: Duration,
    ) -> Result<Reply, AskError> {
        let asking = async {
            let mut connection = self.connect(server, login, Clock::start()).await?;
            ask(&mut connection, command).await
        };
        let asked = timeout(limit, asking).await;
        let (server, command) = (server.name.clone(), command.join(" "));
        match asked {
            Ok(Ok(Reply::Error(answer))) => Err(AskError::Refused { server, command, answer }),
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(AskError::Failed { server, command, error }),
            Err(_) => Err(AskError::Silent { server, command }),
        }
    }
}

/// Sends one command over a connection.
///
/// # Errors
/// The connection broke.
pub async fn ask(connection: &mut Connection, command: &[&str]) -> Result<Reply, OpError> {
    let mut wire = Vec::new();
    let parts: Vec<&[u8]> = command.iter().map(|part| part.as_bytes()).collect();
    resp::command(&mut wire, &parts);
    let mut progress = Exchange::default();
    connection.exchange(&wire, 1, &mut progress).await?;
    progress.replies.pop().map(|(_, reply)| reply).ok_or(OpError::Closed)
}
