//! `redos backup verify`: reads a backup to its end, and loads it into a temporary server.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, timeout};

use super::KeyArgs;
use super::places::{blocking, failed_at, place_of};
use crate::backup::read::{SnapshotFile, WholeSnapshot};
use crate::backup::seal::{BackupKeys, SealedBy};
use crate::backup::{BackupError, Manifest, Place};
use crate::cluster::desired::Program;
use crate::commands::options::SettingsArgs;
use crate::commands::session::{Call, Session, World};
use crate::converge;
use crate::engine::{DataStream, FileStream, Probes, Tried, image};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::backup::BackupCheckDocument;
use crate::servers::served::{LoadedKeys, loaded_keys};
use crate::spec::{Spec, render};
use crate::update::Update;

/// Time limit for the answer of the temporary server.
const PATIENCE: Duration = Duration::from_secs(10);

/// Arguments of `backup verify`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It reads the whole file and compares it with its checksums, and then has a temporary
server load it, in a container without a network that is removed at the end. That takes
the memory of the data. The image is the one that the cluster of -p has, or a new
cluster would get. A dump.rdb of Redis or Valkey can be checked in the same way.

Examples:
  redos backup verify shop-mymaster-20261128T075500Z.redos
  redos backup verify --no-server shop.redos     the checksums alone, without Docker
  redos backup verify shop.redos.age --identity key.txt")]
pub struct VerifyBackupArgs {
    /// The backup, or an RDB file; also s3://BUCKET/NAME
    #[arg(value_name = "FILE")]
    pub backup: PathBuf,
    /// Compare the checksums only, and ask no Docker Engine
    #[arg(long)]
    pub no_server: bool,
    /// What opens it.
    #[command(flatten)]
    pub keys: KeyArgs,
}

