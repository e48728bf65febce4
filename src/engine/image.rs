//! Images: which one a cluster runs on, and how it gets here.
//!
//! `auto` takes, in this order: what the cluster's nodes already use; a local image of [`ImageKind::pinned`] or of our own
//! making; a pull of the pinned one; and, where no registry can be reached and this is a Debian or Ubuntu host, one made
//! from its package archive ([`debian`]).

pub mod debian;

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::{join_all, try_join};
use tokio::io::AsyncRead;

use super::docker::DockerEngine;
use super::{EngineError, EngineErrorKind, Result};
use crate::plan::desired::{Program, Programs};
use crate::plan::event::Event;
use crate::plan::observed::Inventory;
use crate::spec::{ImageChoice, Images, Role};

pub use debian::{BuildOptions, Server};

/// Who listens to progress and remarks.
pub type Report<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// The label that images made by redos carry; its value is [`ImageKind::as_str`].
pub const LABEL: &str = "dev.redos.image";

/// An image on the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// The reference that it was looked up by.
    pub reference: String,
    /// Its id, `sha256:…`.
    pub id: String,
    /// Entry point and command together.
    pub command: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// Its size.
    pub octets: u64,
}

/// The two kinds of images that a cluster needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageKind {
    /// Redis (or Valkey), also for the Sentinels.
    Redis,
    /// HAProxy.
    Proxy,
}

impl ImageKind {
    /// Both.
    pub const ALL: [ImageKind; 2] = [ImageKind::Redis, ImageKind::Proxy];

    /// The word in labels and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Proxy => "haproxy",
        }
    }

    /// The official image that `auto` pulls. Pinned to a minor version: patches come, behaviour stays.
    pub const fn pinned(self) -> &'static str {
        match self {
            Self::Redis => "redis:8.0",
            Self::Proxy => "haproxy:3.0",
        }
    }

    /// The reference under which the image that was last made from this host's own packages is found.
    pub const fn ours(self) -> &'static str {
        match self {
            Self::Redis => "redos/redis:latest",
            Self::Proxy => "redos/haproxy:latest",
        }
    }

    /// What runs in it when the image itself does not say.
    const fn usual_server(self) -> &'static str {
        match self {
            Self::Redis => "redis-server",
            Self::Proxy => "haproxy",
        }
    }

    const fn servers(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis-server", "valkey-server"],
            Self::Proxy => &["haproxy"],
        }
    }

    fn choice(self, images: &Images) -> &ImageChoice {
        match self {
            Self::Redis => &images.redis,
            Self::Proxy => &images.proxy,
        }
    }

    fn runs(self, role: Role) -> bool {
        match role {
            Role::Redis | Role::Sentinel => self == Self::Redis,
            Role::Proxy => self == Self::Proxy,
        }
    }
}

/// The program of an image: what its entry point or command names, or the usual one.
fn program(kind: ImageKind, image: LocalImage) -> Program {
    let name = |word: &String| word.rsplit('/').next().unwrap_or(word).to_owned();
    let named = image.command.iter().find(|word| kind.servers().contains(&name(word).as_str()));
    let server = named.cloned().unwrap_or_else(|| kind.usual_server().to_owned());
    Program { image: image.reference, server }
}

/// Finds the images of a cluster and the server in each, and gets those that are not here. Reports what it pulls or makes.
///
/// # Errors
/// [`EngineErrorKind::Image`]: an image is not here and cannot be had; the source says what was tried last.
pub async fn resolve(
    engine: &DockerEngine,
    images: &Images,
    inventory: &Inventory,
    report: Report<'_>,
) -> Result<Programs> {
    let wanted = |kind: ImageKind| {
        let choice = kind.choice(images);
        let used = inventory.nodes.iter().find(|(node, _)| *choice == ImageChoice::Auto && kind.runs(node.role()));
        used.map(|(_, facts)| facts.image.clone()).into_iter().chain(candidates(kind, choice)).collect()
    };
    let here = |kind: ImageKind| here(engine, wanted(kind));
    let (redis, proxy) = try_join(here(ImageKind::Redis), here(ImageKind::Proxy)).await?;
    let (redis, proxy) = match (redis, proxy) {
        (Some(redis), Some(proxy)) => (redis, proxy),
        (redis, proxy) => fetched(engine, images, redis, proxy, report).await?,
    };
    Ok(Programs { redis: program(ImageKind::Redis, redis), proxy: program(ImageKind::Proxy, proxy) })
}

