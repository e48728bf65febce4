//! `redos images`: get the images with a registry, from Debian's packages, or from a file.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Error;
use clap::{Args, Subcommand, ValueEnum};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use super::options::{ImageArgs, SettingsArgs};
use super::session::sources::{STDIN_OR_STDOUT, gather};
use super::session::{Call, Session, World};
use crate::engine::image::{self, BuildOptions, ImageKind, ListedImage, LocalImage, ServerPackage};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::images::{Image, images_text};
use crate::output::units::bytes;
use crate::output::{List, Ui};
use crate::spec::{API_VERSION, Images};

/// Arguments of `images`.
#[derive(Args, Clone, Debug)]
pub struct ImagesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub action: ImagesVerb,
}

/// What to do with images.
#[derive(Clone, Debug, Subcommand)]
pub enum ImagesVerb {
    /// List the images that 'up' would use, and whether they are here
    List(ImageChoiceArgs),
    /// Pull the images from their registry
    Pull(ImagesPullArgs),
    /// Make the images from Debian's packages, without a registry
    #[command(after_help = "It needs a Debian or Ubuntu host with its package archive in reach, and no root.

Examples:
  redos images build
  redos images build --suite trixie --server valkey    then: redos up --redis-image redos/valkey:...")]
    Build(ImagesBuildArgs),
    /// Save the images to a file
    #[command(after_help = "Examples:
  redos images save redos-images.tar
  redos images save - | ssh host redos images load -")]
    Save(ImagesFileArgs),
    /// Load images from a file that 'save' wrote
    #[command(after_help = "Examples:
  redos images load redos-images.tar")]
    Load(ImagesLoadArgs),
}

/// Arguments of `images list`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos images list
  redos images list --redis-image redis:8.2")]
pub struct ImageChoiceArgs {
    /// The images of the command line.
    #[command(flatten)]
    pub images: ImageArgs,
}

/// Arguments of `images pull`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos images pull
  redos images pull --redis-image redis:8.2")]
pub struct ImagesPullArgs {
    /// The images of the command line.
    #[command(flatten)]
    pub images: ImageArgs,
    /// Say what would be pulled, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `images build`.
#[derive(Args, Clone, Debug)]
pub struct ImagesBuildArgs {
    /// The release whose packages are taken, by its code name [default: this host's]
    #[arg(long, value_name = "NAME")]
    pub suite: Option<String>,
    /// The server of the Redis image
    #[arg(long, value_enum, default_value_t)]
    pub server: ServerArg,
    /// Make the image of the exporter of metrics as well
    #[arg(long)]
    pub exporter: bool,
    /// Say what would be made of which packages, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ImagesBuildArgs {
    fn options(self) -> BuildOptions {
        let server = match self.server {
            ServerArg::Redis => ServerPackage::Redis,
            ServerArg::Valkey => ServerPackage::Valkey,
        };
        BuildOptions { suite: self.suite, server, kinds: ImageKind::needed(self.exporter).collect() }
    }
}

/// A server that images can be made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ServerArg {
    /// Redis, in every release
    #[default]
    Redis,
    /// Valkey, in Debian since 13 (trixie)
    Valkey,
}

/// Arguments of `images save`.
#[derive(Args, Clone, Debug)]
pub struct ImagesFileArgs {
    /// The file to write, '-' for standard output
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The images of the command line.
    #[command(flatten)]
    pub images: ImageArgs,
}

/// Arguments of `images load`.
#[derive(Args, Clone, Debug)]
pub struct ImagesLoadArgs {
    /// The file to read, '-' for standard input
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
}

/// Runs the action.
///
/// # Errors
/// An image that cannot be had, a file that cannot be read or written, or the Engine failed.
pub async fn run<W: World>(args: ImagesArgs, call: Call<W>) -> Result<Exit, Failure> {
    match args.action {
        ImagesVerb::List(args) => {
            let images = chosen(&call, &args.images)?;
            list(&call.connect().await?, &images).await
        }
        ImagesVerb::Pull(args) => {
            let chosen = chosen(&call, &args.images)?;
            if args.dry_run {
                let wanted = image::wanted(&chosen.images, chosen.exporter);
                return foretell(&call.ui, wanted.map(|reference| format!("pull {reference}")));
            }
            pull(&call.connect().await?, &chosen).await
        }
        ImagesVerb::Build(mut args) => {
            // As all others, which have it among the settings.
            args.exporter |= chosen(&call, &ImageArgs::default())?.exporter;
            if args.dry_run {
                let options = args.options();
                let from = options.suite.as_deref().unwrap_or("this host's release");
                return foretell(
                    &call.ui,
                    options.recipes().map(|(repository, packages)| {
                        format!("make {repository} from {} of {from}", packages.join(", "))
                    }),
                );
            }
            build(&call.connect().await?, args.options()).await
        }
        ImagesVerb::Save(args) => {
            let images = chosen(&call, &args.images)?;
            save(&call.connect().await?, &images, &args.path).await
        }
        ImagesVerb::Load(args) => load(&call.connect().await?, &args.path).await,
    }
}

