//! The dashboard for Grafana, as the JSON that it imports.

use serde_json::{Value, json};

/// The version of the format of dashboards: that of Grafana 9, which later ones read.
const SCHEMA_VERSION: u32 = 36;
/// Columns of Grafana's grid.
const COLUMNS: usize = 24;
/// Rows of a panel.
const HEIGHT: usize = 7;

/// A panel: one picture of some expressions.
struct Panel {
    title: &'static str,
    /// Grafana's name of the kind of picture.
    kind: PanelKind,
    /// Grafana's name of the unit.
    unit: &'static str,
    /// Columns of the grid.
    width: usize,
    /// Expressions and the legends of their series.
    shows: &'static [(&'static str, &'static str)],
}

/// The kinds of pictures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PanelKind {
    /// One number, red or green.
    Stat,
    /// Lines over time.
    TimeSeries,
    /// What is so over time, as bars.
    StateTimeline,
}

impl PanelKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::TimeSeries => "timeseries",
            Self::StateTimeline => "state-timeline",
        }
    }
}

/// All panels, row by row.
static PANELS: [Panel; 19] = [
    Panel {
        title: "Masters",
        kind: PanelKind::Stat,
        unit: "none",
        width: 6,
        shows: &[("redis_instance_info{cluster=\"$cluster\", role=\"master\"}", "{{group}}: {{node}}")],
    },
    Panel {
        title: "Redis nodes up",
        kind: PanelKind::Stat,
        unit: "none",
        width: 6,
        shows: &[("sum(redis_up{cluster=\"$cluster\", job=\"redos-redis\"})", "nodes")],
    },
    Panel {
        title: "Sentinels up",
        kind: PanelKind::Stat,
        unit: "none",
        width: 6,
        shows: &[("sum(redis_up{cluster=\"$cluster\", job=\"redos-sentinel\"})", "Sentinels")],
    },
    Panel {
        title: "Alerts",
        kind: PanelKind::Stat,
        unit: "none",
        width: 6,
        shows: &[("count(ALERTS{cluster=\"$cluster\", alertstate=\"firing\"}) or vector(0)", "firing")],
    },
    Panel {
        title: "Who is master",
        kind: PanelKind::StateTimeline,
        unit: "none",
        width: 12,
        shows: &[(
            "max by (node) (redis_instance_info{cluster=\"$cluster\", job=\"redos-redis\", role=\"master\"}) \
             or max by (node) (redis_up{cluster=\"$cluster\", job=\"redos-redis\"} - 1)",
            "{{node}}",
        )],
    },
    Panel {
        title: "Sentinels: quorum and masters that they consider up",
        kind: PanelKind::StateTimeline,
        unit: "none",
        width: 12,
        shows: &[
            (
                "max by (node, master_name) (redis_sentinel_master_ckquorum_status{cluster=\"$cluster\"})",
                "{{node}} {{master_name}} quorum",
            ),
            (
                "max by (node, master_name) (redis_sentinel_master_status{cluster=\"$cluster\", master_status=\"ok\"})",
                "{{node}} {{master_name}} ok",
            ),
        ],
    },
    Panel {
        title: "Operations",
        kind: PanelKind::TimeSeries,
        unit: "ops",
        width: 12,
        shows: &[(
            "rate(redis_commands_processed_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
            "{{node}}",
        )],
    },
    Panel {
        title: "Clients",
        kind: PanelKind::TimeSeries,
        unit: "none",
        width: 12,
        shows: &[
            ("redis_connected_clients{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}", "{{node}}"),
            ("redis_blocked_clients{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}", "{{node}} blocked"),
        ],
    },
    Panel {
        title: "Replication lag",
        kind: PanelKind::TimeSeries,
        unit: "s",
        width: 8,
        shows: &[(
            "max by (slave_ip) (redis_connected_slave_lag_seconds{cluster=\"$cluster\", group=~\"$group\"})",
            "{{slave_ip}}",
        )],
    },
    Panel {
        title: "Bytes behind the master",
        kind: PanelKind::TimeSeries,
        unit: "bytes",
        width: 8,
        shows: &[(
            "redis_master_repl_offset{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"} \
             - on (cluster, node) group_right redis_connected_slave_offset_bytes{cluster=\"$cluster\", group=~\"$group\"}",
            "{{slave_ip}}",
        )],
    },
    Panel {
        title: "Links of replicas",
        kind: PanelKind::StateTimeline,
        unit: "none",
        width: 8,
        shows: &[("max by (node) (redis_master_link_up{cluster=\"$cluster\", group=~\"$group\"})", "{{node}}")],
    },
    Panel {
        title: "Memory",
        kind: PanelKind::TimeSeries,
        unit: "bytes",
        width: 8,
        shows: &[
            ("redis_memory_used_bytes{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}", "{{node}}"),
            (
                "redis_memory_max_bytes{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"} > 0",
                "{{node}} max",
            ),
        ],
    },
    Panel {
        title: "Keys",
        kind: PanelKind::TimeSeries,
        unit: "none",
        width: 8,
        shows: &[(
            "sum by (node) (redis_db_keys{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"})",
            "{{node}}",
        )],
    },
    Panel {
        title: "Keys evicted and expired",
        kind: PanelKind::TimeSeries,
        unit: "ops",
        width: 8,
        shows: &[
            (
                "rate(redis_evicted_keys_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
                "{{node}} evicted",
            ),
            (
                "rate(redis_expired_keys_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
                "{{node}} expired",
            ),
        ],
    },
    Panel {
        title: "Network",
        kind: PanelKind::TimeSeries,
        unit: "Bps",
        width: 12,
        shows: &[
            (
                "rate(redis_net_input_bytes_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
                "{{node}} in",
            ),
            (
                "rate(redis_net_output_bytes_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
                "{{node}} out",
            ),
        ],
    },
    Panel {
        title: "CPU",
        kind: PanelKind::TimeSeries,
        unit: "percentunit",
        width: 12,
        shows: &[(
            "rate(redis_cpu_user_seconds_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m]) \
             + rate(redis_cpu_sys_seconds_total{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}[1m])",
            "{{node}}",
        )],
    },
    Panel {
        title: "Persistence: snapshots, rewrites and writes that succeeded",
        kind: PanelKind::StateTimeline,
        unit: "none",
        width: 12,
        shows: &[
            (
                "redis_rdb_last_bgsave_status{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}",
                "{{node}} snapshot",
            ),
            (
                "redis_aof_last_write_status{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}",
                "{{node}} write",
            ),
            (
                "redis_aof_last_bgrewrite_status{cluster=\"$cluster\", job=\"redos-redis\", group=~\"$group\"}",
                "{{node}} rewrite",
            ),
        ],
    },
    Panel {
        title: "Sessions through the proxies",
        kind: PanelKind::TimeSeries,
        unit: "none",
        width: 6,
        shows: &[(
            "haproxy_frontend_current_sessions{cluster=\"$cluster\", proxy=~\"(writes|reads)_.*\"}",
            "{{node}} {{proxy}}",
        )],
    },
    Panel {
        title: "Servers that the proxies lead to",
        kind: PanelKind::TimeSeries,
        unit: "none",
        width: 6,
        shows: &[(
            "haproxy_backend_active_servers{cluster=\"$cluster\", proxy=~\"(write|read)_.*\"}",
            "{{node}} {{proxy}}",
        )],
    },
];

