//! The steps of a switchover, over connections that are open before its first one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use redis::{Pipeline, Value, pipe};
use tokio::time::timeout;

use super::assembly::{Assembly, CHANGE, send};
use super::cast::{Cast, SwitchoverRefusal};
use crate::servers::client::{Client, QUESTION, info_of, within};
use crate::servers::link::Link;
use crate::servers::proxy::OpenRuntimeApi;
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
/// The kinds of connections that are of applications for Redis. Those of replicas and of masters are the others.
const APPLICATION_KINDS: [&str; 2] = ["normal", "pubsub"];

/// A switchover with all connections open, so that none has to be waited for while writes are paused.
pub(super) struct Ready<'a> {
    pub(super) assembly: Assembly<'a>,
    old: Link,
}

impl<'a> Ready<'a> {
    pub(super) async fn open(client: &'a Client, group: Group, cast: Cast) -> Result<Self, ServerError> {
        let old = cast.old;
        let open = within(old.node, "AUTH", client.first_question(), client.open(old));
        let (old_link, assembly) = tokio::join!(open, Assembly::open(client, group, cast));
        let ready = Self { old: old_link?, assembly: assembly? };
        // The old master needs this to follow the new one.
        let mut login = pipe();
        client.set_replication_login(&mut login);
        send(old.node, &ready.old, "CONFIG SET masterauth", &login, QUESTION).await?;
        Ok(ready)
    }

    fn refused(&self, why: SwitchoverRefusal) -> ServerError {
        self.assembly.refused(why)
    }

    /// Steps 2 to 5. Returns how long writes were held back, and refusals of nodes after the promotion, which do not
    /// fail the whole.
    pub(super) async fn replace_master(
        &self,
        epoch: u64,
        proxies: Vec<OpenRuntimeApi>,
    ) -> Result<(Duration, Vec<String>), ServerError> {
        let is_loading = self.assembly.cast.is_loading;
        let pause = if is_loading { PAUSE_OF_LOADING } else { PAUSE_MAX.min(self.assembly.cast.down_after) };
        let began = Instant::now();
        if is_loading { self.hold_loading(pause).await } else { self.hold_and_catch_up(pause).await }?;
        // The pause must outlast what follows. A process that was stopped for so long in between begins no promotion.
        if began.elapsed() > pause / 2 {
            return Err(self.give_up(SwitchoverRefusal::TooSlow(pause / 2)).await);
        }
        let mut promotion = pipe();
        promotion.cmd("REPLICAOF").arg("NO").arg("ONE");
        let promoted =
            send(self.assembly.cast.new.node, &self.assembly.new, "REPLICAOF NO ONE", &promotion, CHANGE).await;
        if promoted.is_err() || began.elapsed() > pause / 2 {
            let error = self.give_up(SwitchoverRefusal::TooSlow(pause / 2)).await;
            return Err(promoted.err().unwrap_or(error));
        }
        // From here there is no way back: a Sentinel that has accepted tells the others.
        let demoted = async { self.demote().await.is_ok().then_some(self.assembly.cast.old.address) };
        let (pointed, remarks) = self.assembly.install(epoch, proxies, demoted).await;
        Ok((pointed.into_std().duration_since(began), remarks))
    }

    /// Pauses writes on the old master and waits until the new one has all of them. On an error the pause is over.
    async fn hold_and_catch_up(&self, pause: Duration) -> Result<(), ServerError> {
        let mut hold = pipe();
        hold.cmd("CLIENT").arg("PAUSE").arg(pause.as_millis() as u64).arg("WRITE");
        hold.cmd("INFO").arg("replication");
        let held = async {
            let replies = send(self.assembly.cast.old.node, &self.old, "CLIENT PAUSE", &hold, CATCH_UP).await?;
            let all =
                replies.get(1).map(|info| info_of(self.assembly.cast.old.node, info)).transpose()?.unwrap_or_default();
            if all.is_replica() {
                return Err(self.refused(SwitchoverRefusal::MasterUnsure(self.assembly.cast.old.node)));
            }
            let mut question = pipe();
            question.cmd("INFO").arg("replication");
            loop {
                let replies =
                    send(self.assembly.cast.new.node, &self.assembly.new, "INFO", &question, CATCH_UP).await?;
                let has = replies
                    .first()
                    .map(|info| info_of(self.assembly.cast.new.node, info))
                    .transpose()?
                    .unwrap_or_default();
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
            let _ = release(self.assembly.cast.old.node, &self.old).await;
        }
        held
    }

    /// Pauses writes on a master that is loading its data.
    ///
    /// It may have loaded all of them before it is replaced. The new master has everything that it will have.
    async fn hold_loading(&self, pause: Duration) -> Result<(), ServerError> {
        let old = self.assembly.cast.old.node;
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
        follow
            .cmd("REPLICAOF")
            .arg(self.assembly.cast.old.address.ip().to_string())
            .arg(self.assembly.cast.old.address.port());
        let _ = tokio::join!(
            send(self.assembly.cast.new.node, &self.assembly.new, "REPLICAOF", &follow, CHANGE),
            release(self.assembly.cast.old.node, &self.old),
        );
        self.refused(why)
    }

    /// Makes the old master a replica of the new one.
    ///
    /// Clients without a proxy lose the connection with what they wait for, and find the new master; a reply that says
    /// READONLY would be taken for the end of it.
    async fn demote(&self) -> Result<(), ServerError> {
        let master = self.assembly.cast.new.address;
        let mut demotion = pipe();
        demotion.cmd("MULTI");
        dismiss(&mut demotion);
        demotion.cmd("REPLICAOF").arg(master.ip().to_string()).arg(master.port());
        demotion.cmd("CLIENT").arg("UNPAUSE");
        demotion.cmd("EXEC");
        demotion.cmd("CONFIG").arg("REWRITE");
        send(self.assembly.cast.old.node, &self.old, "REPLICAOF", &demotion, CHANGE).await.map(drop)
    }

    /// Makes applications reconnect that came to the old master since, as a late Sentinel told them.
    ///
    /// That comes last, because a Sentinel that is about to log in looks like an application, and would wait for a
    /// moment before it reconnects. Clients of a proxy are readers by then, and stay.
    pub(super) async fn dismiss_clients(&self, proxies: &BTreeSet<Ipv4Addr>) -> Result<(), ServerError> {
        let old = self.assembly.cast.old.node;
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
