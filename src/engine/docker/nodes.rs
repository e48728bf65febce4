//! Nodes: one container each, locked down, at its pinned address.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, ContainerUpdateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
    HostConfigLogConfig, Mount, MountType, MountVolumeOptions, NetworkingConfig, PortBinding, ResourcesUlimits,
    RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::CreateContainerOptions;

use super::{DockerEngine, calls, conflicts, errors, files, labels};
use crate::engine::{EngineError, EngineErrorKind, NodeSpec, Result};
use crate::spec::{NODE_DIR, NODE_UID, Resources, Spec};

/// The mount options of folders that a node may write outside its volume.
const TMPFS: &str = "rw,noexec,nosuid,nodev,size=16m,mode=1777";
/// The signal that stops a node, whatever its image says. Each of the servers ends at once and in good order with it.
const STOP_SIGNAL: &str = "SIGTERM";
/// The period of a CPU limit in microseconds: the kernel's own.
pub const CPU_PERIOD: i64 = 100_000;

/// Creates a node's container; one that exists and is the cluster's stays as it is.
pub async fn create(engine: &DockerEngine, spec: &Spec, node: &NodeSpec, network_id: &str) -> Result<()> {
    let name = node.node.container_name(&spec.name);
    let operation = || format!("create container {name}");
    let options = CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
    let body = container(spec, node, network_id, &engine.run);
    let error = match engine.docker.create_container(Some(options), body).await {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    match errors::status(&error) {
        Some(errors::CONFLICT) => {
            let owner = calls::inspect(engine, &name).await?;
            let labels = owner.and_then(|container| container.config?.labels).unwrap_or_default();
            if labels::cluster(&labels).as_ref() == Some(&spec.name) && labels::node(&labels) == Some(node.node) {
                return Ok(());
            }
            Err(engine.failed(operation(), error).hinted(conflicts::name_remedy("container", &name)))
        }
        Some(errors::NOT_FOUND) if errors::message(&error).to_lowercase().contains("image") => {
            let failed = engine.failed(operation(), error);
            Err(EngineError { kind: EngineErrorKind::Image, ..failed }
                .hinted(format!("get the image: docker pull {}, or redos images build", node.image)))
        }
        _ => {
            let remedy = conflicts::fixed_address_remedy(&errors::message(&error));
            let failed = engine.failed(operation(), error);
            Err(match remedy {
                Some(remedy) => EngineError { kind: EngineErrorKind::Conflict, ..failed }.hinted(remedy),
                None => failed,
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
        // An empty port lets the Engine choose one.
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
        // The image's own entry point may need to be root and to change owners.
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
            mounts: data_mounts(spec, node, run),
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                maximum_retry_count: None,
            }),
            readonly_rootfs: Some(true),
            tmpfs: Some(HashMap::from([("/tmp".to_owned(), TMPFS.to_owned())])),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            ..granted(spec, node)
        }),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(network_id.to_owned(), endpoint)])),
        }),
        ..Default::default()
    }
}

/// What a user asks the Engine for and it may refuse: limits, the log, folders of the host.
pub fn granted(spec: &Spec, node: &NodeSpec) -> HostConfig {
    HostConfig {
        binds: data_binds(spec, node),
        // Without swap: a node that swaps answers too late, and one that runs out of memory shows it.
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
    }
}

fn bytes(resources: Resources) -> Option<i64> {
    resources.memory.and_then(|bytes| i64::try_from(bytes).ok())
}

/// CPU time per [`CPU_PERIOD`] that a node may use, in microseconds.
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

/// Gives a node the memory and CPUs that are set; `None` stays as it is.
pub async fn set_resources(engine: &DockerEngine, name: &str, wanted: Resources) -> Result<()> {
    let operation = || format!("give {name} {wanted}");
    let host = calls::inspect(engine, name).await?.and_then(|container| container.host_config).unwrap_or_default();
    let is_nano = host.nano_cpus.is_some_and(|nano| nano > 0);
    let mut body = ContainerUpdateBody { memory: bytes(wanted), memory_swap: bytes(wanted), ..Default::default() };
    if let Some(quota) = quota(wanted) {
        // The Engine takes either field, and only the one that it has.
        match is_nano {
            true => body.nano_cpus = Some(quota * (1_000_000_000 / CPU_PERIOD)),
            false => (body.cpu_period, body.cpu_quota) = (Some(CPU_PERIOD), Some(quota)),
        }
    }
    let updated = engine.docker.update_container(name, body).await;
    updated.map(drop).map_err(|error| engine.failed(operation(), error))
}

/// Turns off health checks, also those of the image: they were written for its own entry point, user and port.
pub fn no_health_check() -> HealthConfig {
    HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() }
}

/// The mount points of a node's data: two, see [`files::SELF`].
pub fn data_places() -> [String; 2] {
    [NODE_DIR.to_owned(), format!("{NODE_DIR}/{}", files::SELF)]
}

/// The node's folder in the given host directory, mounted at [`NODE_DIR`]. The Engine creates it in this form of a
/// mount only.
fn data_binds(spec: &Spec, node: &NodeSpec) -> Option<Vec<String>> {
    let folder = node.host_dir.as_ref()?.join(node.node.container_name(&spec.name));
    Some(data_places().map(|place| format!("{}:{place}", folder.display())).into())
}

/// The node's named volume, mounted at [`NODE_DIR`].
///
/// It exists already, unless it was removed just now. Then the Engine creates it with these labels, so that it always
/// belongs to the cluster.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::spec::{Log, NodeId};

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
}
