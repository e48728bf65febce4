//! The output of `redos host`: the hosts of a cluster, and what is wrong with them.

use std::fmt::Write;
use std::net::Ipv4Addr;

use console::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::doctor::{SeverityCounts, findings_text};
use super::text_table::{Column, Table};
use super::units::count;
use super::{Named, Ui};
use crate::cluster::hosts::SurveyedHost;
use crate::cluster::observed::{Inventory, NodeState};
use crate::doctor::hosts::HostFinding;
use crate::doctor::{Severity, Unseen};
use crate::spec::{API_VERSION, ClusterName, HostName, NodeId, Role};

/// One host of a cluster: an item of `kind: HostList`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedHost {
    /// The name by which redos calls it.
    pub name: HostName,
    /// The address at which the other hosts and clients reach it.
    pub address: Ipv4Addr,
    /// The address of its Engine, or the name of its Docker context.
    pub engine: String,
    /// What it shares with other hosts and can fail with them.
    pub zone: Option<HostName>,
    /// The kinds of nodes that it may have.
    pub roles: Vec<&'static str>,
    /// The version of its Engine; `null` if it does not answer.
    pub version: Option<String>,
    /// Why its Engine does not answer; `null` if it does.
    pub away: Option<String>,
    /// How many of its nodes run; `null` if it does not answer.
    pub running: Option<usize>,
    /// The nodes that it has.
    pub nodes: Vec<NodeId>,
}

impl Named for ListedHost {
    fn name(&self) -> String {
        self.name.to_string()
    }
}

impl ListedHost {
    /// A host with the nodes that it has by an inventory.
    pub fn new(surveyed: SurveyedHost, inventory: &Inventory) -> Self {
        let SurveyedHost { host, engine } = surveyed;
        let own = inventory.on(&host.name).nodes;
        let running = own.values().filter(|facts| facts.state == NodeState::Running).count();
        let (version, away) = match engine {
            Ok(facts) => (Some(facts.version), None),
            Err(away) => (None, Some(away.why)),
        };
        Self {
            name: host.name,
            address: host.address,
            engine: host.engine,
            zone: host.zone,
            roles: host.roles.into_iter().map(Role::as_str).collect(),
            running: version.is_some().then_some(running),
            version,
            away,
            nodes: own.into_keys().collect(),
        }
    }
}

/// The hosts as a table. Why some of them do not answer is below it, since it may be a long sentence.
pub fn hosts_text(hosts: &[ListedHost], ui: &Ui) -> String {
    let mut table = Table::new([
        Column::new("NAME"),
        Column::new("ADDRESS"),
        Column::new("ENGINE").optional(),
        Column::new("ZONE").only_if(hosts.iter().any(|host| host.zone.is_some())),
        Column::new("STATE"),
        Column::new("NODES"),
    ]);
    for host in hosts {
        let names = || host.nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", ");
        let running = host.running.map_or_else(|| "?".to_owned(), |running| running.to_string());
        table.row([
            host.name.to_string(),
            host.address.to_string(),
            host.engine.clone(),
            host.zone.as_ref().map_or_else(|| "-".to_owned(), HostName::to_string),
            host.version.as_ref().map_or_else(|| "away".to_owned(), |version| format!("Docker {version}")),
            if ui.is_wide() { names() } else { format!("{running}/{}", host.nodes.len()) },
        ]);
    }
    let mut text = table.render(ui.width());
    for host in hosts {
        if let Some(why) = &host.away {
            _ = write!(text, "\n{} is away: {why}", host.name);
        }
    }
    text
}

/// `kind: HostCheck`: whether a cluster can be on its hosts, and what is wrong with them.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostCheckDocument {
    pub api_version: &'static str,
    /// Always `HostCheck`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// Whether no finding is critical.
    pub passed: bool,
    /// The hosts that were checked.
    pub hosts: Vec<HostName>,
    /// The number of findings of each severity.
    pub counts: SeverityCounts,
    /// The findings, by host.
    pub findings: Vec<HostFindingDocument>,
    /// What could not be tried, and why.
    pub unseen: Vec<Unseen>,
}

/// One finding about a host.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostFindingDocument {
    /// `host-away`, `same-engine`, `other-architecture`, `host-conflict`, `foreign-address`, `host-unreached`, `clock-skew`
    /// or `disk-full`.
    pub id: &'static str,
    pub severity: Severity,
    pub host: HostName,
    /// What is wrong, in words.
    pub finding: String,
    /// Why it matters.
    pub why: &'static str,
    /// What helps: commands, some with their purpose and a colon before them.
    pub remedies: Vec<String>,
}

