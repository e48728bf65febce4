//! Images from a Debian or Ubuntu package archive: no registry, no base image, no root.
//!
//! `apt-get`, with its own state, its own cache and an empty package status, fetches the wanted packages with all that
//! they depend on and checks their signatures. From the wanted packages the programs go into the image, from the others
//! only shared libraries ([`tree`]). The Engine imports the tree.

mod package_sources;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::process::Command;

use super::{ImageKind, LABEL, LocalImage, Report};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::update::Update;

use package_sources::PackageSource;

/// Time limit of one run of `apt-get`. It fetches 25 MB at most.
const APT_LIMIT: Duration = Duration::from_secs(600);
/// Lines of `apt-get`'s errors in a message.
const COMPLAINT_LINES: usize = 5;
/// The program search path in the image.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// The server of the Redis image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerPackage {
    /// Redis, which every release has.
    #[default]
    Redis,
    /// Valkey; in Debian since 13.
    Valkey,
}

/// What to make, and from which release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// The images to make.
    pub kinds: BTreeSet<ImageKind>,
    /// The release of the packages, by code name: `trixie`. `None` for this host's own.
    pub suite: Option<String>,
    /// Which server the Redis image holds.
    pub server: ServerPackage,
}

impl Default for BuildOptions {
    /// The images of a cluster without an exporter, of this host's own release, with Redis.
    fn default() -> Self {
        Self { kinds: ImageKind::needed(false).collect(), suite: None, server: ServerPackage::default() }
    }
}

impl BuildOptions {
    /// The repository of each image to make, and the packages that it is made of.
    pub fn recipes(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.kinds.iter().map(|kind| {
            let recipe = Recipe::of(*kind, self.server);
            (recipe.repository, recipe.packages)
        })
    }
}

/// The contents of one image.
struct Recipe {
    repository: &'static str,
    /// The package whose version is the image's.
    main: &'static str,
    packages: &'static [&'static str],
    command: &'static str,
}

impl Recipe {
    fn of(kind: ImageKind, server: ServerPackage) -> Self {
        match (kind, server) {
            (ImageKind::Redis, ServerPackage::Redis) => Self {
                repository: "redos/redis",
                main: "redis-server",
                packages: &["redis-server", "redis-tools", "busybox-static"],
                command: "redis-server",
            },
            (ImageKind::Redis, ServerPackage::Valkey) => Self {
                repository: "redos/valkey",
                main: "valkey-server",
                packages: &["valkey-server", "valkey-tools", "busybox-static"],
                command: "valkey-server",
            },
            (ImageKind::Proxy, _) => Self {
                repository: "redos/haproxy",
                main: "haproxy",
                packages: &["haproxy", "busybox-static"],
                command: "haproxy",
            },
            (ImageKind::Exporter, _) => Self {
                repository: "redos/exporter",
                main: "prometheus-redis-exporter",
                packages: &["prometheus-redis-exporter", "busybox-static"],
                command: "prometheus-redis-exporter",
            },
        }
    }
}

/// Whether this host has the tools.
pub fn possible() -> bool {
    missing_tool().is_none()
}

fn missing_tool() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |tool: &&str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    ["apt-get", "apt-config", "dpkg-deb"].into_iter().find(|tool| !found(tool))
}

