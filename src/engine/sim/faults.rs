//! Faults on containers in memory. Those that need a helper are refused: there is no kernel.

use anyhow::anyhow;

use super::{Sim, SimWorld};
use crate::cluster::observed::NodeState;
use crate::engine::containers::{Attachment, ContainerFacts, Containers, Helper, JournalEntry, Limit};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId, Role};

/// The exit code of a process that a signal ended, without the signal's number.
const BY_SIGNAL: i64 = 128;

fn failed(operation: String, why: &str) -> EngineError {
    EngineError::new(EngineErrorKind::Other, operation, anyhow!("{why}"))
}

impl SimWorld {
    /// The node whose container has this name.
    fn named(&self, container: &str) -> Option<NodeId> {
        let cluster = &self.spec.as_ref()?.name;
        self.nodes.keys().copied().find(|node| node.container_name(cluster) == container)
    }

    /// Does something to a node if its state allows it.
    fn alter(&mut self, verb: &str, container: &str, from: impl Fn(&NodeState) -> bool, to: NodeState) -> Result<()> {
        let operation = format!("{verb} {container}");
        let id = self.named(container).ok_or_else(|| failed(operation.clone(), "there is no such container"))?;
        if !self.nodes.get(&id).is_some_and(|node| from(&node.state)) {
            return Err(failed(operation, "it is in no state for that"));
        }
        self.change(operation)?;
        if let Some(node) = self.nodes.get_mut(&id) {
            node.state = to;
        }
        Ok(())
    }
}

impl Containers for Sim {
    async fn container(&self, name: &str) -> Result<Option<ContainerFacts>> {
        let world = self.world();
        let Some((id, node)) = world.named(name).and_then(|id| Some((id, world.nodes.get(&id)?))) else {
            return Ok(None);
        };
        let attached = Attachment {
            network: node.network_id.clone(),
            address: Some(node.spec.address),
            pinned: true,
            aliases: Vec::new(),
        };
        Ok(Some(ContainerFacts {
            name: name.to_owned(),
            running: matches!(node.state, NodeState::Running | NodeState::Paused),
            paused: node.state == NodeState::Paused,
            networks: if world.disconnected.contains(&id) { Vec::new() } else { vec![attached] },
            // Each start has another time.
            started_at: world.journal.len().to_string(),
            ..ContainerFacts::default()
        }))
    }

    async fn pause(&self, name: &str) -> Result<()> {
        self.world().alter("pause", name, |state| *state == NodeState::Running, NodeState::Paused)
    }

    async fn unpause(&self, name: &str) -> Result<()> {
        let can = |state: &NodeState| matches!(state, NodeState::Running | NodeState::Paused);
        self.world().alter("unpause", name, can, NodeState::Running)
    }

    async fn signal(&self, name: &str, signal: &str) -> Result<()> {
        let ended = NodeState::Exited { code: BY_SIGNAL, oom_killed: false };
        self.world().alter(&format!("send {signal} to"), name, |state| *state == NodeState::Running, ended)
    }

    async fn signal_role(&self, _cluster: &ClusterName, role: Role, signal: &str) -> Result<()> {
        let mut world = self.world();
        let nodes: Vec<NodeId> =
            world.nodes.keys().copied().filter(|id| id.role() == role && world.runs(*id)).collect();
        world.journal.extend(nodes.into_iter().map(|node| format!("send {signal} to {node}")));
        Ok(())
    }

    async fn stop(&self, name: &str) -> Result<()> {
        let ended = NodeState::Exited { code: 0, oom_killed: false };
        self.world().alter("stop", name, |_| true, ended)
    }

    async fn start(&self, name: &str) -> Result<()> {
        let mut world = self.world();
        world.alter("start", name, |_| true, NodeState::Running)?;
        if let Some(id) = world.named(name) {
            world.boot(id);
        }
        Ok(())
    }

    async fn limit(&self, name: &str, limit: Limit) -> Result<()> {
        self.world().change(format!("limit {name} to {limit:?}"))
    }

    async fn memory_kept(&self, _name: &str) -> Result<u64> {
        Ok(0)
    }

    async fn disconnect(&self, name: &str, _network: &str) -> Result<()> {
        let mut world = self.world();
        world.change(format!("disconnect {name}"))?;
        let id = world.named(name);
        world.disconnected.extend(id);
        Ok(())
    }

    async fn reconnect(&self, name: &str, _attachment: &Attachment) -> Result<()> {
        let mut world = self.world();
        world.change(format!("reconnect {name}"))?;
        if let Some(id) = world.named(name) {
            world.disconnected.remove(&id);
        }
        Ok(())
    }

    async fn assist(&self, helper: &Helper) -> Result<()> {
        Err(failed(format!("start a helper beside {}", helper.beside), "an engine in memory has no kernel"))
    }

    async fn heard(&self, _id: &str) -> Result<Option<String>> {
        Ok(None)
    }

    async fn dismiss(&self, _id: &str) -> Result<Option<String>> {
        Ok(None)
    }

    async fn journal(&self, entry: &JournalEntry) -> Result<()> {
        self.world().faults.insert(entry.id.clone(), entry.text.clone());
        Ok(())
    }

    async fn journalled(&self) -> Result<Vec<JournalEntry>> {
        let faults = self.world().faults.clone();
        Ok(faults.into_iter().map(|(id, text)| JournalEntry { id, text }).collect())
    }

    async fn strike(&self, id: &str) -> Result<()> {
        self.world().faults.remove(id);
        Ok(())
    }
}
