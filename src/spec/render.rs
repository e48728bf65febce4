//! Spec, addresses and secrets to configuration texts.
//!
//! One function per role: [`redis_files`], [`sentinel_files`], [`proxy_files`]. The texts are templates in `templates/`,
//! which say at each group of lines why they are there; this module fills in names, addresses and passwords.
//! [`directives`] has the part of `redis.conf` that can be compared with, and set on, a running server.

pub mod directives;
mod proxy;
mod redis;
mod sentinel;
mod users;
pub mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use directives::{fixed_directives, taken_back, told_directives, trial_configuration};
pub use proxy::proxy_files;
pub use redis::{DataFiles, Source, Standing, data_files, data_places, redis_files};
pub use sentinel::{sentinel_files, sentinel_id, sentinel_settings};
pub use users::users_file;
pub use value::same_value;

use super::address::Subnet;
use super::names::{ClusterName, Group, NodeId, Role};
use super::secret::{SECRET_BYTES, Secrets};
use super::{Persistence, Spec};

/// Where a Redis node has its configuration, which it rewrites.
pub const REDIS_CONF: &str = "/data/conf/redis.conf";
/// Where a Sentinel has its configuration and its state, which it rewrites.
pub const SENTINEL_CONF: &str = "/data/conf/sentinel.conf";
/// Where a proxy has its configuration.
pub const PROXY_CONF: &str = "/data/conf/haproxy.cfg";
/// Where a proxy has the Lua action that holds new connections while nobody is master.
const PROXY_HOLD: &str = "/data/conf/hold.lua";
/// What a Redis node or a Sentinel runs when it starts; it ends by becoming the server.
const START_SCRIPT: &str = "/data/conf/start.sh";
/// Where a Redis node has its [`Standing`], which holds for one start.
const STANDING_FILE: &str = "/data/conf/standing";
/// Where a Redis node or a Sentinel has its users and what they may do.
const USERS_FILE: &str = "/data/conf/users.acl";
/// Where a Redis node or a Sentinel has the cluster's secrets.
pub const SECRETS_FILE: &str = "/data/conf/secrets.json";

/// What a Redis node logs of a file in its volume that belongs to another user, after the file's path.
pub const FOREIGN_FILE: &str = "is not this node's to read and write";

/// A configuration file of a node.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Absolute path in the container.
    pub path: String,
    /// Its text. Not in `Debug`: it may hold a password.
    pub content: String,
    /// Its mode: 0o600 for what the server rewrites, 0o400 for the rest.
    pub mode: u32,
}

impl std::fmt::Debug for RenderedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RenderedFile({}, {:o}, {} bytes)", self.path, self.mode, self.content.len())
    }
}

/// Why a configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The subnet has no address for a node.
    #[error("the subnet {subnet} has no address for {node}")]
    NoAddress {
        /// The node.
        node: NodeId,
        /// The subnet that Docker picked.
        subnet: Subnet,
    },
    /// A node was asked for the files of another role.
    #[error("{node} is not a {role} node")]
    WrongRole {
        /// The node.
        node: NodeId,
        /// The role whose files were asked for.
        role: Role,
    },
    /// The password of an existing server is not known.
    #[error("the password of the existing server {server} is not among the cluster's")]
    NoPassword {
        /// The server.
        server: SocketAddrV4,
    },
    /// A template does not fit its values.
    #[error("cannot fill in the template of {name}")]
    Template {
        /// The template.
        name: &'static str,
        /// What does not fit.
        source: minijinja::Error,
    },
    /// The secrets cannot be written as JSON.
    #[error("cannot write the secrets as JSON")]
    Secrets(#[source] serde_json::Error),
}

