//! The scripts in `completions/` are those that the binary prints, and complete what they should.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use clap::{CommandFactory, ValueEnum};
use redos::testing::commands::Cli;
use redos::testing::commands::completions::{self, Shell};

/// The name of the script that a shell looks for.
fn file_name(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "redos.bash",
        Shell::Elvish => "redos.elv",
        Shell::Fish => "redos.fish",
        Shell::Zsh => "_redos",
    }
}

#[test]
fn the_scripts_are_those_that_the_binary_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let mut stale = Vec::new();
    for shell in Shell::value_variants() {
        let name = file_name(*shell);
        let script = fs::read_to_string(folder.join(name)).unwrap_or_default();
        if script != completions::script(*shell) {
            let shell = shell.to_possible_value().expect("a word");
            stale.push(format!("cargo run -q -- completions {} > completions/{name}", shell.get_name()));
        }
    }
    assert!(stale.is_empty(), "the command line has changed; run\n{}", stale.join("\n"));
}

#[test]
fn bash_completes_every_verb_and_the_flags_of_up() {
    let script = completions::script(Shell::Bash);
    let complete = |words: &str| {
        let asked = words.split(' ').count() - 1;
        let text = format!(
            "{script}\nCOMP_WORDS=({words} '')\nCOMP_CWORD={asked}\n_redos redos \"${{COMP_WORDS[{asked}]}}\" ''\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        // The script is longer than one argument may be.
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("room for it");
        let output = Command::new("bash").arg("--norc").arg(file.path()).output().expect("bash is here");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let words = complete("redos ");
    for verb in Cli::command().get_subcommands() {
        assert!(words.lines().any(|word| word == verb.get_name()), "{} in {words}", verb.get_name());
    }
    let words = complete("redos up --re");
    for flag in ["--replicas", "--read-port", "--redis", "--redis-image", "--replication-password-file"] {
        assert!(words.lines().any(|word| word == flag), "{flag} in {words}");
    }
}
