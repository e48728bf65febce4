//! `redos restore`: the data of a backup in place of those of a master group.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::time::Instant;

use super::backup::places::place_of;
use super::backup::{self, KeyArgs, NewBackup};
use super::options::READY_TIMEOUT;
use super::session::lock::Turn;
use super::session::{Call, Session, World, ask, lookup, propose, ready};
use super::up::seed;
use super::up::source::DataSource;
use crate::backup::Place;
use crate::backup::name::BackupName;
use crate::backup::seal::{BackupKeys, Seal};
use crate::backup::write::BackupTarget;
use crate::cluster::gate::sole_master;
use crate::cluster::observed::Observed;
use crate::converge::{Converged, Seen};
use crate::engine::{Clusters, Nodes};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::backup::RestoreDocument;
use crate::output::command_line;
use crate::plan::Past;
use crate::plan::diff::restoring::{away, begun, restore as begin};
use crate::spec::restoring::{RestoreStage, Restoring};
use crate::spec::settings::GivenSecrets;
use crate::spec::{ClusterName, Group, Spec, time};

/// Arguments of `restore`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It replaces ALL DATA of the group, after a question in a terminal. What the group has
now is backed up first, into this directory unless --backup-to names another place.
Writes that come after this backup has begun are in neither. Clients are refused from
the stop of the old nodes to the start with the new data; other groups go on.

If it is interrupted before anything is replaced, 'redos up' takes it back; later it
ends it. The group has the old data or the new ones, never a mixture.

Examples:
  redos restore before-the-sale.redos
  redos restore before-the-sale.redos --dry-run
  redos restore dump.rdb --group mymaster-2
  redos restore shop.redos --backup-to /var/backups/
  redos restore s3://bucket/shop.redos --backup-to s3://bucket/before/
  redos restore shop.redos.age --identity key.txt
  redos restore shop.redos --no-backup --yes")]
