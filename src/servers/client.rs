//! [`super::Servers`] over the wire.

mod exporter;
mod guards;
mod interface;
mod monitor;
mod published;
mod users;
mod vitals;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use redis::{Pipeline, Value, pipe};
use tokio::time::{Instant, timeout};

pub(super) use monitor::{HELLO_CHANNEL, Monitored};
use users::LOGIN;

use super::error::unexpected;
use super::http::{BasicLogin, HttpLink};
use super::link::{Link, Login, Peer, failed};
use super::proxy::{self, RuntimeApi, ServerRow};
use super::reply::{self, Info};
use super::{Depth, ServerError, existing};
use crate::cluster::observed::{
    ExistingPlace, ExporterView, Inventory, NodeFacts, ProxyRoute, ProxyView, PublishedPort, RedisView, SentinelView,
    WatchedMaster,
};
use crate::dial::{Dial, Target};
use crate::spec::encryption::ShownCertificate;
use crate::spec::secret::{PasswordKind, user};
use crate::spec::{
    Encryption, Group, NodeId, RUNTIME_API_PORT, STATS_PORT, Secret, Secrets, Spec, proxy_group_ports, render,
};
use crate::tls::Trust;

/// Time limit of a question, with connecting and logging in. A server on the same host answers within a millisecond;
/// one second leaves room for a machine that swaps, and is the most that a frozen node costs.
pub(super) const QUESTION: Duration = Duration::from_secs(1);
/// Time limit of a question to a node that did not answer the last one. A poll over all nodes then costs this, not a
/// second each time.
const QUESTION_TO_SILENT: Duration = Duration::from_millis(250);
/// Time limit of a change. `CONFIG REWRITE` waits for the disk.
const CHANGE: Duration = Duration::from_secs(5);
/// The age at which a glance tries proxies and the exporter again.
///
/// It does so earlier when new statistics of a proxy differ.
const TRIED_FOR: Duration = Duration::from_secs(15);
/// Time limit of the write through the proxy.
const WRITE: Duration = Duration::from_secs(2);
/// Time to live of the key of a write check, in milliseconds, in case its removal fails.
const WRITE_CHECK_EXPIRY: u64 = 10_000;

/// The servers of one cluster, reached through a dialer.
pub struct Client {
    dialer: Arc<dyn Dial>,
    spec: Spec,
    secrets: Secrets,
    /// Whose certificates its servers have; `None` without TLS.
    trust: Option<Trust>,
    /// The state of each node between calls.
    kept: Mutex<BTreeMap<NodeId, Kept>>,
}

/// The state of a node between calls.
#[derive(Default)]
struct Kept {
    /// Its connection, and the address of that.
    link: Option<(SocketAddrV4, Link)>,
    /// Whether it did not answer the last question.
    silent: bool,
    /// Whether it refused to end a script, and has not answered anything else since.
    is_unkillable: bool,
    /// A proxy's version, and the id of its container then.
    version: Option<(String, String)>,
    /// A connection to a proxy's statistics, and the address of that.
    page: Option<(SocketAddrV4, HttpLink)>,
    /// What was found out by using a proxy.
    tried: Option<TriedProxy>,
    /// What the exporter answered, when, and the id of its container then.
    exported: Option<(Instant, String, ExporterView)>,
}

/// What was found out by using a proxy, and when.
#[derive(Clone)]
struct TriedProxy {
    at: Instant,
    container: String,
    /// The node at the end of each group's write port.
    writes: BTreeMap<Group, Option<NodeId>>,
    dead_ports: BTreeMap<PublishedPort, String>,
    /// What is at the end of the write port, if the proxy has a place for an outside server.
    existing: Option<ExistingPlace>,
}

