//! The loops around plans: observe, plan, apply, observe again. Success is an empty plan, not the absence of errors.
//!
//! There are two. [`Converger`] asks the servers, waits for gates and ends with a proof that the cluster serves.
//! [`Teardown`] asks nobody and ends when nothing is left.

mod teardown;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use self::teardown::{Teardown, TornDown};
pub use crate::apply::Reached;
use crate::apply::{Applier, ApplyError, Walked};
use crate::cluster::Gate;
use crate::cluster::desired::Programs;
use crate::cluster::observed::{
    AuthorityView, CertificatesView, Inventory, NodeState, Observed, RotationView, Topology,
};
use crate::engine::{Clusters, EngineError, EngineErrorKind, INSPECT_LIMIT, Nodes};
use crate::plan::event::Event;
use crate::plan::{Action, Past, Plan, Stage};
use crate::servers::Servers;
use crate::spec::settings::GivenSecrets;
use crate::spec::{Certified, ClusterName, Group, NodeId, Role, Secrets, Spec, render};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The inventory and the secrets of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its network, volumes and containers.
    pub inventory: Inventory,
    /// Its secrets. `None` where no container has them: there is none, or none has run.
    pub secrets: Option<Secrets>,
    /// The secrets in the file of each node. Empty where one file was read and no rotation of passwords is open in it.
    pub kept: BTreeMap<NodeId, Secrets>,
}

/// Finds a cluster.
///
/// To read a file of a container takes the Engine longer than all else, 50 ms on 20.10, which starts a program of its
/// own for it. So the node that most likely has the secrets is asked before it is known whether it exists.
///
/// # Errors
/// The Engine failed, or it failed at one node and no other gave the secrets.
pub async fn find<E: Clusters + Nodes>(engine: &E, cluster: &ClusterName) -> Result<Found, EngineError> {
    let likely = NodeId::redis(Group::number(1), 1);
    // A question about a container may hang. The inventory says so, and then other nodes are asked.
    let ahead = timeout(INSPECT_LIMIT, secrets_of(engine, cluster, likely));
    let (inventory, ahead) = tokio::join!(engine.inventory(cluster), ahead);
    let inventory = inventory?;
    // The container of this name may belong to something else, or be new on an old volume.
    let has_run = inventory.nodes.get(&likely).is_some_and(|facts| facts.state != NodeState::Created);
    match ahead {
        Ok(Ok(Some(secrets))) if has_run && secrets.rotation.is_none() => {
            Ok(Found { inventory, secrets: Some(secrets), kept: BTreeMap::new() })
        }
        _ => {
            let kept = read_all_secrets(engine, cluster, &inventory).await?;
            Ok(Found { inventory, secrets: newest(&kept), kept })
        }
    }
}

/// Reads the secrets in the files of all nodes, running or not.
///
/// # Errors
/// No node gave them, and at one of them the Engine failed. Without secrets (there is no cluster, or its volumes have no
/// containers) it is empty.
pub async fn read_all_secrets<E: Clusters + Nodes>(
    engine: &E,
    cluster: &ClusterName,
    inventory: &Inventory,
) -> Result<BTreeMap<NodeId, Secrets>, EngineError> {
    let is_asked =
        |node: &&NodeId| matches!(node.role(), Role::Redis | Role::Sentinel) && !inventory.unseen.contains_key(node);
    let asked = inventory.nodes.keys().filter(is_asked);
    let ask = async |node: &NodeId| (*node, timeout(INSPECT_LIMIT, secrets_of(engine, cluster, *node)).await);
    let answers = join_all(asked.map(ask)).await;
    let (mut kept, mut failed) = (BTreeMap::new(), None);
    for (node, answer) in answers {
        match answer {
            Ok(Ok(Some(secrets))) => drop(kept.insert(node, secrets)),
            Ok(Ok(None)) => {}
            // One broken node must not hide what all others have.
            Ok(Err(error)) => failed = Some(error),
            Err(_) => {
                let what = format!("read the passwords in {node} within {} s", INSPECT_LIMIT.as_secs());
                failed = Some(EngineError::new(EngineErrorKind::Unreachable, what, None));
            }
        }
    }
    match failed {
        Some(error) if kept.is_empty() => Err(error),
        _ => Ok(kept),
    }
}

