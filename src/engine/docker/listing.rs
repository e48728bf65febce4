//! Lists of the Engine's objects, by labels or name.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::{ContainerSummary, Network, Volume};
use bollard::query_parameters::{ListContainersOptions, ListNetworksOptions, ListVolumesOptions};
use futures_util::future::join_all;

use super::DockerEngine;
use crate::engine::Result;

/// The states of containers that all supported Engines know, as filters.
const STATES: [&str; 7] = ["created", "running", "paused", "restarting", "exited", "dead", "removing"];

/// Containers by labels. A state that the client library does not know makes it refuse the whole list. Then the states
/// are asked for one by one, and only that container is missing.
pub async fn containers(
    engine: &DockerEngine,
    filters: &HashMap<String, Vec<String>>,
) -> Result<Vec<ContainerSummary>> {
    let list = async |filters| {
        engine.docker.list_containers(Some(ListContainersOptions { all: true, filters, ..Default::default() })).await
    };
    let failed = |error| engine.failed("list containers", error);
    match list(Some(filters.clone())).await {
        Err(Error::JsonDataError { .. }) => {
            let by_state = join_all(STATES.map(|state| {
                let mut filters = filters.clone();
                filters.insert("status".to_owned(), vec![state.to_owned()]);
                list(Some(filters))
            }));
            let lists: std::result::Result<Vec<_>, _> = by_state.await.into_iter().collect();
            Ok(lists.map_err(failed)?.into_iter().flatten().collect())
        }
        listed => listed.map_err(failed),
    }
}

/// Networks by labels or name.
pub async fn networks(engine: &DockerEngine, filters: &HashMap<String, Vec<String>>) -> Result<Vec<Network>> {
    let options = ListNetworksOptions { filters: Some(filters.clone()) };
    engine.docker.list_networks(Some(options)).await.map_err(|error| engine.failed("list networks", error))
}

/// Volumes by labels or name.
pub async fn volumes(engine: &DockerEngine, filters: &HashMap<String, Vec<String>>) -> Result<Vec<Volume>> {
    let options = ListVolumesOptions { filters: Some(filters.clone()) };
    let listed = engine.docker.list_volumes(Some(options)).await;
    Ok(listed.map_err(|error| engine.failed("list volumes", error))?.volumes.unwrap_or_default())
}
