//! Walks a plan: runs every step as soon as the steps that it waits for are done, reports events, decides nothing.
//!
//! Steps that wait for a gate share one observer, so that ten gates cost no more questions than one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, EngineError, EngineErrorKind, NodeFile};
use crate::plan::desired::{Programs, node_spec};
use crate::plan::event::Event;
use crate::plan::observed::{Inventory, NetworkFacts, Observed};
use crate::plan::{Action, Gate, Plan, Step, StepId};
use crate::sentinel::{Command, SentinelPeer, ServerError, Servers};
use crate::spec::{Group, NodeId, REDIS_PORT, SENTINEL_PORT, Secrets, Spec, Subnet, render};

/// The shortest time between two looks at the cluster while a gate is shut: a look costs a few milliseconds of every
/// server, and nothing becomes ready faster than this matters.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);
/// How often the Engine is asked again while a gate is shut. Containers change far less often than what servers say.
const INVENTORY_INTERVAL: Duration = Duration::from_millis(500);

/// Why a plan did not end. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The Engine failed.
    #[error("failed to {step}")]
    Engine {
        /// The step in words.
        step: String,
        /// What the Engine said.
        #[source]
        source: EngineError,
    },
    /// A server failed.
    #[error("failed to {step}")]
    Server {
        /// The step in words.
        step: String,
        /// What the server said.
        #[source]
        source: ServerError,
    },
    /// A node cannot be made as the specification asks.
    #[error("failed to {step}: {reason}")]
    Impossible {
        /// The step in words.
        step: String,
        /// Why.
        reason: String,
    },
    /// A configuration cannot be made.
    #[error("failed to {step}")]
    Render {
        /// The step in words.
        step: String,
        /// Why.
        #[source]
        source: render::RenderError,
    },
    /// A gate did not open in time.
    #[error("not ready in time: {gate}: {reason}")]
    Timeout {
        /// The gate.
        gate: Gate,
        /// What is not so.
        reason: String,
        /// The nodes whose logs tell most.
        concerns: Vec<NodeId>,
    },
    /// Time ran out between two plans, and nothing but a change is left.
    #[error("not done in time, the next step is to {next}")]
    Unfinished {
        /// The first step of the plan that was not begun.
        next: String,
    },
    /// Passwords were given that are not those of the cluster.
    #[error("the {} that was given is not the one of the cluster", which.join(" and the "))]
    OtherSecrets {
        /// Which ones, in words.
        which: Vec<&'static str>,
    },
    /// The user interrupted.
    #[error("interrupted: {done} of {total} steps are done")]
    Interrupted {
        /// Steps done.
        done: usize,
        /// Steps of the plan.
        total: usize,
        /// The changes that were not begun.
        left: Vec<String>,
    },
}

impl ApplyError {
    /// Whether the Engine refused because something is in use or belongs to somebody else.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if source.kind == EngineErrorKind::Conflict)
    }

    /// A gate that did not open in time, with the nodes that the reason names.
    pub fn timeout(gate: Gate, reason: String, spec: &Spec) -> Self {
        let mut concerns = gate.concerns(spec);
        let words: BTreeSet<&str> = reason.split([' ', ',', ':']).collect();
        let named = |node: &NodeId| words.contains(node.to_string().as_str());
        if concerns.iter().any(named) {
            concerns.retain(named);
        }
        Self::Timeout { gate, reason, concerns }
    }
}

/// Everything that a walk needs.
pub struct Applier<'a, E, S> {
    /// The engine.
    pub engine: &'a E,
    /// The servers.
    pub servers: &'a S,
    /// The desired cluster.
    pub spec: &'a Spec,
    /// Its secrets.
    pub secrets: &'a Secrets,
    /// The images that were found. A plan that makes no node needs none.
    pub programs: Option<&'a Programs>,
    /// Where events go.
    pub report: &'a (dyn Fn(Event) + Send + Sync),
    /// Set by the first Ctrl-C: steps in hand are finished, no new one is begun.
    pub cancel: &'a CancellationToken,
    /// When gates give up.
    pub deadline: Instant,
    /// Asked while nothing is left but to wait: whether what is seen now asks for another plan.
    pub is_overtaken: &'a (dyn Fn(&Observed) -> bool + Send + Sync),
}

