//! Finds the images of a cluster: those that it has, those that the Engine has, or new ones.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{BuildOptions, ImageKind, LocalImage, Report, candidates, debian, with_remedies};
use crate::cluster::desired::{Program, Programs};
use crate::cluster::observed::Inventory;
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::spec::{ImageChoice, Release, Spec, UsedImage, UsedImages};
use crate::update::Update;

/// The prefix of images that redos makes.
const OWN: &str = "redos/";

/// The images of a cluster; the Engine has all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The part that is recorded.
    pub used: UsedImages,
    /// The part that nodes are created from.
    pub programs: Programs,
}

/// An image that the Engine has, and its name for creating containers.
type Here = (UsedImage, String);

/// Finds the images of a cluster, and gets those that the Engine does not have.
///
/// It examines those that are not known yet, and reports what it pulls or makes. If the exporter's image cannot be had, that
/// is a remark: no other node needs it.
///
/// # Errors
/// [`EngineErrorKind::Image`]: an image is not here and cannot be had, or only in another version than the cluster's
/// data. [`EngineErrorKind::UnfitImage`]: an image lacks what a node needs.
pub async fn resolve(
    engine: &impl ImageStore,
    spec: &Spec,
    inventory: &Inventory,
    report: Report<'_>,
) -> Result<Resolved> {
    let searches: Vec<Search<'_>> =
        ImageKind::needed(spec.exporter).map(|kind| Search::of(kind, spec, inventory)).collect();
    // If two are wrong, always the same one is reported.
    let here = join_all(searches.iter().map(|search| search.here(engine))).await;
    let here: Vec<std::result::Result<Here, Misfits>> = here.into_iter().collect::<Result<_>>()?;
    let mut found = fetched(engine, searches.into_iter().zip(here).collect(), report).await?;
    let mut take = |kind| {
        let (used, image) = found.remove(&kind)?;
        Some((Program { image, server: used.server.clone() }, used))
    };
    let missing = || EngineError::new(EngineErrorKind::Image, "find an image", None);
    let (redis, used_redis) = take(ImageKind::Redis).ok_or_else(missing)?;
    let (proxy, used_proxy) = take(ImageKind::Proxy).ok_or_else(missing)?;
    let (exporter, found_exporter) = take(ImageKind::Exporter).unzip();
    // A container that has the image goes on.
    let used_exporter = found_exporter.or_else(|| spec.used.exporter.clone().filter(|_| spec.exporter));
    let used = UsedImages { redis: Some(used_redis), proxy: Some(used_proxy), exporter: used_exporter };
    Ok(Resolved { used, programs: Programs { redis, proxy, exporter } })
}

/// The images that the Engine has but that have another version than the data.
type Misfits = Vec<UsedImage>;

/// The wanted image of one kind.
struct Search<'a> {
    kind: ImageKind,
    choice: &'a ImageChoice,
    /// The image that the cluster was created with.
    used: Option<&'a UsedImage>,
    /// The image of its nodes, if nothing is recorded.
    running: Option<&'a str>,
}

impl<'a> Search<'a> {
    fn of(kind: ImageKind, spec: &'a Spec, inventory: &'a Inventory) -> Self {
        let (choice, used) = (kind.choice(&spec.images), kind.used(&spec.used));
        let is_open = *choice == ImageChoice::Auto && used.is_none();
        let running = inventory.nodes.iter().find(|(node, _)| is_open && kind.runs(node.role()));
        Self { kind, choice, used, running: running.map(|(_, facts)| &*facts.image) }
    }

    /// The suitable references, the preferred one first.
    fn candidates(&self) -> Vec<&str> {
        let known = self.used.map(|used| &*used.reference).or(self.running);
        known.into_iter().chain(candidates(self.kind, self.choice)).collect()
    }

    /// Whether an image is suitable. Only the version that wrote the data reads them; other nodes have no data.
    fn fits(&self, found: &UsedImage) -> bool {
        let is_of_its_line = |used: &UsedImage| found.release.is_of_the_line_of(&used.release);
        self.kind != ImageKind::Redis || self.used.is_none_or(is_of_its_line)
    }

    /// A suitable image that the Engine has; else the unsuitable ones.
    async fn here(&self, engine: &impl ImageStore) -> Result<std::result::Result<Here, Misfits>> {
        if let Some(used) = self.used
            && let Some(name) = name_of(engine, used).await?
        {
            return Ok(Ok((used.clone(), name)));
        }
        let mut misfits = Vec::new();
        for reference in self.candidates() {
            let Some(image) = engine.image(reference).await? else { continue };
            let found = engine.examine(self.kind, image).await?;
            if self.fits(&found) {
                let name = found.reference.clone();
                return Ok(Ok((found, name)));
            }
            misfits.push(found);
        }
        Ok(Err(misfits))
    }

    /// The references to pull, one after the other until one succeeds. Empty if the package archive gave the image.
    fn pulls(&self) -> Vec<&str> {
        match (self.choice, self.used) {
            (ImageChoice::Reference(reference), None) => vec![reference],
            (ImageChoice::Auto, None) => vec![self.kind.pinned()],
            (ImageChoice::Auto, Some(used)) if used.reference.starts_with(OWN) => Vec::new(),
            (_, Some(used)) => used.digest.as_deref().into_iter().chain([&*used.reference]).collect(),
        }
    }

