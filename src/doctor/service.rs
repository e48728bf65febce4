//! What `status` finds: conditions of a ready cluster that are not met, each with the row of the catalogue.

use std::collections::BTreeSet;

use super::catalogue as check;
use super::{DoctorFinding, Examined, HealthCheck, Measured};
use crate::cluster::gate::{busy, is_young};
use crate::cluster::observed::Observed;
use crate::cluster::stuck::stuck;
use crate::cluster::{Gate, Unmet};
use crate::spec::NodeId;

/// All unmet conditions. What only follows from a node that is down is left out, and what ends by itself in a moment.
pub(super) fn findings(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let Examined { spec, observed, .. } = examined;
    let mut unmet = Vec::new();
    let mut down = BTreeSet::new();
    for node in spec.nodes() {
        if let Err(why) = (Gate::Answers { node }).holds(spec, observed) {
            down.insert(node);
            unmet.push(why);
        }
    }
    // Each node for itself, because the gates of a group end at the first condition that is not met.
    let services = spec.nodes().into_iter().filter(|node| !down.contains(node)).map(|node| Gate::InService { node });
    for gate in services.chain(Gate::ready(spec)) {
        if let Err(why) = gate.holds(spec, observed)
            && !why.about().iter().any(|node| down.contains(node))
            && !is_settling(&why, observed)
            && !unmet.contains(&why)
        {
            unmet.push(why);
        }
    }
    let mut findings: Vec<DoctorFinding> = unmet.iter().map(|why| finding(why, examined)).collect();
    findings.extend(spec.groups().filter_map(|group| stuck(group, observed)).map(|stuck| {
        let command = "SENTINEL MASTERS, SENTINEL REPLICAS";
        DoctorFinding::new(&check::FAILOVER_STUCK, None, stuck.why, [Measured::of_host(command, "flags", "o_down")])
            .of_cluster(spec)
    }));
    findings
}

/// Whether it only says that a node was started a moment ago.
fn is_settling(unmet: &Unmet, observed: &Observed) -> bool {
    match unmet {
        Unmet::NotYetReached { .. } => true,
        Unmet::VoteNotCounted { sentinel, .. } => is_young(*sentinel, observed),
        _ => false,
    }
}

fn finding(unmet: &Unmet, examined: &Examined<'_>) -> DoctorFinding {
    let (row, command, field, value) = row(unmet, examined);
    let node = unmet.about().first().copied();
    let measured = Measured { node, ..Measured::of_host(command, field, value) };
    DoctorFinding::new(row, node, unmet.to_string(), [measured]).of_cluster(examined.spec)
}

