//! Names and ports that others use, and who that is.

use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};

use anyhow::anyhow;
use bollard::models::{ContainerSummary, EndpointResource};
use futures_util::future::try_join3;

use super::{DockerEngine, calls, labels, listeners, listing};
use crate::cluster::desired::wanted_ports;
use crate::cluster::observed::Inventory;
use crate::engine::{Conflict, EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, NodeId, Spec};

/// The names and ports of future nodes that others use.
pub async fn find(engine: &DockerEngine, spec: &Spec, inventory: &Inventory) -> Result<Vec<Conflict>> {
    let named = HashMap::from([("name".to_owned(), vec![spec.name.to_string()])]);
    let (containers, networks, volumes) = try_join3(
        listing::containers(engine, &HashMap::new()),
        listing::networks(engine, &named),
        listing::volumes(engine, &named),
    )
    .await?;
    let mut found = Vec::new();
    let foreign = |labels: &labels::Labels| labels::cluster(labels).as_ref() != Some(&spec.name);
    let none = labels::Labels::new();

    let is_here = |node: &NodeId| spec.hosts.is_empty() || spec.host_of(*node).is_some();
    let nodes: Vec<NodeId> = spec.nodes().into_iter().filter(is_here).collect();
    let names: BTreeSet<String> = nodes.iter().map(|node| node.container_name(&spec.name)).collect();
    for container in &containers {
        let name = container_name(container);
        if names.contains(name) && foreign(container.labels.as_ref().unwrap_or(&none)) {
            found.push(taken_name("container", name));
        }
    }
    for network in &networks {
        let name = network.name.as_deref().unwrap_or_default();
        if name == spec.name.as_str()
            && spec.network.name.is_none()
            && foreign(network.labels.as_ref().unwrap_or(&none))
        {
            found.push(taken_name("network", name));
        }
    }
    let names: BTreeSet<String> = nodes.iter().map(|node| node.volume_name(&spec.name)).collect();
    for volume in &volumes {
        if names.contains(&volume.name) && foreign(&volume.labels) {
            found.push(taken_name("volume", &volume.name));
        }
    }
    for port in wanted_ports(spec, &nodes, inventory) {
        if let Some(owner) = owner(engine, &spec.name, &containers, port) {
            found.push(owner.conflict(port));
        }
    }
    if is_elsewhere(engine, spec.ports.bind) {
        let what = format!("{} is no address of this host", spec.ports.bind);
        let remedy = "publish at one of its addresses, which 'ip address' lists: --bind ADDRESS".to_owned();
        found.push(Conflict { what, remedy, port: None });
    }
    Ok(found)
}

/// The conflict about a name of Docker.
fn taken_name(kind: &str, name: &str) -> Conflict {
    let what = format!("a {kind} named {name} exists and redos did not create it");
    Conflict { what, remedy: name_remedy(kind, name), port: None }
}

/// The remedy for a name that is in use.
pub fn name_remedy(kind: &str, name: &str) -> String {
    let remove = match kind {
        "container" => "docker rm -f".to_owned(),
        other => format!("docker {other} rm"),
    };
    format!("if nobody needs it: {remove} {name}; else give the cluster another name: redos -p OTHER up")
}

/// The conflict about a port that is in use, as the start of a container has shown.
pub async fn taken(engine: &DockerEngine, port: SocketAddr) -> Conflict {
    let containers = listing::containers(engine, &HashMap::new()).await.unwrap_or_default();
    publisher(&containers, port).or_else(|| process(engine, port)).unwrap_or(Owner::Unknown).conflict(port)
}

/// The error of a node whose address another container has; `None` when no container has it.
pub async fn taken_address(engine: &DockerEngine, cluster: &ClusterName, node: NodeId) -> Option<EngineError> {
    let name = node.container_name(cluster);
    let container = calls::inspect(engine, &name).await.ok()??;
    let address = calls::address(&container)?;
    let network = engine.docker.inspect_network(&container.host_config?.network_mode?, None).await.ok()?;
    let at = |place: &EndpointResource| place.ipv4_address.as_ref()?.split('/').next()?.parse().ok();
    let places = network.containers.unwrap_or_default();
    let owner = places.into_values().find(|place| at(place) == Some(address))?.name?;
    let network = network.name.unwrap_or_default();
    let why = anyhow!("the container {owner} has taken its address {address} on the network {network}");
    let error = EngineError::new(EngineErrorKind::Conflict, format!("start {name}"), why);
    let up = format!("redos -p {cluster} up");
    Some(
        error
            .hinted(format!("take it off the network: docker network disconnect {network} {owner} && {up}"))
            .hinted(format!("or stop it: docker stop {owner} && {up}")),
    )
}

