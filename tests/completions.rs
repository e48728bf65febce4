//! The scripts in `completions/` are those that the binary prints, and complete what they should.

use std::env;
use std::fs;
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
        if script != completions::script(*shell).expect("a script") {
            let shell = shell.to_possible_value().expect("a word");
            stale.push(format!("cargo run -q -- completions {} > completions/{name}", shell.get_name()));
        }
    }
    assert!(stale.is_empty(), "the command line has changed; run\n{}", stale.join("\n"));
}

/// What Bash offers at the end of a line, with the program of this build.
fn bash_offers(line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_redos"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), env::var("PATH").unwrap_or_default());
    let asked = line.split(' ').count() - 1;
    let script = completions::script(Shell::Bash).expect("a script");
    let text = format!(
        "{script}\nCOMP_WORDS=({line} '')\nCOMP_CWORD={asked}\n\
         _clap_complete_redos redos \"${{COMP_WORDS[{asked}]}}\" ''\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    );
    let output = Command::new("bash").args(["--norc", "-c", &text]).env("PATH", path).output().expect("bash is here");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn bash_completes_every_verb_flags_and_faults() {
    let words = bash_offers("redos ");
    for verb in Cli::command().get_subcommands() {
        assert!(words.lines().any(|word| word == verb.get_name()), "{} in {words}", verb.get_name());
    }
    let words = bash_offers("redos up --re");
    for flag in ["--replicas", "--read-port", "--redis", "--redis-image", "--replication-password-file"] {
        assert!(words.lines().any(|word| word == flag), "{flag} in {words}");
    }
    assert_eq!(bash_offers("redos failover-test --fault p"), "pause\npartition\n");
    assert_eq!(bash_offers("redos chaos pause leader"), "leader-sentinel\n");
}

#[test]
fn a_line_for_another_engine_without_an_answer_gets_no_names() {
    assert_eq!(bash_offers("redos -H unix:///nowhere.sock logs redis"), "\n");
}
