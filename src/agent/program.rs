//! The running program as files that run in any Linux container of the same machine kind, whatever its image holds: the
//! program, the libraries that it has loaded, and the loader that loads them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the files are put.
pub const FOLDER: &str = "/redos-agent";
/// The program's name there.
const NAME: &str = "redos";

/// The running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Names in [`FOLDER`], and the files of this machine that go there.
    pub files: BTreeMap<String, PathBuf>,
    /// How it is run there, without arguments.
    pub command: Vec<String>,
}

impl Program {
    /// Finds out what this process is made of.
    ///
    /// # Errors
    /// `/proc` does not say.
    pub fn running() -> io::Result<Self> {
        let program = fs::read_link("/proc/self/exe")?;
        Self::of(&program, &fs::read_to_string("/proc/self/maps")?)
    }

    /// What a process is made of whose memory is mapped like this.
    fn of(program: &Path, maps: &str) -> io::Result<Self> {
        let mut libraries: Vec<PathBuf> = maps.lines().filter_map(executable).collect();
        libraries.sort();
        libraries.dedup();
        libraries.retain(|path| path != program);
        let mut files = BTreeMap::from([(NAME.to_owned(), program.to_owned())]);
        let mut loader = None;
        for library in libraries {
            for name in names(&library)? {
                if name.starts_with("ld-") || name.starts_with("ld.") || name.starts_with("ld64.") {
                    loader = Some(name.clone());
                }
                files.insert(name, library.clone());
            }
        }
        let path = |name: &str| format!("{FOLDER}/{name}");
        let command = match loader {
            Some(loader) => vec![path(&loader), "--library-path".to_owned(), FOLDER.to_owned(), path(NAME)],
            // It is linked statically.
            None => vec![path(NAME)],
        };
        Ok(Self { files, command })
    }
}

/// The file of a mapping that is code.
fn executable(mapping: &str) -> Option<PathBuf> {
    let mut fields = mapping.split_ascii_whitespace();
    let rights = fields.nth(1)?;
    // The path begins at the sixth field; it may hold spaces.
    let path = &mapping[mapping.find('/')?..];
    rights.contains('x').then(|| PathBuf::from(path))
}

/// The names by which a library is asked for: its own, and those of the links beside it (libc.so.6 to libc-2.31.so).
fn names(library: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(library.parent().unwrap_or(Path::new("/")))? {
        let entry = entry?;
        let same = entry.path() == library
            || entry.file_type()?.is_symlink() && fs::canonicalize(entry.path()).is_ok_and(|to| to == library);
        if same {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_data() {
        let line = "7f00-7f10 r-xp 00000000 fe:00 42     /usr/lib/a lib.so";
        assert_eq!(executable(line), Some(PathBuf::from("/usr/lib/a lib.so")));
        assert_eq!(executable("7f00-7f10 r--p 00000000 fe:00 42     /usr/lib/a.so"), None);
        assert_eq!(executable("7ffc-7ffd r-xp 00000000 00:00 0      [vdso]"), None);
    }

    #[test]
    fn a_program_takes_its_libraries_along_by_all_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = fs::canonicalize(folder.path()).expect("a path");
        for name in ["tool", "libc-2.31.so", "ld-2.31.so"] {
            fs::write(real.join(name), name).expect("a file");
        }
        std::os::unix::fs::symlink("libc-2.31.so", real.join("libc.so.6")).expect("a link");
        let map = |name: &str| format!("1-2 r-xp 0 0:0 1 {}\n", real.join(name).display());
        let maps = map("tool") + &map("libc-2.31.so") + &map("ld-2.31.so");
        let program = Program::of(&real.join("tool"), &maps).expect("a program");
        let names: Vec<&str> = program.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["ld-2.31.so", "libc-2.31.so", "libc.so.6", "redos"]);
        assert_eq!(program.files["libc.so.6"], real.join("libc-2.31.so"));
        let command = ["/redos-agent/ld-2.31.so", "--library-path", "/redos-agent", "/redos-agent/redos"];
        assert_eq!(program.command, command);

        let alone = Program::of(&real.join("tool"), &map("tool")).expect("a program");
        assert_eq!(alone.command, ["/redos-agent/redos"]);
    }

    #[test]
    fn this_very_program_has_a_way_to_run_elsewhere() {
        let program = Program::running().expect("a program");
        assert!(program.files.contains_key(NAME));
        for name in program.command.iter().filter_map(|word| word.strip_prefix(FOLDER)?.strip_prefix('/')) {
            assert!(program.files.contains_key(name), "{name} in {:?}", program.files);
        }
    }
}
