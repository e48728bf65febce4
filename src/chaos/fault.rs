//! Faults: each is journalled, applied, seen to work, undone, and seen to be gone.
//!
//! The journal is kept by the Engine, so that it outlives a killed redos: `redos chaos heal`, and the guard that every
//! fault starts beside it, undo what they find there.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::history::FaultNature;
use crate::engine::containers::{Attachment, ContainerFacts, Containers, JournalEntry, Limit};
use crate::engine::{EngineError, EngineErrorKind};

/// How long a fault may take to be seen, and to be gone.
const VISIBLE: Duration = Duration::from_secs(10);
/// Time between two looks.
const POLL: Duration = Duration::from_millis(10);
/// What is left to a slow container: 1 % of one CPU. PING still passes most of the time; the slowest of a hundred takes
/// about a period.
const SLOW_QUOTA: i64 = 1000;
/// What is left to a container that must not fork. The kernel counts threads, and Redis has five.
const NO_FORK_PIDS: i64 = 6;

/// A fault that the Engine can do to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Frozen by the Engine: connections stay, and are accepted, and nothing answers.
    Pause,
    /// Killed at once, and started again.
    Kill,
    /// Stopped in good order, and started again.
    Stop,
    /// Frozen by a signal, which the Engine does not notice.
    Freeze,
    /// Taken off its networks: silence, and no end of connections.
    Disconnect,
    /// Little CPU: it answers, late.
    Slow,
    /// It cannot fork, and so not save; then it refuses writes.
    NoFork,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Pause, Self::Kill, Self::Stop, Self::Freeze, Self::Disconnect, Self::Slow, Self::NoFork];

    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Freeze => "freeze",
            Self::Disconnect => "disconnect",
            Self::Slow => "slow",
            Self::NoFork => "no-fork",
        }
    }

    /// What the target can still do.
    pub const fn nature(self) -> FaultNature {
        match self {
            // Off its only network a node serves nobody.
            Self::Pause | Self::Kill | Self::Stop | Self::Freeze | Self::Disconnect => FaultNature::Halts,
            Self::Slow | Self::NoFork => FaultNature::Degrades,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|fault| fault.as_str()).collect();
            format!("'{text}' is not a fault, known are {}", known.join(", "))
        })
    }
}

/// A fault that is written down: all that is needed to undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Unique.
    pub id: String,
    /// Which fault.
    pub fault: Fault,
    /// What it was called by who asked: a node's name, or the container's.
    pub target: String,
    /// The container as it was before.
    pub before: ContainerFacts,
    /// When it is to be undone at the latest, in seconds since the epoch.
    pub until: u64,
}

