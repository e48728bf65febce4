//! The common part of scenarios: the Engine, the images, and clusters that clean up after themselves.

// The benchmarks have this file as well, at another place in their tree.
#[path = "clean_up.rs"]
mod clean_up;
#[path = "places.rs"]
pub mod places;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, VolumeCreateRequest};
use bollard::query_parameters as query;
use futures_util::TryStreamExt;
use redos::testing::cluster::desired::Programs;
use redos::testing::cluster::observed::{Inventory, NetworkFacts};
use redos::testing::converge::{newest, read_all_secrets};
use redos::testing::engine::docker::{self, DockerEngine};
use redos::testing::engine::{Clusters, EngineError, NodeSpec, Nodes, Streams, image};
use redos::testing::spec::secret::{Secret, user};
use redos::testing::spec::{ClusterName, NodeId, REDIS_PORT, Resources, Role, SENTINEL_PORT, Secrets, Spec};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use self::clean_up::{remove_all, volumes};

/// A Redis without a configuration file, open to the network.
pub const REDIS: &[&str] = &["redis-server", "--protected-mode", "no", "--save", ""];
/// A process that does nothing and ends at once when it is told to.
pub const IDLE: &[&str] = &["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"];

/// The socket of the Engine.
pub const SOCKET: &str = "/var/run/docker.sock";
/// Time limit of [`eventually`].
const PATIENCE: Duration = Duration::from_secs(60);

/// The Engine as redos sees it.
pub async fn engine() -> Arc<DockerEngine> {
    Arc::new(engine_at(None).await.unwrap_or_else(|error| {
        panic!("these scenarios need a Docker Engine: {error}: {:?} {:?}", error.source, error.hints)
    }))
}

/// An Engine that has answered.
pub async fn engine_at(host: Option<&str>) -> Result<DockerEngine, EngineError> {
    let engine = docker::open(host)?;
    engine.greet().await?;
    Ok(engine)
}

/// The result of a program in a node.
pub struct ExecOutput {
    /// Its exit code.
    pub code: i64,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error stream.
    pub stderr: Vec<u8>,
}

/// Runs a program in a node to its end.
pub async fn exec(
    engine: &DockerEngine,
    cluster: &ClusterName,
    node: NodeId,
    command: &[&str],
) -> Result<ExecOutput, EngineError> {
    let mut exec = engine.exec(cluster, node, command, None).await?;
    let mut left = ExecOutput { code: 0, stdout: Vec::new(), stderr: Vec::new() };
    while let Some(chunk) = exec.output.try_next().await? {
        let to = if chunk.stderr { &mut left.stderr } else { &mut left.stdout };
        to.extend_from_slice(&chunk.bytes);
    }
    left.code = engine.exit_code(&exec.id).await?;
    Ok(left)
}

/// The same Engine over TCP, as if it were far away: its containers' addresses are not dialled.
pub async fn remote_engine() -> DockerEngine {
    engine_at(Some(&remote_address().await)).await.expect("the Engine over TCP")
}

