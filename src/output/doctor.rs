//! The output of `redos doctor` and `redos explain`.

use std::fmt::Write;

use console::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::text_table::{Column, Table};
use super::units::count;
use super::{Named, Ui, command_line};
use crate::doctor::{Diagnosis, DoctorFinding, HealthCheck, Measured, Severity, Unseen};
use crate::error::FailureKind;
use crate::spec::{API_VERSION, ClusterName, NodeId};

/// `kind: Doctor`: what is wrong with a cluster, and what helps.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorDocument {
    pub api_version: &'static str,
    /// Always `Doctor`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// Whether no finding is critical.
    pub healthy: bool,
    /// The number of findings of each severity.
    pub counts: SeverityCounts,
    /// The findings, the worst first.
    pub findings: Vec<FindingDocument>,
    /// What could not be seen, and why.
    pub unseen: Vec<Unseen>,
}

/// How many findings there are of each severity.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeverityCounts {
    pub critical: usize,
    pub warning: usize,
    pub remark: usize,
}

/// One finding, with the row of its check.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingDocument {
    pub id: &'static str,
    pub severity: Severity,
    /// The node that it is about; `null` for the cluster, a group, or the host.
    pub node: Option<NodeId>,
    /// What is wrong, in words.
    pub finding: String,
    pub evidence: Vec<Measured>,
    /// Why it matters.
    pub why: &'static str,
    /// What helps: commands, some with their purpose and a colon before them.
    pub remedies: Vec<String>,
    /// Whether `redos up` repairs it, and so `redos doctor --fix`.
    pub repaired_by_up: bool,
}

impl SeverityCounts {
    /// Counts findings by their severities.
    pub fn of(severities: impl Iterator<Item = Severity>) -> Self {
        let mut counts = Self { critical: 0, warning: 0, remark: 0 };
        for severity in severities {
            match severity {
                Severity::Critical => counts.critical += 1,
                Severity::Warning => counts.warning += 1,
                Severity::Remark => counts.remark += 1,
            }
        }
        counts
    }

    /// `1 critical finding, 2 warnings`. `None` without findings.
    pub fn in_words(&self) -> Option<String> {
        let counted = [(self.critical, "critical finding"), (self.warning, "warning"), (self.remark, "remark")];
        let counted = counted.into_iter().filter(|(number, _)| *number > 0);
        let counted: Vec<String> = counted.map(|(number, what)| count(number, what)).collect();
        (!counted.is_empty()).then(|| counted.join(", "))
    }
}

/// A table of findings, what is not known of and why, and the verdict.
pub fn findings_text(table: Option<String>, (heading, unseen): (&str, &[Unseen]), verdict: &str) -> String {
    let mut text = String::new();
    if let Some(table) = table {
        _ = writeln!(text, "{table}\n");
    }
    if !unseen.is_empty() {
        _ = writeln!(text, "{heading}:");
        for Unseen { what, why } in unseen {
            _ = writeln!(text, "  {what}: {why}");
        }
        text.push('\n');
    }
    text + verdict
}

impl FindingDocument {
    fn new(finding: DoctorFinding, up_changes: bool) -> Self {
        let DoctorFinding { check, node, text, evidence, remedies } = finding;
        Self {
            id: check.id,
            severity: check.severity,
            node,
            finding: text,
            evidence,
            why: check.why,
            remedies,
            repaired_by_up: up_changes && check.is_repaired_by_up(),
        }
    }
}

impl DoctorDocument {
    /// The document of a diagnosis.
    pub fn new(cluster: &ClusterName, diagnosis: Diagnosis) -> Self {
        let Diagnosis { findings, unseen, plan } = diagnosis;
        let up_changes = plan.refusal.is_none() && plan.changes();
        let counts = SeverityCounts::of(findings.iter().map(|finding| finding.check.severity));
        Self {
            api_version: API_VERSION,
            kind: "Doctor",
            cluster: cluster.clone(),
            healthy: counts.critical == 0,
            counts,
            findings: findings.into_iter().map(|finding| FindingDocument::new(finding, up_changes)).collect(),
            unseen,
        }
    }

    /// The findings for people.
    pub fn text(&self, ui: &Ui) -> String {
        let table = (!self.findings.is_empty()).then(|| self.table(ui));
        findings_text(table, ("not seen", &self.unseen), &self.verdict(ui))
    }

