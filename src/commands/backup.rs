//! `redos backup`: a snapshot of a master group in one file, streamed from a replica.

mod expire;
mod keys;
pub mod places;
mod verify;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use clap::{Args, Subcommand};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, interval, timeout};

pub use keys::{KeyArgs, SealArgs};
pub use verify::{check, rdb_of, try_load, unusable};

use self::expire::remove_expired;
use self::places::{blocking, failed_at, place_of};
use super::session::{Call, Session, World, lookup};
use crate::backup::manifest::{FORMAT, Manifest};
use crate::backup::name::BackupName;
use crate::backup::rdb::RdbHead;
use crate::backup::retention::Retention;
use crate::backup::seal::Seal;
use crate::backup::write::{BackupTarget, Meter, NotBackedUp, WrittenBackup, in_background, write};
use crate::backup::{BackupError, Place};
use crate::cluster::gate::{is_in_sync, sole_master};
use crate::cluster::observed::Observed;
use crate::converge::Seen;
use crate::dial::Stream;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::backup::BackupDocument;
use crate::output::{Format, command_line};
use crate::servers::snapshot::{SnapshotFacts, SnapshotOf, open_snapshot};
use crate::spec::{ClusterName, Group, NodeId, REDOS_VERSION, Secrets, Spec};
use crate::update::Update;

/// Bytes of one read from the server.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait to be compressed.
const WAITING: usize = 16;
/// How long a server may send nothing. It sends a line end each second while it prepares.
const SILENCE: Duration = Duration::from_secs(60);
/// Time between two looks at the progress.
const TICK: Duration = Duration::from_millis(200);

/// Arguments of `backup`.
#[derive(Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "The snapshot is streamed from a replica in sync, so that the master does not notice,
and it has every write that was acknowledged before. A group without replicas is
streamed from its master. The file is complete when it has its name, and has mode 0600;
'zstd -d' makes a dump.rdb of it. With a key of age or a passphrase it is encrypted as a
whole, which 'age -d' undoes. The setting backup.encryptTo does so without an option.
In a bucket, a name that ends with .redos or .redos.age is the object, any other
a folder. Credentials are those of the tools of AWS: AWS_PROFILE, ~/.aws, …

Examples:
  redos backup                                 shop-mymaster-20261128T075500Z.redos, here
  redos backup /var/backups/                   the same name there
  redos backup before-the-sale.redos
  redos backup --group mymaster-2 backups/
  redos backup backups/ --keep 7d,4w           the newest of each of 7 days and 4 weeks stays
  redos backup backups/ --encrypt-to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
  redos backup backups/ --passphrase-file secret.txt
  redos backup s3://bucket/nightly/ --keep 7d,4w
  redos backup verify before-the-sale.redos"
)]
pub struct BackupArgs {
    /// What to do with a backup
    #[command(subcommand)]
    pub action: Option<BackupVerb>,
    /// File to write, a directory, s3://BUCKET/FOLDER/, or '-' for standard output
    #[arg(value_name = "FILE|DIR|S3|-", default_value = ".", hide_default_value = true)]
    pub target: PathBuf,
    /// Master group, by name or number
    #[arg(long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Remove older backups of the group from the directory, except the newest of these days, weeks, …
    #[arg(long, value_name = "LIST")]
    pub keep: Option<Retention>,
    /// How it is encrypted.
    #[command(flatten)]
    pub seal: SealArgs,
}

/// What to do with a backup.
#[derive(Clone, Debug, Subcommand)]
pub enum BackupVerb {
    /// Check a backup: its checksums, and that a server loads all of its keys
    Verify(verify::VerifyBackupArgs),
}

