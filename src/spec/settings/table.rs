//! The one table of settings. Flags, variables, the keys of `redos.yaml`, its JSON schema and `redos config` follow it.

use std::net::IpAddr;
use std::path::PathBuf;

use super::super::address::{PROXIES_MAX, REDIS_PER_GROUP_MAX, SENTINELS_MAX};
use super::super::containers::{Aspect, Words};
use super::super::{Follow, Hosts, ImageChoice, OwnUsers, Patterns, Recipients, Secret, ServerNames, Spec, Subnet};
use super::passwords::GivenSecrets;

/// The largest number of master groups: those that fit in a /20.
///
/// That is the smallest of the subnets that Docker uses by default (its address pools are 172.17.0.0/16 to
/// 172.31.0.0/16 and 192.168.0.0/16 in parts of /20).
pub const MASTERS_MAX: u16 = 63;
/// The shortest down-after, in milliseconds. Sentinel pings every second, or every down-after if that is shorter; below
/// this a busy moment of the host counts as a dead master.
pub const DOWN_AFTER_MIN: u64 = 500;
/// The down-after below which redos warns, in milliseconds: Sentinel's ping period.
pub const DOWN_AFTER_WISE: u64 = 1000;
/// The longest of all times, in milliseconds: a day. Sentinel and HAProxy count milliseconds in 32 bits.
const TIME_MAX: u64 = 86_400_000;

/// The longest hold of a connection, in milliseconds. Most clients give up a longer one, and it occupies a connection
/// of the proxy meanwhile.
const HOLD_MAX: u64 = 60_000;

/// One setting, by the meaning of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The name of the cluster.
    Name,
    /// How many master groups.
    Masters,
    /// How many replicas each master has.
    Replicas,
    /// How many Sentinels.
    Sentinels,
    /// How many Sentinels must agree that a master is down.
    Quorum,
    /// How many proxies.
    Proxies,
    /// Whether there is an exporter of metrics.
    Exporter,
    /// Whether there are guards.
    Guard,
    /// The host address of the published ports.
    Bind,
    /// The published port for writes.
    WritePort,
    /// The published port for reads.
    ReadPort,
    /// The published port for statistics.
    StatsPort,
    /// The first port of nodes on several hosts.
    NodePort,
    /// The subnet of the cluster's own network.
    Subnet,
    /// An existing network to be on.
    Network,
    /// The hosts of the nodes.
    Hosts,
    /// Whether connections are encrypted.
    Encryption,
    /// Further names in certificates.
    TlsNames,
    /// The memory of nodes.
    Memory,
    /// The CPUs of nodes.
    Cpus,
    /// Limits of the processes of nodes.
    Ulimits,
    /// The logs of nodes.
    Log,
    /// Further labels of containers.
    Labels,
    /// The password of applications.
    Password,
    /// The password of replicas at their master.
    ReplicationPassword,
    /// What is kept on disk.
    Persistence,
    /// Where it is kept.
    DataDir,
    /// The beginning of the names of the files that are kept.
    FilePrefix,
    /// Further directives of `redis.conf`.
    Redis,
    /// A complete `redis.conf`.
    RedisConf,
    /// The patterns that applications may subscribe to.
    Patterns,
    /// Further users of Redis nodes.
    Users,
    /// Time without an answer that makes a node down.
    DownAfter,
    /// The time limit of a failover's phases.
    FailoverTimeout,
    /// Time between two checks of the proxy.
    CheckInterval,
    /// How long the proxy holds a new connection without a master.
    Hold,
    /// Whether the proxy asks over connections that stay open.
    LastingChecks,
    /// The user of the statistics page.
    StatsUser,
    /// The password of the statistics page.
    StatsPassword,
    /// The keys to which backups are encrypted.
    EncryptTo,
    /// The image of Redis and Sentinel.
    RedisImage,
    /// The image of HAProxy.
    ProxyImage,
    /// The image of the exporter.
    ExporterImage,
    /// The modules of the image of Redis.
    Modules,
    /// The existing server to follow.
    Follow,
}

impl Key {
    /// Its row of the table.
    pub fn setting(self) -> &'static Setting {
        // The table is in the order of the keys; a test holds it to that.
        &SETTINGS[self as usize]
    }
}

/// A place in a [`Spec`].
pub type PlaceOf<T> = fn(&mut Spec) -> &mut T;

