//! The proxy: its statistics, read over HTTP, and its Runtime API.
//!
//! Both are a question and an answer until the end of the connection, so neither needs a client of its own.

mod runtime;

use std::collections::{BTreeMap, BTreeSet};

pub use runtime::{
    OpenRuntimeApi, RuntimeApi, existing_commands, failover_commands, promotion_commands, readers_command,
};

use super::ServerError;
use super::error::unexpected;
use super::http::{self, BasicLogin, HttpLink, HttpQuestion};
use super::link::Peer;
use crate::dial::Dial;
use crate::spec::{ClusterName, Group, NodeId, ParseError, STATS_PATH};

/// The path of the metrics of the process alone, which include its version.
const PROCESS_METRICS_PATH: &str = "/metrics?scope=global";

/// The name of the slot for a server outside of the cluster, in each backend that has one.
pub const EXISTING: &str = "existing";

/// The backend whose server is out of maintenance while the proxy's script runs.
///
/// The script sets servers up by the answers that it gets itself, whether or not HAProxy's own checks, which are rare then,
/// have had one.
const SCRIPT_BACKEND: &str = "answers";

/// The backend for reads of a group.
pub fn read_backend(group: Group) -> String {
    format!("read_{group}")
}

/// The backend for writes of a group.
pub fn write_backend(group: Group) -> String {
    format!("write_{group}")
}

/// One server of a backend, from the statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRow {
    /// The name of the backend: `read_mymaster`.
    pub backend: String,
    /// The name of the server, which is its node's: `redis-2`.
    pub server: String,
    /// `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, also `UP 1/2` on its way down.
    pub status: String,
    /// The result of its last check: `L7OK`, `L7STS`, `INI` before the first one, `* L7OK` while the next one runs.
    pub check: String,
    /// The number of its connections.
    pub sessions: u64,
    /// The connections that could not be made to it, or that it cut off: `econ` and `eresp`.
    pub failures: u64,
}

impl ServerRow {
    /// Whether it is in service because its check passed. HAProxy uses a server before the first check as if that had
    /// passed, and takes it out when it has not.
    fn passes(&self) -> bool {
        self.status.starts_with("UP") && self.check.ends_with("L7OK")
    }

    /// Whether it is up by a check, of which the last may have been late. The first one that fails takes it down.
    fn has_passed(&self) -> bool {
        self.status.starts_with("UP") && !self.check.ends_with("INI")
    }

    /// Whether it is up and none of its checks has failed since the last one that passed.
    fn passed_last(&self) -> bool {
        self.status == "UP" && self.check.ends_with("L7OK")
    }
}

/// Parses the statistics in the form of comma-separated values.
///
/// # Errors
/// The heading lacks a column.
pub fn servers(csv: &str) -> Result<Vec<ServerRow>, ParseError> {
    let mut lines = csv.lines();
    let heading = lines.next().unwrap_or_default().trim_start_matches('#').trim_start();
    let heading = columns(heading);
    let column = |name: &str| {
        heading
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| ParseError::new(format!("statistics without the column '{name}'")))
    };
    let (backend, server, status) = (column("pxname")?, column("svname")?, column("status")?);
    let (check, sessions) = (column("check_status")?, column("scur")?);
    let (refused, cut_off) = (column("econ")?, column("eresp")?);
    let rows = lines.map(columns).filter_map(|row| {
        let number = |place: usize| row.get(place)?.parse::<u64>().ok();
        Some(ServerRow {
            backend: row.get(backend)?.clone(),
            server: row.get(server)?.clone(),
            status: row.get(status)?.clone(),
            check: row.get(check)?.clone(),
            sessions: number(sessions).unwrap_or_default(),
            failures: number(refused).unwrap_or_default() + number(cut_off).unwrap_or_default(),
        })
    });
    let mut rows: Vec<ServerRow> = rows.filter(|row| row.server != "FRONTEND" && row.server != "BACKEND").collect();
    if rows.iter().any(|row| row.backend == SCRIPT_BACKEND && row.status == "no check") {
        rows.iter_mut().filter(|row| row.status.starts_with("UP")).for_each(|row| row.check = "L7OK".to_owned());
    }
    Ok(rows)
}

