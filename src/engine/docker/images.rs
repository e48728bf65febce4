//! The Engine's images: inspect, pull, import, tag, save, load.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use bollard::models::ImageInspect;
use bollard::query_parameters::{CreateImageOptions, ImportImageOptions, ListImagesOptions, TagImageOptions};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout};

use super::{DockerEngine, errors, login};
use crate::engine::image::{ImageKind, LocalImage, PullRefusal, Report};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::spec::UsedImage;
use crate::update::Update;

/// How long a pull may make no progress. The Engine gives up a registry that does not answer after 15 to 30 s by
/// itself, and says why. A registry behind a slow proxy or a cold cache takes tens of seconds for its first answer.
const STALLED: Duration = Duration::from_secs(60);
/// How often the user is told that a registry has not answered yet.
const REMINDER: Duration = Duration::from_secs(5);
/// Bytes read from a file or pipe at once.
const CHUNK: usize = 64 * 1024;

impl ImageStore for DockerEngine {
    fn architecture(&self) -> &str {
        self.about.get().map_or("", |about| &about.architecture)
    }

    async fn image(&self, reference: &str) -> Result<Option<LocalImage>> {
        match self.docker.inspect_image(reference).await {
            Ok(image) => Ok(Some(local_image(reference, image))),
            Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => Ok(None),
            Err(error) => Err(self.failed(format!("look for image {reference}"), error)),
        }
    }

    async fn images_labelled(&self, label: &str) -> Result<Vec<String>> {
        let filters = Some([("label".to_owned(), vec![label.to_owned()])].into());
        let options = ListImagesOptions { filters, ..Default::default() };
        let images = self.docker.list_images(Some(options)).await;
        let mut images = images.map_err(|error| self.failed("list images", error))?;
        images.sort_by_key(|image| std::cmp::Reverse(image.created));
        // An image that lost its tag to a newer one is listed with this in its place.
        let is_reference = |tag: &String| !tag.contains("<none>");
        Ok(images.into_iter().flat_map(|image| image.repo_tags).filter(is_reference).collect())
    }

    async fn pull_image(&self, reference: &str, report: Report<'_>) -> Result<LocalImage> {
        let refused = |said: &str| refused(reference, said);
        let (repository, tag) = split_reference(reference);
        let options =
            CreateImageOptions { from_image: Some(repository.clone()), tag: Some(tag.clone()), ..Default::default() };
        let progress = |text: &str, bytes| {
            report(Update::Progress { subject: reference.to_owned(), text: text.to_owned(), bytes });
        };
        progress("asking the registry", None);
        let login = login::of(reference, report).await;
        let mut stream = self.docker.create_image(Some(options), None, login);
        let mut layers = Layers::default();
        let (mut last, mut has_begun) = (Instant::now(), false);
        loop {
            let Ok(item) = timeout(REMINDER, stream.next()).await else {
                let silence = last.elapsed();
                if silence >= STALLED {
                    return Err(refused(&format!("no answer from the registry for {} s", silence.as_secs())));
                }
                if !has_begun {
                    progress(&format!("asking the registry, which has not answered for {} s", silence.as_secs()), None);
                }
                continue;
            };
            let Some(item) = item else { break };
            let item = item.map_err(|error| refused(&errors::message(&error)))?;
            (last, has_begun) = (Instant::now(), true);
            let bytes = item.progress_detail.as_ref().and_then(|detail| detail.current.zip(detail.total));
            if let (Some(id), Some(bytes)) = (&item.id, bytes) {
                layers.note(id, item.status.as_deref().unwrap_or_default(), bytes);
            }
            progress("pulling", layers.sum());
        }
        self.image(reference).await?.ok_or_else(|| refused("it is not here after the pull"))
    }

    async fn import_image(&self, tar: &Path, reference: &str, changes: &[String]) -> Result<LocalImage> {
        let operation = || format!("import image {reference}");
        let failed = |source: anyhow::Error| EngineError::new(EngineErrorKind::Image, operation(), source);
        let file = File::open(tar).await.map_err(|error| failed(error.into()))?;
        let (repo, tag) = split_reference(reference);
        let options = CreateImageOptions {
            from_src: Some("-".to_owned()),
            repo: Some(repo),
            tag: Some(tag),
            changes: changes.to_vec(),
            ..Default::default()
        };
        let body = bollard::body_try_stream(chunks(file));
        let mut stream = self.docker.create_image(Some(options), Some(body), None);
        while let Some(item) = stream.next().await {
            item.map_err(|error| failed(anyhow!(errors::message(&error))))?;
        }
        self.image(reference).await?.ok_or_else(|| failed(anyhow!("it is not here after the import")))
    }

    async fn tag_image(&self, reference: &str, further: &str) -> Result<()> {
        let (repo, tag) = split_reference(further);
        let options = TagImageOptions { repo: Some(repo), tag: Some(tag) };
        let tagged = self.docker.tag_image(reference, Some(options)).await;
        tagged.map_err(|error| self.failed(format!("tag image {reference} as {further}"), error))
    }

