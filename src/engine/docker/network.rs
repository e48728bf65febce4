//! The cluster's network: found by label, addressed by id.
//!
//! Its subnet is from Docker's own address pools, or the requested one.

mod pick;
mod supplied;

use std::collections::{BTreeSet, HashMap};
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::anyhow;
use bollard::errors::Error;
use bollard::models::{ContainerSummary, Ipam, IpamConfig, Network, NetworkCreateRequest, NetworkDisconnectRequest};
use bollard::query_parameters::InspectNetworkOptions;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

pub use pick::remove_picks;

use super::subnets::Range;
use super::{DockerEngine, calls, conflicts, errors, labels, listing};
use crate::cluster::observed::NetworkFacts;
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, ParseError, Spec, Subnet};

/// How many subnets are tried. Docker frees subnets late, and others take them meanwhile.
const PICKS: usize = 5;
/// How long a network in use may take to become free. Docker detaches containers within milliseconds.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);
/// Time between two looks at a network in use.
const RELEASE_POLL: Duration = Duration::from_millis(50);
/// The driver of a network within one host.
const DRIVER: &str = "bridge";
/// The option with the name of its device. Without it Docker names the device by the network's id (its manual, "bridge network
/// driver").
const DEVICE_OPTION: &str = "com.docker.network.bridge.name";
/// A subnet for hints, where no free one is known.
const EXAMPLE: &str = "10.128.0.0/24";

/// Creates the network, or returns the existing one. A network that redos did not create is only looked up.
pub async fn create(engine: &DockerEngine, spec: &Spec) -> Result<NetworkFacts> {
    if let Some(name) = &spec.network.name {
        return supplied::find(engine, spec, name).await;
    }
    let filters = labels::filter(&spec.name);
    let existing = listing::networks(engine, &filters).await?;
    if let Some(network) = chosen(&spec.name, &existing) {
        let found = fit(spec, facts(network)?)?;
        drop_extras(engine, &existing, &found.id).await;
        return Ok(found);
    }
    // What an interrupted pick left.
    drop_extras(engine, &existing, "").await;
    let wanted = spec.network.subnet;
    let mut last = None;
    for number in 0..PICKS {
        let subnet = match wanted {
            Some(wanted) => wanted,
            None => pick::subnet(engine, spec, number).await?,
        };
        match request(engine, spec, spec.name.as_str(), Some(subnet)).await {
            Ok(_) => return settled(engine, spec).await,
            Err(error) if errors::message(&error).contains("overlaps") && wanted.is_none() => last = Some(error),
            Err(error) => return Err(refused(engine, spec, error)),
        }
    }
    Err(last.map_or_else(
        || pick::unavailable(spec, "others take them as fast as they become free"),
        |e| refused(engine, spec, e),
    ))
}

/// All networks of exactly this name.
pub async fn named(engine: &DockerEngine, name: &str) -> Result<Vec<Network>> {
    let filters = HashMap::from([("name".to_owned(), vec![name.to_owned()])]);
    let mut found = listing::networks(engine, &filters).await?;
    found.retain(|network| network.name.as_deref() == Some(name));
    Ok(found)
}

/// Checks that the cluster fits into a network.
fn fit(spec: &Spec, network: NetworkFacts) -> Result<NetworkFacts> {
    let misfit = match spec.network.subnet.filter(|wanted| network.is_own && *wanted != network.subnet) {
        Some(wanted) => Some(format!("it has the subnet {}, but {wanted} is requested", network.subnet)),
        None => spec.misfit(network.subnet),
    };
    let Some(why) = misfit else { return Ok(network) };
    let next = match network.is_own {
        true => format!("if nothing else needs it: docker network rm {}", network.name),
        false => format!("use a larger one: docker network create --subnet {EXAMPLE} OTHER"),
    };
    let operation = format!("use the network {}", network.name);
    Err(EngineError::new(EngineErrorKind::Conflict, operation, anyhow!(why)).hinted(next))
}

