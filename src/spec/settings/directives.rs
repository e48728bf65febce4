//! Directives of `redis.conf` from the user, and those that redos keeps for itself.

use std::collections::BTreeMap;

use super::super::render::directives::{MANY, ONE_TEXT};
use super::value::Wrong;

/// Directives that redos sets itself, each with the reason, a sentence without a full stop. Names as in Redis 7 and 8
/// and Valkey 8, where some have two.
pub const MANAGED: &[(&str, &str)] = &[
    ("aclfile", USERS),
    ("appenddirname", FILES),
    ("appendfilename", FILES),
    ("appendonly", PERSISTENCE),
    ("bind", NETWORK),
    ("cluster-enabled", "a cluster of redos is watched by Sentinels, which Redis Cluster does without"),
    ("daemonize", PROCESS),
    ("dbfilename", FILES),
    ("dir", FILES),
    ("enable-debug-command", DOORS),
    ("enable-module-command", DOORS),
    ("enable-protected-configs", DOORS),
    ("include", "redos must see every directive"),
    ("logfile", PROCESS),
    ("masterauth", USERS),
    ("masteruser", USERS),
    ("min-replicas-to-write", GUARD),
    ("min-slaves-to-write", GUARD),
    ("pidfile", PROCESS),
    ("port", NETWORK),
    ("primaryauth", USERS),
    ("primaryuser", USERS),
    ("protected-mode", NETWORK),
    ("rename-command", "redos, the Sentinels and the proxy need the commands by their names"),
    ("replica-announce-ip", NETWORK),
    ("replica-announce-port", NETWORK),
    ("replica-announced", FAILOVER),
    ("replica-priority", FAILOVER),
    ("replica-read-only", READ_ONLY),
    ("replicaof", FAILOVER),
    ("requirepass", USERS),
    ("save", PERSISTENCE),
    ("slave-announce-ip", NETWORK),
    ("slave-announce-port", NETWORK),
    ("slave-priority", FAILOVER),
    ("slave-read-only", READ_ONLY),
    ("slaveof", FAILOVER),
    ("supervised", PROCESS),
    ("syslog-enabled", PROCESS),
    ("tls-auth-clients", TLS),
    ("tls-ca-cert-dir", TLS),
    ("tls-ca-cert-file", TLS),
    ("tls-cert-file", TLS),
    ("tls-client-cert-file", TLS),
    ("tls-client-key-file", TLS),
    ("tls-cluster", TLS),
    ("tls-key-file", TLS),
    ("tls-port", TLS),
    ("tls-protocols", TLS),
    ("tls-replication", TLS),
    ("unixsocket", NETWORK),
    ("user", USERS),
];

const USERS: &str = "redos makes the users; give passwords with --password-file and --replication-password-file";
const FILES: &str = "redos places the files; see --data-dir and --file-prefix";
const PERSISTENCE: &str = "redos sets it from the mode of persistence; see --persistence";
const NETWORK: &str = "redos gives every node its address and port; see --port and --bind for the published ones";
const TLS: &str = "redos makes the certificates and gives them to all servers; see --tls";
const PROCESS: &str = "redos runs Redis in a container and reads its log there";
const FAILOVER: &str = "redos and the Sentinels decide who follows whom";
const DOORS: &str = "a client could reach the files and the host of a node by it";
const GUARD: &str = "a new master would refuse writes until its replicas have found it; the proxies see to it that a master that is cut off from them gets no writes";
const READ_ONLY: &str = "a replica that takes writes loses them";

/// The least number of clients that a node must take.
///
/// Its replicas, all Sentinels with two connections each, the checks of all proxies, the exporter and redos itself are clients,
/// and some applications need room.
const CLIENTS_MIN: u64 = 128;

/// Whether redos sets a directive itself, and refuses it from the user.
pub fn is_managed(name: &str) -> bool {
    MANAGED.iter().any(|(managed, _)| *managed == name)
}

/// Directives with two names, the older one first. A server has one value for both, so a cluster with another value for
/// each would never be as it should. Redis 7.0 and all later servers know the newer names.
const RENAMED: &[(&str, &str)] = &[
    ("hash-max-ziplist-entries", "hash-max-listpack-entries"),
    ("hash-max-ziplist-value", "hash-max-listpack-value"),
    ("lua-time-limit", "busy-reply-threshold"),
    ("min-slaves-max-lag", "min-replicas-max-lag"),
    ("repl-ping-slave-period", "repl-ping-replica-period"),
    ("slave-ignore-maxmemory", "replica-ignore-maxmemory"),
    ("slave-lazy-flush", "replica-lazy-flush"),
    ("slave-serve-stale-data", "replica-serve-stale-data"),
    ("zset-max-ziplist-entries", "zset-max-listpack-entries"),
    ("zset-max-ziplist-value", "zset-max-listpack-value"),
];

