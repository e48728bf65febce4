//! The directives of `redis.conf` that follow from the [`Spec`].
//!
//! Some can be set on a running server, the others need a restart. The planner compares the first with `CONFIG GET` and
//! hashes the others.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Modules, REDIS_PORT, Role, Spec};

/// Directives that a running server refuses to change, in Redis 7.0 to 8.0 and Valkey 8.1.
///
/// `CONFIG SET` says "can't set immutable config".
const IMMUTABLE: &[&str] = &[
    "always-show-logo",
    "aof-rewrite-cpulist",
    "aof_rewrite_cpulist",
    "bgsave-cpulist",
    "bgsave_cpulist",
    "bio-cpulist",
    "bio_cpulist",
    "cluster-config-file",
    "cluster-port",
    "databases",
    "disable-thp",
    "io-threads",
    "io-threads-do-reads",
    "loadmodule",
    "rdbchecksum",
    "rdma-completion-vector",
    "rdma-rx-size",
    "server-cpulist",
    "server_cpulist",
    "set-proc-title",
    "socket-mark-id",
    "syslog-enabled",
    "syslog-facility",
    "syslog-ident",
    "tcp-backlog",
    "unixsocketgroup",
    "unixsocketperm",
];

/// The limit of clients. It is more than the connections that one address can open to a port (64,511), with room for the
/// proxies' clients. An idle connection costs the server 2 kB.
const MAX_CLIENTS: i64 = 80_000;

/// Directives with one argument that may contain white space. All others with white space have several.
pub const ONE_TEXT: &[&str] = &[
    "bind-source-addr",
    "ignore-warnings",
    "locale-collate",
    "proc-title-template",
    "syslog-ident",
    "tls-ciphers",
    "tls-ciphersuites",
    "tls-protocols",
];
/// Directives that may be given several times, each with the separator of its values.
///
/// The values are a class of clients each on one line, or a line each.
pub const MANY: &[(&str, &str)] = &[("client-output-buffer-limit", " "), ("loadmodule", "\n")];

/// The directive that decides which replica Sentinels promote.
pub const PRIORITY: &str = "replica-priority";
/// The [`PRIORITY`] of a replica that no Sentinel promotes.
pub const NEVER_PROMOTED: &str = "0";

/// The directives that `CONFIG SET` can set at runtime, by name.
pub fn runtime_directives(spec: &Spec) -> BTreeMap<String, String> {
    let ours = [
        ("appendonly", yes_no(spec.persistence.mode.has_aof())),
        // The documentation's recommendation: at most one second of writes is lost at a power cut, none at a crash.
        ("appendfsync", "everysec"),
        // Redis's own default of snapshots, which serve as backups and make a restart fast.
        ("save", if spec.persistence.mode.has_rdb() { "3600 1 300 100 60 10000" } else { "" }),
        // A replica that was away for a moment catches up from here instead of copying everything. The default of 1 MB
        // holds a few milliseconds of a busy master.
        ("repl-backlog-size", "67108864"),
        // A replica joins at once instead of waiting 5 s for others that might join with it.
        ("repl-diskless-sync", "yes"),
        ("repl-diskless-sync-delay", "0"),
        // A link that was cut without notice is detected after 15 s instead of 60 s. A master pings every second.
        ("repl-ping-replica-period", "1"),
        ("repl-timeout", "15"),
        // A replica keeps answering reads while Sentinel replaces its master; the proxy drops one that stays cut off.
        ("replica-serve-stale-data", "yes"),
        ("replica-read-only", "yes"),
        // All equal: the most complete replica is promoted.
        (PRIORITY, "100"),
        // The connection of a dead client is detected after 60 s instead of 300 s.
        ("tcp-keepalive", "60"),
        // Idle subscribers and blocked consumers are never disconnected.
        ("timeout", "0"),
        // A master that is told to stop ends at once, so that the Sentinels begin to count at once. It still writes out its
        // append-only file and all that its replicas have not been sent (`finishShutdown` in Redis's `server.c`). Without
        // `now` it refuses writes and waits until each replica has said that it has everything, which a replica says once
        // a second. A snapshot is saved when it is all that is kept.
        ("shutdown-on-sigterm", if spec.persistence.mode.has_aof() { "nosave now" } else { "now" }),
    ];
    let mut directives: BTreeMap<String, String> =
        ours.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let settable = spec.redis.iter().filter(|(name, _)| !IMMUTABLE.contains(&name.as_str()));
    directives.extend(settable.map(|(name, value)| (name.clone(), value.clone())));
    directives
}

/// How many clients a Redis node takes. A server takes fewer if it may open fewer files, of which it keeps 32 for
/// itself.
pub fn max_clients(spec: &Spec) -> i64 {
    let limit = spec.containers.ulimits(Role::Redis).get("nofile").map(|(_, hard)| hard - 32);
    limit.filter(|limit| *limit > 0).map_or(MAX_CLIENTS, |limit| limit.min(MAX_CLIENTS))
}