/// It is [`Probes::foreign_network`](crate::engine::Probes::foreign_network) of this Engine.
pub async fn foreign(engine: &DockerEngine, spec: &Spec, address: Ipv4Addr) -> Result<Option<(String, Ipv4Addr)>> {
    let networks = listing::networks(engine, &HashMap::new()).await?;
    let others = networks.into_iter().filter(|network| {
        let is_the_clusters = match &spec.network.name {
            Some(name) => network.name.as_ref() == Some(name),
            None => network.labels.as_ref().and_then(labels::cluster).as_ref() == Some(&spec.name),
        };
        network.driver.as_deref() == Some(DRIVER) && !is_the_clusters
    });
    let mut found = others.filter_map(|network| {
        let configs = network.ipam?.config?;
        let config = configs.into_iter().find(|config| {
            config.subnet.as_deref().and_then(Range::parse).is_some_and(|range| range.contains(address))
        })?;
        let range = Range::parse(&config.subnet?)?;
        let gateway = config.gateway.and_then(|gateway| gateway.parse().ok()).unwrap_or_else(|| range.host(1));
        (gateway != address).then(|| (network.name.unwrap_or_default(), gateway))
    });
    Ok(found.next())
}

/// The network after it was created. Before Docker 25 two runs at the same time can both create one of this name: they
/// agree on the oldest.
async fn settled(engine: &DockerEngine, spec: &Spec) -> Result<NetworkFacts> {
    let all = listing::networks(engine, &labels::filter(&spec.name)).await?;
    let Some(network) = chosen(&spec.name, &all) else {
        let operation = format!("create network {}", spec.name);
        return Err(EngineError::new(EngineErrorKind::NotFound, operation, anyhow!("it was removed meanwhile")));
    };
    let made = facts(network)?;
    drop_extras(engine, &all, &made.id).await;
    Ok(made)
}

async fn request(
    engine: &DockerEngine,
    spec: &Spec,
    name: &str,
    subnet: Option<Subnet>,
) -> std::result::Result<String, Error> {
    let config = subnet.map(|subnet| IpamConfig { subnet: Some(subnet.to_string()), ..Default::default() });
    let request = NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some(DRIVER.to_owned()),
        labels: Some(labels::of(spec, None, None, &engine.run)),
        ipam: config.map(|config| Ipam { config: Some(vec![config]), ..Default::default() }),
        ..Default::default()
    };
    Ok(engine.docker.create_network(request).await?.id)
}

/// The error of a network that Docker did not create.
fn refused(engine: &DockerEngine, spec: &Spec, error: Error) -> EngineError {
    let said = errors::message(&error);
    let failed = engine.failed(format!("create network {}", spec.name), error);
    // Docker 20.10 to 26, and since 27.
    if said.contains("non-overlapping IPv4 address pool") || said.contains("predefined address pools") {
        return EngineError { kind: EngineErrorKind::Conflict, hints: pick::remedies(spec, None), ..failed };
    }
    if !said.contains("overlaps") {
        return failed;
    }
    let failed = EngineError { kind: EngineErrorKind::Conflict, ..failed };
    match spec.network.subnet {
        Some(subnet) => failed.hinted(format!(
            "another network uses addresses of {subnet}: docker network ls, ip route; give another: --subnet, or auto"
        )),
        None => EngineError { hints: pick::remedies(spec, None), ..failed },
    }
}

/// The network that all runs of redos choose if there are several.
pub fn chosen<'a>(cluster: &ClusterName, networks: &'a [Network]) -> Option<&'a Network> {
    let age = |network: &&Network| (network.created.as_deref().and_then(super::timestamps::nanos), network.id.clone());
    networks.iter().filter(|network| network.name.as_deref() == Some(cluster.as_str())).min_by_key(age)
}

