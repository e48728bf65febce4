//! The clean-up after a scenario: everything with the label of its cluster goes, and what stays is a failure.
//!
//! It uses the client library: redos may be what is broken.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::NetworkDisconnectRequest;
use bollard::query_parameters as query;
use redos::testing::spec::ClusterName;
use tokio::time::{Instant, sleep};

/// How long it tries: the Engine may still finish what a killed redos asked it for.
const LIMIT: Duration = Duration::from_secs(20);
/// Time between two tries.
const INTERVAL: Duration = Duration::from_millis(200);

/// Removes what carries a cluster's label. Returns what stays, with the Engine's reasons.
#[expect(clippy::print_stderr, reason = "a network that only Docker could remove fails no scenario")]
pub async fn remove_all(docker: &Docker, cluster: &ClusterName) -> Vec<String> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let left = remove_once(docker, cluster).await;
        if left.is_empty() || Instant::now() >= deadline {
            let (miscounted, left): (Vec<_>, Vec<_>) = left.into_iter().partition(|left| left.is_miscounted);
            miscounted.iter().for_each(|left| eprintln!("Docker must be restarted before it removes {}", left.what));
            return left.into_iter().map(|left| left.what).collect();
        }
        sleep(INTERVAL).await;
    }
}

/// An object that could not be removed.
struct Left {
    /// Its kind, its name, and the Engine's reason.
    what: String,
    /// Whether it is a network that the Engine keeps although it lists no container there.
    ///
    /// Docker 20.10 miscounted, on a busy machine, after it had removed containers that were just being restarted. Only its
    /// own restart helps.
    is_miscounted: bool,
}

async fn remove_once(docker: &Docker, cluster: &ClusterName) -> Vec<Left> {
    let mut left = Vec::new();
    let mut note = |kind: &str, name: &str, is_miscounted, result: Result<(), Error>| match result {
        // Something else has removed it already.
        Err(Error::DockerResponseServerError { status_code: 404, .. }) | Ok(()) => {}
        Err(error) => left.push(Left { what: format!("the {kind} {name}: {error}"), is_miscounted }),
    };
    let filters = Some(HashMap::from([("label".to_owned(), vec![format!("dev.redos.cluster={cluster}")])]));
    let list = query::ListContainersOptions { all: true, filters: filters.clone(), ..Default::default() };
    for container in docker.list_containers(Some(list)).await.expect("containers") {
        let id = container.id.unwrap_or_default();
        let options = query::RemoveContainerOptions { force: true, v: true, link: false };
        note("container", &id, false, docker.remove_container(&id, Some(options)).await);
    }
    let list = query::ListNetworksOptions { filters };
    for network in docker.list_networks(Some(list)).await.expect("networks") {
        let id = network.id.unwrap_or_default();
        let removed = docker.remove_network(&id).await;
        let on_it = if removed.is_err() { disconnect_gone(docker, &id).await } else { Vec::new() };
        let name = format!("{} with {on_it:?} on it", network.name.unwrap_or_default());
        note("network", &name, on_it.is_empty(), removed);
    }
    for volume in volumes(docker, cluster).await {
        note("volume", &volume, false, docker.remove_volume(&volume, None::<query::RemoveVolumeOptions>).await);
    }
    left
}

/// Disconnects containers that are gone from a network: the Engine forgets some, and then keeps the network. Returns the
/// names of all containers that it listed there.
async fn disconnect_gone(docker: &Docker, network: &str) -> Vec<String> {
    let inspected = docker.inspect_network(network, None::<query::InspectNetworkOptions>).await;
    let mut names = Vec::new();
    for (container, place) in inspected.ok().and_then(|network| network.containers).unwrap_or_default() {
        let name = place.name.unwrap_or_default();
        if docker.inspect_container(&container, None::<query::InspectContainerOptions>).await.is_err() {
            let request = NetworkDisconnectRequest { container: name.clone(), force: Some(true) };
            // If that fails, the network stays, which is reported.
            let _ = docker.disconnect_network(network, request).await;
        }
        names.push(name);
    }
    names
}

/// The names of the volumes of a cluster, and of the entries of its lock.
pub async fn volumes(docker: &Docker, cluster: &ClusterName) -> Vec<String> {
    let mut names = Vec::new();
    for label in ["dev.redos.cluster", "dev.redos.lock"] {
        let filters = Some(HashMap::from([("label".to_owned(), vec![format!("{label}={cluster}")])]));
        let listed = docker.list_volumes(Some(query::ListVolumesOptions { filters })).await;
        names.extend(listed.ok().and_then(|listed| listed.volumes).into_iter().flatten().map(|volume| volume.name));
    }
    names
}
