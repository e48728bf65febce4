//! The planned switchover: another node becomes master, and no acknowledged write is lost.
//!
//! `SENTINEL FAILOVER` is not used: it leaves the old master writable until Sentinel's next look at it. Instead this program
//! does what a Sentinel does that was elected to do a failover, and in addition stops the writes while it does:
//!
//! 1. It is elected: it asks the Sentinels for their votes for a new epoch. A majority gives nobody else a vote for that
//!    epoch, and none of them begins a failover of its own for a while.
//!    Meanwhile the proxies lead readers past the node that is to be master, which would close their connections.
//! 2. It pauses writes on the old master, for a limited time, and waits until the new one has all of them.
//! 3. It promotes the new one.
//! 4. It announces the new master to each Sentinel as another Sentinel would, with the epoch that it won.
//! 5. It points the proxies at the new master, makes the old one a replica and has the other replicas follow.
//!
//! If it dies after 1 or 2, the old master goes on when the pause ends. After 3, the Sentinels make the promoted node a
//! replica again; no proxy has sent it a write, since the Sentinels name the old master and it says to be one. After 4,
//! the proxies follow the Sentinels, and these make the old master a replica. So at any moment there is one master that
//! gets writes, and nothing needs another failover. What remains of one that ends between 1 and 4: should the master fail
//! within twice the failover timeout of the vote, the Sentinels let that time pass before they replace it.

mod cast;
mod settled;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use redis::{Pipeline, Value, pipe};
use tokio::time::{sleep, timeout};

pub(super) use cast::LAG_MAX;
pub use cast::SwitchoverRefusal;
use cast::{Cast, Voter, cast};
use settled::{agreed, followed, still_loading};

use super::client::{Client, HELLO_CHANNEL, QUESTION, accept_all, info_of, within};
use super::link::{Link, Peer, failed};
use super::proxy::{OpenRuntimeApi, failover_commands, readers_command};
use super::{ServerError, Servers, reply};
use crate::cluster::observed::{Inventory, NodeState};
use crate::spec::secret::user;
use crate::spec::{Group, NodeId};

/// How long the old master holds writes back at most, also if this program dies. Not longer than the Sentinels' patience:
/// the `PING` of a Sentinel waits behind its own announcements, which are held back as well.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The same of one that is loading its data and so has no writes to hold back, should it have loaded them meanwhile. It
/// answers between two parts of them only.
const PAUSE_OF_LOADING: Duration = Duration::from_secs(4);
/// How long the new master may take to receive what the old one has. It is the larger part of the time without writes,
/// which is to stay below 250 ms; a replica that is in sync takes a millisecond or two.
pub(super) const CATCH_UP: Duration = Duration::from_millis(150);
/// How often it is tried when a replica is too slow. Each try holds writes back for [`CATCH_UP`] at most.
const TRIES: u32 = 3;
/// How long a majority of Sentinels is waited for to say that it has accepted the new master. They write it to disk before
/// they answer, and a busy disk may take longer; by then they have been sent it and go on by themselves.
const ACCEPTANCE: Duration = Duration::from_millis(25);
/// How long a Sentinel may take to accept the new master.
const ANNOUNCE: Duration = Duration::from_millis(500);
/// How long a proxy may take to be pointed at the new master before it is left to its own checks.
pub(super) const POINT: Duration = Duration::from_millis(500);
/// How long readers of the node that is to be master have to end before it is promoted. A request on a connection of its own
/// takes milliseconds; a connection that stays is closed with the promotion, as no replica is behind it then.
const READERS_END: Duration = Duration::from_millis(250);
/// How long the proxies may take to lead readers past that node, the time until those have ended included. On a remote Engine
/// each look at them is made through a relay, which takes up to some hundred milliseconds.
const READERS_LED: Duration = Duration::from_secs(1);
/// How long the new master may wait for its replicas. They copy nothing, and so take some 30 ms.
const ATTACH: Duration = Duration::from_secs(2);
/// How long a change of role may take.
pub(super) const CHANGE: Duration = Duration::from_secs(2);
/// How long roles, Sentinels and proxies may take to agree afterwards, and the time between two looks.
const SETTLE: Duration = Duration::from_secs(15);
const SETTLE_POLL: Duration = Duration::from_millis(10);
/// The kinds that Redis counts connections of applications to. Those of replicas and of masters are the others.
const APPLICATION_KINDS: [&str; 2] = ["normal", "pubsub"];
/// Attempts at an epoch that no Sentinel has seen, each twice as far ahead as the one before.
const ELECTIONS: u32 = 12;

