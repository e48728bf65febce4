//! Where the data of a cluster come from: a backup, an RDB file, or append-only files.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backup::append_only::AppendOnlySet;
use crate::backup::read::{SnapshotFile, WholeSnapshot};
use crate::backup::seal::BackupKeys;
use crate::backup::{Manifest, Place};
use crate::commands::backup::places::blocking;
use crate::commands::backup::{check, rdb_of, unusable};
use crate::engine::{AppendOnlyStream, DataStream, FileStream};
use crate::error::Failure;
use crate::update::Update;

/// The files of a [`DataSource`].
#[derive(Clone, Debug)]
enum SourceFiles {
    Snapshot(Box<(SnapshotFile, WholeSnapshot)>),
    AppendOnly(AppendOnlySet),
}

/// Data that can be copied into a node as often as needed.
#[derive(Clone, Debug)]
pub struct DataSource {
    /// What the user gave.
    pub place: Place,
    /// What a backup says of itself; `None` for files of another Redis.
    pub manifest: Option<Manifest>,
    /// The size of the data in bytes, uncompressed.
    pub bytes: u64,
    files: SourceFiles,
}

impl DataSource {
    /// What the data say of themselves, after a look at their beginning only.
    ///
    /// # Errors
    /// They are of another kind, cannot be read, or are encrypted to another key.
    pub async fn glance(place: &Place, keys: &BackupKeys) -> Result<Option<Manifest>, Failure> {
        if append_only(place)?.is_some() {
            return Ok(None);
        }
        let (place, keys) = (place.clone(), keys.clone());
        Ok(blocking(move || SnapshotFile::open(&place, &keys)).await?.map_err(unusable)?.manifest)
    }

    /// Reads a snapshot to its end and compares it with its checksums. Append-only files have none.
    ///
    /// # Errors
    /// They are not whole, of another kind, or cannot be read.
    pub async fn read(place: &Place, keys: &BackupKeys, report: impl Fn(Update)) -> Result<Self, Failure> {
        if let Some(set) = append_only(place)? {
            let (bytes, files) = (set.bytes(), SourceFiles::AppendOnly(set));
            return Ok(Self { place: place.clone(), manifest: None, bytes, files });
        }
        let (file, whole) = check(place.clone(), keys.clone(), report).await?;
        let (manifest, bytes) = (file.manifest.clone(), whole.rdb_bytes);
        Ok(Self { place: place.clone(), manifest, bytes, files: SourceFiles::Snapshot(Box::new((file, whole))) })
    }

    /// Whether a server that keeps only snapshots would not load them.
    pub const fn is_append_only(&self) -> bool {
        matches!(self.files, SourceFiles::AppendOnly(_))
    }

    /// An RDB without keys of the version that the data begin with. `None` for append-only files without an RDB.
    pub fn empty_rdb(&self) -> Option<Vec<u8>> {
        match &self.files {
            SourceFiles::Snapshot(snapshot) => Some(snapshot.1.empty.clone()),
            SourceFiles::AppendOnly(set) => set.empty_rdb(),
        }
    }

    /// The data, read while they are sent. `read` counts the bytes.
    ///
    /// # Errors
    /// A file cannot be opened.
    pub async fn stream(&self, read: &Arc<AtomicU64>) -> Result<DataStream, Failure> {
        let counting = |bytes, reader| FileStream {
            bytes,
            reader: Box::new(Counting { reader, read: Arc::clone(read) }) as Box<dyn Read + Send>,
        };
        match &self.files {
            SourceFiles::Snapshot(snapshot) => {
                let (file, whole) = &**snapshot;
                Ok(DataStream::Rdb(counting(whole.rdb_bytes, rdb_of(file).await?)))
            }
            SourceFiles::AppendOnly(set) => {
                let mut files = Vec::new();
                for (at, file) in set.files().enumerate() {
                    let failed = |error| {
                        let what = format!("failed to read {}", file.path.display());
                        Failure::new(crate::error::FailureKind::Usage, anyhow::Error::new(error).context(what))
                    };
                    let is_base = at == 0 && set.base.is_some();
                    let is_rdb =
                        file.rdb_magic.is_some() && file.path.extension().is_some_and(|ending| ending == "rdb");
                    let opened = File::open(&file.path).map_err(failed)?;
                    files.push(AppendOnlyStream { file: counting(file.bytes, Box::new(opened)), is_base, is_rdb });
                }
                Ok(DataStream::AppendOnly(files))
            }
        }
    }
}

/// The append-only files that a place names, if it names such. They are never in a bucket.
fn append_only(place: &Place) -> Result<Option<AppendOnlySet>, Failure> {
    match place {
        Place::Local(path) if AppendOnlySet::is_named_by(path) => AppendOnlySet::open(path).map(Some).map_err(unusable),
        _ => Ok(None),
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
