//! Nodes: one container each, locked down, at its pinned address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::anyhow;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, ContainerStateStatusEnum, ContainerUpdateBody, EndpointIpamConfig,
    EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions,
    NetworkingConfig, PortBinding, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, KillContainerOptions, RemoveContainerOptions,
    StartContainerOptions, StopContainerOptions,
};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{DockerEngine, conflicts, data, fault, files, labels, streams};
use crate::engine::damage::complaint;
use crate::engine::{EngineError, EngineErrorKind, NodeSpec, Result};
use crate::spec::{
    ClusterName, NODE_DIR, NODE_UID, NodeId, REDIS_PORT, Resources, Role, SENTINEL_PORT, STATS_PORT, Spec, render,
};

/// How long a start watches for a node that dies at once. A server with a bad configuration ends within 20 ms.
const DEATH_WATCH: Duration = Duration::from_millis(250);
/// Time between two looks at a node that has just been started.
const DEATH_POLL: Duration = Duration::from_millis(10);
/// Lines of the log that go into the error of a node that died.
const DEATH_LOG_LINES: usize = 20;
/// How long a container may take to be gone that somebody else is removing already.
const REMOVAL_LIMIT: Duration = Duration::from_secs(10);
/// Time between two looks at such a container.
const REMOVAL_POLL: Duration = Duration::from_millis(50);
/// What a node may write outside its volume.
const TMPFS: &str = "rw,noexec,nosuid,nodev,size=16m,mode=1777";
/// What ends a node, whatever its image says: with it each of the servers ends at once and in good order.
const STOP_SIGNAL: &str = "SIGTERM";
/// The period in which a limit of CPUs is counted, in microseconds: the kernel's own.
pub const CPU_PERIOD: i64 = 100_000;

/// Makes a node's container; one that is there and is the cluster's stays as it is.
pub async fn create(engine: &DockerEngine, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
    let name = node.node.container_name(&spec.name);
    let operation = || format!("create container {name}");
    let options = CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
    let body = container(spec, node, network_id, &engine.run);
    let error = match engine.docker.create_container(Some(options), body).await {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    match fault::status(&error) {
        Some(fault::CONFLICT) => {
            let owner = inspect(engine, &name).await?;
            let labels = owner.and_then(|container| container.config?.labels).unwrap_or_default();
            if labels::cluster(&labels).as_ref() == Some(&spec.name) && labels::node(&labels) == Some(node.node) {
                return Ok(());
            }
            Err(engine.failed(operation(), error).hinted(conflicts::name_remedy("container", &name)))
        }
        Some(fault::NOT_FOUND) if fault::message(&error).to_lowercase().contains("image") => {
            let fault = engine.failed(operation(), error);
            Err(EngineError { kind: EngineErrorKind::Image, ..fault }
                .hinted(format!("get the image: docker pull {}, or redos images build", node.image)))
        }
        _ => {
            let remedy = conflicts::fixed_address_remedy(&fault::message(&error));
            let fault = engine.failed(operation(), error);
            Err(match remedy {
                Some(remedy) => EngineError { kind: EngineErrorKind::Conflict, ..fault }.hinted(remedy),
                None => fault,
            })
        }
    }
}

/// The container of a node, in the Engine's words.
fn container(spec: &Spec, node: &NodeSpec, network_id: &str, run: &str) -> ContainerCreateBody {
    let name = node.node.container_name(&spec.name);
    let inside = |port: &u16| format!("{port}/tcp");
    let binding = |host: u16| PortBinding {
        host_ip: Some(node.bind.to_string()),
        // An empty port is one of the Engine's choice.
        host_port: Some(if host == 0 { String::new() } else { host.to_string() }),
    };
    let ports = node.ports.iter().map(|(port, host)| (inside(port), Some(vec![binding(*host)]))).collect();
    let endpoint = EndpointSettings {
        ipam_config: Some(EndpointIpamConfig { ipv4_address: Some(node.address.to_string()), ..Default::default() }),
        aliases: Some(node.aliases.clone()),
        ..Default::default()
    };
    let own_labels = labels::of_container(spec, node.node, &node.spec_hash, run);
    ContainerCreateBody {
        hostname: Some(name),
        user: Some(format!("{NODE_UID}:{NODE_UID}")),
        image: Some(node.image.clone()),
        // The image's own entry point may want to be root and to change owners.
        entrypoint: Some(node.command.clone()),
        working_dir: Some(NODE_DIR.to_owned()),
        exposed_ports: Some(node.ports.keys().map(inside).collect()),
        labels: Some(node.labels.clone().into_iter().chain(own_labels).collect()),
        // HAProxy's official image asks for SIGUSR1, with which it waits for its clients to leave.
        stop_signal: Some(STOP_SIGNAL.to_owned()),
        healthcheck: Some(no_health_check()),
        stop_timeout: Some(i64::try_from(node.stop_grace.as_secs()).unwrap_or(i64::MAX)),
        host_config: Some(HostConfig {
            network_mode: Some(network_id.to_owned()),
            port_bindings: Some(ports),
            binds: data_binds(spec, node),
            mounts: data_mounts(spec, node, run),
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                maximum_retry_count: None,
            }),
            readonly_rootfs: Some(true),
            tmpfs: Some(HashMap::from([("/tmp".to_owned(), TMPFS.to_owned())])),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            // Without swap: a node that swaps answers too late, and one that cannot have more shows it.
            memory: bytes(node.resources),
            memory_swap: bytes(node.resources),
            cpu_period: quota(node.resources).map(|_| CPU_PERIOD),
            cpu_quota: quota(node.resources),
            ulimits: Some(node.ulimits.iter().map(ulimit).collect()).filter(|all: &Vec<_>| !all.is_empty()),
            log_config: Some(HostConfigLogConfig {
                typ: Some(node.log.driver.clone()),
                config: Some(node.log.options.clone().into_iter().collect()),
            }),
            ..Default::default()
        }),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(network_id.to_owned(), endpoint)])),
        }),
        ..Default::default()
    }
}

