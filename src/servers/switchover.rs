//! The planned switchover: another node becomes master, and no acknowledged write is lost.
//!
//! `SENTINEL FAILOVER` is not used: it leaves the old master writable until Sentinel's next look at it. Instead this
//! program does what an elected Sentinel does in a failover, and stops the writes meanwhile:
//!
//! 1. It is elected: it asks the Sentinels for their votes for a new epoch. A majority gives no other candidate a vote
//!    for that epoch, and none of them begins a failover of its own for a while. Meanwhile the proxies lead readers past
//!    the node that is to be master, which would close their connections.
//! 2. It pauses writes on the old master, for a limited time, and waits until the new one has all of them.
//! 3. It promotes the new one.
//! 4. It announces the new master to each Sentinel as another Sentinel would, with the epoch that it won.
//! 5. It points the proxies at the new master, makes the old one a replica and makes the other replicas follow.
//!
//! If it dies after 1 or 2, the old master goes on when the pause ends. After 3, the Sentinels make the promoted node a
//! replica again; no proxy has sent it a write, since the Sentinels name the old master and that reports to be one.
//! After 4, the proxies follow the Sentinels, and these make the old master a replica. So at any moment there is one
//! master that gets writes, and nothing needs another failover. One that ends between 1 and 4 leaves this: if the
//! master fails within twice the failover timeout of the vote, the Sentinels let that time pass before they replace it.

mod assembly;
mod cast;
mod evidence;
mod settled;
mod steps;
pub(super) mod succession;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

pub(super) use assembly::{CHANGE, send};
pub(super) use cast::LAG_MAX;
pub use cast::SwitchoverRefusal;
use cast::cast;
pub use settled::NotSwitched;
use settled::{agreed, followed, still_loading};
pub(super) use steps::CATCH_UP;
use steps::Ready;

use super::client::Client;
use super::proxy::{OpenRuntimeApi, readers_command};
use super::{ServerError, Servers};
use crate::cluster::observed::{Inventory, NodeState};
use crate::spec::{Group, NodeId};

/// Attempts when a replica is too slow. Each holds writes back for [`CATCH_UP`] at most.
const TRIES: u32 = 3;
/// Time limit until a proxy leads to the new master; after that its own checks decide.
pub(super) const POINT: Duration = Duration::from_millis(500);
/// Time for readers of the future master to end before it is promoted. A request on a connection of its own takes
/// milliseconds; a connection that stays is closed with the promotion, as no replica is behind it then.
const READERS_END: Duration = Duration::from_millis(250);
/// Time limit until the proxies lead readers past that node, and those have ended. On a remote Engine each look at them
/// goes through a relay, which takes up to some hundred milliseconds.
const READERS_LED: Duration = Duration::from_secs(1);
/// Time limit until roles, Sentinels and proxies agree afterwards.
const SETTLE: Duration = Duration::from_secs(15);
/// Time between two looks at them.
const SETTLE_POLL: Duration = Duration::from_millis(10);

/// The result of a switchover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// The former master.
    pub from: NodeId,
    /// The new master.
    pub to: NodeId,
    /// From the pause of writes on the old master until the proxies led to the new one. Zero when `to` was master
    /// already.
    pub paused: Duration,
    /// From the beginning until roles, Sentinels and proxies agreed.
    pub took: Duration,
    /// What is not yet as it should be, in words. The Sentinels correct it, or `up` does; the new master stays.
    pub remarks: Vec<String>,
}

/// Switches a group over.
///
/// On a machine that is too busy for a moment a replica may not receive the last writes in time. Then the old master
/// goes on, and it is tried again.
///
/// # Errors
/// [`ServerError::SwitchoverRefused`] when it was not safe, and then the old master stays;
/// [`ServerError::SwitchoverUnsettled`] when the new one is master and not all nodes follow yet.
pub(super) async fn switch_over(
    client: &Client,
    inventory: &Inventory,
    group: Group,
    to: NodeId,
) -> Result<Switched, ServerError> {
    let mut tries = 1;
    loop {
        match try_to_switch_over(client, inventory, group, to).await {
            // Until the promotion a server that did not answer in time has cost nothing.
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
        let (epoch, ()) = tokio::join!(ready.assembly.elect(), lead_readers_past(client, inventory, group, to));
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
        match (agreed(&topology, &ready.assembly.cast, group), followed(&topology, &ready.assembly.cast, group)) {
            (Ok(()), Ok(())) => {
                remarks.extend(still_loading(&topology, &ready.assembly.cast));
                break Ok(());
            }
            (Ok(()), Err(why)) if is_late => {
                remarks.push(why.to_string());
                break Ok(());
            }
            (Err(why), _) if is_late => break Err(ServerError::SwitchoverUnsettled { group, to, why }),
            _ => sleep(SETTLE_POLL).await,
        }
    };
    // However it went: clients that are still connected to the old master have their writes refused.
    let proxies = running_proxies(inventory).filter_map(|proxy| inventory.nodes.get(&proxy)?.address).collect();
    if let Err(error) = ready.dismiss_clients(&proxies).await {
        remarks.push(format!("{error}: {}", error.reason()));
    }
    agreed?;
    Ok(Switched { from: ready.assembly.cast.old.node, to, paused, took: began.elapsed(), remarks })
}

pub(super) fn running_proxies(inventory: &Inventory) -> impl Iterator<Item = NodeId> {
    let running = inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running);
    running.map(|(node, _)| *node).filter(|node| matches!(node, NodeId::Proxy(_)))
}

/// Connects to the Runtime API of every running proxy. An unreachable one is left to its own checks.
async fn open_proxies(client: &Client, inventory: &Inventory) -> Vec<OpenRuntimeApi> {
    let proxies = running_proxies(inventory);
    let open = |proxy| async move { client.runtime_api(inventory, proxy).ok()?.open().await.ok() };
    join_all(proxies.map(open)).await.into_iter().flatten().collect()
}

/// Makes proxies lead readers past the future master. If that fails they lose their connections with the promotion, and
/// that is all.
async fn lead_readers_past(client: &Client, inventory: &Inventory, group: Group, to: NodeId) {
    let led = running_proxies(inventory).map(|proxy| async move {
        let runtime = client.runtime_api(inventory, proxy)?;
        runtime.lead_readers_past(group, to, READERS_END).await
    });
    let _ = timeout(READERS_LED, join_all(led)).await;
}

/// Sends proxies a line of commands. A proxy that does not take it in time is left to its own checks.
async fn tell_proxies(proxies: Vec<OpenRuntimeApi>, line: &str) {
    let _ = timeout(POINT, join_all(proxies.into_iter().map(|proxy| proxy.command(line)))).await;
}
