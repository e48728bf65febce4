//! Observes the servers of a cluster.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Session, World};
use crate::cluster::claims::being_decided;
use crate::cluster::observed::Observed;
use crate::converge::{Found, Seen, fit_authority};
use crate::engine::Clusters;
use crate::error::Failure;
use crate::servers::Servers;
use crate::spec::settings::GivenSecrets;
use crate::spec::{Secrets, Spec};
use crate::tls::new_authority;

/// How long to wait for Sentinels that replace a master. They need 3 s for all of it, and for a split vote the failover
/// timeout (3 s by default) twice.
const DECIDED_WITHIN: Duration = Duration::from_secs(15);
/// Time between two observations while something passes.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

impl<W: World> Session<W> {
    /// Asks the servers of a cluster.
    ///
    /// # Errors
    /// None: a server that does not answer is not an error.
    pub async fn observe(&self, spec: &Spec, found: Found) -> Result<Seen<W::Servers>, Failure> {
        self.observe_with(spec, &GivenSecrets::default(), found).await
    }

    /// [`Session::observe`] for a verb that takes settings.
    ///
    /// # Errors
    /// The supplied passwords are not the cluster's.
    pub async fn observe_with(
        &self,
        spec: &Spec,
        given: &GivenSecrets,
        found: Found,
    ) -> Result<Seen<W::Servers>, Failure> {
        let lacks_authority = found.secrets.as_ref().is_some_and(|secrets| secrets.authority.is_none());
        let new = (spec.encryption.is_tls() && lacks_authority).then(|| new_authority(&spec.name)).transpose();
        let new = new.map_err(anyhow::Error::new)?;
        let found = fit_authority(&*self.engine, spec, found, new.as_ref()).await?;
        let connect = |secrets: &Secrets| self.servers(spec, secrets);
        match Seen::of(found, given, connect).await {
            Ok(seen) => Ok(seen),
            Err(error) => Err(self.explain(spec, error).await),
        }
    }

    /// [`Session::observe`] for a verb that acts on who is master.
    ///
    /// While the Sentinels decide it, the cluster is observed again, for [`DECIDED_WITHIN`] at most. The verb refuses
    /// what is still undecided then.
    ///
    /// # Errors
    /// The Engine failed at a later observation.
    pub async fn observe_decided(&self, spec: &Spec, found: Found) -> Result<Seen<W::Servers>, Failure> {
        self.await_decided(spec, self.observe(spec, found).await?).await
    }

    /// [`Session::observe_decided`] from the second observation on.
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn await_decided(&self, spec: &Spec, seen: Seen<W::Servers>) -> Result<Seen<W::Servers>, Failure> {
        let undecided = |seen: &Observed| spec.groups().find_map(|group| being_decided(group, seen));
        let undecided = |seen: &Observed| undecided(seen).map(|why| why.to_string());
        self.await_passing(spec, seen, DECIDED_WITHIN, undecided).await
    }

    /// Observes a cluster again until something that passes by itself has passed, and tells what that is.
    ///
    /// `obstacle` says it in words. What is still there after `limit` is left to the caller.
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn await_passing(
        &self,
        spec: &Spec,
        mut seen: Seen<W::Servers>,
        limit: Duration,
        obstacle: impl Fn(&Observed) -> Option<String> + Send + Sync,
    ) -> Result<Seen<W::Servers>, Failure> {
        let deadline = Instant::now() + limit;
        let mut told = None;
        while let Some(why) = obstacle(&seen.observed)
            && let Some(reached) = &seen.reached
            && Instant::now() < deadline
            && !self.cancel.is_cancelled()
        {
            if told.as_ref() != Some(&why) {
                self.ui.status(format_args!("waiting: {why}"));
                told = Some(why);
            }
            sleep(LOOK_INTERVAL).await;
            let inventory = self.engine.inventory(&spec.name).await?;
            let topology = reached.servers.topology(&inventory).await;
            seen.observed = Observed { inventory, topology, ..seen.observed };
        }
        Ok(seen)
    }
}