/// Makes images from a package archive and gives each the reference `redos/NAME:VERSION-RELEASE`.
///
/// `auto` also finds those of this host's own release with Redis ([`ImageKind::ours`]).
///
/// # Errors
/// [`EngineErrorKind::Image`], with the last message of the package tool.
pub async fn build(
    engine: &impl ImageStore,
    options: &BuildOptions,
    report: Report<'_>,
) -> Result<BTreeMap<ImageKind, LocalImage>> {
    let failed = |source: anyhow::Error| {
        EngineError::new(EngineErrorKind::Image, "make images from the package archive", source)
    };
    if let Some(tool) = missing_tool() {
        return Err(failed(anyhow!("this host has no {tool}"))
            .hinted("run it on a Debian or Ubuntu host, or get images from a registry: redos images pull"));
    }
    let progress = |subject: &str, text: &str| {
        report(Update::Progress { subject: subject.to_owned(), text: text.to_owned(), bytes: None });
    };
    let archive = Archive::open(options.suite.as_deref(), engine.architecture()).await.map_err(failed)?;
    progress("package archive", "fetching the lists");
    let release = archive.update().await.map_err(failed)?;
    let mut made = BTreeMap::new();
    for kind in &options.kinds {
        let recipe = Recipe::of(*kind, options.server);
        progress(recipe.repository, "fetching packages");
        let packages = archive.fetch(recipe.packages).await.map_err(failed)?;
        let version = packages
            .iter()
            .find(|package| package.name == recipe.main)
            .map(|package| upstream_version(&package.version))
            .ok_or_else(|| failed(anyhow!("{} is not among the packages", recipe.main)))?;
        let reference = format!("{}:{version}-{release}", recipe.repository);
        progress(&reference, "unpacking");
        let tar = archive.folder.path().join(format!("{}.tar", kind.as_str()));
        let wanted = recipe.packages;
        let written = tar.clone();
        tokio::task::spawn_blocking(move || tree::write(&packages, wanted, &written))
            .await
            .map_err(|error| failed(error.into()))?
            .map_err(failed)?;
        progress(&reference, "importing");
        let changes = [
            format!("ENV PATH={PATH}"),
            format!("CMD [\"{}\"]", recipe.command),
            format!("LABEL {LABEL}={}", kind.as_str()),
            format!("LABEL org.opencontainers.image.version={version}"),
        ];
        let image = engine.import_image(&tar, &reference, &changes).await?;
        if options.suite.is_none() && options.server == ServerPackage::Redis {
            engine.tag_image(&reference, kind.ours()).await?;
        }
        made.insert(*kind, image);
    }
    Ok(made)
}

/// A package file.
struct Package {
    name: String,
    /// Debian's version: `5:7.0.15-1~deb12u7`.
    version: String,
    file: PathBuf,
}

impl Package {
    /// Parses a file name of `apt-get`: `redis-server_5%3a7.0.15-1~deb12u7_amd64.deb`.
    fn at(file: PathBuf) -> Option<Self> {
        let mut parts = file.file_name()?.to_str()?.strip_suffix(".deb")?.split('_');
        let (name, version) = (parts.next()?.to_owned(), parts.next()?.replace("%3a", ":"));
        Some(Self { name, version, file })
    }
}

/// The upstream part of a Debian version, as an image's tag: `7.0.15` of `5:7.0.15-1~deb12u7`.
fn upstream_version(version: &str) -> String {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    version.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect()
}

/// A package archive in private folders, which are removed with it.
struct Archive {
    folder: tempfile::TempDir,
    config: PathBuf,
}

impl Archive {
    /// Sets up the private folders with the host's mirrors, for `suite` or its own release.
    async fn open(suite: Option<&str>, architecture: &str) -> anyhow::Result<Self> {
        let sources = package_sources::of_host(suite)?;
        let folder = tempfile::Builder::new().prefix("redos-images-").tempdir().context("no temporary folder")?;
        let root = folder.path();
        for sub in ["lists/partial", "cache", "etc/parts", "etc/sources", "etc/preferences"] {
            std::fs::create_dir_all(root.join(sub))?;
        }
        std::fs::write(root.join("status"), "")?;
        std::fs::write(root.join("sources.list"), sources.iter().map(PackageSource::line).collect::<String>())?;
        // The host's own configuration stays out of it, but for the way to the network and to an archive that stands still.
        let mut network = String::new();
        for branch in ["Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::Check-Valid-Until"] {
            let dump = Command::new("apt-config").args(["dump", branch]).stdin(Stdio::null()).output().await?;
            network.push_str(&String::from_utf8_lossy(&dump.stdout));
        }
        let config = root.join("apt.conf");
        std::fs::write(&config, apt_conf(root, architecture, &network))?;
        Ok(Self { folder, config })
    }

