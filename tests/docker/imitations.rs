//! Images that imitate those of others, made from the local ones.

use bollard::Docker;
use bollard::models::{ContainerConfig, ContainerCreateBody};
use bollard::query_parameters::{
    CommitContainerOptions, CreateContainerOptions, ListContainersOptions, ListVolumesOptions, RemoveContainerOptions,
    StartContainerOptions, WaitContainerOptions,
};
use futures_util::TryStreamExt;
use redis::AsyncCommands;
use redos::testing::engine::image::ImageKind;
use redos::testing::spec::Spec;

use crate::own_engine::OwnEngine;
use crate::support::{Cluster, exec};

/// Makes the image `reference` from `base`: a script changes its files as root, and the changes, in words of a
/// Dockerfile, its configuration. It has no label of redos.
pub async fn derive(docker: &Docker, base: &str, reference: &str, script: &str, changes: &[&str]) {
    let body = ContainerCreateBody {
        image: Some(base.to_owned()),
        user: Some("0:0".to_owned()),
        entrypoint: Some(["sh", "-ec", script].map(str::to_owned).into()),
        cmd: Some(Vec::new()),
        ..Default::default()
    };
    let id = docker.create_container(None::<CreateContainerOptions>, body).await.expect("made").id;
    docker.start_container(&id, None::<StartContainerOptions>).await.expect("started");
    let ended: Vec<_> =
        docker.wait_container(&id, None::<WaitContainerOptions>).try_collect().await.expect("the script succeeds");
    assert_eq!(ended[0].status_code, 0, "{script}");
    let (repo, tag) = reference.rsplit_once(':').expect("a tag");
    let all = [&["ENTRYPOINT [\"docker-entrypoint.sh\"]", "USER 0", "LABEL dev.redos.image=\"\""], changes]
        .concat()
        .join("\n");
    let options = CommitContainerOptions {
        container: Some(id.clone()),
        repo: Some(repo.to_owned()),
        tag: Some(tag.to_owned()),
        changes: Some(all),
        ..Default::default()
    };
    docker.commit_container(options, ContainerConfig::default()).await.expect("an image");
    let remove = RemoveContainerOptions { force: true, ..Default::default() };
    docker.remove_container(&id, Some(remove)).await.expect("removed");
}

/// A script that makes a server report another version than its own.
pub fn claiming(version: &str) -> String {
    format!(
        r#"own=$(command -v redis-server)
busybox mv "$own" "$own-itself"
printf '#!/bin/sh\ncase $1 in -v | --version) echo "Redis server v={version} sha=0:0 malloc=libc bits=64" ;; *) exec "$0-itself" "$@" ;; esac\n' >"$own"
busybox chmod 755 "$own""#
    )
}

/// The entry point of the official image of Redis: as root it gives the folder to a user of its own, and goes on as that
/// one.
const ENTRY_POINT: &str = r#"busybox mkdir -p /data /usr/local/bin
echo 'redis:x:999:1000::/data:/bin/sh' >>/etc/passwd
cat >/usr/local/bin/docker-entrypoint.sh <<'ENTRY'
#!/bin/sh
set -e
if [ "$1" = redis-server ] && [ "$(busybox id -u)" = 0 ]; then
    busybox find . \! -user redis -exec busybox chown redis '{}' +
    exec busybox su -s /bin/sh redis -c "exec $*"
fi
exec "$@"
ENTRY
busybox chmod 755 /usr/local/bin/docker-entrypoint.sh"#;

