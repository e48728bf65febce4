//! `redos verify`: judges a test once more, from its history alone.

use std::path::PathBuf;

use clap::Args;

use super::session::judge::judge;
use super::session::{Call, World};
use crate::error::{Exit, Failure};

/// Arguments of `verify`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The verdict is computed from the history alone, as at the end of the test.

Examples:
  redos verify out/history.ndjson
  redos verify out/history.ndjson --report again -o json")]
pub struct VerifyArgs {
    /// The history to judge
    #[arg(value_name = "FILE")]
    pub history: PathBuf,
    /// Write report.json, junit.xml and report.html into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// Judges a history.
///
/// # Errors
/// The history cannot be read, or the report cannot be written.
pub async fn run<W: World>(args: VerifyArgs, call: Call<W>) -> Result<Exit, Failure> {
    judge(&call.ui, &args.history, args.report.as_deref())
}
