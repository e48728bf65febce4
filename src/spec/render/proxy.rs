//! `haproxy.cfg` of a proxy.
//!
//! Nodes have slots in it ahead of need, at their pinned addresses; the slot of an absent node is disabled. So scaling
//! needs only the Runtime API, and no reload drops a connection.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;

use super::super::secret::{PasswordKind, Secret, Secrets, user};
use super::super::{
    EXPORTER_PORT, Encryption, PLAIN_PORT, REDIS_PORT, RUNTIME_API_PORT, STATS_PAGE, STATS_PATH, STATS_PORT, Spec,
    Subnet, proxy_group_ports,
};
use super::exporter::{ExporterQuestion, exporter_questions};
use super::slots::{redis_slots, sentinel_slots};
use super::{
    AUTHORITY_FILE, PROXY_ASK, PROXY_CONF, PROXY_HOLD, RenderError, RenderedFile, STATS_LOGINS, fill, read_only, server,
};
use crate::spec::names::{Group, NodeId, Role};

/// Client connections of one port. Redis itself takes 10000 by default, for both ports and all other clients.
const CLIENTS_PER_PORT: u32 = 4500;
/// How many of them one address may have. All clients that come through Docker's port forwarder have the same one.
const CLIENTS_PER_ADDRESS: u32 = 3500;
/// Seconds for a client to send its first bytes, and for the server to answer them. Clients log in as soon as they
/// connect; this leaves time for a slow machine.
const LOGIN_SECONDS: u32 = 5;
/// How much later than the action that holds a connection HAProxy ends the hold, in milliseconds.
///
/// The action ends by itself, unless it sleeps on; then it is woken.
const HOLD_MARGIN: u64 = 100;
/// Connections that the Runtime API takes, and how many of them one address may have. A command of redos needs two at a
/// time.
const RUNTIME_CONNECTIONS: u32 = 64;
const RUNTIME_CONNECTIONS_PER_ADDRESS: u32 = 16;
/// How long a connection to the Runtime API may be idle, in seconds. A command opens some before it pauses writes, which
/// takes a second at most.
const RUNTIME_SILENCE: u32 = 10;
/// Connections beside the clients': checks, statistics, Runtime API.
const OTHER_CONNECTIONS: u32 = 500;
/// How often the proxy evaluates its own verdict on who is master, in milliseconds.
///
/// It costs no network traffic, and still as much of a CPU as 40 checks of nodes.
const VERDICT_INTERVAL: u64 = 30;
/// The same interval for a second look at a verdict that has just changed.
const SECOND_VERDICT: u64 = 10;
/// How soon a check is repeated whose answer has just changed, in milliseconds.
const CHANGE_INTERVAL: u64 = 20;
/// How many times rarer than the check of a role is the question whether a node is a replica.
const SLOW_CHECKS: u64 = 10;
/// How many times rarer it is asked whether a node may take reads that takes none.
const READ_CHECKS: u64 = 4;
/// How much rarer than the check of a role is the check of a node that reports to be master.
///
/// HAProxy gives a check's connection no longer than its interval: at the default of 50 ms a master with 50 ms of delay
/// each way was never in service, although no Sentinel considered it down. The proxy learns from the Sentinels first
/// that a node is no longer master.
///
/// A master that dies closes its connections. The Sentinels then take back their votes at once, and the proxy holds new
/// connections 0.09 to 0.24 s after `docker kill` (12 rounds, load average 6 to 10). An address that vanishes without
/// notice is found by this check alone, after this time [`LATE_ANSWERS`] times: 0.56 to 0.69 s (5 rounds, its interface
/// taken down). Both are over before Sentinels replace the master, 1.4 to 1.7 s after its end by default. So fewer
/// missing answers would shorten no outage, and would cost sessions under load.
const PATIENT_CHECKS: u64 = 3;
/// How many times rarer all checks of nodes are with TLS, and how much longer their connections may take.
///
/// A handshake is part of a check's connection. It waits twice for the server, and costs the proxy 0.7 ms of a CPU and the
/// server 0.3 ms. Without this factor a default cluster used 24 % of a core for its checks. On two busy cores with three such
/// clusters (load average 15 to 30) no handshake ended in time, and what was begun in vain took the rest of the CPU: writes
/// were out for 67 to 73 s in rounds of `failover-test`, and 11 to 193 acknowledged ones were lost, because a Sentinel's veto
/// counts for nothing where its answer is missing. With it they were out for 0.5 to 3.8 s in 7 of 8 rounds and for 17 s in one,
/// and none was lost.
const TLS_CHECKS: u64 = 2;
/// How many times rarer than the check of a role is the question to a Sentinel which node it names.
///
/// This is also the time limit of its connection. With [`LATE_ANSWERS`] an unreachable Sentinel loses its vote after
/// 0.84 s at most by default. That is before the others consider a master down (1 s) that is cut off together with it.
const VOTE_CHECKS: u64 = 4;
/// How much rarer than the check of a role a Sentinel is asked whether it is replacing a node.
///
/// It is asked more often than for votes: a master that comes back must not have its votes again before this veto is
/// seen.
const VETO_CHECKS: u64 = 2;
/// The part of down-after after which a Sentinel is asked whether it names a node now.
///
/// A node that it names is checked at the two intervals above. A Sentinel replaces a master at the earliest one down-after
/// after it began to name it, so the veto's own interval holds by then. Most checks are of this kind: with 20 replicas 20 of
/// 21.
const UNNAMED_CHECKS: u64 = 2;
/// The longest such interval in milliseconds: the proxy counts a Sentinel that is back after this time.
const UNNAMED_MAX: u64 = 500;
/// Bytes of a Sentinel's answer to `SENTINEL MASTER` that hold name, address and flags. They end before byte 300 with
/// the longest name and all flags; the shortest answer has some 700.
const VOTE_LENGTH: usize = 400;
/// How many answers in a row may be missing before a node or a Sentinel counts as silent.
///
/// At full load HAProxy's own checks are late: with 1,000 clients on two busy cores (load average 15) a single missing
/// answer took the master out twice in a minute and the replicas twelve times, which closed 1,700 sessions. With three,
/// none was closed in three minutes.
const LATE_ANSWERS: u64 = 3;
/// The same for a Sentinel that is replacing a node.
///
/// Its silence must not end its veto before the failover ends: the node would take writes that are lost. A Sentinel that has
/// ended refuses connections, and then this many take 0.2 s.
const LATE_ANSWERS_OF_VETO: u64 = 10;
/// The niceness of clients' connections in HAProxy's own scheduler, from -1024 to 1024: due checks come first.
const CLIENT_NICENESS: u16 = 1024;
/// The least time from the end of a Sentinel to the start of another one in its place. It is 0.35 s at least on an idle host.
const REPLACED_AFTER: Duration = Duration::from_millis(200);
/// How often HAProxy's own checks ask what the script asks over connections that stay open, in milliseconds.
///
/// They cost ten times as much for each question. They are there in case that the script errs.
const RARE_CHECK: u64 = 10_000;
/// The same for the verdict, which is evaluated whenever an answer changes.
const RARE_VERDICT: u64 = 1000;
/// How many times rarer than the check of a role the script asks a replica while nothing happens.
const CALM_QUESTIONS: u64 = 4;
/// Added to the longest time for which a task of the script waits, in milliseconds. Then it is replaced.
const LOST_MARGIN: u64 = 500;
/// Added to the failover timeout, in milliseconds.
///
/// The sum is how long a promoted replica may be trusted before a majority of Sentinels names it.
pub(super) const TRUST_MARGIN: u64 = 2000;

