//! The pages are true: what they generate is current, their links lead somewhere, and every command in them is one that
//! redos understands.

#[path = "pages/commands.rs"]
mod commands;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::{CommandFactory, Parser};
use redos::testing::commands::Cli;
use redos::testing::commands::schemas::{file_name, schemas};
use redos::testing::doctor::CHECKS;
use redos::testing::error::FailureKind;
use redos::testing::spec::settings::table::{SETTINGS, Setting, SettingKind};
use serde_json::Value;

use commands::{commands, pages, root, words};

/// Before the table of settings on its page.
const SETTINGS_BEGIN: &str = "<!-- generated: settings -->";
/// Before the table of checks on its page.
const CHECKS_BEGIN: &str = "<!-- generated: checks -->";
/// Before the table of errors on its page.
const ERRORS_BEGIN: &str = "<!-- generated: errors -->";
/// After a generated table.
const END: &str = "<!-- end -->";

#[test]
fn every_command_on_a_page_is_one_that_redos_understands() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in pages() {
        for command in commands(&text) {
            seen += 1;
            if let Err(why) = understood(&command) {
                wrong.push(format!("{}: {command}\n    {why}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(seen > 40, "only {seen} commands were found");
}

#[test]
fn a_command_that_redos_does_not_understand_is_found() {
    let page =
        "Run `redos scal --replicas 3`, or\n```console\n$ A=b redos scale \\\n    --no-such-flag 3   # why\n```\n";
    let found = commands(page);
    assert_eq!(found, ["redos scal --replicas 3", "redos scale --no-such-flag 3"]);
    assert!(found.iter().all(|command| understood(command).is_err()));
    assert!(understood("redos scal").is_err(), "a verb alone is a verb");
    for right in ["redos failover [--to redis-2]", "redos verify", "redos up --pubsub-patterns \"news.* jobs.*\""] {
        assert_eq!(understood(right), Ok(()), "{right}");
    }
}

#[test]
fn the_job_of_the_examples_calls_redos_as_it_wants_to_be_called() {
    let job = fs::read_to_string(root().join("examples/ci/failover-test.yaml")).expect("the job");
    let runs = job.lines().filter_map(|line| line.trim().strip_prefix("- run: "));
    let calls = runs.filter_map(|run| {
        let words: Vec<&str> = run.split_whitespace().collect();
        // By its name, or found by root: "$(command -v redos)".
        let at = words.iter().position(|word| word.trim_end_matches([')', '"']) == "redos")?;
        Some([&["redos"][..], words.get(at + 1..).unwrap_or_default()].concat().join(" "))
    });
    let calls: Vec<String> = calls.collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in calls {
        assert_eq!(understood(&call), Ok(()), "{call}");
    }
}

/// Whether the command line takes it. What is optional is in brackets, and the first of several alternatives is tried. A
/// verb alone is its name.
fn understood(command: &str) -> Result<(), String> {
    let plain = command.replace(['[', ']'], "");
    let words = words(plain.split('|').next().unwrap_or(&plain));
    if let [_, verb] = words.as_slice()
        && Cli::command().find_subcommand(verb).is_some()
    {
        return Ok(());
    }
    match Cli::try_parse_from(words) {
        Ok(_) => Ok(()),
        // Help and version, when they are asked for.
        Err(error) if !error.use_stderr() => Ok(()),
        Err(error) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

#[test]
fn links_lead_to_files_that_are_there() {
    let mut broken = Vec::new();
    for (path, text) in pages() {
        let folder = path.parent().expect("a folder");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            let has = |heading: &str| {
                let text = fs::read_to_string(&target).unwrap_or_default();
                text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
            };
            if !target.exists() || heading.is_some_and(|heading| !has(heading)) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>().replace(' ', "-")
}

#[test]
fn the_first_page_is_short_and_has_the_figure_at_its_top() {
    let text = fs::read_to_string(root().join("README.md")).expect("the first page");
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
    let top: Vec<&str> = text.lines().take(10).collect();
    assert!(top.join("\n").contains("44,877"), "the figure is in the first ten lines");
}

#[test]
fn the_first_page_has_every_verb_and_the_exit_codes_as_the_help_has_them() {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = fs::read_to_string(root().join("README.md")).expect("the first page");
    let table: String = page.lines().filter(|line| line.starts_with("| `redos ")).collect();
    let named: Vec<&str> = table.split(['`', ' ']).collect();
    let command = Cli::command();
    let missing: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|verb| *verb != "help" && !named.contains(verb))
        .collect();
    assert!(missing.is_empty(), "the table of commands has no {missing:?}");
    let help = one_line(&command.get_after_help().expect("the help ends with more").to_string());
    let (_, codes) = help.split_once("Exit codes: ").expect("exit codes");
    let codes = codes.split_once('.').map_or(codes, |(codes, _)| codes);
    assert!(one_line(&page).contains(&format!("Exit codes: {codes}.")), "{codes}");
}

#[test]
fn every_verb_is_on_a_page() {
    let is_below_docs = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("docs"));
    let texts: String = pages().into_iter().filter(|(path, _)| is_below_docs(path)).map(|(_, text)| text).collect();
    let named = |verb: &str| {
        let command = format!("redos {verb}");
        let after = |at: usize| texts[at + command.len()..].chars().next();
        texts.match_indices(&command).any(|(at, _)| after(at).is_none_or(|next| !next.is_alphanumeric() && next != '-'))
    };
    let command = Cli::command();
    let verbs = command.get_subcommands().map(clap::Command::get_name).filter(|verb| *verb != "help");
    let missing: Vec<&str> = verbs.filter(|verb| !named(verb)).collect();
    assert!(missing.is_empty(), "no page tells of {missing:?}");
}

#[test]
fn the_page_of_settings_has_every_setting_as_it_is() {
    is_current("docs/settings.md", SETTINGS_BEGIN, &settings_table());
}

#[test]
fn the_page_of_doctor_has_every_check_as_it_is() {
    is_current("docs/doctor.md", CHECKS_BEGIN, &checks_table());
}

#[test]
fn the_page_of_documents_has_every_code_of_errors() {
    let mut table = String::from("| code | exit code | meaning |\n|---|---|---|\n");
    for kind in FailureKind::ALL {
        let _ = writeln!(table, "| `{}` | {} | {} |", kind.as_str(), kind.exit().code(), kind.meaning());
    }
    is_current("docs/json.md", ERRORS_BEGIN, &table);
}

#[test]
fn schemas_are_those_of_the_types() {
    let folder = root().join("schemas");
    let page = fs::read_to_string(root().join("docs/json.md")).expect("the page of documents");
    let mut known = vec![file_name("FailoverReport")];
    for (kind, schema) in schemas() {
        let current = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        let path = folder.join(file_name(kind));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &current).expect("the schema is written");
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(text == current, "{} is stale; run UPDATE_DOCS=1 cargo test --test docs", path.display());
        assert!(page.contains(&format!("[`{kind}`](../schemas/{})", file_name(kind))), "docs/json.md has no {kind}");
        known.push(file_name(kind));
    }
    let files = fs::read_dir(&folder).expect("the schemas").map(|file| file.expect("a file").file_name());
    let unknown: Vec<_> = files.filter(|name| !known.iter().any(|known| name == known.as_str())).collect();
    assert!(unknown.is_empty(), "no document has the schemas {unknown:?}");
}

/// Checks the generated table of a page, or writes it.
fn is_current(page: &str, begin: &str, table: &str) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).expect(page);
    let (before, rest) = text.split_once(begin).expect("the beginning of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let current = format!("{before}{begin}\n{table}{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, current).expect("the page is written");
        return;
    }
    assert!(text == current, "the table of {page} has changed; run UPDATE_DOCS=1 cargo test --test docs");
}

fn checks_table() -> String {
    let mut text = String::from("| id | severity | finding | why it matters | what to do |\n|---|---|---|---|---|\n");
    for check in CHECKS {
        // A purpose, if there is one, and the command.
        let remedy = |remedy: &&str| match remedy.split_once(": ") {
            Some((purpose, command)) => format!("{purpose}: `{command}`"),
            None if remedy.starts_with("redos ") || remedy.starts_with("docker ") => format!("`{remedy}`"),
            None => (*remedy).to_owned(),
        };
        let remedies: Vec<String> = check.remedies.iter().map(remedy).collect();
        let source = check.source.map(|source| format!(" ({source})")).unwrap_or_default();
        let why = format!("{}{source}", check.why);
        let columns = [&format!("`{}`", check.id), check.severity.as_str(), check.title, &why, &remedies.join("; ")];
        let _ = writeln!(text, "| {} |", columns.map(|column| column.replace('|', "\\|")).join(" | "));
    }
    text
}

fn settings_table() -> String {
    let defaults = defaults();
    let mut text = String::from("| key | flag | variables | default | meaning |\n|---|---|---|---|---|\n");
    for setting in &SETTINGS {
        let variables: Vec<String> = setting.all_variables().map(|name| format!("`{name}`")).collect();
        let flag = match setting.kind {
            SettingKind::Directives => format!("{} NAME=VALUE", setting.flag),
            _ => setting.flag.to_owned(),
        };
        // Some helps say in words what the default follows from.
        let (meaning, said) = match setting.help.split_once(" [default: ") {
            Some((meaning, said)) => (meaning, said.strip_suffix(']')),
            None => (setting.help, None),
        };
        let _ = writeln!(
            text,
            "| `{}` | `{flag}` | {} | {} | {} |",
            setting.path,
            variables.join(", "),
            said.map_or_else(|| default(setting, &defaults), str::to_owned),
            meaning.replace('|', "\\|")
        );
    }
    text
}

/// What `redos config` says when nobody has set anything.
fn defaults() -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut redos = Command::new(env!("CARGO_BIN_EXE_redos"));
    let output = redos.args(["config", "-o", "json"]).current_dir(folder.path()).env_clear().output();
    let document: Value = serde_json::from_slice(&output.expect("redos runs").stdout).expect("JSON");
    document["settings"].as_array().expect("settings").clone()
}

fn default(setting: &Setting, defaults: &[Value]) -> String {
    let row = defaults.iter().find(|row| row["path"] == setting.path);
    match row.map(|row| &row["value"]) {
        Some(Value::Null) if matches!(setting.kind, SettingKind::PasswordFile { .. }) => "a random one".to_owned(),
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "none".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    }
}
