//! What is wrong with a cluster, and what helps, pure: the findings of `redos doctor`.
//!
//! [`diagnose`] judges everything that could be seen ([`Examined`]) by the checks of the [`catalogue`]. It finds what
//! `status` finds ([`service`]), what `up` would change and what was set by hand ([`drift`]), and what the servers
//! ([`redis`], [`sentinel`]) and the Engine's host ([`host`]) say of themselves. What could not be seen is said, too.

pub mod catalogue;
mod certificates;
mod drift;
pub mod host;
pub mod hosts;
mod redis;
mod sentinel;
mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use catalogue::{CHECKS, HealthCheck, Severity};
pub use host::HostFacts;

use crate::cluster::observed::{Answer, NodeState, Observed};
use crate::cluster::vitals::Vitals;
use crate::plan::{Plan, diff};
use crate::spec::{DEFAULT_CLUSTER, NodeId, Spec};

/// Everything that could be seen of a cluster at one moment.
pub struct Examined<'a> {
    /// The recorded specification.
    pub spec: &'a Spec,
    pub observed: &'a Observed,
    /// The vital signs of each Redis node and Sentinel that was asked, or why there are none.
    pub vitals: BTreeMap<NodeId, Result<Vitals, String>>,
    /// What a node said of the Engine's host, or why none did.
    pub host: Result<HostFacts, String>,
    /// The Engine's version.
    pub engine: Option<String>,
    /// The faults that are active, each as a sentence.
    pub faults: Vec<String>,
}

/// One thing that was measured, and by what it is judged.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The node that said it; `null` for the Engine and its host.
    pub node: Option<NodeId>,
    /// The command, or the file, that shows it.
    pub command: String,
    /// What was looked at in the answer.
    pub field: String,
    pub value: String,
    /// What it is compared with, in words; `null` where its presence is enough.
    pub threshold: Option<String>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorFinding {
    /// The row of the catalogue.
    pub check: &'static HealthCheck,
    /// The node that it is about; `None` for the whole cluster, a group, or the host.
    pub node: Option<NodeId>,
    /// What is wrong, in words.
    pub text: String,
    pub evidence: Vec<Measured>,
    /// What helps: commands, some with their purpose and a colon before them.
    pub remedies: Vec<String>,
}

/// Something that could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Unseen {
    /// A node, or the host.
    pub what: String,
    pub why: String,
}

/// The findings about a cluster, the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub findings: Vec<DoctorFinding>,
    pub unseen: Vec<Unseen>,
    /// What `up` would do.
    pub plan: Plan,
}

/// Judges a cluster.
pub fn diagnose(examined: &Examined<'_>) -> Diagnosis {
    let plan = diff(examined.spec, examined.observed);
    let mut findings = service::findings(examined);
    findings.extend(drift::findings(examined, &plan));
    findings.extend(redis::findings(examined));
    findings.extend(sentinel::findings(examined));
    findings.extend(host::findings(examined));
    findings.extend(certificates::findings(examined));
    if let Some(pending) = drift::pending(examined, &plan, &findings) {
        findings.push(pending);
    }
    findings.sort_by(|a, b| (a.check.severity, a.node, a.check.id).cmp(&(b.check.severity, b.node, b.check.id)));
    Diagnosis { findings, unseen: unseen(examined), plan }
}

impl DoctorFinding {
    /// A finding with the remedies of its check, in which `words` replace the words in capitals.
    fn new(
        check: &'static HealthCheck,
        node: Option<NodeId>,
        text: impl Into<String>,
        evidence: impl IntoIterator<Item = Measured>,
    ) -> Self {
        let remedies = check.remedies.iter().map(|remedy| (*remedy).to_owned()).collect();
        Self { check, node, text: text.into(), evidence: evidence.into_iter().collect(), remedies }
            .with(node.map(|node| ("NODE", node.to_string())))
    }

    /// The finding with words of its remedies filled in.
    fn with(mut self, words: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        for (word, text) in words {
            for remedy in &mut self.remedies {
                *remedy = remedy.replace(word, &text);
            }
        }
        self
    }

    /// The finding with the cluster's name in its remedies.
    fn of_cluster(mut self, spec: &Spec) -> Self {
        let container = self.node.map(|node| node.container_name(&spec.name));
        for remedy in &mut self.remedies {
            if let Some(container) = &container {
                *remedy = remedy.replace("CONTAINER", container);
            }
            if spec.name.as_str() != DEFAULT_CLUSTER {
                *remedy = remedy.replace("redos ", &format!("redos -p {} ", spec.name));
            }
        }
        self
    }
}

impl Measured {
    /// What a node said.
    fn of(node: NodeId, command: impl Into<String>, field: impl Into<String>, value: impl ToString) -> Self {
        Self { node: Some(node), ..Self::of_host(command, field, value) }
    }

    /// What the Engine or its host said.
    fn of_host(command: impl Into<String>, field: impl Into<String>, value: impl ToString) -> Self {
        let (command, field, value) = (command.into(), field.into(), value.to_string());
        Self { node: None, command, field, value, threshold: None }
    }

    /// The same with what it is compared with.
    fn against(self, threshold: impl Into<String>) -> Self {
        Self { threshold: Some(threshold.into()), ..self }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, field, value, threshold, .. } = self;
        write!(f, "{command}: {field} {value}")?;
        threshold.as_ref().map_or(Ok(()), |threshold| write!(f, " ({threshold})"))
    }
}

impl<'a> Examined<'a> {
    /// The vital signs of the nodes that gave them.
    fn seen_vitals(&self) -> impl Iterator<Item = (NodeId, &Vitals)> {
        self.vitals.iter().filter_map(|(node, vitals)| Some((*node, vitals.as_ref().ok()?)))
    }
}

/// What could not be seen of nodes and host, and why.
fn unseen(examined: &Examined<'_>) -> Vec<Unseen> {
    let untold = examined.observed.inventory.unseen.iter();
    let mut unseen: Vec<Unseen> =
        untold.map(|(node, why)| Unseen { what: node.to_string(), why: why.clone() }).collect();
    for (node, facts) in &examined.observed.inventory.nodes {
        let topology = &examined.observed.topology;
        let why = match &facts.state {
            NodeState::Running => match node {
                NodeId::Redis { .. } => silence(topology.redis.get(node)),
                NodeId::Sentinel(_) => silence(topology.sentinels.get(node)),
                NodeId::Proxy(_) => silence(topology.proxies.get(node)),
                NodeId::Exporter => silence(topology.exporter.as_ref()),
                NodeId::Guard(_) => silence(topology.guards.get(node)),
            },
            state => Some(format!("it {}", state.sentence())),
        };
        let why = why.or_else(|| examined.vitals.get(node)?.as_ref().err().cloned());
        unseen.extend(why.map(|why| Unseen { what: node.to_string(), why }));
    }
    if let Err(why) = &examined.host {
        unseen.push(Unseen { what: "the Docker host".to_owned(), why: why.clone() });
    }
    unseen
}

/// Why a running server said nothing.
fn silence<T>(answer: Option<&Answer<T>>) -> Option<String> {
    match answer {
        Some(Answer::Says(_)) => None,
        Some(Answer::Busy { .. }) => Some("a script keeps it busy".to_owned()),
        Some(Answer::Silent(why)) => Some(why.clone()),
        None => Some("it was not asked".to_owned()),
    }
}