/// The check of a condition, and the command, field and value that show it.
fn row(unmet: &Unmet, examined: &Examined<'_>) -> (&'static HealthCheck, String, &'static str, String) {
    let of = |row, command: &str, field, value: &dyn ToString| (row, command.to_owned(), field, value.to_string());
    let is_busy = |node: &NodeId| busy(*node, examined.observed).is_some();
    match unmet {
        Unmet::NoMetrics { why, .. } => {
            of(&check::EXPORTER_REFUSED, "the exporter's metrics", "redis_exporter_last_scrape_error", why)
        }
        Unmet::NotGuarded { .. } => of(&check::GUARD_DOWN, "the guard's answer", "watches", unmet),
        _ if matches!(unmet.about().as_slice(), [NodeId::Guard(_)]) => {
            of(&check::GUARD_DOWN, "redos status", "problem", unmet)
        }
        _ if unmet.about() == [NodeId::Exporter] => of(&check::EXPORTER_DOWN, "redos status", "problem", unmet),
        Unmet::Missing { .. } => of(&check::NODE_MISSING, "docker ps -a", "container", &"none"),
        Unmet::Unseen { why, .. } => of(&check::NODE_UNSEEN, "docker inspect", "answer", why),
        Unmet::HostAway { why, .. } => of(&check::NODE_UNSEEN, "docker version", "answer", why),
        Unmet::DiesAtEveryStart { restarts, .. } => of(&check::NODE_DIES, "docker inspect", "RestartCount", restarts),
        Unmet::CannotLoad { said, .. } => of(&check::NODE_DIES, "docker logs", "log", said),
        Unmet::OffNetwork { .. } => of(&check::NODE_OFF_NETWORK, "docker inspect", "Networks", &"another, or none"),
        Unmet::Silent { node, why } if is_busy(node) => of(&check::NODE_BUSY, "PING", "answer", why),
        Unmet::Silent { why, .. } | Unmet::AwaitsMaster { why, .. } => of(&check::NODE_SILENT, "PING", "answer", why),
        Unmet::NotAsked { .. } => of(&check::NODE_SILENT, "PING", "answer", &"not asked"),
        Unmet::NotRunning { state, .. } => of(&check::NODE_DOWN, "docker inspect", "State", &state.as_str()),
        Unmet::Loading { how_far, .. } => of(&check::NODE_LOADING, "INFO persistence", "loading", how_far),
        Unmet::PortLeadsNowhere { address, .. } => of(&check::PORT_DEAD, "connect", "address", address),
        Unmet::NoMaster { .. } | Unmet::NoLongerMaster { .. } => {
            of(&check::NO_MASTER, "INFO replication", "role:master", &"on no node")
        }
        Unmet::SeveralMasters { masters, .. } => {
            let names: Vec<String> = masters.iter().map(ToString::to_string).collect();
            of(&check::TWO_MASTERS, "INFO replication", "role:master", &names.join(", "))
        }
        Unmet::Undecided(_) => {
            of(&check::FAILOVER_RUNNING, "SENTINEL MASTERS", "flags", &"o_down or failover_in_progress")
        }
        Unmet::FollowsAnother { follows, .. } => {
            of(&check::REPLICA_ELSEWHERE, "INFO replication", "master_host", follows)
        }
        Unmet::DoesNotCopy { .. } => of(&check::REPLICA_ELSEWHERE, "INFO replication", "master_host", &"another"),
        Unmet::Copying { .. } => of(&check::REPLICA_COPYING, "INFO replication", "master_sync_in_progress", &1),
        Unmet::LinkDown { .. } => of(&check::REPLICA_LINK_DOWN, "INFO replication", "master_link_status", &"down"),
        Unmet::NotOnline { replica, .. } => {
            (&check::REPLICA_LINK_DOWN, "INFO replication".to_owned(), "online replicas", format!("not {replica}"))
        }
        Unmet::Joining { .. } => of(&check::REPLICA_NOT_PROMOTABLE, "INFO replication", "slave_priority", &0),
        Unmet::NotYetEligible { .. } => of(&check::REPLICA_NOT_PROMOTABLE, "SENTINEL REPLICAS", "slave-priority", &0),
        Unmet::DoesNotWatch { .. } => of(&check::SENTINEL_BLIND, "SENTINEL MASTERS", "name", &"not there"),
        Unmet::NamesAnother { named, .. } => of(&check::SENTINEL_DISAGREES, "SENTINEL MASTERS", "ip", named),
        Unmet::DoesNotKnow { who, kind, .. } => {
            of(&check::SENTINEL_UNAWARE, question(kind), "ip", &format!("not {who}"))
        }
        Unmet::KnowsStranger { who, kind, .. } => of(&check::SENTINEL_GHOST, question(kind), "ip", who),
        Unmet::Sees { flag, .. } => of(&check::SENTINEL_FLAGS, "SENTINEL REPLICAS, SENTINEL SENTINELS", "flags", flag),
        Unmet::NotYetReached { .. } => {
            of(&check::SENTINEL_FLAGS, "SENTINEL REPLICAS, SENTINEL SENTINELS", "last-ping-sent", &"not 0")
        }
        Unmet::Tilt { .. } => of(&check::SENTINEL_TILT, "INFO sentinel", "sentinel_tilt", &1),
        Unmet::NoQuorum { reply, .. } => of(&check::NO_QUORUM, "SENTINEL CKQUORUM", "answer", reply),
        Unmet::WritesNowhere { .. } | Unmet::NoWayTo { .. } | Unmet::NoPlaceFor { .. } => {
            of(&check::PROXY_NO_WRITES, "the proxy's statistics", "servers up for writes", &0)
        }
        Unmet::WritesElsewhere { to, .. } => {
            of(&check::PROXY_WRONG_MASTER, "CLIENT INFO through the proxy", "laddr", to)
        }
        Unmet::VoteNotCounted { sentinel, .. } => {
            (&check::PROXY_VOTES, "the proxy's statistics".to_owned(), "votes", format!("not of {sentinel}"))
        }
        Unmet::WritesToAnotherServer { .. } => {
            of(&check::PROXY_WRONG_MASTER, "INFO replication through the proxy", "master_replid", &"another")
        }
        Unmet::ReadsMissing { replica, .. } => (
            &check::PROXY_NO_READS,
            "the proxy's statistics".to_owned(),
            "servers up for reads",
            format!("not {replica}"),
        ),
    }
}

fn question(kind: &str) -> &'static str {
    if kind == "replica" { "SENTINEL REPLICAS" } else { "SENTINEL SENTINELS" }
}