fn bytes(resources: Resources) -> Option<i64> {
    resources.memory.and_then(|bytes| i64::try_from(bytes).ok())
}

/// The microseconds of each [`CPU_PERIOD`] that a node may run.
fn quota(resources: Resources) -> Option<i64> {
    resources.milli_cpus.and_then(|milli| i64::try_from(milli).ok()).map(|milli| milli * CPU_PERIOD / 1000)
}

fn ulimit((name, (soft, hard)): (&String, &(i64, i64))) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.clone()), soft: Some(*soft), hard: Some(*hard) }
}

/// The memory and CPUs that a container may use. Docker's own command writes CPUs in another way than redos.
pub fn resources(host: &HostConfig) -> Resources {
    let positive =
        |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    let period = positive(host.cpu_period).unwrap_or(CPU_PERIOD.unsigned_abs());
    let by_quota = positive(host.cpu_quota).map(|quota| quota * 1000 / period);
    Resources {
        memory: positive(host.memory),
        milli_cpus: positive(host.nano_cpus).map(|nano| nano / 1_000_000).or(by_quota),
    }
}

/// Gives a node the memory and CPUs that are set; what is absent stays as it is.
pub async fn set_resources(engine: &DockerEngine, name: &str, wanted: Resources) -> Result<()> {
    let operation = || format!("give {name} {wanted}");
    let host = inspect(engine, name).await?.and_then(|container| container.host_config).unwrap_or_default();
    let is_nano = host.nano_cpus.is_some_and(|nano| nano > 0);
    let mut body = ContainerUpdateBody { memory: bytes(wanted), memory_swap: bytes(wanted), ..Default::default() };
    if let Some(quota) = quota(wanted) {
        // The Engine takes either, and only the one that it has.
        match is_nano {
            true => body.nano_cpus = Some(quota * (1_000_000_000 / CPU_PERIOD)),
            false => (body.cpu_period, body.cpu_quota) = (Some(CPU_PERIOD), Some(quota)),
        }
    }
    let updated = engine.docker.update_container(name, body).await;
    updated.map(drop).map_err(|error| engine.failed(operation(), error))
}