#[derive(Serialize)]
struct ProxyConf<'a> {
    cluster: &'a str,
    tls: bool,
    /// The port of Redis nodes for clients without TLS where those with TLS have another, else 0.
    plain_port: u16,
    /// Where checks go at servers without a port, behind a space; empty where all have one.
    check_port: String,
    /// How checks connect to servers, behind a space; empty without TLS.
    check_over: &'static str,
    /// Whose certificates checks accept, behind a space; empty without TLS.
    check_trust: String,
    node: NodeId,
    connections: u32,
    clients_per_port: u32,
    clients_per_address: u32,
    login_seconds: u32,
    runtime_api_port: u16,
    runtime_password: String,
    runtime_connections: u32,
    runtime_connections_per_address: u32,
    runtime_silence: u32,
    stats_port: u16,
    stats_page: &'a str,
    stats_path: &'a str,
    stats_logins: &'static str,
    hold: u64,
    hold_margin: u64,
    hold_script: &'static str,
    /// Whether a script asks over connections that stay open.
    lasting: bool,
    ask_script: &'static str,
    authority_file: &'static str,
    login_in_lua: String,
    net_interval: u64,
    rare_verdict: u64,
    rare_trust_checks: u64,
    calm_interval: u64,
    brisk_interval: u64,
    answer_time: u64,
    question_interval: u64,
    lost: u64,
    trust: u64,
    link_grace_seconds: u64,
    check_timeout: u64,
    check_interval: u64,
    patient_interval: u64,
    slow_interval: u64,
    verdict_interval: u64,
    second_verdict: u64,
    change_interval: u64,
    read_interval: u64,
    unnamed_interval: u64,
    vote_interval: u64,
    veto_interval: u64,
    vote_length: usize,
    late_answers: u64,
    late_answers_of_veto: u64,
    client_niceness: u16,
    trust_checks: u64,
    link_grace: String,
    redis_port: u16,
    sentinels: Vec<Slot>,
    groups: Vec<ProxyGroup>,
    login: String,
    existing: Option<ExistingSlot>,
    exporter: Option<ExporterSlot>,
}

