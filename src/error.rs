//! How a command ends: exit codes, and failures with their kind and hints.
//!
//! Rooms have error types of their own. On their way up they become a [`Failure`], which [`crate::output::Ui::failure`]
//! prints, once, in `main`.

use crate::apply::ApplyError;
use crate::engine::{EngineError, EngineErrorKind};
use crate::s3::S3Error;
use crate::servers::ServerError;
use crate::spec::ParseError;
use crate::spec::settings::Problems;

/// The exit codes: a contract with scripts. No number ever changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; healthy; nothing to change.
    Done,
    /// Not done, or the answer is no: unhealthy, a limit missed, changes pending.
    No,
    /// Wrong usage or an invalid configuration. Nothing was changed.
    Usage,
    /// A test lost acknowledged writes, or proves nothing because it was invalid.
    DataLoss,
    /// A deadline passed.
    Timeout,
    /// The Docker Engine, or the server of a bucket, cannot be reached.
    Unreachable,
    /// A port, a name or a subnet is in use by another owner.
    Conflict,
    /// There is no cluster of this name, or it is down and only its data exist.
    NoCluster,
    /// An image cannot be had: no registry can be reached or has it, and it cannot be made.
    NoImage,
    /// Interrupted by Ctrl-C or SIGTERM (128 + SIGINT, as shells count).
    Interrupted,
    /// The exit code of a program that was run in a node.
    Program(u8),
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::DataLoss => 3,
            Self::Timeout => 4,
            Self::Unreachable => 5,
            Self::Conflict => 6,
            Self::NoCluster => 7,
            Self::NoImage => 8,
            Self::Interrupted => 130,
            Self::Program(code) => code,
        }
    }

    /// [`Exit::Done`] for yes, [`Exit::No`] for no.
    pub const fn answer(yes: bool) -> Self {
        if yes { Self::Done } else { Self::No }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Kinds of failures that scripts tell apart. Each has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Anything without a kind of its own.
    Failed,
    /// Wrong usage or an invalid configuration.
    Usage,
    /// A deadline passed.
    Timeout,
    /// The Docker Engine, or the server of a bucket, cannot be reached.
    Unreachable,
    /// Something is in use by another owner.
    Conflict,
    /// The cluster does not exist.
    NoCluster,
    /// An image cannot be had: it is not local, and no registry is reachable or has it.
    Image,
    /// The user interrupted the command.
    Interrupted,
    /// The reader of the output stopped reading, as `head` does. It is not an error, and not printed.
    OutputClosed,
}

impl FailureKind {
    /// All kinds that are reported, in the order of their exit codes.
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Usage,
        Self::Timeout,
        Self::Unreachable,
        Self::Conflict,
        Self::NoCluster,
        Self::Image,
        Self::Interrupted,
    ];

    /// What a failure of this kind means, and what is left of the command. A sentence or two, for `redos explain`.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Failed => {
                "The command could not do what it was asked to. What it had done until then stays; its hints say what next."
            }
            Self::Image => {
                "An image is neither on the Engine nor can it be pulled or made: 'redos images' gets images, or carries them to a host without a registry."
            }
            Self::Usage => {
                "The command line or the settings are wrong, or what is asked for cannot be. Nothing was changed."
            }
            Self::Timeout => {
                "The time of the command is over. What it had done until then stays, and the same command goes on from there; the message names the condition that it waited for."
            }
            Self::Unreachable => {
                "The Docker Engine does not answer, denies access, or is too old, or the server of a bucket cannot be reached. The hints say how to reach it."
            }
            Self::Conflict => {
                "A port, a name, a network or the lock of the cluster belongs to something else, which the message names."
            }
            Self::NoCluster => {
                "There is no cluster of this name, or it is down and only its data exist: 'redos ls' lists all."
            }
            Self::Interrupted => {
                "Ctrl-C or SIGTERM ended it. Steps that had begun were finished; the message says what is left to do."
            }
            Self::OutputClosed => "Whoever read the output stopped reading. It is not reported.",
        }
    }

    /// The exit code of this kind.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Failed => Exit::No,
            Self::Usage => Exit::Usage,
            Self::Timeout => Exit::Timeout,
            Self::Unreachable => Exit::Unreachable,
            Self::Conflict => Exit::Conflict,
            Self::NoCluster => Exit::NoCluster,
            Self::Image => Exit::NoImage,
            Self::Interrupted => Exit::Interrupted,
            Self::OutputClosed => Exit::Done,
        }
    }

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Conflict => "conflict",
            Self::NoCluster => "noCluster",
            Self::Image => "image",
            Self::Interrupted => "interrupted",
            Self::OutputClosed => "outputClosed",
        }
    }
}

