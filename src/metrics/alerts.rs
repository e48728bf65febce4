//! The alerts. Each is a check of `redos doctor` as an expression of Prometheus, under the same id.

use serde::Serialize;

use crate::doctor::catalogue as check;
use crate::doctor::{HealthCheck, Severity};

/// A check that Prometheus makes.
#[derive(Debug)]
struct Alert {
    /// The check of the same meaning.
    check: &'static HealthCheck,
    /// When it is so.
    expression: &'static str,
    /// How long it must be so, in Prometheus's words. A planned change is over sooner.
    lasts: &'static str,
}

/// All alerts, the worst first.
static ALERTS: [Alert; 14] = [
    Alert {
        check: &check::NO_MASTER,
        // A standby has none. Without its exporter, nothing is known of a cluster.
        expression: "count by (cluster, group) (up{job=\"redos-redis\", standby=\"\"} == 1) \
                     unless on (cluster, group) (redis_instance_info{job=\"redos-redis\", role=\"master\"} == 1)",
        lasts: "30s",
    },
    Alert {
        check: &check::TWO_MASTERS,
        expression: "count by (cluster, group) (redis_instance_info{job=\"redos-redis\", role=\"master\"} == 1) > 1",
        lasts: "15s",
    },
    Alert {
        check: &check::NO_QUORUM,
        // What the Sentinels say, and whether most of them say anything.
        expression: "max by (cluster, master_name) (redis_sentinel_master_ckquorum_status{job=\"redos-sentinel\"}) == 0 \
                     or on (cluster) (sum by (cluster) (redis_up{job=\"redos-sentinel\"}) \
                     <= count by (cluster) (redis_up{job=\"redos-sentinel\"}) / 2)",
        lasts: "30s",
    },
    Alert {
        check: &check::PROXY_NO_WRITES,
        expression: "sum by (cluster, node, proxy) (haproxy_backend_active_servers{job=\"redos-proxy\", \
                     proxy=~\"write_.*\"}) == 0",
        lasts: "15s",
    },
    Alert {
        check: &check::NODE_DOWN,
        expression: "redis_up{job=~\"redos-redis|redos-sentinel\"} == 0 or up{job=\"redos-proxy\"} == 0",
        lasts: "30s",
    },
    Alert {
        check: &check::REPLICA_LINK_DOWN,
        expression: "redis_master_link_up{job=\"redos-redis\"} == 0",
        lasts: "30s",
    },
    Alert {
        check: &check::REPLICA_LAG,
        expression: "max by (cluster, group, node, slave_ip) (redis_connected_slave_lag_seconds{job=\"redos-redis\"}) > 2",
        lasts: "30s",
    },
    Alert {
        check: &check::SAVE_FAILED,
        expression: "redis_rdb_last_bgsave_status{job=\"redos-redis\"} == 0",
        lasts: "0s",
    },
    Alert {
        check: &check::AOF_WRITE_FAILED,
        expression: "redis_aof_last_write_status{job=\"redos-redis\"} == 0",
        lasts: "0s",
    },
    Alert {
        check: &check::AOF_REWRITE_FAILED,
        expression: "redis_aof_last_bgrewrite_status{job=\"redos-redis\"} == 0",
        lasts: "0s",
    },
    Alert {
        check: &check::MEMORY_NEAR,
        expression: "redis_memory_used_bytes{job=\"redos-redis\"} / (redis_memory_max_bytes{job=\"redos-redis\"} > 0) > 0.9 \
                     and on (cluster, node) redis_instance_info{job=\"redos-redis\", maxmemory_policy=\"noeviction\"}",
        lasts: "5m",
    },
    Alert {
        check: &check::CLIENTS_REJECTED,
        expression: "increase(redis_rejected_connections_total{job=~\"redos-redis|redos-sentinel\"}[5m]) > 0",
        lasts: "0s",
    },
    Alert {
        check: &check::EXPORTER_DOWN,
        // It is asked through a proxy, which has an alert of its own.
        expression: "up{job=\"redos-exporter\"} == 0 and on (cluster, through) \
                     label_replace(up{job=\"redos-proxy\"} == 1, \"through\", \"$1\", \"node\", \"(.*)\")",
        lasts: "1m",
    },
    Alert {
        check: &check::EXPORTER_REFUSED,
        // The exporter does not say why it has no metrics; the proxy says that the node answers.
        expression: "redis_up{job=\"redos-redis\"} == 0 and on (cluster, node) label_replace(max by (cluster, server) \
                     (haproxy_server_status{job=\"redos-proxy\", proxy=~\"(claims|replicas)_.*\", state=\"UP\"} == 1), \
                     \"node\", \"$1\", \"server\", \"(.*)\")",
        lasts: "30s",
    },
];

impl Alert {
    /// Its name in Prometheus: `RedosNoMaster` for the id `no-master`.
    fn name(&self) -> String {
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        ["Redos".to_owned()].into_iter().chain(self.check.id.split('-').map(capital)).collect()
    }
}

#[derive(Serialize)]
struct RulesFile {
    groups: [RuleGroup; 1],
}

#[derive(Serialize)]
struct RuleGroup {
    name: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: String,
    expr: &'static str,
    r#for: &'static str,
    labels: RuleLabels,
    annotations: Annotations,
}

#[derive(Serialize)]
struct RuleLabels {
    severity: &'static str,
    id: &'static str,
}

#[derive(Serialize)]
struct Annotations {
    summary: String,
    description: &'static str,
    remedy: String,
}

/// The rules of all clusters, as a file for `rule_files`.
///
/// # Errors
/// They cannot be written as YAML.
pub fn rules() -> Result<String, serde_yaml::Error> {
    let rule = |alert: &Alert| Rule {
        alert: alert.name(),
        expr: alert.expression,
        r#for: alert.lasts,
        labels: RuleLabels { severity: severity(alert.check.severity), id: alert.check.id },
        annotations: Annotations {
            summary: format!(
                "{}: {{{{ $labels.cluster }}}}{{{{ with $labels.group }}}} {{{{ . }}}}{{{{ end }}}}{{{{ with \
                 $labels.node }}}} {{{{ . }}}}{{{{ end }}}}",
                alert.check.title
            ),
            description: alert.check.why,
            remedy: format!("redos -p {{{{ $labels.cluster }}}} doctor; redos explain {}", alert.check.id),
        },
    };
    let rules = ALERTS.iter().map(rule).collect();
    let text = serde_yaml::to_string(&RulesFile { groups: [RuleGroup { name: "redos", rules }] })?;
    Ok(format!("# Alerts of redos, for all clusters: 'redos metrics prometheus --rules' prints them again.\n{text}"))
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Remark => "info",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_alert_has_a_name_of_its_own_and_is_as_bad_as_its_check() {
        let names: BTreeSet<String> = ALERTS.iter().map(Alert::name).collect();
        assert_eq!(names.len(), ALERTS.len());
        assert!(names.contains("RedosNoMaster"), "{names:?}");
        let text = rules().expect("YAML");
        assert!(text.contains("alert: RedosNoMaster") && text.contains("id: no-master"), "{text}");
    }

    #[test]
    fn the_rules_do_not_change_unseen() {
        insta::assert_snapshot!(rules().expect("YAML"));
    }
}
