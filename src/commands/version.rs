//! `redos version`: which redos this is, and with what it works.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::session::{Call, World};
use crate::engine::image::ImageKind;
use crate::engine::{Clusters, EngineVersion};
use crate::error::{Exit, Failure};
use crate::output::Ui;
use crate::output::text_table::{Column, Table};
use crate::spec::{API_VERSION, REDOS_VERSION};

/// Arguments of `version`: none of its own.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without an Engine it prints what it knows, and the exit code is 5.

Examples:
  redos version
  redos version -o json | jq -r .engine.version")]
pub struct VersionArgs;

/// The document: `kind: Version`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    api_version: &'static str,
    /// Always `Version`, the kind of document.
    kind: &'static str,
    /// The version of redos.
    redos: &'static str,
    /// `null` where no Engine answers.
    engine: Option<EngineVersion>,
    /// The Engine and where it is, in words.
    #[serde(skip)]
    engine_in_words: String,
    /// What `auto` pulls where a registry is in reach.
    auto_images: Vec<&'static str>,
    /// The releases of the servers in images that redos works with, in words.
    supported_servers: Vec<&'static str>,
}

/// Prints the versions.
///
/// # Errors
/// The output is closed, or, after that, no Engine answers.
pub async fn run<W: World>(_: VersionArgs, call: Call<W>) -> Result<Exit, Failure> {
    let ui = call.ui.clone();
    let session = call.connect().await;
    let engine = session.as_ref().ok().map(|session| &session.engine);
    let version = Version {
        api_version: API_VERSION,
        kind: "Version",
        redos: REDOS_VERSION,
        engine: engine.and_then(|engine| engine.version()),
        engine_in_words: engine.map_or_else(|| "none answers".to_owned(), |engine| engine.describe()),
        auto_images: ImageKind::ALL.map(ImageKind::pinned).into(),
        supported_servers: ImageKind::ALL.map(ImageKind::supported).into(),
    };
    ui.document(&version, |ui| text(&version, ui))?;
    session.map(|_| Exit::Done)
}

fn text(version: &Version, ui: &Ui) -> String {
    let mut table = Table::new([Column::new("WHAT"), Column::text("VERSION")]);
    let engine = match &version.engine {
        Some(EngineVersion { oldest_api, .. }) => {
            format!("{}; redos needs API {oldest_api} or newer", version.engine_in_words)
        }
        None => version.engine_in_words.clone(),
    };
    table.row(["redos".to_owned(), version.redos.to_owned()]);
    table.row(["Engine".to_owned(), engine]);
    table.row(["images".to_owned(), format!("{} are what 'auto' pulls", version.auto_images.join(", "))]);
    table.row(["supported".to_owned(), version.supported_servers.join(", ")]);
    table.render(ui.width())
}
