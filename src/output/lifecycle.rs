//! What `redos stop`, `start` and `restart` did.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::units::count;
use super::{Ui, command_line};
use crate::cluster::gate::sole_master;
use crate::cluster::observed::Observed;
use crate::plan::{Action, Plan};
use crate::spec::{API_VERSION, ClusterName, Group, NodeId, Role, Spec};

/// The verb that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LifecycleVerb {
    Stop,
    Start,
    Restart,
}

/// `kind: Stop`, `Start` or `Restart`: the nodes that were stopped, started or restarted.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LifecycleDocument {
    pub api_version: &'static str,
    /// `Stop`, `Start` or `Restart`.
    #[schemars(with = "String")]
    pub kind: LifecycleVerb,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// The nodes, in the order of the steps. Empty when there was nothing to do.
    pub nodes: Vec<NodeId>,
    /// The groups whose master was switched over.
    pub switchovers: BTreeMap<Group, Handover>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Proxies that run and were not restarted.
    #[serde(skip)]
    spared: Vec<NodeId>,
}

/// A master that was replaced by another.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Handover {
    /// The master until then; `null` when it was not known.
    pub from: Option<NodeId>,
    /// The master from then on.
    pub to: NodeId,
}

impl LifecycleDocument {
    /// The document of a plan that was carried out on the cluster seen `before`.
    pub fn new(kind: LifecycleVerb, spec: &Spec, before: &Observed, plan: &Plan, took: Duration) -> Self {
        let (mut nodes, mut switchovers) = (Vec::new(), BTreeMap::new());
        for step in &plan.steps {
            match &step.action {
                Action::StopNode { node } if kind == LifecycleVerb::Stop => nodes.push(*node),
                Action::StartNode { node } if kind != LifecycleVerb::Stop => nodes.push(*node),
                Action::UnpauseNode { node } if kind == LifecycleVerb::Start => nodes.push(*node),
                Action::Switchover { group, to } => {
                    switchovers.insert(*group, Handover { from: sole_master(*group, before).ok(), to: *to });
                }
                _ => {}
            }
        }
        let is_spared =
            |node: &NodeId| kind == LifecycleVerb::Restart && node.role() == Role::Proxy && !nodes.contains(node);
        let spared = before.topology.proxies.keys().copied().filter(is_spared).collect();
        let (api_version, cluster) = (API_VERSION, spec.name.clone());
        Self { api_version, kind, cluster, nodes, switchovers, seconds: took.as_secs_f64(), spared }
    }

    /// Reports what was done, and the command that undoes a stop.
    pub fn remarks(&self, ui: &Ui) {
        let Self { cluster, nodes, seconds, .. } = self;
        for (group, Handover { from, to }) in &self.switchovers {
            let instead = from.map(|from| format!(" in place of {from}")).unwrap_or_default();
            ui.status(format_args!("{group}: {to} is master{instead}"));
        }
        let (done, idle) = match self.kind {
            LifecycleVerb::Stop => ("stopped", "runs"),
            LifecycleVerb::Start => ("started", "is stopped"),
            LifecycleVerb::Restart => ("restarted", "runs"),
        };
        if nodes.is_empty() {
            ui.status(format_args!("{cluster}: nothing to do, none of the nodes {idle}"));
        } else {
            let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
            let number = count(nodes.len(), "node");
            ui.status(format_args!("{cluster}: {done} {number} ({seconds:.2} s): {}", names.join(", ")));
        }
        match self.kind {
            LifecycleVerb::Stop if !nodes.is_empty() => {
                ui.hint(format_args!("start again: {}", command_line(cluster, "start")))
            }
            LifecycleVerb::Restart
                if !self.spared.is_empty() && !nodes.iter().any(|node| node.role() == Role::Proxy) =>
            {
                let names: Vec<String> = self.spared.iter().map(ToString::to_string).collect();
                let restart = command_line(cluster, &format!("restart {}", names.join(" ")));
                ui.hint(format_args!(
                    "proxies were not restarted, as that closes all connections through them; to \
                    restart them: {restart}"
                ));
            }
            LifecycleVerb::Stop | LifecycleVerb::Start | LifecycleVerb::Restart => {}
        }
    }
}