/// The program of a node and its arguments. `server` is the program of the Redis image, `redis-server` or
/// `valkey-server`; a proxy does not need it.
///
/// HAProxy runs as master and worker (`-W`), so that the master reaps and reloads, and in the foreground (`-db`).
pub fn command_line(role: Role, server: &str) -> Vec<String> {
    let words: &[&str] = match role {
        Role::Redis | Role::Sentinel => &["sh", START_SCRIPT, server],
        Role::Proxy => &["haproxy", "-W", "-db", "-f", PROXY_CONF],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The files of the first node of a role, without comments. Of a specification [`without_runtime_settings`] it is what a node
/// must be made anew for when it changes. A version of redos that configures nodes differently has another text.
///
/// # Errors
/// A template does not fit its values.
pub fn fixed_text(spec: &Spec, role: Role) -> Result<String, RenderError> {
    let subnet = Subnet::EXAMPLE;
    let secrets = Secrets::made(|| [0; SECRET_BYTES]);
    let masters = BTreeMap::from([(Group::number(1), Spec::head())]);
    let files = match role {
        Role::Redis => redis_files(spec, subnet, &secrets, Spec::head(), Source::Nobody, Standing::Open)?,
        Role::Sentinel => sentinel_files(spec, subnet, &secrets, NodeId::Sentinel(1), &masters, None)?,
        Role::Proxy => proxy_files(spec, subnet, &secrets, NodeId::Proxy(1), &BTreeSet::new())?,
    };
    let lines = files.iter().flat_map(|file| file.content.lines()).map(str::trim);
    let is_comment = |line: &str| line.starts_with('#') || line.starts_with("--");
    Ok(lines.filter(|line| !line.is_empty() && !is_comment(line)).collect::<Vec<_>>().join("\n"))
}

/// The specification with the defaults in place of all that running servers are told: how many nodes there are and whom
/// they follow (`REPLICAOF`, `SENTINEL MONITOR`, the Runtime API), and what `CONFIG SET` and `SENTINEL SET` set.
pub fn without_runtime_settings(spec: &Spec, role: Role) -> Spec {
    let defaults = Spec::with_defaults(ClusterName::default());
    let fixed = fixed_directives(spec);
    let persistence = Persistence { mode: defaults.persistence.mode, ..spec.persistence.clone() };
    Spec {
        masters: spec.masters,
        // Of the modules, those of the image as well.
        redis: fixed.into_iter().filter(|(name, _)| spec.redis.contains_key(name) || name == "loadmodule").collect(),
        persistence,
        pubsub: spec.pubsub.clone(),
        sentinel: if role == Role::Sentinel { defaults.sentinel } else { spec.sentinel.clone() },
        proxy: spec.proxy.clone(),
        ..defaults
    }
}

/// Fills in a template. A name that the template uses and `values` lack is an error, not an empty text.
fn fill(name: &'static str, template: &'static str, values: &impl Serialize) -> Result<String, RenderError> {
    let wrong = |source| RenderError::Template { name, source };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(wrong)?);
    environment.add_template(name, template).map_err(wrong)?;
    let filled = environment.get_template(name).and_then(|template| template.render(Serde(values)));
    filled.map_err(wrong)
}

/// A file that its server rewrites.
fn rewritten(path: &str, content: String) -> RenderedFile {
    RenderedFile { path: path.to_owned(), content, mode: 0o600 }
}

/// A file that nobody rewrites.
fn read_only(path: &str, content: String) -> RenderedFile {
    RenderedFile { path: path.to_owned(), content, mode: 0o400 }
}

/// The cluster's secrets as a file, from which a later run has them again.
fn secrets_file(secrets: &Secrets) -> Result<RenderedFile, RenderError> {
    let json = serde_json::to_string_pretty(secrets).map_err(RenderError::Secrets)?;
    Ok(read_only(SECRETS_FILE, json + "\n"))
}

fn address(subnet: Subnet, node: NodeId) -> Result<Ipv4Addr, RenderError> {
    subnet.address(node).ok_or(RenderError::NoAddress { node, subnet })
}

#[cfg(test)]
mod tests;
