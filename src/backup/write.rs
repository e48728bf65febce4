//! Writes a backup while the snapshot comes, to a file that gets its name when it is whole.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Receiver;
use zstd::stream::write::Encoder;

use super::BackupError;
use super::framing::Framing;
use super::manifest::{Manifest, frame};
use super::name::is_backup;
use super::new_file::NewFile;
use super::place::Place;
use super::rdb::{RdbCheck, RdbHead};
use super::seal::Seal;
use crate::s3::upload::abort_abandoned;
use crate::s3::{S3Error, Upload};
use crate::spec::ParseError;

/// The level of compression. Higher ones take several times as long for some percent.
const LEVEL: i32 = 1;

/// The niceness of the thread that compresses.
#[cfg(target_os = "linux")]
const LOWEST_PRIORITY: i32 = 19;

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

/// Does the work of a backup in a thread that leaves the processors to everything else.
///
/// All containers of a Docker host may together get no more of them than one other program.
///
/// # Errors
/// The system has no further thread, or the work has panicked.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let run = move || {
        // On Linux it concerns the calling thread alone. Without it the backup is as urgent as the servers.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, LOWEST_PRIORITY);
        work()
    };
    // A thread of the runtime waits for it: where time is virtual, it stands still as long as one of those is busy.
    let waiting = tokio::task::spawn_blocking(move || {
        let worker = thread::Builder::new().name("backup".to_owned()).spawn(run)?;
        worker.join().map_err(|_| io::Error::other("the thread of the backup ended early"))
    });
    waiting.await.map_err(io::Error::other)?
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
    let mut encoder = Encoder::new(sealed, LEVEL).map_err(failed)?;
    encoder.include_checksum(true).map_err(failed)?;
    let mut source =
        SnapshotPieces { pieces, framing: Framing::default(), check: RdbCheck::default(), hash: Sha256::new() };
    let mut snapshot = Vec::new();
    while source.receive(&mut snapshot).map_err(NotBackedUp::Server)? {
        meter.snapshot.store(source.check.bytes(), Ordering::Relaxed);
        encoder.write_all(&snapshot).map_err(failed)?;
    }
    let mut sealed = encoder.finish().map_err(failed)?;
    let head = source.check.finish().map_err(NotBackedUp::Server)?;
    let manifest = Manifest {
        rdb_version: head.version,
        rdb_bytes: source.check.bytes(),
        rdb_sha256: hexadecimal(&source.hash.finalize()),
        encrypted: seal.is_sealed(),
        ..manifest(&head)
    };
    let frame = frame(&manifest).map_err(|error| failed(error.into()))?;
    sealed.write_all(&frame).map_err(failed)?;
    let mut counted = sealed.finish().map_err(failed)?;
    counted.flush().map_err(failed)?;
    Ok((counted.to, WrittenBackup { manifest, file_bytes: counted.bytes }))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The snapshot in the pieces that come from a server.
struct SnapshotPieces {
    pieces: Receiver<Bytes>,
    framing: Framing,
    check: RdbCheck,
    hash: Sha256,
}

impl SnapshotPieces {
    /// Waits for the next bytes of the snapshot, and puts them in place of what is in `snapshot`. `false` at its end.
    fn receive(&mut self, snapshot: &mut Vec<u8>) -> Result<bool, ParseError> {
        snapshot.clear();
        while snapshot.is_empty() {
            if self.framing.is_whole() {
                return Ok(false);
            }
            let piece = self.pieces.blocking_recv().ok_or_else(|| {
                ParseError::new(match self.framing.has_begun() {
                    true => format!("the connection ended in the middle, after {} bytes", self.check.bytes()),
                    false => "the connection ended before the snapshot began".to_owned(),
                })
            })?;
            self.framing.feed(&piece, snapshot)?;
        }
        self.check.feed(snapshot);
        self.hash.update(&*snapshot);
        Ok(true)
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

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_work_of_a_backup_is_the_least_urgent_and_nothing_else_is() {
        let niceness = || rustix::process::getpriority_process(None).expect("a niceness");
        let before = niceness();
        let inside = super::in_background(niceness).await.expect("a thread");
        assert_eq!((inside, niceness()), (super::LOWEST_PRIORITY, before));
    }
}