/// The place of the exporter, whether there is one or not, and what it is asked about each node.
#[derive(Serialize)]
struct ExporterSlot {
    address: Ipv4Addr,
    port: u16,
    questions: Vec<ExporterQuestion>,
}

/// The slot of an existing server that the cluster follows.
#[derive(Serialize)]
struct ExistingSlot {
    address: SocketAddrV4,
    login: String,
}

#[derive(Serialize)]
struct ProxyGroup {
    name: Group,
    write_port: u16,
    read_port: u16,
    slots: Vec<Slot>,
}

#[derive(Serialize)]
struct Slot {
    node: NodeId,
    address: SocketAddrV4,
    /// Where clients are led there: the address, without a port where that depends on the client.
    for_clients: String,
    present: bool,
    /// The part of a Sentinel's answer that names this node.
    vote: String,
}

/// The files of a proxy. The slots of nodes that are not `present` are disabled.
///
/// # Errors
/// The subnet has no address for the proxy or for a present node, or `node` is not a proxy.
pub fn proxy_files(
    spec: &Spec,
    subnet: Subnet,
    secrets: &Secrets,
    node: NodeId,
    present: &BTreeSet<NodeId>,
) -> Result<Vec<RenderedFile>, RenderError> {
    if node.role() != Role::Proxy {
        return Err(RenderError::WrongRole { node, role: Role::Proxy });
    }
    let serves_both = spec.encryption == Encryption::Both;
    let slots = |nodes: Vec<NodeId>| -> Result<Vec<Slot>, RenderError> {
        // A subnet without an address for a future node has none to reserve either.
        let possible = nodes.into_iter().filter(|node| present.contains(node) || spec.server(subnet, *node).is_some());
        let slot = |node| {
            let address = server(spec, subnet, node)?;
            let for_clients = if serves_both { address.ip().to_string() } else { address.to_string() };
            Ok(Slot { node, address, for_clients, present: present.contains(&node), vote: escaped(&vote(address)) })
        };
        possible.map(slot).collect()
    };
    let group = |group: Group| {
        let ports = proxy_group_ports(group);
        let slots = slots(redis_slots(spec, group))?;
        Ok(ProxyGroup { name: group, write_port: ports.write, read_port: ports.read, slots })
    };
    let existing = |address| {
        let password = secrets.existing.as_ref().ok_or(RenderError::NoPassword { server: address })?;
        Ok(ExistingSlot { address, login: escaped(&format!("AUTH {}\r\n", password.expose())) })
    };
    let exporter =
        |address| ExporterSlot { address, port: EXPORTER_PORT, questions: exporter_questions(spec, subnet, secrets) };
    let check_interval = check_interval(spec);
    let slow_interval = check_interval * SLOW_CHECKS;
    let trust = spec.sentinel.failover_timeout + TRUST_MARGIN;
    let login = format!("AUTH {} {}\r\n", user::PROBE, secrets.probe.expose());
    let conf = ProxyConf {
        cluster: spec.name.as_str(),
        tls: spec.encryption.is_tls(),
        plain_port: if serves_both { PLAIN_PORT } else { 0 },
        check_port: if serves_both { format!(" port {REDIS_PORT}") } else { String::new() },
        check_over: if spec.encryption.is_tls() { " ssl" } else { "" },
        check_trust: if spec.encryption.is_tls() {
            format!(" check-ssl verify required ca-file {AUTHORITY_FILE}")
        } else {
            String::new()
        },
        node,
        connections: 2 * CLIENTS_PER_PORT * u32::from(spec.masters) + OTHER_CONNECTIONS,
        clients_per_port: CLIENTS_PER_PORT,
        clients_per_address: CLIENTS_PER_ADDRESS,
        login_seconds: LOGIN_SECONDS,
        runtime_api_port: RUNTIME_API_PORT,
        runtime_password: escaped(secrets.runtime().expose()),
        runtime_connections: RUNTIME_CONNECTIONS,
        runtime_connections_per_address: RUNTIME_CONNECTIONS_PER_ADDRESS,
        runtime_silence: RUNTIME_SILENCE,
        stats_port: STATS_PORT,
        stats_page: STATS_PAGE,
        stats_path: STATS_PATH,
        stats_logins: STATS_LOGINS,
        hold: spec.proxy.hold,
        hold_margin: HOLD_MARGIN,
        hold_script: PROXY_HOLD,
        lasting: spec.proxy.lasting_checks,
        ask_script: PROXY_ASK,
        authority_file: AUTHORITY_FILE,
        login_in_lua: lua_text(&login),
        net_interval: RARE_CHECK,
        rare_verdict: RARE_VERDICT,
        rare_trust_checks: trust.div_ceil(RARE_CHECK),
        calm_interval: spec.proxy.check_interval * CALM_QUESTIONS,
        brisk_interval: spec.proxy.check_interval * VETO_CHECKS,
        answer_time: answer_time(spec),
        question_interval: spec.proxy.check_interval,
        lost: 4 * answer_time(spec) + LOST_MARGIN,
        trust,
        link_grace_seconds: trust.div_ceil(1000),
        check_timeout: check_timeout(spec),
        check_interval,
        patient_interval: check_interval * PATIENT_CHECKS,
        slow_interval,
        verdict_interval: VERDICT_INTERVAL,
        second_verdict: SECOND_VERDICT,
        change_interval: CHANGE_INTERVAL,
        read_interval: check_interval * READ_CHECKS,
        unnamed_interval: unnamed_interval(spec, check_interval),
        vote_interval: check_interval * VOTE_CHECKS,
        veto_interval: check_interval * VETO_CHECKS,
        vote_length: VOTE_LENGTH,
        late_answers: LATE_ANSWERS,
        late_answers_of_veto: LATE_ANSWERS_OF_VETO,
        client_niceness: CLIENT_NICENESS,
        trust_checks: trust.div_ceil(slow_interval),
        link_grace: seconds_up_to(trust.div_ceil(1000)),
        redis_port: REDIS_PORT,
        sentinels: slots(sentinel_slots(spec))?,
        groups: spec.groups().map(group).collect::<Result<_, RenderError>>()?,
        login: escaped(&login),
        existing: spec.follow.existing().map(existing).transpose()?,
        exporter: subnet.address(NodeId::Exporter).map(exporter),
    };
    let mut files = vec![
        read_only(PROXY_CONF, fill("haproxy.cfg", &conf)?),
        read_only(STATS_LOGINS, stats_logins(spec, secrets).map(|login| login + "\n").collect()),
        read_only(PROXY_HOLD, fill("hold.lua", &conf)?),
    ];
    if conf.lasting {
        files.push(read_only(PROXY_ASK, fill("ask.lua", &conf)?));
    }
    Ok(files)
}

