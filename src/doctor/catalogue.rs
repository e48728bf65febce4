//! The catalogue of checks: what each id means, why it matters and what helps.
//!
//! An id never changes its meaning: scripts compare it. `redos explain` and `docs/doctor.md` print this table.

use schemars::JsonSchema;
use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Clients are affected, data are at risk, or the next failure would not be survived.
    Critical,
    /// It will hurt sooner or later.
    Warning,
    /// It is worth knowing.
    Remark,
}

impl Severity {
    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Remark => "remark",
        }
    }
}

/// A check: a row of the catalogue.
///
/// Remedies are commands, some with their purpose and a colon before them. Words in capitals stand for what a finding
/// fills in: NODE, CONTAINER, NETWORK, NAME, VALUE, DEFAULT.
#[derive(Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    pub id: &'static str,
    pub severity: Severity,
    /// What a finding of it says, in general.
    pub title: &'static str,
    /// What happens if nobody does anything.
    pub why: &'static str,
    /// What helps, in the order in which to try it.
    pub remedies: &'static [&'static str],
    /// Where its threshold comes from; `null` where there is none, or where redos chose it.
    pub source: Option<&'static str>,
}

impl HealthCheck {
    /// Whether `redos up` without flags repairs it, if it has something to do.
    pub fn is_repaired_by_up(&self) -> bool {
        self.remedies.contains(&REPAIR)
    }
}

/// The remedy of everything that redos repairs by itself.
const REPAIR: &str = "redos up";

/// Makes a static of each row, and the table of all.
macro_rules! checks {
    ($($name:ident $id:literal $severity:ident $title:literal $why:literal $remedies:expr, $source:expr;)*) => {
        $(pub static $name: HealthCheck = HealthCheck {
            id: $id,
            severity: Severity::$severity,
            title: $title,
            why: $why,
            remedies: &$remedies,
            source: $source,
        };)*

        /// The rows of the catalogue, in the order of the page.
        pub static CHECKS: &[&HealthCheck] = &[$(&$name),*];
    };
}

