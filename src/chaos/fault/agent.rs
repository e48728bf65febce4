//! How redos starts, reads and ends the agent that holds a fault, through the Engine.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::agent::order::{Order, Task, Word};
use crate::agent::program::{AGENT_FOLDER, AgentProgram, REMEDY};
use crate::engine::containers::{Containers, Helper, Right};
use crate::engine::{EngineError, EngineErrorKind};

/// Time limit until an agent has started and measured its fault. It takes 0.3 s on an idle machine, and longer over a
/// slow network.
const MEASURED: Duration = Duration::from_secs(75);
/// Time between two looks at the agent's log.
const POLL: Duration = Duration::from_millis(10);

/// Starts the agent `id` beside a container. It ends by itself after the lease.
pub(super) async fn start(
    engine: &impl Containers,
    id: &str,
    beside: &str,
    (task, right): (Task, Right),
    lease_ms: u64,
) -> Result<(), EngineError> {
    let AgentProgram { machine, files, mut command } = AgentProgram::find(AGENT_FOLDER).map_err(|error| {
        let operation = format!("find a redos that runs in a container beside {beside}");
        EngineError::new(EngineErrorKind::Other, operation, anyhow::Error::new(error)).hinted(REMEDY)
    })?;
    let order = serde_json::to_string(&Order { task, lease: lease_ms }).unwrap_or_default();
    command.extend(["chaos", "agent", &order].map(str::to_owned));
    let (id, beside, folder) = (id.to_owned(), beside.to_owned(), AGENT_FOLDER.to_owned());
    engine.assist(&Helper { id, beside, machine, files, folder, command, right }).await
}

/// Waits until an agent has measured its fault. Returns the evidence. `operation` names what failed in the error.
pub(super) async fn await_measured(engine: &impl Containers, id: &str, operation: &str) -> Result<String, EngineError> {
    let failed = |why: String| EngineError::new(EngineErrorKind::Other, operation.to_owned(), anyhow::anyhow!(why));
    let deadline = Instant::now() + MEASURED;
    loop {
        let said = engine.heard(id).await?;
        match (Word::all(said.as_deref().unwrap_or_default()).last(), &said) {
            (Some(Word::Holds { evidence }), _) => return Ok(evidence),
            (Some(Word::Gone { .. }), _) => return Err(failed("it ended before its effect was seen".to_owned())),
            (Some(Word::Failed { why }), _) => return Err(failed(why)),
            (None, None) => return Err(failed("its agent ended at once and printed nothing".to_owned())),
            (None, Some(said)) if Instant::now() >= deadline => {
                let (limit, said) = (MEASURED.as_secs(), said.trim());
                return Err(failed(format!("its agent did not report success within {limit} s, it printed '{said}'")));
            }
            (None, Some(_)) => sleep(POLL).await,
        }
    }
}

/// Ends an agent. Returns its last evidence. If the agent is gone already, nothing is left: what it made belongs to it.
pub(super) async fn dismiss(engine: &impl Containers, id: &str, operation: &str) -> Result<String, EngineError> {
    let said = engine.dismiss(id).await?.unwrap_or_default();
    let held = Word::all(&said).any(|word| matches!(word, Word::Holds { .. }));
    match Word::all(&said).last() {
        Some(Word::Gone { evidence }) => Ok(evidence),
        // An agent whose fault never held leaves nothing behind.
        Some(Word::Failed { why }) if held => {
            Err(EngineError::new(EngineErrorKind::Other, operation.to_owned(), anyhow::anyhow!(why)))
        }
        Some(Word::Holds { .. } | Word::Failed { .. }) | None => Ok(String::new()),
    }
}
