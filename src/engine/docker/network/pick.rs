//! The subnet of a new network: the one that Docker would pick.

use std::collections::HashMap;

use anyhow::anyhow;
use bollard::query_parameters::InspectNetworkOptions;
use futures_util::future::{join_all, try_join};

use super::{EXAMPLE, ipv4_subnet, refused, remove_one, request};
use crate::engine::docker::subnets::{self, AddressPool, Range, Route};
use crate::engine::docker::{DockerEngine, labels, listing};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{ClusterName, Spec, Subnet};

/// A subnet that Docker would pick, of those that the cluster fits into; at the `number`th attempt another one.
pub async fn subnet(engine: &DockerEngine, spec: &Spec, number: usize) -> Result<Subnet> {
    match known_routes(engine) {
        Some(routes) => own_pick(engine, spec, &routes, number).await,
        None => dockers_pick(engine, spec).await,
    }
}

/// The routes of the Engine's host, if that is this host and says so.
fn known_routes(engine: &DockerEngine) -> Option<Vec<Route>> {
    if !engine.endpoint.is_local() {
        return None;
    }
    std::fs::read_to_string("/proc/net/route").ok().map(|table| subnets::routes(&table))
}

/// The subnet that Docker would pick, of those that the cluster fits into, or the `pick`th after it.
async fn own_pick(engine: &DockerEngine, spec: &Spec, routes: &[Route], pick: usize) -> Result<Subnet> {
    let info = async { engine.docker.info().await.map_err(|error| engine.failed("ask for address pools", error)) };
    let (networks, info) = try_join(listing::networks(engine, &HashMap::new()), info).await?;
    let configured = info.default_address_pools.unwrap_or_default();
    let pools = match configured.is_empty() {
        true => AddressPool::defaults(),
        false => configured.iter().filter_map(|pool| AddressPool::new(pool.base.as_deref()?, pool.size?)).collect(),
    };
    let configs = networks.into_iter().filter_map(|network| network.ipam?.config).flatten();
    let in_networks: Vec<Range> = configs.filter_map(|config| Range::parse(&config.subnet?)).collect();
    let used: Vec<Range> = in_networks.iter().copied().chain(routes.iter().map(|route| route.to)).collect();
    let picked = subnets::free(&pools, &used).filter(|subnet| spec.misfit(*subnet).is_none()).nth(pick);
    picked.ok_or_else(|| {
        let why = subnets::why_none(&pools, &in_networks, routes, |subnet| spec.misfit(subnet).is_none());
        let error = unavailable(spec, &why);
        let free = AddressPool::new(ELSEWHERE, 24).and_then(|pool| subnets::free(&[pool], &used).next());
        EngineError { hints: remedies(spec, free), ..error }
    })
}

/// Where to look for a subnet outside of Docker's pools.
const ELSEWHERE: &str = "10.128.0.0/9";

/// The error if Docker has no subnet for the cluster.
pub fn unavailable(spec: &Spec, why: &str) -> EngineError {
    let operation = format!("create network {}", spec.name);
    let error = EngineError::new(
        EngineErrorKind::Conflict,
        operation,
        anyhow!("no subnet is left in Docker's address pools: {why}"),
    );
    EngineError { hints: remedies(spec, None), ..error }
}

/// The remedies if Docker has no subnet for the cluster. `free` is a subnet that nothing uses.
pub fn remedies(spec: &Spec, free: Option<Subnet>) -> Vec<String> {
    let subnet = free.map_or_else(|| EXAMPLE.to_owned(), String::from);
    vec![
        format!("give the cluster one that nothing else uses: redos -p {} up --subnet {subnet}", spec.name),
        "or free some: docker network ls, then docker network prune; or give Docker more: \"default-address-pools\" in \
         /etc/docker/daemon.json"
            .to_owned(),
    ]
}

/// Lets Docker pick a subnet, by creating a network and removing it at once.
///
/// It is slow, but it respects the routes of its host.
async fn dockers_pick(engine: &DockerEngine, spec: &Spec) -> Result<Subnet> {
    let name = pick_name(&spec.name);
    let made = request(engine, spec, &name, None).await;
    let id = made.map_err(|error| refused(engine, spec, error))?;
    let picked = engine.docker.inspect_network(&id, None::<InspectNetworkOptions>).await;
    remove_one(engine, &id).await?;
    let picked = picked.map_err(|error| engine.failed(format!("inspect network {name}"), error))?;
    let configs = picked.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnet = ipv4_subnet(&configs).map_err(|why| unavailable(spec, &why.to_string()))?;
    spec.misfit(subnet).map_or(Ok(subnet), |why| Err(unavailable(spec, &why)))
}

fn pick_name(cluster: &ClusterName) -> String {
    format!("{cluster}-pick")
}

/// Removes what an interrupted [`dockers_pick`] left.
pub async fn remove_picks(engine: &DockerEngine, cluster: &ClusterName) -> Result<()> {
    let networks = listing::networks(engine, &labels::filter(cluster)).await?;
    let picks = networks.into_iter().filter(|network| network.name == Some(pick_name(cluster)));
    join_all(picks.filter_map(|pick| pick.id).map(async |id| remove_one(engine, &id).await)).await.into_iter().collect()
}
