//! Which Engine to use, and the first call to it.
//!
//! The client library knows neither Docker's contexts nor their order, so that is here: `--host`, `DOCKER_HOST`,
//! `DOCKER_CONTEXT`, the current context of `~/.docker/config.json`, the default socket. It is the order of Docker's
//! own CLI.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use bollard::{API_DEFAULT_VERSION, Docker};
use serde::Deserialize;

use super::about::{About, ApiVersion};
use super::endpoint::{Endpoint, Transport};
use super::ssh::{Forward, LOGIN_LIMIT};
use super::transport::{self, EngineWay};
use super::{DockerEngine, errors};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::tls::outside::OutsideTrust;
use crate::trace;

/// The oldest supported Engine API: Docker 20.10's, of December 2020.
pub const API_MIN: ApiVersion = ApiVersion { major: 1, minor: 41 };
/// Time limit of the Engine's first answer. A local one takes about 2 ms.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// Time limit until the answer of any call begins, in seconds. It must exceed a node's stop grace period.
const CALL_TIMEOUT: u64 = 120;
/// The default socket of Docker.
const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";

/// Docker's `config.json`, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CliConfig {
    current_context: Option<String>,
}

/// The used part of a context's `meta.json`.
#[derive(Deserialize)]
struct ContextMeta {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints")]
    endpoints: ContextEndpoints,
}

#[derive(Deserialize)]
struct ContextEndpoints {
    docker: Option<ContextEndpoint>,
}

#[derive(Deserialize)]
struct ContextEndpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
    #[serde(rename = "SkipTLSVerify", default)]
    skips_verification: bool,
}

