//! `redos backups`: lists the backups of a directory.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::session::{Call, World};
use crate::backup::BackupError;
use crate::backup::read::{SnapshotFile, in_directory};
use crate::backup::retention::Retention;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::backup::{ListedBackup, backups_text};

/// Arguments of `backups`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It reads what each file says of itself, and asks no Docker Engine.

Examples:
  redos backups
  redos backups /var/backups
  redos backups /var/backups --keep 7d,4w
  redos backups -o name")]
pub struct BackupsArgs {
    /// Directory with backups
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Show which of them 'backup --keep' would remove
    #[arg(long, value_name = "LIST")]
    pub keep: Option<Retention>,
}

/// Lists the backups of a directory, the newest last.
///
/// # Errors
/// The directory cannot be read.
pub async fn run<W: World>(args: BackupsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let name = args.directory.display();
    let failed = |error: std::io::Error| {
        Failure::new(
            FailureKind::Usage,
            anyhow::Error::new(error).context(format!("failed to read the directory {name}")),
        )
        .hinted("give the directory with the backups: redos backups DIR")
    };
    let files = in_directory(&args.directory).map_err(failed)?;
    let expired =
        args.keep.as_ref().map(|keep| keep.expired(files.iter().filter_map(|(_, opened)| opened.as_ref().ok())));
    let is_expired = |path: &PathBuf| expired.as_ref().map(|expired| expired.contains(path));
    let listed = files.into_iter().map(|(file, opened)| listed(is_expired(&file), file, opened));
    let mut backups: Vec<ListedBackup> = listed.collect();
    let made = |backup: &ListedBackup| backup.manifest.as_ref().map(|manifest| manifest.created_at.clone());
    backups.sort_by_key(|backup| (made(backup), backup.file.clone()));
    let list = List::new("BackupList", backups);
    call.ui.list(&list, |ui| backups_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}

fn listed(is_expired: Option<bool>, file: PathBuf, opened: Result<SnapshotFile, BackupError>) -> ListedBackup {
    let bytes = file.metadata().map(|metadata| metadata.len()).unwrap_or_default();
    let (manifest, problem) = match opened {
        Ok(opened) => (opened.manifest, None),
        Err(error) => (None, Some(error.to_string())),
    };
    ListedBackup { file, bytes, manifest, problem, is_expired }
}
