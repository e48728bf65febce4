//! `redis.conf` and `users.acl` of a Redis node.

use std::net::{Ipv4Addr, SocketAddrV4};

use schemars::JsonSchema;
use serde::Serialize;

use super::super::address::REDIS_PER_GROUP_MAX;
use super::super::secret::{Secrets, user};
use super::super::{NODE_DIR, PersistenceMode, Spec, Subnet};
use super::directives::{NEVER_PROMOTED, PRIORITY, fixed_directives, lines, max_clients, runtime_directives};
use super::proxy::TRUST_MARGIN;
use super::sentinel::PING_PERIOD;
use super::slots::sentinel_slots;
use super::users::users_file;
use super::{
    FOREIGN_FILE, REDIS_CONF, RenderError, RenderedFile, STANDING_FILE, START_SCRIPT, USERS_FILE, cli_arguments, fill,
    listening, read_only, rewritten, secrets_file, server,
};
use crate::spec::names::{Group, NodeId, Role};

/// How long a former master without a majority of the Sentinels goes on asking, in milliseconds.
///
/// After that it starts with its own role. After a restart of the host all nodes come back within about this time.
const ASK_FOR: u64 = 1000;

/// How long a returning replica waits for a master that does not answer, in milliseconds.
///
/// Where all nodes have ended at once the master may be the last to return. A master that is gone for good is replaced
/// later by this time, if no replica of it was left.
const RETURN_LIMIT: u64 = 10_000;

/// What a Redis node may believe at its next start. It holds for that one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It has never had data, and either no node of its group has, or it begins as a replica.
    ///
    /// It cannot lose or take anything, and so need not ask, which takes some 40 ms.
    New,
    /// It begins as a replica and has not had all data of its group yet.
    ///
    /// It asks no Sentinel either, and is never promoted until redos has seen it in sync: a Sentinel does not check
    /// whether a replica has any data.
    Joining,
    /// The file is right: all other files were read, and no running Sentinel could know better.
    Decided,
    /// The Sentinels may know better than the file.
    Open,
}

impl Standing {
    /// The word in the node's file; empty when it must ask.
    const fn word(self) -> &'static str {
        match self {
            Self::New | Self::Joining => "new\n",
            Self::Decided => "decided\n",
            Self::Open => "",
        }
    }
}

#[derive(Serialize)]
struct RedisConf<'a> {
    cluster: &'a str,
    node: NodeId,
    port: u16,
    listening: Vec<String>,
    data_dir: &'a str,
    users_file: &'a str,
    max_clients: i64,
    address: Ipv4Addr,
    master: Option<Master>,
    replication_user: Option<&'a str>,
    replication_password: &'a str,
    fixed: Vec<String>,
    runtime: Vec<String>,
}

#[derive(Serialize)]
struct Master {
    ip: Ipv4Addr,
    port: u16,
}

#[derive(Serialize)]
struct RedisStart<'a> {
    cluster: &'a str,
    node: NodeId,
    group: Group,
    /// Where the others reach it, and how it names itself: `10.0.0.1:6379`.
    address: SocketAddrV4,
    conf: &'a str,
    /// Further arguments of redis-cli.
    cli_arguments: Vec<&'static str>,
    standing_file: &'a str,
    user: &'a str,
    password: &'a str,
    /// The file that exists whenever there is an append-only file.
    append_only_file: String,
    snapshot: String,
    /// All places for data, of any mode of persistence.
    data_places: [String; 2],
    foreign_file: &'a str,
    /// All possible nodes: the file is not rewritten when their number changes.
    peers: Vec<SocketAddrV4>,
    /// All possible Sentinels.
    sentinels: Vec<SocketAddrV4>,
    ping_period: u64,
    ask_for: u64,
    trust_margin: u64,
    /// How long a replica waits for a master that does not answer, in milliseconds.
    return_limit: u64,
    /// The line that keeps the Sentinels from promoting it.
    no_promotion: String,
    /// How long a master must have been loading for all Sentinels to know, in milliseconds.
    calm: u64,
}

/// The server that a Redis node copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// None: it is a master.
    Nobody,
    /// Another node of its group.
    Node(NodeId),
    /// A server outside of the cluster.
    Existing(SocketAddrV4),
}

