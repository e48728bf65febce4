//! The hosts of a cluster that has several: one Docker Engine each.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Role;
use super::parse::ParseError;

/// The longest name of a host and of a zone: that of a label of DNS (RFC 1035).
const NAME_MAX: usize = 63;
/// The roles that a host may have.
const ROLES: [Role; 3] = [Role::Redis, Role::Sentinel, Role::Proxy];

/// The name of a host within a cluster: letters, digits, `.`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

impl HostName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for HostName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && text.chars().all(legal) && text.len() <= NAME_MAX {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseError::new(format!(
            "'{text}' is not the name of a host: use at most {NAME_MAX} letters, digits, '.', '-' and '_'"
        )))
    }
}

impl TryFrom<String> for HostName {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0
    }
}

/// One host: where its Engine is, and where its nodes are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, by which redos shows it.
    pub name: HostName,
    /// The address of its Engine as `DOCKER_HOST` has it, or the name of a Docker context.
    pub engine: String,
    /// Its own address, at which the other hosts and clients reach its nodes.
    pub address: Ipv4Addr,
    /// What it shares with other hosts and can fail with them, such as a rack.
    pub zone: Option<HostName>,
    /// The kinds of nodes that it may have: Redis nodes, Sentinels and proxies.
    pub roles: BTreeSet<Role>,
    /// Whether it is to have no nodes for now. Those that it had move to the others.
    pub is_drained: bool,
}

impl Host {
    /// Whether it may get a node of this role.
    pub fn takes(&self, role: Role) -> bool {
        !self.is_drained && self.roles.contains(&role)
    }

    /// The command that talks to its Engine: `docker -H ssh://me@10.0.0.1`.
    pub fn docker(&self) -> String {
        let option = if self.engine.contains("://") { "-H" } else { "--context" };
        format!("docker {option} {}", self.engine)
    }
}

/// `NAME ENGINE ADDRESS [zone=ZONE] [roles=ROLE,…] [drain]`.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.engine, self.address)?;
        if let Some(zone) = &self.zone {
            write!(f, " zone={zone}")?;
        }
        if self.roles.len() < ROLES.len() {
            let roles: Vec<&str> = self.roles.iter().map(|role| role.as_str()).collect();
            write!(f, " roles={}", roles.join(","))?;
        }
        if self.is_drained { f.write_str(" drain") } else { Ok(()) }
    }
}

impl FromStr for Host {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut words = text.split_whitespace();
        let (Some(name), Some(engine)) = (words.next(), words.next()) else {
            return Err(ParseError::new(format!(
                "'{text}' is not a host: it needs a name and the address of its Engine"
            )));
        };
        let name: HostName = name.parse()?;
        let (mut address, mut zone, mut roles, mut is_drained) = (None, None, BTreeSet::from(ROLES), false);
        for word in words {
            match word.split_once('=') {
                Some(("zone", text)) => zone = Some(text.parse()?),
                Some(("roles", text)) => roles = text.split(',').map(role).collect::<Result<_, _>>()?,
                None if word == "drain" => is_drained = true,
                _ => {
                    let given = word.parse().map_err(|_| {
                        ParseError::new(format!(
                            "'{word}' of the host {name} is neither an IPv4 address, nor zone=, nor roles=, nor drain"
                        ))
                    })?;
                    address = Some(given);
                }
            }
        }
        let address = address.or_else(|| address_in(engine)).ok_or_else(|| {
            ParseError::new(format!(
                "the host {name} needs the IPv4 address at which other hosts reach it: '{engine}' has none"
            ))
        })?;
        if address.is_loopback() || address.is_unspecified() {
            let why = format!("{address} of the host {name} is no address at which other hosts reach it");
            return Err(ParseError::new(why));
        }
        Ok(Self { name, engine: engine.to_owned(), address, zone, roles, is_drained })
    }
}

fn role(text: &str) -> Result<Role, ParseError> {
    ROLES.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
        ParseError::new(format!("'{text}' is not a role of a host: use redis, sentinel and proxy, separated by commas"))
    })
}