/// Splits a line at its commas, but not at those within quotes. A quote within quotes is doubled.
fn columns(line: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut quoted = false;
    let mut bytes = line.chars().peekable();
    while let Some(c) = bytes.next() {
        match c {
            '"' if quoted && bytes.peek() == Some(&'"') => bytes.next().into_iter().for_each(|c| push(&mut columns, c)),
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            c => push(&mut columns, c),
        }
    }
    columns
}

fn push(columns: &mut [String], c: char) {
    if let Some(last) = columns.last_mut() {
        last.push(c);
    }
}

/// The nodes that pass the check of the backend for a group's reads.
pub fn read_rotation(rows: &[ServerRow], group: Group) -> BTreeSet<NodeId> {
    let backend = read_backend(group);
    let passing = rows.iter().filter(|row| row.backend == backend && row.passes());
    passing.filter_map(|row| row.server.parse().ok()).collect()
}

/// Whether the proxy has any server for the writes of a group.
pub fn serves_writes(rows: &[ServerRow], group: Group) -> bool {
    let backend = write_backend(group);
    rows.iter().any(|row| row.backend == backend && row.status.starts_with("UP"))
}

/// Whether the proxy knows that this node is the master.
///
/// The node passes the check of the backend for writes, and so do its claim and the votes of a majority of the
/// Sentinels on which that check rests.
///
/// A proxy that has just started counts votes as given before it has asked for them. A Sentinel that was told about its
/// group a moment ago is not connected to the master yet and gives none: writes were led to the node, and then for 40
/// to 100 ms nowhere (five of 20 rounds with one node and one Sentinel).
pub fn takes_writes(rows: &[ServerRow], group: Group, node: NodeId) -> bool {
    let of = |backend: String| rows.iter().filter(move |row| row.backend == backend);
    let server = node.to_string();
    let is_led_to = of(write_backend(group)).any(|row| row.server == server && row.passes());
    let claims = of(format!("claims_{group}")).any(|row| row.server == server && row.has_passed());
    let sentinels = of("sentinels".to_owned()).filter(|row| !row.status.starts_with("MAINT")).count();
    let votes = of(votes_backend(group, node)).filter(|row| row.has_passed()).count();
    is_led_to && claims && 2 * votes > sentinels
}

/// The backend for the Sentinels that name this node.
fn votes_backend(group: Group, node: NodeId) -> String {
    format!("votes_{group}_{node}")
}

/// The Sentinels whose last answer to the proxy was a vote for this node.
///
/// The proxy keeps counting a vote for a while when answers are missing. So a vote of a Sentinel that was recreated a moment ago
/// may be that of the former container. It ends when the new one fails to answer in time, or is not connected to the master.
pub fn votes(rows: &[ServerRow], group: Group, node: NodeId) -> BTreeSet<NodeId> {
    let backend = votes_backend(group, node);
    let given = rows.iter().filter(|row| row.backend == backend && row.passed_last());
    given.filter_map(|row| row.server.parse().ok()).collect()
}

/// The connections to each node of a backend that has some.
pub fn sessions(rows: &[ServerRow], backend: &str) -> BTreeMap<NodeId, u64> {
    let busy = rows.iter().filter(|row| row.backend == backend && row.sessions > 0);
    busy.filter_map(|row| Some((row.server.parse().ok()?, row.sessions))).collect()
}

/// The failed connections to each node of a backend that has some.
pub fn failures(rows: &[ServerRow], backend: &str) -> BTreeMap<NodeId, u64> {
    let failed = rows.iter().filter(|row| row.backend == backend && row.failures > 0);
    failed.filter_map(|row| Some((row.server.parse().ok()?, row.failures))).collect()
}

/// The nodes that the proxy checks: those without a slot in maintenance, or on the way there.
pub fn checked(rows: &[ServerRow]) -> BTreeSet<NodeId> {
    let mut checked = BTreeSet::new();
    let mut out = BTreeSet::new();
    for row in rows.iter().filter(|row| candidate(&row.backend).is_none()) {
        let Ok(node) = row.server.parse::<NodeId>() else { continue };
        let is_out = ["MAINT", "DRAIN"].iter().any(|state| row.status.starts_with(state));
        if is_out { &mut out } else { &mut checked }.insert(node);
    }
    checked.difference(&out).copied().collect()
}

