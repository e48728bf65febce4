//! `redos completions`: the script that completes redos in a shell.
//!
//! The script asks redos itself at each TAB ([`live`]), so that it also completes what there is: clusters, nodes, groups.

pub mod live;

use std::io;

use clap::{Args, ValueEnum};
use clap_complete::env::Shells;

use super::session::{Call, World};
use crate::error::{Exit, Failure};

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The script asks redos at each TAB, so that names of clusters, nodes, groups and
faults are completed as well. Print it anew after an update of redos.

Examples:
  redos completions bash > ~/.local/share/bash-completion/completions/redos
  redos completions zsh > \"${fpath[1]}/_redos\"
  redos completions fish > ~/.config/fish/completions/redos.fish")]
pub struct CompletionsArgs {
    /// The shell: bash, zsh, fish or elvish
    #[arg(hide_possible_values = true)]
    pub shell: Shell,
}

/// A shell that redos has completions for, of those on Linux, macOS and WSL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The GNU shell Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// The fish shell.
    Fish,
    /// The Elvish shell.
    Elvish,
}

impl Shell {
    /// Its name, which is also that of its adapter in the library.
    const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Elvish => "elvish",
        }
    }
}

/// Prints the script.
///
/// # Errors
/// The output is closed.
pub async fn run<W: World>(args: CompletionsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let script = script(args.shell).map_err(anyhow::Error::new)?;
    call.ui.data(script).map(|()| Exit::Done)
}

/// The script for a shell. It runs the `redos` of the user's `PATH`.
///
/// # Errors
/// The library has no adapter for the shell.
pub fn script(shell: Shell) -> io::Result<String> {
    let shells = Shells::builtins();
    let adapter = shells.completer(shell.name()).ok_or(io::ErrorKind::Unsupported)?;
    let mut script = Vec::new();
    adapter.write_registration(live::VARIABLE, "redos", "redos", "redos", &mut script)?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}
