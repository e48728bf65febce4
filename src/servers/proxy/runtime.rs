//! The Runtime API: commands for a running proxy.
//!
//! A connection begins with a header of the PROXY protocol, which carries the password.

use std::collections::BTreeSet;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use super::{EXISTING, ServerRow, candidate, read_backend, servers, write_backend};
use crate::dial::{Dial, Stream, Target};
use crate::servers::ServerError;
use crate::servers::error::unexpected;
use crate::servers::link::Peer;
use crate::spec::render::STATS_LOGINS;
use crate::spec::{ClusterName, Group, NodeId, ParseError, Secret};
use crate::trace::OpenCall;

/// Commands of the Runtime API in one line. At some 60 bytes each they fit its buffer of 16 kB.
const COMMANDS_AT_ONCE: usize = 200;
/// The command that lists all servers (4; 1 is a frontend, 2 a backend) of all backends, with their sessions.
const ALL_SERVERS: &str = "show stat -1 4 -1";
/// The longest answer that is read, in bytes. 20 groups of 32 nodes make a list of servers of some 700 kB.
const ANSWER_MAX: u64 = 4 << 20;
/// The time for readers of a removed node to end, and the time between two looks. A request on a connection of its own
/// takes milliseconds; a connection that stays is closed then, and its client has to reconnect anyway.
const DRAIN: Duration = Duration::from_secs(1);
const DRAIN_POLL: Duration = Duration::from_millis(10);
/// Time limit of a command of the Runtime API. It answers within a millisecond, if the machine is not too busy.
const RUNTIME_COMMAND: Duration = Duration::from_secs(3);

/// The state that an operator gives a server of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// It gets connections when its checks allow it.
    Ready,
    /// It keeps its connections and gets no new ones.
    Drain,
    /// It gets no connections. Where the configuration says `on-marked-down shutdown-sessions`, its connections are
    /// closed.
    Maint,
}

impl ServerState {
    /// The word of the Runtime API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maint => "maint",
        }
    }
}

/// A server of a backend in `show servers state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeServer {
    /// The name of its backend.
    pub backend: String,
    /// The name of the server.
    pub server: String,
    /// The address of the server.
    pub address: String,
    /// Whether it is up by its checks (`srv_op_state` 2; 0 is down, 1 and 3 are on the way).
    pub up: bool,
    /// Whether it is in maintenance.
    ///
    /// In `srv_admin_state`, 1 is a command, 2 a server that it tracks, 32 a name without an address. 4 says that the
    /// configuration had it `disabled`, and stays after it is made ready.
    pub maintenance: bool,
    /// Whether it has checks (`srv_check_state` is not 0).
    pub checked: bool,
    /// Whether it is draining (`srv_admin_state` 8: by a command; 16: by a server that it tracks).
    pub drain: bool,
}

/// The Runtime API of one proxy.
#[derive(Clone)]
pub struct RuntimeApi<'a> {
    dialer: &'a dyn Dial,
    cluster: &'a ClusterName,
    peer: Peer,
    password: Secret,
}

impl<'a> RuntimeApi<'a> {
    /// The Runtime API of this proxy. Every command opens its own connection.
    pub const fn new(dialer: &'a dyn Dial, cluster: &'a ClusterName, peer: Peer, password: Secret) -> Self {
        Self { dialer, cluster, peer, password }
    }

    /// Connects now, so that a command can be sent later without delay.
    ///
    /// # Errors
    /// No connection in time.
    pub async fn open(&self) -> Result<OpenRuntimeApi, ServerError> {
        let (node, limit) = (self.peer.node, RUNTIME_COMMAND + self.dialer.detour());
        let opened = timeout(limit, async {
            let mut stream = self.dialer.dial(self.cluster, Target::Node(node, self.peer.address)).await?;
            stream.write_all(&header_with(&self.password)).await?;
            Ok::<_, io::Error>(stream)
        });
        let timed_out = |_| ServerError::Timeout { node, command: "connect".to_owned(), limit };
        let opened = opened.await.map_err(timed_out)?;
        let stream = opened.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        Ok(OpenRuntimeApi { proxy: node, stream })
    }

    /// Sends one command, or several with `;` between them, and returns the answer.
    ///
    /// # Errors
    /// No connection, or no answer in time. Complaints of the API are in the answer.
    pub async fn command(&self, command: &str) -> Result<String, ServerError> {
        self.open().await?.command(command).await
    }

