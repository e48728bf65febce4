//! A plan: typed steps at the level of nodes, each with the reason in the user's words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::gate::Gate;
use crate::cluster::refusal::Refusal;
use crate::spec::render::Standing;
use crate::spec::secret::RotationStage;
use crate::spec::{Encryption, Group, HostName, NodeId, Resources, Restoring, Role};

/// The number of a step within its plan, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(transparent)]
pub struct StepId(pub usize);

/// The action of a step. It is idempotent: done twice it changes nothing the second time.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Record the specification with the cluster. A later command without flags then means the same cluster.
    RecordSpec,
    /// Remove the record of the specification.
    RemoveRecord,
    /// Create the cluster's network.
    CreateNetwork,
    /// Remove the cluster's network.
    RemoveNetwork,
    /// Create a node's volume.
    CreateVolume { node: NodeId },
    /// Remove a node's volume with its content.
    RemoveVolume { node: NodeId },
    /// Create a node's container, without starting it.
    CreateNode { node: NodeId },
    /// Write a node's configuration and secrets into its volume.
    WriteConfig {
        node: NodeId,
        /// The master of each group that the node must know.
        ///
        /// A Redis node needs its own group's; Sentinels and proxies need all. One of them may be about to leave.
        masters: BTreeMap<Group, NodeId>,
        /// The server outside of the cluster that a Redis node must copy.
        existing: Option<SocketAddrV4>,
        /// What a Redis node may believe at its next start.
        standing: Standing,
    },
    /// Move a Redis node's data into a folder of its volume. It then starts without data and copies its master's.
    SetDataAside { node: NodeId },
    /// Record how far the restore of a group is.
    RecordRestore {
        /// What is restored from what, and the stage that begins.
        restoring: Restoring,
    },
    /// Put the data that were copied beside a node's own in their place. The old ones are removed.
    ReplaceData { node: NodeId },
    /// Remove a Redis node's data. It then starts without data and copies its master's.
    RemoveData { node: NodeId },
    /// Remove the data that were copied beside a node's own.
    DiscardRestore { node: NodeId },
    /// Start a node that is stopped.
    StartNode { node: NodeId },
    /// Unpause a paused node.
    UnpauseNode { node: NodeId },
    /// Stop a node within its grace period.
    StopNode { node: NodeId },
    /// Make a Redis node end the script that keeps it busy. Redis does not end a script that has written.
    EndScript { node: NodeId },
    /// Kill a node, without a grace period.
    KillNode { node: NodeId },
    /// Set the memory and CPUs of a node, also while it runs.
    SetResources {
        node: NodeId,
        /// The new limits; `null` stays as it is.
        resources: Resources,
    },
    /// Remove a node's container. Its volume stays.
    RemoveNode { node: NodeId },
    /// Remove the container that a node has left behind on a host. Its volume stays.
    RemoveLeftBehind { node: NodeId, host: HostName },
    /// Make a Redis node follow another one, also in its configuration file.
    Replicate {
        node: NodeId,
        /// The node that it must follow.
        master: NodeId,
    },
    /// Set directives of a Redis node at runtime, also in its configuration file.
    ConfigSet {
        node: NodeId,
        /// The values of the directives, by name.
        directives: BTreeMap<String, String>,
    },
    /// Restore the passwords and rights of a node's users.
    SetUsers { node: NodeId, users: BTreeSet<String> },
    /// Remove users of a node, and end their connections.
    RemoveUsers { node: NodeId, users: BTreeSet<String> },
    /// Give a running Redis node a new certificate. Its connections go on.
    RenewCertificate { node: NodeId },
    /// Make a running Redis node encrypt its further connections, or no longer. Those that are open go on.
    SetEncryption {
        node: NodeId,
        /// Whether they are encrypted from now on.
        encryption: Encryption,
    },
    /// Give a replica the cluster's own login at its master.
    SetReplicationLogin { node: NodeId },
    /// Write the cluster's passwords into a node's file, from which redos reads them.
    KeepPasswords { node: NodeId },
    /// Give a Sentinel its passwords at the other Sentinels and at Redis nodes, and write them into its file.
    SetSentinelLogins { node: NodeId },
    /// Make the statistics of a proxy accept the passwords of the cluster and no others.
    SetProxyLogins { proxy: NodeId },
    /// Begin the next stage of a rotation of passwords, by a first node's file.
    AdvanceRotation {
        node: NodeId,
        /// The stage that ends.
        from: RotationStage,
    },
    /// Make a Sentinel watch a group and know the other Sentinels.
    SentinelMonitor { node: NodeId, group: Group, master: NodeId },
    /// Make a Sentinel find out at once which replicas a master has.
    SentinelDiscover {
        node: NodeId,
        group: Group,
        /// The replicas that it does not know yet.
        replicas: BTreeSet<NodeId>,
    },
    /// Set a Sentinel's settings of a group at runtime. It writes them into its configuration file.
    SentinelSet {
        node: NodeId,
        group: Group,
        /// Settings by name, as `SENTINEL SET` takes them.
        settings: BTreeMap<String, String>,
    },
    /// Make one Sentinel replace a master that is down and that the Sentinels do not replace.
    ///
    /// It needs no vote, and ignores that the replicas' links have been down for longer than it would allow.
    SentinelFailover {
        node: NodeId,
        group: Group,
        /// The `down-after-milliseconds` that makes it accept them.
        down_after: u64,
    },
    /// Make a Sentinel stop watching a group.
    SentinelRemove { node: NodeId, group: Group },
    /// Make another node of the group its master, without losing an acknowledged write.
    Switchover {
        group: Group,
        /// The node to promote.
        to: NodeId,
    },
    /// Make a node that copies a server outside of the cluster the master.
    ///
    /// It loses no write that was acknowledged through a proxy.
    TakeOver { node: NodeId, existing: SocketAddrV4 },
    /// Make a proxy check these Redis nodes and Sentinels and no others, without a reload.
    ProxyCheck { proxy: NodeId, nodes: BTreeSet<NodeId> },
    /// Wait until a gate opens.
    Await { gate: Gate },
    /// Write through a proxy, read it back through the same proxy, remove it.
    VerifyWrite {
        proxy: NodeId,
        /// The group whose write port is used.
        group: Group,
    },
}