/// A script after which an image has no C library where programs look for it, as those that are made with musl have not. These
/// programs have their own copy of it.
fn without_c_library(programs: &str) -> String {
    format!(
        r#"busybox mkdir -p /opt/own
busybox cp -a /usr/lib /opt/own/
busybox cp -L "$(busybox find /usr/lib64 /usr/lib -name 'ld-linux*' | busybox head -n 1)" /opt/own/loader
folders=$(busybox find /opt/own/lib -type d | busybox tr '\n' ':')
for name in {programs}; do
    file=$(command -v $name)
    busybox cp -L "$file" /opt/own/$name
    busybox rm "$file"
    printf '#!/bin/sh\nexec /opt/own/loader --library-path %s /opt/own/%s "$@"\n' "$folders" $name >"$file"
    busybox chmod 755 "$file"
done
busybox rm -rf /usr/lib/* /usr/lib64/*"#
    )
}

/// Official images declare a volume, users, working folders and entry points of their own. Neither bash nor GNU's tools
/// are in these, and in that of Redis no C library is where redos's own program would find it.
#[tokio::test]
async fn images_like_the_official_ones_make_a_cluster_and_leave_no_volume_of_theirs() {
    let own = OwnEngine::start(None).await;
    own.load_images().await;
    let docker = own.raw();
    let [redis, proxy] = ["library/redis:8.2", "library/haproxy:3.2"];
    let like_redis = ["VOLUME /data", "WORKDIR /data", "EXPOSE 6379", "CMD [\"redis-server\"]"];
    let script = format!("{ENTRY_POINT}\n{}", without_c_library("redis-server redis-cli"));
    derive(&docker, ImageKind::Redis.ours(), redis, &script, &like_redis).await;
    let entry = "busybox mkdir -p /usr/local/bin; echo 'haproxy:x:99:99::/var/lib/haproxy:/bin/sh' >>/etc/passwd; \
                 printf '#!/bin/sh\nexec \"$@\"\n' >/usr/local/bin/docker-entrypoint.sh; \
                 busybox chmod 755 /usr/local/bin/docker-entrypoint.sh";
    let like_haproxy =
        ["USER haproxy", "CMD [\"haproxy\", \"-f\", \"/usr/local/etc/haproxy/haproxy.cfg\"]", "HEALTHCHECK CMD false"];
    derive(&docker, ImageKind::Proxy.ours(), proxy, entry, &like_haproxy).await;

    let cluster = Cluster::at("official", &own.address()).await;
    cluster
        .up(&["--replicas", "1", "--sentinels", "1", "--redis-image", redis, "--proxy-image", proxy])
        .await
        .succeeds();
    let () = cluster.client(&[]).await.set("key", "value").await.expect("a write");
    cluster.redos(&["failover"]).await.succeeds();
    cluster.redos(&["scale", "--replicas", "2"]).await.succeeds();
    cluster.redos(&["restart"]).await.succeeds();
    let libraries =
        exec(&cluster.engine, &cluster.name, Spec::head(), &["busybox", "ls", "/usr/lib", "/usr/lib64"]).await;
    let libraries = String::from_utf8(libraries.expect("it runs").stdout).expect("text");
    assert_eq!(libraries.split_whitespace().collect::<Vec<_>>(), ["/usr/lib:", "/usr/lib64:"]);
    // redos itself runs beside a node, in the node's image.
    let paused = cluster.redos(&["chaos", "client-pause", "master", "--for", "1s"]).await;
    assert!(paused.stderr.contains("client-pause of"), "{}", paused.stderr);
    paused.succeeds();
    cluster.redos(&["plan"]).await.succeeds();
    assert_eq!(cluster.client(&[]).await.get::<_, String>("key").await.expect("a read"), "value");
    let all = ListContainersOptions { all: true, ..Default::default() };
    for container in docker.list_containers(Some(all.clone())).await.expect("containers") {
        let status = container.status.unwrap_or_default();
        assert!(!status.contains("health"), "the image's own check counts for nobody: {status}");
    }
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    let left = docker.list_volumes(None::<ListVolumesOptions>).await.expect("volumes").volumes.unwrap_or_default();
    assert_eq!(left.into_iter().map(|volume| volume.name).collect::<Vec<_>>(), [""; 0], "no volume stays");
    let left = docker.list_containers(Some(all)).await.expect("containers");
    assert_eq!(left.into_iter().filter_map(|container| container.names).flatten().collect::<Vec<_>>(), [""; 0]);
}
