//! Nodes that move to other hosts: the question before, and what they leave behind.

use std::collections::BTreeMap;

use super::super::session::{Session, World, ask};
use crate::cluster::desired::host_dir;
use crate::cluster::observed::{NodeState, Observed};
use crate::error::Failure;
use crate::output::{Ui, command_line};
use crate::plan::diff::moving::leaving;
use crate::spec::{HostName, NodeId, Role, Spec};

/// The nodes that leave each host.
pub struct Moves<'a> {
    spec: &'a Spec,
    from: BTreeMap<HostName, Leaving>,
}

#[derive(Default)]
struct Leaving {
    nodes: Vec<NodeId>,
    /// Whether the host does not answer.
    is_away: bool,
}

impl<'a> Moves<'a> {
    /// The moves from the observed cluster to a specification.
    pub fn of(spec: &'a Spec, observed: &Observed) -> Self {
        let mut from: BTreeMap<HostName, Leaving> = BTreeMap::new();
        for (node, host) in leaving(spec, observed) {
            let leaving = from.entry(host).or_default();
            leaving.is_away |=
                observed.inventory.nodes.get(&node).is_some_and(|facts| facts.state == NodeState::Unknown);
            leaving.nodes.push(node);
        }
        Self { spec, from }
    }

    /// Says what moves, and asks whether it should.
    ///
    /// # Errors
    /// The answer is no.
    pub async fn agreed<W: World>(&self, session: &Session<W>, yes: bool) -> Result<(), Failure> {
        for (host, leaving) in &self.from {
            let to = |node: &NodeId| Some(format!("{node} to {}", self.spec.host_of(*node)?.name));
            let moves: Vec<String> = leaving.nodes.iter().filter_map(to).collect();
            session.ui.status(format_args!("from {host} move {}", moves.join(", ")));
            if leaving.is_away {
                session.ui.warn(format_args!(
                    "{host} does not answer: what its nodes alone have is given up; when it is back, '{}' removes them",
                    command_line(&self.spec.name, "up")
                ));
            }
        }
        if self.from.is_empty() || yes {
            return Ok(());
        }
        let hosts: Vec<&str> = self.from.keys().map(HostName::as_str).collect();
        let what = format!(
            "move the nodes of {} (all nodes of '{}' are recreated, one at a time)?",
            hosts.join(" and "),
            self.spec.name
        );
        ask::agreed(session, &what).await
    }

    /// Says where the volumes are that were left behind, and what removes them.
    pub fn tell_left(&self, ui: &Ui) {
        for (host, leaving) in &self.from {
            let keeps = |node: &&NodeId| matches!(node.role(), Role::Redis | Role::Sentinel);
            let kept = leaving.nodes.iter().filter(keeps);
            let (folders, volumes): (Vec<NodeId>, Vec<NodeId>) =
                kept.partition(|node| host_dir(self.spec, **node).is_some());
            if let Some(dir) = folders.first().and_then(|node| host_dir(self.spec, *node)) {
                ui.hint(format!("the former data of {host} are kept there, in {}", dir.display()));
            }
            let names: Vec<String> = volumes.iter().map(|node| node.volume_name(&self.spec.name)).collect();
            if let Some(docker) = self.spec.hosts.get(host).map(|host| host.docker()).filter(|_| !names.is_empty()) {
                let remove = format!("{docker} volume rm {}", names.join(" "));
                ui.hint(format!("the volumes of what was on {host} are kept there; to remove them: {remove}"));
            }
        }
    }
}