impl Written {
    /// Writes a fault down for a container that runs. Nothing is done to it yet.
    ///
    /// # Errors
    /// There is no such container, it does not run, or the Engine failed.
    pub async fn write(
        engine: &impl Containers,
        fault: Fault,
        target: &str,
        container: &str,
        lease: Duration,
    ) -> Result<Self, EngineError> {
        let operation = || format!("apply {fault} to {container}");
        let wrong = |kind, why: &str| EngineError::new(kind, operation(), anyhow::anyhow!("{why}"));
        let before = engine.container(container).await?;
        let before = before.ok_or_else(|| wrong(EngineErrorKind::NotFound, "there is no such container"))?;
        if !before.running || before.paused {
            return Err(wrong(EngineErrorKind::Other, "it does not run, or is paused already"));
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let written = Self {
            id: format!("{:016x}", rand::random::<u64>()),
            fault,
            target: target.to_owned(),
            before,
            until: (now + lease).as_secs() + 1,
        };
        let text = serde_json::to_string(&written).unwrap_or_default();
        engine.journal(&JournalEntry { id: written.id.clone(), text }).await?;
        Ok(written)
    }

    /// All faults that are not undone yet. An entry that this redos does not understand is left alone.
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn all(engine: &impl Containers) -> Result<Vec<Self>, EngineError> {
        let entries = engine.journalled().await?;
        Ok(entries.iter().filter_map(|entry| serde_json::from_str(&entry.text).ok()).collect())
    }

    /// Does it.
    ///
    /// # Errors
    /// The Engine failed. Part of it may be done.
    pub async fn apply(&self, engine: &impl Containers) -> Result<(), EngineError> {
        let name = &self.before.name;
        match self.fault {
            Fault::Pause => engine.pause(name).await,
            Fault::Kill => engine.signal(name, "SIGKILL").await,
            Fault::Stop => engine.stop(name).await,
            Fault::Freeze => engine.signal(name, "SIGSTOP").await,
            Fault::Disconnect => {
                for attachment in &self.before.networks {
                    engine.disconnect(name, &attachment.network).await?;
                }
                Ok(())
            }
            Fault::Slow => engine.limit(name, Limit::CpuQuota(SLOW_QUOTA)).await,
            Fault::NoFork => engine.limit(name, Limit::Pids(NO_FORK_PIDS)).await,
        }
    }

    /// Waits until the Engine shows it. That the node shows it too is for its clients to see.
    ///
    /// # Errors
    /// It does not, in time; or the Engine failed.
    pub async fn is_applied(&self, engine: &impl Containers) -> Result<(), EngineError> {
        self.until_seen(engine, "see the effect of", |now| match self.fault {
            Fault::Pause => now.paused,
            Fault::Kill | Fault::Stop => !now.running || now.started_at != self.before.started_at,
            // The Engine sees nothing of a stopped process.
            Fault::Freeze => now.running,
            Fault::Disconnect => now.networks.is_empty(),
            Fault::Slow => now.cpu_quota == SLOW_QUOTA,
            Fault::NoFork => now.pids_limit == NO_FORK_PIDS,
        })
        .await
    }

    /// Undoes it, sees that it is gone, and strikes it from the journal. Done twice it changes nothing the second time. A
    /// container that was removed meanwhile needs no undoing.
    ///
    /// # Errors
    /// The Engine failed, or it is not gone in time. The journal keeps it then.
    pub async fn undo(&self, engine: &impl Containers) -> Result<(), EngineError> {
        self.revert(engine).await?;
        self.is_gone(engine).await
    }

    /// The first half of [`Written::undo`].
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn revert(&self, engine: &impl Containers) -> Result<(), EngineError> {
        let name = &self.before.name;
        let Some(now) = engine.container(name).await? else { return Ok(()) };
        match self.fault {
            Fault::Pause if now.paused => engine.unpause(name).await,
            Fault::Kill | Fault::Stop if !now.running => engine.start(name).await,
            Fault::Freeze if now.running => engine.signal(name, "SIGCONT").await,
            Fault::Disconnect => {
                for attachment in self.missing(&now) {
                    engine.reconnect(name, attachment).await?;
                }
                Ok(())
            }
            Fault::Slow if now.cpu_quota != self.before.cpu_quota => {
                engine.limit(name, Limit::CpuQuota(self.before.cpu_quota)).await
            }
            Fault::NoFork if now.pids_limit != self.before.pids_limit => {
                engine.limit(name, Limit::Pids(self.before.pids_limit)).await
            }
            Fault::Pause | Fault::Kill | Fault::Stop | Fault::Freeze | Fault::Slow | Fault::NoFork => Ok(()),
        }
    }

    /// The second half of [`Written::undo`].
    ///
    /// # Errors
    /// It is not gone in time, or the Engine failed.
    pub async fn is_gone(&self, engine: &impl Containers) -> Result<(), EngineError> {
        self.until_seen(engine, "undo", |now| match self.fault {
            Fault::Pause => !now.paused,
            Fault::Kill | Fault::Stop | Fault::Freeze => now.running,
            Fault::Disconnect => self.missing(now).next().is_none(),
            Fault::Slow => now.cpu_quota == self.before.cpu_quota,
            Fault::NoFork => now.pids_limit == self.before.pids_limit,
        })
        .await?;
        engine.strike(&self.id).await
    }

    /// The places on networks that it had and has no more.
    fn missing<'a>(&'a self, now: &'a ContainerFacts) -> impl Iterator<Item = &'a Attachment> {
        let has = |network: &str| now.networks.iter().any(|attachment| attachment.network == network);
        self.before.networks.iter().filter(move |attachment| !has(&attachment.network))
    }

    /// Waits until the container looks like this; one that is gone does.
    async fn until_seen(
        &self,
        engine: &impl Containers,
        what: &str,
        looks: impl Fn(&ContainerFacts) -> bool + Send,
    ) -> Result<(), EngineError> {
        let deadline = Instant::now() + VISIBLE;
        loop {
            match engine.container(&self.before.name).await? {
                Some(now) if !looks(&now) => {}
                Some(_) | None => return Ok(()),
            }
            if Instant::now() >= deadline {
                let operation = format!("{what} {} on {}", self.fault, self.before.name);
                let why = anyhow::anyhow!("the container does not show it within {} s", VISIBLE.as_secs());
                return Err(EngineError::new(EngineErrorKind::Other, operation, why).hinted("redos chaos heal"));
            }
            sleep(POLL).await;
        }
    }
}
