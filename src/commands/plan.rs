//! `redos plan`: the steps of `up` with their reasons, without a change.

use clap::Args;

use super::options::SettingsArgs;
use super::session::{Call, World, propose};
use crate::error::{Exit, Failure};
use crate::plan::next;

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The exit code is 0 when there is nothing to do and 1 when there is.

Examples:
  redos plan
  redos plan --replicas 4
  redos plan -o json")]
pub struct PlanArgs {
    /// The settings of the command line.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Shows the plan. The answer is yes when there is nothing to do.
///
/// # Errors
/// As [`propose::up`].
pub async fn run<W: World>(args: PlanArgs, call: Call<W>) -> Result<Exit, Failure> {
    propose::up(call, &args.settings, |_| Ok(()), next).await
}
