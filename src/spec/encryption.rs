//! Whether connections are encrypted, and the names in the certificates of nodes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::PROXIES_MAX;
use super::names::NodeId;
use super::parse::ParseError;
use super::{Spec, Subnet};

/// The name that every certificate has, which redos looks for wherever a connection leads.
///
/// The certificate authority is the cluster's own, so that whoever has a certificate of it is one of its nodes. `internal` is
/// a domain that nobody on the internet can have.
pub const EVERY_NODE: &str = "node.redos.internal";

/// Whether the connections of a cluster are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// They are not.
    #[default]
    None,
    /// All connections to Redis nodes and Sentinels are, and no other is accepted.
    Tls,
    /// As with TLS, but proxies also take clients without it, until all of them have changed.
    Both,
}

impl Encryption {
    /// Whether nodes have TLS, and all connections between them.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::Both)
    }

    /// The flag that asks for it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::None => "--tls=none",
            Self::Tls => "--tls",
            Self::Both => "--tls=both",
        }
    }
}

/// What TLS is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsSettings {
    /// Further names and addresses by which clients know the cluster.
    #[serde(default)]
    pub names: ServerNames,
    /// Certificates that are older are renewed: the time of the last request, in seconds since 1970. No setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<u64>,
    /// TLS is being turned on or off, so that nodes may still answer in the other way. No setting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub turning: bool,
}

/// A certificate that a server shows to whoever connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCertificate {
    /// The names and addresses in it.
    pub names: BTreeSet<String>,
    /// When it was made, in seconds since 1970.
    pub made: u64,
    /// When it expires, in seconds since 1970.
    pub expires: u64,
    /// How much of its time was left when it was seen.
    pub validity: Validity,
}

/// How much of its time a certificate has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// A third or more, or as much as a new one would have because the authority expires.
    Ample,
    /// Less than a third.
    Short,
    /// Nothing: it is refused, but by redos itself.
    Expired,
}

/// Names of hosts and IP addresses for certificates, written with spaces between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerNames(BTreeSet<String>);

impl ServerNames {
    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<String> for ServerNames {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        let names: BTreeSet<String> =
            text.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match names.iter().find(|name| !is_server_name(name)) {
            Some(name) => Err(ParseError::new(format!("'{name}' is neither a host name nor an IP address"))),
            None => Ok(Self(names)),
        }
    }
}

impl From<ServerNames> for String {
    fn from(names: ServerNames) -> Self {
        names.0.into_iter().collect::<Vec<_>>().join(" ")
    }
}

/// Whether a certificate can have it: an address, or a name whose first part may be `*`.
fn is_server_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len())
            && label.chars().all(is_legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let rest = name.strip_prefix("*.").unwrap_or(name);
    name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && rest.split('.').all(is_label))
}

/// The names and addresses in the certificate of a Redis node or a Sentinel.
///
/// A proxy leads clients to any node, and passes on what they say. So every node has the names of all proxies that there can
/// be, and of the host on which they are published.
pub fn certificate_names(spec: &Spec, subnet: Subnet, node: NodeId) -> BTreeSet<String> {
    let proxies = (1..=PROXIES_MAX).map(NodeId::Proxy);
    let own = proxies.chain([node]).flat_map(|node| {
        // Each host has a subnet of its own, in which nobody reaches a node.
        let address = subnet.address(node).filter(|_| spec.hosts.is_empty()).map(|address| address.to_string());
        node.network_names(&spec.name).into_iter().chain(address)
    });
    let bind = Some(spec.ports.bind).filter(|bind| !bind.is_unspecified()).map(|bind| bind.to_string());
    let here = [EVERY_NODE, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let hosts = spec.hosts.iter().map(|host| host.address.to_string());
    own.chain(here).chain(hosts).chain(bind).chain(spec.tls.names.iter().map(in_certificate)).collect()
}

/// A name as a certificate has it: addresses are numbers there.
fn in_certificate(name: &str) -> String {
    name.parse::<IpAddr>().map_or_else(|_| name.to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates_are_names_of_hosts_or_addresses() {
        let read = |text: &str| ServerNames::try_from(text.to_owned()).map(String::from).map_err(|why| why.to_string());
        assert_eq!(read("shop.example.com, 192.168.1.5  ::2").as_deref(), Ok("192.168.1.5 ::2 shop.example.com"));
        assert_eq!(read("*.example.com a_b").as_deref(), Ok("*.example.com a_b"));
        assert_eq!(read("").as_deref(), Ok(""));
        for bad in ["https://shop", "a..b", "-a", "a.*", "ü.de", "a:b", "1.2.3.4/24"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_certificate_has_every_name_by_which_a_client_can_come_to_its_node() {
        let mut spec = Spec::with_defaults("shop".parse().expect("a name"));
        spec.ports.bind = "192.168.1.5".parse().expect("an address");
        spec.tls.names = ServerNames::try_from("redis.example.com".to_owned()).expect("a name");
        let names = certificate_names(&spec, Subnet::EXAMPLE, NodeId::redis(crate::spec::Group::number(1), 2));
        let own = Subnet::EXAMPLE.address(NodeId::redis(crate::spec::Group::number(1), 2)).expect("an address");
        let proxy = Subnet::EXAMPLE.address(NodeId::Proxy(PROXIES_MAX)).expect("an address");
        for name in [
            "redis-2",
            "shop-redis-2",
            "proxy-1",
            "shop-proxy-8",
            "shop-proxy",
            "localhost",
            "127.0.0.1",
            "::1",
            "192.168.1.5",
            "redis.example.com",
            EVERY_NODE,
            &own.to_string(),
            &proxy.to_string(),
        ] {
            assert!(names.contains(name), "{name} is not in {names:?}");
        }
        spec.ports.bind = "0.0.0.0".parse().expect("an address");
        let names = certificate_names(&spec, Subnet::EXAMPLE, NodeId::Sentinel(1));
        assert!(!names.contains("0.0.0.0") && !names.contains("redis-2"), "{names:?}");
    }
}
