//! The files of a Sentinel.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Serialize;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::super::secret::{Secrets, user};
use super::super::{NODE_DIR, Spec, Subnet};
use super::users::users_file;
use super::{
    RenderError, RenderedFile, SENTINEL_CONF, START_SCRIPT, USERS_FILE, cli_arguments, fill, listening, read_only,
    rewritten, secrets_file, server,
};
use crate::spec::names::{Group, NodeId, Role};

#[derive(Serialize)]
struct SentinelConf<'a> {
    cluster: &'a str,
    node: NodeId,
    id: String,
    port: u16,
    listening: Vec<String>,
    data_dir: &'a str,
    users_file: &'a str,
    address: Ipv4Addr,
    user: &'a str,
    password: &'a str,
    peers_password: &'a str,
    quorum: u16,
    groups: Vec<WatchedGroup>,
    peers: Vec<KnownSentinel>,
}

#[derive(Serialize)]
struct SentinelStart<'a> {
    cluster: &'a str,
    node: NodeId,
    conf: &'a str,
    /// Further arguments of redis-cli.
    cli_arguments: Vec<&'static str>,
    port: u16,
    user: &'a str,
    password: &'a str,
    ping_period: u64,
    info_period: u64,
    publish_period: u64,
    ask_period: u64,
    tilt_period: u64,
}

#[derive(Serialize)]
struct WatchedGroup {
    name: Group,
    master: WatchedAt,
    replicas: Vec<WatchedAt>,
    settings: BTreeMap<String, String>,
}

/// Where a server is reached, in the two words of `sentinel.conf`.
#[derive(Serialize)]
struct WatchedAt {
    ip: Ipv4Addr,
    port: u16,
}

#[derive(Serialize)]
struct KnownSentinel {
    place: WatchedAt,
    id: String,
}

/// Milliseconds between two `PING`s of a Sentinel, and between two of its attempts to connect.
///
/// Replicas are fit for promotion when their `INFO` is not older than five of these (`sentinelSelectSlave` in Redis's
/// `sentinel.c`), and during a failover it comes once a second.
pub(super) const PING_PERIOD: u64 = 500;
/// Milliseconds between two `INFO`s of a Sentinel, which show a wrong role. The default is ten seconds.
const INFO_PERIOD: u64 = 1000;
/// Milliseconds between two messages of a Sentinel to the others. It corrects a wrong role after four of these; the
/// default is two seconds.
const PUBLISH_PERIOD: u64 = 500;
/// Milliseconds between two questions of a Sentinel to the others whether a master is down.
///
/// It trusts the answers for five of these (`sentinelAskMasterStateToOtherSentinels`), and does not forget them when
/// another node becomes master. Five of these are no longer than the shortest wise down-after (500 ms), so that no
/// answer about the old master is left when a Sentinel first considers the new one down. The default is one second.
const ASK_PERIOD: u64 = 100;
/// Milliseconds for which a Sentinel does not act after it was frozen: six `PING`s and three `INFO`s.
const TILT_PERIOD: u64 = 3000;

