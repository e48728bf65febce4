//! Changes to the data of a node that does not run.
//!
//! They run in a container of the node's own image that ends at once.

use anyhow::anyhow;
use futures_util::TryStreamExt;

use super::oneoff::{self, Location, OneOff};
use super::{DockerEngine, calls};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::render::{self, DataFiles};
use crate::spec::{NODE_DIR, NODE_UID, NodeId, Spec};

/// Gives all files of a volume to the node's user. It does not follow symbolic links.
const OWN: &str = "chown -Rh \"$1:$1\" \"$2\" && echo done";

/// The folder beside the data of a node into which others are copied.
pub const COPY: &str = "restored";

/// Has everything that was written to a volume reach the disk.
const SYNC: &str = "cd \"$1\" && sync && echo done";

/// Removes files and folders of a volume.
const REMOVE: &str = r#"cd "$1" && shift && rm -rf -- "$@" && echo done"#;

/// Puts a copied file or folder in place of the data. A repetition goes on where the last one was ended: as long as the
/// copy is there it is whole, and afterwards the data are.
const REPLACE: &str = r#"
cd "$1" || exit
copy=$2
name=$3
shift 3
if [ -e "$copy/$name" ]; then
    sync && rm -rf -- "$@" && mv "$copy/$name" "$name" && sync || exit
fi
[ -e "$name" ] && rm -rf -- "$copy" && echo done
"#;

/// Moves those of the named files that exist into a new folder beside them, and prints its name.
const SET_ASIDE: &str = r#"
cd "$1" || exit
shift
number=1
while [ -e "set-aside-$number" ]; do number=$((number + 1)); done
for file; do
    if [ -e "$file" ]; then mkdir -p "set-aside-$number" && mv "$file" "set-aside-$number/" || exit; fi
done
if [ -e "set-aside-$number" ]; then echo "set-aside-$number"; fi
echo done
"#;

/// Moves a node's data into a folder of its volume. `None` where there were none.
///
/// # Errors
/// The Engine failed, or the image has no `sh`, `mkdir` or `mv`.
pub async fn set_aside(engine: &DockerEngine, container: &str, places: &[String]) -> Result<Option<String>> {
    let operation = || format!("set the data of {container} aside in its volume");
    let mut command = vec!["sh", "-c", SET_ASIDE, "set-aside", NODE_DIR];
    command.extend(places.iter().map(String::as_str));
    let said = run(engine, container, &command, Location::Volumes(container), operation).await?;
    let folder = said.lines().map(str::trim).find(|line| line.starts_with("set-aside-"));
    Ok(folder.map(|folder| format!("{NODE_DIR}/{folder}")))
}

/// Makes the node's user the owner of everything in its volume.
///
/// # Errors
/// The Engine failed, or the image has no `sh` or `chown`.
pub async fn own(engine: &DockerEngine, container: &str) -> Result<()> {
    let operation = || format!("give the files in the volume of {container} to its user {NODE_UID}");
    let command = ["sh", "-c", OWN, "own", &NODE_UID.to_string(), NODE_DIR];
    run(engine, container, &command, Location::VolumesAsRoot(container), operation).await.map(drop)
}

/// Puts the copied data of a node in place of its own.
///
/// # Errors
/// The Engine failed, or nothing was copied.
pub async fn replace(engine: &DockerEngine, spec: &Spec, node: NodeId) -> Result<()> {
    let operation = || format!("replace the data of {node}");
    let name = match render::data_files(spec) {
        DataFiles::AppendOnly { folder, .. } => folder,
        DataFiles::Snapshot(path) => path,
        DataFiles::None => {
            let why = anyhow!("the cluster keeps no data on disk");
            return Err(EngineError::new(EngineErrorKind::Other, operation(), why));
        }
    };
    let places = render::data_places(spec);
    let mut command = vec!["sh", "-c", REPLACE, "replace", NODE_DIR, COPY, inside(&name)];
    command.extend(places.iter().map(|place| inside(place)));
    in_volume(engine, spec, node, &command, operation).await
}

/// Removes the data of a node. Its configuration stays.
///
/// # Errors
/// The Engine failed.
pub async fn remove(engine: &DockerEngine, spec: &Spec, node: NodeId) -> Result<()> {
    let places = render::data_places(spec);
    let mut command = vec!["sh", "-c", REMOVE, "remove", NODE_DIR];
    command.extend(places.iter().map(|place| inside(place)));
    in_volume(engine, spec, node, &command, || format!("remove the data of {node}")).await
}

/// Waits until what was copied beside the data of a node is on the disk. While its clients wait, there is no time for that.
///
/// # Errors
/// The Engine failed, or the disk did.
pub async fn sync(engine: &DockerEngine, spec: &Spec, node: NodeId) -> Result<()> {
    let command = ["sh", "-c", SYNC, "sync", NODE_DIR];
    in_volume(engine, spec, node, &command, || format!("write the data that were copied for {node} to the disk")).await
}

/// Removes what was copied beside the data of a node.
///
/// # Errors
/// The Engine failed.
pub async fn discard_copy(engine: &DockerEngine, spec: &Spec, node: NodeId) -> Result<()> {
    let command = ["sh", "-c", REMOVE, "remove", NODE_DIR, COPY];
    in_volume(engine, spec, node, &command, || format!("remove the data that were copied for {node}")).await
}

/// A path in a node, from its volume's root.
pub fn inside(path: &str) -> &str {
    path.strip_prefix(NODE_DIR).unwrap_or(path).trim_start_matches('/')
}

/// Runs a command that prints `done` at its end with the volume of a node. It needs no container of that node.
async fn in_volume(
    engine: &DockerEngine,
    spec: &Spec,
    node: NodeId,
    command: &[&str],
    operation: impl Fn() -> String,
) -> Result<()> {
    let image = spec.used.redis.as_ref().map(|used| used.reference.as_str()).unwrap_or_default();
    run_in(engine, image, command, Location::Volume(&node.volume_name(&spec.name)), operation).await.map(drop)
}

/// Runs a command that prints `done` at its end, and returns its output.
async fn run(
    engine: &DockerEngine,
    container: &str,
    command: &[&str],
    place: Location<'_>,
    operation: impl Fn() -> String,
) -> Result<String> {
    let gone = || EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!("there is no such container"));
    let image = calls::inspect(engine, container).await?.and_then(|container| container.image).ok_or_else(gone)?;
    run_in(engine, &image, command, place, operation).await
}

/// [`run`] in a container of this image.
async fn run_in(
    engine: &DockerEngine,
    image: &str,
    command: &[&str],
    place: Location<'_>,
    operation: impl Fn() -> String,
) -> Result<String> {
    let OneOff { id, streams } = oneoff::start(engine, image, command, place, &operation).await?;
    let said = streams.output.try_fold(String::new(), |said, piece| async move { Ok(said + &piece.to_string()) }).await;
    calls::remove(engine, &id).await?;
    let said = said.map_err(|error| engine.failed(operation(), error))?;
    if said.trim_end().ends_with("done") {
        return Ok(said);
    }
    Err(EngineError::new(EngineErrorKind::Other, operation(), anyhow!("it says '{}'", said.trim())))
}
