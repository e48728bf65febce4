//! Moving from an existing Redis: it is followed, and then a node takes over from it, and no write that was acknowledged
//! through the proxy is lost. What cannot be followed is refused before anything is made.

use std::net::Ipv4Addr;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, Ipam, IpamConfig, NetworkConnectRequest, NetworkCreateRequest,
    NetworkingConfig, PortBinding,
};
use bollard::query_parameters as query;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redos::testing::spec::{Group, NodeId};

use crate::kills::moments;
use crate::support::{Cluster, Run, connect, eventually, programs, raw, remote_address};
use crate::writers::{Writers, missing};

/// The password of an existing server.
pub const PASSWORD: &str = "of-the-existing-server";
const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
/// Keys that the existing server has before anybody follows it.
const KEYS: usize = 1000;

/// A Redis of somebody else on a network of its own, whose port is published on all addresses of the host.
pub struct Existing {
    name: String,
    /// Its own address, which the containers of other networks cannot reach.
    own: Ipv4Addr,
    /// An address of the host, which they can.
    gateway: Ipv4Addr,
    port: u16,
}

impl Existing {
    async fn new(cluster: &Cluster) -> Self {
        Self::of(cluster, &programs(&cluster.engine).await.redis.image, &[]).await
    }

    /// One of this image, with further arguments.
    pub async fn of(cluster: &Cluster, image: &str, arguments: &[&str]) -> Self {
        let (docker, name) = (raw(), format!("{}-existing", cluster.name));
        let network = NetworkCreateRequest { name: name.clone(), ..Default::default() };
        docker.create_network(network).await.expect("a network");
        let command = ["redis-server", "--requirepass", PASSWORD, "--protected-mode", "no", "--save", ""];
        let command = [&command, arguments].concat();
        let binding = PortBinding { host_ip: Some("0.0.0.0".to_owned()), host_port: None };
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            cmd: Some(Vec::new()),
            exposed_ports: Some(vec!["6379/tcp".to_owned()]),
            host_config: Some(HostConfig {
                port_bindings: Some([("6379/tcp".to_owned(), Some(vec![binding]))].into()),
                network_mode: Some(name.clone()),
                ..Default::default()
            }),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some([(name.clone(), EndpointSettings::default())].into()),
            }),
            ..Default::default()
        };
        let options = query::CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
        docker.create_container(Some(options), body).await.expect("a container");
        docker.start_container(&name, None::<query::StartContainerOptions>).await.expect("started");
        let settings = docker.inspect_container(&name, None).await.expect("there").network_settings.expect("settings");
        let endpoint = settings.networks.expect("networks")[&name].clone();
        let bound = settings.ports.expect("ports")["6379/tcp"].clone().expect("bound");
        let address = |text: Option<String>| text.and_then(|text| text.parse().ok()).expect("an address");
        let existing = Self {
            name,
            own: address(endpoint.ip_address),
            gateway: address(endpoint.gateway),
            port: bound.iter().find_map(|bound| bound.host_port.as_ref()?.parse().ok()).expect("a port"),
        };
        eventually("the existing server answers", async || connect(&existing.url()).await.is_ok()).await;
        existing
    }

    fn url(&self) -> String {
        format!("redis://:{PASSWORD}@{}", self.address())
    }

    /// Where the nodes of a cluster reach it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.gateway, self.port)
    }

    async fn client(&self) -> MultiplexedConnection {
        connect(&self.url()).await.expect("a connection to the existing server")
    }

    async fn fill(&self) {
        let mut pipeline = redis::pipe();
        for key in 0..KEYS {
            pipeline.set(format!("before:{key}"), key).ignore();
        }
        let () = pipeline.query_async(&mut self.client().await).await.expect("writes");
    }
}

impl Drop for Existing {
    fn drop(&mut self) {
        let name = self.name.clone();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let options = query::RemoveContainerOptions { force: true, v: true, link: false };
            runtime.block_on(async {
                let _ = raw().remove_container(&name, Some(options)).await;
                let _ = raw().remove_network(&name).await;
            });
        });
        let _ = removed.join();
    }
}

