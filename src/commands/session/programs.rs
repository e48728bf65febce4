//! The images of a cluster: found and examined before anything is recorded or changed.

use super::{Session, World};
use crate::cluster::desired::Programs;
use crate::cluster::observed::Inventory;
use crate::engine::image::{self, ImageKind, Resolved};
use crate::engine::{Clusters, EngineError, EngineErrorKind};
use crate::error::Failure;
use crate::output::command_line;
use crate::spec::settings::{Key, Origin, Problem, Problems, Settings};
use crate::spec::{FormerImages, NodeId, Role, UsedImage, UsedImages};

/// [`find`] for a verb that needs no other look at the cluster.
///
/// # Errors
/// As [`find`], or the image cannot read the cluster's data: nothing was changed.
pub async fn settle<W: World>(
    session: &Session<W>,
    settings: &mut Settings,
    inventory: &Inventory,
) -> Result<Programs, Failure> {
    let programs = find(session, settings, inventory).await?;
    let recorded = inventory.recorded.as_ref().and_then(|recorded| recorded.used.redis.as_ref());
    if let (Some(have), Some(want)) = (recorded, &settings.spec.used.redis)
        && !want.release.reads_data_of(&have.release)
        && inventory.nodes.keys().chain(inventory.volumes.keys()).any(|node| node.role() == Role::Redis)
    {
        return Err(too_old(settings, have, want).into());
    }
    Ok(programs)
}

/// Finds the images and puts them into the spec, with those before them. Returns what nodes are created from.
///
/// # Errors
/// A name or a port that a new cluster needs is in use, an image cannot be had or lacks what a node needs: nothing was
/// changed.
pub async fn find<W: World>(
    session: &Session<W>,
    settings: &mut Settings,
    inventory: &Inventory,
) -> Result<Programs, Failure> {
    let engine = &session.engine;
    if inventory.nodes.is_empty() {
        // Conflicts are checked first, so that a refused port costs no wait for an image.
        engine.check_conflicts(&settings.spec, inventory).await?;
    }
    let progress = session.ui.progress();
    let found = image::resolve(&**engine, &settings.spec, inventory, &|event| progress.report(event)).await;
    progress.finish();
    let Resolved { mut used, programs } = found.map_err(|error| unfit(settings, error))?;
    let recorded = inventory.recorded.as_ref();
    if let Some(recorded) = recorded.filter(|_| programs.exporter.is_none() && has_exporter(inventory)) {
        // It stays as it is until its image can be had.
        settings.spec.images.exporter.clone_from(&recorded.images.exporter);
        used.exporter.clone_from(&recorded.used.exporter);
    }
    if let Some(recorded) = recorded.filter(|recorded| is_other(&recorded.used, &used)) {
        let former = FormerImages { choice: recorded.images.clone(), used: recorded.used.clone() };
        settings.spec.former = Some(Box::new(former));
    }
    settings.spec.used = used;
    Ok(programs)
}

fn has_exporter(inventory: &Inventory) -> bool {
    inventory.nodes.contains_key(&NodeId::Exporter)
}

/// Whether servers or proxies that run one image are to run another one.
fn is_other(have: &UsedImages, want: &UsedImages) -> bool {
    let differs = |have: &Option<UsedImage>, want: &Option<UsedImage>| {
        have.as_ref().zip(want.as_ref()).is_some_and(|(have, want)| have.id != want.id)
    };
    differs(&have.redis, &want.redis) || differs(&have.proxy, &want.proxy)
}

/// An unsuitable image is a wrong setting, if the user chose it.
fn unfit(settings: &Settings, error: EngineError) -> Failure {
    let EngineErrorKind::UnfitImage(kind) = error.kind else { return error.into() };
    let why = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
    let hints = error.hints;
    let origin = settings.origins.get(&key(kind)).cloned().unwrap_or(Origin::Default);
    let fix = match &origin {
        Origin::Recorded => {
            format!("name another: {}", command_line(&settings.spec.name, &format!("up {} REFERENCE", kind.flag())))
        }
        _ => format!("nothing was changed; name an image of {}", kind.described()),
    };
    let what = format!("failed to {}{why}", error.operation);
    let failure = Failure::from(Problems::one(Problem { origin, what, fix, snippet: None }));
    hints.into_iter().fold(failure, Failure::hinted)
}

/// The failure for an image of another server, or of an older one than the data.
fn too_old(settings: &Settings, have: &UsedImage, want: &UsedImage) -> Problems {
    let name = &settings.spec.name;
    let origin = settings.origins.get(&Key::RedisImage).cloned().unwrap_or(Origin::Default);
    let what = format!("{want} cannot read the data of '{name}', which {have} wrote");
    let begin_anew = command_line(name, "down --volumes");
    let fix = format!(
        "nothing was changed; leave it out, or name {} {} or later; to start again, WITHOUT the data: {begin_anew}",
        have.release.name, have.release.version
    );
    Problems::one(Problem { origin, what, fix, snippet: None })
}

/// The setting that names an image.
const fn key(kind: ImageKind) -> Key {
    match kind {
        ImageKind::Redis => Key::RedisImage,
        ImageKind::Proxy => Key::ProxyImage,
        ImageKind::Exporter => Key::ExporterImage,
    }
}
