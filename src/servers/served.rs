//! How a server writes the values of its directives.

use redis::{RedisError, Value, pipe};

use super::link::Link;
use super::reply::{self, Info};
use crate::dial::Stream;

/// Asks a server without a password for the names of its modules. The caller sets the deadline.
///
/// # Errors
/// The connection broke.
pub async fn loaded_modules(stream: Box<dyn Stream>) -> Result<Vec<String>, RedisError> {
    let link = Link::outside(stream).await?;
    let mut question = pipe();
    question.cmd("MODULE").arg("LIST");
    Ok(link.send(&question).await?.first().map(reply::modules).unwrap_or_default())
}

/// The keys that a server has loaded at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadedKeys {
    /// All that were in the file.
    pub in_file: u64,
    /// Those of them that had expired.
    pub expired: u64,
    /// The memory that they take, in bytes.
    pub memory: u64,
}

/// Asks a server without a password how many keys it has loaded. The caller sets the deadline.
///
/// # Errors
/// The connection broke.
pub async fn loaded_keys(stream: Box<dyn Stream>) -> Result<LoadedKeys, RedisError> {
    let link = Link::outside(stream).await?;
    let mut question = pipe();
    question.cmd("INFO").arg("persistence");
    question.cmd("INFO").arg("memory");
    let replies = link.send(&question).await?;
    let info = |at: usize| replies.get(at).and_then(reply::text).map(|text| Info::parse(&text)).unwrap_or_default();
    let memory = info(1).read("used_memory").unwrap_or_default();
    let info = info(0);
    let number = |field: &str| info.read::<u64>(field).unwrap_or_default();
    let expired = number("rdb_last_load_keys_expired");
    Ok(LoadedKeys { in_file: number("rdb_last_load_keys_loaded") + expired, expired, memory })
}

/// What a server without a password makes of its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServedConfiguration {
    /// The directives, by name, as it writes their values. Those that it does not know are left out.
    pub values: Vec<(String, String)>,
    /// Why it takes no write, in its own words; `None` if it takes one.
    pub refused_write: Option<String>,
}

/// Asks a server without a password for directives, by name, and writes to it. The caller sets the deadline.
///
/// # Errors
/// The connection broke.
pub async fn served_configuration(
    stream: Box<dyn Stream>,
    names: &[String],
) -> Result<ServedConfiguration, RedisError> {
    let link = Link::outside(stream).await?;
    let mut question = pipe();
    question.cmd("SET").arg("trial").arg("1");
    for name in names {
        question.cmd("CONFIG").arg("GET").arg(name);
    }
    let replies = link.send(&question).await?;
    let value = |(name, reply): (&String, &Value)| match reply {
        Value::Array(pair) => Some((name.clone(), reply::text(pair.get(1)?)?)),
        _ => None,
    };
    let refused_write = replies.first().and_then(|reply| match reply {
        Value::ServerError(refusal) => {
            Some(refusal.details().unwrap_or(refusal.code()).trim_end_matches('.').to_owned())
        }
        _ => None,
    });
    Ok(ServedConfiguration {
        values: names.iter().zip(replies.iter().skip(1)).filter_map(value).collect(),
        refused_write,
    })
}
