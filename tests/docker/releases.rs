//! Other servers than this host's release has: Redis 8 behind HAProxy 3.0, and Valkey 9 behind HAProxy 3.2, with later exporters,
//! from the packages of Debian 13 and of the release after it. Valkey 8 is what the scenarios of upgrades run.

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptions, LogsOptions, RemoveContainerOptions, RemoveImageOptions, TagImageOptions,
};
use futures_util::StreamExt;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use crate::support::{Cluster, connect, raw};
use crate::tls::cli;

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

/// `redos images build`, for one scenario alone; the references of the images of server, proxy and exporter.
///
/// They have the name of its cluster before the name that redos gives them. It is the scenario that removes them.
pub async fn build(cluster: &Cluster, suite: &str, server: &str) -> [String; 3] {
    // redos gives them the same names in each scenario.
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;
    let words = ["images", "build", "--suite", suite, "--server", server, "--exporter", "-o", "json"];
    let configuration = tempfile::NamedTempFile::new().expect("a file");
    // A mirror that stands still has an index of a release in the making that counts for a week.
    std::fs::write(configuration.path(), "Acquire::Check-Valid-Until \"false\";\n").expect("written");
    let mut command = cluster.command(&words);
    command.env("APT_CONFIG", configuration.path());
    let built = cluster.run(command).await;
    let built: serde_json::Value = serde_json::from_str(&built.succeeds()).expect("JSON");
    let mut own = [const { String::new() }; 3];
    for (number, own) in own.iter_mut().enumerate() {
        let image = built["items"][number]["image"].as_str().expect("an image");
        *own = format!("{}/{image}", cluster.name);
        let (repo, tag) = own.rsplit_once(':').expect("a tag");
        let options = TagImageOptions { repo: Some(repo.to_owned()), tag: Some(tag.to_owned()) };
        raw().tag_image(image, Some(options)).await.expect("tagged");
        raw().remove_image(image, None::<RemoveImageOptions>, None).await.expect("removed");
    }
    own
}

/// Changes all passwords of a cluster. A client that is connected with the old one goes on until they are dropped.
async fn rotates(cluster: &Cluster, mut old: MultiplexedConnection) {
    let old_url = cluster.redos(&["url"]).await.succeeds();
    cluster.redos(&["password", "rotate"]).await.succeeds();
    let () = old.set("kept", "meanwhile").await.expect("a write with the old password");
    let mut new = cluster.client(&[]).await;
    assert_eq!(new.get::<_, String>("kept").await.expect("a read with the new password"), "meanwhile");
    connect(&old_url).await.expect("the old password is accepted until the end");
    cluster.redos(&["password", "rotate", "--finish"]).await.succeeds();
    connect(&old_url).await.expect_err("the old password is not accepted any more");
    let () = new.set("kept", "after").await.expect("a write with the new password");
}

/// One cluster of these images, from `up` to `down`.
async fn lives([server, proxy, exporter]: &[String; 3], version: &str, of_exporter: &str) {
    let cluster = Cluster::new("release").await;
    let images = ["--redis-image", server, "--proxy-image", proxy, "--exporter-image", exporter, "--exporter"];
    cluster.up(&images).await.succeeds();
    let status = cluster.status().await;
    assert_eq!(status["healthy"], true, "{status:#}");
    for node in status["groups"][0]["nodes"].as_array().expect("nodes") {
        assert!(node["version"].as_str().is_some_and(|own| own.starts_with(version)), "{version} in {node:#}");
    }
    let exporter = &status["exporter"];
    assert!(exporter["problem"].is_null(), "it has metrics of each node: {status:#}");
    assert!(exporter["version"].as_str().is_some_and(|own| own.starts_with(of_exporter)), "{exporter}");
    let () = cluster.client(&[]).await.set("kept", "yes").await.expect("a write");
    cluster.redos(&["failover"]).await.succeeds();
    assert_ne!(cluster.master().await.to_string(), "redis-1");
    let mut client = cluster.client(&[]).await;
    assert_eq!(client.get::<_, String>("kept").await.expect("a read"), "yes");
    let () = client.set("kept", "still").await.expect("a write");
    rotates(&cluster, client).await;
    cluster.redos(&["plan"]).await.succeeds();
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    assert_eq!(cluster.labelled().await, [vec![], vec![], vec![]] as [Vec<String>; 3]);
}

