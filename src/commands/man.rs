//! `redos man`: the manual page, in the format of `man`.

use clap::Args;

use super::help;
use super::session::{Call, World};
use crate::error::{Exit, Failure, FailureKind};

/// Arguments of `man`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos man | man -l -
  redos man up | man -l -
  redos man > /usr/local/share/man/man1/redos.1")]
pub struct ManArgs {
    /// The verb whose page is printed; without one the page of redos
    #[arg(value_name = "VERB")]
    pub verb: Option<String>,
}

/// Prints the page.
///
/// # Errors
/// There is no such verb, or the output is closed.
pub async fn run<W: World>(args: ManArgs, call: Call<W>) -> Result<Exit, Failure> {
    call.ui.data(page(&args)?).map(|()| Exit::Done)
}

/// The page of redos, or of one verb.
///
/// # Errors
/// When there is no such verb.
pub fn page(args: &ManArgs) -> Result<String, Failure> {
    let mut command = help::command();
    // This gives every verb the options that all verbs take.
    command.build();
    let command = match &args.verb {
        None => command,
        Some(verb) => match command.find_subcommand(verb) {
            Some(found) => found.clone(),
            None => {
                let what = format!("failed to find a verb '{verb}'");
                return Err(Failure::message(FailureKind::Usage, what).hinted("redos --help lists the verbs"));
            }
        },
    };
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut bytes)
        .map_err(|error| anyhow::Error::new(error).context("failed to render the manual page"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
