//! What Redis nodes say of themselves: replication, memory, persistence, clients, time.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue as check;
use super::{DoctorFinding, Examined, HealthCheck, Measured};
use crate::cluster::claims::master_of;
use crate::cluster::observed::{Answer, NodeFacts, RoleView};
use crate::cluster::vitals::Vitals;
use crate::spec::names::listed_nodes;
use crate::spec::render::max_clients;
use crate::spec::secret::user;
use crate::spec::{Group, NodeId, PersistenceMode, Spec};

/// Seconds within which a replica acknowledges. It does so once a second.
const LAG_SECONDS: u64 = 2;
/// Seconds of writes that the backlog should hold.
const BACKLOG_SECONDS: u64 = 60;
/// Percents of a limit from which it is nearly reached.
const NEAR: u64 = 90;
/// Percents of the limit of clients from which it is nearly reached.
const CLIENTS_NEAR: u64 = 80;
/// Percents of the limit of replicas' buffers from which they are too full.
const BUFFER_FULL: u64 = 50;
/// Percents of maxmemory that the memory limit of a container should be at least.
const ROOM_ABOVE_MAXMEMORY: u64 = 150;
/// The ratio of resident to used memory from which it is fragmented.
const FRAGMENTED: f64 = 1.5;
/// The ratio below which a part of the memory must be swapped out.
const SWAPPED: f64 = 0.9;
/// Bytes below which a ratio says nothing about the data.
const FEW_BYTES: u64 = 100 << 20;
/// Seconds after which a snapshot is old.
const SAVE_AGE: u64 = 24 * 3600;
/// Seconds after which a slow command is no news any more.
const SLOW_AGE: u64 = 3600;
/// Waits for the disk that a server may have in an hour.
const DELAYED_PER_HOUR: u64 = 60;
/// Refused logins that are no typing errors any more.
const DENIED: u64 = 10;
/// Files that Redis keeps for itself.
const FILES_OF_REDIS: u64 = 32;
/// The default hard limit of the buffer for a replica, in bytes.
const REPLICA_BUFFER: u64 = 256 << 20;

/// One Redis node.
struct RedisVitals<'a> {
    node: NodeId,
    spec: &'a Spec,
    vitals: &'a Vitals,
    facts: &'a NodeFacts,
    found: Vec<DoctorFinding>,
}

/// What can be said of all Redis nodes.
pub(super) fn findings(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let (spec, observed) = (examined.spec, examined.observed);
    let mut found = Vec::new();
    for (node, vitals) in examined.seen_vitals().filter(|(node, _)| node.group().is_some()) {
        let Some(facts) = observed.inventory.nodes.get(&node) else { continue };
        let mut subject = RedisVitals { node, spec, vitals, facts, found: Vec::new() };
        subject.replication();
        subject.persistence();
        subject.memory();
        subject.clients();
        subject.times();
        found.extend(subject.found);
    }
    found.extend(spec.groups().flat_map(|group| lags(group, examined)));
    found.extend(versions(examined));
    found.extend(files(examined));
    if spec.persistence.mode == PersistenceMode::None {
        let measured = Measured::of_host("redos config", "persistence.mode", "none");
        found.push(DoctorFinding::new(&check::NO_PERSISTENCE, None, "Redis keeps nothing on disk", [measured]));
    }
    found.into_iter().map(|finding| finding.of_cluster(spec)).collect()
}

/// A part of a whole in percents.
fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or_default()
}

