//! Subnets: small pools, none left, routes in the way; networks that others are on, or have made.

use std::process::Command;

use bollard::Docker;
use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, Ipam, IpamConfig, NetworkConnectRequest,
    NetworkCreateRequest,
};
use bollard::query_parameters as query;
use redis::AsyncCommands;
use redos::testing::spec::{Group, NodeId};

use crate::own_engine::OwnEngine;
use crate::support::{Cluster, IDLE, programs, raw};

/// Two subnets, of which the Engine's own network takes the first.
const POOLS: &str = r#"{"bip":"10.200.0.1/24","default-address-pools":[{"base":"10.201.0.0/28","size":28}]}"#;

/// What is left of a cluster on an Engine: containers, networks and volumes of this label.
async fn left(docker: &Docker, cluster: &Cluster) -> usize {
    let filters = Some([("label".to_owned(), vec![format!("dev.redos.cluster={}", cluster.name)])].into());
    let networks = docker.list_networks(Some(query::ListNetworksOptions { filters: filters.clone() })).await;
    let volumes = docker.list_volumes(Some(query::ListVolumesOptions { filters })).await;
    let containers = cluster.inventory().await.nodes.len();
    containers + networks.expect("networks").len() + volumes.expect("volumes").volumes.unwrap_or_default().len()
}

#[tokio::test]
async fn a_cluster_fits_into_the_smallest_subnet_and_a_refusal_leaves_nothing_behind() {
    let own = OwnEngine::with_config(POOLS).await;
    own.load_images().await;
    let cluster = Cluster::at("small", &own.address()).await;
    cluster.up(&["--bind", "::1"]).await.succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write at an address of IPv6");
    let url = cluster.redos(&["url"]).await.succeeds();
    assert!(url.contains("@[::1]:"), "{url}");
    let said = cluster.redos(&["scale", "--sentinels", "5"]).await.fails(1);
    assert!(said.contains("has no address for sentinel-4") && said.contains("up --subnet"), "{said}");
    cluster.redos(&["plan"]).await.succeeds();

    let second = Cluster::at("small", &own.address()).await;
    let said = second.up(&[]).await.fails(6);
    let next = format!("redos -p {} up --subnet 10.128.0.0/24", second.name);
    assert!(said.contains("no subnet is left in Docker's address pools") && said.contains(&next), "{said}");
    assert!(!said.contains("docker network rm"), "there is nothing to remove: {said}");
    assert_eq!(left(&own.raw(), &second).await, 0, "nothing is left behind");
    let said = second.up(&["--subnet", "10.201.0.0/24"]).await.fails(6);
    assert!(said.contains("another network uses addresses of 10.201.0.0/24"), "{said}");
    assert_eq!(left(&own.raw(), &second).await, 0, "nothing is left behind");
    second.up(&["--subnet", "10.128.0.0/28", "--replicas", "0", "--sentinels", "1", "--bind", "::"]).await.succeeds();
    let () = second.client(&[]).await.set("key", "value").await.expect("a write at an address of IPv6");
    second.redos(&["plan"]).await.succeeds();
    second.redos(&["down", "--volumes"]).await.succeeds();

    cluster.redos(&["down"]).await.succeeds();
    let ip = |arguments: &[&str]| assert!(Command::new("ip").args(arguments).status().expect("iproute2").success());
    ip(&["link", "add", "vpn0", "type", "bridge"]);
    ip(&["link", "set", "vpn0", "up"]);
    ip(&["route", "add", "10.201.0.0/16", "dev", "vpn0"]);
    let said = cluster.redos(&["up"]).await.fails(6);
    assert!(said.contains("10.201.0.0/16 through vpn0"), "{said}");
    cluster.redos(&["up", "--subnet", "10.128.0.0/28"]).await.succeeds();
    let value: String = cluster.client(&[]).await.get("key").await.expect("a read");
    assert_eq!(value, "value", "it has moved with its data");
}

/// A container of somebody else's on a network.
struct Guest(String);

