//! What has to be known of the world around a cluster before it is changed.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::Result;
use crate::cluster::desired::Program;
use crate::dial::Stream;
use crate::spec::Spec;

/// How a trial went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried<T> {
    /// The server serves; what it was asked.
    Served(T),
    /// The server ended; the end of what it said.
    Ended(String),
}

/// Looks around, and tries what can be tried without a change to any cluster.
pub trait Probes: Send + Sync + 'static {
    /// Starts a server that is thrown away, with this configuration, on no network, and asks it something. It is an error
    /// when the server neither serves nor ends.
    fn try_out<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> impl Future<Output = Result<Tried<T>>>;

    /// Connects to a server as the nodes of a cluster would that is not there yet: from inside a container of this image. It
    /// lasts as long as `question` takes. What the server does is `question`'s affair.
    fn dial_from<T>(
        &self,
        image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> impl Future<Output = Result<T>>;

    /// The network of another's containers that an address is on, and the address of the host there: Docker keeps bridges
    /// apart. `None` for an address of no network, of the host itself, or of the network that the cluster is on, whoever made
    /// that.
    fn foreign_network(
        &self,
        spec: &Spec,
        address: Ipv4Addr,
    ) -> impl Future<Output = Result<Option<(String, Ipv4Addr)>>> + Send;

    /// Whether this program and the containers are on the same host, so that what one reaches the other does as well.
    fn is_local(&self) -> bool;
}
