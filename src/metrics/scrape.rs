//! The scrape configuration of one cluster.
//!
//! All targets are ports of proxies, which ask for the password of the statistics. The metrics of nodes come through the
//! first proxy, each at a path of its own.

use serde::Serialize;

use super::job;
use crate::spec::render::exporter_path;
use crate::spec::{ClusterName, NodeId};

/// The file with the password of the statistics, beside the configuration.
pub const PASSWORD_FILE: &str = "redos-stats-password";
/// The file with the alerts, beside the configuration.
pub const RULES_FILE: &str = "redos-alerts.yml";

/// What is known of a cluster whose metrics are wanted.
#[derive(Clone, Debug)]
pub struct ScrapedCluster<'a> {
    pub name: &'a ClusterName,
    /// Whether it copies a server outside of it, and so has no master.
    pub is_standby: bool,
    /// The proxies with the addresses of their statistics: `host:port`.
    pub proxies: Vec<(NodeId, String)>,
    /// The Redis nodes and Sentinels. Empty without an exporter.
    pub nodes: Vec<NodeId>,
    /// The user of the statistics.
    pub user: &'a str,
    /// Time between two looks, in Prometheus's words.
    pub interval: &'a str,
}

#[derive(Serialize)]
struct Configuration<'a> {
    global: GlobalSection<'a>,
    rule_files: [&'static str; 1],
    scrape_configs: Vec<Job<'a>>,
}

#[derive(Serialize)]
struct GlobalSection<'a> {
    scrape_interval: &'a str,
    evaluation_interval: &'a str,
}

#[derive(Serialize)]
struct Job<'a> {
    job_name: &'static str,
    basic_auth: BasicAuth<'a>,
    static_configs: Vec<StaticTarget<'a>>,
}

#[derive(Serialize)]
struct BasicAuth<'a> {
    username: &'a str,
    password_file: &'static str,
}

#[derive(Serialize)]
struct StaticTarget<'a> {
    targets: [&'a str; 1],
    labels: TargetLabels<'a>,
}

/// The labels of a target. The instance stays the same when ports and addresses change.
#[derive(Serialize)]
struct TargetLabels<'a> {
    #[serde(rename = "__metrics_path__", skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    instance: String,
    cluster: &'a str,
    node: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standby: Option<&'static str>,
    /// The proxy that leads to the exporter.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<String>,
}

impl<'a> ScrapedCluster<'a> {
    fn labels(&self, node: NodeId, path: Option<String>) -> TargetLabels<'a> {
        TargetLabels {
            path,
            instance: format!("{}/{node}", self.name),
            cluster: self.name.as_str(),
            node: node.to_string(),
            group: node.group().map(|group| group.to_string()),
            standby: (self.is_standby && node.group().is_some()).then_some("true"),
            through: self.proxies.first().filter(|_| node == NodeId::Exporter).map(|(proxy, _)| proxy.to_string()),
        }
    }

    fn job(&'a self, job_name: &'static str, static_configs: Vec<StaticTarget<'a>>) -> Job<'a> {
        Job { job_name, basic_auth: BasicAuth { username: self.user, password_file: PASSWORD_FILE }, static_configs }
    }

    /// The targets that the exporter answers for.
    fn through_exporter(&'a self, is_wanted: impl Fn(NodeId) -> bool) -> Vec<StaticTarget<'a>> {
        let exporter = (!self.nodes.is_empty()).then_some(NodeId::Exporter);
        let nodes = self.nodes.iter().copied().chain(exporter).filter(|node| is_wanted(*node));
        let through = self.proxies.first();
        let target = |node| {
            let (_, address) = through?;
            Some(StaticTarget { targets: [address.as_str()], labels: self.labels(node, Some(exporter_path(node))) })
        };
        nodes.filter_map(target).collect()
    }
}

/// The configuration of Prometheus for a cluster.
///
/// # Errors
/// It cannot be written as YAML.
pub fn scrape_configuration(cluster: &ScrapedCluster<'_>) -> Result<String, serde_yaml::Error> {
    let proxies = cluster.proxies.iter();
    let proxies = proxies
        .map(|(node, address)| StaticTarget { targets: [address.as_str()], labels: cluster.labels(*node, None) });
    let jobs = [
        (job::PROXY, proxies.collect()),
        (job::REDIS, cluster.through_exporter(|node| matches!(node, NodeId::Redis { .. }))),
        (job::SENTINEL, cluster.through_exporter(|node| matches!(node, NodeId::Sentinel(_)))),
        (job::EXPORTER, cluster.through_exporter(|node| node == NodeId::Exporter)),
    ];
    let jobs = jobs.into_iter().filter(|(_, targets)| !targets.is_empty());
    let text = serde_yaml::to_string(&Configuration {
        global: GlobalSection { scrape_interval: cluster.interval, evaluation_interval: cluster.interval },
        rule_files: [RULES_FILE],
        scrape_configs: jobs.map(|(name, targets)| cluster.job(name, targets)).collect(),
    })?;
    Ok(format!(
        "# Prometheus for the cluster '{}', written by redos. Beside it belong {RULES_FILE} and {PASSWORD_FILE}:\n\
         # 'redos metrics prometheus --dir DIR' writes all three.\n{text}",
        cluster.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn written(exporter: bool, is_standby: bool) -> String {
        let name: ClusterName = "shop".parse().expect("a name");
        let spec = Spec { masters: 2, replicas: 1, proxies: 2, ..Spec::with_defaults(name.clone()) };
        let nodes = spec.groups().flat_map(|group| spec.redis_nodes(group)).chain(spec.sentinel_nodes());
        let proxies = spec.proxy_nodes().zip(["127.0.0.1:8404", "127.0.0.1:8504"]);
        let cluster = ScrapedCluster {
            name: &name,
            is_standby,
            proxies: proxies.map(|(node, address)| (node, address.to_owned())).collect(),
            nodes: nodes.filter(|_| exporter).collect(),
            user: "admin",
            interval: "15s",
        };
        scrape_configuration(&cluster).expect("YAML")
    }

    #[test]
    fn each_node_is_a_target_with_labels_that_stay() {
        insta::assert_snapshot!(written(true, false));
    }

    #[test]
    fn without_an_exporter_there_are_the_proxies_and_a_standby_says_that_it_is_one() {
        let plain = written(false, false);
        assert!(plain.contains("job_name: redos-proxy") && !plain.contains("redos-redis"), "{plain}");
        assert!(written(true, true).contains("standby: 'true'"));
    }
}