/// Makes a backup.
///
/// # Errors
/// There is no such cluster or group, no node can give its data, the file exists already or cannot be written, or the
/// snapshot does not come whole. There is no file of that name then.
pub async fn run<W: World>(args: BackupArgs, call: Call<W>) -> Result<Exit, Failure> {
    if let Some(BackupVerb::Verify(args)) = args.action {
        return verify::run(args, call).await;
    }
    let cluster = call.cluster()?;
    let to_stdout = args.target.as_os_str() == "-";
    if to_stdout {
        stdout_is_free(call.ui.format())?;
    }
    let given = place_of(&args.target, &call.cancel)?;
    if args.keep.is_some() && !given.is_directory() {
        let what = format!("--keep is for a directory with backups, and {given} is none");
        return Err(
            Failure::message(FailureKind::Usage, what).hinted("give the directory: redos backup DIR --keep 7d,4w")
        );
    }
    let passphrase = args.seal.passphrase()?;
    let session = call.connect().await?;
    let found = lookup::find(&*session.engine, &cluster).await?;
    let spec = lookup::recorded(&cluster, &found.inventory)?.clone();
    lookup::has_master(&spec)?;
    let group = lookup::group(&spec, &args.group)?;
    let name = BackupName { cluster: cluster.clone(), group, made: SystemTime::now() };
    let seal = args.seal.seal(passphrase, &spec);
    let target = match to_stdout {
        true => BackupTarget::Stdout,
        false => BackupTarget::At(place(&given, &name, &seal).await?),
    };
    let new = NewBackup { name, target, seal };
    let Seen { observed, reached } = session.observe_decided(&spec, found).await?;
    let secrets = reached.ok_or_else(|| lookup::no_passwords(&cluster))?.secrets;
    let mut document = make(&session, &spec, &observed, &secrets, &new).await?;
    let kept = match args.keep {
        Some(keep) => remove_expired(given, keep, &mut document).await,
        None => Ok(()),
    };
    match new.target {
        // The backup itself is on stdout.
        BackupTarget::Stdout => document.remarks(&session.ui),
        BackupTarget::At(_) => session.ui.outcome(&document, |ui| document.remarks(ui))?,
    }
    kept?;
    Ok(Exit::Done)
}

/// A backup that is to be made: of which group and when, where it goes, and how it is encrypted.
#[derive(Clone, Debug)]
pub struct NewBackup {
    pub name: BackupName,
    pub target: BackupTarget,
    pub seal: Seal,
}

/// Makes the backup of a group of an observed cluster.
///
/// # Errors
/// No node can give its data, the target cannot be written, or the snapshot does not come whole.
pub async fn make<W: World>(
    session: &Session<W>,
    spec: &Spec,
    observed: &Observed,
    secrets: &Secrets,
    new: &NewBackup,
) -> Result<BackupDocument, Failure> {
    let began = Instant::now();
    let BackupName { group, made, .. } = new.name;
    let cluster = &spec.name;
    let source = source(group, spec, observed)?;
    let address = observed.inventory.server(source.node).ok_or_else(|| cannot(cluster, group, "it has no address"))?;
    let of = SnapshotOf { node: source.node, address, secrets, offset: source.offset };
    let (stream, facts) = open_snapshot(&*session.engine, cluster, of).await.map_err(|error| {
        Failure::from(error).hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
    })?;
    if facts.is_master && spec.replicas > 0 {
        return Err(cannot(cluster, group, &format!("{} has just become the master", source.node)));
    }
    if facts.is_master {
        session.ui.warn(format_args!("{group} has no replica, so its master {} is copied", source.node));
    }
    let settings = serde_json::to_value(spec).map_err(anyhow::Error::new)?;
    let manifest = {
        let (cluster, node, facts) = (cluster.clone(), source.node, facts.clone());
        let created_at = humantime::format_rfc3339_seconds(made).to_string();
        move |head: &RdbHead| described(head, facts, Manifest { settings, ..blank(cluster, group, node, created_at) })
    };
    let written = stream_to(session, new, stream, &facts, source.node, manifest).await;
    let written = written.map_err(|why| match why {
        Interruption::User => {
            Failure::message(FailureKind::Interrupted, "the backup was interrupted, and there is no file of it")
        }
        Interruption::Error(NotBackedUp::Server(why)) => {
            let what = format!("the snapshot of {} did not come whole, and there is no file of it: {why}", source.node);
            Failure::message(FailureKind::Failed, what)
                .hinted(format!("see how the node is: {}", command_line(cluster, "status")))
                .hinted(format!("try again: {}", command_line(cluster, "backup")))
        }
        Interruption::Error(NotBackedUp::Backup(error)) => unwritten(error),
    })?;
    let file = match &new.target {
        BackupTarget::At(place) => Some(place.path()),
        BackupTarget::Stdout => None,
    };
    Ok(BackupDocument::new(file, written, began.elapsed()))
}

