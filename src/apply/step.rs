//! Executes one step of a plan, by calls to the Engine or to a server.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Applier, ApplyError, Reached, patiently};
use crate::agent::program::{AgentProgram, REMEDY};
use crate::cluster::desired::node_spec;
use crate::cluster::observed::{Inventory, NetworkFacts, Observed, StoredState};
use crate::cluster::reckon::{StaysMaster, may_demote};
use crate::engine::{Clusters, EngineError, EngineErrorKind, NodeFile, NodeProgram, Nodes, stored};
use crate::plan::event::Event;
use crate::plan::{Action, Step};
use crate::servers::{Command, SentinelPeer, ServerError, Servers};
use crate::spec::encryption::certificate_names;
use crate::spec::{Certified, Group, NodeId, Role, Secrets, Spec, Subnet, render};
use crate::tls;

/// How long it stays true that no Sentinel was replacing a master. A Sentinel that begins right after it was asked
/// promotes a replica three turns of its timer later, and a turn takes 52 ms at least (`sentinelTimer` in Redis's
/// `sentinel.c`).
const ANSWER_HOLDS: Duration = Duration::from_millis(100);
/// How often all servers are asked again if they took longer than that to answer.
const LOOKS: usize = 10;

impl<E: Clusters + Nodes, S: Servers> Applier<'_, E, S> {
    /// Does it. `planned` is what the plan was made for, `inventory` how to reach the servers, and `network` what has
    /// been made meanwhile.
    pub(super) async fn run(
        &self,
        step: &Step,
        planned: &Inventory,
        inventory: &Inventory,
        network: &Mutex<Option<NetworkFacts>>,
    ) -> Result<(), ApplyError> {
        let name = &self.spec.name;
        let at_engine = |source| ApplyError::Engine { step: step.action.to_string(), source };
        let in_render = |source| ApplyError::Render { step: step.action.to_string(), source };
        let known_network = || lock(network).clone().ok_or_else(|| self.impossible(step, "the cluster has no network"));
        match &step.action {
            Action::RecordSpec => {
                let target = Spec { restoring: None, ..self.target.clone() };
                self.engine.record_spec(&target).await.map_err(at_engine)
            }
            Action::RecordRestore { restoring } => {
                let target = Spec { restoring: Some(restoring.clone()), ..self.target.clone() };
                self.engine.record_spec(&target).await.map_err(at_engine)
            }
            Action::ReplaceData { node } => self.engine.replace_data(self.spec, *node).await.map_err(at_engine),
            Action::RemoveData { node } => self.engine.remove_data(self.spec, *node).await.map_err(at_engine),
            Action::DiscardRestore { node } => self.engine.discard_copy(self.spec, *node).await.map_err(at_engine),
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
                    .map_err(|reason| self.impossible(step, &reason.to_string()))?;
                self.engine.create_node(self.spec, &wanted, &network.id).await.map_err(at_engine)
            }
            Action::WriteConfig { node, masters, existing, standing } => {
                let subnet = known_network()?.subnet;
                let old = match node {
                    NodeId::Sentinel(_) => {
                        self.engine.read_file(name, *node, render::SENTINEL_CONF).await.map_err(at_engine)?
                    }
                    NodeId::Redis { .. } | NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
                };
                let old = old.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                if let Some(wrote) = old.as_deref().and_then(stored::sentinel)
                    && let Some((group, named)) = replaced_since(planned, *node, &wrote, masters)
                {
                    return Err(ApplyError::NewMaster { sentinel: *node, named, group });
                }
                let sources = FileSources { spec: self.spec, secrets: &self.reached(step)?.secrets, subnet };
                let files = sources.files(*node, masters, *existing, *standing, old).map_err(in_render)?;
                if let NodeId::Guard(_) = node {
                    let program = own_program().map_err(at_engine)?;
                    self.engine.install(name, *node, &program).await.map_err(at_engine)?;
                }
                self.engine.write_files(name, *node, files).await.map_err(at_engine)
            }
            Action::SetDataAside { node } => {
                let folder = self.engine.set_data_aside(self.spec, *node).await.map_err(at_engine)?;
                if let Some(folder) = folder {
                    let remark = format!("the old data of {node} are kept in its volume, in {folder}");
                    (self.report)(Event::remark(remark));
                }
                Ok(())
            }
            Action::StartNode { node } => self.engine.start_node(name, *node).await.map_err(at_engine),
            Action::UnpauseNode { node } => self.engine.unpause_node(name, *node).await.map_err(at_engine),
            Action::StopNode { node } => self.engine.stop_node(name, *node).await.map_err(at_engine),
            Action::EndScript { node } => self.command(step, inventory, *node, &Command::EndScript).await,
            Action::KillNode { node } => self.engine.kill_node(name, *node).await.map_err(at_engine),
            Action::SetResources { node, resources } => {
                self.engine.set_resources(name, *node, *resources).await.map_err(at_engine)
            }
            Action::RemoveNode { node } => self.engine.remove_node(name, *node).await.map_err(at_engine),
            Action::RemoveLeftBehind { node, host } => {
                self.engine.remove_left_behind(name, *node, host).await.map_err(at_engine)
            }
            Action::Replicate { node, master } => {
                if self.spec.follow.existing().is_none()
                    && let Err(why) = may_demote_now(self.servers(step)?, inventory, *node, *master).await
                {
                    (self.report)(Event::remark(format!("{node} was not made a replica of {master}: {why}")));
                    return Ok(());
                }
                let address = self.server(step, inventory, *master, known_network()?.subnet)?;
                self.command(step, inventory, *node, &Command::ReplicaOf(address)).await
            }
            Action::ConfigSet { node, directives } => {
                self.command(step, inventory, *node, &Command::ConfigSet(directives.clone())).await
            }
            Action::SetUsers { node, users } => {
                self.command(step, inventory, *node, &Command::SetUsers(users.clone())).await
            }
            Action::RemoveUsers { node, users } => {
                self.command(step, inventory, *node, &Command::RemoveUsers(users.clone())).await
            }
            Action::RenewCertificate { node } => {
                let subnet = known_network()?.subnet;
                let sources = FileSources { spec: self.spec, secrets: &self.reached(step)?.secrets, subnet };
                let files = node_files(sources.tls_files(*node).map_err(in_render)?);
                self.engine.write_files(name, *node, files).await.map_err(at_engine)?;
                self.command(step, inventory, *node, &Command::LoadCertificate).await
            }
            Action::SetEncryption { node, encryption } => {
                let subnet = known_network()?.subnet;
                let sources = FileSources { spec: self.spec, secrets: &self.reached(step)?.secrets, subnet };
                // What the server rewrites it gets by command. Its start script asks other servers in the new way.
                let files = sources.files(*node, &BTreeMap::new(), None, render::Standing::Open, None);
                let mut files = files.map_err(in_render)?;
                files.retain(|file| render::follows_from_encryption(&file.path));
                self.engine.write_files(name, *node, files).await.map_err(at_engine)?;
                self.command(step, inventory, *node, &Command::SetEncryption(*encryption)).await
            }
            Action::SetReplicationLogin { node } => {
                self.command(step, inventory, *node, &Command::SetReplicationLogin).await
            }
            Action::KeepPasswords { node } => self.keep_passwords(step, *node, &self.reached(step)?.secrets).await,
            Action::SetSentinelLogins { node } => {
                self.command(step, inventory, *node, &Command::SetSentinelLogins).await?;
                self.keep_passwords(step, *node, &self.reached(step)?.secrets).await
            }
            Action::SetProxyLogins { proxy } => {
                let servers = self.servers(step)?;
                self.patiently(step, || servers.proxy_logins(inventory, *proxy)).await
            }
            Action::AdvanceRotation { node, .. } => {
                let next = self.reached(step)?.secrets.next_stage();
                let next = next.ok_or_else(|| self.impossible(step, "no rotation is under way"))?;
                self.keep_passwords(step, *node, &next).await
            }
            Action::SentinelMonitor { node, group, master } => {
                let subnet = known_network()?.subnet;
                let master = self.server(step, inventory, *master, subnet)?;
                let others = self.spec.sentinel_nodes().filter(|peer| peer != node);
                let peers = others.map(|peer| {
                    let address = self.server(step, inventory, peer, subnet)?;
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
                let replicas = replicas.iter().map(|replica| self.server(step, inventory, *replica, subnet));
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
                let servers = self.servers(step)?;
                let switched = self.patiently(step, || servers.switchover(inventory, *group, *to)).await?;
                switched.remarks.into_iter().for_each(|remark| (self.report)(Event::remark(remark)));
                Ok(())
            }
            Action::TakeOver { node, existing } => {
                let taken = self.servers(step)?.take_over(inventory, *node, *existing).await;
                let taken = taken.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })?;
                (self.report)(Event::remark(taken.to_string()));
                Ok(())
            }
            Action::ProxyCheck { proxy, nodes } => {
                let servers = self.servers(step)?;
                self.patiently(step, || servers.proxy_check(inventory, *proxy, nodes)).await
            }
            Action::VerifyWrite { proxy, group } => {
                let result = self.servers(step)?.verify_write(inventory, *proxy, *group).await;
                result.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
            }
            // Gates are judged together, see `walk`.
            Action::Await { .. } => Ok(()),
        }
    }

    fn reached(&self, step: &Step) -> Result<&Reached<S>, ApplyError> {
        self.reached.ok_or_else(|| self.impossible(step, "the passwords of the cluster are not known"))
    }

    fn servers(&self, step: &Step) -> Result<&S, ApplyError> {
        self.reached(step).map(|reached| &reached.servers)
    }

    /// Writes the file of passwords on a node.
    async fn keep_passwords(&self, step: &Step, node: NodeId, secrets: &Secrets) -> Result<(), ApplyError> {
        let file = render::secrets_file(secrets);
        let file = file.map_err(|source| ApplyError::Render { step: step.action.to_string(), source })?;
        let written = self.engine.write_files(&self.spec.name, node, node_files(vec![file])).await;
        written.map_err(|source| ApplyError::Engine { step: step.action.to_string(), source })
    }

    async fn command(
        &self,
        step: &Step,
        inventory: &Inventory,
        node: NodeId,
        command: &Command,
    ) -> Result<(), ApplyError> {
        let servers = self.servers(step)?;
        self.patiently(step, || servers.execute(inventory, node, command)).await
    }

    /// Repeats a command of a step, as [`patiently`] does.
    async fn patiently<T, F>(&self, step: &Step, ask: impl Fn() -> F + Send + Sync) -> Result<T, ApplyError>
    where
        F: Future<Output = Result<T, ServerError>> + Send,
    {
        let done = patiently(Some(self.deadline), self.cancel, ask).await;
        done.map_err(|source| ApplyError::Server { step: step.action.to_string(), source })
    }

    fn impossible(&self, step: &Step, reason: &str) -> ApplyError {
        ApplyError::Impossible { step: step.action.to_string(), reason: reason.to_owned() }
    }

    /// Where a node is reached. On several hosts one that is yet to move is where its container is.
    fn server(
        &self,
        step: &Step,
        inventory: &Inventory,
        node: NodeId,
        subnet: Subnet,
    ) -> Result<SocketAddrV4, ApplyError> {
        let on_host = inventory.nodes.get(&node).and_then(|facts| facts.on_host);
        let server = on_host.or_else(|| self.spec.server(subnet, node));
        server.ok_or_else(|| self.impossible(step, &format!("the subnet has no address for {node}")))
    }
}

