//! `redos init`: a commented `redos.yaml`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Error;

use super::sources::STDIN_OR_STDOUT;
use crate::cli::InitArgs;
use crate::error::{Failure, FailureKind};
use crate::output::Ui;
use crate::spec::ClusterName;
use crate::spec::settings::SAMPLE;

/// Writes the sample for a cluster of this name.
///
/// # Errors
/// When the file is already there and `--force` is not given, or when it cannot be written.
pub fn run(ui: &Ui, name: &ClusterName, args: &InitArgs) -> Result<(), Failure> {
    let sample = SAMPLE.replace(&format!("\nname: {}\n", ClusterName::default()), &format!("\nname: {name}\n"));
    if args.path == Path::new(STDIN_OR_STDOUT) {
        return ui.data(sample);
    }
    let shown = args.path.display();
    let mut options = OpenOptions::new();
    // Without --force the file must be new: asking first and writing then would leave a gap in between.
    options.write(true).create(args.force).truncate(args.force).create_new(!args.force);
    let written = options.open(&args.path).and_then(|mut file| file.write_all(sample.as_bytes()));
    written.map_err(|error| {
        let is_there = error.kind() == ErrorKind::AlreadyExists;
        let failure = Failure::new(
            if is_there { FailureKind::Usage } else { FailureKind::Failed },
            Error::new(error).context(format!("failed to write {shown}")),
        );
        if is_there { failure.hinted("give --force to overwrite it, or another name") } else { failure }
    })?;
    ui.status(format!("wrote {shown}"));
    ui.hint("change what you need, see 'redos config', then run 'redos up'");
    Ok(())
}
