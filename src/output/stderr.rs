//! The documents on stderr, one a line: remarks, errors and progress for a program that asked for JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Failure;
use crate::plan::{Step, StepId};
use crate::spec::API_VERSION;

/// `kind: Remark`: what happened beside the data.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemarkDocument<'a> {
    pub api_version: &'static str,
    /// Always `Remark`, the kind of document.
    pub kind: &'static str,
    pub level: RemarkLevel,
    pub text: &'a str,
}

/// What a remark is for.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RemarkLevel {
    /// It says what happened.
    Status,
    /// It says what may go wrong.
    Warning,
    /// It says what the user may want to do.
    Hint,
    /// It tells a call to Docker or to a server, with `-vv`.
    Call,
}

/// `kind: Error`: why a command failed.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDocument<'a> {
    pub api_version: &'static str,
    /// Always `Error`, the kind of document.
    pub kind: &'static str,
    /// The kind of failure, a word that does not change.
    pub code: &'static str,
    /// The exit code of the command.
    pub exit_code: u8,
    pub message: String,
    /// Why that is so, the nearest cause first.
    pub causes: Vec<String>,
    /// What else is known: what was changed, the end of a log.
    pub notes: &'a [String],
    /// What to do, with the exact next commands.
    pub hints: &'a [String],
}

/// `kind: Progress`: the start, wait or end of a step.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressDocument<'a> {
    pub api_version: &'static str,
    /// Always `Progress`, the kind of document.
    pub kind: &'static str,
    #[serde(flatten)]
    pub event: ProgressEvent<'a>,
}

/// What goes on.
#[derive(JsonSchema, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum ProgressEvent<'a> {
    /// A plan with this number of steps begins.
    PlanStarted { steps: usize },
    /// A step begins.
    StepStarted { step: &'a Step },
    /// A step waits.
    StepWaiting { id: StepId, reason: String },
    /// A step has succeeded.
    StepDone { id: StepId, seconds: f64 },
    /// A step has failed.
    StepFailed { id: StepId },
    /// The plan has ended.
    PlanDone { seconds: f64 },
    /// Something that takes long got further, such as the pull of an image.
    Progress {
        /// What it is about: an image.
        subject: &'a str,
        text: &'a str,
        /// `null` where its size is not known.
        bytes: Option<ProgressBytes>,
    },
}

/// How many bytes of how many are done.
#[derive(JsonSchema, Serialize)]
pub struct ProgressBytes {
    pub done: u64,
    pub total: u64,
}

impl<'a> RemarkDocument<'a> {
    /// The document of this text.
    pub const fn new(level: RemarkLevel, text: &'a str) -> Self {
        Self { api_version: API_VERSION, kind: "Remark", level, text }
    }
}

impl<'a> ErrorDocument<'a> {
    /// The document of this failure.
    pub fn new(failure: &'a Failure) -> Self {
        let mut chain = failure.chain();
        Self {
            api_version: API_VERSION,
            kind: "Error",
            code: failure.kind.as_str(),
            exit_code: failure.kind.exit().code(),
            message: chain.next().unwrap_or_default(),
            causes: chain.collect(),
            notes: &failure.notes,
            hints: &failure.hints,
        }
    }
}

impl<'a> ProgressDocument<'a> {
    /// The document of this event.
    pub const fn new(event: ProgressEvent<'a>) -> Self {
        Self { api_version: API_VERSION, kind: "Progress", event }
    }
}
