//! `redos explain`: what a finding of `redos doctor` means, or the code of an error.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::session::{Call, World};
use crate::doctor::catalogue::of_id;
use crate::doctor::{CHECKS, HealthCheck};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::doctor::{catalogue, error_explanation, explanation};
use crate::spec::API_VERSION;

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It asks no Engine. NODE, CONTAINER, NAME and VALUE stand for what a finding fills in.

Examples:
  redos explain                      all findings
  redos explain replica-link-down
  redos explain noCluster            a code of errors, as in -o json
  redos explain -o json | jq -r '.items[].id'")]
pub struct ExplainArgs {
    /// Id of a finding or code of an error; all findings unless given
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

/// The document of one check: `kind: HealthCheck`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckDocument {
    api_version: &'static str,
    /// Always `HealthCheck`, the kind of document.
    kind: &'static str,
    #[serde(flatten)]
    check: &'static HealthCheck,
    /// Whether `redos up` repairs it.
    repaired_by_up: bool,
}

/// The document of one code of errors: `kind: ErrorCode`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorCode {
    api_version: &'static str,
    /// Always `ErrorCode`, the kind of document.
    kind: &'static str,
    /// The field `code` of documents of kind `Error`.
    id: &'static str,
    /// The exit code of a command that fails so.
    exit_code: u8,
    /// What it means, and what is left of the command.
    meaning: &'static str,
}

impl ErrorCode {
    const fn new(kind: FailureKind) -> Self {
        let (id, exit_code, meaning) = (kind.as_str(), kind.exit().code(), kind.meaning());
        Self { api_version: API_VERSION, kind: "ErrorCode", id, exit_code, meaning }
    }
}

/// Prints a row of the catalogue, or all.
///
/// # Errors
/// There is no such id, or the output is closed.
pub async fn run<W: World>(args: ExplainArgs, call: Call<W>) -> Result<Exit, Failure> {
    let Some(id) = &args.id else {
        let list = List::new("HealthCheckList", CHECKS.to_vec());
        call.ui.list(&list, |ui| catalogue(&list.items, ui))?;
        return Ok(Exit::Done);
    };
    if let Some(kind) = FailureKind::ALL.into_iter().find(|kind| kind.as_str() == id) {
        let document = ErrorCode::new(kind);
        call.ui.document(&document, |ui| error_explanation(kind, ui))?;
        return Ok(Exit::Done);
    }
    let check = of_id(id).ok_or_else(|| unknown(id))?;
    let repaired_by_up = check.is_repaired_by_up();
    let document = CheckDocument { api_version: API_VERSION, kind: "HealthCheck", check, repaired_by_up };
    call.ui.document(&document, |ui| explanation(check, ui))?;
    Ok(Exit::Done)
}

fn unknown(id: &str) -> Failure {
    let similar: Vec<&str> = CHECKS
        .iter()
        .map(|check| check.id)
        .filter(|known| id.split('-').any(|word| word.len() > 2 && known.contains(word)))
        .collect();
    let failure = Failure::message(FailureKind::Usage, format!("no finding and no error has the id '{id}'"));
    let failure =
        if similar.is_empty() { failure } else { failure.hinted(format!("similar ones: {}", similar.join(", "))) };
    failure.hinted("see all: redos explain")
}