/// Gives the secrets an authority if the cluster has TLS, else none.
///
/// The plan writes them into the files of all nodes before anything else changes. While TLS is being turned off, nodes still need it.
/// `new` is the authority for secrets that lack one.
///
/// # Errors
/// The Engine failed.
pub async fn fit_authority<E: Clusters + Nodes>(
    engine: &E,
    spec: &Spec,
    found: Found,
    new: Option<&Certified>,
) -> Result<Found, EngineError> {
    let fits = |secrets: &Secrets| match &secrets.authority {
        Some(_) => spec.encryption.is_tls() || spec.tls.turning,
        None => !spec.encryption.is_tls(),
    };
    // A run that was cut off may have written them for some nodes, which the first one does not tell.
    let is_open = found.inventory.recorded.as_ref().is_some_and(|recorded| recorded.tls.turning);
    if !is_open && found.secrets.as_ref().is_none_or(fits) {
        return Ok(found);
    }
    let kept = read_all_secrets(engine, &spec.name, &found.inventory).await?;
    let secrets = newest(&kept).map(|newest| match fits(&newest) {
        true => newest,
        false => {
            let authority = new.filter(|_| spec.encryption.is_tls()).cloned();
            Secrets { authority, version: newest.version + 1, ..newest }
        }
    });
    Ok(Found { secrets, kept, ..found })
}

/// How long the certificates that servers show are valid from now on, and their authority; `None` without TLS.
pub fn certificates(secrets: &Secrets, topology: &Topology) -> Option<CertificatesView> {
    let authority = secrets.authority.as_ref()?.expires;
    let redis = topology.redis.values().filter_map(|answer| answer.said()?.certificate.as_ref());
    let sentinels = topology.sentinels.values().filter_map(|answer| answer.said()?.certificate.as_ref());
    let first = redis.chain(sentinels).map(|shown| shown.expires).min().unwrap_or(authority);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let days = |expires: u64| {
        (i64::try_from(expires).unwrap_or(i64::MAX) - i64::try_from(now).unwrap_or_default()).div_euclid(DAY)
    };
    let in_words =
        |expires| humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(expires)).to_string();
    let authority = AuthorityView { expires_at: in_words(authority), days_left: days(authority) };
    Some(CertificatesView { expire_at: in_words(first), days_left: days(first), authority })
}

/// The secrets of the highest version, of the first node that has it.
pub fn newest(kept: &BTreeMap<NodeId, Secrets>) -> Option<Secrets> {
    let version = kept.values().map(|secrets| secrets.version).max()?;
    kept.values().find(|secrets| secrets.version == version).cloned()
}

