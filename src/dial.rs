//! Connections to the servers of a cluster.
//!
//! On a local Linux Engine their addresses can be dialled. Behind Docker Desktop or on a remote Engine they cannot, and
//! a relay inside a container carries the bytes.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::spec::{ClusterName, NodeId};

/// A connection to a server, whatever carries it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The server to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A server of a node, at its address on the cluster's network or on its host.
    Node(NodeId, SocketAddrV4),
    /// A server outside of the cluster, at an address that its network leads to.
    Network(SocketAddrV4),
    /// A port that a node publishes on the Engine's host, as clients there use it.
    Published(SocketAddr),
}

/// Opens connections to the servers of a cluster. It sets no deadline: the caller does.
pub trait Dial: Send + Sync {
    /// Connects to a server.
    ///
    /// # Errors
    /// What `connect` says, or that no running container can carry the bytes.
    fn dial<'a>(&'a self, cluster: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>>;

    /// Whether published ports can be tried from here, that is, whether this is the Engine's host. From elsewhere a
    /// port that does not answer is no fault of the cluster.
    fn tries_published<'a>(&'a self, cluster: &'a ClusterName) -> BoxFuture<'a, bool>;

    /// How much longer than the server itself a connection may take to open. A relay is a process that the Engine has
    /// to start first.
    fn detour(&self) -> Duration {
        Duration::ZERO
    }
}

impl<T: Dial + ?Sized> Dial for Arc<T> {
    fn dial<'a>(&'a self, cluster: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        (**self).dial(cluster, target)
    }

    fn tries_published<'a>(&'a self, cluster: &'a ClusterName) -> BoxFuture<'a, bool> {
        (**self).tries_published(cluster)
    }

    fn detour(&self) -> Duration {
        (**self).detour()
    }
}

/// Opens connections to addresses that can be dialled from here, as those of local containers on Linux.
#[derive(Clone, Copy, Debug)]
pub struct Direct;

impl Dial for Direct {
    fn dial<'a>(&'a self, _: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let (Target::Node(_, address) | Target::Network(address)) = target else {
                return Err(io::Error::other("the inside of a container cannot be dialled"));
            };
            let stream = TcpStream::connect(SocketAddr::V4(address)).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn tries_published<'a>(&'a self, _: &'a ClusterName) -> BoxFuture<'a, bool> {
        Box::pin(async { false })
    }
}
