//! The cluster's network: found by label, addressed by id, on a subnet from Docker's own address pools.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::anyhow;
use bollard::errors::Error;
use bollard::models::{Ipam, IpamConfig, Network, NetworkCreateRequest, NetworkDisconnectRequest};
use bollard::query_parameters::InspectNetworkOptions;
use futures_util::future::{join_all, try_join};
use tokio::time::{Instant, sleep};

use super::connect::Transport;
use super::subnets::{self, Pool, Range};
use super::{DockerEngine, fault, inventory, labels};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::plan::observed::NetworkFacts;
use crate::spec::{ClusterName, Spec, Subnet};

/// How many subnets are tried. Docker frees subnets late, and others take them meanwhile.
const PICKS: usize = 5;
/// How long a network that is still in use may take to become free. Docker detaches containers within milliseconds.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);
/// Time between two looks at a network in use.
const RELEASE_POLL: Duration = Duration::from_millis(50);
/// The driver of a network within one host.
const DRIVER: &str = "bridge";

/// Makes the network, or returns the one that is there.
pub async fn create(engine: &DockerEngine, spec: &Spec) -> Result<NetworkFacts> {
    let filters = labels::filter(&spec.name);
    let existing = inventory::networks(engine, &filters).await?;
    if let Some(network) = chosen(&spec.name, &existing) {
        let found = facts(network)?;
        drop_extras(engine, &existing, &found.id).await;
        return Ok(found);
    }
    // What an interrupted run left of [`dockers_pick`].
    drop_extras(engine, &existing, "").await;
    let mut last = None;
    for pick in 0..PICKS {
        let subnet = match known_routes(engine) {
            Some(routes) => own_pick(engine, &routes, pick).await?,
            None => Some(dockers_pick(engine, spec).await?),
        };
        let Some(subnet) = subnet else { break };
        match request(engine, spec, spec.name.as_str(), Some(subnet)).await {
            Ok(_) => return settled(engine, spec).await,
            Err(error) if fault::message(&error).contains("overlaps") => last = Some(error),
            Err(error) => return Err(refused(engine, spec, error)),
        }
    }
    Err(match last {
        Some(error) => refused(engine, spec, error),
        None => EngineError::new(
            EngineErrorKind::Conflict,
            format!("create network {}", spec.name),
            anyhow!("all subnets of Docker's address pools are in use, or too small for a cluster"),
        )
        .hinted(SubnetTrouble::Exhausted.remedy()),
    })
}

