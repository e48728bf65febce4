//! Each check with a cluster that has just that one fault, in the words of recorded replies.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::cluster::fixture::{GROUP, at, halt, healthy, redis, redis_mut, remove, sentinel_mut, stored_data};
use crate::cluster::observed::{
    AttachedReplica, AuthorityView, CertificatesView, ExporterView, Loading, MasterLogin, ProxyView, PublishedPort,
    RoleView, StoredData, WatchedMaster, WatchedPeer,
};
use crate::cluster::vitals::SlowCommand;
use crate::spec::render::sentinel_periods;
use crate::spec::secret::user;
use crate::spec::settings::is_managed;
use crate::spec::{PersistenceMode, REDIS_PORT, Release, Resources, SENTINEL_PORT, UsedImage};

/// Everything that can be seen of a cluster, for changes.
struct Case {
    spec: Spec,
    observed: Observed,
    vitals: BTreeMap<NodeId, Result<Vitals, String>>,
    host: Result<HostFacts, String>,
    engine: Option<String>,
    faults: Vec<String>,
}

/// The lines of a recorded reply, `name:value` each.
fn recorded(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_owned(), value.trim_end().to_owned())).collect()
}

impl Case {
    /// A cluster without a problem, on a host without one.
    ///
    /// It has the replies of a real cluster, with the role of each node in them.
    fn healthy(masters: u16) -> Self {
        let mut spec = Spec::with_defaults("redos".parse().expect("a name"));
        spec.masters = masters;
        let observed = healthy(&spec);
        let vitals = spec.nodes().into_iter().filter(|node| !matches!(node, NodeId::Proxy(_) | NodeId::Exporter));
        let vitals = vitals.map(|node| (node, Ok(vitals_of(node)))).collect();
        let host = HostFacts {
            overcommit: Some(1),
            huge_pages: Some("madvise".to_owned()),
            somaxconn: Some(4096),
            clocksource: Some("tsc".to_owned()),
            memory: Some(16 << 30),
            available: Some(12 << 30),
            disk: Some(100 << 30),
            disk_free: Some(60 << 30),
        };
        let engine = Some("28.0.1".to_owned());
        Self { spec, observed, vitals, host: Ok(host), engine, faults: Vec::new() }
    }

    fn diagnosis(&self) -> Diagnosis {
        let Self { spec, observed, vitals, host, engine, faults } = self;
        diagnose(&Examined {
            spec,
            observed,
            vitals: vitals.clone(),
            host: host.clone(),
            engine: engine.clone(),
            faults: faults.clone(),
        })
    }

    fn vitals(&mut self, node: NodeId) -> &mut Vitals {
        self.vitals.get_mut(&node).expect("asked").as_mut().expect("it answered")
    }

    /// Sets a field of `INFO`.
    fn info(&mut self, node: NodeId, field: &str, value: &str) {
        self.vitals(node).info.insert(field.to_owned(), value.to_owned());
    }

    /// Sets a directive.
    fn config(&mut self, node: NodeId, name: &str, value: &str) {
        self.vitals(node).config.insert(name.to_owned(), value.to_owned());
    }

    fn facts(&mut self, node: NodeId) -> &mut crate::cluster::observed::NodeFacts {
        self.observed.inventory.nodes.get_mut(&node).expect("the node")
    }

    fn host(&mut self) -> &mut HostFacts {
        self.host.as_mut().expect("seen")
    }

    fn watched(&mut self, sentinel: u16) -> &mut WatchedMaster {
        sentinel_mut(&mut self.observed, sentinel).masters.get_mut("mymaster").expect("watched")
    }

    fn proxy(&mut self) -> &mut ProxyView {
        match self.observed.topology.proxies.get_mut(&PROXY) {
            Some(Answer::Says(view)) => view,
            other => panic!("{other:?}"),
        }
    }

    fn attached(&mut self) -> &mut Vec<AttachedReplica> {
        match &mut redis_mut(&mut self.observed, MASTER).role {
            RoleView::Master { replicas } => replicas,
            RoleView::Replica { .. } => panic!("it is the master"),
        }
    }

    fn add_exporter(&mut self) {
        self.spec.exporter = true;
        self.observed = healthy(&self.spec);
    }

