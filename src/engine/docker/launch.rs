//! Starts a node, and finds out why one died right after its start.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::anyhow;
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::StartContainerOptions;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{DockerEngine, calls, conflicts, data, errors, streams};
use crate::engine::damage::complaint;
use crate::engine::image::ImageKind;
use crate::engine::{Conflict, EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId, Role, render};

/// How long a start watches whether the node dies. A server with a bad configuration ends within 20 ms.
const DEATH_WATCH: Duration = Duration::from_millis(250);
/// Time between two checks whether a started node is still alive.
const DEATH_POLL: Duration = Duration::from_millis(10);
/// Lines of the log in the error of a node that died.
const DEATH_LOG_LINES: usize = 20;

/// Starts a node and watches whether it lives. If it died because its files belong to another user, as after `docker
/// cp`, it gets them and is started once more.
pub async fn start(engine: &DockerEngine, cluster: &ClusterName, node: NodeId) -> Result<()> {
    let Some(death) = start_once(engine, cluster, node).await? else { return Ok(()) };
    if !death.log.contains(render::FOREIGN_FILE) {
        return Err(death.error(cluster, node));
    }
    let name = node.container_name(cluster);
    calls::stop(engine, &name).await?;
    data::own(engine, &name).await?;
    match start_once(engine, cluster, node).await? {
        Some(death) => Err(death.error(cluster, node)),
        None => Ok(()),
    }
}

/// Starts a node. Returns how it died, if it did at once.
async fn start_once(engine: &DockerEngine, cluster: &ClusterName, node: NodeId) -> Result<Option<Death>> {
    let name = node.container_name(cluster);
    let operation = || format!("start {name}");
    let started = {
        // Only proxies publish ports, and the Engine gives one port to two containers that start at the same time.
        let _one_at_a_time = match node.role() {
            Role::Proxy => Some(engine.publishing.lock().await),
            Role::Redis | Role::Sentinel | Role::Exporter | Role::Guard => None,
        };
        engine.docker.start_container(&name, None::<StartContainerOptions>).await
    };
    if let Err(error) = started {
        let said = errors::message(&error);
        let failed = engine.failed(operation(), error);
        if let Some(port) = conflicts::taken_port(&said) {
            let failed = EngineError { kind: EngineErrorKind::Conflict, ..failed };
            let Conflict { what, remedy, .. } = conflicts::taken(engine, port).await;
            return Err(failed.hinted(format!("{what}: {remedy}")));
        }
        if let Some(remedy) = conflicts::foreign_address_remedy(cluster, &said) {
            return Err(EngineError { kind: EngineErrorKind::Conflict, ..failed }.hinted(remedy));
        }
        // This is about an address of the network; about a port the word is `address` with a small letter.
        if said.contains("Address already in use") {
            return Err(conflicts::taken_address(engine, cluster, node).await.unwrap_or(failed));
        }
        if let Some(remedy) = conflicts::fixed_address_remedy(&said) {
            return Err(EngineError { kind: EngineErrorKind::Conflict, ..failed }.hinted(remedy));
        }
        // The kernel's `ENOENT` for a program, through runc.
        if said.contains("executable file not found") || said.contains("no such file or directory") {
            let flag = ImageKind::of(node.role()).flag();
            let failed = EngineError { kind: EngineErrorKind::Image, ..failed };
            return Err(failed.hinted(format!("its image does not have that program: choose another with {flag}")));
        }
        return Err(failed);
    }
    let deadline = Instant::now() + DEATH_WATCH;
    let direct = engine.reaches(cluster).await.unwrap_or(false);
    loop {
        let container = calls::inspect(engine, &name).await?.ok_or_else(|| {
            EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!("it was removed meanwhile"))
        })?;
        if let Some(how) = death(&container) {
            let log = streams::log_tail(engine, &name, DEATH_LOG_LINES).await.unwrap_or_default();
            return Ok(Some(Death { how, log: log.trim_end().to_owned() }));
        }
        let server =
            calls::address(&container).filter(|_| direct).map(|ip| SocketAddr::new(IpAddr::V4(ip), node.server_port()));
        if let Some(server) = server
            && matches!(timeout(DEATH_POLL, TcpStream::connect(server)).await, Ok(Ok(_)))
        {
            return Ok(None);
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(DEATH_POLL).await;
    }
}

/// How a container that was just started ended, if it did. A container that its restart policy revived died all the
/// same.
fn death(container: &ContainerInspectResponse) -> Option<String> {
    let state = container.state.as_ref()?;
    let restarted = container.restart_count.unwrap_or_default() > 0;
    let code = state.exit_code.unwrap_or_default();
    match state.status? {
        ContainerStateStatusEnum::EXITED | ContainerStateStatusEnum::DEAD | ContainerStateStatusEnum::RESTARTING => {
            Some(format!("exit code {code}"))
        }
        _ if restarted => Some("it is restarted again and again".to_owned()),
        _ => None,
    }
}

/// How a node died right after its start.
struct Death {
    /// Its exit code, in words.
    how: String,
    /// The end of its log.
    log: String,
}

impl Death {
    fn error(self, cluster: &ClusterName, node: NodeId) -> EngineError {
        let Self { how, log } = self;
        let name = node.container_name(cluster);
        let source = if log.is_empty() {
            anyhow!("it died at once ({how}) and logged nothing")
        } else {
            anyhow!("it died at once ({how}); the end of its log:\n{log}")
        };
        let damaged = complaint(&log).filter(|_| node.role() == Role::Redis);
        let kind = damaged.map_or(EngineErrorKind::NodeDied, |_| EngineErrorKind::DamagedData);
        EngineError::new(kind, format!("start {name}"), source)
            .hinted(format!("see all of its log: docker logs {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revived_container_has_died() {
        let container = |text: &str| serde_json::from_str::<ContainerInspectResponse>(text).expect("an answer");
        assert_eq!(death(&container(r#"{"State":{"Status":"running"},"RestartCount":0}"#)), None);
        assert!(death(&container(r#"{"State":{"Status":"running"},"RestartCount":2}"#)).is_some());
        let restarting = death(&container(r#"{"State":{"Status":"restarting","ExitCode":1},"RestartCount":1}"#));
        assert_eq!(restarting.as_deref(), Some("exit code 1"));
    }
}
