//! The servers that make a node master, over connections that are open before the first step.
//!
//! A planned switchover and the replacement of a dead master have these steps in common.

use std::net::SocketAddrV4;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use redis::{Pipeline, Value, pipe};
use tokio::time::{Instant, sleep, timeout};

use super::cast::{Cast, SwitchoverRefusal, Voter};
use super::tell_proxies;
use crate::servers::client::{Client, HELLO_CHANNEL, Monitored, QUESTION, accept_all, info_of, within};
use crate::servers::link::{Link, Peer, failed};
use crate::servers::proxy::{OpenRuntimeApi, failover_commands};
use crate::servers::{ServerError, reply};
use crate::spec::{Group, NodeId};

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
/// Attempts at an epoch that no Sentinel has seen, each twice as far ahead as the one before.
const ELECTIONS: u32 = 12;

/// The open connections to the future master, the other replicas and the Sentinels.
pub(super) struct Assembly<'a> {
    pub client: &'a Client,
    pub group: Group,
    pub cast: Cast,
    pub new: Link,
    others: Vec<(Peer, Link)>,
    sentinels: Vec<(Voter, Link)>,
}

impl<'a> Assembly<'a> {
    /// Connects. An unreachable replica or Sentinel is told by the others.
    pub async fn open(client: &'a Client, group: Group, cast: Cast) -> Result<Self, ServerError> {
        let open = |peer: Peer| within(peer.node, "AUTH", client.first_question(), client.open(peer));
        let others = cast.others.iter().map(|peer| async { Some((*peer, open(*peer).await.ok()?)) });
        let sentinels =
            cast.sentinels.iter().map(|voter| async { Some((voter.clone(), open(voter.sentinel).await.ok()?)) });
        let (new, others, sentinels) = tokio::join!(open(cast.new), join_all(others), join_all(sentinels));
        let (others, sentinels) = (others.into_iter().flatten().collect(), sentinels.into_iter().flatten().collect());
        let assembly = Self { client, group, cast, new: new?, others, sentinels };
        let (reached, needed) = (assembly.sentinels.len(), assembly.cast.needed);
        if reached < needed {
            let why = format!("{reached} can be reached, {needed} are needed");
            return Err(assembly.refused(SwitchoverRefusal::NoQuorum(why)));
        }
        Ok(assembly)
    }

    pub fn refused(&self, why: SwitchoverRefusal) -> ServerError {
        ServerError::SwitchoverRefused { group: self.group, to: self.cast.new.node, why }
    }

    /// Wins an epoch that the Sentinels give to no other candidate.
    pub async fn elect(&self) -> Result<u64, ServerError> {
        let candidate = candidate();
        let mut votes = 0;
        for attempt in 0..ELECTIONS {
            let epoch = self.cast.epoch + (1 << attempt);
            votes = self.votes(epoch, &candidate).await;
            if votes >= self.cast.needed {
                return Ok(epoch);
            }
        }
        Err(self.refused(SwitchoverRefusal::NotElected { votes, needed: self.cast.needed }))
    }

    /// Wins the epoch after the last one, or nothing.
    ///
    /// Who tries a later epoch wins over somebody who has just been elected. So a guard, of which there may be several,
    /// tries the one that follows the last that it saw before the master ended: of all guards one can win it.
    ///
    /// Returns the epoch and the number of votes.
    pub async fn elect_once(&self) -> Result<(u64, usize), ServerError> {
        let epoch = self.cast.epoch + 1;
        let votes = self.votes(epoch, &candidate()).await;
        if votes >= self.cast.needed {
            return Ok((epoch, votes));
        }
        Err(self.refused(SwitchoverRefusal::NotElected { votes, needed: self.cast.needed }))
    }

    /// The number of Sentinels that give their vote for an epoch.
    async fn votes(&self, epoch: u64, candidate: &str) -> usize {
        let votes = self.sentinels.iter().map(|(voter, link)| self.vote(voter, link, epoch, candidate));
        join_all(votes).await.into_iter().filter(|won| *won).count()
    }

    /// Asks for one vote. The answer has the name and epoch of the candidate who got it.
    async fn vote(&self, voter: &Voter, link: &Link, epoch: u64, candidate: &str) -> bool {
        let mut request = pipe();
        request_vote(&mut request, self.cast.old.address, epoch, candidate);
        let replies = send(voter.sentinel.node, link, "SENTINEL IS-MASTER-DOWN-BY-ADDR", &request, QUESTION).await;
        let given = replies.ok().and_then(|replies| vote_given(replies.first()?));
        given == Some((candidate.to_owned(), epoch))
    }

    /// Makes the promoted node the master for everybody: steps 4 and 5.
    ///
    /// `demoted` makes the old master a replica, and says at which address if it became one. Returns when the proxies led
    /// to the new master, and refusals of nodes, which do not fail the whole.
    pub async fn install(
        &self,
        epoch: u64,
        proxies: Vec<OpenRuntimeApi>,
        demoted: impl Future<Output = Option<SocketAddrV4>>,
    ) -> (Instant, Vec<String>) {
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
        let (demoted, followed, pointed) =
            tokio::join!(demoted, join_all(self.others.iter().map(|(peer, link)| self.follow(*peer, link))), async {
                self.point(proxies).await;
                Instant::now()
            },);
        while announcements.next().await.is_some() {}
        let told = self.others.iter().zip(&followed).filter(|(_, told)| told.is_ok());
        let followers = told.map(|((peer, _), _)| peer.address).chain(demoted).collect();
        self.await_replicas(followers).await;
        // A lone Sentinel got the group when it had no replicas yet, and would look for them ten seconds later.
        let lone = self.sentinels.iter().filter(|(voter, _)| voter.herald.is_none());
        join_all(lone.map(|(voter, link)| self.announce(voter, link, epoch))).await;
        let mut rewrite = pipe();
        rewrite.cmd("CONFIG").arg("REWRITE");
        let rewritten = send(self.cast.new.node, &self.new, "CONFIG REWRITE", &rewrite, CHANGE).await;
        let refused = rewritten.err().map(|error| format!("{error}: {}", error.reason()));
        (pointed, refused.into_iter().collect())
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

/// A name that no other candidate has.
fn candidate() -> String {
    rand::random::<[u8; 20]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asks a Sentinel for its vote on who replaces a master.
///
/// For the epoch 0, which is never given, it tells its last vote.
pub(super) fn request_vote(request: &mut Pipeline, master: SocketAddrV4, epoch: u64, candidate: &str) {
    request.cmd("SENTINEL").arg("IS-MASTER-DOWN-BY-ADDR").arg(master.ip().to_string()).arg(master.port());
    request.arg(epoch).arg(candidate);
}

/// The candidate who has a Sentinel's vote, and for which epoch.
pub(super) fn vote_given(reply: &Value) -> Option<(String, u64)> {
    let Value::Array(parts) = reply else { return None };
    Some((reply::text(parts.get(1)?)?, reply::text(parts.get(2)?)?.parse().ok()?))
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