/// Refuses to mix a backup with other output.
fn stdout_is_free(format: Format) -> Result<(), Failure> {
    let refused = |what: &str| {
        Err(Failure::message(FailureKind::Usage, what).hinted("give a file, or pipe it: redos backup - > FILE"))
    };
    match format {
        format if format.is_data() => refused("a backup and a document cannot both go to standard output"),
        _ if std::io::stdout().is_terminal() => refused("a backup is not for a terminal"),
        _ => Ok(()),
    }
}

/// The place of a backup, which does not exist yet.
///
/// # Errors
/// It exists, its directory does not, or its bucket cannot be asked.
pub async fn place(given: &Place, name: &BackupName, seal: &Seal) -> Result<Place, Failure> {
    let place = if given.is_directory() { given.join(&name.file(seal.is_sealed())) } else { given.clone() };
    let refused = |what: String, hint: String| Err(Failure::message(FailureKind::Usage, what).hinted(hint));
    if let Place::Local(path) = given
        && path.as_os_str().to_string_lossy().ends_with('/')
        && !path.is_dir()
    {
        return refused(format!("there is no directory {given}"), format!("create it: mkdir -p {given}"));
    }
    let asked = place.clone();
    let exists = blocking(move || asked.exists()).await?.map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("failed to look for {place}"));
        failed_at(error, FailureKind::Failed, "give another place")
    })?;
    if exists {
        let hint = "give another name".to_owned();
        return refused(format!("{place} exists already, and a backup replaces no file"), hint);
    }
    match &place {
        Place::Local(path) => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
                let folder = folder.display();
                refused(format!("there is no directory {folder}"), format!("create it: mkdir -p {folder}"))
            }
            _ => Ok(place),
        },
        Place::Object(..) => Ok(place),
    }
}

/// The node that a backup is streamed from.
struct SourceNode {
    node: NodeId,
    /// What the master has written so far, so that nothing that was acknowledged is missing.
    offset: i64,
}

/// Chooses a replica in sync, or the master of a group without replicas.
fn source(group: Group, spec: &Spec, observed: &Observed) -> Result<SourceNode, Failure> {
    let cluster = &spec.name;
    let master = sole_master(group, observed).map_err(|unmet| cannot(cluster, group, &unmet.to_string()))?;
    let view = |node: NodeId| observed.topology.redis.get(&node).and_then(|answer| answer.said());
    let offset = view(master).map(|view| view.offset).unwrap_or_default();
    if spec.replicas == 0 {
        return Ok(SourceNode { node: master, offset });
    }
    let in_sync = spec.redis_nodes(group).filter(|node| *node != master && is_in_sync(*node, spec, observed));
    let node = in_sync.max_by_key(|node| view(*node).map(|view| view.offset));
    node.map(|node| SourceNode { node, offset }).ok_or_else(|| cannot(cluster, group, "no replica of it is in sync"))
}

fn cannot(cluster: &ClusterName, group: Group, why: &str) -> Failure {
    Failure::message(FailureKind::Failed, format!("{group} is not backed up: {why}"))
        .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
        .hinted(format!("repair it: {}", command_line(cluster, "up")))
}

fn unwritten(error: BackupError) -> Failure {
    let error = anyhow::Error::new(error).context("there is no backup");
    failed_at(error, FailureKind::Failed, "make room there, or give another place: redos backup DIR")
}

