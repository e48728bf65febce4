//! The parts of an upgrade, each of which has nothing left to do at its end.

use tokio::time::Instant;

use super::args::UpgradeArgs;
use super::way::words;
use crate::cluster::observed::Observed;
use crate::commands::session::{Session, World, lookup, ready};
use crate::converge::Seen;
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::plan::{Past, Stage, diff};
use crate::spec::settings::GivenSecrets;
use crate::spec::{Role, Spec, UsedImages};

/// An upgrade that is carried out.
pub(super) struct Upgrading<'a, W: World> {
    pub(super) session: &'a Session<W>,
    pub(super) args: &'a UpgradeArgs,
    /// What the cluster was recorded with.
    pub(super) old: &'a Spec,
    /// What it is to be.
    pub(super) new: &'a Spec,
    /// The supplied passwords, and those for a new cluster.
    pub(super) given: (&'a GivenSecrets, &'a GivenSecrets),
}

impl<W: World> Upgrading<'_, W> {
    /// Says what the new server means for the way back.
    pub(super) fn tell_way_back(&self) {
        let (Some(have), Some(want)) = (&self.old.used.redis, &self.new.used.redis) else { return };
        if !have.release.reads_data_of(&want.release) {
            let backup = command_line(&self.new.name, "backup");
            self.session.ui.status(format_args!(
                "{} cannot read data of {}: once a master runs that, the way back is a backup from before ({backup})",
                have.release, want.release
            ));
        }
    }

    /// The cluster as it is now.
    pub(super) async fn look(&self, spec: &Spec) -> Result<Seen<W::Servers>, Failure> {
        let found = lookup::find(&*self.session.engine, &spec.name).await?;
        self.session.observe_with(spec, self.given.0, found).await
    }

    /// Walks plans until a part of the upgrade has nothing left to do.
    pub(super) async fn part(
        &self,
        spec: &Spec,
        next: impl Fn(&Spec, &Observed, &Past) -> Stage + Send + Sync,
        seen: Seen<W::Servers>,
    ) -> Result<Observed, Failure> {
        let deadline = Instant::now() + self.args.timeout;
        Ok(ready::converge(self.session, spec, self.given, next, seen, deadline).await?.0.observed)
    }

    /// Gives all other nodes the new images: replicas, masters after a switchover, Sentinels, and last the proxies.
    ///
    /// The image of proxies is recorded when all others are there, so that `up` does not insist on it before.
    pub(super) async fn roll_out(&self) -> Result<(), Failure> {
        const AFTER_REDIS: &[Role] = &[Role::Sentinel, Role::Proxy, Role::Exporter, Role::Guard];
        const AFTER_SENTINELS: &[Role] = &[Role::Proxy, Role::Exporter, Role::Guard];
        let servers = self.with_old_proxies();
        if servers.used.redis != self.old.used.redis || servers.used.proxy == self.new.used.proxy {
            for later in [AFTER_REDIS, AFTER_SENTINELS] {
                let seen = self.look(&servers).await?;
                let next = |spec: &Spec, seen: &Observed, past: &Past| diff::next_without(later, spec, seen, past);
                self.part(&servers, next, seen).await.map_err(|failure| self.half_way(failure))?;
            }
        }
        let seen = self.look(self.new).await?;
        match self.part(self.new, diff::next, seen).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == FailureKind::Interrupted || servers.used.proxy == self.new.used.proxy => {
                Err(self.half_way(failure))
            }
            Err(failure) => Err(self.restore_proxies(&servers, failure).await),
        }
    }

    /// The cluster when only its servers are upgraded.
    fn with_old_proxies(&self) -> Spec {
        let UsedImages { redis, exporter, .. } = self.new.used.clone();
        let mut spec = self.new.clone();
        spec.images.proxy = self.old.images.proxy.clone();
        spec.used = UsedImages { redis, exporter, proxy: self.old.used.proxy.clone() };
        if spec.used == self.old.used { self.old.clone() } else { spec }
    }

    /// Adds to a failure how the upgrade goes on.
    fn half_way(&self, mut failure: Failure) -> Failure {
        let cluster = &self.new.name;
        failure.hints = vec![
            format!("see what is wrong: {}", command_line(cluster, "status")),
            format!("go on with the upgrade: {}", command_line(cluster, "up")),
            format!(
                "undo it, as long as no master runs the new server: {}",
                command_line(cluster, "upgrade --to-previous")
            ),
        ];
        failure
    }

    /// Gives the proxies their old image back.
    async fn restore_proxies(&self, servers: &Spec, failure: Failure) -> Failure {
        let cluster = &self.new.name;
        self.session.ui.status(format_args!("the proxies get their old image back: {}", words(&failure)));
        let restored = match self.look(servers).await {
            Ok(seen) => self.part(servers, diff::next, seen).await,
            Err(failure) => Err(failure),
        };
        let Failure { kind, source, notes, .. } = failure;
        match restored {
            Ok(_) => {
                let what = "the proxies do not serve with the new image, and have the old one again";
                let failure = Failure { kind, source: source.context(what), notes, hints: Vec::new() };
                failure.hinted(format!("see how it is: {}", command_line(cluster, "status")))
            }
            Err(second) => {
                let what = format!("the proxies do not serve with the new image: {}", words(&second));
                let failure = Failure { kind, source: source.context(what), notes, hints: Vec::new() };
                failure.hinted(format!("give them the old image back: {}", command_line(cluster, "up")))
            }
        }
    }
}