checks! {
    NODE_MISSING "node-missing" Critical "A node has no container"
        "The cluster has less redundancy than it was made with; the next failure may be the one it does not survive."
        [REPAIR], None;
    NODE_UNSEEN "node-unseen" Critical "Docker does not answer about a node"
        "The Engine waits for its container's shim, which hangs. Until it goes on, 'up', 'scale' and 'down' change nothing: redos cannot know the container's state."
        ["see whether this hangs too: docker inspect CONTAINER", "if it does, restart Docker on its host, which restarts all containers (sudo systemctl restart docker)"], None;
    NODE_DOWN "node-down" Critical "A node does not run"
        "The cluster has less redundancy than it was made with; the next failure may be the one it does not survive."
        [REPAIR, "see why it ended: redos logs NODE --tail 50"], None;
    NODE_DIES "node-dies" Critical "A node ends soon after each start"
        "Docker starts it again and again in vain. Its log says what it stumbles over."
        ["redos logs NODE --tail 50", REPAIR], None;
    NODE_OFF_NETWORK "node-off-network" Critical "A node is not on the cluster's network"
        "It runs, and no other node and no client reaches it."
        [REPAIR], None;
    NODE_SILENT "node-silent" Critical "A node runs and does not answer"
        "Its process hangs, is stopped by a signal, or has no CPU. Sentinels treat it as down."
        ["redos logs NODE --tail 50", "redos restart NODE --force"], None;
    NODE_BUSY "node-busy" Critical "A script keeps a node busy"
        "Redis runs one command at a time: until the script ends, nobody gets an answer."
        [REPAIR], None;
    NODE_LOADING "node-loading" Critical "A node is loading its data"
        "It answers no client until it has all of them. A master that loads for longer than down-after is replaced."
        ["wait, and see how far it is: redos status --watch"], None;
    PORT_DEAD "port-dead" Critical "A published port leads nowhere"
        "Docker has lost the way from the host's port to the proxy. The cluster works, and clients do not reach it."
        [REPAIR], None;

    NO_MASTER "no-master" Critical "No node is master"
        "Nobody takes writes. Sentinels replace a master by themselves within some seconds; after that they are stuck."
        ["see what they do: redos events --since 5m", REPAIR], None;
    TWO_MASTERS "two-masters" Critical "Two nodes claim to be master"
        "Writes that reach the wrong one are lost when it becomes a replica. The proxy follows the majority of the Sentinels; \
         clients that go around it may be at the wrong one."
        [REPAIR], Some("Redis, sentinel.c: Sentinels correct a wrong role after four hello periods");
    FAILOVER_RUNNING "failover-running" Critical "The Sentinels are replacing a master"
        "Writes wait or fail until they have. It takes about two seconds; a split vote is repeated after twice the failover \
         timeout."
        ["redos status --watch"], None;
    FAILOVER_STUCK "failover-stuck" Critical "The Sentinels do not replace a master that is down"
        "Writes stay out until something changes."
        [REPAIR], Some("Redis, sentinel.c: sentinelSelectSlave");

    FAILOVER_BY_HAND "failover-by-hand" Critical "A FAILOVER command keeps a master from taking writes"
        "Redis pauses all writes until the replica that was named has everything. If it never has, and the command was given no \
         time limit, they stay paused."
        ["redos cli NODE --admin -- FAILOVER ABORT"], Some("Redis documentation, FAILOVER");

    REPLICA_ELSEWHERE "replica-elsewhere" Critical "A replica follows another server than the master"
        "It does not get the writes of its group, and would lose them if it were promoted."
        [REPAIR], None;
    REPLICA_COPYING "replica-copying" Warning "A replica copies all data of its master"
        "Until it has them it serves no reads and cannot be promoted."
        ["wait: redos status --watch"], None;
    REPLICA_LINK_DOWN "replica-link-down" Critical "The link of a replica to its master is down"
        "It gets no writes. What it would lose in a failover grows with every second."
        ["redos logs NODE --tail 50", REPAIR], None;
    REPLICA_NOT_PROMOTABLE "replica-not-promotable" Warning "No Sentinel may promote a replica"
        "It does not count in a failover."
        [REPAIR], Some("Redis, sentinel.c: sentinelSelectSlave");
    REPLICA_LAG "replica-lag" Warning "A replica acknowledges late"
        "The writes that it has not acknowledged are lost if the master dies now. Replicas report once a second."
        ["see what slows it down: redos logs NODE --tail 50"], None;
    REPLICA_BEYOND_BACKLOG "replica-beyond-backlog" Critical "A replica is further behind than the backlog holds"
        "If its link breaks now it must copy all data again."
        ["redos up --redis client-output-buffer-limit=\"replica 512mb 128mb 60\"", "redos logs NODE --tail 50"],
        Some("Redis documentation, replication: partial resynchronization");
    REPLICA_CHAINED "replica-chained" Warning "A replica has replicas of its own"
        "What is behind it is further from the master, and is lost with it."
        [REPAIR], Some("Redis documentation, FAILOVER: other replicas stay behind the old master");
    REPLICA_BUFFER "replica-buffer" Warning "The master's buffers for replicas are half full"
        "When they are full Redis cuts the link, and the replica copies everything again, which makes it worse."
        ["redos up --redis client-output-buffer-limit=\"replica 512mb 128mb 60\""], Some("redis.conf: client-output-buffer-limit");
    BACKLOG_SMALL "backlog-small" Warning "The backlog holds less than a minute of writes"
        "A replica that is away for longer copies all data instead of the missing part."
        ["see how often a replica copied everything: redos logs NODE --grep resync"], Some("Redis documentation, admin: size the backlog for the longest expected disconnection");
    WRITES_REFUSED "writes-refused" Critical "The master refuses writes: it has too few replicas"
        "min-replicas-to-write asks for more replicas in sync than there are. Clients get NOREPLICAS."
        ["redos cli NODE --admin -- CONFIG SET min-replicas-to-write 0", REPAIR], Some("Redis documentation, replication: min-replicas-to-write");
    MIN_REPLICAS_TIGHT "min-replicas-tight" Warning "The loss of one replica would stop all writes"
        "min-replicas-to-write is as high as the number of replicas."
        ["redos cli NODE --admin -- CONFIG SET min-replicas-to-write 0", "redos scale --replicas VALUE"],
        Some("Redis documentation, sentinel: with fewer replicas than that nothing can be written");

    SENTINEL_BLIND "sentinel-blind" Critical "A Sentinel does not watch a group"
        "It does not vote when that group's master is down."
        [REPAIR], None;
    SENTINEL_DISAGREES "sentinel-disagrees" Critical "A Sentinel names another master than the others"
        "Clients that ask this Sentinel are sent to the wrong node."
        [REPAIR], Some("Redis documentation, sentinel: configuration propagation");
    SENTINEL_UNAWARE "sentinel-unaware" Critical "A Sentinel does not know a node"
        "It cannot promote a replica, and cannot ask a Sentinel, that it does not know."
        [REPAIR], None;
    SENTINEL_GHOST "sentinel-ghost" Critical "A Sentinel knows a node that is not of this cluster"
        "Sentinels that do not exist raise the majority that a failover needs; a replica that does not exist may be chosen."
        [REPAIR], Some("Redis documentation, sentinel: removing the old master or unreachable replicas");
    SENTINEL_FLAGS "sentinel-flags" Critical "A Sentinel considers a running node down"
        "It does not reach the node: it would not promote it, or counts its vote as missing."
        ["redos sentinel replicas", "redos logs NODE --tail 50"], None;
    SENTINEL_TILT "sentinel-tilt" Critical "A Sentinel is in TILT"
        "It was frozen or its clock jumped, and it does not act for a while. Where most are, no master is replaced."
        ["look for a host that sleeps, swaps or has no CPU: redos events --since 10m --all"],
        Some("Redis, sentinel.c: a gap of more than 2 s between two turns of its timer");
    NO_QUORUM "no-quorum" Critical "The Sentinels have no quorum"
        "A master that dies now is not replaced."
        [REPAIR], Some("Redis documentation, sentinel: SENTINEL CKQUORUM");
    SENTINEL_SIMULATES "sentinel-simulates" Warning "A Sentinel simulates a crash"
        "SENTINEL SIMULATE-FAILURE was called: it ends itself in the middle of the next failover."
        ["redos restart NODE"], Some("Redis documentation, sentinel: SENTINEL SIMULATE-FAILURE");
    SETTING_UNWISE "setting-unwise" Warning "A setting of the cluster is unwise"
        "The cluster does what it was told to, and survives less than it could, or fails over for nothing. 'redos up' warned of it."
        ["see what is set: redos config"], Some("Redis documentation, sentinel: fundamental things to know before deploying");
    SENTINEL_SCRIPTS "sentinel-scripts" Warning "Scripts of a Sentinel wait in its queue"
        "A script that hangs keeps the others back, and a full queue drops the oldest."
        ["redos sentinel info"], Some("Redis, sentinel.c: 256 entries, 16 at once, 60 s each");
    SENTINEL_IDENTITY "sentinel-identity" Critical "A Sentinel has another id than it was given"
        "The others count it and the one that it was as two: the majority that a failover needs grows."
        ["after 'docker rm --force CONTAINER': redos up"], None;
    SENTINEL_NAMES "sentinel-names" Warning "A Sentinel resolves host names"
        "Docker forgets the name of a stopped container: the Sentinel then does not fail over, or waits for the name server."
        ["redos cli NODE -- SENTINEL CONFIG SET resolve-hostnames no"], Some("redis/redis issues 9103, 12753");
    SENTINEL_PERIODS "sentinel-periods" Warning "A Sentinel has other periods than it was given"
        "It pings, asks and corrects more slowly than the failover times of this cluster need."
        ["redos restart NODE"], None;

    PROXY_NO_WRITES "proxy-no-writes" Critical "A proxy has no server for writes"
        "Clients of this proxy cannot write."
        [REPAIR], None;
    PROXY_WRONG_MASTER "proxy-wrong-master" Critical "A proxy sends writes to the wrong server"
        "They are refused, or lost."
        [REPAIR], None;
    PROXY_NO_READS "proxy-no-reads" Warning "A proxy sends no reads to a replica"
        "The others have to take its share."
        [REPAIR], None;
    PROXY_VOTES "proxy-votes" Warning "A proxy does not count the vote of a Sentinel"
        "It leads writes where most Sentinels say. With one vote less, the next Sentinel that goes may close all connections \
         for writes."
        ["wait, it asks each Sentinel again within a second: redos status --watch", "redos restart NODE"], None;
    PROXY_CHECKS "proxy-checks" Warning "A proxy checks other nodes than the cluster has"
        "A node that it does not check gets no connections, and a Sentinel no vote."
        [REPAIR], None;

    EXPORTER_DOWN "exporter-down" Warning "The exporter of metrics is out of service"
        "The cluster works, and nobody sees the metrics of Redis nodes and Sentinels: alerts that rest on them do not fire."
        [REPAIR, "redos logs NODE --tail 50"], None;
    EXPORTER_REFUSED "exporter-refused" Warning "The exporter gets no metrics of a node"
        "Its password or its rights on the node were changed, or the node takes no connections: alerts about it do not fire."
        [REPAIR, "redos restart NODE", "redos logs NODE --tail 50"], None;

    GUARD_DOWN "guard-down" Warning "A guard is out of service"
        "The cluster works. Without another guard, a master that dies is replaced after 'sentinel.downAfter', by the Sentinels."
        [REPAIR, "redos logs NODE --tail 50"], None;

    UNKNOWN_USER "unknown-user" Critical "A server has a user that redos did not make"
        "redos cannot tell a helpful hand from a break-in. A user that is on one node only also fails after a failover."
        ["redos up --remove-unknown-users"], None;
    USER_CHANGED "user-changed" Critical "A user of redos has other rights or another password"
        "Sentinels, replicas or proxies may not be able to log in any more, or a client may do more than it should."
        [REPAIR], None;
    LOGIN_CHANGED "login-changed" Critical "A node would log in at its master with a foreign password"
        "It cannot follow the next master."
        [REPAIR], None;
    FOREIGN_REPLICA "foreign-replica" Critical "A server that is not of this cluster copies its data"
        "It reads everything, and Sentinels may promote it."
        ["find it and stop it: docker network inspect NETWORK"], None;
    DIRECTIVE_CHANGED "directive-changed" Critical "A directive of Redis differs from the configuration"
        "It was set by hand. The node behaves differently from the others after a failover."
        [REPAIR, "keep it: redos up --redis NAME=VALUE"], None;
    DIRECTIVE_BY_HAND "directive-by-hand" Warning "A directive was set that the configuration does not mention"
        "It is lost when the node is recreated, and another node that becomes master may not have it."
        ["keep it: redos up --redis NAME=VALUE", "set it back: redos cli NODE --admin -- CONFIG SET NAME DEFAULT"], None;
    DIRECTIVES_DIFFER "directives-differ" Warning "Nodes of a group have different directives"
        "After a failover the cluster behaves differently."
        ["keep it for all: redos up --redis NAME=VALUE", "set it back: redos cli NODE --admin -- CONFIG SET NAME DEFAULT"],
        Some("Redis documentation, sentinel: all nodes should be configured alike");
    SENTINEL_SETTING "sentinel-setting" Critical "A Sentinel's setting differs from the configuration"
        "SENTINEL SET changes one Sentinel only: they no longer agree when a master is down or how it is replaced."
        [REPAIR], Some("Redis documentation, sentinel: SENTINEL SET is not propagated");
    LIMITS_DIFFER "limits-differ" Warning "A container has other limits than the configuration"
        "A docker update changed them. The node may be slower than the others, or be killed for its memory."
        [REPAIR], None;
    LIMITS_BY_HAND "limits-by-hand" Warning "A container has limits that the configuration does not mention"
        "They are lost when redos recreates the node."
        ["keep them for all nodes of this kind: redos up --memory VALUE"], None;
    RESTART_POLICY "restart-policy" Warning "A container has another restart policy"
        "It does not come back, or comes back when it should not, after Docker or the host restarts."
        ["docker update --restart unless-stopped CONTAINER"], None;
    NODE_IMAGE "node-image" Warning "A node runs another image than the cluster"
        "It may have another version, which the others cannot copy from."
        [REPAIR], None;
    NODE_OUTDATED "node-outdated" Warning "A container differs from the one that redos would create"
        "Other settings, or another redos, made it. What was fixed or changed since then is not in it."
        ["see what changes: redos plan", REPAIR], None;
    VERSIONS_DIFFER "versions-differ" Warning "Servers of one kind have different versions"
        "A replica of an older version may not be able to read what a newer master sends."
        ["see which images they run: redos status -o wide", REPAIR], Some("Redis documentation, admin: upgrade replicas first");
    ANNOUNCES_WRONG "announces-wrong" Critical "A node announces an address that is not its own"
        "Sentinels and replicas look for it at the wrong place, or find two nodes at one."
        ["redos cli NODE --admin -- CONFIG SET replica-announce-ip VALUE"], Some("Redis documentation, sentinel: Docker and NAT");
    FAULT_ACTIVE "fault-active" Warning "A fault of redos is active"
        "A chaos or failover test holds it. Other findings may follow from it."
        ["redos chaos heal"], None;
    UP_REFUSES "up-refuses" Critical "redos cannot repair this without a decision"
        "A repair could lose data, and so waits for you."
        ["see what it asks: redos plan"], None;
    UP_PENDING "up-pending" Warning "redos would change something"
        "The cluster is not what its configuration says."
        ["see what and why: redos plan", REPAIR], None;

    AOF_WRITE_FAILED "aof-write-failed" Critical "Redis cannot write its append-only file"
        "It refuses writes until it can. Most often the disk is full."
        ["see how full it is: redos exec NODE -- df -h /data"], Some("redis.conf: appendfsync");
    AOF_REWRITE_FAILED "aof-rewrite-failed" Warning "The last rewrite of the append-only file failed"
        "The file grows without end, and a restart takes longer and longer."
        ["redos cli NODE --admin -- BGREWRITEAOF", "redos logs NODE --tail 50"], None;
    AOF_SLOW "aof-slow" Warning "The disk is too slow for the append-only file"
        "Redis waits for it, and so do all clients."
        ["look for what else uses the disk: redos logs NODE --tail 50"], Some("Redis documentation, latency: latency induced by AOF and disk I/O");
    SAVE_FAILED "save-failed" Critical "The last snapshot failed"
        "Redis refuses writes (MISCONF) and pings until one succeeds, if snapshots are configured and stop-writes-on-bgsave-error \
         is on. Sentinels then consider the node down."
        ["redos logs NODE --tail 50", "redos cli NODE --admin -- BGSAVE"], Some("redis.conf: stop-writes-on-bgsave-error");
    SAVE_OLD "save-old" Warning "The last snapshot is more than a day old"
        "There are changes since then, and snapshots are configured: something keeps them from being made."
        ["redos logs NODE --tail 50", "redos cli NODE --admin -- BGSAVE"], None;
    NO_PERSISTENCE "no-persistence" Remark "The data are in memory only"
        "What all nodes of a group hold is lost when they end at the same time, as at a restart of the host."
        ["redos up --persistence both"], Some("Redis documentation, replication: safety when the master has persistence turned off");
    FOREIGN_SNAPSHOT "foreign-snapshot" Critical "A volume holds a snapshot that Redis would not load, and overwrite"
        "Someone put it there to be loaded. With an append-only file Redis loads that one instead."
        ["see how to load it: redos up"], None;

    MEMORY_FULL "memory-full" Critical "Redis has reached its maxmemory and refuses writes"
        "The policy is noeviction: clients get OOM errors."
        ["redos up --redis maxmemory=VALUE", "redos up --redis maxmemory-policy=allkeys-lru"], Some("redis.conf: maxmemory-policy");
    MEMORY_NEAR "memory-near" Warning "Redis has nearly reached its maxmemory"
        "The policy is noeviction: at the limit clients get OOM errors."
        ["redos up --redis maxmemory=VALUE", "redos up --redis maxmemory-policy=allkeys-lru"], None;
    EVICTING "evicting" Remark "Redis removes keys to stay below its maxmemory"
        "That is right for a cache, and a loss for everything else."
        ["if it is no cache: redos up --redis maxmemory=VALUE"], Some("redis.conf: maxmemory-policy");
    MEMORY_UNBOUNDED "memory-unbounded" Warning "A node has a memory limit and no maxmemory"
        "Redis does not know the limit of its container: the kernel kills it instead of Redis refusing a write."
        ["redos up --redis maxmemory=VALUE"], Some("Redis documentation, admin: set maxmemory");
    MEMORY_TIGHT "memory-tight" Warning "The memory limit leaves little room above maxmemory"
        "A save, a replica's copy and fragmentation take up to as much again; then the kernel kills the node."
        ["redos up --memory redis:VALUE"], Some("Redis documentation, admin: a busy instance may use up to twice its memory during a save");
    MEMORY_LIMIT_NEAR "memory-limit-near" Critical "A node has nearly reached the memory limit of its container"
        "At the limit the kernel kills it."
        ["redos up --memory redis:VALUE"], None;
    MEMORY_FRAGMENTED "memory-fragmented" Warning "The memory of a node is fragmented"
        "It takes half as much again as it uses."
        ["redos cli NODE --admin -- MEMORY PURGE", "redos up --redis activedefrag=yes"], Some("Redis documentation, INFO: mem_fragmentation_ratio");
    MEMORY_SWAPPED "memory-swapped" Critical "A part of a node's memory is swapped out"
        "Each access to it waits for the disk, and so do all clients."
        ["give the host more memory, or Redis less: redos up --redis maxmemory=VALUE"], Some("Redis documentation, latency: latency induced by swapping");

    CLIENTS_NEAR "clients-near" Warning "A node has nearly as many clients as it may have"
        "At the limit new connections are refused, also those of Sentinels and proxies."
        ["see who they are: redos cli NODE --admin -- CLIENT LIST"], None;
    CLIENTS_REJECTED "clients-rejected" Warning "A node has refused connections"
        "It had as many clients as it may have."
        ["see who they are: redos cli NODE --admin -- CLIENT LIST"], Some("Redis documentation, INFO: rejected_connections");
    FILES_LIMIT "files-limit" Warning "A node may open too few files for its clients"
        "It has lowered its limit of clients by itself."
        ["redos up --ulimits nofile=VALUE"], Some("Redis documentation, clients: maximum concurrent connected clients");
    ACCESS_DENIED "access-denied" Remark "A node refuses logins or commands"
        "A client has a wrong password or too few rights, or something tries passwords."
        ["redos cli NODE --admin -- ACL LOG 10"], Some("Redis documentation, ACL LOG");
    SLOW_COMMAND "slow-command" Warning "A command took longer than half of down-after"
        "Redis answers nobody meanwhile. One that takes as long as down-after makes the Sentinels replace the master."
        ["redos cli NODE --admin -- SLOWLOG GET 10"], Some("Redis documentation, latency: single threaded nature of Redis");
    FORK_SLOW "fork-slow" Critical "A fork took longer than half of down-after"
        "Redis answers nobody meanwhile. One that takes as long as down-after makes the Sentinels replace the master."
        ["redos up --down-after VALUE"], Some("Redis documentation, latency: latency generated by fork");
    CONTAINER_RESTARTED "container-restarted" Warning "Docker has restarted a node that ended by itself"
        "Its server crashed, ran out of memory, or was killed."
        ["redos logs NODE --tail 200", "when it is clear why, forget it: redos restart NODE"], None;

    HOST_OVERCOMMIT "host-overcommit" Warning "The kernel refuses memory to a save"
        "vm.overcommit_memory is 0: a save or a replica's copy can fail although there is memory."
        ["on the Docker host: sysctl -w vm.overcommit_memory=1"], Some("Redis documentation, admin; syscheck.c");
    HOST_HUGE_PAGES "host-huge-pages" Warning "Transparent huge pages are on, and Redis does not turn them off"
        "A write after a fork copies 2 MB instead of 4 kB: memory and latency grow during a save."
        ["on the Docker host: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", "redos up --redis disable-thp=yes"],
        Some("Redis documentation, latency: transparent huge pages; syscheck.c");
    HOST_SOMAXCONN "host-somaxconn" Warning "The kernel queues fewer new connections than Redis asks for"
        "When many clients connect at once, some wait for a second or more."
        ["on the Docker host: sysctl -w net.core.somaxconn=1024"], Some("redis.conf: tcp-backlog");
    HOST_CLOCKSOURCE "host-clocksource" Warning "Reading the clock is slow on this host"
        "Redis reads it at each command."
        ["on the Docker host: echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"], Some("Redis, syscheck.c");
    HOST_MEMORY "host-memory" Warning "The host has less free memory than a save may need"
        "While Redis saves, all pages that change are there twice. Without memory the host swaps or kills."
        ["give the host more memory, or Redis less: redos up --redis maxmemory=VALUE"],
        Some("Redis documentation, admin: a busy instance may use up to twice its memory during a save");
    HOST_OVERBOOKED "host-overbooked" Warning "The nodes may take more memory than the host has"
        "Their maxmemory together is more than the memory of the host: it swaps or kills before Redis refuses a write."
        ["redos up --redis maxmemory=VALUE"], None;
    HOST_DISK_FULL "host-disk-full" Critical "The disk of the data is nearly full"
        "When it is full Redis refuses writes, and replicas cannot copy."
        ["on the Docker host: docker system df"], None;
    HOST_DISK "host-disk" Warning "The disk has no room to rewrite all append-only files"
        "A rewrite writes the data once more before it removes the old file."
        ["on the Docker host: docker system df"], Some("Redis documentation, persistence: log rewriting");
    HOST_CLOCK "host-clock" Warning "The clocks of this machine and of the Docker host differ"
        "Times in logs and events cannot be compared, and the guard of a fault counts wrong."
        ["synchronise both with a time server: timedatectl set-ntp true"], None;
    CERTIFICATES_EXPIRED "certificates-expired" Critical "Certificates of nodes have expired"
        "Nodes, Sentinels and clients refuse each other at their next connection."
        [REPAIR], None;
    CERTIFICATES_EXPIRE "certificates-expire" Warning "Certificates of nodes expire soon"
        "When they have, nodes, Sentinels and clients refuse each other at their next connection."
        [REPAIR], None;
    AUTHORITY_EXPIRED "authority-expired" Critical "The certificate authority of the cluster has expired"
        "Nodes, Sentinels and clients refuse each other at their next connection."
        ["copy the data: redos backup", "give them to a new cluster, which has a new authority, with --tls and --from"], None;
    AUTHORITY_EXPIRES "authority-expires" Warning "The certificate authority of the cluster expires soon"
        "When it has, nodes, Sentinels and clients refuse each other at their next connection."
        ["copy the data: redos backup", "give them to a new cluster, which has a new authority, with --tls and --from"], None;
    ENGINE_BUGS "engine-bugs" Remark "This version of the Docker Engine has a known bug"
        "A newer one is without it. A distribution may have repaired it without a new number."
        ["update the Docker Engine to VALUE or newer"], None;
}

/// The check of this id.
pub fn of_id(id: &str) -> Option<&'static HealthCheck> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_short_words_and_each_is_there_once() {
        let ids: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), CHECKS.len());
        for check in CHECKS {
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(check.id.split('-').all(is_word) && check.id.len() <= 24, "{}", check.id);
            assert!(!check.title.ends_with('.') && check.why.ends_with('.'), "{}", check.id);
            assert!(!check.remedies.is_empty(), "{}", check.id);
            assert_eq!(of_id(check.id), Some(*check));
        }
        assert_eq!(of_id("no-such-id"), None);
    }
}
