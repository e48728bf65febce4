//! The answer to `INFO`, and the view of a Redis node that follows from it.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::str::FromStr;

use super::parts::{Fields, address};
use crate::cluster::observed::{AttachedReplica, Loading, MasterLogin, OtherUsers, RedisView, RoleView};
use crate::spec::ParseError;

/// The default replica priority (`replica-priority` in `redis.conf`).
const DEFAULT_REPLICA_PRIORITY: u32 = 100;

/// The answer to `INFO`, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info(Fields);

impl Info {
    /// Parses the answer to `INFO`. Headings and other lines that are not `field:value` are skipped.
    pub fn parse(text: &str) -> Self {
        let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
        Self(pairs.map(|(field, value)| (field.to_owned(), value.trim_end().to_owned())).collect())
    }

    /// The values of all fields, by name.
    pub fn into_fields(self) -> Fields {
        self.0
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// The parsed value of a field; `None` where it is missing or cannot be parsed.
    pub fn read<T: FromStr>(&self, field: &str) -> Option<T> {
        self.get(field)?.parse().ok()
    }

    /// The value of a field that newer servers call by another name.
    fn either(&self, old: &str, new: &str) -> Option<&str> {
        self.get(old).or_else(|| self.get(new))
    }

    /// Name and version of the server: `("redis", "7.0.15")`, `("valkey", "8.1.1")`.
    pub fn server(&self) -> Option<(&'static str, &str)> {
        match self.get("valkey_version") {
            Some(version) => Some(("valkey", version)),
            None => self.get("redis_version").map(|version| ("redis", version)),
        }
    }

    /// Whether the node reports to be a replica.
    pub fn is_replica(&self) -> bool {
        matches!(self.get("role"), Some("slave" | "replica"))
    }

    /// The master that a replica follows.
    pub fn master(&self) -> Option<SocketAddrV4> {
        Some(address(self.either("master_host", "primary_host")?, self.either("master_port", "primary_port")?))
    }

    /// Whether a replica's link to its master is up.
    pub fn has_link(&self) -> bool {
        self.either("master_link_status", "primary_link_status") == Some("up")
    }

    /// Whether a replica is copying all data.
    pub fn is_syncing(&self) -> bool {
        self.either("master_sync_in_progress", "primary_sync_in_progress") == Some("1")
    }

    /// The priority of a replica. A master has it in its configuration alone.
    pub fn priority(&self) -> Option<u32> {
        self.either("slave_priority", "replica_priority")?.parse().ok()
    }

    /// The replicas that a master lists.
    pub fn attached_replicas(&self) -> Vec<AttachedReplica> {
        let numbered = |prefix: &str, field: &str| {
            field.strip_prefix(prefix).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let lines = self.0.iter().filter(|(field, _)| numbered("slave", field) || numbered("replica", field));
        lines.map(|(_, line)| attached_replica(line)).collect()
    }

    /// The highest database that has keys, counted from 0.
    pub fn last_database(&self) -> Option<u64> {
        self.0.keys().filter_map(|field| field.strip_prefix("db")?.parse().ok()).max()
    }

    /// The replication offset in bytes. It counts what a master has written, or what a replica has received; -1 for a
    /// replica that never was in sync.
    pub fn offset(&self) -> i64 {
        let received = || self.read("slave_repl_offset").or_else(|| self.read("replica_repl_offset"));
        let offset = if self.is_replica() { received() } else { self.read("master_repl_offset") };
        offset.unwrap_or(-1)
    }
}

/// Parses one replica: `ip=172.18.255.223,port=6379,state=online,offset=14,lag=0`.
fn attached_replica(line: &str) -> AttachedReplica {
    let fields: BTreeMap<&str, &str> = line.split(',').filter_map(|pair| pair.split_once('=')).collect();
    let get = |field: &str| fields.get(field).copied().unwrap_or_default();
    AttachedReplica {
        address: address(get("ip"), get("port")),
        state: get("state").to_owned(),
        offset: get("offset").parse().unwrap_or(-1),
        lag_seconds: get("lag").parse().unwrap_or_default(),
    }
}

/// The view of a Redis node.
///
/// # Errors
/// The text lacks the version or the role, so it is not from a Redis node.
pub fn redis_view(info: &Info, config: Fields) -> Result<RedisView, ParseError> {
    let (server, version) = info.server().ok_or_else(|| ParseError::new("INFO without a version"))?;
    let role = match info.get("role") {
        Some("master" | "primary") => RoleView::Master { replicas: info.attached_replicas() },
        Some("slave" | "replica") => RoleView::Replica {
            master: info.master().ok_or_else(|| ParseError::new("INFO of a replica without its master"))?,
            link_up: info.has_link(),
            syncing: info.is_syncing(),
            last_io_seconds: info
                .either("master_last_io_seconds_ago", "primary_last_io_seconds_ago")
                .and_then(|seconds| seconds.parse().ok()),
            link_down_at: link_down_at(info),
        },
        Some(other) => return Err(ParseError::new(format!("INFO with the role '{other}'"))),
        None => return Err(ParseError::new("INFO without a role")),
    };
    // Only a replica's INFO has its priority; a master has it in its configuration.
    let priority = info.priority().or_else(|| config.get("replica-priority")?.parse().ok());
    Ok(RedisView {
        version: version.to_owned(),
        server: server.to_owned(),
        role,
        offset: info.offset(),
        replication_id: info.get("master_replid").unwrap_or_default().to_owned(),
        loading: loading(info),
        used_memory: info.read("used_memory").unwrap_or_default(),
        max_memory: info.read("maxmemory").filter(|bytes| *bytes > 0),
        operations_per_second: info.read("instantaneous_ops_per_sec").unwrap_or_default(),
        commands: info.read("total_commands_processed").unwrap_or_default(),
        error_replies: info.read("total_error_replies").unwrap_or_default(),
        clients: info.read("connected_clients").unwrap_or_default(),
        uptime_seconds: info.read("uptime_in_seconds").unwrap_or_default(),
        replica_priority: priority.unwrap_or(DEFAULT_REPLICA_PRIORITY),
        keys: keys(info),
        config,
        users: OtherUsers::default(),
        login: MasterLogin::Current,
        certificate: None,
    })
}

/// When a replica's link broke, by the replica's own clock. The server counts from the last tick of the same clock.
fn link_down_at(info: &Info) -> Option<u64> {
    let now = info.read::<u64>("server_time_usec")? / 1_000_000;
    let since = info.either("master_link_down_since_seconds", "primary_link_down_since_seconds")?;
    now.checked_sub(since.parse().ok()?)
}

/// How far the server has loaded its data. It knows that of a snapshot, also of the one in an append-only file.
fn loading(info: &Info) -> Option<Loading> {
    let share: f64 = info.read("loading_loaded_perc").unwrap_or_default();
    let percent = share.clamp(0.0, 100.0) as u8;
    let seconds_left = info.read("loading_eta_seconds").unwrap_or_default();
    (info.get("loading") == Some("1")).then_some(Loading { percent, seconds_left })
}

/// The number of keys in all databases, from lines such as `db0:keys=3,expires=0,avg_ttl=0`.
fn keys(info: &Info) -> u64 {
    let databases = info.0.iter().filter(|(field, _)| field.starts_with("db"));
    let counts = databases.filter_map(|(_, line)| line.split(',').next()?.strip_prefix("keys=")?.parse::<u64>().ok());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddrV4 {
        text.parse().expect("a good address")
    }

    #[test]
    fn a_master_of_redis_7_0() {
        let info = Info::parse(include_str!("../replies/redis-7.0-info-master.txt"));
        let view = redis_view(&info, Fields::from([("replica-priority".to_owned(), "7".to_owned())])).expect("a view");
        assert_eq!((view.server.as_str(), view.version.as_str()), ("redis", "7.0.15"));
        assert_eq!((view.offset, view.keys, view.loading, view.replica_priority), (4671, 1, None, 7));
        assert_eq!((view.used_memory > 0, view.clients > 0, view.uptime_seconds > 0), (true, true, true));
        assert_eq!(view.replication_id, "0ea9ab370e49846caaebf0d0718931056d48d90a");
        let RoleView::Master { replicas } = view.role else { panic!("a master") };
        let replica = AttachedReplica {
            address: at("127.0.0.1:22002"),
            state: "online".to_owned(),
            offset: 4671,
            lag_seconds: 1,
        };
        assert_eq!(replicas, [replica]);
    }

    #[test]
    fn a_replica_of_redis_7_0() {
        let info = Info::parse(include_str!("../replies/redis-7.0-info-replica.txt"));
        let view = redis_view(&info, Fields::new()).expect("a view");
        let role = RoleView::Replica {
            master: at("127.0.0.1:22001"),
            link_up: true,
            syncing: false,
            last_io_seconds: Some(0),
            link_down_at: None,
        };
        assert_eq!((view.role, view.offset, view.replica_priority), (role, 4939, 100));
    }

    #[test]
    fn a_replica_that_never_was_in_sync_has_a_negative_offset() {
        let text = "redis_version:7.0.15\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n\
                    master_link_status:down\r\nmaster_last_io_seconds_ago:-1\r\nmaster_sync_in_progress:1\r\n\
                    slave_repl_offset:-1\r\nserver_time_usec:1767225609500000\r\nmaster_link_down_since_seconds:-1\r\n";
        let view = redis_view(&Info::parse(text), Fields::new()).expect("a view");
        let role = RoleView::Replica {
            master: at("10.0.0.1:6379"),
            link_up: false,
            syncing: true,
            last_io_seconds: None,
            link_down_at: None,
        };
        assert_eq!((view.role, view.offset), (role, -1));
    }

    #[test]
    fn a_replica_knows_when_its_link_broke() {
        let text = "redis_version:7.0.15\r\nserver_time_usec:1767225609500000\r\nrole:slave\r\nmaster_host:10.0.0.1\r\n\
                    master_port:6379\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:9\r\n\
                    master_sync_in_progress:0\r\nslave_repl_offset:99\r\n";
        let view = redis_view(&Info::parse(text), Fields::new()).expect("a view");
        let followed = [1_767_225_600, 1_767_225_602, 1_767_225_603].map(|ended_at| view.followed_until(ended_at));
        assert_eq!(followed, [true, true, false], "it broke at 1767225600");
    }

    #[test]
    fn valkey_and_the_newer_words() {
        let text = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n\
                    # Replication\r\nrole:replica\r\nprimary_host:10.0.0.1\r\nprimary_port:6379\r\n\
                    primary_link_status:up\r\nreplica_repl_offset:99\r\nreplica_priority:5\r\n";
        let view = redis_view(&Info::parse(text), Fields::new()).expect("a view");
        assert_eq!((view.server.as_str(), view.version.as_str()), ("valkey", "8.1.1"));
        assert_eq!((view.offset, view.replica_priority), (99, 5));
        assert!(matches!(view.role, RoleView::Replica { link_up: true, .. }));

        let text = "valkey_version:9.0.0\r\nrole:primary\r\nmaster_repl_offset:12\r\nreplicas_waiting_psync:0\r\n\
                    replica0:ip=10.0.0.2,port=6379,state=online,offset=12,lag=1,type=replica\r\n";
        let view = redis_view(&Info::parse(text), Fields::new()).expect("a view");
        let RoleView::Master { replicas } = view.role else { panic!("a master") };
        assert_eq!(replicas.len(), 1, "only numbered lines are replicas");
        assert_eq!((replicas[0].address, replicas[0].lag_seconds), (at("10.0.0.2:6379"), 1));
    }

    #[test]
    fn a_node_that_loads_says_how_far_it_is() {
        let text = "redis_version:7.0.15\r\nrole:master\r\nloading:1\r\nloading_loaded_perc:12.97\r\nloading_eta_seconds:80\r\n";
        let view = redis_view(&Info::parse(text), Fields::new()).expect("a view");
        assert_eq!(view.loading, Some(Loading { percent: 12, seconds_left: 80 }));
    }

    #[test]
    fn what_is_not_from_redis_is_refused() {
        for text in ["", "role:master", "redis_version:7.0.15", "redis_version:7.0.15\nrole:sentinel"] {
            assert!(redis_view(&Info::parse(text), Fields::new()).is_err(), "{text:?}");
        }
    }
}
