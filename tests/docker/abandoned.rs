//! Temporary containers of a redos that was killed between creating and starting one: the Engine keeps those for ever.

use std::collections::HashMap;

use bollard::models::ContainerCreateBody;
use bollard::query_parameters as query;
use redos::testing::engine::lock::process::ProcessFacts;

use crate::support::{Cluster, programs, raw};

/// Creates a container as a redos does for one task, without starting it. Returns its id.
async fn created(image: &str, creator: &str) -> String {
    let labels = [("dev.redos.run", "a-run"), ("dev.redos.temporary", creator)];
    let labels: HashMap<String, String> = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let body = ContainerCreateBody { image: Some(image.to_owned()), labels: Some(labels), ..Default::default() };
    let created = raw().create_container(None::<query::CreateContainerOptions>, body).await;
    created.expect("a container").id
}

async fn is_there(id: &str) -> bool {
    raw().inspect_container(id, None::<query::InspectContainerOptions>).await.is_ok()
}

#[tokio::test]
async fn what_a_killed_redos_never_started_is_removed_and_what_another_is_about_to_start_stays() {
    let cluster = Cluster::new("abandoned").await;
    let image = programs(&cluster.engine).await.redis.image;
    let own = serde_json::to_value(ProcessFacts::own().expect("Linux has /proc")).expect("JSON");
    let mut ended = own.clone();
    ended["started"] = 0.into();
    let mut elsewhere = own.clone();
    elsewhere["boot"] = "another machine".into();
    let others = [created(&image, &own.to_string()).await, created(&image, &elsewhere.to_string()).await];
    let verbs: [&[&str]; 2] = [
        // A directive is tried out in a temporary container.
        &[
            "up",
            "--port",
            "0",
            "--read-port",
            "0",
            "--stats-port",
            "0",
            "--sentinels",
            "1",
            "--redis",
            "maxmemory=64mb",
        ],
        &["down", "--volumes"],
    ];
    for verb in verbs {
        let abandoned = created(&image, &ended.to_string()).await;
        cluster.redos(verb).await.succeeds();
        assert!(!is_there(&abandoned).await, "{verb:?} removes it");
        for other in &others {
            assert!(is_there(other).await, "{verb:?} leaves what another redos may start");
        }
    }
    let options = query::RemoveContainerOptions { force: true, v: true, link: false };
    for other in others {
        raw().remove_container(&other, Some(options.clone())).await.expect("a removal");
    }
}
