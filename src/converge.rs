//! The loop around a plan: look, diff, apply, look again. Success is an empty plan, not the absence of errors.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::apply::{Applier, ApplyError, Walked};
use crate::engine::{Engine, EngineError};
use crate::plan::desired::Programs;
use crate::plan::event::Event;
use crate::plan::observed::{Inventory, Observed, Topology};
use crate::plan::{Action, Gate, Plan};
use crate::sentinel::Servers;
use crate::spec::settings::GivenSecrets;
use crate::spec::{NodeId, Secrets, Spec, render};

/// Reads the cluster's secrets from the first node that gives them, running or not.
///
/// # Errors
/// No node gave them, and at one of them the Engine failed. A cluster without secrets (there is none, or its volumes
/// have no containers) is `None`.
pub async fn read_secrets<E: Engine>(
    engine: &E,
    spec: &Spec,
    inventory: &Inventory,
) -> Result<Option<Secrets>, EngineError> {
    let mut failed = Ok(None);
    for node in inventory.nodes.keys().filter(|node| !matches!(node, NodeId::Proxy(_))) {
        match engine.read_file(&spec.name, *node, render::SECRETS_FILE).await {
            Ok(file) => {
                if let Some(secrets) = file.and_then(|octets| serde_json::from_slice(&octets).ok()) {
                    return Ok(Some(secrets));
                }
            }
            // One broken node must not hide what all others have, too.
            Err(error) => failed = Err(error),
        }
    }
    failed
}

/// The first thing that the plan would wait for and is not so; where there is none, the first step that does more than wait.
fn out_of_time(spec: &Spec, observed: &Observed, plan: &Plan) -> ApplyError {
    let awaited = |action: &Action| if let Action::Await { gate } = action { Some(gate.clone()) } else { None };
    let gates: BTreeSet<Gate> = plan.steps.iter().filter_map(|step| awaited(&step.action)).collect();
    let failing = gates.into_iter().find_map(|gate| {
        let reason = gate.holds(spec, observed).err()?;
        Some(ApplyError::timeout(gate, reason, spec))
    });
    let is_wait = |action: &Action| matches!(action, Action::Await { .. });
    let next = || {
        let step = plan.steps.iter().find(|step| !is_wait(&step.action)).or(plan.steps.first());
        step.map_or_else(String::new, |step| step.action.to_string())
    };
    failing.unwrap_or_else(|| ApplyError::Unfinished { next: next() })
}

/// Everything that the loop needs.
pub struct Converger<'a, E, C, P, D> {
    /// The engine.
    pub engine: &'a E,
    /// Makes the way to the servers from the cluster's secrets.
    pub connect: C,
    /// The desired cluster.
    pub spec: &'a Spec,
    /// What makes the observed cluster the desired one: [`crate::plan::diff`], or a part of it. Empty ends the loop.
    pub diff: D,
    /// What the secrets are if the cluster has none yet.
    pub new_secrets: Secrets,
    /// Those of them that somebody gave. A cluster that has others is left as it is.
    pub given: GivenSecrets,
    /// Called once, before the first plan that makes a node: refuses conflicts and finds the images.
    pub prepare: P,
    /// Where events go.
    pub report: &'a (dyn Fn(Event) + Send + Sync),
    /// Set by the first Ctrl-C.
    pub cancel: &'a CancellationToken,
    /// When waiting ends.
    pub deadline: Instant,
}

/// What the loop did.
#[derive(Clone, Debug, PartialEq)]
pub struct Converged {
    /// The plans that were walked; empty when there was nothing to do.
    pub plans: Vec<Plan>,
    /// How long it took.
    pub took: Duration,
    /// The cluster as it was seen last.
    pub observed: Observed,
    /// Its secrets.
    pub secrets: Secrets,
}

impl<E, S, C, P, D> Converger<'_, E, C, P, D>
where
    E: Engine,
    S: Servers,
    C: Fn(&Secrets) -> S,
    P: AsyncFn(&Inventory) -> Result<Programs, EngineError>,
    D: Fn(&Spec, &Observed) -> Plan + Send + Sync,
{
    /// Loops until the plan is empty.
    ///
    /// # Errors
    /// The first plan that fails, or given passwords that are not the cluster's, before anything is changed. A cluster that is never done (each look finds something new) ends as the time-out of
    /// the gate that it last waited for, or of the loop itself.
    pub async fn converge(self, first: Inventory) -> Result<Converged, ApplyError> {
        let began = Instant::now();
        let looking = |source| ApplyError::Engine { step: format!("look at the cluster {}", self.spec.name), source };
        let mut inventory = first;
        let mut plans: Vec<Plan> = Vec::new();
        let mut reached: Option<(Secrets, S)> = None;
        let mut programs: Option<Programs> = None;
        let mut owes_proof = false;
        loop {
            if reached.is_none() {
                let secrets = read_secrets(self.engine, self.spec, &inventory).await.map_err(looking)?;
                let at_odds = secrets.as_ref().map(|own| self.given.at_odds_with(own)).unwrap_or_default();
                if !at_odds.is_empty() {
                    return Err(ApplyError::OtherSecrets { which: at_odds });
                }
                reached = secrets.map(|secrets| (secrets.clone(), (self.connect)(&secrets)));
            }
            let topology = match &reached {
                Some((_, servers)) => servers.topology(&inventory).await,
                None => Topology::default(),
            };
            let observed = Observed { inventory, topology, owes_proof };
            let plan = (self.diff)(self.spec, &observed);
            if plan.is_empty() {
                let secrets = reached.map_or(self.new_secrets, |(secrets, _)| secrets);
                return Ok(Converged { plans, took: began.elapsed(), observed, secrets });
            }
            if Instant::now() >= self.deadline {
                return Err(out_of_time(self.spec, &observed, &plan));
            }
            let makes_nodes = plan.steps.iter().any(|step| matches!(step.action, Action::CreateNode { .. }));
            if makes_nodes && programs.is_none() {
                let step = format!("prepare the cluster {}", self.spec.name);
                let preparing = |source| ApplyError::Engine { step, source };
                programs = Some((self.prepare)(&observed.inventory).await.map_err(preparing)?);
            }
            let provisional;
            let (secrets, servers) = match &reached {
                Some((secrets, servers)) => (secrets, servers),
                None => {
                    provisional = (self.connect)(&self.new_secrets);
                    (&self.new_secrets, &provisional)
                }
            };
            let applier = Applier {
                engine: self.engine,
                servers,
                spec: self.spec,
                secrets,
                programs: programs.as_ref(),
                report: self.report,
                cancel: self.cancel,
                deadline: self.deadline,
                is_overtaken: &|seen| (self.diff)(self.spec, seen).changes(),
            };
            let walked = applier.apply(&plan, &observed.inventory).await?;
            // A plan that is the whole way ends with the proof, if it is walked to its end.
            owes_proof = walked == Walked::Overtaken || plan.then_observe.is_some();
            plans.push(plan);
            inventory = self.engine.inventory(&self.spec.name).await.map_err(looking)?;
        }
    }
}
