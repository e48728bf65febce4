//! The turn of a verb: it waits for the cluster's lock, works, and releases the lock, however the work ends.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Session, World, faults};
use crate::deaths::rest::{GO_ON_SIGNAL, REPEATED_EVERY, REST_SIGNAL};
use crate::engine::Clusters;
use crate::engine::containers::Containers;
use crate::engine::lock::{self, Holder, Lock, Taken};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::seconds;
use crate::spec::{ClusterName, Role};

/// How long a verb without `--timeout` waits for another redos.
const PATIENCE: Duration = Duration::from_secs(120);

/// Verbs that hold the lock and let masters end on purpose, to see what happens.
pub const INFLICTING: [&str; 2] = ["failover-test", "chaos"];

/// A verb that wants to change a cluster.
pub struct Turn<'a> {
    /// The cluster to be changed.
    pub cluster: &'a ClusterName,
    /// The verb, for others that wait: `up`.
    pub verb: &'a str,
    /// When the wait for the lock ends.
    pub deadline: Instant,
}

impl<'a> Turn<'a> {
    /// The turn of a verb without a time limit of its own.
    pub fn of(cluster: &'a ClusterName, verb: &'a str) -> Self {
        Self { cluster, verb, deadline: Instant::now() + PATIENCE }
    }

    /// Works under the lock, on a cluster whose faults are undone first.
    ///
    /// The cluster's guards rest meanwhile. All verbs that change a cluster use it, except those of `chaos`, which change its
    /// faults. What a killed redos has left of its temporary containers is removed. The work learns whether an earlier redos
    /// was killed: the Engine may still be busy with the calls of that one.
    ///
    /// # Errors
    /// The time is over, the user interrupted, the Engine failed, a fault could not be undone; or the work failed.
    pub async fn take<W: World, T>(
        self,
        session: &Session<W>,
        work: impl AsyncFnOnce(bool) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (cluster, verb) = (self.cluster, self.verb);
        let healed = async |after_a_kill| {
            if after_a_kill {
                session.engine.remove_abandoned().await?;
            }
            faults::undo_of(session, cluster).await?;
            let done = beside_resting_guards(session, cluster, verb, Box::pin(work(after_a_kill))).await;
            if !after_a_kill {
                return done;
            }
            // The Engine may have finished a call of the killed one only meanwhile. Where the work failed, that says more.
            let swept = session.engine.remove_abandoned().await;
            done.and_then(|done| swept.map(|()| done).map_err(Failure::from))
        };
        self.take_amid_faults(session, healed).await
    }

    /// [`Turn::take`], unless it is a dry run, which changes nothing and waits for no other redos.
    ///
    /// # Errors
    /// As [`Turn::take`].
    pub async fn take_unless<W: World, T>(
        self,
        is_dry: bool,
        session: &Session<W>,
        work: impl AsyncFnOnce(bool) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if is_dry { work(false).await } else { self.take(session, work).await }
    }

    /// Works under the lock and leaves faults as they are.
    ///
    /// # Errors
    /// As [`Turn::take`].
    pub async fn take_amid_faults<W: World, T>(
        self,
        session: &Session<W>,
        work: impl AsyncFnOnce(bool) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Self { cluster, verb, deadline } = self;
        let began = Instant::now();
        let give_up = async {
            tokio::select! {
                () = session.cancel.cancelled() => FailureKind::Interrupted,
                () = sleep_until(deadline) => FailureKind::Timeout,
            }
        };
        let tell = |holder: &Holder| {
            session.ui.status(format_args!(
                "waiting for {holder}, which is changing \
            '{cluster}'"
            ))
        };
        match lock::take(&session.engine, cluster, verb, give_up, tell).await? {
            Taken::Held(lock) => worked(session, cluster, lock, work).await,
            Taken::GivenUp(kind, holder) => Err(given_up(cluster, verb, kind, holder, began.elapsed())),
        }
    }
}

/// Works while the guards of the cluster do nothing, unless masters end to see what happens.
async fn beside_resting_guards<W: World, T>(
    session: &Session<W>,
    cluster: &ClusterName,
    verb: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    if INFLICTING.contains(&verb) {
        return work.await;
    }
    session.engine.signal_role(cluster, Role::Guard, REST_SIGNAL).await?;
    let done = tokio::select! {
        done = work => done,
        never = keep_guards_resting(session, cluster) => match never {},
    };
    // One that does not get it goes on by itself.
    let _ = session.engine.signal_role(cluster, Role::Guard, GO_ON_SIGNAL).await;
    done
}

/// Repeats the signal, also for guards that were started meanwhile.
async fn keep_guards_resting<W: World>(session: &Session<W>, cluster: &ClusterName) -> Infallible {
    loop {
        sleep(REPEATED_EVERY).await;
        let _ = session.engine.signal_role(cluster, Role::Guard, REST_SIGNAL).await;
    }
}

async fn worked<W: World, T>(
    session: &Session<W>,
    cluster: &ClusterName,
    lock: Lock<W::Engine>,
    work: impl AsyncFnOnce(bool) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let work = work(lock.after_a_kill);
    tokio::pin!(work);
    let result = tokio::select! {
        result = &mut work => result,
        // The current step ends as after Ctrl-C.
        () = lock.lost.cancelled() => {
            session.cancel.cancel();
            work.await
        }
    };
    let is_lost = lock.lost.is_cancelled();
    lock.release().await;
    result.map_err(|failure| if is_lost { lost(cluster, failure) } else { failure })
}

/// The failure of a verb that never got the lock.
fn given_up(cluster: &ClusterName, verb: &str, kind: FailureKind, holder: Option<Holder>, waited: Duration) -> Failure {
    if kind == FailureKind::Interrupted {
        return Failure::message(kind, format!("interrupted before '{verb}' began: '{cluster}' was not changed"));
    }
    let waited = seconds(waited);
    let Some(holder) = holder else {
        let what = format!("nothing was done: the Engine did not give the lock of '{cluster}' within {waited}");
        return Failure::message(kind, what).hinted("run the same command again");
    };
    let what = format!("nothing was done: {holder} is changing '{cluster}', and did not end within {waited}");
    let failure = Failure::message(kind, what)
        .hinted(format!("see the cluster: {}", command_line(cluster, "status")))
        .hinted("when the other has ended, run the same command again");
    match holder.pid {
        0 => failure,
        pid => failure.hinted(format!("if the other hangs, end it on {}: kill {pid}", holder.host)),
    }
}

/// The failure of a verb that lost the lock.
fn lost(cluster: &ClusterName, failure: Failure) -> Failure {
    let what = format!(
        "another redos has taken over the lock of '{cluster}': this one did not renew it in time, and has stopped"
    );
    Failure { kind: FailureKind::Conflict, source: failure.source.context(what), ..failure }
        .hinted(format!("see how it is: {}", command_line(cluster, "status")))
}
