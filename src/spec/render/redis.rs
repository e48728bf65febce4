//! `redis.conf` and `users.acl` of a Redis node.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::super::secret::{Secrets, user};
use super::super::{NODE_DIR, REDIS_PORT, Spec, Subnet};
use super::directives::{fixed_directives, lines, runtime_directives};
use super::{REDIS_CONF, RenderError, RenderedFile, USERS_FILE, address, fill, read_only, rewritten, secrets_file};
use crate::spec::names::NodeId;

/// The channels that only Sentinels may speak on begin with this.
const RESERVED_CHANNELS: &str = "__sentinel__:";

#[derive(Serialize)]
struct RedisConf<'a> {
    cluster: &'a str,
    node: NodeId,
    port: u16,
    data_dir: &'a str,
    users_file: &'a str,
    address: Ipv4Addr,
    master: Option<Ipv4Addr>,
    replication_user: &'a str,
    replication_password: &'a str,
    fixed: Vec<String>,
    runtime: Vec<String>,
}

#[derive(Serialize)]
struct Users<'a> {
    admin: &'a str,
    replication: &'a str,
    sentinel: &'a str,
    probe: &'a str,
    passwords: &'a Secrets,
    channels: String,
}

/// The files of a Redis node: a master when `master` is absent, else a replica of it.
///
/// # Errors
/// The subnet has no address for a node.
pub fn redis_files(
    spec: &Spec,
    subnet: Subnet,
    secrets: &Secrets,
    node: NodeId,
    master: Option<NodeId>,
) -> Result<Vec<RenderedFile>, RenderError> {
    let conf = RedisConf {
        cluster: spec.name.as_str(),
        node,
        port: REDIS_PORT,
        data_dir: NODE_DIR,
        users_file: USERS_FILE,
        address: address(subnet, node)?,
        master: master.map(|master| address(subnet, master)).transpose()?,
        replication_user: user::REPLICATION,
        replication_password: secrets.replication.expose(),
        fixed: lines(&fixed_directives(spec)),
        runtime: lines(&runtime_directives(spec, 0)),
    };
    let users = Users {
        admin: user::ADMIN,
        replication: user::REPLICATION,
        sentinel: user::SENTINEL,
        probe: user::PROBE,
        passwords: secrets,
        channels: all_channels_but(RESERVED_CHANNELS),
    };
    Ok(vec![
        rewritten(REDIS_CONF, fill("redis.conf", include_str!("../../../templates/redis.conf"), &conf)?),
        read_only(USERS_FILE, fill("users.acl", include_str!("../../../templates/users.acl"), &users)?),
        secrets_file(secrets)?,
    ])
}

/// Patterns that allow every channel except those that begin with `reserved`. Access control lists can only allow, so
/// this says it the long way round: for each octet of `reserved`, what comes before it and then ends, and what comes
/// before it and then goes on with another octet.
fn all_channels_but(reserved: &str) -> String {
    let patterns = reserved.char_indices().flat_map(|(at, octet)| {
        let before = &reserved[..at];
        let ends = (!before.is_empty()).then(|| format!("&{before}"));
        ends.into_iter().chain([format!("&{before}[^{octet}]*")])
    });
    patterns.collect::<Vec<_>>().join(" ")
}
