//! The passwords of the servers in memory: what each accepts, and with what each logs in at others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Sim, SimWorld};
use crate::cluster::observed::{MasterLogin, NodeState, OtherUsers};
use crate::engine::NodeFile;
use crate::servers::Command;
use crate::spec::render::{SECRETS_FILE, STATS_LOGINS, stats_logins};
use crate::spec::secret::{PasswordKind, user};
use crate::spec::{NodeId, Role, Secret, Secrets};

/// All kinds that a server accepts or uses.
const KINDS: [PasswordKind; 5] =
    [PasswordKind::App, PasswordKind::Replication, PasswordKind::Sentinel, PasswordKind::Peers, PasswordKind::Stats];

/// The passwords of one server.
#[derive(Clone, Default)]
pub(super) struct SimPasswords {
    accepts: BTreeMap<PasswordKind, BTreeSet<String>>,
    uses: BTreeMap<PasswordKind, String>,
    /// Users of the user's own, with their rules.
    own_users: BTreeMap<String, String>,
}

impl SimPasswords {
    /// Those of a server whose files were made of these secrets.
    fn of(secrets: &Secrets, own_users: BTreeMap<String, String>) -> Self {
        let own = own_users.keys().map(|name| PasswordKind::Own(name.clone()));
        let accepts = KINDS.into_iter().chain(own).map(|kind| (kind.clone(), accepted(secrets, &kind))).collect();
        let uses = KINDS.into_iter().map(|kind| (kind.clone(), secrets.of(&kind).expose().to_owned())).collect();
        Self { own_users, accepts, uses }
    }
}

fn accepted(secrets: &Secrets, kind: &PasswordKind) -> BTreeSet<String> {
    secrets.accepted(kind).into_iter().map(|secret| secret.expose().to_owned()).collect()
}

fn known(secrets: &Secrets, kind: &PasswordKind) -> BTreeSet<String> {
    secrets.known(kind).into_iter().map(|secret| secret.expose().to_owned()).collect()
}

/// The users of a server whose passwords can be rotated.
fn users(role: Role) -> &'static [(&'static str, PasswordKind)] {
    match role {
        Role::Redis => &[
            (user::APPLICATION, PasswordKind::App),
            (user::REPLICATION, PasswordKind::Replication),
            (user::SENTINEL, PasswordKind::Sentinel),
        ],
        Role::Sentinel => &[(user::APPLICATION, PasswordKind::App), (user::SENTINEL, PasswordKind::Peers)],
        Role::Proxy | Role::Exporter | Role::Guard => &[],
    }
}

impl Sim {
    /// The same world for a client that has these secrets. Servers then have users and logins.
    #[must_use]
    pub fn knowing(&self, secrets: &Secrets) -> Self {
        Self { secrets: Some(secrets.clone()), ..self.clone() }
    }

    /// The running nodes that refuse an application's password.
    pub fn refusing(&self, password: &Secret) -> BTreeSet<NodeId> {
        let world = self.world();
        let refuses = |node: &NodeId| {
            let own = world.passwords.get(node).and_then(|own| own.accepts.get(&PasswordKind::App));
            matches!(node.role(), Role::Redis | Role::Sentinel)
                && world.runs(*node)
                && own.is_none_or(|own| !own.contains(password.expose()))
        };
        world.nodes.keys().copied().filter(refuses).collect()
    }
}

impl SimWorld {
    /// Takes over the passwords of configuration files that were written for a node. A running server keeps its own.
    pub(super) fn read_passwords(&mut self, node: NodeId, files: &[NodeFile]) {
        let written = files.iter().find(|file| file.path == SECRETS_FILE);
        let read = written.and_then(|file| serde_json::from_slice::<Secrets>(&file.content).ok());
        let is_running = self.nodes.get(&node).is_some_and(|node| node.state == NodeState::Running);
        if let Some(read) = read.filter(|_| !is_running) {
            let own_users = self.own_users();
            self.passwords.insert(node, SimPasswords::of(&read, own_users));
        }
    }

    /// Makes a proxy that starts accept the logins in its file.
    pub(super) fn read_logins(&mut self, proxy: NodeId) {
        let logins = self.text(proxy, STATS_LOGINS).unwrap_or_default();
        let logins = logins.lines().map(str::to_owned).collect();
        self.passwords.entry(proxy).or_default().accepts.insert(PasswordKind::Stats, logins);
    }

    /// The users that the recorded settings name, with their rules.
    fn own_users(&self) -> BTreeMap<String, String> {
        self.spec.iter().flat_map(|spec| &spec.users.0).map(|(name, user)| (name.clone(), user.merged())).collect()
    }

    fn logins(&self, secrets: &Secrets) -> BTreeSet<String> {
        self.spec.iter().flat_map(|spec| stats_logins(spec, secrets)).collect()
    }

