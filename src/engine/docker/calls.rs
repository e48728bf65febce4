//! Calls about one container. A call whose effect exists already succeeds.

use std::net::Ipv4Addr;
use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptions, RemoveContainerOptions, StopContainerOptions,
};
use tokio::time::{Instant, sleep};

use super::{DockerEngine, errors};
use crate::engine::Result;

/// How long a container may take to vanish when another client is removing it.
const REMOVAL_LIMIT: Duration = Duration::from_secs(10);
/// Time between two looks at such a container.
const REMOVAL_POLL: Duration = Duration::from_millis(50);

/// The pinned address of a container.
pub fn address(container: &ContainerInspectResponse) -> Option<Ipv4Addr> {
    let networks = container.network_settings.as_ref()?.networks.as_ref()?;
    networks.values().find_map(|endpoint| endpoint.ipam_config.as_ref()?.ipv4_address.as_ref()?.parse().ok())
}

/// Stops a node within its own grace period.
pub async fn stop(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.stop_container(name, None::<StopContainerOptions>).await {
        Ok(()) => Ok(()),
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => Ok(()),
        Err(error) => Err(engine.failed(format!("stop {name}"), error)),
    }
}

/// Ends a node without its grace period. A node that does not run stays as it is.
pub async fn kill(engine: &DockerEngine, name: &str) -> Result<()> {
    let error = match engine.docker.kill_container(name, None::<KillContainerOptions>).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    match errors::status(&error) {
        Some(errors::NOT_FOUND | errors::CONFLICT) => Ok(()),
        _ => Err(engine.failed(format!("kill {name}"), error)),
    }
}

/// Pauses a node. A paused one stays so.
pub async fn pause(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.pause_container(name).await {
        Ok(()) => Ok(()),
        Err(error) => unless_in_state(engine, name, "pause", error, true).await,
    }
}

/// Unpauses a node. One that is not paused stays as it is.
pub async fn unpause(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.unpause_container(name).await {
        Ok(()) => Ok(()),
        Err(error) => unless_in_state(engine, name, "unpause", error, false).await,
    }
}

/// Makes a call that may fail because its effect exists already, and then checks the container's state.
///
/// An Engine refuses such calls with a status and words that depend on its version. The state does not.
async fn unless_in_state(
    engine: &DockerEngine,
    name: &str,
    verb: &str,
    error: bollard::errors::Error,
    paused: bool,
) -> Result<()> {
    let state =
        if errors::status(&error).is_some() { inspect(engine, name).await?.and_then(|c| c.state) } else { None };
    match state {
        Some(state) if state.paused.unwrap_or_default() == paused && (!paused || state.running == Some(true)) => Ok(()),
        _ => Err(engine.failed(format!("{verb} {name}"), error)),
    }
}

/// Removes a container by force, with anonymous volumes that its image declares. Named volumes stay.
pub async fn remove(engine: &DockerEngine, name: &str) -> Result<()> {
    let options = RemoveContainerOptions { force: true, v: true, link: false };
    let error = match engine.docker.remove_container(name, Some(options)).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    match errors::status(&error) {
        Some(errors::NOT_FOUND) => Ok(()),
        // Another client is removing it.
        Some(errors::CONFLICT) => {
            let deadline = Instant::now() + REMOVAL_LIMIT;
            while Instant::now() < deadline {
                if inspect(engine, name).await?.is_none() {
                    return Ok(());
                }
                sleep(REMOVAL_POLL).await;
            }
            Err(engine.failed(format!("remove {name}"), error))
        }
        _ => Err(engine.failed(format!("remove {name}"), error)),
    }
}

/// A container in full; `None` where it does not exist.
pub async fn inspect(engine: &DockerEngine, name: &str) -> Result<Option<ContainerInspectResponse>> {
    match engine.docker.inspect_container(name, None::<InspectContainerOptions>).await {
        Ok(container) => Ok(Some(container)),
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => Ok(None),
        Err(error) => Err(engine.failed(format!("inspect {name}"), error)),
    }
}
