//! Programs that scenarios start beside the Engine, such as a registry. One that this host has not is fetched from Debian's
//! archive, without root, and kept below `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::sync::Mutex;

/// One scenario fetches at a time; the others find what it has fetched.
static FETCHING: Mutex<()> = Mutex::const_new(());

/// How often the lists are asked for again when the archive does not give them.
const UPDATES: usize = 4;

/// The file of a program that needs nothing of its package but itself and the C library.
///
/// # Panics
/// This host has it not, and it cannot be fetched; in one line, with what to install.
pub async fn program(name: &str, package: &str) -> PathBuf {
    if let Some(here) = on_path(name) {
        return here;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let _alone = FETCHING.lock().await;
    let file = folder.join(package).join("usr/bin").join(name);
    if !file.is_file()
        && let Err(why) = fetch(package, &folder).await
    {
        panic!("this scenario needs {name}, and {why}; install it: apt-get install {package}");
    }
    assert!(file.is_file(), "the package {package} has no {name}");
    file
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A folder with these packages and all that they depend on, as on a host of its own, to be the files of a container.
///
/// # Panics
/// They cannot be fetched; in one line.
pub async fn file_system(name: &str, packages: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(name);
    let root = folder.join("root");
    let _alone = FETCHING.lock().await;
    if !root.is_dir()
        && let Err(why) = fetch_all(packages, &folder, &root).await
    {
        panic!("this scenario needs {}, and {why}", packages.join(" and "));
    }
    root
}

/// Fetches packages with all that they depend on, and unpacks them into `root`.
async fn fetch_all(packages: &[&str], folder: &Path, root: &Path) -> Result<(), String> {
    let apt = Apt::with_lists(folder).await?;
    // A host without any package: so all are fetched.
    let words = ["-oDir::State::status=/dev/null", "--yes", "--download-only", "--no-install-recommends", "install"];
    run(apt.command(&[&words[..], packages].concat())).await?;
    // Unpacked beside it first, so that `root` is whole when it is there.
    let unpacked = folder.join("unpacked");
    let no_room = |error: std::io::Error| format!("there is no room for it: {error}");
    for name in ["bin", "sbin", "lib", "lib64"] {
        fs::create_dir_all(unpacked.join("usr").join(name)).map_err(no_room)?;
        std::os::unix::fs::symlink(format!("usr/{name}"), unpacked.join(name)).map_err(no_room)?;
    }
    for entry in fs::read_dir(folder.join("apt/cache/archives")).map_err(no_room)?.filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|ending| ending == "deb") {
            let mut unpack = Command::new("sh");
            // `dpkg-deb -x` alone would replace the links by folders.
            unpack.arg("-c").arg("dpkg-deb --fsys-tarfile \"$0\" | tar -x --keep-directory-symlink -C \"$1\"");
            unpack.arg(entry.path()).arg(&unpacked);
            run(unpack).await?;
        }
    }
    fs::rename(&unpacked, root).map_err(no_room)
}

/// `apt-get` with lists and a cache of its own.
struct Apt<'a> {
    folder: &'a Path,
    options: Vec<String>,
}

impl<'a> Apt<'a> {
    /// Fetches the lists into this folder.
    async fn with_lists(folder: &'a Path) -> Result<Self, String> {
        let own = |name: &str| folder.join("apt").join(name);
        for name in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(own(name)).map_err(|error| format!("there is no room for it: {error}"))?;
        }
        let options = [("Dir::State", own("state")), ("Dir::Cache", own("cache"))];
        let options = options.iter().map(|(key, path)| format!("-o{key}={}", path.display())).collect();
        let apt = Self { folder, options };
        // An archive refuses many requests at once, and other scenarios fetch packages at the same time.
        let mut updated = run(apt.command(&["update"])).await;
        for _ in 0..UPDATES {
            if updated.is_ok() {
                break;
            }
            updated = run(apt.command(&["update"])).await;
        }
        updated.map(|()| apt)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        // As root, apt would download as the user `_apt`, which may not write here. Without the last two, apt-get would
        // report success although it fetched no list.
        let own = ["-qq", "-oAPT::Sandbox::User=root", "-oAcquire::Retries=5", "-oAPT::Update::Error-Mode=any"];
        command.current_dir(self.folder).args(&self.options).args(own).args(words);
        command
    }
}

/// Fetches a package and unpacks it beside the others.
async fn fetch(package: &str, folder: &Path) -> Result<(), String> {
    let apt = Apt::with_lists(folder).await?;
    run(apt.command(&["download", package])).await?;
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let archive = entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(&format!("{package}_")) && name.ends_with(".deb")
    });
    let archive = archive.ok_or_else(|| format!("apt-get has downloaded no {package}"))?;
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("-x").arg(&archive).arg(folder.join(package));
    run(unpack).await
}

/// Runs a command; the last line of its complaint is the error.
async fn run(mut command: Command) -> Result<(), String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.output().await.map_err(|error| format!("this host has no {name}: {error}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{name} cannot fetch it: {}", complaint.lines().last().unwrap_or("it does not say why"))),
    }
}

#[tokio::test]
async fn a_program_that_this_host_has_not_is_fetched_and_one_that_does_not_exist_is_told_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    fetch("docker-registry", folder.path()).await.expect("Debian's archive has it");
    assert!(folder.path().join("docker-registry/usr/bin/docker-registry").is_file());
    let why = fetch("no-such-package", folder.path()).await.expect_err("there is none");
    assert!(why.starts_with("apt-get cannot fetch it: E: ") && !why.contains('\n'), "{why}");
}