async fn secrets_of<E: Clusters + Nodes>(
    engine: &E,
    cluster: &ClusterName,
    node: NodeId,
) -> Result<Option<Secrets>, EngineError> {
    let file = engine.read_file(cluster, node, render::SECRETS_FILE).await?;
    Ok(file.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Makes the error of a look at a cluster.
fn looking(cluster: &ClusterName) -> impl Fn(EngineError) -> ApplyError {
    move |source| ApplyError::Engine { step: format!("look at the cluster {cluster}"), source }
}

/// The first unmet gate of the plan; without one the first step that does more than wait.
fn out_of_time(spec: &Spec, observed: &Observed, plan: &Plan) -> ApplyError {
    let awaited = |action: &Action| if let Action::Await { gate } = action { Some(gate.clone()) } else { None };
    let gates: BTreeSet<Gate> = plan.steps.iter().filter_map(|step| awaited(&step.action)).collect();
    let failing = gates.into_iter().find_map(|gate| {
        let unmet = gate.holds(spec, observed).err()?;
        Some(ApplyError::timeout(gate, unmet, spec, observed))
    });
    let is_wait = |action: &Action| matches!(action, Action::Await { .. });
    let next = || {
        let step = plan.steps.iter().find(|step| !is_wait(&step.action)).or(plan.steps.first());
        step.map_or_else(String::new, |step| step.action.to_string())
    };
    failing.unwrap_or_else(|| ApplyError::Unfinished { next: next() })
}

/// The nodes that plans start.
fn started<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> BTreeSet<NodeId> {
    let steps = plans.into_iter().flat_map(|plan| &plan.steps);
    steps.filter_map(|step| if let Action::StartNode { node } = step.action { Some(node) } else { None }).collect()
}

/// An observed cluster and its servers.
///
/// `None` where its secrets are not known, so that no server was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<S> {
    /// The observed state of the cluster.
    pub observed: Observed,
    /// The servers and the passwords for them.
    pub reached: Option<Reached<S>>,
}

impl<S: Servers> Seen<S> {
    /// Asks the servers of a cluster, which `connect` makes from its secrets.
    ///
    /// # Errors
    /// The supplied passwords are not the cluster's. A server that does not answer is not an error.
    pub async fn of(found: Found, given: &GivenSecrets, connect: impl Fn(&Secrets) -> S) -> Result<Self, ApplyError> {
        let Found { inventory, secrets, kept } = found;
        let Some(secrets) = secrets else {
            return Ok(Self { observed: Observed { inventory, ..Observed::default() }, reached: None });
        };
        let at_odds = given.at_odds_with(&secrets);
        if !at_odds.is_empty() {
            return Err(ApplyError::OtherSecrets { users: at_odds });
        }
        let servers = connect(&secrets);
        Ok(Self::ask(inventory, Reached { secrets, servers }, &kept).await)
    }

    /// Asks servers for which there are connections.
    async fn ask(inventory: Inventory, reached: Reached<S>, kept: &BTreeMap<NodeId, Secrets>) -> Self {
        let topology = reached.servers.topology(&inventory).await;
        let rotation = RotationView::of(&reached.secrets, kept);
        let certificates = certificates(&reached.secrets, &topology);
        let observed = Observed::new(inventory, topology).with_rotation(rotation).with_certificates(certificates);
        Self { observed, reached: Some(reached) }
    }
}

/// Everything that the loop needs.
pub struct Converger<'a, E, C, P, D> {
    pub engine: &'a E,
    /// Makes the servers from the cluster's secrets.
    pub connect: C,
    /// The desired cluster.
    pub spec: &'a Spec,
    /// Makes the plan of an observation: [`crate::plan::next`], or a part of it. An empty plan ends the loop.
    pub next: D,
    /// The secrets for a cluster that has none yet.
    pub new_secrets: Secrets,
    /// The passwords the user supplied. If the cluster uses other ones, the loop fails before it changes anything.
    pub given: GivenSecrets,
    /// Called once, before the first plan that creates a node. It refuses conflicts and finds the images.
    pub prepare: P,
    /// Where events go.
    pub report: &'a (dyn Fn(Event) + Send + Sync),
    /// Set by the first Ctrl-C.
    pub cancel: &'a CancellationToken,
    /// The end of the waiting.
    pub deadline: Instant,
}

/// The result of the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Converged {
    /// The plans that were walked; empty when there was nothing to do.
    pub plans: Vec<Plan>,
    /// How long it took.
    pub took: Duration,
    /// The last observation of the cluster.
    pub observed: Observed,
    /// The secrets of the cluster.
    pub secrets: Secrets,
}