/// The directives of a running server, by name: [`runtime_directives`], and the replacements of those that were taken
/// back.
pub fn told_directives(spec: &Spec) -> BTreeMap<String, String> {
    let mut directives = spec.taken_back.clone();
    directives.extend(runtime_directives(spec).into_iter().filter(|(name, _)| !spec.taken_back.contains_key(name)));
    directives
}

/// Directives that servers may have from another specification, and that this one does not give.
///
/// They were given once and are not any more. For a directive with several values one of them is enough.
pub fn taken_back(recorded: &Spec, spec: &Spec) -> BTreeSet<String> {
    let ours = runtime_directives(&Spec { redis: BTreeMap::new(), ..spec.clone() });
    let is_missing = |name: &String| match (recorded.redis.get(name), spec.redis.get(name)) {
        (_, None) => true,
        (have, Some(want)) => {
            let is_many = MANY.iter().any(|(many, _)| many == name);
            is_many && (have != Some(want) || recorded.taken_back.contains_key(name))
        }
    };
    let given = recorded.redis.keys().chain(recorded.taken_back.keys());
    let settable = given.filter(|name| !IMMUTABLE.contains(&name.as_str()) && !ours.contains_key(*name));
    settable.filter(|name| is_missing(name)).cloned().collect()
}

/// The directives that follow from the settings but are read only when the server starts.
pub fn fixed_directives(spec: &Spec) -> BTreeMap<String, String> {
    let prefix = &spec.persistence.file_prefix;
    let mut directives = BTreeMap::from([
        ("dbfilename".to_owned(), format!("{prefix}dump.rdb")),
        ("appendfilename".to_owned(), format!("{prefix}appendonly.aof")),
        ("appenddirname".to_owned(), "appendonlydir".to_owned()),
    ]);
    let fixed = spec.redis.iter().filter(|(name, _)| IMMUTABLE.contains(&name.as_str()));
    directives.extend(fixed.map(|(name, value)| (name.clone(), value.clone())));
    directives.extend(loaded_modules(spec).map(|modules| ("loadmodule".to_owned(), modules)));
    directives
}

/// The values of `loadmodule`: the modules of the image, unless they are turned off, and those of the user.
///
/// The server refuses to load a module twice. So a module that the user loads with arguments is loaded by that line
/// alone.
fn loaded_modules(spec: &Spec) -> Option<String> {
    let asked: Vec<&str> = spec.redis.get("loadmodule").map(|lines| lines.lines().collect()).unwrap_or_default();
    let is_asked = |file: &&str| asked.iter().any(|line| line.split_whitespace().next() == Some(file));
    let of_image = spec.used.redis.as_ref().filter(|_| spec.images.modules == Modules::Image);
    let own = of_image.into_iter().flat_map(|image| image.modules.iter().map(String::as_str));
    let all: Vec<&str> = own.filter(|file| !is_asked(file)).chain(asked.iter().copied()).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

/// Directives as the lines of a `redis.conf`: one for each line of a value, and one for an empty value.
pub(super) fn lines(directives: &BTreeMap<String, String>) -> Vec<String> {
    let lines = |(name, value): (&String, &String)| -> Vec<String> {
        let written = |value: &str| match value {
            "" => format!("{name} \"\""),
            text if ONE_TEXT.contains(&name.as_str()) => format!("{name} {}", quoted(text)),
            arguments => format!("{name} {arguments}"),
        };
        if value.is_empty() { vec![written("")] } else { value.lines().map(written).collect() }
    };
    directives.iter().flat_map(lines).collect()
}

/// A text as one argument of `redis.conf`.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A directive that only servers with TLS know.
pub const TLS_TRIAL: &str = "tls-auth-clients no";

/// The configuration of a temporary server that shows whether it takes the user's directives.
///
/// What would make it write files, listen elsewhere or log less is overridden at the end.
pub fn trial_configuration(spec: &Spec) -> String {
    let ours = ["loglevel notice", "save \"\"", "appendonly no", "bind 127.0.0.1", "protected-mode no"];
    let port = format!("port {REDIS_PORT}");
    let mut directives = runtime_directives(spec);
    directives.insert("maxclients".to_owned(), max_clients(spec).to_string());
    directives.extend(spec.redis.clone());
    directives.extend(loaded_modules(spec).map(|modules| ("loadmodule".to_owned(), modules)));
    // A hash that no password has.
    let users = spec.users.0.iter().map(|(name, user)| format!("user {name} on #{} {}", "0".repeat(64), user.merged()));
    let tls = spec.encryption.is_tls().then(|| TLS_TRIAL.to_owned());
    let ours = ours.map(str::to_owned).into_iter().chain([port]).chain(tls);
    let all: Vec<String> = lines(&directives).into_iter().chain(ours).chain(users).collect();
    all.join("\n")
}

/// The configuration of a server that listens in place of a node, has nothing and lets nobody in.
pub fn stand_in_configuration(port: u16) -> String {
    let lines = ["save \"\"", "appendonly no", "protected-mode no", "user default off"];
    let port = format!("port {port}");
    lines.into_iter().chain([port.as_str()]).collect::<Vec<_>>().join("\n")
}

const fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
