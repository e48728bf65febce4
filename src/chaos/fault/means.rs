//! The four means of faults. Each says how a fault is applied, seen, undone and seen to be gone.

use super::signal::Signal;
use crate::agent::order::{Disturbance, Packets, Task};
use crate::engine::EngineError;
use crate::engine::containers::{Attachment, ContainerFacts, Containers, Limit, Right};
use crate::spec::NODE_DIR;

/// Memory left to a container that is to run out of it, beyond what it cannot give back. With less it would be slow for
/// seconds before it is killed, since the kernel keeps reading its program from disk. The Engine takes no limit below
/// 6 MiB.
const OOM_LEFT: u64 = 16 << 20;
const OOM_LIMIT_MIN: u64 = 6 << 20;

/// How a fault is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A command of the Engine, which another one undoes.
    Verb(EngineVerb),
    /// A lower limit than the container had.
    Limit(Limit),
    /// The container is on none of its networks.
    OffNetworks,
    /// An agent beside the container applies it, measures it and undoes it.
    Agent(Assistance),
}

/// A command of the Engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineVerb {
    /// Freezes all processes of the container.
    Pause,
    /// Ends the server by a signal.
    End(Signal),
    /// Stops the container in good order.
    Stop,
    /// Freezes the first process by SIGSTOP, which the Engine does not notice.
    Freeze,
}

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assistance {
    /// Drops, delays or resets packets.
    Disturb(Disturbance),
    /// Writes of the server's clients wait.
    PauseWrites,
    /// Fills the disk of the data.
    FillDisk {
        /// Size of the largest disk that it fills, in bytes.
        limit: u64,
    },
    /// Limits the server's memory and makes it need more.
    RunOutOfMemory,
}

impl Assistance {
    /// The task of the agent, and the capability that it needs.
    pub(super) fn task(self, link: &Packets) -> (Task, Right) {
        match self {
            Self::Disturb(disturbance) => (Task::Disturb { disturbance, link: link.clone() }, Right::Network),
            Self::PauseWrites => (Task::PauseWrites, Right::Volumes),
            Self::FillDisk { limit } => (Task::FillDisk { folder: NODE_DIR.to_owned(), limit }, Right::Volumes),
            Self::RunOutOfMemory => (Task::Crowd, Right::Volumes),
        }
    }
}

impl Means {
    /// Whether it is a network fault, which may affect some packets only.
    pub const fn has_link(self) -> bool {
        matches!(self, Self::Agent(Assistance::Disturb(_)))
    }

