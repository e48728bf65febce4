//! The first data of a new cluster, from a backup or the files of another Redis.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

use super::source::DataSource;
use crate::backup::seal::BackupKeys;
use crate::backup::{Manifest, Place, rdb};
use crate::cluster::desired::Program;
use crate::cluster::observed::Observed;
use crate::commands::backup::try_load;
use crate::commands::session::{Session, World};
use crate::converge::{self, Found};
use crate::engine::{Clusters, DataStream, EngineError, EngineErrorKind, FileStream, Nodes};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::{bytes, count};
use crate::spec::render::value::memory_limit;
use crate::spec::render::{self, DataFiles};
use crate::spec::{ClusterName, Follow, Group, NodeId, Spec};
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
    if spec.masters != 1 {
        return Err(unfit(spec, "a backup holds one master group, and the cluster would have several; begin with one"));
    }
    fits_node(spec)
}

/// Refuses settings with which a node cannot take the data of a file.
///
/// # Errors
/// The cluster follows another server, or keeps no data in volumes.
pub fn fits_node(spec: &Spec) -> Result<(), Failure> {
    let why = if spec.follow != Follow::Nobody {
        "the cluster would copy the data of the server that it follows"
    } else if spec.persistence.dir.is_some() {
        "the data would be in a directory of the host; only volumes can be filled"
    } else if render::data_files(spec) == DataFiles::None {
        "the cluster would keep no data on disk, and so could not load them"
    } else {
        return Ok(());
    };
    Err(unfit(spec, why))
}

fn unfit(spec: &Spec, why: &str) -> Failure {
    Failure::message(FailureKind::Usage, format!("nothing was done: {why}"))
        .hinted(format!("see the settings and where they come from: {}", command_line(&spec.name, "config")))
}

/// Reads the data to their end, and makes sure that the server loads them. Nothing is changed yet.
///
/// # Errors
/// They are not whole, or the server of the image does not load them.
pub async fn examine<W: World>(
    session: &Session<W>,
    spec: &Spec,
    place: &Place,
    keys: &BackupKeys,
) -> Result<DataSource, Failure> {
    let used = spec.used.redis.as_ref();
    let used = used.ok_or_else(|| Failure::message(FailureKind::Image, "the image of Redis is not known"))?;
    let too_old = |why: String| {
        Failure::message(FailureKind::Usage, format!("nothing was done: {why}"))
            .hinted("name an image of the server that wrote it, or of a newer one: --redis-image REFERENCE")
    };
    if let Some(Manifest { server, .. }) = DataSource::glance(place, keys).await?
        && !used.release.reads_data_of(&server)
    {
        return Err(too_old(format!("{used} cannot read the data of {place}, which {server} wrote")));
    }
    let progress = session.ui.progress();
    let checked = tokio::select! {
        checked = DataSource::read(place, keys, |update| progress.report(update)) => checked,
        () = session.cancel.cancelled() => Err(interrupted(place, "and nothing was done")),
    };
    progress.finish();
    let source = checked?;
    if source.is_append_only() && matches!(render::data_files(spec), DataFiles::Snapshot(_)) {
        return Err(unfit(spec, "the cluster would keep snapshots only, and would not load append-only files")
            .hinted("have it keep append-only files: --persistence both"));
    }
    let program = Program { image: used.reference.clone(), server: used.server.clone() };
    if let Some(empty) = source.empty_rdb() {
        let version = rdb::version(&empty).unwrap_or_default();
        let empty = FileStream { bytes: empty.len() as u64, reader: Box::new(io::Cursor::new(empty)) };
        if try_load(session, &program, spec, DataStream::Rdb(empty)).await?.is_err() {
            return Err(too_old(format!("{used} does not read RDB version {version} of {place}")));
        }
    }
    session.ui.status(format_args!("a temporary {} of {} loads {place}", program.server, program.image));
    let data = source.stream(&Arc::default()).await?;
    let loaded = tokio::select! {
        loaded = try_load(session, &program, spec, data) => loaded?,
        () = session.cancel.cancelled() => return Err(interrupted(place, "and nothing was done")),
    };
    let loaded = loaded.map_err(|said| {
        let what = format!("nothing was done: {used} does not load {place}");
        let failure = Failure::message(FailureKind::Failed, what).noted(format!("it says:\n{said}"));
        match module_in(&said) {
            Some(module) => failure.hinted(format!(
                "the file has data of the module '{module}': name an image that has it: --redis-image REFERENCE"
            )),
            None if source.is_append_only() => failure
                .hinted("if the files were copied while their server wrote them, stop it and copy them again")
                .hinted("cut off what does not load, on a copy of them: redis-check-aof --fix FILE"),
            None => failure.hinted("name the image of the server that wrote it: --redis-image REFERENCE"),
        }
    })?;
    if let Some(limit) = memory_limit(&spec.redis).filter(|limit| loaded.memory > *limit) {
        let (used, limit) = (bytes(loaded.memory), bytes(limit));
        let what = format!(
            "nothing was done: the data of {place} take {used} of memory, and the setting maxmemory allows {limit}, so that every \
             write would be refused"
        );
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("allow more: {}", command_line(&spec.name, "up --redis maxmemory=SIZE")))
            .hinted("if keys may go: --redis maxmemory-policy=allkeys-lru"));
    }
    Ok(source)
}