/// How long a server may be silent on a connection of the script, in milliseconds.
///
/// The time of a connection begins with the last answer on it, so it is longer than the time between two questions.
fn answer_time(spec: &Spec) -> u64 {
    check_timeout(spec).max(spec.proxy.check_interval * (CALM_QUESTIONS + PATIENT_CHECKS))
}

/// A text of Lua, with every byte that is no letter or digit as its number.
fn lua_text(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("\\{b:03}"),
    };
    format!("\"{}\"", text.bytes().map(byte).collect::<String>())
}

/// The time between two checks of a node, in milliseconds.
fn check_interval(spec: &Spec) -> u64 {
    spec.proxy.check_interval * if spec.encryption.is_tls() { TLS_CHECKS } else { 1 }
}

/// How long the answer of a check may take, in milliseconds.
fn check_timeout(spec: &Spec) -> u64 {
    spec.sentinel.down_after.div_ceil(LATE_ANSWERS)
}

/// For how long a proxy's last answer of a Sentinel may be one from before the Sentinel was recreated.
///
/// By then a check that began after its predecessor had gone has ended: it waits for one interval, another one for its
/// connection, and for the answer. To replace a container takes longer than [`REPLACED_AFTER`].
pub fn former_vote_ends(spec: &Spec) -> Duration {
    let interval = check_interval(spec) * VOTE_CHECKS;
    Duration::from_millis(2 * interval + check_timeout(spec)).saturating_sub(REPLACED_AFTER)
}

