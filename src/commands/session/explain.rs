//! Explains why a verb failed, and what helps.

use super::{Session, World};
use crate::apply::ApplyError;
use crate::engine::Nodes;
use crate::error::Failure;
use crate::output::command_line;
use crate::spec::Spec;
use crate::spec::secret::RotatedUser;

/// Last lines of a node's log in an error.
const LOG_LINES: usize = 15;

impl<W: World> Session<W> {
    /// A failed walk as a failure, with the commands that help.
    ///
    /// A time-out also gets the end of the log of the nodes that it concerns.
    pub async fn explain(&self, spec: &Spec, error: ApplyError) -> Failure {
        let own = |verb: &str| command_line(&spec.name, verb);
        let (concerns, hints) = match &error {
            // The log of a loading node adds nothing to its own answer.
            ApplyError::Timeout { loading: Some(seconds), .. } => {
                (Vec::new(), waiting_helps(own, minutes_for(*seconds)))
            }
            ApplyError::Timeout { concerns, .. } => (concerns.clone(), waiting_helps(own, MINUTES)),
            ApplyError::Unfinished { .. } => (Vec::new(), waiting_helps(own, MINUTES)),
            ApplyError::Interrupted { .. } => {
                let hints =
                    [format!("go on from here: {}", own("up")), format!("remove what there is: {}", own("down"))];
                (Vec::new(), hints.to_vec())
            }
            ApplyError::OtherSecrets { users } => (Vec::new(), own_password_helps(own, users)),
            ApplyError::Server { .. } => {
                let hints =
                    [format!("see what is wrong: {}", own("status")), format!("go on from here: {}", own("up"))];
                (Vec::new(), hints.to_vec())
            }
            ApplyError::Engine { .. }
            | ApplyError::Impossible { .. }
            | ApplyError::Refused(_)
            | ApplyError::Render { .. }
            | ApplyError::NewMaster { .. } => (Vec::new(), Vec::new()),
        };
        let left = match &error {
            ApplyError::Interrupted { left, .. } if !left.is_empty() => {
                Some(format!("left to do:\n{}", left.join("\n")))
            }
            _ => None,
        };
        let mut failure = Failure::from(error);
        failure.notes.extend(left);
        for node in concerns {
            if let Ok(log) = self.engine.log_tail(&spec.name, node, LOG_LINES).await
                && !log.trim().is_empty()
            {
                failure = failure.noted(format!("the end of the log of {node}:\n{}", log.trim_end()));
            }
        }
        failure.hints.extend(hints);
        failure
    }
}

/// A running cluster keeps its passwords: a variable that happens to be set must not lock its clients out.
fn own_password_helps(own: impl Fn(&str) -> String, users: &[RotatedUser]) -> Vec<String> {
    let users: String = users.iter().map(|user| format!(" --user {user}")).collect();
    let rotate = own(&format!("password rotate{users}"));
    vec![
        "keep the cluster's own: give no password, by flag, variable or file ('redos config' shows who gave it)"
            .to_owned(),
        format!("see the cluster's own: {}", own("url")),
        format!("change it to the given one while clients go on: {rotate}, with the same flag, variable or file"),
    ]
}

/// The time-out that redos proposes after one, in minutes.
const MINUTES: u64 = 5;

/// A time-out in minutes for nodes that need this many more seconds to load their data.
///
/// They copy their master's data afterwards.
fn minutes_for(seconds: u64) -> u64 {
    (2 * seconds).div_ceil(60).clamp(MINUTES, 24 * 60)
}

fn waiting_helps(own: impl Fn(&str) -> String, minutes: u64) -> Vec<String> {
    let longer = own(&format!("up --timeout {minutes}m"));
    vec![format!("see what is wrong: {}", own("status")), format!("wait longer: {longer}")]
}
