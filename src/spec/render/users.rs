//! `users.acl`: the users of Redis nodes and of Sentinels, and their rights.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::Serialize;

use super::super::address::REDIS_PER_GROUP_MAX;
use super::super::own_users::OwnUser;
use super::super::patterns::{Patterns, SENTINEL_CHANNELS, all_channels_but};
use super::super::secret::{PasswordKind, Secret, Secrets, user};
use super::super::{Spec, Subnet};
use super::{RenderError, fill};
use crate::spec::names::{Group, NodeId, Role};

#[derive(Serialize)]
struct RedisUsers<'a> {
    own: Vec<OwnUserLine>,
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
    own: Vec<OwnUserLine>,
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
        Self {
            app: rules(&secrets.accepted(&PasswordKind::App)),
            admin: rules(std::slice::from_ref(&secrets.admin)),
            replication: rules(&secrets.accepted(&PasswordKind::Replication)),
            sentinel: rules(&secrets.accepted(&sentinel)),
            probe: rules(std::slice::from_ref(&secrets.probe)),
        }
    }
}

fn rules(passwords: &[Secret]) -> String {
    passwords.iter().map(|password| format!(" >{}", password.expose())).collect()
}

/// The user of the exporter, in a cluster that has one.
#[derive(Serialize)]
struct ExporterUser {
    name: &'static str,
    password: Secret,
}

/// A user of the user's own.
#[derive(Serialize)]
struct OwnUserLine {
    name: String,
    /// As in [`AcceptedPasswords`].
    passwords: String,
    /// The password that nobody knows and that tells one text of rules from another.
    mark: String,
    rules: String,
}

fn own_users(spec: &Spec, secrets: &Secrets) -> Vec<OwnUserLine> {
    let line = |(name, user): (&String, &OwnUser)| {
        let rules = user.merged();
        let mark = secrets.mark_of_rules(&rules);
        let passwords = self::rules(&secrets.accepted(&PasswordKind::Own(name.clone())));
        OwnUserLine { name: name.clone(), passwords, mark, rules }
    };
    spec.users.0.iter().map(line).collect()
}

/// The text of a node's `users.acl`.
///
/// # Errors
/// `node` is a proxy, the exporter or a guard, which have none.
pub fn users_file(spec: &Spec, subnet: Subnet, secrets: &Secrets, node: NodeId) -> Result<String, RenderError> {
    let exporter = spec.exporter.then(|| ExporterUser { name: user::EXPORTER, password: secrets.exporter() });
    match node {
        NodeId::Redis { group, .. } => {
            let users = RedisUsers {
                own: own_users(spec, secrets),
                admin: user::ADMIN,
                replication: user::REPLICATION,
                sentinel: user::SENTINEL,
                probe: user::PROBE,
                exporter,
                passwords: AcceptedPasswords::of(secrets, PasswordKind::Sentinel),
                channels: all_channels_but(SENTINEL_CHANNELS),
                followed: places(spec, subnet, group),
                patterns: match &spec.pubsub.patterns {
                    Patterns::Any => None,
                    Patterns::These(patterns) => Some(patterns.iter().map(|pattern| format!(" &{pattern}")).collect()),
                },
            };
            fill("users.acl", &users)
        }
        NodeId::Sentinel(_) => {
            let users = SentinelUsers {
                own: own_users(spec, secrets),
                admin: user::ADMIN,
                sentinel: user::SENTINEL,
                probe: user::PROBE,
                exporter,
                passwords: AcceptedPasswords::of(secrets, PasswordKind::Peers),
            };
            fill("sentinel-users.acl", &users)
        }
        NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => {
            Err(RenderError::WrongRole { node, role: Role::Redis })
        }
    }
}

/// The possible addresses of a group's nodes, whether they exist or not.
fn places(spec: &Spec, subnet: Subnet, group: Group) -> Vec<Ipv4Addr> {
    let nodes = (1..=REDIS_PER_GROUP_MAX).map(|ordinal| NodeId::redis(group, ordinal));
    let mut places: Vec<Ipv4Addr> = nodes.filter_map(|node| Some(*spec.server(subnet, node)?.ip())).collect();
    // Several may be on one host.
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(*place));
    places
}