impl TriedProxy {
    /// Whether it is still so, by new statistics of the same container.
    fn holds(&self, facts: &NodeFacts, servers: &[ServerRow], has_existing: bool) -> bool {
        let is_same = |(group, write): (&Group, &Option<NodeId>)| match write {
            Some(node) => proxy::takes_writes(servers, *group, *node),
            None => !proxy::serves_writes(servers, *group),
        };
        // A server that did not answer is asked again.
        let leads_there = |place: &ExistingPlace| place.replication_id.is_some();
        let is_same_place = self.existing.as_ref().map_or(!has_existing, |place| has_existing && leads_there(place));
        self.at.elapsed() < TRIED_FOR
            && self.container == facts.container_id
            && self.writes.iter().all(is_same)
            && is_same_place
    }
}

impl Client {
    /// A client for the servers of the cluster that `spec` names. It connects at the first question.
    pub fn new(dialer: Arc<dyn Dial>, spec: Spec, secrets: Secrets) -> Self {
        let trust = Trust::in_cluster(&spec, &secrets);
        Self { dialer, spec, secrets, trust, kept: Mutex::default() }
    }

    /// Time limit of a question that needs a connection first.
    pub(super) fn first_question(&self) -> Duration {
        QUESTION + self.dialer.detour()
    }

    /// A new connection, for commands that must not be sent twice. The caller sets the deadline.
    pub(super) async fn open(&self, peer: Peer) -> Result<Link, ServerError> {
        Link::open(&*self.dialer, &self.spec.name, peer, self.admin()).await
    }