impl DockerEngine {
    /// The network of another's containers that an address is on, and the address of the host there: Docker keeps bridges
    /// apart. `None` for an address of no network, of the host itself, or of the cluster.
    ///
    /// # Errors
    /// The Engine failed.
    pub async fn foreign_network(
        &self,
        cluster: &ClusterName,
        address: Ipv4Addr,
    ) -> Result<Option<(String, Ipv4Addr)>> {
        let networks = inventory::networks(self, &HashMap::new()).await?;
        let others = networks.into_iter().filter(|network| {
            let labels = network.labels.as_ref().and_then(labels::cluster);
            network.driver.as_deref() == Some(DRIVER) && labels.as_ref() != Some(cluster)
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
}

/// The network after it was made. Before Docker 25 two runs at the same time can both make one of this name: they agree on
/// the oldest.
async fn settled(engine: &DockerEngine, spec: &Spec) -> Result<NetworkFacts> {
    let all = inventory::networks(engine, &labels::filter(&spec.name)).await?;
    let Some(network) = chosen(&spec.name, &all) else {
        let operation = format!("create network {}", spec.name);
        return Err(EngineError::new(EngineErrorKind::NotFound, operation, anyhow!("it was removed meanwhile")));
    };
    let made = facts(network)?;
    drop_extras(engine, &all, &made.id).await;
    Ok(made)
}

/// The routes of the Engine's host, where that is this one and says so.
fn known_routes(engine: &DockerEngine) -> Option<Vec<Range>> {
    match engine.endpoint.transport {
        Transport::Unix(_) => std::fs::read_to_string("/proc/net/route").ok().map(|table| subnets::routes(&table)),
        Transport::Tcp => None,
    }
}

/// The subnet that Docker would pick, or the `pick`th after it.
async fn own_pick(engine: &DockerEngine, routes: &[Range], pick: usize) -> Result<Option<Subnet>> {
    let info = async { engine.docker.info().await.map_err(|error| engine.failed("ask for address pools", error)) };
    let (networks, info) = try_join(inventory::networks(engine, &HashMap::new()), info).await?;
    let configured = info.default_address_pools.unwrap_or_default();
    let pools = match configured.is_empty() {
        true => Pool::defaults(),
        false => configured.iter().filter_map(|pool| Pool::new(pool.base.as_deref()?, pool.size?)).collect(),
    };
    let configs = networks.into_iter().filter_map(|network| network.ipam?.config).flatten();
    let in_networks = configs.filter_map(|config| Range::parse(&config.subnet?));
    let used: Vec<Range> = in_networks.chain(routes.iter().copied()).collect();
    Ok(subnets::free(&pools, &used).nth(pick))
}

/// Has Docker pick a subnet by making a network that goes away at once: slow, but it sees the routes of its host.
async fn dockers_pick(engine: &DockerEngine, spec: &Spec) -> Result<Subnet> {
    let name = pick_name(&spec.name);
    let made = request(engine, spec, &name, None).await;
    let id = made.map_err(|error| refused(engine, spec, error))?;
    let picked = engine.docker.inspect_network(&id, None::<InspectNetworkOptions>).await;
    remove_one(engine, &id).await?;
    let picked = picked.map_err(|error| engine.failed(format!("inspect network {name}"), error))?;
    let configs = picked.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    subnet_of(&name, &id, &configs)
}

fn pick_name(cluster: &ClusterName) -> String {
    format!("{cluster}-pick")
}

/// Removes what an interrupted [`dockers_pick`] left.
pub async fn remove_picks(engine: &DockerEngine, cluster: &ClusterName) -> Result<()> {
    let networks = inventory::networks(engine, &labels::filter(cluster)).await?;
    let picks = networks.into_iter().filter(|network| network.name == Some(pick_name(cluster)));
    join_all(picks.filter_map(|pick| pick.id).map(async |id| remove_one(engine, &id).await)).await.into_iter().collect()
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

/// The error of a network that Docker did not make.
fn refused(engine: &DockerEngine, spec: &Spec, error: Error) -> EngineError {
    let trouble = SubnetTrouble::of(&fault::message(&error));
    let fault = engine.failed(format!("create network {}", spec.name), error);
    match trouble {
        None => fault,
        Some(trouble) => EngineError { kind: EngineErrorKind::Conflict, ..fault }.hinted(trouble.remedy()),
    }
}

/// Why Docker has no subnet to give.
enum SubnetTrouble {
    Exhausted,
    Overlaps,
}

impl SubnetTrouble {
    fn of(said: &str) -> Option<Self> {
        // Docker 20.10 to 26, and since 27.
        if said.contains("non-overlapping IPv4 address pool") || said.contains("predefined address pools") {
            return Some(Self::Exhausted);
        }
        said.contains("overlaps").then_some(Self::Overlaps)
    }

    const fn remedy(&self) -> &'static str {
        match self {
            Self::Exhausted => {
                "free subnets: docker network ls, docker network rm NAME; or give Docker more: \
                 \"default-address-pools\" in /etc/docker/daemon.json"
            }
            Self::Overlaps => {
                "another network uses the addresses: docker network ls, ip route; \
                 set \"default-address-pools\" in /etc/docker/daemon.json to free ones"
            }
        }
    }
}

/// The network that all runs of redos choose where there are several.
pub fn chosen<'a>(cluster: &ClusterName, networks: &'a [Network]) -> Option<&'a Network> {
    let age = |network: &&Network| (network.created.as_deref().and_then(super::time::nanos), network.id.clone());
    networks.iter().filter(|network| network.name.as_deref() == Some(cluster.as_str())).min_by_key(age)
}

/// Removes networks that another run of redos has made, unless somebody is on them.
async fn drop_extras(engine: &DockerEngine, networks: &[Network], keep: &str) {
    let extras = networks.iter().filter_map(|network| network.id.as_deref()).filter(|id| *id != keep);
    // One that is in use or gone stays as it is: the next run looks again.
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
    let subnet = subnet_of(&name, &id, &configs)?;
    let gateway = configs.iter().find_map(|config| config.gateway.as_deref()?.split('/').next()?.parse().ok());
    let gateway = gateway.unwrap_or_else(|| first_host(subnet));
    Ok(NetworkFacts { id, name, subnet, gateway })
}

/// Docker's choice for the host's own address where it does not say: the first of the subnet.
fn first_host(subnet: Subnet) -> Ipv4Addr {
    let text = subnet.to_string();
    let base = text.split('/').next().and_then(|base| base.parse().ok()).unwrap_or(Ipv4Addr::UNSPECIFIED);
    Ipv4Addr::from(u32::from(base) + 1)
}

/// The IPv4 subnet of a network.
fn subnet_of(name: &str, id: &str, configs: &[IpamConfig]) -> Result<Subnet> {
    let unfit = |why: String| {
        EngineError::new(EngineErrorKind::Conflict, format!("use network {name}"), anyhow!(why)).hinted(format!(
            "let Docker have larger ones: \"default-address-pools\" in /etc/docker/daemon.json, then docker network rm {}",
            id.get(..12).unwrap_or(id)
        ))
    };
    let subnet = configs.iter().filter_map(|config| config.subnet.as_deref()).find(|subnet| subnet.contains('.'));
    subnet.ok_or_else(|| unfit("it has no IPv4 subnet".to_owned()))?.parse().map_err(unfit)
}

/// Removes a network and all others of the same cluster, disconnecting what is still on them.
pub async fn remove(engine: &DockerEngine, id: &str) -> Result<()> {
    let network = match engine.docker.inspect_network(id, None::<InspectNetworkOptions>).await {
        Ok(network) => network,
        Err(error) if fault::status(&error) == Some(fault::NOT_FOUND) => return Ok(()),
        Err(error) => return Err(engine.failed(format!("inspect network {id}"), error)),
    };
    let mut ids = vec![id.to_owned()];
    if let Some(cluster) = network.labels.as_ref().and_then(labels::cluster) {
        let same = inventory::networks(engine, &labels::filter(&cluster)).await?;
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
        if fault::status(&error) == Some(fault::NOT_FOUND) {
            return Ok(());
        }
        if !fault::message(&error).contains("active endpoints") || Instant::now() >= deadline {
            return Err(engine.failed(operation(), error));
        }
        disconnect_all(engine, id).await;
        sleep(RELEASE_POLL).await;
    }
}

/// Takes everything off a network. What fails here shows when the network is removed.
async fn disconnect_all(engine: &DockerEngine, id: &str) {
    let Ok(network) = engine.docker.inspect_network(id, None::<InspectNetworkOptions>).await else { return };
    let containers = network.containers.unwrap_or_default();
    join_all(containers.into_keys().map(|container| {
        engine.docker.disconnect_network(id, NetworkDisconnectRequest { container, force: Some(true) })
    }))
    .await;
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
        let small = facts(&network("a", "", "10.1.2.0/28", None)).expect_err("too small");
        assert_eq!(small.kind, EngineErrorKind::Conflict);
        assert!(facts(&network("a", "", "fd00::/64", None)).is_err());
    }
}
