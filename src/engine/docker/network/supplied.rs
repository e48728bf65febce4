//! A network that the user names and redos did not create: whether a cluster can use it.

use anyhow::anyhow;
use bollard::models::Network;

use super::{DRIVER, EXAMPLE, facts, fit, guests, named};
use crate::cluster::observed::NetworkFacts;
use crate::engine::docker::oneoff::{self, Location, OneOff};
use crate::engine::docker::{DockerEngine, calls, conflicts};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::Spec;

/// The network of this name that redos did not create.
pub async fn find(engine: &DockerEngine, spec: &Spec, name: &str) -> Result<NetworkFacts> {
    let unfit = |why: String, next: String| {
        EngineError::new(EngineErrorKind::Conflict, format!("use the network {name}"), anyhow!(why)).hinted(next)
    };
    let make = format!("make one with a subnet: docker network create --subnet {EXAMPLE} {name}");
    let found = named(engine, name).await?;
    match found.as_slice() {
        [] => Err(unfit("there is no network of this name".to_owned(), make)),
        [network] if network.driver.as_deref() != Some(DRIVER) => {
            let driver = network.driver.clone().unwrap_or_default();
            Err(unfit(format!("its driver is {driver}, and redos uses bridge networks only"), make))
        }
        [network] => {
            let found = fit(spec, facts(network)?)?;
            if may_refuse_addresses(network) {
                gives_addresses(engine, spec, &found).await?;
            }
            Ok(found)
        }
        several => {
            let ids = several.iter().filter_map(|network| Some(network.id.as_ref()?.get(..12)?.to_owned()));
            let ids = ids.collect::<Vec<_>>().join(", ");
            Err(unfit(
                format!("{} networks have this name: {ids}", several.len()),
                "remove all but one: docker network rm ID".to_owned(),
            ))
        }
    }
}

/// Whether Docker may have picked the subnet of a network.
///
/// A subnet that Docker picked is listed with a gateway; so is one that was given with a gateway.
fn may_refuse_addresses(network: &Network) -> bool {
    let configs = network.ipam.iter().flat_map(|ipam| ipam.config.iter().flatten());
    configs.filter(|config| config.subnet.as_deref().is_some_and(|s| s.contains('.'))).all(|c| c.gateway.is_some())
}

/// Lets a container that ends at once take an address of a network.
///
/// Only this shows whether Docker gives fixed addresses there.
async fn gives_addresses(engine: &DockerEngine, spec: &Spec, network: &NetworkFacts) -> Result<()> {
    let (Some(image), Some(address)) = (&spec.used.redis, network.subnet.address(Spec::head())) else { return Ok(()) };
    let name = &network.name;
    let operation = || format!("use the network {name}");
    let place = Location::At { network: &network.id, address };
    let refused = match oneoff::start(engine, &image.id, &["sh", "-c", ":"], place, operation).await {
        Ok(OneOff { id, .. }) => return calls::remove(engine, &id).await,
        Err(error) => error,
    };
    let said = refused.source.as_ref().map(ToString::to_string).unwrap_or_default();
    // Other errors concern one node, whose start tells more about them.
    if !conflicts::gives_no_fixed_addresses(&said) {
        return Ok(());
    }
    let why = anyhow!(
        "it was created without a subnet, and Docker gives fixed addresses only in a network that was \
            created with one"
    );
    let guests: Vec<String> = guests(engine, &spec.name, &network.id).await?.into_iter().collect();
    let next = if guests.is_empty() {
        let subnet = network.subnet;
        format!("recreate it: docker network rm {name} && docker network create --subnet {subnet} {name}")
    } else {
        format!(
            "{} on it; make another, and connect them to it as well: docker network create --subnet {EXAMPLE} {name}-redos && \
             redos -p {} up --network {name}-redos",
            match guests.as_slice() {
                [only] => format!("{only} is"),
                several => format!("{} are", several.join(", ")),
            },
            spec.name,
        )
    };
    let compose = "in a Compose project give it one: ipam, config, subnet".to_owned();
    Err(EngineError::new(EngineErrorKind::Conflict, operation(), why).hinted(next).hinted(compose))
}