/// `redos up` with one replica on ports of Docker's choice.
pub fn up(cluster: &Cluster, arguments: &[&str]) -> tokio::process::Command {
    let ports = ["up", "--port", "0", "--read-port", "0", "--stats-port", "0", "--replicas", "1"];
    cluster.command(&[&ports, arguments].concat())
}

/// `redos up` with the variables that the compose project was wired with.
async fn up_as_compose(cluster: &Cluster, existing: &Existing) -> Run {
    let mut command = up(cluster, &[]);
    command.env("REDIS_MASTER_HOST", existing.gateway.to_string());
    command.env("REDIS_MASTER_PORT", existing.port.to_string());
    command.env("REDIS_HOSTS", existing.address()).env("REDIS_PASSWORD", PASSWORD);
    cluster.run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_redis_is_followed_and_taken_over_from_without_a_lost_write() {
    let cluster = Cluster::new("follow").await;
    let existing = Existing::new(&cluster).await;
    existing.fill().await;
    up_as_compose(&cluster, &existing).await.succeeds();

    let standby = cluster.status().await;
    let address = existing.address();
    assert_eq!((&standby["healthy"], &standby["follows"]), (&true.into(), &address.as_str().into()), "{standby:#}");
    assert_eq!(standby["proxies"][0]["writesToExisting"], address.as_str(), "{standby:#}");
    assert!(standby["sentinels"].as_array().expect("Sentinels").iter().all(|s| s["masters"] == serde_json::json!({})));
    let again = cluster.redos(&["up"]).await;
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    again.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    let copied: Option<usize> = cluster.client(&["--read"]).await.get("before:7").await.expect("a read");
    assert_eq!(copied, Some(7));
    let refused = cluster.redos(&["failover"]).await.fails(2);
    assert!(refused.contains(&format!("is a standby of {address}")), "{refused}");

    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    eventually("there is load", async || writers.acknowledged() > 200).await;
    let docker = raw();
    docker.kill_container(&cluster.container(REDIS_1), None::<query::KillContainerOptions>).await.expect("a kill");
    let before = writers.acknowledged();
    eventually("writes go on without the copy", async || writers.acknowledged() > before + 200).await;
    cluster.redos(&["up"]).await.succeeds();
    assert_eq!(cluster.status().await["groups"][0]["master"], serde_json::Value::Null, "nothing failed over");

    let run = cluster.redos(&["up", "--follow", "none"]).await;
    assert!(run.stderr.contains(&format!("redis-1 has taken over from {address}, writes waited")), "{}", run.stderr);
    run.succeeds();
    let before = writers.acknowledged();
    eventually("writes go on", async || writers.acknowledged() > before + 200).await;
    let (keys, gap) = writers.stop().await;
    let mut client = cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut client).await, Vec::<String>::new(), "of {} acknowledged writes", keys.len());
    let all: Vec<String> = (0..KEYS).map(|key| format!("before:{key}")).collect();
    assert_eq!(missing(&all, &mut client).await, Vec::<String>::new());
    // It takes some 50 ms on an idle machine. The bound leaves room for a busy one.
    assert!(gap < Duration::from_secs(3), "{gap:?}");

    let status = cluster.status().await;
    assert_eq!((&status["healthy"], &status["follows"]), (&true.into(), &serde_json::Value::Null), "{status:#}");
    assert_eq!(cluster.master().await, REDIS_1);
    cluster.redos(&["plan"]).await.succeeds();
    // The existing server takes writes again, and no node copies it any more.
    eventually("its pause is over", async || existing.client().await.set::<_, _, ()>("alone", 1).await.is_ok()).await;
    let here: Option<u64> = client.get("alone").await.expect("a read");
    assert_eq!(here, None);
    // After a restart the proxy does not lead to the existing server again.
    docker.restart_container(&cluster.container(NodeId::Proxy(1)), None).await.expect("a restart");
    cluster.redos(&["up"]).await.succeeds();
    cluster.redos(&["failover"]).await.succeeds();
    let kept: Option<usize> = cluster.client(&[]).await.get("before:7").await.expect("a read");
    assert_eq!(kept, Some(7));
    // The environment variables that named the existing server do not lead there again, either.
    let again = up_as_compose(&cluster, &existing).await;
    assert!(again.stderr.contains("unset REDIS_MASTER_HOST"), "{}", again.stderr);
    again.succeeds();
    assert_eq!(cluster.status().await["follows"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_over_that_is_killed_is_ended_by_the_next_up_and_loses_nothing() {
    let cluster = Cluster::new("follow-kill").await;
    let existing = Existing::new(&cluster).await;
    existing.fill().await;
    up_as_compose(&cluster, &existing).await.succeeds();
    let writers = Writers::start(&cluster.redos(&["url"]).await.succeeds());
    eventually("there is load", async || writers.acknowledged() > 100).await;
    // Each run is killed later than the one before.
    for moment in moments(6, 30..1300) {
        let _ = cluster.killed_after(&["up", "--follow", "none"], moment).await;
    }
    // The killed runs have recorded that nothing is followed any more, however far they got.
    cluster.redos(&["up", "--follow", "none"]).await.succeeds();
    let before = writers.acknowledged();
    eventually("writes go on", async || writers.acknowledged() > before + 100).await;
    let (keys, _) = writers.stop().await;
    let mut client = cluster.client(&[]).await;
    assert_eq!(missing(&keys, &mut client).await, Vec::<String>::new(), "of {} acknowledged writes", keys.len());
    let all: Vec<String> = (0..KEYS).map(|key| format!("before:{key}")).collect();
    assert_eq!(missing(&all, &mut client).await, Vec::<String>::new());
    cluster.redos(&["plan"]).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_is_refused_before_anything_is_made() {
    let cluster = Cluster::new("follow-bad").await;
    let existing = Existing::new(&cluster).await;
    let address = existing.address();
    let refused = async |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = up(&cluster, arguments);
        command.envs(variables.iter().copied());
        let said = cluster.run(command).await.fails(2);
        assert!(!said.contains(PASSWORD) && !said.contains("secret-guess"), "no password is shown: {said}");
        said
    };
    let follow = ["--follow", address.as_str()];
    let password = ("REDIS_PASSWORD", PASSWORD);

    let said = refused(&follow, &[]).await;
    assert!(said.contains("asks for a password, but none was given"), "{said}");
    let said = refused(&follow, &[("REDIS_MASTER_PASSWORD", "secret-guess"), password]).await;
    assert!(said.contains("refuses the password"), "{said}");
    let said = refused(&["--follow", &format!("{}:1", existing.gateway)], &[password]).await;
    assert!(said.contains("cannot be reached: connection refused"), "{said}");
    let said = refused(&["--follow", "127.0.0.1"], &[password]).await;
    assert!(said.contains("containers cannot reach a server at 127.0.0.1"), "{said}");
    let said = refused(&[], &[("REDIS_MASTER_HOST", "redis_master"), password]).await;
    assert!(said.contains("cannot find the address of redis_master"), "{said}");
    assert!(said.contains("unset REDIS_MASTER_HOST"), "{said}");
    let said = refused(&["--follow", &existing.own.to_string()], &[password]).await;
    assert!(said.contains(&format!("is on the Docker network '{}'", existing.name)), "{said}");
    assert!(said.contains(&format!("--follow {}:6379", existing.gateway)), "{said}");
    let said = refused(&[&follow[..], &["--masters", "2"]].concat(), &[password]).await;
    assert!(said.contains("2 master groups cannot copy one server"), "{said}");
    let said = refused(&[], &[("REDIS_HOSTS", "10.0.0.1, 10.0.0.2"), password]).await;
    assert!(said.contains("it names 2 servers"), "{said}");

    let mut client = existing.client().await;
    let set = async |client: &mut MultiplexedConnection, command: &[&str]| {
        let mut set = redis::cmd(command[0]);
        set.arg(&command[1..]);
        set.exec_async(client).await.expect("the existing server obeys");
    };
    let () = redis::pipe()
        .cmd("SELECT")
        .arg(15)
        .ignore()
        .set("key", 1)
        .ignore()
        .query_async(&mut client)
        .await
        .expect("a write");
    let said = refused(&[&follow[..], &["--redis", "databases=8"]].concat(), &[password]).await;
    assert!(said.contains("has keys in database 15, but the cluster has only 8 databases"), "{said}");
    set(&mut client, &["REPLICAOF", "10.255.255.1", "6379"]).await;
    let said = refused(&follow, &[password]).await;
    assert!(said.contains("is a replica of 10.255.255.1:6379"), "{said}");
    set(&mut client, &["REPLICAOF", "NO", "ONE"]).await;
    set(&mut client, &["CONFIG", "SET", "requirepass", ""]).await;
    let said = refused(&follow, &[password]).await;
    assert!(said.contains("has no password, but the cluster has one"), "{said}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()], "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_remote_engine_the_existing_server_is_asked_from_a_container() {
    let cluster = Cluster::new("follow-far").await;
    let existing = Existing::new(&cluster).await;
    let (address, engine) = (existing.address(), remote_address().await);
    let far = async |mut command: tokio::process::Command, password: &str| {
        command.env("DOCKER_HOST", &engine).env("REDIS_PASSWORD", password);
        cluster.run(command).await
    };
    let follow = ["--follow", address.as_str()];
    let said = far(up(&cluster, &["--follow", &format!("{}:1", existing.gateway)]), PASSWORD).await.fails(2);
    assert!(said.contains("cannot be reached") && said.to_lowercase().contains("connection refused"), "{said}");
    let said = far(up(&cluster, &follow), "secret-guess").await.fails(2);
    assert!(said.contains("refuses the password") && !said.contains("secret-guess"), "{said}");
    assert_eq!(cluster.labelled().await, [vec![], vec![], Vec::<String>::new()], "nothing was made");

    // `plan` makes no container, and only a container could ask the existing server.
    let said = far(cluster.command(&[&["plan"][..], &follow].concat()), PASSWORD).await.fails(1);
    assert!(said.contains("has not checked whether the existing server"), "{said}");
    far(up(&cluster, &follow), PASSWORD).await.succeeds();
    let status = cluster.status().await;
    assert_eq!((&status["healthy"], &status["follows"]), (&true.into(), &address.as_str().into()), "{status:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_followed_at_its_address_on_the_network_that_the_cluster_is_told_to_use() {
    let cluster = Cluster::new("follow-shared").await;
    let existing = Existing::new(&cluster).await;
    let shared = format!("{}-shared", cluster.name);
    let config = IpamConfig { subnet: Some("10.131.9.0/27".to_owned()), ..Default::default() };
    let request = NetworkCreateRequest {
        name: shared.clone(),
        ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
        ..Default::default()
    };
    raw().create_network(request).await.expect("a network");
    let request = NetworkConnectRequest { container: existing.name.clone(), endpoint_config: None };
    raw().connect_network(&shared, request).await.expect("it joins");
    let settings = raw().inspect_container(&existing.name, None).await.expect("there").network_settings;
    let own = settings.and_then(|settings| settings.networks?[&shared].ip_address.clone()).expect("an address");
    let mut command = up(&cluster, &["--network", &shared, "--follow", &own]);
    command.env("REDIS_PASSWORD", PASSWORD);
    let followed = cluster.run(command).await;
    let down = cluster.redos(&["down", "--volumes"]).await;
    drop(existing);
    raw().remove_network(&shared).await.expect("nobody is on it any more");
    followed.succeeds();
    down.succeeds();
}
