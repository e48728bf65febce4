//! `redos backups`: lists the backups of a directory.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::session::{Call, World};
use crate::backup::EXTENSION;
use crate::backup::read::SnapshotFile;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::backup::{ListedBackup, backups_text};

/// Arguments of `backups`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It reads what each file says of itself, and asks no Docker Engine.

Examples:
  redos backups
  redos backups /var/backups
  redos backups -o name")]
pub struct BackupsArgs {
    /// Directory with backups
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
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
    let mut backups = Vec::new();
    for entry in args.directory.read_dir().map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|extension| extension == EXTENSION) && file.is_file() {
            backups.push(listed(file));
        }
    }
    let made = |backup: &ListedBackup| backup.manifest.as_ref().map(|manifest| manifest.created_at.clone());
    backups.sort_by_key(|backup| (made(backup), backup.file.clone()));
    let list = List::new("BackupList", backups);
    call.ui.list(&list, |ui| backups_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}

fn listed(file: PathBuf) -> ListedBackup {
    let bytes = file.metadata().map(|metadata| metadata.len()).unwrap_or_default();
    let (manifest, problem) = match SnapshotFile::open(&file) {
        Ok(opened) => (opened.manifest, None),
        Err(error) => (None, Some(error.to_string())),
    };
    ListedBackup { file, bytes, manifest, problem }
}