/// A manifest of which only the place is known.
fn blank(cluster: ClusterName, group: Group, node: NodeId, created_at: String) -> Manifest {
    Manifest {
        format_version: FORMAT,
        redos_version: REDOS_VERSION.to_owned(),
        created_at,
        cluster,
        group,
        node,
        from_master: false,
        server: crate::spec::images::Release { name: String::new(), version: String::new() },
        rdb_version: 0,
        replication_id: String::new(),
        replication_offset: 0,
        keys: 0,
        expiring_keys: 0,
        keys_are_exact: false,
        rdb_bytes: 0,
        rdb_sha256: String::new(),
        encrypted: false,
        settings: serde_json::Value::Null,
    }
}

/// The manifest with what the server and the RDB say. The RDB knows better: its numbers are those of the snapshot.
fn described(head: &RdbHead, facts: SnapshotFacts, blank: Manifest) -> Manifest {
    let exact = head.sizes.filter(|_| facts.databases <= 1);
    let (keys, expiring_keys) = exact.unwrap_or((facts.keys, facts.expiring));
    let offset = head.replication_offset.and_then(|offset| i64::try_from(offset).ok());
    Manifest {
        from_master: facts.is_master,
        server: facts.release,
        replication_id: head.replication_id.clone().unwrap_or(facts.replication_id),
        replication_offset: offset.unwrap_or(facts.offset),
        keys,
        expiring_keys,
        keys_are_exact: exact.is_some(),
        ..blank
    }
}

/// Why a backup ended early.
enum Interruption {
    /// The user pressed Ctrl-C, or SIGTERM came.
    User,
    Error(NotBackedUp),
}

/// Streams a snapshot to its place, with progress. At most some pieces of it are in memory.
async fn stream_to<W: World>(
    session: &Session<W>,
    new: &NewBackup,
    stream: Box<dyn Stream>,
    facts: &SnapshotFacts,
    node: NodeId,
    manifest: impl FnOnce(&RdbHead) -> Manifest + Send + 'static,
) -> Result<WrittenBackup, Interruption> {
    let (sender, pieces) = mpsc::channel(WAITING);
    let meter = Arc::new(Meter::default());
    let mut writing = {
        let (NewBackup { target, seal, .. }, meter) = (new.clone(), meter.clone());
        tokio::spawn(in_background(move || write(&target, &seal, pieces, &meter, manifest)))
    };
    let mut pump = tokio::spawn(pump(stream, sender));
    let progress = session.ui.progress();
    let mut ticks = interval(TICK);
    let mut is_interrupted = false;
    let written = loop {
        tokio::select! {
            written = &mut writing => break written,
            () = session.cancel.cancelled(), if !is_interrupted => {
                is_interrupted = true;
                // The writer sees the end of its pieces, and removes what it has written.
                pump.abort();
            }
            _ = ticks.tick() => {
                let done = meter.snapshot.load(Ordering::Relaxed);
                // The size is not known before the end. In memory data take more room than on disk.
                progress.report(Update::Progress {
                    subject: node.to_string(),
                    text: "copying its data".to_owned(),
                    bytes: Some((done, facts.used_memory.max(done))),
                });
            }
        }
    };
    pump.abort();
    let _ = (&mut pump).await;
    progress.finish();
    match written.map_err(std::io::Error::other).and_then(|written| written) {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(_)) if is_interrupted => Err(Interruption::User),
        Ok(Err(error)) => Err(Interruption::Error(error)),
        Err(error) => Err(Interruption::Error(uncompressed(error))),
    }
}

fn uncompressed(source: std::io::Error) -> NotBackedUp {
    NotBackedUp::Backup(BackupError::Io { what: "compress the snapshot".to_owned(), source })
}

/// Hands on what a server sends, until either side ends.
async fn pump(mut stream: Box<dyn Stream>, sender: Sender<Bytes>) {
    let mut buffer = BytesMut::with_capacity(PIECE);
    while let Ok(Ok(read)) = timeout(SILENCE, stream.read_buf(&mut buffer)).await {
        if read == 0 || sender.send(buffer.split().freeze()).await.is_err() {
            return;
        }
        buffer.reserve(PIECE);
    }
}