impl Action {
    /// Whether it changes nothing: it waits, or proves.
    pub const fn only_looks(&self) -> bool {
        matches!(self, Self::Await { .. } | Self::VerifyWrite { .. })
    }

    /// Whether it creates, configures, starts or removes this node, and nothing beside it.
    pub fn is_of(&self, node: NodeId) -> bool {
        match self {
            Self::CreateVolume { node: own }
            | Self::CreateNode { node: own }
            | Self::WriteConfig { node: own, .. }
            | Self::StartNode { node: own }
            | Self::UnpauseNode { node: own }
            | Self::StopNode { node: own }
            | Self::KillNode { node: own }
            | Self::SetResources { node: own, .. }
            | Self::RemoveNode { node: own } => *own == node,
            _ => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordSpec => f.write_str("record the configuration"),
            Self::RemoveRecord => f.write_str("remove the record of the configuration"),
            Self::CreateNetwork => f.write_str("create the network"),
            Self::RemoveNetwork => f.write_str("remove the network"),
            Self::CreateVolume { node } => write!(f, "create the volume of {node}"),
            Self::RemoveVolume { node } => write!(f, "remove the volume of {node}"),
            Self::CreateNode { node } => write!(f, "create {node}"),
            Self::WriteConfig { node, existing: Some(existing), .. } => {
                write!(f, "write the configuration of {node}, replica of {existing}")
            }
            Self::WriteConfig { node, masters, existing: None, .. } => {
                write!(f, "write the configuration of {node}")?;
                match masters.iter().next() {
                    Some((_, master)) if node.role() == Role::Redis && master == node => f.write_str(", master"),
                    Some((_, master)) if node.role() == Role::Redis => write!(f, ", replica of {master}"),
                    Some(_) if node.role() == Role::Sentinel => {
                        let named: Vec<String> =
                            masters.iter().map(|(group, master)| format!("{group} at {master}")).collect();
                        write!(f, ", {}", named.join(", "))
                    }
                    Some(_) | None => Ok(()),
                }
            }
            Self::SetDataAside { node } => write!(f, "set the data of {node} aside in its volume"),
            Self::RecordRestore { restoring: Restoring { group, .. } } => {
                write!(f, "record that the data of {group} are being replaced")
            }
            Self::ReplaceData { node } => write!(f, "put the copied data of {node} in place of its own"),
            Self::RemoveData { node } => write!(f, "remove the data of {node}"),
            Self::DiscardRestore { node } => write!(f, "remove the data that were copied for {node}"),
            Self::StartNode { node } => write!(f, "start {node}"),
            Self::UnpauseNode { node } => write!(f, "unpause {node}"),
            Self::StopNode { node } => write!(f, "stop {node}"),
            Self::EndScript { node } => write!(f, "end the script that keeps {node} busy"),
            Self::KillNode { node } => write!(f, "kill {node}"),
            Self::SetResources { node, resources } => write!(f, "set the limits of {node}: {resources}"),
            Self::RemoveNode { node } => write!(f, "remove {node}"),
            Self::RemoveLeftBehind { node, host } => write!(f, "remove the {node} that was left on {host}"),
            Self::Replicate { node, master } => write!(f, "make {node} a replica of {master}"),
            Self::ConfigSet { node, directives } => write!(f, "set {} on {node}", listed(directives)),
            Self::SetUsers { node, users } => write!(f, "set the rights of {} on {node}", names(users)),
            Self::RemoveUsers { node, users } => write!(f, "remove {} from {node}", names(users)),
            Self::RenewCertificate { node } => write!(f, "give {node} a new certificate"),
            Self::SetEncryption { node, encryption: Encryption::None } => {
                write!(f, "have {node} take connections without TLS")
            }
            Self::SetEncryption { node, encryption: Encryption::Tls } => {
                write!(f, "have {node} take connections with TLS")
            }
            Self::SetEncryption { node, encryption: Encryption::Both } => {
                write!(f, "have {node} take connections with TLS, and clients without")
            }
            Self::SetReplicationLogin { node } => write!(f, "set the login of {node} at its master"),
            Self::KeepPasswords { node } => write!(f, "write the passwords into the file of {node}"),
            Self::SetSentinelLogins { node } => write!(f, "set the logins of {node} at the other nodes"),
            Self::SetProxyLogins { proxy } => write!(f, "set the passwords of the statistics of {proxy}"),
            Self::AdvanceRotation { from: RotationStage::Dropping, .. } => f.write_str("forget the old passwords"),
            Self::AdvanceRotation { .. } => f.write_str("use the new passwords from now on"),
            Self::SentinelMonitor { node, group, master } => write!(f, "make {node} watch {group} at {master}"),
            Self::SentinelDiscover { node, group, replicas } => {
                let names: Vec<String> = replicas.iter().map(ToString::to_string).collect();
                write!(f, "have {node} discover {} of {group}", names.join(" and "))
            }
            Self::SentinelSet { node, group, settings } => write!(f, "set {} of {group} on {node}", listed(settings)),
            Self::SentinelFailover { node, group, .. } => write!(f, "have {node} replace the master of {group}"),
            Self::SentinelRemove { node, group } => write!(f, "make {node} stop watching {group}"),
            Self::Switchover { group, to } => write!(f, "switch {group} over to {to}"),
            Self::TakeOver { node, existing } => write!(f, "have {node} take over from {existing}"),
            Self::ProxyCheck { proxy, nodes } => {
                let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
                write!(f, "have {proxy} check {}", nodes.join(", "))
            }
            Self::Await { gate } => write!(f, "wait until {gate}"),
            Self::VerifyWrite { proxy, group } => write!(f, "write to {group} through {proxy} and read it back"),
        }
    }
}

