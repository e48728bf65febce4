//! A proxy's published ports, used as clients use them.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use redis::{Pipeline, pipe};
use tokio::time::{Instant, sleep};

use super::{Client, QUESTION, WRITE, WRITE_CHECK_EXPIRY, accept_all, no_address, within};
use crate::cluster::observed::{Inventory, NodeFacts, PublishedPort};
use crate::dial::Target;
use crate::servers::ServerError;
use crate::servers::error::unexpected;
use crate::servers::link::{Link, Login, failed};
use crate::servers::proxy::{ServerRow, read_rotation, serves_writes};
use crate::servers::reply;
use crate::spec::secret::user;
use crate::spec::{Group, NodeId, proxy_group_ports};

/// How often a published port must fail, while the proxy's own address serves, to count as dead. A proxy that has no
/// server for a moment fails at both.
const FAILURES: usize = 3;
/// Pause before a port that failed is tried again.
const BETWEEN_FAILURES: Duration = Duration::from_millis(100);
/// Connections in a row that must take a write until a proxy is ready. One says little: right after a start, a proxy
/// may lead to the master for some milliseconds and then nowhere until its checks have ended.
const WRITES_IN_A_ROW: usize = 10;
/// Uptime of a proxy from which on one connection is enough. All its checks have ended long before, and its route follows
/// from their results.
const SETTLED_AFTER: Duration = Duration::from_secs(10);
/// Time between two of these connections.
const BETWEEN_WRITES: Duration = Duration::from_millis(5);
/// Time limit until a proxy serves that many in a row.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// The answer of a port to redos.
enum Reception {
    /// It logs redos in.
    Welcome,
    /// Something answers, and refuses the login.
    Refusal(String),
    /// There is no answer.
    Silence(String),
}

impl Client {
    /// The published ports that do not lead to the proxy, each with the reason.
    ///
    /// Empty where they cannot be tried. It leaves out ports at which the proxy serves no client now, by `rows` of its
    /// statistics.
    pub(super) async fn dead_ports(
        &self,
        node: NodeId,
        facts: &NodeFacts,
        rows: &[ServerRow],
    ) -> BTreeMap<PublishedPort, String> {
        if !self.dialer.tries_published(&self.spec.name).await {
            return BTreeMap::new();
        }
        let serving = |group| {
            let (ports, writes) = (proxy_group_ports(group), serves_writes(rows, group));
            let reads = writes || !read_rotation(rows, group).is_empty();
            [writes.then_some(ports.write), reads.then_some(ports.read)].into_iter().flatten()
        };
        let ports = self.spec.groups().flat_map(serving);
        let published = ports.flat_map(|port| facts.ports.iter().filter(move |published| published.container == port));
        let tried = published.map(|port| async { Some((*port, self.why_dead(node, facts, port).await?)) });
        join_all(tried).await.into_iter().flatten().collect()
    }

    /// Why a published port does not lead to the proxy. A port at which the proxy itself serves no client now is not
    /// dead.
    async fn why_dead(&self, node: NodeId, facts: &NodeFacts, port: &PublishedPort) -> Option<String> {
        let inside = Target::Node(node, SocketAddrV4::new(facts.address?, port.container));
        let mut failures = 0;
        loop {
            let why = match self.reception(node, Target::Published(port.on_its_host())).await {
                Reception::Welcome => return None,
                Reception::Refusal(why) if matches!(self.reception(node, inside).await, Reception::Welcome) => why,
                Reception::Silence(why) if !matches!(self.reception(node, inside).await, Reception::Silence(_)) => why,
                Reception::Refusal(_) | Reception::Silence(_) => return None,
            };
            failures += 1;
            if failures == FAILURES {
                return Some(why);
            }
            sleep(BETWEEN_FAILURES).await;
        }
    }

    async fn reception(&self, node: NodeId, target: Target) -> Reception {
        let mut question = pipe();
        question.cmd("PING");
        match within(node, "PING", QUESTION, self.ask_once(node, target, self.admin(), &question)).await {
            Ok(_) => Reception::Welcome,
            Err(error @ ServerError::Refused { .. }) => Reception::Refusal(error.reason()),
            Err(error) => Reception::Silence(error.reason()),
        }
    }