/// Whether the proxy uses its slot for a server outside of the cluster.
pub fn has_existing(rows: &[ServerRow]) -> bool {
    rows.iter().any(|row| row.server == EXISTING && !row.status.starts_with("MAINT"))
}

/// The node of a backend, for backends that exist once for each node.
///
/// `votes_mymaster_redis-2` has the Sentinels that vote for `redis-2`.
fn candidate(backend: &str) -> Option<NodeId> {
    backend.rsplit('_').next()?.parse().ok()
}

/// Reads a proxy's statistics. The caller sets the deadline.
///
/// # Errors
/// No connection, a refusal, or an answer that is not statistics.
pub async fn statistics(
    page: &mut HttpLink,
    node: NodeId,
    login: BasicLogin<'_>,
) -> Result<Vec<ServerRow>, ServerError> {
    let path = format!("{STATS_PATH};csv");
    let asked = HttpQuestion { path: &path, command: &format!("GET {path}"), login: Some(login) };
    let csv = page.get(asked).await?;
    servers(&csv).map_err(|answer| unexpected(node, &format!("GET {path}"), answer))
}

/// Reads a proxy's version, which its statistics do not have. The caller sets the deadline.
///
/// # Errors
/// No connection, a refusal, or metrics without the version.
pub async fn version(
    dialer: &dyn Dial,
    cluster: &ClusterName,
    peer: Peer,
    login: BasicLogin<'_>,
) -> Result<String, ServerError> {
    let command = format!("GET {PROCESS_METRICS_PATH}");
    let asked = HttpQuestion { path: PROCESS_METRICS_PATH, command: &command, login: Some(login) };
    let metrics = http::get(dialer, cluster, peer, asked).await?;
    version_in(&metrics).ok_or_else(|| unexpected(peer.node, &command, "no version in it"))
}

