//! What was changed behind redos's back: what `up` would set back, what it leaves, and what nobody manages.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue as check;
use super::{DoctorFinding, Examined, Measured};
use crate::cluster::alterations::{Alteration, alterations};
use crate::cluster::desired::{RESTART_POLICY, is_stale, other_image};
use crate::cluster::observed::Answer;
use crate::cluster::strangers::{Stranger, strangers};
use crate::plan::{Action, Plan};
use crate::spec::render::{fixed_directives, same_value, told_directives};
use crate::spec::settings::is_managed;
use crate::spec::{Group, NodeId, Role, containers};

/// Directives that redos does not set, and their values in all servers that it supports. A cluster that has others
/// loses them with its containers.
const DEFAULTS: [(&str, &str); 6] = [
    ("maxmemory", "0"),
    ("maxmemory-policy", "noeviction"),
    ("min-replicas-to-write", "0"),
    ("notify-keyspace-events", ""),
    ("stop-writes-on-bgsave-error", "yes"),
    ("auto-aof-rewrite-percentage", "100"),
];

/// Directives that are different on each node, or that follow from its limits. Old names with `slave` are left out as
/// well: each has a new one.
const OF_EACH_NODE: [&str; 6] =
    ["maxclients", "replica-announce-ip", "replicaof", "bind-source-addr", "oom-score-adj", "oom-score-adj-values"];

/// All changes that can be seen.
pub(super) fn findings(examined: &Examined<'_>, plan: &Plan) -> Vec<DoctorFinding> {
    let spec = examined.spec;
    let mut found = strange(examined);
    found.extend(altered(examined));
    found.extend(set_back(examined, plan));
    found.extend(containers_changed(examined));
    found.extend(by_hand(examined));
    found.extend(spec.groups().flat_map(|group| differing(group, examined)));
    for sentence in &examined.faults {
        let measured = Measured::of_host("redos chaos ls", "fault", "active");
        found.push(DoctorFinding::new(&check::FAULT_ACTIVE, None, sentence, [measured]));
    }
    let mut found: Vec<DoctorFinding> = found.into_iter().map(|finding| finding.of_cluster(spec)).collect();
    // Its commands name the cluster already. What comes of an unseen node has a finding of its own.
    if let Some(refusal) = plan.refusal.as_ref().filter(|_| examined.observed.inventory.unseen.is_empty()) {
        let measured = Measured::of_host("redos plan", "refusal", "yes");
        found.push(DoctorFinding {
            remedies: refusal.next.clone(),
            ..DoctorFinding::new(&check::UP_REFUSES, None, &refusal.why, [measured])
        });
    }
    found
}

/// That `up` would change something that no finding explains.
pub(super) fn pending(examined: &Examined<'_>, plan: &Plan, found: &[DoctorFinding]) -> Option<DoctorFinding> {
    let is_explained = found.iter().any(|finding| finding.check.is_repaired_by_up());
    if is_explained || plan.refusal.is_some() || !plan.changes() {
        return None;
    }
    let changes = plan.steps.iter().filter(|step| !step.action.only_looks());
    let evidence = changes.map(|step| Measured::of_host("redos plan", "step", &step.action).against(step.why.clone()));
    let first = plan.steps.iter().find(|step| !step.action.only_looks())?;
    let text = format!("'up' would {}: {}", first.action, first.why);
    Some(DoctorFinding::new(&check::UP_PENDING, None, text, evidence).of_cluster(examined.spec))
}

/// Users, logins and replicas that are not of redos.
fn strange(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let of_each = |nodes: &BTreeSet<NodeId>, field: &'static str, value: &str| -> Vec<Measured> {
        nodes.iter().map(|node| Measured::of(*node, "ACL LIST", field, value)).collect()
    };
    let finding = |stranger: Stranger| {
        let (row, node, evidence) = match &stranger {
            Stranger::UnknownUser { user, nodes } => {
                (&check::UNKNOWN_USER, nodes.first().copied(), of_each(nodes, "user", user))
            }
            Stranger::ChangedUser { user, nodes } => {
                (&check::USER_CHANGED, nodes.first().copied(), of_each(nodes, "rights or password of", user))
            }
            Stranger::FormerUser { user, nodes } => {
                (&check::USER_CHANGED, nodes.first().copied(), of_each(nodes, "user", user))
            }
            Stranger::OtherLogin { nodes } => {
                let said = |node: &NodeId| Measured::of(*node, "CONFIG GET", "masteruser, masterauth", "others");
                (&check::LOGIN_CHANGED, nodes.first().copied(), nodes.iter().map(said).collect())
            }
            Stranger::Replica { address, master } => {
                let listed = Measured::of(*master, "INFO replication", "slave", address);
                (&check::FOREIGN_REPLICA, Some(*master), vec![listed])
            }
            Stranger::SameReplica { node, master } => {
                let listed = Measured::of(*master, "INFO replication", "slave", format!("{node} twice"));
                (&check::FOREIGN_REPLICA, Some(*master), vec![listed])
            }
        };
        let network = examined.observed.inventory.network.as_ref().map(|network| ("NETWORK", network.name.clone()));
        DoctorFinding::new(row, node, stranger.to_string(), evidence).with(network)
    };
    strangers(examined.spec, examined.observed).into_iter().map(finding).collect()
}

