//! Brings what settings are read from to [`crate::spec::settings`]: flags, environment, file, password files.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Error;

use crate::cli::{Global, ImageArgs, SettingsArgs};
use crate::error::{Failure, FailureKind};
use crate::spec::settings::{FlagLayer, Key, SourceFile, Sources};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "redos.yaml";
/// Names standard input, or output, where a file is asked for.
pub const STDIN_OR_STDOUT: &str = "-";
/// Variables of redos that are no settings of a cluster, and are read where they belong.
const OTHER_VARIABLES: [&str; 2] = ["REDOS_FILE", "REDOS_HOST"];
/// The most that a file with settings or a password may have, in octets. Nobody needs more, and a mistaken
/// `-f /dev/zero` ends.
const FILE_MAX: u64 = 1 << 20;

/// Gathers the sources of settings: this is where files, environment and standard input are read.
///
/// # Errors
/// When a file was named and cannot be read, or the working directory is gone.
pub fn gather(global: &Global, settings: &SettingsArgs) -> Result<Sources<'static>, Failure> {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let named = global.file.clone().or_else(|| environment.get("REDOS_FILE").map(PathBuf::from));
    let work_dir = std::env::current_dir().map_err(|error| {
        let what = Error::new(error).context("failed to find the working directory");
        Failure::new(FailureKind::Usage, what).hinted("change to a directory that exists")
    })?;
    let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let file = match (read_text(&path), named) {
        (Ok(text), _) => Some(SourceFile { name: shown(&path), text }),
        (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => None,
        (Err(error), _) => {
            let what = Error::new(error).context(format!("failed to read the settings in {}", path.display()));
            return Err(Failure::new(FailureKind::Usage, what)
                .hinted("name the right file with -f, or write one with 'redos init'"));
        }
    };
    let file_dir = work_dir.join(path.parent().unwrap_or(Path::new("")));
    let flags = flags(settings).with(Key::Name, global.project.as_deref());
    let read_secret = &|path: &Path| read_text(path).map_err(|error| error.to_string());
    Ok(Sources { flags, environment, file, file_dir, work_dir, other_variables: &OTHER_VARIABLES, read_secret })
}

/// What the flags of a cluster's settings give. Every field is named, so that a new flag cannot be forgotten.
fn flags(args: &SettingsArgs) -> FlagLayer {
    let SettingsArgs {
        masters,
        replicas,
        sentinels,
        quorum,
        proxies,
        bind,
        port,
        read_port,
        stats_port,
        password_file,
        replication_password_file,
        persistence,
        data_dir,
        file_prefix,
        redis,
        down_after,
        failover_timeout,
        check_interval,
        stats_user,
        stats_password_file,
        images: ImageArgs { redis_image, proxy_image },
    } = args;
    FlagLayer::default()
        .with(Key::Masters, masters.as_deref())
        .with(Key::Replicas, replicas.as_deref())
        .with(Key::Sentinels, sentinels.as_deref())
        .with(Key::Quorum, quorum.as_deref())
        .with(Key::Proxies, proxies.as_deref())
        .with(Key::Bind, bind.as_deref())
        .with(Key::WritePort, port.as_deref())
        .with(Key::ReadPort, read_port.as_deref())
        .with(Key::StatsPort, stats_port.as_deref())
        .with(Key::Password, password_file.as_deref())
        .with(Key::ReplicationPassword, replication_password_file.as_deref())
        .with(Key::Persistence, persistence.as_deref())
        .with(Key::DataDir, data_dir.as_deref())
        .with(Key::FilePrefix, file_prefix.as_deref())
        .with_all(Key::Redis, redis)
        .with(Key::DownAfter, down_after.as_deref())
        .with(Key::FailoverTimeout, failover_timeout.as_deref())
        .with(Key::CheckInterval, check_interval.as_deref())
        .with(Key::StatsUser, stats_user.as_deref())
        .with(Key::StatsPassword, stats_password_file.as_deref())
        .with(Key::RedisImage, redis_image.as_deref())
        .with(Key::ProxyImage, proxy_image.as_deref())
}

/// The name of a file in messages.
fn shown(path: &Path) -> String {
    if path == Path::new(STDIN_OR_STDOUT) { "stdin".to_owned() } else { path.display().to_string() }
}

/// The text of a small file, or of standard input. It must be UTF-8.
fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = if path == Path::new(STDIN_OR_STDOUT) {
        std::io::stdin().lock().take(FILE_MAX + 1).read_to_string(&mut text)?
    } else {
        std::fs::File::open(path)?.take(FILE_MAX + 1).read_to_string(&mut text)?
    };
    if read as u64 > FILE_MAX {
        return Err(std::io::Error::other(format!("it is larger than {FILE_MAX} octets")));
    }
    Ok(text)
}
