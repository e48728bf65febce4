//! Reads the sources of [`crate::spec::settings`]: flags, environment, file, password files.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use anyhow::Error;

use crate::commands::options::{Global, SettingsArgs};
use crate::error::{Failure, FailureKind};
use crate::spec::settings::{Key, SourceFile, Sources};

/// The file that is read by default.
const DEFAULT_FILE: &str = "redos.yaml";
/// The word for standard input, or output, in place of a file.
pub const STDIN_OR_STDOUT: &str = "-";
/// Variables of redos that are not settings of a cluster, and are read elsewhere.
const OTHER_VARIABLES: [&str; 2] = ["REDOS_FILE", "REDOS_HOST"];
/// The largest file with settings or a password, in bytes. No user needs more, and a mistaken `-f /dev/zero` ends.
const FILE_MAX: u64 = 1 << 20;

/// Gathers the sources of settings: files, environment and standard input are read here.
///
/// # Errors
/// A named file cannot be read, or the working directory is gone.
pub fn gather(global: &Global, settings: &SettingsArgs) -> Result<Sources<'static>, Failure> {
    let mut sources = gather_without_file(global, settings)?;
    let found = |path: &Path| path.is_file().then(|| path.to_owned());
    let named = global.file.clone().or_else(|| sources.environment.get("REDOS_FILE").map(PathBuf::from));
    // As with git and Compose, the file of a folder counts in the folders below it as well.
    let above = || sources.work_dir.ancestors().skip(1).find_map(|folder| found(&folder.join(DEFAULT_FILE)));
    let here = PathBuf::from(DEFAULT_FILE);
    let path = match &named {
        Some(named) => named.clone(),
        None => found(&here).or_else(above).unwrap_or(here),
    };
    sources.file = match (read_text(&path), named) {
        (Ok(text), _) => Some(SourceFile { name: shown(&path), text }),
        (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => None,
        (Err(error), _) => {
            let what = Error::new(error).context(format!("failed to read the settings in {}", path.display()));
            return Err(Failure::new(FailureKind::Usage, what)
                .hinted("name the right file with -f, or write one with 'redos init'"));
        }
    };
    sources.file_dir = sources.work_dir.join(path.parent().unwrap_or(Path::new("")));
    Ok(sources)
}

/// The sources without `redos.yaml`, for the verb that writes it.
///
/// # Errors
/// The working directory is gone.
pub fn gather_without_file(global: &Global, settings: &SettingsArgs) -> Result<Sources<'static>, Failure> {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let work_dir = std::env::current_dir().map_err(|error| {
        let what = Error::new(error).context("failed to find the working directory");
        Failure::new(FailureKind::Usage, what).hinted("change to a directory that exists")
    })?;
    Ok(Sources {
        flags: settings.flags.clone().with(Key::Name, global.project.as_deref()),
        environment,
        file: None,
        file_dir: work_dir.clone(),
        work_dir,
        other_variables: &OTHER_VARIABLES,
        read_file: &read_text,
        find_host: &find_host,
    })
}

/// The IPv4 addresses of a host: a cluster's network has no others.
fn find_host(name: &str) -> std::io::Result<Vec<Ipv4Addr>> {
    let found = (name, 0).to_socket_addrs()?;
    Ok(found.filter_map(|address| if let SocketAddr::V4(v4) = address { Some(*v4.ip()) } else { None }).collect())
}

/// The name of a file in messages.
fn shown(path: &Path) -> String {
    if path == Path::new(STDIN_OR_STDOUT) { "stdin".to_owned() } else { path.display().to_string() }
}

/// The mark that editors on Windows put before UTF-8 text. It is not a part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text of a small file, or of standard input. It must be UTF-8.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = if path == Path::new(STDIN_OR_STDOUT) {
        std::io::stdin().lock().take(FILE_MAX + 1).read_to_string(&mut text)?
    } else {
        std::fs::File::open(path)?.take(FILE_MAX + 1).read_to_string(&mut text)?
    };
    if read as u64 > FILE_MAX {
        return Err(std::io::Error::other(format!("it is larger than {FILE_MAX} bytes")));
    }
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::commands::{Cli, Verb};
    use crate::spec::settings::table::SETTINGS;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_password_or_a_setting() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("password");
        std::fs::write(&file, "\u{feff}s3cret\n").expect("written");
        assert_eq!(read_text(&file).expect("a text"), "s3cret\n");
    }

    #[test]
    fn every_flag_reaches_its_setting() {
        for setting in &SETTINGS {
            // No type accepts this text, so that the setting answers with a problem.
            let cli = Cli::try_parse_from(["redos", "up", &format!("{}=~(", setting.flag)]).expect("the flag is known");
            let Verb::Up(args) = cli.verb else { panic!("not up") };
            let sources = Sources {
                flags: args.settings.flags.with(Key::Name, cli.global.project.as_deref()),
                environment: BTreeMap::new(),
                file: None,
                file_dir: PathBuf::from("/"),
                work_dir: PathBuf::from("/"),
                other_variables: &[],
                read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
                find_host: &|_| Err(std::io::ErrorKind::NotFound.into()),
            };
            let problems = sources.read().expect_err(setting.flag);
            let origins: Vec<String> = problems.0.iter().map(|problem| problem.origin.to_string()).collect();
            assert_eq!(origins, [format!("flag {}", setting.flag)]);
        }
    }

    #[test]
    fn flags_that_stand_beside_the_table_have_its_help() {
        let command = Cli::command();
        let scale = command.find_subcommand("scale").expect("scale is a verb");
        for key in [Key::Name, Key::Masters, Key::Replicas, Key::Sentinels, Key::Proxies] {
            let setting = key.setting();
            let flag = setting.flag.trim_start_matches('-');
            let mut arguments = scale.get_arguments().chain(command.get_arguments());
            let argument = arguments.find(|argument| argument.get_long() == Some(flag)).expect(flag);
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            // The name says itself what the settings' own heading says about the others.
            let expected = match key {
                Key::Name => format!("{} [env: REDOS_PROJECT] [default: redos]", setting.help),
                _ => setting.help.to_owned(),
            };
            assert_eq!(help, expected, "{flag}");
        }
    }
}