/// The settings of servers that somebody changed.
fn altered(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let finding = |alteration: Alteration| {
        let text = alteration.to_string();
        match alteration {
            Alteration::Directive { node, name, have, want } => {
                let measured = Measured::of(node, "CONFIG GET", &name, &have).against(format!("configured: {want}"));
                let finding = DoctorFinding::new(&check::DIRECTIVE_CHANGED, Some(node), text, [measured]);
                kept_if_it_may_be(finding, &name).with([("NAME", name), ("VALUE", have)])
            }
            Alteration::Watch { node, group, name, have, want } => {
                let command = format!("SENTINEL MASTER {group}");
                let measured = Measured::of(node, command, &name, have).against(format!("configured: {want}"));
                DoctorFinding::new(&check::SENTINEL_SETTING, Some(node), text, [measured])
            }
        }
    };
    alterations(examined.spec, examined.observed).into_iter().map(finding).collect()
}

/// What else `up` would set back on nodes that run.
fn set_back(examined: &Examined<'_>, plan: &Plan) -> Vec<DoctorFinding> {
    let observed = examined.observed;
    // While nodes are recreated, proxies are told of it.
    let is_replacing = plan.steps.iter().any(|step| matches!(step.action, Action::RemoveNode { .. }));
    let mut found = Vec::new();
    for step in &plan.steps {
        match &step.action {
            Action::SetResources { node, resources } => {
                let now = observed.inventory.nodes.get(node).map(|facts| facts.resources).unwrap_or_default();
                let text = format!("{node} has {now}, and the configuration says {resources}");
                let measured = Measured::of(*node, "docker inspect", "Memory, CpuQuota", now);
                let measured = measured.against(format!("configured: {resources}"));
                found.push(DoctorFinding::new(&check::LIMITS_DIFFER, Some(*node), text, [measured]));
            }
            Action::ProxyCheck { proxy, nodes } if observed.is_up(*proxy) && !is_replacing => {
                let checked = observed.topology.proxies.get(proxy).and_then(Answer::said).map(|view| &view.checked);
                let names =
                    |nodes: &BTreeSet<NodeId>| nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let text = format!("{proxy} does not check just the nodes that there are");
                let measured =
                    Measured::of(*proxy, "the proxy's statistics", "checks", checked.map(names).unwrap_or_default());
                let measured = measured.against(format!("wanted: {}", names(nodes)));
                found.push(DoctorFinding::new(&check::PROXY_CHECKS, Some(*proxy), text, [measured]));
            }
            _ => {}
        }
    }
    found
}

/// Containers that a `docker update`, or another redos, made different.
fn containers_changed(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let spec = examined.spec;
    let wanted = spec.nodes();
    let mut found = Vec::new();
    for (node, facts) in examined.observed.inventory.nodes.iter().filter(|(node, _)| wanted.contains(node)) {
        let mut tell = |row, text: String, measured: Measured, words: Option<(&'static str, String)>| {
            found.push(DoctorFinding::new(row, Some(*node), text, [measured]).with(words));
        };
        if facts.restart_policy != RESTART_POLICY {
            let have = if facts.restart_policy.is_empty() { "no" } else { &facts.restart_policy };
            let measured = Measured::of(*node, "docker inspect", "RestartPolicy", have);
            let text = format!("{node} has the restart policy '{have}'");
            tell(&check::RESTART_POLICY, text, measured.against(format!("set by redos: {RESTART_POLICY}")), None);
        }
        let beyond = facts.resources.beyond(spec.containers.resources(node.role()));
        if !beyond.is_empty() {
            let measured = Measured::of(*node, "docker inspect", "Memory, CpuQuota", beyond);
            let text = format!("{node} has {beyond}, which is not in the configuration");
            // Memory, CPUs, or both.
            let flags = containers::flags(node.role(), beyond);
            tell(&check::LIMITS_BY_HAND, text, measured.against("configured: none"), Some(("--memory VALUE", flags)));
        }
        let used = spec.used.of(node.role());
        let is_other = used.is_some_and(|used| facts.image != used.reference && facts.image != used.id);
        if let Some(used) = used.filter(|_| is_other || other_image(spec, *node, facts).is_some()) {
            let measured = Measured::of(*node, "docker inspect", "Image", &facts.image);
            let text = format!("{node} runs {}, and the cluster {}", facts.image, used.reference);
            tell(&check::NODE_IMAGE, text, measured.against(format!("recorded: {used}")), None);
        } else if is_stale(spec, *node, facts) {
            let measured = Measured::of(*node, "docker inspect", "the label dev.redos.spec-hash", &facts.spec_hash);
            tell(&check::NODE_OUTDATED, format!("{node} differs from what redos would create"), measured, None);
        }
        // A node that dies at every start is a finding of its own.
        if facts.restarts > 0 && examined.observed.is_up(*node) {
            let measured = Measured::of(*node, "docker inspect", "RestartCount", facts.restarts).against("expected: 0");
            let text = format!("{node} ended by itself, and Docker restarted it {} times", facts.restarts);
            tell(&check::CONTAINER_RESTARTED, text, measured, None);
        }
        if let Some(path) = &facts.foreign_snapshot {
            let measured = Measured::of(*node, "ls -l", path, "owned by another user");
            tell(
                &check::FOREIGN_SNAPSHOT,
                format!("the volume of {node} holds {path}, which redos did not write"),
                measured,
                None,
            );
        }
    }
    found
}

