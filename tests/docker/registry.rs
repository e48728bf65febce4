//! A registry for scenarios. They push images, pull them in tens of megabytes, and are refused.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bollard::auth::DockerCredentials;
use bollard::query_parameters::{PushImageOptions, RemoveImageOptions, TagImageOptions};
use futures_util::TryStreamExt;
use redos::testing::engine::image::{self, ImageKind};
use redos::testing::spec::{ImageChoice, Images, Spec};
use redos::testing::update::Update;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::own_engine::OwnEngine;
use crate::programs::program;
use crate::support::Cluster;

/// A registry on a port of its own choice, in the calling thread's network.
struct Registry {
    address: String,
    /// The login of its only user, if it wants one.
    password: String,
    _process: Child,
}

impl Registry {
    /// A registry that keeps its images in `folder`. With a login it makes up the password itself.
    async fn start(program: &Path, folder: &Path, with_login: bool) -> Self {
        let login = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}/htpasswd\n", folder.display());
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n{}",
            folder.display(),
            if with_login { login.as_str() } else { "" }
        );
        let file = folder.join("config.yml");
        std::fs::write(&file, config).expect("written");
        let mut command = Command::new(program);
        command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().expect("a registry");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let mut password = String::new();
        let address = loop {
            let line = log.next_line().await.expect("a log").expect("it comes up");
            if let Some((_, rest)) = line.split_once("password=") {
                password = rest.split(' ').next().expect("a word").trim_matches('"').to_owned();
            }
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().expect("an address").to_owned();
            }
        };
        // The registry stops if nobody reads its log.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self { address, password, _process: process }
    }

    fn reference(&self, kind: ImageKind, tag: &str) -> String {
        format!("{}/team/{}:{tag}", self.address, kind.as_str())
    }
}

/// The program of a registry. It is fetched before a thread moves into a network in which there is no archive.
async fn registry_program() -> PathBuf {
    program("docker-registry", "docker-registry").await
}

/// The user that a registry without users creates when it wants a login.
const USER: &str = "docker";

/// Moves this host's images from the Engine to the registry.
async fn push(own: &OwnEngine, registry: &Registry) {
    let login = (!registry.password.is_empty()).then(|| DockerCredentials {
        username: Some(USER.to_owned()),
        password: Some(registry.password.clone()),
        serveraddress: Some(registry.address.clone()),
        ..Default::default()
    });
    own.load_images().await;
    let docker = own.raw();
    for kind in ImageKind::needed(false) {
        let repo = registry.reference(kind, "1").trim_end_matches(":1").to_owned();
        let tag = TagImageOptions { repo: Some(repo.clone()), tag: Some("1".to_owned()) };
        docker.tag_image(kind.ours(), Some(tag)).await.expect("tagged");
        let options = PushImageOptions { tag: Some("1".to_owned()), ..Default::default() };
        let pushed = docker.push_image(&repo, Some(options), Some(login.clone().unwrap_or_default()));
        pushed.try_collect::<Vec<_>>().await.expect("pushed");
    }
    for image in docker.list_images(None::<bollard::query_parameters::ListImagesOptions>).await.expect("images") {
        let options = RemoveImageOptions { force: true, ..Default::default() };
        docker.remove_image(&image.id, Some(options), None).await.expect("removed");
    }
}