/// Finds the Engine's address: the given host, else the environment, else Docker's own configuration. A given host without
/// `://` is the name of a context.
///
/// # Errors
/// The address is one that redos cannot speak to, or the chosen context does not exist.
fn resolve(host: Option<&str>, env: &dyn Fn(&str) -> Option<String>) -> Result<Endpoint> {
    let env = |name: &str| env(name).filter(|value| !value.is_empty());
    let home = env("HOME").map(PathBuf::from);
    let config_dir = env("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home?.join(".docker")));
    let (named, host) = match host {
        Some(host) if !host.contains("://") => (Some(host.to_owned()), None),
        host => (None, host),
    };
    let given = match (host, &named) {
        (Some(host), _) => Some((host.to_owned(), "the option --host")),
        (None, None) => env("DOCKER_HOST").map(|host| (host, "DOCKER_HOST")),
        (None, Some(_)) => None,
    };
    if let Some((host, origin)) = given {
        let certificates = || env("DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| config_dir.clone());
        let is_encrypted = env("DOCKER_TLS_VERIFY").is_some() || host.starts_with("https://");
        let certificates = is_encrypted.then(certificates).flatten();
        return Endpoint::new(host, Some(origin.to_owned()), certificates);
    }
    let context = named.or_else(|| env("DOCKER_CONTEXT")).or_else(|| current_context(config_dir.as_deref()?));
    let Some(name) = context.filter(|name| name != "default") else {
        return Endpoint::new(DEFAULT_HOST.to_owned(), None, None);
    };
    let cannot = |what: &str, why: &str| {
        EngineError::new(EngineErrorKind::Unreachable, format!("{what} Docker's context {name}"), anyhow!("{why}"))
    };
    match config_dir.as_deref().and_then(|dir| context_facts(dir, &name)) {
        Some(ContextFacts { skips_verification: true, .. }) => {
            Err(cannot("use", "it has skip-tls-verify, and then anybody could be the Engine").hinted(format!(
                "have it verify: docker context update {name} --docker host=HOST,ca=CA,cert=CERT,key=KEY"
            )))
        }
        Some(ContextFacts { host, certificates, .. }) => {
            Endpoint::new(host, Some(format!("the context {name}")), certificates)
        }
        None => Err(cannot("find", &format!("the context {name} does not exist, or names no Docker endpoint"))
            .hinted("see the contexts: docker context ls; choose one: docker context use default")),
    }
}

fn current_context(config_dir: &Path) -> Option<String> {
    let text = std::fs::read(config_dir.join("config.json")).ok()?;
    serde_json::from_slice::<CliConfig>(&text).ok()?.current_context.filter(|name| !name.is_empty())
}

/// What a context says of its Engine.
struct ContextFacts {
    host: String,
    /// The folder with its certificates, if it has any.
    certificates: Option<PathBuf>,
    skips_verification: bool,
}

/// Reads a context. Its folder is named by a hash of its name. Reading all of the few folders finds it as well.
fn context_facts(config_dir: &Path, name: &str) -> Option<ContextFacts> {
    let contexts = config_dir.join("contexts");
    std::fs::read_dir(contexts.join("meta")).ok()?.filter_map(io::Result::ok).find_map(|folder| {
        let meta: ContextMeta = serde_json::from_slice(&std::fs::read(folder.path().join("meta.json")).ok()?).ok()?;
        let endpoint = (meta.name == name).then_some(meta.endpoints.docker?)?;
        let certificates = contexts.join("tls").join(folder.file_name()).join("docker");
        Some(ContextFacts {
            host: endpoint.host?,
            certificates: certificates.is_dir().then_some(certificates),
            skips_verification: endpoint.skips_verification,
        })
    })
}

/// The Engine that `host` names, or Docker's environment and configuration. It makes no call yet: see
/// [`DockerEngine::greet`].
///
/// # Errors
/// [`EngineErrorKind::Unreachable`]: the address is one that redos cannot speak to, or its certificates cannot be used.
pub fn open(host: Option<&str>) -> Result<DockerEngine> {
    let endpoint = resolve(host, &|name| std::env::var(name).ok())?;
    let docker = match &endpoint.transport {
        Transport::Unix(_) => Docker::connect_with_local(&endpoint.host, CALL_TIMEOUT, API_DEFAULT_VERSION),
        Transport::Tcp => Docker::connect_with_http(&endpoint.host, CALL_TIMEOUT, API_DEFAULT_VERSION),
        Transport::Tls { address, certificates } => {
            let trust = OutsideTrust::from_folder(certificates).map_err(|why| {
                let operation =
                    format!("connect to Docker at {endpoint} with the certificates of {}", certificates.display());
                EngineError::new(EngineErrorKind::Unreachable, operation, anyhow!(why))
                    .hinted("name their folder in DOCKER_CERT_PATH: it has ca.pem, cert.pem and key.pem")
            })?;
            transport::docker(EngineWay::Tls { address: address.as_str().into(), trust }, CALL_TIMEOUT)
        }
        Transport::Ssh(destination) => {
            transport::docker(EngineWay::Ssh(Arc::new(Forward::new(destination.clone()))), CALL_TIMEOUT)
        }
    }
    .map_err(|error| errors::failed(&endpoint, "ask for its version", error))?;
    let docker = docker.with_request_modifier(|request| {
        trace::tell_sent("docker", || format!("{} {}", request.method(), request.uri().path()));
        request
    });
    Ok(DockerEngine::new(docker, endpoint))
}

/// Asks an Engine what it is. Requests carry no version, so an Engine answers in its own, and [`API_MIN`] is the floor of
/// what redos understands.
///
/// # Errors
/// [`EngineErrorKind::Unreachable`]: nothing answers there, access is denied, or the Engine is too old.
pub async fn about(docker: &Docker, endpoint: &Endpoint) -> Result<About> {
    let login = if let Transport::Ssh(_) = endpoint.transport { LOGIN_LIMIT } else { Duration::ZERO };
    let answer = tokio::time::timeout(login + FIRST_ANSWER, docker.version()).await;
    let said = match answer.unwrap_or(Err(bollard::errors::Error::RequestTimeoutError)) {
        Ok(said) => said,
        Err(error) => match errors::status(&error) {
            Some(status) => return Err(no_engine(endpoint, &format!("it answers with HTTP status {status}"))),
            None => return Err(errors::failed(endpoint, "ask for its version", error)),
        },
    };
    let version = said.version.unwrap_or_default();
    match said.api_version.as_deref().and_then(ApiVersion::parse) {
        Some(api) if api >= API_MIN => {
            Ok(About { version, api, architecture: said.arch.unwrap_or_else(|| "amd64".to_owned()) })
        }
        Some(api) => Err(EngineError::new(
            EngineErrorKind::Unreachable,
            format!("use Docker {version} at {endpoint}"),
            anyhow!("its API is {api}, and redos needs {API_MIN} (Docker 20.10) or newer"),
        )
        .hinted("upgrade Docker: https://docs.docker.com/engine/install/")),
        None => Err(no_engine(endpoint, "it names no API version")),
    }
}

/// The error of an address where another program answers.
fn no_engine(endpoint: &Endpoint, why: &str) -> EngineError {
    let mut error = EngineError::new(
        EngineErrorKind::Unreachable,
        format!("use what answers at {endpoint}"),
        anyhow!("{why}, so it is not a Docker Engine"),
    );
    error.hints = endpoint.remedies(io::ErrorKind::InvalidData);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(host: Option<&str>, vars: &[(&str, &str)]) -> Result<Endpoint> {
        resolve(host, &|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    /// A `.docker` folder whose current context is `colima`.
    fn docker_config() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("config.json"), r#"{"auths":{},"currentContext":"colima"}"#).expect("written");
        for (folder, name, host) in [("aa", "colima", "unix:///colima.sock"), ("cc", "near", "tcp://near:2376")] {
            let meta = dir.path().join("contexts/meta").join(folder);
            std::fs::create_dir_all(&meta).expect("made");
            let text = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
            std::fs::write(meta.join("meta.json"), text).expect("written");
        }
        dir
    }

    #[test]
    fn the_order_is_option_then_host_then_context_then_config_then_default() {
        let dir = docker_config();
        let config = dir.path().to_str().expect("text");
        let all = [
            ("DOCKER_HOST", "tcp://10.0.0.1:2375"),
            ("DOCKER_CONTEXT", "default"),
            ("DOCKER_CONFIG", config),
            ("HOME", "/nowhere"),
        ];
        let host = |option, vars: &[(&str, &str)]| resolved(option, vars).expect("an endpoint").host;
        assert_eq!(host(Some("unix:///given.sock"), &all), "unix:///given.sock");
        assert_eq!(host(None, &all), "tcp://10.0.0.1:2375");
        assert_eq!(host(None, &all[1..]), DEFAULT_HOST, "DOCKER_CONTEXT wins over the configuration");
        let endpoint = resolved(None, &all[2..]).expect("an endpoint");
        assert_eq!(endpoint.to_string(), "unix:///colima.sock (from the context colima)");
        assert_eq!(host(None, &all[3..]), DEFAULT_HOST);
        assert_eq!(host(Some("near"), &all), "tcp://near:2376", "a context, as a host of a cluster may be");
        assert_eq!(host(None, &[("DOCKER_HOST", "")]), DEFAULT_HOST, "empty is unset, as for Docker");
    }

    #[test]
    fn an_address_of_ssh_has_a_host_and_perhaps_a_user_a_port_and_a_socket() {
        let destination = |host: &str| match resolved(Some(host), &[]).expect(host).transport {
            Transport::Ssh(destination) => (destination.to_string(), destination.socket),
            other => panic!("{host}: {other:?}"),
        };
        let cases = [
            ("ssh://far", "far", "/var/run/docker.sock"),
            ("ssh://me@far:2222", "-p 2222 me@far", "/var/run/docker.sock"),
            ("ssh://far:22/run/user/1000/docker.sock", "-p 22 far", "/run/user/1000/docker.sock"),
            ("ssh://me@[fd00::1]:22/", "-p 22 me@fd00::1", "/var/run/docker.sock"),
        ];
        for (host, words, socket) in cases {
            assert_eq!(destination(host), (words.to_owned(), socket.to_owned()), "{host}");
        }
        assert_eq!(resolved(Some("ssh://me@far:2222"), &[]).expect("an address").remote_host(), Some("far"));
    }

    #[test]
    fn tcp_is_encrypted_where_dockers_own_client_would() {
        let dir = docker_config();
        let config = dir.path().to_str().expect("text");
        let encrypted = |vars: &[(&str, &str)]| match resolved(None, vars).expect("an address").transport {
            Transport::Tls { address, certificates } => Some((address, certificates)),
            Transport::Unix(_) | Transport::Tcp | Transport::Ssh(_) => None,
        };
        let there = |address: &str, folder: &Path| Some((address.to_owned(), folder.to_owned()));
        let (host, verify, folder) =
            (("DOCKER_HOST", "tcp://far:1"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/c"));
        assert_eq!(encrypted(&[host, ("HOME", "/h")]), None);
        assert_eq!(encrypted(&[host, verify, ("HOME", "/h")]), there("far:1", Path::new("/h/.docker")));
        assert_eq!(encrypted(&[host, verify, folder]), there("far:1", Path::new("/c")));
        assert_eq!(
            encrypted(&[("DOCKER_HOST", "https://[fd00::1]"), folder]),
            there("[fd00::1]:2376", Path::new("/c"))
        );
        assert_eq!(encrypted(&[("DOCKER_HOST", "unix:///a.sock"), verify, folder]), None);

        let of_context = [("DOCKER_CONTEXT", "near"), ("DOCKER_CONFIG", config)];
        assert_eq!(encrypted(&of_context), None, "a context has its own certificates or none");
        let certificates = dir.path().join("contexts/tls/cc/docker");
        std::fs::create_dir_all(&certificates).expect("made");
        assert_eq!(encrypted(&of_context), there("near:2376", &certificates));
    }

    #[test]
    fn what_cannot_be_spoken_to_is_refused_with_a_remedy() {
        let dir = docker_config();
        let config = dir.path().to_str().expect("text");
        let cases: [&[(&str, &str)]; 9] = [
            &[("DOCKER_CONTEXT", "missing"), ("DOCKER_CONFIG", config)],
            &[("DOCKER_HOST", "npipe:////./pipe/docker_engine")],
            &[("DOCKER_HOST", "ssh://")],
            &[("DOCKER_HOST", "ssh://me@-oProxyCommand=sh")],
            &[("DOCKER_HOST", "ssh://-l@far")],
            &[("DOCKER_HOST", "ssh://me:secret@far")],
            &[("DOCKER_HOST", "ssh://far:http")],
            &[("DOCKER_HOST", "localhost")],
            &[("DOCKER_HOST", "tcp://")],
        ];
        for vars in cases {
            let error = resolved(None, vars).expect_err("refused");
            assert_eq!(error.kind, EngineErrorKind::Unreachable, "{vars:?}");
            assert!(!error.hints.is_empty() && error.source.is_some(), "{vars:?}");
        }
    }

    #[test]
    fn versions_compare_as_numbers() {
        let v = |text| ApiVersion::parse(text).expect("a version");
        assert!(v("1.9") < v("1.41") && v("1.41") >= API_MIN && v("1.40") < API_MIN && v("2.0") > API_MIN);
        assert_eq!(ApiVersion::parse("one"), None);
    }
}