impl<E, S, C, P, D> Converger<'_, E, C, P, D>
where
    E: Clusters + Nodes,
    S: Servers,
    C: Fn(&Secrets) -> S,
    P: AsyncFn(&Inventory) -> Result<Programs, EngineError>,
    D: Fn(&Spec, &Observed, &Past) -> Stage + Send + Sync,
{
    /// Loops until the plan is empty.
    ///
    /// # Errors
    /// The first plan that fails, or supplied passwords that are not the cluster's, before anything is changed. A
    /// cluster that is never done (each observation finds something new) ends as the time-out of the last gate, or of
    /// the loop itself.
    pub async fn converge(self, first: Seen<S>) -> Result<Converged, ApplyError> {
        let began = Instant::now();
        let mut seen = first;
        let mut plans: Vec<Plan> = Vec::new();
        let mut programs: Option<Programs> = None;
        let mut past = Past::default();
        let mut overtaken_by: Option<ApplyError> = None;
        loop {
            let Seen { observed, reached } = seen;
            past.started = started(&plans);
            let Stage { spec, plan } = (self.next)(self.spec, &observed, &past);
            if plan.is_empty() {
                let secrets = reached.map_or(self.new_secrets, |reached| reached.secrets);
                return Ok(Converged { plans, took: began.elapsed(), observed, secrets });
            }
            if let Some(refusal) = plan.refusal {
                return Err(ApplyError::Refused(refusal));
            }
            if Instant::now() >= self.deadline {
                return Err(overtaken_by.unwrap_or_else(|| out_of_time(self.spec, &observed, &plan)));
            }
            let makes_nodes = plan.steps.iter().any(|step| matches!(step.action, Action::CreateNode { .. }));
            if makes_nodes && programs.is_none() {
                let step = format!("prepare the cluster {}", self.spec.name);
                let preparing = |source| ApplyError::Engine { step, source };
                programs = Some((self.prepare)(&observed.inventory).await.map_err(preparing)?);
            }
            // Until there are secrets, the new ones count.
            let known = reached.is_some();
            let way = reached.unwrap_or_else(|| {
                let secrets = self.new_secrets.clone();
                Reached { servers: (self.connect)(&secrets), secrets }
            });
            let meanwhile = Past { owes_proof: false, started: &past.started | &started([&plan]) };
            let applier = Applier {
                engine: self.engine,
                reached: Some(&way),
                spec: &spec,
                target: self.spec,
                programs: programs.as_ref(),
                report: self.report,
                cancel: self.cancel,
                deadline: self.deadline,
                replan: Some(&|seen| (self.next)(self.spec, seen, &meanwhile).plan),
            };
            let walked = match applier.apply(&plan, &observed.inventory).await {
                Err(error) if error.is_damaged_data() => {
                    (self.report)(Event::remark(format!("{error}: it cannot load its data")));
                    Walked::Overtaken
                }
                Err(error) if error.is_overtaken() => {
                    let remark = error.with_sources();
                    // What lasts is told once.
                    if overtaken_by.replace(error).is_none_or(|last| last.with_sources() != remark) {
                        (self.report)(Event::remark(remark));
                    }
                    Walked::Overtaken
                }
                walked => {
                    overtaken_by = None;
                    walked?
                }
            };
            // A plan for the whole way ends with the proof, if it is walked to its end.
            let was_whole = matches!(walked, Walked::Done { .. }) && plan.then_observe.is_none();
            past.owes_proof = !was_whole;
            // Then all nodes have what it wrote, and the servers accepted it. Reading it back takes an Engine longer than
            // all else that it does for a look: on 20.10 some 60 ms of a core a file.
            let known = known || was_whole;
            plans.push(plan);
            seen = match walked {
                _ if observed.rotation.is_some() => self.look_at_rotation(way).await?,
                // Gates have opened since the last change: the servers accepted these secrets.
                Walked::Done { seen: Some(observed) } => Seen { observed: *observed, reached: Some(way) },
                Walked::Done { seen: None } | Walked::Overtaken => self.look_again(known.then_some(way)).await?,
            };
        }
    }

    async fn look_again(&self, reached: Option<Reached<S>>) -> Result<Seen<S>, ApplyError> {
        let name = &self.spec.name;
        let inventory = self.engine.inventory(name).await.map_err(looking(name))?;
        match reached {
            Some(reached) => Ok(Seen::ask(inventory, reached, &BTreeMap::new()).await),
            None => {
                let kept = read_all_secrets(self.engine, name, &inventory).await.map_err(looking(name))?;
                let found = Found { inventory, secrets: newest(&kept), kept };
                let found = fit_authority(self.engine, self.spec, found, self.new_secrets.authority.as_ref())
                    .await
                    .map_err(looking(name))?;
                Seen::of(found, &self.given, &self.connect).await
            }
        }
    }

    /// Looks again while a rotation of passwords is under way: its next stage has other secrets.
    async fn look_at_rotation(&self, reached: Reached<S>) -> Result<Seen<S>, ApplyError> {
        let name = &self.spec.name;
        let inventory = self.engine.inventory(name).await.map_err(looking(name))?;
        let kept = read_all_secrets(self.engine, name, &inventory).await.map_err(looking(name))?;
        let reached = match newest(&kept).filter(|newest| newest.version > reached.secrets.version) {
            Some(secrets) => Reached { servers: (self.connect)(&secrets), secrets },
            None => reached,
        };
        Ok(Seen::ask(inventory, reached, &kept).await)
    }
}