/// The type of a setting, its range, and its place in a [`Spec`].
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// A cluster name.
    Name,
    /// A whole number in a range.
    Count(u16, u16, PlaceOf<u16>),
    /// A port, or 0.
    Port(PlaceOf<u16>),
    /// Whether something is there: true or false.
    Switch(PlaceOf<bool>),
    /// An IP address.
    Address(PlaceOf<IpAddr>),
    /// An IPv4 subnet or `auto`.
    Subnet(PlaceOf<Option<Subnet>>),
    /// The name of a Docker network or `auto`.
    Network(PlaceOf<Option<String>>),
    /// A setting of containers, such as their memory: one text for all nodes, or one for each kind of node.
    Words(Aspect, PlaceOf<Words>),
    /// A span of time in a range, in milliseconds.
    Time(u64, u64, PlaceOf<u64>),
    /// `tls` or `none`.
    Encryption,
    /// Names of hosts and addresses, separated by spaces.
    ServerNames(PlaceOf<ServerNames>),
    /// Public keys of age, separated by spaces.
    Recipients(PlaceOf<Recipients>),
    /// A mode of persistence.
    Mode,
    /// A directory of the Docker host.
    Directory(PlaceOf<Option<PathBuf>>),
    /// The beginning of a file name.
    FilePrefix(PlaceOf<String>),
    /// A user name.
    User(PlaceOf<String>),
    /// An image reference or `auto`.
    Image(PlaceOf<ImageChoice>),
    /// Which modules are loaded.
    Modules,
    /// The address of a Redis server outside of the cluster, or `none`.
    Follow(PlaceOf<Follow>),
    /// Patterns of channels, separated by white space.
    Patterns(PlaceOf<Patterns>),
    /// Users with presets and rules.
    Users(PlaceOf<OwnUsers>),
    /// Hosts with their Engines and addresses.
    Hosts(PlaceOf<Hosts>),
    /// Directives of `redis.conf` by name.
    Directives,
    /// A file with directives of `redis.conf`.
    Conf,
    /// A file with a password, which some variables give as it is.
    PasswordFile {
        /// Variables that hold the password itself. The first that is set wins, also over the file's name.
        variables: &'static [&'static str],
        /// Where the password goes.
        place: fn(&mut GivenSecrets) -> &mut Option<Secret>,
    },
}

impl SettingKind {
    /// What the value of its flag is called in the help.
    pub const fn value_name(&self) -> &'static str {
        match self {
            Self::Name | Self::Network(_) | Self::User(_) => "NAME",
            Self::Count(..) => "N",
            Self::Port(_) => "PORT",
            Self::Switch(_) => "BOOL",
            Self::Address(_) => "ADDRESS",
            Self::Subnet(_) => "SUBNET",
            Self::Words(..) => "WORDS",
            Self::Time(..) => "TIME",
            Self::Mode | Self::Encryption => "MODE",
            Self::ServerNames(_) => "NAMES",
            Self::Recipients(_) => "KEYS",
            Self::Directory(_) => "DIR",
            Self::FilePrefix(_) => "TEXT",
            Self::Image(_) => "IMAGE",
            Self::Modules => "WHICH",
            Self::Follow(_) => "HOST:PORT",
            Self::Patterns(_) => "PATTERNS",
            Self::Users(_) => "USERS",
            Self::Hosts(_) => "HOSTS",
            Self::Directives => "NAME=VALUE",
            Self::Conf | Self::PasswordFile { .. } => "FILE",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The meaning of its value.
    pub key: Key,
    /// Its path in `redos.yaml`, dotted: `ports.write`.
    pub path: &'static str,
    /// Its flag with the dashes: `--port`.
    pub flag: &'static str,
    /// Its variables; the first that is set wins. Those without `REDOS_` are from the compose project that redos
    /// replaces.
    pub variables: &'static [&'static str],
    /// Its type, range and place.
    pub kind: SettingKind,
    /// One sentence without a full stop: the help of its flag and its description in the schema.
    pub help: &'static str,
}

impl Setting {
    /// All variables that can give it, the strongest first.
    pub fn all_variables(&self) -> impl Iterator<Item = &'static str> + use<> {
        let direct: &[&str] = match self.kind {
            SettingKind::PasswordFile { variables, .. } => variables,
            _ => &[],
        };
        direct.iter().chain(self.variables).copied()
    }
}