    fn silence(&mut self, node: NodeId) {
        self.observed.topology.redis.insert(node, Answer::Silent("no answer within 1 s".to_owned()));
        self.vitals.insert(node, Err("no answer within 1 s".to_owned()));
    }

    /// Gives a directive both to the configuration and to all nodes.
    fn configure(&mut self, name: &str, value: &str) {
        self.spec.redis.insert(name.to_owned(), value.to_owned());
        self.observed.inventory.recorded = Some(self.spec.clone());
        let nodes: Vec<NodeId> = self.spec.redis_nodes(GROUP).collect();
        for node in nodes {
            self.config(node, name, value);
        }
    }
}

/// The vital signs of a node in a healthy cluster.
fn vitals_of(node: NodeId) -> Vitals {
    if matches!(node, NodeId::Sentinel(_)) {
        let periods = sentinel_periods().into_iter().map(|(name, period)| (name.to_owned(), period.to_string()));
        return Vitals {
            info: recorded(include_str!("replies/sentinel-7.0-info.txt")),
            config: BTreeMap::from([("resolve-hostnames".to_owned(), "no".to_owned())]),
            periods: periods.collect(),
            slowest: None,
            refused: BTreeMap::new(),
            clock_ahead: Some(3),
        };
    }
    let mut vitals = Vitals {
        info: recorded(include_str!("replies/redis-7.0-info.txt")),
        config: recorded(include_str!("replies/redis-7.0-config.txt")),
        periods: BTreeMap::new(),
        slowest: Some(SlowCommand { at: 1_795_810_220, took: 12_000, command: "KEYS".to_owned() }),
        refused: BTreeMap::new(),
        clock_ahead: Some(3),
    };
    vitals.config.insert("replica-announce-ip".to_owned(), at(node, REDIS_PORT).ip().to_string());
    // The host of the record let it open too few files.
    vitals.info.insert("maxclients".to_owned(), "80000".to_owned());
    if !matches!(node, NodeId::Redis { ordinal: 1, .. }) {
        vitals.info.extend([("role", "slave"), ("connected_slaves", "0")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
    vitals
}

const MASTER: NodeId = redis(1);
const REPLICA: NodeId = redis(2);
const SENTINEL: NodeId = NodeId::Sentinel(2);
const PROXY: NodeId = NodeId::Proxy(1);

/// A change that makes just one finding.
type Break = fn(&mut Case);

/// Findings that come with others, which their cause makes as well.
const TOGETHER: &[(&[&str], Break)] = &[
    (&["failover-stuck", "no-master", "node-down"], |case| {
        halt(&mut case.observed, MASTER, NodeState::Paused);
        for sentinel in [1, 2, 3] {
            let watched = case.watched(sentinel);
            watched.flags.insert("s_down".to_owned());
            watched.down_for = Some(60_000);
            watched.replicas.iter_mut().for_each(|replica| replica.link_down_for = 900_000);
        }
    }),
    (&["no-master", "node-down", "node-down", "node-down", "up-refuses"], |case| {
        for node in [MASTER, REPLICA, redis(3)] {
            halt(&mut case.observed, node, NodeState::Exited { code: 1, oom_killed: false });
            stored_data(
                &mut case.observed,
                node,
                StoredData::Damaged { why: "appendonly.aof.manifest is missing".to_owned() },
            );
        }
    }),
];

fn replica(case: &mut Case, change: fn(&mut RoleView)) {
    change(&mut redis_mut(&mut case.observed, REPLICA).role);
}

/// What breaks what.
const BREAKS: &[(&str, Break)] = &[
    ("exporter-down", |case| {
        case.add_exporter();
        halt(&mut case.observed, NodeId::Exporter, NodeState::Paused);
    }),
    ("guard-down", |case| {
        case.spec.guard = true;
        case.observed = healthy(&case.spec);
        halt(&mut case.observed, NodeId::Guard(1), NodeState::Paused);
    }),
    ("exporter-refused", |case| {
        case.add_exporter();
        let without_metrics = [(REPLICA, "WRONGPASS invalid password".to_owned())].into();
        let view = ExporterView { without_metrics, ..ExporterView::default() };
        case.observed.topology.exporter = Some(Answer::Says(view));
    }),
    ("node-missing", |case| remove(&mut case.observed, redis(3))),
    ("node-unseen", |case| _ = case.observed.inventory.unseen.insert(redis(3), "no answer within 10 s".to_owned())),
    ("node-down", |case| halt(&mut case.observed, REPLICA, NodeState::Paused)),
    ("node-dies", |case| {
        case.facts(REPLICA).restarts = 4;
        case.silence(REPLICA);
    }),
    ("node-off-network", |case| {
        case.facts(REPLICA).network_id = Some("another".to_owned());
        case.silence(REPLICA);
    }),
    ("node-silent", |case| case.silence(REPLICA)),
    ("node-busy", |case| {
        case.silence(REPLICA);
        case.observed.topology.redis.insert(REPLICA, Answer::Busy { is_unkillable: false });
    }),
    ("node-loading", |case| {
        redis_mut(&mut case.observed, REPLICA).loading = Some(Loading { percent: 40, seconds_left: 9 });
    }),
    ("port-dead", |case| {
        let port = PublishedPort { container: 6379, host_ip: case.spec.ports.bind, host: 6379 };
        case.proxy().dead_ports.insert(port, "connection refused".to_owned());
    }),
    ("no-master", |case| {
        let follows = RoleView::Replica {
            master: at(REPLICA, REDIS_PORT),
            link_up: true,
            syncing: false,
            last_io_seconds: None,
            link_down_at: None,
        };
        redis_mut(&mut case.observed, MASTER).role = follows;
    }),
    ("two-masters", |case| {
        redis_mut(&mut case.observed, REPLICA).role = RoleView::Master { replicas: Vec::new() };
        for sentinel in [1, 2, 3] {
            case.watched(sentinel).replicas.iter_mut().for_each(|replica| replica.claims_for = Some(60_000));
        }
    }),
    ("failover-running", |case| _ = case.watched(1).flags.insert("failover_in_progress".to_owned())),
    ("replica-elsewhere", |case| {
        replica(case, |role| {
            if let RoleView::Replica { master, .. } = role {
                *master = at(redis(3), REDIS_PORT);
            }
        });
    }),
    ("replica-copying", |case| {
        replica(case, |role| {
            if let RoleView::Replica { syncing, .. } = role {
                *syncing = true;
            }
        });
    }),
    ("replica-link-down", |case| {
        replica(case, |role| {
            if let RoleView::Replica { link_up, .. } = role {
                *link_up = false;
            }
        });
    }),
    ("replica-not-promotable", |case| case.watched(1).replicas[0].priority = 0),
    ("replica-lag", |case| case.attached()[0].lag_seconds = 5),
    ("replica-beyond-backlog", |case| {
        redis_mut(&mut case.observed, MASTER).offset = 100 << 20;
        case.attached()[1].offset = 100 << 20;
    }),
    ("replica-chained", |case| case.info(REPLICA, "connected_slaves", "1")),
    ("replica-buffer", |case| case.info(MASTER, "mem_clients_slaves", "400000000")),
    ("backlog-small", |case| case.info(MASTER, "instantaneous_output_repl_kbps", "90000.5")),
    ("writes-refused", |case| {
        case.configure("min-replicas-to-write", "1");
        for node in [MASTER, REPLICA, redis(3)] {
            redis_mut(&mut case.observed, node).config.insert("min-replicas-to-write".to_owned(), "1".to_owned());
        }
        case.info(MASTER, "min_slaves_good_slaves", "0");
    }),
    ("min-replicas-tight", |case| {
        case.configure("min-replicas-to-write", "2");
        case.info(MASTER, "min_slaves_good_slaves", "2");
    }),
    ("sentinel-blind", |case| sentinel_mut(&mut case.observed, 2).masters.clear()),
    ("sentinel-disagrees", |case| case.watched(2).address = at(redis(3), REDIS_PORT)),
    ("sentinel-unaware", |case| _ = case.watched(2).replicas.pop()),
    ("sentinel-ghost", |case| {
        let ghost = WatchedPeer {
            id: "ghost".to_owned(),
            address: at(NodeId::Sentinel(7), SENTINEL_PORT),
            flags: BTreeSet::from(["sentinel".to_owned()]),
            unanswered_for: 0,
        };
        case.watched(2).peers.push(ghost);
    }),
    ("sentinel-flags", |case| _ = case.watched(2).replicas[0].flags.insert("s_down".to_owned())),
    ("sentinel-tilt", |case| sentinel_mut(&mut case.observed, 2).tilt = true),
    ("no-quorum", |case| case.watched(2).quorum_check = Err("NOQUORUM 1 usable Sentinels".to_owned())),
    ("sentinel-simulates", |case| case.info(SENTINEL, "sentinel_simulate_failure_flags", "1")),
    ("failover-by-hand", |case| case.info(MASTER, "master_failover_state", "waiting-for-sync")),
    ("setting-unwise", |case| {
        case.spec.sentinels = 4;
        case.spec.quorum = 3;
        let sentinels = 4;
        case.observed = healthy(&Spec { sentinels, ..case.spec.clone() });
        case.vitals.insert(NodeId::Sentinel(4), Ok(vitals_of(NodeId::Sentinel(4))));
    }),
    ("sentinel-scripts", |case| case.info(SENTINEL, "sentinel_scripts_queue_length", "12")),
    ("sentinel-identity", |case| sentinel_mut(&mut case.observed, 2).id = "0123456789".to_owned()),
    ("sentinel-names", |case| case.config(SENTINEL, "resolve-hostnames", "yes")),
    ("sentinel-periods", |case| _ = case.vitals(SENTINEL).periods.insert("ping-period".to_owned(), "1000".to_owned())),
    ("proxy-no-writes", |case| case.proxy().routes.get_mut(&GROUP).expect("a route").write = None),
    ("proxy-wrong-master", |case| case.proxy().routes.get_mut(&GROUP).expect("a route").write = Some(REPLICA)),
    ("proxy-no-reads", |case| _ = case.proxy().routes.get_mut(&GROUP).expect("a route").read.remove(&REPLICA)),
    ("proxy-votes", |case| _ = case.proxy().routes.get_mut(&GROUP).expect("a route").votes.remove(&SENTINEL)),
    ("proxy-checks", |case| _ = case.proxy().checked.insert(redis(4))),
    ("unknown-user", |case| _ = redis_mut(&mut case.observed, REPLICA).users.unknown.insert("evil".to_owned())),
    ("user-changed", |case| _ = redis_mut(&mut case.observed, REPLICA).users.changed.insert("default".to_owned())),
    ("login-changed", |case| redis_mut(&mut case.observed, REPLICA).login = MasterLogin::Foreign),
    ("foreign-replica", |case| {
        let stranger =
            AttachedReplica { address: "172.18.0.9:6379".parse().expect("an address"), ..case.attached()[0].clone() };
        case.attached().push(stranger);
    }),
    ("directive-changed", |case| {
        _ = redis_mut(&mut case.observed, REPLICA).config.insert("timeout".to_owned(), "30".to_owned());
    }),
    ("directive-by-hand", |case| case.config(REPLICA, "notify-keyspace-events", "AKE")),
    ("directives-differ", |case| case.config(REPLICA, "hash-max-listpack-entries", "9")),
    ("sentinel-setting", |case| case.watched(2).quorum = 1),
    ("limits-differ", |case| {
        case.spec.containers.memory =
            crate::spec::containers::Words::read(crate::spec::containers::Aspect::Memory, "sentinel:1gb")
                .expect("words");
        case.observed.inventory.recorded = Some(case.spec.clone());
        let wanted = Resources { memory: Some(1 << 30), milli_cpus: None };
        for node in case.spec.sentinel_nodes().collect::<Vec<_>>() {
            case.facts(node).resources = wanted;
        }
        case.facts(SENTINEL).resources.memory = Some(512 << 20);
    }),
    ("limits-by-hand", |case| case.facts(SENTINEL).resources.milli_cpus = Some(500)),
    ("restart-policy", |case| case.facts(SENTINEL).restart_policy = "no".to_owned()),
    ("node-image", |case| {
        let used = |reference: &str| UsedImage {
            reference: reference.to_owned(),
            id: format!("sha256:{reference}"),
            digest: None,
            server: "redis-server".to_owned(),
            release: Release { name: "redis".to_owned(), version: "8.0.2".to_owned() },
            modules: Vec::new(),
        };
        (case.spec.used.redis, case.spec.used.proxy) = (Some(used("redis:8.0")), Some(used("haproxy:3.0")));
        case.observed.inventory.recorded = Some(case.spec.clone());
        let nodes: Vec<NodeId> = case.spec.nodes();
        for node in nodes {
            case.facts(node).spec_hash = crate::cluster::desired::spec_hash(&case.spec.clone(), node);
        }
        case.facts(REPLICA).image = "redis:7.4".to_owned();
    }),
    ("node-outdated", |case| case.facts(REPLICA).spec_hash = "of an earlier redos".to_owned()),
    ("versions-differ", |case| redis_mut(&mut case.observed, REPLICA).version = "7.4.1".to_owned()),
    ("announces-wrong", |case| case.config(REPLICA, "replica-announce-ip", "172.18.0.9")),
    ("fault-active", |case| case.faults.push("the fault 'pause' of redis-2 is active".to_owned())),
    ("up-pending", |case| case.observed.inventory.recorded = None),
    ("aof-write-failed", |case| case.info(MASTER, "aof_last_write_status", "err")),
    ("aof-rewrite-failed", |case| case.info(MASTER, "aof_last_bgrewrite_status", "err")),
    ("aof-slow", |case| case.info(MASTER, "aof_delayed_fsync", "500")),
    ("save-failed", |case| case.info(MASTER, "rdb_last_bgsave_status", "err")),
    ("save-old", |case| case.info(MASTER, "rdb_last_save_time", "1795000000")),
    ("no-persistence", |case| {
        case.spec.persistence.mode = PersistenceMode::None;
        case.observed = healthy(&case.spec);
    }),
    ("foreign-snapshot", |case| case.facts(REPLICA).foreign_snapshot = Some("/data/dump.rdb".to_owned())),
    ("memory-full", |case| {
        case.configure("maxmemory", "2000000");
        case.info(MASTER, "maxmemory", "2000000");
    }),
    ("memory-near", |case| {
        case.configure("maxmemory", "2200000");
        case.info(MASTER, "maxmemory", "2200000");
    }),
    ("evicting", |case| case.info(MASTER, "evicted_keys", "17")),
    ("memory-unbounded", |case| limit(case, 1 << 30)),
    ("memory-tight", |case| {
        limit(case, 1 << 30);
        case.configure("maxmemory", "1gb");
        for node in [MASTER, REPLICA, redis(3)] {
            case.info(node, "maxmemory", "1073741824");
        }
    }),
    ("memory-limit-near", |case| {
        limit(case, 1 << 30);
        case.configure("maxmemory", "512mb");
        for node in [MASTER, REPLICA, redis(3)] {
            case.info(node, "maxmemory", "536870912");
        }
        case.info(MASTER, "used_memory_rss", "1000000000");
    }),
    ("memory-fragmented", |case| case.info(MASTER, "mem_fragmentation_bytes", "400000000")),
    ("memory-swapped", |case| {
        case.info(MASTER, "used_memory", "400000000");
        case.info(MASTER, "mem_fragmentation_ratio", "0.51");
    }),
    ("clients-near", |case| case.info(MASTER, "connected_clients", "70000")),
    ("clients-rejected", |case| case.info(MASTER, "rejected_connections", "3")),
    ("files-limit", |case| case.info(MASTER, "maxclients", "4064")),
    ("access-denied", |case| case.info(MASTER, "acl_access_denied_auth", "55")),
    ("slow-command", |case| {
        case.vitals(MASTER).slowest =
            Some(SlowCommand { at: 1_795_810_220, took: 900_000, command: "KEYS".to_owned() });
    }),
    ("fork-slow", |case| case.info(MASTER, "latest_fork_usec", "700000")),
    ("container-restarted", |case| case.facts(REPLICA).restarts = 1),
    ("host-overcommit", |case| case.host().overcommit = Some(0)),
    ("host-huge-pages", |case| {
        case.host().huge_pages = Some("always".to_owned());
        case.configure("disable-thp", "no");
        let nodes: Vec<NodeId> = case.spec.nodes();
        for node in nodes {
            case.facts(node).spec_hash = crate::cluster::desired::spec_hash(&case.spec.clone(), node);
        }
    }),
    ("host-somaxconn", |case| case.host().somaxconn = Some(128)),
    ("host-clocksource", |case| case.host().clocksource = Some("xen".to_owned())),
    ("host-memory", |case| case.host().available = Some(1 << 20)),
    ("host-overbooked", |case| {
        case.configure("maxmemory", "8gb");
        for node in [MASTER, REPLICA, redis(3)] {
            case.info(node, "maxmemory", "8589934592");
        }
    }),
    ("host-disk-full", |case| case.host().disk_free = Some(5 << 30)),
    ("host-disk", |case| {
        case.info(MASTER, "aof_current_size", "90000000000");
    }),
    ("host-clock", |case| {
        for node in case.spec.nodes().into_iter().filter(|node| !matches!(node, NodeId::Proxy(_))).collect::<Vec<_>>() {
            case.vitals(node).clock_ahead = Some(-90_000);
        }
    }),
    ("certificates-expired", |case| case.observed.certificates = Some(expiring(-1, 3000))),
    ("certificates-expire", |case| case.observed.certificates = Some(expiring(29, 3000))),
    ("authority-expired", |case| case.observed.certificates = Some(expiring(-1, -1))),
    ("authority-expires", |case| case.observed.certificates = Some(expiring(29, 29))),
    ("engine-bugs", |case| case.engine = Some("25.0.1".to_owned())),
];

/// Certificates that expire in so many days, and their authority.
fn expiring(days_left: i64, of_authority: i64) -> CertificatesView {
    let at = || "2036-11-25T10:00:00Z".to_owned();
    let authority = AuthorityView { expires_at: at(), days_left: of_authority };
    CertificatesView { expire_at: at(), days_left, authority }
}

/// Gives all Redis nodes a memory limit, in the configuration as well.
fn limit(case: &mut Case, bytes: u64) {
    let words = format!("redis:{}mb", bytes >> 20);
    let memory = crate::spec::containers::Words::read(crate::spec::containers::Aspect::Memory, &words).expect("words");
    case.spec.containers.memory = memory;
    case.observed.inventory.recorded = Some(case.spec.clone());
    for node in case.spec.redis_nodes(GROUP).collect::<Vec<_>>() {
        case.facts(node).resources.memory = Some(bytes);
    }
}

fn ids(case: &Case) -> Vec<&'static str> {
    case.diagnosis().findings.iter().map(|finding| finding.check.id).collect()
}

#[test]
fn a_healthy_cluster_on_a_healthy_host_has_no_findings() {
    for masters in [1, 2] {
        let case = Case::healthy(masters);
        let diagnosis = case.diagnosis();
        assert_eq!(diagnosis.findings, []);
        assert_eq!(diagnosis.unseen, []);
    }
    let mut case = Case::healthy(1);
    case.add_exporter();
    // It asks each node for what it may not see.
    case.info(REPLICA, "acl_access_denied_cmd", "1000");
    case.vitals(REPLICA).refused.insert(user::EXPORTER.to_owned(), 990);
    assert_eq!(ids(&case), [""; 0]);
    case.vitals(REPLICA).refused.insert("default".to_owned(), 1000);
    assert_eq!(ids(&case), ["access-denied"], "others are not let off");
}

#[test]
fn each_check_finds_what_it_is_for_and_nothing_else() {
    let mut wrong = Vec::new();
    for (id, change) in BREAKS {
        let mut case = Case::healthy(1);
        change(&mut case);
        let mut found = ids(&case);
        // A setting for all nodes of a kind is a finding for each.
        found.dedup();
        if found != [*id] {
            wrong.push(format!("{id}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_one_cause_breaks_together_is_found_together() {
    for (wanted, change) in TOGETHER {
        let mut case = Case::healthy(1);
        change(&mut case);
        let mut found = ids(&case);
        found.sort_unstable();
        assert_eq!(&found, wanted);
    }
}

#[test]
fn a_vote_that_is_not_counted_a_moment_after_the_start_is_no_finding_and_later_it_is() {
    let mut case = Case::healthy(1);
    case.proxy().routes.get_mut(&GROUP).expect("a route").votes.remove(&NodeId::Sentinel(1));
    assert_eq!(ids(&case), ["proxy-votes"]);
    sentinel_mut(&mut case.observed, 1).uptime_seconds = 1;
    assert_eq!(ids(&case), [""; 0]);
}

#[test]
fn every_check_has_a_case_that_breaks_it() {
    let broken = BREAKS.iter().map(|(id, _)| *id).chain(TOGETHER.iter().flat_map(|(ids, _)| *ids).copied());
    let broken: BTreeSet<&str> = broken.collect();
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(broken, all);
}

#[test]
fn findings_have_evidence_and_remedies_with_nothing_left_to_fill_in() {
    for (id, change) in BREAKS {
        let mut case = Case::healthy(1);
        change(&mut case);
        for finding in case.diagnosis().findings {
            assert!(!finding.evidence.is_empty() && !finding.text.is_empty(), "{id}");
            for remedy in &finding.remedies {
                let left = ["NODE", "CONTAINER", "NETWORK", "NAME", "VALUE", "DEFAULT"];
                assert!(!left.iter().any(|word| remedy.contains(word)), "{id}: {remedy}");
            }
        }
    }
}

#[test]
fn no_remedy_gives_redos_a_directive_that_it_refuses() {
    let by_hand: [Break; 3] = [
        |case| case.config(REPLICA, "min-replicas-to-write", "1"),
        |case| {
            _ = redis_mut(&mut case.observed, REPLICA).config.insert("replica-read-only".to_owned(), "no".to_owned())
        },
        |case| case.config(REPLICA, "rename-command", "FLUSHALL x"),
    ];
    for change in BREAKS.iter().map(|(_, change)| change).chain(&by_hand) {
        let mut case = Case::healthy(1);
        change(&mut case);
        for finding in case.diagnosis().findings {
            for remedy in &finding.remedies {
                let given = remedy.split_once(" --redis ").and_then(|(_, given)| given.split_once('='));
                assert!(!given.is_some_and(|(name, _)| is_managed(name)), "{}: {remedy}", finding.check.id);
            }
            assert!(!finding.remedies.is_empty(), "{}", finding.check.id);
        }
    }
}

#[test]
fn what_could_not_be_seen_is_said_and_hides_nothing_else() {
    let mut case = Case::healthy(1);
    halt(&mut case.observed, REPLICA, NodeState::Paused);
    case.vitals.remove(&REPLICA);
    case.vitals.insert(SENTINEL, Err("no answer within 1 s".to_owned()));
    case.host = Err("no node runs that could tell of it".to_owned());
    case.config(MASTER, "maxmemory", "1000");
    let diagnosis = case.diagnosis();
    let unseen: Vec<(&str, &str)> = diagnosis.unseen.iter().map(|unseen| (&*unseen.what, &*unseen.why)).collect();
    let told = [
        ("redis-2", "it is paused"),
        ("sentinel-2", "no answer within 1 s"),
        ("the Docker host", "no node runs that could tell of it"),
    ];
    assert_eq!(unseen, told);
    assert_eq!(ids(&case), ["node-down", "directive-by-hand"]);
}

#[test]
fn the_output_of_a_node_becomes_facts_of_its_host() {
    let text = "overcommit_memory 0\ntransparent_hugepage always [madvise] never\nsomaxconn 4096\nclocksource tsc\n\
                MemTotal: 24684092\nMemAvailable: 22935540\ndisk 1024-blocks Available\ndisk 264212084 66687796\n";
    let facts = HostFacts {
        overcommit: Some(0),
        huge_pages: Some("madvise".to_owned()),
        somaxconn: Some(4096),
        clocksource: Some("tsc".to_owned()),
        memory: Some(24_684_092 << 10),
        available: Some(22_935_540 << 10),
        disk: Some(264_212_084 << 10),
        disk_free: Some(66_687_796 << 10),
    };
    assert_eq!(HostFacts::parse(text), facts);
    assert_eq!(HostFacts::parse("sh: cat: not found\n"), HostFacts::default());
}

#[test]
fn a_bug_of_the_engine_is_told_of_the_versions_that_have_it() {
    let has = |version: &str| {
        let mut case = Case::healthy(1);
        case.engine = Some(version.to_owned());
        ids(&case).len()
    };
    let cases = [
        ("20.10.24+dfsg1", 2),
        ("24.0.8", 2),
        ("24.0.9", 1),
        ("25.0.1", 1),
        ("25.0.2", 0),
        ("28.0.1-rc.1", 0),
        ("dev", 0),
    ];
    for (version, bugs) in cases {
        assert_eq!(has(version), bugs, "{version}");
    }
}
