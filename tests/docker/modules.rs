//! Modules that an image brings along, as the official images of Redis 8 and redis-stack do.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bollard::query_parameters::RemoveImageOptions;
use redos::testing::spec::{Group, NodeId};

use crate::follow::{Existing, PASSWORD, up};
use crate::imitations::derive;
use crate::support::{Cluster, programs, raw};

const REDIS_1: NodeId = NodeId::redis(Group::number(1), 1);
/// A module that is called so and does nothing. It needs no C library, and so runs in every image.
const SOURCE: &str = r#"
int RedisModule_OnLoad(void *context, void **arguments, int count) {
    (void)arguments, (void)count;
    int (*get)(const char *, void *) = (int (*)(const char *, void *))((void **)context)[0];
    void (*name)(void *, const char *, int, int) = 0;
    get("RedisModule_SetModuleAttribs", &name);
    name(context, "shelf", 1, 1);
    return 0;
}
"#;

/// An image whose entry point would load the module, and would skip a file beside it.
async fn image_with_module(base: &str, reference: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, object) = (folder.path().join("shelf.c"), folder.path().join("shelf.so"));
    std::fs::write(&source, SOURCE).expect("written");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-nostdlib", "-o"]).arg(&object).arg(&source).status();
    assert!(built.expect("cc").success());
    let packed = BASE64_STANDARD.encode(std::fs::read(object).expect("an object"));
    let script = format!(
        "folder=/usr/local/lib/redis/modules; busybox mkdir -p $folder; echo {packed} | busybox base64 -d >$folder/shelf.so; \
         busybox chmod 755 $folder/shelf.so; echo no >$folder/broken.so"
    );
    derive(&raw(), base, reference, &script, &["CMD [\"redis-server\"]"]).await;
}

/// The names of the modules of a node.
async fn modules(cluster: &Cluster) -> String {
    let mut admin = cluster.admin(REDIS_1).await;
    let list: redis::Value = redis::cmd("MODULE").arg("LIST").query_async(&mut admin).await.expect("a list");
    format!("{list:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_of_an_image_are_loaded_as_its_entry_point_would_unless_they_are_turned_off() {
    let cluster = Cluster::new("modules").await;
    let plain = programs(&cluster.engine).await.redis.image;
    let image = format!("{}:1", cluster.name);
    image_with_module(&plain, &image).await;
    cluster.up(&["--replicas", "1", "--sentinels", "1", "--redis-image", &image]).await.succeeds();
    let loaded = modules(&cluster).await;
    cluster.redos(&["plan"]).await.succeeds();
    cluster.redos(&["up", "--modules", "none"]).await.succeeds();
    let off = modules(&cluster).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();

    // A server without the module cannot read its data.
    let existing = Existing::of(&cluster, &image, &["--loadmodule", "/usr/local/lib/redis/modules/shelf.so"]).await;
    let follow = async |arguments: &[&str]| {
        let mut command = up(&cluster, &[&["--follow", &existing.address()], arguments].concat());
        command.env("REDIS_PASSWORD", PASSWORD);
        cluster.run(command).await
    };
    let refused = [follow(&[]).await, follow(&["--redis-image", &image, "--modules", "none"]).await];
    let nothing = cluster.inventory().await;
    let followed = follow(&["--redis-image", &image]).await;
    let copies = modules(&cluster).await;
    cluster.redos(&["down", "--volumes"]).await.succeeds();
    drop(existing);
    raw().remove_image(&image, None::<RemoveImageOptions>, None).await.expect("removed");

    assert!(loaded.contains("shelf"), "{loaded}");
    assert!(!off.contains("shelf"), "{off}");
    for run in refused {
        let said = run.fails(2);
        assert!(said.contains("could not read its data: shelf") && said.contains("--modules image"), "{said}");
    }
    assert!(nothing.nodes.is_empty() && nothing.network.is_none(), "{nothing:?}");
    followed.succeeds();
    assert!(copies.contains("shelf"), "{copies}");
}
