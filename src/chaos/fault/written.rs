//! A fault in the journal: all that is needed to apply it, to see it, and to undo it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::Fault;
use crate::agent::order::{Link, Order, Task, Word};
use crate::agent::program::{FOLDER, Program, REMEDY};
use crate::engine::containers::{Attachment, ContainerFacts, Containers, Helper, JournalEntry, Limit, Right};
use crate::engine::{EngineError, EngineErrorKind};
use crate::spec::NODE_DIR;

/// How long a fault may take to be seen, and to be gone.
const VISIBLE: Duration = Duration::from_secs(10);
/// How long an agent may take to be there and to measure: 0.3 s on a machine with nothing else to do, and some time more
/// where the way is narrow.
const MEASURED: Duration = Duration::from_secs(75);
/// Time between two looks.
const POLL: Duration = Duration::from_millis(10);
/// What is left to a slow container: 1 % of one CPU. PING still passes most of the time; the slowest of a hundred takes
/// about a period.
const SLOW_QUOTA: i64 = 1000;
/// What is left to a container that must not fork. The kernel counts threads, and Redis has five.
const NO_FORK_PIDS: i64 = 6;
/// What is left to a container that is to run out of memory, beyond what it cannot give back. The Engine takes no limit
/// below 6 MiB.
const OOM_LEFT: u64 = 256 << 10;
const OOM_LIMIT_MIN: u64 = 6 << 20;

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
    /// Which packets it is about, where it is one of the network.
    pub link: Link,
    /// When it is to be undone at the latest, in seconds since the epoch.
    pub until: u64,
}

