//! Tells a Sentinel about groups and nodes that it would find by itself only later.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::time::Duration;

use redis::{Pipeline, Value, pipe};
use tokio::time::{sleep, timeout};

use super::{Client, QUESTION, accepted, set};
use crate::cluster::claims::whose_in;
use crate::cluster::observed::Inventory;
use crate::servers::error::unexpected;
use crate::servers::link::Peer;
use crate::servers::{SentinelPeer, ServerError, reply};
use crate::spec::Group;
use crate::spec::secret::user;

/// The period at which a Sentinel asks a master for its replicas, in `SENTINEL DEBUG` (since Redis 7.0).
const INFO_PERIOD: &str = "INFO-PERIOD";
/// The shortened period in milliseconds. The Sentinel then asks at every turn of its timer, which takes 50 to 100 ms.
const DISCOVERY_PERIOD: &str = "1";
/// How long the period stays short, at most. A replica whose first attempt to connect to its master failed makes the
/// next one a second later.
const DISCOVERY: Duration = Duration::from_secs(3);
/// Time between two looks at the replicas that it knows.
const DISCOVERY_POLL: Duration = Duration::from_millis(10);
/// The channel on which Sentinels announce themselves. A Sentinel takes a message at its own port for another's
/// announcement.
pub(in crate::servers) const HELLO_CHANNEL: &str = "__sentinel__:hello";

/// What a Sentinel should know about a group: its master, and the settings for it.
#[derive(Clone, Copy, Debug)]
pub(in crate::servers) struct Monitored<'a> {
    pub group: Group,
    pub master: SocketAddrV4,
    pub quorum: u16,
    /// Its further settings, by their names in `SENTINEL SET`.
    pub settings: &'a BTreeMap<String, String>,
}

impl Client {
    /// Makes a Sentinel watch a group, with these other Sentinels.
    ///
    /// # Errors
    /// It watches the group already, with another master; or it could not be told.
    pub(super) async fn monitor(
        &self,
        inventory: &Inventory,
        peer: Peer,
        monitored: &Monitored<'_>,
        peers: &[SentinelPeer],
    ) -> Result<(), ServerError> {
        let Monitored { group, master, quorum, settings } = *monitored;
        let mut pipeline = pipe();
        match self.watched(peer, group).await? {
            Some(watched) if watched != master => {
                let [named, wanted] = [watched, master].map(|address| whose_in(inventory, address));
                return Err(ServerError::WatchesAnother { node: peer.node, group, named, wanted });
            }
            Some(_) => {
                pipeline.cmd("SENTINEL").arg("SET").arg(group.to_string()).arg("quorum").arg(quorum);
                set(&mut pipeline, settings);
            }
            None => self.watch_anew(&mut pipeline, monitored),
        }
        for SentinelPeer { address, id } in peers {
            // Epoch 0: the message says which Sentinel exists, and nothing about failovers.
            let (ip, port) = (address.ip(), address.port());
            let hello = format!("{ip},{port},{id},0,{group},{},{},0", master.ip(), master.port());
            pipeline.cmd("PUBLISH").arg(HELLO_CHANNEL).arg(hello);
        }
        self.change(peer, "SENTINEL MONITOR", &pipeline).await
    }

    /// Adds the commands that make a Sentinel watch a new group. Both are sent together, so that it never connects to a
    /// master that it cannot log in at.
    pub(in crate::servers) fn watch_anew(&self, pipeline: &mut Pipeline, monitored: &Monitored<'_>) {
        let Monitored { group, master, quorum, settings } = *monitored;
        let (name, ip) = (group.to_string(), master.ip().to_string());
        pipeline.cmd("SENTINEL").arg("MONITOR").arg(&name).arg(ip).arg(master.port()).arg(quorum);
        pipeline.cmd("SENTINEL").arg("SET").arg(&name);
        pipeline.arg("auth-user").arg(user::SENTINEL).arg("auth-pass").arg(self.secrets.sentinel.expose());
        set(pipeline, settings);
    }

    /// Makes a Sentinel ask the masters for their replicas until it lists these, or for [`DISCOVERY`].
    ///
    /// After that it finds them by itself. If redos is killed in between, the Sentinel goes on asking more often than
    /// it must.
    pub(super) async fn discover(
        &self,
        peer: Peer,
        group: Group,
        replicas: &BTreeSet<SocketAddrV4>,
    ) -> Result<(), ServerError> {
        const COMMAND: &str = "SENTINEL DEBUG";
        let mut question = pipe();
        question.cmd("SENTINEL").arg("DEBUG");
        let replies = self.send(peer, COMMAND, &question, QUESTION).await?;
        let periods = replies.first().map(|reply| accepted(peer.node, COMMAND, reply)).transpose()?;
        let usual =
            periods.and_then(reply::fields::<reply::Fields>).and_then(|periods| periods.get(INFO_PERIOD).cloned());
        let usual = usual.ok_or_else(|| unexpected(peer.node, COMMAND, format!("no {INFO_PERIOD}")))?;
        let period = |milliseconds: &str| {
            let mut command = pipe();
            command.cmd("SENTINEL").arg("DEBUG").arg(INFO_PERIOD).arg(milliseconds);
            command
        };
        self.change(peer, COMMAND, &period(DISCOVERY_PERIOD)).await?;
        let listed = timeout(DISCOVERY, self.listed(peer, group, replicas)).await;
        self.change(peer, COMMAND, &period(&usual)).await?;
        listed.unwrap_or(Ok(()))
    }

    /// Returns when a Sentinel lists these replicas, and may promote them.
    async fn listed(&self, peer: Peer, group: Group, replicas: &BTreeSet<SocketAddrV4>) -> Result<(), ServerError> {
        const COMMAND: &str = "SENTINEL REPLICAS";
        let mut question = pipe();
        question.cmd("SENTINEL").arg("REPLICAS").arg(group.to_string());
        loop {
            let replies = self.send(peer, COMMAND, &question, QUESTION).await?;
            let [reply] = replies.as_slice() else { return Err(unexpected(peer.node, COMMAND, "too few replies")) };
            let known = reply::list(accepted(peer.node, COMMAND, reply)?, reply::watched_replica);
            let known = known.map_err(|why| unexpected(peer.node, COMMAND, why))?;
            let may_promote = known.into_iter().filter(|replica| replica.priority > 0);
            let known: BTreeSet<SocketAddrV4> = may_promote.map(|replica| replica.address).collect();
            if replicas.is_subset(&known) {
                return Ok(());
            }
            sleep(DISCOVERY_POLL).await;
        }
    }

    /// The master of a group at a Sentinel; `None` when it does not watch the group.
    pub(super) async fn watched(&self, peer: Peer, group: Group) -> Result<Option<SocketAddrV4>, ServerError> {
        const COMMAND: &str = "SENTINEL GET-MASTER-ADDR-BY-NAME";
        let mut question = pipe();
        question.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(group.to_string());
        let replies = self.send(peer, COMMAND, &question, QUESTION).await?;
        match replies.as_slice() {
            [Value::Array(parts)] => match parts.as_slice() {
                [ip, port] => Ok(reply::text(ip).zip(reply::text(port)).map(|(ip, port)| reply::address(&ip, &port))),
                _ => Err(unexpected(peer.node, COMMAND, format!("{} parts", parts.len()))),
            },
            [Value::Nil] => Ok(None),
            [other] => accepted(peer.node, COMMAND, other).and(Err(unexpected(peer.node, COMMAND, "no address"))),
            _ => Err(unexpected(peer.node, COMMAND, "too few replies")),
        }
    }
}