/// What a switchover did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// The node that was master.
    pub from: NodeId,
    /// The node that is master now.
    pub to: NodeId,
    /// From the pause of writes on the old master until the proxies were pointed at the new one. Zero when `to` was master
    /// already.
    pub paused: Duration,
    /// From the beginning until roles, Sentinels and proxies agreed.
    pub took: Duration,
    /// What is not yet as it should be, in words. The Sentinels set it right, or `up` does; the new master is in office.
    pub remarks: Vec<String>,
}

/// Switches a group over. On a machine with too much to do for a moment a replica may not receive the last writes in time:
/// then the old master goes on, and it is tried again.
///
/// # Errors
/// [`ServerError::SwitchoverRefused`] when it was not safe, and then the old master is in office;
/// [`ServerError::SwitchoverUnsettled`] when the new one is and not everybody follows yet.
pub(super) async fn switch_over(
    client: &Client,
    inventory: &Inventory,
    group: Group,
    to: NodeId,
) -> Result<Switched, ServerError> {
    let mut tries = 1;
    loop {
        match try_to_switch_over(client, inventory, group, to).await {
            // Until the new master is in office a server that did not answer in time has cost nothing.
            Err(
                ServerError::SwitchoverRefused {
                    why: SwitchoverRefusal::TooSlow(_) | SwitchoverRefusal::Loaded(_),
                    ..
                }
                | ServerError::Timeout { .. },
            ) if tries < TRIES => {
                tries += 1;
            }
            done => return done,
        }
    }
}

async fn try_to_switch_over(
    client: &Client,
    inventory: &Inventory,
    group: Group,
    to: NodeId,
) -> Result<Switched, ServerError> {
    let began = Instant::now();
    let topology = client.topology(inventory).await;
    let cast = cast(&topology, inventory, group, to);
    let Some(cast) = cast.map_err(|why| ServerError::SwitchoverRefused { group, to, why })? else {
        let (paused, took) = (Duration::ZERO, began.elapsed());
        return Ok(Switched { from: to, to, paused, took, remarks: Vec::new() });
    };
    let (ready, proxies) = tokio::join!(Ready::open(client, group, cast), open_proxies(client, inventory));
    let ready = ready?;
    let elected = async {
        let (epoch, ()) = tokio::join!(ready.elect(), lead_readers_past(client, inventory, group, to));
        ready.replace_master(epoch?, proxies).await
    };
    let (paused, mut remarks) = match elected.await {
        Ok(done) => done,
        Err(error) => {
            tell_proxies(open_proxies(client, inventory).await, &readers_command(group, to)).await;
            return Err(error);
        }
    };
    let agreed = loop {
        let topology = client.topology(inventory).await;
        let is_late = began.elapsed() > SETTLE;
        match (agreed(&topology, &ready.cast, group), followed(&topology, &ready.cast, group)) {
            (Ok(()), Ok(())) => {
                remarks.extend(still_loading(&topology, &ready.cast));
                break Ok(());
            }
            (Ok(()), Err(why)) if is_late => {
                remarks.push(why);
                break Ok(());
            }
            (Err(why), _) if is_late => break Err(ServerError::SwitchoverUnsettled { group, to, why }),
            _ => sleep(SETTLE_POLL).await,
        }
    };
    // However it went: whoever is still connected to the old master has its writes refused.
    let proxies = running_proxies(inventory).filter_map(|proxy| inventory.nodes.get(&proxy)?.address).collect();
    if let Err(error) = ready.dismiss_clients(&proxies).await {
        remarks.push(format!("{error}: {}", error.reason()));
    }
    agreed?;
    Ok(Switched { from: ready.cast.old.node, to, paused, took: began.elapsed(), remarks })
}

