//! `redos images`: get the images with a registry, from Debian's packages, or from a file.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Error;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use super::Context;
use super::sources::STDIN_OR_STDOUT;
use crate::cli::{ImagesBuildArgs, ServerArg};
use crate::engine::image::{self, BuildOptions, ListedImage, LocalImage, Server};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::images::{Image, images_text};
use crate::output::units::bytes;
use crate::output::{List, Ui};
use crate::spec::Images;

/// `images list`: the images that `up` would use, and whether they are here.
///
/// # Errors
/// The Engine failed, or the output is closed.
pub async fn list(context: &Context, images: &Images) -> Result<Exit, Failure> {
    let items = image::list(&context.engine, images).await?.into_iter().map(listed).collect();
    let list = List::new("ImageList", items);
    context.ui.document(&list, |ui| images_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}

/// `images pull`: from their registry, even if they are here.
///
/// # Errors
/// The registry cannot be reached or does not have one.
pub async fn pull(context: &Context, images: &Images) -> Result<Exit, Failure> {
    let progress = context.ui.progress();
    let pulled = image::pull(&context.engine, images, &|event| progress.report(event)).await;
    progress.finish();
    got(&context.ui, "pulled", pulled?)
}

/// `images build`: from a package archive.
///
/// # Errors
/// The host has no such tools, or the archive cannot be reached or lacks a package.
pub async fn build(context: &Context, args: ImagesBuildArgs) -> Result<Exit, Failure> {
    let server = match args.server {
        ServerArg::Redis => Server::Redis,
        ServerArg::Valkey => Server::Valkey,
    };
    let options = BuildOptions { suite: args.suite, server, ..BuildOptions::default() };
    let progress = context.ui.progress();
    let built = image::build(&context.engine, &options, &|event| progress.report(event)).await;
    progress.finish();
    got(&context.ui, "made", built?)
}

/// `images save`: the images that `up` would use here, to a file or to standard output. A file appears when it is complete.
///
/// # Errors
/// An image is not here, or the file cannot be written.
pub async fn save(context: &Context, images: &Images, path: &Path) -> Result<Exit, Failure> {
    let (references, mut stream) = image::save(&context.engine, images).await?;
    let mut written = 0;
    if path == Path::new(STDIN_OR_STDOUT) {
        while let Some(chunk) = stream.next().await {
            context.ui.bytes(&chunk?)?;
        }
        return Ok(Exit::Done);
    }
    let failed = |error: std::io::Error| {
        Failure::new(FailureKind::Failed, Error::new(error).context(format!("failed to write {}", path.display())))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut file = tokio::fs::File::from_std(partial.reopen().map_err(failed)?);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        file.write_all(&chunk).await.map_err(failed)?;
        written += chunk.len() as u64;
    }
    file.sync_all().await.map_err(failed)?;
    partial.persist(path).map_err(|error| failed(error.error))?;
    let saved = Saved { file: path.display().to_string(), bytes: written, images: references };
    context.ui.outcome(&saved, |ui| {
        ui.status(format!("wrote {} to {} ({})", saved.images.join(" and "), saved.file, bytes(saved.bytes)));
        ui.hint(format!("on the other host: redos images load {}", saved.file));
    })?;
    Ok(Exit::Done)
}

/// What `images save` wrote.
#[derive(Serialize)]
struct Saved {
    file: String,
    bytes: u64,
    images: Vec<String>,
}

/// `images load`: from a file or from standard input.
///
/// # Errors
/// The file cannot be read, or holds no image.
pub async fn load(context: &Context, path: &Path) -> Result<Exit, Failure> {
    let loaded = if path == Path::new(STDIN_OR_STDOUT) {
        image::load(&context.engine, tokio::io::stdin(), "standard input").await?
    } else {
        let name = path.display().to_string();
        let file = tokio::fs::File::open(path).await.map_err(|error| {
            Failure::new(FailureKind::Usage, Error::new(error).context(format!("failed to read {name}")))
        })?;
        image::load(&context.engine, file, &name).await?
    };
    let list = List::new("LoadedImageList", loaded);
    context.ui.outcome(&list, |ui| {
        for reference in &list.items {
            ui.status(format!("loaded {reference}"));
        }
    })?;
    Ok(Exit::Done)
}

/// Tells which images there are now.
fn got(ui: &Ui, how: &str, images: Vec<LocalImage>) -> Result<Exit, Failure> {
    let items = images.into_iter().map(|image| Got { image: image.reference, id: image.id, size: image.bytes });
    let list = List::new("ImageList", items.collect());
    ui.outcome(&list, |ui| {
        for image in &list.items {
            ui.status(format!("{how} {} ({})", image.image, bytes(image.size)));
        }
    })?;
    Ok(Exit::Done)
}

/// An image that was pulled or made.
#[derive(Serialize)]
struct Got {
    image: String,
    id: String,
    size: u64,
}

fn listed(listed: ListedImage) -> Image {
    let (id, size, created_at) = match listed.image {
        Some(image) => (Some(image.id), Some(image.bytes), image.created_at),
        None => (None, None, None),
    };
    Image { image: listed.reference, runs: listed.kind.as_str(), used: listed.used, id, size, created_at }
}
