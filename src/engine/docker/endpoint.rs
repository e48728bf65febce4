//! The address of an Engine.

use std::fmt;
use std::io;
use std::path::PathBuf;

use anyhow::anyhow;

use crate::engine::{EngineError, EngineErrorKind, Result};

/// The transport to the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A socket in the file system: the Engine is on this machine or in a virtual machine of it.
    Unix(PathBuf),
    /// TCP, to `host:port`.
    Tcp,
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

impl Endpoint {
    /// Parses an address.
    ///
    /// # Errors
    /// It is not one that redos can speak to.
    pub fn new(host: String, origin: Option<String>) -> Result<Self> {
        let refuse = |why: &str, hint: &str| {
            let from = origin.as_ref().map_or_else(String::new, |origin| format!(" (from {origin})"));
            let operation = format!("connect to Docker at {host}{from}");
            Err(EngineError::new(EngineErrorKind::Unreachable, operation, anyhow!("{why}")).hinted(hint))
        };
        let tls = "use a unix socket, plain tcp:// on a trusted network, or forward the socket: \
                   ssh -L /tmp/docker.sock:/var/run/docker.sock HOST, then DOCKER_HOST=unix:///tmp/docker.sock";
        let transport = match host.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Transport::Unix(PathBuf::from(path)),
            Some(("tcp" | "http", address)) if !address.is_empty() => Transport::Tcp,
            Some(("npipe", _)) => {
                return refuse(
                    "redos does not speak to a named pipe of Windows",
                    "run redos inside WSL, where Docker Desktop gives unix:///var/run/docker.sock",
                );
            }
            Some(("ssh", _)) => return refuse("redos does not speak ssh to a Docker Engine", tls),
            Some(("https", _)) => return refuse("redos does not speak TLS to a Docker Engine", tls),
            _ => {
                return refuse(
                    "it is not the address of an Engine",
                    "use unix:///path/to/docker.sock or tcp://host:2375",
                );
            }
        };
        Ok(Self { host, transport, origin })
    }

    /// The host in a TCP address, without its port.
    pub fn remote_host(&self) -> Option<&str> {
        match self.transport {
            Transport::Tcp => {
                let (_, address) = self.host.split_once("://")?;
                let address = address.trim_end_matches('/');
                let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
                Some(host.trim_matches(['[', ']']))
            }
            Transport::Unix(_) => None,
        }
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
        }
        match self.origin.as_deref() {
            Some("DOCKER_HOST") => remedies.push("check DOCKER_HOST, or unset it to use the local Engine".to_owned()),
            Some("the option --host") | None => {}
            Some(_) => remedies.push("see the contexts: docker context ls".to_owned()),
        }
        remedies
    }
}