/// The setting at a dotted path of the file.
pub fn at_path(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.path == path)
}

/// Whether a dotted path of the file has settings below it.
pub fn is_section(path: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// All settings in the order of [`Key`], which is the order of output.
pub const SETTINGS: [Setting; 45] = [
    Setting {
        key: Key::Name,
        path: "name",
        flag: "--project",
        variables: &["REDOS_PROJECT"],
        kind: SettingKind::Name,
        help: "Name of the cluster, which begins the name of everything it has in Docker",
    },
    Setting {
        key: Key::Masters,
        path: "masters",
        flag: "--masters",
        variables: &["REDOS_MASTERS"],
        kind: SettingKind::Count(1, MASTERS_MAX, |spec| &mut spec.masters),
        help: "Master groups, each with its own replicas and its own ports",
    },
    Setting {
        key: Key::Replicas,
        path: "replicas",
        flag: "--replicas",
        variables: &["REDOS_REPLICAS"],
        kind: SettingKind::Count(0, REDIS_PER_GROUP_MAX - 1, |spec| &mut spec.replicas),
        help: "Replicas of each master",
    },
    Setting {
        key: Key::Sentinels,
        path: "sentinels",
        flag: "--sentinels",
        variables: &["REDOS_SENTINELS"],
        kind: SettingKind::Count(1, SENTINELS_MAX, |spec| &mut spec.sentinels),
        help: "Sentinels, which watch all groups; an odd number",
    },
    Setting {
        key: Key::Quorum,
        path: "quorum",
        flag: "--quorum",
        variables: &["REDOS_QUORUM", "SENTINEL_QUORUM"],
        kind: SettingKind::Count(1, SENTINELS_MAX, |spec| &mut spec.quorum),
        help: "Sentinels that must agree that a master is down [default: the majority]",
    },
    Setting {
        key: Key::Proxies,
        path: "proxies",
        flag: "--proxies",
        variables: &["REDOS_PROXIES"],
        kind: SettingKind::Count(1, PROXIES_MAX, |spec| &mut spec.proxies),
        help: "HAProxies; the ports of each are 100 above those of the one before",
    },
    Setting {
        key: Key::Exporter,
        path: "exporter",
        flag: "--exporter",
        variables: &["REDOS_EXPORTER"],
        kind: SettingKind::Switch(|spec| &mut spec.exporter),
        help: "Exporter of metrics of all Redis nodes and Sentinels, for Prometheus: true or false",
    },
    Setting {
        key: Key::Guard,
        path: "guard",
        flag: "--guard",
        variables: &["REDOS_GUARD"],
        kind: SettingKind::Switch(|spec| &mut spec.guard),
        help: "Guard beside each proxy, which replaces a master that dies at once: true or false",
    },
    Setting {
        key: Key::Bind,
        path: "ports.bind",
        flag: "--bind",
        variables: &["REDOS_BIND"],
        kind: SettingKind::Address(|spec| &mut spec.ports.bind),
        help: "Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks",
    },
    Setting {
        key: Key::WritePort,
        path: "ports.write",
        flag: "--port",
        variables: &["REDOS_PORT", "REDIS_PORT"],
        kind: SettingKind::Port(|spec| &mut spec.ports.write),
        help: "Port for writes, 2 more for each further group; 0 lets Docker choose all ports",
    },
    Setting {
        key: Key::ReadPort,
        path: "ports.read",
        flag: "--read-port",
        variables: &["REDOS_READ_PORT"],
        kind: SettingKind::Port(|spec| &mut spec.ports.read),
        help: "Port for reads from replicas, 2 more for each further group [default: the write port plus 1]",
    },
    Setting {
        key: Key::StatsPort,
        path: "ports.stats",
        flag: "--stats-port",
        variables: &["REDOS_STATS_PORT"],
        kind: SettingKind::Port(|spec| &mut spec.ports.stats),
        help: "Port of the proxy's statistics page and metrics [default: the write port plus 2025]",
    },
    Setting {
        key: Key::NodePort,
        path: "ports.nodes",
        flag: "--node-port",
        variables: &["REDOS_NODE_PORT"],
        kind: SettingKind::Port(|spec| &mut spec.ports.nodes),
        help: "First port of Redis nodes and Sentinels on the hosts of a cluster that has several",
    },
    Setting {
        key: Key::Subnet,
        path: "network.subnet",
        flag: "--subnet",
        variables: &["REDOS_SUBNET"],
        kind: SettingKind::Subnet(|spec| &mut spec.network.subnet),
        help: "Subnet of the cluster's network, at least a /28; auto takes one of Docker's address pools",
    },
    Setting {
        key: Key::Network,
        path: "network.name",
        flag: "--network",
        variables: &["REDOS_NETWORK"],
        kind: SettingKind::Network(|spec| &mut spec.network.name),
        help: "Existing Docker network to use, which redos never removes; auto makes one for the cluster",
    },
    Setting {
        key: Key::Hosts,
        path: "hosts",
        flag: "--hosts",
        variables: &["REDOS_HOSTS"],
        kind: SettingKind::Hosts(|spec| &mut spec.hosts),
        help: "Hosts of the nodes, as NAME ENGINE ADDRESS [zone=ZONE] [roles=ROLE,…] [drain], separated by ';'; an Engine is \
            named as in DOCKER_HOST, or by its Docker context; the nodes of one with drain move to the others",
    },
    Setting {
        key: Key::Encryption,
        path: "encryption",
        flag: "--tls",
        variables: &["REDOS_ENCRYPTION"],
        kind: SettingKind::Encryption,
        help: "Encrypt all connections to Redis nodes and Sentinels: tls, none, or both to take clients without it, too",
    },
    Setting {
        key: Key::TlsNames,
        path: "tls.names",
        flag: "--tls-names",
        variables: &["REDOS_TLS_NAMES"],
        kind: SettingKind::ServerNames(|spec| &mut spec.tls.names),
        help: "Further host names and addresses by which clients know the cluster, for its certificates",
    },
    Setting {
        key: Key::Memory,
        path: "containers.memory",
        flag: "--memory",
        variables: &["REDOS_MEMORY"],
        kind: SettingKind::Words(Aspect::Memory, |spec| &mut spec.containers.memory),
        help: "Most memory of a node, such as 512mb; redis:4gb is for the nodes of a kind (redis, sentinel, proxy, exporter, guard)",
    },
    Setting {
        key: Key::Cpus,
        path: "containers.cpus",
        flag: "--cpus",
        variables: &["REDOS_CPUS"],
        kind: SettingKind::Words(Aspect::Cpus, |spec| &mut spec.containers.cpus),
        help: "Most CPUs of a node, such as 1.5 or redis:2",
    },
    Setting {
        key: Key::Ulimits,
        path: "containers.ulimits",
        flag: "--ulimits",
        variables: &["REDOS_ULIMITS"],
        kind: SettingKind::Words(Aspect::Ulimits, |spec| &mut spec.containers.ulimits),
        help: "Limits of the processes of a node, such as nofile=65536 or redis:memlock=0",
    },
    Setting {
        key: Key::Log,
        path: "containers.log",
        flag: "--log",
        variables: &["REDOS_LOG"],
        kind: SettingKind::Words(Aspect::Log, |spec| &mut spec.containers.log),
        help: "Docker log driver of a node and its options, such as journald, or json-file max-size=50m",
    },
    Setting {
        key: Key::Labels,
        path: "containers.labels",
        flag: "--labels",
        variables: &["REDOS_LABELS"],
        kind: SettingKind::Words(Aspect::Labels, |spec| &mut spec.containers.labels),
        help: "Further labels of the containers, such as team=shop or redis:tier=data",
    },
    Setting {
        key: Key::Password,
        path: "passwordFile",
        flag: "--password-file",
        variables: &["REDOS_PASSWORD_FILE"],
        kind: SettingKind::PasswordFile {
            variables: &["REDOS_PASSWORD", "REDIS_PASSWORD"],
            place: |secrets| &mut secrets.app,
        },
        help: "File with the password of applications; without one a random password is made",
    },
    Setting {
        key: Key::ReplicationPassword,
        path: "replicationPasswordFile",
        flag: "--replication-password-file",
        variables: &["REDOS_REPLICATION_PASSWORD_FILE"],
        kind: SettingKind::PasswordFile {
            variables: &["REDOS_REPLICATION_PASSWORD", "REDIS_MASTER_PASSWORD"],
            place: |secrets| &mut secrets.replication,
        },
        help: "File with the password of replicas at their master; without one a random password is made",
    },
    Setting {
        key: Key::Persistence,
        path: "persistence.mode",
        flag: "--persistence",
        variables: &["REDOS_PERSISTENCE"],
        kind: SettingKind::Mode,
        help: "What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none",
    },
    Setting {
        key: Key::DataDir,
        path: "persistence.dir",
        flag: "--data-dir",
        variables: &["REDOS_DATA_DIR"],
        kind: SettingKind::Directory(|spec| &mut spec.persistence.dir),
        help: "Directory of the Docker host for the data, one folder per node [default: a named volume per node]",
    },
    Setting {
        key: Key::FilePrefix,
        path: "persistence.filePrefix",
        flag: "--file-prefix",
        variables: &["REDOS_FILE_PREFIX", "REDIS_DB_FILE_PREFIX"],
        kind: SettingKind::FilePrefix(|spec| &mut spec.persistence.file_prefix),
        help: "Put before the names of the snapshot and the append-only file",
    },
    Setting {
        key: Key::Redis,
        path: "redis",
        flag: "--redis",
        variables: &["REDOS_REDIS"],
        kind: SettingKind::Directives,
        help: "Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back",
    },
    Setting {
        key: Key::RedisConf,
        path: "redisConf",
        flag: "--redis-conf",
        variables: &["REDOS_REDIS_CONF"],
        kind: SettingKind::Conf,
        help: "A redis.conf whose directives are taken over; those that redos sets itself are named and left out",
    },
    Setting {
        key: Key::Patterns,
        path: "pubsub.patterns",
        flag: "--pubsub-patterns",
        variables: &["REDOS_PUBSUB_PATTERNS"],
        kind: SettingKind::Patterns(|spec| &mut spec.pubsub.patterns),
        help: "Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, also those that \
            match the Sentinels' channels",
    },
    Setting {
        key: Key::Users,
        path: "users",
        flag: "--users",
        variables: &["REDOS_USERS"],
        kind: SettingKind::Users(|spec| &mut spec.users),
        help: "Further users, as NAME PRESET RULE…, separated by ';'; a preset is app, readonly, monitor, backup or none",
    },
    Setting {
        key: Key::DownAfter,
        path: "sentinel.downAfter",
        flag: "--down-after",
        variables: &["REDOS_DOWN_AFTER", "SENTINEL_DOWN_AFTER"],
        kind: SettingKind::Time(DOWN_AFTER_MIN, TIME_MAX, |spec| &mut spec.sentinel.down_after),
        help: "Time without an answer after which a Sentinel considers a node down",
    },
    Setting {
        key: Key::FailoverTimeout,
        path: "sentinel.failoverTimeout",
        flag: "--failover-timeout",
        variables: &["REDOS_FAILOVER_TIMEOUT", "SENTINEL_FAILOVER"],
        kind: SettingKind::Time(1000, TIME_MAX, |spec| &mut spec.sentinel.failover_timeout),
        help: "Time limit of a failover's phases; a failed one is tried again after twice this",
    },
    Setting {
        key: Key::CheckInterval,
        path: "proxy.checkInterval",
        flag: "--check-interval",
        variables: &["REDOS_CHECK_INTERVAL"],
        kind: SettingKind::Time(10, 60_000, |spec| &mut spec.proxy.check_interval),
        help: "Time between two checks of a node by the proxy",
    },
    Setting {
        key: Key::Hold,
        path: "proxy.hold",
        flag: "--proxy-hold",
        variables: &["REDOS_PROXY_HOLD"],
        kind: SettingKind::Time(0, HOLD_MAX, |spec| &mut spec.proxy.hold),
        help: "Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once",
    },
    Setting {
        key: Key::LastingChecks,
        path: "proxy.lastingChecks",
        flag: "--lasting-checks",
        variables: &["REDOS_LASTING_CHECKS"],
        kind: SettingKind::Switch(|spec| &mut spec.proxy.lasting_checks),
        help: "Experimental: the proxy asks nodes and Sentinels over connections that stay open, which costs it a fifth",
    },
    Setting {
        key: Key::StatsUser,
        path: "proxy.statsUser",
        flag: "--stats-user",
        variables: &["REDOS_STATS_USER", "ADMIN_USERNAME"],
        kind: SettingKind::User(|spec| &mut spec.proxy.stats_user),
        help: "User of the statistics page",
    },
    Setting {
        key: Key::StatsPassword,
        path: "proxy.statsPasswordFile",
        flag: "--stats-password-file",
        variables: &["REDOS_STATS_PASSWORD_FILE"],
        kind: SettingKind::PasswordFile {
            variables: &["REDOS_STATS_PASSWORD", "ADMIN_PASSWORD"],
            place: |secrets| &mut secrets.stats,
        },
        help: "File with the password of the statistics page; without one a random password is made",
    },
    Setting {
        key: Key::EncryptTo,
        path: "backup.encryptTo",
        flag: "--backup-encrypt-to",
        variables: &["REDOS_BACKUP_ENCRYPT_TO"],
        kind: SettingKind::Recipients(|spec| &mut spec.backup.encrypt_to),
        help: "Public keys of age (age1…) to which every backup is encrypted, separated by spaces",
    },
    Setting {
        key: Key::RedisImage,
        path: "images.redis",
        flag: "--redis-image",
        variables: &["REDOS_REDIS_IMAGE"],
        kind: SettingKind::Image(|spec| &mut spec.images.redis),
        help: "Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one",
    },
    Setting {
        key: Key::ProxyImage,
        path: "images.proxy",
        flag: "--proxy-image",
        variables: &["REDOS_PROXY_IMAGE"],
        kind: SettingKind::Image(|spec| &mut spec.images.proxy),
        help: "Image of HAProxy; auto finds, pulls or makes one",
    },
    Setting {
        key: Key::ExporterImage,
        path: "images.exporter",
        flag: "--exporter-image",
        variables: &["REDOS_EXPORTER_IMAGE"],
        kind: SettingKind::Image(|spec| &mut spec.images.exporter),
        help: "Image of the exporter (redis_exporter); auto finds, pulls or makes one",
    },
    Setting {
        key: Key::Modules,
        path: "images.modules",
        flag: "--modules",
        variables: &["REDOS_MODULES"],
        kind: SettingKind::Modules,
        help: "Modules of Redis: image (those that its own entry point loads) or none",
    },
    Setting {
        key: Key::Follow,
        path: "follow",
        flag: "--follow",
        variables: &["REDOS_FOLLOW"],
        kind: SettingKind::Follow(|spec| &mut spec.follow),
        help: "Existing Redis server to copy and to send writes to, host:port; none takes over from it",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spec::Subnet;

    #[test]
    fn every_key_finds_its_row() {
        for (row, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(setting.key as usize, row, "{:?} is out of order", setting.key);
        }
    }

    #[test]
    fn no_path_flag_or_variable_is_used_twice() {
        let mut seen = BTreeSet::new();
        for setting in &SETTINGS {
            assert!(seen.insert(setting.path.to_owned()), "{}", setting.path);
            assert!(seen.insert(setting.flag.to_owned()), "{}", setting.flag);
            for variable in setting.all_variables() {
                assert!(seen.insert(variable.to_owned()), "{variable}");
            }
        }
    }

    #[test]
    fn every_value_of_a_spec_has_a_row_but_those_that_follow_from_others() {
        let spec = Spec::with_defaults("redos".parse().expect("a good name"));
        let mut paths = BTreeSet::new();
        leaves(&serde_json::to_value(spec).expect("a spec is JSON"), String::new(), &mut paths);
        for derived in ["proxy.redisSlots", "proxy.sentinelSlots"] {
            assert!(paths.remove(derived), "{derived}");
        }
        let secret = |setting: &&Setting| !matches!(setting.kind, SettingKind::PasswordFile { .. } | SettingKind::Conf);
        let rows: BTreeSet<String> = SETTINGS.iter().filter(secret).map(|setting| setting.path.to_owned()).collect();
        assert_eq!(rows, paths);
    }

    fn leaves(value: &serde_json::Value, path: String, found: &mut BTreeSet<String>) {
        match value.as_object().filter(|object| !object.is_empty()) {
            Some(object) => {
                for (key, value) in object {
                    leaves(value, if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
                }
            }
            None => {
                found.insert(path);
            }
        }
    }

    #[test]
    fn the_most_groups_fit_in_the_smallest_default_subnet() {
        let subnet: Subnet = "192.168.16.0/20".parse().expect("a good subnet");
        assert_eq!(subnet.groups_max(), MASTERS_MAX);
    }
}