impl HostCheckDocument {
    /// The document of these findings.
    pub fn new(cluster: &ClusterName, hosts: Vec<HostName>, found: Vec<HostFinding>, unseen: Vec<Unseen>) -> Self {
        let counts = SeverityCounts::of(found.iter().map(|finding| finding.fault.severity()));
        let document = |finding: HostFinding| HostFindingDocument {
            id: finding.fault.id(),
            severity: finding.fault.severity(),
            host: finding.host,
            finding: finding.fault.to_string(),
            why: finding.fault.why(),
            remedies: finding.remedies,
        };
        Self {
            api_version: API_VERSION,
            kind: "HostCheck",
            cluster: cluster.clone(),
            passed: counts.critical == 0,
            hosts,
            counts,
            findings: found.into_iter().map(document).collect(),
            unseen,
        }
    }

    /// The findings for people.
    pub fn text(&self, ui: &Ui) -> String {
        let table = (!self.findings.is_empty()).then(|| self.table(ui));
        findings_text(table, ("not tried", &self.unseen), &self.verdict(ui))
    }

    fn table(&self, ui: &Ui) -> String {
        let columns = [Column::new("HOST"), Column::new("SEVERITY"), Column::text("FINDING, WHY, REMEDY")];
        let mut table = Table::new(columns);
        for finding in &self.findings {
            let heading = format!("{} [{}]", finding.finding, finding.id);
            let remedies = finding.remedies.iter().map(|remedy| format!("> {remedy}"));
            let lines: Vec<String> = [heading, finding.why.to_owned()].into_iter().chain(remedies).collect();
            table.row([finding.host.to_string(), finding.severity.as_str().to_owned(), lines.join("\n")]);
        }
        table.render(ui.width())
    }

    fn verdict(&self, ui: &Ui) -> String {
        let hosts = count(self.hosts.len(), "host");
        let Some(counted) = self.counts.in_words() else {
            let verdict = format!("{}: no findings on {hosts}", self.cluster);
            return ui.paint_data(&verdict, &Style::new().green().bold());
        };
        let verdict = format!("{}: {counted} on {hosts}", self.cluster);
        if self.passed { verdict } else { ui.paint_data(&verdict, &Style::new().red().bold()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::hosts::{EngineFacts, EngineIdentity, Unanswered};
    use crate::cluster::observed::NodeFacts;
    use crate::output::testing;
    use crate::output::{Format, Options, Terminal};
    use crate::spec::{Placement, Spec};

    #[test]
    fn the_nodes_of_a_host_are_counted_and_those_of_one_that_is_away_are_not_known() {
        let mut spec = Spec::with_defaults("demo".parse().expect("a name"));
        spec.hosts = "a ssh://10.0.0.1; b ssh://10.0.0.2".to_owned().try_into().expect("hosts");
        spec.placement = Placement::settled(&spec, None);
        let mut inventory = Inventory::default();
        for node in spec.nodes() {
            let is_stopped = node == NodeId::Sentinel(1);
            let state = if is_stopped { NodeState::Created } else { NodeState::Running };
            inventory.nodes.insert(node, NodeFacts::unobserved(&spec, node, state));
        }
        let identity = EngineIdentity { id: "1".to_owned(), machine: "vm".to_owned(), folder: "/".to_owned() };
        let (version, api, architecture) = ("26.1.5".to_owned(), "1.45".to_owned(), "amd64".to_owned());
        let facts = EngineFacts { identity, version, api, architecture, ahead_ms: None };
        let away = Unanswered { why: "no answer within 10 s".to_owned(), remedies: Vec::new() };
        let answers = [Ok(facts), Err(away)];
        let surveyed = spec.hosts.iter().zip(answers).map(|(host, engine)| SurveyedHost { host: host.clone(), engine });
        let rows: Vec<ListedHost> = surveyed.map(|surveyed| ListedHost::new(surveyed, &inventory)).collect();
        let text = |format| {
            let options = Options { format, ..Options::default() };
            let terminal = Terminal { columns: Some(80), ..Terminal::default() };
            hosts_text(&rows, &testing::ui(options, terminal).0)
        };
        insta::assert_snapshot!(format!("{}\n\n{}", text(Format::Table), text(Format::Wide)));
    }
}
