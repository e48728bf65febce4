//! The take-over: the head of a standby becomes master.
//!
//! No write that was acknowledged through a proxy is lost.
//!
//! 1. The existing server holds writes back (`CLIENT PAUSE … WRITE`), for a limited time: nothing else is changed
//!    there.
//! 2. The node receives what it has not yet.
//! 3. The proxies leave the existing server and close their connections to it, whose writes are still held back and
//!    were not acknowledged.
//! 4. The node becomes master, in one transaction with its file, so that it comes back as one.
//! 5. The proxies are pointed at it.
//!
//! Interrupted before 3, everything goes on as before when the pause ends. After 3, no server gets writes until this is
//! done again, and none is lost. After 4, the proxies find out by their own checks.

use std::fmt;
use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join_all};
use redis::{Value, pipe};
use tokio::time::{sleep, timeout};

use super::client::{Client, QUESTION, info_of, within};
use super::existing::Unfit;
use super::link::{Link, Peer};
use super::proxy::{OpenRuntimeApi, existing_commands, promotion_commands};
use super::reply::{self, Info};
use super::switchover::{CATCH_UP, CHANGE, LAG_MAX, POINT, running_proxies, send};
use super::{ServerError, Servers};
use crate::cluster::observed::{Answer, Inventory, RoleView};
use crate::spec::{Group, NodeId, Spec};

/// How long the existing server holds writes back at most, also if this program dies. A take-over takes some 20 ms of
/// it; the rest is for a busy machine.
const PAUSE: Duration = Duration::from_secs(2);
/// Attempts, and the time between two. Each leaves things as they were or can be repeated, and its cause (a node that
/// has just been started, a moment in which it is behind) is soon over.
const ATTEMPTS: usize = 5;
const BETWEEN: Duration = Duration::from_millis(500);

/// The result of a take-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// The new master.
    pub node: NodeId,
    /// The server that it copied.
    pub existing: SocketAddrV4,
    /// From the beginning of the pause until the proxies led to the node.
    ///
    /// `None` when the existing server was gone.
    pub paused: Option<Duration>,
}

impl fmt::Display for TakenOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, existing, paused } = self;
        match paused {
            Some(paused) => write!(
                f,
                "{node} has taken over from {existing}, writes waited {} ms; clients that connect to {existing} directly still \
                 write there, and the cluster does not get these writes",
                paused.as_millis()
            ),
            None => write!(
                f,
                "{node} has taken over from {existing}, which is gone: its last acknowledged writes may be missing"
            ),
        }
    }
}

/// Makes the head take over from its server.
///
/// # Errors
/// Those of the last attempt; [`ServerError::TakeOverRefused`] when it was not safe, and then everything is as before.
pub(super) async fn take_over(
    client: &Client,
    inventory: &Inventory,
    node: NodeId,
    existing: SocketAddrV4,
) -> Result<TakenOver, ServerError> {
    for _ in 1..ATTEMPTS {
        if let Ok(taken) = attempt(client, inventory, node, existing).await {
            return Ok(taken);
        }
        sleep(BETWEEN).await;
    }
    attempt(client, inventory, node, existing).await
}

async fn attempt(
    client: &Client,
    inventory: &Inventory,
    node: NodeId,
    existing: SocketAddrV4,
) -> Result<TakenOver, ServerError> {
    let refused = |why: String| ServerError::TakeOverRefused { node, existing, why };
    let group = Spec::head().group().filter(|group| node.group() == Some(*group));
    let group = group.ok_or_else(|| refused("it is not the node that copies it".to_owned()))?;
    let address = inventory.server(node).ok_or_else(|| refused("it has no address".to_owned()))?;
    let head = Peer { node, address };
    let topology = client.topology(inventory).await;
    let view = topology.redis.get(&node).and_then(Answer::said);
    let view = view.ok_or_else(|| refused("it does not answer".to_owned()))?;
    let link_up = match view.role {
        RoleView::Replica { master, .. } if master != existing => {
            return Err(refused(format!("it copies {master}")));
        }
        RoleView::Replica { syncing: true, .. } => return Err(refused("it is still copying its data".to_owned())),
        RoleView::Replica { link_up, .. } => link_up,
        RoleView::Master { .. } => return Err(refused("it is a master already".to_owned())),
    };
    if view.loading.is_some() {
        return Err(refused("it is still loading its data".to_owned()));
    }

    let outside = timeout(QUESTION, client.outside(existing)).await;
    let outside = outside.unwrap_or_else(|_| Err(Unfit::Unreachable("no answer".to_owned())));
    let old = match outside {
        Ok(link) if link_up => Some(link),
        Ok(_) => return Err(refused(format!("its link to {existing} is down"))),
        // Unreachable for both of us: the user asked for the take-over, so the copy counts as all the data that there
        // are.
        Err(Unfit::Unreachable(_)) if !link_up && view.keys > 0 => None,
        Err(unfit) => return Err(refused(format!("{existing} {unfit}"))),
    };
    let new = within(node, "AUTH", QUESTION, client.open(head)).await?;
    // None has to be waited for while writes are held back. A connection takes one line: the second is for pointing the
    // proxy at the node, or back.
    let (leave, then) = tokio::try_join!(open_proxies(client, inventory), open_proxies(client, inventory))?;
    let ready = ReadyToTakeOver { client, group, head, existing, old, new };
    let began = Instant::now();
    if let Some(old) = &ready.old {
        ready.hold_and_catch_up(old, view.offset).await?;
    }
    let leaving = existing_commands(ready.group, false);
    let left = join_all(leave.into_iter().map(|(proxy, runtime)| tell(proxy, runtime, &leaving))).await;
    let left: Result<Vec<()>, ServerError> = left.into_iter().collect();
    let in_time = ready.old.is_none() || began.elapsed() < PAUSE;
    if left.is_err() || !in_time {
        let returning = existing_commands(ready.group, true);
        join_all(then.into_iter().map(|(proxy, runtime)| tell(proxy, runtime, &returning))).await;
        ready.release().await;
        return Err(left.err().unwrap_or_else(|| refused(format!("it took longer than {PAUSE:?}"))));
    }
    ready.promote().await?;
    let pointing = promotion_commands(ready.group, node);
    join_all(then.into_iter().map(|(_, runtime)| timeout(POINT, runtime.command(&pointing)))).await;
    Ok(TakenOver { node, existing, paused: ready.old.is_some().then(|| began.elapsed()) })
}

