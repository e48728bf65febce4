//! `redis.conf` and `users.acl` of a Redis node.

use std::net::{Ipv4Addr, SocketAddrV4};

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
struct Users<'a> {
    admin: &'a str,
    replication: &'a str,
    sentinel: &'a str,
    probe: &'a str,
    passwords: &'a Secrets,
    channels: String,
}

/// Whom a Redis node copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody: it is a master.
    Nobody,
    /// Another node.
    Node(NodeId),
    /// A server outside of the cluster.
    Existing(SocketAddrV4),
}

/// The files of a Redis node that copies `source`.
///
/// # Errors
/// The subnet has no address for a node, or the password of the existing server is not known.
pub fn redis_files(
    spec: &Spec,
    subnet: Subnet,
    secrets: &Secrets,
    node: NodeId,
    source: Source,
) -> Result<Vec<RenderedFile>, RenderError> {
    let own = (Some(user::REPLICATION), &secrets.replication);
    let (master, (replication_user, replication_password)) = match source {
        Source::Nobody => (None, own),
        Source::Node(master) => (Some(SocketAddrV4::new(address(subnet, master)?, REDIS_PORT)), own),
        // One with a password alone has no other user than 'default'.
        Source::Existing(server) => {
            let password = secrets.existing.as_ref().ok_or(RenderError::NoPassword { server })?;
            (Some(server), (None, password))
        }
    };
    let conf = RedisConf {
        cluster: spec.name.as_str(),
        node,
        port: REDIS_PORT,
        data_dir: NODE_DIR,
        users_file: USERS_FILE,
        address: address(subnet, node)?,
        master: master.map(|at: SocketAddrV4| Master { ip: *at.ip(), port: at.port() }),
        replication_user,
        replication_password: replication_password.expose(),
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