    /// A connection to a server outside of the cluster, with its own password. The caller sets the deadline.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) async fn outside(&self, address: SocketAddrV4) -> Result<Link, existing::Unfit> {
        let dialled = self.dialer.dial(&self.spec.name, Target::Network(address)).await;
        let stream = dialled.map_err(|error| existing::Unfit::Unreachable(error.to_string()))?;
        let password = self.secrets.existing.as_ref().ok_or(existing::Unfit::PasswordUnknown)?;
        existing::log_in(stream, password).await
    }

    /// Tries to connect to a server. The caller sets the deadline.
    ///
    /// # Errors
    /// What `connect` says.
    pub(super) async fn knock(&self, address: SocketAddrV4) -> std::io::Result<()> {
        self.dialer.dial(&self.spec.name, Target::Network(address)).await.map(drop)
    }

    /// Asks over the open connection, or over a new one, and returns all replies. The caller sets the deadline.
    ///
    /// # Errors
    /// No connection, or it broke.
    pub(super) async fn ask(&self, peer: Peer, command: &str, question: &Pipeline) -> Result<Vec<Value>, ServerError> {
        self.send(peer, command, question, QUESTION).await
    }

    /// The Runtime API of a proxy.
    ///
    /// # Errors
    /// The inventory has no address of this proxy.
    pub(super) fn runtime_api(&self, inventory: &Inventory, proxy: NodeId) -> Result<RuntimeApi<'_>, ServerError> {
        let facts = inventory.nodes.get(&proxy).ok_or_else(|| no_address(proxy))?;
        let peer = Peer { node: proxy, address: self.place(proxy, facts, RUNTIME_API_PORT)? };
        Ok(RuntimeApi::new(&*self.dialer, &self.spec.name, peer, self.secrets.runtime()))
    }

    /// Adds the user and password of a replica at its master, as a `CONFIG SET`.
    pub(super) fn set_replication_login(&self, pipeline: &mut Pipeline) {
        pipeline.cmd("CONFIG").arg("SET").arg("masteruser").arg(user::REPLICATION);
        pipeline.arg("masterauth").arg(self.secrets.replication.expose());
    }

    /// Has a node end the script that it runs, of whichever kind that is.
    async fn end_script(&self, peer: Peer) -> Result<(), ServerError> {
        let mut pipeline = pipe();
        pipeline.cmd("SCRIPT").arg("KILL");
        pipeline.cmd("FUNCTION").arg("KILL");
        let replies = self.send(peer, "SCRIPT KILL", &pipeline, CHANGE).await?;
        let is_refusal = |reply: &Value| matches!(reply, Value::ServerError(error) if error.code() == "UNKILLABLE");
        self.kept().entry(peer.node).or_default().is_unkillable = replies.iter().any(is_refusal);
        Ok(())
    }

    fn admin(&self) -> Login<'_> {
        self.login(user::ADMIN, &self.secrets.admin)
    }

    pub(super) fn login<'a>(&'a self, user: &'a str, password: &'a Secret) -> Login<'a> {
        Login { user, password, trust: self.trust.as_ref() }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<NodeId, Kept>> {
        // No change is left incomplete under the lock, so a poisoned one holds good data.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time limit of a question to this node.
    fn patience(&self, node: NodeId) -> Duration {
        let silent = self.kept().get(&node).is_some_and(|kept| kept.silent);
        if silent { QUESTION_TO_SILENT } else { QUESTION }
    }

    /// Sends commands over the open connection, or over a new one, and waits for all replies.
    async fn send(
        &self,
        peer: Peer,
        command: &str,
        pipeline: &Pipeline,
        limit: Duration,
    ) -> Result<Vec<Value>, ServerError> {
        let kept = self.kept().get(&peer.node).and_then(|kept| kept.link.clone());
        let kept = kept.filter(|(address, link)| *address == peer.address && !link.has_old_certificate());
        let limit = if kept.is_some() { limit } else { limit + self.dialer.detour() };
        let sent = within(peer.node, command, limit, async {
            if let Some((_, link)) = kept {
                // A connection that broke since the last call (the node restarted) is opened again at once: everything
                // that is sent from here may be sent twice.
                match link.send(pipeline).await {
                    Err(error) if error.is_unrecoverable_error() => {}
                    other => return other.map_err(|error| failed(peer.node, command, error)),
                }
            }
            let link = self.open(peer).await?;
            self.kept().entry(peer.node).or_default().link = Some((peer.address, link.clone()));
            link.send(pipeline).await.map_err(|error| failed(peer.node, command, error))
        });
        let sent = sent.await;
        let mut kept = self.kept();
        let kept = kept.entry(peer.node).or_default();
        kept.silent = matches!(sent, Err(ServerError::Timeout { .. }));
        if sent.is_err() {
            kept.link = None;
        }
        sent
    }

    /// The certificate that a node showed when the open connection began; `None` without TLS.
    fn certificate(&self, node: NodeId) -> Option<ShownCertificate> {
        self.kept().get(&node)?.link.as_ref()?.1.shown().cloned()
    }

    /// Makes a Redis node read its certificate and key anew. Its connections go on with the old ones.
    async fn load_certificate(&self, peer: Peer) -> Result<(), ServerError> {
        let mut pipeline = pipe();
        pipeline.cmd("CONFIG").arg("SET");
        for (name, path) in render::CERTIFICATE_DIRECTIVES {
            pipeline.arg(name).arg(path);
        }
        let loaded = self.change(peer, "CONFIG SET tls-cert-file", &pipeline).await;
        // A new connection sees the new certificate.
        self.kept().entry(peer.node).or_default().link = None;
        loaded
    }

    /// Makes a Redis node encrypt its further connections, or no longer. Those that are open go on.
    async fn set_encryption(&self, peer: Peer, encryption: Encryption) -> Result<(), ServerError> {
        let mut pipeline = pipe();
        pipeline.cmd("CONFIG").arg("SET");
        for (name, value) in render::listening_from_now(encryption) {
            pipeline.arg(name).arg(value);
        }
        pipeline.cmd("CONFIG").arg("REWRITE");
        let set = self.change(peer, "CONFIG SET tls-port", &pipeline).await;
        // A new connection shows how the node takes them now.
        self.kept().entry(peer.node).or_default().link = None;
        set
    }

    /// [`Client::send`] for commands that must all succeed.
    async fn change(&self, peer: Peer, command: &str, pipeline: &Pipeline) -> Result<(), ServerError> {
        accept_all(peer.node, command, &self.send(peer, command, pipeline, CHANGE).await?)
    }

    async fn redis(&self, inventory: &Inventory, peer: Peer) -> Result<RedisView, ServerError> {
        let (runtime, fixed) = (render::told_directives(&self.spec), render::fixed_directives(&self.spec));
        let port = self.spec.tls.turning.then_some("port");
        let directives = runtime.keys().chain(fixed.keys()).map(String::as_str).chain(LOGIN).chain(port);
        let directives: Vec<&str> = directives.collect();
        let mut pipeline = pipe();
        pipeline.cmd("INFO").arg(&["server", "clients", "memory", "persistence", "stats", "replication", "keyspace"]);
        pipeline.cmd("CONFIG").arg("GET").arg(directives);
        pipeline.cmd("ACL").arg("LIST");
        let replies = self.send(peer, "INFO", &pipeline, self.patience(peer.node)).await?;
        let [info, config, users] = replies.as_slice() else {
            return Err(unexpected(peer.node, "INFO", "too few replies"));
        };
        let info = info_of(peer.node, info)?;
        let config = accepted(peer.node, "CONFIG GET", config)?;
        let mut config = reply::fields(config).ok_or_else(|| unexpected(peer.node, "CONFIG GET", "no pairs"))?;
        let login = self.take_login(&mut config);
        let users = self.other_users(inventory, peer.node, users)?;
        let view = reply::redis_view(&info, config).map_err(|why| unexpected(peer.node, "INFO", why))?;
        Ok(RedisView { users, login, certificate: self.certificate(peer.node), ..view })
    }

    async fn sentinel(&self, inventory: &Inventory, peer: Peer) -> Result<SentinelView, ServerError> {
        let node = peer.node;
        let mut pipeline = pipe();
        pipeline.cmd("SENTINEL").arg("MYID");
        pipeline.cmd("INFO").arg("server").arg("sentinel");
        pipeline.cmd("SENTINEL").arg("MASTERS");
        pipeline.cmd("ACL").arg("LIST");
        let replies = self.send(peer, "SENTINEL MASTERS", &pipeline, self.patience(node)).await?;
        let [id, info, masters, users] = replies.as_slice() else {
            return Err(unexpected(node, "SENTINEL MASTERS", "too few replies"));
        };
        let id = accepted(node, "SENTINEL MYID", id)?;
        let mut view = reply::sentinel_view(id, &info_of(node, info)?).map_err(|why| unexpected(node, "INFO", why))?;
        view.users = self.other_users(inventory, node, users)?;
        view.certificate = self.certificate(node);
        let masters = reply::list(accepted(node, "SENTINEL MASTERS", masters)?, reply::watched_master);
        let masters = masters.map_err(|why| unexpected(node, "SENTINEL MASTERS", why))?;

        let mut pipeline = pipe();
        for (name, _) in &masters {
            for question in ["REPLICAS", "SENTINELS", "CKQUORUM"] {
                pipeline.cmd("SENTINEL").arg(question).arg(name);
            }
        }
        if masters.is_empty() {
            return Ok(view);
        }
        let replies = self.send(peer, "SENTINEL REPLICAS", &pipeline, self.patience(node)).await?;
        for ((name, mut master), replies) in masters.into_iter().zip(replies.chunks_exact(3)) {
            fill(node, &mut master, replies)?;
            view.masters.insert(name, master);
        }
        Ok(view)
    }

    async fn proxy(
        &self,
        node: NodeId,
        facts: &NodeFacts,
        inventory: &Inventory,
        depth: Depth,
    ) -> Result<ProxyView, ServerError> {
        let (statistics, version) = tokio::join!(self.statistics(node, facts), self.proxy_version(node, facts));
        let (servers, version) = (&statistics?, version?);
        let has_other_logins = self.has_other_logins(node, facts).await?;
        let tried = self.kept().get(&node).and_then(|kept| kept.tried.clone());
        let has_existing = self.secrets.existing.is_some() && proxy::has_existing(servers);
        let tried = tried.filter(|tried| depth == Depth::Glance && tried.holds(facts, servers, has_existing));
        let tried = match tried {
            Some(tried) => tried,
            None => self.try_proxy(node, facts, inventory, servers, has_existing).await,
        };
        let routes = tried.writes.iter().map(|(group, write)| {
            let group = *group;
            // A new proxy may lead there for some milliseconds and then not, until its checks have ended.
            let write = write.filter(|node| proxy::takes_writes(servers, group, *node));
            let mut read = proxy::read_rotation(servers, group);
            // Without a replica, reads go where writes go.
            if read.is_empty() {
                read.extend(write);
            }
            let votes = write.map(|node| proxy::votes(servers, group, node)).unwrap_or_default();
            let sessions = |backend: String| proxy::sessions(servers, &backend);
            let (write_sessions, read_sessions) =
                (sessions(proxy::write_backend(group)), sessions(proxy::read_backend(group)));
            let read_failures = proxy::failures(servers, &proxy::read_backend(group));
            (group, ProxyRoute { write, votes, read, write_sessions, read_sessions, read_failures })
        });
        let (routes, checked) = (routes.collect(), proxy::checked(servers));
        let TriedProxy { existing, dead_ports, .. } = tried;
        Ok(ProxyView { version, routes, checked, has_other_logins, existing, dead_ports })
    }

    /// Whether a proxy's statistics, which accept the password in use, are wrong about the other one of a rotation.
    async fn has_other_logins(&self, node: NodeId, facts: &NodeFacts) -> Result<bool, ServerError> {
        let [_, other] = &self.secrets.known(&PasswordKind::Stats)[..] else { return Ok(false) };
        let peer = Peer { node, address: self.place(node, facts, STATS_PORT)? };
        let login = BasicLogin { password: other, ..self.stats_login() };
        let asked = proxy::version(&*self.dialer, &self.spec.name, peer, login);
        let is_accepted = match within(node, "GET version", self.first_question(), asked).await {
            Ok(_) => true,
            Err(ServerError::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        Ok(is_accepted != self.secrets.accepted(&PasswordKind::Stats).contains(other))
    }

    /// Finds out by using a proxy where its write ports lead, and which published ports lead nowhere.
    async fn try_proxy(
        &self,
        node: NodeId,
        facts: &NodeFacts,
        inventory: &Inventory,
        servers: &[ServerRow],
        has_existing: bool,
    ) -> TriedProxy {
        // A connection that the proxy leads nowhere says nothing. `proxy.hold` may hold it for a while.
        let write_route = |group| async move {
            if proxy::serves_writes(servers, group) {
                self.write_route(node, facts, group, inventory).await
            } else {
                None
            }
        };
        let existing = async {
            if has_existing {
                Some(ExistingPlace { replication_id: self.existing_route(node, facts).await })
            } else {
                None
            }
        };
        let (writes, dead_ports, existing) = tokio::join!(
            join_all(self.spec.groups().map(write_route)),
            self.dead_ports(node, facts, servers),
            existing
        );
        let writes = self.spec.groups().zip(writes).collect();
        let container = facts.container_id.clone();
        let tried = TriedProxy { at: Instant::now(), container, writes, dead_ports, existing };
        self.kept().entry(node).or_default().tried = Some(tried.clone());
        tried
    }

    fn stats_login(&self) -> BasicLogin<'_> {
        BasicLogin { user: &self.spec.proxy.stats_user, password: &self.secrets.stats }
    }

    /// The statistics of a proxy, over the open connection or over a new one.
    async fn statistics(&self, node: NodeId, facts: &NodeFacts) -> Result<Vec<ServerRow>, ServerError> {
        let peer = Peer { node, address: self.place(node, facts, STATS_PORT)? };
        let kept = self.kept().entry(node).or_default().page.take().filter(|(address, _)| *address == peer.address);
        within(node, "GET statistics", self.first_question(), async {
            if let Some((_, mut page)) = kept
                && let Ok(rows) = proxy::statistics(&mut page, node, self.stats_login()).await
            {
                self.keep_page(peer, page);
                return Ok(rows);
            }
            let mut page = HttpLink::open(&*self.dialer, &self.spec.name, peer).await?;
            let rows = proxy::statistics(&mut page, node, self.stats_login()).await?;
            self.keep_page(peer, page);
            Ok(rows)
        })
        .await
    }

    fn keep_page(&self, peer: Peer, page: HttpLink) {
        if page.is_open() {
            self.kept().entry(peer.node).or_default().page = Some((peer.address, page));
        }
    }

    /// The version of a proxy, asked once for each container: another version is another container.
    async fn proxy_version(&self, node: NodeId, facts: &NodeFacts) -> Result<String, ServerError> {
        let known = self.kept().get(&node).and_then(|kept| kept.version.clone());
        if let Some((_, version)) = known.filter(|(container, _)| *container == facts.container_id) {
            return Ok(version);
        }
        let peer = Peer { node, address: self.place(node, facts, STATS_PORT)? };
        let asked = proxy::version(&*self.dialer, &self.spec.name, peer, self.stats_login());
        let version = within(node, "GET version", self.first_question(), asked).await?;
        self.kept().entry(node).or_default().version = Some((facts.container_id.clone(), version.clone()));
        Ok(version)
    }

    /// The node at the end of a new connection to the proxy's write port. A proxy without a server for it accepts and
    /// closes.
    async fn write_route(
        &self,
        node: NodeId,
        facts: &NodeFacts,
        group: Group,
        inventory: &Inventory,
    ) -> Option<NodeId> {
        let peer = Peer { node, address: self.place(node, facts, proxy_group_ports(group).write).ok()? };
        let mut question = pipe();
        question.cmd("CLIENT").arg("INFO");
        let asked = within(node, "CLIENT INFO", self.first_question(), async {
            let link = self.open(peer).await?;
            link.send(&question).await.map_err(|error| failed(node, "CLIENT INFO", error))
        });
        let replies = asked.await.ok()?;
        let address = reply::own_address(&reply::text(replies.first()?)?)?;
        inventory.node_listening_at(address)
    }

    /// The replication id of the outside server at the end of a new connection to the proxy's write port.
    async fn existing_route(&self, node: NodeId, facts: &NodeFacts) -> Option<String> {
        let group = Spec::head().group()?;
        let peer = Peer { node, address: self.place(node, facts, proxy_group_ports(group).write).ok()? };
        let login = self.login(user::APPLICATION, self.secrets.existing.as_ref()?);
        let asked = async {
            let link = Link::open(&*self.dialer, &self.spec.name, peer, login).await.ok()?;
            let mut question = pipe();
            question.cmd("INFO").arg("replication");
            let info = info_of(node, link.send(&question).await.ok()?.first()?).ok()?;
            info.get("master_replid").filter(|_| !info.is_replica()).map(str::to_owned)
        };
        timeout(QUESTION, asked).await.ok()?
    }

    /// The address of a node's port on the cluster's network.
    fn place(&self, node: NodeId, facts: &NodeFacts, port: u16) -> Result<SocketAddrV4, ServerError> {
        let address = facts.address.ok_or_else(|| no_address(node))?;
        Ok(SocketAddrV4::new(address, port))
    }

    /// A node with the place of its server.
    fn peer(&self, inventory: &Inventory, node: NodeId) -> Result<Peer, ServerError> {
        Ok(Peer { node, address: inventory.server(node).ok_or_else(|| no_address(node))? })
    }

    async fn replicate(&self, peer: Peer, master: SocketAddrV4) -> Result<(), ServerError> {
        let mut question = pipe();
        question.cmd("INFO").arg("replication");
        let replies = self.send(peer, "INFO", &question, QUESTION).await?;
        let info = replies.first().map(|reply| info_of(peer.node, reply)).transpose()?.unwrap_or_default();

        let mut login = pipe();
        self.set_replication_login(&mut login);
        self.change(peer, "CONFIG SET masterauth", &login).await?;
        let mut pipeline = pipe();
        if info.is_replica() && info.master() == Some(master) {
            pipeline.cmd("CONFIG").arg("REWRITE");
            return self.change(peer, "CONFIG REWRITE", &pipeline).await;
        }
        // As Sentinel does it, in one transaction: the role changes, the file follows, and no client goes on writing to
        // a node that it still believes to be a master.
        pipeline.cmd("MULTI");
        pipeline.cmd("REPLICAOF").arg(master.ip().to_string()).arg(master.port());
        pipeline.cmd("CONFIG").arg("REWRITE");
        pipeline.cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal");
        pipeline.cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub");
        pipeline.cmd("EXEC");
        self.change(peer, "REPLICAOF", &pipeline).await
    }
}

/// Adds settings to a pipeline whose last command is a `SENTINEL SET`.
fn set(pipeline: &mut Pipeline, settings: &BTreeMap<String, String>) {
    for (name, value) in settings {
        pipeline.arg(name).arg(value);
    }
}

/// Fills in the answers about a group to `SENTINEL REPLICAS`, `SENTINELS` and `CKQUORUM`.
pub(super) fn fill(node: NodeId, master: &mut WatchedMaster, replies: &[Value]) -> Result<(), ServerError> {
    let [replicas, peers, quorum] = replies else { return Err(unexpected(node, "SENTINEL", "too few replies")) };
    let replicas = reply::list(accepted(node, "SENTINEL REPLICAS", replicas)?, reply::watched_replica);
    master.replicas = replicas.map_err(|why| unexpected(node, "SENTINEL REPLICAS", why))?;
    let peers = reply::list(accepted(node, "SENTINEL SENTINELS", peers)?, reply::watched_peer);
    master.peers = peers.map_err(|why| unexpected(node, "SENTINEL SENTINELS", why))?;
    master.quorum_check = match quorum {
        Value::ServerError(refusal) => Err(refusal.to_string()),
        _ => Ok(()),
    };
    Ok(())
}

/// Fails with a timeout after `limit`.
pub(super) async fn within<T>(
    node: NodeId,
    command: &str,
    limit: Duration,
    work: impl Future<Output = Result<T, ServerError>>,
) -> Result<T, ServerError> {
    let ended = timeout(limit, work).await;
    ended.unwrap_or_else(|_| Err(ServerError::Timeout { node, command: command.to_owned(), limit }))
}

/// A reply that is not a refusal.
pub(super) fn accepted<'a>(node: NodeId, command: &str, reply: &'a Value) -> Result<&'a Value, ServerError> {
    match reply {
        Value::ServerError(refusal) => Err(failed(node, command, refusal.clone().into())),
        other => Ok(other),
    }
}

/// Checks that no reply, also within a transaction, is a refusal.
pub(super) fn accept_all(node: NodeId, command: &str, replies: &[Value]) -> Result<(), ServerError> {
    for reply in replies {
        if let Value::Array(inner) = accepted(node, command, reply)? {
            accept_all(node, command, inner)?;
        }
    }
    Ok(())
}

pub(super) fn info_of(node: NodeId, reply: &Value) -> Result<Info, ServerError> {
    let text = reply::text(accepted(node, "INFO", reply)?);
    text.map(|text| Info::parse(&text)).ok_or_else(|| unexpected(node, "INFO", "no text"))
}

fn no_address(node: NodeId) -> ServerError {
    ServerError::Connect { node, source: anyhow::anyhow!("it has no address on the cluster's network") }
}
