//! The output of `redos plan`, `up` and `down`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::phase::{Phase, PhaseTiming, Timings};
use super::text_table::{Column, Table};
use super::units::count;
use super::{Ui, command_line};
use crate::cluster::Refusal;
use crate::cluster::status::Status;
use crate::plan::{Plan, Step};
use crate::spec::names::listed_nodes;
use crate::spec::{API_VERSION, ClusterName, NodeId};

/// `kind: Plan`: what `up` would do.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanDocument<'a> {
    pub api_version: &'static str,
    /// Always `Plan`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: &'a ClusterName,
    /// Whether there is anything to do except to wait.
    pub changes: bool,
    /// The steps. Each has `id`, `action` with its arguments, `why`, and in `after` the steps before it.
    pub steps: &'a [Step],
    /// What redos must observe before it can plan the rest.
    pub then_observe: Option<&'a str>,
    /// Why `up` would change nothing, and the next commands.
    pub refusal: Option<&'a Refusal>,
}

impl<'a> PlanDocument<'a> {
    /// The document of a plan.
    pub fn new(cluster: &'a ClusterName, plan: &'a Plan) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Plan",
            cluster,
            changes: plan.changes(),
            steps: &plan.steps,
            then_observe: plan.then_observe.as_deref(),
            refusal: plan.refusal.as_ref(),
        }
    }

    /// The plan for people: steps with their reasons.
    ///
    /// The checks at its end, that the cluster is ready, are the same for every plan. They are only counted, unless the
    /// user wants every step or there is nothing else.
    pub fn text(&self, ui: &Ui) -> String {
        let name = self.cluster;
        if let Some(Refusal { why, next }) = self.refusal {
            let next: String = next.iter().map(|next| format!("\n  {next}")).collect();
            return format!("up would change nothing: {why}\nwhat to do:{next}");
        }
        if self.steps.is_empty() {
            return format!("{name} is what it should be: nothing to do");
        }
        let is_change = |step: &Step| !step.action.only_looks();
        let changes = self.steps.iter().rposition(is_change).map_or(0, |last| last + 1);
        let checks = self.steps.len() - changes;
        let shown = if changes == 0 || ui.is_verbose() { self.steps } else { &self.steps[..changes] };
        let mut table = Table::new([Column::number("#"), Column::text("STEP"), Column::text("WHY")]);
        for step in shown {
            table.row([step.id.0.to_string(), step.action.to_string(), step.why.clone()]);
        }
        let then = self.then_observe.map(|why| format!("\nthen look again: {why}")).unwrap_or_default();
        let summary = match (changes, checks) {
            (0, checks) => format!("{} that {name} is ready", count(checks, "check")),
            (steps, 0) => format!("{} to make {name} what it should be", count(steps, "step")),
            (steps, checks) => format!(
                "{} to make {name} what it should be, then {} that it is ready",
                count(steps, "step"),
                count(checks, "check")
            ),
        };
        format!("{}{then}\n\n{summary}", table.render(ui.width()))
    }
}

/// `kind: Up`: what `up` (or `scale`) did.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpDocument<'a> {
    pub api_version: &'static str,
    /// Always `Up`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: &'a ClusterName,
    /// The number of finished steps; 0 when the cluster was ready before.
    pub steps: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The duration of each phase.
    pub phases: Vec<PhaseDocument>,
    /// The cluster as it is now.
    pub status: &'a Status,
    /// Volumes of removed nodes, by name. They still hold the nodes' data.
    pub kept_volumes: Vec<String>,
    /// The nodes that got new certificates while the cluster was there.
    pub renewed_certificates: BTreeSet<NodeId>,
}

/// The duration of one phase, in seconds.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseDocument {
    pub phase: Phase,
    /// The number of finished steps.
    pub steps: usize,
    /// When its first step began.
    pub began: f64,
    /// How long at least one of its steps was running. Phases overlap.
    pub took: f64,
}