/// The references that a choice allows, the first to be preferred.
fn candidates(kind: ImageKind, choice: &ImageChoice) -> Vec<String> {
    match choice {
        ImageChoice::Reference(reference) => vec![reference.clone()],
        ImageChoice::Auto => vec![kind.pinned().to_owned(), kind.ours().to_owned()],
    }
}

/// The first of several images that is here.
async fn here(engine: &DockerEngine, references: Vec<String>) -> Result<Option<LocalImage>> {
    for reference in references {
        if let Some(image) = engine.image(&reference).await? {
            return Ok(Some(image));
        }
    }
    Ok(None)
}

/// Gets what is missing: by pull, and where that fails and the choice is ours, from the package archive.
async fn fetched(
    engine: &DockerEngine,
    images: &Images,
    redis: Option<LocalImage>,
    proxy: Option<LocalImage>,
    report: Report<'_>,
) -> Result<(LocalImage, LocalImage)> {
    let pulled = async |kind: ImageKind, have: Option<LocalImage>| match have {
        Some(image) => Ok(image),
        None => match kind.choice(images) {
            ImageChoice::Reference(reference) => engine.pull_image(reference, report).await,
            ImageChoice::Auto => engine.pull_image(kind.pinned(), report).await,
        },
    };
    let (redis, proxy) =
        futures_util::future::join(pulled(ImageKind::Redis, redis), pulled(ImageKind::Proxy, proxy)).await;
    let mut missing = Vec::new();
    for (kind, result) in [(ImageKind::Redis, &redis), (ImageKind::Proxy, &proxy)] {
        let Err(error) = result else { continue };
        match kind.choice(images) {
            ImageChoice::Auto => missing.push((kind, error)),
            ImageChoice::Reference(_) => {}
        }
    }
    let Some((_, first)) = missing.first() else {
        return Ok((redis.map_err(with_remedies)?, proxy.map_err(with_remedies)?));
    };
    if !debian::possible() {
        return Ok((redis.map_err(with_remedies)?, proxy.map_err(with_remedies)?));
    }
    let why = first.source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
    report(Event::Remark(format!("no registry can be reached{why}: making images from this host's package archive")));
    let options = BuildOptions { kinds: missing.iter().map(|(kind, _)| *kind).collect(), ..BuildOptions::default() };
    let mut built = debian::build(engine, &options, report).await?;
    let mut or_built = |kind: ImageKind, have: Result<LocalImage>| match built.remove(&kind) {
        Some(image) => Ok(image),
        None => have.map_err(with_remedies),
    };
    Ok((or_built(ImageKind::Redis, redis)?, or_built(ImageKind::Proxy, proxy)?))
}

fn with_remedies(error: EngineError) -> EngineError {
    if error.kind != EngineErrorKind::Image || !error.hints.is_empty() {
        return error;
    }
    error
        .hinted("on a machine with a registry: redos images pull && redos images save images.tar; here: redos images load images.tar")
        .hinted("on Debian or Ubuntu, without any registry: redos images build")
}

