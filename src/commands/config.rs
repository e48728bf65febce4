//! `redos config`: all settings and where each comes from.

use clap::Args;

use super::options::SettingsArgs;
use super::session::{Call, World};
use crate::error::{Exit, Failure};
use crate::output::config::config_text;
use crate::spec::settings::schema;

/// Arguments of `config`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Passwords are never shown. An invalid setting is reported with its place, and
the exit code is 2.

Examples:
  redos config
  redos config --masters 3 -o json
  redos config --schema > redos.schema.json   for completion in an editor")]
pub struct ConfigArgs {
    /// Print the JSON schema of redos.yaml instead
    #[arg(long)]
    pub schema: bool,
    /// The settings of the command line.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Shows the settings, or the JSON schema of `redos.yaml`, which is the same in every output format.
///
/// # Errors
/// The settings are invalid, or the output is closed.
pub async fn run<W: World>(args: ConfigArgs, call: Call<W>) -> Result<Exit, Failure> {
    let ui = call.ui.clone();
    if args.schema {
        ui.data(serde_json::to_string_pretty(&schema()).map_err(anyhow::Error::new)?)?;
        return Ok(Exit::Done);
    }
    let request = call.request(&args.settings)?;
    let document = call.settings(request).await?.document();
    ui.document(&document, |ui| config_text(&document, ui.width()))?;
    Ok(Exit::Done)
}
