//! From spec, addresses and secrets to configuration files.
//!
//! One function per role: [`redis_files`], [`sentinel_files`], [`proxy_files`], [`exporter_files`], [`guard_files`]. The texts are templates in
//! `templates/`, which give the reason for each group of lines. This module fills in names, addresses and passwords.
//! [`directives`] has the part of `redis.conf` that can be compared with, and set on, a running server.

pub mod directives;
mod exporter;
mod guard;
mod proxy;
mod redis;
mod sentinel;
mod slots;
mod users;
pub mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use directives::{
    TLS_TRIAL, fixed_directives, max_clients, stand_in_configuration, taken_back, told_directives, trial_configuration,
};
pub use exporter::{exporter_files, exporter_path, exporter_question};
pub use guard::{GuardFile, guard_files};
pub use proxy::{basic_login, former_vote_ends, proxy_files, stats_logins};
pub use redis::{DataFiles, Source, Standing, data_files, data_places, redis_files};
pub use sentinel::{sentinel_files, sentinel_id, sentinel_periods, sentinel_settings};
pub use slots::{redis_slots, sentinel_slots};
pub use users::users_file;
pub use value::same_value;

use super::address::Subnet;
use super::names::{ClusterName, Group, NodeId, Role};
use super::secret::{Certified, SECRET_BYTES, Secrets};
use super::{Encryption, PLAIN_PORT, Persistence, REDIS_PORT, Spec};

/// The configuration of a Redis node, which it rewrites.
pub const REDIS_CONF: &str = "/data/conf/redis.conf";
/// The configuration and state of a Sentinel, which it rewrites.
pub const SENTINEL_CONF: &str = "/data/conf/sentinel.conf";
/// The configuration of a proxy.
pub const PROXY_CONF: &str = "/data/conf/haproxy.cfg";
/// The Lua action of a proxy that holds new connections while there is no master.
const PROXY_HOLD: &str = "/data/conf/hold.lua";
/// The Lua script of a proxy that asks nodes and Sentinels over connections that stay open.
const PROXY_ASK: &str = "/data/conf/ask.lua";
/// The logins at the statistics of a proxy.
pub const STATS_LOGINS: &str = "/data/conf/stats-logins";
/// The passwords of the exporter, by target.
const EXPORTER_PASSWORDS: &str = "/data/conf/passwords.json";
/// What a guard knows.
pub const GUARD_FILE: &str = "/data/conf/guard.json";
/// The folder of the program of a guard, which is this one.
pub const GUARD_PROGRAM: &str = "/data/program";
/// The script in [`GUARD_PROGRAM`] that becomes that program.
pub const GUARD_START: &str = "start.sh";
/// The start script of a Redis node, a Sentinel or the exporter. It ends by becoming the server.
const START_SCRIPT: &str = "/data/conf/start.sh";
/// The [`Standing`] of a Redis node, for one start.
const STANDING_FILE: &str = "/data/conf/standing";
/// The users of a Redis node or a Sentinel, and their rights.
const USERS_FILE: &str = "/data/conf/users.acl";
/// The cluster's secrets on a Redis node or a Sentinel.
pub const SECRETS_FILE: &str = "/data/conf/secrets.json";

/// The certificate of the cluster's authority, on every node of a cluster with TLS.
pub const AUTHORITY_FILE: &str = "/data/conf/ca.pem";
/// The certificate of a Redis node or a Sentinel.
pub const CERTIFICATE_FILE: &str = "/data/conf/node.pem";
/// The private key of that certificate.
const CERTIFICATE_KEY_FILE: &str = "/data/conf/node.key";
/// The directives of a server that name its certificate and the key of that, with their values.
pub const CERTIFICATE_DIRECTIVES: [(&str, &str); 2] =
    [("tls-cert-file", CERTIFICATE_FILE), ("tls-key-file", CERTIFICATE_KEY_FILE)];

/// What a Redis node logs about a file of another user in its volume, after the file's path.
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