/// No health check, also where the image has one: it was written for the image's own entry point, user and port.
pub fn no_health_check() -> HealthConfig {
    HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() }
}

/// Where a node's data are mounted: twice, see [`files::SELF`].
fn data_places() -> [String; 2] {
    [NODE_DIR.to_owned(), format!("{NODE_DIR}/{}", files::SELF)]
}

/// The folder of the node's own in the given host directory, mounted at [`NODE_DIR`]. The Engine makes it in this form of a
/// mount only.
fn data_binds(spec: &Spec, node: &NodeSpec) -> Option<Vec<String>> {
    let folder = node.host_dir.as_ref()?.join(node.node.container_name(&spec.name));
    Some(data_places().map(|place| format!("{}:{place}", folder.display())).into())
}

/// The node's named volume, mounted at [`NODE_DIR`]. It is there already, unless somebody removed it just now; then the
/// Engine makes it, with these labels, so that it is never a stranger's.
fn data_mounts(spec: &Spec, node: &NodeSpec, run: &str) -> Option<Vec<Mount>> {
    let volume = |labels| MountVolumeOptions { labels: Some(labels), ..Default::default() };
    let mount = |place| Mount {
        typ: Some(MountType::VOLUME),
        source: Some(node.node.volume_name(&spec.name)),
        target: Some(place),
        volume_options: Some(volume(labels::of(spec, Some(node.node), None, run))),
        ..Default::default()
    };
    node.host_dir.is_none().then(|| data_places().map(mount).into())
}

/// Starts a node and watches whether it lives. One that died because its files belong to another user, as files do that
/// were put there by `docker cp`, is given them and started once more.
pub async fn start(engine: &DockerEngine, cluster: &ClusterName, node: NodeId) -> Result<()> {
    let Some(death) = start_once(engine, cluster, node).await? else { return Ok(()) };
    if !death.log.contains(render::FOREIGN_FILE) {
        return Err(death.error(cluster, node));
    }
    let name = node.container_name(cluster);
    stop(engine, &name).await?;
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
            Role::Redis | Role::Sentinel => None,
        };
        engine.docker.start_container(&name, None::<StartContainerOptions>).await
    };
    if let Err(error) = started {
        let said = fault::message(&error);
        let fault = engine.failed(operation(), error);
        if let Some(port) = conflicts::taken_port(&said) {
            let fault = EngineError { kind: EngineErrorKind::Conflict, ..fault };
            return Err(fault.hinted(conflicts::port_remedy(engine, port).await));
        }
        // Of an address of the network; a port is an `address` with a small letter.
        if said.contains("Address already in use") {
            return Err(conflicts::taken_address(engine, cluster, node).await.unwrap_or(fault));
        }
        if let Some(remedy) = conflicts::fixed_address_remedy(&said) {
            return Err(EngineError { kind: EngineErrorKind::Conflict, ..fault }.hinted(remedy));
        }
        // In the words of the kernel's `ENOENT` for a program, through runc.
        if said.contains("executable file not found") || said.contains("no such file or directory") {
            let flag = if node.role() == Role::Proxy { "--proxy-image" } else { "--redis-image" };
            let fault = EngineError { kind: EngineErrorKind::Image, ..fault };
            return Err(fault.hinted(format!("its image does not have that program: choose another with {flag}")));
        }
        return Err(fault);
    }
    let deadline = Instant::now() + DEATH_WATCH;
    let direct = engine.reaches(cluster).await.unwrap_or(false);
    loop {
        let container = inspect(engine, &name).await?.ok_or_else(|| {
            EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!("it was removed meanwhile"))
        })?;
        if let Some(how) = death(&container) {
            let log = streams::log_tail(engine, &name, DEATH_LOG_LINES).await.unwrap_or_default();
            return Ok(Some(Death { how, log: log.trim_end().to_owned() }));
        }
        let server = address(&container).filter(|_| direct).map(|ip| SocketAddr::new(IpAddr::V4(ip), port_of(node)));
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

