//! `redos backups`: lists the backups of a directory, or of a folder in a bucket.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::backup::KeyArgs;
use super::backup::places::{blocking, place_of, unlisted};
use super::session::{Call, World};
use crate::backup::read::{FoundBackup, in_directory};
use crate::backup::retention::Retention;
use crate::error::{Exit, Failure};
use crate::output::List;
use crate::output::backup::{ListedBackup, backups_text};

/// Arguments of `backups`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It reads what each file says of itself, and asks no Docker Engine. Of an encrypted
backup it knows what its name says, and the rest with the key.

Examples:
  redos backups
  redos backups /var/backups
  redos backups s3://bucket/nightly/
  redos backups /var/backups --keep 7d,4w
  redos backups /var/backups --identity key.txt
  redos backups -o name")]
pub struct BackupsArgs {
    /// Directory with backups; also s3://BUCKET/FOLDER/
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Show which of them 'backup --keep' would remove
    #[arg(long, value_name = "LIST")]
    pub keep: Option<Retention>,
    /// What opens those that are encrypted.
    #[command(flatten)]
    pub keys: KeyArgs,
}

/// Lists the backups of a directory, the newest last.
///
/// # Errors
/// The directory or a file with a key cannot be read.
pub async fn run<W: World>(args: BackupsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let directory = place_of(&args.directory, &call.cancel)?;
    let keys = args.keys.read()?;
    let files =
        blocking(move || in_directory(&directory, &keys).map_err(|error| unlisted(&directory, error))).await??;
    let named = || files.iter().filter_map(|file| Some((file.place.path(), file.named()?)));
    let expired = args.keep.as_ref().map(|keep| keep.expired(named()));
    let is_expired = |file: &FoundBackup| expired.as_ref().map(|expired| expired.contains(&file.place.path()));
    let mut backups: Vec<ListedBackup> = files.iter().map(|file| ListedBackup::of(file, is_expired(file))).collect();
    backups.sort_by_key(|backup| (backup.created_at.clone(), backup.file.clone()));
    let list = List::new("BackupList", backups);
    call.ui.list(&list, |ui| backups_text(&list.items, SystemTime::now(), ui))?;
    Ok(Exit::Done)
}
