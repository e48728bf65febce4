//! The images in memory: one of Redis and one of HAProxy, in the versions that `auto` pulls.

use std::path::Path;

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use tokio::io::AsyncRead;

use super::Sim;
use crate::engine::image::{ImageKind, LocalImage, Report};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::spec::{Release, UsedImage};

/// The machine type of all images.
const ARCHITECTURE: &str = "amd64";

/// The error of a call that needs a registry, a file or a host.
fn missing(operation: String) -> EngineError {
    EngineError::new(EngineErrorKind::Image, operation, anyhow!("an engine in memory has its own images alone"))
}

fn held(kind: ImageKind) -> LocalImage {
    LocalImage {
        reference: kind.pinned().to_owned(),
        id: format!("sha256:{}", kind.as_str()),
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
        Ok(ImageKind::ALL.map(held).into_iter().find(|image| reference == image.reference || reference == image.id))
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
        let server = kind.servers().first().copied().unwrap_or_default();
        let version = kind.pinned().rsplit_once(':').map_or("", |(_, version)| version);
        let release = Release { name: kind.as_str().to_owned(), version: format!("{version}.0") };
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
