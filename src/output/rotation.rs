//! The output of `redos password rotate`.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Ui, command_line};
use crate::spec::secret::RotatedUser;
use crate::spec::{API_VERSION, ClusterName};

/// `kind: PasswordRotation`: a rotation of passwords that was begun or finished.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationDocument {
    pub api_version: &'static str,
    /// Always `PasswordRotation`, the kind of document.
    pub kind: &'static str,
    /// The cluster's name.
    pub cluster: ClusterName,
    /// Those whose passwords were changed.
    pub users: BTreeSet<RotatedUser>,
    /// Whether the old passwords are still accepted.
    pub open: bool,
    /// The number of finished steps.
    pub steps: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl RotationDocument {
    /// The document of a rotation that is open now, or has ended.
    pub fn new(cluster: &ClusterName, users: BTreeSet<RotatedUser>, open: bool, steps: usize, took: Duration) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "PasswordRotation",
            cluster: cluster.clone(),
            users,
            open,
            steps,
            seconds: took.as_secs_f64(),
        }
    }

    /// Reports which passwords are valid now, and what comes next.
    pub fn remarks(&self, ui: &Ui) {
        let Self { cluster, users, seconds, .. } = self;
        let words: Vec<&str> = users.iter().map(|user| user.as_str()).collect();
        let words = words.join(", ");
        let own = |verb: &str| command_line(cluster, verb);
        if !self.open {
            ui.status(format_args!("{cluster}: only the new passwords are accepted ({words}; {seconds:.2} s)"));
            ui.status("connections that logged in with an old password last until they end");
            return;
        }
        ui.status(format_args!(
            "{cluster}: new passwords are in use, and the old ones are still accepted ({words}; {seconds:.2} s)"
        ));
        if users.contains(&RotatedUser::Applications) {
            ui.hint(format_args!("give the new one to the applications: {}", own("url")));
        }
        for user in users {
            if let RotatedUser::Own(name) = user {
                ui.hint(format_args!(
                    "give the new one to those who use '{name}': {}",
                    own(&format!("url --user {name}"))
                ));
            }
        }
        if users.contains(&RotatedUser::Statistics) {
            ui.hint(format_args!(
                "give the new one to people and to Prometheus: {}, {}",
                own("url --stats"),
                own("metrics prometheus --dir DIR")
            ));
        }
        ui.hint(format_args!("then end it: {}", own("password rotate --finish")));
    }
}