impl RedisVitals<'_> {
    fn number(&self, field: &str) -> Option<u64> {
        self.vitals.number(field)
    }

    /// The memory limit of its container that a finding proposes, in whole megabytes.
    fn megabytes(bytes: u64) -> String {
        format!("{}mb", bytes.div_ceil(1 << 20))
    }

    fn tell(&mut self, row: &'static HealthCheck, text: String, evidence: impl IntoIterator<Item = Measured>) {
        self.found.push(DoctorFinding::new(row, Some(self.node), text, evidence));
    }

    fn tell_value(&mut self, row: &'static HealthCheck, text: String, measured: Measured, value: String) {
        self.found.push(DoctorFinding::new(row, Some(self.node), text, [measured]).with([("VALUE", value)]));
    }

    fn replication(&mut self) {
        let node = self.node;
        let is_master = self.vitals.field("role") == Some("master");
        let replicas = self.number("connected_slaves").unwrap_or_default();
        if let Some(state) = self.vitals.field("master_failover_state").filter(|state| *state != "no-failover") {
            let measured =
                Measured::of(node, "INFO replication", "master_failover_state", state).against("expected: no-failover");
            self.tell(
                &check::FAILOVER_BY_HAND,
                format!("{node} takes no writes while its FAILOVER is under way"),
                [measured],
            );
        }
        let is_head = self.spec.follow.existing().is_some() && node == Spec::head();
        if !is_master && replicas > 0 && !is_head {
            let measured =
                Measured::of(node, "INFO replication", "connected_slaves", replicas).against("of a replica: 0");
            self.tell(
                &check::REPLICA_CHAINED,
                format!("{replicas} replicas copy {node}, which is a replica"),
                [measured],
            );
        }
        if let (true, Some(needed)) = (
            is_master,
            self.vitals
                .directive("min-replicas-to-write")
                .and_then(|n| n.parse().ok())
                .filter(|needed: &u64| *needed > 0),
        ) {
            let good = self.number("min_slaves_good_slaves").unwrap_or(replicas);
            let measured = Measured::of(node, "INFO replication", "min_slaves_good_slaves", good)
                .against(format!("at least min-replicas-to-write {needed}"));
            if good < needed {
                self.tell(
                    &check::WRITES_REFUSED,
                    format!("{node} refuses writes: {good} replicas are in sync, and it needs {needed}"),
                    [measured],
                );
            } else if good == needed {
                self.tell_value(
                    &check::MIN_REPLICAS_TIGHT,
                    format!("{node} would refuse writes without one of its {good} replicas"),
                    measured,
                    (needed + 1).to_string(),
                );
            }
        }
        let announced = self.vitals.directive("replica-announce-ip").filter(|announced| !announced.is_empty());
        if let (Some(announced), Some(address)) =
            (announced, self.facts.on_host.map(|place| *place.ip()).or(self.facts.address))
            && announced != address.to_string()
        {
            let measured = Measured::of(node, "CONFIG GET", "replica-announce-ip", announced)
                .against(format!("its address: {address}"));
            let text = format!("{node} announces {announced}, and is at {address}");
            self.tell_value(&check::ANNOUNCES_WRONG, text, measured, address.to_string());
        }
        // Kilobytes a second, to all replicas together.
        let rate = self.vitals.number::<f64>("instantaneous_output_repl_kbps").unwrap_or_default() * 1024.0
            / (replicas.max(1) as f64);
        let size = self.number("repl_backlog_size").unwrap_or_default();
        if is_master && replicas > 0 && rate * BACKLOG_SECONDS as f64 > size as f64 {
            let measured = Measured::of(node, "INFO replication, INFO stats", "repl_backlog_size", size)
                .against(format!("at least {BACKLOG_SECONDS} s at {rate:.0} bytes a second"));
            self.tell(
                &check::BACKLOG_SMALL,
                format!("the backlog of {node} holds {:.0} s of writes", size as f64 / rate),
                [measured],
            );
        }
        let buffers = self.number("mem_clients_slaves").unwrap_or_default() / replicas.max(1);
        if is_master && percent(buffers, REPLICA_BUFFER) >= BUFFER_FULL {
            let measured = Measured::of(node, "INFO memory", "mem_clients_slaves", buffers)
                .against(format!("less than {BUFFER_FULL} % of {REPLICA_BUFFER} for each replica"));
            self.tell(
                &check::REPLICA_BUFFER,
                format!("{node} holds {buffers} bytes back for each replica"),
                [measured],
            );
        }
    }

    fn persistence(&mut self) {
        let node = self.node;
        let states = [
            ("aof_last_write_status", &check::AOF_WRITE_FAILED, "the last write of the append-only file failed"),
            (
                "aof_last_bgrewrite_status",
                &check::AOF_REWRITE_FAILED,
                "the last rewrite of the append-only file failed",
            ),
            ("rdb_last_bgsave_status", &check::SAVE_FAILED, "the last snapshot failed"),
        ];
        for (field, row, text) in states {
            if let Some(status) = self.vitals.field(field).filter(|status| *status != "ok") {
                let measured = Measured::of(node, "INFO persistence", field, status).against("expected: ok");
                self.tell(row, format!("{text} on {node}"), [measured]);
            }
        }
        let (delayed, uptime) = (
            self.number("aof_delayed_fsync").unwrap_or_default(),
            self.number("uptime_in_seconds").unwrap_or_default(),
        );
        if delayed > DELAYED_PER_HOUR * uptime.div_ceil(3600).max(1) {
            let measured = Measured::of(node, "INFO persistence", "aof_delayed_fsync", delayed)
                .against(format!("at most {DELAYED_PER_HOUR} an hour, in {uptime} s"));
            self.tell(&check::AOF_SLOW, format!("{node} has waited {delayed} times for its disk"), [measured]);
        }
        let changes = self.number("rdb_changes_since_last_save").unwrap_or_default();
        let saves = self.vitals.directive("save").is_some_and(|save| !save.is_empty());
        if let (Some(saved), Some(now), true, true) =
            (self.number("rdb_last_save_time"), self.now(), saves, changes > 0)
            && now.saturating_sub(saved) > SAVE_AGE
        {
            let hours = (now - saved) / 3600;
            let measured = Measured::of(node, "INFO persistence", "rdb_last_save_time", saved)
                .against(format!("at most {SAVE_AGE} s ago"));
            self.tell(
                &check::SAVE_OLD,
                format!("the last snapshot of {node} is {hours} h old, and {changes} changes came after it"),
                [measured],
            );
        }
    }

    fn memory(&mut self) {
        let node = self.node;
        let used = self.number("used_memory").unwrap_or_default();
        let most = self.number("maxmemory").unwrap_or_default();
        let policy = self.vitals.field("maxmemory_policy").unwrap_or_default().to_owned();
        let refuses = policy == "noeviction";
        let share = percent(used, most);
        if most > 0 && refuses && share >= NEAR {
            let measured = Measured::of(node, "INFO memory", "used_memory", used)
                .against(format!("less than {NEAR} % of maxmemory {most}"));
            let (row, text) = if share >= 100 {
                (&check::MEMORY_FULL, format!("{node} uses all of its maxmemory and refuses writes"))
            } else {
                (&check::MEMORY_NEAR, format!("{node} uses {share} % of its maxmemory"))
            };
            self.tell_value(row, text, measured, Self::megabytes(most * 2));
        }
        let evicted = self.number("evicted_keys").unwrap_or_default();
        if evicted > 0 {
            let measured = Measured::of(node, "INFO stats", "evicted_keys", evicted).against("expected: 0");
            let text = format!("{node} has removed {evicted} keys to stay below its maxmemory, by {policy}");
            self.tell_value(&check::EVICTING, text, measured, Self::megabytes(most * 2));
        }
        let resident = self.number("used_memory_rss").unwrap_or_default();
        if let Some(limit) = self.facts.resources.memory {
            let proposed = limit * 100 / ROOM_ABOVE_MAXMEMORY;
            if most == 0 {
                let measured = Measured::of(node, "INFO memory", "maxmemory", 0)
                    .against(format!("less than the limit of its container, {limit}"));
                self.tell_value(
                    &check::MEMORY_UNBOUNDED,
                    format!("{node} has a memory limit and no maxmemory"),
                    measured,
                    Self::megabytes(proposed),
                );
            } else if percent(limit, most) < ROOM_ABOVE_MAXMEMORY {
                let measured = Measured::of(node, "docker inspect", "Memory", limit)
                    .against(format!("at least {ROOM_ABOVE_MAXMEMORY} % of maxmemory {most}"));
                let text = format!("the memory limit of {node} is {} % of its maxmemory", percent(limit, most));
                self.tell_value(
                    &check::MEMORY_TIGHT,
                    text,
                    measured,
                    Self::megabytes(most * ROOM_ABOVE_MAXMEMORY / 100),
                );
            }
            if percent(resident, limit) >= NEAR {
                let measured = Measured::of(node, "INFO memory", "used_memory_rss", resident)
                    .against(format!("less than {NEAR} % of its container's limit {limit}"));
                let text = format!("{node} takes {} % of the memory limit of its container", percent(resident, limit));
                self.tell_value(&check::MEMORY_LIMIT_NEAR, text, measured, Self::megabytes(limit * 2));
            }
        }
        let Some(ratio) = self.vitals.number::<f64>("mem_fragmentation_ratio") else { return };
        let wasted = self.number("mem_fragmentation_bytes").unwrap_or_default();
        if ratio > FRAGMENTED && wasted > FEW_BYTES {
            let measured = Measured::of(node, "INFO memory", "mem_fragmentation_ratio", ratio)
                .against(format!("at most {FRAGMENTED}"));
            self.tell(
                &check::MEMORY_FRAGMENTED,
                format!("{node} takes {ratio} times the memory that it uses"),
                [measured],
            );
        }
        if ratio < SWAPPED && ratio > 0.0 && used > FEW_BYTES {
            let measured = Measured::of(node, "INFO memory", "mem_fragmentation_ratio", ratio)
                .against(format!("at least {SWAPPED}"));
            self.tell_value(
                &check::MEMORY_SWAPPED,
                format!("a part of the memory of {node} is swapped out"),
                measured,
                Self::megabytes(used / 2),
            );
        }
    }

    fn clients(&mut self) {
        let node = self.node;
        let most = self.number("maxclients").unwrap_or_default();
        let clients = self.number("connected_clients").unwrap_or_default();
        if percent(clients, most) >= CLIENTS_NEAR {
            let measured = Measured::of(node, "INFO clients", "connected_clients", clients)
                .against(format!("less than {CLIENTS_NEAR} % of maxclients {most}"));
            self.tell(
                &check::CLIENTS_NEAR,
                format!("{node} has {} % of the clients that it may have", percent(clients, most)),
                [measured],
            );
        }
        let rejected = self.number("rejected_connections").unwrap_or_default();
        if rejected > 0 {
            let measured = Measured::of(node, "INFO stats", "rejected_connections", rejected).against("expected: 0");
            self.tell(&check::CLIENTS_REJECTED, format!("{node} has refused {rejected} connections"), [measured]);
        }
        let counted = |kind: &str| self.number(&format!("acl_access_denied_{kind}")).unwrap_or_default();
        let others = self.vitals.refused.iter().filter(|(name, _)| *name != user::EXPORTER);
        // The exporter asks for the slow log, for which it has no right, at each look. The sum does not say who asked.
        let commands = if self.spec.exporter { others.map(|(_, count)| count).sum() } else { counted("cmd") };
        let denied: u64 = ["auth", "key", "channel"].into_iter().map(counted).sum::<u64>() + commands;
        if denied > DENIED {
            let measured =
                Measured::of(node, "INFO stats", "acl_access_denied_*", denied).against(format!("at most {DENIED}"));
            self.tell(&check::ACCESS_DENIED, format!("{node} has refused {denied} logins or commands"), [measured]);
        }
    }

    fn times(&mut self) {
        let node = self.node;
        // Half of the time after which Sentinels consider it down, in microseconds.
        let slow = self.spec.sentinel.down_after * 1000 / 2;
        let fork = self.number("latest_fork_usec").unwrap_or_default();
        if fork > slow {
            let measured = Measured::of(node, "INFO stats", "latest_fork_usec", fork)
                .against(format!("at most {slow}, half of down-after"));
            let proposed = format!("{}s", (4 * fork).div_ceil(1_000_000));
            self.tell_value(
                &check::FORK_SLOW,
                format!("the last fork of {node} took {} ms", fork / 1000),
                measured,
                proposed,
            );
        }
        let now = self.now();
        let Some(command) = &self.vitals.slowest else { return };
        let is_news = now.is_none_or(|now| now.saturating_sub(command.at) < SLOW_AGE);
        if command.took > slow && is_news {
            let measured = Measured::of(node, "SLOWLOG GET", &command.command, format!("{} µs", command.took))
                .against(format!("at most {slow} µs, half of down-after"));
            let text = format!("{} took {} ms on {node}", command.command, command.took / 1000);
            self.tell(&check::SLOW_COMMAND, text, [measured]);
        }
    }

    /// The time by its own clock, in seconds since 1970.
    fn now(&self) -> Option<u64> {
        self.number("server_time_usec").map(|micros| micros / 1_000_000)
    }
}