/// The finding without the remedy to keep a directive that redos takes from nobody.
fn kept_if_it_may_be(mut finding: DoctorFinding, directive: &str) -> DoctorFinding {
    finding.remedies.retain(|remedy| !is_managed(directive) || !remedy.starts_with("keep it"));
    finding
}

/// Directives that differ from Redis's own defaults, and that the configuration does not mention.
fn by_hand(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let managed = told_directives(examined.spec);
    let mut found = Vec::new();
    for (node, vitals) in examined.seen_vitals().filter(|(node, _)| node.role() == Role::Redis) {
        for (name, default) in DEFAULTS.into_iter().filter(|(name, _)| !managed.contains_key(*name)) {
            let Some(have) = vitals.directive(name).filter(|have| !same_value(name, default, have)) else { continue };
            let text = format!("{node} has {name} '{have}', which is not in the configuration");
            let measured =
                Measured::of(node, "CONFIG GET", name, have).against(format!("Redis's default: '{default}'"));
            let default = if default.is_empty() { "''" } else { default };
            let words = [("NAME", name.to_owned()), ("VALUE", have.to_owned()), ("DEFAULT", default.to_owned())];
            let finding = DoctorFinding::new(&check::DIRECTIVE_BY_HAND, Some(node), text, [measured]);
            found.push(kept_if_it_may_be(finding.with(words), name));
        }
    }
    found
}

/// Directives in which a node of a group differs from most of the others.
fn differing(group: Group, examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let managed: BTreeSet<String> =
        told_directives(examined.spec).into_keys().chain(fixed_directives(examined.spec).into_keys()).collect();
    let is_compared = |name: &str| {
        !managed.contains(name)
            && !name.contains("slave")
            && !OF_EACH_NODE.contains(&name)
            && DEFAULTS.iter().all(|(known, _)| *known != name)
    };
    let nodes: Vec<_> = examined.seen_vitals().filter(|(node, _)| node.group() == Some(group)).collect();
    let names: BTreeSet<&String> = nodes.iter().flat_map(|(_, vitals)| vitals.config.keys()).collect();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| is_compared(name)) {
        let mut values: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        for (node, vitals) in &nodes {
            // A server of another version may not know it.
            values.entry(vitals.directive(name).unwrap_or_default()).or_default().push(*node);
        }
        let most = values.values().map(Vec::len).max().unwrap_or_default();
        let mut common = values.iter().filter(|(_, nodes)| nodes.len() == most).map(|(value, _)| *value);
        let usual = common.next().unwrap_or_default();
        let is_tie = common.next().is_some();
        for (value, of) in values.iter().filter(|(value, _)| **value != usual) {
            for node in of {
                let text = format!("{node} has {name} '{value}', others of {group} '{usual}'");
                let mut evidence: Vec<Measured> = Vec::new();
                for (other, vitals) in nodes.iter().filter(|(other, _)| other == node || is_tie) {
                    let have = vitals.directive(name).unwrap_or_default();
                    let against = format!("others: '{}'", if have == usual { value } else { usual });
                    evidence.push(Measured::of(*other, "CONFIG GET", name, have).against(against));
                }
                let words = [("NAME", name.clone()), ("VALUE", (*value).to_owned()), ("DEFAULT", usual.to_owned())];
                let finding = DoctorFinding::new(&check::DIRECTIVES_DIFFER, Some(*node), text, evidence);
                found.push(kept_if_it_may_be(finding.with(words), name));
            }
        }
    }
    found
}