/// Parses `NAME=VALUE`. An empty value takes the directive back, so it is `None`; an empty text is written `""`.
pub fn assignment(text: &str) -> Result<(String, Option<String>), Wrong> {
    let Some((name, value)) = text.split_once('=') else {
        // The text may be a password that was meant for another flag, so it is not repeated.
        return Err(Wrong {
            what: "this is not NAME=VALUE".to_owned(),
            fix: "give a directive of redis.conf as maxmemory=256mb".to_owned(),
        });
    };
    let (name, value) = (name.trim(), value.trim());
    if value.is_empty() {
        return self::name(name).map(|name| (name, None));
    }
    directive(name, value).map(|(name, value)| (name, Some(value)))
}

/// Checks a directive by name and value.
pub fn directive(name: &str, value: &str) -> Result<(String, String), Wrong> {
    let name = self::name(name)?;
    if value.chars().any(char::is_control) {
        return Err(Wrong {
            what: format!("the value of '{name}' is not one line"),
            fix: "give the arguments on one line, as in redis.conf".to_owned(),
        });
    }
    if name == "maxclients" && value.parse::<u64>().is_ok_and(|clients| clients < CLIENTS_MIN) {
        return Err(Wrong {
            what: format!("with maxclients {value} the cluster's own connections would be refused"),
            fix: format!("give {CLIENTS_MIN} or more"),
        });
    }
    // Quotes are how redis.conf writes one argument with white space in it, or an empty one.
    let is_one = value == "\"\"" || ONE_TEXT.contains(&name.as_str());
    let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    let bare = inner('"').or_else(|| inner('\'')).filter(|_| is_one);
    Ok((name, bare.unwrap_or(value).to_owned()))
}

/// Whether a directive may be given several times.
pub fn is_many(name: &str) -> bool {
    MANY.iter().any(|(many, _)| *many == name)
}

/// Sets a value: it replaces the present one, or follows it.
///
/// It follows the present one if the directive may be given several times and this is not the first value of its
/// source.
pub fn add(directives: &mut BTreeMap<String, String>, name: String, value: String, is_first: bool) {
    let between = MANY.iter().find(|(many, _)| *many == name).map(|(_, between)| between);
    match (directives.get_mut(&name), between) {
        (Some(have), Some(between)) if !is_first => {
            have.push_str(between);
            have.push_str(&value);
        }
        _ => drop(directives.insert(name, value)),
    }
}

/// Checks the name of a directive, and returns the newer one of two; Redis accepts names in any case.
fn name(name: &str) -> Result<String, Wrong> {
    let name = name.to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
    {
        return Err(Wrong {
            what: format!("'{name}' is not a directive of redis.conf"),
            fix: "give a name such as maxmemory-policy".to_owned(),
        });
    }
    match MANAGED.iter().find(|(managed, _)| *managed == name) {
        Some((_, why)) => {
            Err(Wrong { what: format!("'{name}' is not for you to set: {why}"), fix: "remove it".to_owned() })
        }
        None => Ok(RENAMED.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| (*new).to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read_and_may_take_back() {
        let given = |text: &str| assignment(text).map_err(|wrong| wrong.what);
        assert_eq!(given("MaxMemory=256mb"), Ok(("maxmemory".to_owned(), Some("256mb".to_owned()))));
        assert_eq!(given("maxmemory="), Ok(("maxmemory".to_owned(), None)));
        assert_eq!(
            given("client-output-buffer-limit=pubsub 32mb 8mb 60"),
            Ok(("client-output-buffer-limit".to_owned(), Some("pubsub 32mb 8mb 60".to_owned())))
        );
        assert_eq!(
            given("notify-keyspace-events=\"\""),
            Ok(("notify-keyspace-events".to_owned(), Some(String::new())))
        );
        let title = Ok(("proc-title-template".to_owned(), Some("{title} {listen-addr}".to_owned())));
        assert_eq!(given("proc-title-template={title} {listen-addr}"), title);
        assert_eq!(
            given("proc-title-template=\"{title} {listen-addr}\""),
            title,
            "quotes of redis.conf are not part of it"
        );
        let ping = Ok(("repl-ping-replica-period".to_owned(), Some("5".to_owned())));
        assert_eq!(given("repl-ping-slave-period=5"), ping, "both names are one directive");
        assert!(given("maxmemory").is_err());
        assert!(given("max memory=1").is_err());
        assert!(given("maxmemory=1\nuser evil").is_err());
    }

    #[test]
    fn what_redos_manages_is_refused_with_the_reason_and_without_the_value() {
        for (name, why) in MANAGED {
            let wrong = assignment(&format!("{}=hunter2", name.to_uppercase())).expect_err(name);
            assert!(wrong.what.contains(why) && !wrong.what.contains("hunter2"), "{}", wrong.what);
        }
    }

    #[test]
    fn the_managed_directives_are_sorted() {
        assert!(MANAGED.is_sorted());
    }
}
