//! Images that imitate those of others, made from the local ones.

use bollard::Docker;
use bollard::models::{ContainerConfig, ContainerCreateBody};
use bollard::query_parameters::{
    CommitContainerOptions, CreateContainerOptions, RemoveContainerOptions, StartContainerOptions, WaitContainerOptions,
};
use futures_util::TryStreamExt;

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