impl Written {
    /// Writes a fault down for a container that runs. Nothing is done to it yet. `link` says which packets a fault of the
    /// network is about; others pay no heed to it.
    ///
    /// # Errors
    /// There is no such container, it does not run, or the Engine failed.
    pub async fn write(
        engine: &impl Containers,
        fault: Fault,
        target: &str,
        container: &str,
        link: &Link,
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
            link: link.clone(),
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
            Fault::Kill(signal) => engine.signal(name, signal.as_str()).await,
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
            Fault::Network(disturbance) => {
                let task = Task::Disturb { disturbance, link: self.link.clone() };
                engine.assist(&self.helper(task, Right::Network)?).await
            }
            Fault::ClientPause => engine.assist(&self.helper(Task::PauseWrites, Right::Volumes)?).await,
            Fault::FillDisk(limit) => {
                let task = Task::FillDisk { folder: NODE_DIR.to_owned(), limit: limit.0 };
                engine.assist(&self.helper(task, Right::Volumes)?).await
            }
            Fault::Oom => {
                let kept = engine.memory_kept(name).await?;
                engine.limit(name, Limit::Memory(Some((kept + OOM_LEFT).max(OOM_LIMIT_MIN)))).await?;
                engine.assist(&self.helper(Task::Crowd, Right::None)?).await
            }
        }
    }

    /// The agent that carries out a task beside the container.
    fn helper(&self, task: Task, right: Right) -> Result<Helper, EngineError> {
        let Program { machine, files, mut command } = Program::find().map_err(|error| {
            let operation = format!("find a redos that runs in a container beside {}", self.before.name);
            EngineError::new(EngineErrorKind::Other, operation, anyhow::Error::new(error)).hinted(REMEDY)
        })?;
        let order = serde_json::to_string(&Order { task, lease: self.left_ms() }).unwrap_or_default();
        command.extend(["chaos", "agent", &order].map(str::to_owned));
        let (id, beside, folder) = (self.id.clone(), self.before.name.clone(), FOLDER.to_owned());
        Ok(Helper { id, beside, machine, files, folder, command, right })
    }

    /// Milliseconds until it has to be undone.
    fn left_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(Duration::from_secs(self.until).saturating_sub(now).as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until it is seen, by the Engine or by who measures it. Returns what was seen, in words.
    ///
    /// # Errors
    /// It is not, in time; or the Engine failed.
    pub async fn is_applied(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let measured = if self.has_agent() { Some(self.is_measured(engine).await?) } else { None };
        self.until_seen(engine, "see the effect of", |now| match self.fault {
            Fault::Pause => now.paused,
            Fault::Kill(_) | Fault::Stop => !now.running || now.started_at != self.before.started_at,
            // The Engine sees nothing of a stopped process.
            Fault::Freeze => now.running,
            Fault::Disconnect => now.networks.is_empty(),
            Fault::Slow => now.cpu_quota == SLOW_QUOTA,
            Fault::NoFork => now.pids_limit == NO_FORK_PIDS,
            Fault::Network(_) | Fault::ClientPause | Fault::FillDisk(_) => true,
            Fault::Oom => !now.running || now.started_at != self.before.started_at,
        })
        .await?;
        let name = &self.before.name;
        Ok(match self.fault {
            Fault::Pause => format!("the Engine says that {name} is paused"),
            Fault::Kill(_) | Fault::Stop => format!("the Engine says that {name} has ended"),
            Fault::Freeze => format!("the Engine has sent SIGSTOP to {name}"),
            Fault::Disconnect => format!("the Engine says that {name} is on no network"),
            Fault::Slow => format!("the Engine leaves {name} 1 % of a CPU"),
            Fault::NoFork => format!("the Engine lets {name} start no process more"),
            Fault::Network(_) | Fault::ClientPause | Fault::FillDisk(_) | Fault::Oom => measured.unwrap_or_default(),
        })
    }

    /// Whether an agent holds it.
    const fn has_agent(&self) -> bool {
        matches!(self.fault, Fault::Network(_) | Fault::ClientPause | Fault::FillDisk(_) | Fault::Oom)
    }

    /// Waits for the word of the agent.
    async fn is_measured(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let operation = || format!("apply {} to {}", self.fault, self.before.name);
        let failed = |why: String| EngineError::new(EngineErrorKind::Other, operation(), anyhow::anyhow!(why));
        let deadline = Instant::now() + MEASURED;
        loop {
            let said = engine.heard(&self.id).await?;
            match (Word::all(said.as_deref().unwrap_or_default()).last(), &said) {
                (Some(Word::Holds { evidence }), _) => return Ok(evidence),
                (Some(Word::Gone { .. }), _) => return Err(failed("its time was over before it was seen".to_owned())),
                (Some(Word::Failed { why }), _) => return Err(failed(why)),
                (None, None) => return Err(failed("its agent has ended at once, without a word".to_owned())),
                (None, Some(said)) if Instant::now() >= deadline => {
                    let (limit, said) = (MEASURED.as_secs(), said.trim());
                    return Err(failed(format!("its agent says nothing within {limit} s but '{said}'")));
                }
                (None, Some(_)) => sleep(POLL).await,
            }
        }
    }

    /// Undoes it, sees that it is gone, and strikes it from the journal. Done twice it changes nothing the second time. A
    /// container that was removed meanwhile needs no undoing. Returns what was seen, in words, where there is more to see
    /// than that.
    ///
    /// # Errors
    /// The Engine failed, or it is not gone in time. The journal keeps it then.
    pub async fn undo(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let evidence = self.revert(engine).await?;
        self.is_gone(engine).await?;
        Ok(evidence)
    }

    /// The first half of [`Written::undo`].
    ///
    /// # Errors
    /// The Engine failed.
    async fn revert(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let said = if self.has_agent() { self.dismiss(engine).await? } else { String::new() };
        let name = &self.before.name;
        let Some(now) = engine.container(name).await? else { return Ok(said) };
        match self.fault {
            Fault::Pause if now.paused => engine.unpause(name).await?,
            Fault::Kill(_) | Fault::Stop if !now.running => engine.start(name).await?,
            Fault::Freeze if now.running => engine.signal(name, "SIGCONT").await?,
            Fault::Disconnect => {
                for attachment in self.missing(&now) {
                    engine.reconnect(name, attachment).await?;
                }
            }
            Fault::Slow if now.cpu_quota != self.before.cpu_quota => {
                engine.limit(name, Limit::CpuQuota(self.before.cpu_quota)).await?;
            }
            Fault::NoFork if now.pids_limit != self.before.pids_limit => {
                engine.limit(name, Limit::Pids(self.before.pids_limit)).await?;
            }
            Fault::Oom => {
                let before = u64::try_from(self.before.memory).ok().filter(|limit| *limit > 0);
                engine.limit(name, Limit::Memory(before)).await?;
                if !now.running {
                    engine.start(name).await?;
                }
            }
            Fault::Pause
            | Fault::Kill(_)
            | Fault::Stop
            | Fault::Freeze
            | Fault::Slow
            | Fault::NoFork
            | Fault::Network(_)
            | Fault::ClientPause
            | Fault::FillDisk(_) => {}
        }
        Ok(said)
    }

    /// Ends the agent. One that is gone already has left nothing: what it made belongs to it.
    async fn dismiss(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let said = engine.dismiss(&self.id).await?.unwrap_or_default();
        let held = Word::all(&said).any(|word| matches!(word, Word::Holds { .. }));
        match Word::all(&said).last() {
            Some(Word::Gone { evidence }) => Ok(evidence),
            // What never held has nothing to leave.
            Some(Word::Failed { why }) if held => {
                let operation = format!("undo {} on {}", self.fault, self.before.name);
                Err(EngineError::new(EngineErrorKind::Other, operation, anyhow::anyhow!(why)))
            }
            Some(Word::Holds { .. } | Word::Failed { .. }) | None => Ok(String::new()),
        }
    }

    /// The second half of [`Written::undo`].
    ///
    /// # Errors
    /// It is not gone in time, or the Engine failed.
    async fn is_gone(&self, engine: &impl Containers) -> Result<(), EngineError> {
        self.until_seen(engine, "undo", |now| match self.fault {
            Fault::Pause => !now.paused,
            Fault::Kill(_) | Fault::Stop | Fault::Freeze => now.running,
            Fault::Disconnect => self.missing(now).next().is_none(),
            Fault::Slow => now.cpu_quota == self.before.cpu_quota,
            Fault::NoFork => now.pids_limit == self.before.pids_limit,
            // A limit that was not there before cannot be taken away: the Engine puts all the memory of its host instead.
            Fault::Oom => now.running && (now.memory == self.before.memory || self.before.memory == 0),
            // The agent has said so, or is gone.
            Fault::Network(_) | Fault::ClientPause | Fault::FillDisk(_) => true,
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
