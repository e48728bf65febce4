//! The list of all clusters of an Engine.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum, Volume};
use futures_util::future::try_join;

use super::{DockerEngine, labels, listing, timestamps};
use crate::cluster::observed::NodeState;
use crate::engine::{ClusterSummary, Result};
use crate::spec::{ClusterName, NodeId};

/// All clusters by name. A cluster without containers counts while it has a volume.
pub async fn clusters(engine: &DockerEngine) -> Result<Vec<ClusterSummary>> {
    let filters = labels::filter_all();
    let (containers, volumes) =
        try_join(listing::containers(engine, &filters), listing::volumes(engine, &filters)).await?;
    Ok(summarised(&containers, &volumes))
}

fn summarised(containers: &[ContainerSummary], volumes: &[Volume]) -> Vec<ClusterSummary> {
    let mut clusters: BTreeMap<ClusterName, ClusterSummary> = BTreeMap::new();
    let mut nodes: BTreeSet<(ClusterName, NodeId)> = BTreeSet::new();
    let empty = |name: &ClusterName| ClusterSummary {
        name: name.clone(),
        states: BTreeMap::new(),
        ports: Vec::new(),
        created_at: None,
        kept_volumes: 0,
    };
    let mut oldest: BTreeMap<ClusterName, i64> = BTreeMap::new();
    for container in containers {
        let Some((labels, name)) = container.labels.as_ref().and_then(|l| Some((l, labels::cluster(l)?))) else {
            continue;
        };
        let summary = clusters.entry(name.clone()).or_insert_with(|| empty(&name));
        *summary.states.entry(state_word(container.state)).or_default() += 1;
        summary.ports.extend(container.ports.iter().flatten().filter_map(|port| port.public_port));
        if let Some(created) = container.created {
            oldest.entry(name.clone()).and_modify(|at| *at = created.min(*at)).or_insert(created);
        }
        nodes.extend(labels::node(labels).map(|node| (name, node)));
    }
    for volume in volumes {
        let Some((name, node)) = labels::cluster(&volume.labels).zip(labels::node(&volume.labels)) else { continue };
        if !nodes.contains(&(name.clone(), node)) {
            clusters.entry(name.clone()).or_insert_with(|| empty(&name)).kept_volumes += 1;
        }
    }
    for (name, summary) in &mut clusters {
        summary.ports.sort_unstable();
        summary.ports.dedup();
        summary.created_at = oldest.get(name).map(|seconds| timestamps::rfc3339(*seconds));
    }
    clusters.into_values().collect()
}

fn state_word(state: Option<ContainerSummaryStateEnum>) -> &'static str {
    let state = match state.unwrap_or(ContainerSummaryStateEnum::EMPTY) {
        ContainerSummaryStateEnum::CREATED => NodeState::Created,
        ContainerSummaryStateEnum::RUNNING | ContainerSummaryStateEnum::STOPPING => NodeState::Running,
        ContainerSummaryStateEnum::PAUSED => NodeState::Paused,
        ContainerSummaryStateEnum::RESTARTING => NodeState::Restarting,
        ContainerSummaryStateEnum::EXITED => NodeState::Exited { code: 0, oom_killed: false },
        ContainerSummaryStateEnum::REMOVING => NodeState::Removing,
        ContainerSummaryStateEnum::DEAD | ContainerSummaryStateEnum::EMPTY => NodeState::Dead,
    };
    state.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_summed_up_and_kept_volumes_counted() {
        let node = |cluster: &str, ordinal: u16| {
            format!(r#""dev.redos.cluster":"{cluster}","dev.redos.role":"proxy","dev.redos.ordinal":"{ordinal}""#)
        };
        let containers = format!(
            r#"[{{"Created":1767225700,"State":"running","Labels":{{{}}},"Ports":[{{"PrivatePort":1,"PublicPort":7001,"Type":"tcp"}},
                {{"PrivatePort":2,"PublicPort":7000,"Type":"tcp"}}]}},{{"Created":1767225600,"State":"paused","Labels":{{{}}}}}]"#,
            node("a", 1),
            node("a", 2)
        );
        let volume = |labels: String| {
            format!(
                r#"{{"Name":"v","Driver":"local","Mountpoint":"/","Scope":"local","Options":{{}},"Labels":{{{labels}}}}}"#
            )
        };
        let volumes = format!(
            r#"[{},{},{}]"#,
            volume(node("a", 1)),
            volume(node("b", 1)),
            volume(r#""dev.redos.cluster":"a""#.to_owned())
        );
        let containers: Vec<ContainerSummary> = serde_json::from_str(&containers).expect("containers");
        let volumes: Vec<Volume> = serde_json::from_str(&volumes).expect("volumes");
        let clusters = summarised(&containers, &volumes);
        let [a, b] = clusters.as_slice() else { panic!("two clusters: {clusters:?}") };
        assert_eq!((a.states["running"], a.states["paused"], a.kept_volumes), (1, 1, 0));
        assert_eq!(a.ports, [7000, 7001]);
        assert_eq!(a.created_at.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!((b.name.as_str(), b.kept_volumes, b.states.len()), ("b", 1, 0));
    }
}
