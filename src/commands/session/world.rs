//! The world of verbs: Docker, or memory in tests.

use std::io;
use std::sync::Arc;

use crate::chaos::watchdog;
use crate::engine::docker::{self, DockerEngine};
use crate::engine::fleet::Fleet;
use crate::engine::{Engine, EngineError};
use crate::servers::Servers;
use crate::servers::client::Client;
use crate::spec::{Hosts, Secrets, Spec};

/// An Engine, and the servers in its containers.
pub trait World: Clone + Send + Sync + 'static {
    /// The Engine of this world.
    type Engine: Engine;
    /// The servers of a cluster.
    type Servers: Servers;

    /// Prepares the connections to the Engines of `hosts`, without hosts to that at `address`, or else to the user's own. It
    /// makes no call yet.
    ///
    /// # Errors
    /// That is not the address of an Engine.
    fn open(&self, address: Option<&str>, hosts: &Hosts) -> Result<Self::Engine, EngineError>;

    /// The servers of a cluster.
    fn servers(engine: &Arc<Self::Engine>, spec: &Spec, secrets: &Secrets) -> Self::Servers;

    /// Starts a process that undoes a fault if this one is killed, with the Engines that [`World::open`] has.
    ///
    /// # Errors
    /// No process can be started.
    fn watchdog(address: Option<&str>, hosts: &Hosts, fault: &str) -> io::Result<()>;
}

/// Docker Engines, with real servers.
#[derive(Clone, Copy)]
pub struct Docker;

impl World for Docker {
    type Engine = Fleet<DockerEngine>;
    type Servers = Client;

    fn open(&self, address: Option<&str>, hosts: &Hosts) -> Result<Self::Engine, EngineError> {
        Fleet::new(docker::open, address, hosts)
    }

    fn servers(engine: &Arc<Self::Engine>, spec: &Spec, secrets: &Secrets) -> Client {
        Client::new(engine.clone(), spec.clone(), secrets.clone())
    }

    fn watchdog(address: Option<&str>, hosts: &Hosts, fault: &str) -> io::Result<()> {
        watchdog::spawn(address, hosts, fault)
    }
}
