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

/// Fetches a package and unpacks it beside the others, with lists and a cache of its own.
async fn fetch(package: &str, folder: &Path) -> Result<(), String> {
    let own = |name: &str| folder.join("apt").join(name);
    for name in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(own(name)).map_err(|error| format!("there is no room for it: {error}"))?;
    }
    let options = [("Dir::State", own("state")), ("Dir::Cache", own("cache"))];
    let options: Vec<String> = options.iter().map(|(key, path)| format!("-o{key}={}", path.display())).collect();
    // As root, apt would download as the user `_apt`, which may not write here.
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        // Without the last two, apt-get would report success although it fetched no list.
        let own = ["-qq", "-oAPT::Sandbox::User=root", "-oAcquire::Retries=5", "-oAPT::Update::Error-Mode=any"];
        command.current_dir(folder).args(&options).args(own).args(words);
        command
    };
    // An archive refuses many requests at once, and other scenarios fetch packages at the same time.
    let mut updated = run(apt(&["update"])).await;
    for _ in 0..UPDATES {
        if updated.is_ok() {
            break;
        }
        updated = run(apt(&["update"])).await;
    }
    updated?;
    run(apt(&["download", package])).await?;
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
