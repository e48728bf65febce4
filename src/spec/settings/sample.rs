//! The commented `redos.yaml` that `redos init` writes, from the table.

use serde_json::Value;

use super::super::{API_VERSION, ClusterName, Spec};
use super::file::KIND;
use super::table::{Key, SETTINGS, Setting, SettingKind};
use super::view;

/// The longest comment, in columns.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Settings of a cluster of redos. Lines that begin with '#' and no space show the defaults: take the '#' away to set them.
# Flags and environment variables win over this file; 'redos config' shows which one won.
# Run 'redos up' again after a change, 'redos plan' before it to see what it would do.
";

/// The file for a cluster with the defaults and this name.
///
/// The name and the numbers of nodes are set. All other settings are comments, so that a later redos can have better
/// defaults.
pub fn sample(name: &ClusterName) -> String {
    let spec = Spec::with_defaults(name.clone());
    let mut text = format!("{HEAD}apiVersion: {API_VERSION}\nkind: {KIND}\n");
    let mut section_before = None;
    for setting in &SETTINGS {
        let (section, key) = match setting.path.split_once('.') {
            Some((section, key)) => (Some(section), key),
            None => (None, setting.path),
        };
        if section.is_none() || section != section_before {
            text.push('\n');
        }
        if let Some(section) = section.filter(|_| section != section_before) {
            text.push_str(&format!("#{section}:\n"));
        }
        section_before = section;
        text.push_str(&comment(setting.help));
        let indent = if section.is_some() { "  " } else { "" };
        let mark = if is_set(setting) { "" } else { "#" };
        text.push_str(&format!("{mark}{indent}{key}:{}\n", form(setting, &spec)));
    }
    text
}

fn is_set(setting: &Setting) -> bool {
    // Without a line of its own the quorum follows the number of Sentinels.
    matches!(setting.kind, SettingKind::Name | SettingKind::Count(..)) && setting.key != Key::Quorum
}

/// What stands behind the colon: the default, or an example where there is none.
fn form(setting: &Setting, spec: &Spec) -> String {
    match setting.kind {
        SettingKind::Directives => "\n#  maxmemory: 256mb\n#  maxmemory-policy: allkeys-lru".to_owned(),
        SettingKind::Directory(_) => " ./data".to_owned(),
        SettingKind::Conf => " redis.conf".to_owned(),
        SettingKind::PasswordFile { .. } => {
            format!(" {}.txt", setting.flag.trim_start_matches("--").trim_end_matches("-file"))
        }
        _ => match view::value(setting, spec) {
            Value::String(text) if text.starts_with(|c: char| c.is_ascii_alphanumeric()) => format!(" {text}"),
            other => format!(" {other}"),
        },
    }
}

fn comment(help: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in help.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => *line = format!("{line} {word}"),
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n") + "\n"
}
