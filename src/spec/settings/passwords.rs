//! The passwords that somebody gave.

use crate::spec::secret::SECRET_BYTES;
use crate::spec::{Secret, Secrets, Spec};

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