pub(super) fn running_proxies(inventory: &Inventory) -> impl Iterator<Item = NodeId> {
    let running = inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running);
    running.map(|(node, _)| *node).filter(|node| matches!(node, NodeId::Proxy(_)))
}

/// Connects to the Runtime API of every running proxy. One that cannot be reached is left to its own checks.
async fn open_proxies(client: &Client, inventory: &Inventory) -> Vec<OpenRuntimeApi> {
    let proxies = running_proxies(inventory);
    let open = |proxy| async move { client.runtime_api(inventory, proxy).ok()?.open().await.ok() };
    join_all(proxies.map(open)).await.into_iter().flatten().collect()
}

/// Has proxies lead readers past the node that is to be master. Where that fails they lose their connections with the
/// promotion, and that is all.
async fn lead_readers_past(client: &Client, inventory: &Inventory, group: Group, to: NodeId) {
    let led = running_proxies(inventory).map(|proxy| async move {
        let runtime = client.runtime_api(inventory, proxy)?;
        runtime.lead_readers_past(group, to, READERS_END).await
    });
    let _ = timeout(READERS_LED, join_all(led)).await;
}

/// Tells proxies a line of commands. One that does not take it in time is left to its own checks.
async fn tell_proxies(proxies: Vec<OpenRuntimeApi>, line: &str) {
    let _ = timeout(POINT, join_all(proxies.into_iter().map(|proxy| proxy.command(line)))).await;
}

/// A switchover whose connections are all open, so that none has to be waited for while writes are paused.
struct Ready<'a> {
    client: &'a Client,
    group: Group,
    cast: Cast,
    old: Link,
    new: Link,
    others: Vec<(Peer, Link)>,
    sentinels: Vec<(Voter, Link)>,
}

impl<'a> Ready<'a> {
    async fn open(client: &'a Client, group: Group, cast: Cast) -> Result<Self, ServerError> {
        let open = |peer: Peer| within(peer.node, "AUTH", client.first_question(), client.open(peer));
        let others = cast.others.iter().map(|peer| async { Some((*peer, open(*peer).await.ok()?)) });
        let sentinels =
            cast.sentinels.iter().map(|voter| async { Some((voter.clone(), open(voter.sentinel).await.ok()?)) });
        let (old, new, others, sentinels) =
            tokio::join!(open(cast.old), open(cast.new), join_all(others), join_all(sentinels));
        // One replica or Sentinel that cannot be reached now is told by the others.
        let (others, sentinels) = (others.into_iter().flatten().collect(), sentinels.into_iter().flatten().collect());
        let ready = Self { client, group, cast, old: old?, new: new?, others, sentinels };
        let (reached, needed) = (ready.sentinels.len(), ready.cast.needed);
        if reached < needed {
            return Err(
                ready.refused(SwitchoverRefusal::NoQuorum(format!("{reached} can be reached, {needed} are needed")))
            );
        }
        // What the old master needs to follow the new one.
        let mut login = pipe();
        client.set_replication_login(&mut login);
        send(ready.cast.old.node, &ready.old, "CONFIG SET masterauth", &login, QUESTION).await?;
        Ok(ready)
    }

    fn refused(&self, why: SwitchoverRefusal) -> ServerError {
        ServerError::SwitchoverRefused { group: self.group, to: self.cast.new.node, why }
    }

    /// Wins an epoch that no Sentinel gives to anybody else.
    async fn elect(&self) -> Result<u64, ServerError> {
        let candidate: String = rand::random::<[u8; 20]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut won = 0;
        for attempt in 0..ELECTIONS {
            let epoch = self.cast.epoch + (1 << attempt);
            let votes = self.sentinels.iter().map(|(voter, link)| self.vote(voter, link, epoch, &candidate));
            won = join_all(votes).await.into_iter().filter(|won| *won).count();
            if won >= self.cast.needed {
                return Ok(epoch);
            }
        }
        Err(self.refused(SwitchoverRefusal::NotElected { votes: won, needed: self.cast.needed }))
    }

