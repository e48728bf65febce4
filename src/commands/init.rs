//! `redos init`: a commented `redos.yaml`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Error;
use clap::Args;

use super::options::SettingsArgs;
use super::session::sources::{STDIN_OR_STDOUT, gather_without_file};
use super::session::{Call, World};
use crate::error::{Exit, Failure, FailureKind};
use crate::spec::settings::sample;

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos init
  redos init shop.yaml
  redos init -               to standard output")]
pub struct InitArgs {
    /// The file to write, '-' for standard output
    #[arg(value_name = "FILE", default_value = "redos.yaml")]
    pub path: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Writes the sample, for the named cluster.
///
/// # Errors
/// The file exists and `--force` is not given, or it cannot be written.
pub async fn run<W: World>(args: InitArgs, call: Call<W>) -> Result<Exit, Failure> {
    let name = gather_without_file(&call.global, &SettingsArgs::default())?.cluster_name()?;
    let ui = &call.ui;
    let sample = sample(&name);
    if args.path == Path::new(STDIN_OR_STDOUT) {
        return ui.data(sample).map(|()| Exit::Done);
    }
    let shown = args.path.display();
    let mut options = OpenOptions::new();
    // Without --force the file must be new: to ask first and to write then would leave a gap in between.
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
    Ok(Exit::Done)
}
