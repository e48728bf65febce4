//! The files of a redos that runs in any Linux container of the same machine type, whatever its image holds.
//!
//! On Linux these are the running program, the libraries that it has loaded, and their loader. Elsewhere, or for
//! another machine type, it is a Linux build of redos that [`VARIABLE`] names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The folder for the files in the container of an agent.
pub const AGENT_FOLDER: &str = "/redos-agent";
/// The environment variable that names a Linux build of redos for helpers.
pub const VARIABLE: &str = "REDOS_AGENT";
/// What to do where no program can be a helper.
pub const REMEDY: &str = "name a statically linked Linux build of redos for the Engine's machine: \
                          REDOS_AGENT=/path/to/redos";
/// The program's name in that folder.
const NAME: &str = "redos";
/// Bytes at the beginning of an ELF file, with its type and machine.
const ELF_HEAD: usize = 20;

/// A program that can run in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentProgram {
    /// The machine type, as in [`std::env::consts::ARCH`].
    pub machine: &'static str,
    /// Names in its folder, and the files of this machine that go there.
    pub files: BTreeMap<String, PathBuf>,
    /// The command line in the container, without arguments.
    pub command: Vec<String>,
}

impl AgentProgram {
    /// The program that [`VARIABLE`] names, else the running one, for a folder in the container.
    ///
    /// # Errors
    /// The named file is no Linux program; this is not Linux, and none is named; `/proc` does not say what runs.
    pub fn find(folder: &str) -> io::Result<Self> {
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::named(Path::new(&path), folder),
            None if cfg!(target_os = "linux") => Self::running(folder),
            None => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("this redos is built for {}, and containers run Linux", std::env::consts::OS),
            )),
        }
    }

    /// A file that is a statically linked Linux program, or whose libraries every image has.
    fn named(path: &Path, folder: &str) -> io::Result<Self> {
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let mut head = [0; ELF_HEAD];
        File::open(path).and_then(|mut file| file.read_exact(&mut head)).map_err(at)?;
        let machine = elf_machine(&head).ok_or_else(|| {
            at(io::Error::new(io::ErrorKind::InvalidData, "it is not a Linux program that redos knows"))
        })?;
        let files = BTreeMap::from([(NAME.to_owned(), path.to_owned())]);
        Ok(Self { machine, files, command: vec![format!("{folder}/{NAME}")] })
    }

    /// The files of this process.
    fn running(folder: &str) -> io::Result<Self> {
        let program = fs::read_link("/proc/self/exe")?;
        Self::of(&program, &fs::read_to_string("/proc/self/maps")?, folder)
    }

    /// The files of a process with these memory mappings.
    fn of(program: &Path, maps: &str, folder: &str) -> io::Result<Self> {
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
        let path = |name: &str| format!("{folder}/{name}");
        let command = match loader {
            Some(loader) => vec![path(&loader), "--library-path".to_owned(), folder.to_owned(), path(NAME)],
            // The program is linked statically.
            None => vec![path(NAME)],
        };
        Ok(Self { machine: std::env::consts::ARCH, files, command })
    }
}

/// The machine type of a Linux program, by the head of its file (`e_machine` of elf.h).
///
/// `None` for any other file.
fn elf_machine(head: &[u8; ELF_HEAD]) -> Option<&'static str> {
    let number = match head {
        // The byte behind the class is the byte order.
        [0x7f, b'E', b'L', b'F', _, 1, ..] => u16::from_le_bytes([head[18], head[19]]),
        [0x7f, b'E', b'L', b'F', _, 2, ..] => u16::from_be_bytes([head[18], head[19]]),
        _ => return None,
    };
    match number {
        21 => Some("powerpc64"),
        22 => Some("s390x"),
        40 => Some("arm"),
        62 => Some("x86_64"),
        183 => Some("aarch64"),
        243 => Some("riscv64"),
        _ => None,
    }
}

/// The file of a mapping that holds code.
fn executable(mapping: &str) -> Option<PathBuf> {
    let mut fields = mapping.split_ascii_whitespace();
    let rights = fields.nth(1)?;
    // The path begins at the sixth field; it may hold spaces.
    let path = &mapping[mapping.find('/')?..];
    rights.contains('x').then(|| PathBuf::from(path))
}

/// The names of a library: its own, and those of the links beside it (libc.so.6 to libc-2.31.so).
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
        let program = AgentProgram::of(&real.join("tool"), &maps, AGENT_FOLDER).expect("a program");
        let names: Vec<&str> = program.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["ld-2.31.so", "libc-2.31.so", "libc.so.6", "redos"]);
        assert_eq!(program.files["libc.so.6"], real.join("libc-2.31.so"));
        let command = ["/redos-agent/ld-2.31.so", "--library-path", "/redos-agent", "/redos-agent/redos"];
        assert_eq!(program.command, command);

        let alone = AgentProgram::of(&real.join("tool"), &map("tool"), AGENT_FOLDER).expect("a program");
        assert_eq!(alone.command, ["/redos-agent/redos"]);
    }

    #[test]
    fn a_named_program_says_which_machine_it_is_for() {
        let this = std::env::current_exe().expect("a path");
        let named = AgentProgram::named(&this, AGENT_FOLDER).expect("a Linux program");
        assert_eq!(
            (named.machine, named.command.as_slice()),
            (std::env::consts::ARCH, &["/redos-agent/redos".to_owned()][..])
        );

        let folder = tempfile::tempdir().expect("a folder");
        let file = |bytes: &[u8]| {
            let path = folder.path().join("redos");
            fs::write(&path, bytes).expect("a file");
            AgentProgram::named(&path, AGENT_FOLDER).map(|program| program.machine).map_err(|error| error.to_string())
        };
        let mut head = [0; ELF_HEAD];
        head[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        head[18] = 183;
        assert_eq!(file(&head), Ok("aarch64"));
        for wrong in [&b"#!/bin/sh\nexec redos\n"[..], b"\xcf\xfa\xed\xfe a program of macOS"] {
            let refused = file(wrong).expect_err("refused");
            assert!(refused.contains("redos: it is not a Linux program"), "{refused}");
        }
        assert!(
            AgentProgram::named(&folder.path().join("none"), AGENT_FOLDER)
                .expect_err("refused")
                .to_string()
                .contains("none")
        );
    }

    #[test]
    fn this_very_program_has_a_way_to_run_elsewhere() {
        let program = AgentProgram::running(AGENT_FOLDER).expect("a program");
        assert!(program.files.contains_key(NAME));
        for name in program.command.iter().filter_map(|word| word.strip_prefix(AGENT_FOLDER)?.strip_prefix('/')) {
            assert!(program.files.contains_key(name), "{name} in {:?}", program.files);
        }
    }
}
