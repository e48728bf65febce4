//! A file that gets its name when it is whole, so that a program that is killed leaves nothing.
//!
//! Where the file system can, it has no name until then (`O_TMPFILE`). Elsewhere it has a temporary one, and the next
//! backup in the folder removes it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

/// The beginning of temporary names.
const PREFIX: &str = ".redos-backup-";
/// The end of temporary names.
const SUFFIX: &str = ".part";
/// How long a file with a temporary name must not have been written before another program may remove it.
const UNTOUCHED: Duration = Duration::from_secs(60);

/// A file that belongs to nobody but the user (mode 0600) and is gone if it is dropped.
#[derive(Debug)]
pub enum NewFile {
    /// It has no name.
    Unnamed(File),
    /// It has a temporary name, and a lock that ends with this program.
    Named(NamedTempFile),
}

impl NewFile {
    /// Creates an empty file in a folder, and removes what killed programs have left there.
    ///
    /// # Errors
    /// There is no such folder, or it cannot be written to.
    pub fn create_in(folder: &Path) -> io::Result<Self> {
        // It is only a matter of tidiness.
        let _ = remove_stale(folder);
        match unnamed(folder) {
            Some(file) => Ok(Self::Unnamed(file)),
            None => Self::named_in(folder),
        }
    }

    fn named_in(folder: &Path) -> io::Result<Self> {
        let named = Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(folder)?;
        // Not every file system has locks.
        let _ = named.as_file().try_lock();
        Ok(Self::Named(named))
    }

    /// Gives the file its name when its content is on the disk. A file that appeared there meanwhile stays as it is.
    ///
    /// # Errors
    /// There is a file of that name, or the disk failed.
    pub fn persist(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Unnamed(file) => {
                file.sync_all()?;
                link(&file, path)
            }
            Self::Named(file) => {
                file.as_file().sync_all()?;
                match file.persist_noclobber(path) {
                    Ok(_) => Ok(()),
                    Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(failed.error),
                    // Not every file system can do that without replacing a file.
                    Err(failed) => failed.file.persist(path).map(drop).map_err(|failed| failed.error),
                }
            }
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unnamed(file) => file.write(bytes),
            Self::Named(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unnamed(file) => file.flush(),
            Self::Named(file) => file.flush(),
        }
    }
}

/// The place of an open file in `/proc`, through which it can be given a name.
#[cfg(target_os = "linux")]
fn in_proc(file: &File) -> std::path::PathBuf {
    use std::os::fd::AsRawFd;

    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// A file without a name; `None` where there cannot be one.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};

    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(open(folder, flags, Mode::RUSR | Mode::WUSR).ok()?);
    in_proc(&file).symlink_metadata().is_ok().then_some(file)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_folder: &Path) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};

    Ok(linkat(CWD, in_proc(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes the files with temporary names that no program writes any more.
fn remove_stale(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if !is_ours || !entry.file_type()?.is_file() {
            continue;
        }
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        // A file on which a program holds a lock is being written.
        if age > UNTOUCHED && File::open(entry.path())?.try_lock().is_ok() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_replaces_no_other() {
        for create in [NewFile::create_in, NewFile::named_in] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.redos");
            let mut file = create(folder.path()).expect("a file");
            file.write_all(b"whole").expect("a write");
            assert!(!path.exists());
            file.persist(&path).expect("a name");
            assert_eq!(fs::read(&path).expect("content"), b"whole");
            let mut other = create(folder.path()).expect("a file");
            other.write_all(b"other").expect("a write");
            assert_eq!(other.persist(&path).expect_err("it exists").kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&path).expect("content"), b"whole");
            assert_eq!(names(folder.path()), ["a.redos"]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_the_file_system_can_it_has_no_name_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = NewFile::create_in(folder.path()).expect("a file");
        assert!(matches!(file, NewFile::Unnamed(_)) == names(folder.path()).is_empty(), "{file:?}");
    }

    #[test]
    fn what_a_killed_program_left_is_removed_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let left = |name: &str, age: u64| {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("a time");
            file
        };
        left(".redos-backup-old.part", 61);
        left(".redos-backup-new.part", 0);
        left("my.part", 3600);
        let locked = left(".redos-backup-locked.part", 3600);
        locked.try_lock().expect("a lock");
        drop(NewFile::create_in(folder.path()).expect("a file"));
        let mut stay = names(folder.path());
        stay.sort();
        assert_eq!(stay, [".redos-backup-locked.part", ".redos-backup-new.part", "my.part"]);
    }
}
