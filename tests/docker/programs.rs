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

/// Docker Compose, version 2, as its plugin.
///
/// Ubuntu and Debian 13 have it. Debian 12 has not, and that of Debian 13 runs there.
///
/// # Panics
/// It cannot be fetched; in one line.
pub async fn compose() -> PathBuf {
    let here = ["/usr/libexec", "/usr/lib", "/usr/local/lib", "/usr/local/libexec"];
    if let Some(file) = here.iter().find_map(|root| plugin(Path::new(root))) {
        return file;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join("compose");
    let _alone = FETCHING.lock().await;
    match fetch_compose(&folder).await {
        Ok(file) => file,
        Err(why) => panic!("this scenario needs Docker Compose 2, and {why}; install it as a plugin of Docker"),
    }
}

/// The plugin below one of the folders where Docker looks for plugins.
fn plugin(root: &Path) -> Option<PathBuf> {
    Some(root.join("docker/cli-plugins/docker-compose")).filter(|file| file.is_file())
}

async fn fetch_compose(folder: &Path) -> Result<PathBuf, String> {
    const SUITE: &str = "trixie";
    let packages = ["docker-compose-v2", "docker-compose"];
    let unpacked = |folder: &Path, package: &str| {
        let usr = folder.join(package).join("usr");
        plugin(&usr.join("libexec")).or_else(|| plugin(&usr.join("lib")))
    };
    let next = folder.join(SUITE);
    for folder in [folder, &next] {
        if let Some(file) = packages.iter().find_map(|package| unpacked(folder, package)) {
            return Ok(file);
        }
    }
    let own = Apt::with_lists(folder).await?;
    for package in packages {
        // What this release has not, the next one may have.
        if own.unpack(package).await.is_ok()
            && let Some(file) = unpacked(folder, package)
        {
            return Ok(file);
        }
    }
    let sources = own.sources_of("Debian", SUITE).await?;
    let newer = Apt::with_lists_of(&next, Some(&sources)).await?;
    newer.unpack("docker-compose").await?;
    unpacked(&next, "docker-compose").ok_or_else(|| "the package docker-compose has no plugin".to_owned())
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
        Self::with_lists_of(folder, None).await
    }

    /// Fetches the lists of these sources, or of this host's own.
    async fn with_lists_of(folder: &'a Path, sources: Option<&str>) -> Result<Self, String> {
        let own = |name: &str| folder.join("apt").join(name);
        for name in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(own(name)).map_err(|error| format!("there is no room for it: {error}"))?;
        }
        let options = [("Dir::State", own("state")), ("Dir::Cache", own("cache"))];
        let mut options: Vec<String> =
            options.iter().map(|(key, path)| format!("-o{key}={}", path.display())).collect();
        if let Some(sources) = sources {
            let list = own("sources.list");
            fs::write(&list, sources).map_err(|error| format!("there is no room for it: {error}"))?;
            options.push(format!("-oDir::Etc::sourcelist={}", list.display()));
            options.push("-oDir::Etc::sourceparts=-".to_owned());
        }
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

    /// A line of a `sources.list` for another release of a distribution, at the same place as this host's own.
    async fn sources_of(&self, distribution: &str, suite: &str) -> Result<String, String> {
        let format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
        let mut command = self.command(&["indextargets", "--format", format, "Identifier: Packages"]);
        let listed = command.output().await.map_err(|error| format!("this host has no apt-get: {error}"))?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let own = listed.lines().find_map(|line| match line.split('|').collect::<Vec<_>>()[..] {
            [origin, label, uri] if origin == distribution && label == distribution => Some(uri),
            _ => None,
        });
        let uri = own.ok_or_else(|| format!("this host has no archive of {distribution}"))?;
        // The next release is signed with the keys of the last one as well.
        let keys = format!("/usr/share/keyrings/{}-archive-keyring.gpg", distribution.to_lowercase());
        Ok(format!("deb [signed-by={keys}] {uri} {suite} main\n"))
    }

    /// Fetches a package and unpacks it beside the others.
    async fn unpack(&self, package: &str) -> Result<(), String> {
        run(self.command(&["download", package])).await?;
        let entries = fs::read_dir(self.folder).map_err(|error| error.to_string())?;
        let archive = entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(&format!("{package}_")) && name.ends_with(".deb")
        });
        let archive = archive.ok_or_else(|| format!("apt-get has downloaded no {package}"))?;
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("-x").arg(&archive).arg(self.folder.join(package));
        run(unpack).await
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
    Apt::with_lists(folder).await?.unpack(package).await
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