/// The logins at a proxy's statistics, as HTTP sends them.
pub fn stats_logins<'a>(spec: &'a Spec, secrets: &'a Secrets) -> impl Iterator<Item = String> + use<'a> {
    secrets.accepted(&PasswordKind::Stats).into_iter().map(|password| basic_login(&spec.proxy.stats_user, &password))
}

/// A user and its password, as the header `Authorization: Basic` of HTTP has them.
pub fn basic_login(user: &str, password: &Secret) -> String {
    BASE64.encode(format!("{user}:{}", password.expose()))
}

/// A part of a Sentinel's answer to `SENTINEL MASTER` that shows the master's address.
///
/// With the lengths that the protocol puts before each text, 10.0.0.1 does not match an answer of 10.0.0.10.
fn vote(address: SocketAddrV4) -> String {
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    format!("$2\r\nip\r\n${}\r\n{ip}\r\n$4\r\nport\r\n${}\r\n{port}\r\n", ip.len(), port.len())
}

/// Not more often than a Sentinel that names the node, where `proxy.checkInterval` is long.
fn unnamed_interval(spec: &Spec, check_interval: u64) -> u64 {
    let longest = (spec.sentinel.down_after / UNNAMED_CHECKS).min(UNNAMED_MAX);
    longest.max(check_interval * VOTE_CHECKS)
}

/// A regular expression for the whole numbers from 0 to `most`.
fn seconds_up_to(most: u64) -> String {
    (0..=most).map(|seconds| seconds.to_string()).collect::<Vec<_>>().join("|")
}

/// A word of `haproxy.cfg`, with escapes for what would end it or mean something else.
fn escaped(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\r' => word.push_str("\\r"),
            '\n' => word.push_str("\\n"),
            ' ' | '#' | '\\' | '"' | '\'' => {
                word.push('\\');
                word.push(c);
            }
            c => word.push(c),
        }
    }
    word
}