    /// The limit that it lowers, whatever the figure.
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Self::Limit(limit) => Some(limit),
            Self::Agent(Assistance::RunOutOfMemory) => Some(Limit::Memory(None)),
            Self::Verb(_) | Self::OffNetworks | Self::Agent(_) => None,
        }
    }

    /// Whether the server ends and has to be started again.
    pub const fn ends_server(self) -> bool {
        matches!(self, Self::Verb(EngineVerb::End(_) | EngineVerb::Stop))
    }

    /// Does to a container what the Engine does. The caller starts the agent.
    pub(super) async fn apply(self, engine: &impl Containers, before: &ContainerFacts) -> Result<(), EngineError> {
        let name = &before.name;
        match self {
            Self::Verb(EngineVerb::Pause) => engine.pause(name).await,
            Self::Verb(EngineVerb::End(signal)) => engine.signal(name, signal.as_str()).await,
            Self::Verb(EngineVerb::Stop) => engine.stop(name).await,
            Self::Verb(EngineVerb::Freeze) => engine.signal(name, "SIGSTOP").await,
            Self::Limit(limit) => engine.limit(name, limit).await,
            Self::OffNetworks => {
                for attachment in &before.networks {
                    engine.disconnect(name, &attachment.network).await?;
                }
                Ok(())
            }
            Self::Agent(Assistance::RunOutOfMemory) => {
                let kept = engine.memory_kept(name).await?;
                engine.limit(name, Limit::Memory(Some((kept + OOM_LEFT).max(OOM_LIMIT_MIN)))).await
            }
            Self::Agent(_) => Ok(()),
        }
    }

    /// Whether the container shows the fault. For a fault that the Engine cannot show: whether it runs.
    pub(super) fn is_seen(self, before: &ContainerFacts, now: &ContainerFacts) -> bool {
        let has_ended = !now.running || now.started_at != before.started_at;
        match self {
            Self::Verb(EngineVerb::Pause) => now.paused,
            Self::Verb(EngineVerb::End(_) | EngineVerb::Stop) | Self::Agent(Assistance::RunOutOfMemory) => has_ended,
            Self::Verb(EngineVerb::Freeze) => now.running,
            Self::Limit(limit) => has(limit, now),
            Self::OffNetworks => now.networks.is_empty(),
            Self::Agent(_) => true,
        }
    }

    /// The evidence for people; `None` where only an agent has it.
    pub(super) fn evidence(self, name: &str) -> Option<String> {
        Some(match self {
            Self::Verb(EngineVerb::Pause) => format!("the Engine says that {name} is paused"),
            Self::Verb(EngineVerb::End(_) | EngineVerb::Stop) => format!("the Engine says that {name} has ended"),
            Self::Verb(EngineVerb::Freeze) => format!("the Engine has sent SIGSTOP to {name}"),
            // In microseconds of each 100 ms.
            Self::Limit(Limit::CpuQuota(quota)) => format!("the Engine leaves {name} {} % of a CPU", quota / 1000),
            Self::Limit(Limit::Pids(_)) => format!("the Engine lets {name} start no more processes"),
            Self::Limit(Limit::Memory(_)) => format!("the Engine leaves {name} less memory"),
            Self::OffNetworks => format!("the Engine says that {name} is on no network"),
            Self::Agent(_) => return None,
        })
    }

    /// Undoes what the Engine has done. Done twice it changes nothing the second time.
    pub(super) async fn revert(
        self,
        engine: &impl Containers,
        before: &ContainerFacts,
        now: &ContainerFacts,
    ) -> Result<(), EngineError> {
        let name = &before.name;
        match self {
            Self::Verb(EngineVerb::Pause) if now.paused => engine.unpause(name).await,
            Self::Verb(EngineVerb::End(_) | EngineVerb::Stop) if !now.running => engine.start(name).await,
            Self::Verb(EngineVerb::Freeze) if now.running => engine.signal(name, "SIGCONT").await,
            Self::Limit(limit) if !has(as_before(limit, before), now) => {
                engine.limit(name, as_before(limit, before)).await
            }
            Self::OffNetworks => {
                for attachment in missing(before, now) {
                    engine.reconnect(name, attachment).await?;
                }
                Ok(())
            }
            Self::Agent(Assistance::RunOutOfMemory) => {
                engine.limit(name, as_before(Limit::Memory(None), before)).await?;
                if now.running { Ok(()) } else { engine.start(name).await }
            }
            Self::Verb(_) | Self::Limit(_) | Self::Agent(_) => Ok(()),
        }
    }

    /// Whether the container shows no more of the fault. An agent says so itself, or is gone with all that it made.
    pub(super) fn is_gone(self, before: &ContainerFacts, now: &ContainerFacts) -> bool {
        match self {
            Self::Verb(EngineVerb::Pause) => !now.paused,
            Self::Verb(EngineVerb::End(_) | EngineVerb::Stop | EngineVerb::Freeze) => now.running,
            Self::Limit(limit) => has(as_before(limit, before), now),
            Self::OffNetworks => missing(before, now).next().is_none(),
            Self::Agent(Assistance::RunOutOfMemory) => now.running && has(as_before(Limit::Memory(None), before), now),
            Self::Agent(_) => true,
        }
    }
}

/// Whether a container has a limit. A memory limit that was not there before cannot be removed: the Engine sets all the
/// memory of its host instead.
fn has(limit: Limit, now: &ContainerFacts) -> bool {
    match limit {
        Limit::CpuQuota(quota) => now.cpu_quota == quota,
        Limit::Pids(pids) => now.pids_limit == pids,
        Limit::Memory(bytes) => bytes.is_none_or(|bytes| u64::try_from(now.memory) == Ok(bytes)),
    }
}

/// The limit of the same kind that the container had.
fn as_before(limit: Limit, before: &ContainerFacts) -> Limit {
    match limit {
        Limit::CpuQuota(_) => Limit::CpuQuota(before.cpu_quota),
        Limit::Pids(_) => Limit::Pids(before.pids_limit),
        Limit::Memory(_) => Limit::Memory(u64::try_from(before.memory).ok().filter(|bytes| *bytes > 0)),
    }
}

/// The networks that a container was on and is not on any more, with its addresses there.
fn missing<'a>(before: &'a ContainerFacts, now: &'a ContainerFacts) -> impl Iterator<Item = &'a Attachment> {
    let has = |network: &str| now.networks.iter().any(|attachment| attachment.network == network);
    before.networks.iter().filter(move |attachment| !has(&attachment.network))
}
