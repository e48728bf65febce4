//! The replacement of a master that has ended, by a guard that saw it end.
//!
//! It takes the steps of a switchover without the old master:
//!
//! 1. All Sentinels and all other Redis nodes of the group are asked what they see. Anything that speaks against a death
//!    leaves the master to the Sentinels ([`super::evidence`]).
//! 2. It wins the epoch after the last one. The Sentinels that voted begin no failover of their own for twice the failover
//!    timeout, and no other guard can win that epoch.
//! 3. The master still refuses connections, and little time has passed: then the replica with most data is promoted.
//! 4. As in a switchover: Sentinels, other replicas and proxies are told.
//!
//! If it dies after 2, the Sentinels replace the master, but up to twice the failover timeout later than usual. After 3 they
//! find a node that says that it is master and has all data, which the proxies trust. All of it takes some 30 ms.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddrV4;
use std::time::Duration;

use futures_util::future::join_all;
use redis::{Value, pipe};
use thiserror::Error;
use tokio::time::{Instant, timeout};

use super::assembly::{Assembly, CHANGE, request_vote, send, vote_given};
use super::evidence::{DeathFacts, Follower, Forbearance, Testified, judged};
use super::running_proxies;
use crate::cluster::observed::Inventory;
use crate::servers::client::{Client, accepted, fill, info_of};
use crate::servers::error::unexpected;
use crate::servers::link::Peer;
use crate::servers::proxy::OpenRuntimeApi;
use crate::servers::{ServerError, reply};
use crate::spec::{Group, NodeId};

/// Time limit of a question. All that are alive answer within some milliseconds, unless the machine is too busy.
const ANSWER: Duration = Duration::from_millis(250);
/// Time limit of a knock. One without an answer is repeated. The kernel answers within a millisecond, also for a process that
/// is too busy.
const KNOCK: Duration = Duration::from_millis(50);
/// Time limit of the last knock. A process that is there again accepts at once. The address of one that is not may have
/// vanished by now, which is no sign of life.
const LAST_KNOCK: Duration = Duration::from_millis(20);
/// Further time for a guard that has the votes of all Sentinels. None of them begins a failover for twice the failover
/// timeout then; without the vote of one, that one may.
const WITH_ALL_VOTES: Duration = Duration::from_secs(1);
/// A candidate for no epoch, who only asks who got the last vote.
const NOBODY: &str = "0000000000000000000000000000000000000000";

/// The master of a group while nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Office {
    pub group: Group,
    /// The node that a majority of Sentinels names and considers up.
    pub master: NodeId,
    pub address: SocketAddrV4,
    /// The highest epoch that any Sentinel knows, of any group.
    pub epoch: u64,
    /// How long the Sentinels wait before they consider a master down.
    pub down_after: Duration,
    /// The time within which no guard acts twice.
    pub failover_timeout: Duration,
}

/// What a connection to a master's port shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knock {
    /// No process listens at the port.
    Refused,
    /// A process accepted the connection.
    Accepted,
    /// There was no answer in time, or no way to the address.
    Silent,
}

/// A master that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succeeded {
    pub from: NodeId,
    pub to: NodeId,
    /// When the proxies led to the new master.
    pub led_at: Instant,
    /// What is not yet as it should be, in words.
    pub remarks: Vec<String>,
}

impl fmt::Display for Succeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has ended, and {} is master now", self.from, self.to)
    }
}