impl From<&PhaseTiming> for PhaseDocument {
    fn from(timing: &PhaseTiming) -> Self {
        Self {
            phase: timing.phase,
            steps: timing.steps,
            began: timing.began.as_secs_f64(),
            took: timing.took.as_secs_f64(),
        }
    }
}

impl<'a> UpDocument<'a> {
    /// The document of an `up` with this result and this duration.
    pub fn new(status: &'a Status, timings: &Timings, took: Duration, kept_volumes: Vec<String>) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Up",
            cluster: &status.cluster,
            steps: timings.phases.iter().map(|timing| timing.steps).sum(),
            seconds: took.as_secs_f64(),
            phases: timings.phases.iter().map(Into::into).collect(),
            status,
            kept_volumes,
            renewed_certificates: BTreeSet::new(),
        }
    }

    /// The same after these nodes have got new certificates.
    #[must_use]
    pub fn renewing(self, nodes: BTreeSet<NodeId>) -> Self {
        Self { renewed_certificates: nodes, ..self }
    }

    /// Reports that the cluster is ready, how long each phase took, and how to connect.
    pub fn remarks(&self, ui: &Ui) {
        let (name, took) = (self.cluster, self.seconds);
        if self.phases.is_empty() {
            ui.status(format_args!("{name} is ready, nothing to do ({took:.2} s)"));
        } else {
            ui.status(format_args!("{name} is ready after {took:.2} s{}", self.predicates()));
        }
        if let Some(certificates) = self.status.certificates.as_ref().filter(|_| !self.renewed_certificates.is_empty())
        {
            let nodes = listed_nodes(&self.renewed_certificates);
            ui.status(format_args!("new certificates of {nodes}: all are valid until {}", certificates.expire_at));
        }
        let mut table = Table::new(["GROUP", "MASTER", "WRITES AT", "READS AT"].map(Column::new));
        for proxy in &self.status.proxies {
            for (group, write) in &proxy.write {
                let master = proxy.writes_to.get(group).copied().flatten().map(|node| node.to_string());
                table.row([
                    group.to_string(),
                    master.or_else(|| Some(proxy.writes_to_existing?.to_string())).unwrap_or_default(),
                    write.clone(),
                    proxy.read.get(group).cloned().unwrap_or_default(),
                ]);
            }
        }
        ui.status(format_args!("\n{}\n", table.render(ui.width())));
        let pages: Vec<&str> = self.status.proxies.iter().filter_map(|proxy| proxy.stats.as_deref()).collect();
        if !pages.is_empty() {
            ui.status(format_args!("statistics at {}", pages.join(", ")));
        }
        if !self.kept_volumes.is_empty() && !self.phases.is_empty() {
            let kept = self.kept_volumes.join(" ");
            ui.status(format_args!("kept the volumes of removed nodes: {}", self.kept_volumes.join(", ")));
            ui.hint(format_args!("remove them and what they hold: docker volume rm {kept}"));
        }
        for reason in &self.status.reasons {
            ui.warn(reason);
        }
        let url = command_line(name, "url");
        if self.status.encryption.is_tls() {
            ui.hint(format_args!("connect: {url} --ca > ca.pem; redis-cli --cacert ca.pem -u \"$({url})\""));
        } else {
            ui.hint(format_args!("connect: redis-cli -u \"$({url})\""));
        }
        if let Some(existing) = self.status.follows {
            let cut_over = command_line(name, "up --follow none");
            ui.hint(format_args!("it is a standby of {existing}; have it take over: {cut_over}"));
        }
    }

    /// A line for each condition that `up` waited for.
    fn predicates(&self) -> String {
        let line = |phase: &PhaseDocument| Some(format!("\n  {:20} {:.2} s", phase.phase.predicate()?, phase.took));
        self.phases.iter().filter_map(line).collect()
    }
}