impl Guest {
    async fn on(cluster: &Cluster, network: &str, address: Option<String>) -> Self {
        let name = format!("{}-guest", cluster.name);
        let image = programs(&cluster.engine).await.redis.image;
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let body = ContainerCreateBody {
            image: Some(image),
            entrypoint: words(IDLE),
            host_config: Some(HostConfig { network_mode: Some("none".to_owned()), ..Default::default() }),
            ..Default::default()
        };
        let options = query::CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
        raw().create_container(Some(options), body).await.expect("a container");
        let guest = Self(name.clone());
        raw()
            .disconnect_network(
                "none",
                bollard::models::NetworkDisconnectRequest { container: name.clone(), force: None },
            )
            .await
            .expect("off");
        let ipam_config =
            address.map(|address| EndpointIpamConfig { ipv4_address: Some(address), ..Default::default() });
        let endpoint_config = Some(EndpointSettings { ipam_config, ..Default::default() });
        let request = NetworkConnectRequest { container: name.clone(), endpoint_config };
        raw().connect_network(network, request).await.expect("it joins");
        raw().start_container(&name, None::<query::StartContainerOptions>).await.expect("a start");
        guest
    }

    async fn leave(&self) {
        let options = query::RemoveContainerOptions { force: true, v: true, link: false };
        raw().remove_container(&self.0, Some(options)).await.expect("a removal");
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let name = self.0.clone();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let options = query::RemoveContainerOptions { force: true, v: true, link: false };
            runtime.block_on(async { raw().remove_container(&name, Some(options)).await })
        });
        // The scenario may have removed it already.
        let _ = removed.join();
    }
}

#[tokio::test]
async fn down_keeps_the_network_for_applications_on_it_and_up_uses_it_again() {
    let cluster = Cluster::new("guests").await;
    cluster.up(&["--replicas", "0", "--sentinels", "1"]).await.succeeds();
    let network = cluster.inventory().await.network.expect("a network");
    let guest = Guest::on(&cluster, &network.id, None).await;
    let down = cluster.redos(&["down"]).await;
    assert!(down.stderr.contains(&format!("kept the network {}", cluster.name)), "{}", down.stderr);
    assert!(down.stderr.contains(&guest.0), "{}", down.stderr);
    down.succeeds();
    cluster.redos(&["up"]).await.succeeds();
    let now = cluster.inventory().await.network.expect("a network");
    assert_eq!(now.id, network.id, "the application is not torn off");
    let alias = format!("{}-proxy", cluster.name);
    let proxy = raw().inspect_container(&cluster.container(NodeId::Proxy(1)), None).await.expect("the proxy");
    let networks = proxy.network_settings.and_then(|settings| settings.networks).expect("networks");
    assert!(networks.values().any(|place| place.aliases.iter().flatten().any(|name| *name == alias)), "{networks:?}");
    guest.leave().await;

    // A proxy without the shared name on the network, as older versions of redos created it.
    let proxy = cluster.container(NodeId::Proxy(1));
    let address = cluster.address(NodeId::Proxy(1)).await.to_string();
    let request = bollard::models::NetworkDisconnectRequest { container: proxy.clone(), force: None };
    raw().disconnect_network(&network.id, request).await.expect("off");
    let ipam_config = Some(EndpointIpamConfig { ipv4_address: Some(address), ..Default::default() });
    let endpoint_config = Some(EndpointSettings { ipam_config, ..Default::default() });
    raw().connect_network(&network.id, NetworkConnectRequest { container: proxy, endpoint_config }).await.expect("on");
    let planned = cluster.redos(&["plan"]).await.exits(1);
    assert!(planned.contains(&format!("it gets the name {alias} on the network")), "{planned}");
    cluster.redos(&["up"]).await.succeeds();
    assert!(cluster.inventory().await.nodes[&NodeId::Proxy(1)].aliases.contains(&alias));
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    assert_eq!(cluster.labelled().await, <[Vec<String>; 3]>::default());
}

