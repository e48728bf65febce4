//! `redos completions`: the script that completes redos in a shell.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell as Generator;

use super::Cli;
use super::session::{Call, World};
use crate::error::{Exit, Failure};

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
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

/// Prints the script.
///
/// # Errors
/// The output is closed.
pub async fn run<W: World>(args: CompletionsArgs, call: Call<W>) -> Result<Exit, Failure> {
    call.ui.data(script(args.shell)).map(|()| Exit::Done)
}

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
        Shell::Elvish => Generator::Elvish,
    };
    let mut bytes = Vec::new();
    clap_complete::generate(generator, &mut Cli::command(), "redos", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
