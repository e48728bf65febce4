//! `redos chaos ls`: the faults that are not undone yet.

use schemars::JsonSchema;
use serde::Serialize;

use super::text_table::{Column, Table};
use super::{Named, Ui};

/// A fault that is not undone yet: an item of `kind: FaultList`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveFault {
    /// Its id in the journal.
    pub id: String,
    /// The fault, as on the command line: `latency=50ms`.
    pub fault: String,
    /// The target as the user named it: a node's name, or the container's.
    pub target: String,
    /// The container that has the fault.
    pub container: String,
    /// Seconds until it must be undone; negative when that time is over.
    pub seconds_left: i64,
}

impl Named for ActiveFault {
    fn name(&self) -> String {
        self.target.clone()
    }
}

/// The faults as a table.
pub fn faults_text(faults: &[ActiveFault], ui: &Ui) -> String {
    if faults.is_empty() {
        return "no fault is active".to_owned();
    }
    let mut table = Table::new([
        Column::new("FAULT"),
        Column::new("CONTAINER"),
        Column::number("SECONDS LEFT"),
        Column::new("ID").optional(),
    ]);
    for fault in faults {
        table.row([fault.fault.clone(), fault.container.clone(), fault.seconds_left.to_string(), fault.id.clone()]);
    }
    table.render(ui.width())
}
