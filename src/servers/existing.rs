//! A Redis server outside of the cluster that the user migrates from, and whether it can be followed.

use std::io;

use redis::{RedisError, Value, pipe};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::link::Link;
use super::reply::{self, Info};
use crate::dial::Stream;
use crate::spec::images::line;
use crate::spec::{Release, Secret};

/// The oldest version that can pause writes alone and still replicate them (`CLIENT PAUSE … WRITE`, Redis 6.2).
const VERSION_MIN: (u64, u64) = (6, 2);
/// Bytes of a server's first line, at most. Redis's longest explains its protected mode.
const LINE_MAX: usize = 2048;

/// Why a server cannot be followed. Each is the end of a sentence about the server.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unfit {
    /// No connection could be opened.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It answers, but not as Redis does.
    #[error("does not answer like a Redis server: {0}")]
    Strange(String),
    /// It needs no password, but a node of redos does: its clients would be locked out after the take-over.
    #[error("has no password, but the cluster has one: its clients would be refused after the take-over")]
    NoPassword,
    /// It needs a password, and none was given.
    #[error("asks for a password, but none was given")]
    PasswordUnknown,
    /// It refuses the password.
    #[error("refuses the password: {0}")]
    PasswordWrong(String),
    /// It is a replica itself.
    #[error("is a replica of {0} and not a master")]
    Replica(String),
    /// It is a Sentinel, or part of a Redis Cluster.
    #[error("runs in the mode '{0}' and cannot be copied")]
    Mode(String),
    /// Its version is too old.
    #[error("has version {0}, but only 6.2 and later can pause writes while another server takes over")]
    TooOld(String),
    /// It does not have a command that redos needs.
    #[error("does not have the command {0}, which redos needs")]
    NoCommand(&'static str),
    /// It has keys in a database that the cluster does not have.
    #[error("has keys in database {database}, but the cluster has only {databases} databases")]
    Databases {
        /// The highest database with keys, counted from 0.
        database: u64,
        /// The number of databases of the cluster.
        databases: u64,
    },
    /// It has modules that the cluster's nodes lack, and may have data of them.
    #[error("has modules that the cluster's nodes lack, so that these could not read its data: {}", names.join(" and "))]
    Modules {
        /// The names of these modules.
        names: Vec<String>,
    },
    /// Only newer servers can read its data.
    #[error("is {existing}, whose data {ours} cannot read")]
    Newer {
        /// Its name and version.
        existing: String,
        /// Those of the cluster's nodes.
        ours: String,
    },
}

/// A server that can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Its name and version.
    pub release: Release,
    /// The names of its modules; empty where it does not say.
    pub modules: Vec<String>,
}

/// Whether a node of our release can read the data of an existing server.
///
/// # Errors
/// [`Unfit::Newer`].
pub fn is_read_by(existing: &Release, ours: &Release) -> Result<(), Unfit> {
    if ours.reads_data_of(existing) {
        return Ok(());
    }
    Err(Unfit::Newer { existing: existing.to_string(), ours: ours.to_string() })
}

/// Logs in as the user `default`. The caller sets the deadline.
///
/// # Errors
/// [`Unfit::NoPassword`], [`Unfit::PasswordWrong`], or the connection broke.
pub(super) async fn log_in(stream: Box<dyn Stream>, password: &Secret) -> Result<Link, Unfit> {
    let link = unlocked(stream, Some(password)).await?;
    let mut login = pipe();
    login.cmd("AUTH").arg(password.expose());
    match link.send(&login).await.map_err(broken)?.as_slice() {
        [Value::ServerError(refusal)] => Err(Unfit::PasswordWrong(refusal.to_string())),
        _ => Ok(link),
    }
}

/// A connection to a server that asks for a password, before it gets one.
async fn unlocked(mut stream: Box<dyn Stream>, password: Option<&Secret>) -> Result<Link, Unfit> {
    let answer = greeted(&mut *stream).await.map_err(|error| Unfit::Unreachable(reason(&error)))?;
    match answer.split_at_checked(1) {
        Some(("-", refusal)) if refusal.starts_with("NOAUTH") => match password {
            Some(_) => Link::outside(stream).await.map_err(broken),
            None => Err(Unfit::PasswordUnknown),
        },
        Some(("-", refusal)) => Err(Unfit::Strange(first_sentence(refusal))),
        Some(("+", _)) => Err(Unfit::NoPassword),
        _ => Err(Unfit::Strange(format!("it says '{answer}'"))),
    }
}

