//! The address of an Engine.

use std::fmt;
use std::io;
use std::path::PathBuf;

use anyhow::anyhow;

use crate::engine::{EngineError, EngineErrorKind, Result};

/// The port of an Engine with TLS where the address names none, as of Docker's own client.
const TLS_PORT: u16 = 2376;

/// The transport to the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A socket in the file system: the Engine is on this machine or in a virtual machine of it.
    Unix(PathBuf),
    /// TCP, to `host:port`.
    Tcp,
    /// TCP with TLS.
    Tls {
        /// The name or address of the host, and the port.
        address: String,
        /// The folder with `ca.pem`, `cert.pem` and `key.pem`.
        certificates: PathBuf,
    },
    /// The system's `ssh`, to a socket on another host.
    Ssh(SshDestination),
}

/// A socket on a host that ssh reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshDestination {
    /// The host: a name, an address, or an alias of `~/.ssh/config`.
    pub host: String,
    /// The user there; `None` where ssh knows.
    pub user: Option<String>,
    /// The port of sshd; `None` where ssh knows.
    pub port: Option<u16>,
    /// The path of the Engine's socket there.
    pub socket: String,
}

impl SshDestination {
    /// The socket of an Engine where the address names no other.
    const SOCKET: &str = "/var/run/docker.sock";

    /// Parses `[user@]host[:port][/path/of/the/socket]`. `None` if it is not that.
    fn parse(text: &str) -> Option<Self> {
        let (place, socket) = text.find('/').map_or((text, ""), |at| text.split_at(at));
        let socket = if socket.len() > 1 { socket } else { Self::SOCKET };
        let (user, place) = place.rsplit_once('@').map_or((None, place), |(user, place)| (Some(user), place));
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        // A word that begins with a dash would be an option of ssh.
        let is_word = |word: &str| !word.is_empty() && !word.starts_with('-') && !word.contains(char::is_whitespace);
        let port = port.map(str::parse).transpose().ok()?;
        let is_whole = is_word(host) && user.is_none_or(|user| is_word(user) && !user.contains(':'));
        let (host, user, socket) = (host.to_owned(), user.map(str::to_owned), socket.to_owned());
        is_whole.then_some(Self { host, user, port, socket })
    }

    /// The words for the command line of ssh.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(port) = self.port {
            words.extend(["-p".to_owned(), port.to_string()]);
        }
        words.push(match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        });
        words
    }
}

impl fmt::Display for SshDestination {
    /// As one would type it behind `ssh`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

/// The address of an Engine, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address as it was given: `unix:///var/run/docker.sock`.
    pub host: String,
    pub transport: Transport,
    /// The source of the address: "DOCKER_HOST", "the context colima"; `None` for the default.
    pub origin: Option<String>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        match &self.origin {
            Some(origin) => write!(f, " (from {origin})"),
            None => Ok(()),
        }
    }
}

/// The host of `host:port`, without the brackets of an IPv6 address.
pub fn host_of(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']'])
}

impl Endpoint {
    /// Parses an address. TCP is encrypted where there is a folder of certificates.
    ///
    /// # Errors
    /// It is not one that redos can speak to.
    pub fn new(host: String, origin: Option<String>, certificates: Option<PathBuf>) -> Result<Self> {
        let refuse = |why: &str, hint: &str| {
            let from = origin.as_ref().map_or_else(String::new, |origin| format!(" (from {origin})"));
            let operation = format!("connect to Docker at {host}{from}");
            Err(EngineError::new(EngineErrorKind::Unreachable, operation, anyhow!("{why}")).hinted(hint))
        };
        let transport = match (host.split_once("://"), certificates) {
            (Some(("unix", path)), _) if path.starts_with('/') => Transport::Unix(PathBuf::from(path)),
            (Some(("tcp" | "https", address)), Some(certificates)) if !address.is_empty() => {
                let address = address.trim_end_matches('/');
                let names_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
                let address = if names_port { address.to_owned() } else { format!("{address}:{TLS_PORT}") };
                Transport::Tls { address, certificates }
            }
            (Some(("tcp" | "http", address)), _) if !address.is_empty() => Transport::Tcp,
            (Some(("npipe", _)), _) => {
                return refuse(
                    "redos does not speak to a named pipe of Windows",
                    "run redos inside WSL, where Docker Desktop gives unix:///var/run/docker.sock",
                );
            }
            (Some(("ssh", destination)), _) => match SshDestination::parse(destination) {
                Some(destination) => Transport::Ssh(destination),
                None => {
                    return refuse("it is not a host that ssh reaches", "use ssh://user@host or ssh://user@host:port");
                }
            },
            _ => {
                return refuse(
                    "it is not the address of an Engine",
                    "use unix:///path/to/docker.sock, tcp://host:2375 or ssh://user@host",
                );
            }
        };
        Ok(Self { host, transport, origin })
    }

    /// Whether the Engine is reached by a socket of this machine.
    pub const fn is_local(&self) -> bool {
        matches!(self.transport, Transport::Unix(_))
    }

    /// The host of an Engine that is not reached by a socket of this machine.
    pub fn remote_host(&self) -> Option<&str> {
        let address = match &self.transport {
            Transport::Unix(_) => return None,
            Transport::Ssh(destination) => return Some(&destination.host),
            Transport::Tls { address, .. } => address,
            Transport::Tcp => self.host.split_once("://")?.1.trim_end_matches('/'),
        };
        Some(host_of(address))
    }

    /// What the user can do about a refusal of ssh, which redos never answers questions of.
    pub fn ssh_remedy(&self, said: &str) -> Option<String> {
        let Transport::Ssh(destination) = &self.transport else { return None };
        // What is behind a login has other causes.
        if !said.starts_with("ssh ") {
            return None;
        }
        if said.contains("Host key verification failed") {
            return Some(format!("log in once, and compare its key: ssh {destination}"));
        }
        let remedy = format!("give it your key: ssh-copy-id {destination}; or put the key into an agent: ssh-add");
        said.contains("Permission denied").then_some(remedy)
    }

    /// What the user can do when the Engine does not answer.
    pub fn remedies(&self, kind: io::ErrorKind) -> Vec<String> {
        let mut remedies = Vec::new();
        match (&self.transport, kind) {
            (Transport::Unix(path), io::ErrorKind::PermissionDenied) => {
                remedies.push(format!(
                    "you may not use {}: sudo usermod -aG docker \"$USER\", then log in again",
                    path.display()
                ));
            }
            (Transport::Unix(_), _) => {
                remedies.push("start Docker: sudo systemctl start docker, or open Docker Desktop".to_owned());
            }
            (Transport::Tcp, _) => remedies.push(format!("see whether it answers: docker -H {} version", self.host)),
            (Transport::Tls { certificates, .. }, _) => remedies.push(format!(
                "see whether it answers: docker --tlsverify --tlscacert {0}/ca.pem --tlscert {0}/cert.pem --tlskey {0}/key.pem \
                 -H {1} version",
                certificates.display(),
                self.host
            )),
            (Transport::Ssh(destination), _) => {
                remedies.push(format!("see whether it answers: ssh {destination} docker version"));
            }
        }
        match self.origin.as_deref() {
            Some("DOCKER_HOST") => remedies.push("check DOCKER_HOST, or unset it to use the local Engine".to_owned()),
            Some("the option --host") | None => {}
            Some(_) => remedies.push("see the contexts: docker context ls".to_owned()),
        }
        remedies
    }
}