/// The port that a node of this kind listens on when it is up.
const fn port_of(node: NodeId) -> u16 {
    match node {
        NodeId::Redis { .. } => REDIS_PORT,
        NodeId::Sentinel(_) => SENTINEL_PORT,
        NodeId::Proxy(_) => STATS_PORT,
    }
}

/// How a container that has just been started ended, if it did. One that its restart policy revived died all the same.
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

/// How a node died that had just been started.
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

/// The pinned address of a container.
pub fn address(container: &ContainerInspectResponse) -> Option<Ipv4Addr> {
    let networks = container.network_settings.as_ref()?.networks.as_ref()?;
    networks.values().find_map(|endpoint| endpoint.ipam_config.as_ref()?.ipv4_address.as_ref()?.parse().ok())
}

/// Stops a node with its own grace period.
pub async fn stop(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.stop_container(name, None::<StopContainerOptions>).await {
        Ok(()) => Ok(()),
        Err(error) if fault::status(&error) == Some(fault::NOT_FOUND) => Ok(()),
        Err(error) => Err(engine.failed(format!("stop {name}"), error)),
    }
}

/// Ends a node without its grace period. One that does not run stays as it is.
pub async fn kill(engine: &DockerEngine, name: &str) -> Result<()> {
    let error = match engine.docker.kill_container(name, None::<KillContainerOptions>).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    match fault::status(&error) {
        Some(fault::NOT_FOUND | fault::CONFLICT) => Ok(()),
        _ => Err(engine.failed(format!("kill {name}"), error)),
    }
}

/// Freezes a node. One that is frozen stays so.
pub async fn pause(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.pause_container(name).await {
        Ok(()) => Ok(()),
        Err(error) => unless_in_state(engine, name, "pause", error, true).await,
    }
}

/// Thaws a node. One that is not frozen stays as it is.
pub async fn unpause(engine: &DockerEngine, name: &str) -> Result<()> {
    match engine.docker.unpause_container(name).await {
        Ok(()) => Ok(()),
        Err(error) => unless_in_state(engine, name, "unpause", error, false).await,
    }
}

/// An Engine refuses what is done already, with a status and words of each version's own: what counts is the state.
async fn unless_in_state(
    engine: &DockerEngine,
    name: &str,
    verb: &str,
    error: bollard::errors::Error,
    paused: bool,
) -> Result<()> {
    let state = if fault::status(&error).is_some() { inspect(engine, name).await?.and_then(|c| c.state) } else { None };
    match state {
        Some(state) if state.paused.unwrap_or_default() == paused && (!paused || state.running == Some(true)) => Ok(()),
        _ => Err(engine.failed(format!("{verb} {name}"), error)),
    }
}

