//! The handle on a Docker Engine, which all calls share.

use std::collections::HashMap;
use std::sync::{Mutex as BriefMutex, OnceLock};

use bollard::Docker;
use tokio::sync::{Mutex, OnceCell, Semaphore};

use super::about::About;
use super::endpoint::Endpoint;
use super::errors;
use crate::engine::{EngineError, Result};
use crate::spec::ClusterName;

/// A Docker Engine. It is meant to be shared, by `&` or in an `Arc`.
pub struct DockerEngine {
    pub(super) docker: Docker,
    pub(super) endpoint: Endpoint,
    /// What it said of itself when it was greeted.
    pub(super) about: OnceLock<About>,
    /// The memory of its host, in bytes, once it was asked for.
    memory: OnceCell<Option<u64>>,
    /// What this run writes into [`labels::RUN`].
    pub(super) run: String,
    /// Held while a container that publishes ports is started.
    pub(super) publishing: Mutex<()>,
    pub(super) ways: Ways,
}

impl DockerEngine {
    pub(super) fn new(docker: Docker, endpoint: Endpoint) -> Self {
        let run = format!("{:016x}", rand::random::<u64>());
        let (about, memory, publishing) = Default::default();
        let ways = Ways {
            found: Mutex::default(),
            devices: BriefMutex::default(),
            starting: Semaphore::new(RELAYS_STARTING_MAX),
        };
        Self { docker, endpoint, about, memory, run, publishing, ways }
    }

    /// How much memory the Engine's host has, in bytes.
    pub(super) async fn memory(&self) -> Result<Option<u64>> {
        let ask = async || {
            let host =
                self.docker.info().await.map_err(|error| self.failed("ask how much memory the host has", error))?;
            Ok(host.mem_total.and_then(|bytes| u64::try_from(bytes).ok()))
        };
        self.memory.get_or_try_init(ask).await.copied()
    }

    pub(super) fn failed(&self, operation: impl Into<String>, error: bollard::errors::Error) -> EngineError {
        errors::failed(&self.endpoint, operation, error)
    }
}

/// How many relays the Engine starts at a time.
///
/// Each costs it a process of its own, and a dialler that gives up takes back none that it has begun: without a limit, those
/// who try again and again at a busy host kept it busy with some 1600 of them.
const RELAYS_STARTING_MAX: usize = 8;

/// How the addresses of clusters are reached, found out once for each.
pub struct Ways {
    pub(super) found: Mutex<HashMap<ClusterName, Way>>,
    /// The device of the network of each, on the host of the Engine.
    pub(super) devices: BriefMutex<HashMap<ClusterName, String>>,
    /// Held while a relay starts.
    pub(super) starting: Semaphore,
}

/// How the addresses of one cluster are reached.
#[derive(Clone)]
pub enum Way {
    /// They can be dialled.
    Direct,
    /// A command in this container carries the bytes; absent until one was found.
    Through(Option<String>),
}
