//! `redos man`: the manual page, in the format of `man`.

use super::help;
use crate::cli::ManArgs;
use crate::error::{Failure, FailureKind};

/// The page of redos, or of one verb.
///
/// # Errors
/// When there is no such verb.
pub fn page(args: &ManArgs) -> Result<String, Failure> {
    let mut command = help::command();
    // Building gives every verb the options that all verbs take.
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
