//! `users.acl`: the users of Redis nodes and of Sentinels, and their rights.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::super::address::REDIS_PER_GROUP_MAX;
use super::super::patterns::{Patterns, SENTINEL_CHANNELS};
use super::super::secret::{PasswordKind, Secret, Secrets, user};
use super::super::{Spec, Subnet};
use super::{RenderError, fill};
use crate::spec::names::{Group, NodeId, Role};

#[derive(Serialize)]
struct RedisUsers<'a> {
    admin: &'a str,
    replication: &'a str,
    sentinel: &'a str,
    probe: &'a str,
    exporter: Option<ExporterUser>,
    passwords: AcceptedPasswords,
    channels: String,
    /// The possible addresses of the group's nodes, which a Sentinel may make this one follow.
    followed: Vec<Ipv4Addr>,
    /// The patterns that `PSUBSCRIBE` may use; `None` for all.
    patterns: Option<String>,
}

#[derive(Serialize)]
struct SentinelUsers<'a> {
    admin: &'a str,
    sentinel: &'a str,
    probe: &'a str,
    exporter: Option<ExporterUser>,
    passwords: AcceptedPasswords,
}

/// The passwords of users as rules, each with a space before it: ` >new >old`.
#[derive(Serialize)]
struct AcceptedPasswords {
    app: String,
    admin: String,
    replication: String,
    sentinel: String,
    probe: String,
}

impl AcceptedPasswords {
    /// Those of a server where Sentinels log in with a password of this kind.
    fn of(secrets: &Secrets, sentinel: PasswordKind) -> Self {
        let rules =
            |passwords: Vec<&Secret>| passwords.iter().map(|password| format!(" >{}", password.expose())).collect();
        Self {
            app: rules(secrets.accepted(PasswordKind::App)),
            admin: rules(vec![&secrets.admin]),
            replication: rules(secrets.accepted(PasswordKind::Replication)),
            sentinel: rules(secrets.accepted(sentinel)),
            probe: rules(vec![&secrets.probe]),
        }
    }
}

/// The user of the exporter, in a cluster that has one.
#[derive(Serialize)]
struct ExporterUser {
    name: &'static str,
    password: Secret,
}

/// The text of a node's `users.acl`.
///
/// # Errors
/// `node` is a proxy or the exporter, which have none.
pub fn users_file(spec: &Spec, subnet: Subnet, secrets: &Secrets, node: NodeId) -> Result<String, RenderError> {
    let exporter = spec.exporter.then(|| ExporterUser { name: user::EXPORTER, password: secrets.exporter() });
    match node {
        NodeId::Redis { group, .. } => {
            let users = RedisUsers {
                admin: user::ADMIN,
                replication: user::REPLICATION,
                sentinel: user::SENTINEL,
                probe: user::PROBE,
                exporter,
                passwords: AcceptedPasswords::of(secrets, PasswordKind::Sentinel),
                channels: all_channels_but(SENTINEL_CHANNELS),
                followed: places(subnet, group),
                patterns: match &spec.pubsub.patterns {
                    Patterns::Any => None,
                    Patterns::These(patterns) => Some(patterns.iter().map(|pattern| format!(" &{pattern}")).collect()),
                },
            };
            fill("users.acl", include_str!("../../../templates/users.acl"), &users)
        }
        NodeId::Sentinel(_) => {
            let users = SentinelUsers {
                admin: user::ADMIN,
                sentinel: user::SENTINEL,
                probe: user::PROBE,
                exporter,
                passwords: AcceptedPasswords::of(secrets, PasswordKind::Peers),
            };
            fill("sentinel-users.acl", include_str!("../../../templates/sentinel-users.acl"), &users)
        }
        NodeId::Proxy(_) | NodeId::Exporter => Err(RenderError::WrongRole { node, role: Role::Redis }),
    }
}

/// The possible addresses of a group's nodes, whether they exist or not.
fn places(subnet: Subnet, group: Group) -> Vec<Ipv4Addr> {
    (1..=REDIS_PER_GROUP_MAX).filter_map(|ordinal| subnet.address(NodeId::redis(group, ordinal))).collect()
}

/// Patterns that allow every channel except those that begin with `reserved`.
///
/// Access control lists can only allow. So there is a pattern for each byte of `reserved`: what comes before it and
/// then ends, and what comes before it and then goes on with another byte.
fn all_channels_but(reserved: &str) -> String {
    let patterns = reserved.char_indices().flat_map(|(at, byte)| {
        let before = &reserved[..at];
        let ends = (!before.is_empty()).then(|| format!("&{before}"));
        ends.into_iter().chain([format!("&{before}[^{byte}]*")])
    });
    patterns.collect::<Vec<_>>().join(" ")
}