pub struct RestoreArgs {
    /// The backup (also s3://BUCKET/NAME), or the dump.rdb or append-only files of another Redis
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// Master group, by name or number
    #[arg(long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Where the present data are backed up first; also s3://BUCKET/FOLDER/
    #[arg(long, value_name = "FILE|DIR", default_value = ".")]
    pub backup_to: PathBuf,
    /// Do not back the present data up: they are gone
    #[arg(long, conflicts_with = "backup_to")]
    pub no_backup: bool,
    /// What opens the backup.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
    /// Check the backup, show what it would do first and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Restores the data of a group.
///
/// # Errors
/// Nothing was changed: there is no such cluster or group, a node is away, the file cannot be used or the server does
/// not load it, the present data cannot be backed up, or the user says no. Later: the Engine or a server failed, or the
/// user interrupted; `up` then takes it back or ends it, and the error says so.
pub async fn run<W: World>(args: RestoreArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    // A wrong file is refused before the Engine is asked.
    let keys = args.keys.read()?;
    let from = place_of(&args.backup, &call.cancel)?;
    let backup_to = place_of(&args.backup_to, &call.cancel)?;
    DataSource::glance(&from, &keys).await?;
    let session = call.connect().await?;
    let deadline = Instant::now() + args.timeout;
    let restore = async |_| restored(&args, (&from, &backup_to), &keys, &cluster, &session).await;
    Turn { cluster: &cluster, verb: "restore", deadline }.take_unless(args.dry_run, &session, restore).await
}

async fn restored<W: World>(
    args: &RestoreArgs,
    (place, backup_to): (&Place, &Place),
    keys: &BackupKeys,
    cluster: &ClusterName,
    session: &Session<W>,
) -> Result<Exit, Failure> {
    let began = Instant::now();
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = Spec { restoring: None, ..lookup::recorded(cluster, &found.inventory)?.clone() };
    lookup::has_master(&spec)?;
    let group = lookup::group(&spec, &args.group)?;
    seed::fits_node(&spec)?;
    let Seen { mut observed, reached } = session.observe_decided(&spec, found).await?;
    let reached = reached.ok_or_else(|| lookup::no_passwords(cluster))?;
    all_are_there(group, &spec, &observed)?;
    let node = sole_master(group, &observed).map_err(|unmet| refused(cluster, group, &unmet.to_string()))?;
    let source = seed::examine(session, &spec, place, keys).await?;
    let from = seed::absolute(place);
    let restoring = Restoring { group, node, from, stage: RestoreStage::Preparing };
    if args.dry_run {
        observed.inventory.recorded = Some(Spec { restoring: Some(restoring), ..spec.clone() });
        return propose::plan(session, cluster, &begin(&spec, &observed, &Past::default()).plan);
    }
    if !args.yes {
        let question = format!("replace ALL DATA of {group} of '{cluster}' by those of {place}?");
        ask::agreed(session, &question).await?;
    }
    let mut kept = None;
    if !args.no_backup {
        let name = BackupName { cluster: cluster.clone(), group, made: SystemTime::now() };
        let seal = Seal::to(spec.backup.encrypt_to.clone());
        let place = backup::place(backup_to, &name, &seal).await?;
        session.ui.status(format_args!("the present data of {group} are backed up first, into {place}"));
        let path = place.path();
        let new = NewBackup { name, target: BackupTarget::At(place), seal };
        let made = backup::make(session, &spec, &observed, &reached.secrets, &new).await.map_err(|failure| {
            failure.hinted("nothing was restored; without a backup of the present data: --no-backup")
        })?;
        made.remarks(&session.ui);
        kept = Some(path);
    }
    let engine = &*session.engine;
    engine.record_spec(&Spec { restoring: Some(restoring), ..spec.clone() }).await?;
    let left = "and nothing was replaced";
    let copied =
        seed::stream(session, &source, node, async |data| engine.copy_beside(&spec, node, data).await, left).await;
    let unfinished =
        |failure: Failure| failure.hinted(format!("take the restore back, or end it: {}", command_line(cluster, "up")));
    if let Err(failure) = copied {
        // A part of the data may fill the disk that the servers write to.
        let taken_back = async {
            engine.discard_copy(&spec, node).await?;
            engine.record_spec(&spec).await
        };
        return Err(match taken_back.await {
            Ok(()) => failure.hinted(format!("{group} goes on with the data that it had: what was copied is removed")),
            Err(_) => unfinished(failure),
        });
    }
    // What took so long is done. Now the wait for a ready cluster begins.
    let deadline = Instant::now() + args.timeout;
    let inventory = engine.inventory(cluster).await?;
    let topology = crate::servers::Servers::topology(&reached.servers, &inventory).await;
    let seen = Seen { observed: Observed::new(inventory, topology), reached: Some(reached) };
    let none = GivenSecrets::default();
    let converged = ready::converge(session, &spec, (&none, &none), begin, seen, deadline).await;
    let (Converged { observed, .. }, _) = converged.map_err(unfinished)?;
    let counted = seed::keys_of(group, &observed);
    seed::are_all_there(cluster, &source, counted).map_err(|failure| match &kept {
        Some(kept) => {
            let back = command_line(cluster, &format!("restore {} --group {group}", kept.display()));
            failure.hinted(format!("to have the former data again: {back}"))
        }
        None => failure,
    })?;
    let document = RestoreDocument::new(
        cluster,
        group,
        (&source.place.path(), source.bytes, source.manifest.as_ref()),
        (counted, kept),
        began.elapsed(),
    );
    session.ui.outcome(&document, |ui| document.remarks(ui))?;
    Ok(Exit::Done)
}

/// Refuses to begin while a node is away that would bring old data back later.
fn all_are_there(group: Group, spec: &Spec, observed: &Observed) -> Result<(), Failure> {
    let cluster = &spec.name;
    if let Some(Restoring { from, .. }) = begun(observed) {
        return Err(refused(cluster, group, &format!("a restore from {from} was interrupted, and 'up' ends it")));
    }
    match away(group, spec, observed) {
        Some(node) => {
            let why = format!("{node} does not answer, and could bring the old data back later");
            Err(refused(cluster, group, &why))
        }
        None => Ok(()),
    }
}

fn refused(cluster: &ClusterName, group: Group, why: &str) -> Failure {
    Failure::message(FailureKind::Failed, format!("{group} is not restored, and nothing was changed: {why}"))
        .hinted(format!("repair the cluster first: {}", command_line(cluster, "up")))
        .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
}