    /// Asks for one vote. It is answered with the name and epoch of whom the vote was given to.
    async fn vote(&self, voter: &Voter, link: &Link, epoch: u64, candidate: &str) -> bool {
        let old = self.cast.old.address;
        let mut request = pipe();
        request.cmd("SENTINEL").arg("IS-MASTER-DOWN-BY-ADDR").arg(old.ip().to_string()).arg(old.port());
        request.arg(epoch).arg(candidate);
        let replies = send(voter.sentinel.node, link, "SENTINEL IS-MASTER-DOWN-BY-ADDR", &request, QUESTION).await;
        let given = replies.ok().and_then(|replies| match replies.as_slice() {
            [Value::Array(parts)] => Some((reply::text(parts.get(1)?)?, reply::text(parts.get(2)?)?)),
            _ => None,
        });
        given == Some((candidate.to_owned(), epoch.to_string()))
    }

    /// Steps 2 to 5. Returns how long writes were held back, and what a node refused once the new master was in office: that
    /// is not the result of the whole.
    async fn replace_master(
        &self,
        epoch: u64,
        proxies: Vec<OpenRuntimeApi>,
    ) -> Result<(Duration, Vec<String>), ServerError> {
        let is_loading = self.cast.is_loading;
        let pause = if is_loading { PAUSE_OF_LOADING } else { PAUSE_MAX.min(self.cast.down_after) };
        let began = Instant::now();
        if is_loading { self.hold_loading(pause).await } else { self.hold_and_catch_up(pause).await }?;
        // The pause must outlast what follows. A process that was stopped for so long in between begins no promotion.
        if began.elapsed() > pause / 2 {
            return Err(self.give_up(SwitchoverRefusal::TooSlow(pause / 2)).await);
        }
        let mut promotion = pipe();
        promotion.cmd("REPLICAOF").arg("NO").arg("ONE");
        let promoted = send(self.cast.new.node, &self.new, "REPLICAOF NO ONE", &promotion, CHANGE).await;
        if promoted.is_err() || began.elapsed() > pause / 2 {
            let error = self.give_up(SwitchoverRefusal::TooSlow(pause / 2)).await;
            return Err(promoted.err().unwrap_or(error));
        }
        // From here there is no way back: a Sentinel that has accepted tells the others.
        let mut announcements: FuturesUnordered<_> =
            self.sentinels.iter().map(|(voter, link)| self.announce(voter, link, epoch)).collect();
        let accepted = async {
            let mut accepted = 0;
            while accepted < self.cast.needed {
                match announcements.next().await {
                    Some(true) => accepted += 1,
                    Some(false) => {}
                    None => break,
                }
            }
        };
        let _ = timeout(ACCEPTANCE, accepted).await;
        let (demoted, followed, paused) = tokio::join!(
            self.demote(),
            join_all(self.others.iter().map(|(peer, link)| self.follow(*peer, link))),
            async {
                self.point(proxies).await;
                began.elapsed()
            },
        );
        while announcements.next().await.is_some() {}
        let told = self.others.iter().map(|(peer, _)| *peer).zip(&followed).chain([(self.cast.old, &demoted)]);
        let followers = told.filter(|(_, told)| told.is_ok()).map(|(peer, _)| peer.address).collect();
        self.await_replicas(followers).await;
        // A lone Sentinel was given the group when it had no replicas yet, and would look for them ten seconds later.
        let lone = self.sentinels.iter().filter(|(voter, _)| voter.herald.is_none());
        join_all(lone.map(|(voter, link)| self.announce(voter, link, epoch))).await;
        let mut rewrite = pipe();
        rewrite.cmd("CONFIG").arg("REWRITE");
        let rewritten = send(self.cast.new.node, &self.new, "CONFIG REWRITE", &rewrite, CHANGE).await;
        let refused = rewritten.err().map(|error| format!("{error}: {}", error.reason()));
        Ok((paused, refused.into_iter().collect()))
    }

