//! `redos config`: settings with their origins.

use super::text_table::{Column, Table};
use crate::spec::settings::ConfigDocument;

/// The settings as a table of at most `width` columns.
pub fn config_text(document: &ConfigDocument, width: Option<u16>) -> String {
    let mut table = Table::new([Column::new("SETTING"), Column::text("VALUE"), Column::text("FROM")]);
    for row in &document.settings {
        table.row([row.path.clone(), row.text(), row.origin.clone()]);
    }
    table.render(width)
}
