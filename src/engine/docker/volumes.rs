//! Volumes: one per node, and the record of the specification.

use std::collections::HashMap;

use anyhow::anyhow;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::RemoveVolumeOptions;
use futures_util::future::join_all;

use super::labels::Labels;
use super::{DockerEngine, calls, errors, labels, listing};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId, Spec};

/// Creates a node's volume; one that exists and is the cluster's stays as it is.
pub async fn create(engine: &DockerEngine, spec: &Spec, node: NodeId) -> Result<()> {
    let labels = labels::of(spec, Some(node), None, &engine.run);
    let request =
        VolumeCreateRequest { name: Some(node.volume_name(&spec.name)), labels: Some(labels), ..Default::default() };
    create_owned(engine, &spec.name, request).await
}

/// A volume for its labels, which no container uses.
///
/// `docker volume prune` spares it, also with `--all`: the Engine prunes only volumes without mount options (moby,
/// `volume/service/service.go`, `Prune`). Its options are those of an empty file system of 4 KiB in memory, which is
/// never mounted.
pub fn of_labels(name: &str, labels: Labels) -> VolumeCreateRequest {
    let options = [("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=4k")];
    let options: HashMap<String, String> = options.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    VolumeCreateRequest {
        name: Some(name.to_owned()),
        labels: Some(labels),
        driver_opts: Some(options),
        ..Default::default()
    }
}

/// The Engine answers a request for an existing volume with that volume, whoever created it.
async fn create_owned(engine: &DockerEngine, cluster: &ClusterName, request: VolumeCreateRequest) -> Result<()> {
    let name = request.name.clone().unwrap_or_default();
    let operation = || format!("create volume {name}");
    let made = engine.docker.create_volume(request).await.map_err(|error| engine.failed(operation(), error))?;
    if labels::cluster(&made.labels).as_ref() == Some(cluster) {
        return Ok(());
    }
    Err(EngineError::new(
        EngineErrorKind::Conflict,
        operation(),
        anyhow!("a volume of this name exists and redos did not create it"),
    )
    .hinted(format!("look at it: docker volume inspect {name}; or give the cluster another name: redos -p OTHER up")))
}

/// Removes a volume. A missing one is no error.
pub async fn remove(engine: &DockerEngine, name: &str) -> Result<()> {
    let mut removed = engine.docker.remove_volume(name, None::<RemoveVolumeOptions>).await;
    if let Err(error) = &removed
        && errors::status(error) == Some(errors::CONFLICT)
        && remove_leftovers(engine, name).await?
    {
        removed = engine.docker.remove_volume(name, None::<RemoveVolumeOptions>).await;
    }
    match removed {
        Ok(()) => Ok(()),
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => Ok(()),
        Err(error) => Err(engine.failed(format!("remove volume {name}"), error)),
    }
}

/// Removes the containers with this volume that a redos created for one task and was killed before it started them.
///
/// Nothing else removes them. Returns whether there were any. They have no label of a cluster, which nodes have.
async fn remove_leftovers(engine: &DockerEngine, volume: &str) -> Result<bool> {
    let filters = [("volume", volume), ("status", "created"), ("label", labels::RUN)];
    let filters = filters.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
    let mut found = false;
    for container in listing::containers(engine, &filters).await? {
        let labels = container.labels.unwrap_or_default();
        if let Some(id) = container.id.filter(|_| !labels.contains_key(labels::CLUSTER)) {
            calls::remove(engine, &id).await?;
            found = true;
        }
    }
    Ok(found)
}

/// Records the specification, unless the last record is the same.
pub async fn record(engine: &DockerEngine, spec: &Spec) -> Result<()> {
    let volumes = listing::volumes(engine, &labels::filter(&spec.name)).await?;
    if recorded(&spec.name, &volumes).is_some_and(|(_, last)| last == *spec) {
        return Ok(());
    }
    let older = records(&spec.name, &volumes);
    let next = older.iter().map(|(number, _)| *number).max().unwrap_or_default() + 1;
    let name = format!("{}{next}", record_prefix(&spec.name));
    let request = of_labels(&name, labels::of(spec, None, None, &engine.run));
    create_owned(engine, &spec.name, request).await?;
    remove_all(engine, &older).await
}

/// Removes all records.
pub async fn remove_record(engine: &DockerEngine, cluster: &ClusterName) -> Result<()> {
    let volumes = listing::volumes(engine, &labels::filter(cluster)).await?;
    remove_all(engine, &records(cluster, &volumes)).await
}

async fn remove_all(engine: &DockerEngine, records: &[(u64, &Volume)]) -> Result<()> {
    join_all(records.iter().map(|(_, volume)| remove(engine, &volume.name))).await.into_iter().collect()
}

/// The specification that was recorded last, among a cluster's volumes, and the number of that record.
pub fn recorded(cluster: &ClusterName, volumes: &[Volume]) -> Option<(u64, Spec)> {
    let (number, last) = records(cluster, volumes).into_iter().max_by_key(|(number, _)| *number)?;
    Some((number, labels::spec(&last.labels)?))
}

fn records<'a>(cluster: &ClusterName, volumes: &'a [Volume]) -> Vec<(u64, &'a Volume)> {
    let prefix = record_prefix(cluster);
    volumes.iter().filter_map(|volume| Some((volume.name.strip_prefix(&prefix)?.parse().ok()?, volume))).collect()
}

fn record_prefix(cluster: &ClusterName) -> String {
    format!("{cluster}-spec-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_with_the_highest_number_counts() {
        let cluster: ClusterName = "demo".parse().expect("a name");
        let volume = |name: &str, replicas| {
            let spec = Spec { replicas, ..Spec::with_defaults(cluster.clone()) };
            Volume { name: name.to_owned(), labels: labels::of(&spec, None, None, "r"), ..Default::default() }
        };
        let volumes = [volume("demo-spec-9", 9), volume("demo-spec-10", 10), volume("demo-redis-1-data", 1)];
        assert_eq!(recorded(&cluster, &volumes).map(|(number, spec)| (number, spec.replicas)), Some((10, 10)));
        assert_eq!(recorded(&cluster, &volumes[2..]), None);
    }
}
