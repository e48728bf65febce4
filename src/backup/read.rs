//! Reads backups and plain RDB files, a piece at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};

use super::manifest::{FORMAT, Manifest, NoManifest, TRAILER, frame_length, json_length, parse};
use super::rdb::{self, RdbCheck, RdbHead};
use super::write::hexadecimal;
use super::{BackupError, EXTENSION};

/// The first bytes of a zstd stream.
const ZSTD: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// Bytes of one read.
const PIECE: usize = 128 * 1024;

/// A backup or a plain RDB file that can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotFile {
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// What it says of itself; `None` for a plain RDB file.
    pub manifest: Option<Manifest>,
    /// The bytes before the manifest.
    content: u64,
}

/// A snapshot that was read to its end and is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeSnapshot {
    pub head: RdbHead,
    /// The size of the RDB in bytes.
    pub rdb_bytes: u64,
    /// An RDB without keys of the same version.
    pub empty: Vec<u8>,
}

/// The files in a directory whose names are those of backups, each opened or with what is wrong with it.
///
/// # Errors
/// The directory cannot be read.
pub fn in_directory(directory: &Path) -> io::Result<Vec<(PathBuf, Result<SnapshotFile, BackupError>)>> {
    let mut files = Vec::new();
    for entry in directory.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file() {
            let opened = SnapshotFile::open(&path);
            files.push((path, opened));
        }
    }
    Ok(files)
}

impl SnapshotFile {
    /// Opens a file and reads what it says of itself.
    ///
    /// # Errors
    /// It cannot be read, is of another kind, was cut short, or a newer redos wrote it.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let failed = |source| BackupError::Io { what: format!("read {}", path.display()), source };
        let mut file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut first = Vec::new();
        Read::by_ref(&mut file).take(9).read_to_end(&mut first).map_err(failed)?;
        let plain = |manifest, content| Self { path: path.to_owned(), bytes, manifest, content };
        if rdb::version(&first).is_some() {
            return Ok(plain(None, bytes));
        }
        if !first.starts_with(&ZSTD) {
            return Err(BackupError::Foreign(path.to_owned()));
        }
        let no_manifest = |why| match why {
            NoManifest::Missing => {
                BackupError::CutShort { path: path.to_owned(), why: "the manifest at its end is missing".to_owned() }
            }
            NoManifest::Damaged(why) => BackupError::Damaged { path: path.to_owned(), why },
            NoManifest::Newer(found) => BackupError::Newer { path: path.to_owned(), found, known: FORMAT },
        };
        let mut last = |length: usize| -> io::Result<Option<Vec<u8>>> {
            let length = length as u64;
            if length > bytes {
                return Ok(None);
            }
            file.seek(SeekFrom::Start(bytes - length))?;
            let mut end = Vec::new();
            Read::by_ref(&mut file).take(length).read_to_end(&mut end)?;
            Ok(Some(end))
        };
        let missing = || no_manifest(NoManifest::Missing);
        let trailer = last(TRAILER).map_err(failed)?.ok_or_else(missing)?;
        let json = json_length(&trailer).map_err(no_manifest)?;
        let payload = last(json + TRAILER).map_err(failed)?.ok_or_else(missing)?;
        let manifest = parse(&payload).map_err(no_manifest)?;
        let content = bytes.checked_sub(frame_length(json) as u64).ok_or_else(missing)?;
        Ok(plain(Some(manifest), content))
    }

    /// The RDB, decompressed while it is read.
    ///
    /// # Errors
    /// The file cannot be read, or does not begin like a zstd stream.
    pub fn rdb(&self) -> Result<Box<dyn Read + Send>, BackupError> {
        let failed = |source| BackupError::Io { what: format!("read {}", self.path.display()), source };
        let content = File::open(&self.path).map_err(failed)?.take(self.content);
        if self.manifest.is_none() {
            return Ok(Box::new(content));
        }
        let decoder = StreamingDecoder::new(io::BufReader::with_capacity(PIECE, content));
        Ok(Box::new(decoder.map_err(|error| self.damaged(format!("it cannot be decompressed: {error}")))?))
    }

    /// Reads all of it and compares it with its checksums. `at` is told how many bytes of the RDB were read.
    ///
    /// # Errors
    /// It is not what was written.
    pub fn check(&self, at: impl Fn(u64)) -> Result<WholeSnapshot, BackupError> {
        let mut rdb = self.rdb()?;
        let (mut check, mut hash) = (RdbCheck::default(), Sha256::new());
        let mut piece = vec![0; PIECE];
        let mut magic = Vec::new();
        loop {
            let read = match rdb.read(&mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.damaged(format!("it cannot be decompressed: {error}"))),
            };
            if read == 0 {
                break;
            }
            if magic.len() < 9 {
                magic.extend_from_slice(&piece[..read.min(9)]);
            }
            check.feed(&piece[..read]);
            hash.update(&piece[..read]);
            at(check.bytes());
        }
        let head = check.finish().map_err(|error| self.damaged(error.to_string()))?;
        if let Some(manifest) = &self.manifest
            && (manifest.rdb_bytes, &manifest.rdb_sha256) != (check.bytes(), &hexadecimal(&hash.finalize()))
        {
            return Err(self.damaged("its size or SHA-256 is not the one in its manifest".to_owned()));
        }
        let empty = rdb::empty_like(&magic).ok_or_else(|| BackupError::Foreign(self.path.clone()))?;
        Ok(WholeSnapshot { head, rdb_bytes: check.bytes(), empty })
    }

    fn damaged(&self, why: String) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), why }
    }
}
