//! Variables of the compose project that redos replaces: `REDIS_*`, `SENTINEL_*`, `ADMIN_*`.
//!
//! An application's `.env` sets them for its own purposes. So they count when a cluster is created, and an existing
//! cluster stays as it is: one remark names the variables that differ.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::secret::RotatedUser;
use super::super::{Secrets, Spec};
use super::given::{Given, put};
use super::passwords::GivenSecrets;
use super::problem::{Finding, Origin, Problem};
use super::table::Key;
use super::view::{shown, value};

/// The prefix of redos's own variables. All others are borrowed.
const OWN: &str = "REDOS_";

/// Whether a variable of the table is one of the compose project.
pub fn is_borrowed(variable: &str) -> bool {
    !variable.starts_with(OWN)
}

/// The values of borrowed variables where nothing else was given.
#[derive(Debug, Default)]
pub struct Borrowed {
    /// Values by setting.
    pub values: BTreeMap<Key, Given>,
    /// The passwords among them.
    pub secrets: GivenSecrets,
    /// What is wrong with the borrowed variables whose values are left out.
    pub problems: Vec<Problem>,
    /// Whether these problems are no reason to fail.
    pub is_forgiven: bool,
}

impl Borrowed {
    /// Whether a borrowed variable is among the causes of a clash of values.
    pub fn has_part_in(&self, clash: &Finding) -> Option<Key> {
        clash.keys.iter().copied().find(|key| self.values.contains_key(key))
    }

    /// The remark about variables that differ from the existing cluster. Passwords are compared if they are known.
    pub fn set_aside(&self, recorded: &Spec, own: Option<&Secrets>) -> Option<Problem> {
        let mut said = Vec::new();
        let mut variables = Vec::new();
        let mut rotated = Vec::new();
        for (key, given) in &self.values {
            let Origin::Environment(variable) = &given.origin else { continue };
            let differs = match key {
                Key::Password => self.other_password(RotatedUser::Applications, own, &mut rotated),
                Key::ReplicationPassword => self.other_password(RotatedUser::Replication, own, &mut rotated),
                Key::StatsPassword => self.other_password(RotatedUser::Statistics, own, &mut rotated),
                _ => other_value(*key, given, recorded),
            };
            let Some(differs) = differs else { continue };
            said.push(format!("{variable}{differs}"));
            variables.push(variable.as_str());
        }
        if variables.is_empty() {
            return None;
        }
        let mut fix = format!("to change the cluster, give a flag or a variable that begins with {OWN}");
        if !rotated.is_empty() {
            let users: String = rotated.iter().map(|user| format!(" --user {user}")).collect();
            let _ = write!(fix, "; to change passwords: redos -p {} password rotate{users}", recorded.name);
        }
        let _ = write!(fix, "; to silence this, unset {}", variables.join(", "));
        let what = format!("it stays as it was made, and these variables do not count: {}", said.join(", "));
        Some(Problem { origin: Origin::Recorded, what, fix, snippet: None })
    }

    /// What to say of the password for a user, if the cluster is known to have another one.
    fn other_password(
        &self,
        user: RotatedUser,
        own: Option<&Secrets>,
        rotated: &mut Vec<RotatedUser>,
    ) -> Option<String> {
        let given = self.secrets.of(&user)?;
        if own?.accepts(&user, given) {
            return None;
        }
        rotated.push(user);
        Some(" (the cluster has another password)".to_owned())
    }
}

fn other_value(key: Key, given: &Given, recorded: &Spec) -> Option<String> {
    let mut changed = recorded.clone();
    put(key.setting(), &given.text, &mut changed).ok()?;
    let (have, want) = (value(key.setting(), recorded), value(key.setting(), &changed));
    (have != want).then(|| format!("={} (the cluster has {})", shown(&want), shown(&have)))
}
