//! A registry: images are pushed to it, pulled from it by the tens of megabytes, and refused by it.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;

use bollard::auth::DockerCredentials;
use bollard::query_parameters::{PushImageOptions, RemoveImageOptions, TagImageOptions};
use futures_util::TryStreamExt;
use redos::engine::image::{self, ImageKind};
use redos::plan::event::Event;
use redos::spec::{ImageChoice, Images};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::own_engine::OwnEngine;
use crate::programs::program;
use crate::support::Cluster;

/// A registry on a port of its own choice, in the calling thread's network.
struct Registry {
    address: String,
    _process: Child,
}

impl Registry {
    /// One that keeps its images in `folder`. With a login it lets nobody in: it makes up the password itself.
    async fn start(folder: &Path, with_login: bool) -> Self {
        let login = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}/htpasswd\n", folder.display());
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n{}",
            folder.display(),
            if with_login { login.as_str() } else { "" }
        );
        let file = folder.join("config.yml");
        std::fs::write(&file, config).expect("written");
        let mut command = Command::new(program("docker-registry", "docker-registry").await);
        command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().expect("a registry");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let address = loop {
            let line = log.next_line().await.expect("a log").expect("it comes up");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().expect("an address").to_owned();
            }
        };
        // It must be able to write on.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self { address, _process: process }
    }

    fn reference(&self, kind: ImageKind, tag: &str) -> String {
        format!("{}/team/{}:{tag}", self.address, kind.as_str())
    }
}

/// Gives this host's images to the registry and takes them away from the Engine.
async fn push(own: &OwnEngine, registry: &Registry) {
    own.load_images().await;
    let docker = own.raw();
    for kind in ImageKind::ALL {
        let repo = registry.reference(kind, "1").trim_end_matches(":1").to_owned();
        let tag = TagImageOptions { repo: Some(repo.clone()), tag: Some("1".to_owned()) };
        docker.tag_image(kind.ours(), Some(tag)).await.expect("tagged");
        let options = PushImageOptions { tag: Some("1".to_owned()), ..Default::default() };
        let pushed = docker.push_image(&repo, Some(options), Some(DockerCredentials::default()));
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
    let own = OwnEngine::start(None).await;
    let registry = Registry::start(folder.path(), false).await;
    push(&own, &registry).await;

    let cluster = Cluster::at("registry", &own.address()).await;
    let (redis, proxy) = (registry.reference(ImageKind::Redis, "1"), registry.reference(ImageKind::Proxy, "1"));
    let pulled =
        cluster.redos(&["images", "pull", "--redis-image", &redis, "--proxy-image", &proxy, "-o", "json"]).await;
    let pulled: serde_json::Value = serde_json::from_str(&pulled.succeeds()).expect("JSON");
    assert_eq!(pulled["items"][0]["image"], redis.as_str(), "{pulled:#}");
    own.raw().remove_image(&redis, None::<RemoveImageOptions>, None).await.expect("removed");

    // What is missing is pulled by `up`, and shown as octets of all.
    let choice = |reference: &str| ImageChoice::Reference(reference.to_owned());
    let images = Images { redis: choice(&redis), proxy: choice(&proxy) };
    let octets = Mutex::new(Vec::new());
    let note = |event: Event| {
        if let Event::Progress { octets: Some(progress), .. } = event {
            octets.lock().expect("no panic").push(progress);
        }
    };
    let programs = image::resolve(&*own.engine().await, &images, &Default::default(), &note).await.expect("pulled");
    assert_eq!(programs.redis.image, redis);
    let octets = octets.into_inner().expect("no panic");
    let &(done, total) = octets.last().expect("progress");
    assert!(done == total && total > 1_000_000 && octets.is_sorted(), "{octets:?}");
    own.raw().remove_image(&proxy, None::<RemoveImageOptions>, None).await.expect("removed");
    cluster.up(&["--replicas", "1", "--redis-image", &redis, "--proxy-image", &proxy]).await.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    cluster.redos(&["down", "--volumes"]).await.succeeds();

    let unknown = registry.reference(ImageKind::Redis, "none");
    let said = cluster.up(&["--redis-image", &unknown, "--proxy-image", &proxy]).await.fails(1);
    assert!(said.contains(&format!("failed to pull image {unknown}")) && said.contains("not found"), "{said}");
    assert!(said.contains("check its name and tag"), "{said}");

    let locked = tempfile::tempdir().expect("a folder");
    let closed = Registry::start(locked.path(), true).await;
    let private = closed.reference(ImageKind::Redis, "1");
    let said = cluster.up(&["--redis-image", &private, "--proxy-image", &proxy]).await.fails(1);
    let login = format!("docker login {} && docker pull {private}", closed.address);
    assert!(said.contains("no basic auth credentials") && said.contains(&login), "{said}");

    let gone = closed.reference(ImageKind::Redis, "1");
    drop(closed);
    let said = cluster.up(&["--redis-image", &gone, "--proxy-image", &proxy]).await.fails(1);
    assert!(said.contains("connection refused") && said.contains("redos images load images.tar"), "{said}");
    let nothing = cluster.inventory().await;
    assert!(nothing.nodes.is_empty() && nothing.network.is_none(), "{nothing:?}");
}