/// The dashboard. It asks for its data source when it is imported, and shows one cluster at a time.
pub fn dashboard() -> Value {
    let source = json!({"type": "prometheus", "uid": "${source}"});
    let (mut x, mut y) = (0, 0);
    let panels = PANELS.iter().zip(1..).map(|(panel, id)| {
        if x + panel.width > COLUMNS {
            (x, y) = (0, y + HEIGHT);
        }
        let place = json!({"x": x, "y": y, "w": panel.width, "h": HEIGHT});
        x += panel.width;
        let targets = panel.shows.iter().zip('A'..).map(|((expression, legend), letter)| {
            let is_now = panel.kind == PanelKind::Stat;
            json!({
                "refId": letter.to_string(), "datasource": source, "expr": expression, "legendFormat": legend,
                "instant": is_now, "range": !is_now,
            })
        });
        let mut picture = json!({
            "id": id, "type": panel.kind.as_str(), "title": panel.title, "datasource": source, "gridPos": place,
            "targets": targets.collect::<Vec<_>>(),
            "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        });
        if panel.kind == PanelKind::Stat {
            picture["options"] = json!({"textMode": "value_and_name", "reduceOptions": {"calcs": ["lastNotNull"]}});
        }
        picture
    });
    let panels: Vec<Value> = panels.collect();
    let variable = |name: &str, asked: &str, is_all: bool| {
        json!({
            "name": name, "type": "query", "datasource": source, "query": asked, "definition": asked, "refresh": 2,
            "includeAll": is_all, "multi": is_all, "allValue": if is_all { json!(".*") } else { Value::Null },
        })
    };
    json!({
        "uid": "redos", "title": "Redis by redos", "tags": ["redis", "redos"], "schemaVersion": SCHEMA_VERSION,
        "version": 1, "editable": true, "refresh": "15s", "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [
            {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"},
            variable("cluster", "label_values(up{job=\"redos-proxy\"}, cluster)", false),
            variable("group", "label_values(up{job=\"redos-redis\", cluster=\"$cluster\"}, group)", true),
        ]},
        "annotations": {"list": [{
            "name": "Alerts", "enable": true, "datasource": source, "iconColor": "red",
            "expr": "ALERTS{cluster=\"$cluster\", alertstate=\"firing\"}", "titleFormat": "{{alertname}}",
        }]},
        "panels": panels,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn panels_have_ids_of_their_own_and_no_two_are_in_one_place() {
        let dashboard = dashboard();
        let panels = dashboard["panels"].as_array().expect("panels");
        let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
        for panel in panels {
            assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{panel}");
            let side = |name: &str| panel["gridPos"][name].as_u64().expect("a number");
            assert!(side("x") + side("w") <= COLUMNS as u64, "{panel}");
            for cell in (side("x")..side("x") + side("w")).flat_map(|x| (0..side("h")).map(move |y| (x, y))) {
                assert!(cells.insert((cell.0, side("y") + cell.1)), "{} lies over another", panel["title"]);
            }
            for target in panel["targets"].as_array().expect("targets") {
                assert!(target["expr"].as_str().is_some_and(|expression| expression.contains("cluster=\"$cluster\"")));
            }
        }
        assert_eq!(ids.len(), PANELS.len());
    }
}
