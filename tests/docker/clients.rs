//! The clients of `examples/`, in a container on the cluster's network, as applications are.

use std::path::Path;

use bollard::models::{ContainerCreateBody, HostConfig, Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters as query;
use futures_util::TryStreamExt;
use redos::testing::engine::ImageStore;
use serde_json::Value;

use crate::programs::file_system;
use crate::support::{Cluster, programs, raw};

/// What a scenario makes beside its cluster. It goes when this is dropped, also if the scenario fails, so it is declared before
/// the cluster, whose nodes are on the network.
#[derive(Default)]
pub struct Beside {
    pub image: Option<String>,
    pub network: Option<String>,
}

impl Beside {
    /// Removes all of it. Returns what stays, with the Engine's reasons.
    async fn remove(image: Option<String>, network: Option<String>) -> Vec<String> {
        let docker = raw();
        let mut left = Vec::new();
        if let Some(image) = image {
            let filters = Some([("ancestor".to_owned(), vec![image.clone()])].into());
            let list = query::ListContainersOptions { all: true, filters, ..Default::default() };
            for container in docker.list_containers(Some(list)).await.unwrap_or_default() {
                let remove = query::RemoveContainerOptions { force: true, v: true, link: false };
                let removed = docker.remove_container(&container.id.unwrap_or_default(), Some(remove)).await;
                left.extend(removed.err().map(|error| error.to_string()));
            }
            let removed = docker.remove_image(&image, None::<query::RemoveImageOptions>, None).await;
            left.extend(removed.err().map(|error| format!("{image}: {error}")));
        }
        if let Some(network) = network {
            let removed = docker.remove_network(&network).await;
            left.extend(removed.err().map(|error| format!("{network}: {error}")));
        }
        left
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let (image, network) = (self.image.take(), self.network.take());
        // The thread has its own runtime, because a panic may be ending the one of the test.
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(Self::remove(image, network))
        });
        let left = removed.join().expect("the clean-up does not panic");
        assert!(std::thread::panicking() || left.is_empty(), "the clean-up leaves {left:?}");
    }
}