fn names(users: &BTreeSet<String>) -> String {
    let users: Vec<String> = users.iter().map(|user| format!("user '{user}'")).collect();
    users.join(", ")
}

fn listed(pairs: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name} {value}")).collect();
    pairs.join(", ")
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Step {
    pub id: StepId,
    #[serde(flatten)]
    pub action: Action,
    /// The reason in the user's words: "redis-2 is paused".
    pub why: String,
    /// The steps that must have succeeded before it begins.
    pub after: BTreeSet<StepId>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>3} {} — {}", self.id.0, self.action, self.why)?;
        if !self.after.is_empty() {
            let after: Vec<String> = self.after.iter().map(|id| id.0.to_string()).collect();
            write!(f, " [after {}]", after.join(", "))?;
        }
        Ok(())
    }
}

/// Steps from the observed to the desired state. Golden tests compare the text of its `Display`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The steps; every [`Step::after`] names earlier ones only.
    pub steps: Vec<Step>,
    /// Why this plan is only the first part of the way. It says what redos must observe before it can plan the rest.
    pub then_observe: Option<String>,
    /// Why no step is carried out: redos cannot know which data are right.
    pub refusal: Option<Refusal>,
}

impl Plan {
    /// Whether there is nothing to do and nothing to refuse.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.refusal.is_none()
    }

    /// Whether there is something to do except to wait, or something to refuse.
    pub fn changes(&self) -> bool {
        self.refusal.is_some() || self.steps.iter().any(|step| !step.action.only_looks())
    }

    /// The steps that no other step waits for. A step that waits for these waits for all.
    pub fn leaves(&self) -> BTreeSet<StepId> {
        let waited_for: BTreeSet<StepId> = self.steps.iter().flat_map(|step| step.after.iter().copied()).collect();
        self.steps.iter().map(|step| step.id).filter(|id| !waited_for.contains(id)).collect()
    }

    /// Adds a step and returns its number.
    pub fn push(&mut self, action: Action, why: impl Into<String>, after: impl IntoIterator<Item = StepId>) -> StepId {
        let id = StepId(self.steps.len() + 1);
        self.steps.push(Step { id, action, why: why.into(), after: after.into_iter().collect() });
        id
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refusal) = &self.refusal {
            return writeln!(f, "refused: {refusal}");
        }
        if self.steps.is_empty() {
            return writeln!(f, "no changes");
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        match &self.then_observe {
            Some(why) => writeln!(f, "then look again: {why}"),
            None => Ok(()),
        }
    }
}