/// The files of a Redis node that copies `source`. `standing` decides what it does at its next start.
///
/// # Errors
/// The subnet has no address for a node, `node` is not a Redis node, or the password of the existing server is not
/// known.
pub fn redis_files(
    spec: &Spec,
    subnet: Subnet,
    secrets: &Secrets,
    node: NodeId,
    source: Source,
    standing: Standing,
) -> Result<Vec<RenderedFile>, RenderError> {
    let group = node.group().ok_or(RenderError::WrongRole { node, role: Role::Redis })?;
    let own = (Some(user::REPLICATION), &secrets.replication);
    let (master, (replication_user, replication_password)) = match source {
        Source::Nobody => (None, own),
        Source::Node(master) => (Some(server(spec, subnet, master)?), own),
        // A server with a password alone has no other user than 'default'.
        Source::Existing(server) => {
            let password = secrets.existing.as_ref().ok_or(RenderError::NoPassword { server })?;
            (Some(server), (None, password))
        }
    };
    let mut runtime = runtime_directives(spec);
    if standing == Standing::Joining {
        runtime.insert(PRIORITY.to_owned(), NEVER_PROMOTED.to_owned());
    }
    let conf = RedisConf {
        cluster: spec.name.as_str(),
        node,
        port: spec.server_port(node),
        listening: listening(spec.encryption, Role::Redis, spec.server_port(node)),
        data_dir: NODE_DIR,
        users_file: USERS_FILE,
        max_clients: max_clients(spec),
        address: *server(spec, subnet, node)?.ip(),
        master: master.map(|at: SocketAddrV4| Master { ip: *at.ip(), port: at.port() }),
        replication_user,
        replication_password: replication_password.expose(),
        fixed: lines(&fixed_directives(spec)),
        runtime: lines(&runtime),
    };
    Ok(vec![
        rewritten(REDIS_CONF, fill("redis.conf", &conf)?),
        read_only(USERS_FILE, users_file(spec, subnet, secrets, node)?),
        read_only(START_SCRIPT, fill("start-redis.sh", &start(spec, subnet, secrets, node, group)?)?),
        rewritten(STANDING_FILE, standing.word().to_owned()),
        secrets_file(secrets)?,
    ])
}

/// The data files of a Redis node, as absolute paths in its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFiles {
    /// A folder of append-only files, and the manifest in it that names the valid ones.
    AppendOnly {
        /// The path of the folder.
        folder: String,
        /// The path of the manifest.
        manifest: String,
        /// The snapshot beside them, which is not loaded.
        snapshot: String,
    },
    /// A single snapshot file.
    Snapshot(String),
    /// No files at all.
    None,
}

/// The data files of a cluster's Redis nodes.
pub fn data_files(spec: &Spec) -> DataFiles {
    let fixed = fixed_directives(spec);
    match spec.persistence.mode {
        PersistenceMode::Both | PersistenceMode::Aof => {
            let folder = format!("{NODE_DIR}/{}", fixed["appenddirname"]);
            DataFiles::AppendOnly {
                manifest: format!("{folder}/{}.manifest", fixed["appendfilename"]),
                snapshot: format!("{NODE_DIR}/{}", fixed["dbfilename"]),
                folder,
            }
        }
        PersistenceMode::Rdb => DataFiles::Snapshot(format!("{NODE_DIR}/{}", fixed["dbfilename"])),
        PersistenceMode::None => DataFiles::None,
    }
}

/// All places for a Redis node's data, of any mode of persistence: a folder of append-only files, and a snapshot.
pub fn data_places(spec: &Spec) -> [String; 2] {
    let fixed = fixed_directives(spec);
    ["appenddirname", "dbfilename"].map(|name| format!("{NODE_DIR}/{}", fixed[name]))
}

fn start<'a>(
    spec: &'a Spec,
    subnet: Subnet,
    secrets: &'a Secrets,
    node: NodeId,
    group: Group,
) -> Result<RedisStart<'a>, RenderError> {
    let [folder, snapshot] = data_places(spec);
    let peers = (1..=REDIS_PER_GROUP_MAX).map(|ordinal| NodeId::redis(group, ordinal)).filter(|peer| *peer != node);
    Ok(RedisStart {
        cluster: spec.name.as_str(),
        node,
        group,
        address: server(spec, subnet, node)?,
        conf: REDIS_CONF,
        cli_arguments: cli_arguments(spec),
        standing_file: STANDING_FILE,
        user: user::PROBE,
        password: secrets.probe.expose(),
        append_only_file: format!("{folder}/{}.manifest", fixed_directives(spec)["appendfilename"]),
        snapshot: snapshot.clone(),
        data_places: [folder, snapshot],
        foreign_file: FOREIGN_FILE,
        peers: peers.filter_map(|peer| spec.server(subnet, peer)).collect(),
        sentinels: sentinel_slots(spec).into_iter().filter_map(|sentinel| spec.server(subnet, sentinel)).collect(),
        ping_period: PING_PERIOD,
        ask_for: ASK_FOR,
        trust_margin: TRUST_MARGIN,
        return_limit: RETURN_LIMIT,
        no_promotion: format!("{PRIORITY} {NEVER_PROMOTED}"),
        calm: 2 * PING_PERIOD,
    })
}