#[tokio::test]
async fn an_existing_network_is_used_and_never_removed() {
    let cluster = Cluster::new("shared").await;
    let shared = format!("{}-shared", cluster.name);
    let said = cluster.up(&["--network", &shared]).await.fails(6);
    assert!(said.contains(&format!("docker network create --subnet 10.128.0.0/24 {shared}")), "{said}");
    assert_eq!(cluster.labelled().await, <[Vec<String>; 3]>::default(), "nothing is left behind");

    // Docker gives no fixed addresses in a subnet that it picked itself.
    let make = async |subnet: Option<(&str, Option<&str>)>| {
        let config = subnet.map(|(subnet, gateway)| IpamConfig {
            subnet: Some(subnet.to_owned()),
            gateway: gateway.map(str::to_owned),
            ..Default::default()
        });
        let request = NetworkCreateRequest {
            name: shared.clone(),
            ipam: config.map(|config| Ipam { config: Some(vec![config]), ..Default::default() }),
            ..Default::default()
        };
        raw().create_network(request).await.expect("a network").id
    };
    let arguments = ["--network", &shared, "--replicas", "1", "--sentinels", "1"];
    let unfit = make(None).await;
    let refused = cluster.up(&arguments).await;
    let nothing = cluster.labelled().await;
    let guest = Guest::on(&cluster, &unfit, None).await;
    let refused_amid_guests = cluster.up(&arguments).await;
    guest.leave().await;
    raw().remove_network(&unfit).await.expect("nobody is on it any more");
    let said = refused.fails(6);
    let next = format!("docker network rm {shared} && docker network create --subnet 1");
    assert!(said.contains("it was created without a subnet") && said.contains(&next), "{said}");
    assert_eq!(nothing, <[Vec<String>; 3]>::default(), "nothing is left behind");
    let said = refused_amid_guests.fails(6);
    assert!(said.contains(&format!("{} is on it", guest.0)) && !said.contains("network rm"), "{said}");

    // A network with a subnet and a gateway looks as if Docker had picked both.
    let id = make(Some(("10.131.7.0/27", Some("10.131.7.1")))).await;
    let up = cluster.up(&arguments).await;
    let plan = cluster.redos(&["plan"]).await;
    let elsewhere = cluster.redos(&["up", "--network", "auto"]).await;
    let down = cluster.redos(&["down"]).await;
    let is_there = raw().inspect_network(&id, None).await.is_ok();
    let back = cluster.redos(&["up", "--network", "auto"]).await;
    let moved = cluster.inventory().await.network;
    let gone = cluster.redos(&["down", "--volumes"]).await;
    raw().remove_network(&id).await.expect("nobody is on it any more");
    up.succeeds();
    plan.succeeds();
    let said = elsewhere.fails(1);
    assert!(said.contains("a network of its own is requested"), "{said}");
    down.succeeds();
    assert!(is_there);
    back.succeeds();
    assert!(moved.is_some_and(|network| network.is_own));
    gone.succeeds();
}

#[tokio::test]
async fn a_node_whose_address_somebody_took_names_the_container_and_the_way_back() {
    let cluster = Cluster::new("taken").await;
    cluster.up(&["--replicas", "1", "--sentinels", "1"]).await.succeeds();
    let replica = NodeId::redis(Group::number(1), 2);
    let address = cluster.address(replica).await;
    cluster.redos(&["stop", "redis-2"]).await.succeeds();
    let network = cluster.inventory().await.network.expect("a network");
    let guest = Guest::on(&cluster, &network.id, Some(address.to_string())).await;
    let said = cluster.redos(&["up"]).await.fails(6);
    let why = format!("the container {} has taken its address {address} on the network {}", guest.0, cluster.name);
    let next = format!("docker network disconnect {} {} && redos -p {} up", cluster.name, guest.0, cluster.name);
    assert!(said.contains(&why) && said.contains(&next), "{said}");
    let request = bollard::models::NetworkDisconnectRequest { container: guest.0.clone(), force: None };
    raw().disconnect_network(&network.id, request).await.expect("off");
    cluster.redos(&["up"]).await.succeeds();
    cluster.settled().await;
}
