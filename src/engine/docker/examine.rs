//! What an image holds. The image is tried out, because a reference, a tag or a label may be wrong.

use futures_util::TryStreamExt;
use thiserror::Error;

use super::oneoff::{self, Location, OneOff};
use super::{DockerEngine, calls};
use crate::engine::image::{ImageKind, LABEL, LocalImage};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, Result};
use crate::spec::{Release, UsedImage};

/// Lists servers and modules of an image.
///
/// For each server `$1`… that the image has it prints the name, the place, the version line, and for a Redis server
/// whether its client is beside it. The second place is that of redis-stack, the third that of redis_exporter. Then it prints the place of each module
/// that the entry point of an official image of Redis or of redis-stack loads, in the order of loading.
const SCRIPT: &str = r#"for server; do
    for place in "$server" "/opt/redis-stack/bin/$server" "/$server"; do
        command -v "$place" >/dev/null 2>&1 || continue
        case $server in
        *-server) if command -v "${place%-server}-cli" >/dev/null 2>&1; then client=yes; else client=no; fi ;;
        *) client=yes ;;
        esac
        case $server in
        *exporter) version=$("$place" -version 2>&1 | head -n 1) ;;
        *) version=$("$place" -v 2>/dev/null | head -n 1) ;;
        esac
        echo "server $place $client $version"
        break
    done
