//! The lock of a cluster: one redos at a time changes it.
//!
//! Two that make passwords for the same new cluster would leave nodes that do not know each other.
//!
//! The lock lives in the Engine, so that all who share an Engine see each other, whichever user and machine they are.
//! Each of them writes an *entry*; [`contender`] is how they agree on one of them. No entry is ever written twice, so
//! that removing one cannot remove another.
//!
//! A holder that was killed leaves its entry. On the same machine others see at once that its [`process`] has ended.
//! For all others a holder writes a further entry every [`RENEWED_EVERY`], its *beat*. It counts as dead when another
//! redos has watched for [`LEASE`] and seen no new beat. No clocks of two machines are compared.

pub mod contender;
pub mod process;
pub mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Result;
use crate::spec::ClusterName;
use contender::{LockPhase, LockView};
use process::{Fate, ProcessFacts};
use silence::Silences;

/// Time between two looks while waiting. A look takes about 1 ms.
const POLL: Duration = Duration::from_millis(100);
/// How many looks pass before the user is told about the wait.
const UNTOLD: u32 = 2;
/// The time between two beats of a holder.
const RENEWED_EVERY: Duration = Duration::from_secs(5);
/// How long a holder elsewhere may have no new beat: four of them, in case one is late.
const LEASE: Duration = Duration::from_secs(20);
/// Time limit of the current call when the wait is given up, and of the removal of the entry.
const LEFT_WITHIN: Duration = Duration::from_secs(1);
/// Time limit of a release, in case the Engine no longer answers.
const RELEASED_WITHIN: Duration = Duration::from_secs(10);

/// The writer of an entry, for those who wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Holder {
    /// The verb that it carries out: `up`.
    pub verb: String,
    /// Its process id, on its host.
    pub pid: u32,
    /// The name of its host.
    pub host: String,
    /// When it wrote the entry, in milliseconds since 1970 by its own clock.
    pub since: u64,
    /// The process, for others on the same machine.
    pub process: Option<ProcessFacts>,
}

impl Holder {
    /// Describes this process.
    fn here(verb: &str) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            verb: verb.to_owned(),
            pid: std::process::id(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            since: u64::try_from(since.as_millis()).unwrap_or_default(),
            process: ProcessFacts::own(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The label is of a redos that this one does not understand.
        if self.verb.is_empty() {
            return f.write_str("another redos");
        }
        let since = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(self.since));
        write!(f, "'redos {}' (process {} on {}, since {since})", self.verb, self.pid, self.host)
    }
}

/// An entry as the Engine keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockEntry {
    /// Unique; the beats of one entry share it.
    pub id: String,
    /// 0 in the entry; each beat, which shows that its holder lives, counts up by one.
    pub beat: u64,
    pub holder: Holder,
}

impl LockEntry {
    /// A new entry of this process.
    fn new(verb: &str) -> Self {
        Self { id: format!("{:016x}", rand::random::<u64>()), beat: 0, holder: Holder::here(verb) }
    }

    /// The order of entries; the first of those that see each other stays.
    ///
    /// Clocks of two machines may differ, but any order will do.
    fn order(&self) -> (u64, &str) {
        (self.holder.since, &self.id)
    }
}

/// The store of entries. A look that begins after a write has ended shows what was written.
pub trait Locks: Send + Sync + 'static {
    /// Writes an entry.
    fn enter(&self, cluster: &ClusterName, entry: &LockEntry) -> impl Future<Output = Result<()>> + Send;

    /// All entries of a cluster, with those of ended processes and all beats.
    fn entries(&self, cluster: &ClusterName) -> impl Future<Output = Result<Vec<LockEntry>>> + Send;

    /// Removes one entry or beat. A missing one is no error.
    fn leave(&self, cluster: &ClusterName, entry: &LockEntry) -> impl Future<Output = Result<()>> + Send;
}

