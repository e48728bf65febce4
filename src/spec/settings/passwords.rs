//! The passwords that the user supplied.

use std::collections::BTreeMap;

use crate::spec::secret::{RotatedUser, SECRET_BYTES};
use crate::spec::{Secret, Secrets, Spec};

/// The passwords the user supplied. The others come from the existing cluster, or are generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenSecrets {
    /// The password of applications.
    pub app: Option<Secret>,
    /// The password of replicas at their master.
    pub replication: Option<Secret>,
    /// The password of the statistics page.
    pub stats: Option<Secret>,
}

impl GivenSecrets {
    /// The secrets of a new cluster: the supplied ones, and generated ones.
    ///
    /// A cluster that follows an existing server has its password for applications, which log in there first and here
    /// later.
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
            own: BTreeMap::new(),
            authority: None,
            version: 0,
            rotation: None,
        }
    }

    /// These passwords, and those of `weaker` where there is none.
    #[must_use]
    pub fn or(&self, weaker: &Self) -> Self {
        let either = |own: &Option<Secret>, other: &Option<Secret>| own.clone().or_else(|| other.clone());
        Self {
            app: either(&self.app, &weaker.app),
            replication: either(&self.replication, &weaker.replication),
            stats: either(&self.stats, &weaker.stats),
        }
    }

    /// The password of an existing server to follow.
    ///
    /// The compose project gave the password of replicas at their master for it. A server with one password has that of
    /// applications.
    pub fn existing(&self) -> Option<&Secret> {
        self.replication.as_ref().or(self.app.as_ref())
    }

    /// The password that was given for one of those whose passwords can be rotated.
    pub fn of(&self, user: &RotatedUser) -> Option<&Secret> {
        match user {
            RotatedUser::Applications => self.app.as_ref(),
            RotatedUser::Replication => self.replication.as_ref(),
            RotatedUser::Sentinel | RotatedUser::Own(_) => None,
            RotatedUser::Statistics => self.stats.as_ref(),
        }
    }

    /// Those for whom a password was given that an existing cluster does not accept.
    pub fn at_odds_with(&self, secrets: &Secrets) -> Vec<RotatedUser> {
        let is_refused = |user: &RotatedUser| self.of(user).is_some_and(|given| !secrets.accepts(user, given));
        RotatedUser::ALL.into_iter().filter(is_refused).collect()
    }
}