/// The periods that a Sentinel is told at each start, in milliseconds, by the names of `SENTINEL DEBUG`.
pub const fn sentinel_periods() -> [(&'static str, u64); 5] {
    [
        ("ping-period", PING_PERIOD),
        ("info-period", INFO_PERIOD),
        ("publish-period", PUBLISH_PERIOD),
        ("ask-period", ASK_PERIOD),
        ("tilt-period", TILT_PERIOD),
    ]
}

/// The files of a Sentinel that watches the groups of `masters`, each with its current master.
///
/// It knows all their replicas and all other Sentinels from the start. To find them by itself would take up to 10 s and
/// 2 s (`INFO` and hello periods), and a master that died within that time would have no successor. Other groups can be
/// added while it runs, and it then writes them into this file itself.
///
/// `old` is the file of a Sentinel that has run before: its epochs go into the new one. Without them it would take the
/// result of an earlier failover for the newest, and could vote twice in one epoch.
///
/// # Errors
/// The subnet has no address for a node.
pub fn sentinel_files(
    spec: &Spec,
    subnet: Subnet,
    secrets: &Secrets,
    node: NodeId,
    masters: &BTreeMap<Group, NodeId>,
    old: Option<&str>,
) -> Result<Vec<RenderedFile>, RenderError> {
    let place = |node| server(spec, subnet, node).map(|at| WatchedAt { ip: *at.ip(), port: at.port() });
    let watched = |(group, master): (&Group, &NodeId)| {
        let replicas = spec.redis_nodes(*group).filter(|node| node != master);
        Ok(WatchedGroup {
            name: *group,
            master: place(*master)?,
            replicas: replicas.map(place).collect::<Result<_, _>>()?,
            settings: sentinel_settings(spec, node),
        })
    };
    let peers = spec.sentinel_nodes().filter(|peer| *peer != node);
    let conf = SentinelConf {
        cluster: spec.name.as_str(),
        node,
        id: sentinel_id(spec, node),
        port: spec.server_port(node),
        listening: listening(spec.encryption, Role::Sentinel, spec.server_port(node)),
        data_dir: NODE_DIR,
        users_file: USERS_FILE,
        address: *server(spec, subnet, node)?.ip(),
        user: user::SENTINEL,
        password: secrets.sentinel.expose(),
        peers_password: secrets.peers().expose(),
        quorum: spec.quorum,
        groups: masters.iter().map(watched).collect::<Result<_, RenderError>>()?,
        peers: peers
            .map(|peer| Ok(KnownSentinel { place: place(peer)?, id: sentinel_id(spec, peer) }))
            .collect::<Result<_, RenderError>>()?,
    };
    let start = SentinelStart {
        cluster: spec.name.as_str(),
        node,
        conf: SENTINEL_CONF,
        cli_arguments: cli_arguments(spec),
        port: spec.server_port(node),
        user: user::ADMIN,
        password: secrets.admin.expose(),
        ping_period: PING_PERIOD,
        info_period: INFO_PERIOD,
        publish_period: PUBLISH_PERIOD,
        ask_period: ASK_PERIOD,
        tilt_period: TILT_PERIOD,
    };
    let mut text = fill("sentinel.conf", &conf)?;
    for line in old.into_iter().flat_map(|old| epochs(old, masters)) {
        text.push_str(line);
        text.push('\n');
    }
    Ok(vec![
        rewritten(SENTINEL_CONF, text),
        read_only(USERS_FILE, users_file(spec, subnet, secrets, node)?),
        read_only(START_SCRIPT, fill("start-sentinel.sh", &start)?),
        secrets_file(secrets)?,
    ])
}

/// The lines with epochs in a Sentinel's file, without those of groups that it no longer watches.
fn epochs<'a>(old: &'a str, masters: &BTreeMap<Group, NodeId>) -> impl Iterator<Item = &'a str> {
    let watched = |name: &str| masters.keys().any(|group| group.to_string() == name);
    old.lines().filter(move |line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["sentinel", "current-epoch", _] => true,
        ["sentinel", "config-epoch" | "leader-epoch", name, _] => watched(name),
        _ => false,
    })
}

/// Milliseconds by which the Sentinels beyond the quorum wait longer than the others, see [`sentinel_settings`].
///
/// A Sentinel that finds a master down asks the others at its next tick (every 53 to 100 ms), and for votes at the one
/// after.
const TIE_BREAK: u64 = 300;

/// A Sentinel's settings of a group by their names, without the quorum and the password.
///
/// The names are those of `sentinel.conf` and of `SENTINEL SET`. Sentinels that find a master down at the same moment
/// all stand for election, each votes for itself, none wins, and the next try comes twice the failover timeout later.
/// So those beyond the quorum find it down later: until then they stand for nothing, and their votes go to the first
/// who asks. When one of the others is dead they cost the difference.
pub fn sentinel_settings(spec: &Spec, node: NodeId) -> BTreeMap<String, String> {
    let is_beyond = matches!(node, NodeId::Sentinel(ordinal) if ordinal > spec.quorum);
    let down_after = spec.sentinel.down_after + if is_beyond { TIE_BREAK } else { 0 };
    BTreeMap::from([
        ("down-after-milliseconds".to_owned(), down_after.to_string()),
        // A master that is back within down-after and then loads its data is not silent: it answers that it loads. It
        // is waited for no longer than the same time.
        ("master-reboot-down-after-period".to_owned(), down_after.to_string()),
        ("failover-timeout".to_owned(), spec.sentinel.failover_timeout.to_string()),
        // All replicas follow a new master at once: they are small copies on few hosts, and the sooner they do, the
        // sooner writes are safe again.
        ("parallel-syncs".to_owned(), spec.replicas.max(1).to_string()),
    ])
}

/// The id of a Sentinel: 40 hexadecimal digits that follow from the names of cluster and node.
///
/// A random id would be a new one for each lost volume. The others would go on counting the old one, and after a few
/// losses no majority would be possible.
pub fn sentinel_id(spec: &Spec, node: NodeId) -> String {
    let name = node.container_name(&spec.name);
    let digits = format!("{:032x}{:016x}", xxh3_128(name.as_bytes()), xxh3_64(name.as_bytes()));
    digits[..40].to_owned()
}