/// The error of all Engines about a network that gives no fixed addresses.
const NO_FIXED_ADDRESSES: &str = "networks with user configured subnets";

/// The remedy for a network that was created without a subnet, if the Engine's error is about that.
pub fn fixed_address_remedy(said: &str) -> Option<String> {
    let made = "make one with a subnet: docker network create --subnet 10.128.0.0/24 OTHER; in a compose file: ipam, config, \
                subnet";
    gives_no_fixed_addresses(said).then(|| made.to_owned())
}

/// Whether the Engine's error is about a network that was created without a subnet.
pub fn gives_no_fixed_addresses(said: &str) -> bool {
    said.contains(NO_FIXED_ADDRESSES)
}

/// The remedy for an address that the Engine's host does not have, if its error is about that.
pub fn foreign_address_remedy(cluster: &ClusterName, said: &str) -> Option<String> {
    is_foreign_address(said)
        .then(|| format!("publish at an address of the Docker host: redos -p {cluster} up --bind 127.0.0.1"))
}

/// Whether the Engine's error is about an address that its host does not have.
pub fn is_foreign_address(said: &str) -> bool {
    said.contains("cannot assign requested address")
}

/// The owner of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    /// A container, and its cluster if redos created it.
    Container { name: String, cluster: Option<ClusterName> },
    /// A process of this host.
    Process { pid: u32, name: String },
    /// A process that this user may not see.
    Unknown,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Container { name, cluster: None } => write!(f, "the container {name}"),
            Self::Container { name, cluster: Some(cluster) } => write!(f, "{name} of the cluster {cluster}"),
            Self::Process { pid, name } => write!(f, "the process {name} (pid {pid})"),
            Self::Unknown => f.write_str("a process of this host"),
        }
    }
}

impl Owner {
    /// The conflict about a port that it has.
    fn conflict(&self, port: SocketAddr) -> Conflict {
        Conflict { what: format!("{port} is used by {self}"), remedy: self.remedy(port), port: Some(port) }
    }

    /// The command that frees the port.
    fn remedy(&self, port: SocketAddr) -> String {
        let free = match self {
            Self::Container { name, cluster: None } => format!("docker stop {name}"),
            Self::Container { cluster: Some(cluster), .. } => format!("redos -p {cluster} down"),
            Self::Process { pid, name } => format!("stop {name} (pid {pid})"),
            Self::Unknown => format!("find it with: sudo ss -ltnp 'sport = :{}'", port.port()),
        };
        format!("use other ports: --port, --read-port, --stats-port (0 lets Docker choose); or free this one: {free}")
    }
}

/// The owner of a port, except the cluster itself.
fn owner(
    engine: &DockerEngine,
    cluster: &ClusterName,
    containers: &[ContainerSummary],
    port: SocketAddr,
) -> Option<Owner> {
    match publisher(containers, port) {
        Some(Owner::Container { cluster: Some(owner), .. }) if owner == *cluster => None,
        Some(owner) => Some(owner),
        None => process(engine, port),
    }
}

/// The container that publishes a port.
fn publisher(containers: &[ContainerSummary], wanted: SocketAddr) -> Option<Owner> {
    let publishes = |container: &&ContainerSummary| {
        container.ports.iter().flatten().any(|port| {
            let ip = port.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
            port.public_port == Some(wanted.port()) && ip.is_none_or(|ip| same_port_clashes(ip, wanted.ip()))
        })
    };
    let container = containers.iter().find(publishes)?;
    Some(Owner::Container {
        name: container_name(container).to_owned(),
        cluster: container.labels.as_ref().and_then(labels::cluster),
    })
}

