//! Reads backups and plain RDB files, encrypted or not, a piece at a time.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};
use zstd::stream::read::Decoder;

use super::BackupError;
use super::manifest::{FORMAT, Manifest, NoManifest, TRAILER, frame_length, json_length, parse};
use super::name::BackupName;
use super::place::{ListedFile, Place, ReadSeek};
use super::rdb::{self, RdbCheck, RdbHead};
use super::seal::{AGE, BackupKeys, SealedBy};
use super::write::hexadecimal;
use crate::s3::S3Error;

/// The first bytes of a zstd stream.
const ZSTD: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// Bytes of one read.
const PIECE: usize = 128 * 1024;

/// A backup or a plain RDB file that can be read.
#[derive(Clone, Debug)]
pub struct SnapshotFile {
    pub place: Place,
    /// What it says of itself; `None` for a plain RDB file.
    pub manifest: Option<Manifest>,
    /// The bytes before the manifest, decrypted.
    content: u64,
    /// What opens it; `None` if it is not encrypted.
    pub sealed: Option<SealedBy>,
    keys: BackupKeys,
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

/// A file in a directory whose name is that of a backup.
#[derive(Debug)]
pub struct FoundBackup {
    pub place: Place,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The backup, or what is wrong with it.
    pub opened: Result<SnapshotFile, BackupError>,
}

impl FoundBackup {
    /// Whose backup it is and of when, by its manifest.
    ///
    /// If it is encrypted and no key was given, its name counts.
    /// Of a file that cannot be used nothing is known, so that nothing removes it.
    pub fn named(&self) -> Option<BackupName> {
        match &self.opened {
            Ok(SnapshotFile { manifest, .. }) => {
                let Manifest { cluster, group, created_at, .. } = manifest.as_ref()?;
                let made = humantime::parse_rfc3339(created_at).ok()?;
                Some(BackupName { cluster: cluster.clone(), group: *group, made })
            }
            Err(BackupError::Locked { path, .. }) => BackupName::of(path),
            Err(_) => None,
        }
    }
}

/// The files in a directory whose names are those of backups.
///
/// # Errors
/// The directory cannot be read.
pub fn in_directory(directory: &Place, keys: &BackupKeys) -> io::Result<Vec<FoundBackup>> {
    let found = |ListedFile { place, bytes }| {
        let opened = SnapshotFile::open(&place, keys);
        FoundBackup { place, bytes, opened }
    };
    Ok(directory.list()?.into_iter().map(found).collect())
}

/// A file of which nothing is known yet but whether it is encrypted.
struct OpenedFile {
    content: Box<dyn ReadSeek>,
    sealed: Option<SealedBy>,
}

/// Opens the content of a file.
fn content(place: &Place, keys: &BackupKeys) -> Result<OpenedFile, BackupError> {
    let failed = |source| unread(place, source);
    let mut file = place.open().map_err(failed)?;
    let mut first = Vec::new();
    Read::by_ref(&mut file).take(AGE.len() as u64).read_to_end(&mut first).map_err(failed)?;
    file.rewind().map_err(failed)?;
    if first == AGE {
        let (content, by) = keys.open(&place.path(), BufReader::with_capacity(PIECE, file))?;
        return Ok(OpenedFile { content: Box::new(content), sealed: Some(by) });
    }
    Ok(OpenedFile { content: file, sealed: None })
}

fn unread(place: &Place, source: io::Error) -> BackupError {
    BackupError::Io { what: format!("read {place}"), source }
}

impl SnapshotFile {
    /// Opens a file and reads what it says of itself.
    ///
    /// # Errors
    /// It cannot be read, is of another kind, was cut short, a newer redos wrote it, or none of the keys opens it.
    pub fn open(place: &Place, keys: &BackupKeys) -> Result<Self, BackupError> {
        let failed = |source| unread(place, source);
        let path = place.path();
        let OpenedFile { content: mut file, sealed } = content(place, keys)?;
        // The end of an encrypted file is looked at here, and the check of it fails if it is not the end.
        let bytes = file.seek(SeekFrom::End(0)).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                BackupError::CutShort { path: path.clone(), why: "its end cannot be decrypted".to_owned() }
            }
            _ => failed(error),
        })?;
        file.rewind().map_err(failed)?;
        let mut first = Vec::new();
        Read::by_ref(&mut file).take(9).read_to_end(&mut first).map_err(failed)?;
        let plain = |manifest, content| {
            let keys = keys.clone();
            Self { place: place.clone(), manifest, content, sealed, keys }
        };
        if rdb::version(&first).is_some() {
            return Ok(plain(None, bytes));
        }
        if !first.starts_with(&ZSTD) {
            return Err(BackupError::Foreign(path));
        }
        let no_manifest = |why| match why {
            NoManifest::Missing => {
                BackupError::CutShort { path: path.clone(), why: "the manifest at its end is missing".to_owned() }
            }
            NoManifest::Damaged(why) => BackupError::Damaged { path: path.clone(), why },
            NoManifest::Newer(found) => BackupError::Newer { path: path.clone(), found, known: FORMAT },
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
        let content = content(&self.place, &self.keys)?.content.take(self.content);
        if self.manifest.is_none() {
            return Ok(Box::new(content));
        }
        let decoder = Decoder::with_buffer(BufReader::with_capacity(PIECE, content));
        Ok(Box::new(decoder.map_err(|error| self.undecodable(error))?))
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
                Err(error) => return Err(self.undecodable(error)),
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
        let empty = rdb::empty_like(&magic).ok_or_else(|| BackupError::Foreign(self.place.path()))?;
        Ok(WholeSnapshot { head, rdb_bytes: check.bytes(), empty })
    }

    /// A bucket that failed says nothing about the backup in it.
    fn undecodable(&self, error: io::Error) -> BackupError {
        match S3Error::in_chain(&error) {
            Some(_) => unread(&self.place, error),
            None => self.damaged(format!("it cannot be decompressed: {error}")),
        }
    }

    fn damaged(&self, why: String) -> BackupError {
        BackupError::Damaged { path: self.place.path(), why }
    }
}
