//! The cluster's network: found by label, addressed by id, its subnet picked by Docker.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::anyhow;
use bollard::models::{Ipam, IpamConfig, Network, NetworkCreateRequest, NetworkDisconnectRequest};
use bollard::query_parameters::InspectNetworkOptions;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{DockerEngine, fault, inventory, labels};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::plan::observed::NetworkFacts;
use crate::spec::{Spec, Subnet};

/// How often a subnet that turned out to overlap is picked anew. Docker frees subnets late, and others take them meanwhile.
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
    if let Some(network) = oldest(&existing) {
        let found = facts(network)?;
        drop_extras(engine, &existing, &found.id).await;
        return Ok(found);
    }
    let id = create_one(engine, spec, None).await?;
    // Before Docker 25 two runs at the same time can both succeed. They agree on the oldest.
    let all = inventory::networks(engine, &filters).await?;
    let Some(network) = oldest(&all) else {
        return Err(EngineError::new(
            EngineErrorKind::NotFound,
            format!("create network {}", spec.name),
            anyhow!("the Engine made it as {id} and does not list it"),
        ));
    };
    let made = match facts(network) {
        Ok(made) => made,
        Err(error) => {
            // A network that cannot be used must not be found by the next run.
            let _ = engine.docker.remove_network(&id).await;
            return Err(error);
        }
    };
    drop_extras(engine, &all, &made.id).await;
    if refuses_addresses_in_picked_subnets(&engine.version) {
        return fixed(engine, spec, made).await;
    }
    Ok(made)
}

/// Docker 29.0 takes fixed addresses only in subnets that were asked for (moby#51569; mended in a later 29).
fn refuses_addresses_in_picked_subnets(version: &str) -> bool {
    version.starts_with("29.0.") || version.starts_with("20.")
}

/// Replaces a network that nobody is on yet by one that asks for the subnet that Docker picked for it.
async fn fixed(engine: &DockerEngine, spec: &Spec, picked: NetworkFacts) -> Result<NetworkFacts> {
    remove_one(engine, &picked.id).await?;
    let id = create_one(engine, spec, Some(&picked)).await?;
    Ok(NetworkFacts { id, ..picked })
}

async fn create_one(engine: &DockerEngine, spec: &Spec, fixed: Option<&NetworkFacts>) -> Result<String> {
    let operation = || format!("create network {}", spec.name);
    let request = NetworkCreateRequest {
        name: spec.name.to_string(),
        driver: Some(DRIVER.to_owned()),
        labels: Some(labels::of(spec, None, None, &engine.run)),
        ipam: fixed.map(|facts| Ipam {
            config: Some(vec![IpamConfig {
                subnet: Some(facts.subnet.to_string()),
                gateway: Some(facts.gateway.to_string()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut picks = 0;
    loop {
        picks += 1;
        let error = match engine.docker.create_network(request.clone()).await {
            Ok(made) => return Ok(made.id),
            Err(error) => error,
        };
        let said = fault::message(&error);
        if said.contains("overlaps") && picks < PICKS {
            continue;
        }
        let fault = engine.failed(operation(), error);
        return Err(match SubnetTrouble::of(&said) {
            None => fault,
            Some(trouble) => EngineError { kind: EngineErrorKind::Conflict, ..fault }.hinted(trouble.remedy()),
        });
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
pub fn oldest(networks: &[Network]) -> Option<&Network> {
    let age = |network: &&Network| (network.created.as_deref().and_then(super::time::nanos), network.id.clone());
    networks.iter().min_by_key(age)
}

/// Removes networks that a run at the same time has made, unless somebody is on them.
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
    let unfit = |why: String| {
        EngineError::new(EngineErrorKind::Conflict, format!("use network {name}"), anyhow!(why)).hinted(format!(
            "let Docker pick a larger one: \"default-address-pools\" in /etc/docker/daemon.json, then docker network rm {}",
            id.get(..12).unwrap_or(&id)
        ))
    };
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_ref());
    let config = configs.into_iter().flatten().find(|config| config.subnet.as_ref().is_some_and(|s| s.contains('.')));
    let config = config.ok_or_else(|| unfit("it has no IPv4 subnet".to_owned()))?;
    let text = config.subnet.as_deref().unwrap_or_default();
    let subnet: Subnet = text.parse().map_err(unfit)?;
    let gateway = config.gateway.as_deref().and_then(|gateway| gateway.split('/').next()?.parse().ok());
    let first = || text.split('/').next().and_then(|base| base.parse().ok()).map(|base: Ipv4Addr| u32::from(base) + 1);
    let gateway = gateway.or_else(|| first().map(Ipv4Addr::from));
    let gateway = gateway.ok_or_else(|| unfit(format!("its subnet {text} has no gateway")))?;
    Ok(NetworkFacts { id, name, subnet, gateway })
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
        assert_eq!(oldest(&networks).and_then(|n| n.id.as_deref()), Some("c"), "offsets count");
        assert_eq!(oldest(&networks[..1]).and_then(|n| n.id.as_deref()), Some("b"));
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

    #[test]
    fn only_docker_29_0_needs_the_subnet_named() {
        assert!(refuses_addresses_in_picked_subnets("29.0.1"));
        for fine in ["20.10.24", "28.5.2", "29.1.0", "29.3.1"] {
            assert!(!refuses_addresses_in_picked_subnets(fine), "{fine}");
        }
    }
}
