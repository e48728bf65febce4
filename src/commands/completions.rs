//! `redos completions`: the script that completes redos in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let mut octets = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "redos", &mut octets);
    String::from_utf8_lossy(&octets).into_owned()
}