/// The module whose data a server does not load, by its own words (`rdb.c`).
fn module_in(said: &str) -> Option<&str> {
    let (_, after) = said.split_once("no matching module")?;
    after.split('\'').nth(1)
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
    source: &DataSource,
    found: &Found,
) -> Result<Found, Failure> {
    let engine = &*session.engine;
    let (node, name) = (Spec::head(), &spec.name);
    engine.record_spec(&Spec { seeding: Some(absolute(&source.place)), ..spec.clone() }).await?;
    if found.inventory.volumes.contains_key(&node) {
        session.ui.status(format_args!("what an interrupted attempt has copied into {node} is removed"));
        remove_volume(engine, name, node).await?;
    }
    engine.create_volume(spec, node).await?;
    let image = spec.used.redis.as_ref().map(|used| used.reference.clone()).unwrap_or_default();
    let fill = async |data| engine.fill_volume(spec, node, &image, data).await;
    let what = format!("and a part of the data is in {node}");
    stream(session, source, node, fill, &what).await.map_err(|failure| {
        let again = command_line(name, &format!("up --from {}", source.place));
        failure.hinted(format!("begin again: {again}"))
    })?;
    engine.record_spec(spec).await?;
    Ok(converge::find(engine, name).await?)
}

/// The place of a file as seen from anywhere, for a record.
pub fn absolute(place: &Place) -> String {
    match place {
        Place::Local(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
        Place::Object(_, address) => address.to_string(),
    }
}

/// Hands the data of a file to `fill`, with progress. `left` says what an interruption leaves.
///
/// # Errors
/// The Engine failed, the file cannot be read, or the user interrupted.
pub async fn stream<W: World>(
    session: &Session<W>,
    source: &DataSource,
    node: NodeId,
    fill: impl AsyncFnOnce(DataStream) -> Result<(), EngineError>,
    left: &str,
) -> Result<(), Failure> {
    let read = Arc::new(AtomicU64::new(0));
    let mut filling = std::pin::pin!(fill(source.stream(&read).await?));
    let progress = session.ui.progress();
    let mut ticks = interval(TICK);
    let filled = loop {
        tokio::select! {
            filled = &mut filling => break filled.map_err(Failure::from),
            () = session.cancel.cancelled() => break Err(interrupted(&source.place, left)),
            _ = ticks.tick() => progress.report(Update::Progress {
                subject: node.to_string(),
                text: format!("copying the data of {}", source.place),
                bytes: Some((read.load(Ordering::Relaxed), source.bytes)),
            }),
        }
    };
    progress.finish();
    filled
}

fn interrupted(place: &Place, what: &str) -> Failure {
    Failure::message(FailureKind::Interrupted, format!("the copy of {place} was interrupted, {what}"))
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

/// The number of keys of a group in sync, of which any node knows. `None` if none answered.
pub fn keys_of(group: Group, observed: &Observed) -> Option<u64> {
    let answers = observed.topology.redis.iter().filter(|(node, _)| node.group() == Some(group));
    answers.filter_map(|(_, answer)| answer.said()).map(|view| view.keys).max()
}

/// Whether a cluster has the keys that a file says it has. Some may have expired.
///
/// # Errors
/// Keys are missing.
pub fn are_all_there(cluster: &ClusterName, source: &DataSource, have: Option<u64>) -> Result<(), Failure> {
    match (&source.manifest, have) {
        (Some(manifest), Some(have))
            if manifest.keys_are_exact && have < manifest.keys.saturating_sub(manifest.expiring_keys) =>
        {
            let keys = count(usize::try_from(have).unwrap_or(usize::MAX), "key");
            let what = format!("'{cluster}' has {keys}, and {} has {}", source.place, manifest.keys);
            Err(Failure::message(FailureKind::Failed, what)
                .hinted("check whether something removed keys since, and the file: redos backup verify FILE"))
        }
        _ => Ok(()),
    }
}

/// Compares the keys of the ready cluster with those of the file, and reports both.
///
/// # Errors
/// Keys are missing.
pub async fn count_keys<W: World>(session: &Session<W>, spec: &Spec, source: &DataSource) -> Result<(), Failure> {
    let found = converge::find(&*session.engine, &spec.name).await?;
    let seen = session.observe_decided(spec, found).await?.observed;
    let Some(have) = keys_of(Group::number(1), &seen) else {
        session.ui.warn(format_args!("the keys of {} could not be counted: no node answered", spec.name));
        return Ok(());
    };
    are_all_there(&spec.name, source, Some(have))
        .map_err(|failure| failure.hinted(format!("begin again: {}", command_line(&spec.name, "down --volumes"))))?;
    let keys = |keys: u64| count(usize::try_from(keys).unwrap_or(usize::MAX), "key");
    let (place, data) = (&source.place, bytes(source.bytes));
    let Some(manifest) = &source.manifest else {
        session.ui.status(format_args!("{}: {} from {place}, {data} of data", spec.name, keys(have)));
        return Ok(());
    };
    session.ui.status(format_args!(
        "{}: {} of {} in {place}, made {} ({data} of data)",
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