/// Why a configuration file could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The subnet has no address for a node.
    #[error("the subnet {subnet} has no address for {node}")]
    NoAddress {
        node: NodeId,
        /// The subnet that Docker picked.
        subnet: Subnet,
    },
    /// A node was asked for the files of another role.
    #[error("{node} is not a {role} node")]
    WrongRole {
        node: NodeId,
        /// The role whose files were asked for.
        role: Role,
    },
    /// The password of an existing server is not known.
    #[error("the password of the existing server {server} is not among the cluster's")]
    NoPassword { server: SocketAddrV4 },
    /// The cluster's certificate authority is not known, or cannot make a certificate.
    #[error("cannot make a certificate for {node}: {why}")]
    Certificate {
        node: NodeId,
        /// What is wrong.
        why: String,
    },
    /// A template does not fit its values.
    #[error("cannot fill in the template of {name}")]
    Template {
        name: &'static str,
        /// The mismatch, as the template engine reports it.
        source: minijinja::Error,
    },
    /// The secrets cannot be written as JSON.
    #[error("cannot write the secrets as JSON")]
    Secrets(#[source] serde_json::Error),
}

/// The program of a node and its arguments. `server` is the program of its image: `redis-server` or `valkey-server`,
/// or that of the exporter; a proxy and a guard ignore it.
///
/// HAProxy runs as master and worker (`-W`), so that the master reaps and reloads, and in the foreground (`-db`).
pub fn command_line(role: Role, server: &str) -> Vec<String> {
    let words: &[&str] = match role {
        Role::Redis | Role::Sentinel | Role::Exporter => &["sh", START_SCRIPT, server],
        Role::Proxy => &["haproxy", "-W", "-db", "-f", PROXY_CONF],
        Role::Guard => {
            let start = format!("{GUARD_PROGRAM}/{GUARD_START}");
            return ["sh", &start, "guard", "--node", GUARD_FILE].map(str::to_owned).into();
        }
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The files of the first node of a role, without comments.
///
/// For a specification [`without_runtime_settings`], a node must be recreated when this text changes. Another version
/// of redos may have another text.
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
        Role::Exporter => exporter_files(spec, subnet, &secrets)?,
        Role::Guard => guard_files(spec, subnet, &secrets)?,
    };
    let lines = files.iter().flat_map(|file| file.content.lines()).map(str::trim);
    let is_comment = |line: &str| line.starts_with('#') || line.starts_with("--");
    Ok(lines.filter(|line| !line.is_empty() && !is_comment(line)).collect::<Vec<_>>().join("\n"))
}

/// The specification with defaults for everything that running servers can be given.
///
/// That is the number of nodes, except for guards, and their roles (`REPLICAOF`, `SENTINEL MONITOR`, the Runtime API), and what `CONFIG
/// SET` and `SENTINEL SET` set.
pub fn without_runtime_settings(spec: &Spec, role: Role) -> Spec {
    let defaults = Spec::with_defaults(ClusterName::default());
    let fixed = fixed_directives(spec);
    let persistence = Persistence { mode: defaults.persistence.mode, ..spec.persistence.clone() };
    // A guard reads its file when it starts.
    let counted = if role == Role::Guard { spec } else { &defaults };
    let (replicas, sentinels, proxies) = (counted.replicas, counted.sentinels, counted.proxies);
    Spec {
        masters: spec.masters,
        replicas,
        sentinels,
        proxies,
        // These are all modules, also those of the image.
        redis: fixed.into_iter().filter(|(name, _)| spec.redis.contains_key(name) || name == "loadmodule").collect(),
        persistence,
        pubsub: spec.pubsub.clone(),
        sentinel: if role == Role::Sentinel { defaults.sentinel } else { spec.sentinel.clone() },
        proxy: spec.proxy.clone(),
        // A Redis node changes its port while it runs.
        encryption: if role == Role::Redis { defaults.encryption } else { spec.encryption },
        ..defaults
    }
}

/// All templates, by the name of their file.
const TEMPLATES: [(&str, &str); 10] = [
    ("redis.conf", include_str!("../../templates/redis.conf")),
    ("start-redis.sh", include_str!("../../templates/start-redis.sh")),
    ("users.acl", include_str!("../../templates/users.acl")),
    ("sentinel.conf", include_str!("../../templates/sentinel.conf")),
    ("start-sentinel.sh", include_str!("../../templates/start-sentinel.sh")),
    ("sentinel-users.acl", include_str!("../../templates/sentinel-users.acl")),
    ("haproxy.cfg", include_str!("../../templates/haproxy.cfg")),
    ("hold.lua", include_str!("../../templates/hold.lua")),
    ("ask.lua", include_str!("../../templates/ask.lua")),
    ("start-exporter.sh", include_str!("../../templates/start-exporter.sh")),
];