/// The choice of images, and whether that of the exporter is among them.
struct Chosen {
    images: Images,
    exporter: bool,
}

/// The images that settings choose. They belong to no cluster: a recorded one does not count.
fn chosen<W>(call: &Call<W>, images: &ImageArgs) -> Result<Chosen, Failure> {
    let settings = SettingsArgs { flags: images.flags.clone() };
    let spec = gather(&call.global, &settings)?.read()?.forgiving().resolve(None, None)?.spec;
    Ok(Chosen { images: spec.images, exporter: spec.exporter })
}

/// `images list`: the images that `up` would use, and whether the Engine has them.
async fn list<W: World>(session: &Session<W>, chosen: &Chosen) -> Result<Exit, Failure> {
    let items = image::list(&*session.engine, &chosen.images, chosen.exporter).await?.into_iter().map(listed).collect();
    let list = List::new("ImageList", items);
    session.ui.list(&list, |ui| images_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}

/// `images pull`: from their registry, even if the Engine has them.
async fn pull<W: World>(session: &Session<W>, chosen: &Chosen) -> Result<Exit, Failure> {
    let progress = session.ui.progress();
    let pulled = image::pull(&*session.engine, &chosen.images, chosen.exporter, &|event| progress.report(event)).await;
    progress.finish();
    got(&session.ui, "pulled", pulled?)
}

/// `images build`: from a package archive.
async fn build<W: World>(session: &Session<W>, options: BuildOptions) -> Result<Exit, Failure> {
    let progress = session.ui.progress();
    let built = image::build(&*session.engine, &options, &|event| progress.report(event)).await;
    progress.finish();
    got(&session.ui, "made", built?)
}

/// `images save`: the images that `up` would use here, to a file or to standard output. The file appears when it is
/// complete.
async fn save<W: World>(session: &Session<W>, chosen: &Chosen, path: &Path) -> Result<Exit, Failure> {
    let (references, mut stream) = image::save(&*session.engine, &chosen.images, chosen.exporter).await?;
    let mut written = 0;
    if path == Path::new(STDIN_OR_STDOUT) {
        while let Some(chunk) = stream.next().await {
            session.ui.bytes(&chunk?)?;
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
    let saved = Saved {
        api_version: API_VERSION,
        kind: "SavedImages",
        file: path.display().to_string(),
        bytes: written,
        images: references,
    };
    session.ui.outcome(&saved, |ui| {
        ui.status(format!("wrote {} to {} ({})", saved.images.join(" and "), saved.file, bytes(saved.bytes)));
        ui.hint(format!("on the other host: redos images load {}", saved.file));
    })?;
    Ok(Exit::Done)
}

/// `kind: SavedImages`: what `images save` wrote to a file.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    api_version: &'static str,
    /// Always `SavedImages`, the kind of document.
    kind: &'static str,
    file: String,
    /// The size of the file.
    bytes: u64,
    /// The references of the images in it.
    images: Vec<String>,
}

/// `images load`: from a file or from standard input.
async fn load<W: World>(session: &Session<W>, path: &Path) -> Result<Exit, Failure> {
    let loaded = if path == Path::new(STDIN_OR_STDOUT) {
        image::load(&*session.engine, tokio::io::stdin(), "standard input").await?
    } else {
        let name = path.display().to_string();
        let file = tokio::fs::File::open(path).await.map_err(|error| {
            Failure::new(FailureKind::Usage, Error::new(error).context(format!("failed to read {name}")))
        })?;
        image::load(&*session.engine, file, &name).await?
    };
    let list = List::new("LoadedImageList", loaded);
    session.ui.outcome(&list, |ui| {
        for reference in &list.items {
            ui.status(format!("loaded {reference}"));
        }
    })?;
    Ok(Exit::Done)
}

/// Says what would be done, one line each.
fn foretell(ui: &Ui, steps: impl Iterator<Item = String>) -> Result<Exit, Failure> {
    ui.data(steps.collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

/// Reports the images that were got.
fn got(ui: &Ui, how: &str, images: Vec<LocalImage>) -> Result<Exit, Failure> {
    let items = images.into_iter().map(|image| Got { image: image.reference, id: image.id, size: image.bytes });
    let list = List::new("NewImageList", items.collect());
    ui.outcome(&list, |ui| {
        for image in &list.items {
            ui.status(format!("{how} {} ({})", image.image, bytes(image.size)));
        }
    })?;
    Ok(Exit::Done)
}

/// An image that was pulled or made: an item of `kind: NewImageList`.
#[derive(JsonSchema, Serialize)]
pub struct Got {
    /// The reference of the image.
    image: String,
    id: String,
    /// Its size in bytes.
    size: u64,
}

fn listed(listed: ListedImage) -> Image {
    let (id, size, created_at) = match listed.image {
        Some(image) => (Some(image.id), Some(image.bytes), image.created_at),
        None => (None, None, None),
    };
    Image { image: listed.reference, runs: listed.kind.as_str(), used: listed.used, id, size, created_at }
}
