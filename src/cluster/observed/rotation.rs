//! How far a rotation of passwords is, by the files of the nodes. No password is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::secret::{PasswordKind, RotatedUser, Rotation, RotationStage};
use crate::spec::{NodeId, Role, Secrets};

/// A rotation of passwords, as far as the files of the nodes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationView {
    /// How far it is; `None` when it has ended and only files are outdated.
    pub stage: Option<RotationStage>,
    /// Those whose passwords it changes.
    pub users: BTreeSet<RotatedUser>,
    /// The nodes whose file of secrets is of an earlier version.
    pub outdated: BTreeSet<NodeId>,
    /// The Sentinels among them that log in with other passwords than they should.
    pub other_logins: BTreeSet<NodeId>,
}

impl RotationView {
    /// Compares the secrets of a cluster with those in the files of its nodes. `None` when there is nothing to tell.
    pub fn of(secrets: &Secrets, kept: &BTreeMap<NodeId, Secrets>) -> Option<Self> {
        let outdated: BTreeMap<_, _> = kept.iter().filter(|(_, own)| own.version < secrets.version).collect();
        let has_other = |own: &Secrets| {
            [PasswordKind::Sentinel, PasswordKind::Peers].into_iter().any(|kind| own.of(&kind) != secrets.of(&kind))
        };
        let others = outdated.iter().filter(|(node, own)| node.role() == Role::Sentinel && has_other(own));
        let view = Self {
            stage: secrets.rotation.as_ref().map(|rotation| rotation.stage),
            users: secrets.rotation.as_ref().map(Rotation::users).unwrap_or_default(),
            other_logins: others.map(|(node, _)| **node).collect(),
            outdated: outdated.into_keys().copied().collect(),
        };
        (view.stage.is_some() || !view.outdated.is_empty()).then_some(view)
    }

    /// Whether only the user can go on: every server accepts both passwords, and the new ones are used.
    pub fn awaits_user(&self) -> bool {
        self.stage == Some(RotationStage::Open) && self.outdated.is_empty()
    }
}