/// The values that the files of all nodes are made from.
struct FileSources<'a> {
    spec: &'a Spec,
    secrets: &'a Secrets,
    subnet: Subnet,
}

impl FileSources<'_> {
    /// The files of a node. A Sentinel that has run before keeps its epochs: they tell it which failover was the last.
    fn files(
        &self,
        node: NodeId,
        masters: &BTreeMap<Group, NodeId>,
        existing: Option<SocketAddrV4>,
        standing: render::Standing,
        old: Option<String>,
    ) -> Result<Vec<NodeFile>, render::RenderError> {
        let Self { spec, secrets, subnet } = *self;
        let rendered = match node {
            NodeId::Redis { group, .. } => {
                let master = masters.get(&group).copied().filter(|master| *master != node);
                let source = match existing {
                    Some(server) => render::Source::Existing(server),
                    None => master.map_or(render::Source::Nobody, render::Source::Node),
                };
                render::redis_files(spec, subnet, secrets, node, source, standing)
            }
            NodeId::Sentinel(_) => render::sentinel_files(spec, subnet, secrets, node, masters, old.as_deref()),
            NodeId::Proxy(_) => {
                let present = spec.nodes().into_iter().chain(masters.values().copied()).collect();
                render::proxy_files(spec, subnet, secrets, node, &present)
            }
            NodeId::Exporter => render::exporter_files(spec, subnet, secrets),
            NodeId::Guard(_) => render::guard_files(spec, subnet, secrets),
        };
        let mut rendered = rendered?;
        // A guard has the authority's certificate in its one file.
        if spec.encryption.is_tls() && node.role() != Role::Guard {
            rendered.extend(self.tls_files(node)?);
        }
        Ok(node_files(rendered))
    }

    /// The certificate of the cluster's authority, and a new one of the node where it has one.
    fn tls_files(&self, node: NodeId) -> Result<Vec<render::RenderedFile>, render::RenderError> {
        let wrong = |why: String| render::RenderError::Certificate { node, why };
        let authority = self.secrets.authority.as_ref();
        let authority = authority.ok_or_else(|| wrong("the cluster's certificate authority is lost".to_owned()))?;
        let own = self.certificate(authority, node).map_err(|error| wrong(error.to_string()))?;
        Ok(render::tls_files(authority, own.as_ref()))
    }

    /// A new certificate for a node; `None` for one that is a client alone.
    fn certificate(&self, authority: &Certified, node: NodeId) -> Result<Option<Certified>, tls::NotCertified> {
        let Self { spec, subnet, .. } = *self;
        match node {
            NodeId::Redis { .. } | NodeId::Sentinel(_) => {
                let names = certificate_names(spec, subnet, node);
                tls::certify(&spec.name, authority, &node.to_string(), &names, spec.tls.renewed).map(Some)
            }
            NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => Ok(None),
        }
    }
}