    /// Whether the package archive may give the image if no registry does. Its version differs from a registry's.
    fn may_be_built(&self) -> bool {
        let is_built = |used: &UsedImage| used.reference.starts_with(OWN);
        *self.choice == ImageChoice::Auto && self.used.is_none_or(is_built)
    }

    async fn pulled(&self, engine: &impl ImageStore, report: Report<'_>) -> Result<LocalImage> {
        let mut result = Err(EngineError::new(
            EngineErrorKind::Image,
            format!("find the image of {}", self.kind.as_str()),
            anyhow::anyhow!("it was made from Debian's packages, and is not here any more"),
        ));
        for reference in self.pulls() {
            result = engine.pull_image(reference, report).await;
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Examines an image that was pulled or made.
    async fn accepted(&self, engine: &impl ImageStore, image: LocalImage, mut misfits: Misfits) -> Result<Here> {
        let found = engine.examine(self.kind, image).await?;
        if self.fits(&found) {
            let name = found.reference.clone();
            return Ok((found, name));
        }
        misfits.push(found);
        Err(self.refusal(&misfits, None))
    }

    /// Why no available image is suitable, for a cluster that has data.
    fn refusal(&self, misfits: &[UsedImage], failed: Option<EngineError>) -> EngineError {
        let Some(used) = self.used.filter(|_| self.kind == ImageKind::Redis) else {
            return failed
                .map_or_else(|| EngineError::new(EngineErrorKind::Image, "find an image", None), with_remedies);
        };
        let mut why = format!("the data were written by {used}, which is not here");
        if let Some(failed) = &failed {
            let said = failed.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
            why.push_str(&format!("; redos failed to {}{said}", failed.operation));
        }
        for misfit in misfits {
            why.push_str(&format!("; {misfit} is another version"));
        }
        let Release { name, version } = &used.release;
        let hints = failed.map(|failed| failed.hints).unwrap_or_default();
        let error = EngineError::new(
            EngineErrorKind::Image,
            "find an image that reads the cluster's data",
            anyhow::anyhow!(why),
        );
        let error = match used.reference.starts_with(OWN) {
            true => error.hinted(
                "bring it from a host that has it: redos images save images.tar; here: redos images load images.tar",
            ),
            false => error.hinted(format!("get it: docker pull {}", used.reference)),
        };
        let error = error.hinted(format!(
            "or name an image of {name} {version} or later, which the data are upgraded to: redos up --redis-image REFERENCE"
        ));
        EngineError { hints: error.hints.into_iter().chain(hints).collect(), ..error }
    }
}

/// A name that leads to the image: its reference, unless that means another one by now.
async fn name_of(engine: &impl ImageStore, used: &UsedImage) -> Result<Option<String>> {
    for name in [Some(&used.reference), used.digest.as_ref(), Some(&used.id)].into_iter().flatten() {
        if engine.image(name).await?.is_some_and(|image| image.id == used.id) {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// Gets the missing images: by a pull, and if that fails and the choice is `auto`, from the package archive.
async fn fetched(
    engine: &impl ImageStore,
    wanted: Vec<(Search<'_>, std::result::Result<Here, Misfits>)>,
    report: Report<'_>,
) -> Result<BTreeMap<ImageKind, Here>> {
    let pulled = wanted.iter().map(
        async |(search, here)| {
            if here.is_ok() { None } else { Some(search.pulled(engine, report).await) }
        },
    );
    let pulled = join_all(pulled).await;
    let mut options = BuildOptions { kinds: [].into(), ..BuildOptions::default() };
    for ((search, _), pulled) in wanted.iter().zip(&pulled) {
        let Some(Err(error)) = pulled else { continue };
        if search.may_be_built() && debian::possible() {
            report(Update::Remark(format!("{}: making it from this host's package archive", reason(search, error))));
            options.kinds.insert(search.kind);
        }
    }
    let (mut built, mut not_built) = match options.kinds.is_empty() {
        true => Default::default(),
        false => match debian::build(engine, &options, report).await {
            Ok(built) => (built, None),
            Err(error) => (Default::default(), Some(error)),
        },
    };
    let mut found = BTreeMap::new();
    for ((search, here), pulled) in wanted.into_iter().zip(pulled) {
        let image = match (here, pulled) {
            (Ok(here), _) => Ok(here),
            (Err(misfits), Some(Ok(image))) => search.accepted(engine, image, misfits).await,
            (Err(misfits), failed) => match built.remove(&search.kind) {
                Some(image) => {
                    // By the name under which the next cluster finds it.
                    let image = LocalImage { reference: search.kind.ours().to_owned(), ..image };
                    search.accepted(engine, image, misfits).await
                }
                None => Err(search.refusal(&misfits, not_built.take().or(failed.and_then(Result::err)))),
            },
        };
        match image {
            Ok(image) => _ = found.insert(search.kind, image),
            Err(error) if search.kind == ImageKind::Exporter && error.kind == EngineErrorKind::Image => {
                let why = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
                report(Update::Remark(format!(
                    "there is no image of the exporter: redos failed to {}{why}",
                    error.operation
                )));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Why no registry gives the image, in a sentence without its full stop.
fn reason(search: &Search<'_>, error: &EngineError) -> String {
    let said = error.source.as_ref().map_or_else(String::new, ToString::to_string);
    match search.pulls().as_slice() {
        [] => format!("the image of {}: {said}", search.kind.as_str()),
        [reference, ..] => format!("{reference} is not pulled, {said}"),
    }
}