    /// The users of a server that differ from those of a client's secrets.
    pub(super) fn other_users(&self, node: NodeId, secrets: Option<&Secrets>) -> OtherUsers {
        let mut others = OtherUsers::default();
        let Some((secrets, own)) = secrets.zip(self.passwords.get(&node)) else { return others };
        let wanted = self.own_users();
        let (changed, same): (Vec<_>, Vec<_>) =
            wanted.iter().partition(|(name, rules)| own.own_users.get(*name) != Some(*rules));
        others.changed.extend(changed.into_iter().map(|(name, _)| name.clone()));
        let ours = users(node.role()).iter().map(|(name, kind)| (*name, kind.clone()));
        let theirs = same.into_iter().map(|(name, _)| (name.as_str(), PasswordKind::Own(name.clone())));
        for (name, kind) in ours.chain(theirs) {
            let have = &own.accepts[&kind];
            if *have != accepted(secrets, &kind) {
                let is_outdated = have.is_subset(&known(secrets, &kind));
                if is_outdated { &mut others.outdated } else { &mut others.changed }.insert(name.to_owned());
            }
        }
        others.former.extend(own.own_users.keys().filter(|name| !wanted.contains_key(*name)).cloned());
        others
    }

    /// The login of a Redis node at its master, for a client with these secrets.
    pub(super) fn master_login(&self, node: NodeId, secrets: Option<&Secrets>) -> MasterLogin {
        let Some((secrets, own)) = secrets.zip(self.passwords.get(&node)) else { return MasterLogin::Current };
        let used = &own.uses[&PasswordKind::Replication];
        match secrets.known(&PasswordKind::Replication).iter().position(|known| known.expose() == used) {
            Some(0) => MasterLogin::Current,
            Some(_) => MasterLogin::Former,
            None => MasterLogin::Foreign,
        }
    }

    /// Whether the statistics of a proxy accept other passwords than a client's secrets say.
    pub(super) fn has_other_logins(&self, proxy: NodeId, secrets: Option<&Secrets>) -> bool {
        let own = secrets.zip(self.passwords.get(&proxy));
        own.is_some_and(|(secrets, own)| own.accepts[&PasswordKind::Stats] != self.logins(secrets))
    }

    /// Carries out a command about passwords.
    pub(super) fn set_passwords(&mut self, node: NodeId, command: &Command, secrets: Option<&Secrets>) {
        let wanted = self.own_users();
        let Some((secrets, own)) = secrets.zip(self.passwords.get_mut(&node)) else { return };
        let use_own = |own: &mut SimPasswords, kind: PasswordKind| {
            let used = secrets.of(&kind).expose().to_owned();
            own.uses.insert(kind, used);
        };
        match command {
            Command::RemoveUsers(names) => own.own_users.retain(|name, _| !names.contains(name)),
            Command::SetUsers(names) => {
                let set: BTreeMap<_, _> = wanted.into_iter().filter(|(name, _)| names.contains(name)).collect();
                let ours = users(node.role()).iter().filter(|(name, _)| names.contains(*name));
                let theirs = set.keys().map(|name| PasswordKind::Own(name.clone()));
                for kind in ours.map(|(_, kind)| kind.clone()).chain(theirs) {
                    let passwords = accepted(secrets, &kind);
                    own.accepts.insert(kind, passwords);
                }
                own.own_users.extend(set);
            }
            Command::SetReplicationLogin | Command::ReplicaOf(_) => use_own(own, PasswordKind::Replication),
            Command::SetSentinelLogins => {
                use_own(own, PasswordKind::Sentinel);
                use_own(own, PasswordKind::Peers);
            }
            _ => {}
        }
    }

    /// Makes the statistics of a proxy accept the passwords of a client.
    pub(super) fn set_proxy_logins(&mut self, proxy: NodeId, secrets: Option<&Secrets>) {
        if let Some(secrets) = secrets {
            let logins = self.logins(secrets);
            self.passwords.entry(proxy).or_default().accepts.insert(PasswordKind::Stats, logins);
        }
    }

    /// Logins of running nodes that another running node would refuse, in words.
    pub(super) fn refused_logins(&self) -> Vec<String> {
        let running = || self.passwords.iter().filter(|(node, _)| self.runs(**node));
        let mut refused = Vec::new();
        for (node, own) in running() {
            for (other, theirs) in running().filter(|(other, _)| *other != node) {
                let kind = match (node.role(), other.role()) {
                    (Role::Redis, Role::Redis) if node.group() == other.group() => PasswordKind::Replication,
                    (Role::Sentinel, Role::Redis) => PasswordKind::Sentinel,
                    (Role::Sentinel, Role::Sentinel) => PasswordKind::Peers,
                    _ => continue,
                };
                if !theirs.accepts[&kind].contains(&own.uses[&kind]) {
                    refused.push(format!("{other} refuses the login of {node}"));
                }
            }
        }
        refused
    }
}