/// Replicas that are behind their master, by their master's list.
fn lags(group: Group, examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let observed = examined.observed;
    let view = |node: NodeId| observed.topology.redis.get(&node).and_then(Answer::said);
    let Some((master, leader)) = master_of(group, observed).and_then(|node| Some((node, view(node)?))) else {
        return Vec::new();
    };
    let RoleView::Master { replicas } = &leader.role else { return Vec::new() };
    let backlog = examined
        .seen_vitals()
        .find(|(node, _)| *node == master)
        .and_then(|(_, vitals)| vitals.number("repl_backlog_size"));
    let mut found = Vec::new();
    for replica in replicas.iter().filter(|replica| replica.state == "online") {
        let Some(node) = observed.inventory.node_at(replica.address).filter(|node| view(*node).is_some()) else {
            continue;
        };
        let behind = u64::try_from(leader.offset - replica.offset).unwrap_or_default();
        if let Some(backlog) = backlog.filter(|backlog: &u64| behind > *backlog) {
            let measured = Measured::of(
                master,
                "INFO replication",
                format!("master_repl_offset minus the offset of {node}"),
                behind,
            )
            .against(format!("at most repl_backlog_size {backlog}"));
            let text = format!("{node} is {behind} bytes behind {master}, more than the backlog holds");
            found.push(DoctorFinding::new(&check::REPLICA_BEYOND_BACKLOG, Some(node), text, [measured]));
        } else if replica.lag_seconds > LAG_SECONDS {
            let measured = Measured::of(master, "INFO replication", format!("lag of {node}"), replica.lag_seconds)
                .against(format!("at most {LAG_SECONDS} s"));
            let text =
                format!("{node} acknowledged last {} s ago, {behind} bytes behind {master}", replica.lag_seconds);
            found.push(DoctorFinding::new(&check::REPLICA_LAG, Some(node), text, [measured]));
        }
    }
    found
}