/// The process of this host that listens on a port; only if the Engine publishes on this host.
fn process(engine: &DockerEngine, port: SocketAddr) -> Option<Owner> {
    if !engine.endpoint.is_local() {
        return None;
    }
    match TcpListener::bind(port) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {}
        // The port is free, or this process may not find out.
        _ => return None,
    }
    let listener = listeners::of_port(port).map(|(pid, name)| Owner::Process { pid, name });
    Some(listener.unwrap_or(Owner::Unknown))
}

/// Whether an address to publish at belongs to another host; only if the Engine publishes on this host.
fn is_elsewhere(engine: &DockerEngine, bind: IpAddr) -> bool {
    let refused = || TcpListener::bind((bind, 0)).is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable);
    engine.endpoint.is_local() && refused()
}

/// Whether two listeners on the same port exclude each other.
fn same_port_clashes(one: IpAddr, other: IpAddr) -> bool {
    one == other || one.is_unspecified() || other.is_unspecified()
}

/// The name of a container of a list.
pub fn container_name(container: &ContainerSummary) -> &str {
    container.names.iter().flatten().next().map(|name| name.trim_start_matches('/')).unwrap_or_default()
}

/// The port in an Engine's error that says it is in use. `None` for other errors.
pub fn taken_port(said: &str) -> Option<SocketAddr> {
    if !said.contains("port is already allocated") && !said.contains("address already in use") {
        return None;
    }
    // Docker 20.10 to 26 by its proxy and by its own tables; since 27 in both cases with the container's side behind
    // it.
    let markers = ["Bind for ", "listen tcp4 ", "listen tcp6 ", "listen tcp ", "failed to bind host port for "];
    markers.iter().find_map(|marker| {
        let at = said.find(marker)? + marker.len();
        let text = said[at..].split_whitespace().next()?.trim_end_matches(':');
        text.parse().ok().or_else(|| {
            // `127.0.0.1:6379:172.18.255.254:6379/tcp`
            let mut parts = text.split(':');
            format!("{}:{}", parts.next()?, parts.next()?).parse().ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_taken_port_is_read_from_every_engines_words() {
        let said = [
            "driver failed programming external connectivity on endpoint a (ff): Bind for 127.0.0.1:7000 failed: port is already allocated",
            "driver failed programming external connectivity on endpoint a (ff): Error starting userland proxy: listen tcp4 127.0.0.1:7000: bind: address already in use",
            "failed to set up container networking: driver failed programming external connectivity on endpoint a (ff): failed to bind host port for 127.0.0.1:7000:172.18.0.2:80/tcp: address already in use",
        ];
        for text in said {
            assert_eq!(taken_port(text), Some("127.0.0.1:7000".parse().expect("an address")), "{text}");
        }
        let wildcard = taken_port("Bind for 0.0.0.0:80 failed: port is already allocated");
        assert_eq!(wildcard, Some("0.0.0.0:80".parse().expect("an address")));
        assert_eq!(taken_port("No such image: x"), None);
        assert_eq!(taken_port("Address already in use"), None, "that is about an address of the network");
    }

    #[test]
    fn a_container_on_all_addresses_is_in_the_way() {
        let text = r#"[{"Names":["/web"],"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":7000,"Type":"tcp"}]},
            {"Names":["/other-proxy-1"],"Labels":{"dev.redos.cluster":"other"},
             "Ports":[{"IP":"127.0.0.1","PrivatePort":80,"PublicPort":7001,"Type":"tcp"},{"PrivatePort":81,"Type":"tcp"}]}]"#;
        let containers: Vec<ContainerSummary> = serde_json::from_str(text).expect("an answer");
        let owner =
            |port: &str| publisher(&containers, port.parse().expect("an address")).map(|owner| owner.to_string());
        assert_eq!(owner("127.0.0.1:7000").as_deref(), Some("the container web"));
        assert_eq!(owner("0.0.0.0:7001").as_deref(), Some("other-proxy-1 of the cluster other"));
        assert_eq!(owner("127.0.0.2:7001"), None);
        assert_eq!(owner("127.0.0.1:81"), None);
    }
}
