//! A fault in the journal: all that redos needs to apply it, to see it, and to undo it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::means::Means;
use super::{Fault, agent};
use crate::agent::order::Packets;
use crate::engine::containers::{ContainerFacts, Containers, JournalEntry};
use crate::engine::{EngineError, EngineErrorKind};

/// Time limit until a fault is seen, and until it is seen to be gone.
const VISIBLE: Duration = Duration::from_secs(10);
/// Time between two looks at the container.
const POLL: Duration = Duration::from_millis(10);
/// A fault in the journal, with all that is needed to undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Names the entry and the agent; unique.
    pub id: String,
    pub fault: Fault,
    /// The target as the user named it: a node's name, or the container's.
    pub target: String,
    /// The container before the fault.
    pub before: ContainerFacts,
    /// Which packets it affects, if it is a network fault.
    pub link: Packets,
    /// The latest time at which it must be undone, in seconds since the epoch.
    pub until: u64,
}

impl Written {
    /// Records a fault for a running container, before anything is done to it. `link` says which packets a network
    /// fault affects; other faults ignore it.
    ///
    /// # Errors
    /// There is no such container, it does not run, or the Engine failed.
    pub async fn write(
        engine: &impl Containers,
        fault: Fault,
        target: &str,
        container: &str,
        link: &Packets,
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

    /// All faults that are not undone yet. It skips entries that this redos does not understand.
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn all(engine: &impl Containers) -> Result<Vec<Self>, EngineError> {
        let entries = engine.journalled().await?;
        Ok(entries.iter().filter_map(|entry| serde_json::from_str(&entry.text).ok()).collect())
    }

    /// Applies the fault.
    ///
    /// # Errors
    /// The Engine failed. Part of it may be done.
    pub async fn apply(&self, engine: &impl Containers) -> Result<(), EngineError> {
        let means = self.fault.means();
        means.apply(engine, &self.before).await?;
        let Means::Agent(assistance) = means else { return Ok(()) };
        agent::start(engine, &self.id, &self.before.name, assistance.task(&self.link), self.left_ms()).await
    }

    /// Milliseconds until it has to be undone.
    fn left_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(Duration::from_secs(self.until).saturating_sub(now).as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until the Engine, or the agent that measures it, shows the fault. Returns the evidence.
    ///
    /// # Errors
    /// It is not, in time; or the Engine failed.
    pub async fn await_applied(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let (means, name) = (self.fault.means(), &self.before.name);
        let evidence = match means.evidence(name) {
            Some(evidence) => evidence,
            None => agent::await_measured(engine, &self.id, &format!("apply {} to {name}", self.fault)).await?,
        };
        self.await_looks(engine, "see the effect of", |now| means.is_seen(&self.before, now)).await?;
        Ok(evidence)
    }

    /// Undoes the fault, sees that it is gone, and deletes it from the journal.
    ///
    /// Done twice it changes nothing the second time. A container that was removed meanwhile needs no undoing. Returns
    /// the evidence of an agent, if there is any.
    ///
    /// # Errors
    /// The Engine failed, or the fault is not gone in time. The journal keeps it then.
    pub async fn undo(&self, engine: &impl Containers) -> Result<String, EngineError> {
        let (means, name) = (self.fault.means(), &self.before.name);
        let evidence = match means {
            Means::Agent(_) => agent::dismiss(engine, &self.id, &format!("undo {} on {name}", self.fault)).await?,
            Means::Verb(_) | Means::Limit(_) | Means::OffNetworks => String::new(),
        };
        if let Some(now) = engine.container(name).await? {
            means.revert(engine, &self.before, &now).await?;
        }
        self.await_looks(engine, "undo", |now| means.is_gone(&self.before, now)).await?;
        engine.strike(&self.id).await?;
        Ok(evidence)
    }

    /// Waits until the container looks like this. A removed container counts.
    async fn await_looks(
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