#[tokio::test]
async fn a_cluster_runs_on_images_that_a_registry_gives_and_a_refusal_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = registry_program().await;
    let own = OwnEngine::start(None).await;
    let registry = Registry::start(&server, folder.path(), false).await;
    push(&own, &registry).await;

    let cluster = Cluster::at("registry", &own.address()).await;
    let (redis, proxy) = (registry.reference(ImageKind::Redis, "1"), registry.reference(ImageKind::Proxy, "1"));
    let pulled =
        cluster.redos(&["images", "pull", "--redis-image", &redis, "--proxy-image", &proxy, "-o", "json"]).await;
    let pulled: serde_json::Value = serde_json::from_str(&pulled.succeeds()).expect("JSON");
    assert_eq!(pulled["items"][0]["image"], redis.as_str(), "{pulled:#}");
    own.raw().remove_image(&redis, None::<RemoveImageOptions>, None).await.expect("removed");

    // `up` pulls the missing images, and shows the bytes of all of them.
    let choice = |reference: &str| ImageChoice::Reference(reference.to_owned());
    let images = Images { redis: choice(&redis), proxy: choice(&proxy), ..Default::default() };
    let bytes = Mutex::new(Vec::new());
    let note = |event: Update| {
        if let Update::Progress { bytes: Some(progress), .. } = event {
            bytes.lock().expect("no panic").push(progress);
        }
    };
    let spec = Spec { images, ..Spec::with_defaults(cluster.name.clone()) };
    let found = image::resolve(&*own.engine().await, &spec, &Default::default(), &note).await.expect("pulled");
    assert_eq!(found.programs.redis.image, redis);
    let used = found.used.redis.expect("found");
    assert!(used.digest.is_some_and(|digest| digest.contains("@sha256:")) && used.release.name == "redis");
    let bytes = bytes.into_inner().expect("no panic");
    let &(done, total) = bytes.last().expect("progress");
    assert!(done == total && total > 1_000_000 && bytes.is_sorted(), "{bytes:?}");
    own.raw().remove_image(&proxy, None::<RemoveImageOptions>, None).await.expect("removed");
    cluster
        .up(&["--replicas", "1", "--sentinels", "1", "--redis-image", &redis, "--proxy-image", &proxy])
        .await
        .succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    cluster.redos(&["down", "--volumes"]).await.succeeds();

    let unknown = registry.reference(ImageKind::Redis, "none");
    let said = cluster.up(&["--redis-image", &unknown, "--proxy-image", &proxy]).await.fails(8);
    assert!(said.contains(&format!("failed to pull image {unknown}")) && said.contains("not found"), "{said}");
    assert!(said.contains("check its name and tag"), "{said}");

    let locked = tempfile::tempdir().expect("a folder");
    let closed = Registry::start(&server, locked.path(), true).await;
    let private = closed.reference(ImageKind::Redis, "1");
    let said = cluster.up(&["--redis-image", &private, "--proxy-image", &proxy]).await.fails(8);
    let login = format!("docker login {} && docker pull {private}", closed.address);
    assert!(said.contains("no basic auth credentials") && said.contains(&login), "{said}");

    let gone = closed.reference(ImageKind::Redis, "1");
    drop(closed);
    let said = cluster.up(&["--redis-image", &gone, "--proxy-image", &proxy]).await.fails(8);
    assert!(said.contains("connection refused") && said.contains("redos images load images.tar"), "{said}");
    let nothing = cluster.inventory().await;
    assert!(nothing.nodes.is_empty() && nothing.network.is_none(), "{nothing:?}");
}