    /// Makes the slots of these nodes ready, and puts all others into maintenance.
    ///
    /// `existing` decides the same for the slot of a server outside of the cluster. Readers of a removed node have a
    /// second to end.
    ///
    /// # Errors
    /// As [`RuntimeApi::command`].
    pub async fn check_only(&self, nodes: &BTreeSet<NodeId>, existing: bool) -> Result<(), ServerError> {
        let slots = self.servers_state().await?;
        let leaving = leaving(&slots, nodes);
        if !leaving.is_empty() {
            let drain = |slot: &&RuntimeServer| set_state(&slot.backend, &slot.server, ServerState::Drain);
            self.silent(&leaving.iter().map(drain).collect::<Vec<_>>().join(";")).await?;
            let leaving = leaving.iter().map(|slot| (slot.backend.as_str(), slot.server.as_str())).collect::<Vec<_>>();
            self.await_no_sessions(&leaving, DRAIN).await?;
        }
        for commands in changes(&slots, nodes, existing).chunks(COMMANDS_AT_ONCE) {
            self.silent(&commands.join(";")).await?;
        }
        Ok(())
    }

    /// Makes the statistics accept these logins and no others. What is to be accepted is added first.
    ///
    /// # Errors
    /// As [`RuntimeApi::command`].
    pub async fn accept_only(&self, logins: &BTreeSet<String>) -> Result<(), ServerError> {
        // The commands and the answer hold passwords.
        const LIST: &str = "show acl";
        const CHANGE: &str = "add acl and del acl";
        let listed = self.open().await?.send(&format!("{LIST} {STATS_LOGINS}"), LIST).await?;
        let accepted: BTreeSet<String> = listed.lines().filter_map(listed_pattern).collect();
        let added = logins.difference(&accepted).map(|login| format!("add acl {STATS_LOGINS} {login}"));
        let dropped = accepted.difference(logins).map(|login| format!("del acl {STATS_LOGINS} {login}"));
        let commands: Vec<String> = added.chain(dropped).collect();
        if commands.is_empty() {
            return Ok(());
        }
        let answer = self.open().await?.send(&commands.join(";"), CHANGE).await?;
        if answer.trim().is_empty() { Ok(()) } else { Err(refused(self.peer.node, CHANGE, "it has no such list")) }
    }

    /// Leads a group's new readers past a node, and waits for its present ones, for `patience` at most.
    ///
    /// [`readers_command`] leads readers there again.
    ///
    /// # Errors
    /// As [`RuntimeApi::command`].
    pub async fn lead_readers_past(&self, group: Group, node: NodeId, patience: Duration) -> Result<(), ServerError> {
        let (backend, server) = (read_backend(group), node.to_string());
        let drain = set_state(&backend, &server, ServerState::Drain);
        let answer = self.command(&format!("{drain};{ALL_SERVERS}")).await?;
        let slots = [(backend.as_str(), server.as_str())];
        if self.are_busy(&slots, &answer)? { self.await_no_sessions(&slots, patience).await } else { Ok(()) }
    }

    /// Waits until none of these servers, each with its backend, has a session, for `patience` at most.
    async fn await_no_sessions(&self, slots: &[(&str, &str)], patience: Duration) -> Result<(), ServerError> {
        let began = Instant::now();
        while began.elapsed() < patience && self.are_busy(slots, &self.command(ALL_SERVERS).await?)? {
            sleep(DRAIN_POLL).await;
        }
        Ok(())
    }

    /// Whether one of these pairs of backend and server has a session, by the answer to [`ALL_SERVERS`].
    fn are_busy(&self, slots: &[(&str, &str)], answer: &str) -> Result<bool, ServerError> {
        let rows = servers(answer.trim_start()).map_err(|why| unexpected(self.peer.node, ALL_SERVERS, why))?;
        let is_one = |row: &ServerRow| slots.contains(&(row.backend.as_str(), row.server.as_str()));
        Ok(rows.iter().any(|row| row.sessions > 0 && is_one(row)))
    }

    /// All servers of all backends.
    ///
    /// # Errors
    /// As [`RuntimeApi::command`], or the answer is not such a list.
    pub async fn servers_state(&self) -> Result<Vec<RuntimeServer>, ServerError> {
        const COMMAND: &str = "show servers state";
        let answer = self.command(COMMAND).await?;
        runtime_servers(&answer).map_err(|why| unexpected(self.peer.node, COMMAND, why))
    }

    /// Sends a command that answers only when it fails.
    async fn silent(&self, command: &str) -> Result<(), ServerError> {
        let answer = self.command(command).await?;
        match answer.trim() {
            "" => Ok(()),
            complaint => Err(refused(self.peer.node, command, complaint)),
        }
    }
}