/// Connects to the Runtime API of every running proxy: each of them must leave.
async fn open_proxies(client: &Client, inventory: &Inventory) -> Result<Vec<(NodeId, OpenRuntimeApi)>, ServerError> {
    let proxies = running_proxies(inventory);
    try_join_all(proxies.map(|proxy| async move { Ok((proxy, client.runtime_api(inventory, proxy)?.open().await?)) }))
        .await
}

/// Sends a proxy a command that answers only when it fails. A proxy without a slot for the server ("No such backend.")
/// has none to leave.
async fn tell(proxy: NodeId, runtime: OpenRuntimeApi, commands: &str) -> Result<(), ServerError> {
    let answer = runtime.command(commands).await?;
    match answer.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("No such")) {
        None => Ok(()),
        Some(complaint) => Err(ServerError::Refused {
            node: proxy,
            command: commands.to_owned(),
            source: anyhow::anyhow!("{complaint}"),
        }),
    }
}

/// A take-over with all connections open.
struct ReadyToTakeOver<'a> {
    client: &'a Client,
    group: Group,
    head: Peer,
    existing: SocketAddrV4,
    old: Option<Link>,
    new: Link,
}

impl ReadyToTakeOver<'_> {
    fn refused(&self, why: String) -> ServerError {
        ServerError::TakeOverRefused { node: self.head.node, existing: self.existing, why }
    }

    /// Makes the existing server hold writes back and waits until the node has all of them.
    async fn hold_and_catch_up(&self, old: &Link, offset: i64) -> Result<(), ServerError> {
        let behind = timeout(QUESTION, info(old)).await.ok().flatten().map(|info| info.offset() - offset);
        if behind.is_none_or(|bytes| bytes > LAG_MAX) {
            return Err(self.refused("it is too far behind".to_owned()));
        }
        let held = timeout(CATCH_UP, async {
            let mut hold = pipe();
            hold.cmd("CLIENT").arg("PAUSE").arg(PAUSE.as_millis() as u64).arg("WRITE");
            hold.cmd("INFO").arg("replication");
            let replies = old.send(&hold).await.map_err(|error| self.refused(format!("{}: {error}", self.existing)))?;
            if let Some(Value::ServerError(refusal)) = replies.first() {
                return Err(self.refused(format!("{} refuses 'CLIENT PAUSE': {refusal}", self.existing)));
            }
            let all = replies.get(1).and_then(reply::text).map(|text| Info::parse(&text)).unwrap_or_default();
            if all.is_replica() || all.offset() < 0 {
                return Err(self.refused(format!("{} is not a master", self.existing)));
            }
            loop {
                let mut question = pipe();
                question.cmd("INFO").arg("replication");
                let replies = send(self.head.node, &self.new, "INFO", &question, CATCH_UP).await?;
                let has = replies.first().map(|reply| info_of(self.head.node, reply)).transpose()?.unwrap_or_default();
                // What follows is not a write: the master's own pings.
                if has.is_replica()
                    && has.get("master_replid") == all.get("master_replid")
                    && has.offset() >= all.offset()
                {
                    return Ok(());
                }
            }
        });
        let held = held.await.unwrap_or_else(|_| {
            let limit = humantime::format_duration(CATCH_UP);
            Err(self.refused(format!("it did not receive the last writes within {limit}")))
        });
        if held.is_err() {
            self.release().await;
        }
        held
    }

    /// Ends the pause.
    async fn release(&self) {
        let mut release = pipe();
        release.cmd("CLIENT").arg("UNPAUSE");
        if let Some(old) = &self.old {
            let _ = timeout(CHANGE, old.send(&release)).await;
        }
    }

    /// Makes the node master, with its own login for the time when it is a replica again.
    async fn promote(&self) -> Result<(), ServerError> {
        let mut promotion = pipe();
        promotion.cmd("MULTI");
        self.client.set_replication_login(&mut promotion);
        promotion.cmd("REPLICAOF").arg("NO").arg("ONE");
        promotion.cmd("CONFIG").arg("REWRITE");
        promotion.cmd("EXEC");
        let promoted = send(self.head.node, &self.new, "REPLICAOF NO ONE", &promotion, CHANGE).await;
        promoted.map(drop)
    }
}

async fn info(link: &Link) -> Option<Info> {
    let mut question = pipe();
    question.cmd("INFO").arg("replication");
    let replies = link.send(&question).await.ok()?;
    replies.first().and_then(reply::text).map(|text| Info::parse(&text))
}
