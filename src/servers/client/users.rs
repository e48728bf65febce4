//! The users of a cluster's servers, and the login of a replica at its master.

use std::collections::BTreeSet;

use redis::{Value, pipe};

use super::{Client, accepted, no_address};
use crate::cluster::observed::{Inventory, MasterLogin, OtherUsers};
use crate::servers::error::unexpected;
use crate::servers::link::Peer;
use crate::servers::reply::Fields;
use crate::servers::{ServerError, reply, rights};
use crate::spec::secret::{PasswordKind, user};
use crate::spec::{NodeId, Secrets, render};

/// The directives with which a replica logs in at its master. `CONFIG GET` shows the password.
pub(super) const LOGIN: [&str; 2] = ["masteruser", "masterauth"];

impl Client {
    /// The users in an answer to `ACL LIST` that differ from those that redos created.
    pub(super) fn other_users(
        &self,
        inventory: &Inventory,
        node: NodeId,
        listed: &Value,
    ) -> Result<OtherUsers, ServerError> {
        const COMMAND: &str = "ACL LIST";
        let Value::Array(lines) = accepted(node, COMMAND, listed)? else {
            return Err(unexpected(node, COMMAND, "no list"));
        };
        let lines: Vec<String> = lines.iter().filter_map(reply::text).collect();
        let wanted = self.users_file(inventory, node, &self.secrets)?;
        let known = match self.secrets.with_all_accepted() {
            Some(all) => self.users_file(inventory, node, &all)?,
            None => wanted.clone(),
        };
        let mut others = rights::others(&wanted, &known, lines.iter().map(String::as_str));
        // Nobody but redos could give a user the password that redos makes for it.
        let is_former = |name: &String| {
            let known = self.secrets.known(&PasswordKind::Own(name.clone()));
            known.iter().any(|password| lines.iter().any(|line| rights::has_password(line, name, password.expose())))
        };
        others.former = others.unknown.iter().filter(|name| is_former(name)).cloned().collect();
        others.unknown.retain(|name| !others.former.contains(name));
        Ok(others)
    }

    /// Removes the login of a replica at its master from its directives, and judges it.
    pub(super) fn take_login(&self, config: &mut Fields) -> MasterLogin {
        let [Some(name), Some(password)] = LOGIN.map(|directive| config.remove(directive)) else {
            return MasterLogin::Current;
        };
        let at_existing = self.secrets.existing.as_ref().map(|password| ("", password.expose()));
        let given = (name.as_str(), password.as_str());
        let known = self.secrets.known(&PasswordKind::Replication);
        match known.iter().position(|own| given == (user::REPLICATION, own.expose())) {
            Some(0) => MasterLogin::Current,
            Some(_) => MasterLogin::Former,
            None if Some(given) == at_existing => MasterLogin::Current,
            None => MasterLogin::Foreign,
        }
    }

    /// Restores the rights of users, and writes them into the node's file.
    pub(super) async fn set_users(
        &self,
        inventory: &Inventory,
        peer: Peer,
        users: &BTreeSet<String>,
    ) -> Result<(), ServerError> {
        let file = self.users_file(inventory, peer.node, &self.secrets)?;
        let mut pipeline = pipe();
        for (user, rules) in users.iter().filter_map(|user| Some((user, rights::rules(&file, user)?))) {
            pipeline.cmd("ACL").arg("SETUSER").arg(user).arg("reset").arg(rules);
        }
        pipeline.cmd("ACL").arg("SAVE");
        self.change(peer, "ACL SETUSER", &pipeline).await
    }

    /// Gives a Sentinel its passwords at the other Sentinels and at the nodes of all groups that it watches.
    pub(super) async fn set_sentinel_logins(&self, peer: Peer) -> Result<(), ServerError> {
        let mut pipeline = pipe();
        let peers = self.secrets.peers().expose();
        pipeline.cmd("SENTINEL").arg("CONFIG").arg("SET").arg("sentinel-pass").arg(peers);
        for group in self.spec.groups() {
            if self.watched(peer, group).await?.is_some() {
                pipeline.cmd("SENTINEL").arg("SET").arg(group.to_string());
                pipeline.arg("auth-pass").arg(self.secrets.sentinel.expose());
            }
        }
        self.change(peer, "SENTINEL SET auth-pass", &pipeline).await
    }

    /// Removes users, which ends their connections, and removes them from the node's file.
    pub(super) async fn remove_users(&self, peer: Peer, users: &BTreeSet<String>) -> Result<(), ServerError> {
        let mut pipeline = pipe();
        for user in users {
            pipeline.cmd("ACL").arg("DELUSER").arg(user);
        }
        pipeline.cmd("ACL").arg("SAVE");
        self.change(peer, "ACL DELUSER", &pipeline).await
    }

    fn users_file(&self, inventory: &Inventory, node: NodeId, secrets: &Secrets) -> Result<String, ServerError> {
        let subnet = inventory.network.as_ref().ok_or_else(|| no_address(node))?.subnet;
        let file = render::users_file(&self.spec, subnet, secrets, node);
        file.map_err(|error| unexpected(node, "ACL LIST", error.to_string()))
    }
}
