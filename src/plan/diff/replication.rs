//! Running Redis nodes: whom they follow, their directives and their users.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::cluster::alterations::directives_to_set;
use crate::cluster::claims::{is_joining, majority_word, node_at};
use crate::cluster::gate::is_in_sync;
use crate::cluster::observed::{RedisView, RoleView};
use crate::cluster::strangers::{changed_users, former_users, other_logins, unknown_users};
use crate::plan::step::Action;
use crate::spec::NodeId;
use crate::spec::render::directives::PRIORITY;
use crate::spec::secret::user;

impl Planner<'_> {
    /// Sets directives at runtime, and makes nodes follow the right master.
    pub(super) fn set_redis_right(&mut self) {
        for node in self.spec.groups().flat_map(|group| self.spec.redis_nodes(group)).collect::<Vec<_>>() {
            let Some(view) = self.redis_view(node) else { continue };
            let mut directives = directives_to_set(self.spec, view);
            if is_joining(node, self.observed)
                && let Some((name, value)) = directives.remove_entry(PRIORITY)
                && is_in_sync(node, self.spec, self.observed)
            {
                let directives = BTreeMap::from([(name, value)]);
                self.step(node, Action::ConfigSet { node, directives }, "it has all data of its master now", []);
            }
            if !directives.is_empty() {
                self.step(
                    node,
                    Action::ConfigSet { node, directives },
                    "its settings differ from the configuration",
                    [],
                );
            }
            if let Some((master, why)) = self.should_follow(node, view) {
                self.step(node, Action::Replicate { node, master }, why, []);
            }
        }
    }

    /// Restores rights and logins that were changed.
    pub(super) fn set_rights(&mut self) {
        for node in other_logins(self.observed) {
            self.step(node, Action::SetReplicationLogin { node }, "it is not the one that redos gave it", []);
        }
        for (node, users) in changed_users(self.spec, self.observed) {
            let is_new = users.len() == 1 && users.contains(user::EXPORTER);
            let is_own = users.iter().all(|user| self.spec.users.0.contains_key(user));
            let why = if is_own {
                "the settings name it"
            } else if is_new {
                "the exporter logs in with it"
            } else {
                "they are not those that redos gave"
            };
            self.step(node, Action::SetUsers { node, users }, why, []);
        }
        for (node, users) in former_users(self.observed) {
            self.step(node, Action::RemoveUsers { node, users }, "the settings no longer name it", []);
        }
        if !self.spec.exporter {
            let has_left = |(_, users): &(NodeId, BTreeSet<String>)| users.contains(user::EXPORTER);
            for (node, _) in unknown_users(self.observed).filter(has_left) {
                let users = BTreeSet::from([user::EXPORTER.to_owned()]);
                self.step(node, Action::RemoveUsers { node, users }, "there is no exporter any more", []);
            }
        }
    }

    /// The master that a second master, or a replica of another server, has to follow, with the reason.
    ///
    /// It must be a master now and, if there are Sentinels, the one that they name.
    pub(super) fn should_follow(&self, node: NodeId, view: &RedisView) -> Option<(NodeId, String)> {
        // Until it has loaded its data it refuses to.
        if view.loading.is_some() {
            return None;
        }
        let group = node.group()?;
        let master = *self.masters.get(&group)?;
        let is_master = |view: &RedisView| matches!(view.role, RoleView::Master { .. });
        if node == master || self.standby_of.is_none() && !self.redis_view(master).is_some_and(is_master) {
            return None;
        }
        let follows = match &view.role {
            RoleView::Master { .. } => "claims to be master as well".to_owned(),
            RoleView::Replica { master: address, .. } => match node_at(*address, self.observed) {
                Some(other) if other == master => return None,
                Some(other) => format!("follows {other}"),
                None => format!("follows {address}"),
            },
        };
        let by_whom = match self.standby_of {
            Some(_) => "all others copy",
            None if majority_word(group, self.observed).is_some() => "the Sentinels name",
            None => "the master is",
        };
        Some((master, format!("it {follows}, but {by_whom} {master}")))
    }
}
