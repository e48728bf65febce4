//! `redos explain`: what a finding of `redos doctor` means.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::session::{Call, World};
use crate::doctor::catalogue::of_id;
use crate::doctor::{CHECKS, HealthCheck};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::doctor::{catalogue, explanation};
use crate::spec::API_VERSION;

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It asks no Engine. NODE, CONTAINER, NAME and VALUE stand for what a finding fills in.

Examples:
  redos explain                      all of them
  redos explain replica-link-down
  redos explain -o json | jq -r '.items[].id'")]
pub struct ExplainArgs {
    /// Id of a finding; all unless given
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
    let failure = Failure::message(FailureKind::Usage, format!("no finding has the id '{id}'"));
    let failure =
        if similar.is_empty() { failure } else { failure.hinted(format!("similar ones: {}", similar.join(", "))) };
    failure.hinted("see all: redos explain")
}
