//! The users of a cluster's servers, and the login of a replica at its master.

use std::collections::BTreeSet;

use redis::{Value, pipe};

use super::{Client, accepted, no_address};
use crate::cluster::observed::{Inventory, OtherUsers};
use crate::servers::error::unexpected;
use crate::servers::link::Peer;
use crate::servers::reply::Fields;
use crate::servers::{ServerError, reply, rights};
use crate::spec::secret::user;
use crate::spec::{NodeId, render};

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
        Ok(rights::others(&self.users_file(inventory, node)?, lines.iter().map(String::as_str)))
    }

    /// Removes the login of a replica from its directives. Returns whether redos did not give it that login.
    pub(super) fn has_other_login(&self, config: &mut Fields) -> bool {
        let [Some(name), Some(password)] = LOGIN.map(|directive| config.remove(directive)) else { return false };
        let own = (user::REPLICATION, self.secrets.replication.expose());
        let at_existing = self.secrets.existing.as_ref().map(|password| ("", password.expose()));
        let given = (name.as_str(), password.as_str());
        given != own && Some(given) != at_existing
    }

    /// Restores the rights of users, and writes them into the node's file.
    pub(super) async fn set_users(
        &self,
        inventory: &Inventory,
        peer: Peer,
        users: &BTreeSet<String>,
    ) -> Result<(), ServerError> {
        let file = self.users_file(inventory, peer.node)?;
        let mut pipeline = pipe();
        for (user, rules) in users.iter().filter_map(|user| Some((user, rights::rules(&file, user)?))) {
            pipeline.cmd("ACL").arg("SETUSER").arg(user).arg("reset").arg(rules);
        }
        pipeline.cmd("ACL").arg("SAVE");
        self.change(peer, "ACL SETUSER", &pipeline).await
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

    fn users_file(&self, inventory: &Inventory, node: NodeId) -> Result<String, ServerError> {
        let subnet = inventory.network.as_ref().ok_or_else(|| no_address(node))?.subnet;
        let file = render::users_file(&self.spec, subnet, &self.secrets, node);
        file.map_err(|error| unexpected(node, "ACL LIST", error.to_string()))
    }
}
