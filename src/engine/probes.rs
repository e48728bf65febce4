//! Questions about the surroundings of a cluster, before it is changed.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::{Conflict, Result};
use crate::cluster::desired::{NodeSpec, Program};
use crate::cluster::hosts::EngineFacts;
use crate::dial::Stream;
use crate::spec::Spec;

/// The outcome of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried<T> {
    /// The server serves; what it was asked.
    Served(T),
    /// The server ended; the end of its output.
    Ended(String),
}

/// The outcome of an attempt to serve at ports of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoodIn<T> {
    /// The server was there.
    Served {
        /// What was found out meanwhile.
        answer: T,
        /// How much space the disk of the Engine has left, in bytes; `None` if it is not known.
        free: Option<u64>,
    },
    /// Something else has one of the ports.
    Taken(Conflict),
    /// The host does not have the address; in the words of the Engine.
    ForeignAddress(String),
}

/// A file that is read while it is sent.
pub struct FileStream {
    /// Its size in bytes.
    pub bytes: u64,
    pub reader: Box<dyn io::Read + Send>,
}

/// Data that a server loads at its start.
pub enum DataStream {
    /// An RDB, which has all data at one moment.
    Rdb(FileStream),
    /// Append-only files, in their order.
    AppendOnly(Vec<AppendOnlyStream>),
}

/// One of several append-only files.
pub struct AppendOnlyStream {
    pub file: FileStream,
    /// Whether it has the data from before the others.
    pub is_base: bool,
    /// Whether it is an RDB and nothing else.
    pub is_rdb: bool,
}

impl DataStream {
    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Rdb(file) => file.bytes,
            Self::AppendOnly(files) => files.iter().map(|file| file.file.bytes).sum(),
        }
    }
}

/// Looks around, and tries what can be tried without a change to any cluster.
pub trait Probes: Send + Sync + 'static {
    /// Starts a temporary server with this configuration, on no network, and asks it something.
    ///
    /// It is an error when the server neither serves nor ends.
    fn try_out<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> impl Future<Output = Result<Tried<T>>>;

    /// Makes and starts a temporary container with the limits, the log and the folders of a node, on no network.
    ///
    /// It is an error when the Engine refuses that.
    fn try_container(&self, spec: &Spec, node: &NodeSpec) -> impl Future<Output = Result<()>> + Send;

    /// Starts a temporary server that loads these data, on no network, and asks it something.
    ///
    /// The Engine removes it with its data, also if this ends early.
    fn try_load<T>(
        &self,
        program: &Program,
        configuration: &str,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> impl Future<Output = Result<Tried<T>>>;

    /// Connects to a server from inside a container of this image, as the nodes of a future cluster would.
    ///
    /// It lasts as long as `question` takes. What the server does is the concern of `question`.
    fn dial_from<T>(
        &self,
        image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> impl Future<Output = Result<T>>;

    /// Starts a temporary server that has these ports of the host and lets nobody in.
    ///
    /// It listens at the first of them, and lasts as long as `question` takes.
    fn stand_in<T>(
        &self,
        program: &Program,
        ports: &[SocketAddr],
        question: impl AsyncFnOnce() -> T,
    ) -> impl Future<Output = Result<StoodIn<T>>>;

    /// What the Engine says of itself and of its host, after it was greeted.
    fn engine_facts(&self) -> impl Future<Output = Result<EngineFacts>> + Send;

    /// The Docker network that an address is on, and the address of the host there.
    ///
    /// Docker isolates bridges from each other. `None` for an address of no network, of the host itself, or of the
    /// cluster's own network.
    fn foreign_network(
        &self,
        spec: &Spec,
        address: Ipv4Addr,
    ) -> impl Future<Output = Result<Option<(String, Ipv4Addr)>>> + Send;

    /// Whether this program and the containers are on the same host, so that both reach the same addresses.
    fn is_local(&self) -> bool;
}