/// How the wait for a lock ended.
pub enum Taken<E, W> {
    /// This process holds the lock.
    Held(Lock<E>),
    /// The wait was given up for this reason, while this other holder had the lock.
    GivenUp(W, Option<Holder>),
}

/// Takes the lock of a cluster, to carry out `verb`. Waits until it is free or `give_up` is ready.
///
/// `waiting` is called with each holder that it waits for.
///
/// # Errors
/// The Engine failed.
pub async fn take<E: Locks, W>(
    engine: &Arc<E>,
    cluster: &ClusterName,
    verb: &str,
    give_up: impl Future<Output = W>,
    waiting: impl Fn(&Holder),
) -> Result<Taken<E, W>> {
    let silences = Silences::default();
    let mut contest =
        Contest { engine, cluster, verb, own: LockEntry::new(verb), silences, other: None, dead: Vec::new() };
    let stop = CancellationToken::new();
    let ended = {
        let winning = contest.win(waiting, &stop);
        tokio::pin!(winning);
        tokio::select! {
            biased;
            won = &mut winning => Ok(won),
            why = give_up => {
                // Otherwise an entry that is still being written would appear after the removal of all entries.
                stop.cancel();
                let _ = timeout(LEFT_WITHIN, winning).await;
                Err(why)
            }
        }
    };
    match ended {
        Ok(Ok(())) => Ok(Taken::Held(contest.hold().await)),
        Ok(Err(error)) => {
            contest.withdraw().await;
            Err(error)
        }
        Err(why) => {
            contest.withdraw().await;
            Ok(Taken::GivenUp(why, contest.other))
        }
    }
}

/// One contender for the lock.
struct Contest<'a, E> {
    engine: &'a Arc<E>,
    cluster: &'a ClusterName,
    verb: &'a str,
    /// The entry that was last begun to be written.
    own: LockEntry,
    silences: Silences,
    /// A living process with an entry, as last seen.
    other: Option<Holder>,
    /// Entries of dead processes, as last seen.
    dead: Vec<LockEntry>,
}