/// Removes networks that another run of redos created, unless something is on them.
async fn drop_extras(engine: &DockerEngine, networks: &[Network], keep: &str) {
    let extras = networks.iter().filter_map(|network| network.id.as_deref()).filter(|id| *id != keep);
    // A network that is in use or gone stays as it is: the next run looks again.
    join_all(extras.map(|id| engine.docker.remove_network(id))).await;
}

/// The facts of a network.
///
/// # Errors
/// Its subnet is not one that a cluster fits in.
pub fn facts(network: &Network) -> Result<NetworkFacts> {
    let name = network.name.clone().unwrap_or_default();
    let id = network.id.clone().unwrap_or_default();
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.clone()).unwrap_or_default();
    let subnet = ipv4_subnet(&configs).map_err(|why| {
        let remedy = format!("remove it, if nothing else needs it: docker network rm {}", id.get(..12).unwrap_or(&id));
        EngineError::new(EngineErrorKind::Conflict, format!("use network {name}"), anyhow!(why)).hinted(remedy)
    })?;
    let gateway = configs.iter().find_map(|config| config.gateway.as_deref()?.split('/').next()?.parse().ok());
    let gateway = gateway.unwrap_or_else(|| first_host(subnet));
    let options = network.options.as_ref();
    let device = options.and_then(|options| options.get(DEVICE_OPTION)).filter(|name| !name.is_empty()).cloned();
    let device = device.unwrap_or_else(|| format!("br-{}", id.get(..12).unwrap_or(&id)));
    let is_own = network.labels.as_ref().and_then(labels::cluster).is_some_and(|cluster| cluster.as_str() == name);
    Ok(NetworkFacts { id, name, subnet, gateway, device, is_own, guests: BTreeSet::new() })
}

/// The other containers on a network, by name; also those that do not run.
pub async fn guests(engine: &DockerEngine, cluster: &ClusterName, id: &str) -> Result<BTreeSet<String>> {
    let filters = HashMap::from([("network".to_owned(), vec![id.to_owned()])]);
    let on_it = listing::containers(engine, &filters).await?;
    let is_guest =
        |container: &&ContainerSummary| container.labels.as_ref().and_then(labels::cluster).as_ref() != Some(cluster);
    Ok(on_it.iter().filter(is_guest).map(|container| conflicts::container_name(container).to_owned()).collect())
}

/// The gateway that Docker chooses where it does not say: the first address of the subnet.
fn first_host(subnet: Subnet) -> Ipv4Addr {
    let text = subnet.to_string();
    let base = text.split('/').next().and_then(|base| base.parse().ok()).unwrap_or(Ipv4Addr::UNSPECIFIED);
    Ipv4Addr::from(u32::from(base) + 1)
}

/// The IPv4 subnet of a network, or why a cluster cannot use it.
fn ipv4_subnet(configs: &[IpamConfig]) -> std::result::Result<Subnet, ParseError> {
    let subnet = configs.iter().filter_map(|config| config.subnet.as_deref()).find(|subnet| subnet.contains('.'));
    subnet.ok_or_else(|| ParseError::new("it has no IPv4 subnet"))?.parse()
}

/// Removes a network and all others of the same cluster, unless other containers are on them.
pub async fn remove(engine: &DockerEngine, id: &str) -> Result<()> {
    let network = match engine.docker.inspect_network(id, None::<InspectNetworkOptions>).await {
        Ok(network) => network,
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => return Ok(()),
        Err(error) => return Err(engine.failed(format!("inspect network {id}"), error)),
    };
    let mut ids = vec![id.to_owned()];
    if let Some(cluster) = network.labels.as_ref().and_then(labels::cluster) {
        let same = listing::networks(engine, &labels::filter(&cluster)).await?;
        ids.extend(same.into_iter().filter_map(|network| network.id).filter(|other| other != id));
    }
    join_all(ids.iter().map(|id| remove_one(engine, id))).await.into_iter().collect()
}