/// The IPv4 address in the address of an Engine: `ssh://me@10.0.0.1:22`.
fn address_in(engine: &str) -> Option<Ipv4Addr> {
    let (_, rest) = engine.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next()?.parse().ok()
}

/// The hosts of a cluster, in the order of its configuration. None for a cluster on one Engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hosts(Vec<Host>);

impl Hosts {
    /// The hosts, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Host> {
        self.0.iter()
    }

    /// Whether the cluster is on one Engine, which has no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The host of this name.
    pub fn get(&self, name: &HostName) -> Option<&Host> {
        self.0.iter().find(|host| host.name == *name)
    }

    /// The same hosts, of which one is drained from now on, or no longer.
    #[must_use]
    pub fn draining(&self, name: &HostName, is_drained: bool) -> Self {
        let mut hosts = self.clone();
        hosts.0.iter_mut().filter(|host| host.name == *name).for_each(|host| host.is_drained = is_drained);
        hosts
    }

    /// The same hosts but for one.
    #[must_use]
    pub fn without(&self, name: &HostName) -> Self {
        Self(self.0.iter().filter(|host| host.name != *name).cloned().collect())
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, host) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{host}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Hosts {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        let hosts = entries.map(str::parse).collect::<Result<Vec<Host>, _>>()?;
        for (place, host) in hosts.iter().enumerate() {
            let others = &hosts[..place];
            let twice = |what: String| Err(ParseError::new(format!("{what}: name every host once")));
            if others.iter().any(|other| other.name == host.name) {
                return twice(format!("two hosts are called {}", host.name));
            }
            if let Some(other) = others.iter().find(|other| other.address == host.address) {
                return twice(format!("{} and {} have the same address, {}", other.name, host.name, host.address));
            }
            if let Some(other) = others.iter().find(|other| other.engine == host.engine) {
                return twice(format!("{} and {} have the same Engine, {}", other.name, host.name, host.engine));
            }
        }
        for role in ROLES {
            if !hosts.is_empty() && !hosts.iter().any(|host| host.takes(role)) {
                return Err(ParseError::new(format!("no host has the role {role}: give it to one of them")));
            }
        }
        Ok(Self(hosts))
    }
}

impl From<Hosts> for String {
    fn from(hosts: Hosts) -> Self {
        hosts.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        Hosts::try_from(text.to_owned()).map(String::from).map_err(|why| why.to_string())
    }

    #[test]
    fn hosts_are_written_as_they_are_read() {
        let text =
            "a ssh://me@10.0.0.1 10.0.0.1; b tcp://far:2376 10.0.0.2 zone=r2; c prod 10.0.0.3 roles=sentinel drain";
        assert_eq!(read(text).as_deref(), Ok(text));
        assert_eq!(
            read("a ssh://me@10.0.0.1:22/run/d.sock").as_deref(),
            Ok("a ssh://me@10.0.0.1:22/run/d.sock 10.0.0.1")
        );
        assert_eq!(read("").as_deref(), Ok(""));
    }

    #[test]
    fn what_cannot_be_a_host_is_refused_by_name() {
        for (text, told) in [
            ("a", "needs a name and the address"),
            ("a unix:///var/run/docker.sock", "needs the IPv4 address"),
            ("a ssh://x 127.0.0.1", "at which other hosts reach it"),
            ("a ssh://x 10.0.0.1 master", "'master' of the host a"),
            ("a ssh://x 10.0.0.1 roles=guard", "'guard' is not a role of a host"),
            ("a ssh://x 10.0.0.1; a ssh://y 10.0.0.2", "two hosts are called a"),
            ("a ssh://x 10.0.0.1; b ssh://y 10.0.0.1", "the same address, 10.0.0.1"),
            ("a ssh://x 10.0.0.1; b ssh://x 10.0.0.2", "the same Engine, ssh://x"),
            ("a ssh://x 10.0.0.1 roles=redis,sentinel", "no host has the role proxy"),
            ("a ssh://x 10.0.0.1 drain", "no host has the role"),
            ("-a ssh://x 10.0.0.1", "'-a' is not the name of a host"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.contains(told), "{text}: {refused}");
        }
    }
}