    /// Pauses writes on the old master and waits until the new one has all of them. On an error the pause is over.
    async fn hold_and_catch_up(&self, pause: Duration) -> Result<(), ServerError> {
        let mut hold = pipe();
        hold.cmd("CLIENT").arg("PAUSE").arg(pause.as_millis() as u64).arg("WRITE");
        hold.cmd("INFO").arg("replication");
        let held = async {
            let replies = send(self.cast.old.node, &self.old, "CLIENT PAUSE", &hold, CATCH_UP).await?;
            let all = replies.get(1).map(|info| info_of(self.cast.old.node, info)).transpose()?.unwrap_or_default();
            if all.is_replica() {
                return Err(self.refused(SwitchoverRefusal::MasterUnsure(self.cast.old.node)));
            }
            let mut question = pipe();
            question.cmd("INFO").arg("replication");
            loop {
                let replies = send(self.cast.new.node, &self.new, "INFO", &question, CATCH_UP).await?;
                let has =
                    replies.first().map(|info| info_of(self.cast.new.node, info)).transpose()?.unwrap_or_default();
                if has.is_replica() && has.offset() == all.offset() {
                    return Ok(());
                }
            }
        };
        let held = match timeout(CATCH_UP, held).await {
            Err(_) | Ok(Err(ServerError::Timeout { .. })) => Err(self.refused(SwitchoverRefusal::TooSlow(CATCH_UP))),
            Ok(held) => held,
        };
        if held.is_err() {
            let _ = release(self.cast.old.node, &self.old).await;
        }
        held
    }

    /// Pauses writes on a master that is loading its data, for the case that it has all of them before it is replaced. The
    /// new master has all that it will have.
    async fn hold_loading(&self, pause: Duration) -> Result<(), ServerError> {
        let old = self.cast.old.node;
        let mut hold = pipe();
        hold.cmd("CLIENT").arg("PAUSE").arg(pause.as_millis() as u64).arg("WRITE");
        hold.cmd("INFO").arg("persistence");
        let replies = send(old, &self.old, "CLIENT PAUSE", &hold, CHANGE).await?;
        let info = replies.get(1).map(|info| info_of(old, info)).transpose()?.unwrap_or_default();
        if info.get("loading") == Some("1") {
            return Ok(());
        }
        let _ = release(old, &self.old).await;
        Err(self.refused(SwitchoverRefusal::Loaded(old)))
    }

    /// Leaves the old master in office: the new one follows it again, whether it was promoted or not.
    async fn give_up(&self, why: SwitchoverRefusal) -> ServerError {
        let mut follow = pipe();
        follow.cmd("REPLICAOF").arg(self.cast.old.address.ip().to_string()).arg(self.cast.old.address.port());
        let _ = tokio::join!(
            send(self.cast.new.node, &self.new, "REPLICAOF", &follow, CHANGE),
            release(self.cast.old.node, &self.old),
        );
        self.refused(why)
    }

    /// Tells a Sentinel of the new master. What one Sentinel says to another at its hello channel is accepted from any
    /// client that may publish there; a lone Sentinel has no other and is given the group anew.
    async fn announce(&self, voter: &Voter, link: &Link, epoch: u64) -> bool {
        let (group, master) = (self.group.to_string(), self.cast.new.address);
        let mut announcement = pipe();
        match &voter.herald {
            Some(herald) => {
                let (ip, port, id) = (herald.address.ip(), herald.address.port(), &herald.id);
                let hello = format!("{ip},{port},{id},{epoch},{group},{},{},{epoch}", master.ip(), master.port());
                announcement.cmd("PUBLISH").arg(HELLO_CHANNEL).arg(hello);
            }
            None => {
                announcement.cmd("SENTINEL").arg("REMOVE").arg(&group);
                self.client.watch_anew(&mut announcement, &group, master, voter.quorum, &voter.settings);
            }
        }
        send(voter.sentinel.node, link, "PUBLISH", &announcement, ANNOUNCE).await.is_ok()
    }

    /// Makes the old master a replica of the new one. Whoever came to it without a proxy loses the connection with what it
    /// waits for, and finds the new one; a reply that says READONLY would be taken for the end of it.
    async fn demote(&self) -> Result<(), ServerError> {
        let master = self.cast.new.address;
        let mut demotion = pipe();
        demotion.cmd("MULTI");
        dismiss(&mut demotion);
        demotion.cmd("REPLICAOF").arg(master.ip().to_string()).arg(master.port());
        demotion.cmd("CLIENT").arg("UNPAUSE");
        demotion.cmd("EXEC");
        demotion.cmd("CONFIG").arg("REWRITE");
        send(self.cast.old.node, &self.old, "REPLICAOF", &demotion, CHANGE).await.map(drop)
    }

