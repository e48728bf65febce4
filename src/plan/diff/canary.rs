//! The canary of an upgrade: one replica that runs other images before all other nodes do.
//!
//! Nothing is recorded for it. Until the others follow, `up` gives it the recorded images again.

use std::collections::BTreeSet;

use super::Planner;
use crate::cluster::data;
use crate::cluster::gate::Gate;
use crate::cluster::observed::{NodeState, Observed};
use crate::cluster::refusal::Refusal;
use crate::plan::stage::{Past, Stage};
use crate::plan::step::{Action, Plan};
use crate::spec::{Group, NodeId, Release, Spec};

/// The next plan that gives one replica the images of `spec` and waits until it is in sync.
///
/// No Sentinel may promote it, unless it is the only replica of its group: replicas with an older server cannot copy the
/// data of a newer one.
pub fn canary(spec: &Spec, node: NodeId, observed: &Observed, past: &Past) -> Stage {
    let scope = BTreeSet::from([node]);
    let kept_back = (spec.replicas > 1).then_some(node);
    let mut planner = Planner { scope: Some(&scope), past: past.clone(), kept_back, ..Planner::new(spec, observed) };
    let stage = |plan| Stage { spec: spec.clone(), plan };
    let is_canary = |other| other == node;
    let refusal = Refusal::unseen(&spec.name, &observed.inventory, is_canary).or_else(|| planner.unfit_canary(node));
    if refusal.is_some() {
        return stage(Plan { refusal, ..Plan::default() });
    }
    planner.bring_up_nodes();
    let is_running = planner.facts(node).is_some_and(|facts| facts.state == NodeState::Running);
    let is_outdated = planner.facts(node).is_some_and(|facts| planner.is_outdated(node, facts));
    if planner.plan.is_empty() && planner.unsettled.is_empty() && is_running && is_outdated {
        // Some are needed by no other node.
        let others: Vec<NodeId> =
            spec.nodes().into_iter().filter(|other| *other != node && !other.role().is_optional()).collect();
        if !planner.await_in_service(&others) {
            planner.replace_running(node, None);
        }
    }
    let gate = Gate::InService { node };
    let unmet = gate.holds(spec, observed).err();
    let awaits = |action: &Action| *action == Action::Await { gate: gate.clone() };
    let is_awaited = planner.plan.steps.iter().any(|step| awaits(&step.action));
    if !is_awaited && (unmet.is_some() || !planner.plan.is_empty()) {
        let everything = planner.plan.leaves();
        let why = unmet.map_or_else(|| "after these changes".to_owned(), |unmet| unmet.to_string());
        planner.plan.push(Action::Await { gate }, why, everything);
    }
    stage(planner.plan)
}

/// The replica that an upgrade begins with: the last one in sync, of the first group that has one.
///
/// It is never a master: an upgraded master cannot be rolled back, because nodes with the older server cannot copy its data.
pub fn chosen(spec: &Spec, observed: &Observed) -> Option<NodeId> {
    let planner = Planner::new(spec, observed);
    let in_group = |group: Group| {
        let master = planner.masters.get(&group).copied()?;
        let is_fit = |node: &NodeId| *node != master && Gate::InService { node: *node }.holds(spec, observed).is_ok();
        spec.redis_nodes(group).filter(is_fit).last()
    };
    spec.groups().find_map(in_group)
}

impl Planner<'_> {
    /// Why a node is no canary any more.
    fn unfit_canary(&self, node: NodeId) -> Option<Refusal> {
        if self.masters.values().any(|master| *master == node) {
            return Some(Refusal { why: format!("{node} has become a master"), next: Vec::new() });
        }
        let damage = data::damage(node, self.observed)?;
        let why = format!("{node} cannot load its data ({damage})");
        Some(Refusal { why, next: Vec::new() })
    }

    /// The release of a Redis node's server, if it wrote data that the release of the specification cannot read.
    fn newer_release(&self, node: NodeId) -> Option<(Release, &Release)> {
        let view = self.redis_view(node)?;
        let runs = view.release();
        let wanted = &self.spec.used.redis.as_ref()?.release;
        (!wanted.reads_data_of(&runs)).then_some((runs, wanted))
    }

    /// Why a replica's data must be copied anew when it is recreated.
    pub(super) fn cannot_read_its_data(&self, node: NodeId) -> Option<String> {
        let (runs, wanted) = self.newer_release(node)?;
        Some(format!("{runs} wrote them, and {wanted} cannot read them: it copies those of its master"))
    }

    /// The refusal to give a cluster back images that cannot read the data of its masters.
    ///
    /// The canary of an upgrade has become a master, or was made one.
    pub(super) fn refused_step_back(&self) -> Option<Plan> {
        let (master, (runs, wanted)) =
            self.masters.values().find_map(|master| Some((*master, self.newer_release(*master)?)))?;
        let image = self.facts(master).map(|facts| facts.image.clone()).unwrap_or_default();
        let why = format!("{master} is master and runs {runs}, whose data {wanted} cannot read");
        let next = vec![format!("end the upgrade: redos -p {} upgrade --redis-image {image}", self.spec.name)];
        Some(Plan { refusal: Some(Refusal { why, next }), ..Plan::default() })
    }
}
