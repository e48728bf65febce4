//! The images in memory: those that `auto` pulls, and older and newer ones.

use std::path::Path;

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use tokio::io::AsyncRead;

use super::{Sim, VERSION};
use crate::engine::image::{ImageKind, LocalImage, Report};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::spec::{Release, UsedImage};

/// The machine type of all images.
const ARCHITECTURE: &str = "amd64";

/// The error of a call that needs a registry, a file or a host.
fn missing(operation: String) -> EngineError {
    EngineError::new(EngineErrorKind::Image, operation, anyhow!("an engine in memory has its own images alone"))
}

/// The images that are here beside those that `auto` pulls.
const OTHERS: [&str; 5] = ["redis:7.0", "redis:8.4", "valkey:8.1", "haproxy:3.2", "without-tls:8.0"];

/// The version that a server from an image of this reference reports.
fn version(reference: &str) -> Option<String> {
    let (_, version) = reference.rsplit_once(':')?;
    Some(format!("{version}.0"))
}

/// The version of the server of a node: that of its image, or [`VERSION`] where the image names none.
pub(super) fn running_version(reference: &str) -> String {
    version(reference).unwrap_or_else(|| VERSION.to_owned())
}

fn held(reference: &str) -> LocalImage {
    let kind = ImageKind::ALL.into_iter().find(|kind| kind.pinned() == reference);
    LocalImage {
        reference: reference.to_owned(),
        id: format!("sha256:{}", kind.map_or(reference, |kind| kind.as_str())),
        digests: Vec::new(),
        architecture: ARCHITECTURE.to_owned(),
        command: Vec::new(),
        labels: Default::default(),
        created_at: None,
        bytes: 0,
    }
}

impl ImageStore for Sim {
    fn architecture(&self) -> &str {
        ARCHITECTURE
    }

    async fn image(&self, reference: &str) -> Result<Option<LocalImage>> {
        let all = ImageKind::ALL.map(ImageKind::pinned).into_iter().chain(OTHERS).map(held);
        Ok(all.into_iter().find(|image| reference == image.reference || reference == image.id))
    }

    async fn images_labelled(&self, _label: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn pull_image(&self, reference: &str, _report: Report<'_>) -> Result<LocalImage> {
        self.image(reference).await?.ok_or_else(|| missing(format!("pull {reference}")))
    }

    async fn import_image(&self, _tar: &Path, reference: &str, _changes: &[String]) -> Result<LocalImage> {
        Err(missing(format!("import image {reference}")))
    }

    async fn tag_image(&self, reference: &str, further: &str) -> Result<()> {
        Err(missing(format!("tag image {reference} as {further}")))
    }

    fn export_images(&self, references: &[String]) -> BoxStream<'static, Result<Bytes>> {
        let text = references.join("\n");
        Box::pin(stream::iter([Ok(Bytes::from(text))]))
    }

    async fn load_images(&self, _source: impl AsyncRead + Send + Unpin + 'static, name: &str) -> Result<Vec<String>> {
        Err(missing(format!("load images from {name}")))
    }

    async fn examine(&self, kind: ImageKind, image: LocalImage) -> Result<UsedImage> {
        let (name, _) = image.reference.rsplit_once(':').unwrap_or_default();
        let server = kind.servers().iter().find(|server| server.starts_with(name)).or(kind.servers().first());
        let server = server.copied().unwrap_or_default();
        let name = if name == "valkey" { name } else { kind.as_str() };
        let release = Release { name: name.to_owned(), version: version(&image.reference).unwrap_or_default() };
        Ok(UsedImage {
            reference: image.reference,
            id: image.id,
            digest: None,
            server: server.to_owned(),
            release,
            modules: Vec::new(),
        })
    }
}