/// A registry whose first answer takes this long; it forwards the answers of the other one.
async fn slow(registry: &Registry, silence: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let (address, far) = (listener.local_addr().expect("its address").to_string(), registry.address.clone());
    let begun = tokio::time::Instant::now();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let far = far.clone();
            tokio::spawn(async move {
                tokio::time::sleep_until(begun + silence).await;
                let mut far = TcpStream::connect(far).await.expect("the registry");
                // Either side may close first, which is no error.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

/// A registry that allows no more pulls, with the words of Docker Hub.
async fn exhausted() -> String {
    const SAID: &str = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address").to_string();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut near = BufReader::new(near);
                let mut request = String::new();
                while near.read_line(&mut request).await.is_ok_and(|read| read > 2) {}
                let status = if request.contains("/manifests/") { "429 Too Many Requests" } else { "200 OK" };
                let head = "Content-Type: application/json\r\nConnection: close\r\nContent-Length";
                let answer = format!("HTTP/1.1 {status}\r\n{head}: {}\r\n\r\n{SAID}", SAID.len());
                // The Engine tries TLS first, closes this connection, and then tries HTTP.
                let _ = near.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_slow_registry_is_waited_for_and_every_refusal_says_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = registry_program().await;
    let own = OwnEngine::start(None).await;
    let registry = Registry::start(&server, folder.path(), false).await;
    push(&own, &registry).await;
    let cluster = Cluster::at("slow", &own.address()).await;
    let silence = Duration::from_secs(7);
    let address = slow(&registry, silence).await;
    let [redis, proxy] = [ImageKind::Redis, ImageKind::Proxy].map(|kind| format!("{address}/team/{}:1", kind.as_str()));
    let begun = Instant::now();
    cluster.redos(&["images", "pull", "--redis-image", &redis, "--proxy-image", &proxy]).await.succeeds();
    assert!(begun.elapsed() >= silence, "{:?}", begun.elapsed());

    let limited = format!("{}/team/redis:1", exhausted().await);
    let said = cluster.up(&["--redis-image", &limited, "--proxy-image", &proxy]).await.fails(8);
    for part in [&*limited, "allows no more pulls for now", "docker login", "mirror", "redos images build"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let said = cluster.up(&["--redis-image", "nowhere.invalid/redis:1", "--proxy-image", &proxy]).await.fails(8);
    assert!(said.contains("the name of the registry cannot be resolved"), "{said}");
    assert_eq!(cluster.inventory().await, Default::default(), "nothing was made");
}

#[tokio::test]
async fn a_pull_uses_the_login_of_dockers_own_configuration_or_of_its_helper() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = registry_program().await;
    let own = OwnEngine::start(None).await;
    let registry = Registry::start(&server, folder.path(), true).await;
    push(&own, &registry).await;
    let cluster = Cluster::at("login", &own.address()).await;
    let [redis, proxy] = [ImageKind::Redis, ImageKind::Proxy].map(|kind| registry.reference(kind, "1"));
    let (address, password) = (&registry.address, &registry.password);
    let pull = async |config: Option<String>| {
        let docker = tempfile::tempdir().expect("a folder");
        if let Some(config) = config {
            std::fs::write(docker.path().join("config.json"), config).expect("written");
        }
        let helper = docker.path().join("docker-credential-test");
        let says = format!(r#"{{"ServerURL":"{address}","Username":"{USER}","Secret":"{password}"}}"#);
        std::fs::write(&helper, format!("#!/bin/sh\ncat >/dev/null\necho '{says}'\n")).expect("written");
        std::fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
        let mut command = cluster.command(&["images", "pull", "-v", "--redis-image", &redis, "--proxy-image", &proxy]);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("DOCKER_CONFIG", docker.path()).env("PATH", format!("{}:{path}", docker.path().display()));
        cluster.run(command).await
    };
    let auth = BASE64_STANDARD.encode(format!("{USER}:{password}"));
    let said = pull(None).await.fails(8);
    assert!(said.contains("the registry wants a login") && said.contains("docker login"), "{said}");
    for config in [
        format!(r#"{{"auths": {{"{address}": {{"auth": "{auth}"}}}}}}"#),
        format!(r#"{{"credHelpers": {{"{address}": "test"}}}}"#),
        r#"{"credsStore": "test"}"#.to_owned(),
    ] {
        let pulled = pull(Some(config.clone())).await;
        for word in [password.as_str(), &auth] {
            assert!(!pulled.stderr.contains(word) && !pulled.stdout.contains(word), "a secret is shown");
        }
        assert_eq!(pulled.code, Some(0), "{config}: {}", pulled.stderr);
    }
    let said = pull(Some(format!(r#"{{"credHelpers": {{"{address}": "nowhere"}}}}"#))).await.fails(8);
    assert!(said.contains("without a login") && said.contains("helper"), "{said}");
}
