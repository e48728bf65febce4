//! Backups: one file with a snapshot of one master group, and what it holds.
//!
//! The file is a zstd stream of the RDB that a server sent, followed by a [`Manifest`] in a skippable frame. So `zstd -d`
//! makes a plain `dump.rdb` of it. All of that may be encrypted, see [`seal`]. Everything is streamed: no snapshot is ever
//! whole in memory.
//!
//! It is on this host or in a bucket, see [`Place`].

pub mod append_only;
pub mod checksum;
pub mod framing;
pub mod manifest;
pub mod name;
mod new_file;
pub mod place;
pub mod rdb;
pub mod read;
pub mod retention;
pub mod seal;
#[cfg(test)]
mod tests;
pub mod write;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

pub use manifest::Manifest;
pub use place::Place;

use seal::SealedBy;

/// The ending of the names of backups.
pub const EXTENSION: &str = "redos";
/// The further ending of those that are encrypted, which is the one of age.
pub const ENCRYPTED: &str = "age";

/// Why a backup or a snapshot cannot be used or made.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The file cannot be opened, read or written.
    #[error("failed to {what}")]
    Io {
        /// The operation and the file.
        what: String,
        #[source]
        source: io::Error,
    },
    /// The file is neither a backup nor a snapshot of Redis or Valkey.
    #[error("{} is neither a backup of redos nor an RDB file", .0.display())]
    Foreign(PathBuf),
    /// The file is encrypted, and the user gave no key or passphrase.
    #[error("{} is encrypted {by}, and none was given", .path.display())]
    Locked {
        path: PathBuf,
        /// What opens it.
        by: SealedBy,
    },
    /// The file is encrypted, and the given keys or passphrase do not open it.
    #[error("{} is encrypted {by}, but not {}", .path.display(), match by {
        SealedBy::Keys => "to one of the given keys",
        SealedBy::Passphrase => "with the given one",
    })]
    WrongKey {
        path: PathBuf,
        /// What opens it.
        by: SealedBy,
    },
    /// The directory or file has no append-only files that a server would load.
    #[error("{} has no append-only files that can be loaded: {why}", .path.display())]
    NotAppendOnly {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The end of the file is missing.
    #[error("{} was cut short: {why}", .path.display())]
    CutShort {
        path: PathBuf,
        /// What is missing.
        why: String,
    },
    /// The content is not what was written.
    #[error("{} is damaged: {why}", .path.display())]
    Damaged {
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A later redos wrote it.
    #[error("{} has the backup format {found}, and this redos reads formats up to {known}", .path.display())]
    Newer {
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The newest known format.
        known: u32,
    },
}