/// `kind: Down`: what `down` removed and what it kept.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownDocument {
    pub api_version: &'static str,
    /// Always `Down`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Containers that were removed, by name.
    pub removed_containers: Vec<String>,
    /// Networks that were removed, by name.
    pub removed_networks: Vec<String>,
    /// Volumes that were removed, by name.
    pub removed_volumes: Vec<String>,
    /// Volumes that still hold the data, by name.
    pub kept_volumes: Vec<String>,
    /// The network, while other containers are on it.
    pub kept_network: Option<KeptNetwork>,
    /// The host directory with the data of Redis, which redos never removes.
    pub kept_dir: Option<PathBuf>,
}

/// A network that a `down` did not remove.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptNetwork {
    /// The name of the network.
    pub name: String,
    /// The other containers on it, by name.
    pub containers: Vec<String>,
}

impl DownDocument {
    /// An empty document, to be filled in.
    pub fn new(cluster: ClusterName) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Down",
            cluster,
            seconds: 0.0,
            removed_containers: Vec::new(),
            removed_networks: Vec::new(),
            removed_volumes: Vec::new(),
            kept_volumes: Vec::new(),
            kept_network: None,
            kept_dir: None,
        }
    }

    /// Reports what was removed, and how to restore or to remove what was kept.
    pub fn remarks(&self, ui: &Ui) {
        let removed = [
            (self.removed_containers.len(), "container"),
            (self.removed_networks.len(), "network"),
            (self.removed_volumes.len(), "volume"),
        ];
        let removed: Vec<String> =
            removed.into_iter().filter(|(number, _)| *number > 0).map(|(number, thing)| count(number, thing)).collect();
        let name = &self.cluster;
        if removed.is_empty() {
            ui.status(format_args!("{name}: nothing to remove"));
        } else {
            ui.status(format_args!("{name}: removed {} ({:.2} s)", removed.join(", "), self.seconds));
        }
        if !self.kept_volumes.is_empty() {
            let kept = count(self.kept_volumes.len(), "volume");
            ui.status(format_args!("kept {kept} with its data and passwords:\n  {}", self.kept_volumes.join("\n  ")));
            ui.hint(format_args!("bring it back as it was: {}", command_line(name, "up")));
            ui.hint(format_args!("remove the volumes, too: {}", command_line(name, "down --volumes")));
        }
        if let Some(KeptNetwork { name: network, containers }) = &self.kept_network {
            let (on_it, all) = (containers.join(", "), containers.join(" "));
            ui.status(format_args!("kept the network {network}, which other containers use: {on_it}"));
            ui.hint(format_args!(
                "the next up uses it again; to remove it: docker rm -f {all} && docker network rm {network}"
            ));
        }
        if let Some(dir) = &self.kept_dir {
            let dir = dir.display();
            ui.status(format_args!(
                "kept the data and passwords in {dir}: redos never removes a directory of the host"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Gate;
    use crate::cluster::fixture::{GROUP, healthy, redis};
    use crate::cluster::status::status;
    use crate::output::testing::{plain, ui};
    use crate::output::{Options, Terminal};
    use crate::plan::Action;
    use crate::spec::Spec;

    fn name() -> ClusterName {
        "shop".parse().expect("a name")
    }

    #[test]
    fn a_plan_is_steps_with_their_reasons() {
        let mut plan = Plan::default();
        let thaw = plan.push(Action::UnpauseNode { node: redis(2) }, "redis-2 is paused", []);
        let gate = Gate::ReplicasInSync { group: GROUP };
        plan.push(Action::Await { gate }, "a cluster is ready when its replicas are in sync", [thaw]);
        plan.then_observe = Some("redis-2 says what it follows only once it runs".to_owned());
        let cluster = name();
        insta::assert_snapshot!(PlanDocument::new(&cluster, &plan).text(&plain(80)), @r#"
        #  STEP             WHY
        1  unpause redis-2  redis-2 is paused
        then look again: redis-2 says what it follows only once it runs

        1 step to make shop what it should be, then 1 check that it is ready
        "#);
        let value = serde_json::to_value(PlanDocument::new(&cluster, &plan)).expect("JSON");
        assert_eq!(value["changes"], true);
        let step = serde_json::json!({
            "id": 1, "action": "unpauseNode", "node": "redis-2", "why": "redis-2 is paused", "after": [],
        });
        assert_eq!(value["steps"][0], step);
        plan.refusal = Some(Refusal {
            why: "no node of mymaster has complete data".to_owned(),
            next: vec!["mend the files of redis-1: docker run …".to_owned()],
        });
        let document = PlanDocument::new(&cluster, &plan);
        let text = "up would change nothing: no node of mymaster has complete data\nwhat to do:\n  mend the files of \
            redis-1: docker run …";
        assert_eq!(document.text(&plain(80)), text);
        assert_eq!(
            serde_json::to_value(&document).expect("JSON")["refusal"]["why"],
            "no node of mymaster has complete data"
        );
        let nothing = Plan::default();
        let text = PlanDocument::new(&cluster, &nothing).text(&plain(80));
        assert_eq!(text, "shop is what it should be: nothing to do");
    }

    #[test]
    fn an_up_ends_with_what_it_waited_for_and_how_to_connect() {
        let status = status(&Spec::with_defaults(name()), &healthy(&Spec::with_defaults(name())));
        let ms = Duration::from_millis;
        let timing = |phase, steps, took| PhaseTiming { phase, steps, began: ms(10), took: ms(took) };
        let timings = Timings {
            phases: vec![
                timing(Phase::Start, 7, 400),
                timing(Phase::InSync, 1, 310),
                timing(Phase::Agree, 1, 120),
                timing(Phase::Verify, 1, 7),
            ],
            total: ms(2080),
        };
        let (ui_, _, stderr) = ui(Options::default(), Terminal::default());
        UpDocument::new(&status, &timings, ms(2100), vec![]).remarks(&ui_);
        insta::assert_snapshot!(stderr.text(), @r#"
        shop is ready after 2.10 s
          replicas in sync     0.31 s
          Sentinels agree      0.12 s
          write read back      0.01 s

        GROUP     MASTER   WRITES AT       READS AT
        mymaster  redis-1  127.0.0.1:6379  127.0.0.1:6380

        statistics at http://127.0.0.1:8404/
        hint: connect: redis-cli -u "$(redos -p shop url)"
        "#);
        let (ui_, _, stderr) = ui(Options::default(), Terminal::default());
        UpDocument::new(&status, &Timings::default(), ms(120), vec![]).remarks(&ui_);
        assert!(stderr.text().starts_with("shop is ready, nothing to do (0.12 s)\n"), "{}", stderr.text());
    }

    #[test]
    fn a_down_says_what_it_kept_and_how_to_get_rid_of_it() {
        let mut document = DownDocument::new(name());
        document.seconds = 0.8;
        document.removed_containers = vec!["shop-redis-1".to_owned(), "shop-proxy-1".to_owned()];
        document.removed_networks = vec!["shop-pick".to_owned()];
        document.kept_volumes = vec!["shop-redis-1-data".to_owned()];
        let containers = vec!["app-1".to_owned(), "worker".to_owned()];
        document.kept_network = Some(KeptNetwork { name: "shop".to_owned(), containers });
        document.kept_dir = Some(PathBuf::from("/srv/shop"));
        let (ui_, _, stderr) = ui(Options::default(), Terminal::default());
        document.remarks(&ui_);
        insta::assert_snapshot!(stderr.text(), @r#"
        shop: removed 2 containers, 1 network (0.80 s)
        kept 1 volume with its data and passwords:
          shop-redis-1-data
        hint: bring it back as it was: redos -p shop up
        hint: remove the volumes, too: redos -p shop down --volumes
        kept the network shop, which other containers use: app-1, worker
        hint: the next up uses it again; to remove it: docker rm -f app-1 worker && docker network rm shop
        kept the data and passwords in /srv/shop: redos never removes a directory of the host
        "#);
    }
}
