//! What is done to a node's data while it does not run: in a container of the node's own image that ends at once.

use anyhow::anyhow;
use futures_util::TryStreamExt;

use super::oneoff::{self, OneOff, Place};
use super::{DockerEngine, nodes};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::spec::{NODE_DIR, NODE_UID};

/// Gives all files of a node's volume to the node's user. Symbolic links are not followed.
const OWN: &str = "chown -Rh \"$1:$1\" \"$2\" && echo done";

/// Makes the node's user the owner of all that is in its volume.
///
/// # Errors
/// The Engine failed, or the image has no `sh` or `chown`.
pub async fn own(engine: &DockerEngine, container: &str) -> Result<()> {
    let operation = || format!("give the files in the volume of {container} to its user {NODE_UID}");
    let command = ["sh", "-c", OWN, "own", &NODE_UID.to_string(), NODE_DIR];
    run(engine, container, &command, Place::VolumesAsRoot(container), operation).await
}

/// Runs a command that says `done` at its end.
async fn run(
    engine: &DockerEngine,
    container: &str,
    command: &[&str],
    place: Place<'_>,
    operation: impl Fn() -> String,
) -> Result<()> {
    let gone = || EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!("there is no such container"));
    let image = nodes::inspect(engine, container).await?.and_then(|container| container.image).ok_or_else(gone)?;
    let OneOff { id, streams } = oneoff::start(engine, &image, command, place, &operation).await?;
    let said = streams.output.try_fold(String::new(), |said, piece| async move { Ok(said + &piece.to_string()) }).await;
    nodes::remove(engine, &id).await?;
    let said = said.map_err(|error| engine.failed(operation(), error))?;
    if said.trim_end().ends_with("done") {
        return Ok(());
    }
    Err(EngineError::new(EngineErrorKind::Other, operation(), anyhow!("it says '{}'", said.trim())))
}