    /// Has applications that came to the old master since, as a Sentinel told them that was late, connect anew. That comes
    /// last, because a Sentinel that is about to log in looks like an application, and would wait for a moment before it
    /// connects again. Who came through a proxy is a reader by then, and stays.
    async fn dismiss_clients(&self, proxies: &BTreeSet<Ipv4Addr>) -> Result<(), ServerError> {
        let old = self.cast.old.node;
        let mut question = pipe();
        for kind in APPLICATION_KINDS {
            question.cmd("CLIENT").arg("LIST").arg("TYPE").arg(kind);
        }
        let lists = send(old, &self.old, "CLIENT LIST", &question, CHANGE).await?;
        let listed = lists.iter().filter_map(reply::text).flat_map(|list| reply::listed_clients(&list));
        let came_directly = |client: &reply::ListedClient| {
            client.user == user::APPLICATION && client.from.is_none_or(|from| !proxies.contains(&from))
        };
        let mut dismissal = pipe();
        for client in listed.filter(came_directly) {
            dismissal.cmd("CLIENT").arg("KILL").arg("ID").arg(client.id);
        }
        if dismissal.is_empty() {
            return Ok(());
        }
        send(old, &self.old, "CLIENT KILL", &dismissal, CHANGE).await.map(drop)
    }

    /// Has another replica follow the new master.
    async fn follow(&self, peer: Peer, link: &Link) -> Result<(), ServerError> {
        let master = self.cast.new.address;
        let mut change = pipe();
        change.cmd("REPLICAOF").arg(master.ip().to_string()).arg(master.port());
        change.cmd("CONFIG").arg("REWRITE");
        send(peer.node, link, "REPLICAOF", &change, CHANGE).await.map(drop)
    }

    /// Waits until the new master has these replicas.
    async fn await_replicas(&self, followers: Vec<SocketAddrV4>) {
        let mut question = pipe();
        question.cmd("INFO").arg("replication");
        let attached = async {
            loop {
                let replies = send(self.cast.new.node, &self.new, "INFO", &question, ATTACH).await?;
                let info =
                    replies.first().map(|info| info_of(self.cast.new.node, info)).transpose()?.unwrap_or_default();
                let attached = info.attached_replicas();
                let is_online =
                    |of: &SocketAddrV4| attached.iter().any(|one| one.state == "online" && one.address == *of);
                if followers.iter().all(is_online) {
                    return Ok::<(), ServerError>(());
                }
                sleep(SETTLE_POLL).await;
            }
        };
        // Should they not come in time, the Sentinels see to them.
        let _ = timeout(ATTACH, attached).await;
    }

    /// Has the proxies send writes to the new master at once, and not when their checks find out.
    async fn point(&self, proxies: Vec<OpenRuntimeApi>) {
        let sentinels = self.sentinels.iter().map(|(voter, _)| voter.sentinel.node);
        let line = failover_commands(self.group, self.cast.old.node, self.cast.new.node, sentinels);
        tell_proxies(proxies, &line).await;
    }
}

/// Closes the connections of applications.
fn dismiss(pipeline: &mut Pipeline) {
    for kind in APPLICATION_KINDS {
        pipeline.cmd("CLIENT").arg("KILL").arg("TYPE").arg(kind).arg("USER").arg(user::APPLICATION);
    }
}

/// Ends a pause.
async fn release(node: NodeId, link: &Link) -> Result<Vec<Value>, ServerError> {
    let mut release = pipe();
    release.cmd("CLIENT").arg("UNPAUSE");
    send(node, link, "CLIENT UNPAUSE", &release, CHANGE).await
}

/// Sends commands that must all succeed.
pub(super) async fn send(
    node: NodeId,
    link: &Link,
    command: &str,
    pipeline: &Pipeline,
    limit: Duration,
) -> Result<Vec<Value>, ServerError> {
    let sent = async { link.send(pipeline).await.map_err(|error| failed(node, command, error)) };
    let replies = within(node, command, limit, sent).await?;
    accept_all(node, command, &replies)?;
    Ok(replies)
}