/// Removes a container by force, and anonymous volumes that an image declares. Named volumes stay.
pub async fn remove(engine: &DockerEngine, name: &str) -> Result<()> {
    let options = RemoveContainerOptions { force: true, v: true, link: false };
    let error = match engine.docker.remove_container(name, Some(options)).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    match fault::status(&error) {
        Some(fault::NOT_FOUND) => Ok(()),
        // Somebody else is removing it.
        Some(fault::CONFLICT) => {
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

/// A container in full; `None` where there is none.
pub async fn inspect(engine: &DockerEngine, name: &str) -> Result<Option<ContainerInspectResponse>> {
    match engine.docker.inspect_container(name, None::<InspectContainerOptions>).await {
        Ok(container) => Ok(Some(container)),
        Err(error) if fault::status(&error) == Some(fault::NOT_FOUND) => Ok(None),
        Err(error) => Err(engine.failed(format!("inspect {name}"), error)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::spec::Log;

    fn node(host_dir: Option<PathBuf>) -> NodeSpec {
        NodeSpec {
            node: NodeId::Proxy(1),
            image: "i:1".to_owned(),
            command: vec!["haproxy".to_owned()],
            address: Ipv4Addr::new(172, 18, 255, 254),
            aliases: vec!["demo-proxy".to_owned()],
            host_dir,
            ports: BTreeMap::from([(6379, 0), (8404, 7000)]),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            resources: Resources { memory: Some(64 << 20), milli_cpus: Some(1500) },
            ulimits: [("nofile".to_owned(), (1024, 2048))].into(),
            log: Log { driver: "journald".to_owned(), options: BTreeMap::new() },
            labels: [("team".to_owned(), "shop".to_owned()), (labels::CLUSTER.to_owned(), "other".to_owned())].into(),
            stop_grace: Duration::from_secs(3),
            spec_hash: "h".to_owned(),
        }
    }

    #[test]
    fn a_container_is_locked_down_and_pinned() {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        let body = container(&spec, &node(None), "net", "r");
        assert_eq!(body.user.as_deref(), Some("10001:10001"));
        let host = body.host_config.expect("a host configuration");
        assert_eq!(resources(&host), node(None).resources);
        assert_eq!((host.readonly_rootfs, host.cap_drop), (Some(true), Some(vec!["ALL".to_owned()])));
        assert_eq!(host.security_opt, Some(vec!["no-new-privileges".to_owned()]));
        assert_eq!((host.memory, host.memory_swap, host.cpu_quota), (Some(64 << 20), Some(64 << 20), Some(150_000)));
        let by_hand = HostConfig { nano_cpus: Some(500_000_000), memory: Some(0), ..Default::default() };
        assert_eq!(resources(&by_hand), Resources { memory: None, milli_cpus: Some(500) });
        let ports = host.port_bindings.expect("ports");
        let host_port = |port: &str| ports[port].as_ref().and_then(|b| b[0].host_port.clone());
        assert_eq!((host_port("6379/tcp").as_deref(), host_port("8404/tcp").as_deref()), (Some(""), Some("7000")));
        let endpoints = body.networking_config.and_then(|c| c.endpoints_config).expect("endpoints");
        let pinned = endpoints["net"].ipam_config.as_ref().and_then(|c| c.ipv4_address.as_deref());
        assert_eq!(pinned, Some("172.18.255.254"));
        assert_eq!(endpoints["net"].aliases, Some(node(None).aliases));
        assert!(body.env.is_none(), "nothing that could hold a secret");
        let labels = body.labels.expect("labels");
        assert_eq!((labels["team"].as_str(), labels[labels::CLUSTER].as_str()), ("shop", "demo"), "redos's own win");
    }

    #[test]
    fn data_are_in_a_named_volume_or_in_a_folder_of_the_node() {
        let spec = Spec::with_defaults("demo".parse().expect("a name"));
        let mounts = data_mounts(&spec, &node(None), "r").expect("mounts");
        assert!(mounts.iter().all(|mount| mount.source.as_deref() == Some("demo-proxy-1-data")));
        let places: Vec<&str> = mounts.iter().filter_map(|mount| mount.target.as_deref()).collect();
        assert_eq!(places, ["/data", "/data/.self"]);
        let labels = mounts[0].volume_options.as_ref().and_then(|options| options.labels.clone()).expect("labels");
        assert_eq!(
            (labels::cluster(&labels), labels::node(&labels)),
            (Some(spec.name.clone()), Some(NodeId::Proxy(1)))
        );
        assert_eq!(data_binds(&spec, &node(None)), None);
        let folder = node(Some(PathBuf::from("/srv")));
        let binds = data_binds(&spec, &folder).expect("binds");
        assert_eq!(binds, ["/srv/demo-proxy-1:/data", "/srv/demo-proxy-1:/data/.self"]);
        assert_eq!(data_mounts(&spec, &folder, "r"), None);
    }

    #[test]
    fn a_revived_container_has_died() {
        let container = |text: &str| serde_json::from_str::<ContainerInspectResponse>(text).expect("an answer");
        assert_eq!(death(&container(r#"{"State":{"Status":"running"},"RestartCount":0}"#)), None);
        assert!(death(&container(r#"{"State":{"Status":"running"},"RestartCount":2}"#)).is_some());
        let restarting = death(&container(r#"{"State":{"Status":"restarting","ExitCode":1},"RestartCount":1}"#));
        assert_eq!(restarting.as_deref(), Some("exit code 1"));
    }
}
