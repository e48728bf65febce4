//! Where backups are: files of this host, or objects in a bucket.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::name::is_backup;
use crate::s3::bucket::PATIENCE;
use crate::s3::{Account, Bucket, ObjectAddress, ObjectReader, S3Error};

/// Content that can be read from any place.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// A local file or directory, or an object or folder in a bucket.
///
/// Methods that ask a bucket block their thread: call them outside of the runtime's threads.
#[derive(Clone, Debug)]
pub enum Place {
    Local(PathBuf),
    Object(Bucket, ObjectAddress),
}

/// A file with the name of a backup.
#[derive(Clone, Debug)]
pub struct ListedFile {
    pub place: Place,
    /// The size in bytes.
    pub bytes: u64,
}

impl Place {
    /// The place that the user means: a path, or `s3://bucket/key`. Requests end when `cancel` does.
    ///
    /// # Errors
    /// It is no address of an object, or there are no credentials.
    pub fn of(path: &Path, cancel: &CancellationToken) -> Result<Self, S3Error> {
        if !ObjectAddress::is_meant_by(path) {
            return Ok(Self::Local(path.to_owned()));
        }
        let address = ObjectAddress::of(path)?;
        let bucket = Bucket::open(&address.bucket, Account::of_user()?, PATIENCE, cancel.clone())?;
        Ok(Self::Object(bucket, address))
    }

    /// What the user types to name it.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Local(path) => path.clone(),
            Self::Object(_, address) => address.path(),
        }
    }

    /// Whether it holds backups and is none. In a bucket the name decides: that of a backup ends with `.redos` or `.redos.age`.
    pub fn is_directory(&self) -> bool {
        match self {
            Self::Local(path) => path.is_dir(),
            Self::Object(_, address) => !is_backup(Path::new(&address.key)) || address.key.ends_with('/'),
        }
    }

    /// A file in this directory.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(path.join(name)),
            Self::Object(bucket, address) => Self::Object(bucket.clone(), address.join(name)),
        }
    }

    /// Whether there is such a file.
    ///
    /// # Errors
    /// The bucket cannot be asked.
    pub fn exists(&self) -> io::Result<bool> {
        match self {
            Self::Local(path) => Ok(path.symlink_metadata().is_ok()),
            Self::Object(bucket, address) => Ok(bucket.wait(bucket.size(&address.key))?.is_some()),
        }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(&self) -> io::Result<Box<dyn ReadSeek>> {
        match self {
            Self::Local(path) => Ok(Box::new(File::open(path)?)),
            Self::Object(bucket, address) => Ok(Box::new(ObjectReader::open(bucket.clone(), &address.key)?)),
        }
    }

    /// The files in this directory whose names are those of backups.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn list(&self) -> io::Result<Vec<ListedFile>> {
        match self {
            Self::Local(directory) => {
                let mut files = Vec::new();
                for entry in directory.read_dir()? {
                    let path = entry?.path();
                    if is_backup(&path) && path.is_file() {
                        let bytes = path.metadata()?.len();
                        files.push(ListedFile { place: Self::Local(path), bytes });
                    }
                }
                Ok(files)
            }
            Self::Object(bucket, address) => {
                let objects = bucket.wait(bucket.list(&address.folder().key))?;
                let backups = objects.into_iter().filter(|object| is_backup(Path::new(&object.key)));
                let at = |key| Self::Object(bucket.clone(), ObjectAddress { key, ..address.clone() });
                Ok(backups.map(|object| ListedFile { place: at(object.key), bytes: object.bytes }).collect())
            }
        }
    }

    /// Whether it only names a file that is elsewhere.
    pub fn is_link(&self) -> bool {
        matches!(self, Self::Local(path) if path.is_symlink())
    }

    /// Removes the file.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        match self {
            Self::Local(path) => fs::remove_file(path),
            Self::Object(bucket, address) => Ok(bucket.wait(bucket.remove(&address.key))?),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Object(_, address) => address.fmt(f),
        }
    }
}