/// Why a master that ended was not replaced by this guard. The Sentinels see to it.
#[derive(Debug, Error)]
pub enum NotReplaced {
    /// Somebody sees it alive, or cannot say.
    #[error("{0}")]
    Forborne(Forbearance),
    /// It accepts connections again.
    #[error("it accepts connections again")]
    IsBack,
    /// The time in which the Sentinels do not act yet is over.
    #[error("it took too long")]
    Late,
    /// A server failed.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// The master of a group, if a majority of Sentinels names it and nothing is wrong.
pub(in crate::servers) async fn office(client: &Client, inventory: &Inventory, group: Group) -> Option<Office> {
    let sentinels = testimonies(client, inventory, group).await;
    let first = &sentinels.first()?.watched;
    let is_well = |said: &&Testified| {
        let wrong = ["s_down", "o_down", "failover_in_progress"];
        said.watched.address == first.address && !wrong.iter().any(|flag| said.watched.flags.contains(*flag))
    };
    let known = sentinels.iter().map(|said| said.watched.peers.len() + 1).max()?;
    (2 * sentinels.iter().filter(is_well).count() > known).then_some(())?;
    Some(Office {
        group,
        master: inventory.node_at(first.address)?,
        address: first.address,
        epoch: sentinels.iter().map(|said| said.latest).max()?,
        down_after: Duration::from_millis(first.down_after),
        failover_timeout: Duration::from_millis(first.failover_timeout),
    })
}

/// Tries to connect to a master's port.
pub(in crate::servers) async fn knock(client: &Client, office: &Office) -> Knock {
    knock_within(client, office, KNOCK).await
}

async fn knock_within(client: &Client, office: &Office, limit: Duration) -> Knock {
    match timeout(limit, client.knock(office.address)).await {
        Ok(Ok(())) => Knock::Accepted,
        Ok(Err(error)) => shown_by(error.kind()),
        Err(_) => Knock::Silent,
    }
}

/// What a connection that failed shows. A port that closes while it answers resets the connection.
const fn shown_by(error: ErrorKind) -> Knock {
    match error {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Knock::Refused,
        _ => Knock::Silent,
    }
}

/// Replaces a master that has ended. `office` is how it was while it served; `within` is the time for the decision.
///
/// # Errors
/// Something speaks against it, or a step failed. The Sentinels replace the master then.
pub(in crate::servers) async fn succeed(
    client: &Client,
    inventory: &Inventory,
    office: &Office,
    within: Duration,
) -> Result<Succeeded, NotReplaced> {
    let began = Instant::now();
    let in_time = |limit| if began.elapsed() < limit { Ok(()) } else { Err(NotReplaced::Late) };
    let dead = Peer { node: office.master, address: office.address };
    let (sentinels, followers, proxies) = tokio::join!(
        testimonies(client, inventory, office.group),
        followers(client, inventory, office),
        proxies(client, inventory)
    );
    let evidence = DeathFacts { dead, sentinels, followers, epoch: office.epoch };
    let assembly = Assembly::open(client, office.group, judged(&evidence).map_err(NotReplaced::Forborne)?).await?;
    // A vote that leads to nothing keeps the Sentinels waiting: half of the time is for what follows it.
    in_time(within / 2)?;
    let (epoch, votes) = assembly.elect_once().await?;
    let sentinels = inventory.nodes.keys().filter(|node| matches!(node, NodeId::Sentinel(_))).count();
    let within = if votes >= sentinels { within + WITH_ALL_VOTES } else { within };
    if knock_within(client, office, LAST_KNOCK).await == Knock::Accepted {
        return Err(NotReplaced::IsBack);
    }
    in_time(within)?;
    let new = assembly.cast.new;
    let mut promotion = pipe();
    promotion.cmd("REPLICAOF").arg("NO").arg("ONE");
    let promoted = send(new.node, &assembly.new, "REPLICAOF NO ONE", &promotion, CHANGE).await;
    // A guard that was frozen meanwhile does not know what others did.
    if promoted.is_err() || in_time(within).is_err() {
        let mut follow = pipe();
        follow.cmd("REPLICAOF").arg(dead.address.ip().to_string()).arg(dead.address.port());
        let _ = send(new.node, &assembly.new, "REPLICAOF", &follow, CHANGE).await;
        return Err(promoted.err().map_or(NotReplaced::Late, NotReplaced::Server));
    }
    let (led_at, remarks) = assembly.install(epoch, proxies, async { None }).await;
    Ok(Succeeded { from: dead.node, to: new.node, led_at, remarks })
}

/// The answers of all Sentinels about a group, as far as they come in time.
async fn testimonies(client: &Client, inventory: &Inventory, group: Group) -> Vec<Testified> {
    let sentinels = inventory.nodes.keys().filter(|node| matches!(node, NodeId::Sentinel(_)));
    let asked = sentinels.map(|node| async {
        let sentinel = Peer { node: *node, address: place(inventory, *node)? };
        timeout(ANSWER, testimony(client, sentinel, group)).await.ok()?.ok()
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The address that a node keeps for life, whether it ran at the last look or not.
fn place(inventory: &Inventory, node: NodeId) -> Option<SocketAddrV4> {
    inventory.place(node)
}

async fn testimony(client: &Client, sentinel: Peer, group: Group) -> Result<Testified, ServerError> {
    let node = sentinel.node;
    let name = group.to_string();
    let mut question = pipe();
    for word in ["REPLICAS", "SENTINELS", "CKQUORUM"] {
        question.cmd("SENTINEL").arg(word).arg(&name);
    }
    question.cmd("SENTINEL").arg("MASTERS");
    question.cmd("INFO").arg("sentinel");
    let replies = client.ask(sentinel, "SENTINEL MASTERS", &question).await?;
    let [about @ .., masters, info] = replies.as_slice() else { return Err(too_few(node)) };
    let masters = reply::list(accepted(node, "SENTINEL MASTERS", masters)?, reply::watched_master);
    let masters = masters.map_err(|why| unexpected(node, "SENTINEL MASTERS", why))?;
    let own = masters.iter().position(|(known, _)| *known == name).ok_or_else(|| too_few(node))?;
    // An epoch is for all groups, and a vote about one of them.
    let mut question = pipe();
    for (_, watched) in &masters {
        request_vote(&mut question, watched.address, 0, NOBODY);
    }
    let replies = client.ask(sentinel, "SENTINEL IS-MASTER-DOWN-BY-ADDR", &question).await?;
    let voted: Option<Vec<u64>> = replies.iter().map(|reply| Some(vote_given(reply)?.1)).collect();
    let voted = voted.filter(|voted| voted.len() == masters.len()).ok_or_else(|| too_few(node))?;
    let known = masters.iter().map(|(_, watched)| watched.config_epoch).chain(voted.iter().copied());
    let latest = known.max().unwrap_or_default();
    let (_, mut watched) = masters.into_iter().nth(own).ok_or_else(|| too_few(node))?;
    fill(node, &mut watched, about)?;
    let tilt = info_of(node, info)?.get("sentinel_tilt") == Some("1");
    Ok(Testified { sentinel, watched, tilt, voted: voted[own], latest })
}

fn too_few(node: NodeId) -> ServerError {
    unexpected(node, "SENTINEL MASTERS", "too few replies")
}

/// The Runtime APIs of the proxies that answer in time.
async fn proxies(client: &Client, inventory: &Inventory) -> Vec<OpenRuntimeApi> {
    let open =
        |proxy| async move { timeout(ANSWER, client.runtime_api(inventory, proxy).ok()?.open()).await.ok()?.ok() };
    join_all(running_proxies(inventory).map(open)).await.into_iter().flatten().collect()
}

/// The other Redis nodes of the group with their answers.
async fn followers(client: &Client, inventory: &Inventory, office: &Office) -> Vec<(Peer, Option<Follower>)> {
    let others = inventory.nodes.keys().filter(|node| node.group() == Some(office.group) && **node != office.master);
    let asked = others.filter_map(|node| {
        let peer = Peer { node: *node, address: place(inventory, *node)? };
        Some(async move { (peer, timeout(ANSWER, follower(client, peer)).await.ok().and_then(Result::ok)) })
    });
    join_all(asked).await
}

async fn follower(client: &Client, peer: Peer) -> Result<Follower, ServerError> {
    let mut question = pipe();
    question.cmd("INFO").arg("replication");
    let replies = client.ask(peer, "INFO", &question).await?;
    let info = info_of(peer.node, replies.first().unwrap_or(&Value::Nil))?;
    Ok(Follower {
        follows: info.is_replica().then(|| info.master()).flatten(),
        link_up: info.has_link(),
        syncing: info.is_syncing(),
        priority: info.priority().unwrap_or_default(),
        offset: info.offset(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_kernel_of_its_host_answers_is_a_refusal() {
        assert_eq!(shown_by(ErrorKind::ConnectionRefused), Knock::Refused);
        assert_eq!(shown_by(ErrorKind::ConnectionReset), Knock::Refused, "the port closes while it answers");
        for elsewhere in [ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable, ErrorKind::TimedOut] {
            assert_eq!(shown_by(elsewhere), Knock::Silent, "{elsewhere}");
        }
    }
}
