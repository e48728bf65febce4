//! The verdict of a failover test, from its history alone.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;

use crate::chaos::report::FailoverReport;
use crate::chaos::verdict::Level;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::Ui;
use crate::output::report::{Timeline, junit, page, text};

/// The file name of the report as JSON.
pub const DOCUMENT: &str = "report.json";
/// The file name of the report as a page.
pub const PAGE: &str = "report.html";
/// The file name of the report for CI.
const JUNIT: &str = "junit.xml";
/// The file name of the history.
pub const HISTORY: &str = "history.ndjson";

/// Judges a history, shows the report, and writes its other forms into a folder if one is given.
///
/// # Errors
/// The history cannot be read, or the report cannot be written.
pub fn judge(ui: &Ui, history: &Path, folder: Option<&Path>) -> Result<Exit, Failure> {
    let file = File::open(history).map_err(|error| {
        let what = anyhow::Error::new(error).context(format!("failed to open {}", history.display()));
        Failure::new(FailureKind::Usage, what).hinted("a history is written by: redos failover-test --report DIR")
    })?;
    let mut timelines = Vec::new();
    let report = FailoverReport::of_history(BufReader::new(file), |evidence, round| {
        timelines.push(Timeline::of(evidence, round));
    });
    let report = report.with_context(|| format!("failed to judge {}", history.display()))?;
    let written = folder.map(|folder| folder.join(PAGE));
    ui.document(&report, |ui| text(&report, written.as_deref(), ui))?;
    if let Some(folder) = folder {
        let document = serde_json::to_string_pretty(&report).map_err(anyhow::Error::new)?;
        let files = [(DOCUMENT, document), (JUNIT, junit(&report)), (PAGE, page(&report, &timelines)?)];
        fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
        for (name, content) in files {
            let path = folder.join(name);
            fs::write(&path, content).with_context(|| format!("failed to write {}", path.display()))?;
        }
        ui.status(format_args!("report: {}", folder.join(PAGE).display()));
    }
    Ok(match report.verdict {
        Level::Pass => Exit::Done,
        Level::FailOutage => Exit::No,
        Level::FailData | Level::Invalid => Exit::DataLoss,
    })
}