impl<E: Locks> Contest<'_, E> {
    /// Contends until it holds the lock, or is told to stop after the current call.
    async fn win(&mut self, waiting: impl Fn(&Holder), stop: &CancellationToken) -> Result<()> {
        let (mut phase, mut waits, mut told) = (LockPhase::Entering, 0, None);
        while !stop.is_cancelled() {
            match phase {
                LockPhase::Entering => {
                    self.own = LockEntry::new(self.verb);
                    self.engine.enter(self.cluster, &self.own).await?;
                    phase = phase.done();
                }
                LockPhase::Leaving => {
                    self.engine.leave(self.cluster, &self.own).await?;
                    phase = phase.done();
                }
                LockPhase::Inside { .. } | LockPhase::Outside => {
                    phase = phase.looked(self.look().await?);
                    if !matches!(phase, LockPhase::Inside { .. } | LockPhase::Outside) {
                        continue;
                    }
                    if waits >= UNTOLD && told != self.other {
                        told.clone_from(&self.other);
                        told.iter().for_each(&waiting);
                    }
                    stop.run_until_cancelled(sleep(POLL)).await;
                    waits += 1;
                }
                LockPhase::Holding => break,
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<LockView> {
        let found = self.engine.entries(self.cluster).await?;
        let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in &found {
            newest.entry(&entry.id).and_modify(|beat| *beat = entry.beat.max(*beat)).or_insert(entry.beat);
        }
        self.silences.look(Instant::now(), newest);
        let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|entry| entry.id == self.own.id);
        // Beats without the entry itself are left of an interrupted removal.
        let is_alive = |entry: &&LockEntry| entry.beat == 0 && !self.is_dead(entry);
        let alive: Vec<LockEntry> = others.iter().filter(is_alive).cloned().collect();
        let first = alive.iter().min_by_key(|entry| entry.order());
        if let Some(first) = first {
            self.other = Some(first.holder.clone());
        }
        let look = LockView {
            own: !own.is_empty(),
            others: first.is_some(),
            first: first.is_none_or(|first| self.own.order() < first.order()),
        };
        let ids: BTreeSet<&str> = alive.iter().map(|entry| entry.id.as_str()).collect();
        self.dead = others.into_iter().filter(|entry| !ids.contains(entry.id.as_str())).collect();
        Ok(look)
    }

    fn is_dead(&self, entry: &LockEntry) -> bool {
        match entry.holder.process.as_ref().map_or(Fate::Unknown, ProcessFacts::fate) {
            Fate::Ended => true,
            Fate::Runs => false,
            Fate::Unknown => self.silences.of(&entry.id) >= LEASE,
        }
    }

    /// Makes a lock of the winning entry, and removes the entries of dead processes.
    async fn hold(self) -> Lock<E> {
        // An entry that stays is dead for the next holder as well.
        let _ = remove(&**self.engine, self.cluster, &self.dead).await;
        let (stop, lost) = (CancellationToken::new(), CancellationToken::new());
        let (engine, cluster) = (self.engine.clone(), self.cluster.clone());
        let renewal = renew(engine.clone(), cluster.clone(), self.own.clone(), stop.clone(), lost.clone());
        let renewal = tokio::spawn(renewal);
        let after_a_kill = !self.dead.is_empty();
        Lock { engine, cluster, id: self.own.id, renewal, stop: stop.drop_guard(), lost, after_a_kill }
    }

    async fn withdraw(&self) {
        // An entry that stays belongs to an ended process soon, so that others remove it. A user who gives up waiting should
        // not have to wait for the Engine.
        let _ = timeout(LEFT_WITHIN, self.engine.leave(self.cluster, &self.own)).await;
    }
}

/// A cluster's lock, held until it is released. If it is dropped instead, it stays until this process ends.
pub struct Lock<E> {
    engine: Arc<E>,
    cluster: ClusterName,
    id: String,
    renewal: JoinHandle<()>,
    stop: DropGuard,
    /// Cancelled when another redos removed the entry, because it saw no beat of this process for too long.
    pub lost: CancellationToken,
    /// Whether an earlier holder was killed. The Engine may still be busy with its last call.
    pub after_a_kill: bool,
}

impl<E: Locks> Lock<E> {
    /// Releases the lock. An entry that cannot be removed soon belongs to an ended process.
    pub async fn release(self) {
        let Self { engine, cluster, id, renewal, stop, .. } = self;
        drop(stop);
        let removal = async {
            // A beat that is being written would stay.
            let _ = renewal.await;
            let found = engine.entries(&cluster).await?;
            let own: Vec<LockEntry> = found.into_iter().filter(|entry| entry.id == id).collect();
            remove(&*engine, &cluster, &own).await
        };
        let _ = timeout(RELEASED_WITHIN, removal).await;
    }
}

async fn remove(engine: &impl Locks, cluster: &ClusterName, entries: &[LockEntry]) -> Result<()> {
    join_all(entries.iter().map(|entry| engine.leave(cluster, entry))).await.into_iter().collect()
}

/// Writes a beat again and again until it is stopped, or another redos removed the entry.
async fn renew<E: Locks>(
    engine: Arc<E>,
    cluster: ClusterName,
    own: LockEntry,
    stop: CancellationToken,
    lost: CancellationToken,
) {
    let mut beat = own.clone();
    while stop.run_until_cancelled(sleep(RENEWED_EVERY)).await.is_some() {
        let last = beat.clone();
        beat.beat += 1;
        // An Engine that fails now may answer the next time; the lease is long enough for that.
        if engine.enter(&cluster, &beat).await.is_err() {
            continue;
        }
        if last.beat > 0 {
            let _ = engine.leave(&cluster, &last).await;
        }
        let is_own = |entry: &LockEntry| entry.beat == 0 && entry.id == own.id;
        if engine.entries(&cluster).await.is_ok_and(|found| !found.iter().any(is_own)) {
            lost.cancel();
            return;
        }
    }
}

#[cfg(test)]
mod tests;
