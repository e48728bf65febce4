//! The steps of a switchover, over connections that are open before its first one.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use redis::{Pipeline, Value, pipe};
use tokio::time::{sleep, timeout};

use super::cast::{Cast, SwitchoverRefusal, Voter};
use super::tell_proxies;
use crate::servers::client::{Client, HELLO_CHANNEL, Monitored, QUESTION, accept_all, info_of, within};
use crate::servers::link::{Link, Peer, failed};
use crate::servers::proxy::{OpenRuntimeApi, failover_commands};
use crate::servers::{ServerError, reply};
use crate::spec::secret::user;
use crate::spec::{Group, NodeId};

/// How long the old master holds writes back at most, also if this program dies. It is not longer than the Sentinels'
/// down-after: the `PING` of a Sentinel waits behind its own announcements, which are held back as well.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The same limit for a master that is loading its data.
///
/// It has no writes to hold back, unless it has loaded them meanwhile. It answers only between two parts of the data.
const PAUSE_OF_LOADING: Duration = Duration::from_secs(4);
/// Time limit until the new master has received what the old one has. It is the larger part of the time without writes,
/// which should stay below 250 ms; a replica that is in sync takes a millisecond or two.
pub(in crate::servers) const CATCH_UP: Duration = Duration::from_millis(150);
/// Time limit until a majority of Sentinels has confirmed the new master. They write it to disk before they answer, and
/// a busy disk may take longer; by then they have received it and go on by themselves.
const ACCEPTANCE: Duration = Duration::from_millis(25);
/// Time limit until a Sentinel has accepted the new master.
const ANNOUNCE: Duration = Duration::from_millis(500);
/// How long the new master waits for its replicas. They copy nothing, and so take some 30 ms.
const ATTACH: Duration = Duration::from_secs(2);
/// Time between two looks at them.
const ATTACH_POLL: Duration = Duration::from_millis(10);
/// Time limit of a change of role.
pub(in crate::servers) const CHANGE: Duration = Duration::from_secs(2);
/// The kinds of connections that are of applications for Redis. Those of replicas and of masters are the others.
const APPLICATION_KINDS: [&str; 2] = ["normal", "pubsub"];
/// Attempts at an epoch that no Sentinel has seen, each twice as far ahead as the one before.
const ELECTIONS: u32 = 12;

/// A switchover with all connections open, so that none has to be waited for while writes are paused.
pub(super) struct Ready<'a> {
    client: &'a Client,
    group: Group,
    pub(super) cast: Cast,
    old: Link,
    new: Link,
    others: Vec<(Peer, Link)>,
    sentinels: Vec<(Voter, Link)>,
}

impl<'a> Ready<'a> {
    pub(super) async fn open(client: &'a Client, group: Group, cast: Cast) -> Result<Self, ServerError> {
        let open = |peer: Peer| within(peer.node, "AUTH", client.first_question(), client.open(peer));
        let others = cast.others.iter().map(|peer| async { Some((*peer, open(*peer).await.ok()?)) });
        let sentinels =
            cast.sentinels.iter().map(|voter| async { Some((voter.clone(), open(voter.sentinel).await.ok()?)) });
        let (old, new, others, sentinels) =
            tokio::join!(open(cast.old), open(cast.new), join_all(others), join_all(sentinels));
        // An unreachable replica or Sentinel is told by the others.
        let (others, sentinels) = (others.into_iter().flatten().collect(), sentinels.into_iter().flatten().collect());
        let ready = Self { client, group, cast, old: old?, new: new?, others, sentinels };
        let (reached, needed) = (ready.sentinels.len(), ready.cast.needed);
        if reached < needed {
            return Err(
                ready.refused(SwitchoverRefusal::NoQuorum(format!("{reached} can be reached, {needed} are needed")))
            );
        }
        // The old master needs this to follow the new one.
        let mut login = pipe();
        client.set_replication_login(&mut login);
        send(ready.cast.old.node, &ready.old, "CONFIG SET masterauth", &login, QUESTION).await?;
        Ok(ready)
    }

    fn refused(&self, why: SwitchoverRefusal) -> ServerError {
        ServerError::SwitchoverRefused { group: self.group, to: self.cast.new.node, why }
    }

    /// Wins an epoch that the Sentinels give to no other candidate.
    pub(super) async fn elect(&self) -> Result<u64, ServerError> {
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

    /// Asks for one vote. The answer has the name and epoch of the candidate who got it.
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

    /// Steps 2 to 5. Returns how long writes were held back, and refusals of nodes after the promotion, which do not
    /// fail the whole.
    pub(super) async fn replace_master(
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
        // A lone Sentinel got the group when it had no replicas yet, and would look for them ten seconds later.
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

    /// Pauses writes on a master that is loading its data.
    ///
    /// It may have loaded all of them before it is replaced. The new master has everything that it will have.
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

    /// Tells a Sentinel about the new master.
    ///
    /// Sentinels accept such messages at their hello channel from any client that may publish there. A lone Sentinel
    /// has no other and gets the group again.
    async fn announce(&self, voter: &Voter, link: &Link, epoch: u64) -> bool {
        let (group, master) = (self.group, self.cast.new.address);
        let mut announcement = pipe();
        match &voter.herald {
            Some(herald) => {
                let (ip, port, id) = (herald.address.ip(), herald.address.port(), &herald.id);
                let hello = format!("{ip},{port},{id},{epoch},{group},{},{},{epoch}", master.ip(), master.port());
                announcement.cmd("PUBLISH").arg(HELLO_CHANNEL).arg(hello);
            }
            None => {
                announcement.cmd("SENTINEL").arg("REMOVE").arg(group.to_string());
                let monitored = Monitored { group, master, quorum: voter.quorum, settings: &voter.settings };
                self.client.watch_anew(&mut announcement, &monitored);
            }
        }
        send(voter.sentinel.node, link, "PUBLISH", &announcement, ANNOUNCE).await.is_ok()
    }

    /// Makes the old master a replica of the new one.
    ///
    /// Clients without a proxy lose the connection with what they wait for, and find the new master; a reply that says
    /// READONLY would be taken for the end of it.
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

    /// Makes applications reconnect that came to the old master since, as a late Sentinel told them.
    ///
    /// That comes last, because a Sentinel that is about to log in looks like an application, and would wait for a
    /// moment before it reconnects. Clients of a proxy are readers by then, and stay.
    pub(super) async fn dismiss_clients(&self, proxies: &BTreeSet<Ipv4Addr>) -> Result<(), ServerError> {
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

    /// Makes another replica follow the new master.
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
                sleep(ATTACH_POLL).await;
            }
        };
        // If they do not come in time, the Sentinels see to them.
        let _ = timeout(ATTACH, attached).await;
    }

    /// Makes the proxies send writes to the new master at once, before their checks find it out.
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
pub(in crate::servers) async fn send(
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