/// Checks a backup.
///
/// # Errors
/// It is damaged, no server loads it, or it has other keys than it says.
pub async fn run<W: World>(args: VerifyBackupArgs, call: Call<W>) -> Result<Exit, Failure> {
    let began = Instant::now();
    let keys = args.keys.read()?;
    let place = place_of(&args.backup, &call.cancel)?;
    let ui = call.ui.clone();
    let progress = ui.progress();
    let cancel = call.cancel.clone();
    let checked = tokio::select! {
        checked = check(place, keys, |update| progress.report(update)) => checked,
        () = cancel.cancelled() => Err(interrupted()),
    };
    progress.finish();
    let (file, whole) = checked?;
    let mut loaded = None;
    let mut by = None;
    if !args.no_server {
        let request = call.request(&SettingsArgs::default())?;
        let session = call.connect().await?;
        let found = converge::find(&*session.engine, request.name()).await?;
        let mut spec = session.settle(request, &found)?.spec;
        let progress = session.ui.progress();
        let report = |update| progress.report(update);
        let images = image::resolve(&*session.engine, &spec, &found.inventory, &report).await;
        progress.finish();
        let images = images?;
        spec.used = images.used;
        let program = images.programs.redis;
        let keys = tokio::select! {
            keys = load(&session, &program, &spec, &file, &whole) => keys?,
            () = cancel.cancelled() => return Err(interrupted()),
        };
        agrees(&file, keys)?;
        (loaded, by) = (Some(keys), spec.used.redis.map(|used| used.release));
    }
    let document = BackupCheckDocument::new(
        &file,
        &whole,
        loaded.map(|keys: LoadedKeys| (keys.in_file, keys.expired)),
        by,
        began.elapsed(),
    );
    ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

fn interrupted() -> Failure {
    Failure::message(FailureKind::Interrupted, "the check was interrupted")
}

/// Reads a backup to its end.
///
/// # Errors
/// It is not what was written.
pub async fn check(
    place: Place,
    keys: BackupKeys,
    report: impl Fn(Update),
) -> Result<(SnapshotFile, WholeSnapshot), Failure> {
    report(Update::Progress { subject: place.to_string(), text: "reading".to_owned(), bytes: None });
    let read = move || {
        let opened = SnapshotFile::open(&place, &keys)?;
        opened.check(|_| {}).map(|whole| (opened, whole))
    };
    blocking(read).await?.map_err(unusable)
}

/// The failure for a file that is no whole backup.
pub fn unusable(error: BackupError) -> Failure {
    let (kind, hint) = match &error {
        BackupError::Io { .. } => (FailureKind::Usage, "give the file of a backup; list some: redos backups DIR"),
        BackupError::Foreign(_) => (FailureKind::Usage, "give a file that 'redos backup' wrote, or a dump.rdb"),
        BackupError::Locked { by: SealedBy::Keys, .. } => {
            (FailureKind::Usage, "give the file with the secret key of one of them: --identity FILE")
        }
        BackupError::Locked { by: SealedBy::Passphrase, .. } => {
            (FailureKind::Usage, "give the file with the passphrase: --passphrase-file FILE")
        }
        BackupError::WrongKey { .. } => {
            (FailureKind::Usage, "give the secret key or the passphrase that belongs to it")
        }
        BackupError::NotAppendOnly { .. } => {
            (FailureKind::Usage, "give the folder 'appendonlydir' of a Redis, or its 'appendonly.aof' or 'dump.rdb'")
        }
        BackupError::CutShort { .. } | BackupError::Damaged { .. } => {
            (FailureKind::Failed, "use another backup, or copy the file once more from where it is whole")
        }
        BackupError::Newer { .. } => (FailureKind::Usage, "use the redos that wrote it, or a newer one"),
    };
    failed_at(error.into(), kind, hint)
}

/// The data of a snapshot, decompressed while they are read.
///
/// # Errors
/// It cannot be read.
pub async fn rdb_of(file: &SnapshotFile) -> Result<Box<dyn Read + Send>, Failure> {
    let file = file.clone();
    blocking(move || file.rdb()).await?.map_err(unusable)
}

/// Loads a snapshot into a temporary server.
async fn load<W: World>(
    session: &Session<W>,
    program: &Program,
    spec: &Spec,
    file: &SnapshotFile,
    whole: &WholeSnapshot,
) -> Result<LoadedKeys, Failure> {
    let rdb = DataStream::Rdb(FileStream { bytes: whole.rdb_bytes, reader: rdb_of(file).await? });
    session.ui.status(format_args!("a temporary {} of {} loads it", program.server, program.image));
    try_load(session, program, spec, rdb).await?.map_err(|said| {
        let what = format!("{} of {} does not load {}", program.server, program.image, file.place);
        Failure::message(FailureKind::Failed, what)
            .noted(format!("it says:\n{said}"))
            .hinted("use the image that wrote it, or a newer one: REDOS_REDIS_IMAGE=REFERENCE redos backup verify FILE")
    })
}

/// Has a temporary server load data. The inner error is what it said when it ended.
///
/// # Errors
/// The Engine failed, or the server does not answer.
pub async fn try_load<W: World>(
    session: &Session<W>,
    program: &Program,
    spec: &Spec,
    data: DataStream,
) -> Result<Result<LoadedKeys, String>, Failure> {
    let ask = async |stream| timeout(PATIENCE, loaded_keys(stream)).await;
    let configuration = render::trial_configuration(spec);
    match session.engine.try_load(program, &configuration, data, ask).await? {
        Tried::Ended(said) => Ok(Err(said)),
        Tried::Served(Err(_)) => {
            let what = format!("{} of {} did not answer within {PATIENCE:?}", program.server, program.image);
            Err(Failure::message(FailureKind::Timeout, what))
        }
        Tried::Served(Ok(keys)) => keys.map(Ok).map_err(|error| {
            let what = format!("failed to ask {} of {} for its keys", program.server, program.image);
            Failure::new(FailureKind::Failed, anyhow::Error::new(error).context(what))
        }),
    }
}

/// Compares the keys that a server loaded with those that the backup says it has.
fn agrees(file: &SnapshotFile, loaded: LoadedKeys) -> Result<(), Failure> {
    match &file.manifest {
        Some(Manifest { keys, keys_are_exact: true, .. }) if *keys != loaded.in_file => {
            let what = format!("{} says that it has {keys} keys, and {} were loaded", file.place, loaded.in_file);
            Err(Failure::message(FailureKind::Failed, what).hinted("use another backup"))
        }
        _ => Ok(()),
    }
}
