//! The trial of an image on one replica, and the way back from it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::parts::Upgrading;
use super::way::words;
use crate::cluster::observed::Observed;
use crate::cluster::soak::{Answers, Compared, Soak, Trouble};
use crate::commands::session::{World, lookup};
use crate::converge::Seen;
use crate::engine::Clusters;
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::seconds;
use crate::plan::{Past, diff};
use crate::servers::Servers;
use crate::spec::{Group, NodeId, Spec};

/// The time between two looks at the canary. What goes wrong for clients lasts longer.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// How long a cluster may be unhealthy in the soak. A busy machine answers late now and then.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much longer than the soak redos waits until the numbers of keys are equal.
const EXTRA: Duration = Duration::from_secs(10);

impl<W: World> Upgrading<'_, W> {
    /// Gives one replica the new image and compares it with the others. If it does not do well, it gets the old one back.
    ///
    /// # Errors
    /// What spoke against it, or an interruption.
    pub(super) async fn try_canary(&self, node: NodeId, seen: Seen<W::Servers>) -> Result<Compared, Failure> {
        let before = Answers::of(node, &seen.observed);
        let next = |spec: &Spec, seen: &Observed, past: &Past| diff::canary::canary(spec, node, seen, past);
        let tried = match self.part(self.new, next, seen).await {
            Ok(observed) => self.soak(node, before, &observed).await,
            Err(failure) => Err(failure),
        };
        match tried {
            Ok(compared) => Ok(compared),
            Err(failure) if failure.kind == FailureKind::Interrupted => Err(self.interrupted(node, failure)),
            Err(failure) => Err(self.roll_back(node, failure).await),
        }
    }

    async fn soak(&self, node: NodeId, before: Option<Answers>, observed: &Observed) -> Result<Compared, Failure> {
        let (ui, cluster) = (&self.session.ui, &self.new.name);
        let failed = |why: String| Failure::message(FailureKind::Failed, why);
        let (Some(group), Some(image)) = (node.group(), &self.new.used.redis) else {
            return Err(failed(format!("{node} has no data to compare")));
        };
        ui.status(format_args!("{node} is in sync with {image}; redos compares it for {}", seconds(self.args.soak)));
        let reached = self.look(self.old).await?.reached.ok_or_else(|| lookup::no_passwords(cluster))?;
        let mut soak = Soak::begin(node, group, image.release.clone(), before, observed);
        let began = Instant::now();
        let mut troubled: Option<Instant> = None;
        loop {
            let inventory = self.session.engine.inventory(cluster).await?;
            let topology = reached.servers.topology(&inventory).await;
            let observed = Observed::new(inventory, topology);
            let trouble = soak.look(self.old, &observed).err();
            let since = if trouble.is_some() { *troubled.get_or_insert_with(Instant::now) } else { Instant::now() };
            match &trouble {
                Some(Trouble::Passing(_)) if since.elapsed() < PATIENCE => {}
                Some(trouble) => return Err(failed(trouble.to_string())),
                None => troubled = None,
            }
            let compared = soak.compared();
            if let Some(compared) = compared.filter(|compared| compared.is_equal())
                && trouble.is_none()
                && began.elapsed() >= self.args.soak
            {
                self.prove_write(&reached.servers, group, &observed).await?;
                ui.status(format_args!("{node} does as well as the others (keys: {})", compared.keys));
                return Ok(compared);
            }
            if began.elapsed() >= self.args.soak + EXTRA {
                let why = compared.map_or_else(
                    || format!("the keys of {node} could not be compared with those of its master"),
                    |Compared { keys, least, most }| {
                        format!("{node} has {keys} keys, where its master had {least} to {most} at the same place")
                    },
                );
                return Err(failed(why));
            }
            tokio::select! {
                () = sleep(LOOK_INTERVAL) => {}
                () = self.session.cancel.cancelled() => {
                    let what = format!("interrupted while {node} was compared with the others");
                    return Err(Failure::message(FailureKind::Interrupted, what));
                }
            }
        }
    }

    /// Writes through every proxy and reads it back, as clients do.
    async fn prove_write(&self, servers: &W::Servers, group: Group, observed: &Observed) -> Result<(), Failure> {
        for proxy in self.old.proxy_nodes() {
            servers.verify_write(&observed.inventory, proxy, group).await?;
        }
        Ok(())
    }

    /// An interrupted trial: the replica stays as it is.
    fn interrupted(&self, node: NodeId, mut failure: Failure) -> Failure {
        failure.hints = vec![
            format!("go on from here: {}", self.args.again(&self.new.name)),
            format!("give {node} its old image back: {}", command_line(&self.new.name, "up")),
        ];
        failure
    }

    /// Gives the replica the old image back. It copies the data of its master if the new server has written its own.
    async fn roll_back(&self, node: NodeId, failure: Failure) -> Failure {
        let cluster = &self.new.name;
        self.session.ui.status(format_args!("{node} gets its old image back: {}", words(&failure)));
        let restored = match self.look(self.old).await {
            Ok(seen) => self.part(self.old, diff::next, seen).await,
            Err(failure) => Err(failure),
        };
        let Failure { kind, source, notes, .. } = failure;
        let old = self.old.used.redis.as_ref().map(|image| image.reference.clone()).unwrap_or_default();
        let (what, hints) = match restored {
            Ok(_) => (
                format!("the upgrade was stopped, {node} runs {old} again, and no other node was changed"),
                vec![format!("see how it is: {}", command_line(cluster, "status"))],
            ),
            Err(second) => {
                let why = words(&second);
                let repair = format!("give {node} its old image back: {}", command_line(cluster, "up"));
                (format!("the upgrade was stopped, and {node} does not run {old} again: {why}"), {
                    second.hints.into_iter().chain([repair]).collect()
                })
            }
        };
        Failure { kind, source: source.context(what), notes, hints }
    }
}
