//! Images: where they come from and what is in them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{CreateContainerOptions, LogsOptions, RemoveContainerOptions, RemoveImageOptions};
use futures_util::StreamExt;
use redos::engine::EngineErrorKind;
use redos::engine::image::{self, BuildOptions, ImageKind, Server};
use redos::plan::event::Event;
use redos::plan::observed::Inventory;
use redos::spec::{ImageChoice, Images};

use tokio::fs::File;

use crate::support::{engine, raw};

/// What a program in an image says, as an arbitrary user, without any capability, on a read-only root.
async fn says(image: &str, command: &[&str]) -> String {
    let docker = raw();
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        user: Some("10001:10001".to_owned()),
        entrypoint: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        host_config: Some(HostConfig {
            readonly_rootfs: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            network_mode: Some("none".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let id = docker.create_container(None::<CreateContainerOptions>, body).await.expect("made").id;
    docker.start_container(&id, None).await.expect("started");
    let options = LogsOptions { follow: true, stdout: true, stderr: true, ..Default::default() };
    let log: Vec<_> = docker.logs(&id, Some(options)).collect().await;
    let remove = RemoveContainerOptions { force: true, ..Default::default() };
    docker.remove_container(&id, Some(remove)).await.expect("removed");
    log.into_iter().map(|chunk| chunk.expect("a log").to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_made_from_the_package_archive_of_another_release() {
    let engine = engine().await;
    let options = BuildOptions { suite: Some("trixie".to_owned()), server: Server::Valkey, ..Default::default() };
    let built = image::build(&engine, &options, &|_| {}).await.unwrap_or_else(|e| panic!("{e}: {:?}", e.source));
    let [server, proxy] = built.as_slice() else { panic!("two images: {built:?}") };
    assert!(server.reference.starts_with("redos/valkey:8.") && server.reference.ends_with("-debian13"));
    assert!(proxy.reference.starts_with("redos/haproxy:3.0.") && proxy.reference.ends_with("-debian13"));
    let version = says(&server.reference, &["valkey-server", "--version"]).await;
    assert!(version.contains("v=8."), "{version}");
    let client = says(&server.reference, &["valkey-cli", "--version"]).await;
    assert!(client.contains("8."), "{client}");
    let version = says(&proxy.reference, &["haproxy", "-v"]).await;
    assert!(version.contains("version 3.0"), "{version}");
    assert_eq!(says(&proxy.reference, &["sh", "-c", "busybox id -un"]).await, "redos\n");
    for image in built {
        // The next run makes them anew; without this each would leave its own behind.
        raw().remove_image(&image.reference, None::<RemoveImageOptions>, None).await.expect("removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_not_there_is_refused_with_the_tools_words() {
    let suite = Some("no-such-release".to_owned());
    let options = BuildOptions { suite, kinds: BTreeSet::from([ImageKind::Proxy]), ..Default::default() };
    let error = image::build(&*engine().await, &options, &|_| {}).await.expect_err("refused");
    assert_eq!(error.kind, EngineErrorKind::Image);
    let said = error.source.expect("a source").to_string();
    assert!(said.contains("no-such-release"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_from_nowhere_fails_soon_and_says_what_to_do() {
    let nowhere = ImageChoice::Reference("127.0.0.1:1/redis:8.0".to_owned());
    let images = Images { redis: nowhere, proxy: ImageChoice::Auto };
    let begun = Instant::now();
    let error = image::resolve(&*engine().await, &images, &Inventory::default(), &|_: Event| {}).await;
    let error = error.expect_err("there is no such registry");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(error.kind, EngineErrorKind::Image);
    assert!(
        error.to_string().contains("127.0.0.1:1/redis:8.0") && error.hints.iter().any(|h| h.contains("images load"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_images_can_be_loaded() {
    let engine = engine().await;
    let images = Images { redis: ImageChoice::Auto, proxy: ImageChoice::Auto };
    let programs = image::resolve(&engine, &images, &Inventory::default(), &|_| {}).await.expect("images");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("images.tar");
    let (saved, stream) = image::save(&engine, &images).await.expect("here");
    assert_eq!(saved, [programs.redis.image, programs.proxy.image]);
    let chunks: Vec<_> = stream.map(|chunk| chunk.expect("a chunk")).collect().await;
    std::fs::write(&file, chunks.concat()).expect("written");
    let load = async || image::load(&engine, File::open(&file).await.expect("a file"), "the file").await;
    let loaded = load().await.expect("loaded");
    assert_eq!(BTreeSet::from_iter(loaded), BTreeSet::from_iter(saved));
    std::fs::write(&file, "not a tar").expect("written");
    assert_eq!(load().await.expect_err("refused").kind, EngineErrorKind::Image);
}
