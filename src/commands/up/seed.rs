//! The first data of a new cluster, from a backup or an RDB file.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

use crate::backup::Manifest;
use crate::backup::read::{SnapshotFile, WholeSnapshot};
use crate::cluster::desired::Program;
use crate::commands::backup::{check, try_load, unusable};
use crate::commands::session::{Session, World};
use crate::converge::{self, Found};
use crate::engine::{Clusters, EngineErrorKind, Nodes, RdbStream};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::{bytes, count};
use crate::spec::render::{self, DataFiles};
use crate::spec::{ClusterName, Follow, NodeId, Spec};
use crate::update::Update;

/// How long the volume of an interrupted attempt may stay in use. Its container ends with the redos that was killed.
const IN_USE: Duration = Duration::from_secs(20);
/// Time between two attempts to remove it.
const LOOK: Duration = Duration::from_millis(200);
/// Time between two looks at the progress.
const TICK: Duration = Duration::from_millis(200);

/// Refuses to copy data into a cluster that exists.
///
/// One that only has a part of the data, from an attempt that was interrupted, does not count.
///
/// # Errors
/// It has containers or data.
pub fn is_new(cluster: &ClusterName, found: &Found) -> Result<(), Failure> {
    let inventory = &found.inventory;
    let is_begun = inventory.recorded.as_ref().is_some_and(|recorded| recorded.seeding.is_some());
    let has_data = inventory.volumes.keys().any(|node| !is_begun || *node != Spec::head());
    if inventory.nodes.is_empty() && !has_data {
        return Ok(());
    }
    let what = match inventory.nodes.is_empty() {
        false => format!("nothing was done: the cluster '{cluster}' exists, and --from is for a new one"),
        true => format!("nothing was done: the data of the cluster '{cluster}' are kept, and --from is for a new one"),
    };
    Err(Failure::message(FailureKind::Usage, what)
        .hinted("make another cluster of it: redos -p OTHER up --from FILE, with ports of its own")
        .hinted(format!("go on with the one that there is: {}", command_line(cluster, "up")))
        .hinted(format!("to replace it, WITHOUT its data: {}", command_line(cluster, "down --volumes"))))
}

/// Refuses settings of a cluster that cannot take the data of a file.
///
/// # Errors
/// It has several groups, follows another server, or keeps no data in volumes.
pub fn fits(spec: &Spec) -> Result<(), Failure> {
    let why = if spec.masters != 1 {
        "a backup holds one master group, and the cluster would have several; begin with one"
    } else if spec.follow != Follow::Nobody {
        "the cluster would copy the data of the server that it follows"
    } else if spec.persistence.dir.is_some() {
        "the data would be in a directory of the host; only volumes can be filled"
    } else if render::data_files(spec) == DataFiles::None {
        "the cluster would keep no data on disk, and so could not load them"
    } else {
        return Ok(());
    };
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {why}"))
        .hinted(format!("see the settings and where they come from: {}", command_line(&spec.name, "config"))))
}

/// Reads the file to its end, and makes sure that the server reads its version. Nothing is changed yet.
///
/// # Errors
/// The file is not whole, or the server of the image is too old for it.
pub async fn examine<W: World>(
    session: &Session<W>,
    spec: &Spec,
    path: &Path,
) -> Result<(SnapshotFile, WholeSnapshot), Failure> {
    let used = spec.used.redis.as_ref();
    let used = used.ok_or_else(|| Failure::message(FailureKind::Image, "the image of Redis is not known"))?;
    let too_old = |why: String| {
        Failure::message(FailureKind::Usage, format!("nothing was done: {why}"))
            .hinted("name an image of the server that wrote it, or of a newer one: --redis-image REFERENCE")
    };
    let manifest = SnapshotFile::open(path).map_err(unusable)?.manifest;
    if let Some(Manifest { server, .. }) = &manifest
        && !used.release.reads_data_of(server)
    {
        return Err(too_old(format!("{used} cannot read the data of {}, which {server} wrote", path.display())));
    }
    let progress = session.ui.progress();
    let checked = tokio::select! {
        checked = check(path.to_owned(), |update| progress.report(update)) => checked,
        () = session.cancel.cancelled() => Err(interrupted(path, "and nothing was done")),
    };
    progress.finish();
    let (file, whole) = checked?;
    let program = Program { image: used.reference.clone(), server: used.server.clone() };
    let empty = RdbStream { bytes: whole.empty.len() as u64, reader: Box::new(io::Cursor::new(whole.empty.clone())) };
    if try_load(session, &program, spec, empty).await?.is_err() {
        let version = whole.head.version;
        return Err(too_old(format!("{used} does not read RDB version {version} of {}", path.display())));
    }
    Ok((file, whole))
}