    fn table(&self, ui: &Ui) -> String {
        let node = |finding: &FindingDocument| finding.node.map_or_else(|| "-".to_owned(), |node| node.to_string());
        let lines = |texts: Vec<String>| texts.join("\n");
        let said = |measured: &Measured| match measured.node {
            Some(node) => format!("{node}: {measured}"),
            None => measured.to_string(),
        };
        if ui.is_wide() {
            let headings = ["SEVERITY", "NODE", "ID", "FINDING", "EVIDENCE", "REMEDY"];
            let mut table = Table::new(headings.map(Column::new));
            for finding in &self.findings {
                table.row([
                    finding.severity.as_str().to_owned(),
                    node(finding),
                    finding.id.to_owned(),
                    finding.finding.clone(),
                    lines(finding.evidence.iter().map(said).collect()),
                    lines(finding.remedies.clone()),
                ]);
            }
            return table.render(None);
        }
        let mut table =
            Table::new([Column::new("SEVERITY"), Column::new("NODE"), Column::text("FINDING, EVIDENCE, REMEDY")]);
        for finding in &self.findings {
            let evidence = finding.evidence.iter().map(said);
            let remedies = finding.remedies.iter().map(|remedy| format!("> {remedy}"));
            let heading = format!("{} [{}]", finding.finding, finding.id);
            let cell = lines([heading].into_iter().chain(evidence).chain(remedies).collect());
            table.row([finding.severity.as_str().to_owned(), node(finding), cell]);
        }
        table.render(ui.width())
    }

    fn verdict(&self, ui: &Ui) -> String {
        let name = &self.cluster;
        let hint = "why it matters: redos explain ID";
        let repair = || format!("repair it: {}", command_line(name, "doctor --fix"));
        match self.counts.in_words() {
            None => ui.paint_data(&format!("{name}: no findings"), &Style::new().green().bold()),
            Some(counted) if self.healthy => format!("{name}: {counted}; {hint}"),
            Some(counted) => {
                let is_fixable = self.findings.iter().any(|finding| finding.repaired_by_up);
                let hints = if is_fixable { format!("{hint}; {}", repair()) } else { hint.to_owned() };
                let verdict = ui.paint_data(&format!("{name}: {counted}"), &Style::new().red().bold());
                format!("{verdict}\n{hints}")
            }
        }
    }
}

impl Named for &HealthCheck {
    fn name(&self) -> String {
        self.id.to_owned()
    }
}

/// The catalogue as a table.
pub fn catalogue(checks: &[&HealthCheck], ui: &Ui) -> String {
    let mut table = Table::new([Column::new("ID"), Column::new("SEVERITY"), Column::text("FINDING")]);
    for check in checks {
        table.row([check.id.to_owned(), check.severity.as_str().to_owned(), check.title.to_owned()]);
    }
    table.render(ui.width())
}

/// What the code of an error means.
pub fn error_explanation(kind: FailureKind, ui: &Ui) -> String {
    let heading = format!("{} (error): the command ends with {}", kind.as_str(), kind.exit().code());
    explained(&heading, [("meaning", kind.meaning().to_owned())], ui)
}

/// A check with everything that is known of it.
pub fn explanation(check: &HealthCheck, ui: &Ui) -> String {
    let mut rows = vec![("why", check.why.to_owned()), ("what to do", check.remedies.join("\n"))];
    if check.is_repaired_by_up() {
        rows.push(("", "'redos doctor --fix' does it after it has asked".to_owned()));
    }
    rows.extend(check.source.map(|source| ("source", source.to_owned())));
    explained(&format!("{} ({}): {}", check.id, check.severity.as_str(), check.title), rows, ui)
}

fn explained(heading: &str, rows: impl IntoIterator<Item = (&'static str, String)>, ui: &Ui) -> String {
    let mut table = Table::new([Column::new(""), Column::text("")]);
    for (name, text) in rows {
        table.row([name.to_owned(), text]);
    }
    let body = table.render(ui.width());
    // The table has no headings.
    format!("{}\n{}", ui.paint_data(heading, &Style::new().bold()), body.trim_start_matches('\n'))
}
