//! What the Engines of several hosts say of themselves.

use crate::spec::Host;

/// What an Engine says of itself and of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFacts {
    /// What tells it from every other Engine.
    pub identity: EngineIdentity,
    /// Its version: `20.10.24`.
    pub version: String,
    /// The version of its API: `1.41`.
    pub api: String,
    /// Its machine type in Docker's words: `amd64`.
    pub architecture: String,
    /// How many milliseconds its clock is ahead of this machine's; `None` if it does not tell the time.
    pub ahead_ms: Option<i64>,
}

/// What tells an Engine from every other one. Its id alone does not: copies of one virtual machine share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIdentity {
    /// The id that it made for itself.
    pub id: String,
    /// The name of its machine.
    pub machine: String,
    /// The folder of its data.
    pub folder: String,
}

/// A host, with the answer of its Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedHost {
    /// The host as the settings have it.
    pub host: Host,
    /// What its Engine says, or why it says nothing.
    pub engine: Result<EngineFacts, Unanswered>,
}

/// Why the Engine of a host does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The reason, in the words of ssh or of the system where those have it.
    pub why: String,
    /// What the user can do, as hints of errors are.
    pub remedies: Vec<String>,
}
