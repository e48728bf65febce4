//! Writes a backup while the snapshot comes, to a file that gets its name when it is whole.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use ruzstd::encoding::{CompressionLevel, FrameCompressor};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Receiver;

use super::BackupError;
use super::framing::Framing;
use super::manifest::{Manifest, frame};
use super::name::is_backup;
use super::new_file::NewFile;
use super::place::Place;
use super::rdb::{RdbCheck, RdbHead};
use super::seal::{Seal, SealingWriter};
use crate::s3::upload::abort_abandoned;
use crate::s3::{S3Error, Upload};
use crate::spec::ParseError;

/// Where a backup goes.
#[derive(Clone, Debug)]
pub enum BackupTarget {
    /// A file or an object, which must not exist yet.
    At(Place),
    /// Standard output, which gets the bytes as they come.
    Stdout,
}

/// Why a backup was not made.
#[derive(Debug)]
pub enum NotBackedUp {
    /// The server refused, or sent something else than a whole snapshot.
    Server(ParseError),
    /// The file cannot be written.
    Backup(BackupError),
}

/// A snapshot that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenBackup {
    pub manifest: Manifest,
    /// The size of the file in bytes.
    pub file_bytes: u64,
}

/// The bytes so far, for whoever watches.
#[derive(Debug, Default)]
pub struct Meter {
    /// Those of the snapshot, uncompressed.
    pub snapshot: AtomicU64,
}

/// Writes the snapshot that comes in `pieces` to the target. It blocks, so it needs a thread of its own.
///
/// `manifest` makes the manifest from what the RDB says of itself; checksum, size and encryption are filled in.
///
/// # Errors
/// The snapshot does not come whole, or the file cannot be written. Nothing is left then.
pub fn write(
    target: &BackupTarget,
    seal: &Seal,
    pieces: Receiver<Bytes>,
    meter: &Meter,
    manifest: impl FnOnce(&RdbHead) -> Manifest,
) -> Result<WrittenBackup, NotBackedUp> {
    match target {
        BackupTarget::Stdout => {
            let (_, written) = write_to(io::stdout(), "standard output", seal, pieces, meter, manifest)?;
            Ok(written)
        }
        BackupTarget::At(place @ Place::Object(bucket, address)) => {
            let name = place.to_string();
            let failed = |source: S3Error| {
                NotBackedUp::Backup(BackupError::Io { what: format!("write {name}"), source: source.into() })
            };
            let folder = address.key.rfind('/').map_or("", |end| &address.key[..=end]);
            // It is only a matter of tidiness.
            let _ = bucket.wait(abort_abandoned(bucket, folder, |key| is_backup(Path::new(key))));
            let upload = Upload::begin(bucket.clone(), &address.key).map_err(failed)?;
            let (upload, written) = write_to(upload, &name, seal, pieces, meter, manifest)?;
            upload.finish().map_err(failed)?;
            Ok(written)
        }
        BackupTarget::At(Place::Local(path)) => {
            let name = path.display().to_string();
            let failed =
                |verb: &str, source| NotBackedUp::Backup(BackupError::Io { what: format!("{verb} {name}"), source });
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let file = NewFile::create_in(folder).map_err(|error| failed("create", error))?;
            let (file, written) = write_to(file, &name, seal, pieces, meter, manifest)?;
            file.persist(path).map_err(|error| failed("write", error))?;
            // Without it the name may be gone after a power failure, although the content is there.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed("write", error))?;
            Ok(written)
        }
    }
}

fn write_to<W: Write>(
    to: W,
    name: &str,
    seal: &Seal,
    pieces: Receiver<Bytes>,
    meter: &Meter,
    manifest: impl FnOnce(&RdbHead) -> Manifest,
) -> Result<(W, WrittenBackup), NotBackedUp> {
    let failed = |source| NotBackedUp::Backup(BackupError::Io { what: format!("write {name}"), source });
    let sealed = seal.writer(Counted { to, bytes: 0 }).map_err(failed)?;
    let troubles = Rc::new(RefCell::new(Troubles::default()));
    let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
    compressor.set_source(Pieces {
        pieces,
        framing: Framing::default(),
        snapshot: Vec::new(),
        at: 0,
        check: RdbCheck::default(),
        hash: Sha256::new(),
        meter,
        troubles: troubles.clone(),
    });
    compressor.set_drain(Drain { to: sealed, troubles: troubles.clone() });
    compressor.compress();
    let (source, drain) = (compressor.take_source(), compressor.take_drain());
    let (Some(source), Some(mut drain)) = (source, drain) else {
        return Err(failed(io::Error::other("the compressor has lost its streams")));
    };
    if let Some(error) = troubles.borrow_mut().write.take() {
        return Err(failed(error));
    }
    if let Some(error) = troubles.borrow_mut().read.take() {
        return Err(NotBackedUp::Server(error));
    }
    let head = source.check.finish().map_err(NotBackedUp::Server)?;
    let manifest = Manifest {
        rdb_version: head.version,
        rdb_bytes: source.check.bytes(),
        rdb_sha256: hexadecimal(&source.hash.finalize()),
        encrypted: seal.is_sealed(),
        ..manifest(&head)
    };
    let frame = frame(&manifest).map_err(|error| failed(error.into()))?;
    drain.to.write_all(&frame).map_err(failed)?;
    let mut counted = drain.to.finish().map_err(failed)?;
    counted.flush().map_err(failed)?;
    Ok((counted.to, WrittenBackup { manifest, file_bytes: counted.bytes }))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What went wrong on either side of the compressor, which panics if it is told.
#[derive(Default)]
struct Troubles {
    read: Option<ParseError>,
    write: Option<io::Error>,
}

/// The snapshot in the pieces that come from a server.
struct Pieces<'a> {
    pieces: Receiver<Bytes>,
    framing: Framing,
    /// What came of the snapshot and is read from `at`.
    snapshot: Vec<u8>,
    at: usize,
    check: RdbCheck,
    hash: Sha256,
    meter: &'a Meter,
    troubles: Rc<RefCell<Troubles>>,
}

impl Pieces<'_> {
    /// Receives until there is something to read, or an end.
    fn receive(&mut self) -> Result<(), ParseError> {
        while self.at == self.snapshot.len() && !self.framing.is_whole() {
            let Some(piece) = self.pieces.blocking_recv() else {
                return Err(ParseError::new(match self.framing.has_begun() {
                    true => format!("the connection ended in the middle, after {} bytes", self.check.bytes()),
                    false => "the connection ended before the snapshot began".to_owned(),
                }));
            };
            self.snapshot.clear();
            self.at = 0;
            self.framing.feed(&piece, &mut self.snapshot)?;
            self.check.feed(&self.snapshot);
            self.hash.update(&self.snapshot);
            self.meter.snapshot.store(self.check.bytes(), Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut troubles = self.troubles.borrow_mut();
        if troubles.read.is_some() || troubles.write.is_some() {
            return Ok(0);
        }
        drop(troubles);
        if let Err(error) = self.receive() {
            troubles = self.troubles.borrow_mut();
            troubles.read = Some(error);
            return Ok(0);
        }
        let taken = to.len().min(self.snapshot.len() - self.at);
        to[..taken].copy_from_slice(&self.snapshot[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

/// A writer that counts.
struct Counted<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A writer that keeps the first error to itself.
struct Drain<W: Write> {
    to: SealingWriter<W>,
    troubles: Rc<RefCell<Troubles>>,
}

impl<W: Write> Write for Drain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut troubles = self.troubles.borrow_mut();
        if troubles.write.is_none() {
            troubles.write = self.to.write_all(bytes).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