/// Pulls the images that `images` names, or the pinned ones where it says `auto`, even if they are here.
///
/// # Errors
/// [`EngineErrorKind::Image`]: the registry cannot be reached or does not have one.
pub async fn pull(engine: &DockerEngine, images: &Images, report: Report<'_>) -> Result<Vec<LocalImage>> {
    let references = ImageKind::ALL.map(|kind| match kind.choice(images) {
        ImageChoice::Auto => kind.pinned(),
        ImageChoice::Reference(reference) => reference.as_str(),
    });
    let pulled = join_all(references.iter().map(|reference| engine.pull_image(reference, report))).await;
    pulled.into_iter().collect::<Result<_>>().map_err(with_remedies)
}

/// Makes images from a package archive, see [`debian::build`].
///
/// # Errors
/// [`EngineErrorKind::Image`], with what the package tool said last.
pub async fn build(engine: &DockerEngine, options: &BuildOptions, report: Report<'_>) -> Result<Vec<LocalImage>> {
    Ok(debian::build(engine, options, report).await?.into_values().collect())
}

/// An image in the list of those that matter to redos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedImage {
    /// Its reference.
    pub reference: String,
    /// What it is for.
    pub kind: ImageKind,
    /// Whether a new cluster would run on it.
    pub used: bool,
    /// The image itself; absent when it is not here.
    pub image: Option<LocalImage>,
}

/// The images that a new cluster would use, those that it would use if they were here, and all of redos's own making.
///
/// # Errors
/// The Engine does not answer.
pub async fn list(engine: &DockerEngine, images: &Images) -> Result<Vec<ListedImage>> {
    let mut listed = Vec::new();
    for kind in ImageKind::ALL {
        let mut references = candidates(kind, kind.choice(images));
        let made = engine.images_labelled(&format!("{LABEL}={}", kind.as_str())).await?;
        let candidates = references.len();
        references.extend(made.into_iter().filter(|made| *made != kind.ours()));
        let found = join_all(references.iter().map(|reference| engine.image(reference))).await;
        let found: Vec<Option<LocalImage>> = found.into_iter().collect::<Result<_>>()?;
        let used = found.iter().take(candidates).position(Option::is_some);
        for (index, (reference, image)) in references.into_iter().zip(found).enumerate() {
            listed.push(ListedImage { reference, kind, used: used == Some(index), image });
        }
    }
    Ok(listed)
}

/// The images that a new cluster would use here, and how to read them as one tar file.
///
/// # Errors
/// [`EngineErrorKind::Image`]: one is not here.
pub async fn save(
    engine: &DockerEngine,
    images: &Images,
) -> Result<(Vec<String>, impl Stream<Item = Result<Bytes>> + Send + Unpin + use<>)> {
    let mut references = Vec::new();
    for kind in ImageKind::ALL {
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

/// Loads images from what [`save`] or `docker save` wrote, and returns their references. `name` is that of the source, for
/// messages.
///
/// # Errors
/// [`EngineErrorKind::Image`]: the source cannot be read, or holds no image.
pub async fn load(
    engine: &DockerEngine,
    source: impl AsyncRead + Send + Unpin + 'static,
    name: &str,
) -> Result<Vec<String>> {
    engine.load_images(source, name).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_what_the_image_says() {
        let server = |kind, command: &[&str]| {
            let image = LocalImage {
                reference: "r".to_owned(),
                id: String::new(),
                command: command.iter().map(|word| (*word).to_owned()).collect(),
                labels: BTreeMap::new(),
                created_at: None,
                octets: 0,
            };
            program(kind, image).server
        };
        assert_eq!(server(ImageKind::Redis, &["docker-entrypoint.sh", "redis-server"]), "redis-server");
        assert_eq!(server(ImageKind::Redis, &["docker-entrypoint.sh", "valkey-server"]), "valkey-server");
        assert_eq!(server(ImageKind::Redis, &["/opt/bin/valkey-server", "x.conf"]), "/opt/bin/valkey-server");
        assert_eq!(server(ImageKind::Redis, &["run.sh"]), "redis-server", "the usual one where it does not say");
        assert_eq!(server(ImageKind::Proxy, &["docker-entrypoint.sh", "haproxy", "-f"]), "haproxy");
    }
}
