//! Containers that do one thing while redos is attached to them. The Engine removes them itself.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

use bollard::container::AttachContainerResults;
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, HostConfigLogConfig, Mount, MountType,
    NetworkingConfig, PortBinding, PortMap,
};
use bollard::query_parameters::{AttachContainerOptions, CreateContainerOptions, StartContainerOptions};

use super::{DockerEngine, calls, labels, listing, nodes, timestamps};
use crate::engine::Result;
use crate::engine::lock::process::{Fate, ProcessFacts};
use crate::spec::NODE_UID;

/// How many seconds a redos on another machine may take from the creation of a container to its start.
///
/// It takes some 10 ms; a busy machine takes seconds.
const STARTED_WITHIN: u64 = 120;

/// The network and volumes of such a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Location<'a> {
    /// On no network.
    Nowhere,
    /// On no network, with the limits, the log and the folders of a node.
    LikeANode(&'a HostConfig),
    /// On the default network of the Engine.
    DefaultNetwork,
    /// The same, with these ports of the host: each is the same in the container.
    Published(&'a [SocketAddr]),
    /// On this network, at this address.
    At {
        /// The network's id.
        network: &'a str,
        /// The address, which must be free.
        address: Ipv4Addr,
    },
    /// On no network, with the volumes of this container.
    Volumes(&'a str),
    /// On no network, with an empty volume of its own at this folder, which goes with it.
    Scratch(&'a str),
    /// On no network, with this named volume as a node has it.
    Volume(&'a str),
    /// The same as [`Location::Volumes`] as root, who may only enter every folder there and give files to another user.
    VolumesAsRoot(&'a str),
}

/// A container that has been started.
pub struct OneOff {
    /// The Engine's id of the container.
    pub id: String,
    /// Its standard streams.
    pub streams: AttachContainerResults,
}

/// Starts a command in a container of this image. `operation` is the operation in errors.
///
/// # Errors
/// The Engine failed.
pub async fn start(
    engine: &DockerEngine,
    image: &str,
    command: &[&str],
    place: Location<'_>,
    operation: impl Fn() -> String,
) -> Result<OneOff> {
    let failed = |error| engine.failed(operation(), error);
    // What cannot be removed now is tried again by the next one, and this one's own calls tell what is wrong.
    let _ = remove_abandoned(engine).await;
    let created =
        engine.docker.create_container(None::<CreateContainerOptions>, body(image, command, place, &engine.run)).await;
    let id = created.map_err(failed)?.id;
    match started(engine, &id).await {
        Ok(streams) => Ok(OneOff { id, streams }),
        Err(error) => {
            // A container that never ran is not removed by itself. The first error tells most.
            let _ = calls::remove(engine, &id).await;
            Err(failed(error))
        }
    }
}

/// Removes the containers that another redos created, and was killed before it started them.
///
/// The Engine removes by itself only what has run. A redos that still runs keeps its own.
///
/// # Errors
/// The Engine failed.
pub async fn remove_abandoned(engine: &DockerEngine) -> Result<()> {
    let filters = [("status", "created"), ("label", labels::RUN)];
    let filters = filters.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
    let mut now = None;
    for container in listing::containers(engine, &filters).await? {
        let labels = container.labels.unwrap_or_default();
        let Some(id) = container.id.filter(|_| !labels.contains_key(labels::CLUSTER)) else { continue };
        let creator = labels.get(labels::TEMPORARY).and_then(|facts| serde_json::from_str(facts).ok());
        let creator = creator.map_or(Fate::Unknown, |creator: ProcessFacts| creator.fate());
        if creator == Fate::Unknown && now.is_none() {
            now = engine_clock(engine).await?;
        }
        let age = now.zip(container.created).and_then(|(now, created)| now.checked_sub(u64::try_from(created).ok()?));
        if is_abandoned(creator, age) {
            calls::remove(engine, &id).await?;
        }
    }
    Ok(())
}

/// Whether nobody will start a container of this age, in seconds.
fn is_abandoned(creator: Fate, age: Option<u64>) -> bool {
    match creator {
        Fate::Runs => false,
        Fate::Ended => true,
        Fate::Unknown => age.is_some_and(|age| age > STARTED_WITHIN),
    }
}

/// Seconds since 1970 by the Engine's own clock, which dates its containers.
async fn engine_clock(engine: &DockerEngine) -> Result<Option<u64>> {
    let info = engine.docker.info().await.map_err(|error| engine.failed("ask Docker for its time", error))?;
    Ok(info.system_time.as_deref().and_then(timestamps::seconds))
}

async fn started(engine: &DockerEngine, id: &str) -> std::result::Result<AttachContainerResults, Error> {
    let all = AttachContainerOptions { stream: true, stdin: true, stdout: true, stderr: true, ..Default::default() };
    let streams = engine.docker.attach_container(id, Some(all)).await?;
    engine.docker.start_container(id, None::<StartContainerOptions>).await?;
    Ok(streams)
}

/// Ports of the host that lead to the same ones in the container, in the Engine's words.
fn published(ports: &[SocketAddr]) -> PortMap {
    let mut published = PortMap::new();
    for port in ports {
        let binding = PortBinding { host_ip: Some(port.ip().to_string()), host_port: Some(port.port().to_string()) };
        published.entry(format!("{}/tcp", port.port())).or_default().get_or_insert_default().push(binding);
    }
    published
}

fn body(image: &str, command: &[&str], place: Location<'_>, run: &str) -> ContainerCreateBody {
    let node = format!("{NODE_UID}:{NODE_UID}");
    let (network, user, volumes_of, rights) = match place {
        Location::Nowhere | Location::LikeANode(_) | Location::Scratch(_) | Location::Volume(_) => {
            ("none", node, None, None)
        }
        Location::DefaultNetwork | Location::Published(_) => ("default", node, None, None),
        Location::At { network, .. } => (network, node, None, None),
        Location::Volumes(container) => ("none", node, Some(container), None),
        Location::VolumesAsRoot(container) => {
            ("none", "0:0".to_owned(), Some(container), Some(["CHOWN", "DAC_OVERRIDE"]))
        }
    };
    let endpoints = match place {
        Location::At { network, address } => {
            let ipam = EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..Default::default() };
            let endpoint = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
            Some(HashMap::from([(network.to_owned(), endpoint)]))
        }
        _ => None,
    };
    let volume = |source: Option<&str>, target: &str| Mount {
        typ: Some(MountType::VOLUME),
        source: source.map(str::to_owned),
        target: Some(target.to_owned()),
        ..Default::default()
    };
    let mounts = match place {
        Location::Scratch(folder) => Some(vec![volume(None, folder)]),
        Location::Volume(name) => Some(nodes::data_places().map(|target| volume(Some(name), &target)).into()),
        _ => None,
    };
    let published = if let Location::Published(ports) = place { published(ports) } else { PortMap::new() };
    let granted = match place {
        Location::LikeANode(granted) => granted.clone(),
        // Only who is attached needs its output.
        _ => HostConfig {
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..Default::default()
        },
    };
    // Facts are plain data with text keys, which JSON can always hold.
    let creator = ProcessFacts::own().and_then(|own| serde_json::to_string(&own).ok()).unwrap_or_default();
    let labels = [(labels::RUN, run.to_owned()), (labels::TEMPORARY, creator)];
    ContainerCreateBody {
        labels: Some(labels.map(|(key, value)| (key.to_owned(), value)).into()),
        image: Some(image.to_owned()),
        entrypoint: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        cmd: Some(Vec::new()),
        user: Some(user),
        open_stdin: Some(true),
        // Its input ends with the attachment. So a command that waits for it ends when this program is killed.
        stdin_once: Some(true),
        attach_stdin: Some(true),
        exposed_ports: Some(published.keys().cloned().collect()),
        networking_config: endpoints.map(|all| NetworkingConfig { endpoints_config: Some(all) }),
        host_config: Some(HostConfig {
            auto_remove: Some(true),
            network_mode: Some(network.to_owned()),
            readonly_rootfs: Some(true),
            port_bindings: Some(published),
            mounts,
            volumes_from: volumes_of.map(|container| vec![container.to_owned()]),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: rights.map(|rights| rights.map(str::to_owned).into()),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            ..granted
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_will_start_is_abandoned() {
        for age in [None, Some(0), Some(86_400)] {
            assert!(!is_abandoned(Fate::Runs, age), "{age:?}");
            assert!(is_abandoned(Fate::Ended, age), "{age:?}");
        }
        assert!(!is_abandoned(Fate::Unknown, None));
        assert!(!is_abandoned(Fate::Unknown, Some(STARTED_WITHIN)), "another machine may be slow");
        assert!(is_abandoned(Fate::Unknown, Some(STARTED_WITHIN + 1)));
    }

    #[test]
    fn it_says_which_process_created_it() {
        let labels = body("image", &["true"], Location::Nowhere, "r").labels.expect("labels");
        let creator: ProcessFacts = serde_json::from_str(&labels[labels::TEMPORARY]).expect("a process");
        assert_eq!(creator.fate(), Fate::Runs);
        assert!(labels.contains_key(labels::RUN) && !labels.contains_key(labels::CLUSTER));
    }
}