/// How a walk ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Walked {
    /// All steps are done.
    Done {
        /// The cluster after the last change; absent when no gate was waited for since.
        seen: Option<Box<Observed>>,
    },
    /// Waiting is pointless: things have changed since the plan was made, and another plan is due.
    Overtaken,
}

enum Finished {
    Step(StepId, Instant, Result<(), ApplyError>),
    Preparation,
    Look(Box<Observed>, Result<(), EngineError>),
}

impl<E: Engine, S: Servers> Applier<'_, E, S> {
    /// Walks the plan to its end, until it is overtaken, or to the first failure: steps in hand are finished then, no new one is begun.
    ///
    /// # Errors
    /// The first step that failed, the first gate that did not open before the deadline, or the interruption.
    pub async fn apply(&self, plan: &Plan, inventory: &Inventory) -> Result<Walked, ApplyError> {
        match plan.electorate {
            Some(electorate) => {
                let spec = electorate.of(self.spec);
                Applier { spec: &spec, ..*self }.walk(plan, inventory, self.spec).await
            }
            None => self.walk(plan, inventory, self.spec).await,
        }
    }

    /// [`Applier::apply`] for the part of the way that the plan is about; `target` is the whole, which is recorded.
    async fn walk(&self, plan: &Plan, inventory: &Inventory, target: &Spec) -> Result<Walked, ApplyError> {
        let began = Instant::now();
        (self.report)(Event::PlanStarted { plan: plan.clone() });
        let network = Mutex::new(inventory.network.clone());
        let mut waiting: Vec<&Step> = plan.steps.iter().collect();
        let mut gates: BTreeMap<StepId, (Gate, String)> = BTreeMap::new();
        let mut began_at: BTreeMap<StepId, Instant> = BTreeMap::new();
        let mut done: BTreeSet<StepId> = BTreeSet::new();
        let mut prepared: BTreeSet<StepId> = BTreeSet::new();
        let mut running = FuturesUnordered::new();
        let mut seen = Observed { inventory: inventory.clone(), ..Observed::default() };
        let mut looking = false;
        // What a look that is in hand may have missed: the gates that were shut after it began, and changes.
        let mut unseen: BTreeSet<StepId> = BTreeSet::new();
        let mut changed = false;
        let mut inventory_at: Option<Instant> = None;
        // Whether all changes had been made when the inventory of `seen` was taken.
        let mut is_final = false;
        let mut failure: Option<ApplyError> = None;
        let mut interrupted = false;
        loop {
            interrupted |= self.cancel.is_cancelled();
            let goes_on = failure.is_none() && !interrupted;
            if goes_on {
                let (ready, rest): (Vec<&Step>, Vec<&Step>) =
                    waiting.iter().partition(|step| step.after.iter().all(|id| done.contains(id)));
                waiting = rest;
                for step in ready {
                    (self.report)(Event::StepStarted { step: step.clone() });
                    began_at.insert(step.id, Instant::now());
                    if let Action::Await { gate } = &step.action {
                        gates.insert(step.id, (gate.clone(), String::new()));
                        // What has been seen before this step may be older than the steps that it waits for.
                        inventory_at = None;
                        unseen.insert(step.id);
                    } else {
                        let before = seen.inventory.clone();
                        let network = &network;
                        running.push(boxed(async move {
                            let result = self.run(step, &before, network, target).await;
                            Finished::Step(step.id, Instant::now(), result)
                        }));
                    }
                }
            }
            if goes_on {
                for step in &waiting {
                    if let Action::ProxyCheck { proxy, .. } = step.action
                        && step.after.iter().all(|id| began_at.contains_key(id))
                        && prepared.insert(step.id)
                    {
                        running.push(boxed(async move {
                            self.servers.proxy_check_ahead(proxy).await;
                            Finished::Preparation
                        }));
                    }
                }
            }
            if goes_on && !gates.is_empty() && !looking {
                looking = true;
                unseen.clear();
                changed = false;
                let refresh = inventory_at.is_none_or(|at| at.elapsed() >= INVENTORY_INTERVAL);
                if refresh {
                    inventory_at = Some(Instant::now());
                    is_final = plan.steps.iter().all(|step| step.action.only_looks() || done.contains(&step.id));
                }
                let known = seen.inventory.clone();
                running.push(boxed(self.look(known, refresh)));
            }
            let finished = tokio::select! {
                next = running.next() => next,
                () = self.cancel.cancelled(), if goes_on => continue,
            };
            match finished {
                None => break,
                Some(Finished::Preparation) => {}
                Some(Finished::Step(id, at, Ok(()))) => {
                    done.insert(id);
                    changed = true;
                    (self.report)(Event::StepDone { id, took: at - began_at[&id] });
                }
                Some(Finished::Step(id, _, Err(error))) => {
                    (self.report)(Event::StepFailed { id });
                    failure.get_or_insert(error);
                }
                Some(Finished::Look(observed, result)) => {
                    looking = false;
                    seen = *observed;
                    if let Err(source) = result {
                        let step = "look at the cluster".to_owned();
                        failure.get_or_insert(ApplyError::Engine { step, source });
                    }
                    let only_gates_left = running.is_empty() && waiting.iter().all(|step| step.action.only_looks());
                    if goes_on && only_gates_left && !changed && (self.is_overtaken)(&seen) {
                        return Ok(Walked::Overtaken);
                    }
                    for (id, gate, verdict) in self.judge(&gates, &unseen, &seen) {
                        match verdict {
                            Ok(()) => {
                                gates.remove(&id);
                                done.insert(id);
                                (self.report)(Event::StepDone { id, took: began_at[&id].elapsed() });
                            }
                            Err(reason) if Instant::now() >= self.deadline => {
                                (self.report)(Event::StepFailed { id });
                                failure.get_or_insert(ApplyError::timeout(gate, reason, self.spec));
                            }
                            Err(reason) => {
                                if gates[&id].1 != reason {
                                    (self.report)(Event::StepWaiting { id, reason: reason.clone() });
                                    gates.insert(id, (gate, reason));
                                }
                            }
                        }
                    }
                }
            }
        }
        let left = plan.steps.iter().filter(|step| !done.contains(&step.id));
        match failure {
            Some(error) => Err(error),
            None if interrupted && done.len() < plan.steps.len() => Err(ApplyError::Interrupted {
                done: done.len(),
                total: plan.steps.len(),
                left: left.filter(|step| !step.action.only_looks()).map(|step| step.action.to_string()).collect(),
            }),
            None => {
                (self.report)(Event::PlanDone { took: began.elapsed() });
                Ok(Walked::Done { seen: is_final.then(|| Box::new(seen)) })
            }
        }
    }

    fn judge(
        &self,
        gates: &BTreeMap<StepId, (Gate, String)>,
        unseen: &BTreeSet<StepId>,
        seen: &Observed,
    ) -> Vec<(StepId, Gate, Result<(), String>)> {
        let looked_at = gates.iter().filter(|(id, _)| !unseen.contains(id));
        looked_at.map(|(id, (gate, _))| (*id, gate.clone(), gate.holds(self.spec, seen))).collect()
    }

    /// One look, no sooner than [`LOOK_INTERVAL`] after it was asked for.
    async fn look(&self, known: Inventory, refresh: bool) -> Finished {
        let pause = pin!(tokio::time::sleep(if refresh { Duration::ZERO } else { LOOK_INTERVAL }));
        pause.await;
        let (inventory, result) = if refresh {
            match self.engine.inventory(&self.spec.name).await {
                Ok(inventory) => (inventory, Ok(())),
                Err(error) => (known, Err(error)),
            }
        } else {
            (known, Ok(()))
        };
        let topology = self.servers.topology(&inventory).await;
        Finished::Look(Box::new(Observed::new(inventory, topology)), result)
    }

    async fn run(
        &self,
        step: &Step,
        inventory: &Inventory,
        network: &Mutex<Option<NetworkFacts>>,
        target: &Spec,
    ) -> Result<(), ApplyError> {
        let name = &self.spec.name;
        let at_engine = |source| ApplyError::Engine { step: step.action.to_string(), source };
        let in_render = |source| ApplyError::Render { step: step.action.to_string(), source };
        let known_network = || lock(network).clone().ok_or_else(|| self.impossible(step, "the cluster has no network"));
        match &step.action {
            Action::RecordSpec => self.engine.record_spec(target).await.map_err(at_engine),
            Action::RemoveRecord => self.engine.remove_record(name).await.map_err(at_engine),
            Action::CreateNetwork => {
                let made = self.engine.create_network(self.spec).await.map_err(at_engine)?;
                *lock(network) = Some(made);
                Ok(())
            }
            Action::RemoveNetwork => {
                let id = known_network()?.id;
                self.engine.remove_network(&id).await.map_err(at_engine)
            }
            Action::CreateVolume { node } => self.engine.create_volume(self.spec, *node).await.map_err(at_engine),
            Action::RemoveVolume { node } => self.engine.remove_volume(name, *node).await.map_err(at_engine),
            Action::CreateNode { node } => {
                let network = known_network()?;
                let programs = self.programs.ok_or_else(|| self.impossible(step, "no image was looked for"))?;
                let wanted = node_spec(self.spec, programs, network.subnet, *node)
                    .map_err(|reason| self.impossible(step, &reason))?;
                self.engine.create_node(self.spec, &wanted, &network.id).await.map_err(at_engine)
            }
            Action::WriteConfig { node, masters, existing, standing } => {
                let subnet = known_network()?.subnet;
                let old = match node {
                    NodeId::Sentinel(_) => {
                        self.engine.read_file(name, *node, render::SENTINEL_CONF).await.map_err(at_engine)?
                    }
                    NodeId::Redis { .. } | NodeId::Proxy(_) => None,
                };
                let files = self.files(*node, masters, *existing, *standing, subnet, old).map_err(in_render)?;
                self.engine.write_files(name, *node, files).await.map_err(at_engine)
            }
            Action::StartNode { node } => self.engine.start_node(name, *node).await.map_err(at_engine),
            Action::UnpauseNode { node } => self.engine.unpause_node(name, *node).await.map_err(at_engine),
            Action::StopNode { node } => self.engine.stop_node(name, *node).await.map_err(at_engine),
            Action::RemoveNode { node } => self.engine.remove_node(name, *node).await.map_err(at_engine),
            Action::Replicate { node, master } => {
                let address = self.address(step, *master, REDIS_PORT, known_network()?.subnet)?;
                self.command(step, inventory, *node, &Command::ReplicaOf(address)).await
            }
            Action::ConfigSet { node, directives } => {
                self.command(step, inventory, *node, &Command::ConfigSet(directives.clone())).await
            }
            Action::SentinelMonitor { node, group, master } => {
                let subnet = known_network()?.subnet;
                let master = self.address(step, *master, REDIS_PORT, subnet)?;
                let others = self.spec.sentinel_nodes().filter(|peer| peer != node);
                let peers = others.map(|peer| {
                    let address = self.address(step, peer, SENTINEL_PORT, subnet)?;
                    Ok(SentinelPeer { address, id: render::sentinel_id(self.spec, peer) })
                });
                let command = Command::SentinelMonitor {
                    group: *group,
                    master,
                    quorum: self.spec.quorum,
                    settings: render::sentinel_settings(self.spec, *node),
                    peers: peers.collect::<Result<_, ApplyError>>()?,
                };
                self.command(step, inventory, *node, &command).await
            }
            Action::SentinelDiscover { node, group, replicas } => {
                let subnet = known_network()?.subnet;
                let replicas = replicas.iter().map(|replica| self.address(step, *replica, REDIS_PORT, subnet));
                let replicas = replicas.collect::<Result<_, ApplyError>>()?;
                let command = Command::SentinelDiscover { group: *group, replicas };
                self.command(step, inventory, *node, &command).await
            }
            Action::SentinelSet { node, group, settings } => {
                let command = Command::SentinelSet { group: *group, settings: settings.clone() };
                self.command(step, inventory, *node, &command).await
            }
            Action::SentinelFailover { node, group, down_after } => {
                let command = Command::SentinelFailover { group: *group, down_after: *down_after };
                self.command(step, inventory, *node, &command).await
            }
            Action::SentinelRemove { node, group } => {
                self.command(step, inventory, *node, &Command::SentinelRemove(*group)).await
            }
            Action::Switchover { group, to } => {
                let result = self.servers.switchover(inventory, *group, *to).await;
                result.map(drop).map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
            }
            Action::TakeOver { node, existing } => {
                let taken = self.servers.take_over(inventory, *node, *existing).await;
                let taken = taken.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })?;
                (self.report)(Event::Remark(taken.to_string()));
                Ok(())
            }
            Action::ProxyCheck { proxy, nodes } => {
                let result = self.servers.proxy_check(inventory, *proxy, nodes).await;
                result.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
            }
            Action::VerifyWrite { proxy, group } => {
                let result = self.servers.verify_write(inventory, *proxy, *group).await;
                result.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
            }
            // Gates are judged together in `apply`.
            Action::Await { .. } => Ok(()),
        }
    }

    async fn command(
        &self,
        step: &Step,
        inventory: &Inventory,
        node: NodeId,
        command: &Command,
    ) -> Result<(), ApplyError> {
        let result = self.servers.execute(inventory, node, command).await;
        result.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
    }

    fn impossible(&self, step: &Step, reason: &str) -> ApplyError {
        ApplyError::Impossible { step: step.action.to_string(), reason: reason.to_owned() }
    }

    fn address(&self, step: &Step, node: NodeId, port: u16, subnet: Subnet) -> Result<SocketAddrV4, ApplyError> {
        let address = subnet.address(node);
        let address = address.ok_or_else(|| self.impossible(step, &format!("the subnet has no address for {node}")))?;
        Ok(SocketAddrV4::new(address, port))
    }

    /// A node's files. A Sentinel that has lived keeps its epochs: they tell it which failover was the last.
    fn files(
        &self,
        node: NodeId,
        masters: &BTreeMap<Group, NodeId>,
        existing: Option<SocketAddrV4>,
        standing: render::Standing,
        subnet: Subnet,
        old: Option<Vec<u8>>,
    ) -> Result<Vec<NodeFile>, render::RenderError> {
        let Self { spec, secrets, .. } = self;
        let rendered = match node {
            NodeId::Redis { group, .. } => {
                let master = masters.get(&group).copied().filter(|master| *master != node);
                let source = match existing {
                    Some(server) => render::Source::Existing(server),
                    None => master.map_or(render::Source::Nobody, render::Source::Node),
                };
                render::redis_files(spec, subnet, secrets, node, source, standing)
            }
            NodeId::Sentinel(_) => {
                let old = old.map(|octets| String::from_utf8_lossy(&octets).into_owned());
                render::sentinel_files(spec, subnet, secrets, node, masters, old.as_deref())
            }
            NodeId::Proxy(_) => {
                let present = spec.nodes().into_iter().chain(masters.values().copied()).collect();
                render::proxy_files(spec, subnet, secrets, node, &present)
            }
        };
        rendered.map(node_files)
    }
}

fn node_files(rendered: Vec<render::RenderedFile>) -> Vec<NodeFile> {
    let file =
        |file: render::RenderedFile| NodeFile { path: file.path, content: file.content.into_bytes(), mode: file.mode };
    rendered.into_iter().map(file).collect()
}

type Boxed<'a> = std::pin::Pin<Box<dyn Future<Output = Finished> + Send + 'a>>;

fn boxed<'a>(future: impl Future<Output = Finished> + Send + 'a) -> Boxed<'a> {
    Box::pin(future)
}

/// A poisoned lock only says that another step panicked; the facts in it are whole.
fn lock(network: &Mutex<Option<NetworkFacts>>) -> std::sync::MutexGuard<'_, Option<NetworkFacts>> {
    network.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