/// The version in a line such as `haproxy_process_build_info{version="2.6.12-1+deb12u4"} 1`.
fn version_in(metrics: &str) -> Option<String> {
    let line = metrics.lines().find(|line| line.starts_with("haproxy_process_build_info{"))?;
    let (_, rest) = line.split_once("version=\"")?;
    rest.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeId {
        name.parse().expect("a node")
    }

    fn row(backend: &str, server: &str, status: &str) -> ServerRow {
        let (backend, server, status) = (backend.to_owned(), server.to_owned(), status.to_owned());
        ServerRow { backend, server, status, check: "L7OK".to_owned(), sessions: 0, failures: 0 }
    }

    #[test]
    fn the_read_rotation_is_what_passes_its_check() {
        let rows = servers(include_str!("replies/haproxy-2.6-stats.csv")).expect("statistics");
        assert_eq!(read_rotation(&rows, Group::number(1)), BTreeSet::from([node("redis-1"), node("redis-2")]));
        assert_eq!(read_rotation(&rows, Group::number(2)), BTreeSet::new());
    }

    #[test]
    fn a_node_takes_writes_when_its_check_says_so_and_not_because_none_has_ended() {
        let checked = |backend: &str, server: &str, status: &str, check: &str| ServerRow {
            check: check.to_owned(),
            ..row(backend, server, status)
        };
        let with_votes = |write: ServerRow, votes: [&str; 2]| {
            let sentinels = ["sentinel-1", "sentinel-2"];
            let mut rows = vec![write, row("claims_mymaster", "redis-1", "UP")];
            rows.extend(sentinels.map(|sentinel| checked("sentinels", sentinel, "no check", "")));
            rows.push(checked("sentinels", "sentinel-3", "MAINT", ""));
            let voted = sentinels.into_iter().zip(votes);
            rows.extend(voted.map(|(sentinel, check)| checked("votes_mymaster_redis-1", sentinel, "UP", check)));
            takes_writes(&rows, Group::number(1), node("redis-1"))
        };
        let said = |status: &str, check: &str| {
            with_votes(checked("write_mymaster", "redis-1", status, check), ["L7OK", "* L7TOUT"])
        };
        assert!(said("UP", "L7OK") && said("UP", "* L7OK"), "the second is being checked again");
        assert!(!said("UP", "INI") && !said("UP", "* INI") && !said("DOWN", "L7STS") && !said("DOWN", "* L7OK"));
        let write = || row("write_mymaster", "redis-1", "UP");
        assert!(
            !with_votes(write(), ["L7OK", "INI"]) && !with_votes(write(), ["* INI", "INI"]),
            "no majority has voted"
        );
        assert!(!takes_writes(&[write()], Group::number(1), node("redis-1")), "nothing that it rests on is known");
        let read = row("read_mymaster", "redis-1", "UP");
        assert!(!with_votes(read, ["L7OK", "L7OK"]), "another backend");
    }

    #[test]
    fn where_the_script_asks_a_server_that_is_up_has_answered() {
        let rows = |script: &str| {
            let heading = "# pxname,svname,status,check_status,scur,econ,eresp";
            let lines = [
                format!("answers,lua,{script},,0,0,0"),
                "read_mymaster,redis-2,UP,INI,0,0,0".to_owned(),
                "read_mymaster,redis-3,DOWN,INI,0,0,0".to_owned(),
            ];
            servers(&format!("{heading}\n{}\n", lines.join("\n"))).expect("statistics")
        };
        assert_eq!(read_rotation(&rows("no check"), Group::number(1)), BTreeSet::from([node("redis-2")]));
        assert_eq!(read_rotation(&rows("MAINT"), Group::number(1)), BTreeSet::new(), "it does not run");
    }

    #[test]
    fn a_vote_counts_for_redos_when_it_was_the_last_answer() {
        let votes_of = |status: &str, check: &str| {
            let row = ServerRow { check: check.to_owned(), ..row("votes_mymaster_redis-1", "sentinel-1", status) };
            votes(&[row], Group::number(1), node("redis-1"))
        };
        for (status, check) in [("UP", "L7OK"), ("UP", "* L7OK")] {
            assert_eq!(votes_of(status, check), BTreeSet::from([node("sentinel-1")]), "{status} {check}");
        }
        // A Sentinel that was recreated, and that the proxy has not asked since: its predecessor's vote is about to end.
        for (status, check) in [("UP 1/3", "L4TOUT"), ("UP 2/3", "* L4CON"), ("UP", "INI"), ("DOWN", "L7RSP")] {
            assert_eq!(votes_of(status, check), BTreeSet::new(), "{status} {check}");
        }
    }

    #[test]
    fn a_node_is_checked_when_none_of_its_slots_is_in_maintenance() {
        let rows = [
            row("claims_mymaster", "redis-1", "DOWN"),
            row("write_mymaster", "redis-1", "UP"),
            row("claims_mymaster", "redis-2", "UP"),
            row("write_mymaster", "redis-2", "MAINT"),
            row("sentinels", "sentinel-1", "no check"),
            row("votes_mymaster_redis-2", "sentinel-1", "MAINT"),
            row("stats", "FRONTEND", "OPEN"),
            row("read_mymaster", "redis-3", "DRAIN"),
            row("claims_mymaster", "redis-3", "UP"),
        ];
        assert_eq!(checked(&rows), BTreeSet::from([node("redis-1"), node("sentinel-1")]));
    }

    #[test]
    fn a_comma_within_quotes_divides_nothing() {
        assert_eq!(columns("a,\"b,\"\"c\"\"\",,d"), ["a", "b,\"c\"", "", "d"]);
        assert!(servers("# pxname,svname\n").is_err(), "a column is missing");
    }

    #[test]
    fn the_version_is_in_the_metrics_of_the_process() {
        let metrics =
            "# TYPE haproxy_process_build_info gauge\nhaproxy_process_build_info{version=\"2.6.12-1+deb12u4\"} 1\n";
        assert_eq!(version_in(metrics).as_deref(), Some("2.6.12-1+deb12u4"));
        assert_eq!(version_in("haproxy_process_nbthread 2"), None);
    }
}
