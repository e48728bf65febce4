//! Settings: flags, environment, file and what a cluster was made with become a [`Spec`].
//!
//! [`table::SETTINGS`] is the one list of all settings. [`Sources::read`] checks what was given, [`Request::resolve`]
//! lays it over what the cluster was made with: flag > `REDOS_*` > file > existing cluster > variables of the compose
//! project > default. All that is wrong is reported at once ([`Problems`]), with the place and the remedy, before anything
//! is touched.
//!
//! Nothing is read here: the caller hands in the text of the file, the environment and a way to read password files.

mod borrowed;
mod check;
mod conf;
mod directives;
mod file;
mod problem;
mod resolve;
mod schema;
pub mod table;
#[cfg(test)]
mod tests;
mod value;
mod view;
mod wiring;

use std::collections::BTreeMap;

use super::secret::SECRET_BYTES;
use super::{Secret, Secrets, Spec};

pub use file::SourceFile;
pub use problem::{Origin, Problem, Problems};
pub use resolve::{FlagLayer, Request, Sources};
pub use schema::schema;
pub use table::{Key, Setting};
pub use view::{ConfigDocument, default};

/// A commented `redos.yaml` with the defaults.
pub const SAMPLE: &str = include_str!("../../templates/redos.yaml");

/// Passwords that somebody gave. The others are kept from the existing cluster, or made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenSecrets {
    /// What applications use.
    pub app: Option<Secret>,
    /// What replicas use at their master.
    pub replication: Option<Secret>,
    /// What the statistics page asks for.
    pub stats: Option<Secret>,
}

impl GivenSecrets {
    /// The secrets of a new cluster: those that were given, and the others made from random bytes. One that follows an
    /// existing server has its password for applications, which log in there first and here later.
    pub fn or_made(&self, spec: &Spec, random: impl FnMut() -> [u8; SECRET_BYTES]) -> Secrets {
        let Secrets { app, admin, replication, sentinel, peers, probe, stats, .. } = Secrets::made(random);
        let existing = spec.follow.existing().and_then(|_| self.existing()).cloned();
        Secrets {
            app: self.app.clone().or_else(|| existing.clone()).unwrap_or(app),
            replication: self.replication.clone().unwrap_or(replication),
            stats: self.stats.clone().unwrap_or(stats),
            admin,
            sentinel,
            peers,
            probe,
            existing,
        }
    }

    /// These passwords, and where there is none that of `weaker`.
    #[must_use]
    pub fn or(&self, weaker: &Self) -> Self {
        let either = |own: &Option<Secret>, other: &Option<Secret>| own.clone().or_else(|| other.clone());
        Self {
            app: either(&self.app, &weaker.app),
            replication: either(&self.replication, &weaker.replication),
            stats: either(&self.stats, &weaker.stats),
        }
    }

    /// The password of an existing server to follow: that of replicas at their master is what the compose project gave for
    /// it, and a server with one password has that of applications.
    pub fn existing(&self) -> Option<&Secret> {
        self.replication.as_ref().or(self.app.as_ref())
    }

    /// The passwords that were given and are not those of a cluster that has some already, in words.
    pub fn at_odds_with(&self, secrets: &Secrets) -> Vec<&'static str> {
        let pairs = [
            (&self.app, &secrets.app, "password of applications"),
            (&self.replication, &secrets.replication, "replication password"),
            (&self.stats, &secrets.stats, "password of the statistics page"),
        ];
        let differs = |given: &Option<Secret>, own: &Secret| given.as_ref().is_some_and(|given| given != own);
        pairs.into_iter().filter(|(given, own, _)| differs(given, own)).map(|(_, _, words)| words).collect()
    }
}

/// The settings of one run: what the cluster should be, and who said so.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the cluster should be.
    pub spec: Spec,
    /// Passwords that were given. A cluster that has others is left as it is.
    pub secrets: GivenSecrets,
    /// Those that a new cluster gets: what borrowed variables say counts as well.
    pub for_new_cluster: GivenSecrets,
    /// Who won each setting.
    pub origins: BTreeMap<Key, Origin>,
    /// Who won each directive of `redis.conf`.
    pub directives: BTreeMap<String, Origin>,
    /// What changes of a cluster that is there, each with who said so, in words.
    pub changes: Vec<String>,
    /// What is unwise, or was meant for redos and is not read.
    pub warnings: Vec<Problem>,
}