/// One cluster with TLS of these images, whose certificates are renewed.
async fn encrypts([server, proxy, exporter]: &[String; 3]) {
    let cluster = Cluster::new("releasetls").await;
    let images = ["--redis-image", server, "--proxy-image", proxy, "--exporter-image", exporter, "--exporter"];
    cluster.up(&[&["--tls", "--replicas", "1"][..], &images].concat()).await.succeeds();
    let status = cluster.status().await;
    assert_eq!((&status["healthy"], &status["encryption"]), (&true.into(), &"tls".into()), "{status:#}");
    assert!(status["exporter"]["problem"].is_null(), "it has metrics of each node: {status:#}");
    assert_eq!(cli(&cluster, &["--", "SET", "kept", "yes"]).await, "OK");
    let started = async || cli(&cluster, &["redis-1", "--admin", "--", "INFO", "server"]).await;
    let run_id = |info: &str| info.lines().find(|line| line.starts_with("run_id:")).expect("a run id").to_owned();
    let before = run_id(&started().await);
    let renewed = cluster.redos(&["up", "--renew-certificates", "-o", "json"]).await.succeeds();
    let renewed: serde_json::Value = serde_json::from_str(&renewed).expect("JSON");
    assert_eq!(renewed["renewedCertificates"].as_array().map(Vec::len), Some(5), "{renewed:#}");
    cluster.settled().await;
    assert_eq!(run_id(&started().await), before, "it was not restarted");
    cluster.redos(&["failover"]).await.succeeds();
    assert_eq!(cli(&cluster, &["--", "GET", "kept"]).await, "yes");
    cluster.settled().await;
}

#[tokio::test]
async fn redis_8_and_valkey_9_behind_haproxy_3_make_clusters() {
    let builder = Cluster::new("releases").await;
    // The release after Debian 13 had Valkey 9.1, HAProxy 3.2 and the exporter 1.86 in 2026, and gets newer ones.
    let releases = [
        ("redis", "trixie", "-debian13", "8.", "3.0.", "1.69."),
        ("valkey", "forky", "-debianforky", "9.", "3.", "1."),
    ];
    for (name, suite, release, server_version, proxy_version, exporter_version) in releases {
        let images = build(&builder, suite, name).await;
        let [server, proxy, _] = &images;
        assert!(server.contains(&format!("/redos/{name}:{server_version}")) && server.ends_with(release), "{server}");
        assert!(proxy.contains(&format!("/redos/haproxy:{proxy_version}")) && proxy.ends_with(release), "{proxy}");
        let version = says(server, &[&format!("{name}-server"), "--version"]).await;
        assert!(version.contains(&format!("v={server_version}")), "{version}");
        let client = says(server, &[&format!("{name}-cli"), "--version"]).await;
        assert!(client.contains(server_version), "{client}");
        let version = says(proxy, &["haproxy", "-v"]).await;
        assert!(version.contains(&format!("version {proxy_version}")), "{version}");
        assert_ne!(suite == "forky", version.contains("version 3.0."), "{version}");
        assert_eq!(says(proxy, &["sh", "-c", "busybox id -un"]).await, "redos\n");
        lives(&images, server_version, exporter_version).await;
        encrypts(&images).await;
        for image in images {
            // Each run makes its images again, so that none of them should stay.
            raw().remove_image(&image, None::<RemoveImageOptions>, None).await.expect("removed");
        }
    }
}
