//! The append-only files of another Redis: a folder with a manifest, or the single file of before Redis 7.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::BackupError;
use super::rdb;
use crate::spec::ParseError;

/// The ending of the names of manifests.
const MANIFEST: &str = "manifest";
/// The longest manifest. It has a line of some 60 bytes for each file.
const MANIFEST_MAX: u64 = 1024 * 1024;
/// The first byte of a command.
const COMMAND: u8 = b'*';
/// The first byte of a remark, such as a time.
const REMARK: u8 = b'#';

/// One of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendOnlyFile {
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The first bytes of its RDB, if it begins with one.
    pub rdb_magic: Option<Vec<u8>>,
}

/// All files that a server loads, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendOnlySet {
    /// What was given.
    pub path: PathBuf,
    /// The data from before the increments.
    pub base: Option<AppendOnlyFile>,
    pub increments: Vec<AppendOnlyFile>,
}

impl AppendOnlySet {
    /// Whether a path may name append-only files: a directory, or a file that begins or is called so.
    pub fn is_named_by(path: &Path) -> bool {
        let begins_with = |byte| first_bytes(path).is_ok_and(|bytes| bytes.first() == Some(&byte));
        path.is_dir()
            || path.extension().is_some_and(|extension| extension == "aof")
            || begins_with(COMMAND)
            || begins_with(REMARK)
    }

    /// Finds the files of a directory, of the folder `appendonlydir` in it, or takes a single file.
    ///
    /// # Errors
    /// There are none, one that the manifest names is missing, or something is not of this format.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        if !path.is_dir() {
            return Ok(Self { path: path.to_owned(), base: Some(file(path)?), increments: Vec::new() });
        }
        let inner = path.join("appendonlydir");
        let manifest = match manifest_in(path)? {
            Some(manifest) => manifest,
            None if inner.is_dir() => {
                manifest_in(&inner)?.ok_or_else(|| unusable(path, "its appendonlydir has no manifest"))?
            }
            None => return Err(unusable(path, "no file there is the manifest of append-only files")),
        };
        let failed = |source| BackupError::Io { what: format!("read {}", manifest.display()), source };
        let mut text = String::new();
        let opened = File::open(&manifest).map_err(failed)?;
        opened.take(MANIFEST_MAX).read_to_string(&mut text).map_err(failed)?;
        let listed = listed(&text).map_err(|why| unusable(&manifest, &why.to_string()))?;
        let folder = manifest.parent().unwrap_or(path);
        let mut set = Self { path: path.to_owned(), base: None, increments: Vec::new() };
        for (name, is_base) in listed {
            let found = file(&folder.join(&name))?;
            match is_base {
                true if set.base.is_some() || !set.increments.is_empty() => {
                    return Err(unusable(&manifest, "it names a base after other files"));
                }
                true => set.base = Some(found),
                false => set.increments.push(found),
            }
        }
        match set.bytes() {
            0 => Err(unusable(path, "its append-only files are empty")),
            _ => Ok(set),
        }
    }

    /// The files in the order in which a server loads them.
    pub fn files(&self) -> impl Iterator<Item = &AppendOnlyFile> {
        self.base.iter().chain(&self.increments)
    }

    /// The size of all of them in bytes.
    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// An RDB without keys of the version that the files begin with, if they begin with an RDB.
    pub fn empty_rdb(&self) -> Option<Vec<u8>> {
        rdb::empty_like(self.base.as_ref()?.rdb_magic.as_ref()?)
    }
}

/// The only manifest in a folder.
fn manifest_in(folder: &Path) -> Result<Option<PathBuf>, BackupError> {
    let failed = |source| BackupError::Io { what: format!("read the directory {}", folder.display()), source };
    let mut found = None;
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == MANIFEST) && found.replace(path).is_some() {
            return Err(unusable(folder, "it has several manifests"));
        }
    }
    Ok(found)
}

/// The files that a manifest names and a server loads, and whether each is the base.
fn listed(text: &str) -> Result<Vec<(String, bool)>, ParseError> {
    let mut files = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, kind) = match words.as_slice() {
            ["file", name, "seq", _, "type", kind, ..] => (name.trim_matches('"'), *kind),
            _ => return Err(ParseError::new(format!("its line '{line}' is not understood"))),
        };
        if name.contains('/') {
            return Err(ParseError::new(format!("it names a file elsewhere: {name}")));
        }
        match kind {
            "b" => files.push((name.to_owned(), true)),
            "i" => files.push((name.to_owned(), false)),
            // It is about to be removed.
            "h" => {}
            other => return Err(ParseError::new(format!("it has a file of the unknown kind '{other}'"))),
        }
    }
    Ok(files)
}

fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(9).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that begins as an append-only file does.
fn file(path: &Path) -> Result<AppendOnlyFile, BackupError> {
    let failed = |source| BackupError::Io { what: format!("read {}", path.display()), source };
    let bytes = path.metadata().map_err(failed)?.len();
    let first = first_bytes(path).map_err(failed)?;
    let is_rdb = rdb::version(&first).is_some();
    match first.first() {
        None | Some(&COMMAND | &REMARK) => {}
        Some(_) if is_rdb => {}
        Some(_) => return Err(unusable(path, "it does not begin like an append-only file")),
    }
    Ok(AppendOnlyFile { path: path.to_owned(), bytes, rdb_magic: is_rdb.then_some(first) })
}

fn unusable(path: &Path, why: &str) -> BackupError {
    BackupError::NotAppendOnly { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PING: &str = "*1\r\n$4\r\nPING\r\n";

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        folder
    }

    fn refused(files: &[(&str, &str)]) -> String {
        AppendOnlySet::open(folder(files).path()).expect_err("it cannot be used").to_string()
    }

    #[test]
    fn a_manifest_names_the_base_and_the_increments_and_what_is_about_to_go_is_left_out() {
        let manifest = "file a.2.base.rdb seq 2 type b\nfile a.1.incr.aof seq 1 type h\nfile a.2.incr.aof seq 2 type i\n\
                        file a.3.incr.aof seq 3 type i startoffset 7\n";
        let files =
            [("a.manifest", manifest), ("a.2.base.rdb", "REDIS0011rest"), ("a.2.incr.aof", PING), ("a.3.incr.aof", "")];
        let nested: Vec<(String, &str)> =
            files.iter().map(|(name, text)| (format!("appendonlydir/{name}"), *text)).collect();
        let nested: Vec<(&str, &str)> = nested.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        for files in [files.as_slice(), &nested] {
            let folder = folder(files);
            assert!(AppendOnlySet::is_named_by(folder.path()));
            let set = AppendOnlySet::open(folder.path()).expect("a set");
            assert_eq!(set.bytes(), 13 + PING.len() as u64);
            assert!(set.empty_rdb().is_some_and(|rdb| rdb.starts_with(b"REDIS0011")));
            assert_eq!((set.base.is_some(), set.increments.len()), (true, 2));
        }
    }

    #[test]
    fn a_single_file_is_a_base_whether_it_begins_with_an_rdb_or_a_command() {
        for (name, text) in [("a.aof", PING), ("a.aof", "REDIS0009rest"), ("log", PING), ("log", "#TS:1\r\n")] {
            let folder = folder(&[(name, text)]);
            let path = folder.path().join(name);
            assert!(AppendOnlySet::is_named_by(&path), "{name} {text}");
            let set = AppendOnlySet::open(&path).expect("a set");
            assert_eq!((set.base.is_some(), set.empty_rdb().is_some()), (true, text.starts_with("REDIS")));
        }
        assert!(!AppendOnlySet::is_named_by(&folder(&[("dump.rdb", "REDIS0011")]).path().join("dump.rdb")));
    }

    #[test]
    fn what_is_not_whole_or_of_another_kind_is_refused() {
        assert!(refused(&[]).contains("no file there is the manifest"));
        assert!(refused(&[("a.manifest", "file b seq 1 type b"), ("b", "PK")]).contains("does not begin like"));
        assert!(refused(&[("a.manifest", "file b seq 1 type b")]).contains("failed to read"));
        assert!(refused(&[("a.manifest", "file ../b seq 1 type b")]).contains("a file elsewhere"));
        assert!(refused(&[("a.manifest", "file b seq 1 type z")]).contains("unknown kind 'z'"));
        assert!(refused(&[("a.manifest", "anything")]).contains("is not understood"));
        assert!(refused(&[("a.manifest", ""), ("b.manifest", "")]).contains("several manifests"));
        assert!(refused(&[("a.manifest", "file b seq 1 type i"), ("b", "")]).contains("are empty"));
        let two = "file b seq 1 type i\nfile c seq 1 type b";
        assert!(refused(&[("a.manifest", two), ("b", PING), ("c", PING)]).contains("a base after other files"));
    }
}