async fn remove_one(engine: &DockerEngine, id: &str) -> Result<()> {
    let operation = || format!("remove network {}", id.get(..12).unwrap_or(id));
    let deadline = Instant::now() + RELEASE_LIMIT;
    loop {
        let error = match engine.docker.remove_network(id).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if errors::status(&error) == Some(errors::NOT_FOUND) {
            return Ok(());
        }
        let is_in_use = errors::message(&error).contains("active endpoints");
        let is_miscounted = is_in_use && !disconnect_gone(engine, id).await;
        if !is_in_use || Instant::now() >= deadline {
            let failed = engine.failed(operation(), error);
            return Err(if is_miscounted { failed.hinted(MISCOUNTED) } else { failed });
        }
        sleep(RELEASE_POLL).await;
    }
}

/// What to do when the Engine counts containers on a network where it lists none.
///
/// Docker 20.10 did so, on a busy machine, after it had removed containers that were just being restarted.
const MISCOUNTED: &str = "Docker counts a container on the network that is gone, and counts again only when it starts: restart \
                          Docker, then run this again";

/// Takes the places of containers that are gone off a network: the Engine forgets some. What fails here shows when the
/// network is removed. Returns whether the Engine listed any container there.
async fn disconnect_gone(engine: &DockerEngine, id: &str) -> bool {
    let Ok(network) = engine.docker.inspect_network(id, None::<InspectNetworkOptions>).await else { return true };
    let containers = network.containers.unwrap_or_default();
    let lists_any = !containers.is_empty();
    join_all(containers.into_iter().map(async |(container, place)| {
        if matches!(calls::inspect(engine, &container).await, Ok(None)) {
            // The Engine knows the endpoint of a removed container by its name alone.
            let container = place.name.unwrap_or(container);
            let request = NetworkDisconnectRequest { container, force: Some(true) };
            let _ = engine.docker.disconnect_network(id, request).await;
        }
    }))
    .await;
    lists_any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(id: &str, created: &str, subnet: &str, gateway: Option<&str>) -> Network {
        Network {
            id: Some(id.to_owned()),
            name: Some("demo".to_owned()),
            created: Some(created.to_owned()),
            ipam: Some(Ipam {
                config: Some(vec![IpamConfig {
                    subnet: Some(subnet.to_owned()),
                    gateway: gateway.map(str::to_owned),
                    ..Default::default()
                }]),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn the_oldest_of_two_networks_is_the_one() {
        let networks = [
            network("b", "2026-01-01T00:00:02Z", "172.18.0.0/16", None),
            network("c", "2026-01-01T01:00:01+01:00", "172.19.0.0/16", None),
            network("a", "2026-01-01T00:00:02Z", "172.20.0.0/16", None),
        ];
        let id = |networks| chosen(&"demo".parse().expect("a name"), networks).and_then(|n| n.id.clone());
        assert_eq!(id(&networks).as_deref(), Some("c"), "offsets count");
        assert_eq!(id(&networks[..1]).as_deref(), Some("b"));
        let pick = Network { name: Some("demo-pick".to_owned()), ..networks[0].clone() };
        assert_eq!(id(&[pick]), None, "what a pick left is no network to be on");
    }

    #[test]
    fn subnet_and_gateway_are_read() {
        let read = facts(&network("a", "", "172.18.0.0/16", Some("172.18.0.1"))).expect("facts");
        assert_eq!((read.subnet.to_string().as_str(), read.gateway), ("172.18.0.0/16", Ipv4Addr::new(172, 18, 0, 1)));
        let derived = facts(&network("a", "", "10.1.2.0/24", None)).expect("facts");
        assert_eq!(derived.gateway, Ipv4Addr::new(10, 1, 2, 1));
        let small = facts(&network("a", "", "10.1.2.0/29", None)).expect_err("too small");
        assert_eq!(small.kind, EngineErrorKind::Conflict);
        assert!(facts(&network("a", "", "fd00::/64", None)).is_err());
    }
}
