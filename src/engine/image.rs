//! Images: which one a cluster runs on, and how the Engine gets it.
//!
//! A cluster keeps the image that it was created with. Until it has one, `auto` takes, in this order: what the
//! cluster's nodes already use; a local image of [`ImageKind::pinned`], or one that redos made; a pull of the pinned
//! one; and, if that fails and this is a Debian or Ubuntu host, one made from its package archive ([`debian`]).

pub mod debian;
mod find;
mod kind;
mod pull_refusal;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::{EngineError, EngineErrorKind, Result};
use crate::spec::{ImageChoice, Images, UsedImage};
use crate::update::Update;

pub use debian::{BuildOptions, ServerPackage};
pub use find::{Resolved, resolve};
pub use kind::ImageKind;
pub use pull_refusal::{PullRefusal, registry};

/// The listener to progress and remarks.
pub type Report<'a> = &'a (dyn Fn(Update) + Send + Sync);

/// The label of images that redos made; its value is [`ImageKind::as_str`].
pub const LABEL: &str = "dev.redos.image";

/// An image on the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// The reference that it was looked up by.
    pub reference: String,
    /// Its id, `sha256:…`.
    pub id: String,
    /// Its names in registries, `NAME@sha256:…`.
    pub digests: Vec<String>,
    /// Its machine type in Docker's words: `amd64`, `arm64`.
    pub architecture: String,
    /// The entry point and the command together.
    pub command: Vec<String>,
    pub labels: BTreeMap<String, String>,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// The size in bytes.
    pub bytes: u64,
}

/// The images of an engine.
pub trait ImageStore: Send + Sync + 'static {
    /// The machine type of the Engine, in Docker's words: `amd64`, `arm64`. Empty before it was asked.
    fn architecture(&self) -> &str;

    /// An image that the Engine has; `None` otherwise.
    ///
    /// # Errors
    /// The Engine does not answer, or refuses.
    fn image(&self, reference: &str) -> impl Future<Output = Result<Option<LocalImage>>> + Send;

    /// The references of all local images with a label, newest first. Images without a reference are left out.
    ///
    /// # Errors
    /// The Engine does not answer, or refuses.
    fn images_labelled(&self, label: &str) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Pulls an image, with the login that Docker's own configuration has for its registry.
    ///
    /// # Errors
    /// The registry cannot be reached or refuses the image; the source is its message.
    fn pull_image(&self, reference: &str, report: Report<'_>) -> impl Future<Output = Result<LocalImage>> + Send;

    /// Makes an image from a tar file of its root, with changes in the words of a Dockerfile.
    ///
    /// # Errors
    /// The file cannot be read, or the Engine refuses it.
    fn import_image(
        &self,
        tar: &Path,
        reference: &str,
        changes: &[String],
    ) -> impl Future<Output = Result<LocalImage>> + Send;

    /// Gives an image a further reference.
    ///
    /// # Errors
    /// The image does not exist, or the Engine refuses.
    fn tag_image(&self, reference: &str, further: &str) -> impl Future<Output = Result<()>> + Send;

    /// Images as the tar stream that `docker save` writes.
    fn export_images(&self, references: &[String]) -> BoxStream<'static, Result<Bytes>>;

    /// Loads images from what `docker save` writes. Returns what the Engine says it loaded.
    ///
    /// # Errors
    /// The source, which is called `name`, cannot be read, or holds no images.
    fn load_images(
        &self,
        source: impl AsyncRead + Send + Unpin + 'static,
        name: &str,
    ) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Examines which server of this kind an image has, and whether it has all else that a node needs.
    ///
    /// It runs for a moment, without a network, as a node would. An image that redos made needs no examination.
    ///
    /// # Errors
    /// [`EngineErrorKind::UnfitImage`], with what it lacks; or the Engine failed.
    fn examine(&self, kind: ImageKind, image: LocalImage) -> impl Future<Output = Result<UsedImage>> + Send;
}

/// Copies an image to an engine that does not have it. Nothing is done where `from` does not have it either.
///
/// # Errors
/// One of them does not answer, or refuses.
pub async fn copy(from: &impl ImageStore, to: &impl ImageStore, reference: &str) -> Result<()> {
    let (there, here) = (to.image(reference).await?, from.image(reference).await?);
    let Some(here) = here.filter(|here| there.is_none_or(|there| there.id != here.id)) else { return Ok(()) };
    let stream = from.export_images(std::slice::from_ref(&here.reference));
    let read = StreamReader::new(stream.map_err(std::io::Error::other));
    to.load_images(read, "another host").await.map(drop)
}

/// The references that a choice allows if nothing else is known, the preferred one first.
fn candidates(kind: ImageKind, choice: &ImageChoice) -> Vec<&str> {
    match choice {
        ImageChoice::Reference(reference) => vec![reference],
        ImageChoice::Auto => vec![kind.pinned(), kind.ours()],
    }
}

/// The first of several images that the Engine has.
async fn here(engine: &impl ImageStore, references: Vec<&str>) -> Result<Option<LocalImage>> {
    for reference in references {
        if let Some(image) = engine.image(reference).await? {
            return Ok(Some(image));
        }
    }
    Ok(None)
}

/// Adds what helps if no registry gives an image, unless the error has hints already.
fn with_remedies(error: EngineError) -> EngineError {
    if error.kind != EngineErrorKind::Image || !error.hints.is_empty() {
        return error;
    }
    error
        .hinted("on a machine with a registry: redos images pull && redos images save images.tar; here: redos images load images.tar")
        .hinted("on Debian or Ubuntu, without any registry: redos images build")
}