fn refused(node: NodeId, command: &str, why: &str) -> ServerError {
    ServerError::Refused { node, command: command.to_owned(), source: anyhow::anyhow!("{why}") }
}

/// A header of version 2 of the PROXY protocol, with the password as its authority (type 2).
///
/// It describes a TCP connection over IPv4; its addresses do not matter.
fn header_with(password: &Secret) -> Vec<u8> {
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    const PROXY_OVER_TCP4: [u8; 2] = [0x21, 0x11];
    const ADDRESSES: [u8; 12] = [127, 0, 0, 1, 127, 0, 0, 1, 0, 1, 0, 1];
    const AUTHORITY: u8 = 2;
    let password = password.expose().as_bytes();
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes();
    let field = [&[AUTHORITY][..], &length(password.len()), password].concat();
    [SIGNATURE, &PROXY_OVER_TCP4, &length(ADDRESSES.len() + field.len()), &ADDRESSES, &field].concat()
}

/// Sends a line and reads to the end of the connection.
async fn exchange(mut stream: Box<dyn Stream>, line: &str) -> io::Result<Vec<u8>> {
    stream.write_all(line.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// A connection to a Runtime API. It takes one line and is closed after the answer.
pub struct OpenRuntimeApi {
    proxy: NodeId,
    stream: Box<dyn Stream>,
}

impl OpenRuntimeApi {
    /// Sends a command as [`RuntimeApi::command`] does.
    ///
    /// # Errors
    /// As there.
    pub async fn command(self, command: &str) -> Result<String, ServerError> {
        self.send(command, command).await
    }

    /// Sends a command. `shown` is its name in errors, without passwords.
    async fn send(self, command: &str, shown: &str) -> Result<String, ServerError> {
        let (node, request, command) = (self.proxy, format!("{command}\n"), shown);
        let call = OpenCall::begin(node, || shown.to_owned());
        let answer = timeout(RUNTIME_COMMAND, exchange(self.stream, &request)).await;
        let timed_out = |_| ServerError::Timeout { node, command: command.to_owned(), limit: RUNTIME_COMMAND };
        let answer = answer.map_err(timed_out)?;
        let answer = answer.map_err(|source| ServerError::Connect { node, source: source.into() })?;
        call.answered();
        // Every command is answered with an empty line at least.
        if answer.is_empty() {
            return Err(refused(node, command, "it closed the connection without an answer"));
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// The pattern in a line of `show acl`: `0x55d0c8a4c2a0 cmVkb3M6MTIz`.
fn listed_pattern(line: &str) -> Option<String> {
    let (reference, pattern) = line.trim().split_once(' ')?;
    reference.starts_with("0x").then(|| pattern.to_owned())
}

/// The command that makes a proxy use, or no longer use, a server outside of the cluster. The connections there are
/// closed then.
pub fn existing_commands(group: Group, in_use: bool) -> String {
    let state = if in_use { ServerState::Ready } else { ServerState::Maint };
    let backends = [write_backend(group), format!("existing_{group}")];
    backends.map(|backend| format!("set server {backend}/{EXISTING} state {}", state.as_str())).join(";")
}

/// The command that sends a group's writes to a node at once where there was no master, as [`failover_commands`] does.
pub fn promotion_commands(group: Group, node: NodeId) -> String {
    let backends = [format!("claims_{group}"), write_backend(group)];
    backends.map(|backend| format!("set server {backend}/{node} health up")).join(";")
}

/// The commands that send a group's writes to another node at once.
///
/// They set the results of checks, and so last until the checks have seen the same: the old master no longer reports to
/// be one and has no votes, and the new one reports it. The old one comes first, since with two that are up no client
/// is served.
///
/// The votes are those of `sentinels`. A new master needs none at first: it was a replica until just now. But while the
/// old one still had those of a majority, as of the last check, the new one would get no clients until the next.
///
/// The new one has no readers any more, as a replica that goes has none: where they were led past it, it is ready again
/// for the time when it will be a replica.
pub fn failover_commands(group: Group, old: NodeId, new: NodeId, sentinels: impl Iterator<Item = NodeId>) -> String {
    let health =
        |backend: String, server: NodeId, health: &str| format!("set server {backend}/{server} health {health}");
    let claims = |node, state| health(format!("claims_{group}"), node, state);
    let write = |node, state| health(write_backend(group), node, state);
    let votes = sentinels.map(|sentinel| health(format!("votes_{group}_{old}"), sentinel, "down"));
    let before = [claims(old, "down")];
    let after = [claims(new, "up"), write(old, "down"), write(new, "up")];
    let readers = [health(read_backend(group), new, "down"), readers_command(group, new)];
    before.into_iter().chain(votes).chain(after).chain(readers).collect::<Vec<_>>().join(";")
}

/// The command that leads a group's readers to a node again, after [`RuntimeApi::lead_readers_past`].
pub fn readers_command(group: Group, node: NodeId) -> String {
    set_state(&read_backend(group), &node.to_string(), ServerState::Ready)
}

fn set_state(backend: &str, server: &str, state: ServerState) -> String {
    format!("set server {backend}/{server} state {}", state.as_str())
}

/// The slots that lose their readers when these nodes are checked and no others.
fn leaving<'a>(servers: &'a [RuntimeServer], nodes: &BTreeSet<NodeId>) -> Vec<&'a RuntimeServer> {
    let leaves = |slot: &&RuntimeServer| {
        let node = slot.server.parse::<NodeId>().ok().filter(|node| !nodes.contains(node));
        let reads = node.and_then(|node| node.group()).is_some_and(|group| slot.backend == read_backend(group));
        reads && slot.up && !slot.maintenance
    };
    servers.iter().filter(leaves).collect()
}

/// The commands that make a proxy check these nodes and no others.
///
/// A slot in a backend about one candidate is checked when both its own node and the candidate are.
///
/// HAProxy takes a server that becomes ready for up until its first check. Clients would be sent to a node of unknown role,
/// and lose their connections with the check. So the server is set down before it becomes ready. That is possible only
/// outside of maintenance, so it is set to drain first.
fn changes(servers: &[RuntimeServer], nodes: &BTreeSet<NodeId>, existing: bool) -> Vec<String> {
    let places = servers.iter().filter(|slot| slot.server == EXISTING && slot.maintenance == existing);
    let state = if existing { ServerState::Ready } else { ServerState::Maint };
    let places = places.map(|slot| format!("set server {}/{EXISTING} state {}", slot.backend, state.as_str()));
    let changes = servers.iter().filter_map(|slot| {
        let node: NodeId = slot.server.parse().ok()?;
        let wanted = nodes.contains(&node) && candidate(&slot.backend).is_none_or(|node| nodes.contains(&node));
        let state = if wanted { ServerState::Ready } else { ServerState::Maint };
        let differs = if wanted { slot.maintenance || slot.drain } else { !slot.maintenance };
        let down = (wanted && slot.checked).then(|| {
            let drain = set_state(&slot.backend, &slot.server, ServerState::Drain);
            [drain, format!("set server {}/{node} health down", slot.backend)]
        });
        let told = set_state(&slot.backend, &slot.server, state);
        differs.then(|| down.into_iter().flatten().chain([told]))
    });
    places.chain(changes.flatten()).collect()
}

/// Parses `show servers state`: a version, a heading with the names of the columns, a line per server.
fn runtime_servers(text: &str) -> Result<Vec<RuntimeServer>, ParseError> {
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).ok_or_else(|| ParseError::new("no heading"))?;
    let heading: Vec<&str> = heading.split(' ').collect();
    let column = |name: &str| {
        heading.iter().position(|column| *column == name).ok_or_else(|| ParseError::new(format!("no column '{name}'")))
    };
    let (backend, server, address) = (column("be_name")?, column("srv_name")?, column("srv_addr")?);
    let (operation, admin) = (column("srv_op_state")?, column("srv_admin_state")?);
    let checks = column("srv_check_state")?;
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect::<Vec<_>>());
    let rows = rows.filter(|row| row.len() >= heading.len()).map(|row| {
        let admin: u32 = number(row[admin])?;
        Ok(RuntimeServer {
            backend: row[backend].to_owned(),
            server: row[server].to_owned(),
            address: row[address].to_owned(),
            up: number::<u32>(row[operation])? == 2,
            maintenance: admin & (1 | 2 | 32) != 0,
            checked: number::<u32>(row[checks])? != 0,
            drain: admin & (8 | 16) != 0,
        })
    });
    rows.collect()
}

fn number<T: FromStr>(text: &str) -> Result<T, ParseError> {
    text.parse().map_err(|_| ParseError::new(format!("'{text}' is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeId {
        name.parse().expect("a node")
    }

    #[test]
    fn a_vote_is_checked_when_the_sentinel_and_the_candidate_are() {
        let slot = |backend: &str, server: &str, maintenance| RuntimeServer {
            backend: backend.to_owned(),
            server: server.to_owned(),
            address: String::new(),
            up: false,
            maintenance,
            checked: backend != "sentinels",
            drain: false,
        };
        let slots = [
            slot("sentinels", "sentinel-1", true),
            slot("claims_mymaster-2", "redis-2-1", false),
            slot("claims_mymaster-2", "redis-2-2", true),
            slot("claims_mymaster-2", "redis-2-3", false),
            slot("votes_mymaster-2_redis-2-2", "sentinel-1", true),
            slot("votes_mymaster-2_redis-2-3", "sentinel-1", false),
            slot("votes_mymaster-2_redis-2-1", "sentinel-2", true),
        ];
        let nodes = BTreeSet::from([node("redis-2-1"), node("redis-2-2"), node("sentinel-1")]);
        let wanted = [
            "set server sentinels/sentinel-1 state ready",
            "set server claims_mymaster-2/redis-2-2 state drain",
            "set server claims_mymaster-2/redis-2-2 health down",
            "set server claims_mymaster-2/redis-2-2 state ready",
            "set server claims_mymaster-2/redis-2-3 state maint",
            "set server votes_mymaster-2_redis-2-2/sentinel-1 state drain",
            "set server votes_mymaster-2_redis-2-2/sentinel-1 health down",
            "set server votes_mymaster-2_redis-2-2/sentinel-1 state ready",
            "set server votes_mymaster-2_redis-2-3/sentinel-1 state maint",
        ];
        assert_eq!(changes(&slots, &nodes, false), wanted);
        let places = [slot("write_mymaster", EXISTING, false), slot("existing_mymaster", EXISTING, false)];
        let leave =
            ["set server write_mymaster/existing state maint", "set server existing_mymaster/existing state maint"];
        assert_eq!(changes(&places, &nodes, false), leave);
        assert_eq!(changes(&places, &nodes, true), [""; 0]);
        assert_eq!(existing_commands(Group::number(1), false), leave.join(";"));
    }

    #[test]
    fn the_old_master_is_left_before_the_new_one_is_served() {
        let sentinels = [1, 2].map(NodeId::Sentinel).into_iter();
        let wanted = [
            "set server claims_mymaster/redis-1 health down",
            "set server votes_mymaster_redis-1/sentinel-1 health down",
            "set server votes_mymaster_redis-1/sentinel-2 health down",
            "set server claims_mymaster/redis-2 health up",
            "set server write_mymaster/redis-1 health down",
            "set server write_mymaster/redis-2 health up",
            "set server read_mymaster/redis-2 health down",
            "set server read_mymaster/redis-2 state ready",
        ];
        let commands = failover_commands(Group::number(1), node("redis-1"), node("redis-2"), sentinels);
        assert_eq!(commands.split(';').collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn readers_of_a_node_that_goes_are_led_elsewhere_first() {
        let slots = runtime_servers(include_str!("../replies/haproxy-2.6-servers-state.txt")).expect("a list");
        let nodes = BTreeSet::from([node("redis-1"), node("redis-3")]);
        let leave = leaving(&slots, &nodes);
        let leave: Vec<_> = leave.iter().map(|slot| (slot.backend.as_str(), slot.server.as_str())).collect();
        assert_eq!(leave, [("read_mymaster", "redis-2")], "redis-3 is in maintenance already");
        // It was left draining, by a redos that was killed meanwhile.
        let back = changes(&slots, &BTreeSet::from([node("redis-1"), node("redis-2")]), false);
        assert!(back.contains(&"set server read_mymaster/redis-2 state ready".to_owned()), "{back:?}");
        let gone = changes(&slots, &BTreeSet::from([node("redis-1")]), false);
        assert!(gone.contains(&"set server read_mymaster/redis-2 state maint".to_owned()), "{gone:?}");
    }

    #[test]
    fn servers_state_tells_checks_and_administration_apart() {
        let servers = runtime_servers(include_str!("../replies/haproxy-2.6-servers-state.txt")).expect("a list");
        let of = |backend: &str, name: &str| {
            let server = servers.iter().find(|row| row.backend == backend && row.server == name);
            server.map(|row| (row.up, row.maintenance, row.drain))
        };
        assert_eq!(of("write_mymaster", "redis-1"), Some((true, false, false)));
        assert_eq!(of("read_mymaster", "redis-3"), Some((false, true, false)));
        assert_eq!(of("read_mymaster", "redis-2"), Some((true, false, true)));
    }
}