/// The address of the Engine over TCP, for `DOCKER_HOST`.
pub async fn remote_address() -> String {
    if let Ok(host) = std::env::var("DOCKER_HOST")
        && host.starts_with("tcp://")
    {
        return host;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let host = format!("tcp://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = UnixStream::connect(SOCKET).await.expect("the Engine's socket");
                // Either side may close first, which is no error.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    host
}

/// The Engine without redos, to check what redos reports and to act as another client.
pub fn raw() -> Docker {
    Docker::connect_with_defaults().expect("a Docker Engine")
}

/// The images that `auto` finds, or gets first.
pub async fn programs(engine: &DockerEngine) -> Programs {
    static PROGRAMS: OnceCell<Programs> = OnceCell::const_new();
    let resolve = async || {
        let spec = Spec::with_defaults("test-images".parse().expect("a name"));
        image::resolve(engine, &spec, &Inventory::default(), &|_| {}).await.expect("images").programs
    };
    PROGRAMS.get_or_init(resolve).await.clone()
}

/// Waits until a condition is true.
pub async fn eventually(what: &str, condition: impl AsyncFnMut() -> bool) {
    eventually_within(PATIENCE, what, condition).await;
}

/// Waits until a condition is true, within this time limit.
///
/// It rests as long as the last question took. Questions by redos and the Engine would take a whole core otherwise.
pub async fn eventually_within(patience: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + patience;
    loop {
        let asked = Instant::now();
        if condition().await {
            return;
        }
        assert!(Instant::now() < deadline, "not within {} s: {what}", patience.as_secs());
        tokio::time::sleep(asked.elapsed().clamp(Duration::from_millis(20), Duration::from_millis(300))).await;
    }
}

fn unused_name(topic: &str) -> ClusterName {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{topic}-{:x}-{number}", std::process::id()).parse().expect("a cluster name")
}

/// A cluster with its own name. Everything with that name is removed when this is dropped.
pub struct Cluster {
    pub name: ClusterName,
    pub engine: Arc<DockerEngine>,
    /// The address of the Engine, if that is not the one of the environment.
    host: Option<String>,
}

impl Cluster {
    /// A name that no other scenario has, in this run or in a parallel one.
    pub async fn new(topic: &str) -> Self {
        places::take(1).await;
        Self { name: unused_name(topic), engine: engine().await, host: None }
    }

    /// The same for a scenario that needs most of the machine.
    pub async fn demanding(topic: &str) -> Self {
        places::take(places::MANY).await;
        Self::new(topic).await
    }

    /// The same on the scenario's own Engine, which cleans up after itself.
    pub async fn at(topic: &str, host: &str) -> Self {
        places::take(1).await;
        let engine = Arc::new(engine_at(Some(host)).await.expect("the Engine answers"));
        Self { name: unused_name(topic), engine, host: Some(host.to_owned()) }
    }

    /// The defaults, with ports that Docker chooses.
    pub fn spec(&self) -> Spec {
        let mut spec = Spec::with_defaults(self.name.clone());
        spec.ports.write = 0;
        spec.ports.read = 0;
        spec.ports.stats = 0;
        spec
    }

    /// The container name of a node.
    pub fn container(&self, node: NodeId) -> String {
        node.container_name(&self.name)
    }

    /// A node that runs `command` in the Redis image, without published ports.
    pub async fn node(&self, node: NodeId, network: &NetworkFacts, command: &[&str]) -> NodeSpec {
        NodeSpec {
            node,
            image: programs(&self.engine).await.redis.image,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            address: network.subnet.address(node).expect("room in the subnet"),
            aliases: Vec::new(),
            host_dir: None,
            ports: [].into(),
            bind: IpAddr::from([127, 0, 0, 1]),
            resources: Resources::default(),
            ulimits: [].into(),
            log: self.spec().containers.log(node.role()),
            labels: [].into(),
            stop_grace: Duration::from_secs(1),
            spec_hash: "test".to_owned(),
        }
    }

    /// Creates a node that runs `command`, with its network and volume, without starting it.
    pub async fn created(&self, node: NodeId, command: &[&str]) -> NetworkFacts {
        let spec = self.spec();
        let network = self.engine.create_network(&spec).await.expect("a network");
        self.engine.create_volume(&spec, node).await.expect("a volume");
        let made = self.node(node, &network, command).await;
        self.engine.create_node(&spec, &made, &network.id).await.expect("a container");
        network
    }

    /// Ends a node's process without warning.
    pub async fn kill(&self, node: NodeId) {
        raw().kill_container(&self.container(node), None::<query::KillContainerOptions>).await.expect("a kill");
    }

    /// Starts a node without redos.
    pub async fn start(&self, node: NodeId) {
        raw().start_container(&self.container(node), None::<query::StartContainerOptions>).await.expect("a start");
    }

    /// Removes a node's container and its volume.
    pub async fn lose(&self, node: NodeId) {
        let docker = raw();
        let options = query::RemoveContainerOptions { force: true, v: true, link: false };
        docker.remove_container(&self.container(node), Some(options)).await.expect("a removal");
        let volume = node.volume_name(&self.name);
        docker.remove_volume(&volume, None::<query::RemoveVolumeOptions>).await.expect("a removal");
    }

    /// The Engine's report of the cluster.
    pub async fn inventory(&self) -> Inventory {
        self.engine.inventory(&self.name).await.expect("an inventory")
    }
}

impl Drop for Cluster {
    #[expect(clippy::print_stderr, reason = "it must not panic while the scenario does")]
    fn drop(&mut self) {
        if self.host.is_some() {
            return;
        }
        let name = self.name.clone();
        // The thread has its own runtime, because a panic may be ending the one of the test.
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { remove_all(&raw(), &name).await })
        });
        let left = cleaned.join().expect("the clean-up does not panic").join("\n");
        let text = format!("the clean-up of {} leaves:\n{left}", self.name);
        // A second panic would end the whole process, with all other scenarios.
        if std::thread::panicking() && !left.is_empty() {
            eprintln!("{text}");
        } else {
            assert!(left.is_empty(), "{text}");
        }
    }
}

