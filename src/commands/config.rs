//! `redos config`: all settings and where each comes from.

use crate::error::Failure;
use crate::output::Ui;
use crate::output::table::{Column, Table};
use crate::spec::settings::{ConfigDocument, Settings, schema};

/// Shows the settings.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(ui: &Ui, settings: &Settings) -> Result<(), Failure> {
    let document = settings.document();
    ui.document(&document, |ui| text(&document, ui.width()))
}

/// Prints the JSON schema of `redos.yaml`, whatever the output format is: it has one form.
///
/// # Errors
/// When stdout cannot be written.
pub fn run_schema(ui: &Ui) -> Result<(), Failure> {
    ui.data(serde_json::to_string_pretty(&schema()).map_err(anyhow::Error::new)?)
}

fn text(document: &ConfigDocument, width: Option<u16>) -> String {
    let mut table = Table::new([Column::new("SETTING"), Column::text("VALUE"), Column::text("FROM")]);
    for row in &document.settings {
        table.row([row.path.clone(), row.text(), row.origin.clone()]);
    }
    table.render(width)
}