/// Why a command failed: the error with its causes, and what the user can do now.
///
/// Not itself a [`std::error::Error`]: it is the end of the way up, nothing wraps it.
#[derive(Debug)]
pub struct Failure {
    /// What kind of failure it is; decides the exit code.
    pub kind: FailureKind,
    /// What was tried on what, and why it failed.
    pub source: anyhow::Error,
    /// Details, each a heading with lines beneath it: the end of a node's log.
    pub notes: Vec<String>,
    /// Exact next commands or remedies.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure of this kind. The text fits "failed to …" or is a full sentence without its full stop.
    pub fn new(kind: FailureKind, source: impl Into<anyhow::Error>) -> Self {
        Self { kind, source: source.into(), notes: Vec::new(), hints: Vec::new() }
    }

    /// A failure of this kind that has no cause beneath it.
    pub fn message(kind: FailureKind, text: impl Into<String>) -> Self {
        Self::new(kind, anyhow::Error::msg(text.into()))
    }

    /// Adds a note: a heading, and lines beneath it.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure, as that of a step.
    fn in_step(self, step: &str) -> Self {
        Self { source: self.source.context(format!("failed to {step}")), ..self }
    }

    /// The error and its causes, outermost first, each as its own text.
    pub fn chain(&self) -> impl Iterator<Item = String> + '_ {
        self.source.chain().map(ToString::to_string)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(source: anyhow::Error) -> Self {
        Self { kind: FailureKind::Failed, source, notes: Vec::new(), hints: Vec::new() }
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::new(FailureKind::Usage, error)
    }
}

impl From<EngineError> for Failure {
    fn from(mut error: EngineError) -> Self {
        let kind = match error.kind {
            EngineErrorKind::Unreachable => FailureKind::Unreachable,
            EngineErrorKind::Conflict => FailureKind::Conflict,
            EngineErrorKind::UnfitImage(_) => FailureKind::Usage,
            EngineErrorKind::Image => FailureKind::Image,
            EngineErrorKind::NotFound
            | EngineErrorKind::NodeDied
            | EngineErrorKind::DamagedData
            | EngineErrorKind::Other => FailureKind::Failed,
        };
        let hints = std::mem::take(&mut error.hints);
        Self { hints, ..Self::new(kind, error) }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let kind = match error {
            ServerError::Timeout { .. } | ServerError::SwitchoverUnsettled { .. } => FailureKind::Timeout,
            ServerError::Connect { .. }
            | ServerError::Refused { .. }
            | ServerError::Unexpected { .. }
            | ServerError::WatchesAnother { .. }
            | ServerError::SwitchoverRefused { .. }
            | ServerError::TakeOverRefused { .. } => FailureKind::Failed,
        };
        Self::new(kind, error)
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let kind = match error {
            // The step names action and node; kind and remedies are those of its cause.
            ApplyError::Engine { step, source } => return Self::from(source).in_step(&step),
            ApplyError::Server { step, source } => return Self::from(source).in_step(&step),
            ApplyError::Refused(ref refusal) => {
                return Self { hints: refusal.next.clone(), ..Self::new(FailureKind::Failed, error) };
            }
            ApplyError::Timeout { .. } | ApplyError::Unfinished { .. } => FailureKind::Timeout,
            ApplyError::OtherSecrets { .. } => FailureKind::Usage,
            ApplyError::Interrupted { .. } => FailureKind::Interrupted,
            ApplyError::Impossible { .. } | ApplyError::Render { .. } | ApplyError::NewMaster { .. } => {
                FailureKind::Failed
            }
        };
        Self::new(kind, error)
    }
}

/// The kind of what a bucket failed with.
impl From<&S3Error> for FailureKind {
    fn from(error: &S3Error) -> Self {
        match error {
            S3Error::Address(_) | S3Error::NoCredentials(_) | S3Error::Settings(_) => Self::Usage,
            // Other credentials, another bucket or another name would do.
            S3Error::Refused { status: 300..=499, .. } if !error.may_pass() => Self::Usage,
            S3Error::Refused { .. } | S3Error::NotS3 { .. } => Self::Failed,
            S3Error::Unreachable { .. } | S3Error::Untrusted { .. } => Self::Unreachable,
            S3Error::Silent { .. } => Self::Timeout,
            S3Error::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::new(FailureKind::Usage, problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_keep_their_numbers() {
        let codes = [
            (Exit::Done, 0),
            (Exit::No, 1),
            (Exit::Usage, 2),
            (Exit::DataLoss, 3),
            (Exit::Timeout, 4),
            (Exit::Unreachable, 5),
            (Exit::Conflict, 6),
            (Exit::NoCluster, 7),
            (Exit::NoImage, 8),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }

    #[test]
    fn an_engine_error_keeps_its_kind_its_cause_and_its_hints() {
        let cause = anyhow::anyhow!("connection refused");
        let error = EngineError::new(EngineErrorKind::Unreachable, "list containers", cause).hinted("start it");
        let failure = Failure::from(error);
        assert_eq!(failure.kind.exit(), Exit::Unreachable);
        assert_eq!(failure.hints, ["start it"]);
        assert_eq!(failure.chain().collect::<Vec<_>>(), ["failed to list containers", "connection refused"]);
    }
}