/// The templates, parsed once per process: parsing one takes longer than filling it in.
fn parsed_templates() -> Result<&'static Environment<'static>, RenderError> {
    static PARSED: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(parsed) = PARSED.get() {
        return Ok(parsed);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(|source| RenderError::Template { name: "any file", source })?);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).map_err(|source| RenderError::Template { name, source })?;
    }
    Ok(PARSED.get_or_init(|| environment))
}

/// Fills in a template. A name that the template uses and `values` lack is an error, not an empty text.
fn fill(name: &'static str, values: &impl Serialize) -> Result<String, RenderError> {
    let filled = parsed_templates()?.get_template(name).and_then(|template| template.render(Serde(values)));
    filled.map_err(|source| RenderError::Template { name, source })
}

/// A file that its server rewrites.
fn rewritten(path: &str, content: String) -> RenderedFile {
    RenderedFile { path: path.to_owned(), content, mode: 0o600 }
}

/// A file that is never rewritten.
fn read_only(path: &str, content: String) -> RenderedFile {
    RenderedFile { path: path.to_owned(), content, mode: 0o400 }
}

/// The cluster's secrets as a file, from which a later run reads them.
///
/// # Errors
/// They cannot be written as JSON.
pub fn secrets_file(secrets: &Secrets) -> Result<RenderedFile, RenderError> {
    let json = serde_json::to_string_pretty(secrets).map_err(RenderError::Secrets)?;
    Ok(read_only(SECRETS_FILE, json + "\n"))
}

/// The certificate of the cluster's authority, and that of the node where it has one.
pub fn tls_files(authority: &Certified, own: Option<&Certified>) -> Vec<RenderedFile> {
    let mut files = vec![read_only(AUTHORITY_FILE, authority.certificate.clone())];
    if let Some(own) = own {
        files.push(read_only(CERTIFICATE_FILE, own.certificate.clone()));
        files.push(read_only(CERTIFICATE_KEY_FILE, own.key.expose().to_owned()));
    }
    files
}

/// How a server listens, as lines of its configuration.
///
/// It asks clients for no certificate: a password is their proof. A certificate of the cluster is made for nodes alone.
fn listening(encryption: Encryption, role: Role, port: u16) -> Vec<String> {
    if !encryption.is_tls() {
        return vec![format!("port {port}")];
    }
    let plain = if role == Role::Redis { plain_port(encryption) } else { 0 };
    let own = CERTIFICATE_DIRECTIVES.map(|(name, path)| format!("{name} {path}"));
    let lines = [
        format!("port {plain}"),
        format!("tls-port {port}"),
        "tls-replication yes".to_owned(),
        "tls-auth-clients no".to_owned(),
        format!("tls-ca-cert-file {AUTHORITY_FILE}"),
    ];
    lines.into_iter().chain(own).collect()
}

/// The port of a Redis node for connections without TLS; 0 for none.
pub const fn plain_port(encryption: Encryption) -> u16 {
    match encryption {
        Encryption::None => REDIS_PORT,
        Encryption::Tls => 0,
        Encryption::Both => PLAIN_PORT,
    }
}

/// [`listening`] for a running Redis node: the directives of one `CONFIG SET`, in the order in which it applies them.
///
/// The port is left by one kind of connection before the other takes it. Open connections go on.
pub fn listening_from_now(encryption: Encryption) -> Vec<(String, String)> {
    let without = ["tls-port 0", "tls-replication no"].into_iter().filter(|_| !encryption.is_tls());
    let lines = without.map(str::to_owned).chain(listening(encryption, Role::Redis, REDIS_PORT));
    let pair = |line: String| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()));
    lines.filter_map(pair).collect()
}

/// Whether a file follows from how a cluster encrypts its connections, and its server never rewrites it.
pub fn follows_from_encryption(path: &str) -> bool {
    let own = CERTIFICATE_DIRECTIVES.map(|(_, file)| file);
    [START_SCRIPT, AUTHORITY_FILE].contains(&path) || own.contains(&path)
}

/// The arguments with which redis-cli reaches a server of the cluster from a node; none without TLS.
pub fn cli_arguments(spec: &Spec) -> Vec<&'static str> {
    if spec.encryption.is_tls() { vec!["--tls", "--cacert", AUTHORITY_FILE] } else { Vec::new() }
}

/// Where the others reach the server of a node.
fn server(spec: &Spec, subnet: Subnet, node: NodeId) -> Result<SocketAddrV4, RenderError> {
    spec.server(subnet, node).ok_or(RenderError::NoAddress { node, subnet })
}

#[cfg(test)]
mod tests;