done
for module in /usr/local/lib/redis/modules/*.so $(
    for name in rediscompat redisearch redistimeseries rejson redisbloom; do echo "/opt/redis-stack/lib/$name.so"; done
); do
    if [ -f "$module" ] && [ -s "$module" ] && [ -r "$module" ] && [ -x "$module" ]; then echo "module $module"; fi
done"#;
/// The end of the names of programs that export metrics.
const EXPORTER: &str = "exporter";
/// The label with the server's version, on images that redos made.
const VERSION_LABEL: &str = "org.opencontainers.image.version";

/// A server program that an image has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Present {
    /// Its name, or its path.
    server: String,
    /// Whether its client is beside it.
    has_client: bool,
    release: Option<Release>,
}

impl DockerEngine {
    /// It is [`ImageStore::examine`](crate::engine::ImageStore::examine) of this Engine.
    pub(super) async fn look_into(&self, kind: ImageKind, image: LocalImage) -> Result<UsedImage> {
        let reference = &image.reference;
        let unfit = |flaw: ImageFlaw| {
            EngineError::new(
                EngineErrorKind::UnfitImage(kind),
                format!("use the image {reference}"),
                anyhow::Error::new(flaw),
            )
        };
        let is_for_this_machine = image.architecture.is_empty() || image.architecture == self.architecture();
        let mut modules = Vec::new();
        let present = match made_by_redos(kind, &image).filter(|_| is_for_this_machine) {
            Some(present) => vec![present],
            None => {
                let said = self.list_servers(kind, &image).await?.map_err(|failed| match failed {
                    CannotRun::OtherMachine => {
                        let (own, its) = (self.architecture().to_owned(), image.architecture.clone());
                        let pull = format!("docker pull --platform linux/{own} {reference}");
                        unfit(ImageFlaw::OtherMachine { its, own })
                            .hinted(format!("get the one for this machine: {pull}"))
                    }
                    CannotRun::NoShell(said) => unfit(ImageFlaw::NoShell(said)),
                })?;
                modules
                    .extend(said.lines().filter_map(|line| line.trim_end().strip_prefix("module ")).map(str::to_owned));
                present_in(&said)
            }
        };
        let present = chosen(kind, &image, present).map_err(unfit)?;
        let Some(release) = present.release else {
            return Err(unfit(ImageFlaw::NoVersion { server: present.server }));
        };
        if !present.has_client {
            let client = present.server.replace("-server", "-cli");
            return Err(unfit(ImageFlaw::NoClient { client }));
        }
        let digest = image.digests.into_iter().min();
        Ok(UsedImage { reference: image.reference, id: image.id, digest, server: present.server, release, modules })
    }

    /// The output of the script about the image's servers, or why the image cannot run it.
    async fn list_servers(
        &self,
        kind: ImageKind,
        image: &LocalImage,
    ) -> Result<std::result::Result<String, CannotRun>> {
        let operation = || format!("look into the image {}", image.reference);
        let named = named_server(kind, &image.command);
        let servers =
            named.into_iter().chain(ImageKind::ALL.into_iter().flat_map(|kind| kind.servers().iter().copied()));
        let command: Vec<&str> = ["sh", "-c", SCRIPT, "look"].into_iter().chain(servers).collect();
        let started = oneoff::start(self, &image.id, &command, Location::Nowhere, operation).await;
        let OneOff { id, streams } = match started {
            Ok(started) => started,
            Err(error) => {
                let said = error.source.as_ref().map(ToString::to_string).unwrap_or_default();
                return CannotRun::at_start(said).map_or(Err(error), |failed| Ok(Err(failed)));
            }
        };
        let said = streams.output.try_fold(String::new(), |said, piece| async move { Ok(said + &piece.to_string()) });
        let said = said.await;
        calls::remove(self, &id).await?;
        let said = said.map_err(|error| self.failed(operation(), error))?;
        Ok(if said.contains(OTHER_MACHINE) { Err(CannotRun::OtherMachine) } else { Ok(said) })
    }
}

/// Words of the kernel about a program for another type of machine.
const OTHER_MACHINE: &str = "exec format error";

/// Why a container of an image cannot run a script of the shell.
enum CannotRun {
    /// The image is for another type of machine.
    OtherMachine,
    /// It has no shell; with the words of the Engine.
    NoShell(String),
}

impl CannotRun {
    /// What the words of the Engine about a failed start mean. `None` if the image is not the reason.
    fn at_start(said: String) -> Option<Self> {
        if said.contains(OTHER_MACHINE) {
            return Some(Self::OtherMachine);
        }
        let is_missing =
            ["executable file not found", "no such file or directory"].iter().any(|words| said.contains(words));
        is_missing.then_some(Self::NoShell(said))
    }
}

/// Why nodes cannot run an image. `Display` is the end of a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum ImageFlaw {
    #[error("it is for another machine: {its}, and the Engine is {own}")]
    OtherMachine { its: String, own: String },
    #[error("it has no shell, which nodes need to start: {0}")]
    NoShell(String),
    #[error("its {server} does not say its version")]
    NoVersion { server: String },
    #[error("it has no {client}, with which a node asks the Sentinels who is master")]
    NoClient { client: String },
    #[error(
        "it has {} and not {}: it is one for {}, and not for {}",
        has.described(), wanted.described(), has.flag(), wanted.flag()
    )]
    OtherServer { has: ImageKind, wanted: ImageKind },
    #[error("it has none of {}; what it runs is '{runs}'", wanted.servers().join(" and "))]
    NoServer { wanted: ImageKind, runs: String },
}

/// The server of an image that redos made. Its packages are known.
fn made_by_redos(kind: ImageKind, image: &LocalImage) -> Option<Present> {
    let is_made = image.labels.get(LABEL).is_some_and(|made| made == kind.as_str());
    let server = named_server(kind, &image.command).filter(|_| is_made)?;
    let version = image.labels.get(VERSION_LABEL)?.clone();
    let release = Some(Release { name: release_name(server), version });
    Some(Present { server: server.to_owned(), has_client: true, release })
}

/// The server that an image's entry point or command names.
fn named_server(kind: ImageKind, command: &[String]) -> Option<&str> {
    command.iter().map(String::as_str).find(|word| kind.servers().contains(&program(word)))
}

/// The name of a server in a release, by its program.
fn release_name(server: &str) -> String {
    if server.ends_with(EXPORTER) { "redis_exporter".to_owned() } else { server.trim_end_matches("-server").to_owned() }
}

/// The name of a program at the end of its path.
fn program(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The server that nodes run: the one that the image names, else the first suitable one.
fn chosen(kind: ImageKind, image: &LocalImage, present: Vec<Present>) -> std::result::Result<Present, ImageFlaw> {
    let is_of = |kind: ImageKind, present: &Present| kind.servers().contains(&program(&present.server));
    if let Some(chosen) = present.iter().find(|present| is_of(kind, present)) {
        return Ok(chosen.clone());
    }
    let other = ImageKind::ALL.into_iter().find(|other| present.iter().any(|present| is_of(*other, present)));
    Err(match other {
        Some(has) => ImageFlaw::OtherServer { has, wanted: kind },
        None => {
            let runs = if image.command.is_empty() { "nothing".to_owned() } else { image.command.join(" ") };
            ImageFlaw::NoServer { wanted: kind, runs }
        }
    })
}

/// Parses the servers in the output of the script.
fn present_in(said: &str) -> Vec<Present> {
    let of_line = |line: &str| {
        let (server, rest) = line.strip_prefix("server ")?.split_once(' ')?;
        let (has_client, version) = rest.split_once(' ').unwrap_or((rest, ""));
        let release = version_in(program(server), version);
        Some(Present { server: server.to_owned(), has_client: has_client == "yes", release })
    };
    said.lines().filter_map(|line| of_line(line.trim_end())).collect()
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…`, `HAProxy version 2.6.12-1+deb12u4 2026/01/01`,
/// `time="…" level=info msg="Redis Metrics Exporter 1.45.0-2+b4    build date: …"`
fn version_in(program: &str, said: &str) -> Option<Release> {
    let mut words = said.split_whitespace();
    if program.ends_with(EXPORTER) {
        let version = words.skip_while(|word| *word != "Exporter").nth(1)?.trim_start_matches('v');
        return Some(Release { name: release_name(program), version: version.to_owned() });
    }
    // A program that is named as Redis's may be Valkey's.
    let name = words.next()?.to_ascii_lowercase();
    let version = match program {
        "haproxy" => words.skip_while(|word| *word != "version").nth(1),
        _ => words.find_map(|word| word.strip_prefix("v=")),
    };
    Some(Release { name, version: version?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(command: &[&str]) -> LocalImage {
        LocalImage {
            reference: "r".to_owned(),
            id: "sha256:1".to_owned(),
            digests: Vec::new(),
            architecture: "amd64".to_owned(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            labels: [].into(),
            created_at: None,
            bytes: 0,
        }
    }

    #[test]
    fn a_server_says_who_it_is_and_of_which_version() {
        let of = |program: &str, said: &str| version_in(program, said).map(|release| release.to_string());
        let redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n";
        assert_eq!(of("redis-server", redis).as_deref(), Some("redis 7.0.15"));
        assert_eq!(of("valkey-server", "Valkey server v=8.1.1 sha=0:0 bits=64").as_deref(), Some("valkey 8.1.1"));
        let haproxy = "HAProxy version 3.0.8-1 2026/01/01 - https://haproxy.org/";
        assert_eq!(of("haproxy", haproxy).as_deref(), Some("haproxy 3.0.8-1"));
        assert_eq!(of("redis-server", "exec: not found"), None);
        let exporter =
            "time=\"2026-01-01T00:00:00Z\" level=info msg=\"Redis Metrics Exporter v1.67.0    build date: x\"";
        assert_eq!(of("redis_exporter", exporter).as_deref(), Some("redis_exporter 1.67.0"));
    }

    #[test]
    fn the_server_is_what_the_image_names_or_else_what_it_has() {
        let server = |kind, command: &[&str], said: &str| {
            chosen(kind, &image(command), present_in(said)).map(|present| present.server)
        };
        let both = "server redis-server yes Redis server v=7.2.4\nserver valkey-server yes Valkey server v=8.1.1\n";
        assert_eq!(
            server(ImageKind::Redis, &["docker-entrypoint.sh", "redis-server"], both).as_deref(),
            Ok("redis-server")
        );
        assert_eq!(
            named_server(ImageKind::Redis, &image(&["/opt/bin/valkey-server", "x.conf"]).command),
            Some("/opt/bin/valkey-server")
        );
        let valkey = "server valkey-server yes Valkey server v=8.1.1";
        assert_eq!(
            server(ImageKind::Redis, &["run.sh"], valkey).as_deref(),
            Ok("valkey-server"),
            "the only one that it has"
        );
        let haproxy = "server haproxy yes HAProxy version 3.0.8 2026/01/01";
        let flaw = |found: std::result::Result<String, ImageFlaw>| found.expect_err("it is unfit").to_string();
        let swapped = flaw(server(ImageKind::Redis, &["haproxy"], haproxy));
        assert!(swapped.contains("it has HAProxy") && swapped.contains("one for --proxy-image"), "{swapped}");
        let nothing = flaw(server(ImageKind::Proxy, &["sleep", "1"], ""));
        assert!(nothing.contains("none of haproxy") && nothing.contains("'sleep 1'"), "{nothing}");
    }

    #[test]
    fn an_image_that_redos_made_need_not_be_tried() {
        let made = |label: &str| {
            let labels = [(LABEL, label), (VERSION_LABEL, "7.0.15")];
            let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
            made_by_redos(ImageKind::Redis, &LocalImage { labels, ..image(&["redis-server"]) })
        };
        let release = Release { name: "redis".to_owned(), version: "7.0.15".to_owned() };
        assert_eq!(made("redis").and_then(|present| present.release), Some(release));
        assert_eq!(made("haproxy"), None);
    }
}