    /// Fetches the package lists. Returns the name of the release: `debian12`, `ubuntu24.04`.
    async fn update(&self) -> anyhow::Result<String> {
        // Without this option an archive that cannot be reached is a warning, and the lack shows only later.
        self.apt(&["update", "-o", "APT::Update::Error-Mode=any"]).await?;
        let releases = std::fs::read_dir(self.folder.path().join("lists"))?.filter_map(|entry| {
            let path = entry.ok()?.path();
            path.to_str()?.ends_with("Release").then(|| std::fs::read_to_string(&path).ok()).flatten()
        });
        releases
            .filter_map(|text| release_name(&text))
            .min_by_key(String::len)
            .ok_or_else(|| anyhow!("the archive has no release file"))
    }

    /// Fetches packages and all that they depend on.
    async fn fetch(&self, packages: &[&str]) -> anyhow::Result<Vec<Package>> {
        let cache = self.folder.path().join("cache").join(packages.join("+"));
        std::fs::create_dir_all(cache.join("partial"))?;
        let option = format!("Dir::Cache::archives={}", cache.display());
        let arguments = ["install", "--yes", "--download-only", "--no-install-recommends", "-o", &option];
        self.apt(&[&arguments[..], packages].concat()).await?;
        let files = std::fs::read_dir(&cache)?;
        Ok(files.filter_map(|entry| Package::at(entry.ok()?.path())).collect())
    }

    async fn apt(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new("apt-get");
        command.arg("--quiet").args(arguments).env("APT_CONFIG", &self.config).env("LC_ALL", "C");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = tokio::time::timeout(APT_LIMIT, command.output())
            .await
            .map_err(|_| anyhow!("apt-get {} took longer than {} s", arguments[0], APT_LIMIT.as_secs()))?
            .context("apt-get does not start")?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(COMPLAINT_LINES)..].join("; ");
        bail!("apt-get {}: {last}", arguments[0]);
    }
}

/// The whole of apt's configuration, so that nothing of the host's installation is read or written.
fn apt_conf(root: &Path, architecture: &str, network: &str) -> String {
    let root = root.display();
    let architecture = debian_architecture(architecture);
    format!(
        r#"Dir::State "{root}";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::main "{root}/etc/none";
Dir::Etc::parts "{root}/etc/parts";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "{root}/etc/sources";
Dir::Etc::preferences "{root}/etc/none";
Dir::Etc::preferencesparts "{root}/etc/preferences";
Debug::NoLocking "true";
APT::Sandbox::User "";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
Acquire::Languages "none";
{network}"#
    )
}

/// Debian's name for a Docker machine type.
fn debian_architecture(docker: &str) -> &str {
    match docker {
        "386" => "i386",
        "arm" => "armhf",
        "ppc64le" => "ppc64el",
        same => same,
    }
}

/// `debian12` or `ubuntu24.04`, from a release file's text; the code name if it has no number (Debian sid).
fn release_name(text: &str) -> Option<String> {
    let field = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|value| value.trim().to_owned())
    };
    let origin = field("Origin")?.to_lowercase();
    let version = field("Version").or_else(|| field("Codename"))?;
    // Debian's point releases change nothing that matters here.
    let version = if origin == "debian" { version.split('.').next()?.to_owned() } else { version };
    Some(format!("{origin}{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_releases_make_tags() {
        assert_eq!(upstream_version("5:7.0.15-1~deb12u7"), "7.0.15");
        assert_eq!(upstream_version("2.6.12-1+deb12u3"), "2.6.12");
        assert_eq!(upstream_version("8.1.1+dfsg1-3+deb13u2"), "8.1.1");
        let debian = "-----BEGIN PGP SIGNED MESSAGE-----\n\nOrigin: Debian\nSuite: oldstable\nVersion: 12.13\n";
        assert_eq!(release_name(debian).as_deref(), Some("debian12"));
        assert_eq!(release_name("Origin: Ubuntu\nVersion: 24.04\n").as_deref(), Some("ubuntu24.04"));
        assert_eq!(release_name("Origin: Debian\nCodename: sid\n").as_deref(), Some("debiansid"));
        assert_eq!(release_name("Suite: x\n"), None);
    }

    #[test]
    fn package_files_say_what_they_are() {
        let package = Package::at("/c/redis-server_5%3a7.0.15-1~deb12u7_amd64.deb".into()).expect("a package");
        assert_eq!((package.name.as_str(), package.version.as_str()), ("redis-server", "5:7.0.15-1~deb12u7"));
        assert!(Package::at("/c/partial".into()).is_none());
    }
}