/// This program, for the volume of a guard.
fn own_program() -> Result<NodeProgram, EngineError> {
    let folder = render::GUARD_PROGRAM;
    let AgentProgram { machine, files, command } = AgentProgram::find(folder).map_err(|error| {
        let operation = "find a redos that runs in a container";
        EngineError::new(EngineErrorKind::Other, operation, anyhow::Error::new(error)).hinted(REMEDY)
    })?;
    let script = format!("exec {} \"$@\"\n", command.join(" "));
    let script = (render::GUARD_START.to_owned(), script);
    Ok(NodeProgram { machine, folder: folder.to_owned(), files, script })
}

fn node_files(rendered: Vec<render::RenderedFile>) -> Vec<NodeFile> {
    let file =
        |file: render::RenderedFile| NodeFile { path: file.path, content: file.content.into_bytes(), mode: file.mode };
    rendered.into_iter().map(file).collect()
}

/// A group whose master was replaced after the plan was made, and the new master, by a Sentinel's file.
///
/// A plan may name another master than the file of a Sentinel that was stopped before: then it knew the file. Where it
/// did not, the old master would get the epoch of the new one, and the other Sentinels, which announce the new master
/// with the same epoch, could not correct it: a Sentinel believes only a higher one (`sentinelProcessHelloMessage` in
/// Redis's `sentinel.c`).
fn replaced_since(
    planned: &Inventory,
    node: NodeId,
    wrote: &StoredState,
    masters: &BTreeMap<Group, NodeId>,
) -> Option<(Group, NodeId)> {
    let named_in = |state: &StoredState, group: Group| match state {
        StoredState::Sentinel { masters } => planned.node_at(masters.get(&group.to_string())?.address),
        StoredState::Redis { .. } => None,
    };
    let knew = planned.nodes.get(&node).and_then(|facts| facts.stored.as_ref());
    masters.iter().find_map(|(group, master)| {
        let named = named_in(wrote, *group).filter(|named| named != master)?;
        let is_news = knew.and_then(|knew| named_in(knew, *group)) != Some(named);
        is_news.then_some((*group, named))
    })
}

/// Checks at the last moment whether a node may lose the role of a master.
///
/// The Sentinels may have begun to give it that role since the plan was made. The answer is younger than
/// [`ANSWER_HOLDS`].
async fn may_demote_now<S: Servers>(
    servers: &S,
    inventory: &Inventory,
    node: NodeId,
    master: NodeId,
) -> Result<(), StaysMaster> {
    for _ in 0..LOOKS {
        let began = Instant::now();
        let observed = Observed::new(inventory.clone(), servers.topology(inventory).await);
        may_demote(node, master, &observed)?;
        if began.elapsed() < ANSWER_HOLDS {
            return Ok(());
        }
    }
    Err(StaysMaster::SlowAnswers { within_ms: ANSWER_HOLDS.as_millis(), looks: LOOKS })
}

/// Locks a mutex. Poison only says that another step panicked; the facts in it are complete.
fn lock(network: &Mutex<Option<NetworkFacts>>) -> MutexGuard<'_, Option<NetworkFacts>> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}
