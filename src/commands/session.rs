//! What verbs share, in the order in which all of them use it.
//!
//! They name the cluster and connect ([`Call`]), take the lock and undo faults ([`lock::Turn`]), find the cluster
//! ([`lookup`]), settle what it should be ([`settle`]), observe its servers ([`observe`]), walk plans until it is
//! ready ([`ready`]) or show them instead ([`propose`]), and explain failures ([`explain`]).

pub mod ask;
pub mod attach;
mod explain;
pub mod faults;
mod follow;
mod granted;
pub mod judge;
pub mod lock;
pub mod lookup;
mod observe;
mod programs;
pub mod propose;
pub mod ready;
pub mod settle;
pub mod sources;
mod trial;
pub mod watcher;
mod world;

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

pub use world::{Docker, World};

use super::options::{Global, SettingsArgs};
use crate::converge::{self, Found};
use crate::engine::{Clusters, EngineError};
use crate::error::Failure;
use crate::output::Ui;
use crate::spec::settings::{AskedSettings, Sources};
use crate::spec::{ClusterName, Hosts, Secrets, Spec};

/// The start of a verb, before any call to an Engine.
#[derive(Clone)]
pub struct Call<W> {
    /// The options that all verbs take.
    pub global: Global,
    /// The user's terminal.
    pub ui: Ui,
    /// Set by the first Ctrl-C.
    pub cancel: CancellationToken,
    /// Docker, or memory in tests.
    pub world: W,
    /// The hosts of the cluster, once the settings that name it were read.
    pub hosts: OnceLock<Hosts>,
}

/// A verb with its Engine.
pub struct Session<W: World> {
    /// The user's terminal.
    pub ui: Ui,
    /// The Engine of this verb.
    pub engine: Arc<W::Engine>,
    /// Set by the first Ctrl-C.
    pub cancel: CancellationToken,
    /// The Docker host of the command line, for other processes.
    pub host: Option<String>,
    /// The hosts of the settings, for the same.
    pub hosts: Hosts,
}

impl<W: World> Call<W> {
    /// The cluster of a verb without settings. A remark names a file of a folder above, if that names the cluster.
    ///
    /// # Errors
    /// The given name is invalid, or the file cannot be read.
    pub fn cluster(&self) -> Result<ClusterName, Failure> {
        self.cluster_and_whether_named().map(|(name, _)| name)
    }

    /// [`Call::cluster`], and whether it was named.
    ///
    /// Both come from one reading, because standard input can be read only once.
    ///
    /// # Errors
    /// As [`Call::cluster`].
    pub fn cluster_and_whether_named(&self) -> Result<(ClusterName, bool), Failure> {
        let sources = sources::gather(&self.global, &SettingsArgs::default())?;
        let name = sources.cluster_name()?;
        self.note_hosts(sources.hosts()?);
        self.tell_file_above(&sources, &name);
        Ok((name, sources.names_a_cluster()))
    }

    /// The settings of flags, environment and file.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn request(&self, args: &SettingsArgs) -> Result<AskedSettings, Failure> {
        let sources = sources::gather(&self.global, args)?;
        let request = sources.read()?;
        self.note_hosts(request.hosts());
        self.tell_file_above(&sources, request.name());
        Ok(request)
    }

    /// Notes where the Engines are. `--host` names a single one.
    fn note_hosts(&self, hosts: Hosts) {
        if self.global.host.is_none() {
            let _ = self.hosts.set(hosts);
        }
    }

    fn open(&self) -> Result<W::Engine, EngineError> {
        let one = Hosts::default();
        self.world.open(self.global.host.as_deref(), self.hosts.get().unwrap_or(&one))
    }

    /// Says which file is used if it is not in this folder.
    fn tell_file_above(&self, sources: &Sources<'_>, name: &ClusterName) {
        if let Some(file) = sources.file_above() {
            self.ui.status(format_args!("the cluster is '{name}', by {file}"));
        }
    }

    /// Connects to the Engine.
    ///
    /// # Errors
    /// The Engine does not answer, denies access, or is too old.
    pub async fn connect(self) -> Result<Session<W>, Failure> {
        let engine = self.open()?;
        engine.greet().await?;
        Ok(self.session(engine))
    }

    /// Connects and finds a cluster at the same time: the Engine's first answer takes as long as its lists.
    ///
    /// # Errors
    /// As [`Call::connect`], or the Engine failed.
    pub async fn reach(self, cluster: &ClusterName) -> Result<(Session<W>, Found), Failure> {
        let engine = self.open()?;
        let found = async { Ok(converge::find(&engine, cluster).await) };
        let ((), found) = tokio::try_join!(engine.greet(), found)?;
        Ok((self.session(engine), found?))
    }

    fn session(self, engine: W::Engine) -> Session<W> {
        let hosts = self.hosts.into_inner().unwrap_or_default();
        Session { ui: self.ui, engine: Arc::new(engine), cancel: self.cancel, host: self.global.host, hosts }
    }
}

impl<W: World> Session<W> {
    /// The servers of a cluster. The first connection is made when it is needed.
    pub fn servers(&self, spec: &Spec, secrets: &Secrets) -> W::Servers {
        W::servers(&self.engine, spec, secrets)
    }
}
