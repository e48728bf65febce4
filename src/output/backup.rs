//! The output of `redos backup` and `redos backups`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::Serialize;

use super::list::since;
use super::text_table::{Column, Table};
use super::units::{bytes, count};
use super::{Named, Ui, command_line};
use crate::backup::read::{FoundBackup, SnapshotFile, WholeSnapshot};
use crate::backup::seal::SealedBy;
use crate::backup::write::WrittenBackup;
use crate::backup::{BackupError, ENCRYPTED, Manifest};
use crate::spec::images::Release;
use crate::spec::{API_VERSION, ClusterName, Group};

/// `kind: Backup`: a backup that was made.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupDocument {
    pub api_version: &'static str,
    /// Always `Backup`, the kind of document.
    pub kind: &'static str,
    /// The file; `null` if it went to standard output.
    pub file: Option<PathBuf>,
    /// The size of the file in bytes.
    pub file_bytes: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The older backups of the group that `--keep` has removed.
    pub removed: Vec<PathBuf>,
}

impl BackupDocument {
    /// The document of a backup in a file, or on standard output.
    pub fn new(file: Option<PathBuf>, written: WrittenBackup, took: Duration) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Backup",
            file,
            file_bytes: written.file_bytes,
            seconds: took.as_secs_f64(),
            manifest: written.manifest,
            removed: Vec::new(),
        }
    }

    /// Reports what was written where, and what comes next.
    pub fn remarks(&self, ui: &Ui) {
        let Self { file, file_bytes, seconds, manifest, .. } = self;
        let Manifest { cluster, group, node, rdb_bytes, .. } = manifest;
        let place = file.as_ref().map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
        ui.status(format_args!(
            "{cluster}: {group} is in {place}: {}, {} of {} compressed, from {node} ({seconds:.2} s)",
            keys(manifest),
            bytes(*file_bytes),
            bytes(*rdb_bytes)
        ));
        ui.status(match manifest.encrypted {
            true => "it is encrypted: without its key or passphrase nobody can read it, so keep that elsewhere",
            false => "it is not encrypted: whoever has the file can read the data",
        });
        for removed in &self.removed {
            ui.status(format_args!("removed {}", removed.display()));
        }
        if let Some(file) = file {
            ui.hint(format_args!("see what a directory holds: redos backups {}", parent(file)));
        }
    }
}

/// `kind: BackupCheck`: a backup that was checked.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupCheckDocument {
    pub api_version: &'static str,
    /// Always `BackupCheck`, the kind of document.
    pub kind: &'static str,
    pub file: PathBuf,
    /// The size of the RDB in bytes, uncompressed.
    pub rdb_bytes: u64,
    /// The version of the RDB format.
    pub rdb_version: u32,
    /// The server that loaded it; `null` if none was asked.
    pub loaded_by: Option<Release>,
    /// The number of keys that it found; `null` if none was asked.
    pub keys: Option<u64>,
    /// How many of them had expired; `null` if none was asked.
    pub expired_keys: Option<u64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What the backup says of itself; `null` for a plain RDB file.
    pub manifest: Option<Manifest>,
}

impl BackupCheckDocument {
    /// The document of a file that is whole, and was loaded if a server was asked.
    pub fn new(
        file: &SnapshotFile,
        whole: &WholeSnapshot,
        loaded: Option<(u64, u64)>,
        by: Option<Release>,
        took: Duration,
    ) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "BackupCheck",
            file: file.place.path(),
            rdb_bytes: whole.rdb_bytes,
            rdb_version: whole.head.version,
            loaded_by: by,
            keys: loaded.map(|(keys, _)| keys),
            expired_keys: loaded.map(|(_, expired)| expired),
            seconds: took.as_secs_f64(),
            manifest: file.manifest.clone(),
        }
    }

    /// Reports what was found.
    pub fn remarks(&self, ui: &Ui) {
        let Self { file, rdb_bytes, rdb_version, seconds, .. } = self;
        let file = file.display();
        let data = format!("{} of data, RDB version {rdb_version}", bytes(*rdb_bytes));
        match (&self.loaded_by, self.keys) {
            (Some(server), Some(keys)) => {
                let keys = count(usize::try_from(keys).unwrap_or(usize::MAX), "key");
                ui.status(format_args!("{file} is whole: {keys}, {data}, loaded by {server} ({seconds:.2} s)"));
            }
            _ => {
                ui.status(format_args!("{file} has the right checksums: {data}; no server was asked ({seconds:.2} s)"))
            }
        }
    }
}

/// `kind: Restore`: the data of a group that were replaced.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreDocument {
    pub api_version: &'static str,
    /// Always `Restore`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    pub group: Group,
    /// The file with the data.
    pub file: PathBuf,
    /// The number of keys that the group has now; `null` if no node answered.
    pub keys: Option<u64>,
    /// The size of the data in bytes, uncompressed.
    pub bytes: u64,
    /// The backup of the data that the group had before; `null` if none was asked for.
    pub former_data: Option<PathBuf>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What the backup says of itself; `null` for a plain RDB file.
    pub manifest: Option<Manifest>,
}