/// The references of the images that `images` names, or the pinned ones for `auto`.
///
/// That of the exporter is among them if there is to be one.
pub fn wanted(images: &Images, exporter: bool) -> impl Iterator<Item = &str> {
    ImageKind::needed(exporter).map(|kind| match kind.choice(images) {
        ImageChoice::Auto => kind.pinned(),
        ImageChoice::Reference(reference) => reference.as_str(),
    })
}

/// Pulls the images that `images` names, or the pinned ones for `auto`, even if the Engine has them.
///
/// That of the exporter is pulled if there is to be one.
///
/// # Errors
/// [`EngineErrorKind::Image`]: the registry cannot be reached or does not have one.
pub async fn pull(
    engine: &impl ImageStore,
    images: &Images,
    exporter: bool,
    report: Report<'_>,
) -> Result<Vec<LocalImage>> {
    let pulled = join_all(wanted(images, exporter).map(|reference| engine.pull_image(reference, report))).await;
    pulled.into_iter().collect::<Result<_>>().map_err(with_remedies)
}

/// Makes images from a package archive, see [`debian::build`].
///
/// # Errors
/// [`EngineErrorKind::Image`], with the last message of the package tool.
pub async fn build(engine: &impl ImageStore, options: &BuildOptions, report: Report<'_>) -> Result<Vec<LocalImage>> {
    Ok(debian::build(engine, options, report).await?.into_values().collect())
}

/// An image in the list of those that redos uses or could use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedImage {
    /// The reference of the image.
    pub reference: String,
    /// Which nodes run on it.
    pub kind: ImageKind,
    /// Whether a new cluster would run on it.
    pub used: bool,
    /// The image itself; `None` when the Engine does not have it.
    pub image: Option<LocalImage>,
}

/// The images that a new cluster uses or could use, and all that redos made. That of the exporter is used if there is to be one.
///
/// # Errors
/// The Engine does not answer.
pub async fn list(engine: &impl ImageStore, images: &Images, exporter: bool) -> Result<Vec<ListedImage>> {
    let mut listed = Vec::new();
    for kind in ImageKind::ALL {
        let mut references: Vec<String> =
            candidates(kind, kind.choice(images)).into_iter().map(str::to_owned).collect();
        let made = engine.images_labelled(&format!("{LABEL}={}", kind.as_str())).await?;
        let candidates = references.len();
        references.extend(made.into_iter().filter(|made| *made != kind.ours()));
        let found = join_all(references.iter().map(|reference| engine.image(reference))).await;
        let found: Vec<Option<LocalImage>> = found.into_iter().collect::<Result<_>>()?;
        let is_needed = ImageKind::needed(exporter).any(|needed| needed == kind);
        let used = found.iter().take(candidates).position(Option::is_some).filter(|_| is_needed);
        for (index, (reference, image)) in references.into_iter().zip(found).enumerate() {
            listed.push(ListedImage { reference, kind, used: used == Some(index), image });
        }
    }
    Ok(listed)
}

/// The images that a new cluster would use here, and a reader of them as one tar file.
///
/// That of the exporter is among them if there is to be one.
///
/// # Errors
/// [`EngineErrorKind::Image`]: the Engine does not have one.
pub async fn save(
    engine: &impl ImageStore,
    images: &Images,
    exporter: bool,
) -> Result<(Vec<String>, BoxStream<'static, Result<Bytes>>)> {
    let mut references = Vec::new();
    for kind in ImageKind::needed(exporter) {
        let image = here(engine, candidates(kind, kind.choice(images))).await?.ok_or_else(|| {
            let source = anyhow::anyhow!("there is none here");
            EngineError::new(EngineErrorKind::Image, format!("save the image of {}", kind.as_str()), source)
                .hinted("get it first: redos images pull, or redos images build")
        })?;
        references.push(image.reference);
    }
    let stream = engine.export_images(&references);
    Ok((references, stream))
}

/// Loads images that [`save`] or `docker save` wrote, and returns their references. `name` is that of the source, for
/// messages.
///
/// # Errors
/// [`EngineErrorKind::Image`]: the source cannot be read, or holds no image.
pub async fn load(
    engine: &impl ImageStore,
    source: impl AsyncRead + Send + Unpin + 'static,
    name: &str,
) -> Result<Vec<String>> {
    engine.load_images(source, name).await
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// By this day a developer must check whether the official images that `auto` pulls are still rebuilt. HAProxy 3.0
    /// gets fixes until 2029; Redis names no such day for its minor versions.
    const LOOK_AGAIN_BY: &str = "2027-06-01T00:00:00Z";

    #[test]
    fn the_images_that_auto_pulls_are_looked_at_again_in_time() {
        let by = humantime::parse_rfc3339(LOOK_AGAIN_BY).expect("a day");
        let images = ImageKind::ALL.map(ImageKind::pinned);
        assert!(
            SystemTime::now() < by,
            "see at hub.docker.com whether {images:?} are still rebuilt, choose others in ImageKind::pinned or keep them, and \
             move LOOK_AGAIN_BY on by half a year"
        );
        assert_eq!(
            images,
            ["redis:8.2", "haproxy:3.0", "oliver006/redis_exporter:v1.69.0-alpine"],
            "docs/images.md names them"
        );
    }
}