/// Copies the data into the volume of the first node, which has no container yet.
///
/// The record says so from before the first byte until after the last. So no redos takes a part of them for all.
///
/// # Errors
/// The Engine failed, the file cannot be read, or the user interrupted. The record says then that data are missing.
pub async fn copy<W: World>(
    session: &Session<W>,
    spec: &Spec,
    file: &SnapshotFile,
    whole: &WholeSnapshot,
    found: &Found,
) -> Result<Found, Failure> {
    let engine = &*session.engine;
    let (node, name) = (Spec::head(), &spec.name);
    let path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
    engine.record_spec(&Spec { seeding: Some(path.display().to_string()), ..spec.clone() }).await?;
    if found.inventory.volumes.contains_key(&node) {
        session.ui.status(format_args!("what an interrupted attempt has copied into {node} is removed"));
        remove_volume(engine, name, node).await?;
    }
    engine.create_volume(spec, node).await?;
    let image = spec.used.redis.as_ref().map(|used| used.reference.clone()).unwrap_or_default();
    let read = Arc::new(AtomicU64::new(0));
    let reader = Counting { reader: file.rdb().map_err(unusable)?, read: read.clone() };
    let rdb = RdbStream { bytes: whole.rdb_bytes, reader: Box::new(reader) };
    let mut filling = std::pin::pin!(engine.fill_volume(spec, node, &image, rdb));
    let progress = session.ui.progress();
    let mut ticks = interval(TICK);
    let filled = loop {
        tokio::select! {
            filled = &mut filling => break filled.map_err(Failure::from),
            () = session.cancel.cancelled() => {
                let what = format!("and a part of the data is in {node}");
                let again = command_line(name, &format!("up --from {}", file.path.display()));
                break Err(interrupted(&file.path, &what).hinted(format!("begin again: {again}")));
            }
            _ = ticks.tick() => progress.report(Update::Progress {
                subject: node.to_string(),
                text: format!("copying the data of {}", file.path.display()),
                bytes: Some((read.load(Ordering::Relaxed), whole.rdb_bytes)),
            }),
        }
    };
    progress.finish();
    filled?;
    engine.record_spec(spec).await?;
    Ok(converge::find(engine, name).await?)
}

fn interrupted(path: &Path, what: &str) -> Failure {
    Failure::message(FailureKind::Interrupted, format!("the copy of {} was interrupted, {what}", path.display()))
}

/// Removes a volume, also if the container of a redos that was killed still ends.
async fn remove_volume(engine: &impl Nodes, cluster: &ClusterName, node: NodeId) -> Result<(), Failure> {
    let deadline = Instant::now() + IN_USE;
    loop {
        match engine.remove_volume(cluster, node).await {
            Err(error) if error.kind == EngineErrorKind::Conflict && Instant::now() < deadline => sleep(LOOK).await,
            other => return Ok(other?),
        }
    }
}

/// A reader that says how far it is.
struct Counting {
    reader: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(to)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Compares the keys of the ready cluster with those of the file, and reports both.
///
/// # Errors
/// Keys are missing.
pub async fn count_keys<W: World>(
    session: &Session<W>,
    spec: &Spec,
    file: &SnapshotFile,
    whole: &WholeSnapshot,
) -> Result<(), Failure> {
    let found = converge::find(&*session.engine, &spec.name).await?;
    let seen = session.observe_decided(spec, found).await?.observed;
    let views = seen.topology.redis.values().filter_map(|answer| answer.said());
    // All nodes are in sync, so any of them knows.
    let Some(have) = views.map(|view| view.keys).max() else {
        session.ui.warn(format_args!("the keys of {} could not be counted: no node answered", spec.name));
        return Ok(());
    };
    let keys = |keys: u64| count(usize::try_from(keys).unwrap_or(usize::MAX), "key");
    let (path, data) = (file.path.display(), bytes(whole.rdb_bytes));
    let Some(manifest) = &file.manifest else {
        session.ui.status(format_args!("{}: {} from {path}, {data} of data", spec.name, keys(have)));
        return Ok(());
    };
    if manifest.keys_are_exact && have < manifest.keys.saturating_sub(manifest.expiring_keys) {
        let what = format!("'{}' has {}, and {path} has {}", spec.name, keys(have), manifest.keys);
        return Err(Failure::message(FailureKind::Failed, what)
            .hinted("check whether something removed keys since, and the file: redos backup verify FILE")
            .hinted(format!("begin again: {}", command_line(&spec.name, "down --volumes"))));
    }
    session.ui.status(format_args!(
        "{}: {} of {} in {path}, made {} ({data} of data)",
        spec.name,
        have,
        keys(manifest.keys),
        manifest.created_at
    ));
    if manifest.expiring_keys > 0 {
        session
            .ui
            .status(format_args!("{} of the keys in the file expire, and may have done so", manifest.expiring_keys));
    }
    Ok(())
}
