//! A full disk. One unnamed file takes all the room, and gives it back when it is closed, at the latest when the
//! process ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::error::TaskError;

/// How much room is taken at once, in bytes; halved when less is left.
const STEP: u64 = 16 << 20;
/// The name that the file has for a moment.
const NAME: &str = ".redos-fill";
/// The file system of the container itself.
const ENGINES_OWN: &str = "/";

/// A disk without room, and the file that fills it.
pub struct Filled {
    file: File,
    folder: PathBuf,
    taken: u64,
}

impl Filled {
    /// Takes all the room in a folder. Its file system may have at most `limit` bytes, and must not be the Engine's
    /// own.
    ///
    /// # Errors
    /// It is the Engine's, or too large, or cannot be filled. Nothing is left of it then.
    pub fn begin(folder: &str, limit: u64) -> Result<(Self, String), TaskError> {
        let folder = PathBuf::from(folder);
        let failed = |cause| TaskError::System { what: format!("{} cannot be filled", folder.display()), cause };
        let (total, _) = size(&folder).map_err(failed)?;
        if total == size(Path::new(ENGINES_OWN)).map_err(failed)?.0 {
            return Err(TaskError::Impossible(format!(
                "{} is on the Engine's own disk, which redos never fills; put the data on a small disk of their own \
                 with --data-dir",
                folder.display()
            )));
        }
        if total > limit {
            let (total, limit) = (mib(total), mib(limit));
            return Err(TaskError::Impossible(format!(
                "the disk of {} has {total}, and redos fills a disk of at most {limit}",
                folder.display()
            )));
        }
        let mut filled = Self { file: nameless(&folder).map_err(failed)?, folder: folder.clone(), taken: 0 };
        filled.take().map_err(failed)?;
        let (has_room, taken) = (filled.has_room().map_err(failed)?, mib(filled.taken));
        if has_room {
            let seen = format!("{} still has room after {taken} were written", folder.display());
            return Err(TaskError::Measured(seen));
        }
        Ok((filled, format!("a write to {} finds no room: {taken} are taken", folder.display())))
    }

    fn take(&mut self) -> io::Result<()> {
        let mut step = STEP;
        while step > 0 {
            match fallocate(&self.file, FallocateFlags::empty(), self.taken, step) {
                Ok(()) => self.taken += step,
                Err(error) if io::Error::from(error).kind() == io::ErrorKind::StorageFull => step /= 2,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whether one more page can be written.
    fn has_room(&self) -> io::Result<bool> {
        let written = nameless(&self.folder).and_then(|mut file| file.write_all(&[0; 4096]));
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// There is still none.
    pub fn end(self) -> Result<String, TaskError> {
        let Self { file, folder, .. } = self;
        drop(file);
        match size(&folder) {
            Ok((_, 0)) => Err(TaskError::Measured(format!("{} still has no room", folder.display()))),
            Ok((_, free)) => Ok(format!("{} has room for {} again", folder.display(), mib(free))),
            Err(cause) => Err(TaskError::system(format!("cannot see how much room {} has", folder.display()))(cause)),
        }
    }
}

/// Bytes of the file system of a folder: in all, and free.
fn size(folder: &Path) -> io::Result<(u64, u64)> {
    let known = statvfs(folder)?;
    Ok((known.f_blocks * known.f_frsize, known.f_bavail * known.f_frsize))
}

/// Opens a file without a name.
fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(NAME);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn mib(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_disk_is_never_filled() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a path");
        let free = size(folder.path()).expect("a size").1;
        let refused = Filled::begin(path, 1 << 20).err().expect("it is refused").to_string();
        assert!(refused.contains("never fills") || refused.contains("at most 1 MiB"), "{refused}");
        assert!(fs::read_dir(folder.path()).expect("readable").next().is_none(), "nothing was made");
        assert!(free > 0);
    }
}