impl RestoreDocument {
    /// The document of a restored group, with its keys and the backup of its former data.
    pub fn new(
        cluster: &ClusterName,
        group: Group,
        (file, bytes, manifest): (&Path, u64, Option<&Manifest>),
        (keys, former_data): (Option<u64>, Option<PathBuf>),
        took: Duration,
    ) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Restore",
            cluster: cluster.clone(),
            group,
            file: file.to_owned(),
            keys,
            bytes,
            former_data,
            seconds: took.as_secs_f64(),
            manifest: manifest.cloned(),
        }
    }

    /// Reports what the group has now, and how it gets its former data back.
    pub fn remarks(&self, ui: &Ui) {
        let Self { cluster, group, file, keys, bytes: data, former_data, seconds, manifest, .. } = self;
        let number = |keys: u64| count(usize::try_from(keys).unwrap_or(usize::MAX), "key");
        let has = match (keys, manifest) {
            (Some(keys), Some(manifest)) => format!("{keys} of {}", number(manifest.keys)),
            (Some(keys), None) => number(*keys),
            (None, _) => "an unknown number of keys".to_owned(),
        };
        let (file, data) = (file.display(), bytes(*data));
        ui.status(format_args!("{cluster}: {group} has the data of {file}: {has}, {data} ({seconds:.2} s)"));
        if let Some(Manifest { expiring_keys, .. }) = manifest.as_ref().filter(|manifest| manifest.expiring_keys > 0) {
            ui.status(format_args!("{expiring_keys} of the keys in the file expire, and may have done so"));
        }
        if let Some(former) = former_data {
            let is_encrypted = former.extension().is_some_and(|extension| extension == ENCRYPTED);
            let key = if is_encrypted { " --identity FILE" } else { "" };
            let back = command_line(cluster, &format!("restore {} --group {group}{key}", former.display()));
            ui.hint(format_args!("to have the former data again: {back}"));
        }
    }
}

/// The folder of a file, as it is typed.
fn parent(file: &Path) -> String {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.display().to_string(),
        _ => ".".to_owned(),
    }
}

/// `12 keys`, or `about 12 keys`.
fn keys(manifest: &Manifest) -> String {
    let keys = count(usize::try_from(manifest.keys).unwrap_or(usize::MAX), "key");
    if manifest.keys_are_exact { keys } else { format!("about {keys}") }
}

/// One backup in a directory: an item of `kind: BackupList`.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedBackup {
    pub file: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// What opens it; `null` if it is not encrypted or cannot be used.
    pub encrypted: Option<SealedBy>,
    /// The cluster; `null` if neither the backup nor its name says it. Of an encrypted backup without its key the name counts.
    pub cluster: Option<ClusterName>,
    pub group: Option<Group>,
    /// When the snapshot was begun, RFC 3339.
    pub created_at: Option<String>,
    /// What the backup says of itself; `null` if it cannot be used without a key or at all.
    pub manifest: Option<Manifest>,
    /// Why it cannot be used; `null` if nothing is known to be wrong.
    pub problem: Option<String>,
    /// Whether `backup --keep` would remove it; `null` without `--keep`.
    pub is_expired: Option<bool>,
}

impl ListedBackup {
    /// What is known of a file.
    pub fn of(file: &FoundBackup, is_expired: Option<bool>) -> Self {
        let name = file.named();
        let (manifest, encrypted, problem) = match &file.opened {
            Ok(opened) => (opened.manifest.clone(), opened.sealed, None),
            Err(BackupError::Locked { by, .. }) => (None, Some(*by), None),
            Err(error) => (None, None, Some(error.to_string())),
        };
        Self {
            file: file.place.path(),
            bytes: file.bytes,
            encrypted,
            cluster: name.as_ref().map(|name| name.cluster.clone()),
            group: name.as_ref().map(|name| name.group),
            created_at: name.map(|name| humantime::format_rfc3339_seconds(name.made).to_string()),
            manifest,
            problem,
            is_expired,
        }
    }
}

impl Named for ListedBackup {
    fn name(&self) -> String {
        self.file.display().to_string()
    }
}

fn shown(known: Option<&impl ToString>) -> String {
    known.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// The backups as a table.
pub fn backups_text(backups: &[ListedBackup], now: SystemTime, ui: &Ui) -> String {
    let mut table = Table::new([
        Column::text("FILE"),
        Column::new("CLUSTER"),
        Column::new("GROUP"),
        Column::number("KEYS"),
        Column::number("DATA"),
        Column::number("SIZE"),
        Column::new("SERVER"),
        Column::new("MADE"),
        Column::new("ENCRYPTED"),
        Column::text("KEEP"),
        Column::text("PROBLEM"),
    ]);
    for backup in backups {
        let name = backup.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let of = |value: fn(&Manifest) -> String| backup.manifest.as_ref().map_or_else(|| "-".to_owned(), value);
        table.row([
            name,
            shown(backup.cluster.as_ref()),
            shown(backup.group.as_ref()),
            of(|manifest| manifest.keys.to_string()),
            of(|manifest| bytes(manifest.rdb_bytes)),
            bytes(backup.bytes),
            of(|manifest| manifest.server.to_string()),
            since(backup.created_at.as_deref(), now),
            match backup.encrypted {
                Some(SealedBy::Keys) => "to keys",
                Some(SealedBy::Passphrase) => "passphrase",
                None if backup.problem.is_none() => "no",
                None => "-",
            }
            .to_owned(),
            backup.is_expired.map_or("", |is_expired| if is_expired { "no" } else { "yes" }).to_owned(),
            backup.problem.clone().unwrap_or_default(),
        ]);
    }
    table.render(ui.width())
}