/// Nodes that take fewer clients than they were told, because of the files that they may open. It has one cause for all.
fn files(examined: &Examined<'_>) -> Option<DoctorFinding> {
    let spec = examined.spec;
    let wanted = spec.redis.get("maxclients").and_then(|most| most.parse().ok());
    let wanted = wanted.unwrap_or_else(|| max_clients(spec).unsigned_abs());
    let redis = examined.seen_vitals().filter(|(node, _)| node.group().is_some());
    let limits = redis.filter_map(|(node, vitals)| Some((node, vitals.number::<u64>("maxclients")?)));
    let few: BTreeMap<NodeId, u64> = limits.filter(|(_, most)| *most > 0 && *most < wanted).collect();
    let most = few.values().min()?;
    let nodes = listed_nodes(&few.keys().copied().collect());
    let text = format!("{nodes} may open files for {most} clients, not for {wanted}");
    let said = |(node, most): (&NodeId, &u64)| {
        Measured::of(*node, "INFO clients", "maxclients", most).against(format!("configured: {wanted}"))
    };
    let finding = DoctorFinding::new(&check::FILES_LIMIT, None, text, few.iter().map(said).collect::<Vec<_>>());
    Some(finding.with([("VALUE", (wanted + FILES_OF_REDIS).to_string())]))
}

/// Servers of one kind with different versions.
fn versions(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let topology = &examined.observed.topology;
    let redis = topology.redis.iter().filter_map(|(node, answer)| Some((*node, answer.said()?.version.clone())));
    let sentinels =
        topology.sentinels.iter().filter_map(|(node, answer)| Some((*node, answer.said()?.version.clone())));
    let proxies = topology.proxies.iter().filter_map(|(node, answer)| Some((*node, answer.said()?.version.clone())));
    let kinds: [(&str, BTreeMap<NodeId, String>); 3] =
        [("Redis nodes", redis.collect()), ("Sentinels", sentinels.collect()), ("proxies", proxies.collect())];
    let of_kind = |(kind, versions): (&str, BTreeMap<NodeId, String>)| {
        let different: BTreeSet<&String> = versions.values().collect();
        if different.len() < 2 {
            return None;
        }
        let listed = different.into_iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
        let evidence = versions.iter().map(|(node, version)| Measured::of(*node, "INFO server", "version", version));
        Some(DoctorFinding::new(
            &check::VERSIONS_DIFFER,
            None,
            format!("the {kind} have the versions {listed}"),
            evidence,
        ))
    };
    kinds.into_iter().filter_map(of_kind).collect()
}
