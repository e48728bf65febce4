//! Images: where they come from and what is in them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bollard::models::{ContainerConfig, HealthConfig};
use bollard::query_parameters::{CommitContainerOptions, CreateImageOptions, RemoveImageOptions};
use futures_util::{StreamExt, TryStreamExt};
use redos::testing::cluster::observed::Inventory;
use redos::testing::engine::image::{self, BuildOptions, ImageKind};
use redos::testing::engine::{EngineErrorKind, ImageStore, NodeSpec, Nodes};
use redos::testing::spec::{ImageChoice, Images, NodeId, Spec};
use redos::testing::update::Update;

use tokio::fs::File;

use crate::imitations::derive;
use crate::support::{Cluster, engine, programs, raw};

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
    let images = Images { redis: nowhere, ..Default::default() };
    let spec = Spec { images, ..Spec::with_defaults("nowhere".parse().expect("a name")) };
    let begun = Instant::now();
    let error = image::resolve(&*engine().await, &spec, &Inventory::default(), &|_: Update| {}).await;
    let error = error.expect_err("there is no such registry");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(error.kind, EngineErrorKind::Image);
    assert!(
        error.to_string().contains("127.0.0.1:1/redis:8.0") && error.hints.iter().any(|h| h.contains("images load"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_has_lost_its_tag_is_no_error_of_the_list() {
    let cluster = Cluster::new("dangling").await;
    let folder = tempfile::tempdir().expect("a folder");
    let (tar, reference) = (folder.path().join("root.tar"), format!("redos/{}:1", cluster.name));
    std::fs::write(folder.path().join("file"), "x").expect("written");
    let packed =
        std::process::Command::new("tar").arg("-C").arg(folder.path()).arg("-cf").arg(&tar).arg("file").status();
    assert!(packed.expect("tar").success());
    let mut made = Vec::new();
    for turn in ["1", "2"] {
        let changes = ["LABEL dev.redos.image=redis".to_owned(), format!("LABEL turn={turn}")];
        made.push(cluster.engine.import_image(&tar, &reference, &changes).await.expect("an image").id);
    }
    let list = cluster.redos(&["images", "list"]).await;
    for id in made {
        raw().remove_image(&id, None::<RemoveImageOptions>, None).await.expect("removed");
    }
    let list = list.succeeds();
    assert!(list.contains(&reference) && !list.contains("<none>"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_lacks_what_a_node_needs_is_named_before_anything_is_made() {
    let cluster = Cluster::new("unfit").await;
    let (docker, have) = (raw(), programs(&cluster.engine).await);
    let name = |tag: &str| format!("{}:{tag}", cluster.name);
    let [no_client, no_server, own_entry, foreign] = ["no-client", "no-server", "own-entry", "foreign"].map(name);
    let removal = |program: &str| format!("rm=$(command -v redis-{program}); busybox rm \"$rm\"");
    derive(&docker, &have.redis.image, &no_client, &removal("cli"), &["CMD [\"redis-server\"]"]).await;
    derive(&docker, &have.redis.image, &no_server, &removal("server"), &["CMD [\"sleep\", \"1\"]"]).await;
    derive(&docker, &have.redis.image, &own_entry, "true", &["CMD [\"/run.sh\"]"]).await;
    import_foreign(&docker, &cluster.name.to_string(), "foreign").await;
    let [redis, proxy] = [&have.redis.image, &have.proxy.image];
    let cases: [(&[&str], &[&str]); 5] = [
        (&["--redis-image", &no_client], &[&no_client, "it has no redis-cli", "flag --redis-image"]),
        (
            &["--redis-image", &no_server],
            &[&no_server, "none of redis-server and valkey-server", "docker-entrypoint.sh sleep 1'"],
        ),
        (&["--redis-image", proxy, "--proxy-image", redis], &[proxy, "it has HAProxy", "one for --proxy-image"]),
        (&["--proxy-image", redis], &[redis, "it has Redis or Valkey", "flag --proxy-image"]),
        (&["--redis-image", &foreign], &[&foreign, "it is for another machine", "docker pull --platform linux/"]),
    ];
    for (arguments, parts) in cases {
        let said = cluster.up(arguments).await.fails(2);
        for part in parts {
            assert!(said.contains(part), "{arguments:?}: {part} in {said}");
        }
    }
    assert_eq!(cluster.inventory().await, Inventory::default(), "nothing was made");
    let spec = Spec {
        images: Images { redis: ImageChoice::Reference(own_entry.clone()), ..Default::default() },
        ..cluster.spec()
    };
    let found = image::resolve(&*cluster.engine, &spec, &Inventory::default(), &|_| {}).await.expect("it has a server");
    assert_eq!(found.programs.redis.server, "redis-server", "though its command does not name it");
    assert_eq!(found.used.redis.map(|used| used.release.name).as_deref(), Some("redis"));
    for image in [no_client, no_server, own_entry, foreign] {
        docker.remove_image(&image, None::<RemoveImageOptions>, None).await.expect("removed");
    }
}

/// Makes an image whose shell is a program of another kind of machine.
async fn import_foreign(docker: &bollard::Docker, repo: &str, tag: &str) {
    // The head of an ELF file: 64 bits, little-endian, executable, for a machine type that does not exist.
    let mut program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
    program[16..24].copy_from_slice(&[2, 0, 0xfe, 0xca, 1, 0, 0, 0]);
    let mut tree = tar::Builder::new(Vec::new());
    for name in ["bin/sh", "bin/redis-server"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(program.len() as u64);
        header.set_mode(0o755);
        tree.append_data(&mut header, name, program.as_slice()).expect("packed");
    }
    let tree = bytes::Bytes::from(tree.into_inner().expect("packed"));
    let options = CreateImageOptions {
        from_src: Some("-".to_owned()),
        repo: Some(repo.to_owned()),
        tag: Some(tag.to_owned()),
        changes: vec!["ENV PATH=/bin".to_owned(), "CMD [\"redis-server\"]".to_owned()],
        ..Default::default()
    };
    docker
        .create_image(Some(options), Some(bollard::body_full(tree)), None)
        .try_collect::<Vec<_>>()
        .await
        .expect("made");
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_images_can_be_loaded() {
    let engine = engine().await;
    let images = Images::default();
    let programs = programs(&engine).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("images.tar");
    let (saved, stream) = image::save(&*engine, &images, false).await.expect("here");
    assert_eq!(saved, [programs.redis.image, programs.proxy.image]);
    let chunks: Vec<_> = stream.map(|chunk| chunk.expect("a chunk")).collect().await;
    std::fs::write(&file, chunks.concat()).expect("written");
    let load = async || image::load(&*engine, File::open(&file).await.expect("a file"), "the file").await;
    let loaded = load().await.expect("loaded");
    assert_eq!(BTreeSet::from_iter(loaded), BTreeSet::from_iter(saved));
    std::fs::write(&file, "not a tar").expect("written");
    assert_eq!(load().await.expect_err("refused").kind, EngineErrorKind::Image);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_neither_stop_signal_nor_health_check_from_its_image() {
    let cluster = Cluster::new("inherited").await;
    let (docker, sentinel) = (raw(), NodeId::Sentinel(1));
    let network = cluster.created(sentinel, &["sleep", "60"]).await;
    let [repo, tag] = [cluster.name.to_string(), "own".to_owned()];
    let options = CommitContainerOptions {
        container: Some(cluster.container(sentinel)),
        repo: Some(repo.clone()),
        tag: Some(tag.clone()),
        ..Default::default()
    };
    let check = HealthConfig { test: Some(vec!["CMD".to_owned(), "false".to_owned()]), ..Default::default() };
    let config =
        ContainerConfig { stop_signal: Some("SIGUSR1".to_owned()), healthcheck: Some(check), ..Default::default() };
    docker.commit_container(options, config).await.expect("an image");
    let image = format!("{repo}:{tag}");
    let own = docker.inspect_image(&image).await.expect("an image").config.expect("a configuration");
    assert_eq!(own.stop_signal.as_deref(), Some("SIGUSR1"), "the image asks for it");
    assert!(own.healthcheck.is_some_and(|check| check.test.is_some_and(|test| test[0] != "NONE")));

    let redis: NodeId = "redis-1".parse().expect("a node");
    let spec = cluster.spec();
    cluster.engine.create_volume(&spec, redis).await.expect("a volume");
    let node = NodeSpec { image: image.clone(), ..cluster.node(redis, &network, &["sleep", "60"]).await };
    cluster.engine.create_node(&spec, &node, &network.id).await.expect("a container");
    let made = docker.inspect_container(&cluster.container(redis), None).await.expect("a container");
    let config = made.config.expect("a configuration");
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    docker.remove_image(&image, None::<RemoveImageOptions>, None).await.expect("removed");
    assert_eq!(config.stop_signal.as_deref(), Some("SIGTERM"));
    assert_eq!(config.healthcheck.and_then(|check| check.test), Some(vec!["NONE".to_owned()]));
}
