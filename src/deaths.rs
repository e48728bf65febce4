//! Deaths of masters: what a guard sees, and when it has one replaced.
//!
//! [`suspicion`] decides; this holds the connections and asks. The Sentinels go on beneath it: whatever a guard does not
//! replace within its part of down-after, they replace as if there was none.

pub mod rest;
mod suspicion;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{RwLock, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::cluster::observed::Inventory;
use crate::servers::{NotReplaced, Office, Servers, Succeeded};
use crate::spec::{Group, NodeId};
use suspicion::{Deed, Suspicion};

/// Time between two looks at who is master. A switchover in between is no death, since the Sentinels then name another.
const LOOK: Duration = Duration::from_secs(1);
/// Time limit of a connection to a master.
const CONNECT: Duration = Duration::from_secs(1);
/// Time between two knocks.
const KNOCK: Duration = Duration::from_millis(20);

/// The servers of a cluster, and where they are.
pub struct Guarded<S> {
    pub inventory: Inventory,
    pub servers: Arc<S>,
}

/// What a guard tells.
#[derive(Debug)]
pub enum GuardNews {
    /// It watches this master.
    Watches(Group, NodeId),
    /// It has no connection to the group's master any more, or the Sentinels name none that is well.
    Seeks(Group),
    /// A master ended and was replaced.
    Replaced {
        /// The old and the new master.
        done: Succeeded,
        /// From the closed connection until the proxies led to the new master.
        took: Duration,
    },
    /// A master ended, and the guard left it to the Sentinels.
    Left(NodeId, String),
}

impl fmt::Display for GuardNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watches(group, node) => write!(f, "watching {node}, the master of {group}"),
            Self::Seeks(group) => write!(f, "looking for the master of {group}"),
            Self::Replaced { done, took } => {
                write!(f, "{done}: it took {} ms", took.as_millis())?;
                done.remarks.iter().try_for_each(|remark| write!(f, "; {remark}"))
            }
            Self::Left(node, why) => write!(f, "{node} closed its connection and is left to the Sentinels: {why}"),
        }
    }
}

/// Watches the master of a group for ever. `at_work` says which other redos changes the cluster.
///
/// It holds `acting` while it replaces a master, which must not be interrupted.
pub async fn guard<S: Servers>(
    group: Group,
    current: watch::Receiver<Arc<Guarded<S>>>,
    at_work: impl AsyncFn() -> Option<String>,
    acting: &RwLock<()>,
    tell: impl Fn(GuardNews),
) {
    let began = Instant::now();
    let mut suspicion = Suspicion::default();
    let mut told = None;
    loop {
        let guarded = current.borrow().clone();
        let office = guarded.servers.office(&guarded.inventory, group).await;
        let stream = match &office {
            Some(office) => timeout(CONNECT, TcpStream::connect(office.address)).await.ok().and_then(Result::ok),
            None => None,
        };
        let Some((office, mut stream)) = office.zip(stream) else {
            if told.take().is_some() {
                tell(GuardNews::Seeks(group));
            }
            sleep(LOOK).await;
            continue;
        };
        if told.replace(office.master) != Some(office.master) {
            tell(GuardNews::Watches(group, office.master));
        }
        let Some(office) = last_office(&mut stream, office, &current).await else { continue };
        let closed_at = Instant::now();
        let guarded = current.borrow().clone();
        let knocking = async {
            let mut deed = suspicion.closed(began.elapsed(), office.down_after);
            while deed == Deed::Knock {
                let knock = guarded.servers.knock(&office).await;
                deed = suspicion.knocked(knock, began.elapsed());
                if deed == Deed::Knock {
                    sleep(KNOCK).await;
                }
            }
            deed
        };
        let (deed, at_work) = tokio::join!(knocking, at_work());
        let within = match deed {
            Deed::Replace { within } => within,
            Deed::Rest => {
                let why = format!("no two are replaced within the failover timeout ({:?})", office.failover_timeout);
                tell(GuardNews::Left(office.master, why));
                continue;
            }
            Deed::Leave(why) => {
                tell(GuardNews::Left(office.master, why.to_string()));
                continue;
            }
            Deed::Watch | Deed::Knock => continue,
        };
        if let Some(why) = at_work {
            tell(GuardNews::Left(office.master, why));
            continue;
        }
        let act = acting.read().await;
        let done = guarded.servers.succeed(&guarded.inventory, &office, within).await;
        drop(act);
        // A vote that was lost, too, keeps the Sentinels from voting for a while.
        if !matches!(done, Err(NotReplaced::Forborne(_))) {
            suspicion.tried(began.elapsed(), office.failover_timeout);
        }
        tell(match done {
            Ok(done) => GuardNews::Replaced { took: done.led_at - closed_at, done },
            Err(error) => GuardNews::Left(office.master, error.to_string()),
        });
    }
}

/// Waits until a master closes the connection, and returns how it was before. `None` when another node is master.
async fn last_office<S: Servers>(
    stream: &mut TcpStream,
    mut office: Office,
    current: &watch::Receiver<Arc<Guarded<S>>>,
) -> Option<Office> {
    loop {
        let look = async {
            sleep(LOOK).await;
            let guarded = current.borrow().clone();
            guarded.servers.office(&guarded.inventory, office.group).await
        };
        // What is seen after the close is not how it was before.
        let seen = tokio::select! {
            biased;
            () = closed(stream) => return Some(office),
            seen = look => seen,
        };
        match seen {
            Some(seen) if seen.master != office.master => return None,
            Some(seen) => office = seen,
            None => {}
        }
    }
}

/// Waits for the end of a connection over which nothing is asked.
async fn closed(stream: &mut TcpStream) {
    let mut bytes = [0; 64];
    while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
}
