//! The root of an image, made from package files without unpacking them to disk.
//!
//! It has the programs of the wanted packages, and the shared libraries of all packages. What maintainer scripts need
//! (dpkg, Perl, …) is only there because an empty package status makes everything a dependency. It is left out, and so
//! are documents. `/bin`, `/lib` and the like are links into `/usr`, wherever a package has its files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tar::{Archive, Builder, EntryType, Header};

use super::Package;
use crate::spec::{NODE_DIR, NODE_UID};

/// Folders of the root that are links into `/usr`. The path of the dynamic loader begins with `/lib64`.
const MERGED: [&str; 4] = ["bin", "sbin", "lib", "lib64"];
/// Programs of busybox with a name of their own: a shell and `nc` for relays, the others to look around.
const APPLETS: [&str; 32] = [
    "sh", "nc", "cat", "ls", "ps", "top", "id", "env", "echo", "grep", "sed", "awk", "head", "tail", "wc", "sort",
    "cut", "tr", "xargs", "find", "stat", "du", "df", "hostname", "ip", "ping", "netstat", "wget", "sleep", "timeout",
    "kill", "date",
];
/// The interpreter's library is large, and nothing that stays uses it.
const UNUSED_LIBRARIES: &str = "libperl.";

/// Writes the root of an image as a tar file.
///
/// # Errors
/// A package cannot be read, or the file cannot be written.
pub(super) fn write(packages: &[Package], wanted: &[&str], to: &Path) -> anyhow::Result<()> {
    let file = File::create(to).with_context(|| format!("cannot create {}", to.display()))?;
    let mut root = Root { tar: Builder::new(BufWriter::new(file)), folders: BTreeSet::new() };
    for name in MERGED {
        root.folder(&Path::new("usr").join(name), 0o755, 0)?;
        root.link(Path::new(name), Path::new(&format!("usr/{name}")))?;
    }
    root.folder(Path::new("tmp"), 0o1777, 0)?;
    root.folder(Path::new(NODE_DIR.trim_start_matches('/')), 0o700, NODE_UID)?;
    let users = format!("root:x:0:0:root:/:/bin/sh\nredos:x:{NODE_UID}:{NODE_UID}:redos:{NODE_DIR}:/bin/sh\n");
    root.file(Path::new("etc/passwd"), users.as_bytes())?;
    root.file(Path::new("etc/group"), format!("root:x:0:\nredos:x:{NODE_UID}:\n").as_bytes())?;
    for package in packages {
        let programs = wanted.contains(&package.name.as_str());
        root.add(package, programs).with_context(|| format!("cannot unpack {}", package.file.display()))?;
    }
    for applet in APPLETS {
        root.link(&Path::new("usr/bin").join(applet), Path::new("busybox"))?;
    }
    root.tar.into_inner()?.flush()?;
    Ok(())
}

/// The place of a package's file in the image; `None` when it is left out.
fn place(path: &Path, programs: bool) -> Option<PathBuf> {
    let parts: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let parts = if parts.first() == Some(&"usr") { &parts[1..] } else { &parts[..] };
    let keep = match parts {
        ["bin" | "sbin", _] => programs,
        ["lib" | "lib64", name] | ["lib", _, name] => name.contains(".so") && !name.starts_with(UNUSED_LIBRARIES),
        _ => false,
    };
    keep.then(|| Path::new("usr").join(parts.iter().collect::<PathBuf>()))
}

struct Root<W: Write> {
    tar: Builder<W>,
    folders: BTreeSet<PathBuf>,
}

impl<W: Write> Root<W> {
    /// Adds the used files of a package.
    fn add(&mut self, package: &Package, programs: bool) -> anyhow::Result<()> {
        let mut unpack =
            Command::new("dpkg-deb").arg("--fsys-tarfile").arg(&package.file).stdout(Stdio::piped()).spawn()?;
        let Some(mut output) = unpack.stdout.take() else { bail!("dpkg-deb has no output") };
        let mut files = Archive::new(&mut output);
        for file in files.entries()? {
            let mut file = file?;
            let Some(path) = place(&file.path()?, programs) else { continue };
            let mut header = file.header().clone();
            header.set_uid(0);
            header.set_gid(0);
            match header.entry_type() {
                EntryType::Regular | EntryType::Continuous => {
                    self.parents(&path)?;
                    self.tar.append_data(&mut header, &path, &mut file)?;
                }
                EntryType::Symlink => {
                    let Some(target) = file.link_name()? else { continue };
                    self.link(&path, &target)?;
                }
                EntryType::Link => {
                    let Some(target) = file.link_name()?.and_then(|target| place(&target, programs)) else { continue };
                    self.parents(&path)?;
                    self.tar.append_link(&mut header, &path, &target)?;
                }
                _ => {}
            }
        }
        std::io::copy(&mut output, &mut std::io::sink())?;
        let ended = unpack.wait()?;
        if !ended.success() {
            bail!("dpkg-deb ended with {ended}");
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, content: &[u8]) -> anyhow::Result<()> {
        self.parents(path)?;
        let mut header = header(EntryType::Regular, 0o644, 0);
        header.set_size(content.len() as u64);
        self.tar.append_data(&mut header, path, content)?;
        Ok(())
    }

    fn link(&mut self, path: &Path, target: &Path) -> anyhow::Result<()> {
        self.parents(path)?;
        self.tar.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target)?;
        Ok(())
    }

    fn folder(&mut self, path: &Path, mode: u32, owner: u32) -> anyhow::Result<()> {
        self.parents(path)?;
        if self.folders.insert(path.to_owned()) {
            self.tar.append_data(&mut header(EntryType::Directory, mode, owner), path, std::io::empty())?;
        }
        Ok(())
    }

    fn parents(&mut self, path: &Path) -> anyhow::Result<()> {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => self.folder(parent, 0o755, 0),
            _ => Ok(()),
        }
    }
}

/// A header with every field set, so that the same packages make the same tree.
fn header(kind: EntryType, mode: u32, owner: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    header.set_mtime(0);
    header.set_size(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_wanted_packages_and_libraries_of_all_are_kept_below_usr() {
        let kept = |path: &str, programs| place(Path::new(path), programs).map(|p| p.display().to_string());
        assert_eq!(kept("./usr/bin/redis-server", true).as_deref(), Some("usr/bin/redis-server"));
        assert_eq!(kept("./bin/busybox", true).as_deref(), Some("usr/bin/busybox"));
        assert_eq!(kept("./usr/bin/perl", false), None);
        let libc = "./lib/x86_64-linux-gnu/libc.so.6";
        assert_eq!(kept(libc, false).as_deref(), Some("usr/lib/x86_64-linux-gnu/libc.so.6"));
        let loader = "./lib64/ld-linux-x86-64.so.2";
        assert_eq!(kept(loader, false).as_deref(), Some("usr/lib64/ld-linux-x86-64.so.2"));
        for left in [
            "./usr/lib/x86_64-linux-gnu/libperl.so.5.36",
            "./usr/lib/x86_64-linux-gnu/gconv/UTF-7.so",
            "./usr/lib/x86_64-linux-gnu/security/pam_unix.so",
            "./usr/share/doc/redis/README.md",
            "./etc/redis/redis.conf",
            "./usr/bin",
        ] {
            assert_eq!(kept(left, true), None, "{left}");
        }
    }
}