/// Makes an image with Python and its clients of Redis from Debian's packages.
pub async fn python(cluster: &Cluster) -> String {
    let root = file_system("python", &["python3-minimal", "python3-redis", "python3-celery", "busybox-static"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let tar = folder.path().join("python.tar");
    let packed = tokio::process::Command::new("tar").arg("-cf").arg(&tar).arg("-C").arg(root).arg(".").status().await;
    assert!(packed.expect("tar is here").success());
    let image = format!("{}/python:test", cluster.name);
    cluster.engine.import_image(&tar, &image, &["ENV PATH=/usr/bin".to_owned()]).await.expect("an image").reference
}

/// Runs a command in a container of its own on a network, with `examples/python` as its folder, and returns
/// what it printed. It must succeed.
pub async fn run_on(image: &str, network: &str, environment: &[String], command: &[&str]) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python");
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        env: Some([environment, &["PYTHONDONTWRITEBYTECODE=1".to_owned()]].concat()),
        working_dir: Some("/examples".to_owned()),
        host_config: Some(HostConfig {
            binds: Some(vec![format!("{}:/examples:ro", examples.display())]),
            network_mode: Some(network.to_owned()),
            tmpfs: Some([("/tmp".to_owned(), String::new())].into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let (has_succeeded, said) = output(body).await;
    assert!(has_succeeded, "{command:?}: {said}");
    said
}

/// Runs a container to its end and removes it. Returns whether it succeeded, and what it printed.
async fn output(body: ContainerCreateBody) -> (bool, String) {
    let docker = raw();
    let id = docker.create_container(None::<query::CreateContainerOptions>, body).await.expect("a container").id;
    docker.start_container(&id, None::<query::StartContainerOptions>).await.expect("a start");
    let ended: Result<Vec<_>, _> = docker.wait_container(&id, None::<query::WaitContainerOptions>).try_collect().await;
    let options = query::LogsOptions { stdout: true, stderr: true, ..Default::default() };
    let logs: Vec<_> = docker.logs(&id, Some(options)).try_collect().await.expect("a log");
    let remove = query::RemoveContainerOptions { force: true, v: true, link: false };
    docker.remove_container(&id, Some(remove)).await.expect("a removal");
    (ended.is_ok(), logs.iter().map(|log| String::from_utf8_lossy(log.as_ref()).into_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_in_python_work_by_the_address_and_by_the_sentinels_also_after_a_failover() {
    let mut beside = Beside::default();
    let cluster = Cluster::new("clients").await;
    cluster.up(&[]).await.succeeds();
    let image = python(&cluster).await;
    beside.image = Some(image.clone());
    let variables: Value =
        serde_json::from_str(&cluster.redos(&["env", "--format", "json"]).await.succeeds()).expect("JSON");
    let password = variables["REDIS_PASSWORD"].as_str().expect("a password");
    let environment = [
        format!("REDIS_URL=redis://default:{password}@{}-proxy:6379/0", cluster.name),
        format!("SENTINELS={}", variables["REDIS_SENTINELS"].as_str().expect("addresses")),
        format!("PASSWORD={password}"),
    ];
    for _ in 0..2 {
        assert_eq!(run_on(&image, cluster.name.as_str(), &environment, &["python3", "proxy.py"]).await, "hello\n");
        let with_file = "printf %s \"$PASSWORD\" >/tmp/password; PASSWORD_FILE=/tmp/password exec python3 sentinel.py";
        let said = run_on(&image, cluster.name.as_str(), &environment, &["busybox", "sh", "-c", with_file]).await;
        assert!(said.starts_with("hello\n"), "{said}");
        let tasks = "python3 -m celery -A tasks worker --pool solo --concurrency 1 >/tmp/log 2>&1 & \
                     python3 -c 'from tasks import add; print(add.delay(2, 3).get(timeout=30))' || { busybox cat /tmp/log; exit 1; }";
        assert_eq!(run_on(&image, cluster.name.as_str(), &environment, &["busybox", "sh", "-c", tasks]).await, "5\n");
        cluster.redos(&["failover"]).await.succeeds();
    }
    let said = compose_example(&cluster, password).await;
    assert!(said.contains("visits: 1\nvisits: 2\n"), "{said}");
}

/// Runs the application of `examples/compose` for some seconds as its project does: on the cluster's network, with the password in
/// a file. Returns what it printed.
async fn compose_example(cluster: &Cluster, password: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/compose");
    let script = "printf %s \"$PASSWORD\" >/run/secrets/redis-password; timeout 4 sh /app/app.sh; true";
    let tmpfs = ["/run/secrets", "/tmp"].map(|path| (path.to_owned(), String::new()));
    let body = ContainerCreateBody {
        image: Some(programs(&cluster.engine).await.redis.image),
        entrypoint: Some(Vec::new()),
        cmd: Some(["sh", "-c", script].map(str::to_owned).into()),
        env: Some(vec![
            format!("PASSWORD={password}"),
            format!("REDIS_HOST={}-proxy", cluster.name),
            "REDIS_PORT=6379".to_owned(),
        ]),
        host_config: Some(HostConfig {
            binds: Some(vec![format!("{}:/app:ro", folder.display())]),
            network_mode: Some(cluster.name.to_string()),
            tmpfs: Some(tmpfs.into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    output(body).await.1
}

/// What Compose 2.40 does for a service with `provider: {type: redos}` and one that depends on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_a_compose_project_is_ready_before_those_that_depend_on_it() {
    let mut beside = Beside::default();
    let cluster = Cluster::new("provider").await;
    let image = python(&cluster).await;
    beside.image = Some(image.clone());
    let network = format!("{}_default", cluster.name);
    let config = IpamConfig { subnet: Some("10.250.77.0/24".to_owned()), ..Default::default() };
    let request = NetworkCreateRequest {
        name: network.clone(),
        ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
        ..Default::default()
    };
    raw().create_network(request).await.expect("a network");
    beside.network = Some(network.clone());
    let on_network = format!("--network={network}");
    let call = |verb| {
        ["compose", "--project-name=shop", verb, &on_network, "--port=0", "--read-port=0", "--stats-port=0", "redis"]
    };
    let up = cluster.redos(&call("up")).await.succeeds();
    let messages = up.lines().map(|line| serde_json::from_str::<Value>(line).expect("a message a line"));
    let variables = messages.filter(|message| message["type"] == "setenv");
    let environment: Vec<String> =
        variables.map(|set| format!("REDIS_{}", set["message"].as_str().expect("text"))).collect();
    let said = run_on(&image, &network, &environment, &["python3", "proxy.py"]).await;
    let mut mistyped = tokio::process::Command::new(env!("CARGO_BIN_EXE_redos"));
    mistyped.args(["compose", "--project-name=shop", "up", "--replica=1", "redis"]);
    let mistyped = cluster.run(mistyped).await;
    let down = cluster.redos(&call("down")).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();

    assert_eq!(said, "hello\n");
    let why: Value = serde_json::from_str(&mistyped.stdout).expect("one message");
    assert!(why["type"] == "error" && why["message"].to_string().contains("'--replica'"), "{why}");
    mistyped.fails(2);
    down.succeeds();
}