    /// Connects, asks, and closes.
    async fn ask_once(
        &self,
        node: NodeId,
        target: Target,
        login: Login<'_>,
        question: &Pipeline,
    ) -> Result<Vec<redis::Value>, ServerError> {
        let link = Link::open_at(&*self.dialer, &self.spec.name, node, target, login).await?;
        link.send(question).await.map_err(|error| failed(node, "PING", error))
    }

    /// Writes to a group as an application does, until the proxy has served a number of connections in a row.
    ///
    /// Each write uses a new connection to the published port, where that can be tried.
    pub(super) async fn writes_in_a_row(
        &self,
        inventory: &Inventory,
        proxy: NodeId,
        group: Group,
    ) -> Result<(), ServerError> {
        let facts = inventory.nodes.get(&proxy).ok_or_else(|| no_address(proxy))?;
        let inside = proxy_group_ports(group).write;
        let published = facts.ports.iter().filter(|port| port.container == inside).min();
        let target = match published {
            Some(port) if self.dialer.tries_published(&self.spec.name).await => Target::Published(port.on_its_host()),
            _ => Target::Node(proxy, self.place(proxy, facts, inside)?),
        };
        let until = Instant::now() + SETTLES_WITHIN;
        let needed = writes_needed(facts.started_at.as_deref(), SystemTime::now());
        let mut in_a_row = 0;
        loop {
            match self.write_once(proxy, target).await {
                Ok(()) => in_a_row += 1,
                // It closes the connection, or holds it for longer than an answer may take.
                Err(ServerError::Connect { .. } | ServerError::Timeout { .. }) if Instant::now() < until => {
                    in_a_row = 0
                }
                Err(error) => return Err(error),
            }
            if in_a_row == needed {
                return Ok(());
            }
            sleep(BETWEEN_WRITES).await;
        }
    }

    /// Writes a key, reads it back and removes it, over one connection.
    async fn write_once(&self, proxy: NodeId, target: Target) -> Result<(), ServerError> {
        let application = self.login(user::APPLICATION, &self.secrets.app);
        let key = format!("redos:write-check:{:016x}", rand::random::<u64>());
        let mut pipeline = pipe();
        pipeline.cmd("SET").arg(&key).arg(&key).arg("PX").arg(WRITE_CHECK_EXPIRY);
        pipeline.cmd("GET").arg(&key);
        pipeline.cmd("DEL").arg(&key);
        let asked = self.ask_once(proxy, target, application, &pipeline);
        let replies = within(proxy, "SET", WRITE + self.dialer.detour(), asked).await?;
        let read = replies.get(1).and_then(reply::text);
        accept_all(proxy, "SET", &replies)?;
        if read.as_deref() == Some(key.as_str()) {
            return Ok(());
        }
        Err(unexpected(proxy, "GET", read.map_or_else(|| "nothing".to_owned(), |text| format!("'{text}'"))))
    }
}

/// How many connections in a row must take a write at a proxy that was started then.
fn writes_needed(started_at: Option<&str>, now: SystemTime) -> usize {
    let started = started_at.and_then(|at| humantime::parse_rfc3339(at).ok());
    let uptime = started.and_then(|started| now.duration_since(started).ok());
    if uptime.is_some_and(|uptime| uptime >= SETTLED_AFTER) { 1 } else { WRITES_IN_A_ROW }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_was_started_a_moment_ago_proves_its_route_several_times() {
        let now = humantime::parse_rfc3339("2026-11-27T10:00:30Z").expect("a time");
        let needed = |started_at| writes_needed(started_at, now);
        assert_eq!(needed(Some("2026-11-27T10:00:19.9Z")), 1);
        assert_eq!(needed(Some("2026-11-27T10:00:21Z")), WRITES_IN_A_ROW);
        // By the clock of another host.
        assert_eq!(needed(Some("2026-11-27T10:01:00Z")), WRITES_IN_A_ROW);
        assert_eq!((needed(None), needed(Some("yesterday"))), (WRITES_IN_A_ROW, WRITES_IN_A_ROW));
    }
}