    fn export_images(&self, references: &[String]) -> BoxStream<'static, Result<Bytes>> {
        let names: Vec<&str> = references.iter().map(String::as_str).collect();
        let operation = format!("save {}", names.join(" and "));
        let failed =
            move |error| EngineError::new(EngineErrorKind::Image, &*operation, anyhow!(errors::message(&error)));
        Box::pin(self.docker.export_images(&names).map_err(failed))
    }

    async fn load_images(&self, source: impl AsyncRead + Send + Unpin + 'static, name: &str) -> Result<Vec<String>> {
        let failed = |source: anyhow::Error| {
            EngineError::new(EngineErrorKind::Image, format!("load images from {name}"), source)
                .hinted("such a file is written by: redos images save FILE")
        };
        let mut stream = self.docker.import_image_stream(ImportImageOptions::default(), chunks(source), None);
        let mut loaded = Vec::new();
        while let Some(item) = stream.next().await {
            let item = item.map_err(|error| failed(anyhow!(errors::message(&error))))?;
            let text = item.stream.unwrap_or_default();
            loaded
                .extend(text.lines().filter_map(|line| line.split_once(": ")).map(|(_, name)| name.trim().to_owned()));
        }
        if loaded.is_empty() { Err(failed(anyhow!("the Engine found no image in it"))) } else { Ok(loaded) }
    }

    async fn examine(&self, kind: ImageKind, image: LocalImage) -> Result<UsedImage> {
        self.look_into(kind, image).await
    }
}

/// The error of a pull, with remedies. For a registry that cannot be reached the caller adds them: it knows what else
/// can be done.
fn refused(reference: &str, said: &str) -> EngineError {
    let refusal = PullRefusal::of(said);
    let source = anyhow!("{}: {said}", refusal.described());
    let error = EngineError::new(EngineErrorKind::Image, format!("pull image {reference}"), source);
    refusal.remedies(reference).into_iter().fold(error, EngineError::hinted)
}

fn local_image(reference: &str, image: ImageInspect) -> LocalImage {
    let config = image.config.unwrap_or_default();
    let command = config.entrypoint.into_iter().chain(config.cmd).flatten().collect();
    LocalImage {
        reference: reference.to_owned(),
        id: image.id.unwrap_or_default(),
        digests: image.repo_digests.unwrap_or_default(),
        architecture: image.architecture.unwrap_or_default(),
        command,
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        created_at: image.created,
        bytes: image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
    }
}

/// Repository and tag (or digest). The Engine would pull every tag without one, so there is always one.
fn split_reference(reference: &str) -> (String, String) {
    let (repository, tag) = match reference.split_once('@') {
        Some((repository, digest)) => (repository, digest),
        None => match reference.rsplit_once(':') {
            // A colon before a slash is that of a registry's port.
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (reference, "latest"),
        },
    };
    (repository.to_owned(), tag.to_owned())
}

/// How far the layers of a pull are. Only downloads count, so that the sum only grows.
#[derive(Default)]
struct Layers(std::collections::BTreeMap<String, (u64, u64)>);

impl Layers {
    fn note(&mut self, id: &str, status: &str, (current, total): (i64, i64)) {
        if status == "Downloading" {
            let bytes = |count: i64| u64::try_from(count).unwrap_or_default();
            self.0.insert(id.to_owned(), (bytes(current), bytes(total)));
        } else if let Some(layer) = self.0.get_mut(id) {
            layer.0 = layer.1;
        }
    }

    fn sum(&self) -> Option<(u64, u64)> {
        let sum = self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        (sum.1 > 0).then_some(sum)
    }
}

/// A source as a stream of chunks, so that it is never in memory as a whole.
fn chunks<R: AsyncRead + Send + Unpin + 'static>(
    source: R,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    futures_util::stream::try_unfold(source, |mut source| async move {
        let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
        let read = source.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), source)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_always_has_a_tag() {
        let cases = [
            ("redis", ("redis", "latest")),
            ("redis:8.0", ("redis", "8.0")),
            ("localhost:5000/redis", ("localhost:5000/redis", "latest")),
            ("localhost:5000/a/redis:7", ("localhost:5000/a/redis", "7")),
            ("redis@sha256:00ff", ("redis", "sha256:00ff")),
        ];
        for (reference, (repository, tag)) in cases {
            assert_eq!(split_reference(reference), (repository.to_owned(), tag.to_owned()), "{reference}");
        }
    }

    #[test]
    fn progress_counts_downloads_and_never_goes_back() {
        let mut layers = Layers::default();
        assert_eq!(layers.sum(), None);
        layers.note("a", "Downloading", (10, 100));
        layers.note("b", "Downloading", (5, 50));
        assert_eq!(layers.sum(), Some((15, 150)));
        layers.note("a", "Extracting", (1, 400));
        assert_eq!(layers.sum(), Some((105, 150)), "unpacking is not counted, the layer is there");
    }
}