/// The result of a run of the binary.
#[must_use = "assert how it ended"]
pub struct Run {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Run {
    /// Asserts the exit code and returns stdout.
    #[track_caller]
    pub fn exits(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts success and returns stdout.
    #[track_caller]
    pub fn succeeds(self) -> String {
        self.exits(0)
    }

    /// Asserts the exit code and returns stderr.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self.stderr
    }
}

impl Cluster {
    /// The binary with the cluster's name, in an environment with only PATH and the Engine's address.
    pub fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_redos"));
        command.env_clear().args(["--project", self.name.as_str()]).args(arguments);
        command.current_dir(std::env::temp_dir()).kill_on_drop(true).stdin(std::process::Stdio::null());
        for name in ["PATH", "HOME", "DOCKER_HOST"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(host) = &self.host {
            command.env("DOCKER_HOST", host);
        }
        command
    }

    /// The name of a cluster that is not on this host's Engine.
    pub fn elsewhere(topic: &str) -> ClusterName {
        unused_name(topic)
    }

    /// Runs the binary to its end.
    pub async fn redos(&self, arguments: &[&str]) -> Run {
        self.run(self.command(arguments)).await
    }

    /// Runs a command to its end.
    pub async fn run(&self, mut command: tokio::process::Command) -> Run {
        let output = command.output().await.expect("the binary runs");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// `redos up` with ports that Docker chooses, and further arguments.
    pub async fn up(&self, arguments: &[&str]) -> Run {
        self.redos(&[&["up", "--port", "0", "--read-port", "0", "--stats-port", "0"], arguments].concat()).await
    }

    /// `redos status -o json`, whether healthy or not.
    pub async fn status(&self) -> serde_json::Value {
        let run = self.redos(&["status", "-o", "json"]).await;
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
    }

    /// The reasons in `status`.
    pub async fn reasons(&self) -> String {
        self.status().await["reasons"].to_string()
    }

    /// Waits until the cluster is healthy; then `plan` has nothing to do.
    pub async fn settled(&self) {
        eventually("all is well", async || self.redos(&["status", "-q"]).await.code == Some(0)).await;
        self.redos(&["plan"]).await.succeeds();
    }

    /// The master of the first group in `status`.
    pub async fn master(&self) -> NodeId {
        let status = self.status().await;
        let node = status["groups"][0]["master"]["node"].as_str().unwrap_or_else(|| panic!("a master in {status:#}"));
        node.parse().expect("a node")
    }

    /// A client connection at the URL that redos prints.
    pub async fn client(&self, url_arguments: &[&str]) -> redis::aio::MultiplexedConnection {
        let url = self.redos(&[&["url"], url_arguments].concat()).await.succeeds();
        connect(url.trim()).await.expect("a connection through the printed URL")
    }

    /// The address of a node on the cluster's network.
    pub async fn address(&self, node: NodeId) -> Ipv4Addr {
        self.inventory().await.nodes[&node].address.expect("an address")
    }

    /// The cluster's passwords.
    pub async fn secrets(&self) -> Secrets {
        let inventory = self.inventory().await;
        let kept = read_all_secrets(&*self.engine, &self.name, &inventory).await.expect("an answer");
        newest(&kept).expect("secrets")
    }

    /// A connection to a Redis node or a Sentinel with the rights of redos itself.
    pub async fn admin(&self, node: NodeId) -> redis::aio::MultiplexedConnection {
        self.login(node, user::ADMIN, &self.secrets().await.admin).await
    }

    /// A connection to a Redis node or a Sentinel with the rights of this user.
    pub async fn login(&self, node: NodeId, user: &str, password: &Secret) -> redis::aio::MultiplexedConnection {
        let address = self.address(node).await;
        let port = if node.role() == Role::Sentinel { SENTINEL_PORT } else { REDIS_PORT };
        connect(&format!("redis://{user}:{}@{address}:{port}", password.expose())).await.expect("a login")
    }

    /// Gives a node that is still to be made a disk of this size: a file system in memory, which lasts as long as it is mounted somewhere.
    pub async fn give_small_disk(&self, node: NodeId, size: &str) {
        let (volume, image) = (node.volume_name(&self.name), programs(&self.engine).await.redis.image);
        let small = [("type", "tmpfs"), ("device", "tmpfs"), ("o", &format!("size={size}"))];
        let ordinal = node.to_string().rsplit('-').next().unwrap_or_default().to_owned();
        let labels = [("cluster", self.name.as_str()), ("role", "redis"), ("group", "mymaster"), ("ordinal", &ordinal)];
        let request = VolumeCreateRequest {
            name: Some(volume.clone()),
            driver_opts: Some(small.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            labels: Some(labels.map(|(key, value)| (format!("dev.redos.{key}"), value.to_owned())).into()),
            ..Default::default()
        };
        raw().create_volume(request).await.expect("a volume");
        let keeper = ContainerCreateBody {
            image: Some(image),
            entrypoint: Some(IDLE.iter().map(|word| (*word).to_owned()).collect()),
            labels: Some([("dev.redos.cluster".to_owned(), self.name.to_string())].into()),
            host_config: Some(HostConfig { binds: Some(vec![format!("{volume}:/data")]), ..Default::default() }),
            ..Default::default()
        };
        let keeper =
            raw().create_container(None::<query::CreateContainerOptions>, keeper).await.expect("a container").id;
        raw().start_container(&keeper, None::<query::StartContainerOptions>).await.expect("started");
    }

    /// Everything on the Engine with the cluster's label: containers, networks, volumes; and entries of its lock.
    pub async fn labelled(&self) -> [Vec<String>; 3] {
        let docker = raw();
        let filters = Some(HashMap::from([("label".to_owned(), vec![format!("dev.redos.cluster={}", self.name)])]));
        let list = query::ListContainersOptions { all: true, filters: filters.clone(), ..Default::default() };
        let containers = docker.list_containers(Some(list)).await.expect("containers");
        let networks = docker.list_networks(Some(query::ListNetworksOptions { filters })).await;
        let lists = [
            containers.into_iter().filter_map(|container| container.names?.pop()).collect(),
            networks.expect("networks").into_iter().filter_map(|network| network.name).collect(),
            volumes(&docker, &self.name).await,
        ];
        // The Engine lists them in any order.
        lists.map(|mut list: Vec<String>| {
            list.sort();
            list
        })
    }
}

/// The temporary containers that a killed redos created and did not start, by its process id.
///
/// There are none after the next redos that starts one, and after `down`.
pub async fn abandoned_by(pid: Option<u32>) -> Vec<String> {
    let pid = pid.expect("its process id was asked for before it was killed");
    let filters = [("label", "dev.redos.temporary"), ("status", "created")];
    let filters = filters.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
    let list = query::ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
    let containers = raw().list_containers(Some(list)).await.expect("containers");
    let is_its = |labels: &HashMap<String, String>| {
        let creator: serde_json::Value = serde_json::from_str(&labels["dev.redos.temporary"]).expect("a process");
        creator["pid"] == pid
    };
    containers.into_iter().filter(|c| c.labels.as_ref().is_some_and(is_its)).filter_map(|c| c.id).collect()
}

/// A client connection with room for a slow machine.
pub async fn connect(url: &str) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
    let patient = Duration::from_secs(10);
    let config =
        redis::AsyncConnectionConfig::new().set_connection_timeout(Some(patient)).set_response_timeout(Some(patient));
    redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}