/// The server's first line after a `PING`. [`Link`] has no words for a connection that ends before it is used.
async fn greeted(stream: &mut dyn Stream) -> io::Result<String> {
    stream.write_all(b"PING\r\n").await?;
    stream.flush().await?;
    let mut line = Vec::new();
    while line.len() < LINE_MAX && !line.ends_with(b"\n") {
        line.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

/// Why a connection could not be made, or broke.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

/// Checks whether a cluster with this many databases can follow a server. The caller sets the deadline.
///
/// # Errors
/// Why it cannot.
pub async fn examine(stream: Box<dyn Stream>, password: Option<&Secret>, databases: u64) -> Result<Existing, Unfit> {
    let Some(password) = password else {
        return Err(unlocked(stream, None).await.err().unwrap_or(Unfit::PasswordUnknown));
    };
    let link = log_in(stream, password).await?;
    let mut question = pipe();
    question.cmd("INFO");
    question.cmd("COMMAND").arg("INFO").arg("psync").arg("client");
    question.cmd("MODULE").arg("LIST");
    let replies = link.send(&question).await.map_err(broken)?;
    let [info, commands, modules] = replies.as_slice() else {
        return Err(Unfit::Strange("too few replies".to_owned()));
    };
    if let Value::ServerError(refusal) = info {
        return Err(Unfit::Strange(refusal.to_string()));
    }
    let info = reply::text(info).map(|text| Info::parse(&text)).ok_or_else(|| Unfit::Strange("no INFO".to_owned()))?;
    let release = judge(&info, databases)?;
    if let Value::Array(commands) = commands {
        let missing = ["PSYNC", "CLIENT"].into_iter().zip(commands).find(|(_, known)| **known == Value::Nil);
        if let Some((name, _)) = missing {
            return Err(Unfit::NoCommand(name));
        }
    }
    Ok(Existing { release, modules: reply::modules(modules) })
}

/// Judges by its `INFO` whether it can be followed.
fn judge(info: &Info, databases: u64) -> Result<Release, Unfit> {
    let (server, version) = info.server().ok_or_else(|| Unfit::Strange("INFO without a version".to_owned()))?;
    match info.get("redis_mode").or_else(|| info.get("server_mode")) {
        Some("standalone") | None => {}
        Some(mode) => return Err(Unfit::Mode(mode.to_owned())),
    }
    if server == "redis" && line(version) < VERSION_MIN {
        return Err(Unfit::TooOld(version.to_owned()));
    }
    if info.is_replica() {
        let host = info.get("master_host").unwrap_or_default();
        return Err(Unfit::Replica(format!("{host}:{}", info.get("master_port").unwrap_or_default())));
    }
    match info.last_database() {
        Some(database) if database >= databases => Err(Unfit::Databases { database, databases }),
        _ => Ok(Release { name: server.to_owned(), version: version.to_owned() }),
    }
}

/// Redis explains its protected mode at length.
fn first_sentence(text: &str) -> String {
    text.split(". ").next().unwrap_or(text).to_owned()
}

/// A connection that broke, or that carried something other than the protocol.
fn broken(error: RedisError) -> Unfit {
    if error.is_io_error() { Unfit::Unreachable(error.to_string()) } else { Unfit::Strange(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(lines: &str) -> Result<Release, Unfit> {
        judge(&Info::parse(lines), 16)
    }

    #[test]
    fn a_master_of_a_known_version_can_be_followed() {
        let existing = |name: &str, version: &str| Release { name: name.to_owned(), version: version.to_owned() };
        let info = "redis_version:7.0.15\nredis_mode:standalone\nrole:master\ndb0:keys=1,expires=0\ndb15:keys=1";
        assert_eq!(judged(info), Ok(existing("redis", "7.0.15")));
        let info = "redis_version:7.2.4\nvalkey_version:8.1.1\nserver_mode:standalone\nrole:master";
        assert_eq!(judged(info), Ok(existing("valkey", "8.1.1")));
    }

    #[test]
    fn what_cannot_be_followed_says_why() {
        let with = |further: &str| judged(&format!("redis_version:7.0.15\n{further}"));
        assert_eq!(judged("# nothing"), Err(Unfit::Strange("INFO without a version".to_owned())));
        assert_eq!(judged("redis_version:6.0.16\nrole:master"), Err(Unfit::TooOld("6.0.16".to_owned())));
        assert_eq!(with("redis_mode:cluster"), Err(Unfit::Mode("cluster".to_owned())));
        let replica = with("role:slave\nmaster_host:a.example\nmaster_port:7000");
        assert_eq!(replica, Err(Unfit::Replica("a.example:7000".to_owned())));
        let databases = Unfit::Databases { database: 16, databases: 16 };
        assert_eq!(with("role:master\ndb2:keys=1\ndb16:keys=1"), Err(databases));
    }
}
